//! PersistentVolumeClaim, PersistentVolume and StorageClass. Models `k8s.io/api/core/v1` and `k8s.io/api/storage/v1`.

use super::meta::Condition;
use super::read::{self, Writer, get, list, opt_str, strings};
use super::{LabelSelector, Str, Uid};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The annotation in which the scheduler tells the provisioner the node it wants the volume on.
pub const SELECTED_NODE: &str = "volume.kubernetes.io/selected-node";
/// Set on a claim when binding is complete.
pub const BIND_COMPLETED: &str = "pv.kubernetes.io/bind-completed";
/// Set on a claim or volume that the controller (not the user) bound.
pub const BOUND_BY_CONTROLLER: &str = "pv.kubernetes.io/bound-by-controller";
/// On a volume: who made it.
pub const PROVISIONED_BY: &str = "pv.kubernetes.io/provisioned-by";
/// On a claim: who is to make its volume.
pub const STORAGE_PROVISIONER: &str = "volume.kubernetes.io/storage-provisioner";
/// The older name of [`STORAGE_PROVISIONER`], still set beside it.
pub const BETA_STORAGE_PROVISIONER: &str = "volume.beta.kubernetes.io/storage-provisioner";
/// On a class: claims that name none get this one.
pub const DEFAULT_CLASS: &str = "storageclass.kubernetes.io/is-default-class";

/// A PersistentVolumeClaim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersistentVolumeClaim {
    /// What is wanted.
    pub spec: Rc<ClaimSpec>,
    /// Whether a volume is bound.
    pub phase: ClaimPhase,
    /// The volume's access modes, once bound.
    pub access_modes: Rc<[Str]>,
    /// The volume's size, once bound, as written.
    pub capacity: Option<Str>,
    /// Conditions, such as of resizing.
    pub conditions: Rc<[Condition]>,
}

/// A claim's `spec`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimSpec {
    /// How the volume may be mounted.
    pub access_modes: Rc<[Str]>,
    /// The class; `None` means: the default class, given by the API server.
    pub storage_class_name: Option<Str>,
    /// The volume, once chosen.
    pub volume_name: Option<Str>,
    /// The size wanted, as written.
    pub request: Str,
    /// Labels that the volume must have.
    pub selector: Option<Rc<LabelSelector>>,
    /// `Filesystem` or `Block`.
    pub volume_mode: Str,
    /// The whole spec as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// Whether a claim has its volume.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ClaimPhase {
    /// Not yet.
    Pending,
    Bound,
    /// Its volume is gone.
    Lost,
}

impl ClaimPhase {
    /// As the API spells it.
    pub fn name(self) -> &'static str {
        match self {
            ClaimPhase::Pending => "Pending",
            ClaimPhase::Bound => "Bound",
            ClaimPhase::Lost => "Lost",
        }
    }
}

impl ClaimSpec {
    /// Reads a claim's spec, or a claim template's.
    pub fn from_value(v: &Value) -> ClaimSpec {
        let selector = get(v, "selector");
        ClaimSpec {
            access_modes: strings(v, "accessModes").into(),
            storage_class_name: get(v, "storageClassName").as_str().map(Str::from),
            volume_name: opt_str(v, "volumeName"),
            request: read::str(get(get(v, "resources"), "requests"), "storage"),
            selector: selector.is_object().then(|| Rc::new(LabelSelector::from_value(selector))),
            volume_mode: opt_str(v, "volumeMode").unwrap_or_else(|| "Filesystem".into()),
            raw: Rc::new(v.clone()),
        }
    }

    /// Writes the spec: `raw` with what is set after creation.
    pub fn to_value(&self) -> Value {
        let mut v = (*self.raw).clone();
        if let Some(o) = v.as_object_mut() {
            for (field, value) in
                [("volumeName", &self.volume_name), ("storageClassName", &self.storage_class_name)]
            {
                if let Some(value) = value {
                    o.insert(field.into(), Value::String(value.to_string()));
                }
            }
        }
        v
    }
}

impl PersistentVolumeClaim {
    /// A claim of this spec as the API server stores it at creation.
    pub fn new(spec: Rc<ClaimSpec>) -> PersistentVolumeClaim {
        PersistentVolumeClaim {
            spec,
            phase: ClaimPhase::Pending,
            access_modes: Rc::default(),
            capacity: None,
            conditions: Rc::default(),
        }
    }

    /// Reads a claim.
    pub fn from_value(v: &Value) -> PersistentVolumeClaim {
        let status = get(v, "status");
        PersistentVolumeClaim {
            spec: Rc::new(ClaimSpec::from_value(get(v, "spec"))),
            phase: match get(status, "phase").as_str() {
                Some("Bound") => ClaimPhase::Bound,
                Some("Lost") => ClaimPhase::Lost,
                _ => ClaimPhase::Pending,
            },
            access_modes: strings(status, "accessModes").into(),
            capacity: opt_str(get(status, "capacity"), "storage"),
            conditions: list(status, "conditions").iter().map(Condition::from_value).collect(),
        }
    }

    /// Writes the status.
    pub fn status_value(&self) -> Value {
        let capacity = Writer::new().text("storage", self.capacity.as_deref()).done();
        let conditions: Vec<Value> = self.conditions.iter().map(|c| c.writer().done()).collect();
        Writer::new()
            .put("phase", self.phase.name())
            .some("accessModes", read::strings_value(&self.access_modes))
            .some("capacity", capacity)
            .some("conditions", conditions)
            .done()
    }
}

/// A PersistentVolume.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PersistentVolume {
    /// Its size, as written.
    pub capacity: Str,
    /// How it may be mounted.
    pub access_modes: Rc<[Str]>,
    /// The claim it belongs to.
    pub claim_ref: Option<ClaimRef>,
    /// What becomes of it when its claim goes.
    pub reclaim_policy: ReclaimPolicy,
    pub storage_class_name: Str,
    /// The node it lies on, if it is local to one (`nodeAffinity` on the host name).
    pub node: Option<Str>,
    /// The state.
    pub phase: VolumePhase,
    /// Since when it has been in this phase.
    pub last_phase_transition_time: Option<super::SimTime>,
    /// What went wrong.
    pub message: Option<Str>,
    /// The whole spec as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// The claim a volume belongs to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClaimRef {
    /// The claim's namespace.
    pub namespace: Str,
    /// The claim's name.
    pub name: Str,
    /// The claim's uid; none while the volume is only meant for a claim of that name.
    pub uid: Option<Uid>,
}

/// What becomes of a volume when its claim goes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ReclaimPolicy {
    /// It stays, with its data, as Released.
    Retain,
    /// It goes too.
    Delete,
}

impl ReclaimPolicy {
    /// As the API spells it.
    pub fn name(self) -> &'static str {
        match self {
            ReclaimPolicy::Retain => "Retain",
            ReclaimPolicy::Delete => "Delete",
        }
    }
}

/// A volume's state.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum VolumePhase {
    /// Just made.
    Pending,
    /// Free for a claim.
    Available,
    /// Bound to a claim.
    Bound,
    /// Its claim is gone.
    Released,
    /// It could not be reclaimed.
    Failed,
}

impl VolumePhase {
    /// As the API spells it.
    pub fn name(self) -> &'static str {
        match self {
            VolumePhase::Pending => "Pending",
            VolumePhase::Available => "Available",
            VolumePhase::Bound => "Bound",
            VolumePhase::Released => "Released",
            VolumePhase::Failed => "Failed",
        }
    }
}

impl PersistentVolume {
    /// Reads a volume.
    pub fn from_value(v: &Value) -> PersistentVolume {
        let (spec, status) = (get(v, "spec"), get(v, "status"));
        let claim = get(spec, "claimRef");
        let terms = list(get(get(spec, "nodeAffinity"), "required"), "nodeSelectorTerms");
        let expressions = terms.iter().flat_map(|t| list(t, "matchExpressions"));
        let node = expressions
            .filter(|e| get(e, "key") == "kubernetes.io/hostname")
            .find_map(|e| list(e, "values").first().and_then(Value::as_str).map(Str::from));
        PersistentVolume {
            capacity: read::str(get(spec, "capacity"), "storage"),
            access_modes: strings(spec, "accessModes").into(),
            claim_ref: claim.is_object().then(|| ClaimRef {
                namespace: read::str(claim, "namespace"),
                name: read::str(claim, "name"),
                uid: opt_str(claim, "uid").and_then(|u| Uid::parse(&u)),
            }),
            reclaim_policy: match get(spec, "persistentVolumeReclaimPolicy").as_str() {
                Some("Delete") => ReclaimPolicy::Delete,
                _ => ReclaimPolicy::Retain,
            },
            storage_class_name: read::str(spec, "storageClassName"),
            node,
            phase: match get(status, "phase").as_str() {
                Some("Available") => VolumePhase::Available,
                Some("Bound") => VolumePhase::Bound,
                Some("Released") => VolumePhase::Released,
                Some("Failed") => VolumePhase::Failed,
                _ => VolumePhase::Pending,
            },
            last_phase_transition_time: read::time(status, "lastPhaseTransitionTime"),
            message: opt_str(status, "message"),
            raw: Rc::new(spec.clone()),
        }
    }

    /// Writes the spec: `raw` with what is set after creation.
    pub fn spec_value(&self) -> Value {
        let mut v = (*self.raw).clone();
        let Some(o) = v.as_object_mut() else { return v };
        let Some(claim) = &self.claim_ref else {
            o.remove("claimRef");
            return v;
        };
        let old = o.get("claimRef").and_then(Value::as_object).cloned().unwrap_or_default();
        let mut reference = old;
        for (field, text) in [
            ("apiVersion", "v1".to_string()),
            ("kind", "PersistentVolumeClaim".to_string()),
            ("namespace", claim.namespace.to_string()),
            ("name", claim.name.to_string()),
            ("uid", claim.uid.map(|u| u.to_string()).unwrap_or_default()),
        ] {
            if text.is_empty() {
                reference.remove(field);
            } else {
                reference.insert(field.into(), Value::String(text));
            }
        }
        o.insert("claimRef".into(), Value::Object(reference));
        v
    }

    /// Writes the status.
    pub fn status_value(&self) -> Value {
        Writer::new()
            .put("phase", self.phase.name())
            .text("message", self.message.as_deref())
            .time("lastPhaseTransitionTime", self.last_phase_transition_time)
            .done()
    }

    /// Whether this is the claim it belongs to.
    pub fn is_bound_to(&self, namespace: &str, name: &str, uid: Uid) -> bool {
        let Some(claim) = &self.claim_ref else { return false };
        &*claim.namespace == namespace && &*claim.name == name && claim.uid.is_none_or(|u| u == uid)
    }
}

/// A StorageClass.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StorageClass {
    /// Who makes its volumes.
    pub provisioner: Str,
    /// What becomes of its volumes when their claims go.
    pub reclaim_policy: ReclaimPolicy,
    /// Whether a volume is only made once a pod needs it (`WaitForFirstConsumer`).
    pub wait_for_first_consumer: bool,
    /// Whether claims may grow.
    pub allow_volume_expansion: bool,
    /// The whole object without its metadata, as decoded and defaulted.
    pub raw: Rc<Value>,
}

impl StorageClass {
    /// Reads a class.
    pub fn from_value(v: &Value) -> StorageClass {
        StorageClass {
            provisioner: read::str(v, "provisioner"),
            reclaim_policy: match get(v, "reclaimPolicy").as_str() {
                Some("Retain") => ReclaimPolicy::Retain,
                _ => ReclaimPolicy::Delete,
            },
            wait_for_first_consumer: get(v, "volumeBindingMode") == "WaitForFirstConsumer",
            allow_volume_expansion: read::bool(v, "allowVolumeExpansion"),
            raw: Rc::new(super::read::without_meta(v)),
        }
    }
}

/// Files by path. Contents are shared between versions.
pub type Files = Rc<BTreeMap<Str, Str>>;

/// The files on a volume: this simulator's own object, kept in the store so that the history covers them. Paths are
/// absolute inside the volume (`/dump.log`). A path that ends in `/` is an empty directory.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct VolumeFiles {
    pub files: Files,
}

/// What a pod's containers wrote: this simulator's own object, kept in the store so that the history covers it.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ContainerFiles {
    /// By container: its log and its own files.
    pub containers: Rc<BTreeMap<Str, Rc<ContainerOutput>>>,
    /// What is on the pod's own volumes (`emptyDir` and the like), by volume: gone with the pod.
    pub volumes: Rc<BTreeMap<Str, Files>>,
    /// Permissions that a command has changed, by tree and path.
    pub modes: Rc<BTreeMap<Str, u32>>,
    /// Symbolic links by container: where they lead, by path.
    pub links: Rc<BTreeMap<Str, Rc<BTreeMap<Str, Str>>>>,
}

/// What one container wrote.
#[derive(Clone, PartialEq, Eq, Hash, Debug, Default)]
pub struct ContainerOutput {
    /// The log of the running (or last) container: each line with its time.
    pub log: Rc<Vec<(super::SimTime, Str)>>,
    /// The log of the container before it (`kubectl logs --previous`).
    pub previous_log: Rc<Vec<(super::SimTime, Str)>>,
    /// Its own files, which die with it; absolute paths in the container.
    pub files: Files,
    /// Whether its program is a script that serves nobody: its ports are closed.
    pub is_idle: bool,
    /// What its scripts, hooks and probes asked for since the pod was made that is not simulated: commands, each once, the first
    /// ones only.
    pub not_simulated: Rc<Vec<Str>>,
}
