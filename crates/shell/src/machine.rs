//! The shell as its host sees it: a script under way, or an interactive one.

use crate::host::{Flavour, Host, MAX_TEXT, Output, Unknown};
use crate::parse;
use crate::process::{FDS, Fd, MAIN, Options, Process, State, System, TERMINAL, Vars, var};
use crate::processor::Processor;
use std::rc::Rc;

/// A shell: a script under way, or an interactive one.
#[derive(Clone, Debug)]
pub struct Shell {
    pub(crate) system: System,
    pub(crate) processes: Vec<Process>,
    pub(crate) line: String,
    pub(crate) complaint: String,
    pub(crate) end_of_input: bool,
    pub(crate) held: Option<u32>,
    /// The process that has the first turn.
    pub(crate) turn: usize,
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

    /// A shell that has run nothing. Long: every field has its first value here.
    fn new(flavour: Flavour, env: &[(String, String)], cwd: &str, unknown: Unknown) -> Shell {
        let mut vars = Vars::default();
        for (name, value) in env {
            vars.put(name, var(value, true));
        }
        for (name, value) in [("IFS", " \t\n"), ("OPTIND", "1"), ("PS4", "+ ")] {
            vars.put(name, var(value, false));
        }
        let name = match flavour {
            Flavour::Sh | Flavour::Dash => "sh",
            Flavour::Bash => "bash",
            Flavour::Zsh => "zsh",
        };
        let mut fds = [const { Fd::Closed }; FDS];
        fds[0] = Fd::Null;
        fds[1] = Fd::Out(Output::Stdout);
        fds[2] = Fd::Out(Output::Stderr);
        let main = Process {
            pid: MAIN,
            parent: 0,
            shell: MAIN,
            shell_parent: 0,
            code: Rc::new([]),
            at: 0,
            control: vec![],
            words: vec![],
            assigning: vec![],
            subscripts: vec![],
            declared: vec![],
            redirecting: vec![],
            named: vec![],
            line: 0,
            file: "".into(),
            temporaries: vec![],
            inlets: vec![],
            outlets: vec![],
            outlets_depth: 0,
            statuses: vec![],
            depth: 0,
            level: 0,
            option_at: 0,
            vars: Rc::new(vars),
            args: Rc::default(),
            name: name.into(),
            applet: name.into(),
            command: None,
            flavour,
            cwd: if cwd.is_empty() { "/" } else { cwd }.into(),
            fds,
            high: vec![],
            status: 0,
            substituted: None,
            assigned: None,
            backgrounds: vec![],
            jobs_outside: vec![],
            waited: 0,
            options: Options::default(),
            guarded: false,
            quiet: false,
            pipe: None,
            kids: vec![],
            job: None,
            state: State::Run,
            background: false,
            replaced: false,
            leaving: None,
            broken: false,
            asked: false,
            drained: None,
            signals: vec![],
            loops_outside: false,
            script: None,
            piped: false,
            last_part: None,
            timeout_signal: crate::signal::TERM,
            timed_ms: 0,
            began_ms: 0,
        };
        let system = System {
            pipes: vec![(TERMINAL, String::new())],
            next: MAIN + 1,
            forked: vec![],
            alive: 1,
            signalled: vec![],
            living: vec![],
            pid: MAIN,
            ended: vec![],
            kill: vec![],
            processor: Processor::default(),
            interactive: false,
            random: 1,
            userland: None,
            unknown,
            stopped: None,
            unknown_status: 0,
        };
        Shell {
            system,
            processes: vec![main],
            line: String::new(),
            complaint: String::new(),
            end_of_input: false,
            held: None,
            turn: 0,
        }
    }

    /// Gives a script its standard input.
    pub fn set_stdin(&mut self, text: &str) {
        let pipe = self.system.pipe(text.to_string());
        self.processes[0].fds[0] = Fd::Read(pipe);
    }

    /// The number of its first process: not 1, where another program is the container's first. Only a container's first
    /// process is deaf to signals that it has no trap for.
    pub fn set_pid(&mut self, pid: u32) {
        self.system.pid = pid;
    }

    /// The working directory, for a prompt.
    pub fn cwd(&self) -> &str {
        &self.processes[0].cwd
    }

    /// What a variable is to programs that it starts; nothing if it is not exported.
    #[cold]
    pub fn exported(&self, name: &str) -> Option<String> {
        self.processes[0].vars.get(name).filter(|var| var.exported)?.get().map(|value| value.to_string())
    }

    /// The status of the last command, for a prompt.
    pub fn status(&self) -> i32 {
        self.processes[0].status
    }

    /// The units of work that it has done so far; about ten thousand are done in a second of virtual time, at most.
    pub fn work_done(&self) -> i64 {
        self.system.processor.spent()
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
        match parse::compile(&self.line, main.syntax(1)) {
            Ok(code) => main.start(code),
            Err(stop) if stop.is_unfinished() && self.line.len() < MAX_TEXT => return,
            // The message is printed at the next run.
            Err(stop) => {
                self.complaint = [&*main.name, ": ", &stop.text(main.flavour), "\n"].concat();
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
        self.signal(crate::signal::TERM)
    }

    /// Sends a signal that can be caught to the first process; whether it has a trap for it.
    pub fn signal(&mut self, signal: u8) -> bool {
        let trap = self.processes[0].trap_of(&crate::signal::name(signal));
        let caught = trap.is_some_and(|t| !t.value.is_empty());
        if caught {
            self.processes[0].catch(signal);
        }
        caught
    }

    /// The command last answered as [`Step::NotSimulated`] runs on for ever instead of having succeeded.
    pub fn hold(&mut self) {
        if let Some(p) = self.held.take().and_then(|pid| self.processes.iter_mut().find(|p| p.pid == pid)) {
            p.state = State::Forever;
        }
    }

    /// The command last answered as [`Step::NotSimulated`] has ended with this status, not well.
    pub fn fail(&mut self, status: i32) {
        if let Some(p) = self.held.take().and_then(|pid| self.processes.iter_mut().find(|p| p.pid == pid)) {
            p.status = status;
        }
    }

    /// Whether the command last answered as [`Step::NotSimulated`] stands where its status decides: in a condition,
    /// or before `&&` or `||`.
    pub fn decides(&self) -> bool {
        let held = self.held.and_then(|pid| self.processes.iter().find(|p| p.pid == pid));
        held.is_some_and(Process::in_condition)
    }
}
