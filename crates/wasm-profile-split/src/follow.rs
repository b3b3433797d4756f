//! Following calls from what ran to what the profile does not know.
//!
//! A program changes after its profile was taken, and a change in one place has the compiler inline differently in another, or keep
//! another of two functions whose instructions are the same. Who is called by what ran then has a name that no run has shown. It
//! runs nevertheless, and is taken to have run as early as what calls it.

use std::collections::BTreeMap;

use walrus::ir::Instr;
use walrus::{FunctionId, FunctionKind, LocalFunction, Module};

use crate::constants::Constants;
use crate::coverage::{Coverage, Level};
use crate::module::{named_by, plain_name};
use crate::shape::{Segment, Shape, ends_segment};

/// Adds to what ran the functions that it leads to and that the profile does not know; gives their names, in order.
///
/// Only those are taken that were not there when the profile was taken: who was, and did not run then, is rarely called. But what a
/// function calls that has changed is taken in any case: what it ran before says little of it.
pub fn follow(module: &Module, constants: &Constants, coverage: &mut Coverage) -> Vec<String> {
    let mut following = Following::new(module, constants, coverage);
    for (id, local) in module.funcs.iter_local() {
        following.start_at(id, local);
    }
    while let Some((id, level)) = following.open.pop() {
        following.go_on_from(id, level);
    }
    let found = following.found;
    for (name, level) in &found {
        coverage.add(name, *level);
    }
    found.into_keys().collect()
}

struct Following<'a> {
    module: &'a Module,
    constants: &'a Constants,
    coverage: &'a Coverage,
    /// The functions by their names, as the linker gave them.
    by_name: BTreeMap<&'a str, FunctionId>,
    /// What was found, by plain name, and when it runs.
    found: BTreeMap<String, Level>,
    /// Functions among these whose calls are not followed yet.
    open: Vec<(FunctionId, Level)>,
}

impl<'a> Following<'a> {
    fn new(module: &'a Module, constants: &'a Constants, coverage: &'a Coverage) -> Self {
        let named =
            module.funcs.iter().filter_map(|function| Some((function.name.as_deref()?, function.id())));
        Self {
            module,
            constants,
            coverage,
            by_name: named.collect(),
            found: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    /// Follows the calls of a function that ran: those in what ran of it, or all if it has changed.
    fn start_at(&mut self, id: FunctionId, local: &LocalFunction) {
        let Some(name) = self.module.funcs.get(id).name.as_deref() else { return };
        let plain = plain_name(name);
        if !self.coverage.knows(&plain) {
            return;
        }
        let level = self.coverage.level(&plain);
        let shape = Shape::of(local);
        let levels = shape.as_ref().and_then(|shape| {
            let levels = self.coverage.segments(&plain, shape.hash, shape.segments.len())?;
            Some(shape.segments.iter().copied().zip(levels))
        });
        match levels {
            Some(levels) => {
                for (segment, level) in levels.filter(|(_, level)| *level <= Level::Deferred) {
                    called_in(local, segment).for_each(|called| self.find(called, level));
                }
            }
            None => named_by(self.module, id).into_iter().for_each(|named| self.add(named, level, true)),
        }
        self.find_tabled(name, level);
    }

    /// Follows all calls that a new function may make.
    fn go_on_from(&mut self, id: FunctionId, level: Level) {
        named_by(self.module, id).into_iter().for_each(|named| self.find(named, level));
        let name = self.module.funcs.get(id).name.as_deref().unwrap_or_default();
        self.find_tabled(name, level);
    }

    /// Notes what a function may call through the table.
    fn find_tabled(&mut self, name: &str, level: Level) {
        for tabled in self.constants.tabled(name) {
            if let Some(id) = self.by_name.get(tabled).copied() {
                self.find(id, level);
            }
        }
    }

    /// Notes a function that is called at a level, if it is new.
    fn find(&mut self, id: FunctionId, level: Level) {
        self.add(id, level, false);
    }

    /// Notes a function that is called at a level, if it is new or, where `even_old`, has not run.
    fn add(&mut self, id: FunctionId, level: Level, even_old: bool) {
        let function = self.module.funcs.get(id);
        let Some(name) = function.name.as_deref().filter(|name| self.constants.knows(name)) else { return };
        let plain = plain_name(name);
        let is_unknown = if even_old { !self.coverage.knows(&plain) } else { self.coverage.is_new(&plain) };
        let is_local = matches!(function.kind, FunctionKind::Local(_));
        if is_local && is_unknown && self.found.get(&plain).is_none_or(|found| level < *found) {
            self.found.insert(plain, level);
            self.open.push((id, level));
        }
    }
}

/// The functions that a segment calls by name.
fn called_in(local: &LocalFunction, segment: Segment) -> impl Iterator<Item = FunctionId> {
    let instrs = local.block(segment.block).instrs.iter().skip(segment.start).map(|(instr, _)| instr);
    // What ends it calls nothing itself.
    instrs.take_while(|instr| !ends_segment(instr)).filter_map(|instr| match instr {
        Instr::Call(call) => Some(call.func),
        _ => None,
    })
}
