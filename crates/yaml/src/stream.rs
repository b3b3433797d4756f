//! A text → its documents: what kubectl does before it looks at any of them. Models k8s.io/apimachinery
//! `pkg/util/yaml/decoder.go` (splitting a stream at `---` lines *before* parsing).

use crate::document::{Document, MAX_TEXT, Span, YamlError};
use crate::json::{self, JsonError};

/// What a stream of documents holds.
#[derive(Debug, Default)]
pub struct Stream {
    /// The documents before the first unreadable one; empty ones are left out.
    pub documents: Vec<Document>,
    /// Why reading ended early.
    pub error: Option<YamlError>,
}

/// Reads all documents of a text, as kubectl reads a file: one that begins with `{` as JSON values one behind the other,
/// as long as they are that, anything else as YAML.
/// Models decoder.go: YAMLOrJSONDecoder, and cli-runtime's StreamVisitor.
pub fn read(text: &str) -> Stream {
    read_up_to(text, MAX_TEXT)
}

/// The same, of a text that is not sent to an API server and may be larger: up to so many bytes.
pub fn read_up_to(text: &str, most: usize) -> Stream {
    let mut stream = Stream::default();
    if text.len() > most {
        let span = Span { line: 1, column: 1, end_line: 1, end_column: 1 };
        let message = format!("Request entity too large: limit is {most}");
        stream.error = Some(YamlError { message, span });
        return stream;
    }
    if !text.trim_start().starts_with('{') {
        stream.read_yaml(text, 0);
        return stream;
    }
    let (mut rest, mut line) = (text, 0);
    loop {
        let mut events = Vec::new();
        let problem = match json::read_value(rest, &mut events) {
            Ok(length) => {
                if !stream.add_composed(Document::from_events(events, line)) {
                    return stream;
                }
                line += rest[..length].matches('\n').count() as u32;
                rest = &rest[length..];
                continue;
            }
            Err(JsonError::End) => return stream,
            Err(JsonError::UnexpectedEnd) => "unexpected EOF".to_owned(),
            Err(JsonError::Syntax(problem, offset)) => {
                let before = text.len() - rest.len();
                format!("json: offset {}: {problem}", before + offset)
            }
        };
        // What may still be YAML is; of two mistakes the first is told.
        let space = rest.len() - rest.trim_start().len();
        let skipped = rest[..space].find('\n').map_or(space, |newline| newline + 1);
        line += rest[..skipped].matches('\n').count() as u32;
        let documents = stream.documents.len();
        if documents < 2 {
            stream.read_yaml(&rest[skipped..], line);
        }
        if documents == stream.documents.len() {
            let place = Span { line: line + 1, column: 1, end_line: line + 1, end_column: 1 };
            let span = stream.error.as_ref().map_or(place, |error| error.span);
            stream.error = Some(YamlError { message: problem, span });
        }
        return stream;
    }
}

fn line_span(line: u32, text: &str) -> Span {
    let length = text.chars().count() as u32;
    Span { line: line + 1, column: 1, end_line: line + 1, end_column: length + 1 }
}

impl Stream {
    /// Splits at `---` lines, then parses. Models decoder.go: YAMLReader.
    fn read_yaml(&mut self, text: &str, line_offset: u32) {
        let mut chunk = String::new();
        let mut chunk_start = line_offset;
        let mut line_number = line_offset;
        for line in text.split_inclusive('\n') {
            let line = line.strip_suffix('\n').map_or(line, |line| line.strip_suffix('\r').unwrap_or(line));
            if let Some(rest) = line.strip_prefix("---") {
                let rest = rest.trim();
                if !rest.is_empty() && !rest.starts_with('#') {
                    let message = format!("invalid Yaml document separator: {rest}");
                    let span = line_span(line_number, line);
                    self.error = Some(YamlError { message, span });
                    return;
                }
                if !chunk.is_empty() {
                    if !self.add_composed(Document::parse(&chunk, chunk_start)) {
                        return;
                    }
                    chunk.clear();
                    line_number += 1;
                    chunk_start = line_number;
                    continue;
                }
            }
            chunk.push_str(line);
            chunk.push('\n');
            line_number += 1;
        }
        if !chunk.is_empty() {
            self.add_composed(Document::parse(&chunk, chunk_start));
        }
    }

    fn add_composed(&mut self, document: Result<Document, YamlError>) -> bool {
        match document {
            Ok(document) if document.value().is_null() => true,
            Ok(document) => {
                self.documents.push(document);
                true
            }
            Err(error) => {
                self.error = Some(error);
                false
            }
        }
    }
}
