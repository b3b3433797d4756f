//! One pod's way to its node. Models `pkg/scheduler/schedule_one.go`, and the wait for the pod's claims of
//! `pkg/scheduler/framework/plugins/volumebinding/binder.go`.

use super::plugins::{self, Rank, claims_allow_scheduling, filter, rank};
use super::preemption;
use super::types::{Asks, FilterStatus, NodeInfo, NodeRefusal, NodeVolumes, is_pending};
use crate::api::event::Involved;
use crate::api::pod::condition;
use crate::api::read::get;
use crate::api::verdict::{Component, Reason};
use crate::api::volume::{BOUND_BY_CONTROLLER, ClaimRef, SELECTED_NODE};
use crate::api::{Key, Kind, Object, Span, Str};
use crate::apiserver::{EventType, NodeLoad, Source, Store};
use crate::base::hash::NameHash;
use crate::component::volume_binding::is_bound;
use crate::component::{Context, Outcome};
use std::collections::BTreeMap;
use std::rc::Rc;

/// How often a pod whose claims are being bound looks whether they are
/// (`pkg/scheduler/framework/plugins/volumebinding/binder.go: BindPodVolumes`).
const BINDING_POLL: Span = Span::seconds(1);

/// After this the binding has failed (`VolumeBindingArgs.bindTimeoutSeconds`).
const BIND_TIMEOUT: Span = Span::seconds(600);

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
    let verdict = context.store().verdict(Component::Scheduler, key);
    let found_none = verdict.is_some_and(|v| matches!(v.reason, Reason::Unschedulable { .. }));
    if let Some(node) = object.pod().status.nominated_node_name.clone().filter(|_| !found_none) {
        return wait_for_claims(context, &object, &node);
    }
    match find_node(context.store(), &object, context.api.seed) {
        Ok(choice) => reserve(context, &object, &choice),
        // Those that leave their place are still there: nothing new is to be said.
        Err(NoNode { nominated: Some(_), victims, .. }) if found_none && victims.is_empty() => Outcome::DONE,
        Err(NoNode { message, nominated, victims }) => {
            unschedulable(context, &object, &message, nominated.clone());
            if let Some(node) = nominated {
                preemption::evict(context, &object, &node, &victims);
            }
            Outcome::DONE
        }
    }
}

/// Why there is no node for a pod, and what is done about it.
struct NoNode {
    /// As the FailedScheduling event says it.
    message: String,
    /// The node that others leave for it.
    nominated: Option<Str>,
    /// Those others, as far as they have not been told yet.
    victims: Vec<Rc<Object>>,
}

impl From<String> for NoNode {
    fn from(message: String) -> NoNode {
        NoNode { message, nominated: None, victims: Vec::new() }
    }
}

/// The nodes, each with what pods use of it. `own`: what is used of the node that was promised to the pod, itself left out.
fn nodes_for<'a>(store: &'a Store, own: Option<&'a (Str, NodeLoad)>) -> Vec<NodeInfo<'a>> {
    let with_own = |(object, load): (&'a Rc<Object>, Option<&'a NodeLoad>)| {
        let promised = own.filter(|(node, _)| *node == object.meta.name).map(|(_, load)| load);
        NodeInfo { object, load: promised.or(load) }
    };
    store.nodes_with_loads().map(with_own).collect()
}

/// What is used of the node that was promised to a pod, without the pod.
fn own_load(store: &Store, object: &Object) -> Option<(Str, NodeLoad)> {
    let node = object.pod().status.nominated_node_name.clone()?;
    let (_, load) = store.nodes_with_loads().find(|(known, _)| known.meta.name == node)?;
    let mut load = load?.clone();
    load.count(object, false);
    Some((node, load))
}

/// Where a pod is to go, and what has to be done about its claims first.
struct Choice {
    node: Str,
    volumes: NodeVolumes,
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
    unschedulable(context, object, &format!("binding volumes: {why}"), None);
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
fn unschedulable(context: &mut Context, object: &Object, message: &str, nominated: Option<Str>) {
    let key = object.key();
    let now = context.now();
    let reason = Reason::Unschedulable { message: message.into() };
    context.api.set_verdict(Component::Scheduler, &key, Some(reason), None);
    let mut news = false;
    let written = context.api.update_status(&key, |o| {
        let pod = o.pod_mut();
        pod.status.nominated_node_name = nominated;
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

/// Why each node refuses a pod in this world, by node; nothing if one takes it, or if it does not come to that, as a claim is
/// missing. Pure: what the scheduler found last may have been another world.
pub fn refusals(store: &Store, object: &Object) -> Vec<(Str, NodeRefusal)> {
    let own = own_load(store, object);
    let nodes = nodes_for(store, own.as_ref());
    if claims_allow_scheduling(store, object).is_err() {
        return Vec::new();
    }
    let asks = Asks::new(store, object);
    let mut refused = Vec::new();
    for info in &nodes {
        let Err(refusal) = filter(&asks, info, &nodes) else { return Vec::new() };
        let reasons = refusal.reasons.iter();
        refused.extend(reasons.map(|reason| (info.name().clone(), plugins::refusal(&asks, info, reason))));
    }
    refused
}

/// The node for a pod, or the message of the FailedScheduling event
/// (`pkg/scheduler/framework/types.go: FitError.Error`).
fn find_node(store: &Store, object: &Object, seed: u64) -> Result<Choice, NoNode> {
    let own = own_load(store, object);
    let nodes = nodes_for(store, own.as_ref());
    if nodes.is_empty() {
        return Err("no nodes available to schedule pods".to_string().into());
    }
    let available = || format!("0/{} nodes are available:", nodes.len());
    if let Err(why) = claims_allow_scheduling(store, object) {
        return Err(format!("{} {why}. not found", available()).into());
    }
    let asks = Asks::new(store, object);
    let mut refusals: Vec<FilterStatus> = Vec::new();
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
    Err(no_node(&asks, &refusals, &nodes))
}

/// What no node's refusal leads to: others go, or the pod waits (`pkg/scheduler/schedule_one.go: RunPostFilterPlugins`).
fn no_node(asks: &Asks, refusals: &[FilterStatus], nodes: &[NodeInfo]) -> NoNode {
    let available = format!("0/{} nodes are available:", nodes.len());
    let reasons = refusals.iter().flat_map(|r| r.reasons.iter().map(|reason| &**reason));
    let refused = format!("{available} {}.", histogram(reasons));
    let with = |why: &str| format!("{refused} no new claims to deallocate, preemption: {why}");
    if let Some(why) = preemption::not_eligible(asks.store, asks.object) {
        let nominated = asks.pod.status.nominated_node_name.clone();
        return NoNode { message: with(why), nominated, victims: Vec::new() };
    }
    if let Some((node, victims)) = preemption::find(asks, refusals, nodes) {
        return NoNode { message: refused, nominated: Some(node), victims };
    }
    let preemption = refusals.iter().map(|r| match r.unresolvable {
        true => "Preemption is not helpful for scheduling",
        false => "No preemption victims found for incoming pod",
    });
    with(&format!("{available} {}.", histogram(preemption))).into()
}

/// `1 node(s) had untolerated taint(s), 3 Insufficient cpu`
fn histogram<'a>(reasons: impl Iterator<Item = &'a str>) -> String {
    let mut counts: BTreeMap<&'a str, usize> = BTreeMap::new();
    for reason in reasons {
        *counts.entry(reason).or_default() += 1;
    }
    let mut lines: Vec<String> = counts.iter().map(|(reason, n)| format!("{n} {reason}")).collect();
    collections::sort(&mut lines);
    lines.join(", ")
}
