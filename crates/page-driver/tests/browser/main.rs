//! The built page in a real browser. `page_driver::page` says how such a test is written; `cargo xtask test --only browser`
//! builds the page and runs them. They are compiled with the feature `browser` alone, since a plain `cargo test` has neither
//! page nor browser.

mod access;
mod bad_input;
mod dns;
mod export;
mod hands;
mod languages;
mod layout;
mod loading;
mod offline;
mod opening;
mod player;
mod recovery;
mod scale;
mod sharing;
mod story;
mod time;
