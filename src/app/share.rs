//! Links and the code that embeds the page.

use super::{browser, language};
use crate::page::intent::Share;

/// What goes on the clipboard: a link with this fragment, or the code that embeds the page with it. A link asks for a language
/// if this page's address does: who opens it has one of their own. What is embedded speaks the page's.
pub fn text(what: Share, fragment: &str) -> String {
    let here = browser::here(true);
    let asked = browser::asked_language();
    match what {
        Share::Link => {
            let asked = asked.map(|tag| ["?lang=", &*tag].concat()).unwrap_or_default();
            [&*here, &*asked, "#", fragment].concat()
        }
        Share::Embed => {
            let spoken = language::words().language();
            let lang = if asked.is_some() || spoken != "en" {
                ["&amp;lang=", spoken].concat()
            } else {
                String::new()
            };
            [
                "<iframe src=\"",
                &here,
                "?embed=1",
                &lang,
                "#",
                fragment,
                "\" width=\"800\" height=\"450\" loading=\"lazy\" title=\"Ordinal\"></iframe>",
            ]
            .concat()
        }
    }
}
