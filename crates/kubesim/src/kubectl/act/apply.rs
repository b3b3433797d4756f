//! `kubectl apply`, `create` and `replace` with files. Models `k8s.io/kubectl/pkg/cmd`: apply/apply.go and patcher.go,
//! create/create.go, replace/replace.go.

use super::delete::{self, Removal};
use super::documents::{self, Document};
use super::modify::targets;
use super::options::{DryRun, validation};
use super::outcome::Outcome;
use super::printing::{say, say_tree, warn};
use crate::api::status::StatusReason;
use crate::api::{Kind, Object};
use crate::apiserver::handlers::{self, Done, Patch};
use crate::kubectl::{Failure, Invocation, Next, output};
use crate::patch::{self, field_managers};
use crate::process::{Io, Program, Step};
use serde_json::{Map, Value};

/// Keeps what was applied last, so that the next time can take away what is no more there.
pub use crate::api::meta::LAST_APPLIED;

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
        _ if inv.is("prune") => "--prune is not simulated",
        _ if inv.has("subresource") && !server_side => {
            "--subresource can only be specified for --server-side"
        }
        _ => "",
    };
    if !refused.is_empty() {
        return Err(Failure::client(refused));
    }
    let unknown = validation(inv)?;
    let (documents, failures) = documents::read(inv)?;
    if documents.is_empty() && failures.is_empty() {
        return Err(Failure::client("no objects passed to apply"));
    }
    let mut outcome = Outcome::new(inv, &documents, failures);
    for document in &documents {
        let mode = dry_run.mode(inv, unknown);
        let applied = if server_side {
            apply_on_server(inv, io, document, dry_run, mode)
        } else {
            apply_one(inv, io, document, dry_run, mode)
        };
        outcome.add(document, applied);
    }
    outcome.finish(inv, io, dry_run)?;
    Next::OK
}

/// `kubectl apply view-last-applied sts/flask`. Models apply_view_last_applied.go.
pub fn view_last_applied(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let found = targets(inv, io, &inv.args)?;
    Failure::all(found.failures)?;
    let mut text = String::new();
    for applied in found.objects.iter().filter_map(|object| object.meta.annotation(LAST_APPLIED)) {
        let tree: Value = serde_json::from_str(applied).map_err(|e| Failure::client(e.to_string()))?;
        match inv.text("output") {
            "" | "yaml" => text.push_str(&yaml::write(&tree)),
            "json" => {
                let indented = serde_json::to_string_pretty(&tree).expect("a tree can be written");
                text.push_str(&output::go_json(indented));
                text.push('\n');
            }
            other => {
                return Err(inv.usage(format!(
                    "Unexpected -o output mode: {other}, the flag 'output' must be one of yaml|json"
                )));
            }
        }
    }
    io.out(text);
    Next::OK
}

fn apply_one(
    inv: &Invocation,
    io: &mut Io,
    document: &Document,
    dry_run: DryRun,
    mode: handlers::Mode,
) -> Result<(), Failure> {
    refuse_generated_name(document)?;
    if document.name.is_empty() {
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
        let done = handlers::create(io.api, document.kind, &tree, mode)
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
            handlers::patch(io.api, &document.key(), &Patch::Strategic(patch), mode).map_err(|e| {
                let patching = document.failed("patching", e);
                document
                    .failed(&format!("applying patch:\n{text}\nto:\n{}\nfor:", document.shown()), patching)
            })?;
        warn(io, &warnings);
        object
    };
    warn_if_deleting(io, &object);
    say(inv, io, &object, if unchanged { "unchanged" } else { "configured" }, dry_run)
}

fn refuse_generated_name(document: &Document) -> Result<(), Failure> {
    let prefix = document.tree["metadata"]["generateName"].as_str().unwrap_or_default();
    if document.name.is_empty() && !prefix.is_empty() {
        Err(Failure::client(format!("from {prefix}: cannot use generate name with apply")))
    } else {
        Ok(())
    }
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
    if !mode.dry_run {
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

fn warn_if_deleting(io: &mut Io, object: &Object) {
    if object.meta.is_terminating() {
        let name = &object.meta.name;
        warn(io, &[format!("Detected changes to resource {name} which is currently being deleted.")]);
    }
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
    failures: Vec<Failure>,
    done: &str,
) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    let mode = dry_run.mode(inv, validation(inv)?);
    if documents.is_empty() && failures.is_empty() {
        return Err(Failure::client(format!("no objects passed to {}", inv.verb.name)));
    }
    let mut outcome = Outcome::new(inv, documents, failures);
    for document in documents {
        let tree = saved_config(inv, document);
        let said = if dry_run == DryRun::Client {
            say_tree(inv, io, &Document { tree, ..document.clone() }, done)
        } else {
            handlers::create(io.api, document.kind, &tree, mode)
                .map_err(|e| document.failed("creating", e))
                .and_then(|made| {
                    warn(io, &made.warnings);
                    say(inv, io, &made.object, done, dry_run)
                })
        };
        outcome.add(document, said);
    }
    outcome.finish(inv, io, dry_run)?;
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
    let mode = dry_run.mode(inv, validation(inv)?);
    let force = inv.is("force");
    if inv.has("grace-period") && !force {
        return Err(Failure::client("--grace-period must have --force specified"));
    }
    if force && dry_run != DryRun::No {
        return Err(Failure::client("--dry-run can not be used when --force is set"));
    }
    let (documents, failures) = documents::read(inv)?;
    if force {
        Failure::all(failures)?;
        let grace = inv.int("grace-period").map(|seconds| seconds.max(1));
        let removal = Removal { grace, ignore_not_found: true, ..Removal::of(inv)? };
        let waiting = removal.remove_documents(inv, io, &documents)?;
        return Ok(Next::GoOn(Box::new(ForcedReplace { waiting, documents, inv: inv.clone() })));
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
