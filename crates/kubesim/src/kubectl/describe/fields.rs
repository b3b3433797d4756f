//! Kinds without a description of their own: every field.

use super::description::Description;
use crate::kubectl::printers::text;
use serde_json::Value;

impl Description<'_> {
    pub(super) fn unstructured(&mut self) {
        self.lines("Name;Namespace");
        self.metadata();
        self.fields(0, &self.tree(), "");
    }

    /// Every field of an object, for kinds without a description of their own. Models `printUnstructuredContent`.
    fn fields(&mut self, level: usize, tree: &Value, above: &str) {
        const SKIPPED: [&str; 4] =
            [".metadata.name", ".metadata.namespace", ".metadata.labels", ".metadata.annotations"];
        for (field, value) in tree.as_object().into_iter().flatten() {
            let path = format!("{above}.{field}");
            if SKIPPED.contains(&path.as_str()) {
                continue;
            }
            let label = smart_label(field);
            match value {
                Value::Object(_) => {
                    self.line(level, &format!("{label}:"));
                    self.fields(level + 1, value, &path);
                }
                Value::Array(items) => {
                    self.line(level, &format!("{label}:"));
                    for item in items {
                        match item {
                            Value::Object(_) => self.fields(level + 1, item, &path),
                            other => self.line(level + 1, &text(other)),
                        }
                    }
                }
                Value::Null => self.field(level, &label, "<nil>"),
                other => self.field(level, &label, &text(other)),
            }
        }
    }
}

/// `clusterIP` → `Cluster IP`, `uid` → `UID`. Models `smartLabelFor` and `github.com/fatih/camelcase`.
fn smart_label(field: &str) -> String {
    if field.chars().any(|c| !c.is_alphabetic() && c != '-') {
        return field.to_string();
    }
    let class = |c: char| {
        if c.is_lowercase() {
            1
        } else if c.is_uppercase() {
            2
        } else {
            3
        }
    };
    let mut words: Vec<String> = Vec::new();
    let mut last = 0;
    for c in field.chars() {
        if class(c) == last
            && let Some(word) = words.last_mut()
        {
            word.push(c);
        } else {
            words.push(c.to_string());
        }
        last = class(c);
    }
    for n in 1..words.len() {
        if words[n - 1].ends_with(char::is_uppercase) && words[n].starts_with(char::is_lowercase) {
            let capital = words[n - 1].pop().expect("it ends with one");
            words[n].insert(0, capital);
        }
    }
    words.retain(|w| !w.is_empty());
    let mut n = 0;
    while n + 1 < words.len() {
        let all_upper = words[n].len() > 1 && words[n].chars().all(char::is_uppercase);
        if all_upper && words[n + 1].starts_with(char::is_uppercase) {
            let next = words.remove(n + 1);
            words[n].push_str(&next);
        }
        n += 1;
    }
    let title = |word: &String| {
        let upper = word.to_uppercase();
        if ["API", "URL", "UID", "GUID"].contains(&upper.as_str()) {
            upper
        } else if *word == word.to_lowercase() {
            let mut letters = word.chars();
            letters.next().map(|c| c.to_uppercase().chain(letters).collect()).unwrap_or_default()
        } else {
            word.clone()
        }
    };
    words.iter().map(title).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_of_fields_are_words() {
        for (field, label) in [
            ("apiVersion", "API Version"),
            ("uid", "UID"),
            ("$patch", "$patch"),
            ("app", "App"),
            ("dnsPolicy", "Dns Policy"),
            ("terminationGracePeriodSeconds", "Termination Grace Period Seconds"),
            ("ownerReferences", "Owner References"),
        ] {
            assert_eq!(smart_label(field), label);
        }
    }
}
