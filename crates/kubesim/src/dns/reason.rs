//! Why a name has no records, or old ones, and what would change that: read from the objects, not from the answer.

use super::name::reverse_name;
use super::names;
use super::resolv_conf::search_path;
use super::resolver::candidates;
use super::server::{self, Network};
use super::zone::{self, Meaning};
use crate::api::resolver::{Answer, AnswerReason, Asked, Data, Question, Rcode, RecordType};
use crate::api::{Key, Kind, Object, SimTime, Str};
use crate::apiserver::Store;
use std::rc::Rc;
use strsim::levenshtein;

/// What is to be said about this answer; nothing if it has records and they are right.
pub fn explain(network: &Network, question: &Question, tries: &[Answer]) -> Option<AnswerReason> {
    let last = tries.last()?;
    let (store, known) = (network.store, network.known());
    for answer in tries {
        let Some((_, until)) = answer.held else { continue };
        let right = zone::ask(known, &answer.name, &answer.record_type);
        if !same_records(answer, &right) {
            return Some(if answer.is_found() {
                AnswerReason::OldCached { until }
            } else {
                AnswerReason::NegativeCached { until }
            });
        }
    }
    if last.is_found() {
        return None;
    }
    let name = meant(store, question, tries);
    let meaning_of = zone::in_cluster(&name);
    let meaning = meaning_of.as_deref().map(zone::parse);
    if last.rcode == Rcode::NoError {
        return Some(empty(meaning.as_ref(), &last.record_type));
    }
    if zone::ask(&server::everything(store), &name, &question.record_type).is_found() {
        let object = match &meaning {
            Some(Meaning::Service { service, .. }) => service,
            _ => &*question.name,
        };
        return Some(AnswerReason::ResolverLags { object: object.into() });
    }
    let world = World { store, question };
    Some(match meaning {
        Some(Meaning::Service { service, namespace, endpoint, port }) => {
            world.service(service, namespace, endpoint, port)
        }
        Some(Meaning::Domain { namespace: Some(namespace) }) => world.no_namespace(namespace),
        Some(Meaning::Pod { namespace, .. }) if !world.has_namespace(namespace) => {
            world.no_namespace(namespace)
        }
        Some(Meaning::Domain { .. }) => AnswerReason::OtherType,
        Some(Meaning::Pod { address, .. }) => {
            AnswerReason::UnknownAddress { address: address.replace('-', ".").into() }
        }
        Some(Meaning::Nothing) | None => world.outside(&name),
    })
}

/// Whether both say that the name exists, or not, and have the same records in any order.
fn same_records(a: &Answer, b: &Answer) -> bool {
    let has = |records: &[crate::api::resolver::Record], data: &Data| records.iter().any(|r| r.data == *data);
    a.rcode == b.rcode
        && a.answers.len() == b.answers.len()
        && a.answers.iter().all(|r| has(&b.answers, &r.data))
}

/// Of the names that were tried, or could have been, the one that was probably meant.
fn meant(store: &Store, question: &Question, tries: &[Answer]) -> String {
    if let Some(last) = tries.last().filter(|last| last.rcode == Rcode::NoError) {
        return last.name.clone();
    }
    if let Some(reversed) = tries.iter().find(|t| t.name.ends_with(".in-addr.arpa.")) {
        return reversed.name.clone();
    }
    if zone::in_cluster(&question.name).is_some() {
        return question.name.to_string();
    }
    let has_namespace = |name: &str| store.find(Kind::Namespace, "", name).is_some();
    let rank = |name: &String| {
        let Some(rest) = zone::in_cluster(name) else { return 0 };
        match zone::parse(&rest) {
            Meaning::Service { service, namespace, .. }
                if store.find(Kind::Service, namespace, service).is_some() =>
            {
                5
            }
            Meaning::Pod { .. } => 4,
            Meaning::Service { namespace, endpoint: None, .. } if has_namespace(namespace) => 3,
            Meaning::Service { namespace, .. } if has_namespace(namespace) => 2,
            Meaning::Service { .. } | Meaning::Domain { .. } => 1,
            Meaning::Nothing => 0,
        }
    };
    let mut all = candidates(&question.name, &search_path(&question.namespace));
    let best = all.iter().map(rank).max().unwrap_or(0);
    let place = if best == 0 { all.len() - 1 } else { all.iter().position(|n| rank(n) == best).unwrap_or(0) };
    all.swap_remove(place)
}

fn empty(meaning: Option<&Meaning>, record_type: &RecordType) -> AnswerReason {
    match (meaning, record_type) {
        (Some(Meaning::Domain { .. }), _) => AnswerReason::OnlyDomain,
        (_, RecordType::Aaaa) => AnswerReason::Ipv4Only,
        (Some(Meaning::Service { service, .. }), RecordType::Srv) => {
            AnswerReason::NoPorts { service: (*service).into() }
        }
        _ => AnswerReason::OtherType,
    }
}

/// The world in which a name does not exist.
struct World<'a> {
    store: &'a Store,
    question: &'a Question,
}

impl World<'_> {
    fn has_namespace(&self, name: &str) -> bool {
        self.store.find(Kind::Namespace, "", name).is_some()
    }

    fn no_namespace(&self, namespace: &str) -> AnswerReason {
        AnswerReason::NoNamespace { namespace: namespace.into(), nearest: self.nearest() }
    }

    /// Why a name in a Service's domain does not exist.
    fn service(
        &self,
        service: &str,
        namespace: &str,
        endpoint: Option<&str>,
        port: Option<(&str, &str)>,
    ) -> AnswerReason {
        if !self.has_namespace(namespace) {
            return self.no_namespace(namespace);
        }
        let Some(object) = self.store.find(Kind::Service, namespace, service) else {
            return self.no_service(service, namespace, endpoint);
        };
        if let Some(endpoint) = endpoint {
            return self.endpoint(object, endpoint);
        }
        let endpoints: Vec<_> = zone::slices(self.store.list_in(Kind::EndpointSlice, namespace), service)
            .flat_map(|s| s.endpoints.iter())
            .collect();
        let ready = endpoints.iter().any(|e| e.ready);
        let service: Str = service.into();
        match port {
            Some((name, protocol)) if ready || !object.service().is_headless() => {
                let named = |p: &crate::api::service::ServicePort| {
                    let name = p.name.as_deref().filter(|n| !n.is_empty())?;
                    Some(format!("_{name}._{}", p.protocol.to_ascii_lowercase()))
                };
                let ports: Vec<String> = object.service().ports.iter().filter_map(named).collect();
                let port = format!("_{name}._{protocol}").into();
                AnswerReason::NoPort { port, service, ports: ports.join(", ").into() }
            }
            _ if endpoints.is_empty() => AnswerReason::NoEndpoints { service },
            _ => AnswerReason::NoneReady { service, endpoints: endpoints.len() },
        }
    }

    fn no_service(&self, service: &str, namespace: &str, endpoint: Option<&str>) -> AnswerReason {
        let wants = |set: &&Rc<Object>| *set.stateful_set().spec.service_name == *service;
        if let Some(set) = self.store.list_in(Kind::StatefulSet, namespace).find(wants) {
            return AnswerReason::NoServiceOfSet { set: set.meta.name.clone(), service: service.into() };
        }
        let pod = self.store.find(Kind::Pod, namespace, endpoint.unwrap_or(service));
        match (pod.map(|pod| (&pod.meta.name, &pod.pod().spec.subdomain)), endpoint) {
            (Some((pod, Some(domain))), None) => {
                return AnswerReason::PodAlone { pod: pod.clone(), service: domain.clone() };
            }
            (Some((pod, domain)), Some(_)) => {
                return AnswerReason::OtherServiceName {
                    pod: pod.clone(),
                    service: service.into(),
                    service_name: domain.clone().unwrap_or_default(),
                };
            }
            _ => {}
        }
        match self.store.list(Kind::Service).find(|s| *s.meta.name == *service) {
            Some(other) => AnswerReason::ServiceElsewhere {
                service: service.into(),
                namespace: other.meta.namespace.clone(),
            },
            None => {
                let nearest = self.nearest();
                let is_foreign = endpoint.is_some() && zone::in_cluster(&self.question.name).is_none();
                if is_foreign && nearest.is_none() {
                    return AnswerReason::Outside { nearest };
                }
                AnswerReason::NoService { service: service.into(), namespace: namespace.into(), nearest }
            }
        }
    }

    /// Why a name of one pod in a Service's domain does not exist.
    fn endpoint(&self, service: &Object, name: &str) -> AnswerReason {
        let namespace = &*service.meta.namespace;
        let address = name.replace('-', ".");
        let is_it = |pod: &&Rc<Object>| {
            let hostname = pod.pod().spec.hostname.as_ref().unwrap_or(&pod.meta.name);
            hostname.eq_ignore_ascii_case(name) || pod.pod().status.pod_ip.as_deref() == Some(&address)
        };
        let service_name = service.meta.name.clone();
        let Some(object) = self.store.list_in(Kind::Pod, namespace).find(is_it) else {
            return AnswerReason::NoPod { pod: name.into(), service: service_name, nearest: self.nearest() };
        };
        let (pod, meta) = (object.pod(), &object.meta);
        let is_selected =
            service.service().selector.iter().all(|(key, value)| meta.label(key) == Some(value));
        if service.service().selector.is_empty() || !is_selected {
            return AnswerReason::NotSelected { pod: meta.name.clone(), service: service_name };
        }
        let is_address = pod.status.pod_ip.as_deref() == Some(&address);
        if !is_address && pod.spec.subdomain.as_ref() != Some(&service_name) {
            let service_name = pod.spec.subdomain.clone().unwrap_or_default();
            return AnswerReason::OtherServiceName {
                pod: meta.name.clone(),
                service: service.meta.name.clone(),
                service_name,
            };
        }
        let endpoint = zone::slices(self.store.list_in(Kind::EndpointSlice, namespace), &service_name)
            .flat_map(|slice| slice.endpoints.iter())
            .find(|e| e.target.as_ref().is_some_and(|(_, name, uid)| *name == meta.name && *uid == meta.uid));
        if let Some(hostname) = endpoint.filter(|e| is_address && e.ready).and_then(|e| e.hostname.as_ref()) {
            let name = format!("{hostname}.{service_name}").into();
            return AnswerReason::NamedOtherwise { address: address.into(), name };
        }
        self.pod(object, &service_name)
    }

    /// Why a pod behind a Service is not in DNS.
    fn pod(&self, object: &Object, service: &Str) -> AnswerReason {
        let (pod, name) = (object.pod(), object.meta.name.clone());
        if object.meta.is_terminating() {
            AnswerReason::Terminating { pod: name, service: service.clone() }
        } else if pod.status.pod_ip.is_none() {
            AnswerReason::NoPodAddress { pod: name }
        } else if pod.is_ready() {
            AnswerReason::SliceLags { pod: name }
        } else {
            AnswerReason::NotReady { pod: name, service: service.clone() }
        }
    }

    /// Why a name that is none of a Service or a pod does not exist.
    fn outside(&self, name: &str) -> AnswerReason {
        if let Some(reversed) = name.trim_end_matches('.').strip_suffix(".in-addr.arpa") {
            let parts: Vec<&str> = reversed.rsplit('.').collect();
            let address = parts.join(".");
            let has_it = |pod: &&Rc<Object>| pod.pod().status.pod_ip.as_deref() == Some(&*address);
            return match self.store.list(Kind::Pod).find(has_it) {
                Some(pod) if pod.pod().spec.subdomain.is_some() => {
                    self.pod(pod, &pod.pod().spec.subdomain.clone().unwrap_or_default())
                }
                _ => AnswerReason::UnknownAddress { address: address.into() },
            };
        }
        if let Some(rest) = zone::in_cluster(name)
            && let Some((before, namespace)) = rest.rsplit_once('.')
            && self.has_namespace(namespace)
        {
            return AnswerReason::NoSvc { instead: format!("{before}.{namespace}.svc.cluster.local").into() };
        }
        let bare = self.question.name.trim_end_matches('.');
        let without_dot = Question { name: bare.into(), ..self.question.clone() };
        if *bare != *self.question.name
            && without_dot.peek(self.store, SimTime(0)).answer().rcode == Rcode::NoError
        {
            return AnswerReason::NotSearched { instead: bare.into() };
        }
        AnswerReason::Outside { nearest: self.nearest() }
    }

    /// The name that exists and is most like the one asked for, if it is much like it.
    fn nearest(&self) -> Option<Str> {
        let asked = self.question.name.trim_end_matches('.').to_ascii_lowercase();
        let worst = 1 + asked.len() / 6;
        let all = names(self.store, &self.question.namespace).into_iter();
        let near =
            all.map(|name| (levenshtein(&asked, &name), name)).filter(|(d, _)| (1..=worst).contains(d));
        near.min().map(|(_, name)| name.into())
    }
}

/// From a Service to a record, link by link.
#[derive(Clone, PartialEq, Debug)]
pub struct Chain {
    /// The Service that the name says.
    pub service: Key,
    /// Its address (`None` for a headless one), selector and whether it publishes what is not ready; absent if it does
    /// not exist.
    pub about: Option<About>,
    /// The names of its EndpointSlices.
    pub slices: Vec<Str>,
    /// How many endpoints are in them.
    pub endpoints: usize,
    /// The endpoints that the name is about.
    pub links: Vec<EndpointInAnswer>,
}

/// What matters of a Service.
#[derive(Clone, PartialEq, Debug)]
pub struct About {
    /// `None`, the text, for a headless Service.
    pub cluster_ip: Str,
    /// `app=flask`
    pub selector: String,
    /// `publishNotReadyAddresses`
    pub publishes_not_ready: bool,
}

/// An endpoint, and whether the answer holds it.
#[derive(Clone, PartialEq, Debug)]
pub struct EndpointInAnswer {
    /// Its address.
    pub address: Str,
    /// Its pod.
    pub pod: Option<Str>,
    /// Its name in the Service's domain.
    pub name: String,
    /// Its conditions: ready, serving, terminating.
    pub conditions: [bool; 3],
    /// Whether a record of the answer leads to it.
    pub has_record: bool,
}

/// The chain that an answer, or its absence, comes from; none if the name is not of a Service.
pub fn chain(store: &Store, asked: &Asked) -> Option<Chain> {
    let answer = asked.answer();
    let name = match answer.answers.iter().find_map(|r| match &r.data {
        Data::Ptr(name) => Some(name.clone()),
        _ => None,
    }) {
        Some(name) => name,
        None => meant(store, &asked.question, &asked.tries),
    };
    let rest = zone::in_cluster(&name)?;
    let Meaning::Service { service, namespace, endpoint, .. } = zone::parse(&rest) else { return None };
    let about = store.find(Kind::Service, namespace, service).map(|object| {
        let service = object.service();
        let selector: Vec<String> = service.selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
        About {
            cluster_ip: service.cluster_ip.clone(),
            selector: selector.join(","),
            publishes_not_ready: service.publish_not_ready_addresses,
        }
    });
    let of_service = |o: &&Rc<Object>| o.meta.label(crate::api::service::SERVICE_NAME_LABEL) == Some(service);
    let slices: Vec<&Rc<Object>> = store.list_in(Kind::EndpointSlice, namespace).filter(of_service).collect();
    let all = || slices.iter().flat_map(|s| s.endpoint_slice().endpoints.iter());
    let records = || answer.answers.iter().chain(&answer.additional);
    let asked_for = |e: &&Rc<crate::api::service::Endpoint>| {
        let by_pod = || e.target.as_ref().is_some_and(|(_, pod, _)| Some(&**pod) == endpoint);
        endpoint.is_none_or(|name| name.eq_ignore_ascii_case(&zone::endpoint_name(e)) || by_pod())
    };
    let links = all().filter(asked_for).map(|e| EndpointInAnswer {
        address: e.address.clone(),
        pod: e.target.as_ref().map(|(_, pod, _)| pod.clone()),
        name: zone::endpoint_name(e),
        conditions: [e.ready, e.serving.unwrap_or(e.ready), e.terminating.unwrap_or(false)],
        has_record: records().any(|r| match &r.data {
            Data::A(address) => *address == *e.address,
            Data::Ptr(_) => reverse_name(&e.address).is_some_and(|n| r.name.starts_with(&n)),
            _ => false,
        }),
    });
    Some(Chain {
        service: Key::new(Kind::Service, namespace, service),
        about,
        endpoints: all().count(),
        links: links.collect(),
        slices: slices.iter().map(|s| s.meta.name.clone()).collect(),
    })
}
