//! The recordings of a real cluster, as a ratchet: what passes must go on passing, and what is named in
//! `conformance-pending.txt` is taken out of it as soon as it passes.

use kubesim_cli::conformance::{self, Verdict, page};
use std::path::Path;

const PENDING: &str = include_str!("../conformance-pending.txt");

#[test]
fn every_recording_passes_but_those_that_are_pending() {
    let pending: Vec<&str> =
        PENDING.lines().map(str::trim).filter(|l| !l.is_empty() && !l.starts_with('#')).collect();
    let mut unexpected = Vec::new();
    let mut done = Vec::new();
    let mut seen = Vec::new();
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden");
    let report = conformance::run(&golden, &mut |file, verdict| {
        seen.push(file.to_string());
        match verdict {
            Verdict::Passed if pending.contains(&file) => done.push(file.to_string()),
            Verdict::Failed(differences) if !pending.contains(&file) => {
                unexpected.push(format!("{file}: {}", differences[0]));
            }
            _ => {}
        }
    })
    .expect("the recordings can be read");
    assert!(report.files.len() > 400, "only {} recordings were found", report.files.len());
    assert!(unexpected.is_empty(), "these passed before:\n{}", unexpected.join("\n"));
    assert!(
        done.is_empty(),
        "these pass now, take them out of conformance-pending.txt:\n{}",
        done.join("\n")
    );
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let of = |name: &str| std::fs::read_to_string(root.join(name)).expect("it is there");
    let again = "it is out of date: cargo run -p kubesim-cli -- conformance --write CONFORMANCE.md";
    assert_eq!(of("CONFORMANCE.md"), page::page(&report), "{again}");
    let summary = page::summary(&report);
    assert!(of("README.md").contains(&summary), "the README does not say: {summary}");
    let unknown: Vec<&&str> = pending.iter().filter(|p| !seen.iter().any(|s| s == **p)).collect();
    assert!(unknown.is_empty(), "there are no such recordings: {unknown:?}");
}
