//! `metadata`, as every object has it. Models `k8s.io/apimachinery/pkg/apis/meta/v1/types.go`.

use super::read::{self, Writer, get, opt_int, opt_str};
use super::{Kind, Map, SimTime, Str};
use crate::base::hash::push_hex;
use crate::base::rng::Rng;
use crate::base::shared_map::Sought;
use crate::base::text::common;
use serde_json::Value;
use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

/// The annotation in which kubectl keeps what was applied last: `corev1.LastAppliedConfigAnnotation`.
pub const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
/// The annotation in which claims and volumes named their class before they had a field for it: `corev1.BetaStorageClassAnnotation`.
pub const STORAGE_CLASS: &str = "volume.beta.kubernetes.io/storage-class";
/// The annotation of what an opened state lacked and was made up, where kubectl prints REASON of volumes, too.
pub const MADE_UP: &str = "opened/made-up";
/// On a pod of an opened state: its controller, which is not in the state (`kind/name`).
pub const OWNER_ABSENT: &str = "opened/owner";

/// What identifies one object for ever, even after another of the same name has come.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub struct Uid {
    /// The first half of its digits.
    pub high: u64,
    /// The second half.
    pub low: u64,
}

impl fmt::Display for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text())
    }
}

impl fmt::Debug for Uid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Uid {
    /// A uid of version 4 (RFC 9562), as `k8s.io/apimachinery/pkg/util/uuid` draws it.
    pub fn random(rng: &mut Rng) -> Uid {
        let (high, low) = (rng.next_u64(), rng.next_u64());
        let (version, variant) = (0x4 << 12, 0x8 << 60);
        Uid { high: high & !(0xF << 12) | version, low: low & !(0xC << 60) | variant }
    }

    /// Letters and digits for the name of an object's part, always the same of one uid, where Kubernetes draws them.
    pub fn name_suffix(self, length: usize) -> Str {
        Rng::new(self.high ^ self.low).suffix(length).into()
    }

    /// The uid of something that was made up beside what has this one: always the same for the same name.
    pub fn sibling(self, name: &str) -> Uid {
        let seed = crate::base::hash::name_hash(self.high ^ self.low, &[name]);
        Uid::random(&mut Rng::new(seed))
    }

    /// As it is printed: `01234567-89ab-4cde-8f01-23456789abcd`.
    pub fn text(self) -> String {
        let mut hex = String::with_capacity(32);
        push_hex(&mut hex, self.high);
        push_hex(&mut hex, self.low);
        [&hex[..8], "-", &hex[8..12], "-", &hex[12..16], "-", &hex[16..20], "-", &hex[20..]].concat()
    }

    /// The uid that prints as this text.
    pub fn parse(text: &str) -> Option<Uid> {
        let hex: String = text.chars().filter(|c| *c != '-').collect();
        let (high, low) = hex.split_at_checked(16)?;
        if low.len() != 16 {
            return None;
        }
        let half = |digits| u64::from_str_radix(digits, 16).ok();
        Some(Uid { high: half(high)?, low: half(low)? })
    }
}

/// What names an object now: kind, namespace (empty for cluster-scoped kinds) and name.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Key {
    pub kind: Kind,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: Str,
    pub name: Str,
}

impl Key {
    /// The key of this object.
    pub fn new(kind: Kind, namespace: &str, name: &str) -> Key {
        Key { kind, namespace: common(namespace), name: name.into() }
    }

    /// The key of this cluster-scoped object.
    pub fn cluster(kind: Kind, name: &str) -> Key {
        Key::new(kind, "", name)
    }

    /// The key of another object in the same namespace.
    pub fn beside(&self, kind: Kind, name: &str) -> Key {
        Key { kind, namespace: self.namespace.clone(), name: name.into() }
    }
}

impl Ord for Key {
    /// By kind, namespace, name. Keys mostly share their namespaces' texts.
    fn cmp(&self, other: &Key) -> Ordering {
        let namespaces = || {
            if Rc::ptr_eq(&self.namespace, &other.namespace) {
                Ordering::Equal
            } else {
                self.namespace.cmp(&other.namespace)
            }
        };
        self.kind.cmp(&other.kind).then_with(namespaces).then_with(|| self.name.cmp(&other.name))
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Key) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Sought for Key {}

impl fmt::Display for Key {
    /// `statefulset/flask`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.info().singular(), self.name)
    }
}

/// A condition of an object's status.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Condition {
    /// Its type, such as `Ready`.
    pub kind: Str,
    /// Whether it holds; `None` is `Unknown`.
    pub status: Option<bool>,
    /// Why, in one word.
    pub reason: Option<Str>,
    /// Why, for people.
    pub message: Option<Str>,
    /// When `status` last changed, cut to whole seconds.
    pub last_transition_time: SimTime,
}

impl Condition {
    /// `True`, `False` or `Unknown`.
    pub fn status_name(&self) -> &'static str {
        match self.status {
            Some(true) => "True",
            Some(false) => "False",
            None => "Unknown",
        }
    }

    /// Reads a condition.
    pub fn from_value(v: &Value) -> Condition {
        Condition {
            kind: read::str(v, "type"),
            status: match get(v, "status").as_str() {
                Some("True") => Some(true),
                Some("False") => Some(false),
                _ => None,
            },
            reason: opt_str(v, "reason"),
            message: opt_str(v, "message"),
            last_transition_time: read::time(v, "lastTransitionTime").unwrap_or_default(),
        }
    }

    /// Starts writing a condition; a kind adds its own fields.
    pub fn writer(&self) -> Writer {
        Writer::new()
            .put("type", &*self.kind)
            .put("status", self.status_name())
            .time("lastTransitionTime", Some(self.last_transition_time))
            .text("reason", self.reason.as_deref())
            .text("message", self.message.as_deref())
    }
}

/// The owner of an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OwnerReference {
    /// The owner's apiVersion, such as `apps/v1`.
    pub api_version: Str,
    /// The owner's kind, such as `StatefulSet`.
    pub kind: Str,
    /// The owner's name.
    pub name: Str,
    /// The owner's uid: an owner of the same name with another uid is another owner.
    pub uid: Uid,
    /// Whether this owner is the managing controller.
    pub controller: bool,
    /// Whether the owner cannot go, in foreground deletion, before this object.
    pub block_owner_deletion: bool,
}

impl OwnerReference {
    fn from_value(v: &Value) -> OwnerReference {
        OwnerReference {
            api_version: read::str(v, "apiVersion"),
            kind: read::str(v, "kind"),
            name: read::str(v, "name"),
            uid: Uid::parse(&read::str(v, "uid")).unwrap_or_default(),
            controller: read::bool(v, "controller"),
            block_owner_deletion: read::bool(v, "blockOwnerDeletion"),
        }
    }

    fn to_value(&self) -> Value {
        Writer::new()
            .put("apiVersion", &*self.api_version)
            .put("kind", &*self.kind)
            .put("name", &*self.name)
            .put("uid", self.uid.to_string())
            .some("controller", self.controller)
            .some("blockOwnerDeletion", self.block_owner_deletion)
            .done()
    }
}

/// Holds back a claim's deletion while a pod uses it.
pub const PVC_PROTECTION_FINALIZER: &str = "kubernetes.io/pvc-protection";
/// Holds back a volume's deletion while a claim is bound to it.
pub const PV_PROTECTION_FINALIZER: &str = "kubernetes.io/pv-protection";
/// Holds back an object until its dependents are gone (`--cascade=foreground`).
pub const FOREGROUND_FINALIZER: &str = "foregroundDeletion";
/// Holds back an object until its dependents have been released (`--cascade=orphan`).
pub const ORPHAN_FINALIZER: &str = "orphan";

/// `metadata`.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ObjectMeta {
    /// Its name; empty before the API server made one from `generate_name`.
    pub name: Str,
    /// The prefix from which the API server made the name.
    pub generate_name: Option<Str>,
    /// Its namespace; empty for cluster-scoped kinds.
    pub namespace: Str,
    /// Set at creation.
    pub uid: Uid,
    /// The write that made this version of the object.
    pub resource_version: u64,
    /// Counts changes of the desired state.
    pub generation: i64,
    /// Cut to whole seconds.
    pub creation_timestamp: SimTime,
    /// When the object is to be gone; for a pod: when its grace period ends. Set once, at the request.
    pub deletion_timestamp: Option<SimTime>,
    /// The grace period that the deletion was given, in seconds.
    pub deletion_grace_period_seconds: Option<i64>,
    pub labels: Map,
    pub annotations: Map,
    pub owner_references: Rc<[OwnerReference]>,
    /// What must be taken away before the object can go.
    pub finalizers: Rc<[Str]>,
    /// What users' requests left in `managedFields`; what components manage is not in it (`patch::field_managers`).
    pub managed_fields: Option<Rc<Value>>,
    /// When this version was written.
    pub written: SimTime,
}

impl Default for ObjectMeta {
    /// Nothing; all that are new share it.
    fn default() -> ObjectMeta {
        thread_local! {
            static NOTHING: ObjectMeta = ObjectMeta {
                name: Str::default(),
                generate_name: None,
                namespace: Str::default(),
                uid: Uid::default(),
                resource_version: 0,
                generation: 0,
                creation_timestamp: SimTime::default(),
                deletion_timestamp: None,
                deletion_grace_period_seconds: None,
                labels: Map::default(),
                annotations: Map::default(),
                owner_references: Rc::default(),
                finalizers: Rc::default(),
                managed_fields: None,
                written: SimTime::default(),
            };
        }
        NOTHING.with(ObjectMeta::clone)
    }
}

impl ObjectMeta {
    /// The metadata of a new object.
    pub fn named(namespace: &str, name: &str) -> ObjectMeta {
        ObjectMeta { name: name.into(), namespace: common(namespace), ..ObjectMeta::default() }
    }

    /// Whether someone asked for its deletion.
    pub fn is_terminating(&self) -> bool {
        self.deletion_timestamp.is_some()
    }

    /// The controller that manages it (`metav1.GetControllerOf`).
    pub fn controller(&self) -> Option<&OwnerReference> {
        self.owner_references.iter().find(|o| o.controller)
    }

    /// Whether this is the controller that manages it.
    pub fn is_controlled_by(&self, owner: Uid) -> bool {
        self.controller().is_some_and(|o| o.uid == owner)
    }

    /// A label's value.
    pub fn label(&self, name: &str) -> Option<&str> {
        self.labels.get(name).map(|v| &**v)
    }

    /// An annotation's value.
    pub fn annotation(&self, name: &str) -> Option<&str> {
        self.annotations.get(name).map(|v| &**v)
    }

    /// Whether it was made up, as an opened state lacked it.
    pub fn is_made_up(&self) -> bool {
        !self.annotations.is_empty() && self.annotations.contains_key(MADE_UP)
    }

    pub fn set_label(&mut self, name: &str, value: &str) {
        Rc::make_mut(&mut self.labels).insert(common(name), common(value));
    }

    pub fn set_annotation(&mut self, name: &str, value: &str) {
        Rc::make_mut(&mut self.annotations).insert(name.into(), value.into());
    }

    /// Whether this finalizer holds it back.
    pub fn has_finalizer(&self, finalizer: &str) -> bool {
        self.finalizers.iter().any(|f| &**f == finalizer)
    }

    /// Adds a finalizer, once.
    pub fn add_finalizer(&mut self, finalizer: &str) {
        if !self.has_finalizer(finalizer) {
            self.finalizers = self.finalizers.iter().cloned().chain([Str::from(finalizer)]).collect();
        }
    }

    /// Takes a finalizer away.
    pub fn remove_finalizer(&mut self, finalizer: &str) {
        self.finalizers = self.finalizers.iter().filter(|f| &***f != finalizer).cloned().collect();
    }

    /// Reads `metadata`.
    pub fn from_value(v: &Value) -> ObjectMeta {
        let number = |field| get(v, field).as_str().and_then(|s| s.parse().ok()).unwrap_or(0);
        ObjectMeta {
            name: read::str(v, "name"),
            generate_name: opt_str(v, "generateName"),
            namespace: read::str(v, "namespace"),
            uid: opt_str(v, "uid").and_then(|u| Uid::parse(&u)).unwrap_or_default(),
            resource_version: number("resourceVersion"),
            generation: read::int(v, "generation"),
            creation_timestamp: read::time(v, "creationTimestamp").unwrap_or_default(),
            deletion_timestamp: read::time(v, "deletionTimestamp"),
            deletion_grace_period_seconds: opt_int(v, "deletionGracePeriodSeconds"),
            labels: read::map(v, "labels"),
            annotations: read::map(v, "annotations"),
            owner_references: read::list(v, "ownerReferences")
                .iter()
                .map(OwnerReference::from_value)
                .collect(),
            finalizers: read::strings(v, "finalizers").into(),
            managed_fields: None,
            written: SimTime::default(),
        }
    }

    /// Writes `metadata` as the API server gives it out.
    pub fn to_value(&self) -> Value {
        let rv = if self.resource_version == 0 { String::new() } else { self.resource_version.to_string() };
        let uid = if self.uid == Uid::default() { String::new() } else { self.uid.to_string() };
        let created = (!uid.is_empty()).then_some(self.creation_timestamp);
        let mut w = Writer::new()
            .map("annotations", &self.annotations)
            .time("creationTimestamp", created)
            .time("deletionTimestamp", self.deletion_timestamp)
            .some("finalizers", read::strings_value(&self.finalizers))
            .text("generateName", self.generate_name.as_deref())
            .some("generation", self.generation)
            .map("labels", &self.labels)
            .some("name", &*self.name)
            .some("namespace", &*self.namespace)
            .some(
                "ownerReferences",
                self.owner_references.iter().map(OwnerReference::to_value).collect::<Vec<_>>(),
            )
            .some("resourceVersion", rv)
            .some("uid", uid);
        if let Some(grace) = self.deletion_grace_period_seconds {
            w = w.put("deletionGracePeriodSeconds", grace);
        }
        w.done()
    }
}

/// A label selector: `matchLabels` and `matchExpressions`. Models `metav1.LabelSelector`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct LabelSelector {
    /// Every one of these must be there, with this value.
    pub match_labels: BTreeMap<Str, Str>,
    /// And every one of these must hold.
    pub match_expressions: Vec<Requirement>,
}

/// One condition on labels.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Requirement {
    /// The label.
    pub key: Str,
    /// How it is compared.
    pub operator: Operator,
    pub values: Vec<Str>,
}

/// How a label is compared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Operator {
    /// It is there, with one of the values.
    In,
    /// It is not there, or has none of the values.
    NotIn,
    /// It is there.
    Exists,
    /// It is not there.
    DoesNotExist,
}

impl LabelSelector {
    /// Reads a `LabelSelector` tree.
    pub fn from_value(v: &Value) -> LabelSelector {
        let requirement = |r: &Value| Requirement {
            key: read::str(r, "key"),
            operator: match get(r, "operator").as_str() {
                Some("NotIn") => Operator::NotIn,
                Some("Exists") => Operator::Exists,
                Some("DoesNotExist") => Operator::DoesNotExist,
                _ => Operator::In,
            },
            values: read::strings(r, "values"),
        };
        LabelSelector {
            match_labels: read::pairs(get(v, "matchLabels")),
            match_expressions: read::list(v, "matchExpressions").iter().map(requirement).collect(),
        }
    }

    /// Whether these labels satisfy it. An empty selector matches everything.
    pub fn matches(&self, labels: &BTreeMap<Str, Str>) -> bool {
        self.match_labels.iter().all(|(k, v)| labels.get(k) == Some(v))
            && self.match_expressions.iter().all(|r| {
                let value = labels.get(&r.key);
                let listed = value.is_some_and(|v| r.values.contains(v));
                match r.operator {
                    Operator::In => listed,
                    Operator::NotIn => !listed,
                    Operator::Exists => value.is_some(),
                    Operator::DoesNotExist => value.is_none(),
                }
            })
    }

    /// Whether it names no condition at all.
    pub fn is_empty(&self) -> bool {
        self.match_labels.is_empty() && self.match_expressions.is_empty()
    }
}

impl fmt::Display for LabelSelector {
    /// `app=flask,tier in (a,b),!old`, as kubectl prints selectors (`metav1.FormatLabelSelector`).
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut comma = "";
        for (k, v) in &self.match_labels {
            write!(f, "{comma}{k}={v}")?;
            comma = ",";
        }
        for r in &self.match_expressions {
            let key = &r.key;
            let mut values = r.values.clone();
            collections::sort(&mut values);
            let values = values.join(",");
            match r.operator {
                Operator::In => write!(f, "{comma}{key} in ({values})")?,
                Operator::NotIn => write!(f, "{comma}{key} notin ({values})")?,
                Operator::Exists => write!(f, "{comma}{key}")?,
                Operator::DoesNotExist => write!(f, "{comma}!{key}")?,
            }
            comma = ",";
        }
        Ok(())
    }
}
