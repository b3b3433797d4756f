//! CONFORMANCE.md: what came of the recordings, for people to read.

use super::report::{Report, Verdict};
use kubesim::KUBERNETES_VERSION;
use std::fmt::Write as _;

/// What each folder of recordings holds.
const FOLDERS: &[(&str, &str)] = &[
    ("dns", "names looked up in pods, with nslookup, dig and host"),
    ("gate-off", "manifests that come out differently with the feature gates of a stock cluster"),
    ("kubectl", "kubectl's output: lists, watches, descriptions, errors, exit codes"),
    ("scenarios", "rollouts, scaling, failures, deletions: what happens, in which order"),
    ("validation", "manifests: what the API server refuses, warns of, and keeps"),
];

/// What is done differently although no recording shows it, and why.
const UNRECORDED: &[(&str, &str)] = &[
    (
        "a Parallel set makes at most 50 pods in one reconcile, the rest in the next ones at the same moment",
        "one step of the simulation must not keep the page from drawing",
    ),
    (
        "a claim binds at once to a volume that is made after it",
        "the real controller finds it at its next resync, up to 15 seconds later",
    ),
    (
        "the pod garbage collector acts after the average of its delays, and leaves finished pods alone",
        "its rounds have no moment that a history would show; the real one removes finished pods above 12,500",
    ),
    (
        "finalizers and owners in a set's claim templates are not copied to the claims",
        "claims with finalizers of others would never go, as nobody here takes them off",
    ),
    (
        "a refused eviction writes the budget's `InsufficientPods` a moment later, not in the same write",
        "the disruption controller writes it",
    ),
    (
        "protection finalizers that somebody takes off are not put back",
        "the protection controllers act when an object comes or is to go",
    ),
    (
        "volumes with the reclaim policy `Recycle` are released and stay so",
        "the policy is deprecated, and no scrubber pod is simulated",
    ),
    (
        "the events `MultiplePodDisruptionBudgets`, `NotDeleted` and `OwnerRefInvalidNamespace` are not told",
        "what they warn of is handled, only not told",
    ),
    ("EndpointSlices have no topology hints, and Endpoints are not mirrored", "nothing here routes by zones"),
    (
        "`kubectl get --raw` prints fields in the order of their names, and serves objects and lists only",
        "objects are kept as trees",
    ),
    ("there is one CoreDNS; a changed cache setting begins with an empty cache", "as in the walk"),
];

/// One sentence for the README.
pub fn summary(report: &Report) -> String {
    let (passed, failed, skipped) = report.totals(None);
    let all = passed + failed + skipped;
    format!("{passed} of {all} recordings of a real {KUBERNETES_VERSION} control plane are reproduced")
}

/// A README with this summary in the place of the one it has.
pub fn with_summary(readme: &str, report: &Report) -> String {
    let known = r"[0-9]+ of [0-9]+ recordings of a real v[0-9.]+ control plane are reproduced";
    let known = regex_lite::Regex::new(known).expect("a valid pattern");
    known.replace(readme, summary(report).as_str()).into_owned()
}

/// The whole page.
pub fn page(report: &Report) -> String {
    let mut page = String::new();
    let _ = write!(
        page,
        "# Conformance\n\nWritten, with the README's summary of it, by `cargo run -p kubesim-cli -- conformance --write CONFORMANCE.md`; a test \
         keeps it up to date.\n\nOrdinal follows Kubernetes {KUBERNETES_VERSION}. The recordings in `crates/kubesim/tests/golden` were \
         made of a real control plane of that\nversion; the runner plays each one against the simulation and compares every \
         output, every object and the order of what\nhappens. What can't be equal between two runs is folded in one place, \
         `crates/kubesim-cli/src/conformance/fold.rs`.\n\n{}.\n\n| folder | what is recorded | passed | not yet | skipped |\n\
         | --- | --- | ---: | ---: | ---: |\n",
        summary(report)
    );
    for folder in report.folders() {
        let about = FOLDERS.iter().find(|(name, _)| *name == folder).map_or("", |(_, about)| about);
        let (passed, failed, skipped) = report.totals(Some(folder));
        let _ = writeln!(page, "| {folder} | {about} | {passed} | {failed} | {skipped} |");
    }
    let (passed, failed, skipped) = report.totals(None);
    let _ = writeln!(page, "| **all** | | **{passed}** | **{failed}** | **{skipped}** |");
    let files = |wanted: fn(&Verdict) -> Option<&str>| {
        report.files.iter().filter_map(move |(folder, name, verdict)| Some((folder, name, wanted(verdict)?)))
    };
    section(&mut page, "Skipped", "Outside the product.");
    for (folder, name, reason) in files(|verdict| match verdict {
        Verdict::Skipped(reason) => Some(reason),
        _ => None,
    }) {
        let _ = writeln!(page, "- `{folder}/{name}`: {reason}");
    }
    section(
        &mut page,
        "Known deviations",
        "Steps of recordings that pass otherwise, where the simulation answers differently and is not compared.",
    );
    for (file, step, reason) in &report.deviations {
        let _ = writeln!(page, "- `{file}`, {step}: {reason}");
    }
    section(
        &mut page,
        "Known differences that no recording shows",
        "Found by reading Kubernetes' sources, each with its reason.",
    );
    for (what, why) in UNRECORDED {
        let _ = writeln!(page, "- {what}: {why}");
    }
    if failed > 0 {
        section(
            &mut page,
            "Not yet",
            "Recordings that the simulation does not reproduce yet (`crates/kubesim-cli/tests/conformance-pending.txt`).",
        );
        for (folder, name, _) in files(|verdict| matches!(verdict, Verdict::Failed(_)).then_some("")) {
            let _ = writeln!(page, "- `{folder}/{name}`");
        }
    }
    page
}

fn section(page: &mut String, title: &str, about: &str) {
    let _ = write!(page, "\n## {title}\n\n{about}\n\n");
}
