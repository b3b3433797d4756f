//! Manifests from files and to them.

use crate::page::intent::Intent;
use gloo::utils::{document, window};
use kubesim::manifest::MAX_TEXT;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, JsString};
use web_sys::{Blob, File, HtmlElement, Url};
use yew::Callback;

/// Reads a file, and puts it into the editor when it is there.
pub fn open(file: &File, send: &Callback<Intent>) {
    if file.size() > MAX_TEXT as f64 {
        return send.emit(Intent::RefuseText);
    }
    let send = send.clone();
    let read = Closure::once(move |text: JsValue| {
        if let Ok(text) = text.dyn_into::<JsString>() {
            send.emit(Intent::OpenManifest(String::from(text).into()));
        }
    });
    let _ = file.text().then(&read);
    // The browser calls it once, after this function's end.
    read.forget();
}

/// Gives the browser a text to save as a file of this name.
pub fn save(name: &str, text: &str) -> Option<()> {
    let blob = Blob::new_with_str_sequence(&Array::of1(&text.into())).ok()?;
    let url = Url::create_object_url_with_blob(&blob).ok()?;
    let link: HtmlElement = document().create_element("a").ok()?.dyn_into().ok()?;
    link.set_attribute("href", &url).ok()?;
    link.set_attribute("download", name).ok()?;
    link.click();
    // The browser has taken it by the time that this is called.
    let revoke = Closure::once_into_js(move || {
        let _ = Url::revoke_object_url(&url);
    });
    window().set_timeout_with_callback_and_timeout_and_arguments_0(revoke.unchecked_ref(), 10_000).ok()?;
    Some(())
}
