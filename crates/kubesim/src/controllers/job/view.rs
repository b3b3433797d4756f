//! A Job as its controller reads it, and what it asks of pods.

use crate::api::pod::{ContainerState, Pod, PodPhase, Terminated};
use crate::api::read::{get, list, opt_int};
use crate::api::{Kind, Object, SimTime, Span};
use crate::apiserver::Source;
use serde_json::Value;
use std::rc::Rc;

pub(super) const SOURCE: Source<'static> = Source::controller("job-controller");
/// The finalizer of pods that no job has counted yet.
pub(super) const TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// The wait after the first failure (`DefaultJobPodFailureBackOff`), doubled with each, in seconds.
pub(super) const FIRST_BACK_OFF: i64 = 10;
/// The longest wait (`MaxJobPodFailureBackOff`), in seconds.
pub(super) const LONGEST_BACK_OFF: i64 = 600;
/// Whether a Job has still to count it.
pub(super) fn is_tracked(pod: &Object) -> bool {
    pod.kind == Kind::Pod && pod.meta.has_finalizer(TRACKING)
}

/// A Job as the controller reads it.
pub(super) struct Job {
    pub(super) object: Rc<Object>,
    pub(super) spec: Value,
    pub(super) status: Value,
}

impl Job {
    pub(super) fn new(object: Rc<Object>) -> Job {
        let mut tree = object.to_value();
        let (spec, status) = (tree["spec"].take(), tree["status"].take());
        Job { object, spec, status }
    }

    /// How many pods have to succeed; `None`: one, and the others are left alone then.
    pub(super) fn completions(&self) -> Option<i64> {
        opt_int(&self.spec, "completions")
    }

    pub(super) fn is_indexed(&self) -> bool {
        get(&self.spec, "completionMode") == "Indexed"
    }

    pub(super) fn is_suspended(&self) -> bool {
        get(&self.spec, "suspend") == true
    }

    pub(super) fn backoff_limit(&self) -> i64 {
        opt_int(&self.spec, "backoffLimit").unwrap_or(6)
    }

    /// How often one index may fail, if each has a limit of its own.
    pub(super) fn backoff_limit_per_index(&self) -> Option<i64> {
        opt_int(&self.spec, "backoffLimitPerIndex")
    }

    /// Whether pods are replaced only once they are over.
    pub(super) fn replaces_only_failed(&self) -> bool {
        get(&self.spec, "podReplacementPolicy") == "Failed"
    }

    /// A condition that is True.
    pub(super) fn condition(&self, kind: &str) -> Option<&Value> {
        list(&self.status, "conditions").iter().find(|c| get(c, "type") == kind && get(c, "status") == "True")
    }

    /// Whether it has ended, well or badly (`util.IsJobFinished`).
    pub(super) fn is_finished(&self) -> bool {
        self.condition("Complete").or(self.condition("Failed")).is_some()
    }

    /// Models job_controller.go: isPodFailed. A pod that is told to go counts, so that one whose node is lost does too.
    pub(super) fn has_failed(&self, pod: &Object) -> bool {
        let phase = pod.pod().status.phase;
        phase == PodPhase::Failed
            || !self.replaces_only_failed() && pod.meta.is_terminating() && phase != PodPhase::Succeeded
    }
}

/// Why a Job ends.
#[derive(Clone)]
pub(super) struct Finish {
    /// `SuccessCriteriaMet` or `FailureTarget`.
    pub(super) interim: &'static str,
    pub(super) reason: String,
    pub(super) message: String,
}

impl Finish {
    pub(super) fn failure(reason: &str, message: &str) -> Finish {
        Finish { interim: "FailureTarget", reason: reason.into(), message: message.into() }
    }

    pub(super) fn success(reason: &str, message: String) -> Finish {
        Finish { interim: "SuccessCriteriaMet", reason: reason.into(), message }
    }

    pub(super) fn is_success(&self) -> bool {
        self.interim == "SuccessCriteriaMet"
    }
}

pub(super) fn succeeded(pod: &Object) -> bool {
    pod.pod().status.phase == PodPhase::Succeeded
}

/// The wait after so many failures. Models `getRemainingTimeForFailuresCount`.
pub(super) fn back_off(failures: usize) -> Span {
    let seconds = FIRST_BACK_OFF.checked_shl(failures.saturating_sub(1).min(30) as u32);
    Span::seconds(seconds.unwrap_or(LONGEST_BACK_OFF).min(LONGEST_BACK_OFF))
}

/// When a pod was over. Models backoff_utils.go: getFinishedTime.
pub(super) fn finished_at(pod: &Object) -> SimTime {
    let status = &pod.pod().status;
    let ends = status.container_statuses.iter().map(|container| match &container.state {
        ContainerState::Terminated(Terminated { finished_at, .. }) => *finished_at,
        _ => None,
    });
    let of_containers = ends.collect::<Option<Vec<SimTime>>>().and_then(|ends| ends.into_iter().max());
    let not_ready = |pod: &Pod| {
        let condition = pod.condition(crate::api::pod::condition::READY)?;
        (condition.status == Some(false)).then_some(condition.last_transition_time)
    };
    let grace = Span::seconds(pod.meta.deletion_grace_period_seconds.unwrap_or(0));
    let deleted = || pod.meta.deletion_timestamp.map(|at| at - grace);
    let found = of_containers.or_else(|| not_ready(pod.pod())).or_else(deleted);
    found.unwrap_or(pod.meta.creation_timestamp)
}
