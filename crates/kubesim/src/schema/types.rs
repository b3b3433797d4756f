//! Which fields each kind has, of which type, and how they are kept, merged and simulated.
//!
//! The fields come from `schema.txt` and `schema-more.txt`, made from the Go types of Kubernetes by `cargo xtask schema` (the
//! second's head tells the notation); what is simulated comes from `simulated.txt`, which is written by hand. They are read
//! where they lie: nothing is unpacked but an index of the lines.

use std::sync::OnceLock;

use crate::api::Kind;

/// The kind's type in the table.
pub(crate) fn type_of(kind: Kind) -> TypeRef {
    match kind {
        Kind::HorizontalPodAutoscaler => TypeRef("v2.HorizontalPodAutoscaler"),
        // Another type has its name: what a container says of a claim.
        Kind::ResourceClaim => TypeRef("Resource.ResourceClaim"),
        _ => TypeRef(kind.name()),
    }
}

/// A type in the table's notation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TypeRef(pub &'static str);

/// What a type is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    Text,
    Bool,
    Int32,
    Int64,
    Float,
    Quantity,
    IntOrString,
    Time,
    Bytes,
    Any,
    List(TypeRef),
    Map(TypeRef),
    Struct,
}

/// When a field is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Not when it has its type's zero value.
    OmitEmpty,
    /// Not when it isn't set; a set zero value stays.
    Pointer,
    /// Not when it is a struct without any field set.
    OmitZero,
    Always,
    /// Always, `null` when not set.
    PointerAlways,
}

/// A field of a struct.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field {
    pub name: &'static str,
    pub kept: Kept,
    pub type_ref: TypeRef,
    /// Lists of objects are merged by this key; empty: by value.
    pub merge_key: Option<&'static str>,
    /// A patch removes what it does not name.
    pub retain_keys: bool,
    /// The embedded struct that really holds it.
    pub embedded_in: Option<&'static str>,
}

const TABLE: &str = include_str!("schema.txt");
const SIMULATED: &str = include_str!("simulated.txt");

type Lines = Vec<(&'static str, &'static str)>;

fn index(text: &'static str) -> Lines {
    let mut lines: Lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| {
            let end = line.find([' ', '=']).unwrap_or(line.len());
            line.split_at(end)
        })
        .collect();
    collections::sort(&mut lines);
    lines
}

fn look_up(lines: &Lines, name: &str) -> Option<&'static str> {
    let place = lines.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
    Some(lines[place].1)
}

fn definition(name: &str) -> &'static str {
    static LINES: OnceLock<Lines> = OnceLock::new();
    match look_up(LINES.get_or_init(|| index(TABLE)), name) {
        Some(fields) => fields,
        // What is no struct is written otherwise.
        None if name.len() > 1 && name.starts_with(|c: char| c.is_ascii_alphabetic()) => rare(name),
        None => "",
    }
}

/// The types that not every story needs: a table of its own, that is not needed at first.
#[cold]
#[inline(never)]
fn rare(name: &str) -> &'static str {
    static LINES: OnceLock<Lines> = OnceLock::new();
    look_up(LINES.get_or_init(|| index(include_str!("schema-more.txt"))), name).unwrap_or_default()
}

fn simulated_fields(name: &str) -> Option<&'static str> {
    static LINES: OnceLock<Lines> = OnceLock::new();
    look_up(LINES.get_or_init(|| index(SIMULATED)), name)
}

impl TypeRef {
    /// The type without its name, if that is no struct's.
    fn resolved(self) -> TypeRef {
        match definition(self.0).strip_prefix('=') {
            Some(other) => TypeRef(other),
            None => self,
        }
    }

    pub fn shape(self) -> Shape {
        let resolved = self.resolved();
        let rest = TypeRef(resolved.0.get(1..).unwrap_or_default());
        match resolved.0 {
            "s" => Shape::Text,
            "b" => Shape::Bool,
            "i" => Shape::Int32,
            "l" => Shape::Int64,
            "f" => Shape::Float,
            "q" => Shape::Quantity,
            "o" => Shape::IntOrString,
            "t" | "u" => Shape::Time,
            "y" => Shape::Bytes,
            "r" => Shape::Any,
            other => match other.as_bytes().first() {
                Some(b'$') => Shape::Text,
                Some(b'#') => Shape::Int32,
                Some(b'[') => Shape::List(rest),
                Some(b'{') => Shape::Map(rest),
                _ => Shape::Struct,
            },
        }
    }

    /// The type as Go prints it in an error.
    pub fn go_name(self) -> String {
        let plain = match self.0 {
            "s" => "string",
            "b" => "bool",
            "i" => "int32",
            "l" => "int64",
            "f" => "float64",
            "q" => "resource.Quantity",
            "o" => "intstr.IntOrString",
            "t" => "v1.Time",
            "u" => "v1.MicroTime",
            "y" => "[]uint8",
            "r" => "runtime.RawExtension",
            _ => "",
        };
        if !plain.is_empty() {
            return plain.to_owned();
        }
        let rest = TypeRef(self.0.get(1..).unwrap_or_default());
        match self.0.as_bytes().first() {
            Some(b'[') => format!("[]{}", rest.go_name()),
            Some(b'{') => format!("map[string]{}", rest.go_name()),
            Some(b'$' | b'#') => rest.go_name(),
            _ if self.0.contains('.') => self.struct_name().to_owned(),
            _ => format!("v1.{}", self.struct_name()),
        }
    }

    /// The struct's name as Go prints it.
    pub fn struct_name(self) -> &'static str {
        self.0.trim_end_matches('\'')
    }

    /// Its fields in the order of declaration, those of embedded structs in their place.
    pub fn fields(self) -> Vec<Field> {
        let mut fields = Vec::new();
        for word in definition(self.0).split_ascii_whitespace() {
            match word.strip_prefix('+') {
                Some(embedded) => fields.extend(
                    TypeRef(embedded)
                        .fields()
                        .into_iter()
                        .map(|field| Field { embedded_in: Some(embedded), ..field }),
                ),
                None => fields.push(parse_field(word)),
            }
        }
        fields
    }

    /// Its field of that exact name.
    pub fn field(self, name: &str) -> Option<Field> {
        for word in definition(self.0).split_ascii_whitespace() {
            if let Some(embedded) = word.strip_prefix('+') {
                if let Some(field) = TypeRef(embedded).field(name) {
                    return Some(Field { embedded_in: Some(embedded), ..field });
                }
            } else if word.strip_prefix(name).is_some_and(|rest| rest.starts_with(['=', ':', '*', '?', '~']))
            {
                return Some(parse_field(word));
            }
        }
        None
    }

    /// Whether the simulation heeds the field. Types that `simulated.txt` does not name are heeded or not as a whole,
    /// with the field that holds them.
    pub fn simulates(self, field: &str) -> bool {
        match simulated_fields(self.0) {
            None => true,
            Some(fields) => fields.split_ascii_whitespace().any(|known| known == field),
        }
    }
}

fn parse_field(word: &'static str) -> Field {
    let end = word.find(['=', ':', '*', '?', '~']).unwrap_or(word.len() - 1);
    let (name, rest) = word.split_at(end);
    let (kept, rest) = rest.split_at(1);
    let retain_keys = rest.ends_with('!');
    let rest = rest.trim_end_matches('!');
    let (type_ref, merge_key) = match rest.split_once('@') {
        Some((type_ref, key)) => (type_ref, Some(key)),
        None => (rest, None),
    };
    let kept = match kept {
        "*" => Kept::Pointer,
        "?" => Kept::OmitZero,
        "=" => Kept::Always,
        "~" => Kept::PointerAlways,
        _ => Kept::OmitEmpty,
    };
    Field { name, kept, type_ref: TypeRef(type_ref), merge_key, retain_keys, embedded_in: None }
}
