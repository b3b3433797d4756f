//! A lesson played without anybody: what a learner would run into.

use crate::front_matter;
use crate::lesson::{Item, Lesson, Line, Step};
use crate::play::{MOST_TIME, Opened, Progress, frees_terminal, opening};
use crate::problem::{Position, Problem, Severity, did_you_mean};
use crate::text::{self, Part};
use kubesim::terminal::Probed;
use kubesim::{Change, Input, Kind, Options, Span, Story, Stream};
use std::collections::BTreeSet;

/// What playing a lesson has shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Played {
    /// What is wrong.
    pub problems: Vec<Problem>,
    /// How much of the cluster's time it took.
    pub took: Span,
}

/// Plays a lesson from its first step to its last, each task by its solution or else by its offers. `example` is the manifest of
/// the example that it begins with.
pub fn play(lesson: &Lesson, example: Option<&str>) -> Played {
    play_before(lesson, example, &mut |_, _: &mut Story| ())
}

/// The moments of a step at which somebody looks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Look {
    /// Before anything of it was given.
    Opens,
    /// All of its `until` have succeeded, and its task is not done yet.
    Reached,
}

/// As [`play`], before somebody's eyes, who may let time pass.
pub fn play_before(lesson: &Lesson, example: Option<&str>, eyes: &mut dyn FnMut(Look, &mut Story)) -> Played {
    let mut player = Player {
        eyes,
        story: Story::new(Options::default()),
        manifest: example.unwrap_or_default().to_string(),
        objects: BTreeSet::new(),
        entries: 0,
        problems: Vec::new(),
    };
    for (index, step) in lesson.steps.iter().enumerate() {
        player.step(step, example.filter(|_| index == 0));
        if player.problems.iter().any(|p| p.severity == Severity::Error) {
            break;
        }
    }
    Played { problems: player.problems, took: Span(player.story.now().0) }
}

struct Player<'e> {
    eyes: &'e mut dyn FnMut(Look, &mut Story),
    story: Story,
    /// What is in the editor.
    manifest: String,
    /// The objects that there have been, by kind and name.
    objects: BTreeSet<(Kind, String)>,
    /// Up to where the history was searched for them.
    entries: usize,
    problems: Vec<Problem>,
}

impl Player<'_> {
    fn error(&mut self, at: Position, message: impl Into<String>) {
        self.problems.push(Problem::error(at, message));
    }

    fn step(&mut self, step: &Step, example: Option<&str>) {
        if let Some((text, _)) = step.manifest() {
            self.manifest = text.to_string();
        }
        (self.eyes)(Look::Opens, &mut self.story);
        let before = self.story.cluster.api.history().len();
        for input in opening(step, example) {
            self.story.input(input);
        }
        let mut opened = Opened::new(&self.story);
        while opened.look(&self.story, step) == Progress::Plays {
            self.advance();
        }
        self.unknown_commands(step, before);
        if opened.progress == Progress::Overdue {
            return self.overdue(step, &opened);
        }
        (self.eyes)(Look::Reached, &mut self.story);
        if opened.has_failed(&self.story, step) {
            self.error(failed_at(step), "this `sh failed` succeeds before the learner has done anything");
        }
        self.conditions(step, &opened);
        match opened.is_task_done(&self.story, step) {
            None => {}
            Some(true) => {
                let at = step.task().map_or(step.at, |task| task.checks[0].at);
                self.error(at, "this task is done before the learner has done anything");
            }
            Some(false) => self.task(step, &opened),
        }
        self.parts(step);
    }

    /// Lets time pass until something was written, at most a second.
    fn advance(&mut self) {
        let (written, end) = (self.story.cluster.api.history().len(), self.story.now() + Span::seconds(1));
        while self.story.cluster.api.history().len() == written {
            match self.story.next_at() {
                Some(at) if at < end => drop(self.story.step()),
                _ => return self.story.run_until(end),
            }
        }
    }

    /// Lets time pass until this holds; whether it did in time.
    fn advance_until(&mut self, is_reached: impl Fn(&Story) -> bool) -> bool {
        let end = self.story.now() + MOST_TIME;
        while !is_reached(&self.story) {
            if self.story.now() >= end {
                return false;
            }
            self.advance();
        }
        true
    }

    fn overdue(&mut self, step: &Step, opened: &Opened) {
        let minutes = MOST_TIME.0 / 60_000;
        if opened.waits_for_commands() {
            let at = step.run().next().map_or(step.at, |line| line.at);
            return self.error(at, format!("after {minutes} minutes these commands still run"));
        }
        let typed = opened.typed(&self.story);
        let failing = step.until().find_map(|line| {
            let probed = self.story.probe(&typed, &line.text);
            (!probed.is_success()).then_some((line, probed))
        });
        if let Some((line, probed)) = failing {
            let message = format!("after {minutes} minutes `{}` {}", line.text, ended(&probed));
            self.error(line.at, message);
        }
    }

    /// A command that nobody knows is a slip of the author's.
    fn unknown_commands(&mut self, step: &Step, before: usize) {
        let at = step.run().next().map_or(step.at, |line| line.at);
        let printed = self.story.cluster.api.history().since(before).iter().filter_map(|e| match &e.change {
            Change::Output { stream: Stream::Stderr, text } => Some(&**text),
            _ => None,
        });
        let unknown =
            |text: &&str| text.contains(": command not found") || text.contains("error: unknown command");
        let lines: Vec<String> = printed.filter(unknown).map(|text| first_line(text).to_string()).collect();
        lines.into_iter().for_each(|line| self.error(at, line));
    }

    /// Conditions of hints, and of failures, are commands that exist.
    fn conditions(&mut self, step: &Step, opened: &Opened) {
        let typed = opened.typed(&self.story);
        let hints = step.hints().flat_map(|hint| &hint.conditions);
        let mut found = Vec::new();
        for line in hints.chain(step.failures().flatten()) {
            let probed = self.story.probe(&typed, &line.text);
            // 2 is the shell's own for a line that it can't read, 127 for a command that it does not find.
            if matches!(probed.exit_code, Some(2 | 127)) {
                found.push(Problem::error(line.at, format!("`{}` {}", line.text, ended(&probed))));
            }
        }
        self.problems.extend(found);
    }

    fn task(&mut self, step: &Step, opened: &Opened) {
        let Some(task) = step.task() else { return };
        let solution: Vec<&Line> = step.solution().collect();
        let lines = if solution.is_empty() { task.offers.iter().collect() } else { solution };
        if lines.is_empty() {
            let message =
                "nobody can check this task: add a line `# offer: COMMAND`, or a block `sh solution`";
            return self.error(task.checks[0].at, message);
        }
        for line in &lines {
            self.story.input(Input::Line(line.text.as_str().into()));
            if !self.advance_until(|story| story.terminal.is_on_laptop()) {
                let minutes = MOST_TIME.0 / 60_000;
                return self.error(line.at, format!("after {minutes} minutes this command still runs"));
            }
        }
        if !self.advance_until(|story| opened.is_task_done(story, step) == Some(true)) {
            let typed = opened.typed(&self.story);
            let failing = task.checks.iter().find_map(|line| {
                let probed = self.story.probe(&typed, &line.text);
                (!probed.is_success()).then_some((line, probed))
            });
            if let Some((line, probed)) = failing {
                let way = if step.solution().next().is_some() { "the solution" } else { "all offers" };
                let message = format!("after {way}, `{}` {}", line.text, ended(&probed));
                self.error(line.at, message);
            }
            return;
        }
        if opened.has_failed(&self.story, step) {
            self.error(failed_at(step), "this `sh failed` succeeds where the task is done");
        }
        if let Some(input) = frees_terminal(&self.story) {
            self.story.input(input);
        }
    }

    /// Whether what the text links to has been there.
    fn parts(&mut self, step: &Step) {
        let entries = self.story.cluster.api.history().since(self.entries);
        let new: Vec<_> = entries
            .iter()
            .filter_map(|entry| match &entry.change {
                Change::Object { key, .. } => Some((key.kind, key.name.to_string())),
                _ => None,
            })
            .collect();
        self.objects.extend(new);
        self.entries = self.story.cluster.api.history().len();
        let mut found = Vec::new();
        for (at, item) in &step.items {
            let mut of_item = Vec::new();
            match item {
                Item::Prose(block) => text::parts(std::slice::from_ref(block), &mut of_item),
                Item::Predict(bet) => {
                    text::parts(&bet.question, &mut of_item);
                    bet.choices.iter().for_each(|choice| text::parts(choice, &mut of_item));
                    text::parts(&bet.why, &mut of_item);
                }
                Item::Hint(hint) => text::parts(&hint.text, &mut of_item),
                _ => {}
            }
            found.extend(of_item.into_iter().map(|part| (*at, part)));
        }
        found.extend(step.looks().map(|(at, part)| (*at, part)));
        let problems: Vec<Problem> = found
            .into_iter()
            .filter_map(|(at, part)| Some(Problem::error(at, self.missing(part)?)))
            .collect();
        self.problems.extend(problems);
    }

    /// What is said of a part that is not there.
    fn missing(&self, part: &Part) -> Option<String> {
        let (kind, word, name) = match part {
            Part::Pod(name) => (Kind::Pod, "pod", name),
            Part::Claim(name) => (Kind::PersistentVolumeClaim, "claim", name),
            Part::Service(name) => (Kind::Service, "service", name),
            Part::Line(field) => {
                let is_there = self.manifest.lines().any(|line| {
                    let line = line.trim_start_matches([' ', '-']);
                    line.strip_prefix(field.as_str()).is_some_and(|rest| rest.starts_with(':'))
                        || line.contains(&format!("{field}:"))
                });
                return (!is_there).then(|| format!("the manifest has no line `{field}`"));
            }
            Part::Why | Part::Timeline | Part::Terminal | Part::Dns(_) => return None,
        };
        if self.objects.contains(&(kind, name.clone())) {
            return None;
        }
        let names = self.objects.iter().filter(|(k, _)| *k == kind).map(|(_, name)| name.as_str());
        Some(format!(
            "no {word} {name} has been there up to the end of this step{}",
            did_you_mean(name, names)
        ))
    }
}

fn failed_at(step: &Step) -> Position {
    step.failures().find_map(<[Line]>::first).map_or(step.at, |line| line.at)
}

fn first_line(text: &str) -> &str {
    text.trim().lines().next().unwrap_or_default()
}

/// How a check that did not succeed ended, for a person.
fn ended(probed: &Probed) -> String {
    let printed: String = probed.output.iter().map(|(_, text)| &**text).collect();
    let last = printed.trim().lines().next_back().unwrap_or_default();
    let said = if last.is_empty() { String::new() } else { format!(": {last}") };
    match probed.exit_code {
        Some(code) => format!("ends with exit code {code}{said}"),
        None => format!("does not end at this moment{said}"),
    }
}

/// What differs between a lesson in one language and in another, at places of the other.
pub fn compare(one: &Lesson, other: &Lesson) -> Vec<Problem> {
    let head = Position { line: 1, column: 1 };
    let mut problems: Vec<Problem> = front_matter::differing(&one.front, &other.front)
        .into_iter()
        .map(|field| Problem::error(head, format!("`{field}` is not the same in each language")))
        .collect();
    if one.steps.len() != other.steps.len() {
        let message = format!("{} steps here, {} in the other language", other.steps.len(), one.steps.len());
        problems.push(Problem::error(head, message));
        return problems;
    }
    for (one, other) in one.steps.iter().zip(&other.steps) {
        let of = |step: &Step| -> Vec<(Position, String)> {
            step.items.iter().filter_map(|(at, item)| Some((*at, instructs(item)?))).collect()
        };
        let (ones, others) = (of(one), of(other));
        if ones.len() != others.len() {
            let message =
                format!("{} blocks in this step, {} in the other language", others.len(), ones.len());
            problems.push(Problem::error(other.at, message));
            continue;
        }
        for ((_, one), (at, other)) in ones.iter().zip(&others) {
            if one != other {
                problems.push(Problem::error(*at, "this block does other things than in the other language"));
            }
        }
    }
    problems
}

/// What a block does, whatever its language; nothing for prose.
fn instructs(item: &Item) -> Option<String> {
    let lines = |lines: &[Line]| lines.iter().flat_map(|line| [line.text.as_str(), "\n"]).collect::<String>();
    Some(match item {
        Item::Prose(_) => return None,
        Item::Manifest { text, is_applied } => {
            let code = text.lines().map(|line| line.split(" #").next().unwrap_or_default().trim_end());
            let code: Vec<&str> = code.filter(|line| !line.starts_with('#')).collect();
            format!("manifest {is_applied}\n{}", code.join("\n"))
        }
        Item::Run(l) => format!("run\n{}", lines(l)),
        Item::Until(l) => format!("until\n{}", lines(l)),
        Item::Predict(bet) => format!("predict {} of {}", bet.right, bet.choices.len()),
        Item::Task(task) => format!("task\n{}offers\n{}", lines(&task.checks), lines(&task.offers)),
        Item::Hint(hint) => format!("hint\n{}", lines(&hint.conditions)),
        Item::Failed(l) => format!("failed\n{}", lines(l)),
        Item::Solution(l) => format!("solution\n{}", lines(l)),
        Item::Look(parts) => format!("look {:?}", parts.iter().map(|(_, part)| part).collect::<Vec<_>>()),
    })
}
