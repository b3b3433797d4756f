//! A function's segments: what a profile tells about.

use walrus::LocalFunction;
use walrus::ir::{Instr, InstrSeqId};

/// A stretch of instructions that is entered only at its start.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Segment {
    /// The block that it lies in.
    pub block: InstrSeqId,
    /// Its first instruction in that block.
    pub start: usize,
}

/// A function's segments, in the order of its text, and a number that differs where its branches do.
pub struct Shape {
    /// Stretches of instructions that control can only enter at the first of, in order.
    pub segments: Vec<Segment>,
    /// A hash of the order of branches, calls and other instructions, without what they refer to.
    pub hash: u32,
}

impl Shape {
    /// The shape of a function; nothing if it has instructions that rustc's wasm32 target does not make.
    pub fn of(function: &LocalFunction) -> Option<Self> {
        let mut shape = Self { segments: Vec::new(), hash: 0x811c_9dc5 };
        shape.walk(function, function.entry_block())?;
        Some(shape)
    }

    fn see(&mut self, kind: u8) {
        self.hash = (self.hash ^ u32::from(kind)).wrapping_mul(0x0100_0193);
    }

    fn walk(&mut self, function: &LocalFunction, block: InstrSeqId) -> Option<()> {
        self.segments.push(Segment { block, start: 0 });
        self.see(1);
        for (at, (instr, _)) in function.block(block).instrs.iter().enumerate() {
            let kind = match instr {
                Instr::Block(_) => 2,
                Instr::Loop(_) => 3,
                Instr::IfElse(_) => 4,
                Instr::Br(_) => 5,
                Instr::BrIf(_) => 6,
                Instr::BrTable(_) => 7,
                Instr::Return(_) => 8,
                Instr::Unreachable(_) => 9,
                Instr::Call(_) | Instr::CallIndirect(_) => 10,
                Instr::TryTable(_) | Instr::Try(_) | Instr::BrOnNull(_) | Instr::BrOnNonNull(_) => {
                    return None;
                }
                Instr::BrOnCast(_)
                | Instr::BrOnCastFail(_)
                | Instr::ReturnCall(_)
                | Instr::ReturnCallIndirect(_) => return None,
                _ => 0,
            };
            self.see(kind);
            for nested in nested(instr) {
                self.walk(function, nested)?;
            }
            if ends_segment(instr) && at + 1 < function.block(block).instrs.len() {
                self.segments.push(Segment { block, start: at + 1 });
            }
        }
        self.see(11);
        Some(())
    }
}

/// Whether what follows this instruction in its block is another segment: control may come in there, or not get there.
pub fn ends_segment(instr: &Instr) -> bool {
    matches!(instr, Instr::Block(_) | Instr::Loop(_) | Instr::IfElse(_) | Instr::BrIf(_))
}

/// The blocks that an instruction holds.
pub fn nested(instr: &Instr) -> Vec<InstrSeqId> {
    match instr {
        Instr::Block(block) => vec![block.seq],
        Instr::Loop(block) => vec![block.seq],
        Instr::IfElse(both) => vec![both.consequent, both.alternative],
        _ => Vec::new(),
    }
}

/// The blocks that an instruction may branch to the end of (of a loop: to its start).
pub fn targets(instr: &Instr) -> Vec<InstrSeqId> {
    match instr {
        Instr::Br(br) => vec![br.block],
        Instr::BrIf(br) => vec![br.block],
        Instr::BrTable(table) => table.blocks.iter().copied().chain([table.default]).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{LOOP, function_of, local};

    #[test]
    fn the_hash_is_of_the_branches() {
        let hash = |text: &str| {
            let (module, f) = function_of(text);
            Shape::of(local(&module, f)).expect("plain instructions").hash
        };
        assert_eq!(hash(LOOP), hash(&LOOP.replace("i32.const 1000", "i32.const 2000")));
        assert_ne!(hash(LOOP), hash(&LOOP.replace("(return (local.get $sum))", "(unreachable)")));
    }

    #[test]
    fn a_segment_begins_where_control_may_come_in() {
        let (module, f) = function_of(LOOP);
        let shape = Shape::of(local(&module, f)).expect("plain instructions");
        // The function, the loop, the block in it, after its first branch, the two sides of the if, after it; after the
        // block; after the loop. What follows the block's and the loop's last branch is nothing.
        let starts: Vec<bool> = shape.segments.iter().map(|segment| segment.start == 0).collect();
        assert_eq!(starts, [true, true, true, false, true, true, false, false, false]);
    }

    #[test]
    fn exceptions_have_no_shape() {
        let (module, f) = function_of("(module (func (export \"f\") (block $b (try_table (catch_all $b)))))");
        assert!(Shape::of(local(&module, f)).is_none());
    }
}
