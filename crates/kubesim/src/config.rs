//! What can be switched: a cluster's options, its delays, feature gates, and the limits of this program.
//!
//! The control plane's own rules (back-offs, poll intervals) are constants where they act.

use crate::api::node::Taint;
use crate::api::resolver::Caching;
use crate::base::text::Str;
use crate::base::time::Span;

/// The user of the kubeconfig, and the groups of its certificate.
pub const USER: &str = "kubernetes-admin";
/// See [`USER`].
pub const GROUPS: [&str; 2] = ["kubeadm:cluster-admins", "system:authenticated"];

/// The version of Kubernetes that was recorded and is followed.
pub const KUBERNETES_VERSION: &str = "v1.36.2";

/// How a cluster is set up. Two clusters with the same options and the same inputs have the same history.
#[derive(Clone, PartialEq, Debug)]
pub struct Options {
    /// The nodes; the first one's address is the API server's.
    pub nodes: Vec<NodeOptions>,
    /// The storage classes. Their provisioners run.
    pub classes: Vec<ClassOptions>,
    /// Images that no registry has, with their tags.
    pub gone_images: Vec<Str>,
    /// Feature gates.
    pub gates: FeatureGates,
    /// Delays.
    pub timings: Timings,
    /// Whether what containers' scripts and probes ask for fails where it is not simulated. If not, it counts as done, but in a
    /// condition as not true. A script's last command is its container's server either way.
    pub unknown_fails: bool,
    /// Seeds uids, names, ties.
    pub seed: u64,
    /// Whether the cluster's DNS is itself a Service (`kube-dns`), as kubeadm makes it. The recordings' was not.
    pub dns_service: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            nodes: NodeOptions::of_the_seed(),
            classes: vec![ClassOptions::local_path()],
            gone_images: Vec::new(),
            gates: FeatureGates::default(),
            timings: Timings::realistic(),
            unknown_fails: false,
            // The walk that Ordinal starts from has flask-0, -1 and -2 on chhan-k8s-3, -2 and -4.
            seed: 4,
            dns_service: true,
        }
    }
}

/// What of the cluster's DNS can be changed while it runs.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum DnsSetting {
    /// The caches, which are empty then.
    Caching(Caching),
    /// From a pod's change to its EndpointSlice.
    SliceDelay(Span),
    /// From an EndpointSlice's change to what CoreDNS answers.
    ResolverDelay(Span),
}

/// How one node is set up.
#[derive(Clone, PartialEq, Debug)]
pub struct NodeOptions {
    /// Its name.
    pub name: Str,
    /// The first three numbers of its pods' addresses, such as `172.16.110`.
    pub pod_net: Str,
    /// The last number of its first pod's address: the cluster's own pods have those before.
    pub first_address: u32,
    /// Its own address.
    pub internal_ip: Str,
    /// How many CPUs it has, all of them for pods.
    pub cpus: i64,
    /// The node's memory, in KiB.
    pub memory_kib: i64,
    /// How many pods it takes.
    pub pods: i64,
    /// Whether it is a control plane node, which only takes pods that tolerate that.
    pub control_plane: bool,
    /// The zone that its label names; empty if it has none.
    pub zone: Str,
    /// What keeps pods away, beside a control plane's own taint.
    pub taints: Vec<Taint>,
}

/// How a storage class is set up.
#[derive(Clone, PartialEq, Debug)]
pub struct ClassOptions {
    /// Its name.
    pub name: Str,
    /// Who makes its volumes.
    pub provisioner: Str,
    /// Whether claims that name no class get this one.
    pub is_default: bool,
    /// `volumeBindingMode: Immediate`: a volume is made as soon as it is claimed.
    pub is_immediate: bool,
}

impl ClassOptions {
    /// The class of the walk that Ordinal starts from.
    pub fn local_path() -> ClassOptions {
        ClassOptions {
            name: "local-path".into(),
            provisioner: LOCAL_PATH.into(),
            is_default: true,
            is_immediate: false,
        }
    }
}

/// The provisioner that makes directories on nodes into volumes, as classes name it. It runs in every cluster here.
pub const LOCAL_PATH: &str = "rancher.io/local-path";

impl NodeOptions {
    /// A worker of the usual size: the `n`th of them, from 1.
    pub fn worker(name: &str, pod_net: &str, n: usize) -> NodeOptions {
        NodeOptions {
            name: name.into(),
            pod_net: pod_net.into(),
            first_address: 16,
            internal_ip: format!("192.168.1.{}", 100 + n).into(),
            cpus: 4,
            memory_kib: 8_039_920,
            pods: 110,
            control_plane: false,
            zone: Str::default(),
            taints: Vec::new(),
        }
    }

    /// The four nodes of the walk that Ordinal starts from.
    pub fn of_the_seed() -> Vec<NodeOptions> {
        let mut nodes: Vec<NodeOptions> = [
            ("chhan-k8s-1", "172.16.38", 7),
            ("chhan-k8s-2", "172.16.110", 17),
            ("chhan-k8s-3", "172.16.234", 21),
            ("chhan-k8s-4", "172.16.107", 16),
        ]
        .iter()
        .enumerate()
        .map(|(n, (name, net, first_address))| NodeOptions {
            first_address: *first_address,
            ..NodeOptions::worker(name, net, n)
        })
        .collect();
        nodes[0].control_plane = true;
        nodes
    }
}

/// Feature gates that change what is simulated.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct FeatureGates {
    /// `MaxUnavailableStatefulSet`: beta, but off in a stock 1.36.
    pub max_unavailable_stateful_set: bool,
}

/// Delays that a cluster can be given. Each says what the real thing takes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Timings {
    /// From a write to the controllers that watch it acting on it. Real: a few milliseconds (one etcd write and a watch).
    pub watch: Span,
    /// From a pod's arrival on a node to its sandbox with its network. Real: 0.3–2 s (CNI plug-in).
    pub sandbox: Span,
    /// The first pull of an image on a node. Real: seconds to minutes, by size and registry.
    pub image_pull: Span,
    /// Asking the registry for an image that is there (`imagePullPolicy: Always`). Real: 0.5–2 s.
    pub image_check: Span,
    /// Creating and starting a container whose image is there. Real: 0.2–1 s.
    pub container_start: Span,
    /// What an init container takes at least, beside what its command waits for. Real: as long as the program runs.
    pub init_run: Span,
    /// How long a program whose command is not run by the simulator needs to become ready, when a readiness probe
    /// asks. Real: as long as the program takes.
    pub app_start: Span,
    /// How long a container takes to stop after SIGTERM, if that is less than its grace period. Real: as long as the
    /// program takes; a program that ignores SIGTERM takes the whole grace period.
    pub shutdown: Span,
    /// Making a volume. Real local-path: 3–5 s (it runs a helper pod).
    pub provision: Span,
    /// Deleting a released volume. Real local-path: some seconds.
    pub reclaim: Span,
    /// Whether the kubelets behave as the recordings' stand-in does: its switches (image tags `unready`, `crash`,
    /// `ignores-sigterm`, annotations `golden.test/…`), a pod's address shown only with its first container, and
    /// conditions that keep their last reason.
    pub imitates_recorder: bool,
    /// From a pod's change (it is Ready, it is told to stop) to its EndpointSlice. Real: milliseconds, longer while many
    /// pods change at once (the controller's queue and its limit of requests).
    pub endpoint_slices: Span,
    /// From an EndpointSlice's change to the resolver's answer. Real: milliseconds to a second (CoreDNS's watch).
    pub dns: Span,
    /// How often a kubelet renews its node's lease. Real: 10 s (a quarter of `nodeLeaseDurationSeconds`).
    pub lease_renewal: Span,
    /// How long the control plane waits for a lease to be renewed. Real: `--node-monitor-grace-period` (50 s).
    pub node_monitor_grace: Span,
    /// How often the control plane looks at its nodes. Real: `--node-monitor-period` (5 s).
    pub node_monitor_period: Span,
}

impl Timings {
    /// What a small cluster with a nearby registry takes: long enough to see each step, short enough for a class.
    pub const fn realistic() -> Timings {
        Timings {
            watch: Span(5),
            sandbox: Span(700),
            image_pull: Span(2_400),
            image_check: Span(600),
            container_start: Span(500),
            init_run: Span(600),
            app_start: Span(1_500),
            shutdown: Span(1_800),
            provision: Span(1_600),
            reclaim: Span(1_500),
            imitates_recorder: false,
            endpoint_slices: Span(5),
            dns: Span(20),
            lease_renewal: Span::seconds(10),
            node_monitor_grace: Span::seconds(50),
            node_monitor_period: Span::seconds(5),
        }
    }

    /// The stand-in kubelet and provisioner of the recordings (tests/golden/README.md).
    pub const fn recording() -> Timings {
        Timings {
            sandbox: Span(100),
            image_pull: Span(200),
            image_check: Span(200),
            container_start: Span(300),
            init_run: Span(300),
            app_start: Span(0),
            shutdown: Span(700),
            provision: Span(200),
            reclaim: Span(200),
            lease_renewal: Span::seconds(2),
            imitates_recorder: true,
            ..Timings::realistic()
        }
    }
}

/// The simulation carries this many pods of one controller.
pub const MOST_REPLICAS: i32 = 10_000;

/// What is said to somebody who asks one controller for too many pods.
pub fn too_many_replicas(replicas: i64, most: i32) -> String {
    format!("spec.replicas: {replicas}: this simulation runs at most {most} pods of one controller")
}

/// The simulation carries this many claims of one set: each has a volume, and the two take four kilobytes.
pub const MOST_CLAIMS: i64 = 50_000;

/// What is said to somebody who asks one set for too many claims, if so many pods with so many templates are too many.
pub fn too_many_claims(replicas: i64, templates: usize) -> Option<String> {
    let claims = replicas.saturating_mul(templates as i64);
    (claims > MOST_CLAIMS).then(|| {
        format!(
            "spec.volumeClaimTemplates: {replicas} pods with {templates} each: this simulation makes at most {MOST_CLAIMS} claims of one set"
        )
    })
}
