//! The pods of a set by ordinal, kept between two reconciles, so that a set of a thousand is not gone through because of one.
//!
//! It is kept up by reading what was written since the last reconcile, as an informer's handlers do upstream. It says nothing
//! that the store does not say: forgetting it costs time, and changes nothing.

use super::ordinals::Ordinals;
use super::pod_control;
use super::revision::{self, Revisions};
use super::utils::*;
use crate::api::stateful_set::{StatefulSetSpec, StatefulSetStatus};
use crate::api::status::ApiError;
use crate::api::{Key, Kind, Object, PodPhase, SimTime, Str};
use crate::apiserver::{ApiServer, Change};
use crate::component::ref_manager::claim;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::{Range, RangeInclusive};
use std::rc::Rc;

/// The pods of a set.
#[derive(Clone, Debug, Default)]
pub struct PodIndex {
    /// How many writes of the history it has taken in.
    position: usize,
    /// The set's spec in the last reconcile, and whether the set was being deleted.
    spec: Option<(Rc<StatefulSetSpec>, bool)>,
    /// Names of pods that were written, or whose claims were.
    written: BTreeSet<Str>,
    revisions: Option<Rc<Revisions>>,
    /// Whether a pod's ordinal is written in another way (`web-01`), so that two pods can have one: then nothing is kept.
    has_irregular_names: bool,
    pods: BTreeMap<i32, Rc<Object>>,
    /// The ordinals of all pods.
    present: Ordinals,
    /// How many pods are of each revision.
    by_revision: BTreeMap<Str, usize>,
    /// Ordinals of replicas that have no pod.
    missing: Ordinals,
    /// Ordinals of pods about which something may have to be done. All others are healthy: available, with the identity, the
    /// storage and the claims' owners that they must have.
    unhealthy: Ordinals,
    /// Unhealthy ordinals whose pods may have become healthy.
    unchecked: Ordinals,
    /// Ordinals of pods that were written, or whose claims were, since they were processed with success. (A work queue's
    /// dirty set.)
    dirty: Ordinals,
    /// Ordinals of Ready pods that are not available yet, by when they will be.
    by_available_at: BTreeSet<(SimTime, i32)>,
    /// Ordinals of pods of another revision than the update revision.
    outdated: Ordinals,
    counts: Counts,
}

/// Which slots are asked for. Upstream processes all each time; the others are those that it would pass by.
#[derive(Clone, Copy)]
pub enum Look {
    All,
    /// Those without a healthy pod.
    Unhealthy,
    /// Those without a pod, and those that were written since they were processed.
    Dirty,
}

/// An ordinal, and the pod that has it.
#[derive(Clone, Copy)]
pub struct PodSlot<'a> {
    pub ordinal: i32,
    /// Its position in the list that is processed.
    pub index: usize,
    /// The pod, if it is there.
    pub pod: Option<&'a Rc<Object>>,
}

/// How many pods there are, as the set's status counts them.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    replicas: i32,
    /// Running and Ready.
    ready: i32,
    /// Of them, those that are not available yet.
    not_yet_available: i32,
    /// Of the current revision, and not being deleted.
    current: i32,
    /// Of the update revision, and not being deleted.
    updated: i32,
}

impl PodIndex {
    /// Takes in what was written since the last reconcile: adopts orphans that match the set's selector and name, releases pods
    /// that no longer match. Models `stateful_set.go: getPodsForStatefulSet`. Errors: what the API server refused.
    pub fn claim_pods(&mut self, api: &mut ApiServer, set: &Object) -> Result<(), ApiError> {
        self.read(api, set);
        if self.revisions.is_none() {
            revision::adopt_orphans(api, set)?;
        }
        let store = api.store();
        let namespace = &set.meta.namespace;
        let candidates = self.written.iter().filter_map(|name| store.find(Kind::Pod, namespace, name));
        let candidates = candidates.cloned().collect();
        let selector = &set.stateful_set().spec.selector;
        let matches = |pod: &Object| is_member_of(set, pod) && selector.matches(&pod.meta.labels);
        let mine = claim(api, set, candidates, &matches)?;
        let mut mine = mine.into_iter().peekable();
        for name in std::mem::take(&mut self.written) {
            let pod = mine.next_if(|pod| pod.meta.name == name);
            let Some((_, n)) = parent_and_ordinal(&name) else { continue };
            let before =
                self.pods.get(&n).filter(|before| pod.is_some() || before.meta.name == name).cloned();
            if let Some(before) = &before {
                self.uncount(n, before, set);
            }
            match pod {
                Some(pod) => {
                    self.has_irregular_names |= !is_regular_name(&set.meta.name, &name);
                    self.insert(n, pod, set, api.now);
                }
                None if before.is_some() => self.remove(n, set),
                None => {}
            }
        }
        Ok(())
    }

    /// Collects the names of pods that were written since the last reconcile, or whose claims were.
    fn read(&mut self, api: &ApiServer, set: &Object) {
        let (namespace, name, uid) = (&set.meta.namespace, &*set.meta.name, set.meta.uid);
        let is_ours = |key: &Key, pod: Option<&Object>| {
            parent_and_digits(&key.name).is_some_and(|(parent, _)| parent == name)
                || pod.is_some_and(|pod| pod.meta.is_controlled_by(uid))
        };
        let (spec, is_terminating) = (&set.stateful_set().spec, set.meta.is_terminating());
        let is_same = |(old, was_terminating): &(Rc<StatefulSetSpec>, bool)| {
            Rc::ptr_eq(old, spec) && *was_terminating == is_terminating
        };
        if !self.spec.as_ref().is_some_and(is_same)
            || self.has_irregular_names
            || !api.history().knows_since(self.position)
        {
            *self = PodIndex { spec: Some((spec.clone(), is_terminating)), ..PodIndex::default() };
            self.missing = wanted_ordinals(set.stateful_set()).into();
            let pods = api.store().list_in(Kind::Pod, namespace);
            let ours = pods.filter(|pod| is_ours(&pod.key(), Some(pod)));
            self.written = ours.map(|pod| pod.meta.name.clone()).collect();
            self.position = api.history().len();
            return;
        }
        for entry in api.history().since(self.position) {
            let Change::Object { key, before, after } = &entry.change else { continue };
            if key.namespace != *namespace {
                continue;
            }
            match key.kind {
                Kind::Pod if is_ours(key, before.as_deref()) || is_ours(key, after.as_deref()) => {
                    self.written.insert(key.name.clone());
                }
                Kind::PersistentVolumeClaim => {
                    let Some((parent, n)) = parent_and_ordinal(&key.name) else { continue };
                    if parent.strip_suffix(name).is_some_and(|template| template.ends_with('-')) {
                        self.written.insert(pod_name(name, n).into());
                    }
                }
                Kind::ControllerRevision => self.revisions = None,
                _ => {}
            }
        }
        self.position = api.history().len();
    }

    /// Puts in a pod that is new, or one as it is now.
    fn insert(&mut self, n: i32, pod: Rc<Object>, set: &Object, now: SimTime) {
        let revision = pod_revision(&pod);
        match self.by_revision.get_mut(revision) {
            Some(count) => *count += 1,
            None => drop(self.by_revision.insert(revision.into(), 1)),
        }
        if self.revisions.as_ref().is_some_and(|r| revision != &*r.update.meta.name) {
            self.outdated.insert(n);
        } else {
            self.outdated.remove(n);
        }
        self.count_pod(&pod, revision, 1);
        for set in [&mut self.unhealthy, &mut self.unchecked, &mut self.dirty] {
            set.insert(n);
        }
        if let Some(at) = available_at(set, &pod).filter(|at| *at > now) {
            self.by_available_at.insert((at, n));
            self.counts.not_yet_available += i32::from(is_running_and_ready(&pod));
        }
        if self.pods.insert(n, pod).is_none() {
            self.present.insert(n);
            self.missing.remove(n);
        }
    }

    /// Takes a pod as it was out of all that is counted.
    fn uncount(&mut self, n: i32, pod: &Object, set: &Object) {
        let revision = pod_revision(pod);
        if let Some(count) = self.by_revision.get_mut(revision) {
            *count -= 1;
            if *count == 0 {
                self.by_revision.remove(revision);
            }
        }
        self.count_pod(pod, revision, -1);
        if available_at(set, pod).is_some_and(|at| self.by_available_at.remove(&(at, n))) {
            self.counts.not_yet_available -= i32::from(is_running_and_ready(pod));
        }
    }

    /// Takes out an ordinal whose pod is gone.
    fn remove(&mut self, n: i32, set: &Object) {
        self.pods.remove(&n);
        let Self { present, unhealthy, unchecked, dirty, outdated, .. } = self;
        for set in [present, unhealthy, unchecked, dirty, outdated] {
            set.remove(n);
        }
        if wanted_ordinals(set.stateful_set()).contains(&n) {
            self.missing.insert(n);
        }
    }

    fn count_pod(&mut self, pod: &Object, revision: &str, sign: i32) {
        self.counts.replicas += sign;
        self.counts.ready += if is_running_and_ready(pod) { sign } else { 0 };
        if pod.meta.is_terminating() {
            return;
        }
        let Some(revisions) = &self.revisions else { return };
        self.counts.current += if revision == &*revisions.current.meta.name { sign } else { 0 };
        self.counts.updated += if revision == &*revisions.update.meta.name { sign } else { 0 };
    }

    /// The set's revisions; those of the last reconcile, if nothing about them has changed. Errors: what the API server
    /// refused.
    pub fn revisions(&mut self, api: &mut ApiServer, set: &Object) -> Result<Rc<Revisions>, ApiError> {
        let status = &set.stateful_set().status;
        let holds = |r: &&Rc<Revisions>| {
            status.current_revision.as_ref() == Some(&r.current.meta.name)
                && status.collision_count == Some(r.collision_count)
        };
        if let Some(revisions) = self.revisions.as_ref().filter(holds) {
            return Ok(revisions.clone());
        }
        let revisions = Rc::new(revision::find(api, set)?);
        self.revisions = Some(revisions.clone());
        // Which pods are of which revision has to be counted anew, and all have to be looked at.
        self.counts = Counts { not_yet_available: self.counts.not_yet_available, ..Counts::default() };
        let pods: Vec<Rc<Object>> = self.pods.values().cloned().collect();
        pods.iter().for_each(|pod| self.count_pod(pod, pod_revision(pod), 1));
        for set in [&mut self.unhealthy, &mut self.unchecked, &mut self.dirty] {
            *set = self.present.clone();
        }
        let outdated = self.pods.iter().filter(|(_, p)| pod_revision(p) != &*revisions.update.meta.name);
        self.outdated = outdated.map(|(n, _)| *n).collect();
        Ok(revisions)
    }

    /// Finds out which pods have become healthy.
    pub fn check(&mut self, api: &ApiServer, set: &Object) {
        let sts = set.stateful_set();
        let wanted = wanted_ordinals(sts);
        while let Some((at, n)) = self.by_available_at.first().copied().filter(|(at, _)| *at <= api.now) {
            self.by_available_at.remove(&(at, n));
            self.counts.not_yet_available -= i32::from(is_running_and_ready(&self.pods[&n]));
            self.unchecked.insert(n);
        }
        for n in std::mem::take(&mut self.unchecked).iter() {
            let pod = &self.pods[&n];
            let is_healthy = pod.pod().status.phase == PodPhase::Running
                && !is_unavailable(pod, sts.spec.min_ready_seconds, api.now)
                && (!wanted.contains(&n) || identity_matches(set, pod) && storage_matches(set, pod))
                && pod_control::claims_match_retention(api, set, pod);
            if is_healthy {
                self.unhealthy.remove(n);
                if wanted.contains(&n) {
                    self.dirty.remove(n);
                }
            }
        }
    }

    /// Takes note that nothing is to be done about the pods with these ordinals until they or their claims are written.
    pub fn mark_clean(&mut self, ordinals: &[i32]) {
        for n in ordinals {
            self.dirty.remove(*n);
        }
    }

    /// Puts the numbers of pods into the status. Models `updateStatus`.
    pub fn count(&self, status: &mut StatefulSetStatus) {
        let Counts { replicas, ready, not_yet_available, current, updated } = self.counts;
        status.replicas = replicas;
        status.ready_replicas = ready;
        status.available_replicas = ready - not_yet_available;
        status.current_replicas = current;
        status.updated_replicas = updated;
    }

    /// When the next pod that is Ready becomes available.
    pub fn next_available_at(&self) -> Option<SimTime> {
        self.by_available_at.first().map(|(at, _)| *at)
    }

    /// The pod with this ordinal.
    pub fn get(&self, ordinal: i32) -> Option<&Rc<Object>> {
        self.pods.get(&ordinal)
    }

    fn set(&self, look: Look) -> &Ordinals {
        match look {
            Look::All => &self.present,
            Look::Unhealthy => &self.unhealthy,
            Look::Dirty => &self.dirty,
        }
    }

    /// The replicas that have to be looked at, missing ones among them.
    pub fn replicas(&self, ordinals: Range<i32>, look: Look) -> Slots<'_> {
        self.slots(ordinals, [Some(&self.missing), Some(self.set(look)), None])
    }

    /// The replicas that an update has to look at: missing, not healthy, or of another revision.
    pub fn update_candidates(&self, ordinals: Range<i32>) -> Slots<'_> {
        self.slots(ordinals, [Some(&self.missing), Some(&self.unhealthy), Some(&self.outdated)])
    }

    /// The pods with these ordinals that are not healthy.
    pub fn unhealthy(&self, ordinals: Range<i32>) -> Slots<'_> {
        self.slots(ordinals, [Some(&self.unhealthy), None, None])
    }

    fn slots<'a>(&'a self, ordinals: Range<i32>, sets: [Option<&'a Ordinals>; 3]) -> Slots<'a> {
        Slots { pods: &self.pods, sets, first: ordinals.start, left: inclusive(ordinals) }
    }

    /// The first of these ordinals that has no pod.
    pub fn first_missing(&self, ordinals: Range<i32>) -> Option<i32> {
        self.missing.range(inclusive(ordinals)).next()
    }

    /// How many of these ordinals have no pod.
    pub fn count_missing(&self, ordinals: Range<i32>) -> usize {
        self.missing.count(inclusive(ordinals))
    }

    /// The pods with these ordinals that are not of the update revision.
    pub fn outdated(&self, ordinals: Range<i32>) -> impl DoubleEndedIterator<Item = &Rc<Object>> {
        self.outdated.range(inclusive(ordinals)).map(|ordinal| &self.pods[&ordinal])
    }

    /// The pods beyond the replicas that have to be looked at, the highest ordinal first.
    pub fn condemned(&self, replicas: Range<i32>, look: Look) -> impl Iterator<Item = PodSlot<'_>> {
        let (below, above) = beyond(&replicas);
        let set = self.set(look);
        let ordinals = set.range(above).rev().chain(set.range(below).rev());
        let slot = |(index, ordinal)| PodSlot { ordinal, index, pod: self.pods.get(&ordinal) };
        ordinals.enumerate().map(slot)
    }

    /// Whether a pod is of this revision.
    pub fn uses_revision(&self, name: &str) -> bool {
        self.by_revision.contains_key(name)
    }
}

/// The slots whose ordinals are in at least one of several sets, in order.
pub struct Slots<'a> {
    pods: &'a BTreeMap<i32, Rc<Object>>,
    sets: [Option<&'a Ordinals>; 3],
    /// The ordinal that has the index 0.
    first: i32,
    /// The ordinals that were not given yet.
    left: RangeInclusive<i32>,
}

impl<'a> Slots<'a> {
    fn sets(&self) -> impl Iterator<Item = &'a Ordinals> {
        self.sets.into_iter().flatten()
    }

    fn slot(&self, ordinal: i32) -> PodSlot<'a> {
        let index = ordinal.saturating_sub(self.first) as usize;
        PodSlot { ordinal, index, pod: self.pods.get(&ordinal) }
    }
}

impl<'a> Iterator for Slots<'a> {
    type Item = PodSlot<'a>;

    fn next(&mut self) -> Option<PodSlot<'a>> {
        let ordinal = self.sets().filter_map(|set| set.range(self.left.clone()).next()).min()?;
        self.left = ordinal + 1..=*self.left.end();
        Some(self.slot(ordinal))
    }
}

impl DoubleEndedIterator for Slots<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        let ordinal = self.sets().filter_map(|set| set.range(self.left.clone()).next_back()).max()?;
        self.left = *self.left.start()..=ordinal - 1;
        Some(self.slot(ordinal))
    }
}

/// The same ordinals.
fn inclusive(ordinals: Range<i32>) -> RangeInclusive<i32> {
    ordinals.start..=ordinals.end.saturating_sub(1)
}

/// The ordinals below and above the replicas'.
fn beyond(replicas: &Range<i32>) -> (RangeInclusive<i32>, RangeInclusive<i32>) {
    (i32::MIN..=replicas.start.saturating_sub(1), replicas.end.max(replicas.start)..=i32::MAX)
}

/// When a pod that is Ready becomes available.
fn available_at(set: &Object, pod: &Object) -> Option<SimTime> {
    pod.pod().available_at(set.stateful_set().spec.min_ready_seconds)
}
