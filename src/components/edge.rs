//! The lines beside the stage: dragged, or moved with ← and →, they make a side of the page wider or narrower; a double
//! click gives it its own width back.
//!
//! The width is no part of the page's state but of its style: nothing is drawn anew while a line is dragged.

use gloo::utils::document_element;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};
use yew::prelude::*;

/// How far a key moves the line (pixels).
const STEP_PX: f64 = 24.0;

/// The line at the edge of the side that it stands in, and how wide that is at first, in pixels. `keep` keeps the style that
/// it gave the page.
pub fn edge(label: &'static str, width: &'static str, keep: fn(&str)) -> Html {
    let onpointerdown = Callback::from(|event: PointerEvent| {
        let edge: Element = event.target_unchecked_into();
        let _ = edge.set_pointer_capture(event.pointer_id());
        event.prevent_default();
    });
    let onpointermove = Callback::from(|event: PointerEvent| {
        let edge: Element = event.target_unchecked_into();
        if edge.has_pointer_capture(event.pointer_id()) {
            Side::of(&edge).reach(f64::from(event.client_x()));
        }
    });
    let onpointerup = Callback::from(move |_: PointerEvent| keep(&style().css_text()));
    let onkeydown = Callback::from(move |event: KeyboardEvent| {
        let step = match &*event.key() {
            "ArrowLeft" => -STEP_PX,
            "ArrowRight" => STEP_PX,
            _ => return,
        };
        // Elsewhere these keys move the playhead.
        event.stop_propagation();
        event.prevent_default();
        let edge: Element = event.target_unchecked_into();
        let side = Side::of(&edge);
        side.reach(if side.at_right { side.left } else { side.right } + step * side.scale);
        say_width(&edge);
        keep(&style().css_text());
    });
    let ondblclick = Callback::from(move |event: MouseEvent| {
        let edge: Element = event.target_unchecked_into();
        let _ = style().remove_property(Side::of(&edge).property());
        keep(&style().css_text());
    });
    let onfocus = Callback::from(|event: FocusEvent| say_width(&event.target_unchecked_into()));
    html! {
        <div class="edge" role="separator" aria-orientation="vertical" aria-label={label} tabindex="0"
            aria-valuenow={width} aria-valuemin="180" aria-valuemax="1200"
            {onpointerdown} {onpointermove} {onpointerup} {onkeydown} {ondblclick} {onfocus} />
    }
}

/// Gives the sides the widths that they were given before, as `keep` got them.
pub fn restore(widths: &str) {
    style().set_css_text(widths);
}

/// The side of the page that an edge belongs to, in the window's pixels from its left.
struct Side {
    left: f64,
    right: f64,
    at_right: bool,
    /// The window's pixels for each of the page's: more than one where type is larger.
    scale: f64,
}

impl Side {
    fn of(edge: &Element) -> Side {
        let side = edge.closest(".side").ok().flatten().and_then(|side| side.dyn_into::<HtmlElement>().ok());
        let rect = side.as_ref().map(|side| side.get_bounding_client_rect());
        let (left, right) = rect.map_or((0.0, 0.0), |rect| (rect.left(), rect.right()));
        let width = side.map_or(0, |side| side.offset_width());
        let scale = if width > 0 { (right - left) / f64::from(width) } else { 1.0 };
        // In a window that is not wide both sides share the right one.
        Side { left, right, at_right: left > 0.0, scale }
    }

    fn property(&self) -> &'static str {
        if self.at_right { "--dragged-right" } else { "--dragged-left" }
    }

    /// Makes the side reach to this place. The stylesheet knows how far that can be.
    fn reach(&self, x: f64) {
        let reached = if self.at_right { self.right - x } else { x - self.left };
        let width = reached / self.scale;
        let width = [&(width.max(0.0).round() as u32).to_string(), "px"].concat();
        let _ = style().set_property(self.property(), &width);
    }
}

fn say_width(edge: &Element) {
    let side = Side::of(edge);
    let width = ((side.right - side.left) / side.scale).round() as u32;
    let _ = edge.set_attribute("aria-valuenow", &width.to_string());
}

fn style() -> web_sys::CssStyleDeclaration {
    document_element().unchecked_into::<HtmlElement>().style()
}
