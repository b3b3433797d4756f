//! The objects of one state: of each that was read the newest, with what an allow-list keeps of it, at times that count from
//! when the state was taken.

use super::allow::{AllowList, is_used};
use super::recording::WatchChange;
use super::state::{TextLine, Unreadable, What};
use super::text::Event;
use crate::api::meta::OWNER_ABSENT;
use crate::api::{Kind, Object, OwnerReference, SimTime, Uid};
use crate::config::MOST_REPLICAS;
use crate::schema::decode::decode;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Objects as they are read.
#[derive(Debug, Default)]
pub struct Assembly {
    pub(super) trees: Vec<Reduced>,
    /// Where each object's tree is.
    at: BTreeMap<(Kind, String, String), usize>,
    pub(super) allow: AllowList,
    /// The newest time so far, in milliseconds of Unix time.
    newest_ms: Option<i64>,
    /// What watches have seen, as it was read.
    recorded: Vec<Recorded>,
    /// The objects that watches have seen.
    seen_before: BTreeSet<String>,
    /// Of each file of a recording, the time of its last line, in milliseconds of Unix time.
    last_ms: BTreeMap<String, i64>,
    pub(super) has_no_times: bool,
    from_cluster: usize,
    redacted: Option<String>,
    /// The first set that had to be left out.
    set_left_out: Option<(String, What)>,
    twice: Option<String>,
    kinds: BTreeMap<String, usize>,
}

/// What a watch has seen of an object, with what is kept of it.
#[derive(Debug)]
pub struct Recorded {
    pub at_ms: i64,
    pub change: WatchChange,
    /// When the object was made, in milliseconds of Unix time.
    created_ms: i64,
    pub object: Reduced,
    who: String,
}

/// An object with what is kept of it.
#[derive(Debug)]
pub struct Reduced {
    kind: Kind,
    namespace: String,
    name: String,
    tree: Value,
}

impl Reduced {
    fn key(&self) -> (Kind, String, String) {
        (self.kind, self.namespace.clone(), self.name.clone())
    }

    /// The object, with times that count from zero.
    pub fn object(&self) -> Object {
        let mut object = Object::from_value(self.kind, &self.tree);
        if self.kind.info().namespaced && object.meta.namespace.is_empty() {
            object.meta.namespace = "default".into();
        }
        object
    }
}

impl Assembly {
    /// Takes an object, or notes why it is left out.
    pub fn add(&mut self, tree: &Value, place: &TextLine) {
        let Some(object) = self.reduce(tree, place) else { return };
        self.newest_ms = self.newest_ms.max(self.allow.newest().and_then(unix_ms));
        let who = [object.kind.name(), "/", &object.name].concat();
        self.put(object, &who);
    }

    /// Takes what a watch has seen. What is left out is counted once for each object.
    pub fn see(&mut self, event: &mut Event) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let meta = &event.tree["metadata"];
        let who = ["apiVersion", "kind"].map(|field| text(&event.tree[field])).join(" ");
        let who = [who, text(&meta["namespace"]), text(&meta["name"])].join("/");
        let is_new = self.seen_before.insert(who.clone());
        self.allow.mute(!is_new);
        if let (false, Some(_), Some(meta)) = (is_new, event.at_ms, event.tree["metadata"].as_object_mut()) {
            // They are long, and not kept.
            meta.remove("managedFields");
        }
        let meta = &event.tree["metadata"];
        let object = self.reduce(&event.tree, &event.place);
        self.allow.mute(false);
        let last = self.last_ms.get(&event.place.file).copied();
        self.has_no_times |= event.at_ms.is_none();
        let newest = self.allow.newest().filter(|_| object.is_some());
        let told = event.at_ms.or_else(|| newest.and_then(unix_ms).max(told_to_go_ms(&event.tree)));
        let at_ms = told.max(last).unwrap_or(0);
        self.last_ms.insert(event.place.file.clone(), at_ms);
        let Some(object) = object else { return };
        let created_ms = meta["creationTimestamp"].as_str().and_then(unix_ms).unwrap_or(i64::MIN);
        self.recorded.push(Recorded { at_ms, change: event.change, created_ms, object, who });
    }

    /// Notes that an object is too long to be read.
    pub fn leave_out_long(&mut self, name: String) {
        self.allow.count(What::Object { name, why: "too long to be read".into() });
    }

    /// How much watches have seen.
    pub fn count_seen(&self) -> usize {
        self.recorded.len()
    }

    /// An object is left out.
    fn leave_out(&mut self, kind: &str, who: &str, what: What) -> Option<Reduced> {
        if kind == "StatefulSet" {
            self.set_left_out.get_or_insert_with(|| (who.to_owned(), what.clone()));
        }
        self.allow.count(what);
        None
    }

    /// What is kept of an object, or nothing, with the reason counted.
    fn reduce(&mut self, tree: &Value, place: &TextLine) -> Option<Reduced> {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (version, kind_name) = (text(&tree["apiVersion"]), text(&tree["kind"]));
        let (name, namespace) = (text(&tree["metadata"]["name"]), text(&tree["metadata"]["namespace"]));
        *self.kinds.entry(if kind_name.is_empty() { "?".into() } else { kind_name.clone() }).or_default() +=
            1;
        let who = [&*kind_name, "/", &*name].concat();
        if !tree.is_object() || kind_name.is_empty() {
            let why = format!("{}:{}: no object of Kubernetes", place.file, place.line);
            return self.leave_out(&kind_name, &who, What::Object { name: who.clone(), why });
        }
        let Some(kind) = Kind::of_manifest(&version, &kind_name) else {
            return self.leave_out(
                &kind_name,
                &who,
                What::UnknownKind([&*version, " ", &*kind_name].concat()),
            );
        };
        if !is_used(kind) {
            return self.leave_out(&kind_name, &who, What::Kind(kind.name().into()));
        }
        if ["REDACTED", "redacted", "<", "*", "["]
            .iter()
            .any(|sign| name.starts_with(sign) || namespace.starts_with(sign))
        {
            self.redacted.get_or_insert_with(|| place.file.clone());
            return self.leave_out(
                &kind_name,
                &who,
                What::Object { name: who.clone(), why: "its name was taken out".into() },
            );
        }
        if !is_name(&name) || kind.info().namespaced && !(namespace.is_empty() || is_name(&namespace)) {
            return self.leave_out(
                &kind_name,
                &who,
                What::Object { name: who.clone(), why: "its name is none".into() },
            );
        }
        if let Some(why) = hostile(kind, tree) {
            return self.leave_out(&kind_name, &who, What::Object { name: who.clone(), why });
        }
        let Ok(mut kept) = self.allow.keep(kind, tree) else {
            let why =
                decode(kind, tree).error.map_or("a field of the wrong type".into(), |error| error.message);
            return self.leave_out(&kind_name, &who, What::Object { name: who.clone(), why });
        };
        let is_from_cluster = !text(&tree["metadata"]["uid"]).is_empty()
            || !text(&tree["metadata"]["resourceVersion"]).is_empty()
            || !text(&tree["metadata"]["creationTimestamp"]).is_empty();
        self.from_cluster += usize::from(is_from_cluster);
        if kind == Kind::Event {
            complete_event(&mut kept);
        }
        let namespace = match (kind.info().namespaced, namespace.is_empty()) {
            (true, true) => "default".to_owned(),
            (true, false) => namespace,
            (false, _) => String::new(),
        };
        Some(Reduced { kind, namespace, name, tree: kept })
    }

    /// Of two objects of one name the newer stays.
    fn put(&mut self, object: Reduced, who: &str) {
        let key = object.key();
        let Some(at) = self.at.get(&key).copied() else {
            self.at.insert(key, self.trees.len());
            self.trees.push(object);
            return;
        };
        let old = &self.trees[at].tree["metadata"];
        let new = &object.tree["metadata"];
        let lasts = matches!(
            object.kind,
            Kind::Node | Kind::Namespace | Kind::StatefulSet | Kind::Service | Kind::StorageClass
        );
        if lasts && old["uid"] != new["uid"] {
            self.twice.get_or_insert_with(|| who.to_owned());
        }
        let version = |meta: &Value| meta["resourceVersion"].as_str().and_then(|v| v.parse::<u64>().ok());
        if version(new) > version(old) {
            self.trees[at] = object;
        }
        self.allow.count(What::Older(who.to_owned()));
    }

    /// When the recording begins, in milliseconds of Unix time, if it is one.
    pub fn began_ms(&self) -> Option<i64> {
        self.recorded.iter().map(|seen| seen.at_ms).min()
    }

    /// The newest time that was read, in milliseconds of Unix time.
    pub fn newest_ms(&self) -> Option<i64> {
        self.newest_ms
    }

    /// Takes what was there when a recording began out of what watches have seen. Returns the rest, in order of time.
    pub fn begin_recording(&mut self) -> Vec<Recorded> {
        let mut recorded = std::mem::take(&mut self.recorded);
        recorded.sort_by_key(|seen| seen.at_ms);
        let began = recorded.first().map_or(0, |seen| seen.at_ms);
        let mut known: BTreeSet<(Kind, String, String)> = self.at.keys().cloned().collect();
        let mut rest = Vec::new();
        for seen in recorded {
            let is_new = known.insert(seen.object.key());
            match seen.change {
                WatchChange::Added if is_new && seen.created_ms <= began => {
                    let who = seen.who.clone();
                    self.put(seen.object, &who);
                }
                // It was gone before anything was seen of it.
                WatchChange::Deleted if is_new => {}
                _ => rest.push(seen),
            }
        }
        rest
    }

    /// Whether what was read is a state. Errors: what it is instead.
    pub fn check(&self, later: &[Recorded]) -> Result<(), Unreadable> {
        if let Some(object) = &self.twice {
            return Err(Unreadable::TwoClusters { object: object.clone() });
        }
        let kinds =
            || self.trees.iter().map(|object| object.kind).chain(later.iter().map(|seen| seen.object.kind));
        let count = kinds().count();
        let has_set = kinds().any(|kind| kind == Kind::StatefulSet);
        let is_of_use =
            |kind: Kind| matches!(kind, Kind::StatefulSet | Kind::Pod | Kind::PersistentVolumeClaim);
        if let (Some(file), false) = (&self.redacted, kinds().any(is_of_use)) {
            return Err(Unreadable::Redacted { file: file.clone() });
        }
        if let (Some((object, what)), false) = (&self.set_left_out, has_set) {
            return Err(match &self.redacted {
                Some(file) => Unreadable::Redacted { file: file.clone() },
                None => Unreadable::SetLeftOut { object: object.clone(), what: what.clone() },
            });
        }
        if count > 0 && self.from_cluster == 0 {
            return Err(Unreadable::Manifest { objects: count });
        }
        let of_sets = |kind: Kind| {
            is_of_use(kind) || matches!(kind, Kind::PersistentVolume | Kind::Node | Kind::Service)
        };
        if !kinds().any(of_sets) {
            if self.kinds.contains_key("Kustomization") {
                return Err(Unreadable::Kustomization);
            }
            return Err(Unreadable::NothingOfUse { kinds: self.kinds.clone().into_iter().collect() });
        }
        Ok(())
    }

    /// Notes that an object names an owner that is not in the state.
    fn count_owner(&mut self, owner: &OwnerReference) {
        self.allow.count(What::Owner([&*owner.kind, "/", &*owner.name].concat()));
    }
}

/// Takes from objects the owners that nobody knows here: whether they are gone can't be told where none of their kind was
/// asked for, and what hangs on them must not go for that.
#[derive(Default, Debug)]
pub struct Releasing {
    present: BTreeSet<Kind>,
    uids: BTreeSet<Uid>,
    /// The owners that were counted, each with what names it.
    counted: BTreeSet<(Uid, Uid)>,
}

impl Releasing {
    /// Takes note of an object. All must be known before the first is released.
    pub fn know(&mut self, object: &Object) {
        self.present.insert(object.kind);
        self.uids.insert(object.meta.uid);
    }

    /// Takes from an object the owners that nobody knows.
    pub fn release(&mut self, object: &mut Object, assembly: &mut Assembly) {
        let is_absent = |owner: &OwnerReference| !self.uids.contains(&owner.uid);
        let is_unknown = |owner: &OwnerReference| {
            let kind = Kind::of_manifest(&owner.api_version, &owner.kind);
            is_absent(owner) && kind.is_some_and(|kind| !self.present.contains(&kind))
        };
        let owners = &object.meta.owner_references;
        for owner in owners.iter().filter(|owner| object.kind == Kind::Pod && is_absent(owner)) {
            if self.counted.insert((object.meta.uid, owner.uid)) {
                assembly.count_owner(owner);
            }
        }
        if owners.iter().any(is_unknown) {
            let absent = owners.iter().find(|owner| owner.controller && is_unknown(owner));
            let absent = absent.filter(|_| object.kind == Kind::Pod);
            let absent = absent.map(|owner| [&*owner.kind, "/", &*owner.name].concat());
            let known = owners.iter().filter(|owner| !is_unknown(owner)).cloned().collect();
            if let Some(owner) = absent {
                object.meta.set_annotation(OWNER_ABSENT, &owner);
            }
            object.meta.owner_references = known;
        }
    }
}

/// A text of RFC 3339 in milliseconds of Unix time.
fn unix_ms(text: &str) -> Option<i64> {
    let zero = SimTime::zero_unix_seconds() * 1000;
    SimTime::parse_rfc3339(text).map(|at| at.0 + zero)
}

/// When an object was told to go, in milliseconds of Unix time.
fn told_to_go_ms(tree: &Value) -> Option<i64> {
    let meta = &tree["metadata"];
    let until = meta["deletionTimestamp"].as_str().and_then(unix_ms)?;
    Some(until - meta["deletionGracePeriodSeconds"].as_i64().unwrap_or(0).clamp(0, 1_000_000_000) * 1000)
}

/// Whether an object can be called so: as `metadata.name` may be of any kind.
fn is_name(name: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || "-._:".contains(c);
    !name.is_empty() && name.len() <= 253 && name.chars().all(fits)
}

/// Why an object would not be a cluster's: numbers that no API server takes.
fn hostile(kind: Kind, tree: &Value) -> Option<String> {
    let spec = &tree["spec"];
    let most = i64::from(MOST_REPLICAS);
    let replicas = spec["replicas"].as_i64().into_iter().chain(tree["status"]["replicas"].as_i64());
    if replicas.clone().any(|replicas| !(0..=most).contains(&replicas)) {
        return Some(format!("spec.replicas: this simulation runs 0 to {most} pods of one controller"));
    }
    let numbers = [
        &spec["minReadySeconds"],
        &spec["ordinals"]["start"],
        &spec["terminationGracePeriodSeconds"],
        &spec["updateStrategy"]["rollingUpdate"]["partition"],
        &spec["template"]["spec"]["terminationGracePeriodSeconds"],
        &tree["metadata"]["deletionGracePeriodSeconds"],
    ];
    if numbers
        .iter()
        .filter_map(|number| number.as_i64())
        .any(|number| !(0..=1_000_000_000).contains(&number))
    {
        return Some("a number that no API server takes".into());
    }
    let template = match kind {
        Kind::Pod => spec,
        Kind::StatefulSet | Kind::Deployment | Kind::ReplicaSet => &spec["template"]["spec"],
        _ => return None,
    };
    let names = |field: &str| {
        let containers = template[field].as_array().map_or(&[][..], |list| list.as_slice());
        containers
            .iter()
            .map(|container| container["name"].as_str().unwrap_or_default().to_owned())
            .collect::<Vec<_>>()
    };
    let mut all = names("containers");
    if all.is_empty() {
        return Some("it has no containers".into());
    }
    all.extend(names("initContainers"));
    let count = all.len();
    let all: BTreeSet<String> = all.into_iter().filter(|name| is_name(name)).collect();
    (all.len() < count).then(|| "its containers have no names of their own".into())
}

/// Gives an event of the newer API the times and the component that the older one has.
fn complete_event(event: &mut Value) {
    let first = [&event["firstTimestamp"], &event["eventTime"], &event["metadata"]["creationTimestamp"]];
    let first = first.into_iter().find(|time| time.is_string()).cloned().unwrap_or_default();
    let last = [&event["lastTimestamp"], &event["series"]["lastObservedTime"], &first];
    let last = last.into_iter().find(|time| time.is_string()).cloned().unwrap_or_default();
    event["firstTimestamp"] = first;
    event["lastTimestamp"] = last;
    if event["source"]["component"].as_str().is_none_or(str::is_empty) {
        let component = event["reportingComponent"].clone();
        event["source"]["component"] = component;
    }
    if let Some(fields) = event.as_object_mut() {
        fields.remove("series");
    }
}
