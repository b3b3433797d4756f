//! The StatefulSet controller. Models `pkg/controller/statefulset` of Kubernetes 1.36.
//!
//! | here | upstream |
//! | --- | --- |
//! | this file: which sets to look at, which pods are a set's own | `stateful_set.go` |
//! | [`control`]: what to do next, a ladder of guard clauses | `stateful_set_control.go` |
//! | [`observed`]: what is waited for, for the verdict | its log |
//! | [`pod_index`]: a set's pods, kept between two reconciles | its informers |
//! | [`ordinals`]: sets of ordinals | `pkg/util/sets` |
//! | [`pod_control`]: making and deleting pods and claims, with events | `stateful_pod_control.go` |
//! | [`revision`]: the history of templates | `stateful_set_utils.go`, `pkg/controller/history` |
//! | [`utils`]: one-line questions | `stateful_set_utils.go` |

mod control;
mod observed;
mod ordinals;
mod pod_control;
mod pod_index;
pub mod revision;
pub mod utils;

pub(crate) use pod_control::new_pod;

use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind};
use crate::apiserver::Store;
use crate::component::ref_manager::is_new_orphan;
use crate::component::{Context, Outcome, WatchEvent};
use std::collections::BTreeMap;

pub use pod_index::PodIndex;

/// Says which sets have to be looked at because of this change: the set itself, the set that manages a pod, and for a
/// pod that nobody manages every set that could adopt it.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    const ME: Component = Component::StatefulSetController;
    match change.key.kind {
        Kind::StatefulSet => add(ME, change.key.clone()),
        Kind::Pod => {
            crate::component::add_controller_of(change, Kind::StatefulSet, ME, add);
            let Some(orphan) = change.after.filter(|pod| is_new_orphan(change.before, pod)) else { return };
            for set in store.list_in(Kind::StatefulSet, &orphan.meta.namespace) {
                if set.stateful_set().spec.selector.matches(&orphan.meta.labels) {
                    add(ME, set.key());
                }
            }
        }
        _ => {}
    }
}

/// The pods of each set.
pub type Memory = BTreeMap<Key, PodIndex>;

/// Reconciles a set. Models `stateful_set.go: sync`.
pub fn sync(context: &mut Context, memory: &mut Memory, key: &Key) -> Outcome {
    let Some(set) = context.store().get(key).cloned() else {
        context.api.set_verdict(Component::StatefulSetController, key, None, None);
        memory.remove(key);
        return Outcome::DONE;
    };
    let pods = memory.entry(key.clone()).or_default();
    match control::update_stateful_set(context.api, &set, pods) {
        Ok(next) => {
            let control::Next { reason, until, requeue_at } = next;
            context.api.set_verdict(Component::StatefulSetController, key, Some(reason), until);
            Outcome { requeue_at, failed: false }
        }
        Err(error) => {
            // What comes after the first line is a difference of objects.
            let message = error.message.lines().next().unwrap_or_default();
            let reason = if set.meta.is_terminating() {
                Reason::BeingDeleted
            } else {
                Reason::Failed { message: message.into() }
            };
            context.api.set_verdict(Component::StatefulSetController, key, Some(reason), None);
            Outcome::FAILED
        }
    }
}
