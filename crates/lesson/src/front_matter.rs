//! The fields between the two `---` at a lesson's head.

use crate::problem::{Lines, Position, Problem, did_you_mean};
use serde::Deserialize;
use serde_yaml::Mapping;

/// What a lesson says about itself.
#[derive(Clone, PartialEq, Eq, Default, Debug, Deserialize)]
pub struct FrontMatter {
    /// What the list calls it.
    pub title: String,
    /// Its name in links and in kept progress: small letters, digits and dashes.
    pub id: String,
    /// How long it takes somebody.
    pub minutes: u32,
    /// The version of Kubernetes that it was written for: major and minor.
    pub kubernetes: String,
    /// A sentence for the list.
    #[serde(default)]
    pub summary: String,
    /// The id of the lesson that comes before.
    pub needs: Option<String>,
    /// The example whose manifest is applied when the lesson opens.
    pub example: Option<String>,
}

const FIELDS: [&str; 7] = ["title", "id", "minutes", "kubernetes", "summary", "needs", "example"];
const REQUIRED: [&str; 4] = ["title", "id", "minutes", "kubernetes"];
/// Nobody sits at one lesson longer than this.
const MOST_MINUTES: u32 = 240;

/// Reads the text between the marks; `before` lines of the file stand before it.
pub(crate) fn read(text: &str, before: usize, problems: &mut Vec<Problem>) -> FrontMatter {
    let lines = Lines::new(text, before);
    let head = Position { line: before, column: 1 };
    let at = |error: &serde_yaml::Error| {
        error.location().map_or(head, |l| Position { line: before + l.line(), column: l.column() })
    };
    let fields: Mapping = match serde_yaml::from_str(text) {
        Ok(fields) => fields,
        Err(error) => {
            problems
                .push(Problem::error(at(&error), format!("the front matter is no YAML: {}", plain(&error))));
            return FrontMatter::default();
        }
    };
    let begins = |field: &str| {
        let start = text.lines().scan(0, |next, line| {
            let start = *next;
            *next += line.len() + 1;
            Some((start, line))
        });
        let mut found = start.filter(|(_, line)| line.trim_start_matches(['"', '\'']).starts_with(field));
        found.next().map_or(head, |(start, _)| lines.position(start))
    };
    let count = problems.len();
    // What unknown fields were meant to be: those are not missing, too.
    let mut meant = String::new();
    for key in fields.keys() {
        let Some(name) = key.as_str() else {
            problems.push(Problem::error(head, "the front matter's fields have names"));
            continue;
        };
        if !FIELDS.contains(&name) {
            let nearest = did_you_mean(name, FIELDS);
            meant.push_str(&nearest);
            problems.push(Problem::error(begins(name), format!("unknown field `{name}`{nearest}")));
        }
    }
    for name in REQUIRED {
        if !fields.contains_key(name) && !meant.contains(&format!("`{name}`")) {
            problems.push(Problem::error(head, format!("the front matter lacks `{name}`")));
        }
    }
    if problems.len() > count {
        return FrontMatter::default();
    }
    let front: FrontMatter = match serde_yaml::from_str(text) {
        Ok(front) => front,
        Err(error) => {
            problems.push(Problem::error(at(&error), plain(&error)));
            return FrontMatter::default();
        }
    };
    if front.title.trim().is_empty() {
        problems.push(Problem::error(begins("title"), "the title is empty"));
    }
    let is_id = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if front.id.is_empty() || !front.id.chars().all(is_id) {
        problems.push(Problem::error(begins("id"), "an id is made of small letters, digits and dashes"));
    }
    if !(1..=MOST_MINUTES).contains(&front.minutes) {
        let message = format!("`minutes` is between 1 and {MOST_MINUTES}");
        problems.push(Problem::error(begins("minutes"), message));
    }
    let here: Vec<&str> = kubesim::KUBERNETES_VERSION.split('.').take(2).collect();
    if front.kubernetes.trim_start_matches('v') != here.join(".").trim_start_matches('v') {
        let message = format!(
            "written for Kubernetes {}; what is simulated is {}",
            front.kubernetes,
            kubesim::KUBERNETES_VERSION
        );
        problems.push(Problem::warning(begins("kubernetes"), message));
    }
    front
}

/// An error's message without its place, which stands before it.
fn plain(error: &serde_yaml::Error) -> String {
    let text = error.to_string();
    let end = text.find(" at line ").unwrap_or(text.len());
    text[..end].to_string()
}

/// The fields that must be the same in each language, and are not.
pub(crate) fn differing(one: &FrontMatter, other: &FrontMatter) -> Vec<&'static str> {
    let mut differ = Vec::new();
    let mut compare = |name, same: bool| {
        if !same {
            differ.push(name);
        }
    };
    compare("id", one.id == other.id);
    compare("minutes", one.minutes == other.minutes);
    compare("kubernetes", one.kubernetes == other.kubernetes);
    compare("needs", one.needs == other.needs);
    compare("example", one.example == other.example);
    differ
}
