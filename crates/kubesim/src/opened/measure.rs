//! How long things took: the medians over the pods that started well, by their own timestamps, which are whole seconds.

use super::state::MadeUp;
use crate::api::pod::{ContainerState, ContainerStatus, condition};
use crate::api::{Key, Object, SimTime, Span, Uid};
use crate::config::Timings;
use std::collections::{BTreeMap, BTreeSet};

/// What took less than a second takes this long.
const UNDER_A_SECOND: Span = Span(300);

/// The usual delays, with those that could be measured in their place; and of how many pods.
pub fn timings<'a>(objects: impl Iterator<Item = &'a Object>, made_up: &[(Key, MadeUp)]) -> (Timings, usize) {
    let made_up: BTreeSet<&Key> = made_up.iter().map(|(key, _)| key).collect();
    let pods =
        objects.filter(|object| object.kind == crate::api::Kind::Pod && !made_up.contains(&object.key()));
    let starts: BTreeMap<Uid, Start> = pods.filter_map(|pod| Some((pod.meta.uid, Start::of(pod)?))).collect();
    let median = |of: &dyn Fn(&Start) -> Option<i64>| {
        let mut all: Vec<i64> = starts.values().filter_map(of).collect();
        collections::sort(&mut all);
        all.get(all.len() / 2).map(|ms| Span(*ms).max(UNDER_A_SECOND))
    };
    let usual = Timings::realistic();
    let timings = Timings {
        sandbox: median(&|start| Some(start.first - start.scheduled)).unwrap_or(usual.sandbox),
        init_run: median(&|start| start.init).unwrap_or(usual.init_run),
        container_start: median(&|start| Some(start.main - start.before_main))
            .unwrap_or(usual.container_start),
        app_start: median(&|start| Some(start.ready - start.main)).unwrap_or(usual.app_start),
        image_check: UNDER_A_SECOND,
        ..usual
    };
    (timings, starts.len())
}

/// How a pod started, in milliseconds of simulated time.
struct Start {
    scheduled: i64,
    first: i64,
    /// How long the longest init container ran.
    init: Option<i64>,
    before_main: i64,
    main: i64,
    ready: i64,
}

impl Start {
    /// How this pod started, if it did well and at once.
    fn of(pod: &Object) -> Option<Start> {
        let status = &pod.pod().status;
        let ready = pod.pod().ready_since()?;
        let scheduled =
            pod.pod().condition(condition::SCHEDULED).map(|condition| condition.last_transition_time)?;
        if status.container_statuses.iter().any(|status| status.restart_count > 0) {
            return None;
        }
        let main = status.container_statuses.iter().filter_map(running_since).max()?;
        let mut inits = Vec::new();
        for status in &status.init_container_statuses {
            if let ContainerState::Terminated(ended) = &status.state {
                inits.push((ended.started_at?, ended.finished_at?));
            }
        }
        let first = inits.first().map_or(main, |(started, _)| *started);
        let before_main = inits.last().map_or(first, |(_, finished)| *finished);
        let is_ordered = scheduled <= first && before_main <= main && main <= ready;
        is_ordered.then(|| Start {
            scheduled: scheduled.0,
            first: first.0,
            init: inits.iter().map(|(started, finished)| (*finished - *started).0).max(),
            before_main: before_main.0,
            main: main.0,
            ready: ready.0,
        })
    }
}

fn running_since(status: &ContainerStatus) -> Option<SimTime> {
    match &status.state {
        ContainerState::Running { started_at } => Some(*started_at),
        _ => None,
    }
}
