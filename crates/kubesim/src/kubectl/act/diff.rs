//! `kubectl diff`. Models `k8s.io/kubectl/pkg/cmd/diff/diff.go`, and of GNU diff what `diff -u -N LIVE MERGED` prints.

use super::documents::{self, Document};
use super::request::{self, Mode, Patch, Unknown};
use crate::api::SimTime;
use crate::kubectl::output::yaml;
use crate::kubectl::{Failure, Invocation, Next};
use crate::manifest::patch;
use crate::sim::process::Io;
use serde_json::Value;
use std::fmt::Write as _;

/// Lines around a change that are shown with it.
const CONTEXT: usize = 3;

/// `kubectl diff -f FILE`: exit code 1 when something differs.
pub fn diff(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if !inv.has("filename") {
        return Err(Failure::client("must specify one of -f and -k"));
    }
    let (documents, mut failures) = documents::read(inv)?;
    if !failures.is_empty() {
        return Err(failures.remove(0));
    }
    let folders = [("LIVE", io.api.rng.below(1 << 31)), ("MERGED", io.api.rng.below(1 << 31))];
    let folders = folders.map(|(name, number)| format!("{name}-{number}"));
    let mut changes = Vec::new();
    for document in &documents {
        let (live, merged) = versions(io, document)?;
        if live != merged {
            changes.push((file_name(document), live, merged));
        }
    }
    changes.sort();
    for (name, live, merged) in &changes {
        let paths = folders.each_ref().map(|folder| format!("{folder}/{name}"));
        let mut text = format!("diff -u -N {} {}\n", paths[0], paths[1]);
        for (sign, path, is_there) in [("---", &paths[0], !live.is_empty()), ("+++", &paths[1], true)] {
            let time =
                if is_there { file_time(io.api.now) } else { "1970-01-01 00:00:00.000000000 +0000".into() };
            let _ = writeln!(text, "{sign} {path}\t{time}");
        }
        hunks(&live.lines().collect::<Vec<_>>(), &merged.lines().collect::<Vec<_>>(), &mut text);
        io.out(text);
    }
    if changes.is_empty() { Next::OK } else { Err(Failure::Silent(1)) }
}

/// `apps.v1.StatefulSet.default.flask`
fn file_name(document: &Document) -> String {
    let info = document.kind.info();
    let dot = if info.group.is_empty() { "" } else { "." };
    let (group, version, kind) = (info.group, info.version, info.name);
    format!("{group}{dot}{version}.{kind}.{}.{}", document.namespace, document.name)
}

fn file_time(now: SimTime) -> String {
    let text = now.rfc3339();
    format!("{}.000000000 +0000", text.trim_end_matches('Z').replace('T', " "))
}

/// The object as it is and as it would be, as YAML; the first is empty if there is none.
fn versions(io: &mut Io, document: &Document) -> Result<(String, String), Failure> {
    let mode = Mode { unknown: Unknown::Warn, dry_run: true };
    let Some(live) = io.api.store().get(&document.key()).cloned() else {
        let created = request::create(io.api, document.kind, &document.tree, mode)?;
        return Ok((String::new(), yaml::write(&created.object.to_value())));
    };
    let original = live.meta.annotation(super::apply::LAST_APPLIED);
    let original = original.and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let mut modified = document.tree.clone();
    if modified["metadata"]["annotations"].is_null() {
        modified["metadata"]["annotations"] = Value::Object(Default::default());
    }
    let patch = patch::three_way(document.kind, &original, &modified, &request::given_out(&live));
    let merged = request::patch(io.api, &document.key(), &Patch::Strategic(patch), mode)?;
    // Nothing was stored: the version stays.
    let mut merged = merged.object.to_value();
    let live = live.to_value();
    merged["metadata"]["resourceVersion"] = live["metadata"]["resourceVersion"].clone();
    Ok((yaml::write(&live), yaml::write(&merged)))
}

/// A line of either text: in both, only in the first, only in the second.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

/// The shortest way from one text to the other, as a longest common subsequence.
fn edits(from: &[&str], to: &[&str]) -> Vec<Edit> {
    let (rows, columns) = (from.len() + 1, to.len() + 1);
    let mut common = vec![0u32; rows * columns];
    for i in (0..from.len()).rev() {
        for j in (0..to.len()).rev() {
            common[i * columns + j] = if from[i] == to[j] {
                common[(i + 1) * columns + j + 1] + 1
            } else {
                common[(i + 1) * columns + j].max(common[i * columns + j + 1])
            };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut edits = Vec::new();
    while i < from.len() || j < to.len() {
        if i < from.len() && j < to.len() && from[i] == to[j] {
            edits.push(Edit::Keep);
            (i, j) = (i + 1, j + 1);
        } else if j == to.len()
            || (i < from.len() && common[(i + 1) * columns + j] >= common[i * columns + j + 1])
        {
            edits.push(Edit::Remove);
            i += 1;
        } else {
            edits.push(Edit::Add);
            j += 1;
        }
    }
    edits
}

/// `diff -u`: the changes with their surroundings.
fn hunks(from: &[&str], to: &[&str], text: &mut String) {
    let edits = edits(from, to);
    let is_near = |place: usize| {
        let near = place.saturating_sub(CONTEXT)..(place + CONTEXT + 1).min(edits.len());
        edits[near].iter().any(|edit| *edit != Edit::Keep)
    };
    let (mut i, mut j, mut place) = (0, 0, 0);
    while place < edits.len() {
        if !is_near(place) {
            (i, j, place) = (i + 1, j + 1, place + 1);
            continue;
        }
        let (first_i, first_j) = (i, j);
        let mut lines = String::new();
        while place < edits.len() && is_near(place) {
            let (sign, line) = match edits[place] {
                Edit::Keep => (' ', from[i]),
                Edit::Remove => ('-', from[i]),
                Edit::Add => ('+', to[j]),
            };
            i += usize::from(edits[place] != Edit::Add);
            j += usize::from(edits[place] != Edit::Remove);
            place += 1;
            let _ = writeln!(lines, "{sign}{line}");
        }
        let range = |first: usize, end: usize| match end - first {
            0 => format!("{first},0"),
            1 => format!("{}", first + 1),
            count => format!("{},{count}", first + 1),
        };
        let _ = writeln!(text, "@@ -{} +{} @@", range(first_i, i), range(first_j, j));
        text.push_str(&lines);
    }
}

#[cfg(test)]
mod tests {
    use super::hunks;

    #[track_caller]
    fn check(from: &str, to: &str, expected: &str) {
        let mut text = String::new();
        hunks(&from.split(' ').collect::<Vec<_>>(), &to.split(' ').collect::<Vec<_>>(), &mut text);
        assert_eq!(text.replace('\n', " ").trim_end(), expected);
    }

    #[test]
    fn changes_have_three_lines_around_them() {
        check("a b c d e f g h", "a b c d X f g h", "@@ -2,7 +2,7 @@  b  c  d -e +X  f  g  h");
        check("a b c", "a b c", "");
        check("a", "a b", "@@ -1 +1,2 @@  a +b");
        check(
            "a b c d e f g h i j k",
            "X b c d e f g h i j Y",
            "@@ -1,4 +1,4 @@ -a +X  b  c  d @@ -8,4 +8,4 @@  h  i  j -k +Y",
        );
    }
}
