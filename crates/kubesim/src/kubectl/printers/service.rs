//! Services, their endpoints, ingresses and network policies.

use super::cell::{or, some_and_more, text};
use super::row::{AGE, Column, NAME, Row, at_path, default_name, field, labels_or_none, of, selector, wide};
use crate::api::read::{get, list, opt_int};
use serde_json::Value;

pub(super) static SERVICE: &[Column] = &[
    NAME,
    field("TYPE", "{spec.type}"),
    field("CLUSTER-IP", "{spec.clusterIP:<none>}"),
    of("EXTERNAL-IP", external_ip),
    of("PORT(S)", service_ports),
    AGE,
    wide(at_path("SELECTOR", labels_or_none, "spec.selector")),
];
pub(super) static ENDPOINTS: &[Column] = &[NAME, of("ENDPOINTS", endpoint_addresses), AGE];
pub(super) static ENDPOINT_SLICE: &[Column] = &[
    NAME,
    field("ADDRESSTYPE", "{addressType}"),
    of("PORTS", slice_ports),
    of("ENDPOINTS", slice_addresses),
    AGE,
];
pub(super) static INGRESS: &[Column] = &[
    NAME,
    field("CLASS", "{spec.ingressClassName:<none>}"),
    of("HOSTS", hosts),
    of("ADDRESS", load_balancer),
    of("PORTS", tls_ports),
    AGE,
];
pub(super) static INGRESS_CLASS: &[Column] =
    &[of("NAME", default_name), field("CONTROLLER", "{spec.controller}"), of("PARAMETERS", parameters), AGE];
pub(super) static NETWORK_POLICY: &[Column] =
    &[NAME, at_path("POD-SELECTOR", selector, "spec.podSelector"), AGE];

fn external_ip(row: &Row) -> String {
    let service = row.object.service();
    let given = text(row.at("spec.externalIPs"));
    match &*service.service_type {
        "ClusterIP" | "NodePort" => or(given, "<none>"),
        "LoadBalancer" => {
            let all = [load_balancer(row), given];
            let all: Vec<&str> = all.iter().map(String::as_str).filter(|s| !s.is_empty()).collect();
            or(all.join(","), "<pending>")
        }
        "ExternalName" => service.external_name.as_deref().unwrap_or_default().into(),
        _ => "<unknown>".into(),
    }
}

/// The addresses that a load balancer has given.
pub fn load_balancer(row: &Row) -> String {
    let ingress = list(row.at("status.loadBalancer"), "ingress");
    let mut addresses: Vec<String> =
        ingress.iter().map(|i| or(text(get(i, "ip")), &text(get(i, "hostname")))).collect();
    collections::sort(&mut addresses);
    addresses.dedup();
    addresses.join(",")
}

fn service_ports(row: &Row) -> String {
    let ports = row.object.service().ports.iter().map(|p| match p.node_port {
        0 => format!("{}/{}", p.port, p.protocol),
        node_port => format!("{}:{node_port}/{}", p.port, p.protocol),
    });
    or(ports.collect::<Vec<_>>().join(","), "<none>")
}

fn endpoint_addresses(row: &Row) -> String {
    endpoints(row.tree())
}

/// The addresses of an Endpoints object, with their ports.
fn endpoints(tree: &Value) -> String {
    let subsets = list(tree, "subsets");
    if subsets.is_empty() {
        return "<none>".into();
    }
    let mut all = Vec::new();
    for subset in subsets {
        let addresses = || list(subset, "addresses").iter().map(|a| text(get(a, "ip")));
        let ports = list(subset, "ports");
        if ports.is_empty() {
            all.extend(addresses());
        }
        for port in ports {
            all.extend(addresses().map(|ip| format!("{ip}:{}", opt_int(port, "port").unwrap_or(0))));
        }
    }
    some_and_more(all, 3)
}

fn slice_ports(row: &Row) -> String {
    let ports = row.object.endpoint_slice().ports.iter().map(|p| match p.port {
        Some(port) => port.to_string(),
        None if p.name.is_empty() => "*".into(),
        None => p.name.to_string(),
    });
    or(some_and_more(ports.collect(), 3), "<unset>")
}

fn slice_addresses(row: &Row) -> String {
    let addresses = row.object.endpoint_slice().endpoints.iter().map(|e| e.address.to_string());
    or(some_and_more(addresses.collect(), 3), "<unset>")
}

fn hosts(row: &Row) -> String {
    let hosts = list(row.spec(), "rules").iter().map(|r| text(get(r, "host")));
    or(some_and_more(hosts.filter(|h| !h.is_empty()).collect(), 3), "*")
}

fn tls_ports(row: &Row) -> String {
    if list(row.spec(), "tls").is_empty() { "80" } else { "80, 443" }.into()
}

fn parameters(row: &Row) -> String {
    let parameters = get(row.spec(), "parameters");
    if parameters.is_null() {
        return "<none>".into();
    }
    let group = text(get(parameters, "apiGroup"));
    let dot = if group.is_empty() { "" } else { "." };
    let (kind, name) = (text(get(parameters, "kind")), text(get(parameters, "name")));
    [&kind, dot, &group, "/", &name].concat()
}
