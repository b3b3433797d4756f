//! Go's template language as tokens. Models `text/template/parse/lex.go`.

use std::borrow::Cow;

/// What a token is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    /// What can't be read: the token's text says why.
    Error,
    /// The end of the template.
    End,
    /// Text outside of actions.
    Text,
    /// `{{`
    Left,
    /// `}}`
    Right,
    LeftParen,
    RightParen,
    Space,
    Pipe,
    /// `=`
    Assign,
    /// `:=`
    Declare,
    /// Any other sign, such as a comma.
    Sign,
    Bool,
    /// A rune such as `'a'`.
    Rune,
    Number,
    /// A text in quotation marks.
    Quoted,
    /// A text between backquotes.
    Raw,
    /// `.a`
    Field,
    /// `$a`
    Variable,
    /// A function's name.
    Identifier,
    /// `.`, `range`, `nil` and the like.
    Keyword,
}

/// A piece of a template.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Token<'a> {
    pub(super) kind: Kind,
    /// Where it begins, in bytes.
    pub(super) at: usize,
    pub(super) text: Cow<'a, str>,
}

impl Token<'_> {
    /// As errors show it.
    pub(super) fn shown(&self) -> String {
        let text = &*self.text;
        match self.kind {
            Kind::End => "EOF".to_string(),
            Kind::Error => text.to_string(),
            Kind::Keyword => format!("<{text}>"),
            _ if text.len() > 10 => format!("{:?}...", text.chars().take(10).collect::<String>()),
            _ => format!("{text:?}"),
        }
    }

    /// Whether it is this keyword.
    pub(super) fn is_keyword(&self, word: &str) -> bool {
        self.kind == Kind::Keyword && self.text == word
    }
}

const KEYWORDS: &str = "block break continue define else end if nil range template with";

/// The template's tokens: the last is its end, or what can't be read.
pub(super) fn tokens(input: &str) -> Vec<Token<'_>> {
    let mut lexer = Lexer { input, at: 0, tokens: Vec::new() };
    if let Err(why) = lexer.run() {
        let at = lexer.at;
        lexer.tokens.push(Token { kind: Kind::Error, at, text: why.into() });
    }
    lexer.tokens
}

struct Lexer<'a> {
    input: &'a str,
    /// Where the next token begins.
    at: usize,
    tokens: Vec<Token<'a>>,
}

fn is_space(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\r' | '\n')
}

fn is_alphanumeric(c: char) -> bool {
    c == '_' || c.is_alphanumeric()
}

/// Go's `%#U`: `U+0023 '#'`.
fn code_point(c: char) -> String {
    format!("U+{:04X} '{c}'", u32::from(c))
}

impl<'a> Lexer<'a> {
    fn rest(&self) -> &'a str {
        &self.input[self.at..]
    }

    /// Takes so many bytes as a token.
    fn take(&mut self, kind: Kind, length: usize) {
        let (at, text) = (self.at, Cow::Borrowed(&self.input[self.at..self.at + length]));
        self.tokens.push(Token { kind, at, text });
        self.at += length;
    }

    fn run(&mut self) -> Result<(), String> {
        while let Some(before) = self.rest().find("{{") {
            let after = &self.rest()[before + 2..];
            let trims = after.starts_with('-') && after[1..].starts_with(is_space);
            let text = &self.rest()[..before];
            let kept = if trims { text.trim_end_matches(is_space) } else { text };
            if !kept.is_empty() {
                self.take(Kind::Text, kept.len());
            }
            self.at += text.len() - kept.len();
            let marker = if trims { 2 } else { 0 };
            if self.rest()[2 + marker..].starts_with("/*") {
                self.at += 2 + marker;
                self.comment()?;
                continue;
            }
            self.take(Kind::Left, 2);
            self.at += marker;
            self.action()?;
        }
        let length = self.rest().len();
        if length > 0 {
            self.take(Kind::Text, length);
        }
        self.take(Kind::End, 0);
        Ok(())
    }

    fn comment(&mut self) -> Result<(), String> {
        let end = self.rest().find("*/").ok_or("unclosed comment")?;
        self.at += end + 2;
        match self.closing() {
            Some(length) => self.at += length,
            None => return Err("comment ends before closing delimiter".into()),
        }
        Ok(())
    }

    /// How long `}}` is that stands here: with the space before it and all space behind it if it trims.
    fn closing(&self) -> Option<usize> {
        let rest = self.rest();
        if rest.starts_with(is_space) && rest[1..].starts_with("-}}") {
            let after = &rest[4..];
            return Some(4 + after.len() - after.trim_start_matches(is_space).len());
        }
        rest.starts_with("}}").then_some(2)
    }

    /// What stands in an action, with its end.
    fn action(&mut self) -> Result<(), String> {
        let mut depth = 0;
        loop {
            if let Some(length) = self.closing() {
                if depth > 0 {
                    return Err("unclosed left paren".into());
                }
                let at = self.at;
                self.tokens.push(Token { kind: Kind::Right, at, text: "}}".into() });
                self.at += length;
                return Ok(());
            }
            let rest = self.rest();
            let Some(c) = rest.chars().next() else { return Err("unclosed action".into()) };
            match c {
                _ if is_space(c) => {
                    let mut length = rest.len() - rest.trim_start_matches(is_space).len();
                    // The last space may belong to what closes the action.
                    if length > 1 && rest[length..].starts_with("-}}") {
                        length -= 1;
                    }
                    self.take(Kind::Space, length);
                }
                '=' => self.take(Kind::Assign, 1),
                ':' if rest.starts_with(":=") => self.take(Kind::Declare, 2),
                ':' => return Err("expected :=".into()),
                '|' => self.take(Kind::Pipe, 1),
                '"' => self.quoted('"', Kind::Quoted, "unterminated quoted string")?,
                '\'' => self.quoted('\'', Kind::Rune, "unterminated character constant")?,
                '`' => {
                    let end = rest[1..].find('`').ok_or("unterminated raw quoted string")?;
                    self.take(Kind::Raw, end + 2);
                }
                '$' => self.name(Kind::Variable)?,
                '.' if !rest[1..].starts_with(|c: char| c.is_ascii_digit()) => self.name(Kind::Field)?,
                '+' | '-' | '.' | '0'..='9' => self.number()?,
                '(' => {
                    depth += 1;
                    self.take(Kind::LeftParen, 1);
                }
                ')' => {
                    depth -= 1;
                    if depth < 0 {
                        return Err(format!("unexpected right paren {}", code_point(c)));
                    }
                    self.take(Kind::RightParen, 1);
                }
                _ if is_alphanumeric(c) => self.identifier()?,
                _ if c.is_ascii_graphic() => self.take(Kind::Sign, 1),
                _ => return Err(format!("unrecognized character in action: {}", code_point(c))),
            }
        }
    }

    fn quoted(&mut self, quote: char, kind: Kind, unterminated: &str) -> Result<(), String> {
        let mut escaped = false;
        for (at, c) in self.rest().char_indices().skip(1) {
            match c {
                '\n' => break,
                _ if escaped => escaped = false,
                '\\' => escaped = true,
                _ if c == quote => {
                    self.take(kind, at + 1);
                    return Ok(());
                }
                _ => {}
            }
        }
        Err(unterminated.into())
    }

    /// What may stand behind a name.
    fn ends_name(&self, length: usize) -> Result<(), String> {
        match self.rest()[length..].chars().next() {
            None | Some('.' | ',' | '|' | ':' | ')' | '(' | '}' | '=') => Ok(()),
            Some(c) if is_space(c) => Ok(()),
            Some(c) => Err(format!("bad character {}", code_point(c))),
        }
    }

    /// `.a`, `$a`, or their first sign alone.
    fn name(&mut self, kind: Kind) -> Result<(), String> {
        let rest = self.rest();
        let length = 1 + rest[1..].find(|c| !is_alphanumeric(c)).unwrap_or(rest.len() - 1);
        self.ends_name(length)?;
        let kind = if kind == Kind::Field && length == 1 { Kind::Keyword } else { kind };
        self.take(kind, length);
        Ok(())
    }

    fn identifier(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let length = rest.find(|c| !is_alphanumeric(c)).unwrap_or(rest.len());
        self.ends_name(length)?;
        let word = &rest[..length];
        let kind = match word {
            _ if KEYWORDS.split(' ').any(|known| known == word) => Kind::Keyword,
            "true" | "false" => Kind::Bool,
            _ => Kind::Identifier,
        };
        self.take(kind, length);
        Ok(())
    }

    fn number(&mut self) -> Result<(), String> {
        let rest = self.rest();
        let unsigned = rest.strip_prefix(['+', '-']).unwrap_or(rest);
        let is_hex = unsigned.starts_with("0x") || unsigned.starts_with("0X");
        let mut last = ' ';
        let mut length = rest.len() - unsigned.len();
        for c in unsigned.chars() {
            let of_exponent = matches!(c, '+' | '-') && !is_hex && matches!(last, 'e' | 'E');
            if !of_exponent && c != '.' && !is_alphanumeric(c) {
                break;
            }
            last = c;
            length += c.len_utf8();
        }
        if super::number::number(&rest[..length]).is_none() {
            return Err(format!("bad number syntax: {:?}", &rest[..length]));
        }
        self.take(Kind::Number, length);
        Ok(())
    }
}
