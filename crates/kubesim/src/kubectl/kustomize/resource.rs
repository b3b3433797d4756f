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

    /// As kustomize's errors show it: `Deployment.v1.apps/web.[noNs]`.
    pub(super) fn id(&self) -> String {
        let api_version = self.tree["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = api_version.split_once('/').unwrap_or(("[noGrp]", api_version));
        let namespace = if self.namespace().is_empty() { "[noNs]" } else { self.namespace() };
        format!("{}.{version}.{group}/{}.{namespace}", self.kind_name(), self.name())
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
        let tree = document.into_value();
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
