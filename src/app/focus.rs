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
    /// The control, or the lane while it waits for the next pod.
    focused: Element,
    /// Finds the control on the card of the next pod in the lane.
    selector: String,
}

impl LaneFocus {
    /// Notes what has got the focus.
    pub fn note(&self, target: Option<Element>) {
        let mut held = self.0.borrow_mut();
        let waits = held.as_ref().is_some_and(|held| target.as_ref() == Some(&held.lane));
        if !waits {
            *held = target.and_then(Held::of);
        }
    }

    /// Puts the focus back into its lane after a picture, if its control is gone.
    pub fn keep(&self) {
        let Some(held) = self.0.borrow().clone() else { return };
        let focused = document().active_element();
        let waits = held.focused == held.lane;
        let is_elsewhere = if held.focused.is_connected() {
            focused.as_ref() != Some(&held.focused)
        } else {
            !held.lane.is_connected() || focused.is_some_and(|focused| focused.tag_name() != "BODY")
        };
        if is_elsewhere {
            self.0.replace(None);
            return;
        }
        if held.focused.is_connected() && !waits {
            return;
        }
        if let Ok(Some(next)) = held.lane.query_selector(&held.selector) {
            focus(next);
        } else if !waits {
            let lane = held.lane.clone();
            self.0.replace(Some(Held { focused: lane.clone(), ..held }));
            let _ = lane.set_attribute("tabindex", "-1");
            focus(lane);
        }
    }
}

impl Held {
    /// What is to be known of a control on a pod's card, or on the outline of one that is not there; nothing of others.
    fn of(control: Element) -> Option<Held> {
        let lane = control.closest(".pod").ok()??.closest(".lane").ok()??;
        let parent = control.parent_element()?.tag_name();
        let selector = [".pod ", &parent, " > [class='", &control.class_name(), "']"].concat();
        Some(Held { lane, focused: control, selector })
    }
}

fn focus(element: Element) {
    if let Ok(element) = element.dyn_into::<HtmlElement>() {
        let _ = element.focus();
    }
}
