//! Lists, pipelines and simple commands.

use super::parser::{Parsed, Parser, Stop, Until};
use crate::op::{End, Fork, Mode, Op};
use crate::word::is_name;

impl Parser {
    // Lists and pipelines
    /// Commands up to the end, `)`, `;;` or a word that closes something. How many.
    pub(crate) fn list(&mut self) -> Parsed<usize> {
        self.deeper()?;
        let mut count = 0;
        loop {
            self.newlines();
            if self.at_list_end() {
                break;
            }
            let start = self.emit(Op::Nop);
            self.and_or()?;
            count += 1;
            self.blanks();
            if self.looking_at("&") && !self.looking_at("&&") && !self.looking_at("&>") {
                self.at += 1;
                self.ops[start] = Op::Fork { kind: Fork::Background, past: 0 };
                self.emit(Op::Exit);
                self.land(start);
            } else if self.looking_at(";") && !self.looking_at(";;") {
                self.at += 1;
            } else if self.peek() != Some(b'\n') && !self.at_list_end() {
                return Err(self.unexpected());
            }
        }
        self.depth -= 1;
        Ok(count)
    }

    fn at_list_end(&self) -> bool {
        match self.peek() {
            None | Some(b')') => true,
            _ => {
                self.looking_at(";;")
                    || ["then", "do", "done", "fi", "else", "elif", "esac", "}"]
                        .iter()
                        .any(|w| self.at_word(w))
            }
        }
    }

    /// A list that may not be empty, then a closing word.
    pub(crate) fn body(&mut self, close: &str) -> Parsed<()> {
        if self.list()? == 0 {
            return Err(self.unexpected());
        }
        self.expect(close)
    }

    fn and_or(&mut self) -> Parsed<()> {
        let mut skip = None;
        loop {
            let start = self.emit(Op::Nop);
            let checked = self.pipeline()?;
            self.blanks();
            let and = self.looking_at("&&");
            if !and && !self.looking_at("||") {
                if checked {
                    self.emit(Op::Check);
                }
                if let Some(skip) = skip {
                    self.land(skip);
                }
                return Ok(());
            }
            self.at += 2;
            self.newlines();
            self.ops[start] = Op::Condition;
            self.emit(Op::Pop);
            if let Some(skip) = skip {
                self.land(skip);
            }
            skip = Some(self.emit(Op::JumpIf { success: !and, to: 0 }));
        }
    }

    /// Whether `set -e` looks at its status.
    fn pipeline(&mut self) -> Parsed<bool> {
        let mut negated = false;
        self.blanks();
        while self.keyword("!") {
            negated = !negated;
            self.blanks();
        }
        if negated {
            self.emit(Op::Condition);
        }
        let start = self.emit(Op::Nop);
        let mut checked = self.command()?;
        self.blanks();
        if self.looking_at("|") && !self.looking_at("||") {
            checked = true;
            let mut part = start;
            let mut first = true;
            loop {
                let last = !self.looking_at("|") || self.looking_at("||");
                let errors = !last && self.looking_at("|&");
                self.ops[part] = Op::Fork { kind: Fork::Part { first, last, errors }, past: 0 };
                self.emit(Op::Exit);
                self.land(part);
                if last {
                    break;
                }
                self.at += 1 + usize::from(errors);
                self.newlines();
                first = false;
                part = self.emit(Op::Nop);
                self.command()?;
                self.blanks();
            }
            self.emit(Op::Wait);
        }
        if negated {
            self.emit(Op::Pop);
            self.emit(Op::Negate);
        }
        Ok(checked && !negated)
    }

    // Commands
    pub(crate) fn command(&mut self) -> Parsed<bool> {
        self.deeper()?;
        self.blanks();
        let redirected = self.emit(Op::Nop);
        let mut checked = false;
        if self.looking_at("((") {
            self.at += 2;
            self.arithmetic_part()?;
            self.emit(Op::Compute);
            checked = true;
        } else if self.take("(") {
            let fork = self.emit(Op::Fork { kind: Fork::Subshell, past: 0 });
            self.list()?;
            if !self.take(")") {
                return Err(self.unexpected());
            }
            self.emit(Op::Exit);
            self.land(fork);
            self.emit(Op::Wait);
            checked = true;
        } else if self.keyword("{") {
            self.body("}")?;
        } else if self.keyword("if") {
            self.if_command()?;
        } else if self.keyword("while") {
            self.while_command(true)?;
        } else if self.keyword("until") {
            self.while_command(false)?;
        } else if self.keyword("for") {
            self.for_command()?;
        } else if self.keyword("case") {
            self.case_command()?;
        } else if self.keyword("[[") {
            self.test_or()?;
            self.blanks();
            self.expect("]]")?;
            checked = true;
        } else if self.function()? {
            self.depth -= 1;
            return Ok(false);
        } else {
            let there = self.simple(false)?;
            self.depth -= 1;
            return if there { Ok(true) } else { Err(self.unexpected()) };
        }
        self.blanks();
        if self.redirect_ahead().is_some() {
            let done = self.emit(Op::Jump(0));
            let here = self.here();
            self.ops[redirected] = Op::Jump(here);
            while self.redirect()? {
                self.blanks();
            }
            let push = self.emit(Op::PushRedirects { past: 0 });
            self.emit(Op::Jump(redirected + 1));
            self.land(done);
            self.emit(Op::Pop);
            self.land(push);
        }
        self.depth -= 1;
        Ok(checked)
    }

    /// A simple command; `false` where there is none. `cat`: begin with that word (`$(<file)`).
    pub(crate) fn simple(&mut self, cat: bool) -> Parsed<bool> {
        let (mut words, mut vars, mut redirects, mut declares) = (0, false, false, false);
        if cat {
            self.emit(Op::Begin);
            self.emit(Op::Text("cat".into(), false));
            self.emit(Op::Field(End::Plain));
            words = 1;
        }
        loop {
            self.blanks();
            if self.redirect()? {
                redirects = true;
                continue;
            }
            if !self.word_ahead() {
                break;
            }
            if (words == 0 || declares) && self.assignment(words > 0)? {
                vars |= words == 0;
                continue;
            }
            if words == 0 {
                let first = self.raw_word();
                declares = ["export", "local", "readonly", "declare", "typeset"].contains(&first.as_str());
                self.emit(Op::Begin);
            }
            self.word(Mode::Split, End::Names)?;
            words += 1;
        }
        if words == 0 && (vars || redirects) {
            self.emit(Op::SetVars);
        }
        let push = redirects.then(|| self.emit(Op::PushRedirects { past: 0 }));
        if words > 0 {
            if vars {
                self.emit(Op::PushVars);
            }
            self.emit(Op::Run);
            if vars {
                self.emit(Op::Pop);
            }
        }
        if let Some(push) = push {
            self.emit(Op::Pop);
            self.land(push);
        }
        Ok(words > 0 || vars || redirects)
    }

    /// `name=value`: as an assignment, or as a declaration's word.
    fn assignment(&mut self, as_word: bool) -> Parsed<bool> {
        let word = self.raw_word();
        let Some((name, _)) = word.split_once('=') else { return Ok(false) };
        let append = name.ends_with('+');
        let name = name.strip_suffix('+').unwrap_or(name);
        if !is_name(name) {
            return Ok(false);
        }
        if self.bash && word.ends_with('=') && self.text[self.at + word.len()..].starts_with('(') {
            return Err(Stop::Unsupported);
        }
        if as_word {
            self.emit(Op::Text(format!("{name}=").into(), false));
        } else {
            self.emit(Op::Begin);
        }
        self.at += name.len() + 1 + usize::from(append);
        self.parts(Until::Word, Mode::Whole)?;
        self.emit(if as_word { Op::Field(End::Plain) } else { Op::Assign { name: name.into(), append } });
        Ok(true)
    }
}
