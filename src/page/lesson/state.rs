//! The list of lessons, the lesson that is open, and how far it is.

use crate::page::progress::Progress;
use crate::session::Session;
use kubesim::{SimTime, Str, TimedInput};
use lesson::play::{self, Opened};
use lesson::text::{Part, plain};
use lesson::{Lesson, Step};
use scene::examples::EXAMPLES;
use std::rc::Rc;

/// A lesson of the list.
#[derive(Clone, PartialEq, Debug)]
pub struct Entry {
    /// Its file's name in the site.
    pub file: Str,
    /// The language of the file.
    pub language: Str,
    /// Its name in links and in what is kept.
    pub id: Str,
    /// How long it takes somebody [min].
    pub minutes: Str,
    /// The title in the language of the file.
    pub title: Str,
    /// What it is about.
    pub summary: Str,
    /// Whether it is a puzzle.
    pub is_puzzle: bool,
}

/// The list, as the build wrote it: a line for each lesson, its fields with tabs between them.
pub(super) fn entries(list: &str) -> Vec<Entry> {
    let entry = |line: &str| {
        let mut fields = line.split('\t').map(Str::from);
        Some(Entry {
            file: fields.next()?,
            language: fields.next()?,
            is_puzzle: *fields.next()? == *"puzzle",
            id: fields.next()?,
            minutes: fields.next()?,
            title: fields.next()?,
            summary: fields.next()?,
        })
    };
    list.lines().filter_map(entry).collect()
}

/// What is wrong.
#[derive(Clone, PartialEq, Debug)]
pub enum Problem {
    /// The list, or a lesson of it, did not come.
    NotLoaded,
    /// There is no such lesson.
    Unknown(Str),
    /// What is wrong with a lesson's file: the first error, with its line and column.
    Unreadable(Str),
    /// There is no such example.
    NoExample(Str),
    /// A link is cut or changed.
    Damaged,
    /// What was done is kept in a form that this version does not know.
    OtherProgress,
    /// The browser keeps nothing.
    NotKept,
}

/// Lessons on the page.
#[derive(Clone, Default)]
pub struct Lessons {
    /// The list, once it has come.
    pub list: Option<Rc<Vec<Entry>>>,
    /// The lesson to open once the list is there.
    pub wanted: Option<Str>,
    /// What was done.
    pub progress: Progress,
    /// The lesson that is open.
    pub open: Option<Play>,
    /// What is wrong.
    pub problem: Option<Problem>,
    /// Whether it is shown to a class.
    pub is_presenting: bool,
    /// The part of the page that is lit by hand.
    pub light: Option<Part>,
}

/// What was said to a bet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// This choice.
    Bet(usize),
    /// Nothing.
    Skipped,
}

/// A lesson that is open.
#[derive(Clone)]
pub struct Play {
    /// What it is.
    pub lesson: Rc<Lesson>,
    /// Its file's text.
    pub text: Str,
    /// The number of its branch.
    pub path: usize,
    /// All inputs of that branch, and its end, as they were seen last.
    pub(super) trail: (Rc<[TimedInput]>, SimTime),
    /// The step that is shown.
    pub step: usize,
    /// The steps that have been begun, in their order.
    pub records: Vec<Record>,
    /// The choice that is to be the bet.
    pub choice: Option<usize>,
    /// Whether a class sees the answers.
    pub is_revealed: bool,
    /// Whether a hint was asked for.
    pub wants_hint: bool,
    /// Whether its end is shown.
    pub is_over: bool,
    /// Whether it is a puzzle: nothing is offered on the way.
    pub is_puzzle: bool,
    /// How many inputs that may change something mended a puzzle, once it is over.
    pub score: Option<usize>,
}

/// A step that has been begun.
#[derive(Clone)]
pub struct Record {
    /// The inputs before its own.
    pub(super) before: Rc<[TimedInput]>,
    /// When it began.
    pub(super) begins: SimTime,
    /// What is known of how far it is, once its own inputs are given.
    pub opened: Option<Opened>,
    /// What was said to its bet.
    pub answer: Option<Answer>,
    /// When its `until` was reached, or given up.
    pub ends: Option<SimTime>,
    /// Whether its task is done; none without one.
    pub task: Option<bool>,
    /// Whether its task was skipped.
    pub is_skipped: bool,
    /// Whether there is no way on.
    pub has_failed: bool,
    /// The hints for where the learner is, by their places among the step's.
    pub hints: Vec<usize>,
    /// What was looked at last: writes, seconds, inputs.
    pub(super) seen: (usize, i64, usize),
}

impl Play {
    /// The step that is shown.
    pub fn shown(&self) -> &Step {
        &self.lesson.steps[self.step]
    }

    /// How far the shown step is.
    pub fn record(&self) -> Option<&Record> {
        self.records.get(self.step)
    }

    /// Whether the shown step's bet waits for an answer.
    pub fn waits_for_bet(&self) -> bool {
        self.record().is_some_and(|record| record.answer.is_none()) && self.shown().bet().is_some()
    }

    /// Whether time plays for the shown step.
    pub fn plays(&self) -> bool {
        !self.waits_for_bet() && self.record().is_some_and(|record| record.ends.is_none())
    }

    /// Whether the shown step's `until` was given up.
    pub fn is_overdue(&self) -> bool {
        let opened = self.record().and_then(|record| record.opened.as_ref());
        opened.is_some_and(|opened| opened.progress == play::Progress::Overdue)
    }

    /// Whether the task of the shown step is still to be done.
    pub fn has_task(&self) -> bool {
        let record = self.record();
        self.shown().task().is_some()
            && record.is_some_and(|record| record.task != Some(true) && !record.is_skipped)
    }

    /// Whether *Next* is open.
    pub fn may_go_on(&self) -> bool {
        !self.waits_for_bet() && !self.plays() && !self.has_task()
    }

    pub(super) fn is_last_begun(&self) -> bool {
        self.step + 1 == self.records.len()
    }

    /// Whether what the learner does now belongs to the lesson.
    pub(super) fn takes_input(&self, session: &Session) -> bool {
        let is_free = self.shown().task().is_some() || self.is_over;
        self.is_last_begun()
            && !self.waits_for_bet()
            && !self.plays()
            && is_free
            && !session.branch().has_future()
    }

    /// What stands in the editor in a step: the last manifest up to it.
    pub(super) fn manifest(&self, step: usize) -> Option<&str> {
        let until = self.lesson.steps[..=step].iter().rev();
        until.filter_map(Step::manifest).map(|(text, _)| text).next().or_else(|| self.example())
    }

    pub(super) fn example(&self) -> Option<&'static str> {
        let name = self.lesson.front.example.as_ref()?;
        EXAMPLES.iter().find(|example| example.name == name).map(|example| example.text)
    }

    /// The parts that are lit: by hand, or else those that the step points at.
    pub fn lights(&self, by_hand: Option<&Part>) -> Vec<Part> {
        match by_hand {
            Some(part) => vec![part.clone()],
            None if self.waits_for_bet() || self.is_over => Vec::new(),
            None => self.shown().looks().map(|(_, part)| part.clone()).collect(),
        }
    }
}

/// The choices' letters.
pub const LETTERS: [&str; 8] = ["A", "B", "C", "D", "E", "F", "G", "H"];

/// A lesson's title, for the head of its pages.
pub fn title(step: &Step) -> String {
    plain(&step.title)
}
