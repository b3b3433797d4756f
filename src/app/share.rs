//! Links, and the language of what is shown in other pages.

use super::{browser, language};

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
