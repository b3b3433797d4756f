//! Node. Models `k8s.io/api/core/v1/types.go: Node`.

use super::meta::Condition;
use super::read::{self, Writer, get, list};
use super::{SimTime, Str};
use serde_json::Value;
use std::rc::Rc;

/// Where the kubelets' leases are.
pub const LEASE_NAMESPACE: &str = "kube-node-lease";

/// The label that carries a node's host name.
pub const HOSTNAME_LABEL: &str = "kubernetes.io/hostname";

/// The label that carries the zone a node stands in.
pub const ZONE_LABEL: &str = "topology.kubernetes.io/zone";

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// Cordoned: the scheduler passes it by.
    pub unschedulable: bool,
    /// What keeps pods away.
    pub taints: Rc<[Taint]>,
    /// Its address.
    pub internal_ip: Str,
    /// The range of its pods' addresses (`podCIDR`), such as `172.16.110.0/24`.
    pub pod_cidr: Str,
    /// CPU that pods can request, in thousandths.
    pub cpu_millis: i64,
    /// Memory that pods can request, in bytes.
    pub memory_bytes: i64,
    /// How many pods it takes.
    pub pods: i64,
    /// Conditions, Ready among them.
    pub conditions: Rc<[Condition]>,
    /// The whole spec and status as the node registered itself.
    pub raw: Rc<Value>,
}

/// What keeps pods away from a node.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Taint {
    pub key: Str,
    /// Its value; may be empty.
    pub value: Str,
    /// `NoSchedule`, `PreferNoSchedule` or `NoExecute`.
    pub effect: Str,
    /// Since when, for `NoExecute`.
    pub time_added: Option<SimTime>,
}

impl Node {
    /// Reads a node.
    pub fn from_value(v: &Value) -> Node {
        let (spec, status) = (get(v, "spec"), get(v, "status"));
        let allocatable = get(status, "allocatable");
        let millis = |what| read::milli_value(get(allocatable, what)).unwrap_or(0);
        let address = list(status, "addresses").iter().find(|a| get(a, "type") == "InternalIP");
        Node {
            unschedulable: read::bool(spec, "unschedulable"),
            taints: list(spec, "taints")
                .iter()
                .map(|t| Taint {
                    key: read::str(t, "key"),
                    value: read::str(t, "value"),
                    effect: read::str(t, "effect"),
                    time_added: read::time(t, "timeAdded"),
                })
                .collect(),
            internal_ip: address.map(|a| read::str(a, "address")).unwrap_or_default(),
            pod_cidr: read::str(spec, "podCIDR"),
            cpu_millis: millis("cpu"),
            memory_bytes: millis("memory") / 1000,
            pods: millis("pods") / 1000,
            conditions: list(status, "conditions").iter().map(Condition::from_value).collect(),
            raw: Rc::new(super::read::without_meta(v)),
        }
    }

    /// Whether its kubelet is known to be well.
    pub fn is_ready(&self) -> bool {
        self.conditions.iter().any(|c| &*c.kind == "Ready" && c.status == Some(true))
    }

    /// Writes spec and status over what the node registered.
    pub fn write(&self, w: Writer) -> Writer {
        let mut spec = get(&self.raw, "spec").clone();
        let mut status = get(&self.raw, "status").clone();
        if let Some(o) = spec.as_object_mut() {
            o.remove("unschedulable");
            o.remove("taints");
            if self.unschedulable {
                o.insert("unschedulable".into(), true.into());
            }
            if !self.taints.is_empty() {
                let taint = |t: &Taint| {
                    Writer::new()
                        .put("key", &*t.key)
                        .some("value", &*t.value)
                        .put("effect", &*t.effect)
                        .time("timeAdded", t.time_added)
                        .done()
                };
                o.insert("taints".into(), self.taints.iter().map(taint).collect());
            }
        }
        if let Some(o) = status.as_object_mut() {
            let old = o.get("conditions").cloned().unwrap_or_default();
            let heartbeat = |kind: &Str| {
                let found = old.as_array().into_iter().flatten().find(|c| get(c, "type") == &**kind);
                found.and_then(|c| read::time(c, "lastHeartbeatTime"))
            };
            let condition = |c: &Condition| c.writer().time("lastHeartbeatTime", heartbeat(&c.kind)).done();
            o.insert("conditions".into(), self.conditions.iter().map(condition).collect());
        }
        w.put("spec", spec).put("status", status)
    }
}
