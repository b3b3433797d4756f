//! `kubectl set selector` and `kubectl set subject`. Models `k8s.io/kubectl/pkg/cmd/set`: set_selector.go, set_subject.go.

use super::modify::{each, send, targets};
use super::options::DryRun;
use super::printing::say;
use crate::api::Kind;
use crate::api::meta::Requirement;
use crate::api::status::ApiError;
use crate::apiserver::handlers::Patch;
use crate::kubectl::resource::Found;
use crate::kubectl::selector::parse_labels;
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use serde_json::{Map, Value, json};

/// `kubectl set selector service flask app=flask`
pub fn set_selector(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let Some((text, resources)) = inv.args.split_last() else {
        return Err(Failure::client("one selector is required"));
    };
    let wrong = |why| Failure::client(format!("couldn't parse the selector string \"{text}\": {why}"));
    let requirements = parse_labels(text).map_err(wrong)?.match_expressions;
    // `=` is a label of the selector, all else an expression.
    let is_label = |r: &&Requirement| r.values.len() == 1 && text.contains(&format!("{}=", r.key));
    let expressions: Vec<String> = requirements
        .iter()
        .filter(|requirement| !is_label(requirement))
        .map(|r| format!("{{{} {:?} [{}]}}", r.key, r.operator, r.values.join(" ")))
        .collect();
    let found = targets(inv, io, resources)?;
    each(inv, io, found, &|io, object, dry_run| {
        if object.kind != Kind::Service {
            return Err(Failure::client("setting a selector is only supported for Services"));
        }
        if !expressions.is_empty() {
            let expressions = expressions.join(" ");
            let why = format!("match expression [{expressions}] not supported on this object");
            return Err(Failure::client(why));
        }
        let version = inv.text("resource-version");
        if !version.is_empty() && version != object.meta.resource_version.to_string() {
            return Err(ApiError::conflict(&object.key()).into());
        }
        let tree = object.to_value();
        let old = tree["spec"]["selector"].as_object().into_iter().flatten();
        let mut selector: Map<String, Value> =
            collections::collect(old.map(|(key, _)| (key.clone(), Value::Null)));
        for requirement in &requirements {
            selector.insert(requirement.key.to_string(), (*requirement.values[0]).into());
        }
        let done = send(inv, io, object, &Patch::Merge(json!({"spec": {"selector": selector}})), dry_run)?;
        say(inv, io, &done.object, "selector updated", dry_run)
    })
}

/// `kubectl set subject rolebinding reader --user=jane`
pub fn set_subject(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    let found = targets(inv, io, &inv.args)?;
    Failure::all(found.failures)?;
    if inv.is("local") && dry_run == DryRun::Server {
        let why = "cannot specify --local and --dry-run=server - did you mean --dry-run=client?";
        return Err(Failure::client(why));
    }
    if inv.is("all") && inv.has("selector") {
        return Err(Failure::client("cannot set --all and --selector at the same time"));
    }
    const GROUP: &str = "rbac.authorization.k8s.io";
    let mut subjects: Vec<Value> = Vec::new();
    let sorted = |flag: &str| {
        let mut names = inv.list(flag).to_vec();
        collections::sort(&mut names);
        names.dedup();
        names
    };
    for (flag, kind) in [("user", "User"), ("group", "Group")] {
        let names = sorted(flag).into_iter();
        subjects.extend(names.map(|name| json!({"apiGroup": GROUP, "kind": kind, "name": name})));
    }
    for account in sorted("serviceaccount") {
        let parts: Vec<&str> = account.split(':').collect();
        let [namespace, name] = parts[..] else {
            return Err(Failure::client("serviceaccount must be <namespace>:<name>"));
        };
        if name.is_empty() {
            return Err(Failure::client("serviceaccount must be <namespace>:<name>"));
        }
        let is_of_cluster = found.objects.iter().any(|object| object.kind == Kind::ClusterRoleBinding);
        if namespace.is_empty() && is_of_cluster {
            let why = "serviceaccount must be <namespace>:<name>, namespace must be specified";
            return Err(Failure::client(why));
        }
        let namespace = if namespace.is_empty() { inv.namespace() } else { namespace };
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    if subjects.is_empty() {
        let why = "you must specify at least one value of user, group or serviceaccount";
        return Err(Failure::client(why));
    }
    let found = Found { failures: Vec::new(), ..found };
    each(inv, io, found, &|io, object, dry_run| {
        let info = object.kind.info();
        if !matches!(object.kind, Kind::RoleBinding | Kind::ClusterRoleBinding) {
            let why = "setting subjects is only supported for RoleBinding/ClusterRoleBinding";
            return Err(Failure::Plain(format!("error: {}/{} {why}\n", info.plural, object.meta.name)));
        }
        let tree = object.to_value();
        let mut all = tree["subjects"].as_array().cloned().unwrap_or_default();
        let before = all.len();
        all.extend(subjects.iter().filter(|subject| !all.contains(subject)).cloned().collect::<Vec<_>>());
        if all.len() == before {
            return Ok(());
        }
        let done = send(inv, io, object, &Patch::Merge(json!({"subjects": all})), dry_run).map_err(|e| {
            Failure::client(format!("failed to patch subjects to rolebinding: {}", e.message))
        })?;
        say(inv, io, &done.object, "subjects updated", dry_run)
    })
}
