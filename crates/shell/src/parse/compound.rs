//! Compound commands and functions.

use super::parser::{Parsed, Parser, Until};
use crate::op::{End, Mode, Op, Test};
use crate::stop::Why;
use crate::word::is_name;

impl Parser {
    pub(crate) fn if_command(&mut self) -> Parsed<()> {
        let mut ends = vec![];
        loop {
            self.emit(Op::Condition);
            self.body("then")?;
            self.emit(Op::Pop);
            let otherwise = self.emit(Op::JumpIf { success: false, to: 0 });
            if self.list()? == 0 {
                return Err(self.unexpected());
            }
            ends.push(self.emit(Op::Jump(0)));
            self.land(otherwise);
            if self.keyword("elif") {
                continue;
            }
            if self.keyword("else") {
                self.body("fi")?;
            } else {
                self.expect("fi")?;
                self.emit(Op::Status(0));
            }
            break;
        }
        ends.into_iter().for_each(|end| self.land(end));
        Ok(())
    }

    pub(crate) fn while_command(&mut self, success: bool) -> Parsed<()> {
        let enter = self.emit(Op::Loop { past: 0, again: self.here() + 1 });
        let again = self.emit(Op::Condition);
        self.body("do")?;
        self.emit(Op::Pop);
        let out = self.emit(Op::JumpIf { success: !success, to: 0 });
        self.body("done")?;
        self.emit(Op::KeepStatus);
        self.emit(Op::Jump(again));
        self.land(out);
        self.emit(Op::KeptStatus);
        self.emit(Op::Pop);
        self.land(enter);
        Ok(())
    }

    pub(crate) fn for_command(&mut self) -> Parsed<()> {
        self.blanks();
        if self.bash && self.take("((") {
            return self.for_arithmetic();
        }
        let name = self.raw_word();
        if !is_name(&name) {
            return Err(match (self.bash, self.dash) {
                _ if name.is_empty() => self.unexpected(),
                (true, _) => self.stop(Why::Message(format!("`{name}': not a valid identifier"))),
                (_, true) => self.stop(Why::Message("Syntax error: Bad for loop variable".into())),
                _ => self.stop(Why::Message("syntax error: bad for loop variable".into())),
            });
        }
        self.at += name.len();
        self.newlines();
        let line = self.line();
        self.emit(Op::Line(line));
        self.emit(Op::Begin);
        if self.keyword("in") {
            self.blanks();
            while self.word_ahead() {
                self.word(Mode::Split, End::Names)?;
                self.blanks();
            }
        } else {
            self.param("@", Mode::Quoted, Test::Value, false);
            self.emit(Op::Field(End::Plain));
        }
        self.blanks();
        self.take(";");
        self.expect("do")?;
        let enter = self.emit(Op::For { past: 0, again: self.here() + 1 });
        let again = self.emit(Op::Next { name: name.into(), past: 0 });
        self.body("done")?;
        self.emit(Op::Jump(again));
        self.land(again);
        self.emit(Op::Pop);
        self.land(enter);
        Ok(())
    }

    fn for_arithmetic(&mut self) -> Parsed<()> {
        self.arithmetic_part()?;
        self.emit(Op::Compute);
        let enter = self.emit(Op::Loop { past: 0, again: 0 });
        let test = self.here();
        self.blanks();
        let endless = self.looking_at(";");
        self.arithmetic_part()?;
        self.emit(Op::Compute);
        let out = self.emit(Op::JumpIf { success: false, to: 0 });
        if endless {
            self.ops[out] = Op::Nop;
        }
        let into = self.emit(Op::Jump(0));
        let again = self.here();
        self.arithmetic_part()?;
        self.emit(Op::Compute);
        self.emit(Op::Jump(test));
        self.land(into);
        self.blanks();
        self.take(";");
        self.expect("do")?;
        self.body("done")?;
        self.emit(Op::KeepStatus);
        self.emit(Op::Jump(again));
        if !endless {
            self.land(out);
        }
        self.emit(Op::KeptStatus);
        self.emit(Op::Pop);
        self.ops[enter] = Op::Loop { past: self.here(), again };
        Ok(())
    }

    pub(crate) fn case_command(&mut self) -> Parsed<()> {
        self.blanks();
        let line = self.line();
        self.emit(Op::Line(line));
        self.emit(Op::BeginWhole);
        let start = self.at;
        self.word(Mode::Whole, End::Plain)?;
        let written = self.text[start..self.at].to_string();
        self.emit(Op::Case(written.into()));
        self.expect("in")?;
        let mut ends = vec![];
        // The jump of `;&` into the next item's commands.
        let mut through = None;
        self.newlines();
        while !self.keyword("esac") {
            self.take("(");
            let mut matched = vec![];
            loop {
                self.blanks();
                self.emit(Op::BeginWhole);
                if !self.word_ahead() {
                    return Err(self.unexpected());
                }
                self.emit(Op::Exists);
                self.parts(Until::Word, Mode::Whole)?;
                self.emit(Op::Field(End::Pattern));
                matched.push(self.emit(Op::CasePattern { matched: 0 }));
                self.blanks();
                if !self.take("|") {
                    break;
                }
            }
            self.close()?;
            let next = self.emit(Op::Jump(0));
            matched.into_iter().for_each(|m| self.land(m));
            let first = self.emit(Op::Nop);
            if let Some(through) = through.take() {
                self.land(through);
            }
            if self.list()? == 0 {
                self.ops[first] = Op::Status(0);
            }
            self.newlines();
            if self.bash && self.take(";;&") {
                // The next patterns are tried, too.
            } else if self.bash && self.take(";&") {
                through = Some(self.emit(Op::Jump(0)));
            } else {
                ends.push(self.emit(Op::Jump(0)));
                if !self.take(";;") && !self.at_word("esac") {
                    let mut stop = self.unexpected();
                    stop.expecting = ";;";
                    return Err(stop);
                }
            }
            self.land(next);
            self.newlines();
        }
        self.emit(Op::CaseEnd);
        ends.into_iter().chain(through).for_each(|end| self.land(end));
        self.emit(Op::Pop);
        Ok(())
    }

    /// `name() command` or `function name { … }`, if one stands here.
    pub(crate) fn function(&mut self) -> Parsed<bool> {
        let start = self.at;
        let worded = !self.dash && self.keyword("function");
        self.blanks();
        let name = self.raw_word();
        let plain = name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.:".contains(&c));
        if name.is_empty() || !plain {
            self.at = start;
            return Ok(false);
        }
        self.at += name.len();
        self.blanks();
        let mut called = self.take("(");
        if called {
            self.blanks();
            called = self.take(")");
            if !called {
                let mut stop = self.unexpected();
                stop.expecting = if self.bash { "" } else { ")" };
                return Err(stop);
            }
        }
        if !(worded || called) {
            self.at = start;
            return Ok(false);
        }
        self.newlines();
        let define = self.emit(Op::Function { name: name.into(), past: 0 });
        self.command()?;
        self.emit(Op::Return);
        self.land(define);
        Ok(true)
    }
}
