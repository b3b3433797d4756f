//! `kubectl apply --prune`: deletes what was applied before and is in no file any more. Models
//! `k8s.io/kubectl/pkg/cmd/apply/prune.go` and `pkg/util/prune/prune.go`.

use super::documents::Document;
use super::options::DryRun;
use super::printing::say;
use super::removal::Removal;
use crate::api::meta::LAST_APPLIED;
use crate::api::{Key, Kind, LabelSelector, Object, Uid};
use crate::apiserver::{DeleteOptions, handlers};
use crate::kubectl::announce::log;
use crate::kubectl::resource::list;
use crate::kubectl::selector::parse_labels;
use crate::kubectl::{Failure, Invocation};
use crate::process::Io;
use std::rc::Rc;

/// What is pruned unless `--prune-allowlist` says something else.
const PRUNED: &[Kind] = &[
    Kind::ConfigMap,
    Kind::Endpoints,
    Kind::PersistentVolumeClaim,
    Kind::Pod,
    Kind::ReplicationController,
    Kind::Secret,
    Kind::Service,
    Kind::Job,
    Kind::CronJob,
    Kind::Ingress,
    Kind::DaemonSet,
    Kind::Deployment,
    Kind::ReplicaSet,
    Kind::StatefulSet,
    Kind::Namespace,
    Kind::PersistentVolume,
];

const DEPRECATED: &str = "Deprecated: kubectl apply will no longer prune non-namespaced resources by default when used \
    with the --namespace flag in a future release. To preserve the current behaviour, list the resources you want to \
    target explicitly in the --prune-allowlist flag.";

/// The kinds that may be pruned. Errors: `--prune-allowlist` names none.
pub(super) fn kinds(inv: &Invocation) -> Result<Vec<Kind>, Failure> {
    let given = inv.list("prune-allowlist");
    if given.is_empty() {
        return Ok(PRUNED.to_vec());
    }
    let mut kinds = Vec::new();
    for text in given {
        let [group, version, name] = text.split('/').collect::<Vec<_>>()[..] else {
            return Err(Failure::client(format!(
                "invalid GroupVersionKind format: {text}, please follow <group/version/kind>"
            )));
        };
        let group = if group == "core" { "" } else { group };
        let is_it = |kind: &Kind| {
            let info = kind.info();
            info.name == name && info.group == group && info.version == version
        };
        match Kind::of_resource(&name.to_ascii_lowercase()).filter(is_it) {
            Some(kind) => kinds.push(kind),
            None => {
                let shown = if group.is_empty() { version.to_string() } else { format!("{group}/{version}") };
                return Err(Failure::client(format!("no matches for kind {name:?} in version {shown:?}")));
            }
        }
    }
    Ok(kinds)
}

/// Deletes what [`left_overs`] finds.
pub(super) fn prune(
    inv: &Invocation,
    io: &mut Io,
    documents: &[Document],
    dry_run: DryRun,
) -> Result<(), Failure> {
    let by_default = inv.list("prune-allowlist").is_empty();
    if by_default && inv.has("namespace") {
        log(io, 'W', "prune.go:71", DEPRECATED);
    }
    for object in left_overs(inv, io, documents)? {
        remove(inv, io, &object, dry_run)?;
    }
    Ok(())
}

/// What was applied and is in none of these documents, in the namespaces where they are.
pub(super) fn left_overs(
    inv: &Invocation,
    io: &Io,
    documents: &[Document],
) -> Result<Vec<Rc<Object>>, Failure> {
    let applied: Vec<Uid> =
        documents.iter().filter_map(|d| Some(io.api.store().get(&d.key())?.meta.uid)).collect();
    let mut namespaces: Vec<String> =
        documents.iter().map(|d| d.namespace.to_string()).filter(|name| !name.is_empty()).collect();
    collections::sort(&mut namespaces);
    namespaces.dedup();
    let selector = parse_labels(inv.text("selector")).map_err(Failure::Client)?;
    let kinds = kinds(inv)?;
    let (of_namespace, of_cluster): (Vec<Kind>, Vec<Kind>) =
        kinds.iter().partition(|kind| kind.info().namespaced);
    let mut objects = Vec::new();
    for namespace in &namespaces {
        for kind in &of_namespace {
            objects.extend(left_over(io, *kind, Some(namespace), &selector, &applied));
        }
    }
    for kind in &of_cluster {
        objects.extend(left_over(io, *kind, None, &selector, &applied));
    }
    Ok(objects)
}

/// The objects of a kind that were applied once, but not now.
fn left_over(
    io: &Io,
    kind: Kind,
    namespace: Option<&String>,
    selector: &LabelSelector,
    applied: &[Uid],
) -> Vec<Rc<Object>> {
    let is_left = |object: &Rc<Object>| {
        namespace.is_none_or(|namespace| **namespace == *object.meta.namespace)
            && object.meta.annotation(LAST_APPLIED).is_some()
            && !applied.contains(&object.meta.uid)
            && selector.matches(&object.meta.labels)
    };
    list(io.api.store(), kind).into_iter().filter(is_left).collect()
}

fn remove(inv: &Invocation, io: &mut Io, object: &Object, dry_run: DryRun) -> Result<(), Failure> {
    if dry_run != DryRun::Client {
        let options = DeleteOptions {
            grace_period_seconds: inv.int("grace-period").filter(|seconds| *seconds >= 0),
            propagation: Removal::of(inv)?.propagation,
            ..DeleteOptions::default()
        };
        let key: Key = object.key();
        let mode = dry_run.mode(inv, handlers::FieldValidation::Ignore);
        handlers::delete(io.api, &key, options, mode).map_err(|e| {
            let info = object.kind.info();
            let scope = if info.namespaced { "namespaced" } else { "nonNamespaced" };
            let (group, version, kind) = (info.group, info.version, info.name);
            Failure::client(format!(
                "error pruning {scope} object {group}/{version}, Kind={kind}: {}",
                e.message
            ))
        })?;
    }
    say(inv, io, object, "pruned", dry_run)
}
