//! Small processes that carry out compiled scripts, the pipes between them, and what they wait for. Models in small
//! what a kernel does for a shell: fork, pipe, wait, SIGPIPE, SIGTERM.

use super::arith::{self, Variables};
use super::parse::{self, Code, Edit, End, Fork, Mode, Op, Redirect, Stop, Test};
use super::pattern::{self, Pattern, QUOTE};
use super::tools::{self, Tool};
use super::{External, FileError, Flavour, Host, Output, Step, Unknown};
use std::rc::Rc;

/// Operations a [`Shell::run`] does at most; long texts cost more than one.
const BUDGET: i64 = 50_000;
/// Operations a process does before the next has its turn.
const SLICE: u32 = 1000;
/// The longest text: a word, a variable, a pipe's content.
pub(super) const MAX_TEXT: usize = 1 << 20;
/// The most words of a command.
const MAX_WORDS: usize = 1 << 16;
/// What a pipe takes before its writer waits (Linux: 64 KiB).
const PIPE: usize = 4096;
/// The most processes at once.
const MAX_PROCESSES: usize = 64;
/// The deepest nesting of loops, functions and `eval` while running.
const MAX_CONTROL: usize = 500;
/// The terminal's pipe.
const TERMINAL: u32 = 0;
/// The main process.
const MAIN: u32 = 1;
/// File descriptors of a process.
const FDS: usize = 10;

/// A place a file descriptor leads to.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Fd {
    Null,
    Out(Output),
    File(Rc<str>),
    Read(u32),
    Write(u32),
}

/// What a name stands for: a variable; under `name()` a function, as its place in a code; under `trap NAME` a trap.
#[derive(Clone, Debug)]
pub(super) struct Var {
    pub(super) value: Rc<str>,
    pub(super) exported: bool,
    pub(super) function: Option<(Code, usize)>,
}

/// Names and what they stand for, sorted. They are few, so a vector does.
#[derive(Clone, Default, Debug)]
pub(super) struct Vars(pub(super) Vec<(String, Var)>);

impl Vars {
    pub(super) fn get(&self, name: &str) -> Option<&Var> {
        self.place(name).ok().map(|at| &self.0[at].1)
    }

    fn place(&self, name: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(known, _)| known.as_str().cmp(name))
    }

    /// Sets or removes one; what it was.
    pub(super) fn put(&mut self, name: &str, var: Option<Var>) -> Option<Var> {
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
pub(super) fn var(value: &str, exported: bool) -> Option<Var> {
    Some(Var { value: value.into(), exported, function: None })
}

/// Variables as they were, to be put back.
pub(super) type Saved = Vec<(String, Option<Var>)>;

/// What has been entered and must be left.
#[derive(Clone, Debug)]
pub(super) enum Control {
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
struct Words {
    done: Vec<String>,
    now: String,
    exists: bool,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum State {
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
pub(super) enum Job {
    Tool(Box<Tool>),
    /// The `read` builtin, with its arguments.
    Read(Vec<String>),
    /// A script on standard input, so far.
    Script(String),
    /// A host's program, and its input so far.
    External(Vec<String>, String),
}

/// What a read of standard input gives.
pub(super) enum Input {
    Text(String),
    End,
    Wait,
}

/// `set`'s options.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Options {
    pub(super) errexit: bool,
    pub(super) xtrace: bool,
    pub(super) nounset: bool,
    pub(super) pipefail: bool,
}

#[derive(Clone, Debug)]
pub(super) struct Process {
    pid: u32,
    pub(super) parent: u32,
    code: Code,
    at: usize,
    pub(super) control: Vec<Control>,
    words: Vec<Words>,
    assigning: Vec<(String, String)>,
    redirecting: Vec<(u8, Redirect, String)>,
    pub(super) vars: Rc<Vars>,
    pub(super) args: Rc<Vec<String>>,
    pub(super) name: Rc<str>,
    pub(super) flavour: Flavour,
    pub(super) cwd: Rc<str>,
    fds: [Fd; FDS],
    pub(super) status: i32,
    substituted: Option<i32>,
    /// What `&` started and `wait` has not seen.
    pub(super) backgrounds: Vec<u32>,
    pub(super) options: Options,
    /// In a subshell of a condition.
    quiet: bool,
    /// The read end for the pipeline's next part.
    pipe: Option<u32>,
    pub(super) kids: Vec<u32>,
    pub(super) job: Option<Job>,
    pub(super) state: State,
    background: bool,
    /// It ends with the command it runs (`exec`, a container's plain command).
    pub(super) replaced: bool,
    leaving: Option<i32>,
    /// Its output is a pipe nobody reads any more.
    broken: bool,
    /// The pipe it reads has no more writers.
    drained: Option<u32>,
    pub(super) terminated: bool,
}

/// What the processes share.
#[derive(Clone, Debug)]
pub(super) struct System {
    pipes: Vec<(u32, String)>,
    next: u32,
    forked: Vec<Process>,
    alive: usize,
    /// Background processes that have ended, for `wait`.
    ended: Vec<(u32, i32)>,
    pub(super) kill: Vec<u32>,
    pub(super) budget: i64,
    pub(super) interactive: bool,
    random: u32,
    unknown: Unknown,
    stopped: Option<(String, bool, u32)>,
}

/// What a process works with: what all share, and the host.
pub(super) struct World<'a> {
    pub(super) system: &'a mut System,
    pub(super) host: &'a mut dyn Host,
}

/// A shell: a script under way, or an interactive one.
#[derive(Clone, Debug)]
pub struct Shell {
    system: System,
    processes: Vec<Process>,
    line: String,
    complaint: String,
    end_of_input: bool,
    held: Option<u32>,
}

impl Shell {
    /// A container's command with its arguments: a shell with its options, or any command this one can run. `env` is
    /// the container's environment, `cwd` its working directory.
    pub fn script(argv: &[String], env: &[(String, String)], cwd: &str, unknown: Unknown) -> Shell {
        let mut shell = Shell::new(Flavour::Sh, env, cwd, unknown);
        shell.processes[0].code = parse::command(argv);
        shell.processes[0].replaced = true;
        shell
    }

    /// A shell that takes commands from a terminal.
    pub fn interactive(flavour: Flavour, env: &[(String, String)], cwd: &str) -> Shell {
        let mut shell = Shell::new(flavour, env, cwd, Unknown::NotFound);
        shell.system.interactive = true;
        shell.processes[0].state = State::Prompt;
        shell.processes[0].fds[0] = Fd::Read(TERMINAL);
        shell
    }

    fn new(flavour: Flavour, env: &[(String, String)], cwd: &str, unknown: Unknown) -> Shell {
        let mut vars = Vars::default();
        for (name, value) in env {
            vars.put(name, var(value, true));
        }
        let name = ["sh", "bash", "zsh"][flavour as usize];
        let mut fds = [const { Fd::Null }; FDS];
        fds[1] = Fd::Out(Output::Stdout);
        fds[2] = Fd::Out(Output::Stderr);
        let main = Process {
            pid: MAIN,
            parent: 0,
            code: Rc::new([]),
            at: 0,
            control: vec![],
            words: vec![],
            assigning: vec![],
            redirecting: vec![],
            vars: Rc::new(vars),
            args: Rc::default(),
            name: name.into(),
            flavour,
            cwd: if cwd.is_empty() { "/" } else { cwd }.into(),
            fds,
            status: 0,
            substituted: None,
            backgrounds: vec![],
            options: Options::default(),
            quiet: false,
            pipe: None,
            kids: vec![],
            job: None,
            state: State::Run,
            background: false,
            replaced: false,
            leaving: None,
            broken: false,
            drained: None,
            terminated: false,
        };
        let system = System {
            pipes: vec![(TERMINAL, String::new())],
            next: MAIN + 1,
            forked: vec![],
            alive: 1,
            ended: vec![],
            kill: vec![],
            budget: 0,
            interactive: false,
            random: 1,
            unknown,
            stopped: None,
        };
        Shell {
            system,
            processes: vec![main],
            line: String::new(),
            complaint: String::new(),
            end_of_input: false,
            held: None,
        }
    }

    /// Gives a script its standard input.
    pub fn set_stdin(&mut self, text: &str) {
        let pipe = self.system.pipe(text.to_string());
        self.processes[0].fds[0] = Fd::Read(pipe);
    }

    /// The working directory, for a prompt.
    pub fn cwd(&self) -> &str {
        &self.processes[0].cwd
    }

    /// The status of the last command, for a prompt.
    pub fn status(&self) -> i32 {
        self.processes[0].status
    }

    /// The files that `tail -f` waits for.
    pub fn followed(&self) -> impl Iterator<Item = &str> {
        self.processes.iter().filter_map(|p| match &p.state {
            State::Follow(path, _) => Some(&**path),
            _ => None,
        })
    }

    /// A line from the terminal, without its newline: a command, or input for the one that reads.
    pub fn feed(&mut self, line: &str) {
        if self.processes[0].state != State::Prompt {
            let terminal = self.system.content(TERMINAL);
            terminal.push_str(line);
            terminal.push('\n');
            return;
        }
        self.line.push_str(line);
        self.line.push('\n');
        let main = &mut self.processes[0];
        match parse::compile(&self.line, main.flavour != Flavour::Sh) {
            Ok(code) => main.start(code),
            Err(Stop::More) if self.line.len() < MAX_TEXT => return,
            // The message is printed at the next run.
            Err(stop) => {
                self.complaint = main.complaint(&syntax_error(main.flavour, &stop));
                main.status = 2;
            }
        }
        self.line.clear();
    }

    /// Ctrl-D: the end of the input for a command that reads, or of the interactive shell.
    pub fn end_input(&mut self) {
        match self.processes[0].state {
            State::Prompt => self.processes[0].state = State::Exited(self.processes[0].status),
            _ => self.end_of_input = true,
        }
    }

    /// Ctrl-C: ends what runs in the foreground; an interactive shell is back at its prompt.
    pub fn interrupt(&mut self, host: &mut dyn Host) {
        for p in self.processes.iter_mut().filter(|p| !p.background) {
            if let State::External(id) = p.state {
                host.external_cancel(id);
            }
            p.state = State::Exited(130);
        }
        self.line.clear();
        self.system.content(TERMINAL).clear();
        let main = &mut self.processes[0];
        if self.system.interactive && !main.replaced {
            main.unwind_all();
            main.state = State::Prompt;
            main.status = 130;
        }
        self.reap();
    }

    /// SIGTERM. Whether the script has a trap for it: as a container's first process it is deaf to it otherwise, and
    /// runs until it is killed.
    pub fn terminate(&mut self) -> bool {
        let main = &mut self.processes[0];
        main.terminated = main.vars.get("trap TERM").is_some_and(|t| !t.value.is_empty());
        if main.terminated && matches!(main.state, State::Wait(_)) {
            main.status = 143;
            main.state = State::Run;
        }
        main.terminated
    }

    /// The command last answered as [`Step::NotSimulated`] runs on for ever instead of having succeeded.
    pub fn hold(&mut self) {
        if let Some(p) = self.held.take().and_then(|pid| self.processes.iter_mut().find(|p| p.pid == pid)) {
            p.state = State::Forever;
        }
    }
}

/// Whether the code from here on only tidies up.
fn nothing_follows(code: &[Op], mut at: usize) -> bool {
    loop {
        match code.get(at) {
            None => return true,
            Some(Op::Nop | Op::Pop | Op::Check | Op::Status(_)) => at += 1,
            Some(Op::Jump(to)) if *to > at => at = *to,
            Some(_) => return false,
        }
    }
}

// Scheduling
impl Shell {
    /// Runs until everything waits, ends, or the budget is used up.
    pub fn run(&mut self, host: &mut dyn Host) -> Step {
        self.system.budget = BUDGET;
        self.held = None;
        host.output(Output::Stderr, &std::mem::take(&mut self.complaint));
        self.news(host);
        loop {
            let mut ran = false;
            for i in 0..self.processes.len() {
                if !self.wake(i, host) {
                    continue;
                }
                ran = true;
                self.processes[i].broken = self.is_broken(i);
                self.system.alive = self.processes.len();
                self.processes[i].go_on(&mut World { system: &mut self.system, host });
                self.processes.append(&mut self.system.forked);
                self.kill(host);
                if let Some((command, last, pid)) = self.system.stopped.take() {
                    self.held = Some(pid);
                    return Step::NotSimulated { command, last };
                }
                if self.system.budget <= 0 && !matches!(self.processes[0].state, State::Exited(_)) {
                    self.reap();
                    return Step::Busy;
                }
            }
            if let State::Exited(code) = self.processes[0].state {
                for p in self.processes.drain(1..) {
                    p.cancel(host);
                }
                return Step::Exit(code);
            }
            self.reap();
            if !ran {
                return self.waiting(host.now_ms());
            }
        }
    }

    /// What all processes wait for.
    fn waiting(&self, now: u64) -> Step {
        let states = || self.processes.iter().map(|p| &p.state);
        if self.processes[0].state == State::Prompt {
            return Step::Prompt { more: !self.line.is_empty() };
        }
        let moments = states().filter_map(|s| match s {
            State::Sleep(until) | State::Kids(Some(until)) => Some(until.saturating_sub(now)),
            _ => None,
        });
        let ms = moments.min();
        if states().any(|s| matches!(s, State::External(_))) {
            return Step::WaitExternal { ms };
        }
        match ms {
            Some(ms) => Step::Sleep { ms },
            None if states().any(|s| matches!(s, State::Input(TERMINAL, _))) => Step::Input,
            None => Step::Forever,
        }
    }

    /// Asks the host for news of its programs, and looks after followed files.
    fn news(&mut self, host: &mut dyn Host) {
        for i in 0..self.processes.len() {
            match self.processes[i].state.clone() {
                State::External(id) => {
                    let broken = self.is_broken(i);
                    let p = &mut self.processes[i];
                    let news = host.external_poll(id);
                    if broken && !news.stdout.is_empty() {
                        host.external_cancel(id);
                        p.state = State::Exited(141);
                        continue;
                    }
                    p.put(&mut World { system: &mut self.system, host }, 1, &news.stdout);
                    p.put(&mut World { system: &mut self.system, host }, 2, &news.stderr);
                    if let Some(code) = news.code {
                        p.status = code;
                        p.state = State::Run;
                    }
                }
                State::Follow(path, seen) => {
                    let broken = self.is_broken(i);
                    let text = host.read(&path).unwrap_or_default();
                    // A file that has become shorter was begun anew.
                    let new = text.get(if text.len() < seen { 0 } else { seen }..).unwrap_or_default();
                    let p = &mut self.processes[i];
                    p.state = State::Follow(path, text.len());
                    if broken && !new.is_empty() {
                        p.state = State::Exited(141);
                    }
                    p.put(&mut World { system: &mut self.system, host }, 1, new);
                }
                _ => {}
            }
        }
    }

    /// Whether a process can go on, and lets it.
    fn wake(&mut self, i: usize, host: &mut dyn Host) -> bool {
        let p = &self.processes[i];
        let length = |pipe: &u32| self.system.pipes.iter().find(|p| p.0 == *pipe).map_or(0, |p| p.1.len());
        match &p.state {
            State::Run => return true,
            State::Sleep(until) if host.now_ms() >= *until => {}
            State::Input(pipe, seen) => {
                let more = length(pipe) > *seen;
                let closed = match *pipe {
                    TERMINAL => std::mem::take(&mut self.end_of_input),
                    _ => !self.is_held(&Fd::Write(*pipe)),
                };
                if !more && !closed {
                    return false;
                }
                self.processes[i].drained = closed.then_some(*pipe);
            }
            State::Output(pipe) => {
                if self.is_broken(i) {
                    self.processes[i].state = State::Exited(141);
                    return false;
                }
                let full = length(pipe);
                if full >= MAX_TEXT {
                    // Nobody will ever read so much: the kernel's out-of-memory killer.
                    self.processes[i].state = State::Exited(137);
                    return false;
                }
                if full >= PIPE && !self.is_substitution(*pipe) {
                    return false;
                }
            }
            State::Kids(_) | State::Wait(_) => return self.kids_ended(i, host),
            State::Substitute(pipe, mode) => {
                let (pipe, mode) = (*pipe, *mode);
                if self.is_held(&Fd::Write(pipe)) {
                    return false;
                }
                let text = std::mem::take(self.system.content(pipe));
                self.collect(i);
                let p = &mut self.processes[i];
                p.substituted = Some(p.status);
                p.state = State::Run;
                p.append(&mut World { system: &mut self.system, host }, text.trim_end_matches('\n'), mode);
                return true;
            }
            _ => return false,
        }
        self.processes[i].state = State::Run;
        true
    }

    fn kids_ended(&mut self, i: usize, host: &mut dyn Host) -> bool {
        let p = &self.processes[i];
        let runs = |pid: &u32| self.processes.iter().any(|k| k.pid == *pid && !k.is_over());
        if p.kids.iter().any(runs) {
            match p.state {
                State::Kids(Some(until)) if host.now_ms() >= until => {
                    let kids = p.kids.clone();
                    self.system.kill.extend(kids);
                    self.kill(host);
                    self.collect(i);
                    self.processes[i].status =
                        if self.processes[i].flavour == Flavour::Sh { 143 } else { 124 };
                }
                _ => return false,
            }
        } else {
            self.collect(i);
        }
        let p = &mut self.processes[i];
        if p.state == State::Wait(true) {
            p.status = 0;
        }
        p.state = State::Run;
        true
    }

    /// Takes the statuses of a process' ended children.
    fn collect(&mut self, i: usize) {
        let kids = std::mem::take(&mut self.processes[i].kids);
        let mut statuses = vec![];
        for kid in kids {
            let of_child = self.processes.iter().find(|p| p.pid == kid).and_then(|p| match p.state {
                State::Exited(code) => Some(code),
                _ => None,
            });
            let before = self.system.ended.iter().find(|(pid, _)| *pid == kid).map(|(_, code)| *code);
            statuses.push(of_child.or(before).unwrap_or(127));
            self.processes
                .iter_mut()
                .filter(|p| p.pid == kid)
                .for_each(|p| (p.background, p.pid) = (true, 0));
        }
        let p = &mut self.processes[i];
        let last = statuses.last().copied().unwrap_or(0);
        let failed = statuses.iter().rev().find(|s| **s != 0).copied();
        p.status = if p.options.pipefail { failed.unwrap_or(0) } else { last };
    }

    /// Removes what has ended and nobody waits for.
    fn reap(&mut self) {
        let alive: Vec<u32> = self.processes.iter().filter(|p| !p.is_over()).map(|p| p.pid).collect();
        let ended = &mut self.system.ended;
        self.processes.retain(|p| {
            let State::Exited(code) = p.state else { return true };
            let keep = p.pid == MAIN || !p.background && alive.contains(&p.parent);
            // One whose status was taken has lost its number.
            if !keep && p.pid != 0 {
                ended.push((p.pid, code));
            }
            keep
        });
        let surplus = ended.len().saturating_sub(MAX_PROCESSES);
        ended.drain(..surplus);
        if self.system.pipes.len() > 8 {
            let held = |id: u32| self.is_held(&Fd::Write(id)) || self.is_held(&Fd::Read(id));
            let held: Vec<bool> = self.system.pipes.iter().map(|p| p.0 == TERMINAL || held(p.0)).collect();
            let mut held = held.iter();
            self.system.pipes.retain(|_| held.next() == Some(&true));
        }
    }

    fn kill(&mut self, host: &mut dyn Host) {
        while let Some(pid) = self.system.kill.pop() {
            let children = self.processes.iter().filter(|p| p.parent == pid && !p.is_over()).map(|p| p.pid);
            self.system.kill.extend(children);
            if let Some(p) = self.processes.iter_mut().find(|p| p.pid == pid && p.pid != MAIN && !p.is_over())
            {
                p.cancel(host);
                p.state = State::Exited(143);
            }
        }
    }

    fn is_held(&self, fd: &Fd) -> bool {
        self.processes.iter().any(|p| !p.is_over() && p.holds(fd))
    }

    fn is_broken(&self, i: usize) -> bool {
        matches!(self.processes[i].fds[1], Fd::Write(pipe) if !self.is_held(&Fd::Read(pipe)))
            && !matches!(self.processes[i].fds[1], Fd::Write(pipe) if self.is_substitution(pipe))
    }

    fn is_substitution(&self, id: u32) -> bool {
        self.processes.iter().any(|p| matches!(p.state, State::Substitute(pipe, _) if pipe == id))
    }
}

impl System {
    fn pipe(&mut self, text: String) -> u32 {
        self.next += 1;
        self.pipes.push((self.next, text));
        self.next
    }

    /// What a pipe holds.
    fn content(&mut self, id: u32) -> &mut String {
        let at = self.pipes.iter().position(|p| p.0 == id).unwrap_or(self.pipes.len());
        if at == self.pipes.len() {
            self.pipes.push((id, String::new()));
        }
        &mut self.pipes[at].1
    }
}

/// The parser's complaint in the shell's words.
fn syntax_error(flavour: Flavour, stop: &Stop) -> String {
    let (more, word) = match stop {
        Stop::More => (true, "end of file"),
        Stop::Unexpected(word) => (false, word.as_str()),
        Stop::Unsupported => return "arrays and process substitution are not simulated".into(),
    };
    match flavour {
        Flavour::Sh if more => "syntax error: unexpected end of file".into(),
        Flavour::Sh if word == "newline" => "syntax error: unexpected newline".into(),
        Flavour::Sh => format!("syntax error: unexpected \"{word}\""),
        Flavour::Bash if more => "syntax error: unexpected end of file".into(),
        Flavour::Bash => format!("syntax error near unexpected token `{word}'"),
        Flavour::Zsh => format!("parse error near `{word}'"),
    }
}

/// The text without the marks of quoting.
pub(super) fn unquoted(text: &str) -> String {
    text.replace(QUOTE, "")
}

/// Replaces what a pattern finds, the first or all; whether it found any.
pub(super) fn replace(
    pattern: &Pattern,
    text: &str,
    all: bool,
    with: &mut dyn FnMut(&pattern::Found, &mut String),
) -> (String, bool) {
    let (mut out, mut from, mut any) = (String::new(), 0, false);
    while let Some(found) = pattern.find(text, from) {
        let (Some(start), Some(end)) = (found[0], found[1]) else { break };
        any = true;
        out.push_str(&text[from..start]);
        with(&found, &mut out);
        from = end;
        if start == end {
            let Some(c) = text[end..].chars().next() else { break };
            out.push(c);
            from += c.len_utf8();
        }
        if !all || from >= text.len() || out.len() > MAX_TEXT {
            break;
        }
    }
    out.push_str(&text[from..]);
    (out, any)
}

// A process
impl Process {
    fn is_over(&self) -> bool {
        matches!(self.state, State::Exited(_))
    }

    fn holds(&self, fd: &Fd) -> bool {
        let saved = |c: &Control| matches!(c, Control::Redirected(fds) if fds.contains(fd));
        self.fds.contains(fd)
            || self.control.iter().any(saved)
            || matches!((fd, self.pipe), (Fd::Read(id), Some(pipe)) if *id == pipe)
    }

    fn cancel(&self, host: &mut dyn Host) {
        if let State::External(id) = self.state {
            host.external_cancel(id);
        }
    }

    fn is_main(&self) -> bool {
        self.pid == MAIN
    }

    /// Runs this code from its start.
    pub(super) fn start(&mut self, code: Code) {
        self.code = code;
        self.at = 0;
        self.words.clear();
        self.state = State::Run;
    }

    fn go_on(&mut self, w: &mut World) {
        let mut slice = SLICE;
        while self.state == State::Run && slice > 0 && w.system.budget > 0 && w.system.stopped.is_none() {
            slice -= 1;
            w.system.budget -= 1;
            if let Some(job) = self.job.take() {
                self.work(job, w);
            } else if self.terminated && self.words.is_empty() {
                self.terminated = false;
                let trap = self.vars.get("trap TERM").map(|t| t.value.clone()).unwrap_or_default();
                self.evaluate(w, &trap);
            } else {
                self.operation(w);
            }
        }
    }

    // Ends

    pub(super) fn exit(&mut self, code: i32) {
        self.leaving = Some(code);
        if let Some(trap) = Rc::make_mut(&mut self.vars).put("trap EXIT", None)
            && let Ok(trap) = parse::compile(&trap.value, false)
        {
            self.control.clear();
            self.start(trap);
            return;
        }
        self.state = State::Exited(code & 255);
    }

    /// An error that ends a script; an interactive shell only leaves its command.
    pub(super) fn fatal(&mut self, w: &mut World, what: &str) {
        self.complain(w, what);
        self.status = 2;
        if w.system.interactive && self.is_main() {
            self.unwind_all();
            self.state = State::Prompt;
        } else {
            self.exit(2);
        }
    }

    fn end_of_code(&mut self, w: &World) {
        if self.unwind(|c| matches!(c, Control::Call { .. })) {
            return;
        }
        if w.system.interactive && self.is_main() && !self.replaced && self.leaving.is_none() {
            self.unwind_all();
            self.state = State::Prompt;
        } else {
            self.exit(self.leaving.unwrap_or(self.status));
        }
    }

    /// Leaves everything up to and with the innermost one of a kind; `false`, and nothing left, where there is none.
    pub(super) fn unwind(&mut self, kind: fn(&Control) -> bool) -> bool {
        let there = self.control.iter().any(kind);
        if !there {
            return false;
        }
        while let Some(control) = self.control.pop() {
            let found = kind(&control);
            self.leave(control);
            if found {
                break;
            }
        }
        true
    }

    fn unwind_all(&mut self) {
        while let Some(control) = self.control.pop() {
            self.leave(control);
        }
        self.words.clear();
        self.assigning.clear();
        self.redirecting.clear();
        self.kids.clear();
        self.job = None;
        self.pipe = None;
    }

    pub(super) fn leave(&mut self, control: Control) {
        match control {
            Control::Redirected(fds) => self.fds = fds,
            Control::Vars(saved) => self.put_back(saved),
            Control::Call { code, at, args, locals, .. } => {
                (self.code, self.at) = (code, at);
                if let Some(args) = args {
                    self.args = args;
                }
                self.put_back(locals);
            }
            Control::Loop { .. } | Control::Case(_) | Control::Condition => {}
        }
    }

    fn put_back(&mut self, saved: Saved) {
        let vars = Rc::make_mut(&mut self.vars);
        for (name, var) in saved.into_iter().rev() {
            vars.put(&name, var);
        }
    }

    /// `break` and `continue`; `false` outside a loop.
    pub(super) fn leave_loops(&mut self, count: i64, again: bool) -> bool {
        let loops = self.control.iter().filter(|c| matches!(c, Control::Loop { .. })).count() as i64;
        let mut left = count.clamp(1, loops.max(1));
        while let Some(control) = self.control.pop() {
            if let Control::Loop { past, again: next, .. } = &control {
                left -= 1;
                if left == 0 {
                    self.at = if again { *next } else { *past };
                    if again {
                        self.control.push(control);
                    }
                    return true;
                }
            }
            self.leave(control);
        }
        loops > 0
    }

    /// Enters a function (`Some` arguments) or other code.
    pub(super) fn call(&mut self, w: &mut World, to: (Code, usize), args: Option<Vec<String>>) {
        if self.control.len() > MAX_CONTROL {
            return self.fatal(w, "maximum function recursion depth exceeded");
        }
        let function = args.is_some();
        let args = args.map(|args| std::mem::replace(&mut self.args, Rc::new(args)));
        let code = std::mem::replace(&mut self.code, to.0);
        let at = std::mem::replace(&mut self.at, to.1);
        self.control.push(Control::Call { code, at, args, locals: vec![], function });
    }

    /// Runs a text as part of this script.
    pub(super) fn evaluate(&mut self, w: &mut World, text: &str) {
        match parse::compile(text, self.flavour != Flavour::Sh) {
            Ok(code) => self.call(w, (code, 0), None),
            Err(Stop::Unsupported) if w.system.unknown == Unknown::NotSimulated => {
                let script = text.trim().lines().next().unwrap_or_default();
                self.unknown(w, &[self.name.to_string(), "-c".into(), script.into()]);
            }
            Err(stop) => self.fatal(w, &syntax_error(self.flavour, &stop)),
        }
    }

    fn in_condition(&self) -> bool {
        self.quiet || self.control.iter().any(|c| matches!(c, Control::Condition))
    }

    // Processes

    pub(super) fn fork(&mut self, w: &mut World) -> Option<Process> {
        if w.system.alive + w.system.forked.len() >= MAX_PROCESSES {
            self.fatal(w, "can't fork: Resource temporarily unavailable");
            return None;
        }
        w.system.next += 1;
        let mut child = self.clone();
        child.unwind_in_child();
        child.quiet = self.in_condition();
        (child.pid, child.parent) = (w.system.next, self.pid);
        Some(child)
    }

    /// A child begins outside everything its parent has entered.
    fn unwind_in_child(&mut self) {
        self.control.clear();
        self.words.clear();
        self.assigning.clear();
        self.redirecting.clear();
        self.kids.clear();
        Rc::make_mut(&mut self.vars).0.retain(|(name, _)| !name.starts_with("trap "));
        self.backgrounds.clear();
        self.pipe = None;
        self.replaced = false;
        self.background = false;
        self.terminated = false;
        self.leaving = None;
    }

    /// Lets a child run and waits for it.
    pub(super) fn wait_for(&mut self, w: &mut World, child: Process, until: Option<u64>) {
        self.kids = vec![child.pid];
        w.system.forked.push(child);
        self.state = State::Kids(until);
    }

    fn fork_operation(&mut self, w: &mut World, kind: Fork, past: usize) {
        let Some(mut child) = self.fork(w) else { return };
        self.at = past;
        match kind {
            Fork::Subshell => self.kids = vec![child.pid],
            Fork::Background => {
                child.background = true;
                if child.fds[0] == Fd::Read(TERMINAL) {
                    child.fds[0] = Fd::Null;
                }
                self.backgrounds.push(child.pid);
                if self.backgrounds.len() > MAX_PROCESSES {
                    self.backgrounds.remove(0);
                }
                self.status = 0;
            }
            Fork::Part { first, last, errors } => {
                if first {
                    self.kids.clear();
                }
                if let Some(pipe) = self.pipe.take() {
                    child.fds[0] = Fd::Read(pipe);
                }
                if !last {
                    let pipe = w.system.pipe(String::new());
                    child.fds[1] = Fd::Write(pipe);
                    if errors {
                        child.fds[2] = Fd::Write(pipe);
                    }
                    self.pipe = Some(pipe);
                }
                self.kids.push(child.pid);
            }
        }
        w.system.forked.push(child);
    }

    // Input and output

    /// Writes to a file descriptor.
    pub(super) fn put(&mut self, w: &mut World, fd: usize, text: &str) {
        if text.is_empty() {
            return;
        }
        w.system.budget -= text.len() as i64 / 64;
        match self.fds[fd].clone() {
            Fd::Out(to) => w.host.output(to, text),
            Fd::File(path) => {
                if let Err(error) = w.host.write(&path, text, true)
                    && fd == 1
                {
                    self.status = 1;
                    self.complain(w, &format!("write error: {}", error.text()));
                }
            }
            Fd::Write(_) if self.broken && fd == 1 => self.state = State::Exited(141),
            Fd::Write(pipe) => {
                let content = w.system.content(pipe);
                if content.len() < MAX_TEXT {
                    content.push_str(text);
                }
                let full = content.len() >= PIPE && pipe != TERMINAL;
                if full && self.state == State::Run {
                    self.state = State::Output(pipe);
                }
            }
            Fd::Null | Fd::Read(_) => {}
        }
    }

    /// The text of a complaint, with the shell's name.
    fn complaint(&self, what: &str) -> String {
        [self.name.rsplit('/').next().unwrap_or_default(), ": ", what, "\n"].concat()
    }

    /// Complains in the shell's name.
    pub(super) fn complain(&mut self, w: &mut World, what: &str) {
        let text = self.complaint(what);
        self.put(w, 2, &text);
    }

    /// Everything that standard input has now.
    pub(super) fn input(&mut self, w: &mut World) -> Input {
        self.take_input(w, false)
    }

    /// The next line of standard input, with its newline unless the input ends without one.
    pub(super) fn input_line(&mut self, w: &mut World) -> Input {
        self.take_input(w, true)
    }

    fn take_input(&mut self, w: &mut World, line: bool) -> Input {
        let Fd::Read(id) = self.fds[0] else { return Input::End };
        let pipe = w.system.content(id);
        let cost = pipe.len() as i64 / 256;
        let closed = self.drained == Some(id);
        let length = if line { pipe.find('\n').map(|n| n + 1) } else { Some(pipe.len()) };
        let input = match length {
            Some(length) if length > 0 => Input::Text(pipe.drain(..length).collect()),
            _ if closed => {
                self.drained = None;
                let rest = std::mem::take(pipe);
                if rest.is_empty() { Input::End } else { Input::Text(rest) }
            }
            _ => {
                self.state = State::Input(id, pipe.len());
                Input::Wait
            }
        };
        w.system.budget -= cost;
        input
    }

    /// Whether a file descriptor is the terminal.
    pub(super) fn is_terminal(&self, system: &System, fd: usize) -> bool {
        system.interactive && matches!(self.fds.get(fd), Some(Fd::Out(_) | Fd::Read(TERMINAL)))
    }

    /// `exec` without a command: its redirections stay.
    pub(super) fn keep_redirections(&mut self) {
        if let Some(Control::Redirected(fds)) = self.control.last_mut() {
            *fds = self.fds.clone();
        }
    }

    /// An absolute path without `.` and `..`.
    pub(super) fn path(&self, path: &str) -> String {
        tools::absolute(&self.cwd, path)
    }

    fn redirect(&mut self, w: &mut World) -> Result<(), String> {
        for (fd, how, target) in std::mem::take(&mut self.redirecting) {
            let fd = usize::from(fd);
            let sh = self.flavour == Flavour::Sh;
            let to = match how {
                Redirect::Text => Fd::Read(w.system.pipe(target)),
                Redirect::Copy if target == "-" => Fd::Null,
                Redirect::Copy if matches!(target.as_bytes(), [b'0'..=b'9']) => {
                    self.fds[usize::from(target.as_bytes()[0] - b'0')].clone()
                }
                _ => match target.as_str() {
                    "/dev/null" => Fd::Null,
                    "/dev/stdin" | "/dev/fd/0" => self.fds[0].clone(),
                    "/dev/stdout" | "/dev/fd/1" | "/proc/self/fd/1" => self.fds[1].clone(),
                    "/dev/stderr" | "/dev/fd/2" | "/proc/self/fd/2" => self.fds[2].clone(),
                    "/proc/1/fd/1" | "/dev/tty" => Fd::Out(Output::Stdout),
                    "/proc/1/fd/2" => Fd::Out(Output::Stderr),
                    _ => {
                        let path = self.path(&target);
                        let opened = if how == Redirect::In {
                            tools::read(w.host, &path).map(|text| Fd::Read(w.system.pipe(text)))
                        } else {
                            let append = matches!(how, Redirect::Append | Redirect::Both(true));
                            w.host.write(&path, "", append).map(|()| Fd::File(path.into()))
                        };
                        opened.map_err(|error| match (sh, how, error) {
                            (true, Redirect::In, FileError::NotFound) => {
                                format!("can't open {target}: no such file")
                            }
                            (true, Redirect::In, _) => format!("can't open {target}: {}", error.text()),
                            (true, _, FileError::NotFound) => {
                                format!("can't create {target}: nonexistent directory")
                            }
                            (true, ..) => format!("can't create {target}: {}", error.text()),
                            _ => format!("{target}: {}", error.text()),
                        })?
                    }
                },
            };
            if matches!(how, Redirect::Both(_)) || how == Redirect::Copy && matches!(to, Fd::File(_)) {
                self.fds[2] = to.clone();
            }
            self.fds[fd] = to;
        }
        Ok(())
    }

    // Variables

    /// A variable's or a special parameter's value.
    pub(super) fn get(&self, w: &mut World, name: &str) -> Option<Rc<str>> {
        if let Some((_, value)) = self.assigning.iter().rev().find(|(known, _)| known == name) {
            return Some(value.as_str().into());
        }
        if let Some(var) = self.vars.get(name) {
            return Some(var.value.clone());
        }
        Some(match name {
            "?" => self.status.to_string().into(),
            "#" => self.args.len().to_string().into(),
            "$" => MAIN.to_string().into(),
            "!" => self.backgrounds.last()?.to_string().into(),
            "-" => if self.options.errexit { "e" } else { "" }.into(),
            "0" => self.name.clone(),
            "@" | "*" if !self.args.is_empty() => self.args.join(" ").into(),
            "HOSTNAME" => w.host.hostname().into(),
            "PWD" => self.cwd.clone(),
            "RANDOM" => {
                // As BusyBox and bash: 15 bits of a linear congruential generator.
                w.system.random =
                    w.system.random.wrapping_mul(1_103_515_245).wrapping_add(w.host.now_ms() as u32 | 1);
                (w.system.random >> 16 & 0x7fff).to_string().into()
            }
            _ => {
                return self
                    .args
                    .get((arith::decimal(name)? as usize).checked_sub(1)?)
                    .map(|a| a.as_str().into());
            }
        })
    }

    pub(super) fn set(&mut self, name: &str, value: &str) {
        let exported = self.vars.get(name).is_some_and(|v| v.exported);
        Rc::make_mut(&mut self.vars).put(name, var(value, exported));
    }

    // Words

    fn word(&mut self) -> &mut Words {
        if self.words.is_empty() {
            self.words.push(Words::default());
        }
        self.words.last_mut().expect("one was pushed")
    }

    fn pop_word(&mut self) -> Words {
        self.words.pop().unwrap_or_default()
    }

    /// Appends a value to the word being made.
    fn append(&mut self, w: &mut World, value: &str, mode: Mode) {
        w.system.budget -= value.len() as i64 / 64;
        if self.word().now.len() + value.len() > MAX_TEXT {
            return self.fatal(w, "out of memory");
        }
        match mode {
            Mode::Quoted => {
                let word = self.word();
                word.exists = true;
                parse::mark_all(&mut word.now, value);
            }
            Mode::Whole => {
                let word = self.word();
                word.exists |= !value.is_empty();
                word.now.push_str(value);
            }
            Mode::Split => {
                let separators = self.vars.get("IFS").map_or(" \t\n".into(), |v| v.value.clone());
                let mut chars = value.chars();
                let mut blank = false;
                while let Some(c) = chars.next() {
                    let word = self.word();
                    if c == QUOTE {
                        word.now.push(c);
                        word.now.extend(chars.next());
                        word.exists = true;
                    } else if !separators.contains(c) {
                        word.now.push(c);
                        word.exists = true;
                    } else if word.exists || !c.is_ascii_whitespace() && !blank {
                        word.exists = true;
                        self.field(w, End::Names);
                        // Blanks around another separator belong to it.
                        blank = c.is_ascii_whitespace();
                    } else {
                        blank &= c.is_ascii_whitespace();
                    }
                }
            }
        }
    }

    /// Finishes the word being made.
    fn field(&mut self, w: &mut World, end: End) {
        let word = self.word();
        if !std::mem::take(&mut word.exists) {
            return;
        }
        let text = std::mem::take(&mut word.now);
        let made = match end {
            End::Pattern => vec![text],
            End::Plain => vec![unquoted(&text)],
            End::Names => {
                tools::file_names(&self.cwd, &text, w.host).unwrap_or_else(|| vec![unquoted(&text)])
            }
        };
        w.system.budget -= made.len() as i64;
        let done = &mut self.word().done;
        done.extend(made);
        if done.len() > MAX_WORDS {
            self.fatal(w, "Argument list too long");
        }
    }

    fn param(&mut self, w: &mut World, name: &str, mode: Mode, test: Test, colon: bool, past: usize) {
        let each = match mode {
            Mode::Quoted => name == "@",
            Mode::Split => name == "@" || name == "*",
            Mode::Whole => false,
        };
        if each && test == Test::Value {
            let args = self.args.clone();
            for (n, arg) in args.iter().enumerate() {
                if n > 0 {
                    self.field(w, End::Names);
                }
                self.append(w, arg, mode);
            }
            return;
        }
        let mut value = self.get(w, name);
        if test == Test::Indirect
            && let Some(target) = value
        {
            value = self.get(w, &target);
        }
        let present = value.as_ref().is_some_and(|v| !(colon && v.is_empty()));
        match test {
            Test::Length => {
                let length = value.map_or(0, |v| v.chars().count());
                self.append(w, &length.to_string(), mode);
            }
            Test::Value | Test::Indirect => match value {
                Some(value) => self.append(w, &value, mode),
                None if self.options.nounset && name != "@" && name != "*" => {
                    let unset =
                        if self.flavour == Flavour::Sh { "parameter not set" } else { "unbound variable" };
                    self.fatal(w, &format!("{name}: {unset}"));
                }
                None => self.append(w, "", mode),
            },
            Test::Otherwise if present => {
                self.at = past;
                self.append(w, &value.unwrap_or_default(), mode);
            }
            Test::Instead if !present => self.at = past,
            Test::Otherwise | Test::Instead => {}
        }
    }

    fn edit(&mut self, w: &mut World, name: &str, mode: Mode, edit: Edit, colon: bool) {
        let Words { done, now, .. } = self.pop_word();
        let value = self.get(w, name).unwrap_or_default();
        let cut = |text: Option<&str>| text.unwrap_or(&value).to_string();
        let first = done.first().map_or("", String::as_str);
        let made = match edit {
            Edit::Assign => {
                let text = unquoted(&now);
                self.set(name, &text);
                text
            }
            Edit::Fail => {
                let text = match unquoted(&now) {
                    text if !text.is_empty() => text,
                    _ if colon => "parameter null or not set".into(),
                    _ => "parameter not set".into(),
                };
                return self.fatal(w, &format!("{name}: {text}"));
            }
            Edit::Prefix { longest } => {
                let found = Pattern::glob(&now, !longest, None, false).find(&value, 0);
                cut(found.and_then(|f| value.get(f[1]?..)))
            }
            Edit::Suffix { longest } => {
                let found = Pattern::glob(&now, false, Some(longest), true).find(&value, 0);
                cut(found.and_then(|f| value.get(..(*f.get(2)?)?)))
            }
            Edit::Replace { all } => {
                let with = unquoted(&now);
                // `#` and `%` hold it to the start and to the end.
                let (start, end) = (first.strip_prefix('#'), first.strip_prefix('%'));
                let pattern = Pattern::glob(start.or(end).unwrap_or(first), false, None, end.is_some());
                let pattern = if start.is_some() { pattern } else { pattern.anywhere() };
                if first.is_empty() {
                    value.to_string()
                } else {
                    replace(&pattern, &value, all, &mut |_, out| out.push_str(&with)).0
                }
            }
            Edit::Part => {
                let count = value.chars().count() as i64;
                let from = match self.compute(w, &unquoted(first)) {
                    Some(n) if n < 0 => (count + n).max(0),
                    Some(n) => n.min(count),
                    None => return,
                };
                let length = match unquoted(&now) {
                    text if text.is_empty() => count,
                    text => match self.compute(w, &text) {
                        Some(n) if n < 0 => count - from + n,
                        Some(n) => n,
                        None => return,
                    },
                };
                value.chars().skip(from as usize).take(length.max(0) as usize).collect()
            }
            Edit::Upper { all } | Edit::Lower { all } => {
                let mut text = value.to_string();
                let end = if all { text.len() } else { text.chars().next().map_or(0, char::len_utf8) };
                match edit {
                    Edit::Upper { .. } => text[..end].make_ascii_uppercase(),
                    _ => text[..end].make_ascii_lowercase(),
                }
                text
            }
        };
        self.append(w, &made, mode);
    }

    /// The value of an arithmetic expression; complains of a wrong one.
    pub(super) fn compute(&mut self, w: &mut World, text: &str) -> Option<i64> {
        struct Vars<'a, 'w>(&'a mut Process, &'a mut World<'w>);
        impl Variables for Vars<'_, '_> {
            fn get(&mut self, name: &str) -> i64 {
                self.0.get(self.1, name).and_then(|v| arith::integer(v.trim())).unwrap_or(0)
            }
            fn set(&mut self, name: &str, value: i64) {
                self.0.set(name, &value.to_string());
            }
        }
        match arith::evaluate(text, &mut Vars(self, w)) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fatal(w, why);
                None
            }
        }
    }

    /// Whether the whole text matches a shell pattern.
    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::glob(pattern, false, None, true).is_match(text)
    }

    /// `[[ … ]]`'s single tests: the right side may be a pattern.
    fn double_test(&mut self, w: &mut World) {
        let words = self.pop_word().done;
        self.trace(w, &words, Some(("[[", "]]")));
        let plain: Vec<String> = words.iter().map(|w| unquoted(w)).collect();
        let yes = match &words[..] {
            [left, operator, right] if matches!(operator.as_str(), "=" | "==") => {
                Process::matches(right, left)
            }
            [left, operator, right] if operator == "!=" => !Process::matches(right, left),
            [left, operator, right] if operator == "=~" => {
                let Some(pattern) = Pattern::regex(right, true, false) else {
                    self.status = 2;
                    return;
                };
                let found = pattern.find(left, 0);
                Rc::make_mut(&mut self.vars).0.retain(|(name, _)| !name.starts_with("BASH_REMATCH"));
                if let Some(found) = &found {
                    self.set("BASH_REMATCH", pattern::group(left, found, 0));
                    for n in 0..found.len() / 2 {
                        self.set(&format!("BASH_REMATCH[{n}]"), pattern::group(left, found, n));
                    }
                }
                found.is_some()
            }
            _ => {
                self.status = self.test(w, "[[", &plain);
                return;
            }
        };
        self.status = i32::from(!yes);
    }

    /// `set -x`.
    fn trace(&mut self, w: &mut World, words: &[String], around: Option<(&str, &str)>) {
        if !self.options.xtrace {
            return;
        }
        let mut text = String::from("+");
        let (before, after) = around.unwrap_or_default();
        let inner = words.iter().map(|word| match around {
            Some(_) => unquoted(word),
            None => tools::quoted(&unquoted(word)),
        });
        let all = [before.to_string()].into_iter().chain(inner).chain([after.to_string()]);
        for word in all.filter(|word| !word.is_empty()) {
            text.extend([" ", &word]);
        }
        text.push('\n');
        self.put(w, 2, &text);
    }

    /// Whether nothing is left to do after this command: neither here nor where this was called from (`sh -c`).
    pub(super) fn at_end(&self) -> bool {
        if !self.is_main() {
            return false;
        }
        if self.replaced {
            return true;
        }
        let ends = |c: &Control| match c {
            Control::Loop { .. } | Control::Condition => false,
            Control::Call { code, at, .. } => nothing_follows(code, *at),
            Control::Case(_) | Control::Redirected(_) | Control::Vars(_) => true,
        };
        nothing_follows(&self.code, self.at) && self.control.iter().all(ends)
    }

    /// A command that nobody knows.
    pub(super) fn unknown(&mut self, w: &mut World, argv: &[String]) {
        let known = Tool::new(argv[0].rsplit('/').next().unwrap_or_default(), &[]).is_some();
        match w.system.unknown {
            Unknown::NotSimulated => {
                self.status = 0;
                w.system.stopped = Some((argv.join(" "), self.at_end(), self.pid));
            }
            Unknown::NotFound => {
                self.status = 127;
                let name = &argv[0];
                let text = match self.flavour {
                    _ if known => format!("{name}: this use of it is not simulated"),
                    Flavour::Sh => format!("{name}: not found"),
                    Flavour::Bash => format!("{name}: command not found"),
                    Flavour::Zsh => format!("command not found: {name}"),
                };
                self.complain(w, &text);
                if w.system.interactive
                    && !known
                    && let Some(hint) = w.host.hint(name)
                {
                    self.put(w, 2, &format!("{hint}\n"));
                }
            }
        }
    }

    /// Runs a host's program.
    pub(super) fn external(&mut self, w: &mut World, argv: Vec<String>, stdin: &str) {
        match w.host.external(&argv, stdin) {
            External::Done { stdout, stderr, code } => {
                self.status = code;
                self.put(w, 1, &stdout);
                self.put(w, 2, &stderr);
            }
            External::Pending(id) => self.state = State::External(id),
            External::Unknown => self.unknown(w, &argv),
        }
    }

    // Operations

    fn operation(&mut self, w: &mut World) {
        let code = self.code.clone();
        let Some(operation) = code.get(self.at) else { return self.end_of_code(w) };
        self.at += 1;
        match operation {
            Op::Nop => {}
            Op::Begin => self.words.push(Words::default()),
            Op::Text(text, true) => self.append(w, text, Mode::Split),
            Op::Text(text, false) => self.append(w, text, Mode::Whole),
            Op::Exists => self.word().exists = true,
            Op::Param { name, mode, test, colon, past } => {
                self.param(w, name, *mode, *test, *colon, *past);
            }
            Op::Edit { name, mode, edit, colon } => self.edit(w, name, *mode, *edit, *colon),
            Op::Arithmetic => {
                let text = unquoted(&self.pop_word().now);
                if let Some(value) = self.compute(w, &text) {
                    self.append(w, &value.to_string(), Mode::Whole);
                }
            }
            Op::Compute => {
                let text = unquoted(&self.pop_word().now);
                if let Some(value) = self.compute(w, &text) {
                    self.status = i32::from(value == 0);
                }
            }
            Op::Substitute { mode, past } => {
                let Some(mut child) = self.fork(w) else { return };
                let pipe = w.system.pipe(String::new());
                child.fds[1] = Fd::Write(pipe);
                self.wait_for(w, child, None);
                self.state = State::Substitute(pipe, *mode);
                self.at = *past;
            }
            Op::Field(end) => self.field(w, *end),
            Op::Assign { name, append } => {
                let mut value = unquoted(&self.pop_word().now);
                if *append {
                    value.insert_str(0, &self.get(w, name).unwrap_or_default());
                }
                self.assigning.push((name.to_string(), value));
            }
            Op::Redirect { fd, how } => {
                let target = unquoted(&self.pop_word().now);
                self.redirecting.push((*fd, *how, target));
            }
            Op::SetVars => {
                for (name, value) in std::mem::take(&mut self.assigning) {
                    if self.options.xtrace {
                        let line = format!("+ {name}={}\n", tools::quoted(&value));
                        self.put(w, 2, &line);
                    }
                    self.set(&name, &value);
                }
                self.status = self.substituted.take().unwrap_or(0);
            }
            Op::PushVars => {
                let mut saved = vec![];
                for (name, value) in std::mem::take(&mut self.assigning) {
                    let old = Rc::make_mut(&mut self.vars).put(&name, var(&value, true));
                    saved.push((name, old));
                }
                self.control.push(Control::Vars(saved));
            }
            Op::PushRedirects { past } => {
                let before = self.fds.clone();
                match self.redirect(w) {
                    Ok(()) => self.control.push(Control::Redirected(before)),
                    Err(what) => {
                        self.fds = before;
                        self.words.clear();
                        self.assigning.clear();
                        self.status = 1;
                        self.at = *past;
                        self.complain(w, &what);
                    }
                }
            }
            Op::Pop => {
                if let Some(control) = self.control.pop() {
                    self.leave(control);
                }
            }
            Op::Run => {
                let words = self.pop_word().done;
                let substituted = self.substituted.take();
                if words.is_empty() {
                    self.status = substituted.unwrap_or(0);
                } else {
                    self.trace(w, &words, None);
                    self.run(w, words);
                }
            }
            Op::Check => {
                if self.status != 0 && self.options.errexit && !self.in_condition() {
                    self.exit(self.status);
                }
            }
            Op::Jump(to) => self.at = *to,
            Op::JumpIf { success, to } => {
                if *success == (self.status == 0) {
                    self.at = *to;
                }
            }
            Op::Status(status) => self.status = *status,
            Op::Negate => self.status = i32::from(self.status == 0),
            Op::Condition => self.control.push(Control::Condition),
            Op::Loop { past, again } => {
                self.control.push(Control::Loop { past: *past, again: *again, items: vec![].into_iter() });
            }
            Op::For { past, again } => {
                let items = self.pop_word().done.into_iter();
                self.status = 0;
                self.control.push(Control::Loop { past: *past, again: *again, items });
            }
            Op::Next { name, past } => match self.control.last_mut() {
                Some(Control::Loop { items, .. }) => match items.next() {
                    Some(item) => self.set(name, &item),
                    None => self.at = *past,
                },
                _ => unreachable!("a for loop is left by its own operations"),
            },
            Op::Case => {
                let word = self.pop_word().done.pop().unwrap_or_default();
                self.control.push(Control::Case(word));
            }
            Op::CasePattern { matched } => {
                let pattern = self.pop_word().done.pop().unwrap_or_default();
                if matches!(self.control.last(), Some(Control::Case(word)) if Process::matches(&pattern, word))
                {
                    self.at = *matched;
                }
            }
            Op::Function { name, past } => {
                let function = Some((self.code.clone(), self.at));
                let function = Var { value: "".into(), exported: false, function };
                Rc::make_mut(&mut self.vars).put(&[name, "()"].concat(), Some(function));
                self.at = *past;
                self.status = 0;
            }
            Op::Return => self.end_of_code(w),
            Op::Fork { kind, past } => {
                self.fork_operation(w, *kind, *past);
            }
            Op::Exit => self.exit(self.leaving.unwrap_or(self.status)),
            Op::Wait => self.state = State::Kids(None),
            Op::Test => self.double_test(w),
        }
    }
}
