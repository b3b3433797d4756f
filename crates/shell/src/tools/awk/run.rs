//! The interpreter: variables, fields, records, and what each statement and expression does.
//! Long: one interpreter, an arm for each of its forms.

use super::super::format::conversion;
use super::parse::{Expr, Function, Program, Rule, Statement};
use super::value::Value;
use crate::host::MAX_TEXT;
use crate::number::decimal;
use crate::pattern::{Pattern, replace};
use crate::tools::date::time_text;
use crate::tools::tool::Context;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Why a run stops.
#[derive(Debug)]
pub(super) enum Stop {
    Next,
    NextFile,
    Break,
    Continue,
    Return(Value),
    Exit(i32),
    Failed(String),
    /// A command that would have to wait, or that nobody knows.
    NotSimulated(String),
    TooLong,
}

type Run<T> = Result<T, Stop>;

/// The deepest nesting of calls.
const MAX_CALLS: usize = 200;
/// The most fields of a record.
const MAX_FIELDS: usize = 10_000;

/// An array: its items by key, and in the order of their making.
type Array = BTreeMap<Rc<str>, Value>;

#[derive(Clone, Debug)]
enum Local {
    Value(Value),
    /// An array of another name.
    Array(Rc<str>),
}

#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    program: Rc<Program>,
    variables: BTreeMap<Rc<str>, Value>,
    arrays: BTreeMap<Rc<str>, Array>,
    /// The parameters of the functions that are called.
    frames: Vec<BTreeMap<Rc<str>, Local>>,
    /// `$0`, and the fields where it has been split.
    record: Rc<str>,
    fields: Option<Vec<Value>>,
    /// Input that has not been taken yet.
    buffer: String,
    ranges: Vec<bool>,
    /// Assignments among the operands.
    pub(super) pending: Vec<(String, String)>,
    /// What comes next is of another file, even if that has the same name.
    file_has_ended: bool,
    /// Files that are read with getline, and how far.
    reading: BTreeMap<String, (String, usize)>,
    /// Files that have been written.
    written: Vec<String>,
    /// What is given to commands (`print | "sort"`), which run when they are closed.
    pipes: Vec<(String, String)>,
    steps: i64,
    most: i64,
    made: usize,
    random: u64,
    pub(super) over: bool,
}

impl Interpreter {
    pub(super) fn new(program: Program, c: &Context) -> Interpreter {
        let mut variables: BTreeMap<Rc<str>, Value> = BTreeMap::new();
        let texts = [
            ("FS", " "),
            ("OFS", " "),
            ("ORS", "\n"),
            ("RS", "\n"),
            ("SUBSEP", "\x1c"),
            ("CONVFMT", "%.6g"),
            ("OFMT", "%.6g"),
            ("FILENAME", ""),
        ];
        variables.extend(texts.map(|(name, value)| (name.into(), Value::Text(value.into()))));
        for name in ["NR", "NF", "FNR", "RSTART"] {
            variables.insert(name.into(), Value::Number(0.0));
        }
        variables.insert("RLENGTH".into(), Value::Number(-1.0));
        let mut environment = Array::new();
        for (name, var) in
            c.environment.0.iter().filter(|(name, var)| var.exported && crate::word::is_name(name))
        {
            environment.insert(name.as_str().into(), Value::input(&var.value));
        }
        let ranges = vec![false; program.ranges];
        Interpreter {
            program: Rc::new(program),
            variables,
            arrays: [(Rc::from("ENVIRON"), environment)].into(),
            frames: vec![],
            record: "".into(),
            fields: None,
            buffer: String::new(),
            ranges,
            pending: vec![],
            file_has_ended: false,
            reading: BTreeMap::new(),
            written: vec![],
            pipes: vec![],
            steps: 0,
            most: 0,
            made: 0,
            random: 1,
            over: false,
        }
    }

    pub(super) fn assign_operand(&mut self, name: &str, value: &str) {
        let mut text = String::new();
        crate::word::unescape(value, &mut text);
        self.variables.insert(name.into(), Value::input(&text));
    }

    pub(super) fn arguments(&mut self, words: &[String]) {
        let mut all = Array::new();
        all.insert("0".into(), Value::Text("awk".into()));
        for (n, word) in words.iter().enumerate() {
            all.insert((n + 1).to_string().into(), Value::input(word));
        }
        self.variables.insert("ARGC".into(), Value::Number(all.len() as f64));
        self.arrays.insert("ARGV".into(), all);
    }

    /// Whether there is anything but BEGIN.
    pub(super) fn needs_input(&self) -> bool {
        self.program.rules.iter().any(|(rule, _)| !matches!(rule, Rule::Begin))
    }

    pub(super) fn take_steps(&mut self) -> i64 {
        std::mem::take(&mut self.steps)
    }

    pub(super) fn begin(&mut self, c: &mut Context, most: i64) -> Run<()> {
        self.most = most;
        self.rules(c, |rule| matches!(rule, Rule::Begin))
    }

    pub(super) fn end(&mut self, c: &mut Context, most: i64) -> Run<()> {
        self.most = most;
        self.rules(c, |rule| matches!(rule, Rule::End))
    }

    fn rules(&mut self, c: &mut Context, which: fn(&Rule) -> bool) -> Run<()> {
        let program = self.program.clone();
        for (_, body) in program.rules.iter().filter(|(rule, _)| which(rule)) {
            if let Some(body) = body {
                self.statement(c, body)?;
            }
        }
        Ok(())
    }

    /// Takes input of a file; `last`: it ends.
    pub(super) fn feed(&mut self, c: &mut Context, file: &str, text: &str, last: bool, most: i64) -> Run<()> {
        self.most = most;
        let other = *self.variable_text("FILENAME") != *file || self.file_has_ended;
        if !text.is_empty() && other || !self.pending.is_empty() {
            for (name, value) in std::mem::take(&mut self.pending) {
                self.assign_operand(&name, &value);
            }
            self.variables.insert("FILENAME".into(), Value::Text(file.into()));
            self.variables.insert("FNR".into(), Value::Number(0.0));
        }
        self.file_has_ended = last;
        self.buffer.push_str(text);
        while let Some(record) = self.next_record(last) {
            match self.main_rules(c, &record) {
                Ok(()) | Err(Stop::Next) => {}
                Err(Stop::NextFile) => {
                    self.buffer.clear();
                    break;
                }
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }

    fn main_rules(&mut self, c: &mut Context, record: &str) -> Run<()> {
        self.count_record();
        self.set_record(record);
        let program = self.program.clone();
        for (rule, body) in &program.rules {
            let chosen = match rule {
                Rule::Begin | Rule::End => false,
                Rule::Always => true,
                Rule::When(test) => self.eval(c, test)?.is_true(),
                Rule::Range(from, to, n) => {
                    let within = self.ranges[*n] || self.eval(c, from)?.is_true();
                    if within {
                        self.ranges[*n] = !self.eval(c, to)?.is_true();
                    }
                    within
                }
            };
            match body {
                _ if !chosen => {}
                Some(body) => self.statement(c, body)?,
                None => {
                    let line = [&*self.record, &*self.variable_text("ORS")].concat();
                    c.out.push_str(&line);
                }
            }
        }
        Ok(())
    }

    fn count_record(&mut self) {
        for name in ["NR", "FNR"] {
            let number = self.variables.get(name).map_or(0.0, Value::number) + 1.0;
            self.variables.insert(name.into(), Value::Number(number));
        }
    }

    /// The next record of the input, if it is all there.
    fn next_record(&mut self, last: bool) -> Option<String> {
        let separator = self.variable_text("RS");
        if separator.is_empty() {
            let start = self.buffer.len() - self.buffer.trim_start_matches('\n').len();
            self.buffer.drain(..start);
            let (end, next) = match self.buffer.find("\n\n") {
                Some(end) => (end, end + 2),
                None if last && !self.buffer.is_empty() => {
                    (self.buffer.trim_end_matches('\n').len(), self.buffer.len())
                }
                None => return None,
            };
            let record = self.buffer[..end].to_string();
            self.buffer.drain(..next);
            return Some(record);
        }
        let found = match separator.chars().count() {
            1 => self.buffer.find(&*separator).map(|at| (at, at + separator.len())),
            _ => {
                let pattern = Pattern::regex(&separator, true, false)?;
                let found = pattern.find(&self.buffer, 0)?;
                found[0].zip(found[1]).filter(|(_, end)| *end < self.buffer.len() || last)
            }
        };
        match found {
            Some((end, next)) => {
                let record = self.buffer[..end].to_string();
                self.buffer.drain(..next);
                Some(record)
            }
            None if last && !self.buffer.is_empty() => Some(std::mem::take(&mut self.buffer)),
            None => None,
        }
    }

    // Records and fields
    fn set_record(&mut self, record: &str) {
        self.record = record.into();
        self.fields = None;
    }

    fn fields(&mut self) -> &mut Vec<Value> {
        if self.fields.is_none() {
            let separator = self.variable_text("FS");
            let mut parts = split(&self.record, &separator);
            if self.variable_text("RS").is_empty() && &*separator != " " && &*separator != "\n" {
                parts = parts.iter().flat_map(|p| p.split('\n')).collect();
            }
            let fields: Vec<Value> = parts.into_iter().map(Value::input).collect();
            self.variables.insert("NF".into(), Value::Number(fields.len() as f64));
            self.fields = Some(fields);
        }
        self.fields.get_or_insert_default()
    }

    fn field(&mut self, n: f64) -> Run<Value> {
        if n < 0.0 {
            return Err(Stop::Failed(format!("attempt to access field {n:.0}")));
        }
        if n < 1.0 {
            return Ok(Value::input(&self.record));
        }
        Ok(self.fields().get(n as usize - 1).cloned().unwrap_or(Value::Nothing))
    }

    fn set_field(&mut self, n: f64, value: Value) -> Run<()> {
        let text = value.text(&self.variable_text("CONVFMT"));
        if n < 1.0 {
            self.set_record(&text);
            return Ok(());
        }
        let n = n as usize;
        if n > MAX_FIELDS {
            return Err(Stop::Failed(format!("field {n} is too far")));
        }
        let fields = self.fields();
        if fields.len() < n {
            fields.resize(n, Value::Text("".into()));
        }
        fields[n - 1] = Value::input(&text);
        let count = fields.len();
        self.variables.insert("NF".into(), Value::Number(count as f64));
        self.join_fields();
        Ok(())
    }

    /// The record anew from its fields.
    fn join_fields(&mut self) {
        let separator = self.variable_text("OFS");
        let texts: Vec<Rc<str>> = self.fields().iter().map(|f| f.text("%.6g")).collect();
        self.record = texts.join(&separator).into();
    }

    // Variables
    fn variable_text(&self, name: &str) -> Rc<str> {
        self.variables.get(name).map_or("".into(), |v| v.text("%.6g"))
    }

    fn local(&self, name: &str) -> Option<&Local> {
        self.frames.last()?.get(name)
    }

    fn variable(&mut self, name: &str) -> Value {
        if let Some(Local::Value(value)) = self.local(name) {
            return value.clone();
        }
        if name == "NF" {
            self.fields();
        }
        self.variables.get(name).cloned().unwrap_or(Value::Nothing)
    }

    fn set_variable(&mut self, name: &Rc<str>, value: Value) {
        if let Some(frame) = self.frames.last_mut()
            && let Some(local) = frame.get_mut(name)
        {
            *local = Local::Value(value);
            return;
        }
        if &**name == "NF" {
            let count = (value.number().max(0.0) as usize).min(MAX_FIELDS);
            self.fields().resize(count, Value::Text("".into()));
            self.variables.insert(name.clone(), Value::Number(count as f64));
            return self.join_fields();
        }
        self.variables.insert(name.clone(), value);
    }

    /// The array that a name stands for.
    fn array_name(&mut self, name: &Rc<str>) -> Rc<str> {
        match self.local(name) {
            Some(Local::Array(outer)) => outer.clone(),
            // A parameter that is not set yet becomes an array of its own.
            Some(Local::Value(_)) => {
                self.made += 1;
                let own: Rc<str> = format!("{name} {}", self.made).into();
                if let Some(frame) = self.frames.last_mut() {
                    frame.insert(name.clone(), Local::Array(own.clone()));
                }
                own
            }
            None => name.clone(),
        }
    }

    fn array(&mut self, name: &Rc<str>) -> &mut Array {
        let name = self.array_name(name);
        self.arrays.entry(name).or_default()
    }

    fn key(&mut self, c: &mut Context, parts: &[Expr]) -> Run<Rc<str>> {
        let mut texts = vec![];
        let format = self.variable_text("CONVFMT");
        for part in parts {
            texts.push(self.eval(c, part)?.text(&format));
        }
        match &texts[..] {
            [one] => Ok(one.clone()),
            _ => Ok(texts.join(&self.variable_text("SUBSEP")).into()),
        }
    }

    // Statements
    fn step(&mut self) -> Run<()> {
        self.steps += 1;
        if self.steps > self.most { Err(Stop::TooLong) } else { Ok(()) }
    }

    /// Carries a statement out. Long: an arm for each kind.
    fn statement(&mut self, c: &mut Context, statement: &Statement) -> Run<()> {
        self.step()?;
        match statement {
            Statement::Expr(expr) => drop(self.eval(c, expr)?),
            Statement::Print(words, format, to) => self.print(c, words, *format, to.as_ref())?,
            Statement::If(test, yes, no) => {
                if self.eval(c, test)?.is_true() {
                    self.statement(c, yes)?;
                } else if let Some(no) = no {
                    self.statement(c, no)?;
                }
            }
            Statement::While(test, body) => {
                while self.eval(c, test)?.is_true() {
                    if self.leaves(c, body)? {
                        break;
                    }
                }
            }
            Statement::Do(body, test) => loop {
                if self.leaves(c, body)? || !self.eval(c, test)?.is_true() {
                    break;
                }
            },
            Statement::For(start, test, step, body) => {
                if let Some(start) = start {
                    self.statement(c, start)?;
                }
                loop {
                    if let Some(test) = test
                        && !self.eval(c, test)?.is_true()
                    {
                        break;
                    }
                    if self.leaves(c, body)? {
                        break;
                    }
                    if let Some(step) = step {
                        self.statement(c, step)?;
                    }
                }
            }
            Statement::ForIn(name, array, body) => {
                let keys: Vec<Rc<str>> = self.array(array).keys().cloned().collect();
                for key in keys {
                    if !self.array(array).contains_key(&key) {
                        continue;
                    }
                    self.set_variable(name, Value::input(&key));
                    if self.leaves(c, body)? {
                        break;
                    }
                }
            }
            Statement::Block(all) => {
                for statement in all {
                    self.statement(c, statement)?;
                }
            }
            Statement::Next => return Err(Stop::Next),
            Statement::NextFile => return Err(Stop::NextFile),
            Statement::Break => return Err(Stop::Break),
            Statement::Continue => return Err(Stop::Continue),
            Statement::Exit(code) => {
                let code = match code {
                    Some(code) => status(self.eval(c, code)?.number()),
                    None => 0,
                };
                return Err(Stop::Exit(code));
            }
            Statement::Return(value) => {
                let value = match value {
                    Some(value) => self.eval(c, value)?,
                    None => Value::Nothing,
                };
                return Err(Stop::Return(value));
            }
            Statement::Delete(name, None) => self.array(name).clear(),
            Statement::Delete(name, Some(keys)) => {
                let key = self.key(c, keys)?;
                self.array(name).remove(&key);
            }
        }
        Ok(())
    }

    /// A loop's body: whether the loop is left.
    fn leaves(&mut self, c: &mut Context, body: &Statement) -> Run<bool> {
        self.step()?;
        match self.statement(c, body) {
            Ok(()) | Err(Stop::Continue) => Ok(false),
            Err(Stop::Break) => Ok(true),
            Err(stop) => Err(stop),
        }
    }

    fn print(
        &mut self,
        c: &mut Context,
        words: &[Expr],
        format: bool,
        to: Option<&(&'static str, Expr)>,
    ) -> Run<()> {
        let mut values = vec![];
        for word in words {
            values.push(self.eval(c, word)?);
        }
        let text = if format {
            self.format(&values)
        } else if values.is_empty() {
            [&*self.record, &*self.variable_text("ORS")].concat()
        } else {
            let numbers = self.variable_text("OFMT");
            let texts: Vec<Rc<str>> = values.iter().map(|v| v.text(&numbers)).collect();
            [&*texts.join(&self.variable_text("OFS")), &*self.variable_text("ORS")].concat()
        };
        let Some((sign, file)) = to else {
            if c.out.len() > MAX_TEXT {
                return Err(Stop::TooLong);
            }
            c.out.push_str(&text);
            return Ok(());
        };
        let file = self.eval(c, file)?.text("%.6g").to_string();
        if *sign == "|" {
            match self.pipes.iter_mut().find(|(command, _)| *command == file) {
                Some((_, given)) if given.len() > MAX_TEXT => return Err(Stop::TooLong),
                Some((_, given)) => given.push_str(&text),
                None => self.pipes.push((file, text)),
            }
            return Ok(());
        }
        let append = *sign == ">>" || self.written.contains(&file);
        if !self.written.contains(&file) {
            self.written.push(file.clone());
        }
        if file == "/dev/stderr" {
            c.err.push_str(&text);
            return Ok(());
        }
        c.write(&file, &text, append)
            .map_err(|error| Stop::Failed(format!("cannot open \"{file}\" for output ({})", error.text())))
    }

    /// Runs the commands that something was printed into: this one, or all of them. The last one's status.
    pub(super) fn close_pipes(&mut self, c: &mut Context, only: Option<&str>) -> Run<()> {
        let (chosen, kept) = std::mem::take(&mut self.pipes)
            .into_iter()
            .partition(|(command, _)| only.is_none_or(|only| only == command));
        self.pipes = kept;
        let chosen: Vec<(String, String)> = chosen;
        for (command, text) in chosen {
            let (out, _) = c.run_command(&command, &text).ok_or(Stop::NotSimulated(command))?;
            c.out.push_str(&out);
        }
        Ok(())
    }

    fn format(&mut self, values: &[Value]) -> String {
        let numbers = self.variable_text("CONVFMT");
        let format = values.first().map_or("".into(), |v| v.text(&numbers));
        let mut args = values[1.min(values.len())..].iter();
        let mut out = String::new();
        let mut rest = &*format;
        while let Some(at) = rest.find('%') {
            out.push_str(&rest[..at]);
            rest = &rest[at..];
            if let Some(after) = rest.strip_prefix("%%") {
                out.push('%');
                rest = after;
                continue;
            }
            let mut star = || args.next().map_or(0, |v| v.number() as i64);
            let Some((conversion, after)) = conversion(&rest[1..], &mut star) else { break };
            let value = args.next().cloned().unwrap_or(Value::Nothing);
            rest = after;
            out.push_str(&match conversion.letter {
                'd' | 'i' | 'x' | 'X' | 'o' | 'u' => conversion.integer(value.number() as i64),
                'f' | 'F' | 'e' | 'E' | 'g' | 'G' => conversion.float(value.number()),
                'c' => match &value {
                    Value::Number(code) => {
                        let text = char::from_u32(*code as u32).map(String::from).unwrap_or_default();
                        conversion.pad(&text, false)
                    }
                    value => conversion.pad(&value.text(&numbers).chars().take(1).collect::<String>(), false),
                },
                _ => conversion.text(&value.text(&numbers)),
            });
        }
        out.push_str(rest);
        out
    }

    // Expressions
    /// An expression's value. Long: an arm for each kind.
    fn eval(&mut self, c: &mut Context, expr: &Expr) -> Run<Value> {
        self.step()?;
        let truth = |yes: bool| Value::Number(f64::from(u8::from(yes)));
        Ok(match expr {
            Expr::Number(number) => Value::Number(*number),
            Expr::Text(text) => Value::Text(text.clone()),
            Expr::Regex(pattern) => {
                let record = self.record.clone();
                truth(pattern.is_match(&record))
            }
            Expr::Variable(name) => self.variable(name),
            Expr::Item(name, keys) => {
                let key = self.key(c, keys)?;
                self.array(name).entry(key).or_insert(Value::Nothing).clone()
            }
            Expr::Field(n) => {
                let n = self.eval(c, n)?.number();
                self.field(n)?
            }
            Expr::Assign(sign, target, value) => {
                let value = self.eval(c, value)?;
                let value = match *sign {
                    "=" => value,
                    sign => {
                        let old = self.eval(c, target)?.number();
                        Value::Number(calculate(&sign[..sign.len() - 1], old, value.number())?)
                    }
                };
                self.assign(c, target, value.clone())?;
                value
            }
            Expr::Step(before, by, target) => {
                let old = self.eval(c, target)?.number();
                self.assign(c, target, Value::Number(old + by))?;
                Value::Number(if *before { old + by } else { old })
            }
            Expr::Unary("!", operand) => {
                let operand = self.eval(c, operand)?.is_true();
                truth(!operand)
            }
            Expr::Unary(sign, operand) => {
                let number = self.eval(c, operand)?.number();
                Value::Number(if *sign == "-" { -number } else { number })
            }
            Expr::Binary(" ", left, right) => {
                let format = self.variable_text("CONVFMT");
                let left = self.eval(c, left)?.text(&format);
                let right = self.eval(c, right)?.text(&format);
                if left.len() + right.len() > MAX_TEXT {
                    return Err(Stop::TooLong);
                }
                self.steps += (left.len() + right.len()) as i64 / 64;
                Value::Text([&*left, &*right].concat().into())
            }
            Expr::Binary(sign @ ("<" | "<=" | "==" | "!=" | ">" | ">="), left, right) => {
                let (left, right) = (self.eval(c, left)?, self.eval(c, right)?);
                let order = if left.is_numeric() && right.is_numeric() {
                    left.number().partial_cmp(&right.number())
                } else {
                    let format = self.variable_text("CONVFMT");
                    Some(left.text(&format).cmp(&right.text(&format)))
                };
                truth(order.is_some_and(|order| match *sign {
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                }))
            }
            Expr::Binary(sign, left, right) => {
                let (left, right) = (self.eval(c, left)?.number(), self.eval(c, right)?.number());
                Value::Number(calculate(sign, left, right)?)
            }
            Expr::Match(yes, left, right) => {
                let text = self.eval(c, left)?.text("%.6g");
                let pattern = self.pattern(c, right)?;
                truth(pattern.is_match(&text) == *yes)
            }
            Expr::And(left, right) => truth(self.eval(c, left)?.is_true() && self.eval(c, right)?.is_true()),
            Expr::Or(left, right) => truth(self.eval(c, left)?.is_true() || self.eval(c, right)?.is_true()),
            Expr::Choice(test, yes, no) => {
                let chosen = if self.eval(c, test)?.is_true() { yes } else { no };
                self.eval(c, chosen)?
            }
            Expr::In(keys, name) => {
                let key = self.key(c, keys)?;
                truth(self.array(name).contains_key(&key))
            }
            Expr::Call(name, arguments) => self.call(c, name, arguments)?,
            Expr::Builtin(name, arguments) => self.builtin(c, name, arguments)?,
            Expr::GetLine(target, file) => {
                let file = match file {
                    Some(file) => Some(self.eval(c, file)?.text("%.6g").to_string()),
                    None => None,
                };
                self.get_line(c, target.as_deref(), file)?
            }
            Expr::Output(command, target) => {
                let command = self.eval(c, command)?.text("%.6g").to_string();
                if !self.reading.contains_key(&command) {
                    let (out, _) = c.run_command(&command, "").ok_or(Stop::NotSimulated(command.clone()))?;
                    self.reading.insert(command.clone(), (out, 0));
                }
                self.get_line(c, target.as_deref(), Some(command))?
            }
            Expr::Group(inner) => self.eval(c, inner)?,
        })
    }

    fn assign(&mut self, c: &mut Context, target: &Expr, value: Value) -> Run<()> {
        match target {
            Expr::Variable(name) => self.set_variable(name, value),
            Expr::Item(name, keys) => {
                let key = self.key(c, keys)?;
                self.array(name).insert(key, value);
            }
            Expr::Field(n) => {
                let n = self.eval(c, n)?.number();
                self.set_field(n, value)?;
            }
            Expr::Group(inner) => self.assign(c, inner, value)?,
            _ => return Err(Stop::Failed("assignment to what is no variable".into())),
        }
        Ok(())
    }

    /// An expression as a pattern.
    fn pattern(&mut self, c: &mut Context, expr: &Expr) -> Run<Rc<Pattern>> {
        if let Expr::Regex(pattern) = expr {
            return Ok(pattern.clone());
        }
        let source = self.eval(c, expr)?.text("%.6g");
        self.steps += source.len() as i64;
        let pattern = Pattern::regex(&source, true, false);
        pattern
            .map(Rc::new)
            .ok_or_else(|| Stop::Failed(format!("regular expression compile failed\n{source}")))
    }

    fn call(&mut self, c: &mut Context, name: &Rc<str>, arguments: &[Expr]) -> Run<Value> {
        let program = self.program.clone();
        let Some((_, function)) = program.functions.iter().find(|(known, _)| known == name) else {
            return Err(Stop::Failed(format!("function {name} never defined")));
        };
        if self.frames.len() >= MAX_CALLS {
            return Err(Stop::Failed("function call nesting too deep".into()));
        }
        let Function { parameters, body } = function;
        let mut frame = BTreeMap::new();
        let mut given_back = vec![];
        for (n, parameter) in parameters.iter().enumerate() {
            let local = match arguments.get(n) {
                None => Local::Value(Value::Nothing),
                Some(Expr::Variable(name)) => {
                    let is_array = match self.local(name) {
                        Some(Local::Array(_)) => true,
                        Some(Local::Value(_)) => false,
                        None => self.arrays.contains_key(name),
                    };
                    let value = self.variable(name);
                    match (is_array, &value) {
                        (true, _) => Local::Array(self.array_name(name)),
                        // Perhaps it becomes an array there.
                        (false, Value::Nothing) if self.local(name).is_none() => {
                            given_back.push((parameter.clone(), name.clone()));
                            Local::Value(value)
                        }
                        _ => Local::Value(value),
                    }
                }
                Some(other) => Local::Value(self.eval(c, other)?),
            };
            frame.insert(parameter.clone(), local);
        }
        self.frames.push(frame);
        let ended = self.statement(c, body);
        let frame = self.frames.pop().unwrap_or_default();
        for (parameter, name) in given_back {
            if let Some(Local::Array(own)) = frame.get(&parameter)
                && let Some(array) = self.arrays.remove(own)
            {
                self.arrays.insert(name, array);
            }
        }
        match ended {
            Ok(()) => Ok(Value::Nothing),
            Err(Stop::Return(value)) => Ok(value),
            Err(stop) => Err(stop),
        }
    }

    fn get_line(&mut self, c: &mut Context, target: Option<&Expr>, file: Option<String>) -> Run<Value> {
        let line = match file {
            None => {
                let Some(record) = self.next_record(true) else { return Ok(Value::Number(0.0)) };
                self.count_record();
                record
            }
            Some(file) => {
                if !self.reading.contains_key(&file) {
                    match c.read(&file) {
                        Ok(text) => drop(self.reading.insert(file.clone(), (text, 0))),
                        Err(_) => return Ok(Value::Number(-1.0)),
                    }
                }
                let Some((text, at)) = self.reading.get_mut(&file) else { return Ok(Value::Number(-1.0)) };
                let rest = &text[*at..];
                if rest.is_empty() {
                    return Ok(Value::Number(0.0));
                }
                let length = rest.find('\n').map_or(rest.len(), |n| n + 1);
                let line = rest[..length].trim_end_matches('\n').to_string();
                *at += length;
                line
            }
        };
        match target {
            Some(target) => self.assign(c, target, Value::input(&line))?,
            None => self.set_record(&line),
        }
        Ok(Value::Number(1.0))
    }

    /// Long: an arm for each of awk's functions.
    fn builtin(&mut self, c: &mut Context, name: &str, arguments: &[Expr]) -> Run<Value> {
        if name == "length" {
            let count = match arguments.first() {
                None => self.record.chars().count(),
                Some(Expr::Variable(name))
                    if matches!(self.local(name), Some(Local::Array(_)))
                        || self.local(name).is_none() && self.arrays.contains_key(name) =>
                {
                    self.array(name).len()
                }
                Some(other) => self.eval(c, other)?.text("%.6g").chars().count(),
            };
            return Ok(Value::Number(count as f64));
        }
        if matches!(name, "split" | "sub" | "gsub" | "match") {
            return self.text_function(c, name, arguments);
        }
        let mut values = vec![];
        for argument in arguments {
            values.push(self.eval(c, argument)?);
        }
        let number = |n: usize| values.get(n).map_or(0.0, Value::number);
        let text = |n: usize| values.get(n).map_or("".into(), |v| v.text("%.6g"));
        Ok(match name {
            "int" => Value::Number(number(0).trunc()),
            "sqrt" => Value::Number(number(0).sqrt()),
            "exp" => Value::Number(number(0).exp()),
            "log" => Value::Number(number(0).ln()),
            "sin" => Value::Number(number(0).sin()),
            "cos" => Value::Number(number(0).cos()),
            "atan2" => Value::Number(number(0).atan2(number(1))),
            "rand" => {
                self.random = self
                    .random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1_442_695_040_888_963_407);
                Value::Number((self.random >> 11) as f64 / (1u64 << 53) as f64)
            }
            "srand" => {
                let before = self.random;
                self.random = if values.is_empty() { c.host.now_ms() } else { number(0) as u64 };
                Value::Number(before as f64)
            }
            "systime" => Value::Number((c.host.now_ms() / 1000) as f64),
            "strftime" => {
                let format = if values.is_empty() { "%a %b %e %H:%M:%S %Z %Y".into() } else { text(0) };
                let moment = if values.len() > 1 { number(1) as i64 } else { c.host.now_ms() as i64 / 1000 };
                Value::Text(time_text(moment, 0, &format).into())
            }
            "tolower" => Value::Text(text(0).to_lowercase().into()),
            "toupper" => Value::Text(text(0).to_uppercase().into()),
            "index" => {
                let (whole, part) = (text(0), text(1));
                Value::Number(whole.find(&*part).map_or(0, |at| whole[..at].chars().count() + 1) as f64)
            }
            "substr" => {
                let whole = text(0);
                // What would come before the first character is not taken off the length.
                let first = number(1).trunc().max(1.0);
                let end = if values.len() > 2 { first + number(2).round() } else { f64::INFINITY };
                let count = (end - first).clamp(0.0, 1e9) as usize;
                Value::Text(whole.chars().skip(first as usize - 1).take(count).collect::<String>().into())
            }
            "sprintf" => Value::Text(self.format(&values).into()),
            "system" => {
                let command = text(0).to_string();
                self.close_pipes(c, None)?;
                let (out, code) = c.run_command(&command, "").ok_or(Stop::NotSimulated(command))?;
                c.out.push_str(&out);
                Value::Number(f64::from(code))
            }
            "close" => {
                let file = text(0).to_string();
                if self.pipes.iter().any(|(command, _)| *command == file) {
                    self.close_pipes(c, Some(&file))?;
                    return Ok(Value::Number(0.0));
                }
                self.written.retain(|known| *known != file);
                Value::Number(if self.reading.remove(&file).is_some() { 0.0 } else { -1.0 })
            }
            _ => Value::Number(0.0),
        })
    }

    fn text_function(&mut self, c: &mut Context, name: &str, arguments: &[Expr]) -> Run<Value> {
        let wrong = || Stop::Failed(format!("not enough arguments to {name}"));
        match name {
            "split" => {
                let [text, Expr::Variable(array), rest @ ..] = arguments else { return Err(wrong()) };
                let text = self.eval(c, text)?.text("%.6g");
                let parts: Vec<String> = match rest.first() {
                    Some(Expr::Regex(pattern)) => split_by(&text, pattern),
                    Some(separator) => {
                        let separator = self.eval(c, separator)?.text("%.6g");
                        split(&text, &separator).into_iter().map(str::to_string).collect()
                    }
                    None => {
                        let separator = self.variable_text("FS");
                        split(&text, &separator).into_iter().map(str::to_string).collect()
                    }
                };
                self.steps += parts.len() as i64;
                let items = parts
                    .iter()
                    .enumerate()
                    .map(|(n, part)| ((n + 1).to_string().into(), Value::input(part)));
                let items: Array = items.collect();
                *self.array(array) = items;
                Ok(Value::Number(parts.len() as f64))
            }
            "match" => {
                let [text, pattern, ..] = arguments else { return Err(wrong()) };
                let text = self.eval(c, text)?.text("%.6g");
                let pattern = self.pattern(c, pattern)?;
                let found = pattern.find(&text, 0).and_then(|f| Some((f[0]?, f[1]?)));
                let (start, length) = match found {
                    Some((from, to)) => {
                        (text[..from].chars().count() as f64 + 1.0, text[from..to].chars().count() as f64)
                    }
                    None => (0.0, -1.0),
                };
                self.variables.insert("RSTART".into(), Value::Number(start));
                self.variables.insert("RLENGTH".into(), Value::Number(length));
                Ok(Value::Number(start))
            }
            _ => {
                let [pattern, with, rest @ ..] = arguments else { return Err(wrong()) };
                let pattern = self.pattern(c, pattern)?;
                let with = self.eval(c, with)?.text("%.6g");
                let record = Expr::Field(Box::new(Expr::Number(0.0)));
                let target = rest.first().unwrap_or(&record);
                let text = self.eval(c, target)?.text("%.6g");
                let mut count = 0.0;
                let (made, any) = replace(&pattern, &text, name == "gsub", &mut |found, out| {
                    count += 1.0;
                    let matched = &text[found[0].unwrap_or(0)..found[1].unwrap_or(0)];
                    let mut chars = with.chars().peekable();
                    while let Some(c) = chars.next() {
                        match c {
                            '\\' if chars.peek() == Some(&'&') => out.extend(chars.next()),
                            '\\' if chars.peek() == Some(&'\\') => out.extend(chars.next()),
                            '&' => out.push_str(matched),
                            c => out.push(c),
                        }
                    }
                });
                self.steps += text.len() as i64 / 8;
                if any {
                    self.assign(c, target, Value::Text(made.into()))?;
                }
                Ok(Value::Number(count))
            }
        }
    }
}

fn calculate(sign: &str, a: f64, b: f64) -> Run<f64> {
    Ok(match sign {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        "/" | "%" if b == 0.0 => return Err(Stop::Failed("division by zero".into())),
        "/" => a / b,
        "%" => a % b,
        _ => a.powf(b),
    })
}

/// The parts of a text between separators as FS has them.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    match separator {
        " " => text.split_ascii_whitespace().collect(),
        _ if text.is_empty() => vec![],
        "" => text.split_inclusive(|_: char| true).collect(),
        _ if separator.chars().count() == 1 && separator != "\\" => text.split(separator).collect(),
        _ => match Pattern::regex(separator, true, false) {
            Some(pattern) => {
                let (mut parts, mut from, mut search) = (vec![], 0, 0);
                while let Some((start, end)) = pattern.find(text, search).and_then(|f| Some((f[0]?, f[1]?))) {
                    if start == end {
                        match text[end..].chars().next() {
                            Some(c) => search = end + c.len_utf8(),
                            None => break,
                        }
                        continue;
                    }
                    parts.push(&text[from..start]);
                    (from, search) = (end, end);
                }
                parts.push(&text[from..]);
                parts
            }
            None => vec![text],
        },
    }
}

fn split_by(text: &str, pattern: &Pattern) -> Vec<String> {
    if text.is_empty() {
        return vec![];
    }
    let (mut parts, mut from) = (vec![], 0);
    while let Some((start, end)) = pattern.find(text, from).and_then(|f| Some((f[0]?, f[1]?))) {
        if start == end {
            break;
        }
        parts.push(text[from..start].to_string());
        from = end;
    }
    parts.push(text[from..].to_string());
    parts
}

/// A number as an exit status.
fn status(value: f64) -> i32 {
    decimal(&format!("{value:.0}")).unwrap_or(0) as i32 & 255
}
