//! `-o kyaml`: YAML that can be read no other way, with braces and quotes. Models `sigs.k8s.io/yaml/kyaml`.

use serde_json::Value;

/// A document: its head, its value, a line end.
pub(super) fn write(tree: &Value) -> String {
    let mut out = String::from("---\n");
    value(tree, 0, &mut out);
    out.push('\n');
    out
}

fn indent(level: usize, out: &mut String) {
    out.extend(std::iter::repeat_n("  ", level));
}

fn value(tree: &Value, level: usize, out: &mut String) {
    match tree {
        Value::String(text) => quoted(text, level + 1, true, out),
        Value::Array(items) if items.is_empty() => out.push_str("[]"),
        // Lists of lists and structs close their brackets around them.
        Value::Array(items) if items.iter().all(|item| item.is_array() || item.is_object()) => {
            out.push('[');
            for (n, item) in items.iter().enumerate() {
                out.push_str(if n > 0 { ", " } else { "" });
                value(item, level, out);
            }
            out.push(']');
        }
        Value::Array(items) => {
            out.push_str("[\n");
            for item in items {
                indent(level + 1, out);
                value(item, level + 1, out);
                out.push_str(",\n");
            }
            indent(level, out);
            out.push(']');
        }
        Value::Object(fields) if fields.is_empty() => out.push_str("{}"),
        Value::Object(fields) => {
            out.push_str("{\n");
            for (name, field) in fields {
                indent(level + 1, out);
                match needs_quotes(name) {
                    true => quoted(name, level + 1, false, out),
                    false => out.push_str(name),
                }
                out.push_str(": ");
                value(field, level + 1, out);
                out.push_str(",\n");
            }
            indent(level, out);
            out.push('}');
        }
        other => out.push_str(&other.to_string()),
    }
}

/// A text in quotes; one of several lines is folded if it may be.
fn quoted(text: &str, level: usize, folds: bool, out: &mut String) {
    const FOLD: &str = "\\\n";
    let folds_here = folds && text.contains('\n');
    out.push('"');
    if folds_here {
        out.push_str(FOLD);
    }
    for letter in text.chars() {
        if out.ends_with('\n') {
            indent(level, out);
            // What leads a line and is white would be lost.
            out.push(if letter.is_whitespace() && letter != '\n' { '\\' } else { ' ' });
        }
        match letter {
            '\n' if folds => out.push_str("\\n\\\n"),
            '\t' if folds => out.push('\t'),
            '"' | '\\' => out.extend(['\\', letter]),
            letter if is_printed(letter) => out.push(letter),
            letter => out.push_str(&escaped(letter)),
        }
    }
    if folds_here {
        if !out.ends_with('\n') {
            out.push_str(FOLD);
        }
        indent(level, out);
    }
    out.push('"');
}

/// Go's `unicode.IsPrint`, as far as texts of clusters go: no control characters, and no space but the usual one.
fn is_printed(letter: char) -> bool {
    letter == ' '
        || !letter.is_control() && !letter.is_whitespace() && !matches!(letter, '\u{200b}'..='\u{200f}')
}

fn escaped(letter: char) -> String {
    let short = match letter {
        '\x07' => 'a',
        '\x08' => 'b',
        '\x0c' => 'f',
        '\n' => 'n',
        '\r' => 'r',
        '\t' => 't',
        '\x0b' => 'v',
        '\0' => '0',
        '\x1b' => 'e',
        '\u{85}' => 'N',
        '\u{a0}' => '_',
        '\u{2028}' => 'L',
        '\u{2029}' => 'P',
        _ => {
            let code = u32::from(letter);
            return match code {
                0..0x20 | 0x7f => format!("\\x{code:02x}"),
                0x20..0x10000 => format!("\\u{code:04x}"),
                _ => format!("\\U{code:08x}"),
            };
        }
    };
    ['\\', short].iter().collect()
}

/// Whether a key can't stand without quotes: some reader of YAML might take it for something else than a text.
fn needs_quotes(text: &str) -> bool {
    let last = text.chars().count().saturating_sub(1);
    let is_plain = |(n, letter): (usize, char)| {
        letter.is_alphabetic()
            || letter.is_numeric()
            || letter == '_'
            || n > 0 && n < last && matches!(letter, '-' | '.' | '/')
    };
    text.is_empty() || !text.chars().enumerate().all(is_plain) || is_ambiguous(text)
}

/// Models kyaml.go: isTypeAmbiguous.
fn is_ambiguous(text: &str) -> bool {
    let lower = text.to_lowercase();
    let words = ["null", "true", "t", "y", "yes", "on", "false", "f", "n", "no", "off"];
    let number = lower.replace('_', "");
    let with_base = |(start, base): (&str, u32)| {
        number.strip_prefix(start).is_some_and(|digits| i64::from_str_radix(digits, base).is_ok())
    };
    words.contains(&&*lower)
        || number.parse::<f64>().is_ok()
        || [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().any(with_base)
        || is_date(text)
}

/// `2006-01-02`: a key holds no colon without quotes anyway.
fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let is_number = |part: &&str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    parts.len() == 3 && parts[0].len() == 4 && parts.iter().all(|part| is_number(part) && part.len() <= 4)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn braces_and_quotes_stand_where_kyaml_has_them() {
        let tree = json!({
            "apiVersion": "v1", "kind": "ConfigMap", "empty": {}, "none": [], "no": null,
            "data": {"a.b/c": "x", "yes": "on", "text": "one\n  two\n", "1e3": "\"q\"", "-x": "t\tt"},
            "list": [{"name": "a", "age": 1}, {"name": "b"}], "words": ["a", 2, true],
        });
        let expected = "---\n{\n  apiVersion: \"v1\",\n  data: {\n    \"-x\": \"t\tt\",\n    \"1e3\": \"\\\"q\\\"\",\n    a.b/c: \
            \"x\",\n    text: \"\\\n       one\\n\\\n      \\  two\\n\\\n      \",\n    \"yes\": \"on\",\n  },\n  empty: {},\n  kind: \
            \"ConfigMap\",\n  list: [{\n    age: 1,\n    name: \"a\",\n  }, {\n    name: \"b\",\n  }],\n  \"no\": null,\n  none: \
            [],\n  words: [\n    \"a\",\n    2,\n    true,\n  ],\n}\n";
        assert_eq!(write(&tree), expected);
    }
}
