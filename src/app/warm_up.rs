//! The warm-up: a small rollout of a crowd, run once and drawn where nobody sees it, before the user asks for a big one.
//!
//! Browsers compile a function of a Wasm module when it is called for the first time. In the first pictures of a rollout
//! these are hundreds, and each picture that has many of them comes late. `static/start.js` lets the warm-up go on, a
//! picture at a time, in moments in which the browser has nothing else to do.

use super::language::words;
use crate::components::stage::Stage;
use crate::components::timeline::timeline;
use crate::session::{Action, Session};
use scene::examples::EXAMPLES;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::prelude::wasm_bindgen;
use yew::prelude::*;

/// The number of pods: enough to be drawn as a crowd, with more than one block of cells.
const PODS: &str = "replicas: 120";
/// The time between two pictures (milliseconds).
const PICTURE_MS: f64 = 16.0;
/// How fast simulated time passes: with few pictures all that happens is seen.
const SPEED: f64 = 32.0;

/// A session that is played where nobody sees it.
pub struct WarmUp {
    session: Rc<RefCell<Session>>,
    clock: f64,
}

impl WarmUp {
    /// Before its first picture.
    pub fn new() -> WarmUp {
        let manifest = EXAMPLES.last().map_or("", |example| example.text).replace("replicas: 1000", PODS);
        let mut session = Session::playing(&manifest);
        session.handle(Action::Speed(SPEED));
        WarmUp { session: Rc::new(RefCell::new(session)), clock: 0.0 }
    }

    /// Goes on to the next picture. Returns false after the last one.
    pub fn go_on(&mut self) -> bool {
        self.clock += PICTURE_MS;
        let mut session = self.session.borrow_mut();
        session.handle(Action::Frame(self.clock));
        session.is_playing()
    }

    /// What is seen of it now.
    pub fn picture(&self) -> Picture {
        Picture { session: self.session.clone(), clock: self.clock }
    }
}

impl Default for WarmUp {
    fn default() -> WarmUp {
        WarmUp::new()
    }
}

/// A picture of a warm-up.
#[derive(Properties)]
pub struct Picture {
    session: Rc<RefCell<Session>>,
    clock: f64,
}

impl PartialEq for Picture {
    fn eq(&self, other: &Picture) -> bool {
        self.clock == other.clock
    }
}

/// The stage and the timeline of a warm-up.
#[component]
pub fn Pictures(picture: &Picture) -> Html {
    let mut session = picture.session.borrow_mut();
    let (scene, now) = (session.scene(words(), None), session.playhead());
    drop(session);
    let send = Callback::noop();
    let stage = Stage {
        words: words(),
        scene: &scene,
        now,
        loading: None,
        part: None,
        part_of_beside: false,
        roomy: false,
        beside: None,
        compared: None,
        notice: None,
        rule: false,
        default: None,
        lit: None,
        by_node: None,
        send: &send,
    };
    html! { <>{ stage.draw() }{ timeline(words(), &picture.session, &scene, "timeline", &send) }</> }
}

thread_local! {
    static STAGED: RefCell<Option<(WarmUp, AppHandle<Pictures>)>> = const { RefCell::new(None) };
}

/// Goes on with the warm-up by a picture. Returns false when it is over.
#[wasm_bindgen]
pub fn warm_up() -> bool {
    go_on()
}

// What is exported is in the part that is loaded first, and what is inlined there with it.
#[inline(never)]
fn go_on() -> bool {
    STAGED.with_borrow_mut(|staged| {
        let (warm_up, pictures) = staged.get_or_insert_with(|| {
            let warm_up = WarmUp::new();
            let nowhere = gloo::utils::document().create_element("div").expect("HTML has such an element");
            let pictures = yew::Renderer::<Pictures>::with_root_and_props(nowhere, warm_up.picture());
            (warm_up, pictures.render())
        });
        let goes_on = warm_up.go_on();
        pictures.update(warm_up.picture());
        if !goes_on && let Some((_, pictures)) = staged.take() {
            pictures.destroy();
        }
        goes_on
    })
}
