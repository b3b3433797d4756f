//! The terminal's screen, as tests read it.

use kubesim::{Change, Input, Span, Story};

/// All that the terminal has printed.
pub fn screen(story: &Story) -> String {
    let printed = story.cluster.api.history().entries().iter().filter_map(|e| match &e.change {
        Change::Output { text, .. } => Some(&**text),
        _ => None,
    });
    printed.collect()
}

/// What the terminal shows in these seconds after a line was typed, without the line.
pub fn answer(story: &mut Story, line: &str, seconds: i64) -> String {
    let before = screen(story).len();
    story.input(Input::Line(line.into()));
    story.run_until(story.now() + Span::seconds(seconds));
    let shown = screen(story)[before..].to_string();
    shown.strip_prefix(&format!("{line}\n")).map_or(shown.clone(), str::to_owned)
}
