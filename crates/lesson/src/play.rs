//! A lesson's step on a story: what is given when it opens, and how far it is.

use crate::lesson::{Hint, Line, Step};
use kubesim::{Input, SimTime, Span, Story};

/// How long a step plays at most, in the cluster's time.
pub const MOST_TIME: Span = Span::seconds(600);

/// What the user would have to do for the laptop to wait for a line, when something else has the terminal.
pub fn frees_terminal(story: &Story) -> Option<Input> {
    match story.terminal.is_on_laptop() {
        true => None,
        // A shell in a pod ends with its input; a command is interrupted.
        false if story.terminal.prompt().is_some() => Some(Input::EndOfInput),
        false => Some(Input::Interrupt),
    }
}

/// What is given when a step opens, or when its bet is placed: its manifest, then its commands. `example` is the manifest with
/// which the lesson begins, for its first step.
pub fn opening(step: &Step, example: Option<&str>) -> Vec<Input> {
    let mut inputs = Vec::new();
    let manifest = step.manifest().filter(|(_, is_applied)| *is_applied).map(|(text, _)| text);
    inputs.extend(example.into_iter().chain(manifest).map(|text| Input::Apply(text.into())));
    let commands: Vec<&str> = step.run().map(|line| line.text.as_str()).collect();
    if !commands.is_empty() {
        inputs.push(Input::Line(commands.join("\n").into()));
    }
    inputs
}

/// How far a step is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Progress {
    /// Its commands have not ended, or not all of its `until` succeed.
    Plays,
    /// All of its `until` have succeeded.
    Reached,
    /// They did not within [`MOST_TIME`].
    Overdue,
}

/// A step that was opened.
#[derive(Clone, PartialEq, Debug)]
pub struct Opened {
    /// When.
    pub at: SimTime,
    /// How many inputs the story had when the step's own had been given: what follows is the learner's.
    pub inputs: usize,
    /// How far it is; what was once reached stays so.
    pub progress: Progress,
    have_commands_ended: bool,
    /// What was looked at last: how many writes there were, and when.
    seen: Option<(usize, SimTime)>,
}

impl Opened {
    /// A step whose inputs were just given.
    pub fn new(story: &Story) -> Opened {
        Opened {
            at: story.now(),
            inputs: story.inputs().len(),
            progress: Progress::Plays,
            have_commands_ended: false,
            seen: None,
        }
    }

    /// A step that was opened before the story was played again: when, after how many inputs, and how far it was.
    pub fn known(at: SimTime, inputs: usize, progress: Progress) -> Opened {
        Opened { at, inputs, progress, have_commands_ended: false, seen: None }
    }

    /// Looks how far the step is. Asks the cluster only if it has changed, or a second has passed.
    pub fn look(&mut self, story: &Story, step: &Step) -> Progress {
        self.have_commands_ended |= story.terminal.is_on_laptop();
        if self.progress == Progress::Plays && self.have_commands_ended && self.has_news(story) {
            let typed = self.typed(story);
            if step.until().all(|line| succeeds(story, &typed, line)) {
                self.progress = Progress::Reached;
            }
        }
        if self.progress == Progress::Plays && story.now() >= self.at + MOST_TIME {
            self.progress = Progress::Overdue;
        }
        self.progress
    }

    fn has_news(&mut self, story: &Story) -> bool {
        let (written, now) = (story.cluster.api.history().len(), story.now());
        let is_new = self.seen.is_none_or(|(w, at)| w != written || now >= at + Span::seconds(1));
        if is_new {
            self.seen = Some((written, now));
        }
        is_new
    }

    /// Whether the step's commands still run.
    pub fn waits_for_commands(&self) -> bool {
        !self.have_commands_ended
    }

    /// What the learner has typed since: what `history` shows in a step's checks.
    pub fn typed<'a>(&self, story: &'a Story) -> Vec<&'a str> {
        let inputs = story.inputs().get(self.inputs..).unwrap_or_default();
        let typed = inputs.iter().filter_map(|timed| match &timed.input {
            Input::Line(line) | Input::Command(line) | Input::Edit { line, .. } => Some(&**line),
            Input::Apply(_) => Some("kubectl apply -f - < manifest.yaml"),
            _ => None,
        });
        typed.flat_map(str::lines).collect()
    }

    /// Whether the step's task is done; none if it has none.
    pub fn is_task_done(&self, story: &Story, step: &Step) -> Option<bool> {
        let typed = self.typed(story);
        step.task().map(|task| task.checks.iter().all(|line| succeeds(story, &typed, line)))
    }

    /// Whether there is no way on.
    pub fn has_failed(&self, story: &Story, step: &Step) -> bool {
        let typed = self.typed(story);
        step.failures().any(|lines| lines.iter().all(|line| succeeds(story, &typed, line)))
    }

    /// The hints for where the learner is now.
    pub fn hints<'a>(&self, story: &Story, step: &'a Step) -> Vec<&'a Hint> {
        let typed = self.typed(story);
        let fits = |hint: &&Hint| hint.conditions.iter().all(|line| succeeds(story, &typed, line));
        step.hints().filter(fits).collect()
    }
}

fn succeeds(story: &Story, typed: &[&str], line: &Line) -> bool {
    story.probe(typed, &line.text).is_success()
}
