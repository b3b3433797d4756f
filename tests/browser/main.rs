//! The built page in a real browser. [`harness`] says how such a test is written; `cargo xtask test --only browser`
//! builds the page and runs them.

mod bad_input;
mod dns;
mod harness;
mod opening;
mod recovery;
mod scale;
mod sharing;
mod story;
mod time;
mod webdriver;
