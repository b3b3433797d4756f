//! `kubectl rollout`. Models `k8s.io/kubectl/pkg/cmd/rollout` and `pkg/polymorphichelpers`: rollout_status.go, history.go,
//! rollback.go, objectrestarter.go, objectpauser.go.

use super::apply::LAST_APPLIED;
use super::modify::targets;
use super::options::DryRun;
use super::printing::{say, warn};
use crate::api::stateful_set::UpdateStrategy;
use crate::api::{Body, Key, Kind, Object, SimTime};
use crate::apiserver::Change;
use crate::apiserver::handlers::{self, Patch};
use crate::kubectl::describe::template_text;
use crate::kubectl::resource::Query;
use crate::kubectl::table::TabWriter;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::process::{Io, Program, Step};
use serde_json::{Value, json};
use std::collections::{BTreeMap, VecDeque};
use std::rc::Rc;

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
  kubectl rollout SUBCOMMAND [options]

Use \"kubectl rollout <command> --help\" for more information about a given command.
Use \"kubectl options\" for a list of global command-line options (applies to all commands).
";

/// `kubectl rollout` or `kubectl set` without a subcommand, or with one that there isn't.
pub fn parent(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if let Some(word) = inv.args.first() {
        return Err(inv.usage(format!("unknown command {word:?}")));
    }
    io.err(inv.verb.help);
    Err(Failure::Silent(1))
}

/// The objects of the arguments; a kind alone means all its objects.
fn found(inv: &Invocation, io: &Io) -> Result<Vec<Rc<Object>>, Failure> {
    if inv.args.is_empty() && !inv.has("filename") {
        return Err(Failure::client("required resource not specified"));
    }
    let found = if inv.has("filename") {
        targets(inv, io, &inv.args)?
    } else {
        Query::of(inv, &inv.args).listing().find(io.api.store())?
    };
    Failure::all(found.failures)?;
    Ok(found.objects)
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
    let objects = found(inv, io)?;
    if objects.is_empty() {
        io.err(format!("No resources found in {} namespace.\n", inv.namespace()));
        return Next::OK;
    }
    let timeout = inv.duration("timeout").filter(|t| t.0 > 0);
    Ok(Next::GoOn(Box::new(Status {
        left: objects.iter().map(|o| o.key()).collect(),
        watches: inv.is_or("watch", true),
        timeout,
        current: None,
    })))
}

/// Tells of every version of one object after the other until its rollout is over.
struct Status {
    left: VecDeque<Key>,
    watches: bool,
    timeout: Option<crate::api::Span>,
    current: Option<Versions>,
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
                let Some(key) = self.left.pop_front() else { return Step::Exit(0) };
                let until = self.timeout.map(|t| io.api.now + t);
                self.current = Some(Versions { key, first: true, position: 0, until });
            }
            let Some(versions) = &mut self.current else { return Step::Exit(0) };
            while let Some(version) = versions.next(io) {
                let told = match version {
                    Some(object) => rollout_status(&object),
                    None => Err("object has been deleted".to_string()),
                };
                match told {
                    Err(why) => return fail(&Failure::client(why), io),
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
                Some(_) => return fail(&Failure::client("timed out waiting for the condition"), io),
            }
        }
    }
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
            let revision = o.meta.annotation("deployment.kubernetes.io/revision")?.parse().ok()?;
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
    for object in found(inv, io)? {
        let name = super::printing::named(object.kind, &object.meta.name);
        let history = history_of(io, &object)?;
        let asked = inv.int("revision").unwrap_or(0);
        if history.is_empty() {
            io.out(format!("{name} \nNo rollout history found.\n"));
        } else if asked > 0 {
            let (template, _) = history
                .get(&asked)
                .ok_or_else(|| Failure::client("unable to find the specified revision"))?;
            let text = template_text(io.api.store(), &object, template, io.api.now);
            io.out(format!("{name} with revision #{asked}\n{text}\n"));
        } else {
            let mut table = "REVISION\tCHANGE-CAUSE\n".to_string();
            for (revision, (_, cause)) in &history {
                table.push_str(&format!("{revision}\t{}\n", cause.as_deref().unwrap_or("<none>")));
            }
            io.out(format!("{name} \n{}\n", TabWriter::description().align(&table)));
        }
    }
    Next::OK
}

/// `kubectl rollout undo sts/flask`
pub fn undo(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    for object in found(inv, io)? {
        if object.meta.annotation(LAST_APPLIED).is_some() {
            let what = format!("{}/{}", object.kind.info().plural, object.meta.name);
            warn(
                io,
                &[format!(
                    "resource {what} was previously managed with 'kubectl apply'. Rolling back will not update the \
                 {LAST_APPLIED} annotation, which may cause unexpected behavior on future 'kubectl apply' operations. \
                 Consider using 'kubectl apply' with your previous configuration file instead."
                )],
            );
        }
        if !matches!(object.kind, Kind::StatefulSet | Kind::Deployment) {
            let kind = group_kind(object.kind);
            return Err(Failure::client(format!("no rollbacker has been implemented for {kind:?}")));
        }
        let asked = inv.int("to-revision").unwrap_or(0);
        let history = history_of(io, &object)?;
        let template = template_of(&object, &history, asked)?;
        let mut tree = object.to_value();
        let mut now = tree["spec"]["template"].clone();
        let mut then = template;
        for template in [&mut now, &mut then] {
            template.as_object_mut().into_iter().for_each(|t| {
                t.remove("$patch");
            });
            let labels = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut);
            labels.into_iter().for_each(|labels| {
                labels.remove("pod-template-hash");
            });
        }
        let done = if now == then {
            format!("skipped rollback (current template already matches revision {asked})")
        } else {
            tree["spec"]["template"] = then;
            let mode = dry_run.mode(inv, handlers::FieldValidation::Ignore);
            if dry_run != DryRun::Client {
                handlers::replace(io.api, &object.key(), &tree, mode)?;
            }
            "rolled back".to_string()
        };
        say(inv, io, &object, &done, dry_run)?;
    }
    Next::OK
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

/// `kubectl rollout restart`, `pause` and `resume`.
pub fn change(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let verb = inv.verb.name.trim_start_matches("rollout ");
    let dry_run = DryRun::of(inv)?;
    let objects = found(inv, io)?;
    let mut failures = Vec::new();
    for object in &objects {
        let paused = matches!(&object.body, Body::Deployment(d) if d.spec.paused);
        let (patch, done) = match (verb, object.kind) {
            ("restart", Kind::StatefulSet | Kind::Deployment | Kind::DaemonSet) if !paused => {
                let now = io.api.now.rfc3339();
                let annotations = json!({"kubectl.kubernetes.io/restartedAt": now});
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
