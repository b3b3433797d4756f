//! What runs before the stage is live, as a text: `cargo xtask profile` writes it, the splitting of the module reads it.
//!
//! A line is a function: its shape's hash, which of its segments ran (hexadecimal digits of four each, the first in the lowest
//! bit; `-` for all), and its name. Lines that begin with # are for people.

use std::collections::BTreeMap;

/// The line for a function.
pub fn line(hash: u32, ran: &[bool], name: &str) -> String {
    let bits = if ran.iter().all(|&ran| ran) {
        "-".to_owned()
    } else {
        let digit =
            |four: &[bool]| four.iter().enumerate().map(|(at, &ran)| u32::from(ran) << at).sum::<u32>();
        ran.chunks(4).map(|four| char::from_digit(digit(four), 16).expect("four bits are a digit")).collect()
    };
    format!("{hash:08x} {bits} {name}")
}

/// What ran.
#[derive(Default)]
pub struct Coverage {
    /// By name, the shapes that were met and what ran of each.
    functions: BTreeMap<String, Vec<(u32, String)>>,
}

impl Coverage {
    /// Reads lines.
    pub fn read(text: &str) -> Self {
        let mut coverage = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            let mut words = line.splitn(3, ' ');
            if let (Some(hash), Some(bits), Some(name)) = (words.next(), words.next(), words.next())
                && let Ok(hash) = u32::from_str_radix(hash, 16)
            {
                coverage.functions.entry(name.to_owned()).or_default().push((hash, bits.to_owned()));
            }
        }
        coverage
    }

    /// Whether a function of this name ran.
    pub fn ran(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    /// Which of a function's `count` segments ran in a function of its name and shape; nothing if there was none, as when it
    /// has changed since it was measured.
    pub fn segments(&self, name: &str, hash: u32, count: usize) -> Option<Vec<bool>> {
        let same: Vec<&str> = self
            .functions
            .get(name)?
            .iter()
            .filter(|(found, _)| *found == hash)
            .map(|(_, bits)| &**bits)
            .collect();
        let is_set = |bits: &str, at: usize| {
            let digit =
                bits.as_bytes().get(at / 4).and_then(|&digit| char::from(digit).to_digit(16)).unwrap_or(0);
            bits == "-" || digit >> (at % 4) & 1 == 1
        };
        (!same.is_empty()).then(|| (0..count).map(|at| same.iter().any(|bits| is_set(bits, at))).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let ran = [true, false, false, true, false, true];
        let text = ["# for people", &line(0xabc, &ran, "a::b<c d>"), &line(7, &[true; 9], "all")].join("\n");
        let coverage = Coverage::read(&text);
        assert_eq!(coverage.segments("a::b<c d>", 0xabc, 6), Some(ran.to_vec()));
        assert_eq!(coverage.segments("all", 7, 9), Some(vec![true; 9]));
        assert_eq!(coverage.segments("all", 8, 9), None, "of another shape");
        assert!(coverage.ran("all") && !coverage.ran("none"));
    }

    #[test]
    fn functions_of_one_name_and_shape_are_taken_together() {
        let text = [line(1, &[true, false, false], "f"), line(1, &[false, false, true], "f")].join("\n");
        assert_eq!(Coverage::read(&text).segments("f", 1, 3), Some(vec![true, false, true]));
    }
}
