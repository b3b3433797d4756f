//! The built page in a real browser. [`harness`] says how such a test is written; `cargo xtask test --only browser`
//! builds the page and runs them.

mod harness;
mod opening;
mod time;
mod webdriver;
