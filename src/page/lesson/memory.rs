//! How far an open lesson is, as a text that the tab remembers while its page is loaded again. Its path comes back as a branch
//! of the story that is remembered beside it ([`crate::link::address::saved`]).

use super::state::{Answer, Play, Record};
use crate::session::Session;
use kubesim::{SimTime, Str};
use lesson::play::{Opened, Progress};
use lesson::{Lesson, Severity, parse};
use std::rc::Rc;

/// How the text begins that this version writes and reads.
const HEAD: &str = "ordinal-lesson 1\n";
/// A number that is not there.
const NONE: i64 = -1;

/// A lesson that was open.
pub(super) struct Memory<'a> {
    /// Its file's text.
    pub(super) text: &'a str,
    /// Whether it was shown to a class.
    pub(super) presents: bool,
    place: usize,
    step: usize,
    is_over: bool,
    records: Vec<[i64; 9]>,
}

/// What the tab is to remember of a lesson; nothing if its path is not among the branches that a link can hold.
pub(super) fn to_text(play: &Play, presents: bool, session: &Session) -> Option<String> {
    let branches = session.branches();
    if branches.iter().any(|branch| branch.is_opened()) {
        return None;
    }
    let place = branches.iter().position(|branch| branch.id == play.path)?;
    let line = |numbers: &[i64]| {
        let numbers: Vec<String> = numbers.iter().map(i64::to_string).collect();
        [&*numbers.join(" "), "\n"].concat()
    };
    let mut text = String::from(HEAD);
    text.push_str(&line(&[place as i64, play.step as i64, i64::from(play.is_over), i64::from(presents)]));
    play.records.iter().for_each(|record| text.push_str(&line(&numbers(record))));
    text.push('\n');
    text.push_str(&play.text);
    Some(text)
}

fn numbers(record: &Record) -> [i64; 9] {
    let (at, inputs, progress) = match &record.opened {
        Some(opened) => (opened.at.0, opened.inputs as i64, opened.progress as i64),
        None => (NONE, NONE, NONE),
    };
    let answer = match record.answer {
        None => NONE,
        Some(Answer::Skipped) => 0,
        Some(Answer::Bet(choice)) => choice as i64 + 1,
    };
    let ends = record.ends.map_or(NONE, |ends| ends.0);
    let task = record.task.map_or(NONE, i64::from);
    let before = record.before.len() as i64;
    [before, record.begins.0, at, inputs, progress, answer, ends, task, i64::from(record.is_skipped)]
}

impl Memory<'_> {
    /// What the tab remembers; nothing if that was written by another version.
    pub(super) fn read(text: &str) -> Option<Memory<'_>> {
        let (head, text) = text.strip_prefix(HEAD)?.split_once("\n\n")?;
        let mut lines = head.lines().map(|line| {
            let numbers: Result<Vec<i64>, _> = line.split(' ').map(str::parse).collect();
            numbers.ok()
        });
        let [place, step, is_over, presents] = <[i64; 4]>::try_from(lines.next()??).ok()?;
        let records: Option<Vec<[i64; 9]>> =
            lines.map(|numbers| <[i64; 9]>::try_from(numbers?).ok()).collect();
        Some(Memory {
            text,
            presents: presents == 1,
            place: usize::try_from(place).ok()?,
            step: usize::try_from(step).ok()?,
            is_over: is_over == 1,
            records: records?,
        })
    }

    /// The lesson as it was open, on the story that was remembered with it; nothing if it does not fit that story.
    pub(super) fn open(&self, session: &Session) -> Option<Play> {
        let (lesson, problems) = parse(self.text);
        if problems.iter().any(|problem| problem.severity == Severity::Error) {
            return None;
        }
        let branch = session.branches().get(self.place)?;
        let records: Option<Vec<Record>> = (self.records.iter().enumerate())
            .map(|(step, numbers)| self.record(&lesson, step, numbers, session))
            .collect();
        let records = records.filter(|records| self.step < records.len())?;
        let is_puzzle = lesson.is_puzzle();
        Some(Play {
            lesson: Rc::new(lesson),
            text: Str::from(self.text),
            path: branch.id,
            trail: (branch.inputs().into(), branch.end()),
            step: self.step,
            records,
            choice: None,
            is_revealed: false,
            wants_hint: false,
            is_over: self.is_over,
            is_puzzle,
            score: None,
        })
    }

    fn record(&self, lesson: &Lesson, step: usize, numbers: &[i64; 9], session: &Session) -> Option<Record> {
        let [before, begins, at, inputs, progress, answer, ends, task, is_skipped] = *numbers;
        let branch = &session.branches()[self.place];
        let (given, end) = (branch.inputs(), branch.end());
        let moment = |at: i64| (at != NONE).then_some(SimTime(at));
        let progress = match progress {
            0 => Progress::Plays,
            1 => Progress::Reached,
            _ => Progress::Overdue,
        };
        let inputs = usize::try_from(inputs).ok().filter(|inputs| *inputs <= given.len());
        let opened = match moment(at) {
            Some(at) => Some(Opened::known(at, inputs?, progress)),
            None => None,
        };
        let choices = lesson.steps.get(step)?.bet().map_or(0, |bet| bet.choices.len());
        let answer = match usize::try_from(answer) {
            Err(_) => None,
            Ok(0) => Some(Answer::Skipped),
            Ok(place) if place <= choices => Some(Answer::Bet(place - 1)),
            Ok(_) => return None,
        };
        let is_told = [begins, at, ends].iter().all(|at| *at <= end.0);
        is_told.then_some(Record {
            before: given.get(..usize::try_from(before).ok()?)?.into(),
            begins: SimTime(begins),
            opened,
            answer,
            ends: moment(ends),
            task: (task != NONE).then_some(task == 1),
            is_skipped: is_skipped == 1,
            has_failed: false,
            hints: Vec::new(),
            seen: (0, 0, 0),
        })
    }
}
