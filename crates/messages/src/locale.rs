//! The files of other languages, `locales/<language>.yaml`: the language's own `name`, the texts of the tables by their names, and
//! what whoever reads them adds (`start`, the texts of the page's first script).

use crate::message::{English, Entry, hash};
use crate::{RULES, TABLES};
use serde_yaml::Value;
use std::collections::BTreeMap;

/// The English text of a key, and what may be filled in.
pub struct Text {
    /// The English text, by whose hash a translation is found.
    pub english: String,
    /// The places that there are values for.
    pub places: &'static [&'static str],
}

/// Every English text, by its key: `texts.play`, `texts.created.title`, `dns.caches.0`, `rules.ORDER.path`.
pub type Source = BTreeMap<String, Text>;

/// A language's file.
pub struct Locale {
    /// Its tag (BCP 47): the file's name.
    pub language: String,
    /// Its own name for itself.
    pub name: String,
    /// The translations, by their keys.
    pub texts: BTreeMap<String, String>,
}

/// The English texts of the tables and of the rules.
pub fn source() -> Source {
    let mut source = Source::new();
    let mut add = |key: String, english: &str, places| {
        if !english.is_empty() {
            source.insert(key, Text { english: english.to_owned(), places });
        }
    };
    for (table, entries) in TABLES {
        for Entry { name, places, english } in entries {
            match english {
                English::Text(text) => add(format!("{table}.{name}"), text, places),
                English::List(texts) => {
                    for (at, text) in texts.iter().enumerate() {
                        add(format!("{table}.{name}.{at}"), text, places);
                    }
                }
                English::Message(message) => {
                    add(format!("{table}.{name}.title"), message.title, places);
                    add(format!("{table}.{name}.text"), message.text, places);
                }
            }
        }
    }
    for (name, rule) in RULES {
        for (part, text) in [("text", rule.text), ("section", rule.section), ("path", rule.path)] {
            add(format!("rules.{name}.{part}"), text, &[]);
        }
    }
    source
}

impl Locale {
    /// Reads a language's file. Errors: it is no YAML, holds something else than texts, or says no name.
    pub fn read(language: &str, text: &str) -> Result<Self, String> {
        let tree: Value = serde_yaml::from_str(text).map_err(|error| error.to_string())?;
        let mut texts = BTreeMap::new();
        flatten("", &tree, &mut texts)?;
        let name = texts.remove("name").ok_or("it has no `name`: the language's own for itself")?;
        Ok(Self { language: language.to_owned(), name, texts })
    }

    /// The translations in the form that [`crate::Messages::translated`] reads: a line for each text of `source`.
    pub fn lines(&self, source: &Source) -> String {
        let lines: BTreeMap<u32, &String> = self
            .texts
            .iter()
            .filter_map(|(key, text)| Some((hash(&source.get(key)?.english), text)))
            .collect();
        let lines: Vec<String> = lines.iter().map(|(hash, text)| format!("{hash:08x} {text}\n")).collect();
        lines.concat()
    }
}

fn flatten(key: &str, tree: &Value, texts: &mut BTreeMap<String, String>) -> Result<(), String> {
    let below = |name: &str| if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") };
    match tree {
        Value::String(text) => {
            texts.insert(key.to_owned(), text.clone());
        }
        Value::Sequence(items) => {
            for (at, item) in items.iter().enumerate() {
                flatten(&below(&at.to_string()), item, texts)?;
            }
        }
        Value::Mapping(fields) => {
            for (name, value) in fields {
                let name = name.as_str().ok_or_else(|| format!("{key}: a key that is no text"))?;
                flatten(&below(name), value, texts)?;
            }
        }
        _ => return Err(format!("{key}: no text; put it in quotes")),
    }
    Ok(())
}
