//! Commands that make sense now.

use crate::api::pod::ContainerState;
use crate::api::{Kind, Object, Pod};
use crate::apiserver::Store;

/// Commands that make sense in this world: on the laptop, or in a shell in a pod.
pub fn suggestions(store: &Store, in_pod: bool) -> Vec<String> {
    let Some(set) = store.list(Kind::StatefulSet).next() else {
        return ["kubectl get nodes -o wide", "kubectl get storageclass", "kubectl get all"]
            .map(String::from)
            .into();
    };
    let (name, namespace) = (&set.meta.name, &set.meta.namespace);
    let (spec, status) = (&set.stateful_set().spec, &set.stateful_set().status);
    let pods: Vec<_> =
        store.list_in(Kind::Pod, namespace).filter(|p| p.meta.is_controlled_by(set.meta.uid)).collect();
    let some_pod =
        pods.get(1).or(pods.first()).map_or_else(|| format!("{name}-0"), |p| p.meta.name.to_string());
    let service = if spec.service_name.is_empty() { name } else { &spec.service_name };
    if in_pod {
        return vec![
            format!("nslookup {service}"),
            format!("nslookup -type=srv {service}"),
            format!("nslookup {some_pod}.{service}.{namespace}.svc.cluster.local"),
            "cat /etc/resolv.conf".to_string(),
            "exit".to_string(),
        ];
    }
    let mut all = Vec::new();
    if let Some(broken) = pods.iter().find(|pod| is_stuck(pod.pod())) {
        let pod = &broken.meta.name;
        all.push(format!("kubectl describe pod {pod}"));
        all.push(format!("kubectl rollout undo sts/{name}"));
        all.push(format!("kubectl delete pod {pod}"));
    }
    let steady = status.observed_generation == set.meta.generation
        && status.available_replicas == spec.replicas
        && status.replicas == spec.replicas
        && status.update_revision == status.current_revision;
    if !steady {
        all.push("kubectl get pods -w".to_string());
        all.push(format!("kubectl rollout status sts/{name}"));
        all.push(format!("kubectl describe sts {name}"));
    } else {
        all.push("kubectl get pods -o wide".to_string());
        all.push("kubectl get pvc,pv".to_string());
        all.push(format!("kubectl delete pod {some_pod}"));
        all.push(format!("kubectl scale sts {name} --replicas={}", spec.replicas + 1));
        all.extend(read_a_file(&pods, &some_pod));
        all.push("kubectl run -ti --rm --image=nicolaka/netshoot testpod1 -- zsh".to_string());
    }
    all
}

/// Whether a container of the pod can't be started, or doesn't stay up.
fn is_stuck(pod: &Pod) -> bool {
    let statuses = pod.status.init_container_statuses.iter().chain(&pod.status.container_statuses);
    statuses.into_iter().any(|status| {
        matches!(&status.state, ContainerState::Waiting { reason, .. }
            if reason.ends_with("BackOff") || reason.starts_with("Err"))
    })
}

/// What a pod's program has written to its volume.
fn read_a_file(pods: &[&std::rc::Rc<Object>], name: &str) -> Option<String> {
    let pod = pods.iter().find(|pod| *pod.meta.name == *name)?;
    let container = pod.pod().spec.containers.first()?;
    let mount = container.volume_mounts.first()?;
    Some(format!("kubectl exec {name} -- ls -l {}", mount.mount_path))
}
