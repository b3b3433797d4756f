//! The page as it is drawn: where each part is, and what it is given.

use super::announcer::REGION;
use super::{browser, share};
use crate::components::cluster::ClusterTab;
use crate::components::dns::dns;
use crate::components::edge::edge;
use crate::components::editor::Editor;
use crate::components::embed::{Copy, Embed};
use crate::components::events::events;
use crate::components::export::Export;
use crate::components::fault_menu::menu;
use crate::components::header::header;
use crate::components::inspect::{Inspected, inspect};
use crate::components::lesson;
use crate::components::stage::nodes::nodes;
use crate::components::stage::{Beside, Stage, columns, there};
use crate::components::tabs::{tab_list, tab_panel};
use crate::components::terminal::{Terminal, suggestions};
use crate::components::timeline::{branch_name, timeline};
use crate::components::world::World;
use crate::components::{address as address_of, button, choice, labelled, part, sign};
use crate::link::address::Address;
use crate::link::{Link, Problem};
use crate::page::intent::Intent;
use crate::page::layout::{Arrangement, Dock, Foldable};
use crate::page::panel::{Dialog, LeftTab, View};
use crate::page::state::{Gone, Notice, PageState};
use crate::session::presets::PRESETS;
use crate::session::{Action, Session};
use kubesim::dns::reason::{Chain, chain};
use kubesim::{Key, Kind};
use messages::{Messages, fill};
use scene::explain::{Explanation, Subject, of_loading};
use scene::scene::Scene;
use std::cell::RefCell;
use std::rc::Rc;
use yew::prelude::*;

/// What a picture of the page is made of.
pub struct Picture<'a> {
    /// What the user has chosen to see.
    pub state: &'a PageState,
    /// The session, for parts that are drawn later.
    pub shared: &'a Rc<RefCell<Session>>,
    /// The same session, for what is drawn now.
    pub session: &'a Session,
    /// The scene at its moment.
    pub scene: &'a Scene,
    /// The scene of the branch that it is compared with.
    pub beside: Option<&'a Scene>,
    /// The answer about the part that is explained.
    pub part: Option<&'a Explanation>,
    /// Whether the why bar has room for a command that would help.
    pub roomy: bool,
    /// The line of the field that decides now, from 0.
    pub marked: Option<usize>,
    /// What that field is by default, if the manifest leaves it out.
    pub default: Option<&'static str>,
    /// Takes what is wanted.
    pub send: &'a Callback<Intent>,
}

impl Picture<'_> {
    /// The manifest, the stage, the panels and the timeline, with the head and the menu.
    pub fn page(&self) -> Html {
        let Picture { state, scene, send, .. } = *self;
        let words = state.words;
        let tab = |view: View| {
            let content = Html::from(name(words, view));
            choice(view.class(), state.panel == view, content, send, Intent::Show(view))
        };
        let bottom = |view: View| {
            let name = if view == View::Manifest { left_name(words, state.left) } else { name(words, view) };
            let content = html! { <><i aria-hidden="true">{ glyph(view) }</i>{ name }</> };
            choice("", state.view == view, content, send, Intent::Show(view))
        };
        html! {
            <div class="app" data-view={state.view.class()} data-lesson={self.lesson_mode()} data-puzzle={self.puzzle()}>
                <div class="skips">{ skip(words.skip_to_pods(), ".stage button") }{ skip(words.skip_to_time(), ".play") }</div>
                { announced() }
                { header(words, send) }
                { self.notice() }
                <main class={classes!(columns(scene), state.layout.classes().to_vec(), self.keeps_left())}>
                    <section class="side" data-side="manifest" aria-label={left_name(words, state.left)}>
                        <div class="whole">
                            { self.left() }
                            { edge(words.manifest_width(), "300", browser::keep) }
                            { sign("fold", words.fold_manifest(), "◂", send, Intent::Arrange(Arrangement::Fold(Foldable::Manifest))) }
                        </div>
                        { button("rail", left_name(words, state.left), send, Intent::Arrange(Arrangement::Open(Foldable::Manifest))) }
                    </section>
                    { self.stage() }
                    <section class="side panel">
                        <div class="whole">
                            <div class="tabs">{ for View::ALL.map(tab) }{ for DOCKS.map(|place| self.dock(place)) }</div>
                            { self.panel() }
                            { edge(words.panel_width(), "376", browser::keep) }
                            { sign("fold", words.fold_panel(), "▸", send, Intent::Arrange(Arrangement::Fold(Foldable::Panel))) }
                        </div>
                        { button("rail", name(words, state.panel), send, Intent::Arrange(Arrangement::Open(Foldable::Panel))) }
                    </section>
                    { self.menu() }
                </main>
                { timeline(words, self.shared, self.scene, state.layout.timeline_class(), send) }
                <nav>{ for View::ALL.map(bottom) }</nav>
                { self.dialog() }
            </div>
        }
    }

    /// What stands over the page.
    fn dialog(&self) -> Option<Html> {
        let (words, send) = (self.state.words, self.send.clone());
        Some(match self.state.dialog? {
            Dialog::World => html! { <World {words} world={self.session.world()} {send} /> },
            Dialog::Export => {
                html! { <Export {words} session={self.shared.clone()} fragment={self.fragment()} {send} /> }
            }
            Dialog::Embed => {
                let (here, copy): (String, Copy) = (browser::here(true), Rc::new(browser::copy));
                html! {
                    <Embed {words} session={self.shared.clone()} fragment={self.fragment()} {here} lang={share::spoken()} {copy} {send} />
                }
            }
        })
    }

    /// What makes a link's fragment of this moment, for a dialog that may want it.
    fn fragment(&self) -> Rc<dyn Fn() -> String> {
        let (state, session) = (self.state.clone(), self.shared.clone());
        Rc::new(move || Link { playing: false, ..state.link(&session.borrow()) }.to_fragment())
    }

    /// The stage and the timeline alone. `open` gives the link to the whole page its address; before it can, that is the one with
    /// which this page was opened.
    pub fn embedded(&self, address: &Address, open: &Callback<MouseEvent>) -> Html {
        let send = self.send.reform(without_panels);
        Picture { send: &send, ..*self }.frame(address, open)
    }

    fn frame(&self, address: &Address, open: &Callback<MouseEvent>) -> Html {
        let words = self.state.words;
        let whole = ["./#", &address.fragment].concat();
        html! {
            <div class="app embedded">
                <main class={columns(self.scene)}>
                    <h1>{ "Ordinal" }</h1>
                    { self.stage() }
                    { self.lesson_in_frame(address).or_else(|| self.chosen_panels(address)) }
                    { self.notice() }
                    { self.menu() }
                    <a class="open" href={whole} target="_blank" rel="noreferrer" aria-label={words.open_here()} onclick={open.clone()} oncontextmenu={open}><span>{ words.open_here() }{ " " }</span>{ "↗" }</a>
                </main>
                { timeline(words, self.shared, self.scene, "timeline", self.send) }
                { announced() }
            </div>
        }
    }

    /// The menu of faults, of one of the two clusters.
    fn menu(&self) -> Html {
        let Picture { state, session, send, .. } = *self;
        let key = state.faults.as_ref();
        match session.beside().filter(|_| state.faults_of_beside) {
            Some(branch) => menu(state.words, &branch.moment().store, key, &there(send)),
            None => menu(state.words, &session.moment().store, key, send),
        }
    }

    /// The lesson that the address of an embedded page names.
    fn lesson_in_frame(&self, address: &Address) -> Option<Html> {
        let has_lesson = address.lesson.is_some() || address.carried.is_some();
        has_lesson.then(|| html! { <section class="side lesson" aria-label={self.state.words.lesson_tab()}>{ self.lessons() }</section> })
    }

    /// What the page around wants to have beside the stage.
    fn chosen_panels(&self, address: &Address) -> Option<Html> {
        let Picture { state, send, .. } = *self;
        if address.panels.is_empty() || !state.opened {
            return None;
        }
        let tab = |view: View| {
            let content = Html::from(name(state.words, view));
            choice(view.class(), state.panel == view, content, send, Intent::Show(view))
        };
        Some(html! {
            <section class="side panel">
                <div class="tabs">{ for address.panels().map(tab) }</div>
                { self.panel() }
            </section>
        })
    }

    /// The button that puts the panel somewhere, or back to the stage's side.
    fn dock(&self, place: Dock) -> Html {
        let words = self.state.words;
        let is_there = self.state.layout.dock == place;
        let (label, glyph) = match place {
            Dock::Below => (words.dock_below(), "⬓"),
            _ => (words.dock_whole(), "⤢"),
        };
        let to = if is_there { Dock::Right } else { place };
        labelled(
            "dock",
            Some(label.into()),
            Some(is_there),
            glyph.into(),
            self.send,
            Intent::Arrange(Arrangement::Dock(to)),
        )
    }

    /// What is to be said about what the user did.
    fn notice(&self) -> Option<Html> {
        let words = self.state.words;
        if let Some(part) = self.session.opening() {
            let is_cluster = self.session.opens_cluster();
            let text = if is_cluster { words.cluster().beginning() } else { words.opening_link() };
            let text = fill(text, &[("part", &percent_of(part))]);
            let settle = |name, show| button("", name, self.send, Intent::Session(Action::Settle { show }));
            let (show, keep) = (settle(words.show_so_far(), true), settle(words.keep_before(), false));
            return Some(
                html! { <div class="message opening" role="status"><p>{ text }</p>if !is_cluster { { show } }{ keep }</div> },
            );
        }
        if let Some(at) = self.session.cut() {
            let text = fill(words.link_cut(), &[("time", &at.to_string())]);
            let close = sign("", words.heard(), "✕", self.send, Intent::Session(Action::Heard));
            return Some(html! { <div class="message bad" role="alert"><p>{ text }</p>{ close }</div> });
        }
        let notice = self.state.notice?;
        let text = match notice {
            Notice::Unopened(Problem::Damaged) => words.link_damaged(),
            Notice::Unopened(Problem::Newer) => words.link_newer(),
            Notice::NotInLinks => words.cluster().not_in_links(),
            Notice::LinkCopied => words.link_copied(),
            Notice::NoClipboard => words.no_clipboard(),
            Notice::Gone(Gone::Text) => words.text_replaced(),
            Notice::Gone(Gone::Cluster) => words.cluster_reset(),
            Notice::Gone(Gone::Story) => words.story_replaced(),
            Notice::Gone(Gone::Branch) => words.branch_deleted(),
            Notice::AppliesState => words.cluster().applies_state(),
            Notice::AppliesToOpened => words.cluster().applies_to_opened(),
        };
        let undo = matches!(notice, Notice::Gone(_));
        let undo = undo.then(|| button("undo", words.undo(), self.send, Intent::Undo));
        let (class, role) = match notice {
            Notice::Unopened(_) => ("message bad", "alert"),
            Notice::AppliesState | Notice::AppliesToOpened => ("message", "alert"),
            _ => ("message", "status"),
        };
        let answers = self.answers(notice);
        let close = sign("", words.heard(), "✕", self.send, Intent::Dismiss);
        Some(html! { <div {class} {role}><p>{ text }</p>{ undo }{ answers }{ close }</div> })
    }

    /// What can be answered to a notice that asks.
    fn answers(&self, notice: Notice) -> Html {
        let Picture { state, send, .. } = *self;
        let cluster = state.words.cluster();
        let apply = |name, anew| button("answer", name, send, Intent::ApplyAsked { anew });
        match notice {
            Notice::AppliesState => html! {
                <>
                    { button("answer", cluster.open_it(), send, Intent::OfferState(state.text.clone())) }
                    { apply(cluster.apply_text(), false) }
                </>
            },
            Notice::AppliesToOpened => {
                html! { <>{ apply(cluster.apply_anew(), true) }{ apply(cluster.apply_there(), false) }</> }
            }
            _ => Html::default(),
        }
    }

    /// What is left of the stage: its tabs, and what the chosen one shows.
    fn left(&self) -> Html {
        let Picture { state, send, .. } = *self;
        let (words, chosen) = (state.words, state.left);
        let tabs = LeftTab::ALL.map(|tab| (tab.id(), left_name(words, tab), Intent::ShowLeft(tab)));
        let place = LeftTab::ALL.iter().position(|tab| *tab == chosen).unwrap_or_default();
        let content = match chosen {
            LeftTab::Lesson => self.lessons(),
            LeftTab::Manifest => self.manifest(),
            LeftTab::Cluster if state.has_door => {
                let opened = self.session.branch().story.opened_state().cloned();
                let (offered, name) = (state.offered.clone(), self.session.branch().name.clone());
                html! { <ClusterTab {words} {offered} {opened} {name} send={send.clone()} /> }
            }
            LeftTab::Cluster => Html::default(),
        };
        html! {
            <>
                <div class="lefts">
                    { tab_list(words.left_tabs(), LEFT, tabs, place, send) }
                    // In a window that is not wide this side is in the panel's place.
                    { choice("back", false, name(words, state.panel).into(), send, Intent::Show(state.panel)) }
                </div>
                { tab_panel(LEFT, chosen.id(), content) }
            </>
        }
    }

    /// Who reads a lesson keeps it beside many pods, too, unless it was folded by hand.
    fn keeps_left(&self) -> Option<&'static str> {
        let is_unsaid = self.state.layout.manifest.is_none();
        self.lesson_mode().filter(|_| is_unsaid).map(|_| "left-open")
    }

    /// A mark where the open lesson is a puzzle: no remedy is shown.
    fn puzzle(&self) -> Option<&'static str> {
        let open = self.state.lessons.as_ref()?.open.as_ref()?;
        open.is_puzzle.then_some("")
    }

    /// How an open lesson is shown: beside the stage, or to a class.
    fn lesson_mode(&self) -> Option<&'static str> {
        let lessons = self.state.lessons.as_ref().filter(|lessons| lessons.open.is_some())?;
        match (lessons.is_presenting, self.state.left) {
            (true, _) => Some("present"),
            (false, LeftTab::Lesson) => Some("open"),
            (false, _) => None,
        }
    }

    /// The lessons, once the part of the program is there that shows them.
    fn lessons(&self) -> Html {
        let Picture { state, session, send, .. } = *self;
        match &state.lessons {
            Some(lessons) => lesson::draw(state.words, lessons, state.is_off_path(session), send),
            None => html! { <p class="cluster" role="status">{ state.words.lessons().loading() }</p> },
        }
    }

    fn manifest(&self) -> Html {
        let Picture { state, marked, session, .. } = *self;
        let editor = Editor {
            words: state.words,
            text: state.text.clone(),
            own: state.own.clone(),
            applied: session.applied(),
            preset: session.preset(),
            diagnosis: state.diagnosis.clone(),
            marked,
            top: state.top,
            can_undo: state.can_undo_text(),
            assist: state.assist,
        };
        let flags = usize::from(editor.can_undo) + 2 * usize::from(editor.assist);
        let numbers = marked.map_or(0, |n| n + 1) * 4 + flags;
        let applied = editor.applied.as_ref().map_or(0, address_of);
        let places = editor.top * (PRESETS.len() + 1) + editor.preset.map_or(0, |n| n + 1);
        let texts = [address_of(&editor.diagnosis), address_of(&editor.text), address_of(&editor.own)];
        let send = self.send.clone();
        let depends = [texts[0], texts[1], texts[2], applied, numbers, places];
        part("editor", depends, Rc::new(move || editor.draw(&send)))
    }

    /// What is beside the stage.
    fn panel(&self) -> Html {
        let Picture { state, session, scene, .. } = *self;
        let (words, now) = (state.words, session.now());
        let (send, shared) = (self.send.clone(), self.shared.clone());
        let second = now.whole_seconds();
        let depends = [session.sampled(), second.0 as usize, state.version, session.branch().id];
        match state.panel {
            View::Dns => {
                let query = state.query.clone();
                let service = scene.service.as_ref().map(|s| s.name.clone());
                let draw = move || dns(words, &shared.borrow(), service.as_deref(), &query, &send);
                part("dns", depends, Rc::new(draw))
            }
            View::Events => {
                let draw = move || events(words, &shared.borrow().moment().store, now, &send);
                part("events", depends, Rc::new(draw))
            }
            View::Inspect => {
                let (object, of_beside) = (state.object.clone(), state.of_beside);
                let inspected = Inspected { object, of_beside, tab: state.tab, since: state.since };
                let draw = move || inspect(words, &shared.borrow(), &inspected, &send);
                part("inspect", depends, Rc::new(draw))
            }
            View::Manifest | View::Stage | View::Terminal => html! {
                <Terminal {words} screen={session.screen()} lines={session.lines()}
                    suggestions={suggestions(session, scene)} session={shared} {send} />
            },
        }
    }

    /// The pods by their nodes.
    fn nodes(&self) -> Html {
        let Picture { state, session, .. } = *self;
        let (words, send, shared) = (state.words, self.send.clone(), self.shared.clone());
        let second = session.now().whole_seconds().0 as usize;
        let depends = [session.sampled(), second, state.version, session.branch().id];
        part("nodes", depends, Rc::new(move || nodes(words, &shared.borrow(), &send)))
    }

    fn stage(&self) -> Html {
        let Picture { state, session, scene, .. } = *self;
        let words = state.words;
        let (differences, lit) = (session.differences(words), self.lit());
        let loading = (!state.opened).then(|| of_loading(words));
        let other = session.beside().map(|branch| branch_name(words, branch));
        let beside = self.beside.zip(other).map(|(scene, name)| Beside {
            names: [branch_name(words, session.branch()), name],
            scene,
            then: session.then(),
        });
        let by_node = (state.by_node && beside.is_none()).then(|| self.nodes());
        let stage = Stage {
            words,
            scene,
            now: session.playhead(),
            loading: loading.as_ref(),
            part: self.part,
            part_of_beside: state.subject_of_beside,
            roomy: self.roomy,
            beside,
            compared: other.map(|name| (name, &*differences)),
            notice: if session.waits_at_limit() {
                Some(words.waits_for_program())
            } else if session.rests() {
                Some(words.at_rest())
            } else {
                session.has_just_forked().then_some(words.forked())
            },
            rule: state.rule,
            default: self.default,
            lit: lit.as_ref(),
            by_node,
            send: self.send,
        };
        stage.draw()
    }

    /// The way from a Service to the records that the DNS panel is about.
    fn lit(&self) -> Option<Chain> {
        if self.state.panel != View::Dns {
            return None;
        }
        let service = self.scene.service.as_ref().map(|s| &*s.name);
        let store = &self.session.moment().store;
        chain(store, &self.state.query.question(service).peek(store, self.session.now()))
    }
}

/// A part of 1 in whole percent.
fn percent_of(part: f64) -> String {
    ((part * 100.0) as u32).to_string()
}

/// Where the panel can stand but beside the stage.
const DOCKS: [Dock; 2] = [Dock::Below, Dock::Whole];

/// Where there is no panel that would show an object, its name asks why it is as it is.
fn without_panels(intent: Intent) -> Intent {
    match intent {
        Intent::Inspect(key) => Intent::Explain(subject_of(key)),
        Intent::Beside(intent) => Intent::Beside(Box::new(without_panels(*intent))),
        intent => intent,
    }
}

/// The question about an object on the stage.
fn subject_of(key: Key) -> Option<Subject> {
    match key.kind {
        Kind::Pod => Some(Subject::Pod(key)),
        Kind::PersistentVolumeClaim => Some(Subject::Claim(key)),
        Kind::Node => Some(Subject::Node(key)),
        _ => None,
    }
}

/// Where the page says to those who listen what the why bar asks.
fn announced() -> Html {
    html! { <p id={REGION} class="unseen" role="status" /> }
}

/// A button, seen when it has the focus, that goes on to a control further down.
fn skip(label: &'static str, to: &'static str) -> Html {
    let onclick = Callback::from(move |_: MouseEvent| {
        browser::focus(to);
    });
    html! { <button type="button" class="skip" {onclick}>{ label }</button> }
}

/// The id of what the left tabs change.
const LEFT: &str = "left-panel";

/// The name of a left tab.
fn left_name(words: &'static Messages, tab: LeftTab) -> &'static str {
    match tab {
        LeftTab::Lesson => words.lesson_tab(),
        LeftTab::Manifest => words.manifest(),
        LeftTab::Cluster => words.cluster_tab(),
    }
}

/// The name of a part of the page.
fn name(words: &'static Messages, view: View) -> &'static str {
    match view {
        View::Manifest => words.manifest(),
        View::Stage => words.stage(),
        View::Terminal => words.terminal(),
        View::Dns => "DNS",
        View::Events => words.events(),
        View::Inspect => words.inspect(),
    }
}

/// The glyph of a part of the page in the bar of a small screen.
fn glyph(view: View) -> &'static str {
    match view {
        View::Manifest => "☰",
        View::Stage => "◫",
        View::Terminal => "›_",
        View::Dns => "⌘",
        View::Events => "≡",
        View::Inspect => "⋯",
    }
}
