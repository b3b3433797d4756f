//! Compound commands and functions.

use super::parser::{Parsed, Parser};
use crate::op::{End, Mode, Op, Test};
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
        self.emit(Op::Jump(again));
        self.land(out);
        self.emit(Op::Status(0));
        self.emit(Op::Pop);
        self.land(enter);
        Ok(())
    }

    pub(crate) fn for_command(&mut self) -> Parsed<()> {
        self.blanks();
        if self.take("((") {
            return self.for_arithmetic();
        }
        let name = self.raw_word();
        if !is_name(&name) {
            return Err(self.unexpected());
        }
        self.at += name.len();
        self.newlines();
        self.emit(Op::Begin);
        if self.keyword("in") {
            self.blanks();
            while self.word_ahead() {
                self.word(Mode::Split, End::Names)?;
                self.blanks();
            }
        } else {
            let (name, mode) = ("@".into(), Mode::Quoted);
            self.emit(Op::Param { name, mode, test: Test::Value, colon: false, past: 0 });
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
        self.emit(Op::Jump(again));
        if !endless {
            self.land(out);
        }
        self.emit(Op::Status(0));
        self.emit(Op::Pop);
        self.ops[enter] = Op::Loop { past: self.here(), again };
        Ok(())
    }

    pub(crate) fn case_command(&mut self) -> Parsed<()> {
        self.blanks();
        self.emit(Op::Begin);
        self.word(Mode::Whole, End::Plain)?;
        self.emit(Op::Case);
        self.expect("in")?;
        let mut ends = vec![];
        self.newlines();
        while !self.keyword("esac") {
            self.take("(");
            let mut matched = vec![];
            loop {
                self.blanks();
                self.emit(Op::Begin);
                self.word(Mode::Whole, End::Pattern)?;
                matched.push(self.emit(Op::CasePattern { matched: 0 }));
                self.blanks();
                if !self.take("|") {
                    break;
                }
            }
            if !self.take(")") {
                return Err(self.unexpected());
            }
            let next = self.emit(Op::Jump(0));
            matched.into_iter().for_each(|m| self.land(m));
            self.emit(Op::Status(0));
            self.list()?;
            ends.push(self.emit(Op::Jump(0)));
            self.land(next);
            if !self.take(";;") && !self.at_word("esac") {
                return Err(self.unexpected());
            }
            self.newlines();
        }
        self.emit(Op::Status(0));
        ends.into_iter().for_each(|end| self.land(end));
        self.emit(Op::Pop);
        Ok(())
    }

    /// `name() command` or `function name { … }`, if one stands here.
    pub(crate) fn function(&mut self) -> Parsed<bool> {
        let start = self.at;
        let worded = self.keyword("function");
        self.blanks();
        let name = self.raw_word();
        self.at += name.len();
        self.blanks();
        let mut called = self.take("(");
        if called {
            self.blanks();
            called = self.take(")");
        }
        let plain = name.bytes().all(|c| c.is_ascii_alphanumeric() || b"_-.:".contains(&c));
        if !(worded || called) || name.is_empty() || !plain {
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
