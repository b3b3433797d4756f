//! The laptop: its shell, its files, and the programs it has.

use super::Tty;
use crate::api::Str;
use crate::kubectl;
use crate::sim::Program;
use crate::sim::process::{Io, Step};
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The laptop's prompt.
pub const PROMPT: &str = "$ ";
/// The name under which the laptop keeps what the editor applied.
pub const MANIFEST: &str = "manifest.yaml";

/// The files in the laptop's one directory.
#[derive(Clone, Default)]
pub struct Files(Rc<RefCell<BTreeMap<Str, Str>>>);

impl Files {
    /// A file's text.
    pub fn read(&self, name: &str) -> Option<Str> {
        self.0.borrow().get(name).cloned()
    }

    /// Makes a file, or another text of it.
    pub fn write(&self, name: &str, text: &str) {
        self.0.borrow_mut().insert(name.into(), text.into());
    }
}

/// A command line as a program of its own, such as a script's: `stdin` is its standard input.
pub fn command(line: &str, stdin: Option<Str>, files: &Files) -> Box<dyn Program> {
    match words(line) {
        Ok(mut words) => {
            let mut stdin = stdin;
            if let Some(at) = words.iter().position(|w| w == "<") {
                stdin = words.get(at + 1).and_then(|name| files.read(name));
                words.truncate(at);
            }
            program(&words, stdin, files)
        }
        Err(message) => Box::new(Message { text: format!("sh: {message}\n"), code: 2 }),
    }
}

/// The program of this name on the laptop, with its arguments.
fn program(words: &[String], stdin: Option<Str>, files: &Files) -> Box<dyn Program> {
    let name = words.first().map_or("", |w| w);
    if matches!(name, "kubectl" | "k") {
        let texts = files.0.borrow().iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        return kubectl::command(&words[1..], stdin.as_deref(), &texts);
    }
    Box::new(Message { text: format!("sh: {name}: not found\n"), code: 127 })
}

/// A program that only says that something is wrong.
struct Message {
    text: String,
    code: i32,
}

impl Program for Message {
    fn run(&mut self, io: &mut Io) -> Step {
        io.err(std::mem::take(&mut self.text));
        Step::Exit(self.code)
    }
}

/// The laptop's shell in the terminal.
pub(super) struct Laptop {
    tty: Rc<Tty>,
    files: Files,
    running: Option<Box<dyn Program>>,
}

impl Laptop {
    pub(super) fn new(tty: Rc<Tty>, files: Files) -> Laptop {
        Laptop { tty, files, running: None }
    }
}

impl Program for Laptop {
    fn run(&mut self, io: &mut Io) -> Step {
        loop {
            if let Some(program) = &mut self.running {
                match program.run(io) {
                    Step::Exit(_) => self.running = None,
                    wait => return wait,
                }
            }
            let Some(line) = self.tty.read(PROMPT, io) else { return Step::OnInput };
            if !line.trim().is_empty() {
                self.running = Some(command(&line, None, &self.files));
            }
        }
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        self.tty.interrupt(io);
        if self.running.as_mut().is_some_and(|program| program.interrupt(io).is_some()) {
            self.running = None;
        }
        None
    }
}

/// The words of a line, quotes taken off.
fn words(line: &str) -> Result<Vec<String>, &'static str> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for c in line.chars() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => word.get_or_insert_default().push(c),
            None if c.is_whitespace() => words.extend(word.take()),
            None if c == '\'' || c == '"' => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            None => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    if quote.is_some() { Err("unterminated quoted string") } else { Ok(words) }
}
