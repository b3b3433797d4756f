//! The API server's refusal of an object that is not valid.

use super::field::FieldError;
use crate::api::Kind;
use crate::api::status::{ApiError, StatusReason};

/// Models `errors.NewInvalid`, with the causes in kubectl's layout: one behind the colon, or a list.
pub fn invalid(kind: Kind, name: &str, errors: &[FieldError]) -> ApiError {
    let info = kind.info();
    let dot = if info.group.is_empty() { "" } else { "." };
    let mut message = format!("{}{dot}{} {name:?} is invalid: ", info.name, info.group);
    let mut causes: Vec<String> = Vec::new();
    for error in errors {
        let cause = error.to_string();
        if !causes.contains(&cause) {
            causes.push(cause);
        }
    }
    match &causes[..] {
        [cause] => message.push_str(cause),
        _ => causes.iter().for_each(|cause| message.extend(["\n* ", cause])),
    }
    ApiError::new(StatusReason::Invalid, message)
}
