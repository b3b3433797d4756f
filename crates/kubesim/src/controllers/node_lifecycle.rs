//! The node lifecycle controller: what becomes of a node that is not heard of.
//!
//! Models `pkg/controller/nodelifecycle/node_lifecycle_controller.go` and `pkg/controller/util/node`. The real one looks
//! at all nodes every `--node-monitor-period` and at the leases that kubelets renew; here a node whose lease is no longer
//! renewed is due when, on average, the real one would have noticed.

use crate::api::event::Involved;
use crate::api::node::{LEASE_NAMESPACE, Node, Taint};
use crate::api::pod::condition::READY;
use crate::api::read::{get, time};
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, Object, SimTime, Span};
use crate::apiserver::{ApiServer, Change, EventType, Source, Store};
use crate::component::{Context, Outcome, WatchEvent};
use crate::config::Timings;
use std::rc::Rc;

/// The taint of a node whose kubelet says that it is not well.
pub const NOT_READY_TAINT: &str = "node.kubernetes.io/not-ready";
/// The taint of a node that is not heard of.
pub const UNREACHABLE_TAINT: &str = "node.kubernetes.io/unreachable";
/// The taint of a node that somebody cordoned.
pub const UNSCHEDULABLE_TAINT: &str = "node.kubernetes.io/unschedulable";

const ME: Component = Component::NodeLifecycleController;
const SOURCE: Source<'static> = Source::controller("node-controller");
/// Nodes that do not count when the controller wonders whether it is itself that is cut off.
const EXCLUDED_LABEL: &str = "node.kubernetes.io/exclude-disruption";
/// From this share of nodes that are not well on, none is tainted any more (`--unhealthy-zone-threshold`).
const UNHEALTHY_PERCENT: usize = 55;
/// The fewest nodes that can be such a share.
const FEWEST_UNHEALTHY: usize = 3;
/// Clusters above this size are tainted on even then, slowly (`--large-cluster-size-threshold`).
const LARGE_CLUSTER: usize = 50;
/// Between tainting one node and the next (`--node-eviction-rate`).
const EVICTION_INTERVAL: Span = Span::seconds(10);
/// The same when many nodes of a large cluster are not well (`--secondary-node-eviction-rate`).
const SECONDARY_EVICTION_INTERVAL: Span = Span::seconds(100);

/// The conditions that a kubelet reports and this controller takes back: `(condition, when it is true: its taint)`. Ready
/// comes last and has taints of its own.
const CONDITIONS: [(&str, &str); 3] = [
    ("MemoryPressure", "node.kubernetes.io/memory-pressure"),
    ("DiskPressure", "node.kubernetes.io/disk-pressure"),
    ("PIDPressure", "node.kubernetes.io/pid-pressure"),
];
const NETWORK: (&str, &str) = ("NetworkUnavailable", "node.kubernetes.io/network-unavailable");

/// Says which nodes have to be looked at because of this change: the node of a node or lease, and all of them when one has
/// become well or not.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    if change.key.kind == Kind::Lease
        && &*change.key.namespace == LEASE_NAMESPACE
        && store.find_cluster(Kind::Node, &change.key.name).is_some()
    {
        add(ME, Key::cluster(Kind::Node, &change.key.name));
    }
    if change.key.kind != Kind::Node {
        return;
    }
    add(ME, change.key.clone());
    let is_ready = |node: Option<&Object>| node.is_some_and(|node| node.node().is_ready());
    if is_ready(change.before) != is_ready(change.after) {
        store.list(Kind::Node).for_each(|node| add(ME, node.key()));
    }
}

/// How it stands with a node's Ready condition; `None` is Unknown.
fn ready(node: &Node) -> Option<bool> {
    node.conditions.iter().find(|c| &*c.kind == READY).and_then(|c| c.status)
}

/// Looks at a node. Models `monitorNodeHealth`, `doNoScheduleTaintingPass` and `doNoExecuteTaintingPass`. Each write is
/// the last of its look: the next look comes because of it.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else {
        say_gone(context.api, key);
        return Outcome::DONE;
    };
    let (node, now) = (object.node(), context.now());
    if ready(node).is_some()
        && let Some(renewed) = last_lease(context.store(), &key.name)
    {
        let due = renewed + noticed_after(context.timings);
        if now < due {
            context.api.set_verdict(ME, key, Some(Reason::HeartbeatsMissing), Some(due));
            return Outcome::at(due);
        }
        mark_unknown(context.api, &object);
        context.api.set_verdict(ME, key, Some(Reason::NodeUnreachable), None);
        return Outcome::DONE;
    }
    let taints = no_schedule_taints(node, now);
    if taints != node.taints {
        context.api.update(key, |o| o.node_mut().taints = taints).expect("the node is there");
        return Outcome::DONE;
    }
    match ready(node) {
        Some(true) => untaint(context, &object),
        Some(false) => taint(context, &object, NOT_READY_TAINT),
        None => taint(context, &object, UNREACHABLE_TAINT),
    }
}

/// A node that went just now is told of. Models `RecordNodeEvent`.
fn say_gone(api: &mut ApiServer, key: &Key) {
    let last = api.history().entries().iter().rev().take_while(|e| e.at + Span::seconds(1) >= api.now);
    let mut gone = last.filter_map(|e| match &e.change {
        Change::Object { key: node, before: Some(before), after: None } if node == key => Some(before),
        _ => None,
    });
    let Some(involved) = gone.next().map(|node| Involved::of(node)) else { return };
    let name = &key.name;
    let message = format!("Node {name} event: Removing Node {name} from Controller");
    api.event(SOURCE, involved, EventType::Normal, "RemovingNode", &message);
}

/// When a node that no longer renews its lease did so last; `None` for a node that does.
fn last_lease(store: &Store, node: &str) -> Option<SimTime> {
    let lease = store.find(Kind::Lease, LEASE_NAMESPACE, node)?;
    time(get(&lease.to_value(), "spec"), "renewTime")
}

/// From a node's stopping to the controller's noticing: its last lease is half an interval old by then, and the
/// controller's next look half a period away.
fn noticed_after(timings: &Timings) -> Span {
    let Timings { node_monitor_grace, node_monitor_period, lease_renewal, .. } = timings;
    Span((node_monitor_grace.0 + node_monitor_period.0 / 2 - lease_renewal.0 / 2).max(0))
}

/// Models `tryUpdateNodeHealth`'s second half and `controller_utils.go: MarkPodsNotReady`.
fn mark_unknown(api: &mut ApiServer, node: &Object) {
    let now = api.now;
    let status = api.update_status(&node.key(), |o| {
        let node = o.node_mut();
        let conditions = node.conditions.iter().cloned().map(|mut c| {
            let ours = &*c.kind == READY || CONDITIONS.iter().any(|(kind, _)| *kind == &*c.kind);
            if ours && c.status.is_some() {
                c.status = None;
                c.reason = Some("NodeStatusUnknown".into());
                c.message = Some("Kubelet stopped posting node status.".into());
                c.last_transition_time = now.whole_seconds();
            }
            c
        });
        node.conditions = conditions.collect();
    });
    status.expect("the node is there");
    let name = &node.meta.name;
    let message = format!("Node {name} status is now: NodeNotReady");
    api.event(SOURCE, Involved::of(node), EventType::Normal, "NodeNotReady", &message);
    for pod in pods_on(api.store(), name) {
        let Some(condition) = pod.pod().condition(READY).filter(|c| c.status != Some(false)).cloned() else {
            continue;
        };
        let marked = api.update_status(&pod.key(), |o| {
            let (reason, message) = (condition.reason.as_deref(), condition.message.as_deref());
            o.pod_mut().set_condition(READY, Some(false), reason, message, now);
        });
        marked.expect("the pod is there");
        api.event(SOURCE, Involved::of(&pod), EventType::Warning, "NodeNotReady", "Node is not ready");
    }
}

/// The pods that a node was given.
pub fn pods_on(store: &Store, node: &str) -> Vec<Rc<Object>> {
    let given = |p: &&Rc<Object>| p.pod().spec.node_name.as_deref() == Some(node);
    store.pods_on(&node.into()).filter(given).cloned().collect()
}

/// The node's taints, with those that its conditions and a cordon bring along. Models `doNoScheduleTaintingPass`.
fn no_schedule_taints(node: &Node, now: SimTime) -> Rc<[Taint]> {
    let holds = |kind: &str| node.conditions.iter().any(|c| &*c.kind == kind && c.status == Some(true));
    let pressures = CONDITIONS.iter().chain([&NETWORK]);
    let mut wanted: Vec<&str> = pressures.filter(|(kind, _)| holds(kind)).map(|(_, taint)| *taint).collect();
    match ready(node) {
        Some(true) => {}
        Some(false) => wanted.push(NOT_READY_TAINT),
        None => wanted.push(UNREACHABLE_TAINT),
    }
    if node.unschedulable {
        wanted.push(UNSCHEDULABLE_TAINT);
    }
    let ours = |taint: &Taint| {
        let known = [NOT_READY_TAINT, UNREACHABLE_TAINT, UNSCHEDULABLE_TAINT];
        let mut all = known.into_iter().chain(CONDITIONS.iter().chain([&NETWORK]).map(|(_, taint)| *taint));
        &*taint.effect == "NoSchedule" && all.any(|key| *taint.key == *key)
    };
    let stays = |t: &&Taint| !ours(t) || wanted.contains(&&*t.key);
    let mut taints: Vec<Taint> = node.taints.iter().filter(stays).cloned().collect();
    for key in wanted {
        if !taints.iter().any(|t| ours(t) && *t.key == *key) {
            taints.push(new_taint(key, "NoSchedule", now));
        }
    }
    taints.into()
}

fn new_taint(key: &str, effect: &str, now: SimTime) -> Taint {
    Taint { key: key.into(), value: "".into(), effect: effect.into(), time_added: Some(now.whole_seconds()) }
}

/// Whether this is the taint that drives pods off a node that is not well.
fn is_no_execute(taint: &Taint) -> bool {
    &*taint.effect == "NoExecute" && [NOT_READY_TAINT, UNREACHABLE_TAINT].contains(&&*taint.key)
}

fn set_no_execute_taint(context: &mut Context, key: &Key, taint: Option<Taint>) {
    let changed = context.api.update(key, |o| {
        let node = o.node_mut();
        let others = node.taints.iter().filter(|t| !is_no_execute(t)).cloned();
        node.taints = others.chain(taint).collect();
    });
    changed.expect("the node is there");
}

/// A node that is well again loses the taint when the controller next looks at all nodes. Models `markNodeAsReachable`.
fn untaint(context: &mut Context, node: &Object) -> Outcome {
    let key = node.key();
    if !node.node().taints.iter().any(is_no_execute) {
        context.api.set_verdict(ME, &key, None, None);
        return Outcome::DONE;
    }
    let waits = context.store().verdict(ME, &key).filter(|v| v.reason == Reason::NodeRecovering);
    let until = waits.and_then(|v| v.until);
    let next_look = context.now() + Span(context.timings.node_monitor_period.0 / 2);
    match until {
        Some(until) if until <= context.now() => set_no_execute_taint(context, &key, None),
        until => {
            let until = until.unwrap_or(next_look);
            context.api.set_verdict(ME, &key, Some(Reason::NodeRecovering), Some(until));
            return Outcome::at(until);
        }
    }
    Outcome::DONE
}

/// Drives pods off a node that is not well, unless so many are not well that it is rather the control plane that is cut
/// off. Models `processTaintBaseEviction`, `doNoExecuteTaintingPass` and `handleDisruption`.
fn taint(context: &mut Context, node: &Object, taint: &str) -> Outcome {
    let key = node.key();
    let now = context.now();
    let old = node.node().taints.iter().find(|t| is_no_execute(t));
    let next = match (pace(context.store()), old) {
        (Pace::Never, Some(_)) => {
            set_no_execute_taint(context, &key, None);
            return Outcome::DONE;
        }
        (_, Some(old)) if *old.key == *taint => None,
        (Pace::Never | Pace::NotNow, None) => None,
        (Pace::Every(interval), None) => {
            let added = |node: &Rc<Object>| {
                let taint = node.node().taints.iter().find(|t| is_no_execute(t))?;
                taint.time_added
            };
            let last = context.store().list(Kind::Node).filter_map(added).max();
            Some(last.map_or(now, |last| last + interval))
        }
        (_, Some(_)) => Some(now),
    };
    let later = next.filter(|at| *at > now);
    context.api.set_verdict(ME, &key, Some(Reason::NodeUnreachable), later);
    if next.is_some() && later.is_none() {
        set_no_execute_taint(context, &key, Some(new_taint(taint, "NoExecute", now)));
    }
    Outcome { requeue_at: later, failed: false }
}

/// How fast nodes are tainted.
enum Pace {
    /// One in this time.
    Every(Span),
    /// No more of them.
    NotNow,
    /// None, and those that are tainted are untainted.
    Never,
}

/// Models `ComputeZoneState`, with all nodes in one zone.
fn pace(store: &Store) -> Pace {
    let counts = |node: &&Rc<Object>| node.meta.label(EXCLUDED_LABEL).is_none();
    let all = store.list(Kind::Node).filter(counts).count();
    let unwell = store.list(Kind::Node).filter(counts).filter(|node| !node.node().is_ready()).count();
    let many = unwell >= FEWEST_UNHEALTHY && unwell * 100 >= all * UNHEALTHY_PERCENT;
    match () {
        () if unwell == all => Pace::Never,
        () if !many => Pace::Every(EVICTION_INTERVAL),
        () if all > LARGE_CLUSTER => Pace::Every(SECONDARY_EVICTION_INTERVAL),
        () => Pace::NotNow,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Bench;
    use crate::kubelet::set_down;

    const NODE: &str = "chhan-k8s-3";

    fn bench() -> Bench {
        let mut bench = Bench::new(&[ME, Component::TaintEvictionController]);
        for name in ["flask-0", "flask-1"] {
            bench.pod(name, "flask", "172.16.1.1");
        }
        bench.place("flask-1", NODE, "172.16.234.1");
        bench.set_ready("flask-0", true);
        bench.set_ready("flask-1", true);
        bench.settle();
        bench
    }

    fn turn(bench: &mut Bench, node: &str, down: bool) {
        set_down(&mut bench.cluster.api, node, down);
        bench.settle();
    }

    fn taints(bench: &Bench, node: &str) -> Vec<String> {
        let taints = bench.get(Kind::Node, node).node().taints.clone();
        taints.iter().map(|t| format!("{}:{}", t.key.rsplit('/').next().unwrap(), t.effect)).collect()
    }

    /// Recorded as traces/node-failure.json, with a shorter grace period there.
    #[test]
    fn a_node_that_is_not_heard_of_loses_its_pods_after_a_while() {
        let mut bench = bench();
        turn(&mut bench, NODE, true);
        assert_eq!(bench.reason(ME, Kind::Node, NODE), Some(Reason::HeartbeatsMissing));
        bench.run(Span::seconds(45));
        assert!(bench.get(Kind::Node, NODE).node().is_ready());
        bench.run(Span::seconds(10));
        let node = bench.get(Kind::Node, NODE).clone();
        let unknown = node.node().conditions.iter().filter(|c| c.status.is_none()).count();
        assert_eq!(unknown, 4);
        assert_eq!(node.node().conditions.last().unwrap().reason.as_deref(), Some("NodeStatusUnknown"));
        assert_eq!(taints(&bench, NODE), ["unreachable:NoSchedule", "unreachable:NoExecute"]);
        assert!(!bench.get(Kind::Pod, "flask-1").pod().is_ready());
        assert!(bench.get(Kind::Pod, "flask-0").pod().is_ready());
        assert_eq!(bench.events(Kind::Pod, "flask-1"), ["NodeNotReady Node is not ready x1"]);
        let said = "NodeNotReady Node chhan-k8s-3 status is now: NodeNotReady x1";
        assert_eq!(bench.events(Kind::Node, NODE), [said]);
        let tolerating = Reason::Tolerating { taint: UNREACHABLE_TAINT.into() };
        assert_eq!(bench.reason(Component::TaintEvictionController, Kind::Pod, "flask-1"), Some(tolerating));
        bench.run(Span::seconds(300));
        let pod = bench.get(Kind::Pod, "flask-1");
        assert!(pod.meta.is_terminating());
        let target = pod.pod().condition("DisruptionTarget").unwrap();
        assert_eq!(target.reason.as_deref(), Some("DeletionByTaintManager"));
        let said = "TaintManagerEviction Marking for deletion Pod default/flask-1 x1";
        assert_eq!(bench.events(Kind::Pod, "flask-1")[1..], [said]);
    }

    #[test]
    fn a_node_that_comes_back_keeps_its_pods() {
        let mut bench = bench();
        turn(&mut bench, NODE, true);
        bench.run(Span::seconds(60));
        turn(&mut bench, NODE, false);
        assert_eq!(taints(&bench, NODE), ["unreachable:NoExecute"]);
        assert_eq!(bench.reason(ME, Kind::Node, NODE), Some(Reason::NodeRecovering));
        bench.run(Span::seconds(5));
        assert!(taints(&bench, NODE).is_empty());
        let said = "TaintManagerEviction Cancelling deletion of Pod default/flask-1 x1";
        assert_eq!(bench.events(Kind::Pod, "flask-1")[1..], [said]);
        bench.run(Span::seconds(600));
        assert!(!bench.get(Kind::Pod, "flask-1").meta.is_terminating());
    }

    #[test]
    fn a_short_silence_goes_unnoticed() {
        let mut bench = bench();
        turn(&mut bench, NODE, true);
        bench.run(Span::seconds(30));
        turn(&mut bench, NODE, false);
        bench.run(Span::seconds(60));
        assert!(taints(&bench, NODE).is_empty() && bench.events(Kind::Node, NODE).is_empty());
        assert_eq!(bench.reason(ME, Kind::Node, NODE), None);
    }

    #[test]
    fn a_cordon_is_a_taint() {
        let mut bench = bench();
        bench.update(Kind::Node, NODE, |o| o.node_mut().unschedulable = true);
        bench.settle();
        assert_eq!(taints(&bench, NODE), ["unschedulable:NoSchedule"]);
        bench.update(Kind::Node, NODE, |o| o.node_mut().unschedulable = false);
        bench.settle();
        assert!(taints(&bench, NODE).is_empty());
        assert_eq!(taints(&bench, "chhan-k8s-1"), ["control-plane:NoSchedule"]);
    }

    #[test]
    fn nodes_are_tainted_one_by_one_and_not_when_most_are_gone() {
        let mut bench = bench();
        let no_execute = |bench: &Bench| {
            let all = bench.cluster.api.store().list(Kind::Node);
            all.filter(|node| node.node().taints.iter().any(is_no_execute)).count()
        };
        for node in ["chhan-k8s-2", "chhan-k8s-3"] {
            turn(&mut bench, node, true);
        }
        bench.run(Span::seconds(56));
        assert_eq!(no_execute(&bench), 1);
        bench.run(Span::seconds(10));
        assert_eq!(no_execute(&bench), 2);
        turn(&mut bench, "chhan-k8s-4", true);
        bench.run(Span::seconds(100));
        assert_eq!(no_execute(&bench), 2, "three of four are too many");
        turn(&mut bench, "chhan-k8s-1", true);
        bench.run(Span::seconds(100));
        assert_eq!(no_execute(&bench), 0, "it is rather the control plane that is cut off");
    }

    #[test]
    fn a_pod_without_toleration_goes_at_once_and_one_with_endless_patience_never() {
        let mut bench = bench();
        let tolerations = |o: &mut Object, seconds: &[Option<i64>]| {
            let spec = Rc::make_mut(&mut o.pod_mut().spec);
            let all = seconds.iter().map(|s| crate::api::pod::Toleration {
                key: Some("maintenance".into()),
                value: None,
                effect: None,
                seconds: *s,
            });
            spec.tolerations = all.collect();
        };
        bench.update(Kind::Pod, "flask-1", |o| tolerations(o, &[]));
        bench.pod("patient", "other", "172.16.1.2");
        bench.place("patient", NODE, "172.16.1.2");
        bench.update(Kind::Pod, "patient", |o| tolerations(o, &[None]));
        bench.pod("hasty", "other", "172.16.1.3");
        bench.place("hasty", NODE, "172.16.1.3");
        bench.update(Kind::Pod, "hasty", |o| tolerations(o, &[Some(20)]));
        bench.update(Kind::Node, NODE, |o| {
            let taint = new_taint("maintenance", "NoExecute", SimTime(0));
            o.node_mut().taints = [taint].into();
        });
        bench.settle();
        let goes = |bench: &Bench, name: &str| bench.get(Kind::Pod, name).meta.is_terminating();
        assert_eq!(["flask-1", "patient", "hasty"].map(|name| goes(&bench, name)), [true, false, false]);
        bench.run(Span::seconds(20));
        assert_eq!(["patient", "hasty"].map(|name| goes(&bench, name)), [false, true]);
    }

    #[test]
    fn a_pod_that_goes_while_it_tolerates_a_taint_is_let_off() {
        let mut bench = bench();
        turn(&mut bench, NODE, true);
        bench.run(Span::seconds(60));
        let options = crate::apiserver::DeleteOptions { grace_period_seconds: Some(0), ..Default::default() };
        bench.delete_with(Kind::Pod, "flask-1", options);
        bench.settle();
        let said = "TaintManagerEviction Cancelling deletion of Pod default/flask-1 x1";
        assert!(bench.events(Kind::Pod, "flask-1").contains(&said.to_string()));
    }
}
