//! `kubesim fuzz`: tries mutated manifests, command lines and DNS lines until it is stopped or something does harm.

use super::run;
use kubesim_cli::fuzz::{Corpus, TARGETS, Target, World};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// A case that takes longer hangs.
const HANGS: Duration = Duration::from_secs(60);
/// A case that needs more memory than this, beside what was in use before it, has none to spare.
const MEMORY: usize = 512 << 20;

/// Runs it. Returns whether nothing was found. Errors: arguments or files that can't be read.
#[allow(clippy::disallowed_methods, reason = "wall time says when to stop; the simulation never sees it")]
pub fn fuzz(args: &[String]) -> Result<bool, String> {
    let (mut seconds, mut seed, mut only, mut cases) = (60, 1, None, u64::MAX);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        let mut value = || args.next().cloned().ok_or_else(|| format!("{arg} needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("{arg}: {text} is no number"));
        match arg.as_str() {
            "--seconds" => seconds = number(value()?)?,
            "--seed" => seed = number(value()?)?,
            "--cases" => cases = number(value()?)?,
            "--target" => {
                let name = value()?;
                let target = TARGETS.into_iter().find(|t| t.name() == name);
                only = Some(target.ok_or_else(|| format!("there is no target {name}"))?);
            }
            other => return Err(format!("unknown argument {other}\n{}", super::USAGE)),
        }
    }
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden");
    let mut corpus = Corpus::of_recordings(&golden).map_err(|e| format!("{}: {e}", golden.display()))?;
    corpus.add_folder(&golden.with_file_name("manifests")).map_err(|e| format!("tests/manifests: {e}"))?;
    let end = Instant::now() + Duration::from_secs(seconds);
    let watched = watch();
    let (mut tried, mut found, mut worst) = ([0u64; 3], 0, 0);
    let mut world = World::default();
    for n in 0..cases {
        for (t, target) in TARGETS.into_iter().enumerate().filter(|(_, t)| only.is_none_or(|only| only == *t))
        {
            if Instant::now() >= end {
                return Ok(sum_up(seed, &tried, found, worst));
            }
            // A DNS line is a hundred times as quick as the others.
            let lines = if target == Target::Dns { 50 } else { 1 };
            for n in n * lines..(n + 1) * lines {
                let case = corpus.case(target, seed, n);
                *watched.case.lock().expect("nobody panics with it") = case.clone();
                watched.began.store(watched.clock(), Relaxed);
                let before = run::live();
                run::forget_peak();
                let outcome = catch_unwind(AssertUnwindSafe(|| world.try_case(target, &case)));
                watched.began.store(0, Relaxed);
                tried[t] += 1;
                let used = run::peak().saturating_sub(before);
                worst = worst.max(used);
                if outcome.is_err() || used > MEMORY {
                    found += 1;
                    let what = if outcome.is_err() { "panics" } else { "takes too much memory" };
                    keep(target, seed, n, &case, what);
                    world = World::default();
                }
            }
        }
    }
    Ok(sum_up(seed, &tried, found, worst))
}

fn sum_up(seed: u64, tried: &[u64; 3], found: u64, worst: usize) -> bool {
    for (target, tried) in TARGETS.iter().zip(tried) {
        println!("{:<10} {tried:>9} cases", target.name());
    }
    println!("seed {seed}, {} found, at most {} KiB for one case", found, worst >> 10);
    found == 0
}

/// Leaves a case where the tests will find it.
fn keep(target: Target, seed: u64, n: u64, case: &str, what: &str) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/found");
    let path = folder.join(format!("{}-{seed}-{n}.txt", target.name()));
    eprintln!("FOUND: {} case {n} of seed {seed} {what}; it is kept in {}", target.name(), path.display());
    if let Err(error) = std::fs::create_dir_all(&folder).and_then(|()| std::fs::write(&path, case)) {
        eprintln!("it can't be kept ({error}):\n{case}");
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
                eprintln!("FOUND: this case hangs:\n{case}");
                std::process::exit(1);
            }
        }
    });
    watched
}
