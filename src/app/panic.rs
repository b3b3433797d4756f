//! After a panic nothing moves any more: the page says so, with what is needed to report it, and offers the story as it was
//! before what led to it.
//!
//! The story is noted before each act of the user ([`note_story`]): after a panic the session may be in the middle of something.

use super::browser;
use super::language::words;
use crate::link::Link;
use crate::link::address::saved;
use gloo::events::EventListener;
use kubesim::{Input, TimedInput};
use std::cell::{Cell, RefCell};
use wasm_bindgen::prelude::wasm_bindgen;
use web_sys::Element;

thread_local! {
    static STORY: RefCell<Option<(Link, Option<Input>)>> = const { RefCell::new(None) };
    static IS_OVER: Cell<bool> = const { Cell::new(false) };
}

/// Notes the story as it is before an act, and what is given to it then; or the story that is opened.
pub fn note_story(before: Link, input: Option<Input>) {
    STORY.set(Some((before, input)));
}

/// Whether the program has panicked: the tab must not remember what it shows then.
pub fn is_over() -> bool {
    IS_OVER.get()
}

/// Has panics told on the page and on the console, also those of a picture: a renderer puts in a hook of its own unless it
/// knows of this one.
pub fn tell_panics() {
    yew::set_custom_panic_hook(Box::new(|panic| {
        let text = panic.to_string();
        web_sys::console::error_1(&text.as_str().into());
        show(words().panicked(), &text);
    }));
}

/// Tells on the page that the program has ended without a panic: `static/start.js` calls it when there is no more memory.
#[wasm_bindgen]
pub fn tell_end(what: &str) {
    end(what);
}

// What is exported is in the part that is loaded first, and what is inlined there with it.
#[inline(never)]
fn end(what: &str) {
    show(what, "");
}

fn show(what: &str, details: &str) -> Option<()> {
    IS_OVER.set(true);
    let note = element("div", &[what, " "].concat())?;
    note.set_attribute("role", "alert").ok()?;
    note.set_attribute("class", "panic").ok()?;
    let again = element("a", words().start_again())?;
    // Without the fragment: the same link would end the same way.
    again.set_attribute("href", &browser::without_fragment()).ok()?;
    note.append_child(&again).ok()?;
    gloo::utils::document().body()?.append_child(&note).ok()?;
    browser::forget();
    if let Some((before, input)) = STORY.take() {
        let report = element("a", words().report_story())?;
        let fragment = with_input(before.clone(), input).to_fragment();
        report.set_attribute("href", &[&*browser::here(false), "#", &fragment].concat()).ok()?;
        let go_on = element("button", words().go_on_before())?;
        let press = move |_: &_| {
            browser::remember(&saved(&before, None, &browser::address().asked()));
            let _ = gloo::utils::window().location().reload();
        };
        EventListener::new(&go_on, "click", press).forget();
        for child in [go_on, report] {
            note.append_child(&child).ok()?;
        }
    }
    note.append_child(element("pre", details)?.as_ref()).ok()?;
    Some(())
}

/// The story with what was given to it last.
fn with_input(mut link: Link, input: Option<Input>) -> Link {
    let at = link.playhead;
    let story = link.story_mut();
    story.inputs.retain(|timed| timed.at <= at);
    story.inputs.extend(input.map(|input| TimedInput { at, input }));
    story.until = at;
    link
}

fn element(tag: &str, text: &str) -> Option<Element> {
    let element = gloo::utils::document().create_element(tag).ok()?;
    element.set_text_content(Some(text));
    Some(element)
}
