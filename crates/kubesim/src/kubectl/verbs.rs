//! The table of all verbs (those of [`info`] stand there), and the reading of a command line by it.

use super::act::{
    apply, autoscale, certificate, copy, create, debug, delete, diff, edit, exec, expose, forward, label,
    last_applied, node, patch, rollout, scale, select, set, set_env, token, wait,
};
use super::failure::Failure;
use super::flags::{self, Parsed, Takes};
use super::help::help;
use super::invocation::{ALIASES, Invocation, Next, Verb};
use super::{config, describe, events, explain, get, info, kustomize, logs};
use crate::process::Io;
use std::collections::BTreeMap;

/// All verbs.
pub fn verbs() -> impl Iterator<Item = &'static Verb> {
    READING
        .iter()
        .chain(info::VERBS)
        .chain(config::VERBS)
        .chain([&APPLY])
        .chain(CHANGING)
        .chain(certificate::VERBS)
}

/// The verb of this name.
fn verb_named(name: &str) -> Option<&'static Verb> {
    if name == APPLY.name { Some(&APPLY) } else { other_verb(name) }
}

/// A verb that no story begins with: its table is not needed at first.
#[cold]
#[inline(never)]
fn other_verb(name: &str) -> Option<&'static Verb> {
    verbs().find(|verb| verb.name == name)
}

/// Whether this line is one kubectl command that changes nothing.
pub fn only_reads(line: &str) -> bool {
    let mut words = line.split_whitespace();
    let is_kubectl = matches!(words.next(), Some("kubectl" | "k"));
    let verb = |word: &str| verbs().find(|v| v.name.split(' ').next() == Some(word));
    let named = words.find_map(verb).map(|verb| verb.name);
    let reads = READING.iter().chain(info::VERBS).any(|verb| Some(verb.name) == named);
    is_kubectl
        && reads
        && !line.contains(" reconcile")
        && !line.contains(" certificate ")
        && !line.contains([';', '&', '|', '<', '>', '$', '`', '('])
}

/// The verbs that only read.
const READING: &[Verb] = &[
    Verb { name: "get", flags: get::FLAGS, help: get::HELP, run: get::run },
    Verb { name: "describe", flags: describe::FLAGS, help: describe::HELP, run: describe::run },
    Verb { name: "logs", flags: logs::FLAGS, help: logs::HELP, run: logs::run },
    Verb { name: "explain", flags: explain::FLAGS, help: explain::HELP, run: explain::run },
    Verb { name: "events", flags: events::FLAGS, help: events::HELP, run: events::run },
    Verb {
        name: "kustomize",
        flags: kustomize::FLAGS,
        help: "Build a set of KRM resources using a 'kustomization.yaml' file. The DIR argument must be a path to a directory \
            containing 'kustomization.yaml'. If DIR is omitted, '.' is assumed.\n\nUsage:\n  kubectl kustomize DIR \
            [flags] [options]",
        run: kustomize::kustomize,
    },
    Verb { name: "help", flags: "", help: include_str!("help.txt"), run: show_help },
];

/// The verb that stories begin with: a constant of its own, so that no other need be loaded with it.
const APPLY: Verb = Verb {
    name: "apply",
    flags: "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged server-side? force-conflicts? \
        field-manager validate=strict force? prune? all? cascade=background grace-period# timeout% wait? overwrite? \
        openapi-patch? allow-missing-template-keys? show-managed-fields? template prune-allowlist, applyset subresource record?",
    help: "Apply a configuration to a resource by file name or stdin.\n\nUsage:\n  kubectl apply (-f FILENAME | -k \
        DIRECTORY) [options]",
    run: apply::apply,
};

/// The flags of a command that makes an object: its own, and those that all of these have.
macro_rules! create {
    ($own:literal) => {
        concat!(
            "o:output dry-run=unchanged validate=strict field-manager save-config? template allow-missing-template-keys? \
             show-managed-fields? ",
            $own
        )
    };
}

/// The others that change something, run something, or wait.
const CHANGING: &[Verb] = &[
    Verb {
        name: "apply view-last-applied",
        flags: "f:filename, k:kustomize R:recursive? l:selector o:output all?",
        help: "View the latest last-applied-configuration annotations by type/name or file.\n\nUsage:\n  kubectl apply \
            view-last-applied (TYPE [NAME | -l label] | TYPE/NAME | -f FILENAME) [options]",
        run: last_applied::view,
    },
    Verb {
        name: "apply edit-last-applied",
        flags: "f:filename, k:kustomize R:recursive? o:output validate=strict windows-line-endings? field-manager template \
            allow-missing-template-keys? show-managed-fields? record?",
        help: "Edit the latest last-applied-configuration annotations of objects from the default editor.\n\nUsage:\n  kubectl \
            apply edit-last-applied (RESOURCE/NAME | -f FILENAME) [options]",
        run: last_applied::edit,
    },
    Verb {
        name: "apply set-last-applied",
        flags: "f:filename, o:output dry-run=unchanged create-annotation? template allow-missing-template-keys? \
            show-managed-fields?",
        help: "Set the latest last-applied-configuration annotations by setting it to match the contents of a file.\n\n\
            Usage:\n  kubectl apply set-last-applied -f FILENAME [options]",
        run: last_applied::set,
    },
    Verb {
        name: "create",
        flags: "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged field-manager validate=strict \
            save-config? edit? raw windows-line-endings? allow-missing-template-keys? show-managed-fields? template record?",
        help: "Create a resource from a file or from stdin.\n\nUsage:\n  kubectl create -f FILENAME [options]",
        run: apply::create,
    },
    created("create namespace", create!("")),
    created("create serviceaccount", create!("")),
    created("create configmap", create!("from-literal+ from-file+ from-env-file+ append-hash?")),
    Verb { name: "create secret", flags: "", help: NAMED, run: info::parent },
    created(
        "create secret docker-registry",
        create!("from-file+ append-hash? docker-username docker-password docker-email docker-server"),
    ),
    created("create secret generic", create!("from-literal+ from-file+ from-env-file+ append-hash? type")),
    created("create secret tls", create!("append-hash? cert key")),
    Verb { name: "create service", flags: "", help: NAMED, run: info::parent },
    created("create service clusterip", create!("tcp, clusterip")),
    created("create service externalname", create!("tcp, external-name")),
    created("create service loadbalancer", create!("tcp,")),
    created("create service nodeport", create!("tcp, node-port#")),
    created("create deployment", create!("image+ r:replicas# port#")),
    created("create quota", create!("hard scopes")),
    created("create poddisruptionbudget", create!("selector min-available max-unavailable")),
    Verb { name: "create job", flags: create!("image from"), help: NAMED, run: create::create_generated },
    Verb {
        name: "create cronjob",
        flags: create!("image schedule restart"),
        help: NAMED,
        run: create::create_generated,
    },
    Verb {
        name: "create role",
        flags: create!("verb, resource, resource-name+"),
        help: NAMED,
        run: create::create_generated,
    },
    Verb {
        name: "create clusterrole",
        flags: create!("verb, resource, resource-name+ non-resource-url, aggregation-rule"),
        help: NAMED,
        run: create::create_generated,
    },
    Verb {
        name: "create rolebinding",
        flags: create!("clusterrole role user+ group+ serviceaccount+"),
        help: NAMED,
        run: create::create_generated,
    },
    Verb {
        name: "create clusterrolebinding",
        flags: create!("clusterrole user+ group+ serviceaccount+"),
        help: NAMED,
        run: create::create_generated,
    },
    Verb {
        name: "create priorityclass",
        flags: create!("value# global-default? description preemption-policy"),
        help: NAMED,
        run: create::create_generated,
    },
    Verb {
        name: "create ingress",
        flags: create!("class rule+ default-backend annotation+"),
        help: NAMED,
        run: create::create_generated,
    },
    Verb {
        name: "create token",
        flags: "o:output audience+ duration% bound-object-kind bound-object-name bound-object-uid template \
            allow-missing-template-keys? show-managed-fields?",
        help: NAMED,
        run: token::token,
    },
    Verb {
        name: "expose",
        flags: "f:filename, k:kustomize R:recursive? l:labels o:output dry-run=unchanged port target-port name type protocol \
            selector cluster-ip session-affinity external-ip load-balancer-ip override-type overrides save-config? \
            field-manager template allow-missing-template-keys? show-managed-fields? record?",
        help: "Expose a resource as a new Kubernetes service.\n\nUsage:\n  kubectl expose (-f FILENAME | TYPE NAME) \
            [--port=port] [--protocol=TCP|UDP|SCTP] [--target-port=number-or-name] [--name=name] \
            [--external-ip=external-ip-of-service] [--type=type] [options]",
        run: expose::expose,
    },
    Verb {
        name: "run",
        flags: "image image-pull-policy restart port env+ l:labels annotations+ overrides override-type command? attach? \
            i:stdin? t:tty? q:quiet? rm? leave-stdin-open? expose? privileged? pod-running-timeout% detach-keys o:output \
            dry-run=unchanged field-manager save-config? cascade=background force? grace-period# timeout% wait? \
            f:filename, k:kustomize R:recursive? template allow-missing-template-keys? show-managed-fields? record?",
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
        run: copy::copy,
    },
    Verb {
        name: "port-forward",
        flags: "address, pod-running-timeout%",
        help: "Forward one or more local ports to a pod.\n\nUsage:\n  kubectl port-forward TYPE/NAME [options] \
            [LOCAL_PORT:]REMOTE_PORT [...[LOCAL_PORT_N:]REMOTE_PORT_N]",
        run: forward::port_forward,
    },
    Verb {
        name: "proxy",
        flags: "w:www P:www-prefix api-prefix accept-paths reject-paths accept-hosts reject-methods p:port# address \
            disable-filter? u:unix-socket keepalive% append-server-path?",
        help: "Creates a proxy server or application-level gateway between localhost and the Kubernetes API server.\n\nUsage:\n  \
            kubectl proxy [--port=PORT] [--www=static-dir] [--www-prefix=prefix] [--api-prefix=prefix] [options]",
        run: forward::proxy,
    },
    Verb {
        name: "autoscale",
        flags: "f:filename, k:kustomize R:recursive? o:output dry-run=unchanged min# max# cpu cpu-percent# memory name \
            save-config? field-manager template allow-missing-template-keys? show-managed-fields? record?",
        help: "Creates an autoscaler that automatically chooses and sets the number of pods that run in a Kubernetes cluster.\
            \n\nUsage:\n  kubectl autoscale (-f FILENAME | TYPE NAME | TYPE/NAME) [--min=MINPODS] --max=MAXPODS [options]",
        run: autoscale::autoscale,
    },
    Verb {
        name: "debug",
        flags: "f:filename, c:container i:stdin? t:tty? q:quiet? image image-pull-policy env, copy-to replace? same-node? \
            set-image, share-processes? target profile custom attach? arguments-only? keep-annotations? keep-labels? \
            keep-liveness? keep-readiness? keep-startup? keep-init-containers?",
        help: "Debug cluster resources using interactive debugging containers.\n\nUsage:\n  kubectl debug (POD | \
            TYPE[[.VERSION].GROUP]/NAME) [ -- COMMAND [args...] ] [options]",
        run: debug::debug,
    },
    Verb {
        name: "edit",
        flags: "f:filename, k:kustomize R:recursive? o:output validate=strict save-config? output-patch? \
            windows-line-endings? field-manager subresource template allow-missing-template-keys? show-managed-fields? record?",
        help: "Edit a resource from the default editor.\n\nUsage:\n  kubectl edit (RESOURCE/NAME | -f FILENAME) [options]",
        run: edit::edit,
    },
    Verb {
        name: "replace",
        flags: "f:filename, k:kustomize R:recursive? o:output dry-run=unchanged field-manager validate=strict save-config? \
            force? cascade=background grace-period# timeout% wait? raw subresource allow-missing-template-keys? \
            show-managed-fields? template record?",
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
            prune-allowlist, show-managed-fields? show-secrets? concurrency#",
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
    Verb { name: "set", flags: "", help: set::SET_HELP, run: info::parent },
    Verb {
        name: "set image",
        flags: SET_IMAGE,
        help: "Update existing container image(s) of resources.\n\nUsage:\n  kubectl set image (-f FILENAME | TYPE NAME) \
            CONTAINER_NAME_1=CONTAINER_IMAGE_1 ... CONTAINER_NAME_N=CONTAINER_IMAGE_N [options]",
        run: set::set_image,
    },
    Verb {
        name: "set env",
        flags: SET_ENV,
        help: "Update environment variables on a pod template.\n\nUsage:\n  kubectl set env RESOURCE/NAME KEY_1=VAL_1 ... \
            KEY_N=VAL_N [options]",
        run: set_env::set_env,
    },
    Verb {
        name: "set resources",
        flags: SET_RESOURCES,
        help: "Specify compute resource requirements (CPU, memory) for any resource that defines a pod template.\n\n\
            Usage:\n  kubectl set resources (-f FILENAME | TYPE NAME) ([--limits=LIMITS & --requests=REQUESTS] [options]",
        run: set::set_resources,
    },
    Verb {
        name: "set serviceaccount",
        flags: SET_ACCOUNT,
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
    Verb { name: "rollout", flags: "", help: rollout::HELP, run: info::parent },
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

const NAMED: &str = "Create an object from flags.";

/// A verb that creates an object of one kind.
const fn created(name: &'static str, flags: &'static str) -> Verb {
    Verb { name, flags, help: NAMED, run: create::create_kind }
}

const ROLLOUT: &str = "f:filename, k:kustomize R:recursive? l:selector o:output dry-run=unchanged field-manager template \
    allow-missing-template-keys? show-managed-fields?";

const LABEL: &str = "f:filename, k:kustomize R:recursive? l:selector field-selector A:all-namespaces? all? o:output \
    dry-run=unchanged overwrite? list? local? resource-version field-manager template allow-missing-template-keys? \
    show-managed-fields? record?";

const SET_IMAGE: &str = "f:filename, k:kustomize R:recursive? l:selector all? o:output dry-run=unchanged local? \
    field-manager template allow-missing-template-keys? show-managed-fields? record?";

const SET_ENV: &str = "f:filename, k:kustomize R:recursive? l:selector all? o:output dry-run=unchanged local? field-manager \
    c:containers e:env+ from prefix keys, list? resolve? overwrite? template allow-missing-template-keys? \
    show-managed-fields?";

const SET_RESOURCES: &str = "f:filename, k:kustomize R:recursive? l:selector all? o:output dry-run=unchanged local? \
    field-manager c:containers limits requests template allow-missing-template-keys? show-managed-fields? record?";

const SET_ACCOUNT: &str = "f:filename, k:kustomize R:recursive? all? o:output dry-run=unchanged local? field-manager \
    template allow-missing-template-keys? show-managed-fields? record?";

/// kubectl's commands in the order in which they are made. Models `k8s.io/kubectl/pkg/cmd/cmd.go`.
const ORDER: &str = "create expose run set explain get edit delete rollout scale autoscale certificate cluster-info top cordon \
    uncordon drain taint describe logs attach exec port-forward proxy cp auth debug events diff apply patch replace wait kustomize \
    label annotate completion alpha config plugin version api-versions api-resources options kuberc help why";

/// kubectl's commands that are not simulated.
const NOT_SIMULATED: &[&str] = &["alpha", "kuberc"];

/// Finds the verb and reads its flags.
pub(super) fn read(
    argv: &[String],
    stdin: Option<&str>,
    files: &BTreeMap<String, String>,
) -> Result<Invocation, Failure> {
    let Some((verb, words)) = find_verb(argv) else { return Err(unknown_verb(argv)) };
    let parsed = Parsed::read(&words, verb.flags).map_err(|e| {
        let failure = Failure::client(format!("{e}\nSee 'kubectl {} --help' for usage.", verb.name));
        if verb.name == "diff" { Failure::Coded(2, Box::new(failure)) } else { failure }
    })?;
    let inv = Invocation {
        verb,
        parsed,
        stdin: stdin.map(String::from),
        files: files.clone(),
        tty: None,
        disk: None,
        context_namespace: None,
    };
    if inv.has("kustomize") { kustomized(inv) } else { Ok(inv) }
}

/// `-k`: what the kustomization builds takes the place of files. Models `FilenameOptions` of cli-runtime.
fn kustomized(mut inv: Invocation) -> Result<Invocation, Failure> {
    if inv.has("filename") {
        return Err(Failure::client("only one of -f or -k can be specified"));
    }
    if inv.is("recursive") {
        return Err(Failure::client("the -k flag can't be used with -f or -R"));
    }
    let directory = inv.text("kustomize").to_string();
    let text = kustomize::build(&inv.files, &directory)?;
    inv.files.insert(directory.clone(), text);
    inv.parsed.replace("filename", &directory);
    Ok(inv)
}

/// The verb of these words, and the words without it. Models `github.com/spf13/cobra: Command.Find`.
fn find_verb(argv: &[String]) -> Option<(&'static Verb, Vec<String>)> {
    let at = words_that_are_no_flags(argv);
    let word = |n: usize| at.get(n).map(|at| argv[*at].as_str());
    let first = word(0).unwrap_or_default();
    let two = word(1).and_then(|second| {
        let alias = ALIASES.iter().find(|(known, alias, _)| *known == first && *alias == second);
        let second = alias.map_or(second, |(_, _, name)| *name);
        verb_named(&[first, second].join(" "))
    });
    let three = two.zip(word(2)).and_then(|(two, third)| verb_named(&[two.name, third].join(" ")));
    let (verb, taken) = match (three, two) {
        (Some(verb), _) => (verb, 3),
        (None, Some(verb)) => (verb, 2),
        (None, None) if at.is_empty() => (verb_named("help")?, 0),
        (None, None) => (verb_named(first)?, 1),
    };
    let rest = argv.iter().enumerate().filter(|(n, _)| !at[..taken].contains(n)).map(|(_, w)| w.clone());
    Some((verb, rest.collect()))
}

/// Where words stand that are neither flags nor values of flags. A flag that isn't known is taken to have a value.
fn words_that_are_no_flags(argv: &[String]) -> Vec<usize> {
    let takes_value = |short: Option<char>, long: &str| {
        let flag = flags::table("").find(|f| if short.is_some() { f.short == short } else { f.long == long });
        !matches!(flag.map(|f| f.takes), Some(Takes::Bool | Takes::Optional(_)))
    };
    let mut at = Vec::new();
    let mut skip = false;
    for (n, word) in argv.iter().enumerate() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let mut letters = word.chars();
        match (letters.next(), letters.next(), letters.next()) {
            _ if word == "--" => break,
            (Some('-'), Some('-'), _) => skip = !word.contains('=') && takes_value(None, &word[2..]),
            (Some('-'), short @ Some(_), None) => skip = takes_value(short, ""),
            (Some('-'), Some(_), Some(_)) => {}
            _ => at.push(n),
        }
    }
    at
}

fn unknown_verb(argv: &[String]) -> Failure {
    let word = words_that_are_no_flags(argv).first().map_or("", |at| argv[*at].as_str());
    if NOT_SIMULATED.contains(&word) {
        return Failure::client(format!("kubectl {word} is not simulated"));
    }
    let mut message = format!("unknown command {word:?} for \"kubectl\"");
    let similar = suggestions(word);
    if !similar.is_empty() {
        message.push_str("\n\nDid you mean this?\n\t");
        message.push_str(&similar.join("\n\t"));
    }
    Failure::Client(message)
}

/// The verbs that a mistyped one may mean. Models `github.com/spf13/cobra: Command.SuggestionsFor`.
fn suggestions(typed: &str) -> Vec<&'static str> {
    let also = |name| match name {
        "get" => &["list", "ls"][..],
        "describe" => &["inspect"],
        "delete" => &["rm", "remove"],
        "top" => &["stats"],
        _ => &[],
    };
    let lower = typed.to_ascii_lowercase();
    let mut names: Vec<&str> = verbs()
        .map(|v| v.name.split(' ').next().unwrap_or(v.name))
        .chain(NOT_SIMULATED.iter().copied())
        .collect();
    // In the order in which kubectl has them.
    let place = |name: &str| ORDER.split_whitespace().position(|known| known == name).unwrap_or(usize::MAX);
    collections::sort_by_key(&mut names, |name| (place(name), *name));
    names.dedup();
    names.retain(|name| {
        strsim::levenshtein(&lower, name) <= 2
            || name.starts_with(&lower)
            || also(name).contains(&lower.as_str())
    });
    names
}

/// `kubectl`, `kubectl help`, `kubectl help VERB`
fn show_help(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    match (find_verb(&inv.args), inv.args.first()) {
        (Some((verb, _)), _) => io.out(help(verb)),
        (None, Some(word)) if NOT_SIMULATED.contains(&word.as_str()) => return Err(unknown_verb(&inv.args)),
        // Cobra's own help command.
        (None, _) => {
            let words: Vec<String> = inv.args.iter().map(|word| format!("`{word}`")).collect();
            let all = help(verb_named("help").expect("it is in the table"));
            let usage = all.find("Basic Commands").map_or("", |at| &all[at..]);
            io.err(format!("Unknown help topic [{}]\n\n\n{usage}", words.join(" ")));
        }
    }
    Next::OK
}
