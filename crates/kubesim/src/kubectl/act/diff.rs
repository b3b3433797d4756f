//! `kubectl diff`. Models `k8s.io/kubectl/pkg/cmd/diff/diff.go`, and of GNU diff what `diff -u -N LIVE MERGED` prints.

use super::apply_one::warn_if_deleting;
use super::documents::{self, Document};
use super::options::field_manager;
use super::prune;
use crate::api::meta::LAST_APPLIED;
use crate::api::{Kind, Object, SimTime};
use crate::apiserver::handlers::{self, FieldValidation, Mode, Patch};
use crate::base::diff;
use crate::kubectl::{Failure, Invocation, Next};
use crate::patch::{self, field_managers};
use crate::process::Io;
use serde_json::Value;
use std::fmt::Write as _;

/// `kubectl diff -f FILE`: exit code 1 when something differs.
pub fn diff(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    // 1 says that there are differences (`diff.go: CheckDiffErr`).
    differences(inv, io).map_err(|failure| match failure {
        Failure::Silent(code) => Failure::Silent(code),
        failure => Failure::Coded(2, Box::new(failure)),
    })
}

fn differences(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if !inv.has("filename") {
        return Err(Failure::client("must specify one of -f and -k"));
    }
    if inv.is("force-conflicts") && !inv.is("server-side") {
        return Err(Failure::client("--force-conflicts only works with --server-side"));
    }
    let (documents, mut failures) = documents::read(inv)?;
    if !failures.is_empty() {
        return Err(failures.remove(0));
    }
    let pruned = if inv.is("prune") { prune::left_overs(inv, io, &documents)? } else { Vec::new() };
    let folders = [("LIVE", io.api.rng.below(1 << 31)), ("MERGED", io.api.rng.below(1 << 31))];
    let folders = folders.map(|(name, number)| format!("{name}-{number}"));
    let mut changes = Vec::new();
    for document in &documents {
        let (live, merged) = versions(inv, io, document)?;
        if let Some(object) = io.api.store().get(&document.key()).cloned() {
            warn_if_deleting(io, &object);
        }
        if live != merged {
            changes.push((file_name(document), live, merged));
        }
    }
    for object in pruned {
        changes.push((object_name(&object), yaml::write(&object.to_value()), String::new()));
    }
    collections::sort(&mut changes);
    for (name, live, merged) in &changes {
        let paths = folders.each_ref().map(|folder| format!("{folder}/{name}"));
        let mut text = format!("diff -u -N {} {}\n", paths[0], paths[1]);
        let files = [("---", &paths[0], !live.is_empty()), ("+++", &paths[1], !merged.is_empty())];
        for (sign, path, is_there) in files {
            let time =
                if is_there { file_time(io.api.now) } else { "1970-01-01 00:00:00.000000000 +0000".into() };
            let _ = writeln!(text, "{sign} {path}\t{time}");
        }
        diff::unified(&live.lines().collect::<Vec<_>>(), &merged.lines().collect::<Vec<_>>(), &mut text);
        io.out(text);
    }
    if changes.is_empty() { Next::OK } else { Err(Failure::Silent(1)) }
}

/// `apps.v1.StatefulSet.default.flask`
fn file_name(document: &Document) -> String {
    let info = document.kind.info();
    let dot = if info.group.is_empty() { "" } else { "." };
    let (group, version, kind) = (info.group, info.version, info.name);
    format!("{group}{dot}{version}.{kind}.{}.{}", document.namespace, document.name)
}

fn object_name(object: &Object) -> String {
    let info = object.kind.info();
    let dot = if info.group.is_empty() { "" } else { "." };
    let (group, version, kind) = (info.group, info.version, info.name);
    format!("{group}{dot}{version}.{kind}.{}.{}", object.meta.namespace, object.meta.name)
}

fn file_time(now: SimTime) -> String {
    let text = now.rfc3339();
    format!("{}.000000000 +0000", text.trim_end_matches('Z').replace('T', " "))
}

/// The object as it is and as it would be, as YAML; the first is empty if there is none.
fn versions(inv: &Invocation, io: &mut Io, document: &Document) -> Result<(String, String), Failure> {
    let mode =
        Mode { unknown: FieldValidation::Warn, dry_run: true, manager: field_manager(inv), ..Mode::PLAIN };
    let live = io.api.store().get(&document.key()).cloned();
    let merged = if inv.is("server-side") {
        let force = inv.is("force-conflicts");
        handlers::apply(io.api, &document.key(), &document.tree, force, mode)?.object
    } else if let Some(live) = &live {
        let original = live.meta.annotation(LAST_APPLIED);
        let original = original.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
        let mut modified = document.tree.clone();
        if modified["metadata"]["annotations"].is_null() {
            modified["metadata"]["annotations"] = Value::Object(Default::default());
        }
        let patch = patch::three_way(document.kind, &original, &modified, &live.to_value());
        handlers::patch(io.api, &document.key(), &Patch::Strategic(patch), mode)?.object
    } else {
        handlers::create(io.api, document.kind, &document.tree, mode)?.object
    };
    let mut to = shown(inv, &merged);
    let mut from = live.as_ref().map(|live| shown(inv, live));
    // Nothing was stored: the version stays, and what is new has none.
    if let Some(from) = &from {
        to["metadata"]["resourceVersion"] = from["metadata"]["resourceVersion"].clone();
    } else if let Some(metadata) = to["metadata"].as_object_mut() {
        metadata.remove("resourceVersion");
    }
    if document.kind == Kind::Secret && !inv.is("show-secrets") {
        mask(from.as_mut(), &mut to);
    }
    Ok((from.as_ref().map(yaml::write).unwrap_or_default(), yaml::write(&to)))
}

/// An object as it is compared: who manages its fields is left out unless asked for.
fn shown(inv: &Invocation, object: &Object) -> Value {
    let mut tree = object.to_value();
    if inv.is("show-managed-fields") {
        tree["metadata"]["managedFields"] =
            field_managers::to_value(object.kind, &field_managers::of(object));
    }
    tree
}

/// Puts stars in the place of what a Secret holds; what differs can still be seen to. Models `diff.go: Masker`.
fn mask(from: Option<&mut Value>, to: &mut Value) {
    const ANY: &str = "***";
    const BEFORE: &str = "*** (before)";
    const AFTER: &str = "*** (after)";
    fn fields(tree: Option<&mut Value>) -> Option<&mut serde_json::Map<String, Value>> {
        tree?.get_mut("data")?.as_object_mut()
    }
    let mut nothing = (serde_json::Map::new(), serde_json::Map::new());
    let from = fields(from).unwrap_or(&mut nothing.0);
    let to = fields(Some(to)).unwrap_or(&mut nothing.1);
    for (key, old) in from.iter_mut() {
        let masks = match to.get(key) {
            Some(new) if new != old => [BEFORE, AFTER],
            _ => [ANY, ANY],
        };
        *old = masks[0].into();
        if let Some(new) = to.get_mut(key) {
            *new = masks[1].into();
        }
    }
    for (key, new) in to.iter_mut() {
        if !from.contains_key(key) {
            *new = ANY.into();
        }
    }
}
