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

/// `kubectl kustomize DIR`
pub fn kustomize(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let directory = match &inv.args[..] {
        [] => ".",
        [directory] => directory,
        _ => return Err(Failure::client("specify one path to kustomization.yaml")),
    };
    io.err(deprecated(&inv.files, directory));
    io.out(build(&inv.files, directory)?);
    Next::OK
}

/// What kustomize says of deprecated fields of a kustomization, and of those on which it builds.
pub(super) fn deprecated(files: &BTreeMap<String, String>, directory: &str) -> String {
    let builder = Builder { files };
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
    let builder = Builder { files };
    let mut resources = customized(&builder, &normal(directory), Vec::new(), 0).map_err(Failure::Client)?;
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
    let texts: Vec<String> = resources.iter().map(|resource| yaml::write(&resource.tree)).collect();
    Ok(texts.join("---\n"))
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

/// What a kustomization makes of these resources and of its own.
fn customized(
    builder: &Builder,
    directory: &str,
    mut resources: Vec<Resource>,
    depth: usize,
) -> Result<Vec<Resource>, String> {
    if depth > MOST_DEPTH {
        return Err(format!("cycle detected: {directory:?} builds on itself"));
    }
    let kustomization = builder.kustomization(directory)?;
    for path in kustomization.list("resources").chain(kustomization.list("bases")).filter_map(Value::as_str) {
        let wrap = |why: String| {
            format!("accumulating resources: accumulation err='accumulating resources from '{path}': {why}'")
        };
        let more = resources_at(builder, directory, path, depth).map_err(wrap)?;
        for resource in more {
            add(&mut resources, resource)?;
        }
    }
    generate::generate(builder, &kustomization, &mut resources)?;
    for path in kustomization.list("components").filter_map(Value::as_str) {
        let wrap = |why: String| format!("accumulating components: accumulateDirectory: {why:?}");
        resources = customized(builder, &joined(directory, path), resources, depth + 1).map_err(wrap)?;
    }
    transform::transform(builder, &kustomization, &mut resources)?;
    replacements::replace(builder, &kustomization, &mut resources)?;
    Ok(resources)
}

/// The resources in a file, or those of a kustomization.
fn resources_at(
    builder: &Builder,
    directory: &str,
    path: &str,
    depth: usize,
) -> Result<Vec<Resource>, String> {
    if path.contains("://") || path.starts_with("github.com/") || path.starts_with("git@") {
        return Err(format!("resources from the network are not simulated: {path}"));
    }
    let full = joined(directory, path);
    let Some(text) = builder.read(&full) else {
        if builder.is_directory(&full) {
            return customized(builder, &full, Vec::new(), depth + 1);
        }
        return Err(missing(&full));
    };
    trees(text).map(|trees| trees.into_iter().map(Resource::new).collect())
}

#[cfg(test)]
mod tests;
