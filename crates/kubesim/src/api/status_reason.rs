//! Why the API server refuses, in one word.

/// Why a request was refused (`metav1.StatusReason`).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum StatusReason {
    BadRequest,
    Forbidden,
    NotFound,
    AlreadyExists,
    Conflict,
    Invalid,
    MethodNotAllowed,
    TooManyRequests,
    InternalError,
    Unknown,
}

impl StatusReason {
    /// As the API spells it.
    pub fn name(self) -> &'static str {
        match self {
            StatusReason::BadRequest => "BadRequest",
            StatusReason::Forbidden => "Forbidden",
            StatusReason::NotFound => "NotFound",
            StatusReason::AlreadyExists => "AlreadyExists",
            StatusReason::Conflict => "Conflict",
            StatusReason::Invalid => "Invalid",
            StatusReason::MethodNotAllowed => "MethodNotAllowed",
            StatusReason::TooManyRequests => "TooManyRequests",
            StatusReason::InternalError => "InternalError",
            StatusReason::Unknown => "",
        }
    }
}
