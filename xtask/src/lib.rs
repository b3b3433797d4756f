//! What `cargo xtask` and the browser tests share. The commands themselves are in `main.rs` and its modules:
//!
//! - [`server`]: serves a built site on this machine, in any folder;
//! - [`size`]: what a visitor loads, and how many bytes that is.
#![allow(clippy::disallowed_methods, reason = "tooling: clocks are read here, the simulation is elsewhere")]

pub mod server;
pub mod size;
