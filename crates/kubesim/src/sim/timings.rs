//! How long things take. The control plane's own rules (back-offs, poll intervals) are constants where they act; here is
//! what depends on machines, networks and programs, and so can be set.

use crate::api::Span;

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
