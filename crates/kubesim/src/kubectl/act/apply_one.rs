//! Client-side apply of one object. Models `k8s.io/kubectl/pkg/cmd/apply`: apply.go: applyOneObject, patcher.go.

use super::annotated::{recorded, with_last_applied};
use super::documents::Document;
use super::local;
use super::options::DryRun;
use super::printing::{say, say_tree, warn};
use crate::api::Object;
use crate::api::meta::LAST_APPLIED;
use crate::apiserver::handlers::{self, Done, Patch};
use crate::kubectl::output::go_json;
use crate::kubectl::{Failure, Invocation};
use crate::patch::{self, conflicts};
use crate::process::Io;
use serde_json::{Map, Value};

/// Makes the object of a document, or changes it to what the document says.
pub(super) fn apply_one(
    inv: &Invocation,
    io: &mut Io,
    document: &Document,
    dry_run: DryRun,
    mode: handlers::Mode,
) -> Result<(), Failure> {
    refuse_generated_name(document)?;
    let recorded = recorded(inv, document);
    let document = &*recorded;
    if document.name.is_empty() {
        let what = format!("retrieving current configuration of:\n{}\nfrom server for:", document.shown());
        return Err(document.failed(&what, Failure::client("resource name may not be empty")));
    }
    let modified = with_last_applied(&document.tree);
    let Some(current) = io.api.store().get(&document.key()).cloned() else {
        let mut tree = modified;
        prune_nulls(&mut tree);
        if dry_run == DryRun::Client {
            return say_tree(inv, io, &Document { tree, ..document.clone() }, "created");
        }
        let done = handlers::create(io.api, document.kind, &tree, mode)
            .map_err(|e| document.failed("creating", e))?;
        warn(io, &done.warnings);
        return say(inv, io, &done.object, "created", dry_run);
    };
    let last_applied = current.meta.annotation(LAST_APPLIED);
    if last_applied.is_none() {
        let what = format!("{}/{}", document.kind.info().plural, document.name);
        warn(
            io,
            &[format!(
                "resource {what} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply \
             should only be used on resources created declaratively by either kubectl create --save-config or kubectl \
             apply. The missing annotation will be patched automatically."
            )],
        );
    }
    let original = last_applied.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let patch = patch::three_way(document.kind, &original, &modified, &current.to_value());
    let unchanged = patch.as_object().is_some_and(Map::is_empty);
    if !unchanged && !inv.is_or("overwrite", true) {
        refuse_conflicts(io, document, dry_run, [&original, &modified, &current.to_value()], &patch)?;
    }
    let object = if unchanged {
        current
    } else if dry_run == DryRun::Client {
        local::patched(&current, &Patch::Strategic(patch))?.object
    } else {
        let text = patch.to_string();
        let Done { object, warnings, .. } =
            handlers::patch(io.api, &document.key(), &Patch::Strategic(patch), mode).map_err(|e| {
                let patching = document.failed("patching", e);
                document
                    .failed(&format!("applying patch:\n{text}\nto:\n{}\nfor:", document.shown()), patching)
            })?;
        warn(io, &warnings);
        object
    };
    warn_if_deleting(io, &object);
    say(inv, io, &object, if unchanged { "unchanged" } else { "configured" }, dry_run)
}

/// `--overwrite=false`: what was changed meanwhile stays as it is. kubectl makes the patch thrice, by three descriptions of the
/// kind's fields, and warns of the first two. Models patcher.go: patchSimple.
#[cold]
#[inline(never)]
fn refuse_conflicts(
    io: &mut Io,
    document: &Document,
    dry_run: DryRun,
    [original, modified, current]: [&Value; 3],
    patch: &Value,
) -> Result<(), Failure> {
    let changed = conflicts::two_way(document.kind, original, current);
    if !conflicts::are_there(document.kind, patch, &changed) {
        return Ok(());
    }
    let conflict = format!(
        "patch:\n{}\nconflicts with changes made from original to current:\n{}\n",
        yaml::write(patch),
        yaml::write(&changed)
    );
    for spec in ["openapi v3 spec", "openapi spec"] {
        io.err(format!("warning: error calculating patch from {spec}: {conflict}\n"));
    }
    let json = |tree: &Value| go_json(tree.to_string());
    let creating = format!(
        "creating patch with:\noriginal:\n{}\nmodified:\n{}\n\ncurrent:\n{}\n\nfor: {conflict}",
        json(original),
        json(modified),
        json(current)
    );
    let creating = Failure::client(creating);
    let patching = match dry_run {
        DryRun::Client => creating,
        _ => document.failed("patching", creating),
    };
    Err(document.failed(&format!("applying patch:\n\nto:\n{}\nfor:", document.shown()), patching))
}

pub(super) fn refuse_generated_name(document: &Document) -> Result<(), Failure> {
    let prefix = document.tree["metadata"]["generateName"].as_str().unwrap_or_default();
    if document.name.is_empty() && !prefix.is_empty() {
        Err(Failure::client(format!("from {prefix}: cannot use generate name with apply")))
    } else {
        Ok(())
    }
}

pub(super) fn warn_if_deleting(io: &mut Io, object: &Object) {
    if object.meta.is_terminating() {
        let name = &object.meta.name;
        warn(io, &[format!("Detected changes to resource {name} which is currently being deleted.")]);
    }
}

fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(tree) => {
            tree.retain(|_, v| !v.is_null());
            tree.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
}
