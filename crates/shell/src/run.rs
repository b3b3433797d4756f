//! The operations, one by one: [`Process::operation`] is the table of what each does, in the order of [`Op`].

use crate::host::{Flavour, Unknown};
use crate::op::{Mode, Op, Then};
use crate::parse;
use crate::pattern::{self, Pattern};
use crate::process::{Assigned, Assignment, Control, Fd, Process, State, Substituted, Var, Words, World};
use crate::stop::{Stop, Why};
use crate::word::{bash_quoted, unquoted};
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
            && w.system.kill.is_empty()
        {
            slice -= 1;
            w.system.processor.spend(1);
            if let Some(job) = self.job.take() {
                self.work(job, w);
            } else if self.words.is_empty()
                && let Some(signal) = self.next_signal()
            {
                self.trap_now(w, &signal, Then::GoOn);
            } else {
                self.operation(w);
            }
        }
    }

    // Operations
    /// Carries out the next operation. Long: an automaton, an arm for each.
    fn operation(&mut self, w: &mut World) {
        let code = self.code.clone();
        let Some(operation) = code.get(self.at) else { return self.end_of_code(w) };
        self.at += 1;
        // `set -n`: only a mistake is told.
        if self.options.noexec && !w.system.interactive && !matches!(operation, Op::SyntaxError(_)) {
            return;
        }
        match operation {
            Op::Nop => {}
            Op::Begin => self.words.push(Words::default()),
            Op::BeginWhole => self.words.push(Words { whole: true, ..Words::default() }),
            Op::Line(line) => {
                self.line = *line;
                if !std::mem::take(&mut self.piped) {
                    self.statuses = vec![self.status];
                }
                // What runs in a function may still write to them.
                if self.control.len() <= self.outlets_depth {
                    self.outlets.clear();
                }
            }
            Op::Top => {}
            Op::EndTrap(status, then) => {
                self.status = *status;
                match then {
                    Then::GoOn => {}
                    Then::Exit => self.exit(*status),
                    Then::Return(code) => {
                        self.status = *code;
                        self.unwind(|c| matches!(c, Control::Call { trap: Some(_), .. }));
                        self.unwind(|c| matches!(c, Control::Call { .. }));
                    }
                }
            }
            Op::Text(text, true) => self.append(w, text, Mode::Split),
            Op::Text(text, false) => self.append(w, text, Mode::Whole),
            Op::Exists => self.word().exists = true,
            Op::Param { source, mode, test, colon, past } => {
                self.param(w, source, *mode, *test, *colon, *past);
            }
            Op::Edit { source, mode, edit, colon } => self.edit(w, source, *mode, *edit, *colon),
            Op::Subscript => {
                let text = unquoted(&self.pop_word().now);
                self.subscripts.push(text);
            }
            Op::ItemKey => {
                let key = unquoted(&self.pop_word().now);
                let word = self.word();
                word.keys.push((word.done.len(), key));
            }
            Op::ProcessSubstitution { write, live, past } => {
                let start = std::mem::replace(&mut self.at, *past);
                self.process_substitution(w, *write, *live, start);
            }
            Op::Arithmetic(mode) => {
                let text = unquoted(&self.pop_word().now);
                if let Some(value) = self.compute(w, &text) {
                    self.append(w, &value.to_string(), *mode);
                }
            }
            Op::Compute => {
                let text = unquoted(&self.pop_word().now);
                if self.options.xtrace {
                    self.trace_line(w, &["((", &text, "))"].join(" "));
                }
                if let Some(value) = self.compute_for(w, &text, "((") {
                    self.status = i32::from(value == 0);
                }
            }
            Op::Substitute { mode, past } => {
                let Some(mut child) = self.fork(w) else { return };
                let pipe = w.system.pipe(String::new());
                child.fds[1] = Fd::Write(pipe);
                child.substitutes();
                self.wait_for(w, child, None);
                self.state = State::Substitute(pipe, Substituted::Word(*mode));
                self.at = *past;
            }
            Op::Field(end) => self.field(w, *end),
            Op::Assign { name, append, sub } => {
                let text = unquoted(&self.pop_word().now);
                if let Some(status) = self.substituted {
                    self.assigned = Some(status);
                }
                let key = if *sub { self.subscripts.pop() } else { None };
                let value = Assigned::Text(text);
                self.assigning.push(Assignment { name: name.to_string(), key, append: *append, value });
            }
            Op::AssignItems { name, append, word } => {
                let Words { done, keys, .. } = self.pop_word();
                let value = Assigned::Items(done, keys);
                let assignment = Assignment { name: name.to_string(), key: None, append: *append, value };
                if *word { self.declared.push(assignment) } else { self.assigning.push(assignment) }
            }
            Op::Declare => self.declared.clear(),
            Op::RedirectName(name) => {
                let at = self.redirecting.len();
                self.named.push((at, name.to_string()));
            }
            Op::Redirect { fd, how } => {
                let target = unquoted(&self.pop_word().now);
                self.redirecting.push((*fd, *how, target));
            }
            Op::SetVars => {
                self.assigned = None;
                self.status = self.substituted.take().unwrap_or(0);
                for assignment in std::mem::take(&mut self.assigning) {
                    self.trace_assignment(w, &assignment);
                    if !self.assign(w, assignment) {
                        return;
                    }
                }
            }
            Op::PushVars => {
                let mut saved = vec![];
                for assignment in std::mem::take(&mut self.assigning) {
                    self.trace_assignment(w, &assignment);
                    let name = self.resolve(&assignment.name);
                    saved.push((name.clone(), self.vars.get(&name).cloned()));
                    if !self.assign(w, assignment) {
                        return;
                    }
                    Rc::make_mut(&mut self.vars).entry(&name).exported = true;
                }
                self.control.push(Control::Vars(saved));
            }
            Op::PushRedirects { past, simple } => {
                let before = self.fds.clone();
                match self.redirect(w) {
                    Ok(()) => self.control.push(Control::Redirected(Box::new(before), *simple)),
                    Err(what) => {
                        self.fds = before;
                        self.words.clear();
                        self.assigning.clear();
                        self.complain(w, &what);
                        self.status = if self.flavour == Flavour::Dash { 2 } else { 1 };
                        self.at = *past;
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
                let assigned = self.assigned.take();
                if words.is_empty() {
                    self.keep_assignments(false);
                    self.status = assigned.or(substituted).unwrap_or(0);
                } else {
                    if !self.flavour.is_bash() && self.is_special(&words[0]) {
                        self.keep_assignments(words[0] == "exec" && words.len() > 1);
                    }
                    self.trace(w, &words);
                    self.run(w, words);
                }
            }
            Op::Check => self.check(w),
            Op::Jump(to) => self.at = *to,
            Op::JumpIf { success, to } => {
                if *success == (self.status == 0) {
                    self.at = *to;
                }
            }
            Op::Status(status) => self.status = *status,
            Op::Negate => self.status = i32::from(self.status == 0),
            Op::KeepStatus => {
                if let Some(Control::Loop { last, .. }) = self.control.last_mut() {
                    *last = self.status;
                }
            }
            Op::KeptStatus => {
                self.status = match self.control.last() {
                    Some(Control::Loop { last, .. }) => *last,
                    _ => 0,
                };
            }
            Op::Condition => self.control.push(Control::Condition),
            Op::Loop { past, again } => {
                self.control.push(Control::Loop {
                    past: *past,
                    again: *again,
                    items: vec![].into_iter(),
                    traced: None,
                    last: 0,
                });
            }
            Op::For { past, again } => {
                let items = self.pop_word().done;
                let traces = self.options.xtrace && self.flavour.is_bash();
                let traced = traces.then(|| {
                    items.iter().map(|i| [" ", &bash_quoted(i, false)].concat()).collect::<String>().into()
                });
                let items = items.into_iter();
                self.status = 0;
                self.control.push(Control::Loop { past: *past, again: *again, items, traced, last: 0 });
            }
            Op::Next { name, past } => match self.control.last_mut() {
                Some(Control::Loop { items, traced, .. }) => match items.next() {
                    Some(item) => {
                        if let Some(words) = traced.clone() {
                            self.trace_line(w, &["for ", name, " in", &words].concat());
                        }
                        self.set_item(w, name, None, &item, false);
                    }
                    None => self.at = *past,
                },
                _ => unreachable!("a for loop is left by its own operations"),
            },
            Op::Case(written) => {
                let word = self.pop_word().done.pop().unwrap_or_default();
                if self.options.xtrace && self.flavour.is_bash() {
                    self.trace_line(w, &["case ", written, " in"].concat());
                }
                self.control.push(Control::Case(word, false));
            }
            Op::CaseEnd => {
                if matches!(self.control.last(), Some(Control::Case(_, false))) {
                    self.status = 0;
                }
            }
            Op::CasePattern { matched } => {
                let pattern = self.pop_word().done.pop().unwrap_or_default();
                let ignore_case = self.options.nocasematch;
                if let Some(Control::Case(word, any)) = self.control.last_mut()
                    && Process::matches(&pattern, word, ignore_case)
                {
                    *any = true;
                    self.at = *matched;
                }
            }
            Op::Function { name, past } => {
                let function = Some((self.code.clone(), self.at, self.file.clone()));
                let function = Var { function, ..Var::default() };
                Rc::make_mut(&mut self.vars).put(&[name, "()"].concat(), Some(function));
                self.at = *past;
                self.status = 0;
            }
            Op::Return if self.returns_to_trap() => self.trap_now(w, "RETURN", Then::Return(self.status)),
            Op::Return => self.end_of_code(w),
            Op::Fork { kind, past, text } => {
                self.fork_operation(w, *kind, *past, text);
            }
            Op::Exit => {
                let kids = self.control.iter().rev().find_map(|c| match c {
                    Control::LastPart(_, kids) => Some(kids.clone()),
                    _ => None,
                });
                let Some(kids) = kids else { return self.exit(self.leaving.unwrap_or(self.status)) };
                self.unwind(|c| matches!(c, Control::LastPart(..)));
                (self.kids, self.last_part) = (kids, Some(self.status));
            }
            Op::Wait => self.state = State::Kids(None),
            Op::Test => self.double_test(w),
            Op::Time { ends: false, .. } => self.timed_ms = w.host.now_ms(),
            Op::Time { posix: true, .. } => {
                let ms = w.host.now_ms().saturating_sub(self.timed_ms);
                let text = format!("real {}.{:02}\nuser 0.00\nsys 0.00\n", ms / 1000, ms % 1000 / 10);
                self.put(w, 2, &text);
            }
            Op::Time { .. } => {
                let ms = w.host.now_ms().saturating_sub(self.timed_ms);
                let text = format!(
                    "\nreal\t{}m{}.{:03}s\nuser\t0m0.001s\nsys\t0m0.001s\n",
                    ms / 60_000,
                    ms / 1000 % 60,
                    ms % 1000
                );
                self.put(w, 2, &text);
            }
            Op::Warn(line, text) => {
                let now = std::mem::replace(&mut self.line, *line);
                self.complain(w, text);
                self.line = now;
            }
            Op::Command(_) if self.trap_status().is_some() => {}
            Op::Command(text) => {
                Rc::make_mut(&mut self.vars).put("BASH_COMMAND", crate::process::var(text, false));
            }
            Op::Fail(what) if self.flavour.is_bash() => self.abandon(w, what),
            Op::Fail(what) => self.fatal(w, what),
            Op::SyntaxError(stop) => self.syntax_error(w, stop),
        }
    }

    /// The script can't be read any further.
    fn syntax_error(&mut self, w: &mut World, stop: &Stop) {
        if let (Why::Unsupported(construct), Unknown::NotSimulated) = (&stop.why, w.system.unknown) {
            let command = format!("{construct}: {}", stop.source.trim());
            return self.not_simulated(w, command);
        }
        self.line = stop.line;
        let text = stop.text(self.flavour);
        let call = |c: &Control| matches!(c, Control::Call { function: None, .. });
        let evaluated = self.control.iter().skip(self.script.unwrap_or(0)).any(call);
        let place = match (self.flavour.is_bash(), evaluated, self.file.is_empty()) {
            (true, true, _) => "eval",
            (true, false, true) => "-c",
            _ => "",
        };
        if w.system.interactive && !evaluated {
            self.complain(w, &text);
        } else {
            self.complain_of(w, place, &text);
        }
        let shows = matches!(stop.why, Why::Unexpected(..)) && self.flavour == Flavour::Bash;
        if shows {
            self.complain_of(w, place, &format!("`{}'", stop.source));
        }
        self.status = 2;
        if evaluated && self.flavour.is_bash() {
            self.unwind(|c| matches!(c, Control::Call { function: None, .. }));
        } else {
            self.die(w, 2);
        }
    }

    /// Whether the whole text matches a shell pattern.
    fn matches(pattern: &str, text: &str, ignore_case: bool) -> bool {
        Pattern::glob(pattern, false, None, true, true).ignoring_case(ignore_case).is_match(text)
    }

    /// `[[ … ]]`'s single tests: the right side may be a pattern.
    fn double_test(&mut self, w: &mut World) {
        let words = self.pop_word().done;
        self.trace_test(w, &words);
        let ignore_case = self.options.nocasematch;
        let plain: Vec<String> = words.iter().map(|w| unquoted(w)).collect();
        let yes = match &words[..] {
            [left, operator, right] if matches!(operator.as_str(), "=" | "==") => {
                Process::matches(right, left, ignore_case)
            }
            [left, operator, right] if operator == "!=" => !Process::matches(right, left, ignore_case),
            [left, operator, right] if operator == "=~" => {
                let Some(pattern) = Pattern::regex(right, true, ignore_case) else {
                    self.status = 2;
                    return;
                };
                let found = pattern.find(left, 0);
                let groups =
                    found.iter().flat_map(|f| (0..pattern.groups() + 1).map(|n| pattern::group(left, f, n)));
                let groups = groups.map(str::to_string).collect();
                Rc::make_mut(&mut self.vars).put("BASH_REMATCH", None);
                let value = Assigned::Items(groups, vec![]);
                self.assign(w, Assignment { name: "BASH_REMATCH".into(), key: None, append: false, value });
                found.is_some()
            }
            [left, operator, right]
                if matches!(operator.as_str(), "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge")
                    && self.flavour.is_bash() =>
            {
                let Some(a) = self.compute_for(w, &unquoted(left), "[[") else { return };
                let Some(b) = self.compute_for(w, &unquoted(right), "[[") else { return };
                match operator.as_str() {
                    "-eq" => a == b,
                    "-ne" => a != b,
                    "-lt" => a < b,
                    "-le" => a <= b,
                    "-gt" => a > b,
                    _ => a >= b,
                }
            }
            _ => {
                self.status = self.test(w, "[[", &plain);
                return;
            }
        };
        self.status = i32::from(!yes);
    }

    /// A text with its parameters in place, at once: none where a command would have to run for it.
    fn expanded_now(&mut self, w: &mut World, text: &str) -> Option<String> {
        let code = parse::compile_text(text, self.syntax(self.line))?;
        if code.iter().any(|op| matches!(op, Op::Substitute { .. } | Op::ProcessSubstitution { .. })) {
            return None;
        }
        let before = (self.code.clone(), self.at, self.options, self.status, self.substituted);
        let waiting = (std::mem::take(&mut self.words), std::mem::take(&mut self.subscripts));
        (self.code, self.at) = (code, 0);
        (self.options.xtrace, self.options.nounset) = (false, false);
        while self.at < self.code.len() && self.state == State::Run && self.leaving.is_none() {
            self.operation(w);
        }
        let text = self.words.pop().and_then(|mut words| words.done.pop());
        (self.code, self.at, self.options, self.status, self.substituted) = before;
        (self.words, self.subscripts) = waiting;
        Some(text.unwrap_or_default())
    }

    // `set -x`
    /// A line of the trace, with PS4 before it; its first character once more for each subshell.
    pub(crate) fn trace_line(&mut self, w: &mut World, text: &str) {
        let sign = self.vars.get("PS4").and_then(|v| v.get()).unwrap_or_default();
        let sign = match sign.contains(['$', '\\']) {
            true => self.expanded_now(w, &sign).map_or(sign, Into::into),
            false => sign,
        };
        let first = sign.chars().next().map(String::from).unwrap_or_default();
        let evaluating = |c: &&Control| matches!(c, Control::Call { function: None, .. });
        let evaluated = self.control.iter().skip(self.script.unwrap_or(0)).filter(evaluating).count();
        let level = self.level as usize + if self.trap_status().is_some() { 0 } else { evaluated };
        let more = if self.flavour.is_bash() { first.repeat(level) } else { String::new() };
        let line = [&more, &*sign, text, "\n"].concat();
        // A simple command's own redirections are not its trace's.
        let outer = self.control.iter().rev().find(|c| !matches!(c, Control::Vars(_)));
        let before = match outer {
            Some(Control::Redirected(fds, true)) => Some(fds[2].clone()),
            _ => None,
        };
        match before {
            Some(before) => {
                let now = std::mem::replace(&mut self.fds[2], before);
                self.put(w, 2, &line);
                self.fds[2] = now;
            }
            None => self.put(w, 2, &line),
        }
    }

    /// Whether a locale says that texts are UTF-8.
    pub(crate) fn has_locale(&self) -> bool {
        if self.flavour == Flavour::Dash {
            return false;
        }
        let of = |name: &str| self.vars.get(name).and_then(|v| v.get()).filter(|v| !v.is_empty());
        let locale = of("LC_ALL").or_else(|| of("LC_CTYPE")).or_else(|| of("LANG"));
        locale.is_some_and(|l| l.to_ascii_lowercase().replace('-', "").contains("utf8"))
    }

    /// A word as the trace shows it.
    fn traced(&self, word: &str) -> String {
        match self.flavour {
            // Blanks are quoted as they are, other control characters are named.
            // Without a locale a byte beyond ASCII is no letter.
            Flavour::Bash if !word.is_ascii() && !self.has_locale() => {
                let mut text = String::from("$'");
                for byte in word.bytes() {
                    match byte {
                        b'\'' | b'\\' => text.extend(['\\', char::from(byte)]),
                        b'\n' => text.push_str("\\n"),
                        b'\t' => text.push_str("\\t"),
                        b' '..=b'~' => text.push(char::from(byte)),
                        byte => text.push_str(&format!("\\{byte:03o}")),
                    }
                }
                text.push('\'');
                text
            }
            Flavour::Bash | Flavour::Zsh if word.contains([' ', '\t', '\n']) => {
                format!("'{}'", word.replace('\'', "'\\''"))
            }
            Flavour::Bash | Flavour::Zsh => bash_quoted(word, false),
            Flavour::Dash => word.to_string(),
            Flavour::Sh => {
                let plain = |c: u8| matches!(c, b'+'..=b'z') && !b";<=>?[\\`".contains(&c);
                match word.bytes().all(plain) && !crate::stop::is_keyword(word) {
                    true => word.to_string(),
                    false => format!("'{}'", word.replace('\'', "'\"'\"'")),
                }
            }
        }
    }

    fn trace_assignment(&mut self, w: &mut World, assignment: &Assignment) {
        if !self.options.xtrace {
            return;
        }
        let Assignment { name, key, append, value } = assignment;
        let sign = if *append { "+=" } else { "=" };
        let key = key.as_ref().map_or(String::new(), |key| format!("[{key}]"));
        let value = match value {
            Assigned::Text(text) if self.flavour == Flavour::Dash => text.clone(),
            Assigned::Text(text) if text.is_empty() => String::new(),
            Assigned::Text(text) => self.traced(text),
            Assigned::Items(values, _) => {
                let words: Vec<String> = values.iter().map(|v| self.traced(v)).collect();
                format!("({})", words.join(" "))
            }
        };
        self.trace_line(w, &[name, &key, sign, &value].concat());
    }

    fn trace_test(&mut self, w: &mut World, words: &[String]) {
        if !self.options.xtrace {
            return;
        }
        let mut text = "[[".to_string();
        for (n, word) in words.iter().enumerate() {
            // A quoted pattern shows what is quoted.
            let shown = match n {
                2 => word.replace('\0', "\\"),
                _ if word.is_empty() => "''".to_string(),
                _ => unquoted(word),
            };
            if words.len() == 1 {
                text.push_str(" -n");
            }
            text.extend([" ", &shown]);
        }
        text.push_str(" ]]");
        self.trace_line(w, &text);
    }

    /// A command.
    fn trace(&mut self, w: &mut World, words: &[String]) {
        if !self.options.xtrace {
            return;
        }
        let declares = self.flavour.is_bash() && matches!(words[0].as_str(), "export" | "readonly");
        let assigned =
            words.iter().skip(1).filter(|word| declares && word.contains('=')).cloned().collect::<Vec<_>>();
        let words: Vec<String> = words.iter().map(|word| self.traced(word)).collect();
        self.trace_line(w, &words.join(" "));
        for word in assigned {
            let (name, value) = word.split_once('=').unwrap_or((&word, ""));
            let value = if value.is_empty() { String::new() } else { self.traced(value) };
            self.trace_line(w, &[name, "=", &value].concat());
        }
    }
}
