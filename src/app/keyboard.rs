//! What keys do wherever no part of the page takes them for itself.

use super::browser;
use crate::page::intent::Intent;
use crate::page::layout::{Arrangement, Foldable};
use crate::session::Action;
use crate::session::branch::Stop;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;

/// What a key does wherever no part of the page takes it for itself. `focused_by_key`: whether what has the focus got it by
/// the keyboard. Space presses only such a button: after a click it plays and pauses.
pub fn shortcut(event: &KeyboardEvent, focused_by_key: bool) -> Option<Intent> {
    let target = browser::target(event)?;
    let (key, command) = (event.key(), event.ctrl_key() || event.meta_key());
    if command && key == "Enter" {
        return Some(Intent::Apply);
    }
    // Where text is typed, the browser undoes it.
    if command && key == "z" && target.closest("input, textarea").ok()?.is_none() {
        return Some(Intent::Undo);
    }
    if command || event.alt_key() {
        return None;
    }
    if let Some(field) = target.closest("input, textarea, select").ok()? {
        // A field that has a use for it, or an input method, keeps it.
        if key == "Escape" && !event.default_prevented() && !event.is_composing() {
            leave(field);
        }
        return None;
    }
    if key == "?" {
        let button = gloo::utils::document().query_selector("button.keys").ok()??;
        button.dyn_into::<web_sys::HtmlElement>().ok()?.click();
        return None;
    }
    let fold = |what, part: &str| {
        let change = if is_hidden(part)? { Arrangement::Open } else { Arrangement::Fold };
        Some(Intent::Arrange(change(what)))
    };
    match &*key {
        "m" => return fold(Foldable::Manifest, ".tab-list"),
        "t" => return fold(Foldable::Panel, ".panel .tabs"),
        "l" => return fold(Foldable::Timeline, ".tracks"),
        "a" => return Some(Intent::Arrange(Arrangement::ToggleType)),
        _ => {}
    }
    Some(Intent::Session(match &*key {
        " " => {
            if let Some(button) = target.closest("button, a, summary").ok()? {
                if focused_by_key {
                    return None;
                }
                // Firefox would press it nevertheless, when the key comes up.
                leave(button);
            }
            Action::Toggle
        }
        "ArrowLeft" => Action::Step { forward: false, stop: Stop::Event },
        "ArrowRight" => Action::Step { forward: true, stop: Stop::Event },
        "[" => Action::Step { forward: false, stop: Stop::Decision },
        "]" => Action::Step { forward: true, stop: Stop::Decision },
        "Home" => Action::Start,
        "End" => Action::Present,
        _ => return None,
    }))
}

/// A key without Ctrl and the like, where no text is typed; and whether no control has the focus that Enter presses.
pub fn plain_key(event: &KeyboardEvent) -> Option<(String, bool)> {
    let target = browser::target(event)?;
    let is_typed = target.closest("textarea, select, dialog, input:not([type=radio])").ok()?.is_some();
    if event.ctrl_key() || event.meta_key() || event.alt_key() || is_typed || event.default_prevented() {
        return None;
    }
    let is_free = target.closest("button:not([role=tab], [aria-disabled=true]), a, summary").ok()?.is_none();
    Some((event.key(), is_free))
}

/// Whether a part of the page is folded now, by the user or for want of room.
fn is_hidden(selector: &str) -> Option<bool> {
    let part = gloo::utils::document().query_selector(selector).ok()??;
    Some(part.client_height() == 0)
}

/// Takes the focus from an element.
fn leave(element: web_sys::Element) {
    if let Ok(element) = element.dyn_into::<web_sys::HtmlElement>() {
        let _ = element.blur();
    }
}
