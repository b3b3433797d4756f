//! `kubectl explain -o plaintext-openapiv2`: the former layout. Models `k8s.io/kubectl/pkg/explain`: model_printer.go,
//! fields_printer.go and recursive_fields_printer.go.

use super::explain_fields::{TypeAtPath, described, inner, is_required, wrapped};
use crate::api::Kind;
use crate::schema::types::{Field, Shape, TypeRef};

/// A line's end, its indentation included.
const WRAP: usize = 80;
const FIELDS: usize = 3;
const TEXT: usize = 5;

/// What is said of a kind, or of the last of the fields that lead to it.
pub(super) fn text(
    kind: Kind,
    last: Option<&(TypeAtPath, Field)>,
    at: &TypeAtPath,
    about: &str,
    recursive: bool,
) -> String {
    let info = kind.info();
    let mut text = format!("KIND:     {}\nVERSION:  {}\n\n", info.name, info.api_version());
    let has_fields = inner(at.of).shape() == Shape::Struct;
    if let Some((_, field)) = last {
        let word = if has_fields { "RESOURCE:" } else { "FIELD:   " };
        text.push_str(&format!("{word} {} <{}>\n\n", field.name, type_name(field.type_ref)));
    }
    let about = if about.is_empty() { "<empty>" } else { about };
    text.push_str("DESCRIPTION:\n");
    text.push_str(&wrapped(about, TEXT, WRAP - TEXT));
    if has_fields {
        text.push_str("\nFIELDS:\n");
        list(at, recursive, FIELDS, &mut Vec::new(), &mut text);
    }
    text
}

/// The fields below a type, in the order of their names.
fn list(at: &TypeAtPath, recursive: bool, indent: usize, above: &mut Vec<&'static str>, text: &mut String) {
    let of = inner(at.of);
    if of.shape() != Shape::Struct || above.contains(&of.0) {
        return;
    }
    let mut all = of.fields();
    collections::sort_by_key(&mut all, |field| field.name);
    for field in all {
        let required = if !recursive && is_required(of, &field, &at.path) { " -required-" } else { "" };
        let type_name = type_name(field.type_ref);
        text.push_str(&format!("{:indent$}{}\t<{type_name}>{required}\n", "", field.name));
        let path = [&at.path, ".", field.name].concat();
        if recursive {
            above.push(of.0);
            list(&TypeAtPath { of: field.type_ref, path }, true, indent + FIELDS, above, text);
            above.pop();
            continue;
        }
        let about = described(&TypeAtPath { of, path: at.path.clone() }, &field);
        if !about.is_empty() {
            text.push_str(&wrapped(&about, indent + 2, WRAP - indent - 2));
        }
        text.push('\n');
    }
}

fn type_name(of: TypeRef) -> String {
    match of.shape() {
        Shape::Bool => "boolean".into(),
        Shape::Int32 | Shape::Int64 => "integer".into(),
        Shape::Float => "number".into(),
        Shape::Text | Shape::Quantity | Shape::IntOrString | Shape::Time | Shape::Bytes => "string".into(),
        Shape::Any => "map[string]".into(),
        Shape::List(item) => format!("[]{}", type_name(item)),
        Shape::Map(item) => format!("map[string]{}", type_name(item)),
        Shape::Struct => "Object".into(),
    }
}
