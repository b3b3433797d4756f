//! A recording of watches, line by line. Each line is what `kubectl get KIND --watch --output-watch-events -o json` printed,
//! mostly with the time before it: seconds of Unix time and a tab, as `record.sh` writes them. Where no time stands, it follows
//! from the object: the newest time in it.

use crate::api::{Key, Object, SimTime};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};
use std::fmt::{self, Formatter};
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
    let event = read_event(event, at_ms.is_some())?;
    let change = match event.kind.as_ref().and_then(Value::as_str) {
        Some("ADDED") => Some(WatchChange::Added),
        Some("MODIFIED") => Some(WatchChange::Modified),
        Some("DELETED") => Some(WatchChange::Deleted),
        // A bookmark, or why a watch has ended.
        _ => None,
    };
    Some(Line { at_ms, change, object: Value::Object(event.object.0) })
}

/// Reads an event. Where its line says when it was, nobody needs its managed fields, which are as long as all else: that there are
/// some is all that is read of them.
fn read_event(event: &str, is_timed: bool) -> Option<WatchEvent> {
    let quick: Option<WatchEvent> = if is_timed { serde_json::from_str(event).ok() } else { None };
    quick.or_else(|| {
        let Ok(Value::Object(mut event)) = serde_json::from_str::<Value>(event) else { return None };
        let Some(Value::Object(object)) = event.remove("object") else { return None };
        Some(WatchEvent { kind: event.remove("type"), object: WatchedObject(object) })
    })
}

/// What a line of a watch holds.
#[derive(Deserialize)]
struct WatchEvent {
    #[serde(rename = "type")]
    kind: Option<Value>,
    object: WatchedObject,
}

/// An object of a watch, without what its managed fields are.
struct WatchedObject(Map<String, Value>);

impl<'de> Deserialize<'de> for WatchedObject {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<WatchedObject, D::Error> {
        deserializer.deserialize_map(Fields { depth: 0 }).map(WatchedObject)
    }
}

/// Reads the fields of an object (depth 0), or of its metadata (1).
struct Fields {
    depth: u8,
}

impl<'de> Visitor<'de> for Fields {
    type Value = Map<String, Value>;

    fn expecting(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object of Kubernetes")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Map<String, Value>, A::Error> {
        let mut fields = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = match (self.depth, &*name) {
                (0, "metadata") => Value::Object(map.next_value_seed(Fields { depth: 1 })?),
                (1, "managedFields") => {
                    map.next_value::<IgnoredAny>()?;
                    Value::Bool(true)
                }
                _ => map.next_value()?,
            };
            fields.insert(name, value);
        }
        Ok(fields)
    }
}

impl<'de> DeserializeSeed<'de> for Fields {
    type Value = Map<String, Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Map<String, Value>, D::Error> {
        deserializer.deserialize_map(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_managed_fields_no_more_is_read_than_that_they_are_there() {
        let object = r#"{"kind":"Pod","metadata":{"name":"a","managedFields":[{"manager":"m","fieldsV1":{"f:a":{}}}],"labels":{"managedFields":"x"}},"managedFields":[1]}"#;
        let event = format!(r#"{{"type":"MODIFIED","object":{object}}}"#);
        let timed = read_line(&format!("1795920983.599\t{event}")).expect("a line of a recording");
        assert_eq!((timed.at_ms, timed.change), (Some(1_795_920_983_599), Some(WatchChange::Modified)));
        let mut whole: Value = serde_json::from_str(object).expect("JSON");
        // Without a time it follows from theirs.
        assert_eq!(read_line(&event).expect("a line of a recording").object, whole);
        whole["metadata"]["managedFields"] = true.into();
        assert_eq!(timed.object, whole);
    }

    #[test]
    fn what_is_not_as_a_watch_prints_it_is_read_all_the_same_or_told_apart() {
        let line = |event: &str| read_line(&format!("1\t{event}"));
        let odd = line(r#"{"object":{"metadata":null},"type":"ADDED","more":[]}"#).expect("an event");
        assert_eq!((odd.change, &odd.object["metadata"]), (Some(WatchChange::Added), &Value::Null));
        let bookmark =
            line(r#"{"type":"BOOKMARK","object":{"kind":"Pod","metadata":{}}}"#).expect("an event");
        assert_eq!(bookmark.change, None);
        for none in [
            "",
            "{}",
            "[]",
            r#"{"type":"ADDED"}"#,
            r#"{"type":"ADDED","object":[]}"#,
            r#"{"type":"ADDED","object":{"a":"#,
        ] {
            assert!(line(none).is_none(), "{none}");
        }
    }
}
