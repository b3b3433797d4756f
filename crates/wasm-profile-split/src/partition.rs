//! Deciding which function goes where, and which calls that makes calls between modules.

use std::collections::{BTreeMap, BTreeSet};

use walrus::{ExportItem, FunctionId, Module};

use crate::addresses::constants_of;
use crate::constants::{ByteRange, Constants};
use crate::coverage::{Coverage, Level};
use crate::module::{SMALL, named_by, plain_name};
use crate::outline::level_of_cut;
use crate::wanted::Wanted;

/// A module's functions and constants, distributed over what is loaded up to a level and what is loaded later.
pub struct Partition {
    /// The functions that are loaded later, and when.
    pub moved: BTreeMap<FunctionId, Level>,
    /// Those of them that are called from what stays, or exported: in the order in which they are loaded.
    pub entries: Vec<FunctionId>,
    /// The functions that stay and are called, or referred to, from what is moved.
    pub used: BTreeSet<FunctionId>,
    /// The constants that are loaded later: none that stays needs them.
    pub constants: Vec<ByteRange>,
}

impl Partition {
    /// The partition after a level. `load` stays: it is what loads the rest. So do functions that the linker does not know.
    pub fn after(
        level: Level,
        module: &Module,
        constants: &Constants,
        (coverage, wanted): (&Coverage, &Wanted),
        load: FunctionId,
    ) -> Self {
        let mut moved: BTreeMap<FunctionId, Level> = BTreeMap::new();
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
            let measured = || wanted.level(name).unwrap_or_else(|| coverage.level(&plain_name(name)));
            let own = level_of_cut(name).or_else(|| may_move.then(measured));
            if let Some(own) = own.filter(|own| *own > level) {
                moved.insert(id, own);
            }
            if own >= Some(Level::Deferred) {
                last.insert(id);
            }
        }
        let stays = |id: &FunctionId| !moved.contains_key(id);
        let exported = module.exports.iter().filter_map(|export| match export.item {
            ExportItem::Function(id) => Some(id),
            _ => None,
        });
        let mut entries: BTreeSet<FunctionId> = exported.filter(|id| !stays(id)).collect();
        let mut used: BTreeSet<FunctionId> = BTreeSet::new();
        for function in module.funcs.iter() {
            let id = function.id();
            let (named, here) = (named_by(module, id), stays(&id));
            let other_side =
                named.into_iter().filter(|named| stays(named) != here && !copied.contains(named));
            if here { entries.extend(other_side) } else { used.extend(other_side) }
        }
        let constants = match wanted.constants_after(level) {
            // What the functions of all parts before need, not only of the last of them.
            Some(behind) => behind.clone(),
            None => {
                let staying = module.funcs.iter_local().map(|(id, _)| id).filter(stays);
                let needed = staying.flat_map(|id| constants_of(module, constants, &last, id));
                constants.not_reached_from(needed)
            }
        };
        let mut entries: Vec<FunctionId> = entries.into_iter().collect();
        entries.sort_by_key(|id| (moved[id], *id));
        Self { moved, entries, used, constants }
    }
}
