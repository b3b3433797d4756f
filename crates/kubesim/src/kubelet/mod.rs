//! The kubelets: what the nodes do with the pods that were given to them.
//!
//! | module | |
//! |---|---|
//! | `adopt` | pods that were there before the simulation began |
//! | `assumption` | what nobody has looked at and what is taken for granted |
//! | `back_off` | how long it waits before it tries again |
//! | `environment` | a container's name, environment, projected files |
//! | `files`, `container_files`, `tools`, `clients`, `http_clients`, `host` | its file system; ping, df, ps; what scripts wait for servers with; curl and wget; the shell's host on which commands run |
//! | `network`, `web` | who is reached by a name, an address and a port; what a web server answers |
//! | `program` | what its command does |
//! | `laptop` | the ports of the laptop on which kubectl listens, and curl there |
//! | `image` | image references, and what pulling one gives |
//! | `prober` | startup, liveness and readiness probes |
//! | `run`, `worker` | a container, a pod on its node: what is known of them |
//! | `status_manager` | what is reported of a pod |
//! | `nodes` | what the nodes keep to themselves |
//! | `registration` | a node registers, stops, comes back |
//! | `volume_manager`, `image_manager`, `prober_manager` | a pod waits for volumes, gets images; what its probes lead to |
//! | `kuberuntime_manager`, `kuberuntime_container` | a container is made, runs, ends, starts again; is stopped |
//! | `pod_workers` | a pod, step by step, to its end |
//!
//! What a node keeps to itself (pulled images, used addresses, running programs) is in [`Nodes`]; what it tells the API
//! server is in the store. A kubelet registers the Node that somebody made by hand; else it is told of nothing but pods, of
//! its own node going down and coming back, and of other faults.

mod adopt;
mod assumption;
mod back_off;
mod clients;
mod container_files;
mod environment;
mod files;
mod host;
mod http_clients;
mod image;
mod image_manager;
mod known;
mod kuberuntime_container;
mod kuberuntime_manager;
pub(crate) mod laptop;
mod network;
mod nodes;
mod pod_workers;
mod prober;
mod prober_manager;
mod program;
pub(crate) mod registration;
mod run;
mod status_manager;
#[cfg(test)]
mod tests;
mod tools;
mod volume_manager;
mod web;
mod worker;

use crate::api::image::with_tag;
use crate::api::node::LEASE_NAMESPACE;
use crate::api::pod::Container;
use crate::api::verdict::{Component, Reason};
use crate::api::{Fault, Key, Kind, Object, SimTime};
use crate::apiserver::{ApiServer, Cause, Store};
use crate::component::{Outcome, WatchEvent};
use crate::fault;
use host::ContainerPlace;
use run::Run;
use std::rc::Rc;
use worker::Worker;

pub(crate) use adopt::Adopting;
pub use assumption::{Assumed, Assumption, assumptions};
pub(crate) use environment::environment;
pub use files::not_simulated;
pub(crate) use host::{ContainerHost, list_directory};
pub use image_manager::cannot_be_pulled;
pub use nodes::{NodeContext, Nodes};
pub(crate) use program::{COMMAND_PID, cannot_exec, exec_id};
pub use registration::{is_silent, set_down};

/// The programs of containers that look at the network, the disks or the processes.
pub(crate) const PROGRAMS: &[&str] = &["curl", "df", "ping", "ps", "wget"];

/// Says which pods have to be looked at because of this change.
pub(crate) fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    if change.key.kind == Kind::Fault {
        match change.object().fault() {
            Fault::PodUnready { namespace, name, .. } => {
                add(Component::Kubelet, Key::new(Kind::Pod, namespace, name));
            }
            Fault::ImageGone(_) => add(Component::Kubelet, change.key.clone()),
            Fault::ProgramEnds(image)
            | Fault::ProgramDeaf(image)
            | Fault::PortClosed(image, _)
            | Fault::ProbeFails(image, _) => {
                let runs_it = |pod: &&Rc<Object>| {
                    pod.pod().spec.all_containers().any(|c| with_tag(&c.image) == **image)
                };
                for pod in store.list(Kind::Pod).filter(runs_it) {
                    add(Component::Kubelet, pod.key());
                }
            }
            // Its lease says so, too; what is slow is asked when it begins.
            Fault::NodeDown(_) | Fault::ProvisionerRuns(_) | Fault::SlowVolumes | Fault::SlowImages => {}
        }
    }
    if change.key.kind == Kind::Lease && &*change.key.namespace == LEASE_NAMESPACE {
        let on_node = |p: &&Rc<Object>| p.pod().spec.node_name.as_ref() == Some(&change.key.name);
        for pod in store.pods_on(&change.key.name).filter(on_node) {
            add(Component::Kubelet, pod.key());
        }
    }
    if change.key.kind == Kind::Node && change.before.is_none() && change.cause != Cause::Bootstrap {
        add(Component::Kubelet, change.key.clone());
    }
    let has_node = change.key.kind == Kind::Pod && change.object().pod().spec.node_name.is_some();
    if has_node {
        add(Component::Kubelet, change.key.clone());
    }
}

/// Lets the pod's kubelet look at it.
pub(crate) fn sync(context: &mut NodeContext, key: &Key) -> Outcome {
    if key.kind == Kind::Node {
        registration::register(context, key);
        return Outcome::DONE;
    }
    if key.kind == Kind::Fault {
        forget_image(context, key);
        return Outcome::DONE;
    }
    let object = context.store().get(key).cloned();
    if let Some(worker) = context.nodes.pods.get_mut(key) {
        worker.hold_unready(fault::is_pod_unready(context.api.store(), worker.uid));
        if let Some(object) = &object {
            worker.heed(fault::of_programs(context.api.store(), &object.pod().spec), context.api.now);
        }
    }
    let worker = context.nodes.pods.get(key);
    let gone = worker.map(|w| w.uid).filter(|uid| object.as_ref().is_none_or(|o| o.meta.uid != *uid));
    let at_rest = worker.zip(object.as_ref()).filter(|(w, o)| w.has_seen(o, context.api.now));
    let at_rest = at_rest.map(|(worker, _)| worker.next_at());
    if let Some(uid) = gone {
        // Force deleted, or tidied up: nothing of it is left.
        if let Some(worker) = context.nodes.pods.remove(key)
            && let Some(address) = &worker.address
        {
            context.nodes.node(&worker.node).used.remove(address);
        }
        let files = files::files_key(uid);
        if context.store().get(&files).is_some() {
            context.api.put_internal(files, None);
        }
        fault::set(context.api, fault::pod_unready(key, uid), false);
    }
    let Some(object) = object else { return Outcome::DONE };
    let Some(node) = object.pod().spec.node_name.clone() else { return Outcome::DONE };
    let Some(node) = context.store().find_cluster(Kind::Node, &node).cloned() else {
        return Outcome::DONE;
    };
    if fault::is_node_down(context.store(), &node.meta.name) {
        if let Some(worker) = context.nodes.pods.get_mut(key) {
            worker.disturb();
        }
        let lost = Reason::NodeLost { node: node.meta.name.clone() };
        context.api.set_verdict(Component::Kubelet, key, Some(lost), None);
        return Outcome::DONE;
    }
    if let Some(requeue_at) = at_rest {
        return Outcome { requeue_at, failed: false };
    }
    let mut worker = match context.nodes.pods.remove(key) {
        Some(worker) => worker,
        None => {
            let mut worker = Worker::new(context.now(), &object, &node);
            worker.heed(fault::of_programs(context.store(), &object.pod().spec), context.now());
            Box::new(worker)
        }
    };
    let requeue_at = worker.sync(context, &object);
    context.nodes.pods.insert(key.clone(), worker);
    Outcome { requeue_at, failed: false }
}

/// Takes an image that is gone from the nodes that have it.
fn forget_image(context: &mut NodeContext, fault: &Key) {
    let record = context.api.store().get(fault).map(|record| record.fault());
    let Some(Fault::ImageGone(image)) = record else { return };
    for node in context.nodes.nodes.values_mut() {
        node.images.remove(&**image);
    }
}

/// The host for commands in a running container (`kubectl exec`, a terminal in a pod); `None` if it does not run.
/// The caller runs a [`shell::Shell`] on it, takes what is printed, and saves the files.
pub(crate) fn exec_host<'a>(
    api: &'a mut ApiServer,
    nodes: &Nodes,
    pod: &Key,
    container: &str,
) -> Option<ContainerHost<'a>> {
    let object = api.store().get(pod)?.clone();
    let worker = nodes.pods.get(pod).filter(|w| w.uid == object.meta.uid)?;
    worker.runs.iter().find(|r| &*r.name == container && r.is_running())?;
    let spec = object.pod().spec.container(container)?.clone();
    let address = worker.address.clone()?;
    Some(ContainerHost::new(api, &ContainerPlace { pod: &object, container: &spec, address: &address }))
}

/// Ends a container's first process: whoever was at its terminal has left it, or somebody killed it. Returns whether it
/// was running.
pub(crate) fn end_program(nodes: &mut Nodes, pod: &Key, container: &str, now: SimTime, code: i32) -> bool {
    let Some(worker) = nodes.pods.get_mut(pod) else { return false };
    let named = |run: &Run| &*run.name == container && run.is_running();
    let Some(i) = worker.runs.iter().position(named) else { return false };
    worker.end_at(i, now, code);
    worker.disturb();
    nodes.woken.push(pod.clone());
    true
}

/// A command in a container has sent a signal to its first process.
pub(crate) fn signal_program(nodes: &mut Nodes, pod: &Key, container: &str, now: SimTime, signal: u8) {
    let Some(worker) = nodes.pods.get_mut(pod) else { return };
    let named = |run: &&mut Run| &*run.name == container && run.is_running();
    let Some(run) = worker.runs.iter_mut().find(named) else { return };
    if let Some(code) = run.program.signal(signal, now) {
        end_program(nodes, pod, container, now, code);
        return;
    }
    worker.disturb();
    nodes.woken.push(pod.clone());
}

/// The pods at which their kubelets have to look because of a command.
pub(crate) fn take_woken(nodes: &mut Nodes) -> Vec<Key> {
    std::mem::take(&mut nodes.woken)
}

/// The page for which a container's web server is asked and that it has not: with which code it answers, and the file that would
/// have to be there. Nothing if it has the page, or its files are not known.
pub fn missing_page(
    store: &Store,
    pod: &Rc<Object>,
    container: &Container,
    path: &str,
) -> Option<(u32, String)> {
    let server = image::web_server(container)?;
    let code = web::status(store, pod, container, path).filter(|code| *code >= 400)?;
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_matches('/');
    let page = if code == 403 { "index.html" } else { "" };
    let parts = [server.root, path, page].into_iter().filter(|part| !part.is_empty());
    Some((code, parts.collect::<Vec<_>>().join("/")))
}

/// The port that a container's program listens on whatever the container declares: that of a web server in its own
/// configuration. None of any other program.
pub fn own_port(container: &Container) -> Option<i64> {
    image::web_server(container).map(|server| server.port)
}
