//! The keyboard's focus stays in its lane when the pod that has it goes: it waits at the lane, and goes to the same control of
//! the pod that comes next. A browser would put it at the page's start.

use gloo::utils::document;
use std::cell::RefCell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

/// Knows the control of a pod that has the focus, or had it last.
#[derive(Default)]
pub struct LaneFocus(RefCell<Option<Held>>);

#[derive(Clone)]
struct Held {
    lane: Element,
    control: Element,
    /// Finds the same control on another pod's card in the lane.
    selector: String,
}

impl LaneFocus {
    /// Notes what has got the focus. At the lane itself it waits for the next pod.
    pub fn note(&self, target: Option<Element>) {
        let mut held = self.0.borrow_mut();
        if held.as_ref().map(|held| &held.lane) != target.as_ref() || target.is_none() {
            *held = target.and_then(Held::of);
        }
    }

    /// Puts the focus back into its lane after a picture, if its control is gone.
    pub fn keep(&self) {
        let Some(held) = self.0.borrow().clone() else { return };
        let focused = document().active_element();
        let is_there = held.control.is_connected();
        let is_at_lane = focused.as_ref() == Some(&held.lane);
        if is_there && focused.as_ref() == Some(&held.control) {
            return;
        }
        let is_lost = is_at_lane || focused.is_none_or(|focused| focused.tag_name() == "BODY");
        if is_there || !is_lost || !held.lane.is_connected() {
            // The user has gone elsewhere, or the lane has.
            self.0.replace(None);
        } else if let Ok(Some(next)) = held.lane.query_selector(&held.selector) {
            focus(next);
        } else if !is_at_lane {
            let _ = held.lane.set_attribute("tabindex", "-1");
            focus(held.lane);
        }
    }
}

impl Held {
    /// What is to be known of a control of a pod's card; nothing of other elements.
    fn of(control: Element) -> Option<Held> {
        let lane = control.closest(".pod:not(.ghost)").ok()??.closest(".lane").ok()??;
        let parent = control.parent_element()?.tag_name();
        let selector = [".pod:not(.ghost) ", &parent, " > [class='", &control.class_name(), "']"].concat();
        Some(Held { lane, control, selector })
    }
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        let _ = element.focus();
    }
}
