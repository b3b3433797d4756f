//! The functions of templates: Go's own (`text/template/funcs.go`), and kubectl's (`cli-runtime/pkg/printers`: template.go,
//! jsonpath.go).

use super::data::{Data, View};
use super::printf::{print, print_line, printf};
use crate::base::text::query_escaped;
use serde_json::Value;
use std::cmp::Ordering;

/// A function.
pub(super) struct Function {
    pub(super) name: &'static str,
    /// How many arguments it takes at least.
    pub(super) least: usize,
    /// Whether it takes no more than these.
    pub(super) exact: bool,
    /// Whether its first argument is a text; all others are of any type.
    pub(super) takes_text: bool,
    pub(super) run: Run,
}

type Run = for<'d> fn(&[Data<'d>]) -> Result<Data<'d>, String>;

const fn of_any(name: &'static str, least: usize, exact: bool, run: Run) -> Function {
    Function { name, least, exact, takes_text: false, run }
}

/// All of them; `and` and `or` look at no more arguments than they need, which whoever calls them sees to.
pub(super) const FUNCTIONS: &[Function] = &[
    of_any("and", 1, false, |arguments| Ok(arguments[arguments.len() - 1].clone())),
    of_any("or", 1, false, |arguments| Ok(arguments[arguments.len() - 1].clone())),
    of_any("not", 1, true, |arguments| Ok(Data::Bool(!arguments[0].view().is_true()))),
    of_any("call", 1, false, |arguments| match arguments[0].clone().unboxed() {
        Data::Nothing => Err("call of nil".into()),
        other => Err(format!("non-function of type {}", other.type_name())),
    }),
    of_any("index", 1, false, |arguments| index(arguments[0].clone(), &arguments[1..])),
    of_any("slice", 1, false, |arguments| slice(arguments[0].clone().unboxed(), &arguments[1..])),
    of_any("len", 1, true, |arguments| length(&arguments[0]).map(|length| Data::Int(length as i64))),
    of_any("eq", 1, false, |arguments| equal(&arguments[0], &arguments[1..]).map(Data::Bool)),
    of_any("ne", 2, true, |arguments| equal(&arguments[0], &arguments[1..]).map(|equal| Data::Bool(!equal))),
    of_any("lt", 2, true, |arguments| order(arguments).map(|order| Data::Bool(order.is_lt()))),
    of_any("le", 2, true, |arguments| order(arguments).map(|order| Data::Bool(order.is_le()))),
    of_any("gt", 2, true, |arguments| order(arguments).map(|order| Data::Bool(order.is_gt()))),
    of_any("ge", 2, true, |arguments| order(arguments).map(|order| Data::Bool(order.is_ge()))),
    of_any("print", 0, false, |arguments| print(arguments).map(Data::text_of)),
    of_any("println", 0, false, |arguments| print_line(arguments).map(Data::text_of)),
    Function {
        name: "printf",
        least: 1,
        exact: false,
        takes_text: true,
        run: |arguments| printf(&arguments[0].view().text(), &arguments[1..]).map(Data::text_of),
    },
    of_any("html", 0, false, |arguments| escaped(arguments, html)),
    of_any("js", 0, false, |arguments| escaped(arguments, js)),
    of_any("urlquery", 0, false, |arguments| escaped(arguments, query_escaped)),
    of_any("exists", 1, false, |arguments| Ok(Data::Bool(exists(arguments[0].clone(), &arguments[1..])))),
    Function {
        name: "base64decode",
        least: 1,
        exact: true,
        takes_text: true,
        run: |arguments| match yaml::base64::decode(&arguments[0].view().text()) {
            Ok(bytes) => Ok(Data::text_of(String::from_utf8_lossy(&bytes))),
            Err(at) => Err(format!("base64 decode failed: illegal base64 data at input byte {at}")),
        },
    },
];

/// A value's element; an absent key of a map is nil.
fn element<'d>(item: &Data<'d>, index: &Data) -> Result<Data<'d>, String> {
    let missing = Data::Element(&Value::Null);
    match item {
        Data::Tree(Value::Object(map)) => match index.clone().unboxed() {
            Data::Nothing => Err("value is nil; should be of type string".into()),
            key => match key.view() {
                View::Text(key) => Ok(map.get(key).map_or(missing, Data::Element)),
                _ => Err(format!("value has type {}; should be string", key.type_name())),
            },
        },
        Data::Tree(Value::Array(items)) => {
            let at = place(index, items.len())?;
            items.get(at).map(Data::Element).ok_or_else(|| "reflect: slice index out of range".into())
        }
        Data::List(items) => {
            let at = place(index, items.len())?;
            items.get(at).map(Data::Element).ok_or_else(|| "reflect: slice index out of range".into())
        }
        other => match other.view() {
            View::Text(text) => {
                let at = place(index, text.len())?;
                let byte = text.as_bytes().get(at).copied();
                byte.map(|byte| Data::Int(byte.into()))
                    .ok_or_else(|| "reflect: string index out of range".into())
            }
            _ => Err(format!("can't index item of type {}", other.type_name())),
        },
    }
}

/// Models `indexArg`.
fn place(index: &Data, most: usize) -> Result<usize, String> {
    match index.clone().unboxed() {
        Data::Nothing => Err("cannot index slice/array with nil".into()),
        index => match index.view() {
            View::Int(at) => match usize::try_from(at) {
                Ok(at) if at <= most => Ok(at),
                _ => Err(format!("index out of range: {at}")),
            },
            _ => Err(format!("cannot index slice/array with type {}", index.type_name())),
        },
    }
}

fn index<'d>(item: Data<'d>, indexes: &[Data]) -> Result<Data<'d>, String> {
    let mut item = item.unboxed();
    if item.is_nothing() {
        return Err("index of untyped nil".into());
    }
    for (n, index) in indexes.iter().enumerate() {
        item = element(&item, index)?;
        if n + 1 < indexes.len() {
            item = item.unboxed();
            if item.is_nothing() {
                return Err("index of nil pointer".into());
            }
        }
    }
    Ok(item)
}

fn exists(item: Data, indexes: &[Data]) -> bool {
    let mut item = item.unboxed();
    for index in indexes {
        let is_map = matches!(item, Data::Tree(Value::Object(_)));
        let found = match index.clone().unboxed() {
            Data::Nothing if is_map => Ok(Data::Element(&Value::Null)),
            index => element(&item, &index),
        };
        match found {
            Ok(found) => item = found.unboxed(),
            Err(_) => return false,
        }
    }
    !item.is_nothing()
}

fn slice<'d>(item: Data<'d>, indexes: &[Data]) -> Result<Data<'d>, String> {
    if item.is_nothing() {
        return Err("slice of untyped nil".into());
    }
    if indexes.len() > 3 {
        return Err(format!("too many slice indexes: {}", indexes.len()));
    }
    let items = match &item {
        Data::Tree(Value::Array(items)) => Some(&items[..]),
        Data::List(items) => Some(*items),
        _ => None,
    };
    let view = item.view();
    let most = match (items, &view) {
        (Some(items), _) => items.len(),
        (None, View::Text(_)) if indexes.len() == 3 => return Err("cannot 3-index slice a string".into()),
        (None, View::Text(text)) => text.len(),
        _ => return Err(format!("can't slice item of type {}", item.type_name())),
    };
    let mut places = [0, most];
    for (n, index) in indexes.iter().enumerate().take(2) {
        places[n] = place(index, most)?;
    }
    let [from, to] = places;
    if from > to {
        return Err(format!("invalid slice index: {from} > {to}"));
    }
    if let Some(index) = indexes.get(2) {
        let cap = place(index, most)?;
        if to > cap {
            return Err(format!("invalid slice index: {to} > {cap}"));
        }
    }
    match (items, view) {
        (Some(items), _) => Ok(Data::List(&items[from..to])),
        (None, View::Text(text)) => Ok(Data::text_of(String::from_utf8_lossy(&text.as_bytes()[from..to]))),
        _ => Ok(Data::Nothing),
    }
}

fn length(item: &Data) -> Result<usize, String> {
    match (item, item.view()) {
        (Data::Nothing, _) => Err("reflect: call of reflect.Value.Type on zero Value".into()),
        (_, View::Nil) => Err("len of nil pointer".into()),
        (_, View::List(items)) => Ok(items.len()),
        (_, View::Map(map)) => Ok(map.len()),
        (_, View::Text(text)) => Ok(text.len()),
        _ => Err(format!("len of type {}", item.type_name())),
    }
}

/// Whether a value equals one of these.
fn equal(first: &Data, others: &[Data]) -> Result<bool, String> {
    if others.is_empty() {
        return Err("missing argument for comparison".into());
    }
    for other in others {
        let same = match (first.view(), other.view()) {
            (View::Nil, View::Nil) => true,
            (View::Nil, _) | (_, View::Nil) => false,
            (View::Bool(a), View::Bool(b)) => a == b,
            (View::Int(a), View::Int(b)) => a == b,
            (View::Float(a), View::Float(b)) => a == b,
            (View::Text(a), View::Text(b)) => a == b,
            (View::List(_), View::List(_)) | (View::Map(_), View::Map(_)) => {
                return Err(format!("non-comparable type {}: {}", other.view().text(), other.type_name()));
            }
            _ => return Err("incompatible types for comparison".into()),
        };
        if same {
            return Ok(true);
        }
    }
    Ok(false)
}

/// How two values are ordered. What has no order (a number that is none) counts as greater.
fn order(arguments: &[Data]) -> Result<Ordering, String> {
    match (arguments[0].view(), arguments[1].view()) {
        (View::Int(a), View::Int(b)) => Ok(a.cmp(&b)),
        (View::Float(a), View::Float(b)) => Ok(a.partial_cmp(&b).unwrap_or(Ordering::Greater)),
        (View::Text(a), View::Text(b)) => Ok(a.cmp(b)),
        (View::Int(_) | View::Float(_) | View::Text(_), View::Int(_) | View::Float(_) | View::Text(_))
        | (View::Bool(_), View::Int(_) | View::Float(_) | View::Text(_))
        | (View::Int(_) | View::Float(_) | View::Text(_), View::Bool(_)) => {
            Err("incompatible types for comparison".into())
        }
        _ => Err("invalid type for comparison".into()),
    }
}

/// Arguments as `print` shows them, escaped. What is nothing shows as in a template.
fn escaped<'d>(arguments: &[Data], escape: fn(&str) -> String) -> Result<Data<'d>, String> {
    let shown = |argument: &Data| match argument.clone().unboxed() {
        Data::Nothing => Data::text_of("<no value>"),
        _ => Data::text_of(argument.view().text()),
    };
    let text = match arguments {
        [one] => shown(one).view().text(),
        all => {
            let values: Vec<Data> = all
                .iter()
                .map(|a| if a.clone().unboxed().is_nothing() { shown(a) } else { a.clone() })
                .collect();
            print(&values)?
        }
    };
    Ok(Data::text_of(escape(&text)))
}

fn html(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\0' => out.push('\u{fffd}'),
            '"' => out.push_str("&#34;"),
            '\'' => out.push_str("&#39;"),
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            c => out.push(c),
        }
    }
    out
}

fn js(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\'' => out.push_str("\\'"),
            '"' => out.push_str("\\\""),
            '<' => out.push_str("\\u003C"),
            '>' => out.push_str("\\u003E"),
            '&' => out.push_str("\\u0026"),
            '=' => out.push_str("\\u003D"),
            c if c < ' ' || c.is_control() => out.push_str(&format!("\\u{:04X}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}
