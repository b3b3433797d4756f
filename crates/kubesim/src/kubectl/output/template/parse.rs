//! Go's template language as a tree. Models `text/template/parse/{parse,node}.go`.

use super::functions::FUNCTIONS;
use super::lex::{Kind, Token, tokens};
use super::number::{Number, number};
use super::text::NAME;
use std::collections::BTreeMap;

/// How deep parentheses and blocks may stand in each other.
const MOST_DEPTH: usize = 100;

/// A part of a template.
#[derive(Clone, PartialEq, Debug)]
pub(super) enum Node {
    Text(String),
    Action(Pipe),
    Block(Block),
    /// `{{template "name" .}}`
    Template {
        at: usize,
        name: String,
        pipe: Option<Pipe>,
    },
    Break,
    Continue,
}

/// `{{if}}`, `{{range}}` or `{{with}}` up to its end.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Block {
    pub(super) word: Word,
    pub(super) pipe: Pipe,
    pub(super) body: Vec<Node>,
    pub(super) otherwise: Vec<Node>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Word {
    If,
    Range,
    With,
}

impl Word {
    fn name(self) -> &'static str {
        match self {
            Word::If => "if",
            Word::Range => "range",
            Word::With => "with",
        }
    }
}

/// Commands, each of which is given what the one before it yields as its last argument.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Pipe {
    pub(super) at: usize,
    /// The variables that it sets: `$x`, or for `range` also `$k, $v`.
    pub(super) variables: Vec<String>,
    /// Whether these are there already: `=`, not `:=`.
    pub(super) assigns: bool,
    pub(super) commands: Vec<Vec<Operand>>,
}

/// A part of a command.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Operand {
    pub(super) at: usize,
    pub(super) term: Term,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Term {
    Dot,
    Nil,
    Bool(bool),
    Number {
        text: String,
        number: Number,
    },
    Text {
        quoted: String,
        text: String,
    },
    Function(String),
    /// `.a.b`
    Field(Vec<String>),
    /// `$x.a.b`: the name, then the fields.
    Variable(Vec<String>),
    /// `(…).a.b`
    Chain(Box<Operand>, Vec<String>),
    Pipe(Pipe),
}

/// A text in quotation marks, or a rune, without them. Models `strconv.Unquote`.
fn unquote(quoted: &str) -> Result<String, String> {
    if let Some(raw) = quoted.strip_prefix('`') {
        return Ok(raw[..raw.len() - 1].replace('\r', ""));
    }
    let mut bytes = Vec::new();
    let mut rest = quoted[1..quoted.len() - 1].chars();
    while let Some(c) = rest.next() {
        if c != '\\' {
            bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            continue;
        }
        let escape = rest.next().unwrap_or_default();
        let (digits, radix, start) = match escape {
            'x' => (2, 16, 0),
            'u' => (4, 16, 0),
            'U' => (8, 16, 0),
            '0'..='7' => (2, 8, u32::from(escape) - u32::from('0')),
            _ => {
                let byte = match escape {
                    'a' => 7,
                    'b' => 8,
                    'f' => 12,
                    'n' => b'\n',
                    'r' => b'\r',
                    't' => b'\t',
                    'v' => 11,
                    '\\' | '"' | '\'' => escape as u8,
                    _ => return Err("invalid syntax".into()),
                };
                bytes.push(byte);
                continue;
            }
        };
        let mut code = Some(start);
        for _ in 0..digits {
            let digit = rest.next().and_then(|c| c.to_digit(radix));
            code = code.zip(digit).map(|(code, digit)| code * radix + digit);
        }
        let code = code.ok_or("invalid syntax")?;
        match escape {
            'u' | 'U' => {
                let c = char::from_u32(code).ok_or("invalid syntax")?;
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
            _ => bytes.push(u8::try_from(code).map_err(|_| "invalid syntax")?),
        }
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What ends a list of nodes.
enum Ending {
    End,
    Else,
}

impl Ending {
    fn shown(&self) -> &'static str {
        match self {
            Ending::End => "{{end}}",
            Ending::Else => "{{else}}",
        }
    }
}

/// Reads a template: its own nodes, and those that it defines by name. Errors: in Go's words, with the line.
pub(super) fn parse(text: &str) -> Result<BTreeMap<String, Vec<Node>>, String> {
    let mut parser = Parser {
        tokens: tokens(text),
        next: 0,
        variables: vec!["$".into()],
        ranges: 0,
        depth: 0,
        defined: BTreeMap::new(),
    };
    let parsed = parser.whole();
    parsed.map_err(|why| {
        let at = parser.tokens[parser.next.saturating_sub(1).min(parser.tokens.len() - 1)].at;
        let line = 1 + text[..at].matches('\n').count();
        format!("template: {}:{line}: {why}", NAME)
    })?;
    Ok(parser.defined)
}

struct Parser<'a> {
    tokens: Vec<Token<'a>>,
    next: usize,
    /// Those that are known here.
    variables: Vec<String>,
    /// How many `{{range}}` this stands in.
    ranges: usize,
    depth: usize,
    defined: BTreeMap<String, Vec<Node>>,
}

type Parsed<T> = Result<T, String>;

fn is_empty(nodes: &[Node]) -> bool {
    nodes.iter().all(|node| matches!(node, Node::Text(text) if text.trim().is_empty()))
}

impl<'a> Parser<'a> {
    fn take(&mut self) -> Token<'a> {
        let last = self.tokens.len() - 1;
        let token = self.tokens[self.next.min(last)].clone();
        self.next += 1;
        token
    }

    fn peek(&self) -> &Token<'a> {
        &self.tokens[self.next.min(self.tokens.len() - 1)]
    }

    fn skip_space(&mut self) {
        while self.peek().kind == Kind::Space {
            self.next += 1;
        }
    }

    fn peek_past_space(&mut self) -> Token<'a> {
        self.skip_space();
        self.peek().clone()
    }

    fn take_past_space(&mut self) -> Token<'a> {
        self.skip_space();
        self.take()
    }

    fn expect(&mut self, kind: Kind, context: &str) -> Parsed<Token<'a>> {
        let token = self.take_past_space();
        if token.kind == kind { Ok(token) } else { Err(unexpected(&token, context)) }
    }

    fn deeper<T>(&mut self, read: impl FnOnce(&mut Self) -> Parsed<T>) -> Parsed<T> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err("max expression depth exceeded".into());
        }
        let read = read(self);
        self.depth -= 1;
        read
    }

    fn whole(&mut self) -> Parsed<()> {
        let mut nodes = Vec::new();
        while self.peek().kind != Kind::End {
            if self.peek().kind == Kind::Left {
                let before = self.next;
                self.next += 1;
                if self.take_past_space().is_keyword("define") {
                    self.definition()?;
                    continue;
                }
                self.next = before;
            }
            match self.text_or_action()? {
                Ok(node) => nodes.push(node),
                Err(ending) => return Err(format!("unexpected {}", ending.shown())),
            }
        }
        self.define(NAME.into(), nodes)
    }

    fn define(&mut self, name: String, nodes: Vec<Node>) -> Parsed<()> {
        match self.defined.get(&name) {
            Some(known) if !is_empty(known) => {
                if is_empty(&nodes) {
                    return Ok(());
                }
                Err(format!("template: multiple definition of template {name:?}"))
            }
            _ => {
                self.defined.insert(name, nodes);
                Ok(())
            }
        }
    }

    /// `{{define "name"}}` up to its end, without variables from outside.
    fn definition(&mut self) -> Parsed<()> {
        let token = self.take_past_space();
        let name = self.template_name(&token, "define clause")?;
        self.expect(Kind::Right, "define clause")?;
        self.body_of_template(name, "define clause")
    }

    fn body_of_template(&mut self, name: String, context: &str) -> Parsed<()> {
        let variables = std::mem::replace(&mut self.variables, vec!["$".into()]);
        let ranges = std::mem::take(&mut self.ranges);
        let (nodes, ending) = self.deeper(Parser::list)?;
        self.variables = variables;
        self.ranges = ranges;
        match ending {
            Ending::End => self.define(name, nodes),
            Ending::Else => Err(format!("unexpected {} in {context}", ending.shown())),
        }
    }

    fn template_name(&mut self, token: &Token, context: &str) -> Parsed<String> {
        match token.kind {
            Kind::Quoted | Kind::Raw => unquote(&token.text),
            _ => Err(unexpected(token, context)),
        }
    }

    /// Nodes up to an end or an else.
    fn list(&mut self) -> Parsed<(Vec<Node>, Ending)> {
        let mut nodes = Vec::new();
        while self.peek_past_space().kind != Kind::End {
            match self.text_or_action()? {
                Ok(node) => nodes.push(node),
                Err(ending) => return Ok((nodes, ending)),
            }
        }
        Err("unexpected EOF".into())
    }

    fn text_or_action(&mut self) -> Parsed<Result<Node, Ending>> {
        let token = self.take_past_space();
        match token.kind {
            Kind::Text => Ok(Ok(Node::Text(token.text.into_owned()))),
            Kind::Left => self.action(),
            _ => Err(unexpected(&token, "input")),
        }
    }

    fn action(&mut self) -> Parsed<Result<Node, Ending>> {
        let before = self.next;
        let token = self.take_past_space();
        let word = if token.kind == Kind::Keyword { &*token.text } else { "" };
        let node = match word {
            "end" => {
                self.expect(Kind::Right, "end")?;
                return Ok(Err(Ending::End));
            }
            "else" => {
                // `{{else if x}}`: the block looks for the word.
                let next = self.peek_past_space();
                if !next.is_keyword("if") && !next.is_keyword("with") {
                    self.expect(Kind::Right, "else")?;
                }
                return Ok(Err(Ending::Else));
            }
            "if" => self.block(Word::If)?,
            "range" => self.block(Word::Range)?,
            "with" => self.block(Word::With)?,
            "block" => {
                let name = self.take_past_space();
                let text = self.template_name(&name, "block clause")?;
                let pipe = self.pipe("block clause", Kind::Right)?;
                self.body_of_template(text.clone(), "block clause")?;
                Node::Template { at: name.at, name: text, pipe: Some(pipe) }
            }
            "template" => {
                let name = self.take_past_space();
                let text = self.template_name(&name, "template clause")?;
                let has_none = self.peek_past_space().kind == Kind::Right;
                let pipe = match has_none {
                    true => {
                        self.next += 1;
                        None
                    }
                    false => Some(self.pipe("template clause", Kind::Right)?),
                };
                Node::Template { at: name.at, name: text, pipe }
            }
            "break" | "continue" => {
                let next = self.take_past_space();
                if next.kind != Kind::Right {
                    return Err(unexpected(&next, &format!("{{{{{word}}}}}")));
                }
                if self.ranges == 0 {
                    return Err(format!("{{{{{word}}}}} outside {{{{range}}}}"));
                }
                if word == "break" { Node::Break } else { Node::Continue }
            }
            _ => {
                self.next = before;
                Node::Action(self.pipe("command", Kind::Right)?)
            }
        };
        Ok(Ok(node))
    }

    /// A block whose word has been read, up to its end.
    fn block(&mut self, word: Word) -> Parsed<Node> {
        self.deeper(|parser| {
            let known = parser.variables.len();
            let pipe = parser.pipe(word.name(), Kind::Right)?;
            parser.ranges += usize::from(word == Word::Range);
            let (body, ending) = parser.list()?;
            parser.ranges -= usize::from(word == Word::Range);
            let mut otherwise = Vec::new();
            if let Ending::Else = ending {
                let next = parser.peek_past_space();
                let chained = match word {
                    Word::If => next.is_keyword("if"),
                    Word::With => next.is_keyword("with"),
                    Word::Range => false,
                };
                if chained {
                    parser.next += 1;
                    otherwise.push(parser.block(word)?);
                } else {
                    let (nodes, ending) = parser.list()?;
                    if let Ending::Else = ending {
                        return Err(format!("expected end; found {}", ending.shown()));
                    }
                    otherwise = nodes;
                }
            }
            parser.variables.truncate(known);
            Ok(Node::Block(Block { word, pipe, body, otherwise }))
        })
    }

    /// A pipeline up to its end, which is taken.
    fn pipe(&mut self, context: &str, end: Kind) -> Parsed<Pipe> {
        let at = self.peek_past_space().at;
        let (variables, assigns) = self.set_variables(context)?;
        let mut pipe = Pipe { at, variables, assigns, commands: Vec::new() };
        loop {
            let token = self.peek_past_space();
            match token.kind {
                kind if kind == end => {
                    self.next += 1;
                    break;
                }
                Kind::Keyword if !matches!(&*token.text, "." | "nil") => {
                    self.next += 1;
                    return Err(unexpected(&token, context));
                }
                Kind::Bool
                | Kind::Rune
                | Kind::Number
                | Kind::Quoted
                | Kind::Raw
                | Kind::Field
                | Kind::Variable
                | Kind::Identifier
                | Kind::LeftParen
                | Kind::Keyword => {
                    let command = self.command()?;
                    pipe.commands.push(command);
                }
                _ => {
                    self.next += 1;
                    return Err(unexpected(&token, context));
                }
            }
        }
        if pipe.commands.is_empty() {
            return Err(format!("missing value for {context}"));
        }
        for (n, command) in pipe.commands.iter().enumerate().skip(1) {
            if matches!(
                command[0].term,
                Term::Bool(_) | Term::Dot | Term::Nil | Term::Number { .. } | Term::Text { .. }
            ) {
                return Err(format!("non executable command in pipeline stage {}", n + 1));
            }
        }
        Ok(pipe)
    }

    /// `$x :=`, `$x =`, `$k, $v :=` at a pipeline's start, if there is one.
    fn set_variables(&mut self, context: &str) -> Parsed<(Vec<String>, bool)> {
        let mut names = Vec::new();
        loop {
            let before = self.next;
            let token = self.peek_past_space();
            if token.kind != Kind::Variable {
                return Ok((names, false));
            }
            self.next += 1;
            let next = self.peek_past_space();
            let name = token.text.into_owned();
            match next.kind {
                Kind::Assign | Kind::Declare => {
                    self.next += 1;
                    self.variables.push(name.clone());
                    names.push(name);
                    return Ok((names, next.kind == Kind::Assign));
                }
                Kind::Sign if next.text == "," => {
                    self.next += 1;
                    self.variables.push(name.clone());
                    names.push(name);
                    if context != "range" || names.len() > 1 {
                        return Err(format!("too many declarations in {context}"));
                    }
                    if !matches!(self.peek_past_space().kind, Kind::Variable | Kind::Right | Kind::RightParen)
                    {
                        return Err("range can only initialize variables".into());
                    }
                }
                _ => {
                    self.next = before;
                    return Ok((names, false));
                }
            }
        }
    }

    /// Operands up to a `|`, which is taken, or an end, which is not.
    fn command(&mut self) -> Parsed<Vec<Operand>> {
        let mut operands = Vec::new();
        loop {
            self.skip_space();
            operands.extend(self.operand()?);
            let token = self.take();
            match token.kind {
                Kind::Space => continue,
                Kind::Right | Kind::RightParen => self.next -= 1,
                Kind::Pipe => {}
                _ => return Err(unexpected(&token, "operand")),
            }
            break;
        }
        if operands.is_empty() { Err("empty command".into()) } else { Ok(operands) }
    }

    /// A term and the fields of it.
    fn operand(&mut self) -> Parsed<Option<Operand>> {
        let Some(mut operand) = self.term()? else { return Ok(None) };
        let at = self.peek().at;
        let mut fields = Vec::new();
        while self.peek().kind == Kind::Field {
            fields.push(self.take().text[1..].to_string());
        }
        if fields.is_empty() {
            return Ok(Some(operand));
        }
        match &mut operand.term {
            Term::Field(names) | Term::Variable(names) => {
                names.extend(fields);
                operand.at = at;
                Ok(Some(operand))
            }
            Term::Bool(_) | Term::Text { .. } | Term::Number { .. } | Term::Nil | Term::Dot => {
                Err(format!("unexpected . after term {:?}", operand.term.to_string()))
            }
            _ => Ok(Some(Operand { at, term: Term::Chain(Box::new(operand), fields) })),
        }
    }

    fn term(&mut self) -> Parsed<Option<Operand>> {
        let token = self.take_past_space();
        let text = &*token.text;
        let term = match token.kind {
            Kind::Error => return Err(text.into()),
            Kind::Identifier if FUNCTIONS.iter().any(|f| f.name == text) => Term::Function(text.into()),
            Kind::Identifier => return Err(format!("function {text:?} not defined")),
            Kind::Keyword if text == "." => Term::Dot,
            Kind::Keyword if text == "nil" => Term::Nil,
            Kind::Variable if self.variables.iter().any(|known| known == text) => {
                Term::Variable(vec![text.into()])
            }
            Kind::Variable => return Err(format!("undefined variable {text:?}")),
            Kind::Field => Term::Field(vec![text[1..].into()]),
            Kind::Bool => Term::Bool(text == "true"),
            Kind::Number => {
                let number = number(text).ok_or_else(|| format!("bad number syntax: {text:?}"))?;
                Term::Number { text: text.into(), number }
            }
            Kind::Rune => {
                let rune = unquote(text)?;
                let mut runes = rune.chars();
                match (runes.next(), runes.next()) {
                    (Some(c), None) => {
                        Term::Number { text: text.into(), number: Number::Int(u32::from(c).into()) }
                    }
                    _ => return Err(format!("malformed character constant: {text}")),
                }
            }
            Kind::LeftParen => {
                let pipe = self.deeper(|parser| parser.pipe("parenthesized pipeline", Kind::RightParen))?;
                Term::Pipe(pipe)
            }
            Kind::Quoted | Kind::Raw => Term::Text { quoted: text.into(), text: unquote(text)? },
            _ => {
                self.next -= 1;
                return Ok(None);
            }
        };
        Ok(Some(Operand { at: token.at, term }))
    }
}

fn unexpected(token: &Token, context: &str) -> String {
    match token.kind {
        Kind::Error => token.text.to_string(),
        _ => format!("unexpected {} in {context}", token.shown()),
    }
}

impl std::fmt::Display for Term {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let text = match self {
            Term::Dot => ".".to_string(),
            Term::Nil => "nil".to_string(),
            Term::Bool(true) => "true".to_string(),
            Term::Bool(false) => "false".to_string(),
            Term::Number { text, .. } => text.clone(),
            Term::Text { quoted, .. } => quoted.clone(),
            Term::Function(name) => name.clone(),
            Term::Field(names) => names.iter().flat_map(|name| [".", name]).collect(),
            Term::Variable(names) => names.join("."),
            Term::Chain(operand, names) => {
                let fields: String = names.iter().flat_map(|name| [".", name]).collect();
                format!("{}{fields}", argument(operand))
            }
            Term::Pipe(pipe) => pipe.to_string(),
        };
        f.write_str(&text)
    }
}

/// A pipeline among arguments stands in parentheses.
fn argument(operand: &Operand) -> String {
    match &operand.term {
        Term::Pipe(pipe) => format!("({pipe})"),
        term => term.to_string(),
    }
}

/// A command as errors show it.
pub(super) fn command_text(command: &[Operand]) -> String {
    command.iter().map(argument).collect::<Vec<_>>().join(" ")
}

impl std::fmt::Display for Pipe {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if !self.variables.is_empty() {
            write!(f, "{} {} ", self.variables.join(", "), if self.assigns { "=" } else { ":=" })?;
        }
        let commands: Vec<String> = self.commands.iter().map(|command| command_text(command)).collect();
        f.write_str(&commands.join(" | "))
    }
}
