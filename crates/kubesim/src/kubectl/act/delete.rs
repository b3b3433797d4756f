//! `kubectl delete`. Models `k8s.io/kubectl/pkg/cmd/delete/delete.go`.

use super::confirm;
use super::documents::{self, Document};
use super::printing::warn;
use super::raw;
use super::removal::{Removal, remove_all};
use crate::api::Key;
use crate::kubectl::resource::{Query, Targets};
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;

/// `kubectl delete`
pub fn delete(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if inv.has("raw") {
        return raw::write(inv, io, "DELETE");
    }
    let removal = Removal::of(inv)?;
    let (from_files, failures) = documents::read(inv)?;
    let targets = if inv.has("filename") {
        inv.only_paths(&inv.args)?;
        Targets::Named(from_files.iter().map(Document::key).collect())
    } else {
        if inv.is("all") && inv.has("selector") {
            return Err(Failure::client("setting 'all' parameter but found a non empty selector. "));
        }
        Query::of_every(inv, &inv.args).targets()?
    };
    if !matches!(inv.text("output"), "" | "name") {
        let output = inv.text("output");
        return Err(Failure::client(format!(
            "unexpected -o output mode: {output}. We only support '-o name'"
        )));
    }
    match removal.grace {
        Some(0) if removal.force => warn(
            io,
            &["Immediate deletion does not wait for confirmation that the running \
            resource has been terminated. The resource may continue to run on the cluster indefinitely."
                .to_string()],
        ),
        Some(_) if removal.force => {
            return Err(Failure::client(
                "--force and --grace-period greater than 0 cannot be specified together",
            ));
        }
        _ => {}
    }
    let keys: Vec<Key> = match &targets {
        Targets::Named(keys) => keys.clone(),
        selected => selected.find(io.api.store()).objects.iter().map(|o| o.key()).collect(),
    };
    if inv.is("interactive") {
        return confirm::ask(inv, io, removal, keys, from_files, failures);
    }
    remove_all(inv, io, removal, &keys, &from_files, failures)
}
