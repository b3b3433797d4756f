//! The scene: a pure function of the store at a moment, of the chronicle of its history, and of the moment.

mod builder;
mod following;
mod lane;
pub mod nodes;
pub mod pod_grid;
mod progress;
mod view;

pub use following::{MADE, ROOM};
pub use view::*;

use crate::explain;
use crate::history::Chronicle;
use crate::history::pod_state::PodState;
use builder::LaneBuilder;
use kubesim::api::stateful_set::{PodManagementPolicy, UpdateStrategy};
use kubesim::kubectl::printers::pod_status;
use kubesim::{History, Key, Kind, Object, SYSTEM_NAMESPACE, SimTime, Span, Store, Uid};
use lane::{next_pod, pods_in_dns};
use messages::{Messages, fill};
use pod_grid::GridCache;
use std::rc::Rc;

/// What the next scene of the same branch takes over from the last one.
#[derive(Default)]
pub struct SceneCache {
    /// The ordinal that the user wants to see as a lane beside the grid.
    pub focus: Option<i32>,
    /// The grid of the last scene.
    grid: Option<GridCache>,
    /// The other pods of the last scene, with its position in the history and the set that they do not belong to.
    others: Option<(usize, Uid, Rc<Vec<OtherPod>>)>,
}

impl SceneCache {
    fn others(&mut self, store: &Store, set: &Object, position: usize) -> Rc<Vec<OtherPod>> {
        match &self.others {
            Some((at, of, others)) if *at == position && *of == set.meta.uid => others.clone(),
            _ => {
                let others = Rc::new(others(store, Some(set)));
                self.others = Some((position, set.meta.uid, others.clone()));
                others
            }
        }
    }
}

/// The set that is on the stage: the one that the user chose, if it is there, or else the first one.
pub fn shown_set(store: &Store, wanted: Option<&Key>) -> Option<Key> {
    let is_set = |key: &&Key| key.kind == Kind::StatefulSet && store.get(key).is_some();
    let chosen = wanted.filter(is_set).cloned();
    chosen.or_else(|| store.list(Kind::StatefulSet).next().map(|set| set.key()))
}

/// The scene at this moment. `wanted` is the set that the user chose, if it is there.
pub fn scene(
    messages: &'static Messages,
    store: &Store,
    chronicle: &Chronicle,
    now: Playhead,
    wanted: Option<&Key>,
    (cache, history, position): (&mut SceneCache, &History, usize),
) -> Scene {
    let sets: Vec<Key> = store.list(Kind::StatefulSet).map(|s| s.key()).collect();
    let set = shown_set(store, wanted).and_then(|key| store.get(&key));
    let Some(set) = set else {
        let why = explain::of_nothing(messages, store);
        return Scene {
            set: None,
            sets,
            why,
            service: None,
            lanes: Vec::new(),
            many: false,
            grid: None,
            others: Rc::new(others(store, None)),
        };
    };
    let nodes = store.list(Kind::Node).filter(|node| !nodes::is_control_plane(node));
    let builder = LaneBuilder {
        messages,
        store,
        chronicle,
        set,
        now,
        nodes: nodes.map(|node| node.meta.name.clone()).collect(),
        in_dns: pods_in_dns(store, set),
        next: next_pod(store, set),
    };
    let why = explain::of_set(messages, store, set);
    let (grid, followed) = GridCache::follow(cache.grid.take(), history, position, store, set);
    cache.grid = followed;
    let lanes = match &grid {
        Some(grid) => builder.whole(grid, cache.focus, why.pod.as_deref()).into_iter().collect(),
        None => builder.lanes(),
    };
    Scene {
        set: Some(SetView { key: set.key(), chips: chips(messages, set) }),
        why,
        service: builder.service(),
        many: lanes.len() >= COMPACT,
        lanes,
        grid,
        others: cache.others(store, set, position),
        sets,
    }
}

fn chips(messages: &Messages, set: &Object) -> Vec<String> {
    let (spec, status) = (&set.stateful_set().spec, &set.stateful_set().status);
    let mut chips = vec![messages.ready_count(status.ready_replicas, spec.replicas)];
    chips.push(match spec.pod_management_policy {
        PodManagementPolicy::OrderedReady => "OrderedReady".into(),
        PodManagementPolicy::Parallel => "Parallel".into(),
    });
    chips.push(match &spec.update_strategy {
        UpdateStrategy::OnDelete => "OnDelete".into(),
        UpdateStrategy::RollingUpdate { partition: 0, .. } => "RollingUpdate".into(),
        UpdateStrategy::RollingUpdate { partition, .. } => {
            fill(messages.partition(), &[("partition", &partition.to_string())])
        }
    });
    if let Some(revision) = &status.update_revision {
        chips.push(match &status.current_revision {
            Some(current) if current != revision => {
                let (updated, replicas) = (status.updated_replicas.to_string(), spec.replicas.to_string());
                let values = [("updated", &*updated), ("replicas", &*replicas), ("revision", &**revision)];
                fill(messages.updated_of(), &values)
            }
            _ => fill(messages.at_revision(), &[("revision", revision)]),
        });
    }
    chips
}

/// The pods beside the set's. The cluster's own are not shown: they are there once somebody has looked at them.
fn others(store: &Store, set: Option<&Object>) -> Vec<OtherPod> {
    let not_of_set = |pod: &&Rc<Object>| {
        &*pod.meta.namespace != SYSTEM_NAMESPACE
            && !set.is_some_and(|set| pod.meta.is_controlled_by(set.meta.uid))
    };
    let view = |pod: &Rc<Object>| OtherPod {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
        state: PodState::of(pod),
        status: pod_status(pod.pod(), &pod.meta),
        node: pod.pod().spec.node_name.clone(),
    };
    store.list(Kind::Pod).filter(not_of_set).map(view).collect()
}

/// The time since `then`, as kubectl's AGE prints it (`duration.HumanDuration`).
pub fn ago(now: SimTime, then: SimTime) -> String {
    Span((now - then).0.max(0)).to_string()
}
