//! What ran when, as a text that goes with the sources: the instrumented program's marks become it, the split reads it.
//!
//! A line is a function: its shape's hash, which of its segments ran by the first moment, the second, the third and the last
//! (hexadecimal digits of four each, the first in the lowest bit; `-` for all, `.` for none), and its name. Lines that begin with
//! `never` have hashes of the names of those that never ran: what is in no line is new since the profile was taken. Lines that begin
//! with # are for people.

use std::collections::{BTreeMap, BTreeSet};

use crate::error::{Error, Result};

/// How many of a profile's moments have a module each, of what has run by then and not before. One more comes after them: what has
/// only run by that is behind no door.
pub const MOMENTS: usize = 3;

/// What a line begins with that tells who never ran.
const NEVER: &str = "never";

/// How many hashes stand in such a line.
const NEVER_IN_LINE: usize = 14;

/// The lines for the functions that ran by the last moment, and for those of the same names that did not, in order of name; and those
/// for all others.
///
/// `functions` is an instrumented module's list of them, `ran` its marks at each moment. Of what
/// `is_taken_whole` says so by a name, all counts as run once any of it did: what runs of it differs from run to run. So does from
/// the first moment on, whether it ran or not, what `is_taken` says.
///
/// # Errors
/// [`Error::NoFunction`], for a list of another module too.
pub fn lines(
    functions: &str,
    ran: [&[bool]; MOMENTS + 1],
    is_taken_whole: &dyn Fn(&str) -> bool,
    is_taken: &dyn Fn(&str) -> bool,
) -> Result<String> {
    let mut lines: BTreeMap<&str, BTreeSet<String>> = BTreeMap::new();
    let mut have_run: BTreeSet<&str> = BTreeSet::new();
    for line in functions.lines() {
        let wrong = || Error::NoFunction(line.to_owned());
        let words: Vec<&str> = line.splitn(4, ' ').collect();
        let [first, count, hash, name] = words[..] else { return Err(wrong()) };
        let (Ok(first), Ok(count), Ok(hash)) =
            (first.parse::<usize>(), count.parse::<usize>(), u32::from_str_radix(hash, 16))
        else {
            return Err(wrong());
        };
        let whole = is_taken_whole(name);
        let mut segments = [const { Vec::new() }; MOMENTS + 1];
        for (segments, ran) in segments.iter_mut().zip(ran) {
            let ran = ran.get(first..first + count).ok_or_else(wrong)?;
            let all = is_taken(name) || whole && ran.contains(&true);
            segments.extend(ran.iter().map(|&ran| ran || all));
        }
        if segments[MOMENTS].contains(&true) {
            have_run.insert(name);
        }
        let line = self::line(hash, segments.each_ref().map(Vec::as_slice), name);
        lines.entry(name).or_default().insert(line);
    }
    let (ran, never): (Vec<_>, Vec<_>) = lines.into_iter().partition(|(name, _)| have_run.contains(name));
    let ran = ran.into_iter().flat_map(|(_, lines)| lines).map(|line| line + "\n");
    let never: BTreeSet<u32> = never.into_iter().map(|(name, _)| name_hash(name)).collect();
    let never: Vec<String> = never.into_iter().map(|hash| format!(" {hash:08x}")).collect();
    let never = never.chunks(NEVER_IN_LINE).map(|line| format!("{NEVER}{}\n", line.concat()));
    Ok(ran.chain(never).collect())
}

/// A hash of a function's name (FNV-1a).
fn name_hash(name: &str) -> u32 {
    name.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}

/// The line for a function: what ran of it by each moment.
fn line(hash: u32, ran: [&[bool]; MOMENTS + 1], name: &str) -> String {
    let [first, second, third, last] = ran.map(bits);
    format!("{hash:08x} {first} {second} {third} {last} {name}")
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

/// When something ran, and so which module it goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// By the first moment.
    First,
    /// By the second.
    Second,
    /// By the third.
    Third,
    /// Later, or never.
    Deferred,
    /// Never by the last moment, and only behind the outer of the doors that the loader opens when it is asked to: [`crate::wanted`].
    /// So are pieces of functions whose names stand at that door, although the functions ran.
    Outer,
    /// Never, and only behind the inner door, which is opened after the outer one.
    Inner,
}

impl Level {
    /// The levels of the moments that have a module, in order.
    pub const MEASURED: [Level; MOMENTS] = [Level::First, Level::Second, Level::Third];
}

/// What ran when.
#[derive(Clone, Default)]
pub struct Coverage {
    /// By name, the shapes that were met and what ran of each.
    functions: BTreeMap<String, Vec<(u32, [String; MOMENTS + 1])>>,
    /// The hashes of the names of those that were there and never ran.
    never: BTreeSet<u32>,
}

impl Coverage {
    /// Reads lines; what is none is passed over.
    pub fn read(text: &str) -> Self {
        let mut coverage = Self::default();
        for line in text.lines().filter(|line| !line.starts_with('#')) {
            if let Some(hashes) = line.strip_prefix(NEVER).and_then(|rest| rest.strip_prefix(' ')) {
                coverage
                    .never
                    .extend(hashes.split(' ').filter_map(|hash| u32::from_str_radix(hash, 16).ok()));
                continue;
            }
            let words: Vec<&str> = line.splitn(3 + MOMENTS, ' ').collect();
            if let [hash, first, second, third, last, name] = words[..]
                && let Ok(hash) = u32::from_str_radix(hash, 16)
            {
                let ran = [first, second, third, last].map(str::to_owned);
                coverage.functions.entry(name.to_owned()).or_default().push((hash, ran));
            }
        }
        coverage
    }

    /// When a function of this name first ran.
    pub fn level(&self, name: &str) -> Level {
        let shapes = self.functions.get(name).map(Vec::as_slice).unwrap_or_default();
        let has_run = |moment: usize| shapes.iter().any(|(_, ran)| ran[moment] != ".");
        first_level(has_run)
    }

    /// Whether a function of this name has run by the last moment.
    pub fn knows(&self, name: &str) -> bool {
        self.functions.contains_key(name)
    }

    /// Whether there was no function of this name when the profile was taken. Of a profile that does not tell who never ran, none is.
    pub fn is_new(&self, name: &str) -> bool {
        !self.never.is_empty() && !self.knows(name) && !self.never.contains(&name_hash(name))
    }

    /// Takes it that all of a function ran at a level, or that it did earlier than was known.
    pub fn add(&mut self, name: &str, level: Level) {
        let first = Level::MEASURED.into_iter().position(|measured| measured == level).unwrap_or(MOMENTS);
        let ran = std::array::from_fn(|moment| if moment < first { "." } else { "-" }.to_owned());
        // The hash is no matter: the function was of no shape then.
        self.functions.insert(name.to_owned(), vec![(0, ran)]);
    }

    /// When each of a function's `count` segments first ran, in any function of its name and shape: [`Level::Outer`] if never.
    /// Nothing if there was no such function, as when it has changed since it was measured.
    pub fn segments(&self, name: &str, hash: u32, count: usize) -> Option<Vec<Level>> {
        let same: Vec<&[String; MOMENTS + 1]> = self
            .functions
            .get(name)?
            .iter()
            .filter(|(found, _)| *found == hash)
            .map(|(_, ran)| ran)
            .collect();
        let level = |at: usize| {
            let has_run = |moment: usize| same.iter().any(|ran| is_set(&ran[moment], at));
            if has_run(MOMENTS) { first_level(has_run) } else { Level::Outer }
        };
        (!same.is_empty()).then(|| (0..count).map(level).collect())
    }
}

/// The level of what has run, or not, by the moments of these numbers.
fn first_level(has_run: impl Fn(usize) -> bool) -> Level {
    Level::MEASURED
        .into_iter()
        .zip(0..)
        .find(|&(_, moment)| has_run(moment))
        .map_or(Level::Deferred, |(level, _)| level)
}

#[cfg(test)]
mod tests {
    use super::Level::{Deferred, First, Outer, Second, Third};
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let first = [true, false, false, false, false, true];
        let second = [true, false, false, true, false, true];
        let third = [true, false, true, true, false, true];
        let last = [true, true, true, true, false, true];
        let (none, all) = ([false; 9], [true; 9]);
        let text = [
            "# for people",
            &line(0xabc, [&first, &second, &third, &last], "a::b<c d>"),
            &line(7, [&none, &all, &all, &all], "late"),
            &line(7, [&none, &none, &all, &all], "later"),
        ]
        .join("\n");
        let coverage = Coverage::read(&text);
        assert_eq!(
            coverage.segments("a::b<c d>", 0xabc, 6),
            Some(vec![First, Deferred, Third, Second, Outer, First])
        );
        assert_eq!(coverage.segments("late", 7, 9), Some(vec![Second; 9]));
        assert_eq!(coverage.segments("late", 8, 9), None, "of another shape");
        assert_eq!(
            ["a::b<c d>", "late", "later", "none"].map(|name| coverage.level(name)),
            [First, Second, Third, Deferred]
        );
    }

    #[test]
    fn functions_of_one_name_and_shape_are_taken_together() {
        let text =
            [line(1, [&[true, false, false]; 4], "f"), line(1, [&[false, false, true]; 4], "f")].join("\n");
        assert_eq!(Coverage::read(&text).segments("f", 1, 3), Some(vec![First, Outer, First]));
    }

    #[test]
    fn marks_become_lines_in_order_of_name() {
        let functions = "0 2 0000000b late\n2 3 0000000a hash::f\n5 1 0000000c never\n6 1 0000000d last\n5 1 0000000e last\n";
        let first = [false, false, false, true, false, false, false];
        let second = [true, true, false, true, false, false, false];
        let third = [true, true, false, true, true, false, false];
        let last = [true, true, false, true, true, false, true];
        let ran: [&[bool]; 4] = [&first, &second, &third, &last];
        let lines = |is_whole: &dyn Fn(&str) -> bool| super::lines(functions, ran, is_whole, &|_| false);
        assert_eq!(
            lines(&|_| false).expect("it is a list"),
            "0000000a 2 2 6 6 hash::f\n0000000d . . . - last\n0000000e . . . . last\n0000000b . - - - late\nnever 0ac95089\n"
        );
        let whole = lines(&|name| name.starts_with("hash::")).expect("it is a list");
        assert_eq!(
            whole,
            "0000000a - - - - hash::f\n0000000d . . . - last\n0000000e . . . . last\n0000000b . - - - late\nnever 0ac95089\n"
        );
        let taken = super::lines(functions, ran, &|_| false, &|name| name == "never");
        let taken = taken.expect("it is a list");
        assert!(taken.ends_with("\n0000000c - - - - never\n"), "{taken}");
        let coverage = Coverage::read(&whole);
        assert_eq!(["late", "never", "other"].map(|name| coverage.is_new(name)), [false, false, true]);
        let of_another = super::lines("9 1 0000000a f", ran, &|_| false, &|_| false);
        assert!(matches!(of_another, Err(Error::NoFunction(_))));
    }
}
