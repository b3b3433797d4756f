//! Where the page's bytes are: `cargo xtask size`'s table, from the functions' names, which the shipped modules lack.
//!
//! A function belongs to the crate and module that it is written in. What the compiler makes of generic code, once for every
//! type that it is used with, is written in the standard library: such code is told by what it does (sorting, maps, …), with
//! the number of functions, since fewer copies is what makes it smaller.

use std::collections::BTreeMap;

use wasmparser::{BinaryReaderError, KnownCustom, Name, Parser, Payload};

/// The functions of a module, and what else is in it.
pub struct Module {
    functions: Vec<(String, usize)>,
    /// Constants of the program.
    data: usize,
    /// All other sections without the names: types, imports, tables of functions.
    other: usize,
}

impl Module {
    /// Reads a module that still has its names.
    ///
    /// # Errors
    /// If it is no module.
    pub fn read(module: &[u8]) -> Result<Self, BinaryReaderError> {
        let (mut sizes, mut names) = (Vec::new(), BTreeMap::new());
        let (mut imported, mut data, mut all_sections, mut custom) = (0, 0, 0, 0);
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            if let Some((_, range)) = payload.as_section() {
                all_sections += range.len();
            }
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => sizes.push(body.range().len()),
                Payload::DataSection(section) => data = section.range().len(),
                Payload::CustomSection(section) => {
                    custom += section.range().len();
                    let KnownCustom::Name(sections) = section.as_known() else { continue };
                    for section in sections {
                        let Name::Function(functions) = section? else { continue };
                        for naming in functions {
                            let naming = naming?;
                            names.insert(naming.index, wasm_profile_split::plain_name(naming.name));
                        }
                    }
                }
                _ => {}
            }
        }
        let code: usize = sizes.iter().sum();
        let functions = (imported..)
            .zip(sizes)
            .map(|(index, size)| (names.remove(&index).unwrap_or_default(), size))
            .collect();
        Ok(Self { functions, data, other: all_sections - custom - code - data })
    }
}

/// A line of the table: bytes in each module, and how many functions they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Row {
    bytes: Vec<usize>,
    functions: usize,
}

impl Row {
    fn add(&mut self, module: usize, bytes: usize, functions: usize) {
        if self.bytes.len() <= module {
            self.bytes.resize(module + 1, 0);
        }
        self.bytes[module] += bytes;
        self.functions += functions;
    }

    fn total(&self) -> usize {
        self.bytes.iter().sum()
    }
}

/// What the compiler makes many copies of, by the beginning of the path that it is written at.
const COPIED: [(&str, &str); 21] = [
    ("core::slice::sort", "sorting"),
    ("alloc::slice", "sorting"),
    ("alloc::collections::btree", "BTreeMap and BTreeSet"),
    ("alloc::collections", "other collections"),
    ("core::iter", "iterator adapters"),
    ("alloc::vec::in_place_collect", "collecting into a Vec"),
    ("alloc::vec::spec_from_iter", "collecting into a Vec"),
    ("alloc::vec::spec_extend", "collecting into a Vec"),
    ("alloc::vec", "Vec"),
    ("alloc::raw_vec", "growth of a Vec"),
    ("alloc::rc", "Rc"),
    ("core::ptr", "drops"),
    ("core::fmt", "formatting"),
    ("core::num", "numbers read and written"),
    ("core::unicode", "Unicode tables"),
    ("core::str", "text"),
    ("alloc::str", "text"),
    ("alloc::string", "text"),
    ("core::slice", "slices"),
    ("core::ops", "calls of closures"),
    ("core::option", "Option and Result"),
];

/// Where a function belongs: a crate and module, or what a generic piece of the standard library does.
fn group(name: &str) -> String {
    if name.is_empty() {
        return "without a name".to_owned();
    }
    // Of `<&mut a::b::C<d> as e::F>::g`, what counts is a::b::C.
    let head = name.trim_start_matches(['<', '&', '(', '[', '*']);
    let head = head.trim_start_matches("mut ").trim_start_matches("const ").trim_start_matches("dyn ");
    let head = head.trim_start_matches(['<', '&', '(', '[', '*']);
    let path =
        head.split(['<', '>', ' ', ')', ']', ',', ';', '{']).next().unwrap_or(head).trim_end_matches("::");
    if let Some((_, what)) = COPIED.iter().find(|(prefix, _)| path.starts_with(prefix)) {
        return format!("std: {what}");
    }
    let segments: Vec<&str> = path.split("::").collect();
    match segments[..] {
        ["core" | "alloc" | "std", module, ..] => format!("std: {}::{module}", segments[0]),
        // What the path ends with is the function or the type.
        [ref modules @ .., _] if !modules.is_empty() => {
            let modules = modules.iter().take_while(|module| is_module(module)).take(DEPTH);
            modules.copied().collect::<Vec<_>>().join("::")
        }
        _ => segments.first().copied().unwrap_or_default().to_owned(),
    }
}

/// How much of a path is told apart: a crate, a module of it, and a module of that.
const DEPTH: usize = 3;

fn is_module(segment: &str) -> bool {
    segment.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
}

/// The table's lines: as many of the biggest as `most`, and what the others are together.
pub fn table(modules: &[(&str, Module)], most: usize) -> Vec<String> {
    let mut rows: BTreeMap<String, Row> = BTreeMap::new();
    for (number, (_, module)) in modules.iter().enumerate() {
        for (name, size) in &module.functions {
            rows.entry(group(name)).or_default().add(number, *size, 1);
        }
        rows.entry("constants".to_owned()).or_default().add(number, module.data, 0);
        rows.entry("types, imports, tables".to_owned()).or_default().add(number, module.other, 0);
    }
    let mut sorted: Vec<(String, Row)> = rows.into_iter().collect();
    sorted.sort_by_key(|(_, row)| std::cmp::Reverse(row.total()));
    let rest = sorted.split_off(most.min(sorted.len()));
    let count = rest.len();
    let mut others = Row::default();
    for (_, row) in rest {
        for (number, bytes) in row.bytes.into_iter().enumerate() {
            others.add(number, bytes, 0);
        }
        others.functions += row.functions;
    }
    sorted.push((format!("{count} others"), others));

    let names: String = modules.iter().map(|(name, _)| format!("{name:>9} ")).collect();
    let head = format!("{names}{:>9} {:>9}   raw bytes after wasm-opt, of", "all", "functions");
    let lines = sorted.iter().map(|(name, row)| {
        let bytes = |number: usize| row.bytes.get(number).copied().unwrap_or_default();
        let columns: String = (0..modules.len()).map(|number| format!("{:>9} ", bytes(number))).collect();
        format!("{columns}{:>9} {:>9}   {name}", row.total(), row.functions)
    });
    std::iter::once(head).chain(lines).collect()
}

/// The biggest functions whose name or line in the table contains a text: as many as `most`, and how many there are.
pub fn functions(modules: &[(&str, Module)], text: &str, most: usize) -> Vec<String> {
    let mut found: Vec<(usize, &str, &str)> = Vec::new();
    for (part, module) in modules {
        let named =
            module.functions.iter().filter(|(name, _)| name.contains(text) || group(name).contains(text));
        found.extend(named.map(|(name, size)| (*size, *part, name.as_str())));
    }
    found.sort_by_key(|&(size, _, _)| std::cmp::Reverse(size));
    let total: usize = found.iter().map(|(size, _, _)| size).sum();
    let lines = found.iter().take(most).map(|(size, part, name)| format!("{size:>9} {part:<9} {name}"));
    lines.chain([format!("{total:>9} in all {} functions", found.len())]).collect()
}

/// A module without its names and whatever else is only for tools.
///
/// # Errors
/// If it is no module.
pub fn without_names(module: &[u8]) -> Result<Vec<u8>, BinaryReaderError> {
    let (mut kept, mut end) = (Vec::with_capacity(module.len()), 0);
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        // A section begins with its number and its length, behind the one before it.
        let (is_custom, range) = match &payload {
            Payload::Version { range, .. } => (false, range.clone()),
            Payload::CustomSection(section) => (true, section.range()),
            payload => match payload.as_section() {
                Some((_, range)) => (false, range),
                None => continue,
            },
        };
        if !is_custom {
            kept.extend_from_slice(&module[end..range.end]);
        }
        end = range.end;
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_belong_where_they_are_written() {
        for (name, expected) in [
            ("kubesim::kubectl::act::delete::run", "kubesim::kubectl::act"),
            ("<kubesim::api::meta::Key as core::cmp::Ord>::cmp", "kubesim::api::meta"),
            (
                "<&mut kubesim::scheduler::interested::{closure#8} as core::ops::function::FnMut<()>>::call_mut",
                "kubesim::scheduler",
            ),
            ("<kubesim::apiserver::ApiServer>::admit", "kubesim::apiserver"),
            ("core::slice::sort::stable::driftsort_main::<(usize, kubesim::x::Y)>", "std: sorting"),
            (
                "<alloc::collections::btree::map::BTreeMap<kubesim::x::Y, ()>>::insert",
                "std: BTreeMap and BTreeSet",
            ),
            (
                "<core::iter::adapters::map::Map<a::B, c::D> as core::iter::Iterator>::fold::<()>",
                "std: iterator adapters",
            ),
            ("core::ptr::drop_in_place::<kubesim::x::Y>", "std: drops"),
            ("<[kubesim::x::Y] as alloc::slice::SpecCloneIntoVec>::clone_into", "kubesim::x"),
            ("<std::io::error::Error>::new", "std: std::io"),
            ("dlmalloc::dlmalloc::Dlmalloc::malloc", "dlmalloc::dlmalloc"),
            ("main", "main"),
            ("", "without a name"),
        ] {
            assert_eq!(group(name), expected, "{name}");
        }
    }

    /// A module of two functions with names, an empty one and one of two instructions.
    fn module() -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        module.extend([1, 4, 1, 0x60, 0, 0]);
        module.extend([3, 3, 2, 0, 0]);
        module.extend([10, 9, 2, 2, 0, 0x0b, 4, 0, 0x01, 0x01, 0x0b]);
        let names = [&[4][..], b"name", &[1, 12, 2, 0, 4], b"a::b", &[1, 3], b"c::"].concat();
        module.extend([0, names.len() as u8]);
        module.extend(names);
        module
    }

    #[test]
    fn bytes_are_counted_by_name_and_names_are_taken_away() {
        let parsed = Module::read(&module()).expect("a module");
        assert_eq!(parsed.functions, [("a::b".to_owned(), 2), ("c::".to_owned(), 4)]);
        let lines = table(&[("all", parsed)], 1);
        assert_eq!(lines.len(), 3);
        assert!(lines[2].ends_with("others"), "{lines:?}");
        let stripped = without_names(&module()).expect("a module");
        assert_eq!(stripped, &module()[..8 + 6 + 5 + 11]);
    }
}
