//! What acts on objects: the controllers, and the table that says who watches what and who does what.
//!
//! A reconcile is a function of (store, key, now): it reads the store, makes requests of the API server, leaves a verdict,
//! and says when it wants to look again. It keeps nothing to itself and calls no other component.

pub mod deployment;
pub mod disruption;
pub mod endpoint_slice;
pub mod garbage_collector;
pub mod namespace;
pub mod node_lifecycle;
pub mod persistent_volume;
pub mod pod_gc;
pub mod protection;
mod ref_manager;
pub mod replica_set;
pub mod resource_quota;
pub mod stateful_set;
pub mod taint_eviction;
mod template_hash;
#[cfg(test)]
mod testing;

use crate::api::verdict::Component;
use crate::api::{Key, Kind, Object, SimTime, Span};
use crate::apiserver::{ApiServer, Cause, Store};
use crate::sim::Timings;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a reconcile has to work with.
pub struct Context<'a> {
    /// The API server.
    pub api: &'a mut ApiServer,
    /// How long things take.
    pub timings: &'a Timings,
    /// What the nodes keep to themselves; only the kubelet touches it.
    pub nodes: &'a mut crate::kubelet::Nodes,
    /// What the controllers remember between two looks.
    pub caches: &'a mut Caches,
}

/// What controllers remember of what they have read, so that they need not read all of it each time: derived from the
/// history, as informers' caches are, and no state of its own.
#[derive(Clone, Default, Debug)]
pub struct Caches {
    /// Of each StatefulSet's pods.
    sets: BTreeMap<Key, stateful_set::Members>,
    /// Of each Service's endpoints.
    services: BTreeMap<Key, endpoint_slice::Listed>,
    /// Of what CoreDNS is to be told.
    pub(crate) untold: crate::dns::server::Untold,
}

impl Context<'_> {
    /// The present.
    pub fn now(&self) -> SimTime {
        self.api.now
    }

    /// The world as it is now.
    pub fn store(&self) -> &Store {
        self.api.store()
    }
}

/// How a reconcile ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// When it wants to look again, whatever happens.
    pub again_at: Option<SimTime>,
    /// Whether a request failed, so that it has to be tried again with a growing delay.
    pub failed: bool,
}

impl Outcome {
    /// Nothing more to do until something changes.
    pub const DONE: Outcome = Outcome { again_at: None, failed: false };
    /// To be tried again.
    pub const FAILED: Outcome = Outcome { again_at: None, failed: true };

    /// To be looked at again at this time.
    pub const fn at(at: SimTime) -> Outcome {
        Outcome { again_at: Some(at), failed: false }
    }
}

/// A change of an object, as a watch shows it.
pub struct Watched<'a> {
    /// The object.
    pub key: &'a Key,
    /// As it was; absent if it is new.
    pub before: Option<&'a Object>,
    /// As it is; absent if it is gone.
    pub after: Option<&'a Object>,
    /// Who made it.
    pub cause: Cause,
}

impl<'a> Watched<'a> {
    /// The object as it is, or as it was last.
    pub fn object(&self) -> &'a Object {
        self.after.or(self.before).expect("a change has a before or an after")
    }

    /// The object's state before and after, whichever there are.
    pub fn both(&self) -> impl Iterator<Item = &'a Object> {
        self.before.into_iter().chain(self.after)
    }
}

/// Lets the component look at the object.
pub fn sync(component: Component, context: &mut Context, key: &Key) -> Outcome {
    match component {
        Component::StatefulSetController => stateful_set::sync(context, key),
        Component::DeploymentController => deployment::sync(context, key),
        Component::ReplicaSetController => replica_set::sync(context, key),
        Component::EndpointSliceController => endpoint_slice::sync(context, key),
        Component::NodeLifecycleController => node_lifecycle::sync(context, key),
        Component::TaintEvictionController => taint_eviction::sync(context, key),
        Component::PodGarbageCollector => pod_gc::sync(context, key),
        Component::DisruptionController => disruption::sync(context, key),
        Component::NamespaceController => namespace::sync(context, key),
        Component::ResourceQuotaController => resource_quota::sync(context, key),
        Component::GarbageCollector => garbage_collector::sync(context, key),
        Component::PersistentVolumeController => persistent_volume::sync(context, key),
        Component::PvcProtectionController | Component::PvProtectionController => {
            protection::sync(context, key)
        }
        Component::Scheduler => crate::scheduler::sync(context, key),
        Component::Provisioner => crate::provisioner::sync(context, key),
        Component::Kubelet => crate::kubelet::sync(context, key),
        Component::Dns => crate::dns::server::sync(context, key),
        _ => Outcome::DONE,
    }
}

/// Says which component has to look at which object because of this change.
pub fn interested(store: &Store, change: &Watched, add: &mut dyn FnMut(Component, Key)) {
    // Nobody acts on what is said, and it is said often.
    if change.key.kind == Kind::Event && change.after.is_some() {
        return;
    }
    stateful_set::interested(store, change, add);
    // A ReplicaSet is at work on what it was told before its Deployment has seen that it was told.
    replica_set::interested(store, change, add);
    deployment::interested(store, change, add);
    endpoint_slice::interested(store, change, add);
    garbage_collector::interested(store, change, add);
    node_lifecycle::interested(store, change, add);
    taint_eviction::interested(store, change, add);
    pod_gc::interested(store, change, add);
    disruption::interested(store, change, add);
    namespace::interested(store, change, add);
    resource_quota::interested(store, change, add);
    persistent_volume::interested(store, change, add);
    protection::interested(store, change, add);
    crate::scheduler::interested(store, change, add);
    crate::provisioner::interested(store, change, add);
    crate::kubelet::interested(store, change, add);
    crate::dns::server::interested(change, add);
}

/// How long after a change the component looks.
pub fn latency(component: Component, timings: &Timings) -> Span {
    match component {
        Component::Terminal => Span(0),
        Component::EndpointSliceController => timings.endpoint_slices,
        Component::Dns => timings.dns,
        // It puts what it sees into its graph first, and acts on the graph.
        Component::GarbageCollector => Span(timings.watch.0 * 3),
        _ => timings.watch,
    }
}

/// Adds the owner of a kind, if the object is managed by one.
pub fn add_controller_of(
    change: &Watched,
    kind: Kind,
    component: Component,
    add: &mut dyn FnMut(Component, Key),
) {
    // Mostly it is the same before and after.
    let same = |old: &&Object| {
        let is_same = |new: &Object| Rc::ptr_eq(&old.meta.owner_references, &new.meta.owner_references);
        change.after.is_some_and(is_same)
    };
    let before = change.before.filter(|old| !same(old));
    for object in before.into_iter().chain(change.after) {
        if let Some(owner) = object.meta.controller().filter(|o| *o.kind == *kind.name()) {
            let namespace = object.meta.namespace.clone();
            add(component, Key { kind, namespace, name: owner.name.clone() });
        }
    }
}
