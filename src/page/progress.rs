//! What a learner has done: how far in which lessons. Kept as text, a line for each lesson.

use std::collections::BTreeMap;

/// How the text begins that this version writes and reads.
const HEAD: &str = "ordinal-lessons 1";

/// How far somebody is in a lesson.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Reached {
    /// How many of its steps have been begun.
    pub steps: usize,
    /// Whether its end was seen.
    pub is_done: bool,
}

/// What was done, by the lessons' ids.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Progress(BTreeMap<String, Reached>);

impl Progress {
    /// What was kept; none if it is of another version, or no such text at all.
    pub fn read(text: &str) -> Option<Progress> {
        let mut lines = text.lines();
        if lines.next()?.trim() != HEAD {
            return None;
        }
        let mut progress = Progress::default();
        for line in lines.filter(|line| !line.trim().is_empty()) {
            let mut words = line.split_whitespace();
            let (id, steps) = (words.next()?, words.next()?.parse().ok()?);
            progress.0.insert(id.into(), Reached { steps, is_done: words.next() == Some("done") });
        }
        Some(progress)
    }

    /// As the browser keeps it, and as a file.
    pub fn to_text(&self) -> String {
        let mut text = [HEAD, "\n"].concat();
        for (id, reached) in &self.0 {
            let end = if reached.is_done { " done\n" } else { "\n" };
            text.push_str(&[id, " ", &reached.steps.to_string(), end].concat());
        }
        text
    }

    /// Adds what was done elsewhere: of each lesson what is further.
    pub fn add(&mut self, other: Progress) {
        for (id, reached) in other.0 {
            let here = self.0.entry(id).or_default();
            here.steps = here.steps.max(reached.steps);
            here.is_done |= reached.is_done;
        }
    }

    /// Notes that a step has been begun, counted from 0; whether that is news.
    pub fn note(&mut self, id: &str, step: usize) -> bool {
        let reached = self.0.entry(id.into()).or_default();
        let is_news = reached.steps < step + 1;
        reached.steps = reached.steps.max(step + 1);
        is_news
    }

    /// Notes that a lesson's end was seen; whether that is news.
    pub fn finish(&mut self, id: &str, steps: usize) -> bool {
        let reached = self.0.entry(id.into()).or_default();
        reached.steps = steps;
        !std::mem::replace(&mut reached.is_done, true)
    }

    /// How far somebody is in a lesson.
    pub fn of(&self, id: &str) -> Reached {
        self.0.get(id).copied().unwrap_or_default()
    }

    /// Whether nothing was done.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_done_comes_back_and_what_is_further_stays() {
        let mut progress = Progress::default();
        assert!(progress.note("walk", 0) && progress.note("walk", 2) && !progress.note("walk", 1));
        assert!(progress.finish("names", 5) && !progress.finish("names", 5));
        let text = progress.to_text();
        assert_eq!(text, "ordinal-lessons 1\nnames 5 done\nwalk 3\n");
        assert_eq!(Progress::read(&text), Some(progress.clone()));
        let other = Progress::read("ordinal-lessons 1\nwalk 1 done\nnew 2\n").expect("of this version");
        progress.add(other);
        assert_eq!(progress.of("walk"), Reached { steps: 3, is_done: true });
        assert_eq!(progress.of("new"), Reached { steps: 2, is_done: false });
        assert_eq!(progress.of("none"), Reached::default());
    }

    #[test]
    fn what_is_of_another_version_is_not_read() {
        for text in
            ["", "ordinal-lessons 2\nwalk 1", "{}", "ordinal-lessons 1\nwalk", "ordinal-lessons 1\nwalk x"]
        {
            assert_eq!(Progress::read(text), None, "{text}");
        }
    }
}
