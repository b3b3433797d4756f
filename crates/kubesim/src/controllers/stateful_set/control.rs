//! What to do next for a set. Models `pkg/controller/statefulset/stateful_set_control.go`, function by function; where a
//! reconcile exits, the reason is a value. What upstream goes through pod by pod is asked of a [`PodIndex`].

use super::observed::Observed;
use super::pod_control;
use super::pod_index::{Look, PodIndex, PodSlot};
use super::revision::{self, Revisions};
use super::utils::*;
use crate::api::stateful_set::{PodTemplate, StatefulSet, StatefulSetStatus, UpdateStrategy};
use crate::api::status::ApiError;
use crate::api::verdict::{DeleteReason, Reason};
use crate::api::{Object, PodPhase, SimTime};
use crate::apiserver::ApiServer;
use std::ops::Range;
use std::rc::Rc;

/// How a reconcile ended.
pub struct Next {
    /// What was done, or what is waited for.
    pub reason: Reason,
    /// When time alone changes that.
    pub until: Option<SimTime>,
    /// When to look again.
    pub requeue_at: Option<SimTime>,
}

/// The most pods that one reconcile creates where pods don't wait for each other; the others are created at the same moment,
/// by the reconciles that follow. Upstream creates all in one that takes a while; here that would be one step of the
/// simulation, and the page would stand still for it.
const MAX_CREATED: usize = 50;

/// The most pods that are processed before the first error counts (upstream's `MaxBatchSize`).
const MAX_BATCH_SIZE: usize = 500;

/// Whether a reconcile goes on after a pod.
enum Step {
    Continue,
    /// It exits. Without a reason, the verdict says what is still to come.
    Exit(Option<Reason>),
}

impl Step {
    fn exit(reason: Reason) -> Result<Step, ApiError> {
        Ok(Step::Exit(Some(reason)))
    }
}

/// One reconcile of one set.
struct Control<'a> {
    api: &'a mut ApiServer,
    observed: Observed<'a>,
    /// The current revision's template, once it was needed.
    current_template: Option<Rc<PodTemplate>>,
    /// How many pods were created.
    created: usize,
    /// Ordinals whose pods need no look until something is written.
    clean: Vec<i32>,
}

/// Looks at a set, does the next thing, writes the status and trims the history. Models `UpdateStatefulSet`. Errors: what
/// the API server refused.
pub fn update_stateful_set(
    api: &mut ApiServer,
    set: &Rc<Object>,
    pods: &mut PodIndex,
) -> Result<Next, ApiError> {
    pods.claim_pods(api, set)?;
    let revisions = pods.revisions(api, set)?;
    pods.check(api, set);
    let result = perform_update(api, set, pods, &revisions);
    let truncated = revision::truncate_history(api, set, &|name| pods.uses_revision(name), &revisions);
    result.and_then(|next| truncated.map(|()| next))
}

/// Models `performUpdate`.
fn perform_update(
    api: &mut ApiServer,
    set: &Object,
    pods: &mut PodIndex,
    revisions: &Revisions,
) -> Result<Next, ApiError> {
    let sts = set.stateful_set();
    let observed = Observed {
        set,
        sts,
        pods,
        revisions,
        now: api.now,
        monotonic: !allows_burst(sts),
        max_unavailable_gate: api.gates.max_unavailable_stateful_set,
    };
    let mut control = Control { api, observed, current_template: None, created: 0, clean: Vec::new() };
    let (status, result) = control.update_stateful_set();
    let Control { created, clean, .. } = control;
    let requeue_at = if created >= MAX_CREATED { Some(api.now) } else { pods.next_available_at() };
    let next = result.map(|reason| Next {
        until: observed.until(&reason),
        reason: observed.max_unavailable_dropped(&reason).unwrap_or(reason),
        requeue_at,
    });
    pods.mark_clean(&clean);
    let written = update_stateful_set_status(api, set, status);
    next.and_then(|next| written.map(|()| next))
}

impl Control<'_> {
    /// Models `updateStatefulSet`: the status as it was before anything was done about it, and how the reconcile ended.
    fn update_stateful_set(&mut self) -> (StatefulSetStatus, Result<Reason, ApiError>) {
        let Observed { set, pods, revisions, .. } = self.observed;
        let mut status = StatefulSetStatus {
            observed_generation: set.meta.generation,
            current_revision: Some(revisions.current.meta.name.clone()),
            update_revision: Some(revisions.update.meta.name.clone()),
            collision_count: Some(revisions.collision_count),
            ..StatefulSetStatus::default()
        };
        pods.count(&mut status);
        if set.meta.is_terminating() {
            return (status, Ok(Reason::BeingDeleted));
        }
        let step = self.scale().and_then(|step| match step {
            Step::Continue => self.update(&mut status),
            exit => Ok(exit),
        });
        let reason = step.map(|step| match step {
            Step::Exit(Some(reason)) => reason,
            _ => self.observed.outlook(),
        });
        (status, reason)
    }

    /// The part of `updateStatefulSet` that establishes the set's invariants: each replica is there and as it must be, and
    /// none is beyond.
    fn scale(&mut self) -> Result<Step, ApiError> {
        let Observed { pods, monotonic, .. } = self.observed;
        let replicas = self.observed.ordinals();
        let (look, look_at_condemned) =
            if monotonic { (Look::Unhealthy, Look::All) } else { (Look::Dirty, Look::Dirty) };
        let mut slots = pods.replicas(replicas.clone(), look);
        if let exit @ Step::Exit(_) = self.run_for_all(&mut slots, Self::process_replica)? {
            return Ok(exit);
        }
        let mut condemned = pods.condemned(replicas.clone(), look);
        if let exit @ Step::Exit(_) = self.run_for_all(&mut condemned, Self::fix_pod_claim)? {
            return Ok(exit);
        }
        let mut condemned = pods.condemned(replicas, look_at_condemned);
        self.run_for_all(&mut condemned, Self::process_condemned)
    }

    /// Processes pods: one after another until one exits; or, where pods don't wait for each other, in batches that double as
    /// long as none fails. Models `runForAll` and `slowStartBatch`.
    fn run_for_all<'p>(
        &mut self,
        slots: &mut dyn Iterator<Item = PodSlot<'p>>,
        process: fn(&mut Self, PodSlot<'p>) -> Result<Step, ApiError>,
    ) -> Result<Step, ApiError> {
        if self.observed.monotonic {
            for slot in slots {
                if let exit @ Step::Exit(_) = process(self, slot)? {
                    return Ok(exit);
                }
            }
            return Ok(Step::Continue);
        }
        let mut result = Ok(());
        let (mut batch_size, mut batch_end) = (1, 1);
        for slot in slots {
            while slot.index >= batch_end {
                result?;
                result = Ok(());
                batch_size = MAX_BATCH_SIZE.min(2 * batch_size);
                batch_end += batch_size;
            }
            if self.created >= MAX_CREATED {
                break;
            }
            // Each of a batch is processed, whatever becomes of the others; the first error counts.
            result = result.and(process(self, slot).map(drop));
        }
        result.map(|()| if self.created >= MAX_CREATED { Step::Exit(None) } else { Step::Continue })
    }

    /// Models `processReplica`, for a slot without a pod or with one that is not healthy.
    fn process_replica(&mut self, slot: PodSlot) -> Result<Step, ApiError> {
        let Observed { set, monotonic, .. } = self.observed;
        let Some(pod) = slot.pod else { return self.create_replica(slot.ordinal) };
        if pod.pod().is_terminal() {
            if !pod.meta.is_terminating() {
                return self.delete(pod, DeleteReason::Finished);
            }
            self.clean.push(slot.ordinal);
            let (pod, next) = (pod.meta.name.clone(), self.observed.next_after(slot.ordinal));
            return Step::exit(Reason::WaitingForTermination { pod, next });
        }
        if pod.pod().status.phase == PodPhase::Pending {
            pod_control::create_missing_claims(self.api, set, pod)?;
        }
        if monotonic && let Some(reason) = self.observed.waits_for(slot, Observed::next_after) {
            return Step::exit(reason);
        }
        let fits = identity_matches(set, pod)
            && storage_matches(set, pod)
            && pod_control::claims_match_retention(self.api, set, pod);
        if !fits {
            pod_control::update_pod(self.api, set, pod)?;
        } else if !pod_control::claims_are_contested(self.api, set, pod) {
            self.clean.push(slot.ordinal);
        }
        Ok(Step::Continue)
    }

    /// The part of `processReplica` for a pod that is not there.
    fn create_replica(&mut self, ordinal: i32) -> Result<Step, ApiError> {
        let Observed { set, monotonic, .. } = self.observed;
        let pod = self.new_versioned_pod(ordinal);
        if pod_control::claim_is_stale(self.api, set, &pod) {
            return Ok(Step::Exit(None));
        }
        let name = pod.meta.name.clone();
        pod_control::create_pod(self.api, set, pod)?;
        self.created += 1;
        if monotonic { Step::exit(Reason::Created { pod: name }) } else { Ok(Step::Continue) }
    }

    /// The pod to be created: below the partition from the current revision, else from the update revision. Models
    /// `newVersionedStatefulSetPod`.
    fn new_versioned_pod(&mut self, ordinal: i32) -> Object {
        let Observed { set, sts, revisions, .. } = self.observed;
        let is_held = match sts.spec.update_strategy {
            UpdateStrategy::RollingUpdate { partition, .. } => {
                ordinal < sts.spec.ordinals_start.saturating_add(partition)
            }
            UpdateStrategy::OnDelete => false,
        };
        let (current, update) = (&revisions.current, &revisions.update);
        if !is_held || current.meta.name == update.meta.name {
            return pod_control::new_pod(set, &sts.spec.template, &update.meta.name, ordinal);
        }
        let template = self.current_template.get_or_insert_with(|| Rc::new(revision::template_of(current)));
        pod_control::new_pod(set, template, &current.meta.name, ordinal)
    }

    /// Gives the claims of a condemned pod the owners that the retention policy wants. Models `fixPodClaim`.
    fn fix_pod_claim(&mut self, slot: PodSlot) -> Result<Step, ApiError> {
        if let Some(pod) = slot.pod
            && !pod_control::claims_match_retention(self.api, self.observed.set, pod)
        {
            pod_control::update_claim_owners(self.api, self.observed.set, pod)?;
        }
        Ok(Step::Continue)
    }

    /// Models `processCondemned`.
    fn process_condemned(&mut self, slot: PodSlot) -> Result<Step, ApiError> {
        let Observed { monotonic, .. } = self.observed;
        let Some(pod) = slot.pod else { return Ok(Step::Continue) };
        let name = &pod.meta.name;
        if pod.meta.is_terminating() {
            self.clean.push(slot.ordinal);
            if !monotonic {
                return Ok(Step::Continue);
            }
            let next = self.observed.next_condemned(name);
            return Step::exit(Reason::WaitingForTermination { pod: name.clone(), next });
        }
        let is_healthy = is_running_and_ready(pod) && !self.observed.is_unavailable(slot);
        if monotonic && !is_healthy {
            let first_unavailable = self.observed.first_unavailable().unwrap_or(slot).ordinal;
            if first_unavailable != slot.ordinal {
                let pod = self.observed.name(first_unavailable);
                return Step::exit(Reason::WaitingForReady { pod, next: Some(name.clone()) });
            }
        }
        self.delete(pod, DeleteReason::ScaledDown)
    }

    /// Deletes a pod, which is what the reconcile exits with.
    fn delete(&mut self, pod: &Object, why: DeleteReason) -> Result<Step, ApiError> {
        pod_control::delete_pod(self.api, self.observed.set, pod)?;
        Step::exit(Reason::Deleted { pod: pod.meta.name.clone(), why })
    }

    /// The part of `updateStatefulSet` that brings pods to the update revision, once the invariants are established.
    fn update(&mut self, status: &mut StatefulSetStatus) -> Result<Step, ApiError> {
        let Some(targets) = self.observed.update_targets() else {
            return Ok(Step::Exit(self.observed.on_delete()));
        };
        let first = targets.start;
        let step = if self.observed.max_unavailable_gate {
            self.update_after_invariant_established(targets, status)?
        } else {
            self.update_one(targets, status)?
        };
        Ok(match step {
            Step::Continue => Step::Exit(self.observed.held_by_partition(first)),
            exit => exit,
        })
    }

    /// From the highest ordinal down: deletes the first pod of another revision, unless a pod above it is not available.
    fn update_one(&mut self, targets: Range<i32>, status: &mut StatefulSetStatus) -> Result<Step, ApiError> {
        for target in self.observed.pods.update_candidates(targets).rev() {
            if let Some(pod) = target.pod.filter(|pod| self.observed.is_to_be_replaced(pod)) {
                let deleted = self.delete(pod, DeleteReason::Outdated)?;
                status.current_replicas -= 1;
                return Ok(deleted);
            }
            if self.observed.is_unavailable(target) {
                let reason = self.observed.waits_for(target, |observed, _| observed.next_outdated());
                return Step::exit(reason.unwrap_or(Reason::Settled));
            }
        }
        Ok(Step::Continue)
    }

    /// From the highest ordinal down: deletes as many pods of another revision as `maxUnavailable` still allows. Models
    /// `updateStatefulSetAfterInvariantEstablished` (feature gate MaxUnavailableStatefulSet).
    fn update_after_invariant_established(
        &mut self,
        targets: Range<i32>,
        status: &mut StatefulSetStatus,
    ) -> Result<Step, ApiError> {
        let max_unavailable = max_unavailable(self.observed.sts);
        let pods_to_delete = max_unavailable.saturating_sub(self.observed.unavailable_replicas());
        if pods_to_delete == 0 {
            let reason = self.observed.held_by_max_unavailable(max_unavailable);
            return Ok(reason.map_or(Step::Continue, |reason| Step::Exit(Some(reason))));
        }
        let mut step = Step::Continue;
        let outdated = self.observed.pods.outdated(targets).rev();
        let outdated = outdated.filter(|pod| self.observed.is_to_be_replaced(pod));
        let outdated: Vec<&Rc<Object>> = outdated.take(pods_to_delete).collect();
        for pod in outdated {
            step = self.delete(pod, DeleteReason::Outdated)?;
            status.current_replicas -= 1;
        }
        Ok(step)
    }
}

/// Writes the status, if it differs. Models `updateStatefulSetStatus`.
fn update_stateful_set_status(
    api: &mut ApiServer,
    set: &Object,
    status: StatefulSetStatus,
) -> Result<(), ApiError> {
    let sts = set.stateful_set();
    let status = complete_rolling_update(sts, status);
    if status == sts.status || !is_inconsistent(&sts.status, &status) {
        return Ok(());
    }
    match api.update_status(&set.key(), |o| o.stateful_set_mut().status = status.clone()) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// When all pods are at the update revision, that is the current one. Models `completeRollingUpdate`.
fn complete_rolling_update(sts: &StatefulSet, mut status: StatefulSetStatus) -> StatefulSetStatus {
    let replicas = sts.spec.replicas;
    let complete = sts.is_rolling_update()
        && [status.updated_replicas, status.ready_replicas, status.replicas].iter().all(|n| *n == replicas);
    if complete {
        status.current_replicas = status.updated_replicas;
        status.current_revision = status.update_revision.clone();
    }
    status
}

/// Whether the status has to be written. Models `inconsistentStatus`: the collision count alone is no reason.
fn is_inconsistent(old: &StatefulSetStatus, new: &StatefulSetStatus) -> bool {
    let same = StatefulSetStatus {
        observed_generation: old.observed_generation,
        collision_count: old.collision_count,
        ..new.clone()
    };
    new.observed_generation > old.observed_generation
        || same != StatefulSetStatus { conditions: Vec::new(), ..old.clone() }
}
