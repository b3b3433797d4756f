//! What fields mean, which of them objects need, what they are by default, and which values they can have.
//!
//! The tables are written by hand: `fields.txt` and `values.txt`, whose heads tell the notation. Only who asks for help
//! needs them: on the page they are loaded late.
//!
//! `of` answers for an editor's help and for `kubectl explain` alike: `of(TypeRef("StatefulSetSpec"), "replicas",
//! "StatefulSet.spec")`. `type_name` is the type as `explain` prints it, and `values` are an enumeration's.

use super::types::{Kept, Shape, TypeRef};

/// What is known of a field beside its type.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Known {
    /// Whether an object without it is refused.
    pub is_required: bool,
    /// Whether a cluster writes it.
    pub by_cluster: bool,
    /// What it is if it is left out.
    pub default: &'static str,
    /// What it means.
    pub text: &'static str,
    /// Where kubernetes.io has more.
    pub link: &'static str,
}

const FIELDS: &str = include_str!("fields.txt");
const VALUES: &str = include_str!("values.txt");

/// The row of a table that begins with this name, without it.
fn row(table: &'static str, name: &str) -> Option<&'static str> {
    table.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

fn read(row: &'static str) -> Known {
    let mut columns = row.split('|').map(str::trim);
    let mut next = || columns.next().unwrap_or_default();
    let (flag, default, text, link) = (next(), next(), next(), next());
    Known { is_required: flag == "!", by_cluster: flag == "-", default, text, link }
}

/// What is known of a field of a type. The path is that of the struct it stands in, with the kind before it: empty, or
/// `StatefulSet.spec.template.spec.containers[0]`; items' numbers may be left out.
pub(crate) fn of(parent: TypeRef, name: &str, path: &str) -> Known {
    let struct_type = parent.field(name).and_then(|field| field.embedded_in).unwrap_or(parent.struct_name());
    let is_index = |c: char| c == '[' || c == ']' || c.is_ascii_digit();
    let steps: Vec<&str> = path.split('.').map(|step| step.trim_end_matches(is_index)).collect();
    // What a field means depends on where it stands, now and then.
    let near = (1..=3).rev().filter_map(|count| {
        let from = steps.len().checked_sub(count)?;
        row(FIELDS, &[&steps[from..].join("."), ".", name].concat())
    });
    let own = || row(FIELDS, &[struct_type, ".", name].concat());
    let Some(known) = { near }.next().or_else(own).map(read) else {
        let kept = parent.field(name).map(|field| field.kept);
        return Known {
            is_required: matches!(kept, Some(Kept::Always | Kept::PointerAlways)),
            ..Known::default()
        };
    };
    if known.link.is_empty() {
        return Known { link: row(FIELDS, &[struct_type, ".*"].concat()).unwrap_or_default(), ..known };
    }
    known
}

/// The values that a field of this type can have, or the names in it, with spaces between them; empty if anything can be there.
pub(crate) fn values(parent: TypeRef, name: &str, type_ref: TypeRef) -> &'static str {
    let of_type = || row(VALUES, type_ref.0.trim_start_matches(['[', '$', '#']));
    row(VALUES, &[parent.struct_name(), ".", name].concat()).or_else(of_type).unwrap_or_default()
}

/// What a value of this type means.
pub(crate) fn of_value(type_ref: TypeRef, value: &str) -> &'static str {
    row(FIELDS, &[type_ref.0.trim_start_matches(['[', '$']), "=", value].concat())
        .map_or("", |row| read(row).text)
}

/// A type as `kubectl explain` names it.
pub(crate) fn type_name(type_ref: TypeRef) -> String {
    ["<", &plain_name(type_ref), ">"].concat()
}

fn plain_name(type_ref: TypeRef) -> String {
    match type_ref.shape() {
        Shape::Text | Shape::Time | Shape::Bytes => "string".to_owned(),
        Shape::Bool => "boolean".to_owned(),
        Shape::Int32 | Shape::Int64 => "integer".to_owned(),
        Shape::Float => "number".to_owned(),
        Shape::Quantity => "Quantity".to_owned(),
        Shape::IntOrString => "IntOrString".to_owned(),
        Shape::Any => "Object".to_owned(),
        Shape::List(item) => ["[]", &plain_name(item)].concat(),
        Shape::Map(value) => ["map[string]", &plain_name(value)].concat(),
        Shape::Struct => type_ref.struct_name().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::types::type_of;
    use std::collections::BTreeSet;

    fn rows(table: &'static str) -> impl Iterator<Item = (&'static str, &'static str)> {
        table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split_once(' ').expect("a name"))
    }

    #[test]
    fn every_row_is_about_something_that_exists() {
        let mut names = BTreeSet::new();
        for (name, rest) in rows(FIELDS) {
            assert!(names.insert(name), "{name} comes twice");
            let known = read(rest);
            if let Some((of, value)) = name.split_once('=') {
                let values = row(VALUES, of).unwrap_or_else(|| panic!("{of} has no values"));
                assert!(values.split(' ').any(|known| known == value), "{name}");
                assert!(known.text.ends_with('.'), "{name}");
                continue;
            }
            let (of, field) = name.rsplit_once('.').expect("a field");
            if field == "*" {
                assert!(rest.starts_with("/docs/") && !TypeRef(of).fields().is_empty(), "{name}");
                continue;
            }
            assert!(known.text.ends_with('.') && !known.text.contains('|'), "{name}: {rest}");
            assert!(known.link.is_empty() || known.link.starts_with("/docs/"), "{name}: {rest}");
            assert!(
                ["", "!", "-"].contains(&rest.split('|').next().unwrap_or_default().trim()),
                "{name}: {rest}"
            );
            let is_type = of.starts_with(|c: char| c.is_uppercase());
            assert!(!is_type || of.contains('.') || TypeRef(of).field(field).is_some(), "{name} is no field");
        }
    }

    #[test]
    fn the_default_of_what_has_only_some_values_is_one_of_them() {
        for (name, rest) in rows(FIELDS) {
            let Some((of, field)) = name.split_once('.') else { continue };
            let Some(known) = TypeRef(of).field(field) else { continue };
            let (values, default) = (values(TypeRef(of), field, known.type_ref), read(rest).default);
            let is_one =
                default.is_empty() || values.is_empty() || values.split(' ').any(|value| value == default);
            assert!(is_one, "{name}: {default} is none of {values}");
        }
    }

    #[test]
    fn every_field_of_a_set_is_explained() {
        let mut open = vec![(TypeRef("StatefulSetSpec"), String::from("spec"))];
        while let Some((of, path)) = open.pop() {
            for field in of.fields() {
                assert!(
                    !super::of(of, field.name, &path).text.is_empty(),
                    "{path}.{} is not explained",
                    field.name
                );
                let is_sets = field.type_ref.0.starts_with("StatefulSet")
                    || field.type_ref.0.starts_with("RollingUpdate");
                if is_sets {
                    open.push((field.type_ref, [&path, ".", field.name].concat()));
                }
            }
        }
        for of in [
            "PersistentVolumeClaimSpec",
            "ServiceSpec",
            "ServicePort",
            "PodSpec",
            "Container",
            "Probe",
            "Lifecycle",
            "EnvVar",
        ] {
            for field in TypeRef(of).fields() {
                let is_heeded = TypeRef(of).simulates(field.name);
                let known = super::of(TypeRef(of), field.name, "");
                assert!(
                    !is_heeded || !known.text.is_empty(),
                    "{of}.{} is simulated, but not explained",
                    field.name
                );
            }
        }
        let mount = super::of(TypeRef("Volume"), "emptyDir", "volumes[0]");
        assert!(mount.link.ends_with("#emptydir"), "of embedded structs, too: {mount:?}");
        assert!(super::of(type_of(crate::api::Kind::Service), "status", "").by_cluster);
    }
}
