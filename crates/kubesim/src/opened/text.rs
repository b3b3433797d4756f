//! Texts → trees of objects: the forms in which kubectl gives out a cluster's state, and those that people take for it.

use super::recording::{LINES_AT_ONCE, WatchChange, is_recording, read_line};
use super::state::{Place, Unreadable};
use crate::manifest::hint::is_template;
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// Files larger than this together, in bytes, are not read: what they hold would be more than a page can show.
pub const MOST_BYTES: usize = 48 << 20;

/// A tree that was found, and where.
#[derive(Debug)]
pub struct Item {
    pub tree: Value,
    pub place: Place,
}

/// A part of a text that is read at once.
#[derive(Debug)]
struct Piece {
    file: usize,
    /// Lines of the file before it.
    line: usize,
    text: String,
    form: Form,
}

/// What a piece is.
#[derive(Clone, PartialEq, Debug)]
enum Form {
    /// Documents in YAML, of which JSON is a part.
    Documents,
    /// Lines of a recording.
    Recording,
    /// An item of a list in JSON, of which items of a list of one kind need not say these.
    Item { version: String, kind: String },
}

/// Texts on the way to trees, a piece at a time.
#[derive(Debug)]
pub struct Texts {
    names: Vec<String>,
    pieces: std::vec::IntoIter<Piece>,
    read: usize,
    pub total: usize,
    pub items: Vec<Item>,
    /// What watches have said since the last time somebody took it.
    pub events: Vec<Event>,
    /// The objects as watches have left them so far, by version, kind, namespace and name.
    left: BTreeMap<[String; 4], Value>,
}

/// What a watch said of an object.
#[derive(Debug)]
pub struct Event {
    /// When, in milliseconds of Unix time, if its line says so.
    pub at_ms: Option<i64>,
    pub change: WatchChange,
    pub tree: Value,
    pub place: Place,
}

impl Texts {
    /// Splits texts into pieces. Errors: what they are instead of a state.
    pub fn new(files: &[(String, String)]) -> Result<Texts, Unreadable> {
        let bytes: usize = files.iter().map(|(_, text)| text.len()).sum();
        if bytes > MOST_BYTES {
            return Err(Unreadable::TooLarge { bytes, largest: largest_kinds(files) });
        }
        let mut pieces = Vec::new();
        for (file, (name, text)) in files.iter().enumerate() {
            if is_recording(text) {
                let lines: Vec<&str> = text.lines().collect();
                for (n, lines) in lines.chunks(LINES_AT_ONCE).enumerate() {
                    let text = lines.join("\n");
                    pieces.push(Piece { file, line: n * LINES_AT_ONCE, text, form: Form::Recording });
                }
                continue;
            }
            if let Some(wrong) = wrong_form(name, text) {
                return Err(wrong);
            }
            split(file, name, text, &mut pieces)?;
        }
        let names = files.iter().map(|(name, _)| name.clone()).collect();
        let total = pieces.len();
        Ok(Texts {
            names,
            pieces: pieces.into_iter(),
            read: 0,
            total,
            items: Vec::new(),
            events: Vec::new(),
            left: BTreeMap::new(),
        })
    }

    /// How many pieces are read.
    pub fn done(&self) -> usize {
        self.read
    }

    /// Reads the next piece; false if there is none. Errors: it can't be read.
    pub fn step(&mut self) -> Result<bool, Unreadable> {
        let Some(piece) = self.pieces.next() else { return Ok(false) };
        self.read += 1;
        match &piece.form {
            Form::Documents => {}
            Form::Recording => return self.lines(&piece).map(|()| true),
            Form::Item { version, kind } => {
                if let Ok(tree) = serde_json::from_str(&piece.text) {
                    let place = Place { file: self.names[piece.file].clone(), line: piece.line + 1 };
                    self.add(&tree, &place, version, kind, 1);
                    return Ok(true);
                }
            }
        }
        let stream = yaml::read_up_to(&piece.text, MOST_BYTES);
        if let Some(error) = stream.error {
            let line = piece.line + error.span.line as usize;
            let file = self.names[piece.file].clone();
            let is_end = self.pieces.as_slice().first().is_none_or(|next| next.file != piece.file);
            let lines = piece.line + piece.text.lines().count();
            let ends_there = error.message.contains("EOF")
                || error.message.contains("unexpected end")
                || error.message.contains("found unexpected end of stream")
                || line + 2 >= lines;
            return Err(if is_end && ends_there && !looks_like_template(&piece.text) {
                Unreadable::CutOff { file, line: lines, last: self.last_name() }
            } else if looks_like_template(&piece.text) {
                Unreadable::Template { file }
            } else {
                Unreadable::Syntax { file, line, message: error.message }
            });
        }
        for document in stream.documents {
            let line = piece.line + document.first_line() as usize;
            self.add(document.value(), &Place { file: self.names[piece.file].clone(), line }, "", "", 0);
        }
        Ok(true)
    }

    /// Reads lines of a recording. Errors: one is none, and not the last, in whose middle a watch may have been cut.
    fn lines(&mut self, piece: &Piece) -> Result<(), Unreadable> {
        let is_end = self.pieces.as_slice().first().is_none_or(|next| next.file != piece.file);
        let count = piece.text.lines().count();
        for (n, text) in piece.text.lines().enumerate().filter(|(_, text)| !text.trim().is_empty()) {
            let place = Place { file: self.names[piece.file].clone(), line: piece.line + n + 1 };
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

    /// Keeps what a watch has said last of an object.
    pub fn keep(&mut self, event: Event) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (tree, meta) = (&event.tree, &event.tree["metadata"]);
        let key = [&tree["apiVersion"], &tree["kind"], &meta["namespace"], &meta["name"]].map(text);
        self.left.insert(key, event.tree);
    }

    /// All trees, as they were last.
    pub fn trees(&self) -> impl Iterator<Item = &Value> {
        self.items.iter().map(|item| &item.tree).chain(self.left.values())
    }

    /// An object as far as it was read last, for people.
    fn last_name(&self) -> String {
        let Some(item) = self.items.last() else { return String::new() };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        [&*text(&item.tree["kind"]), "/", &*text(&item.tree["metadata"]["name"])].concat()
    }

    /// Takes a tree apart as far as it is a list, in which items of a list of one kind need not say it.
    fn add(&mut self, tree: &Value, place: &Place, version: &str, kind: &str, depth: usize) {
        let own = |field: &str| tree[field].as_str().filter(|text| !text.is_empty());
        let (own_version, own_kind) = (own("apiVersion").unwrap_or(version), own("kind").unwrap_or(kind));
        if let (Some(items), Some(item_kind)) = (tree["items"].as_array(), own_kind.strip_suffix("List"))
            && depth < 4
        {
            for item in items {
                self.add(item, place, own_version, item_kind, depth + 1);
            }
            return;
        }
        if let (Some(item_kind), Value::Null) = (own_kind.strip_suffix("List"), &tree["items"])
            && tree["metadata"]["name"].is_null()
            && (item_kind.is_empty() || tree.get("items").is_some())
        {
            return;
        }
        let mut tree = tree.clone();
        if let Some(map) = tree.as_object_mut() {
            map.insert("apiVersion".into(), own_version.into());
            map.insert("kind".into(), own_kind.into());
        }
        self.items.push(Item { tree, place: place.clone() });
    }
}

/// Splits a text into pieces: a list as kubectl prints it in YAML into its items, anything else into documents.
fn split(file: usize, name: &str, text: &str, pieces: &mut Vec<Piece>) -> Result<(), Unreadable> {
    if text.trim_start().starts_with(['{', '[']) {
        if !split_json(file, text, pieces) {
            pieces.push(Piece { file, line: 0, text: text.to_owned(), form: Form::Documents });
        }
        return Ok(());
    }
    let mut document = String::new();
    let mut started_at = 0;
    let mut in_items = false;
    let mut has_trailer = true;
    let flush = |document: &mut String, started_at: usize, pieces: &mut Vec<Piece>| {
        if !document.trim().is_empty() {
            let text = std::mem::take(document);
            pieces.push(Piece { file, line: started_at, text, form: Form::Documents });
        }
        document.clear();
    };
    for (number, line) in text.lines().enumerate() {
        if line.starts_with("---") {
            flush(&mut document, started_at, pieces);
            (in_items, has_trailer, started_at) = (false, true, number + 1);
            continue;
        }
        if !in_items {
            if line.trim_end() == "items:" && is_list_head(&document) {
                (in_items, has_trailer) = (true, false);
                document.clear();
                continue;
            }
            document.push_str(line);
            document.push('\n');
            continue;
        }
        if let Some(rest) = line.strip_prefix("- ") {
            flush(&mut document, started_at, pieces);
            started_at = number;
            document.push_str("  ");
            document.push_str(rest);
            document.push('\n');
        } else if !line.starts_with([' ', '#']) && !line.is_empty() {
            // `kind: List` and what stands behind it.
            flush(&mut document, started_at, pieces);
            has_trailer = true;
        } else if !has_trailer {
            document.push_str(line);
            document.push('\n');
        }
    }
    if in_items && !has_trailer && ends_in_middle(text) {
        let lines = text.lines().count();
        let last = pieces.last().filter(|piece| piece.file == file).map(|piece| name_in(&piece.text));
        return Err(Unreadable::CutOff {
            file: name.to_owned(),
            line: lines,
            last: last.unwrap_or_default(),
        });
    }
    flush(&mut document, started_at, pieces);
    Ok(())
}

/// Splits a list in JSON into its items; false if it is none, or is not whole.
fn split_json(file: usize, text: &str, pieces: &mut Vec<Piece>) -> bool {
    let Some((list, items)) = items_in_json(text) else { return false };
    let head = [&text[..list.start], &text[list.end..]].concat();
    let Ok(head) = serde_json::from_str::<Value>(&head) else { return false };
    let own = |field: &str| head[field].as_str().unwrap_or_default().to_owned();
    let Some(kind) = own("kind").strip_suffix("List").map(str::to_owned) else { return false };
    let form = Form::Item { version: own("apiVersion"), kind };
    let (mut line, mut before) = (0, 0);
    for item in items {
        line += text[before..item.start].matches('\n').count();
        before = item.start;
        pieces.push(Piece { file, line, text: text[item].to_owned(), form: form.clone() });
    }
    true
}

/// Where in an object in JSON the content of its list `items` is, and in that each object.
fn items_in_json(text: &str) -> Option<(Range<usize>, Vec<Range<usize>>)> {
    let (mut depth, mut in_text, mut is_escaped, mut started) = (0usize, false, false, 0);
    // The last text on the first level, and the list's beginning.
    let (mut last, mut list, mut found) = ("", None, None);
    let mut items = Vec::new();
    for (at, byte) in text.bytes().enumerate() {
        if in_text {
            match byte {
                _ if is_escaped => is_escaped = false,
                b'\\' => is_escaped = true,
                b'"' => {
                    in_text = false;
                    last = if depth == 1 { &text[started..at] } else { last };
                }
                _ => {}
            }
            continue;
        }
        match byte {
            b'"' => {
                in_text = true;
                started = if depth == 1 { at + 1 } else { started };
            }
            b'{' | b'[' => {
                if byte == b'[' && depth == 1 && last == "items" && found.is_none() {
                    list = Some(at + 1);
                }
                if byte == b'{' && depth == 2 && list.is_some() {
                    started = at;
                }
                depth += 1;
            }
            b'}' | b']' => {
                depth = depth.checked_sub(1)?;
                match (depth, list) {
                    (2, Some(_)) if byte == b'}' => items.push(started..at + 1),
                    (1, Some(from)) => (found, list) = (Some(from..at), None),
                    _ => {}
                }
            }
            _ => {}
        }
    }
    found.filter(|_| depth == 0 && !in_text).map(|list| (list, items))
}

/// Whether what stands before `items:` is the head of a list and no object of its own.
fn is_list_head(before: &str) -> bool {
    let is_head = |line: &str| {
        line.trim().is_empty()
            || line.starts_with("apiVersion:")
            || line.starts_with("kind:")
            || line.starts_with("metadata:")
            || line.starts_with("  resourceVersion:")
            || line.starts_with("  selfLink:")
            || line.starts_with('#')
    };
    before.lines().all(is_head)
}

/// Whether a list has no end: kubectl writes `kind: List` behind the items, and others write the kind before them.
fn ends_in_middle(text: &str) -> bool {
    let head = text.lines().take_while(|line| line.trim_end() != "items:");
    let has_kind = head.into_iter().any(|line| line.starts_with("kind:"));
    !has_kind || !text.ends_with('\n')
}

/// `Pod/flask-2`, out of an item's text.
fn name_in(text: &str) -> String {
    let field = |name: &str| {
        let found = text.lines().map(str::trim).find_map(|line| line.strip_prefix(name));
        found.unwrap_or_default().trim().to_owned()
    };
    let name = text.lines().find_map(|line| line.strip_prefix("    name:")).unwrap_or_default();
    [&*field("kind:"), "/", name.trim()].concat()
}

fn looks_like_template(text: &str) -> bool {
    is_template(text) && !text.contains("uid:")
}

/// What a text is, if it is clearly no objects.
fn wrong_form(name: &str, text: &str) -> Option<Unreadable> {
    let file = name.to_owned();
    let text = text.trim_start_matches('\u{feff}');
    if text.contains('\0') || text.starts_with('\u{1f}') {
        return Some(Unreadable::Binary { file });
    }
    let first = text.lines().map(str::trim_end).find(|line| !line.trim().is_empty()).unwrap_or_default();
    if first.is_empty() {
        return Some(Unreadable::Empty { file });
    }
    let heads = |words: &[&str]| words.iter().any(|word| first.starts_with(word));
    let columns = first
        .split_whitespace()
        .filter(|word| word.chars().all(|c| c.is_ascii_uppercase() || "-()".contains(c)));
    if heads(&["NAME ", "NAMESPACE ", "LAST SEEN"]) && columns.count() >= 2 {
        return Some(Unreadable::Table { file });
    }
    if heads(&[
        "Error from server",
        "error: ",
        "The connection to the server",
        "Unable to connect",
        "No resources found",
    ]) {
        return Some(Unreadable::KubectlError { file, said: first.chars().take(200).collect() });
    }
    if heads(&["Name:  "]) {
        return Some(Unreadable::Described { file });
    }
    if text.contains("==== START logs for container") || is_dump(text) {
        return Some(Unreadable::Dump { file });
    }
    let is_encrypted = heads(&["-----BEGIN", "age-encryption.org", "$ANSIBLE_VAULT", "U2FsdGVkX1"])
        || text.contains("ENC[AES256_GCM");
    if is_encrypted {
        return Some(Unreadable::Encrypted { file });
    }
    if looks_like_template(text) {
        return Some(Unreadable::Template { file });
    }
    None
}

/// Whether it is what `kubectl cluster-info dump` prints: lists one behind the other, of kinds that nobody asks for together.
fn is_dump(text: &str) -> bool {
    let has = |kind: &str| {
        text.contains(&["\"kind\": \"", kind, "\""].concat())
            || text.contains(&["kind: ", kind, "\n"].concat())
    };
    has("ReplicationControllerList") && has("PodList")
}

/// The kinds that take most of these texts, largest first: a rough look at lines.
fn largest_kinds(files: &[(String, String)]) -> Vec<(String, usize)> {
    let mut sizes: Vec<(String, usize)> = Vec::new();
    let mut kind = String::new();
    for line in files.iter().flat_map(|(_, text)| text.lines()) {
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
    sizes.retain(|(kind, _)| !kind.is_empty());
    sizes.sort_by_key(|(_, bytes)| std::cmp::Reverse(*bytes));
    sizes.truncate(3);
    sizes
}
