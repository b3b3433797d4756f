//! A manifest's text → the objects that kubectl would send, and what kubectl itself refuses.
//!
//! Models k8s.io/cli-runtime `pkg/resource/{builder,visitor,mapper,metadata_decoder}.go` and kubectl's
//! `pkg/validation/schema.go`: everything that happens before a request is made.

use serde_json::Value;
use yaml::{Document, Span};

use crate::api::Kind;
use crate::schema::decode::metadata_error;

/// An object of a manifest, as kubectl would send it.
#[derive(Clone, Debug)]
pub struct InputObject {
    pub kind: Kind,
    /// The object, with the namespace filled in if its kind has one.
    pub value: Value,
    /// Which document of the stream it came from.
    pub document: usize,
    /// Its path there: empty, or `items[0]` in a list.
    pub path: String,
}

impl InputObject {
    /// `metadata.name`, or nothing.
    pub fn name(&self) -> &str {
        self.value["metadata"]["name"].as_str().unwrap_or_default()
    }

    /// The line on which it begins, from 1, in the text that these documents were read from.
    pub fn line(&self, documents: &[Document]) -> u32 {
        let document = &documents[self.document];
        if self.path.is_empty() { document.first_line() } else { document.locate(&self.path).line }
    }

    /// `metadata.namespace`, or nothing.
    pub fn namespace(&self) -> &str {
        self.value["metadata"]["namespace"].as_str().unwrap_or_default()
    }
}

/// A refusal by kubectl, as it prints it behind `error: `.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputError {
    /// The text.
    pub message: String,
    /// Where it is in the whole text.
    pub span: Span,
}

/// What a manifest holds.
#[derive(Debug, Default)]
pub struct Input {
    /// The objects in their order.
    pub objects: Vec<InputObject>,
    /// What was refused; after a text that can't be read, nothing more of it is looked at.
    pub errors: Vec<InputError>,
    /// The documents with their places.
    pub documents: Vec<Document>,
}

/// How a manifest is read.
#[derive(Clone, Copy, Debug)]
pub struct InputOptions<'a> {
    /// What errors call the text, e.g. `STDIN`.
    pub source: &'a str,
    /// The namespace of objects that name none.
    pub namespace: &'a str,
    /// Whether that namespace was asked for (`-n`), so that no object may be of another.
    pub enforce_namespace: bool,
    /// `--validate` is not false.
    pub validate: bool,
}

impl Default for InputOptions<'_> {
    fn default() -> Self {
        InputOptions { source: "STDIN", namespace: "default", enforce_namespace: false, validate: true }
    }
}

/// Reads the objects of a manifest.
pub fn objects(text: &str, options: InputOptions) -> Input {
    let stream = yaml::read(text);
    let mut input = Input::default();
    let mut ended = false;
    for (place, document) in stream.documents.iter().enumerate() {
        if options.validate
            && let Some(problem) = type_problem(document.value())
        {
            let message = format!(
                "error validating {:?}: error validating data: {problem}; if you choose to ignore these errors, turn validation off with --validate=false",
                options.source
            );
            input.errors.push(InputError { message, span: document.locate("kind") });
            ended = true;
            break;
        }
        input.add_document(place, document, options);
    }
    if let (Some(error), false) = (stream.error, ended) {
        let message = format!("error parsing {}: {}", options.source, error.message);
        input.errors.push(InputError { message, span: error.span });
    }
    input.documents = stream.documents;
    input
}

/// Models schema.go: getObjectKind.
fn type_problem(value: &Value) -> Option<String> {
    let Some(map) = value.as_object() else { return Some("invalid object to validate".to_owned()) };
    let problems: Vec<String> = ["apiVersion", "kind"]
        .into_iter()
        .filter_map(|field| match map.get(field) {
            None | Some(Value::Null) => Some(format!("{field} not set")),
            Some(Value::String(_)) => None,
            Some(_) => Some(format!("{field} isn't string type")),
        })
        .collect();
    match problems.len() {
        0 => None,
        1 => problems.into_iter().next(),
        _ => Some(format!("[{}]", problems.join(", "))),
    }
}

impl Input {
    fn add_document(&mut self, place: usize, document: &Document, options: InputOptions) {
        let value = document.value();
        let (api_version, list_kind) = (&value["apiVersion"], value["kind"].as_str().unwrap_or_default());
        let item_kind = list_kind.strip_suffix("List");
        let is_list = item_kind.is_some_and(|kind| {
            kind.is_empty() || Kind::of_manifest(api_version.as_str().unwrap_or_default(), kind).is_some()
        });
        let Some(items) = (if is_list { value.get("items") } else { None }) else {
            return self.add_object(place, document, String::new(), value, options);
        };
        let decode_error = |what: String| format!("unable to decode {:?}: {what}", options.source);
        let type_name = |value: &Value| match value {
            Value::Object(_) => "object",
            Value::Array(_) => "array",
            Value::String(_) => "string",
            Value::Bool(_) => "bool",
            _ => "number",
        };
        let mut refuse = |message: String, path: &str| {
            self.errors.push(InputError { message, span: document.locate(path) });
        };
        let items = match items {
            Value::Array(items) => items.as_slice(),
            Value::Null => &[],
            other => {
                let what = "Go struct field decodeList.items of type []json.RawMessage";
                let error = format!("json: cannot unmarshal {} into {what}", type_name(other));
                return refuse(decode_error(error), "items");
            }
        };
        let is_map = |item: &Value| item.is_object() || item.is_null();
        if let Some((at, item)) = items.iter().enumerate().find(|(_, item)| !is_map(item)) {
            let what = "Go value of type map[string]interface {}";
            let error = format!("json: cannot unmarshal {} into {what}", type_name(item));
            return refuse(decode_error(error), &format!("items[{at}]"));
        }
        for (at, item) in items.iter().enumerate() {
            let path = format!("items[{at}]");
            let is_unset = |field: &str| item[field].as_str().unwrap_or_default().is_empty();
            // What a list of one kind holds need not say so.
            if let Some(kind) = item_kind.filter(|kind| !kind.is_empty())
                && is_unset("kind")
                && is_unset("apiVersion")
            {
                let mut item = item.clone();
                item["kind"] = kind.into();
                item["apiVersion"] = api_version.clone();
                self.add_object(place, document, path, &item, options);
                continue;
            }
            let missing = match (is_unset("kind"), is_unset("apiVersion")) {
                (true, _) => "Object 'Kind' is missing in 'unstructured object has no kind'",
                (_, true) => "Object 'apiVersion' is missing in 'unstructured object has no version'",
                _ => {
                    self.add_object(place, document, path, item, options);
                    continue;
                }
            };
            let message =
                format!("unable to get type info from the object \"*unstructured.Unstructured\": {missing}");
            self.errors.push(InputError { message, span: document.locate(&path) });
        }
    }

    fn add_object(
        &mut self,
        place: usize,
        document: &Document,
        path: String,
        value: &Value,
        options: InputOptions,
    ) {
        let at = |field: &str| if path.is_empty() { field.to_owned() } else { format!("{path}.{field}") };
        let mut refuse = |message: String, field: &str| {
            self.errors.push(InputError { message, span: document.locate(&at(field)) });
        };
        let source = options.source;
        let kind_name = value["kind"].as_str().unwrap_or_default();
        let api_version = value["apiVersion"].as_str().unwrap_or_default();
        // A version of more than two parts is none, and then there is no kind either.
        if kind_name.is_empty() || api_version.matches('/').count() > 1 {
            return refuse(
                format!("unable to decode {source:?}: Object 'Kind' is missing in '{value}'"),
                "kind",
            );
        }
        if let Some(error) = metadata_error(&value["metadata"]) {
            return refuse(format!("unable to decode {source:?}: {}", error.message), &error.path);
        }
        let name = value["metadata"]["name"].as_str().unwrap_or_default();
        let namespace = value["metadata"]["namespace"].as_str().unwrap_or_default();
        let Some(kind) = Kind::of_manifest(api_version, kind_name) else {
            let no_match = format!("no matches for kind {kind_name:?} in version {api_version:?}");
            let message = if path.is_empty() {
                format!(
                    "resource mapping not found for name: {name:?} namespace: {namespace:?} from {source:?}: {no_match}\nensure CRDs are installed first"
                )
            } else {
                format!("unable to recognize {no_match}")
            };
            return refuse(message, "kind");
        };
        let mut value = value.clone();
        if kind.info().namespaced {
            if namespace.is_empty() {
                value["metadata"]["namespace"] = options.namespace.into();
            } else if options.enforce_namespace && namespace != options.namespace {
                let wanted = options.namespace;
                let message = format!(
                    "the namespace from the provided object {namespace:?} does not match the namespace {wanted:?}. You must pass '--namespace={namespace}' to perform this operation."
                );
                return refuse(message, "metadata.namespace");
            }
        } else if !namespace.is_empty()
            && let Some(metadata) = value["metadata"].as_object_mut()
        {
            metadata.remove("namespace");
        }
        self.objects.push(InputObject { kind, value, document: place, path });
    }
}
