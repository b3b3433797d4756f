//! Which endpoints a Service should have, and the writes that bring its slices there. Models
//! `k8s.io/endpointslice/reconciler.go`.

use super::utils::*;
use crate::api::meta::OwnerReference;
use crate::api::service::{Endpoint, EndpointPort, EndpointSlice};
use crate::api::{Body, Key, Kind, Map, Object, ObjectMeta, SimTime, Str};
use crate::apiserver::{ApiServer, DeleteOptions, Store};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How many endpoints a slice takes (`--max-endpoints-per-slice`).
pub const MAX_ENDPOINTS_PER_SLICE: usize = 100;
/// On a slice: when the change came about that the controller's last write tells of.
pub const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// The endpoints of one set of ports: those that are wanted and, later, the slices there are.
pub struct Group {
    pub ports: Rc<[EndpointPort]>,
    pub endpoints: Vec<Rc<Endpoint>>,
    slices: Vec<Rc<Object>>,
}

/// The endpoints that a Service should have.
pub struct Desired {
    pub groups: Vec<Group>,
    /// What keeps a pod from being among them.
    pub error: Option<String>,
}

impl Desired {
    /// How many are ready, and how many are not.
    pub fn count(&self) -> (usize, usize) {
        let all = || self.groups.iter().flat_map(|g| &g.endpoints);
        let ready = all().filter(|e| e.ready).count();
        (ready, all().count() - ready)
    }
}

/// The endpoints that the Service should have, in groups of equal ports. Pods come in the order of their ordinals (the
/// real controller takes them out of a map, in no order).
pub fn desired_endpoints(store: &Store, service: &Object) -> Desired {
    let body = service.service();
    let all = store.list_in(Kind::Pod, &service.meta.namespace);
    let mut pods: Vec<&Rc<Object>> =
        all.filter(|p| selects(body, p) && should_be_in_endpoints(p.pod())).collect();
    collections::sort_by_cached_key(&mut pods, |p| by_number(&p.meta.name));
    let mut desired = Desired { groups: Vec::new(), error: None };
    for pod in pods {
        let ports = endpoint_ports(body, pod.pod());
        let at = desired.groups.iter().position(|g| *g.ports == *ports).unwrap_or_else(|| {
            desired.groups.push(Group { ports: ports.into(), endpoints: Vec::new(), slices: Vec::new() });
            desired.groups.len() - 1
        });
        let node = pod.pod().spec.node_name.as_deref().unwrap_or_default();
        let node_is_there = store.get(&Key::cluster(Kind::Node, node)).is_some();
        if !node_is_there && !body.publish_not_ready_addresses {
            let ObjectMeta { namespace, name, .. } = &service.meta;
            let pod = &pod.meta.name;
            desired.error =
                Some(format!("skipping Pod {pod} for Service {namespace}/{name}: Node {node} Not Found"));
            continue;
        }
        desired.groups[at].endpoints.push(Rc::new(pod_to_endpoint(service, pod)));
    }
    desired
}

/// When the change came about that this sync tells of: the earliest among the pods whose readiness moved since the last
/// one. Models `trigger_time_tracker.go: ComputeEndpointLastChangeTriggerTime`.
pub fn last_change_trigger_time(
    service: &Object,
    existing: &[Rc<Object>],
    groups: &[Group],
) -> Option<SimTime> {
    if existing.is_empty() {
        return Some(service.meta.creation_timestamp);
    }
    let listed = existing.iter().flat_map(|s| s.endpoint_slice().endpoints.iter());
    let seen: BTreeMap<_, _> =
        collections::collect(listed.filter_map(|e| Some((&e.target.as_ref()?.1, e.trigger_time?))));
    let all = groups.iter().flat_map(|g| &g.endpoints);
    let moved = all.filter_map(|e| {
        let (_, pod, _) = e.target.as_ref()?;
        e.trigger_time.filter(|at| seen.get(pod).is_none_or(|before| at > before))
    });
    moved.min()
}

/// What a slice is to hold.
pub struct Content {
    pub ports: Rc<[EndpointPort]>,
    pub endpoints: Vec<Rc<Endpoint>>,
}

/// The writes that a sync makes.
#[derive(Default)]
pub struct Plan {
    create: Vec<Content>,
    update: Vec<(Rc<Object>, Content)>,
    pub delete: Vec<Rc<Object>>,
}

impl Plan {
    /// Models `reconciler.go: reconcileByAddressType`.
    pub fn by_address_type(service: &Object, existing: Vec<Rc<Object>>, mut groups: Vec<Group>) -> Plan {
        let mut plan = Plan::default();
        let all = existing.len();
        for slice in existing {
            let ports = &slice.endpoint_slice().ports;
            match groups.iter_mut().find(|g| g.ports == *ports && is_owned_by(&slice, service)) {
                Some(group) => group.slices.push(slice),
                None => plan.delete.push(slice),
            }
        }
        for group in groups {
            plan.by_port_mapping(service, group);
        }
        if plan.delete.len() == all && plan.create.is_empty() {
            plan.keep_or_add_placeholder(service);
        }
        plan.reuse_deleted_slices(service);
        plan
    }

    /// Models `reconciler.go: reconcileByPortMapping`.
    fn by_port_mapping(&mut self, service: &Object, group: Group) {
        let Group { ports, endpoints, slices } = group;
        let identity = |e: &Endpoint| {
            let pod = e.target.as_ref().map(|(_, pod, _)| pod.clone());
            (e.address.clone(), e.hostname.clone(), pod)
        };
        let places: BTreeMap<_, usize> =
            collections::collect(endpoints.iter().enumerate().map(|(at, e)| (identity(e), at)));
        let mut wanted: Vec<Option<Rc<Endpoint>>> = endpoints.into_iter().map(Some).collect();
        let mut changed: Vec<(Rc<Object>, Content)> = Vec::new();
        let mut unchanged: Vec<Rc<Object>> = Vec::new();
        let mut contents: BTreeMap<Str, Vec<Rc<Endpoint>>> = BTreeMap::new();
        for slice in slices {
            let old = &slice.endpoint_slice().endpoints;
            let mut moved = false;
            let mut kept = Vec::new();
            for endpoint in old.iter() {
                let Some(new) = places.get(&identity(endpoint)).and_then(|at| wanted[*at].take()) else {
                    continue;
                };
                moved |= !is_same(&new, endpoint);
                kept.push(new);
            }
            moved |= kept.len() != old.len();
            if moved && kept.is_empty() {
                self.delete.push(slice);
                continue;
            }
            if moved || labels_differ(&slice, service) {
                changed.push((slice, Content { ports: ports.clone(), endpoints: kept }));
            } else {
                contents.insert(slice.meta.name.clone(), kept);
                unchanged.push(slice);
            }
        }
        let left: Vec<Rc<Endpoint>> = wanted.into_iter().flatten().collect();
        self.fill(&ports, changed, unchanged, left, &|slice| contents[&slice.meta.name].clone());
    }

    /// Puts new endpoints into slices: those that are written anyway, then the fullest in which there is room for all
    /// that are left (`contents` says what it holds), then new ones.
    pub fn fill(
        &mut self,
        ports: &Rc<[EndpointPort]>,
        mut changed: Vec<(Rc<Object>, Content)>,
        mut unchanged: Vec<Rc<Object>>,
        mut left: Vec<Rc<Endpoint>>,
        contents: &dyn Fn(&Object) -> Vec<Rc<Endpoint>>,
    ) {
        left.reverse();
        let fill = |content: &mut Content, left: &mut Vec<Rc<Endpoint>>| {
            while content.endpoints.len() < MAX_ENDPOINTS_PER_SLICE
                && let Some(endpoint) = left.pop()
            {
                content.endpoints.push(endpoint);
            }
        };
        collections::sort_by_key(&mut changed, |(_, c)| std::cmp::Reverse(c.endpoints.len()));
        changed.iter_mut().for_each(|(_, content)| fill(content, &mut left));
        while !left.is_empty() {
            let room = |slice: &Rc<Object>| {
                let full = slice.endpoint_slice().endpoints.len() + left.len();
                (full <= MAX_ENDPOINTS_PER_SLICE && left.len() < MAX_ENDPOINTS_PER_SLICE).then_some(full)
            };
            let fullest = unchanged.iter().filter(|s| room(s).is_some()).max_by_key(|s| room(s));
            let fullest = fullest.map(|slice| slice.meta.uid);
            match unchanged.iter().position(|slice| Some(slice.meta.uid) == fullest) {
                Some(at) => {
                    let slice = unchanged.remove(at);
                    let mut content = Content { ports: ports.clone(), endpoints: contents(&slice) };
                    fill(&mut content, &mut left);
                    changed.push((slice, content));
                }
                None => {
                    let mut content = Content { ports: ports.clone(), endpoints: Vec::new() };
                    fill(&mut content, &mut left);
                    self.create.push(content);
                }
            }
        }
        self.update.extend(changed);
    }

    /// A Service without endpoints has one empty slice.
    fn keep_or_add_placeholder(&mut self, service: &Object) {
        let is_placeholder = |slice: &Object| {
            let body = slice.endpoint_slice();
            body.ports.is_empty() && body.endpoints.is_empty() && slice.meta.labels == labels_for(service)
        };
        match &self.delete[..] {
            [slice] if is_placeholder(slice) => self.delete.clear(),
            _ => self.create.push(Content { ports: Rc::default(), endpoints: Vec::new() }),
        }
    }

    /// Models the first step of `reconciler.go: finalize`: rather than deleting one slice and creating another, the
    /// first becomes the second.
    pub fn reuse_deleted_slices(&mut self, service: &Object) {
        let mut at = 0;
        while at < self.delete.len() && !self.create.is_empty() {
            if is_owned_by(&self.delete[at], service) {
                let slice = self.delete.remove(at);
                let content = self.create.pop().expect("there is one to create");
                self.update.push((slice, content));
            } else {
                at += 1;
            }
        }
    }

    /// The slices that this makes of a Service, each still without a name.
    pub fn created(self, service: &Object) -> impl Iterator<Item = Object> {
        let labels = labels_for(service);
        self.create.into_iter().map(move |content| new_slice(service, &labels, &Map::default(), content))
    }

    /// Models `reconciler.go: finalize`, for slices with these labels ([`labels_for`]). Returns the slices that were written.
    /// Errors: what the API server refuses.
    pub fn finalize(
        self,
        api: &mut ApiServer,
        service: &Object,
        labels: &Map,
        trigger_time: Option<SimTime>,
    ) -> Result<Vec<Rc<Object>>, String> {
        if self.create.is_empty() && self.update.is_empty() && self.delete.is_empty() {
            return Ok(Vec::new());
        }
        let mut written = Vec::new();
        let name = &service.meta.name;
        let annotations: Map =
            Rc::new(collections::collect(trigger_time.map(|at| (TRIGGER_TIME.into(), at.rfc3339().into()))));
        let creates = if service.meta.is_terminating() { Vec::new() } else { self.create };
        for content in creates {
            match api.create(new_slice(service, labels, &annotations, content)) {
                Ok(created) => written.push(created),
                Err(error) if error.is_namespace_terminating() => return Ok(written),
                Err(error) => {
                    let namespace = &service.meta.namespace;
                    return Err(format!(
                        "failed to create EndpointSlice for Service {namespace}/{name}: {error}"
                    ));
                }
            }
        }
        for (slice, content) in self.update {
            let updated = api.update(&slice.key(), |o| {
                if o.meta.labels != *labels {
                    o.meta.labels = labels.clone();
                }
                let is_trigger_time = |annotation: &Str| **annotation == *TRIGGER_TIME;
                if o.meta.annotations.keys().all(is_trigger_time) {
                    o.meta.annotations = annotations.clone();
                } else {
                    let all = Rc::make_mut(&mut o.meta.annotations);
                    all.remove(TRIGGER_TIME);
                    all.extend((*annotations).clone());
                }
                let body = o.endpoint_slice_mut();
                body.endpoints = content.endpoints.into();
                body.ports = content.ports;
            });
            written.push(updated.expect("the slice is there"));
        }
        for slice in self.delete {
            api.delete(&slice.key(), DeleteOptions::default()).expect("the slice is there");
        }
        Ok(written)
    }
}

/// A new slice, for which the API server finds a name. Models `k8s.io/endpointslice/utils.go: newEndpointSlice`.
fn new_slice(service: &Object, labels: &Map, annotations: &Map, content: Content) -> Object {
    let meta = ObjectMeta {
        generate_name: Some(format!("{}-", service.meta.name).into()),
        namespace: service.meta.namespace.clone(),
        labels: labels.clone(),
        annotations: annotations.clone(),
        owner_references: Rc::new([OwnerReference::controller(service)]),
        ..ObjectMeta::default()
    };
    let body = EndpointSlice {
        address_type: "IPv4".into(),
        endpoints: content.endpoints.into(),
        ports: content.ports,
    };
    Object::new(Kind::EndpointSlice, meta, Body::EndpointSlice(body))
}
