//! The scheduler. Models `pkg/scheduler` with its default plugins: finds the nodes that a pod can run on, takes the best
//! of them, has the pod's unbound claims provisioned there, and binds the pod to the node once they are bound.
//!
//! Not simulated: scoring beyond what is listed at `plugins::rank`, extenders; of preemption what `preemption` says.

mod plugins;
mod preemption;
mod schedule_one;
mod types;

use crate::api::read::get;
use crate::api::verdict::Component;
use crate::api::volume::VolumePhase;
use crate::api::{Key, Kind, Object};
use crate::apiserver::Store;
use crate::component::WatchEvent;

pub(crate) use plugins::any_term_matches;
pub use schedule_one::refusals;
pub(crate) use schedule_one::sync;
pub use types::NodeRefusal;

use types::is_pending;

/// Says which pods have to be looked at because of this change. Models the queueing hints of the plugins.
pub(crate) fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    let (before, after) = (change.before, change.after);
    // Those that were not looked at yet are in the queue anyway.
    let mut unschedulable = |matters: fn(&Object) -> bool| {
        for pod in store.unschedulable_pods().filter(|p| is_pending(p) && matters(p)) {
            add(Component::Scheduler, pod.key());
        }
    };
    match change.key.kind {
        Kind::Pod => {
            let holds = |o: Option<&Object>| {
                o.is_some_and(|o| o.pod().spec.node_name.is_some() && !o.pod().is_terminal())
            };
            match (holds(before), holds(after)) {
                // What it held is free.
                (true, false) => unschedulable(|_| true),
                // Another pod on a node only helps those that want to be with it, or spread evenly.
                (false, true) => unschedulable(looks_at_other_pods),
                _ => {}
            }
            if after.is_some_and(is_pending) {
                add(Component::Scheduler, change.key.clone());
            }
        }
        Kind::Node => {
            let offer = |o: &Object| {
                let n = o.node();
                (
                    n.unschedulable,
                    n.taints.clone(),
                    n.cpu_millis,
                    n.memory_bytes,
                    n.pods,
                    ["allocatable", "capacity"].map(|list| get(get(&n.raw, "status"), list).clone()),
                    o.meta.labels.clone(),
                )
            };
            if before.map(offer) != after.map(offer) {
                unschedulable(|_| true);
            }
        }
        Kind::StorageClass => unschedulable(|_| true),
        Kind::PersistentVolume => {
            let available =
                |o: Option<&Object>| o.is_some_and(|o| o.volume().phase == VolumePhase::Available);
            if !available(before) && available(after) {
                unschedulable(|_| true);
            }
        }
        Kind::PersistentVolumeClaim => {
            for pod in store.pods_with_claim(change.key).filter(|p| is_pending(p)) {
                add(Component::Scheduler, pod.key());
            }
        }
        _ => {}
    }
}

/// Whether where the pod may go depends on where other pods are.
fn looks_at_other_pods(pod: &Object) -> bool {
    let raw = &pod.pod().spec.raw;
    !get(get(raw, "affinity"), "podAffinity").is_null() || !get(raw, "topologySpreadConstraints").is_null()
}
