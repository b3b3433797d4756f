//! Links and the code that embeds the page.

use super::browser;
use crate::page::intent::Share;
use scene::messages::Words;

/// Puts a link into the clipboard and the address bar, or the code to embed it into the clipboard; says what was done.
pub fn share(words: &'static Words, what: Share, fragment: &str) -> (&'static str, bool) {
    let here = browser::here(true);
    browser::set_fragment(fragment);
    let (text, done) = match what {
        Share::Link => ([&*here, "#", fragment].concat(), words.link_copied),
        Share::Embed => {
            let parts = [
                "<iframe src=\"",
                &here,
                "?embed=1#",
                fragment,
                "\" width=\"800\" height=\"450\" title=\"Ordinal\"></iframe>",
            ];
            (parts.concat(), words.embed_copied)
        }
    };
    (if browser::copy(&text) { done } else { words.no_clipboard }, false)
}
