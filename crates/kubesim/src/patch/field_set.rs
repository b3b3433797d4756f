//! Sets of fields, and the three walks over trees that server-side apply consists of: compare, merge, remove.
//!
//! Models `sigs.k8s.io/structured-merge-diff`: fieldpath/set.go, typed/{tofieldset,compare,merge,remove,validate}.go. How a
//! list or a map is merged comes from the table of fields (a list with a patch strategy is merged by its key), but for the
//! types whose API says it otherwise ([`LISTS`], [`ATOMIC`]).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::api::Kind;
use crate::schema::types::{Shape, TypeRef, type_of};

/// Fields of an object. An element is written as FieldsV1 does: `f:NAME`, `k:{KEYS}` or `v:VALUE`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Set {
    members: BTreeSet<String>,
    children: BTreeMap<String, Set>,
}

impl Set {
    /// Whether nothing is in it.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty() && self.children.values().all(Set::is_empty)
    }

    fn insert(&mut self, path: &[String]) {
        match path {
            [] => {}
            [last] => {
                self.members.insert(last.clone());
            }
            [first, rest @ ..] => self.children.entry(first.clone()).or_default().insert(rest),
        }
    }

    /// The set of one field, named by its path of names.
    pub fn of(path: &[&str]) -> Set {
        let path: Vec<String> = path.iter().map(|name| format!("f:{name}")).collect();
        let mut set = Set::default();
        set.insert(&path);
        set
    }

    fn combined(&self, other: &Set, how: Combine) -> Set {
        let mut result = Set::default();
        let nothing = Set::default();
        for member in self.members.union(&other.members) {
            if how.keeps(self.members.contains(member), other.members.contains(member)) {
                result.members.insert(member.clone());
            }
        }
        for name in self.children.keys().chain(other.children.keys()) {
            if result.children.contains_key(name) {
                continue;
            }
            if how == Combine::DifferenceAndBelow && other.members.contains(name) {
                continue;
            }
            let of = |set: &Set| set.children.get(name).cloned();
            let child =
                of(self).unwrap_or_default().combined(other.children.get(name).unwrap_or(&nothing), how);
            if !child.is_empty() {
                result.children.insert(name.clone(), child);
            }
        }
        result
    }

    /// What is in either.
    pub fn union(&self, other: &Set) -> Set {
        self.combined(other, Combine::Union)
    }

    /// What is in both.
    pub fn intersection(&self, other: &Set) -> Set {
        self.combined(other, Combine::Intersection)
    }

    /// What is in this and not in the other.
    pub fn difference(&self, other: &Set) -> Set {
        self.combined(other, Combine::Difference)
    }

    /// The same, and without what lies below the other's fields.
    pub fn without(&self, other: &Set) -> Set {
        self.combined(other, Combine::DifferenceAndBelow)
    }

    /// Every field as it is named to users, those of a place before those below it.
    pub fn paths(&self) -> Vec<String> {
        let mut paths = Vec::new();
        self.list("", &mut paths);
        paths
    }

    fn list(&self, prefix: &str, paths: &mut Vec<String>) {
        let mut members: Vec<&String> = self.members.iter().collect();
        collections::sort_by(&mut members, |a, b| by_value(a, b));
        paths.extend(members.into_iter().map(|member| format!("{prefix}{}", shown(member))));
        let mut children: Vec<_> = self.children.iter().collect();
        collections::sort_by(&mut children, |(a, _), (b, _)| by_value(a, b));
        for (name, child) in children {
            child.list(&format!("{prefix}{}", shown(name)), paths);
        }
    }

    /// As `fieldsV1` has it.
    pub fn to_value(&self) -> Value {
        let mut tree = Map::new();
        for member in &self.members {
            tree.insert(member.clone(), Value::Object(Map::new()));
        }
        for (name, child) in &self.children {
            let mut below = child.to_value();
            if self.members.contains(name) {
                below["."] = Value::Object(Map::new());
            }
            tree.insert(name.clone(), below);
        }
        Value::Object(tree)
    }

    /// Reads `fieldsV1`.
    pub fn from_value(tree: &Value) -> Set {
        let mut set = Set::default();
        for (name, below) in tree.as_object().into_iter().flatten().filter(|(name, _)| *name != ".") {
            let is_leaf = below.as_object().is_none_or(Map::is_empty);
            if is_leaf || below.get(".").is_some() {
                set.members.insert(name.clone());
            }
            if !is_leaf {
                set.children.insert(name.clone(), Set::from_value(below));
            }
        }
        set.children.retain(|_, child| !child.is_empty());
        set
    }

    /// With every field of a struct that has something of it below in this set.
    fn with_named_fields(&self, place: SchemaNode) -> Set {
        let mut result = Set { members: self.members.clone(), children: BTreeMap::new() };
        for (name, child) in &self.children {
            let below = match name.strip_prefix("f:") {
                Some(field) => {
                    if place.type_ref.shape() == Shape::Struct && place.type_ref.field(field).is_some() {
                        result.members.insert(name.clone());
                    }
                    place.member(field)
                }
                None => place.item(),
            };
            result.children.insert(name.clone(), child.with_named_fields(below));
        }
        result
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Combine {
    Union,
    Intersection,
    Difference,
    DifferenceAndBelow,
}

impl Combine {
    fn keeps(self, this: bool, other: bool) -> bool {
        match self {
            Combine::Union => this || other,
            Combine::Intersection => this && other,
            Combine::Difference | Combine::DifferenceAndBelow => this && !other,
        }
    }
}

/// An element's value: a name, keys, or an item of a set.
fn value_of(element: &str) -> Value {
    let (kind, rest) = element.split_at(2);
    if kind == "f:" { Value::from(rest) } else { serde_json::from_str(rest).unwrap_or_default() }
}

/// Models element.go: Compare: numbers by their size.
fn by_value(a: &str, b: &str) -> Ordering {
    fn compare(a: &Value, b: &Value) -> Ordering {
        match (a, b) {
            (Value::Number(a), Value::Number(b)) => {
                a.as_f64().partial_cmp(&b.as_f64()).unwrap_or(Ordering::Equal)
            }
            (Value::String(a), Value::String(b)) => a.cmp(b),
            (Value::Object(a), Value::Object(b)) => {
                let differs = a.iter().zip(b).map(|((k, v), (l, w))| k.cmp(l).then_with(|| compare(v, w)));
                differs.into_iter().find(|o| o.is_ne()).unwrap_or_else(|| a.len().cmp(&b.len()))
            }
            _ => a.to_string().cmp(&b.to_string()),
        }
    }
    compare(&value_of(a), &value_of(b))
}

/// An element as Go prints it: `.spec`, `[name="web"]`, `[="a"]`.
fn shown(element: &str) -> String {
    let value = value_of(element);
    match &value {
        Value::Object(keys) => {
            let keys: Vec<String> = keys.iter().map(|(k, v)| format!("{k}={v}")).collect();
            format!("[{}]", keys.join(","))
        }
        Value::String(name) if element.starts_with("f:") => format!(".{name}"),
        other => format!("[={other}]"),
    }
}

/// Lists that are merged otherwise than a patch merges them: the type and field, and the keys; `-` as a whole.
const LISTS: &[(&str, &str, &str)] = &[
    ("Container", "ports", "containerPort,protocol"),
    ("EphemeralContainerCommon", "ports", "containerPort,protocol"),
    ("ServiceSpec", "ports", "port,protocol"),
    ("PodSpec", "topologySpreadConstraints", "topologyKey,whenUnsatisfiable"),
    ("ResourceRequirements", "claims", "name"),
    ("ResourceStatus", "resources", "resourceID"),
    ("Endpoint", "addresses", ""),
    ("ContainerRestartRuleOnExitCodes", "values", ""),
    ("PodFailurePolicyOnExitCodesRequirement", "values", ""),
    ("UncountedTerminatedPods", "succeeded", ""),
    ("UncountedTerminatedPods", "failed", ""),
    ("JobStatus", "conditions", "-"),
    ("PodStatus", "hostIPs", "-"),
];

/// Types, and maps (`TYPE.FIELD`), that are owned as a whole.
const ATOMIC: &[&str] = &[
    "ConfigMapKeySelector",
    "EndpointAddress",
    "EndpointPort",
    "FileKeySelector",
    "LabelSelector",
    "LocalObjectReference",
    "NodeSelector",
    "NodeSelectorTerm",
    "ObjectFieldSelector",
    "ObjectReference",
    "OwnerReference",
    "ResourceFieldSelector",
    "RoleRef",
    "ScopeSelector",
    "SecretKeySelector",
    "SecretReference",
    "ServiceBackendPort",
    "Subject",
    "TopologySelectorTerm",
    "TypedLocalObjectReference",
    "PodSpec.nodeSelector",
    "ReplicationControllerSpec.selector",
    "ServiceSpec.selector",
];

/// A place in an object: its type, and how what is there is merged.
#[derive(Clone, Copy)]
struct SchemaNode {
    type_ref: TypeRef,
    /// The keys of a list's items, with commas; none of a set; absent if the list is one value.
    keys: Option<&'static str>,
    atomic: bool,
}

impl SchemaNode {
    fn of(kind: Kind) -> SchemaNode {
        SchemaNode::plain(type_of(kind))
    }

    fn plain(type_ref: TypeRef) -> SchemaNode {
        let atomic = match type_ref.shape() {
            Shape::Struct => ATOMIC.contains(&type_ref.struct_name()),
            Shape::Any => true,
            _ => false,
        };
        SchemaNode { type_ref, keys: None, atomic }
    }

    /// A field of a struct, or an entry of a map.
    fn member(self, name: &str) -> SchemaNode {
        match self.type_ref.shape() {
            Shape::Map(item) => SchemaNode::plain(item),
            Shape::Struct => {
                let Some(field) = self.type_ref.field(name) else { return SchemaNode::plain(TypeRef("r")) };
                let holder = field.embedded_in.unwrap_or(self.type_ref.struct_name());
                let mut place = SchemaNode { keys: field.merge_key, ..SchemaNode::plain(field.type_ref) };
                if let Some((.., keys)) = LISTS.iter().find(|(t, f, _)| *t == holder && *f == name) {
                    place.keys = Some(*keys).filter(|keys| *keys != "-");
                }
                place.atomic |= ATOMIC.iter().any(|known| *known == format!("{holder}.{name}"));
                place
            }
            _ => SchemaNode::plain(TypeRef("r")),
        }
    }

    /// An item of a list.
    fn item(self) -> SchemaNode {
        match self.type_ref.shape() {
            Shape::List(item) => SchemaNode::plain(item),
            _ => SchemaNode::plain(TypeRef("r")),
        }
    }

    /// Whether what is there is one value, whatever is in it.
    fn is_leaf(self) -> bool {
        match self.type_ref.shape() {
            Shape::List(_) => self.keys.is_none(),
            Shape::Map(_) | Shape::Struct => self.atomic,
            _ => true,
        }
    }

    /// Which item of its list this is. Models helpers.go: listItemToPathElement. Errors: it can't be told.
    fn element(self, item: &Value) -> Result<String, String> {
        let keys = self.keys.unwrap_or_default();
        if keys.is_empty() {
            return match item {
                Value::Object(_) => {
                    Err("associative list without keys has an element that's a map type".into())
                }
                Value::Array(_) => Err("not supported: associative list with lists as elements".into()),
                Value::Null => {
                    Err("associative list without keys has an element that's an explicit null".into())
                }
                item => Ok(format!("v:{item}")),
            };
        }
        let Some(tree) = item.as_object() else {
            let what = if item.is_null() { "a null element" } else { "non-map elements" };
            return Err(format!("associative list with keys may not have {what}"));
        };
        let mut found = Map::new();
        for key in keys.split(',') {
            if let Some(value) = tree.get(key) {
                found.insert(key.to_owned(), value.clone());
            } else if key == "protocol" {
                found.insert(key.to_owned(), "TCP".into());
            }
        }
        if found.is_empty() {
            let names: Vec<String> = keys.split(',').map(|key| format!("{key:?}")).collect();
            return Err(format!(
                "associative list with keys has an element that omits all key fields [{}] (and doesn't have default values \
                 for any key fields)",
                names.join(" ")
            ));
        }
        Ok(format!("k:{}", Value::Object(found)))
    }

    /// The parts of what is there, each with its element and its place. What has no parts has none.
    fn parts(self, value: Option<&Value>) -> Vec<(String, SchemaNode, &Value)> {
        match value {
            Some(Value::Object(tree)) => {
                tree.iter().map(|(name, value)| (format!("f:{name}"), self.member(name), value)).collect()
            }
            Some(Value::Array(items)) => {
                let item = self.item();
                let element = |value| Some((self.element(value).ok()?, item, value));
                items.iter().filter_map(element).collect()
            }
            _ => Vec::new(),
        }
    }
}

/// What two objects differ in.
#[derive(Clone, Debug, Default)]
pub struct Comparison {
    /// What only the first has.
    pub removed: Set,
    /// What both have, with other values.
    pub modified: Set,
    /// What only the second has.
    pub added: Set,
}

impl Comparison {
    /// What the second has otherwise.
    pub fn changed(&self) -> Set {
        self.modified.union(&self.added)
    }
}

/// Models typed/compare.go.
pub fn compare(kind: Kind, before: &Value, after: &Value) -> Comparison {
    let mut found = Comparison::default();
    compare_at(SchemaNode::of(kind), Some(before), Some(after), &mut Vec::new(), &mut found);
    found
}

fn is_empty(value: Option<&Value>) -> bool {
    match value {
        Some(Value::Object(tree)) => tree.is_empty(),
        Some(Value::Array(items)) => items.is_empty(),
        Some(Value::Null) | None => true,
        _ => false,
    }
}

fn compare_at(
    place: SchemaNode,
    before: Option<&Value>,
    after: Option<&Value>,
    path: &mut Vec<String>,
    found: &mut Comparison,
) {
    match (before, after) {
        (None, _) => found.added.insert(path),
        (_, None) => found.removed.insert(path),
        _ => {}
    }
    if place.is_leaf() || (is_empty(before) && is_empty(after)) {
        if before.is_some() && after.is_some() && before != after {
            found.modified.insert(path);
        }
        return;
    }
    let (old, new) = (place.parts(before), place.parts(after));
    for (element, below, value) in &old {
        let other = new.iter().find(|(e, ..)| e == element).map(|(.., v)| *v);
        path.push(element.clone());
        compare_at(*below, Some(value), other, path, found);
        path.pop();
    }
    for (element, below, value) in new.iter().filter(|(e, ..)| !old.iter().any(|(o, ..)| o == e)) {
        path.push(element.clone());
        compare_at(*below, None, Some(value), path, found);
        path.pop();
    }
}

/// The fields that a configuration names. Models typed/tofieldset.go.
pub fn fields_of(kind: Kind, tree: &Value) -> Set {
    let mut set = Set::default();
    fields_at(SchemaNode::of(kind), tree, &mut Vec::new(), &mut set);
    set
}

fn fields_at(place: SchemaNode, value: &Value, path: &mut Vec<String>, set: &mut Set) {
    if place.is_leaf() {
        return set.insert(path);
    }
    let in_map = matches!(place.type_ref.shape(), Shape::Map(_));
    for (element, below, value) in place.parts(Some(value)) {
        let empty_map = value.as_object().is_some_and(Map::is_empty);
        let is_member = in_map || value.is_null() || empty_map || !element.starts_with("f:");
        path.push(element);
        fields_at(below, value, path, set);
        if is_member {
            set.insert(path);
        }
        path.pop();
    }
}

/// The first with what the second says otherwise, and with what it adds. Models typed/merge.go.
pub fn merge(kind: Kind, live: &Value, config: &Value) -> Value {
    merge_at(SchemaNode::of(kind), Some(live), Some(config)).unwrap_or_default()
}

fn merge_at(place: SchemaNode, live: Option<&Value>, config: Option<&Value>) -> Option<Value> {
    if place.is_leaf() || (is_empty(live) && is_empty(config)) {
        return config.or(live).cloned();
    }
    match (live, config) {
        (Some(Value::Array(_)), _) | (_, Some(Value::Array(_))) => Some(merge_list(place, live, config)),
        _ => {
            let mut merged = Map::new();
            let tree = |value: Option<&Value>| value.and_then(Value::as_object).cloned().unwrap_or_default();
            let (live, config) = (tree(live), tree(config));
            for name in live.keys().chain(config.keys().filter(|name| !live.contains_key(*name))) {
                if let Some(value) = merge_at(place.member(name), live.get(name), config.get(name)) {
                    merged.insert(name.clone(), value);
                }
            }
            Some(Value::Object(merged))
        }
    }
}

/// The configuration's order is kept; items that it does not have stay where they stood among the others.
/// Models merge.go: visitListItems.
fn merge_list(place: SchemaNode, live: Option<&Value>, config: Option<&Value>) -> Value {
    let (old, new) = (place.parts(live), place.parts(config));
    let find =
        |list: &[(String, SchemaNode, &Value)], element: &str| list.iter().position(|(e, ..)| e == element);
    let mut shared = new.iter().map(|(e, ..)| e).filter(|e| find(&old, e).is_some());
    let mut next_shared = shared.next();
    let mut merged = Vec::new();
    let mut done = BTreeSet::new();
    let item = |element: &str, merged: &mut Vec<Value>| {
        let of = |list: &[(String, SchemaNode, &'_ Value)]| find(list, element).map(|at| list[at].2.clone());
        merged.extend(merge_at(place.item(), of(&old).as_ref(), of(&new).as_ref()));
    };
    let (mut at_old, mut at_new) = (0, 0);
    while at_old < old.len() || at_new < new.len() {
        let known = old.get(at_old).map(|(e, ..)| e);
        let wanted = new.get(at_new).map(|(e, ..)| e);
        if let (Some(known), Some(wanted)) = (known, wanted) {
            if known == wanted {
                item(known, &mut merged);
                done.insert(known.clone());
                (at_old, at_new) = (at_old + 1, at_new + 1);
                next_shared = shared.next();
                continue;
            }
            if find(&new, known).is_some() && next_shared.is_some_and(|next| next != known) {
                at_old += 1;
                continue;
            }
        }
        if let Some(known) = known {
            if find(&new, known).is_none() {
                item(known, &mut merged);
                at_old += 1;
                continue;
            }
            if done.contains(known) {
                at_old += 1;
            }
        }
        if let Some(wanted) = wanted {
            item(wanted, &mut merged);
            done.insert(wanted.clone());
            at_new += 1;
            if next_shared == Some(wanted) {
                next_shared = shared.next();
            }
        }
    }
    Value::Array(merged)
}

/// The tree without these fields. Models typed/remove.go.
fn remove_at(place: SchemaNode, value: &Value, set: &Set) -> Value {
    if place.is_leaf() {
        return value.clone();
    }
    let kept = |element: &str, below: SchemaNode, value: &Value| {
        if set.members.contains(element) {
            return None;
        }
        Some(match set.children.get(element) {
            Some(child) => remove_at(below, value, child),
            None => value.clone(),
        })
    };
    match value {
        Value::Object(tree) => {
            let fields = tree.iter().filter_map(|(name, value)| {
                Some((name.clone(), kept(&format!("f:{name}"), place.member(name), value)?))
            });
            Value::Object(collections::collect(fields))
        }
        Value::Array(items) => {
            let items = items.iter().filter_map(|item| match place.element(item) {
                Ok(element) => kept(&element, place.item(), item),
                Err(_) => Some(item.clone()),
            });
            Value::Array(items.collect())
        }
        other => other.clone(),
    }
}

/// Takes from a merged object what its applier applied `last` time and no more, unless it is in `managed`: what somebody
/// manages now, this applier's new configuration with it. Models merge/update.go: prune.
pub fn prune(kind: Kind, merged: &Value, last: &Set, managed: &Set) -> Value {
    let place = SchemaNode::of(kind);
    let last = last.with_named_fields(place);
    let pruned = remove_at(place, merged, &last);
    let all = fields_of(kind, merged).with_named_fields(place);
    let left = fields_of(kind, &pruned).with_named_fields(place);
    let pruned = remove_at(place, merged, &all.difference(&left.union(&managed.with_named_fields(place))));
    let left = fields_of(kind, &pruned).with_named_fields(place);
    remove_at(place, merged, &all.difference(&left).intersection(&last))
}

/// What is wrong with a configuration: fields that there aren't, values of another type, items without or with the same
/// key. Models typed/validate.go.
pub fn check(kind: Kind, tree: &Value) -> Vec<String> {
    let mut errors = Vec::new();
    check_at(SchemaNode::of(kind), tree, "", &mut errors);
    errors
}

fn check_at(place: SchemaNode, value: &Value, path: &str, errors: &mut Vec<String>) {
    let mut say = |message: String| {
        errors.push(if path.is_empty() { message } else { format!("{path}: {message}") });
    };
    let go = |value: &Value| match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let is_scalar = !matches!(value, Value::Object(_) | Value::Array(_));
    match (place.type_ref.shape(), value) {
        (_, Value::Null) | (Shape::Any, _) => {}
        (Shape::Text | Shape::Time | Shape::Bytes, value) if !value.is_string() => {
            let literal = match value {
                Value::Array(_) => format!("[]interface {{}}{{{}}}", go(value)),
                Value::Object(_) => "map[string]interface {}{}".to_owned(),
                other => other.to_string(),
            };
            say(format!("expected string, got &value.valueUnstructured{{Value:{literal}}}"));
        }
        (Shape::Bool, value) if !value.is_boolean() => {
            say(format!("expected boolean, got &{{{}}}", go(value)));
        }
        (Shape::Int32 | Shape::Int64 | Shape::Float, value) if !value.is_number() => {
            let type_name = match value {
                Value::String(_) => "string",
                Value::Bool(_) => "bool",
                Value::Array(_) => "[]interface {}",
                _ => "map[string]interface {}",
            };
            say(format!("expected numeric (int or float), got {type_name}"));
        }
        (Shape::Quantity | Shape::IntOrString, value) if !is_scalar => {
            say(format!("expected any scalar, got &{{{}}}", go(value)));
        }
        (Shape::List(_), Value::Array(items)) => {
            let mut seen = BTreeSet::new();
            for (at, item) in items.iter().enumerate() {
                let element = match place.keys.map(|_| place.element(item)) {
                    None => format!("[{at}]"),
                    Some(Ok(element)) => {
                        let name = shown(&element);
                        if !seen.insert(element) {
                            errors.push(format!("{path}: duplicate entries for key {name}"));
                        }
                        name
                    }
                    Some(Err(why)) => {
                        errors.push(format!("{path}: element {at}: {why}"));
                        return;
                    }
                };
                check_at(place.item(), item, &format!("{path}{element}"), errors);
            }
        }
        (Shape::List(_), value) => say(format!("expected list, got &{{{}}}", go(value))),
        (shape @ (Shape::Map(_) | Shape::Struct), Value::Object(tree)) => {
            for (name, value) in tree {
                let below = format!("{path}.{name}");
                if shape == Shape::Struct && place.type_ref.field(name).is_none() {
                    errors.push(format!("{below}: field not declared in schema"));
                    return;
                }
                check_at(place.member(name), value, &below, errors);
            }
        }
        (Shape::Map(_) | Shape::Struct, value) => say(format!("expected map, got &{{{}}}", go(value))),
        _ => {}
    }
}
