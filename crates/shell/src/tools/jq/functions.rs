//! jq's functions: those of values alone, and those that are filters themselves (jq's manual; `src/builtin.c` and
//! `src/builtin.jq` name them). Long: a table of functions, and what each does.

use super::super::date::{parse_time, time_text};
use super::super::digest;
use super::json::{Reader, Value, compact, put, sort};
use super::stop::{Stop, error};
use crate::pattern::{Pattern, group};
use std::rc::Rc;

/// The most bytes of a value in a message (jq 1.6's `char errbuf[15]`).
const SHOWN: usize = 14;

/// Functions that are filters themselves.
pub(super) const LIBRARY: &str = r#"
def map(f): [.[] | f];
def select(f): if f then . else empty end;
def recurse(f): def r: ., (f | r); r;
def recurse(f; c): def r: ., (f | select(c) | r); r;
def recurse: ..;
def values: select(. != null);
def nulls: select(. == null);
def booleans: select(type == "boolean");
def numbers: select(type == "number");
def strings: select(type == "string");
def arrays: select(type == "array");
def objects: select(type == "object");
def iterables: select(type == "array" or type == "object");
def scalars: select(type != "array" and type != "object");
def range($x): range(0; $x);
def first: .[0];
def last: .[-1];
def first(f): label $out | (f | ., break $out);
def last(f): reduce f as $x (null; $x);
def isempty(f): first((f | false), true);
def limit($n; f): if $n <= 0 then empty else label $out | foreach f as $x (0; . + 1; $x, if . >= $n then break $out else empty end) end;
def until(c; f): def u: if c then . else (f | u) end; u;
def while(c; f): def w: if c then ., (f | w) else empty end; w;
def repeat(f): def r: ., (f | r); r;
def nth($n): .[$n];
def nth($n; f): last(limit($n + 1; f));
def in(x): . as $k | x | has($k);
def inside(x): . as $k | x | contains($k);
def to_entries: [keys_unsorted[] as $k | {key: $k, value: .[$k]}];
def from_entries: reduce .[] as $x ({}; . + {($x | if type != "object" then . else (if has("key") then .key elif has("k") then .k
  elif has("name") then .name elif has("Name") then .Name elif has("Key") then .Key else .K end) end
  | if type == "string" then . else tojson end):
  ($x | if type != "object" then null elif has("value") then .value elif has("v") then .v elif has("Value") then .Value else .V end)});
def with_entries(f): to_entries | map(f) | from_entries;
def map_values(f): .[] |= f;
def del(f): delpaths([path(f)]);
def paths: path(..) | select(length > 0);
def paths(f): path(.. | select(f)) | select(length > 0);
def leaf_paths: paths(scalars);
def pick(f): . as $top | reduce path(f) as $p (null; setpath($p; $top | getpath($p)));
def any: any(.[]; .);
def all: all(.[]; .);
def any(f): any(.[]; f);
def all(f): all(.[]; f);
def any(g; c): isempty(first(g | c | select(.))) | not;
def all(g; c): isempty(first(g | c | select(. | not)));
def add(f): reduce f as $x (null; . + $x);
def sort_by(f): _by(map([f])) | map(.[1]);
def group_by(f): _groups(map([f])) | map(map(.[1]));
def unique_by(f): _groups(map([f])) | map(.[0][1]);
def min_by(f): sort_by(f) | first;
def max_by(f): sort_by(f) | last;
def unique: unique_by(.);
def min: min_by(.);
def max: max_by(.);
def index($i): indices($i) | .[0];
def rindex($i): indices($i) | .[-1:][0];
def walk(f): def w: if type == "object" then map_values(w) elif type == "array" then map(w) else . end | f; w;
def ascii: [.] | implode;
def todate: strftime("%Y-%m-%dT%H:%M:%SZ");
def todateiso8601: todate;
def date: todate;
def fromdate: fromdateiso8601;
def dateadd(u; $n): . + $n;
def test($re): test($re; null);
def match($re): match($re; null);
def capture($re): capture($re; null);
def capture($re; $flags): match($re; $flags) | [.captures | .[] | select(.name != null) | {key: .name, value: .string}] | from_entries;
def scan($re): scan($re; null);
def scan($re; $flags): match($re; ["g", $flags] | map(select(. != null)) | join("")) | if (.captures | length) > 0 then [.captures | .[] | .string] else .string end;
def match($re; $flags): _matches($re; $flags) | .[];
def test($re; $flags): _matches($re; $flags) | length > 0;
def splits($re): split($re; null) | .[];
def splits($re; $flags): split($re; $flags) | .[];
def split($re; $flags): . as $s | [_matches($re; "g" + $flags) | .[] | [.offset, .offset + .length]]
  | [0, .[][]] + [$s | length] | [_pairs | .[] | $s[.[0]:.[1]]];
def sub($re; f): sub($re; f; "");
def sub($re; f; $flags): . as $s | (_matches($re; $flags)) as $all
  | reduce $all[] as $m ([0, ""]; [$m.offset + $m.length, .[1] + $s[.[0]:$m.offset]
    + ([$m.captures | .[] | select(.name != null) | {key: .name, value: .string}] | from_entries | f)])
  | .[1] + $s[.[0]:];
def gsub($re; f): sub($re; f; "g");
def gsub($re; f; $flags): sub($re; f; $flags + "g");
def ascii_downcase: explode | map(if 65 <= . and . <= 90 then . + 32 else . end) | implode;
def ascii_upcase: explode | map(if 97 <= . and . <= 122 then . - 32 else . end) | implode;
def combinations: if length == 0 then [] else .[0][] as $x | (.[1:] | combinations) as $w | [$x] + $w end;
def combinations(n): . as $dot | [range(n)] | map($dot) | combinations;
def finites: select(isinfinite or isnan | not);
def normals: select(isnormal);
def abs: if . < 0 then -. else . end;
"#;

/// The functions of values: name and number of arguments.
const NATIVE: &str = " add/0 keys/0 keys_unsorted/0 length/0 utf8bytelength/0 type/0 tostring/0 tonumber/0 tojson/0 fromjson/0 has/1 \
contains/1 sort/0 reverse/0 flatten/0 flatten/1 join/1 split/1 ltrimstr/1 rtrimstr/1 startswith/1 endswith/1 explode/0 implode/0 \
floor/0 ceil/0 round/0 trunc/0 sqrt/0 fabs/0 pow/2 log/0 log2/0 log10/0 exp/0 isinfinite/0 isnan/0 isnormal/0 infinite/0 nan/0 \
setpath/2 delpaths/1 indices/1 transpose/0 trim/0 ltrim/0 rtrim/0 strftime/1 fromdateiso8601/0 error/1 _by/1 _groups/1 _matches/2 \
_pairs/0 ";

/// Whether there is such a function.
pub(super) fn is_known(key: &str) -> bool {
    NATIVE.split(' ').any(|known| known == key)
}

/// A value in a message: its type, and as much of it as jq shows.
pub(super) fn described(value: &Value) -> String {
    format!("{} ({})", value.kind(), shortened(value))
}

/// As much of a value as jq shows in messages.
pub(super) fn shortened(value: &Value) -> String {
    let text = compact(value);
    if text.len() <= SHOWN {
        return text;
    }
    let mut end = SHOWN - 3;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    [&text[..end], "..."].concat()
}

/// A text as it is, another value as JSON.
pub(super) fn shown(value: &Value) -> String {
    match value {
        Value::Text(text) => text.to_string(),
        other => compact(other),
    }
}

/// The place of an index in a list; a negative one counts from its end.
fn place(n: f64, length: usize) -> Option<usize> {
    let n = n.floor();
    let at = if n < 0.0 { n + length as f64 } else { n };
    (at >= 0.0 && at < length as f64).then_some(at as usize)
}

/// The bounds of a slice.
fn bounds(key: &Value, length: usize) -> Result<(usize, usize), Stop> {
    let bound = |value: Value, default: usize, up: bool| match value {
        Value::Null => Ok(default),
        Value::Number(n) => {
            let n = if n < 0.0 { n + length as f64 } else { n };
            let n = if up { n.ceil() } else { n.floor() };
            Ok(n.clamp(0.0, length as f64) as usize)
        }
        _ => error("Start and end indices of an array slice must be numbers"),
    };
    let (from, to) = (bound(key.get("start"), 0, false)?, bound(key.get("end"), length, true)?);
    Ok((from, to.max(from)))
}

/// What stands under a key, an index, or between two.
pub(super) fn index(value: &Value, key: &Value) -> Result<Value, Stop> {
    match (value, key) {
        (Value::Object(_), Value::Text(key)) => Ok(value.get(key)),
        (Value::Array(items), Value::Number(n)) => {
            Ok(place(*n, items.len()).map_or(Value::Null, |at| items[at].clone()))
        }
        (Value::Array(items), Value::Object(_)) => {
            let (from, to) = bounds(key, items.len())?;
            Ok(Value::array(items[from..to].to_vec()))
        }
        (Value::Text(text), Value::Object(_)) => {
            let chars: Vec<char> = text.chars().collect();
            let (from, to) = bounds(key, chars.len())?;
            Ok(Value::text(&chars[from..to].iter().collect::<String>()))
        }
        (Value::Array(_), Value::Array(_)) => indices(value, key),
        (Value::Null, Value::Text(_) | Value::Number(_) | Value::Object(_) | Value::Null) => Ok(Value::Null),
        (_, Value::Text(key)) => error(format!("Cannot index {} with string \"{key}\"", value.kind())),
        _ => error(format!("Cannot index {} with {}", value.kind(), key.kind())),
    }
}

pub(super) fn get_path(value: &Value, path: &[Value]) -> Result<Value, Stop> {
    path.iter().try_fold(value.clone(), |value, key| index(&value, key))
}

pub(super) fn set_path(value: &Value, path: &[Value], new: Value) -> Result<Value, Stop> {
    let Some((key, rest)) = path.split_first() else { return Ok(new) };
    let inner = set_path(&index(value, key)?, rest, new)?;
    match (value, key) {
        (Value::Object(_) | Value::Null, Value::Text(key)) => {
            let mut fields = match value {
                Value::Object(fields) => (**fields).clone(),
                _ => vec![],
            };
            put(&mut fields, key, inner);
            Ok(Value::Object(Rc::new(fields)))
        }
        (Value::Array(_) | Value::Null, Value::Number(n)) => {
            let mut items = match value {
                Value::Array(items) => (**items).clone(),
                _ => vec![],
            };
            let at = if *n < 0.0 { *n + items.len() as f64 } else { *n };
            if at < 0.0 {
                return error("Out of bounds negative array index");
            }
            if at > 1e6 {
                return error("Array index too large");
            }
            let at = at as usize;
            while items.len() <= at {
                items.push(Value::Null);
            }
            items[at] = inner;
            Ok(Value::array(items))
        }
        (Value::Array(_) | Value::Null, Value::Object(_)) => {
            let items = match value {
                Value::Array(items) => (**items).clone(),
                _ => vec![],
            };
            let Value::Array(new) = inner else {
                return error("A slice of an array can only be assigned another array");
            };
            let (from, to) = bounds(key, items.len())?;
            Ok(Value::array([&items[..from], &new[..], &items[to..]].concat()))
        }
        (_, Value::Text(key)) => error(format!("Cannot index {} with string \"{key}\"", value.kind())),
        _ => error(format!("Cannot update field at {} index of {}", key.kind(), value.kind())),
    }
}

/// Takes what stands at these paths away, the last first.
pub(super) fn delete_paths(value: &Value, mut paths: Vec<Value>) -> Result<Value, Stop> {
    sort(&mut paths);
    let mut result = value.clone();
    for path in paths.iter().rev() {
        let Value::Array(path) = path else { return error("Path must be specified as an array") };
        result = delete(&result, path)?;
    }
    Ok(result)
}

fn delete(value: &Value, path: &[Value]) -> Result<Value, Stop> {
    let Some((key, rest)) = path.split_first() else { return Ok(Value::Null) };
    if !rest.is_empty() {
        let inner = index(value, key)?;
        return match inner {
            Value::Null => Ok(value.clone()),
            inner => set_path(value, &path[..1], delete(&inner, rest)?),
        };
    }
    match (value, key) {
        (Value::Null, _) => Ok(Value::Null),
        (Value::Object(fields), Value::Text(key)) => {
            Ok(Value::Object(Rc::new(fields.iter().filter(|(known, _)| known != key).cloned().collect())))
        }
        (Value::Array(items), Value::Number(n)) => {
            let mut items = (**items).clone();
            if let Some(at) = place(*n, items.len()) {
                items.remove(at);
            }
            Ok(Value::array(items))
        }
        (Value::Array(items), Value::Object(_)) => {
            let (from, to) = bounds(key, items.len())?;
            Ok(Value::array([&items[..from], &items[to..]].concat()))
        }
        _ => error(format!(
            "Cannot delete field at {} index of {}",
            if matches!(key, Value::Text(_)) { "object" } else { "array" },
            value.kind()
        )),
    }
}

/// Operators of two values.
pub(super) fn binary(operator: &str, a: &Value, b: &Value) -> Result<Value, Stop> {
    let order = || a.compare(b);
    Ok(match operator {
        "==" => Value::Bool(order().is_eq()),
        "!=" => Value::Bool(order().is_ne()),
        "<" => Value::Bool(order().is_lt()),
        "<=" => Value::Bool(order().is_le()),
        ">" => Value::Bool(order().is_gt()),
        ">=" => Value::Bool(order().is_ge()),
        "+" => return plus(a, b),
        operator => match (operator, a, b) {
            ("-", Value::Number(a), Value::Number(b)) => Value::Number(a - b),
            ("*", Value::Number(a), Value::Number(b)) => Value::Number(a * b),
            ("/", Value::Number(_), Value::Number(0.0)) | ("%", Value::Number(_), Value::Number(0.0)) => {
                return error(format!(
                    "{} and {} cannot be divided because the divisor is zero",
                    described(a),
                    described(b)
                ));
            }
            ("/", Value::Number(a), Value::Number(b)) => Value::Number(a / b),
            ("%", Value::Number(a), Value::Number(b)) => {
                let b = (*b as i64).unsigned_abs() as i64;
                if b == 0 {
                    return error("cannot be divided because the divisor is zero");
                }
                Value::Number((*a as i64 % b) as f64)
            }
            ("-", Value::Array(items), Value::Array(gone)) => {
                let stays = |item: &&Value| gone.iter().all(|g| g.compare(item).is_ne());
                Value::array(items.iter().filter(stays).cloned().collect())
            }
            ("*", Value::Text(text), Value::Number(n)) | ("*", Value::Number(n), Value::Text(text)) => {
                if *n <= 0.0 {
                    Value::Null
                } else {
                    Value::text(&text.repeat((n.ceil() as usize).clamp(1, 1 << 16)))
                }
            }
            ("*", Value::Object(_), Value::Object(_)) => merged(a, b),
            ("/", Value::Text(text), Value::Text(by)) => parts(text, by),
            _ => {
                let what = match operator {
                    "-" => "subtracted",
                    "*" => "multiplied",
                    _ => "divided",
                };
                return error(format!("{} and {} cannot be {what}", described(a), described(b)));
            }
        },
    })
}

fn plus(a: &Value, b: &Value) -> Result<Value, Stop> {
    Ok(match (a, b) {
        (Value::Null, other) | (other, Value::Null) => other.clone(),
        (Value::Number(a), Value::Number(b)) => Value::Number(a + b),
        (Value::Text(a), Value::Text(b)) => Value::text(&[&**a, &**b].concat()),
        (Value::Array(a), Value::Array(b)) => Value::array([&a[..], &b[..]].concat()),
        (Value::Object(a), Value::Object(b)) => {
            let mut fields = (**a).clone();
            for (key, value) in b.iter() {
                put(&mut fields, key, value.clone());
            }
            Value::Object(Rc::new(fields))
        }
        _ => return error(format!("{} and {} cannot be added", described(a), described(b))),
    })
}

/// Two objects, and those in them, as one.
fn merged(a: &Value, b: &Value) -> Value {
    let (Value::Object(old), Value::Object(new)) = (a, b) else { return b.clone() };
    let mut fields = (**old).clone();
    for (key, value) in new.iter() {
        put(&mut fields, key, merged(&a.get(key), value));
    }
    Value::Object(Rc::new(fields))
}

/// A text's parts.
fn parts(text: &str, by: &str) -> Value {
    if text.is_empty() {
        return Value::array(vec![]);
    }
    if by.is_empty() {
        return Value::array(text.chars().map(|c| Value::text(c.encode_utf8(&mut [0; 4]))).collect());
    }
    Value::array(text.split(by).map(Value::text).collect())
}

fn indices(value: &Value, of: &Value) -> Result<Value, Stop> {
    let found = |n: usize| Value::Number(n as f64);
    Ok(match (value, of) {
        (Value::Null, _) => Value::Null,
        (Value::Text(_), Value::Text(part)) if part.is_empty() => Value::Null,
        (Value::Text(text), Value::Text(part)) => {
            let all =
                (0..text.len()).filter(|n| text.is_char_boundary(*n) && text[*n..].starts_with(&**part));
            Value::array(all.map(found).collect())
        }
        (Value::Array(items), Value::Array(part)) => {
            let fits = |n: &usize| items[*n..].iter().zip(part.iter()).all(|(a, b)| a.compare(b).is_eq());
            let ends = (items.len() + 1).saturating_sub(part.len().max(1));
            Value::array((0..ends).filter(fits).map(found).collect())
        }
        (Value::Array(items), of) => {
            Value::array((0..items.len()).filter(|n| items[*n].compare(of).is_eq()).map(found).collect())
        }
        _ => return index(value, of),
    })
}

fn contains(a: &Value, b: &Value) -> Result<bool, Stop> {
    Ok(match (a, b) {
        (Value::Object(_), Value::Object(fields)) => {
            for (key, value) in fields.iter() {
                if !a.keys().contains(key) || !contains(&a.get(key), value)? {
                    return Ok(false);
                }
            }
            true
        }
        (Value::Array(items), Value::Array(parts)) => {
            parts.iter().all(|part| items.iter().any(|item| contains(item, part).unwrap_or(false)))
        }
        (Value::Text(text), Value::Text(part)) => text.contains(&**part),
        _ if a.kind() == b.kind() => a.compare(b).is_eq(),
        _ => {
            return error(format!(
                "{} and {} cannot have their containment checked",
                described(a),
                described(b)
            ));
        }
    })
}

/// A value under a format such as `@csv`.
pub(super) fn formatted(format: &str, value: &Value) -> Result<String, Stop> {
    let text = shown(value);
    let escaped = |pairs: &[(char, &str)]| {
        let mut out = String::new();
        for c in text.chars() {
            match pairs.iter().find(|(known, _)| *known == c) {
                Some((_, instead)) => out.push_str(instead),
                None => out.push(c),
            }
        }
        out
    };
    Ok(match format {
        "text" => text,
        "json" => compact(value),
        "html" => escaped(&[('<', "&lt;"), ('>', "&gt;"), ('&', "&amp;"), ('\'', "&#39;"), ('"', "&quot;")]),
        "uri" => {
            let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b);
            let mut out = String::new();
            for b in text.bytes() {
                if plain(b) { out.push(char::from(b)) } else { out.push_str(&format!("%{b:02X}")) }
            }
            out
        }
        "base64" => digest::base64(text.as_bytes()),
        "base64d" => match digest::decoded(&text) {
            Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(_) => return error(format!("{} is not valid base64 data", described(value))),
        },
        "sh" => {
            let one = |value: &Value| match value {
                Value::Text(text) => Ok(["'", &text.replace('\'', "'\\''"), "'"].concat()),
                Value::Array(_) | Value::Object(_) => {
                    error(format!("{} can not be escaped for shell", described(value)))
                }
                other => Ok(compact(other)),
            };
            match value {
                Value::Array(items) => items.iter().map(one).collect::<Result<Vec<_>, _>>()?.join(" "),
                other => one(other)?,
            }
        }
        "csv" | "tsv" => {
            let Value::Array(items) = value else {
                return error(format!(
                    "{} cannot be {format}-formatted, only an array can be",
                    described(value)
                ));
            };
            let one = |value: &Value| match value {
                Value::Text(text) if format == "csv" => Ok(["\"", &text.replace('"', "\"\""), "\""].concat()),
                Value::Text(text) => Ok(text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n")),
                Value::Null => Ok(String::new()),
                Value::Array(_) | Value::Object(_) => {
                    error(format!("{} is not valid in a csv row", described(value)))
                }
                other => Ok(compact(other)),
            };
            let cells = items.iter().map(one).collect::<Result<Vec<_>, _>>()?;
            cells.join(if format == "csv" { "," } else { "\t" })
        }
        _ => return error(format!("{format} is not a valid format")),
    })
}

/// The number of a value, where it is one.
fn numeric(value: &Value) -> Result<f64, Stop> {
    match value {
        Value::Number(n) => Ok(*n),
        other => error(format!("{} number required", described(other))),
    }
}

/// A function of values; [`is_known`] says which there are.
pub(super) fn native(key: &str, input: &Value, arguments: &[Value]) -> Result<Value, Stop> {
    let argument = arguments.first().unwrap_or(&Value::Null);
    Ok(match key {
        "add/0" => match input {
            Value::Array(items) => items.iter().try_fold(Value::Null, |sum, item| plus(&sum, item))?,
            Value::Object(fields) => {
                fields.iter().try_fold(Value::Null, |sum, (_, item)| plus(&sum, item))?
            }
            other => return error(format!("Cannot iterate over {}", described(other))),
        },
        "_matches/2" => matches(input, argument, &arguments[1])?,
        "pow/2" => Value::Number(numeric(argument)?.powf(numeric(&arguments[1])?)),
        "error/1" => return Err(Stop::Error(argument.clone())),
        "keys/0" | "keys_unsorted/0" => match input {
            Value::Array(items) => Value::array((0..items.len()).map(|n| Value::Number(n as f64)).collect()),
            Value::Object(fields) if key == "keys_unsorted/0" => {
                Value::array(fields.iter().map(|(key, _)| Value::Text(key.clone())).collect())
            }
            Value::Object(_) => Value::array(input.keys().into_iter().map(Value::Text).collect()),
            other => return error(format!("{} has no keys", described(other))),
        },
        "length/0" => Value::Number(match input {
            Value::Null => 0.0,
            Value::Number(n) => n.abs(),
            Value::Text(text) => text.chars().count() as f64,
            Value::Array(items) => items.len() as f64,
            Value::Object(fields) => fields.len() as f64,
            other => return error(format!("{} has no length", described(other))),
        }),
        "type/0" => Value::text(input.kind()),
        "has/1" => match (input, argument) {
            (Value::Object(_), Value::Text(key)) => Value::Bool(input.keys().contains(key)),
            (Value::Array(items), Value::Number(n)) => Value::Bool(*n >= 0.0 && *n < items.len() as f64),
            _ => {
                return error(format!("Cannot check whether {} has a {} key", input.kind(), argument.kind()));
            }
        },
        "contains/1" => Value::Bool(contains(input, argument)?),
        "indices/1" => indices(input, argument)?,
        "setpath/2" => match argument {
            Value::Array(path) => set_path(input, path, arguments[1].clone())?,
            _ => return error("Path must be specified as an array"),
        },
        "delpaths/1" => match argument {
            Value::Array(paths) => delete_paths(input, (**paths).clone())?,
            _ => return error("Paths must be specified as an array"),
        },
        _ => return of_lists(key, input, argument),
    })
}

/// What a function makes of a list. Long: an arm for each of jq's functions.
fn of_lists(key: &str, input: &Value, argument: &Value) -> Result<Value, Stop> {
    let list = || match input {
        Value::Array(items) => Ok(items.clone()),
        other => error(format!("{} cannot be sorted, as it is not an array", described(other))),
    };
    Ok(match key {
        "sort/0" => {
            let mut items = (*list()?).clone();
            sort(&mut items);
            Value::array(items)
        }
        // Each value after the key that it is sorted by.
        "_by/1" | "_groups/1" => {
            let keys = match argument {
                Value::Array(keys) => keys.clone(),
                _ => return error("keys must be an array"),
            };
            let mut pairs: Vec<(Value, Value)> = keys.iter().cloned().zip(list()?.iter().cloned()).collect();
            collections::sort_by(&mut pairs, |a, b| a.0.compare(&b.0));
            let pair = |(key, value): &(Value, Value)| Value::array(vec![key.clone(), value.clone()]);
            if key == "_by/1" {
                return Ok(Value::array(pairs.iter().map(pair).collect()));
            }
            let groups = pairs.chunk_by(|a, b| a.0.compare(&b.0).is_eq());
            Value::array(groups.map(|group| Value::array(group.iter().map(pair).collect())).collect())
        }
        "_pairs/0" => Value::array(list()?.chunks(2).map(|pair| Value::array(pair.to_vec())).collect()),
        "reverse/0" => match input {
            Value::Null => Value::array(vec![]),
            Value::Text(text) => Value::text(&text.chars().rev().collect::<String>()),
            Value::Array(items) => Value::array(items.iter().rev().cloned().collect()),
            other => return error(format!("Cannot reverse {}", described(other))),
        },
        "flatten/0" | "flatten/1" => {
            fn flat(items: &[Value], depth: f64, into: &mut Vec<Value>) {
                for item in items {
                    match item {
                        Value::Array(inner) if depth > 0.0 => flat(inner, depth - 1.0, into),
                        other => into.push(other.clone()),
                    }
                }
            }
            let Value::Array(items) = input else {
                return error(format!("Cannot iterate over {}", described(input)));
            };
            let depth = if let Value::Number(n) = argument { *n } else { 1e9 };
            if depth < 0.0 {
                return error("flatten depth must not be negative");
            }
            let mut all = vec![];
            flat(items, depth, &mut all);
            Value::array(all)
        }
        "transpose/0" => {
            let rows = list()?;
            let width = rows.iter().map(|row| if let Value::Array(row) = row { row.len() } else { 0 }).max();
            let column = |n: usize| rows.iter().map(|row| index(row, &Value::Number(n as f64))).collect();
            let columns: Result<Vec<Value>, Stop> = (0..width.unwrap_or(0))
                .map(|n| Result::<Vec<Value>, Stop>::map(column(n), Value::array))
                .collect();
            Value::array(columns?)
        }
        "join/1" => {
            let Value::Array(items) = input else {
                return error(format!("Cannot iterate over {}", described(input)));
            };
            let by = shown(argument);
            let one = |value: &Value| match value {
                Value::Null => Ok(String::new()),
                Value::Array(_) | Value::Object(_) => {
                    let before = Value::text(&by);
                    error(format!("{} and {} cannot be added", described(&before), described(value)))
                }
                other => Ok(shown(other)),
            };
            Value::text(&items.iter().map(one).collect::<Result<Vec<_>, _>>()?.join(&by))
        }
        "implode/0" => {
            let one = |value: &Value| match value {
                Value::Number(n) => char::from_u32(*n as u32).unwrap_or('\u{fffd}'),
                _ => '\u{fffd}',
            };
            match input {
                Value::Array(items) => Value::text(&items.iter().map(one).collect::<String>()),
                other => return error(format!("{} cannot be imploded", described(other))),
            }
        }
        _ => return of_numbers(key, input, argument),
    })
}

fn of_numbers(key: &str, input: &Value, argument: &Value) -> Result<Value, Stop> {
    let n = || numeric(input);
    Ok(match key {
        "floor/0" => Value::Number(n()?.floor()),
        "ceil/0" => Value::Number(n()?.ceil()),
        "round/0" => Value::Number(n()?.round()),
        "trunc/0" => Value::Number(n()?.trunc()),
        "sqrt/0" => Value::Number(n()?.sqrt()),
        "fabs/0" => Value::Number(n()?.abs()),
        "log/0" => Value::Number(n()?.ln()),
        "log2/0" => Value::Number(n()?.log2()),
        "log10/0" => Value::Number(n()?.log10()),
        "exp/0" => Value::Number(n()?.exp()),
        "infinite/0" => Value::Number(f64::INFINITY),
        "nan/0" => Value::Number(f64::NAN),
        "isinfinite/0" => Value::Bool(n()?.is_infinite()),
        "isnan/0" => Value::Bool(n()?.is_nan()),
        "isnormal/0" => Value::Bool(n()?.is_normal()),
        "strftime/1" => {
            let seconds = match input {
                Value::Number(n) => n.floor() as i64,
                _ => return error("strftime/1 requires parsed datetime inputs"),
            };
            Value::text(&time_text(seconds, 0, &shown(argument)))
        }
        "fromdateiso8601/0" => match input {
            Value::Text(text) => match parse_time(text, 0).filter(|_| text.ends_with('Z')) {
                Some(seconds) => Value::Number(seconds as f64),
                None => {
                    return error(format!("date \"{text}\" does not match format \"%Y-%m-%dT%H:%M:%SZ\""));
                }
            },
            other => {
                return error(format!(
                    "strptime/1 requires string inputs and arguments, not {}",
                    described(other)
                ));
            }
        },
        _ => return of_texts(key, input, argument),
    })
}

fn of_texts(key: &str, input: &Value, argument: &Value) -> Result<Value, Stop> {
    let text = shown(input);
    let given = shown(argument);
    let both = matches!((input, argument), (Value::Text(_), Value::Text(_)));
    Ok(match key {
        "tostring/0" => Value::text(&text),
        "tojson/0" => Value::text(&compact(input)),
        "tonumber/0" => match input {
            Value::Number(_) => input.clone(),
            Value::Text(text) => match text.trim().parse::<f64>() {
                Ok(n) if text.trim().starts_with(|c: char| c.is_ascii_digit() || matches!(c, '-' | '.')) => {
                    Value::Number(n)
                }
                _ => {
                    let what = "Invalid numeric literal at EOF at line 1, column";
                    return error(format!("{what} {} (while parsing '{text}')", text.len()));
                }
            },
            other => return error(format!("{} cannot be parsed as a number", described(other))),
        },
        "fromjson/0" => {
            let mut reader = Reader::new(&text);
            match reader.next() {
                Some(Ok(value)) if reader.is_at_end() => value,
                Some(Ok(_)) => {
                    return error(format!("Unexpected extra JSON values (while parsing '{text}')"));
                }
                Some(Err(why)) => return error(format!("{why} (while parsing '{text}')")),
                None => Value::Null,
            }
        }
        "split/1" if both => parts(&text, &given),
        "split/1" => return error("split input and separator must be strings"),
        "ltrimstr/1" if both => Value::text(text.strip_prefix(&*given).unwrap_or(&text)),
        "rtrimstr/1" if both => Value::text(text.strip_suffix(&*given).unwrap_or(&text)),
        "ltrimstr/1" | "rtrimstr/1" => input.clone(),
        "startswith/1" if both => Value::Bool(text.starts_with(&*given)),
        "endswith/1" if both => Value::Bool(text.ends_with(&*given)),
        "startswith/1" | "endswith/1" => {
            return error(format!("{}() requires string inputs", key.trim_end_matches("/1")));
        }
        "trim/0" => Value::text(text.trim()),
        "ltrim/0" => Value::text(text.trim_start()),
        "rtrim/0" => Value::text(text.trim_end()),
        "utf8bytelength/0" => Value::Number(text.len() as f64),
        "explode/0" => Value::array(text.chars().map(|c| Value::Number(f64::from(c as u32))).collect()),
        _ => return Err(Stop::NotSimulated(key.into())),
    })
}

/// All matches of a regular expression in a text, or the first: jq's `match`.
fn matches(input: &Value, regex: &Value, flags: &Value) -> Result<Value, Stop> {
    let (Value::Text(text), Value::Text(source)) = (input, regex) else {
        return error(format!("{} cannot be matched, as it is not a string", described(input)));
    };
    let flags = if let Value::Text(flags) = flags { flags.to_string() } else { String::new() };
    let (plain, names) = without_names(source);
    let not_simulated = || Stop::NotSimulated(source.to_string());
    let pattern = Pattern::regex(&plain, true, flags.contains('i')).ok_or_else(not_simulated)?;
    let mut all = vec![];
    let mut from = 0;
    let chars = |bytes: usize| Value::Number(text[..bytes].chars().count() as f64);
    while let Some(found) = pattern.find(text, from) {
        let (Some(Some(begin)), Some(Some(end))) = (found.first(), found.get(1)) else { break };
        let part = |n: usize| {
            let there = found.get(2 * n).is_some_and(Option::is_some);
            let matched = group(text, &found, n);
            let mut fields: Vec<(Rc<str>, Value)> = vec![
                ("offset".into(), if there { chars(found[2 * n].unwrap_or(0)) } else { Value::Number(-1.0) }),
                ("length".into(), Value::Number(matched.chars().count() as f64)),
                ("string".into(), if there { Value::text(matched) } else { Value::Null }),
            ];
            match n {
                0 => {
                    let groups = pattern.groups();
                    fields.push(("captures".into(), Value::Number(groups as f64)));
                }
                n => fields.push((
                    "name".into(),
                    names.get(n - 1).cloned().flatten().map_or(Value::Null, |name| Value::text(&name)),
                )),
            }
            fields
        };
        let captures = (1..=pattern.groups()).map(|n| Value::Object(Rc::new(part(n)))).collect();
        let mut whole = part(0);
        put(&mut whole, &"captures".into(), Value::array(captures));
        all.push(Value::Object(Rc::new(whole)));
        if !flags.contains('g') {
            break;
        }
        from = if end > begin {
            *end
        } else {
            text[*end..].chars().next().map_or(text.len() + 1, |c| end + c.len_utf8())
        };
        if from > text.len() {
            break;
        }
    }
    Ok(Value::array(all))
}

/// A regular expression without its groups' names, as the shell's matcher reads it, and those names. Classes such as
/// `\d` are written out.
fn without_names(source: &str) -> (String, Vec<Option<String>>) {
    let (mut plain, mut names) = (String::new(), vec![]);
    let mut rest = source;
    let mut in_set = false;
    while let Some(c) = rest.chars().next() {
        rest = &rest[c.len_utf8()..];
        match c {
            '\\' => {
                let next = rest.chars().next().unwrap_or('\\');
                rest = &rest[next.len_utf8().min(rest.len())..];
                match (next, in_set) {
                    ('d', false) => plain.push_str("[0-9]"),
                    ('d', true) => plain.push_str("0-9"),
                    ('w', true) => plain.push_str("A-Za-z0-9_"),
                    ('s', true) => plain.push_str(" \t\n"),
                    ('D', false) => plain.push_str("[^0-9]"),
                    (next, true) => plain.push(next),
                    (next, false) => plain.extend(['\\', next]),
                }
            }
            '[' => {
                in_set = true;
                plain.push(c);
            }
            ']' => {
                in_set = false;
                plain.push(c);
            }
            '(' if !in_set => {
                plain.push(c);
                if let Some(after) = rest.strip_prefix("?<")
                    && let Some((name, more)) = after.split_once('>')
                {
                    names.push(Some(name.to_string()));
                    rest = more;
                } else {
                    names.push(None);
                }
            }
            c => plain.push(c),
        }
    }
    (plain, names)
}
