//! `kubectl label` and `kubectl annotate`. Models `k8s.io/kubectl/pkg/cmd/label/label.go` and `annotate/annotate.go`.

use super::modify::{each, resources_and_pairs, send, targets};
use super::options::DryRun;
use super::printing::say;
use crate::api::status::ApiError;
use crate::api::{self, Object};
use crate::apiserver::handlers::Patch;
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use crate::validation::names;
use serde_json::{Map, Value, json};

/// What a command asks for.
struct Update {
    /// `label`, not `annotate`.
    labels: bool,
    /// What errors call one: `label` or `annotation`.
    what: &'static str,
    set: Map<String, Value>,
    removed: Vec<String>,
}

impl Update {
    /// The changes in the arguments. Errors: a text that is no label's value.
    fn of(labels: bool, what: &'static str, pairs: &[String]) -> Result<Update, Failure> {
        let (mut set, mut removed) = (Map::new(), Vec::new());
        for pair in pairs {
            match pair.split_once('=') {
                Some((_, value)) if labels && value.contains('=') => {
                    return Err(Failure::client(format!("invalid label spec: {pair}")));
                }
                Some((name, value)) => {
                    let wrong = if labels { names::label_value(value) } else { Vec::new() };
                    if !wrong.is_empty() {
                        let why = wrong.join(";");
                        return Err(Failure::client(format!("invalid label value: {pair:?}: {why}")));
                    }
                    set.insert(name.to_string(), value.into());
                }
                None => removed.push(pair.strip_suffix('-').unwrap_or(pair).to_string()),
            }
        }
        Ok(Update { labels, what, set, removed })
    }

    fn refuse_both(&self) -> Result<(), Failure> {
        let Some(both) = self.removed.iter().find(|name| self.set.contains_key(*name)) else { return Ok(()) };
        Err(Failure::client(if self.labels {
            "can not both modify and remove a label in the same command".to_string()
        } else {
            format!("can not both modify and remove the following annotation(s) in the same command: {both}")
        }))
    }

    /// Refuses values that are another already. Models validateNoAnnotationOverwrites.
    fn refuse_overwrites(&self, map: &api::Map) -> Result<(), Failure> {
        // The cause of a change can always be another.
        let is_free = |name: &str| !self.labels && name == "kubernetes.io/change-cause";
        let mut clashes = Vec::new();
        for (name, value) in &self.set {
            if let Some(old) = map.get(name.as_str()).filter(|old| value.as_str() != Some(old))
                && !is_free(name)
            {
                clashes.push(["'", name, "' already has a value (", old, ")"].concat());
            }
        }
        if clashes.is_empty() {
            return Ok(());
        }
        if self.labels {
            let message = |clash: String| Failure::client(clash + ", and --overwrite is false");
            return Failure::all(clashes.into_iter().map(message).collect());
        }
        let message = "--overwrite is false but found the following declared annotation(s): ";
        Err(Failure::client([message, &clashes.join("; ")].concat()))
    }

    /// `--list`: labels as they would be.
    fn list(&self, io: &mut Io, object: &Object, map: &api::Map, single: bool) {
        let mut listed: Map<String, Value> =
            collections::collect(map.iter().map(|(key, value)| (key.to_string(), Value::from(&**value))));
        listed.extend(self.set.clone());
        self.removed.iter().for_each(|name| drop(listed.remove(name)));
        let indent = if single { "" } else { " " };
        if !single {
            let (kind, group) = (object.kind.name(), object.kind.info().group);
            io.out(format!("Listing {}s for {kind}.{group}/{}:\n", self.what, object.meta.name));
        }
        for (key, value) in listed {
            io.out([indent, &key, "=", value.as_str().unwrap_or_default(), "\n"].concat());
        }
    }
}

/// `kubectl label pod flask-0 tier=web old-`, and `kubectl annotate` likewise.
pub fn label(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let labels = inv.verb.name == "label";
    let what = if labels { "label" } else { "annotation" };
    let (resources, pairs) = resources_and_pairs(inv, what)?;
    let update = Update::of(labels, what, &pairs)?;
    if labels {
        update.refuse_both()?;
    }
    refuse_flags(inv, labels, !resources.is_empty())?;
    if pairs.is_empty() && !inv.is("list") {
        return Err(Failure::client(format!("at least one {what} update is required")));
    }
    update.refuse_both()?;
    let found = targets(inv, io, &resources)?;
    let wanted_version = inv.text("resource-version");
    let single = found.single || (inv.has("filename") && found.objects.len() == 1);
    if !single && !wanted_version.is_empty() {
        return Err(Failure::client("--resource-version may only be used with a single resource"));
    }
    each(inv, io, found, &|io, object, dry_run| {
        let map = if labels { &object.meta.labels } else { &object.meta.annotations };
        let lists = inv.is("list");
        let asks = labels && !lists && !inv.is("local") && dry_run != DryRun::Client;
        for name in update.removed.iter().filter(|name| asks && !map.contains_key(name.as_str())) {
            io.out(format!("label {name:?} not found.\n"));
        }
        if !inv.is("overwrite") {
            update.refuse_overwrites(map)?;
        }
        if lists {
            update.list(io, object, map, single);
            return Ok(());
        }
        let mut set = update.set.iter();
        let adds = set.any(|(name, value)| map.get(name.as_str()).is_none_or(|v| value.as_str() != Some(v)));
        let removes = update.removed.iter().any(|name| map.contains_key(name.as_str()));
        let is_stale =
            !wanted_version.is_empty() && wanted_version != object.meta.resource_version.to_string();
        if is_stale && (adds || removes || !labels) && dry_run != DryRun::Client && !inv.is("local") {
            return Err(ApiError::conflict(&object.key()).into());
        }
        let mut shown = object.clone();
        if adds || removes || inv.is("record") {
            let mut change = update.set.clone();
            change.extend(update.removed.iter().map(|name| (name.clone(), Value::Null)));
            let field = if labels { "labels" } else { "annotations" };
            shown =
                send(inv, io, object, &Patch::Merge(json!({"metadata": {field: change}})), dry_run)?.object;
        }
        let done = match (adds, removes) {
            _ if !labels => "annotated",
            (true, true) => "modified",
            (true, false) => "labeled",
            (false, true) => "unlabeled",
            (false, false) => "not labeled",
        };
        say(inv, io, &shown, done, dry_run)
    })
}

/// What `label` and `annotate` refuse of their flags and of what they are to change.
fn refuse_flags(inv: &Invocation, labels: bool, names_resources: bool) -> Result<(), Failure> {
    if inv.is("list") && inv.has("output") {
        return Err(Failure::client("--list and --output may not be specified together"));
    }
    for flag in ["selector", "field-selector"] {
        if inv.is("all") && inv.has(flag) {
            return Err(Failure::client(format!("cannot set --all and --{flag} at the same time")));
        }
    }
    if !inv.is("local") {
        return if names_resources || inv.has("filename") {
            Ok(())
        } else {
            Err(Failure::client(
                "one or more resources must be specified as <resource> <name> or <resource>/<name>",
            ))
        };
    }
    let example = if labels { "pod" } else { "rsrc" };
    if DryRun::of(inv)? == DryRun::Server {
        let why = "cannot specify --local and --dry-run=server - did you mean --dry-run=client?";
        return Err(Failure::client(why));
    }
    if names_resources {
        return Err(Failure::client(format!(
            "can only use local files by -f {example}.yaml or --filename={example}.json when --local=true is set"
        )));
    }
    if inv.has("filename") {
        Ok(())
    } else {
        Err(Failure::client(format!(
            "one or more files must be specified as -f {example}.yaml or --filename={example}.json"
        )))
    }
}
