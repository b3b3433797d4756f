//! CommonMark to a tree of prose: HTML becomes text or, if it is a comment, nothing; pictures become their words.

use crate::problem::{Lines, Position, Problem};
use crate::text::{Block, Inline, Item, Part};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};
use std::ops::Range;

/// How deep quotes, lists and emphasis may lie in each other.
const DEEPEST: usize = 24;

/// What stands at the top of a text.
pub(crate) enum Top {
    /// The text between two `---` at its head.
    FrontMatter { text: String },
    /// A heading of the first or second level.
    Heading { level: u8, text: Vec<Inline> },
    /// A fenced block of code: its info string and text.
    Fence { info: String, text: String },
    /// Prose.
    Prose(Block),
}

/// The top of a text in its order, each with its place.
pub(crate) fn read(text: &str, lines: &Lines, problems: &mut Vec<Problem>) -> Vec<(Position, Top)> {
    let options =
        Options::ENABLE_TABLES | Options::ENABLE_TASKLISTS | Options::ENABLE_YAML_STYLE_METADATA_BLOCKS;
    let events: Vec<(Event, Range<usize>)> = Parser::new_ext(text, options).into_offset_iter().collect();
    let mut depth = 0;
    for (event, range) in &events {
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            _ => {}
        }
        if depth > DEEPEST {
            problems.push(Problem::error(lines.position(range.start), "this lies too deep in other blocks"));
            return Vec::new();
        }
    }
    let mut reader = Reader { events: events.into_iter(), lines, problems };
    let mut top = Vec::new();
    while let Some((event, range)) = reader.events.next() {
        let at = lines.position(range.start);
        match event {
            Event::Start(Tag::MetadataBlock(_)) => {
                top.push((at, Top::FrontMatter { text: reader.raw_text() }));
            }
            Event::Start(Tag::Heading { level: level @ (HeadingLevel::H1 | HeadingLevel::H2), .. }) => {
                let level = if level == HeadingLevel::H1 { 1 } else { 2 };
                top.push((at, Top::Heading { level, text: reader.inlines() }));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(info))) => {
                let fence = Top::Fence { info: info.trim().to_string(), text: reader.raw_text() };
                top.push((at, fence));
            }
            event => {
                let mut blocks = Vec::new();
                reader.block(event, &range, &mut blocks);
                top.extend(blocks.into_iter().map(|block| (at, Top::Prose(block))));
            }
        }
    }
    top
}

struct Reader<'a, 'b> {
    events: std::vec::IntoIter<(Event<'a>, Range<usize>)>,
    lines: &'b Lines<'b>,
    problems: &'b mut Vec<Problem>,
}

impl<'a> Reader<'a, '_> {
    /// The blocks up to the end of what contains them.
    fn blocks(&mut self) -> Vec<Block> {
        let mut blocks = Vec::new();
        while let Some((event, range)) = self.events.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            self.block(event, &range, &mut blocks);
        }
        blocks
    }

    /// A block that begins with this event.
    fn block(&mut self, event: Event<'a>, range: &Range<usize>, into: &mut Vec<Block>) {
        let block = match event {
            Event::Start(Tag::Paragraph) => Block::Paragraph(self.inlines()),
            Event::Start(Tag::Heading { .. }) => Block::Heading(self.inlines()),
            Event::Start(Tag::BlockQuote(_)) => Block::Quote(self.blocks()),
            Event::Start(Tag::CodeBlock(_)) => Block::Code(self.raw_text()),
            Event::Start(Tag::List(first)) => Block::List { first, items: self.items() },
            Event::Start(Tag::Table(_)) => Block::Table(self.rows()),
            Event::Start(Tag::HtmlBlock) => {
                let text = self.raw_text();
                let text = text.trim();
                if text.starts_with("<!--") && text.ends_with("-->") {
                    return;
                }
                self.html(range);
                Block::Paragraph(vec![Inline::Text(text.to_string())])
            }
            Event::Start(_) => return into.extend(self.blocks()),
            Event::Rule => Block::Rule,
            Event::End(_) => return,
            // A tight list's item has its pieces without a paragraph.
            event => return self.loose_piece(event, range, into),
        };
        into.push(block);
    }

    fn items(&mut self) -> Vec<Item> {
        let mut items = Vec::new();
        while let Some((Event::Start(Tag::Item), range)) = self.events.next() {
            let mut checked = None;
            let mut blocks = Vec::new();
            while let Some((event, range)) = self.events.next() {
                match event {
                    Event::TaskListMarker(is_checked) => checked = Some(is_checked),
                    Event::End(TagEnd::Item) => break,
                    // Loose items carry their box in their first paragraph.
                    Event::Start(Tag::Paragraph) => {
                        let mut pieces = Vec::new();
                        while let Some((event, range)) = self.events.next() {
                            match event {
                                Event::End(_) => break,
                                Event::TaskListMarker(is_checked) => checked = Some(is_checked),
                                event => self.inline(event, &range, &mut pieces),
                            }
                        }
                        blocks.push(Block::Paragraph(pieces));
                    }
                    Event::Start(
                        tag @ (Tag::Emphasis
                        | Tag::Strong
                        | Tag::Strikethrough
                        | Tag::Link { .. }
                        | Tag::Image { .. }),
                    ) => self.loose_piece(Event::Start(tag), &range, &mut blocks),
                    event => self.block(event, &range, &mut blocks),
                }
            }
            items.push(Item { checked, blocks, at: self.lines.position(range.start) });
        }
        items
    }

    /// A piece that stands in no paragraph of its own: it goes on with the last one, or begins one.
    fn loose_piece(&mut self, event: Event<'a>, range: &Range<usize>, blocks: &mut Vec<Block>) {
        let mut pieces = match blocks.last_mut() {
            Some(Block::Paragraph(pieces)) => std::mem::take(pieces),
            _ => Vec::new(),
        };
        self.inline(event, range, &mut pieces);
        match blocks.last_mut() {
            Some(Block::Paragraph(last)) => *last = pieces,
            _ => blocks.push(Block::Paragraph(pieces)),
        }
    }

    fn rows(&mut self) -> Vec<Vec<Vec<Inline>>> {
        let mut rows = Vec::new();
        while let Some((event, _)) = self.events.next() {
            match event {
                Event::Start(Tag::TableHead | Tag::TableRow) => rows.push(Vec::new()),
                Event::Start(Tag::TableCell) => {
                    let cell = self.inlines();
                    rows.last_mut().expect("a cell lies in a row").push(cell);
                }
                Event::End(TagEnd::Table) => break,
                _ => {}
            }
        }
        rows
    }

    /// The pieces up to the end of what contains them.
    fn inlines(&mut self) -> Vec<Inline> {
        let mut pieces = Vec::new();
        while let Some((event, range)) = self.events.next() {
            if matches!(event, Event::End(_)) {
                break;
            }
            self.inline(event, &range, &mut pieces);
        }
        pieces
    }

    fn inline(&mut self, event: Event<'a>, range: &Range<usize>, into: &mut Vec<Inline>) {
        let piece = match event {
            Event::Text(text) => match into.last_mut() {
                Some(Inline::Text(last)) => return last.push_str(&text),
                _ => Inline::Text(text.to_string()),
            },
            Event::Code(text) => Inline::Code(text.to_string()),
            Event::SoftBreak => Inline::Text(" ".to_string()),
            Event::HardBreak => Inline::Break,
            Event::InlineHtml(text) | Event::Html(text) => {
                if text.starts_with("<!--") {
                    return;
                }
                self.html(range);
                Inline::Text(text.to_string())
            }
            Event::Start(Tag::Emphasis) => Inline::Emphasis(self.inlines()),
            Event::Start(Tag::Strong) => Inline::Strong(self.inlines()),
            Event::Start(Tag::Link { dest_url, .. }) => {
                let inner = self.inlines();
                return into.push(self.link(&dest_url, inner, range));
            }
            Event::Start(Tag::Image { .. }) => {
                let at = self.lines.position(range.start);
                self.problems.push(Problem::warning(at, "pictures are not loaded: only its words are shown"));
                return into.extend(self.inlines());
            }
            Event::Start(_) => return into.extend(self.inlines()),
            _ => return,
        };
        into.push(piece);
    }

    fn link(&mut self, to: &str, inner: Vec<Inline>, range: &Range<usize>) -> Inline {
        if to.starts_with("https://") || to.starts_with("http://") {
            return Inline::Page(to.to_string(), inner);
        }
        let message = match Part::read(to) {
            Ok(part) => return Inline::Part(part, inner),
            Err(_) if to.contains(':') => "a link leads to a part or to a page with https://".to_string(),
            Err(message) => message,
        };
        self.problems.push(Problem::error(self.lines.position(range.start), message));
        Inline::Emphasis(inner)
    }

    fn html(&mut self, range: &Range<usize>) {
        let at = self.lines.position(range.start);
        self.problems.push(Problem::warning(at, "HTML is shown as text"));
    }

    /// The text up to the end of what contains it.
    fn raw_text(&mut self) -> String {
        let mut text = String::new();
        for (event, _) in self.events.by_ref() {
            match event {
                Event::End(_) => break,
                Event::Text(piece) | Event::Html(piece) => text.push_str(&piece),
                _ => {}
            }
        }
        text
    }
}
