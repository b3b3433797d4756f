//! How two texts differ, line by line: GNU `diff -u`, and what `github.com/pmezard/go-difflib` makes of it.

use std::fmt::Write as _;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;
/// Where more pairs of lines would have to be compared, everything is taken to differ.
const LARGEST_TABLE: usize = 4_000_000;

/// A line of either text: in both, only in the first, only in the second.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

/// The way from one text to the other.
fn edits(from: &[&str], to: &[&str]) -> Vec<Edit> {
    let same = |pairs: &mut dyn Iterator<Item = (&&str, &&str)>| pairs.take_while(|(a, b)| a == b).count();
    let before = same(&mut from.iter().zip(to));
    let (from, to) = (&from[before..], &to[before..]);
    let after = same(&mut from.iter().rev().zip(to.iter().rev()));
    let (from, to) = (&from[..from.len() - after], &to[..to.len() - after]);
    let mut edits = vec![Edit::Keep; before];
    if from.len().saturating_mul(to.len()) <= LARGEST_TABLE {
        edits.extend(shortest(from, to));
    } else {
        edits.extend(from.iter().map(|_| Edit::Remove));
        edits.extend(to.iter().map(|_| Edit::Add));
    }
    edits.extend(std::iter::repeat_n(Edit::Keep, after));
    edits
}

/// The shortest way from one text to the other, as a longest common subsequence.
fn shortest(from: &[&str], to: &[&str]) -> Vec<Edit> {
    let (rows, columns) = (from.len() + 1, to.len() + 1);
    let mut common = vec![0u32; rows * columns];
    for i in (0..from.len()).rev() {
        for j in (0..to.len()).rev() {
            common[i * columns + j] = if from[i] == to[j] {
                common[(i + 1) * columns + j + 1] + 1
            } else {
                common[(i + 1) * columns + j].max(common[i * columns + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut edits = Vec::new();
    while i < from.len() || j < to.len() {
        if i < from.len() && j < to.len() && from[i] == to[j] {
            edits.push(Edit::Keep);
            (i, j) = (i + 1, j + 1);
        } else if j == to.len()
            || (i < from.len() && common[(i + 1) * columns + j] >= common[i * columns + j + 1])
        {
            edits.push(Edit::Remove);
            i += 1;
        } else {
            edits.push(Edit::Add);
            j += 1;
        }
    }
    edits
}

/// All lines of two texts: kept (` `), only in the first (`-`), only in the second (`+`).
pub fn marked<'t>(from: &'t str, to: &'t str) -> Vec<(char, &'t str)> {
    let (from, to): (Vec<&str>, Vec<&str>) = (from.lines().collect(), to.lines().collect());
    let (mut i, mut j) = (0, 0);
    let line = |edit| {
        let line = match edit {
            Edit::Keep => (' ', from[i]),
            Edit::Remove => ('-', from[i]),
            Edit::Add => ('+', to[j]),
        };
        i += usize::from(edit != Edit::Add);
        j += usize::from(edit != Edit::Remove);
        line
    };
    edits(&from, &to).into_iter().map(line).collect()
}

/// Writes the changes with their surroundings, as `diff -u` does; nothing if there are none.
pub fn unified(from: &[&str], to: &[&str], text: &mut String) {
    let edits = edits(from, to);
    let is_near = |place: usize| {
        let near = place.saturating_sub(CONTEXT)..(place + CONTEXT + 1).min(edits.len());
        edits[near].iter().any(|edit| *edit != Edit::Keep)
    };
    let (mut i, mut j, mut place) = (0, 0, 0);
    while place < edits.len() {
        if !is_near(place) {
            (i, j, place) = (i + 1, j + 1, place + 1);
            continue;
        }
        let (first_i, first_j) = (i, j);
        let mut lines = String::new();
        while place < edits.len() && is_near(place) {
            let (sign, line) = match edits[place] {
                Edit::Keep => (' ', from[i]),
                Edit::Remove => ('-', from[i]),
                Edit::Add => ('+', to[j]),
            };
            i += usize::from(edits[place] != Edit::Add);
            j += usize::from(edits[place] != Edit::Remove);
            place += 1;
            let _ = writeln!(lines, "{sign}{line}");
        }
        let range = |first: usize, end: usize| match end - first {
            0 => format!("{first},0"),
            1 => format!("{}", first + 1),
            count => format!("{},{count}", first + 1),
        };
        let _ = writeln!(text, "@@ -{} +{} @@", range(first_i, i), range(first_j, j));
        text.push_str(&lines);
    }
}

#[cfg(test)]
mod tests {
    use super::unified;

    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        let mut text = String::new();
        unified(&from.split(' ').collect::<Vec<_>>(), &to.split(' ').collect::<Vec<_>>(), &mut text);
        assert_eq!(text.replace('\n', " ").trim_end(), expected);
    }

    #[test]
    fn every_line_is_marked() {
        let lines = super::marked("a\nb\nc", "a\nX\nc\nd");
        assert_eq!(lines, [(' ', "a"), ('-', "b"), ('+', "X"), (' ', "c"), ('+', "d")]);
    }

    #[test]
    fn changes_have_three_lines_around_them() {
        check("a b c d e f g h", "a b c d X f g h", "@@ -2,7 +2,7 @@  b  c  d -e +X  f  g  h");
        check("a b c", "a b c", "");
        check("a", "a b", "@@ -1 +1,2 @@  a +b");
        check(
            "a b c d e f g h i j k",
            "X b c d e f g h i j Y",
            "@@ -1,4 +1,4 @@ -a +X  b  c  d @@ -8,4 +8,4 @@  h  i  j -k +Y",
        );
    }
}
