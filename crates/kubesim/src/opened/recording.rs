//! A recording of watches, line by line. Each line is what `kubectl get KIND --watch --output-watch-events -o json` printed,
//! mostly with the time before it: seconds of Unix time and a tab, as `record.sh` writes them. Where no time stands, it follows
//! from the object: the newest time in it.

use crate::api::{Key, Object, SimTime};
use serde_json::Value;
use std::rc::Rc;

/// What was seen of an object after a recording's first moment.
#[derive(Clone, PartialEq, Debug)]
pub struct Seen {
    /// When, from the recording's zero on.
    pub at: SimTime,
    /// The object.
    pub key: Key,
    /// As it was from then on; absent if it was gone.
    pub after: Option<Rc<Object>>,
}

/// What a watch says of an object.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WatchChange {
    /// It is there: from the beginning of the watch, or new.
    Added,
    /// It is another.
    Modified,
    /// It is gone.
    Deleted,
}

/// A line of a recording.
#[derive(Debug)]
pub struct Line {
    /// Its time, in milliseconds of Unix time, if it says so.
    pub at_ms: Option<i64>,
    /// What happened; nothing for what a watch says about itself.
    pub change: Option<WatchChange>,
    /// The object as it was then, or the last that was seen of it.
    pub object: Value,
}

/// Whether a text is a recording.
pub fn is_recording(text: &str) -> bool {
    let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    let (_, event) = time_and_event(first);
    event.starts_with("{\"type\":\"") && event.contains("\"object\":")
}

/// The time of a line, in milliseconds of Unix time, and the event on it.
fn time_and_event(line: &str) -> (Option<i64>, &str) {
    let Some((time, event)) = line.split_once('\t') else { return (None, line.trim()) };
    let (seconds, fraction) = time.trim().split_once('.').unwrap_or((time.trim(), "0"));
    let fraction: String = fraction.chars().chain("000".chars()).take(3).collect();
    let seconds = seconds.parse::<i64>().ok().filter(|seconds| (0..100_000_000_000).contains(seconds));
    let ms = seconds.zip(fraction.parse::<i64>().ok()).map(|(seconds, ms)| seconds * 1000 + ms);
    (ms, event.trim())
}

/// Reads a line that is not blank; nothing if it is none of a recording's.
pub fn read_line(line: &str) -> Option<Line> {
    let (at_ms, event) = time_and_event(line);
    let Ok(Value::Object(mut event)) = serde_json::from_str::<Value>(event) else { return None };
    let object = event.remove("object").filter(Value::is_object)?;
    let change = match event.get("type").and_then(Value::as_str) {
        Some("ADDED") => Some(WatchChange::Added),
        Some("MODIFIED") => Some(WatchChange::Modified),
        Some("DELETED") => Some(WatchChange::Deleted),
        // A bookmark, or why a watch has ended.
        _ => None,
    };
    Some(Line { at_ms, change, object })
}
