//! What is done to every new object and every new version before it is stored: what users may not set is dropped or kept.
//!
//! Models `k8s.io/apiserver/pkg/registry/rest` (BeforeCreate, BeforeUpdate) and the strategies' PrepareForCreate and
//! PrepareForUpdate (pkg/registry/*/strategy.go).

use serde_json::{Map, Value};

use super::service::{drop_type_dependent, init_service, keep_allocated, normalize_cluster_ips};
use crate::api::{Body, Kind, Object, read};
use crate::config::{FeatureGates, GROUPS, USER};
use crate::schema::decode::zero;
use crate::schema::defaults;
use crate::schema::types::{Shape, type_of};
use crate::validation::{FieldError, validate, validate_update};
use std::rc::Rc;

/// Prepares a complete new object, and finds what is not valid in it. Uid, times and addresses are the store's to give.
pub(crate) fn before_create(kind: Kind, value: &mut Value, gates: FeatureGates) -> Vec<FieldError> {
    prepare_for_create(kind, value, gates);
    // What can't be allocated is told of before anything else, and alone.
    let refused = if kind == Kind::Service { init_service(value, None) } else { Vec::new() };
    if refused.is_empty() { validate(kind, value) } else { refused }
}

/// As `before_create`, for a new version of a stored object.
pub(super) fn before_update(
    kind: Kind,
    value: &mut Value,
    stored: &Value,
    gates: FeatureGates,
) -> Vec<FieldError> {
    prepare_for_update(kind, value, stored, gates);
    let refused = if kind == Kind::Service { init_service(value, Some(stored)) } else { Vec::new() };
    if refused.is_empty() { validate_update(kind, value, stored) } else { refused }
}

type Tree = Map<String, Value>;

fn object<'a>(value: &'a mut Value, field: &str) -> Option<&'a mut Tree> {
    value.get_mut(field)?.as_object_mut()
}

/// Whether the kind's status is another endpoint's to write.
fn has_status(kind: Kind) -> bool {
    kind != Kind::Node
        && type_of(kind).field("status").is_some_and(|field| field.type_ref.shape() == Shape::Struct)
}

fn prepare_for_create(kind: Kind, value: &mut Value, gates: FeatureGates) {
    if let Some(metadata) = object(value, "metadata") {
        for field in
            ["uid", "creationTimestamp", "deletionTimestamp", "deletionGracePeriodSeconds", "selfLink"]
        {
            metadata.remove(field);
        }
    }
    if has_status(kind)
        && let Some(field) = type_of(kind).field("status")
    {
        let mut status = zero(field.type_ref);
        defaults::default_value(field.type_ref, &mut status, gates);
        value["status"] = status;
    }
    match kind {
        Kind::Namespace => value["spec"]["finalizers"] = vec!["kubernetes"].into(),
        Kind::StatefulSet if !gates.max_unavailable_stateful_set => drop_max_unavailable(value),
        Kind::Service => normalize_cluster_ips(value, None),
        Kind::Secret => move_string_data(value),
        Kind::CertificateSigningRequest => name_requestor(value),
        _ => {}
    }
    drop_disabled_pod_fields(kind, value);
}

/// Who asks for a certificate is who makes the request. Models pkg/registry/certificates/certificates/strategy.go.
#[cold]
fn name_requestor(value: &mut Value) {
    if let Some(spec) = value["spec"].as_object_mut() {
        ["uid", "extra"].iter().for_each(|field| drop(spec.remove(*field)));
        spec.insert("username".into(), USER.into());
        spec.insert("groups".into(), GROUPS.to_vec().into());
    }
}

/// Models pkg/api/pod/util.go: dropDisabledFields, for the gates that are off in 1.36: ContainerStopSignals,
/// GenericWorkload, ClusterTrustBundleProjection and PodCertificateRequest.
fn drop_disabled_pod_fields(kind: Kind, value: &mut Value) {
    let path = match kind {
        Kind::Pod => "/spec",
        Kind::CronJob => "/spec/jobTemplate/spec/template/spec",
        _ => "/spec/template/spec",
    };
    let Some(spec) = value.pointer_mut(path).and_then(Value::as_object_mut) else { return };
    spec.remove("schedulingGroup");
    let mut each = |list: &str, act: fn(&mut Value)| {
        spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten().for_each(act)
    };
    fn remove(from: Option<&mut Value>, field: &str) {
        from.and_then(Value::as_object_mut).and_then(|from| from.remove(field));
    }
    for list in ["containers", "initContainers"] {
        each(list, |container| remove(container.get_mut("lifecycle"), "stopSignal"));
    }
    each("volumes", |volume| {
        let sources = volume.pointer_mut("/projected/sources").and_then(Value::as_array_mut);
        for source in sources.into_iter().flatten() {
            remove(Some(source), "clusterTrustBundle");
            remove(Some(source), "podCertificate");
        }
    });
}

/// Models pkg/registry/apps/statefulset/strategy.go: dropStatefulSetDisabledFields.
fn drop_max_unavailable(value: &mut Value) {
    let rolling_update = value.pointer_mut("/spec/updateStrategy/rollingUpdate");
    if let Some(rolling_update) = rolling_update.and_then(Value::as_object_mut) {
        rolling_update.remove("maxUnavailable");
    }
}

/// Models pkg/apis/core/v1/conversion.go: a secret's `stringData` becomes `data`.
fn move_string_data(value: &mut Value) {
    let Some(texts) = object(value, "stringData").map(std::mem::take) else { return };
    if let Some(secret) = value.as_object_mut() {
        secret.remove("stringData");
    }
    for (key, text) in texts {
        let encoded = yaml::base64::encode(text.as_str().unwrap_or_default().as_bytes());
        value["data"][key] = encoded.into();
    }
}

fn prepare_for_update(kind: Kind, value: &mut Value, stored: &Value, gates: FeatureGates) {
    let stored_metadata = &stored["metadata"];
    if let Some(metadata) = object(value, "metadata") {
        for field in [
            "uid",
            "creationTimestamp",
            "deletionTimestamp",
            "deletionGracePeriodSeconds",
            "generation",
            "resourceVersion",
            "managedFields",
        ] {
            match &stored_metadata[field] {
                Value::Null => metadata.remove(field),
                kept => metadata.insert(field.to_owned(), kept.clone()),
            };
        }
    }
    if has_status(kind) {
        value["status"] = stored["status"].clone();
    }
    match kind {
        Kind::StatefulSet => {
            let in_use = !stored["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"].is_null();
            if !gates.max_unavailable_stateful_set && !in_use {
                drop_max_unavailable(value);
            }
        }
        Kind::Service => {
            keep_allocated(value, stored);
            normalize_cluster_ips(value, Some(stored));
            drop_type_dependent(value, stored);
        }
        Kind::Secret => move_string_data(value),
        _ => {}
    }
    drop_disabled_pod_fields(kind, value);
}

/// What a Job's pods are labelled with and selected by: who made them. Models pkg/registry/batch/job/strategy.go:
/// generateSelector. A Job without labels is read back with those of its template.
#[cold]
pub(super) fn generate_selector(job: &mut Object) {
    let (name, uid) = (job.meta.name.to_string(), job.meta.uid.text());
    let Body::Other(tree) = &mut job.body else { return };
    let spec = &mut Rc::make_mut(tree)["spec"];
    if spec["manualSelector"] == true {
        return;
    }
    let template = &mut spec["template"]["metadata"]["labels"];
    for (label, value) in [
        ("job-name", &name),
        ("batch.kubernetes.io/job-name", &name),
        ("controller-uid", &uid),
        ("batch.kubernetes.io/controller-uid", &uid),
    ] {
        if template[label].is_null() {
            template[label] = value.as_str().into();
        }
    }
    let labels = template.clone();
    let selected = &mut spec["selector"]["matchLabels"]["batch.kubernetes.io/controller-uid"];
    if selected.is_null() {
        *selected = uid.into();
    }
    if job.meta.labels.is_empty() {
        job.meta.labels = Rc::new(read::pairs(&labels));
    }
}
