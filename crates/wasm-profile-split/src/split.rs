//! The split: six modules of one, each of which imports from the one before, which calls it through a table.

use std::collections::BTreeMap;

use walrus::{ConstExpr, FunctionId, Module, ValType, ir};

use crate::constants::Constants;
use crate::coverage::{Coverage, Level};
use crate::error::{Error, Result};
use crate::follow::follow;
use crate::module::{parse, plain_name};
use crate::outline::{name_late, outline};
use crate::partition::Partition;
use crate::protocol::{LOAD, LOAD_NEXT, LOADED};
use crate::shape::Shape;
use crate::wanted::Wanted;
use crate::{earlier, later, relocations};

/// A module in six parts, in the order in which they are loaded: [`Level`]'s.
#[derive(Debug)]
pub struct Split {
    /// The modules in the order in which they are loaded; each imports from the one before.
    pub modules: [Vec<u8>; 6],
    /// How many pieces were cut out of functions that ran.
    pub pieces: usize,
    /// The functions that are taken to have run though no run has shown it, since what ran calls them.
    pub followed: Vec<String>,
    /// The borders between the modules.
    pub borders: [Border; 5],
}

/// What lies behind a border between two modules, and how often it is crossed.
#[derive(Clone, Copy, Debug)]
pub struct Border {
    /// The functions behind it.
    pub functions: usize,
    /// Those of them that are called from before it.
    pub entries: usize,
    /// The functions before it that are called from behind it.
    pub used: usize,
    /// The constants behind it, in bytes.
    pub constants: usize,
}

/// Splits a module by what ran when. `linked` is the module as the linker has made it, with relocations; `bound` is what has
/// become of it since, with the same functions under the same names, and perhaps others: those stay in the first part. The
/// last two are what the `doors` name, the outer one and the inner, by functions' plain names, and what nothing else leads to.
///
/// # Errors
/// If a module can't be read, or lacks what the parts need.
pub fn split(
    linked: &[u8],
    bound: &[u8],
    coverage: &Coverage,
    doors: [&dyn Fn(&str) -> bool; 2],
) -> Result<Split> {
    let constants = relocations::read(linked)?;
    let mut whole = parse(bound)?;
    let mut coverage = coverage.clone();
    let followed = follow(&whole, &constants, &mut coverage);
    let coverage = &coverage;
    let pieces = outline_all(&mut whole, &constants, coverage, doors[0]);
    let loaded = whole.globals.add_local(ValType::I32, true, false, ConstExpr::Value(ir::Value::I32(0)));
    whole.exports.add(LOADED, loaded);
    let wanted = Wanted::find(&whole, &constants, coverage, doors);
    let known = (coverage, &wanted);
    let ([first, rest], one) = split_after(Level::First, &whole.emit_wasm(), &constants, known)?;
    let ([second, rest], two) = split_after(Level::Second, &rest, &constants, known)?;
    let ([third, rest], three) = split_after(Level::Third, &rest, &constants, known)?;
    let ([deferred, rest], four) = split_after(Level::Deferred, &rest, &constants, known)?;
    let ([outer, inner], five) = split_after(Level::Outer, &rest, &constants, known)?;
    Ok(Split {
        modules: [first, second, third, deferred, outer, inner],
        pieces,
        followed,
        borders: [one, two, three, four, five],
    })
}

/// Cuts what runs later, or never, out of the functions that run; gives how many pieces there are. What never ran of a function
/// whose name stands at the outer door is behind it; of others, it is with what runs last.
fn outline_all(
    module: &mut Module,
    constants: &Constants,
    coverage: &Coverage,
    is_outer: &dyn Fn(&str) -> bool,
) -> usize {
    let ran: Vec<_> = module
        .funcs
        .iter_local()
        .filter_map(|(id, local)| {
            let name = module.funcs.get(id).name.as_deref().filter(|name| constants.knows(name))?;
            let shape = Shape::of(local)?;
            let plain = plain_name(name);
            let mut segments = coverage.segments(&plain, shape.hash, shape.segments.len())?;
            if !is_outer(&plain) {
                segments.iter_mut().for_each(|level| *level = (*level).min(Level::Deferred));
            }
            let late = segments.iter().copied().min().filter(|level| *level > coverage.level(&plain));
            Some((id, shape, segments, late))
        })
        .collect();
    let mut pieces = 0;
    for (id, shape, segments, late) in &ran {
        pieces += outline(module, *id, shape, segments).len();
        if let Some(level) = late {
            name_late(module, *id, *level);
        }
    }
    pieces
}

/// Splits a module in what runs up to a level and what runs later.
fn split_after(
    level: Level,
    whole: &[u8],
    constants: &Constants,
    known: (&Coverage, &Wanted),
) -> Result<([Vec<u8>; 2], Border)> {
    let (mut one, mut two) = (parse(whole)?, parse(whole)?);
    let load = match level {
        Level::First => one.exports.get_func(LOAD).map_err(|_| Error::NoExport(LOAD))?,
        _ => {
            let ty = one.types.add(&[], &[]);
            one.add_import_func(LOAD_NEXT.0, LOAD_NEXT.1, ty).0
        }
    };
    let partition = Partition::after(level, &one, constants, known, load);
    // The same module read twice: functions correspond by their order.
    let ids =
        |module: &Module| module.funcs.iter().map(|function| function.id()).collect::<Vec<FunctionId>>();
    let other: BTreeMap<FunctionId, FunctionId> = ids(&one).into_iter().zip(ids(&two)).collect();
    later::leave(&mut two, &partition, &other)?;
    earlier::leave(&mut one, load, &partition)?;
    let border = Border {
        functions: partition.moved.len(),
        entries: partition.entries.len(),
        used: partition.used.len(),
        constants: partition.constants.iter().map(|(start, end)| (end - start) as usize).sum(),
    };
    Ok(([one.emit_wasm(), two.emit_wasm()], border))
}
