//! A node as its kubelet registers it. Models `pkg/kubelet/kubelet_node_status.go`.

use crate::api::{SimTime, Span};
use crate::base::tree::{Tree, tree};
use crate::config::NodeOptions;
use serde_json::Value;

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
            "kernelVersion": "5.15.0-105-generic", "kubeletVersion": "v1.36.2", "kubeProxyVersion": "",
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
    tree
}
