//! What `cargo xtask` and the browser tests share. The commands themselves are in `main.rs` and its modules:
//!
//! - [`coverage`]: what runs when, for splitting the page's module;
//! - [`server`]: serves a built site on this machine, in any folder;
//! - [`size`]: what a visitor loads, and how many bytes that is.
#![allow(clippy::disallowed_methods, reason = "tooling: clocks are read here, the simulation is elsewhere")]

pub mod coverage;
pub mod server;
pub mod size;
