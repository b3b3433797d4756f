//! What one pod, or one claim, is busy with: a sentence that goes after another.

use super::part::{Detail, Values, sentence};
use super::remedy::{apply, as_default, class as class_like, in_namespace};
use super::{container, program, scheduling};
use kubesim::api::Fault;
use kubesim::api::pod::condition;
use kubesim::api::volume::ClaimPhase;
use kubesim::{Component, Key, Kind, Object, Reason, SimTime, Span, Store, Str, Verdict, provisioner};
use messages::{Message, Messages};

/// So long after its grace period a pod should have been gone.
const OVERDUE: Span = Span::seconds(30);

/// What this pod is busy with, or waits for: by the kubelet's verdict once it has a node, else by the scheduler's and
/// that of its claims.
pub fn pod_detail(messages: &'static Messages, store: &Store, key: &Key) -> Option<Detail> {
    let pod = store.get(key)?;
    let scheduled = pod.pod().spec.node_name.is_some();
    if let Some(detail) = gated(messages, pod).or_else(|| on_unwell_node(messages, store, pod)) {
        return Some(detail);
    }
    let component = if scheduled { Component::Kubelet } else { Component::Scheduler };
    let verdict = &**store.verdict(component, key)?;
    let say = |detail: Message, values: Values| Detail::new(detail, Some(verdict), values);
    Some(match &verdict.reason {
        Reason::Unschedulable { message } => {
            let claims = pod.pod().spec.claims();
            let mut claims = claims.map(|claim| key.beside(Kind::PersistentVolumeClaim, claim));
            claims.find_map(|claim| stranded(messages, store, &key.name, &claim, message)).unwrap_or_else(
                || {
                    let plain = |said: &str| say(messages.unschedulable(), &[("message", said)]).stuck();
                    scheduling::unschedulable(messages, store, pod, message, plain)
                },
            )
        }
        Reason::WaitingForBinding { claims, .. } => {
            let detail = claims.iter().find_map(|claim| {
                claim_detail(messages, store, &key.beside(Kind::PersistentVolumeClaim, claim))
            });
            let claim = claims.first().map_or("", |c| c);
            detail.unwrap_or_else(|| say(messages.waiting_for_binding(), &[("claim", claim)]))
        }
        Reason::CreatingSandbox => say(messages.sandbox(), &[]),
        Reason::Pulling { image, .. } => say(messages.pulling(), &[("image", image)]),
        Reason::Starting { container } => say(messages.container_starts(), &[("container", container)]),
        // Nothing of a pod has begun whose init containers all wait.
        Reason::RunningInit { .. } if container::is_not_begun(pod) => say(messages.sandbox(), &[]),
        Reason::RunningInit { container } => container::waits_for_own_name(messages, store, pod, container)
            .unwrap_or_else(|| say(messages.running_init(), &[("container", container)])),
        Reason::Probing { container, failures: 0 } => {
            let said = say(messages.probing(), &[("container", container)]);
            program::with_failing_probe(messages, store, pod, container, said)
        }
        Reason::Probing { container, failures } => {
            let values = [("container", &**container), ("failures", &*failures.to_string())];
            let said = Detail { wait: None, ..say(messages.probe_fails(), &values) };
            program::with_failing_probe(messages, store, pod, container, said)
        }
        Reason::CantStart { container, message } => {
            cant_start(messages, store, pod, verdict, container, message)
        }
        Reason::ImageBackOff { image, .. } => {
            let said = say(messages.image_back_off(), &[("image", image)]).stuck();
            match program::mend(store, &Fault::image_gone(image)) {
                Some(command) => said.with_remedy(command),
                None => said,
            }
        }
        Reason::CrashBackOff { container, restarts: 0 } => {
            let said = say(messages.crash_once(), &[("container", container)]);
            container::ended(messages, store, pod, container, said)
        }
        Reason::CrashBackOff { container, restarts: 1 } => {
            let said = say(messages.crash_again(), &[("container", container)]);
            container::ended(messages, store, pod, container, said)
        }
        Reason::CrashBackOff { container, restarts } => {
            let values = [("container", &**container), ("restarts", &*restarts.to_string())];
            let said = say(messages.crash_back_off(), &values).stuck();
            container::ended(messages, store, pod, container, said)
        }
        Reason::Stopping { grace_seconds } => stopping(messages, store, pod, verdict, *grace_seconds),
        Reason::Ended if pod.meta.is_terminating() && !pod.meta.finalizers.is_empty() => {
            held_by_finalizer(messages, pod)
        }
        Reason::NodeLost { node } => return Some(node_lost(messages, store, pod, node)),
        _ => return None,
    })
}

/// Why a container can't be made, or with an empty name the whole pod: then it is tried again, and may be had later, unless it is
/// something that is not there.
fn cant_start(
    messages: &'static Messages,
    store: &Store,
    pod: &Object,
    verdict: &Verdict,
    container: &str,
    message: &str,
) -> Detail {
    let said = Detail::new(messages.cant_start(), Some(verdict), &[("message", &sentence(message))]);
    let is_tried_again = container.is_empty() && !message.contains("not found");
    let said = Detail { stuck: !is_tried_again, ..said };
    match container::missing_object(store, pod) {
        Some(command) => said.with_remedy(command),
        None => said,
    }
}

/// A pod that was told to go, and has a while for that.
fn stopping(
    messages: &'static Messages,
    store: &Store,
    pod: &Object,
    verdict: &Verdict,
    grace_seconds: i64,
) -> Detail {
    if is_overdue(pod, verdict.since) {
        let until = pod.meta.deletion_timestamp.unwrap_or_default().rfc3339();
        return Detail::new(messages.cluster().overdue(), None, &[("since", &until)]);
    }
    let seconds = grace_seconds.to_string();
    match program::deaf(store, pod) {
        Some(container) => {
            let values = [("container", &*container.name), ("seconds", &*seconds)];
            Detail::new(messages.deaf(), Some(verdict), &values)
        }
        None => Detail::new(messages.stopping(), Some(verdict), &[("seconds", &seconds)]),
    }
}

/// What holds a pod back from the scheduler, or from being Ready though its containers are, where somebody outside Kubernetes has
/// to do something about it.
fn gated(messages: &'static Messages, pod: &Object) -> Option<Detail> {
    let raw = &pod.pod().spec.raw;
    let names = |field: &str, name: &str| -> Vec<String> {
        let gates = raw[field].as_array().into_iter().flatten();
        gates.filter_map(|gate| gate[name].as_str().map(str::to_owned)).collect()
    };
    let texts = messages.cluster();
    if pod.meta.is_terminating() || pod.pod().is_terminal() {
        return None;
    }
    if pod.pod().spec.node_name.is_none() {
        let gates = names("schedulingGates", "name");
        let patch = r#"[{"op":"remove","path":"/spec/schedulingGates"}]"#;
        let off = format!("kubectl patch pod {} --type=json -p '{patch}'", pod.meta.name);
        let said = Detail::new(texts.scheduling_gate(), None, &[("gate", &gates.join(", "))]);
        return (!gates.is_empty()).then(|| said.with_remedy(in_namespace(off, &pod.meta.namespace)));
    }
    let is_true = |kind: &str| pod.pod().condition(kind).is_some_and(|c| c.status == Some(true));
    let unmet = names("readinessGates", "conditionType").into_iter().filter(|kind| !is_true(kind));
    let unmet = unmet.collect::<Vec<_>>().join(", ");
    let waits = is_true(condition::CONTAINERS_READY) && !pod.pod().is_ready() && !unmet.is_empty();
    waits.then(|| Detail::new(texts.readiness_gate(), None, &[("gate", &unmet)]))
}

/// That the pod's node is heard of, and says that it is not Ready: then its pods count as not Ready, whatever runs there.
pub(super) fn on_unwell_node(messages: &'static Messages, store: &Store, pod: &Object) -> Option<Detail> {
    let node = pod.pod().spec.node_name.as_deref()?;
    let object = store.find_cluster(Kind::Node, node)?;
    let ready = object.node().conditions.iter().find(|c| &*c.kind == condition::READY)?;
    let holds = |kind: &str| pod.pod().condition(kind).and_then(|c| c.status);
    let is_marked =
        holds(condition::READY) == Some(false) && holds(condition::CONTAINERS_READY) == Some(true);
    if ready.status != Some(false) || !is_marked || pod.meta.is_terminating() {
        return None;
    }
    let said = sentence(ready.message.as_deref().or(ready.reason.as_deref()).unwrap_or_default());
    let values = [("node", node), ("message", &*said)];
    let describe = ["kubectl describe node ", node].concat();
    Some(Detail::new(messages.cluster().node_not_ready(), None, &values).with_remedy(describe))
}

/// Whether a pod should have been gone for a while when somebody last looked.
fn is_overdue(pod: &Object, looked: SimTime) -> bool {
    pod.meta.deletion_timestamp.is_some_and(|until| (looked - until).0 > OVERDUE.0)
}

/// A pod that has stopped and stays because of a finalizer: somebody else must take it off.
fn held_by_finalizer(messages: &'static Messages, pod: &Object) -> Detail {
    let finalizers = pod.meta.finalizers.join(", ");
    let patch = r#"[{"op":"remove","path":"/metadata/finalizers"}]"#;
    let off = format!("kubectl patch pod {} --type=json -p '{patch}'", pod.meta.name);
    Detail::endless(
        messages.cluster().held_by_finalizer(),
        &[("pod", &*pod.meta.name), ("finalizer", &*finalizers)],
    )
    .with_remedy(in_namespace(off, &pod.meta.namespace))
}

/// A pod whose node does not answer: before it is told to go, it is given time; after that, nobody can say that it has
/// stopped.
fn node_lost(messages: &'static Messages, store: &Store, pod: &Object, node: &str) -> Detail {
    let (key, values) = (pod.key(), [("node", node), ("pod", &*pod.meta.name)]);
    if pod.meta.is_terminating() {
        let force = format!("kubectl delete pod {} --force --grace-period=0", pod.meta.name);
        let force = in_namespace(force, &key.namespace);
        return Detail::new(messages.node_lost_for_good(), None, &values).stuck().with_remedy(force);
    }
    let tolerating = store.verdict(Component::TaintEvictionController, &key).map(|v| &**v);
    let tolerating = tolerating.filter(|v| matches!(v.reason, Reason::Tolerating { .. }));
    match tolerating {
        Some(verdict) => Detail::new(messages.node_lost_tolerated(), Some(verdict), &values),
        None => Detail::new(messages.node_lost(), None, &values),
    }
}

/// Why no node takes a pod, if it is because of this claim: its volume lies where no pod can go, is gone, or can't be made.
/// `said`: what the scheduler says.
fn stranded(
    messages: &'static Messages,
    store: &Store,
    pod: &str,
    claim: &Key,
    said: &str,
) -> Option<Detail> {
    let object = store.get(claim);
    let Some(volume) = object.and_then(|claim| claim.claim().spec.volume_name.clone()) else {
        let waits = said.contains("unbound immediate PersistentVolumeClaims");
        let found = claim_detail(messages, store, claim).filter(|detail| detail.stuck || waits);
        let binds = || Detail::new(messages.waiting_for_binding(), None, &[("claim", &*claim.name)]);
        return found.or_else(|| waits.then(binds));
    };
    if object.is_some_and(|claim| claim.claim().phase == ClaimPhase::Lost) {
        let again = in_namespace(format!("kubectl delete pvc/{} pod/{pod}", claim.name), &claim.namespace);
        let lost = messages.claim_lost();
        let text = Message { title: "", ..lost };
        return Some(Detail::endless(text, &[("claim", &*claim.name)]).with_remedy(again));
    }
    let node = store.get(&Key::cluster(Kind::PersistentVolume, &volume))?.volume().node.clone()?;
    let values = [("claim", &*claim.name), ("node", &*node)];
    let Some(object) = store.get(&Key::cluster(Kind::Node, &node)) else {
        let again = in_namespace(format!("kubectl delete pvc/{} pod/{pod}", claim.name), &claim.namespace);
        return Some(Detail::new(messages.volume_node_gone(), None, &values).stuck().with_remedy(again));
    };
    if object.node().unschedulable {
        let uncordon = format!("kubectl uncordon {node}");
        return Some(
            Detail::new(messages.volume_node_cordoned(), None, &values).stuck().with_remedy(uncordon),
        );
    }
    let is_lost = object.node().taints.iter().any(|taint| taint.key.starts_with("node.kubernetes.io/un"));
    is_lost.then(|| {
        Detail::new(messages.volume_node_lost(), None, &values)
            .stuck()
            .with_remedy(format!("trouble node {node} up"))
    })
}

/// What a claim waits for.
pub(super) fn claim_detail(messages: &'static Messages, store: &Store, key: &Key) -> Option<Detail> {
    let components = [Component::Provisioner, Component::PersistentVolumeController];
    components.into_iter().filter_map(|c| store.verdict(c, key)).find_map(|verdict| {
        let verdict = Some(&**verdict);
        let say = |detail: Message, name: &str, value: &str| {
            Detail::new(detail, verdict, &[(name, value), ("claim", &key.name)])
        };
        Some(match &verdict?.reason {
            Reason::Provisioning { provisioner } if !provisioner::runs(store, provisioner) => {
                let class = store.get(key).and_then(|claim| claim.claim().spec.storage_class_name.clone());
                let said = say(messages.nobody_provisions(), "provisioner", provisioner).stuck();
                let here = ["trouble provisioner ", provisioner, " runs"].concat();
                // A class can be deleted and made anew with another provisioner, if it is there.
                let is_there = |name: &Str| store.get(&Key::cluster(Kind::StorageClass, name)).is_some();
                match class.filter(is_there) {
                    Some(name) => {
                        let anew = apply(&class_like(&name));
                        let anew = ["kubectl delete storageclass ", &name, " && ", &anew].concat();
                        Detail { also: Some(here), ..said.with_remedy(anew) }
                    }
                    None => said.with_remedy(here),
                }
            }
            Reason::Provisioning { provisioner } => say(messages.provisioning(), "provisioner", provisioner),
            Reason::ClassMissing { class: name } => {
                say(messages.class_missing(), "class", name).stuck().with_remedy(apply(&class_like(name)))
            }
            Reason::WaitingForFirstConsumer => say(messages.waiting_for_consumer(), "", ""),
            Reason::NoVolume => {
                let said = say(messages.no_volume(), "", "").stuck();
                match only_class(store, key) {
                    Some(class) => said.with_remedy(as_default(&class)),
                    None => said,
                }
            }
            Reason::ProvisioningFailed { message } => {
                say(messages.provisioning_failed(), "message", &sentence(message)).stuck()
            }
            _ => return None,
        })
    })
}

/// The one class that there is, if a claim names none and none is the default: a claim that waits without one is given a default
/// that comes later (`pkg/controller/volume/persistentvolume/pv_controller.go: assignDefaultStorageClass`).
fn only_class(store: &Store, claim: &Key) -> Option<Str> {
    let names_none = store.get(claim)?.claim().spec.storage_class_name.is_none();
    let mut classes = store.list(Kind::StorageClass);
    let class = classes.next().filter(|_| names_none)?;
    classes.next().is_none().then(|| class.meta.name.clone())
}
