//! The pod garbage collector: pods of which no kubelet will ever tell the end.
//!
//! Models `pkg/controller/podgc/gc_controller.go`: pods of a node that is no longer there, and pods that are to go on a
//! node that is not well and that somebody said is out of service. The real one looks at all pods every 20 s; here a pod is
//! due when, on average, the real one would have come by. Not simulated: that it removes pods that ended, from 12,500 on.

use super::node_lifecycle::pods_on;
use crate::api::pod::PodPhase;
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, Object, Span};
use crate::apiserver::{DeleteOptions, Store};
use crate::component::{Context, Outcome, WatchEvent};

const ME: Component = Component::PodGarbageCollector;
/// Between one look and the next.
const PERIOD: Span = Span::seconds(20);
/// How long a node has to be gone (`quarantineTime`).
const QUARANTINE: Span = Span::seconds(40);
const OUT_OF_SERVICE: &str = "node.kubernetes.io/out-of-service";

/// Says which pods have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    let halves = change.before.zip(change.after);
    match change.key.kind {
        Kind::Node => {
            let news = match halves {
                Some((before, after)) => is_out_of_service(before) != is_out_of_service(after),
                None => true,
            };
            if news {
                pods_on(store, &change.key.name).iter().for_each(|pod| add(ME, pod.key()));
            }
        }
        Kind::Pod => {
            let state = |pod: &Object| (pod.pod().spec.node_name.clone(), pod.meta.is_terminating());
            if halves.is_some_and(|(before, after)| state(before) == state(after)) {
                return;
            }
            if change.after.is_some_and(|pod| fate(store, pod).is_some()) {
                add(ME, change.key.clone());
            }
        }
        _ => {}
    }
}

fn is_out_of_service(node: &Object) -> bool {
    !node.node().is_ready() && node.node().taints.iter().any(|t| &*t.key == OUT_OF_SERVICE)
}

/// After what time the pod is removed, if it is, and whether that is because its node is gone.
fn fate(store: &Store, pod: &Object) -> Option<(Span, bool)> {
    let name = pod.pod().spec.node_name.as_deref()?;
    match store.find_cluster(Kind::Node, name) {
        None => Some((Span(QUARANTINE.0 + PERIOD.0 / 2), true)),
        Some(node) if pod.meta.is_terminating() && is_out_of_service(node) => {
            Some((Span(PERIOD.0 / 2), false))
        }
        Some(_) => None,
    }
}

/// Looks at a pod. Models `gcOrphaned`, `gcTerminating` and `markFailedAndDeletePod`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let (store, now) = (context.store(), context.now());
    let Some(pod) = store.get(key).cloned() else { return Outcome::DONE };
    let planned = store.verdict(ME, key).map(|v| (v.until, v.reason.clone()));
    let Some((wait, is_gone)) = fate(store, &pod) else {
        if planned.is_some() {
            context.api.set_verdict(ME, key, None, None);
        }
        return Outcome::DONE;
    };
    let node = pod.pod().spec.node_name.clone().unwrap_or_default();
    let reason = Reason::Abandoned { node };
    let due = match planned {
        Some((Some(until), planned)) if planned == reason => until,
        _ => now + wait,
    };
    if due > now {
        context.api.set_verdict(ME, key, Some(reason), Some(due));
        return Outcome::at(due);
    }
    if !pod.pod().is_terminal() {
        let marked = context.api.update_status(key, |o| {
            let pod = o.pod_mut();
            pod.status.phase = PodPhase::Failed;
            if is_gone {
                let (reason, message) = (Some("DeletionByPodGC"), Some("PodGC: node no longer exists"));
                pod.set_condition("DisruptionTarget", Some(true), reason, message, now);
            }
        });
        marked.expect("the pod is there");
    }
    let at_once = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
    context.api.delete(key, at_once).expect("the pod is there");
    Outcome::DONE
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Bench;

    const NODE: &str = "chhan-k8s-3";

    fn bench() -> Bench {
        let mut bench = Bench::new(&[ME, Component::NodeLifecycleController]);
        bench.pod("flask-0", "flask", "172.16.1.1");
        bench.pod("flask-1", "flask", "172.16.1.2");
        bench.place("flask-0", "chhan-k8s-2", "172.16.1.1");
        bench.place("flask-1", NODE, "172.16.234.1");
        bench.settle();
        bench
    }

    #[test]
    fn pods_of_a_node_that_is_gone_go_after_a_while() {
        let mut bench = bench();
        bench.delete(Kind::Node, NODE);
        bench.settle();
        let abandoned = Reason::Abandoned { node: NODE.into() };
        assert_eq!(bench.reason(ME, Kind::Pod, "flask-1"), Some(abandoned));
        let removing = "RemovingNode Node chhan-k8s-3 event: Removing Node chhan-k8s-3 from Controller x1";
        assert_eq!(bench.events(Kind::Node, NODE), [removing]);
        bench.run(Span::seconds(39));
        assert!(bench.find(Kind::Pod, "flask-1").is_some());
        bench.run(Span::seconds(21));
        assert!(bench.find(Kind::Pod, "flask-1").is_none());
        assert!(bench.find(Kind::Pod, "flask-0").is_some());
    }

    #[test]
    fn a_pod_that_is_to_go_goes_from_a_node_that_is_out_of_service() {
        let mut bench = bench();
        bench.update(Kind::Node, NODE, |o| {
            let node = o.node_mut();
            let taint = crate::api::node::Taint {
                key: OUT_OF_SERVICE.into(),
                value: "".into(),
                effect: "NoExecute".into(),
                time_added: None,
            };
            node.taints = node.taints.iter().cloned().chain([taint]).collect();
        });
        bench.delete(Kind::Pod, "flask-1");
        bench.run(Span::seconds(30));
        assert!(bench.find(Kind::Pod, "flask-1").is_some(), "the node is well");
        bench.update(Kind::Node, NODE, |o| {
            let node = o.node_mut();
            let conditions = node.conditions.iter().cloned().map(|mut c| {
                if &*c.kind == "Ready" {
                    c.status = Some(false);
                }
                c
            });
            node.conditions = conditions.collect();
        });
        bench.run(Span::seconds(30));
        assert!(bench.find(Kind::Pod, "flask-1").is_none());
    }
}
