//! Deciding which function goes where, and which calls that makes calls between modules.

use std::collections::BTreeSet;

use walrus::{ElementItems, ExportItem, FunctionId, Module};

use crate::addresses::possible_addresses;
use crate::constants::{Constants, Place};
use crate::coverage::{Coverage, Level};
use crate::module::{named_by, plain_name};
use crate::outline::{level_of_cut, linked_name};

/// The size of a function that is copied if it calls none, in instructions: a stub or an import would be as big.
const SMALL: u64 = 10;

/// A module's functions and constants, distributed over what is loaded up to a level and what is loaded later.
pub struct Partition {
    /// The functions that are loaded later.
    pub moved: BTreeSet<FunctionId>,
    /// Those of them that are called, or referred to, from what stays.
    pub entries: BTreeSet<FunctionId>,
    /// The functions that stay and are called, or referred to, from what is moved.
    pub used: BTreeSet<FunctionId>,
    /// The constants that are loaded later: none that stays needs them.
    pub constants: Vec<Place>,
}

impl Partition {
    /// The partition after a level. `load` stays: it is what loads the rest. So do functions that the linker does not know.
    pub fn after(
        level: Level,
        module: &Module,
        constants: &Constants,
        coverage: &Coverage,
        load: FunctionId,
    ) -> Self {
        let mut moved: BTreeSet<FunctionId> = BTreeSet::new();
        // Small functions that call none are in whichever module names them, if need be in both.
        let mut copied: BTreeSet<FunctionId> = BTreeSet::new();
        // Who calls one of these has all modules loaded first.
        let mut last: BTreeSet<FunctionId> = BTreeSet::new();
        for (id, local) in module.funcs.iter_local() {
            let name = module.funcs.get(id).name.as_deref().unwrap_or_default();
            if local.size() <= SMALL && named_by(module, id).is_empty() {
                copied.insert(id);
            }
            let may_move =
                constants.knows(name) && id != load && module.start != Some(id) && !copied.contains(&id);
            let own = level_of_cut(name).or_else(|| may_move.then(|| coverage.level(&plain_name(name))));
            if own.is_some_and(|own| own > level) {
                moved.insert(id);
            }
            if own == Some(Level::Deferred) {
                last.insert(id);
            }
        }
        let stays = |id: &FunctionId| !moved.contains(id);
        let mut entries = entries_from_tables(module, &moved);
        let mut used: BTreeSet<FunctionId> = BTreeSet::new();
        for function in module.funcs.iter() {
            let id = function.id();
            let (named, here) = (named_by(module, id), stays(&id));
            let other_side =
                named.into_iter().filter(|named| stays(named) != here && !copied.contains(named));
            if here { entries.extend(other_side) } else { used.extend(other_side) }
        }
        let staying = module.funcs.iter_local().map(|(id, _)| id).filter(stays);
        let needed = staying.flat_map(|id| constants_of(module, constants, &last, id));
        let constants = constants.not_reached_from(needed);
        Self { moved, entries, used, constants }
    }
}

/// The moved functions that tables hold or that are exported.
fn entries_from_tables(module: &Module, moved: &BTreeSet<FunctionId>) -> BTreeSet<FunctionId> {
    let mut entries = BTreeSet::new();
    for element in module.elements.iter() {
        let ElementItems::Functions(functions) = &element.items else { continue };
        entries.extend(functions.iter().filter(|id| moved.contains(id)));
    }
    for export in module.exports.iter() {
        if let ExportItem::Function(id) = export.item
            && moved.contains(&id)
        {
            entries.insert(id);
        }
    }
    entries
}

/// The constants that a function's text names: its own, or those of the linked function that it was cut out of.
fn constants_of(
    module: &Module,
    constants: &Constants,
    last: &BTreeSet<FunctionId>,
    id: FunctionId,
) -> BTreeSet<Place> {
    let Some(name) = &module.funcs.get(id).name else { return BTreeSet::new() };
    let linked = linked_name(name);
    let addresses = possible_addresses(module, id, &|called| last.contains(&called));
    addresses.into_iter().filter_map(|address| constants.at(linked, address)).collect()
}
