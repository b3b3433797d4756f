//! A description under way: lines with labels, tables, and what every kind begins with.
//!
//! Lines that only show fields are a text: entries with `;` between. `Label=TEXT` is a line with a label (see
//! [`Row::expand`] for the fields in a text), `?Label=TEXT` one that is left out if the text is empty, `>` before a label
//! indents it, `Name` and `Namespace` are what they say, anything else is a line as it stands.

use crate::api::SimTime;
use crate::api::read::{get, list};
use crate::apiserver::Store;
use crate::kubectl::printers::{Row, age, labels_or_none, selector, text};
use serde_json::Value;

pub(super) struct Description<'a> {
    pub(super) row: Row<'a>,
    pub(super) store: &'a Store,
    pub(super) out: String,
}

impl<'a> Description<'a> {
    pub(super) fn new(row: Row<'a>, store: &'a Store) -> Description<'a> {
        Description { row, store, out: String::new() }
    }

    /// Writes lines in this module's notation.
    pub(super) fn lines(&mut self, lines: &str) {
        for line in lines.split(';') {
            let (optional, line) = line.strip_prefix('?').map_or((false, line), |line| (true, line));
            let label = line.trim_start_matches('>');
            let level = line.len() - label.len();
            match label.split_once('=').filter(|(label, _)| !label.is_empty()) {
                Some((label, fields)) => {
                    let value = self.row.expand(fields);
                    if !(optional && value.is_empty()) {
                        self.field(level, label, &value);
                    }
                }
                None if label == "Name" => self.field(level, label, &self.row.object.meta.name.clone()),
                None if label == "Namespace" => {
                    self.field(level, label, &self.row.object.meta.namespace.clone())
                }
                None => self.line(level, &self.row.expand(label)),
            }
        }
    }

    pub(super) fn line(&mut self, level: usize, line: &str) {
        for _ in 0..level {
            self.out.push_str("  ");
        }
        self.out.push_str(line);
        self.out.push('\n');
    }

    pub(super) fn field(&mut self, level: usize, label: &str, value: &str) {
        self.line(level, &[label, ":\t", value].concat());
    }

    /// A field that is left out if its value is empty.
    pub(super) fn optional(&mut self, label: &str, value: &str) {
        if !value.is_empty() {
            self.field(0, label, value);
        }
    }

    /// A field whose values stand below each other.
    pub(super) fn values(&mut self, label: &str, values: Vec<String>) {
        let none = ["<none>".to_string()];
        let values = if values.is_empty() { &none[..] } else { &values };
        for (n, value) in values.iter().enumerate() {
            let (label, colon) = if n == 0 { (label, ":") } else { ("", "") };
            self.line(0, &[label, colon, "\t", value].concat());
        }
    }

    pub(super) fn labels(&mut self, title: &str, labels: &Value) {
        let labels = labels.as_object().into_iter().flatten();
        self.values(title, labels.map(|(k, v)| [k, "=", &text(v)].concat()).collect());
    }

    pub(super) fn annotations(&mut self, title: &str, annotations: &Value) {
        const LONGEST: usize = 140;
        let shorten = |s: &str| match s.char_indices().find(|(at, _)| *at >= LONGEST - 2) {
            Some((end, _)) if s.len() > LONGEST - 2 => format!("{}...", &s[..end]),
            _ => s.to_string(),
        };
        let shown = annotations.as_object().into_iter().flatten();
        let shown = shown.filter(|(name, _)| *name != "kubectl.kubernetes.io/last-applied-configuration");
        let one = |(name, value): (&String, &Value)| {
            let value = text(value);
            let value = value.strip_suffix('\n').unwrap_or(&value);
            if value.len() + name.len() + 2 <= LONGEST && !value.contains('\n') {
                return [name, ": ", value].concat();
            }
            let mut all = [name, ":"].concat();
            value.split('\n').for_each(|line| all.extend(["\n\t  ", &shorten(line)]));
            all
        };
        self.values(title, shown.map(one).collect());
    }

    /// Labels and annotations.
    pub(super) fn metadata(&mut self) {
        let metadata = get(self.row.tree(), "metadata").clone();
        self.labels("Labels", get(&metadata, "labels"));
        self.annotations("Annotations", get(&metadata, "annotations"));
    }

    pub(super) fn created(&mut self) {
        let created = self.row.object.meta.creation_timestamp;
        self.field(0, "CreationTimestamp", &created.rfc1123z());
    }

    pub(super) fn controlled_by(&mut self) {
        if let Some(owner) = self.row.object.meta.controller() {
            self.field(0, "Controlled By", &[&*owner.kind, "/", &*owner.name].concat());
        }
    }

    /// A table of conditions, unless there is none.
    pub(super) fn condition_table(&mut self) {
        let fields = ["type", "status", "lastTransitionTime", "reason", "message"];
        let rows = conditions(self.row.tree(), &fields, "\t");
        self.table(
            "Conditions:\n  Type\tStatus\tLastTransitionTime\tReason\tMessage\n  ----\t------\t------------------\t\
             ------\t-------",
            rows,
        );
    }

    /// The phase, or since when the object is about to go.
    pub(super) fn phase_or_terminating(&mut self) {
        let phase = match self.row.object.meta.deletion_timestamp {
            Some(at) => ["Terminating (lasts ", &age(at, self.row.now), ")"].concat(),
            None => text(self.row.at("status.phase")),
        };
        self.field(0, "Status", &phase);
    }

    pub(super) fn finalizers(&mut self) {
        let finalizers = ["[", &self.row.object.meta.finalizers.join(" "), "]"].concat();
        self.field(0, "Finalizers", &finalizers);
    }

    pub(super) fn selector(&mut self, path: &str) {
        let selector = selector(self.row.at(path));
        self.field(0, "Selector", &selector);
    }

    /// The same, where there need be none.
    pub(super) fn selector_if_set(&mut self, path: &str) {
        match self.row.at(path).is_null() {
            true => self.field(0, "Selector", "<unset>"),
            false => self.selector(path),
        }
    }

    /// Labels in one line.
    pub(super) fn labels_line(&mut self, label: &str, path: &str) {
        let labels = labels_or_none(self.row.at(path));
        self.field(0, label, &labels);
    }

    /// The object as a tree of its own, to read from while the description is written.
    pub(super) fn tree(&self) -> Value {
        self.row.tree().clone()
    }

    /// Headers and rows, unless there is no row.
    pub(super) fn table(&mut self, headers: &str, rows: Vec<String>) {
        if !rows.is_empty() {
            self.line(0, headers);
            rows.iter().for_each(|row| self.line(1, row));
        }
    }

    /// A title and the entries of a map, unless there is none.
    pub(super) fn pairs(&mut self, level: usize, title: &str, map: &Value) {
        let Some(map) = map.as_object().filter(|map| !map.is_empty()) else { return };
        self.line(level, title);
        map.iter().for_each(|(name, value)| self.field(level + 1, name, &text(value)));
    }
}

/// A time as the API writes it, as descriptions write it.
pub(super) fn time(at: &Value) -> String {
    at.as_str().and_then(SimTime::parse_rfc3339).map(SimTime::rfc1123z).unwrap_or_default()
}

/// The rows of conditions: these fields of each, with this between them, times where a field is one.
pub(super) fn conditions(object: &Value, fields: &[&str], between: &str) -> Vec<String> {
    let cell = |c: &Value, field: &str| {
        if field.ends_with("Time") { time(get(c, field)) } else { text(get(c, field)) }
    };
    let row = |c: &Value| fields.iter().map(|f| cell(c, f)).collect::<Vec<_>>().join(between);
    list(get(object, "status"), "conditions").iter().map(row).collect()
}
