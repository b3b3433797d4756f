//! Which functions need which constants: read from the relocations that the linker leaves with `--emit-relocs`.
//!
//! The form is that of the tool conventions' Linking.md: a symbol table, and for the code and the data sections a list of
//! the places that name a symbol.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasmparser::{
    DataKind, KnownCustom, Linking, Operator, Parser, Payload, RelocSectionReader, RelocationType, SymbolInfo,
};

use crate::Result;

/// A constant's place in memory: where it begins and ends.
pub type Place = (u32, u32);

/// What the functions of a linked module need of its constants.
#[derive(Default)]
pub struct Constants {
    /// By function name, the addresses that stand in it, and the constants that they are in.
    of_function: BTreeMap<String, BTreeMap<u32, Place>>,
    /// By constant, those that it points to.
    of_constant: BTreeMap<Place, BTreeSet<Place>>,
    /// All constants that never change, in order.
    all: BTreeSet<Place>,
}

/// A data segment of the linked module.
struct Segment {
    /// Where its bytes lie in the file.
    file: Range<usize>,
    /// Where they go in memory.
    address: u32,
}

impl Constants {
    /// Reads a module as the linker has made it.
    ///
    /// # Errors
    /// If it is no module, or has no relocations.
    pub fn read(module: &[u8]) -> Result<Self> {
        read(module).map_err(|error| format!("the linked module cannot be read: {error}"))?.ok_or_else(|| {
            "the linked module has no relocations: .cargo/config.toml passes --emit-relocs to the linker, and RUSTFLAGS or \
             CARGO_ENCODED_RUSTFLAGS, if set, takes the place of that: unset it"
                .to_owned()
        })
    }

    /// These functions, each with one constant.
    #[cfg(test)]
    pub fn of(functions: &[(&str, Place)]) -> Self {
        let of_function =
            functions.iter().map(|&(name, place)| (name.to_owned(), [(place.0, place)].into())).collect();
        Self { of_function, all: functions.iter().map(|function| function.1).collect(), ..Self::default() }
    }

    /// Whether the linked module has a function of this name.
    pub fn knows(&self, function: &str) -> bool {
        self.of_function.contains_key(function)
    }

    /// The constant that an address in a function's text is in. Of a function that the linker knows by another name, such as
    /// one that wasm-bindgen exports, every number is taken for an address: that can only keep too much.
    pub fn at(&self, function: &str, address: u32) -> Option<Place> {
        let Some(of_function) = self.of_function.get(function) else {
            let nearest = self.all.range(..=(address, u32::MAX)).rev();
            let mut holders = nearest.take_while(|place| place.0 + LONGEST > address);
            return holders.find(|place| place.1 > address).copied();
        };
        of_function.get(&address).copied()
    }

    /// The places of the constants that are not among `first` and that these do not point to: in order, apart from each other.
    pub fn only_of_the_rest(&self, first: impl Iterator<Item = Place>) -> Vec<Place> {
        let mut kept: BTreeSet<Place> = BTreeSet::new();
        let mut found: Vec<Place> = first.collect();
        while let Some(place) = found.pop() {
            if kept.insert(place) {
                found.extend(self.of_constant.get(&place).into_iter().flatten());
            }
        }
        // Two symbols may share bytes: what is kept of one is kept of the other.
        let overlaps = |&(start, end): &Place| {
            kept.range(..(end, 0))
                .rev()
                .take_while(|kept| kept.0 + LONGEST > start)
                .any(|kept| kept.1 > start)
        };
        let mut rest: Vec<Place> = Vec::new();
        for &(start, end) in self.all.iter().filter(|place| !overlaps(place)) {
            match rest.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => rest.push((start, end)),
            }
        }
        rest
    }
}

/// No constant is longer than this, in bytes; see [`read`].
const LONGEST: u32 = 1 << 20;

/// The constants, or nothing if the module has no relocations.
fn read(module: &[u8]) -> std::result::Result<Option<Constants>, wasmparser::BinaryReaderError> {
    let (mut sections, mut bodies, mut segments) = (Vec::<Range<usize>>::new(), Vec::new(), Vec::new());
    let (mut symbols, mut relocations, mut writable) =
        (Vec::new(), Vec::<RelocSectionReader>::new(), BTreeSet::new());
    let mut imported = 0;
    for payload in Parser::new(0).parse_all(module) {
        let payload = payload?;
        if let Some((_, range)) = payload.as_section() {
            sections.push(range);
        }
        match payload {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.range()),
            Payload::DataSection(data) => {
                for segment in data {
                    let segment = segment?;
                    let end = segment.range.end;
                    let address = match segment.kind {
                        DataKind::Active { offset_expr, .. } => {
                            match offset_expr.get_operators_reader().read()? {
                                Operator::I32Const { value } => value as u32,
                                _ => continue,
                            }
                        }
                        DataKind::Passive => continue,
                    };
                    segments.push(Segment { file: end - segment.data.len()..end, address });
                }
            }
            Payload::CustomSection(section) => match section.as_known() {
                KnownCustom::Linking(linking) => {
                    for subsection in linking.subsections() {
                        match subsection? {
                            Linking::SymbolTable(table) => {
                                for symbol in table {
                                    symbols.push(symbol?);
                                }
                            }
                            Linking::SegmentInfo(infos) => {
                                for (number, info) in infos.into_iter().enumerate() {
                                    if !info?.name.starts_with(".rodata") {
                                        writable.insert(number);
                                    }
                                }
                            }
                            _ => {}
                        }
                    }
                }
                KnownCustom::Reloc(reader) => relocations.push(reader),
                _ => {}
            },
            _ => {}
        }
    }
    if relocations.is_empty() || symbols.is_empty() {
        return Ok(None);
    }
    let mut found = Constants::default();
    // A function can have several names, and which of them the next tool keeps is its own affair.
    let mut names = vec![Vec::new(); bodies.len()];
    let mut places: Vec<Option<Place>> = Vec::with_capacity(symbols.len());
    for symbol in &symbols {
        let mut place = None;
        match *symbol {
            SymbolInfo::Func { index, name: Some(name), .. } if index >= imported => {
                names[(index - imported) as usize].push(name);
                found.of_function.entry(name.to_owned()).or_default();
            }
            SymbolInfo::Data { symbol: Some(defined), .. } if defined.size > 0 => {
                if let Some(segment) = segments.get(defined.index as usize) {
                    let start = segment.address + defined.offset;
                    let whole = (start, start + defined.size);
                    place = Some(whole);
                    if !writable.contains(&(defined.index as usize)) && defined.size < LONGEST {
                        found.all.insert(whole);
                    }
                }
            }
            _ => {}
        }
        places.push(place);
    }
    let known: BTreeSet<Place> = places.iter().flatten().copied().collect();
    for reader in relocations {
        let Some(section) = sections.get(reader.section_index() as usize) else { continue };
        for entry in reader.entries() {
            let entry = entry?;
            let names_memory = matches!(
                entry.ty,
                RelocationType::MemoryAddrLeb
                    | RelocationType::MemoryAddrSleb
                    | RelocationType::MemoryAddrI32
            );
            let Some(place) = places.get(entry.index as usize).copied().flatten().filter(|_| names_memory)
            else {
                continue;
            };
            let at = section.start + entry.offset as usize;
            let body = bodies.partition_point(|body| body.end <= at);
            if bodies.get(body).is_some_and(|body| body.contains(&at)) {
                let address = (i64::from(place.0) + entry.addend) as u32;
                for &name in &names[body] {
                    found.of_function.entry(name.to_owned()).or_default().insert(address, place);
                }
                continue;
            }
            let Some(segment) = segments.iter().find(|segment| segment.file.contains(&at)) else { continue };
            let address = segment.address + (at - segment.file.start) as u32;
            // The symbols that hold the pointer: usually one.
            let holders =
                known.range(..(address + 1, 0)).rev().take_while(|holder| holder.0 + LONGEST > address);
            for holder in holders.filter(|holder| holder.1 > address).take(4) {
                found.of_constant.entry(*holder).or_default().insert(place);
            }
        }
    }
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_function_keeps_what_its_numbers_may_stand_for() {
        let constants = Constants::of(&[("known", (10, 20)), ("other", (40, 50))]);
        assert_eq!(constants.at("known", 10), Some((10, 20)));
        assert_eq!(constants.at("known", 45), None, "the linker knows of no such pointer");
        assert_eq!(constants.at("exported", 45), Some((40, 50)));
        assert_eq!(constants.at("exported", 20), None);
    }

    #[test]
    fn what_is_pointed_to_and_what_is_shared_stays() {
        let mut constants = Constants::of(&[
            ("first", (10, 20)),
            ("late", (40, 50)),
            ("late too", (50, 60)),
            ("tail", (25, 30)),
            ("c", (80, 90)),
        ]);
        constants.of_constant.insert((10, 20), [(22, 30)].into());
        constants.of_constant.insert((80, 90), [(40, 50)].into());
        constants.all.insert((22, 30));
        assert_eq!(constants.only_of_the_rest([(10, 20)].into_iter()), [(40, 60), (80, 90)]);
        assert_eq!(constants.only_of_the_rest([(10, 20), (80, 90)].into_iter()), [(50, 60)]);
    }
}
