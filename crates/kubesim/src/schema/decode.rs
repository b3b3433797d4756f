//! A tree → the tree that a typed object would print: fields checked against the table, types enforced, amounts in
//! canonical form, empty fields dropped.
//!
//! Models sigs.k8s.io/json (Go's encoding/json, case sensitive and strict) over Kubernetes' Go types, and what a round
//! trip through these leaves: the words, the order and the precedence of the mistakes are theirs.

use std::fmt::Write as _;

use serde_json::{Map, Value};
use yaml::base64;

use super::types::{Field, Kept, Shape, TypeRef, type_of};
use crate::api::Kind;
use crate::base::quantity::Quantity;
use crate::base::rfc3339;

/// As sigs.k8s.io/json: no more mistakes than this are told.
const MAX_STRICT_ERRORS: usize = 100;

/// A mistake in one field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// In the API server's words, e.g. `unknown field "spec.foo"`.
    pub message: String,
    /// The field, e.g. `spec.containers[0].foo`.
    pub path: String,
}

/// What became of a tree.
#[derive(Debug)]
pub struct Decoded {
    /// The object as its Go type would print it; without meaning if there is an `error`.
    pub value: Value,
    /// The first field of a wrong type.
    pub error: Option<DecodeError>,
    /// Unknown fields, in the order of the text.
    pub unknown: Vec<DecodeError>,
}

impl Decoded {
    /// The refusal of a request with `fieldValidation: strict`, without the object's kind in front.
    pub fn refusal(&self) -> Option<String> {
        if let Some(error) = &self.error {
            return Some(error.message.clone());
        }
        let first = self.unknown.first()?;
        let mut text = format!("strict decoding error: {}", first.message);
        for error in &self.unknown[1..] {
            let _ = write!(text, ", {}", error.message);
        }
        Some(text)
    }
}

/// Reads `value` as an object of the kind.
pub fn decode(kind: Kind, value: &Value) -> Decoded {
    decode_type(type_of(kind), value)
}

pub(crate) fn decode_type(type_ref: TypeRef, value: &Value) -> Decoded {
    let mut decoder = Decoder::default();
    let value = decoder.value(type_ref, value).unwrap_or(Value::Null);
    Decoded { value, error: decoder.fatal.or(decoder.saved), unknown: decoder.unknown }
}

/// What kubectl itself finds wrong in an object's metadata. Models cli-runtime's metadata_decoder.go.
pub(crate) fn metadata_error(metadata: &Value) -> Option<DecodeError> {
    let mut decoder = Decoder {
        go_path: vec!["metadata"],
        go_struct: "metadataOnlyObject",
        path: "metadata".to_owned(),
        ..Decoder::default()
    };
    let _ = decoder.value(TypeRef("ObjectMeta"), metadata);
    decoder.fatal.or(decoder.saved)
}

#[derive(Default)]
struct Decoder {
    /// The names of the fields on the way, as Go joins them (no indices, embedded structs by name).
    go_path: Vec<&'static str>,
    /// The struct that the last field belongs to.
    go_struct: &'static str,
    path: String,
    saved: Option<DecodeError>,
    /// An error of a type that reads itself ends the decoding.
    fatal: Option<DecodeError>,
    unknown: Vec<DecodeError>,
}

/// Decoding has ended early.
struct Ended;

fn json_kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

/// A number as Go's JSON writes it.
pub(crate) fn go_number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(value) if number.is_f64() && value != 0.0 && !(1e-6..1e21).contains(&value.abs()) => {
            let text = format!("{value:e}");
            if text.contains("e-") { text } else { text.replace('e', "e+") }
        }
        Some(value) if number.is_f64() => value.to_string(),
        _ => number.to_string(),
    }
}

impl Decoder {
    fn type_error(&self, found: &str, type_name: &str) -> DecodeError {
        let mut message = format!("json: cannot unmarshal {found} into Go ");
        if self.go_path.is_empty() {
            let _ = write!(message, "value of type {type_name}");
        } else {
            let _ = write!(
                message,
                "struct field {}.{} of type {type_name}",
                self.go_struct,
                self.go_path.join(".")
            );
        }
        DecodeError { message, path: self.path.clone() }
    }

    fn save(&mut self, found: &str, type_name: &str) {
        if self.saved.is_none() {
            self.saved = Some(self.type_error(found, type_name));
        }
    }

    fn end<T>(&mut self, message: String) -> Result<T, Ended> {
        self.fatal = Some(DecodeError { message, path: self.path.clone() });
        Err(Ended)
    }

    /// The value as the type prints it. Null is what is not set.
    fn value(&mut self, type_ref: TypeRef, value: &Value) -> Result<Value, Ended> {
        if value.is_null() {
            return Ok(Value::Null);
        }
        let found = json_kind(value);
        match (type_ref.shape(), value) {
            (Shape::Any, _) | (Shape::Text, Value::String(_)) | (Shape::Bool, Value::Bool(_)) => {
                Ok(value.clone())
            }
            (Shape::Float, Value::Number(_)) => Ok(value.clone()),
            (Shape::Int32 | Shape::Int64, Value::Number(number)) => {
                let fits =
                    number.as_i64().filter(|v| type_ref.shape() == Shape::Int64 || i32::try_from(*v).is_ok());
                if fits.is_none() {
                    self.save(&format!("number {}", go_number(number)), &type_ref.go_name());
                }
                Ok(value.clone())
            }
            (Shape::Quantity, _) => self.quantity(value),
            (Shape::IntOrString, Value::String(_)) => Ok(value.clone()),
            (Shape::IntOrString, _) => {
                let found = match value {
                    Value::Number(number) if number.as_i64().is_some_and(|v| i32::try_from(v).is_ok()) => {
                        return Ok(value.clone());
                    }
                    Value::Number(number) => format!("number {}", go_number(number)),
                    _ => found.to_owned(),
                };
                let message = self.type_error(&found, "int32").message;
                self.end(message)
            }
            (Shape::Time, Value::String(text)) => match rfc3339::parse_rfc3339(text) {
                Ok(canonical) => Ok(Value::String(canonical)),
                Err(message) => self.end(message),
            },
            (Shape::Time, _) => {
                let message = self.type_error(found, "string").message;
                self.end(message)
            }
            (Shape::Bytes, Value::String(text)) => {
                if let (Err(offset), None) = (base64::decode(text), &self.saved) {
                    let message = format!("illegal base64 data at input byte {offset}");
                    self.saved = Some(DecodeError { message, path: self.path.clone() });
                }
                Ok(value.clone())
            }
            (Shape::List(item), Value::Array(items)) => self.list(item, items),
            (Shape::Map(item), Value::Object(map)) => self.map(item, map),
            (Shape::Struct, Value::Object(map)) => self.object(type_ref, map),
            _ => {
                self.save(found, &type_ref.go_name());
                Ok(Value::Null)
            }
        }
    }

    /// Models quantity.go: UnmarshalJSON, which takes a string or a bare number.
    fn quantity(&mut self, value: &Value) -> Result<Value, Ended> {
        let text = match value {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => go_number(number),
            Value::Bool(value) => value.to_string(),
            _ => "{".to_owned(),
        };
        match Quantity::parse(&text) {
            Ok(quantity) => Ok(Value::String(quantity.to_string())),
            Err(message) => self.end(message.to_owned()),
        }
    }

    fn list(&mut self, item: TypeRef, items: &[Value]) -> Result<Value, Ended> {
        let length = self.path.len();
        let mut list = Vec::with_capacity(items.len());
        for (place, value) in items.iter().enumerate() {
            let _ = write!(self.path, "[{place}]");
            let value = self.value(item, value)?;
            list.push(if value.is_null() { zero(item) } else { value });
            self.path.truncate(length);
        }
        Ok(Value::Array(list))
    }

    fn map(&mut self, item: TypeRef, map: &Map<String, Value>) -> Result<Value, Ended> {
        let length = self.path.len();
        let mut decoded = Map::new();
        for (key, value) in map {
            self.push_key(key);
            let value = self.value(item, value)?;
            decoded.insert(key.clone(), if value.is_null() { zero(item) } else { value });
            self.path.truncate(length);
        }
        Ok(Value::Object(decoded))
    }

    fn push_key(&mut self, key: &str) {
        if !self.path.is_empty() {
            self.path.push('.');
        }
        self.path.push_str(key);
    }

    fn object(&mut self, type_ref: TypeRef, map: &Map<String, Value>) -> Result<Value, Ended> {
        let length = self.path.len();
        let go_length = self.go_path.len();
        let go_struct = self.go_struct;
        let mut decoded = Map::new();
        for (key, value) in map {
            self.push_key(key);
            if let Some(field) = type_ref.field(key) {
                self.go_path.extend(field.embedded_in);
                self.go_path.push(field.name);
                self.go_struct = type_ref.struct_name();
                let value = self.value(field.type_ref, value)?;
                if !value.is_null() {
                    decoded.insert(key.clone(), value);
                }
                self.go_path.truncate(go_length);
                self.go_struct = go_struct;
            } else if self.unknown.len() < MAX_STRICT_ERRORS {
                let message = format!("unknown field {:?}", self.path);
                self.unknown.push(DecodeError { message, path: self.path.clone() });
            }
            self.path.truncate(length);
        }
        settle(type_ref, &mut decoded);
        Ok(Value::Object(decoded))
    }
}

/// Drops what the Go type leaves out and adds what it always writes.
fn settle(type_ref: TypeRef, map: &mut Map<String, Value>) {
    for field in type_ref.fields() {
        match map.get(field.name) {
            Some(value) => {
                if is_left_out(&field, value) {
                    map.remove(field.name);
                }
            }
            None => {
                if let Some(value) = value_when_unset(&field) {
                    map.insert(field.name.to_owned(), value);
                }
            }
        }
    }
}

/// Whether Go's `omitempty` knows an empty value of the type.
fn can_be_empty(shape: Shape) -> bool {
    !matches!(shape, Shape::Struct | Shape::Quantity | Shape::IntOrString | Shape::Time | Shape::Any)
}

/// Whether a field with this value is left out when its object is written. Within whoever asks: one of them runs before the first pod
/// is there, the other is loaded when it is wanted.
#[inline(always)]
pub(crate) fn is_left_out(field: &Field, value: &Value) -> bool {
    let is_empty = match value {
        Value::Null => true,
        Value::Bool(value) => !value,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(map) => map.is_empty(),
    };
    match field.kept {
        Kept::OmitEmpty => is_empty && can_be_empty(field.type_ref.shape()),
        Kept::OmitZero => is_empty,
        Kept::Pointer | Kept::Always | Kept::PointerAlways => false,
    }
}

pub(crate) fn value_when_unset(field: &Field) -> Option<Value> {
    match field.kept {
        Kept::Pointer | Kept::OmitZero => None,
        Kept::PointerAlways => Some(Value::Null),
        Kept::Always => Some(zero(field.type_ref)),
        Kept::OmitEmpty if can_be_empty(field.type_ref.shape()) => None,
        Kept::OmitEmpty if field.type_ref.shape() == Shape::Any => None,
        Kept::OmitEmpty => Some(zero(field.type_ref)),
    }
}

/// What a Go variable of the type holds when nothing was stored in it.
pub(crate) fn zero(type_ref: TypeRef) -> Value {
    match type_ref.shape() {
        Shape::Text => Value::String(String::new()),
        Shape::Bool => Value::Bool(false),
        Shape::Int32 | Shape::Int64 | Shape::Float | Shape::IntOrString => Value::from(0),
        Shape::Quantity => Value::String("0".to_owned()),
        Shape::Time | Shape::Bytes | Shape::Any | Shape::List(_) | Shape::Map(_) => Value::Null,
        Shape::Struct => {
            let mut map = Map::new();
            settle(type_ref, &mut map);
            Value::Object(map)
        }
    }
}
