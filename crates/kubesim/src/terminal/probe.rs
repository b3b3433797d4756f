//! A question to this world in the shell's language: a command line run on the laptop at this moment, on copies of all that it
//! could change, so that nothing of it enters the history.

use super::laptop::{self, Files};
use crate::api::{Span, Str};
use crate::apiserver::{ApiServer, Stream};
use crate::cluster::Cluster;
use crate::process::{Io, Step};

/// How long a command may take in the cluster's time: longer than `kubectl wait` waits of its own accord, 30 seconds.
const MOST_TIME: Span = Span::seconds(60);
/// How often a command may be let go on: a loop without an end is over then.
const MOST_TURNS: usize = 200;
/// Where the lines lie that `history` shows.
const HISTORY: &str = "/tmp/.history";

/// What became of a command line that was run beside the story.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probed {
    /// How it ended; none if it waits for something that this moment alone can't bring, or has no end.
    pub exit_code: Option<i32>,
    /// What it printed.
    pub output: Vec<(Stream, String)>,
}

impl Probed {
    /// Whether it ended well.
    pub fn is_success(&self) -> bool {
        self.exit_code == Some(0)
    }
}

/// Runs a command line on copies. `typed` is what the shell's `history` shows, `edited` what an editor has saved that the line
/// opens.
pub(super) fn probe(
    cluster: &Cluster,
    files: &Files,
    typed: &[&str],
    line: &str,
    edited: Option<Str>,
) -> Probed {
    let files = files.copy();
    let history: String =
        typed.iter().enumerate().map(|(i, line)| format!("{:>5}  {line}\n", i + 1)).collect();
    // A full disk has no history.
    let _ = files.write(HISTORY, &history);
    let script = format!("history() {{ cat {HISTORY}; }}\n{line}");
    let mut api = ApiServer::holding(cluster.api.store().clone(), cluster.now());
    api.gates = cluster.api.gates;
    let (mut nodes, mut output) = (cluster.nodes.clone(), Vec::new());
    let mut program = laptop::command(&script, edited, &files);
    let ends_at = cluster.now() + MOST_TIME;
    for _ in 0..MOST_TURNS {
        let written = api.history().len();
        let mut io =
            Io { api: &mut api, nodes: &mut nodes, timings: &cluster.options.timings, output: &mut output };
        let next = program.run(&mut io);
        let has_written = api.history().len() > written;
        let later = match next {
            Step::Exit(code) => return Probed { exit_code: Some(code), output },
            Step::OnChange if has_written => api.now,
            Step::OnChangeOrAt(_) if has_written => api.now,
            Step::At(at) | Step::OnChangeOrAt(at) if at <= ends_at => at,
            Step::At(_) | Step::OnChangeOrAt(_) | Step::OnChange | Step::OnInput => break,
        };
        api.now = api.now.max(later);
    }
    Probed { exit_code: None, output }
}
