//! What to do next for a set. Models `pkg/controller/statefulset/stateful_set_control.go`: a ladder of guard clauses, and
//! at each rung where the ladder ends, the reason as a value.

use super::revision::{self, Revisions};
use super::utils::*;
use super::{claim_pods, pod_control};
use crate::api::stateful_set::{PodTemplate, StatefulSet, StatefulSetStatus, UpdateStrategy};
use crate::api::{Object, PodPhase, SimTime, Str};
use crate::apiserver::{ApiError, ApiServer};
use crate::verdict::{DeleteReason, Reason};
use std::rc::Rc;

/// How a reconcile ended.
pub struct Next {
    /// What was done, or what is waited for.
    pub reason: Reason,
    /// When time alone changes that.
    pub until: Option<SimTime>,
    /// When to look again.
    pub again_at: Option<SimTime>,
}

/// A place in the set: the pod that is there, or the one that is to be made.
enum Replica {
    There(Rc<Object>),
    Missing(Box<Object>),
}

impl Replica {
    fn pod(&self) -> &Object {
        match self {
            Replica::There(pod) => pod,
            Replica::Missing(pod) => pod,
        }
    }

    fn existing(&self) -> Option<&Rc<Object>> {
        match self {
            Replica::There(pod) => Some(pod),
            Replica::Missing(_) => None,
        }
    }
}

/// Whether the ladder ends at a rung. The reason is for the verdict; without one, the ladder's end says it.
enum Rung {
    GoOn,
    End(Option<Reason>),
}

/// One reconcile of one set.
struct Reconcile<'a> {
    api: &'a mut ApiServer,
    set: &'a Object,
    sts: &'a StatefulSet,
    now: SimTime,
    /// Pods wait for each other (`podManagementPolicy: OrderedReady`).
    monotonic: bool,
    update_revision: Str,
    /// The pod whose turn it is once every wanted place is taken: the next to be taken away, or to be replaced.
    then: Option<Str>,
}

/// Looks at a set, does the next thing, writes the status and trims the history. Errors: what the API server refused.
pub fn update_stateful_set(api: &mut ApiServer, set: &Rc<Object>) -> Result<Next, ApiError> {
    revision::adopt_orphans(api, set)?;
    let pods = claim_pods(api, set)?;
    let revisions = revision::find(api, set)?;
    let result = perform_update(api, set, &pods, &revisions);
    revision::truncate(api, set, &pods, &revisions)?;
    result
}

fn perform_update(
    api: &mut ApiServer,
    set: &Object,
    pods: &[Rc<Object>],
    revisions: &Revisions,
) -> Result<Next, ApiError> {
    let sts = set.stateful_set();
    let mut reconcile = Reconcile {
        now: api.now,
        monotonic: !allows_burst(sts),
        update_revision: revisions.update.meta.name.clone(),
        then: None,
        api,
        set,
        sts,
    };
    let (status, result) = reconcile.run(pods, revisions);
    let now = reconcile.now;
    let api = reconcile.api;
    let status = complete_rolling_update(sts, status);
    if status != sts.status && is_inconsistent(&sts.status, &status) {
        match api.update_status(&set.key(), |o| o.stateful_set_mut().status = status.clone()) {
            Err(error) if !error.is_not_found() => return Err(error),
            _ => {}
        }
    }
    let reason = result?;
    // The next moment at which a pod that is Ready becomes available.
    let min_ready = sts.spec.min_ready_seconds;
    let becomes_available = |pod: &Rc<Object>| pod.pod().available_at(min_ready).filter(|at| *at > now);
    let again_at = pods.iter().filter_map(becomes_available).min();
    let until = match &reason {
        Reason::WaitingForAvailable { pod, .. } => {
            pods.iter().find(|p| p.meta.name == *pod).and_then(becomes_available)
        }
        Reason::WaitingForTermination { pod, .. } => {
            pods.iter().find(|p| p.meta.name == *pod).and_then(|p| p.meta.deletion_timestamp)
        }
        _ => None,
    };
    Ok(Next { reason, until, again_at })
}

impl Reconcile<'_> {
    /// Models `updateStatefulSet`: the status as it was before anything was done about it, and how the ladder ended.
    fn run(
        &mut self,
        pods: &[Rc<Object>],
        revisions: &Revisions,
    ) -> (StatefulSetStatus, Result<Reason, ApiError>) {
        let mut status = StatefulSetStatus {
            observed_generation: self.set.meta.generation,
            current_revision: Some(revisions.current.meta.name.clone()),
            update_revision: Some(self.update_revision.clone()),
            collision_count: Some(revisions.collision_count),
            ..StatefulSetStatus::default()
        };
        let (replicas, condemned) = self.partition(pods, revisions);
        if self.set.meta.is_terminating() {
            self.count(&mut status, pods.iter());
            return (status, Ok(Reason::BeingDeleted));
        }
        let counted: Vec<Rc<Object>> =
            replicas.iter().filter_map(Replica::existing).chain(&condemned).cloned().collect();
        self.count(&mut status, counted.iter());
        let result = self.establish(&replicas, &condemned);
        let reason = match result {
            Ok(Rung::End(reason)) => Ok(reason.unwrap_or_else(|| self.unsettled(&replicas))),
            Ok(Rung::GoOn) => self.update_pods(&replicas, &mut status),
            Err(error) => Err(error),
        };
        (status, reason)
    }

    /// The pods by their places, the missing ones as they are to be made; and those beyond the wanted ordinals, highest
    /// first.
    fn partition(&self, pods: &[Rc<Object>], revisions: &Revisions) -> (Vec<Replica>, Vec<Rc<Object>>) {
        let wanted = wanted_ordinals(self.sts);
        let mut places: Vec<Option<Rc<Object>>> = vec![None; wanted.len()];
        let mut condemned = Vec::new();
        for pod in pods {
            let Some(ordinal) = ordinal(pod) else { continue };
            if wanted.contains(&ordinal) {
                places[(ordinal - wanted.start) as usize] = Some(pod.clone());
            } else {
                condemned.push(pod.clone());
            }
        }
        condemned.sort_by_key(|pod| std::cmp::Reverse(ordinal(pod)));
        let mut old_template: Option<Rc<PodTemplate>> = None;
        let replicas = places.into_iter().zip(wanted).map(|(place, ordinal)| match place {
            Some(pod) => Replica::There(pod),
            None => Replica::Missing(Box::new(self.missing_pod(ordinal, revisions, &mut old_template))),
        });
        (replicas.collect(), condemned)
    }

    /// The pod to be made: below the partition from the current revision, else from the update revision. Models
    /// `newVersionedStatefulSetPod`.
    fn missing_pod(&self, ordinal: i32, revisions: &Revisions, old: &mut Option<Rc<PodTemplate>>) -> Object {
        let held = match self.sts.spec.update_strategy {
            UpdateStrategy::RollingUpdate { partition, .. } => {
                ordinal < self.sts.spec.ordinals_start.saturating_add(partition)
            }
            UpdateStrategy::OnDelete => false,
        };
        let current = &revisions.current;
        if !held || current.meta.name == self.update_revision {
            return pod_control::new_pod(self.set, &self.sts.spec.template, &self.update_revision, ordinal);
        }
        let template = old.get_or_insert_with(|| Rc::new(revision::template_of(current)));
        pod_control::new_pod(self.set, template, &current.meta.name, ordinal)
    }

    /// Scales: first every wanted place, then what is beyond. Ends where something has to be waited for.
    fn establish(&mut self, replicas: &[Replica], condemned: &[Rc<Object>]) -> Result<Rung, ApiError> {
        let first_unavailable = self.first_unavailable(replicas, condemned);
        let next_condemned = condemned.first().map(|pod| pod.meta.name.clone());
        self.then = next_condemned.or_else(|| self.next_outdated(replicas));
        if let Rung::End(reason) =
            self.for_all(replicas.len(), |this, i| this.process_replica(replicas, i))?
        {
            return Ok(Rung::End(reason));
        }
        // The claims' owners are set on all that are to go, before the first pod goes.
        self.for_all(condemned.len(), |this, i| {
            if !pod_control::claims_match_retention(this.api, this.set, &condemned[i]) {
                pod_control::update_claim_owners(this.api, this.set, &condemned[i])?;
            }
            Ok(Rung::GoOn)
        })?;
        self.for_all(condemned.len(), |this, i| {
            let next = condemned.get(i + 1).map(|pod| pod.meta.name.clone());
            this.process_condemned(&condemned[i], first_unavailable.as_ref(), next)
        })
    }

    /// In order until one has to be waited for; or, if pods don't wait for each other, in batches that double as long as
    /// nothing fails. Models `runForAll` and `slowStartBatch`.
    fn for_all(
        &mut self,
        count: usize,
        mut act: impl FnMut(&mut Self, usize) -> Result<Rung, ApiError>,
    ) -> Result<Rung, ApiError> {
        if self.monotonic {
            for i in 0..count {
                if let Rung::End(reason) = act(self, i)? {
                    return Ok(Rung::End(reason));
                }
            }
            return Ok(Rung::GoOn);
        }
        let (mut done, mut batch) = (0, 1);
        while done < count {
            let end = count.min(done + batch);
            let results: Vec<Result<Rung, ApiError>> = (done..end).map(|i| act(self, i)).collect();
            for result in results {
                result?;
            }
            done = end;
            batch *= 2;
        }
        Ok(Rung::GoOn)
    }

    /// Models `processReplica`.
    fn process_replica(&mut self, replicas: &[Replica], i: usize) -> Result<Rung, ApiError> {
        let then = self.then.clone().filter(|then| *then != replicas[i].pod().meta.name);
        let next = || {
            let missing = replicas[i + 1..].iter().find(|r| r.existing().is_none());
            missing.map(|r| r.pod().meta.name.clone()).or_else(|| then.clone())
        };
        let pod = match &replicas[i] {
            Replica::Missing(pod) => {
                if pod_control::claim_is_stale(self.api, self.set, pod) {
                    return Ok(Rung::End(None));
                }
                pod_control::create_pod(self.api, self.set, pod)?;
                return Ok(match self.monotonic {
                    true => Rung::End(Some(Reason::Created { pod: pod.meta.name.clone() })),
                    false => Rung::GoOn,
                });
            }
            Replica::There(pod) => pod,
        };
        let name = pod.meta.name.clone();
        if pod.pod().is_terminal() {
            if !pod.meta.is_terminating() {
                pod_control::delete_pod(self.api, self.set, pod)?;
                return Ok(Rung::End(Some(Reason::Deleted { pod: name, why: DeleteReason::Finished })));
            }
            return Ok(Rung::End(Some(Reason::WaitingForTermination { pod: name, next: next() })));
        }
        if pod.pod().status.phase == PodPhase::Pending {
            pod_control::create_missing_claims(self.api, self.set, pod)?;
        }
        if self.monotonic
            && let Some(reason) = self.waits_for(pod, next())
        {
            return Ok(Rung::End(Some(reason)));
        }
        let fits = identity_matches(self.set, pod)
            && storage_matches(self.set, pod)
            && pod_control::claims_match_retention(self.api, self.set, pod);
        if !fits {
            pod_control::update_pod(self.api, self.set, pod)?;
        }
        Ok(Rung::GoOn)
    }

    /// What a pod is waited for, if it is: to be gone, to be Ready, to have been Ready long enough.
    fn waits_for(&self, pod: &Object, next: Option<Str>) -> Option<Reason> {
        let name = pod.meta.name.clone();
        let min_ready_seconds = self.sts.spec.min_ready_seconds;
        if pod.meta.is_terminating() {
            return Some(Reason::WaitingForTermination { pod: name, next });
        }
        if !is_running_and_ready(pod) {
            let outdated = pod_revision(pod) != &*self.update_revision;
            return Some(match outdated && cannot_start(pod) {
                true => Reason::StuckUpdate { pod: name },
                false => Reason::WaitingForReady { pod: name, next },
            });
        }
        let available = is_available(pod, min_ready_seconds, self.now);
        (!available).then_some(Reason::WaitingForAvailable { pod: name, min_ready_seconds, next })
    }

    /// Models `processCondemned`.
    fn process_condemned(
        &mut self,
        pod: &Object,
        first_unavailable: Option<&Str>,
        next: Option<Str>,
    ) -> Result<Rung, ApiError> {
        let name = &pod.meta.name;
        if pod.meta.is_terminating() {
            return Ok(match self.monotonic {
                true => Rung::End(Some(Reason::WaitingForTermination { pod: name.clone(), next })),
                false => Rung::GoOn,
            });
        }
        let healthy =
            is_running_and_ready(pod) && is_available(pod, self.sts.spec.min_ready_seconds, self.now);
        if self.monotonic && !healthy && Some(name) != first_unavailable {
            let waited_for = first_unavailable.unwrap_or(name).clone();
            return Ok(Rung::End(Some(Reason::WaitingForReady {
                pod: waited_for,
                next: Some(name.clone()),
            })));
        }
        pod_control::delete_pod(self.api, self.set, pod)?;
        Ok(Rung::End(Some(Reason::Deleted { pod: name.clone(), why: DeleteReason::ScaledDown })))
    }

    /// The first pod that is not available: by ordinal among the wanted, else the lowest of the condemned.
    fn first_unavailable(&self, replicas: &[Replica], condemned: &[Rc<Object>]) -> Option<Str> {
        let unavailable = |pod: &&Object| is_unavailable(pod, self.sts.spec.min_ready_seconds, self.now);
        let wanted = replicas.iter().map(Replica::pod).find(unavailable);
        let condemned = || condemned.iter().rev().map(|pod| &**pod).find(unavailable);
        wanted.or_else(condemned).map(|pod| pod.meta.name.clone())
    }

    /// Brings pods to the update revision, once everything is in its place.
    fn update_pods(
        &mut self,
        replicas: &[Replica],
        status: &mut StatefulSetStatus,
    ) -> Result<Reason, ApiError> {
        let outdated = |pod: &Object| pod_revision(pod) != &*self.update_revision;
        let UpdateStrategy::RollingUpdate { partition, .. } = self.sts.spec.update_strategy else {
            let outdated = replicas.iter().filter(|r| outdated(r.pod())).count() as i32;
            return Ok(match outdated {
                0 => self.unsettled(replicas),
                _ => Reason::OnDelete { outdated },
            });
        };
        let first = usize::try_from(partition).unwrap_or(0).min(replicas.len());
        let held = replicas[..first].iter().filter(|r| outdated(r.pod())).count() as i32;
        let reason = match self.api.gates.max_unavailable_stateful_set {
            true => self.replace_some(replicas, first, status)?,
            false => self.replace_one(replicas, first, status)?,
        };
        Ok(reason.unwrap_or_else(|| match held {
            0 => self.unsettled(replicas),
            _ => Reason::HeldByPartition { partition, held },
        }))
    }

    /// Whether a pod is of an old revision and has not been told to go.
    fn is_outdated(&self, pod: &Object) -> bool {
        pod_revision(pod) != &*self.update_revision && !pod.meta.is_terminating()
    }

    /// The pod that a rolling update replaces next.
    fn next_outdated(&self, replicas: &[Replica]) -> Option<Str> {
        let UpdateStrategy::RollingUpdate { partition, .. } = self.sts.spec.update_strategy else {
            return None;
        };
        let first = usize::try_from(partition).unwrap_or(0).min(replicas.len());
        let there = replicas[first..].iter().rev().filter_map(Replica::existing);
        there.map(|pod| &**pod).find(|pod| self.is_outdated(pod)).map(|pod| pod.meta.name.clone())
    }

    /// From the highest ordinal down: deletes the first pod of an old revision, unless a pod above it is not available.
    fn replace_one(
        &mut self,
        replicas: &[Replica],
        first: usize,
        status: &mut StatefulSetStatus,
    ) -> Result<Option<Reason>, ApiError> {
        for replica in replicas[first..].iter().rev() {
            let pod = replica.pod();
            if self.is_outdated(pod) {
                pod_control::delete_pod(self.api, self.set, pod)?;
                status.current_replicas -= 1;
                return Ok(Some(Reason::Deleted { pod: pod.meta.name.clone(), why: DeleteReason::Outdated }));
            }
            if is_unavailable(pod, self.sts.spec.min_ready_seconds, self.now) {
                let next = self.next_outdated(replicas);
                return Ok(Some(self.waits_for(pod, next).unwrap_or(Reason::Settled)));
            }
        }
        Ok(None)
    }

    /// From the highest ordinal down: deletes as many pods of an old revision as `maxUnavailable` still allows. Models
    /// `updateStatefulSetAfterInvariantEstablished` (feature gate MaxUnavailableStatefulSet).
    fn replace_some(
        &mut self,
        replicas: &[Replica],
        first: usize,
        status: &mut StatefulSetStatus,
    ) -> Result<Option<Reason>, ApiError> {
        let unavailable = |r: &&Replica| is_unavailable(r.pod(), self.sts.spec.min_ready_seconds, self.now);
        let away = replicas.iter().filter(unavailable).count();
        let most = max_unavailable(self.sts);
        let Some(budget) = most.checked_sub(away).filter(|n| *n > 0) else {
            let waited_for = replicas.iter().rev().find(unavailable).map(|r| r.pod());
            let (Some(pod), Some(next)) = (waited_for, self.next_outdated(replicas)) else {
                return Ok(waited_for.and_then(|pod| self.waits_for(pod, None)));
            };
            return Ok(Some(Reason::HeldByMaxUnavailable {
                pod: pod.meta.name.clone(),
                max_unavailable: most,
                next,
            }));
        };
        let outdated = replicas[first..].iter().rev().map(Replica::pod).filter(|pod| self.is_outdated(pod));
        let targets: Vec<&Object> = outdated.take(budget).collect();
        for pod in &targets {
            pod_control::delete_pod(self.api, self.set, pod)?;
            status.current_replicas -= 1;
        }
        Ok(targets
            .last()
            .map(|pod| Reason::Deleted { pod: pod.meta.name.clone(), why: DeleteReason::Outdated }))
    }

    /// What is still to come, when there is nothing to do: the first pod that is not available, or nothing.
    fn unsettled(&self, replicas: &[Replica]) -> Reason {
        let there = replicas.iter().filter_map(Replica::existing);
        let missing = replicas.iter().find(|r| r.existing().is_none());
        let waited_for = there.filter_map(|pod| self.waits_for(pod, None)).next();
        waited_for
            .or_else(|| missing.map(|r| Reason::Created { pod: r.pod().meta.name.clone() }))
            .unwrap_or(Reason::Settled)
    }

    /// Models `updateStatus`.
    fn count<'p>(&self, status: &mut StatefulSetStatus, pods: impl Iterator<Item = &'p Rc<Object>>) {
        for pod in pods {
            status.replicas += 1;
            if is_running_and_ready(pod) {
                status.ready_replicas += 1;
                status.available_replicas +=
                    i32::from(is_available(pod, self.sts.spec.min_ready_seconds, self.now));
            }
            if !pod.meta.is_terminating() {
                let is = |revision: &Option<Str>| i32::from(revision.as_deref() == Some(pod_revision(pod)));
                status.current_replicas += is(&status.current_revision);
                status.updated_replicas += is(&status.update_revision);
            }
        }
    }
}

/// Whether the pod can't become Ready without somebody's help: an image that can't be pulled, a container that crashes,
/// no node that takes it.
fn cannot_start(pod: &Object) -> bool {
    use crate::api::pod::{ContainerState, condition};
    let pod = pod.pod();
    let unschedulable = pod.condition(condition::SCHEDULED).is_some_and(|c| c.status == Some(false));
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    let waits_in_vain = |state: &ContainerState| match state {
        ContainerState::Waiting { reason, .. } => reason.ends_with("BackOff") || reason.starts_with("Err"),
        _ => false,
    };
    unschedulable || statuses.into_iter().any(|s| waits_in_vain(&s.state) || s.restart_count > 0)
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
