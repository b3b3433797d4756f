//! What a command fails with, and how it is printed. Models `k8s.io/kubectl/pkg/cmd/util/helpers.go`.

use crate::api::status::{ApiError, StatusReason};
use crate::process::{Io, Step};

/// What went wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Failure {
    /// The API server refused.
    Server(ApiError),
    /// kubectl itself refused: printed after `error: `.
    Client(String),
    /// Printed as it is.
    Plain(String),
    /// Something else, and what was being done (`error when creating "STDIN": `): a refusal of the API server keeps its
    /// reason, and an invalid object speaks for itself. Models `cmdutil.AddSourceToErr`.
    While(String, Box<Failure>),
    /// Several things.
    Many(Vec<Failure>),
    /// What had been printed before, on the standard output, and what went wrong then.
    Printed(String, Box<Failure>),
    /// What ends the command with another exit code than 1.
    Coded(i32, Box<Failure>),
    /// Everything was said; the exit code.
    Silent(i32),
}

impl Failure {
    /// kubectl itself refuses.
    pub fn client(message: impl Into<String>) -> Failure {
        Failure::Client(message.into())
    }

    /// All of these, unless there is none.
    pub fn all(mut failures: Vec<Failure>) -> Result<(), Failure> {
        match failures.len() {
            0 => Ok(()),
            1 => Err(failures.remove(0)),
            _ => Err(Failure::Many(failures)),
        }
    }

    fn is_invalid(&self) -> bool {
        match self {
            Failure::Server(error) => error.reason == StatusReason::Invalid,
            Failure::While(_, failure) => failure.is_invalid(),
            _ => false,
        }
    }

    /// What it says without `error: ` or `Error from server`, and that.
    fn words(&self) -> (String, Option<StatusReason>) {
        match self {
            Failure::Server(error) => (error.message.clone(), Some(error.reason)),
            Failure::While(what, failure) => {
                let (message, reason) = failure.words();
                (format!("{what}{message}"), reason)
            }
            Failure::Client(message) => (message.clone(), None),
            Failure::Printed(_, failure) | Failure::Coded(_, failure) => failure.words(),
            other => (other.text(), None),
        }
    }

    /// What went wrong in the end, without what was being done, and why the API server refused, if it did.
    pub(crate) fn cause(&self) -> (String, Option<StatusReason>) {
        match self {
            Failure::While(_, failure) => failure.cause(),
            Failure::Server(error) if error.reason == StatusReason::Invalid => {
                (invalid(&error.message), Some(error.reason))
            }
            other => other.words(),
        }
    }

    /// What is printed of it among others. Models helpers.go: messageForError.
    fn one_of_many(&self) -> String {
        match self.words() {
            (message, Some(reason)) => from_server(reason, &message),
            (message, None) => message,
        }
    }

    /// The exit code.
    pub fn code(&self) -> i32 {
        match self {
            Failure::Silent(code) | Failure::Coded(code, _) => *code,
            _ => 1,
        }
    }

    /// What is printed, without a line end. Models `k8s.io/kubectl/pkg/cmd/util/helpers.go: checkErr`.
    pub fn text(&self) -> String {
        match self {
            Failure::Server(error) if error.reason == StatusReason::Invalid => invalid(&error.message),
            Failure::Server(error) => from_server(error.reason, &error.message),
            Failure::Client(message) => format!("error: {message}"),
            Failure::Plain(message) => message.clone(),
            Failure::While(_, failure) if failure.is_invalid() => failure.text(),
            Failure::While(..) => match self.words() {
                (message, None) => format!("error: {message}"),
                _ => self.one_of_many(),
            },
            Failure::Many(failures) => {
                failures.iter().map(Failure::one_of_many).collect::<Vec<_>>().join("\n")
            }
            Failure::Printed(_, failure) | Failure::Coded(_, failure) => failure.text(),
            Failure::Silent(_) => String::new(),
        }
    }

    /// What had been printed before it.
    fn printed(&self) -> String {
        match self {
            Failure::Printed(out, failure) => format!("{out}{}", failure.printed()),
            Failure::While(_, failure) | Failure::Coded(_, failure) => failure.printed(),
            Failure::Many(failures) => failures.iter().map(Failure::printed).collect(),
            _ => String::new(),
        }
    }
}

impl From<ApiError> for Failure {
    fn from(error: ApiError) -> Failure {
        Failure::Server(error)
    }
}

fn from_server(reason: StatusReason, message: &str) -> String {
    match reason {
        StatusReason::Unknown => format!("Error from server: {message}"),
        reason => format!("Error from server ({}): {message}", reason.name()),
    }
}

/// `StatefulSet.apps "flask" is invalid: why` → `The StatefulSet "flask" is invalid: why`.
fn invalid(message: &str) -> String {
    let Some((what, why)) = message.split_once(" is invalid: ") else {
        return format!("The request is invalid: {message}");
    };
    let (kind, name) = what.split_once(' ').unwrap_or((what, ""));
    let kind = kind.split('.').next().unwrap_or(kind);
    format!("The {kind} {name} is invalid: {why}")
}

/// Prints what went wrong and ends the command.
pub fn fail(failure: &Failure, io: &mut Io) -> Step {
    let printed = failure.printed();
    if !printed.is_empty() {
        io.out(printed);
    }
    let text = failure.text();
    if !text.is_empty() {
        io.err(text + "\n");
    }
    Step::Exit(failure.code())
}
