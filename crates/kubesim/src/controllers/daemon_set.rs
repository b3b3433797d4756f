//! The DaemonSet controller: a pod on every node that the template accepts, and the history of its templates.
//!
//! Models `pkg/controller/daemon/{daemon_controller,update}.go` and `pkg/controller/daemon/util/daemonset_util.go`.

use super::template_hash;
use crate::api::event::Involved;
use crate::api::pod::{Pod, Toleration};
use crate::api::read::{get, int, list, opt_int};
use crate::api::stateful_set::{ControllerRevision, PodTemplate};
use crate::api::status::ApiError;
use crate::api::verdict::{Component, Reason};
use crate::api::{Body, Key, Kind, LabelSelector, Object, ObjectMeta, OwnerReference, SimTime, Str};
use crate::apiserver::{ApiServer, DeleteOptions, EventType, Source, Store};
use crate::component::{Context, Found, Outcome, WatchEvent, add_controller_of};
use crate::scheduler::any_term_matches;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

const ME: Component = Component::DaemonSetController;
const SOURCE: Source<'static> = Source::controller("daemonset-controller");
/// The label that says which template a pod was made of.
const HASH_LABEL: &str = "controller-revision-hash";

/// Says which DaemonSets have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::DaemonSet => add(ME, change.key.clone()),
        Kind::Pod => add_controller_of(change, Kind::DaemonSet, ME, add),
        Kind::Node => {
            // Heartbeats change nothing about where pods go.
            let shape =
                |node: Option<&Object>| node.map(|n| (n.meta.labels.clone(), n.node().taints.clone()));
            if shape(change.before) != shape(change.after) {
                store.list(Kind::DaemonSet).for_each(|set| add(ME, set.key()));
            }
        }
        _ => {}
    }
}

/// A DaemonSet as the controller reads it.
struct DaemonSet {
    object: Rc<Object>,
    tree: Value,
    template: PodTemplate,
    selector: LabelSelector,
}

impl DaemonSet {
    fn new(object: Rc<Object>) -> DaemonSet {
        let tree = object.to_value();
        let template = PodTemplate::from_value(get(get(&tree, "spec"), "template"));
        let selector = LabelSelector::from_value(get(get(&tree, "spec"), "selector"));
        DaemonSet { object, tree, template, selector }
    }

    fn spec(&self) -> &Value {
        get(&self.tree, "spec")
    }

    /// The update strategy's number, of so many nodes; a share is rounded up.
    fn most(&self, field: &str, nodes: usize) -> usize {
        let value = get(get(get(self.spec(), "updateStrategy"), "rollingUpdate"), field);
        let share = value.as_str().and_then(|text| text.strip_suffix('%')?.parse::<usize>().ok());
        let number = value.as_i64().and_then(|number| usize::try_from(number).ok());
        share.map(|share| (nodes * share).div_ceil(100)).or(number).unwrap_or(0)
    }
}

/// Looks at a DaemonSet. Models `daemon_controller.go: syncDaemonSet`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    if object.meta.is_terminating() {
        context.api.set_verdict(ME, key, Some(Reason::BeingDeleted), None);
        return Outcome::DONE;
    }
    let set = DaemonSet::new(object);
    if set.selector.is_empty() {
        return Outcome::DONE;
    }
    let found = reconcile(context.api, &set);
    context.report(ME, key, found)
}

fn reconcile(api: &mut ApiServer, set: &DaemonSet) -> Found {
    let (revision, old) = history(api, set)?;
    let hash = revision.meta.label(HASH_LABEL).unwrap_or_default().to_string();
    let mut reason = manage(api, set, &hash)?;
    if reason.is_none() && get(get(set.spec(), "updateStrategy"), "type") != "OnDelete" {
        reason = rolling_update(api, set, &hash)?;
    }
    clean_up_history(api, set, &old)?;
    let (status, requeue_at) = status(api, set, &hash);
    let waiting = Reason::WaitingForReplicas {
        ready: int(&status, "numberReady") as i32,
        available: int(&status, "numberAvailable") as i32,
        wanted: int(&status, "desiredNumberScheduled") as i32,
    };
    let is_settled = int(&status, "numberAvailable") >= int(&status, "desiredNumberScheduled");
    if get(&set.tree, "status") != &status {
        api.update_status(&set.object.key(), |object| {
            if let Body::Other(tree) = &mut object.body {
                Rc::make_mut(tree)["status"] = status;
            }
        })?;
    }
    Ok((reason.unwrap_or(if is_settled { Reason::Settled } else { waiting }), requeue_at))
}

/// What a revision keeps of a set: a patch that puts the template back. Models `update.go: getPatch`.
fn patch_of(set: &DaemonSet) -> Value {
    let mut template = get(set.spec(), "template").clone();
    template["$patch"] = "replace".into();
    json!({"spec": {"template": template}})
}

/// The revision of the template as it is, and the others, oldest first. Models `update.go: constructHistory`.
fn history(api: &mut ApiServer, set: &DaemonSet) -> Result<(Rc<Object>, Vec<Rc<Object>>), ApiError> {
    let mut all: Vec<Rc<Object>> = api
        .store()
        .list_in(Kind::ControllerRevision, &set.object.meta.namespace)
        .filter(|revision| {
            revision.meta.is_controlled_by(set.object.meta.uid) && set.selector.matches(&revision.meta.labels)
        })
        .cloned()
        .collect();
    collections::sort_by_key(&mut all, |revision| revision.controller_revision().revision);
    let data = patch_of(set);
    let is_current = |revision: &Object| *revision.controller_revision().data == data;
    let current = all.iter().rposition(|revision| is_current(revision));
    let newest = |revisions: &[Rc<Object>]| revisions.last().map_or(0, |r| r.controller_revision().revision);
    match current {
        Some(at) => {
            let mut revision = all.remove(at);
            let next = newest(&all) + 1;
            if revision.controller_revision().revision < next {
                revision = api.update(&revision.key(), |r| r.controller_revision_mut().revision = next)?;
            }
            Ok((revision, all))
        }
        None => {
            let next = newest(&all) + 1;
            Ok((snapshot(api, set, data, next)?, all))
        }
    }
}

/// Keeps the template as a revision. Models `update.go: snapshot`.
fn snapshot(
    api: &mut ApiServer,
    set: &DaemonSet,
    data: Value,
    revision: i64,
) -> Result<Rc<Object>, ApiError> {
    let meta = &set.object.meta;
    let collisions = opt_int(get(&set.tree, "status"), "collisionCount");
    let hash = template_hash::of(get(set.spec(), "template"), collisions);
    let mut labels: BTreeMap<Str, Str> = (*set.template.labels).clone();
    labels.insert(HASH_LABEL.into(), hash.as_str().into());
    let of_revision = ObjectMeta {
        labels: Rc::new(labels),
        annotations: meta.annotations.clone(),
        owner_references: [OwnerReference::controller(&set.object)].into(),
        ..ObjectMeta::named(&meta.namespace, &format!("{}-{hash}", meta.name))
    };
    let body = Body::ControllerRevision(ControllerRevision { data: Rc::new(data), revision });
    let object = Object::new(Kind::ControllerRevision, of_revision, body);
    let key = object.key();
    match api.create(object) {
        Err(error) if error.is_already_exists() => api.get(&key),
        made => made,
    }
}

/// Deletes the oldest revisions that no pod has, until `revisionHistoryLimit` of them are left.
fn clean_up_history(api: &mut ApiServer, set: &DaemonSet, old: &[Rc<Object>]) -> Result<(), ApiError> {
    let limit = opt_int(set.spec(), "revisionHistoryLimit").unwrap_or(10);
    let pods = pods(api.store(), set);
    let is_live = |revision: &Object| {
        let hash = revision.meta.label(HASH_LABEL);
        pods.values().flatten().any(|pod| pod.meta.label(HASH_LABEL) == hash)
    };
    let idle: Vec<&Rc<Object>> = old.iter().filter(|revision| !is_live(revision)).collect();
    let keep = usize::try_from(limit).unwrap_or(idle.len());
    let too_many = old.len().saturating_sub(keep).min(idle.len());
    for revision in &idle[..too_many] {
        api.delete(&revision.key(), DeleteOptions::default())?;
    }
    Ok(())
}

/// The set's pods by their nodes: those that are there, or are to be.
fn pods(store: &Store, set: &DaemonSet) -> BTreeMap<Str, Vec<Rc<Object>>> {
    let mut by_node = BTreeMap::<Str, Vec<Rc<Object>>>::new();
    for pod in store.list_in(Kind::Pod, &set.object.meta.namespace) {
        if pod.meta.is_controlled_by(set.object.meta.uid)
            && let Some(node) = target_node(pod)
        {
            by_node.entry(node).or_default().push(pod.clone());
        }
    }
    for pods in by_node.values_mut() {
        collections::sort_by_key(pods, |pod| (pod.meta.creation_timestamp, pod.meta.name.clone()));
    }
    by_node
}

/// The node for which a pod was made. Models `daemonset_util.go: GetTargetNodeName`.
fn target_node(pod: &Object) -> Option<Str> {
    if let Some(node) = &pod.pod().spec.node_name {
        return Some(node.clone());
    }
    let affinity = get(get(&pod.pod().spec.raw, "affinity"), "nodeAffinity");
    let required = get(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
    let fields = list(required, "nodeSelectorTerms").iter().flat_map(|term| list(term, "matchFields"));
    let name =
        fields.filter(|field| get(field, "key") == "metadata.name").flat_map(|field| list(field, "values"));
    name.filter_map(|name| name.as_str().map(Str::from)).next()
}

/// Tolerations that every daemon's pod has. Models `daemonset_util.go: AddOrUpdateDaemonPodTolerations`.
fn tolerations(set: &DaemonSet) -> Vec<Toleration> {
    let own = [
        ("not-ready", "NoExecute"),
        ("unreachable", "NoExecute"),
        ("disk-pressure", "NoSchedule"),
        ("memory-pressure", "NoSchedule"),
        ("pid-pressure", "NoSchedule"),
        ("unschedulable", "NoSchedule"),
    ];
    let on_host = get(&set.template.spec.raw, "hostNetwork") == true;
    let network = on_host.then_some(("network-unavailable", "NoSchedule"));
    let toleration = |(key, effect): (&str, &str)| Toleration {
        key: Some(format!("node.kubernetes.io/{key}").into()),
        value: None,
        effect: Some(effect.into()),
        seconds: None,
    };
    let all = set.template.spec.tolerations.iter().cloned();
    all.chain(own.into_iter().chain(network).map(toleration)).collect()
}

/// Whether a node is to have a pod, and whether one that is there may stay. Models `NodeShouldRunDaemonPod`.
fn should_run(set: &DaemonSet, node: &Object) -> (bool, bool) {
    let spec = &set.template.spec;
    let is_named = spec.node_name.as_ref().is_none_or(|name| *name == node.meta.name);
    let selects = spec.node_selector.iter().all(|(key, value)| node.meta.labels.get(key) == Some(value));
    let affinity = get(get(&spec.raw, "affinity"), "nodeAffinity");
    let required = get(affinity, "requiredDuringSchedulingIgnoredDuringExecution");
    let attracts = required.is_null() || any_term_matches(list(required, "nodeSelectorTerms"), node);
    if !is_named || !selects || !attracts {
        return (false, false);
    }
    let tolerations = tolerations(set);
    let keeps_away = |effects: &[&str]| {
        let taints = node.node().taints.iter().filter(|taint| effects.contains(&&*taint.effect));
        taints.into_iter().any(|taint| !tolerations.iter().any(|toleration| toleration.tolerates(taint)))
    };
    (!keeps_away(&["NoSchedule", "NoExecute"]), !keeps_away(&["NoExecute"]))
}

/// Makes the pods that nodes lack, and deletes those that they should not have. Returns what it did, if anything. Models
/// `daemon_controller.go: manage`.
fn manage(api: &mut ApiServer, set: &DaemonSet, hash: &str) -> Result<Option<Reason>, ApiError> {
    let nodes: Vec<Rc<Object>> = api.store().list(Kind::Node).cloned().collect();
    let mut by_node = pods(api.store(), set);
    let (mut lacking, mut unwanted) = (Vec::new(), Vec::new());
    for node in &nodes {
        let there = by_node.remove(&node.meta.name).unwrap_or_default();
        let (runs, stays) = should_run(set, node);
        if runs && there.is_empty() {
            lacking.push(node.meta.name.clone());
        }
        if !stays {
            unwanted.extend(there);
            continue;
        }
        let (ended, running): (Vec<_>, Vec<_>) = there.into_iter().partition(|pod| pod.pod().is_terminal());
        unwanted.extend(ended);
        // Beside a pod that waits to take another's place there may be one of the new template.
        let surges = set.most("maxSurge", nodes.len()) > 0;
        let is_new = |pod: &Rc<Object>| pod.meta.label(HASH_LABEL) == Some(hash);
        let (new, old): (Vec<_>, Vec<_>) = running.into_iter().partition(|pod| surges && is_new(pod));
        unwanted.extend(new.into_iter().skip(1));
        unwanted.extend(old.into_iter().skip(1));
    }
    // Nodes that are gone take their pods with them.
    unwanted.extend(by_node.into_values().flatten().filter(|pod| pod.pod().spec.node_name.is_none()));
    unwanted.retain(|pod| !pod.meta.is_terminating());
    let (made, deleted) = (lacking.len(), unwanted.len());
    for node in &lacking {
        create_pod(api, set, node, hash)?;
    }
    for pod in &unwanted {
        delete_pod(api, set, pod)?;
    }
    Ok(match (made, deleted) {
        (0, 0) => None,
        (0, count) => Some(Reason::DeletedPods { count }),
        (count, _) => Some(Reason::CreatedPods { count }),
    })
}

/// Replaces pods of older templates, so many at a time. Returns what it did, if anything. Models `update.go: rollingUpdate`.
fn rolling_update(api: &mut ApiServer, set: &DaemonSet, hash: &str) -> Result<Option<Reason>, ApiError> {
    let nodes: Vec<Rc<Object>> = api.store().list(Kind::Node).cloned().collect();
    let wanted: Vec<&Rc<Object>> = nodes.iter().filter(|node| should_run(set, node).0).collect();
    let (surge, most) = (set.most("maxSurge", wanted.len()), set.most("maxUnavailable", wanted.len()));
    let by_node = pods(api.store(), set);
    let min_ready = opt_int(set.spec(), "minReadySeconds").unwrap_or(0);
    let now = api.now;
    let available = |pod: &Object| !pod.meta.is_terminating() && pod.pod().is_available(min_ready, now);
    let (mut unavailable, mut surging) = (0, 0);
    let (mut at_once, mut candidates, mut to_make) = (Vec::new(), Vec::new(), Vec::new());
    for node in wanted {
        let there = by_node.get(&node.meta.name).map_or(&[][..], |pods| pods);
        let is_new = |pod: &&Rc<Object>| pod.meta.label(HASH_LABEL) == Some(hash);
        let new = there.iter().find(is_new);
        let old = there.iter().find(|pod| !is_new(pod));
        match (new, old) {
            (Some(new), Some(old)) if surge > 0 => match available(new) {
                true => at_once.push(old.clone()),
                false => surging += 1,
            },
            (Some(new), None) => unavailable += usize::from(!available(new)),
            (None, Some(old)) if !available(old) => {
                unavailable += 1;
                match surge {
                    0 => at_once.push(old.clone()),
                    _ => to_make.push(node.meta.name.clone()),
                }
            }
            (None, Some(old)) => match surge {
                0 => candidates.push(old.clone()),
                _ => to_make.push(node.meta.name.clone()),
            },
            _ => unavailable += 1,
        }
    }
    if surge > 0 {
        to_make.truncate(surge.saturating_sub(surging));
    } else {
        at_once.extend(candidates.into_iter().take(most.saturating_sub(unavailable)));
    }
    at_once.retain(|pod| !pod.meta.is_terminating());
    for node in &to_make {
        create_pod(api, set, node, hash)?;
    }
    for pod in &at_once {
        delete_pod(api, set, pod)?;
    }
    Ok(match (to_make.len(), at_once.len()) {
        (0, 0) => None,
        (0, count) => Some(Reason::DeletedPods { count }),
        (count, _) => Some(Reason::CreatedPods { count }),
    })
}

/// Makes the pod of a node. Models `daemonset_util.go: CreatePodTemplate` and `ReplaceDaemonSetPodNodeNameNodeAffinity`.
fn create_pod(api: &mut ApiServer, set: &DaemonSet, node: &str, hash: &str) -> Result<(), ApiError> {
    let template = &set.template;
    let mut labels: BTreeMap<Str, Str> = (*template.labels).clone();
    labels.insert(HASH_LABEL.into(), hash.into());
    labels.insert("pod-template-generation".into(), set.object.meta.generation.to_string().into());
    let mut tree = get(get(set.spec(), "template"), "spec").clone();
    let term = json!({"matchFields": [{"key": "metadata.name", "operator": "In", "values": [node]}]});
    let required = &mut tree["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"];
    *required = json!({"nodeSelectorTerms": [term]});
    tree["tolerations"] = tolerations(set).iter().map(Toleration::to_value).collect();
    let meta = ObjectMeta {
        generate_name: Some(format!("{}-", set.object.meta.name).into()),
        labels: Rc::new(labels),
        annotations: template.annotations.clone(),
        finalizers: template.finalizers.clone(),
        owner_references: [OwnerReference::controller(&set.object)].into(),
        namespace: set.object.meta.namespace.clone(),
        ..ObjectMeta::default()
    };
    let pod = Pod::new(crate::api::pod::PodSpec::from_value(&tree));
    match api.create(Object::new(Kind::Pod, meta, Body::Pod(pod))) {
        Ok(pod) => {
            let message = format!("Created pod: {}", pod.meta.name);
            api.event(SOURCE, Involved::of(&set.object), EventType::Normal, "SuccessfulCreate", &message);
            Ok(())
        }
        Err(error) if error.is_namespace_terminating() => Ok(()),
        Err(error) => {
            let message = format!("Error creating: {error}");
            api.event(SOURCE, Involved::of(&set.object), EventType::Warning, "FailedCreate", &message);
            Err(error)
        }
    }
}

fn delete_pod(api: &mut ApiServer, set: &DaemonSet, pod: &Object) -> Result<(), ApiError> {
    match api.delete(&pod.key(), DeleteOptions::default()) {
        Ok(_) => {
            let message = format!("Deleted pod: {}", pod.meta.name);
            api.event(SOURCE, Involved::of(&set.object), EventType::Normal, "SuccessfulDelete", &message);
            Ok(())
        }
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => {
            let message = format!("Error deleting: {error}");
            api.event(SOURCE, Involved::of(&set.object), EventType::Warning, "FailedDelete", &message);
            Err(error)
        }
    }
}

/// The status, and when time alone changes it. Models `daemon_controller.go: updateDaemonSetStatus`.
fn status(api: &ApiServer, set: &DaemonSet, hash: &str) -> (Value, Option<SimTime>) {
    let by_node = pods(api.store(), set);
    let min_ready = opt_int(set.spec(), "minReadySeconds").unwrap_or(0);
    let (mut desired, mut current, mut misscheduled, mut ready, mut updated, mut available) =
        (0, 0, 0, 0, 0, 0);
    let mut requeue_at = Vec::new();
    for node in api.store().list(Kind::Node) {
        let there = by_node.get(&node.meta.name).map_or(&[][..], |pods| pods);
        if !should_run(set, node).0 {
            misscheduled += i64::from(!there.is_empty());
            continue;
        }
        desired += 1;
        let Some(pod) = there.first() else { continue };
        current += 1;
        ready += i64::from(pod.pod().is_ready());
        available += i64::from(pod.pod().is_available(min_ready, api.now));
        requeue_at.extend(pod.pod().available_at(min_ready).filter(|at| *at > api.now));
        updated += i64::from(there.iter().any(|pod| pod.meta.label(HASH_LABEL) == Some(hash)));
    }
    let mut status = json!({"currentNumberScheduled": current, "desiredNumberScheduled": desired,
        "numberMisscheduled": misscheduled, "numberReady": ready});
    let generation = set.object.meta.generation;
    let optional = [
        ("observedGeneration", generation),
        ("updatedNumberScheduled", updated),
        ("numberAvailable", available),
        ("numberUnavailable", desired - available),
    ];
    for (field, count) in optional.into_iter().filter(|(_, count)| *count > 0) {
        status[field] = count.into();
    }
    if let Some(collisions) = opt_int(get(&set.tree, "status"), "collisionCount") {
        status["collisionCount"] = collisions.into();
    }
    (status, requeue_at.into_iter().min())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Bench;

    const AGENT: &str = "
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: agent}
spec:
  selector: {matchLabels: {app: agent}}
  template:
    metadata: {labels: {app: agent}}
    spec: {containers: [{name: main, image: 'agent:1'}]}
";

    fn agent() -> Bench {
        let mut bench = Bench::new(&[ME]);
        crate::testing::create(&mut bench.cluster, AGENT);
        bench.settle();
        bench
    }

    fn workers(bench: &Bench) -> usize {
        let is_tainted = |node: &&Rc<Object>| !node.node().taints.is_empty();
        bench.cluster.api.store().list(Kind::Node).filter(|node| !is_tainted(node)).count()
    }

    fn status_of(bench: &Bench) -> Value {
        get(&bench.get(Kind::DaemonSet, "agent").to_value(), "status").clone()
    }

    fn set_image(bench: &mut Bench, image: &str) {
        bench.update(Kind::DaemonSet, "agent", |object| {
            object.meta.generation += 1;
            if let Body::Other(tree) = &mut object.body {
                Rc::make_mut(tree)["spec"]["template"]["spec"]["containers"][0]["image"] = image.into();
            }
        });
        bench.settle();
    }

    #[test]
    fn every_node_that_is_not_tainted_gets_a_pod() {
        let bench = agent();
        assert_eq!(bench.names(Kind::Pod).len(), workers(&bench));
        let mut nodes: Vec<Option<Str>> =
            bench.names(Kind::Pod).iter().map(|name| target_node(bench.get(Kind::Pod, name))).collect();
        collections::sort(&mut nodes);
        nodes.dedup();
        assert_eq!(nodes.len(), workers(&bench), "one on each");
        let status = status_of(&bench);
        assert_eq!(int(&status, "desiredNumberScheduled") as usize, workers(&bench));
        assert_eq!((int(&status, "numberReady"), int(&status, "observedGeneration")), (0, 1));
    }

    #[test]
    fn another_template_is_another_revision_and_an_old_one_gets_a_new_number() {
        let mut bench = agent();
        let revisions = |bench: &Bench| -> Vec<i64> {
            let names = bench.names(Kind::ControllerRevision);
            let mut all: Vec<i64> = names
                .iter()
                .map(|name| bench.get(Kind::ControllerRevision, name).controller_revision().revision)
                .collect();
            collections::sort(&mut all);
            all
        };
        assert_eq!(revisions(&bench), [1]);
        set_image(&mut bench, "agent:2");
        assert_eq!(revisions(&bench), [1, 2]);
        set_image(&mut bench, "agent:1");
        assert_eq!(revisions(&bench), [2, 3]);
    }

    #[test]
    fn so_many_pods_as_may_be_unavailable_are_replaced_at_once() {
        let mut bench = agent();
        for name in bench.names(Kind::Pod) {
            let node = target_node(bench.get(Kind::Pod, &name)).unwrap();
            bench.place(&name, &node, "172.16.1.1");
            bench.set_ready(&name, true);
        }
        bench.settle();
        set_image(&mut bench, "agent:2");
        let goes = |name: &&String| bench.get(Kind::Pod, name).meta.is_terminating();
        assert_eq!(bench.names(Kind::Pod).iter().filter(goes).count(), 1, "maxUnavailable is 1");
    }
}
