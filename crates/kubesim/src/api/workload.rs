//! Deployment and ReplicaSet: the contrast to a StatefulSet. Models `k8s.io/api/apps/v1/types.go`.

use super::LabelSelector;
use super::meta::Condition;
use super::read::{self, Writer, get, int, list, opt_int};
use super::stateful_set::PodTemplate;
use serde_json::Value;
use std::rc::Rc;

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deployment {
    /// What is wanted.
    pub spec: Rc<DeploymentSpec>,
    pub status: DeploymentStatus,
}

/// A Deployment's `spec`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeploymentSpec {
    /// How many pods.
    pub replicas: i32,
    /// Which pods are its own.
    pub selector: LabelSelector,
    /// Whether all old pods go before new ones come (`strategy.type: Recreate`).
    pub recreate: bool,
    /// How many pods more than `replicas` there may be: a number or a percentage.
    pub max_surge: Value,
    /// How many pods fewer than `replicas` there may be: a number or a percentage.
    pub max_unavailable: Value,
    /// How long a pod must be Ready to count as available, in seconds.
    pub min_ready_seconds: i64,
    /// How many old ReplicaSets are kept.
    pub revision_history_limit: i64,
    /// Seconds after which a rollout without progress is said to have failed.
    pub progress_deadline_seconds: i64,
    /// Whether rollouts are paused.
    pub paused: bool,
    /// What each pod is made from.
    pub template: Rc<PodTemplate>,
    /// The whole spec as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// A Deployment's `status`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct DeploymentStatus {
    /// The generation that the controller has seen.
    pub observed_generation: i64,
    /// Pods there are.
    pub replicas: i32,
    /// Pods of the newest template.
    pub updated_replicas: i32,
    /// Pods that are Ready.
    pub ready_replicas: i32,
    /// Pods that have been Ready for `minReadySeconds`.
    pub available_replicas: i32,
    /// Pods that are wanted and not available.
    pub unavailable_replicas: i32,
    /// Pods that were told to go and are still there.
    pub terminating_replicas: Option<i32>,
    /// How often a ReplicaSet's name was taken.
    pub collision_count: Option<i64>,
    /// Available and Progressing.
    pub conditions: Vec<DeploymentCondition>,
}

/// A Deployment's condition also says when it was last written.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DeploymentCondition {
    pub condition: Condition,
    /// When it was last written.
    pub last_update_time: super::SimTime,
}

/// A ReplicaSet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplicaSet {
    /// What is wanted.
    pub spec: Rc<ReplicaSetSpec>,
    pub status: ReplicaSetStatus,
}

/// A ReplicaSet's `spec`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ReplicaSetSpec {
    /// How many pods.
    pub replicas: i32,
    /// Which pods are its own.
    pub selector: LabelSelector,
    /// How long a pod must be Ready to count as available, in seconds.
    pub min_ready_seconds: i64,
    /// What each pod is made from.
    pub template: Rc<PodTemplate>,
    /// The whole spec as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// A ReplicaSet's `status`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct ReplicaSetStatus {
    /// The generation that the controller has seen.
    pub observed_generation: i64,
    /// Pods there are.
    pub replicas: i32,
    /// Pods whose labels match the template's.
    pub fully_labeled_replicas: i32,
    /// Pods that are Ready.
    pub ready_replicas: i32,
    /// Pods that have been Ready for `minReadySeconds`.
    pub available_replicas: i32,
    /// Pods that were told to go and are still there.
    pub terminating_replicas: Option<i32>,
    /// Such as ReplicaFailure.
    pub conditions: Vec<Condition>,
}

impl Deployment {
    /// Reads a Deployment.
    pub fn from_value(v: &Value) -> Deployment {
        let (spec, status) = (get(v, "spec"), get(v, "status"));
        let strategy = get(spec, "strategy");
        let rolling = get(strategy, "rollingUpdate");
        let count = |field| int(status, field) as i32;
        Deployment {
            spec: Rc::new(DeploymentSpec {
                replicas: opt_int(spec, "replicas").unwrap_or(1) as i32,
                selector: LabelSelector::from_value(get(spec, "selector")),
                recreate: get(strategy, "type") == "Recreate",
                max_surge: get(rolling, "maxSurge").clone(),
                max_unavailable: get(rolling, "maxUnavailable").clone(),
                min_ready_seconds: int(spec, "minReadySeconds"),
                revision_history_limit: opt_int(spec, "revisionHistoryLimit").unwrap_or(10),
                progress_deadline_seconds: opt_int(spec, "progressDeadlineSeconds").unwrap_or(600),
                paused: read::bool(spec, "paused"),
                template: Rc::new(PodTemplate::from_value(get(spec, "template"))),
                raw: Rc::new(spec.clone()),
            }),
            status: DeploymentStatus {
                observed_generation: int(status, "observedGeneration"),
                replicas: count("replicas"),
                updated_replicas: count("updatedReplicas"),
                ready_replicas: count("readyReplicas"),
                available_replicas: count("availableReplicas"),
                unavailable_replicas: count("unavailableReplicas"),
                terminating_replicas: opt_int(status, "terminatingReplicas").map(|n| n as i32),
                collision_count: opt_int(status, "collisionCount"),
                conditions: list(status, "conditions")
                    .iter()
                    .map(|c| DeploymentCondition {
                        condition: Condition::from_value(c),
                        last_update_time: read::time(c, "lastUpdateTime").unwrap_or_default(),
                    })
                    .collect(),
            },
        }
    }
}

impl DeploymentStatus {
    /// Writes the status.
    pub fn to_value(&self) -> Value {
        let conditions: Vec<Value> = self
            .conditions
            .iter()
            .map(|c| c.condition.writer().time("lastUpdateTime", Some(c.last_update_time)).done())
            .collect();
        let mut w = Writer::new()
            .some("observedGeneration", self.observed_generation)
            .some("replicas", self.replicas)
            .some("updatedReplicas", self.updated_replicas)
            .some("readyReplicas", self.ready_replicas)
            .some("availableReplicas", self.available_replicas)
            .some("unavailableReplicas", self.unavailable_replicas)
            .some("conditions", conditions);
        if let Some(count) = self.collision_count {
            w = w.put("collisionCount", count);
        }
        if let Some(count) = self.terminating_replicas {
            w = w.put("terminatingReplicas", count);
        }
        w.done()
    }
}

impl ReplicaSet {
    /// Reads a ReplicaSet.
    pub fn from_value(v: &Value) -> ReplicaSet {
        let (spec, status) = (get(v, "spec"), get(v, "status"));
        let count = |field| int(status, field) as i32;
        ReplicaSet {
            spec: Rc::new(ReplicaSetSpec {
                replicas: opt_int(spec, "replicas").unwrap_or(1) as i32,
                selector: LabelSelector::from_value(get(spec, "selector")),
                min_ready_seconds: int(spec, "minReadySeconds"),
                template: Rc::new(PodTemplate::from_value(get(spec, "template"))),
                raw: Rc::new(spec.clone()),
            }),
            status: ReplicaSetStatus {
                observed_generation: int(status, "observedGeneration"),
                replicas: count("replicas"),
                fully_labeled_replicas: count("fullyLabeledReplicas"),
                ready_replicas: count("readyReplicas"),
                available_replicas: count("availableReplicas"),
                terminating_replicas: opt_int(status, "terminatingReplicas").map(|n| n as i32),
                conditions: list(status, "conditions").iter().map(Condition::from_value).collect(),
            },
        }
    }
}

impl ReplicaSetStatus {
    /// Writes the status.
    pub fn to_value(&self) -> Value {
        let conditions: Vec<Value> = self.conditions.iter().map(|c| c.writer().done()).collect();
        let w = Writer::new()
            .some("observedGeneration", self.observed_generation)
            .put("replicas", self.replicas)
            .some("fullyLabeledReplicas", self.fully_labeled_replicas)
            .some("readyReplicas", self.ready_replicas)
            .some("availableReplicas", self.available_replicas)
            .some("conditions", conditions);
        match self.terminating_replicas {
            Some(count) => w.put("terminatingReplicas", count),
            None => w,
        }
        .done()
    }
}

impl ReplicaSet {
    /// Asks for another number of pods.
    pub fn set_replicas(&mut self, replicas: i32) {
        let spec = Rc::make_mut(&mut self.spec);
        spec.replicas = replicas;
        spec.raw = Rc::new(with_replicas(&spec.raw, replicas));
    }
}

/// A spec with another number of replicas: what a controller writes when it scales.
pub fn with_replicas(raw: &Value, replicas: i32) -> Value {
    let mut v = raw.clone();
    if let Some(o) = v.as_object_mut() {
        o.insert("replicas".into(), replicas.into());
    }
    v
}

/// A number, or a percentage of so many pods (`intstr.GetScaledValueFromIntOrPercent`).
pub fn scaled_value(value: &Value, pods: i32, round_up: bool) -> i32 {
    let percent = value.as_str().and_then(|s| s.strip_suffix('%')).and_then(|s| s.parse::<i64>().ok());
    let scaled = match percent {
        Some(percent) => {
            let hundredths = i64::from(pods) * percent;
            if round_up {
                hundredths.div_euclid(100) + i64::from(hundredths % 100 != 0)
            } else {
                hundredths / 100
            }
        }
        None => value.as_i64().unwrap_or(0),
    };
    scaled as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn shares_round_up_for_surge_and_down_for_unavailable() {
        for (value, pods, up, expect) in [
            (json!("25%"), 3, true, 1),
            (json!("25%"), 3, false, 0),
            (json!("50%"), 4, true, 2),
            (json!(2), 3, false, 2),
            (Value::Null, 3, true, 0),
        ] {
            assert_eq!(scaled_value(&value, pods, up), expect, "{value} of {pods}");
        }
    }
}
