//! sort, by POSIX XCU sort with one key.

use super::tool::{Context, Tool};
use crate::number::thousandths;
use std::cmp::Ordering;

impl Tool {
    pub(crate) fn sort(&mut self, c: &mut Context, text: &str) {
        let mut lines: Vec<&str> = text.lines().collect();
        let key = self.value('k').unwrap_or("").to_string();
        let numeric = self.has('n') || self.has('h') || key.contains('n');
        let reverse = self.has('r') || key.contains('r');
        let first: usize =
            key.bytes().take_while(u8::is_ascii_digit).fold(0, |n, d| n * 10 + usize::from(d - b'0'));
        let separator = self.value('t').map(str::to_string);
        let field = |line: &'_ str| -> String {
            let mut fields: Box<dyn Iterator<Item = &str>> = match &separator {
                Some(separator) => Box::new(line.split(separator.as_str())),
                None => Box::new(line.split_ascii_whitespace()),
            };
            if first == 0 { line.to_string() } else { fields.nth(first - 1).unwrap_or("").to_string() }
        };
        let by_key = |a: &str, b: &str| -> Ordering {
            let (x, y) = (field(a), field(b));
            let order = match () {
                () if numeric => thousandths(&x, false).cmp(&thousandths(&y, false)),
                () if self.has('f') => x.to_ascii_lowercase().cmp(&y.to_ascii_lowercase()),
                () => x.cmp(&y),
            };
            if reverse { order.reverse() } else { order }
        };
        let unique = self.has('u');
        sort_by(&mut lines, &|a, b| by_key(a, b).then_with(|| if reverse { b.cmp(a) } else { a.cmp(b) }));
        if unique {
            lines.dedup_by(|a, b| by_key(a, b).is_eq());
        }
        lines.iter().for_each(|line| c.print(line));
    }
}

/// Sorts without much code; stable as far as `before` tells different things apart.
fn sort_by(items: &mut [&str], before: &dyn Fn(&str, &str) -> Ordering) {
    let mut gap = items.len() / 2;
    while gap > 0 {
        for start in gap..items.len() {
            let mut at = start;
            while at >= gap && before(items[at - gap], items[at]).is_gt() {
                items.swap(at - gap, at);
                at -= gap;
            }
        }
        gap /= 2;
    }
}
