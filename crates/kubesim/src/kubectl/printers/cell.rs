//! Texts of cells.

use crate::api::SimTime;
use crate::api::read::get;
use serde_json::Value;

/// A field of a field of … an object.
pub fn at<'a>(tree: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(tree, get)
}

/// A value as a cell shows it: lists with commas, nothing for what isn't there.
pub fn text(v: &Value) -> String {
    match v {
        Value::Null => String::new(),
        Value::String(s) => s.clone(),
        Value::Array(a) => a.iter().map(text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

/// `app=flask,tier=web`
pub fn labels(map: &Value) -> String {
    let pairs = map.as_object().into_iter().flatten();
    pairs.map(|(k, v)| format!("{k}={}", text(v))).collect::<Vec<_>>().join(",")
}

/// The text, or another one if it is empty.
pub fn or(text: String, default: &str) -> String {
    if text.is_empty() { default.to_string() } else { text }
}

/// The first few, and how many more there are.
pub fn some_and_more(mut all: Vec<String>, max: usize) -> String {
    let more = all.len().saturating_sub(max);
    all.truncate(max);
    let shown = all.join(",");
    if more > 0 { format!("{shown} + {more} more...") } else { shown }
}

/// How long ago, as kubectl prints it.
pub fn age(since: SimTime, now: SimTime) -> String {
    (now - since).to_string()
}

/// The texts of a list's items, with commas.
pub(super) fn texts(values: &[Value]) -> String {
    values.iter().map(text).collect::<Vec<_>>().join(",")
}

/// One field of each item, with commas.
pub(super) fn texts_of_field(items: &[Value], field: &str) -> String {
    items.iter().map(|i| text(get(i, field))).collect::<Vec<_>>().join(",")
}

/// `2/3`-like pairs of two fields: `kind/name`, `namespace/name`.
pub(super) fn slashed(of: &Value, before: &str, after: &str) -> String {
    [text(get(of, before)), text(get(of, after))].join("/")
}
