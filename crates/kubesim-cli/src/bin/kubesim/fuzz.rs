//! `kubesim fuzz`: tries mutated manifests, command lines, DNS lines and clusters' states until its time is over.

use crate::memory;
use crate::output::{Result, remark};
use crate::progress::Progress;
use clap::builder::PossibleValuesParser;
use kubesim_cli::fuzz::{Corpus, TARGETS, Target, World};
use std::io::{Write, stdout};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A case that takes longer hangs.
const HANGS: Duration = Duration::from_secs(60);
/// A case that needs more memory than this, beside what was in use before it, has none to spare.
const MEMORY: usize = 512 << 20;

/// Try mutations of the recordings' manifests, commands, DNS lines and clusters' states
///
/// What panics, hangs or takes too much memory is kept in crates/kubesim-cli/tests/found of the sources.
#[derive(clap::Args)]
pub struct Args {
    /// For how long
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,
    /// At most so many cases of each target
    #[arg(long, value_name = "N", default_value_t = u64::MAX, hide_default_value = true)]
    cases: u64,
    /// Which cases: the same number of the same seed is the same case
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// What is tried, if not all of them
    #[arg(long, value_parser = PossibleValuesParser::new(TARGETS.map(Target::name)))]
    target: Option<String>,
}

/// Fuzzes. Returns whether nothing was found.
#[allow(clippy::disallowed_methods, reason = "wall time says when to stop; the simulation never sees it")]
pub fn run(args: &Args) -> Result<bool> {
    let seed = args.seed;
    let chosen = |target: &Target| args.target.as_ref().is_none_or(|name| target.name() == name);
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden");
    let mut corpus = Corpus::of_recordings(&golden).map_err(|e| format!("{}: {e}", golden.display()))?;
    corpus.add_folder(&golden.with_file_name("manifests")).map_err(|e| format!("tests/manifests: {e}"))?;
    let end = Instant::now() + Duration::from_secs(args.seconds);
    let watched = watch();
    let (mut tried, mut found, mut worst) = ([0u64; TARGETS.len()], 0, 0);
    let mut world = World::default();
    let mut progress = Progress::new();
    'cases: for n in 0..args.cases {
        for (t, target) in TARGETS.into_iter().enumerate().filter(|(_, target)| chosen(target)) {
            if Instant::now() >= end {
                break 'cases;
            }
            progress.show(|| format!("{} cases, {found} found", tried.iter().sum::<u64>()));
            // A DNS line is a hundred times as quick as the others.
            let lines = if target == Target::Dns { 50 } else { 1 };
            for n in n * lines..(n + 1) * lines {
                let case = corpus.case(target, seed, n);
                *watched.case.lock().expect("nobody panics with it") = case.clone();
                watched.began.store(watched.clock(), Relaxed);
                let before = memory::live();
                memory::forget_peak();
                let outcome = catch_unwind(AssertUnwindSafe(|| world.try_case(target, &case)));
                watched.began.store(0, Relaxed);
                tried[t] += 1;
                let used = memory::peak().saturating_sub(before);
                worst = worst.max(used);
                if outcome.is_err() || used > MEMORY {
                    found += 1;
                    progress.clear();
                    let what = if outcome.is_err() { "panics" } else { "takes too much memory" };
                    keep(target, seed, n, &case, what);
                    world = World::default();
                }
            }
        }
    }
    drop(progress);
    sum_up(seed, &tried, found, worst)
}

/// Prints what came of it. Returns whether nothing was found.
fn sum_up(seed: u64, tried: &[u64; TARGETS.len()], found: u64, worst: usize) -> Result<bool> {
    let mut out = stdout().lock();
    for (target, tried) in TARGETS.iter().zip(tried) {
        writeln!(out, "{:<10} {tried:>9} cases", target.name())?;
    }
    writeln!(out, "seed {seed}, {found} found, at most {} KiB for one case", worst >> 10)?;
    Ok(found == 0)
}

/// Leaves a case where the tests will find it.
fn keep(target: Target, seed: u64, n: u64, case: &str, what: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/found");
    let path = folder.join(format!("{}-{seed}-{n}.txt", target.name()));
    let name = target.name();
    remark(&format!("FOUND: {name} case {n} of seed {seed} {what}; it is kept in {}", path.display()));
    if let Err(error) = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, case)) {
        remark(&format!("it can't be kept ({error}):\n{case}"));
    }
}

/// What the watching thread knows of the case that is being tried.
struct Watched {
    start: Instant,
    /// Milliseconds since the start, at least 1; 0 when none is being tried.
    began: AtomicU64,
    case: Mutex<String>,
}

impl Watched {
    fn clock(&self) -> u64 {
        self.start.elapsed().as_millis() as u64 + 1
    }
}

/// Starts a thread that ends the program when a case hangs.
#[allow(clippy::disallowed_methods, reason = "a hang is a matter of wall time")]
fn watch() -> Arc<Watched> {
    let watched =
        Arc::new(Watched { start: Instant::now(), began: AtomicU64::new(0), case: Mutex::default() });
    let theirs = watched.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(Duration::from_millis(500));
            let began = theirs.began.load(Relaxed);
            if began != 0 && u128::from(theirs.clock() - began) > HANGS.as_millis() {
                let case = theirs.case.lock().expect("nobody panics with it");
                remark(&format!("FOUND: this case hangs:\n{case}"));
                std::process::exit(1);
            }
        }
    });
    watched
}
