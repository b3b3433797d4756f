//! The cluster's zone. Models coredns/plugin/kubernetes with `pods insecure`, `ttl 30` and `fallthrough` for reverse
//! names, and an upstream that knows no name at all.

use super::name::{CLUSTER_DOMAIN, SERVER, TTL, reverse_name};
use crate::api::resolver::{Answer, Data, Rcode, Record, RecordType};
use crate::api::service::{Endpoint, EndpointSlice, SERVICE_NAME_LABEL, Service};
use crate::api::{Kind, Object, ObjectCache, SimTime};
use std::rc::Rc;

/// The zone of the names of addresses.
const REVERSE_ZONE: &str = "in-addr.arpa";
/// So many aliases are followed (`maxCnameChainLength`).
const LONGEST_CHAIN: usize = 7;

/// One thing that a name stands for: an address and a port.
struct Found {
    /// An address, or for an ExternalName another name.
    host: String,
    is_alias: bool,
    /// `None`: there is no port.
    port: Option<u32>,
    /// The name that has this address alone.
    target: String,
}

/// What a name under the cluster's domain means. Models coredns/plugin/kubernetes/parse.go.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Meaning<'a> {
    /// The cluster's domain, `svc.cluster.local`, or a namespace in it: exists, without records of its own.
    Domain { namespace: Option<&'a str> },
    /// A Service, perhaps one endpoint of it, perhaps one port.
    Service {
        /// Its name.
        service: &'a str,
        namespace: &'a str,
        /// The host name of the endpoint.
        endpoint: Option<&'a str>,
        /// The port's name and its protocol.
        port: Option<(&'a str, &'a str)>,
    },
    /// An address written with dashes.
    Pod {
        address: &'a str,
        /// The namespace, which has to exist.
        namespace: &'a str,
    },
    /// Nothing that could exist.
    Nothing,
}

/// The part of an absolute name before the cluster's domain, in small letters; empty for the domain itself.
pub fn in_cluster(name: &str) -> Option<String> {
    let lower = name.trim_end_matches('.').to_ascii_lowercase();
    let rest = lower.strip_suffix(CLUSTER_DOMAIN)?;
    if rest.is_empty() { Some(String::new()) } else { rest.strip_suffix('.').map(str::to_owned) }
}

/// Answers one question from this world, in the world's own order. The name has its final dot or not; it is absolute
/// in any case.
pub fn ask(known: &ObjectCache, name: &str, record_type: &RecordType) -> Answer {
    let written = name.trim_end_matches('.');
    let mut answer = nothing(written, record_type);
    let lower = written.to_ascii_lowercase();
    let reversed = lower.strip_suffix(REVERSE_ZONE).and_then(|r| r.strip_suffix('.'));
    let exists = match (reversed, in_cluster(written)) {
        (Some(address), _) => reverse(known, address, &mut answer),
        (None, Some(rest)) => forward(known, &rest, &mut answer),
        (None, None) => {
            answer.from_upstream = true;
            false
        }
    };
    if !exists {
        answer.rcode = Rcode::NxDomain;
    }
    if answer.answers.is_empty() {
        let zone = if reversed.is_some() { REVERSE_ZONE } else { CLUSTER_DOMAIN };
        answer.authority = vec![if answer.from_upstream { root_soa() } else { soa_record(known, zone) }];
    }
    answer
}

/// What a resolver answers that knows nothing of the cluster: there is no such name.
pub fn ask_upstream(name: &str, record_type: &RecordType) -> Answer {
    let answer = nothing(name.trim_end_matches('.'), record_type);
    Answer { rcode: Rcode::NxDomain, authority: vec![root_soa()], from_upstream: true, ..answer }
}

fn nothing(name: &str, record_type: &RecordType) -> Answer {
    Answer {
        name: [name, "."].concat(),
        record_type: record_type.clone(),
        rcode: Rcode::NoError,
        answers: Vec::new(),
        authority: Vec::new(),
        additional: Vec::new(),
        from_upstream: false,
        held: None,
    }
}

/// Fills in the records of a name in the cluster's domain; false if there is no such name. Models
/// coredns/plugin/kubernetes/handler.go and coredns/plugin/backend_lookup.go.
fn forward(known: &ObjectCache, rest: &str, answer: &mut Answer) -> bool {
    match answer.record_type {
        // For a SOA the plugin does not look whether the name exists.
        RecordType::Soa => {
            if rest.is_empty() {
                answer.answers.push(soa_record(known, CLUSTER_DOMAIN));
            }
            true
        }
        RecordType::Txt if rest == "dns-version" => {
            push(answer, Data::Txt("1.1.0".into()));
            true
        }
        RecordType::Txt => find(known, rest).is_some_and(|found| !found.is_empty()),
        RecordType::A | RecordType::Aaaa => {
            let name = answer.name.clone();
            match addresses(known, rest, &name, &answer.record_type, LONGEST_CHAIN) {
                Some(records) => answer.answers.extend(records),
                None => return false,
            }
            true
        }
        RecordType::Ns if rest.is_empty() => {
            // The Service in front of the server itself, if it knows of one.
            if known.find(Kind::Service, "kube-system", "kube-dns").is_some() {
                let name = format!("kube-dns.kube-system.svc.{CLUSTER_DOMAIN}.");
                push(answer, Data::Ns(name.clone()));
                answer.additional.push(Record { name, ttl: TTL, data: Data::A(SERVER.into()) });
            }
            true
        }
        _ => {
            let Some(found) = find(known, rest) else { return false };
            match (&answer.record_type, found.first()) {
                (RecordType::Srv, _) => services(answer, &found),
                (RecordType::Cname, Some(first)) if first.is_alias => {
                    push(answer, Data::Cname(format!("{}.", first.host)));
                }
                _ => {}
            }
            true
        }
    }
}

/// The addresses of a name, with the aliases on the way. `None`: there is no such name.
fn addresses(
    known: &ObjectCache,
    rest: &str,
    name: &str,
    record_type: &RecordType,
    aliases: usize,
) -> Option<Vec<Record>> {
    let wants_a = *record_type == RecordType::A;
    let mut records: Vec<Record> = Vec::new();
    if rest == "ns.dns" {
        let own = Record { name: name.into(), ttl: TTL, data: Data::A(SERVER.into()) };
        return Some(if wants_a { vec![own] } else { records });
    }
    for found in find(known, rest)? {
        let data = if found.is_alias {
            Data::Cname(format!("{}.", found.host))
        } else {
            Data::A(found.host.clone())
        };
        let record = Record { name: name.into(), ttl: TTL, data };
        if !found.is_alias {
            if wants_a && !records.contains(&record) {
                records.push(record);
            }
            continue;
        }
        let target = format!("{}.", found.host);
        let Some(inside) = in_cluster(&target) else {
            // The upstream knows no name at all.
            records.push(record);
            continue;
        };
        if aliases == 0 || target.eq_ignore_ascii_case(name) {
            continue;
        }
        let more = addresses(known, &inside, &target, record_type, aliases - 1).unwrap_or_default();
        if !more.is_empty() {
            records.push(record);
            records.extend(more);
        }
    }
    Some(records)
}

/// What a name stands for; nothing for a name that only leads to others. `None`: there is no such name. Models
/// coredns/plugin/kubernetes/kubernetes.go: Records.
fn find(known: &ObjectCache, rest: &str) -> Option<Vec<Found>> {
    let namespace_exists = |name: &str| known.find(Kind::Namespace, "", name).is_some();
    match parse(rest) {
        Meaning::Nothing => None,
        Meaning::Domain { namespace } => namespace.is_none_or(namespace_exists).then(Vec::new),
        Meaning::Pod { address, namespace } => {
            let ip = address.replace('-', ".");
            let exists = reverse_name(&ip).is_some() && namespace_exists(namespace);
            let target = format!("{address}.{namespace}.pod.{CLUSTER_DOMAIN}.");
            exists.then(|| vec![Found { host: ip, is_alias: false, port: Some(0), target }])
        }
        Meaning::Service { service, namespace, endpoint, port } => {
            if !namespace_exists(namespace) {
                return None;
            }
            let body = known.find(Kind::Service, namespace, service)?.service();
            let domain = format!("{service}.{namespace}.svc.{CLUSTER_DOMAIN}.");
            if &*body.service_type == "ExternalName" {
                let host = body.external_name.as_deref()?.trim_end_matches('.').to_string();
                let whole = endpoint.is_none() && port.is_none();
                return whole.then(|| vec![Found { host, is_alias: true, port: None, target: domain }]);
            }
            let found = if body.is_headless() || endpoint.is_some() {
                of_endpoints(known, service, namespace, &domain, endpoint, port)
            } else {
                of_cluster_ip(body, &domain, port)
            };
            (!found.is_empty()).then_some(found)
        }
    }
}

/// What a name means: the part of it before the cluster's domain.
pub fn parse(rest: &str) -> Meaning<'_> {
    let labels: Vec<&str> = rest.split('.').collect();
    match labels.as_slice() {
        ["" | "svc" | "pod"] => Meaning::Domain { namespace: None },
        [namespace, "svc" | "pod"] => Meaning::Domain { namespace: Some(namespace) },
        // What stands before an address is not looked at.
        [address, namespace, "pod"] | [_, address, namespace, "pod"] | [_, _, address, namespace, "pod"] => {
            Meaning::Pod { address, namespace }
        }
        [service, namespace, "svc"] => Meaning::Service { service, namespace, endpoint: None, port: None },
        [endpoint, service, namespace, "svc"] => {
            Meaning::Service { service, namespace, endpoint: Some(endpoint), port: None }
        }
        [port, protocol, service, namespace, "svc"] => {
            let port = port.strip_prefix('_').unwrap_or(port);
            let port = Some((port, protocol.strip_prefix('_').unwrap_or(protocol)));
            Meaning::Service { service, namespace, endpoint: None, port }
        }
        _ => Meaning::Nothing,
    }
}

/// The EndpointSlices of a Service among these.
pub fn slices<'a>(
    objects: impl Iterator<Item = &'a Rc<Object>>,
    service: &'a str,
) -> impl Iterator<Item = &'a EndpointSlice> {
    let of_service = move |o: &&'a Rc<Object>| o.meta.label(SERVICE_NAME_LABEL) == Some(service);
    objects.filter(of_service).map(|o| o.endpoint_slice())
}

/// The name of an endpoint in its Service's domain: its host name, or its address with dashes.
pub fn endpoint_name(endpoint: &Endpoint) -> String {
    endpoint.hostname.as_deref().map_or_else(|| endpoint.address.replace('.', "-"), str::to_owned)
}

fn of_endpoints(
    known: &ObjectCache,
    service: &str,
    namespace: &str,
    domain: &str,
    wanted: Option<&str>,
    port: Option<(&str, &str)>,
) -> Vec<Found> {
    let mut found = Vec::new();
    for slice in slices(known.list_in(Kind::EndpointSlice, namespace), service) {
        for endpoint in slice.endpoints.iter().filter(|e| e.ready) {
            let name = endpoint_name(endpoint);
            if wanted.is_some_and(|w| !w.eq_ignore_ascii_case(&name)) {
                continue;
            }
            let mut add = |port| {
                let target = format!("{name}.{domain}");
                found.push(Found { host: endpoint.address.to_string(), is_alias: false, port, target });
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
    let found = |port| Found {
        host: service.cluster_ip.to_string(),
        is_alias: false,
        port,
        target: domain.to_string(),
    };
    matching.map(|p| found(Some(p.port as u32))).collect()
}

fn port_matches(name: &str, protocol: &str, wanted: Option<(&str, &str)>) -> bool {
    wanted.is_none_or(|(n, p)| n.eq_ignore_ascii_case(name) && p.eq_ignore_ascii_case(protocol))
}

/// A record for each port of each address. Models coredns/plugin/backend_lookup.go: SRV.
fn services(answer: &mut Answer, found: &[Found]) {
    let weight = (100 / found.len().max(1) as u32).max(1);
    for f in found.iter().filter(|f| !f.is_alias) {
        let Some(port) = f.port else { continue };
        let data = Data::Srv { weight, port, target: f.target.clone() };
        if answer.answers.iter().any(|r| r.data == data) {
            continue;
        }
        push(answer, data);
        let address = Record { name: f.target.clone(), ttl: TTL, data: Data::A(f.host.clone()) };
        if !answer.additional.contains(&address) {
            answer.additional.push(address);
        }
    }
}

fn push(answer: &mut Answer, data: Data) {
    answer.answers.push(Record { name: answer.name.clone(), ttl: TTL, data });
}

/// The names of an address: a Service's virtual IP, or endpoints. What is not known is asked for outside, in vain.
/// Models coredns/plugin/kubernetes/reverse.go, with `fallthrough`.
fn reverse(known: &ObjectCache, reversed: &str, answer: &mut Answer) -> bool {
    if answer.record_type == RecordType::Soa {
        return true;
    }
    let parts: Vec<&str> = reversed.rsplit('.').collect();
    let address = parts.join(".");
    let mut names = Vec::new();
    if answer.record_type == RecordType::Ptr && parts.len() == 4 {
        names = names_of(known, &address);
    }
    answer.from_upstream = names.is_empty();
    for name in names {
        push(answer, Data::Ptr(name));
    }
    !answer.from_upstream
}

/// The names of an address.
fn names_of(known: &ObjectCache, address: &str) -> Vec<String> {
    let service = known.list(Kind::Service).find(|s| *s.service().cluster_ip == *address);
    if let Some(s) = service {
        return vec![format!("{}.{}.svc.{CLUSTER_DOMAIN}.", s.meta.name, s.meta.namespace)];
    }
    let mut names = Vec::new();
    for slice in known.list(Kind::EndpointSlice) {
        let Some(service) = slice.meta.label(SERVICE_NAME_LABEL) else { continue };
        let endpoints = slice.endpoint_slice().endpoints.iter();
        for endpoint in endpoints.filter(|e| e.ready && *e.address == *address) {
            let name = endpoint_name(endpoint);
            names.push(format!("{name}.{service}.{}.svc.{CLUSTER_DOMAIN}.", slice.meta.namespace));
        }
    }
    names.dedup();
    names
}

/// The zone's SOA. Its serial is the time at which a Service or an EndpointSlice last changed.
fn soa_record(known: &ObjectCache, zone: &str) -> Record {
    const CHANGED: &str = "endpoints.kubernetes.io/last-change-trigger-time";
    let changed = |kind| {
        known.list(kind).map(|o| {
            let triggered = o.meta.annotation(CHANGED).and_then(SimTime::parse_rfc3339);
            triggered.unwrap_or(o.meta.creation_timestamp)
        })
    };
    let serial = changed(Kind::Service).chain(changed(Kind::EndpointSlice)).max().unwrap_or_default();
    let names = [format!("ns.dns.{zone}."), format!("hostmaster.{zone}.")];
    let data = Data::Soa(names, [serial.unix_seconds() as u32, 7200, 1800, 86400, TTL]);
    Record { name: format!("{zone}."), ttl: TTL, data }
}

/// What the upstream says of every name: it does not exist.
fn root_soa() -> Record {
    let names = ["a.root-servers.net.".to_string(), "nstld.verisign-grs.com.".to_string()];
    Record { name: ".".into(), ttl: TTL, data: Data::Soa(names, [2_026_112_201, 1800, 900, 604_800, 86_400]) }
}
