//! Where a container's variable comes from, and what it is (`kubectl set env --list --resolve`). Models
//! `k8s.io/kubectl/pkg/cmd/set/env/env_resolve.go`: what is no variable of a running container is seen as kubectl sees it.

use crate::api::status::ApiError;
use crate::api::{Key, Kind, Object};
use crate::apiserver::Store;
use crate::base::quantity::Quantity;
use serde_json::{Map, Value};

/// Where it comes from.
pub(super) fn shown(from: &Value) -> String {
    let part = |field: &str, key: &str| from[field][key].as_str().unwrap_or_default().to_string();
    if from.get("configMapKeyRef").is_some() {
        return format!(
            "configmap {}, key {}",
            part("configMapKeyRef", "name"),
            part("configMapKeyRef", "key")
        );
    }
    if from.get("secretKeyRef").is_some() {
        return format!("secret {}, key {}", part("secretKeyRef", "name"), part("secretKeyRef", "key"));
    }
    if from.get("fieldRef").is_some() {
        return format!("field path {}", part("fieldRef", "fieldPath"));
    }
    if from.get("resourceFieldRef").is_none() {
        return "invalid valueFrom".to_string();
    }
    let container = part("resourceFieldRef", "containerName");
    let slash = if container.is_empty() { "" } else { "/" };
    format!("resource field {container}{slash}{}", part("resourceFieldRef", "resource"))
}

/// What it is. Errors: nothing is there.
pub(super) fn value(
    store: &Store,
    object: &Object,
    container: &Value,
    from: &Value,
) -> Result<String, String> {
    let text = |field: &Value| field.as_str().unwrap_or_default().to_string();
    for (field, kind, called) in
        [("secretKeyRef", Kind::Secret, "secret"), ("configMapKeyRef", Kind::ConfigMap, "config map")]
    {
        let Some(reference) = from.get(field) else { continue };
        let (name, key) = (text(&reference["name"]), text(&reference["key"]));
        let source = Key::new(kind, &object.meta.namespace, &name);
        let found = store.get(&source).ok_or_else(|| ApiError::not_found(&source).message)?.to_value();
        let value =
            found["data"].get(&key).ok_or_else(|| format!("key {key} not found in {called} {name}"))?;
        let value = text(value);
        let decoded = if kind == Kind::Secret { yaml::base64::decode(&value).ok() } else { None };
        return Ok(decoded.map_or(value, |bytes| String::from_utf8_lossy(&bytes).into_owned()));
    }
    if let Some(reference) = from.get("fieldRef") {
        return field(object, &text(&reference["fieldPath"]));
    }
    match from.get("resourceFieldRef") {
        Some(reference) => resource(container, reference),
        None => Err("invalid valueFrom".to_string()),
    }
}

/// A field of the object that has the pod's template: not of a pod.
fn field(object: &Object, path: &str) -> Result<String, String> {
    let tree = object.to_value();
    let metadata = &tree["metadata"];
    let map = |name: &str| metadata[name].as_object().cloned().unwrap_or_default();
    if let Some((map_path, key)) = path.strip_suffix("']").and_then(|path| path.split_once("['")) {
        return match map_path {
            "metadata.annotations" | "metadata.labels" => {
                let name = map_path.trim_start_matches("metadata.");
                Ok(map(name).get(key).and_then(Value::as_str).unwrap_or_default().to_string())
            }
            _ => Err(format!("fieldPath {path:?} does not support subscript")),
        };
    }
    let lines = |map: Map<String, Value>| {
        let lines = map
            .iter()
            .map(|(key, value)| format!("{key}={}", yaml::text::quoted(value.as_str().unwrap_or_default())));
        lines.collect::<Vec<_>>().join("\n")
    };
    match path {
        "metadata.annotations" => Ok(lines(map("annotations"))),
        "metadata.labels" => Ok(lines(map("labels"))),
        "metadata.name" => Ok(object.meta.name.to_string()),
        "metadata.namespace" => Ok(object.meta.namespace.to_string()),
        "metadata.uid" => Ok(object.meta.uid.to_string()),
        _ => Err(format!("unsupported fieldPath: {path}")),
    }
}

/// What the container asks for, in units of the divisor, rounded up.
fn resource(container: &Value, reference: &Value) -> Result<String, String> {
    let name = reference["resource"].as_str().unwrap_or_default();
    let known = ["cpu", "memory", "ephemeral-storage"];
    let (list, what) = name
        .split_once('.')
        .filter(|(list, what)| {
            matches!(*list, "limits" | "requests") && (known.contains(what) || what.starts_with("hugepages-"))
        })
        .ok_or_else(|| format!("Unsupported container resource : {name}"))?;
    let nanos =
        |value: &Value| value.as_str().and_then(|text| Quantity::parse(text).ok()).map_or(0, |q| q.nanos());
    let divisor = match nanos(&reference["divisor"]) {
        0 => 1_000_000_000,
        divisor => divisor,
    };
    Ok((nanos(&container["resources"][list][what]) + divisor - 1).div_euclid(divisor).to_string())
}
