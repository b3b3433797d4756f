//! From a manifest's text to decoded, defaulted and validated objects, as kubectl 1.36 and its API server do it.
//!
//! ```text
//! text ──yaml──▶ documents with places ──decode──▶ typed tree ──defaults──▶ complete tree
//!       (crate yaml)                    schema                 (feature gates)
//! ```
//!
//! Objects are trees ([`serde_json::Value`]) all the way; what fields they may have is told by a table (`schema.txt`).
//! Nothing here knows a store, a clock or a page: a function gets text or trees and gives trees or the user's mistakes in
//! Kubernetes' words.

pub mod decode;
pub mod defaults;
pub mod diagnostics;
pub mod fields;
pub mod input;
mod internal;
pub mod managers;
pub mod patch;
pub mod quantity;
pub mod request;
pub(crate) mod schema;
mod time;
pub mod validation;

pub use decode::{DecodeError, Decoded, decode};
pub use defaults::default;
pub use diagnostics::{Diagnosis, Diagnostic, Severity, diagnose};
pub use yaml::MAX_TEXT;
