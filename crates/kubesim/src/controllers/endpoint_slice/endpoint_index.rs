//! The endpoints of a Service by pod, kept between two reconciles, so that a Service of a thousand pods is not gone through
//! because of one. As the index of a StatefulSet's pods it is kept up by reading what was written since, and says nothing that
//! the store does not say.

use super::reconciler::{Content, Group, Plan, desired_endpoints};
use super::utils::*;
use crate::api::service::{Endpoint, EndpointPort};
use crate::api::verdict::Component;
use crate::api::{Kind, Map, Object, SimTime, Str};
use crate::apiserver::{ApiServer, Cause, Change, Store};
use crate::base::shared_map::SharedMap;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The endpoints of a Service.
#[derive(Clone, Debug)]
pub struct EndpointIndex {
    /// The Service in the last reconcile.
    service: Rc<Object>,
    /// How many writes of the history it has taken in.
    position: usize,
    /// Pods that were written since.
    written: BTreeSet<Str>,
    /// The ports that all endpoints have.
    ports: Rc<[EndpointPort]>,
    /// The labels of the Service's slices.
    labels: Map,
    /// The pods that have an endpoint or are to have one.
    pods: SharedMap<Str, PodEndpoint>,
    /// How many endpoints are wanted.
    wanted: usize,
    /// How many of them are ready.
    ready: usize,
    /// The slices as they were written last.
    slices: BTreeMap<Str, Rc<Object>>,
    /// Pods whose readiness has moved to and fro: the slice does not tell when yet.
    late: BTreeSet<Str>,
}

/// The endpoint of a pod.
#[derive(Clone, Debug, Default)]
struct PodEndpoint {
    /// The endpoint that is wanted.
    wanted: Option<Rc<Endpoint>>,
    /// The slice in which it has one.
    slice: Option<Str>,
}

/// What is to become of a pod's endpoint in a slice.
struct Edit {
    /// Its place in the slice.
    at: usize,
    pod: Str,
    endpoint: Option<Rc<Endpoint>>,
}

impl EndpointIndex {
    /// The index after all has been gone through; `None` where it would not do: pods with different ports, or slices that
    /// somebody else keeps.
    pub fn new(store: &Store, service: &Rc<Object>, position: usize) -> Option<EndpointIndex> {
        let desired = desired_endpoints(store, service);
        if desired.error.is_some() {
            return None;
        }
        let [group] = <[Group; 1]>::try_from(desired.groups).ok()?;
        let mut index = EndpointIndex {
            service: service.clone(),
            position,
            written: BTreeSet::new(),
            ports: group.ports,
            labels: labels_for(service),
            pods: SharedMap::default(),
            wanted: 0,
            ready: 0,
            slices: BTreeMap::new(),
            late: BTreeSet::new(),
        };
        for endpoint in group.endpoints {
            index.want(&pod_of(&endpoint), Some(endpoint));
        }
        let mut placed = 0;
        for slice in slices_of(store, service).filter(|s| is_ours(s)) {
            let body = slice.endpoint_slice();
            let is_kept = !slice.meta.is_terminating()
                && body.ports == index.ports
                && is_owned_by(slice, service)
                && !labels_differ(slice, service);
            if !is_kept {
                return None;
            }
            for endpoint in body.endpoints.iter() {
                let pod = pod_of(endpoint);
                let known = index.pods.get_mut(&*pod)?;
                let slice_before = known.slice.replace(slice.meta.name.clone());
                placed += usize::from(slice_before.is_none());
                match moved(endpoint, known.wanted.as_ref()?) {
                    Moved::No => {}
                    Moved::Late => drop(index.late.insert(pod)),
                    Moved::Changed | Moved::Another => return None,
                }
            }
            index.slices.insert(slice.meta.name.clone(), slice.clone());
        }
        (placed == index.wanted).then_some(index)
    }

    /// Takes in what was written since the last reconcile. Returns whether the index still holds.
    pub fn read(&mut self, api: &ApiServer, service: &Rc<Object>) -> bool {
        let (namespace, body) = (&service.meta.namespace, service.service());
        if !Rc::ptr_eq(service, &self.service) || !api.history().knows_since(self.position) {
            return false;
        }
        for entry in api.history().since(self.position) {
            let Change::Object { key, before, after } = &entry.change else { continue };
            match key.kind {
                Kind::Pod
                    if key.namespace == *namespace
                        && before.iter().chain(after).any(|pod| selects(body, pod)) =>
                {
                    self.written.insert(key.name.clone());
                }
                Kind::EndpointSlice
                    if key.namespace == *namespace
                        && entry.cause != Cause::Component(Component::EndpointSliceController) =>
                {
                    return false;
                }
                Kind::Node if before.is_none() || after.is_none() => return false,
                _ => {}
            }
        }
        self.position = api.history().len();
        true
    }

    /// The labels of the Service's slices.
    pub fn labels(&self) -> &Map {
        &self.labels
    }

    /// How many endpoints are ready, and how many are not.
    pub fn count(&self) -> (usize, usize) {
        (self.ready, self.wanted - self.ready)
    }

    /// The writes that bring the slices up to date, and when the change came about that they tell of; `None` if all has
    /// to be gone through.
    pub fn plan(&mut self, store: &Store) -> Option<(Plan, Option<SimTime>)> {
        let service = self.service.clone();
        let body = service.service();
        let mut edits: BTreeMap<Str, Vec<Edit>> = BTreeMap::new();
        let mut left: Vec<Rc<Endpoint>> = Vec::new();
        let mut trigger_time: Option<SimTime> = None;
        let written: Vec<Str> = self.written.union(&self.late).cloned().collect();
        for name in written {
            let pod = store.find(Kind::Pod, &service.meta.namespace, &name);
            let pod = pod.filter(|p| selects(body, p) && should_be_in_endpoints(p.pod()));
            let new = match pod {
                Some(pod) => {
                    let node = pod.pod().spec.node_name.as_deref().unwrap_or_default();
                    let node_is_there =
                        store.find_cluster(Kind::Node, node).is_some() || body.publish_not_ready_addresses;
                    if !node_is_there || *endpoint_ports(body, pod.pod()) != *self.ports {
                        return None;
                    }
                    Some(Rc::new(pod_to_endpoint(&service, pod)))
                }
                None => None,
            };
            let old = self.endpoint_in_slice(&name).map(|(at, old)| (at, old.clone()));
            if let Some(new) = &new
                && let Some(at) = new.trigger_time
                && old.as_ref().and_then(|(_, e)| e.trigger_time).is_none_or(|before| at > before)
            {
                trigger_time = Some(trigger_time.map_or(at, |least| least.min(at)));
            }
            self.late.remove(&name);
            self.want(&name, new.clone());
            match (old, new) {
                (None, None) => {}
                (None, Some(new)) => left.push(new),
                (Some((at, _)), None) => self.edit(&mut edits, at, &name, None),
                (Some((at, old)), Some(new)) => match moved(&old, &new) {
                    Moved::No => {}
                    Moved::Late => drop(self.late.insert(name)),
                    Moved::Changed => self.edit(&mut edits, at, &name, Some(new)),
                    Moved::Another => {
                        self.edit(&mut edits, at, &name, None);
                        left.push(new);
                    }
                },
            }
        }
        self.written.clear();
        if self.wanted == 0 {
            return None;
        }
        collections::sort_by_key(&mut left, |e| by_number(&pod_of(e)));
        let mut plan = Plan::default();
        let mut changed = Vec::new();
        for (name, mut edits) in edits {
            let slice = self.slices[&name].clone();
            collections::sort_by_key(&mut edits, |edit| edit.at);
            let endpoints = self.edited(&slice, &edits);
            for edit in edits.iter().filter(|edit| edit.endpoint.is_none()) {
                self.place(&edit.pod, None);
            }
            if endpoints.is_empty() {
                plan.delete.push(slice)
            } else {
                changed.push((slice, Content { ports: self.ports.clone(), endpoints }))
            }
        }
        let mut unchanged: Vec<Rc<Object>> = Vec::new();
        if !left.is_empty() {
            let edited = plan.delete.iter().chain(changed.iter().map(|(slice, _)| slice));
            let is_edited = |slice: &Rc<Object>| edited.clone().any(|e| Rc::ptr_eq(e, slice));
            unchanged.extend(self.slices.values().filter(|s| !is_edited(s)).cloned());
        }
        plan.fill(&self.ports, changed, unchanged, left, &|slice| self.edited(slice, &[]));
        plan.reuse_deleted_slices(&service);
        Some((plan, trigger_time))
    }

    /// The pod's endpoint, and its place in its slice.
    fn endpoint_in_slice(&self, pod: &Str) -> Option<(usize, &Rc<Endpoint>)> {
        let slice = self.slices.get(self.slice_of(pod)?)?;
        let is_of_pod = |e: &Endpoint| e.target.as_ref().is_some_and(|(_, p, _)| p == pod);
        // What moves is mostly new, and so at the end.
        slice.endpoint_slice().endpoints.iter().enumerate().rfind(|(_, e)| is_of_pod(e))
    }

    /// The slice in which the pod has an endpoint.
    fn slice_of(&self, pod: &Str) -> Option<&Str> {
        self.pods.get(&**pod)?.slice.as_ref()
    }

    /// From now on the pod has an endpoint in this slice, or in none.
    fn place(&mut self, pod: &Str, slice: Option<Str>) {
        self.know(pod, |known| known.slice = slice);
    }

    /// From now on the pod is to have this endpoint, or none.
    fn want(&mut self, pod: &Str, endpoint: Option<Rc<Endpoint>>) {
        let count = |e: &Option<Rc<Endpoint>>| {
            (usize::from(e.is_some()), usize::from(e.as_ref().is_some_and(|e| e.ready)))
        };
        let (wanted, ready) = count(&endpoint);
        let mut old = None;
        self.know(pod, |known| old = std::mem::replace(&mut known.wanted, endpoint));
        let (no_longer_wanted, was_ready) = count(&old);
        self.wanted = self.wanted + wanted - no_longer_wanted;
        self.ready = self.ready + ready - was_ready;
    }

    fn know(&mut self, pod: &Str, change: impl FnOnce(&mut PodEndpoint)) {
        let known = self.pods.entry(&**pod, || (pod.clone(), PodEndpoint::default()));
        change(known);
        if known.wanted.is_none() && known.slice.is_none() {
            self.pods.remove(&**pod);
        }
    }

    fn edit(
        &self,
        edits: &mut BTreeMap<Str, Vec<Edit>>,
        at: usize,
        pod: &Str,
        endpoint: Option<Rc<Endpoint>>,
    ) {
        let edit = Edit { at, pod: pod.clone(), endpoint };
        let slice = self.slice_of(pod).expect("what is edited is in a slice");
        edits.entry(slice.clone()).or_default().push(edit);
    }

    /// A slice's endpoints with these changes, which are in the order of their places; what came late is told now.
    fn edited(&self, slice: &Object, edits: &[Edit]) -> Vec<Rc<Endpoint>> {
        let old = &slice.endpoint_slice().endpoints;
        let mut endpoints = Vec::with_capacity(old.len());
        let mut edits = edits.iter().peekable();
        for (at, endpoint) in old.iter().enumerate() {
            if let Some(edit) = edits.next_if(|edit| edit.at == at) {
                endpoints.extend(edit.endpoint.clone());
                continue;
            }
            let late = if self.late.is_empty() { None } else { self.late.get(&pod_of(endpoint)) };
            match late {
                Some(pod) => endpoints.extend(self.pods.get(&**pod).and_then(|known| known.wanted.clone())),
                None => endpoints.push(endpoint.clone()),
            }
        }
        endpoints
    }

    /// Takes in what was written as planned.
    pub fn put_written(&mut self, written: Vec<Rc<Object>>, deleted: &[Str]) {
        for name in deleted {
            self.slices.remove(name);
        }
        for slice in written {
            let name = &slice.meta.name;
            // What is new in a slice is at its end.
            for endpoint in slice.endpoint_slice().endpoints.iter().rev() {
                let pod = pod_of(endpoint);
                if self.slice_of(&pod) == Some(name) {
                    break;
                }
                self.place(&pod, Some(name.clone()));
            }
            if !self.late.is_empty() {
                for endpoint in slice.endpoint_slice().endpoints.iter() {
                    self.late.remove(&pod_of(endpoint));
                }
            }
            self.slices.insert(name.clone(), slice);
        }
    }
}

/// How an endpoint differs from the one that a slice has.
enum Moved {
    /// Not at all.
    No,
    /// Only in when its readiness moved, which is no reason to write.
    Late,
    /// In its state.
    Changed,
    /// It is another: it goes to another place.
    Another,
}

fn moved(old: &Endpoint, new: &Endpoint) -> Moved {
    if old.address != new.address || old.hostname != new.hostname || pod_of(old) != pod_of(new) {
        return Moved::Another;
    }
    match (is_same(old, new), old.trigger_time == new.trigger_time) {
        (true, true) => Moved::No,
        (true, false) => Moved::Late,
        (false, _) => Moved::Changed,
    }
}

/// The name of an endpoint's pod.
fn pod_of(endpoint: &Endpoint) -> Str {
    endpoint.target.as_ref().map(|(_, pod, _)| pod.clone()).unwrap_or_default()
}
