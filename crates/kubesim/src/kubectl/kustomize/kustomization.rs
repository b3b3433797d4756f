//! A kustomization's file, and the files around it.

use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The names that a kustomization's file may have.
const FILE_NAMES: [&str; 3] = ["kustomization.yaml", "kustomization.yml", "Kustomization"];
/// The fields that are carried out.
const FIELDS: &str = "apiVersion kind metadata resources bases components namePrefix nameSuffix namespace commonLabels labels \
    commonAnnotations images replicas configMapGenerator secretGenerator generatorOptions patches patchesStrategicMerge \
    patchesJson6902 replacements sortOptions";
/// The fields that kustomize has beside these.
const NOT_SIMULATED: &str = "vars crds configurations generators transformers validators helmGlobals helmCharts \
    helmChartInflationGenerator openapi buildMetadata";

/// Fields' types, by the list in which they stand (after Go's name of its items): a text, a number, a boolean, a list of texts,
/// a map of texts, or anything. Models `api/types`.
const TYPES: &str = "Kustomization : namePrefix=s nameSuffix=s namespace=s commonLabels=m commonAnnotations=m resources=l \
    components=l bases=l patchesStrategicMerge=l;\
    Image images: name=s newName=s tagSuffix=s newTag=s digest=s;\
    Replica replicas: name=s count=i;\
    Label labels: pairs=m includeSelectors=b includeTemplates=b fields=*;\
    Patch patches: path=s patch=s target=* options=*;\
    Patch patchesJson6902: path=s patch=s target=* options=*;\
    ConfigMapArgs configMapGenerator: namespace=s name=s behavior=s literals=l files=l envs=l env=s options=*;\
    SecretArgs secretGenerator: namespace=s name=s behavior=s literals=l files=l envs=l env=s options=* type=s";

/// What encoding/json says of a kustomization's fields that are of another type.
fn check_types(fields: &Map<String, Value>) -> Result<(), String> {
    for line in TYPES.split(';') {
        let (head, names) = line.split_once(": ").unwrap_or_default();
        let (of, list) = head.split_once(' ').unwrap_or_default();
        let types: Vec<(&str, &str)> = names.split(' ').filter_map(|field| field.split_once('=')).collect();
        if list.is_empty() {
            types
                .iter()
                .try_for_each(|(name, kind)| check(fields.get(*name), kind, &format!("{of}.{name}")))?;
            continue;
        }
        let items = match fields.get(list) {
            None | Some(Value::Null) => continue,
            Some(Value::Array(items)) => items,
            Some(other) => {
                return Err(mistyped(other, &format!("Kustomization.{list}"), &format!("[]types.{of}")));
            }
        };
        for item in items {
            let item_fields = match item {
                Value::Null => continue,
                Value::Object(fields) => fields,
                other => {
                    return Err(mistyped(other, &format!("Kustomization.{list}"), &format!("types.{of}")));
                }
            };
            for (name, value) in item_fields {
                let Some((known, kind)) = types.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
                else {
                    return Err(format!("invalid Kustomization: json: unknown field {name:?}"));
                };
                check(Some(value), kind, &format!("{of}.{list}.{known}"))?;
            }
        }
    }
    Ok(())
}

fn check(value: Option<&Value>, kind: &str, place: &str) -> Result<(), String> {
    let Some(value) = value.filter(|value| !value.is_null()) else { return Ok(()) };
    let inner = |wrong: Option<&Value>| match wrong {
        Some(wrong) => Err(mistyped(wrong, place, "string")),
        None => Ok(()),
    };
    let is_no_text = |value: &&Value| !value.is_string() && !value.is_null();
    match (kind, value) {
        ("s", Value::String(_)) | ("b", Value::Bool(_)) | ("i", Value::Number(_)) | ("*", _) => Ok(()),
        ("l", Value::Array(items)) => inner(items.iter().find(is_no_text)),
        ("m", Value::Object(pairs)) => inner(pairs.values().find(is_no_text)),
        (kind, value) => {
            let types = [
                ("s", "string"),
                ("b", "bool"),
                ("i", "int64"),
                ("l", "[]string"),
                ("m", "map[string]string"),
            ];
            let wanted = types.iter().find(|(known, _)| *known == kind).map_or("", |(_, name)| name);
            Err(mistyped(value, place, wanted))
        }
    }
}

fn mistyped(value: &Value, place: &str, wanted: &str) -> String {
    let found = match value {
        Value::Object(_) => "object",
        Value::Array(_) => "array",
        Value::String(_) => "string",
        Value::Number(_) => "number",
        Value::Bool(_) => "bool",
        Value::Null => "null",
    };
    format!(
        "invalid Kustomization: json: cannot unmarshal {found} into Go struct field {place} of type {wanted}"
    )
}

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
    /// Whether a kustomization reads only what is in its directory or below it (`LoadRestrictionsRootOnly`).
    pub(super) restricts: bool,
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
        let (path, directory) = (joined(&kustomization.directory, path), &kustomization.directory);
        let text = self.read(&path).ok_or_else(|| missing(&path))?;
        self.refuse_outside(&path, directory).map(|()| text)
    }

    /// Errors: a file is neither in a directory nor below it.
    pub(super) fn refuse_outside(&self, path: &str, directory: &str) -> Result<(), String> {
        let is_below = match directory.is_empty() {
            true => !path.starts_with("../"),
            false => path.strip_prefix(directory).is_some_and(|rest| rest.starts_with('/')),
        };
        match is_below || !self.restricts {
            true => Ok(()),
            false => Err(format!("security; file '{path}' is not in or below '{directory}'")),
        }
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
        check_types(&fields)?;
        if fields.keys().all(|name| matches!(name.as_str(), "apiVersion" | "kind" | "metadata")) {
            return Err("kustomization.yaml is empty".into());
        }
        check_version(&fields, shown)?;
        Ok(Kustomization { directory: directory.to_string(), fields })
    }
}

/// Models `api/types/kustomization.go: CheckFields` and `FixKustomizationPreUnmarshalling`.
fn check_version(fields: &Map<String, Value>, directory: &str) -> Result<(), String> {
    let text = |name: &str| fields.get(name).and_then(Value::as_str).unwrap_or_default();
    let is_component = text("kind") == "Component";
    let version = if is_component { "v1alpha1" } else { "v1beta1" };
    let mut wrong = Vec::new();
    if !matches!(text("kind"), "" | "Kustomization" | "Component") {
        wrong.push("kind should be Kustomization or Component".to_string());
    }
    let (wanted, found) = (["kustomize.config.k8s.io/", version].concat(), text("apiVersion"));
    if !found.is_empty() && found != wanted {
        let kind = if is_component { "Component" } else { "Kustomization" };
        wrong.push(format!("apiVersion for {kind} should be {wanted}"));
    }
    match &wrong[..] {
        [] => Ok(()),
        wrong => Err(format!("Failed to read kustomization file under {directory}:\n{}\n", wrong.join("\n"))),
    }
}

pub(super) fn missing(path: &str) -> String {
    format!("evalsymlink failure on '{path}' : lstat {path}: no such file or directory")
}
