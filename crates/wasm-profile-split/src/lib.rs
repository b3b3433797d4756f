//! Splits a WebAssembly module by what a profile has seen run: what runs first, what runs soon after, and the rest.

pub mod constants;
pub mod coverage;
mod outline;
pub mod parts;

use std::fmt::Write as _;

use walrus::{FunctionKind, Module, ModuleConfig};

/// What went wrong, for a person, and what to do next.
pub type Result<T> = std::result::Result<T, String>;

/// The memory of an instrumented module that tells what has run.
const MARKS: &str = "marks";

/// A function's name as it is on every machine: demangled, without the compiler's hashes.
pub fn plain_name(name: &str) -> String {
    format!("{:#}", rustc_demangle::demangle(name))
}

/// A module without the linker's relocations, as the parts of the page are.
pub fn without_relocations(module: &[u8]) -> Result<Vec<u8>> {
    Ok(parse(module)?.emit_wasm())
}

/// Reads a module for taking it apart.
fn parse(module: &[u8]) -> Result<Module> {
    let module = ModuleConfig::new().generate_producers_section(false).parse(module);
    let mut module = module.map_err(|error| format!("the module cannot be read: {error:#}"))?;
    // They speak of the module as it was linked.
    let stale: Vec<_> = module.customs.iter().map(|(id, section)| (id, section.name().to_owned())).collect();
    for (id, name) in stale {
        if name == "linking" || name.starts_with("reloc.") {
            module.customs.delete(id);
        }
    }
    Ok(module)
}

/// The module with a mark for every segment of every function (see [`outline`]): a byte of a second memory, exported
/// as [`MARKS`], that is 1 once the segment has run. And a line for every function: the number of its first segment, how many
/// it has, its shape's hash and its name.
///
/// # Errors
/// If it is no module.
pub fn instrument(module: &[u8]) -> Result<(Vec<u8>, String)> {
    let mut module = parse(module)?;
    let locals: Vec<_> = module.funcs.iter_local().map(|(id, _)| id).collect();
    let marks = module.memories.add_local(false, false, 0, None, None);
    let (mut lines, mut number) = (String::new(), 0);
    for id in locals {
        let function = module.funcs.get_mut(id);
        let name = function.name.as_deref().map(plain_name).unwrap_or_default();
        let FunctionKind::Local(function) = &mut function.kind else {
            unreachable!("iter_local gives local ones")
        };
        let Some(shape) = outline::Shape::of(function) else { continue };
        writeln!(lines, "{number} {} {:08x} {name}", shape.segments.len(), shape.hash)
            .expect("a string takes all");
        // From the back of each block, so that what is before keeps its place.
        for (at, segment) in shape.segments.iter().enumerate().rev() {
            let arg = walrus::ir::MemArg { align: 1, offset: 0 };
            let kind = walrus::ir::StoreKind::I32_8 { atomic: false };
            let mark = [
                walrus::ir::Const { value: walrus::ir::Value::I32((number + at) as i32) }.into(),
                walrus::ir::Const { value: walrus::ir::Value::I32(1) }.into(),
                walrus::ir::Store { memory: marks, kind, arg }.into(),
            ];
            let mark = mark.map(|instr: walrus::ir::Instr| (instr, Default::default()));
            function.block_mut(segment.block).instrs.splice(segment.start..segment.start, mark);
        }
        number += shape.segments.len();
    }
    const PAGE: usize = 65_536;
    module.memories.get_mut(marks).initial = number.div_ceil(PAGE) as u64;
    module.exports.add(MARKS, marks);
    Ok((module.emit_wasm(), lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_on_every_machine() {
        assert_eq!(plain_name("_ZN7kubesim5shell3run17h95dd20ea2f338e9bE"), "kubesim::shell::run");
        assert_eq!(plain_name("_RNvCs1234_7mycrate3foo"), plain_name("_RNvCs5678_7mycrate3foo"));
        assert_eq!(plain_name("main"), "main");
    }
}
