//! Who manages which fields of an object (`metadata.managedFields`), and server-side apply.
//!
//! Models `k8s.io/apimachinery/pkg/util/managedfields/internal` (its managers in the order of NewDefaultFieldManager) and
//! `sigs.k8s.io/structured-merge-diff/merge/update.go`.
//!
//! Only what users' requests change is kept in objects. What the cluster's own components manage follows from the object
//! ([`of`]): their writes do no work for it.

use std::rc::Rc;

use serde_json::{Value, json};

use super::field_set::{self, Set};
use crate::api::meta::LAST_APPLIED;
use crate::api::{Body, Kind, Object, SimTime, read};
use crate::schema::decode::zero;
use crate::schema::types::type_of;

/// More managers by update than these are put together.
const MOST_UPDATERS: usize = 10;

/// One entry of `managedFields`.
#[derive(Clone, Debug, PartialEq)]
pub struct Manager {
    pub name: String,
    /// Whether by server-side apply; else by creating and updating.
    pub applies: bool,
    /// The subresource; empty if none.
    pub subresource: String,
    /// When it last changed something.
    pub time: Option<SimTime>,
    pub fields: Set,
}

impl Manager {
    fn is(&self, other: &Manager) -> bool {
        self.name == other.name && self.applies == other.applies && self.subresource == other.subresource
    }

    /// A manager of nothing yet.
    pub fn new(name: &str, applies: bool, subresource: &str) -> Manager {
        let (name, subresource) = (name.to_owned(), subresource.to_owned());
        Manager { name, applies, subresource, time: None, fields: Set::default() }
    }
}

fn operation(manager: &Manager) -> &'static str {
    if manager.applies { "Apply" } else { "Update" }
}

/// `managedFields` as the API server writes it. Models managedfields.go: encodeManagedFields.
pub fn to_value(kind: Kind, managers: &[Manager]) -> Value {
    let mut sorted: Vec<&Manager> = managers.iter().collect();
    let seconds = |m: &Manager| m.time.map(SimTime::whole_seconds);
    collections::sort_by(&mut sorted, |a, b| {
        (operation(a), seconds(a), &a.name, &a.subresource).cmp(&(
            operation(b),
            seconds(b),
            &b.name,
            &b.subresource,
        ))
    });
    let entry = |manager: &Manager| {
        let mut tree = json!({
            "apiVersion": kind.info().api_version(),
            "fieldsType": "FieldsV1",
            "fieldsV1": manager.fields.to_value(),
            "manager": manager.name,
            "operation": operation(manager),
        });
        if !manager.subresource.is_empty() {
            tree["subresource"] = manager.subresource.as_str().into();
        }
        if let Some(time) = manager.time {
            tree["time"] = time.whole_seconds().rfc3339().into();
        }
        tree
    };
    sorted.into_iter().map(entry).collect()
}

fn from_value(entries: &Value) -> Vec<Manager> {
    let entry = |tree: &Value| Manager {
        name: read::str(tree, "manager").to_string(),
        applies: read::get(tree, "operation") == "Apply",
        subresource: read::str(tree, "subresource").to_string(),
        time: read::time(tree, "time"),
        fields: Set::from_value(read::get(tree, "fieldsV1")),
    };
    entries.as_array().map(|list| list.iter().map(entry).collect()).unwrap_or_default()
}

/// What is kept in the object of these managers: those whose share can't be told from it.
pub fn kept(kind: Kind, managers: &[Manager]) -> Option<Rc<Value>> {
    let is_kept = |m: &&Manager| m.subresource != "status" || m.applies;
    let managers: Vec<Manager> = managers.iter().filter(is_kept).cloned().collect();
    (!managers.is_empty()).then(|| Rc::new(to_value(kind, &managers)))
}

/// An empty object of the kind, as Go has it before anything is set.
fn nothing(kind: Kind) -> Value {
    let mut tree = zero(type_of(kind));
    if let Some(tree) = tree.as_object_mut() {
        tree.remove("status");
    }
    tree
}

fn without_status(tree: &Value) -> Value {
    let mut tree = tree.clone();
    if let Some(tree) = tree.as_object_mut() {
        tree.remove("status");
    }
    tree
}

/// Fields that nobody manages. Models stripmeta.go.
fn stripped() -> Set {
    let of_metadata = |name| Set::of(&["metadata", name]);
    [
        "name",
        "namespace",
        "creationTimestamp",
        "selfLink",
        "uid",
        "generation",
        "managedFields",
        "resourceVersion",
    ]
    .into_iter()
    .map(of_metadata)
    .chain(["apiVersion", "kind", "metadata"].into_iter().map(|name| Set::of(&[name])))
    .fold(Set::default(), |all, one| all.union(&one))
}

/// What the API server itself gives an object after the fields were shared out: admission, allocation, binding.
fn given_later(kind: Kind) -> Set {
    let names: &[&str] = match kind {
        Kind::Service => &["clusterIPs", "ipFamilies", "ipFamilyPolicy"],
        Kind::Pod => &[
            "nodeName",
            "serviceAccount",
            "serviceAccountName",
            "tolerations",
            "priority",
            "preemptionPolicy",
        ],
        Kind::Namespace => &["finalizers"],
        _ => &[],
    };
    names.iter().fold(Set::default(), |all, name| all.union(&Set::of(&["spec", name])))
}

/// Who writes its status.
fn status_writer(object: &Object) -> &'static str {
    match object.kind {
        Kind::Pod if is_unscheduled(object) => "kube-scheduler",
        Kind::Pod | Kind::Node => "kubelet",
        _ => "kube-controller-manager",
    }
}

/// Who makes objects of the kind that no user made.
fn maker(object: &Object) -> &'static str {
    match object.kind {
        Kind::Node => "kubelet",
        Kind::PersistentVolume => "local-path-provisioner",
        Kind::Namespace | Kind::Service => "kube-apiserver",
        Kind::StorageClass => "kubectl-client-side-apply",
        _ => "kube-controller-manager",
    }
}

/// Fields outside of the status that components write into others' objects: path, who, and by which subresource.
const WRITTEN_BY_COMPONENTS: &[(Kind, &[&str], &str, &str)] = &[
    (
        Kind::Deployment,
        &["metadata", "annotations", "deployment.kubernetes.io/revision"],
        "kube-controller-manager",
        "status",
    ),
    (
        Kind::PersistentVolumeClaim,
        &["metadata", "annotations", "volume.kubernetes.io/selected-node"],
        "kube-scheduler",
        "",
    ),
    (
        Kind::PersistentVolumeClaim,
        &["metadata", "annotations", "pv.kubernetes.io/bind-completed"],
        "kube-controller-manager",
        "",
    ),
    (
        Kind::PersistentVolumeClaim,
        &["metadata", "annotations", "pv.kubernetes.io/bound-by-controller"],
        "kube-controller-manager",
        "",
    ),
    (
        Kind::PersistentVolumeClaim,
        &["metadata", "annotations", "volume.beta.kubernetes.io/storage-provisioner"],
        "kube-controller-manager",
        "",
    ),
    (
        Kind::PersistentVolumeClaim,
        &["metadata", "annotations", "volume.kubernetes.io/storage-provisioner"],
        "kube-controller-manager",
        "",
    ),
    (Kind::PersistentVolumeClaim, &["spec", "volumeName"], "kube-controller-manager", ""),
    (Kind::Pod, &["metadata", "ownerReferences"], "kube-controller-manager", ""),
];

/// Everybody who manages fields of the object now.
pub fn of(object: &Object) -> Vec<Manager> {
    let kind = object.kind;
    let tree = object.to_value();
    let there = field_set::compare(kind, &Value::Object(Default::default()), &without_status(&tree)).added;
    let mut managers = object.meta.managed_fields.as_ref().map(|kept| from_value(kept)).unwrap_or_default();
    let created = Some(object.meta.creation_timestamp);
    let written = Some(object.meta.written.whole_seconds());
    if managers.is_empty() {
        let made =
            field_set::compare(kind, &nothing(kind), &before_admission(&without_status(&tree))).changed();
        let later = given_later(kind).union(&Set::of(&["metadata", "finalizers"]));
        let mut fields = made.without(&later).difference(&stripped());
        for (_, path, ..) in WRITTEN_BY_COMPONENTS.iter().filter(|(k, ..)| *k == kind && kind != Kind::Pod) {
            fields = fields.difference(&Set::of(path));
        }
        managers.push(Manager { time: created, fields, ..Manager::new(maker(object), false, "") });
    }
    for manager in &mut managers {
        manager.fields = manager.fields.intersection(&there);
    }
    let owned = managers.iter().fold(Set::default(), |all, m| all.union(&m.fields));
    for (_, path, name, subresource) in WRITTEN_BY_COMPONENTS.iter().filter(|(k, ..)| *k == kind) {
        let fields = below(&there, path).difference(&owned);
        give(&mut managers, Manager { time: written, fields, ..Manager::new(name, false, subresource) });
    }
    let fields = written_status(object, &tree).difference(&owned);
    give(
        &mut managers,
        Manager { time: written, fields, ..Manager::new(status_writer(object), false, "status") },
    );
    managers
}

/// A pod without the token that admission mounts into its containers; another tree as it is.
fn before_admission(tree: &Value) -> Value {
    let mut tree = tree.clone();
    let Some(spec) = tree.get_mut("spec").and_then(Value::as_object_mut) else { return tree };
    let drop_tokens = |holder: &mut serde_json::Map<String, Value>, field: &str| {
        let Some(list) = holder.get_mut(field).and_then(Value::as_array_mut) else { return };
        list.retain(|item| !item["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-")));
        if list.is_empty() {
            holder.remove(field);
        }
    };
    drop_tokens(spec, "volumes");
    for containers in ["containers", "initContainers"] {
        let list = spec.get_mut(containers).and_then(Value::as_array_mut);
        for container in list.into_iter().flatten().filter_map(Value::as_object_mut) {
            drop_tokens(container, "volumeMounts");
        }
    }
    tree
}

/// The part of a set at a path and below it.
fn below(set: &Set, path: &[&str]) -> Set {
    let whole = Set::of(path);
    set.difference(&set.without(&whole))
}

/// Adds a manager's fields to what it has.
fn give(managers: &mut Vec<Manager>, new: Manager) {
    if new.fields.is_empty() {
        return;
    }
    match managers.iter_mut().find(|m| m.is(&new)) {
        Some(known) => {
            known.fields = known.fields.union(&new.fields);
            known.time = new.time;
        }
        None => managers.push(new),
    }
}

fn only_status(tree: &Value) -> Value {
    json!({"status": tree.get("status").cloned().unwrap_or_default()})
}

fn is_unscheduled(object: &Object) -> bool {
    matches!(&object.body, Body::Pod(pod) if pod.spec.node_name.is_none())
}

/// The fields of the status that its writer has written.
fn written_status(object: &Object, tree: &Value) -> Set {
    if tree.get("status").is_none() {
        return Set::default();
    }
    let kind = object.kind;
    let before = only_status(&zero(type_of(kind)));
    let written = field_set::compare(kind, &before, &only_status(tree)).changed();
    match kind {
        Kind::Pod => {
            // A new pod is Pending already, and it is the binding that says it was scheduled.
            let mut given = json!({"f:status": {"f:qosClass": {}}});
            if tree["status"]["phase"] == "Pending" {
                given["f:status"]["f:phase"] = json!({});
            }
            if !is_unscheduled(object) {
                given["f:status"]["f:conditions"] = json!({"k:{\"type\":\"PodScheduled\"}": {}});
            }
            let written = written.without(&Set::from_value(&given));
            let started = is_unscheduled(object) || object.pod().status.start_time.is_some();
            if started { written } else { Set::default() }
        }
        Kind::Namespace | Kind::Event => Set::default(),
        _ => written,
    }
}

/// An apply that was refused, or what it made of the object.
pub enum Applied {
    /// The object as it is to be, and who manages what.
    Done(Value, Vec<Manager>),
    /// Others manage these fields; the API server's words.
    Conflict(String),
    /// The configuration can't be read; the API server's words.
    Unreadable(String),
}

/// Who is asking for what.
#[derive(Clone, Copy)]
pub struct Asker<'a> {
    /// The field manager.
    pub name: &'a str,
    /// The subresource; empty if none.
    pub subresource: &'a str,
    /// When.
    pub now: SimTime,
}

/// Shares out the fields of an object that was created or updated. `before` is `None` for a new one.
/// Models structured-merge-diff's Updater.Update, managedfieldsupdater.go, stripmeta.go and capmanagers.go.
pub fn update(
    kind: Kind,
    before: Option<&Value>,
    after: &Value,
    sent: &Value,
    managers: Vec<Manager>,
    who: Asker,
) -> Vec<Manager> {
    let difference = match before {
        Some(before) => field_set::compare(kind, &without_status(before), &without_status(after)),
        None => field_set::compare(kind, &nothing(kind), &without_status(after)),
    };
    let mut managers = share_out(managers, &difference);
    // What the API server gives an object by itself is nobody's, unless it was asked for.
    let later = match before {
        Some(_) => Set::default(),
        None => given_later(kind).difference(&named(sent)),
    };
    let taken = difference.changed().without(&later).difference(&stripped());
    if !taken.is_empty() {
        let time = Some(who.now.whole_seconds());
        give(
            &mut managers,
            Manager { time, fields: taken, ..Manager::new(who.name, false, who.subresource) },
        );
    }
    cap(managers)
}

/// The fields of `spec` that a tree names.
fn named(sent: &Value) -> Set {
    let spec = sent.get("spec").and_then(Value::as_object);
    let names = spec.into_iter().flat_map(|spec| spec.keys());
    names.fold(Set::default(), |all, name| all.union(&Set::of(&["spec", name])))
}

/// Takes from the managers what has changed and what is gone.
fn share_out(mut managers: Vec<Manager>, difference: &field_set::Comparison) -> Vec<Manager> {
    let gone = difference.changed().union(&difference.removed);
    for manager in &mut managers {
        manager.fields = manager.fields.difference(&gone);
    }
    managers.retain(|m| !m.fields.is_empty());
    managers
}

/// Models capmanagers.go: the oldest updates become one.
fn cap(mut managers: Vec<Manager>) -> Vec<Manager> {
    const ANCIENT: &str = "ancient-changes";
    while managers.iter().filter(|m| !m.applies).count() > MOST_UPDATERS {
        collections::sort_by(&mut managers, |a, b| {
            (a.applies, a.time, &a.name).cmp(&(b.applies, b.time, &b.name))
        });
        let oldest = managers.remove(0);
        let Some(next) = managers.first_mut() else { break };
        next.fields = next.fields.union(&oldest.fields);
        next.name = ANCIENT.to_owned();
        next.subresource = String::new();
    }
    managers
}

/// Server-side apply. `live` is `None` if there is no such object.
/// Models structured-merge-diff's Updater.Apply and the managers around it.
pub fn apply(
    kind: Kind,
    live: Option<&Value>,
    config: &Value,
    managers: Vec<Manager>,
    who: Asker,
    force: bool,
) -> Applied {
    let errors = field_set::check(kind, config);
    if !errors.is_empty() {
        let text = |field| read::str(&config["metadata"], field);
        let text = match &errors[..] {
            [error] => format!("{}/{}; {}: {error}", text("namespace"), text("name"), gvk(kind)),
            errors => {
                let lines: String = errors.iter().map(|e| format!("\n  {e}")).collect();
                format!("{}/{}; {}: errors:{lines}", text("namespace"), text("name"), gvk(kind))
            }
        };
        let (object, why) = text.split_once(": ").unwrap_or((&text, ""));
        return Applied::Unreadable(format!("failed to create typed patch object ({object}): {why}"));
    }
    let base = live.cloned().unwrap_or_else(|| nothing(kind));
    let mut me = Manager::new(who.name, true, who.subresource);
    let last = managers.iter().find(|m| m.is(&me)).map(|m| (m.fields.clone(), m.time));
    let status = Set::of(&["status"]);
    me.fields = field_set::fields_of(kind, config).without(&status);
    let mut others = managers;
    others.retain(|m| !m.is(&me));
    let mut merged = field_set::merge(kind, &base, config);
    if let Some((last, _)) = last.as_ref().filter(|(last, _)| !last.is_empty()) {
        let managed = others.iter().fold(me.fields.clone(), |all, m| all.union(&m.fields));
        merged = field_set::prune(kind, &merged, last, &managed);
    }
    let difference = field_set::compare(kind, &without_status(&base), &without_status(&merged));
    let changed = difference.changed();
    let mut conflicts: Vec<(&Manager, Vec<String>)> = Vec::new();
    let by_kubectl = who.name == "kubectl";
    let allowed = if by_kubectl { live.map(|live| own_by_last_applied(kind, live)) } else { None };
    let mut forced = force;
    if !force {
        let mut clash = Set::default();
        for other in &others {
            let fields = other.fields.intersection(&changed);
            if !fields.is_empty() {
                clash = clash.union(&fields);
                let left = fields.difference(allowed.as_ref().unwrap_or(&Set::default()));
                conflicts.push((other, left.paths()));
            }
        }
        forced = conflicts.iter().all(|(_, paths)| paths.is_empty());
    }
    if !forced {
        conflicts.retain(|(_, paths)| !paths.is_empty());
        return Applied::Conflict(conflict_message(kind, &mut conflicts));
    }
    let mut managers = share_out(others, &difference);
    let unchanged = live.is_some_and(|live| without_status(live) == without_status(&merged));
    me.time = match (unchanged, last) {
        (false, _) => Some(who.now.whole_seconds()),
        (true, Some((_, time))) => time,
        (true, None) => None,
    };
    me.fields = me.fields.difference(&stripped());
    if !me.fields.is_empty() {
        managers.push(me);
    }
    // Models lastappliedupdater.go.
    let annotation = merged.pointer_mut("/metadata/annotations").and_then(|all| all.get_mut(LAST_APPLIED));
    if let Some(annotation) = annotation
        && by_kubectl
    {
        *annotation = format!("{}\n", without_last_applied(config)).into();
    }
    Applied::Done(merged, managers)
}

/// `apps/v1, Kind=StatefulSet`
fn gvk(kind: Kind) -> String {
    let info = kind.info();
    let slash = if info.group.is_empty() { "/" } else { "" };
    format!("{slash}{}, Kind={}", info.api_version(), info.name)
}

fn without_last_applied(tree: &Value) -> Value {
    let mut tree = tree.clone();
    if let Some(annotations) = tree.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
        annotations.remove(LAST_APPLIED);
    }
    tree
}

/// The fields that client-side apply had put there and that are as it had put them. Models lastappliedmanager.go.
fn own_by_last_applied(kind: Kind, live: &Value) -> Set {
    let text = live["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap_or_default();
    let Ok(applied) = serde_json::from_str::<Value>(text) else { return Set::default() };
    if applied["apiVersion"] != *kind.info().api_version() {
        return Set::default();
    }
    let difference = field_set::compare(kind, &applied, live);
    field_set::fields_of(kind, &applied).difference(&difference.changed().union(&difference.removed))
}

/// Models conflict.go: getConflictMessage.
fn conflict_message(kind: Kind, conflicts: &mut [(&Manager, Vec<String>)]) -> String {
    let version = kind.info().api_version();
    let shown = |manager: &Manager| {
        let mut text = format!("{:?}", manager.name);
        if !manager.subresource.is_empty() {
            text += &format!(" with subresource {:?}", manager.subresource);
        }
        if !manager.applies {
            text += &format!(" using {version}");
        }
        text
    };
    let count: usize = conflicts.iter().map(|(_, paths)| paths.len()).sum();
    if let ([(manager, paths)], 1) = (&*conflicts, count) {
        return format!("Apply failed with 1 conflict: conflict with {}: {}", shown(manager), paths[0]);
    }
    collections::sort_by_key(conflicts, |(manager, _)| (manager.name.clone(), operation(manager)));
    let mut lines = Vec::new();
    for (manager, paths) in &*conflicts {
        lines.push(format!("conflicts with {}:", shown(manager)));
        lines.extend(paths.iter().map(|path| format!("- {path}")));
    }
    format!("Apply failed with {count} conflicts: {}", lines.join("\n"))
}

fn last_applied_field() -> Set {
    Set::of(&["metadata", "annotations", LAST_APPLIED])
}

/// Whether somebody who applies on the server keeps kubectl's annotation.
pub fn annotation_is_applied(managers: &[Manager]) -> bool {
    managers.iter().any(|m| m.applies && last_applied_field().difference(&m.fields).is_empty())
}

/// Gives what client-side apply manages to the server-side applier. Returns whether there was any.
/// Models `k8s.io/client-go/util/csaupgrade`.
pub fn upgrade(managers: &mut Vec<Manager>, applier: &str) -> bool {
    let owns = |m: &Manager| !m.applies && last_applied_field().difference(&m.fields).is_empty();
    let names: Vec<String> = managers.iter().filter(|m| owns(m)).map(|m| m.name.clone()).collect();
    for name in &names {
        let is_old = |m: &Manager| m.name == *name && !m.applies && m.subresource.is_empty();
        let Some(at) = managers.iter().position(is_old) else { continue };
        let old = managers.remove(at);
        match managers.iter_mut().find(|m| m.applies && m.name == applier && m.subresource.is_empty()) {
            Some(known) => known.fields = known.fields.union(&old.fields),
            None => managers.push(Manager {
                time: old.time,
                fields: old.fields,
                ..Manager::new(applier, true, "")
            }),
        }
    }
    !names.is_empty()
}
