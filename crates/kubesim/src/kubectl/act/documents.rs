//! The objects in the files of `-f`. Models `k8s.io/cli-runtime/pkg/resource`: visitor.go, mapper.go.

use crate::api::{Key, Kind, Str};
use crate::kubectl::selector::parse_labels;
use crate::kubectl::{Failure, Invocation};
use crate::manifest::{self, yaml};
use serde_json::{Map, Value};

/// An object in a file.
pub struct Document {
    /// The file, as errors name it.
    pub source: String,
    /// Its kind.
    pub kind: Kind,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: Str,
    /// Its name; empty if it has none.
    pub name: String,
    /// The whole, with its namespace.
    pub tree: Value,
}

impl Document {
    /// Its key.
    pub fn key(&self) -> Key {
        Key::new(self.kind, &self.namespace, &self.name)
    }

    /// A failure of the request about it. Models `cmdutil.AddSourceToErr`.
    pub fn failed(&self, verb: &str, failure: impl Into<Failure>) -> Failure {
        Failure::While(format!("error when {verb} {:?}: ", self.source), Box::new(failure.into()))
    }

    /// As errors show it. Models `resource.Info.String`.
    pub fn shown(&self) -> String {
        let info = self.kind.info();
        let (group, version, plural, kind) = (info.group, info.version, info.plural, info.name);
        format!(
            "Resource: \"{group}/{version}, Resource={plural}\", GroupVersionKind: \"{group}/{version}, \
             Kind={kind}\"\nName: {:?}, Namespace: {:?}",
            self.name, &*self.namespace
        )
    }
}

/// The objects of all files, and what can't be read in them.
pub fn read(inv: &Invocation) -> Result<(Vec<Document>, Vec<Failure>), Failure> {
    let (mut documents, mut failures) = (Vec::new(), Vec::new());
    for (source, text) in inv.manifests()? {
        let stream = yaml::read(&text);
        let syntax = stream.error.map(|e| Failure::client(format!("error parsing {source}: {}", e.message)));
        let mut ended = None;
        for document in stream.documents {
            let tree = document.into_value();
            if let Err(why) = check(inv, &source, &tree) {
                ended = Some(why);
                break;
            }
            add(inv, &source, tree, &mut documents, &mut failures);
        }
        failures.extend(ended.or(syntax));
    }
    if inv.has("selector") {
        let selector = parse_labels(inv.text("selector")).map_err(Failure::client)?;
        let labels = |d: &Document| crate::api::read::pairs(&d.tree["metadata"]["labels"]);
        documents.retain(|d| selector.matches(&labels(d)));
    }
    Ok((documents, failures))
}

/// What kubectl itself looks at before it sends anything. Models `pkg/validation/schema.go`.
fn check(inv: &Invocation, source: &str, tree: &Value) -> Result<(), Failure> {
    if matches!(inv.text("validate"), "false" | "ignore") || !inv.verb.flags.contains("validate") {
        return Ok(());
    }
    let set = |field: &str| tree.get(field).and_then(Value::as_str).is_some_and(|s| !s.is_empty());
    let unset: Vec<&str> = ["apiVersion", "kind"].into_iter().filter(|f| !set(f)).collect();
    let why = match &unset[..] {
        _ if !tree.is_object() => "invalid object to validate".to_string(),
        [] => return Ok(()),
        [one] => format!("{one} not set"),
        many => format!("[{}]", many.iter().map(|f| format!("{f} not set")).collect::<Vec<_>>().join(", ")),
    };
    Err(Failure::client(format!(
        "error validating {source:?}: error validating data: {why}; if you choose to ignore these errors, turn \
         validation off with --validate=false"
    )))
}

fn add(
    inv: &Invocation,
    source: &str,
    tree: Value,
    documents: &mut Vec<Document>,
    failures: &mut Vec<Failure>,
) {
    let text = |field: &str| tree.get(field).and_then(Value::as_str).unwrap_or_default();
    if text("kind").ends_with("List") && tree["items"].is_array() {
        for item in tree["items"].as_array().into_iter().flatten() {
            add(inv, source, item.clone(), documents, failures);
        }
        return;
    }
    match document(inv, source, tree) {
        Ok(document) => documents.push(document),
        Err(why) => failures.push(why),
    }
}

fn document(inv: &Invocation, source: &str, mut tree: Value) -> Result<Document, Failure> {
    let text =
        |tree: &Value, field: &str| tree.get(field).and_then(Value::as_str).unwrap_or_default().to_string();
    let undecodable = |why: &str| Failure::client(format!("unable to decode {source:?}: {why}"));
    let (version, kind_name) = (text(&tree, "apiVersion"), text(&tree, "kind"));
    if kind_name.is_empty() {
        return Err(undecodable(&format!("Object 'Kind' is missing in '{tree}'")));
    }
    let metadata = Value::Object(Map::from_iter([("metadata".to_string(), tree["metadata"].clone())]));
    if let Some(error) = manifest::decode(Kind::ConfigMap, &metadata).error {
        return Err(undecodable(&error.message));
    }
    let (name, asked) = (text(&metadata["metadata"], "name"), text(&metadata["metadata"], "namespace"));
    let Some(kind) = Kind::of_manifest(&version, &kind_name) else {
        return Err(Failure::client(format!(
            "resource mapping not found for name: {name:?} namespace: {asked:?} from {source:?}: no matches for kind \
             {kind_name:?} in version {version:?}\nensure CRDs are installed first"
        )));
    };
    let mut namespace = String::new();
    if kind.info().namespaced {
        namespace = if asked.is_empty() { inv.namespace().to_string() } else { asked };
        if inv.has("namespace") && namespace != inv.namespace() {
            return Err(Failure::client(format!(
                "the namespace from the provided object {namespace:?} does not match the namespace {:?}. You must pass \
                 '--namespace={namespace}' to perform this operation.",
                inv.namespace()
            )));
        }
        tree["metadata"]["namespace"] = namespace.as_str().into();
    }
    Ok(Document { source: source.to_string(), kind, namespace: namespace.into(), name, tree })
}
