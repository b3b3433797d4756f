//! The parts of the page, one file each.
//!
//! Most are functions from what is shown to HTML. What is costly to draw and seldom changes is drawn through [`part`],
//! which draws again only when what it depends on is another. One component for all of them, because each kind of
//! component adds 2 kB to the page.
#![allow(missing_docs, reason = "what a component is given is told by its fields' types")]

pub mod assist;
pub mod assumed;
pub mod cluster;
pub mod difference;
pub mod dns;
pub mod edge;
pub mod editor;
pub mod embed;
pub mod events;
pub mod export;
pub mod fault_menu;
pub mod files;
pub mod header;
pub mod highlight;
pub mod inspect;
pub mod lesson;
pub mod modal;
pub mod plan;
pub mod slices;
pub mod stage;
pub mod tabs;
pub mod terminal;
pub mod timeline;
pub mod typing;
pub mod world;

use crate::page::intent::Intent;
use std::any::Any;
use std::rc::Rc;
use yew::prelude::*;

/// Of few parts the browser makes a drawing, of many it shows them in so many steps.
const TWENTIETHS: f32 = 20.0;

/// What a part depends on: numbers, and addresses of what is never changed in place.
pub type Depends = [usize; 6];

/// The address of what is shared, to depend on it.
pub fn address<T: ?Sized>(shared: &Rc<T>) -> usize {
    Rc::as_ptr(shared).cast::<u8>() as usize
}

#[derive(Properties)]
pub struct PartProps {
    depends: Depends,
    draw: Rc<dyn Fn() -> Html>,
}

impl PartialEq for PartProps {
    fn eq(&self, other: &PartProps) -> bool {
        self.depends == other.depends
    }
}

#[component]
fn Part(props: &PartProps) -> Html {
    (props.draw)()
}

/// Holds something as long as two numbers stay as they are; then it is dropped, and made anew. One hook for all effects of the
/// page, because each kind of what an effect depends on adds another copy of Yew's. What holds can be called again, so that what is
/// dropped uncalled (on a busy machine, a component is rendered again before its effects have run) runs no code of its own.
#[hook]
pub fn use_held(depends: [usize; 2], hold: Box<dyn Fn() -> Box<dyn Any>>) {
    use_effect_with(depends, move |_| {
        let held = hold();
        move || drop(held)
    });
}

/// A part of the page that is drawn again only when what it depends on is another.
pub fn part<const N: usize>(key: &'static str, depends: [usize; N], draw: Rc<dyn Fn() -> Html>) -> Html {
    let mut all = Depends::default();
    all[..N].copy_from_slice(&depends);
    drawn_when(key, all, draw)
}

fn drawn_when(key: &'static str, depends: Depends, draw: Rc<dyn Fn() -> Html>) -> Html {
    html! { <Part {key} {depends} {draw} /> }
}

/// Text with code in backticks.
pub fn rich(text: &str) -> Html {
    let piece = |(n, piece): (usize, &str)| {
        if n % 2 == 1 {
            html! { <code>{ piece }</code> }
        } else {
            Html::from(piece.to_string())
        }
    };
    text.split('`').enumerate().map(piece).collect()
}

/// A ring that is closed as far as this part of 1, around a short text.
pub fn ring(part: f32, text: impl Into<AttrValue>) -> Html {
    let text: AttrValue = text.into();
    html! {
        <svg class="ring" viewBox="0 0 26 26" aria-hidden="true">
            <circle cx="13" cy="13" r="10" />
            <path class="arc" d="M13 3a10 10 0 0 1 0 20a10 10 0 0 1 0-20" pathLength="1000"
                stroke-dasharray={format!("{} 2000", (part * 1000.0) as i32)} />
            <text class={(text.len() > 2).then_some("long")} x="13" y="17.3">{ text }</text>
        </svg>
    }
}

/// A ring in few: of what comes in dozens, each drawing of its own would take the browser longer than all else of it.
pub fn dial(part: f32, text: impl Into<AttrValue>) -> Html {
    let text: AttrValue = text.into();
    let long = (text.len() > 2).then_some("long");
    html! { <b class={classes!("ring", done(part), long)} aria-hidden="true">{ text }</b> }
}

/// The class of what is done to this part of 1: in twentieths.
pub fn done(part: f32) -> &'static str {
    const DONE: [&str; TWENTIETHS as usize + 1] = [
        "p0", "p1", "p2", "p3", "p4", "p5", "p6", "p7", "p8", "p9", "p10", "p11", "p12", "p13", "p14", "p15",
        "p16", "p17", "p18", "p19", "p20",
    ];
    DONE[(part.clamp(0.0, 1.0) * TWENTIETHS).round() as usize]
}

/// Whether the page is dark now: as the user chose, or else as the browser asks for.
pub fn is_dark() -> bool {
    match gloo::utils::document_element().get_attribute("data-theme") {
        Some(theme) => theme == "dark",
        None => {
            let query = gloo::utils::window().match_media("(prefers-color-scheme: dark)");
            query.ok().flatten().is_some_and(|query| query.matches())
        }
    }
}

/// A part of 1 in percent, with two decimals. (The standard library's way to print a fraction is big.)
pub fn percent(part: f64) -> String {
    let hundredths = (part * 10_000.0) as i64;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A button with a text that says what it does.
pub fn button(
    class: &'static str,
    content: impl Into<AttrValue>,
    send: &Callback<Intent>,
    what: Intent,
) -> Html {
    let content: AttrValue = content.into();
    labelled(class, None, None, content.into(), send, what)
}

/// A button with a sign on it, and a label for those who don't see it or don't know it.
pub fn sign(
    class: &'static str,
    label: impl Into<AttrValue>,
    sign: &'static str,
    send: &Callback<Intent>,
    what: Intent,
) -> Html {
    labelled(class, Some(label.into()), None, sign.into(), send, what)
}

/// A button to choose one of several.
pub fn choice(
    class: &'static str,
    chosen: bool,
    content: Html,
    send: &Callback<Intent>,
    what: Intent,
) -> Html {
    labelled(class, None, Some(chosen), content, send, what)
}

/// A button with a label for those who don't see what is on it, or with the mark of the chosen one of several.
pub fn labelled(
    class: &'static str,
    label: Option<AttrValue>,
    chosen: Option<bool>,
    content: Html,
    send: &Callback<Intent>,
    what: Intent,
) -> Html {
    let send = send.clone();
    let onclick = Callback::from(move |_: MouseEvent| send.emit(what.clone()));
    let current = chosen.map(|c| if c { "true" } else { "false" });
    html! {
        <button type="button" {class} aria-label={label.clone()} title={label} aria-current={current} {onclick}>
            { content }
        </button>
    }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn parts_print_in_percent() {
        let printed = [0.0, 0.00049, 0.5, 1.0, 12.34567].map(percent);
        assert_eq!(printed, ["0.00%", "0.04%", "50.00%", "100.00%", "1234.56%"]);
    }
}
