//! awk: a tree-walking interpreter. Models POSIX XCU awk; where implementations differ, mawk beside GNU's tools and
//! BusyBox' own. Programs that it starts (`system`, pipes) run to their end at once.

mod parse;
mod run;
mod value;

use super::tool::{Context, State, Tool};
use parse::{Wrong, parse};
use run::{Interpreter, Stop};

/// The most steps at once: a program that never ends is a mistake.
const MOST_STEPS: i64 = 300_000;

impl State for Interpreter {
    fn copy(&self) -> Box<dyn State> {
        Box::new(self.clone())
    }

    fn into_any(self: Box<Self>) -> Box<dyn std::any::Any> {
        self
    }
}

impl Tool {
    /// Reads the program and its options; the operands that are left are files and assignments.
    pub(crate) fn awk_begin(&mut self, c: &mut Context) {
        let mut sources: Vec<String> = vec![];
        for (option, value) in self.options.clone() {
            match option {
                'f' => match c.read(&value) {
                    Ok(text) => sources.push(text),
                    Err(error) => {
                        self.code = 2;
                        let text = match c.gnu {
                            true => format!("awk: cannot open {value} ({})\n", error.text()),
                            false => format!("awk: {value}: {}\n", error.text()),
                        };
                        c.err.push_str(&text);
                        self.done = true;
                        return;
                    }
                },
                'e' => sources.push(value),
                _ => {}
            }
        }
        let mut rest = std::mem::take(&mut self.operands);
        rest.extend(std::mem::take(&mut self.files));
        if sources.is_empty() {
            if rest.is_empty() {
                return self.usage(c, "usage: awk [-F fs][-v var=value][prog | -f progfile][file ...]");
            }
            sources.push(rest.remove(0));
        }
        let program = match parse(&sources.join("\n")) {
            Ok(program) => program,
            Err(Wrong::Unsupported(what)) => {
                self.not_simulated = Some(what.to_string());
                self.done = true;
                return;
            }
            Err(Wrong::Syntax(near)) => {
                self.code = 2;
                self.done = true;
                let text = match c.gnu {
                    true => format!("awk: line 1: syntax error at or near {}\n", near.trim()),
                    false => "awk: cmd. line:1: Unexpected token\n".to_string(),
                };
                return c.err.push_str(&text);
            }
        };
        let mut awk = Interpreter::new(program, c);
        for (option, value) in &self.options {
            match (option, value.split_once('=')) {
                ('v', Some((name, value))) => awk.assign_operand(name, value),
                ('F', _) => awk.assign_operand("FS", if value == "t" { "\t" } else { value }),
                _ => {}
            }
        }
        // Operands of the form `name=value` before any file are set at once; later ones when they are come to.
        let is_assignment =
            |w: &String| w.split_once('=').is_some_and(|(name, _)| crate::word::is_name(name));
        let files: Vec<String> = rest.iter().filter(|w| !is_assignment(w)).cloned().collect();
        for word in rest.iter().filter(|w| is_assignment(w)) {
            let (name, value) = word.split_once('=').unwrap_or_default();
            awk.pending.push((name.to_string(), value.to_string()));
        }
        awk.arguments(&rest);
        self.from_files = !files.is_empty();
        self.many = files.len() > 1;
        self.files = files.into_iter();
        let stop = awk.begin(c, MOST_STEPS);
        self.awk_settle(c, &mut awk, stop);
        self.done |= !awk.needs_input();
        self.state = Some(Box::new(awk));
    }

    /// What a part of the run has come to.
    fn awk_settle(&mut self, c: &mut Context, awk: &mut Interpreter, stop: Result<(), Stop>) {
        c.work += awk.take_steps() / 8;
        match stop {
            Ok(()) => {}
            Err(Stop::Exit(code)) => {
                self.code = code;
                self.done = true;
            }
            Err(Stop::Failed(what)) => {
                self.code = 2;
                self.done = true;
                awk.over = true;
                c.err.push_str(&format!("awk: {what}\n"));
            }
            Err(Stop::TooLong) => {
                self.done = true;
                awk.over = true;
                self.not_simulated = Some("an awk program that runs for so long".to_string());
            }
            Err(Stop::NotSimulated(command)) => {
                self.done = true;
                awk.over = true;
                self.not_simulated = Some(["awk's command ", &command].concat());
            }
            Err(_) => {}
        }
    }

    /// Takes input; none: its end.
    pub(crate) fn awk(&mut self, c: &mut Context, text: &str) {
        if self.state.is_none() && !self.done {
            self.awk_begin(c);
            if !self.done {
                // Its files are known only now.
                self.goes_on = true;
                return;
            }
        }
        let Some(mut awk) = self.take_state::<Interpreter>() else { return };
        let file = self.file.clone();
        if !self.done {
            let stop = awk.feed(c, &file, text, text.is_empty(), MOST_STEPS);
            self.awk_settle(c, &mut awk, stop);
        }
        let last = text.is_empty() && (!self.from_files || self.files.as_slice().is_empty());
        if (self.done || last) && !awk.over {
            awk.over = true;
            let stop = awk.end(c, MOST_STEPS);
            let code = self.code;
            self.awk_settle(c, &mut awk, stop);
            if self.code == 0 {
                self.code = code;
            }
            let stop = awk.close_pipes(c, None);
            if stop.is_err() {
                self.awk_settle(c, &mut awk, stop);
            }
            self.done = true;
        }
        self.state = Some(awk);
    }
}
