//! The earlier of two modules: what stays of one, with stubs in place of what has moved.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{self, VisitorMut, dfs_pre_order_mut};
use walrus::{
    ExportItem, FunctionBuilder, FunctionId, FunctionKind, GlobalId, Module, RefType, TableId, TypeId,
};

use crate::coverage::Level;
use crate::data::{cut_data, within};
use crate::elements::{cut_elements, replace_elements};
use crate::error::{Error, Result};
use crate::module::{named_by, placed};
use crate::outline::level_of_cut;
use crate::partition::Partition;
use crate::protocol::{self, CALLS, LOAD, LOADED};

/// The memories, tables and globals that both modules share, under the names by which the later one imports them: in the
/// order of the module.
pub fn shared(module: &Module) -> Vec<(String, ExportItem)> {
    let memories = module.memories.iter().map(|memory| ExportItem::Memory(memory.id()));
    let tables = module.tables.iter().map(|table| ExportItem::Table(table.id()));
    let globals = module.globals.iter().map(|global| ExportItem::Global(global.id()));
    let all = memories.chain(tables).chain(globals);
    all.enumerate().map(|(number, item)| (protocol::shared(number), item)).collect()
}

/// The way to what has moved: how many later modules it needs is ensured, then a slot of a table is called.
#[derive(Clone, Copy)]
struct Way {
    ensure: FunctionId,
    ty: TypeId,
    slot: usize,
    table: TableId,
}

impl Way {
    /// What stands in place of a call.
    fn instrs(self) -> [ir::Instr; 3] {
        let Self { ensure, ty, slot, table } = self;
        let value = ir::Value::I32(slot as i32);
        [ir::Call { func: ensure }.into(), ir::Const { value }.into(), ir::CallIndirect { ty, table }.into()]
    }
}

/// Leaves only what stays. `load` has the next module loaded.
///
/// # Errors
/// [`Error::MovableData`], [`Error::MovableElements`].
pub fn leave(module: &mut Module, load: FunctionId, partition: &Partition) -> Result<()> {
    let names = shared(module);
    let size = partition.entries.len() as u64;
    let table = module.tables.add_local(false, size, Some(size), RefType::FUNCREF);
    let ensure = ensure(module, load, partition)?;
    let way = |slot: usize, id: FunctionId| {
        let ty = module.funcs.get(id).ty();
        (id, Way { ensure: ensure[&partition.moved[&id]], ty, slot, table })
    };
    let ways: BTreeMap<FunctionId, Way> =
        partition.entries.iter().enumerate().map(|(slot, &id)| way(slot, id)).collect();
    leave_elements(module, &ensure, partition)?;
    call_pieces(module, &ways);
    for (&id, &way) in &ways {
        module.funcs.get_mut(id).kind = stub(module, way);
    }
    // It is for the stubs, not for the loader.
    let export = module.exports.iter().find(|export| export.name == LOAD).map(|export| export.id());
    if let Some(export) = export {
        module.exports.delete(export);
    }
    for (name, item) in names {
        module.exports.add(&name, item);
    }
    module.exports.add(CALLS, table);
    for (number, &id) in partition.used.iter().enumerate() {
        module.exports.add(&protocol::function(number), id);
    }
    cut_data(module, |address| !within(&partition.constants, address))?;
    walrus::passes::gc::run(module);
    Ok(())
}

/// For each level of what has moved, the function that has later modules loaded unless they are there.
fn ensure(
    module: &mut Module,
    load: FunctionId,
    partition: &Partition,
) -> Result<BTreeMap<Level, FunctionId>> {
    let loaded = module.exports.iter().find(|export| export.name == LOADED).map(|export| export.item);
    let Some(ExportItem::Global(loaded)) = loaded else { return Err(Error::NoExport(LOADED)) };
    let levels: BTreeSet<Level> = partition.moved.values().copied().collect();
    let mut found = BTreeMap::new();
    for level in levels {
        let before = found.values().last().copied();
        found.insert(level, ensure_level(module, load, loaded, level, before));
    }
    Ok(found)
}

/// The function that has the modules up to a level loaded, where `before` sees to those before.
fn ensure_level(
    module: &mut Module,
    load: FunctionId,
    loaded: GlobalId,
    level: Level,
    before: Option<FunctionId>,
) -> FunctionId {
    let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
    let mut body = builder.name(format!("ensure_{level:?}")).func_body();
    let needed = ir::Value::I32(level as i32);
    body.global_get(loaded).const_(needed).binop(ir::BinaryOp::I32LtS).if_else(
        None,
        |missing| {
            if let Some(before) = before {
                missing.call(before);
            }
            missing.call(load);
        },
        |_| {},
    );
    builder.finish(Vec::new(), &mut module.funcs)
}

/// Leaves in tables what stays. In those that begin here, what has moved leaves a function of its type, that has the module
/// loaded which fills in the right one, and ends there: it can't know in whose place it stands.
fn leave_elements(
    module: &mut Module,
    ensure: &BTreeMap<Level, FunctionId>,
    partition: &Partition,
) -> Result<()> {
    let begin_here = module.tables.iter().all(|table| table.import.is_none());
    if !begin_here {
        return cut_elements(module, |id| !partition.moved.contains_key(&id));
    }
    let mut missing: BTreeMap<(TypeId, Level), FunctionId> = BTreeMap::new();
    let mut others: BTreeMap<FunctionId, FunctionId> = BTreeMap::new();
    for (&id, &level) in &partition.moved {
        let ty = module.funcs.get(id).ty();
        let other = missing.entry((ty, level)).or_insert_with(|| miss(module, ty, ensure[&level]));
        others.insert(id, *other);
    }
    replace_elements(module, &others)
}

/// A function of this type that ensures that a module is there, and goes no further.
fn miss(module: &mut Module, ty: TypeId, ensure: FunctionId) -> FunctionId {
    let (parameters, results) = (module.types.params(ty).to_vec(), module.types.results(ty).to_vec());
    let arguments = parameters.iter().map(|&kind| module.locals.add(kind)).collect();
    let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
    builder.name("miss".to_owned()).func_body().call(ensure).unreachable();
    builder.finish(arguments, &mut module.funcs)
}

/// What stands in place of a function that has moved.
fn stub(module: &mut Module, way: Way) -> FunctionKind {
    let (parameters, results) = (module.types.params(way.ty).to_vec(), module.types.results(way.ty).to_vec());
    let arguments: Vec<_> = parameters.iter().map(|&kind| module.locals.add(kind)).collect();
    let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
    let mut body = builder.func_body();
    for &argument in &arguments {
        body.local_get(argument);
    }
    body.instrs_mut().extend(placed(way.instrs()));
    FunctionKind::Local(builder.local_func(arguments))
}

/// Calls the pieces that have been cut out, and have moved, without stubs: each has one caller, which does what a stub would.
fn call_pieces(module: &mut Module, ways: &BTreeMap<FunctionId, Way>) {
    let is_piece = |module: &Module, id: FunctionId| {
        module.funcs.get(id).name.as_deref().is_some_and(|name| level_of_cut(name).is_some())
    };
    let callers: Vec<FunctionId> =
        module.funcs.iter_local().map(|(id, _)| id).filter(|id| !ways.contains_key(id)).collect();
    for caller in callers {
        let pieces: BTreeMap<FunctionId, Way> = named_by(module, caller)
            .into_iter()
            .filter(|&id| is_piece(module, id))
            .filter_map(|id| Some((id, *ways.get(&id)?)))
            .collect();
        let FunctionKind::Local(function) = &mut module.funcs.get_mut(caller).kind else { continue };
        if !pieces.is_empty() {
            let entry = function.entry_block();
            dfs_pre_order_mut(&mut Direct { pieces }, function, entry);
        }
    }
}

/// Makes calls of pieces calls through the table.
struct Direct {
    pieces: BTreeMap<FunctionId, Way>,
}

impl VisitorMut for Direct {
    fn start_instr_seq_mut(&mut self, seq: &mut ir::InstrSeq) {
        let mut at = 0;
        while at < seq.instrs.len() {
            if let ir::Instr::Call(ir::Call { func }) = seq.instrs[at].0
                && let Some(way) = self.pieces.get(&func)
            {
                seq.instrs.splice(at..=at, placed(way.instrs()));
            }
            at += 1;
        }
    }
}
