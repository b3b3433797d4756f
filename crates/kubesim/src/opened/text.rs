//! Texts → trees of objects: the forms in which kubectl gives out a cluster's state. `pieces` takes the texts apart.

use super::allow::is_used;
use super::pieces::{BLOCK, Form, Piece, Splitting, boundary};
use super::recording::{WatchChange, read_line};
use super::state::{TextLine, Unreadable};
use crate::api::Kind;
use crate::manifest::hint::is_template;
use serde_json::Value;
use std::borrow::Cow;
use std::ops::Range;
use std::rc::Rc;

/// Files larger than this together, in bytes, are not read: what they hold would be more than a page can show.
pub const MOST_BYTES: usize = 48 << 20;
/// A document longer than this, in bytes, is not read: etcd takes no object of that size, and lists are taken apart before.
const LONGEST_DOCUMENT: usize = 4 << 20;
/// Nor is one with more fields and items than this, as it is read in one step: no pod, set or claim has so many.
const MOST_FIELDS: usize = 20_000;
/// Nor one longer than this, in bytes, that kubectl did not write: to read any YAML takes ten times as long.
const LONGEST_BY_HAND: usize = 128 << 10;
/// Of texts that are too large so much is looked at to tell which kinds make them so, in bytes.
const LOOKED_AT: usize = 8 << 20;

/// A file's bytes as text: UTF-8, or the UTF-16 in which PowerShell writes what a command prints. What is neither stays as far as it
/// can be read. The mark of an order of bytes is no part of it.
pub fn text_of(mut bytes: Vec<u8>) -> String {
    if bytes.starts_with(&[0xEF, 0xBB, 0xBF]) {
        bytes.drain(..3);
    }
    let unit: fn([u8; 2]) -> u16 = match bytes.get(..2) {
        Some([0xFF, 0xFE]) => u16::from_le_bytes,
        Some([0xFE, 0xFF]) => u16::from_be_bytes,
        _ => {
            return String::from_utf8(bytes)
                .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        }
    };
    let units: Vec<u16> = bytes[2..].chunks_exact(2).map(|pair| unit([pair[0], pair[1]])).collect();
    String::from_utf16_lossy(&units)
}

/// A tree that was found, and where.
#[derive(Debug)]
pub struct Item {
    pub tree: Value,
    pub place: TextLine,
}

/// Texts on the way to trees: they are taken apart, then read a piece at a time. No step takes long.
#[derive(Debug)]
pub struct Texts {
    files: Rc<[(String, String)]>,
    splitting: Splitting,
    pieces: Vec<Piece>,
    read: usize,
    /// What was found since the last time somebody took it.
    pub items: Vec<Item>,
    /// What watches have said since the last time somebody took it.
    pub events: Vec<Event>,
    /// Objects that are too long to be read, and without which a state is one, since the last time somebody took them: `kind/name`.
    pub too_long: Vec<String>,
    /// The object that was found last, for people: `kind/name`.
    last: String,
}

/// What a watch said of an object.
#[derive(Debug)]
pub struct Event {
    /// When, in milliseconds of Unix time, if its line says so.
    pub at_ms: Option<i64>,
    pub change: WatchChange,
    pub tree: Value,
    pub place: TextLine,
}

impl Texts {
    /// Texts to be read. Errors: they are too long.
    pub fn new(files: Rc<[(String, String)]>) -> Result<Texts, Unreadable> {
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        if bytes > MOST_BYTES {
            return Err(Unreadable::TooLarge { bytes, largest: largest_kinds(&files) });
        }
        Ok(Texts {
            files,
            splitting: Splitting::default(),
            pieces: Vec::new(),
            read: 0,
            items: Vec::new(),
            events: Vec::new(),
            too_long: Vec::new(),
            last: String::new(),
        })
    }

    /// How many bytes are read, and how many there are.
    pub fn progress(&self) -> (usize, usize) {
        let all: usize = self.files.iter().map(|(_, text)| text.len()).sum();
        let read = self.read.checked_sub(1).and_then(|last| self.pieces.get(last));
        let before = |piece: &Piece| {
            let files = self.files.iter().take(piece.file);
            files.map(|(_, text)| text.len()).sum::<usize>() + piece.range.end
        };
        (read.map_or(0, before), all)
    }

    /// Reads a little more; false if all is read. Errors: it can't be read.
    pub fn step(&mut self) -> Result<bool, Unreadable> {
        if self.splitting.step(&self.files, &mut self.pieces)? {
            return Ok(true);
        }
        let Some(piece) = self.pieces.get(self.read) else { return Ok(false) };
        let (name, whole) = &self.files[piece.file];
        let text = &whole[piece.range.clone()];
        let (line, file, is_end) = (
            piece.line,
            piece.file,
            self.pieces.get(self.read + 1).is_none_or(|next| next.file != piece.file),
        );
        self.read += 1;
        let refuse = || Unreadable::TooLong { file: name.clone(), line: line + 1, bytes: text.len() };
        if text.len() > LONGEST_DOCUMENT || fields_in(text, &piece.form) > MOST_FIELDS {
            self.too_long.push(can_be_missed(text, &piece.form).ok_or_else(refuse)?);
            return Ok(true);
        }
        if piece.form == Form::Recording {
            return self.lines(file, line, piece.range.clone(), is_end).map(|()| true);
        }
        let text: Cow<'_, str> =
            if text.contains('\r') { text.replace("\r\n", "\n").into() } else { text.into() };
        let name = name.clone();
        let quick = match &piece.form {
            Form::Json { .. } => serde_json::from_str(&text).ok(),
            Form::Item { indent } => yaml::read_printed(&text, Some(*indent)),
            Form::Document | Form::Recording => yaml::read_printed(&text, None),
        };
        if let Some(tree) = quick {
            let blank = text.len() - text.trim_start().len();
            let line = line + text[..blank].matches('\n').count() + 1;
            let (version, kind, depth) = match &piece.form {
                Form::Json { version, kind, depth } => (version.clone(), kind.clone(), *depth),
                _ => (String::new(), String::new(), 0),
            };
            self.add(tree, &TextLine { file: name, line }, &version, &kind, depth);
            return Ok(true);
        }
        if text.len() > LONGEST_BY_HAND {
            let refuse = Unreadable::TooLong { file: name, line: line + 1, bytes: text.len() };
            self.too_long.push(can_be_missed(&text, &piece.form).ok_or(refuse)?);
            return Ok(true);
        }
        let text = match &piece.form {
            // The dash is no part of it.
            Form::Item { indent } => [&" ".repeat(indent + 2), &text[indent + 2..]].concat().into(),
            _ => text,
        };
        let stream = yaml::read_up_to(&text, MOST_BYTES);
        if let Some(error) = stream.error {
            let file = name;
            let (at, lines) = (line + error.span.line as usize, line + text.lines().count());
            let ends_there = error.message.contains("EOF")
                || error.message.contains("unexpected end")
                || error.message.contains("found unexpected end of stream")
                || at + 2 >= lines;
            return Err(if is_end && ends_there && !looks_like_template(&text) {
                Unreadable::CutOff { file, line: lines, last: self.last.clone() }
            } else if looks_like_template(&text) {
                Unreadable::Template { file }
            } else {
                Unreadable::Syntax { file, line: at, message: error.message }
            });
        }
        for document in stream.documents {
            let line = line + document.first_line() as usize;
            self.add(document.into_value(), &TextLine { file: name.clone(), line }, "", "", 0);
        }
        Ok(true)
    }

    /// Reads lines of a recording. Errors: one is none, and not the last, in whose middle a watch may have been cut.
    fn lines(
        &mut self,
        file: usize,
        line: usize,
        range: Range<usize>,
        is_end: bool,
    ) -> Result<(), Unreadable> {
        let (name, text) = &self.files[file];
        let text = &text[range];
        let count = text.lines().count();
        for (n, text) in text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            let place = TextLine { file: name.clone(), line: line + n + 1 };
            let Some(line) = read_line(text) else {
                if is_end && n + 1 == count {
                    break;
                }
                let message = "no event of a watch".into();
                return Err(Unreadable::Syntax { file: place.file, line: place.line, message });
            };
            let Some(change) = line.change else { continue };
            self.events.push(Event { at_ms: line.at_ms, change, tree: line.object, place });
        }
        Ok(())
    }

    /// Takes a tree apart as far as it is a list, in which items of a list of one kind need not say it.
    fn add(&mut self, mut tree: Value, place: &TextLine, version: &str, kind: &str, depth: usize) {
        let own = |field: &str, other: &str| {
            let text = tree[field].as_str().filter(|text| !text.is_empty());
            text.unwrap_or(other).to_owned()
        };
        let (own_version, own_kind) = (own("apiVersion", version), own("kind", kind));
        if let Some(item_kind) = own_kind.strip_suffix("List") {
            if tree["items"].is_array() && depth < 4 {
                if let Value::Array(items) = tree["items"].take() {
                    for item in items {
                        self.add(item, place, &own_version, item_kind, depth + 1);
                    }
                }
                return;
            }
            if tree["items"].is_null()
                && tree["metadata"]["name"].is_null()
                && (item_kind.is_empty() || tree.get("items").is_some())
            {
                return;
            }
        }
        self.last = [&*own_kind, "/", tree["metadata"]["name"].as_str().unwrap_or_default()].concat();
        if let Some(map) = tree.as_object_mut() {
            map.insert("apiVersion".into(), own_version.into());
            map.insert("kind".into(), own_kind.into());
        }
        self.items.push(Item { tree, place: place.clone() });
    }
}

/// About how many fields and items a text has: what takes time to be read. Lines of texts in it count, too, where they look like such.
fn fields_in(text: &str, form: &Form) -> usize {
    match form {
        Form::Json { .. } | Form::Recording => {
            let (mut count, mut in_text, mut is_escaped) = (0, false, false);
            for byte in text.bytes() {
                match byte {
                    _ if is_escaped => is_escaped = false,
                    b'\\' => is_escaped = in_text,
                    b'"' => in_text = !in_text,
                    b',' | b'[' | b'{' if !in_text => count += 1,
                    _ => {}
                }
            }
            count
        }
        Form::Document | Form::Item { .. } => {
            let is_field = |line: &&str| {
                let line = line.trim_start();
                line.starts_with("- ") || line.ends_with(':') || line.contains(": ")
            };
            text.lines().filter(is_field).count()
        }
    }
}

/// `kind/name` of an object that no set needs to go on, out of its text as kubectl prints it.
fn can_be_missed(text: &str, form: &Form) -> Option<String> {
    let field = |name: &str, inner: usize| {
        let begin = match form {
            Form::Item { indent } => [&*" ".repeat(indent + 2 + inner), name, ": "].concat(),
            Form::Document => [&*" ".repeat(inner), name, ": "].concat(),
            Form::Json { depth, .. } => {
                [&*" ".repeat(4 + 8 * depth + 2 * inner), "\"", name, "\": \""].concat()
            }
            Form::Recording => return None,
        };
        let dash = begin.replacen("  ", "- ", 1);
        let mut lines = text.lines();
        let line = lines.find_map(|line| line.strip_prefix(&*begin).or_else(|| line.strip_prefix(&*dash)))?;
        Some(line.trim_end_matches([',', '"', ' ', '\r']).to_owned())
    };
    let own = match form {
        Form::Json { kind, .. } => Some(kind.clone()).filter(|kind| !kind.is_empty()),
        _ => None,
    };
    let (kind, version) = (own.or_else(|| field("kind", 0))?, field("apiVersion", 0).unwrap_or_default());
    let known = Kind::of_manifest(&version, &kind).filter(|kind| is_used(*kind));
    let is_needed = known.is_some_and(|kind| !matches!(kind, Kind::ConfigMap | Kind::Secret));
    (!is_needed).then(|| [&*kind, "/", &*field("name", 2).unwrap_or_default()].concat())
}

/// Whether it has something to be filled in, and was not read from a cluster.
pub(super) fn looks_like_template(text: &str) -> bool {
    is_template(text) && !text.contains("uid:") && !text.contains("\"uid\"")
}

/// The kinds that take most of these texts, largest first: a rough look at lines.
fn largest_kinds(files: &[(String, String)]) -> Vec<(String, usize)> {
    let mut sizes: Vec<(String, usize)> = Vec::new();
    let mut kind = String::new();
    let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
    let every = bytes.div_ceil(LOOKED_AT).max(1);
    let looked_at = files.iter().flat_map(|(_, text)| {
        (0..text.len()).step_by(BLOCK * every).map(|from| {
            let from = boundary(text, from);
            &text[from..boundary(text, (from + BLOCK).min(text.len()))]
        })
    });
    for line in looked_at.flat_map(str::lines) {
        let trimmed = line.trim_start();
        let indent = line.len() - trimmed.len();
        let named = trimmed.strip_prefix("kind: ").filter(|_| indent == 2);
        let named = named.or_else(|| trimmed.strip_prefix("\"kind\": \"").filter(|_| indent == 12));
        if let Some(named) = named {
            kind = named.trim_end_matches(['"', ',']).to_owned();
        }
        match sizes.iter().position(|(known, _)| *known == kind) {
            Some(at) => sizes[at].1 += line.len() + 1,
            None if sizes.len() < 100 => sizes.push((kind.clone(), line.len() + 1)),
            None => {}
        }
    }
    sizes.iter_mut().for_each(|(_, bytes)| *bytes *= every);
    sizes.retain(|(kind, _)| !kind.is_empty());
    sizes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    sizes.truncate(3);
    sizes
}
