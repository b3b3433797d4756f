//! How far a rollout is, and since when it has not got on. Models `pkg/controller/deployment/progress.go`.

use super::sync::{End, Rollout, Stop};
use super::util::*;
use crate::api::verdict::Reason;
use crate::api::workload::{DeploymentCondition, DeploymentStatus};
use crate::api::{Object, SimTime, Span};
use crate::controllers::replica_set::REPLICA_FAILURE;
use std::rc::Rc;

impl Rollout<'_> {
    /// Models `deployment_util.go: DeploymentComplete`.
    pub(super) fn is_complete(&self, status: &DeploymentStatus) -> bool {
        [status.updated_replicas, status.replicas, status.available_replicas] == [self.wanted(); 3]
            && status.observed_generation >= self.deployment.meta.generation
    }

    /// Models `deployment_util.go: DeploymentProgressing`.
    fn is_progressing(&self, new: &DeploymentStatus) -> bool {
        let old = &self.body().status;
        new.updated_replicas > old.updated_replicas
            || new.replicas - new.updated_replicas < old.replicas - old.updated_replicas
            || new.ready_replicas > old.ready_replicas
            || new.available_replicas > old.available_replicas
    }

    /// Models `deployment_util.go: DeploymentTimedOut`.
    fn has_timed_out(&self, status: &DeploymentStatus) -> bool {
        let Some(condition) = progressing(status) else { return false };
        match condition.condition.reason.as_deref() {
            Some(NEW_RS_AVAILABLE) => false,
            Some(TIMED_OUT) => true,
            _ => self.deadline(condition) < self.api.now,
        }
    }

    fn deadline(&self, condition: &DeploymentCondition) -> SimTime {
        condition.last_update_time + Span::seconds(self.spec().progress_deadline_seconds)
    }

    /// Models `progress.go: syncRolloutStatus`.
    pub(super) fn sync_rollout_status(
        &mut self,
        sets: &[Rc<Object>],
        new: Option<&Rc<Object>>,
    ) -> Result<End, Stop> {
        let mut status = self.status(sets, new);
        let is_progressing = |c: &DeploymentCondition| &*c.condition.kind == PROGRESSING;
        if !self.has_progress_deadline() {
            status.conditions.retain(|c| !is_progressing(c));
        }
        let was_complete = status.replicas == status.updated_replicas
            && progressing_reason(&self.body().status) == Some(NEW_RS_AVAILABLE);
        if self.has_progress_deadline() && !was_complete {
            let subject = match new {
                Some(new) => format!("ReplicaSet \"{}\"", new.meta.name),
                None => format!("Deployment \"{}\"", self.deployment.meta.name),
            };
            let now = self.api.now;
            let say = |status, reason, what| {
                condition(PROGRESSING, status, reason, &format!("{subject} {what}"), now)
            };
            if self.is_complete(&status) {
                set_condition(&mut status, say(Some(true), NEW_RS_AVAILABLE, "has successfully progressed."));
            } else if self.is_progressing(&status) {
                let mut condition = say(Some(true), "ReplicaSetUpdated", "is progressing.");
                if let Some(old) = progressing(&status).filter(|c| c.condition.status == Some(true)) {
                    condition.condition.last_transition_time = old.condition.last_transition_time;
                }
                status.conditions.retain(|c| !is_progressing(c));
                status.conditions.push(condition);
            } else if self.has_timed_out(&status) {
                set_condition(&mut status, say(Some(false), TIMED_OUT, "has timed out progressing."));
            }
        }
        let failure = new.into_iter().chain(sets).find_map(|set| {
            set.replica_set().status.conditions.iter().find(|c| &*c.kind == REPLICA_FAILURE).cloned()
        });
        match failure {
            Some(condition) => {
                let last_update_time = condition.last_transition_time;
                set_condition(&mut status, DeploymentCondition { condition, last_update_time });
            }
            None => status.conditions.retain(|c| &*c.condition.kind != REPLICA_FAILURE),
        }
        let complete = self.is_complete(&status);
        self.write_status(status)?;
        let now = self.api.now;
        let requeue_at = progressing(&self.body().status)
            .filter(|c| {
                self.has_progress_deadline() && !complete && c.condition.reason.as_deref() != Some(TIMED_OUT)
            })
            .map(|c| self.deadline(c) + Span::seconds(1))
            .filter(|at| *at > now);
        Ok((if complete { Reason::Settled } else { self.waiting() }, requeue_at))
    }
}
