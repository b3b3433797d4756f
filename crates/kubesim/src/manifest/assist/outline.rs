//! Which field a place in a manifest belongs to, also in a text that does not parse at the moment: by indentation, or by the
//! braces around it.

use std::ops::Range;

/// A field, or an item of a list, as far as it has been written.
pub(super) struct Entry {
    /// What it is in; the first entry, which is the document, is in itself.
    pub parent: usize,
    pub step: Step,
    /// Where it is written: its key with its quotes, or its dash.
    pub span: Range<usize>,
    /// The column of its key or dash; -1: the whole document.
    column: i32,
    /// Its value, if that is plain text on its line.
    pub value: Range<usize>,
    /// Whether braces are around it.
    in_flow: bool,
}

/// How one gets from an entry to one in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    Document,
    Field(String),
    Item(usize),
}

/// What is written at the place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// The name of a field of the owner, or, if the owner is a list or a scalar, its item or its value.
    Word,
    /// The name of a field that has its colon.
    Name,
    /// The owner's value.
    Value,
}

/// What is at the place that is asked about.
#[derive(Clone, Debug)]
pub(super) struct Here {
    /// The entry that the word at the place is in, or the value of.
    pub owner: usize,
    pub writing: Writing,
    /// The word at the place, from its first to its last letter.
    pub word: Range<usize>,
    /// How braces change what is written.
    pub in_flow: bool,
}

/// The document around a place.
pub(super) struct Outline<'a> {
    pub text: &'a str,
    pub at: usize,
    pub entries: Vec<Entry>,
    pub here: Option<Here>,
    /// The field whose name is at the place.
    pub named: Option<usize>,
    /// Whether the document is JSON.
    pub is_json: bool,
}

/// The document of a text around a place (bytes).
fn document(text: &str, at: usize) -> Range<usize> {
    let is_end = |line: &str| {
        line.strip_prefix("---")
            .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t', '\r', '\n']))
    };
    let (mut from, mut start) = (0, 0);
    for line in text.split_inclusive('\n') {
        if is_end(line) {
            if start + line.len() > at {
                return from..start;
            }
            from = start + line.len();
        }
        start += line.len();
    }
    let rest = &text[from..];
    let mut length = 0;
    for line in rest.split_inclusive('\n') {
        if is_end(line) {
            return from..from + length;
        }
        length += line.len();
    }
    from..text.len()
}

/// How wide the space at the start of a line is; a tab leads to the next even column.
fn width(space: &str) -> i32 {
    space.bytes().fold(0, |column, byte| if byte == b'\t' { (column / 2 + 1) * 2 } else { column + 1 })
}

/// The length of what is left of a line without its comment and the space before that.
fn without_comment(line: &str) -> usize {
    let comment = line.match_indices('#').map(|(at, _)| at);
    let end = { comment }.find(|&at| at == 0 || line[..at].ends_with([' ', '\t']));
    line[..end.unwrap_or(line.len())].trim_end().len()
}

/// Where the key at the start of a text has its colon.
fn colon(text: &str) -> Option<usize> {
    let from = match text.chars().next()? {
        quote @ ('"' | '\'') => 1 + text[1..].find(quote)? + 1,
        _ => 0,
    };
    let is_end = |rest: &str| rest.is_empty() || rest.starts_with([' ', '\t']);
    let colon =
        text[from..].match_indices(':').map(|(at, _)| from + at).find(|&at| is_end(&text[at + 1..]))?;
    let is_key = if from > 0 { text[from..colon].trim().is_empty() } else { colon < without_comment(text) };
    is_key.then_some(colon)
}

/// Whether the brace that a text begins with is closed in it.
fn is_closed(text: &str) -> bool {
    let mut depth = 0;
    text.bytes().any(|byte| {
        match byte {
            b'{' | b'[' => depth += 1,
            b'}' | b']' => depth -= 1,
            _ => {}
        }
        depth == 0
    })
}

fn unquoted(key: &str) -> String {
    key.trim().trim_matches(['"', '\'']).to_owned()
}

impl<'a> Outline<'a> {
    /// Reads the document around a place (bytes, at a letter's border).
    pub fn read(text: &'a str, at: usize) -> Outline<'a> {
        let document = document(text, at);
        let root = Entry {
            parent: 0,
            step: Step::Document,
            span: document.start..document.start,
            column: -1,
            value: 0..0,
            in_flow: false,
        };
        let is_json = text[document.clone()].trim_start().starts_with(['{', '[']);
        let mut outline = Outline { text, at, entries: vec![root], here: None, named: None, is_json };
        if document.contains(&at) || at == document.end {
            outline.read_lines(document);
        }
        outline
    }

    /// What is in an entry, in order.
    pub fn inside(&self, owner: usize) -> impl Iterator<Item = (usize, &Entry)> {
        self.entries.iter().enumerate().skip(1).filter(move |(_, entry)| entry.parent == owner)
    }

    /// The value of a field of an entry, if it is plain text.
    pub fn value_of(&self, owner: usize, name: &str) -> Option<&str> {
        let is_it = |entry: &Entry| matches!(&entry.step, Step::Field(field) if field == name);
        let (_, entry) = self.inside(owner).find(|(_, entry)| is_it(entry))?;
        let value = self.text[entry.value.clone()].trim_matches(['"', '\'']);
        (!value.is_empty()).then_some(value)
    }

    /// The entries from the document to this one, without the document.
    pub fn way_to(&self, entry: usize) -> Vec<usize> {
        let mut way = Vec::new();
        let mut at = entry;
        while at != 0 {
            way.push(at);
            at = self.entries[at].parent;
        }
        way.reverse();
        way
    }

    /// The column in which the fields of an entry stand, if it has any outside of braces: how far the first one is indented.
    pub fn column_inside(&self, owner: usize) -> Option<usize> {
        let (_, first) = self.inside(owner).find(|(_, entry)| !entry.in_flow)?;
        usize::try_from(first.column).ok()
    }

    /// The column of a place.
    pub fn column(&self, at: usize) -> usize {
        let line = &self.text[self.text[..at].rfind('\n').map_or(0, |end| end + 1)..at];
        let space = line.len() - line.trim_start_matches([' ', '\t']).len();
        width(&line[..space]) as usize + line[space..].chars().count()
    }

    /// The column of an entry's key or dash.
    pub fn column_of(&self, entry: usize) -> usize {
        self.entries[entry].column.max(0) as usize
    }

    fn add(&mut self, parent: usize, step: Step, span: Range<usize>, column: i32, in_flow: bool) -> usize {
        self.entries.push(Entry { parent, step, span, column, value: 0..0, in_flow });
        self.entries.len() - 1
    }

    fn add_item(&mut self, parent: usize, span: Range<usize>, column: i32, in_flow: bool) -> usize {
        let count = self.inside(parent).filter(|(_, entry)| matches!(entry.step, Step::Item(_))).count();
        self.add(parent, Step::Item(count), span, column, in_flow)
    }

    /// Notes what is at the place, unless that is known.
    fn note(&mut self, owner: usize, writing: Writing, word: Range<usize>, in_flow: bool) {
        if self.here.is_none() {
            self.here = Some(Here { owner, writing, word, in_flow });
        }
    }

    fn read_lines(&mut self, document: Range<usize>) {
        let mut open = vec![0];
        // The column of what a text of several lines belongs to.
        let mut long_text = None;
        let mut start = document.start;
        while start <= document.end {
            let length = self.text[start..document.end].find('\n').unwrap_or(document.end - start);
            let line = self.text[start..start + length].trim_end_matches('\r');
            let content = line.trim_start_matches([' ', '\t']);
            let column = width(&line[..line.len() - content.len()]);
            let is_here = (start..=start + line.len()).contains(&self.at);
            let next = start + length + 1;
            if let Some(owner) = long_text {
                let caret = if is_here { self.column(self.at) as i32 } else { i32::MAX };
                if (content.is_empty() && caret > owner) || column > owner {
                    start = next;
                    continue;
                }
            }
            if content.is_empty() {
                if is_here {
                    let caret = self.column(self.at) as i32;
                    let owner = open.iter().rfind(|&&entry| self.entries[entry].column < caret);
                    self.note(*owner.unwrap_or(&0), Writing::Word, self.at..self.at, false);
                }
                start = next;
                continue;
            }
            long_text = None;
            start = match content.starts_with(['#', '%']) {
                true => next,
                false => self.read_line(
                    start + line.len() - content.len(),
                    column,
                    &mut open,
                    &mut long_text,
                    &document,
                ),
            };
        }
    }

    /// Reads a line from its first letter on; tells where the next one begins. Long: one line's grammar, which each step shortens.
    fn read_line(
        &mut self,
        mut from: usize,
        mut column: i32,
        open: &mut Vec<usize>,
        long_text: &mut Option<i32>,
        document: &Range<usize>,
    ) -> usize {
        let end = self.text[from..document.end].find('\n').map_or(document.end, |length| from + length);
        let next = end + 1;
        let end = from + self.text[from..end].trim_end_matches('\r').len();
        while self.text[from..end].starts_with('-')
            && self.text[from + 1..end].chars().next().is_none_or(|c| c == ' ' || c == '\t')
        {
            let is_closed = |entry: &Entry| {
                entry.column > column || (entry.column == column && matches!(entry.step, Step::Item(_)))
            };
            while open.len() > 1 && is_closed(&self.entries[*open.last().expect("the document")]) {
                open.pop();
            }
            let item = self.add_item(*open.last().expect("the document"), from..from + 1, column, false);
            open.push(item);
            let rest = self.text[from + 1..end].trim_start_matches([' ', '\t']);
            let start = end - rest.len();
            if (from + 1..start).contains(&self.at)
                || (rest.is_empty() && (from + 1..=end).contains(&self.at))
            {
                let word = if rest.is_empty() { self.at } else { start };
                self.note(item, Writing::Word, word..word, false);
            }
            column += self.text[from..start].chars().count() as i32;
            from = start;
        }
        let rest = &self.text[from..end];
        while open.len() > 1 && self.entries[*open.last().expect("the document")].column >= column {
            open.pop();
        }
        let owner = *open.last().expect("the document");
        if rest.is_empty() || rest.starts_with('#') {
            return next;
        }
        if rest.starts_with(['{', '[']) {
            return self.read_flow(from, owner, document.end, next);
        }
        let Some(colon) = colon(rest) else {
            let length = without_comment(rest);
            if rest.starts_with(['|', '>']) {
                *long_text = Some(self.entries[owner].column);
            } else {
                let word = from..from + length;
                if matches!(self.entries[owner].step, Step::Item(_)) && self.entries[owner].value.is_empty() {
                    self.entries[owner].value = word.clone();
                }
                if (word.start..=word.end).contains(&self.at) {
                    self.note(owner, Writing::Word, word, false);
                }
            }
            return next;
        };
        let key = from..from + rest[..colon].trim_end().len();
        let field = self.add(owner, Step::Field(unquoted(&rest[..colon])), key.clone(), column, false);
        open.push(field);
        if (key.start..=from + colon).contains(&self.at) {
            self.named = Some(field);
            self.note(owner, Writing::Name, key, false);
        }
        let value = rest[colon + 1..].trim_start_matches([' ', '\t']);
        let start = end - value.len();
        if value.starts_with(['{', '[']) {
            return self.read_flow(start, field, document.end, next);
        }
        if value.starts_with(['|', '>']) {
            *long_text = Some(column);
            return next;
        }
        let value = start..start + without_comment(value);
        self.entries[field].value = value.clone();
        if (from + colon + 1..=value.end).contains(&self.at) {
            let word = if value.is_empty() { self.at..self.at } else { value };
            self.note(field, Writing::Value, word, false);
        } else if value.is_empty()
            && self.at > from + colon
            && self.text[from + colon + 1..end].trim().is_empty()
            && self.at <= end
        {
            self.note(field, Writing::Value, self.at..self.at, false);
        }
        next
    }

    /// Reads what is in braces and brackets; tells where the line after begins. What is never closed ends where a line begins
    /// that can't be in it.
    fn read_flow(&mut self, from: usize, owner: usize, document_end: usize, next_line: usize) -> usize {
        let mut flow = Flow { open: Vec::new(), field: None, has_colon: false, has_value: false };
        let column = self.entries[owner].column;
        let is_closed = is_closed(&self.text[from..document_end]);
        let mut at = from;
        let line_after = |text: &str, at: usize| {
            text[at..document_end].find('\n').map_or(document_end + 1, |n| at + n + 1)
        };
        while at < document_end {
            let rest = &self.text[at..document_end];
            let first = rest.chars().next().expect("not at the end");
            if first.is_whitespace() {
                let after = rest.trim_start();
                let end = document_end - after.len();
                let space = &rest[..rest.len() - after.len()];
                if !is_closed
                    && let Some(line) = space.rfind('\n')
                    && width(&space[line + 1..]) <= column
                    && after.starts_with(|c: char| c.is_alphanumeric() || c == '-')
                {
                    // Nothing else of this line is read as what is in braces.
                    self.note_gap(at..at + line, &flow, owner);
                    return at + line + 1;
                }
                self.note_gap(at..end, &flow, owner);
                at = end;
                continue;
            }
            match first {
                '#' if self.text[..at].ends_with(char::is_whitespace) => {
                    at += rest.find('\n').unwrap_or(rest.len())
                }
                '{' | '[' => {
                    self.note_gap(at..at + 1, &flow, owner);
                    let inner = match flow.open.last() {
                        None => owner,
                        Some(&(list, false)) => self.add_item(list, at..at + 1, column, true),
                        Some(&(map, true)) => flow.field.unwrap_or(map),
                    };
                    flow = Flow { field: None, has_colon: false, has_value: false, ..flow };
                    flow.open.push((inner, first == '{'));
                    at += 1;
                }
                '}' | ']' => {
                    self.note_gap(at..at + 1, &flow, owner);
                    flow.open.pop();
                    flow = Flow { field: None, has_colon: false, has_value: true, ..flow };
                    at += 1;
                    if flow.open.is_empty() {
                        return if at < next_line { next_line } else { line_after(self.text, at) };
                    }
                }
                ',' => {
                    self.note_gap(at..at + 1, &flow, owner);
                    flow = Flow { field: None, has_colon: false, has_value: false, ..flow };
                    at += 1;
                }
                ':' => {
                    flow.has_colon = true;
                    at += 1;
                }
                _ => at = self.read_word(at, &mut flow, document_end),
            }
        }
        self.note_gap(document_end..document_end + 1, &flow, owner);
        document_end + 1
    }

    /// Reads a word in braces; tells where it ends.
    fn read_word(&mut self, at: usize, flow: &mut Flow, document_end: usize) -> usize {
        let rest = &self.text[at..document_end];
        let line = rest.lines().next().unwrap_or_default();
        let length = match line.as_bytes()[0] {
            quote @ (b'"' | b'\'') => {
                line[1..].find(char::from(quote)).map_or(line.trim_end().len(), |end| end + 2)
            }
            _ => {
                let is_end = |(place, c): &(usize, char)| match c {
                    ',' | '{' | '}' | '[' | ']' => true,
                    ':' => line[place + 1..].chars().next().is_none_or(|c| " \t,]}".contains(c)),
                    '#' => line[..*place].ends_with(' '),
                    _ => false,
                };
                let end = line.char_indices().find(is_end).map_or(line.len(), |(place, _)| place);
                line[..end].trim_end().len()
            }
        };
        let length = length.max(1);
        let word = at..at + length;
        let is_here = (word.start..=word.end).contains(&self.at);
        match flow.open.last() {
            Some(&(map, true)) if flow.field.is_none() => {
                let field = self.add(map, Step::Field(unquoted(&rest[..length])), word.clone(), 0, true);
                flow.field = Some(field);
                let has_colon = rest[length..].trim_start().starts_with(':');
                if is_here {
                    self.named = has_colon.then_some(field);
                    self.note(map, if has_colon { Writing::Name } else { Writing::Word }, word.clone(), true);
                }
            }
            Some(&(list, false)) => {
                let item = self.add_item(list, word.clone(), 0, true);
                self.entries[item].value = word.clone();
                if is_here {
                    self.note(item, Writing::Value, word.clone(), true);
                }
                flow.has_value = true;
            }
            _ => {
                if let Some(field) = flow.field {
                    self.entries[field].value = word.clone();
                    if is_here {
                        self.note(field, Writing::Value, word.clone(), true);
                    }
                }
                flow.has_value = true;
            }
        }
        word.end
    }

    /// Notes what can be written between words in braces.
    fn note_gap(&mut self, gap: Range<usize>, flow: &Flow, outside: usize) {
        if !gap.contains(&self.at) || self.here.is_some() {
            return;
        }
        let word = self.at..self.at;
        match (flow.open.last(), flow.field) {
            (None, _) => self.note(outside, Writing::Value, word, false),
            (Some(&(map, true)), None) if !flow.has_value => self.note(map, Writing::Word, word, true),
            (Some(&(_, true)), Some(field)) if flow.has_colon && !flow.has_value => {
                self.note(field, Writing::Value, word, true);
            }
            (Some(&(list, false)), _) if !flow.has_value => {
                let item = self.add_item(list, word.clone(), 0, true);
                self.note(item, Writing::Value, word, true);
            }
            _ => {}
        }
    }
}

/// Where one is among braces.
struct Flow {
    /// What is open: the entry, and whether it is a map.
    open: Vec<(usize, bool)>,
    /// The field whose value comes.
    field: Option<usize>,
    has_colon: bool,
    has_value: bool,
}
