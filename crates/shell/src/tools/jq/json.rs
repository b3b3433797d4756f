//! jq's values: JSON that keeps its keys in their order, read and printed as jq 1.6 does.

use std::cmp::Ordering;
use std::rc::Rc;

/// The deepest nesting that is read, as jq's.
const MAX_DEPTH: usize = 256;

/// A JSON value.
#[derive(Clone, Debug)]
pub(super) enum Value {
    Null,
    Bool(bool),
    Number(f64),
    Text(Rc<str>),
    Array(Rc<Vec<Value>>),
    /// The keys in the order in which they came.
    Object(Rc<Vec<(Rc<str>, Value)>>),
}
use Value::{Array, Bool, Null, Number, Object, Text};

impl Value {
    pub(super) fn text(text: &str) -> Value {
        Text(text.into())
    }

    pub(super) fn array(items: Vec<Value>) -> Value {
        Array(Rc::new(items))
    }

    /// The type's name in messages, which is also the order of types (jq's manual, `sort`).
    pub(super) fn kind(&self) -> &'static str {
        match self {
            Null => "null",
            Bool(_) => "boolean",
            Number(_) => "number",
            Text(_) => "string",
            Array(_) => "array",
            Object(_) => "object",
        }
    }

    pub(super) fn is_true(&self) -> bool {
        !matches!(self, Null | Bool(false))
    }

    /// An object's value under a key.
    pub(super) fn get(&self, key: &str) -> Value {
        match self {
            Object(fields) => fields.iter().find(|(k, _)| **k == *key).map_or(Null, |(_, v)| v.clone()),
            _ => Null,
        }
    }

    /// An object's keys, sorted.
    pub(super) fn keys(&self) -> Vec<Rc<str>> {
        let Object(fields) = self else { return vec![] };
        let mut keys: Vec<Rc<str>> = fields.iter().map(|(key, _)| key.clone()).collect();
        collections::sort(&mut keys);
        keys
    }

    fn rank(&self) -> u8 {
        match self {
            Null => 0,
            Bool(false) => 1,
            Bool(true) => 2,
            Number(_) => 3,
            Text(_) => 4,
            Array(_) => 5,
            Object(_) => 6,
        }
    }

    /// jq's order of all values.
    pub(super) fn compare(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Number(a), Number(b)) => {
                a.partial_cmp(b).unwrap_or(if a.is_nan() { Ordering::Less } else { Ordering::Greater })
            }
            (Text(a), Text(b)) => a.cmp(b),
            (Array(a), Array(b)) => {
                let first = a.iter().zip(b.iter()).map(|(a, b)| a.compare(b)).find(|o| o.is_ne());
                first.unwrap_or(a.len().cmp(&b.len()))
            }
            (Object(_), Object(_)) => {
                let (keys, others) = (self.keys(), other.keys());
                keys.cmp(&others).then_with(|| {
                    let each = keys.iter().map(|key| self.get(key).compare(&other.get(key)));
                    each.into_iter().find(|o| o.is_ne()).unwrap_or(Ordering::Equal)
                })
            }
            _ => self.rank().cmp(&other.rank()),
        }
    }
}

/// Sorts values in jq's order.
pub(super) fn sort(values: &mut [Value]) {
    collections::sort_by(values, Value::compare);
}

/// Puts a value under a key.
pub(super) fn put(fields: &mut Vec<(Rc<str>, Value)>, key: &Rc<str>, value: Value) {
    match fields.iter_mut().find(|(known, _)| known == key) {
        Some((_, old)) => *old = value,
        None => fields.push((key.clone(), value)),
    }
}

/// How a value is printed.
#[derive(Clone, Default, Debug)]
pub(super) struct Style {
    /// What each level is indented by; none: all in one line.
    pub(super) indent: Option<String>,
    pub(super) sorted: bool,
    pub(super) ascii: bool,
}

/// A number as jq 1.6 prints it: 17 significant digits, an exponent where many zeros would follow.
pub(super) fn number(n: f64) -> String {
    if n.is_nan() {
        return "null".into();
    }
    if n.is_infinite() {
        return if n > 0.0 { "1.7976931348623157e+308" } else { "-1.7976931348623157e+308" }.into();
    }
    let scientific = format!("{n:e}");
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    let digits = mantissa.bytes().filter(u8::is_ascii_digit).count() as i32;
    if n == 0.0 || exponent + 1 > -4 && exponent < digits + 15 {
        return format!("{n}");
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{mantissa}e{sign}{:02}", exponent.abs())
}

/// A text between quotes.
fn quoted(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if c < ' ' || c == '\u{7f}' => out.push_str(&format!("\\u{:04x}", c as u32)),
            c if ascii && !c.is_ascii() => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}

/// Prints a value.
pub(super) fn print(value: &Value, style: &Style, depth: usize, out: &mut String) {
    let newline = |out: &mut String, depth: usize| {
        if let Some(indent) = &style.indent {
            out.push('\n');
            for _ in 0..depth {
                out.push_str(indent);
            }
        }
    };
    match value {
        Null => out.push_str("null"),
        Bool(is) => out.push_str(if *is { "true" } else { "false" }),
        Number(n) => out.push_str(&number(*n)),
        Text(text) => quoted(text, style.ascii, out),
        Array(items) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                newline(out, depth + 1);
                print(item, style, depth + 1, out);
            }
            if !items.is_empty() {
                newline(out, depth);
            }
            out.push(']');
        }
        Object(fields) => {
            out.push('{');
            let mut order: Vec<&(Rc<str>, Value)> = fields.iter().collect();
            if style.sorted {
                collections::sort_by(&mut order, |a, b| a.0.cmp(&b.0));
            }
            for (n, (key, value)) in order.into_iter().enumerate() {
                if n > 0 {
                    out.push(',');
                }
                newline(out, depth + 1);
                quoted(key, style.ascii, out);
                out.push(':');
                if style.indent.is_some() {
                    out.push(' ');
                }
                print(value, style, depth + 1, out);
            }
            if !fields.is_empty() {
                newline(out, depth);
            }
            out.push('}');
        }
    }
}

/// A value in one line.
pub(super) fn compact(value: &Value) -> String {
    let mut out = String::new();
    print(value, &Style::default(), 0, &mut out);
    out
}

/// Reads values one after another.
pub(super) struct Reader<'a> {
    text: &'a str,
    pub(super) at: usize,
}

impl<'a> Reader<'a> {
    pub(super) fn new(text: &'a str) -> Reader<'a> {
        Reader { text, at: 0 }
    }

    fn blank(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
    }

    /// The next value, if there is one.
    pub(super) fn next(&mut self) -> Option<Result<Value, String>> {
        self.blank();
        (self.at < self.text.len()).then(|| self.value(0))
    }

    /// Whether nothing but blanks follows.
    pub(super) fn is_at_end(&mut self) -> bool {
        self.blank();
        self.at == self.text.len()
    }

    /// How many lines have begun and ended up to the end of the line where this is.
    pub(super) fn lines(&self) -> usize {
        let rest = &self.text[self.at..];
        let end = rest.find('\n').map_or(self.text.len(), |n| self.at + n + 1);
        self.text[..end].matches('\n').count()
    }

    /// jq's complaint, with the place: line and column of what was read.
    fn wrong(&self, what: &str, at: usize) -> String {
        let before = &self.text[..at.min(self.text.len())];
        let line = before.matches('\n').count() + 1;
        let column = before.len() - before.rfind('\n').map_or(0, |n| n + 1);
        let end = if at > self.text.len() { "EOF at " } else { "" };
        format!("{what} at {end}line {line}, column {column}")
    }

    fn value(&mut self, depth: usize) -> Result<Value, String> {
        if depth > MAX_DEPTH {
            return Err(self.wrong("Exceeds depth limit for parsing", self.at));
        }
        self.blank();
        let unfinished = |this: &Reader| this.wrong("Unfinished JSON term", this.text.len() + 1);
        match self.text[self.at..].chars().next() {
            None => Err(unfinished(self)),
            Some('[') => {
                self.at += 1;
                let mut items = vec![];
                self.blank();
                if self.text[self.at..].starts_with(']') {
                    self.at += 1;
                    return Ok(Value::array(items));
                }
                loop {
                    items.push(self.value(depth + 1)?);
                    self.blank();
                    self.at += 1;
                    match self.text.as_bytes().get(self.at - 1) {
                        Some(b',') => {}
                        Some(b']') => return Ok(Value::array(items)),
                        None => return Err(unfinished(self)),
                        Some(_) => return Err(self.wrong("Expected separator between values", self.at)),
                    }
                }
            }
            Some('{') => self.object(depth),
            Some('"') => {
                self.at += 1;
                Ok(Text(self.string()?.into()))
            }
            Some(c) if c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+') => self.word(),
            Some('\'') => Err(self.wrong("Invalid string literal; expected \", but got '", self.at + 1)),
            Some(_) => {
                self.at += 1;
                Err(self.wrong("Invalid literal", self.at))
            }
        }
    }

    fn object(&mut self, depth: usize) -> Result<Value, String> {
        self.at += 1;
        let mut fields = vec![];
        self.blank();
        if self.text[self.at..].starts_with('}') {
            self.at += 1;
            return Ok(Object(Rc::new(fields)));
        }
        let unfinished = |this: &Reader| this.wrong("Unfinished JSON term", this.text.len() + 1);
        loop {
            let Text(key) = self.value(depth + 1)? else {
                return Err(self.wrong("Object keys must be strings", self.at + 1));
            };
            self.blank();
            self.at += 1;
            match self.text.as_bytes().get(self.at - 1) {
                Some(b':') => {}
                None => return Err(unfinished(self)),
                Some(_) => {
                    return Err(self.wrong("Objects must consist of key:value pairs", self.at));
                }
            }
            let value = self.value(depth + 1)?;
            put(&mut fields, &key, value);
            self.blank();
            self.at += 1;
            match self.text.as_bytes().get(self.at - 1) {
                Some(b',') => {}
                Some(b'}') => return Ok(Object(Rc::new(fields))),
                None => return Err(unfinished(self)),
                Some(_) => return Err(self.wrong("Expected separator between values", self.at)),
            }
        }
    }

    /// `null`, `true`, `false`, a number.
    fn word(&mut self) -> Result<Value, String> {
        let rest = &self.text[self.at..];
        let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '.' | '+' | '_');
        let word = &rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())];
        self.at += word.len();
        match word {
            "null" => Ok(Null),
            "true" => Ok(Bool(true)),
            "false" => Ok(Bool(false)),
            "nan" => Ok(Number(f64::NAN)),
            _ if word.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) => {
                word.parse().map(Number).map_err(|_| self.wrong("Invalid numeric literal", self.at + 1))
            }
            _ if "null true false nan".split(' ').any(|known| known.len() == word.len()) => {
                Err(self.wrong("Invalid literal", self.at + 1))
            }
            _ => Err(self.wrong("Invalid numeric literal", self.at + 1)),
        }
    }

    /// What follows an opening quote, to the closing one.
    fn string(&mut self) -> Result<String, String> {
        let mut out = String::new();
        loop {
            let rest = &self.text[self.at..];
            let Some(c) = rest.chars().next() else {
                return Err(self.wrong("Unfinished string", self.text.len() + 1));
            };
            self.at += c.len_utf8();
            match c {
                '"' => return Ok(out),
                '\\' => match escape(&self.text[self.at..]) {
                    Some((c, length)) => {
                        out.push(c);
                        self.at += length;
                    }
                    None => return Err(self.wrong("Invalid escape", self.at + 1)),
                },
                c => out.push(c),
            }
        }
    }
}

/// What stands after a backslash: the character, and how long it is written.
pub(super) fn escape(rest: &str) -> Option<(char, usize)> {
    let unit = |text: &str| u32::from_str_radix(text.get(1..5)?, 16).ok();
    Some(match rest.chars().next()? {
        c @ ('"' | '\\' | '/') => (c, 1),
        'n' => ('\n', 1),
        't' => ('\t', 1),
        'r' => ('\r', 1),
        'b' => ('\u{8}', 1),
        'f' => ('\u{c}', 1),
        'u' => {
            let first = unit(rest)?;
            let second = rest.get(5..).and_then(|more| unit(more.strip_prefix('\\')?));
            match second.filter(|low| (0xd800..0xdc00).contains(&first) && (0xdc00..0xe000).contains(low)) {
                Some(low) => (char::from_u32(0x10000 + ((first - 0xd800) << 10) + (low - 0xdc00))?, 11),
                None => (char::from_u32(first).unwrap_or('\u{fffd}'), 5),
            }
        }
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_printed_as_by_jq() {
        for (n, text) in [
            (1e17, "1e+17"),
            (1e-5, "1e-05"),
            (0.0001, "0.0001"),
            (3.0, "3"),
            (-0.0, "-0"),
            (1.5e300, "1.5e+300"),
        ] {
            assert_eq!(number(n), text);
        }
    }
}
