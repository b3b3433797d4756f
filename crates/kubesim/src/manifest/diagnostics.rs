//! What an editor shows beside a manifest while it is written: kubectl's and the API server's mistakes at their places,
//! what is valid but not simulated, and which objects were found.
//!
//! Pure, and quick enough for every keystroke. What depends on the cluster (a namespace that is missing, a field that can't
//! be changed any more) shows when the manifest is applied.

use serde_json::Value;
use yaml::{Document, Span};

use super::input::{self, InputObject, InputOptions};
use crate::api::Kind;
use crate::api::image::misspelled;
use crate::apiserver::strategy;
use crate::config::{FeatureGates, MOST_REPLICAS, too_many_claims, too_many_replicas};
use crate::schema::decode::decode;
use crate::schema::defaults::default;
use crate::schema::types::{Shape, TypeRef, type_of};
use crate::validation::warnings;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The object would be refused.
    Error,
    /// The API server would warn.
    Warning,
    /// Valid, but the API server drops it without a word: its feature gate is off.
    Dropped,
    /// Valid Kubernetes that the simulation does not heed.
    NotSimulated,
}

/// One mark in the editor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Which part of the text it is about.
    pub span: Span,
    /// How bad it is.
    pub severity: Severity,
    /// In kubectl's or the API server's words, where it is theirs.
    pub message: String,
}

/// An object that a manifest holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// E.g. `StatefulSet`.
    pub kind: &'static str,
    /// Its name; empty if it has none.
    pub name: String,
    /// Its namespace; empty if its kind has none.
    pub namespace: String,
    /// The line on which it begins, from 1.
    pub line: u32,
}

/// What is to be said about a manifest.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// In the order of the text.
    pub objects: Vec<Found>,
    /// How many of them hold what only a cluster writes: they were read from one.
    pub from_cluster: usize,
}

/// Looks at a manifest.
pub fn diagnose(text: &str, gates: FeatureGates) -> Diagnosis {
    diagnose_source(text, InputOptions::default().source, gates)
}

/// The same, of a text that errors call so: by a file's name, where `diagnose` has `STDIN`.
pub fn diagnose_source(text: &str, source: &str, gates: FeatureGates) -> Diagnosis {
    let input = input::objects(text, InputOptions { source, ..InputOptions::default() });
    let mut diagnosis = Diagnosis::default();
    for error in &input.errors {
        diagnosis.add(error.span, Severity::Error, error.message.clone());
    }
    for document in &input.documents {
        for (key, span, line) in document.repeated_keys() {
            let message =
                ["the key \"", key, "\" comes again on line ", &line.to_string(), ": the last one counts"];
            diagnosis.add(span, Severity::Warning, message.concat());
        }
    }
    for object in &input.objects {
        let document = &input.documents[object.document];
        let place = ObjectInDocument { document, object };
        diagnosis.objects.push(Found {
            kind: object.kind.name(),
            name: object.name().to_owned(),
            namespace: object.namespace().to_owned(),
            line: object.line(&input.documents),
        });
        diagnosis.check(&place, gates);
        diagnosis.note_state(&place);
        diagnosis.note_images(&place);
        if object.kind.is_simulated() {
            diagnosis.note_fields(&place, type_of(object.kind), &object.value, &mut String::new());
        } else {
            let message = format!("{} objects are stored, but not simulated", object.kind.name());
            diagnosis.add(place.value("kind"), Severity::NotSimulated, message);
        }
    }
    collections::sort_by_key(&mut diagnosis.diagnostics, |diagnostic| (diagnostic.span, diagnostic.severity));
    diagnosis
}

/// An object in its document.
struct ObjectInDocument<'a> {
    document: &'a Document,
    object: &'a InputObject,
}

impl ObjectInDocument<'_> {
    fn path(&self, path: &str) -> String {
        if self.object.path.is_empty() { path.to_owned() } else { format!("{}.{path}", self.object.path) }
    }

    fn value(&self, path: &str) -> Span {
        self.document.locate(&self.path(path))
    }

    fn key(&self, path: &str) -> Span {
        self.document.locate_key(&self.path(path))
    }

    /// Where a field stands that the API server names; its paths are not always the manifest's.
    fn named_by_server(&self, path: &str) -> Span {
        let mut path = path.replace(".template.labels", ".template.metadata.labels");
        path = path.replace(".template.annotations", ".template.metadata.annotations");
        path = path.replace(".resources[storage]", ".resources.requests[storage]");
        // In a StatefulSet, claim templates are counted as the first volumes.
        const VOLUMES: &str = "spec.template.spec.volumes[";
        let claims = self.object.value["spec"]["volumeClaimTemplates"].as_array().map_or(0, Vec::len);
        if let (Kind::StatefulSet, Some(rest)) = (self.object.kind, path.strip_prefix(VOLUMES))
            && let Some((place, rest)) = rest.split_once(']')
            && let Ok(place) = place.parse::<usize>()
        {
            path = match place.checked_sub(claims) {
                Some(place) => format!("{VOLUMES}{place}]{rest}"),
                None => format!("spec.volumeClaimTemplates[{place}].metadata.name"),
            };
        }
        self.value(&path)
    }
}

impl Diagnosis {
    fn add(&mut self, span: Span, severity: Severity, message: String) {
        self.diagnostics.push(Diagnostic { span, severity, message });
    }

    fn check(&mut self, place: &ObjectInDocument, gates: FeatureGates) {
        let kind = place.object.kind;
        if place.object.name().is_empty() && place.object.value["metadata"]["generateName"].is_null() {
            self.add(
                place.value("metadata.name"),
                Severity::Error,
                "resource name may not be empty".to_owned(),
            );
            return;
        }
        let decoded = decode(kind, &place.object.value);
        if let Some(error) = &decoded.error {
            self.add(place.value(&error.path), Severity::Error, error.message.clone());
        }
        for error in &decoded.unknown {
            self.add(place.key(&error.path), Severity::Error, error.message.clone());
        }
        if decoded.error.is_some() || !decoded.unknown.is_empty() {
            return;
        }
        let mut value = decoded.value;
        let makes_pods = matches!(kind, Kind::StatefulSet | Kind::Deployment | Kind::ReplicaSet);
        if let Some(replicas) = value["spec"]["replicas"].as_i64()
            && makes_pods
            && replicas > i64::from(MOST_REPLICAS)
        {
            let message = too_many_replicas(replicas, MOST_REPLICAS);
            self.add(place.value("spec.replicas"), Severity::Error, message);
        } else if let (Kind::StatefulSet, Some(replicas)) = (kind, value["spec"]["replicas"].as_i64()) {
            let templates = value["spec"]["volumeClaimTemplates"].as_array().map_or(0, Vec::len);
            if let Some(message) = too_many_claims(replicas, templates) {
                self.add(place.key("spec.volumeClaimTemplates"), Severity::Error, message);
            }
        }
        if kind == Kind::StatefulSet
            && !gates.max_unavailable_stateful_set
            && !value["spec"]["updateStrategy"]["rollingUpdate"]["maxUnavailable"].is_null()
        {
            let path = "spec.updateStrategy.rollingUpdate.maxUnavailable";
            let why =
                " needs the feature gate MaxUnavailableStatefulSet, off in 1.36: the API server drops it";
            self.add(place.key(path), Severity::Dropped, [path, why].concat());
        }
        default(kind, &mut value, gates);
        let errors = strategy::before_create(kind, &mut value, gates);
        for error in &errors {
            self.add(place.named_by_server(&error.field), Severity::Error, error.to_string());
        }
        if errors.is_empty() {
            for warning in warnings(kind, &value, None) {
                let path = warning.split_once(": ").map_or("", |(path, _)| path);
                self.add(place.named_by_server(path), Severity::Warning, warning.clone());
            }
        }
    }

    /// Marks an object that was read from a cluster, by what only a cluster writes.
    fn note_state(&mut self, place: &ObjectInDocument) {
        let value = &place.object.value;
        let metadata = &value["metadata"];
        let is_text = |field: &str| metadata[field].as_str().is_some_and(|text| !text.is_empty());
        let field = if is_text("uid") {
            "metadata.uid"
        } else if !is_blank(&metadata["managedFields"]) {
            "metadata.managedFields"
        } else if is_text("resourceVersion") {
            "metadata.resourceVersion"
        } else if !is_blank(&value["status"]) && value["kind"] != "Node" {
            // What a node has is said nowhere but in its status: whoever makes one by hand writes that.
            "status"
        } else {
            return;
        };
        self.from_cluster += 1;
        let why = if is_blank(&metadata["ownerReferences"]) {
            ": this is the state of a cluster, not a manifest"
        } else {
            ": this is the state of a cluster; its owner makes it, and no manifest should"
        };
        self.add(place.key(field), Severity::Warning, [field, why].concat());
    }

    /// Asks about images whose names are one letter from well-known ones.
    fn note_images(&mut self, place: &ObjectInDocument) {
        let template = match place.object.kind {
            Kind::Pod => "spec",
            Kind::CronJob => "spec.jobTemplate.spec.template.spec",
            kind if kind.is_simulated() => "spec.template.spec",
            _ => return,
        };
        let spec = template.split('.').fold(&place.object.value, |value, field| &value[field]);
        for list in ["initContainers", "containers"] {
            for (n, container) in spec[list].as_array().into_iter().flatten().enumerate() {
                let Some(image) = container["image"].as_str() else { continue };
                if let Some(meant) = misspelled(image) {
                    let path = [template, ".", list, "[", &n.to_string(), "].image"].concat();
                    let asked = ["is ", image, " right, or did you mean ", meant, "?"].concat();
                    self.add(place.value(&path), Severity::Warning, asked);
                }
            }
        }
    }

    /// Marks the fields that the simulation does not heed.
    fn note_fields(&mut self, place: &ObjectInDocument, type_ref: TypeRef, value: &Value, path: &mut String) {
        let length = path.len();
        match (type_ref.shape(), value) {
            (Shape::List(item), Value::Array(items)) if item.shape() == Shape::Struct => {
                for (index, value) in items.iter().enumerate() {
                    path.push_str(&format!("[{index}]"));
                    self.note_fields(place, item, value, path);
                    path.truncate(length);
                }
            }
            (Shape::Struct, Value::Object(map)) => {
                for (key, value) in map {
                    let Some(field) = type_ref.field(key) else { continue };
                    if length > 0 {
                        path.push('.');
                    }
                    path.push_str(key);
                    if type_ref.simulates(key) {
                        self.note_fields(place, field.type_ref, value, path);
                    } else if !value.is_null() {
                        let message = format!("{path} is valid, but not simulated");
                        self.add(place.key(path), Severity::NotSimulated, message);
                    }
                    path.truncate(length);
                }
            }
            _ => {}
        }
    }
}

/// Whether nothing is in a value, however deep: as in the `status` that `kubectl create --dry-run` prints.
fn is_blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Object(map) => map.values().all(is_blank),
        Value::Array(list) => list.iter().all(is_blank),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}
