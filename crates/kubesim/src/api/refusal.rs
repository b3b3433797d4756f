//! What of a manifest was refused: by kubectl, before it sent anything, or by the API server.
//!
//! The record stands in the store, so that every moment of a history knows what became of the last manifest.

use super::status_reason::StatusReason;
use super::{Key, SimTime, Str};

/// What was refused of the manifest that a command sent last.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Refusal {
    /// When.
    pub at: SimTime,
    /// The command's verb, such as `apply`.
    pub verb: &'static str,
    /// How many objects the manifest holds, those that could not be read included.
    pub objects: usize,
    /// What was refused, in the manifest's order. Never empty.
    pub requests: Vec<RefusedRequest>,
}

/// One object that was refused, or one text that could not be read.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RefusedRequest {
    /// The object; absent if it could not be read.
    pub object: Option<Key>,
    /// The line in its file, from 1.
    pub line: u32,
    /// Why the API server refused; absent if kubectl did.
    pub reason: Option<StatusReason>,
    /// In kubectl's or the API server's words, without `error: ` and without what was being done.
    pub message: Str,
    /// What the text probably is, if it could not be read.
    pub hint: Option<Hint>,
}

/// What a text that is no manifest probably is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Hint {
    /// A Helm chart's template, which is a manifest only once Helm has filled it in.
    HelmTemplate,
    /// Its lines are indented with tabs, which YAML does not allow.
    Tab,
}
