//! Kustomizations: `-k DIR` and `kubectl kustomize DIR`. Models `sigs.k8s.io/kustomize/api` as kubectl uses it: resources,
//! components, generators, and the transformers that have a field of their own.

mod generate;
mod kustomization;
mod references;
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

/// `kubectl kustomize DIR`
pub fn kustomize(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let directory = match &inv.args[..] {
        [] => ".",
        [directory] => directory,
        _ => return Err(Failure::client("specify one path to kustomization.yaml")),
    };
    io.out(build(&inv.files, directory)?);
    Next::OK
}

/// The objects of a kustomization, as YAML. Errors: in kustomize's words.
pub(super) fn build(files: &BTreeMap<String, String>, directory: &str) -> Result<String, Failure> {
    let builder = Builder { files };
    let mut resources = customized(&builder, &normal(directory), Vec::new(), 0).map_err(Failure::Client)?;
    generate::add_hashes(&mut resources);
    references::fix(&mut resources);
    collections::sort_by_key(&mut resources, |resource| place(resource.kind_name()));
    let texts: Vec<String> = resources.iter().map(|resource| yaml::write(&resource.tree)).collect();
    Ok(texts.join("---\n"))
}

/// Where a kind stands among others (kustomize's legacy order).
fn place(kind: &str) -> usize {
    const FIRST: &str = "Namespace ResourceQuota StorageClass CustomResourceDefinition ServiceAccount PodSecurityPolicy Role \
        ClusterRole RoleBinding ClusterRoleBinding ConfigMap Secret Endpoints Service LimitRange PriorityClass \
        PersistentVolume PersistentVolumeClaim Deployment StatefulSet CronJob PodDisruptionBudget";
    let first = FIRST.split_whitespace().position(|known| known == kind);
    let is_last = matches!(kind, "MutatingWebhookConfiguration" | "ValidatingWebhookConfiguration");
    first.unwrap_or(if is_last { 1001 } else { 1000 })
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
    for path in kustomization.list("components").filter_map(Value::as_str) {
        let wrap = |why: String| format!("accumulating components: accumulateDirectory: {why:?}");
        resources = customized(builder, &joined(directory, path), resources, depth + 1).map_err(wrap)?;
    }
    generate::generate(builder, &kustomization, &mut resources)?;
    transform::transform(builder, &kustomization, &mut resources)?;
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
