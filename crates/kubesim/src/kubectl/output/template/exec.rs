//! A template's execution. Models `text/template/exec.go`.

use super::data::{Data, View};
use super::functions::{FUNCTIONS, Function};
use super::number::Number;
use super::parse::{Block, Node, Operand, Pipe, Term, Word, command_text};
use super::text::{NAME, push};
use serde_json::Value;
use std::collections::BTreeMap;

/// How many templates may call each other.
const MOST_DEPTH: usize = 100;
/// How many actions a template may carry out.
const MOST_STEPS: usize = 2_000_000;

/// What an error is about.
#[derive(Clone, Copy)]
enum At<'t> {
    Nowhere,
    Operand(&'t Operand),
    Command(&'t [Operand]),
    Pipe(&'t Pipe),
    Template(&'t Node),
}

/// How a list of nodes ended.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    On,
    Break,
    Continue,
}

/// An execution.
pub(super) struct State<'t, 'd> {
    /// The template as it was written.
    text: &'t str,
    /// Its own nodes, and those of the templates that it defines.
    nodes: &'t BTreeMap<String, Vec<Node>>,
    /// Whether what is not there is nothing, not an error.
    allow_missing: bool,
    /// The template's name that is being executed.
    name: &'t str,
    at: At<'t>,
    variables: Vec<(&'t str, Data<'d>)>,
    depth: usize,
    steps: usize,
    pub(super) out: String,
}

impl<'t, 'd> State<'t, 'd> {
    pub(super) fn new(
        text: &'t str,
        nodes: &'t BTreeMap<String, Vec<Node>>,
        allow_missing: bool,
    ) -> State<'t, 'd> {
        State {
            text,
            nodes,
            allow_missing,
            name: NAME,
            at: At::Nowhere,
            variables: Vec::new(),
            depth: 0,
            steps: 0,
            out: String::new(),
        }
    }

    /// Prints a tree. Errors: Go's words; what was printed before stays in `out`.
    pub(super) fn run(&mut self, tree: &'d Value) -> Result<(), String> {
        let dot = Data::Tree(tree);
        self.variables.push(("$", dot.clone()));
        let all = self.nodes;
        let nodes = all.get(NAME).map_or(&[][..], |nodes| nodes);
        self.walk(&dot, nodes).map(|_| ())
    }

    /// An error, with where it came up.
    fn error(&self, why: impl AsRef<str>) -> String {
        let (at, context) = match self.at {
            At::Nowhere => return format!("template: {}: {}", self.name, why.as_ref()),
            At::Operand(operand) => (operand.at, operand.term.to_string()),
            At::Command(command) => (command[0].at, command_text(command)),
            At::Pipe(pipe) => (pipe.at, pipe.to_string()),
            At::Template(Node::Template { at, name, pipe }) => {
                let pipe = pipe.as_ref().map(|pipe| format!(" {pipe}")).unwrap_or_default();
                (*at, format!("{{{{template {name:?}{pipe}}}}}"))
            }
            At::Template(_) => (0, String::new()),
        };
        let before = &self.text[..at];
        let line = 1 + before.matches('\n').count();
        let column = at - before.rfind('\n').map_or(0, |line_end| line_end + 1);
        format!(
            "template: {NAME}:{line}:{column}: executing {:?} at <{context}>: {}",
            self.name,
            why.as_ref()
        )
    }

    fn walk(&mut self, dot: &Data<'d>, nodes: &'t [Node]) -> Result<Flow, String> {
        for node in nodes {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return Err(format!(
                    "the template takes more than {MOST_STEPS} steps, more than is simulated"
                ));
            }
            match node {
                Node::Text(text) => push(&mut self.out, text)?,
                Node::Action(pipe) => {
                    let value = self.pipe(dot, pipe)?;
                    if pipe.variables.is_empty() {
                        match value {
                            Data::Nothing => push(&mut self.out, "<no value>")?,
                            value => push(&mut self.out, &value.view().text())?,
                        }
                    }
                }
                Node::Block(block) => {
                    let known = self.variables.len();
                    let flow = self.block(dot, block)?;
                    self.variables.truncate(known);
                    if flow != Flow::On {
                        return Ok(flow);
                    }
                }
                Node::Template { name, pipe, .. } => self.call_template(dot, node, name, pipe.as_ref())?,
                Node::Break => return Ok(Flow::Break),
                Node::Continue => return Ok(Flow::Continue),
            }
        }
        Ok(Flow::On)
    }

    fn block(&mut self, dot: &Data<'d>, block: &'t Block) -> Result<Flow, String> {
        let over = self.pipe(dot, &block.pipe)?;
        match block.word {
            Word::Range => self.range(dot, block, over),
            _ if !over.view().is_true() => self.walk(dot, &block.otherwise),
            Word::With => self.walk(&over, &block.body),
            Word::If => self.walk(dot, &block.body),
        }
    }

    fn range(&mut self, dot: &Data<'d>, block: &'t Block, over: Data<'d>) -> Result<Flow, String> {
        let known = self.variables.len();
        let mut any = false;
        let mut once = |state: &mut Self, index: Data<'d>, item: Data<'d>| -> Result<Flow, String> {
            any = true;
            state.set_range_variables(&block.pipe, index, &item)?;
            let flow = state.walk(&item, &block.body)?;
            state.variables.truncate(known);
            Ok(flow)
        };
        match over {
            Data::Tree(Value::Array(items)) => {
                for (n, item) in items.iter().enumerate() {
                    if once(self, Data::Int(n as i64), Data::Element(item))? == Flow::Break {
                        break;
                    }
                }
            }
            Data::List(items) => {
                for (n, item) in items.iter().enumerate() {
                    if once(self, Data::Int(n as i64), Data::Element(item))? == Flow::Break {
                        break;
                    }
                }
            }
            Data::Tree(Value::Object(map)) => {
                for (key, item) in map {
                    if once(self, Data::text_of(key), Data::Element(item))? == Flow::Break {
                        break;
                    }
                }
            }
            Data::Nothing => {}
            other => match other.view() {
                View::Int(_) if block.pipe.variables.len() > 1 => {
                    let shown = other.view().text();
                    return Err(
                        self.error(format!("can't use {shown} to iterate over more than one variable"))
                    );
                }
                View::Int(end) => {
                    for n in 0..end {
                        if once(self, Data::Nothing, Data::Int(n))? == Flow::Break {
                            break;
                        }
                    }
                }
                view => return Err(self.error(format!("range can't iterate over {}", view.text()))),
            },
        }
        if any { Ok(Flow::On) } else { self.walk(dot, &block.otherwise) }
    }

    /// `$v :=` is the element, `$k, $v :=` the index and the element.
    fn set_range_variables(
        &mut self,
        pipe: &'t Pipe,
        index: Data<'d>,
        item: &Data<'d>,
    ) -> Result<(), String> {
        let values = match &pipe.variables[..] {
            [] => return Ok(()),
            [item_name] => vec![(item_name, item.clone())],
            [index_name, item_name, ..] => vec![(index_name, index), (item_name, item.clone())],
        };
        // The pipeline has made them already.
        for (name, value) in values {
            self.assign(name, value)?;
        }
        Ok(())
    }

    fn assign(&mut self, name: &str, value: Data<'d>) -> Result<(), String> {
        match self.variables.iter_mut().rev().find(|(known, _)| *known == name) {
            Some((_, known)) => {
                *known = value;
                Ok(())
            }
            None => Err(self.error(format!("undefined variable: {name}"))),
        }
    }

    fn call_template(
        &mut self,
        dot: &Data<'d>,
        node: &'t Node,
        name: &'t str,
        pipe: Option<&'t Pipe>,
    ) -> Result<(), String> {
        self.at = At::Template(node);
        let all = self.nodes;
        let Some(nodes) = all.get(name) else {
            return Err(self.error(format!("template {name:?} not defined")));
        };
        if self.depth == MOST_DEPTH {
            return Err(self.error(format!("exceeded maximum template depth ({MOST_DEPTH})")));
        }
        let dot = match pipe {
            Some(pipe) => self.pipe(dot, pipe)?,
            None => Data::Nothing,
        };
        let variables = std::mem::replace(&mut self.variables, vec![("$", dot.clone())]);
        let outer = std::mem::replace(&mut self.name, name);
        self.depth += 1;
        self.walk(&dot, nodes)?;
        self.depth -= 1;
        self.name = outer;
        self.variables = variables;
        Ok(())
    }

    /// A pipeline's value; sets the variables that it names.
    fn pipe(&mut self, dot: &Data<'d>, pipe: &'t Pipe) -> Result<Data<'d>, String> {
        self.at = At::Pipe(pipe);
        let mut last = None;
        for command in &pipe.commands {
            last = Some(self.command(dot, command, last.take())?.unboxed());
        }
        let value = last.unwrap_or(Data::Nothing);
        for name in &pipe.variables {
            if pipe.assigns {
                self.assign(name, value.clone())?;
            } else {
                self.variables.push((name, value.clone()));
            }
        }
        Ok(value)
    }

    fn command(
        &mut self,
        dot: &Data<'d>,
        command: &'t [Operand],
        last: Option<Data<'d>>,
    ) -> Result<Data<'d>, String> {
        let first = &command[0];
        let has_arguments = command.len() > 1 || last.is_some();
        match &first.term {
            Term::Function(name) => {
                self.at = At::Operand(first);
                return self.call(dot, name, At::Command(command), &command[1..], last);
            }
            Term::Field(_) | Term::Chain(..) => return self.fields_of(dot, first, has_arguments),
            Term::Variable(names) if names.len() > 1 => return self.fields_of(dot, first, has_arguments),
            Term::Pipe(pipe) if !has_arguments => return self.pipe(dot, pipe),
            _ => self.at = At::Operand(first),
        }
        if has_arguments {
            return Err(self.error(format!("can't give argument to non-function {}", first.term)));
        }
        match &first.term {
            Term::Nil => Err(self.error("nil is not a command")),
            _ => self.constant(dot, first),
        }
    }

    /// The value of what needs no arguments.
    fn constant(&mut self, dot: &Data<'d>, operand: &'t Operand) -> Result<Data<'d>, String> {
        Ok(match &operand.term {
            Term::Dot => dot.clone(),
            Term::Bool(bool) => Data::Bool(*bool),
            Term::Number { number: Number::Int(int), .. } => Data::Int(*int),
            Term::Number { number: Number::Float(float), .. } => Data::Float(*float),
            Term::Number { text, .. } => return Err(self.error(format!("{text} overflows int"))),
            Term::Text { text, .. } => Data::text_of(text),
            Term::Variable(names) => {
                match self.variables.iter().rev().find(|(known, _)| *known == names[0]) {
                    Some((_, value)) => value.clone(),
                    None => return Err(self.error(format!("undefined variable: {}", names[0]))),
                }
            }
            _ => Data::Nothing,
        })
    }

    /// `.a.b`, `$x.a`, `(…).a`
    fn fields_of(
        &mut self,
        dot: &Data<'d>,
        operand: &'t Operand,
        has_arguments: bool,
    ) -> Result<Data<'d>, String> {
        self.at = At::Operand(operand);
        let (mut value, names) = match &operand.term {
            Term::Field(names) => (dot.clone(), &names[..]),
            Term::Variable(names) => (self.constant(dot, operand)?, &names[1..]),
            Term::Chain(inner, names) => (self.argument(dot, inner, false)?, &names[..]),
            _ => (self.constant(dot, operand)?, &[][..]),
        };
        for (n, name) in names.iter().enumerate() {
            value = self.field(&value, name, has_arguments && n + 1 == names.len())?;
        }
        Ok(value)
    }

    fn field(&mut self, of: &Data<'d>, name: &str, has_arguments: bool) -> Result<Data<'d>, String> {
        match of {
            Data::Nothing if self.allow_missing => Ok(Data::Nothing),
            Data::Nothing => Err(self.error(format!("nil data; no entry for key {name:?}"))),
            Data::Element(Value::Null) => {
                Err(self.error(format!("nil pointer evaluating interface {{}}.{name}")))
            }
            Data::Element(Value::Object(map)) | Data::Tree(Value::Object(map)) => {
                if has_arguments {
                    return Err(self.error(format!("{name} is not a method but has arguments")));
                }
                match map.get(name) {
                    Some(value) => Ok(Data::Element(value)),
                    None if self.allow_missing => Ok(Data::Nothing),
                    None => Err(self.error(format!("map has no entry for key {name:?}"))),
                }
            }
            other => {
                let of_type = other.known_type();
                Err(self.error(format!("can't evaluate field {name} in type {of_type}")))
            }
        }
    }

    /// An argument; of type string if `as_text`.
    fn argument(&mut self, dot: &Data<'d>, operand: &'t Operand, as_text: bool) -> Result<Data<'d>, String> {
        self.at = At::Operand(operand);
        let value = match &operand.term {
            Term::Nil if as_text => return Err(self.error("cannot assign nil to string")),
            Term::Nil => Data::Nothing,
            Term::Pipe(pipe) => self.pipe(dot, pipe)?,
            Term::Function(name) => self.call(dot, name, At::Operand(operand), &[], None)?,
            Term::Field(_) | Term::Chain(..) => self.fields_of(dot, operand, false)?,
            Term::Variable(names) if names.len() > 1 => self.fields_of(dot, operand, false)?,
            Term::Bool(_) | Term::Number { .. } if as_text => {
                return Err(self.error(format!("expected string; found {}", operand.term)));
            }
            _ => self.constant(dot, operand)?,
        };
        self.validated(value, as_text)
    }

    fn validated(&self, value: Data<'d>, as_text: bool) -> Result<Data<'d>, String> {
        match (&value, value.view()) {
            _ if !as_text => Ok(value),
            (Data::Nothing, _) => Err(self.error("invalid value; expected string")),
            (_, View::Text(_)) => Ok(value),
            _ => Err(self.error(format!("wrong type for value; expected string; got {}", value.type_name()))),
        }
    }

    fn call(
        &mut self,
        dot: &Data<'d>,
        name: &str,
        whole: At<'t>,
        operands: &'t [Operand],
        last: Option<Data<'d>>,
    ) -> Result<Data<'d>, String> {
        let Some(function) = FUNCTIONS.iter().find(|function| function.name == name) else {
            return Err(self.error(format!("{name:?} is not a defined function")));
        };
        let Function { least, exact, .. } = *function;
        let given = operands.len() + usize::from(last.is_some());
        if exact && given != least {
            return Err(self.error(format!("wrong number of args for {name}: want {least} got {given}")));
        }
        if given < least {
            let given = operands.len();
            return Err(
                self.error(format!("wrong number of args for {name}: want at least {least} got {given}"))
            );
        }
        let mut arguments: Vec<Data<'d>> = Vec::with_capacity(given);
        for operand in operands {
            let as_text = function.takes_text && arguments.is_empty();
            let argument = self.argument(dot, operand, as_text)?;
            let decides = matches!(name, "and" | "or") && argument.view().is_true() == (name == "or");
            arguments.push(argument);
            if decides {
                return Ok(arguments.remove(arguments.len() - 1));
            }
        }
        if let Some(last) = last {
            let last = self.validated(last, function.takes_text && arguments.is_empty())?;
            arguments.push(last);
        }
        match (function.run)(&arguments) {
            Ok(value) => Ok(value),
            Err(mut why) => {
                self.at = whole;
                if let (true, Some(operand)) = (name == "call", operands.first()) {
                    why = why.replace("non-function of", &format!("non-function {} of", operand.term));
                }
                Err(self.error(format!("error calling {name}: {why}")))
            }
        }
    }
}
