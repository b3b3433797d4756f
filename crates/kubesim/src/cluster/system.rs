//! The cluster's own objects in kube-system: made when somebody looks there first, as they would have become by then.
//!
//! They are found out by a second, small cluster that is set up with them when this one was: its controllers and kubelets make
//! the pods. Nothing of them is needed before, and no story that does not look there has a write more for them.

use super::Cluster;
use super::bootstrap::BORN;
use crate::api::resolver::Caching;
use crate::api::volume::{ContainerFiles, ContainerOutput};
use crate::api::{Body, Key, Kind, Object, ObjectMeta, Resolver, SimTime, Span};
use crate::apiserver::handlers::{self, Mode};
use crate::apiserver::{ApiServer, Cause, Store};
use crate::base::hash::mix64;
use crate::config::{NodeOptions, Options, Timings};
use crate::dns::corefile;
use crate::kubelet::{self, Nodes};
use serde_json::json;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Where they live.
pub const NAMESPACE: &str = "kube-system";

const MANIFEST: &str = include_str!("system.yaml");

/// The kinds that are taken over.
const KINDS: [Kind; 9] = [
    Kind::ConfigMap,
    Kind::ServiceAccount,
    Kind::Service,
    Kind::EndpointSlice,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::DaemonSet,
    Kind::ControllerRevision,
    Kind::Pod,
];

/// Makes them, unless they were made before, or this cluster's DNS is none of its own objects.
#[inline(never)]
pub fn ensure(api: &mut ApiServer, nodes: &mut Nodes, timings: &Timings) {
    let store = api.store();
    let service = Key::new(Kind::Service, NAMESPACE, "kube-dns");
    let is_made = Resolver::of(store).is_some_and(|resolver| resolver.corefile.is_some());
    // A real cluster that was opened has its own.
    let has_own = store.list_in(Kind::Pod, NAMESPACE).next().is_some();
    let (false, Some(service)) = (is_made || has_own, store.get(&service).cloned()) else { return };
    let caching = Resolver::of(store).map_or(Caching::Kubeadm, |resolver| resolver.caching);
    let corefile = corefile::text(caching == Caching::Cache30);
    let found = grown(options(store, nodes, api.seed), &corefile);
    let cause = std::mem::replace(&mut api.cause, Cause::Bootstrap);
    let version = api.resource_version();
    let mut world = Store::default();
    for node in api.store().list(Kind::Node) {
        world.put(&node.key(), Some(node.clone()));
    }
    for kind in KINDS {
        for object in found.list_in(kind, NAMESPACE) {
            let key = object.key();
            let is_service = key == service.key();
            if !is_service && api.store().get(&key).is_some() {
                continue;
            }
            let mut object = (**object).clone();
            object.meta.resource_version = object.meta.resource_version.min(version);
            if is_service {
                object.meta = service.meta.clone();
            }
            let owners = object.meta.owner_references.iter().cloned().map(|mut owner| {
                if *owner.kind == *Kind::Service.name() {
                    owner.uid = service.meta.uid;
                }
                owner
            });
            object.meta.owner_references = owners.collect();
            let object = Rc::new(object);
            if kind == Kind::Pod {
                world.put(&key, Some(object.clone()));
                api.put_internal(files_key(&object), Some(log_of(&object)));
            }
            api.put_seen(key, Some(object));
        }
    }
    api.cause = cause;
    let now = api.now;
    let held = ApiServer::holding(world, now);
    let mut adopting = kubelet::Adopting::new(nodes, &held, &[]);
    while adopting.step(nodes, &held, timings) {}
    Resolver::update(api, |resolver| resolver.corefile = corefile::parse(&corefile).ok().map(Rc::new));
}

/// A cluster of these nodes, as far as their names, addresses and taints go.
fn options(store: &Store, nodes: &Nodes, seed: u64) -> Options {
    let of_node = |node: &Rc<Object>| {
        let net = nodes.pod_net(&node.meta.name).unwrap_or("10.244.0");
        NodeOptions {
            internal_ip: node.node().internal_ip.clone(),
            control_plane: node.meta.label("node-role.kubernetes.io/control-plane").is_some(),
            first_address: 2,
            ..NodeOptions::worker(&node.meta.name, net, 0)
        }
    };
    let nodes = store.list(Kind::Node).map(of_node).collect();
    Options { nodes, seed: mix64(seed, 0x5359_5354_454d), ..Options::default() }
}

/// The world of such a cluster at zero. CoreDNS came with the first node, before there were others.
fn grown(options: Options, corefile: &str) -> Store {
    let first = options.nodes.iter().find(|node| node.control_plane).or(options.nodes.first());
    let first = first.map(|node| node.name.clone()).unwrap_or_default();
    let mut cluster = Cluster::just_born(options);
    let others: Vec<Key> = cluster.api.store().list(Kind::Node).map(|node| node.key()).collect();
    for node in others.into_iter().filter(|key| key.name != first) {
        let cordoned = cluster.api.update(&node, |node| node.node_mut().unschedulable = true);
        cordoned.expect("the node was there");
    }
    cluster.run_until(BORN + Span::seconds(20));
    let selector = Key::new(Kind::Service, NAMESPACE, "kube-dns");
    let selected = cluster.api.update(&selector, |service| {
        let mut tree = service.to_value();
        tree["spec"]["selector"] = json!({"k8s-app": "kube-dns"});
        service.body = Object::from_value(Kind::Service, &tree).body;
    });
    selected.expect("the Service was there");
    let config =
        json!({"metadata": {"name": "coredns", "namespace": NAMESPACE}, "data": {"Corefile": corefile}});
    let documents = yaml::read(MANIFEST).documents;
    let trees = documents.iter().filter_map(|document| {
        let tree = document.value();
        let text = |field: &str| tree[field].as_str().unwrap_or_default();
        Some((Kind::of_manifest(text("apiVersion"), text("kind"))?, tree.clone()))
    });
    for (kind, tree) in [(Kind::ConfigMap, config)].into_iter().chain(trees) {
        let made =
            handlers::create(&mut cluster.api, kind, &tree, Mode { manager: "kubeadm", ..Mode::PLAIN });
        made.expect("the cluster's own objects are valid");
    }
    cluster.dispatch();
    cluster.run_until(SimTime(0));
    cluster.api.store().clone()
}

fn files_key(pod: &Object) -> Key {
    Key::cluster(Kind::ContainerFiles, &pod.meta.uid.text())
}

/// What a pod of them has written so far.
fn log_of(pod: &Object) -> Object {
    let at = pod.pod().status.start_time.unwrap_or(pod.meta.creation_timestamp);
    let mut containers = BTreeMap::new();
    for container in pod.pod().spec.containers.iter() {
        let lines: &[&str] = if *container.name == *corefile::CONTAINER { &corefile::STARTED } else { &[] };
        let log = lines.iter().map(|line| (at + Span::seconds(2), (*line).into())).collect();
        let output = ContainerOutput { log: Rc::new(log), ..ContainerOutput::default() };
        containers.insert(container.name.clone(), Rc::new(output));
    }
    let files = ContainerFiles { containers: Rc::new(containers), ..ContainerFiles::default() };
    Object::new(
        Kind::ContainerFiles,
        ObjectMeta::named("", &pod.meta.uid.text()),
        Body::ContainerFiles(files),
    )
}
