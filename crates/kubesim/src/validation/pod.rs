//! Pods and the templates of pods.
//!
//! Models pkg/apis/core/validation/validation.go: ValidatePodTemplateSpec, ValidatePodSpec and what they call, in its order.

use std::collections::BTreeSet;

use super::address::validate_ip;
use super::containers::{validate_containers, validate_init_containers};
use super::field::{At, Errors};
use super::meta::{validate_annotations, validate_labels};
use super::names;
use super::resources::{validate_pod_resources, validate_resource_name, validate_resources};
use super::scheduling::{
    validate_affinity, validate_scheduling_gates, validate_spread, validate_tolerations,
};
use super::security::{
    all_containers, validate_host_process, validate_host_users, validate_os, validate_pod_annotations,
    validate_pod_context, validate_profiles_match,
};
use super::sources::validate_volumes;
use crate::schema::go_json::{self, difference};
use serde_json::Value;
use yaml::text::quoted;

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
    let validate_name = |field: &'static str, check: fn(&str) -> Vec<String>, errors: &mut Errors| {
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
        let as_limits = Value::Object(collections::collect([("limits".to_owned(), overhead.value.clone())]));
        let at = At { value: &as_limits, path: overhead.path };
        validate_resources(&at, &BTreeSet::new(), validate_resource_name, errors);
    }
    validate_os(spec, errors);
    validate_file_keys(spec, errors);
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
