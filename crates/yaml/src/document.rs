//! One document's text → values that know their place.
//!
//! Models go.yaml.in/yaml/v2 `decode.go` and `resolve.go` (YAML 1.1 scalars, anchors, merge keys, duplicate keys) and
//! sigs.k8s.io/yaml (the result must be expressible in JSON).
//! This module knows nothing of Kubernetes' kinds. Long: as upstream's two files are.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde_json::{Map, Number, Value};

use crate::parser::{Event, EventKind, Parser};
use crate::scanner::{Mark, SyntaxError};

/// Text larger than this is refused unread: no request body of the API server may be larger (in bytes).
pub const MAX_TEXT: usize = 3 * 1024 * 1024;

/// Deeper collections are taken as empty. No field of any kind is that deep, so what is below can't change an answer;
/// and no later walk over a tree can overflow the stack.
const MAX_VALUE_DEPTH: usize = 200;

/// Expanded aliases may not exceed this many bytes of text.
const MAX_EXPANDED_TEXT: usize = 4 * MAX_TEXT;

const NONE: u32 = u32::MAX;

/// Where something stands in the whole text. Lines and columns count from 1, in characters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Span {
    /// Line of the first character.
    pub line: u32,
    /// Column of the first character.
    pub column: u32,
    /// Line of the character behind the last one.
    pub end_line: u32,
    /// Column of the character behind the last one.
    pub end_column: u32,
}

/// A document that can't be read, in kubectl's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// As kubectl prints it behind `error parsing STDIN: `. Its line counts within the document.
    pub message: String,
    /// Where it is in the whole text.
    pub span: Span,
}

/// One document: its value as JSON, and where each part of it was written.
#[derive(Debug)]
pub struct Document {
    nodes: Vec<Node>,
    value: Value,
    /// Lines before the document in the whole text.
    line_offset: u32,
}

#[derive(Debug)]
struct Node {
    kind: NodeKind,
    start: Mark,
    end: Mark,
    first_child: u32,
    next: u32,
}

#[derive(Debug)]
enum NodeKind {
    Scalar { text: String, tag: String, plain: bool },
    Sequence,
    Mapping,
    Alias { name: String, target: u32 },
}

impl Document {
    /// Reads one document; more of them in `text` are ignored, as go-yaml's Unmarshal does.
    pub(crate) fn parse(text: &str, line_offset: u32) -> Result<Document, YamlError> {
        let place = |mark: Mark| span(mark, mark, line_offset);
        let yaml_error = |error: SyntaxError| YamlError {
            message: format!("error converting YAML to JSON: {error}"),
            span: place(error.mark),
        };
        let mut composer = Composer::default();
        let mut parser = Parser::new(text);
        let composed = composer.compose(&mut parser);
        refuse_control_characters(text, if composed.is_ok() { text.len() } else { parser.offset() })
            .and(composed)
            .map_err(yaml_error)?;
        Document::resolve(composer, line_offset)
    }

    /// A document of what a JSON text holds.
    pub(crate) fn from_events(events: Vec<Event>, line_offset: u32) -> Result<Document, YamlError> {
        let mut composer = Composer::default();
        let mut open = Vec::new();
        for event in events {
            // JSON has no aliases: nothing can be wrong with it.
            let _ = composer.add(event, &mut open);
        }
        Document::resolve(composer, line_offset)
    }

    fn resolve(composer: Composer, line_offset: u32) -> Result<Document, YamlError> {
        let place = |mark: Mark| span(mark, mark, line_offset);
        let mut document = Document { nodes: composer.nodes, value: Value::Null, line_offset };
        if document.nodes.is_empty() {
            return Ok(document);
        }
        if composer.has_aliases {
            document.refuse_excessive_aliasing().map_err(|error| YamlError {
                message: format!("error converting YAML to JSON: {error}"),
                span: place(error.mark),
            })?;
        }
        let value = document.to_value(0, 0).map_err(|(problem, mark)| YamlError {
            message: format!("error converting YAML to JSON: {problem}"),
            span: place(mark),
        })?;
        document.value = value;
        Ok(document)
    }

    /// The document as JSON.
    pub fn value(&self) -> &Value {
        &self.value
    }

    /// The document as JSON, without its places.
    pub fn into_value(self) -> Value {
        self.value
    }

    /// The line on which the document's content begins, from 1.
    pub fn first_line(&self) -> u32 {
        self.nodes.first().map_or(1, |node| node.start.line + self.line_offset + 1)
    }

    /// Where the value of a field stands; `path` as Kubernetes writes it, e.g. `spec.ports[0].port`.
    /// Of a field that is not there, where its nearest parent's key (or the parent) is.
    pub fn locate(&self, path: &str) -> Span {
        let (key, value, complete) = self.find(path);
        match key {
            Some(key) if !complete => self.span_of(key),
            _ => self.span_of(value),
        }
    }

    /// Where the key of a field stands (or, of a list's item, the item).
    pub fn locate_key(&self, path: &str) -> Span {
        let (key, value, _) = self.find(path);
        self.span_of(key.unwrap_or(value))
    }

    /// Keys that come again in the same mapping, where the last one counts: each earlier one, and the line of the last.
    pub fn repeated_keys(&self) -> Vec<(&str, Span, u32)> {
        let mut repeated = Vec::new();
        for node in 0..self.nodes.len() as u32 {
            if !matches!(self.nodes[node as usize].kind, NodeKind::Mapping) {
                continue;
            }
            let mut last: std::collections::BTreeMap<&str, u32> = std::collections::BTreeMap::new();
            for (key, _) in self.pairs(node) {
                let NodeKind::Scalar { text, .. } = &self.nodes[key as usize].kind else { continue };
                if self.is_merge(key) {
                    continue;
                }
                if let Some(before) = last.insert(text, key) {
                    repeated.push((&**text, before, key));
                }
            }
        }
        let told = |(text, before, key): (_, u32, u32)| (text, self.span_of(before), self.span_of(key).line);
        repeated.into_iter().map(told).collect()
    }

    fn span_of(&self, node: u32) -> Span {
        match self.nodes.get(node as usize) {
            Some(node) => span(node.start, node.end, self.line_offset),
            None => span(Mark::default(), Mark::default(), self.line_offset),
        }
    }

    /// The key's node (for a mapping's field), the value's node, and whether the whole path was found.
    fn find(&self, path: &str) -> (Option<u32>, u32, bool) {
        let mut node = 0;
        let mut key_node = None;
        for segment in path_segments(path) {
            let Some((key, child)) = self.child(node, segment) else { return (key_node, node, false) };
            node = child;
            key_node = key;
        }
        (key_node, node, true)
    }

    fn child(&self, node: u32, segment: &str) -> Option<(Option<u32>, u32)> {
        let node = self.dereference(node);
        match self.nodes.get(node as usize)?.kind {
            NodeKind::Sequence => {
                let child = self.children(node).nth(segment.parse().ok()?)?;
                Some((None, child))
            }
            NodeKind::Mapping => {
                // The last of duplicate keys wins; a merged mapping stands for its keys.
                let mut found = None;
                for (key, value) in self.pairs(node) {
                    if self.is_merge(key) {
                        let merged = self.dereference(value);
                        let targets: Vec<u32> = match self.nodes[merged as usize].kind {
                            NodeKind::Sequence => self.children(merged).collect(),
                            _ => vec![merged],
                        };
                        found = targets
                            .into_iter()
                            .find_map(|target| self.child_of_merge(target, segment))
                            .or(found);
                    } else if matches!(&self.nodes[key as usize].kind, NodeKind::Scalar { text, .. } if text == segment)
                    {
                        found = Some((Some(key), value));
                    }
                }
                found
            }
            _ => None,
        }
    }

    fn child_of_merge(&self, node: u32, segment: &str) -> Option<(Option<u32>, u32)> {
        let node = self.dereference(node);
        self.pairs(node)
            .filter(|(key, _)| matches!(&self.nodes[*key as usize].kind, NodeKind::Scalar { text, .. } if text == segment))
            .last()
            .map(|(key, value)| (Some(key), value))
    }

    fn dereference(&self, mut node: u32) -> u32 {
        while let Some(Node { kind: NodeKind::Alias { target, .. }, .. }) = self.nodes.get(node as usize) {
            node = *target;
        }
        node
    }

    fn children(&self, node: u32) -> impl Iterator<Item = u32> {
        let first = self.nodes[node as usize].first_child;
        std::iter::successors((first != NONE).then_some(first), |child| {
            let next = self.nodes[*child as usize].next;
            (next != NONE).then_some(next)
        })
    }

    fn pairs(&self, node: u32) -> impl Iterator<Item = (u32, u32)> {
        let mut children = self.children(node);
        std::iter::from_fn(move || Some((children.next()?, children.next()?)))
    }

    /// Models decode.go: isMerge.
    fn is_merge(&self, key: u32) -> bool {
        matches!(&self.nodes[key as usize].kind, NodeKind::Scalar { text, tag, plain }
            if text == "<<" && (*plain || tag == "tag:yaml.org,2002:merge"))
    }

    /// Models decode.go: the alias ratio of `unmarshal` (a small document may come to 99 % from aliases, a large one
    /// to 10 %) and the refusal of an anchor that contains itself. Walks the expansion without building it.
    fn refuse_excessive_aliasing(&self) -> Result<(), SyntaxError> {
        let fail = |problem: String, node: u32| {
            Err(SyntaxError { problem, printed_line: None, mark: self.nodes[node as usize].start })
        };
        let (mut decoded, mut from_aliases, mut text_bytes) = (1u32, 0u32, 0usize);
        // Nodes still to visit; `true` marks the end of an alias.
        let mut pending = vec![(0u32, false)];
        let mut open_aliases: Vec<u32> = Vec::new();
        while let Some((id, alias_end)) = pending.pop() {
            if alias_end {
                open_aliases.pop();
                continue;
            }
            decoded += 1;
            if !open_aliases.is_empty() {
                from_aliases += 1;
            }
            let node = &self.nodes[id as usize];
            match &node.kind {
                NodeKind::Scalar { text, .. } => text_bytes += text.len(),
                NodeKind::Alias { name, target } => {
                    if open_aliases.contains(&id) {
                        return fail(format!("anchor '{name}' value contains itself"), id);
                    }
                    open_aliases.push(id);
                    pending.push((id, true));
                    pending.push((*target, false));
                }
                _ => {
                    let first = pending.len();
                    pending.extend(self.children(id).map(|child| (child, false)));
                    pending[first..].reverse();
                }
            }
            let ratio = f64::from(from_aliases) / f64::from(decoded);
            let allowed = 0.99 - 0.89 * ((f64::from(decoded) - 400_000.0) / 3_600_000.0).clamp(0.0, 1.0);
            if (from_aliases > 100 && decoded > 1000 && ratio > allowed) || text_bytes > MAX_EXPANDED_TEXT {
                return fail("document contains excessive aliasing".to_owned(), id);
            }
        }
        Ok(())
    }

    /// Models decode.go: unmarshal into interface{} and sigs.k8s.io/yaml: convertToJSONableObject.
    fn to_value(&self, id: u32, depth: usize) -> Result<Value, (String, Mark)> {
        let node = &self.nodes[id as usize];
        match &node.kind {
            NodeKind::Alias { target, .. } => self.to_value(*target, depth),
            NodeKind::Scalar { .. } => match self.scalar(id)? {
                Scalar::Null => Ok(Value::Null),
                Scalar::Bool(value) => Ok(Value::Bool(value)),
                Scalar::Int(value) => Ok(Value::from(value)),
                Scalar::Float(value) => match float_value(value) {
                    Some(value) => Ok(value),
                    None => {
                        let name = if value.is_nan() {
                            "NaN"
                        } else if value > 0.0 {
                            "+Inf"
                        } else {
                            "-Inf"
                        };
                        Err((format!("json: unsupported value: {name}"), node.start))
                    }
                },
                Scalar::Text(text) => Ok(Value::String(text)),
            },
            NodeKind::Sequence => {
                let mut items = Vec::new();
                if depth < MAX_VALUE_DEPTH {
                    for child in self.children(id) {
                        items.push(self.to_value(child, depth + 1)?);
                    }
                }
                Ok(Value::Array(items))
            }
            NodeKind::Mapping => {
                let mut map = Map::new();
                if depth < MAX_VALUE_DEPTH {
                    self.fill(id, &mut map, depth)?;
                }
                Ok(Value::Object(map))
            }
        }
    }

    /// Later keys win over earlier ones, and a merge over what stands before it.
    fn fill(&self, id: u32, map: &mut Map<String, Value>, depth: usize) -> Result<(), (String, Mark)> {
        for (key, value) in self.pairs(id) {
            if self.is_merge(key) {
                self.merge(value, map, depth)?;
                continue;
            }
            let key = self.key(key)?;
            let value = self.to_value(value, depth + 1)?;
            map.insert(key, value);
        }
        Ok(())
    }

    /// Models decode.go: merge. Of several mappings the earlier take precedence.
    fn merge(&self, id: u32, map: &mut Map<String, Value>, depth: usize) -> Result<(), (String, Mark)> {
        let mark = self.nodes[id as usize].start;
        let target = self.dereference(id);
        let is_alias = target != id;
        let sources = match self.nodes[target as usize].kind {
            NodeKind::Mapping => vec![target],
            NodeKind::Sequence if !is_alias => {
                self.children(target).map(|child| self.dereference(child)).collect()
            }
            _ => vec![NONE],
        };
        for source in sources.into_iter().rev() {
            match self.nodes.get(source as usize).map(|node| &node.kind) {
                Some(NodeKind::Mapping) => self.fill(source, map, depth)?,
                _ => {
                    return Err((
                        "yaml: map merge requires map or sequence of maps as the value".to_owned(),
                        mark,
                    ));
                }
            }
        }
        Ok(())
    }

    fn key(&self, id: u32) -> Result<String, (String, Mark)> {
        let target = self.dereference(id);
        let node = &self.nodes[target as usize];
        if !matches!(node.kind, NodeKind::Scalar { .. }) {
            let mut text = String::new();
            self.go_syntax(target, &mut text, 0, true)?;
            return Err((format!("yaml: invalid map key: {text}"), self.nodes[id as usize].start));
        }
        match self.scalar(target)? {
            Scalar::Text(text) => Ok(text),
            Scalar::Int(value) => Ok(value.to_string()),
            Scalar::Bool(value) => Ok(value.to_string()),
            Scalar::Float(value) if value.is_nan() => Ok(".nan".to_owned()),
            Scalar::Float(value) if value.is_infinite() => {
                Ok(if value > 0.0 { ".inf" } else { "-.inf" }.to_owned())
            }
            Scalar::Float(value) => Ok((value as f32).to_string()),
            Scalar::Null => {
                let problem = "unsupported map key of type: %!s(<nil>), key: <nil>, value: ";
                Err((problem.to_owned() + "interface {}(nil)", self.nodes[id as usize].start))
            }
        }
    }

    /// Go's `%#v` of a decoded node, as go-yaml prints a key that is a collection.
    fn go_syntax(&self, id: u32, out: &mut String, depth: usize, top: bool) -> Result<(), (String, Mark)> {
        let id = self.dereference(id);
        match &self.nodes[id as usize].kind {
            NodeKind::Mapping if depth < MAX_VALUE_DEPTH => {
                let mut entries = BTreeMap::new();
                for (key, value) in self.pairs(id) {
                    let (mut key_text, mut value_text) = (String::new(), String::new());
                    self.go_syntax(key, &mut key_text, depth + 1, false)?;
                    self.go_syntax(value, &mut value_text, depth + 1, false)?;
                    entries.insert(key_text, value_text);
                }
                out.push_str("map[interface {}]interface {}{");
                for (place, (key, value)) in entries.iter().enumerate() {
                    let comma = if place > 0 { ", " } else { "" };
                    let _ = write!(out, "{comma}{key}:{value}");
                }
                out.push('}');
            }
            NodeKind::Sequence if depth < MAX_VALUE_DEPTH => {
                out.push_str("[]interface {}{");
                for (place, child) in self.children(id).enumerate() {
                    if place > 0 {
                        out.push_str(", ");
                    }
                    self.go_syntax(child, out, depth + 1, false)?;
                }
                out.push('}');
            }
            NodeKind::Scalar { .. } => match self.scalar(id)? {
                Scalar::Null if top => out.push_str("<nil>"),
                Scalar::Null => out.push_str("interface {}(nil)"),
                Scalar::Bool(value) => out.push_str(if value { "true" } else { "false" }),
                Scalar::Int(value) => {
                    let _ = write!(out, "{value}");
                }
                Scalar::Float(value) => {
                    let _ = write!(out, "{value}");
                }
                Scalar::Text(text) => {
                    let _ = write!(out, "{text:?}");
                }
            },
            _ => {}
        }
        Ok(())
    }

    fn scalar(&self, id: u32) -> Result<Scalar, (String, Mark)> {
        let node = &self.nodes[id as usize];
        match &node.kind {
            NodeKind::Scalar { text, tag, plain } => {
                resolve(text, tag, *plain).map_err(|problem| (format!("yaml: {problem}"), node.start))
            }
            _ => Ok(Scalar::Null),
        }
    }
}

fn span(start: Mark, end: Mark, line_offset: u32) -> Span {
    Span {
        line: start.line + line_offset + 1,
        column: start.column + 1,
        end_line: end.line + line_offset + 1,
        end_column: end.column + 1,
    }
}

/// The parts of `spec.ports[0].port` or `spec.resources[storage]`; a part in brackets may hold dots.
fn path_segments(path: &str) -> impl Iterator<Item = &str> {
    let mut rest = path;
    std::iter::from_fn(move || {
        rest = rest.strip_prefix('.').unwrap_or(rest);
        if rest.is_empty() {
            return None;
        }
        let segment = if let Some(inner) = rest.strip_prefix('[') {
            let end = inner.find(']').unwrap_or(inner.len());
            rest = inner.get(end + 1..).unwrap_or_default();
            &inner[..end]
        } else {
            let end = rest.find(['.', '[']).unwrap_or(rest.len());
            let segment = &rest[..end];
            rest = &rest[end..];
            segment
        };
        Some(segment)
    })
}

/// Models readerc.go: yaml_parser_update_buffer, which refuses control characters as it reads, 512 bytes at a time;
/// `reached` is how far the scanner got.
fn refuse_control_characters(text: &str, reached: usize) -> Result<(), SyntaxError> {
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{85}' | '\u{A0}'..='\u{D7FF}' | '\u{E000}'..='\u{FFFD}' | '\u{10000}'..);
    let Some(offset) = text.find(|c| !allowed(c)) else { return Ok(()) };
    if offset >= (reached / 512 + 1) * 512 {
        return Ok(());
    }
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |place| place + 1);
    let mark = Mark {
        index: before.chars().count() as u32,
        line: before.matches('\n').count() as u32,
        column: before[line_start..].chars().count() as u32,
    };
    Err(SyntaxError { problem: "control characters are not allowed".to_owned(), printed_line: None, mark })
}

#[derive(Default)]
struct Composer {
    nodes: Vec<Node>,
    anchors: BTreeMap<String, u32>,
    has_aliases: bool,
}

impl Composer {
    /// Models decode.go: parser.parse, without its recursion.
    fn compose(&mut self, parser: &mut Parser) -> Result<(), SyntaxError> {
        let mut open = Vec::new();
        loop {
            let event = parser.next()?;
            match event.kind {
                EventKind::DocumentStart => {}
                EventKind::StreamEnd | EventKind::DocumentEnd => return Ok(()),
                _ => self.add(event, &mut open)?,
            }
        }
    }

    /// `open` are the collections that are open, each with its last child so far.
    fn add(&mut self, event: Event, open: &mut Vec<(u32, u32)>) -> Result<(), SyntaxError> {
        let kind = match event.kind {
            EventKind::Alias(name) => {
                let Some(target) = self.anchors.get(&name).copied() else {
                    let problem = format!("unknown anchor '{name}' referenced");
                    return Err(SyntaxError { problem, printed_line: None, mark: event.start });
                };
                self.has_aliases = true;
                NodeKind::Alias { name, target }
            }
            EventKind::Scalar { text, tag, plain } => NodeKind::Scalar { text, tag, plain },
            EventKind::SequenceStart => NodeKind::Sequence,
            EventKind::MappingStart => NodeKind::Mapping,
            _ => {
                if let Some((node, last)) = open.pop() {
                    // A block collection ends where its last item does, not where the next token shows it.
                    let is_block = event.start == event.end && last != NONE;
                    let end = if is_block { self.nodes[last as usize].end } else { event.end };
                    self.nodes[node as usize].end = end;
                }
                return Ok(());
            }
        };
        let id = self.nodes.len() as u32;
        let is_collection = matches!(kind, NodeKind::Sequence | NodeKind::Mapping);
        self.nodes.push(Node { kind, start: event.start, end: event.end, first_child: NONE, next: NONE });
        if let Some(anchor) = event.anchor {
            self.anchors.insert(anchor, id);
        }
        if let Some((parent, last)) = open.last_mut() {
            match *last {
                NONE => self.nodes[*parent as usize].first_child = id,
                last => self.nodes[last as usize].next = id,
            }
            *last = id;
        }
        if is_collection {
            open.push((id, NONE));
        }
        Ok(())
    }
}

/// A scalar after YAML 1.1's resolution.
#[derive(Clone, Debug, PartialEq)]
enum Scalar {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
}

impl Scalar {
    fn short_tag(&self) -> &'static str {
        match self {
            Scalar::Null => "!!null",
            Scalar::Bool(_) => "!!bool",
            Scalar::Int(_) => "!!int",
            Scalar::Float(_) => "!!float",
            Scalar::Text(_) => "!!str",
        }
    }
}

/// Models resolve.go: resolve. Timestamps stay strings, base 60 is not known.
fn resolve(text: &str, tag: &str, plain: bool) -> Result<Scalar, String> {
    let as_text = || Ok(Scalar::Text(text.to_owned()));
    if tag.is_empty() && !plain {
        return as_text();
    }
    let wanted = match tag.strip_prefix("tag:yaml.org,2002:") {
        None if tag.is_empty() => "",
        Some("binary") => {
            let bytes = crate::base64::decode(text);
            let bytes = bytes.map_err(|_| "!!binary value contains invalid base64 data".to_owned())?;
            return Ok(Scalar::Text(String::from_utf8_lossy(&bytes).into_owned()));
        }
        Some("str" | "timestamp") => return as_text(),
        Some(wanted @ ("bool" | "int" | "float" | "null")) => wanted,
        _ => return as_text(),
    };
    let found = resolve_plain(text);
    match (wanted, found) {
        ("float", Scalar::Int(value)) => Ok(Scalar::Float(value as f64)),
        (wanted, found) if wanted.is_empty() || found.short_tag() == format!("!!{wanted}") => Ok(found),
        (wanted, found) => Err(format!("cannot decode {} `{text}` as a !!{wanted}", found.short_tag())),
    }
}

/// Whether this text, written plain, is read as text, and not as a number, a boolean or nothing.
pub fn reads_as_text(text: &str) -> bool {
    matches!(resolve_plain(text), Scalar::Text(_))
}

fn resolve_plain(text: &str) -> Scalar {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match text {
        "~" | "null" | "Null" | "NULL" => return Scalar::Null,
        "y" | "Y" | "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            return Scalar::Bool(true);
        }
        "n" | "N" | "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            return Scalar::Bool(false);
        }
        ".nan" | ".NaN" | ".NAN" => return Scalar::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => return Scalar::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => return Scalar::Float(f64::NEG_INFINITY),
        _ => {}
    }
    let number = match first {
        b'.' => text.parse().ok().filter(|value: &f64| value.is_finite()).map(Scalar::Float),
        b'0'..=b'9' | b'+' | b'-' => parse_number(&text.replace('_', "")),
        _ => None,
    };
    number.unwrap_or_else(|| Scalar::Text(text.to_owned()))
}

/// Go's `strconv.ParseInt(text, 0, 64)`, then ParseUint, then a float in YAML's notation.
fn parse_number(text: &str) -> Option<Scalar> {
    let (negative, digits) = match text.as_bytes().first()? {
        b'-' => (true, &text[1..]),
        b'+' => (false, &text[1..]),
        _ => (false, text),
    };
    let prefix = digits.get(..2).unwrap_or_default().to_ascii_lowercase();
    let (radix, body) = match prefix.as_str() {
        "0x" => (16, &digits[2..]),
        "0o" => (8, &digits[2..]),
        "0b" => (2, &digits[2..]),
        _ if digits.len() > 1 && digits.starts_with('0') => (8, &digits[1..]),
        _ => (10, digits),
    };
    let unsigned = || !body.starts_with(['+', '-']);
    if let Some(value) = unsigned().then(|| u64::from_str_radix(body, radix).ok()).flatten() {
        let magnitude = i128::from(value);
        let signed = if negative { -magnitude } else { magnitude };
        if let Ok(value) = i64::try_from(signed) {
            return Some(Scalar::Int(value));
        }
        // Go reads an unsigned number only without a sign.
        if digits.len() == text.len() {
            return Some(Scalar::Float(value as f64));
        }
    }
    let mut rest = digits;
    let integer = take_digits(&mut rest);
    let fraction = rest.strip_prefix('.').map(|after| {
        rest = after;
        take_digits(&mut rest)
    });
    if integer == 0 && fraction.unwrap_or(0) == 0 {
        return None;
    }
    if let Some(after) = rest.strip_prefix(['e', 'E']) {
        rest = after.strip_prefix(['+', '-']).unwrap_or(after);
        if take_digits(&mut rest) == 0 {
            return None;
        }
    }
    if !rest.is_empty() {
        return None;
    }
    text.parse().ok().filter(|value: &f64| value.is_finite()).map(Scalar::Float)
}

fn take_digits(text: &mut &str) -> usize {
    let count = text.bytes().take_while(u8::is_ascii_digit).count();
    *text = &text[count..];
    count
}

/// The value of a plain text; none if JSON can't say it.
pub(crate) fn plain_value(text: &str) -> Option<Value> {
    match resolve_plain(text) {
        Scalar::Null => Some(Value::Null),
        Scalar::Bool(value) => Some(Value::Bool(value)),
        Scalar::Int(value) => Some(Value::from(value)),
        Scalar::Float(value) => float_value(value),
        Scalar::Text(text) => Some(Value::String(text)),
    }
}

/// A float as Go's JSON writes and Kubernetes reads it again: whole numbers are integers. None if JSON can't say it.
fn float_value(value: f64) -> Option<Value> {
    if value.fract() == 0.0 && value.abs() < 9.2e18 {
        return Some(Value::from(value as i64));
    }
    Number::from_f64(value).map(Value::Number)
}
