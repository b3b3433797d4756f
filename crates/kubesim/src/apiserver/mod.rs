//! The API server: the store, the requests that change it, and the history of every write.
//!
//! A request passes, as upstream: [`handlers`] → schema (decode, default) → patch → [`strategy`] → validation → admission →
//! the [`Store`]. Components begin at [`ApiServer`]: what they send needs no decoding.
//!
//! It does not know who asks ([`ApiServer::cause`] is set by the caller's loop) nor when ([`ApiServer::now`] likewise),
//! and never calls anybody: whoever wants to know what changed reads the history.

mod admission;
mod correlator;
mod event_recorder;
mod eviction;
pub mod handlers;
mod history;
mod index;
mod limit_range;
mod quota;
mod resources;
mod server;
mod service;
mod store;
pub mod strategy;

pub(crate) use admission::default_class;
pub use event_recorder::{EventType, Source};
pub use history::{Cause, Change, Entry, History, Moment, Stream};
pub use index::NodeLoad;
pub use quota::status as quota_status;
#[cfg(test)]
pub use server::Response;
pub use server::{ApiServer, DeleteOptions, Propagation, Traced};
pub use store::Store;
