//! The earlier of two modules: what stays of one, with stubs in place of what has moved.

use std::collections::BTreeMap;

use walrus::ir::{self, VisitorMut, dfs_pre_order_mut};
use walrus::{
    ConstExpr, ExportItem, FunctionBuilder, FunctionId, FunctionKind, Module, RefType, TableId, ValType,
};

use crate::data::{cut_data, within};
use crate::error::Result;
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

/// Leaves only what stays. `load` has the later module loaded.
///
/// # Errors
/// [`crate::error::Error::MovableData`].
pub fn leave(module: &mut Module, load: FunctionId, partition: &Partition) -> Result<()> {
    let names = shared(module);
    let size = partition.entries.len() as u64;
    let table = module.tables.add_local(false, size, Some(size), RefType::FUNCREF);
    let loaded = module.globals.add_local(ValType::I32, true, false, ConstExpr::Value(ir::Value::I32(0)));
    let ensure = ensure(module, load, loaded);
    let slots: BTreeMap<FunctionId, usize> = partition.entries.iter().copied().zip(0..).collect();
    call_pieces(module, &slots, table, ensure);
    for (&id, &slot) in &slots {
        let stub = stub(module, id, slot, table, ensure);
        module.funcs.get_mut(id).kind = stub;
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
    module.exports.add(LOADED, loaded);
    for (number, &id) in partition.used.iter().enumerate() {
        module.exports.add(&protocol::function(number), id);
    }
    cut_data(module, |address| !within(&partition.constants, address))?;
    walrus::passes::gc::run(module);
    Ok(())
}

/// The function that has the later module loaded unless it is there.
fn ensure(module: &mut Module, load: FunctionId, loaded: walrus::GlobalId) -> FunctionId {
    let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
    builder.name("ensure_rest".to_owned()).func_body().global_get(loaded).if_else(
        None,
        |_| {},
        |missing| {
            missing.call(load);
        },
    );
    builder.finish(Vec::new(), &mut module.funcs)
}

/// What stands in place of a function that has moved: it ensures that the module is there, and calls the table's slot.
fn stub(
    module: &mut Module,
    id: FunctionId,
    slot: usize,
    table: TableId,
    ensure: FunctionId,
) -> FunctionKind {
    let ty = module.funcs.get(id).ty();
    let (parameters, results) = (module.types.params(ty).to_vec(), module.types.results(ty).to_vec());
    let arguments: Vec<_> = parameters.iter().map(|&kind| module.locals.add(kind)).collect();
    let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &results);
    let mut body = builder.func_body();
    body.call(ensure);
    for &argument in &arguments {
        body.local_get(argument);
    }
    body.i32_const(slot as i32).call_indirect(ty, table);
    FunctionKind::Local(builder.local_func(arguments))
}

/// Calls the pieces that have been cut out, and have moved, without stubs: each has one caller, which does what a stub would.
fn call_pieces(module: &mut Module, slots: &BTreeMap<FunctionId, usize>, table: TableId, ensure: FunctionId) {
    let is_piece = |module: &Module, id: FunctionId| {
        module.funcs.get(id).name.as_deref().is_some_and(|name| level_of_cut(name).is_some())
    };
    let callers: Vec<FunctionId> =
        module.funcs.iter_local().map(|(id, _)| id).filter(|id| !slots.contains_key(id)).collect();
    for caller in callers {
        let pieces: BTreeMap<FunctionId, ir::CallIndirect> = named_by(module, caller)
            .into_iter()
            .filter(|&id| slots.contains_key(&id) && is_piece(module, id))
            .map(|id| (id, ir::CallIndirect { ty: module.funcs.get(id).ty(), table }))
            .collect();
        let FunctionKind::Local(function) = &mut module.funcs.get_mut(caller).kind else { continue };
        if !pieces.is_empty() {
            let entry = function.entry_block();
            dfs_pre_order_mut(&mut Direct { pieces, slots, ensure }, function, entry);
        }
    }
}

/// Makes calls of pieces calls through the table.
struct Direct<'a> {
    pieces: BTreeMap<FunctionId, ir::CallIndirect>,
    slots: &'a BTreeMap<FunctionId, usize>,
    ensure: FunctionId,
}

impl VisitorMut for Direct<'_> {
    fn start_instr_seq_mut(&mut self, seq: &mut ir::InstrSeq) {
        let mut at = 0;
        while at < seq.instrs.len() {
            if let ir::Instr::Call(ir::Call { func }) = seq.instrs[at].0
                && let Some(indirect) = self.pieces.get(&func)
            {
                let slot = ir::Value::I32(self.slots[&func] as i32);
                let call: [ir::Instr; 3] = [
                    ir::Call { func: self.ensure }.into(),
                    ir::Const { value: slot }.into(),
                    indirect.clone().into(),
                ];
                seq.instrs.splice(at..=at, placed(call));
            }
            at += 1;
        }
    }
}
