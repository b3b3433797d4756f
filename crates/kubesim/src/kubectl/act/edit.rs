//! `kubectl edit`: what becomes of the text that an editor saves. Models
//! `k8s.io/kubectl/pkg/cmd/util/editor/editoptions.go`.
//!
//! There is no editor in here: the text that one would open is that of [`editor`](crate::kubectl::editor), and what it saved
//! comes as the command's input.

use super::annotated::with_last_applied;
use super::create_all::create_all;
use super::documents;
use super::options::{field_manager, subresource, validation};
use super::printing::{named, warn};
use super::record::record;
use crate::api::Object;
use crate::api::status::{ApiError, StatusReason};
use crate::apiserver::Store;
use crate::apiserver::handlers::{self, Mode, Patch};
use crate::base::hash::name_hash;
use crate::kubectl::output::Output;
use crate::kubectl::resource::{Found, Query};
use crate::kubectl::{Failure, Invocation, Next};
use crate::manifest::input::{self, InputOptions};
use crate::patch;
use crate::process::Io;
use serde_json::{Value, json};
use std::rc::Rc;

/// One object, or a list of them.
pub(in crate::kubectl) fn original(objects: &[Rc<Object>]) -> Value {
    original_of(objects.iter().map(|object| object.to_value()).collect())
}

/// One tree, or a list of them.
pub(in crate::kubectl) fn original_of(mut trees: Vec<Value>) -> Value {
    if trees.len() == 1 {
        return trees.remove(0);
    }
    json!({"apiVersion": "v1", "kind": "List", "metadata": {}, "items": trees})
}

/// The objects in an edited text. Errors: it can't be read.
pub(in crate::kubectl) fn parse(inv: &Invocation, edited: &str) -> Result<Vec<Value>, String> {
    let options = InputOptions {
        source: "edited-file",
        namespace: inv.namespace(),
        enforce_namespace: false,
        validate: false,
    };
    let input = input::objects(edited, options);
    match input.errors.into_iter().next() {
        Some(error) => Err(error.message),
        None => Ok(input.objects.into_iter().map(|object| object.value).collect()),
    }
}

pub(in crate::kubectl) fn is_same(object: &Object, tree: &Value) -> bool {
    tree["metadata"]["uid"] == object.meta.uid.to_string()
}

/// Models `strategicpatch.CreateTwoWayMergePatch`.
pub(in crate::kubectl) fn change(object: &Object, original: &Value, edited: &Value) -> Value {
    patch::three_way(object.kind, original, edited, original)
}

/// Models editoptions.go: addError and writeTo.
pub(in crate::kubectl) fn reason(object: &Object, error: &ApiError) -> String {
    let resource = object.kind.info().qualified_plural();
    let why = error.message.split_once(" is invalid: ").map_or(error.message.as_str(), |(_, why)| why);
    let mut text = format!("# {resource} {:?} was not valid:\n", &*object.meta.name);
    for cause in why.trim_start_matches("\n* ").split("\n* ") {
        text += &format!("# * {}\n", hash_on_line_break(cause));
    }
    text + "#\n"
}

pub(in crate::kubectl) fn hash_on_line_break(text: &str) -> String {
    text.replace('\n', "\n# ")
}

/// A text's content: what is left of it without comments, and without what the cluster may have written meanwhile.
pub(super) fn content(inv: &Invocation, text: &str) -> Vec<Value> {
    let documents = yaml::read(text).documents.into_iter().map(yaml::Document::into_value);
    documents.map(|document| settled(inv, document, &Value::Null)).collect()
}

/// An object, or a list of them, as it was edited, with that of `now` which its user does not edit: the cluster goes on while the
/// editor is open.
pub(in crate::kubectl) fn settled(inv: &Invocation, mut edited: Value, now: &Value) -> Value {
    if let Some(items) = edited.get_mut("items").and_then(Value::as_array_mut) {
        items.iter_mut().for_each(|item| *item = settled(inv, item.take(), now));
    }
    let mut take = |parent: &str, name: &str| {
        let value = now.pointer(parent).and_then(|found| found.get(name)).cloned();
        let Some(fields) = edited.pointer_mut(parent).and_then(Value::as_object_mut) else { return };
        match value {
            Some(value) => _ = fields.insert(name.to_owned(), value),
            None => _ = fields.remove(name),
        }
    };
    if subresource(inv) != "status" {
        take("", "status");
    }
    take("/metadata", "resourceVersion");
    take("/metadata", "generation");
    edited
}

/// The objects to edit: those in files, those that are named, or all of a kind.
pub(in crate::kubectl) fn targets(inv: &Invocation, store: &Store) -> Result<Found, Failure> {
    if !inv.has("filename") {
        return Query::of(inv, &inv.args).listing().find(store);
    }
    let mut found = Query::of_documents(inv, documents::read_all(inv)?)?.find(store)?;
    found.failures.extend(documents::read_all(inv)?.1);
    Ok(found)
}

/// What `kubectl create --edit` opens: the objects in the files.
pub(in crate::kubectl) fn new_objects(inv: &Invocation) -> Result<Value, Failure> {
    let (documents, failures) = documents::read(inv)?;
    Failure::all(failures)?;
    let trees: Vec<Value> = documents.into_iter().map(|document| document.tree).collect();
    Ok(original_of(trees))
}

/// `kubectl create --edit -f FILE`: makes what the editor saved.
pub(super) fn create(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let before = new_objects(inv)?;
    let Some(edited) = &inv.stdin else {
        return Err(Failure::client("there is no editor here: use kubectl create without --edit"));
    };
    if content(inv, &yaml::write(&before)) == content(inv, edited) {
        io.err("Edit cancelled, no changes made.\n");
        return Next::OK;
    }
    if is_empty(edited) {
        io.err("Edit cancelled, saved file was empty.\n");
        return Next::OK;
    }
    // The editor's text takes the place of the files.
    let mut edited_inv = inv.clone();
    edited_inv.files = std::iter::once(("edited-file".to_string(), edited.clone())).collect();
    edited_inv.parsed.replace("filename", "edited-file");
    let (documents, failures) = documents::read(&edited_inv)?;
    create_all(inv, io, &documents, failures, "created")
}

/// Whether nothing but comments is left.
pub(super) fn is_empty(edited: &str) -> bool {
    edited.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'))
}

/// `kubectl edit sts flask`
pub fn edit(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let found = targets(inv, io.api.store())?;
    Failure::all(found.failures)?;
    if found.objects.is_empty() {
        return Err(Failure::client("edit cancelled, no objects found"));
    }
    let Some(edited) = &inv.stdin else {
        return Err(Failure::client("there is no editor here: use kubectl patch, scale or set"));
    };
    if content(inv, &yaml::write(&original(&found.objects))) == content(inv, edited) {
        io.err("Edit cancelled, no changes made.\n");
        return Next::OK;
    }
    if is_empty(edited) {
        io.err("Edit cancelled, saved file was empty.\n");
        return Next::OK;
    }
    let number = name_hash(io.api.seed, &[&inv.args.join(" "), &io.api.now.to_string()]) % 10_000_000_000;
    let file = format!("/tmp/kubectl-edit-{number}.yaml");
    let stored = |io: &mut Io, message: String| {
        io.err(format!("A copy of your changes has been stored to {file:?}\n"));
        Err(Failure::client(message))
    };
    // The editor opens again, with what is wrong as comments; saving the same again gives up.
    let given_up = || "Edit cancelled, no valid changes were saved.".to_string();
    let Ok(trees) = parse(inv, edited) else { return stored(io, given_up()) };
    let mode = Mode {
        unknown: validation(inv)?,
        manager: field_manager(inv),
        subresource: subresource(inv),
        ..Mode::PLAIN
    };
    let (mut invalid, mut failed) = (false, false);
    for tree in &trees {
        let Some(object) = found.objects.iter().find(|object| is_same(object, tree)) else {
            return stored(io, format!("no original object found for {tree}"));
        };
        let before = object.to_value();
        let tree = &settled(inv, tree.clone(), &before);
        if before == *tree {
            said(inv, io, object, "skipped")?;
            continue;
        }
        let unchanged = ["/apiVersion", "/kind", "/metadata/name"];
        if unchanged.iter().any(|path| before.pointer(path) != tree.pointer(path)) {
            return stored(io, "At least one of apiVersion, kind and name was changed".to_string());
        }
        let mut tree = tree.clone();
        record(inv, &mut tree);
        // Not without the flag, even where there is one: editoptions.go's visitAnnotation.
        if inv.is("save-config") {
            tree = with_last_applied(&tree);
        }
        let changes = change(object, &before, &tree);
        if inv.is("output-patch") {
            io.out(format!("Patch: {changes}\n"));
        }
        let resource = object.kind.info().qualified_plural();
        let name = &*object.meta.name;
        match handlers::patch(io.api, &object.key(), &Patch::Strategic(changes), mode) {
            Ok(done) => {
                warn(io, &done.warnings);
                said(inv, io, &done.object, "edited")?;
            }
            Err(error) if error.reason == StatusReason::Invalid => {
                io.err(format!("error: {resource} {name:?} is invalid\n"));
                invalid = true;
            }
            Err(error) => {
                io.err(format!("error: {resource} {name:?} could not be patched: {}\n", error.message));
                failed = true;
            }
        }
    }
    if failed {
        io.err(format!("You can run `kubectl replace -f {file}` to try this update again.\n"));
        return Err(Failure::Silent(1));
    }
    if invalid { stored(io, given_up()) } else { Next::OK }
}

fn said(inv: &Invocation, io: &mut Io, object: &Object, done: &str) -> Result<(), Failure> {
    match Output::of(inv)? {
        Output::Table { .. } => io.out(format!("{} {done}\n", named(object.kind, &object.meta.name))),
        other => io.out(other.print(object)?),
    }
    Ok(())
}
