//! A short share of the fuzzing that `cargo xtask fuzz` does at length, and every case that it has found.

use kubesim_cli::fuzz::{Corpus, TARGETS, Target, World};
use std::path::Path;
use std::sync::mpsc;
use std::time::Duration;

/// How long all of a test may take before something hangs.
const PATIENCE: Duration = Duration::from_secs(600);

fn corpus() -> Corpus {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden");
    Corpus::of_recordings(&golden).expect("the recordings can be read")
}

/// Runs it on a thread of its own; panics if it panics or does not come to an end.
fn within_reason(run: impl FnOnce() + Send + 'static) {
    let (done, end) = mpsc::channel();
    let worker = std::thread::spawn(move || {
        run();
        // Nobody listens any more if it took too long.
        let _ = done.send(());
    });
    match end.recv_timeout(PATIENCE) {
        Err(mpsc::RecvTimeoutError::Timeout) => panic!("a case hangs"),
        _ => worker.join().expect("no case panics"),
    }
}

/// Says which case it was, where one panics.
struct Case(String);

impl Drop for Case {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the case was:\n{}", self.0);
        }
    }
}

fn share(target: Target, cases: u64) {
    within_reason(move || {
        let corpus = corpus();
        assert!(corpus.len(target) > 50, "only {} texts for {}", corpus.len(target), target.name());
        let mut world = World::default();
        for n in 0..cases {
            let case = Case(corpus.case(target, 1, n));
            world.try_case(target, &case.0);
        }
    });
}

#[test]
fn manifests_do_no_harm() {
    share(Target::Manifest, 150);
}

#[test]
fn command_lines_do_no_harm() {
    share(Target::Command, 400);
}

#[test]
fn dns_lines_do_no_harm() {
    share(Target::Dns, 3_000);
}

#[test]
fn states_do_no_harm() {
    share(Target::State, 60);
}

#[test]
fn the_same_number_is_the_same_case() {
    let corpus = corpus();
    for target in TARGETS {
        assert_eq!(corpus.case(target, 7, 3), corpus.case(target, 7, 3));
        let cases: std::collections::BTreeSet<String> = (0..50).map(|n| corpus.case(target, 7, n)).collect();
        assert!(cases.len() > 40, "{}: the cases differ", target.name());
    }
}

/// Each file of `tests/found` is a case that did harm once: its name begins with its target.
#[test]
fn found_cases_do_no_harm_any_more() {
    let found = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/found");
    let mut paths: Vec<_> = std::fs::read_dir(found)
        .expect("there is such a folder")
        .map(|entry| entry.expect("it can be read").path())
        .collect();
    paths.sort();
    for path in paths {
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let Some(target) = TARGETS.into_iter().find(|t| name.starts_with(t.name())) else { continue };
        let text = std::fs::read_to_string(&path).expect("it is text");
        within_reason(move || {
            let case = Case(text);
            World::default().try_case(target, &case.0);
        });
    }
}
