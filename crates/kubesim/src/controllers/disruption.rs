//! The disruption controller: how many of the pods that a PodDisruptionBudget guards may be evicted now.
//!
//! Models `pkg/controller/disruption/disruption.go`. What heeds the budget is the eviction API.

use crate::api::event::Involved;
use crate::api::meta::Condition;
use crate::api::read::{Writer, get, list, time};
use crate::api::verdict::{Component, Reason};
use crate::api::workload::scaled_value;
use crate::api::{Body, Key, Kind, LabelSelector, Object, SimTime, Span};
use crate::apiserver::{ApiServer, EventType, Source, Store};
use crate::component::{Context, Outcome, WatchEvent};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

const ME: Component = Component::DisruptionController;
const SOURCE: Source<'static> = Source::controller("controllermanager");
/// How long a pod whose eviction was granted may take to be told to go.
const DELETION_TIMEOUT: Span = Span::seconds(2 * 60);
const DISRUPTION_ALLOWED: &str = "DisruptionAllowed";

/// Says which budgets have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::PodDisruptionBudget => add(ME, change.key.clone()),
        Kind::Pod => {
            for budget in store.list_in(Kind::PodDisruptionBudget, &change.key.namespace) {
                if change.both().any(|pod| guards(&tree(budget), pod)) {
                    add(ME, budget.key());
                }
            }
        }
        _ => {}
    }
}

fn tree(budget: &Object) -> Rc<Value> {
    match &budget.body {
        Body::Other(tree) => tree.clone(),
        _ => panic!("{} is no PodDisruptionBudget", budget.key()),
    }
}

/// Whether the budget is about this pod. Without a selector it is about none.
fn guards(budget: &Value, pod: &Object) -> bool {
    let selector = get(get(budget, "spec"), "selector");
    selector.is_object() && LabelSelector::from_value(selector).matches(&pod.meta.labels)
}

/// Looks at a budget. Models `trySync`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(budget) = context.store().get(key).cloned() else { return Outcome::DONE };
    let tree = tree(&budget);
    let pods: Vec<Rc<Object>> = context
        .store()
        .list_in(Kind::Pod, &key.namespace)
        .filter(|pod| guards(&tree, pod))
        .cloned()
        .collect();
    if pods.is_empty() {
        say(context.api, &budget, EventType::Normal, "NoPods", "No matching pods found");
    }
    let status = get(&tree, "status");
    let (expected, desired) = match expectation(context.store(), get(&tree, "spec"), &pods) {
        Ok(counts) => counts,
        Err(message) => {
            let text = format!("Failed to calculate the number of expected pods: {message}");
            say(context.api, &budget, EventType::Warning, "CalculateExpectedPodCountFailed", &text);
            let mut status = with_condition(status, "SyncFailed", Some(&message), &budget, context.now());
            status["disruptionsAllowed"] = 0.into();
            write(context.api, &budget, status);
            context.api.set_verdict(ME, key, Some(Reason::Failed { message: message.into() }), None);
            return Outcome::DONE;
        }
    };
    let spec = get(&tree, "spec");
    let of_controllers = !get(spec, "maxUnavailable").is_null() || get(spec, "minAvailable").is_string();
    if of_controllers && pods.iter().any(|pod| pod.meta.controller().is_none()) {
        let text = format!(
            "Pods selected by this PodDisruptionBudget (selector: {}) were found to be unmanaged. As a result, the \
             status of the PDB cannot be calculated correctly, which may result in undefined behavior. To account for \
             these pods please set \".spec.minAvailable\" field of the PDB to an integer value.",
            selector_text(get(spec, "selector"))
        );
        say(context.api, &budget, EventType::Warning, "UnmanagedPods", &text);
    }
    let now = context.now();
    let disrupted = disrupted_pods(status, &pods, now);
    let counts = |pod: &&Rc<Object>| {
        let going = pod.meta.is_terminating() || disrupted.contains_key(&*pod.meta.name);
        !going && pod.pod().is_ready()
    };
    let healthy = pods.iter().filter(counts).count() as i32;
    let allowed = if expected > 0 { (healthy - desired).max(0) } else { 0 };
    let names = disrupted.iter().map(|(name, at)| (name.clone(), Value::from(at.rfc3339())));
    let new = Writer::new()
        .some("observedGeneration", budget.meta.generation)
        .some("disruptedPods", Value::Object(collections::collect(names)))
        .put("disruptionsAllowed", allowed)
        .put("currentHealthy", healthy)
        .put("desiredHealthy", desired)
        .put("expectedPods", expected)
        .put("conditions", get(status, "conditions").clone());
    let reason = if allowed > 0 { "SufficientPods" } else { "InsufficientPods" };
    write(context.api, &budget, with_condition(&new.done(), reason, None, &budget, now));
    context.api.set_verdict(ME, key, Some(Reason::DisruptionsAllowed { allowed, healthy, desired }), None);
    let requeue_at = disrupted.values().map(|at| *at + DELETION_TIMEOUT + Span(1)).min();
    Outcome { requeue_at, failed: false }
}

/// A selector as Go's `LabelSelector.String` has it.
fn selector_text(selector: &Value) -> String {
    let labels = get(selector, "matchLabels").as_object();
    let labels = labels.into_iter().flatten();
    let labels: String = labels.map(|(k, v)| format!("{k}: {},", v.as_str().unwrap_or_default())).collect();
    let text = |v: &Value, field| get(v, field).as_str().unwrap_or_default().to_string();
    let expressions = list(selector, "matchExpressions").iter().map(|e| {
        let values: Vec<&str> = list(e, "values").iter().filter_map(Value::as_str).collect();
        let (key, operator) = (text(e, "key"), text(e, "operator"));
        format!("LabelSelectorRequirement{{Key:{key},Operator:{operator},Values:[{}],}},", values.join(" "))
    });
    let expressions: String = expressions.collect();
    format!(
        "&LabelSelector{{MatchLabels:map[string]string{{{labels}}},\
         MatchExpressions:[]LabelSelectorRequirement{{{expressions}}},}}"
    )
}

fn say(api: &mut ApiServer, budget: &Object, event_type: EventType, reason: &str, message: &str) {
    api.event(SOURCE, Involved::of(budget), event_type, reason, message);
}

fn write(api: &mut ApiServer, budget: &Object, status: Value) {
    let written = api.update_status(&budget.key(), |o| {
        if let Body::Other(tree) = &mut o.body {
            Rc::make_mut(tree)["status"] = status;
        }
    });
    written.expect("the budget is there");
}

/// How many pods there should be, and how many of them must be healthy. Models `getExpectedPodCount`.
fn expectation(store: &Store, spec: &Value, pods: &[Rc<Object>]) -> Result<(i32, i32), String> {
    let (min, max) = (get(spec, "minAvailable"), get(spec, "maxUnavailable"));
    if !max.is_null() {
        let expected = expected_scale(store, pods)?;
        return Ok((expected, (expected - scaled_value(max, expected, true)).max(0)));
    }
    if let Some(number) = min.as_i64() {
        return Ok((pods.len() as i32, number as i32));
    }
    let expected = if min.is_null() { 0 } else { expected_scale(store, pods)? };
    Ok((expected, scaled_value(min, expected, true)))
}

/// The sum of the pods that these pods' controllers should have. Models `getExpectedScale`.
fn expected_scale(store: &Store, pods: &[Rc<Object>]) -> Result<i32, String> {
    let mut scales = BTreeMap::new();
    for pod in pods {
        let Some(owner) = pod.meta.controller() else { continue };
        let find = |kind, name: &str| store.find(kind, &pod.meta.namespace, name);
        let scale = match &*owner.kind {
            "StatefulSet" => {
                find(Kind::StatefulSet, &owner.name).map(|o| (o.meta.uid, o.stateful_set().spec.replicas))
            }
            "ReplicaSet" => find(Kind::ReplicaSet, &owner.name).map(|set| {
                let above = set.meta.controller().filter(|o| &*o.kind == "Deployment");
                match above.and_then(|o| find(Kind::Deployment, &o.name)) {
                    Some(deployment) => (deployment.meta.uid, deployment.deployment().spec.replicas),
                    None => (set.meta.uid, set.replica_set().spec.replicas),
                }
            }),
            _ => None,
        };
        let (uid, scale) =
            scale.ok_or_else(|| format!("found no controllers for pod \"{}\"", pod.meta.name))?;
        scales.insert(uid, scale);
    }
    Ok(scales.values().sum())
}

/// The pods whose eviction was granted and who have not been told to go yet. Models `buildDisruptedPodMap`.
fn disrupted_pods(status: &Value, pods: &[Rc<Object>], now: SimTime) -> BTreeMap<String, SimTime> {
    let granted = get(status, "disruptedPods");
    let stays = |pod: &&Rc<Object>| !pod.meta.is_terminating();
    let since = |pod: &Rc<Object>| Some((pod.meta.name.to_string(), time(granted, &pod.meta.name)?));
    let all = pods.iter().filter(stays).filter_map(since);
    collections::collect(all.filter(|(_, since)| *since + DELETION_TIMEOUT >= now))
}

/// Models `pdbhelper.UpdateDisruptionAllowedCondition`.
fn with_condition(
    status: &Value,
    reason: &str,
    message: Option<&str>,
    budget: &Object,
    now: SimTime,
) -> Value {
    let holds = reason == "SufficientPods";
    let old = list(status, "conditions").iter().find(|c| get(c, "type") == DISRUPTION_ALLOWED);
    let old = old.map(Condition::from_value);
    let since =
        old.filter(|c| c.status == Some(holds)).map_or(now.whole_seconds(), |c| c.last_transition_time);
    let condition = Writer::new()
        .put("type", DISRUPTION_ALLOWED)
        .put("status", if holds { "True" } else { "False" })
        .some("observedGeneration", budget.meta.generation)
        .time("lastTransitionTime", Some(since))
        .put("reason", reason)
        .put("message", message.unwrap_or_default());
    let mut status = status.clone();
    status["conditions"] = vec![condition.done()].into();
    status
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Bench;
    use serde_json::json;

    fn bench(spec: Value) -> Bench {
        let mut bench = Bench::new(&[ME]);
        let set = bench.create(Kind::StatefulSet, "flask", json!({"spec": {"replicas": 3}}));
        for n in 0..3 {
            let name = format!("flask-{n}");
            bench.pod(&name, "flask", &format!("172.16.1.{n}"));
            bench.update(Kind::Pod, &name, |o| {
                o.meta.owner_references = [crate::api::OwnerReference::controller(&set)].into();
            });
            bench.set_ready(&name, true);
        }
        let mut budget = json!({"spec": {"selector": {"matchLabels": {"app": "flask"}}}});
        budget["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        bench.create(Kind::PodDisruptionBudget, "flask", budget);
        bench.settle();
        bench
    }

    /// `ALLOWED HEALTHY/DESIRED of EXPECTED REASON`
    fn shown(bench: &Bench) -> String {
        let tree = bench.get(Kind::PodDisruptionBudget, "flask").to_value();
        let status = &tree["status"];
        format!(
            "{} {}/{} of {} {}",
            status["disruptionsAllowed"],
            status["currentHealthy"],
            status["desiredHealthy"],
            status["expectedPods"],
            status["conditions"][0]["reason"].as_str().unwrap()
        )
    }

    #[test]
    fn a_budget_counts_healthy_pods() {
        for (spec, expect) in [
            (json!({"minAvailable": 2}), "1 3/2 of 3 SufficientPods"),
            (json!({"minAvailable": "50%"}), "1 3/2 of 3 SufficientPods"),
            (json!({"maxUnavailable": 1}), "1 3/2 of 3 SufficientPods"),
            (json!({"maxUnavailable": "50%"}), "2 3/1 of 3 SufficientPods"),
            (json!({"minAvailable": 3}), "0 3/3 of 3 InsufficientPods"),
        ] {
            assert_eq!(shown(&bench(spec.clone())), expect, "{spec}");
        }
    }

    #[test]
    fn it_follows_the_pods() {
        let mut bench = bench(json!({"minAvailable": 2}));
        bench.set_ready("flask-2", false);
        bench.settle();
        assert_eq!(shown(&bench), "0 2/2 of 3 InsufficientPods");
        let reason = Reason::DisruptionsAllowed { allowed: 0, healthy: 2, desired: 2 };
        assert_eq!(bench.reason(ME, Kind::PodDisruptionBudget, "flask"), Some(reason));
        bench.set_ready("flask-2", true);
        bench.settle();
        assert_eq!(shown(&bench), "1 3/2 of 3 SufficientPods");
        bench.delete(Kind::Pod, "flask-0");
        bench.settle();
        assert_eq!(shown(&bench), "0 2/2 of 3 InsufficientPods");
    }

    #[test]
    fn an_eviction_that_was_granted_counts_until_the_pod_goes_or_two_minutes_are_over() {
        let mut bench = bench(json!({"minAvailable": 1}));
        let granted = bench.cluster.now().rfc3339();
        bench.update(Kind::PodDisruptionBudget, "flask", |o| {
            let Body::Other(tree) = &mut o.body else { panic!("no budget") };
            Rc::make_mut(tree)["status"]["disruptedPods"] = json!({"flask-0": granted});
        });
        bench.settle();
        assert!(shown(&bench).starts_with("1 2/1 of 3"));
        bench.run(Span::seconds(121));
        assert!(shown(&bench).starts_with("2 3/1 of 3"));
    }

    #[test]
    fn a_budget_without_pods_says_so_and_one_with_unknown_owners_fails() {
        let mut bench = Bench::new(&[ME]);
        let budget = json!({"spec": {"maxUnavailable": 1, "selector": {"matchLabels": {"app": "flask"}}}});
        bench.create(Kind::PodDisruptionBudget, "flask", budget);
        bench.settle();
        // Its own first status has it look, and say so, once more.
        assert_eq!(bench.events(Kind::PodDisruptionBudget, "flask"), ["NoPods No matching pods found x2"]);
        assert_eq!(shown(&bench), "0 0/0 of 0 InsufficientPods");
        let owner = json!({"apiVersion": "example.com/v1", "kind": "Widget", "name": "w", "controller": true,
            "uid": "00000000-0000-4000-8000-000000000001"});
        let meta = json!({"labels": {"app": "flask"}, "ownerReferences": [owner]});
        bench.create(Kind::Pod, "odd", json!({"metadata": meta, "spec": {}}));
        bench.settle();
        assert_eq!(
            bench.get(Kind::PodDisruptionBudget, "flask").to_value()["status"]["conditions"][0]["reason"],
            "SyncFailed"
        );
    }

    #[test]
    fn pods_of_nobody_are_told_of_where_controllers_are_counted() {
        let mut bench = Bench::new(&[ME]);
        let label = json!({"matchLabels": {"app": "flask"}, "matchExpressions":
            [{"key": "app", "operator": "In", "values": ["flask", "other"]}]});
        bench.pod("flask-0", "flask", "172.16.1.1");
        bench.create(
            Kind::PodDisruptionBudget,
            "part",
            json!({"spec": {"minAvailable": "50%", "selector": label}}),
        );
        bench.create(
            Kind::PodDisruptionBudget,
            "number",
            json!({"spec": {"minAvailable": 1, "selector": label}}),
        );
        bench.settle();
        let told = bench.events(Kind::PodDisruptionBudget, "part");
        let selector = "&LabelSelector{MatchLabels:map[string]string{app: flask,},MatchExpressions:\
                        []LabelSelectorRequirement{LabelSelectorRequirement{Key:app,Operator:In,Values:[flask other],},},}";
        let start = format!(
            "UnmanagedPods Pods selected by this PodDisruptionBudget (selector: {selector}) were found "
        );
        assert!(told[0].starts_with(&start), "{told:?}");
        assert!(bench.events(Kind::PodDisruptionBudget, "number").is_empty());
    }
}
