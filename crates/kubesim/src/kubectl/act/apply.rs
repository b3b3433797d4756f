//! `kubectl apply`, `create` and `replace` with files. Models `k8s.io/kubectl/pkg/cmd`: apply/apply.go and patcher.go,
//! create/create.go, replace/replace.go.

use super::delete::{self, Removal};
use super::documents::{self, Document};
use super::request::{self, Done, Patch};
use super::{DryRun, say, say_tree, validation, warn};
use crate::api::Kind;
use crate::kubectl::{Failure, Invocation, Next};
use crate::manifest::patch;
use crate::sim::Program;
use crate::sim::process::{Io, Step};
use serde_json::{Map, Value};

/// Keeps what was applied last, so that the next time can take away what is no more there.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// `kubectl apply -f FILE`
pub fn apply(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    needs_file(inv)?;
    for flag in ["server-side", "prune", "applyset"] {
        if inv.has(flag) && inv.text(flag) != "false" {
            return Err(Failure::client(format!("--{flag} is not simulated")));
        }
    }
    let dry_run = DryRun::of(inv)?;
    let unknown = validation(inv)?;
    let (documents, mut failures) = documents::read(inv)?;
    if documents.is_empty() && failures.is_empty() {
        return Err(Failure::client("no objects passed to apply"));
    }
    for document in &documents {
        failures.extend(apply_one(inv, io, document, dry_run, dry_run.mode(unknown)).err());
    }
    Failure::all(failures)?;
    Next::OK
}

fn apply_one(
    inv: &Invocation,
    io: &mut Io,
    document: &Document,
    dry_run: DryRun,
    mode: request::Mode,
) -> Result<(), Failure> {
    if document.name.is_empty() {
        let prefix = document.tree["metadata"]["generateName"].as_str().unwrap_or_default();
        if !prefix.is_empty() {
            return Err(Failure::client(format!("from {prefix}: cannot use generate name with apply")));
        }
        let what = format!("retrieving current configuration of:\n{}\nfrom server for:", document.shown());
        return Err(document.failed(&what, Failure::client("resource name may not be empty")));
    }
    let modified = with_last_applied(&document.tree);
    let Some(current) = io.api.store().get(&document.key()).cloned() else {
        let mut tree = modified;
        prune_nulls(&mut tree);
        if dry_run == DryRun::Client {
            return say_tree(inv, io, &Document { tree, ..document.clone() }, "created");
        }
        let done = request::create(io.api, document.kind, &tree, mode)
            .map_err(|e| document.failed("creating", e))?;
        warn(io, &done.warnings);
        return say(inv, io, &done.object, "created", dry_run);
    };
    let last_applied = current.meta.annotation(LAST_APPLIED);
    if last_applied.is_none() {
        let what = format!("{}/{}", document.kind.info().plural, document.name);
        warn(
            io,
            &[format!(
                "resource {what} is missing the {LAST_APPLIED} annotation which is required by kubectl apply. kubectl apply \
             should only be used on resources created declaratively by either kubectl create --save-config or kubectl \
             apply. The missing annotation will be patched automatically."
            )],
        );
    }
    let original = last_applied.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let patch = patch::three_way(document.kind, &original, &modified, &current.to_value());
    let unchanged = patch.as_object().is_some_and(Map::is_empty);
    let object = if unchanged || dry_run == DryRun::Client {
        current
    } else {
        let text = patch.to_string();
        let Done { object, warnings, .. } =
            request::patch(io.api, &document.key(), &Patch::Strategic(patch), mode).map_err(|e| {
                let patching = document.failed("patching", e);
                document
                    .failed(&format!("applying patch:\n{text}\nto:\n{}\nfor:", document.shown()), patching)
            })?;
        warn(io, &warnings);
        object
    };
    if object.meta.is_terminating() {
        let name = &object.meta.name;
        warn(io, &[format!("Detected changes to resource {name} which is currently being deleted.")]);
    }
    say(inv, io, &object, if unchanged { "unchanged" } else { "configured" }, dry_run)
}

/// The tree with itself in the annotation that remembers it. Models `util.GetModifiedConfiguration`.
fn with_last_applied(tree: &Value) -> Value {
    let mut tree = tree.clone();
    if let Some(metadata) = tree["metadata"].as_object_mut() {
        let annotations = metadata.entry("annotations").or_insert(Value::Null);
        if annotations.is_null() {
            *annotations = Value::Object(Map::new());
        }
        annotations.as_object_mut().into_iter().for_each(|a| {
            a.remove(LAST_APPLIED);
        });
    }
    let text = format!("{tree}\n");
    tree["metadata"]["annotations"][LAST_APPLIED] = text.into();
    tree
}

fn prune_nulls(value: &mut Value) {
    match value {
        Value::Object(tree) => {
            tree.retain(|_, v| !v.is_null());
            tree.values_mut().for_each(prune_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(prune_nulls),
        _ => {}
    }
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
    if inv.has("kustomize") {
        return Err(Failure::client("-k is not simulated"));
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
    let (documents, failures) = documents::read(inv)?;
    create_all(inv, io, &documents, failures, "created")
}

fn create_all(
    inv: &Invocation,
    io: &mut Io,
    documents: &[Document],
    mut failures: Vec<Failure>,
    done: &str,
) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    let mode = dry_run.mode(validation(inv)?);
    if documents.is_empty() && failures.is_empty() {
        return Err(Failure::client(format!("no objects passed to {}", inv.verb.name)));
    }
    for document in documents {
        let tree = saved_config(inv, document);
        let said = if dry_run == DryRun::Client {
            say_tree(inv, io, &Document { tree, ..document.clone() }, done)
        } else {
            request::create(io.api, document.kind, &tree, mode)
                .map_err(|e| document.failed("creating", e))
                .and_then(|made| {
                    warn(io, &made.warnings);
                    say(inv, io, &made.object, done, dry_run)
                })
        };
        failures.extend(said.err());
    }
    Failure::all(failures)?;
    Next::OK
}

/// The tree, with the annotation of `apply` if `--save-config` asks for it, or if it has it (`CreateOrUpdateAnnotation`).
fn saved_config(inv: &Invocation, document: &Document) -> Value {
    let has_it = document.tree["metadata"]["annotations"].get(LAST_APPLIED).is_some();
    if inv.is("save-config") || has_it { with_last_applied(&document.tree) } else { document.tree.clone() }
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
    let dry_run = DryRun::of(inv)?;
    let mode = dry_run.mode(validation(inv)?);
    let force = inv.is("force");
    if inv.has("grace-period") && !force {
        return Err(Failure::client("--grace-period must have --force specified"));
    }
    if force && dry_run != DryRun::No {
        return Err(Failure::client("--dry-run can not be used when --force is set"));
    }
    let (documents, mut failures) = documents::read(inv)?;
    if force {
        Failure::all(failures)?;
        let grace = inv.int("grace-period").map(|seconds| seconds.max(1));
        let removal = Removal { grace, ignore_not_found: true, ..Removal::of(inv)? };
        let waiting = removal.remove_documents(inv, io, &documents)?;
        return Ok(Next::GoOn(Box::new(ForcedReplace { waiting, documents, inv: inv.clone() })));
    }
    for document in &documents {
        let tree = saved_config(inv, document);
        let key = document.key();
        let replaced = match io.api.store().get(&key).cloned() {
            Some(object) if dry_run == DryRun::Client => Ok(object),
            None if can_be_made_by_replace(document.kind) => {
                request::create(io.api, document.kind, &tree, mode).map(|done| done.object)
            }
            _ => request::replace(io.api, &key, &tree, mode).map(|done| {
                warn(io, &done.warnings);
                done.object
            }),
        };
        let said = replaced
            .map_err(|e| document.failed("replacing", e))
            .and_then(|object| say(inv, io, &object, "replaced", dry_run));
        failures.extend(said.err());
    }
    Failure::all(failures)?;
    Next::OK
}

/// `kubectl replace --force`: deletes, waits, and creates.
struct ForcedReplace {
    waiting: delete::UntilGone,
    documents: Vec<Document>,
    inv: Invocation,
}

impl Program for ForcedReplace {
    fn run(&mut self, io: &mut Io) -> Step {
        match self.waiting.run(io) {
            Step::Exit(0) => {}
            wait => return wait,
        }
        match create_all(&self.inv, io, &self.documents, Vec::new(), "replaced") {
            Ok(_) => Step::Exit(0),
            Err(failure) => crate::kubectl::fail(&failure, io),
        }
    }
}
