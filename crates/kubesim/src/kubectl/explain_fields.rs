//! What `kubectl explain` says of fields, in both of its layouts.

use crate::schema::fields;
use crate::schema::types::{Field, Kept, Shape, TypeRef};

/// A type where it stands.
pub(super) struct TypeAtPath {
    pub(super) of: TypeRef,
    /// The way to it, the kind first.
    pub(super) path: String,
}

/// The struct in a list or a map, or the type itself.
pub(super) fn inner(of: TypeRef) -> TypeRef {
    match of.shape() {
        Shape::List(item) | Shape::Map(item) => inner(item),
        _ => of,
    }
}

/// Whether an object without the field is refused: a list is always written, and optional all the same.
pub(super) fn is_required(of: TypeRef, field: &Field, path: &str) -> bool {
    matches!(field.kept, Kept::Always | Kept::PointerAlways) && fields::of(of, field.name, path).is_required
}

/// What a field means, what it is by default, and where there is more about it.
pub(super) fn described(parent: &TypeAtPath, field: &Field) -> String {
    let known = fields::of(inner(parent.of), field.name, &parent.path);
    let mut text = known.text.to_string();
    if !text.is_empty() && !known.default.is_empty() {
        text.push_str(&[" Defaults to ", known.default, "."].concat());
    }
    if !text.is_empty() && !known.link.is_empty() {
        text.push_str(&[" More info: https://kubernetes.io", known.link].concat());
    }
    text
}

/// A text in lines of so many characters, so far from the left.
pub(super) fn wrapped(text: &str, spaces: usize, width: usize) -> String {
    let indent = " ".repeat(spaces);
    let mut lines = String::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
            lines.push_str(&[&indent, &*line, "\n"].concat());
            line.clear();
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push_str(&[&indent, &*line, "\n"].concat());
    lines
}
