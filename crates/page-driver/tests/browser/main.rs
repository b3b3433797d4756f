//! The built page in a real browser. `page_driver::page` says how such a test is written; `cargo xtask test --only browser`
//! builds the page and runs them. They are compiled with the feature `browser` alone, since a plain `cargo test` has neither
//! page nor browser.

mod access;
mod bad_input;
mod bad_lessons;
mod cluster;
mod dns;
mod export;
mod hands;
mod languages;
mod layout;
mod lesson;
mod lesson_fit;
mod loading;
mod offline;
mod opening;
mod player;
mod recovery;
mod scale;
mod sharing;
mod story;
mod time;

use page_driver::page::{Page, View};

/// Where the first example is at rest; at 16 times the speed. Time passes, so what follows there goes on.
pub(crate) const AT_REST: &str = "?t=60&speed=16&autoplay=1";

/// The page at rest with the first example applied.
fn settled(view: View) -> Page {
    let mut page = Page::unopened(view);
    settle(&mut page);
    page
}

/// Opens the page at rest with the first example applied, as if its visitor had waited for that.
fn settle(page: &mut Page) {
    page.goto(AT_REST);
    page.wait("all is as wanted", "document.querySelectorAll('.pod.ready').length === 3");
    page.wait("time stands", "document.querySelector('[aria-label=Play]')");
    // What it opened with is not what it opens with when it is loaded again.
    page.run("history.replaceState(null, '', location.pathname);");
}
