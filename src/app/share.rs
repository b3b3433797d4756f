//! Links and the code that embeds the page.

use super::browser;
use crate::page::intent::Share;

/// What goes on the clipboard: a link with this fragment, or the code that embeds the page with it.
pub fn text(what: Share, fragment: &str) -> String {
    let here = browser::here(true);
    match what {
        Share::Link => [&*here, "#", fragment].concat(),
        Share::Embed => [
            "<iframe src=\"",
            &here,
            "?embed=1#",
            fragment,
            "\" width=\"800\" height=\"450\" loading=\"lazy\" title=\"Ordinal\"></iframe>",
        ]
        .concat(),
    }
}
