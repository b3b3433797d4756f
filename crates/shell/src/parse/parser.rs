//! The parser's place in a text, what it recognises there, and the code that it has emitted.

use crate::op::Op;
use crate::stop::{Stop, Why};

/// The deepest nesting of commands and expansions: bounds the parser's own recursion.
pub(crate) const MAX_DEPTH: usize = 100;

pub(crate) type Parsed<T> = Result<T, Stop>;

/// Where the parts of a word end.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Until {
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
    /// At the end of the text, quotes being quotes.
    Text,
    /// At `))` or `;`.
    Arithmetic,
    /// At the end of the text.
    Document,
}

pub(crate) struct Parser {
    pub(crate) text: String,
    pub(crate) at: usize,
    pub(crate) ops: Vec<Op>,
    /// Where the next here-document's body begins: (the end of this line, there).
    pub(crate) document: Option<(usize, usize)>,
    pub(crate) depth: usize,
    pub(crate) bash: bool,
    pub(crate) dash: bool,
    /// The text is all there is: nobody will type another line.
    pub(crate) complete: bool,
    /// Each simple command's text is kept, for `BASH_COMMAND`.
    pub(crate) names_commands: bool,
    /// `@(a|b)` in patterns.
    pub(crate) extglob: bool,
    /// The line at `counted`.
    pub(crate) line: u32,
    pub(crate) counted: usize,
    /// The operations of the lines that are whole.
    pub(crate) whole: usize,
    /// Texts within texts: their lines are not counted.
    pub(crate) inner: usize,
    /// In an assignment's value.
    pub(crate) assigns: bool,
    /// Lines that go on in the next one are in the text.
    pub(crate) continues: bool,
}

impl Parser {
    // Characters
    pub(crate) fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    pub(crate) fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    pub(crate) fn looking_at(&self, what: &str) -> bool {
        self.text.as_bytes()[self.at..].starts_with(what.as_bytes())
    }

    pub(crate) fn take(&mut self, what: &str) -> bool {
        let there = self.looking_at(what);
        if there {
            self.at += what.len();
        }
        there
    }

    pub(crate) fn next_char(&mut self) -> Option<char> {
        let c = self.rest().chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// The line of the script that it has come to.
    pub(crate) fn line(&mut self) -> u32 {
        if self.inner == 0 && self.at > self.counted {
            let newlines =
                self.text.as_bytes()[self.counted..self.at].iter().filter(|b| **b == b'\n').count();
            self.line += newlines as u32;
            self.counted = self.at;
        }
        self.line
    }

    pub(crate) fn blanks(&mut self) {
        while let Some(c) = self.peek() {
            match c {
                b' ' | b'\t' | b'\r' => self.at += 1,
                b'\\' if self.looking_at("\\\n") => self.at += 2,
                b'#' => {
                    let end = self.rest().find('\n');
                    self.at = end.map_or(self.text.len(), |n| self.at + n);
                }
                _ => return self.join_lines(),
            }
        }
    }

    /// Takes line continuations out of what stands here, up to white space or a quote: no token ends at them.
    pub(crate) fn join_lines(&mut self) {
        if !self.continues {
            return;
        }
        let mut end = self.at;
        while let Some(c) = self.text.as_bytes().get(end) {
            match c {
                b'\\' if self.text[end..].starts_with("\\\n") => {
                    self.text.replace_range(end..end + 2, "");
                    // It is a line all the same, and may have been counted where this was looked at before.
                    match end < self.counted {
                        _ if self.inner > 0 => {}
                        true => self.counted -= 2,
                        false => self.line += 1,
                    }
                    if let Some((line_end, body)) = &mut self.document {
                        (*line_end, *body) = (*line_end - 2, *body - 2);
                    }
                }
                b' ' | b'\t' | b'\r' | b'\n' | b'\\' | b'\'' | b'"' => return,
                _ => end += 1,
            }
        }
    }

    /// Blanks and newlines; here-documents' bodies are passed over.
    pub(crate) fn newlines(&mut self) {
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

    pub(crate) fn raw_word(&self) -> String {
        let rest = self.rest();
        let end = rest.find(|c: char| c.is_ascii_whitespace() || ";&|<>()".contains(c));
        rest[..end.unwrap_or(rest.len())].to_string()
    }

    pub(crate) fn at_word(&self, word: &str) -> bool {
        self.looking_at(word)
            && self.text.as_bytes().get(self.at + word.len()).is_none_or(|c| b" \t\r\n;&|<>()".contains(c))
    }

    pub(crate) fn keyword(&mut self, word: &str) -> bool {
        self.at_word(word) && self.take(word)
    }

    pub(crate) fn expect(&mut self, word: &'static str) -> Parsed<()> {
        self.newlines();
        if self.keyword(word) {
            return Ok(());
        }
        let mut stop = self.unexpected();
        stop.expecting = word;
        Err(stop)
    }

    /// `)`
    pub(crate) fn close(&mut self) -> Parsed<()> {
        if self.take(")") {
            return Ok(());
        }
        let mut stop = self.unexpected();
        stop.expecting = ")";
        Err(stop)
    }

    pub(crate) fn stop(&mut self, why: Why) -> Stop {
        let line = match why {
            // The end of the text is on a line of its own.
            Why::End | Why::Unclosed(")") if self.inner == 0 && self.bash => {
                let rest = &self.text[self.counted..];
                self.line + rest.matches('\n').count() as u32 + u32::from(!self.text.ends_with('\n'))
            }
            _ => self.line(),
        };
        let start = self.text[..self.at].rfind('\n').map_or(0, |at| at + 1);
        let source = self.text[start..].lines().next().unwrap_or_default().to_string();
        Stop { why, line, source, expecting: "" }
    }

    pub(crate) fn more(&mut self) -> Stop {
        self.stop(Why::End)
    }

    pub(crate) fn unexpected(&mut self) -> Stop {
        let why = match self.rest().chars().next() {
            None => Why::End,
            Some('\n') => Why::Unexpected("newline".into(), false),
            Some(c) => {
                let word = self.raw_word();
                let operator =
                    ["&&", "||", ";;", "&", "|", ";", "<", ">"].iter().find(|o| self.looking_at(o));
                match operator {
                    Some(operator) => Why::Unexpected((*operator).to_string(), false),
                    None if word.is_empty() => Why::Unexpected(c.to_string(), false),
                    None => Why::Unexpected(word, true),
                }
            }
        };
        self.stop(why)
    }

    pub(crate) fn unsupported(&mut self, construct: &'static str) -> Stop {
        self.stop(Why::Unsupported(construct))
    }

    pub(crate) fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(self.stop(Why::Message("nesting too deep".into())));
        }
        Ok(())
    }

    // Code
    pub(crate) fn emit(&mut self, op: Op) -> usize {
        self.ops.push(op);
        self.ops.len() - 1
    }

    pub(crate) fn here(&self) -> usize {
        self.ops.len()
    }

    /// Lets the jump emitted at `place` come here.
    pub(crate) fn land(&mut self, place: usize) {
        let here = self.here();
        match &mut self.ops[place] {
            Op::Jump(to)
            | Op::JumpIf { to, .. }
            | Op::Next { past: to, .. }
            | Op::Loop { past: to, .. }
            | Op::For { past: to, .. }
            | Op::Param { past: to, .. }
            | Op::Substitute { past: to, .. }
            | Op::ProcessSubstitution { past: to, .. }
            | Op::Fork { past: to, .. }
            | Op::Function { past: to, .. }
            | Op::CasePattern { matched: to }
            | Op::PushRedirects { past: to, .. } => *to = here,
            _ => unreachable!("only jumps land"),
        }
    }

    /// Parses another text into the same code.
    pub(crate) fn within<T>(
        &mut self,
        text: String,
        parse: impl FnOnce(&mut Parser) -> Parsed<T>,
    ) -> Parsed<T> {
        self.line();
        let text = std::mem::replace(&mut self.text, text);
        let at = std::mem::replace(&mut self.at, 0);
        let document = self.document.take();
        let continues = std::mem::replace(&mut self.continues, self.text.contains("\\\n"));
        self.inner += 1;
        self.deeper()?;
        let parsed = parse(self);
        self.depth -= 1;
        self.inner -= 1;
        (self.text, self.at, self.document, self.continues) = (text, at, document, continues);
        parsed
    }
}
