//! The verbs about the cluster and about kubectl itself: `version`, `api-resources`, `api-versions`, `cluster-info`,
//! `config`, `options`, `top`, `auth can-i`.

use super::act::reconcile;
use super::api_resource::{Resource, resources};
use super::cluster::server;
use super::dump;
use super::flags;
use super::help::global_flag_text;
use super::output::{Output, row};
use super::table::TabWriter;
use super::{Failure, Invocation, Next, Verb, auth, completion, top, why};
use crate::api::{Key, Kind};
use crate::config::KUBERNETES_VERSION;
use crate::process::Io;
use serde_json::json;

/// Them.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "version",
        flags: "client? o:output",
        help: "Print the client and server version information for the current context.",
        run: version,
    },
    Verb {
        name: "api-resources",
        flags: "api-group cached? categories, namespaced? no-headers? o:output show-managed-fields? sort-by verbs,",
        help: "Print the supported API resources on the server.",
        run: api_resources,
    },
    Verb {
        name: "api-versions",
        flags: "",
        help: "Print the supported API versions on the server, in the form of \"group/version\".",
        run: api_versions,
    },
    Verb {
        name: "cluster-info",
        flags: "",
        help: "Display addresses of the control plane and services with label kubernetes.io/cluster-service=true. To \
               further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.",
        run: cluster_info,
    },
    Verb { name: "cluster-info dump", flags: dump::FLAGS, help: dump::HELP, run: dump::dump },
    Verb {
        name: "options",
        flags: "",
        help: "Print the list of flags inherited by all commands",
        run: |_, io| say(io, &options()),
    },
    Verb {
        name: "top",
        flags: "",
        help: "Display resource (CPU/memory) usage: simulated figures.\n\nAvailable Commands:\n  node          Display resource \
               (CPU/memory) usage of nodes\n  pod           Display resource (CPU/memory) usage of pods\n\nUsage:\n  kubectl \
               top [flags] [options]",
        run: parent,
    },
    Verb {
        name: "top pod",
        flags: top::POD_FLAGS,
        help: "Display resource (CPU/memory) usage of pods: simulated figures.\n\nUsage:\n  kubectl top pod [NAME | -l label] \
               [options]",
        run: top::pods,
    },
    Verb {
        name: "top node",
        flags: top::NODE_FLAGS,
        help: "Display resource (CPU/memory) usage of nodes: simulated figures.\n\nUsage:\n  kubectl top node [NAME | -l \
               label] [options]",
        run: top::nodes,
    },
    Verb {
        name: "auth",
        flags: "",
        help: "Inspect authorization.\n\nAvailable Commands:\n  can-i         Check whether an action is allowed\n  reconcile     \
               Give roles and bindings what a file says\n  whoami        Tell who you are to the cluster\n\nUsage:\n  kubectl \
               auth [flags] [options]",
        run: parent,
    },
    Verb {
        name: "auth whoami",
        flags: "o:output template allow-missing-template-keys? show-managed-fields?",
        help: "Tell who you are to the cluster.\n\nUsage:\n  kubectl auth whoami [options]",
        run: auth::whoami,
    },
    Verb {
        name: "auth reconcile",
        flags: "f:filename, k:kustomize R:recursive? o:output dry-run=unchanged remove-extra-permissions? \
                remove-extra-subjects? template allow-missing-template-keys? show-managed-fields?",
        help: "Give roles and bindings what a file says.\n\nUsage:\n  kubectl auth reconcile -f FILENAME [options]",
        run: reconcile::reconcile,
    },
    Verb { name: "completion", flags: "", help: completion::HELP, run: completion::completion },
    Verb {
        name: "certificate",
        flags: "",
        help: "Modify certificate resources.\n\nAvailable Commands:\n  approve       Approve a certificate signing request\n  \
               deny          Deny a certificate signing request\n\nUsage:\n  kubectl certificate SUBCOMMAND [options]",
        run: parent,
    },
    Verb {
        name: "plugin",
        flags: "",
        help: "Provides utilities for interacting with plugins.\n\n Plugins provide extended functionality that is not part \
               of the major command-line distribution.\n\nUsage:\n  kubectl plugin [flags] [options]",
        run: parent,
    },
    Verb {
        name: "plugin list",
        flags: "name-only?",
        help: "List all available plugin files on a user's PATH.\n\nUsage:\n  kubectl plugin list [flags] [options]",
        run: why::plugins,
    },
    Verb {
        name: "why",
        flags: "l:selector A:all-namespaces?",
        help: "Say why objects are as they are: a plugin of this simulator.\n\nUsage:\n  kubectl why (TYPE [NAME] | TYPE/NAME) \
               [options]",
        run: why::why,
    },
    Verb {
        name: "auth can-i",
        flags: "A:all-namespaces? list? no-headers? q:quiet? subresource",
        help: "Check whether an action is allowed.\n\nUsage:\n  kubectl auth can-i VERB [TYPE | TYPE/NAME | NONRESOURCEURL] [options]",
        run: auth::can_i,
    },
];

/// The API groups that Kubernetes 1.36 serves, beside the core group's v1.
pub(super) const API_VERSIONS: &str = "admissionregistration.k8s.io/v1 apiextensions.k8s.io/v1 apiregistration.k8s.io/v1 apps/v1 \
    authentication.k8s.io/v1 authorization.k8s.io/v1 autoscaling/v1 autoscaling/v2 batch/v1 certificates.k8s.io/v1 \
    coordination.k8s.io/v1 discovery.k8s.io/v1 events.k8s.io/v1 flowcontrol.apiserver.k8s.io/v1 networking.k8s.io/v1 \
    node.k8s.io/v1 policy/v1 rbac.authorization.k8s.io/v1 resource.k8s.io/v1 scheduling.k8s.io/v1 storage.k8s.io/v1 v1";

fn say(io: &mut Io, text: &str) -> Result<Next, Failure> {
    io.out(text);
    Next::OK
}

/// Refuses what is below a command: there is no such thing.
fn refuse_below(inv: &Invocation) -> Result<(), Failure> {
    if inv.args.is_empty() {
        return Ok(());
    }
    Err(inv.usage(format!("unknown command {:?}", inv.args.join(" "))))
}

/// A command that only has others below it. Models `cmdutil.DefaultSubCommandRun`.
pub(super) fn parent(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    refuse_below(inv)?;
    let text = super::help(inv.verb);
    match inv.verb.name {
        "certificate" => return say(io, &text),
        "rollout" => io.out(text),
        _ => io.err(text),
    }
    Err(Failure::Silent(1))
}

fn version(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let kustomize = "v5.8.1";
    let server = !inv.is("client");
    match inv.text("output") {
        "" => {
            let server =
                if server { format!("Server Version: {KUBERNETES_VERSION}\n") } else { String::new() };
            say(
                io,
                &format!("Client Version: {KUBERNETES_VERSION}\nKustomize Version: {kustomize}\n{server}"),
            )
        }
        format @ ("yaml" | "json") => {
            let version = json!({"gitVersion": KUBERNETES_VERSION, "major": "1", "minor": "36"});
            let mut tree = json!({"clientVersion": version, "kustomizeVersion": kustomize});
            if server {
                tree["serverVersion"] = version;
            }
            say(io, &if format == "yaml" { yaml::write(&tree) } else { super::output::json(&tree) })
        }
        _ => Err(Failure::client("--output must be 'yaml' or 'json'")),
    }
}

/// Models `k8s.io/kubectl/pkg/cmd/apiresources`.
fn api_resources(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if !inv.args.is_empty() {
        return Err(inv.usage(format!("unexpected arguments: [{}]", inv.args.join(" "))));
    }
    let sort_by = inv.text("sort-by");
    if !["", "name", "kind"].contains(&sort_by) {
        return Err(Failure::client("--sort-by accepts only name or kind"));
    }
    let (verbs, categories) = (inv.list("verbs"), inv.list("categories"));
    let has_all = |has: &str, wanted: &[String]| wanted.iter().all(|w| has.split(',').any(|h| h == w));
    let mut found: Vec<Resource> = resources()
        .filter(|r| inv.get("api-group").is_none_or(|group| group == r.group))
        .filter(|r| !inv.has("namespaced") || inv.is("namespaced") == r.namespaced)
        .filter(|r| has_all(r.verbs, verbs) && has_all(r.category, categories))
        .collect();
    collections::sort_by_key(&mut found, |r| match sort_by {
        "name" => (r.plural, r.group),
        "kind" => (r.kind, r.group),
        _ => (r.group, r.plural),
    });
    let api_version = |r: &Resource| match r.group {
        "" => r.version.to_string(),
        group => format!("{group}/{}", r.version),
    };
    match inv.text("output") {
        "name" => {
            let dot = |r: &Resource| if r.group.is_empty() { "" } else { "." };
            let names = found.iter().map(|r| format!("{}{}{}\n", r.plural, dot(r), r.group));
            say(io, &names.collect::<String>())
        }
        "" | "wide" => {
            let wide = inv.text("output") == "wide";
            let columns = if wide { 7 } else { 5 };
            let mut text = String::new();
            if !inv.is("no-headers") {
                let headers =
                    ["NAME", "SHORTNAMES", "APIVERSION", "NAMESPACED", "KIND", "VERBS", "CATEGORIES"];
                text = row(headers[..columns].iter().copied());
            }
            for r in &found {
                let namespaced = if r.namespaced { "true" } else { "false" };
                let api_version = api_version(r);
                let cells = [r.plural, &r.short, &api_version, namespaced, r.kind, r.verbs, r.category];
                text.push_str(&row(cells[..columns].iter().copied()));
            }
            say(io, &TabWriter::table().align(&text))
        }
        "json" | "yaml" | "kyaml" => {
            let list: Vec<_> = found
                .iter()
                .map(|r| {
                    let mut tree = json!({"kind": r.kind, "name": r.plural, "namespaced": r.namespaced,
                        "singularName": r.kind.to_ascii_lowercase(), "version": r.version,
                        "verbs": r.verbs.split(',').collect::<Vec<_>>()});
                    for (field, text) in [("shortNames", r.short.as_str()), ("categories", r.category)] {
                        if !text.is_empty() {
                            tree[field] = text.split(',').collect::<Vec<_>>().into();
                        }
                    }
                    if !r.group.is_empty() {
                        tree["group"] = r.group.into();
                    }
                    tree
                })
                .collect();
            let tree =
                json!({"apiVersion": "v1", "groupVersion": "", "kind": "APIResourceList", "resources": list});
            say(io, &Output::of(inv)?.print_tree(&tree)?)
        }
        other => Err(Failure::client(format!(
            "unable to match a printer suitable for the output format {other:?}, allowed formats are: \
             json,kyaml,name,wide,yaml"
        ))),
    }
}

fn api_versions(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if !inv.args.is_empty() {
        return Err(inv.usage(format!("unexpected arguments: [{}]", inv.args.join(" "))));
    }
    say(io, &API_VERSIONS.split(' ').flat_map(|v| [v, "\n"]).collect::<String>())
}

fn cluster_info(_: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let server = server(io.api.store());
    let mut text = format!("Kubernetes control plane is running at {server}\n");
    if io.api.store().get(&Key::new(Kind::Service, "kube-system", "kube-dns")).is_some() {
        text.push_str(&format!(
            "CoreDNS is running at {server}/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy\n"
        ));
    }
    text.push_str("\nTo further debug and diagnose cluster problems, use 'kubectl cluster-info dump'.\n");
    say(io, &text)
}

/// The flags that every verb takes.
fn options() -> String {
    let mut text = String::from("The following options can be passed to any command:\n\n");
    let mut flags: Vec<flags::Flag> = flags::table("").filter(|f| f.long != "help").collect();
    collections::sort_by_key(&mut flags, |f| f.long);
    flags.iter().for_each(|flag| text.push_str(&global_flag_text(flag)));
    text.push_str("Usage:\n  kubectl [flags] [options]\n");
    text
}
