//! Requests that carry a tree: what the API server does with it before an object is created or changed.
//!
//! Models `k8s.io/apiserver/pkg/endpoints/handlers`: create.go, update.go, patch.go, and `pkg/registry/generic/registry`.

use crate::api::{Body, Key, Kind, Object};
use crate::apiserver::{ApiError, ApiServer, StatusReason};
use crate::manifest::{self, Decoded, patch, validation};
use serde_json::Value;
use std::rc::Rc;

/// What becomes of fields that there aren't (`fieldValidation`).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Unknown {
    /// The request is refused.
    Refused,
    /// They are dropped, with a warning.
    Warned,
    /// They are dropped.
    Ignored,
}

/// How a request is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mode {
    /// What becomes of fields that there aren't.
    pub unknown: Unknown,
    /// Whether it is only tried (`--dry-run=server`).
    pub dry_run: bool,
}

impl Mode {
    /// A request of a verb that asks for nothing special.
    pub const PLAIN: Mode = Mode { unknown: Unknown::Warned, dry_run: false };
}

/// A request that was carried out.
pub struct Done {
    /// The object as it is now.
    pub object: Rc<Object>,
    /// Whether that is another than before.
    pub changed: bool,
    /// What the API server warns of.
    pub warnings: Vec<String>,
}

/// A patch's kind and content.
#[derive(Clone, PartialEq, Debug)]
pub enum Patch {
    /// A strategic merge patch.
    Strategic(Value),
    /// A JSON merge patch.
    Merge(Value),
    /// A JSON patch.
    Json(Vec<Value>),
}

/// Creates an object from a tree. Errors: what is wrong with the tree, a namespace that isn't there, AlreadyExists, and what
/// admission refuses.
pub fn create(api: &mut ApiServer, kind: Kind, tree: &Value, mode: Mode) -> Result<Done, ApiError> {
    let decoded = manifest::decode(kind, tree);
    let version = kind.info().version;
    let name = kind.name();
    let refused = |why: String| {
        let message = format!("{name} in version {version:?} cannot be handled as a {name}: {why}");
        ApiError::new(StatusReason::BadRequest, message)
    };
    let mut warnings = unknown_fields(&decoded, mode).map_err(refused)?;
    let object = checked(api, kind, decoded.value, None, &mut warnings)?;
    let namespace = Key::cluster(Kind::Namespace, &object.meta.namespace);
    if kind.info().namespaced {
        api.get(&namespace)?;
    }
    let object = on(api, mode, |api| api.create(object))?;
    Ok(Done { object, changed: true, warnings })
}

/// Changes an object by a patch. Errors: NotFound, and what is wrong with the patch or with what it makes of the object.
pub fn patch(api: &mut ApiServer, key: &Key, patch: &Patch, mode: Mode) -> Result<Done, ApiError> {
    let old = api.get(key)?;
    let mut tree = given_out(&old);
    let mut described = Value::Null;
    match patch {
        Patch::Strategic(patch) => {
            patch::strategic(key.kind, &mut tree, patch)
                .map_err(|why| ApiError::new(StatusReason::BadRequest, why))?;
        }
        Patch::Merge(patch) => patch::merge_json(&mut tree, patch),
        Patch::Json(operations) => {
            if !patch::json(&mut tree, operations) {
                let message = "the server rejected our request due to an error in our request";
                return Err(ApiError::new(StatusReason::Invalid, message));
            }
        }
    }
    if !matches!(patch, Patch::Strategic(_)) {
        described = tree.clone();
    }
    let decoded = manifest::decode(key.kind, &tree);
    let refused = |why: String| {
        let shown = match patch {
            Patch::Strategic(patch) => go_text(patch),
            _ => described.to_string(),
        };
        ApiError::new(StatusReason::Invalid, format!("patch: Invalid value: {shown:?}: {why}"))
    };
    let warnings = unknown_fields(&decoded, mode).map_err(refused)?;
    put(api, &old, decoded.value, warnings, mode)
}

/// Puts a tree in an object's place. Errors: NotFound, and what is wrong with the tree.
pub fn replace(api: &mut ApiServer, key: &Key, tree: &Value, mode: Mode) -> Result<Done, ApiError> {
    let old = api.get(key)?;
    let decoded = manifest::decode(key.kind, tree);
    let (name, version) = (key.kind.name(), key.kind.info().version);
    let refused = |why: String| {
        let message = format!("{name} in version {version:?} cannot be handled as a {name}: {why}");
        ApiError::new(StatusReason::BadRequest, message)
    };
    let warnings = unknown_fields(&decoded, mode).map_err(refused)?;
    put(api, &old, decoded.value, warnings, mode)
}

/// Changes an object to a tree that was decoded.
fn put(
    api: &mut ApiServer,
    old: &Rc<Object>,
    tree: Value,
    mut warnings: Vec<String>,
    mode: Mode,
) -> Result<Done, ApiError> {
    let new = checked(api, old.kind, tree, Some(old), &mut warnings)?;
    let object = on(api, mode, |api| api.update(&old.key(), |object| *object = new))?;
    let changed = object.meta.resource_version != old.meta.resource_version;
    Ok(Done { object, changed, warnings })
}

/// Defaults and checks a decoded tree. `old` is the object that it is to change.
fn checked(
    api: &ApiServer,
    kind: Kind,
    mut tree: Value,
    old: Option<&Rc<Object>>,
    warnings: &mut Vec<String>,
) -> Result<Object, ApiError> {
    if let Some(old) = old {
        keep_allocated(&mut tree, old);
    }
    if let (Kind::Service, Some(ip @ Value::String(_))) = (kind, tree.pointer("/spec/clusterIP").cloned()) {
        tree["spec"]["clusterIPs"] = vec![ip].into();
    }
    manifest::default(kind, &mut tree, api.gates);
    let errors = match old {
        Some(old) => validation::validate_update(kind, &tree, &given_out(old)),
        None => validation::validate(kind, &tree),
    };
    if !errors.is_empty() {
        let info = kind.info();
        let kind =
            if info.group.is_empty() { info.name.into() } else { format!("{}.{}", info.name, info.group) };
        let name = tree["metadata"]["name"].as_str().unwrap_or_default();
        let mut causes: Vec<String> = errors.iter().map(ToString::to_string).collect();
        let mut seen = std::collections::BTreeSet::new();
        causes.retain(|cause| seen.insert(cause.clone()));
        let why = if causes.len() == 1 { causes.remove(0) } else { format!("\n* {}", causes.join("\n* ")) };
        return Err(ApiError::new(StatusReason::Invalid, format!("{kind} {name:?} is invalid: {why}")));
    }
    warnings.extend(validation::warnings(kind, &tree, old.map(|old| given_out(old)).as_ref()));
    let mut object = Object::from_value(kind, &tree);
    if let Some(old) = old {
        keep_what_the_server_keeps(&mut object, old);
    } else if !kind.info().namespaced {
        object.meta.namespace = Default::default();
    }
    Ok(object)
}

/// What the API server gave a Service stays, unless the tree says otherwise (`patchAllocatedValues`).
fn keep_allocated(tree: &mut Value, old: &Object) {
    if old.kind != Kind::Service {
        return;
    }
    let before = old.to_value();
    let Some(spec) = tree.get_mut("spec").and_then(Value::as_object_mut) else { return };
    for field in ["clusterIP", "clusterIPs"] {
        if spec.get(field).is_none_or(Value::is_null) && !before["spec"][field].is_null() {
            spec.insert(field.into(), before["spec"][field].clone());
        }
    }
}

/// Users change neither an object's status nor what the API server itself writes into its metadata.
fn keep_what_the_server_keeps(new: &mut Object, old: &Object) {
    let meta = old.meta.clone();
    let asked = std::mem::replace(&mut new.meta, meta);
    new.meta.labels = asked.labels;
    new.meta.annotations = asked.annotations;
    new.meta.owner_references = asked.owner_references;
    new.meta.finalizers = asked.finalizers;
    match (&mut new.body, &old.body) {
        (Body::Pod(new), Body::Pod(old)) => {
            new.status = old.status.clone();
            let spec = Rc::make_mut(&mut new.spec);
            spec.token_volume = old.spec.token_volume.clone();
            if spec.raw.get("tolerations") == old.spec.raw.get("tolerations") {
                spec.tolerations = old.spec.tolerations.clone();
            }
        }
        (Body::StatefulSet(new), Body::StatefulSet(old)) => new.status = old.status.clone(),
        (Body::Deployment(new), Body::Deployment(old)) => new.status = old.status.clone(),
        (Body::ReplicaSet(new), Body::ReplicaSet(old)) => new.status = old.status.clone(),
        _ => {}
    }
}

/// An object's tree as patches see it: without what admission added to a pod, which no patch changes.
pub fn given_out(object: &Object) -> Value {
    let mut object = object.clone();
    if let Body::Pod(pod) = &mut object.body {
        Rc::make_mut(&mut pod.spec).token_volume = None;
    }
    object.to_value()
}

/// The warnings, or why the tree is refused.
fn unknown_fields(decoded: &Decoded, mode: Mode) -> Result<Vec<String>, String> {
    match (&decoded.error, mode.unknown) {
        (Some(error), _) => Err(error.message.clone()),
        (None, Unknown::Ignored) => Ok(Vec::new()),
        (None, Unknown::Warned) => Ok(decoded.unknown.iter().map(|e| e.message.clone()).collect()),
        (None, Unknown::Refused) => decoded.refusal().map_or(Ok(Vec::new()), Err),
    }
}

/// Makes a request, or only tries it.
pub fn on<T>(
    api: &mut ApiServer,
    mode: Mode,
    request: impl FnOnce(&mut ApiServer) -> Result<T, ApiError>,
) -> Result<T, ApiError> {
    if mode.dry_run { request(&mut api.clone()) } else { request(api) }
}

/// A tree as Go's `%v` prints it.
fn go_text(value: &Value) -> String {
    match value {
        Value::Null => "<nil>".to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(go_text).collect::<Vec<_>>().join(" ")),
        Value::Object(tree) => {
            let fields: Vec<String> = tree.iter().map(|(k, v)| format!("{k}:{}", go_text(v))).collect();
            format!("map[{}]", fields.join(" "))
        }
        other => other.to_string(),
    }
}
