//! The head of the page.

use super::{button, sign};
use crate::page::intent::Intent;
use crate::page::layout::Arrangement;
use crate::page::panel::Dialog;
use messages::Messages;
use web_sys::HtmlSelectElement;
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
            { button("share", words.copy_link(), send, Intent::Share) }
            { button("share embed", words.embed_open(), send, Intent::OpenDialog(Dialog::Embed)) }
            { button("share embed", words.export_open(), send, Intent::OpenDialog(Dialog::Export)) }
            { sign("type", words.large_type(), "A", send, Intent::Arrange(Arrangement::ToggleType)) }
            { if words.languages().len() > 1 { languages(words, send) } else { Html::default() } }
            { sign("", words.theme(), "◐", send, Intent::ToggleTheme) }
        </header>
    }
}

/// The menu of languages: each by its own name.
fn languages(words: &'static Messages, send: &Callback<Intent>) -> Html {
    let send = send.clone();
    let all = words.languages();
    let onchange = Callback::from(move |event: Event| {
        let menu: HtmlSelectElement = event.target_unchecked_into();
        if let Some((tag, _)) = all.get(menu.selected_index() as usize) {
            send.emit(Intent::Speak(tag));
        }
    });
    let option = |(tag, name): &(&'static str, &'static str)| {
        html! { <option lang={*tag} value={*tag} selected={*tag == words.language()}>{ *name }</option> }
    };
    html! {
        <select class="language" aria-label={words.language_menu()} title={words.language_menu()} {onchange}>
            { for all.iter().map(option) }
        </select>
    }
}
