//! Words and their expansions. [`Parser::parts`] is an automaton over characters, and stays in one piece.

use super::brace;
use super::parser::{Parsed, Parser, Until};
use crate::op::{Edit, End, Mode, Op, Source, Sub, Test};
use crate::stop::{Stop, Why};
use crate::word::{is_name, mark, mark_all, unescape};

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
        if self.bash && end == End::Names {
            let length = brace::word_length(self.rest());
            let source = &self.rest()[..length];
            if source.contains('{') && (source.contains(',') || source.contains("..")) {
                let words = brace::expand(source);
                if words.len() > 1 || words[0] != source {
                    for word in words {
                        self.within(word, |p| p.parts(Until::Text, mode))?;
                        self.emit(Op::Field(end));
                    }
                    self.at += length;
                    return Ok(());
                }
            }
        }
        let before = self.at;
        self.parts(Until::Word, mode)?;
        if self.at == before {
            return Err(self.unexpected());
        }
        self.emit(Op::Field(end));
        Ok(())
    }

    /// The parts of a word, as operations that append to the word being made. Long: an automaton over a word's characters.
    pub(crate) fn parts(&mut self, until: Until, mode: Mode) -> Parsed<()> {
        self.deeper()?;
        let mut text = String::new();
        let mut parens = 0;
        let start = self.at;
        // An operand's own text is split like a value, what is quoted in it is not.
        let splits = mode == Mode::Split && until == Until::Brace;
        loop {
            let Some(c) = self.peek() else {
                let open = match until {
                    Until::Word | Until::Regex | Until::Document | Until::Text => break,
                    Until::Quote => "\"",
                    Until::Brace | Until::BraceOr(_) => "}",
                    Until::Arithmetic => "))",
                };
                return Err(self.stop(Why::Unclosed(open)));
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
                b'(' if self.extglob
                    && !self.dash
                    && mode != Mode::Quoted
                    && matches!(until, Until::Word | Until::Text | Until::Brace | Until::BraceOr(_))
                    && text.ends_with(['?', '*', '+', '@', '!']) =>
                {
                    self.extglob_group(&mut text)?;
                }
                b'<' | b'>'
                    if until == Until::Word
                        && mode != Mode::Quoted
                        && !self.dash
                        && (self.looking_at("<(") || self.looking_at(">(")) =>
                {
                    self.flush(&mut text, false);
                    self.process_substitution(false)?;
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
                        _ if splits => {
                            self.flush(&mut text, true);
                            mark(&mut text, next);
                            self.flush(&mut text, false);
                        }
                        _ => mark(&mut text, next),
                    }
                }
                b'\'' if quotes => {
                    self.at += 1;
                    let Some(end) = self.rest().find('\'') else { return Err(self.stop(Why::Unclosed("'"))) };
                    self.flush(&mut text, splits);
                    let literal = self.rest()[..end].to_string();
                    mark_all(&mut text, &literal);
                    self.emit(Op::Exists);
                    if splits {
                        self.flush(&mut text, false);
                    }
                    self.at += end + 1;
                }
                b'"' if until == Until::Document => {
                    self.at += 1;
                    mark(&mut text, '"');
                }
                b'"' => {
                    let opened = self.line();
                    self.at += 1;
                    if !quotes {
                        continue;
                    }
                    self.flush(&mut text, splits);
                    if self.take("\"") {
                        self.emit(Op::Exists);
                    } else {
                        self.parts(Until::Quote, Mode::Quoted).map_err(|stop| match stop.why {
                            // bash names the line on which it was opened.
                            Why::Unclosed("\"") if self.bash => Stop { line: opened, ..stop },
                            _ => stop,
                        })?;
                    }
                }
                b'$' | b'`' => {
                    self.flush(&mut text, splits);
                    if c == b'`' {
                        self.backticks(
                            mode,
                            mode == Mode::Quoted && !(self.bash && until == Until::Document),
                        )?;
                    } else if !self.dollar(mode)? {
                        mark(&mut text, '$');
                        if until == Until::Regex {
                            text.remove(text.len() - 2);
                        }
                    }
                }
                b'~' if quotes && matches!(until, Until::Word | Until::Brace) => {
                    let value = match self.text.as_bytes()[..self.at].last() {
                        _ if self.at == start => true,
                        // `PATH=~/a:~/b`; bash takes `name=~` for one everywhere.
                        Some(b':' | b'=') if self.bash && !self.assigns => {
                            self.text[start..self.at].split_once('=').is_some_and(|(name, _)| is_name(name))
                        }
                        Some(b':') => self.assigns,
                        _ => false,
                    };
                    let rest = self.rest();
                    let name = |c: char| c == '~' || c.is_ascii_alphanumeric() || "_-.".contains(c);
                    let end = rest.find(|c| !name(c)).unwrap_or(rest.len());
                    let user = rest[..end].to_string();
                    let ends = end == rest.len()
                        || rest[end..].starts_with(['/', ' ', '\n', ';', ')', '\t', '&', '|', '}', '<', '>'])
                        || (self.assigns || self.bash) && rest[end..].starts_with(':');
                    self.at += 1;
                    if value && ends {
                        self.flush(&mut text, splits);
                        self.at += end - 1;
                        self.param(&user, Mode::Quoted, Test::Value, false);
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
        self.flush(&mut text, splits);
        self.depth -= 1;
        Ok(())
    }

    fn flush(&mut self, text: &mut String, split: bool) {
        if !text.is_empty() {
            let text = std::mem::take(text).into();
            self.emit(Op::Text(text, split));
        }
    }

    pub(crate) fn param(&mut self, name: &str, mode: Mode, test: Test, colon: bool) -> usize {
        let source = Box::new(Source { name: name.into(), sub: Sub::None, indirect: false });
        self.emit(Op::Param { source, mode, test, colon, past: 0 })
    }

    /// `(a|b)` of `@(a|b)`, as text of a pattern.
    fn extglob_group(&mut self, text: &mut String) -> Parsed<()> {
        let mut depth = 0;
        loop {
            let Some(c) = self.peek() else { return Err(self.stop(Why::Unclosed(")"))) };
            match c {
                b'(' => depth += 1,
                b')' => depth -= 1,
                b'\'' | b'"' | b'\\' | b'$' => {
                    let piece = brace::word_length(self.rest())
                        .min(self.rest().find(['|', ')']).unwrap_or(self.rest().len()).max(1));
                    let source = self.rest()[..piece].to_string();
                    self.flush(text, false);
                    self.within(source, |p| p.parts(Until::Text, Mode::Whole))?;
                    self.at += piece;
                    continue;
                }
                _ => {}
            }
            text.extend(self.next_char());
            if depth == 0 {
                return Ok(());
            }
        }
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
        self.join_lines();
        let Some(c) = self.peek() else { return Ok(false) };
        match c {
            b'(' if self.looking_at("((") => {
                self.at += 2;
                self.arithmetic_part()?;
                self.emit(Op::Arithmetic(mode));
            }
            b'(' => {
                self.at += 1;
                let fork = self.emit(Op::Substitute { mode, past: 0 });
                self.blanks();
                if self.looking_at("<") && !self.looking_at("<<") && !self.looking_at("<(") {
                    self.simple(true)?;
                } else if self.list()? == 0 {
                    self.emit(Op::Status(0));
                }
                self.newlines();
                if self.peek().is_none() {
                    return Err(self.stop(Why::Unclosed(")")));
                }
                self.close()?;
                self.emit(Op::Exit);
                self.land(fork);
            }
            b'{' => {
                self.at += 1;
                self.join_lines();
                self.braced(mode)?;
            }
            b'\'' if mode != Mode::Quoted && !self.dash => {
                self.at += 1;
                let mut end = 0;
                loop {
                    match self.rest().as_bytes().get(end) {
                        None => return Err(self.stop(Why::Unclosed("'"))),
                        Some(b'\'') => break,
                        Some(b'\\') => end += 2,
                        Some(_) => end += 1,
                    }
                }
                let (mut text, mut marked) = (String::new(), String::new());
                unescape(&self.rest()[..end], &mut text);
                mark_all(&mut marked, &text);
                self.at += end + 1;
                self.emit(Op::Exists);
                self.flush(&mut marked, false);
            }
            b'"' if mode != Mode::Quoted && self.bash => {}
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

    /// `${…}` after the brace.
    fn braced(&mut self, mode: Mode) -> Parsed<()> {
        let start = self.at;
        let sign = self.rest().as_bytes().get(1).copied().unwrap_or(b'}');
        // `${#-x}` is an operand's, `${#-}` and `${##}` are lengths.
        let length = self.looking_at("#")
            && (!b"}:-=+?%#/".contains(&sign)
                || b"-?#=".contains(&sign) && self.rest().as_bytes().get(2) == Some(&b'}'));
        let indirect =
            self.bash && self.looking_at("!") && (sign.is_ascii_alphanumeric() || b"_@*#".contains(&sign));
        self.at += usize::from(length || indirect);
        let digits = self.rest().bytes().take_while(u8::is_ascii_digit).count();
        let mut name = self.rest()[..digits].to_string();
        self.at += digits;
        if digits == 0 {
            name = self.parameter_name();
        }
        let mut source = Source { name: name.as_str().into(), sub: Sub::None, indirect };
        let mut subscript = None;
        if self.bash
            && self.looking_at("[")
            && let Some(end) = brace::bracket_end(self.rest())
        {
            let text = self.rest()[1..end].to_string();
            self.at += end + 1;
            source.sub = match text.as_str() {
                "@" => Sub::At,
                "*" => Sub::Star,
                _ => Sub::Key,
            };
            subscript = Some(text).filter(|_| source.sub == Sub::Key);
        }
        if name.is_empty() {
            return self.bad_substitution(start);
        }
        let names = indirect && source.sub == Sub::None;
        if names && (self.looking_at("*}") || self.looking_at("@}")) {
            let each = self.looking_at("@");
            self.at += 2;
            self.emit(Op::Param {
                source: Box::new(source),
                mode,
                test: Test::Names(each),
                colon: false,
                past: 0,
            });
            return Ok(());
        }
        if self.take("}") {
            let test = match (length, indirect) {
                (true, _) => Test::Length,
                (_, true) if matches!(source.sub, Sub::At | Sub::Star) => {
                    source.indirect = false;
                    Test::Keys
                }
                _ => Test::Value,
            };
            if let Some(text) = subscript {
                self.subscript(text)?;
            }
            self.emit(Op::Param { source: Box::new(source), mode, test, colon: false, past: 0 });
            return Ok(());
        }
        if self.peek().is_none() {
            return Err(self.stop(Why::Unclosed("}")));
        }
        if length || !self.operand(source, subscript, mode)? {
            return self.bad_substitution(start);
        }
        if self.take("}") {
            return Ok(());
        }
        match self.peek() {
            None => Err(self.stop(Why::Unclosed("}"))),
            Some(_) => self.bad_substitution(start),
        }
    }

    /// `${x!y}`: a mistake that is found when it is run.
    fn bad_substitution(&mut self, start: usize) -> Parsed<()> {
        let inner = &self.text[start..];
        let Some(end) = inner.find('}') else { return Err(self.stop(Why::Unclosed("}"))) };
        let text = match (self.bash, self.dash) {
            (true, _) => format!("${{{}}}: bad substitution", &inner[..end]),
            (_, true) => "Bad substitution".to_string(),
            _ => "syntax error: bad substitution".to_string(),
        };
        self.at = start + end + 1;
        self.emit(Op::Fail(text.into()));
        Ok(())
    }

    /// `${x…}` from the sign after the name up to the brace; `false` where there is none that this shell has.
    fn operand(&mut self, source: Source, subscript: Option<String>, mode: Mode) -> Parsed<bool> {
        let source = Box::new(source);
        let again = |p: &mut Parser| match &subscript {
            Some(text) => p.subscript(text.clone()),
            None => Ok(()),
        };
        if self.looking_at("@") && self.bash {
            let letter = self.rest().as_bytes().get(1).copied().unwrap_or(0);
            if !b"QUuLEPAaKk".contains(&letter) || self.rest().as_bytes().get(2) != Some(&b'}') {
                return Ok(false);
            }
            self.at += 2;
            again(self)?;
            self.emit(Op::Param { source, mode, test: Test::At(letter), colon: false, past: 0 });
            return Ok(true);
        }
        let colon = self.take(":");
        if self.looking_at("-") || self.looking_at("+") {
            self.alternative(source, subscript, mode, colon)?;
            return Ok(true);
        }
        if self.looking_at("=") || self.looking_at("?") {
            let edit = if self.looking_at("=") { Edit::Assign } else { Edit::Fail };
            self.at += 1;
            again(self)?;
            let test =
                self.emit(Op::Param { source: source.clone(), mode, test: Test::Otherwise, colon, past: 0 });
            self.emit(Op::BeginWhole);
            self.parts(Until::Brace, Mode::Whole)?;
            again(self)?;
            self.emit(Op::Edit { source, mode, edit, colon });
            self.land(test);
            return Ok(true);
        }
        if colon && self.looking_at("}") && !self.bash {
            return Err(self.stop(Why::Unclosed("}")));
        }
        let edit = match colon {
            true => Edit::Part,
            false => match EDITS.into_iter().find(|(sign, _)| self.take(sign)) {
                Some((_, edit)) => edit,
                None => return Ok(false),
            },
        };
        let of_bash = matches!(edit, Edit::Upper { .. } | Edit::Lower { .. });
        if of_bash && !self.bash || self.dash && matches!(edit, Edit::Part | Edit::Replace { .. }) {
            return Ok(false);
        }
        self.emit(Op::BeginWhole);
        let first_ends = match edit {
            Edit::Part => Some(b':'),
            Edit::Replace { .. } => Some(b'/'),
            _ => None,
        };
        if let Some(end) = first_ends {
            // A slash at the start belongs to the pattern; a ternary's colon to the offset.
            if end == b'/' && self.looking_at("/") {
                self.at += 1;
                self.emit(Op::Text("\0/".into(), false));
            }
            self.parts(Until::BraceOr(end), Mode::Whole)?;
            self.emit(Op::Exists);
            self.emit(Op::Field(End::Pattern));
            if self.peek() == Some(end) {
                self.at += 1;
                if end == b':' {
                    // That there is a length at all.
                    self.emit(Op::Exists);
                }
            }
        }
        self.parts(Until::Brace, Mode::Whole)?;
        again(self)?;
        self.emit(Op::Edit { source, mode, edit, colon });
        Ok(true)
    }

    /// `${x-…}` and `${x+…}` from the sign on.
    fn alternative(
        &mut self,
        source: Box<Source>,
        subscript: Option<String>,
        mode: Mode,
        colon: bool,
    ) -> Parsed<()> {
        let test = if self.looking_at("+") { Test::Instead } else { Test::Otherwise };
        self.at += 1;
        if let Some(text) = subscript {
            self.subscript(text)?;
        }
        // In bash what stands instead of several values may come to no word at all.
        let several = source.sub == Sub::At || &*source.name == "@";
        let exists = mode == Mode::Quoted && !(self.bash && several && test == Test::Instead);
        let test = self.emit(Op::Param { source, mode, test, colon, past: 0 });
        self.parts(Until::Brace, mode)?;
        self.land(test);
        if exists {
            self.emit(Op::Exists);
        }
        Ok(())
    }

    /// A command in backquotes; `quoted`: a backslash is taken off a double quote, too.
    fn backticks(&mut self, mode: Mode, quoted: bool) -> Parsed<()> {
        self.at += 1;
        let mut script = String::new();
        loop {
            let Some(c) = self.next_char() else { return Err(self.stop(Why::Unclosed("`"))) };
            match c {
                '`' => break,
                '\\' => match self.next_char() {
                    Some(c @ ('`' | '\\' | '$')) => script.push(c),
                    Some('"') if quoted => script.push('"'),
                    Some(c) => script.extend(['\\', c]),
                    None => {}
                },
                c => script.push(c),
            }
        }
        let fork = self.emit(Op::Substitute { mode, past: 0 });
        self.within(script, |p| {
            if p.list()? == 0 {
                p.emit(Op::Status(0));
            }
            if p.peek().is_some() { Err(p.unexpected()) } else { Ok(()) }
        })?;
        self.emit(Op::Exit);
        self.land(fork);
        Ok(())
    }
}
