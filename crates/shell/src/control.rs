//! What a process has entered and must leave: loops, functions, `eval`, its own end.

use crate::op::{Code, Op, Then};
use crate::parse::{self, Syntax};
use crate::process::{Control, Process, Saved, State, World};
use crate::processor::BYTES_READ;
use crate::signal;
use std::rc::Rc;

/// The deepest nesting of loops, functions and `eval` while running.
const MAX_CONTROL: usize = 500;

impl Process {
    /// In which shell's syntax its texts are; `line`: the first one's number.
    pub(crate) fn syntax(&self, line: u32) -> Syntax {
        Syntax { flavour: self.flavour, line, extglob: self.options.extglob }
    }

    // Ends
    pub(crate) fn exit(&mut self, code: i32) {
        self.leaving = Some(code & 255);
        self.status = code & 255;
        if let Some(trap) = Rc::make_mut(&mut self.vars).put("trap EXIT", None)
            && !trap.value.is_empty()
            && !trap.unset
        {
            self.control.clear();
            self.words.clear();
            let code = parse::compile_script(&trap.value, self.syntax(1));
            self.start(code);
            return;
        }
        self.state = State::Exited(code & 255);
    }

    /// An error that ends a script; an interactive shell only leaves its command.
    pub(crate) fn fatal(&mut self, w: &mut World, what: &str) {
        self.complain(w, what);
        self.die(w, if self.flavour.is_bash() { 1 } else { 2 });
    }

    /// Ends a script with a status; an interactive shell only leaves its command.
    pub(crate) fn die(&mut self, w: &World, status: i32) {
        self.status = status;
        if self.guarded {
            return;
        }
        if self.unwind(|c| matches!(c, Control::Call { guards: true, .. })) {
            self.words.clear();
            self.assigning.clear();
            self.redirecting.clear();
            return;
        }
        if w.system.interactive && self.is_main() {
            self.unwind_all();
            self.state = State::Prompt;
        } else {
            self.exit(status);
        }
    }

    /// An error that ends what stands on the script's line, as bash has it; the next line goes on.
    pub(crate) fn abandon(&mut self, w: &mut World, what: &str) {
        self.complain(w, what);
        self.status = 1;
        if self.guarded {
            return;
        }
        let Some(depth) = self.script.filter(|_| !self.options.errexit && self.flavour.is_bash()) else {
            return self.die(w, 1);
        };
        // What is evaluated has lines of its own.
        let text = |c: &Control| matches!(c, Control::Call { function: None, trap: None, .. });
        let depth = self.control.iter().rposition(text).map_or(depth, |at| depth.max(at + 1));
        while self.control.len() > depth {
            if let Some(control) = self.control.pop() {
                self.leave(control);
            }
        }
        self.words.clear();
        self.assigning.clear();
        self.subscripts.clear();
        self.redirecting.clear();
        self.job = None;
        let next = self.code[self.at.min(self.code.len())..].iter().position(|op| matches!(op, Op::Top));
        self.at = next.map_or(self.code.len(), |n| self.at + n);
    }

    /// A signal has come for which there is a trap.
    pub(crate) fn catch(&mut self, signal: u8) {
        self.signals.push(signal);
        if matches!(self.state, State::Wait(_) | State::WaitAny) {
            self.kids.clear();
            self.status = 128 + i32::from(signal);
            self.state = State::Run;
        }
    }

    /// Whether the innermost function has set a trap for `RETURN`, and it is not in that already.
    pub(crate) fn returns_to_trap(&self) -> bool {
        let innermost = self.control.iter().rev().find_map(|c| match c {
            Control::Call { function: Some(_), returns, .. } => Some(*returns),
            _ => None,
        });
        innermost == Some(true) && self.trap_of("RETURN").is_some() && self.trap_status().is_none()
    }

    /// Runs a signal's trap, or that of `ERR` or `RETURN`.
    pub(crate) fn trap_now(&mut self, w: &mut World, name: &str, then: Then) {
        let text = self.vars.get(&["trap ", name].concat()).map(|t| t.value.clone()).unwrap_or_default();
        w.system.processor.spend_on(text.len(), BYTES_READ);
        let code = parse::compile_trap(&text, self.syntax(self.line.max(1)), Op::EndTrap(self.status, then));
        let status = self.status;
        self.call(w, (code, 0), None);
        if let Some(Control::Call { trap, .. }) = self.control.last_mut() {
            *trap = Some(status);
        }
    }

    pub(crate) fn end_of_code(&mut self, w: &World) {
        if self.unwind(|c| matches!(c, Control::Call { .. })) {
            return;
        }
        if w.system.interactive && self.is_main() && !self.replaced && self.leaving.is_none() {
            self.unwind_all();
            self.state = State::Prompt;
        } else {
            self.exit(self.leaving.unwrap_or(self.status));
        }
    }

    /// Leaves everything up to and with the innermost one of a kind; `false`, and nothing left, where there is none.
    pub(crate) fn unwind(&mut self, kind: fn(&Control) -> bool) -> bool {
        let there = self.control.iter().any(kind);
        if !there {
            return false;
        }
        while let Some(control) = self.control.pop() {
            let found = kind(&control);
            self.leave(control);
            if found {
                break;
            }
        }
        true
    }

    pub(crate) fn unwind_all(&mut self) {
        while let Some(control) = self.control.pop() {
            self.leave(control);
        }
        self.words.clear();
        self.assigning.clear();
        self.redirecting.clear();
        self.kids.clear();
        self.job = None;
        self.pipe = None;
    }

    pub(crate) fn leave(&mut self, control: Control) {
        match control {
            Control::Redirected(fds, _) | Control::LastPart(fds, _) => self.fds = *fds,
            Control::Vars(saved) => self.put_back(saved),
            Control::Call { code, at, args, locals, line, file, command, .. } => {
                (self.code, self.at) = (code, at);
                (self.line, self.file, self.command) = (line, file, command);
                if let Some(args) = args {
                    self.args = args;
                }
                self.put_back(locals);
            }
            Control::Loop { .. } | Control::Case(..) | Control::Condition => {}
        }
    }

    /// The assignments before a command stay, where it is special or there is none; `exports`: to programs, too.
    pub(crate) fn keep_assignments(&mut self, exports: bool) {
        let Some(Control::Vars(saved)) = self.control.last_mut() else { return };
        for (name, before) in std::mem::take(saved) {
            let exported = exports || self.options.allexport || before.is_some_and(|var| var.exported);
            Rc::make_mut(&mut self.vars).entry(&name).exported = exported;
        }
    }

    fn put_back(&mut self, saved: Saved) {
        let vars = Rc::make_mut(&mut self.vars);
        for (name, var) in saved.into_iter().rev() {
            vars.put(&name, var);
        }
    }

    /// `break` and `continue`; `false` outside a loop.
    pub(crate) fn leave_loops(&mut self, count: i64, again: bool) -> bool {
        let loops = self.control.iter().filter(|c| matches!(c, Control::Loop { .. })).count() as i64;
        if loops == 0 {
            return false;
        }
        let mut left = count.clamp(1, loops);
        while let Some(control) = self.control.pop() {
            if let Control::Loop { past, again: next, .. } = &control {
                left -= 1;
                if left == 0 {
                    self.at = if again { *next } else { *past };
                    if again {
                        self.control.push(control);
                    }
                    return true;
                }
            }
            self.leave(control);
        }
        true
    }

    /// Enters a function (its name and arguments) or other code.
    pub(crate) fn call(
        &mut self,
        w: &mut World,
        to: (Code, usize),
        function: Option<(Rc<str>, Vec<String>)>,
    ) {
        if self.control.len() > MAX_CONTROL {
            return self.fatal(w, "maximum function recursion depth exceeded");
        }
        let (function, args) = match function {
            Some((function, args)) => {
                (Some(function), Some(std::mem::replace(&mut self.args, Rc::new(args))))
            }
            None => (None, None),
        };
        let code = std::mem::replace(&mut self.code, to.0);
        let at = std::mem::replace(&mut self.at, to.1);
        let (line, file, command) = (self.line, self.file.clone(), self.command.clone());
        let locals = vec![];
        self.control.push(Control::Call {
            code,
            at,
            args,
            locals,
            function,
            line,
            file,
            command,
            trap: None,
            guards: false,
            returns: false,
        });
    }

    /// Runs a text as part of this script.
    pub(crate) fn evaluate(&mut self, w: &mut World, text: &str) {
        self.evaluate_from(w, text, self.line.max(1));
    }

    /// The same, of a text whose first line has this number.
    pub(crate) fn evaluate_from(&mut self, w: &mut World, text: &str, line: u32) {
        w.system.processor.spend_on(text.len(), BYTES_READ);
        let code = parse::compile_script(text, self.syntax(line));
        self.call(w, (code, 0), None);
    }

    /// Whether it runs a function.
    pub(crate) fn in_function(&self) -> bool {
        self.control.iter().any(|c| matches!(c, Control::Call { function: Some(_), .. }))
    }

    /// A command of the script has failed where nobody asks for its status.
    pub(crate) fn check(&mut self, w: &mut World) {
        if self.status == 0 || self.in_condition() {
            return;
        }
        let trap = self.trap_of("ERR").is_some_and(|t| !t.value.is_empty());
        if trap && self.trap_status().is_none() && (self.options.errtrace || !self.in_function()) {
            return self.trap_now(w, "ERR", if self.options.errexit { Then::Exit } else { Then::GoOn });
        }
        if self.options.errexit {
            self.exit(self.status);
        }
    }

    /// The first signal that waits for its trap, as its name.
    pub(crate) fn next_signal(&mut self) -> Option<String> {
        (!self.signals.is_empty()).then(|| signal::name(self.signals.remove(0)))
    }

    /// Whether nothing is left to do after this command: neither here nor where this was called from (`sh -c`).
    pub(crate) fn at_end(&self) -> bool {
        if self.replaced {
            return true;
        }
        let ends = |c: &Control| match c {
            Control::Loop { .. } | Control::Condition => false,
            Control::Call { code, at, .. } => nothing_follows(code, *at),
            Control::LastPart(..) => false,
            Control::Case(..) | Control::Redirected(..) | Control::Vars(_) => true,
        };
        nothing_follows(&self.code, self.at) && self.control.iter().all(ends)
    }
}

/// Whether the code from here on only tidies up.
fn nothing_follows(code: &[Op], mut at: usize) -> bool {
    loop {
        match code.get(at) {
            // A subshell's or a pipeline's part ends with `Exit`.
            None | Some(Op::Exit) => return true,
            Some(Op::Nop | Op::Pop | Op::Check | Op::Status(_) | Op::Top | Op::Line(_)) => at += 1,
            Some(Op::Jump(to)) if *to > at => at = *to,
            Some(_) => return false,
        }
    }
}
