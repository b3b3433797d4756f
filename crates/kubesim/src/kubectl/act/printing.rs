//! What these verbs print of an object that they changed.

use super::documents::Document;
use super::options::DryRun;
use crate::api::{Kind, Object};
use crate::kubectl::output::Output;
use crate::kubectl::{Failure, Invocation};
use crate::process::Io;

/// Prints what the API server warns of.
pub(super) fn warn(io: &mut Io, warnings: &[String]) {
    for warning in warnings {
        io.err(format!("Warning: {warning}\n"));
    }
}

/// `statefulset.apps/flask`
pub(super) fn named(kind: Kind, name: &str) -> String {
    format!("{}/{name}", kind.info().qualified_singular())
}

/// As [`say`], of an object that kubectl itself only looked at.
pub(super) fn say_tree(
    inv: &Invocation,
    io: &mut Io,
    document: &Document,
    done: &str,
) -> Result<(), Failure> {
    match Output::of(inv)? {
        Output::Table { .. } => {
            io.out(format!("{} {done}{}\n", named(document.kind, &document.name), DryRun::Client.suffix()));
        }
        other => io.out(other.print_tree(&document.tree)?),
    }
    Ok(())
}

/// Prints what was done to an object, or the object as `-o` asks for it.
pub(super) fn say(
    inv: &Invocation,
    io: &mut Io,
    object: &Object,
    done: &str,
    dry_run: DryRun,
) -> Result<(), Failure> {
    match Output::of(inv)? {
        Output::Table { .. } => {
            io.out(format!("{} {done}{}\n", named(object.kind, &object.meta.name), dry_run.suffix()))
        }
        other if dry_run == DryRun::Server => {
            // Nothing was stored: the version stays, and what is new has none.
            let mut tried = object.clone();
            let stored = io.api.store().get(&object.key());
            tried.meta.resource_version = stored.map_or(0, |stored| stored.meta.resource_version);
            io.out(other.print(&tried)?);
        }
        other => io.out(other.print(object)?),
    }
    Ok(())
}
