//! The whole page: what it holds, what it hears, how it is drawn.

mod announcer;
pub mod browser;
mod focus;
mod host;
mod keyboard;
pub mod language;
mod lessons;
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
use gloo::timers::callback::{Interval, Timeout};
use kubesim::api::Refusal;
use scene::explain::{self, Explanation, Subject};
use scene::scene::{Lane, Scene};
use std::any::Any;
use std::rc::Rc;
use yew::prelude::*;

/// A long manifest is diagnosed when nothing was typed for so long (milliseconds).
const PAUSE_MS: u32 = 200;
/// A note goes after so long (milliseconds).
const NOTE_MS: u32 = 10_000;

/// Holds the model, listens, and draws a picture whenever the model has changed or time passes.
#[component]
pub fn App(start: &Start) -> Html {
    let redraw = use_force_update();
    let model = use_memo((), |()| {
        // A frame keeps its address: it remembers nothing else for when it is loaded again.
        let fragment = if start.address.embed { "" } else { &*start.address.fragment };
        let kept = (start.layout, fragment.into());
        let first = PageState::of(&start.before(), None, language::words());
        let state = PageState { layout: kept.0, fragment: kept.1, ..first };
        (Rc::new(Model::new(state, redraw)), Rc::new(start.clone()))
    });
    let (model, first) = &*model;
    let (state, embed) = (model.state(), start.address.embed);
    {
        let (model, first) = (model.clone(), first.clone());
        use_held([0, 0], Box::new(move || Box::new(listen(&model, first.clone()))));
    }
    use_pause(model, &state);
    use_note(model, &state);
    let mut session = model.session().borrow_mut();
    let scene = session.scene(state.words, state.selected);
    let beside = session.scene_beside(state.words, state.selected);
    use_frames(model, session.is_playing() || session.is_half_drawn() || session.opening().is_some());
    drop(session);
    let session = model.session().borrow();
    let part = part_why(&state, &session, [&scene, beside.as_deref().unwrap_or(&scene)]);
    use_settled(model, &state, part.as_ref().unwrap_or(&scene.why));
    let field = part.as_ref().unwrap_or(&scene.why).rule.map_or("", |rule| rule.field);
    use_lights(model, &state);
    let place = model.place_of(&state.text, field);
    let default = place.and_then(|(_, default)| default);
    // What stands above a field that is left out tells nothing before the rule is shown.
    let marked = place.filter(|_| default.is_none() || state.rule).map(|(line, _)| line);
    use_scrolling(if state.rule { marked } else { None });
    let asked = asked_lane(&scene, part.as_ref(), state.subject.as_ref());
    use_lane_in_view(asked.filter(|_| !state.subject_of_beside), scene.lanes.len());
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
        roomy: model.has_room(part.as_ref().unwrap_or(&scene.why)),
        marked,
        default,
        send: &send,
    };
    if embed { picture.embedded(&start.address, &opening(model)) } else { picture.page() }
}

/// After each picture, keeps the focus in its lane, and says what the why bar asks if that is another question.
#[hook]
fn use_settled(model: &Rc<Model>, state: &PageState, why: &Explanation) {
    let depends = [model.actions(), state.version];
    // Before a story is open the why bar says that it is loaded, and timers have nothing to call.
    let news = if state.opened && model.announcer().is_news(&why.title) {
        Some((why.title.clone(), why.text.clone()))
    } else {
        None
    };
    let model = model.clone();
    let settle = move || -> Box<dyn Any> {
        model.focus().keep();
        if let Some((title, text)) = &news {
            model.announcer().announce(title.clone(), text.clone());
        }
        Box::new(())
    };
    use_held(depends, Box::new(settle));
}

/// After each picture, marks what an open lesson points at.
#[hook]
fn use_lights(model: &Rc<Model>, state: &Rc<PageState>) {
    let is_open = state.lessons.is_some();
    let depends = if is_open { [model.actions() + 1, state.version] } else { [0, 0] };
    let state = state.clone();
    let light = move || -> Box<dyn Any> {
        if is_open {
            lessons::light(&state);
        }
        Box::new(())
    };
    use_held(depends, Box::new(light));
}

/// Has a long manifest diagnosed once nothing was typed for a moment.
#[hook]
fn use_pause(model: &Rc<Model>, state: &PageState) {
    let stale = state.stale && state.opened;
    let model = model.clone();
    let wait = move || {
        let model = model.clone();
        Timeout::new(PAUSE_MS, move || model.send(Intent::Diagnose))
    };
    let depends = if stale { state.version + 1 } else { 0 };
    use_held([depends, 0], Box::new(move || Box::new(stale.then(&wait))));
}

/// Takes a note away after a while, unless somebody is at it. What is wrong with a link stays until it is read.
#[hook]
fn use_note(model: &Rc<Model>, state: &PageState) {
    let goes = state.notice.is_some_and(|notice| !notice.stays());
    let model = model.clone();
    let wait = move || {
        let model = model.clone();
        Interval::new(NOTE_MS, move || {
            if !browser::is_attended(".message") {
                model.send(Intent::Dismiss);
            }
        })
    };
    let depends = if goes { state.version + 1 } else { 0 };
    use_held([depends, 0], Box::new(move || Box::new(goes.then(&wait))));
}

/// Asks for the next picture, as long as there is more to be seen in it.
#[hook]
fn use_frames(model: &Rc<Model>, goes_on: bool) {
    let depends = if goes_on { model.actions() + 1 } else { 0 };
    let model = model.clone();
    let ask = move || {
        let model = model.clone();
        request_animation_frame(move |clock| model.act(Action::Frame(clock)))
    };
    use_held([depends, 0], Box::new(move || Box::new(goes_on.then(&ask))));
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

/// Scrolls the stage to the lane that the why bar asks about, counted from 0, when it is another one or lanes come or go.
#[hook]
fn use_lane_in_view(lane: Option<usize>, lanes: usize) {
    let scroll = move || Box::new(lane.and_then(browser::show_lane)) as Box<dyn Any>;
    use_held([lane.map_or(0, |lane| lane + 1), lanes], Box::new(scroll));
}

/// The place of the lane that the why bar asks about, if it is about one.
fn asked_lane(scene: &Scene, part: Option<&Explanation>, subject: Option<&Subject>) -> Option<usize> {
    let name = match subject.filter(|_| part.is_some()) {
        Some(Subject::Pod(key) | Subject::Endpoint(key) | Subject::Claim(key)) => &key.name,
        Some(Subject::Node(_)) => return None,
        None => scene.why.pod.as_ref()?,
    };
    let is_asked =
        |lane: &Rc<Lane>| lane.name == *name || lane.claims.iter().any(|claim| claim.name == *name);
    scene.lanes.iter().position(is_asked)
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
/// comes a refusal that has not been read. `scenes`: of the branch that is shown, and of the one beside it.
fn part_why(state: &PageState, session: &Session, scenes: [&Scene; 2]) -> Option<Explanation> {
    let store = &session.moment().store;
    let Some(subject) = &state.subject else {
        let refusal = Refusal::of(store).filter(|refusal| state.read_refusal != Some(refusal.at))?;
        let is_in_editor = session.applied().is_some_and(|applied| *applied == *state.text);
        let marked = if is_in_editor { &*state.diagnosis.diagnostics } else { &[] };
        return Some(explain::of_refusal(state.words, store, refusal, marked));
    };
    let beside = session.beside().filter(|_| state.subject_of_beside);
    let (store, scene) = match beside {
        Some(branch) => (&branch.moment().store, scenes[1]),
        None => (store, scenes[0]),
    };
    if beside.map_or(session.is_explaining(), |branch| branch.is_explaining()) {
        return Some(explain::of_working(state.words));
    }
    match &scene.set {
        Some(set) => Some(explain::of(state.words, store, store.get(&set.key)?, subject)),
        None => explain::of_setless(state.words, store, subject),
    }
}
