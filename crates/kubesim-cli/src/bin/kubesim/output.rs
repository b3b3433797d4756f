//! The two streams: what was asked for goes to standard output, whose end is an error like any other; remarks go to
//! standard error.

use std::io::Write;

/// What ends a subcommand before its time.
pub enum Problem {
    /// Standard output takes no more.
    Output(std::io::Error),
    /// For people, without `error: `.
    Refused(String),
    /// What was given can't be read. For people, without `error: `.
    Unreadable(String),
}

/// Of a subcommand with exit codes of its own: which.
pub type Verdict = std::result::Result<u8, Problem>;

/// Of a subcommand: whether all was well.
pub type Result<T> = std::result::Result<T, Problem>;

impl From<std::io::Error> for Problem {
    fn from(error: std::io::Error) -> Problem {
        Problem::Output(error)
    }
}

impl From<String> for Problem {
    fn from(message: String) -> Problem {
        Problem::Refused(message)
    }
}

/// Prints a line on standard error. That nobody reads it is no error.
pub fn remark(line: &str) {
    // `eprintln!` would panic where standard error is closed.
    let _ = writeln!(std::io::stderr(), "{line}");
}
