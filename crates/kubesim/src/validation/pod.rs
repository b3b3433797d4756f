//! Pods and the templates of pods.
//!
//! Models pkg/apis/core/validation/validation.go: ValidatePodTemplateSpec, ValidatePodSpec and what they call, in its order.

use std::collections::BTreeSet;
use std::net::Ipv6Addr;

use super::field::{At, Errors};
use super::meta::{validate_annotations, validate_labels, validate_requirement, validate_selector};
use super::names;
use super::security::{
    all_containers, uses_host_users, validate_context, validate_host_process, validate_host_users,
    validate_os, validate_pod_annotations, validate_pod_context, validate_profiles_match,
};
use super::sources::{
    Volumes, required_texts, validate_descending, validate_field_ref, validate_match_label_keys,
    validate_no_backsteps, validate_resource_ref, validate_term_selectors, validate_volume_name,
    validate_volumes,
};
use super::volume::validate_quantity;
use crate::manifest::quantity::Quantity;
use crate::schema::go_json::{self, difference};
use serde_json::Value;
use yaml::text::quoted;

const MORE_THAN_ONE_HANDLER: &str = "may not specify more than 1 handler type";
const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// What a StatefulSet gives its pods: claims as volumes (they replace volumes of the same name), and host names.
#[derive(Clone, Copy)]
pub(super) struct Given<'a, 'b>(pub &'b [At<'a>]);

/// Models ValidatePodTemplateSpec. `given` is what a StatefulSet adds to the template's own.
pub(super) fn validate_template<'a>(template: &At<'a>, given: Option<Given<'a, '_>>, errors: &mut Errors) {
    let metadata = template.get("metadata");
    validate_labels(&metadata.get("labels").told_as(template.path_of("labels")), errors);
    let annotations = metadata.get("annotations").told_as(template.path_of("annotations"));
    let spec = template.get("spec");
    validate_annotations(&annotations, errors);
    validate_pod_annotations(&annotations, &spec, errors);
    validate_pod_spec(&spec, given, None, errors);
    validate_profiles_match(&annotations, &spec, errors);
    if !spec.get("ephemeralContainers").is_empty_list() {
        errors.forbidden(
            &spec.path_of("ephemeralContainers"),
            "ephemeral containers not allowed in pod template",
        );
    }
}

/// Models ValidatePodCreate and what ValidatePodUpdate has in common with it, but for the metadata.
pub(super) fn validate_pod(pod: &At, is_new: bool, errors: &mut Errors) {
    let (metadata, spec) = (pod.get("metadata"), pod.get("spec"));
    let annotations = metadata.get("annotations");
    validate_pod_annotations(&annotations, &spec, errors);
    validate_pod_spec(&spec, None, Some(metadata.get("name").text()), errors);
    for container in spec.get("containers").items().chain(spec.get("initContainers").items()) {
        validate_image_is_trimmed(&container.get("image"), errors);
    }
    if !is_new {
        return;
    }
    if !spec.get("ephemeralContainers").is_empty_list() {
        errors.forbidden(&spec.path_of("ephemeralContainers"), "cannot be set on create");
    }
    let node = spec.get("nodeName");
    if !node.text().is_empty() && !spec.get("schedulingGates").is_empty_list() {
        errors.forbidden(&node.path, "cannot be set until all schedulingGates have been cleared");
    }
    validate_profiles_match(&annotations, &spec, errors);
}

fn validate_image_is_trimmed(image: &At, errors: &mut Errors) {
    if image.text().trim().len() != image.text().len() {
        errors.invalid(image, "must not have leading or trailing whitespace");
    }
}

/// Models ValidatePodSpec. `pod_name` is that of a pod, which a template has not.
fn validate_pod_spec<'a>(
    spec: &At<'a>,
    given: Option<Given<'a, '_>>,
    pod_name: Option<&str>,
    errors: &mut Errors,
) {
    if !spec.get("terminationGracePeriodSeconds").is_set() {
        errors.required(&spec.path_of("terminationGracePeriodSeconds"), "");
    }
    let volumes = validate_volumes(spec, given.map_or(&[], |Given(claims)| claims), pod_name, errors);
    validate_resource_claims(&spec.get("resourceClaims"), errors);
    validate_containers(spec, &volumes, errors);
    validate_init_containers(spec, &volumes, errors);
    validate_pod_resources(spec, errors);
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
    validate_pod_context(spec, errors);
    validate_affinity(&spec.get("affinity"), errors);
    validate_dns_config(spec, errors);
    for gate in spec.get("readinessGates").items() {
        let condition = gate.get("conditionType");
        errors.all_invalid(&condition, names::label_key(condition.text()));
    }
    validate_scheduling_gates(&spec.get("schedulingGates"), errors);
    validate_spread(&spec.get("topologySpreadConstraints"), errors);
    validate_host_process(spec, errors);
    validate_host_users(spec, errors);
    validate_host_name(spec, errors);
    let validate_name = |field: &str, check: fn(&str) -> Vec<String>, errors: &mut Errors| {
        let name = spec.get(field);
        let is_overwritten = given.is_some() && matches!(field, "hostname" | "subdomain");
        if !name.text().is_empty() && !is_overwritten {
            errors.all_invalid(&name, check(name.text()));
        }
    };
    validate_name("serviceAccountName", names::dns_subdomain, errors);
    validate_name("nodeName", names::dns_subdomain, errors);
    let deadline = spec.get("activeDeadlineSeconds");
    if deadline.is_set() {
        errors.in_range(&deadline, 1, i64::from(i32::MAX));
    }
    validate_name("hostname", names::dns_label, errors);
    validate_name("subdomain", names::dns_label, errors);
    validate_tolerations(&spec.get("tolerations"), errors);
    for alias in spec.get("hostAliases").items() {
        validate_ip(&alias.get("ip"), errors);
        for host in alias.get("hostnames").items() {
            errors.all_invalid(&host, names::dns_subdomain(host.text()));
        }
    }
    validate_name("priorityClassName", names::dns_subdomain, errors);
    validate_name("runtimeClassName", names::dns_subdomain, errors);
    let preemption = spec.get("preemptionPolicy");
    if preemption.is_set() {
        errors.one_of(&preemption, &["PreemptLowerPriority", "Never"]);
    }
    let overhead = spec.get("overhead");
    if overhead.is_set() {
        let as_limits = Value::Object([("limits".to_owned(), overhead.value.clone())].into_iter().collect());
        let at = At { value: &as_limits, path: overhead.path };
        validate_resources(&at, &BTreeSet::new(), validate_resource_name, errors);
    }
    validate_os(spec, errors);
    validate_file_keys(spec, errors);
}

/// Models validateSchedulingGates.
fn validate_scheduling_gates(gates: &At, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for gate in gates.items() {
        let name = gate.get("name").text();
        for message in names::label_key(name) {
            errors.invalid_text(&gate.path, name, &message);
        }
        if !seen.insert(name) {
            errors.duplicate(&gate.path, &quoted(name));
        }
    }
}

/// Models validatePodHostName.
fn validate_host_name(spec: &At, errors: &mut Errors) {
    let name = spec.get("hostnameOverride");
    if !name.is_set() {
        return;
    }
    if spec.get("setHostnameAsFQDN").flag() {
        errors.forbidden(&name.path, "may not be specified when setHostnameAsFQDN is true");
    }
    if spec.get("hostNetwork").flag() {
        errors.forbidden(&name.path, "may not be specified when hostNetwork is true");
    }
    if name.text().len() > 64 {
        errors.too_long(&name.path, 64);
    }
    errors.all_invalid(&name, names::dns_subdomain(name.text()));
}

/// Models validateFileKeyRefVolumes.
fn validate_file_keys(spec: &At, errors: &mut Errors) {
    for variable in all_containers(spec).flat_map(|container| container.get("env").items()) {
        let reference = variable.get("valueFrom").get("fileKeyRef");
        if !reference.is_set() {
            continue;
        }
        let name = reference.get("volumeName");
        match spec.get("volumes").items().rfind(|volume| volume.get("name").text() == name.text()) {
            None => errors.not_found(&name),
            Some(volume) if !volume.get("emptyDir").is_set() => {
                errors.invalid(&name, "referenced volume must be of type emptyDir");
            }
            Some(_) => {}
        }
    }
}

/// Models validatePodResourceClaims.
fn validate_resource_claims(claims: &At, errors: &mut Errors) {
    let mut known = BTreeSet::new();
    for claim in claims.items() {
        let name = claim.get("name");
        if name.text().is_empty() {
            errors.required(&name.path, "");
        } else if !known.insert(name.text()) {
            errors.duplicate(&name.path, &quoted(name.text()));
        } else {
            errors.all_invalid(&name, names::dns_label(name.text()));
        }
        let sources = ["resourceClaimName", "resourceClaimTemplateName"].map(|field| claim.get(field));
        let detail = match sources.iter().filter(|source| source.is_set()).count() {
            0 => Some("must specify one of: `resourceClaimName`, `resourceClaimTemplateName`"),
            2 => Some("at most one of `resourceClaimName` or `resourceClaimTemplateName` may be specified"),
            _ => None,
        };
        if let Some(detail) = detail {
            let claim_shown = go_json::shown("PodResourceClaim", claim.value);
            errors.invalid_shown(&claim.path, &claim_shown, detail);
        }
        for source in sources.iter().filter(|source| source.is_set()) {
            errors.all_invalid(source, names::dns_subdomain(source.text()));
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
            validate_image_is_trimmed(&image, errors);
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

/// Models IsValidIPForLegacyField (StrictIPCIDRValidation is on in 1.36).
pub(super) fn validate_ip(ip: &At, errors: &mut Errors) {
    if !is_ip(ip.text()) {
        errors.invalid(ip, "must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)");
    } else if has_leading_zeros(ip.text()) {
        errors.invalid(ip, "must not have leading 0s");
    } else if is_mapped(ip.text()) {
        errors.invalid(ip, "must not be an IPv4-mapped IPv6 address");
    }
}

/// Whether a part of an IPv4 address could be meant as an octal number.
pub(super) fn has_leading_zeros(address: &str) -> bool {
    !address.contains(':') && address.split('.').any(|part| part.len() > 1 && part.starts_with('0'))
}

/// Whether it is an IPv4 address in the guise of an IPv6 one.
pub(super) fn is_mapped(address: &str) -> bool {
    address.parse::<Ipv6Addr>().is_ok_and(|address| address.to_ipv4_mapped().is_some())
}

/// Models ParseIPSloppy: leading zeros are no reason to refuse.
pub(super) fn is_ip(text: &str) -> bool {
    let parts: Vec<&str> = text.split('.').collect();
    let is_octet = |part: &&str| {
        !part.is_empty()
            && part.bytes().all(|c| c.is_ascii_digit())
            && part.parse::<u32>().is_ok_and(|v| v < 256)
    };
    (parts.len() == 4 && parts.iter().all(is_octet)) || text.parse::<Ipv6Addr>().is_ok()
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

fn validate_init_containers(spec: &At, volumes: &Volumes, errors: &mut Errors) {
    let mut known: BTreeSet<&str> =
        spec.get("containers").items().map(|container| container.get("name").text()).collect();
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
            ["resourceName", "restartPolicy"].map(|field| policy.get(field).told_as(policies.path.clone()));
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
            "fieldRef" => validate_field_ref(&at, false, errors),
            "resourceFieldRef" => validate_resource_ref(&at, false, errors),
            "fileKeyRef" => validate_file_key(&at, errors),
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

/// Models validateFileKeySelector.
fn validate_file_key(reference: &At, errors: &mut Errors) {
    let [key, volume, path] = ["key", "volumeName", "path"].map(|field| reference.get(field));
    required_texts(reference, &["key"], errors);
    errors.all_invalid(&key, names::env_var_name(key.text()));
    validate_volume_name(&volume, errors);
    required_texts(reference, &["path"], errors);
    validate_no_backsteps(&path, errors);
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
        validate_recursive_read_only(&mount, &list.path_of("recursiveReadOnly"), errors);
    }
}

/// Models validateMountRecursiveReadOnly.
fn validate_recursive_read_only(mount: &At, path: &str, errors: &mut Errors) {
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

/// Models validateResourceRequirements. `claims` are the pod's, `check_name` says which resources there are.
fn validate_resources(
    resources: &At,
    claims: &BTreeSet<&str>,
    check_name: fn(&str, &str, &mut Errors),
    errors: &mut Errors,
) {
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    let validate_amount = |name: &str, amount: &At, errors: &mut Errors| {
        check_name(name, &amount.path, errors);
        validate_quantity(amount, errors);
        let quantity = Quantity::parse(amount.text()).unwrap_or(Quantity::ZERO);
        if is_integer(name) && quantity.milli_value() % 1000 != 0 {
            errors.invalid(amount, "must be an integer");
        }
    };
    let validate_pages = |name: &str, amount: &At, errors: &mut Errors| {
        let Some(size) = name.strip_prefix("hugepages-") else { return };
        let quantity = Quantity::parse(amount.text()).unwrap_or(Quantity::ZERO);
        let size = Quantity::parse(size).ok().filter(|size| size.sign() > 0);
        if size.is_none_or(|size| quantity.nanos() % size.nanos() != 0) {
            let detail = format!("{quantity} is not positive integer multiple of {name}");
            errors.invalid_text(&amount.path, amount.text(), &detail);
        }
    };
    for (name, amount) in limits.entries() {
        validate_amount(name, &amount, errors);
        validate_pages(name, &amount, errors);
    }
    for (name, amount) in requests.entries() {
        validate_amount(name, &amount, errors);
        let limit = limits.get(name);
        let overcommits = is_native(name) && !name.starts_with("hugepages-");
        if limit.is_set() {
            if let (Ok(asked), Ok(most)) = (Quantity::parse(amount.text()), Quantity::parse(limit.text())) {
                if !overcommits && asked.nanos() != most.nanos() {
                    let detail = format!("must be equal to {name} limit of {}", limit.text());
                    errors.invalid_text(&requests.path, amount.text(), &detail);
                } else if asked.nanos() > most.nanos() {
                    let detail = format!("must be less than or equal to {name} limit of {}", limit.text());
                    errors.invalid_text(&requests.path, amount.text(), &detail);
                }
            }
        } else if !overcommits {
            errors.required(&limits.path, "Limit must be set for non overcommitable resources");
        }
        validate_pages(name, &amount, errors);
    }
    let has =
        |wanted: fn(&str) -> bool| limits.entries().chain(requests.entries()).any(|(name, _)| wanted(name));
    if has(|name| name.starts_with("hugepages-")) && !has(|name| matches!(name, "cpu" | "memory")) {
        errors.forbidden(&resources.path, "HugePages require cpu or memory");
    }
    validate_claim_names(&resources.get("claims"), claims, errors);
}

/// Models validateResourceClaimNames.
fn validate_claim_names(claims: &At, known: &BTreeSet<&str>, errors: &mut Errors) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for claim in claims.items() {
        let (name, request) = (claim.get("name").text(), claim.get("request"));
        if name.is_empty() {
            errors.required(&claim.path, "");
            continue;
        }
        if seen.contains(name) {
            errors.duplicate(&claim.path, &quoted(name));
        } else {
            let mut key = name.to_owned();
            if !request.text().is_empty() {
                errors.all_invalid(&request, names::dns_label(request.text()));
                key.extend(["/", request.text()]);
            }
            let has_request_of_it = |seen: &String| seen.split_once('/').is_some_and(|(of, _)| of == name);
            if seen.contains(&key) {
                errors.duplicate(&claim.path, &quoted(&key));
            } else if request.text().is_empty() {
                for _ in seen.iter().filter(|seen| has_request_of_it(seen)) {
                    errors.duplicate(&claim.path, &quoted(name));
                }
            }
            seen.insert(key);
        }
        if !known.contains(name) {
            let names: Vec<&str> = known.iter().copied().collect();
            let which = if names.is_empty() {
                " which is empty".to_owned()
            } else {
                format!(": {}", names.join(", "))
            };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{which}");
            errors.add(&claim.path, format!("Not found: {}: {detail}", quoted(name)));
        }
    }
}

/// Models validatePodResources: what all containers together may have.
fn validate_pod_resources(spec: &At, errors: &mut Errors) {
    let resources = spec.get("resources");
    if !resources.is_set() {
        return;
    }
    if spec.get("os").get("name").text() == "windows" {
        return errors.forbidden(&resources.path, "may not be set for a windows pod");
    }
    if resources.get("claims").is_set() {
        errors.forbidden(&resources.path_of("claims"), "claims may not be set for Resources at pod-level");
    }
    validate_resources(&resources, &BTreeSet::new(), validate_pod_resource_name, errors);
    // Models validatePodResourceConsistency.
    for (name, amount) in resources.get("requests").entries() {
        let asked = |container: &At| {
            Quantity::parse(container.get("resources").get("requests").get(name).text())
                .unwrap_or(Quantity::ZERO)
        };
        let (mut all, mut sidecars, mut initial) = (Quantity::ZERO, Quantity::ZERO, Quantity::ZERO);
        spec.get("containers").items().for_each(|container| all += &asked(&container));
        for container in spec.get("initContainers").items() {
            let mut here = asked(&container);
            if container.get("restartPolicy").text() == "Always" {
                all += &here;
                sidecars += &here;
                here = sidecars.clone();
            } else {
                here += &sidecars;
            }
            if here.nanos() > initial.nanos() {
                initial = here;
            }
        }
        let all = if initial.nanos() > all.nanos() { initial } else { all };
        if Quantity::parse(amount.text()).is_ok_and(|of_pod| all.nanos() > of_pod.nanos()) {
            let detail = format!("must be greater than or equal to aggregate container requests of {all}");
            errors.invalid_text(&amount.path, amount.text(), &detail);
        }
    }
    for (n, container) in spec.get("containers").items().enumerate() {
        for (name, limit) in container.get("resources").get("limits").entries() {
            let of_pod = resources.get("limits").get(name);
            let (Ok(own), Ok(most)) = (Quantity::parse(limit.text()), Quantity::parse(of_pod.text())) else {
                continue;
            };
            if own.nanos() > most.nanos() {
                let path = format!("{}.containers[{n}][{name}].limits", resources.path);
                let detail = format!("must be less than or equal to pod limits of {}", of_pod.text());
                errors.invalid_text(&path, limit.text(), &detail);
            }
        }
    }
}

/// Models validatePodResourceName.
fn validate_pod_resource_name(name: &str, path: &str, errors: &mut Errors) {
    let before = errors.0.len();
    validate_standard_name(name, path, errors);
    if errors.0.len() == before && !matches!(name, "cpu" | "memory") && !name.starts_with("hugepages-") {
        errors.not_supported_shown(path, &quoted(name), &["cpu", "hugepages-", "memory"]);
    }
}

/// Models helper.IsNativeResource.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Models helper.IsExtendedResourceName.
fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::label_key(&format!("requests.{name}")).is_empty()
}

/// Models helper.IsIntegerResourceName.
fn is_integer(name: &str) -> bool {
    const INTEGERS: &str = " pods resourcequotas services replicationcontrollers secrets configmaps persistentvolumeclaims \
        services.nodeports services.loadbalancers ";
    INTEGERS.contains(&format!(" {name} ")) || is_extended(name)
}

/// Models validateResourceName.
fn validate_standard_name(name: &str, path: &str, errors: &mut Errors) {
    const STANDARD: &str = " cpu memory ephemeral-storage requests.cpu requests.memory requests.ephemeral-storage limits.cpu \
        limits.memory limits.ephemeral-storage pods resourcequotas services replicationcontrollers secrets configmaps \
        persistentvolumeclaims storage requests.storage services.nodeports services.loadbalancers ";
    let messages = names::label_key(name);
    let is_standard = name.starts_with("hugepages-")
        || name.starts_with("requests.hugepages-")
        || STANDARD.contains(&format!(" {name} "));
    if messages.is_empty() && !name.contains('/') && !is_standard {
        errors.invalid_text(path, name, "must be a standard resource type or fully qualified");
    }
    for message in messages {
        errors.invalid_text(path, name, &message);
    }
}

/// Models validateContainerResourceName.
fn validate_resource_name(name: &str, path: &str, errors: &mut Errors) {
    validate_standard_name(name, path, errors);
    let is_for_containers =
        name.starts_with("hugepages-") || matches!(name, "cpu" | "memory" | "ephemeral-storage");
    if !name.contains('/') && !is_for_containers {
        errors.invalid_text(path, name, "must be a standard resource for containers");
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid_text(path, name, "doesn't follow extended resource name standard");
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
                for header in action.get("httpHeaders").items() {
                    let name = header.get("name").text();
                    for message in names::http_header(name) {
                        errors.invalid_text(&action.path_of("httpHeaders"), name, &message);
                    }
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
        terms.items().for_each(|term| validate_node_term(&term, true, errors));
    }
    for term in node.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
        validate_weight(&term.get("weight"), errors);
        validate_node_term(&term.get("preference"), false, errors);
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

/// Models ValidateNodeSelectorTerm. Where a node is only preferred, values that no label can have are warned of.
pub(super) fn validate_node_term(term: &At, check_values: bool, errors: &mut Errors) {
    for requirement in term.get("matchExpressions").items() {
        validate_requirement(&requirement, true, check_values, errors);
    }
    for requirement in term.get("matchFields").items() {
        let (key, values) = (requirement.get("key"), requirement.get("values"));
        let operator = requirement.get("operator").text();
        if !matches!(operator, "In" | "NotIn") {
            errors.invalid_text(&requirement.path_of("operator"), operator, "not a valid selector operator");
        } else if values.items().len() != 1 {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(&values.path, detail);
        }
        if key.text() != "metadata.name" {
            errors.invalid_text(&key.path, key.text(), "not a valid field selector key");
            continue;
        }
        values.items().for_each(|value| errors.all_invalid(&value, names::dns_subdomain(value.text())));
    }
}

fn validate_pod_term(term: &At, errors: &mut Errors) {
    validate_term_selectors(term, errors);
    for namespace in term.get("namespaces").items() {
        // Upstream's path has no place in the list.
        let at = namespace.told_as(term.path_of("namespace"));
        errors.all_invalid(&at, names::dns_label(namespace.text()));
    }
    validate_match_label_keys(term, errors);
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
    let searches = config.get("searches");
    if searches.items().len() > 32 {
        errors.invalid(&searches, "must not have more than 32 search paths");
    }
    if searches.items().map(|search| search.text().len() + 1).sum::<usize>() > 2048 + 1 {
        let detail = "must not have more than 2048 characters (including spaces) in the search list";
        errors.invalid(&searches, detail);
    }
    for search in searches.items().filter(|search| search.text() != ".") {
        let text = search.text().strip_suffix('.').unwrap_or(search.text());
        for message in names::dns_subdomain_with_underscore(text) {
            errors.invalid_text(&search.path, text, &message);
        }
    }
    for option in config.get("options").items() {
        if option.get("name").text().is_empty() {
            errors.required(&option.path, "must not be empty");
        }
    }
}

/// Models validateTopologySpreadConstraints.
fn validate_spread(constraints: &At, errors: &mut Errors) {
    for (n, constraint) in constraints.items().enumerate() {
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
            errors.not_supported_shown(
                &action.path,
                &quoted(action.text()),
                &["DoNotSchedule", "ScheduleAnyway"],
            );
        }
        let is_repeated = constraints.items().skip(n + 1).any(|later| {
            later.get("topologyKey").text() == key.text()
                && later.get("whenUnsatisfiable").text() == action.text()
        });
        if is_repeated {
            let path = constraint.path_of("{topologyKey, whenUnsatisfiable}");
            errors.duplicate(&path, &quoted(&format!("{{{}, {}}}", key.text(), action.text())));
        }
        let domains = constraint.get("minDomains");
        if domains.is_set() && domains.int() <= 0 {
            errors.invalid(&domains, "must be greater than zero");
        }
        if domains.is_set() && action.text() != "DoNotSchedule" {
            let detail =
                format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}", action.text());
            errors.invalid(&domains, &detail);
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"].map(|field| constraint.get(field)) {
            if policy.is_set() && !["Honor", "Ignore"].contains(&policy.text()) {
                errors.not_supported(&policy, &["Honor", "Ignore"]);
            }
        }
        validate_match_label_keys(&constraint, errors);
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
