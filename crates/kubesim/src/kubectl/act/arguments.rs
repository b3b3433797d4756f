//! What the commands that make something read from their arguments.

use crate::kubectl::Failure;
use crate::kubectl::Invocation;
use serde_json::{Map, Value};

/// `NAME=VALUE` texts as an object. Errors: one that is none.
pub fn pairs<'a>(
    texts: impl IntoIterator<Item = &'a str>,
    wrong: impl Fn(&str) -> String,
) -> Result<Map<String, Value>, Failure> {
    let mut map = Map::new();
    for text in texts {
        let (name, value) = text.split_once('=').ok_or_else(|| Failure::client(wrong(text)))?;
        map.insert(name.to_string(), value.into());
    }
    Ok(map)
}

/// The one name among the arguments.
pub fn one_name<'a>(inv: &Invocation, args: &'a [String]) -> Result<&'a str, Failure> {
    match &args[..inv.before_dash.map_or(args.len(), |dash| dash.min(args.len()))] {
        [name] => Ok(name),
        others => Err(inv.usage(format!("exactly one NAME is required, got {}", others.len()))),
    }
}

/// The labels of a text such as `a=1,b=2`. Models `generate.ParseLabels`.
pub fn labels_of(text: &str) -> Result<Value, Failure> {
    if text.is_empty() {
        return Err(Failure::client("no label spec passed"));
    }
    let mut labels = Map::new();
    for pair in text.split(',') {
        match pair.split('=').collect::<Vec<_>>()[..] {
            ["", _] => return Err(Failure::client("unexpected empty label key")),
            [name, value] => labels.insert(name.to_string(), value.into()),
            _ => return Err(Failure::client(format!("unexpected label spec: {pair}"))),
        };
    }
    Ok(Value::Object(labels))
}

pub fn required(inv: &Invocation, flags: &[&str]) -> Result<(), Failure> {
    let missing: Vec<String> = flags.iter().filter(|f| !inv.has(f)).map(|f| format!("\"{f}\"")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::client(format!("required flag(s) {} not set", missing.join(", "))))
}
