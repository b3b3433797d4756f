//! What a pod asks of a node, and a node as the scheduler sees it, before it is decided. Models `pkg/scheduler/framework/types.go`.

use crate::api::meta::LabelSelector;
use crate::api::pod::Container;
use crate::api::read::{get, int, list, milli_value, opt_int, str as text, strings};
use crate::api::{Object, Pod, Str, Uid};
use crate::apiserver::{NodeLoad, Store};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a node would have to do about a pod's unbound claims.
#[derive(Clone, Default)]
pub(super) struct NodeVolumes {
    /// Claims that get a volume that is there: claim, volume.
    pub(super) bind: Vec<(Str, Str)>,
    /// Claims for which a volume has to be made.
    pub(super) provision: Vec<Str>,
}

/// A node as the scheduler sees it: with what the pods use that are on it, or about to be.
pub(super) struct NodeInfo<'a> {
    pub(super) object: &'a Object,
    pub(super) load: Option<&'a NodeLoad>,
}

impl<'a> NodeInfo<'a> {
    pub(super) fn name(&self) -> &'a Str {
        &self.object.meta.name
    }

    pub(super) fn count(&self) -> usize {
        self.load.map_or(0, |load| load.pods)
    }

    pub(super) fn used(&self, of: fn(&NodeLoad) -> i64) -> i64 {
        self.load.map_or(0, of)
    }

    /// The pods, those that have ended left out.
    pub(super) fn pods(&self, store: &'a Store) -> impl Iterator<Item = &'a Rc<Object>> + use<'a> {
        store.pods_on(self.name()).filter(|p| !p.pod().is_terminal())
    }
}

/// What a pod asks of a node, taken out of its spec once for all nodes.
pub(super) struct Asks<'a> {
    pub(super) store: &'a Store,
    pub(super) object: &'a Object,
    pub(super) pod: &'a Pod,
    pub(super) cpu: i64,
    pub(super) memory: i64,
    /// Other resources that nodes count, such as `nvidia.com/gpu`, in thousandths.
    pub(super) others: Vec<(Str, i64)>,
    pub(super) owner: Option<Uid>,
    pub(super) host_ports: Vec<(Str, i64)>,
    /// The required node affinity.
    pub(super) required_nodes: &'a Value,
    pub(super) preferred_nodes: &'a [Value],
    pub(super) spread: &'a [Value],
    pub(super) with: Vec<PodTerm>,
    pub(super) apart: Vec<PodTerm>,
    /// The required anti-affinities of the pods that are there, each with its pod's node.
    pub(super) repelled: Vec<(Str, PodTerm)>,
    /// What it prefers, with what that is worth.
    pub(super) preferred: Vec<(i64, PodTerm)>,
}

impl<'a> Asks<'a> {
    pub(super) fn new(store: &'a Store, object: &'a Object) -> Asks<'a> {
        let pod = object.pod();
        let node_affinity = get(get(&pod.spec.raw, "affinity"), "nodeAffinity");
        let preferred = |field, sign: i64| {
            PodTerm::preferred(object, field).into_iter().map(move |(weight, term)| (sign * weight, term))
        };
        let repels = store.pods_that_repel().filter(|p| !p.pod().is_terminal());
        let repelled = repels.flat_map(|other| {
            let p = other.pod();
            let on = p.spec.node_name.as_ref().or(p.status.nominated_node_name.as_ref());
            let terms = PodTerm::required(other, "podAntiAffinity").into_iter().filter(|t| t.matches(object));
            on.into_iter().flat_map(move |on| terms.clone().map(|t| (on.clone(), t)))
        });
        Asks {
            store,
            object,
            pod,
            cpu: pod.spec.cpu_request_millis(),
            memory: pod.spec.memory_request_bytes(),
            others: other_requests(pod),
            owner: object.meta.controller().map(|o| o.uid),
            host_ports: host_ports(pod).collect(),
            required_nodes: get(node_affinity, "requiredDuringSchedulingIgnoredDuringExecution"),
            preferred_nodes: list(node_affinity, "preferredDuringSchedulingIgnoredDuringExecution"),
            spread: list(&pod.spec.raw, "topologySpreadConstraints"),
            with: PodTerm::required(object, "podAffinity"),
            apart: PodTerm::required(object, "podAntiAffinity"),
            repelled: repelled.collect(),
            preferred: preferred("podAffinity", 1).chain(preferred("podAntiAffinity", -1)).collect(),
        }
    }
}

/// A required term of pod affinity or anti-affinity.
#[derive(Clone)]
pub(super) struct PodTerm {
    pub(super) topology_key: Str,
    pub(super) selector: LabelSelector,
    pub(super) namespaces: Vec<Str>,
}

impl PodTerm {
    /// The required terms of `affinity.podAffinity` or `affinity.podAntiAffinity`.
    pub(super) fn required(object: &Object, field: &str) -> Vec<PodTerm> {
        let affinity = get(get(&object.pod().spec.raw, "affinity"), field);
        let terms = list(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
        terms.iter().map(|t| PodTerm::from_value(t, &object.meta.namespace)).collect()
    }

    /// The preferred terms with their weights.
    pub(super) fn preferred(object: &Object, field: &str) -> Vec<(i64, PodTerm)> {
        let affinity = get(get(&object.pod().spec.raw, "affinity"), field);
        let terms = list(affinity, "preferredDuringSchedulingIgnoredDuringExecution");
        let term = |t: &Value| PodTerm::from_value(get(t, "podAffinityTerm"), &object.meta.namespace);
        terms.iter().map(|t| (int(t, "weight"), term(t))).collect()
    }

    fn from_value(v: &Value, own_namespace: &Str) -> PodTerm {
        let named = strings(v, "namespaces");
        PodTerm {
            topology_key: text(v, "topologyKey"),
            selector: LabelSelector::from_value(get(v, "labelSelector")),
            namespaces: if named.is_empty() { vec![own_namespace.clone()] } else { named },
        }
    }

    pub(super) fn matches(&self, pod: &Object) -> bool {
        self.namespaces.contains(&pod.meta.namespace) && self.selector.matches(&pod.meta.labels)
    }

    /// Whether a pod that it means is where the node is.
    pub(super) fn is_met(&self, store: &Store, info: &NodeInfo, all: &[NodeInfo]) -> bool {
        let Some(here) = info.object.meta.labels.get(&self.topology_key) else { return false };
        all.iter()
            .filter(|n| n.object.meta.labels.get(&self.topology_key) == Some(here))
            .any(|n| n.pods(store).any(|p| self.matches(p)))
    }
}

/// What a pod requests beside CPU and memory, in thousandths: the sum over its containers, or the largest init container if
/// that is more.
pub(super) fn other_requests(pod: &Pod) -> Vec<(Str, i64)> {
    let mut all: BTreeMap<Str, i64> = BTreeMap::new();
    let requests = |container: &Container| {
        let resources = get(&container.raw, "resources");
        let mut asked: BTreeMap<Str, i64> = BTreeMap::new();
        for list in ["limits", "requests"] {
            for (name, amount) in get(resources, list).as_object().into_iter().flatten() {
                // What a node counts is requested as it is limited.
                let counts =
                    !matches!(&**name, "cpu" | "memory") && (list == "requests" || name.contains('/'));
                if let Some(amount) = milli_value(amount).filter(|amount| counts && *amount > 0) {
                    asked.insert(name.as_str().into(), amount);
                }
            }
        }
        asked
    };
    for container in pod.spec.containers.iter() {
        requests(container).into_iter().for_each(|(name, amount)| *all.entry(name).or_default() += amount);
    }
    for container in pod.spec.init_containers.iter() {
        for (name, amount) in requests(container) {
            let known = all.entry(name).or_default();
            *known = (*known).max(amount);
        }
    }
    all.into_iter().collect()
}

/// The ports of the node itself that the pod wants: protocol and number.
pub(super) fn host_ports(pod: &Pod) -> impl Iterator<Item = (Str, i64)> + '_ {
    let ports = pod.spec.containers.iter().flat_map(|c| list(&c.raw, "ports"));
    ports.filter_map(|p| {
        let port = opt_int(p, "hostPort").filter(|n| *n > 0)?;
        Some((text(p, "protocol"), port))
    })
}

/// Why a node does not take a pod, for people: what the event's counts leave out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum NodeRefusal {
    /// It is cordoned.
    Cordoned,
    /// It has a taint that the pod does not tolerate.
    Taint {
        /// The taint's key.
        key: Str,
    },
    /// The pod's node selector or required node affinity asks for labels that it has not.
    Labels,
    /// It has as many pods as it takes.
    TooManyPods,
    /// The pod asks for more CPU than is left.
    Cpu {
        /// What is left, in thousandths.
        free_millis: i64,
    },
    /// The pod asks for more memory than is left.
    Memory {
        /// What is left, in bytes.
        free_bytes: i64,
    },
    /// Anything else.
    Other {
        /// As the event says it, such as `node(s) didn't match pod anti-affinity rules`.
        reason: Str,
    },
}

/// Why the filters refuse a node, as the event says it (`k8s.io/kube-scheduler/framework: Status`).
pub(super) struct FilterStatus {
    pub(super) reasons: Vec<Cow<'static, str>>,
    /// Other pods going would change nothing (`UnschedulableAndUnresolvable`).
    pub(super) unresolvable: bool,
}

impl FilterStatus {
    pub(super) fn new(unresolvable: bool, reason: &'static str) -> FilterStatus {
        FilterStatus { reasons: vec![reason.into()], unresolvable }
    }
}

/// Whether the pod needs a node, and nobody holds it back (`plugins/schedulinggates`).
pub(super) fn is_pending(object: &Object) -> bool {
    let pod = object.pod();
    pod.spec.node_name.is_none()
        && !pod.is_terminal()
        && !object.meta.is_terminating()
        && !pod.spec.is_gated()
}
