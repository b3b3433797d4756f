//! What a kustomization copies from one object's field into others' (`replacements`). Models kustomize's
//! `api/filters/replacement` and kyaml's `PathMatcher`. Structured data in a text field loses its comments and the order of its keys.

use super::kustomization::{Builder, Kustomization};
use super::resource::Resource;
use super::transform::{fits_somewhere, is_target};
use crate::kubectl::output::go_json;
use serde_json::{Map, Value, json};

/// The field that is meant when none is named.
const DEFAULT_FIELD: &str = "metadata.name";

/// Carries out all of a kustomization's replacements, one after the other.
pub(super) fn replace(
    builder: &Builder,
    kustomization: &Kustomization,
    resources: &mut [Resource],
) -> Result<(), String> {
    let all = entries(builder, kustomization).map_err(|why| {
        let config = yaml::write(&json!({"Replacements": kustomization.field("replacements")}));
        format!("trouble configuring builtin ReplacementTransformer with config: `\n{config}`: {why}")
    })?;
    all.iter().try_for_each(|entry| replace_one(entry, resources))
}

/// The replacements, those in files too.
fn entries(builder: &Builder, kustomization: &Kustomization) -> Result<Vec<Value>, String> {
    let mut all = Vec::new();
    for entry in kustomization.list("replacements") {
        let Some(path) = entry["path"].as_str().filter(|path| !path.is_empty()) else {
            all.push(entry.clone());
            continue;
        };
        let is_inline =
            !entry["source"].is_null() || entry["targets"].as_array().is_some_and(|t| !t.is_empty());
        if is_inline {
            return Err("cannot specify both path and inline replacement".to_string());
        }
        let mut stream = yaml::read(builder.file(kustomization, path)?);
        if let Some(error) = stream.error {
            return Err(error.message);
        }
        match stream.documents.pop().map_or(Value::Null, yaml::Document::into_value) {
            Value::Array(entries) => all.extend(entries),
            entry @ Value::Object(_) => all.push(entry),
            other => {
                let kind = match other {
                    Value::String(_) => "string",
                    Value::Bool(_) => "bool",
                    Value::Number(_) => "float64",
                    _ => "invalid",
                };
                return Err(format!(
                    "unsupported replacement type encountered within replacement path: {kind}"
                ));
            }
        }
    }
    Ok(all)
}

fn replace_one(entry: &Value, resources: &mut [Resource]) -> Result<(), String> {
    let (source, fixed) = (&entry["source"], &entry["sourceValue"]);
    let targets = entry["targets"].as_array();
    let Some(targets) = targets.filter(|_| !source.is_null() || !fixed.is_null()) else {
        return Err("replacements must specify a source and at least one target".to_string());
    };
    let value = match (fixed.is_null(), source.is_null()) {
        (false, false) => return Err("value and resource selectors are mutually exclusive".to_string()),
        (false, true) => Copied { value: scalar(fixed).into(), is_plain: true },
        _ => copied(source, resources)?,
    };
    for target in targets {
        let select = &target["select"];
        if select.is_null() {
            return Err("target must specify resources to select".to_string());
        }
        for resource in resources.iter_mut() {
            if is_target(select, resource)? && !is_rejected(target, resource)? {
                put(target, &value, &mut resource.tree)?;
                settle(&mut resource.tree);
            }
        }
    }
    Ok(())
}

/// Annotations are texts, whatever was written into them.
fn settle(tree: &mut Value) {
    let pairs = tree.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut);
    for value in pairs.into_iter().flat_map(Map::values_mut).filter(|value| !value.is_string()) {
        *value = scalar(value).into();
    }
}

/// What is copied.
struct Copied {
    value: Value,
    /// Whether what it is follows from its letters: it was written as a text without quotes.
    is_plain: bool,
}

/// Whether one of a target's `reject` means this resource: by what it is, or by its labels and annotations.
fn is_rejected(target: &Value, resource: &Resource) -> Result<bool, String> {
    let only = |reject: &Value, names: &[&str]| -> Value {
        let fields = reject.as_object().into_iter().flatten();
        let kept = fields.filter(|(name, _)| names.contains(&name.as_str()));
        Value::Object(kept.map(|(name, value)| (name.clone(), value.clone())).collect::<Map<_, _>>())
    };
    for reject in target["reject"].as_array().into_iter().flatten() {
        for names in
            [&["group", "version", "kind", "name", "namespace"][..], &["labelSelector", "annotationSelector"]]
        {
            let part = only(reject, names);
            if part.as_object().is_some_and(|part| !part.is_empty()) && is_target(&part, resource)? {
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// As kustomize shows a source: `ConfigMap.v1.[noGrp]/settings.[noNs]`.
fn source_id(source: &Value) -> String {
    let text = |field: &str, none: &'static str| match source[field].as_str().unwrap_or_default() {
        "" => none.to_string(),
        text => text.to_string(),
    };
    format!(
        "{}.{}.{}/{}.{}",
        text("kind", "[noKind]"),
        text("version", "[noVer]"),
        text("group", "[noGrp]"),
        text("name", "[noName]"),
        text("namespace", "[noNs]")
    )
}

/// The value of a source.
fn copied(source: &Value, resources: &[Resource]) -> Result<Copied, String> {
    let is_source = |resource: &&Resource| {
        let text = |field: &str| source[field].as_str().filter(|text| !text.is_empty());
        let api_version = resource.tree["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let namespace = if resource.namespace().is_empty() { "default" } else { resource.namespace() };
        text("group").is_none_or(|wanted| wanted == group)
            && text("version").is_none_or(|wanted| wanted == version)
            && text("kind").is_none_or(|wanted| wanted == resource.kind_name())
            && text("namespace").is_none_or(|wanted| wanted == namespace)
            && text("name").is_none_or(|wanted| resource.names.iter().any(|name| name == wanted))
    };
    let given = source["fieldPath"].as_str().filter(|path| !path.is_empty());
    let options = &source["options"];
    let shown = || {
        let (delimiter, create) =
            (options["delimiter"].as_str().unwrap_or_default(), options["create"] == true);
        let shown = match delimiter.is_empty() && !create {
            true => String::new(),
            false => format!(":{delimiter}({}), create={create}", index_of(options)),
        };
        format!("{}{}{shown}", source_id(source), given.map(|path| format!(":{path}")).unwrap_or_default())
    };
    let mut found = resources.iter().filter(is_source);
    let Some(resource) = found.next() else { return Err(format!("nothing selected by {}", shown())) };
    if found.next().is_some() {
        return Err(format!("multiple matches for selector {}", shown()));
    }
    let path = given.unwrap_or(DEFAULT_FIELD);
    let value = look_up(&resource.tree, &parts(path)).filter(|value| !is_nothing(value));
    let Some(value) = value else {
        return Err(format!("fieldPath `{path}` is missing for replacement source {}", source_id(source)));
    };
    let delimiter = options["delimiter"].as_str().unwrap_or_default();
    if delimiter.is_empty() {
        return Ok(Copied { is_plain: !value.is_string(), value: value.clone() });
    }
    if value.is_object() || value.is_array() {
        return Err("delimiter option can only be used with scalar nodes".to_string());
    }
    let (text, index) = (scalar(value), index_of(options));
    let piece = usize::try_from(index).ok().and_then(|index| text.split(delimiter).nth(index));
    match piece {
        Some(piece) => Ok(Copied { value: piece.into(), is_plain: !value.is_string() }),
        None => Err(format!("options.index {index} is out of bounds for value {text}")),
    }
}

/// A scalar's letters.
fn scalar(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => "null".to_string(),
        Value::Object(_) | Value::Array(_) => String::new(),
        other => other.to_string(),
    }
}

fn index_of(options: &Value) -> i64 {
    options["index"].as_i64().unwrap_or(0)
}

fn is_nothing(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Array(items) => items.is_empty(),
        Value::Object(fields) => fields.is_empty(),
        Value::String(text) => text.is_empty(),
        _ => false,
    }
}

/// A path's parts. Models kyaml's `SmarterPathSplitter`: what stands in brackets is one part.
fn parts(path: &str) -> Vec<String> {
    let mut split: Vec<String> = Vec::new();
    let path = path.strip_prefix('.').filter(|rest| !rest.is_empty()).unwrap_or(path);
    for piece in path.split('.') {
        match split.last_mut().filter(|last| last.ends_with('\\')) {
            Some(last) => {
                last.pop();
                last.push('.');
                last.push_str(piece);
            }
            None => split.push(piece.to_string()),
        }
    }
    let mut found = Vec::new();
    let mut pieces = split.into_iter();
    while let Some(mut piece) = pieces.next() {
        if piece.starts_with('[') && !piece.ends_with(']') {
            for more in pieces.by_ref() {
                piece.push('.');
                piece.push_str(&more);
                if more.ends_with(']') {
                    break;
                }
            }
            if !piece.contains('=') {
                piece = piece.trim_matches(['[', ']']).to_string();
            }
        }
        found.push(piece);
    }
    found
}

/// `[name=web]`: the field and what it has to be.
fn entry_of(part: &str) -> Option<(&str, &str)> {
    part.strip_prefix('[').and_then(|part| part.strip_suffix(']')).and_then(|part| part.split_once('='))
}

/// The one value at a source's path.
fn look_up<'a>(tree: &'a Value, path: &[String]) -> Option<&'a Value> {
    let Some((part, rest)) = path.split_first() else { return Some(tree) };
    let next = match (tree, entry_of(part)) {
        (Value::Array(items), Some((field, wanted))) => items.iter().find(|item| match field {
            "" => scalar(item) == wanted,
            field => item.get(field).is_some_and(|value| scalar(value) == wanted),
        }),
        (Value::Array(items), None) if part == "-" => items.last(),
        (Value::Array(items), None) => part.parse().ok().and_then(|index: usize| items.get(index)),
        (Value::Object(fields), None) => fields.get(part),
        _ => None,
    }?;
    look_up(next, rest)
}

/// Writes the value into a target's fields.
fn put(target: &Value, copied: &Copied, tree: &mut Value) -> Result<(), String> {
    let options = &target["options"];
    let create = options["create"] == true;
    let named: Vec<&str> =
        target["fieldPaths"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    for path in if named.is_empty() { vec![DEFAULT_FIELD] } else { named } {
        let parts = parts(path);
        if put_into_text(tree, &parts, copied, create) {
            continue;
        }
        let verb = if create { "find or create" } else { "find" };
        let not_found = format!("unable to {verb} field {path:?} in replacement target");
        let mut set = |field: &mut Value| set_field(options, field, copied);
        match walk(tree, &parts, create.then_some(&copied.value), &mut set) {
            Ok(0) => return Err(not_found),
            Ok(_) => {}
            Err(Wrong::Path(why)) => return Err(format!("{not_found}: {why}")),
            Err(Wrong::Value(why)) => return Err(why),
        }
    }
    Ok(())
}

enum Wrong {
    /// There is no such place.
    Path(String),
    /// The value can't be written there.
    Value(String),
}

/// What a new value is before it is written: what the next part of the path needs, or what is copied.
fn blank(rest: &[String], leaf: &Value) -> Value {
    let is_item = |part: &String| part == "*" || entry_of(part).is_some() || part.parse::<usize>().is_ok();
    match rest.first() {
        Some(part) if is_item(part) => json!([]),
        Some(_) => json!({}),
        None if leaf.is_array() => json!([]),
        None if leaf.is_object() => json!({}),
        None => Value::Null,
    }
}

/// Does something with each value at a path (kyaml's `PathMatcher`); with `create` what is missing is made first. Returns how many
/// there were.
fn walk(
    tree: &mut Value,
    path: &[String],
    create: Option<&Value>,
    set: &mut dyn FnMut(&mut Value) -> Result<(), String>,
) -> Result<usize, Wrong> {
    let Some((part, rest)) = path.split_first() else {
        return set(tree).map(|()| 1).map_err(Wrong::Value);
    };
    let kind = match tree {
        Value::Array(_) => "SequenceNode",
        Value::Object(_) => "MappingNode",
        _ => "ScalarNode",
    };
    let wrong = |wanted: &str, tree: &Value| {
        let shown = yaml::write(tree).trim_end().to_string();
        Err(Wrong::Path(format!(
            "wrong node kind: expected {wanted} but got {kind}: node contents:\n{shown}"
        )))
    };
    let index: Option<usize> = part.parse().ok();
    let entry = entry_of(part);
    if index.is_none() && entry.is_none() && part != "*" {
        let Value::Object(fields) = tree else { return wrong("MappingNode", tree) };
        let field = match (fields.get_mut(part), create) {
            (None, None) => return Ok(0),
            (None, Some(leaf)) => fields.entry(part.clone()).or_insert(blank(rest, leaf)),
            (Some(field), _) => field,
        };
        return walk(field, rest, create, set);
    }
    let Value::Array(items) = tree else { return wrong("SequenceNode", tree) };
    if let Some(index) = index {
        if let (true, Some(leaf)) = (items.len() == index, create) {
            items.push(blank(rest, leaf));
        }
        let count = items.len();
        let Some(item) = items.get_mut(index) else {
            return Err(Wrong::Path(format!("index {index} specified but only {count} elements found")));
        };
        return walk(item, rest, create, set);
    }
    let mut count = 0;
    let Some((field, pattern)) = entry else {
        for item in items {
            count += walk(item, rest, create, set)?;
        }
        return Ok(count);
    };
    for item in items.iter_mut() {
        let fits = match field {
            "" => fits_somewhere(pattern, &scalar(item)).map_err(Wrong::Path)?,
            field => match item.get(field) {
                Some(value) => fits_somewhere(pattern, &scalar(value)).map_err(Wrong::Path)?,
                None => false,
            },
        };
        match (fits, field) {
            (false, _) => {}
            (true, "") => {
                set(item).map_err(Wrong::Value)?;
                count += 1;
            }
            (true, _) => count += walk(item, rest, create, set)?,
        }
    }
    if count == 0 && create.is_some() {
        let mut item = if field.is_empty() { pattern.into() } else { json!({field: pattern}) };
        count = if field.is_empty() {
            set(&mut item).map(|()| 1).map_err(Wrong::Value)?
        } else {
            walk(&mut item, rest, create, set)?
        };
        items.push(item);
    }
    Ok(count)
}

/// What a text is that YAML holds without quotes.
fn plain(text: &str) -> Value {
    let read = yaml::read(text).documents.pop().map_or(Value::Null, yaml::Document::into_value);
    match read {
        Value::Array(_) | Value::Object(_) | Value::Null => text.into(),
        read => read,
    }
}

fn set_field(options: &Value, field: &mut Value, copied: &Copied) -> Result<(), String> {
    let delimiter = options["delimiter"].as_str().unwrap_or_default();
    let is_scalar = !field.is_object() && !field.is_array();
    let mut value = copied.value.clone();
    if !delimiter.is_empty() {
        if !is_scalar {
            return Err("delimiter option can only be used with scalar nodes".to_string());
        }
        let (old, new) = (scalar(field), scalar(&value));
        let mut pieces: Vec<&str> = old.split(delimiter).collect();
        match usize::try_from(index_of(options)) {
            Err(_) => pieces.insert(0, &new),
            Ok(index) if index >= pieces.len() => pieces.push(&new),
            Ok(index) => pieces[index] = &new,
        }
        value = pieces.join(delimiter).into();
    }
    *field = match (&*field, &value) {
        (Value::String(_), Value::Object(_) | Value::Array(_)) => "".into(),
        (Value::String(_), value) => scalar(value).into(),
        // A field that has just been made is whatever its letters say.
        (Value::Null | Value::Bool(_) | Value::Number(_), Value::String(text)) => plain(text),
        (_, Value::String(text)) if copied.is_plain => plain(text),
        _ => value,
    };
    Ok(())
}

/// Writes into YAML or JSON that a text field holds. Returns whether there was such a place.
fn put_into_text(tree: &mut Value, path: &[String], copied: &Copied, create: bool) -> bool {
    let Some((at, text)) = (1..path.len()).find_map(|at| match look_up(tree, &path[..at]) {
        Some(Value::String(text)) => Some((at, text.clone())),
        _ => None,
    }) else {
        return false;
    };
    let stream = yaml::read(&text);
    let (true, Some(document)) = (stream.error.is_none(), stream.documents.into_iter().next()) else {
        return false;
    };
    let mut data = document.into_value();
    if !matches!(data, Value::Object(_) | Value::Array(_)) {
        return false;
    }
    let mut set = |field: &mut Value| set_field(&Value::Null, field, copied);
    let done = walk(&mut data, &path[at..], create.then_some(&copied.value), &mut set);
    if !matches!(done, Ok(1..)) {
        return false;
    }
    let is_json = text.trim_start().starts_with(['{', '[']);
    let written = match is_json {
        true if text.contains('\n') && text.contains("  ") => {
            go_json(serde_json::to_string_pretty(&data).unwrap_or_default())
        }
        true => go_json(data.to_string()),
        false => yaml::write(&data).trim().to_string(),
    };
    let mut set = |field: &mut Value| {
        *field = written.as_str().into();
        Ok(())
    };
    matches!(walk(tree, &path[..at], None, &mut set), Ok(1))
}
