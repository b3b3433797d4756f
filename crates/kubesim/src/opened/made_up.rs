//! What is missing in a state but needed to go on from it. Each kind may be missing, as users have no right to nodes,
//! volumes and classes. Nothing is made up of a kind of which something is there: what is not among it is not there.

use super::begin::overdue_since;
use super::state::MadeUp;
use crate::api::image::with_tag;
use crate::api::meta::{MADE_UP, PV_PROTECTION_FINALIZER};
use crate::api::pod::{ContainerState, EnvValue, PodPhase, PodSpec, VolumeSource, condition};
use crate::api::read::get;
use crate::api::stateful_set::{ClaimTemplate, pod_name};
use crate::api::volume::{BETA_STORAGE_PROVISIONER, SELECTED_NODE, STORAGE_PROVISIONER};
use crate::api::{Key, Kind, Object, SimTime, Span, Str};
use crate::config::{LOCAL_PATH, NodeOptions};
use crate::controllers::stateful_set::new_pod;
use crate::kubelet::registration::node_tree;
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// The label by which a made-up node is known, where kubectl prints roles.
const ROLE: &str = "node-role.kubernetes.io/made-up";
/// Who makes the volumes of a class of which only the name is known.
const UNKNOWN_PROVISIONER: &str = "made-up/unknown";

/// Namespaces that every cluster has from the start.
const FIRST_NAMESPACES: [&str; 4] = ["default", "kube-node-lease", "kube-public", "kube-system"];

/// So many pods or claims are looked at in one step.
const AT_ONCE: usize = 64;
/// So many objects, of which nothing is wanted but their name and what they say.
const KNOWN_AT_ONCE: usize = 512;

/// What is made up, in order. Each may need what was made up before it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Part {
    Namespaces,
    Pods,
    Claims,
    Volumes,
    Classes,
    Nodes,
    Services,
    NamedByPods,
}

const PARTS: [Part; 8] = [
    Part::Namespaces,
    Part::Pods,
    Part::Claims,
    Part::Volumes,
    Part::Classes,
    Part::Nodes,
    Part::Services,
    Part::NamedByPods,
];

/// What is missing, on the way to be made up.
#[derive(Debug)]
pub struct MakingUp {
    objects: Vec<Object>,
    made_up: Vec<(Key, MadeUp)>,
    /// How many objects were given, and of how many of them it is known what they are called.
    given: usize,
    known: usize,
    there: BTreeSet<(Kind, Str, Str)>,
    /// What somebody says is missing: `secret "db"`.
    said_missing: BTreeSet<String>,
    /// The parts that are still to be done, the next one last.
    parts: Vec<Part>,
    /// Where the objects are that a part looks at one by one, the next one last; once it has begun.
    work: Option<Vec<usize>>,
    /// The templates of sets' claims, by namespace and the claim's name without the ordinal.
    templates: BTreeMap<(Str, String), ClaimTemplate>,
    /// The node of the first pod that mounts a claim, by namespace and claim.
    mounted: BTreeMap<(Str, Str), Option<Str>>,
}

impl MakingUp {
    /// Objects, with the kinds of which nothing is there.
    pub fn new(objects: Vec<Object>, missing: &[Kind]) -> MakingUp {
        let is_lacking = |part: &Part| match part {
            Part::Namespaces | Part::NamedByPods => true,
            Part::Pods => missing.contains(&Kind::Pod),
            Part::Claims => missing.contains(&Kind::PersistentVolumeClaim),
            Part::Volumes => missing.contains(&Kind::PersistentVolume),
            Part::Classes => missing.contains(&Kind::StorageClass),
            Part::Nodes => missing.contains(&Kind::Node),
            Part::Services => missing.contains(&Kind::Service),
        };
        MakingUp {
            given: objects.len(),
            known: 0,
            said_missing: BTreeSet::new(),
            objects,
            made_up: Vec::new(),
            there: BTreeSet::new(),
            parts: PARTS.into_iter().filter(is_lacking).rev().collect(),
            work: None,
            templates: BTreeMap::new(),
            mounted: BTreeMap::new(),
        }
    }

    /// Adds some of what is missing, and notes of each what it is for; false if nothing is missing any more.
    pub fn step(&mut self) -> bool {
        if self.known < self.given {
            self.get_to_know();
            return true;
        }
        let Some(part) = self.parts.last().copied() else { return false };
        match part {
            Part::Namespaces => self.namespaces(),
            Part::Pods => self.pods(),
            Part::Classes => self.classes(),
            Part::Nodes => self.nodes(),
            Part::Services => self.services(),
            Part::NamedByPods => self.named_by_pods(),
            Part::Claims | Part::Volumes => {
                if self.one_by_one(part) {
                    return true;
                }
            }
        }
        self.work = None;
        self.parts.pop();
        true
    }

    /// Looks at some more of what was given: what it is called, and what it says is missing.
    fn get_to_know(&mut self) {
        let range = self.known..(self.known + KNOWN_AT_ONCE).min(self.given);
        self.known = range.end;
        for object in &self.objects[range] {
            self.there.insert((object.kind, object.meta.namespace.clone(), object.meta.name.clone()));
            hear_missing(object, &mut self.said_missing);
        }
    }

    /// The objects with those that were made up, and which these are.
    pub fn take(&mut self) -> (Vec<Object>, Vec<(Key, MadeUp)>) {
        (std::mem::take(&mut self.objects), std::mem::take(&mut self.made_up))
    }

    /// Goes on with a part that looks at objects one by one; false if it is done.
    fn one_by_one(&mut self, part: Part) -> bool {
        let kind = if part == Part::Claims { Kind::Pod } else { Kind::PersistentVolumeClaim };
        let mut work = match self.work.take() {
            Some(work) => work,
            None => {
                match part {
                    Part::Claims => self.templates = claim_templates(&self.objects),
                    _ => self.mounted = mounted_claims(&self.objects),
                }
                (0..self.objects.len()).rev().filter(|at| self.objects[*at].kind == kind).collect()
            }
        };
        for at in work.split_off(work.len().saturating_sub(AT_ONCE)).into_iter().rev() {
            let object = self.objects[at].clone();
            match part {
                Part::Claims => self.claims_of(&object),
                _ => self.volume_of(&object),
            }
        }
        let goes_on = !work.is_empty();
        self.work = Some(work);
        goes_on
    }
}

/// The templates of sets' claims, by namespace and the claim's name without the ordinal.
fn claim_templates(objects: &[Object]) -> BTreeMap<(Str, String), ClaimTemplate> {
    let mut all = BTreeMap::new();
    for set in objects.iter().filter(|object| object.kind == Kind::StatefulSet) {
        for template in set.stateful_set().spec.volume_claim_templates.iter() {
            let stem = [&*template.name, "-", &*set.meta.name].concat();
            all.entry((set.meta.namespace.clone(), stem)).or_insert_with(|| template.clone());
        }
    }
    all
}

/// The node of the first pod that mounts a claim, by namespace and claim.
fn mounted_claims(objects: &[Object]) -> BTreeMap<(Str, Str), Option<Str>> {
    let mut all = BTreeMap::new();
    for pod in objects.iter().filter(|object| object.kind == Kind::Pod) {
        for claim in pod.pod().spec.claims() {
            let node = || pod.pod().spec.node_name.clone();
            all.entry((pod.meta.namespace.clone(), claim.clone())).or_insert_with(node);
        }
    }
    all
}

/// What an event or a status says is missing, as it says it: `secret "db" not found`, without the last two words.
fn hear_missing(object: &Object, all: &mut BTreeSet<String>) {
    let mut hear = |message: &str| {
        for (end, _) in message.match_indices("\" not found") {
            let Some((what, name)) = message[..end].rsplit_once('"') else { continue };
            let Some(what) = what.strip_suffix(' ') else { continue };
            let word =
                what.rsplit(|c: char| !(c.is_ascii_alphanumeric() || c == '.')).next().unwrap_or_default();
            all.insert([word, " \"", name, "\""].concat());
        }
    };
    match object.kind {
        Kind::Event => hear(&object.event().message),
        Kind::Pod => {
            let status = &object.pod().status;
            status.conditions.iter().filter_map(|c| c.message.as_deref()).for_each(&mut hear);
            for status in status.init_container_statuses.iter().chain(&status.container_statuses) {
                if let ContainerState::Waiting { message: Some(message), .. } = &status.state {
                    hear(message);
                }
            }
        }
        _ => {}
    }
}

/// Says of an object that it was made up, and gives it a uid that is always the same.
pub fn mark(object: &mut Object) {
    let key = object.key();
    object.meta.set_annotation(MADE_UP, "true");
    object.meta.uid =
        crate::api::Uid::default().sibling(&[key.kind.name(), "/", &key.namespace, "/", &key.name].concat());
}

impl MakingUp {
    fn is_there(&self, kind: Kind, namespace: &str, name: &str) -> bool {
        self.there.contains(&(kind, namespace.into(), name.into()))
    }

    fn add(&mut self, mut object: Object, why: MadeUp) {
        let key = object.key();
        if !self.there.insert((key.kind, key.namespace.clone(), key.name.clone())) {
            return;
        }
        mark(&mut object);
        self.made_up.push((key, why));
        self.objects.push(object);
    }

    fn add_tree(&mut self, kind: Kind, tree: &Value, why: MadeUp) {
        self.add(Object::from_value(kind, tree), why);
    }

    fn of(&self, kind: Kind) -> Vec<Object> {
        self.objects.iter().filter(|object| object.kind == kind).cloned().collect()
    }

    fn namespaces(&mut self) {
        let names: BTreeSet<Str> = self.objects.iter().map(|object| object.meta.namespace.clone()).collect();
        for name in names.iter().filter(|name| !name.is_empty() && !FIRST_NAMESPACES.contains(&&***name)) {
            let tree = json!({"metadata": {"name": &**name, "labels": {"kubernetes.io/metadata.name": &**name}},
                "spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
            self.add_tree(Kind::Namespace, &tree, MadeUp::Namespace);
            let account = json!({"metadata": {"name": "default", "namespace": &**name}});
            self.add_tree(Kind::ServiceAccount, &account, MadeUp::Namespace);
        }
    }

    /// Pods as a set's status counts them, where no pods are there: the first are Ready, the highest updated.
    fn pods(&mut self) {
        for set in self.of(Kind::StatefulSet) {
            let sts = set.stateful_set();
            let status = &sts.status;
            let (Some(current), Some(update)) = (&status.current_revision, &status.update_revision) else {
                continue;
            };
            let first = sts.spec.ordinals_start;
            let count = status.replicas.min(sts.spec.replicas.max(status.replicas));
            for n in 0..count {
                let is_updated = n >= count - status.updated_replicas;
                let revision = if is_updated { update } else { current };
                let mut pod = new_pod(&set, &sts.spec.template, revision, first + n);
                pod.meta.creation_timestamp = set.meta.creation_timestamp;
                let is_available = n < status.available_replicas;
                let waited = if is_available { Span::seconds(sts.spec.min_ready_seconds) } else { Span(0) };
                make_run(&mut pod, n < status.ready_replicas, SimTime(0) - waited);
                debug_assert_eq!(*pod.meta.name, *pod_name(&set.meta.name, first + n));
                self.add(pod, MadeUp::PodOfSet);
            }
        }
    }

    /// The Services that sets name, headless and for their pods.
    fn services(&mut self) {
        for set in self.of(Kind::StatefulSet) {
            let spec = &set.stateful_set().spec;
            if spec.service_name.is_empty() {
                continue;
            }
            let mut tree = json!({"metadata": {"name": &*spec.service_name, "namespace": &*set.meta.namespace,
                    "creationTimestamp": set.meta.creation_timestamp.rfc3339()},
                "spec": {"clusterIP": "None", "clusterIPs": ["None"], "type": "ClusterIP", "sessionAffinity": "None",
                    "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster"}});
            for (label, value) in &spec.selector.match_labels {
                tree["spec"]["selector"][&**label] = (&**value).into();
            }
            self.add_tree(Kind::Service, &tree, MadeUp::ServiceOfSet);
        }
    }

    /// The claims that pods name: bound if the pod has a node.
    fn claims_of(&mut self, pod: &Object) {
        let is_placed = pod.pod().spec.node_name.is_some();
        let ordinal = pod.meta.name.rsplit_once('-').map_or("", |(_, ordinal)| ordinal);
        for claim in pod.pod().spec.claims() {
            let namespace = &pod.meta.namespace;
            let is_number = !ordinal.is_empty() && ordinal.bytes().all(|b| b.is_ascii_digit());
            let stem = if is_number { claim.strip_suffix(ordinal) } else { None };
            let stem = stem.and_then(|stem| stem.strip_suffix('-'));
            let template =
                stem.and_then(|stem| self.templates.get(&(namespace.clone(), stem.to_owned()))).cloned();
            let mut spec = template.as_ref().map_or_else(
                    || json!({"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}, "storageClassName": "made-up"}),
                    |template| (*template.spec.raw).clone(),
                );
            if spec["storageClassName"].is_null() {
                spec["storageClassName"] = "made-up".into();
            }
            let size = spec["resources"]["requests"]["storage"].clone();
            let modes = spec["accessModes"].clone();
            let mut status = json!({"phase": "Pending"});
            if is_placed {
                spec["volumeName"] = ["made-up-", claim].concat().into();
                status = json!({"phase": "Bound", "accessModes": modes, "capacity": {"storage": size}});
            }
            let labels = template.map(|template| template.labels.clone()).unwrap_or_default();
            let mut tree = json!({"metadata": {"name": &**claim, "namespace": &**namespace,
                    "creationTimestamp": pod.meta.creation_timestamp.rfc3339(),
                    "annotations": if is_placed { json!({"pv.kubernetes.io/bind-completed": "yes", "pv.kubernetes.io/bound-by-controller": "yes"}) } else { json!({}) },
                    "finalizers": ["kubernetes.io/pvc-protection"]},
                    "spec": spec, "status": status});
            for (label, value) in labels.iter() {
                tree["metadata"]["labels"][&**label] = (&**value).into();
            }
            self.add_tree(Kind::PersistentVolumeClaim, &tree, MadeUp::ClaimOfPod);
        }
    }

    /// The volume that a claim names. Those of local-path lie on the node of the pod.
    fn volume_of(&mut self, claim: &Object) {
        let spec = &claim.claim().spec;
        let Some(volume) = &spec.volume_name else { return };
        let provisioner = claim.meta.annotation(STORAGE_PROVISIONER).unwrap_or_default();
        let of_pod = self.mounted.get(&(claim.meta.namespace.clone(), claim.meta.name.clone()));
        let of_pod = of_pod.cloned().flatten();
        let node = claim.meta.annotation(SELECTED_NODE).map(Str::from).or(of_pod);
        let size = claim.claim().capacity.clone().unwrap_or_else(|| spec.request.clone());
        let mut tree = json!({
                "metadata": {"name": &**volume, "creationTimestamp": claim.meta.creation_timestamp.rfc3339(),
                    "annotations": {"pv.kubernetes.io/provisioned-by": provisioner}, "finalizers": [PV_PROTECTION_FINALIZER]},
                "spec": {"capacity": {"storage": &*size},
                    "accessModes": spec.access_modes.iter().map(|mode| &**mode).collect::<Vec<_>>(),
                    "claimRef": {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "namespace": &*claim.meta.namespace,
                        "name": &*claim.meta.name, "uid": claim.meta.uid.text()},
                    "persistentVolumeReclaimPolicy": "Delete", "volumeMode": &*spec.volume_mode,
                    "storageClassName": spec.storage_class_name.as_deref().unwrap_or_default()},
                "status": {"phase": "Bound"}});
        if let (LOCAL_PATH, Some(node)) = (provisioner, node) {
            tree["spec"]["nodeAffinity"] = json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [
                    {"key": "kubernetes.io/hostname", "operator": "In", "values": [&*node]}]}]}});
        }
        self.add_tree(Kind::PersistentVolume, &tree, MadeUp::VolumeOfClaim);
    }

    /// The classes that claims and sets name, unless somebody says that there is none.
    fn classes(&mut self) {
        let mut wanted: BTreeMap<Str, (Str, bool)> = BTreeMap::new();
        for claim in self.of(Kind::PersistentVolumeClaim) {
            let Some(class) = claim.claim().spec.storage_class_name.clone().filter(|class| !class.is_empty())
            else {
                continue;
            };
            let provisioner = claim.meta.annotation(STORAGE_PROVISIONER);
            let provisioner = provisioner.or(claim.meta.annotation(BETA_STORAGE_PROVISIONER));
            let is_immediate = claim.meta.annotation(SELECTED_NODE).is_none() && provisioner.is_some();
            let known = wanted.entry(class).or_insert_with(|| (UNKNOWN_PROVISIONER.into(), false));
            if let Some(provisioner) = provisioner {
                *known = (provisioner.into(), is_immediate);
            }
        }
        for set in self.of(Kind::StatefulSet) {
            for template in set.stateful_set().spec.volume_claim_templates.iter() {
                if let Some(class) =
                    template.spec.storage_class_name.clone().filter(|class| !class.is_empty())
                {
                    wanted.entry(class).or_insert_with(|| (UNKNOWN_PROVISIONER.into(), false));
                }
            }
        }
        for (name, (provisioner, is_immediate)) in wanted {
            if self.is_said_to_be_missing("storageclass.storage.k8s.io", &name) {
                continue;
            }
            let mode = if is_immediate { "Immediate" } else { "WaitForFirstConsumer" };
            let tree = json!({"metadata": {"name": &*name, "creationTimestamp": SimTime(0).rfc3339()},
                "provisioner": &*provisioner, "reclaimPolicy": "Delete", "volumeBindingMode": mode});
            self.add_tree(Kind::StorageClass, &tree, MadeUp::ClassOfClaim);
        }
    }

    /// Whether somebody says `secret "db" not found`.
    fn is_said_to_be_missing(&self, what: &str, name: &str) -> bool {
        self.said_missing.contains(&[what, " \"", name, "\""].concat())
    }

    /// What nodes have too little of, as far as the scheduler has said so of a pod.
    fn scarce(&self) -> Scarce {
        let mut scarce = Scarce::default();
        for pod in self.objects.iter().filter(|object| object.kind == Kind::Pod) {
            let scheduled = pod.pod().condition(condition::SCHEDULED);
            let refused = scheduled.filter(|scheduled| scheduled.status == Some(false));
            let Some(said) = refused.and_then(|scheduled| scheduled.message.as_deref()) else { continue };
            scarce.cpu |= said.contains(INSUFFICIENT[0]);
            scarce.memory |= said.contains(INSUFFICIENT[1]);
            // Whatever else it was, the nodes of which nothing is known do not take it.
            let is_of_nodes = said.contains("nodes are available")
                && !said.contains("persistentvolumeclaim")
                && !said.contains("PersistentVolumeClaims");
            scarce.closed |= is_of_nodes && !INSUFFICIENT.iter().any(|what| said.contains(what));
            scarce.pods |= scarce.closed || said.contains(INSUFFICIENT[2]);
        }
        scarce
    }

    /// The nodes that pods and volumes name, each with room for more, unless the scheduler found none; not Ready if its pods show that nobody looks after them.
    fn nodes(&mut self) {
        let pods = self.of(Kind::Pod);
        let mut wanted: BTreeMap<Str, Vec<&Object>> = BTreeMap::new();
        for pod in &pods {
            if let Some(node) = &pod.pod().spec.node_name {
                wanted.entry(node.clone()).or_default().push(pod);
            }
        }
        for volume in self.of(Kind::PersistentVolume) {
            if let Some(node) = &volume.volume().node {
                wanted.entry(node.clone()).or_default();
            }
        }
        if wanted.is_empty() {
            wanted.insert("made-up-node".into(), Vec::new());
        }
        let scarce = self.scarce();
        for (number, (name, pods)) in wanted.into_iter().enumerate() {
            let born = pods.iter().map(|pod| pod.meta.creation_timestamp).min().unwrap_or_default();
            let host = pods.iter().find_map(|pod| pod.pod().status.host_ip.clone());
            let worker = NodeOptions {
                cpus: 64,
                memory_kib: 256 << 20,
                pods: 250,
                ..NodeOptions::worker(&name, "", number)
            };
            let worker = NodeOptions { internal_ip: host.unwrap_or(worker.internal_ip.clone()), ..worker };
            let mut tree = node_tree(&worker, born);
            tree["metadata"]["labels"][ROLE] = "".into();
            let full = scarce.full(&pods);
            for (resource, amount) in full.iter().filter(|_| scarce.closed || !pods.is_empty()) {
                tree["status"]["capacity"][*resource] = amount.as_str().into();
                tree["status"]["allocatable"][*resource] = amount.as_str().into();
            }
            tree["metadata"]["creationTimestamp"] = born.rfc3339().into();
            let overdue = pods.iter().find_map(|pod| overdue_since(pod));
            if let Some(since) = overdue {
                for condition in tree["status"]["conditions"].as_array_mut().into_iter().flatten() {
                    condition["status"] = "Unknown".into();
                    condition["reason"] = "NodeStatusUnknown".into();
                    condition["message"] = "Kubelet stopped posting node status.".into();
                    condition["lastTransitionTime"] = since.rfc3339().into();
                }
            }
            self.add_tree(Kind::Node, &tree, MadeUp::NodeOfPod);
        }
    }

    /// Secrets, ConfigMaps and service accounts that pods and templates name, with the keys that they ask for, blank.
    fn named_by_pods(&mut self) {
        let mut wanted: BTreeMap<(Kind, Str, Str), BTreeSet<Str>> = BTreeMap::new();
        for object in self.objects.iter() {
            let spec = match object.kind {
                Kind::Pod => &object.pod().spec,
                Kind::StatefulSet => &object.stateful_set().spec.template.spec,
                Kind::Deployment => &object.deployment().spec.template.spec,
                Kind::ReplicaSet => &object.replica_set().spec.template.spec,
                _ => continue,
            };
            let mut want = |kind: Kind, name: &str, key: Option<&str>| {
                let keys = wanted.entry((kind, object.meta.namespace.clone(), name.into())).or_default();
                keys.extend(key.map(Str::from));
            };
            references(spec, &mut want);
        }
        for ((kind, namespace, name), keys) in wanted {
            let what = kind.info().singular();
            if self.is_there(kind, &namespace, &name) || self.is_said_to_be_missing(&what, &name) {
                continue;
            }
            let mut tree = json!({"metadata": {"name": &*name, "namespace": &*namespace}});
            if kind != Kind::ServiceAccount {
                let data: BTreeMap<&str, &str> = keys.iter().map(|key| (&**key, "")).collect();
                tree["data"] = json!(data);
            }
            // Every namespace has accounts of which nobody thinks.
            let why = if kind == Kind::ServiceAccount { MadeUp::Namespace } else { MadeUp::NamedByPod };
            self.add_tree(kind, &tree, why);
        }
    }
}

/// What the scheduler says of nodes that have no room: `pkg/scheduler/framework/plugins/noderesources/fit.go`.
pub const INSUFFICIENT: [&str; 3] = ["Insufficient cpu", "Insufficient memory", "Too many pods"];

/// What nodes have too little of.
#[derive(Clone, Copy, Default)]
struct Scarce {
    cpu: bool,
    memory: bool,
    pods: bool,
    /// No node takes another pod, not even one that has none.
    closed: bool,
}

impl Scarce {
    /// What a node has with these pods and nothing to spare, of what is scarce.
    fn full(self, pods: &[&Object]) -> Vec<(&'static str, String)> {
        let running = || pods.iter().filter(|pod| !pod.pod().is_terminal());
        let cpu: i64 = running().map(|pod| pod.pod().spec.cpu_request_millis()).sum();
        let memory: i64 = running().map(|pod| pod.pod().spec.memory_request_bytes()).sum();
        let all = [
            (self.cpu, "cpu", cpu.to_string() + "m"),
            (self.memory, "memory", memory.to_string()),
            (self.pods, "pods", running().count().to_string()),
        ];
        all.into_iter().filter(|(is_scarce, ..)| *is_scarce).map(|(_, name, amount)| (name, amount)).collect()
    }
}

/// The objects that a pod of this spec needs.
fn references(spec: &PodSpec, want: &mut dyn FnMut(Kind, &str, Option<&str>)) {
    want(Kind::ServiceAccount, &spec.service_account_name, None);
    for container in spec.all_containers() {
        for variable in &container.env {
            match &variable.value {
                EnvValue::ConfigMap { name, key } => want(Kind::ConfigMap, name, Some(key)),
                EnvValue::Secret { name, key } => want(Kind::Secret, name, Some(key)),
                _ => {}
            }
        }
        for from in get(&container.raw, "envFrom").as_array().into_iter().flatten() {
            for (field, kind) in [("configMapRef", Kind::ConfigMap), ("secretRef", Kind::Secret)] {
                if let Some(name) = from[field]["name"].as_str() {
                    want(kind, name, None);
                }
            }
        }
    }
    for volume in spec.volumes.iter() {
        let (kind, name, field) = match &volume.source {
            VolumeSource::ConfigMap(name) => (Kind::ConfigMap, name, "configMap"),
            VolumeSource::Secret(name) => (Kind::Secret, name, "secret"),
            _ => continue,
        };
        want(kind, name, None);
        for item in get(&volume.raw, field)["items"].as_array().into_iter().flatten() {
            want(kind, name, item["key"].as_str());
        }
    }
}

/// Lets a made-up pod run since this moment on the one made-up node.
fn make_run(pod: &mut Object, is_ready: bool, since: SimTime) {
    let body = pod.pod_mut();
    let mut spec = (*body.spec).clone();
    spec.node_name = Some("made-up-node".into());
    body.spec = std::rc::Rc::new(spec);
    let holds = [
        (condition::READY_TO_START_CONTAINERS, true),
        (condition::INITIALIZED, true),
        (condition::READY, is_ready),
        (condition::CONTAINERS_READY, is_ready),
        (condition::SCHEDULED, true),
    ];
    for (kind, holds) in holds {
        let reason = (!holds).then_some("ContainersNotReady");
        body.set_condition(kind, Some(holds), reason, None, since);
    }
    body.status.phase = PodPhase::Running;
    body.status.start_time = Some(since);
    let status = |container: &crate::api::pod::Container, ready: bool, state: ContainerState| {
        crate::api::pod::ContainerStatus {
            name: container.name.clone(),
            state,
            last_state: None,
            ready,
            restart_count: 0,
            image: with_tag(&container.image).into(),
            image_id: Str::default(),
            container_id: ["containerd://made-up-", &container.name].concat().into(),
            started: Some(true),
        }
    };
    let ended = crate::api::pod::Terminated {
        exit_code: 0,
        reason: "Completed".into(),
        message: None,
        started_at: Some(since),
        finished_at: Some(since),
        container_id: Str::default(),
    };
    body.status.init_container_statuses = body
        .spec
        .init_containers
        .iter()
        .map(|c| status(c, true, ContainerState::Terminated(ended.clone())))
        .collect();
    body.status.container_statuses = body
        .spec
        .containers
        .iter()
        .map(|c| status(c, is_ready, ContainerState::Running { started_at: since }))
        .collect();
}
