//! `kubectl cluster-info dump`: what there is, and what every container has written. Models
//! `k8s.io/kubectl/pkg/cmd/clusterinfo/clusterinfo_dump.go`.

use super::awaiting;
use super::invocation::go_text;
use super::logs;
use super::output::Output;
use super::resource::list;
use super::{Failure, Invocation, Next};
use crate::api::{Kind, Object, Span};
use crate::process::Io;
use serde_json::{Value, json};
use std::rc::Rc;

/// The flags.
pub const FLAGS: &str = "allow-missing-template-keys? A:all-namespaces? namespaces, o:output output-directory \
    pod-running-timeout% show-managed-fields? template";

/// The help.
pub const HELP: &str =
    "Print what helps to find out what is wrong with a cluster: objects of this namespace and of \
kube-system, and the logs of their pods.

Usage:
  kubectl cluster-info dump [options]";

/// How long it waits for a pod (`defaultPodLogsTimeout`).
const POD_TIMEOUT: Span = Span::seconds(20);

/// What is told of each namespace: a kind, and the file that has it.
const LISTS: [(Kind, &str); 7] = [
    (Kind::Event, "events"),
    (Kind::ReplicationController, "replication-controllers"),
    (Kind::Service, "services"),
    (Kind::DaemonSet, "daemonsets"),
    (Kind::Deployment, "deployments"),
    (Kind::ReplicaSet, "replicasets"),
    (Kind::Pod, "pods"),
];

/// `kubectl cluster-info dump`
pub(super) fn dump(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    awaiting::patience(inv, POD_TIMEOUT)?;
    let (output, extension) = match (Output::of(inv)?, inv.text("output")) {
        (Output::Table { .. }, _) => {
            (Output::Json { managed_fields: inv.is("show-managed-fields") }, ".json")
        }
        (output, "json") => (output, ".json"),
        (output, "yaml") => (output, ".yaml"),
        (output, _) => (output, ".txt"),
    };
    let all: Vec<String> = if inv.is("all-namespaces") {
        list(io.api.store(), Kind::Namespace)
            .iter()
            .map(|namespace| namespace.meta.name.to_string())
            .collect()
    } else if inv.list("namespaces").is_empty() {
        vec!["kube-system".to_string(), inv.namespace().to_string()]
    } else {
        inv.list("namespaces").to_vec()
    };
    let nodes = list(io.api.store(), Kind::Node);
    let text = printed(&output, io, Kind::Node, &nodes)?;
    put(inv, io, &["nodes", extension].concat(), text)?;
    for namespace in &all {
        for (kind, file) in LISTS {
            let found: Vec<Rc<Object>> = list(io.api.store(), kind)
                .into_iter()
                .filter(|object| *object.meta.namespace == **namespace)
                .collect();
            let text = printed(&output, io, kind, &found)?;
            put(inv, io, &format!("{namespace}/{file}{extension}"), text)?;
            for pod in found.iter().filter(|_| kind == Kind::Pod) {
                let path = format!("{namespace}/{}/logs.txt", pod.meta.name);
                let text = logs_of(io, pod);
                put(inv, io, &path, text)?;
            }
        }
    }
    if let Some(directory) = directory(inv) {
        io.out(format!("Cluster info dumped to {directory}\n"));
    }
    Next::OK
}

/// The folder that is asked for; none if all is printed.
fn directory(inv: &Invocation) -> Option<&str> {
    inv.get("output-directory").filter(|directory| !matches!(*directory, "" | "-"))
}

/// A list of one kind, as it was asked for.
fn printed(output: &Output, io: &Io, kind: Kind, objects: &[Rc<Object>]) -> Result<String, Failure> {
    if *output == Output::Name {
        return output.print_list(objects);
    }
    let items: Vec<Value> = objects.iter().map(|object| output.tree(object)).collect();
    let version = io.api.resource_version().to_string();
    let list_kind = format!("{}List", kind.name());
    output.print_tree(&json!({"apiVersion": kind.info().api_version(), "kind": list_kind,
        "metadata": {"resourceVersion": version}, "items": items}))
}

/// What the containers of a pod have written.
fn logs_of(io: &Io, pod: &Rc<Object>) -> String {
    let spec = &pod.pod().spec;
    let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
    let mut text = String::new();
    for container in spec.init_containers.iter().chain(spec.containers.iter()) {
        let of = format!("logs for container {} of pod {namespace}/{name}", container.name);
        text.push_str(&format!("==== START {of} ====\n"));
        text.push_str(&match logs::whole(io.api.store(), pod, &container.name) {
            Ok(log) => log,
            Err(why) => format!("Request log error: {why}\n"),
        });
        text.push_str(&format!("==== END {of} ====\n"));
    }
    text
}

/// Prints a part, or writes it into its file. Errors: the file can't be written.
fn put(inv: &Invocation, io: &mut Io, file: &str, text: String) -> Result<(), Failure> {
    let (Some(directory), Some(disk)) = (directory(inv), &inv.disk) else {
        io.out(text);
        return Ok(());
    };
    let path = disk.absolute(&[directory.trim_end_matches('/'), "/", file].concat());
    let now_ms = io.api.now.unix_ms();
    let mut files = disk.files.borrow_mut();
    for (end, _) in path.match_indices('/').skip(1) {
        if files.stat(&path[..end]).is_none() {
            let why = |error| Failure::client(format!("mkdir {}: {}", &path[..end], go_text(error)));
            files.make_dir(&path[..end], now_ms).map_err(why)?;
        }
    }
    drop(files);
    disk.put(&path, &text, io.api.now)
}
