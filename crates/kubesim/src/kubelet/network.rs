//! The network as a container sees it: names to addresses, Services to their endpoints, addresses to who listens there.
//! Models kube-proxy (`pkg/proxy/topology.go: CategorizeEndpoints`), and /etc/hosts before DNS as the C library does.

use super::environment::{HostNames, host_aliases, names};
use super::{files, image};
use crate::api::image::with_tag;
use crate::api::pod::{Container, ContainerState, PodSpec};
use crate::api::read::{get, int, list};
use crate::api::resolver::{Answer, Data, Record, RecordType};
use crate::api::service::{Endpoint, ServicePort};
use crate::api::{Fault, Kind, Object, PodPhase, Str};
use crate::apiserver::{ApiServer, Store};
use crate::base::hash::name_hash;
use crate::dns::resolver::lookup_until;
use crate::dns::{self, Printed, ResolvConf, reverse_name, server};
use crate::fault;
use std::rc::Rc;

/// What a program answers that asks the API server for a path: the status code and the body.
pub(crate) type ApiAnswer = fn(&ApiServer, &str) -> (u32, String);

/// Who runs a program, and where.
pub(super) struct Caller<'a> {
    pub pod: &'a Rc<Object>,
    pub container: &'a Str,
    pub address: &'a str,
    /// BusyBox' wording.
    pub busybox: bool,
}

/// A name's addresses and its full name; an address stands for itself.
pub(super) fn resolve(api: &mut ApiServer, place: &Caller, host: &str) -> Option<(String, Vec<String>)> {
    if reverse_name(host).is_some() {
        return Some((host.to_string(), vec![host.to_string()]));
    }
    if host == "localhost" {
        return Some((host.to_string(), vec!["127.0.0.1".into()]));
    }
    let HostNames { short, full, .. } = names(place.pod);
    if host == short || host == full {
        return Some((host.to_string(), vec![place.address.to_string()]));
    }
    if let Some((address, names)) = alias_of(place.pod, host) {
        return Some((names[0].to_string(), vec![address.to_string()]));
    }
    let conf = ResolvConf::of_pod(place.pod);
    let answers = server::with_network(api, &conf, dns::client(place.pod), |network| {
        if !network.has_server(conf.server()) {
            return Vec::new();
        }
        lookup_until(network, host, &RecordType::A, &conf.search, Answer::is_found)
    });
    let answer = answers.last().filter(|a| a.is_found())?;
    let address = |r: &Record| match &r.data {
        Data::A(address) => Some(address.clone()),
        _ => None,
    };
    let found: Vec<String> = answer.answers.iter().filter_map(address).collect();
    let name = answer.real_name().trim_end_matches('.').to_string();
    (!found.is_empty()).then_some((name, found))
}

/// The address that the pod's own /etc/hosts has for a name, with all names of it.
fn alias_of(pod: &Object, host: &str) -> Option<(Str, Vec<Str>)> {
    host_aliases(pod).into_iter().find(|(_, names)| names.iter().any(|name| name.eq_ignore_ascii_case(host)))
}

/// `getent hosts NAME` of a name in the pod's own /etc/hosts, which comes before DNS.
pub(super) fn getent_hosts(place: &Caller, argv: &[String]) -> Option<Printed> {
    let [tool, database, name] = argv else { return None };
    if tool.rsplit('/').next() != Some("getent") || database != "hosts" {
        return None;
    }
    let HostNames { short, full, .. } = names(place.pod);
    let known = if *name == short || *name == full {
        let mut all: Vec<Str> = vec![full.as_str().into(), short.as_str().into()];
        all.dedup();
        Some((place.address.into(), all))
    } else {
        alias_of(place.pod, name)
    };
    let (address, names) = known?;
    Some(Printed { stdout: format!("{address:<15} {}\n", names.join(" ")), ..Printed::default() })
}

/// Why nobody answers.
pub(super) enum Silence {
    /// The name is not known.
    Unknown,
    /// Nobody listens there.
    Refused,
    /// Nobody has the address, or the Service has no such port.
    Nobody,
}

impl Silence {
    /// The C library's text for it.
    pub(super) fn text(&self) -> &'static str {
        match self {
            Silence::Unknown => "Name or service not known",
            Silence::Refused => "Connection refused",
            Silence::Nobody => "Connection timed out",
        }
    }
}

/// Who answers at an address and a port.
pub(super) enum Listener {
    Pod {
        pod: Rc<Object>,
        container: Str,
    },
    /// The API server itself.
    ApiServer,
    /// A program of the laptop that answers for the API server.
    Proxy {
        answer: ApiAnswer,
        prefix: Str,
    },
}

impl Listener {
    pub(super) fn is_api_server(&self) -> bool {
        matches!(self, Listener::ApiServer)
    }
}

/// The API server's port on the nodes of the control plane.
const API_SERVER_PORT: u32 = 6443;
/// The label of a node of the control plane.
const CONTROL_PLANE_LABEL: &str = "node-role.kubernetes.io/control-plane";

/// Connects to a port of a host: the address at which somebody listens.
pub(super) fn connect(api: &mut ApiServer, place: &Caller, host: &str, port: u32) -> Result<String, Silence> {
    let Some((_, addresses)) = resolve(api, place, host) else { return Err(Silence::Unknown) };
    let address = addresses.into_iter().next().ok_or(Silence::Unknown)?;
    reach(api, place, &address, port).map(|_| address)
}

/// Who answers at an address and a port, for who asks from this container.
pub(super) fn reach(
    api: &mut ApiServer,
    place: &Caller,
    address: &str,
    port: u32,
) -> Result<Listener, Silence> {
    if address.starts_with("127.") {
        // The pod's own network, which its containers share.
        return listener(api.store(), place.address, port);
    }
    let store = api.store();
    let is_virtual =
        |s: &&Rc<Object>| *s.service().cluster_ip == *address && &*s.service().service_type != "ExternalName";
    let service = store.list(Kind::Service).find(is_virtual).cloned();
    if let Some(service) = service {
        let has_port = |p: &&ServicePort| p.port as u32 == port && &*p.protocol == "TCP";
        let Some(found) = service.service().ports.iter().find(has_port) else { return Err(Silence::Nobody) };
        let name = found.name.clone().unwrap_or_default();
        let is_local = get(&service.service().raw, "internalTrafficPolicy") == "Local";
        let from = is_local.then(|| Str::from(dns::client(place.pod).node));
        return behind(api, place.address, &service, &name, port, from);
    }
    let has_address = |node: &&Rc<Object>| *node.node().internal_ip == *address;
    let node = store.list(Kind::Node).find(has_address).map(|node| node.meta.name.clone());
    if let Some(node) = node {
        return at_node(api, place.address, &node, port);
    }
    listener(store, address, port)
}

/// Who answers at an address and a port, for who asks from beside the cluster: only nodes are reached from there.
pub(super) fn reach_from_outside(
    api: &mut ApiServer,
    client: &str,
    address: &str,
    port: u32,
) -> Result<Listener, Silence> {
    let has_address = |node: &&Rc<Object>| *node.node().internal_ip == *address;
    let node = api.store().list(Kind::Node).find(has_address).map(|node| node.meta.name.clone());
    node.map_or(Err(Silence::Nobody), |node| at_node(api, client, &node, port))
}

/// Who answers at a node's own port: a Service's, or a pod's that has the port of the node.
fn at_node(api: &mut ApiServer, client: &str, node: &Str, port: u32) -> Result<Listener, Silence> {
    let is_it = |p: &ServicePort| p.node_port as u32 == port && &*p.protocol == "TCP";
    let store = api.store();
    let is_master = |node: &Rc<Object>| node.meta.labels.contains_key(CONTROL_PLANE_LABEL);
    if port == API_SERVER_PORT && store.find_cluster(Kind::Node, node).is_some_and(is_master) {
        return Ok(Listener::ApiServer);
    }
    let found = store.list(Kind::Service).find_map(|s| {
        let name = s.service().ports.iter().find(|p| is_it(p))?.name.clone().unwrap_or_default();
        Some((s.clone(), name))
    });
    if let Some((service, name)) = found {
        let is_local = get(&service.service().raw, "externalTrafficPolicy") == "Local";
        return behind(api, client, &service, &name, port, is_local.then(|| node.clone()));
    }
    let mapped = store.pods_on(node).find_map(|pod| {
        let mut ports = pod.pod().spec.containers.iter().flat_map(|c| list(&c.raw, "ports"));
        let mapped = ports.find(|p| int(p, "hostPort") == i64::from(port))?;
        Some((pod.pod().status.pod_ip.clone()?, int(mapped, "containerPort") as u32))
    });
    mapped.map_or(Err(Silence::Refused), |(address, port)| listener(store, &address, port))
}

/// One of a Service's endpoints, as kube-proxy chooses it. `on`: only of this node.
fn behind(
    api: &mut ApiServer,
    client: &str,
    service: &Object,
    name: &str,
    port: u32,
    on: Option<Str>,
) -> Result<Listener, Silence> {
    let store = api.store();
    let mut all: Vec<(Rc<Endpoint>, u32)> = Vec::new();
    let slices = store.list_in(Kind::EndpointSlice, &service.meta.namespace);
    for slice in dns::zone::slices(slices, &service.meta.name) {
        let number = slice.ports.iter().find(|p| *p.name == *name).and_then(|p| p.port);
        let number = number.map_or(port, |n| n as u32);
        all.extend(slice.endpoints.iter().map(|endpoint| (endpoint.clone(), number)));
    }
    let has_some = !all.is_empty();
    all.retain(|(endpoint, _)| on.is_none() || endpoint.node_name == on);
    // Where none is ready, those that are told to stop and still serve take what comes.
    let is_last = |e: &Endpoint| e.serving == Some(true) && e.terminating == Some(true);
    let any_ready = all.iter().any(|(endpoint, _)| endpoint.ready);
    all.retain(|(endpoint, _)| if any_ready { endpoint.ready } else { is_last(endpoint) });
    if all.is_empty() {
        // What is only for endpoints of this node is dropped, where others have some.
        return Err(if on.is_some() && has_some { Silence::Nobody } else { Silence::Refused });
    }
    let chosen = if get(&service.service().raw, "sessionAffinity") == "ClientIP" {
        let client = name_hash(api.seed, &[client, &service.meta.namespace, &service.meta.name]);
        collections::sort_by_key(&mut all, |(endpoint, _)| endpoint.address.clone());
        (client % all.len() as u64) as usize
    } else {
        api.rng.below(all.len())
    };
    let (endpoint, port) = &all[chosen];
    let store = api.store();
    if *port == API_SERVER_PORT
        && store.list(Kind::Node).any(|node| node.node().internal_ip == endpoint.address)
    {
        return Ok(Listener::ApiServer);
    }
    listener(store, &endpoint.address, *port)
}

/// Who listens at a pod's address and this port.
pub(super) fn listener(store: &Store, address: &str, port: u32) -> Result<Listener, Silence> {
    let has_it = |pod: &&Rc<Object>| {
        let status = &pod.pod().status;
        status.pod_ip.as_deref() == Some(address) && !pod.pod().is_terminal()
    };
    let object = store.list(Kind::Pod).find(has_it).ok_or(Silence::Nobody)?;
    let pod = object.pod();
    let is_open = |container: &&Container| {
        let status = pod.container_status(&container.name);
        let runs = status.is_some_and(|s| matches!(s.state, ContainerState::Running { .. }));
        let closed = || Fault::PortClosed(with_tag(&container.image).into(), port as i32);
        let is_main = pod.status.phase == PodPhase::Running || container.declares_port(port.into());
        let idle = files::is_idle(store, object.meta.uid, &container.name);
        runs && is_main
            && !idle
            && listens(&pod.spec, container, port.into())
            && !fault::is_present(store, &closed())
    };
    match pod.spec.all_containers().find(is_open) {
        Some(container) => Ok(Listener::Pod { pod: object.clone(), container: container.name.clone() }),
        None => Err(Silence::Refused),
    }
}

/// Whether a container's program listens on a port, once it serves: a well-known server on its own, unless somebody has
/// given it another configuration; any other on those that the container declares, or on any, if nothing about the pod
/// speaks of ports.
pub(super) fn listens(spec: &PodSpec, container: &Container, port: i64) -> bool {
    if let Some(own) = image::web_server(container) {
        return own.port == port;
    }
    if spec.names_ports() { container.declares_port(port) } else { spec.containers.contains(container) }
}
