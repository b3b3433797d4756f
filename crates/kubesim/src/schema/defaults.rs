//! What the API server fills in where a manifest is silent.
//!
//! Models pkg/apis/*/v1/defaults.go, the `+default` markers of the API types, and the conversions that always write a
//! field. A table holds the plain cases: "this field of this type, when not set, is that".

use serde_json::{Map, Value, json};

use super::decode::zero;
use super::types::{Shape, TypeRef, type_of};
use crate::api::Kind;
use crate::base::quantity::Quantity;
use crate::config::FeatureGates;

/// A type and its fields' defaults: numbers, `true`, `false`, `{}`, or a string.
const TABLE: &str = "\
AzureDiskVolumeSource cachingMode=ReadWrite fsType=ext4 readOnly=false kind=Shared
CSIDriverSpec attachRequired=true podInfoOnMount=false storageCapacity=false fsGroupPolicy=ReadWriteOnceWithFSType requiresRepublish=false seLinuxMount=false
ConfigMapVolumeSource defaultMode=420
Container terminationMessagePath=/dev/termination-log terminationMessagePolicy=File
ContainerPort protocol=TCP
CronJobSpec concurrencyPolicy=Allow suspend=false successfulJobsHistoryLimit=3 failedJobsHistoryLimit=1
DaemonSetSpec revisionHistoryLimit=10
DaemonSetUpdateStrategy type=RollingUpdate
DeploymentSpec replicas=1 revisionHistoryLimit=10 progressDeadlineSeconds=600
DeploymentStrategy type=RollingUpdate
DownwardAPIVolumeSource defaultMode=420
EndpointPort protocol=TCP
EndpointPort' name= protocol=TCP
EphemeralContainer terminationMessagePath=/dev/termination-log terminationMessagePolicy=File
FileKeySelector optional=false
GRPCAction service=
HTTPGetAction path=/ scheme=HTTP
HostPathVolumeSource type=
ISCSIPersistentVolumeSource iscsiInterface=default
ISCSIVolumeSource iscsiInterface=default
IngressClassParametersReference scope=Cluster
MutatingWebhook failurePolicy=Fail matchPolicy=Equivalent namespaceSelector={} objectSelector={} reinvocationPolicy=Never timeoutSeconds=10
NamespaceStatus phase=Active
NetworkPolicyPort protocol=TCP
ObjectFieldSelector apiVersion=v1
PersistentVolumeClaimSpec volumeMode=Filesystem
PersistentVolumeClaimStatus phase=Pending
PersistentVolumeSpec persistentVolumeReclaimPolicy=Retain volumeMode=Filesystem
PersistentVolumeStatus phase=Pending
PodFailurePolicyOnPodConditionsPattern status=True
PodSpec dnsPolicy=ClusterFirst restartPolicy=Always securityContext={} terminationGracePeriodSeconds=30 schedulerName=default-scheduler
PriorityClass preemptionPolicy=PreemptLowerPriority
Probe timeoutSeconds=1 periodSeconds=10 successThreshold=1 failureThreshold=3
ProjectedVolumeSource defaultMode=420
RBDPersistentVolumeSource pool=rbd user=admin keyring=/etc/ceph/keyring
RBDVolumeSource pool=rbd user=admin keyring=/etc/ceph/keyring
ReplicaSetSpec replicas=1
ReplicationControllerSpec replicas=1
RoleRef apiGroup=rbac.authorization.k8s.io
RollingUpdateDaemonSet maxUnavailable=1 maxSurge=0
RollingUpdateDeployment maxUnavailable=25% maxSurge=25%
RuleWithOperations scope=*
ScaleIOPersistentVolumeSource storageMode=ThinProvisioned fsType=xfs
ScaleIOVolumeSource storageMode=ThinProvisioned fsType=xfs
Secret type=Opaque
SecretVolumeSource defaultMode=420
ServiceAccountTokenProjection expirationSeconds=3600
ServicePort protocol=TCP
ServiceReference port=443
ServiceSpec sessionAffinity=None type=ClusterIP
StatefulSetPersistentVolumeClaimRetentionPolicy whenDeleted=Retain whenScaled=Retain
StatefulSetSpec podManagementPolicy=OrderedReady persistentVolumeClaimRetentionPolicy={} replicas=1 revisionHistoryLimit=10
StorageClass reclaimPolicy=Delete volumeBindingMode=Immediate
ValidatingWebhook failurePolicy=Fail matchPolicy=Equivalent namespaceSelector={} objectSelector={} timeoutSeconds=10
v2.HorizontalPodAutoscalerSpec minReplicas=1
";

type Tree = Map<String, Value>;

/// Fills in the defaults of a decoded object of the kind.
pub fn default(kind: Kind, value: &mut Value, gates: FeatureGates) {
    if let Value::Object(map) = value {
        default_struct(type_of(kind), map, gates);
    }
}

/// The object at a key, if there is one.
fn object_at<'a>(map: &'a mut Tree, key: &str) -> Option<&'a mut Tree> {
    map.get_mut(key)?.as_object_mut()
}

fn text<'a>(map: &'a Tree, key: &str) -> &'a str {
    map.get(key).and_then(Value::as_str).unwrap_or_default()
}

fn set_if_unset(map: &mut Tree, key: &str, value: impl Into<Value>) {
    let slot = map.entry(key).or_insert(Value::Null);
    if slot.is_null() || slot.as_str() == Some("") {
        *slot = value.into();
    }
}

pub(crate) fn default_value(type_ref: TypeRef, value: &mut Value, gates: FeatureGates) {
    match (type_ref.shape(), value) {
        (Shape::Struct, Value::Object(map)) => default_struct(type_ref, map, gates),
        (Shape::List(item), Value::Array(items)) if item.shape() == Shape::Struct => {
            items.iter_mut().for_each(|value| default_value(item, value, gates));
        }
        (Shape::Map(_), Value::Object(map)) if type_ref.0 == "ResourceList" => {
            map.values_mut().for_each(round_up)
        }
        _ => {}
    }
}

/// Models SetDefaults_ResourceList: no amount is finer than a thousandth.
fn round_up(value: &mut Value) {
    if let Some(Ok(quantity)) = value.as_str().map(Quantity::parse)
        && quantity.nanos() % 1_000_000 != 0
        && let Ok(rounded) = Quantity::parse(&format!("{}m", quantity.milli_value()))
    {
        *value = Value::String(rounded.to_string());
    }
}

fn default_struct(type_ref: TypeRef, map: &mut Tree, gates: FeatureGates) {
    if let Some((_, rule)) = RULES.iter().find(|(name, _)| *name == type_ref.0) {
        rule(map, gates);
    }
    let line = TABLE.lines().find_map(|line| line.strip_prefix(type_ref.0)?.strip_prefix(' '));
    for pair in line.unwrap_or_default().split(' ') {
        if let Some((key, text)) = pair.split_once('=') {
            let value = match text {
                "true" | "false" => Value::Bool(text == "true"),
                "{}" => type_ref.field(key).map_or(Value::Null, |field| zero(field.type_ref)),
                _ => text.parse::<i64>().map_or_else(|_| Value::from(text), Value::from),
            };
            set_if_unset(map, key, value);
        }
    }
    for (key, value) in map.iter_mut() {
        if let Some(field) = type_ref.field(key) {
            default_value(field.type_ref, value, gates);
        }
    }
    if type_ref.0 == "Pod" {
        default_pod(map);
    }
}

/// Fills in what looks at more than one field of a type.
type Rule = fn(&mut Tree, FeatureGates);

/// The defaults that look at more than one field; they come before those of the table.
const RULES: &[(&str, Rule)] = &[
    ("Container", |map, _| default_pull_policy(map, "image", "imagePullPolicy")),
    ("EphemeralContainer", |map, _| default_pull_policy(map, "image", "imagePullPolicy")),
    ("CSIDriverSpec", |map, _| set_if_unset(map, "volumeLifecycleModes", json!(["Persistent"]))),
    ("Volume", default_volume),
    ("PodSpec", default_service_account),
    ("ServicePort", default_service_port),
    ("ServiceSpec", default_service),
    ("StatefulSetUpdateStrategy", default_stateful_set_strategy),
    ("DeploymentStrategy", default_rolling_update),
    ("DaemonSetUpdateStrategy", default_rolling_update),
    ("StatefulSetSpec", default_claim_templates),
    ("Namespace", default_namespace),
    ("Job", default_job),
    ("ReplicationController", default_replication_controller),
    ("NetworkPolicySpec", default_network_policy),
    ("Subject", default_subject),
    ("NodeStatus", default_node_status),
    ("v2.HorizontalPodAutoscalerSpec", default_autoscaler),
    ("LimitRangeItem", default_limit_range_item),
];

fn default_pull_policy(map: &mut Tree, image: &str, policy: &str) {
    let value = if is_latest(text(map, image)) { "Always" } else { "IfNotPresent" };
    set_if_unset(map, policy, value);
}

fn default_volume(map: &mut Tree, _: FeatureGates) {
    if map.keys().all(|key| key == "name") {
        map.insert("emptyDir".to_owned(), json!({}));
    }
    if let Some(image) = object_at(map, "image") {
        default_pull_policy(image, "reference", "pullPolicy");
    }
}

/// Models pkg/apis/core/v1/conversion.go: the old name of the service account follows the new one.
fn default_service_account(map: &mut Tree, _: FeatureGates) {
    let account = text(map, "serviceAccountName");
    let account = if account.is_empty() { text(map, "serviceAccount") } else { account }.to_owned();
    if !account.is_empty() {
        map.insert("serviceAccountName".to_owned(), account.clone().into());
        map.insert("serviceAccount".to_owned(), account.into());
    }
}

fn default_service_port(map: &mut Tree, _: FeatureGates) {
    let is_unset = match map.get("targetPort") {
        Some(Value::String(name)) => name.is_empty(),
        Some(Value::Number(number)) => number.as_i64() == Some(0),
        _ => true,
    };
    if is_unset {
        let port = map.get("port").cloned().unwrap_or_else(|| 0.into());
        map.insert("targetPort".to_owned(), port);
    }
}

fn default_stateful_set_strategy(map: &mut Tree, gates: FeatureGates) {
    if text(map, "type").is_empty() {
        map.insert("type".to_owned(), "RollingUpdate".into());
        set_if_unset(map, "rollingUpdate", json!({}));
    }
    if text(map, "type") == "RollingUpdate"
        && let Some(rolling_update) = object_at(map, "rollingUpdate")
    {
        set_if_unset(rolling_update, "partition", 0);
        if gates.max_unavailable_stateful_set {
            set_if_unset(rolling_update, "maxUnavailable", 1);
        }
    }
}

fn default_rolling_update(map: &mut Tree, _: FeatureGates) {
    if matches!(text(map, "type"), "" | "RollingUpdate") {
        set_if_unset(map, "rollingUpdate", json!({}));
    }
}

/// Models pkg/apis/apps/v1/conversion.go: claim templates always tell their type.
fn default_claim_templates(map: &mut Tree, _: FeatureGates) {
    for template in map.get_mut("volumeClaimTemplates").and_then(Value::as_array_mut).into_iter().flatten() {
        template["apiVersion"] = "v1".into();
        template["kind"] = "PersistentVolumeClaim".into();
    }
}

fn default_namespace(map: &mut Tree, _: FeatureGates) {
    if let Some(metadata) = object_at(map, "metadata")
        && let name = text(metadata, "name").to_owned()
        && !name.is_empty()
    {
        set_if_unset(metadata, "labels", json!({}));
        metadata["labels"]["kubernetes.io/metadata.name"] = name.into();
    }
}

fn default_network_policy(map: &mut Tree, _: FeatureGates) {
    let mut types = vec!["Ingress"];
    if map.contains_key("egress") {
        types.push("Egress");
    }
    set_if_unset(map, "policyTypes", types);
}

fn default_subject(map: &mut Tree, _: FeatureGates) {
    if matches!(text(map, "kind"), "User" | "Group") {
        set_if_unset(map, "apiGroup", "rbac.authorization.k8s.io");
    }
}

fn default_node_status(map: &mut Tree, _: FeatureGates) {
    if let Some(capacity) = map.get("capacity").cloned() {
        set_if_unset(map, "allocatable", capacity);
    }
}

fn default_autoscaler(map: &mut Tree, _: FeatureGates) {
    let target = json!({"type": "Utilization", "averageUtilization": 80});
    let metric = json!({"type": "Resource", "resource": {"name": "cpu", "target": target}});
    set_if_unset(map, "metrics", vec![metric]);
}

fn default_limit_range_item(map: &mut Tree, _: FeatureGates) {
    if text(map, "type") == "Container" {
        for (from, to) in [("max", "default"), ("default", "defaultRequest"), ("min", "defaultRequest")] {
            copy_missing(map, from, to);
        }
    }
}

/// Copies the entries that `to` lacks.
fn copy_missing(map: &mut Tree, from: &str, to: &str) {
    let Some(source) = map.get(from).and_then(Value::as_object).filter(|source| !source.is_empty()).cloned()
    else {
        return;
    };
    set_if_unset(map, to, json!({}));
    if let Some(target) = object_at(map, to) {
        for (key, value) in source {
            target.entry(key).or_insert(value);
        }
    }
}

/// Models SetDefaults_Service, but for what the table says.
fn default_service(spec: &mut Tree, _: FeatureGates) {
    match text(spec, "sessionAffinity") {
        "" | "None" => {
            spec.remove("sessionAffinityConfig");
        }
        "ClientIP"
            if spec
                .get("sessionAffinityConfig")
                .is_none_or(|c| c["clientIP"]["timeoutSeconds"].is_null()) =>
        {
            spec.insert("sessionAffinityConfig".to_owned(), json!({"clientIP": {"timeoutSeconds": 10800}}));
        }
        _ => {}
    }
    let service_type = match text(spec, "type") {
        "" => "ClusterIP",
        service_type => service_type,
    }
    .to_owned();
    let has_external_ips =
        spec.get("externalIPs").and_then(Value::as_array).is_some_and(|ips| !ips.is_empty());
    let is_external = matches!(service_type.as_str(), "NodePort" | "LoadBalancer");
    if is_external || (service_type == "ClusterIP" && has_external_ips) {
        set_if_unset(spec, "externalTrafficPolicy", "Cluster");
    }
    if is_external || service_type == "ClusterIP" {
        set_if_unset(spec, "internalTrafficPolicy", "Cluster");
    }
    if service_type == "LoadBalancer" {
        set_if_unset(spec, "allocateLoadBalancerNodePorts", true);
    }
}

/// Models SetDefaults_ReplicationController: without labels it has those of its template.
fn default_replication_controller(map: &mut Tree, _: FeatureGates) {
    let labels = map.get("spec").map(|spec| spec["template"]["metadata"]["labels"].clone());
    let Some(labels) = labels.filter(Value::is_object) else { return };
    if let Some(metadata) = object_at(map, "metadata") {
        set_if_unset(metadata, "labels", labels.clone());
    }
    if let Some(spec) = object_at(map, "spec") {
        set_if_unset(spec, "selector", labels);
    }
}

/// Models SetDefaults_Job. (A CronJob's template of a job gets none of these.)
fn default_job(job: &mut Tree, _: FeatureGates) {
    let labels = job.get("spec").map(|spec| spec["template"]["metadata"]["labels"].clone());
    let Some(spec) = object_at(job, "spec") else { return };
    if !spec.contains_key("completions") && !spec.contains_key("parallelism") {
        spec.insert("completions".to_owned(), 1.into());
    }
    set_if_unset(spec, "parallelism", 1);
    let limit = if spec.contains_key("backoffLimitPerIndex") { i32::MAX } else { 6 };
    set_if_unset(spec, "backoffLimit", limit);
    set_if_unset(spec, "completionMode", "NonIndexed");
    set_if_unset(spec, "suspend", false);
    set_if_unset(spec, "manualSelector", false);
    let replacement = if spec.contains_key("podFailurePolicy") { "Failed" } else { "TerminatingOrFailed" };
    set_if_unset(spec, "podReplacementPolicy", replacement);
    if let Some(labels) = labels.filter(|labels| labels.is_object())
        && let Some(metadata) = object_at(job, "metadata")
    {
        set_if_unset(metadata, "labels", labels);
    }
}

/// Models SetDefaults_Pod: what a pod gets and a pod template does not.
fn default_pod(pod: &mut Tree) {
    let Some(spec) = object_at(pod, "spec") else { return };
    set_if_unset(spec, "enableServiceLinks", true);
    let host_network = spec.get("hostNetwork") == Some(&Value::Bool(true));
    for list in ["containers", "initContainers"] {
        for container in spec.get_mut(list).and_then(Value::as_array_mut).into_iter().flatten() {
            if let Some(resources) = container.get_mut("resources").and_then(Value::as_object_mut) {
                copy_missing(resources, "limits", "requests");
            }
            if host_network {
                for port in container.get_mut("ports").and_then(Value::as_array_mut).into_iter().flatten() {
                    if port["hostPort"].is_null() {
                        port["hostPort"] = port["containerPort"].clone();
                    }
                }
            }
        }
    }
}

/// Whether an image's tag is `latest`, said or not.
/// Models pkg/util/parsers: ParseImageName; a name that is no image's has no tag.
fn is_latest(image: &str) -> bool {
    let (name, digest) = match image.split_once('@') {
        Some((name, digest)) => (name, Some(digest)),
        None => (image, None),
    };
    if digest.is_some_and(|digest| digest.split_once(':').is_none_or(|(_, hex)| hex.len() < 32)) {
        return false;
    }
    let slash = name.rfind('/').map_or(0, |place| place + 1);
    let (name, tag) = match name[slash..].rfind(':') {
        Some(colon) => (&name[..slash + colon], Some(&name[slash + colon + 1..])),
        None => (name, None),
    };
    // What stands before the first slash is a registry if it could not be part of a path.
    let path = match name.split_once('/') {
        Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => path,
        Some((first, path)) if first.chars().any(char::is_uppercase) => path,
        _ => name,
    };
    let is_path = path.split('/').all(|part| {
        !part.is_empty()
            && part
                .bytes()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'.' | b'_' | b'-'))
            && !part.starts_with(['.', '_', '-'])
            && !part.ends_with(['.', '_', '-'])
    });
    is_path && (tag == Some("latest") || (tag.is_none() && digest.is_none()))
}

#[cfg(test)]
mod tests {
    use super::is_latest;

    #[test]
    fn images_without_a_tag_are_the_latest() {
        for image in ["nginx", "nginx:latest", "a/b", "localhost:5000/a", "reg.io/a/b:latest"] {
            assert!(is_latest(image), "{image}");
        }
        for image in ["nginx:1", "Han0495/Flask", " nginx", "", "reg.io:5000/a:2", "UPPER"] {
            assert!(!is_latest(image), "{image}");
        }
    }
}
