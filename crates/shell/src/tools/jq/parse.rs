//! jq's filters, read (jq's manual and `src/parser.y`: the order of precedence). Long: one
//! grammar.

use super::json::{Value, escape};
use std::rc::Rc;

/// The deepest nesting of a filter.
const MAX_DEPTH: usize = 100;

/// A filter.
#[derive(Debug)]
pub(super) enum Filter {
    Identity,
    /// `..`
    Recurse,
    Constant(Value),
    /// A text with filters in it, under a format (`@base64 "…\(.a)"`).
    Text(Rc<str>, Vec<(String, Option<Code>)>),
    Format(Rc<str>),
    Array(Option<Code>),
    Object(Vec<(Code, Code)>),
    Index(Code, Code),
    Slice(Code, Option<Code>, Option<Code>),
    Each(Code),
    Try(Code, Option<Code>),
    Negative(Code),
    Pipe(Code, Code),
    Comma(Code, Code),
    Or(Code, Code),
    And(Code, Code),
    /// `//`
    Alternative(Code, Code),
    /// An operation of two values.
    Binary(&'static str, Code, Code),
    /// `=`, `|=`, `+=`, …
    Assign(&'static str, Code, Code),
    If(Code, Code, Code),
    Reduce(Code, Pattern, Code, Code),
    Foreach(Code, Pattern, Code, Code, Code),
    Define(Rc<Definition>, Code),
    As(Code, Pattern, Code),
    Label(Rc<str>, Code),
    Break(Rc<str>),
    Variable(Rc<str>),
    Call(Rc<str>, Vec<Code>),
}
pub(super) type Code = Rc<Filter>;

/// A function: its name, its parameters' names (those with a `$` are values), its body.
#[derive(Debug)]
pub(super) struct Definition {
    pub(super) name: Rc<str>,
    pub(super) parameters: Vec<Rc<str>>,
    pub(super) body: Code,
}

/// What variables a value is taken apart into.
#[derive(Debug)]
pub(super) enum Pattern {
    Variable(Rc<str>),
    Array(Vec<Pattern>),
    Object(Vec<(Code, Option<Rc<str>>, Option<Pattern>)>),
}

#[derive(Clone, PartialEq, Debug)]
enum Token {
    /// `.foo`
    Field(String),
    /// A name, a keyword.
    Word(String),
    /// `$name`
    Variable(String),
    /// `@name`
    Format(String),
    Number(f64),
    Text(Pieces),
    Operator(&'static str),
}
use Token::{Field, Operator, Word};

const OPERATORS: [&str; 35] = [
    "//=", "|=", "+=", "-=", "*=", "/=", "%=", "==", "!=", "<=", ">=", "//", "..", "|", ",", "=", "<", ">",
    "+", "-", "*", "/", "%", "(", ")", "[", "]", "{", "}", ":", ";", ".", "?", "!", "'",
];

/// Cuts a filter into its words. `Err`: what is wrong.
fn tokens(source: &str) -> Result<Vec<Token>, String> {
    let mut all = vec![];
    let mut at = 0;
    let is_start = |c: char| c.is_ascii_alphabetic() || c == '_';
    let name = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
        text[..end].to_string()
    };
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let after = rest[c.len_utf8()..].chars().next().unwrap_or(' ');
        if c.is_whitespace() {
            at += c.len_utf8();
        } else if c == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
        } else if c == '"' {
            let (parts, length) = text(rest)?;
            all.push(Token::Text(parts));
            at += length;
        } else if c == '.' && is_start(after) {
            let name = name(&rest[1..]);
            at += 1 + name.len();
            all.push(Field(name));
        } else if c == '$' && (is_start(after)) {
            let name = name(&rest[1..]);
            at += 1 + name.len();
            all.push(Token::Variable(name));
        } else if c == '@' && is_start(after) {
            let name = name(&rest[1..]);
            at += 1 + name.len();
            all.push(Token::Format(name));
        } else if c.is_ascii_digit() || c == '.' && after.is_ascii_digit() {
            let bytes = rest.as_bytes();
            let mut end = 0;
            while bytes.get(end).is_some_and(|b| {
                b.is_ascii_digit()
                    || matches!(b, b'.' | b'e' | b'E')
                    || matches!(b, b'+' | b'-') && matches!(bytes[end - 1], b'e' | b'E')
            }) {
                end += 1;
            }
            all.push(Token::Number(rest[..end].parse().map_err(|_| "syntax error".to_string())?));
            at += end;
        } else if is_start(c) {
            let name = name(rest);
            at += name.len();
            all.push(Word(name));
        } else {
            let Some(operator) = OPERATORS.iter().find(|o| rest.starts_with(**o)) else {
                return Err("syntax error, unexpected INVALID_CHARACTER (Unix shell quoting issues?)".into());
            };
            at += operator.len();
            all.push(Operator(operator));
        }
    }
    Ok(all)
}

/// Texts, each followed by the source of a filter.
type Pieces = Vec<(String, Option<String>)>;

/// A text that begins with a quote: its pieces, and how long it is.
fn text(source: &str) -> Result<(Pieces, usize), String> {
    let unfinished = || "syntax error, unexpected $end (Unix shell quoting issues?)".to_string();
    let mut parts = vec![];
    let mut piece = String::new();
    let mut at = 1;
    loop {
        let Some(c) = source[at..].chars().next() else { return Err(unfinished()) };
        at += c.len_utf8();
        match c {
            '"' => {
                parts.push((piece, None));
                return Ok((parts, at));
            }
            '\\' if source[at..].starts_with('(') => {
                let inner = &source[at + 1..];
                let end = closing(inner).ok_or_else(unfinished)?;
                parts.push((std::mem::take(&mut piece), Some(inner[..end].to_string())));
                at += end + 2;
            }
            '\\' => {
                let (c, length) = escape(&source[at..])
                    .ok_or("syntax error, unexpected INVALID_CHARACTER (Unix shell quoting issues?)")?;
                piece.push(c);
                at += length;
            }
            c => piece.push(c),
        }
    }
}

/// Where the bracket ends that has been opened before this.
fn closing(source: &str) -> Option<usize> {
    let (mut depth, mut at) = (0, 0);
    while let Some(c) = source[at..].chars().next() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            '"' => {
                at += text(&source[at..]).ok()?.1;
                continue;
            }
            _ => {}
        }
        at += c.len_utf8();
    }
    None
}

/// Reads a filter. `Err`: jq's complaint.
pub(super) fn parse(source: &str) -> Result<Code, String> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, depth: 0 };
    if parser.tokens.is_empty() {
        return Ok(Rc::new(Filter::Identity));
    }
    let code = parser.pipe()?;
    match parser.peek() {
        None => Ok(code),
        Some(_) => Err(parser.unexpected()),
    }
}

/// Reads definitions of functions.
pub(super) fn definitions(source: &str) -> Result<Vec<Definition>, String> {
    let mut parser = Parser { tokens: tokens(source)?, at: 0, depth: 0 };
    let mut all = vec![];
    while parser.word("def") {
        all.push(parser.definition()?);
    }
    Ok(all)
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

type Parsed<T = Code> = Result<T, String>;

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn unexpected(&self) -> String {
        let what = match self.peek() {
            None => "$end".to_string(),
            Some(Operator(operator)) if operator.len() == 1 => format!("'{operator}'"),
            Some(Operator(operator)) => match *operator {
                ".." => "REC".into(),
                "==" => "EQ".into(),
                "//" => "DEFINEDOR".into(),
                _ => format!("\"{operator}\""),
            },
            Some(Field(_)) => "FIELD".into(),
            Some(Word(word)) if is_keyword(word) => word.clone(),
            Some(Word(_)) => "IDENT".into(),
            Some(Token::Variable(_)) => "'$'".into(),
            Some(Token::Format(_)) => "FORMAT".into(),
            Some(Token::Number(_)) => "LITERAL".into(),
            Some(Token::Text(_)) => "QQSTRING_START".into(),
        };
        format!("syntax error, unexpected {what} (Unix shell quoting issues?)")
    }

    fn next_is(&mut self, operator: &str) -> bool {
        let is = matches!(self.peek(), Some(Operator(o)) if *o == operator);
        self.at += usize::from(is);
        is
    }

    fn word(&mut self, word: &str) -> bool {
        let is = matches!(self.peek(), Some(Word(w)) if w == word);
        self.at += usize::from(is);
        is
    }

    fn expect(&mut self, operator: &str) -> Parsed<()> {
        if self.next_is(operator) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn expect_word(&mut self, word: &str) -> Parsed<()> {
        if self.word(word) { Ok(()) } else { Err(self.unexpected()) }
    }

    /// A whole filter: `def …; filter`, `label $x | filter`, `a | b`.
    fn pipe(&mut self) -> Parsed {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err("syntax error, memory exhausted".into());
        }
        let code = self.whole_pipe();
        self.depth -= 1;
        code
    }

    fn whole_pipe(&mut self) -> Parsed {
        if self.word("def") {
            let definition = Rc::new(self.definition()?);
            return Ok(Rc::new(Filter::Define(definition, self.pipe()?)));
        }
        if self.word("label") {
            let name = self.variable()?;
            self.expect("|")?;
            return Ok(Rc::new(Filter::Label(name, self.pipe()?)));
        }
        let left = self.comma()?;
        if self.word("as") {
            let pattern = self.pattern()?;
            self.expect("|")?;
            return Ok(Rc::new(Filter::As(left, pattern, self.pipe()?)));
        }
        if self.next_is("|") {
            return Ok(Rc::new(Filter::Pipe(left, self.pipe()?)));
        }
        Ok(left)
    }

    fn comma(&mut self) -> Parsed {
        let mut left = self.binary(0)?;
        while self.next_is(",") {
            left = Rc::new(Filter::Comma(left, self.binary(0)?));
        }
        Ok(left)
    }

    /// Operators by their precedence: `//` binds least, then assignments, `or`, `and`, comparisons, sums, products.
    fn binary(&mut self, level: usize) -> Parsed {
        const LEVELS: [&[&str]; 7] = [
            &["//"],
            &["=", "|=", "+=", "-=", "*=", "/=", "%=", "//="],
            &["or"],
            &["and"],
            &["==", "!=", "<", "<=", ">", ">="],
            &["+", "-"],
            &["*", "/", "%"],
        ];
        let Some(operators) = LEVELS.get(level) else { return self.postfix() };
        let mut left = self.binary(level + 1)?;
        loop {
            let found = match self.peek() {
                Some(Operator(operator)) => operators.iter().find(|o| *o == operator),
                Some(Word(word)) => operators.iter().find(|o| *o == word),
                _ => None,
            };
            let Some(operator) = found else { return Ok(left) };
            self.at += 1;
            // `//` takes all to its right; assignments and comparisons can't follow each other.
            let right = self.binary(if level == 0 { level } else { level + 1 })?;
            left = Rc::new(match level {
                0 => Filter::Alternative(left, right),
                1 => Filter::Assign(operator, left, right),
                2 => Filter::Or(left, right),
                3 => Filter::And(left, right),
                _ => Filter::Binary(operator, left, right),
            });
            if matches!(level, 1 | 4) {
                return Ok(left);
            }
        }
    }

    /// A term with what follows it: `.a`, `[0]`, `?`, `as $x | …`.
    fn postfix(&mut self) -> Parsed {
        if self.next_is("-") {
            return Ok(Rc::new(Filter::Negative(self.postfix()?)));
        }
        if self.word("try") {
            let body = self.postfix_no_try()?;
            let handler = if self.word("catch") { Some(self.postfix_no_try()?) } else { None };
            return Ok(Rc::new(Filter::Try(body, handler)));
        }
        if self.word("def") {
            let definition = Rc::new(self.definition()?);
            return Ok(Rc::new(Filter::Define(definition, self.pipe()?)));
        }
        if self.word("label") {
            let name = self.variable()?;
            self.expect("|")?;
            return Ok(Rc::new(Filter::Label(name, self.pipe()?)));
        }
        let term = self.postfix_no_try()?;
        if self.word("as") {
            let pattern = self.pattern()?;
            self.expect("|")?;
            return Ok(Rc::new(Filter::As(term, pattern, self.pipe()?)));
        }
        Ok(term)
    }

    fn postfix_no_try(&mut self) -> Parsed {
        let mut term = self.term()?;
        loop {
            if self.next_is("?") {
                term = Rc::new(Filter::Try(term, None));
            } else if let Some(Field(name)) = self.peek().cloned() {
                self.at += 1;
                term = Rc::new(Filter::Index(term, constant(Value::text(&name))));
            } else if matches!(self.peek(), Some(Operator(".")))
                && matches!(self.tokens.get(self.at + 1), Some(Token::Text(_) | Operator("[")))
            {
                self.at += 1;
                if let Some(Token::Text(parts)) = self.peek().cloned() {
                    self.at += 1;
                    term = Rc::new(Filter::Index(term, self.text(parts, "text")?));
                }
            } else if self.next_is("[") {
                term = self.bracket(term)?;
            } else {
                return Ok(term);
            }
        }
    }

    /// What follows a `[` after a term.
    fn bracket(&mut self, term: Code) -> Parsed {
        if self.next_is("]") {
            return Ok(Rc::new(Filter::Each(term)));
        }
        if self.next_is(":") {
            let to = self.pipe()?;
            self.expect("]")?;
            return Ok(Rc::new(Filter::Slice(term, None, Some(to))));
        }
        let from = self.pipe()?;
        if self.next_is(":") {
            if self.next_is("]") {
                return Ok(Rc::new(Filter::Slice(term, Some(from), None)));
            }
            let to = self.pipe()?;
            self.expect("]")?;
            return Ok(Rc::new(Filter::Slice(term, Some(from), Some(to))));
        }
        self.expect("]")?;
        Ok(Rc::new(Filter::Index(term, from)))
    }

    fn term(&mut self) -> Parsed {
        let Some(token) = self.peek().cloned() else { return Err(self.unexpected()) };
        self.at += 1;
        Ok(match token {
            Token::Number(n) => constant(Value::Number(n)),
            Token::Text(parts) => return self.text(parts, "text"),
            Token::Format(name) => match self.peek().cloned() {
                Some(Token::Text(parts)) => {
                    self.at += 1;
                    return self.text(parts, &name);
                }
                _ => Rc::new(Filter::Format(name.into())),
            },
            Field(name) => Rc::new(Filter::Index(Rc::new(Filter::Identity), constant(Value::text(&name)))),
            Operator("..") => Rc::new(Filter::Recurse),
            Operator(".") => match self.peek().cloned() {
                Some(Token::Text(parts)) => {
                    self.at += 1;
                    let key = self.text(parts, "text")?;
                    Rc::new(Filter::Index(Rc::new(Filter::Identity), key))
                }
                _ => Rc::new(Filter::Identity),
            },
            Operator("(") => {
                let inner = self.pipe()?;
                self.expect(")")?;
                inner
            }
            Operator("[") => {
                if self.next_is("]") {
                    return Ok(Rc::new(Filter::Array(None)));
                }
                let inner = self.pipe()?;
                self.expect("]")?;
                Rc::new(Filter::Array(Some(inner)))
            }
            Operator("{") => return self.object(),
            Token::Variable(name) => Rc::new(Filter::Variable(name.into())),
            Word(word) => match &*word {
                "null" => constant(Value::Null),
                "true" => constant(Value::Bool(true)),
                "false" => constant(Value::Bool(false)),
                "if" => return self.condition(),
                "reduce" => return self.reduce(),
                "foreach" => return self.foreach(),
                "break" => Rc::new(Filter::Break(self.variable()?)),
                _ if is_keyword(&word) => {
                    self.at -= 1;
                    return Err(self.unexpected());
                }
                _ => Rc::new(Filter::Call(word.into(), self.arguments()?)),
            },
            Operator(_) => {
                self.at -= 1;
                return Err(self.unexpected());
            }
        })
    }

    fn arguments(&mut self) -> Parsed<Vec<Code>> {
        let mut all = vec![];
        if self.next_is("(") {
            loop {
                all.push(self.pipe()?);
                if self.next_is(")") {
                    break;
                }
                self.expect(";")?;
            }
        }
        Ok(all)
    }

    fn text(&mut self, parts: Pieces, format: &str) -> Parsed {
        if let [(only, None)] = &parts[..] {
            return Ok(constant(Value::text(only)));
        }
        let mut read = vec![];
        for (text, filter) in parts {
            let code = match filter {
                Some(source) => {
                    let mut inner = Parser { tokens: tokens(&source)?, at: 0, depth: self.depth + 1 };
                    let code = inner.pipe()?;
                    if inner.peek().is_some() {
                        return Err(inner.unexpected());
                    }
                    Some(code)
                }
                None => None,
            };
            read.push((text, code));
        }
        Ok(Rc::new(Filter::Text(format.into(), read)))
    }

    fn object(&mut self) -> Parsed {
        let mut fields = vec![];
        if self.next_is("}") {
            return Ok(Rc::new(Filter::Object(fields)));
        }
        loop {
            let Some(token) = self.peek().cloned() else { return Err(self.unexpected()) };
            self.at += 1;
            // What stands alone is a field of the input, or a variable.
            let (key, alone) = match token {
                Token::Variable(name) => {
                    (constant(Value::text(&name)), Some(Rc::new(Filter::Variable(name.into()))))
                }
                Word(name) => (constant(Value::text(&name)), None),
                Token::Number(n) => (constant(Value::Number(n)), None),
                Token::Text(parts) => (self.text(parts, "text")?, None),
                Token::Format(name) => match self.peek().cloned() {
                    Some(Token::Text(parts)) => {
                        self.at += 1;
                        (self.text(parts, &name)?, None)
                    }
                    _ => (Rc::new(Filter::Format(name.into())), None),
                },
                Operator("(") => {
                    let key = self.pipe()?;
                    self.expect(")")?;
                    (key, None)
                }
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected());
                }
            };
            let value = match alone {
                Some(variable) => variable,
                None if self.next_is(":") => self.object_value()?,
                None => Rc::new(Filter::Index(Rc::new(Filter::Identity), key.clone())),
            };
            fields.push((key, value));
            if self.next_is("}") {
                return Ok(Rc::new(Filter::Object(fields)));
            }
            self.expect(",")?;
        }
    }

    /// A value in an object: terms with `|` between them, without commas.
    fn object_value(&mut self) -> Parsed {
        let left = self.binary(0)?;
        if self.next_is("|") {
            return Ok(Rc::new(Filter::Pipe(left, self.object_value()?)));
        }
        Ok(left)
    }

    /// What follows `if`, or `elif`.
    fn condition(&mut self) -> Parsed {
        let condition = self.pipe()?;
        self.expect_word("then")?;
        let then = self.pipe()?;
        let otherwise = if self.word("elif") {
            self.condition()?
        } else {
            let otherwise = if self.word("else") { self.pipe()? } else { Rc::new(Filter::Identity) };
            self.expect_word("end")?;
            otherwise
        };
        Ok(Rc::new(Filter::If(condition, then, otherwise)))
    }

    fn reduce(&mut self) -> Parsed {
        let source = self.postfix_no_try()?;
        self.expect_word("as")?;
        let pattern = self.pattern()?;
        self.expect("(")?;
        let start = self.pipe()?;
        self.expect(";")?;
        let update = self.pipe()?;
        self.expect(")")?;
        Ok(Rc::new(Filter::Reduce(source, pattern, start, update)))
    }

    fn foreach(&mut self) -> Parsed {
        let source = self.postfix_no_try()?;
        self.expect_word("as")?;
        let pattern = self.pattern()?;
        self.expect("(")?;
        let start = self.pipe()?;
        self.expect(";")?;
        let update = self.pipe()?;
        let extract = if self.next_is(";") { self.pipe()? } else { Rc::new(Filter::Identity) };
        self.expect(")")?;
        Ok(Rc::new(Filter::Foreach(source, pattern, start, update, extract)))
    }

    fn variable(&mut self) -> Parsed<Rc<str>> {
        match self.peek().cloned() {
            Some(Token::Variable(name)) => {
                self.at += 1;
                Ok(name.into())
            }
            _ => Err(self.unexpected()),
        }
    }

    fn pattern(&mut self) -> Parsed<Pattern> {
        if self.next_is("[") {
            let mut items = vec![];
            loop {
                items.push(self.pattern()?);
                if self.next_is("]") {
                    return Ok(Pattern::Array(items));
                }
                self.expect(",")?;
            }
        }
        if !self.next_is("{") {
            return Ok(Pattern::Variable(self.variable()?));
        }
        let mut fields = vec![];
        loop {
            let Some(token) = self.peek().cloned() else { return Err(self.unexpected()) };
            self.at += 1;
            let (key, variable): (Code, Option<Rc<str>>) = match token {
                Token::Variable(name) => (constant(Value::text(&name)), Some(name.into())),
                Word(name) => (constant(Value::text(&name)), None),
                Token::Text(parts) => (self.text(parts, "text")?, None),
                Operator("(") => {
                    let key = self.pipe()?;
                    self.expect(")")?;
                    (key, None)
                }
                _ => {
                    self.at -= 1;
                    return Err(self.unexpected());
                }
            };
            let inner = if self.next_is(":") { Some(self.pattern()?) } else { None };
            if inner.is_none() && variable.is_none() {
                return Err(self.unexpected());
            }
            fields.push((key, variable, inner));
            if self.next_is("}") {
                return Ok(Pattern::Object(fields));
            }
            self.expect(",")?;
        }
    }

    /// What follows `def`.
    fn definition(&mut self) -> Parsed<Definition> {
        let Some(Word(name)) = self.peek().cloned() else { return Err(self.unexpected()) };
        self.at += 1;
        let mut parameters: Vec<Rc<str>> = vec![];
        if self.next_is("(") {
            loop {
                match self.peek().cloned() {
                    Some(Word(name)) => parameters.push(name.into()),
                    Some(Token::Variable(name)) => parameters.push(["$", &name].concat().into()),
                    _ => return Err(self.unexpected()),
                }
                self.at += 1;
                if self.next_is(")") {
                    break;
                }
                self.expect(";")?;
            }
        }
        self.expect(":")?;
        let body = self.pipe()?;
        self.expect(";")?;
        Ok(Definition { name: name.into(), parameters, body })
    }
}

fn constant(value: Value) -> Code {
    Rc::new(Filter::Constant(value))
}

fn is_keyword(word: &str) -> bool {
    let all = "def if then elif else end as reduce foreach try catch label import include and or __loc__";
    all.split(' ').any(|keyword| keyword == word)
}
