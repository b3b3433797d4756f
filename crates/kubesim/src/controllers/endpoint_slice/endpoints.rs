//! The older Endpoints objects, derived from slices when they are asked for. Models
//! `pkg/controller/endpoint/endpoints_controller.go` and `pkg/api/v1/endpoints/util.go`.

use super::utils::*;
use crate::api::read::Writer;
use crate::api::service::{Endpoint, EndpointPort, HEADLESS_LABEL, Service};
use crate::api::{Body, Kind, Object, ObjectMeta, Str, Uid};
use crate::apiserver::Store;
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// How many addresses an Endpoints object takes (`pkg/controller/endpoint/endpoints_controller.go: maxCapacity`).
pub const MAX_ENDPOINTS: usize = 1000;

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
    let subsets = repack_subsets(body, &slices);
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
fn repack_subsets(service: &Service, slices: &[&Rc<Object>]) -> Subsets {
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
