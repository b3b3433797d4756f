//! The terminal as a file: what it showed as text, and as a recording that players of terminals show (asciicast v3).

use kubesim::{Change, History};
use serde_json::Value;
use std::fmt::Write;

/// The size of the terminal that is recorded (columns, rows).
const SIZE: (u32, u32) = (100, 30);

/// What the terminal has shown, in milliseconds of simulated time.
fn printed(history: &History) -> impl Iterator<Item = (i64, &str)> {
    history.entries().iter().filter_map(|entry| match &entry.change {
        Change::Output { text, .. } => Some((entry.at.0, &**text)),
        _ => None,
    })
}

/// Everything that the terminal has shown.
pub fn text(history: &History) -> String {
    printed(history).map(|(_, text)| text).collect()
}

/// The same as asciicast v3: a line of JSON about the terminal, and one for each text, with the seconds since the one before.
pub fn asciicast(history: &History, title: &str) -> String {
    let (columns, rows) = SIZE;
    let mut out = format!("{{\"version\":3,\"term\":{{\"cols\":{columns},\"rows\":{rows}}},\"title\":");
    out.push_str(&Value::from(title).to_string());
    out.push_str("}\n");
    let mut last = 0;
    for (at, text) in printed(history) {
        let gone = (at - last).max(0);
        let _ = write!(out, "[{}.{:03},\"o\",", gone / 1000, gone % 1000);
        // A terminal's line feed goes down, not back.
        out.push_str(&Value::from(text.replace('\n', "\r\n")).to_string());
        out.push_str("]\n");
        last = at;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::{asciicast, text};
    use kubesim::{Input, Options, SimTime, Story};

    #[test]
    fn the_terminal_is_told_as_it_was() {
        let mut story = Story::new(Options::default());
        story.run_until(SimTime(1_500));
        story.input(Input::Line("echo \"a\\b\"".into()));
        story.run_until(SimTime(3_000));
        let history = story.cluster.api.history();
        assert_eq!(text(history), "$ echo \"a\\b\"\na\\b\n$ ");
        let cast = asciicast(history, "flask");
        let lines: Vec<&str> = cast.lines().collect();
        assert_eq!(lines[0], r#"{"version":3,"term":{"cols":100,"rows":30},"title":"flask"}"#);
        assert_eq!(lines[1], r#"[0.000,"o","$ "]"#);
        assert!(lines[2].starts_with("[1.500,\"o\",\"echo \\\"a\\\\b\\\""), "{cast}");
        assert!(cast.contains(r"\r\n") && !cast.contains("\n\n"), "{cast}");
    }
}
