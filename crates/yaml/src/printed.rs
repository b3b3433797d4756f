//! YAML as kubectl and go-yaml print it → its value, quickly: block style, a field a line, without comments, anchors or tags.
//!
//! Whatever is written otherwise, or in a way about which there could be two opinions, is not read here: then [`crate::read`] does
//! it, which knows all of YAML and says what is wrong. Of what is read here, both read the same; a test compares them.

use serde_json::{Map, Value};

use crate::document::{plain_value, reads_as_text};

/// No object that kubectl prints is deeper.
const MOST_DEPTH: usize = 60;
/// A key longer than this (bytes) may be none: YAML wants it within 1024 characters.
const LONGEST_KEY: usize = 1000;

/// The value of a text that holds one mapping, as kubectl prints it. `indent`: so many spaces and a dash are before it, as
/// before an item of a list. None: it is written otherwise, or not at all.
pub fn read_printed(text: &str, indent: Option<usize>) -> Option<Value> {
    if !has_plain_characters(text.as_bytes()) {
        return None;
    }
    let mut reader = Reader { text, at: 0, column: 0, end: 0 };
    reader.go_to_line(0);
    if let Some(indent) = indent {
        if reader.at != indent || !reader.is_at_entry() {
            return None;
        }
        reader.skip_dash();
    }
    let first = reader.key()?;
    let column = reader.column;
    let map = reader.mapping(column, first, 0)?;
    (reader.column == OVER).then_some(Value::Object(map))
}

/// The column of what is not there.
const OVER: isize = -1;

/// Whether no character is refused, breaks a line without being `\n`, or marks an order of bytes.
fn has_plain_characters(bytes: &[u8]) -> bool {
    let is_strange = |at: usize, byte: u8| match byte {
        b'\n' | b'\t' => false,
        0..=0x1F | 0x7F => true,
        0xC2 => bytes[at + 1] < 0xA0,
        0xE2 => bytes[at + 1] == 0x80 && matches!(bytes[at + 2], 0xA8 | 0xA9),
        0xEF => bytes[at + 1..at + 3] == [0xBB, 0xBF] || bytes[at + 1] == 0xBF && bytes[at + 2] >= 0xBE,
        _ => false,
    };
    !bytes.iter().enumerate().any(|(at, byte)| is_strange(at, *byte))
}

/// A place in a text: the content of a line.
#[derive(Clone, Copy)]
struct Reader<'a> {
    text: &'a str,
    /// Where the line's content begins, or what is left of it behind a dash.
    at: usize,
    /// How many characters are before it, all of them spaces and dashes; [`OVER`] behind the last line.
    column: isize,
    /// Where the line ends.
    end: usize,
}

impl<'a> Reader<'a> {
    fn byte(&self, at: usize) -> u8 {
        self.text.as_bytes().get(at).copied().unwrap_or(b'\n')
    }

    fn end_of_line(&self, at: usize) -> usize {
        let rest = &self.text.as_bytes()[at..];
        at + rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len())
    }

    fn spaces(&self, at: usize) -> usize {
        self.text.as_bytes()[at..].iter().take_while(|byte| **byte == b' ').count()
    }

    /// Goes to the first line from this one on that has content. Returns how many have none.
    fn go_to_line(&mut self, mut start: usize) -> usize {
        let mut blank = 0;
        while start < self.text.len() {
            let spaces = self.spaces(start);
            self.at = start + spaces;
            if self.byte(self.at) != b'\n' {
                self.column = spaces as isize;
                self.end = self.end_of_line(self.at);
                return blank;
            }
            blank += 1;
            start = self.at + 1;
        }
        (self.at, self.end, self.column) = (self.text.len(), self.text.len(), OVER);
        blank
    }

    /// Goes to the next line that has content. Returns how many before it have none.
    fn go_on(&mut self) -> usize {
        self.go_to_line(self.end + 1)
    }

    /// Whether an item of a list begins here.
    fn is_at_entry(&self) -> bool {
        self.byte(self.at) == b'-' && matches!(self.byte(self.at + 1), b' ' | b'\n') && self.column != OVER
    }

    fn skip_dash(&mut self) {
        self.at += 2;
        self.column += 2;
    }

    /// The key that begins here, and where its value would stand, if it is one.
    fn key(&self) -> Option<(String, usize)> {
        if self.column == OVER {
            return None;
        }
        let first = self.byte(self.at);
        let (key, colon) = if matches!(first, b'"' | b'\'') {
            let mut probe = *self;
            let (key, end) = probe.quoted(self.at, OVER)?;
            // A key is on one line.
            (key, (probe.at == self.at).then_some(end)?)
        } else {
            let line = &self.text.as_bytes()[self.at..self.end];
            let is_end = |at: &usize| line[*at] == b':' && matches!(line.get(at + 1), None | Some(b' '));
            let length = (0..line.len()).find(is_end)?;
            let key = &self.text[self.at..self.at + length];
            let fits = begins_plain(first) && !key.ends_with(' ') && is_plain(key) && reads_as_text(key);
            (fits.then(|| key.to_owned())?, self.at + length)
        };
        let ends = self.byte(colon) == b':' && matches!(self.byte(colon + 1), b' ' | b'\n');
        (ends && key.len() <= LONGEST_KEY).then_some((key, colon + 1))
    }

    /// A mapping whose keys stand in this column, after the first of them.
    fn mapping(&mut self, column: isize, first: (String, usize), depth: usize) -> Option<Map<String, Value>> {
        let mut map = Map::new();
        let mut next = first;
        loop {
            let (key, at) = next;
            let value = self.value(at, column, depth)?;
            // Of two that are called the same one counts: which is not for here to say.
            if map.insert(key, value).is_some() || self.column > column {
                return None;
            }
            if self.column < column {
                return Some(map);
            }
            next = self.key()?;
        }
    }

    /// The value behind a key of a mapping in this column.
    fn value(&mut self, at: usize, column: isize, depth: usize) -> Option<Value> {
        let at = at + self.spaces(at);
        if at < self.end {
            return self.scalar(at, column);
        }
        self.go_on();
        if depth > MOST_DEPTH {
            return None;
        }
        match self.is_at_entry() {
            true if self.column >= column => self.sequence(self.column, depth + 1),
            false if self.column > column => {
                let first = self.key()?;
                self.mapping(self.column, first, depth + 1).map(Value::Object)
            }
            _ => Some(Value::Null),
        }
    }

    /// A list whose dashes stand in this column.
    fn sequence(&mut self, column: isize, depth: usize) -> Option<Value> {
        let mut items = Vec::new();
        while self.column == column && self.is_at_entry() {
            if self.at + 1 >= self.end || depth > MOST_DEPTH {
                return None;
            }
            self.skip_dash();
            items.push(if self.is_at_entry() {
                self.sequence(self.column, depth + 1)?
            } else if let Some(first) = self.key() {
                Value::Object(self.mapping(self.column, first, depth + 1)?)
            } else {
                self.scalar(self.at, column)?
            });
        }
        (self.column <= column).then_some(Value::Array(items))
    }

    /// A text, number, … that begins here, in a collection of this column; then the next line.
    fn scalar(&mut self, at: usize, column: isize) -> Option<Value> {
        let first = self.byte(at);
        let rest = self.text[at..self.end].trim_end_matches(' ');
        match first {
            b'"' | b'\'' => {
                let (text, end) = self.quoted(at, column)?;
                if end + self.spaces(end) < self.end {
                    return None;
                }
                self.go_on();
                Some(Value::String(text))
            }
            b'|' => self.literal(at, column),
            b'{' | b'[' => {
                let empty = match rest {
                    "{}" => Value::Object(Map::new()),
                    "[]" => Value::Array(Vec::new()),
                    _ => return None,
                };
                self.go_on();
                Some(empty)
            }
            b'-' if !matches!(self.byte(at + 1), b' ' | b'\t' | b'\n') => self.plain(rest, column),
            _ if begins_plain(first) => self.plain(rest, column),
            _ => None,
        }
    }

    /// A plain text that begins so, with the deeper lines that follow.
    fn plain(&mut self, first: &'a str, column: isize) -> Option<Value> {
        if !is_plain(first) {
            return None;
        }
        let mut blank = self.go_on();
        if self.column <= column {
            return plain_value(first);
        }
        let mut text = first.to_owned();
        while self.column > column {
            let line = self.text[self.at..self.end].trim_end_matches(' ');
            if !is_plain(line) || line.starts_with('#') {
                return None;
            }
            fold(&mut text, blank);
            text.push_str(line);
            blank = self.go_on();
        }
        plain_value(&text)
    }

    /// A quoted text that begins here, and where it ends; it stays on the line on which that is.
    fn quoted(&mut self, at: usize, column: isize) -> Option<(String, usize)> {
        let quote = self.byte(at);
        let mut at = at + 1;
        let mut text = String::new();
        // Blanks at the end of a line are not part of the text, unless they were written as escapes.
        let mut kept = 0;
        loop {
            let rest = &self.text.as_bytes()[at..self.end];
            let is_special = |byte: &u8| *byte == quote || *byte == b'\\' && quote == b'"';
            let length = rest.iter().position(is_special).unwrap_or(rest.len());
            text.push_str(&self.text[at..at + length]);
            at += length;
            if at == self.end {
                let trimmed = text.trim_end_matches([' ', '\t']).len();
                text.truncate(trimmed.max(kept));
                let blank = self.go_on();
                fold(&mut text, blank);
                at = self.continued(column)?;
                kept = text.len();
            } else if self.byte(at) == b'\\' && at + 1 == self.end {
                let blank = self.go_on();
                at = self.continued(column).filter(|_| blank == 0)?;
                kept = text.len();
            } else if self.byte(at) == b'\\' {
                at = escape(self.text, at + 1, &mut text)?;
                kept = text.len();
            } else if quote == b'\'' && self.byte(at + 1) == quote {
                text.push('\'');
                kept = text.len();
                at += 2;
            } else {
                return Some((text, at + 1));
            }
        }
    }

    /// Where a quoted text goes on, on a line deeper than this column.
    fn continued(&self, column: isize) -> Option<usize> {
        (self.column > column && self.byte(self.at) != b'\t').then_some(self.at)
    }

    /// A text in lines of its own, as `|` begins it.
    fn literal(&mut self, at: usize, column: isize) -> Option<Value> {
        let keeps = match self.text[at + 1..self.end].trim_end_matches(' ') {
            "" => 1,
            "-" => 0,
            "+" => usize::MAX,
            _ => return None,
        };
        let mut text = String::new();
        let mut indent = 0;
        let mut breaks = 0;
        let mut start = self.end + 1;
        while start < self.text.len() {
            let (spaces, end) = (self.spaces(start), self.end_of_line(start));
            let is_blank = start + spaces == end;
            // A tab is no indentation; whether this one stands where that is expected is not for here to say.
            if (indent == 0 || spaces < indent) && self.byte(start + spaces) == b'\t' {
                return None;
            }
            if !is_blank && indent == 0 {
                indent = if spaces as isize > column { spaces } else { 0 };
            }
            if is_blank && (indent == 0 || spaces <= indent) {
                if indent == 0 && spaces > 0 || end == self.text.len() {
                    return None;
                }
                breaks += 1;
            } else if spaces < indent || indent == 0 {
                if spaces as isize > column {
                    return None;
                }
                break;
            } else {
                text.extend(std::iter::repeat_n('\n', breaks));
                text.push_str(&self.text[start + indent..end]);
                // The last line counts as ended, as kubectl's reader of documents has it.
                breaks = 1;
            }
            start = end + 1;
        }
        if indent == 0 {
            return None;
        }
        text.extend(std::iter::repeat_n('\n', breaks.min(keeps)));
        self.go_to_line(start);
        Some(Value::String(text))
    }
}

/// What becomes of a line break within a text, and of so many blank lines behind it.
fn fold(text: &mut String, blank: usize) {
    match blank {
        0 => text.push(' '),
        _ => text.extend(std::iter::repeat_n('\n', blank)),
    }
}

/// Whether a plain text, or a key, may begin so here. (A dash may, too, before what is no blank.)
fn begins_plain(byte: u8) -> bool {
    !byte.is_ascii_control() && !b" -?:,[]{}#&*!|>'\"%@`".contains(&byte)
}

/// Whether a line is nothing but plain text: no key, no comment.
fn is_plain(line: &str) -> bool {
    let bytes = line.as_bytes();
    let is_sign = |at: usize, byte: u8| match byte {
        b':' => matches!(bytes.get(at + 1), None | Some(b' ')),
        b'#' => at > 0 && bytes[at - 1] == b' ',
        b'\t' => true,
        _ => false,
    };
    !bytes.iter().enumerate().any(|(at, byte)| is_sign(at, *byte))
}

/// Adds what an escape stands for; `at` is behind its backslash. Returns where it ends.
fn escape(whole: &str, at: usize, text: &mut String) -> Option<usize> {
    let digits = match whole.as_bytes().get(at)? {
        b'x' => 2,
        b'u' => 4,
        b'U' => 8,
        byte => {
            text.push(match byte {
                b'n' => '\n',
                b't' => '\t',
                b'r' => '\r',
                b'0' => '\0',
                b'a' => '\u{07}',
                b'b' => '\u{08}',
                b'v' => '\u{0B}',
                b'f' => '\u{0C}',
                b'e' => '\u{1B}',
                b'N' => '\u{85}',
                b'_' => '\u{A0}',
                b'L' => '\u{2028}',
                b'P' => '\u{2029}',
                b' ' | b'"' | b'\'' | b'\\' => char::from(*byte),
                _ => return None,
            });
            return Some(at + 1);
        }
    };
    let number = whole.get(at + 1..at + 1 + digits)?;
    let number = number.bytes().all(|byte| byte.is_ascii_hexdigit()).then_some(number)?;
    text.push(char::from_u32(u32::from_str_radix(number, 16).ok()?)?);
    Some(at + 1 + digits)
}

#[cfg(test)]
mod tests {
    use super::read_printed;

    /// What is read quickly is what all of YAML's rules say of it.
    fn compare(text: &str) -> bool {
        let stream = crate::read_up_to(text, usize::MAX);
        let quick = read_printed(text, None);
        if let Some(quick) = &quick {
            assert_eq!(stream.error, None, "{text}");
            assert_eq!(stream.documents.len(), 1, "{text}");
            assert_eq!(stream.documents[0].value(), quick, "{text}");
        }
        quick.is_some()
    }

    const FORMS: &str = "\
a: b
num: 1
part: 0.5
is: true
nothing: null
nothing_either:
empty: {}
none: []
\"on\": \"1\"
'off': 'it''s: # fine'
f:metadata:
  f:labels:
    .: {}
    k:{\"type\":\"Ready\"}: x
list:
- a
- b: 1
  c:
  - - deep
    - deeper
  - -1
- --flag=x:y
other:
    - a: b
      c: d
    - e
long: one line
  and another

  and a third # not
text: 'one
  two

  three'
escaped: \"a\\nb \\
  \\ c \\\"d\\\" \\u00e9 \\x41
  e\"
script: |
  #!/bin/sh
  if true; then
    echo \"a: b\"

  fi
stripped: |-
  one
  two
all: |+
  one

last: 2026-11-23T09:14:52Z
";

    #[test]
    fn what_kubectl_prints_is_read_quickly_and_the_same() {
        let forms = FORMS.replace("third # not", "third");
        assert!(compare(&forms));
        let item: String = forms.lines().map(|line| format!("  {line}\n")).collect();
        let item = item.replacen("  ", "- ", 1);
        // A blank line has no spaces before it.
        let item = item.replace("\n  \n", "\n\n");
        let stream = crate::read_up_to(&item, usize::MAX);
        assert_eq!(read_printed(&item, Some(0)).as_ref(), stream.documents[0].value().get(0));
    }

    /// Whatever part of it is missing, twice there, or another, either both read the same, or only the one that knows all.
    #[test]
    fn what_is_written_otherwise_is_not_read_otherwise() {
        let forms = FORMS.replace("third # not", "third");
        let places: Vec<usize> = (0..=forms.len()).filter(|at| forms.is_char_boundary(*at)).collect();
        let mut quick = 0;
        for at in &places {
            let (before, after) = forms.split_at(*at);
            quick += usize::from(compare(before));
            let rest = after.chars().next().map_or("", |c| &after[c.len_utf8()..]);
            quick += usize::from(compare(&[before, rest].concat()));
            for new in [
                " ", "  ", "\n", "\n\n", "\t", "'", "\"", ":", ": ", "#", " #", "- ", "-", "|", "\\", "{",
                "}", "[", "&", "*", "!", "?", ",", ">", "%", "@", "~", "é", "\u{2028}", "\u{85}", "\u{feff}",
                "\r\n", "...\n", "---\n", "0", "y",
            ] {
                quick += usize::from(compare(&[before, new, after].concat()));
                quick += usize::from(compare(&[before, new, rest].concat()));
            }
        }
        assert!(quick > places.len() * 5, "{quick} of {}", places.len());
    }

    #[test]
    fn recorded_states_are_read_quickly() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../kubesim/tests/golden/states");
        let mut count = 0;
        for file in std::fs::read_dir(folder).expect("it is there") {
            let path = file.expect("a file").path();
            if path.extension().is_some_and(|ending| ending == "yaml") {
                let text = std::fs::read_to_string(&path).expect("a text");
                assert!(compare(&text), "{}", path.display());
                count += 1;
            }
        }
        assert!(count >= 20, "{count}");
    }
}
