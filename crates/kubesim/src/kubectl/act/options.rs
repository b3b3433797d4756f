//! Flags that many of these verbs have: `--dry-run`, `--field-manager`, `--validate`.

use crate::apiserver::handlers::{FieldValidation, Mode};
use crate::kubectl::flags::parse_bool;
use crate::kubectl::{Failure, Invocation};

/// Whether a verb only tells what it would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum DryRun {
    No,
    Client,
    Server,
}

impl DryRun {
    /// What `--dry-run` says.
    pub(super) fn of(inv: &Invocation) -> Result<DryRun, Failure> {
        match inv.get("dry-run") {
            None | Some("none") => Ok(DryRun::No),
            Some("client") => Ok(DryRun::Client),
            Some("server") => Ok(DryRun::Server),
            // Alone, or true or false: kubectl warns of it (`cmdutil.GetDryRunStrategy`).
            Some("unchanged") => Ok(DryRun::Client),
            Some(text) if parse_bool(text) == Some(true) => Ok(DryRun::Client),
            Some(text) if parse_bool(text) == Some(false) => Ok(DryRun::No),
            Some(other) => Err(Failure::client(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// What is printed behind what would be done.
    pub(super) fn suffix(self) -> &'static str {
        match self {
            DryRun::No => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    /// How requests are made.
    pub(super) fn mode(self, inv: &Invocation, unknown: FieldValidation) -> Mode<'_> {
        Mode {
            unknown,
            dry_run: self == DryRun::Server,
            manager: field_manager(inv),
            subresource: subresource(inv),
        }
    }
}

/// Which part of an object a command changes (`--subresource`).
pub(super) fn subresource(inv: &Invocation) -> &'static str {
    match (inv.verb.name, inv.text("subresource")) {
        ("scale", _) | (_, "scale") => "scale",
        (_, "status") => "status",
        _ => "",
    }
}

/// Whom the API server takes note of as having changed something: `--field-manager`, or the verb's own.
pub(super) fn field_manager(inv: &Invocation) -> &str {
    let given = inv.text("field-manager");
    let verb = inv.verb.name.split(' ').next().unwrap_or_default();
    match verb {
        _ if !given.is_empty() => given,
        "apply" | "diff" if inv.is("server-side") => "kubectl",
        "apply" | "diff" => "kubectl-client-side-apply",
        "annotate" => "kubectl-annotate",
        "autoscale" => "kubectl-autoscale",
        "create" => "kubectl-create",
        "edit" => "kubectl-edit",
        "expose" => "kubectl-expose",
        "label" => "kubectl-label",
        "patch" => "kubectl-patch",
        "replace" => "kubectl-replace",
        "rollout" if inv.verb.name != "rollout undo" => "kubectl-rollout",
        "run" => "kubectl-run",
        "set" => "kubectl-set",
        "taint" => "kubectl-taint",
        _ => "kubectl",
    }
}

/// What `--validate` says.
pub(super) fn validation(inv: &Invocation) -> Result<FieldValidation, Failure> {
    match inv.text("validate") {
        "" | "true" | "strict" => Ok(FieldValidation::Strict),
        "warn" => Ok(FieldValidation::Warn),
        "false" | "ignore" => Ok(FieldValidation::Ignore),
        other => Err(Failure::client(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        ))),
    }
}
