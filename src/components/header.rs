//! The head of the page.

use super::{Ask, button};
use crate::words::Words;
use yew::prelude::*;

/// The head of the page.
pub fn header(words: &'static Words, ask: &Callback<Ask>) -> Html {
    html! {
        <header>
            <h1>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                    <rect class="ready" x="2" y="13" width="5.4" height="9" rx="1.6" />
                    <rect class="run" x="9.3" y="8" width="5.4" height="14" rx="1.6" />
                    <rect class="init" x="16.6" y="3" width="5.4" height="19" rx="1.6" />
                </svg>
                { "Ordinal" }
            </h1>
            <p>{ words.tagline }</p>
            <p class="far">{ words.simulation }</p>
            { button("plain", words.theme, html! { <span aria-hidden="true">{ "◐" }</span> }, ask, Ask::Theme) }
        </header>
    }
}
