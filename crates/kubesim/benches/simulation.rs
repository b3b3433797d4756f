//! `cargo xtask bench`, natively: rollouts of growing sets, going about in their histories, and opening what a real cluster of that
//! size printed.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock; the simulation does not")]

mod workload;

use kubesim::{Input, Moment, Nameless, Opened, Opening, Story};
use std::alloc::{GlobalAlloc, Layout, System};
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::time::{Duration, Instant};
use workload::Rollout;

/// Counts the bytes that are in use, and the most that ever were.
struct Counting;

static USED: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);

// SAFETY: every call goes to the system's allocator as it came; only numbers are kept beside.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let used = USED.fetch_add(layout.size(), Relaxed) + layout.size();
        PEAK.fetch_max(used, Relaxed);
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        USED.fetch_sub(layout.size(), Relaxed);
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Sizes, and the largest of those that are run in order.
const SIZES: [u32; 4] = [3, 100, 1_000, 10_000];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|a| a != "--bench").collect();
    let largest = arguments.iter().find_map(|a| a.parse().ok()).unwrap_or(10_000);
    let only = arguments.iter().find(|a| a.parse::<u32>().is_err());
    if only.is_none_or(|only| "open".contains(only.as_str())) {
        open(largest.min(1_000) as usize);
    }
    println!(
        "{:<28} {:>9} {:>10} {:>9} {:>9} {:>10} {:>8}",
        "rollout", "events", "wall", "per event", "growth", "peak", "per entry"
    );
    for (parallel, claims) in [(false, false), (false, true), (true, false), (true, true)] {
        let mut before: Option<f64> = None;
        for replicas in SIZES.into_iter().filter(|n| *n <= largest) {
            let rollout = Rollout { replicas, parallel, claims };
            if only.is_some_and(|only| !name(rollout).contains(only.as_str())) {
                continue;
            }
            before = Some(measure(rollout, before));
        }
    }
}

/// Opens a real cluster's state of so many pods, and a recording of ten events for each, in the steps between which a page answers:
/// how long all takes, and the longest step.
fn open(pods: usize) {
    let texts = [
        ("state", seed_walk::crowd::state(pods)),
        ("state in JSON", seed_walk::crowd::state_in_json(pods)),
        ("recording", seed_walk::crowd::recording(10 * pods)),
    ];
    for (name, text) in texts {
        let size = text.len() as f64 / 1e6;
        let mut opening = Opening::new([(name.to_owned(), text)]).expect("it can be read");
        let read = in_steps(|| opening.step().expect("it can be read"));
        let opened = Rc::new(opening.finish().expect("a state"));
        let mut story = Story::new(Opened::world());
        story.input(Input::Open(opened.clone()));
        let begun = in_steps(|| {
            let goes_on = story.simulated_from().is_none();
            goes_on && story.step()
        });
        let seen = in_steps(|| {
            let goes_on = story.next_at().is_some_and(|at| at <= opened.seen_until());
            goes_on && !opened.seen.is_empty() && story.step()
        });
        let mut moment = Moment::default();
        let sought = in_steps_of(50, |n| {
            std::hint::black_box(workload::seek(&mut moment, &story, n));
        });
        let explained = in_steps_of(50, |n| {
            workload::seek(&mut moment, &story, n);
            let at = story.cluster.api.history().entries().get(moment.position.saturating_sub(1));
            let at = at.map_or(story.now(), |entry| entry.at);
            std::hint::black_box(story.explained(&moment.store, moment.position, at));
        });
        let mut nameless = Nameless::new(&opened);
        let renamed = in_steps(|| nameless.step());
        println!(
            "open a {name} of {pods} pods, {size:.1} MB: read {read}; begin {begun}; see {seen}; seek {sought}; \
             seek and explain {explained}; rename {renamed}"
        );
    }
}

/// Does steps until there are no more: how many, how long all took, and the longest.
fn in_steps(mut step: impl FnMut() -> bool) -> String {
    let mut times = Vec::new();
    loop {
        let start = Instant::now();
        let goes_on = step();
        times.push(start.elapsed());
        if !goes_on {
            break;
        }
    }
    told(&times)
}

fn in_steps_of(count: usize, mut step: impl FnMut(usize)) -> String {
    let one = |n: usize| {
        let start = Instant::now();
        step(n);
        start.elapsed()
    };
    told(&(0..count).map(one).collect::<Vec<Duration>>())
}

fn told(times: &[Duration]) -> String {
    let longest = times.iter().max().copied().unwrap_or_default();
    format!("{} in {} steps, the longest {}", shown(times.iter().sum()), times.len(), shown(longest))
}

fn name(rollout: Rollout) -> String {
    let policy = if rollout.parallel { "Parallel" } else { "OrderedReady" };
    format!("{policy}{} {}", if rollout.claims { " claims" } else { "" }, rollout.replicas)
}

/// Runs it, prints what it took, and returns the time per event in nanoseconds.
fn measure(rollout: Rollout, before: Option<f64>) -> f64 {
    let mut times = Vec::new();
    let (mut events, mut peak, mut kept) = (0, 0, 0);
    let mut last = None;
    // The best of several, as the machine may be busy with other things.
    for _ in 0..(3_000 / rollout.replicas).clamp(1, 10) {
        drop(last.take());
        let mut story = rollout.prepare();
        let empty = USED.load(Relaxed);
        PEAK.store(empty, Relaxed);
        let start = Instant::now();
        events = rollout.run(&mut story);
        times.push(start.elapsed());
        (peak, kept) = (PEAK.load(Relaxed) - empty, USED.load(Relaxed) - empty);
        last = Some(story);
    }
    let wall = *times.iter().min().expect("it ran");
    let per_event = wall.as_secs_f64() * 1e9 / events as f64;
    println!(
        "{:<28} {events:>9} {:>10} {:>6.0} ns {:>9} {:>7.1} MB {:>6} B",
        name(rollout),
        shown(wall),
        per_event,
        before.map_or(String::new(), |before| format!("{:.2}×", per_event / before)),
        peak as f64 / 1e6,
        kept / events
    );
    if let (Some(story), true) = (last, rollout.replicas >= 1_000) {
        let mut moment = Moment::default();
        let mut seeks: Vec<Duration> = (0..50)
            .map(|n| {
                let start = Instant::now();
                std::hint::black_box(workload::seek(&mut moment, &story, n));
                start.elapsed()
            })
            .collect();
        seeks.sort();
        let fork = Instant::now();
        let half = workload::fork(rollout, &story, 0.5);
        let fork = fork.elapsed();
        let replay = Instant::now();
        let again = workload::fork(rollout, &story, 1.0);
        let replay = replay.elapsed();
        assert_eq!(again.cluster.api.history().len(), story.cluster.api.history().len());
        println!(
            "    seek {} (middle), {} (longest); fork at the middle {} ({} events); replay {}",
            shown(seeks[seeks.len() / 2]),
            shown(seeks[seeks.len() - 1]),
            shown(fork),
            half.cluster.api.history().len(),
            shown(replay)
        );
    }
    per_event
}

fn shown(time: Duration) -> String {
    let ms = time.as_secs_f64() * 1e3;
    if ms < 10.0 { format!("{ms:.2} ms") } else { format!("{ms:.0} ms") }
}
