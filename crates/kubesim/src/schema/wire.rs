//! Objects as the API server sends them: JSON with the fields in the order in which Go's types declare them, kind and version
//! first. Models what Go's `encoding/json` makes of `k8s.io/api`'s types.

use super::types::{Shape, TypeRef, type_of};
use crate::api::{Kind, Object};
use serde_json::Value;
use std::rc::Rc;
use yaml::text::escape_html;

/// An object of a kind, or an item of a list, which has neither kind nor version.
pub fn object(kind: Kind, tree: &Value) -> String {
    let mut text = String::new();
    write(type_of(kind), tree, &mut text);
    text
}

/// A list of objects, on a line of its own. Its own metadata have Go's order, too.
pub fn list(kind: Kind, objects: &[Rc<Object>], metadata: &Value) -> String {
    let items: Vec<String> = objects
        .iter()
        .map(|item| {
            let mut tree = item.to_value();
            if let Some(fields) = tree.as_object_mut() {
                fields.remove("apiVersion");
                fields.remove("kind");
            }
            object(kind, &tree)
        })
        .collect();
    let (name, version) = (kind.name(), kind.info().api_version());
    format!(
        "{{\"kind\":\"{name}List\",\"apiVersion\":\"{version}\",\"metadata\":{},\"items\":[{}]}}\n",
        list_metadata(metadata),
        items.join(",")
    )
}

/// A list's metadata.
pub fn list_metadata(metadata: &Value) -> String {
    let fields = ["resourceVersion", "continue", "remainingItemCount"];
    let known = fields.iter().filter_map(|name| Some(format!("\"{name}\":{}", metadata.get(name)?)));
    format!("{{{}}}", known.collect::<Vec<_>>().join(","))
}

/// An object's metadata.
pub fn metadata(tree: &Value) -> String {
    let mut text = String::new();
    write(TypeRef("ObjectMeta"), tree, &mut text);
    text
}

fn write(of: TypeRef, value: &Value, out: &mut String) {
    match (of.shape(), value) {
        (Shape::List(item), Value::Array(items)) => {
            between(items.iter(), '[', ']', out, |value, out| write(item, value, out));
        }
        (Shape::Map(item), Value::Object(entries)) => {
            between(entries.iter(), '{', '}', out, |(name, value), out| {
                named(name, out);
                write(item, value, out);
            });
        }
        (Shape::Struct, Value::Object(entries)) => {
            let mut fields: Vec<(&str, TypeRef, &Value)> = ["kind", "apiVersion"]
                .into_iter()
                .filter(|_| entries.contains_key("metadata"))
                .filter_map(|name| Some((name, TypeRef("s"), entries.get(name)?)))
                .collect();
            for field in of.fields() {
                if let Some(value) = entries.get(field.name)
                    && !fields.iter().any(|(name, ..)| *name == field.name)
                {
                    fields.push((field.name, field.type_ref, value));
                }
            }
            // What the table does not know comes last.
            let known: Vec<&str> = fields.iter().map(|(name, ..)| *name).collect();
            let others = entries.iter().filter(|(name, _)| !known.contains(&name.as_str()));
            fields.extend(others.map(|(name, value)| (name.as_str(), TypeRef("r"), value)));
            between(fields.into_iter(), '{', '}', out, |(name, type_ref, value), out| {
                named(name, out);
                write(type_ref, value, out);
            });
        }
        _ => out.push_str(&escape_html(&value.to_string())),
    }
}

fn named(name: &str, out: &mut String) {
    out.push_str(&escape_html(&Value::from(name).to_string()));
    out.push(':');
}

/// What stands between brackets, with commas.
fn between<T>(
    items: impl Iterator<Item = T>,
    open: char,
    close: char,
    out: &mut String,
    write: impl Fn(T, &mut String),
) {
    out.push(open);
    for (n, item) in items.enumerate() {
        if n > 0 {
            out.push(',');
        }
        write(item, out);
    }
    out.push(close);
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn fields_stand_in_the_order_of_gos_types() {
        let tree = json!({"apiVersion": "v1", "kind": "ConfigMap", "data": {"b": "<", "a": "x"},
            "metadata": {"uid": "u", "namespace": "default", "name": "c", "labels": {"z": "1", "y": "2"}}});
        assert_eq!(
            object(Kind::ConfigMap, &tree),
            "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"c\",\"namespace\":\"default\",\
             \"uid\":\"u\",\"labels\":{\"y\":\"2\",\"z\":\"1\"}},\"data\":{\"a\":\"x\",\"b\":\"\\u003c\"}}"
        );
        let pod = json!({"spec": {"nodeName": "n", "containers": [{"image": "i", "name": "c"}]}, "metadata": {"name": "p"}});
        assert_eq!(
            object(Kind::Pod, &pod),
            "{\"metadata\":{\"name\":\"p\"},\"spec\":{\"containers\":[{\"name\":\"c\",\"image\":\"i\"}],\"nodeName\":\"n\"}}"
        );
    }
}
