//! What runs when, as a text: `cargo xtask profile` writes it, the splitting of the module reads it.
//!
//! A line is a function: its shape's hash, which of its segments run before the page is live, which before its first pod is
//! there (hexadecimal digits of four each, the first in the lowest bit; `-` for all, `.` for none), and its name. Lines that
//! begin with # are for people.

use std::collections::BTreeMap;

/// The line for a function: what ran of it at the first moment and at the second.
pub fn line(hash: u32, ran: [&[bool]; 2], name: &str) -> String {
    let [first, second] = ran.map(bits);
    format!("{hash:08x} {first} {second} {name}")
}

fn bits(ran: &[bool]) -> String {
    let digit = |four: &[bool]| four.iter().enumerate().map(|(at, &ran)| u32::from(ran) << at).sum::<u32>();
    if ran.iter().all(|&ran| ran) {
        "-".to_owned()
    } else if ran.iter().any(|&ran| ran) {
        ran.chunks(4).map(|four| char::from_digit(digit(four), 16).expect("four bits are a digit")).collect()
    } else {
        ".".to_owned()
    }
}

fn is_set(bits: &str, at: usize) -> bool {
    let digit = bits.as_bytes().get(at / 4).and_then(|&digit| char::from(digit).to_digit(16)).unwrap_or(0);
    bits == "-" || digit >> (at % 4) & 1 == 1
}

/// Which module something is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// It runs before the page is live.
    First,
    /// It runs before the second pod is there.
    Opening,
    /// It does not.
    Rest,
}

/// What ran when.
#[derive(Default)]
pub struct Coverage {
    /// By name, the shapes that were met and what ran of each.
    functions: BTreeMap<String, Vec<(u32, [String; 2])>>,
}

impl Coverage {
    /// Reads lines.
    pub fn read(text: &str) -> Self {
        let mut coverage = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let words: Vec<&str> = line.splitn(4, ' ').collect();
            if let [hash, first, second, name] = words[..]
                && let Ok(hash) = u32::from_str_radix(hash, 16)
            {
                let ran = [first, second].map(str::to_owned);
                coverage.functions.entry(name.to_owned()).or_default().push((hash, ran));
            }
        }
        coverage
    }

    /// When a function of this name ran first.
    pub fn level(&self, name: &str) -> Level {
        match self.functions.get(name) {
            None => Level::Rest,
            Some(shapes) if shapes.iter().all(|(_, ran)| ran[0] == ".") => Level::Opening,
            Some(_) => Level::First,
        }
    }

    /// When each of a function's `count` segments ran first, in a function of its name and shape; nothing if there was none, as
    /// when it has changed since it was measured.
    pub fn segments(&self, name: &str, hash: u32, count: usize) -> Option<Vec<Level>> {
        let same: Vec<&[String; 2]> = self
            .functions
            .get(name)?
            .iter()
            .filter(|(found, _)| *found == hash)
            .map(|(_, ran)| ran)
            .collect();
        let level = |at: usize| {
            let ran = |moment: usize| same.iter().any(|ran| is_set(&ran[moment], at));
            if ran(0) {
                Level::First
            } else if ran(1) {
                Level::Opening
            } else {
                Level::Rest
            }
        };
        (!same.is_empty()).then(|| (0..count).map(level).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::Level::{First, Opening, Rest};
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let first = [true, false, false, false, false, true];
        let second = [true, false, false, true, false, true];
        let text = [
            "# for people",
            &line(0xabc, [&first, &second], "a::b<c d>"),
            &line(7, [&[false; 9], &[true; 9]], "late"),
        ]
        .join("\n");
        let coverage = Coverage::read(&text);
        assert_eq!(
            coverage.segments("a::b<c d>", 0xabc, 6),
            Some(vec![First, Rest, Rest, Opening, Rest, First])
        );
        assert_eq!(coverage.segments("late", 7, 9), Some(vec![Opening; 9]));
        assert_eq!(coverage.segments("late", 8, 9), None, "of another shape");
        assert_eq!(["a::b<c d>", "late", "none"].map(|name| coverage.level(name)), [First, Opening, Rest]);
    }

    #[test]
    fn functions_of_one_name_and_shape_are_taken_together() {
        let text =
            [line(1, [&[true, false, false]; 2], "f"), line(1, [&[false, false, true]; 2], "f")].join("\n");
        assert_eq!(Coverage::read(&text).segments("f", 1, 3), Some(vec![First, Rest, First]));
    }
}
