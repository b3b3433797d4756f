//! `kubectl apply set-last-applied`, `view-last-applied` and `edit-last-applied`: the annotation that `apply` compares with.
//! Models `k8s.io/kubectl/pkg/cmd/apply`: apply_set_last_applied.go, apply_view_last_applied.go, apply_edit_last_applied.go.

use super::annotated::with_last_applied;
use super::documents;
use super::edit::{content, is_empty, original_of, parse, targets as edited_objects};
use super::local;
use super::modify::targets;
use super::options::{DryRun, field_manager, validation};
use super::printing::say;
use crate::api::Object;
use crate::api::meta::LAST_APPLIED;
use crate::apiserver::handlers::{self, Mode, Patch};
use crate::kubectl::{Failure, Invocation, Next, output};
use crate::process::Io;
use serde_json::{Value, json};
use std::rc::Rc;

/// `kubectl apply view-last-applied sts/flask`
pub fn view(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let found = targets(inv, io, &inv.args)?;
    Failure::all(found.failures)?;
    let mut text = String::new();
    for object in &found.objects {
        // An object without one is passed over: kubectl means to say so, and does not.
        let Some(applied) = object.meta.annotation(LAST_APPLIED) else { continue };
        let tree: Value = serde_json::from_str(applied).map_err(|e| Failure::client(e.to_string()))?;
        match inv.text("output") {
            "" | "yaml" => text.push_str(&yaml::write(&tree)),
            "json" => {
                let indented = serde_json::to_string_pretty(&tree).expect("a tree can be written");
                text.push_str(&output::go_json(indented));
                text.push('\n');
            }
            other => {
                return Err(inv.usage(format!(
                    "Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"
                )));
            }
        }
    }
    io.out(text);
    Next::OK
}

/// What `kubectl apply edit-last-applied` opens: what was applied last of the objects, with them.
pub(in crate::kubectl) fn applied_last(objects: &[Rc<Object>]) -> Result<Vec<(Rc<Object>, Value)>, Failure> {
    let mut found = Vec::new();
    for object in objects {
        let Some(applied) = object.meta.annotation(LAST_APPLIED) else { continue };
        let tree: Value = serde_json::from_str(applied).map_err(|e| Failure::client(e.to_string()))?;
        found.push((object.clone(), tree));
    }
    if found.is_empty() {
        return Err(Failure::client(
            "no last-applied-configuration annotation found on resources, to create the annotation, use command `kubectl apply \
             set-last-applied --create-annotation`",
        ));
    }
    Ok(found)
}

/// `kubectl apply edit-last-applied sts/flask`: what the editor saved. Models editoptions.go: visitToApplyEditPatch.
pub fn edit(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let found = edited_objects(inv, io.api.store())?;
    Failure::all(found.failures)?;
    let before = applied_last(&found.objects)?;
    let Some(edited) = &inv.stdin else {
        return Err(Failure::client("there is no editor here: use kubectl apply set-last-applied"));
    };
    let trees: Vec<Value> = before.iter().map(|(_, tree)| tree.clone()).collect();
    if content(inv, &yaml::write(&original_of(trees))) == content(inv, edited) {
        io.err("Edit cancelled, no changes made.\n");
        return Next::OK;
    }
    if is_empty(edited) {
        io.err("Edit cancelled, saved file was empty.\n");
        return Next::OK;
    }
    let Ok(trees) = parse(inv, edited) else {
        return Err(Failure::client("Edit cancelled, no valid changes were saved."));
    };
    let mode = Mode { unknown: validation(inv)?, manager: field_manager(inv), ..Mode::PLAIN };
    for tree in &trees {
        let name = |tree: &Value| [&tree["kind"], &tree["metadata"]["name"]].map(Value::clone);
        let Some((object, applied)) = before.iter().find(|(_, applied)| name(applied) == name(tree)) else {
            return Err(Failure::client(format!("no original object found for {tree}")));
        };
        if applied == tree {
            say(inv, io, object, "skipped", DryRun::No)?;
            continue;
        }
        let text = with_last_applied(tree)["metadata"]["annotations"][LAST_APPLIED].clone();
        let patch = Patch::Merge(json!({"metadata": {"annotations": {LAST_APPLIED: text}}}));
        let patched = handlers::patch(io.api, &object.key(), &patch, mode)?.object;
        say(inv, io, &patched, "edited", DryRun::No)?;
    }
    Next::OK
}

/// `kubectl apply set-last-applied -f FILE`
pub fn set(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if !inv.has("filename") {
        return Err(Failure::client("required flag(s) \"filename\" not set"));
    }
    let dry_run = DryRun::of(inv)?;
    let (documents, failures) = documents::read_all(inv)?;
    Failure::all(failures)?;
    let mut changed = Vec::new();
    // All are looked at before the first is changed.
    for document in &documents {
        let object = io.api.get(&document.key())?;
        let before = object.meta.annotation(LAST_APPLIED);
        if before.is_none() && !inv.is("create-annotation") {
            let name = &document.name;
            return Err(Failure::client(format!(
                "no last-applied-configuration annotation found on resource: {name}, to create the annotation, run the \
                 command with --create-annotation"
            )));
        }
        let with = with_last_applied(&document.tree);
        let after = with["metadata"]["annotations"][LAST_APPLIED].as_str().unwrap_or_default().to_string();
        if before.is_some_and(|before| before.trim_end() == after.trim_end()) {
            io.out(format!("set-last-applied {}: no changes required.\n", document.name));
        } else {
            changed.push((object, after));
        }
    }
    for (object, text) in changed {
        let patch = Patch::Merge(json!({"metadata": {"annotations": {LAST_APPLIED: text}}}));
        let shown = match dry_run {
            DryRun::Client => local::patched(&object, &patch)?.object,
            _ => {
                let mode = Mode { dry_run: dry_run == DryRun::Server, ..Mode::PLAIN };
                handlers::patch(io.api, &object.key(), &patch, mode)?.object
            }
        };
        say(inv, io, &shown, "configured", dry_run)?;
    }
    Next::OK
}
