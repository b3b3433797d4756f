//! `kubectl rollout`. Models `k8s.io/kubectl/pkg/cmd/rollout` and `pkg/polymorphichelpers`: rollout_status.go, history.go,
//! rollback.go, objectrestarter.go, objectpauser.go.

use super::modify::targets;
use super::options::DryRun;
use super::printing::{say, warn};
use crate::api::meta::LAST_APPLIED;
use crate::api::stateful_set::UpdateStrategy;
use crate::api::{Body, Key, Kind, Object, SimTime};
use crate::apiserver::Change;
use crate::apiserver::handlers::{self, Patch};
use crate::kubectl::describe::template_text;
use crate::kubectl::output::Output;
use crate::kubectl::resource::{Found, Query};
use crate::kubectl::table::TabWriter;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::process::{Io, Program, Step};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

/// Which revision of its Deployment a ReplicaSet is, or a Deployment runs.
const REVISION: &str = "deployment.kubernetes.io/revision";

/// What `kubectl rollout` says of itself.
pub const HELP: &str = "Manage the rollout of one or many resources.
        
 Valid resource types include:

  *  deployments
  *  daemonsets
  *  statefulsets

Examples:
  # Rollback to the previous deployment
  kubectl rollout undo deployment/abc
  
  # Check the rollout status of a daemonset
  kubectl rollout status daemonset/foo
  
  # Restart a deployment
  kubectl rollout restart deployment/abc
  
  # Restart deployments with the 'app=nginx' label
  kubectl rollout restart deployment --selector=app=nginx

Available Commands:
  history       View rollout history
  pause         Mark the provided resource as paused
  restart       Restart a resource
  resume        Resume a paused resource
  status        Show the status of the rollout
  undo          Undo a previous rollout

Usage:
  kubectl rollout SUBCOMMAND [options]";

/// The objects of the arguments, and what was not found; a kind alone means all its objects.
fn found(inv: &Invocation, io: &Io) -> Result<Found, Failure> {
    if inv.args.is_empty() && !inv.has("filename") {
        return Err(Failure::client("required resource not specified"));
    }
    if inv.has("filename") {
        targets(inv, io, &inv.args)
    } else {
        Query::of(inv, &inv.args).listing().find(io.api.store())
    }
}

/// `statefulsets.apps "flask" pausing is not supported`
fn unsupported(object: &Object, what: &str) -> Failure {
    let resource = object.kind.info().qualified_plural();
    Failure::client(format!("{resource} {:?} {what}", &*object.meta.name))
}

/// `kubectl rollout status sts/flask`
pub fn status(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if inv.int("revision").is_some_and(|n| n < 0) {
        let n = inv.text("revision");
        return Err(Failure::client(format!("revision must be a positive integer: {n}")));
    }
    let Found { objects, failures, .. } = found(inv, io)?;
    if objects.is_empty() && failures.is_empty() {
        io.err(format!("No resources found in {} namespace.\n", inv.namespace()));
        return Next::OK;
    }
    let timeout = inv.duration("timeout").filter(|t| t.0 > 0);
    Ok(Next::GoOn(Box::new(Status {
        left: objects.iter().map(|o| o.key()).collect(),
        watches: inv.is_or("watch", true),
        revision: inv.int("revision").unwrap_or(0),
        timeout,
        current: None,
        failures,
    })))
}

/// Tells of every version of one object after the other until its rollout is over.
struct Status {
    left: VecDeque<Key>,
    watches: bool,
    /// The revision that is meant; 0 for any.
    revision: i64,
    timeout: Option<crate::api::Span>,
    current: Option<Versions>,
    /// What was not found, or can't be told.
    failures: Vec<Failure>,
}

/// The versions of an object, as a watch shows them.
struct Versions {
    key: Key,
    first: bool,
    position: usize,
    until: Option<SimTime>,
}

impl Versions {
    /// The next version, if there is one: `Some(None)` if the object is gone.
    fn next(&mut self, io: &Io) -> Option<Option<Rc<Object>>> {
        if std::mem::take(&mut self.first) {
            self.position = io.api.history().len();
            return io.api.store().get(&self.key).cloned().map(Some);
        }
        while let Some(entry) = io.api.history().since(self.position).first() {
            self.position += 1;
            if let Change::Object { key, after, .. } = &entry.change
                && *key == self.key
            {
                return Some(after.clone());
            }
        }
        None
    }
}

impl Program for Status {
    fn run(&mut self, io: &mut Io) -> Step {
        loop {
            if self.current.is_none() {
                let Some(key) = self.left.pop_front() else {
                    return match Failure::all(std::mem::take(&mut self.failures)) {
                        Ok(()) => Step::Exit(0),
                        Err(failure) => fail(&failure, io),
                    };
                };
                let until = self.timeout.map(|t| io.api.now + t);
                self.current = Some(Versions { key, first: true, position: 0, until });
            }
            let Some(versions) = &mut self.current else { return Step::Exit(0) };
            while let Some(version) = versions.next(io) {
                let told = match version {
                    Some(object) => {
                        refuse_other_revision(&object, self.revision).and_then(|()| rollout_status(&object))
                    }
                    None => Err("object has been deleted".to_string()),
                };
                match told {
                    Err(why) => {
                        self.failures.push(Failure::client(why));
                        self.current = None;
                        break;
                    }
                    Ok((text, done)) => {
                        io.out(text);
                        if done || !self.watches {
                            self.current = None;
                            break;
                        }
                    }
                }
            }
            match &self.current {
                None => continue,
                Some(Versions { until: None, .. }) => return Step::OnChange,
                Some(Versions { until: Some(until), .. }) if *until > io.api.now => {
                    return Step::OnChangeOrAt(*until);
                }
                Some(_) => {
                    self.failures.push(Failure::client("timed out waiting for the condition"));
                    self.current = None;
                }
            }
        }
    }
}

/// Refuses a Deployment that runs another revision than the one that is meant.
fn refuse_other_revision(object: &Object, wanted: i64) -> Result<(), String> {
    if wanted == 0 || object.kind != Kind::Deployment {
        return Ok(());
    }
    let runs: i64 = object.meta.annotation(REVISION).and_then(|text| text.parse().ok()).unwrap_or(0);
    if runs == wanted {
        return Ok(());
    }
    Err(format!("desired revision ({wanted}) is different from the running revision ({runs})"))
}

/// How far a DaemonSet's rollout is.
fn daemon_set_status(object: &Object) -> Result<(String, bool), String> {
    let tree = object.to_value();
    if tree["spec"]["updateStrategy"]["type"] == "OnDelete" {
        return Err("rollout status is only available for RollingUpdate strategy type".to_string());
    }
    let (name, status) = (&*object.meta.name, &tree["status"]);
    let count = |field: &str| status[field].as_i64().unwrap_or(0);
    if object.meta.generation > count("observedGeneration") {
        return Ok(("Waiting for daemon set spec update to be observed...\n".to_string(), false));
    }
    let wanted = count("desiredNumberScheduled");
    let (updated, available) = (count("updatedNumberScheduled"), count("numberAvailable"));
    let what = if updated < wanted {
        format!("{updated} out of {wanted} new pods have been updated")
    } else if available < wanted {
        format!("{available} of {wanted} updated pods are available")
    } else {
        return Ok((format!("daemon set {name:?} successfully rolled out\n"), true));
    };
    Ok((format!("Waiting for daemon set {name:?} rollout to finish: {what}...\n"), false))
}

/// How far an object's rollout is, and whether it is over. Errors: it can't be told.
fn rollout_status(object: &Object) -> Result<(String, bool), String> {
    let generation = object.meta.generation;
    match &object.body {
        Body::StatefulSet(set) => {
            let UpdateStrategy::RollingUpdate { partition, .. } = set.spec.update_strategy else {
                return Err("rollout status is only available for RollingUpdate strategy type".to_string());
            };
            let (status, replicas) = (&set.status, set.spec.replicas);
            if status.observed_generation == 0 || generation > status.observed_generation {
                return Ok(("Waiting for statefulset spec update to be observed...\n".to_string(), false));
            }
            if status.ready_replicas < replicas {
                let missing = replicas - status.ready_replicas;
                return Ok((format!("Waiting for {missing} pods to be ready...\n"), false));
            }
            let (updated, wanted) = (status.updated_replicas, replicas - partition);
            if updated < wanted {
                let text = "Waiting for partitioned roll out to finish";
                return Ok((
                    format!("{text}: {updated} out of {wanted} new pods have been updated...\n"),
                    false,
                ));
            }
            Ok((format!("partitioned roll out complete: {updated} new pods have been updated...\n"), true))
        }
        Body::Deployment(deployment) => {
            let (status, name, wanted) = (&deployment.status, &*object.meta.name, deployment.spec.replicas);
            if generation > status.observed_generation {
                return Ok(("Waiting for deployment spec update to be observed...\n".to_string(), false));
            }
            let late = status.conditions.iter().any(|c| {
                *c.condition.kind == *"Progressing"
                    && c.condition.reason.as_deref() == Some("ProgressDeadlineExceeded")
            });
            if late {
                return Err(format!("deployment {name:?} exceeded its progress deadline"));
            }
            let (updated, available) = (status.updated_replicas, status.available_replicas);
            let what = if updated < wanted {
                format!("{updated} out of {wanted} new replicas have been updated")
            } else if status.replicas > updated {
                format!("{} old replicas are pending termination", status.replicas - updated)
            } else if available < updated {
                format!("{available} of {updated} updated replicas are available")
            } else {
                return Ok((format!("deployment {name:?} successfully rolled out\n"), true));
            };
            Ok((format!("Waiting for deployment {name:?} rollout to finish: {what}...\n"), false))
        }
        _ if object.kind == Kind::DaemonSet => daemon_set_status(object),
        _ => Err(format!("no status viewer has been implemented for {}", group_kind(object.kind))),
    }
}

/// `StatefulSet.apps`; the core group has no suffix (`schema.GroupKind.String`).
fn group_kind(kind: Kind) -> String {
    let info = kind.info();
    if info.group.is_empty() { info.name.to_string() } else { format!("{}.{}", info.name, info.group) }
}

/// What an object's template was, by revision: the template and the reason of the change. Errors: a kind without a history.
fn history_of(io: &Io, object: &Object) -> Result<BTreeMap<i64, (Value, Option<String>)>, Failure> {
    let store = io.api.store();
    let owned = |kind: Kind| {
        let all: Vec<_> = store.list_in(kind, &object.meta.namespace).cloned().collect();
        all.into_iter().filter(|o| o.meta.is_controlled_by(object.meta.uid))
    };
    let cause = |o: &Object| o.meta.annotation("kubernetes.io/change-cause").map(String::from);
    match object.kind {
        Kind::StatefulSet | Kind::DaemonSet => {
            Ok(collections::collect(owned(Kind::ControllerRevision).map(|o| {
                let revision = o.controller_revision();
                (revision.revision, (revision.data["spec"]["template"].clone(), cause(&o)))
            })))
        }
        Kind::Deployment => Ok(collections::collect(owned(Kind::ReplicaSet).filter_map(|o| {
            let revision = o.meta.annotation(REVISION)?.parse().ok()?;
            Some((revision, (o.to_value()["spec"]["template"].clone(), cause(&o))))
        }))),
        kind => {
            Err(Failure::client(format!("no history viewer has been implemented for {:?}", group_kind(kind))))
        }
    }
}

/// `kubectl rollout history sts/flask`
pub fn history(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if let Some(revision) = inv.int("revision").filter(|revision| *revision < 0) {
        return Err(Failure::client(format!("revision must be a positive integer: {revision}")));
    }
    let output = Output::of(inv)?;
    let Found { objects, mut failures, .. } = found(inv, io)?;
    for object in objects {
        let shown = match output {
            Output::Table { .. } => show_history(inv, io, &object),
            // Only `-o` asks for the history; a template alone is for the object.
            _ if !inv.has("output") => output.print(&object).map(|text| io.out(text)),
            _ => print_history(inv, io, &object, &output),
        };
        failures.extend(shown.err());
    }
    Failure::all(failures)?;
    Next::OK
}

fn no_such_revision() -> Failure {
    Failure::client("unable to find the specified revision")
}

fn show_history(inv: &Invocation, io: &mut Io, object: &Object) -> Result<(), Failure> {
    let name = super::printing::named(object.kind, &object.meta.name);
    let history = history_of(io, object)?;
    let asked = inv.int("revision").unwrap_or(0);
    if history.is_empty() {
        io.out(format!("{name} \nNo rollout history found.\n"));
    } else if asked > 0 {
        let (template, _) = history.get(&asked).ok_or_else(no_such_revision)?;
        let text = template_text(io.api.store(), object, template, io.api.now);
        io.out(format!("{name} with revision #{asked}\n{text}\n"));
    } else {
        let mut table = "REVISION\tCHANGE-CAUSE\n".to_string();
        for (revision, (_, cause)) in &history {
            table.push_str(&format!("{revision}\t{}\n", cause.as_deref().unwrap_or("<none>")));
        }
        io.out(format!("{name} \n{}\n", TabWriter::description().align(&table)));
    }
    Ok(())
}

/// `-o`: a Deployment's ReplicaSets, or the set as each revision had it.
fn print_history(inv: &Invocation, io: &mut Io, object: &Object, output: &Output) -> Result<(), Failure> {
    let asked = inv.int("revision").unwrap_or(0);
    let history = history_of(io, object)?;
    let replica_set = |revision: i64| {
        let mut sets = io.api.store().list_in(Kind::ReplicaSet, &object.meta.namespace);
        let text = revision.to_string();
        let is_it = |set: &&Rc<Object>| {
            set.meta.is_controlled_by(object.meta.uid) && set.meta.annotation(REVISION) == Some(&text)
        };
        sets.find(is_it).map(|set| output.tree(set))
    };
    let mut trees = Vec::new();
    for (revision, (template, _)) in &history {
        if asked > 0 && asked != *revision {
            continue;
        }
        let mut tree = output.tree(object);
        if object.kind == Kind::Deployment {
            tree = replica_set(*revision).unwrap_or_default();
        } else {
            tree["spec"]["template"] = plain(template.clone());
        }
        trees.push(tree);
    }
    if asked > 0 && trees.is_empty() {
        return Err(no_such_revision());
    }
    for (n, tree) in trees.iter().enumerate() {
        if n > 0 && matches!(output, Output::Yaml { .. }) {
            io.out("---\n");
        }
        let text = match output {
            Output::Name => format!("{}/{}\n", object.kind.info().qualified_singular(), object.meta.name),
            output => output.print_tree(tree)?,
        };
        io.out(text);
    }
    Ok(())
}

/// A template without what only histories have.
fn plain(mut template: Value) -> Value {
    template.as_object_mut().into_iter().for_each(|fields| drop(fields.remove("$patch")));
    let labels = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut);
    labels.into_iter().for_each(|labels| drop(labels.remove("pod-template-hash")));
    template
}

/// `kubectl rollout undo sts/flask`
pub fn undo(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    let Found { objects, mut failures, .. } = found(inv, io)?;
    for object in objects {
        failures.extend(undo_one(inv, io, &object, dry_run).err());
    }
    Failure::all(failures)?;
    Next::OK
}

fn undo_one(inv: &Invocation, io: &mut Io, object: &Rc<Object>, dry_run: DryRun) -> Result<(), Failure> {
    if object.meta.annotation(LAST_APPLIED).is_some() {
        let what = format!("{}/{}", object.kind.info().plural, object.meta.name);
        let warning = format!(
            "resource {what} was previously managed with 'kubectl apply'. Rolling back will not update the {LAST_APPLIED} \
             annotation, which may cause unexpected behavior on future 'kubectl apply' operations. Consider using \
             'kubectl apply' with your previous configuration file instead."
        );
        warn(io, &[warning]);
    }
    if !matches!(object.kind, Kind::StatefulSet | Kind::Deployment | Kind::DaemonSet) {
        let kind = group_kind(object.kind);
        return Err(Failure::client(format!("no rollbacker has been implemented for {kind:?}")));
    }
    let asked = inv.int("to-revision").unwrap_or(0);
    let history = history_of(io, object)?;
    let found = template_of(object, &history, asked)?;
    if dry_run == DryRun::Client {
        let text = template_text(io.api.store(), object, &found, io.api.now);
        let will = if object.kind == Kind::Deployment { "" } else { "will roll back to " };
        return say(inv, io, object, &format!("{will}{text}"), dry_run);
    }
    if matches!(&object.body, Body::Deployment(deployment) if deployment.spec.paused) {
        return Err(Failure::client(
            "you cannot rollback a paused deployment; resume it first with 'kubectl rollout resume' and try again",
        ));
    }
    let mut tree = object.to_value();
    let then = plain(found);
    let done = if plain(tree["spec"]["template"].clone()) == then {
        format!("skipped rollback (current template already matches revision {asked})")
    } else {
        tree["spec"]["template"] = then;
        if object.kind == Kind::Deployment {
            restore_annotations(io, object, &history, asked, &mut tree);
        }
        let mode = dry_run.mode(inv, handlers::FieldValidation::Ignore);
        handlers::replace(io.api, &object.key(), &tree, mode)
            .map_err(|e| Failure::client(format!("failed restoring revision {asked}: {}", e.message)))?;
        "rolled back".to_string()
    };
    say(inv, io, object, &done, dry_run)
}

/// Annotations that a Deployment keeps whatever revision it is rolled back to (rollback.go: annotationsToSkip).
const OWN_ANNOTATIONS: &[&str] = &[
    LAST_APPLIED,
    REVISION,
    "deployment.kubernetes.io/revision-history",
    "deployment.kubernetes.io/desired-replicas",
    "deployment.kubernetes.io/max-replicas",
    "deprecated.deployment.rollback.to",
];

/// Gives a Deployment the annotations of the ReplicaSet to which it is rolled back.
fn restore_annotations(
    io: &Io,
    object: &Object,
    history: &BTreeMap<i64, (Value, Option<String>)>,
    asked: i64,
    tree: &mut Value,
) {
    let revision = match asked {
        0 => history.keys().rev().nth(1).copied().unwrap_or_default(),
        revision => revision,
    };
    let text = revision.to_string();
    let mut sets = io.api.store().list_in(Kind::ReplicaSet, &object.meta.namespace);
    let is_it = |set: &&Rc<Object>| {
        set.meta.is_controlled_by(object.meta.uid) && set.meta.annotation(REVISION) == Some(&text)
    };
    let Some(set) = sets.find(is_it) else { return };
    let is_own = |name: &str| OWN_ANNOTATIONS.contains(&name);
    let kept = object.meta.annotations.iter().filter(|(name, _)| is_own(name));
    let restored = set.meta.annotations.iter().filter(|(name, _)| !is_own(name));
    let all: serde_json::Map<String, Value> = collections::collect(
        kept.chain(restored).map(|(name, value)| (name.to_string(), Value::from(&**value))),
    );
    tree["metadata"]["annotations"] = all.into();
}

/// The template of a revision; of the last but one if none is asked for.
fn template_of(
    object: &Object,
    history: &BTreeMap<i64, (Value, Option<String>)>,
    asked: i64,
) -> Result<Value, Failure> {
    let last_but_one = history.values().rev().nth(1);
    let found = match asked {
        0 if object.kind == Kind::Deployment => last_but_one.ok_or_else(|| {
            Failure::client(format!("no rollout history found for deployment {:?}", &*object.meta.name))
        })?,
        0 => last_but_one.ok_or_else(|| Failure::client("no last revision to roll back to"))?,
        n => history
            .get(&n)
            .ok_or_else(|| Failure::client(format!("unable to find specified revision {n} in history")))?,
    };
    Ok(found.0.clone())
}

/// When somebody restarted an object's pods last, to the second.
const RESTARTED_AT: &str = "kubectl.kubernetes.io/restartedAt";

/// `kubectl rollout restart`, `pause` and `resume`.
pub fn change(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let verb = inv.verb.name.trim_start_matches("rollout ");
    let dry_run = DryRun::of(inv)?;
    let Found { objects, mut failures, .. } = found(inv, io)?;
    if objects.is_empty() && failures.is_empty() {
        io.err(format!("No resources found in {} namespace.\n", inv.namespace()));
    }
    for object in &objects {
        let paused = matches!(&object.body, Body::Deployment(d) if d.spec.paused);
        let (patch, done) = match (verb, object.kind) {
            ("restart", Kind::StatefulSet | Kind::Deployment | Kind::DaemonSet) if !paused => {
                let now = io.api.now.rfc3339();
                let template = &object.to_value()["spec"]["template"];
                if template["metadata"]["annotations"][RESTARTED_AT] == now {
                    failures.push(Failure::client(format!(
                        "failed to create patch for {}: if restart has already been triggered within the past second, please \
                         wait before attempting to trigger another",
                        object.meta.name
                    )));
                    continue;
                }
                let annotations = json!({RESTARTED_AT: now});
                (json!({"spec": {"template": {"metadata": {"annotations": annotations}}}}), "restarted")
            }
            ("restart", Kind::Deployment) => {
                failures
                    .push(unsupported(object, "can't restart paused deployment (run rollout resume first)"));
                continue;
            }
            ("restart", _) => {
                failures.push(unsupported(object, "restarting is not supported"));
                continue;
            }
            ("pause", Kind::Deployment) if paused => {
                failures.push(unsupported(object, "is already paused"));
                continue;
            }
            ("pause", Kind::Deployment) => (json!({"spec": {"paused": true}}), "paused"),
            ("resume", Kind::Deployment) if paused => (json!({"spec": {"paused": false}}), "resumed"),
            ("resume", Kind::Deployment) => {
                failures.push(unsupported(object, "is not paused"));
                continue;
            }
            ("pause", _) => {
                failures.push(unsupported(object, "pausing is not supported"));
                continue;
            }
            _ => {
                failures.push(unsupported(object, "resuming is not supported"));
                continue;
            }
        };
        if dry_run != DryRun::Client {
            let mode = dry_run.mode(inv, handlers::FieldValidation::Ignore);
            handlers::patch(io.api, &object.key(), &Patch::Strategic(patch), mode)?;
        }
        say(inv, io, object, done, dry_run)?;
    }
    Failure::all(failures)?;
    Next::OK
}
