//! Whether two strategic merge patches change the same thing to something else. Models apimachinery
//! `pkg/util/strategicpatch/patch.go: MergingMapsHaveConflicts`.

use super::{DIRECTIVE, FieldType, ORDER, RETAIN_KEYS, Tree, UNKNOWN, place, three_way};
use crate::api::Kind;
use crate::schema::types::TypeRef;
use serde_json::Value;

/// What was changed from one tree to another, as a strategic merge patch without orders of lists (`DiffOptions{}`).
pub fn two_way(kind: Kind, from: &Value, to: &Value) -> Value {
    let mut patch = three_way(kind, from, to, from);
    without_orders(&mut patch);
    patch
}

fn without_orders(patch: &mut Value) {
    match patch {
        Value::Object(fields) => {
            fields.retain(|key, _| !key.starts_with(ORDER));
            fields.values_mut().for_each(without_orders);
        }
        Value::Array(items) => items.iter_mut().for_each(without_orders),
        _ => {}
    }
}

/// Whether two patches of a kind's object conflict.
pub fn are_there(kind: Kind, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => between_trees(TypeRef(kind.name()), left, right),
        _ => left != right,
    }
}

fn between_trees(type_ref: TypeRef, left: &Tree, right: &Tree) -> bool {
    left.iter().filter(|(key, _)| *key != DIRECTIVE && *key != RETAIN_KEYS).any(|(key, value)| {
        right.get(key).is_some_and(|other| between_values(&place(type_ref, key), value, other))
    })
}

fn between_values(place: &FieldType, left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            // One takes the whole away, or puts another in its place.
            left.get(DIRECTIVE) != right.get(DIRECTIVE) || between_trees(place.type_ref, left, right)
        }
        (Value::Array(left), Value::Array(right)) => between_lists(place, left, right),
        (left, right) => left != right,
    }
}

fn between_lists(place: &FieldType, left: &[Value], right: &[Value]) -> bool {
    let unknown = FieldType { field: None, type_ref: UNKNOWN };
    match place.merged_list() {
        // A list of values that is merged takes in both.
        Some(("", _)) => false,
        Some((key, item)) => {
            let item = FieldType { field: None, type_ref: item };
            left.iter().any(|one| {
                let other = right.iter().find(|other| other.get(key) == one.get(key));
                other.is_some_and(|other| between_values(&item, one, other))
            })
        }
        None if left.len() != right.len() => true,
        None => {
            let sorted = |list: &[Value]| {
                let mut list = list.to_vec();
                if list.iter().all(|value| !value.is_object()) {
                    collections::sort_by_key(&mut list, Value::to_string);
                }
                list
            };
            sorted(left).iter().zip(&sorted(right)).any(|(a, b)| between_values(&unknown, a, b))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn patches_conflict_where_they_give_one_field_two_values() {
        let of = |left: Value, right: Value| are_there(Kind::Deployment, &left, &right);
        assert!(of(json!({"spec": {"replicas": 2}}), json!({"spec": {"replicas": 3}})));
        assert!(!of(json!({"spec": {"replicas": 2}}), json!({"spec": {"replicas": 2, "paused": true}})));
        let container = |name: &str, image: &str| json!({"spec": {"template": {"spec": {"containers": [{"name": name, "image": image}]}}}});
        assert!(of(container("a", "x"), container("a", "y")));
        assert!(!of(container("a", "x"), container("b", "y")));
        let gone =
            json!({"spec": {"template": {"spec": {"containers": [{"name": "a", "$patch": "delete"}]}}}});
        assert!(of(container("a", "x"), gone));
        let finalizers = |name: &str| json!({"metadata": {"finalizers": [name]}});
        assert!(!of(finalizers("a"), finalizers("b")));
        let changed = two_way(Kind::Deployment, &container("a", "x"), &container("a", "y"));
        assert_eq!(changed, container("a", "y"));
    }
}
