//! Links, and the language of what is shown in other pages.

use super::{browser, language};
use crate::page::intent::Intent;
use std::rc::Rc;
use yew::Callback;

/// A link with this fragment. It asks for a language if this page's address does: who opens it has one of their own.
pub fn link(fragment: &str) -> String {
    let asked = browser::asked_language().map(|tag| ["?lang=", &*tag].concat()).unwrap_or_default();
    [&*browser::here(true), &*asked, "#", fragment].concat()
}

/// The language that what is embedded asks for: it speaks this page's, unless that is English because nobody asked.
pub fn spoken() -> Option<&'static str> {
    let spoken = language::words().language();
    (browser::asked_language().is_some() || spoken != "en").then_some(spoken)
}

/// Puts a link on the clipboard, and says whether it is there then.
pub fn copy(link: &str, send: Callback<Intent>) {
    let told = move |is_copied| send.emit(if is_copied { Intent::Copied } else { Intent::MissClipboard });
    browser::copy(link, Rc::new(told));
}
