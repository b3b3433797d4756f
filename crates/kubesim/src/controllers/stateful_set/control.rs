//! What to do next for a set. Models `pkg/controller/statefulset/stateful_set_control.go`: a ladder of guard clauses, and
//! at each rung where the ladder ends, the reason as a value.

use super::members::{Members, Place};
use super::pod_control;
use super::revision::{self, Revisions};
use super::utils::*;
use crate::api::stateful_set::{PodTemplate, StatefulSet, StatefulSetStatus, UpdateStrategy};
use crate::api::status::ApiError;
use crate::api::verdict::{DeleteReason, Reason};
use crate::api::{Object, PodPhase, SimTime, Str};
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

/// So many pods are made in one reconcile at most where pods don't wait for each other; the others at the same moment, in
/// reconciles that follow. Upstream makes all of them in one that takes a while; here that would be one step of the
/// simulation, and the page would stand still for it.
const MOST_AT_ONCE: usize = 50;

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
    members: &'a Members,
    revisions: &'a Revisions,
    /// The current revision's template, once it was needed.
    old_template: Option<Rc<PodTemplate>>,
    /// The pod whose turn it is once every wanted place is taken: the next to be taken away, or to be replaced.
    then: Option<Str>,
    /// How many pods were made.
    made: usize,
    /// Places about whose pods nothing has to be done until something is written.
    settled: Vec<i32>,
}

/// Looks at a set, does the next thing, writes the status and trims the history. Errors: what the API server refused.
pub fn update_stateful_set(
    api: &mut ApiServer,
    set: &Rc<Object>,
    members: &mut Members,
) -> Result<Next, ApiError> {
    members.claim(api, set)?;
    let revisions = members.revisions(api, set)?;
    members.judge(api, set);
    let result = perform_update(api, set, members, &revisions);
    revision::truncate(api, set, &|name| members.uses_revision(name), &revisions)?;
    result
}

fn perform_update(
    api: &mut ApiServer,
    set: &Object,
    members: &mut Members,
    revisions: &Revisions,
) -> Result<Next, ApiError> {
    let sts = set.stateful_set();
    let now = api.now;
    let monotonic = !allows_burst(sts);
    let mut reconcile = Reconcile {
        now,
        monotonic,
        api: &mut *api,
        set,
        sts,
        members,
        revisions,
        old_template: None,
        then: None,
        made: 0,
        settled: Vec::new(),
    };
    let (status, result) = reconcile.run();
    let dropped = result.as_ref().ok().and_then(|reason| reconcile.could_have_gone_on(reason));
    let goes_on = reconcile.made >= MOST_AT_ONCE;
    let settled = reconcile.settled;
    members.settle(&settled);
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
    let requeue_at = if goes_on { Some(now) } else { members.next_available_at() };
    let member = |name: &str| parent_and_ordinal(name).and_then(|(_, n)| members.get(n));
    let until = match &reason {
        Reason::WaitingForAvailable { pod, .. } => member(pod).and_then(becomes_available),
        Reason::WaitingForTermination { pod, .. } => member(pod).and_then(|p| p.meta.deletion_timestamp),
        _ => None,
    };
    Ok(Next { reason: dropped.unwrap_or(reason), until, requeue_at })
}

impl Reconcile<'_> {
    /// Models `updateStatefulSet`: the status as it was before anything was done about it, and how the ladder ended.
    fn run(&mut self) -> (StatefulSetStatus, Result<Reason, ApiError>) {
        let mut status = StatefulSetStatus {
            observed_generation: self.set.meta.generation,
            current_revision: Some(self.revisions.current.meta.name.clone()),
            update_revision: Some(self.revisions.update.meta.name.clone()),
            collision_count: Some(self.revisions.collision_count),
            ..StatefulSetStatus::default()
        };
        self.members.count(&mut status);
        if self.set.meta.is_terminating() {
            return (status, Ok(Reason::BeingDeleted));
        }
        let reason = match self.establish() {
            Ok(Rung::End(reason)) => Ok(reason.unwrap_or_else(|| self.unsettled())),
            Ok(Rung::GoOn) => self.update_pods(&mut status),
            Err(error) => Err(error),
        };
        (status, reason)
    }

    fn wanted(&self) -> Range<i32> {
        wanted_ordinals(self.sts)
    }

    fn name(&self, ordinal: i32) -> Str {
        pod_name(&self.set.meta.name, ordinal).into()
    }

    fn update_revision(&self) -> &str {
        &self.revisions.update.meta.name
    }

    /// The pod to be made: below the partition from the current revision, else from the update revision. Models
    /// `newVersionedStatefulSetPod`.
    fn missing_pod(&mut self, ordinal: i32) -> Object {
        let held = match self.sts.spec.update_strategy {
            UpdateStrategy::RollingUpdate { partition, .. } => {
                ordinal < self.sts.spec.ordinals_start.saturating_add(partition)
            }
            UpdateStrategy::OnDelete => false,
        };
        let current = &self.revisions.current;
        if !held || *current.meta.name == *self.update_revision() {
            let update = self.update_revision();
            return pod_control::new_pod(self.set, &self.sts.spec.template, update, ordinal);
        }
        let template = self.old_template.get_or_insert_with(|| Rc::new(revision::template_of(current)));
        pod_control::new_pod(self.set, template, &current.meta.name, ordinal)
    }

    /// Scales: first every wanted place, then what is beyond. Ends where something has to be waited for.
    fn establish(&mut self) -> Result<Rung, ApiError> {
        let (members, wanted) = (self.members, self.wanted());
        let next_condemned = members.condemned(wanted.clone()).next().map(|pod| pod.meta.name.clone());
        self.then = next_condemned.or_else(|| self.next_outdated());
        if self.monotonic {
            let mut at = wanted.start;
            while let Some((n, pod)) = members.next(at..wanted.end) {
                if let Rung::End(reason) = self.process_replica(n, pod)? {
                    return Ok(Rung::End(reason));
                }
                at = n + 1;
            }
        } else {
            self.in_batches(wanted.len(), |this, batch| {
                let mut result = Ok(());
                let (mut at, end) = (wanted.start + batch.start as i32, wanted.start + batch.end as i32);
                while let Some((n, pod)) =
                    members.next_unsettled(at..end).filter(|_| this.made < MOST_AT_ONCE)
                {
                    result = result.and(this.process_replica(n, pod).map(|_| ()));
                    at = n + 1;
                }
                result
            })?;
            if self.made >= MOST_AT_ONCE {
                return Ok(Rung::End(None));
            }
        }
        // The claims' owners are set on all that are to go, before the first pod goes.
        if self.monotonic {
            for pod in members.noisy_beyond(wanted.clone()).rev() {
                self.release_claims(pod)?;
            }
            let mut condemned = members.condemned(wanted.clone());
            let Some(pod) = condemned.next() else { return Ok(Rung::GoOn) };
            let next = condemned.next().map(|pod| pod.meta.name.clone());
            let first_unavailable = self.first_unavailable();
            return self.process_condemned(pod, first_unavailable.as_ref(), next);
        }
        let condemned: Vec<&Rc<Object>> = members.unsettled_beyond(wanted.clone()).collect();
        if condemned.is_empty() {
            return Ok(Rung::GoOn);
        }
        let first_unavailable = self.first_unavailable();
        self.in_batches(condemned.len(), |this, batch| {
            // Each is tried, whatever becomes of the others; the first error counts.
            let mut result = Ok(());
            for pod in &condemned[batch] {
                result = result.and(this.release_claims(pod));
            }
            result
        })?;
        self.in_batches(condemned.len(), |this, batch| {
            let mut result = Ok(());
            for pod in &condemned[batch] {
                result =
                    result.and(this.process_condemned(pod, first_unavailable.as_ref(), None).map(|_| ()));
            }
            result
        })?;
        Ok(Rung::GoOn)
    }

    /// Takes so many places in batches that double as long as nothing fails. Models `slowStartBatch`.
    fn in_batches(
        &mut self,
        count: usize,
        mut act: impl FnMut(&mut Self, Range<usize>) -> Result<(), ApiError>,
    ) -> Result<(), ApiError> {
        let (mut done, mut batch) = (0, 1);
        while done < count {
            let end = count.min(done + batch);
            act(self, done..end)?;
            done = end;
            batch *= 2;
        }
        Ok(())
    }

    /// Models `processReplica`, for a place without a pod or with one that is not quiet.
    fn process_replica(&mut self, n: i32, pod: Option<&Rc<Object>>) -> Result<Rung, ApiError> {
        let wanted = self.wanted();
        let next = |this: &Self| {
            let missing = this.members.first_missing(n + 1..wanted.end).map(|n| this.name(n));
            missing.or_else(|| this.then.clone().filter(|then| *then != this.name(n)))
        };
        let Some(pod) = pod else {
            let pod = self.missing_pod(n);
            if pod_control::claim_is_stale(self.api, self.set, &pod) {
                return Ok(Rung::End(None));
            }
            let name = pod.meta.name.clone();
            pod_control::create_pod(self.api, self.set, pod)?;
            self.made += 1;
            return Ok(match self.monotonic {
                true => Rung::End(Some(Reason::Created { pod: name })),
                false => Rung::GoOn,
            });
        };
        let name = pod.meta.name.clone();
        if pod.pod().is_terminal() {
            if !pod.meta.is_terminating() {
                pod_control::delete_pod(self.api, self.set, pod)?;
                return Ok(Rung::End(Some(Reason::Deleted { pod: name, why: DeleteReason::Finished })));
            }
            self.settled.push(n);
            return Ok(Rung::End(Some(Reason::WaitingForTermination { pod: name, next: next(self) })));
        }
        if pod.pod().status.phase == PodPhase::Pending {
            pod_control::create_missing_claims(self.api, self.set, pod)?;
        }
        if self.monotonic
            && let Some(reason) = self.waits_for((n, Some(pod)), next(self))
        {
            return Ok(Rung::End(Some(reason)));
        }
        let fits = identity_matches(self.set, pod)
            && storage_matches(self.set, pod)
            && pod_control::claims_match_retention(self.api, self.set, pod);
        if !fits {
            pod_control::update_pod(self.api, self.set, pod)?;
        } else if !pod_control::claims_are_contested(self.api, self.set, pod) {
            self.settled.push(n);
        }
        Ok(Rung::GoOn)
    }

    /// What a place is waited for, if it is: for its pod to be gone, to be Ready, to have been Ready long enough.
    fn waits_for(&self, (n, pod): Place, next: Option<Str>) -> Option<Reason> {
        let Some(pod) = pod else { return Some(Reason::WaitingForReady { pod: self.name(n), next }) };
        let name = pod.meta.name.clone();
        let min_ready_seconds = self.sts.spec.min_ready_seconds;
        if pod.meta.is_terminating() {
            return Some(Reason::WaitingForTermination { pod: name, next });
        }
        if !is_running_and_ready(pod) {
            let outdated = pod_revision(pod) != self.update_revision();
            return Some(match outdated && cannot_start(pod) {
                true => Reason::StuckUpdate { pod: name },
                false => Reason::WaitingForReady { pod: name, next },
            });
        }
        let available = is_available(pod, min_ready_seconds, self.now);
        (!available).then_some(Reason::WaitingForAvailable { pod: name, min_ready_seconds, next })
    }

    /// Gives the claims of a pod that is to go the owners that the retention policy wants.
    fn release_claims(&mut self, pod: &Object) -> Result<(), ApiError> {
        if pod_control::claims_match_retention(self.api, self.set, pod) {
            return Ok(());
        }
        pod_control::update_claim_owners(self.api, self.set, pod)
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
            self.settled.extend(ordinal(pod));
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

    /// Whether a place has no pod that is available.
    fn is_unavailable(&self, (_, pod): Place) -> bool {
        pod.is_none_or(|pod| is_unavailable(pod, self.sts.spec.min_ready_seconds, self.now))
    }

    /// The first pod that is not available: by ordinal among the wanted, else the lowest of the condemned.
    fn first_unavailable(&self) -> Option<Str> {
        let wanted = self.wanted();
        let mut at = wanted.start;
        while let Some(place) = self.members.next(at..wanted.end) {
            if self.is_unavailable(place) {
                return Some(self.name(place.0));
            }
            at = place.0 + 1;
        }
        let is_unavailable =
            |pod: &&Rc<Object>| is_unavailable(pod, self.sts.spec.min_ready_seconds, self.now);
        self.members.noisy_beyond(wanted).find(is_unavailable).map(|pod| pod.meta.name.clone())
    }

    /// The last place, among these, that has no pod that is available.
    fn last_unavailable(&self, places: Range<i32>) -> Option<Place<'_>> {
        let mut end = places.end;
        while let Some(place) = self.members.next_back(places.start..end) {
            if self.is_unavailable(place) {
                return Some(place);
            }
            end = place.0;
        }
        None
    }

    /// Brings pods to the update revision, once everything is in its place.
    fn update_pods(&mut self, status: &mut StatefulSetStatus) -> Result<Reason, ApiError> {
        let wanted = self.wanted();
        let (UpdateStrategy::RollingUpdate { partition, .. }, Some(places)) =
            (&self.sts.spec.update_strategy, self.updated_places())
        else {
            return Ok(match self.members.outdated(wanted).count() as i32 {
                0 => self.unsettled(),
                outdated => Reason::OnDelete { outdated },
            });
        };
        let (partition, first) = (*partition, places.start);
        // A pod that was just made below the partition is of the current revision.
        let made = match *self.revisions.current.meta.name == *self.update_revision() {
            true => 0,
            false => self.members.count_missing(wanted.start..first),
        };
        let held = (self.members.outdated(wanted.start..first).count() + made) as i32;
        let reason = match self.api.gates.max_unavailable_stateful_set {
            true => self.replace_some(places, status)?,
            false => self.replace_one(places, status)?,
        };
        Ok(reason.unwrap_or_else(|| match held {
            0 => self.unsettled(),
            _ => Reason::HeldByPartition { partition, held },
        }))
    }

    /// The first of the ordinals that a rolling update is about, and the first beyond them.
    fn updated_places(&self) -> Option<Range<i32>> {
        let UpdateStrategy::RollingUpdate { partition, .. } = self.sts.spec.update_strategy else {
            return None;
        };
        let wanted = self.wanted();
        Some(wanted.start + partition.clamp(0, wanted.len() as i32)..wanted.end)
    }

    /// The pod that a rolling update replaces next.
    fn next_outdated(&self) -> Option<Str> {
        let mut outdated = self.members.outdated(self.updated_places()?).rev();
        let (_, pod) = outdated.find(|(_, pod)| !pod.meta.is_terminating())?;
        Some(pod.meta.name.clone())
    }

    /// From the highest ordinal down: deletes the first pod of an old revision, unless a pod above it is not available.
    fn replace_one(
        &mut self,
        places: Range<i32>,
        status: &mut StatefulSetStatus,
    ) -> Result<Option<Reason>, ApiError> {
        let outdated =
            self.members.outdated(places.clone()).rev().find(|(_, pod)| !pod.meta.is_terminating());
        let unavailable = self.last_unavailable(places);
        match (outdated, unavailable) {
            (Some((n, pod)), waited_for) if waited_for.is_none_or(|(above, _)| n >= above) => {
                pod_control::delete_pod(self.api, self.set, pod)?;
                status.current_replicas -= 1;
                Ok(Some(Reason::Deleted { pod: pod.meta.name.clone(), why: DeleteReason::Outdated }))
            }
            (_, Some(place)) => {
                Ok(Some(self.waits_for(place, self.next_outdated()).unwrap_or(Reason::Settled)))
            }
            (_, None) => Ok(None),
        }
    }

    /// From the highest ordinal down: deletes as many pods of an old revision as `maxUnavailable` still allows. Models
    /// `updateStatefulSetAfterInvariantEstablished` (feature gate MaxUnavailableStatefulSet).
    fn replace_some(
        &mut self,
        places: Range<i32>,
        status: &mut StatefulSetStatus,
    ) -> Result<Option<Reason>, ApiError> {
        let most = max_unavailable(self.sts);
        let Some(budget) = most.checked_sub(self.away()).filter(|n| *n > 0) else {
            let waited_for = self.last_unavailable(self.wanted());
            let (Some((n, _)), Some(next)) = (waited_for, self.next_outdated()) else {
                return Ok(waited_for.and_then(|place| self.waits_for(place, None)));
            };
            return Ok(Some(Reason::HeldByMaxUnavailable { pod: self.name(n), max_unavailable: most, next }));
        };
        let outdated = self.members.outdated(places).rev().map(|(_, pod)| pod);
        let targets: Vec<&Rc<Object>> =
            outdated.filter(|pod| !pod.meta.is_terminating()).take(budget).collect();
        for pod in &targets {
            pod_control::delete_pod(self.api, self.set, pod)?;
            status.current_replicas -= 1;
        }
        Ok(targets
            .last()
            .map(|pod| Reason::Deleted { pod: pod.meta.name.clone(), why: DeleteReason::Outdated }))
    }

    /// How many of the wanted pods are not available.
    fn away(&self) -> usize {
        let wanted = self.wanted();
        let noisy = self.members.noisy().filter(|(n, _)| wanted.contains(n));
        let unavailable = noisy.filter(|(n, pod)| self.is_unavailable((*n, Some(pod)))).count();
        unavailable + self.members.count_missing(wanted)
    }

    /// That a rolling update waits for a pod only because the API server dropped `maxUnavailable`, if that is so. A pod that
    /// can't start holds up the update either way.
    fn could_have_gone_on(&self, reason: &Reason) -> Option<Reason> {
        let (Reason::WaitingForReady { pod, next: Some(next) }
        | Reason::WaitingForAvailable { pod, next: Some(next), .. }
        | Reason::WaitingForTermination { pod, next: Some(next) }) = reason
        else {
            return None;
        };
        if self.api.gates.max_unavailable_stateful_set || self.next_outdated().as_ref() != Some(next) {
            return None;
        }
        let max_unavailable = applied_max_unavailable(self.set).filter(|most| *most > self.away())?;
        let waited_for = parent_and_ordinal(pod).and_then(|(_, n)| self.members.get(n));
        let may_start = waited_for.is_none_or(|pod| !cannot_start(pod));
        may_start.then(|| Reason::MaxUnavailableDropped {
            pod: pod.clone(),
            max_unavailable,
            next: next.clone(),
        })
    }

    /// What is still to come, when there is nothing to do: the first pod that is not available, or nothing.
    fn unsettled(&self) -> Reason {
        let wanted = self.wanted();
        let noisy = self.members.noisy().filter(|(n, _)| wanted.contains(n));
        let waited_for = noisy.filter_map(|(n, pod)| self.waits_for((n, Some(pod)), None)).next();
        let missing = self.members.first_missing(wanted.clone());
        waited_for
            .or_else(|| missing.map(|n| Reason::Created { pod: self.name(n) }))
            .unwrap_or(Reason::Settled)
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
