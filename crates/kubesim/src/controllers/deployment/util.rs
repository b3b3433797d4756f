//! Questions about Deployments and their ReplicaSets, annotations and conditions. Models
//! `pkg/controller/deployment/util/deployment_util.go`.

use crate::api::meta::Condition;
use crate::api::meta::LAST_APPLIED;
use crate::api::workload::{DeploymentCondition, DeploymentStatus, ReplicaSet};
use crate::api::{Object, ObjectMeta, SimTime, Str};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The annotation that numbers a Deployment's templates.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// The numbers that a ReplicaSet had before somebody went back to it.
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The label that tells the pods of one template from those of another.
pub const TEMPLATE_HASH: &str = "pod-template-hash";

pub(super) const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
pub(super) const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
/// Annotations that a ReplicaSet does not take from its Deployment.
const NOT_COPIED: [&str; 6] =
    [LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO];
const REVISION_HISTORY_LIMIT_IN_CHARS: usize = 2000;

pub(super) const PROGRESSING: &str = "Progressing";
pub(super) const AVAILABLE: &str = "Available";
pub(super) const NEW_RS_AVAILABLE: &str = "NewReplicaSetAvailable";
pub(super) const TIMED_OUT: &str = "ProgressDeadlineExceeded";
pub(super) const PAUSED: &str = "DeploymentPaused";

/// ReplicaSets of a Deployment.
pub(super) type Sets = Vec<Rc<Object>>;

pub(super) fn by_creation(set: &Rc<Object>) -> (SimTime, Str) {
    (set.meta.creation_timestamp, set.meta.name.clone())
}

pub(super) fn all(old: &[Rc<Object>], new: &Option<Rc<Object>>) -> Sets {
    old.iter().chain(new).cloned().collect()
}

pub(super) fn is_active(set: &Rc<Object>) -> bool {
    set.replica_set().spec.replicas > 0
}

pub(super) fn replicas_of(sets: &[Rc<Object>]) -> i32 {
    sets.iter().map(|set| set.replica_set().spec.replicas).sum()
}

/// The number of a ReplicaSet's template; 0 if it has none.
pub fn revision(set: &Object) -> i64 {
    set.meta.annotation(REVISION).and_then(|r| r.parse().ok()).unwrap_or(0)
}

pub(super) fn number(set: &Object, annotation: &str) -> Option<i32> {
    set.meta.annotation(annotation)?.parse().ok().filter(|n| *n >= 0)
}

pub(super) fn set_min_ready_seconds(set: &mut ReplicaSet, seconds: i64) {
    let spec = Rc::make_mut(&mut set.spec);
    spec.min_ready_seconds = seconds;
    let mut raw = (*spec.raw).clone();
    raw["minReadySeconds"] = seconds.into();
    spec.raw = Rc::new(raw);
}

/// Whether a ReplicaSet has the Deployment's template, the label that tells templates apart aside. Models
/// `deployment_util.go: EqualIgnoreHash`.
pub(super) fn has_template_of(set: &Object, deployment: &Object) -> bool {
    let (a, b) = (&set.replica_set().spec.template, &deployment.deployment().spec.template);
    let labels = |labels: &BTreeMap<Str, Str>| {
        let mut labels = labels.clone();
        labels.remove(TEMPLATE_HASH);
        labels
    };
    a.annotations == b.annotations
        && a.finalizers == b.finalizers
        && labels(&a.labels) == labels(&b.labels)
        && a.spec.raw == b.spec.raw
}

/// The annotations of the ReplicaSet of the Deployment's template. Models `deployment_util.go:
/// SetNewReplicaSetAnnotations`.
pub(super) fn annotations_for(deployment: &Object, set: &ObjectMeta, revision: i64) -> BTreeMap<Str, Str> {
    let mut annotations = (*set.annotations).clone();
    let copied = deployment.meta.annotations.iter().filter(|(k, _)| !NOT_COPIED.contains(&&***k));
    annotations.extend(copied.map(|(k, v)| (k.clone(), v.clone())));
    let old = annotations.get(REVISION).cloned();
    let old_number = old.as_ref().map_or(Some(0), |r| r.parse::<i64>().ok());
    if old_number.is_none_or(|old| old >= revision) {
        return annotations;
    }
    annotations.insert(REVISION.into(), revision.to_string().into());
    if let Some(old) = old {
        let history = annotations.get(REVISION_HISTORY).cloned().unwrap_or_default();
        let mut numbers: Vec<&str> = history.split(',').filter(|n| !n.is_empty()).collect();
        numbers.push(&old);
        while numbers.join(",").len() > REVISION_HISTORY_LIMIT_IN_CHARS && numbers.len() > 1 {
            numbers.remove(0);
        }
        annotations.insert(REVISION_HISTORY.into(), numbers.join(",").into());
    }
    annotations
}

pub(super) fn condition(
    kind: &str,
    status: Option<bool>,
    reason: &str,
    message: &str,
    now: SimTime,
) -> DeploymentCondition {
    let now = now.whole_seconds();
    let condition = Condition {
        kind: kind.into(),
        status,
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_transition_time: now,
    };
    DeploymentCondition { condition, last_update_time: now }
}

/// Models `deployment_util.go: SetDeploymentCondition`: the same status and reason again change nothing; a condition that
/// changes goes to the end.
pub(super) fn set_condition(status: &mut DeploymentStatus, mut new: DeploymentCondition) {
    let at = status.conditions.iter().position(|c| c.condition.kind == new.condition.kind);
    if let Some(at) = at {
        let old = &status.conditions[at].condition;
        if old.status == new.condition.status && old.reason == new.condition.reason {
            return;
        }
        if old.status == new.condition.status {
            new.condition.last_transition_time = old.last_transition_time;
        }
        status.conditions.remove(at);
    }
    status.conditions.push(new);
}

pub(super) fn progressing(status: &DeploymentStatus) -> Option<&DeploymentCondition> {
    status.conditions.iter().find(|c| &*c.condition.kind == PROGRESSING)
}

pub(super) fn progressing_reason(status: &DeploymentStatus) -> Option<&str> {
    progressing(status).and_then(|c| c.condition.reason.as_deref())
}
