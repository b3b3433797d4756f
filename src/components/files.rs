//! Manifests and stories from files, and files for the browser to save.

use crate::link::address::Address;
use crate::page::intent::Intent;
use crate::page::lesson::intent::LessonIntent;
use crate::page::update::has_too_many_lines;
use gloo::utils::{document, window};
use kubesim::Str;
use kubesim::manifest::MAX_TEXT;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::{Array, JsString};
use web_sys::{Blob, File, HtmlElement, Url};
use yew::Callback;

/// How the file of a story begins; after it comes what stands behind `#` in an address.
pub const STORY: &str = "# A story of Ordinal: open or drop this file there.\n";

/// How many times as long as a manifest may be what is read of a lesson's file.
const LESSONS_READ: usize = 16;

/// Reads a file. A story is opened, all else put into the editor when it is there.
pub fn open(file: &File, send: &Callback<Intent>) {
    let is_lesson = file.name().ends_with(".md");
    // Of a lesson that is too long its reader says how long it may be.
    let most = if is_lesson { LESSONS_READ * MAX_TEXT } else { MAX_TEXT };
    if file.size() > most as f64 {
        return send.emit(Intent::RefuseText);
    }
    read(file, send, if is_lesson { of_lesson } else { of_text });
}

/// A lesson, by its file's name.
fn of_lesson(text: Str) -> Intent {
    Intent::WantLesson(Rc::new(LessonIntent::Read(Some(text))))
}

fn of_text(text: Str) -> Intent {
    match text.strip_prefix(STORY) {
        Some(story) => Intent::Navigate(Address { fragment: story.trim().into(), ..Address::default() }),
        None if has_too_many_lines(&text) => Intent::RefuseLines,
        None => Intent::OpenManifest(text),
    }
}

/// Reads a file's text.
pub fn read(file: &File, send: &Callback<Intent>, intent: fn(Str) -> Intent) {
    let send = send.clone();
    let read = Closure::once(move |text: JsValue| {
        if let Ok(text) = text.dyn_into::<JsString>() {
            send.emit(intent(String::from(text).into()));
        }
    });
    let _ = file.text().then(&read);
    // The browser calls it once, after this function's end.
    read.forget();
}

/// Gives the browser a text to save as a file of this name.
pub fn save(name: &str, text: &str) -> Option<()> {
    save_blob(name, &Blob::new_with_str_sequence(&Array::of1(&text.into())).ok()?)
}

/// Gives the browser a file to save under this name.
pub fn save_blob(name: &str, blob: &Blob) -> Option<()> {
    let url = Url::create_object_url_with_blob(blob).ok()?;
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
