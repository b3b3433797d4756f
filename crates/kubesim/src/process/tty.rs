//! What connects the keyboard with whoever reads it: the shell in the foreground, or a program that it runs.

use crate::api::{Key, Str};
use crate::apiserver::Stream;
use crate::process::Io;
use std::cell::RefCell;

/// The terminal's line. At most one program reads it at a time: the one in the foreground.
#[derive(Default)]
pub struct Tty {
    /// The prompt of whoever waits for a line; empty for a program that reads without one.
    waiting: RefCell<Option<Str>>,
    /// The line that was typed; `None` in it is Ctrl-D.
    line: RefCell<Option<Option<Str>>>,
    /// Where the shell is that waits.
    seat: RefCell<Seat>,
}

/// The variables that name an editor; the first goes before the second.
pub const EDITORS: [&str; 2] = ["KUBE_EDITOR", "EDITOR"];

/// Where a shell is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Seat {
    /// The pod and the container; none on the laptop.
    pub container: Option<(Key, Str)>,
    /// The working directory there, for the prompt.
    pub directory: String,
    /// What [`EDITORS`] are there, as far as they are exported.
    pub editors: [Option<String>; 2],
}

impl Tty {
    /// The prompt at which somebody waits for a line, if anybody does.
    pub fn prompt(&self) -> Option<Str> {
        self.waiting.borrow().clone()
    }

    /// Where the shell is that waits, or waited last.
    pub fn seat(&self) -> Seat {
        self.seat.borrow().clone()
    }

    /// The shell that is about to wait is here.
    pub fn sit(&self, seat: Seat) {
        *self.seat.borrow_mut() = seat;
    }

    /// Takes the line that was typed (`Some(None)` for Ctrl-D); if none was, shows the prompt: the program has to wait for
    /// input.
    pub fn read(&self, prompt: &str, io: &mut Io) -> Option<Option<Str>> {
        if let Some(line) = self.line.take() {
            self.waiting.take();
            io.print(Stream::Prompt, format!("{}\n", line.as_deref().unwrap_or_default()));
            return Some(line);
        }
        let mut waiting = self.waiting.borrow_mut();
        if waiting.is_none() {
            io.print(Stream::Prompt, prompt.to_string());
            *waiting = Some(prompt.into());
        }
        None
    }

    /// A line was typed (`None`: Ctrl-D), for whoever waits for it.
    pub fn give(&self, line: Option<Str>) {
        *self.line.borrow_mut() = Some(line);
    }

    /// Ctrl-C was typed: whoever waited for a line has to ask again.
    pub fn interrupt(&self, io: &mut Io) {
        self.line.take();
        self.waiting.take();
        io.print(Stream::Prompt, "^C\n".to_string());
    }
}
