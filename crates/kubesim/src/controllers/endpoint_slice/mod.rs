//! The EndpointSlice controller: which pods stand behind a Service, and in what state.
//!
//! Models `pkg/controller/endpointslice/endpointslice_controller.go` and `k8s.io/endpointslice/reconciler.go`. Endpoints
//! keep their place in a slice as long as they stay; new ones, pods that come back with another address among them, go
//! to its end. The older `Endpoints` objects say nothing that slices do not, so nobody keeps them: [`endpoints`] derives
//! them when they are asked for.

mod listed;

use crate::api::event::Involved;
use crate::api::meta::OwnerReference;
use crate::api::read::Writer;
use crate::api::service::{
    Endpoint, EndpointPort, EndpointSlice, HEADLESS_LABEL, MANAGED_BY_LABEL, SERVICE_NAME_LABEL, Service,
    ServicePort, TargetPort,
};
use crate::api::verdict::{Component, Reason};
use crate::api::{Body, Key, Kind, Map, Object, ObjectMeta, Pod, SimTime, Str, Uid};
use crate::apiserver::{ApiServer, Cause, Change, DeleteOptions, EventType, Source, Store};
use crate::component::{Context, Outcome, WatchEvent};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

pub use listed::Listed;

/// How many endpoints a slice takes (`--max-endpoints-per-slice`).
pub const MAX_ENDPOINTS_PER_SLICE: usize = 100;
/// How many addresses an Endpoints object takes (`pkg/controller/endpoint/endpoints_controller.go: maxCapacity`).
pub const MAX_ENDPOINTS: usize = 1000;

const ME: Component = Component::EndpointSliceController;
/// What [`MANAGED_BY_LABEL`] says on this controller's slices.
const CONTROLLER_NAME: &str = "endpointslice-controller.k8s.io";
const SOURCE: Source<'static> = Source::controller("endpoint-slice-controller");
/// On a slice: when the change came about that the controller's last write tells of.
const TRIGGER_TIME: &str = "endpoints.kubernetes.io/last-change-trigger-time";

/// Says which Services have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::Service => add(ME, change.key.clone()),
        Kind::Pod if pod_endpoints_changed(change) => {
            for service in store.list_in(Kind::Service, &change.key.namespace) {
                let body = service.service();
                if has_selector(body) && change.both().any(|pod| selects(body, pod)) {
                    add(ME, service.key());
                }
            }
        }
        Kind::EndpointSlice if change.cause != Cause::Component(ME) => {
            let slices = change.both().filter(|s| is_ours(s));
            for service in slices.filter_map(|s| s.meta.label(SERVICE_NAME_LABEL)) {
                add(ME, change.key.beside(Kind::Service, service));
            }
        }
        _ => {}
    }
}

/// Models `k8s.io/endpointslice/util/controller_utils.go: podEndpointsChanged`.
fn pod_endpoints_changed(change: &WatchEvent) -> bool {
    let (Some(old), Some(new)) = (change.before, change.after) else { return true };
    let (old_pod, new_pod) = (old.pod(), new.pod());
    new.meta.is_terminating()
        || old_pod.is_ready() != new_pod.is_ready()
        || old_pod.status.pod_ip != new_pod.status.pod_ip
        || old.meta.labels != new.meta.labels
        || old_pod.spec.hostname != new_pod.spec.hostname
        || old_pod.spec.subdomain != new_pod.spec.subdomain
}

fn has_selector(service: &Service) -> bool {
    !service.selector.is_empty()
}

fn selects(service: &Service, pod: &Object) -> bool {
    service.selector.iter().all(|(k, v)| pod.meta.labels.get(k) == Some(v))
}

fn is_ours(slice: &Object) -> bool {
    slice.meta.label(MANAGED_BY_LABEL) == Some(CONTROLLER_NAME)
}

/// What is remembered of each Service's endpoints.
pub type Memory = BTreeMap<Key, Listed>;

/// Looks at a Service. Models `endpointslice_controller.go: syncService` and `reconciler.go: reconcileByAddressType`.
pub fn sync(context: &mut Context, memory: &mut Memory, key: &Key) -> Outcome {
    let Some(service) = context.store().get(key).cloned() else {
        memory.remove(key);
        return Outcome::DONE;
    };
    let body = service.service();
    if !has_selector(body) || &*body.service_type == "ExternalName" {
        memory.remove(key);
        context.api.set_verdict(ME, key, Some(Reason::NoSelector), None);
        return Outcome::DONE;
    }
    // What is remembered is of the world as it is, not as a controller that lags behind knows it.
    let lags = context.timings.endpoint_slices > context.timings.watch;
    if let Some(listed) = memory.get_mut(key)
        && !lags
        && listed.read(context.api, &service)
        && let Some((plan, trigger_time)) = listed.plan(context.api.store())
    {
        let deleted: Vec<Str> = plan.delete.iter().map(|s| s.meta.name.clone()).collect();
        match plan.carry_out(context.api, &service, listed.labels(), trigger_time) {
            Ok(written) => listed.written(written, &deleted),
            Err(message) => {
                memory.remove(key);
                return failed(context.api, &service, &message);
            }
        }
        let (ready, not_ready) = listed.count();
        context.api.set_verdict(ME, key, Some(Reason::Endpoints { ready, not_ready }), None);
        return Outcome::DONE;
    }
    memory.remove(key);
    let existing: Vec<Rc<Object>> = slices_of(context.store(), &service)
        .filter(|s| is_ours(s) && !s.meta.is_terminating())
        .cloned()
        .collect();
    let told = told(context);
    let wanted = wanted(told.as_ref().map_or(context.store(), |(store, _)| store), &service);
    let trigger_time = last_change_trigger_time(&service, &existing, &wanted.groups);
    let (ready, not_ready) = wanted.count();
    let plan = Plan::new(&service, existing, wanted.groups);
    if let Err(message) = plan.carry_out(context.api, &service, &labels_for(&service), trigger_time) {
        return failed(context.api, &service, &message);
    }
    context.api.set_verdict(ME, key, Some(Reason::Endpoints { ready, not_ready }), None);
    if let Some(message) = wanted.error {
        return failed(context.api, &service, &message);
    }
    if !lags && let Some(listed) = Listed::new(context.store(), &service, context.api.history().len()) {
        memory.insert(key.clone(), listed);
    }
    Outcome { requeue_at: told.map(|(_, requeue_at)| requeue_at), failed: false }
}

/// The world with the pods as the controller knows them where it lags behind
/// ([`crate::config::Timings::endpoint_slices`] is more than a watch takes), and when it will know more.
fn told(context: &Context) -> Option<(Store, SimTime)> {
    let delay = context.timings.endpoint_slices;
    if delay <= context.timings.watch {
        return None;
    }
    let since = context.now() - delay;
    let mut told: Option<(Store, SimTime)> = None;
    for entry in context.api.history().entries().iter().rev().take_while(|entry| entry.at > since) {
        let Change::Object { key, before, .. } = &entry.change else { continue };
        if key.kind == Kind::Pod {
            let (store, requeue_at) = told.get_or_insert_with(|| (context.store().clone(), entry.at + delay));
            store.put(key, before.clone());
            *requeue_at = entry.at + delay;
        }
    }
    told
}

fn failed(api: &mut ApiServer, service: &Object, message: &str) -> Outcome {
    let ObjectMeta { namespace, name, .. } = &service.meta;
    let text = format!("Error updating Endpoint Slices for Service {namespace}/{name}: {message}");
    api.event(SOURCE, Involved::of(service), EventType::Warning, "FailedToUpdateEndpointSlices", &text);
    api.set_verdict(ME, &service.key(), Some(Reason::Failed { message: message.into() }), None);
    Outcome::FAILED
}

/// All slices that say they are of this Service, by name.
pub fn slices_of<'a>(store: &'a Store, service: &'a Object) -> impl Iterator<Item = &'a Rc<Object>> {
    let name = &*service.meta.name;
    let all = store.list_in(Kind::EndpointSlice, &service.meta.namespace);
    all.filter(move |s| s.meta.label(SERVICE_NAME_LABEL) == Some(name))
}

/// The endpoints of one set of ports: those that are wanted and, later, the slices there are.
struct Group {
    ports: Rc<[EndpointPort]>,
    endpoints: Vec<Rc<Endpoint>>,
    slices: Vec<Rc<Object>>,
}

struct Wanted {
    groups: Vec<Group>,
    error: Option<String>,
}

impl Wanted {
    fn count(&self) -> (usize, usize) {
        let all = || self.groups.iter().flat_map(|g| &g.endpoints);
        let ready = all().filter(|e| e.ready).count();
        (ready, all().count() - ready)
    }
}

/// The endpoints that the Service should have, in groups of equal ports. Pods come in the order of their ordinals (the
/// real controller takes them out of a map, in no order).
fn wanted(store: &Store, service: &Object) -> Wanted {
    let body = service.service();
    let all = store.list_in(Kind::Pod, &service.meta.namespace);
    let mut pods: Vec<&Rc<Object>> = all.filter(|p| selects(body, p) && should_be_listed(p.pod())).collect();
    collections::sort_by_cached_key(&mut pods, |p| by_number(&p.meta.name));
    let mut wanted = Wanted { groups: Vec::new(), error: None };
    for pod in pods {
        let ports = ports_of(body, pod.pod());
        let at = wanted.groups.iter().position(|g| *g.ports == *ports).unwrap_or_else(|| {
            wanted.groups.push(Group { ports: ports.into(), endpoints: Vec::new(), slices: Vec::new() });
            wanted.groups.len() - 1
        });
        let node = pod.pod().spec.node_name.as_deref().unwrap_or_default();
        let node_is_there = store.get(&Key::cluster(Kind::Node, node)).is_some();
        if !node_is_there && !body.publish_not_ready_addresses {
            let ObjectMeta { namespace, name, .. } = &service.meta;
            let pod = &pod.meta.name;
            wanted.error =
                Some(format!("skipping Pod {pod} for Service {namespace}/{name}: Node {node} Not Found"));
            continue;
        }
        wanted.groups[at].endpoints.push(Rc::new(endpoint_of(service, pod)));
    }
    wanted
}

/// The order of names that end in numbers.
fn by_number(name: &Str) -> (usize, Str) {
    (name.len(), name.clone())
}

/// Models `k8s.io/endpointslice/util: ShouldPodBeInEndpoints`, terminating pods included.
fn should_be_listed(pod: &Pod) -> bool {
    !pod.is_terminal() && pod.status.pod_ip.is_some()
}

/// Models `k8s.io/endpointslice/utils.go: podToEndpoint`.
fn endpoint_of(service: &Object, object: &Object) -> Endpoint {
    let (pod, meta) = (object.pod(), &object.meta);
    let serving = pod.is_ready();
    let terminating = meta.is_terminating();
    let named = pod.spec.subdomain.as_ref() == Some(&service.meta.name);
    Endpoint {
        address: pod.status.pod_ip.clone().unwrap_or_default(),
        ready: service.service().publish_not_ready_addresses || (serving && !terminating),
        serving: Some(serving),
        terminating: Some(terminating),
        hostname: pod.spec.hostname.clone().filter(|h| named && !h.is_empty()),
        node_name: pod.spec.node_name.clone(),
        target: Some((meta.namespace.clone(), meta.name.clone(), meta.uid)),
        trigger_time: pod.condition("Ready").map(|c| c.last_transition_time),
    }
}

/// The pod's ports behind the Service's; a port that the pod does not name is left out. Models
/// `k8s.io/endpointslice/utils.go: getEndpointPorts`.
fn ports_of(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
    let port_of = |p: &ServicePort| {
        let port = match &p.target_port {
            TargetPort::Number(number) => *number,
            TargetPort::Name(name) => find_port(pod, name, &p.protocol)?,
        };
        let name = p.name.clone().unwrap_or_default();
        let (protocol, app_protocol) = (p.protocol.clone(), p.app_protocol.clone());
        Some(EndpointPort { name, port: Some(port), protocol, app_protocol })
    };
    service.ports.iter().filter_map(port_of).collect()
}

/// Models `k8s.io/endpointslice/utils.go: FindPort`.
fn find_port(pod: &Pod, name: &str, protocol: &str) -> Option<i32> {
    let sidecars = pod.spec.init_containers.iter().filter(|c| c.restart_always);
    let mut ports = pod.spec.containers.iter().chain(sidecars).flat_map(|c| &c.ports);
    let port = ports.find(|p| p.name.as_deref() == Some(name) && *p.protocol == *protocol);
    port.map(|p| p.container_port)
}

/// When the change came about that this sync tells of: the earliest among the pods whose readiness moved since the last
/// one. Models `trigger_time_tracker.go: ComputeEndpointLastChangeTriggerTime`.
fn last_change_trigger_time(service: &Object, existing: &[Rc<Object>], groups: &[Group]) -> Option<SimTime> {
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
#[derive(Clone)]
struct Content {
    ports: Rc<[EndpointPort]>,
    endpoints: Vec<Rc<Endpoint>>,
}

/// Whether two endpoints are the same but for when their readiness moved.
fn is_same(a: &Endpoint, b: &Endpoint) -> bool {
    a.ready == b.ready
        && (a.serving, a.terminating) == (b.serving, b.terminating)
        && (&a.address, &a.hostname, &a.node_name) == (&b.address, &b.hostname, &b.node_name)
        && a.target == b.target
}

/// The writes that a sync makes.
#[derive(Default)]
pub struct Plan {
    create: Vec<Content>,
    update: Vec<(Rc<Object>, Content)>,
    delete: Vec<Rc<Object>>,
}

impl Plan {
    /// Models `reconciler.go: reconcileByAddressType`.
    fn new(service: &Object, existing: Vec<Rc<Object>>, mut groups: Vec<Group>) -> Plan {
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
            plan.add(service, group);
        }
        if plan.delete.len() == all && plan.create.is_empty() {
            plan.keep_or_add_placeholder(service);
        }
        plan.reuse_deleted_slices(service);
        plan
    }

    /// Models `reconciler.go: reconcileByPortMapping`.
    fn add(&mut self, service: &Object, group: Group) {
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
    fn fill(
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
    fn reuse_deleted_slices(&mut self, service: &Object) {
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

    /// Models `reconciler.go: finalize`, for slices with these labels ([`labels_for`]). Returns the slices that were written.
    /// Errors: what the API server refuses.
    fn carry_out(
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
            let meta = ObjectMeta {
                generate_name: Some(format!("{name}-").into()),
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
            match api.create(Object::new(Kind::EndpointSlice, meta, Body::EndpointSlice(body))) {
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

fn is_owned_by(slice: &Object, service: &Object) -> bool {
    slice.meta.owner_references.iter().any(|o| o.uid == service.meta.uid)
}

fn is_reserved(label: &str) -> bool {
    [SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL].contains(&label)
}

/// The labels of a Service's slices: its own, and three that say what they are. Models
/// `k8s.io/endpointslice/utils.go: setEndpointSliceLabels`.
fn labels_for(service: &Object) -> Map {
    let mut labels = (*service.meta.labels).clone();
    labels.retain(|label, _| !is_reserved(label));
    labels.insert(SERVICE_NAME_LABEL.into(), service.meta.name.clone());
    labels.insert(MANAGED_BY_LABEL.into(), CONTROLLER_NAME.into());
    if !has_cluster_ip(service.service()) {
        labels.insert(HEADLESS_LABEL.into(), "".into());
    }
    Rc::new(labels)
}

fn has_cluster_ip(service: &Service) -> bool {
    !service.is_headless() && !service.cluster_ip.is_empty()
}

/// Whether the Service's own labels are no longer those on the slice.
fn labels_differ(slice: &Object, service: &Object) -> bool {
    let own = |o: &Object| {
        o.meta
            .labels
            .iter()
            .filter(|(l, _)| !is_reserved(l))
            .map(|(l, v)| (l.clone(), v.clone()))
            .collect::<Vec<_>>()
    };
    own(slice) != own(service)
}

/// The Endpoints of a namespace, by name: those that somebody made, and those that the cluster has for every Service
/// with a selector, derived from its EndpointSlices. Models `pkg/controller/endpoint/endpoints_controller.go`.
pub fn endpoints(store: &Store, namespace: &str) -> Vec<Rc<Object>> {
    let made = store.list_in(Kind::Endpoints, namespace).map(|o| (o.meta.name.clone(), o.clone()));
    let mut all: BTreeMap<Str, Rc<Object>> = collections::collect(made);
    for service in store.list_in(Kind::Service, namespace) {
        if let Some(object) = endpoints_of(store, service) {
            all.insert(service.meta.name.clone(), Rc::new(object));
        }
    }
    all.into_values().collect()
}

/// The Endpoints that the cluster has for a Service; `None` without a selector, or before the Service's first slice.
fn endpoints_of(store: &Store, service: &Object) -> Option<Object> {
    let body = service.service();
    if !has_selector(body) {
        return None;
    }
    let slices: Vec<&Rc<Object>> = slices_of(store, service).filter(|s| is_ours(s)).collect();
    let newest = slices.iter().max_by_key(|s| s.meta.resource_version)?;
    let mut labels = (*service.meta.labels).clone();
    labels.insert("endpoints.kubernetes.io/managed-by".into(), "endpoint-controller".into());
    labels.remove(HEADLESS_LABEL);
    if !has_cluster_ip(body) {
        labels.insert(HEADLESS_LABEL.into(), "".into());
    }
    let subsets = subsets(body, &slices);
    let mut annotations = (*newest.meta.annotations).clone();
    if subsets.truncated {
        annotations.insert("endpoints.kubernetes.io/over-capacity".into(), "truncated".into());
    }
    let meta = ObjectMeta {
        // Its own, and the same each time it is derived.
        uid: Uid { high: service.meta.uid.high ^ 0xFFFF_FFFF << 16, ..service.meta.uid },
        resource_version: newest.meta.resource_version,
        creation_timestamp: service.meta.creation_timestamp,
        labels: Rc::new(labels),
        annotations: Rc::new(annotations),
        ..ObjectMeta::named(&service.meta.namespace, &service.meta.name)
    };
    let body = Writer::new().some("subsets", subsets.list).done();
    Some(Object::new(Kind::Endpoints, meta, Body::Other(Rc::new(body))))
}

struct Subsets {
    list: Vec<Value>,
    truncated: bool,
}

/// Models `pkg/api/v1/endpoints/util.go: RepackSubsets`: ports with the same addresses share a subset, addresses are in
/// the order of their text. No more than [`MAX_ENDPOINTS`] are given, ready ones first.
fn subsets(service: &Service, slices: &[&Rc<Object>]) -> Subsets {
    let mut addresses: Vec<(&Endpoint, &[EndpointPort])> = slices
        .iter()
        .flat_map(|s| s.endpoint_slice().endpoints.iter().map(|e| (&**e, &*s.endpoint_slice().ports)))
        .filter(|(e, ports)| {
            let stays = service.publish_not_ready_addresses || e.terminating != Some(true);
            stays && (!ports.is_empty() || service.ports.is_empty())
        })
        .collect();
    collections::sort_by_key(&mut addresses, |(e, _)| (!e.ready, e.address.clone()));
    let truncated = addresses.len() > MAX_ENDPOINTS;
    addresses.truncate(MAX_ENDPOINTS);
    let mut by_port: Vec<(Option<&EndpointPort>, Vec<&Endpoint>)> = Vec::new();
    for (endpoint, ports) in addresses {
        let ports = if ports.is_empty() { vec![None] } else { ports.iter().map(Some).collect() };
        for port in ports {
            match by_port.iter_mut().find(|(p, _)| *p == port) {
                Some((_, list)) => list.push(endpoint),
                None => by_port.push((port, vec![endpoint])),
            }
        }
    }
    let mut by_addresses: Vec<(Vec<&Endpoint>, Vec<Value>)> = Vec::new();
    for (port, list) in by_port {
        let port = port.map(EndpointPort::to_value);
        match by_addresses.iter_mut().find(|(l, _)| *l == list) {
            Some((_, ports)) => ports.extend(port),
            None => by_addresses.push((list, port.into_iter().collect())),
        }
    }
    let list = by_addresses.into_iter().map(|(list, ports)| {
        let of = |ready: bool| -> Vec<Value> {
            list.iter().filter(|e| e.ready == ready).map(|e| address_value(e)).collect()
        };
        Writer::new()
            .some("addresses", of(true))
            .some("notReadyAddresses", of(false))
            .some("ports", ports)
            .done()
    });
    Subsets { list: list.collect(), truncated }
}

fn address_value(endpoint: &Endpoint) -> Value {
    Writer::new()
        .text("hostname", endpoint.hostname.as_deref())
        .put("ip", &*endpoint.address)
        .text("nodeName", endpoint.node_name.as_deref())
        .some("targetRef", endpoint.target_value())
        .done()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Span;
    use crate::controllers::testing::Bench;
    use serde_json::json;

    fn flask(spec: Value) -> Bench {
        let mut bench = Bench::new(&[ME]);
        let mut body = json!({"metadata": {"labels": {"app": "flask"}},
            "spec": {"clusterIP": "None", "selector": {"app": "flask"},
                "ports": [{"name": "web", "port": 80, "protocol": "TCP", "targetPort": 80}]}});
        body["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        bench.create(Kind::Service, "flask", body);
        bench.settle();
        bench
    }

    fn slices(bench: &Bench) -> Vec<Rc<Object>> {
        slices_of(bench.cluster.api.store(), bench.get(Kind::Service, "flask")).cloned().collect()
    }

    /// The endpoints of all slices as `POD:CONDITIONS`: `r`eady, `s`erving, `t`erminating.
    fn shown(bench: &Bench) -> String {
        let mut out = Vec::new();
        for slice in slices(bench) {
            for e in slice.endpoint_slice().endpoints.iter() {
                let conditions =
                    [(e.ready, 'r'), (e.serving == Some(true), 's'), (e.terminating == Some(true), 't')];
                let conditions: String =
                    conditions.iter().filter(|(holds, _)| *holds).map(|(_, c)| *c).collect();
                out.push(format!("{}:{conditions}", e.target.as_ref().unwrap().1));
            }
        }
        out.join(" ")
    }

    #[test]
    fn a_service_has_an_empty_slice_from_the_start() {
        let bench = flask(json!({}));
        let [slice] = &slices(&bench)[..] else { panic!("one slice") };
        assert!(slice.meta.name.starts_with("flask-") && slice.meta.name.len() == "flask-xxxxx".len());
        let labels: Vec<_> = slice.meta.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            labels,
            [
                "app=flask",
                "endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io",
                "kubernetes.io/service-name=flask",
                "service.kubernetes.io/headless="
            ]
        );
        assert!(slice.meta.is_controlled_by(bench.get(Kind::Service, "flask").meta.uid));
        let tree = slice.to_value();
        assert_eq!((&tree["endpoints"], &tree["ports"]), (&Value::Null, &Value::Null));
        assert_eq!(
            bench.reason(ME, Kind::Service, "flask"),
            Some(Reason::Endpoints { ready: 0, not_ready: 0 })
        );
    }

    /// Recorded as traces/gate-off/delete-pod-1.json.
    #[test]
    fn a_pod_that_comes_back_goes_to_the_end() {
        let mut bench = flask(json!({}));
        for (at, name) in ["flask-0", "flask-1", "flask-2"].iter().enumerate() {
            bench.pod(name, "flask", &format!("172.16.110.{at}"));
            bench.settle();
            bench.set_ready(name, true);
            bench.settle();
        }
        assert_eq!(shown(&bench), "flask-0:rs flask-1:rs flask-2:rs");
        let slice = slices(&bench)[0].clone();
        assert_eq!(slice.meta.generation, 7);
        assert_eq!(slice.endpoint_slice().endpoints[1].hostname.as_deref(), Some("flask-1"));
        bench.delete(Kind::Pod, "flask-1");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rs flask-1:st flask-2:rs");
        bench.stop("flask-1");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rs flask-2:rs");
        bench.pod("flask-1", "flask", "172.16.110.9");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rs flask-2:rs flask-1:");
        assert_eq!(
            bench.reason(ME, Kind::Service, "flask"),
            Some(Reason::Endpoints { ready: 2, not_ready: 1 })
        );
        assert_eq!(slices(&bench)[0].meta.uid, slice.meta.uid);
    }

    /// Recorded as traces/gate-off/publish-not-ready-addresses.json.
    #[test]
    fn published_in_any_case_is_ready_even_before_and_after() {
        let mut bench = flask(json!({"publishNotReadyAddresses": true}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:r");
        bench.run(Span::seconds(1));
        bench.set_ready("flask-0", true);
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rs");
        bench.delete(Kind::Pod, "flask-0");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rst");
    }

    /// Recorded as traces/gate-off/service-selector-change.json.
    #[test]
    fn a_selector_that_matches_nothing_leaves_the_slice_empty_and_without_ports() {
        let mut bench = flask(json!({}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        let uid = slices(&bench)[0].meta.uid;
        bench.update(Kind::Service, "flask", |o| {
            o.service_mut().selector = [("app".into(), "nothing".into())].into();
        });
        bench.settle();
        let slice = &slices(&bench)[0];
        assert_eq!(slice.meta.uid, uid);
        assert_eq!(slice.endpoint_slice().endpoints.len() + slice.endpoint_slice().ports.len(), 0);
        let none = endpoints(bench.cluster.api.store(), "default");
        assert_eq!(none.iter().find(|e| &*e.meta.name == "flask").unwrap().to_value().get("subsets"), None);
    }

    #[test]
    fn labels_of_the_service_are_copied_when_they_change() {
        let mut bench = flask(json!({}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        bench.update(Kind::Service, "flask", |o| o.meta.set_label("tier", "web"));
        bench.settle();
        assert_eq!(slices(&bench)[0].meta.label("tier"), Some("web"));
    }

    #[test]
    fn a_service_without_a_selector_is_left_alone() {
        let mut bench = flask(json!({"selector": {}}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        assert!(slices(&bench).is_empty());
        assert_eq!(bench.reason(ME, Kind::Service, "flask"), Some(Reason::NoSelector));
    }

    /// Recorded as kubectl/endpointslice-split-120-pods.txt.
    #[test]
    fn a_slice_takes_a_hundred() {
        let mut bench = flask(json!({}));
        for n in 0..5 {
            bench.pod(&format!("flask-{n}"), "flask", &format!("172.16.110.{n}"));
        }
        bench.settle();
        let first = slices(&bench)[0].meta.uid;
        for n in 5..120 {
            bench.pod(&format!("flask-{n}"), "flask", &format!("172.16.111.{n}"));
            bench.settle();
        }
        let mut sizes: Vec<_> = slices(&bench)
            .iter()
            .map(|s| (s.meta.uid != first, s.endpoint_slice().endpoints.len()))
            .collect();
        sizes.sort();
        assert_eq!(sizes, [(false, 100), (true, 20)]);
        for n in 5..120 {
            bench.delete(Kind::Pod, &format!("flask-{n}"));
            bench.stop(&format!("flask-{n}"));
        }
        bench.settle();
        let left: Vec<_> =
            slices(&bench).iter().map(|s| (s.meta.uid, s.endpoint_slice().endpoints.len())).collect();
        assert_eq!(left, [(first, 5)]);
    }

    #[test]
    fn pods_that_name_a_port_differently_have_a_slice_of_their_own() {
        let mut bench = flask(json!({"ports": [{"name": "web", "port": 80, "targetPort": "web"}]}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        let other = json!({"metadata": {"labels": {"app": "flask"}}, "spec": {"containers":
            [{"name": "main", "image": "nginx", "ports": [{"name": "web", "containerPort": 8080}]}]}});
        bench.create(Kind::Pod, "flask-1", other);
        bench.place("flask-1", "chhan-k8s-3", "172.16.234.1");
        bench.settle();
        let mut ports: Vec<_> = slices(&bench).iter().map(|s| s.endpoint_slice().ports[0].port).collect();
        ports.sort();
        assert_eq!(ports, [Some(80), Some(8080)]);
        let all = endpoints(bench.cluster.api.store(), "default");
        let subsets = all.iter().find(|e| &*e.meta.name == "flask").unwrap().to_value()["subsets"].clone();
        assert_eq!(subsets.as_array().unwrap().len(), 2);
    }

    /// The shape is that of kubectl/get-endpoints-yaml.txt.
    #[test]
    fn endpoints_are_derived_in_the_order_of_addresses() {
        let mut bench = flask(json!({}));
        for (name, ip) in
            [("flask-0", "172.16.110.115"), ("flask-1", "172.16.234.108"), ("flask-2", "172.16.107.112")]
        {
            bench.pod(name, "flask", ip);
        }
        bench.set_ready("flask-0", true);
        bench.set_ready("flask-2", true);
        bench.settle();
        let all = endpoints(bench.cluster.api.store(), "default");
        let flask = all.iter().find(|e| &*e.meta.name == "flask").unwrap().to_value();
        let subset = &flask["subsets"][0];
        assert_eq!(subset["addresses"][0]["hostname"], "flask-2");
        assert_eq!(subset["addresses"][0]["nodeName"], "chhan-k8s-2");
        assert_eq!(subset["addresses"][1]["targetRef"]["name"], "flask-0");
        assert_eq!(subset["notReadyAddresses"][0]["ip"], "172.16.234.108");
        assert_eq!(subset["ports"], json!([{"name": "web", "port": 80, "protocol": "TCP"}]));
        assert_eq!(flask["metadata"]["labels"]["endpoints.kubernetes.io/managed-by"], "endpoint-controller");
        assert!(all.iter().any(|e| &*e.meta.name == "kubernetes"));
    }

    #[test]
    fn the_trigger_time_tells_of_readiness_that_moved_since_the_last_write() {
        let mut bench = flask(json!({}));
        let trigger = |bench: &Bench| slices(bench)[0].meta.annotation(TRIGGER_TIME).map(str::to_owned);
        let created = bench.get(Kind::Service, "flask").meta.creation_timestamp;
        assert_eq!(trigger(&bench), Some(created.rfc3339()));
        bench.run(Span::seconds(3));
        bench.pod("flask-0", "flask", "172.16.110.1");
        let placed = bench.cluster.now().rfc3339();
        bench.settle();
        assert_eq!(trigger(&bench), Some(placed));
        bench.set_ready("flask-0", true);
        bench.settle();
        assert_eq!(trigger(&bench), None, "within the same second");
        bench.run(Span::seconds(3));
        bench.set_ready("flask-0", false);
        let unready = bench.cluster.now().rfc3339();
        bench.settle();
        assert_eq!(trigger(&bench), Some(unready));
    }

    #[test]
    fn a_slice_that_somebody_deletes_comes_back() {
        let mut bench = flask(json!({}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        let name = slices(&bench)[0].meta.name.clone();
        bench.delete(Kind::EndpointSlice, &name);
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:");
        assert_ne!(slices(&bench)[0].meta.name, name);
    }

    #[test]
    fn a_pod_on_a_node_that_is_gone_is_skipped_until_the_node_is_there() {
        let mut bench = flask(json!({}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.place("flask-0", "chhan-k8s-9", "172.16.99.1");
        bench.settle();
        assert_eq!(shown(&bench), "");
        let said = "FailedToUpdateEndpointSlices Error updating Endpoint Slices for Service default/flask: \
            skipping Pod flask-0 for Service default/flask: Node chhan-k8s-9 Not Found x";
        assert!(bench.events(Kind::Service, "flask")[0].starts_with(said));
        bench.create(Kind::Node, "chhan-k8s-9", json!({}));
        bench.run(Span::seconds(1));
        assert_eq!(shown(&bench), "flask-0:");
    }
}
