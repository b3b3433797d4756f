//! Why no node takes a pod, node by node, in words.

use super::part::{Detail, sentence};
use super::remedy::in_namespace;
use kubesim::api::pod::condition;
use kubesim::api::stateful_set::ordinal_of;
use kubesim::scheduler::{NodeRefusal, refusals};
use kubesim::{Kind, Object, Store, Str};
use messages::{Messages, fill};

/// How many nodes are named of those that refuse for the same reason.
const MOST_NODES: usize = 4;
/// How many reasons are told.
const MOST_REASONS: usize = 4;

/// What the scheduler says about a pod (`message`, as its event has it), and what stands against it on each node.
pub(super) fn unschedulable(
    messages: &'static Messages,
    store: &Store,
    pod: &Object,
    message: &str,
    plain: impl FnOnce(&str) -> Detail,
) -> Detail {
    let refused = refusals(store, pod);
    // Of nodes that were made up nothing is known but what the scheduler has said of them.
    let is_made_up = |node: &Str| store.find_cluster(Kind::Node, node).is_some_and(|n| n.meta.is_made_up());
    let scheduled = pod.pod().condition(condition::SCHEDULED).filter(|c| c.status == Some(false));
    let told = scheduled.and_then(|scheduled| scheduled.message.as_deref());
    if let Some(told) = told.filter(|_| refused.iter().all(|(node, _)| is_made_up(node))) {
        let detail = plain(&sentence(told));
        let help =
            if wants_room(told) { smaller(store, pod, &refused).or_else(|| fewer(store, pod)) } else { None };
        return match help {
            Some(remedy) => detail.with_remedy(remedy),
            None => detail,
        };
    }
    let mut reasons: Vec<(String, Vec<Str>)> = Vec::new();
    for (node, reason) in &refused {
        let said = say(messages, pod, reason);
        match reasons.iter_mut().find(|(other, _)| *other == said) {
            Some((_, nodes)) => nodes.push(node.clone()),
            None => reasons.push((said, vec![node.clone()])),
        }
    }
    if reasons.is_empty() {
        return plain(&sentence(message));
    }
    let lines = reasons.iter().take(MOST_REASONS).map(|(said, nodes)| {
        let mut names: Vec<String> = nodes.iter().take(MOST_NODES).map(|node| format!("`{node}`")).collect();
        if let Some(more) = nodes.len().checked_sub(MOST_NODES + 1) {
            names.push(fill(messages.more_nodes(), &[("count", &(more + 1).to_string())]));
        }
        format!("{}: {said}.", names.join(", "))
    });
    let said = lines.collect::<Vec<_>>().join(" ");
    let detail = plain(&said);
    let others = || fewer(store, pod).filter(|_| wants_room(message));
    let help = remedy(store, pod, &refused).or_else(|| smaller(store, pod, &refused)).or_else(others);
    match help {
        Some(remedy) => detail.with_remedy(remedy),
        None => detail,
    }
}

/// Whether fewer pods would help, as the scheduler says why no node takes one.
pub(super) fn wants_room(said: &str) -> bool {
    let signs = ["Insufficient ", "Too many pods", "anti-affinity", "topology spread", "free ports"];
    signs.iter().any(|sign| said.contains(sign))
}

fn say(messages: &Messages, pod: &Object, reason: &NodeRefusal) -> String {
    let spec = &pod.pod().spec;
    match reason {
        NodeRefusal::Cordoned => messages.node_is_cordoned().into(),
        NodeRefusal::Taint { key } => fill(messages.node_has_taint(), &[("taint", key)]),
        NodeRefusal::Cpu { free_millis } => fill(
            messages.node_lacks_cpu(),
            &[("free", &cpus(*free_millis)), ("wanted", &cpus(spec.cpu_request_millis()))],
        ),
        NodeRefusal::Memory { free_bytes } => fill(
            messages.node_lacks_memory(),
            &[("free", &mebibytes(*free_bytes)), ("wanted", &mebibytes(spec.memory_request_bytes()))],
        ),
        NodeRefusal::Labels => messages.node_has_other_labels().into(),
        NodeRefusal::TooManyPods => messages.node_is_full().into(),
        NodeRefusal::Other { reason } if reason.contains("anti-affinity") => messages.node_repels().into(),
        NodeRefusal::Other { reason } if reason.contains("topology spread") => {
            messages.node_is_uneven().into()
        }
        NodeRefusal::Other { reason } if reason.contains("free ports") => messages.node_port_taken().into(),
        NodeRefusal::Other { reason } if reason.contains("PersistentVolume's node affinity") => {
            messages.node_lacks_volume().into()
        }
        NodeRefusal::Other { reason } => reason.trim_start_matches("node(s) ").into(),
    }
}

/// CPUs, as few digits as there are.
pub fn cpus(millis: i64) -> String {
    let text = format!("{}.{:03}", millis.max(0) / 1000, millis.max(0) % 1000);
    text.trim_end_matches('0').trim_end_matches('.').into()
}

fn mebibytes(bytes: i64) -> String {
    format!("{} Mi", bytes.max(0) >> 20)
}

/// A command that lets some node take the pod.
fn remedy(store: &Store, pod: &Object, refused: &[(Str, NodeRefusal)]) -> Option<String> {
    // What is told of a node is the first thing that stands against it: its volumes come after that.
    let refused: Vec<&(Str, NodeRefusal)> =
        refused.iter().filter(|(node, _)| reaches_volumes(store, pod, node)).collect();
    let cordoned = refused.iter().find(|(_, reason)| *reason == NodeRefusal::Cordoned);
    if let Some((node, _)) = cordoned {
        return Some(format!("kubectl uncordon {node}"));
    }
    let selector = &pod.pod().spec.node_selector;
    let refuses_once = |node: &Str| refused.iter().filter(|(other, _)| other == node).count() == 1;
    let tainted = refused.iter().find_map(|(node, reason)| match reason {
        // What Kubernetes itself puts there has its reasons.
        NodeRefusal::Taint { key } if !key.contains("kubernetes.io/") && refuses_once(node) => {
            Some(format!("kubectl taint node {node} {key}-"))
        }
        _ => None,
    });
    if tainted.is_some() {
        return tainted;
    }
    let (node, _) = refused.iter().find(|(_, reason)| *reason == NodeRefusal::Labels)?;
    let labels: Vec<String> = selector.iter().map(|(name, value)| format!("{name}={value}")).collect();
    (!labels.is_empty()).then(|| format!("kubectl label node {node} --overwrite {}", labels.join(" ")))
}

/// Whether the volumes of a pod's claims can be reached from a node.
fn reaches_volumes(store: &Store, pod: &Object, node: &str) -> bool {
    pod.pod().spec.claims().all(|claim| {
        let claim = store.find(Kind::PersistentVolumeClaim, &pod.meta.namespace, claim);
        let volume = claim.and_then(|claim| claim.claim().spec.volume_name.clone());
        let volume = volume.and_then(|volume| store.find_cluster(Kind::PersistentVolume, &volume).cloned());
        volume.and_then(|volume| volume.volume().node.clone()).is_none_or(|of| *of == *node)
    })
}

/// The set of a pod.
fn set_of<'s>(store: &'s Store, pod: &Object) -> Option<&'s Object> {
    let owner = pod.meta.controller().filter(|owner| &*owner.kind == "StatefulSet")?;
    store.get(&pod.key().beside(Kind::StatefulSet, &owner.name)).map(|set| &**set)
}

/// A command that has the pod ask for no more than the first node has that lacks nothing else, and makes it anew: as long as it is
/// not Ready the controller does not replace it.
fn smaller(store: &Store, pod: &Object, refused: &[(Str, NodeRefusal)]) -> Option<String> {
    let set = set_of(store, pod)?;
    let [container] = &*pod.pod().spec.containers else { return None };
    let has_room = |reason: &NodeRefusal| match reason {
        NodeRefusal::Cpu { free_millis } => *free_millis > 0,
        NodeRefusal::Memory { free_bytes } => *free_bytes >= 1 << 20,
        _ => false,
    };
    let lacks_only_that =
        |node: &Str| refused.iter().all(|(other, reason)| other != node || has_room(reason));
    let (node, _) = refused.iter().find(|(node, _)| lacks_only_that(node))?;
    let requests = refused.iter().filter(|(other, _)| other == node).map(|(_, reason)| match reason {
        NodeRefusal::Memory { free_bytes } => format!("memory={}Mi", free_bytes >> 20),
        NodeRefusal::Cpu { free_millis } => format!("cpu={free_millis}m"),
        _ => String::new(),
    });
    let requests = requests.collect::<Vec<_>>().join(",");
    let (name, namespace) = (&set.meta.name, &pod.meta.namespace);
    let set = format!("kubectl set resources statefulset {name} -c {} --requests={requests}", container.name);
    let delete = format!("kubectl delete pod {}", pod.meta.name);
    Some([in_namespace(set, namespace), in_namespace(delete, namespace)].join(" && "))
}

/// A command that leaves a set the pods before this one, for which there is room.
fn fewer(store: &Store, pod: &Object) -> Option<String> {
    let set = set_of(store, pod)?;
    let count = ordinal_of(&set.meta.name, &pod.meta.name)? - set.stateful_set().spec.ordinals_start;
    let scale = format!("kubectl scale statefulset {} --replicas={count}", set.meta.name);
    (count > 0).then(|| in_namespace(scale, &pod.meta.namespace))
}
