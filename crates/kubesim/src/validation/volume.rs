//! Claims, volumes, storage classes, and amounts of resources.
//!
//! Models pkg/apis/core/validation/validation.go and pkg/apis/storage/validation.

use super::field::{At, Errors, shown};
use super::meta::validate_selector;
use super::names;
use crate::base::quantity::Quantity;
use crate::schema::go_json::difference;
use crate::schema::types::TypeRef;
use serde_json::Value;

const ACCESS_MODES: [&str; 4] = ["ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"];

/// Models ValidateResourceQuantityValue.
pub(super) fn validate_quantity(amount: &At, errors: &mut Errors) {
    if Quantity::parse(amount.text()).is_ok_and(|quantity| quantity.sign() < 0) {
        errors.invalid(amount, "must be greater than or equal to 0");
    }
}

fn validate_access_modes(modes: &At, errors: &mut Errors) {
    let (mut alone, mut others) = (false, false);
    for mode in modes.items() {
        if !ACCESS_MODES.contains(&mode.text()) {
            errors.not_supported(&mode.told_as(modes.path), &ACCESS_MODES);
        } else if mode.text() == "ReadWriteOncePod" {
            alone = true;
        } else {
            others = true;
        }
    }
    if alone && others {
        errors.forbidden(&modes.path, "may not use ReadWriteOncePod with other access modes");
    }
}

/// Models ValidatePersistentVolumeClaimSpec.
pub(super) fn validate_claim_spec(spec: &At, errors: &mut Errors) {
    let modes = spec.get("accessModes");
    if modes.is_empty_list() {
        errors.required(&modes.path, "at least 1 access mode is required");
    }
    validate_selector(&spec.get("selector"), errors);
    validate_access_modes(&modes, errors);
    let path = spec.path_of("resources").key("storage");
    let storage = spec.get("resources").get("requests").get("storage").told_as(path);
    match Quantity::parse(storage.text()) {
        Ok(amount) if amount.sign() <= 0 => {
            errors.invalid_text(&storage.path, &amount.to_string(), "must be greater than zero");
        }
        Ok(_) => {}
        Err(_) => errors.required(&storage.path, ""),
    }
    let class = spec.get("storageClassName");
    if !class.text().is_empty() {
        errors.all_invalid(&class, names::dns_subdomain(class.text()));
    }
    validate_volume_mode(&spec.get("volumeMode"), errors);
    let (source, reference) = (spec.get("dataSource"), spec.get("dataSourceRef"));
    validate_data_source(&source, errors);
    validate_data_source(&reference, errors);
    if source.is_set() && reference.is_set() {
        let in_namespace = !reference.get("namespace").text().is_empty();
        let same =
            ["apiGroup", "kind", "name"].iter().all(|f| source.get(f).text() == reference.get(f).text());
        // Upstream has mixed up the path and the value, whose fields JSON does not show.
        if in_namespace {
            let detail = "may not be specified when dataSourceRef.namespace is specified";
            errors.invalid_shown(&spec.path, "{}", detail);
        } else if !same {
            errors.invalid_shown(&spec.path, "{}", "must match dataSourceRef");
        }
    }
    let attributes = spec.get("volumeAttributesClassName");
    if !attributes.text().is_empty() {
        errors.all_invalid(&attributes, names::dns_subdomain(attributes.text()));
    }
}

/// Models validateDataSource and validateDataSourceRef.
fn validate_data_source(source: &At, errors: &mut Errors) {
    if !source.is_set() {
        return;
    }
    let [name, kind, group, namespace] =
        ["name", "kind", "apiGroup", "namespace"].map(|field| source.get(field));
    for field in [name, kind] {
        if field.text().is_empty() {
            errors.required(&field.path, "");
        }
    }
    if group.text().is_empty() && kind.text() != "PersistentVolumeClaim" {
        let detail = "must be 'PersistentVolumeClaim' when referencing the default apiGroup";
        errors.invalid_text(&source.path, kind.text(), detail);
    }
    if !group.text().is_empty() {
        errors.all_invalid(&group, names::dns_subdomain(group.text()));
    }
    if !namespace.text().is_empty() {
        errors.all_invalid(&namespace, names::dns_label(namespace.text()));
    }
}

fn validate_volume_mode(mode: &At, errors: &mut Errors) {
    if mode.is_set() && !["Block", "Filesystem"].contains(&mode.text()) {
        errors.not_supported(mode, &["Block", "Filesystem"]);
    }
}

/// Models ValidatePersistentVolumeClaimUpdate.
pub(super) fn validate_claim_update(new: &At, old: &At, errors: &mut Errors) {
    let (new_spec, old_spec) = (new.get("spec"), old.get("spec"));
    let is_bound = new.get("status").get("phase").text() == "Bound";
    // What may change is taken to be as it was.
    let mut kept = new_spec.value.clone();
    if let Some(kept) = kept.as_object_mut() {
        let mut restore = |field: &'static str| match old_spec.get(field).value {
            Value::Null => drop(kept.remove(field)),
            old => drop(kept.insert(field.to_owned(), old.clone())),
        };
        if old_spec.get("volumeName").text().is_empty() {
            restore("volumeName");
        }
        if !old_spec.get("storageClassName").is_set() {
            restore("storageClassName");
        }
        if is_bound {
            restore("volumeAttributesClassName");
            let old = old_spec.get("resources").get("requests").get("storage");
            if let Some(requests) = kept.get_mut("resources").and_then(|r| r.get_mut("requests"))
                && requests.is_object()
            {
                requests["storage"] = old.value.clone();
            }
        }
    }
    if kept != *old_spec.value {
        let detail = "spec is immutable after creation except resources.requests and volumeAttributesClassName for bound claims";
        let difference = difference("PersistentVolumeClaimSpec", old_spec.value, &kept);
        errors.forbidden(&new_spec.path, &format!("{detail}\n{difference}"));
    }
    let size = |claim: &At, part: &'static str, list: &'static str| {
        Quantity::parse(claim.get(part).get(list).get("storage").text())
            .map_or(0, |quantity| quantity.nanos())
    };
    let storage = |claim: &At| {
        let resources = claim.get("spec").get("resources");
        Quantity::parse(resources.get("requests").get("storage").text())
            .map_or(0, |quantity| quantity.nanos())
    };
    if storage(new) < storage(old) && storage(new) <= size(old, "status", "capacity") {
        errors.forbidden(
            &new.path.root().field("spec.resources.requests.storage"),
            "field can not be less than status.capacity",
        );
    }
    let mode = new_spec.get("volumeMode").told_as(new_spec.path.root().field("volumeMode"));
    errors.immutable(&mode, &old_spec.get("volumeMode"), &shown(mode.value));
    let attributes = new_spec.get("volumeAttributesClassName");
    if old.get("status").get("currentVolumeAttributesClassName").is_set() && attributes.text().is_empty() {
        let to = if attributes.is_set() { "empty string" } else { "nil" };
        let detail =
            format!("update to {to} is forbidden when status.currentVolumeAttributesClassName is not nil");
        errors.forbidden(&attributes.path, &detail);
    }
}

/// Models ValidatePersistentVolumeUpdate.
pub(super) fn validate_volume_update(new: &At, old: &At, errors: &mut Errors) {
    let source = |spec: &At| -> Value {
        let fields = TypeRef("PersistentVolumeSource").fields().into_iter();
        let set = fields.filter_map(|f| Some((f.name.to_owned(), spec.value.get(f.name)?.clone())));
        Value::Object(collections::collect(set))
    };
    let (new_source, old_source) = (source(new), source(old));
    if new_source != old_source {
        let difference = difference("PersistentVolumeSource", &old_source, &new_source);
        let detail = format!("spec.persistentvolumesource is immutable after creation\n{difference}");
        errors.forbidden(&new.path.root().field("spec.persistentvolumesource"), &detail);
    }
    let mode = new.get("volumeMode").told_as(new.path.root().field("volumeMode"));
    errors.immutable(&mode, &old.get("volumeMode"), &shown(mode.value));
}

/// Models ValidatePersistentVolumeSpec, for the sources that the simulation knows.
pub(super) fn validate_volume_spec(spec: &At, errors: &mut Errors) {
    let modes = spec.get("accessModes");
    if modes.is_empty_list() {
        errors.required(&modes.path, "");
    }
    validate_access_modes(&modes, errors);
    let capacity = spec.get("capacity");
    if capacity.count() == 0 {
        errors.required(&capacity.path, "");
    }
    if !capacity.get("storage").is_set() || capacity.count() > 1 {
        errors.not_supported_shown(&capacity.path, &super::field::shown(capacity.value), &["storage"]);
    }
    for (_, amount) in capacity.entries() {
        if Quantity::parse(amount.text()).is_ok_and(|amount| amount.sign() <= 0) {
            errors.invalid(&amount, "must be greater than zero");
        }
    }
    let policy = spec.get("persistentVolumeReclaimPolicy");
    if !policy.text().is_empty() && !["Delete", "Recycle", "Retain"].contains(&policy.text()) {
        errors.not_supported(&policy, &["Delete", "Recycle", "Retain"]);
    }
    const OTHER_FIELDS: [&str; 9] = [
        "accessModes",
        "capacity",
        "claimRef",
        "mountOptions",
        "nodeAffinity",
        "persistentVolumeReclaimPolicy",
        "storageClassName",
        "volumeMode",
        "volumeAttributesClassName",
    ];
    if spec.entries().all(|(field, _)| OTHER_FIELDS.contains(&field)) {
        errors.required(&spec.path, "must specify a volume type");
    }
    if spec.get("hostPath").is_set() && spec.get("hostPath").get("path").text().is_empty() {
        errors.required(&spec.get("hostPath").path_of("path"), "");
    }
    if spec.get("local").is_set() && !spec.get("nodeAffinity").is_set() {
        errors.required(&spec.path_of("nodeAffinity"), "Local volume requires node affinity");
    }
    let class = spec.get("storageClassName");
    if !class.text().is_empty() {
        errors.all_invalid(&class, names::dns_subdomain(class.text()));
    }
    validate_volume_mode(&spec.get("volumeMode"), errors);
}

/// Models pkg/apis/storage/validation: ValidateStorageClass.
pub(super) fn validate_storage_class(class: &At, errors: &mut Errors) {
    let provisioner = class.get("provisioner");
    if provisioner.text().is_empty() {
        errors.required(&provisioner.path, "");
    } else {
        errors.all_invalid(&provisioner, names::label_key(&provisioner.text().to_lowercase()));
    }
    for (key, _) in class.get("parameters").entries() {
        if key.is_empty() {
            errors.invalid_text(&class.path_of("parameters"), key, "field can not be empty");
        }
    }
    let policy = class.get("reclaimPolicy");
    if policy.is_set() && !["Delete", "Retain"].contains(&policy.text()) {
        errors.not_supported(&policy, &["Delete", "Retain"]);
    }
    errors.one_of(&class.get("volumeBindingMode"), &["Immediate", "WaitForFirstConsumer"]);
}

/// Models ValidateStorageClassUpdate.
pub(super) fn validate_storage_class_update(new: &At, old: &At, errors: &mut Errors) {
    for field in ["parameters", "provisioner", "reclaimPolicy"] {
        if new.get(field).value != old.get(field).value {
            errors.forbidden(&new.path_of(field), &format!("updates to {field} are forbidden."));
        }
    }
    let (mode, old_mode) = (new.get("volumeBindingMode"), old.get("volumeBindingMode"));
    errors.immutable(&mode, &old_mode, &shown(mode.value));
}
