//! Pod. Models `k8s.io/api/core/v1/types.go`, as far as it is simulated; the rest of the spec is kept in
//! [`PodSpec::raw`] and given out as it came.

mod container;
mod spec;
mod status;

use super::meta::Condition;
use super::{SimTime, Span};
use crate::base::text::common;
use std::rc::Rc;

pub use container::{Container, ContainerPort, EnvValue, EnvVar, Probe, VolumeMount};
pub use spec::{PodSpec, RestartPolicy, TOKEN_PATH, TOKEN_VOLUME_PREFIX, Toleration, Volume, VolumeSource};
pub use status::{ContainerState, ContainerStatus, PodPhase, PodStatus, Terminated, condition};

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pod {
    /// What is wanted.
    pub spec: Rc<PodSpec>,
    pub status: PodStatus,
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
                ephemeral_container_statuses: Vec::new(),
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
        self.ready_since().map(|since| since + Span::seconds(min_ready_seconds))
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

    /// The status of a container, init container or ephemeral container.
    pub fn container_status(&self, name: &str) -> Option<&ContainerStatus> {
        let all = self.status.init_container_statuses.iter().chain(&self.status.container_statuses);
        all.chain(&self.status.ephemeral_container_statuses).find(|c| &*c.name == name)
    }
}
