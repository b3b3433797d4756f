//! What is kept of an object: an allow-list of fields. What the simulation heeds (`schema/simulated.txt`) and what the state
//! says of it is kept; values that can be secret, and what only a cluster's managers need, are not, and are counted.

use super::state::{LeftOut, What};
use crate::api::Kind;
use crate::api::image::with_tag;
use crate::api::volume::{
    BETA_STORAGE_PROVISIONER, BIND_COMPLETED, BOUND_BY_CONTROLLER, DEFAULT_CLASS, PROVISIONED_BY,
    SELECTED_NODE, STORAGE_PROVISIONER,
};
use crate::schema::types::{Shape, TypeRef, type_of};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// Annotations that Kubernetes itself acts on here.
const ANNOTATIONS: [&str; 11] = [
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

/// Takes from trees what may not stay, counts it, and remembers which values were equal.
#[derive(Debug, Default)]
pub struct AllowList {
    counts: BTreeMap<What, usize>,
    /// The values of environment variables that were taken out, by number: two that differed still differ.
    values: BTreeMap<String, usize>,
    /// Names that were put in place of others, if the state is to be shared without names.
    pub nodes_images: Vec<(String, String)>,
}

impl AllowList {
    /// What was left out, each with how often.
    pub fn left_out(&self) -> Vec<LeftOut> {
        self.counts.iter().map(|(what, count)| LeftOut { what: what.clone(), count: *count }).collect()
    }

    /// How often each thing was left out so far.
    pub fn counts(&self) -> BTreeMap<What, usize> {
        self.counts.clone()
    }

    /// What was counted since then is not.
    pub fn set_counts(&mut self, counts: BTreeMap<What, usize>) {
        self.counts = counts;
    }

    pub fn count(&mut self, what: What) {
        *self.counts.entry(what).or_default() += 1;
    }

    /// What is kept of a decoded object.
    pub fn keep(&mut self, kind: Kind, tree: &Value) -> Value {
        if kind == Kind::Node {
            self.note_images(tree);
        }
        let mut kept = self.value(type_of(kind), tree, true);
        match kind {
            Kind::Secret | Kind::ConfigMap => self.blank_data(kind, &mut kept),
            Kind::ControllerRevision => self.revision(&mut kept),
            _ => {}
        }
        kept
    }

    /// The same of a manifest that is compared with the state: nothing of it is counted, and it has no status.
    pub fn compare(&mut self, kind: Kind, tree: &Value) -> Value {
        let counts = self.counts.clone();
        let mut kept = self.keep(kind, tree);
        self.counts = counts;
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
            self.count(what);
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
            let mut template = self.value(TypeRef("PodTemplateSpec"), &template, false);
            if let (Some(patch), Some(map)) = (patch, template.as_object_mut()) {
                map.insert("$patch".into(), patch);
            }
            data.insert("spec".into(), Value::Object(Map::from_iter([("template".to_owned(), template)])));
        }
        kept["data"] = Value::Object(data);
    }

    /// What is kept of a value of this type. `counts`: whether what is left out is counted; of what stands there twice
    /// it is counted once.
    fn value(&mut self, type_ref: TypeRef, value: &Value, counts: bool) -> Value {
        match (type_ref.shape(), value) {
            (Shape::List(item), Value::Array(items)) => {
                items.iter().map(|value| self.value(item, value, counts)).collect()
            }
            (Shape::Map(item), Value::Object(map)) => {
                map.iter().map(|(key, value)| (key.clone(), self.value(item, value, counts))).collect()
            }
            (Shape::Struct, Value::Object(map)) => self.fields(type_ref, map, counts),
            _ => value.clone(),
        }
    }

    fn fields(&mut self, type_ref: TypeRef, map: &Map<String, Value>, counts: bool) -> Value {
        let listed = KEPT.iter().find(|(name, _)| *name == type_ref.struct_name()).map(|(_, fields)| *fields);
        let mut kept = Map::new();
        for (name, value) in map {
            let Some(field) = type_ref.field(name) else { continue };
            let always = matches!(&**name, "apiVersion" | "kind" | "metadata")
                && type_ref.struct_name() != "ObjectReference";
            let is_kept = match (type_ref.struct_name(), listed) {
                ("ObjectMeta", _) => METADATA.contains(&name.as_str()),
                (_, Some(fields)) => always || fields.contains(&name.as_str()),
                _ => type_ref.simulates(name),
            };
            if !is_kept {
                if counts {
                    let is_managed = type_ref.struct_name() == "ObjectMeta" && name == "managedFields";
                    self.count(if is_managed { What::ManagedFields } else { What::Fields });
                }
                continue;
            }
            let value = match (type_ref.struct_name(), name.as_str()) {
                ("ObjectMeta", "annotations") => self.annotations(value, counts),
                ("EnvVar", "value") => self.variable(value, counts),
                _ => self.value(field.type_ref, value, counts),
            };
            kept.insert(name.clone(), value);
        }
        Value::Object(kept)
    }

    fn annotations(&mut self, value: &Value, counts: bool) -> Value {
        let mut kept = Map::new();
        for (name, value) in value.as_object().into_iter().flatten() {
            if ANNOTATIONS.contains(&name.as_str()) {
                kept.insert(name.clone(), value.clone());
            } else if counts {
                let what = if name == LAST_APPLIED { What::LastApplied } else { What::Annotations };
                self.count(what);
            }
        }
        Value::Object(kept)
    }

    /// A variable's value becomes a number: the same for the same value, so that templates that differ still do.
    fn variable(&mut self, value: &Value, counts: bool) -> Value {
        let Some(text) = value.as_str().filter(|text| !text.is_empty()) else { return value.clone() };
        if counts {
            self.count(What::EnvironmentValues);
        }
        let next = self.values.len() + 1;
        let number = *self.values.entry(text.to_owned()).or_insert(next);
        ["(left out ", &number.to_string(), ")"].concat().into()
    }
}
