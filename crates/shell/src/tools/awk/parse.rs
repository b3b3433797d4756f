//! awk's grammar: text → tree. Models POSIX XCU awk, with what gawk, mawk and BusyBox have in common beyond it.
//! Long: one grammar.

use crate::pattern::Pattern;
use std::rc::Rc;

/// The deepest nesting of expressions and statements.
const MAX_DEPTH: usize = 80;
/// Functions that awk has itself.
const FUNCTIONS: [&str; 23] = [
    "atan2", "close", "cos", "exp", "fflush", "gensub", "gsub", "index", "int", "length", "log", "match",
    "rand", "sin", "split", "sprintf", "sqrt", "srand", "strftime", "sub", "substr", "system", "systime",
];
const MORE_FUNCTIONS: [&str; 4] = ["tolower", "toupper", "asort", "asorti"];
const KEYWORDS: [&str; 17] = [
    "BEGIN", "END", "break", "continue", "delete", "do", "else", "exit", "for", "func", "function",
    "getline", "if", "in", "next", "nextfile", "print",
];
const MORE_KEYWORDS: [&str; 3] = ["printf", "return", "while"];

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Number(f64),
    Text(String),
    Regex(String),
    /// A name; `true`: a parenthesis follows at once.
    Name(String, bool),
    Builtin(String),
    Keyword(String),
    Sign(&'static str),
    Newline,
    End,
}

const SIGNS: [&str; 42] = [
    "**=", "&&", "||", "++", "--", "+=", "-=", "*=", "/=", "%=", "^=", "**", "==", "<=", ">=", "!=", ">>",
    "!~", "{", "}", "(", ")", "[", "]", ";", ",", "+", "-", "*", "/", "%", "^", "!", ">", "<", "|", "?", ":",
    "~", "$", "=", "&",
];

#[derive(Clone, Debug)]
pub(super) enum Expr {
    Number(f64),
    Text(Rc<str>),
    Regex(Rc<Pattern>),
    Variable(Rc<str>),
    Item(Rc<str>, Vec<Expr>),
    Field(Box<Expr>),
    Assign(&'static str, Box<Expr>, Box<Expr>),
    /// Before (`true`) or after, by so much.
    Step(bool, f64, Box<Expr>),
    Unary(&'static str, Box<Expr>),
    Binary(&'static str, Box<Expr>, Box<Expr>),
    Match(bool, Box<Expr>, Box<Expr>),
    And(Box<Expr>, Box<Expr>),
    Or(Box<Expr>, Box<Expr>),
    Choice(Box<Expr>, Box<Expr>, Box<Expr>),
    In(Vec<Expr>, Rc<str>),
    Call(Rc<str>, Vec<Expr>),
    Builtin(Rc<str>, Vec<Expr>),
    /// Into what; from which file.
    GetLine(Option<Box<Expr>>, Option<Box<Expr>>),
    /// `command | getline`: the command, into what.
    Output(Box<Expr>, Option<Box<Expr>>),
    Group(Box<Expr>),
}

#[derive(Clone, Debug)]
pub(super) enum Statement {
    Expr(Expr),
    /// What, with printf or print, and where to: the sign and the file.
    Print(Vec<Expr>, bool, Option<(&'static str, Expr)>),
    If(Expr, Box<Statement>, Option<Box<Statement>>),
    While(Expr, Box<Statement>),
    Do(Box<Statement>, Expr),
    For(Option<Box<Statement>>, Option<Expr>, Option<Box<Statement>>, Box<Statement>),
    ForIn(Rc<str>, Rc<str>, Box<Statement>),
    Block(Vec<Statement>),
    Next,
    NextFile,
    Break,
    Continue,
    Exit(Option<Expr>),
    Return(Option<Expr>),
    Delete(Rc<str>, Option<Vec<Expr>>),
}

#[derive(Clone, Debug)]
pub(super) enum Rule {
    Begin,
    End,
    Always,
    When(Expr),
    /// Its number among the ranges.
    Range(Expr, Expr, usize),
}

#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) parameters: Vec<Rc<str>>,
    pub(super) body: Rc<Statement>,
}

#[derive(Clone, Debug, Default)]
pub(super) struct Program {
    pub(super) rules: Vec<(Rule, Option<Rc<Statement>>)>,
    pub(super) functions: Vec<(Rc<str>, Function)>,
    pub(super) ranges: usize,
}

/// Why a program can't be run.
#[derive(Debug, PartialEq)]
pub(super) enum Wrong {
    Syntax(String),
    /// A part of awk that is not simulated.
    Unsupported(&'static str),
}

type Parsed<T> = Result<T, Wrong>;

/// A program of this text.
pub(super) fn parse(text: &str) -> Parsed<Program> {
    let mut p = Parser { text, at: 0, token: Token::Newline, depth: 0, no_in: false, no_more: false };
    p.advance()?;
    p.program()
}

struct Parser<'a> {
    text: &'a str,
    at: usize,
    token: Token,
    depth: usize,
    /// In a `for`'s first part: `in` is its own.
    no_in: bool,
    /// In print's words: `>` is a redirection.
    no_more: bool,
}

impl Parser<'_> {
    fn wrong(&self) -> Wrong {
        let near = self.text[..self.at.min(self.text.len())].lines().last().unwrap_or_default();
        Wrong::Syntax(near.to_string())
    }

    // Tokens
    fn advance(&mut self) -> Parsed<()> {
        self.token = self.read()?;
        Ok(())
    }

    fn read(&mut self) -> Parsed<Token> {
        let bytes = self.text.as_bytes();
        loop {
            match bytes.get(self.at) {
                Some(b' ' | b'\t' | b'\r') => self.at += 1,
                Some(b'\\') if bytes.get(self.at + 1) == Some(&b'\n') => self.at += 2,
                Some(b'#') => {
                    self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
                }
                _ => break,
            }
        }
        let rest = &self.text[self.at..];
        let Some(first) = rest.chars().next() else { return Ok(Token::End) };
        if first == '\n' {
            self.at += 1;
            return Ok(Token::Newline);
        }
        if first.is_ascii_digit() || first == '.' && rest[1..].starts_with(|c: char| c.is_ascii_digit()) {
            if let Some(hex) = rest.strip_prefix("0x") {
                let length = hex.bytes().take_while(u8::is_ascii_hexdigit).count();
                self.at += 2 + length;
                return Ok(Token::Number(i64::from_str_radix(&hex[..length], 16).unwrap_or(0) as f64));
            }
            let (number, length) = super::super::format::leading_number(rest);
            self.at += length;
            return Ok(Token::Number(number));
        }
        if first.is_ascii_alphabetic() || first == '_' {
            let length = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
            let word = rest[..length].to_string();
            self.at += length;
            let called = self.text[self.at..].starts_with('(');
            if KEYWORDS.contains(&&*word) || MORE_KEYWORDS.contains(&&*word) {
                return Ok(Token::Keyword(word));
            }
            if FUNCTIONS.contains(&&*word) || MORE_FUNCTIONS.contains(&&*word) {
                return Ok(Token::Builtin(word));
            }
            return Ok(Token::Name(word, called));
        }
        if first == '"' {
            let (text, length) = quoted(rest, '"').ok_or_else(|| self.wrong())?;
            self.at += length;
            return Ok(Token::Text(text));
        }
        let sign = SIGNS.iter().find(|sign| rest.starts_with(**sign)).ok_or_else(|| self.wrong())?;
        self.at += sign.len();
        Ok(Token::Sign(sign))
    }

    /// A regular expression whose slash was read as a sign.
    fn regex(&mut self) -> Parsed<String> {
        if self.token == Token::Sign("/=") {
            self.at -= 1;
        }
        let rest = &self.text[self.at..];
        let (mut out, mut inside) = (String::new(), false);
        let mut chars = rest.char_indices();
        while let Some((at, c)) = chars.next() {
            match c {
                '/' if !inside => {
                    self.at += at + 1;
                    self.token = Token::Regex(out.clone());
                    self.advance()?;
                    return Ok(out);
                }
                '\n' => break,
                '\\' => match chars.next() {
                    Some((_, '/')) => out.push('/'),
                    Some((_, 't')) => out.push('\t'),
                    Some((_, 'n')) => out.push('\n'),
                    Some((_, '"')) => out.push('"'),
                    Some((_, next)) => out.extend(['\\', next]),
                    None => break,
                },
                '[' => {
                    inside = true;
                    out.push(c);
                    // A bracket that comes first is none that closes.
                    if rest[at + 1..].starts_with(']') {
                        chars.next();
                        out.push(']');
                    } else if rest[at + 1..].starts_with("^]") {
                        chars.next();
                        chars.next();
                        out.push_str("^]");
                    }
                }
                ']' => {
                    inside = false;
                    out.push(c);
                }
                c => out.push(c),
            }
        }
        Err(self.wrong())
    }

    fn is(&self, sign: &str) -> bool {
        matches!(&self.token, Token::Sign(s) if *s == sign)
    }

    fn take(&mut self, sign: &str) -> Parsed<bool> {
        let there = self.is(sign);
        if there {
            self.advance()?;
        }
        Ok(there)
    }

    fn expect(&mut self, sign: &str) -> Parsed<()> {
        if self.take(sign)? { Ok(()) } else { Err(self.wrong()) }
    }

    fn keyword(&mut self, word: &str) -> Parsed<bool> {
        let there = matches!(&self.token, Token::Keyword(k) if k == word);
        if there {
            self.advance()?;
        }
        Ok(there)
    }

    fn name(&mut self) -> Parsed<Rc<str>> {
        match &self.token {
            Token::Name(name, _) => {
                let name: Rc<str> = name.as_str().into();
                self.advance()?;
                Ok(name)
            }
            _ => Err(self.wrong()),
        }
    }

    fn newlines(&mut self) -> Parsed<()> {
        while self.token == Token::Newline {
            self.advance()?;
        }
        Ok(())
    }

    fn ends(&mut self) -> Parsed<()> {
        while self.token == Token::Newline || self.is(";") {
            self.advance()?;
        }
        Ok(())
    }

    fn deeper(&mut self) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH { Err(self.wrong()) } else { Ok(()) }
    }

    // Rules
    fn program(&mut self) -> Parsed<Program> {
        let mut program = Program::default();
        loop {
            self.ends()?;
            if self.token == Token::End {
                return Ok(program);
            }
            if self.keyword("function")? || self.keyword("func")? {
                let name = self.name()?;
                self.expect("(")?;
                let mut parameters = vec![];
                while !self.take(")")? {
                    parameters.push(self.name()?);
                    self.take(",")?;
                    self.newlines()?;
                }
                self.newlines()?;
                let body = Rc::new(self.block()?);
                program.functions.push((name, Function { parameters, body }));
                continue;
            }
            let rule = if self.keyword("BEGIN")? {
                Rule::Begin
            } else if self.keyword("END")? {
                Rule::End
            } else if self.is("{") {
                Rule::Always
            } else {
                let first = self.expr()?;
                if self.take(",")? {
                    self.newlines()?;
                    program.ranges += 1;
                    Rule::Range(first, self.expr()?, program.ranges - 1)
                } else {
                    Rule::When(first)
                }
            };
            let body = if self.is("{") { Some(Rc::new(self.block()?)) } else { None };
            if body.is_none() && matches!(rule, Rule::Begin | Rule::End) {
                return Err(self.wrong());
            }
            program.rules.push((rule, body));
        }
    }

    // Statements
    fn block(&mut self) -> Parsed<Statement> {
        self.expect("{")?;
        let mut all = vec![];
        loop {
            self.ends()?;
            if self.take("}")? {
                return Ok(Statement::Block(all));
            }
            all.push(self.statement()?);
        }
    }

    /// A statement that another one's head stands before.
    fn inner(&mut self) -> Parsed<Box<Statement>> {
        self.newlines()?;
        if self.take(";")? {
            return Ok(Box::new(Statement::Block(vec![])));
        }
        Ok(Box::new(self.statement()?))
    }

    /// The end of a simple statement.
    fn close(&mut self) -> Parsed<()> {
        match self.token {
            Token::Newline | Token::End => Ok(()),
            _ if self.is(";") => self.advance(),
            _ if self.is("}") => Ok(()),
            _ => Err(self.wrong()),
        }
    }

    fn statement(&mut self) -> Parsed<Statement> {
        self.deeper()?;
        let made = self.statement_here();
        self.depth -= 1;
        made
    }

    fn statement_here(&mut self) -> Parsed<Statement> {
        if self.is("{") {
            return self.block();
        }
        if self.keyword("if")? {
            self.expect("(")?;
            let test = self.expr()?;
            self.expect(")")?;
            let then = self.inner()?;
            // `else` may stand after an end.
            let (at, token) = (self.at, self.token.clone());
            self.ends()?;
            if self.keyword("else")? {
                return Ok(Statement::If(test, then, Some(self.inner()?)));
            }
            (self.at, self.token) = (at, token);
            return Ok(Statement::If(test, then, None));
        }
        if self.keyword("while")? {
            self.expect("(")?;
            let test = self.expr()?;
            self.expect(")")?;
            return Ok(Statement::While(test, self.inner()?));
        }
        if self.keyword("do")? {
            let body = self.inner()?;
            self.ends()?;
            if !self.keyword("while")? {
                return Err(self.wrong());
            }
            self.expect("(")?;
            let test = self.expr()?;
            self.expect(")")?;
            self.close()?;
            return Ok(Statement::Do(body, test));
        }
        if self.keyword("for")? {
            return self.for_statement();
        }
        let made = self.simple()?;
        self.close()?;
        Ok(made)
    }

    fn for_statement(&mut self) -> Parsed<Statement> {
        self.expect("(")?;
        let start = if self.is(";") {
            None
        } else {
            self.no_in = true;
            let start = self.simple();
            self.no_in = false;
            let start = start?;
            if self.keyword("in")? {
                let Statement::Expr(Expr::Variable(name)) = start else { return Err(self.wrong()) };
                let array = self.name()?;
                self.expect(")")?;
                return Ok(Statement::ForIn(name, array, self.inner()?));
            }
            Some(Box::new(start))
        };
        self.expect(";")?;
        self.newlines()?;
        let test = if self.is(";") { None } else { Some(self.expr()?) };
        self.expect(";")?;
        self.newlines()?;
        let step = if self.is(")") { None } else { Some(Box::new(self.simple()?)) };
        self.expect(")")?;
        Ok(Statement::For(start, test, step, self.inner()?))
    }

    fn at_end(&self) -> bool {
        matches!(self.token, Token::Newline | Token::End) || self.is(";") || self.is("}") || self.is(")")
    }

    fn simple(&mut self) -> Parsed<Statement> {
        let word = match &self.token {
            Token::Keyword(word) => word.clone(),
            _ => return Ok(Statement::Expr(self.expr()?)),
        };
        match word.as_str() {
            "print" | "printf" => {
                self.advance()?;
                return self.print(word == "printf");
            }
            "getline" => return Ok(Statement::Expr(self.expr()?)),
            _ => {}
        }
        self.advance()?;
        Ok(match word.as_str() {
            "next" => Statement::Next,
            "nextfile" => Statement::NextFile,
            "break" => Statement::Break,
            "continue" => Statement::Continue,
            "exit" | "return" => {
                let value = if self.at_end() { None } else { Some(self.expr()?) };
                if word == "exit" { Statement::Exit(value) } else { Statement::Return(value) }
            }
            "delete" => {
                let name = self.name()?;
                let keys = if self.take("[")? {
                    let keys = self.list("]")?;
                    Some(keys)
                } else {
                    None
                };
                Statement::Delete(name, keys)
            }
            _ => return Err(self.wrong()),
        })
    }

    fn print(&mut self, format: bool) -> Parsed<Statement> {
        let mut words = vec![];
        self.no_more = true;
        if !self.at_end() && !self.is(">") && !self.is("|") && !self.is(">>") {
            loop {
                words.push(self.expr()?);
                if !self.take(",")? {
                    break;
                }
                self.newlines()?;
            }
        }
        self.no_more = false;
        // `print (a, b)`
        if let [Expr::Group(inner)] = &words[..]
            && let Expr::In(list, name) = &**inner
            && name.is_empty()
        {
            words = list.clone();
        }
        let sign = match &self.token {
            Token::Sign(sign @ (">" | ">>" | "|")) => *sign,
            _ => return Ok(Statement::Print(words, format, None)),
        };
        self.advance()?;
        self.no_more = true;
        let to = self.concatenation()?;
        self.no_more = false;
        Ok(Statement::Print(words, format, Some((sign, to))))
    }

    // Expressions
    fn list(&mut self, close: &str) -> Parsed<Vec<Expr>> {
        let (no_in, no_more) = (std::mem::take(&mut self.no_in), std::mem::take(&mut self.no_more));
        let mut all = vec![];
        self.newlines()?;
        while !self.take(close)? {
            all.push(self.expr()?);
            self.newlines()?;
            if !self.is(close) {
                self.expect(",")?;
                self.newlines()?;
            }
        }
        (self.no_in, self.no_more) = (no_in, no_more);
        Ok(all)
    }

    fn expr(&mut self) -> Parsed<Expr> {
        self.deeper()?;
        let made = self.ternary();
        self.depth -= 1;
        made
    }

    fn ternary(&mut self) -> Parsed<Expr> {
        let test = self.or()?;
        if self.take("?")? {
            self.newlines()?;
            let yes = self.expr()?;
            self.newlines()?;
            self.expect(":")?;
            self.newlines()?;
            let no = self.expr()?;
            return Ok(Expr::Choice(Box::new(test), Box::new(yes), Box::new(no)));
        }
        let sign = match &self.token {
            Token::Sign(sign @ ("=" | "+=" | "-=" | "*=" | "/=" | "%=" | "^=" | "**=")) => *sign,
            _ => return Ok(test),
        };
        // `a ~ b = c`, `1 + x = 2`: the assignment takes the last operand only.
        self.advance()?;
        self.newlines()?;
        let value = self.expr()?;
        assign(sign, test, value).ok_or_else(|| self.wrong())
    }

    fn or(&mut self) -> Parsed<Expr> {
        let mut left = self.and()?;
        while self.take("||")? {
            self.newlines()?;
            left = Expr::Or(Box::new(left), Box::new(self.and()?));
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed<Expr> {
        let mut left = self.contained()?;
        while self.take("&&")? {
            self.newlines()?;
            left = Expr::And(Box::new(left), Box::new(self.contained()?));
        }
        Ok(left)
    }

    fn contained(&mut self) -> Parsed<Expr> {
        let mut left = self.matching()?;
        while !self.no_in && self.keyword("in")? {
            let name = self.name()?;
            let keys = match left {
                Expr::Group(inner) => match *inner {
                    Expr::In(list, none) if none.is_empty() => list,
                    inner => vec![inner],
                },
                left => vec![left],
            };
            left = Expr::In(keys, name);
        }
        Ok(left)
    }

    fn matching(&mut self) -> Parsed<Expr> {
        let mut left = self.comparison()?;
        while self.is("~") || self.is("!~") {
            let yes = self.is("~");
            self.advance()?;
            left = Expr::Match(yes, Box::new(left), Box::new(self.comparison()?));
        }
        Ok(left)
    }

    fn comparison(&mut self) -> Parsed<Expr> {
        let left = self.concatenation()?;
        let sign = match &self.token {
            Token::Sign(sign @ ("<" | "<=" | "==" | "!=" | ">=")) => *sign,
            Token::Sign(">") if !self.no_more => ">",
            _ => return Ok(left),
        };
        self.advance()?;
        let right = self.concatenation()?;
        Ok(Expr::Binary(sign, Box::new(left), Box::new(right)))
    }

    fn concatenation(&mut self) -> Parsed<Expr> {
        let mut left = self.sum()?;
        while self.starts_operand() {
            let right = self.sum()?;
            left = Expr::Binary(" ", Box::new(left), Box::new(right));
        }
        while self.is("|") && self.text[self.at..].trim_start().starts_with("getline") {
            self.advance()?;
            self.advance()?;
            let target = match &self.token {
                Token::Name(..) | Token::Sign("$") => Some(Box::new(self.primary()?)),
                _ => None,
            };
            left = Expr::Output(Box::new(left), target);
        }
        Ok(left)
    }

    fn starts_operand(&self) -> bool {
        match &self.token {
            Token::Number(_) | Token::Text(_) | Token::Regex(_) | Token::Name(..) | Token::Builtin(_) => true,
            Token::Sign(sign) => matches!(*sign, "$" | "!" | "(" | "-" | "+" | "++" | "--") && (*sign != "!"),
            _ => false,
        }
    }

    fn sum(&mut self) -> Parsed<Expr> {
        let mut left = self.product()?;
        loop {
            let sign = match &self.token {
                Token::Sign(sign @ ("+" | "-")) => *sign,
                _ => return Ok(left),
            };
            self.advance()?;
            left = Expr::Binary(sign, Box::new(left), Box::new(self.product()?));
        }
    }

    fn product(&mut self) -> Parsed<Expr> {
        let mut left = self.unary()?;
        loop {
            let sign = match &self.token {
                Token::Sign(sign @ ("*" | "/" | "%")) => *sign,
                _ => return Ok(left),
            };
            self.advance()?;
            left = Expr::Binary(sign, Box::new(left), Box::new(self.unary()?));
        }
    }

    fn unary(&mut self) -> Parsed<Expr> {
        let sign = match &self.token {
            Token::Sign(sign @ ("!" | "-" | "+")) => *sign,
            _ => return self.power(),
        };
        self.deeper()?;
        self.advance()?;
        let operand = self.unary()?;
        self.depth -= 1;
        // `! x ~ y` denies the match.
        if sign == "!" && (self.is("~") || self.is("!~")) {
            let yes = self.is("~");
            self.advance()?;
            let right = self.comparison()?;
            return Ok(Expr::Unary("!", Box::new(Expr::Match(yes, Box::new(operand), Box::new(right)))));
        }
        Ok(Expr::Unary(sign, Box::new(operand)))
    }

    fn power(&mut self) -> Parsed<Expr> {
        let left = self.stepped()?;
        if self.take("^")? || self.take("**")? {
            let right = self.unary()?;
            return Ok(Expr::Binary("^", Box::new(left), Box::new(right)));
        }
        Ok(left)
    }

    fn stepped(&mut self) -> Parsed<Expr> {
        for (sign, step) in [("++", 1.0), ("--", -1.0)] {
            if self.take(sign)? {
                let target = self.primary()?;
                return Ok(Expr::Step(true, step, Box::new(target)));
            }
        }
        let made = self.primary()?;
        let target = matches!(made, Expr::Variable(_) | Expr::Item(..) | Expr::Field(_));
        for (sign, step) in [("++", 1.0), ("--", -1.0)] {
            if target && self.take(sign)? {
                return Ok(Expr::Step(false, step, Box::new(made)));
            }
        }
        Ok(made)
    }

    fn primary(&mut self) -> Parsed<Expr> {
        let token = self.token.clone();
        match token {
            Token::Number(number) => {
                self.advance()?;
                Ok(Expr::Number(number))
            }
            Token::Text(text) => {
                self.advance()?;
                Ok(Expr::Text(text.into()))
            }
            Token::Sign("/" | "/=") => {
                let source = self.regex()?;
                let pattern = Pattern::regex(&source, true, false).ok_or_else(|| self.wrong())?;
                Ok(Expr::Regex(Rc::new(pattern)))
            }
            Token::Sign("$") => {
                self.advance()?;
                self.deeper()?;
                let operand = match &self.token {
                    Token::Sign("++" | "--") => self.stepped()?,
                    Token::Sign("-" | "+" | "!") => self.unary()?,
                    _ => self.primary()?,
                };
                self.depth -= 1;
                Ok(Expr::Field(Box::new(operand)))
            }
            Token::Sign("(") => {
                self.advance()?;
                self.deeper()?;
                let mut list = self.list(")")?;
                self.depth -= 1;
                match list.len() {
                    1 => Ok(Expr::Group(Box::new(list.remove(0)))),
                    0 => Err(self.wrong()),
                    // A list is a key of several parts, or print's words.
                    _ => Ok(Expr::Group(Box::new(Expr::In(list, "".into())))),
                }
            }
            Token::Keyword(word) if word == "getline" => {
                self.advance()?;
                let target = match &self.token {
                    Token::Name(..) | Token::Sign("$") => Some(Box::new(self.primary()?)),
                    _ => None,
                };
                let file = if self.take("<")? { Some(Box::new(self.stepped()?)) } else { None };
                Ok(Expr::GetLine(target, file))
            }
            Token::Builtin(name) => {
                self.advance()?;
                let arguments = if self.take("(")? { self.list(")")? } else { vec![] };
                match name.as_str() {
                    "gensub" | "asort" | "asorti" => return Err(Wrong::Unsupported("gawk's own functions")),
                    _ => {}
                }
                Ok(Expr::Builtin(name.as_str().into(), arguments))
            }
            Token::Name(name, called) => {
                self.advance()?;
                let name: Rc<str> = name.as_str().into();
                if called && self.is("(") {
                    self.advance()?;
                    return Ok(Expr::Call(name, self.list(")")?));
                }
                if self.take("[")? {
                    return Ok(Expr::Item(name, self.list("]")?));
                }
                Ok(Expr::Variable(name))
            }
            _ => Err(self.wrong()),
        }
    }
}

/// `target = value`, where the target may be the last operand of an expression without parentheses.
fn assign(sign: &'static str, target: Expr, value: Expr) -> Option<Expr> {
    Some(match target {
        Expr::Variable(_) | Expr::Item(..) | Expr::Field(_) => {
            Expr::Assign(sign, Box::new(target), Box::new(value))
        }
        Expr::And(left, right) => Expr::And(left, Box::new(assign(sign, *right, value)?)),
        Expr::Or(left, right) => Expr::Or(left, Box::new(assign(sign, *right, value)?)),
        Expr::Unary(unary, right) => Expr::Unary(unary, Box::new(assign(sign, *right, value)?)),
        Expr::Binary(operator, left, right) => {
            Expr::Binary(operator, left, Box::new(assign(sign, *right, value)?))
        }
        Expr::Match(yes, left, right) => Expr::Match(yes, left, Box::new(assign(sign, *right, value)?)),
        _ => return None,
    })
}

/// A quoted text that begins here, its escapes read, and its length in the source.
pub(super) fn quoted(text: &str, quote: char) -> Option<(String, usize)> {
    let mut out = String::new();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            _ if c == quote => return Some((out, at + 1)),
            '\n' => return None,
            '\\' => {
                let (at, next) = chars.next()?;
                match next {
                    '\\' | '"' | '/' => out.push(next),
                    '\n' => {}
                    'a' | 'b' | 'f' | 'n' | 'r' | 't' | 'v' | '0'..='7' => {
                        let digits =
                            text[at..].bytes().take(3).take_while(|c| (b'0'..=b'7').contains(c)).count();
                        let length = digits.max(1);
                        _ = crate::word::unescape(&["\\", &text[at..at + length]].concat(), &mut out);
                        for _ in 1..length {
                            chars.next();
                        }
                    }
                    _ => out.extend(['\\', next]),
                }
            }
            c => out.push(c),
        }
    }
    None
}
