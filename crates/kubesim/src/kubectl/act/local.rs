//! Objects that are changed without the API server: `--local`, and what `--dry-run=client` shows.

use super::documents::Document;
use super::pod_template::{has_pod_spec, pod_spec};
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Body, Kind, Object, ObjectMeta};
use crate::apiserver::handlers::{Done, Patch};
use crate::kubectl::{Failure, Invocation};
use crate::patch;
use crate::schema::decode::decode;
use serde_json::{Map, Value, json};
use std::rc::Rc;

/// An object as a file has it: nothing is filled in, and it is written as it was read.
pub(super) fn object(kind: Kind, tree: &Value) -> Object {
    let mut rest = tree.clone();
    if let Some(fields) = rest.as_object_mut() {
        ["apiVersion", "kind", "metadata"].iter().for_each(|field| drop(fields.remove(*field)));
    }
    Object::new(kind, ObjectMeta::from_value(&tree["metadata"]), Body::Other(Rc::new(rest)))
}

/// The object of a document, as `set` reads it: in the shape of its type.
pub(super) fn typed(document: &Document) -> Object {
    let mut tree = decode(document.kind, &document.tree).value;
    with_zeros(document.kind, &mut tree);
    object(document.kind, &tree)
}

/// Carries a patch out here. Errors: it does not fit the object.
pub(super) fn patched(object: &Object, patch: &Patch) -> Result<Done, ApiError> {
    let before = object.to_value();
    let mut tree = before.clone();
    match patch {
        Patch::Strategic(patch) => {
            let wrong = |why| ApiError::new(StatusReason::Unknown, why);
            patch::strategic(object.kind, &mut tree, patch).map_err(wrong)?;
        }
        Patch::Merge(patch) => patch::merge_json(&mut tree, patch),
        Patch::Json(operations) => {
            patch::json(&mut tree, operations).map_err(|why| {
                let why = match why.split_once("doc is missing key: ") {
                    Some((_, key)) => format!("Object to be patched is missing field ({key})"),
                    None => why,
                };
                ApiError::new(StatusReason::Unknown, why)
            })?;
        }
    }
    for map in ["labels", "annotations"] {
        let metadata = tree["metadata"].as_object_mut();
        metadata
            .into_iter()
            .for_each(|fields| fields.retain(|name, value| name != map || *value != json!({})));
    }
    let changed = tree != before;
    Ok(Done { object: Rc::new(self::object(object.kind, &tree)), changed, warnings: Vec::new() })
}

/// Refuses names of objects beside `--local`: nobody is asked for them.
pub(super) fn refuse_names(inv: &Invocation, names: &[String]) -> Result<(), Failure> {
    if !inv.is("local") || names.is_empty() {
        return Ok(());
    }
    Err(Failure::client(
        "you must specify resources by --filename when --local is set.\nExample resource specifications include:\n   \
         '-f rsrc.yaml'\n   '--filename=rsrc.json'",
    ))
}

/// Fields that Go always writes, because their types can't be left out: `status: {}`, `resources: {}`.
pub(super) fn with_zeros(kind: Kind, tree: &mut Value) {
    let mut put = |path: &[&str], zero: Value| {
        let mut at = &mut *tree;
        for field in path {
            if at.is_null() {
                *at = Value::Object(Map::new());
            }
            let Some(map) = at.as_object_mut() else { return };
            at = map.entry(*field).or_insert(Value::Null);
        }
        match (at, zero) {
            (at @ Value::Null, zero) => *at = zero,
            (Value::Object(fields), Value::Object(zeros)) => {
                for (field, zero) in zeros {
                    fields.entry(field).or_insert(zero);
                }
            }
            _ => {}
        }
    };
    match kind {
        Kind::Deployment => {
            put(&["spec", "strategy"], json!({}));
            put(&["status"], json!({}));
        }
        Kind::StatefulSet => {
            put(&["spec", "updateStrategy"], json!({}));
            put(&["status"], json!({"availableReplicas": 0, "replicas": 0}));
        }
        Kind::DaemonSet => {
            put(&["spec", "updateStrategy"], json!({}));
            let zeros = json!({"currentNumberScheduled": 0, "desiredNumberScheduled": 0, "numberMisscheduled": 0,
                "numberReady": 0});
            put(&["status"], zeros);
        }
        Kind::ReplicaSet | Kind::ReplicationController => put(&["status"], json!({"replicas": 0})),
        Kind::Service | Kind::Ingress => put(&["status"], json!({"loadBalancer": {}})),
        Kind::Namespace => {
            put(&["spec"], json!({}));
            put(&["status"], json!({}));
        }
        Kind::PodDisruptionBudget => {
            let zeros =
                json!({"currentHealthy": 0, "desiredHealthy": 0, "disruptionsAllowed": 0, "expectedPods": 0});
            put(&["status"], zeros);
        }
        Kind::HorizontalPodAutoscaler => {
            put(&["status"], json!({"currentMetrics": null, "desiredReplicas": 0}));
        }
        Kind::CronJob => {
            put(&["spec", "jobTemplate", "metadata"], json!({}));
            put(&["spec", "jobTemplate", "spec", "template", "metadata"], json!({}));
            put(&["status"], json!({}));
        }
        Kind::Pod | Kind::Job | Kind::ResourceQuota | Kind::PersistentVolumeClaim => {
            put(&["status"], json!({}))
        }
        _ => {}
    }
    if matches!(kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet | Kind::ReplicaSet | Kind::Job) {
        put(&["spec", "template", "metadata"], json!({}));
    }
    if !has_pod_spec(kind) {
        return;
    }
    let spec = pod_spec(tree);
    for list in ["containers", "initContainers"] {
        let containers = spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten();
        for container in containers.filter_map(Value::as_object_mut) {
            container.entry("resources").or_insert_with(|| json!({}));
        }
    }
}
