//! Questions about Services, their pods and slices. Models `k8s.io/endpointslice/utils.go` and `k8s.io/endpointslice/util`.

use crate::api::service::{
    Endpoint, EndpointPort, HEADLESS_LABEL, MANAGED_BY_LABEL, SERVICE_NAME_LABEL, Service, ServicePort,
    TargetPort,
};
use crate::api::{Kind, Map, Object, Pod, Str};
use crate::apiserver::Store;
use std::rc::Rc;

/// What [`MANAGED_BY_LABEL`] says on this controller's slices.
pub const CONTROLLER_NAME: &str = "endpointslice-controller.k8s.io";

pub fn has_selector(service: &Service) -> bool {
    !service.selector.is_empty()
}

pub fn selects(service: &Service, pod: &Object) -> bool {
    service.selector.iter().all(|(k, v)| pod.meta.labels.get(k) == Some(v))
}

pub fn is_ours(slice: &Object) -> bool {
    slice.meta.label(MANAGED_BY_LABEL) == Some(CONTROLLER_NAME)
}

/// All slices that say they are of this Service, by name.
pub fn slices_of<'a>(store: &'a Store, service: &'a Object) -> impl Iterator<Item = &'a Rc<Object>> {
    let name = &*service.meta.name;
    let all = store.list_in(Kind::EndpointSlice, &service.meta.namespace);
    all.filter(move |s| s.meta.label(SERVICE_NAME_LABEL) == Some(name))
}

/// The order of names that end in numbers.
pub fn by_number(name: &Str) -> (usize, Str) {
    (name.len(), name.clone())
}

/// Models `k8s.io/endpointslice/util: ShouldPodBeInEndpoints`, terminating pods included.
pub fn should_be_in_endpoints(pod: &Pod) -> bool {
    !pod.is_terminal() && pod.status.pod_ip.is_some()
}

/// Models `k8s.io/endpointslice/utils.go: podToEndpoint`.
pub fn pod_to_endpoint(service: &Object, object: &Object) -> Endpoint {
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
pub fn endpoint_ports(service: &Service, pod: &Pod) -> Vec<EndpointPort> {
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

/// Whether two endpoints are the same but for when their readiness moved.
pub fn is_same(a: &Endpoint, b: &Endpoint) -> bool {
    a.ready == b.ready
        && (a.serving, a.terminating) == (b.serving, b.terminating)
        && (&a.address, &a.hostname, &a.node_name) == (&b.address, &b.hostname, &b.node_name)
        && a.target == b.target
}

pub fn is_owned_by(slice: &Object, service: &Object) -> bool {
    slice.meta.owner_references.iter().any(|o| o.uid == service.meta.uid)
}

fn is_reserved(label: &str) -> bool {
    [SERVICE_NAME_LABEL, MANAGED_BY_LABEL, HEADLESS_LABEL].contains(&label)
}

/// The labels of a Service's slices: its own, and three that say what they are. Models
/// `k8s.io/endpointslice/utils.go: setEndpointSliceLabels`.
pub fn labels_for(service: &Object) -> Map {
    let mut labels = (*service.meta.labels).clone();
    labels.retain(|label, _| !is_reserved(label));
    labels.insert(SERVICE_NAME_LABEL.into(), service.meta.name.clone());
    labels.insert(MANAGED_BY_LABEL.into(), CONTROLLER_NAME.into());
    if !has_cluster_ip(service.service()) {
        labels.insert(HEADLESS_LABEL.into(), "".into());
    }
    Rc::new(labels)
}

pub fn has_cluster_ip(service: &Service) -> bool {
    !service.is_headless() && !service.cluster_ip.is_empty()
}

/// Whether the Service's own labels are no longer those on the slice.
pub fn labels_differ(slice: &Object, service: &Object) -> bool {
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
