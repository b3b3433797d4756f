//! The verbs that change something, run something, or wait.

mod apply;
mod delete;
mod diff;
mod documents;
mod modify;
mod request;

use super::output::Output;
use super::{Failure, Invocation, Verb};
use crate::api::{Kind, Object};
use crate::sim::process::Io;
use documents::Document;
use request::{Mode, Unknown};

/// Them.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "apply",
        flags: "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged server-side? force-conflicts? \
            field-manager validate=strict force? prune? all? cascade=background grace-period# timeout% wait? overwrite? \
            openapi-patch? allow-missing-template-keys? show-managed-fields? template prune-allowlist, applyset subresource",
        help: "Apply a configuration to a resource by file name or stdin.\n\nUsage:\n  kubectl apply (-f FILENAME | -k \
            DIRECTORY) [options]",
        run: apply::apply,
    },
    Verb {
        name: "create",
        flags: "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged field-manager validate=strict \
            save-config? edit? raw windows-line-endings? allow-missing-template-keys? show-managed-fields? template",
        help: "Create a resource from a file or from stdin.\n\nUsage:\n  kubectl create -f FILENAME [options]",
        run: apply::create,
    },
    Verb {
        name: "replace",
        flags: "f:filename, k:kustomize R:recursive? o:output dry-run=unchanged field-manager validate=strict save-config? \
            force? cascade=background grace-period# timeout% wait? raw subresource allow-missing-template-keys? \
            show-managed-fields? template",
        help: "Replace a resource by file name or stdin.\n\nUsage:\n  kubectl replace -f FILENAME [options]",
        run: apply::replace,
    },
    Verb {
        name: "delete",
        flags: "f:filename, k:kustomize R:recursive? l:selector field-selector A:all-namespaces? all? ignore-not-found? \
            cascade=background force? grace-period# now? timeout% wait? o:output raw i:interactive? dry-run=unchanged",
        help: "Delete resources by file names, stdin, resources and names, or by resources and label selector.\n\nUsage:\n  \
            kubectl delete ([-f FILENAME] | [-k DIRECTORY] | TYPE [(NAME | -l label | --all)]) [options]",
        run: delete::delete,
    },
    Verb {
        name: "diff",
        flags: "f:filename, k:kustomize R:recursive? l:selector field-manager server-side? force-conflicts? prune? \
            prune-allowlist, show-managed-fields? concurrency#",
        help: "Diff configurations specified by file name or stdin between the current online configuration, and the \
            configuration as it would be if applied.\n\nUsage:\n  kubectl diff -f FILENAME [options]",
        run: diff::diff,
    },
    Verb {
        name: "scale",
        flags: "f:filename, k:kustomize R:recursive? l:selector all? o:output dry-run=unchanged replicas# current-replicas# \
            resource-version timeout% template allow-missing-template-keys? show-managed-fields? record?",
        help: "Set a new size for a deployment, replica set, replication controller, or stateful set.\n\nUsage:\n  kubectl \
            scale [--resource-version=version] [--current-replicas=count] --replicas=COUNT (-f FILENAME | TYPE NAME) \
            [options]",
        run: modify::scale,
    },
    Verb {
        name: "patch",
        flags: "f:filename, k:kustomize R:recursive? o:output dry-run=unchanged p:patch patch-file type local? field-manager \
            subresource template allow-missing-template-keys? show-managed-fields? record?",
        help: "Update fields of a resource using strategic merge patch, a JSON merge patch, or a JSON patch.\n\nUsage:\n  \
            kubectl patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]",
        run: modify::patch,
    },
    Verb {
        name: "label",
        flags: LABEL,
        help: "Update the labels on a resource.\n\nUsage:\n  kubectl label [--overwrite] (-f FILENAME | TYPE NAME) \
            KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
        run: modify::label,
    },
    Verb {
        name: "annotate",
        flags: LABEL,
        help: "Update the annotations on one or more resources.\n\nUsage:\n  kubectl annotate [--overwrite] (-f FILENAME | \
            TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
        run: modify::label,
    },
    Verb {
        name: "set image",
        flags: SET,
        help: "Update existing container image(s) of resources.\n\nUsage:\n  kubectl set image (-f FILENAME | TYPE NAME) \
            CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options]",
        run: modify::set_image,
    },
    Verb {
        name: "set env",
        flags: SET,
        help: "Update environment variables on a pod template.\n\nUsage:\n  kubectl set env RESOURCE/NAME KEY_1=VAL_1 ... \
            KEY_N=VAL_N [options]",
        run: modify::set_env,
    },
    Verb {
        name: "set resources",
        flags: SET,
        help: "Specify compute resource requirements (CPU, memory) for any resource that defines a pod template.\n\n\
            Usage:\n  kubectl set resources (-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS] [options]",
        run: modify::set_resources,
    },
];

const LABEL: &str = "f:filename, k:kustomize R:recursive? l:selector field-selector A:all-namespaces? all? o:output \
    dry-run=unchanged overwrite? list? local? resource-version field-manager template allow-missing-template-keys? \
    show-managed-fields? record?";

const SET: &str = "f:filename, k:kustomize R:recursive? l:selector all? o:output dry-run=unchanged local? field-manager \
    c:containers e:env+ from prefix keys, list? resolve? overwrite? limits requests template \
    allow-missing-template-keys? show-managed-fields? record?";

/// Whether a verb only tells what it would do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum DryRun {
    No,
    Client,
    Server,
}

impl DryRun {
    /// What `--dry-run` says.
    fn of(inv: &Invocation) -> Result<DryRun, Failure> {
        match inv.get("dry-run") {
            None | Some("none") => Ok(DryRun::No),
            Some("client") => Ok(DryRun::Client),
            Some("server") => Ok(DryRun::Server),
            Some(other) => Err(Failure::client(format!(
                "Invalid dry-run value ({other}). Must be \"none\", \"server\", or \"client\"."
            ))),
        }
    }

    /// What is printed behind what would be done.
    fn suffix(self) -> &'static str {
        match self {
            DryRun::No => "",
            DryRun::Client => " (dry run)",
            DryRun::Server => " (server dry run)",
        }
    }

    /// How requests are made.
    fn mode(self, unknown: Unknown) -> Mode {
        Mode { unknown, dry_run: self == DryRun::Server }
    }
}

/// What `--validate` says.
fn validation(inv: &Invocation) -> Result<Unknown, Failure> {
    match inv.text("validate") {
        "" | "true" | "strict" => Ok(Unknown::Strict),
        "warn" => Ok(Unknown::Warn),
        "false" | "ignore" => Ok(Unknown::Ignore),
        other => Err(Failure::client(format!(
            "invalid - validate option {other:?}; must be one of: strict (or true), warn, ignore (or false)"
        ))),
    }
}

/// Prints what the API server warns of.
fn warn(io: &mut Io, warnings: &[String]) {
    for warning in warnings {
        io.err(format!("Warning: {warning}\n"));
    }
}

/// `statefulset.apps/flask`
fn named(kind: Kind, name: &str) -> String {
    format!("{}/{name}", kind.info().qualified_singular())
}

/// As [`say`], of an object that kubectl itself only looked at.
fn say_tree(inv: &Invocation, io: &mut Io, document: &Document, done: &str) -> Result<(), Failure> {
    match Output::of(inv)? {
        Output::Table { .. } => {
            io.out(format!("{} {done}{}\n", named(document.kind, &document.name), DryRun::Client.suffix()));
        }
        other => io.out(other.print_tree(&document.tree)?),
    }
    Ok(())
}

/// Prints what was done to an object, or the object as `-o` asks for it.
fn say(inv: &Invocation, io: &mut Io, object: &Object, done: &str, dry_run: DryRun) -> Result<(), Failure> {
    match Output::of(inv)? {
        Output::Table { .. } => {
            io.out(format!("{} {done}{}\n", named(object.kind, &object.meta.name), dry_run.suffix()))
        }
        other => io.out(other.print(object)?),
    }
    Ok(())
}
