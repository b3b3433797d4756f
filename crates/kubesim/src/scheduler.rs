//! The scheduler. Models `pkg/scheduler` with its default plugins: finds the nodes that a pod can run on, takes the best
//! of them, has the pod's unbound claims provisioned there, and binds the pod to the node once they are bound.
//!
//! Not simulated: preemption (all pods have the same priority), scoring beyond what is listed at `rank`, extenders.

use crate::api::event::Involved;
use crate::api::meta::LabelSelector;
use crate::api::node::Taint;
use crate::api::pod::{Toleration, condition};
use crate::api::read::{get, int, list, opt_int, str as text, strings};
use crate::api::verdict::{Component, Reason};
use crate::api::volume::{BOUND_BY_CONTROLLER, ClaimPhase, ClaimRef, SELECTED_NODE, VolumePhase};
use crate::api::{Key, Kind, Object, Pod, Span, Str, Uid};
use crate::apiserver::{EventType, NodeLoad, Source, Store};
use crate::base::hash::NameHash;
use crate::base::quantity::parse_milli_value;
use crate::component::volume_binding::{fits, is_bound, waits_for_consumer};
use crate::component::{Context, Outcome, WatchEvent};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// How often a pod whose claims are being bound looks whether they are
/// (`pkg/scheduler/framework/plugins/volumebinding/binder.go: BindPodVolumes`).
const BINDING_POLL: Span = Span::seconds(1);
/// After this the binding has failed (`VolumeBindingArgs.bindTimeoutSeconds`).
const BIND_TIMEOUT: Span = Span::seconds(600);

/// Says which pods have to be looked at because of this change. Models the queueing hints of the plugins.
pub(crate) fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    let (before, after) = (change.before, change.after);
    // Those that were not looked at yet are in the queue anyway.
    let mut unschedulable = |matters: fn(&Object) -> bool| {
        for pod in store.unschedulable_pods().filter(|p| is_pending(p) && matters(p)) {
            add(Component::Scheduler, pod.key());
        }
    };
    match change.key.kind {
        Kind::Pod => {
            let holds = |o: Option<&Object>| {
                o.is_some_and(|o| o.pod().spec.node_name.is_some() && !o.pod().is_terminal())
            };
            match (holds(before), holds(after)) {
                // What it held is free.
                (true, false) => unschedulable(|_| true),
                // Another pod on a node only helps those that want to be with it, or spread evenly.
                (false, true) => unschedulable(looks_at_other_pods),
                _ => {}
            }
            if after.is_some_and(is_pending) {
                add(Component::Scheduler, change.key.clone());
            }
        }
        Kind::Node => {
            let offer = |o: &Object| {
                let n = o.node();
                (
                    n.unschedulable,
                    n.taints.clone(),
                    n.cpu_millis,
                    n.memory_bytes,
                    n.pods,
                    o.meta.labels.clone(),
                )
            };
            if before.map(offer) != after.map(offer) {
                unschedulable(|_| true);
            }
        }
        Kind::StorageClass => unschedulable(|_| true),
        Kind::PersistentVolume => {
            let available =
                |o: Option<&Object>| o.is_some_and(|o| o.volume().phase == VolumePhase::Available);
            if !available(before) && available(after) {
                unschedulable(|_| true);
            }
        }
        Kind::PersistentVolumeClaim => {
            for pod in store.pods_with_claim(change.key).filter(|p| is_pending(p)) {
                add(Component::Scheduler, pod.key());
            }
        }
        _ => {}
    }
}

/// Whether where the pod may go depends on where other pods are.
fn looks_at_other_pods(pod: &Object) -> bool {
    let raw = &pod.pod().spec.raw;
    !get(get(raw, "affinity"), "podAffinity").is_null() || !get(raw, "topologySpreadConstraints").is_null()
}

/// Whether the pod needs a node.
fn is_pending(object: &Object) -> bool {
    let pod = object.pod();
    pod.spec.node_name.is_none() && !pod.is_terminal() && !object.meta.is_terminating()
}

/// Looks at a pod.
pub(crate) fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    if !is_pending(&object) {
        let done = object.pod().spec.node_name.clone().map(|node| Reason::Scheduled { node });
        context.api.set_verdict(Component::Scheduler, key, done, None);
        return Outcome::DONE;
    }
    let scheduler = get(&object.pod().spec.raw, "schedulerName").as_str().unwrap_or_default();
    if scheduler != "default-scheduler" && !scheduler.is_empty() {
        return Outcome::DONE;
    }
    if let Some(node) = object.pod().status.nominated_node_name.clone() {
        return wait_for_claims(context, &object, &node);
    }
    match find_node(context.store(), &object, context.api.seed) {
        Ok(choice) => reserve(context, &object, &choice),
        Err(message) => {
            unschedulable(context, &object, &message);
            Outcome::DONE
        }
    }
}

/// Where a pod is to go, and what has to be done about its claims first.
struct Choice {
    node: Str,
    volumes: NodeVolumes,
}

/// What a node would have to do about a pod's unbound claims.
#[derive(Clone, Default)]
struct NodeVolumes {
    /// Claims that get a volume that is there: claim, volume.
    bind: Vec<(Str, Str)>,
    /// Claims for which a volume has to be made.
    provision: Vec<Str>,
}

/// Binds the pod at once, or has its claims bound first.
fn reserve(context: &mut Context, object: &Object, choice: &Choice) -> Outcome {
    let NodeVolumes { bind, provision } = &choice.volumes;
    if bind.is_empty() && provision.is_empty() {
        assign(context, object, &choice.node);
        return Outcome::DONE;
    }
    let key = object.key();
    let nominated = choice.node.clone();
    let _ = context.api.update_status(&key, |o| o.pod_mut().status.nominated_node_name = Some(nominated));
    for (claim, volume) in bind {
        let claim_key = key.beside(Kind::PersistentVolumeClaim, claim);
        let uid = context.store().get(&claim_key).map(|c| c.meta.uid);
        let reference = ClaimRef { namespace: key.namespace.clone(), name: claim.clone(), uid };
        let _ = context.api.update(&Key::cluster(Kind::PersistentVolume, volume), |o| {
            o.volume_mut().claim_ref = Some(reference);
            o.meta.set_annotation(BOUND_BY_CONTROLLER, "yes");
        });
    }
    for claim in provision {
        let claim_key = key.beside(Kind::PersistentVolumeClaim, claim);
        let _ = context.api.update(&claim_key, |o| o.meta.set_annotation(SELECTED_NODE, &choice.node));
    }
    keep_waiting(context, object, &choice.node)
}

/// Says which claims are not bound, and looks again in a second.
fn keep_waiting(context: &mut Context, object: &Object, node: &Str) -> Outcome {
    let claims: Vec<Str> = object
        .pod()
        .spec
        .claims()
        .filter(|name| {
            let claim = context.store().find(Kind::PersistentVolumeClaim, &object.meta.namespace, name);
            !claim.is_some_and(|c| is_bound(c))
        })
        .cloned()
        .collect();
    let until = context.now() + BINDING_POLL;
    let reason = Reason::WaitingForBinding { claims, node: node.clone() };
    context.api.set_verdict(Component::Scheduler, &object.key(), Some(reason), Some(until));
    Outcome::at(until)
}

/// Models `volumebinding/binder.go: checkBindings`.
fn wait_for_claims(context: &mut Context, object: &Object, node: &Str) -> Outcome {
    let key = object.key();
    let waiting = context.store().verdict(Component::Scheduler, &key).cloned();
    let Some((waiting, until)) = waiting.as_ref().and_then(|w| Some((w, w.until?))) else {
        return keep_waiting(context, object, node);
    };
    if context.now() < until {
        return Outcome::at(until);
    }
    let mut bound = true;
    for name in object.pod().spec.claims() {
        let claim = context.store().find(Kind::PersistentVolumeClaim, &key.namespace, name);
        let Some(claim) = claim else {
            let why = format!(
                "failed to check provisioning pvc: could not find v1.PersistentVolumeClaim \"{}/{name}\"",
                key.namespace
            );
            return give_up_binding(context, object, &why);
        };
        let fully_bound = is_bound(claim);
        let elsewhere = claim.meta.annotation(SELECTED_NODE).is_some_and(|n| n != &**node);
        if !fully_bound && elsewhere {
            let why = format!("provisioning failed for PVC \"{name}\"");
            return give_up_binding(context, object, &why);
        }
        bound &= fully_bound;
    }
    if bound {
        assign(context, object, node);
        return Outcome::DONE;
    }
    if context.now() - waiting.since >= BIND_TIMEOUT {
        return give_up_binding(context, object, "context deadline exceeded");
    }
    keep_waiting(context, object, node)
}

fn give_up_binding(context: &mut Context, object: &Object, why: &str) -> Outcome {
    unschedulable(context, object, &format!("binding volumes: {why}"));
    // The next attempt starts from the nodes again.
    Outcome::at(context.now() + BINDING_POLL)
}

/// Gives the pod to the node (the `binding` request).
fn assign(context: &mut Context, object: &Object, node: &Str) {
    let key = object.key();
    let now = context.now();
    let to = node.clone();
    let bound = context.api.update_status(&key, |o| {
        let pod = o.pod_mut();
        Rc::make_mut(&mut pod.spec).node_name = Some(to);
        pod.status.nominated_node_name = None;
        pod.set_condition(condition::SCHEDULED, Some(true), None, None, now);
    });
    bound.expect("the pod was there");
    let reason = Reason::Scheduled { node: node.clone() };
    context.api.set_verdict(Component::Scheduler, &key, Some(reason), None);
    let message = ["Successfully assigned ", &key.namespace, "/", &key.name, " to ", node].concat();
    context.api.event(Source::SCHEDULER, Involved::of(object), EventType::Normal, "Scheduled", &message);
}

/// Says why no node takes the pod, once for each reason.
fn unschedulable(context: &mut Context, object: &Object, message: &str) {
    let key = object.key();
    let now = context.now();
    let reason = Reason::Unschedulable { message: message.into() };
    context.api.set_verdict(Component::Scheduler, &key, Some(reason), None);
    let mut news = false;
    let written = context.api.update_status(&key, |o| {
        let pod = o.pod_mut();
        pod.status.nominated_node_name = None;
        news =
            pod.set_condition(condition::SCHEDULED, Some(false), Some("Unschedulable"), Some(message), now);
    });
    written.expect("the pod was there");
    if news {
        context.api.event(
            Source::SCHEDULER,
            Involved::of(object),
            EventType::Warning,
            "FailedScheduling",
            message,
        );
    }
}

/// A node as the scheduler sees it: with what the pods use that are on it, or about to be.
struct NodeInfo<'a> {
    object: &'a Object,
    load: Option<&'a NodeLoad>,
}

impl<'a> NodeInfo<'a> {
    fn name(&self) -> &'a Str {
        &self.object.meta.name
    }

    fn count(&self) -> usize {
        self.load.map_or(0, |load| load.pods)
    }

    fn used(&self, of: fn(&NodeLoad) -> i64) -> i64 {
        self.load.map_or(0, of)
    }

    /// A reason of the event, with what it is about.
    fn refusal(&self, asks: &Asks, reason: &'static str) -> NodeRefusal {
        let node = self.object.node();
        match reason {
            CORDONED => NodeRefusal::Cordoned,
            TAINTED => {
                let tolerations = &asks.pod.spec.tolerations;
                let taint = node.taints.iter().find(|taint| keeps_away(tolerations, taint));
                NodeRefusal::Taint { key: taint.map(|taint| taint.key.clone()).unwrap_or_default() }
            }
            OTHER_LABELS => NodeRefusal::Labels,
            TOO_MANY_PODS => NodeRefusal::TooManyPods,
            LACKS_CPU => NodeRefusal::Cpu { free_millis: node.cpu_millis - self.used(|l| l.cpu_millis) },
            LACKS_MEMORY => {
                NodeRefusal::Memory { free_bytes: node.memory_bytes - self.used(|l| l.memory_bytes) }
            }
            reason => NodeRefusal::Other { reason },
        }
    }

    /// The pods, those that have ended left out.
    fn pods(&self, store: &'a Store) -> impl Iterator<Item = &'a Rc<Object>> + use<'a> {
        store.pods_on(self.name()).filter(|p| !p.pod().is_terminal())
    }
}

/// What a pod asks of a node, taken out of its spec once for all nodes.
struct Asks<'a> {
    store: &'a Store,
    object: &'a Object,
    pod: &'a Pod,
    cpu: i64,
    memory: i64,
    owner: Option<Uid>,
    host_ports: Vec<(Str, i64)>,
    /// The required node affinity.
    required_nodes: &'a Value,
    preferred_nodes: &'a [Value],
    spread: &'a [Value],
    with: Vec<PodTerm>,
    apart: Vec<PodTerm>,
    /// The required anti-affinities of the pods that are there, each with its pod's node.
    repelled: Vec<(Str, PodTerm)>,
    /// What it prefers, with what that is worth.
    preferred: Vec<(i64, PodTerm)>,
}

impl<'a> Asks<'a> {
    fn new(store: &'a Store, object: &'a Object) -> Asks<'a> {
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
        reason: &'static str,
    },
}

/// Why each node refuses a pod in this world, by node; nothing if one takes it, or if it does not come to that, as a claim is
/// missing. Pure: what the scheduler found last may have been another world.
pub fn refusals(store: &Store, object: &Object) -> Vec<(Str, NodeRefusal)> {
    let nodes: Vec<NodeInfo> =
        store.nodes_with_loads().map(|(object, load)| NodeInfo { object, load }).collect();
    if claims_allow_scheduling(store, object).is_err() {
        return Vec::new();
    }
    let asks = Asks::new(store, object);
    let mut refused = Vec::new();
    for info in &nodes {
        let Err(refusal) = filter(&asks, info, &nodes) else { return Vec::new() };
        let reasons = refusal.reasons.iter();
        refused.extend(reasons.map(|reason| (info.name().clone(), info.refusal(&asks, reason))));
    }
    refused
}

/// Why a node does not take a pod.
struct Refusal {
    reasons: Vec<&'static str>,
    /// Nothing changes that as long as only other pods go.
    for_good: bool,
}

impl Refusal {
    fn new(for_good: bool, reason: &'static str) -> Refusal {
        Refusal { reasons: vec![reason], for_good }
    }
}

/// The node for a pod, or the message of the FailedScheduling event
/// (`pkg/scheduler/framework/types.go: FitError.Error`).
fn find_node(store: &Store, object: &Object, seed: u64) -> Result<Choice, String> {
    let nodes: Vec<NodeInfo> =
        store.nodes_with_loads().map(|(object, load)| NodeInfo { object, load }).collect();
    if nodes.is_empty() {
        return Err("no nodes available to schedule pods".into());
    }
    let available = || format!("0/{} nodes are available:", nodes.len());
    if let Err(why) = claims_allow_scheduling(store, object) {
        return Err(format!("{} {why}. not found", available()));
    }
    let asks = Asks::new(store, object);
    let mut refusals: Vec<Refusal> = Vec::new();
    let of_pod = NameHash::of(&[&object.meta.namespace, &object.meta.name]);
    let tie = |info: &NodeInfo| of_pod.and(info.name()).number(seed);
    // With what decides between equals, once that was asked for.
    let mut best: Option<(Rank, Option<u64>, &NodeInfo, NodeVolumes)> = None;
    for info in &nodes {
        // What is no better than a node that takes the pod need not be asked whether it does.
        let rank = rank(&asks, info, &nodes);
        let mut own_tie = None;
        if let Some((other, other_tie, before, _)) = &mut best {
            if rank > *other {
                continue;
            }
            if rank == *other {
                let (own, others) = (tie(info), *other_tie.get_or_insert_with(|| tie(before)));
                if own >= others {
                    continue;
                }
                own_tie = Some(own);
            }
        }
        let volumes = match filter(&asks, info, &nodes) {
            Ok(volumes) => volumes,
            Err(refusal) => {
                refusals.push(refusal);
                continue;
            }
        };
        best = Some((rank, own_tie, info, volumes));
    }
    if let Some((_, _, info, volumes)) = best {
        return Ok(Choice { node: info.name().clone(), volumes });
    }
    let reasons = refusals.iter().flat_map(|r| r.reasons.iter().copied());
    let preemption = refusals.iter().map(|r| match r.for_good {
        true => "Preemption is not helpful for scheduling",
        false => "No preemption victims found for incoming pod",
    });
    let available = available();
    Err(format!(
        "{available} {}. no new claims to deallocate, preemption: {available} {}.",
        histogram(reasons),
        histogram(preemption)
    ))
}

/// `1 node(s) had untolerated taint(s), 3 Insufficient cpu`
fn histogram(reasons: impl Iterator<Item = &'static str>) -> String {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut lines: Vec<String> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    collections::sort(&mut lines);
    lines.join(", ")
}

/// What must be true of the pod's claims whatever the node. Models `volumebinding.go: PreFilter`.
fn claims_allow_scheduling(store: &Store, object: &Object) -> Result<(), String> {
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
fn filter(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Result<NodeVolumes, Refusal> {
    let (spec, node) = (&asks.pod.spec, info.object.node());
    let refuse = |for_good, reason| Err(Refusal::new(for_good, reason));
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
    let mut lacks = Refusal { reasons: Vec::new(), for_good: false };
    if info.count() as i64 + 1 > node.pods {
        lacks.reasons.push(TOO_MANY_PODS);
    }
    for (reason, wanted, used, has) in [
        (LACKS_CPU, asks.cpu, info.used(|l| l.cpu_millis), node.cpu_millis),
        (LACKS_MEMORY, asks.memory, info.used(|l| l.memory_bytes), node.memory_bytes),
    ] {
        if wanted > 0 && wanted > has - used {
            lacks.reasons.push(reason);
            lacks.for_good |= wanted > has;
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

// The reasons that are told with what they are about.
const CORDONED: &str = "node(s) were unschedulable";
const TAINTED: &str = "node(s) had untolerated taint(s)";
const OTHER_LABELS: &str = "node(s) didn't match Pod's node affinity/selector";
const TOO_MANY_PODS: &str = "Too many pods";
const LACKS_CPU: &str = "Insufficient cpu";
const LACKS_MEMORY: &str = "Insufficient memory";

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
pub fn any_term_matches(terms: &[Value], node: &Object) -> bool {
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

/// The ports of the node itself that the pod wants: protocol and number.
fn host_ports(pod: &Pod) -> impl Iterator<Item = (Str, i64)> + '_ {
    let ports = pod.spec.containers.iter().flat_map(|c| list(&c.raw, "ports"));
    ports.filter_map(|p| {
        let port = opt_int(p, "hostPort").filter(|n| *n > 0)?;
        Some((text(p, "protocol"), port))
    })
}

/// What the node would have to do about the pod's claims. Models `volumebinding/binder.go: FindPodVolumes`.
fn find_volumes(store: &Store, object: &Object, node: &Object) -> Result<NodeVolumes, Refusal> {
    let mut found = NodeVolumes::default();
    let mut refusal = Refusal { reasons: Vec::new(), for_good: true };
    let mut add = |reason| {
        if !refusal.reasons.contains(&reason) {
            refusal.reasons.push(reason);
        }
    };
    let mut taken: BTreeSet<Str> = BTreeSet::new();
    for name in object.pod().spec.claims() {
        let claim = store.find(Kind::PersistentVolumeClaim, &object.meta.namespace, name);
        let claim = claim.expect("claims were looked at before nodes");
        let c = claim.claim();
        if let Some(volume) = c.spec.volume_name.as_ref().filter(|_| is_bound(claim)) {
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

const MISSING_LABEL: &str = "node(s) didn't match pod topology spread constraints (missing required label)";

/// Models `podtopologyspread/filtering.go`, for `whenUnsatisfiable: DoNotSchedule`.
fn spread_refuses(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Option<&'static str> {
    let object = asks.object;
    for constraint in asks.spread.iter().filter(|c| get(c, "whenUnsatisfiable") != "ScheduleAnyway") {
        let key = text(constraint, "topologyKey");
        let selector = LabelSelector::from_value(get(constraint, "labelSelector"));
        let Some(here) = info.object.meta.labels.get(&key) else { return Some(MISSING_LABEL) };
        let counts = |o: &&Rc<Object>| {
            o.meta.namespace == object.meta.namespace
                && !o.meta.is_terminating()
                && selector.matches(&o.meta.labels)
        };
        let mut by_value: BTreeMap<&Str, i64> = BTreeMap::new();
        for other in all.iter().filter(|n| wants_node(asks, n.object)) {
            if let Some(value) = other.object.meta.labels.get(&key) {
                *by_value.entry(value).or_default() += other.pods(asks.store).filter(counts).count() as i64;
            }
        }
        let least = by_value.values().min().copied().unwrap_or(0);
        let own = i64::from(selector.matches(&object.meta.labels));
        let skew = by_value.get(here).copied().unwrap_or(0) + own - least;
        if skew > int(constraint, "maxSkew") {
            return Some("node(s) didn't match pod topology spread constraints");
        }
    }
    None
}

/// A required term of pod affinity or anti-affinity.
#[derive(Clone)]
struct PodTerm {
    topology_key: Str,
    selector: LabelSelector,
    namespaces: Vec<Str>,
}

impl PodTerm {
    /// The required terms of `affinity.podAffinity` or `affinity.podAntiAffinity`.
    fn required(object: &Object, field: &str) -> Vec<PodTerm> {
        let affinity = get(get(&object.pod().spec.raw, "affinity"), field);
        let terms = list(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
        terms.iter().map(|t| PodTerm::from_value(t, &object.meta.namespace)).collect()
    }

    /// The preferred terms with their weights.
    fn preferred(object: &Object, field: &str) -> Vec<(i64, PodTerm)> {
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

    fn matches(&self, pod: &Object) -> bool {
        self.namespaces.contains(&pod.meta.namespace) && self.selector.matches(&pod.meta.labels)
    }

    /// Whether a pod that it means is where the node is.
    fn is_met(&self, store: &Store, info: &NodeInfo, all: &[NodeInfo]) -> bool {
        let Some(here) = info.object.meta.labels.get(&self.topology_key) else { return false };
        all.iter()
            .filter(|n| n.object.meta.labels.get(&self.topology_key) == Some(here))
            .any(|n| n.pods(store).any(|p| self.matches(p)))
    }
}

/// Models `interpodaffinity/filtering.go: Filter`.
fn pods_attract(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Result<(), Refusal> {
    let store = asks.store;
    for term in &asks.with {
        // The first pod of a group that wants to be together may go anywhere.
        let none_anywhere = !all.iter().any(|n| n.pods(store).any(|p| term.matches(p)));
        let first = none_anywhere && term.matches(asks.object);
        let labelled = info.object.meta.labels.contains_key(&term.topology_key);
        if !(term.is_met(store, info, all) || first && labelled) {
            return Err(Refusal::new(true, "node(s) didn't match pod affinity rules"));
        }
    }
    if asks.apart.iter().any(|t| t.is_met(store, info, all)) {
        return Err(Refusal::new(false, "node(s) didn't match pod anti-affinity rules"));
    }
    let repels = |(on, term): &(Str, PodTerm)| {
        let other = all.iter().find(|n| n.name() == on);
        let value = |n: &NodeInfo| n.object.meta.labels.get(&term.topology_key).cloned();
        other.is_some_and(|other| value(other).is_some() && value(other) == value(info))
    };
    if asks.repelled.iter().any(repels) {
        return Err(Refusal::new(false, "node(s) didn't satisfy existing pods anti-affinity rules"));
    }
    Ok(())
}

/// How good a node is for a pod; the least is the best. In this order: taints that should keep it away, what it prefers,
/// fewest pods of the same controller, least requested, fewest pods. Between equals decides a number that only depends on
/// the cluster's seed and the names, so that the choice stays the same whatever else happens.
type Rank = (usize, i64, usize, i64, usize);

fn rank(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Rank {
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
