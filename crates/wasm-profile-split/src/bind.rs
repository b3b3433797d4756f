//! What a later module uses of an earlier one, by order instead of by name: after the modules have been optimised.
//!
//! A function that is exported and imported takes some twenty bytes, most of them its name on either side. Here the earlier
//! module puts these functions into a table, in the order in which the later one imports them, and all the imports have the
//! same, empty name. Whoever instantiates a module reads its imports in their order, by the rules of WebAssembly's JavaScript
//! interface: the loader gives the table's next function each time that the empty name is asked for.

use std::collections::BTreeMap;

use wasmparser::{ExternalKind, Parser, Payload, TypeRef};

use crate::error::{Error, Result};
use crate::protocol::{PREVIOUS, USED, is_function};

/// The sections of a module that are read or written here, by their numbers.
const IMPORTS: u8 = 2;
const TABLES: u8 = 4;
const EXPORTS: u8 = 7;
const ELEMENTS: u8 = 9;

/// The order of sections, by their numbers.
const ORDER: [u8; 12] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 12, 10, 11];

/// Binds a module to the one before it by the order of what it uses, where [`crate::split()`] has left names.
///
/// # Errors
/// If one can't be read, or the later one imports a function that the earlier one does not export.
pub fn bind_by_order(earlier: &[u8], later: &[u8]) -> Result<[Vec<u8>; 2]> {
    let mut second = Sections::read(later)?;
    let names = second.imports_without_names(later)?;
    let mut first = Sections::read(earlier)?;
    first.give(earlier, &names)?;
    Ok([first.written(), second.written()])
}

/// A module's sections, in order: number and content.
struct Sections(Vec<(u8, Vec<u8>)>);

impl Sections {
    fn read(module: &[u8]) -> Result<Self> {
        let mut sections = Vec::new();
        for payload in Parser::new(0).parse_all(module) {
            if let Some((number, range)) = payload?.as_section() {
                sections.push((number, module[range].to_vec()));
            }
        }
        Ok(Self(sections))
    }

    fn written(&self) -> Vec<u8> {
        let mut module = b"\0asm\x01\0\0\0".to_vec();
        for (number, content) in &self.0 {
            module.push(*number);
            write_number(&mut module, content.len());
            module.extend_from_slice(content);
        }
        module
    }

    /// A section's content after the number of its entries, and that number; nothing if there is no such section.
    fn entries(&self, number: u8) -> (usize, &[u8]) {
        let content =
            self.0.iter().find(|(found, _)| *found == number).map_or(&[0][..], |(_, content)| content);
        let length = content.iter().take_while(|byte| **byte >= 0x80).count() + 1;
        let digits = content[..length].iter().rev();
        (digits.fold(0, |count, digit| count << 7 | usize::from(digit & 0x7f)), &content[length..])
    }

    fn replace(&mut self, number: u8, count: usize, entries: &[u8]) {
        let mut content = Vec::new();
        write_number(&mut content, count);
        content.extend_from_slice(entries);
        let place = |number: u8| ORDER.iter().position(|known| *known == number);
        match self.0.iter_mut().find(|(found, _)| *found == number) {
            Some(section) => section.1 = content,
            None => {
                let after = |(found, _): &(u8, Vec<u8>)| *found != 0 && place(*found) > place(number);
                let at = self.0.iter().position(after).unwrap_or(self.0.len());
                self.0.insert(at, (number, content));
            }
        }
    }

    fn append(&mut self, number: u8, entry: &[u8]) {
        let (count, entries) = self.entries(number);
        let entries = [entries, entry].concat();
        self.replace(number, count + 1, &entries);
    }

    /// Takes the names from the imports of the earlier module's functions; gives them in their order.
    fn imports_without_names(&mut self, module: &[u8]) -> Result<Vec<String>> {
        let (mut names, mut entries, mut count) = (Vec::new(), Vec::new(), 0);
        let place = |text: &str| text.as_ptr() as usize - module.as_ptr() as usize;
        for payload in Parser::new(0).parse_all(module) {
            let Payload::ImportSection(section) = payload? else { continue };
            let end = section.range().end;
            let imports = section.into_imports().collect::<std::result::Result<Vec<_>, _>>()?;
            count = imports.len();
            // A module's name, of less than 128 bytes, lies behind its length.
            let starts: Vec<usize> =
                imports.iter().map(|import| place(import.module) - 1).chain([end]).collect();
            for (import, bounds) in imports.iter().zip(starts.windows(2)) {
                let is_used = import.module == PREVIOUS && matches!(import.ty, TypeRef::Func(_));
                if is_used && is_function(import.name) {
                    names.push(import.name.to_owned());
                    write_text(&mut entries, PREVIOUS);
                    write_text(&mut entries, "");
                    entries.extend_from_slice(&module[place(import.name) + import.name.len()..bounds[1]]);
                } else {
                    entries.extend_from_slice(&module[bounds[0]..bounds[1]]);
                }
            }
        }
        self.replace(IMPORTS, count, &entries);
        Ok(names)
    }

    /// Gives these functions to the next module: in a table, in place of exports.
    fn give(&mut self, module: &[u8], names: &[String]) -> Result<()> {
        let (mut functions, mut exports, mut kept) = (BTreeMap::new(), Vec::new(), 0);
        let mut table = self.entries(TABLES).0;
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        table += usize::from(matches!(import?.ty, TypeRef::Table(_)));
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == ExternalKind::Func && is_function(export.name) {
                            functions.insert(export.name.to_owned(), export.index);
                            continue;
                        }
                        kept += 1;
                        write_text(&mut exports, export.name);
                        exports.push(kind_number(export.kind)?);
                        write_number(&mut exports, export.index as usize);
                    }
                }
                _ => {}
            }
        }
        write_text(&mut exports, USED);
        exports.push(kind_number(ExternalKind::Table)?);
        write_number(&mut exports, table);
        self.replace(EXPORTS, kept + 1, &exports);

        // Of references to functions, with a least size.
        let mut limits = vec![0x70, 0];
        write_number(&mut limits, names.len());
        self.append(TABLES, &limits);
        // Active, in the table of this number, from its start on.
        let mut element = vec![2];
        write_number(&mut element, table);
        element.extend([0x41, 0, 0x0b, 0]);
        write_number(&mut element, names.len());
        for name in names {
            let index = functions.get(name).ok_or_else(|| Error::NotExported(name.clone()))?;
            write_number(&mut element, *index as usize);
        }
        self.append(ELEMENTS, &element);
        Ok(())
    }
}

/// The number that stands for a kind of export in a module.
fn kind_number(kind: ExternalKind) -> Result<u8> {
    match kind {
        ExternalKind::Func => Ok(0),
        ExternalKind::Table => Ok(1),
        ExternalKind::Memory => Ok(2),
        ExternalKind::Global => Ok(3),
        other => Err(Error::Unreadable(format!("an export of kind {other:?}"))),
    }
}

/// An unsigned number, seven bits a byte, the lowest first.
fn write_number(bytes: &mut Vec<u8>, mut number: usize) {
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn write_text(bytes: &mut Vec<u8>, text: &str) {
    write_number(bytes, text.len());
    bytes.extend_from_slice(text.as_bytes());
}
