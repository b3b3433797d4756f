//! `-o jsonpath=…`, the paths of custom columns and of `--sort-by`. Models `k8s.io/client-go/util/jsonpath`.

use serde_json::Value;
use std::borrow::Cow;

/// A template that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Template {
    nodes: Vec<Node>,
    /// Missing fields are no mistake.
    pub allow_missing: bool,
}

#[derive(Clone, PartialEq, Debug)]
enum Node {
    /// What stands between braces: each step starts from what the one before it found.
    Path(Vec<Node>),
    /// Itself: text, a number, a boolean.
    Literal(Value),
    Field(String),
    Wildcard,
    Recursive,
    /// `[0]`, `[1:3]`, `[-1]`: from, to, step. A missing `to` of a single index follows from the first.
    Slice {
        from: Option<i64>,
        to: Option<i64>,
        step: Option<i64>,
        single: bool,
    },
    Union(Vec<Vec<Node>>),
    Filter {
        left: Vec<Node>,
        operator: String,
        right: Vec<Node>,
    },
    Range,
    End,
    Unknown(String),
}

/// What was found, in order.
pub type Found<'a> = Vec<Cow<'a, Value>>;

impl Template {
    /// Reads a template such as `{range .items[*]}{.metadata.name}{"\n"}{end}`.
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut nodes = Vec::new();
        let mut rest = text;
        while let Some(open) = rest.find('{') {
            if open > 0 {
                nodes.push(Node::Literal(rest[..open].into()));
            }
            let mut scan = Scan { rest: &rest[open + 1..] };
            nodes.push(Node::Path(scan.path(Some('}'))?));
            rest = scan.rest;
        }
        if !rest.is_empty() {
            nodes.push(Node::Literal(rest.into()));
        }
        Ok(Template { nodes, allow_missing: true })
    }

    /// The one path `{.a.b}`, `.a.b` or `a.b`.
    pub fn relaxed(path: &str) -> Result<Template, String> {
        let inner = path.strip_prefix('{').and_then(|p| p.strip_suffix('}')).unwrap_or(path);
        let inner = inner.strip_prefix('.').unwrap_or(inner);
        if inner.is_empty() || inner.contains(['{', '}']) {
            return Err(
                "unexpected path string, expected a 'name1.name2' or '.name1.name2' or '{name1.name2}' or \
                        '{.name1.name2}'"
                    .into(),
            );
        }
        Template::parse(&format!("{{.{inner}}}"))
    }

    /// What each part of the template finds.
    pub fn find<'a>(&self, tree: &'a Value) -> Result<Vec<Found<'a>>, String> {
        let mut results = Vec::new();
        self.run(&self.nodes, Cow::Borrowed(tree), &mut results)?;
        Ok(results)
    }

    /// All of it as text.
    pub fn print(&self, tree: &Value) -> Result<String, String> {
        let each = |found: &Found| found.iter().map(|v| print(v)).collect::<Vec<_>>().join(" ");
        Ok(self.find(tree)?.iter().map(each).collect())
    }

    fn run<'a>(
        &self,
        nodes: &[Node],
        tree: Cow<'a, Value>,
        results: &mut Vec<Found<'a>>,
    ) -> Result<(), String> {
        let mut at = 0;
        while let Some(node) = nodes.get(at) {
            match node {
                Node::Path(steps) if steps.first() == Some(&Node::End) => {
                    return Err("not in range, nothing to end".into());
                }
                Node::Path(steps) if steps.first() == Some(&Node::Range) => {
                    let length = body_length(&nodes[at + 1..]);
                    let body = &nodes[at + 1..at + 1 + length];
                    for item in self.walk(vec![tree.clone()], &steps[1..])? {
                        self.run(body, item, results)?;
                    }
                    at += length + 1;
                }
                Node::Path(steps) => results.push(self.walk(vec![tree.clone()], steps)?),
                literal => results.push(self.step(vec![tree.clone()], literal)?),
            }
            at += 1;
        }
        Ok(())
    }

    fn walk<'a>(&self, from: Found<'a>, steps: &[Node]) -> Result<Found<'a>, String> {
        steps.iter().try_fold(from, |found, step| self.step(found, step))
    }

    fn step<'a>(&self, from: Found<'a>, step: &Node) -> Result<Found<'a>, String> {
        let mut found = Vec::new();
        match step {
            Node::Path(steps) => return self.walk(from, steps),
            Node::Literal(value @ Value::String(_)) => found.push(Cow::Owned(value.clone())),
            Node::Literal(value) => found.extend(from.iter().map(|_| Cow::Owned(value.clone()))),
            Node::Field(name) => {
                let nothing_to_look_at = from.is_empty();
                for value in from {
                    found.extend(child(value, |v| v.get(name)));
                }
                if found.is_empty() && !nothing_to_look_at && !self.allow_missing {
                    return Err(format!("{name} is not found"));
                }
            }
            Node::Wildcard => from.into_iter().for_each(|v| found.extend(children(v))),
            Node::Recursive => from.into_iter().for_each(|v| descend(v, &mut found)),
            Node::Slice { .. } => {
                for value in from {
                    slice(value, step, &mut found)?;
                }
            }
            Node::Union(paths) => {
                for path in paths {
                    found.extend(self.walk(from.clone(), path)?);
                }
            }
            Node::Filter { left, operator, right } => {
                for value in from {
                    if !value.is_array() {
                        return Err(format!(
                            "{} is not array or slice and cannot be filtered",
                            print(&value)
                        ));
                    }
                    for item in children(value) {
                        if self.passes(&item, left, operator, right)? {
                            found.push(item);
                        }
                    }
                }
            }
            Node::Range | Node::End => return Ok(from),
            Node::Unknown(word) => return Err(format!("unrecognized identifier {word}")),
        }
        Ok(found)
    }

    fn passes(&self, item: &Value, left: &[Node], operator: &str, right: &[Node]) -> Result<bool, String> {
        let one = |steps: &[Node]| -> Result<Option<Value>, String> {
            let found = self.walk(vec![Cow::Borrowed(item)], steps)?;
            match &found[..] {
                [] => Ok(None),
                [one] => Ok(Some(one.clone().into_owned())),
                _ => Err("can only compare one element at a time".into()),
            }
        };
        if operator == "exists" {
            return Ok(!self.walk(vec![Cow::Borrowed(item)], left)?.is_empty());
        }
        let (Some(left), Some(right)) = (one(left)?, one(right)?) else { return Ok(false) };
        let order = match (&left, &right) {
            (Value::Number(a), Value::Number(b)) => a.as_f64().partial_cmp(&b.as_f64()),
            (Value::String(a), Value::String(b)) => Some(a.cmp(b)),
            (Value::Bool(a), Value::Bool(b)) if matches!(operator, "==" | "!=") => Some(a.cmp(b)),
            _ => return Err("incompatible types for comparison".into()),
        };
        let order = order.ok_or("incompatible types for comparison")?;
        match operator {
            "==" => Ok(order.is_eq()),
            "!=" => Ok(order.is_ne()),
            "<" => Ok(order.is_lt()),
            "<=" => Ok(order.is_le()),
            ">" => Ok(order.is_gt()),
            ">=" => Ok(order.is_ge()),
            _ => Err(format!("unrecognized filter operator {operator}")),
        }
    }
}

/// How many nodes belong to a range, without its end.
fn body_length(nodes: &[Node]) -> usize {
    let mut depth = 0;
    let end = nodes.iter().position(|node| {
        let Node::Path(steps) = node else { return false };
        match steps.first() {
            Some(Node::Range) => depth += 1,
            Some(Node::End) if depth == 0 => return true,
            Some(Node::End) => depth -= 1,
            _ => {}
        }
        false
    });
    end.unwrap_or(nodes.len())
}

/// A part of a value, borrowed if the value is.
fn child<'a>(value: Cow<'a, Value>, part: impl Fn(&Value) -> Option<&Value>) -> Option<Cow<'a, Value>> {
    match value {
        Cow::Borrowed(v) => part(v).map(Cow::Borrowed),
        Cow::Owned(v) => part(&v).cloned().map(Cow::Owned),
    }
}

fn children<'a>(value: Cow<'a, Value>) -> Found<'a> {
    fn of(v: &Value) -> Vec<&Value> {
        match v {
            Value::Array(a) => a.iter().collect(),
            Value::Object(o) => o.values().collect(),
            _ => Vec::new(),
        }
    }
    match value {
        Cow::Borrowed(v) => of(v).into_iter().map(Cow::Borrowed).collect(),
        Cow::Owned(v) => of(&v).into_iter().cloned().map(Cow::Owned).collect(),
    }
}

fn descend<'a>(value: Cow<'a, Value>, found: &mut Found<'a>) {
    let inner = children(value.clone());
    if inner.is_empty() {
        return;
    }
    found.push(value);
    inner.into_iter().for_each(|v| descend(v, found));
}

fn slice<'a>(value: Cow<'a, Value>, slice: &Node, found: &mut Found<'a>) -> Result<(), String> {
    let Node::Slice { from, to, step, single } = slice else { return Ok(()) };
    if value.is_null() {
        return Ok(());
    }
    let Some(length) = value.as_array().map(|a| a.len() as i64) else {
        return Err(format!("{} is not array or slice", go_type(&value)));
    };
    let from_end = |n: i64| if n < 0 { n + length } else { n };
    let from = from_end(from.unwrap_or(0));
    let to = if *single { from + 1 } else { to.map_or(length, from_end) };
    if from == to {
        return Ok(());
    }
    let outside = |index: i64| Err(format!("array index out of bounds: index {index}, length {length}"));
    if !(0..length).contains(&from) {
        return outside(from);
    }
    if !(0..=length).contains(&to) {
        return outside(to - 1);
    }
    if from > to {
        return Err(format!("starting index {from} is greater than ending index {to}"));
    }
    let step = step.unwrap_or(1);
    if step <= 0 {
        return Err("step must be > 0".into());
    }
    let items = children(value).into_iter().take(to as usize).skip(from as usize);
    found.extend(items.step_by(step as usize));
    Ok(())
}

fn go_type(value: &Value) -> &'static str {
    match value {
        Value::Bool(_) => "bool",
        Value::Number(_) => "int64",
        Value::String(_) => "string",
        _ => "map[string]interface {}",
    }
}

/// A value as a template prints it: collections as JSON in one line.
pub fn print(value: &Value) -> String {
    match value {
        Value::String(s) => s.clone(),
        other => super::go::go_json(other.to_string()),
    }
}

struct Scan<'a> {
    rest: &'a str,
}

impl<'a> Scan<'a> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at(bytes);
        self.rest = rest;
        taken
    }

    /// Up to a character, which is skipped.
    fn until(&mut self, end: char, problem: &str) -> Result<&'a str, String> {
        let at = self.rest.find([end, '\n']).filter(|at| self.rest[*at..].starts_with(end));
        let text = self.take(at.ok_or(problem)?);
        self.take(end.len_utf8());
        Ok(text)
    }

    /// A name, up to what can't be in one; a backslash takes the next character as it is.
    fn name(&mut self) -> String {
        let mut name = String::new();
        while let Some(c) = self.peek() {
            if " \t\r\n.,[]$@{}".contains(c) {
                break;
            }
            self.take(c.len_utf8());
            match c {
                '\\' => name.extend(self.peek().map(|c| self.take(c.len_utf8()))),
                c => name.push(c),
            }
        }
        name
    }

    /// The steps up to the end, which is a character or the end of the text.
    fn path(&mut self, end: Option<char>) -> Result<Vec<Node>, String> {
        let mut steps = Vec::new();
        loop {
            let Some(c) = self.peek().filter(|c| !matches!(c, '\r' | '\n')) else {
                return if end.is_none() { Ok(steps) } else { Err("unclosed action".into()) };
            };
            if end == Some(c) {
                self.take(1);
                return Ok(steps);
            }
            match c {
                ' ' | '@' | '$' => {
                    self.take(1);
                }
                '.' if self.rest.starts_with("..") => {
                    if steps.last() == Some(&Node::Recursive) {
                        return Err("invalid multiple recursive descent".into());
                    }
                    self.take(2);
                    steps.push(Node::Recursive);
                    if self.peek().is_some_and(|c| c.is_alphanumeric() || c == '_') {
                        steps.push(Node::Field(self.name()));
                    }
                }
                '.' => {
                    self.take(1);
                    let name = self.name();
                    steps.push(if name == "*" { Node::Wildcard } else { Node::Field(name) });
                }
                '[' if self.rest.starts_with("[?(") => steps.push(self.filter()?),
                '[' => {
                    self.take(1);
                    let text = self.until(']', "unterminated array")?;
                    steps.extend(index(text)?);
                }
                '"' | '\'' => {
                    self.take(1);
                    steps.push(Node::Literal(self.quoted(c)?.into()));
                }
                '+' | '-' | '0'..='9' => {
                    let sign = usize::from(!c.is_ascii_digit());
                    let digits = self.rest[sign..].find(|c: char| !c.is_ascii_digit() && c != '.');
                    let number = self.take(digits.map_or(self.rest.len(), |d| d + sign));
                    let value = match (number.parse::<i64>(), number.parse::<f64>()) {
                        (Ok(whole), _) => whole.into(),
                        (_, Ok(float)) => float.into(),
                        _ => return Err(format!("cannot parse number {number}")),
                    };
                    steps.push(Node::Literal(value));
                }
                c if c.is_alphanumeric() || c == '_' => steps.push(match self.name().as_str() {
                    "true" => Node::Literal(true.into()),
                    "false" => Node::Literal(false.into()),
                    "range" => Node::Range,
                    "end" => Node::End,
                    word => Node::Unknown(word.into()),
                }),
                c => return Err(format!("unrecognized character in action: U+{:04X} '{c}'", c as u32)),
            }
        }
    }

    fn quoted(&mut self, quote: char) -> Result<String, String> {
        let mut text = String::new();
        loop {
            let c = self.peek().filter(|c| *c != '\n').ok_or("unterminated quoted string")?;
            self.take(c.len_utf8());
            match c {
                c if c == quote => return Ok(text),
                '\\' => {
                    let c = self.peek().ok_or("unterminated quoted string")?;
                    self.take(c.len_utf8());
                    text.push(match c {
                        'n' => '\n',
                        't' => '\t',
                        'r' => '\r',
                        '\\' | '"' | '\'' => c,
                        _ => return Err(format!("unquote string {quote}\\{c}{quote} error invalid syntax")),
                    });
                }
                c => text.push(c),
            }
        }
    }

    /// `[?(@.a=="b")]`
    fn filter(&mut self) -> Result<Node, String> {
        self.take("[?(".len());
        let mut quote = None;
        let end = self.rest.char_indices().find(|(_, c)| match (quote, c) {
            (None, ')') => true,
            (None, '"' | '\'') => {
                quote = Some(*c);
                false
            }
            (Some(q), c) if q == *c => {
                quote = None;
                false
            }
            _ => false,
        });
        let (end, _) = end.ok_or("unterminated filter")?;
        let text = self.take(end);
        self.take(1);
        if self.peek() != Some(']') {
            return Err("unclosed array expect ]".into());
        }
        self.take(1);
        let is_operator = |c: char| "!<>=".contains(c);
        let Some(at) = text.find(is_operator).filter(|at| *at > 0) else {
            return Ok(Node::Filter { left: steps(text)?, operator: "exists".into(), right: Vec::new() });
        };
        let (left, rest) = text.split_at(at);
        let (operator, right) = rest.split_at(rest.find(|c| !is_operator(c)).unwrap_or(rest.len()));
        Ok(Node::Filter { left: steps(left)?, operator: operator.into(), right: steps(right)? })
    }
}

fn steps(text: &str) -> Result<Vec<Node>, String> {
    Scan { rest: text }.path(None)
}

/// What stands between brackets: `*`, `0`, `-1`, `1:3`, `'key'`, or several of them with commas.
fn index(text: &str) -> Result<Vec<Node>, String> {
    if text.contains(',') {
        let paths = text.split(',').map(|part| index(part.trim_matches(' '))).collect::<Result<_, _>>()?;
        return Ok(vec![Node::Union(paths)]);
    }
    if let Some(key) = text.strip_prefix('\'').and_then(|k| k.strip_suffix('\'')) {
        return steps(&format!(".{key}"));
    }
    let invalid = || format!("invalid array index {text}");
    let parts: Vec<&str> = if text == "*" { vec![""; 2] } else { text.split(':').collect() };
    let number = |n: usize| -> Result<Option<i64>, String> {
        match parts.get(n).copied().unwrap_or_default() {
            "" => Ok(None),
            part => part.parse().map(Some).map_err(|_| invalid()),
        }
    };
    if parts.len() > 3 {
        return Err(invalid());
    }
    let single = parts.len() == 1;
    Ok(vec![Node::Slice { from: number(0)?, to: number(1)?, step: number(2)?, single }])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_find_what_kubectl_finds() {
        let tree = json!({"items": [
            {"metadata": {"name": "a", "labels": {"app.kubernetes.io/name": "x"}}, "n": 1, "on": true},
            {"metadata": {"name": "b"}, "n": 2, "list": ["p", "q"]},
        ]});
        for (template, text) in [
            ("{.items[0].metadata.name}", "a"),
            ("{.items[-1].metadata.name}", "b"),
            ("{.items[*].metadata.name}", "a b"),
            ("{.items[*].nope}", ""),
            ("{.items[0:1].n}", "1"),
            ("{range .items[*]}{.metadata.name}{\"\\t\"}{.n}{\"\\n\"}{end}!", "a\t1\nb\t2\n!"),
            ("{.items[?(@.n==2)].metadata.name}", "b"),
            ("{.items[?(@.metadata.name=='a')].n}", "1"),
            ("{.items[?(@.n>=1)].n}", "1 2"),
            ("{.items[?(@.on)].n}", "1"),
            ("{.items[*]['n','on']}", "1 2 true"),
            ("{.items[0].metadata.labels.app\\.kubernetes\\.io/name}", "x"),
            ("{..name}", "a b"),
            ("{.items[1].list}", "[\"p\",\"q\"]"),
            ("{range .items[*]}{range .list[*]}<{@}>{end}{end}", "<p><q>"),
            ("n: {$.items[0].n}", "n: 1"),
        ] {
            assert_eq!(Template::parse(template).unwrap().print(&tree).as_deref(), Ok(text), "{template}");
        }
    }

    #[test]
    fn bad_templates_are_refused_as_kubectl_refuses_them() {
        for (template, error) in [
            ("{.items[*}", "unterminated array"),
            ("{.items", "unclosed action"),
            ("{.items[x]}", "invalid array index x"),
            ("{.items[?(@.a]}", "unterminated filter"),
        ] {
            assert_eq!(Template::parse(template).unwrap_err(), error, "{template}");
        }
        let run = |t: &str| Template::parse(t).unwrap().print(&json!({"items": [1]})).unwrap_err();
        assert_eq!(run("{.items[3]}"), "array index out of bounds: index 3, length 1");
        assert_eq!(run("{end}"), "not in range, nothing to end");
        assert_eq!(run("{nope}"), "unrecognized identifier nope");
    }
}
