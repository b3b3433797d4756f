//! `-o go-template=…`. Models the part of Go's `text/template` that people use with kubectl: fields, literals,
//! `range`, `if`, `with`, `else`, `end`, pipes, parentheses, white space trimmed with `-`, and a few functions.

use serde_json::Value;

/// A template that was read.
#[derive(Clone, PartialEq, Debug)]
pub struct Template(Vec<Node>);

#[derive(Clone, PartialEq, Debug)]
enum Node {
    Text(String),
    Print(Pipe),
    Block { word: &'static str, over: Pipe, body: Vec<Node>, otherwise: Vec<Node> },
}

/// Commands, each of which is given what the one before it yields as its last argument.
type Pipe = Vec<Vec<Operand>>;

#[derive(Clone, PartialEq, Debug)]
enum Operand {
    /// `.a.b`, or `$.a.b` from the root.
    Path {
        root: bool,
        steps: Vec<String>,
    },
    Literal(Value),
    Function(String),
    Nested(Pipe),
}

/// The functions that are known.
const FUNCTIONS: &[&str] = &[
    "and",
    "base64decode",
    "eq",
    "ge",
    "gt",
    "index",
    "le",
    "len",
    "lt",
    "ne",
    "not",
    "or",
    "print",
    "printf",
    "println",
];

impl Template {
    /// Reads a template. Errors: Go's words, as far as they are known.
    pub fn parse(text: &str) -> Result<Template, String> {
        let mut parser = Parser { rest: text };
        let (nodes, end) = parser.nodes()?;
        match end.as_str() {
            "" => Ok(Template(nodes)),
            word => Err(format!("unexpected {{{{{word}}}}}")),
        }
    }

    /// Prints a tree with it.
    pub fn print(&self, tree: &Value) -> Result<String, String> {
        let mut out = String::new();
        run(&self.0, tree, tree, &mut out)?;
        Ok(out)
    }
}

struct Parser<'a> {
    rest: &'a str,
}

impl<'a> Parser<'a> {
    /// Nodes up to the end, or up to an action that ends a block, whose word is told.
    fn nodes(&mut self) -> Result<(Vec<Node>, String), String> {
        let mut nodes = Vec::new();
        loop {
            let Some((before, after)) = self.rest.split_once("{{") else {
                nodes.push(Node::Text(std::mem::take(&mut self.rest).into()));
                return Ok((nodes, String::new()));
            };
            let (action, after) = split_action(after)?;
            let before = if action.starts_with("- ") { before.trim_end() } else { before };
            nodes.push(Node::Text(before.into()));
            self.rest = if action.ends_with(" -") { after.trim_start() } else { after };
            let action = action.strip_prefix("- ").unwrap_or(action);
            let action = action.strip_suffix(" -").unwrap_or(action).trim();
            let (word, of) = action.split_once(char::is_whitespace).unwrap_or((action, ""));
            match word {
                "end" | "else" => return Ok((nodes, action.into())),
                "range" | "if" | "with" => {
                    let word = if word == "range" {
                        "range"
                    } else if word == "if" {
                        "if"
                    } else {
                        "with"
                    };
                    let node = self.block(word, of)?;
                    nodes.push(node);
                }
                _ if action.starts_with("/*") => {}
                _ => nodes.push(Node::Print(pipe(action)?)),
            }
        }
    }

    fn block(&mut self, word: &'static str, of: &str) -> Result<Node, String> {
        let over = pipe(of)?;
        let (body, end) = self.nodes()?;
        let otherwise = match end.split_once(' ') {
            Some(("else", condition)) if condition.starts_with("if ") => {
                vec![self.block("if", &condition[3..])?]
            }
            _ if end == "else" => match self.nodes()? {
                (otherwise, end) if end == "end" => otherwise,
                _ => return Err("unexpected EOF".into()),
            },
            _ if end == "end" => Vec::new(),
            _ => return Err("unexpected EOF".into()),
        };
        Ok(Node::Block { word, over, body, otherwise })
    }
}

/// What stands before `}}`, which may be inside a quoted text, and what stands after it.
fn split_action(text: &str) -> Result<(&str, &str), String> {
    let mut quote = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match quote {
            Some(_) if std::mem::take(&mut escaped) => {}
            Some('"') if c == '\\' => escaped = true,
            Some(q) if q == c => quote = None,
            Some(_) => {}
            None if c == '"' || c == '`' => quote = Some(c),
            None if text[at..].starts_with("}}") => return Ok((&text[..at], &text[at + 2..])),
            None => {}
        }
    }
    Err("unclosed action".into())
}

fn pipe(text: &str) -> Result<Pipe, String> {
    let mut commands = vec![Vec::new()];
    let mut rest = text.trim_start();
    if rest.is_empty() {
        return Err("missing value for command".into());
    }
    while let Some(c) = rest.chars().next() {
        let command = commands.last_mut().expect("there is always one");
        match c {
            '|' => {
                commands.push(Vec::new());
                rest = &rest[1..];
            }
            '"' | '`' => {
                let closing = rest[1..]
                    .char_indices()
                    .find(|(at, d)| *d == c && (c == '`' || !rest[1..1 + at].ends_with('\\')));
                let end = closing.ok_or("unterminated quoted string")?.0 + 2;
                let literal = &rest[..end];
                let value = if c == '`' { literal[1..end - 1].into() } else { unquote(literal)? };
                command.push(Operand::Literal(value));
                rest = &rest[end..];
            }
            '(' => {
                let mut depth = 0;
                let end = rest.char_indices().find(|(_, c)| {
                    depth += i32::from(*c == '(') - i32::from(*c == ')');
                    depth == 0
                });
                let end = end.ok_or("unclosed left paren")?.0;
                command.push(Operand::Nested(pipe(&rest[1..end])?));
                rest = &rest[end + 1..];
                if rest.starts_with('.') {
                    return Err("a field of what stands in parentheses is not simulated".into());
                }
            }
            _ => {
                let end = rest.find([' ', '\t', '\n', '|', ')', '(']).unwrap_or(rest.len());
                let (word, after) = rest.split_at(end.max(1));
                command.push(operand(word)?);
                rest = after;
            }
        }
        rest = rest.trim_start();
    }
    Ok(commands)
}

fn unquote(literal: &str) -> Result<Value, String> {
    serde_json::from_str(literal).map_err(|_| format!("invalid syntax in {literal}"))
}

fn operand(word: &str) -> Result<Operand, String> {
    let root = word.starts_with('$');
    let path = word.strip_prefix('$').unwrap_or(word);
    if root || path.starts_with('.') {
        let steps = path.split('.').filter(|s| !s.is_empty()).map(String::from).collect();
        return if path.is_empty() || path.starts_with('.') {
            Ok(Operand::Path { root, steps })
        } else {
            Err(format!("undefined variable {word:?}"))
        };
    }
    match word {
        "true" | "false" | "nil" => Ok(Operand::Literal(serde_json::from_str(word).unwrap_or_default())),
        _ if word.parse::<i64>().is_ok() => Ok(Operand::Literal(word.parse::<i64>().unwrap_or(0).into())),
        _ if FUNCTIONS.contains(&word) => Ok(Operand::Function(word.into())),
        _ => Err(format!("function {word:?} not defined")),
    }
}

fn run(nodes: &[Node], dot: &Value, root: &Value, out: &mut String) -> Result<(), String> {
    for node in nodes {
        match node {
            Node::Text(text) => push(out, text)?,
            Node::Print(pipe) => push(out, &show(&value(pipe, dot, root)?))?,
            Node::Block { word, over, body, otherwise } => {
                let over = value(over, dot, root)?;
                match (*word, &over) {
                    (_, over) if !truth(over) => run(otherwise, dot, root, out)?,
                    ("range", Value::Array(items)) => {
                        items.iter().try_for_each(|item| run(body, item, root, out))?;
                    }
                    ("range", Value::Object(map)) => {
                        map.values().try_for_each(|item| run(body, item, root, out))?
                    }
                    ("range", other) => return Err(format!("range can't iterate over {}", show(other))),
                    ("with", over) => run(body, over, root, out)?,
                    _ => run(body, dot, root, out)?,
                }
            }
        }
    }
    Ok(())
}

fn value(pipe: &Pipe, dot: &Value, root: &Value) -> Result<Value, String> {
    let mut last: Option<Value> = None;
    for command in pipe {
        let of = |operand: &Operand| match operand {
            Operand::Literal(value) => Ok(value.clone()),
            Operand::Nested(pipe) => value(pipe, dot, root),
            Operand::Function(name) => call(name, &[]),
            Operand::Path { root: from_root, steps } => {
                let from = if *from_root { root } else { dot };
                let null = &Value::Null;
                Ok(steps.iter().fold(from, |v, step| v.get(step).unwrap_or(null)).clone())
            }
        };
        let (first, rest) = command.split_first().ok_or("missing value for command")?;
        let mut arguments = rest.iter().map(of).collect::<Result<Vec<_>, _>>()?;
        arguments.extend(last.take());
        last = Some(match first {
            Operand::Function(name) => call(name, &arguments)?,
            _ if !arguments.is_empty() => return Err("can't give argument to non-function".into()),
            first => of(first)?,
        });
    }
    Ok(last.unwrap_or_default())
}

fn call(name: &str, arguments: &[Value]) -> Result<Value, String> {
    let order = || {
        let [a, b] = arguments else { return Err(format!("wrong number of args for {name}")) };
        match (a, b) {
            (Value::Number(a), Value::Number(b)) => Ok(a.as_f64().partial_cmp(&b.as_f64())),
            (Value::String(a), Value::String(b)) => Ok(Some(a.cmp(b))),
            (a, b) if a == b => Ok(Some(std::cmp::Ordering::Equal)),
            _ if matches!(name, "eq" | "ne") => Ok(None),
            _ => Err("incompatible types for comparison".into()),
        }
    };
    let first = arguments.first().cloned().unwrap_or_default();
    Ok(match name {
        "and" => arguments.iter().find(|a| !truth(a)).or(arguments.last()).cloned().unwrap_or_default(),
        "or" => arguments.iter().find(|a| truth(a)).or(arguments.last()).cloned().unwrap_or_default(),
        "not" => (!truth(&first)).into(),
        "len" => match &first {
            Value::Array(a) => a.len().into(),
            Value::Object(o) => o.len().into(),
            Value::String(s) => s.len().into(),
            _ => return Err("error calling len: len of nil pointer".into()),
        },
        "index" => arguments[1.min(arguments.len())..].iter().fold(first, |v, key| match key {
            Value::String(key) => v.get(key).cloned().unwrap_or_default(),
            key => v.get(key.as_u64().unwrap_or(u64::MAX) as usize).cloned().unwrap_or_default(),
        }),
        "eq" => order()?.is_some_and(|o| o.is_eq()).into(),
        "ne" => (!order()?.is_some_and(|o| o.is_eq())).into(),
        "lt" => order()?.is_some_and(|o| o.is_lt()).into(),
        "le" => order()?.is_some_and(|o| o.is_le()).into(),
        "gt" => order()?.is_some_and(|o| o.is_gt()).into(),
        "ge" => order()?.is_some_and(|o| o.is_ge()).into(),
        "print" => joined(arguments, "")?.into(),
        "println" => (joined(arguments, " ")? + "\n").into(),
        "printf" => printf(&show(&first), &arguments[1.min(arguments.len())..])?.into(),
        _ => return Err(format!("{name} is not simulated")),
    })
}

/// The values one after the other.
fn joined(values: &[Value], separator: &str) -> Result<String, String> {
    let mut out = String::new();
    for (n, value) in values.iter().enumerate() {
        push(&mut out, if n == 0 { "" } else { separator })?;
        push(&mut out, &show(value))?;
    }
    Ok(out)
}

/// The most bytes that a template prints, or that one of its values has. Go's has no bound but memory.
const MOST_PRINTED: usize = 16 << 20;

/// Adds to a text that has a bound.
fn push(out: &mut String, text: &str) -> Result<(), String> {
    if out.len() + text.len() > MOST_PRINTED {
        return Err(format!("the text is longer than {MOST_PRINTED} bytes, more than is simulated"));
    }
    out.push_str(text);
    Ok(())
}

/// A verb of a format, such as `%-5s`. Models `doPrintf` of Go's `fmt/print.go`.
#[derive(Default)]
struct Verb {
    /// Of `+-# 0`.
    flags: String,
    width: usize,
    precision: Option<usize>,
    verb: char,
}

/// A number at the start of a format; `None` if it is so long that Go gives up (`parsenum`).
fn number(rest: &mut &str) -> Option<usize> {
    let mut number = 0;
    while let Some(digit) = rest.chars().next().and_then(|c| c.to_digit(10)) {
        if number > 1_000_000 {
            return None;
        }
        number = number * 10 + digit as usize;
        *rest = &rest[1..];
    }
    Some(number)
}

impl Verb {
    /// Reads a verb after its `%`. `None`: there is none up to the format's end.
    fn read(rest: &mut &str) -> Option<Verb> {
        let flags = rest.len() - rest.trim_start_matches(['+', '-', '#', ' ', '0']).len();
        let mut verb = Verb { flags: rest[..flags].to_string(), ..Verb::default() };
        *rest = &rest[flags..];
        verb.width = number(rest)?;
        if let Some(after) = rest.strip_prefix('.') {
            *rest = after;
            verb.precision = Some(number(rest)?);
        }
        verb.verb = rest.chars().next()?;
        *rest = &rest[verb.verb.len_utf8()..];
        Some(verb)
    }

    /// The value as the verb prints it.
    fn print(&self, value: &Value) -> Result<String, String> {
        let mut text = show(value);
        if let (Some(most), 's' | 'v' | 'q') = (self.precision, self.verb) {
            text = text.chars().take(most).collect();
        }
        if self.verb == 'q' {
            text = format!("{text:?}");
        }
        if self.flags.contains('+') && value.is_number() && !text.starts_with('-') {
            text.insert(0, '+');
        }
        let missing = self.width.saturating_sub(text.chars().count());
        let (mut padded, left) = (String::new(), self.flags.contains('-'));
        let signs = usize::from(value.is_number() && text.starts_with(['-', '+']));
        match (left, self.flags.contains('0')) {
            (true, _) => {
                [&text, &*" ".repeat(missing)].iter().try_for_each(|part| push(&mut padded, part))?
            }
            (false, true) => [&text[..signs], &"0".repeat(missing), &text[signs..]]
                .iter()
                .try_for_each(|part| push(&mut padded, part))?,
            (false, false) => {
                [&*" ".repeat(missing), &text].iter().try_for_each(|part| push(&mut padded, part))?
            }
        }
        Ok(padded)
    }
}

/// Go's `printf`, with flags, width and precision.
fn printf(format: &str, arguments: &[Value]) -> Result<String, String> {
    let (mut out, mut arguments) = (String::new(), arguments.iter());
    let mut rest = format;
    while let Some((before, after)) = rest.split_once('%') {
        push(&mut out, before)?;
        rest = after;
        let Some(verb) = Verb::read(&mut rest) else {
            push(&mut out, "%!(NOVERB)")?;
            return Ok(out);
        };
        match (verb.verb, arguments.as_slice()) {
            ('%', _) => push(&mut out, "%")?,
            (verb, []) => push(&mut out, &format!("%!{verb}(MISSING)"))?,
            (_, [argument, ..]) => {
                arguments.next();
                push(&mut out, &verb.print(argument)?)?;
            }
        }
    }
    push(&mut out, rest)?;
    Ok(out)
}

/// Whether a value counts as true: it is not nothing, not zero and not empty.
fn truth(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::Bool(b) => *b,
        Value::Number(n) => n.as_f64() != Some(0.0),
        Value::String(s) => !s.is_empty(),
        Value::Array(a) => !a.is_empty(),
        Value::Object(o) => !o.is_empty(),
    }
}

fn show(value: &Value) -> String {
    match value {
        Value::Null => "<no value>".into(),
        other => super::go::go_print(other),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn templates_print_what_go_prints() {
        let tree = json!({"items": [
            {"metadata": {"name": "a", "labels": {"app.x/y": "z"}}, "n": 1},
            {"metadata": {"name": "b"}, "n": 2},
        ], "none": []});
        for (template, text) in [
            ("{{range .items}}{{.metadata.name}}{{\"\\n\"}}{{end}}", "a\nb\n"),
            ("{{len .items}}", "2"),
            ("{{with index .items 0}}{{.metadata.name}}{{end}}", "a"),
            ("{{.nope}}", "<no value>"),
            ("{{range .none}}x{{else}}nothing{{end}}", "nothing"),
            ("{{range .items}}{{if eq .n 2}}{{.metadata.name}}{{else if gt .n 0}}!{{end}}{{end}}", "!b"),
            ("{{range .items}}{{- .n -}} , {{end}}", "1, 2, "),
            ("{{printf \"%-3s|%s\" \"x\" \"y\"}}", "x  |y"),
            ("{{.items | len | printf \"%d pods\"}}", "2 pods"),
            (
                "{{printf \"%05d|%-05d|%+d|%5s|%.2s|%q\" 7 7 7 \"x\" \"xyz\" \"a\"}}",
                "00007|7    |+7|    x|xy|\"a\"",
            ),
            ("{{printf \"100%% %d%\"}}", "100% %!d(MISSING)%!(NOVERB)"),
            ("{{printf \"%99999999d|\" 1}}", "%!(NOVERB)"),
        ] {
            let printed = Template::parse(template).and_then(|t| t.print(&tree));
            assert_eq!(printed.as_deref(), Ok(text), "{template}");
        }
    }

    #[test]
    fn wide_formats_are_as_wide_as_gos_and_no_wider() {
        let print =
            |template: &str| Template::parse(template).and_then(|t| t.print(&json!({"n": [1, 2, 3]})));
        for (template, length) in [
            ("{{printf \"%-70000s\" \"x\"}}", 70_000),
            ("{{printf \"%099999d\" 1}}", 99_999),
            ("{{printf \"%9999999d\" 1}}", 9_999_999),
            ("{{printf \"%.99999s\" \"abc\"}}", 3),
        ] {
            assert_eq!(print(template).map(|text| text.len()), Ok(length), "{template}");
        }
        let refused = print("{{range .n}}{{printf \"%9999999d\" .}}{{end}}");
        assert_eq!(refused.unwrap_err(), "the text is longer than 16777216 bytes, more than is simulated");
    }

    #[test]
    fn bad_templates_are_refused() {
        for template in ["{{.a", "{{range .a}}", "{{nope}}", "{{end}}"] {
            assert!(Template::parse(template).is_err(), "{template}");
        }
        assert_eq!(Template::parse("{{nope}}").unwrap_err(), "function \"nope\" not defined");
    }
}
