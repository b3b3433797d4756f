//! The view by node: which pods and volumes sit where, and how each node is.

use super::builder::part;
use super::view::{NodePod, NodeState, NodeView, NodeVolume, NodesView, Playhead};
use crate::explain::scheduling::cpus;
use crate::history::pod_state::{PodName, PodState};
use kubesim::api::stateful_set::ordinal_of;
use kubesim::kubectl::printers::{node_status, pod_status};
use kubesim::{Component, Key, Kind, Object, Reason, Store, Str};
use messages::{Messages, fill};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The most pods of one node that are shown one by one.
const MOST_PODS: usize = 12;
/// The most volumes without a pod on their node that are shown one by one.
const MOST_VOLUMES: usize = 6;

/// The view by node. `set` is the set that is looked at: its pods have their ordinals.
pub fn nodes(messages: &'static Messages, store: &Store, set: Option<&Key>, now: Playhead) -> NodesView {
    let mut volumes: BTreeMap<&str, Vec<&Rc<Object>>> = BTreeMap::new();
    for volume in store.list(Kind::PersistentVolume) {
        if let Some(node) = &volume.volume().node {
            volumes.entry(node).or_default().push(volume);
        }
    }
    let builder = NodesBuilder { messages, store, set: set.and_then(|set| store.get(set)), now };
    let (control_planes, workers): (Vec<_>, Vec<_>) =
        store.list(Kind::Node).partition(|node| is_control_plane(node));
    let mut number = 0;
    let mut view = |node: &Rc<Object>| {
        let own = volumes.remove(&*node.meta.name).unwrap_or_default();
        number += usize::from(!is_control_plane(node));
        builder.node(node, number.saturating_sub(1), &own)
    };
    let nodes: Vec<NodeView> = workers.into_iter().chain(control_planes).map(&mut view).collect();
    let unplaced = store.list(Kind::Pod).filter(|pod| pod.pod().spec.node_name.is_none());
    let (unplaced, _, more_unplaced) = builder.pods(unplaced.collect());
    let lost = volumes.into_values().flatten().collect::<Vec<_>>();
    let (lost, more_lost) = builder.volumes(&lost);
    NodesView { nodes, unplaced, more_unplaced, lost, more_lost }
}

/// Whether the node is kept for the control plane.
pub(super) fn is_control_plane(node: &Object) -> bool {
    node.node().taints.iter().any(|taint| taint.key.ends_with("control-plane"))
}

struct NodesBuilder<'a> {
    messages: &'static Messages,
    store: &'a Store,
    set: Option<&'a Rc<Object>>,
    now: Playhead,
}

impl NodesBuilder<'_> {
    fn node(&self, object: &Rc<Object>, number: usize, volumes: &[&Rc<Object>]) -> NodeView {
        let (node, name) = (object.node(), &object.meta.name);
        let key = object.key();
        let verdict = self.store.verdict(Component::NodeLifecycleController, &key);
        let state = match verdict.map(|verdict| &verdict.reason) {
            Some(Reason::HeartbeatsMissing) => NodeState::Silent,
            Some(Reason::NodeUnreachable) => NodeState::Unreachable,
            _ if !node.is_ready() => NodeState::Unreachable,
            _ if node.unschedulable => NodeState::Cordoned,
            _ => NodeState::Well,
        };
        let here: Vec<&Rc<Object>> = self.store.pods_on(name).collect();
        let (count, requested) =
            (here.len().to_string(), here.iter().map(|pod| pod.pod().spec.cpu_request_millis()).sum());
        let values = [
            ("pods", &*count),
            ("most", &*node.pods.to_string()),
            ("cpus", &*cpus(requested)),
            ("all", &*cpus(node.cpu_millis)),
        ];
        let load = fill(self.messages.node_load(), &values);
        let is_used = |volume: &&&Rc<Object>| {
            let claim = volume.volume().claim_ref.as_ref();
            let claim =
                claim.map(|claim| Key::new(Kind::PersistentVolumeClaim, &claim.namespace, &claim.name));
            claim.is_some_and(|claim| {
                self.store.pods_with_claim(&claim).any(|pod| pod.pod().spec.node_name.as_ref() == Some(name))
            })
        };
        let left: Vec<&Rc<Object>> = volumes.iter().filter(|volume| !is_used(volume)).copied().collect();
        let (volumes, more_volumes) = self.volumes(&left);
        let (pods, counts, more_pods) = self.pods(here);
        NodeView {
            name: name.clone(),
            number: (!is_control_plane(object)).then_some(number),
            status: node_status(node),
            state,
            wait: verdict.and_then(|v| Some(self.part(v.since.0 as f64, v.until?.0 as f64))).unwrap_or(1.0),
            load,
            pods,
            counts,
            more_pods,
            volumes,
            more_volumes,
        }
    }

    fn part(&self, since: f64, until: f64) -> f32 {
        part(self.now - since, until - since)
    }

    /// Pods, as many as are shown one by one: those that are not Ready before the others. With how many are in each state, and how
    /// many are not shown.
    fn pods(&self, pods: Vec<&Rc<Object>>) -> (Vec<NodePod>, [usize; 6], usize) {
        let mut counts = [0; 6];
        for pod in &pods {
            counts[PodState::of(pod) as usize] += 1;
        }
        let (ready, unready): (Vec<&Rc<Object>>, Vec<_>) =
            pods.iter().partition(|pod| PodState::of(pod) == PodState::Ready);
        let mut shown: Vec<&Rc<Object>> = unready.into_iter().chain(ready).take(MOST_PODS).collect();
        collections::sort_by_key(&mut shown, |pod| PodName::new(&pod.meta.namespace, &pod.meta.name));
        (shown.iter().map(|pod| self.pod(pod)).collect(), counts, pods.len() - shown.len())
    }

    fn pod(&self, object: &Rc<Object>) -> NodePod {
        let of_set = self.set.filter(|set| object.meta.is_controlled_by(set.meta.uid));
        let pod = object.pod();
        let claim = |claim: &Str| {
            let claim = self.store.get(&object.key().beside(Kind::PersistentVolumeClaim, claim))?;
            let volume = Key::cluster(Kind::PersistentVolume, claim.claim().spec.volume_name.as_ref()?);
            Some(view_of_volume(self.store.get(&volume)?))
        };
        NodePod {
            key: object.key(),
            ordinal: of_set.and_then(|set| ordinal_of(&set.meta.name, &object.meta.name)),
            state: PodState::of(object),
            status: pod_status(pod, &object.meta),
            volumes: pod.spec.claims().filter_map(claim).collect(),
        }
    }

    fn volumes(&self, volumes: &[&Rc<Object>]) -> (Vec<NodeVolume>, usize) {
        let shown = volumes.iter().take(MOST_VOLUMES).map(|object| view_of_volume(object));
        (shown.collect(), volumes.len().saturating_sub(MOST_VOLUMES))
    }
}

fn view_of_volume(object: &Rc<Object>) -> NodeVolume {
    let claim = object.volume().claim_ref.as_ref();
    NodeVolume {
        key: object.key(),
        claim: claim.map(|claim| Key::new(Kind::PersistentVolumeClaim, &claim.namespace, &claim.name)),
        status: object.volume().phase.name(),
    }
}
