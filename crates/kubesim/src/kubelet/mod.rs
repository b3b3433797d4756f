//! The kubelets: what the nodes do with the pods that were given to them.
//!
//! | module | |
//! |---|---|
//! | `worker` | one pod, step by step: sandbox, images, containers, restarts, the end |
//! | `status` | what the kubelet reports of it |
//! | `probe` | startup, liveness and readiness probes |
//! | `program` | what a container's command does |
//! | `host` | what a container finds around it: environment, names, and the shell's host |
//! | `files` | a container's file system: its own files, and its volumes where they are mounted |
//! | `tools` | ping, wget, curl, df, ps in a container |
//! | `image` | image references, and what pulling them gives |
//!
//! What a node keeps to itself (pulled images, used addresses, running programs) is in [`Nodes`]; what it tells the API
//! server is in the store. A kubelet registers the Node that somebody made by hand; else it is told of nothing but pods, of
//! its own node going down and coming back, and of other faults.

mod files;
mod host;
mod image_manager;
mod probe;
mod program;
pub(crate) mod registration;
mod status;
#[cfg(test)]
mod tests;
mod tools;
mod worker;

use crate::api::image;
use crate::api::meta::Condition;
use crate::api::node::LEASE_NAMESPACE;
use crate::api::read::{get, list};
use crate::api::verdict::{Component, Reason};
use crate::api::{Body, Fault, Key, Kind, Object, ObjectMeta, SimTime, Str};
use crate::apiserver::{ApiServer, Cause, Store};
use crate::base::table::Table;
use crate::component::{Outcome, WatchEvent};
use crate::config::Timings;
use crate::config::{NodeOptions, Options};
use crate::fault;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use worker::Worker;

pub use tools::NAMES as PROGRAMS;

pub use host::{ContainerHost, environment, list_directory};

/// What the nodes keep to themselves: running programs, pulled images, used addresses.
#[derive(Clone, Default, Debug)]
pub struct Nodes {
    nodes: BTreeMap<Str, NodeState>,
    /// Who looks after each pod.
    pods: Table<Key, Box<Worker>>,
    /// Pods to which something was done from outside: their kubelets have to look.
    woken: Vec<Key>,
}

#[derive(Clone, Default, Debug)]
struct NodeState {
    images: BTreeSet<String>,
    /// The last number of the next pod's address.
    next_address: u32,
    /// The range of its pods' addresses, if the Node does not say.
    pod_net: Str,
    /// The addresses that pods have.
    used: BTreeSet<Str>,
}

/// What a kubelet has to work with: what every component has, and what the nodes keep to themselves.
pub struct NodeContext<'a> {
    /// The API server.
    pub api: &'a mut ApiServer,
    /// How long things take.
    pub timings: &'a Timings,
    /// What the nodes keep to themselves.
    pub nodes: &'a mut Nodes,
}

impl NodeContext<'_> {
    /// The present.
    pub fn now(&self) -> SimTime {
        self.api.now
    }

    /// The world as it is now.
    pub fn store(&self) -> &Store {
        self.api.store()
    }
}

/// The first addresses of a node's range are its own.
const FIRST_ADDRESS: u32 = 2;

impl Nodes {
    /// Nodes that have just been set up.
    pub fn new(options: &Options) -> Nodes {
        let mut nodes = Nodes::default();
        for node in &options.nodes {
            let state = nodes.node(&node.name);
            state.next_address = node.first_address;
            state.pod_net = format!("{}.0/24", node.pod_net).into();
            if options.timings.imitates_recorder {
                // From the recordings before.
                nodes.add_image(&node.name, "busybox:1.28");
            }
        }
        nodes
    }

    fn node(&mut self, name: &str) -> &mut NodeState {
        if !self.nodes.contains_key(name) {
            self.nodes.insert(name.into(), NodeState::default());
        }
        self.nodes.get_mut(name).expect("it was just put there")
    }

    fn has_image(&self, node: &str, image: &str) -> bool {
        self.nodes.get(node).is_some_and(|n| n.images.contains(&image::with_tag(image)))
    }

    fn add_image(&mut self, node: &str, image: &str) {
        self.node(node).images.insert(image::with_tag(image));
    }

    /// An address for a pod, out of its node's range, counting up: the node's `podCIDR`, or what the network plugin has
    /// for it. An address is only given again when the range is used up.
    fn address(&mut self, pod: &Object, host_ip: &Str, store: &Store) -> Str {
        let spec = &pod.pod().spec;
        if spec.host_network {
            return host_ip.clone();
        }
        let node = spec.node_name.as_deref().unwrap_or_default();
        let range = store.find_cluster(Kind::Node, node).map(|n| n.node().pod_cidr.clone());
        let state = self.node(node);
        let range = range.as_deref().and_then(parse_range).or_else(|| parse_range(&state.pod_net));
        let (base, size) = range.unwrap_or((0x0AF4_0000, 256));
        for _ in 0..size {
            let n = state.next_address.clamp(FIRST_ADDRESS, size);
            state.next_address = n + 1;
            if n + 1 >= size {
                state.next_address = FIRST_ADDRESS;
                continue;
            }
            let address: Str = std::net::Ipv4Addr::from(base + n).to_string().into();
            if state.used.insert(address.clone()) {
                return address;
            }
        }
        // More pods than addresses: the scheduler's limit of pods is far below that.
        std::net::Ipv4Addr::from(base + size - 1).to_string().into()
    }
}

/// The first address of a range such as `172.16.110.0/24`, and how many it has.
fn parse_range(range: &str) -> Option<(u32, u32)> {
    let (base, bits) = range.split_once('/')?;
    let base: std::net::Ipv4Addr = base.parse().ok()?;
    let bits: u32 = bits.parse().ok().filter(|b| (8..=30).contains(b))?;
    Some((base.into(), 1 << (32 - bits)))
}

/// Stops a node, or lets it come back. While it is down its kubelet does nothing; its containers stand still.
///
/// A node that is up renews its lease all the time, which is not written down: only when it stops is there a lease with
/// a `renewTime`, the last one, and when it comes back that goes and the node reports itself ready.
pub fn set_down(api: &mut ApiServer, node: &str, down: bool) {
    if fault::is_node_down(api.store(), node) == down {
        return;
    }
    fault::set(api, Fault::NodeDown(node.into()), down);
    let mut spec = json!({"holderIdentity": node, "leaseDurationSeconds": 40});
    if down {
        spec["renewTime"] = api.now.rfc3339().into();
    }
    let lease = Key::new(Kind::Lease, LEASE_NAMESPACE, node);
    if api.store().get(&lease).is_some() {
        let renewed = api.update(&lease, |o| o.body = Body::Other(Rc::new(json!({"spec": spec}))));
        renewed.expect("the lease was there");
    } else {
        let meta = ObjectMeta::named(LEASE_NAMESPACE, node);
        let object = Object::new(Kind::Lease, meta, Body::Other(Rc::new(json!({"spec": spec}))));
        api.create(object).expect("the lease was not there");
    }
    if !down {
        report_ready(api, node);
    }
}

/// Whether nothing is heard from a node: it is down, as its lease shows, or not ready.
pub fn is_silent(store: &Store, node: &str) -> bool {
    let lease = store.find(Kind::Lease, LEASE_NAMESPACE, node);
    lease.is_some_and(|lease| !get(get(&lease.to_value(), "spec"), "renewTime").is_null())
        || store.find_cluster(Kind::Node, node).is_some_and(|node| !node.node().is_ready())
}

/// The node's conditions as its kubelet reports them when all is well.
fn report_ready(api: &mut ApiServer, node: &str) {
    let now = api.now.whole_seconds();
    let key = Key::cluster(Kind::Node, node);
    // A node that was deleted in the meantime does not come back by itself.
    let _ = api.update_status(&key, |o| {
        let registered = get(&o.node().raw, "status").clone();
        let mut conditions: Vec<Condition> =
            list(&registered, "conditions").iter().map(Condition::from_value).collect();
        for condition in &mut conditions {
            let is = o.node().conditions.iter().find(|c| c.kind == condition.kind);
            let same = is.filter(|c| c.status == condition.status);
            condition.last_transition_time = same.map_or(now, |c| c.last_transition_time);
        }
        o.node_mut().conditions = conditions.into();
    });
}

/// Brings up a node that somebody made by hand: a kubelet registers as on a worker of the usual size, with what the object
/// says in place of its own. (In a real cluster no kubelet comes with the object, but tools such as kwok play one.)
fn register(context: &mut NodeContext, key: &Key) {
    let Some(node) = context.store().get(key).cloned() else { return };
    if !node.node().conditions.is_empty() {
        return;
    }
    let number = context.store().list(Kind::Node).count();
    let worker = NodeOptions::worker(&key.name, &format!("10.{number}.0"), number);
    let mut tree = crate::kubelet::registration::node_tree(&worker, context.now());
    let asked = node.to_value();
    lay_over(&mut tree["status"]["allocatable"], get(get(&asked, "status"), "capacity"));
    lay_over(&mut tree, &asked);
    context.nodes.node(&key.name).pod_net = format!("10.{number}.0.0/16").into();
    let registered = Object::from_value(Kind::Node, &tree);
    let _ = context.api.update_status(key, |o| {
        o.meta.labels = registered.meta.labels;
        o.meta.annotations = registered.meta.annotations;
        o.body = registered.body;
    });
}

/// Puts everything that a tree says in place of what another says.
fn lay_over(tree: &mut Value, more: &Value) {
    match more {
        Value::Null => {}
        Value::Array(list) if list.is_empty() => {}
        Value::Object(fields) if tree.is_object() => {
            fields.iter().for_each(|(name, value)| lay_over(&mut tree[name.as_str()], value));
        }
        _ => *tree = more.clone(),
    }
}

/// Whether an image is in no registry: it never was, or somebody took it away.
pub fn cannot_be_pulled(store: &Store, image: &str) -> bool {
    image_manager::cannot_be_pulled(image) || fault::is_image_gone(store, image)
}

/// Says which pods have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    if change.key.kind == Kind::Fault {
        match change.object().fault() {
            Fault::PodUnready { namespace, name, .. } => {
                add(Component::Kubelet, Key::new(Kind::Pod, namespace, name));
            }
            Fault::ImageGone(_) => add(Component::Kubelet, change.key.clone()),
            // Its lease says so, too; what is slow is asked when it begins.
            Fault::NodeDown(_) | Fault::SlowVolumes | Fault::SlowImages => {}
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
pub fn sync(context: &mut NodeContext, key: &Key) -> Outcome {
    if key.kind == Kind::Node {
        register(context, key);
        return Outcome::DONE;
    }
    if key.kind == Kind::Fault {
        forget_image(context, key);
        return Outcome::DONE;
    }
    let object = context.store().get(key).cloned();
    if let Some(worker) = context.nodes.pods.get_mut(key) {
        worker.hold_unready(fault::is_pod_unready(context.api.store(), worker.uid));
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
        None => Box::new(Worker::new(context, &object, &node)),
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
pub fn exec_host<'a>(
    api: &'a mut ApiServer,
    nodes: &Nodes,
    pod: &Key,
    container: &str,
) -> Option<ContainerHost<'a>> {
    let object = api.store().get(pod)?.clone();
    let worker = nodes.pods.get(pod).filter(|w| w.uid == object.meta.uid)?;
    let runs = worker.runs.iter().any(|r| &*r.name == container && r.is_running());
    let spec = object.pod().spec.container(container).filter(|_| runs)?.clone();
    let address = worker.address.clone()?;
    Some(ContainerHost::new(api, &object, &spec, &address))
}

/// Ends a container's first process: whoever was at its terminal has left it, or somebody killed it. Returns whether it
/// was running.
pub fn end_program(nodes: &mut Nodes, pod: &Key, container: &str, now: SimTime, code: i32) -> bool {
    let Some(worker) = nodes.pods.get_mut(pod) else { return false };
    let named = |run: &worker::Run| &*run.name == container && run.is_running();
    let Some(i) = worker.runs.iter().position(named) else { return false };
    worker.end_at(i, now, code);
    worker.disturb();
    nodes.woken.push(pod.clone());
    true
}

/// The pods at which their kubelets have to look because of a command.
pub fn take_woken(nodes: &mut Nodes) -> Vec<Key> {
    std::mem::take(&mut nodes.woken)
}
