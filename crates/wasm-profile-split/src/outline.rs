//! Outlining: what ran later than the function around it begins to, or never, becomes a function of its own, which can
//! move to another module.
//!
//! The compiler leaves a function's rare paths in the function. A profile tells when each segment ran; a run of neighbouring
//! segments in one block that did so later is cut out. Its locals become parameters and results, and each way that
//! control leaves it becomes a number that the caller branches on.

use std::collections::BTreeMap;

use walrus::ir::InstrSeqId;
use walrus::{FunctionId, FunctionKind, LocalFunction, Module};

use crate::coverage::Level;
use crate::cut::{Cut, Run};
use crate::liveness::Liveness;
use crate::shape::{Segment, Shape, nested};

/// What follows a function's name in the name of what was cut out of it, before the level and a number.
const CUT: &str = "#cut-";

/// The levels of what is cut out, the latest first: what is cut out for an earlier one then holds only calls of it.
const LATER: [Level; 4] = [Level::Outer, Level::Deferred, Level::Third, Level::Second];

/// What follows a function's name in the name of what was cut out of it, before a number.
fn mark(level: Level) -> &'static str {
    match level {
        Level::First => unreachable!("what runs first stays"),
        Level::Second => "#cut-second-",
        Level::Third => "#cut-third-",
        Level::Deferred => "#cut-deferred-",
        Level::Outer => "#cut-outer-",
        Level::Inner => unreachable!("what is behind the inner door is never cut: none of it ran"),
    }
}

/// Names a function that runs later than another of its name as if it had been cut out.
pub fn name_late(module: &mut Module, id: FunctionId, level: Level) {
    let function = module.funcs.get_mut(id);
    function.name = function.name.take().map(|name| format!("{name}{}whole", mark(level)));
}

/// The level that the name of a cut says it runs at; nothing for functions that were not cut out.
pub fn level_of_cut(name: &str) -> Option<Level> {
    LATER.into_iter().find(|level| name.contains(mark(*level)))
}

/// The name that the linker knows a function by, whether it is whole or was cut out.
pub fn linked_name(name: &str) -> &str {
    name.split(CUT).next().unwrap_or(name)
}

/// Cuts out of a function what runs later than the function begins to; gives the new functions. `levels` has the level of
/// each of the shape's segments.
pub fn outline(module: &mut Module, id: FunctionId, shape: &Shape, levels: &[Level]) -> Vec<FunctionId> {
    let name = module.funcs.get(id).name.clone().unwrap_or_default();
    let results = module.types.results(module.funcs.get(id).ty()).to_vec();
    let mut segments: Vec<(Segment, Level)> =
        shape.segments.iter().copied().zip(levels.iter().copied()).collect();
    let own = levels.iter().copied().min().unwrap_or(Level::Deferred);
    let mut made = Vec::new();
    for level in LATER {
        if level <= own {
            continue;
        }
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else { return made };
        let starts = segments.iter().map(|(segment, _)| (segment.block, segment.start)).collect();
        let live = Liveness::of(function, starts);
        let cuts: Vec<Cut> = late_runs(function, &segments, level)
            .into_iter()
            .filter_map(|run| Cut::plan(function, &live, run, &results))
            .collect();
        // From the back, so that what is before keeps its place.
        for (number, cut) in cuts.iter().enumerate().rev() {
            let (new, length) = cut.make(module, id, &results);
            module.funcs.get_mut(new).name = Some(format!("{name}{}{number}", mark(level)));
            made.push(new);
            let Run { block, from, to } = cut.run;
            segments.retain(|(segment, _)| {
                segment.block != block || segment.start <= from || segment.start >= to
            });
            for (segment, _) in
                segments.iter_mut().filter(|(segment, _)| segment.block == block && segment.start >= to)
            {
                segment.start = segment.start + length - (to - from);
            }
        }
    }
    made
}

/// The longest runs of segments of this level or later, none within another, in order within each block.
fn late_runs(function: &LocalFunction, segments: &[(Segment, Level)], level: Level) -> Vec<Run> {
    let mut by_block: BTreeMap<InstrSeqId, Vec<(usize, bool)>> = BTreeMap::new();
    for (segment, found) in segments {
        by_block.entry(segment.block).or_default().push((segment.start, *found >= level));
    }
    let mut found: Vec<Run> = Vec::new();
    let mut open = vec![function.entry_block()];
    while let Some(block) = open.pop() {
        let instrs = &function.block(block).instrs;
        let segments = by_block.get(&block).map(Vec::as_slice).unwrap_or_default();
        for (at, &(start, is_late)) in segments.iter().enumerate() {
            let end = segments.get(at + 1).map_or(instrs.len(), |next| next.0);
            if !is_late {
                open.extend(instrs[start..end].iter().flat_map(|(instr, _)| nested(instr)));
                continue;
            }
            match found.last_mut() {
                Some(run) if run.block == block && run.to == start => run.to = end,
                _ => found.push(Run { block, from: start, to: end }),
            }
        }
    }
    found.sort_by_key(|run| (run.block, run.from));
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{LOOP, function_of, local, run};

    /// The loop's function outlined, with a level for each segment: the module and the names of the pieces.
    fn outlined(level: impl Fn(&Shape, usize) -> Level) -> (Module, FunctionId, Vec<String>) {
        let (mut module, f) = function_of(LOOP);
        let shape = Shape::of(local(&module, f)).expect("plain instructions");
        let levels: Vec<Level> = (0..shape.segments.len()).map(|at| level(&shape, at)).collect();
        let pieces = outline(&mut module, f, &shape, &levels);
        let name = |&id: &FunctionId| module.funcs.get(id).name.clone().unwrap_or_default();
        let names = pieces.iter().map(name).collect();
        (module, f, names)
    }

    /// Whether a segment is of the long way round: after the block's first branch.
    fn is_long_way(shape: &Shape, at: usize) -> bool {
        let first = shape.segments[3];
        (3..=6).contains(&at)
            && (shape.segments[at].block != first.block || shape.segments[at].start >= first.start)
    }

    #[track_caller]
    fn assert_runs_as_before(module: &mut Module) {
        let (mut whole, _) = function_of(LOOP);
        let (whole, outlined) = (whole.emit_wasm(), module.emit_wasm());
        for x in [-4, -3, 0, 1, 2, 999, 1000, 1001, i32::MAX] {
            assert_eq!(run(&outlined, x), run(&whole, x), "f({x})");
        }
    }

    #[test]
    fn what_did_not_run_is_cut_out_and_called() {
        let (mut module, f, names) =
            outlined(|shape, at| if is_long_way(shape, at) { Level::Deferred } else { Level::First });
        assert_eq!(names, ["f#cut-deferred-0"]);
        let piece = module.funcs.by_name("f#cut-deferred-0").expect("it has a name");
        // It takes x and the sum, and gives back the result, both, and the way it left.
        let ty = module.funcs.get(piece).ty();
        assert_eq!((module.types.params(ty).len(), module.types.results(ty).len()), (2, 4));
        let (whole, g) = function_of(LOOP);
        assert!(local(&module, f).size() < local(&whole, g).size());
        assert_runs_as_before(&mut module);
    }

    #[test]
    fn what_is_short_stays() {
        let last = |shape: &Shape, at: usize| at + 1 == shape.segments.len();
        let level = |shape: &Shape, at| if last(shape, at) { Level::Deferred } else { Level::First };
        assert!(outlined(level).2.is_empty());
    }

    #[test]
    fn what_never_runs_is_cut_out_of_what_runs_second() {
        // The loop's body runs second, the long way round never.
        let (mut module, _, names) = outlined(|shape, at| {
            if is_long_way(shape, at) {
                Level::Deferred
            } else if shape.segments[at].block == shape.segments[0].block {
                Level::First
            } else {
                Level::Second
            }
        });
        let levels: Vec<_> = names.iter().map(|name| level_of_cut(name)).collect();
        assert_eq!(levels, [Some(Level::Deferred), Some(Level::Second)], "{names:?}");
        assert!(names.iter().all(|name| linked_name(name) == "f"));
        assert_runs_as_before(&mut module);
    }
}
