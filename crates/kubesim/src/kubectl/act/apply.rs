//! `kubectl apply`, `create` and `replace` with files. Models `k8s.io/kubectl/pkg/cmd`: apply/apply.go and patcher.go,
//! create/create.go, replace/replace.go.

use super::annotated::{recorded, saved_config};
use super::apply_one::{apply_one, refuse_generated_name, warn_if_deleting};
use super::create_all::create_all;
use super::documents::{self, Document};
use super::edit;
use super::force;
use super::options::{DryRun, subresource, validation};
use super::outcome::Outcome;
use super::printing::{say, warn};
use super::prune;
use super::raw;
use super::removal::{self, Removal};
use crate::api::meta::LAST_APPLIED;
use crate::api::status::StatusReason;
use crate::api::{Kind, SimTime, Span};
use crate::apiserver::handlers::{self, Done};
use crate::kubectl::{Failure, Invocation, Next};
use crate::patch::field_managers;
use crate::process::{Io, Program, Step};

/// `kubectl apply -f FILE`
pub fn apply(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    needs_file(inv)?;
    if inv.has("applyset") {
        return Err(Failure::client("--applyset is not simulated"));
    }
    let dry_run = DryRun::of(inv)?;
    let server_side = inv.is("server-side");
    let refused = match dry_run {
        _ if inv.is("force-conflicts") && !server_side => "--force-conflicts only works with --server-side",
        DryRun::Client if server_side => {
            "--dry-run=client doesn't work with --server-side (did you mean --dry-run=server instead?)"
        }
        _ if server_side && inv.is("force") => "--force cannot be used with --server-side",
        DryRun::Server if inv.is("force") => "--dry-run=server cannot be used with --force",
        _ if inv.is("all") && inv.has("selector") => "cannot set --all and --selector at the same time",
        _ if inv.is("prune") && inv.is("force") => "--force cannot be used with --prune",
        _ if inv.is("prune") && !inv.is("all") && !inv.has("selector") => {
            "all resources selected for prune without explicitly passing --all. To prune all resources, pass the --all \
             flag. If you did not mean to prune all resources, specify a label selector"
        }
        _ if inv.is("prune") && server_side => {
            "--prune is in alpha and doesn't currently work on objects created by server-side apply"
        }
        _ if inv.has("subresource") && !server_side => {
            "--subresource can only be specified for --server-side"
        }
        _ if !matches!(inv.text("subresource"), "" | "status") => {
            "--subresource of apply is only simulated for status: kubectl patch and scale know more"
        }
        _ => "",
    };
    if !refused.is_empty() {
        return Err(Failure::client(refused));
    }
    if inv.is("prune") {
        prune::kinds(inv)?;
    }
    let unknown = validation(inv)?;
    let (documents, failures) = documents::read(inv)?;
    if documents.is_empty() && failures.is_empty() {
        return Err(Failure::client("no objects passed to apply"));
    }
    let mut outcome = Outcome::new(inv, &documents, failures);
    for (n, document) in documents.iter().enumerate() {
        let mode = handlers::Mode { subresource: subresource(inv), ..dry_run.mode(inv, unknown) };
        let applied = if server_side {
            apply_on_server(inv, io, document, dry_run, mode)
        } else {
            apply_one(inv, io, document, dry_run, mode)
        };
        match applied {
            Err(failure) if inv.is("force") && force::is_for(&failure) => {
                return force::replace(inv, io, documents[n..].to_vec(), outcome);
            }
            applied => outcome.add(document, applied),
        }
    }
    outcome.finish(inv, io, dry_run)?;
    if inv.is("prune") {
        prune::prune(inv, io, &documents, dry_run)?;
    }
    Next::OK
}

/// What is behind the names of the conflicts.
const CONFLICT_ADVICE: &str = "
Please review the fields above--they currently have other managers. Here
are the ways you can resolve this warning:
* If you intend to manage all of these fields, please re-run the apply
  command with the `--force-conflicts` flag.
* If you do not intend to manage all of the fields, please edit your
  manifest to remove references to the fields that should keep their
  current managers.
* You may co-own fields by updating your manifest to match the existing
  value; in this case, you'll become the manager if the other manager(s)
  stop managing the field (remove it from their configuration).
See https://kubernetes.io/docs/reference/using-api/server-side-apply/#conflicts";

/// Who keeps the annotation of client-side apply after server-side apply has taken over.
const ANNOTATION_MANAGER: &str = "kubectl-last-applied";

/// `kubectl apply --server-side`: the API server merges. What client-side apply managed goes over to this manager.
/// Models apply.go: applyOneObject, saveLastApplyAnnotationIfNecessary, migrateToSSAIfNecessary.
fn apply_on_server(
    inv: &Invocation,
    io: &mut Io,
    document: &Document,
    dry_run: DryRun,
    mode: handlers::Mode,
) -> Result<(), Failure> {
    refuse_generated_name(document)?;
    let recorded = recorded(inv, document);
    let document = &*recorded;
    if document.name.is_empty() {
        return Err(Failure::client("name is required"));
    }
    let (key, force) = (document.key(), inv.is("force-conflicts"));
    let apply = |io: &mut Io| {
        handlers::apply(io.api, &key, &document.tree, force, mode).map_err(|error| match error.reason {
            StatusReason::Conflict => Failure::client(format!("{}{CONFLICT_ADVICE}", error.message)),
            _ => error.into(),
        })
    };
    let Done { mut object, warnings, .. } = apply(io)?;
    warn(io, &warnings);
    if !mode.dry_run && mode.subresource.is_empty() {
        let annotation = object.meta.annotation(LAST_APPLIED).map(str::to_owned);
        let keeps =
            mode.manager == "kubectl" && !field_managers::annotation_is_applied(&field_managers::of(&object));
        if let Some(text) = annotation.filter(|_| keeps) {
            let info = document.kind.info();
            let only_annotation = serde_json::json!({
                "apiVersion": info.api_version(), "kind": info.name,
                "metadata": {"name": document.name, "namespace": &*document.namespace, "annotations": {LAST_APPLIED: text}},
            });
            let mode = handlers::Mode { manager: ANNOTATION_MANAGER, ..mode };
            handlers::apply(io.api, &key, &only_annotation, false, mode)?;
        }
        if handlers::upgrade_managers(io.api, &key, mode.manager)? {
            object = apply(io)?.object;
        }
    }
    warn_if_deleting(io, &object);
    say(inv, io, &object, "serverside-applied", dry_run)
}

/// `-f` must be there, and nothing else.
fn needs_file(inv: &Invocation) -> Result<(), Failure> {
    if let [first, ..] = &inv.args[..] {
        let args = inv.args.join(" ");
        return Err(match inv.verb.name {
            "apply" => inv.usage(format!("Unexpected args: [{args}]")),
            "create" => inv.usage(format!("Unexpected args: [{args}]")),
            _ => inv.usage(format!("Unexpected args: [{first}]")),
        });
    }
    if !inv.has("filename") {
        return Err(Failure::client(match inv.verb.name {
            "replace" => "must specify --filename to replace",
            _ => "must specify one of -f and -k",
        }));
    }
    Ok(())
}

/// `kubectl create -f FILE`
pub fn create(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    needs_file(inv)?;
    if inv.has("raw") {
        return raw::write(inv, io, "POST");
    }
    if inv.is("edit") {
        return edit::create(inv, io);
    }
    let (documents, failures) = documents::read(inv)?;
    create_all(inv, io, &documents, failures, "created")
}

/// Models the strategies' AllowCreateOnUpdate: what is put where nothing is, is made.
fn can_be_made_by_replace(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Service
            | Endpoints
            | Event
            | LimitRange
            | Lease
            | Role
            | RoleBinding
            | ClusterRole
            | ClusterRoleBinding
    )
}

/// `kubectl replace -f FILE`
pub fn replace(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    needs_file(inv)?;
    if inv.has("raw") {
        return raw::write(inv, io, "PUT");
    }
    let dry_run = DryRun::of(inv)?;
    let mode = dry_run.mode(inv, validation(inv)?);
    let force = inv.is("force");
    let grace = inv.int("grace-period").filter(|seconds| *seconds >= 0);
    let times =
        [("grace-period", grace.is_some()), ("timeout", inv.duration("timeout").is_some_and(|t| t.0 != 0))];
    if let Some((flag, _)) = times.iter().find(|(_, is_set)| *is_set && !force) {
        return Err(Failure::client(format!("--{flag} must have --force specified")));
    }
    if force && dry_run != DryRun::No {
        return Err(Failure::client("--dry-run can not be used when --force is set"));
    }
    let (documents, failures) = documents::read(inv)?;
    if force {
        Failure::all(failures)?;
        let waits = inv.is("wait") || grace == Some(0);
        let grace = grace.map(|seconds| seconds.max(1));
        let removal = Removal { grace, ignore_not_found: true, ..Removal::of(inv)? };
        let gone = removal.remove_documents(inv, io, &documents)?;
        return Ok(Next::GoOn(Box::new(ForcedReplace {
            waiting: waits.then_some(gone),
            polled: (0, None),
            documents,
            inv: inv.clone(),
        })));
    }
    let mut outcome = Outcome::new(inv, &documents, failures);
    for document in &documents {
        let tree = saved_config(inv, document);
        let key = document.key();
        let replaced = match io.api.store().get(&key).cloned() {
            Some(object) if dry_run == DryRun::Client => Ok(object),
            None if can_be_made_by_replace(document.kind) => {
                handlers::create(io.api, document.kind, &tree, mode).map(|done| done.object)
            }
            _ => handlers::replace(io.api, &key, &tree, mode).map(|done| {
                warn(io, &done.warnings);
                done.object
            }),
        };
        let said = replaced
            .map_err(|e| document.failed("replacing", e))
            .and_then(|object| say(inv, io, &object, "replaced", dry_run));
        outcome.add(document, said);
    }
    outcome.finish(inv, io, dry_run)?;
    Next::OK
}

/// How long `replace --force` looks whether an object is gone, unless `--timeout` says otherwise.
const REPLACE_TIMEOUT: Span = Span::seconds(300);
/// How often it looks.
const REPLACE_POLL: Span = Span::seconds(1);

/// `kubectl replace --force`: deletes, waits, and creates.
struct ForcedReplace {
    /// The end of what was deleted, if that is waited for (`--wait`).
    waiting: Option<removal::UntilGone>,
    /// Which object is looked for, and until when.
    polled: (usize, Option<SimTime>),
    documents: Vec<Document>,
    inv: Invocation,
}

impl ForcedReplace {
    /// Looks whether the objects are gone, one after the other. Returns when to look again; `None` when all are gone.
    fn poll(&mut self, io: &Io) -> Result<Option<SimTime>, Failure> {
        while let Some(document) = self.documents.get(self.polled.0) {
            let timeout = removal::timeout(&self.inv).unwrap_or(REPLACE_TIMEOUT);
            let until = *self.polled.1.get_or_insert(io.api.now + timeout);
            if io.api.store().get(&document.key()).is_some() {
                if until <= io.api.now {
                    return Err(Failure::client("context deadline exceeded"));
                }
                return Ok(Some(until.min(io.api.now + REPLACE_POLL)));
            }
            self.polled = (self.polled.0 + 1, None);
        }
        Ok(None)
    }
}

impl Program for ForcedReplace {
    fn run(&mut self, io: &mut Io) -> Step {
        if let Some(waiting) = &mut self.waiting {
            match waiting.run(io) {
                Step::Exit(0) => self.waiting = None,
                wait => return wait,
            }
        }
        let created = match self.poll(io) {
            Ok(Some(at)) => return Step::At(at),
            Ok(None) => create_all(&self.inv, io, &self.documents, Vec::new(), "replaced"),
            Err(failure) => Err(failure),
        };
        match created {
            Ok(_) => Step::Exit(0),
            Err(failure) => crate::kubectl::fail(&failure, io),
        }
    }
}
