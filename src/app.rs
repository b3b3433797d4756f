//! The whole page.

use crate::components::editor::Editor;
use crate::components::events::Events;
use crate::components::header::header;
use crate::components::inspect::Inspect;
use crate::components::stage::Stage;
use crate::components::terminal::{Terminal, suggestions};
use crate::components::timeline::Timeline;
use crate::components::{Ask, View};
use crate::examples::EXAMPLES;
use crate::highlight::line_of_field;
use crate::session::{Action, Page, Session};
use crate::words::{EN, Words};
use gloo::events::EventListener;
use gloo::render::request_animation_frame;
use kubesim::story::Input;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// The whole page.
#[component]
pub fn App() -> Html {
    let words: &'static Words = &EN;
    let page = use_reducer(|| Page::new(Session::playing(EXAMPLES[0].text)));
    let text = use_state(|| AttrValue::from(EXAMPLES[0].text));
    let view = use_state(|| View::Stage);
    let panel = use_state(|| View::Terminal);
    let object = use_state(|| None);

    let ask = {
        let (page, text, view, panel, object) =
            (page.dispatcher(), text.clone(), view.clone(), panel.clone(), object.clone());
        let show = move |chosen: View| {
            if !matches!(chosen, View::Manifest | View::Stage) {
                panel.set(chosen);
            }
            view.set(chosen);
        };
        use_callback((), move |what: Ask, ()| match what {
            Ask::Do(action) => page.dispatch(action),
            Ask::Edit(new) => text.set(new),
            Ask::Apply => page.dispatch(Action::Input(Input::Apply((&**text).into()))),
            Ask::Command(command) => page.dispatch(Action::Input(Input::Command(command.into()))),
            Ask::Inspect(key) => {
                object.set(Some(key));
                show(View::Inspect);
            }
            Ask::Show(chosen) => show(chosen),
            Ask::Theme => change_theme(),
        })
    };

    let session = page.session.borrow();
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
            let listener = EventListener::new_with_options(
                &gloo::utils::document(),
                "keydown",
                gloo::events::EventListenerOptions::enable_prevent_default(),
                move |event| {
                    let event: &KeyboardEvent = event.unchecked_ref();
                    if let Some(action) = shortcut(event) {
                        event.prevent_default();
                        ask.emit(Ask::Do(action));
                    }
                },
            );
            move || drop(listener)
        });
    }

    let scene = Rc::new(session.scene(words));
    let position = session.moment().position;
    let marked = scene.why.rule.and_then(|rule| line_of_field(&text, rule.field));
    let (shared, now) = (&page.session, session.now());
    let tab = |chosen: View| {
        let selected = *panel == chosen;
        let onclick = ask.reform(move |_: MouseEvent| Ask::Show(chosen));
        html! {
            <button type="button" role="tab" class={chosen.class()} aria-selected={selected.to_string()} {onclick}>{ name(words, chosen) }</button>
        }
    };
    let bottom = |chosen: View| {
        let onclick = ask.reform(move |_: MouseEvent| Ask::Show(chosen));
        let current = (*view == chosen).then_some("page");
        html! { <button type="button" aria-current={current} {onclick}><i aria-hidden="true">{ sign(chosen) }</i>{ name(words, chosen) }</button> }
    };
    let content = match *panel {
        View::Events => html! { <Events {words} session={shared} {position} {now} ask={&ask} /> },
        View::Inspect => {
            html! { <Inspect {words} session={shared} {position} {now} object={(*object).clone()} ask={&ask} /> }
        }
        _ => {
            html! { <Terminal {words} screen={session.screen()} lines={session.lines()} suggestions={suggestions(&session, &scene)} ask={&ask} /> }
        }
    };
    html! {
        <div class={classes!("app", view.class())}>
            { header(words, &ask) }
            <main>
                <section class="side manifest" aria-label={words.manifest}>
                    <Editor {words} text={(*text).clone()} {marked} ask={&ask} />
                </section>
                <Stage {words} scene={&scene} now={session.playhead()} notice={session.has_just_forked().then_some(words.forked)} ask={&ask} />
                <section class="side panel">
                    <div class="tabs" role="tablist">{ for View::ALL.map(tab) }</div>
                    { content }
                </section>
            </main>
            <Timeline {words} session={shared} version={page.version} scene={&scene} ask={&ask} />
            <nav>{ for View::ALL.map(bottom) }</nav>
        </div>
    }
}

/// A part's name.
fn name(words: &'static Words, view: View) -> &'static str {
    match view {
        View::Manifest => words.manifest,
        View::Stage => words.stage,
        View::Terminal => words.terminal,
        View::Events => words.events,
        View::Inspect => words.inspect,
    }
}

/// A part's sign in the bar of a small screen.
fn sign(view: View) -> &'static str {
    ["☰", "◫", "›_", "≡", "⋯"][view as usize]
}

/// What a key does wherever no part of the page takes it for itself.
fn shortcut(event: &KeyboardEvent) -> Option<Action> {
    let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok())?;
    let typing = "input, textarea, select";
    if event.ctrl_key() || event.meta_key() || event.alt_key() || target.closest(typing).ok()?.is_some() {
        return None;
    }
    Some(match &*event.key() {
        " " if target.closest("button, a").ok()?.is_none() => Action::Toggle,
        "ArrowLeft" => Action::Step { forward: false },
        "ArrowRight" => Action::Step { forward: true },
        "Home" => Action::Start,
        "End" => Action::Present,
        _ => return None,
    })
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
