//! What an editor offers at a place of a manifest: fields and values that can be written there, and what a field means.
//!
//! Pure, and for texts that do not parse, too. The page loads it when somebody first writes.

mod complete;
mod help;
mod outline;
mod typed;

pub use complete::{Completion, Completions, complete};
pub use help::{Help, help};
