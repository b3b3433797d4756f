//! The operations, one by one: [`Process::operation`] is the table of what each does, in the order of [`Op`].

use crate::op::{Mode, Op};
use crate::pattern::{self, Pattern};
use crate::process::{Control, Fd, Process, State, Var, Words, World, var};
use crate::word::{quoted, unquoted};
use std::rc::Rc;

/// Operations a process does before the next has its turn.
const SLICE: u32 = 1000;

impl Process {
    pub(crate) fn go_on(&mut self, w: &mut World) {
        let mut slice = SLICE;
        while self.state == State::Run
            && slice > 0
            && !w.system.processor.is_used_up()
            && w.system.stopped.is_none()
        {
            slice -= 1;
            w.system.processor.spend(1);
            if let Some(job) = self.job.take() {
                self.work(job, w);
            } else if self.terminated && self.words.is_empty() {
                self.terminated = false;
                let trap = self.vars.get("trap TERM").map(|t| t.value.clone()).unwrap_or_default();
                self.evaluate(w, &trap);
            } else {
                self.operation(w);
            }
        }
    }

    // Operations
    fn operation(&mut self, w: &mut World) {
        let code = self.code.clone();
        let Some(operation) = code.get(self.at) else { return self.end_of_code(w) };
        self.at += 1;
        match operation {
            Op::Nop => {}
            Op::Begin => self.words.push(Words::default()),
            Op::Text(text, true) => self.append(w, text, Mode::Split),
            Op::Text(text, false) => self.append(w, text, Mode::Whole),
            Op::Exists => self.word().exists = true,
            Op::Param { name, mode, test, colon, past } => {
                self.param(w, name, *mode, *test, *colon, *past);
            }
            Op::Edit { name, mode, edit, colon } => self.edit(w, name, *mode, *edit, *colon),
            Op::Arithmetic => {
                let text = unquoted(&self.pop_word().now);
                if let Some(value) = self.compute(w, &text) {
                    self.append(w, &value.to_string(), Mode::Whole);
                }
            }
            Op::Compute => {
                let text = unquoted(&self.pop_word().now);
                if let Some(value) = self.compute(w, &text) {
                    self.status = i32::from(value == 0);
                }
            }
            Op::Substitute { mode, past } => {
                let Some(mut child) = self.fork(w) else { return };
                let pipe = w.system.pipe(String::new());
                child.fds[1] = Fd::Write(pipe);
                self.wait_for(w, child, None);
                self.state = State::Substitute(pipe, *mode);
                self.at = *past;
            }
            Op::Field(end) => self.field(w, *end),
            Op::Assign { name, append } => {
                let mut value = unquoted(&self.pop_word().now);
                if *append {
                    value.insert_str(0, &self.get(w, name).unwrap_or_default());
                }
                self.assigning.push((name.to_string(), value));
            }
            Op::Redirect { fd, how } => {
                let target = unquoted(&self.pop_word().now);
                self.redirecting.push((*fd, *how, target));
            }
            Op::SetVars => {
                for (name, value) in std::mem::take(&mut self.assigning) {
                    if self.options.xtrace {
                        let line = format!("+ {name}={}\n", quoted(&value));
                        self.put(w, 2, &line);
                    }
                    self.set(&name, &value);
                }
                self.status = self.substituted.take().unwrap_or(0);
            }
            Op::PushVars => {
                let mut saved = vec![];
                for (name, value) in std::mem::take(&mut self.assigning) {
                    let old = Rc::make_mut(&mut self.vars).put(&name, var(&value, true));
                    saved.push((name, old));
                }
                self.control.push(Control::Vars(saved));
            }
            Op::PushRedirects { past } => {
                let before = self.fds.clone();
                match self.redirect(w) {
                    Ok(()) => self.control.push(Control::Redirected(before)),
                    Err(what) => {
                        self.fds = before;
                        self.words.clear();
                        self.assigning.clear();
                        self.status = 1;
                        self.at = *past;
                        self.complain(w, &what);
                    }
                }
            }
            Op::Pop => {
                if let Some(control) = self.control.pop() {
                    self.leave(control);
                }
            }
            Op::Run => {
                let words = self.pop_word().done;
                let substituted = self.substituted.take();
                if words.is_empty() {
                    self.status = substituted.unwrap_or(0);
                } else {
                    self.trace(w, &words, None);
                    self.run(w, words);
                }
            }
            Op::Check => {
                if self.status != 0 && self.options.errexit && !self.in_condition() {
                    self.exit(self.status);
                }
            }
            Op::Jump(to) => self.at = *to,
            Op::JumpIf { success, to } => {
                if *success == (self.status == 0) {
                    self.at = *to;
                }
            }
            Op::Status(status) => self.status = *status,
            Op::Negate => self.status = i32::from(self.status == 0),
            Op::Condition => self.control.push(Control::Condition),
            Op::Loop { past, again } => {
                self.control.push(Control::Loop { past: *past, again: *again, items: vec![].into_iter() });
            }
            Op::For { past, again } => {
                let items = self.pop_word().done.into_iter();
                self.status = 0;
                self.control.push(Control::Loop { past: *past, again: *again, items });
            }
            Op::Next { name, past } => match self.control.last_mut() {
                Some(Control::Loop { items, .. }) => match items.next() {
                    Some(item) => self.set(name, &item),
                    None => self.at = *past,
                },
                _ => unreachable!("a for loop is left by its own operations"),
            },
            Op::Case => {
                let word = self.pop_word().done.pop().unwrap_or_default();
                self.control.push(Control::Case(word));
            }
            Op::CasePattern { matched } => {
                let pattern = self.pop_word().done.pop().unwrap_or_default();
                if matches!(self.control.last(), Some(Control::Case(word)) if Process::matches(&pattern, word))
                {
                    self.at = *matched;
                }
            }
            Op::Function { name, past } => {
                let function = Some((self.code.clone(), self.at));
                let function = Var { value: "".into(), exported: false, function };
                Rc::make_mut(&mut self.vars).put(&[name, "()"].concat(), Some(function));
                self.at = *past;
                self.status = 0;
            }
            Op::Return => self.end_of_code(w),
            Op::Fork { kind, past } => {
                self.fork_operation(w, *kind, *past);
            }
            Op::Exit => self.exit(self.leaving.unwrap_or(self.status)),
            Op::Wait => self.state = State::Kids(None),
            Op::Test => self.double_test(w),
        }
    }

    /// Whether the whole text matches a shell pattern.
    fn matches(pattern: &str, text: &str) -> bool {
        Pattern::glob(pattern, false, None, true).is_match(text)
    }

    /// `[[ … ]]`'s single tests: the right side may be a pattern.
    fn double_test(&mut self, w: &mut World) {
        let words = self.pop_word().done;
        self.trace(w, &words, Some(("[[", "]]")));
        let plain: Vec<String> = words.iter().map(|w| unquoted(w)).collect();
        let yes = match &words[..] {
            [left, operator, right] if matches!(operator.as_str(), "=" | "==") => {
                Process::matches(right, left)
            }
            [left, operator, right] if operator == "!=" => !Process::matches(right, left),
            [left, operator, right] if operator == "=~" => {
                let Some(pattern) = Pattern::regex(right, true, false) else {
                    self.status = 2;
                    return;
                };
                let found = pattern.find(left, 0);
                Rc::make_mut(&mut self.vars).0.retain(|(name, _)| !name.starts_with("BASH_REMATCH"));
                if let Some(found) = &found {
                    self.set("BASH_REMATCH", pattern::group(left, found, 0));
                    for n in 0..found.len() / 2 {
                        self.set(&format!("BASH_REMATCH[{n}]"), pattern::group(left, found, n));
                    }
                }
                found.is_some()
            }
            _ => {
                self.status = self.test(w, "[[", &plain);
                return;
            }
        };
        self.status = i32::from(!yes);
    }

    /// `set -x`.
    fn trace(&mut self, w: &mut World, words: &[String], around: Option<(&str, &str)>) {
        if !self.options.xtrace {
            return;
        }
        let mut text = String::from("+");
        let (before, after) = around.unwrap_or_default();
        let inner = words.iter().map(|word| match around {
            Some(_) => unquoted(word),
            None => quoted(&unquoted(word)),
        });
        let all = [before.to_string()].into_iter().chain(inner).chain([after.to_string()]);
        for word in all.filter(|word| !word.is_empty()) {
            text.extend([" ", &word]);
        }
        text.push('\n');
        self.put(w, 2, &text);
    }
}
