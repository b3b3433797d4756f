//! `kubectl apply --force`: what can't be changed is deleted and made again. Models
//! `k8s.io/kubectl/pkg/cmd/apply/patcher.go: deleteAndCreate`.

use super::annotated::{recorded, with_last_applied};
use super::apply_one::apply_one;
use super::documents::Document;
use super::options::{DryRun, validation};
use super::outcome::Outcome;
use super::printing::{say, warn};
use super::removal::Removal;
use crate::api::status::StatusReason;
use crate::api::{Object, SimTime, Span};
use crate::apiserver::DeleteOptions;
use crate::apiserver::handlers;
use crate::kubectl::output::go_json;
use crate::kubectl::{Failure, Invocation, Next, fail};
use crate::process::{Io, Program, Step};
use std::collections::VecDeque;
use std::rc::Rc;

/// Whether a failure is one that `--force` gets around: the object is there, and the API server refuses the change.
pub(super) fn is_for(failure: &Failure) -> bool {
    let (_, reason) = failure.cause();
    let patches = matches!(failure, Failure::While(what, _) if what.contains("applying patch:"));
    patches && matches!(reason, Some(StatusReason::Conflict | StatusReason::Invalid))
}

/// Replaces the first of these documents' objects, then applies the others.
pub(super) fn replace(
    inv: &Invocation,
    io: &mut Io,
    documents: Vec<Document>,
    outcome: Outcome,
) -> Result<Next, Failure> {
    let mut replacing =
        Replacing { inv: inv.clone(), documents: documents.into(), outcome: Some(outcome), deleted: None };
    match replacing.go_on(io)? {
        Step::Exit(code) => Ok(Next::Done(code)),
        _ => Ok(Next::GoOn(Box::new(replacing))),
    }
}

/// How often it looks whether the old object is gone.
const POLL: Span = Span::seconds(1);

/// Why an object could not be replaced, with what was being applied.
fn while_applying(document: &Document, why: Failure) -> Failure {
    let applied = go_json(with_last_applied(&document.tree).to_string());
    document.failed(&format!("applying patch:\n{applied}\n\nto:\n{}\nfor:", document.shown()), why)
}

struct Replacing {
    inv: Invocation,
    documents: VecDeque<Document>,
    outcome: Option<Outcome>,
    /// The object that was deleted to make room, and how long its end is waited for.
    deleted: Option<(Rc<Object>, SimTime)>,
}

impl Replacing {
    fn go_on(&mut self, io: &mut Io) -> Result<Step, Failure> {
        let dry_run = DryRun::of(&self.inv)?;
        let mode = dry_run.mode(&self.inv, validation(&self.inv)?);
        while let Some(document) = self.documents.front().cloned() {
            let applied = match self.deleted.clone() {
                Some((old, until)) => {
                    let made = if io.api.store().get(&old.key()).is_none() {
                        make_again(&self.inv, io, &document, &old)
                    } else if until > io.api.now {
                        return Ok(Step::At(until.min(io.api.now + POLL)));
                    } else {
                        Err(Failure::client("context deadline exceeded"))
                    };
                    made.map_err(|why| while_applying(&document, why))
                }
                None => apply_one(&self.inv, io, &document, dry_run, mode),
            };
            match applied {
                Err(failure) if self.deleted.is_none() && is_for(&failure) => {
                    let old = io.api.get(&document.key())?;
                    let removal = Removal::of(&self.inv)?;
                    let grace = self.inv.int("grace-period").filter(|seconds| *seconds >= 0);
                    let options = DeleteOptions {
                        grace_period_seconds: grace,
                        propagation: removal.propagation,
                        ..DeleteOptions::default()
                    };
                    handlers::delete(io.api, &document.key(), options, mode)?;
                    let timeout = self.inv.duration("timeout").unwrap_or_default();
                    self.deleted = Some((old, io.api.now + timeout));
                    continue;
                }
                applied => {
                    if let Some(outcome) = &mut self.outcome {
                        outcome.add(&document, applied);
                    }
                }
            }
            self.deleted = None;
            self.documents.pop_front();
        }
        if let Some(outcome) = self.outcome.take() {
            outcome.finish(&self.inv, io, dry_run)?;
        }
        Ok(Step::Exit(0))
    }
}

/// Makes an object that was deleted, as the document has it; if that is refused, as it was.
fn make_again(inv: &Invocation, io: &mut Io, document: &Document, old: &Object) -> Result<(), Failure> {
    let document = recorded(inv, document);
    let mode = DryRun::No.mode(inv, validation(inv)?);
    let unversioned = |mut tree: serde_json::Value| {
        if let Some(metadata) = tree["metadata"].as_object_mut() {
            ["resourceVersion", "uid"].iter().for_each(|field| drop(metadata.remove(*field)));
        }
        tree
    };
    match handlers::create(io.api, document.kind, &unversioned(with_last_applied(&document.tree)), mode) {
        Ok(made) => {
            warn(io, &made.warnings);
            say(inv, io, &made.object, "configured", DryRun::No)
        }
        Err(error) => {
            let restored = handlers::create(io.api, old.kind, &unversioned(old.to_value()), mode);
            match restored {
                Ok(_) => Err(error.into()),
                Err(again) => Err(Failure::client(format!(
                    "An error occurred force-replacing the existing object with the newly provided one:\n\n{}.\n\n\
                     Additionally, an error occurred attempting to restore the original object:\n\n{}",
                    error.message, again.message
                ))),
            }
        }
    }
}

impl Program for Replacing {
    fn run(&mut self, io: &mut Io) -> Step {
        self.go_on(io).unwrap_or_else(|failure| fail(&failure, io))
    }
}
