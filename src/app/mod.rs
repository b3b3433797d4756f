//! The whole page.

pub mod browser;
mod keyboard;
pub mod loading;
mod share;
pub mod warm_up;

use self::keyboard::shortcut;
use self::loading::on_opening;
use self::share::share;
use crate::components::dns::dns;
use crate::components::edge::edge;
use crate::components::editor::{LINE, editor};
use crate::components::events::events;
use crate::components::header::header;
use crate::components::highlight::place_of_field;
use crate::components::inspect::{Inspected, inspect};
use crate::components::stage::{Beside, Stage};
use crate::components::terminal::{Terminal, suggestions};
use crate::components::timeline::{branch_name, timeline};
use crate::components::trouble::menu;
use crate::components::{address, choice, part, sign};
use crate::link::Link;
use crate::link::address::{Address, saved};
use crate::page::intent::Ask;
use crate::page::panel::View;
use crate::page::state::Chosen;
use crate::session::presets::{PAIRS, Twin};
use crate::session::{Action, Session};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::request_animation_frame;
use gloo::timers::callback::Timeout;
use kubesim::api::{Key, Kind};
use kubesim::apiserver::FeatureGates;
use kubesim::dns::reason::chain;
use kubesim::manifest::{Diagnosis, MAX_TEXT, Severity, diagnose};
use kubesim::story::Input;
use scene::explain::{self as why, Subject, Why};
use scene::messages::{EN, Words};
use scene::scene::Scene;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::js_sys::{JsString, Reflect};
use yew::prelude::*;

/// A text up to this long, in bytes, is diagnosed at each keystroke.
const QUICK: usize = 20_000;
/// A longer one when nothing was typed for so long, in milliseconds.
const PAUSE: u32 = 200;

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
                <section class="side" data-side="manifest" aria-label={words.manifest}>{ edit }{ edge(words.manifest_width, "300", browser::keep) }</section>
                { stage }
                <section class="side panel">
                    <div class="tabs">{ for View::ALL.map(tab) }</div>
                    { panel }
                    { edge(words.panel_width, "376", browser::keep) }
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

/// The session as the page holds it: each action makes a new version, so that the page is drawn again.
pub struct Page {
    /// The session.
    pub session: Rc<RefCell<Session>>,
    /// Counts the actions.
    pub version: u64,
}

impl Page {
    /// The page of this session.
    pub fn new(session: Session) -> Page {
        Page { session: Rc::new(RefCell::new(session)), version: 0 }
    }
}

impl Reducible for Page {
    type Action = Action;

    fn reduce(self: Rc<Page>, action: Action) -> Rc<Page> {
        self.session.borrow_mut().handle(action);
        Rc::new(Page { session: self.session.clone(), version: self.version + 1 })
    }
}
