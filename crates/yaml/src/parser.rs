//! Tokens → events: the grammar of one YAML document, with an explicit stack so that no nesting can overflow ours.
//!
//! Models go.yaml.in/yaml/v2 `parserc.go`: the same states, the same words for what is missing.

use crate::scanner::{Mark, Scanner, SyntaxError, Token, TokenKind};

/// What the parser found next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EventKind {
    StreamEnd,
    DocumentStart,
    DocumentEnd,
    Alias(String),
    /// Text; `plain` tells that it may be resolved to something else than a string.
    Scalar {
        text: String,
        tag: String,
        plain: bool,
    },
    SequenceStart,
    SequenceEnd,
    MappingStart,
    MappingEnd,
}

/// An event, the text it covers and, for a node, its anchor.
#[derive(Clone, Debug)]
pub(crate) struct Event {
    pub kind: EventKind,
    pub anchor: Option<String>,
    pub start: Mark,
    pub end: Mark,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    ImplicitDocumentStart,
    DocumentStart,
    DocumentContent,
    DocumentEnd,
    BlockNode,
    BlockSequenceEntry { first: bool },
    IndentlessSequenceEntry,
    BlockMappingKey { first: bool },
    BlockMappingValue,
    FlowSequenceEntry { first: bool },
    FlowSequenceEntryMappingKey,
    FlowSequenceEntryMappingValue,
    FlowSequenceEntryMappingEnd,
    FlowMappingKey { first: bool },
    FlowMappingValue { empty: bool },
    End,
}

/// Which nodes may stand at a place.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NodeContext {
    Flow,
    Block,
    BlockOrIndentlessSequence,
}

type Parse<T> = Result<T, SyntaxError>;

/// The parser's state over one document's text.
pub(crate) struct Parser<'a> {
    scanner: Scanner<'a>,
    state: State,
    states: Vec<State>,
    marks: Vec<Mark>,
    tag_directives: Vec<(String, String)>,
}

fn event(kind: EventKind, start: Mark, end: Mark) -> Event {
    Event { kind, anchor: None, start, end }
}

fn empty_scalar(mark: Mark) -> Event {
    let kind = EventKind::Scalar { text: String::new(), tag: String::new(), plain: true };
    event(kind, mark, mark)
}

/// Models decode.go: fail, for a parser error: the line is printed as it is counted, from 0.
fn error<T>(problem: &str, mark: Mark, context: Mark) -> Parse<T> {
    let printed_line = [mark.line, context.line].into_iter().find(|line| *line != 0);
    Err(SyntaxError { problem: problem.to_owned(), printed_line, mark })
}

impl<'a> Parser<'a> {
    pub fn new(text: &'a str) -> Self {
        Parser {
            scanner: Scanner::new(text),
            state: State::ImplicitDocumentStart,
            states: Vec::new(),
            marks: Vec::new(),
            tag_directives: Vec::new(),
        }
    }

    /// Byte offset that the scanner has reached.
    pub fn offset(&self) -> usize {
        self.scanner.offset()
    }

    fn peek(&mut self) -> Parse<&Token> {
        self.scanner.peek()
    }

    fn peek_kind(&mut self) -> Parse<&TokenKind> {
        Ok(&self.scanner.peek()?.kind)
    }

    fn peek_start(&mut self) -> Parse<Mark> {
        Ok(self.peek()?.start)
    }

    fn next_is(&mut self, kinds: &[TokenKind]) -> Parse<bool> {
        let kind = self.peek_kind()?;
        Ok(kinds.contains(kind))
    }

    fn pop_state(&mut self) {
        self.state = self.states.pop().expect("a state to go back to");
    }

    /// The next event. Not to be called again after `StreamEnd` or an error.
    pub fn next(&mut self) -> Parse<Event> {
        match self.state {
            State::ImplicitDocumentStart => self.document_start(true),
            State::DocumentStart => self.document_start(false),
            State::DocumentContent => self.document_content(),
            State::DocumentEnd => self.document_end(),
            State::BlockNode => self.node(NodeContext::Block),
            State::BlockSequenceEntry { first } => self.block_sequence_entry(first),
            State::IndentlessSequenceEntry => self.indentless_sequence_entry(),
            State::BlockMappingKey { first } => self.block_mapping_key(first),
            State::BlockMappingValue => self.block_mapping_value(),
            State::FlowSequenceEntry { first } => self.flow_sequence_entry(first),
            State::FlowSequenceEntryMappingKey => self.flow_sequence_entry_mapping_key(),
            State::FlowSequenceEntryMappingValue => self.flow_sequence_entry_mapping_value(),
            State::FlowSequenceEntryMappingEnd => {
                self.state = State::FlowSequenceEntry { first: false };
                let start = self.peek_start()?;
                Ok(event(EventKind::MappingEnd, start, start))
            }
            State::FlowMappingKey { first } => self.flow_mapping_key(first),
            State::FlowMappingValue { empty } => self.flow_mapping_value(empty),
            State::End => {
                let start = self.peek_start()?;
                Ok(event(EventKind::StreamEnd, start, start))
            }
        }
    }

    fn document_start(&mut self, implicit: bool) -> Parse<Event> {
        if !implicit {
            while *self.peek_kind()? == TokenKind::DocumentEnd {
                self.scanner.skip();
            }
        }
        let token = self.peek()?;
        let (start, end) = (token.start, token.end);
        let explicit = matches!(
            token.kind,
            TokenKind::VersionDirective(..) | TokenKind::TagDirective(..) | TokenKind::DocumentStart
        );
        if token.kind == TokenKind::StreamEnd {
            self.state = State::End;
            return Ok(event(EventKind::StreamEnd, start, end));
        }
        self.directives()?;
        self.states.push(State::DocumentEnd);
        if implicit && !explicit {
            self.state = State::BlockNode;
            return Ok(event(EventKind::DocumentStart, start, end));
        }
        let found = self.peek_start()?;
        if *self.peek_kind()? != TokenKind::DocumentStart {
            return error("did not find expected <document start>", found, Mark::default());
        }
        self.state = State::DocumentContent;
        let token = self.scanner.skip();
        Ok(event(EventKind::DocumentStart, start, token.end))
    }

    /// Models parserc.go: yaml_parser_process_directives: only YAML 1.1 is understood.
    fn directives(&mut self) -> Parse<()> {
        let mut version_seen = false;
        loop {
            let token = self.peek()?;
            let mark = token.start;
            match &token.kind {
                TokenKind::VersionDirective(..) if version_seen => {
                    return error("found duplicate %YAML directive", mark, Mark::default());
                }
                TokenKind::VersionDirective(1, 1) => version_seen = true,
                TokenKind::VersionDirective(..) => {
                    return error("found incompatible YAML document", mark, Mark::default());
                }
                TokenKind::TagDirective(handle, prefix) => {
                    let directive = (handle.clone(), prefix.clone());
                    if self.tag_directives.iter().any(|known| known.0 == directive.0) {
                        return error("found duplicate %TAG directive", mark, Mark::default());
                    }
                    self.tag_directives.push(directive);
                }
                _ => break,
            }
            self.scanner.skip();
        }
        for (handle, prefix) in [("!", "!"), ("!!", "tag:yaml.org,2002:")] {
            if !self.tag_directives.iter().any(|known| known.0 == handle) {
                self.tag_directives.push((handle.to_owned(), prefix.to_owned()));
            }
        }
        Ok(())
    }

    fn document_content(&mut self) -> Parse<Event> {
        let token = self.peek()?;
        let start = token.start;
        match token.kind {
            TokenKind::VersionDirective(..)
            | TokenKind::TagDirective(..)
            | TokenKind::DocumentStart
            | TokenKind::DocumentEnd
            | TokenKind::StreamEnd => {
                self.pop_state();
                Ok(empty_scalar(start))
            }
            _ => self.node(NodeContext::Block),
        }
    }

    fn document_end(&mut self) -> Parse<Event> {
        let start = self.peek_start()?;
        if *self.peek_kind()? == TokenKind::DocumentEnd {
            self.scanner.skip();
        }
        self.tag_directives.clear();
        self.state = State::DocumentStart;
        Ok(event(EventKind::DocumentEnd, start, start))
    }

    fn node(&mut self, place: NodeContext) -> Parse<Event> {
        let start = self.peek_start()?;
        let mut end = start;
        if let TokenKind::Alias(_) = self.peek_kind()? {
            self.pop_state();
            let token = self.scanner.skip();
            let TokenKind::Alias(name) = token.kind else { unreachable!("peeked") };
            return Ok(event(EventKind::Alias(name), token.start, token.end));
        }
        let mut anchor = None;
        let mut tag: Option<(String, String, Mark)> = None;
        // An anchor and a tag, in either order, once each.
        loop {
            match self.peek_kind()? {
                TokenKind::Anchor(_) if anchor.is_none() => {
                    let token = self.scanner.skip();
                    end = token.end;
                    let TokenKind::Anchor(name) = token.kind else { unreachable!("peeked") };
                    anchor = Some(name);
                }
                TokenKind::Tag(..) if tag.is_none() => {
                    let token = self.scanner.skip();
                    end = token.end;
                    let TokenKind::Tag(handle, suffix) = token.kind else { unreachable!("peeked") };
                    tag = Some((handle, suffix, token.start));
                }
                _ => break,
            }
        }
        let tag = match tag {
            None => String::new(),
            Some((handle, suffix, _)) if handle.is_empty() => suffix,
            Some((handle, suffix, mark)) => {
                match self.tag_directives.iter().find(|known| known.0 == handle) {
                    Some((_, prefix)) => prefix.clone() + &suffix,
                    None => return error("found undefined tag handle", mark, start),
                }
            }
        };
        let is_block = place != NodeContext::Flow;
        let token = self.peek()?;
        let found = token.start;
        let token_end = token.end;
        let (kind, next) = match &token.kind {
            TokenKind::BlockEntry if place == NodeContext::BlockOrIndentlessSequence => {
                (EventKind::SequenceStart, State::IndentlessSequenceEntry)
            }
            TokenKind::Scalar(..) => {
                self.pop_state();
                let token = self.scanner.skip();
                let TokenKind::Scalar(text, plain) = token.kind else { unreachable!("peeked") };
                let plain = (plain && tag.is_empty()) || tag == "!";
                let kind = EventKind::Scalar { text, tag, plain };
                return Ok(Event { kind, anchor, start, end: token.end });
            }
            TokenKind::FlowSequenceStart => {
                (EventKind::SequenceStart, State::FlowSequenceEntry { first: true })
            }
            TokenKind::FlowMappingStart => (EventKind::MappingStart, State::FlowMappingKey { first: true }),
            TokenKind::BlockSequenceStart if is_block => {
                (EventKind::SequenceStart, State::BlockSequenceEntry { first: true })
            }
            TokenKind::BlockMappingStart if is_block => {
                (EventKind::MappingStart, State::BlockMappingKey { first: true })
            }
            _ if anchor.is_some() || !tag.is_empty() => {
                self.pop_state();
                let plain = tag.is_empty();
                let kind = EventKind::Scalar { text: String::new(), tag, plain };
                return Ok(Event { kind, anchor, start, end });
            }
            _ => return error("did not find expected node content", found, start),
        };
        self.state = next;
        Ok(Event { kind, anchor, start, end: token_end })
    }

    /// A node after an entry's, a key's or a value's indicator, or nothing if one of `ends` follows.
    fn node_unless(
        &mut self,
        ends: &[TokenKind],
        then: State,
        place: NodeContext,
        mark: Option<Mark>,
    ) -> Parse<Event> {
        if self.next_is(ends)? {
            let mark = match mark {
                Some(mark) => mark,
                None => self.peek_start()?,
            };
            self.state = then;
            return Ok(empty_scalar(mark));
        }
        self.states.push(then);
        self.node(place)
    }

    fn first_entry(&mut self, first: bool) -> Parse<()> {
        if first {
            self.peek()?;
            let start = self.scanner.skip().start;
            self.marks.push(start);
        }
        Ok(())
    }

    fn end_collection(&mut self, kind: EventKind) -> Event {
        self.pop_state();
        self.marks.pop();
        let token = self.scanner.skip();
        event(kind, token.start, token.end)
    }

    fn missing<T>(&mut self, problem: &str) -> Parse<T> {
        let context = self.marks.pop().unwrap_or_default();
        let found = self.peek_start()?;
        error(problem, found, context)
    }

    fn block_sequence_entry(&mut self, first: bool) -> Parse<Event> {
        self.first_entry(first)?;
        match self.peek_kind()? {
            TokenKind::BlockEntry => {
                let mark = self.scanner.skip().end;
                let ends = [TokenKind::BlockEntry, TokenKind::BlockEnd];
                self.node_unless(
                    &ends,
                    State::BlockSequenceEntry { first: false },
                    NodeContext::Block,
                    Some(mark),
                )
            }
            TokenKind::BlockEnd => Ok(self.end_collection(EventKind::SequenceEnd)),
            _ => self.missing("did not find expected '-' indicator"),
        }
    }

    fn indentless_sequence_entry(&mut self) -> Parse<Event> {
        if *self.peek_kind()? == TokenKind::BlockEntry {
            let mark = self.scanner.skip().end;
            let ends = [TokenKind::BlockEntry, TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
            return self.node_unless(&ends, State::IndentlessSequenceEntry, NodeContext::Block, Some(mark));
        }
        self.pop_state();
        let start = self.peek_start()?;
        Ok(event(EventKind::SequenceEnd, start, start))
    }

    fn block_mapping_key(&mut self, first: bool) -> Parse<Event> {
        self.first_entry(first)?;
        match self.peek_kind()? {
            TokenKind::Key => {
                let mark = self.scanner.skip().end;
                let ends = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
                self.node_unless(
                    &ends,
                    State::BlockMappingValue,
                    NodeContext::BlockOrIndentlessSequence,
                    Some(mark),
                )
            }
            TokenKind::BlockEnd => Ok(self.end_collection(EventKind::MappingEnd)),
            _ => self.missing("did not find expected key"),
        }
    }

    fn block_mapping_value(&mut self) -> Parse<Event> {
        let then = State::BlockMappingKey { first: false };
        if *self.peek_kind()? == TokenKind::Value {
            let mark = self.scanner.skip().end;
            let ends = [TokenKind::Key, TokenKind::Value, TokenKind::BlockEnd];
            return self.node_unless(&ends, then, NodeContext::BlockOrIndentlessSequence, Some(mark));
        }
        self.state = then;
        let start = self.peek_start()?;
        Ok(empty_scalar(start))
    }

    fn flow_sequence_entry(&mut self, first: bool) -> Parse<Event> {
        self.first_entry(first)?;
        if *self.peek_kind()? != TokenKind::FlowSequenceEnd {
            if !first {
                if *self.peek_kind()? != TokenKind::FlowEntry {
                    return self.missing("did not find expected ',' or ']'");
                }
                self.scanner.skip();
            }
            match self.peek_kind()? {
                TokenKind::Key => {
                    self.state = State::FlowSequenceEntryMappingKey;
                    let token = self.scanner.skip();
                    return Ok(event(EventKind::MappingStart, token.start, token.end));
                }
                TokenKind::FlowSequenceEnd => {}
                _ => {
                    self.states.push(State::FlowSequenceEntry { first: false });
                    return self.node(NodeContext::Flow);
                }
            }
        }
        Ok(self.end_collection(EventKind::SequenceEnd))
    }

    fn flow_sequence_entry_mapping_key(&mut self) -> Parse<Event> {
        let ends = [TokenKind::Value, TokenKind::FlowEntry, TokenKind::FlowSequenceEnd];
        if self.next_is(&ends)? {
            // As go-yaml does it: the indicator is taken with the empty key.
            let mark = self.scanner.skip().end;
            self.state = State::FlowSequenceEntryMappingValue;
            return Ok(empty_scalar(mark));
        }
        self.states.push(State::FlowSequenceEntryMappingValue);
        self.node(NodeContext::Flow)
    }

    fn flow_sequence_entry_mapping_value(&mut self) -> Parse<Event> {
        let then = State::FlowSequenceEntryMappingEnd;
        if *self.peek_kind()? == TokenKind::Value {
            self.scanner.skip();
            let ends = [TokenKind::FlowEntry, TokenKind::FlowSequenceEnd];
            return self.node_unless(&ends, then, NodeContext::Flow, None);
        }
        self.state = then;
        let start = self.peek_start()?;
        Ok(empty_scalar(start))
    }

    fn flow_mapping_key(&mut self, first: bool) -> Parse<Event> {
        self.first_entry(first)?;
        if *self.peek_kind()? != TokenKind::FlowMappingEnd {
            if !first {
                if *self.peek_kind()? != TokenKind::FlowEntry {
                    return self.missing("did not find expected ',' or '}'");
                }
                self.scanner.skip();
            }
            match self.peek_kind()? {
                TokenKind::Key => {
                    self.scanner.skip();
                    let ends = [TokenKind::Value, TokenKind::FlowEntry, TokenKind::FlowMappingEnd];
                    return self.node_unless(
                        &ends,
                        State::FlowMappingValue { empty: false },
                        NodeContext::Flow,
                        None,
                    );
                }
                TokenKind::FlowMappingEnd => {}
                _ => {
                    self.states.push(State::FlowMappingValue { empty: true });
                    return self.node(NodeContext::Flow);
                }
            }
        }
        Ok(self.end_collection(EventKind::MappingEnd))
    }

    fn flow_mapping_value(&mut self, empty: bool) -> Parse<Event> {
        let then = State::FlowMappingKey { first: false };
        if !empty && *self.peek_kind()? == TokenKind::Value {
            self.scanner.skip();
            let ends = [TokenKind::FlowEntry, TokenKind::FlowMappingEnd];
            return self.node_unless(&ends, then, NodeContext::Flow, None);
        }
        self.state = then;
        let start = self.peek_start()?;
        Ok(empty_scalar(start))
    }
}
