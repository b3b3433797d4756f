//! The observed state of a set in one reconcile, and the questions that its verdict answers: what is waited for, and what is
//! done next. Upstream says some of it in its log.

use super::pod_index::{Look, PodIndex, PodSlot};
use super::revision::Revisions;
use super::utils::*;
use crate::api::pod::{ContainerState, condition};
use crate::api::stateful_set::{StatefulSet, UpdateStrategy};
use crate::api::verdict::Reason;
use crate::api::{Object, SimTime, Str};
use std::ops::Range;

/// What a reconcile sees. Nothing in it changes while the reconcile makes its requests.
#[derive(Clone, Copy)]
pub struct Observed<'a> {
    pub set: &'a Object,
    /// The same, typed.
    pub sts: &'a StatefulSet,
    /// The set's pods.
    pub pods: &'a PodIndex,
    /// The current and the update revision.
    pub revisions: &'a Revisions,
    /// The present.
    pub now: SimTime,
    /// Whether pods wait for each other (`podManagementPolicy: OrderedReady`).
    pub monotonic: bool,
    /// Whether the feature gate MaxUnavailableStatefulSet is on.
    pub max_unavailable_gate: bool,
}

impl<'a> Observed<'a> {
    /// The ordinals of the set's replicas.
    pub fn ordinals(&self) -> Range<i32> {
        wanted_ordinals(self.sts)
    }

    /// The name of the pod with this ordinal.
    pub fn name(&self, ordinal: i32) -> Str {
        pod_name(&self.set.meta.name, ordinal).into()
    }

    /// Whether a slot has no pod that is available. Models `isUnavailable`.
    pub fn is_unavailable(&self, slot: PodSlot) -> bool {
        slot.pod.is_none_or(|pod| is_unavailable(pod, self.sts.spec.min_ready_seconds, self.now))
    }

    /// The first slot without an available pod: by ordinal among the replicas, else the lowest of the condemned.
    pub fn first_unavailable(&self) -> Option<PodSlot<'a>> {
        let is_unavailable = |slot: &PodSlot| self.is_unavailable(*slot);
        let replica = self.pods.replicas(self.ordinals(), Look::Unhealthy).find(is_unavailable);
        replica.or_else(|| {
            let condemned = self.pods.condemned(self.ordinals(), Look::Unhealthy);
            condemned.filter(is_unavailable).last()
        })
    }

    /// How many replicas are missing or not available.
    pub fn unavailable_replicas(&self) -> usize {
        let unhealthy = self.pods.unhealthy(self.ordinals());
        let unavailable = unhealthy.filter(|slot| self.is_unavailable(*slot)).count();
        unavailable + self.pods.count_missing(self.ordinals())
    }

    /// The ordinals that a rolling update is about; `None` with the strategy OnDelete.
    pub fn update_targets(&self) -> Option<Range<i32>> {
        let UpdateStrategy::RollingUpdate { partition, .. } = self.sts.spec.update_strategy else {
            return None;
        };
        let Range { start, end } = self.ordinals();
        Some(start + partition.clamp(0, (end - start).max(0))..end)
    }

    /// Whether a rolling update deletes the pod, once it is the pod's turn.
    pub fn is_to_be_replaced(&self, pod: &Object) -> bool {
        pod_revision(pod) != &*self.revisions.update.meta.name && !pod.meta.is_terminating()
    }

    /// The pod that a rolling update replaces next.
    pub fn next_outdated(&self) -> Option<Str> {
        let mut outdated = self.pods.outdated(self.update_targets()?).rev();
        outdated.find(|pod| !pod.meta.is_terminating()).map(|pod| pod.meta.name.clone())
    }

    /// The pod that is deleted next in scaling down, other than this one.
    pub fn next_condemned(&self, except: &str) -> Option<Str> {
        let condemned = self.pods.condemned(self.ordinals(), Look::All);
        let mut names = condemned.filter_map(|slot| slot.pod).map(|pod| &pod.meta.name);
        names.find(|name| ***name != *except).cloned()
    }

    /// The pod whose turn it is after a replica, where pods wait for each other: the next one that is missing, to be scaled
    /// away, or to be replaced.
    pub fn next_after(&self, ordinal: i32) -> Option<Str> {
        if !self.monotonic {
            return None;
        }
        if let Some(missing) = self.pods.first_missing(ordinal + 1..self.ordinals().end) {
            return Some(self.name(missing));
        }
        let name = self.name(ordinal);
        let next = self.next_condemned("").or_else(|| self.next_outdated());
        next.filter(|next| *next != name)
    }

    /// What a slot is waited for, if it is: for its pod to be gone, to be Ready, to have been Ready long enough. `next` says
    /// which pod waits.
    pub fn waits_for(&self, slot: PodSlot, next: fn(&Self, i32) -> Option<Str>) -> Option<Reason> {
        let next = || next(self, slot.ordinal);
        let Some(pod) = slot.pod else {
            return Some(Reason::WaitingForReady { pod: self.name(slot.ordinal), next: next() });
        };
        let name = pod.meta.name.clone();
        if pod.meta.is_terminating() {
            return Some(Reason::WaitingForTermination { pod: name, next: next() });
        }
        if !is_running_and_ready(pod) {
            return Some(if self.is_to_be_replaced(pod) && cannot_start(pod) {
                Reason::StuckUpdate { pod: name }
            } else {
                Reason::WaitingForReady { pod: name, next: next() }
            });
        }
        let min_ready_seconds = self.sts.spec.min_ready_seconds;
        let is_available = is_available(pod, min_ready_seconds, self.now);
        (!is_available).then(|| Reason::WaitingForAvailable { pod: name, min_ready_seconds, next: next() })
    }

    /// What is still to come, when there is nothing to do: the first replica that is not available, or nothing.
    pub fn outlook(&self) -> Reason {
        let unhealthy = self.pods.unhealthy(self.ordinals());
        let waited_for = unhealthy.filter_map(|slot| self.waits_for(slot, |_, _| None)).next();
        let missing = || self.pods.first_missing(self.ordinals());
        waited_for
            .or_else(|| missing().map(|ordinal| Reason::Created { pod: self.name(ordinal) }))
            .unwrap_or(Reason::Settled)
    }

    /// With the strategy OnDelete: that pods of another revision stay until somebody deletes them, if there are any.
    pub fn on_delete(&self) -> Option<Reason> {
        match self.pods.outdated(self.ordinals()).count() {
            0 => None,
            outdated => Some(Reason::OnDelete { outdated: outdated as i32 }),
        }
    }

    /// That the partition holds pods back, if it does; `first` is the first ordinal that it does not hold.
    pub fn held_by_partition(&self, first: i32) -> Option<Reason> {
        let UpdateStrategy::RollingUpdate { partition, .. } = self.sts.spec.update_strategy else {
            return None;
        };
        let below = self.ordinals().start..first;
        // A pod that was just created below the partition is of the current revision.
        let created = if self.revisions.current.meta.name == self.revisions.update.meta.name {
            0
        } else {
            self.pods.count_missing(below.clone())
        };
        match self.pods.outdated(below).count() + created {
            0 => None,
            held => Some(Reason::HeldByPartition { partition, held: held as i32 }),
        }
    }

    /// What an update waits for while as many replicas are unavailable as may be.
    pub fn held_by_max_unavailable(&self, max_unavailable: usize) -> Option<Reason> {
        let slots = self.pods.replicas(self.ordinals(), Look::Unhealthy);
        let last = slots.rev().find(|slot| self.is_unavailable(*slot))?;
        match self.next_outdated() {
            None => self.waits_for(last, |_, _| None),
            Some(next) => {
                let pod = self.name(last.ordinal);
                Some(Reason::HeldByMaxUnavailable { pod, max_unavailable, next })
            }
        }
    }

    /// That a rolling update waits for a pod only because the API server dropped `maxUnavailable`, if that is so. A pod that
    /// can't start holds up the update either way.
    pub fn max_unavailable_dropped(&self, reason: &Reason) -> Option<Reason> {
        let (Reason::WaitingForReady { pod, next: Some(next) }
        | Reason::WaitingForAvailable { pod, next: Some(next), .. }
        | Reason::WaitingForTermination { pod, next: Some(next) }) = reason
        else {
            return None;
        };
        if self.max_unavailable_gate || self.next_outdated().as_ref() != Some(next) {
            return None;
        }
        let max_unavailable =
            applied_max_unavailable(self.set).filter(|most| *most > self.unavailable_replicas())?;
        let may_start = self.pod_named(pod).is_none_or(|pod| !cannot_start(pod));
        may_start.then(|| Reason::MaxUnavailableDropped {
            pod: pod.clone(),
            max_unavailable,
            next: next.clone(),
        })
    }

    /// When time alone ends what is waited for.
    pub fn until(&self, reason: &Reason) -> Option<SimTime> {
        match reason {
            Reason::WaitingForAvailable { pod, .. } => {
                let at = self.pod_named(pod)?.pod().available_at(self.sts.spec.min_ready_seconds);
                at.filter(|at| *at > self.now)
            }
            Reason::WaitingForTermination { pod, .. } => self.pod_named(pod)?.meta.deletion_timestamp,
            _ => None,
        }
    }

    fn pod_named(&self, name: &str) -> Option<&'a Object> {
        let (_, ordinal) = parent_and_ordinal(name)?;
        self.pods.get(ordinal).map(|pod| &**pod)
    }
}

/// Whether the pod can't become Ready without somebody's help: an image that can't be pulled, a container that crashes,
/// no node that takes it.
fn cannot_start(pod: &Object) -> bool {
    let pod = pod.pod();
    let unschedulable = pod.condition(condition::SCHEDULED).is_some_and(|c| c.status == Some(false));
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let waits_in_vain = |state: &ContainerState| match state {
        ContainerState::Waiting { reason, .. } => reason.ends_with("BackOff") || reason.starts_with("Err"),
        _ => false,
    };
    unschedulable || statuses.into_iter().any(|s| waits_in_vain(&s.state) || s.restart_count > 0)
}
