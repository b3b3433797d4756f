//! What the verbs have in common that change objects which are there. Models `k8s.io/cli-runtime/pkg/resource`: the
//! builder and visitors that such verbs make.

use super::documents::{self, Document};
use super::local;
use super::options::DryRun;
use super::printing::warn;
use super::record::{record, record_done};
use crate::api::Object;
use crate::api::status::ApiError;
use crate::apiserver::handlers::{self, Done, Mode, Patch};
use crate::kubectl::resource::{Found, Query};
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use std::rc::Rc;

/// The objects that a verb is to change: those in files, or those that the arguments name.
pub fn targets(inv: &Invocation, io: &Io, args: &[String]) -> Result<Found, Failure> {
    if inv.is("local") {
        return in_files(inv, args);
    }
    if !inv.has("filename") {
        return Query::of(inv, args).find(io.api.store());
    }
    inv.only_paths(args)?;
    // `scale` looks at the labels in the file, the others at those of the object that is there; the selector of `expose` is
    // its Service's.
    let (documents, failures) =
        if inv.verb.name == "scale" { documents::read(inv)? } else { documents::read_all(inv)? };
    let selects_objects = !matches!(inv.verb.name, "scale" | "expose");
    let mut found = Found { failures, ..Found::default() };
    for document in documents {
        match io.api.get(&document.key()) {
            Ok(object) if selects_objects && !inv.selects(&object)? => {}
            Ok(object) => found.objects.push(object),
            Err(error) => found.failures.push(error.into()),
        }
    }
    Ok(found)
}

/// The objects in files, as `--local` changes them: nobody is asked for those that are there.
fn in_files(inv: &Invocation, args: &[String]) -> Result<Found, Failure> {
    local::refuse_names(inv, args)?;
    let (documents, failures) = documents::read_all(inv)?;
    let is_set = inv.verb.name.starts_with("set ");
    let object = |document: &Document| match is_set {
        true => local::typed(document),
        false => local::object(document.kind, &document.tree),
    };
    let single = documents.len() == 1;
    let objects = documents.iter().map(|document| Rc::new(object(document))).collect();
    Ok(Found { objects, failures, single })
}

/// What a verb does to one object.
type Change<'a> = dyn Fn(&mut Io, &Rc<Object>, DryRun) -> Result<(), Failure> + 'a;

/// Changes every object and says so; what fails does not keep the others from being changed.
pub(super) fn each(inv: &Invocation, io: &mut Io, found: Found, change: &Change) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    let mut failures = found.failures;
    if found.objects.is_empty() && failures.is_empty() {
        return Err(Failure::client(format!("no objects passed to {}", inv.verb.name)));
    }
    for object in &found.objects {
        failures.extend(change(io, object, dry_run).err());
    }
    Failure::all(failures)?;
    Next::OK
}

/// Makes a request for an object, unless only kubectl is asked; says what the API server warns of.
pub(super) fn send(
    inv: &Invocation,
    io: &mut Io,
    object: &Rc<Object>,
    patch: &Patch,
    dry_run: DryRun,
) -> Result<Done, ApiError> {
    let mut patch = patch.clone();
    if let Patch::Merge(tree) = &mut patch
        && !records_afterwards(inv)
    {
        record(inv, tree);
    }
    if inv.is("local") || dry_run == DryRun::Client {
        return local::patched(object, &patch);
    }
    let mode = mode(inv, dry_run);
    let done = handlers::patch(io.api, &object.key(), &patch, mode)?;
    warn(io, &done.warnings);
    Ok(if records_afterwards(inv) { record_done(inv, io, done, mode) } else { done })
}

/// How the verb asks the API server.
fn mode(inv: &Invocation, dry_run: DryRun) -> Mode<'_> {
    let subresource = super::options::subresource(inv);
    let manager = super::options::field_manager(inv);
    Mode { dry_run: dry_run == DryRun::Server, manager, subresource, ..Mode::PLAIN }
}

/// `--record` of these is a request of its own.
fn records_afterwards(inv: &Invocation) -> bool {
    matches!(inv.verb.name, "patch" | "scale")
}

/// Arguments before the first `NAME=VALUE` or `NAME-`, and from there on. Models `cmdutil.GetResourcesAndPairs`.
pub(super) fn resources_and_pairs(
    inv: &Invocation,
    what: &str,
) -> Result<(Vec<String>, Vec<String>), Failure> {
    let is_pair = |arg: &String| {
        arg.find('=').is_some_and(|at| at > 0)
            || (arg.ends_with('-') && (arg.len() > 1 || what == "environment"))
    };
    let first = inv.args.iter().position(is_pair).unwrap_or(inv.args.len());
    let (resources, pairs) = inv.args.split_at(first);
    if let Some(arg) = pairs.iter().find(|arg| !is_pair(arg)) {
        return Err(Failure::client(format!("all resources must be specified before {what} changes: {arg}")));
    }
    Ok((resources.to_vec(), pairs.to_vec()))
}
