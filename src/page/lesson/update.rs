//! What becomes of lessons by what is wanted of them.

use super::intent::{LessonEffect, LessonIntent};
use super::memory::{self, Memory};
use super::state::{Answer, LETTERS, Lessons, Play, Problem, Record, entries};
use crate::link::address::saved;
use crate::link::pack::{pack, unpack};
use crate::page::effect::Effect;
use crate::page::intent::Intent;
use crate::page::panel::{LeftTab, View};
use crate::page::progress::Progress;
use crate::page::state::PageState;
use crate::session::{Action, Session};
use kubesim::{Input, SimTime, Str};
use lesson::play::{self, Opened, opening};
use lesson::text::Part;
use lesson::{Severity, parse};
use std::rc::Rc;

/// How fast time passes in a lesson, unless it passes faster already.
const SPEED: f64 = 4.0;

/// What has been done elsewhere than on the lesson's path begins a branch of its own; time stands still for a bet.
pub fn guard(state: &PageState, effects: Vec<Effect>, session: &Session) -> Vec<Effect> {
    let Some(play) = state.play().filter(|play| play.path == session.branch().id) else { return effects };
    let guarded = |effect: Effect| match effect {
        Effect::Session(Action::Toggle) if play.waits_for_bet() && play.is_last_begun() => None,
        Effect::Session(Action::Input(input)) if !play.takes_input(session) && changes(&input, session) => {
            Some(Effect::Session(Action::Apart(input)))
        }
        effect => Some(effect),
    };
    effects.into_iter().filter_map(guarded).collect()
}

/// Whether an input may change something in the cluster.
fn changes(input: &Input, session: &Session) -> bool {
    match input {
        Input::Line(line) | Input::Command(line) => {
            kubesim::terminal::look(&session.moment().store, session.now(), line).is_none()
        }
        Input::Ask(_) | Input::Watch(_) | Input::Interrupt | Input::EndOfInput => false,
        _ => true,
    }
}

/// The page after something that is wanted of lessons, and what is to be done.
pub fn update(state: &PageState, intent: &LessonIntent, session: &Session) -> (PageState, Vec<Effect>) {
    let mut lessons = state.lessons.as_deref().cloned().unwrap_or_default();
    let mut next = state.clone();
    let mut turn = Turn { next: &mut next, session, effects: Vec::new(), is_quiet: false };
    turn.take(&mut lessons, intent);
    let Turn { effects, is_quiet, .. } = turn;
    next.lessons = Some(Rc::new(lessons));
    if !is_quiet {
        next.version = state.version + 1;
    }
    (next, effects)
}

/// One change of what is known of lessons.
struct Turn<'a> {
    next: &'a mut PageState,
    session: &'a Session,
    effects: Vec<Effect>,
    /// Whether nothing is to be drawn anew.
    is_quiet: bool,
}

impl Turn<'_> {
    fn act(&mut self, action: Action) {
        self.effects.push(Effect::Session(action));
    }

    fn ask(&mut self, effect: LessonEffect) {
        self.effects.push(Effect::Lesson(Rc::new(effect)));
    }

    fn then(&mut self, intent: LessonIntent) {
        self.effects.push(Effect::Send(Box::new(Intent::lesson(intent))));
    }

    /// What an intent makes of the lessons. Long: an arm for each.
    fn take(&mut self, lessons: &mut Lessons, intent: &LessonIntent) {
        match intent {
            LessonIntent::List => {
                self.ask(LessonEffect::ReadKept);
                self.ask(LessonEffect::FetchList);
            }
            LessonIntent::Kept(kept) => match kept.as_deref().map(Progress::read) {
                Some(Some(progress)) => lessons.progress.add(progress),
                Some(None) => lessons.problem = Some(Problem::OtherProgress),
                None => {}
            },
            LessonIntent::Unkept => lessons.problem = Some(Problem::NotKept),
            LessonIntent::Listed(Some(list)) => {
                lessons.list = Some(Rc::new(entries(list)));
                if let Some(id) = lessons.wanted.take() {
                    self.open(lessons, &id);
                }
            }
            // Who reads a lesson from a file or a link does not miss the list.
            LessonIntent::Listed(None) if lessons.open.is_some() => self.is_quiet = true,
            LessonIntent::Listed(None) | LessonIntent::Came(None) => {
                lessons.problem = Some(Problem::NotLoaded);
            }
            LessonIntent::Open(id) => self.open(lessons, id),
            LessonIntent::Carried(packed) => {
                self.take(lessons, &LessonIntent::Read(unpacked(packed).map(Str::from)));
            }
            LessonIntent::Resume(packed) => self.resume(lessons, packed),
            LessonIntent::Leave(asked) => {
                self.is_quiet = true;
                let open = lessons.open.as_ref();
                let text = open.and_then(|play| memory::to_text(play, lessons.is_presenting, self.session));
                let packed = text.map(|text| pack(text.as_bytes(), b""));
                let link = self.next.link(self.session);
                self.effects.push(Effect::Remember(saved(&link, packed.as_deref(), asked)));
            }
            LessonIntent::Came(Some(text)) => self.read(lessons, text),
            LessonIntent::Read(Some(text)) => {
                self.list_if_unknown(lessons);
                self.read(lessons, text);
            }
            LessonIntent::Read(None) => {
                self.list_if_unknown(lessons);
                (self.next.left, self.next.view) = (LeftTab::Lesson, View::Manifest);
                lessons.problem = Some(Problem::Damaged);
            }
            LessonIntent::SaveProgress => self.ask(LessonEffect::Save(lessons.progress.to_text())),
            LessonIntent::ReadProgress(text) => match Progress::read(text) {
                Some(progress) => {
                    lessons.progress.add(progress);
                    lessons.problem = None;
                    self.ask(LessonEffect::Keep(lessons.progress.to_text()));
                }
                None => lessons.problem = Some(Problem::OtherProgress),
            },
            LessonIntent::ClearProgress => {
                (lessons.progress, lessons.problem) = (Progress::default(), None);
                self.ask(LessonEffect::Keep(lessons.progress.to_text()));
            }
            LessonIntent::Light(part) => {
                self.is_quiet = lessons.light == *part;
                lessons.light.clone_from(part);
            }
            LessonIntent::Point(part) => self.point(part),
            LessonIntent::Present(presents) => {
                lessons.is_presenting = *presents && lessons.open.is_some();
                (self.next.left, self.next.view) = (LeftTab::Lesson, View::Manifest);
            }
            LessonIntent::Close => {
                (lessons.open, lessons.is_presenting) = (None, false);
                self.list_if_unknown(lessons);
            }
            LessonIntent::Dismiss => {
                lessons.problem = None;
                self.list_if_unknown(lessons);
            }
            intent => {
                let Lessons { open: Some(play), progress, is_presenting, .. } = lessons else { return };
                self.play(play, progress, *is_presenting, intent);
            }
        }
    }

    /// Asks for the list, and for what was done earlier: before anything is noted, since what is kept is replaced as a whole.
    fn list_if_unknown(&mut self, lessons: &Lessons) {
        if lessons.list.is_none() {
            self.then(LessonIntent::List);
        }
    }

    fn open(&mut self, lessons: &mut Lessons, id: &Str) {
        (self.next.left, self.next.view) = (LeftTab::Lesson, View::Manifest);
        lessons.problem = None;
        let Some(list) = &lessons.list else {
            lessons.wanted = Some(id.clone());
            return self.then(LessonIntent::List);
        };
        match list.iter().find(|entry| entry.id == *id) {
            Some(entry) => self.ask(LessonEffect::Fetch(entry.file.clone())),
            None => lessons.problem = Some(Problem::Unknown(id.clone())),
        }
    }

    /// Takes a lesson up where it was when the page was left; or from its start, if it does not fit the story that came back.
    fn resume(&mut self, lessons: &mut Lessons, packed: &str) {
        self.list_if_unknown(lessons);
        let text = unpacked(packed);
        let Some(memory) = text.as_deref().and_then(Memory::read) else { return };
        let Some(play) = memory.open(self.session) else { return self.read(lessons, &memory.text.into()) };
        (self.next.left, self.next.view) = (LeftTab::Lesson, View::Manifest);
        (lessons.open, lessons.is_presenting) = (Some(play), memory.presents);
        self.then(LessonIntent::Look);
    }

    /// Opens a lesson's text in a new cluster.
    fn read(&mut self, lessons: &mut Lessons, text: &Str) {
        (self.next.left, self.next.view) = (LeftTab::Lesson, View::Manifest);
        let (lesson, problems) = parse(text);
        if let Some(error) = problems.iter().find(|problem| problem.severity == Severity::Error) {
            lessons.problem = Some(Problem::Unreadable(error.to_string().into()));
            return;
        }
        let is_puzzle = lesson.is_puzzle();
        let play = Play {
            lesson: Rc::new(lesson),
            text: text.clone(),
            path: usize::MAX,
            trail: (Rc::new([]), SimTime(0)),
            step: 0,
            records: Vec::new(),
            choice: None,
            is_revealed: false,
            wants_hint: false,
            is_over: false,
            is_puzzle,
            score: None,
        };
        if let Some(name) = play.lesson.front.example.as_ref().filter(|_| play.example().is_none()) {
            lessons.problem = Some(Problem::NoExample(name.as_str().into()));
            return;
        }
        self.next.forget_objects();
        let name = play.lesson.front.id.as_str().into();
        lessons.problem = None;
        lessons.open = Some(play);
        self.act(Action::Anew { name, inputs: Rc::new([]), until: SimTime(0) });
        if self.session.speed() < SPEED {
            self.act(Action::Speed(SPEED));
        }
        self.then(LessonIntent::Enter(0));
    }

    /// Shows what a link or a step points at.
    fn point(&mut self, part: &Part) {
        match part {
            Part::Terminal => self.next.panel = View::Terminal,
            Part::Dns(name) => {
                self.next.panel = View::Dns;
                self.next.query.name = name.as_str().into();
            }
            Part::Line(_) => self.next.left = LeftTab::Manifest,
            _ => {}
        }
    }

    fn play(&mut self, play: &mut Play, progress: &mut Progress, presents: bool, intent: &LessonIntent) {
        match intent {
            LessonIntent::Enter(step) => {
                play.path = self.session.branch().id;
                self.enter(play, *step);
                if progress.note(&play.lesson.front.id, *step) {
                    self.ask(LessonEffect::Keep(progress.to_text()));
                }
            }
            LessonIntent::Opened => {
                let opened = Opened::new(&self.session.branch().story);
                if let Some(record) = play.records.last_mut() {
                    record.opened = Some(opened);
                }
            }
            LessonIntent::Rebuilt(again) => {
                play.path = self.session.branch().id;
                match again {
                    Some(step) => self.enter(play, *step),
                    None => self.act(Action::Play(play.plays())),
                }
            }
            LessonIntent::Look => self.look(play),
            LessonIntent::Choose(choice) => {
                let is_there = play.shown().bet().is_some_and(|bet| *choice < bet.choices.len());
                if is_there && play.waits_for_bet() {
                    (play.choice, play.is_revealed) = (Some(*choice), true);
                }
            }
            LessonIntent::PlaceBet if play.waits_for_bet() && play.is_last_begun() => {
                if let Some(choice) = play.choice {
                    self.answer(play, Answer::Bet(choice));
                }
            }
            LessonIntent::Skip if play.waits_for_bet() && play.is_last_begun() => {
                self.answer(play, Answer::Skipped);
            }
            LessonIntent::Skip if play.has_task() => {
                let step = play.step;
                play.records[step].is_skipped = true;
            }
            LessonIntent::Reveal => play.is_revealed = true,
            LessonIntent::Hint => {
                play.wants_hint = true;
                self.hint(play);
            }
            LessonIntent::Back => self.back(play),
            LessonIntent::Next => self.go_on(play, progress),
            LessonIntent::On if play.waits_for_bet() && !play.is_revealed && presents => {
                play.is_revealed = true
            }
            LessonIntent::On if play.waits_for_bet() => {
                let intent = if play.choice.is_some() { LessonIntent::PlaceBet } else { LessonIntent::Skip };
                self.play(play, progress, presents, &intent);
            }
            LessonIntent::On if play.plays() => {}
            LessonIntent::On => {
                if play.has_task() {
                    self.play(play, progress, presents, &LessonIntent::Skip);
                }
                self.go_on(play, progress);
            }
            LessonIntent::Again => {
                let Some(record) = play.records.get(play.step) else { return };
                let (inputs, until) = (record.before.clone(), record.begins);
                let name = play.lesson.front.id.as_str().into();
                self.act(Action::Anew { name, inputs, until });
                self.then(LessonIntent::Rebuilt(Some(play.step)));
            }
            LessonIntent::Return => self.come_back(play),
            LessonIntent::CopyLink => self.ask(LessonEffect::CopyLink(play.text.clone())),
            LessonIntent::Print => {
                let example = play.example().unwrap_or_default();
                self.ask(LessonEffect::Print(play.lesson.clone(), example.into()));
            }
            _ => self.is_quiet = true,
        }
    }

    /// Begins a step on the path's end. What was said to its bet before stays said.
    fn enter(&mut self, play: &mut Play, step: usize) {
        let branch = self.session.branch();
        let answer = play.records.get(step).and_then(|record| record.answer);
        play.records.truncate(step);
        play.records.push(Record {
            before: branch.inputs().into(),
            begins: branch.end(),
            opened: None,
            answer,
            ends: None,
            task: None,
            is_skipped: false,
            has_failed: false,
            hints: Vec::new(),
            seen: (0, 0, 0),
        });
        self.show(play, step);
        if let Some(text) = play.manifest(step).map(Str::from) {
            self.next.put(text);
        }
        match play.waits_for_bet() {
            true => self.act(Action::Play(false)),
            false => self.begin(play),
        }
    }

    fn show(&mut self, play: &mut Play, step: usize) {
        play.step = step;
        (play.choice, play.is_revealed, play.wants_hint, play.is_over) = (None, false, false, false);
        (self.next.subject, self.next.view) = (None, View::Manifest);
    }

    /// Gives a step's own inputs, and lets time pass for it.
    fn begin(&mut self, play: &Play) {
        let step = play.shown();
        let inputs = opening(step, play.example().filter(|_| play.step == 0));
        let takes_time = !inputs.is_empty() || step.until().next().is_some();
        for (_, part) in step.looks() {
            if !matches!(part, Part::Line(_)) {
                self.point(part);
            }
        }
        self.act(Action::Give(inputs.into()));
        if takes_time {
            self.act(Action::Play(true));
        }
        self.then(LessonIntent::Opened);
        self.then(LessonIntent::Look);
    }

    fn answer(&mut self, play: &mut Play, answer: Answer) {
        let step = play.step;
        play.records[step].answer = Some(answer);
        self.return_to_path(play);
        self.begin(play);
    }

    /// Looks how far the step is that was begun last.
    fn look(&mut self, play: &mut Play) {
        self.is_quiet = true;
        let branch = self.session.branch();
        if branch.id != play.path {
            return;
        }
        if branch.inputs().len() != play.trail.0.len() {
            play.trail.0 = branch.inputs().into();
        }
        play.trail.1 = branch.end();
        let lesson = play.lesson.clone();
        let number = play.records.len().wrapping_sub(1);
        let (Some(step), Some(record)) = (lesson.steps.get(number), play.records.get_mut(number)) else {
            return;
        };
        let Some(opened) = &mut record.opened else { return };
        let story = &branch.story;
        if record.ends.is_none() {
            if opened.look(story, step) == play::Progress::Plays {
                if !self.session.is_playing() && self.session.rests() {
                    self.act(Action::Play(true));
                }
                return;
            }
            record.ends = Some(story.now());
            self.is_quiet = false;
            if step.until().next().is_some() || step.run().next().is_some() {
                self.act(Action::Play(false));
            }
        }
        let seen = (branch.history().len(), story.now().0 / 1000, branch.inputs().len());
        if branch.has_future() || record.seen == seen {
            return;
        }
        record.seen = seen;
        let (task, failed) = (opened.is_task_done(story, step), opened.has_failed(story, step));
        // What was once done stays done.
        let task = if record.task == Some(true) { Some(true) } else { task };
        if (task, failed) != (record.task, record.has_failed) {
            (record.task, record.has_failed) = (task, failed);
            self.is_quiet = false;
        }
        if play.wants_hint && self.hint(play) {
            self.is_quiet = false;
        }
    }

    /// Says which hints fit; whether they are others than before.
    fn hint(&mut self, play: &mut Play) -> bool {
        let lesson = play.lesson.clone();
        let step = &lesson.steps[play.step];
        let Some(record) = play.records.get_mut(play.step) else { return false };
        let Some(opened) = &record.opened else { return false };
        let fits = opened.hints(&self.session.branch().story, step);
        let places =
            step.hints().enumerate().filter(|(_, hint)| fits.iter().any(|fit| std::ptr::eq(*fit, *hint)));
        let hints: Vec<usize> = places.map(|(place, _)| place).collect();
        let is_news = hints != record.hints;
        record.hints = hints;
        is_news
    }

    /// Shows the lesson's branch.
    fn return_to_path(&mut self, play: &Play) -> bool {
        let session = self.session;
        if session.branch().id == play.path {
            return true;
        }
        if session.branches().iter().any(|branch| branch.id == play.path) {
            self.act(Action::Switch(play.path));
            return true;
        }
        let name = play.lesson.front.id.as_str().into();
        let (inputs, until) = play.trail.clone();
        self.act(Action::Anew { name, inputs, until });
        false
    }

    fn come_back(&mut self, play: &mut Play) {
        let is_there = self.return_to_path(play);
        if !is_there {
            return self.then(LessonIntent::Rebuilt(None));
        }
        play.step = play.records.len().saturating_sub(1);
        self.act(Action::Present);
        self.act(Action::Play(play.plays()));
    }

    fn back(&mut self, play: &mut Play) {
        if play.is_over {
            play.is_over = false;
            return;
        }
        if let Some(step) = play.step.checked_sub(1) {
            self.revisit(play, step);
        }
    }

    /// Shows a step that was begun before, at its end.
    fn revisit(&mut self, play: &mut Play, step: usize) {
        let is_there = self.return_to_path(play);
        self.show(play, step);
        if !is_there {
            return self.then(LessonIntent::Rebuilt(None));
        }
        self.act(Action::Play(false));
        match play.records[step].ends {
            Some(end) if !play.is_last_begun() => self.act(Action::Seek(end.0 as f64)),
            _ => self.act(Action::Present),
        }
        if let Some(text) = play.manifest(step).map(Str::from) {
            self.next.put(text);
        }
        self.act(Action::Play(play.plays()));
    }

    /// How many of the learner's inputs may have changed something.
    fn score(&self, play: &Play) -> usize {
        let given = &play.trail.0;
        let begins = |step: usize| play.records.get(step).map_or(given.len(), |record| record.before.len());
        let own = play.records.iter().enumerate().flat_map(|(step, record)| {
            let from = record.opened.as_ref().map_or(given.len(), |opened| opened.inputs);
            given.get(from..begins(step + 1)).unwrap_or_default()
        });
        own.filter(|timed| changes(&timed.input, self.session)).count()
    }

    fn go_on(&mut self, play: &mut Play, progress: &mut Progress) {
        if !play.may_go_on() || play.is_over {
            return;
        }
        let next = play.step + 1;
        if next < play.records.len() {
            return self.revisit(play, next);
        }
        if next == play.lesson.steps.len() {
            play.is_over = true;
            play.score = play.is_puzzle.then(|| self.score(play));
            if progress.finish(&play.lesson.front.id, next) {
                self.ask(LessonEffect::Keep(progress.to_text()));
            }
            return;
        }
        if !self.return_to_path(play) {
            return self.then(LessonIntent::Rebuilt(None));
        }
        self.act(Action::Present);
        self.then(LessonIntent::Enter(next));
    }
}

fn unpacked(packed: &str) -> Option<String> {
    String::from_utf8(unpack(packed, b"").ok()?).ok()
}

/// What a key does in the lesson that is open. `is_free`: whether no control has the focus that takes Enter for itself.
pub fn of_key(state: &PageState, key: &str, is_free: bool) -> Option<Intent> {
    let lessons = state.lessons.as_ref()?;
    let play = lessons.open.as_ref()?;
    if !lessons.is_presenting && state.left != LeftTab::Lesson {
        return None;
    }
    let intent = match key {
        "p" => LessonIntent::Present(!lessons.is_presenting),
        "Enter" if is_free && play.waits_for_bet() && play.choice.is_some() => LessonIntent::PlaceBet,
        "Escape" if lessons.is_presenting => LessonIntent::Present(false),
        "ArrowRight" | "PageDown" if lessons.is_presenting => LessonIntent::On,
        "ArrowLeft" | "PageUp" if lessons.is_presenting => LessonIntent::Back,
        letter if play.waits_for_bet() => {
            let is_key = |known: &&str| known.eq_ignore_ascii_case(letter);
            let choice = LETTERS.iter().position(is_key)?;
            play.shown().bet().filter(|bet| choice < bet.choices.len())?;
            LessonIntent::Choose(choice)
        }
        _ => return None,
    };
    Some(Intent::lesson(intent))
}
