//! Patches: JSON merge patch, JSON patch, and Kubernetes' strategic merge patch, which knows how each list is merged.
//!
//! Models k8s.io/apimachinery `pkg/util/strategicpatch/patch.go`, RFC 7386 and, as github.com/evanphx/json-patch has it,
//! RFC 6902.

pub mod conflicts;
pub mod field_managers;
pub mod field_set;

use crate::schema::types::{Field, Shape, TypeRef};
use serde_json::{Map, Value};

type Tree = Map<String, Value>;

const DIRECTIVE: &str = "$patch";
const RETAIN_KEYS: &str = "$retainKeys";
const ORDER: &str = "$setElementOrder/";
const DELETE_ITEMS: &str = "$deleteFromPrimitiveList/";

/// What a field of an object is, and how it is merged.
struct FieldType {
    field: Option<Field>,
    type_ref: TypeRef,
}

const UNKNOWN: TypeRef = TypeRef("r");

fn place(type_ref: TypeRef, key: &str) -> FieldType {
    match type_ref.shape() {
        Shape::Map(item) => FieldType { field: None, type_ref: item },
        Shape::Struct => {
            let field = type_ref.field(key);
            FieldType { type_ref: field.map_or(UNKNOWN, |f| f.type_ref), field }
        }
        _ => FieldType { field: None, type_ref: UNKNOWN },
    }
}

impl FieldType {
    /// The key by which its list is merged, and the type of its items; none if a list replaces another as a whole.
    fn merged_list(&self) -> Option<(&'static str, TypeRef)> {
        match (self.field.and_then(|f| f.merge_key), self.type_ref.shape()) {
            (Some(key), Shape::List(item)) => Some((key, item)),
            _ => None,
        }
    }

    fn retains_keys(&self) -> bool {
        self.field.is_some_and(|f| f.retain_keys)
    }
}

fn object(value: Option<&Value>) -> Option<&Tree> {
    value.and_then(Value::as_object)
}

fn items(value: Option<&Value>) -> &[Value] {
    value.and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// Whether two items of a merged list are the same one: equal, or with the same key.
fn same(a: &Value, b: &Value, key: &str) -> bool {
    if key.is_empty() { a == b } else { a.get(key) == b.get(key) }
}

/// The strategic merge patch that `kubectl apply` sends: what `modified` has otherwise than `current`, and away with what
/// was in `original` and is no more in `modified`. Models patch.go: CreateThreeWayMergePatch.
pub fn three_way(kind: crate::api::Kind, original: &Value, modified: &Value, current: &Value) -> Value {
    let empty = Tree::new();
    let tree = |v| object(Some(v)).unwrap_or(&empty);
    Value::Object(diff(TypeRef(kind.name()), tree(original), tree(modified), tree(current), false))
}

fn diff(type_ref: TypeRef, original: &Tree, modified: &Tree, current: &Tree, retain_keys: bool) -> Tree {
    let (mut patch, empty) = (Tree::new(), Tree::new());
    for (key, new) in modified {
        let place = place(type_ref, key);
        let (then, now) = (original.get(key), current.get(key));
        if let (Value::Object(new), true) = (new, now.is_none_or(Value::is_object)) {
            let then = object(then).unwrap_or(&empty);
            let sub = diff(place.type_ref, then, new, object(now).unwrap_or(&empty), place.retains_keys());
            if !sub.is_empty() || now.is_none() {
                patch.insert(key.clone(), Value::Object(sub));
            }
        } else if let (Value::Array(new), Some((merge_key, item))) = (new, place.merged_list()) {
            diff_lists(
                key,
                merge_key,
                item,
                [items(then), new, items(now)],
                place.retains_keys(),
                &mut patch,
            );
        } else if now != Some(new) {
            patch.insert(key.clone(), new.clone());
        }
    }
    for key in original.keys().filter(|key| !modified.contains_key(*key)) {
        patch.insert(key.clone(), Value::Null);
    }
    if retain_keys && (!patch.is_empty() || current.keys().any(|key| !modified.contains_key(key))) {
        let kept = modified.iter().filter(|(_, v)| !v.is_null()).map(|(k, _)| Value::from(k.as_str()));
        patch.insert(RETAIN_KEYS.into(), kept.collect());
    }
    patch
}

fn diff_lists(
    name: &str,
    key: &str,
    item: TypeRef,
    [original, modified, current]: [&[Value]; 3],
    retain_keys: bool,
    patch: &mut Tree,
) {
    let find = |list, wanted| -> Option<&Value> {
        let list: &[Value] = list;
        list.iter().find(|v| same(v, wanted, key))
    };
    let gone = original.iter().filter(|v| find(modified, v).is_none());
    let mut changes = Vec::new();
    let mut removed = Vec::new();
    if key.is_empty() {
        changes.extend(modified.iter().filter(|v| !current.contains(v)).cloned());
        removed.extend(gone.cloned());
    } else {
        let empty = Tree::new();
        for new in modified {
            let (Some(tree), Some(now)) = (new.as_object(), object(find(current, new))) else {
                if find(current, new).is_none() {
                    changes.push(new.clone());
                }
                continue;
            };
            let then = object(find(original, new)).unwrap_or(&empty);
            let mut sub = diff(item, then, tree, now, retain_keys);
            if !sub.is_empty() {
                sub.insert(key.into(), tree.get(key).cloned().unwrap_or_default());
                changes.push(Value::Object(sub));
            }
        }
        let directive = |v: &Value| {
            let mut delete = Tree::new();
            delete.insert(DIRECTIVE.into(), "delete".into());
            delete.insert(key.into(), v.get(key).cloned().unwrap_or_default());
            Value::Object(delete)
        };
        changes.extend(gone.map(directive));
    }
    let reordered =
        modified.len() != current.len() || !modified.iter().zip(current).all(|(a, b)| same(a, b, key));
    let changed = !changes.is_empty() || !removed.is_empty();
    if (changed || reordered) && !(current.is_empty() && original.is_empty()) {
        let only_key = |v: &Value| match v.get(key) {
            Some(value) => Value::Object(collections::collect([(key.to_string(), value.clone())])),
            None => v.clone(),
        };
        patch.insert(format!("{ORDER}{name}"), modified.iter().map(only_key).collect());
    }
    if !changes.is_empty() {
        patch.insert(name.into(), changes.into());
    }
    if !removed.is_empty() {
        patch.insert(format!("{DELETE_ITEMS}{name}"), removed.into());
    }
}

/// Carries out a strategic merge patch. Errors: a directive that there isn't.
/// Models patch.go: StrategicMergePatch.
pub fn strategic(kind: crate::api::Kind, target: &mut Value, patch: &Value) -> Result<(), String> {
    match (target, patch) {
        (Value::Object(target), Value::Object(patch)) => merge(TypeRef(kind.name()), target, patch),
        _ => Err("invalid JSON document".to_string()),
    }
}

fn merge(type_ref: TypeRef, target: &mut Tree, patch: &Tree) -> Result<(), String> {
    match patch.get(DIRECTIVE).map(|d| d.as_str().unwrap_or_default()) {
        None => {}
        Some("replace") => {
            *target = patch.clone();
            target.remove(DIRECTIVE);
            return Ok(());
        }
        Some("delete") => {
            target.clear();
            return Ok(());
        }
        Some(other) => return Err(format!("unknown patch type found: {other}")),
    }
    if let Some(kept) = patch.get(RETAIN_KEYS) {
        target.retain(|key, _| items(Some(kept)).iter().any(|k| k == key));
    }
    for (key, new) in patch.iter().filter(|(key, _)| !key.starts_with('$')) {
        let place = place(type_ref, key);
        let order = patch.get(&format!("{ORDER}{key}"));
        match (target.get_mut(key), new) {
            (_, Value::Null) => {
                target.remove(key);
            }
            (Some(Value::Object(old)), Value::Object(new)) => merge(place.type_ref, old, new)?,
            (Some(Value::Array(old)), Value::Array(new)) => match place.merged_list() {
                Some((merge_key, item)) => {
                    merge_list(merge_key, item, old, new, order.map_or(new.as_slice(), |o| items(Some(o))))?
                }
                None => *old = new.iter().filter_map(plain).collect(),
            },
            _ => {
                if let Some(new) = plain(new) {
                    target.insert(key.clone(), new);
                }
            }
        }
    }
    for (directive, list) in patch {
        if let Some(key) = directive.strip_prefix(DELETE_ITEMS) {
            if let Some(Value::Array(old)) = target.get_mut(key) {
                old.retain(|v| !items(Some(list)).contains(v));
            }
        } else if let Some(key) = directive.strip_prefix(ORDER)
            && !patch.contains_key(key)
            && let Some(Value::Array(old)) = target.get_mut(key)
        {
            let merge_key = place(type_ref, key).merged_list().map_or("", |(key, _)| key);
            *old = ordered(std::mem::take(old), items(Some(list)), &old.clone(), merge_key);
        }
    }
    Ok(())
}

fn merge_list(
    key: &str,
    item: TypeRef,
    list: &mut Vec<Value>,
    patch: &[Value],
    order: &[Value],
) -> Result<(), String> {
    let before = list.clone();
    if patch.iter().any(|p| p.get(DIRECTIVE).is_some_and(|d| d == "replace")) {
        list.clear();
    }
    for new in patch {
        if !key.is_empty() && new.get(key).is_none() && new.get(DIRECTIVE).is_none() {
            return Err(format!("map: {new} does not contain declared merge key: {key}"));
        }
        let known = list.iter_mut().find(|v| same(v, new, key));
        match (new.get(DIRECTIVE).and_then(Value::as_str), known) {
            (Some("replace"), _) => {}
            (Some("delete"), _) => list.retain(|v| !same(v, new, key)),
            (_, Some(Value::Object(old))) => merge(item, old, new.as_object().unwrap_or(&Tree::new()))?,
            (_, Some(_)) => {}
            (_, None) => list.extend(plain(new)),
        }
    }
    *list = ordered(std::mem::take(list), order, &before, key);
    Ok(())
}

/// The items in the order asked for; those that it does not name keep their place among those they stood before.
/// Models patch.go: normalizeElementOrder.
fn ordered(list: Vec<Value>, order: &[Value], before: &[Value], key: &str) -> Vec<Value> {
    let at = |list: &[Value], item: &Value| list.iter().position(|v| same(v, item, key));
    let (mut named, mut others): (Vec<_>, Vec<_>) = list.into_iter().partition(|v| at(order, v).is_some());
    collections::sort_by_key(&mut named, |v| at(order, v));
    collections::sort_by_key(&mut others, |v| at(before, v));
    let mut result = Vec::new();
    let mut others = others.into_iter().peekable();
    for item in named {
        let place = at(before, &item);
        while let Some(other) = others.next_if(|other| place.is_some() && at(before, other) < place) {
            result.push(other);
        }
        result.push(item);
    }
    result.extend(others);
    result
}

/// A value of a patch that nothing is there to be merged with: without nulls and directives.
fn plain(value: &Value) -> Option<Value> {
    match value {
        Value::Object(tree) if tree.contains_key(DIRECTIVE) => None,
        Value::Object(tree) => {
            let fields = tree.iter().filter(|(k, v)| !v.is_null() && !k.starts_with('$'));
            let fields = fields.filter_map(|(k, v)| Some((k.clone(), plain(v)?)));
            Some(Value::Object(collections::collect(fields)))
        }
        Value::Array(list) => Some(list.iter().filter_map(plain).collect()),
        other => Some(other.clone()),
    }
}

/// Carries out a JSON merge patch (RFC 7386).
pub fn merge_json(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Tree::new());
    }
    let Value::Object(target) = target else { return };
    for (key, new) in patch {
        if new.is_null() {
            target.remove(key);
        } else {
            merge_json(target.entry(key.clone()).or_insert(Value::Null), new);
        }
    }
}

/// Carries out a JSON patch (RFC 6902). Errors: why it could not be, in the words of `gopkg.in/evanphx/json-patch.v4`, which
/// kubectl shows and the API server keeps to itself.
pub fn json(target: &mut Value, patch: &[Value]) -> Result<(), String> {
    patch.iter().try_for_each(|operation| json_operation(target, operation))
}

fn json_operation(target: &mut Value, operation: &Value) -> Result<(), String> {
    let text = |field| operation.get(field).and_then(Value::as_str);
    let (op, path) = (text("op").unwrap_or_default(), text("path").unwrap_or_default());
    let value = || operation.get("value").cloned().unwrap_or_default();
    let nowhere = |quote: &str, what: &str, path: &str| {
        format!("{op} operation does not apply: {what} path: {quote}{path}{quote}: missing value")
    };
    match op {
        "add" | "replace" if path.is_empty() => *target = value(),
        "add" => {
            let (holder, key) = holder(target, path).ok_or_else(|| nowhere("\"", "doc is missing", path))?;
            insert(holder, &key, value()).map_err(|why| format!("error in add for path: '{path}': {why}"))?;
        }
        "replace" => {
            let (holder, key) = holder(target, path).ok_or_else(|| nowhere("", "doc is missing", path))?;
            // A field that is not there is made: what holds fields says of none that it is missing.
            let place = match holder {
                Value::Object(fields) => Some(fields.entry(key).or_insert(Value::Null)),
                Value::Array(list) => key.parse().ok().and_then(|at: usize| list.get_mut(at)),
                _ => None,
            };
            *place.ok_or_else(|| nowhere("", "doc is missing", path).replacen("path:", "key:", 1))? = value();
        }
        "remove" => {
            let (holder, key) = holder(target, path).ok_or_else(|| nowhere("\"", "doc is missing", path))?;
            take(holder, &key).map_err(|why| format!("error in remove for path: '{path}': {why}"))?;
        }
        "copy" | "move" => {
            let from = text("from").unwrap_or_default();
            let (source, key) =
                holder(target, from).ok_or_else(|| nowhere("", "doc is missing from", from))?;
            let value = match op {
                "copy" => source.pointer(&from[from.rfind('/').unwrap_or(0)..]).cloned().unwrap_or_default(),
                _ => take(source, &key).map_err(|why| format!("error in move for path: '{key}': {why}"))?,
            };
            let (holder, key) =
                holder(target, path).ok_or_else(|| nowhere("", "doc is missing destination", path))?;
            insert(holder, &key, value).map_err(|why| format!("error in {op} for path: '{path}': {why}"))?;
        }
        "test" if path.is_empty() && *target == value() => {}
        "test" => {
            let (holder, _) = holder(target, path).ok_or_else(|| nowhere("", "is missing", path))?;
            let found = holder.pointer(&path[path.rfind('/').unwrap_or(0)..]).cloned().unwrap_or_default();
            if found != value() {
                return Err(format!("testing value {path} failed: test failed"));
            }
        }
        op => return Err(format!("Unexpected kind: {op}")),
    }
    Ok(())
}

/// The place that a path names: what holds it, and its key there.
fn holder<'a>(target: &'a mut Value, path: &str) -> Option<(&'a mut Value, String)> {
    let (holder, key) = path.rsplit_once('/')?;
    Some((target.pointer_mut(holder)?, key.replace("~1", "/").replace("~0", "~")))
}

/// Puts a value into an object under its key, or into a list before what has its number.
fn insert(holder: &mut Value, key: &str, value: Value) -> Result<(), String> {
    match holder {
        Value::Object(fields) => drop(fields.insert(key.to_string(), value)),
        Value::Array(list) if key == "-" => list.push(value),
        Value::Array(list) => {
            let at = key.parse().map_err(|_| not_a_number(key))?;
            if at > list.len() {
                return Err(no_index(key));
            }
            list.insert(at, value);
        }
        _ => return Err("missing value".into()),
    }
    Ok(())
}

fn take(holder: &mut Value, key: &str) -> Result<Value, String> {
    match holder {
        Value::Object(fields) => fields
            .remove(key)
            .ok_or_else(|| format!("Unable to remove nonexistent key: {key}: missing value")),
        Value::Array(list) => {
            let at: usize = key.parse().map_err(|_| not_a_number(key))?;
            if at < list.len() { Ok(list.remove(at)) } else { Err(no_index(key)) }
        }
        _ => Err("missing value".into()),
    }
}

fn no_index(key: &str) -> String {
    format!("Unable to access invalid index: {key}: invalid index referenced")
}

fn not_a_number(key: &str) -> String {
    format!("strconv.Atoi: parsing {key:?}: invalid syntax")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use serde_json::json;

    fn template(containers: Value) -> Value {
        json!({"spec": {"template": {"spec": {"containers": containers}}}})
    }

    #[test]
    fn apply_takes_away_what_it_had_put_there_and_leaves_what_others_did() {
        let original = template(json!([{"name": "a", "image": "a:1", "env": [{"name": "X", "value": "1"}]},
            {"name": "b", "image": "b:1"}]));
        let modified = template(json!([{"name": "a", "image": "a:2"}]));
        let mut current = template(json!([
            {"name": "a", "image": "a:1", "imagePullPolicy": "Always", "env": [{"name": "X", "value": "1"}]},
            {"name": "b", "image": "b:1"}, {"name": "sidecar", "image": "s:1"}]));
        let patch = three_way(Kind::StatefulSet, &original, &modified, &current);
        assert_eq!(
            patch.to_string(),
            r#"{"spec":{"template":{"spec":{"$setElementOrder/containers":[{"name":"a"}],"containers":[{"env":null,"image":"a:2","name":"a"},{"$patch":"delete","name":"b"}]}}}}"#
        );
        strategic(Kind::StatefulSet, &mut current, &patch).unwrap();
        let expected = template(json!([{"name": "a", "image": "a:2", "imagePullPolicy": "Always"},
            {"name": "sidecar", "image": "s:1"}]));
        assert_eq!(current, expected);
        let nothing = three_way(Kind::StatefulSet, &modified, &modified, &current);
        assert_eq!(
            nothing["spec"]["template"]["spec"]["$setElementOrder/containers"],
            json!([{"name": "a"}])
        );
    }

    #[test]
    fn the_order_of_new_items_is_the_patchs() {
        let mut target = template(json!([{"name": "x"}, {"name": "b", "image": "1"}]));
        let patch = template(json!([{"name": "a"}, {"name": "b", "image": "2"}]));
        strategic(Kind::StatefulSet, &mut target, &patch).unwrap();
        let expected = template(json!([{"name": "a"}, {"name": "x"}, {"name": "b", "image": "2"}]));
        assert_eq!(target, expected);
    }

    #[test]
    fn a_volume_that_becomes_another_loses_what_it_was() {
        let volumes = |v: Value| json!({"spec": {"volumes": v}});
        let original = volumes(json!([{"name": "v", "emptyDir": {}}]));
        let modified = volumes(json!([{"name": "v", "configMap": {"name": "c"}}]));
        let mut current = original.clone();
        let patch = three_way(Kind::Pod, &original, &modified, &current);
        strategic(Kind::Pod, &mut current, &patch).unwrap();
        assert_eq!(current, modified);
    }

    #[test]
    fn json_patches_do_what_they_say_or_nothing() {
        let mut v = json!({"a": [1, 2], "b/c": 3});
        let patch = json!([{"op": "add", "path": "/a/1", "value": 9}, {"op": "remove", "path": "/b~1c"},
            {"op": "replace", "path": "/d", "value": 4}, {"op": "test", "path": "/a/0", "value": 1}]);
        assert!(json(&mut v, patch.as_array().unwrap()).is_ok());
        assert_eq!(v, json!({"a": [1, 9, 2], "d": 4}));
        assert!(json(&mut v, &[json!({"op": "remove", "path": "/nope"})]).is_err());
        merge_json(&mut v, &json!({"a": null, "e": {"f": null, "g": 1}}));
        assert_eq!(v, json!({"d": 4, "e": {"g": 1}}));
    }
}
