//! What a tool leaves behind.

/// What a tool printed, and its exit code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Printed {
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
    /// The exit code.
    pub code: i32,
}

impl Printed {
    /// Nothing but a line on standard error.
    pub fn error(code: i32, stderr: String) -> Printed {
        Printed { stdout: String::new(), stderr, code }
    }
}
