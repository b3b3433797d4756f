//! A pasted text: the objects that kubectl would send of it, and what an editor says beside it.

pub mod assist;
pub(crate) mod diagnostics;
pub(crate) mod hint;
pub(crate) mod input;

pub use diagnostics::{Diagnosis, Diagnostic, Severity, diagnose, diagnose_source};
pub use yaml::{MAX_TEXT, Span};
