//! A node as its kubelet registers it. Models `pkg/kubelet/kubelet_node_status.go`.

use crate::api::{SimTime, Span};
use crate::config::NodeOptions;
use serde_json::{Value, json};

/// Of every node: they are copies of one machine.
const MACHINE_ID: &str = "a3afd1eb12d4f0d50865d56383733e8d";

/// A node as its kubelet registers it.
pub(crate) fn node_tree(node: &NodeOptions, born: SimTime) -> Value {
    let mut labels = json!({
        "beta.kubernetes.io/arch": "amd64", "beta.kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64", "kubernetes.io/os": "linux", "kubernetes.io/hostname": &*node.name,
    });
    let mut spec = json!({});
    if node.control_plane {
        labels["node-role.kubernetes.io/control-plane"] = json!("");
        spec["taints"] = json!([{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}]);
    }
    let condition = |kind: &str, status: &str, reason: &str, message: &str| {
        let since = (born + Span::seconds(10)).rfc3339();
        json!({"type": kind, "status": status, "reason": reason, "message": message,
            "lastTransitionTime": since, "lastHeartbeatTime": since})
    };
    let capacity = json!({"cpu": node.cpus.to_string(), "ephemeral-storage": "51290592Ki",
        "memory": format!("{}Ki", node.memory_kib), "pods": node.pods.to_string()});
    json!({
        "metadata": {"name": &*node.name, "labels": labels,
            "annotations": {"node.alpha.kubernetes.io/ttl": "0"}},
        "spec": spec,
        "status": {
            "addresses": [{"type": "InternalIP", "address": &*node.internal_ip}, {"type": "Hostname", "address": &*node.name}],
            "capacity": capacity, "allocatable": capacity,
            "conditions": [
                condition("MemoryPressure", "False", "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
                condition("DiskPressure", "False", "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
                condition("PIDPressure", "False", "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
                condition("Ready", "True", "KubeletReady", "kubelet is posting ready status"),
            ],
            "nodeInfo": {"architecture": "amd64", "containerRuntimeVersion": "containerd://2.1.4",
                "kernelVersion": "5.15.0-105-generic", "kubeletVersion": "v1.36.2", "kubeProxyVersion": "",
                "operatingSystem": "linux", "osImage": "Ubuntu 22.04.4 LTS",
                "bootID": MACHINE_ID, "machineID": MACHINE_ID, "systemUUID": MACHINE_ID},
        },
    })
}
