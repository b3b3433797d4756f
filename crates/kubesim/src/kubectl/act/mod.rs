//! The verbs that change something, run something, or wait.

use super::Verb;

/// Them.
pub const VERBS: &[Verb] = &[];
