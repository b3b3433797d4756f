//! Small helpers to read typed fields out of a decoded tree, and to write them back.
//!
//! Trees that reach these have been through `manifest`'s strict decoding, so a field that is there has the right type;
//! what is absent reads as empty.

use super::{Map, SimTime, Str};
use crate::base::quantity::parse_milli_value;
use serde_json::{Map as Tree, Value};
use std::collections::BTreeMap;
use std::rc::Rc;

/// A field of an object; `Null` if there is none.
pub fn get<'a>(v: &'a Value, field: &str) -> &'a Value {
    v.get(field).unwrap_or(&Value::Null)
}

/// A text field that is there and not empty.
pub fn opt_str(v: &Value, field: &str) -> Option<Str> {
    get(v, field).as_str().filter(|s| !s.is_empty()).map(Str::from)
}

/// A text field; empty if absent.
pub fn str(v: &Value, field: &str) -> Str {
    get(v, field).as_str().unwrap_or_default().into()
}

/// An integer field that is there.
pub fn opt_int(v: &Value, field: &str) -> Option<i64> {
    get(v, field).as_i64()
}

/// An integer field; 0 if absent.
pub fn int(v: &Value, field: &str) -> i64 {
    opt_int(v, field).unwrap_or(0)
}

/// A quantity in thousandths, written as a text or as a number; `None` if it is none or does not fit.
pub fn milli_value(v: &Value) -> Option<i64> {
    match v {
        Value::Number(n) => parse_milli_value(&n.to_string()),
        Value::String(s) => parse_milli_value(s),
        _ => None,
    }
}

/// A tree without `apiVersion`, `kind` and `metadata`.
pub fn without_meta(v: &Value) -> Value {
    let mut v = v.clone();
    if let Some(o) = v.as_object_mut() {
        for field in ["apiVersion", "kind", "metadata"] {
            o.remove(field);
        }
    }
    v
}

/// A boolean field; false if absent.
pub fn bool(v: &Value, field: &str) -> bool {
    get(v, field).as_bool().unwrap_or(false)
}

/// The elements of a list field.
pub fn list<'a>(v: &'a Value, field: &str) -> &'a [Value] {
    get(v, field).as_array().map_or(&[], |a| a.as_slice())
}

/// The texts in a list field.
pub fn strings(v: &Value, field: &str) -> Vec<Str> {
    list(v, field).iter().filter_map(|s| s.as_str()).map(Str::from).collect()
}

/// A map of texts, such as labels.
pub fn map(v: &Value, field: &str) -> Map {
    Rc::new(pairs(get(v, field)))
}

/// The texts of an object.
pub fn pairs(v: &Value) -> BTreeMap<Str, Str> {
    let Some(object) = v.as_object() else { return BTreeMap::new() };
    collections::collect(
        object.iter().map(|(k, v)| (k.as_str().into(), v.as_str().unwrap_or_default().into())),
    )
}

/// A moment.
pub fn time(v: &Value, field: &str) -> Option<SimTime> {
    get(v, field).as_str().and_then(SimTime::parse_rfc3339)
}

/// Builds an object, leaving out what is empty as Go's `omitempty` does.
#[derive(Default)]
pub struct Writer(Tree<String, Value>);

impl Writer {
    /// An empty object.
    pub fn new() -> Writer {
        Writer::default()
    }

    /// A field as it is, even if empty.
    pub fn put(mut self, field: &str, value: impl Into<Value>) -> Writer {
        self.0.insert(field.to_string(), value.into());
        self
    }

    /// A field unless it is null, false, zero, an empty text, list or object.
    pub fn some(self, field: &str, value: impl Into<Value>) -> Writer {
        let value = value.into();
        let empty = match &value {
            Value::Null => true,
            Value::Bool(b) => !b,
            Value::Number(n) => n.as_i64() == Some(0),
            Value::String(s) => s.is_empty(),
            Value::Array(a) => a.is_empty(),
            Value::Object(o) => o.is_empty(),
        };
        if empty { self } else { self.put(field, value) }
    }

    /// A text field unless it is absent or empty.
    pub fn text(self, field: &str, value: Option<&str>) -> Writer {
        self.some(field, value.unwrap_or_default())
    }

    /// A moment, if there is one.
    pub fn time(self, field: &str, at: Option<SimTime>) -> Writer {
        self.some(field, at.map(SimTime::rfc3339))
    }

    /// A map of texts unless it is empty.
    pub fn map(self, field: &str, map: &BTreeMap<Str, Str>) -> Writer {
        self.some(field, map_value(map))
    }

    /// The object.
    pub fn done(self) -> Value {
        Value::Object(self.0)
    }
}

/// A map of texts as a tree.
pub fn map_value(map: &BTreeMap<Str, Str>) -> Value {
    Value::Object(collections::collect(
        map.iter().map(|(k, v)| (k.to_string(), Value::String(v.to_string()))),
    ))
}

/// Texts as a tree.
pub fn strings_value(texts: &[Str]) -> Value {
    Value::Array(texts.iter().map(|s| Value::String(s.to_string())).collect())
}
