//! Pods and the templates of pods.
//!
//! Models pkg/apis/core/validation/validation.go: ValidatePodTemplateSpec, ValidatePodSpec and what they call, in its order.

use std::collections::{BTreeMap, BTreeSet};

use super::field::{At, Errors, quoted};
use super::meta::{
    validate_annotations, validate_label_key, validate_labels, validate_requirement, validate_selector,
};
use super::names;
use super::volume::{validate_claim_spec, validate_quantity};
use crate::manifest::internal::difference;
use crate::manifest::quantity::Quantity;
use serde_json::Value;

const FILE_MODE: &str = "must be a number between 0 and 0777 (octal), both inclusive";
const MORE_THAN_ONE_VOLUME: &str = "may not specify more than 1 volume type";
const MORE_THAN_ONE_HANDLER: &str = "may not specify more than 1 handler type";
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// The volumes of a pod that are in order: name and whether a claim is behind it.
type Volumes<'a> = BTreeMap<&'a str, bool>;

/// Models ValidatePodTemplateSpec. `added_volumes` are volumes that a controller adds to the template's own.
pub(super) fn validate_template(template: &At, added_volumes: &[At], errors: &mut Errors) {
    validate_labels(&template.get("metadata").get("labels").told_as(template.path_of("labels")), errors);
    let annotations = template.get("metadata").get("annotations");
    validate_annotations(&annotations.told_as(template.path_of("annotations")), errors);
    let spec = template.get("spec");
    validate_pod_spec(&spec, added_volumes, None, errors);
    if !spec.get("ephemeralContainers").is_empty_list() {
        errors.forbidden(
            &spec.path_of("ephemeralContainers"),
            "ephemeral containers not allowed in pod template",
        );
    }
}

/// Models ValidatePodSpec. `added_volumes` as above (they replace volumes of the same name, and host names are then the
/// controller's); `pod_name` is that of a pod, which a template has not.
pub(super) fn validate_pod_spec(
    spec: &At,
    added_volumes: &[At],
    pod_name: Option<&str>,
    errors: &mut Errors,
) {
    if !spec.get("terminationGracePeriodSeconds").is_set() {
        errors.required(&spec.path_of("terminationGracePeriodSeconds"), "");
    }
    let volumes = validate_volumes(spec, added_volumes, errors);
    validate_containers(spec, &volumes, errors);
    validate_init_containers(spec, &volumes, errors);
    if spec.get("hostNetwork").flag() {
        for container in spec.get("containers").items() {
            for port in container.get("ports").items() {
                let (host, own) = (port.get("hostPort"), port.get("containerPort"));
                if (pod_name.is_some() || host.int() != 0) && host.int() != own.int() {
                    let detail = "must match `containerPort` when `hostNetwork` is true";
                    errors.invalid_shown(&host.path, &host.int().to_string(), detail);
                }
            }
        }
    }
    errors.one_of(&spec.get("restartPolicy"), &["Always", "OnFailure", "Never"]);
    errors.one_of(&spec.get("dnsPolicy"), &["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"]);
    validate_labels(&spec.get("nodeSelector"), errors);
    validate_security_context(&spec.get("securityContext"), &["fsGroup", "runAsUser", "runAsGroup"], errors);
    validate_affinity(&spec.get("affinity"), errors);
    validate_dns_config(spec, errors);
    for gate in spec.get("readinessGates").items() {
        let condition = gate.get("conditionType");
        errors.all_invalid(&condition, names::label_key(condition.text()));
    }
    validate_spread(&spec.get("topologySpreadConstraints"), errors);
    for (field, check) in [
        ("serviceAccountName", names::dns_subdomain as fn(&str) -> Vec<String>),
        ("nodeName", names::dns_subdomain),
        ("hostname", names::dns_label),
        ("subdomain", names::dns_label),
        ("priorityClassName", names::dns_subdomain),
        ("runtimeClassName", names::dns_subdomain),
    ] {
        let name = spec.get(field);
        let is_overwritten =
            pod_name.is_none() && !added_volumes.is_empty() && matches!(field, "hostname" | "subdomain");
        if !name.text().is_empty() && !is_overwritten {
            errors.all_invalid(&name, check(name.text()));
        }
        if field == "nodeName" {
            let deadline = spec.get("activeDeadlineSeconds");
            if deadline.is_set() {
                errors.in_range(&deadline, 1, i64::from(i32::MAX));
            }
        }
        if field == "subdomain" {
            validate_tolerations(&spec.get("tolerations"), errors);
            for alias in spec.get("hostAliases").items() {
                validate_ip(&alias.get("ip"), errors);
                for host in alias.get("hostnames").items() {
                    errors.all_invalid(&host, names::dns_subdomain(host.text()));
                }
            }
        }
    }
}

/// What may be changed of a pod's spec, as upstream's `updatablePodSpecFields` has it.
const UPDATABLE: &str = "`spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,\
    `spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set \
    to 1 if it was previously negative)";

/// Models ValidatePodUpdate, but for what gated pods may change besides.
pub(super) fn validate_pod_update(new: &At, old: &At, errors: &mut Errors) {
    for field in ["containers", "initContainers"] {
        let (new, old) = (new.get(field), old.get(field));
        if new.items().len() != old.items().len() {
            return errors.forbidden(&new.path, "pod updates may not add or remove containers");
        }
        for container in new.items() {
            let image = container.get("image");
            if image.text().is_empty() {
                errors.required(&image.path, "");
            }
            if image.text().trim().len() != image.text().len() {
                errors.invalid(&image, "must not have leading or trailing whitespace");
            }
        }
    }
    let (deadline, old_deadline) = (new.get("activeDeadlineSeconds"), old.get("activeDeadlineSeconds"));
    if deadline.is_set() {
        if !(0..=i64::from(i32::MAX)).contains(&deadline.int()) {
            return errors.in_range(&deadline, 0, i64::from(i32::MAX));
        }
        if old_deadline.is_set() && old_deadline.int() < deadline.int() {
            return errors.invalid(&deadline, "must be less than or equal to previous value");
        }
    } else if old_deadline.is_set() {
        errors.invalid(&deadline, "must not update from a positive integer to nil value");
    }
    let tolerations = new.get("tolerations");
    let without_seconds = |toleration: &At| {
        let mut toleration = toleration.value.clone();
        toleration.as_object_mut().map(|fields| fields.remove("tolerationSeconds"));
        toleration
    };
    let is_kept = |old: At| tolerations.items().any(|new| without_seconds(&new) == without_seconds(&old));
    if !old.get("tolerations").items().all(is_kept) {
        let detail = "existing toleration can not be modified except its tolerationSeconds";
        errors.forbidden(&tolerations.path, detail);
    }
    let had_gate =
        |gate: &At| old.get("schedulingGates").items().any(|old| old.get("name").text() == gate.text());
    for gate in new.get("schedulingGates").items() {
        let name = gate.get("name");
        if !had_gate(&name) {
            let detail = format!("only deletion is allowed, but found new scheduling gate '{}'", name.text());
            errors.forbidden(&name.path, &detail);
        }
    }
    // What may change is taken to be as it was.
    let mut kept = new.value.clone();
    let Some(fields) = kept.as_object_mut() else { return };
    for field in ["containers", "initContainers"] {
        let news = fields.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten();
        for (new, old) in news.zip(old.get(field).items()) {
            new["image"] = old.get("image").value.clone();
        }
    }
    for field in ["activeDeadlineSeconds", "schedulingGates", "tolerations"] {
        match old.get(field).value {
            Value::Null => drop(fields.remove(field)),
            old => drop(fields.insert(field.to_owned(), old.clone())),
        }
    }
    let (grace, old_grace) =
        (new.get("terminationGracePeriodSeconds"), old.get("terminationGracePeriodSeconds"));
    if old_grace.int() < 0 && grace.int() == 1 {
        fields.insert("terminationGracePeriodSeconds".to_owned(), old_grace.value.clone());
    }
    if kept != *old.value {
        let difference = difference("PodSpec", old.value, &kept);
        let detail = format!("pod updates may not change fields other than {UPDATABLE}\n{difference}");
        errors.forbidden(&new.path, &detail);
    }
}

/// Models IsValidIPForLegacyField.
pub(super) fn validate_ip(ip: &At, errors: &mut Errors) {
    if !is_ip(ip.text()) {
        errors.invalid(ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    }
}

/// Models ParseIPSloppy: leading zeros are no reason to refuse.
pub(super) fn is_ip(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_octet = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|c| c.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|v| v < 256)
    };
    (parts.len() == 4 && parts.iter().all(is_octet)) || text.parse::<std::net::Ipv6Addr>().is_ok()
}

// ---- volumes ----

fn validate_volumes<'a>(spec: &At<'a>, added: &[At<'a>], errors: &mut Errors) -> Volumes<'a> {
    let path = spec.path_of("volumes");
    let mut volumes = Volumes::new();
    let mut place = 0;
    // A controller's claims come first; of several with one name, one.
    let mut added_names = BTreeSet::new();
    for template in added {
        let name = template.get("metadata").get("name").text();
        if !added_names.insert(name) {
            continue;
        }
        let here = format!("{path}[{place}]");
        place += 1;
        let before = errors.0.len();
        if name.is_empty() {
            errors.required(&format!("{here}.persistentVolumeClaim.claimName"), "");
        }
        let at = template.get("metadata").get("name").told_as(format!("{here}.name"));
        validate_volume_name(&at, errors);
        if errors.0.len() == before {
            volumes.insert(name, true);
        }
    }
    for volume in spec.get("volumes").items() {
        let name = volume.get("name");
        if added_names.contains(name.text()) {
            continue;
        }
        let volume = volume.told_as(format!("{path}[{place}]"));
        place += 1;
        let before = errors.0.len();
        validate_volume_source(&volume, errors);
        validate_volume_name(&volume.get("name"), errors);
        if volumes.contains_key(name.text()) {
            errors.duplicate(&volume.path_of("name"), &quoted(name.text()));
        }
        if errors.0.len() == before {
            let is_claim = volume.get("persistentVolumeClaim").is_set() || volume.get("ephemeral").is_set();
            volumes.insert(name.text(), is_claim);
        }
    }
    volumes
}

fn validate_volume_name(name: &At, errors: &mut Errors) {
    if name.text().is_empty() {
        errors.required(&name.path, "");
    } else {
        errors.all_invalid(name, names::dns_label(name.text()));
    }
}

/// Models validateVolumeSource: its order decides which of two sources is the one too many.
fn validate_volume_source(volume: &At, errors: &mut Errors) {
    const SOURCES: &str = "emptyDir hostPath gitRepo gcePersistentDisk awsElasticBlockStore secret nfs iscsi glusterfs flocker \
        persistentVolumeClaim rbd cinder cephfs quobyte downwardAPI fc flexVolume configMap azureFile vsphereVolume \
        photonPersistentDisk portworxVolume azureDisk storageos projected scaleIO csi ephemeral image";
    let mut found = false;
    for name in SOURCES.split_ascii_whitespace() {
        let source = volume.get(name);
        if !source.is_set() {
            continue;
        }
        if found {
            errors.forbidden(&source.path, MORE_THAN_ONE_VOLUME);
            continue;
        }
        found = true;
        match name {
            "emptyDir" => {
                let limit = source.get("sizeLimit");
                if Quantity::parse(limit.text()).is_ok_and(|limit| limit.sign() < 0) {
                    errors.forbidden(&limit.path, "SizeLimit field must be a valid resource quantity");
                }
            }
            "hostPath" => {
                let path = source.get("path");
                if path.text().is_empty() {
                    errors.required(&path.path, "");
                } else {
                    validate_no_backsteps(&path, errors);
                    let kind = source.get("type");
                    const TYPES: [&str; 8] = [
                        "",
                        "BlockDevice",
                        "CharDevice",
                        "Directory",
                        "DirectoryOrCreate",
                        "File",
                        "FileOrCreate",
                        "Socket",
                    ];
                    if !TYPES.contains(&kind.text()) {
                        errors.not_supported(&kind, &TYPES);
                    }
                }
            }
            "secret" => validate_keys_source(&source, "secretName", errors),
            "configMap" => validate_keys_source(&source, "name", errors),
            "nfs" => {
                required_texts(&source, &["server", "path"], errors);
                let path = source.get("path");
                if !path.text().starts_with('/') {
                    errors.invalid_text(&path.path, path.text(), "must be an absolute path");
                }
            }
            "persistentVolumeClaim" => required_texts(&source, &["claimName"], errors),
            "csi" => required_texts(&source, &["driver"], errors),
            "ephemeral" => {
                let template = source.get("volumeClaimTemplate");
                if template.is_set() {
                    validate_claim_spec(&template.get("spec"), errors);
                } else {
                    errors.required(&template.path, "");
                }
            }
            "downwardAPI" | "projected" => validate_mode(&source.get("defaultMode"), errors),
            _ => {}
        }
    }
    if !found {
        errors.required(&volume.path, "must specify a volume type");
    }
}

fn required_texts(at: &At, fields: &[&str], errors: &mut Errors) {
    for field in fields {
        if at.get(field).text().is_empty() {
            errors.required(&at.path_of(field), "");
        }
    }
}

fn validate_mode(mode: &At, errors: &mut Errors) {
    if mode.is_set() && !(0..=0o777).contains(&mode.int()) {
        errors.invalid(mode, FILE_MODE);
    }
}

/// A secret or config map as a volume.
fn validate_keys_source(source: &At, name: &str, errors: &mut Errors) {
    required_texts(source, &[name], errors);
    validate_mode(&source.get("defaultMode"), errors);
    for item in source.get("items").items() {
        required_texts(&item, &["key", "path"], errors);
        let path = item.get("path");
        validate_descending(&path, errors);
        if path.text().starts_with("..") && !path.text().starts_with("../") {
            errors.invalid(&path, "must not start with '..'");
        }
        validate_mode(&item.get("mode"), errors);
    }
}

fn validate_descending(path: &At, errors: &mut Errors) {
    if path.text().starts_with('/') {
        errors.invalid(path, "must be a relative path");
    }
    validate_no_backsteps(path, errors);
}

fn validate_no_backsteps(path: &At, errors: &mut Errors) {
    if path.text().split('/').any(|part| part == "..") {
        errors.invalid(path, "must not contain '..'");
    }
}

// ---- containers ----

fn validate_containers(spec: &At, volumes: &Volumes, errors: &mut Errors) {
    let containers = spec.get("containers");
    if containers.is_empty_list() {
        errors.required(&containers.path, "");
        return;
    }
    let mut known = BTreeSet::new();
    for container in containers.items() {
        validate_container(&container, volumes, errors);
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

fn validate_init_containers(spec: &At, volumes: &Volumes, errors: &mut Errors) {
    let mut known: BTreeSet<&str> =
        spec.get("containers").items().map(|container| container.get("name").text()).collect();
    for container in spec.get("initContainers").items() {
        validate_container(&container, volumes, errors);
        validate_restart_policy(&container, errors);
        let name = container.get("name");
        if known.contains(name.text()) {
            errors.duplicate(&name.path, &quoted(name.text()));
        } else if !name.text().is_empty() {
            known.insert(name.text());
        }
        // Init containers run one by one. (Upstream tells the conflict at the list's first place.)
        let first = container.told_as(format!("{}[0]", spec.path_of("initContainers")));
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
    }
}

/// Models validateContainerRestartPolicy (ContainerRestartRules is on in 1.36).
fn validate_restart_policy(container: &At, errors: &mut Errors) {
    let policy = container.get("restartPolicy");
    if policy.is_set() && !["Always", "Never", "OnFailure"].contains(&policy.text()) {
        errors.not_supported(&policy, &["Always", "Never", "OnFailure"]);
    }
    if !policy.is_set() && !container.get("restartPolicyRules").is_empty_list() {
        errors.required(&policy.path, "must specify restartPolicy when restart rules are used");
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
fn validate_container(container: &At, volumes: &Volumes, errors: &mut Errors) {
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
    validate_resources(&container.get("resources"), errors);
    validate_security_context(&container.get("securityContext"), &["runAsUser", "runAsGroup"], errors);
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

fn validate_env(variable: &At, errors: &mut Errors) {
    let name = variable.get("name");
    if name.text().is_empty() {
        errors.required(&name.path, "");
    } else {
        errors.all_invalid(&name, names::env_var_name(name.text()));
    }
    let from = variable.get("valueFrom");
    if !from.is_set() {
        return;
    }
    let mut sources = 0;
    for source in ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"] {
        let at = from.get(source);
        if !at.is_set() {
            continue;
        }
        sources += 1;
        match source {
            "fieldRef" => validate_field_ref(&at, errors),
            "resourceFieldRef" => required_texts(&at, &["resource"], errors),
            "fileKeyRef" => required_texts(&at, &["volumeName", "path", "key"], errors),
            _ => {
                let name = at.get("name");
                for message in names::dns_subdomain(name.text()) {
                    errors.invalid_text(&name.path, name.text(), &message);
                }
                let key = at.get("key");
                if key.text().is_empty() {
                    errors.required(&key.path, "");
                } else {
                    errors.all_invalid(&key, names::config_key(key.text()));
                }
            }
        }
    }
    let detail = if sources == 0 {
        "must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
    } else if !variable.get("value").text().is_empty() {
        "may not be specified when `value` is not empty"
    } else if sources > 1 {
        "may not have more than one field specified at a time"
    } else {
        return;
    };
    errors.invalid_text(&from.path, "", detail);
}

/// Models validateObjectFieldSelector for a container's environment.
fn validate_field_ref(field_ref: &At, errors: &mut Errors) {
    const SUPPORTED: [&str; 9] = [
        "metadata.name",
        "metadata.namespace",
        "metadata.uid",
        "spec.nodeName",
        "spec.serviceAccountName",
        "status.hostIP",
        "status.hostIPs",
        "status.podIP",
        "status.podIPs",
    ];
    const KNOWN: [&str; 6] = [
        "metadata.annotations",
        "metadata.labels",
        "spec.restartPolicy",
        "spec.schedulerName",
        "status.phase",
        "spec.host",
    ];
    let path = field_ref.get("fieldPath");
    let text = path.text();
    if text.is_empty() {
        errors.required(&path.path, "");
        return;
    }
    if let Some((field, subscript)) = text.strip_suffix("']").and_then(|text| text.split_once("['")) {
        match field {
            "metadata.annotations" => validate_label_key(&subscript.to_lowercase(), &field_ref.path, errors),
            "metadata.labels" => validate_label_key(subscript, &field_ref.path, errors),
            _ => {
                let detail =
                    format!("error converting fieldPath: field label does not support subscript: {text}");
                errors.invalid(&path, &detail);
            }
        }
    } else if !SUPPORTED.contains(&text) {
        if KNOWN.contains(&text) {
            if text != "spec.host" {
                errors.not_supported(&path, &SUPPORTED);
            }
        } else {
            errors.invalid(&path, &format!("error converting fieldPath: field label not supported: {text}"));
        }
    }
}

fn validate_env_from(list: &At, errors: &mut Errors) {
    for source in list.items() {
        let prefix = source.get("prefix");
        if !prefix.text().is_empty() {
            errors.all_invalid(&prefix, names::env_var_name(prefix.text()));
        }
        let mut sources = 0;
        for field in ["configMapRef", "secretRef"] {
            let at = source.get(field);
            if at.is_set() {
                sources += 1;
                let name = at.get("name");
                if name.text().is_empty() {
                    errors.required(&name.path, "");
                } else {
                    errors.all_invalid(&name, names::dns_subdomain(name.text()));
                }
            }
        }
        match sources {
            0 => errors.invalid_text(&list.path, "", "must specify one of: `configMapRef` or `secretRef`"),
            1 => {}
            _ => errors.invalid_text(&list.path, "", "may not have more than one field specified at a time"),
        }
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
    }
}

fn validate_devices(container: &At, volumes: &Volumes, errors: &mut Errors) {
    let mounts = container.get("volumeMounts");
    let (mut known_names, mut known_paths) = (BTreeSet::new(), BTreeSet::new());
    for device in container.get("volumeDevices").items() {
        let (name, path) = (device.get("name"), device.get("devicePath"));
        required_texts(&device, &["name"], errors);
        if known_names.contains(name.text()) {
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

/// Models validateResourceRequirements for a container.
fn validate_resources(resources: &At, errors: &mut Errors) {
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    for (name, amount) in limits.entries() {
        validate_resource_name(name, &amount.path, errors);
        validate_quantity(&amount, errors);
    }
    for (name, amount) in requests.entries() {
        validate_resource_name(name, &amount.path, errors);
        validate_quantity(&amount, errors);
        let limit = limits.get(name);
        let overcommits = is_native(name) && !name.starts_with("hugepages-");
        if limit.is_set() {
            let (Ok(asked), Ok(most)) = (Quantity::parse(amount.text()), Quantity::parse(limit.text()))
            else {
                continue;
            };
            if !overcommits && asked.nanos() != most.nanos() {
                let detail = format!("must be equal to {name} limit of {}", limit.text());
                errors.invalid_text(&requests.path, amount.text(), &detail);
            } else if asked.nanos() > most.nanos() {
                let detail = format!("must be less than or equal to {name} limit of {}", limit.text());
                errors.invalid_text(&requests.path, amount.text(), &detail);
            }
        } else if !overcommits {
            errors.required(&limits.path, "Limit must be set for non overcommitable resources");
        }
    }
}

/// Models helper.IsNativeResource.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Models validateContainerResourceName.
fn validate_resource_name(name: &str, path: &str, errors: &mut Errors) {
    const STANDARD: &str = " cpu memory ephemeral-storage requests.cpu requests.memory requests.ephemeral-storage limits.cpu \
        limits.memory limits.ephemeral-storage pods resourcequotas services replicationcontrollers secrets configmaps \
        persistentvolumeclaims storage requests.storage services.nodeports services.loadbalancers ";
    let messages = names::label_key(name);
    let is_named = messages.is_empty();
    for message in messages {
        errors.invalid_text(path, name, &message);
    }
    let huge_page = name.starts_with("hugepages-");
    if !name.contains('/') {
        if is_named && !huge_page && !STANDARD.contains(&format!(" {name} ")) {
            errors.invalid_text(path, name, "must be a standard resource type or fully qualified");
        }
        if !huge_page && !matches!(name, "cpu" | "memory" | "ephemeral-storage") {
            errors.invalid_text(path, name, "must be a standard resource for containers");
        }
    } else if !is_native(name) && name.starts_with("requests.") {
        errors.invalid_text(path, name, "doesn't follow extended resource name standard");
    }
}

fn validate_security_context(context: &At, ids: &[&str], errors: &mut Errors) {
    for field in ids {
        let id = context.get(field);
        if id.is_set() {
            errors.in_range(&id, 0, i64::from(i32::MAX));
        }
    }
}

// ---- probes and hooks ----

fn validate_lifecycle_and_probes(container: &At, spec: &At, errors: &mut Errors) {
    let lifecycle = container.get("lifecycle");
    for hook in ["postStart", "preStop"] {
        let hook = lifecycle.get(hook);
        if hook.is_set() {
            validate_handler(&hook, spec, errors);
        }
    }
    for (kind, is_readiness) in [("livenessProbe", false), ("readinessProbe", true), ("startupProbe", false)]
    {
        let probe = container.get(kind);
        if !probe.is_set() {
            continue;
        }
        validate_handler(&probe, spec, errors);
        for field in
            ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            errors.nonnegative(&probe.get(field));
        }
        let grace = probe.get("terminationGracePeriodSeconds");
        if grace.is_set() && grace.int() <= 0 {
            errors.invalid(&grace, "must be greater than 0");
        }
        if is_readiness && grace.is_set() {
            errors.invalid(&grace, "must not be set for readinessProbes");
        }
        let successes = probe.get("successThreshold");
        if !is_readiness && successes.int() != 1 {
            errors.invalid(&successes, "must be 1");
        }
    }
}

fn validate_handler(handler: &At, spec: &At, errors: &mut Errors) {
    let mut found = false;
    for name in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let action = handler.get(name);
        if !action.is_set() {
            continue;
        }
        if found {
            errors.forbidden(&action.path, MORE_THAN_ONE_HANDLER);
            continue;
        }
        found = true;
        match name {
            "exec" => {
                if action.get("command").is_empty_list() {
                    errors.required(&action.path_of("command"), "");
                }
            }
            "httpGet" => {
                required_texts(&action, &["path"], errors);
                validate_port(&action.get("port"), errors);
                if !["HTTP", "HTTPS"].contains(&action.get("scheme").text()) {
                    errors.not_supported(&action.get("scheme"), &["HTTP", "HTTPS"]);
                }
            }
            "sleep" => {
                let (seconds, grace) =
                    (action.get("seconds").int(), spec.get("terminationGracePeriodSeconds").int());
                if !(0..=grace).contains(&seconds) {
                    let detail =
                        format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                    errors.invalid_shown(&action.path, &seconds.to_string(), &detail);
                }
            }
            _ => validate_port(&action.get("port"), errors),
        }
    }
    if !found {
        errors.required(&handler.path, "must specify a handler type");
    }
}

/// Models ValidatePortNumOrName.
pub(super) fn validate_port(port: &At, errors: &mut Errors) {
    match port.value.as_str() {
        Some(name) => errors.all_invalid(port, names::port_name(name)),
        None => errors.in_range(port, 1, 65535),
    }
}

// ---- scheduling and names ----

fn validate_affinity(affinity: &At, errors: &mut Errors) {
    let node = affinity.get("nodeAffinity");
    let required = node.get("requiredDuringSchedulingIgnoredDuringExecution");
    if required.is_set() {
        let terms = required.get("nodeSelectorTerms");
        if terms.is_empty_list() {
            errors.required(&terms.path, "must have at least one node selector term");
        }
        terms.items().for_each(|term| validate_node_term(&term, errors));
    }
    for term in node.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
        validate_weight(&term.get("weight"), errors);
        validate_node_term(&term.get("preference"), errors);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let affinity = affinity.get(kind);
        for term in affinity.get("requiredDuringSchedulingIgnoredDuringExecution").items() {
            validate_pod_term(&term, errors);
        }
        for term in affinity.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
            validate_weight(&term.get("weight"), errors);
            validate_pod_term(&term.get("podAffinityTerm"), errors);
        }
    }
}

fn validate_weight(weight: &At, errors: &mut Errors) {
    if !(1..=100).contains(&weight.int()) {
        errors.invalid(weight, "must be in the range 1-100");
    }
}

fn validate_node_term(term: &At, errors: &mut Errors) {
    for requirement in term.get("matchExpressions").items() {
        validate_requirement(&requirement, true, errors);
    }
}

fn validate_pod_term(term: &At, errors: &mut Errors) {
    validate_selector(&term.get("labelSelector"), errors);
    validate_selector(&term.get("namespaceSelector"), errors);
    let key = term.get("topologyKey");
    if key.text().is_empty() {
        errors.required(&key.path, "can not be empty");
    }
    for message in names::label_key(key.text()) {
        errors.invalid_text(&key.path, key.text(), &message);
    }
}

fn validate_dns_config(spec: &At, errors: &mut Errors) {
    let config = spec.get("dnsConfig");
    let servers = config.get("nameservers");
    if spec.get("dnsPolicy").text() == "None" {
        if !config.is_set() {
            errors.required(&config.path, "must provide `dnsConfig` when `dnsPolicy` is None");
            return;
        }
        if servers.is_empty_list() {
            let detail = "must provide at least one DNS nameserver when `dnsPolicy` is None";
            errors.required(&servers.path, detail);
            return;
        }
    }
    if servers.items().len() > 3 {
        errors.invalid(&servers, "must not have more than 3 nameservers");
    }
    servers.items().for_each(|server| validate_ip(&server, errors));
}

fn validate_spread(constraints: &At, errors: &mut Errors) {
    for constraint in constraints.items() {
        let skew = constraint.get("maxSkew");
        if skew.int() <= 0 {
            errors.invalid(&skew, "must be greater than zero");
        }
        let key = constraint.get("topologyKey");
        if key.text().is_empty() {
            errors.required(&key.path, "can not be empty");
        }
        let action = constraint.get("whenUnsatisfiable");
        if !["DoNotSchedule", "ScheduleAnyway"].contains(&action.text()) {
            errors.not_supported(&action, &["DoNotSchedule", "ScheduleAnyway"]);
        }
        validate_selector(&constraint.get("labelSelector"), errors);
    }
}

fn validate_tolerations(tolerations: &At, errors: &mut Errors) {
    for toleration in tolerations.items() {
        let (key, value, effect) = (toleration.get("key"), toleration.get("value"), toleration.get("effect"));
        let operator = toleration.get("operator");
        if !key.text().is_empty() {
            errors.all_invalid(&key, names::label_key(key.text()));
        } else if operator.text() != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid_text(&operator.path, operator.text(), detail);
        }
        if toleration.get("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid_text(&effect.path, effect.text(), detail);
        }
        match operator.text() {
            "" | "Equal" => {
                let messages = names::label_value(value.text());
                if !messages.is_empty() {
                    errors.invalid_text(&operator.path, value.text(), &messages.join(";"));
                }
            }
            "Exists" => {
                if !value.text().is_empty() {
                    let detail = "value must be empty when `operator` is 'Exists'";
                    errors.invalid_text(&operator.path, value.text(), detail);
                }
            }
            "Lt" | "Gt" => errors.not_supported(&operator, &["Equal", "Exists", "Lt", "Gt"]),
            _ => errors.not_supported(&operator, &["Equal", "Exists"]),
        }
        if !["", "NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect.text()) {
            errors.not_supported(&effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        }
    }
}
