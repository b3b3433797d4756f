//! Commands that read their input piece by piece, and programs of the host.

use crate::host::{External, FileError, Flavour, Unknown};
use crate::process::{Control, Input, Job, Process, State, World, var};
use crate::processor::{BYTES_READ, HOST_PROGRAM};
use crate::tools::{self, Context, Tool};
use crate::word::quoted;

/// Under which name the tool is kept that runs commands (env, xargs, find).
pub(crate) const COMPLAINER: &str = "complainer ";

impl Process {
    /// Goes on with a command that reads its input.
    pub(crate) fn work(&mut self, job: Job, w: &mut World) {
        match job {
            Job::Tool(tool) => self.work_tool(tool, w),
            Job::Read(argv, until) => self.read(argv, until, w),
            Job::Map(argv, text) => self.map_file(argv, text, w),
            Job::Script(mut script) => match self.input(w) {
                Input::Text(text) => {
                    script.push_str(&text);
                    self.job = Some(Job::Script(script));
                }
                Input::Wait => self.job = Some(Job::Script(script)),
                Input::End => {
                    self.status = 0;
                    self.run_script(w, &script);
                }
            },
            Job::External(argv, mut stdin) => match self.input(w) {
                Input::Text(text) => {
                    stdin.push_str(&text);
                    self.job = Some(Job::External(argv, stdin));
                }
                Input::Wait => self.job = Some(Job::External(argv, stdin)),
                Input::End => self.external(w, argv, &stdin),
            },
        }
    }

    /// Does a tool's next step. Long: an arm for each thing that a tool may wait for.
    fn work_tool(&mut self, mut tool: Box<Tool>, w: &mut World) {
        w.system.random = w.system.random.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        if tool.name.ends_with("grep") {
            tool.grep_files(w.host, &self.cwd, self.gnu(w.system));
        }
        let next = if tool.is_unopened() { None } else { tool.next_file() };
        let input = match next {
            _ if !tool.takes_input() || tool.is_unopened() || tool.needs_no_input() => Input::End,
            Some(file) => {
                let path = self.path(&file);
                match self.read_file(w, &path) {
                    Ok(text) => Input::Text(text),
                    Err(FileError::NotFound) if w.host.may_have(&path) => {
                        tool.not_simulated = Some([tool.name, " ", &file].concat());
                        Input::Text(String::new())
                    }
                    Err(error) => {
                        let text = tool.cannot_read(&file, error, self.gnu(w.system));
                        self.put(w, 2, &text);
                        Input::Text(String::new())
                    }
                }
            }
            None => self.input(w),
        };
        let columns = self.is_terminal(w.system, 1);
        let cwd = self.cwd.clone();
        let gnu = self.gnu(w.system);
        let shell = match self.flavour {
            Flavour::Bash if self.file.is_empty() && self.in_function() => {
                format!("environment: line {}: ", self.line.max(1))
            }
            Flavour::Bash => {
                let file = if self.file.is_empty() { &self.name } else { &self.file };
                format!("{file}: line {}: ", self.line.max(1))
            }
            Flavour::Dash => format!("{}: {}: ", self.name, self.line.max(1)),
            _ => format!("{}: ", self.applet),
        };
        let mut context = Context {
            bash: self.flavour.is_bash(),
            shell,
            host: &mut *w.host,
            cwd: &cwd,
            gnu,
            dash: self.flavour == Flavour::Dash,
            columns,
            temporaries: &self.temporaries,
            outlets: &self.outlets,
            environment: self.vars.clone(),
            out: String::new(),
            err: String::new(),
            salt: u64::from(w.system.random),
            work: 0,
            run: crate::nested::run,
            piped: vec![],
        };
        let ended = match input {
            Input::Wait => {
                self.job = Some(Job::Tool(tool));
                return;
            }
            Input::Text(text) => {
                w.system.processor.spend_on(text.len(), BYTES_READ);
                tool.take(&mut context, &text)
            }
            Input::End => tool.end(&mut context),
        };
        let (out, err, piped, work) = (context.out, context.err, context.piped, context.work);
        w.system.processor.spend(work);
        for (pipe, text) in piped {
            w.system.content(pipe).push_str(&text);
        }
        w.system.processor.spend_on(out.len(), BYTES_READ);
        w.system.processor.spend(5);
        self.put(w, 2, &err);
        let kept = self.status;
        self.put(w, 1, &out);
        if !ended {
            self.job = Some(Job::Tool(tool));
            return;
        }
        if self.status == kept {
            self.status = tool.code;
        }
        if let Some((name, text)) = tool.assigns.take() {
            self.set_item(w, &name, None, &text, false);
        }
        if let Some(construct) = tool.not_simulated.take() {
            return self.not_simulated(w, construct);
        }
        if let Some(script) = tool.script.take() {
            // What it can't find it says in its own name.
            let old = std::rc::Rc::make_mut(&mut self.vars).put(COMPLAINER, var(tool.name, false));
            self.evaluate(w, &script);
            return self.control.push(Control::Vars(vec![(COMPLAINER.to_string(), old)]));
        }
        if self.state != State::Run {
            return;
        }
        if let Some(file) = tool.follow.take() {
            let path = self.path(&file);
            let seen = w.host.read(&path).map_or(0, |text| text.len());
            self.state = if path == "/dev/null" { State::Forever } else { State::Follow(path.into(), seen) };
        }
    }

    /// Runs a host's program.
    pub(crate) fn external(&mut self, w: &mut World, argv: Vec<String>, stdin: &str) {
        let environment = |name: &str| {
            let var = self.vars.get(name).filter(|var| var.exported)?;
            var.get().map(|value| value.to_string())
        };
        match w.host.external_in(&argv, stdin, &environment) {
            External::Done { stdout, stderr, code } => {
                w.system.processor.spend(HOST_PROGRAM);
                self.status = code;
                self.put(w, 1, &stdout);
                self.put(w, 2, &stderr);
            }
            External::Pending(id) => {
                w.system.processor.spend(HOST_PROGRAM);
                self.state = State::External(id);
            }
            External::Unknown => self.unknown(w, &argv),
        }
    }

    /// A construct or a use of a tool that is not simulated.
    pub(crate) fn not_simulated(&mut self, w: &mut World, what: String) {
        match w.system.unknown {
            Unknown::NotSimulated => {
                self.status = w.system.unknown_status;
                w.system.stopped = Some((what, self.pid));
            }
            Unknown::NotFound => {
                self.status = 127;
                self.complain(w, &format!("{what}: not simulated"));
            }
        }
    }

    /// A command that nobody knows.
    pub(crate) fn unknown(&mut self, w: &mut World, argv: &[String]) {
        let name = &argv[0];
        let known = tools::exists(name.rsplit('/').next().unwrap_or_default());
        if known && !name.contains('/') || name.is_empty() && w.system.unknown == Unknown::NotSimulated {
            return self.not_simulated(w, argv.join(" "));
        }
        let place = if name.contains('/') { self.path(name) } else { name.clone() };
        if w.system.unknown == Unknown::NotSimulated && !w.host.lacks_program(&place) {
            return self.not_simulated(w, argv.join(" "));
        }
        if self.flavour.is_bash() && !name.contains('/') {
            let handle = "command_not_found_handle";
            if self.vars.get("command_not_found_handle()").is_some() && !w.system.interactive {
                let words: Vec<String> = argv.iter().map(|word| quoted(word)).collect();
                return self.evaluate(w, &format!("( {handle} {} )", words.join(" ")));
            }
        }
        self.status = 127;
        let there = name.contains('/').then(|| w.host.stat(&self.path(name))).flatten();
        let missing = name.contains('/') && there.is_none();
        let what = match there {
            Some(stat) => {
                self.status = 126;
                if stat.dir && self.flavour.is_bash() { "Is a directory" } else { "Permission denied" }
            }
            None if missing && self.flavour.is_bash() => "No such file or directory",
            None if name.is_empty() && !self.flavour.is_bash() => "Permission denied",
            None if self.flavour.is_bash() => "command not found",
            None => "not found",
        };
        if let Some(tool) = self.vars.get(COMPLAINER).map(|var| var.value.clone()) {
            let what = match (&*tool, self.gnu(w.system)) {
                ("xargs", _) | ("find", false) => name.clone(),
                (_, false) => format!("can't execute '{name}'"),
                ("nohup" | "stdbuf" | "chroot", true) => format!("failed to run command '{name}'"),
                ("setsid", true) => format!("failed to execute {name}"),
                _ => format!("'{name}'"),
            };
            return self.put(w, 2, &format!("{tool}: {what}: No such file or directory\n"));
        }
        let text = match self.flavour {
            Flavour::Zsh => format!("{what}: {name}"),
            _ => format!("{name}: {what}"),
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
