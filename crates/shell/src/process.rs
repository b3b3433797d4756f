//! A process and what it shares with the others: variables, file descriptors, pipes, what it waits for.

use crate::host::{Flavour, Host, Output, Unknown, Userland};
use crate::op::{Code, Mode, Name, Redirect};
use crate::processor::Processor;
use crate::tools::Tool;
pub(crate) use crate::variable::{Saved, Var, Vars, var};
use std::rc::Rc;

/// The terminal's pipe.
pub(crate) const TERMINAL: u32 = 0;
/// The main process.
pub(crate) const MAIN: u32 = 1;
/// File descriptors of a process.
pub(crate) const FDS: usize = 20;
/// Those of them that have their number; the others have any (`exec 200>/lock`).
pub(crate) const NUMBERED: usize = 16;
/// What a pipe takes before its writer waits, in bytes (Linux: 64 KiB).
pub(crate) const PIPE: usize = 4096;
/// The most processes at once.
pub(crate) const MAX_PROCESSES: usize = 64;

/// A place a file descriptor leads to.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Fd {
    /// Nothing: what is written is gone, what is read is at its end.
    Null,
    /// Not open.
    Closed,
    /// `/dev/full`
    Full,
    Out(Output),
    File(Rc<str>),
    Read(u32),
    Write(u32),
}

/// What has been entered and must be left.
#[derive(Clone, Debug)]
pub(crate) enum Control {
    Loop {
        past: usize,
        again: usize,
        items: std::vec::IntoIter<String>,
        /// How the trace shows its words.
        traced: Option<Rc<str>>,
        /// The status of its body's last round.
        last: i32,
    },
    /// A `case`'s word, and whether a pattern has matched it.
    Case(String, bool),
    /// Where a failing command doesn't end a `set -e` script.
    Condition,
    /// Where the file descriptors led before; `true`: those of a simple command, whose trace still goes there.
    Redirected(Box<[Fd; FDS]>, bool),
    Vars(Saved),
    /// A pipeline's last part that the shell runs itself (`lastpipe`): the file descriptors before, and the other parts.
    LastPart(Box<[Fd; FDS]>, Vec<u32>),
    /// A function, `eval` or a sourced file; `args` of the caller where they differ.
    Call {
        code: Code,
        at: usize,
        args: Option<Rc<Vec<String>>>,
        locals: Saved,
        /// The function's name; none for `eval` and a sourced file.
        function: Option<Rc<str>>,
        /// The line from which it was called.
        line: u32,
        /// The file whose code it was called from.
        file: Rc<str>,
        /// What complaints named there.
        command: Option<Rc<str>>,
        /// Of a trap: the status when it came.
        trap: Option<i32>,
        /// What is fatal in it ends it, not the shell (`command eval`).
        guards: bool,
        /// Of a function: it has set a trap for `RETURN`.
        returns: bool,
    },
}

/// An assignment that waits to be done.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) name: String,
    pub(crate) key: Option<String>,
    pub(crate) append: bool,
    pub(crate) value: Assigned,
}

#[derive(Clone, Debug)]
pub(crate) enum Assigned {
    Text(String),
    /// An array's items; those that are given keys by their places.
    Items(Vec<String>, Vec<(usize, String)>),
}

/// The words of a command, the last one being made.
#[derive(Clone, Default, Debug)]
pub(crate) struct Words {
    pub(crate) done: Vec<String>,
    pub(crate) now: String,
    pub(crate) exists: bool,
    /// No fields are made.
    pub(crate) whole: bool,
    /// The keys of an array's items, by the items' places.
    pub(crate) keys: Vec<(usize, String)>,
}

/// Where a command's output goes when it has ended.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Substituted {
    /// Into the word being made.
    Word(Mode),
    /// Into a file that only this process sees, whose name goes into the word.
    File,
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
    /// The same as `wait` does it, which signals interrupt; `true`: without operands, so its status is 0.
    Wait(bool),
    /// `wait -n`: until one of `kids` has ended.
    WaitAny,
    Substitute(u32, Substituted),
    /// `tail -f`: this file, read so far.
    Follow(Rc<str>, usize),
    Prompt,
    Exited(i32),
}

/// A command that reads its input piece by piece.
#[derive(Clone, Debug)]
pub(crate) enum Job {
    Tool(Box<Tool>),
    /// The `read` builtin, with its arguments and when it gives up.
    Read(Vec<String>, Option<u64>),
    /// `mapfile`, with its arguments and its input so far.
    Map(Vec<String>, String),
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
    /// `-f`
    pub(crate) noglob: bool,
    /// `-C`
    pub(crate) noclobber: bool,
    /// `-n`
    pub(crate) noexec: bool,
    /// `-v`
    pub(crate) verbose: bool,
    /// `-a`
    pub(crate) allexport: bool,
    /// `-E`
    pub(crate) errtrace: bool,
    /// shopt's
    pub(crate) nullglob: bool,
    pub(crate) failglob: bool,
    pub(crate) dotglob: bool,
    pub(crate) globstar: bool,
    pub(crate) extglob: bool,
    pub(crate) nocasematch: bool,
    pub(crate) lastpipe: bool,
    pub(crate) inherit_errexit: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Process {
    pub(crate) pid: u32,
    pub(crate) parent: u32,
    /// The process that `$$` names: the shell, also in its subshells.
    pub(crate) shell: u32,
    /// The process that `$PPID` names; 0: one outside.
    pub(crate) shell_parent: u32,
    pub(crate) code: Code,
    pub(crate) at: usize,
    pub(crate) control: Vec<Control>,
    pub(crate) words: Vec<Words>,
    pub(crate) assigning: Vec<Assignment>,
    /// Subscripts that have been expanded.
    pub(crate) subscripts: Vec<String>,
    /// Arrays that a declaration's words give.
    pub(crate) declared: Vec<Assignment>,
    pub(crate) redirecting: Vec<(u16, Redirect, String)>,
    /// The names of `{name}>`, by the places of their redirections.
    pub(crate) named: Vec<(usize, String)>,
    /// The line that is run.
    pub(crate) line: u32,
    /// The script's file, for messages and BASH_SOURCE; empty for `-c`.
    pub(crate) file: Rc<str>,
    /// What `<(…)` gave, by path.
    pub(crate) temporaries: Vec<(Rc<str>, Rc<str>)>,
    /// The pipes of `<(…)` that are about to be opened, by path.
    pub(crate) inlets: Vec<(Rc<str>, u32)>,
    /// The pipes of `>(…)`, by path.
    pub(crate) outlets: Vec<(Rc<str>, u32)>,
    /// How much was entered when the last of them was made.
    pub(crate) outlets_depth: usize,
    /// Statuses of the last pipeline's parts.
    pub(crate) statuses: Vec<i32>,
    /// Subshells around it.
    pub(crate) depth: u32,
    /// Command substitutions around it: as often the trace repeats its sign.
    pub(crate) level: u32,
    /// Where `getopts` is in a word with several options.
    pub(crate) option_at: usize,
    pub(crate) vars: Rc<Vars>,
    pub(crate) args: Rc<Vec<String>>,
    pub(crate) name: Rc<str>,
    /// The shell's own program, which tools of its own complain as.
    pub(crate) applet: Rc<str>,
    /// What ash and dash name in a complaint: the command of theirs that runs, or what is sourced. Empty: only the script,
    /// which has a name; none: a text that has no name.
    pub(crate) command: Option<Rc<str>>,
    pub(crate) flavour: Flavour,
    pub(crate) cwd: Rc<str>,
    pub(crate) fds: [Fd; FDS],
    /// The numbers of the file descriptors from `NUMBERED` on.
    pub(crate) high: Vec<usize>,
    pub(crate) status: i32,
    pub(crate) substituted: Option<i32>,
    /// The status of the last substitution in an assignment: these are expanded after words.
    pub(crate) assigned: Option<i32>,
    /// What `&` started and `wait` has not seen.
    pub(crate) backgrounds: Vec<(u32, Name)>,
    /// Those of the shell that it was forked from, which `jobs` shows.
    pub(crate) jobs_outside: Vec<(u32, Name)>,
    /// How many of them were waited for together: job 1 is the next one.
    pub(crate) waited: usize,
    pub(crate) options: Options,
    /// In a command whose errors are not the shell's end.
    pub(crate) guarded: bool,
    /// In a subshell of a condition.
    pub(crate) quiet: bool,
    /// A loop is around it in the shell that it was forked from.
    pub(crate) loops_outside: bool,
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
    /// `read -t 0` has asked the scheduler.
    pub(crate) asked: bool,
    /// The pipe it reads has no more writers.
    pub(crate) drained: Option<u32>,
    /// Signals with a trap that have come.
    pub(crate) signals: Vec<u8>,
    /// How much was entered when the script began: what an error that ends one line only goes back to.
    pub(crate) script: Option<usize>,
    /// The last command was a pipeline.
    pub(crate) piped: bool,
    /// The status of a pipeline's last part that the shell has run itself.
    pub(crate) last_part: Option<i32>,
    /// What `timeout` sends.
    pub(crate) timeout_signal: u8,
    /// When `time` began, in virtual milliseconds.
    pub(crate) timed_ms: u64,
    /// Virtual time at which it began, in milliseconds since 1970.
    pub(crate) began_ms: u64,
}

impl Process {
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.state, State::Exited(_))
    }

    pub(crate) fn holds(&self, fd: &Fd) -> bool {
        let saved = |c: &Control| matches!(c, Control::Redirected(fds, _) | Control::LastPart(fds, _) if fds.contains(fd));
        let outlet = |(_, id): &(Rc<str>, u32)| *fd == Fd::Write(*id);
        let inlet = |(_, id): &(Rc<str>, u32)| *fd == Fd::Read(*id);
        self.fds.contains(fd)
            || self.inlets.iter().any(inlet)
            || self.outlets.iter().any(outlet)
            || self.control.iter().any(saved)
            || matches!((fd, self.pipe), (Fd::Read(id), Some(pipe)) if *id == pipe)
    }

    pub(crate) fn cancel(&self, host: &mut dyn Host) {
        if let State::External(id) = self.state {
            host.external_cancel(id);
        }
    }

    /// Whether GNU's programs lie beside it.
    pub(crate) fn gnu(&self, system: &System) -> bool {
        match system.userland {
            Some(userland) => userland == Userland::Gnu,
            None => self.flavour != Flavour::Sh,
        }
    }

    /// The place of a file descriptor that has been used.
    pub(crate) fn place(&self, number: usize) -> Option<usize> {
        match number < NUMBERED {
            true => Some(number),
            false => self.high.iter().position(|known| *known == number).map(|at| NUMBERED + at),
        }
    }

    pub(crate) fn is_main(&self) -> bool {
        self.pid == MAIN
    }

    /// The trap of this name, if this process has one itself.
    pub(crate) fn trap_of(&self, name: &str) -> Option<&Var> {
        self.vars.get(&["trap ", name].concat()).filter(|trap| !trap.unset)
    }

    /// The status when the innermost trap came whose commands it runs.
    pub(crate) fn trap_status(&self) -> Option<i32> {
        self.control.iter().rev().find_map(|c| match c {
            Control::Call { trap, .. } => *trap,
            _ => None,
        })
    }

    pub(crate) fn in_condition(&self) -> bool {
        self.quiet || self.control.iter().any(|c| matches!(c, Control::Condition))
    }

    /// Runs this code from its start.
    pub(crate) fn start(&mut self, code: Code) {
        self.code = code;
        self.at = 0;
        self.script = None;
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
    /// The processes that a signal has ended.
    pub(crate) signalled: Vec<u32>,
    /// The numbers of the processes that have not ended.
    pub(crate) living: Vec<u32>,
    /// What the first process' number is in its container.
    pub(crate) pid: u32,
    /// Background processes that have ended, for `wait`.
    pub(crate) ended: Vec<(u32, i32)>,
    /// Signals to be delivered: to whom, which.
    pub(crate) kill: Vec<(u32, u8)>,
    /// GNU's programs lie beside the shell; `None`: beside a bash.
    pub(crate) userland: Option<Userland>,
    pub(crate) processor: Processor,
    pub(crate) interactive: bool,
    pub(crate) random: u32,
    pub(crate) unknown: Unknown,
    pub(crate) stopped: Option<(String, u32)>,
    /// The status of a command that nobody knows.
    pub(crate) unknown_status: i32,
}

impl System {
    /// The number that a process has in its container.
    pub(crate) fn number_outside(&self, pid: u32) -> u32 {
        pid - MAIN + self.pid
    }

    /// Whether a process has not ended.
    pub(crate) fn is_alive(&self, pid: u32) -> bool {
        self.living.contains(&pid) || self.forked.iter().any(|process| process.pid == pid)
    }

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
