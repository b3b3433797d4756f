//! The parts of the program that are loaded once the page is drawn.
//!
//! A release build is split in three modules (`crates/wasm-profile-split`): what draws the page and starts the cluster, what
//! runs until the second pod is there, and the rest. `static/start.js` loads the later ones in the background, takes what the
//! user does until all are there, and says when a part is there. Nothing before that moment calls anything of the part: a call
//! all the same ends the program ([`load_deferred`]), and the page loads itself again once it has all parts.

use gloo::events::EventListener;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::js_sys::{JsString, Reflect};

#[wasm_bindgen]
extern "C" {
    /// `static/start.js`: notes that a part was called before it was there, and throws.
    #[wasm_bindgen(js_name = ordinalLoadDeferred)]
    fn miss();
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
    /// What the first example needs up to [`crate::session::OPENING_END`].
    Opening,
    /// All of it.
    Whole,
}

impl Part {
    /// The event with which the loader says so.
    fn event(self) -> &'static str {
        match self {
            Part::Opening => "ordinal-opening",
            Part::Whole => "ordinal-whole",
        }
    }

    /// Whether so much is there: the loader leaves a mark, for who begins to listen later.
    pub fn is_there(self) -> bool {
        let mark = match self {
            Part::Opening => "ordinalOpen",
            Part::Whole => "ordinalDeferred",
        };
        Reflect::get(&gloo::utils::window(), &JsString::from(mark)).is_ok_and(|mark| mark.is_truthy())
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
