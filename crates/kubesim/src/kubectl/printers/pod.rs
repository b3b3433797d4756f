//! Pods.

use super::cell::{age, text};
use super::row::{AGE, Column, NAME, Row, field, of, wide};
use crate::api::pod::{ContainerState, ContainerStatus, Terminated, condition};
use crate::api::read::{get, list};
use crate::api::{ObjectMeta, Pod, PodPhase, SimTime};

pub(super) static POD: &[Column] = &[
    NAME,
    of("READY", ready),
    of("STATUS", status),
    of("RESTARTS", restarts),
    AGE,
    wide(field("IP", "{status.podIP:<none>}")),
    wide(field("NODE", "{spec.nodeName:<none>}")),
    wide(field("NOMINATED NODE", "{status.nominatedNodeName:<none>}")),
    wide(of("READINESS GATES", readiness_gates)),
];

/// What `kubectl get pods` says of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodSummary {
    /// Containers that are ready.
    pub ready: usize,
    /// Containers.
    pub total: usize,
    /// The column STATUS: the phase, or what keeps a container from running, or how it ended.
    pub status: String,
    /// How often containers were started again.
    pub restarts: i64,
    /// When one last ended before it was started again.
    pub last_restart: Option<SimTime>,
}

impl PodSummary {
    /// The column READY.
    pub fn ready_column(&self) -> String {
        format!("{}/{}", self.ready, self.total)
    }

    /// The column RESTARTS: `0`, or `3 (14s ago)`.
    pub fn restarts_column(&self, now: SimTime) -> String {
        match self.last_restart {
            Some(last) if self.restarts > 0 => format!("{} ({} ago)", self.restarts, age(last, now)),
            _ => self.restarts.to_string(),
        }
    }
}

/// The column STATUS of a pod.
pub fn pod_status(pod: &Pod, meta: &ObjectMeta) -> String {
    pod_summary(pod, meta).status
}

/// What `kubectl get pods` says of a pod. Models `pkg/printers/internalversion/printers.go: printPod`.
pub fn pod_summary(pod: &Pod, meta: &ObjectMeta) -> PodSummary {
    let status = &pod.status;
    let is_sidecar = |c: &ContainerStatus| {
        pod.spec.init_containers.iter().any(|spec| spec.name == c.name && spec.restart_always)
    };
    let sidecars = pod.spec.init_containers.iter().filter(|c| c.restart_always).count();
    let mut reason = status.reason.as_deref().unwrap_or(status.phase.name()).to_string();
    if pod.condition(condition::SCHEDULED).and_then(|c| c.reason.as_deref()) == Some("SchedulingGated") {
        reason = "SchedulingGated".into();
    }
    let mut ready = 0;
    let mut initializing = false;
    for (n, container) in status.init_container_statuses.iter().enumerate() {
        match &container.state {
            ContainerState::Terminated(t) if t.exit_code == 0 => continue,
            _ if is_sidecar(container) && container.started == Some(true) => {
                ready += usize::from(container.ready);
                continue;
            }
            ContainerState::Terminated(t) => reason = format!("Init:{}", ended(t)),
            ContainerState::Waiting { reason: why, .. } if !why.is_empty() && &**why != "PodInitializing" => {
                reason = format!("Init:{why}");
            }
            _ => reason = format!("Init:{n}/{}", pod.spec.init_containers.len()),
        }
        initializing = true;
        break;
    }
    let counted: Vec<&ContainerStatus> = if initializing && !pod.condition_is_true(condition::INITIALIZED) {
        status.init_container_statuses.iter().collect()
    } else {
        let sidecars = status.init_container_statuses.iter().filter(|c| is_sidecar(c));
        sidecars.chain(&status.container_statuses).collect()
    };
    if !initializing || pod.condition_is_true(condition::INITIALIZED) {
        let mut has_running = false;
        let mut error = None;
        for container in status.container_statuses.iter().rev() {
            match &container.state {
                ContainerState::Waiting { reason: why, .. } if !why.is_empty() => reason = why.to_string(),
                ContainerState::Terminated(t) => {
                    reason = ended(t);
                    if t.exit_code != 0 {
                        error = Some(reason.clone());
                    }
                }
                ContainerState::Running { .. } if container.ready => {
                    has_running = true;
                    ready += 1;
                }
                _ => {}
            }
        }
        if reason == "Completed" {
            if has_running && pod.is_ready() {
                reason = "Running".into();
            } else if let Some(error) = error {
                reason = error;
            } else if has_running {
                reason = "NotReady".into();
            }
        }
    }
    if meta.is_terminating() {
        if status.reason.as_deref() == Some("NodeLost") {
            reason = "Unknown".into();
        } else if !matches!(status.phase, PodPhase::Succeeded | PodPhase::Failed) {
            reason = "Terminating".into();
        }
    }
    PodSummary {
        ready,
        total: pod.spec.containers.len() + sidecars,
        status: reason,
        restarts: counted.iter().map(|c| c.restart_count).sum(),
        last_restart: counted.iter().filter_map(|c| c.last_state.as_ref()?.finished_at).max(),
    }
}

/// `Error`, or `ExitCode:3` if no reason is known.
fn ended(t: &Terminated) -> String {
    if t.reason.is_empty() { format!("ExitCode:{}", t.exit_code) } else { t.reason.to_string() }
}

fn summary(row: &Row) -> PodSummary {
    pod_summary(row.object.pod(), &row.object.meta)
}

fn ready(row: &Row) -> String {
    summary(row).ready_column()
}

fn status(row: &Row) -> String {
    summary(row).status
}

fn restarts(row: &Row) -> String {
    summary(row).restarts_column(row.now)
}

fn readiness_gates(row: &Row) -> String {
    let gates = list(row.spec(), "readinessGates");
    if gates.is_empty() {
        return "<none>".into();
    }
    let pod = row.object.pod();
    let passed = gates.iter().filter(|g| pod.condition_is_true(&text(get(g, "conditionType")))).count();
    format!("{passed}/{}", gates.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Kind, Object};
    use serde_json::{Value, json};

    #[test]
    fn a_pods_status_is_what_keeps_it_from_running() {
        let waiting = |reason: &str| json!({"waiting": {"reason": reason}});
        let ended = |code: i32, reason: &str| json!({"terminated": {"exitCode": code, "reason": reason, "finishedAt": "2022-05-25T06:00:05Z"}});
        let running = json!({"running": {"startedAt": "2022-05-25T06:00:01Z"}});
        let done = ended(0, "Completed");
        for (phase, init, main, deleting, ready, status) in [
            ("Pending", Value::Null, Value::Null, false, "0/1", "Pending"),
            ("Pending", waiting("PodInitializing"), waiting("PodInitializing"), false, "0/1", "Init:0/1"),
            ("Pending", running.clone(), waiting("PodInitializing"), false, "0/1", "Init:0/1"),
            ("Pending", ended(1, "Error"), waiting("PodInitializing"), false, "0/1", "Init:Error"),
            ("Pending", ended(3, ""), waiting("PodInitializing"), false, "0/1", "Init:ExitCode:3"),
            (
                "Pending",
                waiting("CrashLoopBackOff"),
                waiting("PodInitializing"),
                false,
                "0/1",
                "Init:CrashLoopBackOff",
            ),
            ("Pending", done.clone(), waiting("PodInitializing"), false, "0/1", "PodInitializing"),
            ("Pending", done.clone(), waiting("ErrImagePull"), false, "0/1", "ErrImagePull"),
            ("Running", done.clone(), running.clone(), false, "1/1", "Running"),
            ("Running", done.clone(), ended(1, "Error"), false, "0/1", "Error"),
            ("Running", done.clone(), waiting("CrashLoopBackOff"), false, "0/1", "CrashLoopBackOff"),
            ("Running", done.clone(), running.clone(), true, "1/1", "Terminating"),
            ("Succeeded", done.clone(), done.clone(), true, "0/1", "Completed"),
            (
                "Failed",
                done.clone(),
                ended(137, "ContainerStatusUnknown"),
                true,
                "0/1",
                "ContainerStatusUnknown",
            ),
        ] {
            let container = |name: &str, state: &Value| {
                let ready = state.get("running").is_some();
                (!state.is_null())
                    .then(|| json!([{"name": name, "state": state, "ready": ready, "restartCount": 2}]))
            };
            let mut tree = json!({
                "metadata": {"name": "flask-0", "namespace": "default"},
                "spec": {"initContainers": [{"name": "i"}], "containers": [{"name": "c"}]},
                "status": {"phase": phase, "initContainerStatuses": container("i", &init),
                    "containerStatuses": container("c", &main)},
            });
            if deleting {
                tree["metadata"]["deletionTimestamp"] = json!("2022-05-25T06:00:30Z");
            }
            let object = Object::from_value(Kind::Pod, &tree);
            let summary = pod_summary(object.pod(), &object.meta);
            assert_eq!((summary.ready_column().as_str(), summary.status.as_str()), (ready, status), "{tree}");
        }
    }
}
