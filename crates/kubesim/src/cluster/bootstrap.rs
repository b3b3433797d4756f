//! What a cluster has before anybody applies anything: nodes, namespaces, the class local-path, the Service `kubernetes`.

use crate::api::{Kind, Object, SimTime};
use crate::apiserver::ApiServer;
use crate::config::Options;
use crate::kubelet::registration::node_tree;
use serde_json::{Value, json};

/// When the cluster came to be: thirteen minutes before the story begins.
pub const BORN: SimTime = SimTime(-13 * 60 * 1000);

/// The class was made with `kubectl apply`.
const CLASS_AS_APPLIED: &str = "{\"apiVersion\":\"storage.k8s.io/v1\",\"kind\":\"StorageClass\",\"metadata\":{\
    \"annotations\":{\"storageclass.kubernetes.io/is-default-class\":\"true\"},\"name\":\"local-path\"},\
    \"provisioner\":\"rancher.io/local-path\",\"reclaimPolicy\":\"Delete\",\
    \"volumeBindingMode\":\"WaitForFirstConsumer\"}\n";

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
