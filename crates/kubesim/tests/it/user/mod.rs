//! A user at a terminal, for tests: commands one by one, and what each printed.

use kubesim::terminal::Files;
use kubesim::{Cluster, Options, Span, Stream, terminal};

/// A cluster and the user at its terminal.
pub struct User {
    pub cluster: Cluster,
    pub files: Files,
}

impl User {
    pub fn new() -> User {
        User { cluster: Cluster::new(Options::default()), files: Files::default() }
    }

    /// Runs a command to its end. Returns what it printed, errors behind `!`.
    pub fn run(&mut self, command: &str, stdin: &str) -> String {
        let id = self.cluster.spawn(
            command,
            terminal::command(command, (!stdin.is_empty()).then(|| stdin.into()), &self.files),
        );
        let patience = self.cluster.now() + Span::seconds(60);
        while self.cluster.processes.get(id).is_some_and(|p| p.exit_code.is_none()) {
            assert!(self.cluster.next_at().is_some_and(|at| at < patience), "{command} does not end");
            self.cluster.step();
        }
        let process = self.cluster.processes.reap(id).expect("it has ended");
        let mark = |stream| if stream == Stream::Stderr { "!" } else { "" };
        process.output.iter().map(|(stream, text)| format!("{}{text}", mark(*stream))).collect()
    }
}
