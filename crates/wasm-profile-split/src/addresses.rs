//! Which constants a function needs to be there: the numbers in its text that may be their addresses.

use std::collections::BTreeSet;

use walrus::ir::{self, Instr, Visitor, dfs_in_order};
use walrus::{FunctionId, FunctionKind, Module};

use crate::constants::{ByteRange, Constants};
use crate::outline::linked_name;

/// The numbers in a function's text that may be addresses of constants. An argument of a call that `loads` all before it does
/// anything is none: the constant comes with what is loaded. So messages and places of panics need not be there before one.
fn possible_addresses(
    module: &Module,
    function: FunctionId,
    loads: &dyn Fn(FunctionId) -> bool,
) -> BTreeSet<u32> {
    let mut addresses = Addresses { module, loads, stack: Vec::new(), found: BTreeSet::new() };
    if let FunctionKind::Local(local) = &module.funcs.get(function).kind {
        dfs_in_order(&mut addresses, local, local.entry_block());
    }
    addresses.found
}

/// The constants that a function's text names: its own, or those of the linked function that it was cut out of. Not those
/// that only a call of one of the `last` is given.
pub fn constants_of(
    module: &Module,
    constants: &Constants,
    last: &BTreeSet<FunctionId>,
    id: FunctionId,
) -> BTreeSet<ByteRange> {
    let Some(name) = &module.funcs.get(id).name else { return BTreeSet::new() };
    let linked = linked_name(name);
    let addresses = possible_addresses(module, id, &|called| last.contains(&called));
    addresses.into_iter().filter_map(|address| constants.at(linked, address)).collect()
}

struct Addresses<'a> {
    module: &'a Module,
    loads: &'a dyn Fn(FunctionId) -> bool,
    /// The top of the machine's stack as far as it is known here: numbers that have not been used yet, and other values.
    stack: Vec<Option<u32>>,
    found: BTreeSet<u32>,
}

impl Addresses<'_> {
    fn push(&mut self, values: usize) {
        self.stack.resize(self.stack.len() + values, None);
    }

    fn pop(&mut self, values: usize) -> Vec<Option<u32>> {
        self.stack.split_off(self.stack.len().saturating_sub(values))
    }

    fn use_up(&mut self, values: usize) {
        let used = self.pop(values);
        self.found.extend(used.into_iter().flatten());
    }
}

impl<'instr> Visitor<'instr> for Addresses<'_> {
    fn start_instr_seq(&mut self, _: &'instr ir::InstrSeq) {
        self.use_up(usize::MAX);
    }

    fn end_instr_seq(&mut self, _: &'instr ir::InstrSeq) {
        self.use_up(usize::MAX);
    }

    fn visit_instr(&mut self, instr: &'instr Instr, _: &'instr ir::InstrLocId) {
        match instr {
            Instr::Const(ir::Const { value: ir::Value::I32(value) }) => self.stack.push(Some(*value as u32)),
            Instr::Const(_) | Instr::LocalGet(_) | Instr::GlobalGet(_) => self.push(1),
            Instr::Unop(_) => {
                self.use_up(1);
                self.push(1);
            }
            Instr::Binop(_) => {
                self.use_up(2);
                self.push(1);
            }
            Instr::Load(load) => {
                self.found.insert(load.arg.offset as u32);
                self.use_up(1);
                self.push(1);
            }
            Instr::Call(ir::Call { func }) => {
                let types = &self.module.types;
                let ty = self.module.funcs.get(*func).ty();
                let (parameters, results) = (types.params(ty).len(), types.results(ty).len());
                if (self.loads)(*func) {
                    self.pop(parameters);
                } else {
                    self.use_up(parameters);
                }
                self.push(results);
            }
            Instr::Store(store) => {
                self.found.insert(store.arg.offset as u32);
                self.use_up(usize::MAX);
            }
            _ => self.use_up(usize::MAX),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::function_of;

    #[test]
    fn what_is_only_handed_to_what_loads_is_not_needed() {
        let (module, f) = function_of(
            "(module
                (memory 1)
                (func $here (param i32) (result i32) (local.get 0))
                (func $panic (param i32 i32 i32))
                (func $f (export \"f\") (param $x i32) (result i32)
                    (if (i32.eqz (local.get $x)) (then
                        (call $panic (i32.const 1000) (i32.load offset=2000 (local.get $x)) (i32.const 3000))
                        (unreachable)))
                    (i32.const 4000)
                    (call $panic (i32.const 5000) (call $here (i32.const 6000)) (local.get $x))
                    (i32.store offset=7000 (i32.const 8000) (local.get $x))
                    (drop (i32.add (i32.const 9000) (local.get $x)))))",
        );
        let panic = module.funcs.by_name("panic").expect("there is $panic");
        let needed = possible_addresses(&module, f, &|id| id == panic);
        assert_eq!(needed, BTreeSet::from([2000, 4000, 6000, 7000, 8000, 9000]));
        let needed = possible_addresses(&module, f, &|_| false);
        assert_eq!(needed, BTreeSet::from([1000, 2000, 3000, 4000, 5000, 6000, 7000, 8000, 9000]));
    }
}
