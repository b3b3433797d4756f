//! What keeps a container from running, and what helps: how it ended, what it lacks, and whom it waits for.

use super::part::Detail;
use super::program;
use super::remedy::in_namespace;
use kubesim::api::Fault;
use kubesim::api::image::with_tag;
use kubesim::api::pod::{Container, ContainerState, ContainerStatus, EnvValue, Terminated};
use kubesim::{Key, Kind, Object, SimTime, Store};
use messages::{Messages, fill};

/// Adds to the detail about a container that has ended how it did, who killed it, and where its last words are.
pub(super) fn ended(
    messages: &'static Messages,
    store: &Store,
    pod: &Object,
    container: &str,
    mut detail: Detail,
) -> Detail {
    let statuses = [&pod.pod().status.container_statuses, &pod.pod().status.init_container_statuses];
    let status = statuses.into_iter().flat_map(|all| all.iter()).find(|status| *status.name == *container);
    let now = status.and_then(terminated);
    let last = now.or_else(|| status?.last_state.as_ref());
    if let Some(probe) = failed_probe(store, pod, container) {
        detail.text.push(' ');
        detail.text.push_str(&fill(messages.killed_by_probe(), &[("probe", probe)]));
    } else if last.is_some_and(|last| &*last.reason == "OOMKilled") {
        detail.text.push(' ');
        detail.text.push_str(messages.out_of_memory());
    } else if let Some(last) = last {
        detail.text.push(' ');
        detail.text.push_str(&fill(messages.exit_code(), &[("code", &last.exit_code.to_string())]));
    }
    let previous = if now.is_some() { "" } else { " --previous" };
    let logs = ["kubectl logs ", &pod.meta.name, " -c ", container, previous].concat();
    let detail = detail.with_remedy(in_namespace(logs, &pod.meta.namespace));
    if status.is_some_and(|status| status.is_from_before(false)) {
        // It ended before anybody could break it here.
        return detail;
    }
    let image = pod.pod().spec.container(container).map(|container| with_tag(&container.image).into());
    if let Some(command) = image.and_then(|image| program::mend(store, &Fault::ProgramEnds(image))) {
        let text = [&*detail.text, messages.had_so()].join(" ");
        return Detail { text, ..detail }.with_remedy(command);
    }
    let is_killed = failed_probe(store, pod, container).is_some();
    if is_killed { program::with_failing_probe(messages, store, pod, container, detail) } else { detail }
}

/// How a container ended that has not been started again.
fn terminated(status: &ContainerStatus) -> Option<&Terminated> {
    if let ContainerState::Terminated(ended) = &status.state { Some(ended) } else { None }
}

/// Whether none of the init containers has begun of a pod that was there when a state was taken: the simulated kubelet is further.
pub(super) fn is_not_begun(pod: &Object) -> bool {
    if pod.meta.creation_timestamp >= SimTime(0) {
        return false;
    }
    let all = &pod.pod().status.init_container_statuses;
    let waits = |status: &ContainerStatus| {
        matches!(status.state, ContainerState::Waiting { .. }) && status.restart_count == 0
    };
    !all.is_empty() && all.iter().all(waits)
}

/// The probe for which the kubelet last killed this container: `liveness` or `startup`. The kubelet says so in an event
/// (`kuberuntime_manager.go: computePodActions`).
fn failed_probe(store: &Store, pod: &Object, container: &str) -> Option<&'static str> {
    let begin = ["Container ", container, " failed "].concat();
    let about = |event: &&Object| {
        let event = event.event();
        event.involved.uid == pod.meta.uid && &*event.reason == "Killing" && event.message.starts_with(&begin)
    };
    let events = store.list_in(Kind::Event, &pod.meta.namespace).map(|event| &**event);
    let last = events.filter(about).max_by_key(|event| event.event().last_timestamp)?;
    let rest = &last.event().message[begin.len()..];
    ["liveness", "startup"].into_iter().find(|probe| rest.starts_with(*probe))
}

/// A command that makes the Secret or ConfigMap whose absence a message tells, with the keys that the pod asks for.
pub(super) fn missing_object(store: &Store, pod: &Object) -> Option<String> {
    let mut wanted: Vec<(Kind, &str, Vec<&str>)> = Vec::new();
    for container in containers(pod) {
        for variable in &container.env {
            let (kind, name, key) = match &variable.value {
                EnvValue::Secret { name, key } => (Kind::Secret, &**name, &**key),
                EnvValue::ConfigMap { name, key } => (Kind::ConfigMap, &**name, &**key),
                _ => continue,
            };
            add(&mut wanted, kind, name, Some(key));
        }
        for from in container.raw["envFrom"].as_array().into_iter().flatten() {
            for (field, kind) in [("secretRef", Kind::Secret), ("configMapRef", Kind::ConfigMap)] {
                if let Some(name) = from[field]["name"].as_str() {
                    add(&mut wanted, kind, name, None);
                }
            }
        }
    }
    for volume in pod.pod().spec.raw["volumes"].as_array().into_iter().flatten() {
        let secret = (&volume["secret"], "secretName", Kind::Secret);
        let config = (&volume["configMap"], "name", Kind::ConfigMap);
        for (source, field, kind) in [secret, config] {
            if let Some(name) = source[field].as_str() {
                add(&mut wanted, kind, name, None);
                for item in source["items"].as_array().into_iter().flatten() {
                    add(&mut wanted, kind, name, item["key"].as_str());
                }
            }
        }
    }
    let is_missing = |kind: Kind, name: &str| store.get(&Key::new(kind, &pod.meta.namespace, name)).is_none();
    let (kind, name, keys) = wanted.into_iter().find(|(kind, name, _)| is_missing(*kind, name))?;
    let what = if kind == Kind::Secret { "secret generic" } else { "configmap" };
    let mut command = format!("kubectl create {what} {name}");
    for key in keys {
        command.push_str(&format!(" --from-literal={key}=example"));
    }
    Some(in_namespace(command, &pod.meta.namespace))
}

fn add<'a>(wanted: &mut Vec<(Kind, &'a str, Vec<&'a str>)>, kind: Kind, name: &'a str, key: Option<&'a str>) {
    let at = wanted.iter().position(|(k, n, _)| (*k, *n) == (kind, name)).unwrap_or_else(|| {
        wanted.push((kind, name, Vec::new()));
        wanted.len() - 1
    });
    let keys = &mut wanted[at].2;
    keys.extend(key.filter(|key| !keys.contains(key)));
}

fn containers(pod: &Object) -> impl Iterator<Item = &Container> {
    let spec = &pod.pod().spec;
    spec.init_containers.iter().chain(spec.containers.iter())
}

/// What is to be said of an init container that asks DNS for its own pod's name, and of what lets it find it: the name is there
/// only once the pod is Ready, and that it never is while the container waits.
pub(super) fn waits_for_own_name(
    messages: &'static Messages,
    store: &Store,
    pod: &Object,
    container: &str,
) -> Option<Detail> {
    let spec = &pod.pod().spec;
    let service = &**spec.subdomain.as_ref()?;
    let found = store.find(Kind::Service, &pod.meta.namespace, service)?;
    if found.service().publish_not_ready_addresses || !found.service().is_headless() {
        return None;
    }
    let init = spec.init_containers.iter().find(|init| *init.name == *container)?;
    let own = [&*pod.meta.name, ".", service].concat();
    let asks = init
        .command
        .iter()
        .chain(init.args.iter())
        .any(|text| with_host_name(text, init, pod).contains(&own));
    if !asks {
        return None;
    }
    let values = [("container", container), ("name", &*own), ("service", service)];
    let patch = format!(
        "kubectl patch service {service} --type=merge -p '{{\"spec\":{{\"publishNotReadyAddresses\":true}}}}'"
    );
    Some(
        Detail::endless(messages.waits_for_own_name(), &values)
            .with_remedy(in_namespace(patch, &pod.meta.namespace)),
    )
}

/// A script with the pod's name where it asks for it: by `hostname`, or by a variable that has it.
fn with_host_name(text: &str, container: &Container, pod: &Object) -> String {
    let is_name = |value: &EnvValue| matches!(value, EnvValue::Field(path) if &**path == "metadata.name");
    let variables =
        container.env.iter().filter(|variable| is_name(&variable.value)).map(|variable| &*variable.name);
    let mut text = text.replace("$(hostname)", &pod.meta.name).replace("`hostname`", &pod.meta.name);
    for variable in variables.chain(["HOSTNAME"]) {
        for written in [format!("${{{variable}}}"), format!("$({variable})"), format!("${variable}")] {
            text = text.replace(&written, &pod.meta.name);
        }
    }
    text
}
