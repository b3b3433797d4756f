//! The whole page.

use crate::branch::Stop;
use crate::components::dns::dns;
use crate::components::editor::editor;
use crate::components::events::events;
use crate::components::header::header;
use crate::components::inspect::{Inspected, inspect};
use crate::components::stage::Stage;
use crate::components::terminal::{Terminal, suggestions};
use crate::components::timeline::{branch_name, timeline};
use crate::components::trouble::menu;
use crate::components::{Ask, Face, View, address, choice, part};
use crate::examples::EXAMPLES;
use crate::highlight::line_of_field;
use crate::scene::Scene;
use crate::session::{Action, Page, Session};
use crate::why::{self, Subject, Why};
use crate::words::{EN, Words};
use gloo::events::{EventListener, EventListenerOptions};
use gloo::render::request_animation_frame;
use kubesim::api::Key;
use kubesim::apiserver::FeatureGates;
use kubesim::manifest::{Diagnosis, Severity, diagnose};
use kubesim::story::Input;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// What the user has chosen to see.
#[derive(Clone)]
struct Chosen {
    /// The manifest's text.
    text: AttrValue,
    /// What is to be said about it.
    diagnosis: Rc<Diagnosis>,
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
    /// The name and the type that DNS is asked for.
    question: (AttrValue, AttrValue),
    /// Whether the rule is shown.
    rule: bool,
    /// Of many lanes, the one that is shown whole.
    lens: Option<i32>,
    /// Counts the choices.
    version: usize,
}

impl Chosen {
    fn new() -> Chosen {
        Chosen {
            text: EXAMPLES[0].text.into(),
            diagnosis: Rc::new(diagnose(EXAMPLES[0].text, FeatureGates::default())),
            view: View::Stage,
            panel: View::Terminal,
            object: None,
            face: Face::Described,
            since: None,
            subject: None,
            trouble: None,
            question: ("".into(), "A".into()),
            rule: false,
            lens: None,
            version: 0,
        }
    }

    fn show(&mut self, view: View) {
        self.view = view;
        if !matches!(view, View::Manifest | View::Stage) {
            self.panel = view;
        }
    }
}

/// The whole page.
#[component]
pub fn App() -> Html {
    let words: &'static Words = &EN;
    let page = use_reducer(|| Page::new(Session::playing(EXAMPLES[0].text)));
    let state = use_state(Chosen::new);
    let ask = {
        let (page, state) = (page.dispatcher(), state.clone());
        use_callback((), move |what: Ask, ()| {
            // A clone, because a handle keeps every state that was ever read from it.
            let mut chosen = (*state.clone()).clone();
            chosen.version += 1;
            let action = match what {
                Ask::Do(action) => return page.dispatch(action),
                Ask::Apply => {
                    chosen.panel = View::Terminal;
                    if chosen.diagnosis.diagnostics.iter().all(|d| d.severity != Severity::Error) {
                        chosen.view = View::Stage;
                    }
                    Action::Input(Input::Apply((&*chosen.text).into()))
                }
                Ask::Command(command) => {
                    chosen.panel = View::Terminal;
                    Action::Input(Input::Command((&*command).into()))
                }
                Ask::Edit(text) => {
                    let diagnosis = Rc::new(diagnose(&text, FeatureGates::default()));
                    return state.set(Chosen { text, diagnosis, ..chosen });
                }
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
                Ask::Resolve(name, kind) => return state.set(Chosen { question: (name, kind), ..chosen }),
                Ask::Show(view) => {
                    chosen.show(view);
                    return state.set(chosen);
                }
                Ask::Rule(rule) => return state.set(Chosen { rule, ..chosen }),
                Ask::Lens(lens) => return state.set(Chosen { lens: Some(lens), ..chosen }),
                Ask::Theme => return change_theme(),
            };
            state.set(chosen);
            page.dispatch(action);
        })
    };

    let mut session = page.session.borrow_mut();
    let playing = session.is_playing();
    {
        let dispatcher = page.dispatcher();
        use_effect_with((playing, playing.then_some(page.version)), move |_| {
            let frame = playing
                .then(|| request_animation_frame(move |clock| dispatcher.dispatch(Action::Frame(clock))));
            move || drop(frame)
        });
    }
    {
        let ask = ask.clone();
        use_effect_with((), move |()| {
            let options = EventListenerOptions::enable_prevent_default();
            let document = gloo::utils::document();
            let listener = EventListener::new_with_options(&document, "keydown", options, move |event| {
                let event: &KeyboardEvent = event.unchecked_ref();
                if let Some(what) = shortcut(event) {
                    event.prevent_default();
                    ask.emit(what);
                }
            });
            move || drop(listener)
        });
    }

    let chosen = &*state;
    let scene = session.scene(words);
    let position = session.moment().position;
    let part_why = part_why(words, &session, &scene, chosen.subject.as_ref());
    let why = part_why.as_ref().unwrap_or(&scene.why);
    let marked = why.rule.and_then(|rule| line_of_field(&chosen.text, rule.field));
    {
        let shows = chosen.rule && marked.is_some();
        use_effect_with((shows, marked), move |(shows, _)| {
            if *shows {
                show_marked_line();
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
        let (ask, text, diagnosis) = (ask.clone(), chosen.text.clone(), chosen.diagnosis.clone());
        let depends = [address(&chosen.diagnosis), marked.map_or(0, |n| n + 1), 0, 0];
        part("editor", depends, Rc::new(move || editor(words, &text, &diagnosis, marked, &ask)))
    };
    let second = now.whole_seconds();
    let depends = [position, second.0 as usize, chosen.version, 0];
    let panel = match chosen.panel {
        View::Dns => {
            let (ask, scene, question) = (ask.clone(), scene.clone(), chosen.question.clone());
            part(
                "dns",
                depends,
                Rc::new(move || dns(words, &shared.borrow().moment().store, &scene, now, &question, &ask)),
            )
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
            <Terminal {words} screen={session.screen()} lines={session.lines()} suggestions={suggestions(&session, &scene)} ask={&ask} />
        },
    };
    let differences = session.differences();
    let other = session.beside().map(|branch| branch_name(words, branch).to_string());
    let menu = menu(words, &session.moment().store, chosen.trouble.as_ref(), &ask);
    let stage = Stage {
        words,
        scene: &scene,
        now: session.playhead(),
        part: part_why.as_ref(),
        compared: other.as_deref().map(|name| (name, &*differences)),
        notice: if session.rests() {
            Some(words.at_rest)
        } else {
            session.has_just_forked().then_some(words.forked)
        },
        rule: chosen.rule,
        lens: chosen.lens,
        ask: &ask,
    };
    let stage = stage.draw();
    drop(session);
    html! {
        <div class="app" data-view={chosen.view.class()}>
            { header(words, &ask) }
            <main>
                <section class="side" data-side="manifest" aria-label={words.manifest}>{ edit }</section>
                { stage }
                <section class="side">
                    <div class="tabs">{ for View::ALL.map(tab) }</div>
                    { panel }
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

/// Scrolls the manifest to the field that decides.
fn show_marked_line() -> Option<()> {
    let line = gloo::utils::document().query_selector(".editor .marked").ok()??;
    let editor = line.closest(".editor").ok()??;
    let top = line.get_bounding_client_rect().top() - editor.get_bounding_client_rect().top();
    editor.set_scroll_top(editor.scroll_top() + top as i32 - editor.client_height() / 2);
    Some(())
}

/// What a key does wherever no part of the page takes it for itself.
fn shortcut(event: &KeyboardEvent) -> Option<Ask> {
    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok())?;
    let (key, command) = (event.key(), event.ctrl_key() || event.meta_key());
    if command && key == "Enter" {
        return Some(Ask::Apply);
    }
    if command || event.alt_key() || target.closest("input, textarea, select").ok()?.is_some() {
        return None;
    }
    if key == "?" {
        let button = gloo::utils::document().query_selector("button.keys").ok()??;
        button.dyn_into::<web_sys::HtmlElement>().ok()?.click();
        return None;
    }
    Some(Ask::Do(match &*key {
        " " if target.closest("button, a").ok()?.is_none() => Action::Toggle,
        "ArrowLeft" => Action::Step { forward: false, stop: Stop::Event },
        "ArrowRight" => Action::Step { forward: true, stop: Stop::Event },
        "[" => Action::Step { forward: false, stop: Stop::Decision },
        "]" => Action::Step { forward: true, stop: Stop::Decision },
        "Home" => Action::Start,
        "End" => Action::Present,
        _ => return None,
    }))
}

/// From light to dark, or back: against what the browser asks for.
fn change_theme() {
    let (window, document) = (gloo::utils::window(), gloo::utils::document());
    let Some(root) = document.document_element() else { return };
    let dark = match root.get_attribute("data-theme") {
        Some(theme) => theme == "dark",
        None => {
            window.match_media("(prefers-color-scheme: dark)").ok().flatten().is_some_and(|m| m.matches())
        }
    };
    let _ = root.set_attribute("data-theme", if dark { "light" } else { "dark" });
}
