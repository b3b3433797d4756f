//! A lesson's prose, as a tree that holds no HTML: whoever shows it makes elements of it, one by one.

use crate::problem::{Position, did_you_mean};

/// A block of prose.
#[derive(Clone, PartialEq, Debug)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// A heading inside a step.
    Heading(Vec<Inline>),
    /// A list; with its first number if it has numbers.
    List {
        /// The first number.
        first: Option<u64>,
        /// Each item is blocks of its own.
        items: Vec<Item>,
    },
    /// Code that is only shown.
    Code(String),
    /// A quotation.
    Quote(Vec<Block>),
    /// A table: rows of cells, the first is its head.
    Table(Vec<Vec<Vec<Inline>>>),
    /// A line between two parts.
    Rule,
}

/// An item of a list.
#[derive(Clone, PartialEq, Debug)]
pub struct Item {
    /// Its box, if it has one.
    pub checked: Option<bool>,
    /// What it says.
    pub blocks: Vec<Block>,
    /// Where it stands.
    pub at: Position,
}

/// A piece of a line.
#[derive(Clone, PartialEq, Debug)]
pub enum Inline {
    /// Text.
    Text(String),
    /// Code.
    Code(String),
    /// Emphasis.
    Emphasis(Vec<Inline>),
    /// Strong emphasis.
    Strong(Vec<Inline>),
    /// A link to a part of what is shown.
    Part(Part, Vec<Inline>),
    /// A link to a page of the web.
    Page(String, Vec<Inline>),
    /// The end of a line.
    Break,
}

/// A part of what is shown, which a step points at and a link lights up.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Part {
    /// A pod's card.
    Pod(String),
    /// A claim's card.
    Claim(String),
    /// A Service.
    Service(String),
    /// The sentence that says why.
    Why,
    /// The timeline.
    Timeline,
    /// The terminal.
    Terminal,
    /// The answer of DNS for a name.
    Dns(String),
    /// A field's line in the manifest.
    Line(String),
}

/// The words that parts begin with.
pub const PARTS: [&str; 8] = ["pod", "claim", "service", "why", "timeline", "terminal", "dns", "line"];

impl Part {
    /// The part of this text: `pod/flask-1`, `dns flask-1.flask`, `why`. The error is a sentence.
    pub fn read(text: &str) -> Result<Part, String> {
        let text = text.trim();
        let (word, name) = text.split_once(['/', ' ']).map_or((text, ""), |(word, name)| (word, name.trim()));
        let with_name = |part: fn(String) -> Part| match name {
            "" => Err(format!("`{word}` lacks a name")),
            name => Ok(part(name.to_string())),
        };
        let alone = |part| match name {
            "" => Ok(part),
            _ => Err(format!("`{word}` takes no name")),
        };
        match word {
            "pod" => with_name(Part::Pod),
            "claim" => with_name(Part::Claim),
            "service" => with_name(Part::Service),
            "dns" => with_name(Part::Dns),
            "line" => with_name(Part::Line),
            "why" => alone(Part::Why),
            "timeline" => alone(Part::Timeline),
            "terminal" => alone(Part::Terminal),
            _ => Err(format!("there is no part `{text}`{}", did_you_mean(word, PARTS))),
        }
    }
}

/// The text of pieces without their form.
pub fn plain(inlines: &[Inline]) -> String {
    let mut text = String::new();
    for inline in inlines {
        match inline {
            Inline::Text(t) | Inline::Code(t) => text.push_str(t),
            Inline::Emphasis(inner)
            | Inline::Strong(inner)
            | Inline::Part(_, inner)
            | Inline::Page(_, inner) => {
                text.push_str(&plain(inner));
            }
            Inline::Break => text.push(' '),
        }
    }
    text
}

/// Every part that a text links to.
pub(crate) fn parts<'a>(blocks: &'a [Block], found: &mut Vec<&'a Part>) {
    for block in blocks {
        match block {
            Block::Paragraph(inlines) | Block::Heading(inlines) => inline_parts(inlines, found),
            Block::List { items, .. } => items.iter().for_each(|item| parts(&item.blocks, found)),
            Block::Quote(blocks) => parts(blocks, found),
            Block::Table(rows) => rows.iter().flatten().for_each(|cell| inline_parts(cell, found)),
            Block::Code(_) | Block::Rule => {}
        }
    }
}

fn inline_parts<'a>(inlines: &'a [Inline], found: &mut Vec<&'a Part>) {
    for inline in inlines {
        match inline {
            Inline::Part(part, inner) => {
                found.push(part);
                inline_parts(inner, found);
            }
            Inline::Emphasis(inner) | Inline::Strong(inner) | Inline::Page(_, inner) => {
                inline_parts(inner, found);
            }
            Inline::Text(_) | Inline::Code(_) | Inline::Break => {}
        }
    }
}
