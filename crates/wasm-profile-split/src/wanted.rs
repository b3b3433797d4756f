//! What is loaded only for who wants it: the functions behind two doors, and what nothing but them leads to.
//!
//! A profile can't tell rare from separate: a command that nobody gave while it was taken may be given at any time, and must
//! be there. What is separate is named by who builds the program (`lesson::…`): it says that the loader is asked for this part
//! before any of it is called. What those functions alone lead to, such as a library that only they use, follows from the calls.
//! What stands behind the inner door may call what stands behind the outer one: that is opened first.

use std::collections::{BTreeMap, BTreeSet};

use walrus::{ElementItems, ExportItem, FunctionId, Module};

use crate::addresses::constants_of;
use crate::constants::{ByteRange, Constants};
use crate::coverage::{Coverage, Level};
use crate::module::{SMALL, named_by, plain_name};
use crate::outline::level_of_cut;

/// The functions that are loaded only when they are wanted, and their constants.
#[derive(Default)]
pub struct Wanted {
    /// By the functions' names, as the linker gave them: behind which door.
    levels: BTreeMap<String, Level>,
    /// The constants that no function before the outer door needs, and those that none before the inner one does: each in order.
    constants: [Vec<ByteRange>; 2],
}

impl Wanted {
    /// Finds them in a module. `doors` are the outer one and the inner: whether the function of this plain name stands there. What
    /// has run while the profile was taken stands at none, whatever its name; pieces of it that never ran do.
    pub fn find(
        module: &Module,
        constants: &Constants,
        coverage: &Coverage,
        [is_outer, is_inner]: [&dyn Fn(&str) -> bool; 2],
    ) -> Self {
        let (all, before_outer) =
            behind(module, constants, coverage, Level::Outer, &|name| is_outer(name) || is_inner(name));
        let (inner, before_inner) = behind(module, constants, coverage, Level::Inner, is_inner);
        let mut levels: BTreeMap<String, Level> = all.into_iter().map(|name| (name, Level::Outer)).collect();
        levels.extend(inner.into_iter().map(|name| (name, Level::Inner)));
        Self { levels, constants: [before_outer, before_inner] }
    }

    /// Behind which door the function of this name is; nothing if it is behind none.
    pub fn level(&self, name: &str) -> Option<Level> {
        self.levels.get(name).copied()
    }

    /// The constants that are behind the door after a level; nothing for levels after which there is none.
    pub fn constants_after(&self, level: Level) -> Option<&Vec<ByteRange>> {
        match level {
            Level::First | Level::Second | Level::Third | Level::Inner => None,
            Level::Deferred => Some(&self.constants[0]),
            Level::Outer => Some(&self.constants[1]),
        }
    }
}

/// The names of the functions that nothing but the door before this level leads to, and the constants that no other function needs.
fn behind(
    module: &Module,
    constants: &Constants,
    coverage: &Coverage,
    level: Level,
    is_door: &dyn Fn(&str) -> bool,
) -> (BTreeSet<String>, Vec<ByteRange>) {
    let name_of = |id: FunctionId| module.funcs.get(id).name.as_deref().unwrap_or_default();
    let may_wait = |id: FunctionId| {
        let name = name_of(id);
        constants.knows(name) && level_of_cut(name).is_none() && !coverage.knows(&plain_name(name))
    };
    let local: Vec<FunctionId> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let is_piece = |id: FunctionId| level_of_cut(name_of(id)) == Some(level);
    let stands_there = |id: &FunctionId| is_piece(*id) || may_wait(*id) && is_door(&plain_name(name_of(*id)));
    let is_door: BTreeSet<FunctionId> = local.iter().copied().filter(stands_there).collect();
    let exported = module.exports.iter().filter_map(|export| match export.item {
        ExportItem::Function(id) => Some(id),
        _ => None,
    });
    let in_tables = module.elements.iter().flat_map(|element| match &element.items {
        ElementItems::Functions(functions) => functions.clone(),
        ElementItems::Expressions(..) => Vec::new(),
    });
    let ran = local.iter().copied().filter(|&id| !may_wait(id));
    let mut open: Vec<FunctionId> =
        exported.chain(in_tables).chain(ran).chain(module.start).filter(|id| !is_door.contains(id)).collect();
    let mut reached: BTreeSet<FunctionId> = BTreeSet::new();
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            open.extend(named_by(module, id).into_iter().filter(|named| !is_door.contains(named)));
        }
    }
    let behind: BTreeSet<FunctionId> = local.iter().copied().filter(|id| !reached.contains(id)).collect();
    // A name is one function's, but for copies that the linker has made: then all of them wait, or none.
    let elsewhere: BTreeSet<&str> =
        local.iter().filter(|id| reached.contains(id)).map(|&id| name_of(id)).collect();
    let names = behind.iter().map(|&id| name_of(id)).filter(|name| !elsewhere.contains(name));
    let names: BTreeSet<String> = names.map(str::to_owned).collect();
    // Small functions are copied to whoever calls them, and take their constants along.
    let is_elsewhere = |id: &FunctionId| {
        !names.contains(name_of(*id)) || module.funcs.get(*id).kind.unwrap_local().size() <= SMALL
    };
    let needed = local.iter().copied().filter(is_elsewhere);
    let needed = needed.flat_map(|id| constants_of(module, constants, &behind, id));
    let constants = constants.not_reached_from(needed);
    (names, constants)
}
