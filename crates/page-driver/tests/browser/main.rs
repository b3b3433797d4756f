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

/// The page at rest with the first example applied.
fn settled(view: View) -> Page {
    let mut page = Page::open(view);
    page.click_named("16×");
    page.wait("all is as wanted", "document.querySelectorAll('.pod.ready').length === 3");
    page.wait("time stands", "document.querySelector('[aria-label=Play]')");
    page
}
