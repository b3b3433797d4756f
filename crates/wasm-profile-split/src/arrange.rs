//! Arranging the parts of a split for compression, once each has been optimised: similar functions beside each other, and
//! what one part gives to another in the order in which the other has it. Nothing but numbers changes.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use wasm_encoder::reencode::{self, Reencode};
use wasmparser::{
    ElementItems, ElementKind, Export, ExternalKind, FunctionBody, Import, Operator, Parser, Payload, TypeRef,
};

use crate::error::{Error, Result};
use crate::protocol::{CALLS, PREVIOUS};
use crate::similarity;

/// How many imported functions come first because they are called most: their numbers take a byte in each call.
const SHORT_NUMBERS: usize = 120;

/// Arranges modules of which each imports from the one before, in the order in which they are loaded. Their names and other
/// custom sections are left out.
///
/// # Errors
/// If one can't be read.
pub fn arrange(parts: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
    let parts: Vec<Part> = parts.iter().map(|part| Part::read(part)).collect::<Result<_>>()?;
    let mut arranged: Vec<Arrangement> = Vec::new();
    for part in &parts {
        let before = arranged.last().zip(parts.get(arranged.len().wrapping_sub(1)));
        let arrangement =
            Arrangement::of(part, before.map(|(arrangement, before)| before.given(arrangement)));
        arranged.push(arrangement);
    }
    for border in 0..parts.len() {
        let slots = slots(&parts, &arranged, border);
        for (at, (table, slots)) in slots {
            if at == border {
                arranged[at].called = Some(table);
            }
            arranged[at].slots.insert(table, slots);
        }
    }
    let written = |(part, arrangement): (&Part, Arrangement)| part.written(arrangement);
    parts.iter().zip(arranged).map(written).collect()
}

/// A module as it is read.
struct Part<'a> {
    module: &'a [u8],
    imports: Vec<Import<'a>>,
    exports: Vec<Export<'a>>,
    /// The types of the functions that are not imported.
    types: Vec<u32>,
    bodies: Vec<FunctionBody<'a>>,
    /// What is filled in: the table, from which place on, and the functions.
    elements: Vec<(u32, u32, Vec<u32>)>,
}

impl<'a> Part<'a> {
    fn read(module: &'a [u8]) -> Result<Self> {
        let mut part = Self {
            module,
            imports: Vec::new(),
            exports: Vec::new(),
            types: Vec::new(),
            bodies: Vec::new(),
            elements: Vec::new(),
        };
        for payload in Parser::new(0).parse_all(module) {
            match payload? {
                Payload::ImportSection(section) => {
                    part.imports = section.into_imports().collect::<std::result::Result<_, _>>()?;
                }
                Payload::ExportSection(section) => {
                    part.exports = section.into_iter().collect::<std::result::Result<_, _>>()?;
                }
                Payload::FunctionSection(section) => {
                    part.types = section.into_iter().collect::<std::result::Result<_, _>>()?;
                }
                Payload::CodeSectionEntry(body) => part.bodies.push(body),
                Payload::ElementSection(section) => {
                    for element in section {
                        part.elements.extend(filled(element?)?);
                    }
                }
                _ => {}
            }
        }
        Ok(part)
    }

    fn imported_functions(&self) -> impl Iterator<Item = &Import<'a>> {
        self.imports.iter().filter(|import| matches!(import.ty, TypeRef::Func(_)))
    }

    /// By name, the functions that it exports, by their new numbers.
    fn given(&self, arrangement: &Arrangement) -> BTreeMap<&'a str, u32> {
        let functions = self.exports.iter().filter(|export| export.kind == ExternalKind::Func);
        functions.map(|export| (export.name, arrangement.functions[export.index as usize])).collect()
    }

    /// How often each function is called.
    fn calls(&self) -> Vec<usize> {
        let mut calls = vec![0; self.imported_functions().count() + self.bodies.len()];
        for operator in self.bodies.iter().flat_map(operators) {
            if let Operator::Call { function_index } = operator {
                calls[function_index as usize] += 1;
            }
        }
        calls
    }

    /// The number of the table that it exports by a name.
    fn exported_table(&self, name: &str) -> Option<u32> {
        let found = self.exports.iter().find(|e| e.kind == ExternalKind::Table && e.name == name);
        found.map(|export| export.index)
    }

    /// The number of the table that it imports from the module before by one of these names.
    fn imported_table(&self, names: &BTreeSet<&str>) -> Option<u32> {
        let tables = self.imports.iter().filter(|import| matches!(import.ty, TypeRef::Table(_)));
        let is_it = |import: &Import| import.module == PREVIOUS && names.contains(import.name);
        (0..).zip(tables).find(|(_, import)| is_it(import)).map(|(number, _)| number)
    }

    /// Whether every call through a table names its slot, so that the slots can be numbered anew.
    fn names_slots(&self, table: u32) -> bool {
        self.bodies.iter().all(|body| {
            let mut before = None;
            operators(body).all(|operator| {
                let is_call =
                    matches!(operator, Operator::CallIndirect { table_index, .. } if table_index == table);
                let is_named = !is_call || matches!(before, Some(Operator::I32Const { .. }));
                before = Some(operator);
                is_named
            })
        })
    }
}

/// What an active segment fills: the table, from which place on, and the functions.
fn filled(element: wasmparser::Element) -> Result<Option<(u32, u32, Vec<u32>)>> {
    let ElementKind::Active { table_index, offset_expr } = element.kind else { return Ok(None) };
    let ElementItems::Functions(functions) = element.items else { return Ok(None) };
    let Operator::I32Const { value } = offset_expr.get_operators_reader().read()? else { return Ok(None) };
    let functions = functions.into_iter().collect::<std::result::Result<_, _>>()?;
    Ok(Some((table_index.unwrap_or(0), value as u32, functions)))
}

/// A body's instructions; those after one that can't be read are left out, and found when the module is written.
fn operators<'a>(body: &FunctionBody<'a>) -> impl Iterator<Item = Operator<'a>> + use<'a> {
    body.get_operators_reader().into_iter().flatten().map_while(|operator| operator.ok())
}

/// The order of what calls go through between two modules: for each module that has to do with it, by its number, the table and
/// the new slot for each slot.
fn slots(
    parts: &[Part],
    arranged: &[Arrangement],
    border: usize,
) -> BTreeMap<usize, (u32, BTreeMap<u32, u32>)> {
    let mut tables = BTreeMap::new();
    let calls = parts[border].exported_table(CALLS).filter(|table| parts[border].names_slots(*table));
    let Some(own) = calls else { return tables };
    let (mut slots, mut known) = (BTreeMap::new(), (own, border));
    let mut found = vec![(border, own)];
    for (at, part) in parts.iter().enumerate().skip(border + 1) {
        let (table, before) = known;
        let names = parts[before].exports.iter();
        let names = names.filter(|e| e.kind == ExternalKind::Table && e.index == table).map(|e| e.name);
        let Some(table) = part.imported_table(&names.collect()) else { break };
        for (_, start, functions) in part.elements.iter().filter(|(filled, ..)| *filled == table) {
            let mut order: Vec<u32> = (0..functions.len() as u32).collect();
            order.sort_by_key(|slot| arranged[at].functions[functions[*slot as usize] as usize]);
            slots.extend((*start..).zip(order).map(|(new, slot)| (start + slot, new)));
        }
        found.push((at, table));
        known = (table, at);
    }
    tables.extend(found.into_iter().map(|(at, table)| (at, (table, slots.clone()))));
    tables
}

/// A new order of a module's functions and slots.
struct Arrangement {
    /// The new number of each function.
    functions: Vec<u32>,
    /// The imported functions in their new order, then the others, without those, by their numbers from zero.
    imported: Vec<usize>,
    own: Vec<usize>,
    /// The table through which the next module is called.
    called: Option<u32>,
    /// By table, the new slot for each slot.
    slots: BTreeMap<u32, BTreeMap<u32, u32>>,
}

impl Arrangement {
    /// The order for a module. `given` tells the numbers of what it imports in the module before, by name.
    fn of(part: &Part, given: Option<BTreeMap<&str, u32>>) -> Self {
        let names: Vec<&str> = part.imported_functions().map(|import| import.name).collect();
        let mut imported: Vec<usize> = (0..names.len()).collect();
        if let Some(given) = given {
            let calls = part.calls();
            imported.sort_by_key(|import| std::cmp::Reverse(calls[*import]));
            let rest = SHORT_NUMBERS.min(imported.len());
            imported[rest..].sort_by_key(|import| given.get(names[*import]));
        }
        let bodies: Vec<&[u8]> = part.bodies.iter().map(|body| &part.module[body.range()]).collect();
        let own = similarity::order(&bodies);
        let mut functions = vec![0; names.len() + own.len()];
        let old = imported.iter().copied().chain(own.iter().map(|own| names.len() + own));
        for (new, old) in (0..).zip(old) {
            functions[old] = new;
        }
        Self { functions, imported, own, called: None, slots: BTreeMap::new() }
    }
}

/// What can go wrong when a module is written.
type Written<T = ()> = std::result::Result<T, reencode::Error>;

impl Reencode for Arrangement {
    type Error = std::convert::Infallible;

    fn function_index(&mut self, function: u32) -> Written<u32> {
        Ok(self.functions[function as usize])
    }
}

impl Arrangement {
    /// The imports, the functions among them in their new order.
    fn imports(&mut self, imports: &[Import]) -> Written<wasm_encoder::ImportSection> {
        let mut section = wasm_encoder::ImportSection::new();
        let is_function = |import: &Import| matches!(import.ty, TypeRef::Func(_));
        let functions: Vec<&Import> = imports.iter().filter(|import| is_function(import)).collect();
        let mut order = self.imported.clone().into_iter();
        for import in imports {
            let next = if is_function(import) { order.next().map(|at| functions[at]) } else { None };
            self.parse_import(&mut section, *next.unwrap_or(import))?;
        }
        Ok(section)
    }

    /// What fills tables, in the new order of slots.
    fn elements(
        &mut self,
        elements: wasmparser::ElementSectionReader,
    ) -> Written<wasm_encoder::ElementSection> {
        let mut section = wasm_encoder::ElementSection::new();
        for element in elements {
            let element = element?;
            let content = filled(element.clone()).ok().flatten();
            let order = content.and_then(|(table, start, old)| {
                let slots = self.slots.get(&table)?;
                let mut order = old.clone();
                for (slot, function) in (start..).zip(old) {
                    *order.get_mut((slots.get(&slot)? - start) as usize)? = self.functions[function as usize];
                }
                Some((table, start, order))
            });
            match order {
                Some((table, start, functions)) => {
                    let start = wasm_encoder::ConstExpr::i32_const(start as i32);
                    let functions = wasm_encoder::Elements::Functions(functions.into());
                    section.active(Some(table), &start, functions);
                }
                None => self.parse_element(&mut section, element)?,
            }
        }
        Ok(section)
    }

    /// The code, in the new order of functions; calls between modules through the new slots.
    fn code(&mut self, bodies: &[FunctionBody]) -> Written<wasm_encoder::CodeSection> {
        let mut section = wasm_encoder::CodeSection::new();
        for body in self.own.clone().into_iter().map(|own| &bodies[own]) {
            let mut function = self.new_function_with_parsed_locals(body)?;
            let mut operators = body.get_operators_reader()?.into_iter().peekable();
            while let Some(operator) = operators.next() {
                let operator = match (operator?, operators.peek()) {
                    (Operator::I32Const { value }, Some(Ok(Operator::CallIndirect { table_index, .. })))
                        if self.called == Some(*table_index) =>
                    {
                        let new = self.slots[table_index].get(&(value as u32)).copied();
                        Operator::I32Const { value: new.map_or(value, |slot| slot as i32) }
                    }
                    (operator, _) => operator,
                };
                function.instruction(&self.instruction(operator)?);
            }
            section.function(&function);
        }
        Ok(section)
    }
}

impl Part<'_> {
    fn written(&self, arrangement: Arrangement) -> Result<Vec<u8>> {
        self.try_written(arrangement).map_err(|error| Error::Unreadable(error.to_string()))
    }

    fn try_written(&self, mut arrangement: Arrangement) -> Written<Vec<u8>> {
        let mut module = wasm_encoder::Module::new();
        for payload in Parser::new(0).parse_all(self.module) {
            match payload? {
                Payload::ImportSection(_) => {
                    module.section(&arrangement.imports(&self.imports)?);
                }
                Payload::FunctionSection(_) => {
                    let mut section = wasm_encoder::FunctionSection::new();
                    arrangement.own.iter().for_each(|own| {
                        section.function(self.types[*own]);
                    });
                    module.section(&section);
                }
                Payload::ExportSection(exports) => {
                    let mut section = wasm_encoder::ExportSection::new();
                    arrangement.parse_export_section(&mut section, exports)?;
                    module.section(&section);
                }
                Payload::StartSection { func, .. } => {
                    let function_index = arrangement.function_index(func)?;
                    module.section(&wasm_encoder::StartSection { function_index });
                }
                Payload::ElementSection(elements) => {
                    module.section(&arrangement.elements(elements)?);
                }
                Payload::CodeSectionStart { .. } => {
                    module.section(&arrangement.code(&self.bodies)?);
                }
                Payload::CustomSection(_) => {}
                // Nothing in them names a function.
                other => {
                    if let Some((id, Range { start, end })) = other.as_section() {
                        module.section(&wasm_encoder::RawSection { id, data: &self.module[start..end] });
                    }
                }
            }
        }
        Ok(module.finish())
    }
}
