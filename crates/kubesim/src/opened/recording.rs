//! A recording of watches, line by line → the objects as they were at one of its moments. Each line is what
//! `kubectl get KIND --watch --output-watch-events -o json` printed, mostly with the time before it: seconds of Unix time and a
//! tab, as `record.sh` writes them.

use serde_json::Value;
use std::collections::BTreeMap;

/// The lines that are read at once.
pub const LINES_AT_ONCE: usize = 40;

/// Objects as the lines so far left them.
#[derive(Debug, Default)]
pub struct Recording {
    /// By kind, namespace and name, with the line.
    objects: BTreeMap<[String; 4], (Value, usize)>,
    /// The time of the first line, in milliseconds of Unix time.
    first_ms: Option<i64>,
    /// The time of the last line that counts.
    last_ms: Option<i64>,
    /// How long after the first line the moment is that is asked for, in milliseconds.
    until_ms: Option<i64>,
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

impl Recording {
    /// Takes lines up to so many milliseconds after the first.
    pub fn up_to(until_ms: Option<i64>) -> Recording {
        Recording { until_ms, ..Recording::default() }
    }

    /// Takes a line; false if it is none of a recording's.
    pub fn line(&mut self, line: &str, number: usize) -> bool {
        if line.trim().is_empty() {
            return true;
        }
        let (at, event) = time_and_event(line);
        let first = *self.first_ms.get_or_insert(at.unwrap_or(0));
        if let (Some(until), Some(at)) = (self.until_ms, at)
            && at - first > until
        {
            return true;
        }
        let Ok(Value::Object(mut event)) = serde_json::from_str::<Value>(event) else { return false };
        let Some(object) = event.remove("object").filter(Value::is_object) else { return false };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let meta = &object["metadata"];
        let key = [
            text(&object["apiVersion"]),
            text(&object["kind"]),
            text(&meta["namespace"]),
            text(&meta["name"]),
        ];
        self.last_ms = self.last_ms.max(at);
        match event.get("type").and_then(Value::as_str) {
            Some("ADDED" | "MODIFIED") => drop(self.objects.insert(key, (object, number))),
            Some("DELETED") => drop(self.objects.remove(&key)),
            _ => {}
        }
        true
    }

    /// The moment that was asked for, or that of the last line, in milliseconds of Unix time, if lines have times.
    pub fn taken_ms(&self) -> Option<i64> {
        let asked = self.until_ms.zip(self.first_ms).map(|(until, first)| first + until);
        self.last_ms.map(|last| asked.map_or(last, |asked| asked.max(last)))
    }

    /// The objects that are there, each with its line.
    pub fn into_objects(self) -> impl Iterator<Item = (Value, usize)> {
        self.objects.into_values()
    }
}
