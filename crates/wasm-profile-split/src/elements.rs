//! Distributing what tables hold: each module fills in the functions that it has.

use std::collections::BTreeMap;

use walrus::{ConstExpr, ElementId, ElementItems, ElementKind, FunctionId, Module, TableId, ir};

use crate::error::{Error, Result};

/// Keeps of what tables hold only the functions that are `kept`; the places of the others are left alone, for another module.
///
/// # Errors
/// [`Error::MovableElements`].
pub fn cut_elements(module: &mut Module, kept: impl Fn(FunctionId) -> bool) -> Result<()> {
    let whole: Vec<ElementId> = module.elements.iter().map(|element| element.id()).collect();
    for id in whole {
        let (table, start, functions) = content(module, id)?;
        let mut pieces: Vec<(i32, Vec<FunctionId>)> = Vec::new();
        for (&function, place) in functions.iter().zip(start..).filter(|(function, _)| kept(**function)) {
            match pieces.last_mut() {
                Some((from, piece)) if *from + piece.len() as i32 == place => piece.push(function),
                _ => pieces.push((place, vec![function])),
            }
        }
        module.elements.delete(id);
        module.tables.get_mut(table).elem_segments.remove(&id);
        for (place, functions) in pieces {
            add_elements(module, table, place, functions);
        }
    }
    Ok(())
}

/// Puts other functions into tables in place of those that `others` names.
///
/// # Errors
/// [`Error::MovableElements`].
pub fn replace_elements(module: &mut Module, others: &BTreeMap<FunctionId, FunctionId>) -> Result<()> {
    let whole: Vec<ElementId> = module.elements.iter().map(|element| element.id()).collect();
    for id in whole {
        let (_, _, mut functions) = content(module, id)?;
        for function in &mut functions {
            *function = *others.get(function).unwrap_or(function);
        }
        module.elements.get_mut(id).items = ElementItems::Functions(functions);
    }
    Ok(())
}

/// Fills a table from a place on.
pub fn add_elements(module: &mut Module, table: TableId, place: i32, functions: Vec<FunctionId>) {
    let kind = ElementKind::Active { table, offset: ConstExpr::Value(ir::Value::I32(place)) };
    let element = module.elements.add(kind, ElementItems::Functions(functions));
    module.tables.get_mut(table).elem_segments.insert(element);
}

/// What a segment fills: the table, from which place on, and with what.
fn content(module: &Module, id: ElementId) -> Result<(TableId, i32, Vec<FunctionId>)> {
    let element = module.elements.get(id);
    match (&element.kind, &element.items) {
        (
            ElementKind::Active { table, offset: ConstExpr::Value(ir::Value::I32(start)) },
            ElementItems::Functions(functions),
        ) => Ok((*table, *start, functions.clone())),
        _ => Err(Error::MovableElements),
    }
}
