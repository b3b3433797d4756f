//! Copying instructions into a function of their own.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{self, Instr, InstrSeqId};
use walrus::{FunctionBuilder, LocalFunction, LocalId};

use crate::module::placed;
use crate::shape::nested;

/// How control leaves what is cut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Exit {
    /// On to what follows in the block.
    Through,
    /// By a branch to this block.
    To(InstrSeqId),
    /// Out of the function, with its results.
    Return,
}

/// A copy of instructions in another function.
pub struct Copy<'a> {
    /// The block of the new function whose end each exit goes to.
    landings: &'a BTreeMap<Exit, InstrSeqId>,
    /// The locals of the new function that take what is returned.
    returns: &'a [LocalId],
    /// The new function's local for each of the old one's.
    locals: BTreeMap<LocalId, LocalId>,
    /// The new function's block for each of the old one's.
    blocks: BTreeMap<InstrSeqId, InstrSeqId>,
}

impl<'a> Copy<'a> {
    /// A copy of nothing yet; `locals` are those that the new function has as parameters.
    pub fn new(
        landings: &'a BTreeMap<Exit, InstrSeqId>,
        returns: &'a [LocalId],
        locals: BTreeMap<LocalId, LocalId>,
    ) -> Self {
        Self { landings, returns, locals, blocks: BTreeMap::new() }
    }

    /// The new function's local for one of the old one's, after [`Copy::settle`].
    pub fn local(&self, old: LocalId) -> LocalId {
        self.locals[&old]
    }

    /// What a return becomes: its values are put by, and control goes to where they are handed back.
    pub fn leave(&self) -> Vec<Instr> {
        let values = self.returns.iter().rev().map(|&local| Instr::from(ir::LocalSet { local }));
        values.chain([ir::Br { block: self.landings[&Exit::Return] }.into()]).collect()
    }

    fn target(&self, block: InstrSeqId) -> InstrSeqId {
        self.blocks.get(&block).copied().unwrap_or_else(|| self.landings[&Exit::To(block)])
    }

    /// The copies; locals that are not known yet are left as they were, for [`Copy::settle`].
    pub fn instrs(
        &mut self,
        function: &LocalFunction,
        part: &[Instr],
        builder: &mut FunctionBuilder,
    ) -> Vec<Instr> {
        let mut copied = Vec::with_capacity(part.len());
        for instr in part {
            for block in nested(instr) {
                let new = builder.dangling_instr_seq(function.block(block).ty).id();
                self.blocks.insert(block, new);
                let inner: Vec<Instr> =
                    function.block(block).instrs.iter().map(|(instr, _)| instr.clone()).collect();
                let inner = self.instrs(function, &inner, builder);
                builder.instr_seq(new).instrs_mut().extend(placed(inner));
            }
            let new = match instr {
                Instr::Block(block) => ir::Block { seq: self.blocks[&block.seq] }.into(),
                Instr::Loop(block) => ir::Loop { seq: self.blocks[&block.seq] }.into(),
                Instr::IfElse(both) => ir::IfElse {
                    consequent: self.blocks[&both.consequent],
                    alternative: self.blocks[&both.alternative],
                }
                .into(),
                Instr::Br(br) => ir::Br { block: self.target(br.block) }.into(),
                Instr::BrIf(br) => ir::BrIf { block: self.target(br.block) }.into(),
                Instr::BrTable(table) => ir::BrTable {
                    blocks: table.blocks.iter().map(|&block| self.target(block)).collect(),
                    default: self.target(table.default),
                }
                .into(),
                Instr::Return(_) => {
                    copied.extend(self.leave());
                    continue;
                }
                other => other.clone(),
            };
            copied.push(new);
        }
        copied
    }

    /// Gives every local of the copies one of the new function.
    pub fn settle(
        &mut self,
        locals: &mut walrus::ModuleLocals,
        builder: &mut FunctionBuilder,
        body: &mut [Instr],
    ) {
        let mut own: BTreeSet<LocalId> = self.returns.iter().copied().collect();
        own.extend(self.locals.values().copied());
        let blocks: Vec<InstrSeqId> = self.blocks.values().copied().collect();
        let mut rename = |instr: &mut Instr| {
            let local = match instr {
                Instr::LocalGet(ir::LocalGet { local })
                | Instr::LocalSet(ir::LocalSet { local })
                | Instr::LocalTee(ir::LocalTee { local }) => local,
                _ => return,
            };
            if own.contains(local) {
                return;
            }
            let new = *self.locals.entry(*local).or_insert_with(|| locals.add(locals.get(*local).ty()));
            own.insert(new);
            *local = new;
        };
        body.iter_mut().for_each(&mut rename);
        for block in blocks {
            for (instr, _) in builder.instr_seq(block).instrs_mut() {
                rename(instr);
            }
        }
    }
}
