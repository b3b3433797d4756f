//! The requests of one command while they are found out: what all kinds of them share.

use super::body::Form;
use super::request::{Answer, BODIES, Request};
use crate::api::SimTime;
use crate::kubectl::Invocation;
use crate::process::Io;

/// Accepts tables.
pub(super) const TABLE: &str = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,\
    application/json";
pub(super) const JSON: &str = "application/json";
/// What clients of one kind accept.
pub(super) const TYPED: &str = "application/json, */*";

/// Writes requests down.
pub(super) struct Log<'a> {
    pub(super) inv: &'a Invocation,
    pub(super) requests: Vec<Request>,
    pub(super) accept: &'static str,
    pub(super) form: Form,
    /// Whether the client of one kind asks.
    pub(super) typed: bool,
    pub(super) now: SimTime,
    /// The store's version.
    pub(super) version: u64,
}

impl<'a> Log<'a> {
    /// Before any request of the command. `accept`: what the answers are to be.
    pub(super) fn new(inv: &'a Invocation, io: &Io, accept: &'static str) -> Log<'a> {
        let whole = inv.has("sort-by");
        let form = if accept == TABLE { Form::Table { whole } } else { Form::Objects };
        let (now, version) = (io.api.now, io.api.resource_version());
        Log { inv, requests: Vec::new(), accept, form, typed: false, now, version }
    }

    /// Whether bodies are shown.
    pub(super) fn shows_bodies(&self) -> bool {
        self.inv.int("v").is_some_and(|v| v >= BODIES)
    }

    /// The text of a body, if it is shown.
    pub(super) fn body(&self, text: impl FnOnce() -> String) -> Answer {
        if self.shows_bodies() { Answer::Body(text()) } else { Answer::Unseen }
    }

    /// A GET that succeeds.
    pub(super) fn request(&self, path: String, caller: &'static str, answer: Answer) -> Request {
        Request {
            method: "GET",
            path,
            query: Vec::new(),
            status: "200 OK",
            accept: if self.typed { TYPED } else { self.accept },
            sent: None,
            answer,
            answer_type: JSON,
            caller,
        }
    }
}
