//! Pod. Models `k8s.io/api/core/v1/types.go`, as far as it is simulated; the rest of the spec is kept in
//! [`PodSpec::raw`] and given out as it came.

use super::meta::Condition;
use super::read::{self, Writer, get, int, list, opt_int, opt_str, strings};
use super::{Map, SimTime, Str};
use crate::base::text::common;
use serde_json::Value;
use std::rc::Rc;

/// A pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pod {
    /// What is wanted.
    pub spec: Rc<PodSpec>,
    /// What is.
    pub status: PodStatus,
}

/// A pod's `spec`. The typed fields are the truth for what they name; `raw` holds the whole tree as decoded and
/// defaulted, shared between all pods of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodSpec {
    /// The node it runs on; set by the scheduler's binding.
    pub node_name: Option<Str>,
    /// The host name inside the pod; a StatefulSet sets it to the pod's name.
    pub hostname: Option<Str>,
    /// The Service that gives it a domain; a StatefulSet sets it to `serviceName`.
    pub subdomain: Option<Str>,
    /// Run one after the other before the containers.
    pub init_containers: Rc<[Container]>,
    /// Run side by side.
    pub containers: Rc<[Container]>,
    /// What containers can mount.
    pub volumes: Rc<[Volume]>,
    /// How long it may take to stop after it was told to, in seconds.
    pub termination_grace_period_seconds: i64,
    /// When containers that ended are started again.
    pub restart_policy: RestartPolicy,
    /// Labels that a node must have.
    pub node_selector: Map,
    /// The ServiceAccount; `default` if none was named.
    pub service_account_name: Str,
    /// Whether it uses the node's network and address.
    pub host_network: bool,
    /// Taints it tolerates.
    pub tolerations: Rc<[Toleration]>,
    /// The projected volume with the ServiceAccount's token that admission gave the pod; empty if the pod wants no
    /// token, none in a template.
    pub token_volume: Option<Str>,
    /// The whole spec as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// When containers that ended are started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestartPolicy {
    /// Always (the only one a StatefulSet may have).
    Always,
    /// Only when they failed.
    OnFailure,
    /// Never.
    Never,
}

/// A container of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Container {
    /// Its name, unique in the pod.
    pub name: Str,
    /// Its image, as written.
    pub image: Str,
    /// `imagePullPolicy: Always`: the kubelet asks the registry at every start.
    pub always_pull: bool,
    /// Replaces the image's entrypoint.
    pub command: Vec<Str>,
    /// Arguments of the entrypoint.
    pub args: Vec<Str>,
    /// Environment, in order.
    pub env: Vec<EnvVar>,
    /// Ports it names.
    pub ports: Vec<ContainerPort>,
    /// Where volumes appear in it.
    pub volume_mounts: Vec<VolumeMount>,
    /// Decides Ready.
    pub readiness_probe: Option<Probe>,
    /// Failing it has the container started again.
    pub liveness_probe: Option<Probe>,
    /// Until it has succeeded, the other probes wait; failing it has the container started again.
    pub startup_probe: Option<Probe>,
    /// An init container with `restartPolicy: Always`: a sidecar.
    pub restart_always: bool,
    /// CPU it requests, in thousandths.
    pub cpu_request_millis: i64,
    /// Memory it requests, in bytes.
    pub memory_request_bytes: i64,
    /// The whole container as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// An environment variable.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EnvVar {
    /// Its name.
    pub name: Str,
    /// Its value, or where the value comes from.
    pub value: EnvValue,
}

/// Where an environment variable's value comes from.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EnvValue {
    /// Written out; `$(NAME)` is replaced by earlier variables.
    Literal(Str),
    /// A field of the pod, such as `metadata.name` (`fieldRef`).
    Field(Str),
    /// A key of a ConfigMap.
    ConfigMap {
        /// The ConfigMap.
        name: Str,
        /// The key in it.
        key: Str,
    },
    /// A key of a Secret.
    Secret {
        /// The Secret.
        name: Str,
        /// The key in it.
        key: Str,
    },
    /// What a container may use (`resourceFieldRef`).
    Resource {
        /// Such as `limits.cpu`.
        resource: Str,
        /// The container; the variable's own if empty.
        container: Str,
        /// In which unit, as a quantity; empty for 1.
        divisor: Str,
    },
    /// From elsewhere: kept, not simulated.
    Other,
}

/// A port that a container names.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ContainerPort {
    /// Its name, if it has one.
    pub name: Option<Str>,
    /// The number.
    pub container_port: i32,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Str,
}

/// Where a volume appears in a container.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct VolumeMount {
    /// The volume's name in the pod.
    pub name: Str,
    /// The path.
    pub mount_path: Str,
    /// The path inside the volume; empty for its root.
    pub sub_path: Str,
    /// Whether writing is refused.
    pub read_only: bool,
}

/// A volume of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Volume {
    /// Its name in the pod.
    pub name: Str,
    /// What it is.
    pub source: VolumeSource,
    /// The whole volume as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// What a pod's volume is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VolumeSource {
    /// A claim's volume: outlasts the pod.
    Claim(Str),
    /// Empty at the pod's start and gone with it.
    EmptyDir,
    /// A ConfigMap's keys as files.
    ConfigMap(Str),
    /// A Secret's keys as files.
    Secret(Str),
    /// Fields of the pod, or several sources in one (`downwardAPI`, `projected`).
    Projected,
    /// Anything else: kept, not simulated (an empty directory).
    Other,
}

/// A taint that a pod tolerates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toleration {
    /// The taint's key; every key if absent.
    pub key: Option<Str>,
    /// The taint's value; any value if absent (`operator: Exists`).
    pub value: Option<Str>,
    /// The taint's effect; every effect if absent.
    pub effect: Option<Str>,
    /// How long a `NoExecute` taint is tolerated, in seconds; for ever if absent.
    pub seconds: Option<i64>,
}

/// A probe's timing and what it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Probe {
    /// Seconds between the container's start and the first probe.
    pub initial_delay_seconds: i64,
    /// Seconds between probes.
    pub period_seconds: i64,
    /// Seconds after which a probe has failed.
    pub timeout_seconds: i64,
    /// Successes in a row that are needed.
    pub success_threshold: i64,
    /// Failures in a row that are needed.
    pub failure_threshold: i64,
    /// The command of an `exec` probe.
    pub exec: Option<Vec<Str>>,
    /// The whole probe as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// A pod's `status`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodStatus {
    /// The phase.
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
    /// Its id.
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
    /// All containers are ready.
    pub const CONTAINERS_READY: &str = "ContainersReady";
    /// It has a node.
    pub const SCHEDULED: &str = "PodScheduled";
}

impl Pod {
    /// A pod of this spec as the API server stores it at creation.
    pub fn new(spec: PodSpec) -> Pod {
        let qos_class = common(spec.qos_class());
        Pod {
            spec: Rc::new(spec),
            status: PodStatus {
                phase: PodPhase::Pending,
                conditions: Vec::new(),
                reason: None,
                message: None,
                nominated_node_name: None,
                host_ip: None,
                pod_ip: None,
                start_time: None,
                init_container_statuses: Vec::new(),
                container_statuses: Vec::new(),
                qos_class,
                observed_generation: 0,
            },
        }
    }

    /// A condition, if it was ever set.
    pub fn condition(&self, kind: &str) -> Option<&Condition> {
        self.status.conditions.iter().find(|c| &*c.kind == kind)
    }

    /// Whether a condition is True.
    pub fn condition_is_true(&self, kind: &str) -> bool {
        self.condition(kind).is_some_and(|c| c.status == Some(true))
    }

    /// Whether the pod is Ready (`podutil.IsPodReady`).
    pub fn is_ready(&self) -> bool {
        self.condition_is_true(condition::READY)
    }

    /// Since when the pod has been Ready.
    pub fn ready_since(&self) -> Option<SimTime> {
        self.condition(condition::READY).filter(|c| c.status == Some(true)).map(|c| c.last_transition_time)
    }

    /// Whether the pod has been Ready for `min_ready_seconds` (`podutil.IsPodAvailable`).
    pub fn is_available(&self, min_ready_seconds: i64, now: SimTime) -> bool {
        self.available_at(min_ready_seconds).is_some_and(|at| at <= now)
    }

    /// From when on the pod counts as available, if it stays Ready.
    pub fn available_at(&self, min_ready_seconds: i64) -> Option<SimTime> {
        self.ready_since().map(|since| since + super::Span::seconds(min_ready_seconds))
    }

    /// Whether it is over: phase Succeeded or Failed.
    pub fn is_terminal(&self) -> bool {
        matches!(self.status.phase, PodPhase::Succeeded | PodPhase::Failed)
    }

    /// Sets a condition; `lastTransitionTime` moves only when its status changes. Returns whether anything changed.
    pub fn set_condition(
        &mut self,
        kind: &str,
        status: Option<bool>,
        reason: Option<&str>,
        message: Option<&str>,
        now: SimTime,
    ) -> bool {
        let (reason, message) = (reason.map(common), message.map(common));
        let last_transition_time = now.whole_seconds();
        let Some(old) = self.status.conditions.iter_mut().find(|c| &*c.kind == kind) else {
            let kind = common(kind);
            self.status.conditions.push(Condition { kind, status, reason, message, last_transition_time });
            return true;
        };
        let before = old.clone();
        if old.status != status {
            old.status = status;
            old.last_transition_time = last_transition_time;
        }
        old.reason = reason;
        old.message = message;
        before != *old
    }

    /// The status of a container or init container.
    pub fn container_status(&self, name: &str) -> Option<&ContainerStatus> {
        let all = self.status.init_container_statuses.iter().chain(&self.status.container_statuses);
        all.into_iter().find(|c| &*c.name == name)
    }
}

impl PodSpec {
    /// A container or init container.
    pub fn container(&self, name: &str) -> Option<&Container> {
        self.init_containers.iter().chain(self.containers.iter()).find(|c| &*c.name == name)
    }

    /// The claims it mounts, in the order of its volumes.
    pub fn claims(&self) -> impl Iterator<Item = &Str> {
        self.volumes.iter().filter_map(|v| match &v.source {
            VolumeSource::Claim(name) => Some(name),
            _ => None,
        })
    }

    /// CPU it requests, in thousandths: the sum over containers, or the largest init container if that is more.
    pub fn cpu_request_millis(&self) -> i64 {
        let sum: i64 = self.containers.iter().map(|c| c.cpu_request_millis).sum();
        self.init_containers.iter().map(|c| c.cpu_request_millis).max().unwrap_or(0).max(sum)
    }

    /// Memory it requests, in bytes; as for CPU.
    pub fn memory_request_bytes(&self) -> i64 {
        let sum: i64 = self.containers.iter().map(|c| c.memory_request_bytes).sum();
        self.init_containers.iter().map(|c| c.memory_request_bytes).max().unwrap_or(0).max(sum)
    }

    /// The quality of service class. Models `pkg/apis/core/v1/helper/qos/qos.go: ComputePodQOS`.
    pub fn qos_class(&self) -> &'static str {
        let all = || self.init_containers.iter().chain(self.containers.iter());
        fn of<'a>(c: &'a Container, field: &str, what: &str) -> Option<&'a str> {
            get(get(get(&c.raw, "resources"), field), what).as_str()
        }
        fn pairs(c: &Container) -> [(Option<&str>, Option<&str>); 2] {
            ["cpu", "memory"].map(|what| (of(c, "requests", what), of(c, "limits", what)))
        }
        if all().all(|c| pairs(c).iter().all(|(r, l)| r.is_none() && l.is_none())) {
            return "BestEffort";
        }
        let guaranteed = all().all(|c| pairs(c).iter().all(|(r, l)| l.is_some() && (r.is_none() || r == l)));
        if guaranteed { "Guaranteed" } else { "Burstable" }
    }

    /// Reads a pod's spec, or a template's.
    pub fn from_value(v: &Value) -> PodSpec {
        let containers = |field| list(v, field).iter().map(Container::from_value).collect();
        PodSpec {
            node_name: opt_str(v, "nodeName"),
            hostname: opt_str(v, "hostname"),
            subdomain: opt_str(v, "subdomain"),
            init_containers: containers("initContainers"),
            containers: containers("containers"),
            volumes: list(v, "volumes").iter().map(Volume::from_value).collect(),
            termination_grace_period_seconds: opt_int(v, "terminationGracePeriodSeconds").unwrap_or(30),
            restart_policy: match get(v, "restartPolicy").as_str() {
                Some("OnFailure") => RestartPolicy::OnFailure,
                Some("Never") => RestartPolicy::Never,
                _ => RestartPolicy::Always,
            },
            node_selector: read::map(v, "nodeSelector"),
            service_account_name: opt_str(v, "serviceAccountName").unwrap_or_else(|| "default".into()),
            host_network: read::bool(v, "hostNetwork"),
            tolerations: list(v, "tolerations").iter().map(Toleration::from_value).collect(),
            token_volume: None,
            raw: Rc::new(v.clone()),
        }
    }

    /// Writes the spec: `raw` with the typed fields that change after creation.
    pub fn to_value(&self) -> Value {
        let mut v = (*self.raw).clone();
        let Some(o) = v.as_object_mut() else { return v };
        for (field, value) in
            [("nodeName", &self.node_name), ("hostname", &self.hostname), ("subdomain", &self.subdomain)]
        {
            match value {
                Some(value) => o.insert(field.into(), Value::String(value.to_string())),
                None => o.remove(field),
            };
        }
        if !self.volumes.is_empty() {
            let volumes = self.volumes.iter().map(|v| (*v.raw).clone()).collect();
            o.insert("volumes".into(), Value::Array(volumes));
        }
        if let Some(token) = &self.token_volume {
            admitted(o, token, &self.service_account_name, &self.tolerations);
        }
        v
    }

    /// The token volume of another pod, from whose tree this spec was made.
    pub fn given_token_volume(&self) -> Option<Str> {
        let name =
            |volume: &Volume| Some(volume.name.clone()).filter(|name| name.starts_with(TOKEN_VOLUME_PREFIX));
        self.volumes.iter().find_map(name)
    }

    /// This spec, which was read from a tree that shows what admission had added to `old`, with that kept apart again.
    pub fn readmitted(&self, old: &PodSpec) -> PodSpec {
        match &old.token_volume {
            Some(token) => self.without_volume(token),
            None => self.clone(),
        }
    }

    /// This spec with a token volume of this name, which its tree shows already.
    pub fn without_volume(&self, token: &Str) -> PodSpec {
        let mut v = (*self.raw).clone();
        let remove = |holder: &mut Value, field: &str| {
            if let Some(list) = holder.get_mut(field).and_then(Value::as_array_mut) {
                list.retain(|item| get(item, "name") != &**token);
            }
        };
        remove(&mut v, "volumes");
        for field in ["initContainers", "containers"] {
            let containers = v.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten();
            containers.for_each(|container| remove(container, "volumeMounts"));
        }
        PodSpec { token_volume: Some(token.clone()), ..PodSpec::from_value(&v) }
    }
}

/// Adds what the admission plugins ServiceAccount, DefaultTolerationSeconds and Priority add to every pod.
fn admitted(
    spec: &mut serde_json::Map<String, Value>,
    token: &str,
    account: &str,
    tolerations: &[Toleration],
) {
    if !token.is_empty() {
        mount_token(spec, token);
    }
    for (field, value) in [
        ("serviceAccountName", Value::from(account)),
        ("serviceAccount", Value::from(account)),
        ("tolerations", tolerations.iter().map(Toleration::to_value).collect()),
    ] {
        spec.insert(field.into(), value);
    }
    // `enableServiceLinks`: `pkg/apis/core/v1/defaults.go: SetDefaults_Pod`: a template has it not by default.
    for (field, value) in [
        ("priority", Value::from(0)),
        ("preemptionPolicy", "PreemptLowerPriority".into()),
        ("enableServiceLinks", true.into()),
    ] {
        spec.entry(field).or_insert(value);
    }
}

/// How the names of token volumes begin.
pub const TOKEN_VOLUME_PREFIX: &str = "kube-api-access-";

/// Where a pod finds its service account's token.
pub const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

fn mount_token(spec: &mut serde_json::Map<String, Value>, token: &str) {
    let mount = Writer::new().put("name", token).put("readOnly", true).put("mountPath", TOKEN_PATH).done();
    for field in ["initContainers", "containers"] {
        for container in spec.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(container) = container.as_object_mut() else { continue };
            // Who mounts something there himself is left alone.
            let mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
            if mounts.into_iter().any(|mount| get(mount, "mountPath") == TOKEN_PATH) {
                continue;
            }
            let mounts = container.entry("volumeMounts").or_insert_with(|| Value::Array(Vec::new()));
            mounts.as_array_mut().into_iter().for_each(|m| m.push(mount.clone()));
        }
    }
    let item = |path: &str, more: (&str, Value)| Writer::new().put(more.0, more.1).put("path", path).done();
    let field = Writer::new().put("apiVersion", "v1").put("fieldPath", "metadata.namespace").done();
    let root_ca = Writer::new()
        .put("name", "kube-root-ca.crt")
        .put("items", vec![item("ca.crt", ("key", "ca.crt".into()))])
        .done();
    let source = |kind: &str, of: Value| Writer::new().put(kind, of).done();
    let sources = vec![
        source("serviceAccountToken", item("token", ("expirationSeconds", 3607.into()))),
        source("configMap", root_ca),
        source(
            "downwardAPI",
            Writer::new().put("items", vec![item("namespace", ("fieldRef", field))]).done(),
        ),
    ];
    let projected = Writer::new().put("defaultMode", 420).put("sources", sources).done();
    let volumes = spec.entry("volumes").or_insert_with(|| Value::Array(Vec::new()));
    let volume = Writer::new().put("name", token).put("projected", projected).done();
    volumes.as_array_mut().into_iter().for_each(|v| v.push(volume.clone()));
}

impl Container {
    fn from_value(v: &Value) -> Container {
        let request = |what: &str| {
            let resources = get(v, "resources");
            let of = |field| get(get(resources, field), what);
            [of("requests"), of("limits")].into_iter().find(|q| !q.is_null()).and_then(read::milli_value)
        };
        let probe = |field| v.get(field).filter(|p| p.is_object()).map(Probe::from_value);
        Container {
            name: read::str(v, "name"),
            image: read::str(v, "image"),
            always_pull: get(v, "imagePullPolicy") == "Always",
            command: strings(v, "command"),
            args: strings(v, "args"),
            env: list(v, "env").iter().map(EnvVar::from_value).collect(),
            ports: list(v, "ports").iter().map(ContainerPort::from_value).collect(),
            volume_mounts: list(v, "volumeMounts").iter().map(VolumeMount::from_value).collect(),
            readiness_probe: probe("readinessProbe"),
            liveness_probe: probe("livenessProbe"),
            startup_probe: probe("startupProbe"),
            restart_always: get(v, "restartPolicy") == "Always",
            cpu_request_millis: request("cpu").unwrap_or(0),
            memory_request_bytes: request("memory").unwrap_or(0) / 1000,
            raw: Rc::new(v.clone()),
        }
    }
}

impl EnvVar {
    fn from_value(v: &Value) -> EnvVar {
        let from = get(v, "valueFrom");
        let of = |source: &str| from.get(source).map(|s| (read::str(s, "name"), read::str(s, "key")));
        let value = if let Some(field) = from.get("fieldRef") {
            EnvValue::Field(read::str(field, "fieldPath"))
        } else if let Some((name, key)) = of("configMapKeyRef") {
            EnvValue::ConfigMap { name, key }
        } else if let Some((name, key)) = of("secretKeyRef") {
            EnvValue::Secret { name, key }
        } else if let Some(of) = from.get("resourceFieldRef") {
            EnvValue::Resource {
                resource: read::str(of, "resource"),
                container: read::str(of, "containerName"),
                divisor: read::str(of, "divisor"),
            }
        } else if from.is_object() {
            EnvValue::Other
        } else {
            EnvValue::Literal(read::str(v, "value"))
        };
        EnvVar { name: read::str(v, "name"), value }
    }
}

impl ContainerPort {
    fn from_value(v: &Value) -> ContainerPort {
        ContainerPort {
            name: opt_str(v, "name"),
            container_port: int(v, "containerPort") as i32,
            protocol: opt_str(v, "protocol").unwrap_or_else(|| "TCP".into()),
        }
    }
}

impl VolumeMount {
    fn from_value(v: &Value) -> VolumeMount {
        VolumeMount {
            name: read::str(v, "name"),
            mount_path: read::str(v, "mountPath"),
            sub_path: read::str(v, "subPath"),
            read_only: read::bool(v, "readOnly"),
        }
    }
}

impl Volume {
    /// A volume that is a claim (what a StatefulSet adds for each claim template).
    pub fn of_claim(name: &str, claim_name: &str) -> Volume {
        let claim = Writer::new().put("claimName", claim_name).done();
        let raw = Writer::new().put("name", name).put("persistentVolumeClaim", claim).done();
        Volume { name: name.into(), source: VolumeSource::Claim(claim_name.into()), raw: Rc::new(raw) }
    }

    /// Reads a volume.
    pub fn from_value(v: &Value) -> Volume {
        let source = if let Some(claim) = v.get("persistentVolumeClaim") {
            VolumeSource::Claim(read::str(claim, "claimName"))
        } else if v.get("emptyDir").is_some() {
            VolumeSource::EmptyDir
        } else if let Some(map) = v.get("configMap") {
            VolumeSource::ConfigMap(read::str(map, "name"))
        } else if let Some(secret) = v.get("secret") {
            VolumeSource::Secret(read::str(secret, "secretName"))
        } else if v.get("projected").or(v.get("downwardAPI")).is_some() {
            VolumeSource::Projected
        } else {
            VolumeSource::Other
        };
        Volume { name: read::str(v, "name"), source, raw: Rc::new(v.clone()) }
    }
}

impl Toleration {
    fn from_value(v: &Value) -> Toleration {
        let exists = get(v, "operator") == "Exists";
        Toleration {
            key: opt_str(v, "key"),
            value: (!exists).then(|| read::str(v, "value")),
            effect: opt_str(v, "effect"),
            seconds: opt_int(v, "tolerationSeconds"),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        let mut w = Writer::new()
            .text("key", self.key.as_deref())
            .put("operator", if self.value.is_some() { "Equal" } else { "Exists" })
            .text("value", self.value.as_deref())
            .text("effect", self.effect.as_deref());
        if let Some(seconds) = self.seconds {
            w = w.put("tolerationSeconds", seconds);
        }
        w.done()
    }

    /// Whether it tolerates this taint (`v1helper.ToleratesTaint`).
    pub fn tolerates(&self, taint: &super::node::Taint) -> bool {
        self.effect.as_ref().is_none_or(|e| *e == taint.effect)
            && self.key.as_ref().is_none_or(|k| *k == taint.key)
            && self.value.as_ref().is_none_or(|v| *v == taint.value)
    }
}

impl Probe {
    fn from_value(v: &Value) -> Probe {
        let number = |field, default| opt_int(v, field).unwrap_or(default);
        Probe {
            initial_delay_seconds: number("initialDelaySeconds", 0),
            period_seconds: number("periodSeconds", 10),
            timeout_seconds: number("timeoutSeconds", 1),
            success_threshold: number("successThreshold", 1),
            failure_threshold: number("failureThreshold", 3),
            exec: v.get("exec").map(|e| strings(e, "command")),
            raw: Rc::new(v.clone()),
        }
    }
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
            .some("qosClass", &*self.qos_class)
            .done()
    }
}
