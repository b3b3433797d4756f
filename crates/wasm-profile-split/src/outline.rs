//! Functions made smaller: what never ran of a function that ran becomes a function of its own, which can move.
//!
//! The compiler leaves a function's rare paths in the function. Here a *segment* is a stretch of instructions that is
//! entered only at its start: the start of a block, and what follows after a nested block or a conditional branch. A
//! profile tells when each segment ran; a run of neighbouring segments in one block that did so later is cut out. Its
//! locals become parameters and results, and each way that control leaves it becomes a number that the caller branches on.

use std::collections::{BTreeMap, BTreeSet};

use crate::coverage::Level;

use walrus::ir::{self, Instr, InstrSeqId, InstrSeqType};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, LocalId, Module, ValType};

/// What is cut out must be this many instructions longer than what comes in its place.
const WORTH: usize = 5;
/// No more values than this are handed over.
const HANDED_OVER: usize = 24;

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
    /// The segments.
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
            if matches!(kind, 2..=4 | 6) && at + 1 < function.block(block).instrs.len() {
                self.segments.push(Segment { block, start: at + 1 });
            }
        }
        self.see(11);
        Some(())
    }
}

/// The blocks that an instruction holds.
fn nested(instr: &Instr) -> Vec<InstrSeqId> {
    match instr {
        Instr::Block(block) => vec![block.seq],
        Instr::Loop(block) => vec![block.seq],
        Instr::IfElse(both) => vec![both.consequent, both.alternative],
        _ => Vec::new(),
    }
}

/// The blocks that an instruction may branch to the end of (of a loop: to its start).
fn targets(instr: &Instr) -> Vec<InstrSeqId> {
    match instr {
        Instr::Br(br) => vec![br.block],
        Instr::BrIf(br) => vec![br.block],
        Instr::BrTable(table) => table.blocks.iter().copied().chain([table.default]).collect(),
        _ => Vec::new(),
    }
}

/// Cuts out of a function what runs later than the function begins to; gives the new functions. `levels` tells of each of the
/// shape's segments when it runs.
pub fn outline(module: &mut Module, id: FunctionId, shape: &Shape, levels: &[Level]) -> Vec<FunctionId> {
    let name = module.funcs.get(id).name.clone().unwrap_or_default();
    let results = module.types.results(module.funcs.get(id).ty()).to_vec();
    let mut segments: Vec<(Segment, Level)> =
        shape.segments.iter().copied().zip(levels.iter().copied()).collect();
    let own = levels.iter().copied().min().unwrap_or(Level::Rest);
    let mut made = Vec::new();
    // What never runs first: what is cut out for the opening then holds only calls of it.
    for level in [Level::Rest, Level::Opening] {
        if level <= own {
            continue;
        }
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else { return made };
        let live =
            Live::of(function, segments.iter().map(|(segment, _)| (segment.block, segment.start)).collect());
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

/// What a function's name is followed by, before a number, in the name of what was cut out of it.
pub const CUT: &str = "#cut-";

fn mark(level: Level) -> &'static str {
    match level {
        Level::First => unreachable!("what runs first stays"),
        Level::Opening => "#cut-opening-",
        Level::Rest => "#cut-rest-",
    }
}

/// When a function runs that was cut out, by its name; nothing for others.
pub fn level_of_cut(name: &str) -> Option<Level> {
    [Level::Opening, Level::Rest].into_iter().find(|level| name.contains(mark(*level)))
}

/// A run of segments: instructions `from..to` of a block.
#[derive(Clone, Copy)]
struct Run {
    block: InstrSeqId,
    from: usize,
    to: usize,
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

/// Which locals are still needed: at each segment's start and at each block's label.
#[derive(Default)]
struct Live {
    /// Where it is wanted.
    places: BTreeSet<(InstrSeqId, usize)>,
    /// Before an instruction of a block.
    before: BTreeMap<(InstrSeqId, usize), BTreeSet<LocalId>>,
    /// Where a branch to a block goes.
    label: BTreeMap<InstrSeqId, BTreeSet<LocalId>>,
}

impl Live {
    fn of(function: &LocalFunction, places: BTreeSet<(InstrSeqId, usize)>) -> Self {
        let mut live = Self { places, ..Self::default() };
        let entry = function.entry_block();
        live.label.insert(entry, BTreeSet::new());
        live.through(function, entry, BTreeSet::new());
        live
    }

    /// What is live before a block, by what is live after it.
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

/// How control leaves what is cut out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Exit {
    /// On to what follows in the block.
    Through,
    /// By a branch to this block.
    To(InstrSeqId),
    /// Out of the function, with its results.
    Return,
}

/// What is cut out, and what is handed over.
struct Cut {
    run: Run,
    parameters: Vec<LocalId>,
    outs: Vec<LocalId>,
    exits: Vec<Exit>,
    /// Whether the block's end is the function's end, where the results lie on the stack.
    ends_function: bool,
}

impl Cut {
    /// What cutting this out takes, if it is worth it and possible.
    fn plan(function: &LocalFunction, live: &Live, run: Run, results: &[ValType]) -> Option<Self> {
        let instrs = &function.block(run.block).instrs;
        let part = &instrs[run.from..run.to];
        let mut inside = BTreeSet::new();
        let (mut named, mut set, mut size) = (BTreeSet::new(), BTreeSet::new(), 0);
        let mut exits = BTreeSet::new();
        let mut open: Vec<&[(Instr, ir::InstrLocId)]> = vec![part];
        let mut branches = Vec::new();
        while let Some(part) = open.pop() {
            size += part.len();
            for (instr, _) in part {
                match instr {
                    Instr::LocalGet(get) => {
                        named.insert(get.local);
                    }
                    Instr::LocalSet(ir::LocalSet { local }) | Instr::LocalTee(ir::LocalTee { local }) => {
                        named.insert(*local);
                        set.insert(*local);
                    }
                    Instr::Return(_) => {
                        exits.insert(Exit::Return);
                    }
                    _ => {}
                }
                branches.extend(targets(instr));
                for block in nested(instr) {
                    inside.insert(block);
                    open.push(&function.block(block).instrs);
                }
            }
        }
        exits.extend(branches.into_iter().filter(|target| !inside.contains(target)).map(Exit::To));
        let at_end = run.to == instrs.len();
        let ends_function = at_end && run.block == function.entry_block();
        let never_through = matches!(
            part.last().map(|(instr, _)| instr),
            Some(Instr::Br(_) | Instr::BrTable(_) | Instr::Return(_) | Instr::Unreachable(_))
        );
        if !never_through {
            exits.insert(if ends_function { Exit::Return } else { Exit::Through });
        }
        // A value that a block leaves behind would have to be handed over as well: LLVM makes few such blocks.
        let is_plain = |block: InstrSeqId| function.block(block).ty == InstrSeqType::Simple(None);
        let to_the_function = exits.contains(&Exit::To(function.entry_block()));
        if to_the_function || exits.iter().any(|exit| matches!(exit, Exit::To(block) if !is_plain(*block))) {
            return None;
        }
        if at_end && !never_through && !ends_function && !is_plain(run.block) {
            return None;
        }
        let after = |exit: &Exit| match exit {
            Exit::Through => live.before.get(&(run.block, run.to)),
            Exit::To(block) => live.label.get(block),
            Exit::Return => None,
        };
        let wanted: BTreeSet<LocalId> = exits.iter().filter_map(after).flatten().copied().collect();
        let outs: Vec<LocalId> = set.intersection(&wanted).copied().collect();
        let before = live.before.get(&(run.block, run.from))?;
        // An out that is not live before is set on every way to where it is wanted.
        let parameters: Vec<LocalId> = named.intersection(before).copied().collect();
        let exits: Vec<Exit> = exits.into_iter().collect();
        let returns = if exits.contains(&Exit::Return) { results.len() * 2 } else { 0 };
        let cost = 4 + parameters.len() + outs.len() + 3 * exits.len() + returns;
        let handed_over = parameters.len().max(outs.len());
        (size >= cost + WORTH && handed_over <= HANDED_OVER).then_some(Self {
            run,
            parameters,
            outs,
            exits,
            ends_function,
        })
    }

    /// Makes the new function, and puts a call of it in place of what was there; gives how many instructions that is.
    fn make(&self, module: &mut Module, id: FunctionId, results: &[ValType]) -> (FunctionId, usize) {
        let of = |module: &Module, local: LocalId| module.locals.get(local).ty();
        let returned: &[ValType] = if self.exits.contains(&Exit::Return) { results } else { &[] };
        let outs: Vec<ValType> = self.outs.iter().map(|&local| of(module, local)).collect();
        let parameters: Vec<ValType> = self.parameters.iter().map(|&local| of(module, local)).collect();
        let number: &[ValType] = if self.exits.len() > 1 { &[ValType::I32] } else { &[] };
        let handed_back = if self.exits.is_empty() { Vec::new() } else { [returned, &outs, number].concat() };

        let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &handed_back);
        let mut locals: BTreeMap<LocalId, LocalId> = BTreeMap::new();
        let arguments: Vec<LocalId> = self
            .parameters
            .iter()
            .zip(&parameters)
            .map(|(&local, &kind)| *locals.entry(local).or_insert_with(|| module.locals.add(kind)))
            .collect();
        let returns: Vec<LocalId> = returned.iter().map(|&kind| module.locals.add(kind)).collect();

        // A block for each way out, within each other; the innermost holds what was cut out.
        let landings: BTreeMap<Exit, InstrSeqId> =
            self.exits.iter().map(|&exit| (exit, builder.dangling_instr_seq(None).id())).collect();
        let mut copy = Copy { landings: &landings, returns: &returns, locals, blocks: BTreeMap::new() };
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else {
            unreachable!("it has been planned")
        };
        let part: Vec<Instr> = function.block(self.run.block).instrs[self.run.from..self.run.to]
            .iter()
            .map(|(instr, _)| instr.clone())
            .collect();
        let mut body = copy.instrs(function, &part, &mut builder);
        copy.settle(&mut module.locals, &mut builder, &mut body);
        match landings.get(&Exit::Through) {
            Some(&block) => body.push(ir::Br { block }.into()),
            None if self.ends_function && landings.contains_key(&Exit::Return) => body.extend(copy.leave()),
            None => body.push(ir::Unreachable {}.into()),
        }
        for (order, exit) in self.exits.iter().enumerate() {
            let landing = landings[exit];
            builder
                .instr_seq(landing)
                .instrs_mut()
                .extend(body.drain(..).map(|instr| (instr, Default::default())));
            body.push(ir::Block { seq: landing }.into());
            body.extend(returns.iter().map(|&local| Instr::from(ir::LocalGet { local })));
            for local in &self.outs {
                body.push(ir::LocalGet { local: copy.locals[local] }.into());
            }
            if self.exits.len() > 1 {
                body.push(ir::Const { value: ir::Value::I32(order as i32) }.into());
            }
            body.push(ir::Return {}.into());
        }
        builder.func_body().instrs_mut().extend(body.into_iter().map(|instr| (instr, Default::default())));
        let new = builder.finish(arguments, &mut module.funcs);

        // The call, and where to go on after it.
        let code = module.locals.add(ValType::I32);
        let kept: Vec<LocalId> = returned.iter().map(|&kind| module.locals.add(kind)).collect();
        let mut call: Vec<Instr> =
            self.parameters.iter().map(|&local| ir::LocalGet { local }.into()).collect();
        call.push(ir::Call { func: new }.into());
        if self.exits.len() > 1 {
            call.push(ir::LocalSet { local: code }.into());
        }
        if !self.exits.is_empty() {
            call.extend(self.outs.iter().rev().map(|&local| Instr::from(ir::LocalSet { local })));
            call.extend(kept.iter().rev().map(|&local| Instr::from(ir::LocalSet { local })));
        }
        let FunctionKind::Local(function) = &mut module.funcs.get_mut(id).kind else {
            unreachable!("it has been planned")
        };
        // Falling through comes last: it needs no branch.
        let mut order: Vec<(usize, Exit)> = self.exits.iter().copied().enumerate().collect();
        order.sort_by_key(|(_, exit)| *exit == Exit::Through);
        let last = order.len().saturating_sub(1);
        for (place, (number, exit)) in order.into_iter().enumerate() {
            let go: Vec<Instr> = match exit {
                Exit::Through => Vec::new(),
                Exit::To(block) => vec![ir::Br { block }.into()],
                Exit::Return => {
                    let values = kept.iter().map(|&local| Instr::from(ir::LocalGet { local }));
                    values.chain([ir::Return {}.into()]).collect()
                }
            };
            if place == last {
                call.extend(go);
                continue;
            }
            call.push(ir::LocalGet { local: code }.into());
            if number != 0 {
                call.push(ir::Const { value: ir::Value::I32(number as i32) }.into());
                call.push(ir::Binop { op: ir::BinaryOp::I32Eq }.into());
            } else {
                call.push(ir::Unop { op: ir::UnaryOp::I32Eqz }.into());
            }
            match (exit, &go[..]) {
                (Exit::To(block), _) => call.push(ir::BrIf { block }.into()),
                (_, go) => {
                    let builder = function.builder_mut();
                    let mut then = builder.dangling_instr_seq(None);
                    then.instrs_mut().extend(go.iter().cloned().map(|instr| (instr, Default::default())));
                    let consequent = then.id();
                    let alternative = builder.dangling_instr_seq(None).id();
                    call.push(ir::IfElse { consequent, alternative }.into());
                }
            }
        }
        if self.exits.is_empty() {
            call.push(ir::Unreachable {}.into());
        }
        let length = call.len();
        let calls = call.into_iter().map(|instr| (instr, Default::default()));
        function.block_mut(self.run.block).instrs.splice(self.run.from..self.run.to, calls);
        (new, length)
    }
}

/// Copies instructions into another function.
struct Copy<'a> {
    landings: &'a BTreeMap<Exit, InstrSeqId>,
    returns: &'a [LocalId],
    locals: BTreeMap<LocalId, LocalId>,
    blocks: BTreeMap<InstrSeqId, InstrSeqId>,
}

impl Copy<'_> {
    /// What a return becomes: its values are put by, and control goes to where they are handed back.
    fn leave(&self) -> impl Iterator<Item = Instr> {
        let values = self.returns.iter().rev().map(|&local| Instr::from(ir::LocalSet { local }));
        values.chain([ir::Br { block: self.landings[&Exit::Return] }.into()]).collect::<Vec<_>>().into_iter()
    }

    fn target(&self, block: InstrSeqId) -> InstrSeqId {
        self.blocks.get(&block).copied().unwrap_or_else(|| self.landings[&Exit::To(block)])
    }

    /// The copies; locals that are not known yet are left as they were, for [`Copy::settle`].
    fn instrs(
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
                builder
                    .instr_seq(new)
                    .instrs_mut()
                    .extend(inner.into_iter().map(|instr| (instr, Default::default())));
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
    fn settle(
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

#[cfg(test)]
mod tests {
    use super::*;

    /// `f(x)`: a loop that counts `x` down; if `x` is odd, a long way round that changes it and a second local, and goes on,
    /// round again, or returns.
    fn looping() -> (Module, FunctionId) {
        let mut module = Module::default();
        let mut builder = FunctionBuilder::new(&mut module.types, &[ValType::I32], &[ValType::I32]);
        let (x, sum) = (module.locals.add(ValType::I32), module.locals.add(ValType::I32));
        let mut body = builder.name("f".to_owned()).func_body();
        body.loop_(None, |round| {
            let start = round.id();
            round.block(None, |even| {
                let past = even.id();
                even.local_get(x)
                    .i32_const(1)
                    .binop(ir::BinaryOp::I32And)
                    .unop(ir::UnaryOp::I32Eqz)
                    .br_if(past);
                for number in 0..20 {
                    even.local_get(x).i32_const(number).binop(ir::BinaryOp::I32Add).local_set(sum);
                }
                even.local_get(x).i32_const(1000).binop(ir::BinaryOp::I32GtS);
                even.if_else(
                    None,
                    |then| {
                        then.local_get(sum).return_();
                    },
                    |_| {},
                );
                even.local_get(x).i32_const(3).binop(ir::BinaryOp::I32Add).local_tee(x).br_if(start);
            });
            round.local_get(x).i32_const(1).binop(ir::BinaryOp::I32Sub).local_tee(x).br_if(start);
        });
        body.local_get(sum);
        let f = builder.finish(vec![x], &mut module.funcs);
        module.exports.add("f", f);
        (module, f)
    }

    fn shape(module: &Module, id: FunctionId) -> (Shape, u64) {
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else { panic!("it is local") };
        (Shape::of(function).expect("plain instructions"), function.size())
    }

    #[test]
    fn what_did_not_run_is_cut_out_and_called() {
        let (mut module, f) = looping();
        let (before, size) = shape(&module, f);
        // Entry, loop, block, after the branch (cold from here: the if's two sides, after it, after the next branch), …
        let is_hot = |segment: &Segment| {
            let first_cold = before.segments[3];
            segment.block != first_cold.block || segment.start < first_cold.start
        };
        let level = |segment| if is_hot(segment) { Level::First } else { Level::Rest };
        let levels: Vec<Level> = before.segments.iter().map(level).collect();
        assert_eq!(levels[3], Level::Rest);
        let pieces = outline(&mut module, f, &before, &levels);
        assert_eq!(pieces.len(), 1);
        let piece = module.funcs.get(pieces[0]);
        assert_eq!(piece.name.as_deref(), Some("f#cut-rest-0"));
        // It takes x (sum is set before it is read), and gives back the result, x, sum and the way it left.
        assert_eq!(module.types.params(piece.ty()), [ValType::I32]);
        assert_eq!(module.types.results(piece.ty()), [ValType::I32; 4]);
        assert!(shape(&module, f).1 < size);
        let module = module.emit_wasm();
        wasmparser::Validator::new().validate_all(&module).expect("it is still a module");
    }

    #[test]
    fn what_is_short_stays() {
        let (mut module, f) = looping();
        let (before, _) = shape(&module, f);
        let mut levels = vec![Level::First; before.segments.len()];
        *levels.last_mut().expect("there are segments") = Level::Rest;
        assert!(outline(&mut module, f, &before, &levels).is_empty());
    }

    #[test]
    fn what_never_runs_is_cut_out_of_what_runs_in_the_opening() {
        let (mut module, f) = looping();
        let (before, _) = shape(&module, f);
        // The loop's body runs in the opening, the long way round never.
        let levels: Vec<Level> = (0..before.segments.len())
            .map(|at| match at {
                0 => Level::First,
                1 | 2 => Level::Opening,
                at if before.segments[at].block == before.segments[1].block => Level::Opening,
                at if before.segments[at].block == before.segments[0].block => Level::First,
                _ => Level::Rest,
            })
            .collect();
        let pieces = outline(&mut module, f, &before, &levels);
        let names: Vec<_> =
            pieces.iter().map(|&id| module.funcs.get(id).name.clone().unwrap_or_default()).collect();
        assert!(names.iter().any(|name| level_of_cut(name) == Some(Level::Rest)), "{names:?}");
        assert!(names.iter().all(|name| level_of_cut(name).is_some() && name.starts_with("f#cut-")));
        wasmparser::Validator::new().validate_all(&module.emit_wasm()).expect("it is still a module");
    }

    #[test]
    fn the_shape_is_of_the_branches() {
        let (module, f) = looping();
        let (other, g) = looping();
        assert_eq!(shape(&module, f).0.hash, shape(&other, g).0.hash);
        let (mut changed, h) = looping();
        let FunctionKind::Local(function) = &mut changed.funcs.get_mut(h).kind else { panic!("it is local") };
        function.builder_mut().func_body().instr_at(0, ir::Unreachable {});
        assert_ne!(shape(&module, f).0.hash, shape(&changed, h).0.hash);
    }
}
