//! The parts of the page, one file each.
#![allow(
    missing_docs,
    reason = "what a component is given is told by its fields' types: words, ask, and what it shows"
)]

pub mod claim;
pub mod editor;
pub mod events;
pub mod header;
pub mod inspect;
pub mod lane;
pub mod pod;
pub mod stage;
pub mod terminal;
pub mod timeline;
pub mod why_bar;

use crate::session::Action;
use kubesim::api::Key;
use kubesim::story::Input;
use yew::prelude::*;

/// What a part of the page asks of the whole.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// Something of the session.
    Do(Action),
    /// The manifest is this text now.
    Edit(AttrValue),
    /// Apply the manifest.
    Apply,
    /// Run this command on the laptop, and show it in the terminal.
    Command(String),
    /// Show this object.
    Inspect(Key),
    /// Show this part of the page.
    Show(View),
    /// Change between light and dark.
    Theme,
}

impl Ask {
    /// Something of the cluster.
    pub fn input(input: Input) -> Ask {
        Ask::Do(Action::Input(input))
    }
}

/// The parts of the page of which a small screen shows one at a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum View {
    /// The manifest.
    Manifest,
    /// The stage.
    Stage,
    /// The terminal.
    Terminal,
    /// Events.
    Events,
    /// One object.
    Inspect,
}

impl View {
    /// All of them, in order.
    pub const ALL: [View; 5] = [View::Manifest, View::Stage, View::Terminal, View::Events, View::Inspect];

    /// Its name in the style sheet.
    pub fn class(self) -> &'static str {
        ["manifest", "stage", "terminal", "events", "inspect"][self as usize]
    }
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
    html! {
        <svg class="ring" viewBox="0 0 26 26" aria-hidden="true">
            <circle cx="13" cy="13" r="10" />
            <circle class="arc" cx="13" cy="13" r="10" pathLength="1000" stroke-dasharray={format!("{} 2000", (part * 1000.0) as i32)} />
            <text x="13" y="17.3">{ text.into() }</text>
        </svg>
    }
}

/// A part of 1 in percent, with two decimals. (The standard library's way to print a fraction is big.)
pub fn percent(part: f64) -> String {
    let hundredths = (part * 10_000.0) as i64;
    format!("{}.{:02}%", hundredths / 100, hundredths % 100)
}

/// A button.
pub fn button(
    class: &'static str,
    label: impl Into<AttrValue>,
    content: Html,
    ask: &Callback<Ask>,
    what: Ask,
) -> Html {
    let label = label.into();
    let onclick = ask.reform(move |_: MouseEvent| what.clone());
    html! { <button type="button" {class} aria-label={label.clone()} title={label} {onclick}>{ content }</button> }
}

#[cfg(test)]
mod tests {
    use super::percent;

    #[test]
    fn parts_print_in_percent() {
        assert_eq!(
            [0.0, 0.00049, 0.5, 1.0, 12.34567].map(percent),
            ["0.00%", "0.04%", "50.00%", "100.00%", "1234.56%"]
        );
    }
}
