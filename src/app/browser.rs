//! What the page needs of the browser beside its drawing: the address, the tab's memory, the clipboard, the scheme.
//!
//! A browser may refuse any of it (storage in a sandboxed frame, the clipboard without a safe connection): then the page
//! does without.

use crate::components::is_dark;
use crate::link::address::Address;
use crate::page::layout::Layout;
use std::rc::Rc;
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlElement, Storage};

/// The name under which the tab remembers.
const MEMORY: &str = "ordinal";
/// The names under which the browser keeps where the parts of the page stand, and the theme.
const LAYOUT: &str = "ordinal-layout";
const THEME: &str = "ordinal-theme";
/// The language's: `static/start.js` reads it.
const LANGUAGE: &str = "ordinal-language";

/// What the page's address asks for.
pub fn address() -> Address {
    let location = gloo::utils::window().location();
    Address::read(&location.search().unwrap_or_default(), &location.hash().unwrap_or_default())
}

/// The page's address up to its file, with the server's name or without.
pub fn here(whole: bool) -> String {
    let location = gloo::utils::window().location();
    let origin = if whole { location.origin() } else { Ok(String::new()) };
    [origin, location.pathname()].map(Result::unwrap_or_default).concat()
}

/// The page's address without what stands behind `#`.
pub fn without_fragment() -> String {
    let search = gloo::utils::window().location().search().unwrap_or_default();
    [here(false), search].concat()
}

/// Changes what stands behind `#`, without a new entry among the pages that were visited; an empty one goes with its `#`.
pub fn set_fragment(fragment: &str) {
    let window = gloo::utils::window();
    if !fragment.is_empty() {
        let _ = window.location().replace(&["#", fragment].concat());
        return;
    }
    if let Ok(history) = window.history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&without_fragment()));
    }
}

/// What the tab remembers from before it was loaded again.
pub fn remembered() -> Option<String> {
    memory()?.get_item(MEMORY).ok()?
}

/// Lets the tab remember this.
pub fn remember(text: &str) {
    if let Some(memory) = memory() {
        let _ = memory.set_item(MEMORY, text);
    }
}

/// Lets the tab forget what it remembered.
pub fn forget() {
    if let Some(memory) = memory() {
        let _ = memory.remove_item(MEMORY);
    }
}

fn memory() -> Option<Storage> {
    gloo::utils::window().session_storage().ok()?
}

/// What the browser keeps for every later visit: the style that the user gave the page.
pub fn kept() -> Option<String> {
    kept_as(MEMORY)
}

/// Lets the browser keep this.
pub fn keep(style: &str) {
    let _ = keep_as(MEMORY, style);
}

/// Where the parts of the page stood at the last visit, and how large type was.
pub fn kept_layout() -> Layout {
    kept_as(LAYOUT).map_or_else(Layout::default, |text| Layout::read(&text))
}

/// Gives type its size, and keeps where the parts of the page stand.
pub fn arrange(layout: Layout) {
    set_type_size(layout.large);
    let _ = keep_as(LAYOUT, &layout.to_text());
}

/// Gives type its size.
pub fn set_type_size(large: bool) {
    let _ = gloo::utils::document_element().set_attribute("data-type", if large { "large" } else { "" });
}

pub(super) fn kept_as(name: &str) -> Option<String> {
    gloo::utils::window().local_storage().ok()??.get_item(name).ok()?
}

/// Keeps a text for every later visit; tells whether the browser allows that.
pub(super) fn keep_as(name: &str, text: &str) -> bool {
    let storage = gloo::utils::window().local_storage();
    storage.is_ok_and(|storage| storage.is_some_and(|storage| storage.set_item(name, text).is_ok()))
}

/// Keeps the language for later visits; tells whether the browser allows that.
pub fn keep_language(tag: &str) -> bool {
    keep_as(LANGUAGE, tag)
}

/// The language that the page's address asks for, as it is written there.
pub fn asked_language() -> Option<String> {
    let search = gloo::utils::window().location().search().unwrap_or_default();
    search.trim_start_matches('?').split('&').find_map(|part| part.strip_prefix("lang=").map(Into::into))
}

/// Puts a text into the clipboard, and tells whether it is there then: there may be none, or the browser or the user refuses.
pub fn copy(text: &str, told: Rc<dyn Fn(bool)>) {
    let clipboard = gloo::utils::window().navigator().clipboard();
    let is_there = !AsRef::<JsValue>::as_ref(&clipboard).is_undefined();
    if !is_there {
        return told(false);
    }
    let tell = |is_copied| {
        let told = told.clone();
        Closure::<dyn FnMut(JsValue)>::new(move |_| told(is_copied))
    };
    let (copied, refused) = (tell(true), tell(false));
    let _ = clipboard.write_text(text).then2(&copied, &refused);
    // They live until the browser has called one of them.
    copied.forget();
    refused.forget();
}

/// From light to dark, or back: against what the browser asks for.
pub fn toggle_theme() {
    let dark = is_dark();
    set_theme(!dark);
    let _ = keep_as(THEME, if dark { "light" } else { "dark" });
}

/// The theme that the user chose at an earlier visit: whether it is dark.
pub fn kept_theme() -> Option<bool> {
    kept_as(THEME).map(|theme| theme == "dark")
}

/// Light or dark, whatever the browser asks for.
pub fn set_theme(dark: bool) {
    let _ = gloo::utils::document_element().set_attribute("data-theme", if dark { "dark" } else { "light" });
}

/// Scrolls the stage just so far that a lane's pod is in view, counted from 0; its top before all else.
pub fn show_lane(lane: usize) -> Option<()> {
    let document = gloo::utils::document();
    let stage: HtmlElement = document.query_selector(".stage").ok()??.dyn_into().ok()?;
    let pods = document.query_selector_all(".stage .lane > .pod").ok()?;
    let pod: Element = pods.item(lane as u32)?.dyn_into().ok()?;
    let (seen, rect) = (stage.get_bounding_client_rect(), pod.get_bounding_client_rect());
    let over = (rect.bottom() - seen.bottom()).max(0.0).min(rect.top() - seen.top());
    let by = if rect.top() < seen.top() { rect.top() - seen.top() } else { over };
    // Where type is larger, a pixel of the stage is more than one of the window.
    let scale = seen.height() / f64::from(stage.offset_height().max(1));
    stage.set_scroll_top(stage.scroll_top() + (by / scale) as i32);
    Some(())
}

/// Gives the focus to the first element of a selector.
pub fn focus(selector: &str) -> Option<()> {
    let element = gloo::utils::document().query_selector(selector).ok()??;
    element.dyn_into::<HtmlElement>().ok()?.focus().ok()
}

/// Whether the pointer or the focus is in an element.
pub fn is_attended(selector: &str) -> bool {
    let attended = [selector, ":is(:hover, :focus-within)"].concat();
    gloo::utils::document().query_selector(&attended).is_ok_and(|found| found.is_some())
}

/// The element at which an event happened.
pub fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}
