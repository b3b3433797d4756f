//! Shell text → operations for the machine in `machine.rs`, in one pass and without a tree. Knows nothing of files,
//! variables' values or time.
//!
//! Models POSIX XCU 2 (tokens, quoting, expansions, grammar) with what bash adds and container scripts use:
//! `[[ ]]`, `(( ))`, `for ((;;))`, `$(<file)`, `<<<`, `&>`, `${x/a/b}`, `${x:1:2}`, `${x^^}`, `{1..3}`.

use super::arith::decimal;
use super::pattern::QUOTE;
use std::rc::Rc;

/// The deepest nesting of commands and expansions: bounds the parser's own recursion.
const MAX_DEPTH: usize = 100;
/// The longest script, in bytes.
const MAX_SCRIPT: usize = 256 << 10;
/// The most words `{1..n}` makes.
const MAX_BRACES: i64 = 1000;

/// A compiled script.
pub(super) type Code = Rc<[Op]>;
pub(super) type Name = Box<str>;

/// How a value enters the word being made.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Mode {
    /// Unquoted: split into fields, and its `*` are patterns.
    Split,
    /// Within double quotes: stands for itself.
    Quoted,
    /// Where no fields are made (assignment, pattern, arithmetic): not split, `*` are patterns.
    Whole,
}

/// What becomes of a finished word.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum End {
    /// File names in place of a pattern.
    Names,
    /// Quotes taken off.
    Plain,
    /// Quoted characters stay marked.
    Pattern,
}

/// `${x…}` without an operand, or with one that is only expanded when needed.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Test {
    Value,
    Length,
    Indirect,
    /// `-`, `=`, `?`: with a value, take it and jump over the operand.
    Otherwise,
    /// `+`: without a value, jump over the operand.
    Instead,
}

/// `${x…}` with an operand that has been expanded.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Edit {
    Assign,
    Fail,
    Prefix { longest: bool },
    Suffix { longest: bool },
    Replace { all: bool },
    Part,
    Upper { all: bool },
    Lower { all: bool },
}

/// A redirection's manner.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Redirect {
    In,
    Out,
    Append,
    /// `>&` and `<&`.
    Copy,
    /// `&>`: both outputs; `true`: appended.
    Both(bool),
    /// A here-document or here-string: the operand is the input itself.
    Text,
}

/// What a forked process is for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(super) enum Fork {
    Subshell,
    Background,
    /// A pipeline's part: reads the part before unless first, is read by the next unless last.
    Part {
        first: bool,
        last: bool,
        errors: bool,
    },
}

/// The machine's operations. Numbers are places in the code.
#[derive(Debug)]
pub(super) enum Op {
    Nop,
    // Words
    Begin,
    /// Text of the script, quoted characters marked; `true`: to be split like a value.
    Text(Name, bool),
    /// The word exists even if nothing follows.
    Exists,
    Param {
        name: Name,
        mode: Mode,
        test: Test,
        colon: bool,
        past: usize,
    },
    Edit {
        name: Name,
        mode: Mode,
        edit: Edit,
        colon: bool,
    },
    Arithmetic,
    Substitute {
        mode: Mode,
        past: usize,
    },
    Field(End),
    // Simple commands
    Assign {
        name: Name,
        append: bool,
    },
    Redirect {
        fd: u8,
        how: Redirect,
    },
    /// Does the assignments gathered, for good.
    SetVars,
    /// Does them for the command that follows.
    PushVars,
    PushRedirects {
        past: usize,
    },
    Pop,
    Run,
    /// `set -e`.
    Check,
    // Control
    Jump(usize),
    JumpIf {
        success: bool,
        to: usize,
    },
    Status(i32),
    Negate,
    Condition,
    Loop {
        past: usize,
        again: usize,
    },
    For {
        past: usize,
        again: usize,
    },
    Next {
        name: Name,
        past: usize,
    },
    Case,
    CasePattern {
        matched: usize,
    },
    Function {
        name: Name,
        past: usize,
    },
    Return,
    Fork {
        kind: Fork,
        past: usize,
    },
    Exit,
    Wait,
    /// `[[ … ]]`'s single tests.
    Test,
    /// `(( … ))`.
    Compute,
}

/// Why a text is no script.
#[derive(Debug, PartialEq)]
pub(super) enum Stop {
    /// It ends too early: an interactive shell asks for another line.
    More,
    /// An unexpected word.
    Unexpected(String),
    /// It is none of the shell's mistakes: a construct of bash's that is not simulated.
    Unsupported,
}
type Parsed<T> = Result<T, Stop>;

/// Where the parts of a word end.
#[derive(Clone, Copy, PartialEq)]
enum Until {
    /// At unquoted white space or an operator.
    Word,
    /// The same, but parentheses and `|` belong to it (`=~`).
    Regex,
    /// At the closing double quote.
    Quote,
    /// At `}`.
    Brace,
    /// At this character or `}`.
    BraceOr(u8),
    /// At `))` or `;`.
    Arithmetic,
    /// At the end of the text.
    Document,
}

/// Compiles a script. `bash`: with what bash and zsh have and sh has not (`{a,b}` as words).
pub(super) fn compile(text: &str, bash: bool) -> Parsed<Code> {
    if text.len() > MAX_SCRIPT {
        return Err(Stop::Unexpected("script too long".into()));
    }
    let mut p = Parser { text: text.replace(QUOTE, ""), at: 0, ops: vec![], document: None, depth: 0, bash };
    p.list()?;
    if let Some(c) = p.peek() {
        let word = p.raw_word();
        return Err(Stop::Unexpected(if word.is_empty() { (c as char).to_string() } else { word }));
    }
    Ok(p.ops.into())
}

/// The code that runs this command, its words taken as they are.
pub(super) fn command(argv: &[String]) -> Code {
    let mut ops = vec![Op::Begin];
    for word in argv {
        let mut text = String::new();
        mark_all(&mut text, word);
        ops.extend([Op::Text(text.into(), false), Op::Field(End::Plain)]);
    }
    ops.push(Op::Run);
    ops.into()
}

/// Appends a quoted character.
fn mark(out: &mut String, c: char) {
    if c.is_ascii_punctuation() {
        out.push(QUOTE);
    }
    out.push(c);
}

/// Appends a quoted text.
pub(super) fn mark_all(out: &mut String, text: &str) {
    text.chars().for_each(|c| mark(out, c));
}

/// Whether a name can be a variable's.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|c| c.is_ascii_alphanumeric() || c == b'_')
}

/// `echo -e`'s, printf's and `$'…'`'s escapes. `true`: `\c` ended the output.
pub(super) fn unescape(text: &str, out: &mut String) -> bool {
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        out.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let Some(c) = rest.chars().next() else {
            out.push('\\');
            break;
        };
        rest = &rest[c.len_utf8()..];
        const SIMPLE: &str = "n\nt\tr\ra\x07b\x08f\x0cv\x0be\x1b\\\\''\"\"";
        let (radix, most) = if c == 'x' { (16, 2) } else { (8, if c == '0' { 4 } else { 3 }) };
        if c == 'c' {
            return true;
        } else if c == 'x' || c.is_digit(8) {
            let digits = if c == 'x' { rest } else { &text[text.len() - rest.len() - 1..] };
            let length = digits.chars().take(most).take_while(|c| c.is_digit(radix)).count();
            out.push(char::from(u32::from_str_radix(&digits[..length], radix).unwrap_or(0) as u8));
            rest = &digits[length..];
        } else if let Some(found) = SIMPLE.find(c).filter(|n| n % 2 == 0) {
            out.push(char::from(SIMPLE.as_bytes()[found + 1]));
        } else {
            out.extend(['\\', c]);
        }
    }
    out.push_str(rest);
    false
}

struct Parser {
    text: String,
    at: usize,
    ops: Vec<Op>,
    /// Where the next here-document's body begins: (the end of this line, there).
    document: Option<(usize, usize)>,
    depth: usize,
    bash: bool,
}

impl Parser {
    // Characters

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn looking_at(&self, what: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(what.as_bytes())
    }

    fn take(&mut self, what: &str) -> bool {
        let there = self.looking_at(what);
        if there {
            self.at += what.len();
        }
        there
    }

    fn next_char(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn blanks(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.looking_at("\\\n") => self.at += 2,
                b'#' => {
                    let end = self.rest().find('\n');
                    self.at = end.map_or(self.text.len(), |n| self.at + n);
                }
                _ => return,
            }
        }
    }

    /// Blanks and newlines; here-documents' bodies are passed over.
    fn newlines(&mut self) {
        loop {
            self.blanks();
            if self.peek() != Some(b'\n') {
                return;
            }
            self.at = match self.document.take() {
                Some((end, body)) if end == self.at => body,
                _ => self.at + 1,
            };
        }
    }

    fn raw_word(&self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_ascii_whitespace() || ";&|<>()".contains(c));
        rest[..end.unwrap_or(rest.len())].to_string()
    }

    fn at_word(&self, word: &str) -> bool {
        self.looking_at(word)
            && self.text.as_bytes().get(self.at + word.len()).is_none_or(|c| b" \t\r\n;&|<>()".contains(c))
    }

    fn keyword(&mut self, word: &str) -> bool {
        self.at_word(word) && self.take(word)
    }

    fn expect(&mut self, word: &str) -> Parsed<()> {
        self.newlines();
        if self.keyword(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Stop {
        match self.rest().chars().next() {
            None => Stop::More,
            Some('\n') => Stop::Unexpected("newline".into()),
            Some(c) => {
                let word = self.raw_word();
                Stop::Unexpected(if word.is_empty() { c.to_string() } else { word })
            }
        }
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Unexpected("nesting too deep".into()));
        }
        Ok(())
    }

    // Code

    fn emit(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    fn here(&self) -> usize {
        self.ops.len()
    }

    /// Lets the jump emitted at `place` come here.
    fn land(&mut self, place: usize) {
        let here = self.here();
        match &mut self.ops[place] {
            Op::Jump(to)
            | Op::JumpIf { to, .. }
            | Op::Next { past: to, .. }
            | Op::Loop { past: to, .. }
            | Op::For { past: to, .. }
            | Op::Param { past: to, .. }
            | Op::Substitute { past: to, .. }
            | Op::Fork { past: to, .. }
            | Op::Function { past: to, .. }
            | Op::CasePattern { matched: to }
            | Op::PushRedirects { past: to } => *to = here,
            _ => unreachable!("only jumps land"),
        }
    }

    /// Parses another text into the same code.
    fn within<T>(&mut self, text: String, parse: impl FnOnce(&mut Parser) -> Parsed<T>) -> Parsed<T> {
        let text = std::mem::replace(&mut self.text, text);
        let at = std::mem::replace(&mut self.at, 0);
        let document = self.document.take();
        self.deeper()?;
        let parsed = parse(self);
        self.depth -= 1;
        (self.text, self.at, self.document) = (text, at, document);
        parsed
    }

    // Lists and pipelines

    /// Commands up to the end, `)`, `;;` or a word that closes something. How many.
    fn list(&mut self) -> Parsed<usize> {
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
    fn body(&mut self, close: &str) -> Parsed<()> {
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

    fn command(&mut self) -> Parsed<bool> {
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

    fn if_command(&mut self) -> Parsed<()> {
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

    fn while_command(&mut self, success: bool) -> Parsed<()> {
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

    fn for_command(&mut self) -> Parsed<()> {
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

    fn case_command(&mut self) -> Parsed<()> {
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
    fn function(&mut self) -> Parsed<bool> {
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

    /// A simple command; `false` where there is none. `cat`: begin with that word (`$(<file)`).
    fn simple(&mut self, cat: bool) -> Parsed<bool> {
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

    // Redirections

    /// The file descriptor and the length of its digits, where a redirection stands here.
    fn redirect_ahead(&self) -> Option<(u8, usize)> {
        let rest = self.rest().as_bytes();
        match rest {
            [d @ b'0'..=b'9', b'<' | b'>', ..] => Some((d - b'0', 1)),
            [b'<', ..] => Some((0, 0)),
            [b'>', ..] | [b'&', b'>', ..] => Some((1, 0)),
            _ => None,
        }
    }

    fn redirect(&mut self) -> Parsed<bool> {
        let Some((fd, digits)) = self.redirect_ahead() else { return Ok(false) };
        if self.bash && (self.looking_at("<(") || self.looking_at(">(")) {
            return Err(Stop::Unsupported);
        }
        self.at += digits;
        let kinds = [
            ("&>>", Redirect::Both(true)),
            ("&>", Redirect::Both(false)),
            ("<<<", Redirect::Text),
            ("<<-", Redirect::Text),
            ("<<", Redirect::Text),
            (">>", Redirect::Append),
            (">&", Redirect::Copy),
            ("<&", Redirect::Copy),
            (">|", Redirect::Out),
            ("<>", Redirect::In),
            ("<", Redirect::In),
            (">", Redirect::Out),
        ];
        let Some((sign, how)) = kinds.into_iter().find(|(sign, _)| self.take(sign)) else {
            return Err(self.unexpected());
        };
        self.blanks();
        self.emit(Op::Begin);
        match sign {
            "<<" | "<<-" => self.document(sign == "<<-")?,
            _ if self.bash && (self.looking_at("<(") || self.looking_at(">(")) => {
                return Err(Stop::Unsupported);
            }
            _ if !self.word_ahead() => return Err(self.unexpected()),
            _ => {
                self.parts(Until::Word, Mode::Whole)?;
                if sign == "<<<" {
                    self.emit(Op::Text("\n".into(), false));
                }
            }
        }
        self.emit(Op::Redirect { fd, how });
        Ok(true)
    }

    fn document(&mut self, strip: bool) -> Parsed<()> {
        let raw = self.raw_word();
        self.at += raw.len();
        let quoted = raw.contains(['\'', '"', '\\']);
        let delimiter = raw.replace(['\'', '"', '\\'], "");
        let (end, mut at) = match self.document {
            Some(known) => known,
            None => {
                let end = self.rest().find('\n').ok_or(Stop::More)? + self.at;
                (end, end + 1)
            }
        };
        let mut body = String::new();
        loop {
            // A document that the text ends is taken as complete, as shells do, once it has begun.
            let Some(rest) = self.text.get(at..).filter(|rest| !rest.is_empty()) else {
                return Err(Stop::More);
            };
            let line = rest.split_inclusive('\n').next().unwrap_or_default();
            at += line.len();
            let line = if strip { line.trim_start_matches('\t') } else { line };
            if line.trim_end_matches(['\n', '\r']) == delimiter {
                break;
            }
            body.push_str(line);
        }
        self.document = Some((end, at));
        if quoted {
            let mut text = String::new();
            mark_all(&mut text, &body);
            self.emit(Op::Text(text.into(), false));
            return Ok(());
        }
        self.within(body, |p| p.parts(Until::Document, Mode::Quoted))
    }

    // `[[ … ]]`

    fn test_or(&mut self) -> Parsed<()> {
        self.test_and()?;
        while self.test_operator("||") {
            let skip = self.emit(Op::JumpIf { success: true, to: 0 });
            self.test_and()?;
            self.land(skip);
        }
        Ok(())
    }

    fn test_and(&mut self) -> Parsed<()> {
        self.test_not()?;
        while self.test_operator("&&") {
            let skip = self.emit(Op::JumpIf { success: false, to: 0 });
            self.test_not()?;
            self.land(skip);
        }
        Ok(())
    }

    fn test_operator(&mut self, operator: &str) -> bool {
        self.newlines();
        self.take(operator)
    }

    fn test_not(&mut self) -> Parsed<()> {
        self.deeper()?;
        self.newlines();
        if self.keyword("!") {
            self.test_not()?;
            self.emit(Op::Negate);
        } else if self.take("(") {
            self.test_or()?;
            self.newlines();
            if !self.take(")") {
                return Err(self.unexpected());
            }
        } else {
            self.emit(Op::Begin);
            let (mut words, mut end, mut until) = (0, End::Plain, Until::Word);
            loop {
                self.blanks();
                let operator = words == 1 && (self.looking_at("<") || self.looking_at(">"));
                if operator {
                    let sign = self.next_char().map(String::from).unwrap_or_default();
                    self.emit(Op::Text(sign.into(), false));
                    self.emit(Op::Field(End::Plain));
                    words += 1;
                    continue;
                }
                if self.at_word("]]") || words > 2 || !(self.word_ahead() || until == Until::Regex) {
                    break;
                }
                let word = self.raw_word();
                if words == 1 && ["=", "==", "!=", "=~"].contains(&word.as_str()) {
                    end = End::Pattern;
                    if word == "=~" {
                        until = Until::Regex;
                    }
                    self.at += word.len();
                    self.emit(Op::Text(word.into(), false));
                    self.emit(Op::Field(End::Plain));
                } else {
                    self.emit(Op::Exists);
                    self.parts(until, Mode::Whole)?;
                    self.emit(Op::Field(if words == 2 { end } else { End::Plain }));
                    until = Until::Word;
                }
                words += 1;
            }
            if words == 0 {
                return Err(self.unexpected());
            }
            self.emit(Op::Test);
        }
        self.depth -= 1;
        Ok(())
    }

    // Words

    fn word_ahead(&self) -> bool {
        self.peek().is_some_and(|c| !b" \t\r\n;&|<>()".contains(&c))
    }

    fn word(&mut self, mode: Mode, end: End) -> Parsed<()> {
        if !self.word_ahead() {
            return Err(self.unexpected());
        }
        let made = if self.bash && end == End::Names { self.brace_words() } else { None };
        if let Some((width, words)) = made {
            self.at += width;
            for word in words {
                self.emit(Op::Text(word.into(), false));
                self.emit(Op::Field(end));
            }
            return Ok(());
        }
        self.parts(Until::Word, mode)?;
        self.emit(Op::Field(end));
        Ok(())
    }

    /// The words of an unquoted `a{b,c}d` or `a{1..3}d`, and the length of the source.
    fn brace_words(&self) -> Option<(usize, Vec<String>)> {
        let raw = self.raw_word();
        let (before, rest) = raw.split_once('{')?;
        let (inner, after) = rest.split_once('}')?;
        if raw.contains(['$', '`', '\'', '"', '\\']) || inner.contains('{') {
            return None;
        }
        let join = |middle: String| format!("{before}{middle}{after}");
        if let Some((from, to)) = inner.split_once("..") {
            let (from, to): (i64, i64) = (decimal(from)?, decimal(to)?);
            let count = from.abs_diff(to).min(MAX_BRACES as u64) as i64;
            let step = (to - from).signum();
            return Some((raw.len(), (0..=count).map(|n| join((from + n * step).to_string())).collect()));
        }
        if !inner.contains(',') {
            return None;
        }
        Some((raw.len(), inner.split(',').map(|item| join(item.to_string())).collect()))
    }

    /// The parts of a word, as operations that append to the word being made.
    fn parts(&mut self, until: Until, mode: Mode) -> Parsed<()> {
        self.deeper()?;
        let mut text = String::new();
        let mut parens = 0;
        let start = self.at;
        loop {
            let Some(c) = self.peek() else {
                if matches!(until, Until::Word | Until::Regex | Until::Document) {
                    break;
                }
                return Err(Stop::More);
            };
            let quotes = mode != Mode::Quoted;
            match c {
                b'"' if until == Until::Quote => {
                    self.at += 1;
                    break;
                }
                b'}' if matches!(until, Until::Brace | Until::BraceOr(_)) => break,
                _ if until == Until::BraceOr(c) => break,
                b'(' if until == Until::Arithmetic => {
                    parens += 1;
                    self.at += 1;
                    text.push('(');
                }
                b')' if until == Until::Arithmetic => {
                    if parens == 0 {
                        if self.looking_at("))") {
                            break;
                        }
                        return Err(self.unexpected());
                    }
                    parens -= 1;
                    self.at += 1;
                    text.push(')');
                }
                b';' if until == Until::Arithmetic => break,
                b'(' if until == Until::Regex => {
                    parens += 1;
                    self.at += 1;
                    text.push('(');
                }
                b')' if until == Until::Regex && parens > 0 => {
                    parens -= 1;
                    self.at += 1;
                    text.push(')');
                }
                b'|' if until == Until::Regex => {
                    self.at += 1;
                    text.push('|');
                }
                b' ' | b'\t' | b'\r' | b'\n' | b';' | b'&' | b'|' | b'<' | b'>' | b'(' | b')'
                    if matches!(until, Until::Word | Until::Regex) =>
                {
                    break;
                }
                b'\\' => {
                    self.at += 1;
                    let Some(next) = self.next_char() else {
                        text.push('\\');
                        continue;
                    };
                    let escaped = match until {
                        Until::Document => "$`\\\n".contains(next),
                        _ => quotes || "$`\"\\\n".contains(next) || next == '}',
                    };
                    if !escaped {
                        mark(&mut text, '\\');
                    }
                    match next {
                        '\n' if escaped => {}
                        // In a regular expression an escape keeps its meaning (`\.`, `\d`).
                        _ if until == Until::Regex => text.extend(['\\', next]),
                        _ => mark(&mut text, next),
                    }
                }
                b'\'' if quotes => {
                    self.at += 1;
                    let end = self.rest().find('\'').ok_or(Stop::More)?;
                    self.flush(&mut text, false);
                    let literal = self.rest()[..end].to_string();
                    mark_all(&mut text, &literal);
                    self.emit(Op::Exists);
                    self.at += end + 1;
                }
                b'"' if until == Until::Document => {
                    self.at += 1;
                    mark(&mut text, '"');
                }
                b'"' => {
                    self.at += 1;
                    if !quotes {
                        continue;
                    }
                    self.flush(&mut text, mode == Mode::Split && until == Until::Brace);
                    if self.take("\"") {
                        self.emit(Op::Exists);
                    } else {
                        self.parts(Until::Quote, Mode::Quoted)?;
                    }
                }
                b'$' | b'`' => {
                    self.flush(&mut text, mode == Mode::Split && until == Until::Brace);
                    if c == b'`' {
                        self.backticks(mode)?;
                    } else if !self.dollar(mode)? {
                        mark(&mut text, '$');
                        if until == Until::Regex {
                            text.remove(text.len() - 2);
                        }
                    }
                }
                b'~' if self.at == start && mode != Mode::Quoted && until == Until::Word => {
                    self.at += 1;
                    if matches!(self.peek(), None | Some(b'/' | b' ' | b'\n' | b';')) {
                        self.param("HOME", Mode::Quoted, Test::Value, false);
                    } else {
                        text.push('~');
                    }
                }
                _ => {
                    let c = self.next_char().expect("a character is there");
                    if mode == Mode::Quoted { mark(&mut text, c) } else { text.push(c) }
                }
            }
        }
        self.flush(&mut text, mode == Mode::Split && until == Until::Brace);
        self.depth -= 1;
        Ok(())
    }

    fn flush(&mut self, text: &mut String, split: bool) {
        if !text.is_empty() {
            let text = std::mem::take(text).into();
            self.emit(Op::Text(text, split));
        }
    }

    fn param(&mut self, name: &str, mode: Mode, test: Test, colon: bool) -> usize {
        self.emit(Op::Param { name: name.into(), mode, test, colon, past: 0 })
    }

    /// One expression of `(( ; ; ))`, with what ends it; leaves its text as the word.
    fn arithmetic_part(&mut self) -> Parsed<()> {
        self.emit(Op::Begin);
        self.parts(Until::Arithmetic, Mode::Whole)?;
        if !self.take("))") {
            self.take(";");
        }
        Ok(())
    }

    /// What `$` begins; `false` where it stands for itself.
    fn dollar(&mut self, mode: Mode) -> Parsed<bool> {
        self.at += 1;
        let Some(c) = self.peek() else { return Ok(false) };
        match c {
            b'(' if self.looking_at("((") => {
                self.at += 2;
                self.arithmetic_part()?;
                self.emit(Op::Arithmetic);
            }
            b'(' => {
                self.at += 1;
                let fork = self.emit(Op::Substitute { mode, past: 0 });
                self.blanks();
                if self.looking_at("<") && !self.looking_at("<<") {
                    self.simple(true)?;
                } else {
                    self.list()?;
                }
                self.newlines();
                if !self.take(")") {
                    return Err(self.unexpected());
                }
                self.emit(Op::Exit);
                self.land(fork);
            }
            b'{' => {
                self.at += 1;
                self.braced(mode)?;
            }
            b'\'' if mode != Mode::Quoted => {
                self.at += 1;
                let mut end = 0;
                loop {
                    match self.rest().as_bytes().get(end).ok_or(Stop::More)? {
                        b'\'' => break,
                        b'\\' => end += 2,
                        _ => end += 1,
                    }
                }
                let (mut text, mut marked) = (String::new(), String::new());
                unescape(&self.rest()[..end], &mut text);
                mark_all(&mut marked, &text);
                self.at += end + 1;
                self.emit(Op::Exists);
                self.flush(&mut marked, false);
            }
            b'"' if mode != Mode::Quoted => {}
            _ => {
                let name = self.parameter_name();
                if name.is_empty() {
                    return Ok(false);
                }
                self.param(&name, mode, Test::Value, false);
            }
        }
        Ok(true)
    }

    /// A variable's name, or a single digit or sign.
    fn parameter_name(&mut self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        let width = match rest.as_bytes().first() {
            Some(b'0'..=b'9' | b'@' | b'*' | b'#' | b'?' | b'$' | b'!' | b'-') => 1,
            _ => end,
        };
        let name = rest[..width].to_string();
        self.at += width;
        name
    }

    fn braced(&mut self, mode: Mode) -> Parsed<()> {
        let length = self.looking_at("#") && !self.looking_at("#}") && !self.looking_at("#:");
        let indirect = self.looking_at("!");
        self.at += usize::from(length || indirect);
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let mut name = self.rest()[..digits].to_string();
        self.at += digits;
        if digits == 0 {
            name = self.parameter_name();
        }
        if self.looking_at("[") {
            let end = self.rest().find(']').ok_or(Stop::More)? + 1;
            name.push_str(&self.rest()[..end]);
            self.at += end;
        }
        if name.is_empty() {
            return Err(self.unexpected());
        }
        if self.take("}") {
            let test = match (length, indirect) {
                (true, _) => Test::Length,
                (_, true) => Test::Indirect,
                _ => Test::Value,
            };
            self.param(&name, mode, test, false);
            return Ok(());
        }
        let colon = self.take(":");
        let edits = [
            ("##", Edit::Prefix { longest: true }),
            ("#", Edit::Prefix { longest: false }),
            ("%%", Edit::Suffix { longest: true }),
            ("%", Edit::Suffix { longest: false }),
            ("//", Edit::Replace { all: true }),
            ("/", Edit::Replace { all: false }),
            ("^^", Edit::Upper { all: true }),
            ("^", Edit::Upper { all: false }),
            (",,", Edit::Lower { all: true }),
            (",", Edit::Lower { all: false }),
        ];
        let edit = if self.looking_at("-") || self.looking_at("+") {
            let test = if self.looking_at("+") { Test::Instead } else { Test::Otherwise };
            self.at += 1;
            let test = self.param(&name, mode, test, colon);
            self.parts(Until::Brace, mode)?;
            self.land(test);
            None
        } else if self.looking_at("=") || self.looking_at("?") {
            let edit = if self.looking_at("=") { Edit::Assign } else { Edit::Fail };
            self.at += 1;
            let test = self.param(&name, mode, Test::Otherwise, colon);
            self.emit(Op::Begin);
            self.parts(Until::Brace, Mode::Whole)?;
            self.emit(Op::Edit { name: name.clone().into(), mode, edit, colon });
            self.land(test);
            None
        } else if colon {
            self.emit(Op::Begin);
            self.parts(Until::BraceOr(b':'), Mode::Whole)?;
            Some(Edit::Part)
        } else {
            let found = edits.into_iter().find(|(sign, _)| self.take(sign));
            let Some((_, edit)) = found else { return Err(self.unexpected()) };
            self.emit(Op::Begin);
            if matches!(edit, Edit::Replace { .. }) {
                self.parts(Until::BraceOr(b'/'), Mode::Whole)?;
            }
            Some(edit)
        };
        if let Some(edit) = edit {
            if matches!(edit, Edit::Part | Edit::Replace { .. }) {
                self.emit(Op::Exists);
                self.emit(Op::Field(End::Pattern));
                if self.peek() != Some(b'}') {
                    self.at += 1;
                }
            }
            self.parts(Until::Brace, Mode::Whole)?;
            self.emit(Op::Edit { name: name.into(), mode, edit, colon });
        }
        if self.take("}") { Ok(()) } else { Err(self.unexpected()) }
    }

    fn backticks(&mut self, mode: Mode) -> Parsed<()> {
        self.at += 1;
        let mut script = String::new();
        loop {
            match self.next_char().ok_or(Stop::More)? {
                '`' => break,
                '\\' => match self.next_char().ok_or(Stop::More)? {
                    c @ ('`' | '\\' | '$') => script.push(c),
                    c => script.extend(['\\', c]),
                },
                c => script.push(c),
            }
        }
        let fork = self.emit(Op::Substitute { mode, past: 0 });
        self.within(script, |p| {
            p.list()?;
            if p.peek().is_some() { Err(p.unexpected()) } else { Ok(()) }
        })?;
        self.emit(Op::Exit);
        self.land(fork);
        Ok(())
    }
}
