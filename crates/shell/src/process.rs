//! A process and what it shares with the others: variables, file descriptors, pipes, what it waits for.

use crate::host::{Flavour, Host, Output, Unknown};
use crate::op::{Code, Mode, Redirect};
use crate::processor::Processor;
use crate::tools::Tool;
use std::rc::Rc;

/// The terminal's pipe.
pub(crate) const TERMINAL: u32 = 0;
/// The main process.
pub(crate) const MAIN: u32 = 1;
/// File descriptors of a process.
pub(crate) const FDS: usize = 10;
/// What a pipe takes before its writer waits, in bytes (Linux: 64 KiB).
pub(crate) const PIPE: usize = 4096;
/// The most processes at once.
pub(crate) const MAX_PROCESSES: usize = 64;

/// A place a file descriptor leads to.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Fd {
    Null,
    Out(Output),
    File(Rc<str>),
    Read(u32),
    Write(u32),
}

/// What a name stands for: a variable; under `name()` a function, as its place in a code; under `trap NAME` a trap.
#[derive(Clone, Debug)]
pub(crate) struct Var {
    pub(crate) value: Rc<str>,
    pub(crate) exported: bool,
    pub(crate) function: Option<(Code, usize)>,
}

/// Names and what they stand for, sorted. They are few, so a vector does.
#[derive(Clone, Default, Debug)]
pub(crate) struct Vars(pub(crate) Vec<(String, Var)>);

impl Vars {
    pub(crate) fn get(&self, name: &str) -> Option<&Var> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// Sets or removes one; what it was.
    pub(crate) fn put(&mut self, name: &str, var: Option<Var>) -> Option<Var> {
        match (self.place(name), var) {
            (Ok(at), Some(var)) => Some(std::mem::replace(&mut self.0[at].1, var)),
            (Ok(at), None) => Some(self.0.remove(at).1),
            (Err(at), Some(var)) => {
                self.0.insert(at, (name.to_string(), var));
                None
            }
            (Err(_), None) => None,
        }
    }
}

/// A variable of this value.
pub(crate) fn var(value: &str, exported: bool) -> Option<Var> {
    Some(Var { value: value.into(), exported, function: None })
}

/// Variables as they were, to be put back.
pub(crate) type Saved = Vec<(String, Option<Var>)>;

/// What has been entered and must be left.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    Loop {
        past: usize,
        again: usize,
        items: std::vec::IntoIter<String>,
    },
    Case(String),
    /// Where a failing command doesn't end a `set -e` script.
    Condition,
    Redirected([Fd; FDS]),
    Vars(Saved),
    /// A function, `eval` or a sourced file; `args` of the caller where they differ.
    Call {
        code: Code,
        at: usize,
        args: Option<Rc<Vec<String>>>,
        locals: Saved,
        function: bool,
    },
}

/// The words of a command, the last one being made.
#[derive(Clone, Default, Debug)]
pub(crate) struct Words {
    pub(crate) done: Vec<String>,
    pub(crate) now: String,
    pub(crate) exists: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub(crate) enum State {
    Run,
    Sleep(u64),
    Forever,
    /// For more than so many bytes in a pipe.
    Input(u32, usize),
    /// For room in a pipe.
    Output(u32),
    External(u32),
    /// Until all of `kids` have ended, or until a moment (`timeout`).
    Kids(Option<u64>),
    /// The same as `wait` does it, which SIGTERM interrupts; `true`: without operands, so its status is 0.
    Wait(bool),
    Substitute(u32, Mode),
    /// `tail -f`: this file, read so far.
    Follow(Rc<str>, usize),
    Prompt,
    Exited(i32),
}

/// A command that reads its input piece by piece.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    Tool(Box<Tool>),
    /// The `read` builtin, with its arguments.
    Read(Vec<String>),
    /// A script on standard input, so far.
    Script(String),
    /// A host's program, and its input so far.
    External(Vec<String>, String),
}

/// What a read of standard input gives.
pub(crate) enum Input {
    Text(String),
    End,
    Wait,
}

/// `set`'s options.
#[derive(Clone, Copy, Default, Debug)]
pub(crate) struct Options {
    pub(crate) errexit: bool,
    pub(crate) xtrace: bool,
    pub(crate) nounset: bool,
    pub(crate) pipefail: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    pub(crate) code: Code,
    pub(crate) at: usize,
    pub(crate) control: Vec<Control>,
    pub(crate) words: Vec<Words>,
    pub(crate) assigning: Vec<(String, String)>,
    pub(crate) redirecting: Vec<(u8, Redirect, String)>,
    pub(crate) vars: Rc<Vars>,
    pub(crate) args: Rc<Vec<String>>,
    pub(crate) name: Rc<str>,
    pub(crate) flavour: Flavour,
    pub(crate) cwd: Rc<str>,
    pub(crate) fds: [Fd; FDS],
    pub(crate) status: i32,
    pub(crate) substituted: Option<i32>,
    /// What `&` started and `wait` has not seen.
    pub(crate) backgrounds: Vec<u32>,
    pub(crate) options: Options,
    /// In a subshell of a condition.
    pub(crate) quiet: bool,
    /// The read end for the pipeline's next part.
    pub(crate) pipe: Option<u32>,
    pub(crate) kids: Vec<u32>,
    pub(crate) job: Option<Job>,
    pub(crate) state: State,
    pub(crate) background: bool,
    /// It ends with the command it runs (`exec`, a container's plain command).
    pub(crate) replaced: bool,
    pub(crate) leaving: Option<i32>,
    /// Its output is a pipe nobody reads any more.
    pub(crate) broken: bool,
    /// The pipe it reads has no more writers.
    pub(crate) drained: Option<u32>,
    pub(crate) terminated: bool,
}

impl Process {
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, State::Exited(_))
    }

    pub(crate) fn holds(&self, fd: &Fd) -> bool {
        let saved = |c: &Control| matches!(c, Control::Redirected(fds) if fds.contains(fd));
        self.fds.contains(fd)
            || self.control.iter().any(saved)
            || matches!((fd, self.pipe), (Fd::Read(id), Some(pipe)) if *id == pipe)
    }

    pub(crate) fn cancel(&self, host: &mut dyn Host) {
        if let State::External(id) = self.state {
            host.external_cancel(id);
        }
    }

    pub(crate) fn is_main(&self) -> bool {
        self.pid == MAIN
    }

    pub(crate) fn in_condition(&self) -> bool {
        self.quiet || self.control.iter().any(|c| matches!(c, Control::Condition))
    }

    /// Runs this code from its start.
    pub(crate) fn start(&mut self, code: Code) {
        self.code = code;
        self.at = 0;
        self.words.clear();
        self.state = State::Run;
    }
}

/// What the processes share.
#[derive(Clone, Debug)]
pub(crate) struct System {
    pub(crate) pipes: Vec<(u32, String)>,
    pub(crate) next: u32,
    pub(crate) forked: Vec<Process>,
    pub(crate) alive: usize,
    /// Background processes that have ended, for `wait`.
    pub(crate) ended: Vec<(u32, i32)>,
    pub(crate) kill: Vec<u32>,
    pub(crate) processor: Processor,
    pub(crate) interactive: bool,
    pub(crate) random: u32,
    pub(crate) unknown: Unknown,
    pub(crate) stopped: Option<(String, bool, u32)>,
}

impl System {
    pub(crate) fn pipe(&mut self, text: String) -> u32 {
        self.next += 1;
        self.pipes.push((self.next, text));
        self.next
    }

    /// What a pipe holds.
    pub(crate) fn content(&mut self, id: u32) -> &mut String {
        let at = self.pipes.iter().position(|p| p.0 == id).unwrap_or(self.pipes.len());
        if at == self.pipes.len() {
            self.pipes.push((id, String::new()));
        }
        &mut self.pipes[at].1
    }
}

/// What a process works with: what all share, and the host.
pub(crate) struct World<'a> {
    pub(crate) system: &'a mut System,
    pub(crate) host: &'a mut dyn Host,
}
