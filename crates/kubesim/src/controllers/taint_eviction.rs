//! The taint eviction controller: pods leave a node with a `NoExecute` taint that they do not tolerate, or no longer.
//!
//! Models `pkg/controller/tainteviction/taint_eviction.go`. Its queue of evictions to come is what it says of each pod
//! ([`Reason::Tolerating`] and until when).

use super::node_lifecycle::pods_on;
use crate::api::event::Involved;
use crate::api::node::Taint;
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, Object, Span, Str, Uid};
use crate::apiserver::{ApiServer, Change, DeleteOptions, EventType, Source, Store};
use crate::component::{Context, Outcome, WatchEvent};
use std::rc::Rc;

const ME: Component = Component::TaintEvictionController;
const SOURCE: Source<'static> = Source::controller("taint-eviction-controller");

/// Says which pods have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::Node => {
            let taints = |node: Option<&Object>| -> Vec<Taint> { node.map(no_execute).unwrap_or_default() };
            if taints(change.before) != taints(change.after) {
                pods_on(store, &change.key.name).iter().for_each(|pod| add(ME, pod.key()));
            }
        }
        Kind::Pod => {
            let matters = |pod: Option<&Object>| {
                let spec = &pod?.pod().spec;
                Some((spec.node_name.clone()?, spec.tolerations.clone()))
            };
            let same_spec = change.before.zip(change.after);
            if same_spec.is_some_and(|(a, b)| Rc::ptr_eq(&a.pod().spec, &b.pod().spec)) {
                return;
            }
            // Nobody was waiting for the end of a pod whose node has no such taint.
            let node = change.object().pod().spec.node_name.as_deref().unwrap_or_default();
            let node = store.find_cluster(Kind::Node, node);
            let is_over = change.after.is_none() && node.is_some_and(|node| no_execute(node).is_empty());
            if !is_over && matters(change.before) != matters(change.after) {
                add(ME, change.key.clone());
            }
        }
        _ => {}
    }
}

fn no_execute(node: &Object) -> Vec<Taint> {
    node.node().taints.iter().filter(|t| &*t.effect == "NoExecute").cloned().collect()
}

/// How long a pod tolerates its node's taints.
#[derive(PartialEq)]
enum Patience {
    /// There is nothing to tolerate, or it tolerates it for ever.
    Endless,
    /// So many seconds.
    Seconds(i64),
    /// It does not tolerate one of them.
    None,
}

/// Models `getMinTolerationTime` and `v1helper.GetMatchingTolerations`.
fn patience(pod: &Object, taints: &[Taint]) -> Patience {
    let tolerations = &pod.pod().spec.tolerations;
    let mut least = None;
    for taint in taints {
        let Some(toleration) = tolerations.iter().find(|t| t.tolerates(taint)) else { return Patience::None };
        least = [least, toleration.seconds].into_iter().flatten().min();
    }
    match least {
        None => Patience::Endless,
        Some(seconds) if seconds <= 0 => Patience::None,
        Some(seconds) => Patience::Seconds(seconds),
    }
}

/// Looks at a pod. Models `processPodOnNode`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let now = context.now();
    let Some(pod) = context.store().get(key).cloned() else {
        if was_tolerating(context.api, key) {
            say(context.api, key, "Cancelling deletion of Pod");
        }
        return Outcome::DONE;
    };
    let node = pod.pod().spec.node_name.as_deref().unwrap_or_default();
    let node = context.store().get(&Key::cluster(Kind::Node, node));
    let taints = node.map(|node| no_execute(node)).unwrap_or_default();
    let planned = context.store().verdict(ME, key).filter(|v| matches!(v.reason, Reason::Tolerating { .. }));
    let planned = planned.map(|v| (v.until, v.reason.clone()));
    let patience = patience(&pod, &taints);
    let due = match (&patience, &planned) {
        (Patience::Seconds(_), Some((Some(until), _))) => *until,
        (Patience::Seconds(seconds), _) => now + Span::seconds(*seconds),
        _ => now,
    };
    if patience == Patience::Endless || (planned.is_some() && patience == Patience::None) {
        if planned.is_some() {
            say(context.api, key, "Cancelling deletion of Pod");
        }
        context.api.set_verdict(ME, key, None, None);
    }
    if patience == Patience::Endless || already_evicted(context.store(), key) {
        return Outcome::DONE;
    }
    let taint: Str = taints[0].key.clone();
    if due > now {
        context.api.set_verdict(ME, key, Some(Reason::Tolerating { taint }), Some(due));
        return Outcome::at(due);
    }
    say(context.api, key, "Marking for deletion Pod");
    context.api.set_verdict(ME, key, Some(Reason::EvictedByTaint { taint }), None);
    let marked = context.api.update_status(key, |o| {
        let (reason, message) = ("DeletionByTaintManager", "Taint manager: deleting due to NoExecute taint");
        o.pod_mut().set_condition("DisruptionTarget", Some(true), Some(reason), Some(message), now);
    });
    marked.expect("the pod is there");
    context.api.delete(key, DeleteOptions::default()).expect("the pod is there");
    Outcome::DONE
}

fn already_evicted(store: &Store, key: &Key) -> bool {
    store.verdict(ME, key).is_some_and(|v| matches!(v.reason, Reason::EvictedByTaint { .. }))
}

/// Whether a pod that is gone still had time when it went.
fn was_tolerating(api: &ApiServer, pod: &Key) -> bool {
    let last = api.history().entries().iter().rev().take_while(|e| e.at + Span::seconds(1) >= api.now);
    let taken_back = last.filter_map(|e| match &e.change {
        Change::Verdict { key: (ME, key), before, after: None } if key == pod => before.as_ref(),
        _ => None,
    });
    taken_back.take(1).any(|verdict| matches!(verdict.reason, Reason::Tolerating { .. }))
}

/// Its events do not name the pod's uid, so `kubectl describe pod` does not show them.
fn say(api: &mut ApiServer, pod: &Key, what: &str) {
    let Key { namespace, name, .. } = pod;
    let involved = Involved {
        api_version: "v1".into(),
        kind: Kind::Pod.name().into(),
        namespace: namespace.clone(),
        name: name.clone(),
        uid: Uid::default(),
        field_path: None,
        resource_version: 0,
    };
    let message = format!("{what} {namespace}/{name}");
    api.event(SOURCE, involved, EventType::Normal, "TaintManagerEviction", &message);
}
