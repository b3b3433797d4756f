//! What a kustomization changes of its resources, in kustomize's order (`api/internal/target/kusttarget_configplugin.go`).

use super::kustomization::{Builder, Kustomization};
use super::resource::{Resource, trees};
use crate::api::Kind;
use crate::kubectl::selector::parse_labels;
use crate::patch;
use serde_json::{Map, Value, json};

/// Changes them.
pub(super) fn transform(
    builder: &Builder,
    kustomization: &Kustomization,
    resources: &mut Vec<Resource>,
) -> Result<(), String> {
    for patch in kustomization.list("patchesStrategicMerge").filter_map(Value::as_str) {
        let text = if patch.contains('\n') { patch } else { builder.file(kustomization, patch)? };
        for tree in trees(text)? {
            merge(resources, &tree)?;
        }
    }
    for patch in kustomization.list("patches") {
        apply_patch(builder, kustomization, patch, resources)?;
    }
    set_namespace(kustomization.text("namespace"), resources);
    rename(kustomization.text("namePrefix"), kustomization.text("nameSuffix"), resources);
    set_labels(kustomization, resources);
    if let Some(annotations) = kustomization.map("commonAnnotations") {
        for resource in resources.iter_mut() {
            put_all(&mut resource.tree["metadata"]["annotations"], annotations);
            for template in templates(&mut resource.tree) {
                put_all(&mut template["metadata"]["annotations"], annotations);
            }
            if resource.kind_name() == "CronJob" {
                put_all(&mut resource.tree["spec"]["jobTemplate"]["metadata"]["annotations"], annotations);
            }
        }
    }
    for patch in kustomization.list("patchesJson6902") {
        apply_patch(builder, kustomization, patch, resources)?;
    }
    for wanted in kustomization.list("replicas") {
        set_replicas(wanted, resources)?;
    }
    for image in kustomization.list("images") {
        for resource in resources.iter_mut() {
            set_image(image, &mut resource.tree);
        }
    }
    Ok(())
}

fn put_all(target: &mut Value, pairs: &Map<String, Value>) {
    if !target.is_object() {
        *target = json!({});
    }
    for (key, value) in pairs {
        target[key] = match value {
            Value::String(_) => value.clone(),
            other => other.to_string().into(),
        };
    }
}

/// A strategic merge patch for the resource that it names.
fn merge(resources: &mut Vec<Resource>, patch: &Value) -> Result<(), String> {
    let wanted = Resource::new(patch.clone());
    let is_it = |resource: &Resource| {
        resource.kind_name() == wanted.kind_name()
            && resource.tree["apiVersion"] == patch["apiVersion"]
            && resource.names.iter().any(|name| name == wanted.name())
            && (wanted.namespace().is_empty() || resource.namespace() == wanted.namespace())
    };
    let Some(at) = resources.iter().position(is_it) else {
        let id = wanted.id();
        return Err(format!(
            "no resource matches strategic merge patch {id:?}: no matches for Id {id}; failed to find unique target for \
             patch {id}"
        ));
    };
    merge_into(resources, at, patch, &Value::Null)
}

/// Merges a patch into a resource, which stays what it is unless the patch's options allow another name or kind.
fn merge_into(
    resources: &mut Vec<Resource>,
    at: usize,
    patch: &Value,
    options: &Value,
) -> Result<(), String> {
    if patch["$patch"] == "delete" {
        resources.remove(at);
        return Ok(());
    }
    let resource = &mut resources[at];
    let (name, kind_name) = (resource.name().to_string(), resource.kind_name().to_string());
    let api_version = resource.tree["apiVersion"].clone();
    let mut patch = patch.clone();
    without_merge(&mut patch);
    let patch = &patch;
    match resource.kind() {
        Some(kind) => patch::strategic(kind, &mut resource.tree, patch)?,
        None => patch::merge_json(&mut resource.tree, patch),
    }
    match options["allowNameChange"] == true {
        true => resource.names.push(resource.name().to_string()),
        false => resource.tree["metadata"]["name"] = name.into(),
    }
    if options["allowKindChange"] != true {
        resource.tree["kind"] = kind_name.into();
        resource.tree["apiVersion"] = api_version;
    }
    Ok(())
}

/// Takes `$patch: merge` away, which kyaml knows as what is done anyway.
fn without_merge(patch: &mut Value) {
    match patch {
        Value::Object(fields) => {
            fields.retain(|name, value| name != "$patch" || *value != "merge");
            fields.values_mut().for_each(without_merge);
        }
        Value::Array(items) => items.iter_mut().for_each(without_merge),
        _ => {}
    }
}

/// A patch of `patches` or `patchesJson6902`.
fn apply_patch(
    builder: &Builder,
    kustomization: &Kustomization,
    entry: &Value,
    resources: &mut Vec<Resource>,
) -> Result<(), String> {
    let (inline, path) = (entry["patch"].as_str(), entry["path"].as_str());
    // The plugin's configuration stands in what it says.
    let wrong = |why: &str| {
        let config = yaml::write(entry);
        let end = if why.ends_with("path in") { ["\n", &config].concat() } else { String::new() };
        format!("trouble configuring builtin PatchTransformer with config: `\n{config}`: {why}{end}\n")
    };
    let text = match (inline, path) {
        (Some(text), None) => text,
        (None, Some(path)) => builder
            .file(kustomization, path)
            .map_err(|why| wrong(&format!("failed to get the patch file from path({path}): {why}")))?,
        (Some(_), Some(_)) => return Err(wrong("patch and path can't be set at the same time")),
        (None, None) => return Err(wrong("must specify one of patch and path in")),
    };
    let source = match path {
        Some(path) => format!("[path: {path:?}]"),
        None => format!("[patch: {text:?}]"),
    };
    let mut stream = yaml::read(text);
    let is_patch = |document: &yaml::Document| match document.value() {
        Value::Array(operations) => operations.iter().all(Value::is_object),
        tree @ Value::Object(fields) => {
            let is_whole = !tree["kind"].is_null() && !tree["metadata"]["name"].is_null();
            is_whole || fields.is_empty()
        }
        _ => false,
    };
    if stream.error.is_some() || !stream.documents.iter().all(is_patch) {
        return Err(wrong(&format!("unable to parse SM or JSON patch from {source}")));
    }
    let target = &entry["target"];
    if stream.documents.len() > 1 && target.is_null() {
        return trees(text)?.iter().try_for_each(|tree| merge(resources, tree));
    }
    let tree = stream.documents.pop().map_or(Value::Null, yaml::Document::into_value);
    if target.is_null() {
        return match tree {
            Value::Array(_) => Err(format!("must specify a target for JSON patch {source}")),
            tree => merge(resources, &tree),
        };
    }
    let mut at = 0;
    while at < resources.len() {
        let count = resources.len();
        if is_target(target, &resources[at])? {
            match &tree {
                Value::Array(operations) => {
                    patch::json(&mut resources[at].tree, operations)?;
                }
                tree => merge_into(resources, at, tree, &entry["options"])?,
            }
        }
        at += usize::from(resources.len() == count);
    }
    Ok(())
}

/// Whether a patch's or a replacement's target means this resource. Names and kinds are patterns that have to fit the whole.
pub(super) fn is_target(target: &Value, resource: &Resource) -> Result<bool, String> {
    let text = |field: &str| target[field].as_str().unwrap_or_default();
    let api_version = resource.tree["apiVersion"].as_str().unwrap_or_default();
    let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
    let mut fits = fits(text("group"), group)?
        && fits(text("version"), version)?
        && fits(text("kind"), resource.kind_name())?
        && fits(text("namespace"), resource.namespace())?;
    let mut named = text("name").is_empty();
    for name in &resource.names {
        named |= self::fits(text("name"), name)?;
    }
    fits &= named;
    for (field, map) in [("labelSelector", "labels"), ("annotationSelector", "annotations")] {
        if !text(field).is_empty() {
            let selector = parse_labels(text(field))?;
            fits &= selector.matches(&crate::api::read::pairs(&resource.tree["metadata"][map]));
        }
    }
    Ok(fits)
}

/// Whether a pattern fits a whole text, or there is none. Errors: it can't be read.
fn fits(pattern: &str, text: &str) -> Result<bool, String> {
    if pattern.is_empty() {
        return Ok(true);
    }
    fits_somewhere(&format!("^({pattern})$"), text).map_err(|_| unreadable(pattern))
}

/// Whether a pattern is found in a text. Errors: it can't be read.
pub(super) fn fits_somewhere(pattern: &str, text: &str) -> Result<bool, String> {
    shell::has_match(pattern, text).ok_or_else(|| unreadable(pattern))
}

fn unreadable(pattern: &str) -> String {
    format!("error parsing regexp: `{pattern}`")
}

fn set_namespace(namespace: &str, resources: &mut [Resource]) {
    if namespace.is_empty() {
        return;
    }
    for resource in resources {
        match resource.kind() {
            Some(Kind::Namespace) => resource.rename(namespace.to_string()),
            Some(kind) if !kind.info().namespaced => {}
            _ => resource.tree["metadata"]["namespace"] = namespace.into(),
        }
        for subject in resource.tree.get_mut("subjects").and_then(Value::as_array_mut).into_iter().flatten() {
            if subject["kind"] == "ServiceAccount" && subject["name"] == "default" {
                subject["namespace"] = namespace.into();
            }
        }
    }
}

fn rename(prefix: &str, suffix: &str, resources: &mut [Resource]) {
    if prefix.is_empty() && suffix.is_empty() {
        return;
    }
    for resource in resources {
        if !matches!(resource.kind_name(), "Namespace" | "CustomResourceDefinition" | "APIService") {
            let name = format!("{prefix}{}{suffix}", resource.name());
            resource.rename(name);
        }
    }
}

/// The templates of pods in an object, and of claims.
fn templates(tree: &mut Value) -> Vec<&mut Value> {
    let mut found = Vec::new();
    let Some(spec) = tree.get_mut("spec").filter(|spec| spec.is_object()) else { return found };
    if spec.get("jobTemplate").is_some_and(Value::is_object) {
        let job = &mut spec["jobTemplate"];
        if job.pointer("/spec/template").is_some_and(Value::is_object) {
            found.extend(job.pointer_mut("/spec/template"));
        }
    } else if spec.get("template").is_some_and(Value::is_object) {
        found.extend(spec.get_mut("template"));
    }
    found
}

fn set_labels(kustomization: &Kustomization, resources: &mut [Resource]) {
    if let Some(pairs) = kustomization.map("commonLabels") {
        label(pairs, true, true, resources);
    }
    for entry in kustomization.list("labels") {
        if let Some(pairs) = entry["pairs"].as_object() {
            let selectors = entry["includeSelectors"] == true;
            label(pairs, selectors || entry["includeTemplates"] == true, selectors, resources);
            for field in entry["fields"].as_array().into_iter().flatten() {
                put_into_field(field, pairs, resources);
            }
        }
    }
}

/// Puts pairs into a field of some resources: `{kind: Service, path: spec/extra, create: true}` (kustomize's `FieldSpec`).
fn put_into_field(field: &Value, pairs: &Map<String, Value>, resources: &mut [Resource]) {
    let path: Vec<&str> = field["path"].as_str().unwrap_or_default().split('/').collect();
    for resource in resources {
        let api_version = resource.tree["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let of_it = [("group", group), ("version", version), ("kind", resource.kind_name())];
        let is_meant =
            |(name, value): (&str, &str)| field[name].as_str().is_none_or(|wanted| wanted == value);
        if of_it.into_iter().all(is_meant) {
            put_at(&mut resource.tree, &path, field["create"] == true, pairs);
        }
    }
}

fn put_at(tree: &mut Value, path: &[&str], create: bool, pairs: &Map<String, Value>) {
    let Some((part, rest)) = path.split_first() else { return put_all(tree, pairs) };
    let (name, is_list) = part.strip_suffix("[]").map_or((*part, false), |name| (name, true));
    if !tree.is_object() || tree.get(name).is_none() && (is_list || !create) {
        return;
    }
    match &mut tree[name] {
        Value::Array(items) => items.iter_mut().for_each(|item| put_at(item, rest, create, pairs)),
        field if !is_list => {
            if field.is_null() {
                *field = json!({});
            }
            put_at(field, rest, create, pairs);
        }
        _ => {}
    }
}

fn label(pairs: &Map<String, Value>, in_templates: bool, in_selectors: bool, resources: &mut [Resource]) {
    for resource in resources {
        let kind = resource.kind_name().to_string();
        let tree = &mut resource.tree;
        put_all(&mut tree["metadata"]["labels"], pairs);
        if in_templates {
            for template in templates(tree) {
                put_all(&mut template["metadata"]["labels"], pairs);
            }
            if kind == "CronJob" {
                put_all(&mut tree["spec"]["jobTemplate"]["metadata"]["labels"], pairs);
            }
            let claims = tree.pointer_mut("/spec/volumeClaimTemplates").and_then(Value::as_array_mut);
            for claim in claims.into_iter().flatten() {
                put_all(&mut claim["metadata"]["labels"], pairs);
            }
        }
        if !in_selectors {
            continue;
        }
        for (kinds, path, create) in SELECTORS {
            if kinds.split(' ').any(|known| known == kind) {
                put_at(tree, &path.split('/').collect::<Vec<_>>(), *create, pairs);
            }
        }
    }
}

/// Where selectors stand: of which kinds, the path, and whether it is made. Models
/// `api/internal/konfig/builtinpluginconsts/commonlabels.go`.
const SELECTORS: &[(&str, &str, bool)] = &[
    ("Service ReplicationController", "spec/selector", true),
    ("Deployment StatefulSet DaemonSet ReplicaSet", "spec/selector/matchLabels", true),
    ("PodDisruptionBudget Job", "spec/selector/matchLabels", false),
    ("CronJob", "spec/jobTemplate/spec/selector/matchLabels", false),
    ("NetworkPolicy", "spec/podSelector/matchLabels", false),
    ("NetworkPolicy", "spec/ingress/from/podSelector/matchLabels", false),
    ("NetworkPolicy", "spec/egress/to/podSelector/matchLabels", false),
    (
        "Deployment StatefulSet",
        "spec/template/spec/topologySpreadConstraints/labelSelector/matchLabels",
        false,
    ),
    (
        "Deployment StatefulSet",
        "spec/template/spec/affinity/podAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
        false,
    ),
    (
        "Deployment StatefulSet",
        "spec/template/spec/affinity/podAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
        false,
    ),
    (
        "Deployment StatefulSet",
        "spec/template/spec/affinity/podAntiAffinity/preferredDuringSchedulingIgnoredDuringExecution/podAffinityTerm/labelSelector/matchLabels",
        false,
    ),
    (
        "Deployment StatefulSet",
        "spec/template/spec/affinity/podAntiAffinity/requiredDuringSchedulingIgnoredDuringExecution/labelSelector/matchLabels",
        false,
    ),
];

fn set_replicas(wanted: &Value, resources: &mut [Resource]) -> Result<(), String> {
    let name = wanted["name"].as_str().unwrap_or_default();
    let mut any = false;
    for resource in resources {
        let scales = ["Deployment", "ReplicationController", "ReplicaSet", "StatefulSet"];
        if scales.contains(&resource.kind_name()) && resource.names.iter().any(|known| known == name) {
            resource.tree["spec"]["replicas"] = wanted["count"].clone();
            any = true;
        }
    }
    if any {
        return Ok(());
    }
    Err(format!(
        "resource with name {name} does not match a config with the following GVK [Deployment.[noVer].[noGrp] \
         StatefulSet.[noVer].[noGrp] ReplicaSet.[noVer].[noGrp] ReplicationController.[noVer].[noGrp]]"
    ))
}

/// Gives the containers below a tree another image, where they have this one.
fn set_image(wanted: &Value, tree: &mut Value) {
    match tree {
        Value::Object(fields) => {
            for (field, value) in fields {
                match (field.as_str(), value) {
                    ("containers" | "initContainers", Value::Array(containers)) => {
                        containers.iter_mut().for_each(|container| change_image(wanted, container));
                    }
                    (_, value) => set_image(wanted, value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| set_image(wanted, item)),
        _ => {}
    }
}

fn change_image(wanted: &Value, container: &mut Value) {
    let Some(image) = container["image"].as_str() else { return };
    let (name, digest) = image.split_once('@').map_or((image, None), |(name, digest)| (name, Some(digest)));
    // A colon before the last slash belongs to a registry's port.
    let tag_at = name.rfind(':').filter(|at| !name[*at..].contains('/'));
    let (name, tag) = tag_at.map_or((name, None), |at| (&name[..at], Some(&name[at + 1..])));
    if wanted["name"] != name {
        return;
    }
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let (new_name, new_tag, new_digest) =
        (text(&wanted["newName"]), text(&wanted["newTag"]), text(&wanted["digest"]));
    let mut new = if new_name.is_empty() { name.to_string() } else { new_name };
    if !new_tag.is_empty() {
        new += &format!(":{new_tag}");
    } else if new_digest.is_empty() {
        new += &tag.map(|tag| format!(":{tag}")).unwrap_or_default();
        new += &digest.map(|digest| format!("@{digest}")).unwrap_or_default();
    }
    if !new_digest.is_empty() {
        new += &format!("@{new_digest}");
    }
    container["image"] = new.into();
}
