//! What a cluster has before anybody applies anything: nodes, namespaces, the class local-path, the Service `kubernetes`.

use crate::api::volume::DEFAULT_CLASS;
use crate::api::{Fault, Kind, Object, SimTime};
use crate::apiserver::ApiServer;
use crate::base::tree::{Tree, tree};
use crate::config::{ClassOptions, LOCAL_PATH, Options};
use crate::fault;
use crate::kubelet::registration::node_tree;
use serde_json::Value;

/// When the cluster came to be: thirteen minutes before the story begins.
pub const BORN: SimTime = SimTime(-13 * 60 * 1000);

/// The class was made with `kubectl apply`.
const CLASS_AS_APPLIED: &str = "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"StorageClass\",\"metadata\":{\
    \"annotations\":{\"storageclass.kubernetes.io/is-default-class\":\"true\"},\"name\":\"local-path\"},\
    \"provisioner\":\"rancher.io/local-path\",\"reclaimPolicy\":\"Delete\",\
    \"volumeBindingMode\":\"WaitForFirstConsumer\"}\n";

/// Given its name.
const NAMESPACE: Tree = tree!({
    "metadata": {"name": (Given 0), "labels": {"kubernetes.io/metadata.name": (Given 0)}},
    "spec": {"finalizers": ["kubernetes"]},
    "status": {"phase": "Active"},
});

/// Given its namespace.
const SERVICE_ACCOUNT: Tree = tree!({"metadata": {"name": "default", "namespace": (Given 0)}});

/// Given its namespace.
const ROOT_CERTIFICATE: Tree = tree!({
    "metadata": {"name": "kube-root-ca.crt", "namespace": (Given 0)},
    "data": {"ca.crt": ""},
});

const PRIORITY_CLASSES: [Tree; 2] = [
    tree!({
        "metadata": {"name": "system-cluster-critical"}, "value": (Number 2_000_000_000),
        "preemptionPolicy": "PreemptLowerPriority",
        "description": "Used for system critical pods that must run in the cluster, but can be moved to another node if necessary.",
    }),
    tree!({
        "metadata": {"name": "system-node-critical"}, "value": (Number 2_000_001_000),
        "preemptionPolicy": "PreemptLowerPriority",
        "description": "Used for system critical pods that must not be moved from their current node.",
    }),
];

const STORAGE_CLASS: Tree = tree!({
    "metadata": {"name": "local-path", "annotations": {
        "storageclass.kubernetes.io/is-default-class": "true",
        "kubectl.kubernetes.io/last-applied-configuration": CLASS_AS_APPLIED,
    }},
    "provisioner": "rancher.io/local-path", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
});

/// Given its name, its provisioner and its mode.
const CLASS: Tree = tree!({
    "metadata": {"name": (Given 0)},
    "provisioner": (Given 1), "reclaimPolicy": "Delete", "volumeBindingMode": (Given 2),
});

const SERVICE: Tree = tree!({
    "metadata": {"name": "kubernetes", "namespace": "default",
        "labels": {"component": "apiserver", "provider": "kubernetes"}},
    "spec": {"clusterIP": "10.200.0.1", "type": "ClusterIP", "sessionAffinity": "None",
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
        "ports": [{"name": "https", "port": (Number 443), "protocol": "TCP", "targetPort": (Number 6443)}]},
});

/// Given the API server's address.
const ENDPOINT_SLICE: Tree = tree!({
    "metadata": {"name": "kubernetes", "namespace": "default",
        "labels": {"kubernetes.io/service-name": "kubernetes"}},
    "addressType": "IPv4",
    "endpoints": [{"addresses": [(Given 0)], "conditions": {"ready": true}}],
    "ports": [{"name": "https", "port": (Number 6443), "protocol": "TCP"}],
});

/// Given the API server's address.
const ENDPOINTS: Tree = tree!({
    "metadata": {"name": "kubernetes", "namespace": "default",
        "labels": {"endpointslice.kubernetes.io/skip-mirror": "true"}},
    "subsets": [{"addresses": [{"ip": (Given 0)}],
        "ports": [{"name": "https", "port": (Number 6443), "protocol": "TCP"}]}],
});

const DNS_SERVICE: Tree = tree!({
    "metadata": {"name": "kube-dns", "namespace": "kube-system", "labels": {"k8s-app": "kube-dns",
        "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS"}},
    "spec": {"clusterIP": "10.200.1.10", "type": "ClusterIP", "sessionAffinity": "None",
        "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
        "ports": [{"name": "dns", "port": (Number 53), "protocol": "UDP", "targetPort": (Number 53)},
            {"name": "dns-tcp", "port": (Number 53), "protocol": "TCP", "targetPort": (Number 53)},
            {"name": "metrics", "port": (Number 9153), "protocol": "TCP", "targetPort": (Number 9153)}]},
});

/// Makes all this.
pub fn populate(api: &mut ApiServer, options: &Options) {
    let born = api.now;
    for name in ["default", "kube-node-lease", "kube-public", "kube-system"] {
        create(api, Kind::Namespace, &NAMESPACE, &[name]);
        create(api, Kind::ServiceAccount, &SERVICE_ACCOUNT, &[name]);
    }
    for name in ["default", "kube-system"] {
        create(api, Kind::ConfigMap, &ROOT_CERTIFICATE, &[name]);
    }
    for node in &options.nodes {
        create_from(api, Kind::Node, &node_tree(node, born));
    }
    for class in &PRIORITY_CLASSES {
        create(api, Kind::PriorityClass, class, &[]);
    }
    for class in &options.classes {
        if *class == ClassOptions::local_path() {
            create(api, Kind::StorageClass, &STORAGE_CLASS, &[]);
        } else {
            create_from(api, Kind::StorageClass, &class_tree(class));
        }
        if &*class.provisioner != LOCAL_PATH {
            fault::set(api, Fault::ProvisionerRuns(class.provisioner.clone()), true);
        }
    }
    for image in &options.gone_images {
        fault::set(api, Fault::image_gone(image), true);
    }
    create(api, Kind::Service, &SERVICE, &[]);
    let api_address = options.nodes.first().map_or("192.168.1.100", |n| &n.internal_ip);
    create(api, Kind::EndpointSlice, &ENDPOINT_SLICE, &[api_address]);
    create(api, Kind::Endpoints, &ENDPOINTS, &[api_address]);
    if options.dns_service {
        create(api, Kind::Service, &DNS_SERVICE, &[]);
    }
}

fn class_tree(class: &ClassOptions) -> Value {
    let mode = if class.is_immediate { "Immediate" } else { "WaitForFirstConsumer" };
    let mut tree = CLASS.value(&[&class.name, &class.provisioner, mode]);
    if class.is_default {
        tree["metadata"]["annotations"] = Value::Object(Default::default());
        tree["metadata"]["annotations"][DEFAULT_CLASS] = Value::from("true");
    }
    tree
}

fn create(api: &mut ApiServer, kind: Kind, tree: &Tree, given: &[&str]) {
    create_from(api, kind, &tree.value(given));
}

// One function for all: it would be inlined into each of its callers.
#[inline(never)]
fn create_from(api: &mut ApiServer, kind: Kind, tree: &Value) {
    api.create(Object::from_value(kind, tree)).expect("the cluster's first objects are new");
}
