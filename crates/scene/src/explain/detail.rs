//! What one pod, or one claim, is busy with: a sentence that goes after another.

use super::part::{Detail, Values, sentence};
use super::remedy::{apply, class as class_like, in_namespace};
use super::{container, program, scheduling};
use kubesim::api::Fault;
use kubesim::{Component, Key, Kind, Object, Reason, Store, Str, provisioner};
use messages::{Message, Messages};

/// What this pod is busy with, or waits for: by the kubelet's verdict once it has a node, else by the scheduler's and
/// that of its claims.
pub fn pod_detail(messages: &'static Messages, store: &Store, key: &Key) -> Option<Detail> {
    let pod = store.get(key)?;
    let scheduled = pod.pod().spec.node_name.is_some();
    let component = if scheduled { Component::Kubelet } else { Component::Scheduler };
    let verdict = &**store.verdict(component, key)?;
    let say = |detail: Message, values: Values| Detail::new(detail, Some(verdict), values);
    Some(match &verdict.reason {
        Reason::Unschedulable { message } => {
            let claims = pod.pod().spec.claims();
            let mut claims = claims.map(|claim| key.beside(Kind::PersistentVolumeClaim, claim));
            claims.find_map(|claim| stranded(messages, store, &key.name, &claim)).unwrap_or_else(|| {
                let plain = |said: &str| say(messages.unschedulable(), &[("message", said)]).stuck();
                scheduling::unschedulable(messages, store, pod, message, plain)
            })
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
        Reason::CantStart { message, .. } => {
            let said = say(messages.cant_start(), &[("message", &sentence(message))]).stuck();
            match container::missing_object(store, pod) {
                Some(command) => said.with_remedy(command),
                None => said,
            }
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
        Reason::Stopping { grace_seconds } => {
            let seconds = grace_seconds.to_string();
            match program::deaf(store, pod) {
                Some(container) => {
                    say(messages.deaf(), &[("container", &*container.name), ("seconds", &*seconds)])
                }
                None => say(messages.stopping(), &[("seconds", &seconds)]),
            }
        }
        Reason::Ended if pod.meta.is_terminating() && !pod.meta.finalizers.is_empty() => {
            held_by_finalizer(messages, pod)
        }
        Reason::NodeLost { node } => return Some(node_lost(messages, store, pod, node)),
        _ => return None,
    })
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

/// Why no node takes a pod, if it is because of this claim: its volume lies where no pod can go, or can't be made.
fn stranded(messages: &'static Messages, store: &Store, pod: &str, claim: &Key) -> Option<Detail> {
    let object = store.get(claim);
    let Some(volume) = object.and_then(|claim| claim.claim().spec.volume_name.clone()) else {
        return claim_detail(messages, store, claim).filter(|detail| detail.stuck);
    };
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
            Reason::NoVolume => say(messages.no_volume(), "", "").stuck(),
            Reason::ProvisioningFailed { message } => {
                say(messages.provisioning_failed(), "message", &sentence(message)).stuck()
            }
            _ => return None,
        })
    })
}
