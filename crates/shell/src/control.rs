//! What a process has entered and must leave: loops, functions, `eval`, its own end.

use crate::host::{Flavour, Unknown};
use crate::op::{Code, Op};
use crate::parse::{self, Stop};
use crate::process::{Control, Process, Saved, State, World};
use crate::processor::BYTES_READ;
use std::rc::Rc;

/// The deepest nesting of loops, functions and `eval` while running.
const MAX_CONTROL: usize = 500;

impl Process {
    // Ends
    pub(crate) fn exit(&mut self, code: i32) {
        self.leaving = Some(code);
        if let Some(trap) = Rc::make_mut(&mut self.vars).put("trap EXIT", None)
            && let Ok(trap) = parse::compile(&trap.value, false)
        {
            self.control.clear();
            self.start(trap);
            return;
        }
        self.state = State::Exited(code & 255);
    }

    /// An error that ends a script; an interactive shell only leaves its command.
    pub(crate) fn fatal(&mut self, w: &mut World, what: &str) {
        self.complain(w, what);
        self.status = 2;
        if w.system.interactive && self.is_main() {
            self.unwind_all();
            self.state = State::Prompt;
        } else {
            self.exit(2);
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
            Control::Redirected(fds) => self.fds = fds,
            Control::Vars(saved) => self.put_back(saved),
            Control::Call { code, at, args, locals, .. } => {
                (self.code, self.at) = (code, at);
                if let Some(args) = args {
                    self.args = args;
                }
                self.put_back(locals);
            }
            Control::Loop { .. } | Control::Case(_) | Control::Condition => {}
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
        let mut left = count.clamp(1, loops.max(1));
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
        loops > 0
    }

    /// Enters a function (`Some` arguments) or other code.
    pub(crate) fn call(&mut self, w: &mut World, to: (Code, usize), args: Option<Vec<String>>) {
        if self.control.len() > MAX_CONTROL {
            return self.fatal(w, "maximum function recursion depth exceeded");
        }
        let function = args.is_some();
        let args = args.map(|args| std::mem::replace(&mut self.args, Rc::new(args)));
        let code = std::mem::replace(&mut self.code, to.0);
        let at = std::mem::replace(&mut self.at, to.1);
        self.control.push(Control::Call { code, at, args, locals: vec![], function });
    }

    /// Runs a text as part of this script.
    pub(crate) fn evaluate(&mut self, w: &mut World, text: &str) {
        w.system.processor.spend_on(text.len(), BYTES_READ);
        match parse::compile(text, self.flavour != Flavour::Sh) {
            Ok(code) => self.call(w, (code, 0), None),
            Err(Stop::Unsupported) if w.system.unknown == Unknown::NotSimulated => {
                let script = text.trim().lines().next().unwrap_or_default();
                self.unknown(w, &[self.name.to_string(), "-c".into(), script.into()]);
            }
            Err(stop) => self.fatal(w, &stop.text(self.flavour)),
        }
    }

    /// Whether nothing is left to do after this command: neither here nor where this was called from (`sh -c`).
    pub(crate) fn at_end(&self) -> bool {
        if !self.is_main() {
            return false;
        }
        if self.replaced {
            return true;
        }
        let ends = |c: &Control| match c {
            Control::Loop { .. } | Control::Condition => false,
            Control::Call { code, at, .. } => nothing_follows(code, *at),
            Control::Case(_) | Control::Redirected(_) | Control::Vars(_) => true,
        };
        nothing_follows(&self.code, self.at) && self.control.iter().all(ends)
    }
}

/// Whether the code from here on only tidies up.
fn nothing_follows(code: &[Op], mut at: usize) -> bool {
    loop {
        match code.get(at) {
            None => return true,
            Some(Op::Nop | Op::Pop | Op::Check | Op::Status(_)) => at += 1,
            Some(Op::Jump(to)) if *to > at => at = *to,
            Some(_) => return false,
        }
    }
}
