//! Runs the recordings of a real cluster (`crates/kubesim/tests/golden`) against the simulator and says what differs.
//!
//! [`script`] plays a `format: script` file step by step, [`milestones`] turns the history into what its `see` steps name,
//! [`fold`] is the one place that says what can't be equal between two runs, [`validation`] plays a `format: validation`
//! file, [`page`] writes CONFORMANCE.md, [`report`] is what came of it all.

mod beginning;
mod final_state;
pub mod fold;
pub mod milestones;
pub mod page;
mod recording;
mod report;
pub mod script;
pub mod validation;

pub use report::{Difference, Report, Verdict};

use serde_json::Value;
use std::path::{Path, PathBuf};

/// Files that lie outside the product, each with the reason. A list, not a pattern: what is not named here is run.
pub const SKIPPED: &[(&str, &str)] = &[
    ("kubectl/explain-ordinals", "kubectl explain's texts are this project's own"),
    ("kubectl/explain-sts", "kubectl explain's texts are this project's own"),
];

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
