//! What a cluster has before anybody applies anything: nodes, namespaces, the class local-path, the Service `kubernetes`.

use super::Options;
use crate::api::{Kind, Object, SimTime, Span, Str};
use crate::apiserver::ApiServer;
use serde_json::{Value, json};

/// When the cluster came to be: thirteen minutes before the story begins.
pub const BORN: SimTime = SimTime(-13 * 60 * 1000);

/// The class was made with `kubectl apply`.
const CLASS_AS_APPLIED: &str = "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"StorageClass\",\"metadata\":{\
    \"annotations\":{\"storageclass.kubernetes.io/is-default-class\":\"true\"},\"name\":\"local-path\"},\
    \"provisioner\":\"rancher.io/local-path\",\"reclaimPolicy\":\"Delete\",\
    \"volumeBindingMode\":\"WaitForFirstConsumer\"}\n";

/// Of every node: they are copies of one machine.
const MACHINE_ID: &str = "a3afd1eb12d4f0d50865d56383733e8d";

/// How one node is set up.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeOptions {
    /// Its name.
    pub name: Str,
    /// The first three numbers of its pods' addresses, such as `172.16.110`.
    pub pod_net: Str,
    /// The last number of its first pod's address: the cluster's own pods have those before.
    pub first_address: u32,
    /// Its own address.
    pub internal_ip: Str,
    /// CPUs.
    pub cpus: i64,
    /// Memory, in KiB.
    pub memory_kib: i64,
    /// How many pods it takes.
    pub pods: i64,
    /// Whether it is a control plane node, which only takes pods that tolerate that.
    pub control_plane: bool,
}

impl NodeOptions {
    /// A worker of the usual size: the `n`th of them, from 1.
    pub fn worker(name: &str, pod_net: &str, n: usize) -> NodeOptions {
        NodeOptions {
            name: name.into(),
            pod_net: pod_net.into(),
            first_address: 16,
            internal_ip: format!("192.168.1.{}", 100 + n).into(),
            cpus: 4,
            memory_kib: 8_039_920,
            pods: 110,
            control_plane: false,
        }
    }

    /// The four nodes of the walk that Ordinal starts from.
    pub fn of_the_seed() -> Vec<NodeOptions> {
        let mut nodes: Vec<NodeOptions> = [
            ("chhan-k8s-1", "172.16.38", 7),
            ("chhan-k8s-2", "172.16.110", 17),
            ("chhan-k8s-3", "172.16.234", 21),
            ("chhan-k8s-4", "172.16.107", 16),
        ]
        .iter()
        .enumerate()
        .map(|(n, (name, net, first_address))| NodeOptions {
            first_address: *first_address,
            ..NodeOptions::worker(name, net, n)
        })
        .collect();
        nodes[0].control_plane = true;
        nodes
    }
}

/// Makes all this.
pub fn populate(api: &mut ApiServer, options: &Options) {
    let born = api.now;
    let create = |api: &mut ApiServer, kind: Kind, tree: Value| {
        api.create(Object::from_value(kind, &tree)).expect("the cluster's first objects are new");
    };
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        let tree = json!({"metadata": {"name": name, "labels": {"kubernetes.io/metadata.name": name}},
            "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
        create(api, Kind::Namespace, tree);
        create(api, Kind::ServiceAccount, json!({"metadata": {"name": "default", "namespace": name}}));
    }
    for name in ["default", "kube-system"] {
        let tree =
            json!({"metadata": {"name": "kube-root-ca.crt", "namespace": name}, "data": {"ca.crt": ""}});
        create(api, Kind::ConfigMap, tree);
    }
    for node in &options.nodes {
        create(api, Kind::Node, node_tree(node, born));
    }
    for (name, value, description) in [
        (
            "system-cluster-critical",
            2_000_000_000,
            "that must run in the cluster, but can be moved to another node if necessary.",
        ),
        ("system-node-critical", 2_000_001_000, "that must not be moved from their current node."),
    ] {
        let tree = json!({"metadata": {"name": name}, "value": value, "preemptionPolicy": "PreemptLowerPriority",
            "description": format!("Used for system critical pods {description}")});
        create(api, Kind::PriorityClass, tree);
    }
    create(
        api,
        Kind::StorageClass,
        json!({
            "metadata": {"name": "local-path", "annotations": {"storageclass.kubernetes.io/is-default-class": "true",
                "kubectl.kubernetes.io/last-applied-configuration": CLASS_AS_APPLIED}},
            "provisioner": "rancher.io/local-path", "reclaimPolicy": "Delete",
            "volumeBindingMode": "WaitForFirstConsumer",
        }),
    );
    create(
        api,
        Kind::Service,
        json!({
            "metadata": {"name": "kubernetes", "namespace": "default",
                "labels": {"component": "apiserver", "provider": "kubernetes"}},
            "spec": {"clusterIP": "10.200.0.1", "type": "ClusterIP", "sessionAffinity": "None",
                "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
                "ports": [{"name": "https", "port": 443, "protocol": "TCP", "targetPort": 6443}]},
        }),
    );
    let api_address = options.nodes.first().map_or("192.168.1.100", |n| &n.internal_ip);
    create(
        api,
        Kind::EndpointSlice,
        json!({
            "metadata": {"name": "kubernetes", "namespace": "default",
                "labels": {"kubernetes.io/service-name": "kubernetes"}},
            "addressType": "IPv4",
            "endpoints": [{"addresses": [api_address], "conditions": {"ready": true}}],
            "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}],
        }),
    );
    create(
        api,
        Kind::Endpoints,
        json!({
            "metadata": {"name": "kubernetes", "namespace": "default",
                "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
            "subsets": [{"addresses": [{"ip": api_address}], "ports": [{"name": "https", "port": 6443, "protocol": "TCP"}]}],
        }),
    );
    if !options.dns_service {
        return;
    }
    create(
        api,
        Kind::Service,
        json!({
            "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns",
                "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"}},
            "spec": {"clusterIP": "10.200.1.10", "type": "ClusterIP", "sessionAffinity": "None",
                "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
                "ports": [{"name": "dns", "port": 53, "protocol": "UDP", "targetPort": 53},
                    {"name": "dns-tcp", "port": 53, "protocol": "TCP", "targetPort": 53},
                    {"name": "metrics", "port": 9153, "protocol": "TCP", "targetPort": 9153}]},
        }),
    );
}

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
