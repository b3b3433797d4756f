//! The cluster's zone. Models coredns/plugin/kubernetes with `pods insecure`, `ttl 30` and `fallthrough` for reverse
//! names, and an upstream that knows no name at all.

use super::{Answer, CLUSTER_DOMAIN, Data, Network, Rcode, Record, RecordType, TTL, reverse_name};
use crate::api::service::{Endpoint, EndpointSlice, SERVICE_NAME_LABEL, Service};
use crate::api::{Kind, SimTime};
use crate::apiserver::Store;

/// One thing that a name stands for: an address and a port.
struct Found {
    address: String,
    port: Option<u32>,
    /// The name that has this address alone.
    target: String,
}

/// What a name under the cluster's domain means. Models coredns/plugin/kubernetes/parse.go.
enum Question<'a> {
    /// `svc.cluster.local`, or a namespace in it: exists, without records of its own.
    Domain { namespace: Option<&'a str> },
    /// A Service, perhaps one endpoint of it, perhaps one port.
    Service {
        service: &'a str,
        namespace: &'a str,
        endpoint: Option<&'a str>,
        port: Option<(&'a str, &'a str)>,
    },
    /// An address written with dashes.
    Pod { address: &'a str, namespace: &'a str },
    /// Nothing that could exist.
    Nothing,
}

/// Answers one question. The name has its final dot or not; it is absolute in any case.
pub fn ask(network: &mut Network, name: &str, record_type: &RecordType) -> Answer {
    let written = name.trim_end_matches('.');
    let lower = written.to_ascii_lowercase();
    let mut answer = Answer {
        name: format!("{written}."),
        record_type: record_type.clone(),
        rcode: Rcode::NoError,
        answers: Vec::new(),
        authority: Vec::new(),
        additional: Vec::new(),
        from_upstream: false,
    };
    let exists = if let Some(address) = lower.strip_suffix(".in-addr.arpa") {
        reverse(network.store, address, &mut answer)
    } else if lower == CLUSTER_DOMAIN {
        if *record_type == RecordType::Soa {
            let soa = soa_record(network);
            answer.answers.push(soa);
        }
        true
    } else if let Some(rest) = lower.strip_suffix(CLUSTER_DOMAIN).and_then(|r| r.strip_suffix('.')) {
        // For a SOA the plugin does not look whether the name exists.
        forward(network, rest, &mut answer) || *record_type == RecordType::Soa
    } else {
        answer.from_upstream = true;
        false
    };
    if !exists {
        answer.rcode = Rcode::NxDomain;
    }
    if answer.answers.is_empty() {
        answer.authority = vec![if answer.from_upstream { root_soa() } else { soa_record(network) }];
    }
    shuffle(network, &mut answer.answers);
    shuffle(network, &mut answer.additional);
    answer
}

/// Models coredns/plugin/loadbalance: addresses come in another order each time.
fn shuffle(network: &mut Network, records: &mut [Record]) {
    if records.iter().all(|r| matches!(r.data, Data::A(_))) {
        for i in (1..records.len()).rev() {
            records.swap(i, network.rng.below(i + 1));
        }
    }
}

fn forward(network: &Network, rest: &str, answer: &mut Answer) -> bool {
    if rest == "dns-version" {
        if answer.record_type == RecordType::Txt {
            push(answer, Data::Txt("1.1.0".into()));
        }
        return true;
    }
    let store = network.store;
    let namespace_exists = |name: &str| store.find(Kind::Namespace, "", name).is_some();
    match parse(rest) {
        Question::Nothing => false,
        Question::Domain { namespace } => namespace.is_none_or(namespace_exists),
        Question::Pod { address, namespace } => {
            let ip = address.replace('-', ".");
            if reverse_name(&ip).is_none() || !namespace_exists(namespace) {
                return false;
            }
            if answer.record_type == RecordType::A {
                push(answer, Data::A(ip));
            }
            true
        }
        Question::Service { service, namespace, endpoint, port } => {
            let Some(object) = store.find(Kind::Service, namespace, service) else { return false };
            let body = object.service();
            let domain = format!("{service}.{namespace}.svc.{CLUSTER_DOMAIN}.");
            if let (Some(external), None) = (&body.external_name, endpoint) {
                push(answer, Data::Cname(format!("{}.", external.trim_end_matches('.'))));
                return true;
            }
            let found = if body.is_headless() || endpoint.is_some() {
                of_endpoints(store, service, namespace, &domain, endpoint, port)
            } else {
                of_cluster_ip(body, &domain, port)
            };
            records(answer, &found);
            !found.is_empty()
        }
    }
}

fn parse(rest: &str) -> Question<'_> {
    let labels: Vec<&str> = rest.split('.').collect();
    match labels.as_slice() {
        ["svc" | "pod"] => Question::Domain { namespace: None },
        [namespace, "svc" | "pod"] => Question::Domain { namespace: Some(namespace) },
        [address, namespace, "pod"] => Question::Pod { address, namespace },
        [service, namespace, "svc"] => Question::Service { service, namespace, endpoint: None, port: None },
        [endpoint, service, namespace, "svc"] => {
            Question::Service { service, namespace, endpoint: Some(endpoint), port: None }
        }
        [port, protocol, service, namespace, "svc"] => {
            match (port.strip_prefix('_'), protocol.strip_prefix('_')) {
                (Some(port), Some(protocol)) => {
                    Question::Service { service, namespace, endpoint: None, port: Some((port, protocol)) }
                }
                _ => Question::Nothing,
            }
        }
        _ => Question::Nothing,
    }
}

/// The EndpointSlices of a Service.
pub fn slices<'a>(
    store: &'a Store,
    service: &'a str,
    namespace: &'a str,
) -> impl Iterator<Item = &'a EndpointSlice> {
    let of_service =
        move |o: &&std::rc::Rc<crate::api::Object>| o.meta.label(SERVICE_NAME_LABEL) == Some(service);
    store.list_in(Kind::EndpointSlice, namespace).filter(of_service).map(|o| o.endpoint_slice())
}

/// The name of an endpoint in its Service's domain: its host name, or its address with dashes.
pub fn endpoint_name(endpoint: &Endpoint) -> String {
    endpoint.hostname.as_deref().map_or_else(|| endpoint.address.replace('.', "-"), str::to_owned)
}

fn of_endpoints(
    store: &Store,
    service: &str,
    namespace: &str,
    domain: &str,
    wanted: Option<&str>,
    port: Option<(&str, &str)>,
) -> Vec<Found> {
    let mut found = Vec::new();
    for slice in slices(store, service, namespace) {
        for endpoint in slice.endpoints.iter().filter(|e| e.ready) {
            let name = endpoint_name(endpoint);
            if wanted.is_some_and(|w| w != name) {
                continue;
            }
            let mut add = |port| {
                let target = format!("{name}.{domain}");
                found.push(Found { address: endpoint.address.to_string(), port, target });
            };
            if slice.ports.is_empty() && port.is_none() {
                add(None);
            }
            for p in slice.ports.iter().filter(|p| port_matches(&p.name, &p.protocol, port)) {
                add(p.port.map(|n| n as u32));
            }
        }
    }
    found
}

fn of_cluster_ip(service: &Service, domain: &str, port: Option<(&str, &str)>) -> Vec<Found> {
    let matching = service
        .ports
        .iter()
        .filter(|p| port_matches(p.name.as_deref().unwrap_or_default(), &p.protocol, port));
    let found = |port| Found { address: service.cluster_ip.to_string(), port, target: domain.to_string() };
    matching.map(|p| found(Some(p.port as u32))).collect()
}

fn port_matches(name: &str, protocol: &str, wanted: Option<(&str, &str)>) -> bool {
    wanted.is_none_or(|(n, p)| n.eq_ignore_ascii_case(name) && p.eq_ignore_ascii_case(protocol))
}

/// Turns what was found into records of the type asked for. Models coredns/plugin/backend_lookup.go.
fn records(answer: &mut Answer, found: &[Found]) {
    match answer.record_type {
        RecordType::A => {
            let mut seen: Vec<&str> = Vec::new();
            for f in found {
                if !seen.contains(&f.address.as_str()) {
                    seen.push(&f.address);
                    push(answer, Data::A(f.address.clone()));
                }
            }
        }
        RecordType::Srv => {
            let with_port: Vec<&Found> = found.iter().filter(|f| f.port.is_some()).collect();
            let weight = 100 / with_port.len().max(1) as u32;
            for f in with_port {
                push(answer, Data::Srv { weight, port: f.port.unwrap_or(0), target: f.target.clone() });
                let address = Record { name: f.target.clone(), ttl: TTL, data: Data::A(f.address.clone()) };
                if !answer.additional.contains(&address) {
                    answer.additional.push(address);
                }
            }
        }
        _ => {}
    }
}

fn push(answer: &mut Answer, data: Data) {
    answer.answers.push(Record { name: answer.name.clone(), ttl: TTL, data });
}

/// The name of an address: a Service's virtual IP, or an endpoint. Another address is asked for outside, in vain.
fn reverse(store: &Store, reversed: &str, answer: &mut Answer) -> bool {
    let parts: Vec<&str> = reversed.rsplit('.').collect();
    let address = parts.join(".");
    let service = store.list(Kind::Service).find(|s| *s.service().cluster_ip == *address);
    let name = match service {
        Some(s) => Some(format!("{}.{}.svc.{CLUSTER_DOMAIN}.", s.meta.name, s.meta.namespace)),
        None => store.list(Kind::EndpointSlice).find_map(|slice| {
            let service = slice.meta.label(SERVICE_NAME_LABEL)?;
            let endpoint =
                slice.endpoint_slice().endpoints.iter().find(|e| e.ready && *e.address == *address)?;
            let named = endpoint.target.is_some();
            named.then(|| {
                format!(
                    "{}.{service}.{}.svc.{CLUSTER_DOMAIN}.",
                    endpoint_name(endpoint),
                    slice.meta.namespace
                )
            })
        }),
    };
    let Some(name) = name else {
        answer.from_upstream = true;
        return false;
    };
    if answer.record_type == RecordType::Ptr {
        push(answer, Data::Ptr(name));
    }
    true
}

/// The zone's SOA. Its serial is the time at which a Service or an EndpointSlice last changed.
fn soa_record(network: &Network) -> Record {
    const CHANGED: &str = "endpoints.kubernetes.io/last-change-trigger-time";
    let changed = |kind| {
        network.store.list(kind).map(|o| {
            let triggered = o.meta.annotation(CHANGED).and_then(SimTime::parse_rfc3339);
            triggered.unwrap_or(o.meta.creation_timestamp)
        })
    };
    let serial = changed(Kind::Service).chain(changed(Kind::EndpointSlice)).max().unwrap_or_default();
    let names = [format!("ns.dns.{CLUSTER_DOMAIN}."), format!("hostmaster.{CLUSTER_DOMAIN}.")];
    let data = Data::Soa(names, [serial.unix_seconds() as u32, 7200, 1800, 86400, TTL]);
    Record { name: format!("{CLUSTER_DOMAIN}."), ttl: TTL, data }
}

/// What the upstream says of every name: it does not exist.
fn root_soa() -> Record {
    let names = ["a.root-servers.net.".to_string(), "nstld.verisign-grs.com.".to_string()];
    Record { name: ".".into(), ttl: TTL, data: Data::Soa(names, [2_026_112_201, 1800, 900, 604_800, 86_400]) }
}
