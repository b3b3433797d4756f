//! A walk over a tree that knows its path, and the mistakes found on the way.
//!
//! Models k8s.io/apimachinery `pkg/util/validation/field/errors.go`: the texts of field errors.

use std::cell::RefCell;
use std::ops::Range;

use serde_json::{Map, Value, map};
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
#[derive(Clone, Copy)]
pub(super) struct At<'a> {
    pub value: &'a Value,
    pub path: Path<'a>,
}

const NULL: Value = Value::Null;

// Hundreds of checks call these: a copy in each would be a quarter of all code here.
impl<'a> At<'a> {
    pub fn root(value: &'a Value, paths: &'a Paths) -> At<'a> {
        At { value, path: Path { paths, step: ROOT } }
    }

    /// The field; null if it isn't set.
    #[inline(never)]
    pub fn get(&self, name: &'static str) -> At<'a> {
        At { value: self.value.get(name).unwrap_or(&NULL), path: self.path_of(name) }
    }

    /// A map's value; null if there is none.
    #[inline(never)]
    pub fn entry(&self, key: &str) -> At<'a> {
        At { value: self.value.get(key).unwrap_or(&NULL), path: self.path.key(key) }
    }

    /// The path of a field.
    pub fn path_of(&self, name: &'static str) -> Path<'a> {
        self.path.field(name)
    }

    /// The same value, told of under another path.
    pub fn told_as(&self, path: Path<'a>) -> At<'a> {
        At { value: self.value, path }
    }

    pub fn is_set(&self) -> bool {
        !self.value.is_null()
    }

    #[inline(never)]
    pub fn text(&self) -> &'a str {
        self.value.as_str().unwrap_or_default()
    }

    #[inline(never)]
    pub fn int(&self) -> i64 {
        self.value.as_i64().unwrap_or_default()
    }

    #[inline(never)]
    pub fn flag(&self) -> bool {
        self.value.as_bool().unwrap_or_default()
    }

    /// A list's items.
    #[inline(never)]
    pub fn items(&self) -> Items<'a> {
        let list = self.value.as_array().map(Vec::as_slice).unwrap_or_default();
        Items { list, path: self.path, places: 0..list.len() }
    }

    #[inline(never)]
    pub fn is_empty_list(&self) -> bool {
        self.value.as_array().is_none_or(Vec::is_empty)
    }

    /// A map's entries.
    pub fn entries(&self) -> Entries<'a> {
        Entries { entries: self.value.as_object().map(Map::iter), path: self.path }
    }

    /// A map's number of entries.
    pub fn count(&self) -> usize {
        self.value.as_object().map_or(0, Map::len)
    }
}

/// The steps of all paths of a walk, each with the one before it. A path is one number, and no text until there is a
/// mistake to tell: that keeps the checks short, as there are hundreds of them.
#[derive(Default)]
pub(super) struct Paths(RefCell<Vec<(u32, Step)>>);

enum Step {
    /// `.name`
    Field(&'static str),
    /// `.name`, of a name that the object has.
    Name(Box<str>),
    /// `[place]`
    Index(usize),
    /// `[key]`
    Key(Box<str>),
}

/// Before the first step.
const ROOT: u32 = u32::MAX;

/// Where a value is, e.g. `spec.ports[0].port`.
#[derive(Clone, Copy)]
pub(super) struct Path<'a> {
    paths: &'a Paths,
    step: u32,
}

impl<'a> Path<'a> {
    #[inline(never)]
    fn and(self, step: Step) -> Path<'a> {
        let mut steps = self.paths.0.borrow_mut();
        steps.push((self.step, step));
        Path { paths: self.paths, step: steps.len() as u32 - 1 }
    }

    /// A field of what is here.
    pub fn field(self, name: &'static str) -> Path<'a> {
        self.and(Step::Field(name))
    }

    /// As `field`, of a name that the object has.
    pub fn name(self, name: &str) -> Path<'a> {
        self.and(Step::Name(name.into()))
    }

    /// An item of the list that is here.
    pub fn item(self, place: usize) -> Path<'a> {
        self.and(Step::Index(place))
    }

    /// An entry of the map that is here.
    pub fn key(self, key: &str) -> Path<'a> {
        self.and(Step::Key(key.into()))
    }

    /// The path of nothing.
    pub fn root(self) -> Path<'a> {
        Path { step: ROOT, ..self }
    }

    fn write(self, text: &mut String) {
        let steps = self.paths.0.borrow();
        let mut way = Vec::new();
        let mut at = self.step;
        while let Some((before, step)) = steps.get(at as usize) {
            way.push(step);
            at = *before;
        }
        for step in way.into_iter().rev() {
            let name: &str = match step {
                Step::Field(name) => name,
                Step::Name(name) => name,
                Step::Index(place) => {
                    text.extend(["[", &place.to_string(), "]"]);
                    continue;
                }
                Step::Key(key) => {
                    text.extend(["[", key, "]"]);
                    continue;
                }
            };
            if !text.is_empty() {
                text.push('.');
            }
            text.push_str(name);
        }
    }
}

impl std::fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut text = String::new();
        self.write(&mut text);
        f.write_str(&text)
    }
}

/// The items of a list, each with its place.
#[derive(Clone)]
pub(super) struct Items<'a> {
    list: &'a [Value],
    path: Path<'a>,
    places: Range<usize>,
}

impl<'a> Items<'a> {
    #[inline(never)]
    fn at(&self, place: usize) -> At<'a> {
        At { value: &self.list[place], path: self.path.item(place) }
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = At<'a>;

    #[inline(never)]
    fn next(&mut self) -> Option<At<'a>> {
        self.places.next().map(|place| self.at(place))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.places.size_hint()
    }
}

impl DoubleEndedIterator for Items<'_> {
    fn next_back(&mut self) -> Option<Self::Item> {
        self.places.next_back().map(|place| self.at(place))
    }
}

impl ExactSizeIterator for Items<'_> {}

/// The entries of a map.
pub(super) struct Entries<'a> {
    entries: Option<map::Iter<'a>>,
    path: Path<'a>,
}

impl<'a> Iterator for Entries<'a> {
    type Item = (&'a str, At<'a>);

    #[inline(never)]
    fn next(&mut self) -> Option<Self::Item> {
        let (key, value) = self.entries.as_mut()?.next()?;
        Some((key, At { value, path: self.path.key(key) }))
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
    pub fn add(&mut self, field: &Path, message: String) {
        let mut text = String::new();
        field.write(&mut text);
        self.0.push(FieldError { field: text, message });
    }

    fn with_detail(&mut self, field: &Path, what: &str, detail: &str) {
        let colon = if detail.is_empty() { "" } else { ": " };
        self.add(field, format!("{what}{colon}{detail}"));
    }

    pub fn required(&mut self, field: &Path, detail: &str) {
        self.with_detail(field, "Required value", detail);
    }

    pub fn forbidden(&mut self, field: &Path, detail: &str) {
        self.with_detail(field, "Forbidden", detail);
    }

    pub fn invalid(&mut self, at: &At, detail: &str) {
        self.invalid_shown(&at.path, &shown(at.value), detail);
    }

    /// As `invalid`, of a text.
    pub fn invalid_text(&mut self, field: &Path, value: &str, detail: &str) {
        self.invalid_shown(field, &quoted(value), detail);
    }

    /// As `invalid`, of a value that is shown otherwise than the tree has it.
    pub fn invalid_shown(&mut self, field: &Path, value: &str, detail: &str) {
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

    pub fn not_supported_shown(&mut self, field: &Path, value: &str, supported: &[&str]) {
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

    pub fn duplicate(&mut self, field: &Path, value: &str) {
        self.add(field, format!("Duplicate value: {value}"));
    }

    pub fn not_found(&mut self, at: &At) {
        self.add(&at.path, format!("Not found: {}", shown(at.value)));
    }

    pub fn too_long(&mut self, field: &Path, limit: usize) {
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

pub(super) fn required_texts(at: &At, fields: &[&'static str], errors: &mut Errors) {
    for field in fields {
        if at.get(field).text().is_empty() {
            errors.required(&at.path_of(field), "");
        }
    }
}
