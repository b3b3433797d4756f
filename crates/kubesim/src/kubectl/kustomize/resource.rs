//! An object on its way through kustomizations.

use crate::api::Kind;
use serde_json::Value;

/// An object on its way through the kustomizations.
#[derive(Clone)]
pub(super) struct Resource {
    pub(super) tree: Value,
    /// The names that it has had, the first one first.
    pub(super) names: Vec<String>,
    /// Whether its name gets a hash of what it holds.
    pub(super) wants_hash: bool,
}

impl Resource {
    pub(super) fn new(tree: Value) -> Resource {
        let names = vec![tree["metadata"]["name"].as_str().unwrap_or_default().to_string()];
        Resource { tree, names, wants_hash: false }
    }

    pub(super) fn kind_name(&self) -> &str {
        self.tree["kind"].as_str().unwrap_or_default()
    }

    pub(super) fn name(&self) -> &str {
        self.tree["metadata"]["name"].as_str().unwrap_or_default()
    }

    pub(super) fn namespace(&self) -> &str {
        self.tree["metadata"]["namespace"].as_str().unwrap_or_default()
    }

    /// The kind, if it is one that the cluster knows.
    pub(super) fn kind(&self) -> Option<Kind> {
        let (name, version) = (self.kind_name(), self.tree["apiVersion"].as_str().unwrap_or_default());
        Kind::of_resource(&name.to_ascii_lowercase()).filter(|kind| kind.info().api_version_is(version))
    }

    pub(super) fn rename(&mut self, name: String) {
        self.tree["metadata"]["name"] = name.clone().into();
        self.names.push(name);
    }

    /// The namespace that it is in, unless it is in none by its kind.
    pub(super) fn own_namespace(&self) -> Option<&str> {
        let is_in_one = self.kind().is_none_or(|kind| kind.info().namespaced);
        let namespace = if self.namespace().is_empty() { "default" } else { self.namespace() };
        is_in_one.then_some(namespace)
    }

    /// The file that it is written to: `apps_v1_deployment_web.yaml`, behind its namespace if there are several.
    pub(super) fn file_name(&self, namespace: Option<&str>) -> String {
        let version = self.tree["apiVersion"].as_str().unwrap_or_default().replace('/', "_");
        let name = [&version, self.kind_name(), self.name()].join("_").to_lowercase() + ".yaml";
        namespace.map(|namespace| format!("{namespace}_{name}")).unwrap_or(name)
    }

    /// As kustomize's errors show it: `Deployment.v1.apps/web.[noNs]`.
    pub(super) fn id(&self) -> String {
        let api_version = self.tree["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = api_version.split_once('/').unwrap_or(("[noGrp]", api_version));
        let namespace = if self.namespace().is_empty() { "[noNs]" } else { self.namespace() };
        format!("{}.{version}.{group}/{}.{namespace}", self.kind_name(), self.name())
    }
}

/// kustomize reads YAML as go-yaml's third version does: a plain `yes`, `on` or `Y` is a text, which the second takes for a boolean.
fn texts_as_written(value: &mut Value, document: &yaml::Document, text: &str, path: &str) {
    match value {
        Value::Bool(_) => {
            let span = document.locate(path);
            let line = text.lines().nth(span.line as usize - 1).unwrap_or_default();
            let (from, to) = (span.column as usize - 1, span.end_column as usize - 1);
            let letters: String = line.chars().take(to).skip(from).collect();
            let is_text =
                ["y", "n", "yes", "no", "on", "off"].contains(&letters.to_ascii_lowercase().as_str());
            if span.line == span.end_line && is_text {
                *value = letters.into();
            }
        }
        Value::Array(items) => {
            for (at, item) in items.iter_mut().enumerate() {
                texts_as_written(item, document, text, &format!("{path}[{at}]"));
            }
        }
        Value::Object(fields) => {
            for (name, field) in fields {
                let path = if name.contains(['.', '[']) {
                    format!("{path}[{name}]")
                } else {
                    format!("{path}.{name}")
                };
                texts_as_written(field, document, text, path.trim_start_matches('.'));
            }
        }
        _ => {}
    }
}

/// The objects in a text; a list stands for its items.
pub(super) fn trees(text: &str) -> Result<Vec<Value>, String> {
    let stream = yaml::read(text);
    if let Some(error) = stream.error {
        return Err(error.message);
    }
    let mut trees = Vec::new();
    for document in stream.documents {
        let mut tree = document.value().clone();
        texts_as_written(&mut tree, &document, text, "");
        if tree.is_null() {
            continue;
        }
        let is_list = tree["kind"].as_str().is_some_and(|kind| kind.ends_with("List"));
        match tree["items"].as_array().filter(|_| is_list) {
            Some(items) => trees.extend(items.iter().cloned()),
            None if tree["kind"].as_str().is_none_or(str::is_empty) => {
                return Err(format!("missing Resource metadata: missing kind in object {tree}"));
            }
            None if tree["metadata"]["name"].as_str().is_none_or(str::is_empty) => {
                return Err(format!("missing metadata.name in object {tree}"));
            }
            None => trees.push(tree),
        }
    }
    Ok(trees)
}

pub(super) fn add(resources: &mut Vec<Resource>, resource: Resource) -> Result<(), String> {
    let id = resource.id();
    if resources.iter().any(|known| known.id() == id) {
        return Err(format!("may not add resource with an already registered id: {id}"));
    }
    resources.push(resource);
    Ok(())
}
