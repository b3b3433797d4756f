//! The parts of the program that are loaded once the page is drawn.
//!
//! A release build is split in six modules (`crates/wasm-profile-split`): what draws the page and starts the cluster, what
//! runs until its first pod is there, what runs until that is ready, the rest of what the first example needs, what nothing needs
//! before somebody does something, and what only some visitors want ([`when_wanted`]). `static/start.js` loads the second to fourth
//! in the background and the fifth when somebody is there, takes what is done before that, and says when a part is there. Nothing before that moment calls anything
//! of the part: a call all the same ends the program ([`load_deferred`]), and the page loads itself again once it has all parts.

use crate::session::{FIRST_POD_END, OPENING_END};
use gloo::events::EventListener;
use kubesim::SimTime;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::js_sys::{JsString, Reflect};

#[wasm_bindgen]
extern "C" {
    /// `static/start.js`: notes that a part was called before it was there, and throws.
    #[wasm_bindgen(js_name = ordinalLoadDeferred)]
    fn miss();

    /// `static/start.js`: loads what is only loaded for who wants it, unless it is there or on its way.
    #[wasm_bindgen(js_name = ordinalWant)]
    fn want();
}

/// Called where a part of the program is not there yet. The splitter finds it by its export and lets the stubs call it;
/// nothing else does.
#[wasm_bindgen]
pub fn load_deferred() {
    miss();
}

/// How much of the program is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Part {
    /// What the first example needs up to [`FIRST_POD_END`].
    Opening,
    /// What it needs up to [`OPENING_END`].
    Rollout,
    /// What the first example needs to its end; and all that a story needs which the page opens with, if it is another one.
    Whole,
}

impl Part {
    /// The event with which the loader says so.
    fn event(self) -> &'static str {
        match self {
            Part::Opening => "ordinal-opening",
            Part::Rollout => "ordinal-rollout",
            Part::Whole => "ordinal-whole",
        }
    }

    /// Until when the first example may be played with it; none if to its end.
    pub fn end(self) -> Option<SimTime> {
        match self {
            Part::Opening => Some(FIRST_POD_END),
            Part::Rollout => Some(OPENING_END),
            Part::Whole => None,
        }
    }

    /// Whether so much is there: the loader leaves a mark, for who begins to listen later.
    pub fn is_there(self) -> bool {
        has_mark(match self {
            Part::Opening => "ordinalOpen",
            Part::Rollout => "ordinalRolls",
            Part::Whole => "ordinalPlays",
        })
    }

    /// Does something once so much is there, or now if it is. Not if the listener is dropped before.
    pub fn when_there(self, act: Box<dyn FnOnce()>) -> Option<EventListener> {
        if self.is_there() {
            act();
            return None;
        }
        Some(EventListener::once(&gloo::utils::window(), self.event(), move |_| act()))
    }
}

/// Whether the loader has left a mark by this name.
fn has_mark(name: &str) -> bool {
    Reflect::get(&gloo::utils::window(), &JsString::from(name)).is_ok_and(|mark| mark.is_truthy())
}

/// Does something once the part of the program is there that is loaded only for who wants it, and asks for that part; or does it
/// now. `DOORS` in `xtask/src/split.rs` names what is in it. Not if the listener is dropped before.
pub fn when_wanted(act: Box<dyn FnOnce()>) -> Option<EventListener> {
    if has_mark("ordinalDoor") {
        act();
        return None;
    }
    want();
    Some(EventListener::once(&gloo::utils::window(), "ordinal-wanted", move |_| act()))
}
