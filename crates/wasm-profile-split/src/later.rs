//! The later of two modules: what has moved, with imports of what it uses of the earlier one.

use std::collections::{BTreeMap, BTreeSet};

use walrus::{
    ExportItem, FunctionId, FunctionKind, GlobalKind, ImportKind, ImportedFunction, Module, RefType,
};

use crate::data::{cut_data, within};
use crate::earlier::shared;
use crate::elements::{add_elements, cut_elements};
use crate::error::Result;
use crate::module::named_by;
use crate::partition::Partition;
use crate::protocol::{self, CALLS, LOADED, PREVIOUS};

/// Leaves only what has moved. The module is the same as the partition's, read once more: `other` gives its functions for
/// those of the partition.
///
/// # Errors
/// [`crate::error::Error::MovableData`].
///
/// # Panics
/// If a function stays reachable that has not moved.
pub fn leave(
    module: &mut Module,
    partition: &Partition,
    other: &BTreeMap<FunctionId, FunctionId>,
) -> Result<()> {
    let moved: BTreeSet<FunctionId> = partition.moved.keys().map(|id| other[id]).collect();
    forget_surroundings(module);
    cut_elements(module, |id| moved.contains(&id))?;
    for (number, id) in partition.used.iter().enumerate() {
        let id = other[id];
        let ty = module.funcs.get(id).ty();
        let import = module.imports.add(PREVIOUS, &protocol::function(number), ImportKind::Function(id));
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    import_shared(module);
    let size = partition.entries.len() as u64;
    let (table, _) = module.add_import_table(PREVIOUS, CALLS, false, size, Some(size), RefType::FUNCREF);
    add_elements(module, table, 0, partition.entries.iter().map(|id| other[id]).collect());
    cut_data(module, |address| within(&partition.constants, address))?;
    walrus::passes::gc::run(module);
    let stray = |id: &FunctionId| !moved.contains(id) && !named_by(module, *id).is_empty();
    let strays = module.funcs.iter_local().map(|(id, _)| id).filter(stray).count();
    assert_eq!(strays, 0, "functions of the earlier module are in the later");
    Ok(())
}

/// Forgets the start, all imports and the exports but one: they are the earlier module's.
fn forget_surroundings(module: &mut Module) {
    module.start = None;
    let exports = module.exports.iter().filter(|export| export.name != LOADED);
    let exports: Vec<_> = exports.map(|export| export.id()).collect();
    for export in exports {
        module.exports.delete(export);
    }
    let imports: Vec<_> = module.imports.iter().map(|import| import.id()).collect();
    for import in imports {
        module.imports.delete(import);
    }
}

/// Imports memories, tables and globals from the earlier module.
fn import_shared(module: &mut Module) {
    for (name, item) in shared(module) {
        match item {
            ExportItem::Memory(id) => {
                let import = module.imports.add(PREVIOUS, &name, ImportKind::Memory(id));
                module.memories.get_mut(id).import = Some(import);
            }
            ExportItem::Table(id) => {
                let import = module.imports.add(PREVIOUS, &name, ImportKind::Table(id));
                module.tables.get_mut(id).import = Some(import);
            }
            ExportItem::Global(id) => {
                let import = module.imports.add(PREVIOUS, &name, ImportKind::Global(id));
                module.globals.get_mut(id).kind = GlobalKind::Import(import);
            }
            ExportItem::Function(_) | ExportItem::Tag(_) => unreachable!("shared names neither"),
        }
    }
}
