//! awk: one `PATTERN { print … }`. Anything else is not simulated.

use super::tool::{Context, Tool};
use crate::number::{decimal, thousandths};
use crate::pattern::Pattern;
use crate::word::{delimited, unescape};

/// The words of an awk pattern or of a print's argument.
fn awk_words(text: &str) -> Option<Vec<String>> {
    let mut words = vec![];
    let mut rest = text.trim_start();
    while let Some(c) = rest.chars().next() {
        let end = match c {
            '"' | '/' => {
                let (_, after) = delimited(&rest[1..], c)?;
                rest.len() - after.len()
            }
            ',' => 1,
            '=' | '!' | '<' | '>' | '~' => rest.find(|c: char| !"=!<>~".contains(c)).unwrap_or(rest.len()),
            '$' if rest.starts_with("$(NF-") => rest.find(')')? + 1,
            _ => {
                let start = usize::from(c == '$');
                start + rest[start..].find(|c: char| !c.is_ascii_alphanumeric()).unwrap_or(rest.len() - start)
            }
        };
        let (word, after) = rest.split_at(end);
        let known = matches!(c, '"' | '/' | ',' | '=' | '!' | '<' | '>' | '~')
            || c == '$' && (decimal(&word[1..]).is_some() || word == "$NF" || word.starts_with("$(NF-"))
            || matches!(word, "NR" | "NF")
            || decimal(word).is_some();
        if !known {
            return None;
        }
        words.push(word.to_string());
        rest = after.trim_start();
    }
    Some(words)
}

/// A pattern, and what is printed where it fits: words joined to texts.
pub(super) type AwkProgram = (Vec<String>, Vec<Vec<String>>);

/// An awk program's pattern and what it prints, joined by spaces; `None` for what isn't simulated.
fn awk_program(source: &str) -> Option<AwkProgram> {
    let (test, action) = source.split_once('{').unwrap_or((source, "print}"));
    let test = awk_words(test)?;
    let action = action.trim().strip_suffix('}')?.trim().trim_end_matches(';');
    let words = awk_words(action.strip_prefix("print")?)?;
    let operators = |w: &String| w.starts_with(['=', '!', '<', '>', '~']);
    let wrong = !matches!(test.len(), 0 | 1 | 3) || words.iter().any(operators);
    let prints =
        words.split(|w| w == ",").map(<[String]>::to_vec).filter(|items| !items.is_empty()).collect();
    (!wrong).then_some((test, prints))
}

fn awk_match(pattern: &str, text: &str) -> bool {
    let source = pattern.strip_prefix('/').and_then(|p| p.strip_suffix('/')).unwrap_or(pattern);
    Pattern::regex(source, true, false).is_some_and(|p| p.is_match(text))
}

fn awk_value(item: &str, line: &str, fields: &[&str], number: i64) -> String {
    if let Some(text) = item.strip_prefix('"') {
        let mut out = String::new();
        unescape(text.strip_suffix('"').unwrap_or(text), &mut out);
        return out;
    }
    let field = |n: Option<i64>| {
        n.and_then(|n| fields.get((n as usize).wrapping_sub(1))).map_or("", |f| f).to_string()
    };
    match item {
        "NR" => number.to_string(),
        "NF" => fields.len().to_string(),
        "$0" => line.to_string(),
        "$NF" => field(Some(fields.len() as i64)),
        _ => match item.strip_prefix('$') {
            Some(n) => match n.strip_prefix("(NF-").and_then(|n| n.strip_suffix(')')) {
                Some(back) => field(decimal(back).map(|back| fields.len() as i64 - back)),
                None => field(decimal(n)),
            },
            None => item.to_string(),
        },
    }
}

impl Tool {
    /// The program, where it is simulated.
    pub(super) fn awk_program(&self) -> Option<AwkProgram> {
        awk_program(self.operand(0))
    }

    /// `[PATTERN] { print … }`; other programs are not simulated.
    pub(crate) fn awk(&mut self, c: &mut Context, line: &str) {
        let separator = self.value('F').unwrap_or(" ");
        let fields: Vec<&str> = match separator {
            " " => line.split_ascii_whitespace().collect(),
            _ if line.is_empty() => vec![],
            "\\t" => line.split('\t').collect(),
            _ if separator.chars().count() == 1 => line.split(separator).collect(),
            _ => match Pattern::regex(separator, true, false) {
                Some(pattern) => {
                    let (mut fields, mut from) = (vec![], 0);
                    while let Some(found) = pattern.find(line, from) {
                        let (start, end) = (found[0].unwrap_or(0), found[1].unwrap_or(0));
                        if end == start {
                            break;
                        }
                        fields.push(&line[from..start]);
                        from = end;
                    }
                    fields.push(&line[from..]);
                    fields
                }
                None => vec![line],
            },
        };
        let Some((test, prints)) = self.awk_program() else { return };
        let value = |item: &str| awk_value(item, line, &fields, self.count);
        let yes = match &test[..] {
            [] => true,
            [pattern] if pattern.starts_with('/') => awk_match(pattern, line),
            [left, operator, right] => {
                let (left, right) = (value(left), value(right));
                let order = match (thousandths(&left, true), thousandths(&right, true)) {
                    (Some(left), Some(right)) => left.cmp(&right),
                    _ => left.cmp(&right),
                };
                match operator.as_str() {
                    "~" => awk_match(&right, &left),
                    "!~" => !awk_match(&right, &left),
                    "==" => order.is_eq(),
                    "!=" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
            _ => !matches!(value(&test[0]).as_str(), "" | "0"),
        };
        if yes {
            let texts: Vec<String> =
                prints.iter().map(|items| items.iter().map(|item| value(item)).collect::<String>()).collect();
            c.print(&if texts.is_empty() { line.to_string() } else { texts.join(" ") });
        }
    }
}
