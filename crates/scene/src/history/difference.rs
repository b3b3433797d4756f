//! Where two worlds differ: objects that only one of them has, and objects that are at another point.

use super::pod_state::claims_are_older;
use kubesim::api::Body;
use kubesim::api::stateful_set::REVISION_LABEL;
use kubesim::kubectl::printers::{pod_status, pod_summary};
use kubesim::{Key, Kind, Object, SYSTEM_NAMESPACE, Store};
use messages::Messages;
use std::rc::Rc;

/// An object that is not the same in two worlds.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// The object.
    pub key: Key,
    /// Its gist in the one world; absent if it is not there.
    pub here: Option<String>,
    /// Its gist in the other world.
    pub there: Option<String>,
}

/// The kinds that are compared, in this order.
const COMPARED: [Kind; 7] = [
    Kind::StatefulSet,
    Kind::Deployment,
    Kind::Pod,
    Kind::PersistentVolumeClaim,
    Kind::Service,
    Kind::StorageClass,
    Kind::Node,
];

/// The differences between two worlds that one sees: uids and times are not compared.
pub fn differences(messages: &Messages, here: &Store, there: &Store) -> Vec<Difference> {
    let mut all = Vec::new();
    for kind in COMPARED {
        let mut keys: Vec<Key> = here.list(kind).map(|o| o.key()).collect();
        keys.extend(there.list(kind).map(|o| o.key()).filter(|key| here.get(key).is_none()));
        collections::sort(&mut keys);
        keys.retain(|key| &*key.namespace != SYSTEM_NAMESPACE);
        for key in keys {
            let (one, other) = (here.get(&key), there.get(&key));
            if let (Some(one), Some(other)) = (one, other)
                && Rc::ptr_eq(one, other)
            {
                continue;
            }
            let (here, there) =
                (one.map(|o| gist(messages, here, o)), other.map(|o| gist(messages, there, o)));
            if here != there {
                all.push(Difference { key, here, there });
            }
        }
    }
    all
}

/// The gist of an object: what kubectl's columns say of it, without uids and times.
fn gist(messages: &Messages, store: &Store, object: &Object) -> String {
    match object.kind {
        Kind::Pod => {
            let pod = object.pod();
            let ready = pod_summary(pod, &object.meta).ready_column();
            let node = pod.spec.node_name.as_deref().unwrap_or("–");
            let status = pod_status(pod, &object.meta);
            // A Deployment's pods have their revision in their names.
            let revision = object.meta.label(REVISION_LABEL);
            let claims = claims_are_older(store, object);
            let claims = claims.map(|older| if older { messages.old_claim() } else { messages.new_claim() });
            let status = [&*status, " ", &*ready].concat();
            let parts = [Some(&*status), Some(node), revision, claims];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
        }
        Kind::StatefulSet => {
            let set = object.stateful_set();
            messages.ready_count(set.status.ready_replicas, set.spec.replicas)
        }
        Kind::Deployment => match &object.body {
            Body::Deployment(it) => messages.ready_count(it.status.ready_replicas, it.spec.replicas),
            _ => String::new(),
        },
        Kind::PersistentVolumeClaim if object.meta.is_terminating() => "Terminating".into(),
        Kind::PersistentVolumeClaim => object.claim().phase.name().into(),
        Kind::Node => {
            let node = object.node();
            let taints: Vec<&str> = node.taints.iter().map(|t| &*t.key).collect();
            let taints = taints.join(" ");
            if node.unschedulable { [messages.cordoned(), " ", &*taints].concat() } else { taints }
        }
        _ => String::new(),
    }
}
