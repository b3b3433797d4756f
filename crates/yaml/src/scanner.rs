//! YAML 1.1 text → tokens, as libyaml's scanner does it in the version that kubectl carries.
//!
//! Models go.yaml.in/yaml/v2 `scannerc.go`. Only the *rules* matter here: which text is a token, where a simple key may
//! stand, and with which words and at which mark a mistake is refused; kubectl prints those words to the user.
//! This module knows nothing of documents, nodes or values.
//! Long, as upstream's: one automaton, whose longest function is the table of which character begins which token.

use std::collections::VecDeque;

/// A place in the text; all three count from 0. `column` and `index` count characters, not bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// Characters before this place.
    pub index: u32,
    /// Line breaks before this place.
    pub line: u32,
    /// Characters between the start of the line and this place.
    pub column: u32,
}

/// A mistake in the text, in go-yaml's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The problem without its place, e.g. `did not find expected key`.
    pub problem: String,
    /// The line number that go-yaml prints. It is one less than the true line for the parser's complaints,
    /// and left out for the first line.
    pub printed_line: Option<u32>,
    /// Where the problem really is.
    pub mark: Mark,
}

impl std::fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("yaml: ")?;
        if let Some(line) = self.printed_line {
            write!(f, "line {line}: ")?;
        }
        f.write_str(&self.problem)
    }
}

/// go-yaml's limit for nested flow collections and for nested indentation.
const MAX_DEPTH: usize = 10_000;

/// A simple key (one without `?`) must fit on one line and in so many characters.
const MAX_SIMPLE_KEY_LENGTH: u32 = 1024;

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenKind {
    StreamEnd,
    VersionDirective(u8, u8),
    TagDirective(String, String),
    DocumentStart,
    DocumentEnd,
    BlockSequenceStart,
    BlockMappingStart,
    BlockEnd,
    FlowSequenceStart,
    FlowSequenceEnd,
    FlowMappingStart,
    FlowMappingEnd,
    BlockEntry,
    FlowEntry,
    Key,
    Value,
    Alias(String),
    Anchor(String),
    /// Handle and suffix.
    Tag(String, String),
    /// The text, and whether it was plain (neither quoted nor a block).
    Scalar(String, bool),
}

/// A token and the text it covers.
#[derive(Clone, Debug)]
pub(crate) struct Token {
    pub kind: TokenKind,
    pub start: Mark,
    pub end: Mark,
}

/// A place where a key without `?` may have begun.
#[derive(Clone, Copy)]
struct SimpleKey {
    possible: bool,
    required: bool,
    token_number: usize,
    mark: Mark,
}

type Scan<T> = Result<T, SyntaxError>;

/// The scanner's state over one document's text.
pub(crate) struct Scanner<'a> {
    text: &'a [u8],
    position: usize,
    mark: Mark,
    tokens: VecDeque<Token>,
    tokens_parsed: usize,
    stream_end_produced: bool,
    indent: i32,
    indents: Vec<i32>,
    flow_level: usize,
    simple_key_allowed: bool,
    simple_keys: Vec<SimpleKey>,
}

impl<'a> Scanner<'a> {
    pub fn new(text: &'a str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let no_key = SimpleKey { possible: false, required: false, token_number: 0, mark: Mark::default() };
        Scanner {
            text: text.as_bytes(),
            position: 0,
            mark: Mark::default(),
            tokens: VecDeque::new(),
            tokens_parsed: 0,
            stream_end_produced: false,
            indent: -1,
            indents: Vec::new(),
            flow_level: 0,
            simple_key_allowed: true,
            simple_keys: vec![no_key],
        }
    }

    /// The next token, which stays.
    pub fn peek(&mut self) -> Scan<&Token> {
        while self.head_may_change()? {
            self.fetch_next_token()?;
        }
        Ok(&self.tokens[0])
    }

    /// Takes the token that `peek` showed.
    pub fn skip(&mut self) -> Token {
        self.tokens_parsed += 1;
        self.tokens.pop_front().expect("skip follows peek")
    }

    /// Byte offset of the character that is looked at.
    pub fn offset(&self) -> usize {
        self.position
    }

    // ---- characters ----

    fn at(&self, ahead: usize) -> u8 {
        self.text.get(self.position + ahead).copied().unwrap_or(0)
    }

    fn at_end(&self) -> bool {
        self.at(0) == 0
    }

    /// Length in bytes of the line break that starts `ahead` bytes from here, if one does.
    fn break_width(&self, ahead: usize) -> usize {
        match self.at(ahead) {
            b'\r' | b'\n' => 1,
            0xC2 if self.at(ahead + 1) == 0x85 => 2,
            0xE2 if self.at(ahead + 1) == 0x80 && matches!(self.at(ahead + 2), 0xA8 | 0xA9) => 3,
            _ => 0,
        }
    }

    fn is_break(&self, ahead: usize) -> bool {
        self.break_width(ahead) > 0
    }

    fn is_break_or_end(&self, ahead: usize) -> bool {
        self.at(ahead) == 0 || self.is_break(ahead)
    }

    fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.at(ahead), b' ' | b'\t')
    }

    fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.is_blank(ahead) || self.is_break_or_end(ahead)
    }

    fn is_word(&self) -> bool {
        matches!(self.at(0), b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' | b'_' | b'-')
    }

    fn is_document_indicator(&self) -> bool {
        self.mark.column == 0
            && matches!(self.at(0), b'-' | b'.')
            && self.at(1) == self.at(0)
            && self.at(2) == self.at(0)
            && self.is_blank_or_end(3)
    }

    fn skip_char(&mut self) {
        self.mark.index += 1;
        self.mark.column += 1;
        self.position += match self.at(0) {
            0..=0x7F => 1,
            0x80..=0xDF => 2,
            0xE0..=0xEF => 3,
            _ => 4,
        };
    }

    fn skip_chars(&mut self, count: usize) {
        for _ in 0..count {
            self.skip_char();
        }
    }

    fn skip_line(&mut self) {
        let crlf = self.at(0) == b'\r' && self.at(1) == b'\n';
        let width = if crlf { 2 } else { self.break_width(0) };
        if width > 0 {
            self.mark =
                Mark { index: self.mark.index + 1 + u32::from(crlf), line: self.mark.line + 1, column: 0 };
            self.position += width;
        }
    }

    fn skip_blanks(&mut self) {
        while self.is_blank(0) {
            self.skip_char();
        }
    }

    fn skip_comment(&mut self) {
        if self.at(0) == b'#' {
            while !self.is_break_or_end(0) {
                self.skip_char();
            }
        }
    }

    /// Copies one character.
    fn read(&mut self, into: &mut String) {
        let from = self.position;
        self.skip_char();
        let to = self.position.min(self.text.len());
        into.push_str(str::from_utf8(&self.text[from..to]).unwrap_or("\u{fffd}"));
    }

    /// Copies one line break, normalised to `\n` but for the Unicode separators.
    fn read_line(&mut self, into: &mut String) {
        let from = self.position;
        let unicode = self.break_width(0) == 3;
        self.skip_line();
        if unicode {
            into.push_str(str::from_utf8(&self.text[from..self.position]).unwrap_or("\n"));
        } else if self.position > from {
            into.push('\n');
        }
    }

    // ---- errors ----

    /// Models scannerc.go: yaml_parser_set_scanner_error and decode.go: fail.
    fn error<T>(&self, context: Mark, problem: &str) -> Scan<T> {
        let printed_line = match (self.mark.line, context.line) {
            (0, 0) => None,
            (0, line) => Some(line),
            (line, _) => Some(line + 1),
        };
        // What was opened and never closed is better shown where it was opened.
        let is_open =
            problem.ends_with("':'") || problem.ends_with("end of stream") || problem.ends_with("indicator");
        let mark = if is_open { context } else { self.mark };
        Err(SyntaxError { problem: problem.to_owned(), printed_line, mark })
    }

    // ---- tokens ----

    /// Whether a key that has not been recognised yet may still be put before the first waiting token.
    fn head_may_change(&mut self) -> Scan<bool> {
        if self.stream_end_produced {
            return Ok(false);
        }
        if self.tokens.is_empty() {
            return Ok(true);
        }
        let head = self.tokens_parsed;
        let place = self.simple_keys.partition_point(|key| key.token_number < head);
        match self.simple_keys.get(place) {
            Some(key) if key.token_number == head && key.possible => self.simple_key_is_valid(place),
            _ => Ok(false),
        }
    }

    fn simple_key_is_valid(&mut self, place: usize) -> Scan<bool> {
        let key = self.simple_keys[place];
        if !key.possible {
            return Ok(false);
        }
        if key.mark.line < self.mark.line || key.mark.index + MAX_SIMPLE_KEY_LENGTH < self.mark.index {
            if key.required {
                return self.error(key.mark, "could not find expected ':'");
            }
            self.simple_keys[place].possible = false;
            return Ok(false);
        }
        Ok(true)
    }

    fn next_token_number(&self) -> usize {
        self.tokens_parsed + self.tokens.len()
    }

    fn save_simple_key(&mut self) -> Scan<()> {
        if self.simple_key_allowed {
            let required = self.flow_level == 0 && self.indent == self.mark.column as i32;
            let token_number = self.next_token_number();
            self.remove_simple_key()?;
            let top = self.simple_keys.last_mut().expect("one key per flow level");
            *top = SimpleKey { possible: true, required, token_number, mark: self.mark };
        }
        Ok(())
    }

    fn remove_simple_key(&mut self) -> Scan<()> {
        let key = *self.simple_keys.last().expect("one key per flow level");
        if key.possible && key.required {
            return self.error(key.mark, "could not find expected ':'");
        }
        self.simple_keys.last_mut().expect("one key per flow level").possible = false;
        Ok(())
    }

    fn push(&mut self, kind: TokenKind, start: Mark) {
        self.tokens.push_back(Token { kind, start, end: self.mark });
    }

    /// A token of `width` characters from here on.
    fn push_indicator(&mut self, kind: TokenKind, width: usize) {
        let start = self.mark;
        self.skip_chars(width);
        self.push(kind, start);
    }

    /// Opens a block collection if this column is deeper than the last; `number` tells before which token.
    fn roll_indent(&mut self, mark: Mark, number: Option<usize>, kind: TokenKind) -> Scan<()> {
        if self.flow_level > 0 || self.indent >= mark.column as i32 {
            return Ok(());
        }
        self.indents.push(self.indent);
        self.indent = mark.column as i32;
        if self.indents.len() > MAX_DEPTH {
            return self.error(self.simple_keys[0].mark, "exceeded max depth of 10000");
        }
        let place = number.map_or(self.tokens.len(), |number| number - self.tokens_parsed);
        self.tokens.insert(place, Token { kind, start: mark, end: mark });
        Ok(())
    }

    fn unroll_indent(&mut self, column: i32) {
        if self.flow_level > 0 {
            return;
        }
        while self.indent > column {
            self.push(TokenKind::BlockEnd, self.mark);
            self.indent = self.indents.pop().expect("an indent for each block");
        }
    }

    /// Long: an arm for each character that begins a token, as in libyaml's scanner.
    fn fetch_next_token(&mut self) -> Scan<()> {
        self.skip_to_next_token();
        self.unroll_indent(self.mark.column as i32);
        if self.at_end() {
            return self.fetch_stream_end();
        }
        if self.mark.column == 0 && self.at(0) == b'%' {
            self.unroll_indent(-1);
            self.remove_simple_key()?;
            self.simple_key_allowed = false;
            return self.scan_directive();
        }
        if self.is_document_indicator() {
            self.unroll_indent(-1);
            self.remove_simple_key()?;
            self.simple_key_allowed = false;
            let kind = if self.at(0) == b'-' { TokenKind::DocumentStart } else { TokenKind::DocumentEnd };
            self.push_indicator(kind, 3);
            return Ok(());
        }
        let in_flow = self.flow_level > 0;
        let blank_follows = self.is_blank_or_end(1);
        match self.at(0) {
            b'[' => self.fetch_flow_start(TokenKind::FlowSequenceStart),
            b'{' => self.fetch_flow_start(TokenKind::FlowMappingStart),
            b']' => self.fetch_flow_end(TokenKind::FlowSequenceEnd),
            b'}' => self.fetch_flow_end(TokenKind::FlowMappingEnd),
            b',' => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.push_indicator(TokenKind::FlowEntry, 1);
                Ok(())
            }
            b'-' if blank_follows => {
                if !in_flow {
                    if !self.simple_key_allowed {
                        return self
                            .error(self.mark, "block sequence entries are not allowed in this context");
                    }
                    self.roll_indent(self.mark, None, TokenKind::BlockSequenceStart)?;
                }
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.push_indicator(TokenKind::BlockEntry, 1);
                Ok(())
            }
            b'?' if in_flow || blank_follows => {
                if !in_flow {
                    if !self.simple_key_allowed {
                        return self.error(self.mark, "mapping keys are not allowed in this context");
                    }
                    self.roll_indent(self.mark, None, TokenKind::BlockMappingStart)?;
                }
                self.remove_simple_key()?;
                self.simple_key_allowed = !in_flow;
                self.push_indicator(TokenKind::Key, 1);
                Ok(())
            }
            b':' if in_flow || blank_follows => self.fetch_value(),
            b'*' | b'&' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.scan_anchor()
            }
            b'!' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.scan_tag()
            }
            b'|' | b'>' if !in_flow => {
                self.remove_simple_key()?;
                self.simple_key_allowed = true;
                self.scan_block_scalar()
            }
            b'\'' | b'"' => {
                self.save_simple_key()?;
                self.simple_key_allowed = false;
                self.scan_quoted_scalar()
            }
            b'-' if !self.is_blank(1) => self.fetch_plain_scalar(),
            b'?' | b':' if !in_flow && !blank_follows => self.fetch_plain_scalar(),
            b' ' | b'\t' | b'-' | b'?' | b':' | b'#' | b'|' | b'>' | b'%' | b'@' | b'`' => {
                self.error(self.mark, "found character that cannot start any token")
            }
            _ => self.fetch_plain_scalar(),
        }
    }

    fn fetch_stream_end(&mut self) -> Scan<()> {
        if self.mark.column != 0 {
            self.mark.column = 0;
            self.mark.line += 1;
        }
        self.unroll_indent(-1);
        self.remove_simple_key()?;
        self.simple_key_allowed = false;
        self.push(TokenKind::StreamEnd, self.mark);
        self.stream_end_produced = true;
        Ok(())
    }

    fn fetch_flow_start(&mut self, kind: TokenKind) -> Scan<()> {
        self.save_simple_key()?;
        let token_number = self.next_token_number();
        self.simple_keys.push(SimpleKey { possible: false, required: false, token_number, mark: self.mark });
        self.flow_level += 1;
        if self.flow_level > MAX_DEPTH {
            return self.error(self.mark, "exceeded max depth of 10000");
        }
        self.simple_key_allowed = true;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_flow_end(&mut self, kind: TokenKind) -> Scan<()> {
        self.remove_simple_key()?;
        if self.flow_level > 0 {
            self.flow_level -= 1;
            self.simple_keys.pop();
        }
        self.simple_key_allowed = false;
        self.push_indicator(kind, 1);
        Ok(())
    }

    fn fetch_value(&mut self) -> Scan<()> {
        let top = self.simple_keys.len() - 1;
        if self.simple_key_is_valid(top)? {
            let key = self.simple_keys[top];
            let place = key.token_number - self.tokens_parsed;
            self.tokens.insert(place, Token { kind: TokenKind::Key, start: key.mark, end: key.mark });
            self.roll_indent(key.mark, Some(key.token_number), TokenKind::BlockMappingStart)?;
            self.simple_keys[top].possible = false;
            self.simple_key_allowed = false;
        } else {
            if self.flow_level == 0 {
                if !self.simple_key_allowed {
                    return self.error(self.mark, "mapping values are not allowed in this context");
                }
                self.roll_indent(self.mark, None, TokenKind::BlockMappingStart)?;
            }
            self.simple_key_allowed = self.flow_level == 0;
        }
        self.push_indicator(TokenKind::Value, 1);
        Ok(())
    }

    fn skip_to_next_token(&mut self) {
        loop {
            if self.mark.column == 0
                && self.text[self.position.min(self.text.len())..].starts_with(b"\xEF\xBB\xBF")
            {
                self.skip_char();
            }
            while self.at(0) == b' '
                || (self.at(0) == b'\t' && (self.flow_level > 0 || !self.simple_key_allowed))
            {
                self.skip_char();
            }
            self.skip_comment();
            if !self.is_break(0) {
                return;
            }
            self.skip_line();
            if self.flow_level == 0 {
                self.simple_key_allowed = true;
            }
        }
    }

    // ---- directives, anchors, tags ----

    fn scan_directive(&mut self) -> Scan<()> {
        let start = self.mark;
        self.skip_char();
        let mut name = String::new();
        while self.is_word() {
            self.read(&mut name);
        }
        if name.is_empty() {
            return self.error(start, "could not find expected directive name");
        }
        if !self.is_blank_or_end(0) {
            return self.error(start, "found unexpected non-alphabetical character");
        }
        self.skip_blanks();
        let kind = match name.as_str() {
            "YAML" => {
                let major = self.scan_version_number(start)?;
                if self.at(0) != b'.' {
                    return self.error(start, "did not find expected digit or '.' character");
                }
                self.skip_char();
                TokenKind::VersionDirective(major, self.scan_version_number(start)?)
            }
            "TAG" => {
                let handle = self.scan_tag_handle(true, start)?;
                if !self.is_blank(0) {
                    return self.error(start, "did not find expected whitespace");
                }
                self.skip_blanks();
                let prefix = self.scan_tag_uri("", start)?;
                if !self.is_blank_or_end(0) {
                    return self.error(start, "did not find expected whitespace or line break");
                }
                TokenKind::TagDirective(handle, prefix)
            }
            _ => return self.error(start, "found unknown directive name"),
        };
        self.push(kind, start);
        self.scan_rest_of_line(start)
    }

    fn scan_rest_of_line(&mut self, start: Mark) -> Scan<()> {
        self.skip_blanks();
        self.skip_comment();
        if !self.is_break_or_end(0) {
            return self.error(start, "did not find expected comment or line break");
        }
        self.skip_line();
        Ok(())
    }

    fn scan_version_number(&mut self, start: Mark) -> Scan<u8> {
        let mut value = 0;
        let mut length = 0;
        while self.at(0).is_ascii_digit() {
            length += 1;
            if length > 2 {
                return self.error(start, "found extremely long version number");
            }
            value = value * 10 + (self.at(0) - b'0');
            self.skip_char();
        }
        if length == 0 {
            return self.error(start, "did not find expected version number");
        }
        Ok(value)
    }

    fn scan_anchor(&mut self) -> Scan<()> {
        let start = self.mark;
        let is_alias = self.at(0) == b'*';
        self.skip_char();
        let mut name = String::new();
        while self.is_word() {
            self.read(&mut name);
        }
        let ends = self.is_blank_or_end(0)
            || matches!(self.at(0), b'?' | b':' | b',' | b']' | b'}' | b'%' | b'@' | b'`');
        if name.is_empty() || !ends {
            return self.error(start, "did not find expected alphabetic or numeric character");
        }
        self.push(if is_alias { TokenKind::Alias(name) } else { TokenKind::Anchor(name) }, start);
        Ok(())
    }

    fn scan_tag(&mut self) -> Scan<()> {
        let start = self.mark;
        let (handle, suffix) = if self.at(1) == b'<' {
            self.skip_chars(2);
            let suffix = self.scan_tag_uri("", start)?;
            if self.at(0) != b'>' {
                return self.error(start, "did not find the expected '>'");
            }
            self.skip_char();
            (String::new(), suffix)
        } else {
            let handle = self.scan_tag_handle(false, start)?;
            if handle.len() > 1 && handle.ends_with('!') {
                let suffix = self.scan_tag_uri("", start)?;
                (handle, suffix)
            } else {
                let suffix = self.scan_tag_uri(&handle, start)?;
                if suffix.is_empty() { (suffix, "!".to_owned()) } else { ("!".to_owned(), suffix) }
            }
        };
        if !self.is_blank_or_end(0) {
            return self.error(start, "did not find expected whitespace or line break");
        }
        self.push(TokenKind::Tag(handle, suffix), start);
        Ok(())
    }

    fn scan_tag_handle(&mut self, directive: bool, start: Mark) -> Scan<String> {
        if self.at(0) != b'!' {
            return self.error(start, "did not find expected '!'");
        }
        let mut handle = String::new();
        self.read(&mut handle);
        while self.is_word() {
            self.read(&mut handle);
        }
        if self.at(0) == b'!' {
            self.read(&mut handle);
        } else if directive && handle != "!" {
            return self.error(start, "did not find expected '!'");
        }
        Ok(handle)
    }

    /// `head` is a handle that turned out to be the start of the tag itself.
    fn scan_tag_uri(&mut self, head: &str, start: Mark) -> Scan<String> {
        let mut uri = head.get(1..).unwrap_or_default().to_owned();
        let mut found = !head.is_empty();
        while self.is_word() || (self.at(0) != 0 && b";/?:@&=+$,.!~*'()[]%".contains(&self.at(0))) {
            if self.at(0) == b'%' {
                self.scan_uri_escapes(start, &mut uri)?;
            } else {
                self.read(&mut uri);
            }
            found = true;
        }
        if !found {
            return self.error(start, "did not find expected tag URI");
        }
        Ok(uri)
    }

    fn scan_uri_escapes(&mut self, start: Mark, uri: &mut String) -> Scan<()> {
        let mut octets: Vec<u8> = Vec::new();
        let mut width = 1;
        while octets.len() < width {
            let Some(octet) = (self.at(0) == b'%').then(|| self.hexadecimal(1, 2)).flatten() else {
                return self.error(start, "did not find URI escaped octet");
            };
            let octet = octet as u8;
            if octets.is_empty() {
                width = match octet {
                    0..=0x7F => 1,
                    0xC0..=0xDF => 2,
                    0xE0..=0xEF => 3,
                    0xF0..=0xF7 => 4,
                    _ => return self.error(start, "found an incorrect leading UTF-8 octet"),
                };
            } else if octet & 0xC0 != 0x80 {
                return self.error(start, "found an incorrect trailing UTF-8 octet");
            }
            octets.push(octet);
            self.skip_chars(3);
        }
        uri.push_str(&String::from_utf8_lossy(&octets));
        Ok(())
    }

    fn hexadecimal(&self, ahead: usize, digits: usize) -> Option<u32> {
        let mut value = 0u32;
        for k in 0..digits {
            value = (value << 4) | char::from(self.at(ahead + k)).to_digit(16)?;
        }
        Some(value)
    }

    // ---- scalars ----

    fn scan_block_scalar(&mut self) -> Scan<()> {
        let start = self.mark;
        let literal = self.at(0) == b'|';
        self.skip_char();
        let mut keep: Option<bool> = None;
        let mut increment = 0;
        // The chomping and the indentation indicator may stand in either order.
        for _ in 0..2 {
            match self.at(0) {
                sign @ (b'+' | b'-') if keep.is_none() => keep = Some(sign == b'+'),
                b'0' if increment == 0 => {
                    return self.error(start, "found an indentation indicator equal to 0");
                }
                digit @ b'1'..=b'9' if increment == 0 => increment = i32::from(digit - b'0'),
                _ => break,
            }
            self.skip_char();
        }
        self.scan_rest_of_line(start)?;
        let mut end = self.mark;
        let mut indent = if increment > 0 { self.indent.max(0) + increment } else { 0 };
        let mut text = String::new();
        let mut leading_break = String::new();
        let mut trailing_breaks = String::new();
        self.scan_block_scalar_breaks(&mut indent, &mut trailing_breaks, start, &mut end)?;
        let mut leading_blank = false;
        while self.mark.column as i32 == indent && !self.at_end() {
            let blank = self.is_blank(0);
            if !literal && !leading_blank && !blank && leading_break.starts_with('\n') {
                if trailing_breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(&leading_break);
            }
            leading_break.clear();
            text.push_str(&trailing_breaks);
            trailing_breaks.clear();
            leading_blank = blank;
            while !self.is_break_or_end(0) {
                self.read(&mut text);
            }
            self.read_line(&mut leading_break);
            self.scan_block_scalar_breaks(&mut indent, &mut trailing_breaks, start, &mut end)?;
        }
        if keep != Some(false) {
            text.push_str(&leading_break);
        }
        if keep == Some(true) {
            text.push_str(&trailing_breaks);
        }
        self.tokens.push_back(Token { kind: TokenKind::Scalar(text, false), start, end });
        Ok(())
    }

    fn scan_block_scalar_breaks(
        &mut self,
        indent: &mut i32,
        breaks: &mut String,
        start: Mark,
        end: &mut Mark,
    ) -> Scan<()> {
        *end = self.mark;
        let mut max_indent = 0;
        loop {
            while (*indent == 0 || (self.mark.column as i32) < *indent) && self.at(0) == b' ' {
                self.skip_char();
            }
            max_indent = max_indent.max(self.mark.column as i32);
            if (*indent == 0 || (self.mark.column as i32) < *indent) && self.at(0) == b'\t' {
                return self.error(start, "found a tab character where an indentation space is expected");
            }
            if !self.is_break(0) {
                break;
            }
            self.read_line(breaks);
            *end = self.mark;
        }
        if *indent == 0 {
            *indent = max_indent.max(self.indent + 1).max(1);
        }
        Ok(())
    }

    fn scan_quoted_scalar(&mut self) -> Scan<()> {
        let start = self.mark;
        let quote = self.at(0);
        self.skip_char();
        let mut text = String::new();
        loop {
            if self.is_document_indicator() {
                return self.error(start, "found unexpected document indicator");
            }
            if self.at_end() {
                return self.error(start, "found unexpected end of stream");
            }
            let mut leading_blanks = false;
            while !self.is_blank_or_end(0) {
                let c = self.at(0);
                if c == quote {
                    if quote == b'\'' && self.at(1) == b'\'' {
                        text.push('\'');
                        self.skip_chars(2);
                        continue;
                    }
                    break;
                }
                if quote == b'"' && c == b'\\' {
                    if self.is_break(1) {
                        self.skip_char();
                        self.skip_line();
                        leading_blanks = true;
                        break;
                    }
                    self.scan_escape(start, &mut text)?;
                } else {
                    self.read(&mut text);
                }
            }
            if self.at(0) == quote {
                break;
            }
            self.fold_blanks(&mut text, leading_blanks, None)?;
        }
        self.skip_char();
        self.push(TokenKind::Scalar(text, false), start);
        Ok(())
    }

    fn scan_escape(&mut self, start: Mark, text: &mut String) -> Scan<()> {
        let (c, digits) = match self.at(1) {
            b'0' => ('\0', 0),
            b'a' => ('\u{07}', 0),
            b'b' => ('\u{08}', 0),
            b't' | b'\t' => ('\t', 0),
            b'n' => ('\n', 0),
            b'v' => ('\u{0B}', 0),
            b'f' => ('\u{0C}', 0),
            b'r' => ('\r', 0),
            b'e' => ('\u{1B}', 0),
            c @ (b' ' | b'"' | b'\'' | b'\\') => (char::from(c), 0),
            b'N' => ('\u{85}', 0),
            b'_' => ('\u{A0}', 0),
            b'L' => ('\u{2028}', 0),
            b'P' => ('\u{2029}', 0),
            b'x' => ('\0', 2),
            b'u' => ('\0', 4),
            b'U' => ('\0', 8),
            _ => return self.error(start, "found unknown escape character"),
        };
        self.skip_chars(2);
        if digits == 0 {
            text.push(c);
            return Ok(());
        }
        let Some(value) = self.hexadecimal(0, digits) else {
            return self.error(start, "did not find expected hexdecimal number");
        };
        let Some(c) = char::from_u32(value) else {
            return self.error(start, "found invalid Unicode character escape code");
        };
        text.push(c);
        self.skip_chars(digits);
        Ok(())
    }

    /// Blanks and line breaks inside a scalar: a single break becomes a space, more of them one break less.
    /// With `plain`, a tab before that column is refused and the blanks are only told (the caller may drop them).
    fn fold_blanks(&mut self, text: &mut String, leading: bool, plain: Option<(Mark, i32)>) -> Scan<bool> {
        let mut leading_blanks = leading;
        let mut blanks = String::new();
        let mut first_break = String::new();
        let mut more_breaks = String::new();
        while self.is_blank(0) || self.is_break(0) {
            if self.is_blank(0) {
                if let Some((start, indent)) = plain
                    && leading_blanks
                    && (self.mark.column as i32) < indent
                    && self.at(0) == b'\t'
                {
                    return self.error(start, "found a tab character that violates indentation");
                }
                if leading_blanks { self.skip_char() } else { self.read(&mut blanks) }
            } else if leading_blanks {
                self.read_line(&mut more_breaks);
            } else {
                blanks.clear();
                self.read_line(&mut first_break);
                leading_blanks = true;
            }
        }
        if !leading_blanks {
            text.push_str(&blanks);
        } else {
            if !first_break.starts_with('\n') {
                text.push_str(&first_break);
            } else if more_breaks.is_empty() {
                text.push(' ');
            }
            text.push_str(&more_breaks);
        }
        Ok(leading_blanks)
    }

    fn fetch_plain_scalar(&mut self) -> Scan<()> {
        self.save_simple_key()?;
        self.simple_key_allowed = false;
        let start = self.mark;
        let mut end = start;
        let indent = self.indent + 1;
        let in_flow = self.flow_level > 0;
        let mut text = String::new();
        let mut blanks = String::new();
        let mut leading_blanks = false;
        loop {
            if self.is_document_indicator() || self.at(0) == b'#' {
                break;
            }
            while !self.is_blank_or_end(0) {
                let c = self.at(0);
                if (c == b':' && self.is_blank_or_end(1))
                    || (in_flow && matches!(c, b',' | b'?' | b'[' | b']' | b'{' | b'}'))
                {
                    break;
                }
                text.push_str(&blanks);
                blanks.clear();
                leading_blanks = false;
                self.read(&mut text);
                end = self.mark;
            }
            if !(self.is_blank(0) || self.is_break(0)) {
                break;
            }
            leading_blanks = self.fold_blanks(&mut blanks, leading_blanks, Some((start, indent)))?;
            if !in_flow && (self.mark.column as i32) < indent {
                break;
            }
        }
        self.tokens.push_back(Token { kind: TokenKind::Scalar(text, true), start, end });
        if leading_blanks {
            self.simple_key_allowed = true;
        }
        Ok(())
    }
}
