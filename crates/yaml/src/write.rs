//! A tree as YAML, in the style of `kubectl -o yaml`.
//!
//! Models `go.yaml.in/yaml/v2` as kubectl uses it: `encode.go: stringv`, `sorter.go`, and from `emitterc.go` the choice of
//! a scalar's style (`yaml_emitter_analyze_scalar`, `yaml_emitter_select_scalar_style`). Lines are never folded.

use crate::document::reads_as_text;
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// The tree as a YAML document.
pub fn write(tree: &Value) -> String {
    let mut out = String::new();
    match tree {
        Value::Object(o) if !o.is_empty() => mapping(&mut out, o, 0),
        Value::Array(a) if !a.is_empty() => sequence(&mut out, a, 0),
        other => {
            scalar(&mut out, other, 0);
            out.push('\n');
        }
    }
    out
}

fn mapping(out: &mut String, map: &Map<String, Value>, indent: usize) {
    let mut entries: Vec<_> = map.iter().collect();
    collections::sort_by(&mut entries, |a, b| natural_order(a.0, b.0));
    for (n, (key, value)) in entries.into_iter().enumerate() {
        if n > 0 {
            pad(out, indent);
        }
        text(out, key, indent, true);
        out.push(':');
        match value {
            Value::Object(o) if !o.is_empty() => {
                out.push('\n');
                pad(out, indent + 2);
                mapping(out, o, indent + 2);
            }
            Value::Array(a) if !a.is_empty() => {
                out.push('\n');
                pad(out, indent);
                sequence(out, a, indent);
            }
            other => {
                out.push(' ');
                scalar(out, other, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn sequence(out: &mut String, items: &[Value], indent: usize) {
    for (n, item) in items.iter().enumerate() {
        if n > 0 {
            pad(out, indent);
        }
        out.push_str("- ");
        match item {
            Value::Object(o) if !o.is_empty() => mapping(out, o, indent + 2),
            Value::Array(a) if !a.is_empty() => sequence(out, a, indent + 2),
            other => {
                scalar(out, other, indent + 2);
                out.push('\n');
            }
        }
    }
}

fn pad(out: &mut String, indent: usize) {
    out.extend(std::iter::repeat_n(' ', indent));
}

fn scalar(out: &mut String, value: &Value, indent: usize) {
    match value {
        Value::String(s) => text(out, s, indent, false),
        Value::Array(_) => out.push_str("[]"),
        Value::Object(_) => out.push_str("{}"),
        other => out.push_str(&other.to_string()),
    }
}

fn text(out: &mut String, text: &str, indent: usize, is_key: bool) {
    let can_be_plain = reads_as_text(text) && text != "<<" && !is_base60(text) && !is_timestamp(text);
    let allowed = Allowed::of(text);
    if text.contains('\n') && allowed.block && !is_key {
        block(out, text, indent);
    } else if !text.contains('\n') && can_be_plain && allowed.plain {
        out.push_str(text);
    } else if !text.contains('\n') && can_be_plain && allowed.single_quoted {
        out.push('\'');
        out.push_str(&text.replace('\'', "''"));
        out.push('\'');
    } else {
        double_quoted(out, text);
    }
}

/// `|`, with the indentation if the text begins with white space and with how it ends.
fn block(out: &mut String, text: &str, indent: usize) {
    out.push('|');
    if text.starts_with([' ', '\n']) {
        out.push('2');
    }
    let body = text.trim_end_matches('\n');
    match text.len() - body.len() {
        0 => out.push('-'),
        1 if !body.is_empty() => {}
        _ => out.push('+'),
    }
    for line in text.strip_suffix('\n').unwrap_or(text).split('\n') {
        out.push('\n');
        if !line.is_empty() {
            pad(out, indent);
            out.push_str(line);
        }
    }
}

fn double_quoted(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\0' => out.push_str("\\0"),
            '\u{7}' => out.push_str("\\a"),
            '\u{8}' => out.push_str("\\b"),
            '\u{b}' => out.push_str("\\v"),
            '\u{c}' => out.push_str("\\f"),
            '\u{1b}' => out.push_str("\\e"),
            c if is_printable(c) => out.push(c),
            c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02X}", c as u32)),
            c => out.push_str(&format!("\\u{:04X}", c as u32)),
        }
    }
    out.push('"');
}

/// Which styles a text allows.
struct Allowed {
    plain: bool,
    single_quoted: bool,
    block: bool,
}

impl Allowed {
    fn of(text: &str) -> Allowed {
        let chars: Vec<char> = text.chars().collect();
        let is_blank = |c: Option<&char>| c.is_none_or(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
        let mut indicators = text.starts_with("---") || text.starts_with("...");
        let (mut special, mut space_before_break, mut break_before_space) = (false, false, false);
        for (n, c) in chars.iter().enumerate() {
            let (before, after) = (n.checked_sub(1).and_then(|n| chars.get(n)), chars.get(n + 1));
            indicators |= match c {
                '#' => is_blank(before),
                ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%' | '@' | '`' => {
                    n == 0
                }
                '?' | '-' => n == 0 && is_blank(after),
                ':' => is_blank(after),
                _ => false,
            };
            special |= !is_printable(*c) && *c != '\n';
            break_before_space |= *c == ' ' && before == Some(&'\n');
            space_before_break |= *c == '\n' && before == Some(&' ');
        }
        let blank_ends = text.starts_with([' ', '\n']) || text.ends_with([' ', '\n']);
        let broken = space_before_break || special;
        Allowed {
            plain: !indicators && !blank_ends && !break_before_space && !broken && !text.contains('\n'),
            single_quoted: !break_before_space && !broken,
            block: !text.is_empty() && !text.ends_with(' ') && !broken,
        }
    }
}

fn is_printable(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}')
        || c as u32 >= 0x1_0000
}

/// `12:30:45`, which YAML 1.1 reads as a number in base 60.
fn is_base60(text: &str) -> bool {
    let mut parts = text.trim_start_matches(['+', '-']).split(':');
    let first = parts.next().unwrap_or_default();
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let rest: Vec<&str> = parts.collect();
    let whole = |s: &str| s.split_once('.').map_or(s.len(), |(whole, _)| whole.len());
    digits(first)
        && !rest.is_empty()
        && rest.iter().all(|p| (1..=2).contains(&whole(p)) && digits(&p.replace('.', "")))
}

/// A date, or a date and a time, which YAML 1.1 reads as a timestamp.
fn is_timestamp(text: &str) -> bool {
    let numbers = |text: &str, separator: char, lengths: &[std::ops::RangeInclusive<usize>]| {
        let parts: Vec<&str> = text.split(separator).collect();
        parts.len() == lengths.len()
            && parts.iter().zip(lengths).all(|(part, length)| {
                length.contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit())
            })
    };
    let (date, time) =
        text.split_once(['T', 't', ' ']).map_or((text, None), |(date, time)| (date, Some(time)));
    if !numbers(date, '-', &[4..=4, 1..=2, 1..=2]) {
        return false;
    }
    let Some(time) = time else { return true };
    let has_zone = !text.contains(' ');
    let clock_end = time.find(['Z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at(clock_end);
    let (clock, fraction) = clock.split_once('.').unwrap_or((clock, "0"));
    let zone_fits = zone == "Z" || numbers(zone.trim_start_matches(['+', '-']), ':', &[2..=2, 2..=2]);
    numbers(clock, ':', &[1..=2, 1..=2, 1..=2])
        && fraction.bytes().all(|b| b.is_ascii_digit())
        && (if has_zone { zone_fits } else { zone.is_empty() })
}

/// Signs before letters, and numbers in keys by their value.
fn natural_order(a: &str, b: &str) -> Ordering {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let Some(at) = a.iter().zip(&b).position(|(a, b)| a != b) else { return a.len().cmp(&b.len()) };
    match (a[at].is_alphabetic(), b[at].is_alphabetic()) {
        (true, true) => return a[at].cmp(&b[at]),
        (true, false) => return Ordering::Greater,
        (false, true) => return Ordering::Less,
        (false, false) => {}
    }
    let number = |chars: &[char]| {
        let digits: String = chars[at..].iter().take_while(|c| c.is_ascii_digit()).collect();
        (digits.parse::<u64>().unwrap_or(0), digits.len())
    };
    number(&a).cmp(&number(&b)).then(a[at].cmp(&b[at]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_are_quoted_where_go_quotes_them() {
        for (text, yaml) in [
            ("flask", "flask"),
            ("", "\"\""),
            ("yes", "\"yes\""),
            ("y", "\"y\""),
            ("1", "\"1\""),
            ("0x1f", "\"0x1f\""),
            ("1e3", "\"1e3\""),
            ("null", "\"null\""),
            ("12:30", "\"12:30\""),
            ("2026-11-23T04:00:24Z", "\"2026-11-23T04:00:24Z\""),
            ("2026-11-23", "\"2026-11-23\""),
            ("1Gi", "1Gi"),
            ("-c", "-c"),
            ("- c", "'- c'"),
            ("a: b", "'a: b'"),
            ("a:b", "a:b"),
            ("a #b", "'a #b'"),
            ("*", "'*'"),
            ("it's", "it's"),
            (" a", "' a'"),
            ("a\tb", "\"a\\tb\""),
            ("a\nb", "|-\n  a\n  b"),
            ("a\nb\n", "|\n  a\n  b"),
            ("echo $(hostname)-$(date +%s) |tee -a x", "echo $(hostname)-$(date +%s) |tee -a x"),
        ] {
            assert_eq!(write(&json!({ "k": text })), format!("k: {yaml}\n"), "{text:?}");
        }
    }

    #[test]
    fn collections_are_indented_as_go_indents_them() {
        let tree = json!({"b": [{"x": 1, "y": [true]}, []], "a": {}, "c": {"key10": null, "key2": "v"}});
        let yaml = "a: {}\nb:\n- x: 1\n  \"y\":\n  - true\n- []\nc:\n  key2: v\n  key10: null\n";
        assert_eq!(write(&tree), yaml);
    }
}
