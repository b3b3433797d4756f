//! What is wrong with a lesson, and where.

use std::fmt;

/// A place in a file: line and column, both from 1. The column counts characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Severity {
    /// The lesson can't be played, or not as its author means.
    Error,
    /// The lesson can be played; something of it is not shown as written.
    Warning,
}

/// What is wrong.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// Where.
    pub at: Position,
    /// How bad.
    pub severity: Severity,
    /// A sentence without a full stop.
    pub message: String,
}

impl Problem {
    /// An error.
    pub fn error(at: Position, message: impl Into<String>) -> Problem {
        Problem { at, severity: Severity::Error, message: message.into() }
    }

    /// A warning.
    pub fn warning(at: Position, message: impl Into<String>) -> Problem {
        Problem { at, severity: Severity::Warning, message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let severity = match self.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
        };
        write!(f, "{}:{}: {severity}: {}", self.at.line, self.at.column, self.message)
    }
}

/// The starts of a text's lines, for positions.
pub(crate) struct Lines<'a> {
    text: &'a str,
    starts: Vec<usize>,
    /// Lines of the file before this text.
    before: usize,
}

impl<'a> Lines<'a> {
    /// `before`: how many lines of the file stand before this text.
    pub(crate) fn new(text: &'a str, before: usize) -> Lines<'a> {
        let starts = std::iter::once(0).chain(text.match_indices('\n').map(|(i, _)| i + 1)).collect();
        Lines { text, starts, before }
    }

    /// Where this byte is.
    pub(crate) fn position(&self, offset: usize) -> Position {
        let line = self.starts.partition_point(|start| *start <= offset).max(1);
        let column = self.text[self.starts[line - 1]..offset].chars().count() + 1;
        Position { line: self.before + line, column }
    }
}

/// The word that somebody may have meant: one that is at most two letters away, and less than half of it.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let near = known.into_iter().map(|known| (strsim::damerau_levenshtein(word, known), known));
    near.filter(|(distance, known)| *distance <= 2 && 2 * distance < known.len())
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// `: did you mean …?`, if there is such a word.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|known| format!(": did you mean `{known}`?")).unwrap_or_default()
}
