//! `{a,b}` and `{1..3}`, before any other expansion. Models bash's `braces.c`.

/// The most words that braces make.
const MAX_WORDS: usize = 1000;

/// The texts that a word's source stands for: itself, where it has no braces to expand.
pub(crate) fn expand(source: &str) -> Vec<String> {
    let mut done = vec![];
    let mut todo = vec![source.to_string()];
    while let Some(text) = todo.pop() {
        match first(&text) {
            Some(made) if done.len() + todo.len() + made.len() <= MAX_WORDS => {
                todo.extend(made.into_iter().rev())
            }
            _ => done.push(text),
        }
    }
    done
}

/// Where a quoted or substituted part that begins at `at` ends, if one does.
fn skipped(text: &[u8], at: usize) -> Option<usize> {
    let close = match (text[at], text.get(at + 1)) {
        (b'\\', _) => return Some((at + 2).min(text.len())),
        (b'\'', _) => {
            return Some(text[at + 1..].iter().position(|c| *c == b'\'').map_or(text.len(), |n| at + n + 2));
        }
        (b'"' | b'`', _) => text[at],
        (b'$', Some(b'{')) => b'}',
        (b'$', Some(b'(')) => b')',
        _ => return None,
    };
    let mut at = at + if text[at] == b'$' { 2 } else { 1 };
    while at < text.len() {
        if text[at] == close {
            return Some(at + 1);
        }
        at = match text[at] {
            b'\'' if close == b'"' => at + 1,
            b'(' if close == b')' => skip_parens(text, at),
            _ => skipped(text, at).unwrap_or(at + 1),
        };
    }
    Some(text.len())
}

fn skip_parens(text: &[u8], at: usize) -> usize {
    let mut depth = 0;
    for (n, c) in text.iter().enumerate().skip(at) {
        match c {
            b'(' => depth += 1,
            b')' if depth == 1 => return n + 1,
            b')' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// How long the word is that begins here, in bytes: up to an unquoted blank or operator.
pub(crate) fn word_length(text: &str) -> usize {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        match skipped(bytes, at) {
            Some(end) => at = end,
            None if b" \t\r\n;&|<>()".contains(&bytes[at]) => break,
            None => at += 1,
        }
    }
    at.min(bytes.len())
}

/// Where the brackets close that the text begins with, if it does.
pub(crate) fn bracket_end(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let (mut depth, mut at) = (0, 0);
    while at < bytes.len() {
        if let Some(end) = skipped(bytes, at) {
            at = end;
            continue;
        }
        match bytes[at] {
            b'[' => depth += 1,
            b']' if depth == 1 => return Some(at),
            b']' => depth -= 1,
            b'\n' => return None,
            _ if depth == 0 => return None,
            _ => {}
        }
        at += 1;
    }
    None
}

/// The words that the first braces make, with what stands around them.
fn first(text: &str) -> Option<Vec<String>> {
    let bytes = text.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(end) = skipped(bytes, at) {
            at = end;
            continue;
        }
        if bytes[at] == b'{'
            && let Some((items, end)) = items(text, at)
        {
            return Some(items.iter().map(|item| [&text[..at], item, &text[end..]].concat()).collect());
        }
        at += 1;
    }
    None
}

/// The items of the braces that open at `open`, and where they end.
fn items(text: &str, open: usize) -> Option<(Vec<String>, usize)> {
    let bytes = text.as_bytes();
    let (mut depth, mut at, mut start, mut items) = (0, open + 1, open + 1, vec![]);
    while at < bytes.len() {
        if let Some(end) = skipped(bytes, at) {
            at = end;
            continue;
        }
        match bytes[at] {
            b'{' => depth += 1,
            b'}' if depth > 0 => depth -= 1,
            b'}' => {
                if items.is_empty() {
                    return Some((sequence(&text[start..at])?, at + 1));
                }
                items.push(text[start..at].to_string());
                return Some((items, at + 1));
            }
            b',' if depth == 0 => {
                items.push(text[start..at].to_string());
                start = at + 1;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// `1..3`, `a..e..2`.
fn sequence(text: &str) -> Option<Vec<String>> {
    let parts: Vec<&str> = text.split("..").collect();
    let (from, to, step) = match parts[..] {
        [from, to] => (from, to, 1),
        [from, to, step] => (from, to, step.parse::<i64>().ok()?.checked_abs()?.max(1)),
        _ => return None,
    };
    let letter = |text: &str| match text.as_bytes() {
        [c] if c.is_ascii_alphabetic() => Some(i64::from(*c)),
        _ => None,
    };
    let (letters, first, last) = match (letter(from), letter(to)) {
        (Some(first), Some(last)) => (true, first, last),
        _ => (false, from.parse::<i64>().ok()?, to.parse::<i64>().ok()?),
    };
    let padded =
        |text: &str| text.trim_start_matches('-').len() > 1 && text.trim_start_matches('-').starts_with('0');
    let width = if padded(from) || padded(to) { from.len().max(to.len()) } else { 0 };
    let count = (first.abs_diff(last) / step as u64).min(MAX_WORDS as u64) as i64;
    let step = if last < first { -step } else { step };
    let word = |n: i64| match letters {
        true => char::from((first + n * step) as u8).to_string(),
        false => format!("{:0width$}", first + n * step),
    };
    Some((0..=count).map(word).collect())
}
