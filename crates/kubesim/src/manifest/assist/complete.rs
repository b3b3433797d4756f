//! The fields and values that can be written at a place.

use std::ops::Range;

use super::outline::{Entry, Here, Outline, Step, Writing};
use super::typed::{Typed, object_of, typed};
use crate::api::{KINDS, KindInfo};
use crate::schema::fields::{self, type_name};
use crate::schema::types::{Field, Shape, TypeRef};

/// What can be written at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Completions {
    /// Which part of the text each of them takes the place of.
    pub replaced: Range<usize>,
    /// Whether they are values, not fields.
    pub are_values: bool,
    /// The likeliest first.
    pub list: Vec<Completion>,
}

/// A field or a value that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// The field or the value.
    pub label: String,
    /// What is written of it.
    pub text: String,
    /// `<string>`; of a value, what belongs to it.
    pub detail: String,
    /// What it means, in a sentence or two; empty if there is nothing to say.
    pub help: &'static str,
    /// Whether the object needs it.
    pub is_required: bool,
    /// Whether the simulation heeds it.
    pub is_simulated: bool,
}

/// What can be written at a place of a text (bytes).
pub fn complete(text: &str, at: usize) -> Completions {
    let outline = Outline::read(text, at);
    let Some(here) = outline.here.clone() else { return Completions::default() };
    let Some(owner) = typed(&outline, here.owner) else { return Completions::default() };
    let site = Site { outline: &outline, here: &here, owner: &owner };
    match (here.writing, owner.type_ref.shape()) {
        (Writing::Word | Writing::Name, Shape::Struct) => site.fields(owner.type_ref, ""),
        // A new item.
        (Writing::Word, Shape::List(item)) if !here.in_flow && item.shape() == Shape::Struct => {
            site.fields(item, "- ")
        }
        (Writing::Word, Shape::List(_)) => site.values("- "),
        (Writing::Word | Writing::Name, Shape::Map(_)) => site.keys(),
        (Writing::Word, _)
            if !outline.entries[here.owner].value.is_empty()
                && here.word != outline.entries[here.owner].value =>
        {
            // It goes on a text that is complete.
            Completions::default()
        }
        (Writing::Word | Writing::Value, _) => site.values(""),
        (Writing::Name, _) => Completions::default(),
    }
}

/// A place, and what the schema knows of it.
struct Site<'a> {
    outline: &'a Outline<'a>,
    here: &'a Here,
    owner: &'a Typed,
}

impl Site<'_> {
    /// What is written up to the place.
    fn typed(&self) -> String {
        let end = self.outline.at.clamp(self.here.word.start, self.here.word.end);
        self.outline.text[self.here.word.start..end].trim_start_matches(['"', '\'']).to_lowercase()
    }

    /// The column in which a field is to stand, and which part of the text gives way to it. A line on which nothing else is
    /// moves to its neighbours.
    fn placed(&self, is_item: bool) -> (usize, Range<usize>, String) {
        let Here { owner, word, .. } = self.here;
        let line = self.outline.text[..word.start].rfind('\n').map_or(0, |end| end + 1);
        let before = &self.outline.text[line..word.start];
        let column = self.outline.column(word.start);
        if !before.trim_matches([' ', '\t']).is_empty() || self.here.writing == Writing::Name {
            let space = if before.ends_with(['-', ':']) { " " } else { "" };
            return (column + space.len(), word.clone(), space.to_owned());
        }
        let inside = self.outline.column_inside(*owner);
        let least = match (*owner, &self.outline.entries[*owner].step, is_item) {
            (0, ..) => 0,
            (_, Step::Field(_), true) => self.outline.column_of(*owner),
            (_, _, _) => self.outline.column_of(*owner) + 2,
        };
        let column = inside.unwrap_or(if *owner == 0 { 0 } else { column.max(least) });
        (column, line..word.end, " ".repeat(column))
    }

    fn fields(&self, type_ref: TypeRef, dash: &str) -> Completions {
        let Here { owner, writing, .. } = *self.here;
        let outline = self.outline;
        let is_other = |(place, _): &(usize, &Entry)| Some(*place) != outline.named && !self.is_word(*place);
        let name_of = |(_, entry): (usize, &Entry)| match &entry.step {
            Step::Field(name) => Some(name.clone()),
            _ => None,
        };
        let present: Vec<String> = outline.inside(owner).filter(is_other).filter_map(name_of).collect();
        let (object, kind) = object_of(outline, owner);
        let is_object = owner == object;
        let typed = self.typed();
        let (column, replaced, space) = self.placed(!dash.is_empty());
        let place = self.owner.place();
        let mut list: Vec<(usize, Completion)> = Vec::new();
        for field in type_ref.fields() {
            let known = fields::of(type_ref, field.name, &place);
            let is_there = dash.is_empty() && present.iter().any(|name| name == field.name);
            let is_of_no_kind = is_object && kind.is_none() && field.name == "template";
            if !is_there
                && !known.by_cluster
                && !is_of_no_kind
                && let Some(nearness) = nearness(field.name, &typed)
            {
                let is_simulated = self.owner.is_simulated && type_ref.simulates(field.name);
                let text = match writing {
                    Writing::Name => self.quoted(field.name),
                    _ => [&space, dash, &self.written(field, column + dash.len())].concat(),
                };
                let rank = nearness * 4 + if known.is_required { 0 } else { 2 - usize::from(is_simulated) };
                let completion = Completion {
                    label: field.name.to_owned(),
                    text,
                    detail: type_name(field.type_ref),
                    help: known.text,
                    is_required: known.is_required,
                    is_simulated,
                };
                list.push((rank, completion));
            }
        }
        collections::sort_by_key(&mut list, |(rank, _)| *rank);
        let list = list.into_iter().map(|(_, completion)| completion).collect();
        Completions { replaced, are_values: false, list }
    }

    /// Whether an entry is the word at the place, which in braces is a field already.
    fn is_word(&self, entry: usize) -> bool {
        self.here.in_flow && self.outline.entries[entry].span == self.here.word
    }

    fn quoted(&self, name: &str) -> String {
        let is_quoted = self.outline.text[self.here.word.clone()].starts_with('"');
        if (self.outline.is_json && self.here.in_flow) || is_quoted {
            ["\"", name, "\""].concat()
        } else {
            name.to_owned()
        }
    }

    /// A field with what begins its value: a new line for what has fields.
    fn written(&self, field: Field, column: usize) -> String {
        let name = self.quoted(field.name);
        if self.here.in_flow {
            return [&name, ": "].concat();
        }
        let line = ["\n", &" ".repeat(column)].concat();
        match field.type_ref.shape() {
            Shape::Struct | Shape::Map(_) => [&name, ":", &line, "  "].concat(),
            Shape::List(_) => [&name, ":", &line, "- "].concat(),
            _ => [&name, ": "].concat(),
        }
    }

    /// Names that a map is known to have.
    fn keys(&self) -> Completions {
        let typed = self.typed();
        let (_, replaced, space) = self.placed(false);
        let outline = self.outline;
        let known =
            self.owner.field.map_or("", |(parent, name)| fields::values(parent, name, self.owner.type_ref));
        let is_there = |name: &str| {
            outline.inside(self.here.owner).any(|(place, entry)| {
                Some(place) != outline.named
                    && !self.is_word(place)
                    && entry.step == Step::Field(name.to_owned())
            })
        };
        let new =
            known.split_ascii_whitespace().filter(|name| !is_there(name) && nearness(name, &typed).is_some());
        let completion = |name: &str| {
            let text = match self.here.writing {
                Writing::Name => self.quoted(name),
                _ => [&space, &*self.quoted(name), ": "].concat(),
            };
            self.value(name, text, String::new())
        };
        Completions { replaced, are_values: false, list: new.map(completion).collect() }
    }

    fn value(&self, label: &str, text: String, detail: String) -> Completion {
        Completion {
            label: label.to_owned(),
            text,
            detail,
            help: fields::of_value(self.item_type(), label),
            is_required: false,
            is_simulated: self.owner.is_simulated,
        }
    }

    /// The type of what is written: of the list's items, if the owner is a list.
    fn item_type(&self) -> TypeRef {
        match self.owner.type_ref.shape() {
            Shape::List(item) => item,
            _ => self.owner.type_ref,
        }
    }

    fn values(&self, dash: &str) -> Completions {
        let typed = self.typed();
        let (object, _) = object_of(self.outline, self.here.owner);
        let (_, replaced, space) = if dash.is_empty() {
            let before = &self.outline.text[..self.here.word.start];
            let space = if before.ends_with([':', '-']) { " " } else { "" };
            (0, self.here.word.clone(), space.to_owned())
        } else {
            self.placed(true)
        };
        let written = |value: &str| {
            let value = if self.outline.is_json && self.here.in_flow && !matches!(value, "true" | "false") {
                ["\"", value, "\""].concat()
            } else {
                value.to_owned()
            };
            [&space, dash, &value].concat()
        };
        let is_of_object = self.outline.entries[self.here.owner].parent == object;
        let rows = KINDS.iter().filter(|row| row.kind.is_served());
        let list = match (self.owner.field, is_of_object) {
            (Some((_, "kind")), true) => {
                let version = self.outline.value_of(object, "apiVersion");
                let of_version = |version: &str| KINDS.iter().any(|row| row.api_version_is(version));
                let version = version.filter(|version| of_version(version));
                let fits = rows.filter(|row| version.is_none_or(|version| row.api_version_is(version)));
                let mut kinds: Vec<_> =
                    fits.filter_map(|row| Some((nearness(row.name, &typed)?, row))).collect();
                collections::sort_by_key(&mut kinds, |(near, row)| {
                    (*near, !row.kind.is_simulated(), row.name)
                });
                let completion = |row: &'static KindInfo| Completion {
                    is_simulated: row.kind.is_simulated(),
                    ..self.value(row.name, written(row.name), row.api_version())
                };
                kinds.into_iter().map(|(_, row)| completion(row)).collect()
            }
            (Some((_, "apiVersion")), true) => {
                let kind = self.outline.value_of(object, "kind");
                let is_kind = kind.filter(|kind| KINDS.iter().any(|row| row.name == *kind));
                let mut versions: Vec<(bool, String)> = rows
                    .filter(|row| is_kind.is_none_or(|kind| row.name == kind))
                    .map(|row| (!row.kind.is_simulated(), row.api_version()))
                    .filter(|(_, version)| nearness(version, &typed).is_some())
                    .collect();
                collections::sort(&mut versions);
                let mut list: Vec<Completion> = Vec::new();
                for (_, version) in versions {
                    if list.iter().all(|known| known.label != version) {
                        list.push(self.value(&version, written(&version), String::new()));
                    }
                }
                list
            }
            (Some((parent, name)), _) => {
                let type_ref = self.item_type();
                let known = match type_ref.shape() {
                    Shape::Bool => "true false",
                    Shape::Struct | Shape::Map(_) | Shape::List(_) => "",
                    _ => fields::values(parent, name, type_ref),
                };
                let default = self.owner.known().default;
                let mut list: Vec<(usize, Completion)> = Vec::new();
                for value in known.split_ascii_whitespace() {
                    if let Some(near) = nearness(value, &typed) {
                        let detail = if value == default { "default" } else { "" };
                        list.push((near, self.value(value, written(value), detail.to_owned())));
                    }
                }
                collections::sort_by_key(&mut list, |(near, _)| *near);
                list.into_iter().map(|(_, completion)| completion).collect()
            }
            _ => Vec::new(),
        };
        Completions { replaced, are_values: true, list }
    }
}

/// How near a name is to what is written of it: 0 if it begins so, 1 if a word in it does, 2 if it is somewhere in it.
fn nearness(name: &str, typed: &str) -> Option<usize> {
    let small = name.to_lowercase();
    let at = small.find(typed)?;
    let begins = |(at, _): (usize, &str)| name[at..].starts_with(|c: char| c.is_uppercase());
    Some(if at == 0 { 0 } else { 2 - usize::from(small.match_indices(typed).any(begins)) })
}
