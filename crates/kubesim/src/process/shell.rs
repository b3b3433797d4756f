//! A shell under way as a program beside the cluster: the laptop's in the terminal, one in a container, or a script of
//! either.

use super::tty::{EDITORS, Seat, Tty};
use crate::api::{Key, SimTime, Span, Str};
use crate::apiserver::Stream;
use crate::process::{Io, Program, Step};
use shell::{External, Output, Poll, Shell, Step as Wait};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// How often a `tail -f` looks whether its file has grown.
const FOLLOW: Span = Span::seconds(1);

/// How often a shell looks at one moment whether its programs in the background have printed something.
const MOST_LOOKS: usize = 32;

/// Where a shell runs: what it finds there, and how it shows that it waits.
pub trait ShellHost {
    /// Lets the shell go on there. `None`: the place is gone.
    fn turn(&mut self, shell: &mut Shell, with: Attached, io: &mut Io) -> Option<Wait>;

    /// Ctrl-C for what the shell runs there.
    fn interrupt(&mut self, shell: &mut Shell, with: Attached, io: &mut Io);

    /// The prompt in this directory.
    fn prompt(&self, directory: &str) -> String;

    /// The container, if it is one: the pod and the container's name.
    fn container(&self) -> Option<(Key, Str)> {
        None
    }

    /// The shell that takes the place of one that has ended; none where its end is the program's.
    fn next_shell(&self) -> Option<Shell> {
        None
    }
}

/// What is attached to a shell: the terminal if it reads one, and the programs that it has started.
pub struct Attached<'a> {
    /// The terminal.
    pub tty: Option<&'a Rc<Tty>>,
    /// The programs that go on in simulated time.
    pub children: &'a mut Children,
}

/// A shell under way.
pub struct ShellSession {
    shell: Shell,
    place: Box<dyn ShellHost>,
    tty: Option<Rc<Tty>>,
    children: Children,
}

impl ShellSession {
    /// A shell; it reads the terminal if it is given one.
    pub fn new(shell: Shell, place: Box<dyn ShellHost>, tty: Option<Rc<Tty>>) -> ShellSession {
        ShellSession { shell, place, tty, children: Children::default() }
    }

    /// Lets the shell go on where it is. `None`: the place is gone.
    fn turn(&mut self, io: &mut Io) -> Option<Wait> {
        let with = Attached { tty: self.tty.as_ref(), children: &mut self.children };
        self.place.turn(&mut self.shell, with, io)
    }

    /// The prompt.
    fn prompt(&self, more: bool) -> String {
        if more { "> ".to_string() } else { self.place.prompt(self.shell.cwd()) }
    }
}

/// Prints what a shell wrote.
pub fn print(io: &mut Io, to: Output, text: String) {
    io.print(if to == Output::Stdout { Stream::Stdout } else { Stream::Stderr }, text);
}

impl Program for ShellSession {
    fn run(&mut self, io: &mut Io) -> Step {
        let mut looked = 0;
        loop {
            let Some(step) = self.turn(io) else { return Step::Exit(137) };
            match step {
                // What runs in the background speaks before the prompt is shown, if it has something to say.
                Wait::Prompt { .. } if looked < MOST_LOOKS && self.children.may_speak(io, looked == 0) => {
                    looked += 1
                }
                Wait::Exit(code) => match self.place.next_shell() {
                    Some(shell) => self.shell = shell,
                    None => return Step::Exit(code),
                },
                Wait::Sleep { ms } => return Step::At(io.api.now + Span(ms.max(1) as i64)),
                Wait::Busy { ms } => return Step::At(io.api.now + Span(ms as i64)),
                Wait::Forever if self.shell.followed().next().is_some() => {
                    return Step::At(io.api.now + FOLLOW);
                }
                Wait::Forever => return Step::OnInput,
                Wait::NotSimulated { command, .. } => io.err(format!("[not simulated: {command}]\n")),
                Wait::WaitExternal { ms } => match self.children.next(io, ms) {
                    Some(step) => return step,
                    None => continue,
                },
                Wait::Prompt { .. } | Wait::Input => {
                    let prompt = match step {
                        Wait::Prompt { more } => self.prompt(more),
                        _ => String::new(),
                    };
                    let Some(tty) = &self.tty else {
                        self.shell.end_input();
                        continue;
                    };
                    tty.sit(Seat {
                        container: self.place.container(),
                        directory: self.shell.cwd().to_string(),
                        editors: EDITORS.map(|name| self.shell.exported(name)),
                    });
                    match tty.read(&prompt, io) {
                        None => return self.children.beside_prompt(io),
                        Some(Some(line)) => self.shell.feed(&line),
                        Some(None) => self.shell.end_input(),
                    }
                }
            }
        }
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        // A shell in a pod takes it for its own command.
        if self.children.interrupt(io) {
            return None;
        }
        if let Some(tty) = &self.tty {
            tty.interrupt(io);
        }
        let with = Attached { tty: self.tty.as_ref(), children: &mut self.children };
        self.place.interrupt(&mut self.shell, with, io);
        self.tty.is_none().then_some(130)
    }
}

/// Programs that a shell has started and that go on in simulated time.
#[derive(Default)]
pub struct Children {
    all: BTreeMap<u32, Child>,
    next_id: u32,
}

struct Child {
    program: Box<dyn Program>,
    /// Printed and not taken yet.
    printed: VecDeque<(Stream, String)>,
    next: Step,
}

impl Child {
    /// Lets it go on.
    fn run(&mut self, io: &mut Io) {
        let mut output = Vec::new();
        let mut own = Io { api: io.api, nodes: io.nodes, timings: io.timings, output: &mut output };
        self.next = self.program.run(&mut own);
        self.printed.extend(output);
    }
}

impl Children {
    /// Starts a program.
    pub fn start(&mut self, program: Box<dyn Program>, io: &mut Io) -> External {
        let mut child = Child { program, printed: VecDeque::new(), next: Step::OnInput };
        child.run(io);
        let id = self.next_id;
        self.next_id += 1;
        self.all.insert(id, child);
        External::Pending(id)
    }

    /// What it has printed, one stream at a time so that their order stays, and its end.
    pub fn poll(&mut self, id: u32, io: &mut Io) -> Poll {
        let Some(child) = self.all.get_mut(&id) else { return Poll { code: Some(0), ..Poll::default() } };
        if child.printed.is_empty() && !matches!(child.next, Step::Exit(_)) {
            child.run(io);
        }
        let mut poll = Poll::default();
        while let Some((stream, text)) = child.printed.pop_front() {
            match stream {
                Stream::Stdout => poll.stdout = text,
                Stream::Stderr => poll.stderr = text,
                Stream::Prompt => {
                    io.print(stream, text);
                    continue;
                }
            }
            break;
        }
        if let (Step::Exit(code), true) = (child.next, child.printed.is_empty()) {
            poll.code = Some(code);
            self.all.remove(&id);
        }
        poll
    }

    /// Nobody waits for it any more.
    pub fn cancel(&mut self, id: u32) {
        self.all.remove(&id);
    }

    /// Ctrl-C. Whether one of them goes on with it.
    fn interrupt(&mut self, io: &mut Io) -> bool {
        let mut goes_on = false;
        for child in self.all.values_mut() {
            let mut output = Vec::new();
            let mut own = Io { api: io.api, nodes: io.nodes, timings: io.timings, output: &mut output };
            match child.program.interrupt(&mut own) {
                Some(code) => child.next = Step::Exit(code),
                None => goes_on = true,
            }
            child.printed.extend(output);
            if !matches!(child.next, Step::Exit(_)) {
                child.run(io);
            }
        }
        goes_on
    }

    /// Whether one of them may have something to say: it has printed something, or nobody has looked yet.
    fn may_speak(&self, io: &Io, is_first_look: bool) -> bool {
        !self.all.is_empty() && (is_first_look || self.next(io, None).is_none())
    }

    /// What to wait for beside a line of input.
    fn beside_prompt(&self, io: &Io) -> Step {
        self.next(io, None).unwrap_or(Step::OnInput)
    }

    /// What to wait for until one of them goes on, or until a moment of the shell's own; `None` if there is news already.
    fn next(&self, io: &Io, ms: Option<u64>) -> Option<Step> {
        let mut at: Option<SimTime> = ms.map(|ms| io.api.now + Span(ms.max(1) as i64));
        let mut on_change = false;
        for child in self.all.values() {
            if !child.printed.is_empty() || matches!(child.next, Step::Exit(_)) {
                return None;
            }
            match child.next {
                Step::OnChange => on_change = true,
                Step::OnChangeOrAt(t) => {
                    on_change = true;
                    at = Some(at.map_or(t, |at| at.min(t)));
                }
                Step::At(t) => at = Some(at.map_or(t, |at| at.min(t))),
                Step::Exit(_) | Step::OnInput => {}
            }
        }
        Some(match (on_change, at) {
            (true, Some(at)) => Step::OnChangeOrAt(at),
            (true, None) => Step::OnChange,
            (false, Some(at)) => Step::At(at),
            (false, None) => Step::OnInput,
        })
    }
}
