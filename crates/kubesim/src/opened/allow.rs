//! What is kept of an object: an allow-list of fields. What the simulation heeds (`schema/simulated.txt`) and what the state
//! says of it is kept; values that can be secret, and what only a cluster's managers need, are not, and are counted.

use super::layout::{Fields, Layout, Layouts, Role, Rules, leaf};
use super::state::{LeftOut, What};
use crate::api::Kind;
use crate::api::image::with_tag;
use crate::api::volume::{
    BETA_STORAGE_PROVISIONER, BIND_COMPLETED, BOUND_BY_CONTROLLER, DEFAULT_CLASS, PROVISIONED_BY,
    SELECTED_NODE, STORAGE_PROVISIONER,
};
use crate::base::rfc3339::parse_rfc3339;
use crate::schema::types::{Field, Shape, TypeRef, type_of};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Annotations that Kubernetes itself acts on here.
const ANNOTATIONS: [&str; 12] = [
    SELECTED_NODE,
    BIND_COMPLETED,
    BOUND_BY_CONTROLLER,
    PROVISIONED_BY,
    STORAGE_PROVISIONER,
    BETA_STORAGE_PROVISIONER,
    DEFAULT_CLASS,
    "kubectl.kubernetes.io/restartedAt",
    "deployment.kubernetes.io/revision",
    "endpoints.kubernetes.io/last-change-trigger-time",
    "node.alpha.kubernetes.io/ttl",
    // Of a state that was given away.
    crate::api::meta::OWNER_ABSENT,
];
/// What kubectl keeps of a manifest: it can hold a whole Secret.
const LAST_APPLIED: &str = crate::api::meta::LAST_APPLIED;

const METADATA: [&str; 13] = [
    "name",
    "generateName",
    "namespace",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "labels",
    "annotations",
    "ownerReferences",
    "finalizers",
];

/// What is kept of types of which `simulated.txt` says nothing, because no manifest of theirs is simulated.
const KEPT: [(&str, &[&str]); 9] = [
    (
        "PersistentVolumeSpec",
        &[
            "capacity",
            "accessModes",
            "claimRef",
            "persistentVolumeReclaimPolicy",
            "storageClassName",
            "volumeMode",
            "nodeAffinity",
        ],
    ),
    ("NodeSpec", &["podCIDR", "podCIDRs", "unschedulable", "taints"]),
    ("NodeStatus", &["capacity", "allocatable", "conditions", "addresses", "nodeInfo"]),
    (
        "NodeSystemInfo",
        &[
            "architecture",
            "containerRuntimeVersion",
            "kernelVersion",
            "kubeletVersion",
            "operatingSystem",
            "osImage",
            "kubeProxyVersion",
            "bootID",
            "machineID",
            "systemUUID",
        ],
    ),
    ("StorageClass", &["provisioner", "reclaimPolicy", "allowVolumeExpansion", "volumeBindingMode"]),
    ("ContainerStateTerminated", &["exitCode", "reason", "startedAt", "finishedAt", "containerID", "signal"]),
    (
        "ContainerStatus",
        &[
            "name",
            "state",
            "lastState",
            "ready",
            "restartCount",
            "image",
            "imageID",
            "containerID",
            "started",
        ],
    ),
    (
        "Event",
        &[
            "involvedObject",
            "reason",
            "message",
            "source",
            "firstTimestamp",
            "lastTimestamp",
            "count",
            "type",
            "eventTime",
            "series",
            "reportingComponent",
            "reportingInstance",
        ],
    ),
    (
        "PodStatus",
        &[
            "observedGeneration",
            "phase",
            "conditions",
            "reason",
            "message",
            "nominatedNodeName",
            "hostIP",
            "podIP",
            "startTime",
            "initContainerStatuses",
            "containerStatuses",
            "qosClass",
        ],
    ),
];

/// The times of an object by which it is known when its state was taken; `deletionTimestamp` lies in the future.
const TIMES: [&str; 14] = [
    "creationTimestamp",
    "lastTransitionTime",
    "lastHeartbeatTime",
    "lastProbeTime",
    "lastUpdateTime",
    "startedAt",
    "finishedAt",
    "startTime",
    "firstTimestamp",
    "lastTimestamp",
    "eventTime",
    "lastObservedTime",
    "time",
    "lastPhaseTransitionTime",
];

/// Which fields are kept, by the lists above.
struct Lists;

impl Rules for Lists {
    fn keeps(&self, type_ref: TypeRef, field: &str) -> bool {
        let name = type_ref.struct_name();
        if name == "ObjectMeta" {
            return METADATA.contains(&field);
        }
        match KEPT.iter().find(|(listed, _)| *listed == name) {
            Some((_, fields)) => {
                let always = matches!(field, "apiVersion" | "kind" | "metadata") && name != "ObjectReference";
                always || fields.contains(&field)
            }
            None => type_ref.simulates(field),
        }
    }

    fn role(&self, type_ref: TypeRef, field: &Field, shape: Shape) -> Role {
        match (type_ref.struct_name(), field.name) {
            ("ObjectMeta", "annotations") => Role::Annotations,
            ("ObjectMeta", "managedFields") => Role::ManagedFields,
            ("EnvVar", "value") => Role::Variable,
            (_, name) if shape == Shape::Time && TIMES.contains(&name) => Role::Time,
            _ => Role::Plain,
        }
    }
}

/// Takes from trees what may not stay, counts it, and remembers which values were equal.
#[derive(Debug, Default)]
pub struct AllowList {
    counts: BTreeMap<What, usize>,
    /// What is left out of the object that is looked at: it counts once that is known to be one.
    fresh: BTreeMap<What, usize>,
    is_muted: bool,
    /// The values of environment variables that were taken out, by number: two that differed still differ.
    values: BTreeMap<String, usize>,
    /// Names that were put in place of others, if the state is to be shared without names.
    pub nodes_images: Vec<(String, String)>,
    layouts: Layouts,
    /// The newest time that was seen of the object that is looked at, as it is written.
    newest: String,
}

/// How a tree is looked at.
#[derive(Clone, Copy)]
struct Way<'a> {
    layouts: &'a Layouts,
    /// Whether it is a whole object, which has to be of its type and is written as that type is; or a part of one that stands in
    /// another, as it is, and of which nothing is counted: of what stands there twice it is counted once.
    is_whole: bool,
}

/// A tree is not of its type: [`crate::schema::decode`] says why.
#[derive(Debug)]
pub struct WrongType;

impl AllowList {
    /// What was left out, each with how often.
    pub fn left_out(&self) -> Vec<LeftOut> {
        self.counts.iter().map(|(what, count)| LeftOut { what: what.clone(), count: *count }).collect()
    }

    /// Whether from now on nothing is counted.
    pub fn mute(&mut self, is_muted: bool) {
        self.is_muted = is_muted;
    }

    pub fn count(&mut self, what: What) {
        if !self.is_muted {
            *self.counts.entry(what).or_default() += 1;
        }
    }

    /// What is kept of an object, as the API server would write it. Errors: a field of it has the wrong type.
    pub fn keep(&mut self, kind: Kind, tree: &Value) -> Result<Value, WrongType> {
        self.newest.clear();
        self.fresh.clear();
        if kind == Kind::Node {
            self.note_images(tree);
        }
        let mut kept = self.part(type_of(kind), tree, true)?;
        match kind {
            Kind::Secret | Kind::ConfigMap => self.blank_data(kind, &mut kept),
            Kind::ControllerRevision => self.revision(&mut kept),
            _ => {}
        }
        for (what, count) in std::mem::take(&mut self.fresh) {
            if !self.is_muted {
                *self.counts.entry(what).or_default() += count;
            }
        }
        Ok(kept)
    }

    /// The newest time in the object that was looked at last: in RFC 3339.
    pub fn newest(&self) -> Option<&str> {
        (!self.newest.is_empty()).then_some(&*self.newest)
    }

    fn part(&mut self, type_ref: TypeRef, tree: &Value, is_whole: bool) -> Result<Value, WrongType> {
        let mut layouts = std::mem::take(&mut self.layouts);
        let at = layouts.of(type_ref, &Lists);
        let kept = self.value(Way { layouts: &layouts, is_whole }, at, tree);
        self.layouts = layouts;
        kept
    }

    /// The same of a manifest that is compared with the state: nothing of it is counted, and it has no status.
    pub fn compare(&mut self, kind: Kind, tree: &Value) -> Value {
        self.mute(true);
        let mut kept = self.keep(kind, tree).unwrap_or_default();
        self.mute(false);
        if let Some(fields) = kept.as_object_mut() {
            fields.remove("status");
        }
        kept
    }

    /// The images that are on a node, which a node's object lists at length.
    fn note_images(&mut self, tree: &Value) {
        let node = tree["metadata"]["name"].as_str().unwrap_or_default();
        for image in tree["status"]["images"].as_array().into_iter().flatten() {
            for name in image["names"].as_array().into_iter().flatten().filter_map(Value::as_str) {
                if !name.contains('@') {
                    self.nodes_images.push((node.to_owned(), with_tag(name)));
                }
            }
        }
    }

    /// The keys of a Secret or ConfigMap without their values.
    fn blank_data(&mut self, kind: Kind, kept: &mut Value) {
        let Some(map) = kept.as_object_mut() else { return };
        let mut keys: Vec<String> = Vec::new();
        for field in ["data", "binaryData", "stringData"] {
            let data = map.remove(field);
            keys.extend(data.iter().filter_map(Value::as_object).flat_map(|data| data.keys().cloned()));
        }
        if !keys.is_empty() {
            let what = if kind == Kind::Secret { What::SecretData } else { What::ConfigMapData };
            self.note(what);
            let blank: Map<String, Value> = keys.into_iter().map(|key| (key, "".into())).collect();
            map.insert("data".into(), Value::Object(blank));
        }
    }

    /// A revision's data is a patch of a set, in which a template stands.
    fn revision(&mut self, kept: &mut Value) {
        let template = kept["data"]["spec"]["template"].clone();
        let mut data = Map::new();
        if template.is_object() {
            let patch = template.get("$patch").cloned();
            let mut template = self.part(TypeRef("PodTemplateSpec"), &template, false).unwrap_or_default();
            if let (Some(patch), Some(map)) = (patch, template.as_object_mut()) {
                map.insert("$patch".into(), patch);
            }
            data.insert("spec".into(), Value::Object(Map::from_iter([("template".to_owned(), template)])));
        }
        kept["data"] = Value::Object(data);
    }

    /// What is kept of a value of this type.
    fn value(&mut self, way: Way<'_>, at: usize, value: &Value) -> Result<Value, WrongType> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        match (way.layouts.get(at), value) {
            (Layout::List(item, unset), Value::Array(items)) => {
                let mut kept = Vec::with_capacity(items.len());
                for value in items {
                    let value = self.value(way, *item, value)?;
                    kept.push(if value.is_null() { (**unset).clone() } else { value });
                }
                Ok(Value::Array(kept))
            }
            (Layout::Map(item, unset), Value::Object(map)) => {
                let mut kept = Map::new();
                for (name, value) in map {
                    let value = self.value(way, *item, value)?;
                    kept.insert(name.clone(), if value.is_null() { (**unset).clone() } else { value });
                }
                Ok(Value::Object(kept))
            }
            (Layout::Struct(fields), Value::Object(map)) => self.fields(way, fields, map),
            _ if !way.is_whole => Ok(value.clone()),
            (Layout::Leaf(shape), value) => leaf(*shape, value).ok_or(WrongType),
            _ => Err(WrongType),
        }
    }

    fn fields(
        &mut self,
        way: Way<'_>,
        fields: &Fields,
        map: &Map<String, Value>,
    ) -> Result<Value, WrongType> {
        let mut kept = Map::new();
        for (name, value) in map {
            let Some(field) = fields.get(name) else { continue };
            let Some(layout) = field.layout else {
                if way.is_whole && !field.is_left_out(value) {
                    self.leave_out(field.role, value);
                }
                continue;
            };
            let value = match field.role {
                Role::Annotations => self.annotations(value, way.is_whole)?,
                Role::Variable => self.variable(value, way.is_whole)?,
                _ => self.value(way, layout, value)?,
            };
            if field.role == Role::Time {
                self.note_time(&value);
            }
            if !(way.is_whole && field.is_left_out(&value)) {
                kept.insert(name.clone(), value);
            }
        }
        if way.is_whole {
            for (name, value) in &fields.always {
                if !kept.contains_key(*name) {
                    kept.insert((*name).to_owned(), value.clone());
                }
            }
        }
        Ok(Value::Object(kept))
    }

    /// Counts a field that is left out. The times in it may be read first.
    fn leave_out(&mut self, role: Role, value: &Value) {
        self.note(if role == Role::ManagedFields { What::ManagedFields } else { What::Fields });
        if role == Role::ManagedFields {
            let times = value.as_array().into_iter().flatten().filter_map(|part| part["time"].as_str());
            for time in times.filter_map(|time| parse_rfc3339(time).ok()) {
                self.note_time(&Value::String(time));
            }
        }
    }

    fn note(&mut self, what: What) {
        *self.fresh.entry(what).or_default() += 1;
    }

    fn note_time(&mut self, value: &Value) {
        if let Some(time) = value.as_str().filter(|time| **time > *self.newest) {
            time.clone_into(&mut self.newest);
        }
    }

    fn annotations(&mut self, value: &Value, counts: bool) -> Result<Value, WrongType> {
        let mut kept = Map::new();
        if !value.is_object() && !value.is_null() {
            return Err(WrongType);
        }
        for (name, value) in value.as_object().into_iter().flatten() {
            if !value.is_string() && !value.is_null() {
                return Err(WrongType);
            }
            if ANNOTATIONS.contains(&name.as_str()) {
                kept.insert(name.clone(), value.as_str().unwrap_or_default().into());
            } else if counts {
                let what = if name == LAST_APPLIED { What::LastApplied } else { What::Annotations };
                self.note(what);
            }
        }
        Ok(Value::Object(kept))
    }

    /// A variable's value becomes a number: the same for the same value, so that templates that differ still do.
    fn variable(&mut self, value: &Value, counts: bool) -> Result<Value, WrongType> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        let text = value.as_str().ok_or(WrongType)?;
        if text.is_empty() {
            return Ok(value.clone());
        }
        if counts {
            self.note(What::EnvironmentValues);
        }
        let next = self.values.len() + 1;
        let number = *self.values.entry(text.to_owned()).or_insert(next);
        Ok(["(left out ", &number.to_string(), ")"].concat().into())
    }
}

/// The kinds that are used.
pub fn is_used(kind: Kind) -> bool {
    use Kind::*;
    matches!(
        kind,
        Namespace
            | Node
            | PersistentVolume
            | StorageClass
            | PriorityClass
            | ConfigMap
            | Secret
            | ServiceAccount
            | ResourceQuota
            | LimitRange
            | Service
            | EndpointSlice
            | PersistentVolumeClaim
            | Pod
            | StatefulSet
            | Deployment
            | ReplicaSet
            | DaemonSet
            | ControllerRevision
            | PodDisruptionBudget
            | Event
    )
}
