//! Containers: names, ports, mounts, devices, what becomes of them when they end.
//!
//! Models pkg/apis/core/validation/validation.go: validateContainers, validateInitContainers and what they call.

use std::collections::BTreeSet;

use super::env::{validate_env, validate_env_from};
use super::field::{At, Errors, Path, required_texts};
use super::names;
use super::paths::{validate_descending, validate_volume_name};
use super::probes::validate_lifecycle_and_probes;
use super::resources::{validate_resource_name, validate_resources};
use super::security::{uses_host_users, validate_context};
use super::sources::Volumes;
use yaml::text::quoted;

const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

pub(super) fn validate_containers(spec: &At, volumes: &Volumes, errors: &mut Errors) {
    let containers = spec.get("containers");
    if containers.is_empty_list() {
        errors.required(&containers.path, "");
        return;
    }
    let mut known = BTreeSet::new();
    for container in containers.items() {
        validate_container(&container, spec, volumes, errors);
        let name = container.get("name");
        if !known.insert(name.text()) {
            errors.duplicate(&name.path, &quoted(name.text()));
        }
        validate_lifecycle_and_probes(&container, spec, errors);
        validate_restart_policy(&container, errors);
    }
    let mut host_ports = BTreeSet::new();
    for container in containers.items() {
        validate_host_ports(&container, &mut host_ports, errors);
    }
}

pub(super) fn validate_init_containers(spec: &At, volumes: &Volumes, errors: &mut Errors) {
    let mut known: BTreeSet<&str> =
        collections::collect(spec.get("containers").items().map(|container| container.get("name").text()));
    for container in spec.get("initContainers").items() {
        validate_container(&container, spec, volumes, errors);
        validate_restart_policy(&container, errors);
        let name = container.get("name");
        if known.contains(name.text()) {
            errors.duplicate(&name.path, &quoted(name.text()));
        } else if !name.text().is_empty() {
            known.insert(name.text());
        }
        // Init containers run one by one. (Upstream tells the conflict at the list's first place.)
        let first = container.told_as(spec.path_of("initContainers").item(0));
        validate_host_ports(&first, &mut BTreeSet::new(), errors);
        if container.get("restartPolicy").text() == "Always" {
            validate_lifecycle_and_probes(&container, spec, errors);
            continue;
        }
        for field in ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"] {
            let field = container.get(field);
            if field.is_set() {
                errors.forbidden(
                    &field.path,
                    "may not be set for init containers without restartPolicy=Always",
                );
            }
        }
        for policy in container.get("resizePolicy").items().map(|policy| policy.get("restartPolicy")) {
            if policy.text() == "RestartContainer" {
                let detail = "must not be set to 'RestartContainer' for non-sidecar initContainers";
                errors.invalid(&policy, detail);
            }
        }
    }
}

/// Models validateContainerRestartPolicy (ContainerRestartRules and RestartAllContainersOnContainerExits are on in 1.36).
fn validate_restart_policy(container: &At, errors: &mut Errors) {
    let (policy, rules) = (container.get("restartPolicy"), container.get("restartPolicyRules"));
    if policy.is_set() && !["Always", "Never", "OnFailure"].contains(&policy.text()) {
        errors.not_supported(&policy, &["Always", "Never", "OnFailure"]);
    }
    if !policy.is_set() && !rules.is_empty_list() {
        errors.required(&policy.path, "must specify restartPolicy when restart rules are used");
    }
    errors.too_many(&rules, 20);
    for rule in rules.items() {
        let (action, codes) = (rule.get("action"), rule.get("exitCodes"));
        if !["Restart", "RestartAllContainers"].contains(&action.text()) {
            errors.not_supported_shown(
                &action.path,
                &quoted(action.text()),
                &["Restart", "RestartAllContainers"],
            );
        }
        if !codes.is_set() {
            errors.required(&codes.path, "must be specified");
            continue;
        }
        let operator = codes.get("operator");
        if !["In", "NotIn"].contains(&operator.text()) {
            errors.not_supported_shown(&operator.path, &quoted(operator.text()), &["In", "NotIn"]);
        }
        errors.too_many(&codes.get("values"), 255);
    }
}

/// Models validateResizePolicy.
fn validate_resize_policy(policies: &At, pod_policy: &str, errors: &mut Errors) {
    let mut known = BTreeSet::new();
    // Upstream tells most of these at the list.
    for policy in policies.items() {
        let [resource, restart] =
            ["resourceName", "restartPolicy"].map(|field| policy.get(field).told_as(policies.path));
        if !known.insert(resource.text()) {
            errors.duplicate(&policy.path, &quoted(resource.text()));
        }
        errors.one_of(&resource, &["cpu", "memory"]);
        errors.one_of(&restart, &["NotRequired", "RestartContainer"]);
        if pod_policy == "Never" && restart.text() != "NotRequired" {
            errors.invalid_text(
                &policies.path,
                restart.text(),
                "must be 'NotRequired' when pod `restartPolicy` is 'Never'",
            );
        }
    }
}

fn validate_host_ports(container: &At, seen: &mut BTreeSet<String>, errors: &mut Errors) {
    for port in container.get("ports").items() {
        let host_port = port.get("hostPort");
        if host_port.int() == 0 {
            continue;
        }
        let key =
            format!("{}/{}/{}", port.get("protocol").text(), port.get("hostIP").text(), host_port.int());
        if seen.contains(&key) {
            errors.duplicate(&host_port.path, &quoted(&key));
        } else {
            seen.insert(key);
        }
    }
}

/// Models validateContainerCommon.
fn validate_container(container: &At, spec: &At, volumes: &Volumes, errors: &mut Errors) {
    validate_volume_name(&container.get("name"), errors);
    required_texts(container, &["image"], errors);
    errors.one_of(&container.get("terminationMessagePolicy"), &["File", "FallbackToLogsOnError"]);
    validate_ports(&container.get("ports"), errors);
    for variable in container.get("env").items() {
        validate_env(&variable, errors);
    }
    validate_env_from(&container.get("envFrom"), errors);
    validate_mounts(container, volumes, errors);
    validate_devices(container, volumes, errors);
    errors.one_of(&container.get("imagePullPolicy"), &["Always", "IfNotPresent", "Never"]);
    let claims = spec.get("resourceClaims");
    let claims = claims.items().map(|claim| claim.get("name").text()).filter(|name| !name.is_empty());
    validate_resources(&container.get("resources"), &claims.collect(), validate_resource_name, errors);
    validate_resize_policy(&container.get("resizePolicy"), spec.get("restartPolicy").text(), errors);
    validate_context(&container.get("securityContext"), uses_host_users(spec), errors);
}

fn validate_ports(ports: &At, errors: &mut Errors) {
    let mut known = BTreeSet::new();
    for port in ports.items() {
        let name = port.get("name");
        if !name.text().is_empty() {
            let messages = names::port_name(name.text());
            if !messages.is_empty() {
                errors.all_invalid(&name, messages);
            } else if !known.insert(name.text()) {
                errors.duplicate(&name.path, &quoted(name.text()));
            }
        }
        let number = port.get("containerPort");
        if number.int() == 0 {
            errors.required(&number.path, "");
        } else {
            errors.in_range(&number, 1, 65535);
        }
        let host_port = port.get("hostPort");
        if host_port.int() != 0 {
            errors.in_range(&host_port, 1, 65535);
        }
        errors.one_of(&port.get("protocol"), &PROTOCOLS);
    }
}

fn validate_mounts(container: &At, volumes: &Volumes, errors: &mut Errors) {
    let list = container.get("volumeMounts");
    let devices = container.get("volumeDevices");
    let mut paths = BTreeSet::new();
    for mount in list.items() {
        let (name, path) = (mount.get("name"), mount.get("mountPath"));
        required_texts(&mount, &["name"], errors);
        if !volumes.contains_key(name.text()) {
            errors.add(&name.path, format!("Not found: {}", quoted(name.text())));
        }
        required_texts(&mount, &["mountPath"], errors);
        if !paths.insert(path.text()) {
            errors.invalid_text(&path.path, path.text(), "must be unique");
        }
        if devices.items().any(|device| device.get("name").text() == name.text()) {
            errors.invalid(&name, "must not already exist in volumeDevices");
        }
        if devices.items().any(|device| device.get("devicePath").text() == path.text()) {
            errors.invalid(&path, "must not already exist as a path in volumeDevices");
        }
        // Upstream tells these at the list.
        for field in ["subPath", "subPathExpr"] {
            let sub_path = mount.get(field);
            if !sub_path.text().is_empty() {
                if field == "subPathExpr" && !mount.get("subPath").text().is_empty() {
                    errors.invalid(&sub_path, "subPathExpr and subPath are mutually exclusive");
                }
                validate_descending(&sub_path.told_as(list.path_of(field)), errors);
            }
        }
        let propagation = mount.get("mountPropagation");
        if propagation.is_set() {
            let at = propagation.told_as(list.path_of("mountPropagation"));
            if !["Bidirectional", "HostToContainer", "None"].contains(&at.text()) {
                errors.not_supported(&at, &["Bidirectional", "HostToContainer", "None"]);
            }
            if at.text() == "Bidirectional" && !container.get("securityContext").get("privileged").flag() {
                let detail = "Bidirectional mount propagation is available only to privileged containers";
                errors.forbidden(&at.path, detail);
            }
        }
        validate_recursive_read_only(&mount, &list.path_of("recursiveReadOnly"), errors);
    }
}

/// Models validateMountRecursiveReadOnly.
fn validate_recursive_read_only(mount: &At, path: &Path, errors: &mut Errors) {
    let value = mount.get("recursiveReadOnly");
    match value.text() {
        "Enabled" | "IfPossible" => {
            if !mount.get("readOnly").flag() {
                errors.forbidden(path, "may only be specified when readOnly is true");
            }
            if !matches!(mount.get("mountPropagation").text(), "" | "None") {
                errors
                    .forbidden(path, "may only be specified when mountPropagation is None or not specified");
            }
        }
        "Disabled" => {}
        other if value.is_set() => {
            errors.not_supported_shown(path, &quoted(other), &["Disabled", "Enabled", "IfPossible"]);
        }
        _ => {}
    }
}

fn validate_devices(container: &At, volumes: &Volumes, errors: &mut Errors) {
    let mounts = container.get("volumeMounts");
    let (mut known_names, mut known_paths) = (BTreeSet::new(), BTreeSet::new());
    for device in container.get("volumeDevices").items() {
        let (name, path) = (device.get("name"), device.get("devicePath"));
        required_texts(&device, &["name"], errors);
        if !name.text().is_empty() && known_names.contains(name.text()) {
            errors.invalid(&name, "must be unique");
        }
        match volumes.get(name.text()) {
            Some(true) => {}
            Some(false) => {
                let detail =
                    "can only use volume source type of PersistentVolumeClaim or Ephemeral for block mode";
                errors.invalid(&name, detail);
            }
            None => errors.not_found(&name),
        }
        required_texts(&device, &["devicePath"], errors);
        if known_paths.contains(path.text()) {
            errors.invalid(&path, "must be unique");
        }
        if path.text().split('/').any(|part| part == "..") {
            errors.invalid(&path, "can not contain backsteps ('..')");
        } else {
            known_paths.insert(path.text());
        }
        if mounts.items().any(|mount| mount.get("name").text() == name.text()) {
            errors.invalid(&name, "must not already exist in volumeMounts");
        }
        if mounts.items().any(|mount| mount.get("mountPath").text() == path.text()) {
            errors.invalid(&path, "must not already exist as a path in volumeMounts");
        }
        known_names.insert(name.text());
    }
}
