//! A pod's `status`: what the kubelet and the scheduler say of it.

use super::container::Container;
use super::spec::{PodSpec, TOKEN_PATH};
use crate::api::meta::Condition;
use crate::api::read::{self, Writer, get, int, list, opt_str};
use crate::api::{SimTime, Str};
use serde_json::Value;

/// A pod's `status`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodStatus {
    pub phase: PodPhase,
    /// Conditions in the order in which they were first set.
    pub conditions: Vec<Condition>,
    /// Why it failed, such as `Evicted`.
    pub reason: Option<Str>,
    /// The same for people.
    pub message: Option<Str>,
    /// The node that the scheduler has chosen, while the pod's claims are being bound.
    pub nominated_node_name: Option<Str>,
    /// The node's address.
    pub host_ip: Option<Str>,
    /// The pod's address.
    pub pod_ip: Option<Str>,
    /// When the kubelet took it on.
    pub start_time: Option<SimTime>,
    /// One for each init container, once the kubelet has taken it on.
    pub init_container_statuses: Vec<ContainerStatus>,
    /// One for each container, once the kubelet has taken it on.
    pub container_statuses: Vec<ContainerStatus>,
    /// One for each ephemeral container.
    pub ephemeral_container_statuses: Vec<ContainerStatus>,
    /// `BestEffort`, `Burstable` or `Guaranteed`.
    pub qos_class: Str,
    /// The generation that the kubelet has seen.
    pub observed_generation: i64,
}

/// A pod's phase.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum PodPhase {
    /// Accepted, but not all containers run yet.
    Pending,
    /// On a node, with at least one container running or being started.
    Running,
    /// All containers ended well and won't start again.
    Succeeded,
    /// All containers ended, at least one badly.
    Failed,
    /// The node doesn't answer.
    Unknown,
}

impl PodPhase {
    /// As the API spells it.
    pub fn name(self) -> &'static str {
        match self {
            PodPhase::Pending => "Pending",
            PodPhase::Running => "Running",
            PodPhase::Succeeded => "Succeeded",
            PodPhase::Failed => "Failed",
            PodPhase::Unknown => "Unknown",
        }
    }
}

/// What the kubelet says of one container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContainerStatus {
    /// The container's name.
    pub name: Str,
    /// What it does now.
    pub state: ContainerState,
    /// How it ended the last time.
    pub last_state: Option<Terminated>,
    /// Whether it is ready (for an init container: whether it has done its work).
    pub ready: bool,
    /// How often it was started again.
    pub restart_count: i64,
    /// The image, as the runtime names it.
    pub image: Str,
    /// The image's digest; empty before it was pulled.
    pub image_id: Str,
    /// The container's id; empty before it was created.
    pub container_id: Str,
    /// Whether its startup has passed; `None` before the kubelet knows.
    pub started: Option<bool>,
}

/// What a container does now.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContainerState {
    /// It waits to be started.
    Waiting {
        /// Why, in one word, such as `ContainerCreating` or `ImagePullBackOff`.
        reason: Str,
        /// Why, for people.
        message: Option<Str>,
    },
    /// It runs.
    Running {
        /// Since when.
        started_at: SimTime,
    },
    /// It has ended.
    Terminated(Terminated),
}

/// How a container ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Terminated {
    /// Its exit code; 137 after a kill.
    pub exit_code: i32,
    /// `Completed`, `Error`, `ContainerStatusUnknown` …
    pub reason: Str,
    /// The same for people.
    pub message: Option<Str>,
    /// When it was started.
    pub started_at: Option<SimTime>,
    /// When it ended.
    pub finished_at: Option<SimTime>,
    pub container_id: Str,
}

/// The conditions that the kubelet and the scheduler set.
pub mod condition {
    /// The sandbox is there and has its network.
    pub const READY_TO_START_CONTAINERS: &str = "PodReadyToStartContainers";
    /// All init containers have done their work.
    pub const INITIALIZED: &str = "Initialized";
    /// It is ready to serve.
    pub const READY: &str = "Ready";
    pub const CONTAINERS_READY: &str = "ContainersReady";
    /// It has a node.
    pub const SCHEDULED: &str = "PodScheduled";
}

impl Terminated {
    fn from_value(v: &Value) -> Terminated {
        Terminated {
            exit_code: int(v, "exitCode") as i32,
            reason: read::str(v, "reason"),
            message: opt_str(v, "message"),
            started_at: read::time(v, "startedAt"),
            finished_at: read::time(v, "finishedAt"),
            container_id: read::str(v, "containerID"),
        }
    }

    fn to_value(&self) -> Value {
        Writer::new()
            .put("exitCode", self.exit_code)
            .some("reason", &*self.reason)
            .text("message", self.message.as_deref())
            .put("startedAt", self.started_at.map(SimTime::rfc3339))
            .put("finishedAt", self.finished_at.map(SimTime::rfc3339))
            .some("containerID", &*self.container_id)
            .done()
    }
}

impl ContainerState {
    fn from_value(v: &Value) -> ContainerState {
        if let Some(running) = v.get("running") {
            ContainerState::Running { started_at: read::time(running, "startedAt").unwrap_or_default() }
        } else if let Some(terminated) = v.get("terminated") {
            ContainerState::Terminated(Terminated::from_value(terminated))
        } else {
            let waiting = get(v, "waiting");
            ContainerState::Waiting {
                reason: read::str(waiting, "reason"),
                message: opt_str(waiting, "message"),
            }
        }
    }

    fn to_value(&self) -> Value {
        match self {
            ContainerState::Waiting { reason, message } => {
                let waiting = Writer::new().some("reason", &**reason).text("message", message.as_deref());
                Writer::new().put("waiting", waiting.done())
            }
            ContainerState::Running { started_at } => {
                Writer::new().put("running", Writer::new().put("startedAt", started_at.rfc3339()).done())
            }
            ContainerState::Terminated(t) => Writer::new().put("terminated", t.to_value()),
        }
        .done()
    }
}

impl ContainerStatus {
    /// Whether the container, or with `previous` the one before it, was started before the story began, in a cluster whose
    /// state was opened: nothing is known of what it wrote. What is simulated takes time to start.
    pub fn is_from_before(&self, previous: bool) -> bool {
        let ended = |ended: &Terminated| ended.started_at;
        let started = match &self.state {
            _ if previous => self.last_state.as_ref().and_then(ended),
            ContainerState::Running { started_at } => Some(*started_at),
            ContainerState::Terminated(terminated) => ended(terminated),
            ContainerState::Waiting { .. } => self.last_state.as_ref().and_then(ended),
        };
        started.is_some_and(|started| started <= SimTime(0))
    }

    fn from_value(v: &Value) -> ContainerStatus {
        ContainerStatus {
            name: read::str(v, "name"),
            state: ContainerState::from_value(get(v, "state")),
            last_state: get(v, "lastState").get("terminated").map(Terminated::from_value),
            ready: read::bool(v, "ready"),
            restart_count: int(v, "restartCount"),
            image: read::str(v, "image"),
            image_id: read::str(v, "imageID"),
            container_id: read::str(v, "containerID"),
            started: get(v, "started").as_bool(),
        }
    }

    fn to_value(&self, container: Option<&Container>, token_volume: Option<&str>) -> Value {
        let last_state = match &self.last_state {
            Some(t) => Writer::new().put("terminated", t.to_value()).done(),
            None => Writer::new().done(),
        };
        let mounts = container.map_or(&[][..], |c| &c.volume_mounts).iter().map(|m| {
            let read_only = m.read_only.then_some("Disabled");
            Writer::new()
                .put("name", &*m.name)
                .put("mountPath", &*m.mount_path)
                .some("readOnly", m.read_only)
                .text("recursiveReadOnly", read_only)
                .done()
        });
        let token = token_volume.map(|name| {
            Writer::new()
                .put("name", name)
                .put("mountPath", TOKEN_PATH)
                .put("readOnly", true)
                .put("recursiveReadOnly", "Disabled")
                .done()
        });
        let mounts = mounts.chain(token);
        let mut w = Writer::new()
            .put("name", &*self.name)
            .put("state", self.state.to_value())
            .put("lastState", last_state)
            .put("ready", self.ready)
            .put("restartCount", self.restart_count)
            .put("image", &*self.image)
            .put("imageID", &*self.image_id)
            .some("containerID", &*self.container_id)
            .some("volumeMounts", mounts.collect::<Vec<_>>());
        if let Some(started) = self.started {
            w = w.put("started", started);
        }
        w.done()
    }
}

impl PodStatus {
    /// Reads a pod's status.
    pub fn from_value(v: &Value) -> PodStatus {
        let statuses = |field| list(v, field).iter().map(ContainerStatus::from_value).collect();
        PodStatus {
            phase: match get(v, "phase").as_str() {
                Some("Running") => PodPhase::Running,
                Some("Succeeded") => PodPhase::Succeeded,
                Some("Failed") => PodPhase::Failed,
                Some("Unknown") => PodPhase::Unknown,
                _ => PodPhase::Pending,
            },
            conditions: list(v, "conditions").iter().map(Condition::from_value).collect(),
            reason: opt_str(v, "reason"),
            message: opt_str(v, "message"),
            nominated_node_name: opt_str(v, "nominatedNodeName"),
            host_ip: opt_str(v, "hostIP"),
            pod_ip: opt_str(v, "podIP"),
            start_time: read::time(v, "startTime"),
            init_container_statuses: statuses("initContainerStatuses"),
            container_statuses: statuses("containerStatuses"),
            ephemeral_container_statuses: statuses("ephemeralContainerStatuses"),
            qos_class: read::str(v, "qosClass"),
            observed_generation: int(v, "observedGeneration"),
        }
    }

    /// Writes the status; `spec` knows what containers mount.
    pub fn to_value(&self, spec: &PodSpec) -> Value {
        let ips = |ip: &Option<Str>| -> Vec<Value> {
            ip.iter().map(|ip| Writer::new().put("ip", &**ip).done()).collect()
        };
        let statuses = |list: &[ContainerStatus]| -> Vec<Value> {
            let token = spec.token_volume.as_deref().filter(|name| !name.is_empty());
            list.iter().map(|s| s.to_value(spec.container(&s.name), token)).collect()
        };
        let conditions = self.conditions.iter().map(|c| {
            let seen = if &*c.kind == condition::SCHEDULED { 0 } else { self.observed_generation };
            c.writer().put("lastProbeTime", Value::Null).some("observedGeneration", seen).done()
        });
        Writer::new()
            .some("observedGeneration", self.observed_generation)
            .put("phase", self.phase.name())
            .some("conditions", conditions.collect::<Vec<_>>())
            .text("reason", self.reason.as_deref())
            .text("message", self.message.as_deref())
            .text("nominatedNodeName", self.nominated_node_name.as_deref())
            .text("hostIP", self.host_ip.as_deref())
            .some("hostIPs", ips(&self.host_ip))
            .text("podIP", self.pod_ip.as_deref())
            .some("podIPs", ips(&self.pod_ip))
            .time("startTime", self.start_time)
            .some("initContainerStatuses", statuses(&self.init_container_statuses))
            .some("containerStatuses", statuses(&self.container_statuses))
            .some("ephemeralContainerStatuses", statuses(&self.ephemeral_container_statuses))
            .some("qosClass", &*self.qos_class)
            .done()
    }
}
