//! What a container's process does.

use super::worker::Worker;
use crate::api::read::get;
use crate::api::{Object, SimTime, Span, Str};
use crate::controllers::Context;
use serde_json::Value;

/// A container's first process.
#[derive(Clone, Debug)]
pub(super) enum Program {
    /// A program that is not simulated: a server that serves until it is told to stop.
    Server,
}

impl Program {
    /// What the container's command says.
    pub fn of(_cx: &mut Context, _pod: &Object, _worker: &Worker, _i: usize) -> Program {
        Program::Server
    }

    /// When it goes on by itself.
    pub fn next_at(&self) -> Option<SimTime> {
        None
    }

    /// Whether somebody listens on its ports.
    pub fn serves(&self) -> bool {
        true
    }

    /// SIGTERM: whether it will end of it; `None` if it does something about it first.
    pub fn terminate(&mut self) -> Option<bool> {
        Some(true)
    }

    /// Lets it go on until it waits. Returns its exit code if it has ended.
    pub fn go_on(
        self,
        _cx: &mut Context,
        _pod: &Object,
        _worker: &mut Worker,
        _i: usize,
    ) -> (Program, Option<i32>) {
        (self, None)
    }
}

/// How long a lifecycle hook takes.
pub(super) fn hook_takes(
    _cx: &mut Context,
    _pod: &Object,
    _worker: &mut Worker,
    _i: usize,
    hook: &Value,
) -> Span {
    Span::seconds(get(get(hook, "sleep"), "seconds").as_i64().unwrap_or(0))
}

/// Runs a probe's command in a container.
pub(super) fn ask(
    _cx: &mut Context,
    _pod: &Object,
    _worker: &mut Worker,
    _i: usize,
    _command: &[Str],
    _timeout_seconds: i64,
) -> Result<(), String> {
    Ok(())
}
