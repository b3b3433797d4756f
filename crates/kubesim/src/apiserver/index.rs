//! What is asked of the store again and again, kept up to date with every write: as the indexers of client-go's informers
//! (`k8s.io/client-go/tools/cache/index.go`) and the scheduler's node snapshot (`pkg/scheduler/framework: NodeInfo`).
//!
//! Everything here is derived from the objects and verdicts: it is no state of its own.

use crate::api::read::{get, list, opt_int};
use crate::api::verdict::{Component, Reason, Verdict};
use crate::api::{Body, Key, Object, Pod, Str, Uid};
use crate::base::shared_map::{SharedMap, Sought};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What objects are looked for by.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum IndexKey {
    /// Objects with this owner.
    Owner(Uid),
    /// Pods with this claim: namespace and name.
    Claim(Str, Str),
    /// Volumes of this claim; of none, if the names are empty.
    VolumeOf(Str, Str),
    /// Claims that name this volume.
    Names(Str),
    /// Pods on this node, or about to be.
    Node(Str),
    /// Pods with a required anti-affinity.
    Repels,
    /// Pods for which no node was found.
    Unschedulable,
}

/// What the pods on a node use of it, those that have ended not counted.
#[derive(Clone, Default, Debug)]
pub struct NodeLoad {
    /// How many they are.
    pub pods: usize,
    /// CPU they request, in thousandths.
    pub cpu_millis: i64,
    /// Memory they request, in bytes.
    pub memory_bytes: i64,
    /// How many of them have ports of the node itself.
    pub with_host_ports: usize,
    /// How many each controller has there.
    by_controller: BTreeMap<Uid, usize>,
}

impl NodeLoad {
    /// How many pods of this controller are there.
    pub fn pods_of(&self, controller: Uid) -> usize {
        self.by_controller.get(&controller).copied().unwrap_or(0)
    }

    /// Takes note of a pod that comes or goes.
    pub fn count(&mut self, object: &Object, comes: bool) {
        let (pod, sign) = (object.pod(), if comes { 1 } else { -1 });
        let step = |n: &mut usize| *n = n.saturating_add_signed(sign);
        step(&mut self.pods);
        self.cpu_millis += sign as i64 * pod.spec.cpu_request_millis();
        self.memory_bytes += sign as i64 * pod.spec.memory_request_bytes();
        if has_host_ports(pod) {
            step(&mut self.with_host_ports);
        }
        if let Some(owner) = object.meta.controller() {
            let of_owner = self.by_controller.entry(owner.uid).or_default();
            step(of_owner);
            if *of_owner == 0 {
                self.by_controller.remove(&owner.uid);
            }
        }
    }
}

/// The indices.
#[derive(Clone, Default, Debug)]
pub(super) struct Index {
    keys: SharedMap<IndexKey, SharedMap<Key, ()>>,
    loads: SharedMap<Str, NodeLoad>,
}

impl Sought for IndexKey {
    fn rank(&self) -> u64 {
        let (variant, first) = match self {
            IndexKey::Owner(uid) => (0, uid.high),
            IndexKey::Claim(namespace, _) => (1, namespace.rank()),
            IndexKey::VolumeOf(namespace, _) => (2, namespace.rank()),
            IndexKey::Names(volume) => (3, volume.rank()),
            IndexKey::Node(node) => (4, node.rank()),
            IndexKey::Repels => (5, 0),
            IndexKey::Unschedulable => (6, 0),
        };
        variant << 61 | first >> 3
    }
}

impl Index {
    pub fn keys<'a>(&'a self, key: &IndexKey) -> impl Iterator<Item = &'a Key> + use<'a> {
        self.keys.get(key).into_iter().flat_map(SharedMap::iter).map(|(key, ())| key)
    }

    /// What the pods on each node use of it, by its name; nodes without pods are left out.
    pub fn loads(&self) -> impl Iterator<Item = (&Str, &NodeLoad)> {
        self.loads.iter()
    }

    /// Takes note of a write.
    pub fn object_changed(&mut self, key: &Key, before: Option<&Object>, after: Option<&Object>) {
        if let (Some(before), Some(after)) = (before, after)
            && is_indexed_alike(before, after)
        {
            return;
        }
        let (old, new) = (index_keys(before), index_keys(after));
        for gone in old.iter().filter(|k| !new.contains(k)) {
            self.remove(gone, key);
        }
        for added in new.into_iter().filter(|k| !old.contains(k)) {
            self.insert(added, key);
        }
        for (object, comes) in [(before, false), (after, true)] {
            if let Some((object, node)) = object.and_then(|o| Some((o, burdened_node(o)?))) {
                let load = self.loads.entry(&**node, || (node.clone(), NodeLoad::default()));
                load.count(object, comes);
                if load.pods == 0 {
                    self.loads.remove(&**node);
                }
            }
        }
    }

    /// Takes note of a verdict.
    pub fn verdict_changed(&mut self, component: Component, key: &Key, verdict: Option<&Verdict>) {
        if component != Component::Scheduler {
            return;
        }
        if verdict.is_some_and(|v| matches!(v.reason, Reason::Unschedulable { .. })) {
            self.insert(IndexKey::Unschedulable, key);
        } else {
            self.remove(&IndexKey::Unschedulable, key);
        }
    }

    fn insert(&mut self, into: IndexKey, key: &Key) {
        let keys = self.keys.entry(&into, || (into.clone(), SharedMap::default()));
        keys.entry(key, || (key.clone(), ()));
    }

    fn remove(&mut self, from: &IndexKey, key: &Key) {
        if self.keys.get(from).is_none_or(|keys| keys.get(key).is_none()) {
            return;
        }
        let Some(keys) = self.keys.get_mut(from) else { return };
        keys.remove(key);
        if keys.is_empty() {
            self.keys.remove(from);
        }
    }
}

/// Whether two versions of an object are found by the same, as can be said at a glance.
fn is_indexed_alike(before: &Object, after: &Object) -> bool {
    Rc::ptr_eq(&before.meta.owner_references, &after.meta.owner_references)
        && match (&before.body, &after.body) {
            (Body::Pod(old), Body::Pod(new)) => {
                Rc::ptr_eq(&old.spec, &new.spec)
                    && old.status.nominated_node_name == new.status.nominated_node_name
                    && old.is_terminal() == new.is_terminal()
            }
            (Body::PersistentVolume(old), Body::PersistentVolume(new)) => old.claim_ref == new.claim_ref,
            (Body::PersistentVolumeClaim(old), Body::PersistentVolumeClaim(new)) => {
                old.spec.volume_name == new.spec.volume_name
            }
            _ => true,
        }
}

/// What an object is found by.
fn index_keys(object: Option<&Object>) -> Vec<IndexKey> {
    let Some(object) = object else { return Vec::new() };
    let mut keys: Vec<IndexKey> =
        object.meta.owner_references.iter().map(|owner| IndexKey::Owner(owner.uid)).collect();
    match &object.body {
        Body::Pod(pod) => {
            let namespace = &object.meta.namespace;
            keys.extend(pod.spec.claims().map(|claim| IndexKey::Claim(namespace.clone(), claim.clone())));
            keys.extend(node_of(pod).map(|node| IndexKey::Node(node.clone())));
            let repels = get(get(&pod.spec.raw, "affinity"), "podAntiAffinity");
            if !list(repels, "requiredDuringSchedulingIgnoredDuringExecution").is_empty() {
                keys.push(IndexKey::Repels);
            }
        }
        Body::PersistentVolumeClaim(claim) => {
            keys.extend(claim.spec.volume_name.clone().map(IndexKey::Names))
        }
        Body::PersistentVolume(volume) => keys.push(match &volume.claim_ref {
            Some(claim) => IndexKey::VolumeOf(claim.namespace.clone(), claim.name.clone()),
            None => IndexKey::VolumeOf(Str::default(), Str::default()),
        }),
        _ => {}
    }
    keys
}

/// The node that a pod was given to or is about to be.
fn node_of(pod: &Pod) -> Option<&Str> {
    pod.spec.node_name.as_ref().or(pod.status.nominated_node_name.as_ref())
}

/// The node that has a pod's load to bear.
fn burdened_node(object: &Object) -> Option<&Str> {
    let Body::Pod(pod) = &object.body else { return None };
    if pod.is_terminal() { None } else { node_of(pod) }
}

fn has_host_ports(pod: &Pod) -> bool {
    let mut ports = pod.spec.containers.iter().flat_map(|c| list(&c.raw, "ports"));
    ports.any(|port| opt_int(port, "hostPort").is_some_and(|n| n > 0))
}
