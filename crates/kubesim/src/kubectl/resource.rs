//! Which objects a command is about: `pods`, `pod flask-0 flask-1`, `pod/flask-0 sts/flask`, `sts,svc`, `all`, `-l app=x`.
//!
//! Models `k8s.io/cli-runtime/pkg/resource/builder.go`.

use super::selector::{FieldSelector, parse_fields, parse_labels};
use super::{Failure, Invocation, act::documents::Document, component_status};
use crate::api::service::SERVICE_NAME_LABEL;
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Key, Kind, LabelSelector, Object};
use crate::apiserver::Store;
use crate::controllers::endpoint_slice::endpoints;
use std::rc::Rc;

/// What has a scale.
pub const SCALABLE: [Kind; 4] =
    [Kind::StatefulSet, Kind::Deployment, Kind::ReplicaSet, Kind::ReplicationController];

/// What a user asked for, before anything is looked up.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Query {
    /// The arguments.
    pub args: Vec<String>,
    /// The namespace; `None` for all.
    pub namespace: Option<String>,
    /// The label selector, as written.
    pub labels: Option<String>,
    /// The field selector, as written.
    pub fields: Option<String>,
    /// A kind alone means all its objects: as for `get` and `describe`, or because of `--all`.
    pub select_all: bool,
    /// `--all` is a selector like any: names beside it are a mistake (`SelectAllParam`).
    pub every: bool,
    /// The objects in the manifests of `-f`, if there are any: nothing else is asked for then.
    pub in_manifests: Option<Vec<Key>>,
    /// What could not be read in the manifests: it keeps the rest from nothing, and is said afterwards.
    pub unread: Vec<Failure>,
}

/// What a [`Query`] means.
#[derive(Clone, PartialEq, Debug)]
pub enum Targets {
    /// Objects by name.
    Named(Vec<Key>),
    /// All objects of some kinds that a selector lets through.
    Selected(Vec<Selection>),
}

/// All objects of a kind that a selector lets through.
#[derive(Clone, PartialEq, Debug)]
pub struct Selection {
    /// The kind that the resource's name, plural or short name stands for.
    pub kind: Kind,
    /// The namespace; `None` for all.
    pub namespace: Option<String>,
    /// By labels.
    pub labels: LabelSelector,
    /// By fields.
    pub fields: FieldSelector,
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The objects, in the order in which they were asked for.
    pub objects: Vec<Rc<Object>>,
    /// What was not found.
    pub failures: Vec<Failure>,
    /// Whether the user named exactly one object, so that it isn't printed as a list.
    pub single: bool,
}

impl Found {
    /// Drops what was named in a manifest but is not let through by `-l`.
    pub fn keep_selected(&mut self, inv: &Invocation) -> Result<(), Failure> {
        if inv.has("filename") {
            let lets = |object: &Rc<Object>| inv.selects(object);
            let kept: Result<Vec<bool>, Failure> = self.objects.iter().map(lets).collect();
            let mut kept = kept?.into_iter();
            self.objects.retain(|_| kept.next() == Some(true));
        }
        Ok(())
    }
}

/// The order of `kubectl get all`.
const ALL: &str = "pods,replicationcontrollers,services,daemonsets.apps,deployments.apps,replicasets.apps,\
    statefulsets.apps,horizontalpodautoscalers.autoscaling,cronjobs.batch,jobs.batch";

/// Nothing says what is asked for.
pub(super) const MISSING: &str = "You must provide one or more resources by argument or filename.\nExample resource specifications \
    include:\n   '-f rsrc.yaml'\n   '--filename=rsrc.json'\n   '<resource> <name>'\n   '<resource>'";

impl Query {
    /// The query of a command line, by its arguments and its flags `-n`, `-A`, `-l` and `--field-selector`; a kind alone
    /// means all its objects if the command has `-l`, `--all`, or is one that lists.
    pub fn of(inv: &Invocation, args: &[String]) -> Query {
        let text = |flag| Some(inv.text(flag).trim().to_string()).filter(|s| !s.is_empty());
        Query {
            args: args.to_vec(),
            namespace: (!inv.is("all-namespaces")).then(|| inv.namespace().to_string()),
            labels: text("selector"),
            fields: text("field-selector"),
            select_all: inv.is("all"),
            every: false,
            in_manifests: None,
            unread: Vec::new(),
        }
    }

    /// As of `delete` and `taint`, for which `--all` is a selector.
    pub fn of_every(inv: &Invocation, args: &[String]) -> Query {
        Query { every: inv.is("all"), ..Query::of(inv, args) }
    }

    /// The objects in these documents, which are those of `-f`. Errors: there are arguments beside `-f`.
    pub fn of_documents(
        inv: &Invocation,
        (documents, failures): (Vec<Document>, Vec<Failure>),
    ) -> Result<Query, Failure> {
        inv.only_paths(&inv.args)?;
        let keys = documents.iter().map(Document::key).collect();
        Ok(Query { labels: None, in_manifests: Some(keys), unread: failures, ..Query::of(inv, &[]) })
    }

    /// Whether neither an argument nor a manifest says what is asked for.
    pub fn names_nothing(&self) -> bool {
        self.args.is_empty() && self.in_manifests.is_none()
    }

    /// A kind alone means all its objects.
    pub fn listing(self) -> Query {
        Query { select_all: true, ..self }
    }

    /// What it means. Errors: a kind that isn't there, arguments that don't go together, a bad selector.
    pub fn targets(&self) -> Result<Targets, Failure> {
        if let Some(keys) = &self.in_manifests {
            return Ok(Targets::Named(keys.clone()));
        }
        let args = several_kinds_with_names(&self.args);
        let slashes = args.iter().filter(|a| a.contains('/')).count();
        if slashes > 0 && slashes < args.len() {
            return Err(Failure::client(
                "there is no need to specify a resource type as a separate argument when passing arguments in \
                 resource/name form (e.g. 'kubectl get resource/<resource_name>' instead of 'kubectl get resource \
                 resource/<resource_name>'",
            ));
        }
        let mut tuples = Vec::new();
        if slashes > 0 {
            for arg in &args {
                tuples.push(kind_and_name(arg)?);
            }
        }
        let selects = self.labels.is_some() || self.fields.is_some() || self.every;
        let (first, names) = match args.split_first() {
            Some((first, names)) if tuples.is_empty() => (first.as_str(), names),
            _ => ("", &[][..]),
        };
        if selects || (self.select_all && names.is_empty() && tuples.is_empty()) {
            return self.selections(first, !names.is_empty(), !tuples.is_empty());
        }
        if !tuples.is_empty() {
            let keys = tuples.iter().map(|(kind, name)| self.key(*kind, name)).collect::<Result<_, _>>()?;
            return Ok(Targets::Named(keys));
        }
        if first.is_empty() {
            return Err(Failure::client(MISSING));
        }
        let kinds = kinds(first)?;
        if names.is_empty() {
            return Err(Failure::client("resource(s) were provided, but no name was specified"));
        }
        let [kind] = kinds[..] else { return Err(Failure::client("you must specify only one resource")) };
        Ok(Targets::Named(names.iter().map(|name| self.key(kind, name)).collect::<Result<_, _>>()?))
    }

    fn selections(&self, first: &str, names: bool, tuples: bool) -> Result<Targets, Failure> {
        if names {
            return Err(Failure::client("name cannot be provided when a selector is specified"));
        }
        if tuples {
            return Err(Failure::client(
                "selectors and the all flag cannot be used when passing resource/name arguments",
            ));
        }
        if first.is_empty() {
            let with_selector = "at least one resource must be specified to use a selector";
            return Err(Failure::client(if self.labels.is_some() || self.fields.is_some() || self.every {
                with_selector
            } else {
                MISSING
            }));
        }
        let (labels_text, fields_text) =
            (self.labels.as_deref().unwrap_or_default(), self.fields.as_deref().unwrap_or_default());
        let mut selections = Vec::new();
        for kind in kinds(first)? {
            let refused = |why: String| bad_selector(kind, labels_text, fields_text, &why);
            selections.push(Selection {
                kind,
                namespace: self.namespace.clone().filter(|_| kind.info().namespaced),
                labels: parse_labels(labels_text).map_err(refused)?,
                fields: parse_fields(fields_text, kind).map_err(refused)?,
            });
        }
        Ok(Targets::Selected(selections))
    }

    /// The key of a named object.
    fn key(&self, kind: Kind, name: &str) -> Result<Key, Failure> {
        if !kind.info().namespaced {
            return Ok(Key::cluster(kind, name));
        }
        match &self.namespace {
            Some(namespace) => Ok(Key::new(kind, namespace, name)),
            None => Err(Failure::client("a resource cannot be retrieved by name across all namespaces")),
        }
    }

    /// Looks it up. Errors: those of [`Query::targets`]; what is not found is among [`Found::failures`].
    pub fn find(&self, store: &Store) -> Result<Found, Failure> {
        Ok(self.targets()?.find(store))
    }

    /// Looks it up and refuses if anything is missing.
    pub fn find_all(&self, store: &Store) -> Result<Vec<Rc<Object>>, Failure> {
        let found = self.find(store)?;
        Failure::all(found.failures)?;
        Ok(found.objects)
    }
}

impl Targets {
    /// Looks them up.
    pub fn find(&self, store: &Store) -> Found {
        let mut found = Found::default();
        match self {
            Targets::Named(keys) => {
                found.single = keys.len() == 1;
                for key in keys {
                    match get(store, key) {
                        Some(object) => found.objects.push(object),
                        None => found.failures.push(ApiError::not_found(key).into()),
                    }
                }
            }
            Targets::Selected(selections) => {
                found.objects = selections.iter().flat_map(|s| s.find(store)).collect();
            }
        }
        found
    }

    /// All kinds that are named, each once, sorted.
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds: Vec<Kind> = match self {
            Targets::Named(keys) => keys.iter().map(|key| key.kind).collect(),
            Targets::Selected(selections) => selections.iter().map(|s| s.kind).collect(),
        };
        collections::sort(&mut kinds);
        kinds.dedup();
        kinds
    }

    /// Whether an object is among them.
    pub fn contain(&self, object: &Object) -> bool {
        match self {
            Targets::Named(keys) => keys.contains(&object.key()),
            Targets::Selected(selections) => selections.iter().any(|s| s.matches(object)),
        }
    }
}

impl Selection {
    /// All objects of a kind, in a namespace or in all.
    pub fn all(kind: Kind, namespace: Option<&str>) -> Selection {
        let namespace = namespace.filter(|_| kind.info().namespaced).map(String::from);
        Selection { kind, namespace, labels: LabelSelector::default(), fields: FieldSelector::default() }
    }

    /// Whether an object is among them.
    pub fn matches(&self, object: &Object) -> bool {
        object.kind == self.kind
            && self.namespace.as_ref().is_none_or(|n| **n == *object.meta.namespace)
            && self.labels.matches(&object.meta.labels)
            && self.fields.matches(object)
    }

    /// The objects.
    pub fn find(&self, store: &Store) -> Vec<Rc<Object>> {
        list(store, self.kind).into_iter().filter(|o| self.matches(o)).collect()
    }
}

/// All objects of a kind in the order in which the API gives them out: by namespace and name. Endpoints are derived from
/// EndpointSlices. Events are named after their object and the time at which they were first said; here their names hold
/// no time, but they know their place.
pub fn list(store: &Store, kind: Kind) -> Vec<Rc<Object>> {
    if kind == Kind::Endpoints {
        return store.list(Kind::Namespace).flat_map(|n| endpoints(store, &n.meta.name)).collect();
    }
    let mut objects: Vec<Rc<Object>> = store.list(kind).cloned().collect();
    if kind == Kind::Event {
        collections::sort_by_cached_key(&mut objects, |o| {
            let event = o.event();
            (o.meta.namespace.clone(), format!("{}.", event.involved.name), event.sequence)
        });
    }
    objects
}

/// An object as the API gives it out.
pub fn get(store: &Store, key: &Key) -> Option<Rc<Object>> {
    match key.kind {
        Kind::Endpoints => endpoints(store, &key.namespace).into_iter().find(|o| o.meta.name == key.name),
        _ => store.get(key).cloned(),
    }
}

/// The EndpointSlices of a Service.
pub fn slices_of<'a>(store: &'a Store, service: &Object) -> Vec<&'a Rc<Object>> {
    let name = &*service.meta.name;
    let slices = store.list_in(Kind::EndpointSlice, &service.meta.namespace);
    slices.filter(|s| s.meta.label(SERVICE_NAME_LABEL) == Some(name)).collect()
}

/// The kinds that a word such as `sts,svc` or `all` names. Errors: there is no such kind.
pub fn kinds(word: &str) -> Result<Vec<Kind>, Failure> {
    let mut kinds = Vec::new();
    for word in word.split(',') {
        for word in if word == "all" { ALL } else { word }.split(',') {
            let kind = kind(word)?;
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
    }
    Ok(kinds)
}

/// `hpa.autoscal`: a group's name need only begin so. Models `k8s.io/apimachinery/pkg/api/meta/restmapper.go: ResourcesFor`.
fn of_group_prefix(word: &str) -> Option<Kind> {
    let (name, group) = word.split_once('.').filter(|(_, group)| !group.is_empty())?;
    Kind::of_resource(name).filter(|kind| kind.info().group.starts_with(group))
}

/// The kind that a word names. Errors: there is none.
pub fn kind(word: &str) -> Result<Kind, Failure> {
    Kind::of_resource(word).or_else(|| of_group_prefix(word)).ok_or_else(|| {
        if component_status::is_meant(word) {
            return component_status::not_allowed();
        }
        let resource = word.split('.').next().unwrap_or_default();
        Failure::client(format!("the server doesn't have a resource type {resource:?}"))
    })
}

/// The kind and the name in `pod/flask-0`. Errors: not of that form, or no such kind.
pub fn kind_and_name(arg: &str) -> Result<(Kind, String), Failure> {
    match arg.split('/').collect::<Vec<_>>()[..] {
        [k, name] if !k.is_empty() && !name.is_empty() && !k.contains(',') => {
            Ok((kind(k)?, name.to_string()))
        }
        [_, _] => {
            Err(Failure::client("arguments in resource/name form must have a single resource and name"))
        }
        _ => Err(Failure::client("arguments in resource/name form may not have more than one slash")),
    }
}

/// `sts,svc flask` means `sts/flask svc/flask`.
fn several_kinds_with_names(args: &[String]) -> Vec<String> {
    match args.split_first() {
        Some((kinds, names)) if !names.is_empty() && kinds.contains(',') => {
            kinds.split(',').flat_map(|k| names.iter().map(move |n| format!("{k}/{n}"))).collect()
        }
        _ => args.to_vec(),
    }
}

fn bad_selector(kind: Kind, labels: &str, fields: &str, why: &str) -> Failure {
    let info = kind.info();
    let message = format!(
        "Unable to find \"{}/{}, Resource={}\" that match label selector {labels:?}, field selector {fields:?}: {why}",
        info.group, info.version, info.plural
    );
    ApiError::new(StatusReason::BadRequest, message).into()
}
