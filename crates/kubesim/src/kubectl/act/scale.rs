//! `kubectl scale`. Models `k8s.io/kubectl/pkg/cmd/scale/scale.go`.

use super::local;
use super::modify::{send, targets};
use super::options::DryRun;
use super::printing::say;
use crate::api::{Object, SimTime};
use crate::apiserver::handlers::Patch;
use crate::kubectl::resource::SCALABLE;
use crate::kubectl::{Failure, Invocation, Next, fail, subresource};
use crate::process::{Io, Program, Step};
use serde_json::json;
use std::collections::VecDeque;
use std::rc::Rc;

/// `kubectl scale sts flask --replicas=5`
pub fn scale(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let Some(replicas) = inv.int("replicas") else {
        return Err(Failure::client("required flag(s) \"replicas\" not set"));
    };
    if replicas < 0 {
        return Err(Failure::client(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    if inv.int("current-replicas").is_some_and(|replicas| replicas < -1) {
        return Err(Failure::client("The --current-replicas must specify an integer of -1 or greater"));
    }
    let dry_run = DryRun::of(inv)?;
    let found = targets(inv, io, &inv.args)?;
    let wanted_version = inv.text("resource-version");
    if !wanted_version.is_empty() && found.objects.len() > 1 {
        return Err(Failure::client("cannot use --resource-version with multiple resources"));
    }
    if found.objects.is_empty() && found.failures.is_empty() {
        return Err(Failure::client("no objects passed to scale"));
    }
    let mut scaling = Scaling {
        inv: inv.clone(),
        dry_run,
        left: found.objects.into(),
        failures: found.failures,
        waits: None,
    };
    match scaling.go_on(io)? {
        Step::Exit(code) => Ok(Next::Done(code)),
        _ => Ok(Next::GoOn(Box::new(scaling))),
    }
}

/// Scales one object after the other; with `--timeout` it waits for each to have its pods.
struct Scaling {
    inv: Invocation,
    dry_run: DryRun,
    left: VecDeque<Rc<Object>>,
    failures: Vec<Failure>,
    waits: Option<Wait>,
}

/// What is waited for.
struct Wait {
    shown: Object,
    replicas: i64,
    until: SimTime,
}

impl Scaling {
    /// Goes on. Errors: the first that fails is the last that is tried.
    fn go_on(&mut self, io: &mut Io) -> Result<Step, Failure> {
        loop {
            if let Some(wait) = &self.waits {
                if !wait.is_over(io) {
                    if wait.until <= io.api.now {
                        let name = &*wait.shown.meta.name;
                        return Err(Failure::client(format!("timed out waiting for {name:?} to be synced")));
                    }
                    return Ok(Step::OnChangeOrAt(wait.until));
                }
                say(&self.inv, io, &wait.shown, "scaled", self.dry_run)?;
                self.waits = None;
            }
            let Some(object) = self.left.pop_front() else {
                Failure::all(std::mem::take(&mut self.failures))?;
                return Ok(Step::Exit(0));
            };
            self.scale(io, &object)?;
        }
    }

    fn scale(&mut self, io: &mut Io, object: &Rc<Object>) -> Result<(), Failure> {
        let inv = &self.inv;
        let replicas = inv.int("replicas").unwrap_or_default();
        if self.dry_run != DryRun::Client {
            refuse_unlike(inv, object)?;
            send(inv, io, object, &Patch::Merge(json!({"spec": {"replicas": replicas}})), self.dry_run)?;
        }
        // What is shown is the object from before, with the replicas that were asked for (`updateReplicas`).
        let mut tree = object.to_value();
        if matches!(object.kind.info().group, "" | "apps") {
            tree["spec"]["replicas"] = replicas.into();
        }
        let shown = local::object(object.kind, &tree);
        match inv.duration("timeout").filter(|timeout| timeout.0 > 0 && self.dry_run == DryRun::No) {
            Some(timeout) => self.waits = Some(Wait { shown, replicas, until: io.api.now + timeout }),
            None => say(inv, io, &shown, "scaled", self.dry_run)?,
        }
        Ok(())
    }
}

impl Wait {
    /// Whether the object has the pods that were asked for, or something else has changed that since.
    fn is_over(&self, io: &Io) -> bool {
        let Some(object) = io.api.store().get(&self.shown.key()) else { return true };
        let tree = object.to_value();
        let count = |part: &str| tree[part]["replicas"].as_i64().unwrap_or(0);
        count("spec") != self.replicas || count("status") == self.replicas
    }
}

impl Program for Scaling {
    fn run(&mut self, io: &mut Io) -> Step {
        self.go_on(io).unwrap_or_else(|failure| fail(&failure, io))
    }
}

/// Refuses what has no scale, or is not as `--current-replicas` and `--resource-version` want it.
fn refuse_unlike(inv: &Invocation, object: &Object) -> Result<(), Failure> {
    if !SCALABLE.contains(&object.kind) {
        return Err(subresource::not_served());
    }
    let now = object.to_value()["spec"]["replicas"].as_i64().unwrap_or(1);
    if let Some(expected) = inv.int("current-replicas").filter(|n| *n != -1 && *n != now) {
        return Err(Failure::client(format!("Expected replicas to be {expected}, was {now}")));
    }
    let (wanted, version) = (inv.text("resource-version"), object.meta.resource_version.to_string());
    if !wanted.is_empty() && wanted != version {
        return Err(Failure::client(format!("Expected resource version to be {wanted}, was {version}")));
    }
    Ok(())
}
