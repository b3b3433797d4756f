//! The default plugins: which nodes a pod can run on, and which is the best of them. Models `pkg/scheduler/framework/plugins`.

use super::types::{
    Asks, FilterStatus, NodeInfo, NodeRefusal, NodeVolumes, PodTerm, host_ports, other_requests,
};
use crate::api::meta::LabelSelector;
use crate::api::node::Taint;
use crate::api::pod::Toleration;
use crate::api::read::{get, int, list, milli_value, opt_int, str as text, strings};
use crate::api::volume::{ClaimPhase, SELECTED_NODE};
use crate::api::{Key, Kind, Object, Str};
use crate::apiserver::Store;
use crate::base::quantity::parse_milli_value;
use crate::base::text::common;
use crate::component::volume_binding::{fits, is_bound, waits_for_consumer};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

// The reasons that are told with what they are about.
const CORDONED: &str = "node(s) were unschedulable";
const TAINTED: &str = "node(s) had untolerated taint(s)";
const OTHER_LABELS: &str = "node(s) didn't match Pod's node affinity/selector";
const TOO_MANY_PODS: &str = "Too many pods";
const LACKS_CPU: &str = "Insufficient cpu";
const LACKS_MEMORY: &str = "Insufficient memory";

const MISSING_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

/// Whether a node lacks nothing but CPU, memory, or a pod's place.
pub(super) fn lacks_only_room(status: &FilterStatus) -> bool {
    status.reasons.iter().all(|reason| [LACKS_CPU, LACKS_MEMORY, TOO_MANY_PODS].contains(&&**reason))
}

/// What must be true of the pod's claims whatever the node. Models `volumebinding.go: PreFilter`.
pub(super) fn claims_allow_scheduling(store: &Store, object: &Object) -> Result<(), String> {
    let mut immediate = false;
    for name in object.pod().spec.claims() {
        let Some(claim) = store.find(Kind::PersistentVolumeClaim, &object.meta.namespace, name) else {
            return Err(format!("persistentvolumeclaim \"{name}\" not found"));
        };
        let c = claim.claim();
        if c.phase == ClaimPhase::Lost {
            let volume = c.spec.volume_name.as_deref().unwrap_or_default();
            return Err(format!(
                "persistentvolumeclaim \"{name}\" bound to non-existent persistentvolume \"{volume}\""
            ));
        }
        if claim.meta.is_terminating() {
            return Err(format!("persistentvolumeclaim \"{name}\" is being deleted"));
        }
        let delayed = waits_for_consumer(store, c) && c.spec.volume_name.is_none();
        immediate |= !(is_bound(claim) || delayed);
    }
    if immediate { Err("pod has unbound immediate PersistentVolumeClaims".into()) } else { Ok(()) }
}

/// Whether a node takes a pod: the filters in the order of `pkg/scheduler/apis/config/v1/default_plugins.go`; the first
/// that refuses speaks for the node.
pub(super) fn filter(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Result<NodeVolumes, FilterStatus> {
    let (spec, node) = (&asks.pod.spec, info.object.node());
    let refuse = |unresolvable, reason| Err(FilterStatus::new(unresolvable, reason));
    if node.unschedulable && !tolerates(&spec.tolerations, &unschedulable_taint()) {
        return refuse(true, CORDONED);
    }
    if node.taints.iter().any(|taint| keeps_away(&spec.tolerations, taint)) {
        return refuse(true, TAINTED);
    }
    if !wants_node(asks, info.object) {
        return refuse(true, OTHER_LABELS);
    }
    if !asks.host_ports.is_empty() && info.load.is_some_and(|load| load.with_host_ports > 0) {
        let taken = |p: &Rc<Object>| host_ports(p.pod()).any(|port| asks.host_ports.contains(&port));
        if info.pods(asks.store).any(taken) {
            return refuse(false, "node(s) didn't have free ports for the requested pod ports");
        }
    }
    let mut lacks = FilterStatus { reasons: Vec::new(), unresolvable: false };
    if info.count() as i64 + 1 > node.pods {
        lacks.reasons.push(TOO_MANY_PODS.into());
    }
    for (reason, wanted, used, has) in [
        (LACKS_CPU, asks.cpu, info.used(|l| l.cpu_millis), node.cpu_millis),
        (LACKS_MEMORY, asks.memory, info.used(|l| l.memory_bytes), node.memory_bytes),
    ] {
        if wanted > 0 && wanted > has - used {
            lacks.reasons.push(reason.into());
            lacks.unresolvable |= wanted > has;
        }
    }
    for (name, wanted) in &asks.others {
        let has = allocatable(info.object, name);
        let used: i64 = info.pods(asks.store).map(|pod| requested(pod, name)).sum();
        if *wanted > has - used {
            lacks.reasons.push(["Insufficient ", name].concat().into());
            lacks.unresolvable |= *wanted > has;
        }
    }
    if !lacks.reasons.is_empty() {
        return Err(lacks);
    }
    let volumes = find_volumes(asks.store, asks.object, info.object)?;
    if let Some(reason) = spread_refuses(asks, info, all) {
        return refuse(reason == MISSING_LABEL, reason);
    }
    pods_attract(asks, info, all)?;
    Ok(volumes)
}

/// A reason of the event, with what it is about.
pub(super) fn refusal(asks: &Asks, info: &NodeInfo, reason: &str) -> NodeRefusal {
    let node = info.object.node();
    match reason {
        CORDONED => NodeRefusal::Cordoned,
        TAINTED => {
            let tolerations = &asks.pod.spec.tolerations;
            let taint = node.taints.iter().find(|taint| keeps_away(tolerations, taint));
            NodeRefusal::Taint { key: taint.map(|taint| taint.key.clone()).unwrap_or_default() }
        }
        OTHER_LABELS => NodeRefusal::Labels,
        TOO_MANY_PODS => NodeRefusal::TooManyPods,
        LACKS_CPU => NodeRefusal::Cpu { free_millis: node.cpu_millis - info.used(|l| l.cpu_millis) },
        LACKS_MEMORY => NodeRefusal::Memory { free_bytes: node.memory_bytes - info.used(|l| l.memory_bytes) },
        reason => NodeRefusal::Other { reason: common(reason) },
    }
}

/// How much of a resource a node has for pods, in thousandths. What somebody has told it that it has, its kubelet offers.
fn allocatable(node: &Object, name: &str) -> i64 {
    let status = get(&node.node().raw, "status");
    let of = |list| milli_value(get(get(status, list), name));
    of("allocatable").or(of("capacity")).unwrap_or(0)
}

/// How much of a resource other than CPU and memory a pod requests, in thousandths.
fn requested(pod: &Object, name: &str) -> i64 {
    let all = other_requests(pod.pod());
    all.iter().find(|(known, _)| **known == *name).map_or(0, |(_, amount)| *amount)
}

/// Whether a taint keeps away a pod with these tolerations.
fn keeps_away(tolerations: &[Toleration], taint: &Taint) -> bool {
    &*taint.effect != "PreferNoSchedule" && !tolerates(tolerations, taint)
}

fn unschedulable_taint() -> Taint {
    Taint {
        key: "node.kubernetes.io/unschedulable".into(),
        value: Str::default(),
        effect: "NoSchedule".into(),
        time_added: None,
    }
}

fn tolerates(tolerations: &[Toleration], taint: &Taint) -> bool {
    tolerations.iter().any(|t| t.tolerates(taint))
}

/// Whether the pod's node selector and required node affinity accept the node
/// (`k8s.io/component-helpers/scheduling/corev1/nodeaffinity: RequiredNodeAffinity`).
fn wants_node(asks: &Asks, node: &Object) -> bool {
    let labels = &node.meta.labels;
    let required = asks.required_nodes;
    asks.pod.spec.node_selector.iter().all(|(k, v)| labels.get(k) == Some(v))
        && (required.is_null() || any_term_matches(list(required, "nodeSelectorTerms"), node))
}

/// Whether one of these `nodeSelectorTerms` accepts the node. An empty term accepts none.
pub(crate) fn any_term_matches(terms: &[Value], node: &Object) -> bool {
    terms.iter().any(|term| term_matches(term, node))
}

fn term_matches(term: &Value, node: &Object) -> bool {
    let (expressions, fields) = (list(term, "matchExpressions"), list(term, "matchFields"));
    let by_label = |e: &Value| requirement_holds(e, node.meta.labels.get(&text(e, "key")));
    let by_name = |e: &Value| requirement_holds(e, Some(&node.meta.name));
    !(expressions.is_empty() && fields.is_empty())
        && expressions.iter().all(by_label)
        && fields.iter().all(by_name)
}

fn requirement_holds(requirement: &Value, value: Option<&Str>) -> bool {
    let values = strings(requirement, "values");
    let number = |t: &Str| t.parse::<i64>().ok();
    let compared = |holds: fn(&i64, &i64) -> bool| {
        let bound = values.first().and_then(number);
        value.and_then(number).zip(bound).is_some_and(|(a, b)| holds(&a, &b))
    };
    match get(requirement, "operator").as_str().unwrap_or_default() {
        "In" => value.is_some_and(|v| values.contains(v)),
        "NotIn" => !value.is_some_and(|v| values.contains(v)),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        "Gt" => compared(i64::gt),
        "Lt" => compared(i64::lt),
        _ => false,
    }
}

/// What the node would have to do about the pod's claims. Models `volumebinding/binder.go: FindPodVolumes`.
fn find_volumes(store: &Store, object: &Object, node: &Object) -> Result<NodeVolumes, FilterStatus> {
    let mut found = NodeVolumes::default();
    let mut refusal = FilterStatus { reasons: Vec::new(), unresolvable: true };
    let mut add = |reason: &'static str| {
        if !refusal.reasons.iter().any(|known| known == reason) {
            refusal.reasons.push(Cow::Borrowed(reason));
        }
    };
    let mut taken: BTreeSet<Str> = BTreeSet::new();
    for name in object.pod().spec.claims() {
        let claim = store.find(Kind::PersistentVolumeClaim, &object.meta.namespace, name);
        let claim = claim.expect("claims were looked at before nodes");
        let c = claim.claim();
        if let Some(volume) = &c.spec.volume_name
            && is_bound(claim)
        {
            match store.get(&Key::cluster(Kind::PersistentVolume, volume)) {
                None => add("node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)"),
                Some(v) if !reaches(v, node) => add("node(s) didn't match PersistentVolume's node affinity"),
                Some(_) => {}
            }
            continue;
        }
        if let Some(selected) = claim.meta.annotation(SELECTED_NODE) {
            if *selected != *node.meta.name {
                add("node(s) didn't find available persistent volumes to bind");
            } else {
                found.provision.push(name.clone());
            }
            continue;
        }
        let volume = store
            .free_volumes()
            .filter(|v| !taken.contains(&v.meta.name))
            .filter(|v| fits(v, c) && reaches(v, node))
            .min_by_key(|v| parse_milli_value(&v.volume().capacity));
        if let Some(volume) = volume {
            taken.insert(volume.meta.name.clone());
            found.bind.push((name.clone(), volume.meta.name.clone()));
            continue;
        }
        let class = c.spec.storage_class_name.as_deref().unwrap_or_default();
        let class = store.get(&Key::cluster(Kind::StorageClass, class)).map(|c| c.storage_class());
        let class = class.filter(|c| &*c.provisioner != "kubernetes.io/no-provisioner");
        let allowed = class.is_some_and(|class| {
            let topologies = list(&class.raw, "allowedTopologies");
            let expression = |e: &Value| {
                let value = node.meta.labels.get(&text(e, "key"));
                value.is_some_and(|v| strings(e, "values").contains(v))
            };
            topologies.is_empty()
                || topologies.iter().any(|t| list(t, "matchLabelExpressions").iter().all(expression))
        });
        if allowed {
            found.provision.push(name.clone());
        } else {
            add("node(s) didn't find available persistent volumes to bind");
        }
    }
    if refusal.reasons.is_empty() { Ok(found) } else { Err(refusal) }
}

/// Whether the volume can be used on the node.
fn reaches(volume: &Object, node: &Object) -> bool {
    let required = get(get(&volume.volume().raw, "nodeAffinity"), "required");
    required.is_null() || any_term_matches(list(required, "nodeSelectorTerms"), node)
}

/// Models `podtopologyspread/filtering.go`, for `whenUnsatisfiable: DoNotSchedule`.
fn spread_refuses(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Option<&'static str> {
    let object = asks.object;
    for constraint in asks.spread.iter().filter(|c| get(c, "whenUnsatisfiable") != "ScheduleAnyway") {
        let key = text(constraint, "topologyKey");
        let selector = LabelSelector::from_value(get(constraint, "labelSelector"));
        let keys = strings(constraint, "matchLabelKeys");
        let Some(here) = info.object.meta.labels.get(&key) else { return Some(MISSING_LABEL) };
        // `matchLabelKeys`: only pods with the same values count, such as those of the same revision.
        let alike = |o: &Object| keys.iter().all(|key| o.meta.labels.get(key) == object.meta.labels.get(key));
        let counts = |o: &&Rc<Object>| {
            o.meta.namespace == object.meta.namespace
                && !o.meta.is_terminating()
                && selector.matches(&o.meta.labels)
                && alike(o)
        };
        let minds_taints = get(constraint, "nodeTaintsPolicy") == "Honor";
        let minds_affinity = get(constraint, "nodeAffinityPolicy") != "Ignore";
        let tolerations = &asks.pod.spec.tolerations;
        let counted = |n: &&NodeInfo| {
            let kept_away = || n.object.node().taints.iter().any(|taint| keeps_away(tolerations, taint));
            !(minds_affinity && !wants_node(asks, n.object) || minds_taints && kept_away())
        };
        let mut by_value: BTreeMap<&Str, i64> = BTreeMap::new();
        for other in all.iter().filter(counted) {
            if let Some(value) = other.object.meta.labels.get(&key) {
                *by_value.entry(value).or_default() += other.pods(asks.store).filter(counts).count() as i64;
            }
        }
        let enough = opt_int(constraint, "minDomains").is_none_or(|least| by_value.len() as i64 >= least);
        let least = if enough { by_value.values().min().copied().unwrap_or(0) } else { 0 };
        let own = i64::from(selector.matches(&object.meta.labels));
        let skew = by_value.get(here).copied().unwrap_or(0) + own - least;
        if skew > int(constraint, "maxSkew") {
            return Some("node(s) didn't match pod topology spread constraints");
        }
    }
    None
}

/// Models `interpodaffinity/filtering.go: Filter`.
fn pods_attract(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Result<(), FilterStatus> {
    let store = asks.store;
    for term in &asks.with {
        // The first pod of a group that wants to be together may go anywhere.
        let none_anywhere = !all.iter().any(|n| n.pods(store).any(|p| term.matches(p)));
        let first = none_anywhere && term.matches(asks.object);
        let labelled = info.object.meta.labels.contains_key(&term.topology_key);
        if !(term.is_met(store, info, all) || first && labelled) {
            return Err(FilterStatus::new(true, "node(s) didn't match pod affinity rules"));
        }
    }
    if asks.apart.iter().any(|t| t.is_met(store, info, all)) {
        return Err(FilterStatus::new(false, "node(s) didn't match pod anti-affinity rules"));
    }
    let repels = |(on, term): &(Str, PodTerm)| {
        let other = all.iter().find(|n| n.name() == on);
        let value = |n: &NodeInfo| n.object.meta.labels.get(&term.topology_key).cloned();
        other.is_some_and(|other| value(other).is_some() && value(other) == value(info))
    };
    if asks.repelled.iter().any(repels) {
        return Err(FilterStatus::new(false, "node(s) didn't satisfy existing pods anti-affinity rules"));
    }
    Ok(())
}

/// How good a node is for a pod; the least is the best. In this order: taints that should keep it away, what it prefers,
/// fewest pods of the same controller, least requested, fewest pods. Between equals decides a number that only depends on
/// the cluster's seed and the names, so that the choice stays the same whatever else happens.
pub(super) type Rank = (usize, i64, usize, i64, usize);

pub(super) fn rank(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Rank {
    let node = info.object.node();
    let discouraging = node
        .taints
        .iter()
        .filter(|t| &*t.effect == "PreferNoSchedule" && !tolerates(&asks.pod.spec.tolerations, t))
        .count();
    let mut preferred: i64 = asks
        .preferred_nodes
        .iter()
        .filter(|p| term_matches(get(p, "preference"), info.object))
        .map(|p| int(p, "weight"))
        .sum();
    for (worth, term) in &asks.preferred {
        preferred += if term.is_met(asks.store, info, all) { *worth } else { 0 };
    }
    let siblings = info.load.zip(asks.owner).map_or(0, |(load, owner)| load.pods_of(owner));
    let share = |used: i64, more: i64, has: i64| (used + more) * 1000 / has.max(1);
    let requested = share(info.used(|l| l.cpu_millis), asks.cpu, node.cpu_millis)
        + share(info.used(|l| l.memory_bytes), asks.memory, node.memory_bytes);
    (discouraging, -preferred, siblings, requested, info.count())
}
