//! Deleting objects, and waiting for their end. Models `k8s.io/kubectl/pkg/cmd/delete/delete.go: DeleteResult`.

use super::documents::Document;
use super::options::DryRun;
use super::printing::warn;
use crate::api::{Key, SimTime, Span, Uid};
use crate::apiserver::handlers;
use crate::apiserver::{DeleteOptions, Propagation};
use crate::kubectl::flags::parse_bool;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::process::{Io, Program, Step};

/// How objects are deleted.
#[derive(Clone, Copy)]
pub struct Removal {
    /// Seconds that a pod may take; its own if absent.
    pub grace: Option<i64>,
    /// Whether nobody waits for the node.
    pub force: bool,
    /// What becomes of what an object owns.
    pub propagation: Propagation,
    /// Whether it does not matter that an object is not there.
    pub ignore_not_found: bool,
    /// Whether it is only said.
    pub(super) dry_run: DryRun,
}

impl Removal {
    /// What the flags say.
    pub fn of(inv: &Invocation) -> Result<Removal, Failure> {
        let propagation = match (inv.text("cascade"), inv.get("cascade").and_then(parse_bool)) {
            ("" | "background", _) | (_, Some(true)) => Propagation::Background,
            ("foreground", _) => Propagation::Foreground,
            ("orphan", _) | (_, Some(false)) => Propagation::Orphan,
            (other, None) => {
                return Err(Failure::client(format!(
                    "invalid cascade value ({other}). Must be \"background\", \"foreground\", or \"orphan\""
                )));
            }
        };
        let force = inv.is("force");
        let mut grace = inv.int("grace-period").filter(|seconds| *seconds >= 0);
        if inv.is("now") {
            if grace.is_some() {
                return Err(Failure::client("--now and --grace-period cannot be specified together"));
            }
            grace = Some(1);
        }
        if grace == Some(0) && !force {
            grace = Some(1);
        }
        if force {
            grace = grace.or(Some(0));
        }
        let selects = inv.is("all") || inv.has("selector") || inv.has("field-selector");
        let ignore_not_found = inv.is_or("ignore-not-found", selects);
        Ok(Removal { grace, force, propagation, ignore_not_found, dry_run: DryRun::of(inv)? })
    }

    /// Deletes an object and says so. Returns what to wait for.
    fn remove(&self, inv: &Invocation, io: &mut Io, key: &Key) -> Result<(Key, Uid), Failure> {
        let options = DeleteOptions {
            grace_period_seconds: self.grace,
            propagation: self.propagation,
            ..DeleteOptions::default()
        };
        let mut uid = Uid::default();
        if self.dry_run != DryRun::Client {
            let mode = self.dry_run.mode(inv, handlers::FieldValidation::Ignore);
            uid = handlers::delete(io.api, key, options, mode)?.meta.uid;
        }
        let info = key.kind.info();
        if inv.text("output") == "name" {
            io.out(format!("{}/{}\n", info.qualified_singular(), key.name));
            return Ok((key.clone(), uid));
        }
        let done = if self.grace == Some(0) { "force deleted" } else { "deleted" };
        let from = if info.namespaced { format!(" from {} namespace", key.namespace) } else { String::new() };
        let kind = info.qualified_singular();
        io.out(format!("{kind} \"{}\" {done}{from}{}\n", key.name, self.dry_run.suffix()));
        Ok((key.clone(), uid))
    }

    /// Deletes what is in files.
    pub fn remove_documents(
        &self,
        inv: &Invocation,
        io: &mut Io,
        documents: &[Document],
    ) -> Result<UntilGone, Failure> {
        let (mut left, mut failures) = (Vec::new(), Vec::new());
        for document in documents {
            match self.remove(inv, io, &document.key()) {
                Ok(gone) => left.push(gone),
                Err(why) if self.ignores(&why) => {}
                Err(why) => failures.push(document.failed("deleting", why)),
            }
        }
        Failure::all(failures)?;
        let until = timeout(inv).map(|timeout| io.api.now + timeout);
        Ok(UntilGone { left, until })
    }

    fn ignores(&self, failure: &Failure) -> bool {
        self.ignore_not_found && matches!(failure, Failure::Server(error) if error.is_not_found())
    }
}

/// Deletes these objects, which come from these documents if there are any; waits for their end.
pub(super) fn remove_all(
    inv: &Invocation,
    io: &mut Io,
    removal: Removal,
    keys: &[Key],
    from_files: &[Document],
    mut failures: Vec<Failure>,
) -> Result<Next, Failure> {
    let mut cluster_scope = inv.has("namespace") && keys.iter().any(|key| !key.kind.info().namespaced);
    let mut left = Vec::new();
    for (n, key) in keys.iter().enumerate() {
        if cluster_scope && !key.kind.info().namespaced {
            warn(
                io,
                &["deleting cluster-scoped resources, not scoped to the provided namespace".to_string()],
            );
            cluster_scope = false;
        }
        match removal.remove(inv, io, key) {
            Ok(gone) => left.push(gone),
            Err(why) if removal.ignores(&why) => {}
            Err(why) => failures.push(match from_files.get(n) {
                Some(document) => document.failed("deleting", why),
                None => why,
            }),
        }
    }
    Failure::all(failures)?;
    if keys.is_empty() {
        io.out("No resources found\n");
        return Next::OK;
    }
    if !inv.is_or("wait", true) || removal.dry_run != DryRun::No {
        return Next::OK;
    }
    let until = timeout(inv).map(|timeout| io.api.now + timeout);
    Ok(Next::GoOn(Box::new(UntilGone { left, until })))
}

/// How long the end of objects is waited for (`--timeout`); `None` for as long as it takes.
pub(super) fn timeout(inv: &Invocation) -> Option<Span> {
    inv.duration("timeout").filter(|timeout| timeout.0 > 0)
}

/// Waits until objects are gone (or others have their names).
pub struct UntilGone {
    left: Vec<(Key, Uid)>,
    until: Option<SimTime>,
}

impl Program for UntilGone {
    fn run(&mut self, io: &mut Io) -> Step {
        let store = io.api.store();
        self.left.retain(|(key, uid)| store.get(key).is_some_and(|object| object.meta.uid == *uid));
        let Some((key, _)) = self.left.first() else { return Step::Exit(0) };
        match self.until {
            Some(until) if until <= io.api.now => {
                let what = format!("{}/{}", key.kind.info().plural, key.name);
                fail(&Failure::client(format!("timed out waiting for the condition on {what}")), io)
            }
            Some(until) => Step::OnChangeOrAt(until),
            None => Step::OnChange,
        }
    }
}
