//! What the schema knows of a place in an outline.

use super::outline::{Outline, Step};

use crate::api::KINDS;
use crate::api::Kind;
use crate::schema::fields::{self, Known};
use crate::schema::types::{Shape, TypeRef, type_of};

/// What an entry of the outline is in the schema.
pub(super) struct Typed {
    /// `StatefulSet`; empty if it is not known.
    pub kind: &'static str,
    /// `spec.replicas`; of the document, empty.
    pub path: String,
    pub type_ref: TypeRef,
    /// The struct that the field is in, and its name.
    pub field: Option<(TypeRef, &'static str)>,
    /// Whether the simulation heeds it, and all that it is in.
    pub is_simulated: bool,
}

impl Typed {
    /// `StatefulSet.spec.replicas`
    pub fn place(&self) -> String {
        [self.kind, if self.path.is_empty() { "" } else { "." }, &self.path].concat()
    }

    /// What is known of the field itself.
    pub fn known(&self) -> Known {
        let Some((parent, name)) = self.field else { return Known::default() };
        fields::of(parent, name, self.place().rsplit_once('.').map_or("", |(around, _)| around))
    }
}

/// The kind of a document, or of an item of a `List`, as far as it is written, and the entry that is the object.
pub(super) fn object_of(outline: &Outline, entry: usize) -> (usize, Option<Kind>) {
    let way = outline.way_to(entry);
    let is_list = outline.value_of(0, "kind").is_some_and(|kind| kind.ends_with("List"));
    let object = match (is_list, &*way) {
        (true, [items, item, ..]) if outline.entries[*items].step == Step::Field("items".into()) => *item,
        _ => 0,
    };
    let kind = outline.value_of(object, "kind");
    let version = outline.value_of(object, "apiVersion");
    let of_name =
        |kind: &str| KINDS.iter().find(|row| row.kind.is_served() && row.name == kind).map(|row| row.kind);
    // What is at odds is told by the diagnosis; here the kind is what was meant.
    let kind = kind.and_then(|kind| {
        version.and_then(|version| Kind::of_manifest(version, kind)).or_else(|| of_name(kind))
    });
    (object, kind)
}

/// What the schema knows of an entry; nothing if it does not have it.
pub(super) fn typed(outline: &Outline, entry: usize) -> Option<Typed> {
    let (object, kind) = object_of(outline, entry);
    let type_ref = kind.map_or(TypeRef("PodTemplate"), type_of);
    let is_simulated = kind.is_none_or(Kind::is_simulated);
    let name = kind.map_or("", Kind::name);
    let mut typed = Typed { kind: name, path: String::new(), type_ref, field: None, is_simulated };
    let way = outline.way_to(entry);
    let inside = way.iter().skip_while(|&&step| object != 0 && step != object);
    for &step in inside.skip(usize::from(object != 0)) {
        typed = match &outline.entries[step].step {
            Step::Document => typed,
            Step::Item(n) => match typed.type_ref.shape() {
                Shape::List(item) => {
                    let path = [&typed.path, "[", &n.to_string(), "]"].concat();
                    Typed { path, type_ref: item, ..typed }
                }
                _ => return None,
            },
            Step::Field(name) => {
                let path =
                    if typed.path.is_empty() { name.clone() } else { [&typed.path, ".", name].concat() };
                match typed.type_ref.shape() {
                    // Of an object whose kind nobody has named yet, this much is known.
                    Shape::Struct if kind.is_none() && typed.path.is_empty() && name == "template" => {
                        return None;
                    }
                    Shape::Struct => {
                        let field = typed.type_ref.field(name)?;
                        let is_simulated = typed.is_simulated && typed.type_ref.simulates(field.name);
                        Typed {
                            kind: typed.kind,
                            path,
                            type_ref: field.type_ref,
                            field: Some((typed.type_ref, field.name)),
                            is_simulated,
                        }
                    }
                    Shape::Map(value) => Typed { path, type_ref: value, field: None, ..typed },
                    _ => return None,
                }
            }
        };
    }
    Some(typed)
}
