//! The commands that the user started: they run in simulated time beside the cluster.

pub mod dns_watch;
pub mod pod;
pub mod shell;
pub mod tty;

use crate::api::SimTime;
use crate::apiserver::{ApiServer, Cause, Stream};
use crate::config::Timings;
use crate::kubelet::Nodes;
use std::collections::BTreeMap;

/// A command's number.
pub type ProcessId = u32;

/// What a command has to work with.
pub struct Io<'a> {
    /// The API server.
    pub api: &'a mut ApiServer,
    /// The nodes, for `exec` and `logs`.
    pub nodes: &'a mut Nodes,
    /// How long things take.
    pub timings: &'a Timings,
    /// What it prints.
    pub output: &'a mut Vec<(Stream, String)>,
}

impl Io<'_> {
    /// Prints to standard output.
    pub fn out(&mut self, text: impl Into<String>) {
        self.print(Stream::Stdout, text.into());
    }

    /// Prints to standard error.
    pub fn err(&mut self, text: impl Into<String>) {
        self.print(Stream::Stderr, text.into());
    }

    /// Prints to this stream.
    pub fn print(&mut self, stream: Stream, text: String) {
        if text.is_empty() {
            return;
        }
        match self.output.last_mut() {
            Some((last, more)) if *last == stream => more.push_str(&text),
            _ => self.output.push((stream, text)),
        }
    }
}

/// What a command does next.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// It has ended with this exit code.
    Exit(i32),
    /// It goes on when something was written to the store.
    OnChange,
    /// It goes on at this time, or when something was written to the store before.
    OnChangeOrAt(SimTime),
    /// It goes on at this time.
    At(SimTime),
    /// It goes on when the user types something (`Processes::wake`).
    OnInput,
}

/// A command: `kubectl get`, `kubectl rollout status`, a shell in a pod.
pub trait Program {
    /// Goes on until it has ended or has to wait.
    fn run(&mut self, io: &mut Io) -> Step;

    /// Ctrl-C. Returns the exit code, or `None` to go on (a shell takes it for its own command).
    fn interrupt(&mut self, _io: &mut Io) -> Option<i32> {
        Some(130)
    }
}

/// A command that was started.
pub struct Process {
    program: Option<Box<dyn Program>>,
    next: Step,
    /// What it has printed so far, in order; neighbours of one stream are joined.
    pub output: Vec<(Stream, String)>,
    /// How it ended.
    pub exit_code: Option<i32>,
    /// The user's input that it acts on: the cause of what it writes.
    number: u32,
    seen: usize,
}

/// The commands that were started.
#[derive(Default)]
pub struct Processes {
    all: BTreeMap<ProcessId, Process>,
    next_id: ProcessId,
}

impl Processes {
    /// Starts a command; it first runs when it is woken.
    pub fn spawn(&mut self, program: Box<dyn Program>) -> ProcessId {
        let id = self.next_id;
        self.next_id += 1;
        let process = Process {
            program: Some(program),
            next: Step::OnInput,
            output: Vec::new(),
            exit_code: None,
            number: 0,
            seen: 0,
        };
        self.all.insert(id, process);
        id
    }

    /// Lets a command go on now, whatever it waits for.
    pub fn wake(&mut self, id: ProcessId, now: SimTime) {
        if let Some(process) = self.all.get_mut(&id).filter(|p| p.exit_code.is_none()) {
            process.next = Step::At(now);
        }
    }

    /// From now on the command acts on this input of the user.
    pub fn set_number(&mut self, id: ProcessId, number: u32) {
        if let Some(process) = self.all.get_mut(&id) {
            process.number = number;
        }
    }

    /// A command, as long as it was not [`Processes::reap`]ed.
    pub fn get(&self, id: ProcessId) -> Option<&Process> {
        self.all.get(&id)
    }

    /// Takes a command that has ended out of the table.
    pub fn reap(&mut self, id: ProcessId) -> Option<Process> {
        self.all.get(&id)?.exit_code?;
        self.all.remove(&id)
    }

    /// Takes what a command has printed since the last time.
    pub fn take_output(&mut self, id: ProcessId) -> Vec<(Stream, String)> {
        self.all.get_mut(&id).map(|p| std::mem::take(&mut p.output)).unwrap_or_default()
    }

    /// When the first of them goes on by itself.
    pub fn next_at(&self) -> Option<SimTime> {
        let at = |p: &Process| match p.next {
            Step::At(at) | Step::OnChangeOrAt(at) => Some(at),
            Step::Exit(_) | Step::OnChange | Step::OnInput => None,
        };
        self.all.values().filter_map(at).min()
    }

    /// Lets every command go on that can, until all of them wait.
    pub fn run(&mut self, api: &mut ApiServer, nodes: &mut Nodes, timings: &Timings) {
        loop {
            let (now, written) = (api.now, api.history().len() + api.knocks);
            let can_go_on = |p: &Process| match p.next {
                Step::Exit(_) | Step::OnInput => false,
                Step::OnChange => written > p.seen,
                Step::OnChangeOrAt(at) => written > p.seen || at <= now,
                Step::At(at) => at <= now,
            };
            let Some(process) = self.all.values_mut().find(|p| can_go_on(p)) else { return };
            process.seen = written;
            api.cause = Cause::User(process.number);
            let mut program = process.program.take().expect("a live process has a program");
            let mut io = Io { api, nodes, timings, output: &mut process.output };
            process.next = program.run(&mut io);
            process.settle(program);
        }
    }

    /// Ctrl-C for a command.
    pub fn interrupt(&mut self, id: ProcessId, api: &mut ApiServer, nodes: &mut Nodes, timings: &Timings) {
        let Some(process) = self.all.get_mut(&id) else { return };
        let Some(mut program) = process.program.take() else { return };
        api.cause = Cause::User(process.number);
        let mut io = Io { api, nodes, timings, output: &mut process.output };
        if let Some(code) = program.interrupt(&mut io) {
            process.next = Step::Exit(code);
        } else {
            process.next = Step::At(api.now);
        }
        process.settle(program);
    }
}

impl Process {
    /// Whether it waits for the user to type something.
    pub fn waits_for_input(&self) -> bool {
        self.next == Step::OnInput
    }

    fn settle(&mut self, program: Box<dyn Program>) {
        match self.next {
            Step::Exit(code) => self.exit_code = Some(code),
            _ => self.program = Some(program),
        }
    }
}
