//! Serving the built page on this machine, and driving it in a browser.
//!
//! - [`server`]: serves a built site in any folder, compressed as hosts do it; `cargo xtask serve` is that too;
//! - [`critical_path`]: the files that a page loads before it is live;
//! - [`webdriver`]: the client of a browser's driver, as the standard has it;
//! - [`chromium`]: what the standard leaves to each browser, for Chromium: a second engine becomes a module beside it;
//! - [`page`]: an open page, as tests and pictures use it.
//!
//! The programs `screenshot`, `profile` and `bench` are what the commands of `cargo xtask` of these names run; the tests
//! are in `tests/browser`.

pub mod chromium;
pub mod compression;
pub mod critical_path;
pub mod page;
pub mod server;
pub mod webdriver;
