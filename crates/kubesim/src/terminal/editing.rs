//! `KUBE_EDITOR=… kubectl edit`: a program of the laptop in the place of an editor. Models
//! `k8s.io/kubectl/pkg/cmd/util/editor/editor.go`.
//!
//! It gets the text in a file, and what it leaves there goes to kubectl, as what somebody saves in the page's editor.

use crate::base::hash::name_hash;
use crate::kubectl::{self, Disk, editor};
use crate::process::tty::Tty;
use crate::process::{Io, Program, Step};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A command of kubectl that opens an editor.
pub(super) struct Kubectl {
    /// Its words, without `kubectl`.
    pub(super) words: Vec<String>,
    /// The files that they name.
    pub(super) files: BTreeMap<String, String>,
    pub(super) tty: Option<Rc<Tty>>,
    pub(super) disk: Disk,
}

/// Makes a program of a command line.
type Shell = Box<dyn Fn(&str) -> Box<dyn Program>>;

/// The command under way.
pub(super) struct Editing {
    editor: String,
    kubectl: Kubectl,
    shell: Shell,
    state: State,
}

enum State {
    Begin,
    /// The editor runs on this file.
    Edits(String, Box<dyn Program>),
    Kubectl(Box<dyn Program>),
}

impl Editing {
    /// Whether a command opens an editor.
    pub(super) fn is_meant(argv: &[String]) -> bool {
        argv.iter()
            .any(|word| matches!(word.as_str(), "edit" | "edit-last-applied" | "--edit" | "--edit=true"))
    }

    pub(super) fn new(editor: String, kubectl: Kubectl, shell: Shell) -> Editing {
        Editing { editor, kubectl, shell, state: State::Begin }
    }

    /// Without quotes the words are a program's, and nothing of them means anything to a shell.
    fn goes_through_shell(&self) -> bool {
        self.editor.contains(' ') && self.editor.contains(['"', '\'', '\\'])
    }

    fn command_line(&self, path: &str) -> String {
        let directory = quoted(&self.kubectl.disk.directory);
        let editor = match self.goes_through_shell() {
            true => self.editor.clone(),
            false => {
                let words: Vec<String> = self.editor.split(' ').map(quoted).collect();
                // Whether there is such a program is kubectl's to say.
                format!("command -v {} > /dev/null || exit 127; {}", words[0], words.join(" "))
            }
        };
        format!("cd {directory}; {editor} {}", quoted(path))
    }

    /// What kubectl says of an editor that failed.
    fn complaint(&self, code: i32) -> String {
        let shown = match self.goes_through_shell() {
            true => format!("/bin/bash -c {}", self.editor),
            false => self.editor.clone(),
        };
        match code {
            127 if !self.goes_through_shell() => format!("error: unable to launch the editor {shown:?}\n"),
            _ => format!("error: there was a problem with the editor {shown:?}\n"),
        }
    }

    fn hand_over(&mut self, edited: Option<&str>) {
        let Kubectl { words, files, tty, disk } = &self.kubectl;
        let program = kubectl::command_at(words, edited, files, tty.clone(), Some(disk.clone()));
        self.state = State::Kubectl(program);
    }

    /// Writes the text into a file and lets the editor have it.
    fn open(&mut self, text: &str, io: &Io) {
        let now = io.api.now;
        let number =
            name_hash(io.api.seed, &[&self.kubectl.words.join(" "), &now.to_string()]) % 10_000_000_000;
        let path = format!("/tmp/kubectl-edit-{number}.yaml");
        let written = self.kubectl.disk.files.borrow_mut().write(&path, text, false, now.unix_ms());
        let program = (self.shell)(&match written {
            Ok(()) => self.command_line(&path),
            Err(error) => format!("echo {} >&2; exit 1", quoted(&format!("open {path}: {}", error.text()))),
        });
        self.state = State::Edits(path, program);
    }
}

/// A word as the shell takes it for itself.
fn quoted(word: &str) -> String {
    format!("'{}'", word.replace('\'', "'\\''"))
}

impl Program for Editing {
    fn run(&mut self, io: &mut Io) -> Step {
        loop {
            match &mut self.state {
                State::Begin => {
                    let Kubectl { words, files, .. } = &self.kubectl;
                    match editor::text_of(io.api.store(), words, files) {
                        Some(text) => self.open(&text, io),
                        None => self.hand_over(None),
                    }
                }
                State::Kubectl(program) => return program.run(io),
                State::Edits(path, program) => {
                    let step = program.run(io);
                    let Step::Exit(code) = step else { return step };
                    let path = std::mem::take(path);
                    let mut disk = self.kubectl.disk.files.borrow_mut();
                    let edited = disk.read(&path).map(str::to_string);
                    _ = disk.remove(&path);
                    drop(disk);
                    match (code, edited) {
                        (0, Ok(edited)) => self.hand_over(Some(&edited)),
                        (0, Err(_)) => {
                            io.err(format!("error: open {path}: no such file or directory\n"));
                            return Step::Exit(1);
                        }
                        (code, _) => {
                            io.err(self.complaint(code));
                            return Step::Exit(1);
                        }
                    }
                }
            }
        }
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        match &mut self.state {
            State::Begin => Some(130),
            State::Edits(_, program) | State::Kubectl(program) => program.interrupt(io),
        }
    }
}
