//! Requests that carry a tree: what the API server does with it before an object is created or changed.
//!
//! Models `k8s.io/apiserver/pkg/endpoints/handlers`: create.go, update.go, patch.go, and `pkg/registry/generic/registry`.

use super::server::{ApiServer, DeleteOptions, Traced};
use super::strategy;
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Body, Key, Kind, Object};
use crate::config::{too_many_claims, too_many_replicas};
use crate::patch;
use crate::patch::field_managers::{self, Applied, Asker, Manager};
use crate::schema::decode::{Decoded, decode};
use crate::schema::defaults::default;
use crate::validation::{self, FieldError, invalid, warnings};
use serde_json::Value;
use std::rc::Rc;

/// What to do about fields that do not exist (`--validate`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FieldValidation {
    /// Refuse the request.
    #[default]
    Strict,
    /// Warn of them and drop them.
    Warn,
    /// Drop them.
    Ignore,
}

/// The subresource of a pod by which containers are added to it while it runs.
pub const EPHEMERAL_CONTAINERS: &str = "ephemeralcontainers";
/// The subresource of a certificate request by which it is decided on: a part of its status.
pub const APPROVAL: &str = "approval";

/// How a request is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Mode<'a> {
    /// What becomes of fields that there aren't.
    pub unknown: FieldValidation,
    /// Whether it is only tried (`--dry-run=server`).
    pub dry_run: bool,
    /// Who asks (`--field-manager`).
    pub manager: &'a str,
    /// The subresource that is asked for; empty if none.
    pub subresource: &'static str,
}

impl<'a> Mode<'a> {
    /// A request of a verb that asks for nothing special. kubectl is known by its user agent then.
    pub const PLAIN: Mode<'static> =
        Mode { unknown: FieldValidation::Warn, dry_run: false, manager: "kubectl", subresource: "" };

    fn asker(self, api: &ApiServer) -> Asker<'a> {
        Asker { name: self.manager, subresource: self.subresource, now: api.now }
    }

    /// Whether it is about the status, or a part of it, and leaves all else as it is.
    fn changes_status(self) -> bool {
        matches!(self.subresource, "status" | APPROVAL)
    }
}

/// What becomes of `managedFields`.
enum Shares<'a> {
    /// What this changes is the asker's; the tree that was sent.
    Updated(&'a Value),
    /// These are the managers.
    Given(Vec<Manager>),
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
    Json(Vec<Value>),
}

/// Creates an object from a tree. Errors: what is wrong with the tree, a namespace that isn't there, AlreadyExists, and what
/// admission refuses.
pub fn create(api: &mut ApiServer, kind: Kind, tree: &Value, mode: Mode) -> Result<Done, ApiError> {
    let made = refuse_manager(mode, "CreateOptions")
        .and_then(|()| make(api, kind, tree, Shares::Updated(tree), mode));
    if api.trace.is_some() {
        let text = |field: &str| tree["metadata"][field].as_str().unwrap_or_default();
        let key = Key::new(kind, text("namespace"), text("name"));
        trace(api, "POST", &key, mode, Sent::Object(tree), answer(&made));
    }
    made
}

/// Deletes an object. Errors: NotFound, and what admission refuses.
pub fn delete(
    api: &mut ApiServer,
    key: &Key,
    options: DeleteOptions,
    mode: Mode,
) -> Result<Rc<Object>, ApiError> {
    let deleted = on(api, mode, |api| api.delete(key, options));
    trace(api, "DELETE", key, mode, Sent::Options(options), deleted.as_ref());
    deleted
}

/// What a request carries.
enum Sent<'a> {
    Object(&'a Value),
    Patch(&'a Patch),
    /// Server-side apply's.
    Configuration(&'a Value),
    Options(DeleteOptions),
}

impl Sent<'_> {
    /// Its type and its content.
    #[cold]
    fn body(&self) -> (&'static str, Value) {
        match self {
            Sent::Object(tree) => ("application/json", (*tree).clone()),
            Sent::Patch(Patch::Strategic(tree)) => ("application/strategic-merge-patch+json", tree.clone()),
            Sent::Patch(Patch::Merge(tree)) => ("application/merge-patch+json", tree.clone()),
            Sent::Patch(Patch::Json(operations)) => {
                ("application/json-patch+json", operations.clone().into())
            }
            Sent::Configuration(tree) => ("application/apply-patch+yaml", (*tree).clone()),
            Sent::Options(options) => ("application/json", options.to_value()),
        }
    }
}

/// What a request is answered with.
fn answer(done: &Result<Done, ApiError>) -> Result<&Rc<Object>, &ApiError> {
    done.as_ref().map(|done| &done.object)
}

/// Keeps a request for whoever wants to see it.
#[cold]
fn trace(
    api: &mut ApiServer,
    method: &'static str,
    key: &Key,
    mode: Mode,
    sent: Sent,
    answer: Result<&Rc<Object>, &ApiError>,
) {
    let Some(trace) = &mut api.trace else { return };
    let left = api.store.get(key).filter(|_| method == "DELETE");
    let is_there = method != "DELETE" || left.is_some();
    let answer = answer.map(|object| left.unwrap_or(object).clone()).map_err(Clone::clone);
    trace.push(Traced {
        method,
        key: key.clone(),
        subresource: mode.subresource,
        manager: mode.manager.to_string(),
        dry_run: mode.dry_run,
        sent: sent.body(),
        answer,
        is_there,
    });
}

/// Refuses a manager's name that none may have. Models apimachinery `pkg/apis/meta/v1/validation: ValidateFieldManager`.
fn refuse_manager(mode: Mode, request: &str) -> Result<(), ApiError> {
    const LONGEST: usize = 128;
    let is_fine = mode.manager.len() <= LONGEST && !mode.manager.chars().any(char::is_control);
    if is_fine { Ok(()) } else { Err(bad_manager(mode.manager, request, LONGEST)) }
}

#[cold]
#[inline(never)]
fn bad_manager(name: &str, request: &str, longest: usize) -> ApiError {
    let mut causes = Vec::new();
    if name.len() > longest {
        causes.push(format!("fieldManager: Too long: may not be more than {longest} bytes"));
    }
    for (at, letter) in name.char_indices().filter(|(_, letter)| letter.is_control()) {
        let code = u32::from(letter);
        causes.push(format!(
            "fieldManager: Invalid value: {name:?}: invalid character U+{code:04X} (at position {at})"
        ));
    }
    let why = if causes.len() == 1 { causes.concat() } else { format!("[{}]", causes.join(", ")) };
    ApiError::new(StatusReason::Invalid, format!("{request}.meta.k8s.io \"\" is invalid: {why}"))
}

fn make(api: &mut ApiServer, kind: Kind, tree: &Value, shares: Shares, mode: Mode) -> Result<Done, ApiError> {
    let (mut value, mut warned) = complete(kind, tree, api, mode)?;
    let errors = strategy::before_create(kind, &mut value, api.gates);
    refuse_invalid(kind, &value, errors)?;
    warned.extend(warnings(kind, &value, None));
    let mut object = Object::from_value(kind, &value);
    let managers = match shares {
        Shares::Updated(sent) => {
            field_managers::update(kind, None, &value, sent, Vec::new(), mode.asker(api))
        }
        Shares::Given(managers) => managers,
    };
    object.meta.managed_fields = field_managers::kept(kind, &managers);
    let namespace = Key::cluster(Kind::Namespace, &object.meta.namespace);
    if kind.info().namespaced {
        api.get(&namespace)?;
    }
    refuse_too_many(api, &object)?;
    let object = on(api, mode, |api| api.create(object))?;
    Ok(Done { object, changed: true, warnings: warned })
}

/// Changes an object by a patch. Errors: NotFound, and what is wrong with the patch or with what it makes of the object.
pub fn patch(api: &mut ApiServer, key: &Key, patch: &Patch, mode: Mode) -> Result<Done, ApiError> {
    let patched = refuse_manager(mode, "PatchOptions").and_then(|()| patched(api, key, patch, mode));
    trace(api, "PATCH", key, mode, Sent::Patch(patch), answer(&patched));
    patched
}

fn patched(api: &mut ApiServer, key: &Key, patch: &Patch, mode: Mode) -> Result<Done, ApiError> {
    let old = api.get(key)?;
    let mut tree = old.to_value();
    let mut described = Value::Null;
    match patch {
        Patch::Strategic(patch) => {
            patch::strategic(key.kind, &mut tree, patch)
                .map_err(|why| ApiError::new(StatusReason::BadRequest, why))?;
        }
        Patch::Merge(patch) => patch::merge_json(&mut tree, patch),
        Patch::Json(operations) => {
            if patch::json(&mut tree, operations).is_err() {
                let message = "the server rejected our request due to an error in our request";
                return Err(ApiError::new(StatusReason::Invalid, message));
            }
        }
    }
    if !matches!(patch, Patch::Strategic(_)) {
        described = tree.clone();
    }
    put(api, &old, &tree, Shares::Updated(&tree), mode).map_err(|error| {
        // What can't be decoded is the patch's fault.
        let Some((_, why)) =
            error.message.split_once(" cannot be handled as a ").and_then(|(_, m)| m.split_once(": "))
        else {
            return error;
        };
        let (shown, why) = match patch {
            Patch::Strategic(patch) => (go_text(patch), not_restored(why)),
            _ => (described.to_string(), why.to_string()),
        };
        ApiError::new(StatusReason::Invalid, format!("patch: Invalid value: {shown:?}: {why}"))
    })
}

/// What does not fit its field, in the words for strategic merge patches, which are carried out on trees: they are not those of
/// Go's JSON. Models `k8s.io/apimachinery/pkg/runtime/converter.go`.
fn not_restored(why: &str) -> String {
    let parts = why.strip_prefix("json: cannot unmarshal ").and_then(|rest| {
        let (found, rest) = rest.split_once(" into Go ")?;
        Some((found, rest.rsplit_once("of type ")?.1))
    });
    let Some((found, wanted)) = parts else { return why.to_string() };
    let go_kind = match found {
        "object" => "map",
        "array" => "slice",
        "number" => "int64",
        other => other,
    };
    if wanted.starts_with("map[") {
        format!("cannot restore map from {go_kind}")
    } else if wanted.starts_with("[]") {
        format!("cannot restore slice from {go_kind}")
    } else if wanted.contains('.') {
        format!("cannot restore struct from: {go_kind}")
    } else if found == "number" && wanted == "string" {
        // Go converts numbers to runes: such a pair is refused with other words.
        "cannot convert int64 to string".to_string()
    } else {
        format!("unrecognized type: {wanted}")
    }
}

/// Puts a tree in an object's place. Errors: NotFound, and what is wrong with the tree.
pub fn replace(api: &mut ApiServer, key: &Key, tree: &Value, mode: Mode) -> Result<Done, ApiError> {
    let replaced = refuse_manager(mode, "UpdateOptions").and_then(|()| api.get(key));
    let replaced = replaced.and_then(|old| put(api, &old, tree, Shares::Updated(tree), mode));
    trace(api, "PUT", key, mode, Sent::Object(tree), answer(&replaced));
    replaced
}

/// Server-side apply: makes the object, or gives it what the configuration says, and takes away what this manager had
/// applied before and no more. Errors: a conflict with other managers unless forced, and what is wrong with the tree.
/// Models patch.go: applyPatcher.
pub fn apply(
    api: &mut ApiServer,
    key: &Key,
    config: &Value,
    force: bool,
    mode: Mode,
) -> Result<Done, ApiError> {
    refuse_manager(mode, "PatchOptions")?;
    let live = api.store().get(key).cloned();
    if live.is_none() && !mode.subresource.is_empty() {
        return Err(ApiError::not_found(key));
    }
    let tree = live.as_ref().map(|object| object.to_value());
    let managers = live.as_ref().map(|object| field_managers::of(object)).unwrap_or_default();
    let applied =
        match field_managers::apply(key.kind, tree.as_ref(), config, managers, mode.asker(api), force) {
            Applied::Unreadable(why) => Err(ApiError::new(StatusReason::Unknown, why)),
            Applied::Conflict(why) => Err(ApiError::new(StatusReason::Conflict, why)),
            Applied::Done(tree, managers) => match &live {
                Some(live) => put(api, live, &tree, Shares::Given(managers), mode),
                None => make(api, key.kind, &tree, Shares::Given(managers), mode),
            },
        };
    trace(api, "PATCH", key, mode, Sent::Configuration(config), answer(&applied));
    applied
}

/// Gives what client-side apply manages of an object to the server-side applier (kubectl's migration).
/// Returns whether there was any. Errors: NotFound.
pub fn upgrade_managers(api: &mut ApiServer, key: &Key, applier: &str) -> Result<bool, ApiError> {
    let object = api.get(key)?;
    let mut managers = field_managers::of(&object);
    if !field_managers::upgrade(&mut managers, applier) {
        return Ok(false);
    }
    let kept = field_managers::kept(key.kind, &managers);
    api.update(key, |object| object.meta.managed_fields = kept)?;
    Ok(true)
}

/// Decodes a tree and fills in what it lacks. Returns the warnings about it, too. Errors: BadRequest.
fn complete(kind: Kind, sent: &Value, api: &ApiServer, mode: Mode) -> Result<(Value, Vec<String>), ApiError> {
    let decoded = decode(kind, sent);
    let warned = refuse_undecodable(kind, &decoded, mode.unknown)?;
    let mut value = decoded.value;
    default(kind, &mut value, api.gates);
    Ok((value, warned))
}

fn refuse_undecodable(
    kind: Kind,
    decoded: &Decoded,
    validation: FieldValidation,
) -> Result<Vec<String>, ApiError> {
    let refusal = match validation {
        FieldValidation::Strict => decoded.refusal(),
        _ => decoded.error.as_ref().map(|error| error.message.clone()),
    };
    if let Some(refusal) = refusal {
        let (name, version) = (kind.name(), kind.info().version);
        let message = format!("{name} in version {version:?} cannot be handled as a {name}: {refusal}");
        return Err(ApiError::new(StatusReason::BadRequest, message));
    }
    match validation {
        FieldValidation::Warn => Ok(decoded.unknown.iter().map(|error| error.message.clone()).collect()),
        _ => Ok(Vec::new()),
    }
}

fn refuse_invalid(kind: Kind, value: &Value, errors: Vec<FieldError>) -> Result<(), ApiError> {
    if errors.is_empty() {
        return Ok(());
    }
    Err(invalid(kind, value["metadata"]["name"].as_str().unwrap_or_default(), &errors))
}

/// Changes an object to a tree.
fn put(
    api: &mut ApiServer,
    old: &Rc<Object>,
    tree: &Value,
    shares: Shares,
    mode: Mode,
) -> Result<Done, ApiError> {
    refuse_stale(old, tree)?;
    let stored = old.to_value();
    let (mut value, mut warned) = complete(old.kind, tree, api, mode)?;
    // What follows gives the object its old status back.
    let status = if mode.changes_status() { value["status"].clone() } else { Value::Null };
    let errors = if mode.subresource == EPHEMERAL_CONTAINERS {
        // Nothing but these changes.
        let containers = value["spec"]["ephemeralContainers"].take();
        value = stored.clone();
        value["spec"]["ephemeralContainers"] = containers;
        validation::validate_ephemeral_containers(&value, &stored)
    } else {
        strategy::before_update(old.kind, &mut value, &stored, api.gates)
    };
    refuse_invalid(old.kind, &value, errors)?;
    if mode.changes_status() {
        // Nothing but the status changes.
        value = stored.clone();
        value["status"] = status;
    }
    warned.extend(warnings(old.kind, &value, Some(&stored)));
    let managed_fields = match shares {
        Shares::Updated(_) if value == stored => old.meta.managed_fields.clone(),
        Shares::Updated(sent) => {
            let (before, known) = (Some(&stored), field_managers::of(old));
            let managers = field_managers::update(old.kind, before, &value, sent, known, mode.asker(api));
            field_managers::kept(old.kind, &managers)
        }
        Shares::Given(managers) => field_managers::kept(old.kind, &managers),
    };
    if value == stored && managed_fields == old.meta.managed_fields {
        return Ok(Done { object: old.clone(), changed: false, warnings: warned });
    }
    let mut new = Object::from_value(old.kind, &value);
    if mode.changes_status() {
        new.meta = old.meta.clone();
        if let (Body::Pod(new), Body::Pod(old)) = (&mut new.body, &old.body) {
            new.spec = old.spec.clone();
        }
        new.meta.managed_fields = managed_fields;
        let object = on(api, mode, |api| api.update_status(&old.key(), |object| *object = new))?;
        let changed = object != *old;
        return Ok(Done { object, changed, warnings: warned });
    }
    keep_what_the_server_keeps(&mut new, old);
    if let Body::Pod(pod) = &mut new.body {
        let spec = if stored["spec"] == value["spec"] {
            old.pod().spec.clone()
        } else {
            Rc::new(pod.spec.readmitted(&old.pod().spec))
        };
        pod.spec = spec;
    }
    new.meta.managed_fields = managed_fields;
    api.admit_update(&new, old)?;
    refuse_too_many(api, &new)?;
    api.allocate(&mut new)?;
    let object = on(api, mode, |api| api.update(&old.key(), |object| *object = new))?;
    // What goes with its last finalizer has changed, too, though no version of it is written.
    let changed = object != *old;
    Ok(Done { object, changed, warnings: warned })
}

/// Refuses a change of another version of the object. Models `registry/generic/registry/store.go: Update`.
fn refuse_stale(old: &Object, tree: &Value) -> Result<(), ApiError> {
    match tree["metadata"]["resourceVersion"].as_str() {
        None | Some("" | "0") => Ok(()),
        Some(version) if version == old.meta.resource_version.to_string() => Ok(()),
        Some(_) => Err(ApiError::conflict(&old.key())),
    }
}

/// Refuses more pods, or claims, than the simulation carries.
fn refuse_too_many(api: &ApiServer, object: &Object) -> Result<(), ApiError> {
    let replicas = match &object.body {
        Body::StatefulSet(set) => set.spec.replicas,
        Body::Deployment(deployment) => deployment.spec.replicas,
        Body::ReplicaSet(set) => set.spec.replicas,
        _ => return Ok(()),
    };
    let refusal = if replicas > api.most_replicas {
        Some(too_many_replicas(replicas.into(), api.most_replicas))
    } else if let Body::StatefulSet(set) = &object.body {
        too_many_claims(replicas.into(), set.spec.volume_claim_templates.len())
    } else {
        None
    };
    refusal.map_or(Ok(()), |why| Err(ApiError::forbidden(object, &why)))
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
        (Body::Pod(new), Body::Pod(old)) => new.status = old.status.clone(),
        (Body::StatefulSet(new), Body::StatefulSet(old)) => new.status = old.status.clone(),
        (Body::Deployment(new), Body::Deployment(old)) => new.status = old.status.clone(),
        (Body::ReplicaSet(new), Body::ReplicaSet(old)) => new.status = old.status.clone(),
        _ => {}
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
