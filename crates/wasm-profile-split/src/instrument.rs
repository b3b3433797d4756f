//! Instrumenting: a module in which every stretch of code marks itself when it runs.

use std::fmt::Write as _;

use walrus::{FunctionKind, ir};

use crate::error::Result;
use crate::module::{parse, placed, plain_name};
use crate::protocol::MARKS;
use crate::shape::Shape;

/// A module that tells what has run.
#[derive(Debug)]
pub struct Instrumented {
    /// The module with a second memory, exported as `marks`, which has a byte for every segment of every function: 1 once it
    /// has run.
    pub module: Vec<u8>,
    /// A line for every function: the number of its first segment, how many it has, its shape's hash and its name.
    pub functions: String,
}

/// Has every segment of a module mark itself.
///
/// # Errors
/// [`crate::error::Error::Unreadable`].
pub fn instrument(module: &[u8]) -> Result<Instrumented> {
    const PAGE: usize = 65_536;
    let mut module = parse(module)?;
    let locals: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let marks = module.memories.add_local(false, false, 0, None, None);
    let (mut functions, mut number) = (String::new(), 0);
    for id in locals {
        let function = module.funcs.get_mut(id);
        let name = function.name.as_deref().map(plain_name).unwrap_or_default();
        let FunctionKind::Local(function) = &mut function.kind else {
            unreachable!("iter_local gives local ones")
        };
        let Some(shape) = Shape::of(function) else { continue };
        let count = shape.segments.len();
        writeln!(functions, "{number} {count} {:08x} {name}", shape.hash).expect("a string takes all");
        // From the back of each block, so that what is before keeps its place.
        for (at, segment) in shape.segments.iter().enumerate().rev() {
            let arg = ir::MemArg { align: 1, offset: 0 };
            let kind = ir::StoreKind::I32_8 { atomic: false };
            let mark: [ir::Instr; 3] = [
                ir::Const { value: ir::Value::I32((number + at) as i32) }.into(),
                ir::Const { value: ir::Value::I32(1) }.into(),
                ir::Store { memory: marks, kind, arg }.into(),
            ];
            function.block_mut(segment.block).instrs.splice(segment.start..segment.start, placed(mark));
        }
        number += count;
    }
    module.memories.get_mut(marks).initial = number.div_ceil(PAGE) as u64;
    module.exports.add(MARKS, marks);
    Ok(Instrumented { module: module.emit_wasm(), functions })
}
