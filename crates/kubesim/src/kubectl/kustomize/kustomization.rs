//! A kustomization's file, and the files around it.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The names that a kustomization's file may have.
const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The fields that are carried out.
const FIELDS: &str = "apiVersion kind metadata resources bases components namePrefix nameSuffix namespace commonLabels labels \
    commonAnnotations images replicas configMapGenerator secretGenerator generatorOptions patches patchesStrategicMerge \
    patchesJson6902 sortOptions";
/// The fields that kustomize has beside these.
const NOT_SIMULATED: &str = "vars replacements crds configurations generators transformers validators helmGlobals helmCharts \
    helmChartInflationGenerator openapi buildMetadata";

/// A path without `.` and `..` where they can be taken away.
pub(super) fn normal(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

pub(super) fn joined(directory: &str, path: &str) -> String {
    normal(&if directory.is_empty() || path.starts_with('/') {
        path.to_string()
    } else {
        format!("{directory}/{path}")
    })
}

/// A kustomization's fields, by their names as kustomize writes them.
pub(super) struct Kustomization {
    directory: String,
    fields: Map<String, Value>,
}

impl Kustomization {
    /// What kustomize says of fields that others have taken the place of. Models types/kustomization.go: CheckDeprecatedFields.
    pub(super) fn deprecated(&self) -> impl Iterator<Item = String> {
        const INSTEAD: [(&str, &str); 4] = [
            ("bases", "resources"),
            ("commonLabels", "labels"),
            ("patchesJson6902", "patches"),
            ("patchesStrategicMerge", "patches"),
        ];
        INSTEAD.into_iter().filter(move |(field, _)| !self.field(field).is_null()).map(|(field, instead)| {
            format!(
                "# Warning: '{field}' is deprecated. Please use '{instead}' instead. Run 'kustomize edit fix' to update your \
                 Kustomization automatically.\n"
            )
        })
    }

    pub(super) fn field(&self, name: &str) -> &Value {
        self.fields.get(name).unwrap_or(&Value::Null)
    }

    pub(super) fn text(&self, name: &str) -> &str {
        self.field(name).as_str().unwrap_or_default()
    }

    pub(super) fn list(&self, name: &str) -> impl Iterator<Item = &Value> {
        self.field(name).as_array().into_iter().flatten()
    }

    pub(super) fn map(&self, name: &str) -> Option<&Map<String, Value>> {
        self.field(name).as_object().filter(|map| !map.is_empty())
    }
}

pub(super) struct Builder<'a> {
    pub(super) files: &'a BTreeMap<String, String>,
}

impl Builder<'_> {
    pub(super) fn read(&self, path: &str) -> Option<&str> {
        self.files.iter().find(|(name, _)| normal(name) == path).map(|(_, text)| text.as_str())
    }

    pub(super) fn is_directory(&self, path: &str) -> bool {
        let below = if path.is_empty() { String::new() } else { format!("{path}/") };
        self.files.keys().any(|name| normal(name).starts_with(&below))
    }

    /// The text of a file that a kustomization names.
    pub(super) fn file(&self, kustomization: &Kustomization, path: &str) -> Result<&str, String> {
        let path = joined(&kustomization.directory, path);
        self.read(&path).ok_or_else(|| missing(&path))
    }

    pub(super) fn kustomization(&self, directory: &str) -> Result<Kustomization, String> {
        let mut found = FILE_NAMES.iter().filter_map(|name| self.read(&joined(directory, name)));
        let shown = if directory.is_empty() { "." } else { directory };
        let Some(text) = found.next() else {
            if !self.is_directory(directory) {
                return Err(format!("must build at directory: not a valid directory: {}", missing(shown)));
            }
            let [first, second, third] = FILE_NAMES;
            return Err(format!(
                "unable to find one of '{first}', '{second}' or '{third}' in directory '{shown}'"
            ));
        };
        if found.next().is_some() {
            return Err(format!("Found multiple kustomization files: {shown}\n"));
        }
        let mut stream = yaml::read(text);
        if let Some(error) = stream.error {
            return Err(format!("invalid Kustomization: {}", error.message));
        }
        let tree = stream.documents.pop().map_or(Value::Null, yaml::Document::into_value);
        let mut fields = Map::new();
        for (name, value) in tree.as_object().into_iter().flatten() {
            // Go's JSON takes a field's name for what it is in any case.
            let is_it = |known: &&str| known.eq_ignore_ascii_case(name);
            if let Some(known) = NOT_SIMULATED.split_whitespace().find(is_it) {
                return Err(format!("the field {known:?} of a kustomization is not simulated"));
            }
            match FIELDS.split_whitespace().find(is_it) {
                Some(known) => _ = fields.insert(known.to_string(), value.clone()),
                None => return Err(format!("invalid Kustomization: json: unknown field {name:?}")),
            }
        }
        Ok(Kustomization { directory: directory.to_string(), fields })
    }
}

pub(super) fn missing(path: &str) -> String {
    format!("evalsymlink failure on '{path}' : lstat {path}: no such file or directory")
}
