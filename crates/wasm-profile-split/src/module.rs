//! Modules as walrus reads them, and what is asked of their functions.

use std::collections::BTreeSet;

use walrus::ir::{self, Visitor, dfs_in_order};
use walrus::{FunctionId, FunctionKind, Module, ModuleConfig};

use crate::error::{Error, Result};

/// The size of a function that is copied if it calls none, in instructions: a stub or an import would be as big.
pub const SMALL: u64 = 10;

/// Reads a module for taking it apart, without the linker's custom sections: they speak of the module as it was linked.
pub fn parse(module: &[u8]) -> Result<Module> {
    let module = ModuleConfig::new().generate_producers_section(false).parse(module);
    let mut module = module.map_err(|error| Error::Unreadable(format!("{error:#}")))?;
    let stale: Vec<_> = module.customs.iter().map(|(id, section)| (id, section.name().to_owned())).collect();
    for (id, name) in stale {
        if name == "linking" || name.starts_with("reloc.") {
            module.customs.delete(id);
        }
    }
    Ok(module)
}

/// A module without the linker's relocations.
///
/// # Errors
/// [`Error::Unreadable`].
pub fn without_relocations(module: &[u8]) -> Result<Vec<u8>> {
    Ok(parse(module)?.emit_wasm())
}

/// A function's name as it is in every build: demangled, without the compiler's hashes, and without the number after a point by which
/// it tells copies of one function apart: what it is depends on all else in the program.
pub fn plain_name(name: &str) -> String {
    let plain = format!("{:#}", rustc_demangle::demangle(name));
    let is_number = |end: &str| !end.is_empty() && end.bytes().all(|byte| byte.is_ascii_digit());
    match plain.rsplit_once('.') {
        Some((start, end)) if is_number(end) && !start.ends_with('.') => start.to_owned(),
        _ => plain,
    }
}

/// Instructions as walrus keeps them, each with a place in a source that is not known.
pub fn placed(
    instrs: impl IntoIterator<Item = ir::Instr>,
) -> impl Iterator<Item = (ir::Instr, ir::InstrLocId)> {
    instrs.into_iter().map(|instr| (instr, ir::InstrLocId::default()))
}

/// The functions that another one calls or takes a reference to.
pub fn named_by(module: &Module, function: FunctionId) -> BTreeSet<FunctionId> {
    let mut named = Named::default();
    if let FunctionKind::Local(local) = &module.funcs.get(function).kind {
        dfs_in_order(&mut named, local, local.entry_block());
    }
    named.0
}

#[derive(Default)]
struct Named(BTreeSet<FunctionId>);

impl<'instr> Visitor<'instr> for Named {
    fn visit_function_id(&mut self, function: &FunctionId) {
        self.0.insert(*function);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_the_same_on_every_machine() {
        assert_eq!(plain_name("_ZN7mycrate5shell3run17h95dd20ea2f338e9bE"), "mycrate::shell::run");
        assert_eq!(plain_name("_RNvCs1234_7mycrate3foo"), plain_name("_RNvCs5678_7mycrate3foo"));
        assert_eq!(plain_name("main"), "main");
        assert_eq!(plain_name("_RNvCs1234_7mycrate3foo.2421"), plain_name("_RNvCs5678_7mycrate3foo.553"));
        assert_eq!(plain_name("_RNvCs1234_7mycrate3foo.llvm.99"), plain_name("_RNvCs1234_7mycrate3foo"));
    }
}
