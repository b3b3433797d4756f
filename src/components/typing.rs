//! What keys do to a text of YAML that is edited: Tab indents, Enter keeps the indent.

use std::ops::Range;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDocument, HtmlTextAreaElement};

/// The indent of a level.
const INDENT: &str = "  ";

/// A change of the text: what is replaced (bytes), with what, and what is selected then.
#[derive(PartialEq, Debug)]
pub struct Change {
    pub replaced: Range<usize>,
    pub text: String,
    pub selection: Range<usize>,
}

/// Tab, or Shift and Tab: moves the selected lines by a level; with nothing selected Tab goes on to the next level.
pub fn tab(text: &str, selection: Range<usize>, back: bool) -> Option<Change> {
    let first = line_start(text, selection.start);
    if selection.is_empty() && !back {
        let column = text[first..selection.start].chars().count();
        let spaces = &INDENT[column % INDENT.len()..];
        let end = selection.start + spaces.len();
        return Some(Change { replaced: selection, text: spaces.into(), selection: end..end });
    }
    // A selection that ends before the first letter of a line leaves that line alone.
    let last = if selection.end > selection.start && text[..selection.end].ends_with('\n') {
        selection.end - 1
    } else {
        text[selection.end..].find('\n').map_or(text.len(), |n| selection.end + n)
    };
    let moved = |line: &str| match (back, line.is_empty()) {
        (false, false) => [INDENT, line].concat(),
        (false, true) => String::new(),
        (true, _) => {
            let spaces = line.len() - line.trim_start_matches(' ').len();
            line[spaces.min(INDENT.len())..].into()
        }
    };
    let lines: Vec<String> = text[first..last].split('\n').map(moved).collect();
    let new = lines.join("\n");
    if new == text[first..last] {
        return None;
    }
    let selection = if selection.is_empty() {
        let by = last - first - new.len();
        let caret = selection.start.saturating_sub(by).max(first);
        caret..caret
    } else {
        first..first + new.len()
    };
    Some(Change { replaced: first..last, text: new, selection })
}

/// Enter: the next line begins where this one does, below a key that has no value a level deeper, in a list after its dash.
pub fn enter(text: &str, selection: Range<usize>) -> Change {
    let before = &text[line_start(text, selection.start)..selection.start];
    let content = before.trim_start_matches(' ');
    let mut indent = before.len() - content.len();
    if content.trim_end().ends_with(':') && !content.starts_with('#') {
        indent += INDENT.len();
    }
    if let Some(entry) = content.strip_prefix("- ")
        && !entry.trim().is_empty()
    {
        indent += content.len() - entry.trim_start_matches(' ').len();
    }
    let new = ["\n", &" ".repeat(indent)].concat();
    let caret = selection.start + new.len();
    Change { replaced: selection, text: new, selection: caret..caret }
}

/// Makes a change as if it were typed: the browser can undo it. Nothing else does that to a field.
pub fn write(area: &HtmlTextAreaElement, change: Change) -> Option<()> {
    let Change { replaced, text: new, selection } = change;
    let text = area.value();
    area.set_selection_range(to_units(&text, replaced.start), to_units(&text, replaced.end)).ok()?;
    let document: HtmlDocument = gloo::utils::document().dyn_into().ok()?;
    document.exec_command_with_show_ui_and_value("insertText", false, &new).ok()?;
    let text = area.value();
    area.set_selection_range(to_units(&text, selection.start), to_units(&text, selection.end)).ok()
}

fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |n| n + 1)
}

/// The place (bytes) of so many of the units in which browsers count (UTF-16).
pub fn from_units(text: &str, units: usize) -> usize {
    let mut left = units;
    let is_place = |c: char| match left.checked_sub(c.len_utf16()) {
        Some(rest) => {
            left = rest;
            false
        }
        None => true,
    };
    text.find(is_place).unwrap_or(text.len())
}

/// How many of these units are before a place (bytes).
pub fn to_units(text: &str, at: usize) -> u32 {
    text[..at].encode_utf16().count() as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text with a change made, and what is selected between `[` and `]`.
    fn changed(marked: &str, change: impl Fn(&str, Range<usize>) -> Option<Change>) -> String {
        let start = marked.find('[').expect("a mark");
        let text = marked.replacen('[', "", 1);
        let end = text.find(']').expect("a mark");
        let mut text = text.replacen(']', "", 1);
        let Some(change) = change(&text, start..end) else { return "nothing".into() };
        text.replace_range(change.replaced, &change.text);
        text.insert(change.selection.end, ']');
        text.insert(change.selection.start, '[');
        text
    }

    #[test]
    fn tab_indents_and_shift_tab_takes_it_back() {
        let tab = |marked: &str, back: bool| changed(marked, |text, selection| tab(text, selection, back));
        assert_eq!(tab("a:\n[]b: c", false), "a:\n  []b: c");
        assert_eq!(tab("a:\n []b: c", false), "a:\n  []b: c", "to the next level");
        assert_eq!(tab("a:\n  b[]: c", true), "a:\nb[]: c");
        assert_eq!(tab("a[]: b", true), "nothing");
        assert_eq!(tab("a:\nb[: c\n\nd]: e\nf", false), "a:\n[  b: c\n\n  d: e]\nf");
        assert_eq!(tab("[  a\n  b\n]  c", true), "[a\nb]\n  c", "the last line is not selected");
        assert_eq!(tab("한글: []", false), "한글:   []", "letters are counted, not bytes");
    }

    #[test]
    fn enter_keeps_the_indent() {
        let enter = |marked: &str| changed(marked, |text, selection| Some(enter(text, selection)));
        assert_eq!(enter("spec:\n  a: b[]"), "spec:\n  a: b\n  []");
        assert_eq!(enter("spec:[]"), "spec:\n  []");
        assert_eq!(enter("  # see:[]"), "  # see:\n  []");
        assert_eq!(enter("  - name: web[]"), "  - name: web\n    []");
        assert_eq!(enter("  - []"), "  - \n  []");
        assert_eq!(enter("  - ports:[]"), "  - ports:\n      []");
        assert_eq!(enter("  ab[cd]ef"), "  ab\n  []ef", "what is selected goes");
        assert_eq!(enter("[]"), "\n[]");
    }

    #[test]
    fn browsers_count_other_units() {
        for (text, at) in [("a𝄞b한", 5), ("a𝄞b한", 0), ("a𝄞b한", 9)] {
            assert_eq!(from_units(text, to_units(text, at) as usize), at, "{text} {at}");
        }
        assert_eq!(from_units("ab", 7), 2);
    }
}
