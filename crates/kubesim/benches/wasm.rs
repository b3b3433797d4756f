//! `cargo xtask bench`, in the browser: the same as `simulation.rs`, as a Wasm module whose functions the page of
//! crates/page-driver/src/bin/bench.rs calls and takes the time of.
#![allow(
    missing_docs,
    reason = "called from JavaScript: crates/page-driver/src/bin/bench.rs says what it does"
)]

mod workload;

use kubesim::{Moment, Story};
use std::cell::RefCell;
use workload::Rollout;

/// The story that was rolled out last, and a moment of it.
struct Stage {
    rollout: Rollout,
    story: Story,
    moment: Moment,
}

thread_local! {
    static STAGE: RefCell<Option<Stage>> = const { RefCell::new(None) };
}

fn with_stage<T>(act: impl FnOnce(&mut Stage) -> T) -> T {
    STAGE.with_borrow_mut(|stage| act(stage.as_mut().expect("prepare was called before")))
}

/// A cluster with nothing applied.
#[unsafe(no_mangle)]
pub extern "C" fn prepare(replicas: u32, parallel: bool, claims: bool) {
    let rollout = Rollout { replicas, parallel, claims };
    let stage = Stage { rollout, story: rollout.prepare(), moment: Moment::default() };
    STAGE.with_borrow_mut(|place| *place = Some(stage));
}

/// Rolls the set out. Returns the number of writes.
#[unsafe(no_mangle)]
pub extern "C" fn rollout() -> usize {
    with_stage(|stage| stage.rollout.run(&mut stage.story))
}

/// Goes to the `n`th of many places that are far from each other.
#[unsafe(no_mangle)]
pub extern "C" fn seek(n: usize) -> usize {
    with_stage(|stage| workload::seek(&mut stage.moment, &stage.story, n))
}

/// The story again up to this part of its time. Returns the number of writes.
#[unsafe(no_mangle)]
pub extern "C" fn fork(part: f64) -> usize {
    with_stage(|stage| workload::fork(stage.rollout, &stage.story, part).cluster.api.history().len())
}
