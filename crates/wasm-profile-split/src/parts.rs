//! Making several modules of one: each imports from the one before, which calls it through a table.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{Visitor, VisitorMut, dfs_in_order, dfs_pre_order_mut};
use walrus::{
    ConstExpr, DataKind, ElementItems, ElementKind, ExportItem, FunctionBuilder, FunctionId, FunctionKind,
    GlobalKind, ImportKind, ImportedFunction, Module, RefType, ValType, ir,
};

use crate::Result;
use crate::constants::{Constants, Place};
use crate::coverage::{Coverage, Level};
use crate::outline::{CUT, Shape, level_of_cut, outline};
use crate::{parse, plain_name};

/// What a module imports from, by this name: the exports of the one before.
const FIRST: &str = "first";
/// The export, and global, that says whether the next module is there; `static/start.js` sets it.
const LOADED: &str = "rest_loaded";
/// The export that calls the page's own loading of the second module; see `src/app/loading.rs`.
const LOAD: &str = "load_rest";
/// What the second module calls for the loading of the third.
const LOAD_NEXT: (&str, &str) = ("page", "load");
/// A function of no more instructions than this, which calls none, is copied: a stub or an import would be as big.
const SMALL: u64 = 10;
/// Gaps between pieces of constants up to this many bytes are not worth a new segment.
const GAP: u32 = 16;

/// The functions that another one names.
#[derive(Default)]
struct Named(BTreeSet<FunctionId>);

impl<'instr> Visitor<'instr> for Named {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.0.insert(*function);
    }
}

fn named_by(module: &Module, function: FunctionId) -> BTreeSet<FunctionId> {
    let mut named = Named::default();
    if let FunctionKind::Local(local) = &module.funcs.get(function).kind {
        dfs_in_order(&mut named, local, local.entry_block());
    }
    named.0
}

/// The constants that a function's text names: its own, or those of the linked function that it was cut out of.
fn constants_of(module: &Module, constants: &Constants, id: FunctionId) -> BTreeSet<Place> {
    let function = module.funcs.get(id);
    let (Some(name), FunctionKind::Local(local)) = (&function.name, &function.kind) else {
        return BTreeSet::new();
    };
    let mut addresses = Addresses::default();
    dfs_in_order(&mut addresses, local, local.entry_block());
    addresses.0.into_iter().filter_map(|address| constants.at(linked_name(name), address)).collect()
}

/// The name that the linker knows a function by, whether it is whole or was cut out.
fn linked_name(name: &str) -> &str {
    name.split(CUT).next().unwrap_or(name)
}

/// What may be addresses.
#[derive(Default)]
struct Addresses(BTreeSet<u32>);

impl<'instr> Visitor<'instr> for Addresses {
    fn visit_const(&mut self, constant: &ir::Const) {
        if let ir::Value::I32(value) = constant.value {
            self.0.insert(value as u32);
        }
    }

    fn visit_load(&mut self, load: &ir::Load) {
        self.0.insert(load.arg.offset as u32);
    }

    fn visit_store(&mut self, store: &ir::Store) {
        self.0.insert(store.arg.offset as u32);
    }
}

/// Cuts what runs later, or never, out of the functions that run; gives how many pieces there are.
fn outline_all(module: &mut Module, constants: &Constants, coverage: &Coverage) -> usize {
    let ran: Vec<_> = module
        .funcs
        .iter_local()
        .filter_map(|(id, local)| {
            let name = module.funcs.get(id).name.as_deref()?;
            let shape = Shape::of(local).filter(|_| constants.knows(name))?;
            let segments = coverage.segments(&plain_name(name), shape.hash, shape.segments.len())?;
            Some((id, shape, segments))
        })
        .collect();
    ran.iter().map(|(id, shape, segments)| outline(module, *id, shape, segments).len()).sum()
}

/// Splits a module that wasm-bindgen has made of the linker's, whose constants are given, in three: see [`Level`]. Functions that
/// the linker does not know stay in the first.
///
/// # Errors
/// If the module cannot be read, or lacks what the page's parts need.
pub fn split(constants: &Constants, bound: &[u8], coverage: &Coverage) -> Result<[Vec<u8>; 3]> {
    let mut whole = parse(bound)?;
    let pieces = outline_all(&mut whole, constants, coverage);
    println!("» {pieces} pieces are cut out of functions that run before the second pod is there");
    let [first, later] = split_at(constants, &whole.emit_wasm(), coverage, Level::First)?;
    let [opening, rest] = split_at(constants, &later, coverage, Level::Opening)?;
    Ok([first, opening, rest])
}

/// Splits a module in what runs up to a level and what runs later.
fn split_at(constants: &Constants, whole: &[u8], coverage: &Coverage, upto: Level) -> Result<[Vec<u8>; 2]> {
    let (mut one, mut two) = (parse(whole)?, parse(whole)?);
    let load = match upto {
        Level::First => one.exports.get_func(LOAD).map_err(|_| format!("the module has no export {LOAD}"))?,
        _ => {
            let ty = one.types.add(&[], &[]);
            one.add_import_func(LOAD_NEXT.0, LOAD_NEXT.1, ty).0
        }
    };

    // Small functions that call none are in whichever module names them, if need be in both.
    let mut moved: BTreeSet<FunctionId> = BTreeSet::new();
    let mut copied: BTreeSet<FunctionId> = BTreeSet::new();
    for (id, local) in one.funcs.iter_local() {
        let name = one.funcs.get(id).name.as_deref().unwrap_or_default();
        if local.size() <= SMALL && named_by(&one, id).is_empty() {
            copied.insert(id);
        }
        let may_move = constants.knows(name) && id != load && one.start != Some(id) && !copied.contains(&id);
        let level = level_of_cut(name).or_else(|| may_move.then(|| coverage.level(&plain_name(name))));
        if level.is_some_and(|level| level > upto) {
            moved.insert(id);
        }
    }
    let stays = |id: &FunctionId| !moved.contains(id);

    // Who of the moved is named from what stays, and who of what stays is named by the moved.
    let mut entries: BTreeSet<FunctionId> = BTreeSet::new();
    let mut used: BTreeSet<FunctionId> = BTreeSet::new();
    for function in one.funcs.iter() {
        let id = function.id();
        let (named, here) = (named_by(&one, id), stays(&id));
        let other_side = named.into_iter().filter(|named| stays(named) != here && !copied.contains(named));
        if here { entries.extend(other_side) } else { used.extend(other_side) }
    }
    for element in one.elements.iter() {
        let ElementItems::Functions(functions) = &element.items else { continue };
        entries.extend(functions.iter().filter(|id| !stays(id)));
    }
    for export in one.exports.iter() {
        if let ExportItem::Function(id) = export.item
            && !stays(&id)
        {
            entries.insert(id);
        }
    }

    let staying = one.funcs.iter_local().map(|(id, _)| id).filter(stays);
    let only_rest = constants.only_of_the_rest(staying.flat_map(|id| constants_of(&one, constants, id)));
    // The same module read twice: functions correspond by their order.
    let other: BTreeMap<FunctionId, FunctionId> = one
        .funcs
        .iter()
        .map(|function| function.id())
        .zip(two.funcs.iter().map(|function| function.id()))
        .collect();
    make_rest(&mut two, &moved, &entries, &used, &other, &only_rest)?;
    make_first(&mut one, load, &entries, &used, &only_rest)?;
    println!(
        "» {} functions after {upto:?}; {} ways there, {} back; {} bytes of constants",
        moved.len(),
        entries.len(),
        used.len(),
        only_rest.iter().map(|(start, end)| end - start).sum::<u32>()
    );
    Ok([one.emit_wasm(), two.emit_wasm()])
}

/// Calls pieces through the table.
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
                seq.instrs.splice(at..=at, call.map(|instr| (instr, Default::default())));
            }
            at += 1;
        }
    }
}

/// A short name for an export.
fn short(number: usize) -> String {
    const DIGITS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let (mut name, mut left) = (String::from("$"), number);
    loop {
        name.push(char::from(DIGITS[left % 62]));
        left /= 62;
        if left == 0 {
            return name;
        }
    }
}

/// What both modules share beside functions, under the names by which the second imports it: in the order of the module.
fn shared(module: &Module) -> Vec<(String, ExportItem)> {
    let memories = module.memories.iter().map(|memory| ExportItem::Memory(memory.id()));
    let tables = module.tables.iter().map(|table| ExportItem::Table(table.id()));
    let globals = module.globals.iter().map(|global| ExportItem::Global(global.id()));
    let all = memories.chain(tables).chain(globals);
    all.enumerate().map(|(number, item)| (format!("%{number}"), item)).collect()
}

/// Leaves only what is loaded first.
fn make_first(
    module: &mut Module,
    load: FunctionId,
    entries: &BTreeSet<FunctionId>,
    used: &BTreeSet<FunctionId>,
    only_rest: &[Place],
) -> Result<()> {
    let names = shared(module);
    let size = entries.len() as u64;
    let table = module.tables.add_local(false, size, Some(size), RefType::FUNCREF);
    let loaded = module.globals.add_local(ValType::I32, true, false, ConstExpr::Value(ir::Value::I32(0)));

    // ensure(): loads the rest unless it is there.
    let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
    builder.name("ensure_rest".to_owned()).func_body().global_get(loaded).if_else(
        None,
        |_| {},
        |missing| {
            missing.call(load);
        },
    );
    let ensure = builder.finish(Vec::new(), &mut module.funcs);

    let is_piece = |module: &Module, id: FunctionId| {
        module.funcs.get(id).name.as_deref().is_some_and(|name| level_of_cut(name).is_some())
    };
    let slots: BTreeMap<FunctionId, usize> = entries.iter().copied().zip(0..).collect();
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
            // Each piece has one caller: what a stub would do is done there.
            dfs_pre_order_mut(
                &mut Direct { pieces, slots: &slots, ensure },
                function,
                function.entry_block(),
            );
        }
    }

    for (slot, &id) in entries.iter().enumerate() {
        let ty = module.funcs.get(id).ty();
        let (parameters, results) = (module.types.params(ty).to_vec(), module.types.results(ty).to_vec());
        let parameters: Vec<_> = parameters.into_iter().map(|kind| module.locals.add(kind)).collect();
        let kinds: Vec<ValType> = parameters.iter().map(|&local| module.locals.get(local).ty()).collect();
        let mut builder = FunctionBuilder::new(&mut module.types, &kinds, &results);
        let mut body = builder.func_body();
        body.call(ensure);
        for &parameter in &parameters {
            body.local_get(parameter);
        }
        body.i32_const(slot as i32).call_indirect(ty, table);
        module.funcs.get_mut(id).kind = FunctionKind::Local(builder.local_func(parameters));
    }

    if module.exports.get_func(LOAD).is_ok() {
        module.exports.remove(LOAD).map_err(|error| error.to_string())?;
    }
    for (name, item) in names {
        module.exports.add(&name, item);
    }
    module.exports.add("$rest", table);
    module.exports.add(LOADED, loaded);
    for (number, &id) in used.iter().enumerate() {
        module.exports.add(&short(number), id);
    }
    cut_data(module, |address| !within(only_rest, address))?;
    walrus::passes::gc::run(module);
    Ok(())
}

/// Leaves only what is loaded later.
fn make_rest(
    module: &mut Module,
    moved: &BTreeSet<FunctionId>,
    entries: &BTreeSet<FunctionId>,
    used: &BTreeSet<FunctionId>,
    other: &BTreeMap<FunctionId, FunctionId>,
    only_rest: &[Place],
) -> Result<()> {
    let moved: BTreeSet<FunctionId> = moved.iter().map(|id| other[id]).collect();
    module.start = None;
    let exports: Vec<_> = module.exports.iter().map(|export| export.id()).collect();
    for export in exports {
        module.exports.delete(export);
    }
    let elements: Vec<_> = module.elements.iter().map(|element| element.id()).collect();
    for element in elements {
        module.elements.delete(element);
    }
    for table in module.tables.iter_mut() {
        table.elem_segments.clear();
    }
    // What the first module imports, the second imports from the first, if it needs it.
    let imports: Vec<_> = module.imports.iter().map(|import| import.id()).collect();
    for import in imports {
        module.imports.delete(import);
    }
    for (number, id) in used.iter().enumerate() {
        let id = other[id];
        let ty = module.funcs.get(id).ty();
        let import = module.imports.add(FIRST, &short(number), ImportKind::Function(id));
        module.funcs.get_mut(id).kind = FunctionKind::Import(ImportedFunction { import, ty });
    }
    for (name, item) in shared(module) {
        match item {
            ExportItem::Memory(id) => {
                let import = module.imports.add(FIRST, &name, ImportKind::Memory(id));
                module.memories.get_mut(id).import = Some(import);
            }
            ExportItem::Table(id) => {
                let import = module.imports.add(FIRST, &name, ImportKind::Table(id));
                module.tables.get_mut(id).import = Some(import);
            }
            ExportItem::Global(id) => {
                let import = module.imports.add(FIRST, &name, ImportKind::Global(id));
                module.globals.get_mut(id).kind = GlobalKind::Import(import);
            }
            ExportItem::Function(_) | ExportItem::Tag(_) => unreachable!("shared names neither"),
        }
    }
    let size = entries.len() as u64;
    let (table, _) = module.add_import_table(FIRST, "$rest", false, size, Some(size), RefType::FUNCREF);
    let functions = entries.iter().map(|id| other[id]).collect();
    module.elements.add(
        ElementKind::Active { table, offset: ConstExpr::Value(ir::Value::I32(0)) },
        ElementItems::Functions(functions),
    );
    let element = module.elements.iter().last().expect("it has just been added").id();
    module.tables.get_mut(table).elem_segments.insert(element);
    cut_data(module, |address| within(only_rest, address))?;
    walrus::passes::gc::run(module);
    let stray = |id: &FunctionId| !moved.contains(id) && !named_by(module, *id).is_empty();
    let strays = module.funcs.iter_local().map(|(id, _)| id).filter(stray).count();
    assert_eq!(strays, 0, "functions of the first module are in the second");
    Ok(())
}

/// Whether an address is within one of these places, which are in order.
fn within(places: &[Place], address: u32) -> bool {
    places.get(places.partition_point(|place| place.1 <= address)).is_some_and(|place| place.0 <= address)
}

/// Keeps of the data only the bytes whose address is `kept`, and what lies between them where that is little.
fn cut_data(module: &mut Module, kept: impl Fn(u32) -> bool) -> Result<()> {
    let whole: Vec<_> = module.data.iter().map(|data| data.id()).collect();
    for id in whole {
        let data = module.data.get(id);
        let DataKind::Active { memory, offset: ConstExpr::Value(ir::Value::I32(start)) } = data.kind else {
            return Err("a data segment has no constant address".into());
        };
        let bytes = data.value.clone();
        let mut pieces: Vec<(u32, u32)> = Vec::new();
        for at in (0..bytes.len() as u32).filter(|at| kept(start as u32 + at)) {
            match pieces.last_mut() {
                Some((_, end)) if at - *end <= GAP => *end = at + 1,
                _ => pieces.push((at, at + 1)),
            }
        }
        module.data.delete(id);
        module.memories.get_mut(memory).data_segments.remove(&id);
        for (from, to) in pieces {
            let offset = ConstExpr::Value(ir::Value::I32(start + from as i32));
            let piece = bytes[from as usize..to as usize].to_vec();
            let id = module.data.add(DataKind::Active { memory, offset }, piece);
            module.memories.get_mut(memory).data_segments.insert(id);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A module in which `run` calls `late`, `late` calls `both`, and each has a constant of its own.
    fn whole() -> Vec<u8> {
        let mut module = Module::default();
        let memory = module.memories.add_local(false, false, 1, None, None);
        module.exports.add("memory", memory);
        for (start, text) in [(100, "first constant"), (200, "late constant")] {
            let offset = ConstExpr::Value(ir::Value::I32(start));
            let data = module.data.add(DataKind::Active { memory, offset }, text.as_bytes().to_vec());
            module.memories.get_mut(memory).data_segments.insert(data);
        }
        let import = module.types.add(&[], &[]);
        let (load_now, _) = module.add_import_func("page", "load", import);
        let mut function = |name: &str, calls: &[FunctionId], address: i32| {
            let mut builder = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
            let parameter = module.locals.add(ValType::I32);
            let mut body = builder.name(name.to_owned()).func_body();
            body.local_get(parameter);
            for &call in calls {
                body.call(call);
            }
            for _ in 0..SMALL {
                body.i32_const(address).binop(ir::BinaryOp::I32Add);
            }
            builder.finish(vec![parameter], &mut module.funcs)
        };
        let both = function("both", &[], 100);
        let late = function("late", &[both], 200);
        let run = function("run", &[late, both], 100);
        module.exports.add("run", run);
        let mut builder = FunctionBuilder::new(&mut module.types, &[], &[]);
        builder.name("load".to_owned()).func_body().call(load_now);
        let load = builder.finish(Vec::new(), &mut module.funcs);
        module.exports.add(LOAD, load);
        module.emit_wasm()
    }

    fn names(module: &Module) -> BTreeSet<&str> {
        module.funcs.iter_local().filter_map(|(id, _)| module.funcs.get(id).name.as_deref()).collect()
    }

    #[test]
    fn what_does_not_run_first_moves_with_its_constants() {
        let constants = Constants::of(&[("both", (100, 114)), ("late", (200, 213)), ("run", (100, 114))]);
        let coverage = Coverage::read("# run first\n0 - - run\n0 - - both");
        let [first, rest] = split_at(&constants, &whole(), &coverage, Level::First).expect("it can be split");
        for part in [&first, &rest] {
            wasmparser::Validator::new().validate_all(part).expect("both parts are modules");
        }
        // Nothing runs in the opening: the second of three has only what calls the third.
        let [again, opening, last] = split(&constants, &whole(), &coverage).expect("it can be split");
        assert_eq!(again, first);
        for part in [&opening, &last] {
            wasmparser::Validator::new().validate_all(part).expect("every part is a module");
        }
        let last = parse(&last).expect("a module");
        assert_eq!(names(&last), ["late"].into());
        let (first, rest) = (parse(&first).expect("a module"), parse(&rest).expect("a module"));
        assert_eq!(names(&first), ["both", "ensure_rest", "late", "load", "run"].into(), "late as a stub");
        assert_eq!(names(&rest), ["late"].into());
        let texts = |module: &Module| module.data.iter().map(|data| data.value.clone()).collect::<Vec<_>>();
        assert_eq!(texts(&first), [b"first constant".to_vec()]);
        assert_eq!(texts(&rest), [b"late constant".to_vec()]);
        let exported: BTreeSet<&str> = first.exports.iter().map(|export| &*export.name).collect();
        let imported: BTreeSet<&str> = rest.imports.iter().map(|import| &*import.name).collect();
        assert!(imported.len() >= 2 && imported.is_subset(&exported), "{imported:?} of {exported:?}");
        assert!(!exported.contains(LOAD) && exported.contains(LOADED), "{exported:?}");
    }

    #[test]
    fn short_names_differ() {
        let names: BTreeSet<String> = (0..10_000).map(short).collect();
        assert_eq!(names.len(), 10_000);
    }
}
