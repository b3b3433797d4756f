//! The manifest: a text area over the same text in colours, what is wrong with it, and Apply.

use super::{Ask, button};
use crate::examples::EXAMPLES;
use crate::highlight::{Ink, pieces};
use crate::session::Action;
use crate::words::Words;
use web_sys::{HtmlSelectElement, HtmlTextAreaElement};
use yew::prelude::*;

/// Longer texts are not coloured: the page would stop to answer.
const LONGEST_COLOURED: usize = 200_000;

#[derive(Properties)]
pub struct Props {
    pub words: &'static Words,
    pub text: AttrValue,
    /// The line (from 0) of the field that decides now.
    pub marked: Option<usize>,
    pub ask: Callback<Ask>,
}

impl PartialEq for Props {
    fn eq(&self, other: &Props) -> bool {
        self.text == other.text && self.marked == other.marked
    }
}

/// The manifest's editor.
#[component]
pub fn Editor(props: &Props) -> Html {
    let Props { words, text, marked, ask } = props;
    let oninput = ask.reform(|event: InputEvent| {
        let area: HtmlTextAreaElement = event.target_unchecked_into();
        Ask::Edit(area.value().into())
    });
    let onkeydown = {
        let ask = ask.clone();
        Callback::from(move |event: KeyboardEvent| {
            if event.key() == "Enter" && (event.ctrl_key() || event.meta_key()) {
                ask.emit(Ask::Apply);
            }
        })
    };
    let choose = ask.reform(|event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        let chosen = EXAMPLES.iter().find(|e| e.name == select.value()).unwrap_or(&EXAMPLES[0]);
        Ask::Edit(chosen.text.into())
    });
    let coloured = text.len() <= LONGEST_COLOURED;
    let line = |(n, text): (usize, &str)| {
        let class = if *marked == Some(n) { "marked" } else { "" };
        html! { <div key={n} {class}><i>{ n + 1 }</i><span>{ for pieces(text).into_iter().map(ink) }</span></div> }
    };
    html! {
        <>
            <div class="bar">
                <h2>{ words.manifest }</h2>
                <select aria-label={words.examples} onchange={choose}>
                    { for EXAMPLES.iter().map(|e| html! { <option value={e.name} selected={*text == e.text}>{ e.name }</option> }) }
                </select>
            </div>
            <div class="editor">
                if coloured {
                    <pre aria-hidden="true">{ for text.split('\n').enumerate().map(line) }</pre>
                }
                <textarea class={(!coloured).then_some("bare")} aria-label={words.manifest} value={text} {oninput} {onkeydown}
                    wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off" autocorrect="off" />
            </div>
            if !coloured { <p class="diagnosis">{ words.too_long }</p> }
            <div class="bar">
                { button("primary", words.apply, html! { words.apply }, ask, Ask::Apply) }
                { button("", words.reset, html! { words.reset }, ask, Ask::Do(Action::Reset)) }
            </div>
        </>
    }
}

fn ink((ink, text): (Ink, &str)) -> Html {
    match ink.class() {
        Some(class) => html! { <b {class}>{ text }</b> },
        None => html! { text },
    }
}
