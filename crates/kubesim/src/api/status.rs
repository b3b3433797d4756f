//! What the API server refuses, and how it says so. Models `k8s.io/apimachinery/pkg/api/errors`.

use super::meta::Key;
pub use super::status_reason::StatusReason;
use std::fmt;

/// The end of the message that a namespace is going.
pub(super) const NAMESPACE_TERMINATING: &str = " because it is being terminated";

/// A refused request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApiError {
    /// Why.
    pub reason: StatusReason,
    /// For people, without the words `Error from server`.
    pub message: String,
}

impl ApiError {
    /// A refusal.
    pub fn new(reason: StatusReason, message: impl Into<String>) -> ApiError {
        ApiError { reason, message: message.into() }
    }

    /// There is no such object.
    pub fn not_found(key: &Key) -> ApiError {
        let plural = key.kind.info().qualified_plural();
        ApiError::new(StatusReason::NotFound, format!("{plural} \"{}\" not found", key.name))
    }

    /// Models the conflict of an update that was made of another version of the object.
    pub fn conflict(key: &Key) -> ApiError {
        let (resource, name) = (key.kind.info().qualified_plural(), &key.name);
        let why =
            "the object has been modified; please apply your changes to the latest version and try again";
        let message = format!("Operation cannot be fulfilled on {resource} {name:?}: {why}");
        ApiError::new(StatusReason::Conflict, message)
    }

    /// There is one of that name already.
    pub fn already_exists(key: &Key) -> ApiError {
        let plural = key.kind.info().qualified_plural();
        ApiError::new(StatusReason::AlreadyExists, format!("{plural} \"{}\" already exists", key.name))
    }

    /// Whether it says that the namespace is going (`HasStatusCause(err, NamespaceTerminatingCause)`).
    pub fn is_namespace_terminating(&self) -> bool {
        self.reason == StatusReason::Forbidden && self.message.ends_with(NAMESPACE_TERMINATING)
    }

    /// Whether it says that there is no such object.
    pub fn is_not_found(&self) -> bool {
        self.reason == StatusReason::NotFound
    }

    /// Whether it says that there is one of that name already.
    pub fn is_already_exists(&self) -> bool {
        self.reason == StatusReason::AlreadyExists
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for ApiError {}
