//! StatefulSet and ControllerRevision. Models `k8s.io/api/apps/v1/types.go`.

use super::meta::Condition;
use super::pod::PodSpec;
use super::read::{self, Writer, get, int, list, opt_int, opt_str};
use super::{LabelSelector, Map, Str};
use serde_json::Value;
use std::ops::Range;
use std::rc::Rc;

/// A StatefulSet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatefulSet {
    /// What is wanted.
    pub spec: Rc<StatefulSetSpec>,
    pub status: StatefulSetStatus,
}

/// A StatefulSet's `spec`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatefulSetSpec {
    /// How many pods.
    pub replicas: i32,
    /// Which pods are its own.
    pub selector: LabelSelector,
    /// The headless Service that gives the pods their names.
    pub service_name: Str,
    /// Whether pods wait for each other.
    pub pod_management_policy: PodManagementPolicy,
    /// How a new template reaches the pods.
    pub update_strategy: UpdateStrategy,
    /// How long a pod must be Ready to count as available, in seconds.
    pub min_ready_seconds: i64,
    /// How many old revisions are kept.
    pub revision_history_limit: i64,
    /// The first ordinal (`ordinals.start`).
    pub ordinals_start: i32,
    /// What becomes of claims when the set is deleted.
    pub when_deleted: ClaimRetention,
    /// What becomes of claims when their pod is scaled away.
    pub when_scaled: ClaimRetention,
    /// What each pod is made from.
    pub template: Rc<PodTemplate>,
    /// What each pod's claims are made from.
    pub volume_claim_templates: Rc<[ClaimTemplate]>,
    /// The whole spec as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// Whether pods wait for each other.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PodManagementPolicy {
    /// One after the other, in order.
    OrderedReady,
    /// All at once.
    Parallel,
}

/// How a new template reaches the pods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum UpdateStrategy {
    /// The controller replaces them, from the highest ordinal down.
    RollingUpdate {
        /// Ordinals below it stay as they are.
        partition: i32,
        /// How many may be away at a time, as a number or in percent; only with the feature gate.
        max_unavailable: Option<Value>,
    },
    /// Pods are replaced when somebody deletes them.
    OnDelete,
}

/// What becomes of claims.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimRetention {
    /// They stay.
    Retain,
    /// They go with their pod.
    Delete,
}

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodTemplate {
    pub labels: Map,
    pub annotations: Map,
    pub finalizers: Rc<[Str]>,
    pub spec: Rc<PodSpec>,
}

/// A template for claims (`volumeClaimTemplates`).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimTemplate {
    /// The volume's name in the pod, and the start of the claims' names.
    pub name: Str,
    pub labels: Map,
    pub annotations: Map,
    pub spec: Rc<super::volume::ClaimSpec>,
}

/// A StatefulSet's `status`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct StatefulSetStatus {
    /// The generation that the controller has seen; 0 before it has seen any.
    pub observed_generation: i64,
    /// Pods there are.
    pub replicas: i32,
    /// Pods that are Ready.
    pub ready_replicas: i32,
    /// Pods that have been Ready for `minReadySeconds`.
    pub available_replicas: i32,
    /// Pods at `current_revision`.
    pub current_replicas: i32,
    /// Pods at `update_revision`.
    pub updated_replicas: i32,
    /// The revision pods had before the update.
    pub current_revision: Option<Str>,
    /// The revision of the template.
    pub update_revision: Option<Str>,
    /// How often a revision's name was taken; set once the controller made a revision.
    pub collision_count: Option<i64>,
    /// Conditions (none that the controller sets).
    pub conditions: Vec<Condition>,
}

impl PodTemplate {
    /// Reads a pod template.
    pub fn from_value(v: &Value) -> PodTemplate {
        let meta = get(v, "metadata");
        PodTemplate {
            labels: read::map(meta, "labels"),
            annotations: read::map(meta, "annotations"),
            finalizers: read::strings(meta, "finalizers").into(),
            spec: Rc::new(PodSpec::from_value(get(v, "spec"))),
        }
    }
}

impl StatefulSet {
    /// Reads a StatefulSet.
    pub fn from_value(v: &Value) -> StatefulSet {
        StatefulSet {
            spec: Rc::new(StatefulSetSpec::from_value(get(v, "spec"))),
            status: StatefulSetStatus::from_value(get(v, "status")),
        }
    }

    /// Whether this is the label selector's own kind of update: the controller replaces pods.
    pub fn is_rolling_update(&self) -> bool {
        matches!(self.spec.update_strategy, UpdateStrategy::RollingUpdate { .. })
    }
}

impl StatefulSetSpec {
    /// The ordinals that are wanted, in order.
    pub fn ordinals(&self) -> Range<i32> {
        self.ordinals_start..self.ordinals_start.saturating_add(self.replicas)
    }

    /// Reads a StatefulSet's spec.
    pub fn from_value(v: &Value) -> StatefulSetSpec {
        let strategy = get(v, "updateStrategy");
        let rolling = get(strategy, "rollingUpdate");
        let retention = |field| match get(get(v, "persistentVolumeClaimRetentionPolicy"), field).as_str() {
            Some("Delete") => ClaimRetention::Delete,
            _ => ClaimRetention::Retain,
        };
        StatefulSetSpec {
            replicas: opt_int(v, "replicas").unwrap_or(1) as i32,
            selector: LabelSelector::from_value(get(v, "selector")),
            service_name: read::str(v, "serviceName"),
            pod_management_policy: match get(v, "podManagementPolicy").as_str() {
                Some("Parallel") => PodManagementPolicy::Parallel,
                _ => PodManagementPolicy::OrderedReady,
            },
            update_strategy: match get(strategy, "type").as_str() {
                Some("OnDelete") => UpdateStrategy::OnDelete,
                _ => UpdateStrategy::RollingUpdate {
                    partition: int(rolling, "partition") as i32,
                    max_unavailable: rolling.get("maxUnavailable").filter(|m| !m.is_null()).cloned(),
                },
            },
            min_ready_seconds: int(v, "minReadySeconds"),
            revision_history_limit: opt_int(v, "revisionHistoryLimit").unwrap_or(10),
            ordinals_start: int(get(v, "ordinals"), "start") as i32,
            when_deleted: retention("whenDeleted"),
            when_scaled: retention("whenScaled"),
            template: Rc::new(PodTemplate::from_value(get(v, "template"))),
            volume_claim_templates: list(v, "volumeClaimTemplates")
                .iter()
                .map(ClaimTemplate::from_value)
                .collect(),
            raw: Rc::new(v.clone()),
        }
    }
}

impl ClaimTemplate {
    fn from_value(v: &Value) -> ClaimTemplate {
        let meta = get(v, "metadata");
        ClaimTemplate {
            name: read::str(meta, "name"),
            labels: read::map(meta, "labels"),
            annotations: read::map(meta, "annotations"),
            spec: Rc::new(super::volume::ClaimSpec::from_value(get(v, "spec"))),
        }
    }
}

impl StatefulSetStatus {
    /// Reads a StatefulSet's status.
    pub fn from_value(v: &Value) -> StatefulSetStatus {
        let count = |field| int(v, field) as i32;
        StatefulSetStatus {
            observed_generation: int(v, "observedGeneration"),
            replicas: count("replicas"),
            ready_replicas: count("readyReplicas"),
            available_replicas: count("availableReplicas"),
            current_replicas: count("currentReplicas"),
            updated_replicas: count("updatedReplicas"),
            current_revision: opt_str(v, "currentRevision"),
            update_revision: opt_str(v, "updateRevision"),
            collision_count: opt_int(v, "collisionCount"),
            conditions: list(v, "conditions").iter().map(Condition::from_value).collect(),
        }
    }

    /// Writes the status.
    pub fn to_value(&self) -> Value {
        let conditions: Vec<Value> = self.conditions.iter().map(|c| c.writer().done()).collect();
        let mut w = Writer::new()
            .some("observedGeneration", self.observed_generation)
            .put("replicas", self.replicas)
            .some("readyReplicas", self.ready_replicas)
            .put("availableReplicas", self.available_replicas)
            .some("currentReplicas", self.current_replicas)
            .some("updatedReplicas", self.updated_replicas)
            .text("currentRevision", self.current_revision.as_deref())
            .text("updateRevision", self.update_revision.as_deref())
            .some("conditions", conditions);
        if let Some(count) = self.collision_count {
            w = w.put("collisionCount", count);
        }
        w.done()
    }
}

/// A ControllerRevision: one version of a StatefulSet's template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ControllerRevision {
    /// The patch that makes the version out of the set, in compact JSON.
    pub data: Rc<Value>,
    /// Its place in the history.
    pub revision: i64,
}

impl ControllerRevision {
    /// Reads a ControllerRevision.
    pub fn from_value(v: &Value) -> ControllerRevision {
        ControllerRevision { data: Rc::new(get(v, "data").clone()), revision: int(v, "revision") }
    }
}

/// The label that carries a pod's revision.
pub const REVISION_LABEL: &str = "controller-revision-hash";
/// The label that carries a pod's own name.
pub const POD_NAME_LABEL: &str = "statefulset.kubernetes.io/pod-name";
/// The label that carries a pod's ordinal.
pub const POD_INDEX_LABEL: &str = "apps.kubernetes.io/pod-index";

/// The set's name and the digits in a pod's name, if it has the form of one (`statefulPodRegex`).
pub fn parent_and_digits(pod_name: &str) -> Option<(&str, &str)> {
    let (parent, digits) = pod_name.rsplit_once('-')?;
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all_digits.then_some((parent, digits))
}

/// The set's name and the ordinal in a pod's name, if it has the form of one and the ordinal is one.
pub fn parent_and_ordinal(pod_name: &str) -> Option<(&str, i32)> {
    let (parent, digits) = parent_and_digits(pod_name)?;
    Some((parent, digits.parse().ok()?))
}

/// The ordinal in `set-ordinal`, if a pod's name is of this set; of a claim's name, if the set's stands behind its template's.
pub fn ordinal_of(set: &str, name: &str) -> Option<i32> {
    parent_and_ordinal(name).filter(|(parent, _)| *parent == set).map(|(_, ordinal)| ordinal)
}

/// `flask-1`
pub fn pod_name(set: &str, ordinal: i32) -> String {
    [set, "-", &ordinal.to_string()].concat()
}

/// `www-flask-1`
pub fn claim_name(set: &str, template: &ClaimTemplate, ordinal: i32) -> String {
    [&*template.name, "-", set, "-", &ordinal.to_string()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_a_parent_and_an_ordinal() {
        for (name, expect) in [
            ("flask-0", Some(("flask", 0))),
            ("my-set-12", Some(("my-set", 12))),
            ("flask", None),
            ("flask-", None),
            ("flask-x1", None),
            ("flask--1", Some(("flask-", 1))),
            ("flask-99999999999", None),
        ] {
            assert_eq!(parent_and_ordinal(name), expect, "{name}");
        }
    }

    #[test]
    fn names_of_other_sets_have_no_ordinal() {
        for (name, expect) in [("web-12", Some(12)), ("web-x-12", None), ("web-", None), ("web2-1", None)] {
            assert_eq!(ordinal_of("web", name), expect, "{name}");
        }
    }
}
