//! Commands that read their input piece by piece, and programs of the host.

use crate::host::{External, Flavour, Unknown};
use crate::path;
use crate::process::{Input, Job, Process, State, World};
use crate::processor::{BYTES_READ, HOST_PROGRAM};
use crate::tools::{self, Context, Tool};

impl Process {
    /// Goes on with a command that reads its input.
    pub(crate) fn work(&mut self, job: Job, w: &mut World) {
        match job {
            Job::Tool(tool) => self.work_tool(tool, w),
            Job::Read(argv) => self.read(argv, w),
            Job::Script(mut script) => match self.input(w) {
                Input::Text(text) => {
                    script.push_str(&text);
                    self.job = Some(Job::Script(script));
                }
                Input::Wait => self.job = Some(Job::Script(script)),
                Input::End => {
                    self.status = 0;
                    self.evaluate(w, &script);
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

    fn work_tool(&mut self, mut tool: Box<Tool>, w: &mut World) {
        let input = match tool.next_file() {
            _ if !tool.takes_input() => Input::End,
            Some(file) => {
                let path = self.path(&file);
                match path::read(w.host, &path) {
                    Ok(text) => Input::Text(text),
                    Err(error) => {
                        let text = tool.cannot_read(&file, error, self.flavour != Flavour::Sh);
                        self.put(w, 2, &text);
                        Input::Text(String::new())
                    }
                }
            }
            None => self.input(w),
        };
        let columns = self.is_terminal(w.system, 1);
        let cwd = self.cwd.clone();
        let gnu = self.flavour != Flavour::Sh;
        let mut context =
            Context { host: &mut *w.host, cwd: &cwd, gnu, columns, out: String::new(), err: String::new() };
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
        let (out, err) = (context.out, context.err);
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
        if let Some(script) = tool.script.take() {
            return self.evaluate(w, &script);
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
        match w.host.external(&argv, stdin) {
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

    /// A command that nobody knows.
    pub(crate) fn unknown(&mut self, w: &mut World, argv: &[String]) {
        let known = tools::exists(argv[0].rsplit('/').next().unwrap_or_default());
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
}
