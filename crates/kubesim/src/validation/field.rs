//! A walk over a tree that knows its path, and the mistakes found on the way.
//!
//! Models k8s.io/apimachinery `pkg/util/validation/field/errors.go`: the texts of field errors.

use serde_json::Value;
use yaml::text::{escape_html, quoted};

/// A mistake in one field, in the API server's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldError {
    /// E.g. `spec.ports[0].port`.
    pub field: String,
    /// E.g. `Required value`.
    pub message: String,
}

impl std::fmt::Display for FieldError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.field, self.message)
    }
}

/// The mistakes found so far.
#[derive(Default)]
pub(super) struct Errors(pub Vec<FieldError>);

/// A value and where it is.
#[derive(Clone)]
pub(super) struct At<'a> {
    pub value: &'a Value,
    pub path: String,
}

const NULL: Value = Value::Null;

impl<'a> At<'a> {
    pub fn root(value: &'a Value) -> At<'a> {
        At { value, path: String::new() }
    }

    /// The field; null if it isn't set.
    pub fn get(&self, name: &str) -> At<'a> {
        At { value: self.value.get(name).unwrap_or(&NULL), path: self.path_of(name) }
    }

    /// The path of a field.
    pub fn path_of(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}.{name}", self.path) }
    }

    /// The same value, told of under another path.
    pub fn told_as(&self, path: String) -> At<'a> {
        At { value: self.value, path }
    }

    pub fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    pub fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    pub fn int(&self) -> i64 {
        self.value.as_i64().unwrap_or_default()
    }

    pub fn flag(&self) -> bool {
        self.value.as_bool().unwrap_or_default()
    }

    /// A list's items.
    pub fn items(&self) -> std::vec::IntoIter<At<'a>> {
        let items = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        let item = |(place, value)| At { value, path: format!("{}[{place}]", self.path) };
        items.iter().enumerate().map(item).collect::<Vec<_>>().into_iter()
    }

    pub fn is_empty_list(&self) -> bool {
        self.value.as_array().is_none_or(Vec::is_empty)
    }

    /// A map's entries.
    pub fn entries(&self) -> std::vec::IntoIter<(&'a str, At<'a>)> {
        let entries = self.value.as_object().into_iter().flatten();
        let entry = |(key, value): (&'a String, &'a Value)| {
            (key.as_str(), At { value, path: format!("{}[{key}]", self.path) })
        };
        entries.map(entry).collect::<Vec<_>>().into_iter()
    }

    /// A map's number of entries.
    pub fn count(&self) -> usize {
        self.value.as_object().map_or(0, serde_json::Map::len)
    }
}

/// A value as Go prints it in an error.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        _ => escape_html(&value.to_string()),
    }
}

impl Errors {
    pub fn add(&mut self, field: &str, message: String) {
        self.0.push(FieldError { field: field.to_owned(), message });
    }

    fn with_detail(&mut self, field: &str, what: &str, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add(field, format!("{what}{colon}{detail}"));
    }

    pub fn required(&mut self, field: &str, detail: &str) {
        self.with_detail(field, "Required value", detail);
    }

    pub fn forbidden(&mut self, field: &str, detail: &str) {
        self.with_detail(field, "Forbidden", detail);
    }

    pub fn invalid(&mut self, at: &At, detail: &str) {
        self.invalid_shown(&at.path, &shown(at.value), detail);
    }

    /// As `invalid`, of a text.
    pub fn invalid_text(&mut self, field: &str, value: &str, detail: &str) {
        self.invalid_shown(field, &quoted(value), detail);
    }

    /// As `invalid`, of a value that is shown otherwise than the tree has it.
    pub fn invalid_shown(&mut self, field: &str, value: &str, detail: &str) {
        self.with_detail(field, &format!("Invalid value: {value}"), detail);
    }

    /// As `invalid`, once for each message.
    pub fn all_invalid(&mut self, at: &At, details: Vec<String>) {
        for detail in details {
            self.invalid(at, &detail);
        }
    }

    pub fn not_supported(&mut self, at: &At, supported: &[&str]) {
        self.not_supported_shown(&at.path, &shown(at.value), supported);
    }

    pub fn not_supported_shown(&mut self, field: &str, value: &str, supported: &[&str]) {
        let supported: Vec<String> = supported.iter().map(|value| quoted(value)).collect();
        self.add(field, format!("Unsupported value: {value}: supported values: {}", supported.join(", ")));
    }

    /// One of these, or the mistake is told; unset is another mistake.
    pub fn one_of(&mut self, at: &At, supported: &[&str]) {
        if at.text().is_empty() {
            self.required(&at.path, "");
        } else if !supported.contains(&at.text()) {
            self.not_supported(at, supported);
        }
    }

    pub fn duplicate(&mut self, field: &str, value: &str) {
        self.add(field, format!("Duplicate value: {value}"));
    }

    pub fn not_found(&mut self, at: &At) {
        self.add(&at.path, format!("Not found: {}", shown(at.value)));
    }

    pub fn too_long(&mut self, field: &str, limit: usize) {
        self.add(field, format!("Too long: may not be more than {limit} bytes"));
    }

    /// A list that may not have more items than this.
    pub fn too_many(&mut self, list: &At, limit: usize) {
        let count = list.items().len();
        if count > limit {
            self.add(&list.path, format!("Too many: {count}: must have at most {limit} items"));
        }
    }

    pub fn nonnegative(&mut self, at: &At) {
        if at.int() < 0 {
            self.invalid(at, "must be greater than or equal to 0");
        }
    }

    /// A number in a field that needs one between these two.
    pub fn in_range(&mut self, at: &At, low: i64, high: i64) {
        if !(low..=high).contains(&at.int()) {
            self.invalid(at, &format!("must be between {low} and {high}, inclusive"));
        }
    }

    pub fn immutable(&mut self, new: &At, old: &At, shown: &str) {
        if new.value != old.value {
            self.invalid_shown(&new.path, shown, "field is immutable");
        }
    }
}

pub(super) fn required_texts(at: &At, fields: &[&str], errors: &mut Errors) {
    for field in fields {
        if at.get(field).text().is_empty() {
            errors.required(&at.path_of(field), "");
        }
    }
}
