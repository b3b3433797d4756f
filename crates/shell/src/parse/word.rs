//! Words and their expansions. [`Parser::parts`] is an automaton over characters, and stays in one piece.

use super::parser::{Parsed, Parser, Stop, Until};
use crate::number::decimal;
use crate::op::{Edit, End, Mode, Op, Test};
use crate::word::{mark, mark_all, unescape};

/// The most words `{1..n}` makes.
const MAX_BRACES: i64 = 1000;

/// The edits that a sign after the name asks for; of two that begin alike the longer first.
const EDITS: [(&str, Edit); 10] = [
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

impl Parser {
    // Words
    pub(crate) fn word_ahead(&self) -> bool {
        self.peek().is_some_and(|c| !b" \t\r\n;&|<>()".contains(&c))
    }

    pub(crate) fn word(&mut self, mode: Mode, end: End) -> Parsed<()> {
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
    pub(crate) fn parts(&mut self, until: Until, mode: Mode) -> Parsed<()> {
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
    pub(crate) fn arithmetic_part(&mut self) -> Parsed<()> {
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
        self.operand(&name, mode)?;
        if self.take("}") { Ok(()) } else { Err(self.unexpected()) }
    }

    /// `${x…}` from the sign after the name up to the brace.
    fn operand(&mut self, name: &str, mode: Mode) -> Parsed<()> {
        let colon = self.take(":");
        if self.looking_at("-") || self.looking_at("+") {
            let test = if self.looking_at("+") { Test::Instead } else { Test::Otherwise };
            self.at += 1;
            let test = self.param(name, mode, test, colon);
            self.parts(Until::Brace, mode)?;
            self.land(test);
            return Ok(());
        }
        if self.looking_at("=") || self.looking_at("?") {
            let edit = if self.looking_at("=") { Edit::Assign } else { Edit::Fail };
            self.at += 1;
            let test = self.param(name, mode, Test::Otherwise, colon);
            self.emit(Op::Begin);
            self.parts(Until::Brace, Mode::Whole)?;
            self.emit(Op::Edit { name: name.into(), mode, edit, colon });
            self.land(test);
            return Ok(());
        }
        let edit = if colon {
            Edit::Part
        } else {
            let found = EDITS.into_iter().find(|(sign, _)| self.take(sign));
            found.ok_or_else(|| self.unexpected())?.1
        };
        self.emit(Op::Begin);
        let first_ends = match edit {
            Edit::Part => Some(b':'),
            Edit::Replace { .. } => Some(b'/'),
            _ => None,
        };
        if let Some(end) = first_ends {
            self.parts(Until::BraceOr(end), Mode::Whole)?;
            self.emit(Op::Exists);
            self.emit(Op::Field(End::Pattern));
            if self.peek() != Some(b'}') {
                self.at += 1;
            }
        }
        self.parts(Until::Brace, Mode::Whole)?;
        self.emit(Op::Edit { name: name.into(), mode, edit, colon });
        Ok(())
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
