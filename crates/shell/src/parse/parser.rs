//! The parser's place in a text, what it recognises there, and the code that it has emitted.

use crate::host::Flavour;
use crate::op::Op;

/// The deepest nesting of commands and expansions: bounds the parser's own recursion.
pub(crate) const MAX_DEPTH: usize = 100;

/// Why a text is no script.
#[derive(Debug, PartialEq)]
pub(crate) enum Stop {
    /// It ends too early: an interactive shell asks for another line.
    More,
    /// An unexpected word.
    Unexpected(String),
    /// It is none of the shell's mistakes: a construct of bash's that is not simulated.
    Unsupported,
}

impl Stop {
    /// The parser's complaint in the shell's words.
    pub(crate) fn text(&self, flavour: Flavour) -> String {
        let (more, word) = match self {
            Stop::More => (true, "end of file"),
            Stop::Unexpected(word) => (false, word.as_str()),
            Stop::Unsupported => return "arrays and process substitution are not simulated".into(),
        };
        match flavour {
            Flavour::Sh if more => "syntax error: unexpected end of file".into(),
            Flavour::Sh if word == "newline" => "syntax error: unexpected newline".into(),
            Flavour::Sh => format!("syntax error: unexpected \"{word}\""),
            Flavour::Bash if more => "syntax error: unexpected end of file".into(),
            Flavour::Bash => format!("syntax error near unexpected token `{word}'"),
            Flavour::Zsh => format!("parse error near `{word}'"),
        }
    }
}

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

    pub(crate) fn blanks(&mut self) {
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

    pub(crate) fn expect(&mut self, word: &str) -> Parsed<()> {
        self.newlines();
        if self.keyword(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    pub(crate) fn unexpected(&self) -> Stop {
        match self.rest().chars().next() {
            None => Stop::More,
            Some('\n') => Stop::Unexpected("newline".into()),
            Some(c) => {
                let word = self.raw_word();
                Stop::Unexpected(if word.is_empty() { c.to_string() } else { word })
            }
        }
    }

    pub(crate) fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Stop::Unexpected("nesting too deep".into()));
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
            | Op::Fork { past: to, .. }
            | Op::Function { past: to, .. }
            | Op::CasePattern { matched: to }
            | Op::PushRedirects { past: to } => *to = here,
            _ => unreachable!("only jumps land"),
        }
    }

    /// Parses another text into the same code.
    pub(crate) fn within<T>(
        &mut self,
        text: String,
        parse: impl FnOnce(&mut Parser) -> Parsed<T>,
    ) -> Parsed<T> {
        let text = std::mem::replace(&mut self.text, text);
        let at = std::mem::replace(&mut self.at, 0);
        let document = self.document.take();
        self.deeper()?;
        let parsed = parse(self);
        self.depth -= 1;
        (self.text, self.at, self.document) = (text, at, document);
        parsed
    }
}
