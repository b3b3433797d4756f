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

/// The manifest's editor. `marked` is the line (from 0) of the field that decides now.
pub fn editor(words: &'static Words, text: &AttrValue, marked: Option<usize>, ask: &Callback<Ask>) -> Html {
    let oninput = ask.reform(|event: InputEvent| {
        let area: HtmlTextAreaElement = event.target_unchecked_into();
        Ask::Edit(area.value().into())
    });
    let choose = ask.reform(|event: Event| {
        let select: HtmlSelectElement = event.target_unchecked_into();
        Ask::Edit(EXAMPLES[(select.selected_index().max(0) as usize).min(EXAMPLES.len() - 1)].text.into())
    });
    let coloured = text.len() <= LONGEST_COLOURED;
    let line = |(n, text): (usize, &str)| {
        let class = (marked == Some(n)).then_some("marked");
        html! { <div {class}><i>{ n + 1 }</i>{ for pieces(text).into_iter().map(ink) }</div> }
    };
    html! {
        <>
            <div class="bar">
                <h2>{ words.manifest }</h2>
                <select aria-label={words.examples} onchange={choose}>
                    { for EXAMPLES.iter().map(|e| html! { <option selected={*text == e.text}>{ e.name }</option> }) }
                </select>
            </div>
            <div class="editor">
                if coloured {
                    <pre aria-hidden="true">{ for text.split('\n').enumerate().map(line) }</pre>
                }
                <textarea class={(!coloured).then_some("bare")} aria-label={words.manifest} value={text} {oninput}
                    wrap="off" spellcheck="false" autocapitalize="off" autocomplete="off" />
            </div>
            <div class="bar">
                { button("primary", words.apply, ask, Ask::Apply) }
                { button("", words.reset, ask, Ask::Do(Action::Reset)) }
            </div>
        </>
    }
}

fn ink((ink, text): (Ink, &str)) -> Html {
    match ink.class() {
        Some(class) => html! { <b {class}>{ text }</b> },
        None => text.into(),
    }
}
