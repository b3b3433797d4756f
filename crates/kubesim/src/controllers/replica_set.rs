//! The ReplicaSet controller: so many pods of one template, none of them with an identity.
//!
//! Models `pkg/controller/replicaset/replica_set.go` and `replica_set_utils.go`.

use crate::api::event::Involved;
use crate::api::meta::Condition;
use crate::api::pod::{Pod, PodPhase};
use crate::api::status::ApiError;
use crate::api::verdict::{Component, Reason};
use crate::api::workload::{ReplicaSet, ReplicaSetStatus};
use crate::api::{Body, Key, Kind, Object, ObjectMeta, OwnerReference, SimTime};
use crate::apiserver::{ApiServer, DeleteOptions, EventType, Source, Store};
use crate::component::ref_manager::{claim, is_new_orphan};
use crate::component::{Context, Found, Outcome, WatchEvent, add_controller_of};
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::rc::Rc;

const ME: Component = Component::ReplicaSetController;
const SOURCE: Source<'static> = Source::controller("replicaset-controller");
/// How many pods are made or deleted in one go (`replicaset.BurstReplicas`).
const BURST_REPLICAS: usize = 500;
/// The condition that says that pods could not be made or deleted.
pub const REPLICA_FAILURE: &str = "ReplicaFailure";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";

/// Says which ReplicaSets have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::ReplicaSet => add(ME, change.key.clone()),
        Kind::Pod => {
            add_controller_of(change, Kind::ReplicaSet, ME, add);
            let Some(orphan) = change.after.filter(|pod| is_new_orphan(change.before, pod)) else { return };
            for set in store.list_in(Kind::ReplicaSet, &orphan.meta.namespace) {
                if set.replica_set().spec.selector.matches(&orphan.meta.labels) {
                    add(ME, set.key());
                }
            }
        }
        _ => {}
    }
}

/// Whether it counts: it has not ended, and nobody told it to go (`controller.IsPodActive`).
fn is_active(pod: &Object) -> bool {
    !pod.pod().is_terminal() && !pod.meta.is_terminating()
}

/// Looks at a ReplicaSet. Models `replica_set.go: syncReplicaSet`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(set) = context.store().get(key).cloned() else { return Outcome::DONE };
    let found = reconcile(context.api, &set);
    context.report(ME, key, found)
}

fn reconcile(api: &mut ApiServer, set: &Object) -> Found {
    let body = set.replica_set();
    let now = api.now;
    let all: Vec<Rc<Object>> = api.store().list_in(Kind::Pod, &set.meta.namespace).cloned().collect();
    let matches = |pod: &Object| body.spec.selector.matches(&pod.meta.labels);
    let leaves = |pod: &&Rc<Object>| {
        let stops = pod.meta.is_terminating() && !pod.pod().is_terminal();
        stops && pod.meta.is_controlled_by(set.meta.uid) && matches(pod)
    };
    let terminating = all.iter().filter(leaves).count() as i32;
    let active = all.into_iter().filter(|pod| is_active(pod)).collect();
    let active = claim(api, set, active, &matches)?;
    let managed = if set.meta.is_terminating() {
        Ok(Some(Reason::BeingDeleted))
    } else {
        manage_replicas(api, set, &active)
    };
    let status = status(body, &active, terminating, managed.as_ref().err(), now);
    let (ready, available) = (status.ready_replicas, status.available_replicas);
    let status = ReplicaSetStatus { observed_generation: set.meta.generation, ..status };
    if api.store().get(&set.key()).is_some() {
        api.update_status(&set.key(), |o| o.replica_set_mut().status = status)?;
    }
    let wanted = body.spec.replicas;
    let waiting = Reason::WaitingForReplicas { ready, available, wanted };
    let settled = if available < wanted { waiting } else { Reason::Settled };
    let reason = managed?.unwrap_or(settled);
    let min_ready = body.spec.min_ready_seconds;
    let availability = active.iter().filter_map(|pod| pod.pod().available_at(min_ready));
    Ok((reason, availability.filter(|at| *at > now).min()))
}

/// Makes the pods that are missing, or deletes those that are too many. Returns what it did, if anything. Models
/// `replica_set.go: manageReplicas`. Errors: what the API server refused.
fn manage_replicas(
    api: &mut ApiServer,
    set: &Object,
    active: &[Rc<Object>],
) -> Result<Option<Reason>, ApiError> {
    let wanted = set.replica_set().spec.replicas.max(0) as usize;
    match active.len().cmp(&wanted) {
        Ordering::Equal => Ok(None),
        Ordering::Less => {
            let count = (wanted - active.len()).min(BURST_REPLICAS);
            slow_start_batch(count, || create_pod(api, set))?;
            Ok(Some(Reason::CreatedPods { count }))
        }
        Ordering::Greater => {
            let count = (active.len() - wanted).min(BURST_REPLICAS);
            for pod in pods_to_delete(api, set, active, count) {
                delete_pod(api, set, &pod)?;
            }
            Ok(Some(Reason::DeletedPods { count }))
        }
    }
}

/// Tries `each` one time, then twice, then four times … and stops after a batch in which one has failed. Models
/// `replica_set.go: slowStartBatch`. Errors: the first failure.
fn slow_start_batch(count: usize, mut each: impl FnMut() -> Result<(), ApiError>) -> Result<(), ApiError> {
    let mut left = count;
    let mut batch = 1;
    while left > 0 {
        let results: Vec<_> = (0..batch.min(left)).map(|_| each()).collect();
        left -= results.len();
        batch *= 2;
        results.into_iter().collect::<Result<(), _>>()?;
    }
    Ok(())
}

/// Models `controller_utils.go: GetPodFromTemplate` and `RealPodControl.createPods`.
fn create_pod(api: &mut ApiServer, set: &Object) -> Result<(), ApiError> {
    let template = &set.replica_set().spec.template;
    let meta = ObjectMeta {
        generate_name: Some(format!("{}-", set.meta.name).into()),
        labels: template.labels.clone(),
        annotations: template.annotations.clone(),
        finalizers: template.finalizers.clone(),
        owner_references: [OwnerReference::controller(set)].into(),
        namespace: set.meta.namespace.clone(),
        ..ObjectMeta::default()
    };
    let pod = Pod::new((*template.spec).clone());
    match api.create(Object::new(Kind::Pod, meta, Body::Pod(pod))) {
        Ok(pod) => {
            let message = format!("Created pod: {}", pod.meta.name);
            api.event(SOURCE, Involved::of(set), EventType::Normal, "SuccessfulCreate", &message);
            Ok(())
        }
        Err(error) if error.is_namespace_terminating() => Ok(()),
        Err(error) => {
            let message = format!("Error creating: {error}");
            api.event(SOURCE, Involved::of(set), EventType::Warning, "FailedCreate", &message);
            Err(error)
        }
    }
}

fn delete_pod(api: &mut ApiServer, set: &Object, pod: &Object) -> Result<(), ApiError> {
    let name = &pod.meta.name;
    match api.delete(&pod.key(), DeleteOptions::default()) {
        Ok(_) => {
            let message = format!("Deleted pod: {name}");
            api.event(SOURCE, Involved::of(set), EventType::Normal, "SuccessfulDelete", &message);
            Ok(())
        }
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => {
            let message = format!("Error deleting: {error}");
            api.event(SOURCE, Involved::of(set), EventType::Warning, "FailedDelete", &message);
            Err(ApiError::new(error.reason, format!("unable to delete pods: {error}")))
        }
    }
}

/// Models `replica_set.go: getPodsToDelete`.
fn pods_to_delete(api: &ApiServer, set: &Object, active: &[Rc<Object>], count: usize) -> Vec<Rc<Object>> {
    let mut pods = active.to_vec();
    if count < pods.len() {
        let on_node = related_pods_by_node(api.store(), set);
        let rank = |pod: &Object| on_node.get(&pod.pod().spec.node_name).copied().unwrap_or(0);
        // The order is no total one (see `older`), which the library's sort would not forgive.
        for end in 1..pods.len() {
            let mut at = end;
            while at > 0 && {
                let (a, b) = (&pods[at], &pods[at - 1]);
                deletion_order(a, b, rank(b).cmp(&rank(a)), api.now) == Ordering::Less
            } {
                pods.swap(at, at - 1);
                at -= 1;
            }
        }
    }
    pods.truncate(count);
    pods
}

/// How many pods of this ReplicaSet and of its owner's others each node has. Models `replica_set.go:
/// getIndirectlyRelatedPods`.
fn related_pods_by_node(store: &Store, set: &Object) -> BTreeMap<Option<crate::api::Str>, usize> {
    let owner = set.meta.controller().map(|o| o.uid);
    let related = |other: &&Rc<Object>| match owner {
        Some(owner) => other.meta.is_controlled_by(owner),
        None => other.meta.uid == set.meta.uid,
    };
    let sets: Vec<_> = store.list_in(Kind::ReplicaSet, &set.meta.namespace).filter(related).collect();
    let mut on_node = BTreeMap::new();
    for pod in store.list_in(Kind::Pod, &set.meta.namespace).filter(|pod| is_active(pod)) {
        if sets.iter().any(|set| set.replica_set().spec.selector.matches(&pod.meta.labels)) {
            *on_node.entry(pod.pod().spec.node_name.clone()).or_insert(0) += 1;
        }
    }
    on_node
}

/// Which of two pods is deleted first; `crowded` is less if the first shares its node with more of its kind. Models
/// `controller_utils.go: ActivePodsWithRanks.Less`.
fn deletion_order(a: &Object, b: &Object, crowded: Ordering, now: SimTime) -> Ordering {
    let (pod, other) = (a.pod(), b.pod());
    let phase = |pod: &Pod| match pod.status.phase {
        PodPhase::Running => 2,
        PodPhase::Unknown => 1,
        _ => 0,
    };
    let cost = |o: &Object| o.meta.annotation(DELETION_COST).and_then(|c| c.parse::<i32>().ok()).unwrap_or(0);
    let restarts = |pod: &Pod| pod.status.container_statuses.iter().map(|c| c.restart_count).max();
    let ready_since = match (pod.ready_since(), other.ready_since()) {
        (Some(a_since), Some(b_since)) => older((a, a_since), (b, b_since), now),
        _ => Ordering::Equal,
    };
    (pod.spec.node_name.is_some().cmp(&other.spec.node_name.is_some()))
        .then(phase(pod).cmp(&phase(other)))
        .then(pod.is_ready().cmp(&other.is_ready()))
        .then(cost(a).cmp(&cost(b)))
        .then(crowded)
        .then(ready_since)
        .then(restarts(other).cmp(&restarts(pod)))
        .then_with(|| older((a, a.meta.creation_timestamp), (b, b.meta.creation_timestamp), now))
}

/// The younger first, by the order of magnitude of their ages; within one, the one whose uid is smaller.
fn older(a: (&Object, SimTime), b: (&Object, SimTime), now: SimTime) -> Ordering {
    if a.1 == b.1 {
        return Ordering::Equal;
    }
    let magnitude = |since: SimTime| (((now - since).0.max(0) as u64) * 1_000_000).checked_ilog2();
    magnitude(a.1).cmp(&magnitude(b.1)).then_with(|| a.0.meta.uid.cmp(&b.0.meta.uid))
}

/// Models `replica_set_utils.go: calculateStatus`.
fn status(
    set: &ReplicaSet,
    active: &[Rc<Object>],
    terminating: i32,
    error: Option<&ApiError>,
    now: SimTime,
) -> ReplicaSetStatus {
    let count = |which: &dyn Fn(&Object) -> bool| active.iter().filter(|pod| which(pod)).count() as i32;
    let labels = &set.spec.template.labels;
    let failure = |c: &Condition| &*c.kind == REPLICA_FAILURE;
    let mut conditions = set.status.conditions.clone();
    match error {
        None => conditions.retain(|c| !failure(c)),
        Some(_) if conditions.iter().any(failure) => {}
        Some(error) => {
            let too_few = (active.len() as i32) < set.spec.replicas;
            conditions.push(Condition {
                kind: REPLICA_FAILURE.into(),
                status: Some(true),
                reason: Some(if too_few { "FailedCreate" } else { "FailedDelete" }.into()),
                message: Some(error.message.as_str().into()),
                last_transition_time: now.whole_seconds(),
            });
        }
    }
    ReplicaSetStatus {
        observed_generation: 0,
        replicas: active.len() as i32,
        fully_labeled_replicas: count(&|pod| labels.iter().all(|(k, v)| pod.meta.labels.get(k) == Some(v))),
        ready_replicas: count(&|pod| pod.pod().is_ready()),
        available_replicas: count(&|pod| pod.pod().is_available(set.spec.min_ready_seconds, now)),
        terminating_replicas: Some(terminating),
        conditions,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Span;
    use crate::controllers::testing::Bench;

    fn web(replicas: i32) -> Bench {
        let mut bench = Bench::new(&[ME]);
        let manifest = format!(
            r#"
apiVersion: apps/v1
kind: ReplicaSet
metadata: {{name: web}}
spec:
  replicas: {replicas}
  selector: {{matchLabels: {{app: web}}}}
  template:
    metadata: {{labels: {{app: web}}}}
    spec: {{containers: [{{name: main, image: nginx}}]}}
"#
        );
        crate::testing::create(&mut bench.cluster, &manifest);
        bench.settle();
        bench
    }

    fn scale(bench: &mut Bench, replicas: i32) {
        bench.update(Kind::ReplicaSet, "web", |o| o.replica_set_mut().set_replicas(replicas));
        bench.settle();
    }

    fn staying(bench: &Bench) -> Vec<String> {
        let stays = |name: &String| !bench.get(Kind::Pod, name).meta.is_terminating();
        bench.names(Kind::Pod).into_iter().filter(stays).collect()
    }

    #[test]
    fn it_makes_pods_and_says_so() {
        let bench = web(3);
        let names = bench.names(Kind::Pod);
        assert!(
            names.len() == 3 && names.iter().all(|n| n.starts_with("web-") && n.len() == "web-xxxxx".len())
        );
        let events = bench.events(Kind::ReplicaSet, "web");
        assert!(
            events.len() == 3 && events.iter().all(|e| e.starts_with("SuccessfulCreate Created pod: web-"))
        );
        let status = &bench.get(Kind::ReplicaSet, "web").replica_set().status;
        assert_eq!((status.replicas, status.ready_replicas, status.observed_generation), (3, 0, 1));
    }

    #[test]
    fn pods_that_are_worth_least_go_first() {
        let mut bench = web(4);
        let names = bench.names(Kind::Pod);
        for (name, node) in names.iter().zip(["chhan-k8s-2", "chhan-k8s-2", "chhan-k8s-3"]) {
            bench.place(name, node, "172.16.1.1");
            bench.set_ready(name, true);
            bench.run(Span::seconds(30));
        }
        scale(&mut bench, 3);
        assert_eq!(staying(&bench), names[..3], "the one without a node");
        scale(&mut bench, 2);
        let left = staying(&bench);
        assert!(left.contains(&names[2]) && left.len() == 2, "one of the two that share a node");
        bench.set_ready(&names[2], false);
        scale(&mut bench, 1);
        assert!(!staying(&bench).contains(&names[2]), "the one that is not ready");
    }

    #[test]
    fn it_adopts_pods_that_match_and_lets_go_of_those_that_no_longer_do() {
        let mut bench = web(2);
        let name = bench.names(Kind::Pod)[0].clone();
        bench.update(Kind::Pod, &name, |o| o.meta.set_label("app", "debug"));
        bench.settle();
        assert!(bench.get(Kind::Pod, &name).meta.owner_references.is_empty());
        assert_eq!(bench.names(Kind::Pod).len(), 3);
        bench.update(Kind::Pod, &name, |o| o.meta.set_label("app", "web"));
        bench.settle();
        assert_eq!(staying(&bench).len(), 2, "with the adopted one there is one too many");
    }

    #[test]
    fn a_batch_with_a_failure_is_the_last() {
        let mut tried = 0;
        let result = slow_start_batch(20, || {
            tried += 1;
            if tried < 3 {
                Ok(())
            } else {
                Err(ApiError::new(crate::api::status::StatusReason::Forbidden, "no"))
            }
        });
        assert!(result.is_err());
        assert_eq!(tried, 3, "one, then two of which the second fails");
    }
}
