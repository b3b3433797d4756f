//! The parts of the program that are loaded once the page is live.
//!
//! A release build is split in three modules (`crates/wasm-profile-split`): what draws the page and starts the cluster, what
//! runs until the second pod is there, and the rest. `static/start.js` loads the later ones in the background; what is called
//! before it is there loads its module on the spot, through [`load_deferred`].

use gloo::events::EventListener;
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::js_sys::{JsString, Reflect};

#[wasm_bindgen]
extern "C" {
    /// `static/start.js`: loads the second module, and returns when it is there.
    #[wasm_bindgen(js_name = ordinalLoadDeferred)]
    fn load_now();
}

/// Loads the second module on the spot. The splitter finds it by its export and lets the stubs call it; nothing else does.
#[wasm_bindgen]
pub fn load_deferred() {
    load_now();
}

/// Does something once what the opening needs is there, or now if it is; `static/start.js` says when. Not if the listener is
/// dropped before.
pub fn on_opening(open: impl FnOnce() + 'static) -> Option<EventListener> {
    if is_open() {
        open();
        return None;
    }
    Some(EventListener::once(&gloo::utils::window(), "ordinal-opening", move |_| open()))
}

/// Whether the time to open has come before anybody listened: all was loaded before the program began.
fn is_open() -> bool {
    Reflect::get(&gloo::utils::window(), &JsString::from("ordinalOpen")).is_ok_and(|open| open.is_truthy())
}
