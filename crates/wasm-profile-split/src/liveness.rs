//! Liveness of locals: which values a stretch of a function needs from what is before it, and what is after it from it.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{Instr, InstrSeqId};
use walrus::{LocalFunction, LocalId};

use crate::shape::targets;

/// The locals that are still needed: at each place that was asked for, and at each block's label.
#[derive(Default)]
pub struct Liveness {
    /// What was asked for: an instruction of a block.
    places: BTreeSet<(InstrSeqId, usize)>,
    before: BTreeMap<(InstrSeqId, usize), BTreeSet<LocalId>>,
    label: BTreeMap<InstrSeqId, BTreeSet<LocalId>>,
}

impl Liveness {
    /// The liveness in a function, at these instructions of its blocks besides all labels.
    pub fn of(function: &LocalFunction, places: BTreeSet<(InstrSeqId, usize)>) -> Self {
        let mut live = Self { places, ..Self::default() };
        let entry = function.entry_block();
        live.label.insert(entry, BTreeSet::new());
        live.through(function, entry, BTreeSet::new());
        live
    }

    /// The locals that are needed before an instruction of a block, if it was asked for or begins or ends the block.
    pub fn before(&self, block: InstrSeqId, at: usize) -> Option<&BTreeSet<LocalId>> {
        self.before.get(&(block, at))
    }

    /// The locals that are needed where a branch to a block goes.
    pub fn at_label(&self, block: InstrSeqId) -> Option<&BTreeSet<LocalId>> {
        self.label.get(&block)
    }

    /// The locals that are needed before a block, by those that are after it.
    fn through(
        &mut self,
        function: &LocalFunction,
        block: InstrSeqId,
        after: BTreeSet<LocalId>,
    ) -> BTreeSet<LocalId> {
        let mut now = after;
        let instrs = &function.block(block).instrs;
        self.before.insert((block, instrs.len()), now.clone());
        for (at, (instr, _)) in instrs.iter().enumerate().rev() {
            if self.places.contains(&(block, at + 1)) {
                self.before.insert((block, at + 1), now.clone());
            }
            match instr {
                Instr::LocalGet(get) => {
                    now.insert(get.local);
                }
                Instr::LocalSet(set) => {
                    now.remove(&set.local);
                }
                Instr::LocalTee(tee) => {
                    now.remove(&tee.local);
                }
                Instr::Block(nested) => {
                    self.label.insert(nested.seq, now.clone());
                    now = self.through(function, nested.seq, now);
                }
                Instr::Loop(nested) => {
                    // What is live at its start is live where it goes round: until that no longer grows.
                    let mut start = BTreeSet::new();
                    loop {
                        self.label.insert(nested.seq, start.clone());
                        let found = self.through(function, nested.seq, now.clone());
                        if found == start {
                            break;
                        }
                        start = found;
                    }
                    now = start;
                }
                Instr::IfElse(both) => {
                    self.label.insert(both.consequent, now.clone());
                    self.label.insert(both.alternative, now.clone());
                    let mut either = self.through(function, both.consequent, now.clone());
                    either.extend(self.through(function, both.alternative, now));
                    now = either;
                }
                Instr::Return(_) | Instr::Unreachable(_) => now = BTreeSet::new(),
                Instr::Br(br) => now = self.label[&br.block].clone(),
                Instr::BrIf(br) => now.extend(self.label[&br.block].iter().copied()),
                Instr::BrTable(_) => {
                    now =
                        targets(instr).iter().flat_map(|target| self.label[target].iter().copied()).collect();
                }
                _ => {}
            }
        }
        self.before.insert((block, 0), now.clone());
        now
    }
}
