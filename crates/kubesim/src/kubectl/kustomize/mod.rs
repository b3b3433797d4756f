//! Kustomizations: `-k DIR` and `kubectl kustomize DIR`. Models `sigs.k8s.io/kustomize/api` as kubectl uses it: resources,
//! components, generators, and the transformers that have a field of their own.

mod generate;
mod kustomization;
mod references;
mod replacements;
mod resource;
mod sha256;
mod transform;

pub(super) use generate::append_hash;

use super::{Failure, Invocation, Next};
use crate::process::Io;
use kustomization::{Builder, joined, missing, normal};
use resource::{Resource, add, trees};
use serde_json::Value;
use std::collections::BTreeMap;

/// How deep kustomizations may build on others.
const MOST_DEPTH: usize = 20;
/// In how many of them deprecated fields are looked for.
const MOST_KUSTOMIZATIONS: usize = 1000;

/// The flags: those of plugins, which nothing runs here, are refused (`announce::REFUSED`).
pub const FLAGS: &str = "o:output load-restrictor e:env, as-current-user? enable-alpha-plugins? enable-helm? helm-api-versions, \
    helm-command helm-debug? helm-kube-version mount, network? network-name";

/// `kubectl kustomize DIR`
pub fn kustomize(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let directory = match &inv.args[..] {
        [] => ".",
        [directory] => directory,
        _ => return Err(Failure::client("specify one path to kustomization.yaml")),
    };
    let restricts = match inv.text("load-restrictor") {
        "" | "LoadRestrictionsRootOnly" => true,
        "LoadRestrictionsNone" => false,
        other => {
            return Err(Failure::client(format!(
                "illegal flag value --load-restrictor {other}; legal values: [LoadRestrictionsRootOnly LoadRestrictionsNone]"
            )));
        }
    };
    io.err(deprecated(&inv.files, directory));
    let resources = resources(&Builder { files: &inv.files, restricts }, directory)?;
    match (inv.text("output"), &inv.disk) {
        ("", _) | (_, None) => io.out(text_of(&resources)),
        (path, Some(disk)) => {
            let path = disk.absolute(path);
            if !disk.files.borrow().stat(&path).is_some_and(|stat| stat.dir) {
                disk.put(&path, &text_of(&resources), io.api.now)?;
                return Next::OK;
            }
            let mut namespaces: Vec<&str> = resources.iter().filter_map(Resource::own_namespace).collect();
            collections::sort(&mut namespaces);
            namespaces.dedup();
            for resource in &resources {
                let namespace = resource.own_namespace().filter(|_| namespaces.len() > 1);
                let file = resource.file_name(namespace);
                disk.put(&[&path, "/", &file].concat(), &yaml::write(&resource.tree), io.api.now)?;
            }
        }
    }
    Next::OK
}

/// What kustomize says of deprecated fields of a kustomization, and of those on which it builds.
pub(super) fn deprecated(files: &BTreeMap<String, String>, directory: &str) -> String {
    let builder = Builder { files, restricts: true };
    let (mut text, mut left, mut seen) = (String::new(), vec![normal(directory)], 0);
    while let Some(directory) = left.pop().filter(|_| seen < MOST_KUSTOMIZATIONS) {
        seen += 1;
        let Ok(kustomization) = builder.kustomization(&directory) else { continue };
        text.extend(kustomization.deprecated());
        let lists = ["resources", "bases", "components"];
        let below = lists.into_iter().flat_map(|list| kustomization.list(list)).filter_map(Value::as_str);
        let below: Vec<String> = below.map(|path| joined(&directory, path)).collect();
        left.extend(below.into_iter().rev().filter(|path| builder.read(path).is_none()));
    }
    text
}

/// The objects of a kustomization, as YAML. Errors: in kustomize's words.
pub(super) fn build(files: &BTreeMap<String, String>, directory: &str) -> Result<String, Failure> {
    resources(&Builder { files, restricts: true }, directory).map(|resources| text_of(&resources))
}

fn text_of(resources: &[Resource]) -> String {
    resources.iter().map(|resource| yaml::write(&resource.tree)).collect::<Vec<_>>().join("---\n")
}

/// The objects of a kustomization, in their order.
fn resources(builder: &Builder, directory: &str) -> Result<Vec<Resource>, Failure> {
    let mut resources =
        customized(builder, &mut Vec::new(), &normal(directory), Vec::new()).map_err(Failure::Client)?;
    generate::add_hashes(&mut resources);
    references::fix(&mut resources);
    sort(
        &mut resources,
        builder.kustomization(&normal(directory)).map_err(Failure::Client)?.field("sortOptions"),
    )?;
    for resource in &mut resources {
        // Where no label or annotation is left, there is no map of them.
        let metadata = resource.tree["metadata"].as_object_mut();
        metadata.into_iter().for_each(|fields| fields.retain(|name, value| !is_empty_map(name, value)));
    }
    Ok(resources)
}

fn is_empty_map(name: &str, value: &Value) -> bool {
    matches!(name, "labels" | "annotations") && value.as_object().is_some_and(serde_json::Map::is_empty)
}

/// Puts resources in the order that is asked for. Models SortOrderTransformer.go. Errors: there is no such order.
fn sort(resources: &mut [Resource], options: &Value) -> Result<(), Failure> {
    let (order, own) = (&options["order"], &options["legacySortOptions"]);
    match order.as_str() {
        Some("fifo") if !own.is_null() => {
            return Err(Failure::client(
                "the field 'sortOptions.legacySortOptions' is set but the selected sort order is 'fifo', not 'legacy'",
            ));
        }
        Some("fifo") => return Ok(()),
        None if options.is_null() => {}
        Some("legacy") => {}
        _ => return Err(Failure::client("the field 'sortOptions.order' must be one of [fifo, legacy]")),
    }
    let found = |list: &Value, kind: &str| {
        list.as_array().into_iter().flatten().position(|known| *known == kind).map(|at| at as i64)
    };
    let length = |list: &Value| list.as_array().map_or(0, Vec::len) as i64;
    let (first, last) = (&own["orderFirst"], &own["orderLast"]);
    let place = |kind: &str| match own.is_null() {
        true => place(kind),
        false => found(last, kind)
            .map(|at| at + 1)
            .or_else(|| found(first, kind).map(|at| at - length(first)))
            .unwrap_or(0),
    };
    collections::sort_by_key(resources, |resource| {
        let api_version = resource.tree["apiVersion"].as_str().unwrap_or_default();
        let (group, version) = api_version.split_once('/').unwrap_or(("~G", api_version));
        let namespace = if resource.namespace().is_empty() { "~X" } else { resource.namespace() };
        let kind = resource.kind_name();
        (place(kind), format!("{group}_{version}_{kind}"), format!("{namespace}|{}", resource.name()))
    });
    Ok(())
}

/// Where a kind stands among others (kustomize's legacy order).
fn place(kind: &str) -> i64 {
    const FIRST: &str = "Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy Role \
        ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass \
        PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget";
    let first = FIRST.split_whitespace().position(|known| known == kind);
    match kind {
        "MutatingWebhookConfiguration" => 1001,
        "ValidatingWebhookConfiguration" => 1002,
        _ => first.map_or(1000, |at| at as i64),
    }
}

/// What a kustomization makes of these resources and of its own; `above` are the kustomizations that build on it.
fn customized(
    builder: &Builder,
    above: &mut Vec<String>,
    directory: &str,
    mut resources: Vec<Resource>,
) -> Result<Vec<Resource>, String> {
    let contains = |known: &String| {
        known.strip_prefix(directory).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if let Some(known) = above.iter().find(|known| contains(known)) {
        return Err(format!("cycle detected: candidate root '{directory}' contains visited root '{known}'"));
    }
    if above.len() > MOST_DEPTH {
        return Err(format!("kustomizations that build on {MOST_DEPTH} others are not simulated"));
    }
    let kustomization = builder.kustomization(directory)?;
    above.push(directory.to_string());
    for path in kustomization.list("resources").chain(kustomization.list("bases")).filter_map(Value::as_str) {
        // Models kusttarget.go: accumulateResources. What is no file is tried as a directory.
        let wrap = |why: String| {
            format!("accumulating resources: accumulation err='accumulating resources from '{path}': {why}")
        };
        let (more, is_file) = resources_at(builder, above, directory, path).map_err(wrap)?;
        let full = joined(directory, path);
        for resource in more {
            add(&mut resources, resource).map_err(|why| match is_file {
                true => format!(
                    "accumulating resources: accumulation err='merging resources from '{path}': {why}': {}",
                    no_directory(&full)
                ),
                false => {
                    let at = format!("'{full}' must resolve to a file");
                    format!("{}: recursed merging from path '{full}': {why}", wrap(at))
                }
            })?;
        }
    }
    generate::generate(builder, &kustomization, &mut resources)?;
    for path in kustomization.list("components").filter_map(Value::as_str) {
        let wrap = |why: String| format!("accumulating components: accumulateDirectory: {why:?}");
        let full = joined(directory, path);
        if !builder.is_directory(&full) {
            let why = format!("must build at directory: not a valid directory: {}", missing(&full));
            return Err(format!("accumulating components: loader.New {why:?}"));
        }
        if builder.kustomization(&full).is_ok_and(|it| it.text("kind") != "Component") {
            return Err(wrap(format!("expected kind 'Component' for path '{full}' but got 'Kustomization'")));
        }
        resources = customized(builder, above, &full, resources).map_err(wrap)?;
    }
    transform::transform(builder, &kustomization, &mut resources)?;
    replacements::replace(builder, &kustomization, &mut resources)?;
    above.pop();
    Ok(resources)
}

fn no_directory(path: &str) -> String {
    format!("must build at directory: '{path}': file is not directory")
}

/// The resources in a file, or those of a kustomization, and which it was.
fn resources_at(
    builder: &Builder,
    above: &mut Vec<String>,
    directory: &str,
    path: &str,
) -> Result<(Vec<Resource>, bool), String> {
    if path.contains("://") || path.starts_with("github.com/") || path.starts_with("git@") {
        return Err(format!("resources from the network are not simulated: {path}'"));
    }
    let full = joined(directory, path);
    let Some(text) = builder.read(&full) else {
        if builder.is_directory(&full) {
            return match customized(builder, above, &full, Vec::new()) {
                Ok(resources) => Ok((resources, false)),
                Err(why) if why.starts_with("cycle detected") => {
                    Err(format!("'{full}' must resolve to a file': {why}"))
                }
                Err(why) if builder.kustomization(&full).is_err() => Err(format!(
                    "'{full}' must resolve to a file': couldn't make target for path '{full}': {why}"
                )),
                Err(why) => Err(format!(
                    "'{full}' must resolve to a file': recursed accumulation of path '{full}': {why}"
                )),
            };
        }
        let why = missing(&full);
        return Err(format!("{why}': must build at directory: not a valid directory: {why}"));
    };
    builder.refuse_outside(&full, directory).map_err(|why| format!("{why}': {}", no_directory(&full)))?;
    trees(text)
        .map(|trees| (trees.into_iter().map(Resource::new).collect(), true))
        .map_err(|why| format!("{why}': {}", no_directory(&full)))
}

#[cfg(test)]
mod tests;
