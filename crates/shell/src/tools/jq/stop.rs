//! How a filter of jq's ends before its time.

use super::json::Value;

/// Why a filter gives no more values.
#[derive(Debug)]
pub(super) enum Stop {
    /// `error`: its value.
    Error(Value),
    /// `break` to this label.
    Break(u32),
    /// What the filter asks for is not simulated.
    NotSimulated(String),
    /// `halt`: the exit status, and what goes to standard error.
    Halt(i32, String),
    /// The filter calls a function, or names a variable, that there is not.
    Undefined(String),
}

/// An error with a text.
pub(super) fn error<T>(text: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Error(Value::text(&text.into())))
}

pub(super) type Done = Result<(), Stop>;
