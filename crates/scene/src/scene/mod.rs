//! What is shown, and where: a pure function of the world at a moment, of what the page remembers, and of the moment.

mod builder;
mod following;
mod lane;
pub mod pod_grid;
mod progress;
mod view;

pub use following::{MADE, ROOM};
pub use view::*;

use crate::explain as why;
use crate::history::Chronicle;
use crate::history::pod_state::PodState;
use crate::messages::Words;
use builder::Look;
use kubesim::api::stateful_set::{PodManagementPolicy, UpdateStrategy};
use kubesim::api::{Key, Kind, Object, SimTime, Span, Uid};
use kubesim::apiserver::{History, Store};
use kubesim::kubectl::printers::pod_status;
use lane::{next_pod, pods_in_dns};
use pod_grid::Seen;
use std::rc::Rc;

/// How a crowd is looked at.
#[derive(Default)]
pub struct Glass {
    /// The place that the user wants to see whole.
    pub lens: Option<i32>,
    /// The crowd as it was seen last.
    seen: Option<Seen>,
    /// The pods of others as they were seen last, after how many writes, and of which set they are not.
    others: Option<(usize, Uid, Rc<Vec<OtherPod>>)>,
}

impl Glass {
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
    words: &'static Words,
    store: &Store,
    chronicle: &Chronicle,
    now: Playhead,
    wanted: Option<&Key>,
    (glass, history, position): (&mut Glass, &History, usize),
) -> Scene {
    let sets: Vec<Key> = store.list(Kind::StatefulSet).map(|s| s.key()).collect();
    let set = shown_set(store, wanted).and_then(|key| store.get(&key));
    let Some(set) = set else {
        let why = why::of_nothing(words, store);
        return Scene {
            set: None,
            sets,
            why,
            service: None,
            lanes: Vec::new(),
            many: false,
            crowd: None,
            others: Rc::new(others(store, None)),
        };
    };
    let nodes =
        store.list(Kind::Node).filter(|n| !n.node().taints.iter().any(|t| t.key.ends_with("control-plane")));
    let look = Look {
        words,
        store,
        chronicle,
        set,
        now,
        nodes: nodes.map(|node| node.meta.name.clone()).collect(),
        in_dns: pods_in_dns(store, set),
        next: next_pod(store, set),
    };
    let why = why::of_set(words, store, set);
    let (crowd, seen) = Seen::look(glass.seen.take(), history, position, store, set);
    glass.seen = seen;
    let lanes = match &crowd {
        Some(crowd) => look.whole(crowd, glass.lens, why.pod.as_deref()).into_iter().collect(),
        None => look.lanes(),
    };
    Scene {
        set: Some(SetView { key: set.key(), chips: chips(set) }),
        why,
        service: look.service(),
        many: lanes.len() >= COMPACT,
        lanes,
        crowd,
        others: glass.others(store, set, position),
        sets,
    }
}

fn chips(set: &Object) -> Vec<String> {
    let (spec, status) = (&set.stateful_set().spec, &set.stateful_set().status);
    let mut chips = vec![format!("{}/{} ready", status.ready_replicas, spec.replicas)];
    chips.push(match spec.pod_management_policy {
        PodManagementPolicy::OrderedReady => "OrderedReady".into(),
        PodManagementPolicy::Parallel => "Parallel".into(),
    });
    chips.push(match &spec.update_strategy {
        UpdateStrategy::OnDelete => "OnDelete".into(),
        UpdateStrategy::RollingUpdate { partition: 0, .. } => "RollingUpdate".into(),
        UpdateStrategy::RollingUpdate { partition, .. } => format!("partition {partition}"),
    });
    if let Some(revision) = &status.update_revision {
        chips.push(match &status.current_revision {
            Some(current) if current != revision => {
                format!("{}/{} at {revision}", status.updated_replicas, spec.replicas)
            }
            _ => format!("rev {revision}"),
        });
    }
    chips
}

fn others(store: &Store, set: Option<&Object>) -> Vec<OtherPod> {
    let not_of_set = |pod: &&Rc<Object>| !set.is_some_and(|set| pod.meta.is_controlled_by(set.meta.uid));
    let view = |pod: &Rc<Object>| OtherPod {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
        state: PodState::of(pod),
        status: pod_status(pod.pod(), &pod.meta),
    };
    store.list(Kind::Pod).filter(not_of_set).map(view).collect()
}

/// How long ago, as kubectl prints ages.
pub fn ago(now: SimTime, then: SimTime) -> String {
    Span((now - then).0.max(0)).to_string()
}
