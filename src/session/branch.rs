//! A branch: one story, what is remembered of it, and the moment of it that is shown.
//!
//! The first branch is the story as the user told it. Acting in the past begins another one there; the old future stays.

use super::budget::Budget;
use kubesim::terminal::PROMPT;
use kubesim::{
    Entry, Explaining, History, Input, Key, Moment, Options, SimTime, Span, Story, Str, Stream, TimedInput,
    terminal,
};
use messages::Messages;
use scene::explain::of_working;
use scene::history::{Chronicle, OutputChunk, Printed, is_decision, is_event};
use scene::scene::pod_grid::PodGrid;
use scene::scene::{Lane, Playhead, Scene, SceneCache, scene as scene_at};
use std::rc::Rc;

/// A step forward gives up after this long without an event.
const LONGEST_STEP: Span = Span::seconds(600);

/// For so long what was found at a moment that was only seen is shown.
const EXPLAINED_FOR: Span = Span::seconds(1);
/// How long it is worked out for one picture what components find at such a moment (milliseconds of real time), or else a single
/// step.
const EXPLAINING_MS: f64 = 12.0;

/// How many branches there can be: each keeps its whole history. The oldest that is not shown goes first.
pub const MOST_BRANCHES: usize = 8;

/// What a step stops at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stop {
    /// A change of an object, or a command.
    Event,
    /// A controller has decided something, or waits for something else.
    Decision,
}

impl Stop {
    fn is_at(self, entry: &Entry) -> bool {
        match self {
            Stop::Event => is_event(entry),
            Stop::Decision => is_decision(entry),
        }
    }
}

/// A story and a moment of it.
pub struct Branch {
    /// Its number: no other branch of the session gets it.
    pub id: usize,
    /// Its name: the user's, or else the command with which it began; empty for the first one.
    pub name: Str,
    /// The branch from which it began, and when.
    pub from: Option<(usize, SimTime)>,
    pub(crate) story: Story,
    moment: Moment,
    /// The moment with what each component would find there, where it was only seen; and when that is.
    explained: Option<(Moment, SimTime)>,
    /// What is still being worked out of it: for which position, and when.
    explaining: Option<(Box<Explaining>, usize, SimTime)>,
    chronicle: Chronicle,
    screen: Rc<Vec<OutputChunk>>,
    /// What was answered in the past: the position, and what the terminal shows after its own text there.
    answered: (usize, Vec<Printed>),
    lanes: Vec<Rc<Lane>>,
    /// Where the lanes begin that are still to be drawn, if not all are.
    turn: Option<usize>,
    /// The places as they were drawn, and the block with which the next picture goes on, if not all are.
    grid: (Option<Rc<PodGrid>>, Option<usize>),
    cache: SceneCache,
}

impl Branch {
    /// The branch that these inputs make, up to this moment.
    pub fn replay(id: usize, inputs: &[TimedInput], until: SimTime) -> Branch {
        Branch {
            id,
            name: Str::default(),
            from: None,
            story: Story::replay(Options::default(), inputs, until),
            moment: Moment::default(),
            explained: None,
            explaining: None,
            chronicle: Chronicle::default(),
            screen: Rc::default(),
            answered: Default::default(),
            lanes: Vec::new(),
            turn: None,
            grid: (None, None),
            cache: SceneCache::default(),
        }
    }

    /// Remembers what has been written since the last time.
    pub fn read_history(&mut self) {
        self.chronicle.read(self.story.cluster.api.history());
        let opened = self.story.opened_state().cloned();
        self.chronicle.opened = opened.zip(self.simulated_from());
    }

    /// Goes to this time, and lets the story go on if it is past its end.
    pub fn seek(&mut self, to: Playhead) {
        let at = SimTime(to as i64);
        self.story.run_until(at);
        self.read_history();
        let position = self.history().position_at(at);
        self.moment.seek(self.story.cluster.api.history(), position);
        self.explain(position, at);
        if self.answered.0 != position {
            self.answered = (position, Vec::new());
        }
        let mut screen = self.chronicle.screen_at(position);
        if !self.answered.1.is_empty() {
            let last = screen.pop().unwrap_or_default();
            screen.push(Rc::new([&last[..], &self.answered.1].concat()));
        }
        let end = |screen: &[OutputChunk]| screen.last().and_then(|page| page.last()).cloned();
        if end(&screen) != end(&self.screen) || screen.len() != self.screen.len() {
            self.screen = Rc::new(screen);
        }
    }

    /// Begins to find out what each component would do at a moment that was only seen. What it waits for passes with time, too.
    fn explain(&mut self, position: usize, at: SimTime) {
        let is_same =
            |other: usize, then: SimTime| other == position && (at.0 - then.0).abs() < EXPLAINED_FOR.0;
        if self.explained.as_ref().is_some_and(|(moment, then)| is_same(moment.position, *then)) {
            self.explaining = None;
            return;
        }
        self.explained = None;
        if !self.explaining.as_ref().is_some_and(|(_, other, then)| is_same(*other, *then)) {
            let explaining = self.story.explaining(&self.moment.store, position, at);
            self.explaining = explaining.map(|explaining| (Box::new(explaining), position, at));
        }
        if self.explaining.is_some() {
            self.go_on_explaining(&Budget::milliseconds(EXPLAINING_MS));
        }
    }

    /// Goes on to find out what each component would do at the moment that is shown, as long as there is time for it, at least by a
    /// step. Returns false if there is nothing more to find out.
    pub fn go_on_explaining(&mut self, budget: &Budget) -> bool {
        let Some((explaining, ..)) = &mut self.explaining else { return false };
        while explaining.step() {
            if budget.is_spent() {
                return true;
            }
        }
        let done = self.explaining.take();
        self.explained = done.map(|(explaining, position, at)| {
            let store = explaining.finish();
            (Moment { store, position }, at)
        });
        false
    }

    /// Goes to its end, and on with finding out what each component would do there, if that was only seen; true once it is known.
    pub fn arrive(&mut self, end: SimTime, budget: &Budget) -> bool {
        if self.explained.is_none() && self.explaining.is_none() {
            self.seek(end.0 as f64);
        }
        !self.go_on_explaining(budget)
    }

    /// Whether it is still being worked out what each component would do at the moment that is shown.
    pub fn is_explaining(&self) -> bool {
        self.explaining.is_some()
    }

    /// Whether it began from a real cluster's state.
    pub fn is_opened(&self) -> bool {
        self.story.opened_state().is_some()
    }

    /// From when on all is simulated, if it began from a real cluster's state.
    pub fn simulated_from(&self) -> Option<SimTime> {
        self.story.simulated_from().map(|(_, at)| at)
    }

    /// Answers a command that only reads, in the world of the moment that is shown, without making it a part of the
    /// story. Returns false if the command does more than that, or if somebody else than the laptop's shell waits.
    pub fn answer_in_past(&mut self, now: SimTime, line: &str) -> bool {
        let waits = self.screen.last().and_then(|page| page.last()).is_some_and(|last| {
            last.text.strip_suffix(PROMPT).is_some_and(|before| before.is_empty() || before.ends_with('\n'))
        });
        let Some(output) = terminal::look(&self.moment().store, now, line).filter(|_| waits) else {
            return false;
        };
        let typed = [(Stream::Prompt, format!("{line}\n"))];
        let pieces = typed.into_iter().chain(output).chain([(Stream::Prompt, PROMPT.to_string())]);
        let shown = &mut self.answered.1;
        // After all that is part of the story, and each at a place of its own.
        let first = usize::MAX / 2 + shown.len();
        shown.extend(pieces.enumerate().map(|(n, (stream, text))| Printed {
            position: first + n,
            stream,
            text: text.into(),
            hidden: 0,
        }));
        true
    }

    /// Lets the story go on towards this time, at least by a step, as long as there is time for it. Returns how far it
    /// has come.
    pub fn approach(&mut self, to: Playhead, budget: &Budget) -> Playhead {
        let at = SimTime(to as i64);
        loop {
            if self.story.next_at().is_none_or(|next| next > at) {
                return to;
            }
            self.story.step();
            if budget.is_spent() {
                break;
            }
        }
        match self.story.next_at().filter(|next| *next <= at) {
            Some(next) => to.min((next - Span(1)).0 as f64),
            None => to,
        }
    }

    /// The time of the next thing of this kind after a time, for which the story goes on if need be; the story's end if
    /// there is none for a long while.
    pub fn next_stop(&mut self, after: SimTime, stop: Stop) -> SimTime {
        let mut position = self.history().position_at(after);
        let limit = self.story.now().max(after) + LONGEST_STEP;
        loop {
            let news = self.history().since(position);
            if let Some(entry) = news.iter().find(|e| stop.is_at(e)) {
                return entry.at;
            }
            position += news.len();
            if self.story.now() >= limit || !self.story.step() {
                return self.story.now();
            }
        }
    }

    /// The time of the last thing of this kind before a time; the start of what is known if there is none.
    pub fn last_stop(&self, before: SimTime, stop: Stop) -> SimTime {
        let position = self.history().position_at(before - Span(1));
        let found = self.history().before(position).iter().rev().find(|e| stop.is_at(e));
        found.map_or(self.start(), |e| e.at.max(self.start()))
    }

    /// The first moment that can be shown.
    pub fn start(&self) -> SimTime {
        self.history().dropped().map_or(SimTime(0), |(_, at)| at)
    }

    /// The end of what has been simulated.
    pub fn end(&self) -> SimTime {
        self.story.now()
    }

    /// Whether something was written after the moment that is shown: a future that acting here would leave.
    pub fn has_future(&self) -> bool {
        self.moment.position < self.history().len()
    }

    /// Every write so far.
    pub fn history(&self) -> &History {
        self.story.cluster.api.history()
    }

    /// What the user did.
    pub fn inputs(&self) -> &[TimedInput] {
        self.story.inputs()
    }

    /// What is remembered of the history.
    pub fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    /// The world at the moment that is shown.
    pub fn moment(&self) -> &Moment {
        self.explained.as_ref().map_or(&self.moment, |(moment, _)| moment)
    }

    /// The terminal's text at that moment; the same allocation as long as it is the same text.
    pub fn screen(&self) -> Rc<Vec<OutputChunk>> {
        self.screen.clone()
    }

    /// Whether the scene that was made last leaves something to the next picture.
    pub fn is_half_drawn(&self) -> bool {
        self.turn.is_some() || self.grid.1.is_some() || self.is_explaining()
    }

    /// The scene at that moment. `wanted` is the set that is to be shown; of a crowd, the place `selected` is seen whole; so many
    /// lanes have `room` to be drawn anew.
    pub fn scene(
        &mut self,
        words: &'static Messages,
        now: Playhead,
        wanted: Option<&Key>,
        selected: Option<i32>,
        room: &mut usize,
    ) -> Rc<Scene> {
        self.cache.focus = selected;
        let (history, position) = (self.story.cluster.api.history(), self.moment.position);
        let world = self.explained.as_ref().map_or(&self.moment, |(moment, _)| moment);
        let cache = (&mut self.cache, history, position);
        let scene = scene_at(words, &world.store, &self.chronicle, now, wanted, cache);
        let (mut scene, rest) = scene.following(&self.lanes, self.turn.unwrap_or_default(), room);
        (self.lanes, self.turn) = (scene.lanes.clone(), rest);
        let (drawn, turn) = &self.grid;
        let grid = scene.grid.map(|grid| grid.following(drawn.as_ref(), turn.unwrap_or_default()));
        let (grid, rest) = grid.unzip();
        scene.grid = grid.clone();
        self.grid = (grid, rest.flatten());
        if self.is_explaining() {
            scene.why = of_working(words);
        }
        Rc::new(scene)
    }
}

/// What a branch is named for that begins with this input.
pub fn name_of(input: &Input) -> Str {
    match input {
        Input::Line(line) | Input::Command(line) | Input::Edit { line, .. } => {
            line.strip_prefix("kubectl ").unwrap_or(line).trim().into()
        }
        Input::Apply(_) => "apply".into(),
        Input::Interrupt => "^C".into(),
        Input::EndOfInput => "^D".into(),
        Input::Ask(question) | Input::Watch(Some(question)) => question.name.clone(),
        Input::Watch(None) | Input::Dns(_) => "DNS".into(),
        Input::World(_) => "world".into(),
        Input::Open(_) => "open".into(),
    }
}
