//! Lists, pipelines and simple commands.

use super::brace;
use super::parser::{Parsed, Parser, Until};
use crate::op::{End, Fork, Mode, Op};
use crate::word::is_name;

/// Commands whose operands may be assignments.
const DECLARE: [&str; 5] = ["export", "local", "readonly", "declare", "typeset"];

impl Parser {
    // Lists and pipelines
    /// Commands up to the end, `)`, `;;` or a word that closes something. How many.
    pub(crate) fn list(&mut self) -> Parsed<usize> {
        self.deeper()?;
        let mut count = 0;
        loop {
            let before = self.at;
            self.newlines();
            if self.depth == 1 && self.inner == 0 && self.text[before..self.at].contains('\n') {
                self.emit(Op::Top);
                self.whole = self.here();
            }
            if self.at_list_end() {
                break;
            }
            let start = self.emit(Op::Nop);
            let from = self.at;
            self.and_or()?;
            count += 1;
            self.blanks();
            if self.looking_at("&") && !self.looking_at("&&") && !self.looking_at("&>") {
                let text = self.text[from..self.at].trim().into();
                self.at += 1;
                self.ops[start] = Op::Fork { kind: Fork::Background, past: 0, text };
                self.emit(Op::Exit);
                self.land(start);
            } else if self.looking_at(";") && !self.looking_at(";;") && !(self.bash && self.looking_at(";&"))
            {
                self.at += 1;
            } else if self.peek() != Some(b'\n') && !self.at_list_end() {
                if self.bash {
                    return Err(self.unexpected());
                }
                // What encloses the list says what it expects.
                break;
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
                    || self.bash && self.looking_at(";&")
                    || ["then", "do", "done", "fi", "else", "elif", "esac", "}"]
                        .iter()
                        .any(|w| self.at_word(w))
            }
        }
    }

    /// A list that may not be empty, then a closing word.
    pub(crate) fn body(&mut self, close: &'static str) -> Parsed<()> {
        if self.list()? == 0 {
            let mut stop = self.unexpected();
            stop.expecting = if self.peek().is_none() { close } else { "" };
            return Err(stop);
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
        let mut posix = false;
        let timed = self.bash && self.at_word("time");
        if timed {
            self.at += 4;
            self.blanks();
            posix = self.keyword("-p");
            self.blanks();
            self.emit(Op::Time { ends: false, posix });
        }
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
                let errors = self.bash && !last && self.looking_at("|&");
                self.ops[part] =
                    Op::Fork { kind: Fork::Part { first, last, errors }, past: 0, text: "".into() };
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
        if timed {
            self.emit(Op::Time { ends: true, posix });
        }
        Ok(checked && !negated)
    }

    // Commands
    pub(crate) fn command(&mut self) -> Parsed<bool> {
        self.deeper()?;
        self.blanks();
        let redirected = self.emit(Op::Nop);
        let mut checked = false;
        if self.bash && self.looking_at("((") {
            let line = self.line();
            self.emit(Op::Line(line));
            self.at += 2;
            self.arithmetic_part()?;
            self.emit(Op::Compute);
            checked = true;
        } else if self.take("(") {
            let fork = self.emit(Op::Fork { kind: Fork::Subshell, past: 0, text: "".into() });
            if self.list()? == 0 {
                return Err(self.unexpected());
            }
            self.close()?;
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
        } else if self.bash && (self.at_word("select") || self.at_word("coproc")) {
            return Err(self.unsupported(if self.at_word("select") { "select" } else { "coproc" }));
        } else if self.bash && self.keyword("[[") {
            let line = self.line();
            self.emit(Op::Line(line));
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
            let push = self.emit(Op::PushRedirects { past: 0, simple: false });
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
        let (mut words, mut vars, mut redirects, mut declares, mut in_test) = (0, false, false, false, false);
        let line = self.line();
        let place = self.emit(Op::Line(line));
        let told = (self.names_commands && self.bash).then(|| self.emit(Op::Nop));
        let mut shown: Vec<String> = vec![];
        if cat {
            self.emit(Op::Begin);
            self.emit(Op::Text("cat".into(), false));
            self.emit(Op::Field(End::Plain));
            words = 1;
        }
        self.blanks();
        let mut from = self.at;
        loop {
            self.blanks();
            let start = self.at;
            if told.is_some() && start > from {
                shown.push(as_told(&self.text[from..start]));
            }
            from = start;
            // In ash `[[` is a command whose words may be `&&` and `||`.
            if in_test && let Some(sign) = ["&&", "||"].into_iter().find(|sign| self.take(sign)) {
                self.emit(Op::Text(sign.into(), false));
                self.emit(Op::Exists);
                self.emit(Op::Field(End::Plain));
                words += 1;
                continue;
            }
            if self.redirect()? {
                redirects = true;
                continue;
            }
            let substitution = !self.dash && (self.looking_at("<(") || self.looking_at(">("));
            if !self.word_ahead() && !substitution {
                break;
            }
            if (words == 0 || declares) && self.assignment(words > 0)? {
                vars |= words == 0;
                continue;
            }
            if words == 0 {
                let first = self.raw_word();
                in_test = !self.bash && !self.dash && first == "[[";
                declares = DECLARE.contains(&first.as_str());
                if declares {
                    // What is left of a declaration that was not carried out.
                    self.emit(Op::Declare);
                }
                self.emit(Op::Begin);
            }
            in_test &= !self.at_word("]]");
            self.word(Mode::Split, End::Names)?;
            words += 1;
            if words == 1 && self.bash {
                // bash has looked at what follows by then.
                self.blanks();
                self.ops[place] = Op::Line(self.line());
            }
        }
        if let Some(place) = told {
            self.ops[place] = Op::Command(shown.join(" ").into());
        }
        if words == 0 && (vars || redirects) {
            self.emit(Op::SetVars);
        }
        let push = redirects.then(|| self.emit(Op::PushRedirects { past: 0, simple: true }));
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
        let rest = self.rest();
        let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let name = rest[..length].to_string();
        if !is_name(&name) {
            return Ok(false);
        }
        let mut at = length;
        let mut subscript = None;
        if self.bash && rest[at..].starts_with('[') {
            let Some(end) = brace::bracket_end(&rest[at..]) else { return Ok(false) };
            subscript = Some(rest[at + 1..at + end].to_string());
            at += end + 1;
        }
        let append = self.bash && rest[at..].starts_with("+=");
        at += usize::from(append);
        if !rest[at..].starts_with('=') {
            return Ok(false);
        }
        at += 1;
        if self.bash && rest[at..].starts_with('(') && subscript.is_none() {
            self.at += at + 1;
            self.items()?;
            self.emit(Op::AssignItems { name: name.as_str().into(), append, word: as_word });
            if as_word {
                self.emit(Op::Text(name.into(), false));
                self.emit(Op::Field(End::Plain));
            }
            return Ok(true);
        }
        if as_word {
            let text = rest[..at].to_string();
            self.emit(Op::Text(text.into(), false));
        } else {
            if let Some(text) = &subscript {
                self.subscript(text.clone())?;
            }
            self.emit(Op::BeginWhole);
        }
        self.at += at;
        self.assigns = true;
        self.parts(Until::Word, Mode::Whole)?;
        self.assigns = false;
        self.emit(match as_word {
            true => Op::Field(End::Plain),
            false => Op::Assign { name: name.into(), append, sub: subscript.is_some() },
        });
        Ok(true)
    }

    /// The subscript that this text is, as operations.
    pub(crate) fn subscript(&mut self, text: String) -> Parsed<()> {
        self.emit(Op::BeginWhole);
        self.within(text, |p| p.parts(Until::Text, Mode::Whole))?;
        self.emit(Op::Subscript);
        Ok(())
    }

    /// An array's items, after the parenthesis.
    fn items(&mut self) -> Parsed<()> {
        self.emit(Op::Begin);
        loop {
            self.newlines();
            if self.take(")") {
                return Ok(());
            }
            let key = brace::bracket_end(self.rest()).filter(|end| self.rest()[end + 1..].starts_with('='));
            if let (true, Some(end)) = (self.looking_at("["), key) {
                let text = self.rest()[1..end].to_string();
                self.emit(Op::BeginWhole);
                self.within(text, |p| p.parts(Until::Text, Mode::Whole))?;
                self.emit(Op::ItemKey);
                self.at += end + 2;
                self.emit(Op::Exists);
                self.parts(Until::Word, Mode::Whole)?;
                self.emit(Op::Field(End::Plain));
                continue;
            }
            let substitution = self.looking_at("<(") || self.looking_at(">(");
            if !self.word_ahead() && !substitution {
                return Err(self.unexpected());
            }
            self.word(Mode::Split, End::Names)?;
        }
    }
}

/// A word of a command, or a redirection, as bash prints it.
fn as_told(text: &str) -> String {
    let text = text.trim();
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let sign = text[digits..].bytes().take_while(|c| b"<>&|".contains(c)).count();
    let (head, rest) = text.split_at(digits + sign);
    match sign {
        0 => text.to_string(),
        _ if head.ends_with('&') => [head, rest.trim_start()].concat(),
        _ => [head, " ", rest.trim_start()].concat(),
    }
}
