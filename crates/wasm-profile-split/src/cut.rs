//! Cutting one stretch out of a function: what it takes, whether it is worth it, and the doing.

use std::collections::{BTreeMap, BTreeSet};

use walrus::ir::{self, Instr, InstrSeqId, InstrSeqType};
use walrus::{FunctionBuilder, FunctionId, FunctionKind, LocalFunction, LocalId, Module, ValType};

use crate::copy::{Copy, Exit};
use crate::liveness::Liveness;
use crate::module::placed;
use crate::shape::{nested, targets};

/// What is cut out must be this many instructions longer than what comes in its place.
const WORTH: usize = 5;
/// No more values than this are handed over, either way.
const HANDED_OVER: usize = 24;

/// A run of segments: instructions `from..to` of a block.
#[derive(Clone, Copy)]
pub struct Run {
    /// The block.
    pub block: InstrSeqId,
    /// Its first instruction.
    pub from: usize,
    /// The first instruction after it.
    pub to: usize,
}

/// What is cut out, and what is handed over.
pub struct Cut {
    /// What is cut out.
    pub run: Run,
    /// The locals whose values it needs.
    parameters: Vec<LocalId>,
    /// The locals that it sets and that are needed afterwards.
    outs: Vec<LocalId>,
    exits: Vec<Exit>,
    /// Whether the block's end is the function's end, where the results lie on the stack.
    ends_function: bool,
}

/// What is found in a stretch of instructions and the blocks within it.
#[derive(Default)]
struct Contents {
    /// The blocks.
    inside: BTreeSet<InstrSeqId>,
    /// The locals that it names, for whatever.
    named: BTreeSet<LocalId>,
    /// The locals that it sets.
    set: BTreeSet<LocalId>,
    /// Where its branches go, inside or outside.
    branches: BTreeSet<InstrSeqId>,
    /// Whether it holds a return.
    returns: bool,
    /// How many instructions it has.
    size: usize,
}

impl Contents {
    fn of(function: &LocalFunction, part: &[(Instr, ir::InstrLocId)]) -> Self {
        let mut contents = Self::default();
        let mut open: Vec<&[(Instr, ir::InstrLocId)]> = vec![part];
        while let Some(part) = open.pop() {
            contents.size += part.len();
            for (instr, _) in part {
                match instr {
                    Instr::LocalGet(get) => {
                        contents.named.insert(get.local);
                    }
                    Instr::LocalSet(ir::LocalSet { local }) | Instr::LocalTee(ir::LocalTee { local }) => {
                        contents.named.insert(*local);
                        contents.set.insert(*local);
                    }
                    Instr::Return(_) => contents.returns = true,
                    _ => {}
                }
                contents.branches.extend(targets(instr));
                for block in nested(instr) {
                    contents.inside.insert(block);
                    open.push(&function.block(block).instrs);
                }
            }
        }
        contents
    }
}

impl Cut {
    /// What cutting this out takes, if it is worth it and possible.
    pub fn plan(function: &LocalFunction, live: &Liveness, run: Run, results: &[ValType]) -> Option<Self> {
        let instrs = &function.block(run.block).instrs;
        let part = &instrs[run.from..run.to];
        let Contents { inside, named, set, branches, returns, size } = Contents::of(function, part);
        let mut exits: BTreeSet<Exit> = branches.difference(&inside).copied().map(Exit::To).collect();
        if returns {
            exits.insert(Exit::Return);
        }
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
            Exit::Through => live.before(run.block, run.to),
            Exit::To(block) => live.at_label(*block),
            Exit::Return => None,
        };
        let wanted: BTreeSet<LocalId> = exits.iter().filter_map(after).flatten().copied().collect();
        let outs: Vec<LocalId> = set.intersection(&wanted).copied().collect();
        let before = live.before(run.block, run.from)?;
        // An out that is not live before is set on every way to where it is wanted.
        let parameters: Vec<LocalId> = named.intersection(before).copied().collect();
        let exits: Vec<Exit> = exits.into_iter().collect();
        let returned = if exits.contains(&Exit::Return) { results.len() * 2 } else { 0 };
        let cost = 4 + parameters.len() + outs.len() + 3 * exits.len() + returned;
        let handed_over = parameters.len().max(outs.len());
        (size >= cost + WORTH && handed_over <= HANDED_OVER).then_some(Self {
            run,
            parameters,
            outs,
            exits,
            ends_function,
        })
    }

    /// Makes the new function, and puts a call of it in place of what was there. Gives the function, and how many
    /// instructions the call takes.
    pub fn make(&self, module: &mut Module, id: FunctionId, results: &[ValType]) -> (FunctionId, usize) {
        let returned: &[ValType] = if self.exits.contains(&Exit::Return) { results } else { &[] };
        let new = self.new_function(module, id, returned);
        let call = self.call(module, id, new, returned);
        let length = call.len();
        let function = local_mut(module, id);
        function.block_mut(self.run.block).instrs.splice(self.run.from..self.run.to, placed(call));
        (new, length)
    }

    /// Whether the new function says by a number how it was left.
    fn tells_exit(&self) -> bool {
        self.exits.len() > 1
    }

    /// The function that holds what is cut out. It gives back what is returned, the outs, and the exit's number.
    fn new_function(&self, module: &mut Module, id: FunctionId, returned: &[ValType]) -> FunctionId {
        let kinds = |module: &Module, locals: &[LocalId]| -> Vec<ValType> {
            locals.iter().map(|&local| module.locals.get(local).ty()).collect()
        };
        let (parameters, outs) = (kinds(module, &self.parameters), kinds(module, &self.outs));
        let number: &[ValType] = if self.tells_exit() { &[ValType::I32] } else { &[] };
        let handed_back = if self.exits.is_empty() { Vec::new() } else { [returned, &outs, number].concat() };
        let mut builder = FunctionBuilder::new(&mut module.types, &parameters, &handed_back);
        let arguments: Vec<LocalId> = parameters.iter().map(|&kind| module.locals.add(kind)).collect();
        let returns: Vec<LocalId> = returned.iter().map(|&kind| module.locals.add(kind)).collect();

        // A block for each way out, within each other; the innermost holds what was cut out.
        let landings: BTreeMap<Exit, InstrSeqId> =
            self.exits.iter().map(|&exit| (exit, builder.dangling_instr_seq(None).id())).collect();
        let locals = self.parameters.iter().copied().zip(arguments.iter().copied()).collect();
        let mut copy = Copy::new(&landings, &returns, locals);
        let FunctionKind::Local(function) = &module.funcs.get(id).kind else {
            unreachable!("a cut is planned in a local function")
        };
        let part = &function.block(self.run.block).instrs[self.run.from..self.run.to];
        let part: Vec<Instr> = part.iter().map(|(instr, _)| instr.clone()).collect();
        let mut body = copy.instrs(function, &part, &mut builder);
        copy.settle(&mut module.locals, &mut builder, &mut body);
        match landings.get(&Exit::Through) {
            Some(&block) => body.push(ir::Br { block }.into()),
            None if self.ends_function && landings.contains_key(&Exit::Return) => body.extend(copy.leave()),
            None => body.push(ir::Unreachable {}.into()),
        }
        for (number, exit) in self.exits.iter().enumerate() {
            let landing = landings[exit];
            builder.instr_seq(landing).instrs_mut().extend(placed(body.drain(..)));
            body.push(ir::Block { seq: landing }.into());
            let outs = self.outs.iter().map(|&local| copy.local(local));
            body.extend(returns.iter().copied().chain(outs).map(|local| Instr::from(ir::LocalGet { local })));
            if self.tells_exit() {
                body.push(ir::Const { value: ir::Value::I32(number as i32) }.into());
            }
            body.push(ir::Return {}.into());
        }
        builder.func_body().instrs_mut().extend(placed(body));
        builder.finish(arguments, &mut module.funcs)
    }

    /// What comes in place of what is cut out: the call of the new function, and going on as it was left.
    fn call(&self, module: &mut Module, id: FunctionId, new: FunctionId, returned: &[ValType]) -> Vec<Instr> {
        let number = module.locals.add(ValType::I32);
        let kept: Vec<LocalId> = returned.iter().map(|&kind| module.locals.add(kind)).collect();
        let mut call: Vec<Instr> =
            self.parameters.iter().map(|&local| ir::LocalGet { local }.into()).collect();
        call.push(ir::Call { func: new }.into());
        if self.exits.is_empty() {
            call.push(ir::Unreachable {}.into());
            return call;
        }
        if self.tells_exit() {
            call.push(ir::LocalSet { local: number }.into());
        }
        call.extend(self.outs.iter().rev().map(|&local| Instr::from(ir::LocalSet { local })));
        call.extend(kept.iter().rev().map(|&local| Instr::from(ir::LocalSet { local })));
        // Falling through comes last: it needs no branch.
        let mut order: Vec<(usize, Exit)> = self.exits.iter().copied().enumerate().collect();
        order.sort_by_key(|(_, exit)| *exit == Exit::Through);
        let last = order.pop();
        for (exit_number, exit) in order {
            call.push(ir::LocalGet { local: number }.into());
            if exit_number == 0 {
                call.push(ir::Unop { op: ir::UnaryOp::I32Eqz }.into());
            } else {
                call.push(ir::Const { value: ir::Value::I32(exit_number as i32) }.into());
                call.push(ir::Binop { op: ir::BinaryOp::I32Eq }.into());
            }
            call.push(match exit {
                Exit::To(block) => ir::BrIf { block }.into(),
                Exit::Return | Exit::Through => {
                    let builder = local_mut(module, id).builder_mut();
                    let mut then = builder.dangling_instr_seq(None);
                    then.instrs_mut().extend(placed(go_on(exit, &kept)));
                    let consequent = then.id();
                    let alternative = builder.dangling_instr_seq(None).id();
                    ir::IfElse { consequent, alternative }.into()
                }
            });
        }
        call.extend(last.into_iter().flat_map(|(_, exit)| go_on(exit, &kept)));
        call
    }
}

/// Where the caller goes on after an exit of what was cut out; `kept` holds what is returned.
fn go_on(exit: Exit, kept: &[LocalId]) -> Vec<Instr> {
    match exit {
        Exit::Through => Vec::new(),
        Exit::To(block) => vec![ir::Br { block }.into()],
        Exit::Return => {
            let values = kept.iter().map(|&local| Instr::from(ir::LocalGet { local }));
            values.chain([ir::Return {}.into()]).collect()
        }
    }
}

fn local_mut(module: &mut Module, id: FunctionId) -> &mut LocalFunction {
    match &mut module.funcs.get_mut(id).kind {
        FunctionKind::Local(function) => function,
        _ => unreachable!("a cut is planned in a local function"),
    }
}
