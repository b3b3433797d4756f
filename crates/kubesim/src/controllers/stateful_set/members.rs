//! What the controller remembers of a set's pods between two looks at it, so that a set of a thousand is not counted anew
//! because of one: the pods by their places, those about which something may have to be done, and how many the rest are.
//!
//! It is kept up by reading what was written since the last look, as an informer's handlers do upstream. It says nothing
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

/// What is remembered of a set.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// How many writes of the history it has taken in.
    position: usize,
    /// The set's spec at the last look, and whether the set was going.
    seen: Option<(Rc<StatefulSetSpec>, bool)>,
    /// Pods that were written, or whose claims were.
    touched: BTreeSet<Str>,
    revisions: Option<Rc<Revisions>>,
    /// Whether a pod has an ordinal that is written in another way (`web-01`), so that two can be in one place: then
    /// nothing is remembered.
    odd: bool,
    /// The set's pods by their ordinals.
    pods: BTreeMap<i32, Rc<Object>>,
    /// How many pods are of each revision.
    by_revision: BTreeMap<Str, usize>,
    /// Wanted ordinals without a pod.
    missing: Ordinals,
    /// Ordinals with a pod about which something may have to be done. All others are quiet: available, with the identity
    /// and the storage of their places.
    noisy: Ordinals,
    /// Noisy ordinals of which it is not known yet whether they have become quiet.
    unjudged: Ordinals,
    /// Ordinals with a pod at which the controller has not looked since it or its claims were written, or not with
    /// success.
    unsettled: Ordinals,
    /// Ready pods that are not available yet, by when they will be, if that is known.
    maturing: BTreeSet<(SimTime, i32)>,
    /// Ordinals with a pod of another revision than the update revision.
    outdated: Ordinals,
    counts: Counts,
}

/// How many pods there are, as the set's status counts them.
#[derive(Clone, Copy, Debug, Default)]
struct Counts {
    replicas: i32,
    /// Running and Ready.
    ready: i32,
    /// Of them, those that are not available yet.
    maturing: i32,
    /// Of the current revision, and not going.
    current: i32,
    /// Of the update revision, and not going.
    updated: i32,
}

/// The set's pod in this place, if it is there, and the place.
pub type Place<'a> = (i32, Option<&'a Rc<Object>>);

impl Members {
    /// Takes in what was written since the last look: takes orphans that match the set's selector and name, lets go of
    /// pods that no longer match. Models `pkg/controller/controller_ref_manager.go: ClaimPods`. Errors: what the API
    /// server refused.
    pub fn claim(&mut self, api: &mut ApiServer, set: &Object) -> Result<(), ApiError> {
        self.read(api, set);
        if self.revisions.is_none() {
            revision::adopt_orphans(api, set)?;
        }
        let store = api.store();
        let namespace = &set.meta.namespace;
        let candidates = self.touched.iter().filter_map(|name| store.find(Kind::Pod, namespace, name));
        let candidates = candidates.cloned().collect();
        let selector = &set.stateful_set().spec.selector;
        let matches = |pod: &Object| is_member_of(set, pod) && selector.matches(&pod.meta.labels);
        let mine = claim(api, set, candidates, &matches)?;
        let mut mine = mine.into_iter().peekable();
        for name in std::mem::take(&mut self.touched) {
            let pod = mine.next_if(|pod| pod.meta.name == name);
            let Some((_, n)) = parent_and_ordinal(&name) else { continue };
            let before =
                self.pods.get(&n).filter(|before| pod.is_some() || before.meta.name == name).cloned();
            if let Some(before) = &before {
                self.forget(n, before, set);
            }
            match pod {
                Some(pod) => {
                    self.odd |= !is_regular_name(&set.meta.name, &name);
                    self.remember(n, pod, set, api.now);
                }
                None if before.is_some() => self.leave(n, set),
                None => {}
            }
        }
        Ok(())
    }

    /// Finds out whose pods and claims were written since the last look.
    fn read(&mut self, api: &ApiServer, set: &Object) {
        let (namespace, name, uid) = (&set.meta.namespace, &*set.meta.name, set.meta.uid);
        let is_ours = |key: &Key, pod: Option<&Object>| {
            parent_and_digits(&key.name).is_some_and(|(parent, _)| parent == name)
                || pod.is_some_and(|pod| pod.meta.is_controlled_by(uid))
        };
        let (spec, going) = (&set.stateful_set().spec, set.meta.is_terminating());
        let as_before = self.seen.as_ref().is_some_and(|(seen, was)| Rc::ptr_eq(seen, spec) && *was == going);
        if !as_before || self.odd || !api.history().knows_since(self.position) {
            *self = Members { seen: Some((spec.clone(), going)), ..Members::default() };
            self.missing = wanted_ordinals(set.stateful_set()).into();
            let pods = api.store().list_in(Kind::Pod, namespace);
            let ours = pods.filter(|pod| is_ours(&pod.key(), Some(pod)));
            self.touched = ours.map(|pod| pod.meta.name.clone()).collect();
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
                    self.touched.insert(key.name.clone());
                }
                Kind::PersistentVolumeClaim => {
                    let Some((parent, n)) = parent_and_ordinal(&key.name) else { continue };
                    if parent.strip_suffix(name).is_some_and(|template| template.ends_with('-')) {
                        self.touched.insert(pod_name(name, n).into());
                    }
                }
                Kind::ControllerRevision => self.revisions = None,
                _ => {}
            }
        }
        self.position = api.history().len();
    }

    /// A pod is in this place, or is there in another version.
    fn remember(&mut self, n: i32, pod: Rc<Object>, set: &Object, now: SimTime) {
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
        for places in [&mut self.noisy, &mut self.unjudged, &mut self.unsettled] {
            places.insert(n);
        }
        if let Some(at) = available_at(set, &pod).filter(|at| *at > now) {
            self.maturing.insert((at, n));
            self.counts.maturing += i32::from(is_running_and_ready(&pod));
        }
        if self.pods.insert(n, pod).is_none() {
            self.missing.remove(n);
        }
    }

    /// The pod in this place is no longer as it was.
    fn forget(&mut self, n: i32, pod: &Object, set: &Object) {
        let revision = pod_revision(pod);
        if let Some(count) = self.by_revision.get_mut(revision) {
            *count -= 1;
            if *count == 0 {
                self.by_revision.remove(revision);
            }
        }
        self.count_pod(pod, revision, -1);
        if available_at(set, pod).is_some_and(|at| self.maturing.remove(&(at, n))) {
            self.counts.maturing -= i32::from(is_running_and_ready(pod));
        }
    }

    /// The place is without a pod from now on.
    fn leave(&mut self, n: i32, set: &Object) {
        self.pods.remove(&n);
        for places in [&mut self.noisy, &mut self.unjudged, &mut self.unsettled, &mut self.outdated] {
            places.remove(n);
        }
        if wanted_ordinals(set.stateful_set()).contains(&n) {
            self.missing.insert(n);
        }
    }

    fn count_pod(&mut self, pod: &Object, revision: &str, sign: i32) {
        self.counts.replicas += sign;
        self.counts.ready += if is_running_and_ready(pod) { sign } else { 0 };
        let Some(revisions) = self.revisions.as_ref().filter(|_| !pod.meta.is_terminating()) else { return };
        self.counts.current += if revision == &*revisions.current.meta.name { sign } else { 0 };
        self.counts.updated += if revision == &*revisions.update.meta.name { sign } else { 0 };
    }

    /// The set's revisions; those of the last look, if nothing about them has changed. Errors: what the API server
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
        // All have to be counted and looked at again.
        self.counts = Counts { maturing: self.counts.maturing, ..Counts::default() };
        let pods: Vec<Rc<Object>> = self.pods.values().cloned().collect();
        pods.iter().for_each(|pod| self.count_pod(pod, pod_revision(pod), 1));
        self.noisy = self.pods.keys().copied().collect();
        (self.unjudged, self.unsettled) = (self.noisy.clone(), self.noisy.clone());
        let outdated = self.pods.iter().filter(|(_, p)| pod_revision(p) != &*revisions.update.meta.name);
        self.outdated = outdated.map(|(n, _)| *n).collect();
        Ok(revisions)
    }

    /// Finds out which pods have become quiet.
    pub fn judge(&mut self, api: &ApiServer, set: &Object) {
        let sts = set.stateful_set();
        let wanted = wanted_ordinals(sts);
        while let Some((at, n)) = self.maturing.first().copied().filter(|(at, _)| *at <= api.now) {
            self.maturing.remove(&(at, n));
            self.counts.maturing -= i32::from(is_running_and_ready(&self.pods[&n]));
            self.unjudged.insert(n);
        }
        for n in std::mem::take(&mut self.unjudged).iter() {
            let pod = &self.pods[&n];
            let quiet = pod.pod().status.phase == PodPhase::Running
                && !is_unavailable(pod, sts.spec.min_ready_seconds, api.now)
                && (!wanted.contains(&n) || identity_matches(set, pod) && storage_matches(set, pod))
                && pod_control::claims_match_retention(api, set, pod);
            if quiet {
                self.noisy.remove(n);
                if wanted.contains(&n) {
                    self.unsettled.remove(n);
                }
            }
        }
    }

    /// Takes note that there is nothing to be done about the pods in these places until they or their claims are written.
    pub fn settle(&mut self, places: &[i32]) {
        for n in places {
            self.unsettled.remove(*n);
        }
    }

    /// Models `updateStatus`: counts the pods.
    pub fn count(&self, status: &mut StatefulSetStatus) {
        let Counts { replicas, ready, maturing, current, updated } = self.counts;
        status.replicas = replicas;
        status.ready_replicas = ready;
        status.available_replicas = ready - maturing;
        status.current_replicas = current;
        status.updated_replicas = updated;
    }

    /// When the next pod that is Ready becomes available.
    pub fn next_available_at(&self) -> Option<SimTime> {
        self.maturing.first().map(|(at, _)| *at)
    }

    /// The pod of this ordinal.
    pub fn get(&self, n: i32) -> Option<&Rc<Object>> {
        self.pods.get(&n)
    }

    /// The place at which to look next, among these: one without a pod, or with a pod that is not quiet.
    pub fn next(&self, places: Range<i32>) -> Option<Place<'_>> {
        self.first_of(&self.noisy, places)
    }

    /// The place at which something may have to be done next, among these: one without a pod, or with a pod that is not
    /// settled.
    pub fn next_unsettled(&self, places: Range<i32>) -> Option<Place<'_>> {
        self.first_of(&self.unsettled, places)
    }

    fn first_of(&self, ordinals: &Ordinals, places: Range<i32>) -> Option<Place<'_>> {
        let places = inclusive(places);
        let missing = self.missing.range(places.clone()).next();
        let n = ordinals.range(places).next().into_iter().chain(missing).min()?;
        Some((n, self.pods.get(&n)))
    }

    /// The same from the end.
    pub fn next_back(&self, places: Range<i32>) -> Option<Place<'_>> {
        let places = inclusive(places);
        let noisy = self.noisy.range(places.clone()).next_back();
        let n = noisy.into_iter().chain(self.missing.range(places).next_back()).max()?;
        Some((n, self.pods.get(&n)))
    }

    /// The first of these places that has no pod.
    pub fn first_missing(&self, places: Range<i32>) -> Option<i32> {
        self.missing.range(inclusive(places)).next()
    }

    /// How many of these places have no pod.
    pub fn count_missing(&self, places: Range<i32>) -> usize {
        self.missing.count(inclusive(places))
    }

    /// The pods that are not quiet, by ordinal.
    pub fn noisy(&self) -> impl DoubleEndedIterator<Item = (i32, &Rc<Object>)> {
        self.noisy.iter().map(|n| (n, &self.pods[&n]))
    }

    /// The pods that are not quiet beyond the wanted ordinals, by ordinal.
    pub fn noisy_beyond(&self, wanted: Range<i32>) -> impl DoubleEndedIterator<Item = &Rc<Object>> {
        let (below, above) = beyond(&wanted);
        self.noisy.range(below).chain(self.noisy.range(above)).map(|n| &self.pods[&n])
    }

    /// The pods beyond the wanted ordinals that are not settled, the highest first.
    pub fn unsettled_beyond(&self, wanted: Range<i32>) -> impl Iterator<Item = &Rc<Object>> {
        let (below, above) = beyond(&wanted);
        let highest_first = self.unsettled.range(above).rev().chain(self.unsettled.range(below).rev());
        highest_first.map(|n| &self.pods[&n])
    }

    /// The pods in these places that are not of the update revision.
    pub fn outdated(&self, places: Range<i32>) -> impl DoubleEndedIterator<Item = (i32, &Rc<Object>)> {
        self.outdated.range(inclusive(places)).map(|n| (n, &self.pods[&n]))
    }

    /// The pods beyond the wanted ordinals, the highest first.
    pub fn condemned(&self, wanted: Range<i32>) -> impl Iterator<Item = &Rc<Object>> {
        let (below, above) = beyond(&wanted);
        self.pods.range(above).rev().chain(self.pods.range(below).rev()).map(|(_, pod)| pod)
    }

    /// Whether a pod is of this revision.
    pub fn uses_revision(&self, name: &str) -> bool {
        self.by_revision.contains_key(name)
    }
}

/// The same places.
fn inclusive(places: Range<i32>) -> RangeInclusive<i32> {
    places.start..=places.end.saturating_sub(1)
}

/// The places below and above these.
fn beyond(wanted: &Range<i32>) -> (RangeInclusive<i32>, RangeInclusive<i32>) {
    (i32::MIN..=wanted.start.saturating_sub(1), wanted.end.max(wanted.start)..=i32::MAX)
}

/// When a pod that is Ready becomes available.
fn available_at(set: &Object, pod: &Object) -> Option<SimTime> {
    pod.pod().available_at(set.stateful_set().spec.min_ready_seconds)
}
