//! What the API server refuses in an object whose fields all have the right type.
//!
//! Models pkg/apis/*/validation of Kubernetes. Works on decoded and defaulted trees; mistakes come in upstream's order and
//! words. A kind without rules of its own here has its metadata checked.

mod address;
mod containers;
mod env;
mod ephemeral;
mod field;
mod invalid;
mod meta;
pub(crate) mod names;
mod paths;
mod pod;
mod probes;
mod resources;
mod scheduling;
mod security;
mod service;
mod sources;
mod volume;
mod warnings;
mod workload;

use serde_json::Value;
use std::rc::Rc;

pub use ephemeral::validate_ephemeral_containers;
pub use field::FieldError;
pub use invalid::invalid;
pub use warnings::warnings;

use crate::api::pod::{PodSpec, Volume, VolumeSource};
use crate::api::{Body, Kind, Object, Str};
use field::{At, Errors, Paths};

/// The mistakes in a new object.
pub fn validate(kind: Kind, object: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let paths = Paths::default();
    let at = At::root(object, &paths);
    meta::validate_meta(kind, &at.get("metadata"), &mut errors);
    validate_body(kind, &at, None, &mut errors);
    errors.0
}

/// Whether a new pod or claim is as valid as another, made of the same parts, that has no mistakes: only names and labels
/// differ, and these are in order. What a controller makes from one template need not be gone through again and again.
pub fn is_as_valid_as(new: &Object, valid: &Object) -> bool {
    let (meta, other) = (&new.meta, &valid.meta);
    let labels = meta.labels.iter().zip(other.labels.iter());
    let same_label = |((key, value), (other, before)): ((&Str, &Str), (&Str, &Str))| {
        key == other && (value == before || names::label_value(value).is_empty())
    };
    new.kind == valid.kind
        && meta.namespace == other.namespace
        && meta.generate_name == other.generate_name
        && meta.labels.len() == other.labels.len()
        && labels.into_iter().all(same_label)
        && meta.annotations == other.annotations
        && meta.owner_references == other.owner_references
        && meta.finalizers == other.finalizers
        && names::dns_subdomain(&meta.name).is_empty()
        && match (&new.body, &valid.body) {
            (Body::Pod(a), Body::Pod(b)) => is_of_same_parts(&a.spec, &b.spec),
            (Body::PersistentVolumeClaim(a), Body::PersistentVolumeClaim(b)) => a.spec == b.spec,
            _ => false,
        }
}

/// Whether two pods differ in no more than their host names and claims, and the host name is in order.
fn is_of_same_parts(new: &PodSpec, valid: &PodSpec) -> bool {
    let is_claim = |v: &Volume| matches!(&v.source, VolumeSource::Claim(name) if !name.is_empty());
    let same_volume = |(a, b): (&Volume, &Volume)| a.name == b.name && (a == b || is_claim(a) && is_claim(b));
    Rc::ptr_eq(&new.raw, &valid.raw)
        && Rc::ptr_eq(&new.containers, &valid.containers)
        && Rc::ptr_eq(&new.init_containers, &valid.init_containers)
        && new.volumes.len() == valid.volumes.len()
        && new.volumes.iter().zip(valid.volumes.iter()).all(same_volume)
        && (&new.subdomain, &new.node_name) == (&valid.subdomain, &valid.node_name)
        && (&new.service_account_name, new.token_volume.is_some())
            == (&valid.service_account_name, valid.token_volume.is_some())
        && new.tolerations == valid.tolerations
        && new.hostname.as_ref().is_none_or(|name| names::dns_label(name).is_empty())
}

/// The mistakes in a new version of a stored object.
pub fn validate_update(kind: Kind, new: &Value, old: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let paths = Paths::default();
    let (new, old) = (At::root(new, &paths), At::root(old, &paths));
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
        (Kind::CronJob, old) => workload::validate_cron_job(at, old, errors),
        (Kind::ControllerRevision, _) => workload::validate_revision(at, old, errors),
        (Kind::Pod, old) => {
            pod::validate_pod(at, old.is_none(), errors);
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

/// The mistakes in a Service's addresses and their families alone: they are looked at before any is given.
pub(crate) fn cluster_ip_errors(service: &Value) -> Vec<FieldError> {
    let mut errors = Errors::default();
    let paths = Paths::default();
    service::validate_cluster_ips(&At::root(service, &paths).get("spec"), &mut errors);
    errors.0
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
