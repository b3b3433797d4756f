//! Environment variables, and the fields and resources of the pod that they and files may show.
//!
//! Models pkg/apis/core/validation/validation.go: ValidateEnv, ValidateEnvFrom, validateObjectFieldSelector and
//! validateContainerResourceFieldSelector.

use super::field::{At, Errors, required_texts};
use super::meta::validate_label_key;
use super::names;
use super::paths::{validate_no_backsteps, validate_volume_name};
use yaml::text::quoted;

pub(super) fn validate_env(variable: &At, errors: &mut Errors) {
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

pub(super) fn validate_env_from(list: &At, errors: &mut Errors) {
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

/// Models validateObjectFieldSelector, for a container's environment or a file in a volume.
pub(super) fn validate_field_ref(field_ref: &At, is_file: bool, errors: &mut Errors) {
    const FOR_VARIABLES: [&str; 9] = [
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
    const FOR_FILES: [&str; 5] =
        ["metadata.annotations", "metadata.labels", "metadata.name", "metadata.namespace", "metadata.uid"];
    const OTHERS: [&str; 3] = ["spec.restartPolicy", "spec.schedulerName", "status.phase"];
    let path = field_ref.get("fieldPath");
    let text = path.text();
    if text.is_empty() {
        return errors.required(&path.path, "");
    }
    let version = field_ref.get("apiVersion").text();
    if version != "v1" {
        let detail = format!("error converting fieldPath: unsupported pod version: {version}");
        return errors.invalid(&path, &detail);
    }
    let subscripted = text.strip_suffix("']").and_then(|text| text.split_once("['"));
    if let Some((field, subscript)) = subscripted.filter(|(field, _)| !field.is_empty()) {
        match field {
            "metadata.annotations" => validate_label_key(&subscript.to_lowercase(), &field_ref.path, errors),
            "metadata.labels" => validate_label_key(subscript, &field_ref.path, errors),
            _ => {
                let detail =
                    format!("error converting fieldPath: field label does not support subscript: {text}");
                errors.invalid(&path, &detail);
            }
        }
        return;
    }
    // As old clients say it.
    let text = if text == "spec.host" { "spec.nodeName" } else { text };
    let supported = if is_file { &FOR_FILES[..] } else { &FOR_VARIABLES[..] };
    if supported.contains(&text) {
        return;
    }
    if FOR_FILES.contains(&text) || FOR_VARIABLES.contains(&text) || OTHERS.contains(&text) {
        errors.not_supported_shown(&path.path, &quoted(text), supported);
    } else {
        errors.invalid(&path, &format!("error converting fieldPath: field label not supported: {text}"));
    }
}

/// Models validateContainerResourceFieldSelector.
pub(super) fn validate_resource_ref(resource_ref: &At, is_file: bool, errors: &mut Errors) {
    const RESOURCES: [&str; 6] = [
        "limits.cpu",
        "limits.ephemeral-storage",
        "limits.memory",
        "requests.cpu",
        "requests.ephemeral-storage",
        "requests.memory",
    ];
    let (container, resource) = (resource_ref.get("containerName"), resource_ref.get("resource"));
    let is_of_pages =
        ["requests.hugepages-", "limits.hugepages-"].iter().any(|p| resource.text().starts_with(p));
    if is_file && container.text().is_empty() {
        errors.required(&container.path, "");
    } else if resource.text().is_empty() {
        errors.required(&resource.path, "");
    } else if !RESOURCES.contains(&resource.text()) && !is_of_pages {
        errors.not_supported(&resource, &RESOURCES);
    }
    // Models validateContainerResourceDivisor.
    let divisor = resource_ref.get("divisor");
    let what = match resource.text().split_once('.').map_or("", |(_, what)| what) {
        "cpu" => "cpu",
        "memory" => "memory",
        "ephemeral-storage" => "local ephemeral storage",
        _ if is_of_pages => "hugepages",
        _ => return,
    };
    const ONES: &str = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei";
    let (known, described) = if what == "cpu" { ("1m, 1", "1m and 1") } else { (ONES, ONES) };
    let is_known = known.split(", ").any(|known| known == divisor.text());
    if matches!(divisor.text(), "" | "0") || is_known {
        return;
    }
    let detail = format!("only divisor's values {described} are supported with the {what} resource");
    errors.invalid_text(&divisor.path, resource.text(), &detail);
}
