//! Room for a pod at the expense of less important ones. Models `pkg/scheduler/framework/preemption` and
//! `plugins/defaultpreemption` where CPU, memory or the number of pods is what a node lacks.
//!
//! Not simulated: disruption budgets as a reason to choose another node, and preemption for anything else that a node lacks.

use super::plugins::{filter, lacks_only_room};
use super::types::{Asks, FilterStatus, NodeInfo};
use crate::api::event::Involved;
use crate::api::read::{get, int};
use crate::api::{Object, SimTime, Str};
use crate::apiserver::{DeleteOptions, EventType, NodeLoad, Source, Store};
use crate::component::Context;
use std::cmp::Reverse;
use std::rc::Rc;

/// The condition of a pod that has to go (`v1.DisruptionTarget`).
const DISRUPTION_TARGET: &str = "DisruptionTarget";

/// A pod's priority.
fn priority(object: &Object) -> i64 {
    int(&object.pod().spec.raw, "priority")
}

/// Why a pod takes nobody's place, where it does not even look for one (`PodEligibleToPreemptOthers`).
pub(super) fn not_eligible(store: &Store, object: &Object) -> Option<&'static str> {
    if get(&object.pod().spec.raw, "preemptionPolicy") == "Never" {
        return Some("not eligible due to preemptionPolicy=Never.");
    }
    let node = object.pod().status.nominated_node_name.as_ref()?;
    let goes = |other: &Rc<Object>| other.meta.is_terminating() && priority(other) < priority(object);
    store.pods_on(node).any(goes).then_some("not eligible due to a terminating pod on the nominated node.")
}

/// The pods that have to go from a node for another.
struct Victims {
    node: Str,
    /// The most important first.
    pods: Vec<Rc<Object>>,
}

impl Victims {
    /// What is compared between nodes: the less, the better (`pickOneNodeForPreemption`).
    fn cost(&self) -> (i64, i64, usize, Reverse<Option<SimTime>>) {
        let highest = self.pods.first().map_or(i64::MIN, |pod| priority(pod));
        let sum = self.pods.iter().map(|pod| priority(pod)).sum();
        let of_highest = self.pods.iter().filter(|pod| priority(pod) == highest);
        let began = of_highest.filter_map(|pod| pod.pod().status.start_time).min();
        (highest, sum, self.pods.len(), Reverse(began))
    }
}

/// The least important pods that must go from a node so that the pod fits there (`SelectVictimsOnNode`).
fn victims_on(asks: &Asks, info: &NodeInfo, all: &[NodeInfo]) -> Option<Victims> {
    let mut lower: Vec<Rc<Object>> = info
        .pods(asks.store)
        .filter(|pod| pod.pod().spec.node_name.is_some() && priority(pod) < priority(asks.object))
        .cloned()
        .collect();
    if lower.is_empty() {
        return None;
    }
    collections::sort_by_key(&mut lower, |pod| (Reverse(priority(pod)), pod.pod().status.start_time));
    let mut load: NodeLoad = info.load.cloned().unwrap_or_default();
    lower.iter().for_each(|pod| load.count(pod, false));
    let fits =
        |load: &NodeLoad| filter(asks, &NodeInfo { object: info.object, load: Some(load) }, all).is_ok();
    if !fits(&load) {
        return None;
    }
    // Those that fit beside it stay, the most important first.
    lower.retain(|pod| {
        load.count(pod, true);
        let has_to_go = !fits(&load);
        if has_to_go {
            load.count(pod, false);
        }
        has_to_go
    });
    Some(Victims { node: info.name().clone(), pods: lower })
}

/// The node where the pod takes others' place at the least cost, with those others. `refusals`: why each of the nodes does not
/// take it.
pub(super) fn find(
    asks: &Asks,
    refusals: &[FilterStatus],
    all: &[NodeInfo],
) -> Option<(Str, Vec<Rc<Object>>)> {
    let may_help = |status: &FilterStatus| !status.unresolvable && lacks_only_room(status);
    let candidates = refusals.iter().zip(all).filter(|(status, _)| may_help(status));
    let victims = candidates.filter_map(|(_, info)| victims_on(asks, info, all)).min_by_key(Victims::cost)?;
    Some((victims.node, victims.pods))
}

/// Tells pods to go for another (`prepareCandidate`).
pub(super) fn evict(context: &mut Context, object: &Object, node: &Str, victims: &[Rc<Object>]) {
    let now = context.now();
    for victim in victims {
        let key = victim.key();
        let message = "default-scheduler: preempting to accommodate a higher priority pod";
        let told = context.api.update_status(&key, |o| {
            let reason = Some("PreemptionByScheduler");
            o.pod_mut().set_condition(DISRUPTION_TARGET, Some(true), reason, Some(message), now);
        });
        if told.is_err() || context.api.delete(&key, DeleteOptions::default()).is_err() {
            continue;
        }
        let message = format!("Preempted by pod {} on node {node}", object.meta.uid);
        context.api.event(Source::SCHEDULER, Involved::of(victim), EventType::Normal, "Preempted", &message);
    }
}
