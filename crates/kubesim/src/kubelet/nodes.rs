//! What the nodes keep to themselves.

use super::worker::Worker;
use crate::api::image;
use crate::api::{Key, Kind, Object, SimTime, Str};
use crate::apiserver::{ApiServer, Store};
use crate::base::table::Table;
use crate::config::{Options, Timings};
use std::collections::{BTreeMap, BTreeSet};

/// What the nodes keep to themselves: running programs, pulled images, used addresses.
#[derive(Clone, Default, Debug)]
pub struct Nodes {
    pub(super) nodes: BTreeMap<Str, NodeState>,
    /// Who looks after each pod.
    pub(super) pods: Table<Key, Box<Worker>>,
    /// Pods to which something was done from outside: their kubelets have to look.
    pub(super) woken: Vec<Key>,
}

#[derive(Clone, Default, Debug)]
pub(super) struct NodeState {
    pub images: BTreeSet<String>,
    /// The last number of the next pod's address.
    next_address: u32,
    /// The range of its pods' addresses, if the Node does not say.
    pub pod_net: Str,
    /// The addresses that pods have.
    pub used: BTreeSet<Str>,
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

    /// The first three numbers of the addresses that a node's pods have, if the network plugin has given it such a range.
    pub(crate) fn pod_net(&self, name: &str) -> Option<&str> {
        self.nodes.get(name)?.pod_net.strip_suffix(".0/24")
    }

    pub(super) fn node(&mut self, name: &str) -> &mut NodeState {
        if !self.nodes.contains_key(name) {
            self.nodes.insert(name.into(), NodeState::default());
        }
        self.nodes.get_mut(name).expect("it was just put there")
    }

    pub(super) fn has_image(&self, node: &str, image: &str) -> bool {
        self.nodes.get(node).is_some_and(|n| n.images.contains(&image::with_tag(image)))
    }

    pub(super) fn add_image(&mut self, node: &str, image: &str) {
        self.node(node).images.insert(image::with_tag(image));
    }

    /// Has each pod's next look be a thorough one.
    pub(crate) fn disturb_all(&mut self, store: &Store) {
        for pod in store.list(Kind::Pod) {
            if let Some(worker) = self.pods.get_mut(&pod.key()) {
                worker.disturb();
            }
        }
    }

    /// A pod has had this address since before the simulation began; those after it are given next.
    pub(super) fn keep_address(&mut self, node: &str, address: &Str) {
        let state = self.node(node);
        if let Ok(parsed) = address.parse::<std::net::Ipv4Addr>() {
            let [a, b, c, last] = parsed.octets();
            if state.pod_net.is_empty() {
                state.pod_net = format!("{a}.{b}.{c}.0/24").into();
            }
            state.next_address = state.next_address.max(u32::from(last) + 1);
        }
        state.used.insert(address.clone());
    }

    /// An address for a pod, out of its node's range, counting up: the node's `podCIDR`, or what the network plugin has
    /// for it. An address is only given again when the range is used up.
    pub(super) fn address(&mut self, pod: &Object, host_ip: &Str, store: &Store) -> Str {
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
