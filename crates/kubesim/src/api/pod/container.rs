//! The containers of a pod's spec.

use crate::api::Str;
use crate::api::read::{self, get, int, list, opt_int, opt_str, strings};
use serde_json::Value;
use std::rc::Rc;

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
        key: Str,
    },
    /// A key of a Secret.
    Secret {
        /// The Secret.
        name: Str,
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
    pub mount_path: Str,
    /// The path inside the volume; empty for its root.
    pub sub_path: Str,
    /// Whether writing is refused.
    pub read_only: bool,
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

impl Container {
    pub(super) fn from_value(v: &Value) -> Container {
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
