//! Where an object has its pods' spec. Models `k8s.io/kubectl/pkg/polymorphichelpers/updatepodspec.go`.

use crate::api::Kind;
use serde_json::Value;

/// The containers in a tree: of a pod, or of a template.
pub(super) fn pod_spec(tree: &mut Value) -> &mut Value {
    // What is not there stays away: looking for it with an index would make it.
    let has = |spec: &Value, field: &str| spec.get(field).is_some_and(Value::is_object);
    let spec = &mut tree["spec"];
    let spec = if has(spec, "jobTemplate") { &mut spec["jobTemplate"]["spec"] } else { spec };
    if has(spec, "template") { &mut spec["template"]["spec"] } else { spec }
}

/// Models `polymorphichelpers.UpdatePodSpecForObject`.
pub(super) fn has_pod_spec(kind: Kind) -> bool {
    use Kind::*;
    let of_template = [Deployment, DaemonSet, ReplicaSet, StatefulSet, ReplicationController, Job, CronJob];
    kind == Pod || of_template.contains(&kind)
}
