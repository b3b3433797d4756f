//! The verbs that change something, run something, or wait.

mod apply;
mod arguments;
mod create;
mod delete;
mod diff;
pub mod documents;
pub mod edit;
mod exec;
mod generate;
pub mod label;
pub mod modify;
mod node;
mod outcome;
pub mod patch;
mod rollout;
pub mod scale;
mod select;
pub mod set;
pub mod set_env;
mod wait;

use super::output::Output;
use super::{Failure, Invocation, Verb};
use crate::api::{Kind, Object};
use crate::apiserver::handlers::{FieldValidation, Mode};
use crate::process::Io;
use documents::Document;

/// The verb that stories begin with: a constant of its own, so that no other need be loaded with it.
pub const APPLY: Verb = Verb {
    name: "apply",
    flags: "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged server-side? force-conflicts? \
        field-manager validate=strict force? prune? all? cascade=background grace-period# timeout% wait? overwrite? \
        openapi-patch? allow-missing-template-keys? show-managed-fields? template prune-allowlist, applyset subresource",
    help: "Apply a configuration to a resource by file name or stdin.\n\nUsage:\n  kubectl apply (-f FILENAME | -k \
        DIRECTORY) [options]",
    run: apply::apply,
};

/// The others.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "apply view-last-applied",
        flags: "f:filename, k:kustomize R:recursive? l:selector o:output all?",
        help: "View the latest last-applied-configuration annotations by type/name or file.\n\nUsage:\n  kubectl apply \
            view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options]",
        run: apply::view_last_applied,
    },
    Verb {
        name: "create",
        flags: "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged field-manager validate=strict \
            save-config? edit? raw windows-line-endings? allow-missing-template-keys? show-managed-fields? template",
        help: "Create a resource from a file or from stdin.\n\nUsage:\n  kubectl create -f FILENAME [options]",
        run: apply::create,
    },
    Verb { name: "create namespace", flags: CREATE, help: NAMED, run: create::create_kind },
    Verb { name: "create serviceaccount", flags: CREATE, help: NAMED, run: create::create_kind },
    Verb { name: "create configmap", flags: CREATE, help: NAMED, run: create::create_kind },
    Verb { name: "create secret", flags: CREATE, help: NAMED, run: create::create_kind },
    Verb { name: "create service", flags: CREATE, help: NAMED, run: create::create_kind },
    Verb { name: "create deployment", flags: CREATE, help: NAMED, run: create::create_kind },
    Verb { name: "create quota", flags: CREATE, help: NAMED, run: create::create_kind },
    Verb { name: "create poddisruptionbudget", flags: CREATE, help: NAMED, run: create::create_kind },
    Verb { name: "create job", flags: GENERATE, help: NAMED, run: create::create_generated },
    Verb { name: "create cronjob", flags: GENERATE, help: NAMED, run: create::create_generated },
    Verb { name: "create role", flags: GENERATE, help: NAMED, run: create::create_generated },
    Verb { name: "create clusterrole", flags: GENERATE, help: NAMED, run: create::create_generated },
    Verb { name: "create rolebinding", flags: GENERATE, help: NAMED, run: create::create_generated },
    Verb { name: "create clusterrolebinding", flags: GENERATE, help: NAMED, run: create::create_generated },
    Verb { name: "create priorityclass", flags: GENERATE, help: NAMED, run: create::create_generated },
    Verb { name: "create ingress", flags: GENERATE, help: NAMED, run: create::create_generated },
    Verb {
        name: "create token",
        flags: "o:output audience+ duration% bound-object-kind bound-object-name bound-object-uid template \
            allow-missing-template-keys? show-managed-fields?",
        help: NAMED,
        run: create::token,
    },
    Verb {
        name: "expose",
        flags: "f:filename, k:kustomize R:recursive? l:labels o:output dry-run=unchanged port target-port name type protocol \
            selector cluster-ip session-affinity external-ip load-balancer-ip override-type overrides save-config? \
            field-manager template allow-missing-template-keys? show-managed-fields?",
        help: "Expose a resource as a new Kubernetes service.\n\nUsage:\n  kubectl expose (-f FILENAME | TYPE NAME) \
            [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] \
            [--external-ip=external-ip-of-service] [--type=type] [options]",
        run: create::expose,
    },
    Verb {
        name: "run",
        flags: "image image-pull-policy restart port env+ l:labels annotations+ overrides override-type command? attach? \
            i:stdin? t:tty? q:quiet? rm? leave-stdin-open? expose? privileged? pod-running-timeout% detach-keys o:output \
            dry-run=unchanged field-manager save-config? cascade=background force? grace-period# timeout% wait? \
            f:filename, k:kustomize R:recursive? template allow-missing-template-keys? show-managed-fields?",
        help: "Create and run a particular image in a pod.\n\nUsage:\n  kubectl run NAME --image=image [--env=\"key=value\"] \
            [--port=port] [--dry-run=server|client] [--overrides=inline-json] [--command] -- [COMMAND] [args...] [options]",
        run: exec::run,
    },
    Verb {
        name: "exec",
        flags: "f:filename, c:container i:stdin? t:tty? q:quiet? pod-running-timeout%",
        help: "Execute a command in a container.\n\nUsage:\n  kubectl exec (POD | TYPE/NAME) [-c CONTAINER] [flags] -- \
            COMMAND [args...] [options]",
        run: exec::exec,
    },
    Verb {
        name: "attach",
        flags: "c:container i:stdin? t:tty? q:quiet? pod-running-timeout% detach-keys",
        help: "Attach to a process that is already running inside an existing container.\n\nUsage:\n  kubectl attach (POD | \
            TYPE/NAME) -c CONTAINER [options]",
        run: exec::attach_to,
    },
    Verb {
        name: "cp",
        flags: "c:container no-preserve? retries#",
        help: "Copy files and directories to and from containers.\n\nUsage:\n  kubectl cp <file-spec-src> <file-spec-dest> \
            [options]",
        run: exec::refuse,
    },
    Verb {
        name: "port-forward",
        flags: "address, pod-running-timeout%",
        help: "Forward one or more local ports to a pod.\n\nUsage:\n  kubectl port-forward TYPE/NAME [options] \
            [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
        run: exec::refuse,
    },
    Verb {
        name: "autoscale",
        flags: "f:filename, k:kustomize R:recursive? o:output dry-run=unchanged min# max# cpu cpu-percent# memory name \
            save-config? field-manager template allow-missing-template-keys? show-managed-fields?",
        help: "Creates an autoscaler that automatically chooses and sets the number of pods that run in a Kubernetes cluster.\
            \n\nUsage:\n  kubectl autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [options]",
        run: exec::refuse,
    },
    Verb {
        name: "debug",
        flags: "f:filename, c:container i:stdin? t:tty? q:quiet? image image-pull-policy env+ copy-to replace? same-node? \
            set-image share-processes? target profile custom attach? arguments-only? keep-annotations? keep-labels? \
            keep-liveness? keep-readiness? keep-startup? keep-init-containers?",
        help: "Debug cluster resources using interactive debugging containers.\n\nUsage:\n  kubectl debug (POD | \
            TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ] [options]",
        run: exec::refuse,
    },
    Verb {
        name: "edit",
        flags: "f:filename, k:kustomize R:recursive? o:output validate=strict save-config? output-patch? \
            windows-line-endings? field-manager subresource template allow-missing-template-keys? show-managed-fields?",
        help: "Edit a resource from the default editor.\n\nUsage:\n  kubectl edit (RESOURCE/NAME | -f FILENAME) [options]",
        run: edit::edit,
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
        run: scale::scale,
    },
    Verb {
        name: "patch",
        flags: "f:filename, k:kustomize R:recursive? o:output dry-run=unchanged p:patch patch-file type local? field-manager \
            subresource template allow-missing-template-keys? show-managed-fields? record?",
        help: "Update fields of a resource using strategic merge patch, a JSON merge patch, or a JSON patch.\n\nUsage:\n  \
            kubectl patch (-f FILENAME | TYPE NAME) [-p PATCH|--patch-file FILE] [options]",
        run: patch::patch,
    },
    Verb {
        name: "label",
        flags: LABEL,
        help: "Update the labels on a resource.\n\nUsage:\n  kubectl label [--overwrite] (-f FILENAME | TYPE NAME) \
            KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
        run: label::label,
    },
    Verb {
        name: "annotate",
        flags: LABEL,
        help: "Update the annotations on one or more resources.\n\nUsage:\n  kubectl annotate [--overwrite] (-f FILENAME | \
            TYPE NAME) KEY_1=VAL_1 ... KEY_N=VAL_N [--resource-version=version] [options]",
        run: label::label,
    },
    Verb { name: "set", flags: "", help: set::SET_HELP, run: rollout::parent },
    Verb {
        name: "set image",
        flags: SET,
        help: "Update existing container image(s) of resources.\n\nUsage:\n  kubectl set image (-f FILENAME | TYPE NAME) \
            CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options]",
        run: set::set_image,
    },
    Verb {
        name: "set env",
        flags: SET,
        help: "Update environment variables on a pod template.\n\nUsage:\n  kubectl set env RESOURCE/NAME KEY_1=VAL_1 ... \
            KEY_N=VAL_N [options]",
        run: set_env::set_env,
    },
    Verb {
        name: "set resources",
        flags: SET,
        help: "Specify compute resource requirements (CPU, memory) for any resource that defines a pod template.\n\n\
            Usage:\n  kubectl set resources (-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS] [options]",
        run: set::set_resources,
    },
    Verb {
        name: "set serviceaccount",
        flags: SET,
        help: "Update the service account of pod template resources.\n\nUsage:\n  kubectl set serviceaccount (-f FILENAME | \
            TYPE NAME) SERVICE_ACCOUNT [options]",
        run: set::set_service_account,
    },
    Verb {
        name: "set selector",
        flags: "f:filename, k:kustomize R:recursive? all? local? o:output dry-run=unchanged resource-version field-manager \
            template allow-missing-template-keys? show-managed-fields? record?",
        help: "Set the selector on a resource. Note that the new selector will overwrite the old selector if the resource \
            had one prior to the invocation of 'set selector'.\n\nUsage:\n  kubectl set selector (-f FILENAME | TYPE NAME) \
            EXPRESSIONS [--resource-version=version] [options]",
        run: select::set_selector,
    },
    Verb {
        name: "set subject",
        flags: "f:filename, k:kustomize R:recursive? l:selector all? local? o:output dry-run=unchanged user+ group+ \
            serviceaccount+ field-manager template allow-missing-template-keys? show-managed-fields?",
        help: "Update the user, group, or service account in a role binding or cluster role binding.\n\nUsage:\n  kubectl \
            set subject (-f FILENAME | TYPE NAME) [--user=username] [--group=groupname] \
            [--serviceaccount=namespace:serviceaccountname] [--dry-run=server|client|none] [options]",
        run: select::set_subject,
    },
    Verb { name: "rollout", flags: "", help: rollout::HELP, run: rollout::parent },
    Verb {
        name: "rollout status",
        flags: "f:filename, k:kustomize R:recursive? l:selector w:watch? revision# timeout%",
        help: "Show the status of the rollout.\n\nUsage:\n  kubectl rollout status (TYPE NAME | TYPE/NAME) [flags] [options]",
        run: rollout::status,
    },
    Verb {
        name: "rollout history",
        flags: "f:filename, k:kustomize R:recursive? l:selector o:output revision# template allow-missing-template-keys? \
            show-managed-fields?",
        help: "View previous rollout revisions and configurations.\n\nUsage:\n  kubectl rollout history (TYPE NAME | \
            TYPE/NAME) [flags] [options]",
        run: rollout::history,
    },
    Verb {
        name: "rollout undo",
        flags: "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged to-revision# template \
            allow-missing-template-keys? show-managed-fields?",
        help: "Roll back to a previous rollout.\n\nUsage:\n  kubectl rollout undo (TYPE NAME | TYPE/NAME) [flags] [options]",
        run: rollout::undo,
    },
    Verb {
        name: "rollout restart",
        flags: ROLLOUT,
        help: "Restart a resource.\n\nUsage:\n  kubectl rollout restart RESOURCE [options]",
        run: rollout::change,
    },
    Verb {
        name: "rollout pause",
        flags: ROLLOUT,
        help: "Mark the provided resource as paused.\n\nUsage:\n  kubectl rollout pause RESOURCE [options]",
        run: rollout::change,
    },
    Verb {
        name: "rollout resume",
        flags: ROLLOUT,
        help: "Resume a paused resource.\n\nUsage:\n  kubectl rollout resume RESOURCE [options]",
        run: rollout::change,
    },
    Verb {
        name: "wait",
        flags: "f:filename, k:kustomize R:recursive? l:selector field-selector A:all-namespaces? all? o:output for+ timeout% \
            local? template allow-missing-template-keys? show-managed-fields?",
        help: "Wait for a specific condition on one or many resources.\n\nUsage:\n  kubectl wait ([-f FILENAME] | \
            resource.group/resource.name | resource.group [(-l label | --all)]) \
            [--for=create|--for=delete|--for condition=available|--for=jsonpath='{}'[=value]] [options]",
        run: wait::wait,
    },
    Verb {
        name: "cordon",
        flags: "l:selector dry-run=unchanged",
        help: "Mark node as unschedulable.\n\nUsage:\n  kubectl cordon NODE [options]",
        run: node::cordon,
    },
    Verb {
        name: "uncordon",
        flags: "l:selector dry-run=unchanged",
        help: "Mark node as schedulable.\n\nUsage:\n  kubectl uncordon NODE [options]",
        run: node::cordon,
    },
    Verb {
        name: "drain",
        flags: "l:selector dry-run=unchanged force? grace-period# ignore-daemonsets? delete-emptydir-data? timeout% \
            pod-selector disable-eviction? skip-wait-for-delete-timeout# chunk-size#",
        help: "Drain node in preparation for maintenance.\n\nUsage:\n  kubectl drain NODE [options]",
        run: node::drain,
    },
    Verb {
        name: "taint",
        flags: "l:selector all? o:output dry-run=unchanged overwrite? field-manager validate=strict template \
            allow-missing-template-keys? show-managed-fields?",
        help: "Update the taints on one or more nodes.\n\nUsage:\n  kubectl taint NODE NAME KEY_1=VAL_1:TAINT_EFFECT_1 ... \
            KEY_N=VAL_N:TAINT_EFFECT_N [options]",
        run: node::taint,
    },
];

const CREATE: &str = "o:output dry-run=unchanged validate=strict field-manager save-config? image+ r:replicas# port# tcp, \
    clusterip external-name node-port# from-literal+ from-file+ from-env-file+ append-hash? type hard scopes selector \
    min-available max-unavailable cert key docker-username docker-password docker-email docker-server template \
    allow-missing-template-keys? show-managed-fields?";

const GENERATE: &str = "o:output dry-run=unchanged validate=strict field-manager save-config? image from schedule restart \
    verb, resource, resource-name+ non-resource-url, aggregation-rule clusterrole role user+ group+ serviceaccount+ value# \
    global-default? description preemption-policy class rule+ default-backend annotation+ template \
    allow-missing-template-keys? show-managed-fields?";

const NAMED: &str = "Create an object from flags.";

const ROLLOUT: &str = "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged field-manager template \
    allow-missing-template-keys? show-managed-fields?";

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
    fn mode(self, inv: &Invocation, unknown: FieldValidation) -> Mode<'_> {
        Mode { unknown, dry_run: self == DryRun::Server, manager: field_manager(inv), subresource: "" }
    }
}

/// Whom the API server takes note of as having changed something: `--field-manager`, or the verb's own.
fn field_manager(inv: &Invocation) -> &str {
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
fn validation(inv: &Invocation) -> Result<FieldValidation, Failure> {
    match inv.text("validate") {
        "" | "true" | "strict" => Ok(FieldValidation::Strict),
        "warn" => Ok(FieldValidation::Warn),
        "false" | "ignore" => Ok(FieldValidation::Ignore),
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
