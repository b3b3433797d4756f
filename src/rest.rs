//! The part of the program that is loaded once the stage is live.
//!
//! A release build is split in two modules (`xtask/src/split`). `static/start.js` loads the second in the background after
//! the first pictures; what is called before it is there loads it on the spot, through [`load_rest`].

use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen]
extern "C" {
    /// `static/start.js`: loads the second module, and returns when it is there.
    #[wasm_bindgen(js_name = ordinalLoadRest)]
    fn load_now();
}

/// Loads the second module on the spot. The splitter finds it by its export and lets the stubs call it; nothing else does.
#[wasm_bindgen]
pub fn load_rest() {
    load_now();
}
