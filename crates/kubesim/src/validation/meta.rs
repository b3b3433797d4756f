//! What every object has: metadata, labels, selectors.
//!
//! Models k8s.io/apimachinery `pkg/api/validation/objectmeta.go` and `pkg/apis/meta/v1/validation`.

use serde_json::Value;
use yaml::text::quoted;

use super::field::{At, Errors, Path, shown};
use super::names;
use crate::api::Kind;

/// All annotations of an object together, in bytes.
const MAX_ANNOTATIONS: usize = 256 * 1024;

/// What the kind's name must look like.
fn name_errors(kind: Kind, name: &str) -> Vec<String> {
    match kind {
        Kind::StatefulSet | Kind::Service | Kind::Namespace => names::dns_label(name),
        Kind::Role | Kind::ClusterRole | Kind::RoleBinding | Kind::ClusterRoleBinding => {
            names::path_segment(name)
        }
        _ => names::dns_subdomain(name),
    }
}

/// Models ValidateObjectMeta.
pub(super) fn validate_meta(kind: Kind, meta: &At, errors: &mut Errors) {
    let generate_name = meta.get("generateName");
    if !generate_name.text().is_empty() {
        // The name will be longer: a trailing dash will not stay the last character.
        let masked = match generate_name.text().strip_suffix('-') {
            Some(rest) => format!("{rest}a"),
            None => generate_name.text().to_owned(),
        };
        errors.all_invalid(&generate_name, name_errors(kind, &masked));
    }
    let name = meta.get("name");
    if name.text().is_empty() {
        if generate_name.text().is_empty() {
            errors.required(&name.path, "name or generateName is required");
        }
    } else {
        errors.all_invalid(&name, name_errors(kind, name.text()));
    }
    let namespace = meta.get("namespace");
    if kind.info().namespaced {
        if !namespace.text().is_empty() {
            errors.all_invalid(&namespace, names::dns_label(namespace.text()));
        }
    } else if !namespace.text().is_empty() {
        errors.forbidden(&namespace.path, "not allowed on this type");
    }
    errors.nonnegative(&meta.get("generation"));
    validate_labels(&meta.get("labels"), errors);
    validate_annotations(&meta.get("annotations"), errors);
    validate_owners(&meta.get("ownerReferences"), errors);
    let finalizers = meta.get("finalizers");
    for finalizer in finalizers.items() {
        errors.all_invalid(&finalizer.told_as(finalizers.path), names::label_key(finalizer.text()));
    }
}

/// Models ValidateObjectMetaUpdate; what the API server itself keeps is not compared.
pub(super) fn validate_meta_update(new: &At, old: &At, errors: &mut Errors) {
    if old.get("deletionTimestamp").is_set() {
        let known: Vec<_> = old.get("finalizers").items().map(|f| f.text().to_owned()).collect();
        let finalizers = new.get("finalizers");
        let mut extra: Vec<_> =
            finalizers.items().map(|f| f.text()).filter(|f| !known.iter().any(|k| k == f)).collect();
        if !extra.is_empty() {
            collections::sort(&mut extra);
            let list = extra.iter().map(|f| quoted(f)).collect::<Vec<_>>().join(", ");
            let detail = format!(
                "no new finalizers can be added if the object is being deleted, found new finalizers []string{{{list}}}"
            );
            errors.forbidden(&finalizers.path, &detail);
        }
    }
    for field in
        ["name", "namespace", "uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds"]
    {
        let (new, old) = (new.get(field), old.get(field));
        errors.immutable(&new, &old, &shown(new.value));
    }
    validate_labels(&new.get("labels"), errors);
    validate_annotations(&new.get("annotations"), errors);
    validate_owners(&new.get("ownerReferences"), errors);
}

pub(super) fn validate_labels(labels: &At, errors: &mut Errors) {
    for (key, value) in labels.entries() {
        validate_label_key(key, &labels.path, errors);
        errors.all_invalid(&value.told_as(labels.path), names::label_value(value.text()));
    }
}

pub(super) fn validate_label_key(key: &str, path: &Path, errors: &mut Errors) {
    for message in names::label_key(key) {
        errors.invalid_text(path, key, &message);
    }
}

pub(super) fn validate_annotations(annotations: &At, errors: &mut Errors) {
    let mut size = 0;
    for (key, value) in annotations.entries() {
        size += key.len() + value.text().len();
        for message in names::label_key(&key.to_lowercase()) {
            errors.invalid_text(&annotations.path, key, &message);
        }
    }
    if size > MAX_ANNOTATIONS {
        errors.too_long(&annotations.path, MAX_ANNOTATIONS);
    }
}

fn validate_owners(owners: &At, errors: &mut Errors) {
    let mut controller: Option<String> = None;
    for owner in owners.items() {
        for (field, detail) in [
            ("apiVersion", "version must not be empty"),
            ("kind", "must not be empty"),
            ("name", "must not be empty"),
            ("uid", "must not be empty"),
        ] {
            if owner.get(field).text().is_empty() {
                errors.invalid_text(&owners.path_of(field), "", detail);
            }
        }
        if owner.get("controller").flag() {
            let this = format!("{}/{}", owner.get("kind").text(), owner.get("name").text());
            match &controller {
                None => controller = Some(this),
                Some(first) => {
                    let detail = format!(
                        "Only one reference can have Controller set to true. Found \"true\" in references for {first} and {this}"
                    );
                    errors.invalid(owners, &detail);
                }
            }
        }
    }
}

/// Models ValidateLabelSelector.
pub(super) fn validate_selector(selector: &At, errors: &mut Errors) {
    validate_labels(&selector.get("matchLabels"), errors);
    for requirement in selector.get("matchExpressions").items() {
        validate_requirement(&requirement, false, true, errors);
    }
}

/// A requirement of a label selector or (`numbers`) of a node selector. `check_values`: whether labels could have them.
pub(super) fn validate_requirement(requirement: &At, numbers: bool, check_values: bool, errors: &mut Errors) {
    let values = requirement.get("values");
    match requirement.get("operator").text() {
        "In" | "NotIn" => {
            if values.is_empty_list() {
                errors.required(&values.path, "must be specified when `operator` is 'In' or 'NotIn'");
            }
        }
        "Exists" | "DoesNotExist" => {
            if !values.is_empty_list() {
                errors.forbidden(
                    &values.path,
                    "may not be specified when `operator` is 'Exists' or 'DoesNotExist'",
                );
            }
        }
        "Gt" | "Lt" if numbers => {
            if values.items().len() != 1 {
                errors
                    .required(&values.path, "must be specified single value when `operator` is 'Lt' or 'Gt'");
            }
        }
        operator => {
            errors.invalid_text(&requirement.path_of("operator"), operator, "not a valid selector operator");
        }
    }
    let key = requirement.get("key");
    errors.all_invalid(&key, names::label_key(key.text()));
    if check_values {
        values.items().for_each(|value| errors.all_invalid(&value, names::label_value(value.text())));
    }
}

/// Models LabelSelectorAsSelector: whether the labels match, or None if the selector makes no sense.
/// A selector that is not there matches nothing.
pub(super) fn selector_matches(selector: &At, labels: &At) -> Option<bool> {
    if !selector.is_set() {
        return Some(false);
    }
    let label = |key: &str| labels.value.get(key).and_then(Value::as_str);
    let mut matches = true;
    for (key, value) in selector.get("matchLabels").entries() {
        if !names::label_key(key).is_empty() || !names::label_value(value.text()).is_empty() {
            return None;
        }
        matches &= label(key) == Some(value.text());
    }
    for requirement in selector.get("matchExpressions").items() {
        let key = requirement.get("key").text();
        let values = requirement.get("values");
        if !names::label_key(key).is_empty() {
            return None;
        }
        let found = label(key);
        let among = found.is_some_and(|found| values.items().any(|value| value.text() == found));
        matches &= match requirement.get("operator").text() {
            "In" if !values.is_empty_list() => among,
            "NotIn" if !values.is_empty_list() => !among,
            "Exists" if values.is_empty_list() => found.is_some(),
            "DoesNotExist" if values.is_empty_list() => found.is_none(),
            _ => return None,
        };
    }
    Some(matches)
}

/// A label selector as Go's JSON prints it: in the order of the struct's fields.
pub(super) fn selector_shown(selector: &At) -> String {
    if !selector.is_set() {
        return "null".to_owned();
    }
    let parts: Vec<String> = ["matchLabels", "matchExpressions"]
        .into_iter()
        .filter_map(|field| Some(format!("\"{field}\":{}", shown(selector.value.get(field)?))))
        .collect();
    format!("{{{}}}", parts.join(","))
}
