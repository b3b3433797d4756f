//! JSON text → the same events that YAML gives.
//!
//! Models Go's encoding/json `scanner.go` and `stream.go`, which kubectl tries first on a text that begins with `{`: which
//! text is a value, and with which words a mistake is refused.

use crate::parser::{Event, EventKind};
use crate::scanner::Mark;

/// Go's limit of nesting.
const MAX_DEPTH: usize = 10_000;

/// Why a text is no JSON value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum JsonError {
    /// Nothing follows.
    End,
    /// It ends in the middle of a value.
    UnexpectedEnd,
    /// Go's text, and how many bytes it had read.
    Syntax(String, usize),
}

/// What may come next.
#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Value,
    /// A value or the end of an array that has none.
    FirstItem,
    Key,
    /// A key or the end of an object that has none.
    FirstKey,
    Colon,
    AfterValue,
}

/// Reads one value from the front of `text`; `events` are what a YAML parser would have told of it.
/// Returns how many bytes it took.
pub(crate) fn read_value(text: &str, events: &mut Vec<Event>) -> Result<usize, JsonError> {
    let mut reader = Reader { text: text.as_bytes(), position: 0, mark: Mark::default() };
    let mut state = State::Value;
    // Whether each open collection is an object.
    let mut open: Vec<bool> = Vec::new();
    reader.skip_space();
    if reader.peek().is_none() {
        return Err(JsonError::End);
    }
    loop {
        reader.skip_space();
        let start = reader.mark;
        let c = reader.peek().ok_or(JsonError::UnexpectedEnd)?;
        let in_object = open.last().copied().unwrap_or_default();
        let mut add = |kind: EventKind, end: Mark| events.push(Event { kind, anchor: None, start, end });
        match (state, c) {
            (State::FirstItem | State::AfterValue, b']') if !in_object && !open.is_empty() => {
                reader.next();
                open.pop();
                add(EventKind::SequenceEnd, reader.mark);
                state = State::AfterValue;
            }
            (State::FirstKey | State::AfterValue, b'}') if in_object => {
                reader.next();
                open.pop();
                add(EventKind::MappingEnd, reader.mark);
                state = State::AfterValue;
            }
            (State::Value | State::FirstItem, b'{' | b'[') => {
                if open.len() == MAX_DEPTH {
                    return Err(JsonError::Syntax("exceeded max depth".to_owned(), reader.position + 1));
                }
                reader.next();
                open.push(c == b'{');
                let (kind, next) = match c {
                    b'{' => (EventKind::MappingStart, State::FirstKey),
                    _ => (EventKind::SequenceStart, State::FirstItem),
                };
                add(kind, reader.mark);
                state = next;
            }
            (State::Value | State::FirstItem, _) => {
                let kind = reader.scalar(c)?;
                add(kind, reader.mark);
                state = State::AfterValue;
            }
            (State::Key | State::FirstKey, b'"') => {
                let text = reader.string()?;
                add(string_event(text), reader.mark);
                state = State::Colon;
            }
            (State::Key | State::FirstKey, _) => {
                return Err(reader.wrong("looking for beginning of object key string"));
            }
            (State::Colon, b':') => {
                reader.next();
                state = State::Value;
            }
            (State::Colon, _) => return Err(reader.wrong("after object key")),
            (State::AfterValue, b',') => {
                reader.next();
                state = if in_object { State::Key } else { State::Value };
            }
            (State::AfterValue, _) => {
                let what = if in_object { "after object key:value pair" } else { "after array element" };
                return Err(reader.wrong(what));
            }
        }
        if state == State::AfterValue && open.is_empty() {
            return Ok(reader.position);
        }
    }
}

fn string_event(text: String) -> EventKind {
    EventKind::Scalar { text, tag: String::new(), plain: false }
}

struct Reader<'a> {
    text: &'a [u8],
    position: usize,
    mark: Mark,
}

impl Reader<'_> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.position).copied()
    }

    fn next(&mut self) {
        let c = self.text[self.position];
        self.position += 1;
        if c == b'\n' {
            self.mark.line += 1;
            self.mark.column = 0;
        } else if c & 0xC0 != 0x80 {
            self.mark.column += 1;
        }
        self.mark.index += u32::from(c & 0xC0 != 0x80);
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\r' | b'\n')) {
            self.next();
        }
    }

    /// The character that is looked at can't stand here.
    fn wrong(&self, context: &str) -> JsonError {
        let Some(c) = self.peek() else { return JsonError::UnexpectedEnd };
        let shown = match c {
            b'\'' => r"'\''".to_owned(),
            b'"' => "'\"'".to_owned(),
            // A byte, as Go counts them.
            _ => format!("'{}'", crate::text::quoted(&char::from(c).to_string()).trim_matches('"')),
        };
        JsonError::Syntax(format!("invalid character {shown} {context}"), self.position + 1)
    }

    fn scalar(&mut self, c: u8) -> Result<EventKind, JsonError> {
        let from = self.position;
        match c {
            b'"' => return Ok(string_event(self.string()?)),
            b't' => self.literal("true")?,
            b'f' => self.literal("false")?,
            b'n' => self.literal("null")?,
            b'-' | b'0'..=b'9' => self.number()?,
            _ => return Err(self.wrong("looking for beginning of value")),
        }
        let text = String::from_utf8_lossy(&self.text[from..self.position]).into_owned();
        Ok(EventKind::Scalar { text, tag: String::new(), plain: true })
    }

    fn literal(&mut self, word: &str) -> Result<(), JsonError> {
        for expected in word.bytes() {
            if self.peek() != Some(expected) {
                return Err(self.wrong(&format!("in literal {word} (expecting '{}')", char::from(expected))));
            }
            self.next();
        }
        Ok(())
    }

    fn digits(&mut self, context: &str) -> Result<(), JsonError> {
        if !self.peek().is_some_and(|c| c.is_ascii_digit()) {
            return Err(self.wrong(context));
        }
        while self.peek().is_some_and(|c| c.is_ascii_digit()) {
            self.next();
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), JsonError> {
        if self.peek() == Some(b'-') {
            self.next();
        }
        if self.peek() == Some(b'0') {
            self.next()
        } else {
            self.digits("in numeric literal")?
        }
        if self.peek() == Some(b'.') {
            self.next();
            self.digits("after decimal point in numeric literal")?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.next();
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.next();
            }
            self.digits("in exponent of numeric literal")?;
        }
        Ok(())
    }

    fn string(&mut self) -> Result<String, JsonError> {
        self.next();
        let mut bytes = Vec::new();
        loop {
            match self.peek() {
                None => return Err(JsonError::UnexpectedEnd),
                Some(b'"') => break,
                Some(0..=0x1F) => return Err(self.wrong("in string literal")),
                Some(b'\\') => {
                    self.next();
                    let c = self.escape()?;
                    bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                }
                Some(c) => {
                    bytes.push(c);
                    self.next();
                }
            }
        }
        self.next();
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    fn escape(&mut self) -> Result<char, JsonError> {
        let c = match self.peek() {
            Some(c @ (b'"' | b'\\' | b'/')) => char::from(c),
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode(),
            _ => return Err(self.wrong("in string escape code")),
        };
        self.next();
        Ok(c)
    }

    /// `u` and four digits, and the second half of a pair if it follows.
    fn unicode(&mut self) -> Result<char, JsonError> {
        let first = self.hexadecimal()?;
        if (0xD800..0xDC00).contains(&first) && self.text[self.position..].starts_with(b"\\u") {
            let back = (self.position, self.mark);
            self.next();
            let second = self.hexadecimal()?;
            if (0xDC00..0xE000).contains(&second) {
                let c = 0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00);
                return Ok(char::from_u32(c).unwrap_or('\u{FFFD}'));
            }
            (self.position, self.mark) = back;
        }
        Ok(char::from_u32(first).unwrap_or('\u{FFFD}'))
    }

    fn hexadecimal(&mut self) -> Result<u32, JsonError> {
        self.next();
        let mut value = 0;
        for _ in 0..4 {
            let digit = self.peek().and_then(|c| char::from(c).to_digit(16));
            value = value << 4 | digit.ok_or_else(|| self.wrong("in \\u hexadecimal character escape"))?;
            self.next();
        }
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::{JsonError, read_value};

    #[track_caller]
    fn check(text: &str, expected: Result<usize, &str>) {
        let found = read_value(text, &mut Vec::new()).map_err(|error| match error {
            JsonError::End => "EOF".to_owned(),
            JsonError::UnexpectedEnd => "unexpected EOF".to_owned(),
            JsonError::Syntax(problem, offset) => format!("{offset}: {problem}"),
        });
        assert_eq!(found, expected.map_err(str::to_owned), "{text}");
    }

    #[test]
    fn values_are_taken_one_by_one() {
        check("{} {}", Ok(2));
        check(" [1, -2.5e3, true, null, \"a\\n\\u00e9\\ud83d\\ude00\"]x", Ok(49));
        check("  ", Err("EOF"));
        check("{\"a\": {\"b\": []}}", Ok(16));
    }

    #[test]
    fn mistakes_are_told_as_go_does() {
        check("{\"a\" 1}", Err("6: invalid character '1' after object key"));
        check("{\"a\": 1 \"b\": 2}", Err("9: invalid character '\"' after object key:value pair"));
        check("{\"a\": 1,}", Err("9: invalid character '}' looking for beginning of object key string"));
        check("{a: 1}", Err("2: invalid character 'a' looking for beginning of object key string"));
        check("[1 2]", Err("4: invalid character '2' after array element"));
        check("{\"a\": tru}", Err("10: invalid character '}' in literal true (expecting 'e')"));
        check("{\"a\": \"x\ny\"}", Err("9: invalid character '\\n' in string literal"));
        check("{\"a\": .5}", Err("7: invalid character '.' looking for beginning of value"));
        check("{\"a\": 1", Err("unexpected EOF"));
        check(&"[".repeat(10_001), Err("10001: exceeded max depth"));
    }
}
