//! The whole page: what it holds, what it hears, how it is drawn.

pub mod browser;
mod focus;
mod keyboard;
mod listeners;
pub mod loading;
mod model;
pub(crate) mod panic;
mod share;
pub mod start;
mod view;
pub mod warm_up;

use self::listeners::listen;
use self::model::Model;
use self::start::Start;
use self::view::Picture;
use crate::components::editor::LINE_PX;
use crate::components::use_held;
use crate::page::intent::Intent;
use crate::page::state::PageState;
use crate::session::{Action, Session};
use gloo::render::request_animation_frame;
use gloo::timers::callback::Timeout;
use kubesim::api::Refusal;
use scene::explain::{self, Explanation};
use scene::messages::EN;
use scene::scene::Scene;
use std::any::Any;
use std::rc::Rc;
use yew::prelude::*;

/// A long manifest is diagnosed when nothing was typed for so long (milliseconds).
const PAUSE_MS: u32 = 200;

/// Holds the model, listens, and draws a picture whenever the model has changed or time passes.
#[component]
pub fn App(start: &Start) -> Html {
    let redraw = use_force_update();
    let model = use_memo((), |()| {
        let state = PageState { layout: start.layout, ..PageState::of(&start.before(), None, &EN) };
        (Rc::new(Model::new(state, redraw)), Rc::new(start.clone()))
    });
    let (model, first) = &*model;
    let (state, embed) = (model.state(), start.address.embed);
    {
        let (model, first) = (model.clone(), first.clone());
        use_held([0, 0], Box::new(move || Box::new(listen(&model, first))));
    }
    use_lane_focus(model, &state);
    use_pause(model, &state);
    let mut session = model.session().borrow_mut();
    let scene = session.scene(state.words, state.selected);
    let beside = session.scene_beside(state.words, state.selected);
    use_frames(model, session.is_playing() || session.is_half_drawn() || session.opening().is_some());
    drop(session);
    let session = model.session().borrow();
    let part = part_why(&state, &session, &scene);
    let field = part.as_ref().unwrap_or(&scene.why).rule.map_or("", |rule| rule.field);
    let place = model.place_of(&state.text, field);
    let default = place.and_then(|(_, default)| default);
    // What stands above a field that is left out tells nothing before the rule is shown.
    let marked = place.filter(|_| default.is_none() || state.rule).map(|(line, _)| line);
    use_scrolling(if state.rule { marked } else { None });
    let send = {
        let model = model.clone();
        Callback::from(move |intent| model.send(intent))
    };
    let picture = Picture {
        state: &state,
        shared: model.session(),
        session: &session,
        scene: &scene,
        beside: beside.as_deref(),
        part: part.as_ref(),
        marked,
        default,
        send: &send,
    };
    if embed { picture.embedded(&start.address.fragment, &opening(model)) } else { picture.page() }
}

/// Keeps the focus in its lane after each picture.
#[hook]
fn use_lane_focus(model: &Rc<Model>, state: &PageState) {
    let depends = [model.actions(), state.version];
    let model = model.clone();
    let keep = move || -> Box<dyn Any> {
        model.focus().keep();
        Box::new(())
    };
    use_held(depends, Box::new(keep));
}

/// Has a long manifest diagnosed once nothing was typed for a moment.
#[hook]
fn use_pause(model: &Rc<Model>, state: &PageState) {
    let stale = state.stale && state.opened;
    let model = model.clone();
    let wait = move || Timeout::new(PAUSE_MS, move || model.send(Intent::Diagnose));
    let depends = if stale { state.version + 1 } else { 0 };
    use_held([depends, 0], Box::new(move || Box::new(stale.then(wait))));
}

/// Asks for the next picture, as long as there is more to be seen in it.
#[hook]
fn use_frames(model: &Rc<Model>, goes_on: bool) {
    let depends = if goes_on { model.actions() + 1 } else { 0 };
    let model = model.clone();
    let ask = move || request_animation_frame(move |clock| model.act(Action::Frame(clock)));
    use_held([depends, 0], Box::new(move || Box::new(goes_on.then(ask))));
}

/// Scrolls the manifest to a line, from 0, when it is another one.
#[hook]
fn use_scrolling(line: Option<usize>) {
    let scroll = move || Box::new(line.and_then(show_line)) as Box<dyn Any>;
    use_held([line.map_or(0, |line| line + 1), 0], Box::new(scroll));
}

fn show_line(line: usize) -> Option<()> {
    let editor = gloo::utils::document().query_selector(".editor").ok()??;
    editor.set_scroll_top((line * LINE_PX) as i32 - editor.client_height() / 2);
    Some(())
}

/// Gives the link of an embedded page to the whole one its address when it is pressed: a link to what is seen then.
fn opening(model: &Rc<Model>) -> Callback<MouseEvent> {
    let model = model.clone();
    Callback::from(move |event: MouseEvent| {
        let Some(place) = browser::target(&event).and_then(|inside| inside.closest("a").ok()?) else {
            return;
        };
        let address = [&*browser::here(false), "#", &model.link().to_fragment()].concat();
        let _ = place.set_attribute("href", &address);
    })
}

/// The answer about the part that is explained; nothing if it is of another set than the one on the stage. Before anything else
/// comes a refusal that has not been read.
fn part_why(state: &PageState, session: &Session, scene: &Scene) -> Option<Explanation> {
    let store = &session.moment().store;
    let Some(subject) = &state.subject else {
        let refusal = Refusal::of(store).filter(|refusal| state.read_refusal != Some(refusal.at))?;
        return Some(explain::of_refusal(state.words, store, refusal));
    };
    let set = store.get(&scene.set.as_ref()?.key)?;
    Some(explain::of(state.words, store, set, subject))
}
