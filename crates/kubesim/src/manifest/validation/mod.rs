//! What the API server refuses in an object whose fields all have the right type.
//!
//! Models pkg/apis/*/validation of Kubernetes. Works on decoded and defaulted trees; mistakes come in upstream's order and
//! words. A kind without rules of its own here has its metadata checked.

mod field;
mod meta;
mod names;
mod pod;
mod service;
mod volume;
mod warnings;
mod workload;

use serde_json::Value;

pub use field::FieldError;
pub(super) use field::{escape_html, quoted};
pub use warnings::warnings;

use crate::api::Kind;
use field::{At, Errors};

/// The mistakes in a new object.
pub fn validate(kind: Kind, object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let at = At::root(object);
    meta::validate_meta(kind, &at.get("metadata"), &mut errors);
    validate_body(kind, &at, None, &mut errors);
    errors.0
}

/// The mistakes in a new version of a stored object.
pub fn validate_update(kind: Kind, new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let (new, old) = (At::root(new), At::root(old));
    meta::validate_meta_update(&new.get("metadata"), &old.get("metadata"), &mut errors);
    validate_body(kind, &new, Some(&old), &mut errors);
    errors.0
}

fn validate_body(kind: Kind, at: &At, old: Option<&At>, errors: &mut Errors) {
    match (kind, old) {
        (Kind::StatefulSet, None) => workload::validate_stateful_set(at, errors),
        (Kind::StatefulSet, Some(old)) => workload::validate_stateful_set_update(at, old, errors),
        (Kind::Deployment, _) => workload::validate_deployment(at, errors),
        (Kind::ReplicaSet, _) => workload::validate_replica_set(at, errors),
        (Kind::DaemonSet, _) => {
            if let Some(old) = old {
                workload::validate_selector_is_kept(at, old, errors);
            }
            workload::validate_daemon_set(at, errors);
        }
        (Kind::Job, _) => workload::validate_job_spec(&at.get("spec"), errors),
        (Kind::ControllerRevision, _) => workload::validate_revision(at, old, errors),
        (Kind::Pod, old) => {
            let name = at.get("metadata").get("name");
            pod::validate_pod_spec(&at.get("spec"), &[], Some(name.text()), errors);
            if let Some(old) = old {
                pod::validate_pod_update(&at.get("spec"), &old.get("spec"), errors);
            }
        }
        (Kind::Service, _) => {
            if let Some(old) = old {
                service::validate_service_update(at, old, errors);
            }
            service::validate_service(at, errors);
        }
        (Kind::PersistentVolumeClaim, _) => {
            volume::validate_claim_spec(&at.get("spec"), errors);
            if let Some(old) = old {
                volume::validate_claim_update(at, old, errors);
            }
        }
        (Kind::PersistentVolume, _) => {
            volume::validate_volume_spec(&at.get("spec"), errors);
            if let Some(old) = old {
                volume::validate_volume_update(&at.get("spec"), &old.get("spec"), errors);
            }
        }
        (Kind::StorageClass, _) => {
            volume::validate_storage_class(at, errors);
            if let Some(old) = old {
                volume::validate_storage_class_update(at, old, errors);
            }
        }
        (Kind::ConfigMap | Kind::Secret, _) => validate_keys(at, errors),
        _ => {}
    }
    if let (Kind::Deployment | Kind::ReplicaSet, Some(old)) = (kind, old) {
        workload::validate_selector_is_kept(at, old, errors);
    }
}

/// Models ValidateConfigMap and ValidateSecret.
fn validate_keys(at: &At, errors: &mut Errors) {
    for field in ["data", "binaryData"] {
        for (key, value) in at.get(field).entries() {
            for message in names::config_key(key) {
                errors.invalid_text(&value.path, key, &message);
            }
        }
    }
}
