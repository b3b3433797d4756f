//! What people really write: small cases from the field, each with its right value and where that is known from, in the
//! files of `tests/field`.
//!
//! A case begins with `## ` and its name. `from:` says where the right value is known from. After `apply:` stands a manifest,
//! which is applied at the beginning. `at 30:` lets the cluster run up to that second. `$ ` is a line typed at the laptop,
//! followed by what it prints, where `…` stands for anything in a line, and a line of its own for any lines.

use kubesim::{Change, Input, Options, SimTime, Span, Story, Stream};
use std::path::Path;

/// How long a command may take.
const COMMAND: Span = Span::seconds(2);

enum Step {
    Apply(String),
    At(SimTime),
    Type { line: String, prints: String },
}

struct Case {
    name: String,
    steps: Vec<Step>,
}

/// Reads a file of cases.
fn cases(file: &str, text: &str) -> Vec<Case> {
    let mut all: Vec<Case> = Vec::new();
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            all.push(Case { name: format!("{file}: {name}"), steps: Vec::new() });
            continue;
        }
        let Some(case) = all.last_mut() else { continue };
        let at = line.strip_prefix("at ").and_then(|rest| rest.strip_suffix(':')?.parse().ok());
        if line == "apply:" {
            case.steps.push(Step::Apply(String::new()));
        } else if let Some(seconds) = at {
            case.steps.push(Step::At(SimTime(0) + Span::seconds(seconds)));
        } else if let Some(typed) = line.strip_prefix("$ ") {
            case.steps.push(Step::Type { line: typed.into(), prints: String::new() });
        } else {
            match case.steps.last_mut() {
                Some(Step::Apply(text) | Step::Type { prints: text, .. }) => {
                    text.push_str(line);
                    text.push('\n');
                }
                Some(Step::At(_)) => assert!(line.is_empty(), "{}: what is {line:?}?", case.name),
                None => assert!(line.is_empty() || line.starts_with("from: "), "{}: {line:?}", case.name),
            }
        }
    }
    all
}

/// Whether a line is as written, where `…` stands for anything.
fn fits(written: &str, line: &str) -> bool {
    let mut parts = written.split('…');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = line.strip_prefix(first) else { return false };
    let parts: Vec<&str> = parts.collect();
    let Some((last, middle)) = parts.split_last() else { return rest.is_empty() };
    for part in middle {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.len() >= last.len() && rest.ends_with(last)
}

fn all_fit(written: &[&str], lines: &[&str]) -> bool {
    match written.split_first() {
        None => lines.is_empty(),
        Some((&"…", more)) => (0..=lines.len()).any(|skipped| all_fit(more, &lines[skipped..])),
        Some((first, more)) => lines
            .split_first()
            .is_some_and(|(line, rest)| fits(first, line.trim_end()) && all_fit(more, rest)),
    }
}

/// Plays a case; what is not as written.
fn play(case: &Case) -> Vec<String> {
    let mut story = Story::new(Options::default());
    let mut wrong = Vec::new();
    for step in &case.steps {
        match step {
            Step::Apply(manifest) => story.input(Input::Apply(manifest.as_str().into())),
            Step::At(at) => story.run_until(*at),
            Step::Type { line, prints } => {
                let before = story.cluster.api.history().len();
                story.input(Input::Line(line.as_str().into()));
                story.run_until(story.now() + COMMAND);
                let printed: String = story
                    .cluster
                    .api
                    .history()
                    .since(before)
                    .iter()
                    .filter_map(|entry| match &entry.change {
                        Change::Output { stream: Stream::Stdout | Stream::Stderr, text } => Some(&**text),
                        _ => None,
                    })
                    .collect();
                let written: Vec<&str> = prints.trim_end().lines().map(str::trim_end).collect();
                let lines: Vec<&str> = printed.trim_end().lines().collect();
                if !all_fit(&written, &lines) {
                    wrong.push(format!("{}\n$ {line}\n{printed}--- wanted:\n{prints}", case.name));
                }
            }
        }
    }
    wrong
}

#[test]
fn what_people_write_does_what_it_does_for_them() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/field");
    let mut files: Vec<_> = std::fs::read_dir(folder).expect("there are cases").flatten().collect();
    files.sort_by_key(std::fs::DirEntry::file_name);
    let (mut count, mut wrong) = (0, Vec::new());
    for file in files {
        let name = file.file_name().to_string_lossy().into_owned();
        let text = std::fs::read_to_string(file.path()).expect("it can be read");
        for case in cases(&name, &text) {
            count += 1;
            wrong.extend(play(&case));
        }
    }
    assert!(count > 10, "only {count} cases were found");
    assert!(
        wrong.is_empty(),
        "{} of {count} are not as they should be:\n\n{}",
        wrong.len(),
        wrong.join("\n\n")
    );
}

#[test]
fn three_dots_stand_for_anything() {
    assert!(fits("pod/… created", "pod/web-0 created") && !fits("pod/… created", "pod/web-0 deleted"));
    assert!(fits("same", "same") && !fits("same", "same "));
    assert!(all_fit(&["a", "…", "z"], &["a", "b", "c", "z"]) && !all_fit(&["a", "z"], &["a", "b", "z"]));
}
