//! A row, the columns that make it, and cells that several kinds have.

use super::cell::{age, at, labels, or, text, texts, texts_of_field};
use crate::api::read::{get, list};
use crate::api::{LabelSelector, Object, SimTime, Span};
use serde_json::Value;
use std::cell::OnceCell;

/// What a column shows.
pub(super) enum Cell {
    /// The object's name.
    Name,
    /// How old the object is.
    Age,
    /// A text in which `{path.to.field:default}` stands for a field of the object.
    Fields(&'static str),
    /// A value at a path, shown by a function.
    At(fn(&Value) -> String, &'static str),
    /// What can't be read from one field.
    Of(fn(&Row) -> String),
}

/// A column of a kind's table.
pub(super) struct Column {
    pub(super) header: &'static str,
    /// Only with `-o wide`.
    pub(super) wide: bool,
    cell: Cell,
}

pub(super) const NAME: Column = Column { header: "NAME", wide: false, cell: Cell::Name };
pub(super) const AGE: Column = Column { header: "AGE", wide: false, cell: Cell::Age };

pub(super) const fn field(header: &'static str, fields: &'static str) -> Column {
    Column { header, wide: false, cell: Cell::Fields(fields) }
}

pub(super) const fn at_path(header: &'static str, show: fn(&Value) -> String, path: &'static str) -> Column {
    Column { header, wide: false, cell: Cell::At(show, path) }
}

pub(super) const fn of(header: &'static str, show: fn(&Row) -> String) -> Column {
    Column { header, wide: false, cell: Cell::Of(show) }
}

pub(super) const fn wide(column: Column) -> Column {
    Column { wide: true, ..column }
}

/// An object to print a row of.
pub struct Row<'a> {
    /// What the row is of.
    pub object: &'a Object,
    /// The present.
    pub now: SimTime,
    tree: OnceCell<Value>,
}

impl<'a> Row<'a> {
    /// A row for this object.
    pub fn new(object: &'a Object, now: SimTime) -> Row<'a> {
        Row { object, now, tree: OnceCell::new() }
    }

    /// The cell of a column. `kind_prefix` is put before the name, such as `pod/`.
    pub(super) fn cell(&self, column: &Column, kind_prefix: &str) -> String {
        let cell = match &column.cell {
            Cell::Name => self.object.meta.name.to_string(),
            Cell::Age => self.age(),
            Cell::Fields(fields) => self.expand(fields),
            Cell::At(show, path) => show(self.at(path)),
            Cell::Of(show) => show(self),
        };
        if column.header == "NAME" { [kind_prefix, &cell].concat() } else { cell }
    }

    /// The object as a tree.
    pub fn tree(&self) -> &Value {
        self.tree.get_or_init(|| self.object.to_value())
    }

    /// A field of the object.
    pub fn at(&self, path: &str) -> &Value {
        at(self.tree(), path)
    }

    /// The object's `spec`.
    pub fn spec(&self) -> &Value {
        get(self.tree(), "spec")
    }

    /// How old the object is.
    pub fn age(&self) -> String {
        age(self.object.meta.creation_timestamp, self.now)
    }

    /// The text with fields of the object in place of `{path.to.field:default}`.
    pub fn expand(&self, fields: &str) -> String {
        let mut out = String::new();
        let mut rest = fields;
        while let Some((before, after)) = rest.split_once('{') {
            let (what, after) = after.split_once('}').unwrap_or((after, ""));
            let (path, default) = what.split_once(':').unwrap_or((what, ""));
            out.push_str(before);
            out.push_str(&or(text(self.at(path)), default));
            rest = after;
        }
        out.push_str(rest);
        out
    }
}

/// The names of a pod template's containers.
pub(super) fn containers(template: &Value) -> String {
    texts_of_field(list(get(template, "spec"), "containers"), "name")
}

/// The images of a pod template's containers.
pub(super) fn images(template: &Value) -> String {
    texts_of_field(list(get(template, "spec"), "containers"), "image")
}

/// Labels, or `<none>`.
pub fn labels_or_none(map: &Value) -> String {
    or(labels(map), "<none>")
}

/// A label selector, or `<none>`.
pub fn selector(selector: &Value) -> String {
    or(LabelSelector::from_value(selector).to_string(), "<none>")
}

/// `True`, `False` or `<unset>`.
pub fn boolean(value: &Value) -> String {
    match value.as_bool() {
        Some(true) => "True".into(),
        Some(false) => "False".into(),
        None => "<unset>".into(),
    }
}

/// How many items a list has.
pub(super) fn count(items: &Value) -> String {
    items.as_array().map_or(0, Vec::len).to_string()
}

/// A duration that is given in seconds.
pub(super) fn seconds(value: &Value) -> String {
    value.as_i64().map_or("<none>".into(), |seconds| Span::seconds(seconds).to_string())
}

/// The texts of a list.
pub(super) fn texts_of(items: &Value) -> String {
    texts(items.as_array().map_or(&[], Vec::as_slice))
}

/// The phase, or that the object is about to go.
pub(super) fn phase(row: &Row) -> String {
    if row.object.meta.is_terminating() { "Terminating".into() } else { text(row.at("status.phase")) }
}

/// Whether it is the class for objects that name none.
pub fn is_default(object: &Object) -> bool {
    object.meta.annotations.iter().any(|(name, value)| {
        let class = name.strip_suffix(".kubernetes.io/is-default-class");
        &**value == "true" && matches!(class, Some("storageclass" | "storageclass.beta" | "ingressclass"))
    })
}

/// A class's name, and whether it is the default one.
pub(super) fn default_name(row: &Row) -> String {
    let default = if is_default(row.object) { " (default)" } else { "" };
    [&*row.object.meta.name, default].concat()
}
