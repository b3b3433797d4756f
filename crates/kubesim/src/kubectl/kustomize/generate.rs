//! ConfigMaps and Secrets that a kustomization makes, and the hashes in their names. Models kustomize's
//! `api/internal/generators` and `api/hasher`.

use super::kustomization::{Builder, Kustomization};
use super::resource::{Resource, add};
use super::sha256;
use crate::kubectl::output::go_json;
use serde_json::{Map, Value, json};
use yaml::base64;

/// Makes them.
pub(super) fn generate(
    builder: &Builder,
    kustomization: &Kustomization,
    resources: &mut Vec<Resource>,
) -> Result<(), String> {
    for (field, kind) in [("configMapGenerator", "ConfigMap"), ("secretGenerator", "Secret")] {
        for generator in kustomization.list(field) {
            generate_one(builder, kustomization, generator, kind, resources)?;
        }
    }
    Ok(())
}

fn generate_one(
    builder: &Builder,
    kustomization: &Kustomization,
    generator: &Value,
    kind: &str,
    resources: &mut Vec<Resource>,
) -> Result<(), String> {
    let text = |field: &str| generator[field].as_str().unwrap_or_default();
    let (name, behavior) = (text("name"), text("behavior"));
    if name.is_empty() {
        return Err("a configmap must have a name".into());
    }
    let data = data(builder, kustomization, generator, kind == "Secret")?;
    let mut tree = json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
    if !data.is_empty() {
        tree["data"] = data.into();
    }
    if !text("namespace").is_empty() {
        tree["metadata"]["namespace"] = text("namespace").into();
    }
    if kind == "Secret" {
        tree["type"] = if text("type").is_empty() { "Opaque".into() } else { text("type").into() };
    }
    let (common, own) = (kustomization.field("generatorOptions"), &generator["options"]);
    for field in ["labels", "annotations"] {
        let pairs = [common, own].into_iter().filter_map(|options| options[field].as_object());
        let all: Map<String, Value> =
            collections::collect(pairs.flatten().map(|(key, value)| (key.clone(), value.clone())));
        if !all.is_empty() {
            tree["metadata"][field] = all.into();
        }
    }
    let says = |field: &str| own[field] == true || (own[field].is_null() && common[field] == true);
    if says("immutable") {
        tree["immutable"] = true.into();
    }
    let mut resource = Resource::new(tree);
    resource.wants_hash = !says("disableNameSuffixHash");
    let known = resources.iter_mut().find(|known| {
        known.kind_name() == kind
            && known.names.iter().any(|known| known == name)
            && (text("namespace").is_empty() || known.namespace() == text("namespace"))
    });
    // Go shows the generator as where it is in memory.
    let wrong = |why: &str| {
        let namespace = text("namespace");
        Err(format!(
            "merging from generator &{{0xc000000000 <nil>}}: id resid.ResId{{Gvk:resid.Gvk{{Group:\"\", Version:\"v1\", \
             Kind:{kind:?}, isClusterScoped:false}}, Name:{name:?}, Namespace:{namespace:?}}} {why}"
        ))
    };
    match (behavior, known) {
        ("merge" | "replace", None) => wrong("does not exist; cannot merge or replace"),
        ("" | "create", Some(_)) => wrong("exists; behavior must be merge or replace"),
        ("merge", Some(known)) => {
            for field in ["data", "metadata"] {
                let mut more = resource.tree[field].clone();
                more.as_object_mut().into_iter().for_each(|fields| drop(fields.remove("name")));
                if !more.is_null() {
                    crate::patch::merge_json(&mut known.tree[field], &more);
                }
            }
            Ok(())
        }
        ("replace", Some(known)) => {
            resource.tree["metadata"]["name"] = known.name().into();
            keep_metadata(&mut resource, known);
            resource.names = known.names.clone();
            *known = resource;
            Ok(())
        }
        _ => add(resources, resource),
    }
}

/// Labels and annotations stay where a generator replaces what another made.
fn keep_metadata(resource: &mut Resource, known: &Resource) {
    for field in ["labels", "annotations"] {
        let own = std::mem::take(&mut resource.tree["metadata"][field]);
        let mut all = known.tree["metadata"][field].clone();
        if own.is_object() {
            crate::patch::merge_json(&mut all, &own);
        }
        match all {
            Value::Null => _ = resource.tree["metadata"].as_object_mut().map(|fields| fields.remove(field)),
            all => resource.tree["metadata"][field] = all,
        }
    }
}

/// What a generator's sources hold; Secrets hold it in base64.
fn data(
    builder: &Builder,
    kustomization: &Kustomization,
    generator: &Value,
    encodes: bool,
) -> Result<Map<String, Value>, String> {
    let mut data = Map::new();
    let mut put = |key: &str, text: &str| {
        let value = if encodes { in_lines(&base64::encode(text.as_bytes())) } else { text.to_string() };
        match data.insert(key.to_string(), value.into()) {
            Some(_) => {
                let name = generator["name"].as_str().unwrap_or_default();
                Err(format!("configmap {name} illegally repeats the key `{key}`"))
            }
            None => Ok(()),
        }
    };
    let list = |field: &str| generator[field].as_array().into_iter().flatten().filter_map(Value::as_str);
    // Models api/kv/kv.go: Load.
    let loading = |what: &str, field: &str, why: String| {
        format!("loading KV pairs: {what}: [{}]: {why}", list(field).collect::<Vec<_>>().join(" "))
    };
    for path in list("envs").chain(generator["env"].as_str()) {
        let file = builder.file(kustomization, path);
        for line in file.map_err(|why| loading("env source files", "envs", why))?.lines() {
            let line = line.trim_start();
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            put(key, value)?;
        }
    }
    for literal in list("literals") {
        let (key, value) = literal.split_once('=').filter(|(key, _)| !key.is_empty()).ok_or_else(|| {
            let why = format!("invalid literal source {literal}, expected key=value");
            loading("literal sources", "literals", why).replacen("sources:", "sources", 1)
        })?;
        let bare = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote));
        put(key, bare.unwrap_or(value))?;
    }
    for file in list("files") {
        let failed = |why| loading("file sources", "files", why);
        let (key, path) = file_source(file).map_err(failed)?;
        put(key, builder.file(kustomization, path).map_err(failed)?)?;
    }
    Ok(data)
}

/// The key and the path of a file. Models api/internal/generators: ParseFileSource.
fn file_source(file: &str) -> Result<(&str, &str), String> {
    match file.split_once('=') {
        None => Ok((file.rsplit('/').next().unwrap_or(file), file)),
        Some(("", path)) => Err(format!("missing key name for file path {path:?} in source {file:?}")),
        Some((key, "")) => Err(format!("missing file path for key name {key:?} in source {file:?}")),
        Some((_, path)) if path.contains('=') => {
            Err(format!("source {file:?} key name or file path contains '='"))
        }
        Some(pair) => Ok(pair),
    }
}

/// Base64 as kustomize writes it: what does not fit into one line ends each. Models kyaml's `generator.encodeBase64`.
fn in_lines(text: &str) -> String {
    const LINE: usize = 70;
    if text.len() < LINE {
        return text.to_string();
    }
    let mut lines = String::new();
    for (n, letter) in text.chars().enumerate() {
        if n > 0 && n % LINE == 0 {
            lines.push('\n');
        }
        lines.push(letter);
    }
    lines + "\n"
}

/// Gives names a hash of what they stand for, where they want one.
pub(super) fn add_hashes(resources: &mut [Resource]) {
    for resource in resources.iter_mut().filter(|resource| resource.wants_hash) {
        // kustomize means to have the name in the hash, and looks for it at a place where it never is (hasher.go: getNodeValues).
        let name = format!("{}-{}", resource.name(), hash("", &resource.tree));
        resource.rename(name);
    }
}

/// Ten signs that stand for a name and what a ConfigMap or Secret holds.
fn hash(name: &str, tree: &Value) -> String {
    let mut content = json!({"kind": tree["kind"], "name": name, "data": tree["data"]});
    if tree["kind"] == "Secret" {
        content["type"] = tree["type"].as_str().unwrap_or_default().into();
    }
    if content["data"].is_null() {
        content["data"] = "".into();
    }
    if tree["binaryData"].is_object() {
        content["binaryData"] = tree["binaryData"].clone();
    }
    // No vowels and nothing that is mistaken for one: so that no words come out.
    let sign = |c: char| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        c => c,
    };
    sha256::hex(&go_json(content.to_string())).chars().take(10).map(sign).collect()
}

/// `--append-hash` of `kubectl create configmap` and `secret`: the same hash. Models `k8s.io/kubectl/pkg/util/hash`.
pub(in crate::kubectl) fn append_hash(tree: &mut Value, kind: &str) {
    let mut content = tree.clone();
    content["kind"] = kind.into();
    if content["data"].as_object().is_some_and(Map::is_empty) || content["data"].is_null() {
        content["data"] = if kind == "Secret" { json!({}) } else { Value::Null };
    }
    let name = tree["metadata"]["name"].as_str().unwrap_or_default();
    tree["metadata"]["name"] = format!("{name}-{}", hash(name, &content)).into();
}
