//! An opened state to give away: what kubectl would have printed of it if everything in it had other names.
//!
//! Nothing stays that is not known to be Kubernetes' own: values of named types that are one word, times, quantities, numbers,
//! and the words listed here. Every other text is taken apart at its punctuation, and each part becomes another, always the
//! same one: so `www-flask-1` is still of the claim template `www` and of the second pod of `flask`, and ordinals stay.
//! Commands, and what somebody said in sentences, are not kept at all.

use super::made_up::INSUFFICIENT;
use super::recording::Seen;
use super::state::Opened;
use crate::api::{KINDS, Key, Kind, Object, SimTime};
use crate::schema::types::{Shape, TypeRef, type_of};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::rc::Rc;

/// Texts that stay as they are.
const TEXTS: [&str; 18] = [
    "None",
    "Normal",
    "Warning",
    "default",
    "default-scheduler",
    "endpointslice-controller.k8s.io",
    "foregroundDeletion",
    "kube-node-lease",
    "kube-public",
    "kube-root-ca.crt",
    "kube-system",
    "kubernetes",
    "kubernetes.io/no-provisioner",
    "orphan",
    "rancher.io/local-path",
    "true",
    "false",
    "yes",
];
/// Parts of texts that stay as they are: of images and of names in DNS.
const PARTS: [&str; 12] = [
    "docker",
    "io",
    "library",
    "latest",
    "sha256",
    "containerd",
    "svc",
    "cluster",
    "local",
    "http",
    "https",
    "unconfined",
];
/// The names of resources.
const RESOURCES: [&str; 5] = ["cpu", "memory", "storage", "ephemeral-storage", "pods"];
/// What a named type may say in one word, and is somebody's own all the same.
const OWN: [&str; 4] = ["$types.UID", "$UniqueVolumeName", "$types.NodeName", "$ResourceName"];
/// A number with more digits than this tells of something else than an ordinal or a port.
const DIGITS: usize = 5;
/// The punctuation between the parts of a text.
const BETWEEN: &str = "-._/:@%()[]{}+=~ ";

/// What was put in place of what.
#[derive(Debug, Default)]
struct Pseudonyms {
    parts: BTreeMap<String, String>,
    /// The number of the last part's pseudonym.
    number: usize,
    uids: BTreeMap<String, usize>,
    networks: BTreeMap<[u8; 3], usize>,
    addresses: BTreeMap<String, usize>,
}

/// The state, or the recording, as a text that opens as it does, without the names that are in it: at once.
pub fn without_names(opened: &Opened) -> String {
    let mut nameless = Nameless::new(&Rc::new(opened.clone()));
    while nameless.step() {}
    nameless.finish()
}

/// So many objects are renamed or written in one step.
const AT_ONCE: usize = 16;

/// A state, or a recording, on the way to a text without the names that are in it, in small steps.
pub struct Nameless {
    opened: Rc<Opened>,
    pseudonyms: Pseudonyms,
    /// The objects that were renamed, and where the nodes are among them.
    items: Vec<Value>,
    nodes: BTreeMap<String, usize>,
    stage: Stage,
    /// The objects of a recording as they were seen last.
    last: BTreeMap<Key, Rc<Object>>,
    text: String,
}

/// What is done next, from this place on.
enum Stage {
    Objects(usize),
    Images(usize),
    Items(usize),
    Seen(usize),
    Over,
}

impl Nameless {
    /// Before the first step.
    pub fn new(opened: &Rc<Opened>) -> Nameless {
        Nameless {
            opened: Rc::clone(opened),
            pseudonyms: Pseudonyms::default(),
            items: Vec::new(),
            nodes: BTreeMap::new(),
            stage: Stage::Objects(0),
            last: BTreeMap::new(),
            text: String::new(),
        }
    }

    /// How much is done, and how much there is to do.
    pub fn progress(&self) -> (usize, usize) {
        let (objects, seen) = (self.opened.objects.len(), self.opened.seen.len());
        let done = match self.stage {
            Stage::Objects(at) => at,
            Stage::Images(_) => objects,
            Stage::Items(at) => objects + at,
            Stage::Seen(at) => objects * 2 + at,
            Stage::Over => objects * 2 + seen,
        };
        (done, objects * 2 + seen)
    }

    /// Does a little more; false if all is done.
    pub fn step(&mut self) -> bool {
        // Another story may have been played in between.
        SimTime::set_zero(self.opened.taken_unix_seconds);
        let opened = Rc::clone(&self.opened);
        self.stage = match self.stage {
            Stage::Objects(at) => {
                for object in opened.objects.iter().skip(at).take(AT_ONCE) {
                    self.object(object);
                }
                match at + AT_ONCE < opened.objects.len() {
                    true => Stage::Objects(at + AT_ONCE),
                    false => Stage::Images(0),
                }
            }
            Stage::Images(at) => {
                for (node, image) in opened.images.iter().skip(at).take(AT_ONCE) {
                    self.image(node, image);
                }
                match at + AT_ONCE < opened.images.len() {
                    true => Stage::Images(at + AT_ONCE),
                    false => self.begin_text(),
                }
            }
            Stage::Items(at) => {
                let end = (at + AT_ONCE).min(self.items.len());
                for n in at..end {
                    let item = std::mem::take(&mut self.items[n]);
                    self.item(&item, n > 0);
                }
                match end < self.items.len() {
                    true => Stage::Items(end),
                    false => self.end_items(),
                }
            }
            Stage::Seen(at) => {
                for seen in opened.seen.iter().skip(at).take(AT_ONCE) {
                    self.seen(seen);
                }
                match at + AT_ONCE < opened.seen.len() {
                    true => Stage::Seen(at + AT_ONCE),
                    false => Stage::Over,
                }
            }
            Stage::Over => Stage::Over,
        };
        !matches!(self.stage, Stage::Over)
    }

    /// The text, once all is done.
    pub fn finish(self) -> String {
        self.text
    }

    fn object(&mut self, object: &Rc<Object>) {
        if object.meta.is_made_up() {
            return;
        }
        if !self.opened.seen.is_empty() {
            self.last.insert(object.key(), Rc::clone(object));
        }
        let renamed = self.pseudonyms.object(object);
        if object.kind == Kind::Node {
            let name = renamed["metadata"]["name"].as_str().unwrap_or_default();
            self.nodes.insert(name.to_owned(), self.items.len());
        }
        self.items.push(renamed);
    }

    /// An image that is on a node.
    fn image(&mut self, node: &str, image: &str) {
        let (node, image) = (self.pseudonyms.text(node), self.pseudonyms.text(image));
        let Some(item) = self.nodes.get(&node).and_then(|at| self.items.get_mut(*at)) else { return };
        match item["status"]["images"].as_array_mut() {
            Some(images) => images.push(json!({"names": [image]})),
            None => item["status"]["images"] = json!([{"names": [image]}]),
        }
    }

    fn begin_text(&mut self) -> Stage {
        if self.opened.seen.is_empty() {
            // When it was taken, where that is read.
            if let Some(first) = self.items.first_mut() {
                first["metadata"]["managedFields"] = json!([{"time": SimTime(0).rfc3339()}]);
            }
            self.text.push_str("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[\n");
        }
        Stage::Items(0)
    }

    fn item(&mut self, item: &Value, is_next: bool) {
        if !self.opened.seen.is_empty() {
            return self.line(SimTime(0), "ADDED", item);
        }
        if is_next {
            self.text.push_str(",\n");
        }
        self.text.push_str(&item.to_string());
    }

    fn end_items(&mut self) -> Stage {
        if !self.opened.seen.is_empty() {
            return Stage::Seen(0);
        }
        self.text.push_str("\n]}\n");
        Stage::Over
    }

    /// A line of a recording.
    fn line(&mut self, at: SimTime, what: &str, object: &Value) {
        let ms = self.opened.taken_unix_seconds * 1000 + at.0;
        let (seconds, ms) = (ms.div_euclid(1000), ms.rem_euclid(1000));
        let line = format!("{seconds}.{ms:03}\t{{\"type\":\"{what}\",\"object\":{object}}}\n");
        self.text.push_str(&line);
    }

    fn seen(&mut self, seen: &Seen) {
        let before = match &seen.after {
            Some(after) => self.last.insert(seen.key.clone(), Rc::clone(after)),
            None => self.last.remove(&seen.key),
        };
        let what = match (&before, &seen.after) {
            (_, None) => "DELETED",
            (None, _) => "ADDED",
            (Some(_), _) => "MODIFIED",
        };
        let object = seen.after.as_ref().or(before.as_ref()).filter(|object| !object.meta.is_made_up());
        if let Some(object) = object {
            let tree = self.pseudonyms.object(object);
            self.line(seen.at, what, &tree);
        }
    }
}

impl Pseudonyms {
    fn object(&mut self, object: &Object) -> Value {
        let tree = object.to_value();
        let mut renamed = self.value(type_of(object.kind), "", &tree);
        if object.kind == Kind::ControllerRevision {
            let template = &tree["data"]["spec"]["template"];
            let patch = &template["$patch"];
            if template.is_object() {
                let mut template = self.value(TypeRef("PodTemplateSpec"), "", template);
                if patch.is_string() {
                    template["$patch"] = patch.clone();
                }
                renamed["data"] = json!({"spec": {"template": template}});
            }
        }
        if renamed["metadata"]["resourceVersion"].is_null() {
            // By that it is known as a cluster's.
            renamed["metadata"]["resourceVersion"] = "1".into();
        }
        (renamed["apiVersion"], renamed["kind"]) = (tree["apiVersion"].clone(), tree["kind"].clone());
        renamed
    }

    /// A value of this type, in a field of this name.
    fn value(&mut self, type_ref: TypeRef, field: &str, value: &Value) -> Value {
        match (type_ref.shape(), value) {
            (Shape::List(item), Value::Array(items)) => {
                items.iter().map(|value| self.value(item, field, value)).collect()
            }
            (Shape::Map(item), Value::Object(map)) => {
                let renamed = map.iter().map(|(key, value)| {
                    let key = if field == "annotations" { key.clone() } else { self.qualified(key) };
                    (key, self.value(item, "", value))
                });
                Value::Object(renamed.collect())
            }
            (Shape::Struct, Value::Object(map)) => self.fields(type_ref, map),
            (Shape::Text, Value::String(text)) => self.field(type_ref, field, text).into(),
            (Shape::IntOrString, Value::String(text)) => self.text(text).into(),
            (Shape::Time | Shape::Quantity, Value::String(text)) => {
                let fits = |c: char| c.is_ascii_alphanumeric() || "-+.:".contains(c);
                let is_known =
                    text.len() < 40 && text.chars().all(fits) && text.contains(|c: char| c.is_ascii_digit());
                if is_known { value.clone() } else { Value::Null }
            }
            (_, Value::Bool(_) | Value::Number(_)) => value.clone(),
            _ => Value::Null,
        }
    }

    fn fields(&mut self, type_ref: TypeRef, map: &Map<String, Value>) -> Value {
        let mut renamed = Map::new();
        for (name, value) in map {
            let Some(field) = type_ref.field(name) else { continue };
            match (type_ref.struct_name(), name.as_str()) {
                ("Container" | "EphemeralContainer", "command" | "args") => continue,
                // Whatever ran there, it is taken to go well.
                ("ExecAction", "command") => {
                    renamed.insert(name.clone(), json!(["true"]));
                    continue;
                }
                _ => {}
            }
            let mut value = self.value(field.type_ref, name, value);
            if (type_ref.struct_name(), name.as_str()) == ("PodSpec", "initContainers") {
                let ends = |container: &&mut Value| container["restartPolicy"] != "Always";
                for container in value.as_array_mut().into_iter().flatten().filter(ends) {
                    container["command"] = json!(["true"]);
                }
            }
            if !value.is_null() {
                renamed.insert(name.clone(), value);
            }
        }
        Value::Object(renamed)
    }

    /// A text in a field of this name.
    fn field(&mut self, type_ref: TypeRef, field: &str, text: &str) -> String {
        let is_word = text.chars().all(|c| c.is_ascii_alphanumeric());
        let letters = text.chars().all(|c| c.is_ascii_alphabetic());
        match field {
            _ if type_ref.0.starts_with('$') && is_word && !OWN.contains(&type_ref.0) => text.to_owned(),
            _ if type_ref.0 == "$types.UID" => self.uid(text),
            "message" => self.sentence(text),
            "reason" if letters => text.to_owned(),
            "kind" if KINDS.iter().any(|kind| kind.name == text) => text.to_owned(),
            "apiVersion" if !text.contains('.') || text.contains(".k8s.io/") => text.to_owned(),
            "resourceVersion" if text.chars().all(|c| c.is_ascii_digit()) => text.to_owned(),
            "fieldPath" if is_field_path(text) => text.to_owned(),
            "fieldPath" if text.starts_with("spec.containers{") => String::new(),
            "fieldPath" => "metadata.name".to_owned(),
            "resource" if RESOURCES.iter().any(|resource| text.ends_with(resource)) => text.to_owned(),
            "value" if text.starts_with("(left out ") => text.to_owned(),
            "key" | "topologyKey" | "finalizers" | "name" if is_of_kubernetes(text) => text.to_owned(),
            _ if SimTime::parse_rfc3339(text).is_some() => text.to_owned(),
            _ => self.text(text),
        }
    }

    /// A name that may have a prefix: of a label, a taint, a resource.
    fn qualified(&mut self, text: &str) -> String {
        let stays = is_of_kubernetes(text) || RESOURCES.contains(&text) || text.starts_with("hugepages-");
        let limits = ["requests.", "limits."].iter().find_map(|prefix| text.strip_prefix(prefix));
        let stays = stays || limits.is_some_and(|text| RESOURCES.contains(&text));
        if stays { text.to_owned() } else { self.text(text) }
    }

    fn uid(&mut self, text: &str) -> String {
        let next = self.uids.len() + 1;
        let number = *self.uids.entry(text.to_owned()).or_insert(next);
        format!("00000000-0000-4000-8000-{number:012x}")
    }

    /// Of a sentence only that something does not exist is kept, or that nodes have no room, which the state may say nowhere else.
    fn sentence(&mut self, text: &str) -> String {
        let mut words: Vec<&str> = text.split(' ').collect();
        words.insert(0, "");
        let said = words.windows(4).filter(|words| {
            words[2..] == ["not", "found"] || words[2] == "not" && words[3].starts_with("found")
        });
        let kinds =
            ["secret", "configmap", "serviceaccount", "persistentvolumeclaim", "storageclass.storage.k8s.io"];
        let said = said.filter_map(|words| {
            let name = words[1].strip_prefix('"')?.strip_suffix('"')?;
            Some((*kinds.iter().find(|kind| **kind == words[0])?, name))
        });
        let said: Vec<(&str, &str)> = said.collect();
        let said =
            said.into_iter().map(|(kind, name)| [kind, " \"", &self.text(name), "\" not found"].concat());
        let scarce = INSUFFICIENT.into_iter().filter(|scarce| text.contains(scarce)).map(str::to_owned);
        said.chain(scarce).collect::<Vec<String>>().join(", ")
    }

    /// Any text.
    fn text(&mut self, text: &str) -> String {
        if text.is_empty() || TEXTS.contains(&text) {
            return text.to_owned();
        }
        if let Some((address, rest)) = address_in(text) {
            return self.address(address) + rest;
        }
        let mut renamed = String::new();
        // An address within a text has points, as a host's name has.
        for word in text.split_inclusive(|c: char| BETWEEN.contains(c) && c != '.') {
            let end = word.trim_end_matches(|c: char| BETWEEN.contains(c) && c != '.');
            match end.parse::<IpAddr>() {
                Ok(address) => renamed.push_str(&self.address(address)),
                Err(_) => {
                    for part in end.split_inclusive('.') {
                        let bare = part.trim_end_matches('.');
                        renamed.push_str(&self.part(bare));
                        renamed.push_str(&part[bare.len()..]);
                    }
                }
            }
            renamed.push_str(&word[end.len()..]);
        }
        renamed
    }

    fn part(&mut self, part: &str) -> String {
        let is_number = part.len() <= DIGITS && part.chars().all(|c| c.is_ascii_digit());
        // What stays alone stays in a name that was made of it, too.
        if part.is_empty() || is_number || PARTS.contains(&part) || TEXTS.contains(&part) {
            return part.to_owned();
        }
        if let Some(known) = self.parts.get(part) {
            return known.clone();
        }
        let mut new = String::new();
        while new.is_empty() || PARTS.contains(&&*new) || TEXTS.contains(&&*new) {
            self.number += 1;
            new = letters(self.number);
        }
        self.parts.insert(part.to_owned(), new.clone());
        new
    }

    /// An address in a network of its own for each network of 256 that there is.
    fn address(&mut self, address: IpAddr) -> String {
        let IpAddr::V4(v4) = address else {
            let next = self.addresses.len() + 1;
            let number = *self.addresses.entry(address.to_string()).or_insert(next);
            return format!("fd00::{number:x}");
        };
        let [a, b, c, last] = v4.octets();
        let next = self.networks.len();
        let number = *self.networks.entry([a, b, c]).or_insert(next);
        format!("10.{}.{}.{last}", 128 + number / 256 % 128, number % 256)
    }
}

/// An address at a text's beginning, and what stands behind it: nothing, or how much of it is a network's.
fn address_in(text: &str) -> Option<(IpAddr, &str)> {
    let end = text.find('/').unwrap_or(text.len());
    let (address, rest) = text.split_at(end);
    let is_length = rest.is_empty() || rest[1..].chars().all(|c| c.is_ascii_digit());
    address.parse().ok().filter(|_| is_length).map(|address| (address, rest))
}

/// Whether a name has a prefix of Kubernetes' own.
fn is_of_kubernetes(text: &str) -> bool {
    let Some((prefix, name)) = text.split_once('/') else {
        return matches!(
            text,
            "controller-revision-hash" | "pod-template-hash" | "foregroundDeletion" | "orphan"
        );
    };
    let is_own = ["kubernetes.io", "k8s.io"].iter().any(|own| match prefix.strip_suffix(own) {
        Some(before) => {
            before.is_empty() || before.ends_with('.') && KUBERNETES.contains(&before.trim_end_matches('.'))
        }
        None => false,
    });
    // The role of a node is its own.
    is_own && (prefix != "node-role.kubernetes.io" || name == "control-plane")
}

/// The prefixes before `kubernetes.io` and `k8s.io` that are Kubernetes' own.
const KUBERNETES: [&str; 10] = [
    "app",
    "apps",
    "endpointslice",
    "node",
    "node-role",
    "pv",
    "service",
    "statefulset",
    "topology",
    "volume",
];

/// What a container can ask of its pod without naming anything.
fn is_field_path(text: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphabetic() || c == '.';
    ["metadata.", "spec.", "status."].iter().any(|start| text.starts_with(start)) && text.chars().all(fits)
}

/// The number in letters: a, b, …, z, aa, …
fn letters(number: usize) -> String {
    let mut letters = Vec::new();
    let mut rest = number;
    while rest > 0 {
        letters.push(b'a' + ((rest - 1) % 26) as u8);
        rest = (rest - 1) / 26;
    }
    letters.into_iter().rev().map(char::from).collect()
}
