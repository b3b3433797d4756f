//! What the controller remembers of a set's pods between two looks at it, so that a set of a thousand is not counted anew
//! because of one: the pods by their places, those about which something may have to be done, and how many the rest are.
//!
//! It is kept up by reading what was written since the last look, as an informer's handlers do upstream. It says nothing
//! that the store does not say: forgetting it costs time, and changes nothing.

use super::pod_control;
use super::revision::{self, Revisions};
use super::utils::*;
use crate::api::stateful_set::{StatefulSetSpec, StatefulSetStatus};
use crate::api::{Key, Kind, Object, PodPhase, SimTime, Str};
use crate::apiserver::{ApiError, ApiServer, Change};
use crate::controllers::ref_manager::claim;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
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
    missing: BTreeSet<i32>,
    /// Ordinals with a pod about which something may have to be done. All others are quiet: available, with the identity
    /// and the storage of their places.
    noisy: BTreeSet<i32>,
    /// Ordinals with a pod of another revision than the update revision.
    outdated: BTreeSet<i32>,
    /// Quiet pods; of them, of the current revision, and of the update revision.
    quiet: (i32, i32, i32),
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
        for name in std::mem::take(&mut self.touched) {
            let ordinal = parent_and_ordinal(&name).map(|(_, n)| n);
            if let Some(n) = ordinal.filter(|n| self.pods.get(n).is_some_and(|pod| pod.meta.name == name)) {
                self.remove(n, set);
            }
        }
        for pod in mine {
            if let Some(n) = ordinal(&pod) {
                self.odd |= *pod.meta.name != *pod_name(&set.meta.name, n);
                self.remove(n, set);
                self.insert(n, pod);
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
            self.missing = wanted_ordinals(set.stateful_set()).collect();
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

    fn insert(&mut self, n: i32, pod: Rc<Object>) {
        *self.by_revision.entry(pod_revision(&pod).into()).or_default() += 1;
        self.missing.remove(&n);
        self.noisy.insert(n);
        if self.revisions.as_ref().is_some_and(|r| pod_revision(&pod) != &*r.update.meta.name) {
            self.outdated.insert(n);
        }
        self.pods.insert(n, pod);
    }

    fn remove(&mut self, n: i32, set: &Object) {
        let Some(pod) = self.pods.remove(&n) else { return };
        if let Some(count) = self.by_revision.get_mut(pod_revision(&pod)) {
            *count -= 1;
            if *count == 0 {
                self.by_revision.remove(pod_revision(&pod));
            }
        }
        if !self.noisy.remove(&n) {
            self.count_quiet(&pod, -1);
        }
        self.outdated.remove(&n);
        if wanted_ordinals(set.stateful_set()).contains(&n) {
            self.missing.insert(n);
        }
    }

    fn count_quiet(&mut self, pod: &Object, sign: i32) {
        let Some(revisions) = &self.revisions else { return };
        self.quiet.0 += sign;
        self.quiet.1 += if pod_revision(pod) == &*revisions.current.meta.name { sign } else { 0 };
        self.quiet.2 += if pod_revision(pod) == &*revisions.update.meta.name { sign } else { 0 };
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
        // All have to be counted again.
        self.quiet = (0, 0, 0);
        self.noisy = self.pods.keys().copied().collect();
        let outdated = self.pods.iter().filter(|(_, p)| pod_revision(p) != &*revisions.update.meta.name);
        self.outdated = outdated.map(|(n, _)| *n).collect();
        Ok(revisions)
    }

    /// Finds out which pods have become quiet.
    pub fn judge(&mut self, api: &ApiServer, set: &Object) {
        let sts = set.stateful_set();
        let wanted = wanted_ordinals(sts);
        let quiet = |n: &i32| {
            let pod = &self.pods[n];
            pod.pod().status.phase == PodPhase::Running
                && !is_unavailable(pod, sts.spec.min_ready_seconds, api.now)
                && (!wanted.contains(n) || identity_matches(set, pod) && storage_matches(set, pod))
                && pod_control::claims_match_retention(api, set, pod)
        };
        let quiet: Vec<i32> = self.noisy.iter().copied().filter(quiet).collect();
        for n in quiet {
            self.noisy.remove(&n);
            let pod = self.pods[&n].clone();
            self.count_quiet(&pod, 1);
        }
    }

    /// Models `updateStatus`: counts the pods.
    pub fn count(&self, status: &mut StatefulSetStatus, min_ready_seconds: i64, now: SimTime) {
        let (quiet, current, updated) = self.quiet;
        status.replicas = quiet;
        status.ready_replicas = quiet;
        status.available_replicas = quiet;
        status.current_replicas = current;
        status.updated_replicas = updated;
        for pod in self.noisy.iter().map(|n| &self.pods[n]) {
            status.replicas += 1;
            if is_running_and_ready(pod) {
                status.ready_replicas += 1;
                status.available_replicas += i32::from(is_available(pod, min_ready_seconds, now));
            }
            if !pod.meta.is_terminating() {
                let is = |revision: &Option<Str>| i32::from(revision.as_deref() == Some(pod_revision(pod)));
                status.current_replicas += is(&status.current_revision);
                status.updated_replicas += is(&status.update_revision);
            }
        }
    }

    /// The pod of this ordinal.
    pub fn get(&self, n: i32) -> Option<&Rc<Object>> {
        self.pods.get(&n)
    }

    /// The place at which to look next, among these: one without a pod, or with a pod that is not quiet.
    pub fn next(&self, places: Range<i32>) -> Option<Place<'_>> {
        if places.is_empty() {
            return None;
        }
        let noisy = self.noisy.range(places.clone()).next();
        let n = *noisy.into_iter().chain(self.missing.range(places).next()).min()?;
        Some((n, self.pods.get(&n)))
    }

    /// The same from the end.
    pub fn next_back(&self, places: Range<i32>) -> Option<Place<'_>> {
        if places.is_empty() {
            return None;
        }
        let noisy = self.noisy.range(places.clone()).next_back();
        let n = *noisy.into_iter().chain(self.missing.range(places).next_back()).max()?;
        Some((n, self.pods.get(&n)))
    }

    /// The first of these places that has no pod.
    pub fn first_missing(&self, places: Range<i32>) -> Option<i32> {
        if places.is_empty() { None } else { self.missing.range(places).next().copied() }
    }

    /// How many of these places have no pod.
    pub fn count_missing(&self, places: Range<i32>) -> usize {
        if places.is_empty() { 0 } else { self.missing.range(places).count() }
    }

    /// The pods that are not quiet, by ordinal.
    pub fn noisy(&self) -> impl DoubleEndedIterator<Item = (i32, &Rc<Object>)> {
        self.noisy.iter().map(|n| (*n, &self.pods[n]))
    }

    /// The pods in these places that are not of the update revision.
    pub fn outdated(&self, places: Range<i32>) -> impl DoubleEndedIterator<Item = (i32, &Rc<Object>)> {
        let places = if places.is_empty() { 0..0 } else { places };
        self.outdated.range(places).map(|n| (*n, &self.pods[n]))
    }

    /// The pods beyond the wanted ordinals, the highest first.
    pub fn condemned(&self, wanted: Range<i32>) -> impl Iterator<Item = &Rc<Object>> {
        let above = self.pods.range(wanted.end.max(wanted.start)..);
        let below = self.pods.range(..wanted.start);
        above.rev().chain(below.rev()).map(|(_, pod)| pod)
    }

    /// Whether a pod is of this revision.
    pub fn uses_revision(&self, name: &str) -> bool {
        self.by_revision.contains_key(name)
    }
}
