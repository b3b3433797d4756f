//! Why: what a component did about an object, or what it waits for.
//!
//! A verdict is a value; the page turns it into a sentence, a countdown and a link to the rule, and tests assert it.
//! Every component that looks at an object leaves its newest verdict in the store, so the history covers verdicts too.
//! One that never found anything to do about an object leaves none: that says the same as [`Reason::Settled`].

use crate::api::{Key, SimTime, Str};

/// A part of the control plane or a node that acts on objects.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Component {
    StatefulSetController,
    DeploymentController,
    ReplicaSetController,
    EndpointSliceController,
    PersistentVolumeController,
    PvcProtectionController,
    PvProtectionController,
    GarbageCollector,
    NodeLifecycleController,
    TaintEvictionController,
    PodGarbageCollector,
    DisruptionController,
    NamespaceController,
    ResourceQuotaController,
    Scheduler,
    Provisioner,
    Kubelet,
    /// The cluster's DNS: CoreDNS, which watches Services and EndpointSlices.
    Dns,
    DaemonSetController,
    /// Not a part of Kubernetes: the commands that the user started.
    Terminal,
    JobController,
    CronJobController,
    TtlAfterFinishedController,
}

impl Component {
    /// Every component.
    pub const ALL: &[Component] = {
        use Component::*;
        &[
            StatefulSetController,
            DeploymentController,
            ReplicaSetController,
            EndpointSliceController,
            PersistentVolumeController,
            PvcProtectionController,
            PvProtectionController,
            GarbageCollector,
            NodeLifecycleController,
            TaintEvictionController,
            PodGarbageCollector,
            DisruptionController,
            NamespaceController,
            ResourceQuotaController,
            Scheduler,
            Provisioner,
            Kubelet,
            Dns,
            DaemonSetController,
            Terminal,
            JobController,
            CronJobController,
            TtlAfterFinishedController,
        ]
    };
}

/// What a component says about one object.
#[derive(Clone, PartialEq, Hash, Debug)]
pub struct Verdict {
    /// Since when it has said so.
    pub since: SimTime,
    /// When time alone will change it, if time is what it waits for.
    pub until: Option<SimTime>,
    /// What it did or waits for.
    pub reason: Reason,
}

/// What a component did or waits for. The object it is about is the verdict's key in the store.
#[derive(Clone, PartialEq, Hash, Debug)]
pub enum Reason {
    // The StatefulSet controller, about a set.
    /// Everything is as wanted.
    Settled,
    /// It made this pod.
    Created { pod: Str },
    /// It told this pod to go.
    Deleted {
        pod: Str,
        /// Why it has to go.
        why: DeleteReason,
    },
    /// This pod must be Running and Ready before the next one is touched.
    WaitingForReady {
        /// The pod that is waited for.
        pod: Str,
        /// The pod that waits, if one is to be made or deleted next.
        next: Option<Str>,
    },
    /// This pod is Ready, but has not been so for `minReadySeconds` yet.
    WaitingForAvailable {
        /// The pod that is waited for.
        pod: Str,
        /// How long it must stay Ready, in seconds.
        min_ready_seconds: i64,
        /// The pod that waits, if one is to be made or deleted next.
        next: Option<Str>,
    },
    /// This pod must be gone before anything else is done.
    WaitingForTermination {
        /// The pod that is going.
        pod: Str,
        /// The pod that waits, if one is to be made or deleted next.
        next: Option<Str>,
    },
    /// As many pods are away as `maxUnavailable` allows: this one has to be available again before the next is replaced.
    HeldByMaxUnavailable {
        /// The pod that is waited for.
        pod: Str,
        /// `updateStrategy.rollingUpdate.maxUnavailable`, as a number of pods.
        max_unavailable: usize,
        /// The pod that is to be replaced next.
        next: Str,
    },
    /// The next pod could have been replaced at the same time as this one: `maxUnavailable` was applied, but the API server
    /// dropped it, as its feature gate is off.
    MaxUnavailableDropped {
        /// The pod that has to be available again first.
        pod: Str,
        /// What was applied, as a number of pods.
        max_unavailable: usize,
        /// The pod that is to be replaced next.
        next: Str,
    },
    /// Pods below this ordinal keep the old revision.
    HeldByPartition {
        /// `updateStrategy.rollingUpdate.partition`
        partition: i32,
        /// How many pods are held back.
        held: i32,
    },
    /// Pods keep the old revision until somebody deletes them.
    OnDelete {
        /// How many pods are of an old revision.
        outdated: i32,
    },
    /// This pod can't become Ready by itself, and the controller won't replace it (the known issue with OrderedReady).
    StuckUpdate {
        /// The pod that somebody has to delete.
        pod: Str,
    },
    /// The API server refused a request; it is tried again.
    Failed {
        /// What the API server said.
        message: Str,
    },
    /// The set is being deleted: nothing is reconciled any more.
    BeingDeleted,

    // The scheduler, about a pod.
    /// It has this node.
    Scheduled { node: Str },
    /// A node is chosen; its claims must be bound before it is given to the node.
    WaitingForBinding {
        /// The claims that are not bound.
        claims: Vec<Str>,
        /// The node that was chosen.
        node: Str,
    },
    /// No node takes it.
    Unschedulable {
        /// As the FailedScheduling event says it.
        message: Str,
    },

    // The volume controller and the provisioner, about a claim.
    /// The class makes volumes only once a pod that needs the claim has a node.
    WaitingForFirstConsumer,
    /// The volume is being made.
    Provisioning {
        /// Who makes it.
        provisioner: Str,
    },
    /// The class that the claim names does not exist.
    ClassMissing { class: Str },
    /// It has this volume.
    Bound { volume: Str },
    /// Nobody makes a volume for it: it has no class, and no volume that is there fits.
    NoVolume,
    /// Its volume is gone.
    Lost { volume: Str },
    /// The volume could not be made.
    ProvisioningFailed {
        /// As the event says it.
        message: Str,
    },
    /// Its claim is gone; the volume is being deleted with what is on it.
    Reclaiming,
    /// It is to go, but a pod uses it.
    InUse { pod: Str },

    // The kubelet, about a pod.
    /// Its sandbox and network are being made.
    CreatingSandbox,
    /// An image is being pulled.
    Pulling {
        image: Str,
        /// The container that needs it.
        container: Str,
    },
    /// A container is being started.
    Starting { container: Str },
    /// An init container runs.
    RunningInit { container: Str },
    /// All containers run; the readiness probe has not succeeded yet, or fails.
    Probing {
        container: Str,
        /// Failures in a row so far.
        failures: i64,
    },
    /// It runs and is Ready.
    Running,
    /// A container can't be made: a volume, a ConfigMap or a Secret is missing, or its image must not be pulled.
    CantStart {
        /// The container, or empty if it is the whole pod.
        container: Str,
        /// As the event says it.
        message: Str,
    },
    /// An image could not be pulled; it is tried again.
    ImageBackOff {
        image: Str,
        /// The container that needs it.
        container: Str,
    },
    /// A container ended; it is started again after a while.
    CrashBackOff {
        container: Str,
        /// How often it was started again.
        restarts: i64,
    },
    /// Its containers were told to stop.
    Stopping {
        /// How long they may take, in seconds.
        grace_seconds: i64,
    },
    /// It is over.
    Ended,
    /// Its node does not answer.
    NodeLost { node: Str },

    // The EndpointSlice controller, about a Service.
    /// It lists so many ready endpoints, and so many that are not.
    Endpoints {
        /// Ready ones.
        ready: usize,
        /// Others.
        not_ready: usize,
    },
    /// It selects no pods: somebody else fills its endpoints, or nobody.
    NoSelector,

    // The ReplicaSet controller, about a ReplicaSet, and the Deployment controller, about a Deployment.
    /// It made so many pods.
    CreatedPods {
        /// How many.
        count: usize,
    },
    /// It told so many pods to go.
    DeletedPods {
        /// How many.
        count: usize,
    },
    /// Not all pods are available yet.
    WaitingForReplicas {
        /// How many are Ready.
        ready: i32,
        /// How many have been Ready for `minReadySeconds`.
        available: i32,
        /// How many are wanted.
        wanted: i32,
    },
    /// It asked a ReplicaSet for another number of pods.
    ScaledReplicaSet {
        /// The ReplicaSet.
        replica_set: Str,
        /// How many it had.
        from: i32,
        /// How many it is to have.
        to: i32,
    },
    /// Somebody paused the rollout.
    Paused,

    // The node lifecycle controller, about a node.
    /// Its kubelet has not been heard of for a while; it has until then.
    HeartbeatsMissing,
    /// Nobody can say how it is: its pods count as not Ready, and leave it if they do not tolerate that.
    NodeUnreachable,
    /// It is well again; its taint goes when the controller next looks at all nodes.
    NodeRecovering,

    // The taint eviction controller, about a pod.
    /// It tolerates its node's taint until then.
    Tolerating {
        /// The taint's key.
        taint: Str,
    },
    /// It was told to go because it does not tolerate its node's taint, or no longer.
    EvictedByTaint {
        /// The taint's key.
        taint: Str,
    },

    // The pod garbage collector, about a pod.
    /// Its node is gone or out of service: it is removed at that time.
    Abandoned { node: Str },

    // The disruption controller, about a budget.
    /// So many pods may be evicted now.
    DisruptionsAllowed {
        /// How many.
        allowed: i32,
        /// How many pods are healthy.
        healthy: i32,
        /// How many have to be.
        desired: i32,
    },

    // The quota controller, about a quota.
    /// So much is used of what it allows.
    QuotaUsed {
        /// The resources of which nothing is left, such as `pods`.
        used_up: Vec<Str>,
    },

    // The garbage collector, about any object, and the namespace controller, about a namespace.
    /// Its owners are gone or going, so it goes too.
    OwnerGone {
        /// The first of them, such as `statefulset/flask`.
        owner: Str,
    },
    /// It goes once what it owns is gone.
    WaitingForDependents {
        /// The first that is still there, such as `pod/flask-0`.
        first: Str,
        /// How many are still there.
        count: usize,
    },
}

/// Why a pod is deleted by its set.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum DeleteReason {
    /// There are more pods than wanted.
    ScaledDown,
    /// It is of an old revision.
    Outdated,
    /// It has failed or ended.
    Finished,
}

/// A verdict's key: who, about what.
pub type VerdictKey = (Component, Key);
