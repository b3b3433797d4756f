//! Reading which functions need which constants, from the relocations that the linker leaves with `--emit-relocs`.
//!
//! The form is that of the tool conventions' Linking.md: a symbol table, and for the code and the data sections a list of
//! the places that name a symbol.

use std::collections::BTreeSet;
use std::ops::Range;

use wasmparser::{
    BinaryReaderError, DataKind, DataSectionReader, KnownCustom, Linking, LinkingSectionReader, Operator,
    Parser, Payload, RelocSectionReader, RelocationType, SymbolInfo,
};

use crate::constants::{ByteRange, Constants, LONGEST};
use crate::error::{Error, Result};

/// Reads a module as the linker has made it.
///
/// # Errors
/// [`Error::Unreadable`] and [`Error::NoRelocations`].
pub fn read(module: &[u8]) -> Result<Constants> {
    let unreadable = |error: BinaryReaderError| Error::Unreadable(error.to_string());
    let linked = Linked::read(module).map_err(unreadable)?;
    if linked.relocations.is_empty() || linked.symbols.is_empty() {
        return Err(Error::NoRelocations);
    }
    let mut constants = Constants::default();
    let symbols = linked.symbols(&mut constants);
    linked.relocate(&symbols, &mut constants).map_err(unreadable)?;
    Ok(constants)
}

/// The parts of a linked module that tell where constants are named.
#[derive(Default)]
struct Linked<'a> {
    /// The sections' places in the file.
    sections: Vec<Range<usize>>,
    /// The functions' places in the file, in order.
    bodies: Vec<Range<usize>>,
    /// How many functions are imported: they have the first numbers.
    imported: u32,
    data: Vec<Segment>,
    symbols: Vec<SymbolInfo<'a>>,
    relocations: Vec<RelocSectionReader<'a>>,
}

/// A data segment.
struct Segment {
    /// Where its bytes lie in the file.
    file: Range<usize>,
    /// Where they go in memory; nothing if that is not a constant.
    address: Option<u32>,
    /// Whether it never changes.
    is_constant: bool,
}

/// What the symbols say.
struct Symbols<'a> {
    /// By function that is not imported, its names: it can have several, and which of them the next tool keeps is its own
    /// affair.
    names: Vec<Vec<&'a str>>,
    /// By symbol, the place of the constant or variable that it stands for.
    places: Vec<Option<ByteRange>>,
    /// By symbol, the name of the function that it stands for.
    functions: Vec<Option<&'a str>>,
}

impl<'a> Linked<'a> {
    fn read(module: &'a [u8]) -> std::result::Result<Self, BinaryReaderError> {
        let mut linked = Self::default();
        for payload in Parser::new(0).parse_all(module) {
            let payload = payload?;
            if let Some((_, range)) = payload.as_section() {
                linked.sections.push(range);
            }
            match payload {
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        linked.imported += u32::from(matches!(import?.ty, wasmparser::TypeRef::Func(_)));
                    }
                }
                Payload::CodeSectionEntry(body) => linked.bodies.push(body.range()),
                Payload::DataSection(data) => linked.read_data(data)?,
                Payload::CustomSection(section) => match section.as_known() {
                    KnownCustom::Linking(linking) => linked.read_linking(linking)?,
                    KnownCustom::Reloc(reader) => linked.relocations.push(reader),
                    _ => {}
                },
                _ => {}
            }
        }
        Ok(linked)
    }

    fn read_data(&mut self, data: DataSectionReader<'a>) -> std::result::Result<(), BinaryReaderError> {
        for segment in data {
            let segment = segment?;
            let address = match segment.kind {
                DataKind::Active { offset_expr, .. } => match offset_expr.get_operators_reader().read()? {
                    Operator::I32Const { value } => Some(value as u32),
                    _ => None,
                },
                DataKind::Passive => None,
            };
            let end = segment.range.end;
            self.data.push(Segment { file: end - segment.data.len()..end, address, is_constant: true });
        }
        Ok(())
    }

    /// The linker's own section; it comes after the data.
    fn read_linking(
        &mut self,
        linking: LinkingSectionReader<'a>,
    ) -> std::result::Result<(), BinaryReaderError> {
        for subsection in linking.subsections() {
            match subsection? {
                Linking::SymbolTable(table) => {
                    for symbol in table {
                        self.symbols.push(symbol?);
                    }
                }
                Linking::SegmentInfo(infos) => {
                    for (segment, info) in self.data.iter_mut().zip(infos) {
                        segment.is_constant = info?.name.starts_with(".rodata");
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// The symbols; constants and functions' names are added.
    fn symbols(&self, constants: &mut Constants) -> Symbols<'a> {
        let mut symbols = Symbols {
            names: vec![Vec::new(); self.bodies.len()],
            places: Vec::with_capacity(self.symbols.len()),
            functions: Vec::with_capacity(self.symbols.len()),
        };
        for symbol in &self.symbols {
            let (mut place, mut function) = (None, None);
            match *symbol {
                SymbolInfo::Func { index, name: Some(name), .. } if index >= self.imported => {
                    if let Some(names) = symbols.names.get_mut((index - self.imported) as usize) {
                        names.push(name);
                    }
                    constants.add_function(name);
                    function = Some(name);
                }
                SymbolInfo::Data { symbol: Some(defined), .. } if defined.size > 0 => {
                    if let Some(segment) = self.data.get(defined.index as usize)
                        && let Some(address) = segment.address
                    {
                        let start = address + defined.offset;
                        let whole = (start, start + defined.size);
                        place = Some(whole);
                        if segment.is_constant && defined.size < LONGEST {
                            constants.add(whole);
                        }
                    }
                }
                _ => {}
            }
            symbols.places.push(place);
            symbols.functions.push(function);
        }
        symbols
    }

    /// Adds what functions and constants name.
    fn relocate(
        &self,
        symbols: &Symbols,
        constants: &mut Constants,
    ) -> std::result::Result<(), BinaryReaderError> {
        let known: BTreeSet<ByteRange> = symbols.places.iter().flatten().copied().collect();
        for reader in &self.relocations {
            let Some(section) = self.sections.get(reader.section_index() as usize) else { continue };
            for entry in reader.entries() {
                let entry = entry?;
                let symbol = entry.index as usize;
                let named = match entry.ty {
                    kind if names_memory(kind) => {
                        symbols.places.get(symbol).copied().flatten().map(Named::Place)
                    }
                    kind if names_slot(kind) => {
                        symbols.functions.get(symbol).copied().flatten().map(Named::Slot)
                    }
                    _ => None,
                };
                let Some(named) = named else { continue };
                let at = section.start + entry.offset as usize;
                let body = self.bodies.partition_point(|body| body.end <= at);
                if self.bodies.get(body).is_some_and(|body| body.contains(&at)) {
                    for &name in &symbols.names[body] {
                        match named {
                            Named::Place(place) => {
                                let address = (i64::from(place.0) + entry.addend) as u32;
                                constants.add_address(name, address, place);
                            }
                            Named::Slot(function) => constants.add_tabled_by_function(name, function),
                        }
                    }
                    continue;
                }
                for holder in self.holders(at, &known) {
                    match named {
                        Named::Place(place) => constants.add_pointer(holder, place),
                        Named::Slot(function) => constants.add_tabled_by_constant(holder, function),
                    }
                }
            }
        }
        Ok(())
    }

    /// The symbols that hold the pointer at this place of the file: usually one.
    fn holders(&self, at: usize, known: &BTreeSet<ByteRange>) -> Vec<ByteRange> {
        const MOST: usize = 4;
        let Some(segment) = self.data.iter().find(|segment| segment.file.contains(&at)) else {
            return Vec::new();
        };
        let Some(start) = segment.address else { return Vec::new() };
        let address = start + (at - segment.file.start) as u32;
        let near = known.range(..(address + 1, 0)).rev().take_while(|holder| holder.0 + LONGEST > address);
        near.filter(|holder| holder.1 > address).take(MOST).copied().collect()
    }
}

/// What a relocation stands for.
#[derive(Clone, Copy)]
enum Named<'a> {
    /// A constant or a variable.
    Place(ByteRange),
    /// The place of the function of this name in the table.
    Slot(&'a str),
}

/// Whether a relocation stands for a function's place in the table.
fn names_slot(kind: RelocationType) -> bool {
    matches!(
        kind,
        RelocationType::TableIndexSleb | RelocationType::TableIndexI32 | RelocationType::TableIndexRelSleb
    )
}

/// Whether a relocation stands for an address in memory.
fn names_memory(kind: RelocationType) -> bool {
    matches!(
        kind,
        RelocationType::MemoryAddrLeb | RelocationType::MemoryAddrSleb | RelocationType::MemoryAddrI32
    )
}
