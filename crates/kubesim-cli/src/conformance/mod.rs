//! Runs the recordings of a real cluster (`crates/kubesim/tests/golden`) against the simulator and says what differs.
//!
//! [`script`] plays a `format: script` file step by step, [`milestones`] turns the history into what its `see` steps name,
//! [`fold`] is the one place that says what can't be equal between two runs, [`validation`] plays a `format: validation`
//! file, [`page`] writes CONFORMANCE.md.

pub mod fold;
pub mod milestones;
pub mod page;
pub mod script;
pub mod validation;

use kubesim::dns;
use kubesim::process::{Io, Program, Step};
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

/// One place where the simulator and the recording differ.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// The step, from 0, or what was compared (`final`, `stored_after`).
    pub at: String,
    /// As recorded (folded).
    pub expected: String,
    /// As simulated (folded).
    pub got: String,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines = |text: &str| text.lines().map(|l| format!("\n        {l}")).collect::<String>();
        write!(f, "{}\n      expected:{}\n      got:{}", self.at, lines(&self.expected), lines(&self.got))
    }
}

/// How one file came out.
#[derive(Clone, PartialEq, Debug)]
pub enum Verdict {
    /// As recorded.
    Passed,
    /// Not as recorded.
    Failed(Vec<Difference>),
    /// Not tried, for this reason.
    Skipped(&'static str),
}

/// Files that lie outside the product, each with the reason. A list, not a pattern: what is not named here is run.
pub const SKIPPED: &[(&str, &str)] = &[
    ("kubectl/explain-ordinals", "kubectl explain prints the API reference, which the page does not carry"),
    ("kubectl/explain-sts", "kubectl explain prints the API reference, which the page does not carry"),
    ("kubectl/errors-explain", "kubectl explain prints the API reference, which the page does not carry"),
];

/// What came of all files below a folder.
#[derive(Default, Debug)]
pub struct Report {
    /// Each file: its folder, its name without `.json`, and how it came out.
    pub files: Vec<(String, String, Verdict)>,
    /// Where a recording is known to differ and is not compared: the file, the step, and why.
    pub deviations: Vec<(String, String, &'static str)>,
}

impl Report {
    /// How many passed, failed and were skipped, of one folder or of all.
    pub fn totals(&self, folder: Option<&str>) -> (usize, usize, usize) {
        let mut totals = (0, 0, 0);
        for (of, _, verdict) in &self.files {
            if folder.is_some_and(|f| f != of) {
                continue;
            }
            match verdict {
                Verdict::Passed => totals.0 += 1,
                Verdict::Failed(_) => totals.1 += 1,
                Verdict::Skipped(_) => totals.2 += 1,
            }
        }
        totals
    }

    /// The folders in order.
    pub fn folders(&self) -> Vec<&str> {
        let mut folders: Vec<&str> = self.files.iter().map(|(folder, _, _)| folder.as_str()).collect();
        folders.sort_unstable();
        folders.dedup();
        folders
    }
}

/// Runs every `*.json` below `dir` (or the one file) that has a `format`. `each` is told of each file as it is done.
/// Errors: a folder or file that can't be read, or is no JSON.
pub fn run(dir: &Path, each: &mut dyn FnMut(&str, &Verdict)) -> Result<Report, String> {
    let mut paths = Vec::new();
    collect(dir, &mut paths).map_err(|e| format!("{}: {e}", dir.display()))?;
    paths.sort();
    let mut report = Report::default();
    for path in paths {
        let text = std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        let tree: Value = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", path.display()))?;
        let folder = path
            .parent()
            .and_then(Path::file_name)
            .map(|f| f.to_string_lossy().into_owned())
            .unwrap_or_default();
        let name = path.file_stem().map(|f| f.to_string_lossy().into_owned()).unwrap_or_default();
        let id = format!("{folder}/{name}");
        let skip = SKIPPED.iter().find(|(file, _)| *file == id);
        let verdict = match (skip, tree.get("format").and_then(Value::as_str)) {
            (Some((_, reason)), _) => Verdict::Skipped(reason),
            (None, Some("script")) => {
                let outcome = script::run(&tree);
                let deviations = outcome.deviations.into_iter();
                report.deviations.extend(deviations.map(|(step, reason)| (id.clone(), step, reason)));
                verdict_of(outcome.differences)
            }
            (None, Some("validation")) => verdict_of(validation::run(&tree)),
            (None, _) => continue,
        };
        each(&id, &verdict);
        report.files.push((folder, name, verdict));
    }
    Ok(report)
}

fn verdict_of(differences: Vec<Difference>) -> Verdict {
    if differences.is_empty() { Verdict::Passed } else { Verdict::Failed(differences) }
}

fn collect(path: &Path, into: &mut Vec<PathBuf>) -> std::io::Result<()> {
    if !path.is_dir() {
        into.push(path.to_path_buf());
        return Ok(());
    }
    for entry in std::fs::read_dir(path)? {
        let path = entry?.path();
        if path.is_dir() || path.extension().is_some_and(|e| e == "json") {
            collect(&path, into)?;
        }
    }
    Ok(())
}

/// A DNS tool run in a pod of a namespace, as the recorder's debug pods ran it.
struct PodCommand {
    argv: Vec<String>,
    namespace: String,
}

impl PodCommand {
    fn new(line: &str, namespace: &str) -> PodCommand {
        let quoted = |word: &str| word.trim_matches(['\'', '"']).to_string();
        PodCommand { argv: line.split_whitespace().map(quoted).collect(), namespace: namespace.to_string() }
    }
}

impl Program for PodCommand {
    fn run(&mut self, io: &mut Io) -> Step {
        if self.argv == ["cat", "/etc/resolv.conf"] {
            io.out(dns::resolv_conf(&self.namespace));
            return Step::Exit(0);
        }
        let Some(printed) = dns::run_in_pod(io.api, &self.namespace, "", &self.argv) else {
            io.err(format!("sh: {}: not found\n", self.argv.first().map_or("", String::as_str)));
            return Step::Exit(127);
        };
        io.out(printed.stdout);
        io.err(printed.stderr);
        Step::Exit(printed.code)
    }
}

/// A text field of a step.
fn text<'a>(tree: &'a Value, field: &str) -> Option<&'a str> {
    tree.get(field).and_then(Value::as_str)
}

/// The files that commands read by name.
fn files_of(tree: &Value) -> BTreeMap<String, String> {
    let files = tree.get("files").and_then(Value::as_object);
    files
        .into_iter()
        .flatten()
        .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_string()))
        .collect()
}
