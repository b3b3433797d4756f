//! What a template computes with: values as Go's `reflect` tells them apart.

use super::float::float_text;
use serde_json::{Map, Value};
use std::rc::Rc;

/// A value. Trees are those of the object that is printed.
#[derive(Clone, Debug)]
pub(super) enum Data<'d> {
    /// None at all: a missing key, or `nil`.
    Nothing,
    /// What stands in a map or a list of any type (`interface {}`): the value is there, but may be null.
    Element(&'d Value),
    /// A value of its own type.
    Tree(&'d Value),
    /// A part of a list.
    List(&'d [Value]),
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Rc<str>),
}

/// A value by its type.
pub(super) enum View<'v> {
    Nil,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(&'v str),
    List(&'v [Value]),
    Map(&'v Map<String, Value>),
}

impl<'v> View<'v> {
    pub(super) fn of(value: &'v Value) -> View<'v> {
        match value {
            Value::Null => View::Nil,
            Value::Bool(bool) => View::Bool(*bool),
            Value::Number(number) => match number.as_i64() {
                Some(int) => View::Int(int),
                None => View::Float(number.as_f64().unwrap_or_default()),
            },
            Value::String(text) => View::Text(text),
            Value::Array(items) => View::List(items),
            Value::Object(map) => View::Map(map),
        }
    }

    /// Go's `%v`.
    pub(super) fn text(&self) -> String {
        match self {
            View::Nil => "<nil>".into(),
            View::Bool(true) => "true".into(),
            View::Bool(false) => "false".into(),
            View::Int(int) => int.to_string(),
            View::Float(float) => float_text(*float, 'g', None),
            View::Text(text) => (*text).into(),
            View::List(items) => {
                let items: Vec<String> = items.iter().map(|item| View::of(item).text()).collect();
                ["[", &items.join(" "), "]"].concat()
            }
            View::Map(map) => {
                let entry = |(key, item): (&String, &Value)| [key, ":", &View::of(item).text()].concat();
                ["map[", &map.iter().map(entry).collect::<Vec<_>>().join(" "), "]"].concat()
            }
        }
    }

    /// Go's name of the type.
    pub(super) fn type_name(&self, is_constant: bool) -> &'static str {
        match self {
            View::Nil => "interface {}",
            View::Bool(_) => "bool",
            View::Int(_) if is_constant => "int",
            View::Int(_) => "int64",
            View::Float(_) => "float64",
            View::Text(_) => "string",
            View::List(_) => "[]interface {}",
            View::Map(_) => "map[string]interface {}",
        }
    }

    /// Whether it counts as true: it is not nothing, not zero and not empty.
    pub(super) fn is_true(&self) -> bool {
        match self {
            View::Nil => false,
            View::Bool(bool) => *bool,
            View::Int(int) => *int != 0,
            View::Float(float) => *float != 0.0,
            View::Text(text) => !text.is_empty(),
            View::List(items) => !items.is_empty(),
            View::Map(map) => !map.is_empty(),
        }
    }
}

impl<'d> Data<'d> {
    pub(super) fn text_of(text: impl AsRef<str>) -> Data<'d> {
        Data::Text(Rc::from(text.as_ref()))
    }

    pub(super) fn view(&self) -> View<'_> {
        match self {
            Data::Nothing => View::Nil,
            Data::Element(value) | Data::Tree(value) => View::of(value),
            Data::List(items) => View::List(items),
            Data::Bool(bool) => View::Bool(*bool),
            Data::Int(int) => View::Int(*int),
            Data::Float(float) => View::Float(*float),
            Data::Text(text) => View::Text(text),
        }
    }

    /// Without the `interface {}` in which it stands.
    pub(super) fn unboxed(self) -> Data<'d> {
        match self {
            Data::Element(Value::Null) => Data::Nothing,
            Data::Element(value) => Data::Tree(value),
            other => other,
        }
    }

    pub(super) fn is_nothing(&self) -> bool {
        matches!(self, Data::Nothing)
    }

    /// Go's name of the type of what stands inside an `interface {}`.
    pub(super) fn type_name(&self) -> &'static str {
        self.view().type_name(matches!(self, Data::Int(_)))
    }

    /// Go's name of the type by which it is known.
    pub(super) fn known_type(&self) -> &'static str {
        if matches!(self, Data::Element(_)) { "interface {}" } else { self.type_name() }
    }
}
