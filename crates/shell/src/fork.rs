//! Children of a process: subshells, pipelines' parts, `&`. Models fork(2).

use crate::host::Flavour;
use crate::op::Fork;
use crate::process::{Control, Fd, MAX_PROCESSES, Process, State, Substituted, TERMINAL, World};
use crate::processor::SUBSHELL;
use std::rc::Rc;

impl Process {
    // Processes
    pub(crate) fn fork(&mut self, w: &mut World) -> Option<Process> {
        if w.system.alive + w.system.forked.len() >= MAX_PROCESSES {
            self.fatal(w, "can't fork: Resource temporarily unavailable");
            return None;
        }
        w.system.processor.spend(SUBSHELL);
        w.system.next += 1;
        let mut child = self.clone();
        child.loops_outside |= child.control.iter().any(|c| matches!(c, Control::Loop { .. }));
        child.unwind_in_child();
        child.quiet = self.in_condition();
        child.depth += 1;
        (child.pid, child.parent) = (w.system.next, self.pid);
        Some(child)
    }

    /// A child begins outside everything its parent has entered.
    fn unwind_in_child(&mut self) {
        self.control.clear();
        self.words.clear();
        self.assigning.clear();
        self.redirecting.clear();
        self.kids.clear();
        // What is ignored stays so; other traps are the parent's, and only shown.
        let keeps_errors = self.options.errtrace;
        for (name, var) in &mut Rc::make_mut(&mut self.vars).0 {
            if name.starts_with("trap ") {
                var.unset |=
                    !(var.value.is_empty() && name != "trap EXIT" || keeps_errors && name == "trap ERR");
            }
        }
        self.script = None;
        self.subscripts.clear();
        self.declared.clear();
        self.outlets.clear();
        self.inlets.clear();
        let jobs = self.backgrounds.split_off(self.waited.min(self.backgrounds.len()));
        if !jobs.is_empty() || !self.flavour.is_bash() {
            self.jobs_outside = jobs;
        }
        self.backgrounds.clear();
        self.waited = 0;
        self.pipe = None;
        self.replaced = false;
        self.background = false;
        self.signals.clear();
        self.leaving = None;
    }

    /// Its parent's traps are not shown any more.
    pub(crate) fn forget_traps(&mut self) {
        Rc::make_mut(&mut self.vars).0.retain(|(name, var)| !(var.unset && name.starts_with("trap ")));
    }

    /// It is a command substitution's.
    pub(crate) fn substitutes(&mut self) {
        self.level += 1;
        if self.flavour == Flavour::Dash {
            self.quiet = false;
            self.forget_traps();
        }
        if self.flavour != Flavour::Dash && !self.options.inherit_errexit {
            self.options.errexit = false;
        }
    }

    /// `<(…)` and `>(…)`: the other end of a pipe, or a file that holds what a command has printed.
    pub(crate) fn process_substitution(&mut self, w: &mut World, write: bool, live: bool, start: usize) {
        let Some(mut child) = self.fork(w) else { return };
        child.at = start;
        child.level += 1;
        let pipe = w.system.pipe(String::new());
        let path = format!("/dev/fd/{}", 63 - pipe % 50);
        if write {
            child.fds[0] = Fd::Read(pipe);
            child.background = true;
            self.outlets.push((path.as_str().into(), pipe));
            self.outlets_depth = self.control.len();
            w.system.forked.push(child);
            self.append(w, &path, crate::op::Mode::Quoted);
            return;
        }
        child.fds[1] = Fd::Write(pipe);
        if live {
            child.background = true;
            w.system.forked.push(child);
            self.inlets.push((path.as_str().into(), pipe));
            self.append(w, &path, crate::op::Mode::Quoted);
            return;
        }
        self.wait_for(w, child, None);
        self.state = State::Substitute(pipe, Substituted::File);
    }

    /// Lets a child run and waits for it.
    pub(crate) fn wait_for(&mut self, w: &mut World, child: Process, until: Option<u64>) {
        self.kids = vec![child.pid];
        w.system.forked.push(child);
        self.state = State::Kids(until);
    }

    pub(crate) fn fork_operation(&mut self, w: &mut World, kind: Fork, past: usize, text: &str) {
        if self.options.lastpipe
            && !w.system.interactive
            && matches!(kind, Fork::Part { first: false, last: true, .. })
        {
            let before = Box::new(self.fds.clone());
            self.fds[0] = self.pipe.take().map_or(Fd::Null, Fd::Read);
            return self.control.push(Control::LastPart(before, std::mem::take(&mut self.kids)));
        }
        let Some(mut child) = self.fork(w) else { return };
        self.at = past;
        if !self.flavour.is_bash() {
            child.forget_traps();
        }
        match kind {
            Fork::Subshell => self.kids = vec![child.pid],
            Fork::Background => {
                child.background = true;
                child.quiet = false;
                if child.fds[0] == Fd::Read(TERMINAL) {
                    child.fds[0] = Fd::Null;
                }
                self.backgrounds.push((child.pid, text.into()));
                if self.backgrounds.len() > MAX_PROCESSES {
                    self.backgrounds.remove(0);
                    self.waited = self.waited.saturating_sub(1);
                }
                self.status = 0;
            }
            Fork::Part { first, last, errors } => {
                if first {
                    self.kids.clear();
                }
                if let Some(pipe) = self.pipe.take() {
                    child.fds[0] = Fd::Read(pipe);
                }
                if !last {
                    let pipe = w.system.pipe(String::new());
                    child.fds[1] = Fd::Write(pipe);
                    if errors {
                        child.fds[2] = Fd::Write(pipe);
                    }
                    self.pipe = Some(pipe);
                }
                self.kids.push(child.pid);
            }
        }
        w.system.forked.push(child);
    }
}
