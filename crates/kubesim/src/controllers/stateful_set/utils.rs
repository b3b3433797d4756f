//! Questions about sets and pods. Models `pkg/controller/statefulset/stateful_set_utils.go`.

use crate::api::meta::LAST_APPLIED;
use crate::api::stateful_set::{ClaimTemplate, PodManagementPolicy, StatefulSet};
use crate::api::{Kind, Object, PodPhase, SimTime, Str};

use serde_json::Value;

pub use crate::api::stateful_set::{
    POD_INDEX_LABEL, POD_NAME_LABEL, REVISION_LABEL, claim_name, parent_and_digits, parent_and_ordinal,
    pod_name,
};

/// A pod's ordinal, if its name has one.
pub fn ordinal(pod: &Object) -> Option<i32> {
    parent_and_ordinal(&pod.meta.name).map(|(_, n)| n)
}

/// The ordinals that the set wants, in order.
pub fn wanted_ordinals(set: &StatefulSet) -> std::ops::Range<i32> {
    set.spec.ordinals()
}

/// Whether the pod's name says that it is the set's.
pub fn is_member_of(set: &Object, pod: &Object) -> bool {
    parent_and_digits(&pod.meta.name).is_some_and(|(parent, _)| *parent == *set.meta.name)
}

/// Whether a pod's name is the one that this set gives to an ordinal, which it writes without leading zeros.
pub fn is_regular_name(set: &str, pod_name: &str) -> bool {
    let Some((parent, digits)) = parent_and_digits(pod_name) else { return false };
    parent == set && (digits == "0" || !digits.starts_with('0')) && digits.parse::<i32>().is_ok()
}

/// Whether the pod has the name and labels of its place in the set.
pub fn identity_matches(set: &Object, pod: &Object) -> bool {
    is_regular_name(&set.meta.name, &pod.meta.name)
        && pod.meta.namespace == set.meta.namespace
        && pod.meta.label(POD_NAME_LABEL) == Some(&*pod.meta.name)
}

/// Whether the pod mounts the claims that the set has for its ordinal.
pub fn storage_matches(set: &Object, pod: &Object) -> bool {
    let Some(ordinal) = ordinal(pod) else { return false };
    set.stateful_set().spec.volume_claim_templates.iter().all(|template| {
        let wanted = claim_name(&set.meta.name, template, ordinal);
        let volume = pod.pod().spec.volumes.iter().find(|v| v.name == template.name);
        volume.is_some_and(
            |v| matches!(&v.source, crate::api::pod::VolumeSource::Claim(name) if **name == *wanted),
        )
    })
}

/// Whether the pod is Running and Ready.
pub fn is_running_and_ready(pod: &Object) -> bool {
    pod.pod().status.phase == PodPhase::Running && pod.pod().is_ready()
}

/// Whether the pod has been Ready for `minReadySeconds`.
pub fn is_available(pod: &Object, min_ready_seconds: i64, now: SimTime) -> bool {
    pod.pod().is_available(min_ready_seconds, now)
}

/// Whether the pod is not available, or is going.
pub fn is_unavailable(pod: &Object, min_ready_seconds: i64, now: SimTime) -> bool {
    pod.meta.is_terminating() || !is_available(pod, min_ready_seconds, now)
}

/// The revision that the pod was made from.
pub fn pod_revision(pod: &Object) -> &str {
    pod.meta.label(REVISION_LABEL).unwrap_or_default()
}

/// Whether pods do not wait for each other.
pub fn allows_burst(set: &StatefulSet) -> bool {
    set.spec.pod_management_policy == PodManagementPolicy::Parallel
}

/// How many pods may be away at a time during an update. Percentages are rounded down, but never below one.
pub fn max_unavailable(set: &StatefulSet) -> usize {
    use crate::api::stateful_set::UpdateStrategy::RollingUpdate;
    let RollingUpdate { max_unavailable: Some(value), .. } = &set.spec.update_strategy else { return 1 };
    pods_of(value, set.spec.replicas)
}

/// The `maxUnavailable` that was last applied, as a number of pods. The API server drops the field while the feature gate
/// MaxUnavailableStatefulSet is off; kubectl's annotation still has it.
pub fn applied_max_unavailable(set: &Object) -> Option<usize> {
    let applied = set.meta.annotation(LAST_APPLIED).filter(|text| text.contains("\"maxUnavailable\""))?;
    let tree: Value = serde_json::from_str(applied).ok()?;
    let value = tree.pointer("/spec/updateStrategy/rollingUpdate/maxUnavailable")?;
    Some(pods_of(value, set.stateful_set().spec.replicas))
}

/// A number of pods, or a percentage of them, rounded down, but never below one.
fn pods_of(value: &Value, replicas: i32) -> usize {
    let percent = value.as_str().and_then(|s| s.strip_suffix('%')).and_then(|s| s.parse::<i64>().ok());
    let number = percent.map(|p| i64::from(replicas) * p / 100).or_else(|| value.as_i64());
    number.unwrap_or(1).max(1) as usize
}

/// The claims of a pod: each with the template it is made from.
pub fn claims_of(set: &Object, ordinal: i32) -> Vec<(Str, ClaimTemplate)> {
    let templates = &set.stateful_set().spec.volume_claim_templates;
    templates.iter().map(|t| (claim_name(&set.meta.name, t, ordinal).into(), t.clone())).collect()
}

/// Whether this reference is to an object of that kind and name, whatever its uid.
pub fn names(reference: &crate::api::OwnerReference, kind: Kind, name: &str) -> bool {
    *reference.kind == *kind.name()
        && kind.info().api_version_is(&reference.api_version)
        && *reference.name == *name
}
