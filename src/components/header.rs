//! The head of the page.

use super::{button, sign};
use crate::page::intent::{Intent, Share};
use crate::page::layout::Arrangement;
use crate::page::panel::Dialog;
use messages::Messages;
use yew::prelude::*;

/// The head of the page.
pub fn header(words: &'static Messages, send: &Callback<Intent>) -> Html {
    html! {
        <header>
            <h1>
                <svg viewBox="0 0 24 24" aria-hidden="true">
                    <path class="ready" d="M2 13h5.4v9h-5.4z" /><path class="run" d="M9.3 8h5.4v14h-5.4z" /><path class="init" d="M16.6 3h5.4v19h-5.4z" />
                </svg>
                { "Ordinal" }
            </h1>
            <p>{ words.tagline() }</p>
            <p class="far">{ words.simulation() }</p>
            { button("share", words.copy_link(), send, Intent::Share(Share::Link)) }
            { button("share embed", words.copy_embed(), send, Intent::Share(Share::Embed)) }
            { button("share embed", words.export_open(), send, Intent::OpenDialog(Dialog::Export)) }
            { sign("type", words.large_type(), "A", send, Intent::Arrange(Arrangement::ToggleType)) }
            { sign("", words.theme(), "◐", send, Intent::ToggleTheme) }
        </header>
    }
}
