//! Nodes.

use super::cell::{or, text};
use super::row::{AGE, Column, NAME, Row, field, of, wide};
use crate::api::ObjectMeta;
use crate::api::node::Node;
use crate::api::read::{get, list};

pub(super) static NODE: &[Column] = &[
    NAME,
    of("STATUS", |row| node_status(row.object.node())),
    of("ROLES", roles),
    AGE,
    field("VERSION", "{status.nodeInfo.kubeletVersion}"),
    wide(of("INTERNAL-IP", internal_ip)),
    wide(of("EXTERNAL-IP", external_address)),
    wide(field("OS-IMAGE", "{status.nodeInfo.osImage:<unknown>}")),
    wide(field(
        "KERNEL-VERSION",
        "{status.nodeInfo.kernelVersion:<unknown>} ({status.nodeInfo.architecture})",
    )),
    wide(field("CONTAINER-RUNTIME", "{status.nodeInfo.containerRuntimeVersion:<unknown>}")),
];

/// The roles of a node, by its labels.
pub fn node_roles(meta: &ObjectMeta) -> String {
    let mut roles: Vec<&str> = meta
        .labels
        .iter()
        .filter_map(|(label, value)| match label.strip_prefix("node-role.kubernetes.io/") {
            Some(role) => Some(role),
            None => (&**label == "kubernetes.io/role").then_some(&**value),
        })
        .filter(|role| !role.is_empty())
        .collect();
    collections::sort(&mut roles);
    roles.dedup();
    roles.join(",")
}

/// STATUS of a node: whether it is Ready, and whether it is cordoned.
pub fn node_status(node: &Node) -> String {
    let ready = node.conditions.iter().find(|c| &*c.kind == "Ready");
    let status = match ready.map(|c| c.status == Some(true)) {
        Some(true) => "Ready",
        Some(false) => "NotReady",
        None => "Unknown",
    };
    [status, if node.unschedulable { ",SchedulingDisabled" } else { "" }].concat()
}

fn roles(row: &Row) -> String {
    or(node_roles(&row.object.meta), "<none>")
}

fn internal_ip(row: &Row) -> String {
    address(row, "InternalIP")
}

fn external_address(row: &Row) -> String {
    address(row, "ExternalIP")
}

fn address(row: &Row, kind: &str) -> String {
    let found = list(get(row.tree(), "status"), "addresses").iter().find(|a| get(a, "type") == kind);
    or(found.map(|a| text(get(a, "address"))).unwrap_or_default(), "<none>")
}
