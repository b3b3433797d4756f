//! What lessons need of the browser: their files, what is kept of them, and which parts of the page are lit.

use super::{browser, share};
use crate::components::files;
use crate::link::pack::pack;
use crate::page::intent::Intent;
use crate::page::lesson::intent::{LessonEffect, LessonIntent};
use crate::page::state::PageState;
use kubesim::Str;
use lesson::handout::handout;
use lesson::text::Part;
use messages::Messages;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::js_sys::JsString;
use web_sys::{Element, Response};
use yew::Callback;

/// How the fragment of a link begins that carries a lesson.
pub use crate::link::address::CARRIED;

/// Under which name the browser keeps what was done.
const PROGRESS: &str = "ordinal-lessons";
/// The mark of an element that is lit.
const LIT: &str = "data-lit";

/// Does what is to be done for lessons.
pub fn carry_out(words: &'static Messages, send: &Callback<Intent>, effect: &LessonEffect) {
    match effect {
        LessonEffect::FetchList => match list_file(words.language()) {
            Some(file) => fetch(send, &file, LessonIntent::Listed),
            None => send.emit(Intent::lesson(LessonIntent::Listed(None))),
        },
        LessonEffect::Fetch(file) => fetch(send, file, LessonIntent::Came),
        LessonEffect::ReadKept => {
            let kept = browser::kept_as(PROGRESS).map(Str::from);
            send.emit(Intent::lesson(LessonIntent::Kept(kept)));
        }
        LessonEffect::Keep(text) => {
            if !browser::keep_as(PROGRESS, text) {
                send.emit(Intent::lesson(LessonIntent::Unkept));
            }
        }
        LessonEffect::Save(text) => {
            files::save("ordinal-lessons.txt", text);
        }
        LessonEffect::CopyLink(text) => {
            let fragment = [CARRIED, &pack(text.as_bytes(), b"")].concat();
            share::copy(&[&*browser::here(true), "#", &fragment].concat(), send.clone());
        }
        LessonEffect::Print(lesson, example) => {
            let example = (!example.is_empty()).then_some(&**example);
            let name = [&*lesson.front.id, ".html"].concat();
            files::save(&name, &handout(lesson, example, words).1);
        }
    }
}

/// The file with the list, in a language or in English: the build says it in `index.html`.
fn list_file(language: &str) -> Option<String> {
    let meta = gloo::utils::document().query_selector("meta[name=ordinal-lessons]").ok()??;
    let files = meta.get_attribute("content")?;
    let of = |language: &str| {
        let head = ["lessons-", language, "-"].concat();
        files.split(' ').find(|file| file.starts_with(&head)).map(String::from)
    };
    of(language).or_else(|| of("en"))
}

/// Loads a file beside the page, and tells its text; nothing if it can't be had.
fn fetch(send: &Callback<Intent>, file: &str, told: fn(Option<Str>) -> LessonIntent) {
    let tell = {
        let send = send.clone();
        Rc::new(move |text: Option<Str>| send.emit(Intent::lesson(told(text))))
    };
    let answered = {
        let tell = tell.clone();
        Closure::once(move |response: JsValue| {
            let response = response.dyn_into::<Response>().ok().filter(Response::ok);
            let Some(text) = response.and_then(|response| response.text().ok()) else { return tell(None) };
            let (read, failed) = (tell.clone(), tell);
            let read = Closure::once(move |text: JsValue| {
                read(text.dyn_into::<JsString>().ok().map(|text| String::from(text).into()));
            });
            let failed = Closure::once(move |_: JsValue| failed(None));
            let _ = text.unchecked_ref::<web_sys::js_sys::Promise>().then2(&read, &failed);
            read.forget();
            failed.forget();
        })
    };
    let failed = Closure::once(move |_: JsValue| tell(None));
    let answer = gloo::utils::window().fetch_with_str(file);
    let _ = answer.unchecked_ref::<web_sys::js_sys::Promise>().then2(&answered, &failed);
    // The browser calls one of them, after this function's end.
    answered.forget();
    failed.forget();
}

/// Marks the parts of the page that a lesson points at, and no others.
pub fn light(state: &PageState) {
    let Some(lessons) = &state.lessons else { return };
    let parts = lessons.open.as_ref().map(|play| play.lights(lessons.light.as_ref())).unwrap_or_default();
    let lit: Vec<Element> = parts.iter().flat_map(elements).collect();
    for element in all(&["[", LIT, "]"].concat()) {
        if !lit.contains(&element) {
            let _ = element.remove_attribute(LIT);
        }
    }
    for element in lit {
        let _ = element.set_attribute(LIT, "");
    }
}

fn elements(part: &Part) -> Vec<Element> {
    let named = |attribute: &str, name: &str| {
        let mut found = all(&["[", attribute, "]"].concat());
        found.retain(|element| element.get_attribute(attribute).as_deref() == Some(name));
        found
    };
    match part {
        Part::Pod(name) => named("data-pod", name),
        Part::Claim(name) => named("data-claim", name),
        Part::Service(_) => all(".stage > .service"),
        Part::Why => all(".stage > .why"),
        Part::Timeline => all(".timeline"),
        Part::Terminal | Part::Dns(_) => all(".side.panel"),
        Part::Line(field) => {
            let mut lines = all(".editor pre > div");
            let key = [field.as_str(), ":"].concat();
            lines.retain(|line| line.text_content().is_some_and(|text| text.contains(&key)));
            lines
        }
    }
}

fn all(selector: &str) -> Vec<Element> {
    let Ok(found) = gloo::utils::document().query_selector_all(selector) else { return Vec::new() };
    (0..found.length()).filter_map(|place| found.item(place)?.dyn_into().ok()).collect()
}
