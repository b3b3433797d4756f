//! Which pod and which container a command means that works on one: `logs`, `exec`, `attach`, `port-forward`.
//!
//! Models `k8s.io/kubectl/pkg/cmd/util/podcmd` and `pkg/polymorphichelpers/helpers.go`.

use super::Failure;
use crate::api::read::get;
use crate::api::{Body, Kind, LabelSelector, Object, PodPhase};
use crate::apiserver::Store;
use crate::kubelet::is_silent;
use std::cmp::Reverse;
use std::rc::Rc;

/// The annotation that names a pod's default container.
const DEFAULT_CONTAINER: &str = "kubectl.kubernetes.io/default-container";

/// The container of this name, or the pod's default one if the name is empty; with it what kubectl says about having
/// chosen. Errors: the pod has no such container.
pub fn choose_container(pod: &Object, name: &str) -> Result<(String, Option<String>), Failure> {
    let spec = &pod.pod().spec;
    let preset = pod.meta.annotation(DEFAULT_CONTAINER).filter(|name| spec.container(name).is_some());
    let name = if name.is_empty() { preset.unwrap_or_default() } else { name };
    if !name.is_empty() {
        return match spec.container(name) {
            Some(_) => Ok((name.to_string(), None)),
            None => Err(Failure::client(format!(
                "container {name} is not valid for pod {} out of: {}",
                pod.meta.name,
                all_containers(pod)
            ))),
        };
    }
    let Some(first) = spec.containers.first() else {
        let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
        return Err(Failure::client(format!("pod {namespace}/{name} does not have any containers")));
    };
    let several = spec.containers.len() + spec.init_containers.len() + spec.ephemeral_containers.len() > 1;
    let notice =
        several.then(|| format!("Defaulted container \"{}\" out of: {}\n", first.name, all_containers(pod)));
    Ok((first.name.to_string(), notice))
}

/// The address of the pod's kubelet, if that does not answer.
pub fn silent_kubelet(store: &Store, pod: &Object) -> Option<String> {
    let node = store.find_cluster(Kind::Node, pod.pod().spec.node_name.as_deref()?)?;
    is_silent(store, &node.meta.name).then(|| format!("{}:10250", node.node().internal_ip))
}

/// What the API server says that can't reach the kubelet at this address.
pub fn no_route(host: &str) -> String {
    format!("dial tcp {host}: connect: no route to host")
}

/// `flask-app, init-dump-log (init)`. Models `podcmd.AllContainerNames`.
pub fn all_containers(pod: &Object) -> String {
    let spec = &pod.pod().spec;
    let names = spec.containers.iter().map(|c| c.name.to_string());
    names
        .chain(spec.ephemeral_containers.iter().map(|c| format!("{} (ephem)", c.name)))
        .chain(spec.init_containers.iter().map(|c| format!("{} (init)", c.name)))
        .collect::<Vec<_>>()
        .join(", ")
}

/// How an object selects its pods, if it does.
pub fn selector_of(object: &Object) -> Option<LabelSelector> {
    match &object.body {
        Body::StatefulSet(set) => Some(set.spec.selector.clone()),
        Body::Deployment(deployment) => Some(deployment.spec.selector.clone()),
        Body::ReplicaSet(set) => Some(set.spec.selector.clone()),
        Body::Service(service) if !service.selector.is_empty() => {
            Some(LabelSelector { match_labels: service.selector.clone(), ..LabelSelector::default() })
        }
        Body::Other(tree) if matches!(object.kind, Kind::DaemonSet | Kind::Job) => {
            Some(LabelSelector::from_value(get(get(tree, "spec"), "selector")))
        }
        _ => None,
    }
}

/// The pods that a selector lets through, the ones first that most likely have something to tell. Models
/// `k8s.io/kubectl/pkg/util/podutils: ByLogging`.
pub fn by_logging(store: &Store, namespace: &str, selector: &LabelSelector) -> Vec<Rc<Object>> {
    let pods = store.list_in(Kind::Pod, namespace).filter(|p| selector.matches(&p.meta.labels));
    let mut pods: Vec<Rc<Object>> = pods.cloned().collect();
    collections::sort_by_key(&mut pods, |object| {
        let pod = object.pod();
        // Upstream's table of phases lacks the last two: that reads as the first.
        let phase = match pod.status.phase {
            PodPhase::Running | PodPhase::Succeeded | PodPhase::Failed => 0,
            PodPhase::Unknown => 1,
            PodPhase::Pending => 2,
        };
        let restarts = pod.status.container_statuses.iter().map(|c| c.restart_count).max();
        let ready_since = pod.ready_since();
        (
            pod.spec.node_name.is_none(),
            phase,
            ready_since.is_none(),
            ready_since,
            Reverse(restarts),
            object.meta.creation_timestamp,
        )
    });
    pods
}

/// The pod of those that a selector lets through that is most likely to run a command. Models `attachablePodForObject` and
/// `k8s.io/kubectl/pkg/util/podutils: ActivePods`, reversed.
pub fn most_active(store: &Store, namespace: &str, selector: &LabelSelector) -> Option<Rc<Object>> {
    let pods = store.list_in(Kind::Pod, namespace).filter(|p| selector.matches(&p.meta.labels));
    let rank = |object: &&Rc<Object>| {
        let pod = object.pod();
        let phase = match pod.status.phase {
            PodPhase::Running => 0,
            PodPhase::Unknown => 1,
            _ => 2,
        };
        let ready_since = pod.ready_since();
        (
            (pod.spec.node_name.is_none(), phase, ready_since.is_none()),
            (object.meta.is_terminating(), Reverse(object.meta.deletion_timestamp)),
            ready_since,
            pod.status.container_statuses.iter().map(|c| c.restart_count).max(),
            object.meta.creation_timestamp,
        )
    };
    pods.min_by_key(rank).cloned()
}
