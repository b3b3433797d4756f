//! Types of the schema as a state is read by them: each is looked up once, with what is kept of it. A state has the same few
//! types thousands of times.

use crate::base::quantity::Quantity;
use crate::base::rfc3339::parse_rfc3339;
use crate::schema::decode::{go_number, is_left_out, value_when_unset, zero};
use crate::schema::types::{Field, Shape, TypeRef};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;
use yaml::base64;

/// The types that were looked up so far.
#[derive(Debug, Default)]
pub struct Layouts {
    all: Vec<Layout>,
    /// Where each is, by its name in the schema's notation.
    at: BTreeMap<&'static str, usize>,
}

/// A type.
#[derive(Clone, Debug)]
pub enum Layout {
    /// What has no parts.
    Leaf(Shape),
    /// A list of these, and what an item is of which nothing is said.
    List(usize, Rc<Value>),
    /// A map of these, and what a value is of which nothing is said.
    Map(usize, Rc<Value>),
    /// A struct with these fields.
    Struct(Rc<Fields>),
}

/// The fields of a struct.
#[derive(Debug)]
pub struct Fields {
    /// By name.
    all: Vec<FieldLayout>,
    /// Those that are kept and always written, as they are when nothing is said of them.
    pub always: Vec<(&'static str, Value)>,
}

/// A field of a struct.
#[derive(Debug)]
pub struct FieldLayout {
    field: Field,
    /// Its type, if it is kept.
    pub layout: Option<usize>,
    /// What is special about it.
    pub role: Role,
}

/// What is special about a field.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    /// Nothing.
    Plain,
    /// It holds annotations, of which some are kept.
    Annotations,
    /// It is the value of an environment variable.
    Variable,
    /// It says who manages which field.
    ManagedFields,
    /// It is a time by which it is known when a state was taken.
    Time,
}

impl Layouts {
    /// The number of a type. `is_kept`: whether this field of this struct is. `role`: what is special about it.
    pub fn of(&mut self, type_ref: TypeRef, rules: &dyn Rules) -> usize {
        if let Some(at) = self.at.get(type_ref.0) {
            return *at;
        }
        let at = self.all.len();
        // A type may have itself in it.
        self.at.insert(type_ref.0, at);
        self.all.push(Layout::Leaf(Shape::Any));
        self.all[at] = match type_ref.shape() {
            Shape::List(item) => Layout::List(self.of(item, rules), Rc::new(zero(item))),
            Shape::Map(item) => Layout::Map(self.of(item, rules), Rc::new(zero(item))),
            Shape::Struct => Layout::Struct(Rc::new(self.fields(type_ref, rules))),
            leaf => Layout::Leaf(leaf),
        };
        at
    }

    /// The type of that number.
    pub fn get(&self, at: usize) -> &Layout {
        &self.all[at]
    }

    fn fields(&mut self, type_ref: TypeRef, rules: &dyn Rules) -> Fields {
        let mut fields = Fields { all: Vec::new(), always: Vec::new() };
        for field in type_ref.fields() {
            let layout = rules.keeps(type_ref, field.name).then(|| self.of(field.type_ref, rules));
            if layout.is_some()
                && let Some(value) = value_when_unset(&field)
            {
                fields.always.push((field.name, value));
            }
            let shape = field.type_ref.shape();
            let role = rules.role(type_ref, &field, shape);
            fields.all.push(FieldLayout { field, layout, role });
        }
        fields.all.sort_by_key(|field| field.field.name);
        fields
    }
}

/// What is kept of structs.
pub trait Rules {
    /// Whether a field of a struct is kept.
    fn keeps(&self, type_ref: TypeRef, field: &str) -> bool;
    /// What is special about a field of a struct.
    fn role(&self, type_ref: TypeRef, field: &Field, shape: Shape) -> Role;
}

impl Fields {
    /// The field of this name.
    pub fn get(&self, name: &str) -> Option<&FieldLayout> {
        let at = self.all.binary_search_by(|field| field.field.name.cmp(name)).ok()?;
        Some(&self.all[at])
    }
}

impl FieldLayout {
    /// Whether a value is left out when the object is written.
    pub fn is_left_out(&self, value: &Value) -> bool {
        is_left_out(&self.field, value)
    }
}

/// A value of a type without parts, as that type prints it; nothing if it is none of that type. Models the same as
/// [`crate::schema::decode`], which says what is wrong.
pub fn leaf(shape: Shape, value: &Value) -> Option<Value> {
    let integer = || value.as_number().and_then(serde_json::Number::as_i64);
    let is_int32 = || integer().is_some_and(|number| i32::try_from(number).is_ok());
    let fits = match (shape, value) {
        (Shape::Any, _) | (Shape::Text, Value::String(_)) | (Shape::Bool, Value::Bool(_)) => true,
        (Shape::Float, Value::Number(_)) | (Shape::IntOrString, Value::String(_)) => true,
        (Shape::Int64, _) => integer().is_some(),
        (Shape::Int32 | Shape::IntOrString, _) => is_int32(),
        (Shape::Time, Value::String(text)) => return parse_rfc3339(text).ok().map(Value::String),
        (Shape::Bytes, Value::String(text)) => base64::decode(text).is_ok(),
        (Shape::Quantity, _) => {
            let text = match value {
                Value::String(text) => text.trim().to_owned(),
                Value::Number(number) => go_number(number),
                _ => return None,
            };
            return Quantity::parse(&text).ok().map(|quantity| Value::String(quantity.to_string()));
        }
        _ => false,
    };
    fits.then(|| value.clone())
}
