//! The whole page.

use crate::branch::Stop;
use crate::browser;
use crate::components::dns::{Asking, dns};
use crate::components::edge::edge;
use crate::components::editor::{LINE, editor};
use crate::components::events::events;
use crate::components::header::header;
use crate::components::inspect::{Inspected, inspect};
use crate::components::stage::{Beside, Stage};
use crate::components::terminal::{Terminal, suggestions};
use crate::components::timeline::{branch_name, timeline};
use crate::components::trouble::menu;
use crate::components::{Ask, Face, Share, View, address, choice, part, sign};
use crate::highlight::place_of_field;
use crate::link::address::{Address, saved};
use crate::link::{Link, Problem};
use crate::pairs::{PAIRS, Twin};
use crate::rest::on_opening;
use crate::scene::Scene;
use crate::session::{Action, Page, Session};
use crate::why::{self, Subject, Why};
use crate::words::{EN, Words};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::request_animation_frame;
use gloo::timers::callback::Timeout;
use kubesim::api::{Key, Kind};
use kubesim::apiserver::FeatureGates;
use kubesim::dns::reason::chain;
use kubesim::manifest::yaml::MAX_TEXT;
use kubesim::manifest::{Diagnosis, Severity, diagnose};
use kubesim::story::Input;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::js_sys::{JsString, Reflect};
use yew::prelude::*;

/// A text up to this long, in bytes, is diagnosed at each keystroke.
const QUICK: usize = 20_000;
/// A longer one when nothing was typed for so long, in milliseconds.
const PAUSE: u32 = 200;

/// What the user has chosen to see.
#[derive(Clone)]
struct Chosen {
    /// The manifest's text.
    text: AttrValue,
    /// What is to be said about it.
    diagnosis: Rc<Diagnosis>,
    /// Whether that was said about an earlier text.
    stale: bool,
    /// Whether the story has been opened: what it needs is loaded after the first picture.
    opened: bool,
    /// The first line of it that is drawn.
    top: usize,
    /// What a small screen shows.
    view: View,
    /// What is beside the stage.
    panel: View,
    /// The object that is inspected.
    object: Option<Key>,
    /// How it is shown.
    face: Face,
    /// The version that it is compared with.
    since: Option<usize>,
    /// The part that the question is about, if not about the whole set.
    subject: Option<Subject>,
    /// The object that the menu of troubles is for.
    trouble: Option<Key>,
    /// What DNS is asked.
    asking: Asking,
    /// Whether the rule is shown.
    rule: bool,
    /// Of many lanes, the one that is shown whole.
    lens: Option<i32>,
    /// Something to say, and whether it is bad news.
    message: Option<(&'static str, bool)>,
    /// The fragment that the page itself has put into its address.
    fragment: AttrValue,
    /// Counts the choices.
    version: usize,
}

impl Chosen {
    /// What was chosen when a link was made.
    fn of(link: &Link, problem: Option<Problem>, words: &'static Words) -> Chosen {
        let (name, kind) = link.question.clone();
        Chosen {
            text: link.text.clone().into(),
            diagnosis: Rc::default(),
            stale: true,
            opened: false,
            top: 0,
            view: link.view,
            panel: link.panel,
            object: link.object.clone(),
            face: link.face,
            since: None,
            subject: link.subject.clone(),
            trouble: None,
            asking: Asking { name: name.into(), kind: kind.into(), ..Asking::default() },
            rule: link.rule,
            lens: link.lens,
            message: problem.map(|problem| match problem {
                Problem::Damaged => (words.link_damaged, true),
                Problem::Newer => (words.link_newer, true),
            }),
            fragment: "".into(),
            version: 0,
        }
    }

    /// A link to what is seen now.
    fn link(&self, session: &Session) -> Link {
        session.link(Link {
            text: (&*self.text).into(),
            view: self.view,
            panel: self.panel,
            object: self.object.clone(),
            face: self.face,
            question: ((&*self.asking.name).into(), (&*self.asking.kind).into()),
            lens: self.lens,
            subject: self.subject.clone(),
            rule: self.rule,
            ..Link::default()
        })
    }

    fn diagnose(&mut self) {
        self.diagnosis = Rc::new(diagnose(&self.text, FeatureGates::default()));
        self.stale = false;
    }

    /// What was chosen in a cluster means nothing in a new one.
    fn forget_objects(&mut self) {
        (self.object, self.since, self.subject, self.trouble) = (None, None, None, None);
    }

    fn show(&mut self, view: View) {
        self.view = view;
        if !matches!(view, View::Manifest | View::Stage) {
            self.panel = view;
        }
    }
}

/// What the page begins with.
#[derive(Properties, PartialEq, Default)]
pub struct Start {
    /// What its address asks for.
    pub address: Address,
    /// What the tab remembers from before it was loaded again.
    pub saved: Option<String>,
}

/// The whole page.
#[component]
pub fn App(start: &Start) -> Html {
    let words: &'static Words = &EN;
    let first = use_memo((), |()| start.address.start(start.saved.as_deref()));
    let page = use_reducer(|| Page::new(Session::new()));
    let state = use_state(|| Chosen::of(&first.0, first.1, words));
    // The newest choices, for listeners that live as long as the page.
    let newest = use_mut_ref(|| (*state).clone());
    newest.replace((*state).clone());
    {
        let (session, newest) = (page.session.clone(), newest.clone());
        let (page, state) = (page.dispatcher(), state.setter());
        use_effect_with((), move |()| {
            let opening = on_opening(move || {
                let mut chosen = newest.borrow().clone();
                chosen.opened = true;
                chosen.diagnose();
                state.set(chosen);
                // Unless somebody was quicker, and did something already.
                if session.borrow().branch().inputs().is_empty() {
                    page.dispatch(Action::Open(Rc::new(first.0.clone())));
                }
            });
            move || drop(opening)
        });
    }
    let ask = {
        let (session, page, state) = (page.session.clone(), page.dispatcher(), state.clone());
        use_callback((), move |what: Ask, ()| {
            // A clone, because a handle keeps every state that was ever read from it.
            let mut chosen = (*state.clone()).clone();
            chosen.version += 1;
            chosen.message = None;
            let action = match what {
                Ask::Do(Action::Pair(number)) => {
                    if let Some(pair) = PAIRS.get(number) {
                        let [first, _] = pair.twins();
                        chosen.text = first.manifest.to_string().into();
                        chosen.stale = true;
                    }
                    chosen.view = View::Stage;
                    chosen.forget_objects();
                    Action::Pair(number)
                }
                Ask::Do(Action::Reset) => {
                    chosen.forget_objects();
                    Action::Reset
                }
                Ask::Do(action) => return page.dispatch(action),
                Ask::Apply => {
                    if chosen.stale {
                        chosen.diagnose();
                    }
                    chosen.panel = View::Terminal;
                    if chosen.diagnosis.diagnostics.iter().all(|d| d.severity != Severity::Error) {
                        chosen.view = View::Stage;
                    }
                    let unseen = set_to_see(&chosen.diagnosis, &session.borrow());
                    unseen.into_iter().for_each(|set| page.dispatch(Action::Look(set)));
                    Action::Input(Input::Apply((&*chosen.text).into()))
                }
                Ask::CompareEdited => {
                    chosen.view = View::Stage;
                    let edited = Twin { name: words.as_edited.into(), manifest: (&*chosen.text).into() };
                    Action::CompareEdited { applied: words.as_applied.into(), edited }
                }
                Ask::Command(command) => {
                    chosen.panel = View::Terminal;
                    Action::Input(Input::Command((&*command).into()))
                }
                Ask::Edit(text) => {
                    chosen.text = text;
                    chosen.stale = true;
                    if chosen.text.len() <= QUICK {
                        chosen.diagnose();
                    }
                    return state.set(chosen);
                }
                Ask::Refused(diagnosis) => return state.set(Chosen { diagnosis, ..chosen }),
                Ask::Diagnose => {
                    chosen.diagnose();
                    return state.set(chosen);
                }
                Ask::Scroll(top) if top == chosen.top => return,
                Ask::Scroll(top) => return state.set(Chosen { top, ..chosen }),
                Ask::Inspect(key) => {
                    chosen.since = None;
                    chosen.object = Some(key);
                    chosen.show(View::Inspect);
                    return state.set(chosen);
                }
                Ask::Face(face) => return state.set(Chosen { face, ..chosen }),
                Ask::Since(since) => return state.set(Chosen { since, ..chosen }),
                Ask::Why(subject) => {
                    chosen.view = View::Stage;
                    return state.set(Chosen { subject, ..chosen });
                }
                Ask::Trouble(key) => return state.set(Chosen { trouble: Some(key), ..chosen }),
                Ask::Resolve(asking) => {
                    let question = asking.question(None);
                    chosen.asking = asking;
                    Action::Input(Input::Ask(question))
                }
                Ask::Raw(tool) => {
                    chosen.asking.tool = tool;
                    return state.set(chosen);
                }
                Ask::Copy(text) => {
                    browser::copy(&text);
                    return;
                }
                Ask::Show(view) => {
                    chosen.show(view);
                    return state.set(chosen);
                }
                Ask::Rule(rule) => return state.set(Chosen { rule, ..chosen }),
                Ask::Lens(lens) => return state.set(Chosen { lens: Some(lens), ..chosen }),
                Ask::Theme => return browser::change_theme(),
                Ask::Share(what) => {
                    let link = Link { playing: false, ..chosen.link(&session.borrow()) };
                    chosen.fragment = link.to_fragment().into();
                    chosen.message = Some(share(words, what, &chosen.fragment));
                    return state.set(chosen);
                }
                Ask::Heard => return state.set(chosen),
            };
            state.set(chosen);
            page.dispatch(action);
        })
    };

    let mut session = page.session.borrow_mut();
    {
        let ask = ask.clone();
        use_effect_with((), move |()| {
            let options = EventListenerOptions::enable_prevent_default();
            let document = gloo::utils::document();
            let refuse = ask.clone();
            let pasted = EventListener::new_with_options(&document, "beforeinput", options, move |event| {
                let data = Reflect::get(event, &"data".into()).ok();
                let text = data.and_then(|data| data.dyn_into::<JsString>().ok());
                // Of so long a text the browser alone would take seconds to lay it out; even to copy it takes a while.
                if text.is_some_and(|text| text.length() as usize > MAX_TEXT) {
                    event.prevent_default();
                    let too_long = " ".repeat(MAX_TEXT + 1);
                    refuse.emit(Ask::Refused(Rc::new(diagnose(&too_long, FeatureGates::default()))));
                }
            });
            // Noted when it comes: once any key is pressed, `:focus-visible` matches whatever has the focus.
            let focused_by_key = Rc::new(Cell::new(false));
            let focus = {
                let focused_by_key = focused_by_key.clone();
                EventListener::new(&document, "focusin", move |event| {
                    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
                    let is_visible = target.and_then(|target| target.matches(":focus-visible").ok());
                    focused_by_key.set(is_visible.unwrap_or(true));
                })
            };
            let keys = EventListener::new_with_options(&document, "keydown", options, move |event| {
                let event: &KeyboardEvent = event.unchecked_ref();
                if let Some(what) = shortcut(event, focused_by_key.get()) {
                    event.prevent_default();
                    ask.emit(what);
                }
            });
            move || drop((pasted, focus, keys))
        });
    }
    {
        let (session, newest) = (page.session.clone(), newest.clone());
        let (page, state, embed) = (page.dispatcher(), state.setter(), start.address.embed);
        use_effect_with((), move |()| {
            let window = gloo::utils::window();
            let leave = {
                let newest = newest.clone();
                EventListener::new(&window, "pagehide", move |_| {
                    // Frames of one page share a tab's memory: they must not write into it.
                    if !embed && newest.borrow().opened {
                        let link = newest.borrow().link(&session.borrow());
                        browser::remember(&saved(&link, &browser::address().fragment));
                    }
                })
            };
            let other = EventListener::new(&window, "hashchange", move |_| {
                let address = browser::address();
                if address.fragment.is_empty() || address.fragment == *newest.borrow().fragment {
                    return;
                }
                let (link, problem) = address.start(None);
                let opened = newest.borrow().opened;
                state.set(Chosen { opened, ..Chosen::of(&link, problem, words) });
                page.dispatch(Action::Open(Rc::new(link)));
            });
            move || drop((leave, other))
        });
    }

    let chosen = &*state;
    {
        let (ask, stale) = (ask.clone(), chosen.stale && chosen.opened);
        use_effect_with((stale, stale.then_some(chosen.version)), move |_| {
            let pause = stale.then(|| Timeout::new(PAUSE, move || ask.emit(Ask::Diagnose)));
            move || drop(pause)
        });
    }
    let scene = session.scene(words, chosen.lens);
    let other_scene = session.scene_beside(words, chosen.lens);
    {
        let goes_on = session.is_playing() || session.is_half_drawn();
        let dispatcher = page.dispatcher();
        use_effect_with((goes_on, goes_on.then_some(page.version)), move |_| {
            let frame = goes_on
                .then(|| request_animation_frame(move |clock| dispatcher.dispatch(Action::Frame(clock))));
            move || drop(frame)
        });
    }
    let part_why = part_why(words, &session, &scene, chosen.subject.as_ref());
    let why = part_why.as_ref().unwrap_or(&scene.why);
    let field = why.rule.map_or("", |rule| rule.field);
    // Looked for again only in another text: the text may be long, and this is drawn many times a second.
    let place = *use_memo((chosen.text.clone(), field), |(text, field)| place_of_field(text, field));
    let default = place.and_then(|(_, default)| default);
    // What stands above a field that is left out tells nothing before the rule is shown.
    let marked = place.filter(|_| default.is_none() || chosen.rule).map(|(line, _)| line);
    {
        let shows = chosen.rule && marked.is_some();
        use_effect_with((shows, marked), move |(shows, marked)| {
            if let Some(line) = marked.filter(|_| *shows) {
                show_line(line);
            }
        });
    }
    let (shared, now) = (page.session.clone(), session.now());
    let tab = |view: View| {
        choice(view.class(), chosen.panel == view, Html::from(name(words, view)), &ask, Ask::Show(view))
    };
    let bottom = |view: View| {
        let content = html! { <><i aria-hidden="true">{ view.sign() }</i>{ name(words, view) }</> };
        choice("", chosen.view == view, content, &ask, Ask::Show(view))
    };
    let edit = {
        let (ask, text, diagnosis, top) =
            (ask.clone(), chosen.text.clone(), chosen.diagnosis.clone(), chosen.top);
        let depends =
            [address(&chosen.diagnosis), marked.map_or(0, |n| n + 1), chosen.text.as_ptr() as usize, top];
        part("editor", depends, Rc::new(move || editor(words, &text, &diagnosis, marked, top, &ask)))
    };
    let second = now.whole_seconds();
    let depends = [session.sampled(), second.0 as usize, chosen.version, session.branch().id];
    let panel = match chosen.panel {
        View::Dns => {
            let (ask, asking) = (ask.clone(), chosen.asking.clone());
            let service = scene.service.as_ref().map(|s| s.name.clone());
            let draw = move || dns(words, &shared.borrow(), service.as_deref(), &asking, &ask);
            part("dns", depends, Rc::new(draw))
        }
        View::Events => {
            let ask = ask.clone();
            part(
                "events",
                depends,
                Rc::new(move || events(words, &shared.borrow().moment().store, now, &ask)),
            )
        }
        View::Inspect => {
            let ask = ask.clone();
            let inspected =
                Inspected { object: chosen.object.clone(), face: chosen.face, since: chosen.since };
            let draw = move || inspect(words, shared.borrow().branch(), now, &inspected, &ask);
            part("inspect", depends, Rc::new(draw))
        }
        _ => html! {
            <Terminal {words} screen={session.screen()} lines={session.lines()} suggestions={suggestions(&session, &scene)}
                session={shared} ask={&ask} />
        },
    };
    let differences = session.differences();
    let other = session.beside().map(|branch| branch_name(words, branch).to_string());
    let menu = menu(words, &session.moment().store, session.nodes(), chosen.trouble.as_ref(), &ask);
    let lit = (chosen.panel == View::Dns).then(|| {
        let service = scene.service.as_ref().map(|s| &*s.name);
        let store = &session.moment().store;
        chain(store, &chosen.asking.question(service).peek(store, now))
    });
    let lit = lit.flatten();
    let own_name = branch_name(words, session.branch()).to_string();
    let beside = other_scene.as_deref().zip(other.as_deref()).map(|(scene, name)| Beside {
        names: [&own_name, name],
        scene,
        then: session.then(),
    });
    let stage = Stage {
        words,
        scene: &scene,
        now: session.playhead(),
        part: part_why.as_ref(),
        beside,
        compared: other.as_deref().map(|name| (name, &*differences)),
        notice: if session.rests() {
            Some(words.at_rest)
        } else {
            session.has_just_forked().then_some(words.forked)
        },
        rule: chosen.rule,
        default,
        lit: lit.as_ref(),
        ask: &ask,
    };
    let stage = stage.draw();
    drop(session);
    if start.address.embed {
        let open = {
            let (session, newest) = (page.session.clone(), newest.clone());
            Callback::from(move |event: MouseEvent| {
                let inside = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
                let Some(place) = inside.and_then(|inside| inside.closest("a").ok()?) else { return };
                let link = Link { playing: false, ..newest.borrow().link(&session.borrow()) };
                let address = [&*browser::here(false), "#", &link.to_fragment()].concat();
                let _ = place.set_attribute("href", &address);
            })
        };
        return html! {
            <div class="app embedded">
                <main>
                    <h1>{ "Ordinal" }</h1>
                    { stage }
                    <a class="open" href="./" target="_blank" rel="noreferrer" aria-label={words.open_here} onclick={open.clone()} oncontextmenu={open}><span>{ words.open_here }{ " " }</span>{ "↗" }</a>
                </main>
                { timeline(words, &page.session, &scene, &ask) }
            </div>
        };
    }
    let message = chosen.message.map(|(text, bad)| {
        let (class, role) = if bad { ("message bad", "alert") } else { ("message", "status") };
        html! { <div {class} {role}><p>{ text }</p>{ sign("", words.heard, "✕", &ask, Ask::Heard) }</div> }
    });
    html! {
        <div class="app" data-view={chosen.view.class()}>
            { header(words, &ask) }
            { message }
            <main>
                <section class="side" data-side="manifest" aria-label={words.manifest}>{ edit }{ edge(words.manifest_width, "300") }</section>
                { stage }
                <section class="side panel">
                    <div class="tabs">{ for View::ALL.map(tab) }</div>
                    { panel }
                    { edge(words.panel_width, "376") }
                </section>
            </main>
            { timeline(words, &page.session, &scene, &ask) }
            <nav>{ for View::ALL.map(bottom) }</nav>
            { menu }
        </div>
    }
}

/// A part's name.
fn name(words: &'static Words, view: View) -> &'static str {
    match view {
        View::Manifest => words.manifest,
        View::Stage => words.stage,
        View::Terminal => words.terminal,
        View::Dns => "DNS",
        View::Events => words.events,
        View::Inspect => words.inspect,
    }
}

/// The set that is to be seen when this is applied: the first one in it, unless one of them is seen already.
fn set_to_see(diagnosis: &Diagnosis, session: &Session) -> Option<Key> {
    let found = || diagnosis.objects.iter().filter(|found| found.kind == Kind::StatefulSet.name());
    let sets = || found().map(|set| Key::new(Kind::StatefulSet, &set.namespace, &set.name));
    let seen = session.set()?;
    if sets().any(|set| set == seen) { None } else { sets().next() }
}

/// Why the part is as it is that the user asked about; nothing if it is of another set than the one on the stage.
fn part_why(
    words: &'static Words,
    session: &Session,
    scene: &Scene,
    subject: Option<&Subject>,
) -> Option<Why> {
    let store = &session.moment().store;
    let set = store.get(&scene.set.as_ref()?.key)?;
    Some(why::of(words, store, set, subject?))
}

/// Scrolls the manifest to this line, from 0.
fn show_line(line: usize) -> Option<()> {
    let editor = gloo::utils::document().query_selector(".editor").ok()??;
    editor.set_scroll_top((line * LINE) as i32 - editor.client_height() / 2);
    Some(())
}

/// What a key does wherever no part of the page takes it for itself. `focused_by_key`: whether what has the focus got it by
/// the keyboard. Space presses only such a button: after a click it plays and pauses.
fn shortcut(event: &KeyboardEvent, focused_by_key: bool) -> Option<Ask> {
    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok())?;
    let (key, command) = (event.key(), event.ctrl_key() || event.meta_key());
    if command && key == "Enter" {
        return Some(Ask::Apply);
    }
    if command || event.alt_key() {
        return None;
    }
    if let Some(field) = target.closest("input, textarea, select").ok()? {
        // A field that has a use for it, or an input method, keeps it.
        if key == "Escape" && !event.default_prevented() && !event.is_composing() {
            leave(field);
        }
        return None;
    }
    if key == "?" {
        let button = gloo::utils::document().query_selector("button.keys").ok()??;
        button.dyn_into::<web_sys::HtmlElement>().ok()?.click();
        return None;
    }
    Some(Ask::Do(match &*key {
        " " => {
            if let Some(button) = target.closest("button, a, summary").ok()? {
                if focused_by_key {
                    return None;
                }
                // Firefox would press it nevertheless, when the key comes up.
                leave(button);
            }
            Action::Toggle
        }
        "ArrowLeft" => Action::Step { forward: false, stop: Stop::Event },
        "ArrowRight" => Action::Step { forward: true, stop: Stop::Event },
        "[" => Action::Step { forward: false, stop: Stop::Decision },
        "]" => Action::Step { forward: true, stop: Stop::Decision },
        "Home" => Action::Start,
        "End" => Action::Present,
        _ => return None,
    }))
}

/// Takes the focus from an element.
fn leave(element: web_sys::Element) {
    if let Ok(element) = element.dyn_into::<web_sys::HtmlElement>() {
        let _ = element.blur();
    }
}

/// Puts a link into the clipboard and the address bar, or the code to embed it into the clipboard; says what was done.
fn share(words: &'static Words, what: Share, fragment: &str) -> (&'static str, bool) {
    let here = browser::here(true);
    browser::set_fragment(fragment);
    let (text, done) = match what {
        Share::Link => ([&*here, "#", fragment].concat(), words.link_copied),
        Share::Embed => {
            let parts = [
                "<iframe src=\"",
                &here,
                "?embed=1#",
                fragment,
                "\" width=\"800\" height=\"450\" title=\"Ordinal\"></iframe>",
            ];
            (parts.concat(), words.embed_copied)
        }
    };
    (if browser::copy(&text) { done } else { words.no_clipboard }, false)
}
