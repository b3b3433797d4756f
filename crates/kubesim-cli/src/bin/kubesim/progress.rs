//! How far a long subcommand is: one line on standard error that replaces itself, and only where that is a terminal.

use std::io::{IsTerminal, Stderr, Write, stderr};
use std::time::{Duration, Instant};

/// From one line to the next.
const INTERVAL: Duration = Duration::from_millis(100);
/// What takes less long is not worth a line.
const GRACE: Duration = Duration::from_millis(500);
/// To the line's beginning, and nothing on it.
const ERASE: &str = "\r\x1b[K";

/// The line.
pub struct Progress<W: Write = Stderr> {
    /// None where standard error is no terminal.
    to: Option<W>,
    next: Instant,
    is_shown: bool,
}

impl Progress {
    /// No line yet.
    pub fn new() -> Progress {
        Progress::on(stderr().is_terminal().then(stderr), GRACE)
    }
}

impl<W: Write> Progress<W> {
    #[allow(
        clippy::disallowed_methods,
        reason = "wall time says when to show something; the simulation never sees it"
    )]
    fn on(to: Option<W>, grace: Duration) -> Progress<W> {
        Progress { to, next: Instant::now() + grace, is_shown: false }
    }

    /// Shows a line, if it is time for one.
    #[allow(
        clippy::disallowed_methods,
        reason = "wall time says when to show something; the simulation never sees it"
    )]
    pub fn show(&mut self, line: impl FnOnce() -> String) {
        let Some(to) = &mut self.to else { return };
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + INTERVAL;
        self.is_shown = true;
        // That nobody sees it is no error.
        let _ = write!(to, "{ERASE}{}", line()).and_then(|()| to.flush());
    }

    /// Takes the line away: something else is going to be printed.
    pub fn clear(&mut self) {
        if std::mem::take(&mut self.is_shown)
            && let Some(to) = &mut self.to
        {
            let _ = write!(to, "{ERASE}").and_then(|()| to.flush());
        }
    }
}

impl<W: Write> Drop for Progress<W> {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_replaces_the_one_before_and_is_taken_away() {
        let mut shown = Vec::new();
        let mut progress = Progress::on(Some(&mut shown), Duration::ZERO);
        progress.show(|| "1 s".into());
        progress.show(|| "too soon".into());
        progress.clear();
        progress.clear();
        drop(progress);
        assert_eq!(String::from_utf8(shown).as_deref(), Ok("\r\x1b[K1 s\r\x1b[K"));
    }

    #[test]
    fn nothing_is_shown_at_once_or_where_no_terminal_is() {
        let mut shown = Vec::new();
        Progress::on(Some(&mut shown), Duration::from_secs(3600)).show(|| "too soon".into());
        assert_eq!(shown, b"");
        Progress::<Vec<u8>>::on(None, Duration::ZERO).show(|| panic!("nobody would see it"));
    }
}
