//! sort. Models POSIX XCU sort with GNU's `-V` and `-h`.

use super::tool::{Context, Tool};
use crate::number::{decimal, thousandths};
use std::cmp::Ordering;

/// A key of `-k`.
#[derive(Default)]
struct Key {
    /// Field and character, from 1; the end's character 0 is the field's end.
    from: (usize, usize),
    to: Option<(usize, usize)>,
    flags: String,
}

fn key(text: &str) -> Key {
    let (from, to) = match text.split_once(',') {
        Some((from, to)) => (from, Some(to)),
        None => (text, None),
    };
    let mut flags = String::new();
    let mut place = |text: &str, first: usize| {
        let end = text.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(text.len());
        flags.push_str(&text[end..]);
        let (field, character) = text[..end].split_once('.').unwrap_or((&text[..end], ""));
        let number = |text: &str, other: usize| decimal(text).map_or(other, |n| n.max(0) as usize);
        (number(field, 1), number(character, first))
    };
    let from = place(from, 1);
    let to = to.map(|to| place(to, 0));
    Key { from, to, flags }
}

/// The part of a line that a key names. Without a separator, fields begin with the blanks before them.
fn part<'a>(line: &'a str, key: &Key, separator: Option<&str>) -> &'a str {
    let mut starts = vec![0];
    let mut ends = vec![];
    match separator {
        Some(separator) => {
            for (at, found) in line.match_indices(separator) {
                ends.push(at);
                starts.push(at + found.len());
            }
            ends.push(line.len());
        }
        None => {
            let bytes = line.as_bytes();
            let mut at = 0;
            loop {
                while at < bytes.len() && bytes[at].is_ascii_whitespace() {
                    at += 1;
                }
                while at < bytes.len() && !bytes[at].is_ascii_whitespace() {
                    at += 1;
                }
                ends.push(at);
                if at >= bytes.len() {
                    break;
                }
                starts.push(at);
            }
        }
    }
    let Some(start) = starts.get(key.from.0.max(1) - 1) else { return "" };
    let blanks = |from: usize| line[from..].len() - line[from..].trim_start().len();
    let skip = if key.flags.contains('b') { blanks(*start) } else { 0 };
    let start = (start + skip + key.from.1.max(1) - 1).min(line.len());
    let end = match key.to {
        None => line.len(),
        Some((field, 0)) => ends.get(field.max(1) - 1).copied().unwrap_or(line.len()),
        Some((field, character)) => {
            starts.get(field.max(1) - 1).map_or(line.len(), |s| (s + character).min(line.len()))
        }
    };
    line.get(start..end.max(start)).unwrap_or("")
}

/// `1K`, `2M`: their unit, and their number in thousandths.
fn human(text: &str) -> (usize, i64) {
    let text = text.trim_start();
    let end = text.find(|c: char| !c.is_ascii_digit() && !"-.".contains(c)).unwrap_or(text.len());
    let unit =
        text[end..].chars().next().and_then(|c| "KMGTPE".find(c.to_ascii_uppercase())).map_or(0, |n| n + 1);
    (unit, thousandths(&text[..end], false).unwrap_or(0))
}

/// Texts with numbers in them, the numbers by their size.
fn by_version(a: &str, b: &str) -> Ordering {
    let (mut a, mut b) = (a, b);
    loop {
        let text = |s: &str| s.find(|c: char| c.is_ascii_digit()).unwrap_or(s.len());
        let order = a[..text(a)].cmp(&b[..text(b)]);
        if order.is_ne() {
            return order;
        }
        (a, b) = (&a[text(a)..], &b[text(b)..]);
        if a.is_empty() || b.is_empty() {
            return a.len().cmp(&b.len());
        }
        let digits = |s: &str| s.find(|c: char| !c.is_ascii_digit()).unwrap_or(s.len());
        let (x, y) = (a[..digits(a)].trim_start_matches('0'), b[..digits(b)].trim_start_matches('0'));
        let order = x.len().cmp(&y.len()).then_with(|| x.cmp(y));
        if order.is_ne() {
            return order;
        }
        (a, b) = (&a[digits(a)..], &b[digits(b)..]);
    }
}

fn compare(a: &str, b: &str, flags: &str) -> Ordering {
    let order = if flags.contains('n') || flags.contains('g') {
        thousandths(a, false).unwrap_or(0).cmp(&thousandths(b, false).unwrap_or(0))
    } else if flags.contains('h') {
        human(a).cmp(&human(b))
    } else if flags.contains('V') {
        by_version(a, b)
    } else if flags.contains('M') {
        let month = |s: &str| {
            "JANFEBMARAPRMAYJUNJULAUGSEPOCTNOVDEC"
                .find(&s.trim_start().to_uppercase().chars().take(3).collect::<String>())
        };
        month(a).map_or(0, |n| n + 1).cmp(&month(b).map_or(0, |n| n + 1))
    } else if flags.contains('f') {
        a.to_uppercase().cmp(&b.to_uppercase())
    } else {
        a.cmp(b)
    };
    if flags.contains('r') { order.reverse() } else { order }
}

impl Tool {
    pub(crate) fn sort(&mut self, c: &mut Context, text: &str) {
        let mut lines: Vec<&str> =
            if self.has('z') { text.split_terminator('\0').collect() } else { text.lines().collect() };
        let global: String =
            self.options.iter().map(|(o, _)| *o).filter(|o| "nrfhVgMb".contains(*o)).collect();
        let separator = self.value('t').map(|t| if t == "\\t" { "\t" } else { t }.to_string());
        let given = self.options.iter().filter(|(o, _)| *o == 'k').map(|(_, v)| key(v));
        let mut keys: Vec<Key> = given.collect();
        for key in &mut keys {
            if key.from.0 == 0 {
                return self.usage(c, "-: invalid field specification");
            }
            if key.flags.is_empty() {
                key.flags = global.clone();
            }
        }
        let separator = separator.as_deref();
        let by_keys = |a: &str, b: &str| -> Ordering {
            if keys.is_empty() {
                return compare(a, b, &global);
            }
            let orders = keys.iter().map(|k| compare(part(a, k, separator), part(b, k, separator), &k.flags));
            orders.fold(Ordering::Equal, Ordering::then)
        };
        let (unique, stable) = (self.has('u'), self.has('s'));
        let reverse = global.contains('r');
        let whole = |a: &str, b: &str| -> Ordering {
            let last = if reverse { b.cmp(a) } else { a.cmp(b) };
            if stable || unique { by_keys(a, b) } else { by_keys(a, b).then(last) }
        };
        if self.has('c') || self.has('C') {
            let wrong = lines
                .windows(2)
                .position(|w| whole(w[0], w[1]).is_gt() || unique && by_keys(w[0], w[1]).is_eq());
            if let Some(at) = wrong {
                self.code = 1;
                if !self.has('C') {
                    let file = if self.file.is_empty() { "-" } else { &self.file };
                    let text = match c.gnu {
                        true => format!("sort: {file}:{}: disorder: {}\n", at + 2, lines[at + 1]),
                        false => format!("Check line {}\n", at + 1),
                    };
                    c.err.push_str(&text);
                }
            }
            return;
        }
        collections::sort_by(&mut lines, |a, b| whole(a, b));
        if unique {
            lines.dedup_by(|a, b| by_keys(a, b).is_eq());
        }
        let end = if self.has('z') { '\0' } else { '\n' };
        let mut out = String::new();
        for line in lines {
            out.push_str(line);
            out.push(end);
        }
        match self.value('o').map(str::to_string) {
            None => c.out.push_str(&out),
            Some(file) => {
                if let Err(error) = c.write(&file, &out, false) {
                    self.complain(c, "@", "open failed: @", &file, error);
                }
            }
        }
    }
}
