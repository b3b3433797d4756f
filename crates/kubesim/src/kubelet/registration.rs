//! A node as its kubelet registers it, and how it stops and comes back. Models `pkg/kubelet/kubelet_node_status.go`.

use super::nodes::NodeContext;
use crate::api::meta::Condition;
use crate::api::node::{LEASE_NAMESPACE, ZONE_LABEL};
use crate::api::read::{get, list};
use crate::api::{Body, Fault, Key, Kind, Object, ObjectMeta, SimTime, Span};
use crate::apiserver::{ApiServer, Store};
use crate::base::tree::{Tree, tree};
use crate::config::{KUBERNETES_VERSION, NodeOptions};
use crate::fault;
use serde_json::{Value, json};
use std::rc::Rc;

/// Of every node: they are copies of one machine.
const MACHINE_ID: &str = "a3afd1eb12d4f0d50865d56383733e8d";

/// Given its name, its address, its CPUs, memory and pods, and since when it is as it is.
const NODE: Tree = tree!({
    "metadata": {
        "name": (Given 0),
        "labels": {"beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": (Given 0)},
        "annotations": {"node.alpha.kubernetes.io/ttl": "0"},
    },
    "spec": {},
    "status": {
        "addresses": [{"type": "InternalIP", "address": (Given 1)}, {"type": "Hostname", "address": (Given 0)}],
        "capacity": {"cpu": (Given 2), "ephemeral-storage": "51290592Ki", "memory": (Given 3), "pods": (Given 4)},
        "allocatable": {"cpu": (Given 2), "ephemeral-storage": "51290592Ki", "memory": (Given 3), "pods": (Given 4)},
        "conditions": [
            {"type": "MemoryPressure", "status": "False", "reason": "KubeletHasSufficientMemory",
                "message": "kubelet has sufficient memory available",
                "lastTransitionTime": (Given 5), "lastHeartbeatTime": (Given 5)},
            {"type": "DiskPressure", "status": "False", "reason": "KubeletHasNoDiskPressure",
                "message": "kubelet has no disk pressure",
                "lastTransitionTime": (Given 5), "lastHeartbeatTime": (Given 5)},
            {"type": "PIDPressure", "status": "False", "reason": "KubeletHasSufficientPID",
                "message": "kubelet has sufficient PID available",
                "lastTransitionTime": (Given 5), "lastHeartbeatTime": (Given 5)},
            {"type": "Ready", "status": "True", "reason": "KubeletReady",
                "message": "kubelet is posting ready status",
                "lastTransitionTime": (Given 5), "lastHeartbeatTime": (Given 5)},
        ],
        "nodeInfo": {"architecture": "amd64", "containerRuntimeVersion": "containerd://2.1.4",
            "kernelVersion": "5.15.0-105-generic", "kubeletVersion": KUBERNETES_VERSION, "kubeProxyVersion": "",
            "operatingSystem": "linux", "osImage": "Ubuntu 22.04.4 LTS",
            "bootID": MACHINE_ID, "machineID": MACHINE_ID, "systemUUID": MACHINE_ID},
    },
});

/// Of a node of the control plane.
const CONTROL_PLANE_TAINTS: Tree =
    tree!([{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]);

/// A node as its kubelet registers it.
pub(crate) fn node_tree(node: &NodeOptions, born: SimTime) -> Value {
    let (cpus, pods) = (node.cpus.to_string(), node.pods.to_string());
    let memory = node.memory_kib.to_string() + "Ki";
    let since = (born + Span::seconds(10)).rfc3339();
    let mut tree = NODE.value(&[&node.name, &node.internal_ip, &cpus, &memory, &pods, &since]);
    if node.control_plane {
        tree["metadata"]["labels"]["node-role.kubernetes.io/control-plane"] = Value::from("");
        tree["spec"]["taints"] = CONTROL_PLANE_TAINTS.value(&[]);
    }
    if !node.zone.is_empty() {
        tree["metadata"]["labels"][ZONE_LABEL] = Value::from(&*node.zone);
    }
    for taint in &node.taints {
        let taint = json!({"key": &*taint.key, "value": &*taint.value, "effect": &*taint.effect});
        match &mut tree["spec"]["taints"] {
            Value::Array(taints) => taints.push(taint),
            none => *none = Value::Array(vec![taint]),
        }
    }
    tree
}

/// Stops a node, or lets it come back. While it is down its kubelet does nothing; its containers stand still.
///
/// A node that is up renews its lease all the time, which is not written down: only when it stops is there a lease with
/// a `renewTime`, the last one, and when it comes back that goes and the node reports itself ready.
pub fn set_down(api: &mut ApiServer, node: &str, down: bool) {
    if fault::is_node_down(api.store(), node) == down {
        return;
    }
    fault::set(api, Fault::NodeDown(node.into()), down);
    let mut spec = json!({"holderIdentity": node, "leaseDurationSeconds": 40});
    if down {
        spec["renewTime"] = api.now.rfc3339().into();
    }
    let lease = Key::new(Kind::Lease, LEASE_NAMESPACE, node);
    if api.store().get(&lease).is_some() {
        let renewed = api.update(&lease, |o| o.body = Body::Other(Rc::new(json!({"spec": spec}))));
        renewed.expect("the lease was there");
    } else {
        let meta = ObjectMeta::named(LEASE_NAMESPACE, node);
        let object = Object::new(Kind::Lease, meta, Body::Other(Rc::new(json!({"spec": spec}))));
        api.create(object).expect("the lease was not there");
    }
    if !down {
        report_ready(api, node);
    }
}

/// Whether nothing is heard from a node: it is down, as its lease shows, or not ready.
pub fn is_silent(store: &Store, node: &str) -> bool {
    let lease = store.find(Kind::Lease, LEASE_NAMESPACE, node);
    lease.is_some_and(|lease| !get(get(&lease.to_value(), "spec"), "renewTime").is_null())
        || store.find_cluster(Kind::Node, node).is_some_and(|node| !node.node().is_ready())
}

/// The node's conditions as its kubelet reports them when all is well.
fn report_ready(api: &mut ApiServer, node: &str) {
    let now = api.now.whole_seconds();
    let key = Key::cluster(Kind::Node, node);
    // A node that was deleted in the meantime does not come back by itself.
    let _ = api.update_status(&key, |o| {
        let registered = get(&o.node().raw, "status").clone();
        let mut conditions: Vec<Condition> =
            list(&registered, "conditions").iter().map(Condition::from_value).collect();
        for condition in &mut conditions {
            let is = o.node().conditions.iter().find(|c| c.kind == condition.kind);
            let same = is.filter(|c| c.status == condition.status);
            condition.last_transition_time = same.map_or(now, |c| c.last_transition_time);
        }
        o.node_mut().conditions = conditions.into();
    });
}

/// Brings up a node that somebody made by hand: a kubelet registers as on a worker of the usual size, with what the object
/// says in place of its own. (In a real cluster no kubelet comes with the object, but tools such as kwok play one.)
pub(super) fn register(context: &mut NodeContext, key: &Key) {
    let Some(node) = context.store().get(key).cloned() else { return };
    if !node.node().conditions.is_empty() {
        return;
    }
    let number = context.store().list(Kind::Node).count();
    let worker = NodeOptions::worker(&key.name, &format!("10.{number}.0"), number);
    let mut tree = node_tree(&worker, context.now());
    let asked = node.to_value();
    deep_merge(&mut tree["status"]["allocatable"], get(get(&asked, "status"), "capacity"));
    deep_merge(&mut tree, &asked);
    context.nodes.node(&key.name).pod_net = format!("10.{number}.0.0/16").into();
    let registered = Object::from_value(Kind::Node, &tree);
    let _ = context.api.update_status(key, |o| {
        o.meta.labels = registered.meta.labels;
        o.meta.annotations = registered.meta.annotations;
        o.body = registered.body;
    });
}

/// Puts everything that a tree says in place of what another says.
fn deep_merge(tree: &mut Value, more: &Value) {
    match more {
        Value::Null => {}
        Value::Array(list) if list.is_empty() => {}
        Value::Object(fields) if tree.is_object() => {
            fields.iter().for_each(|(name, value)| deep_merge(&mut tree[name.as_str()], value));
        }
        _ => *tree = more.clone(),
    }
}
