//! The session: a story with its branches, the playhead in it, and how time passes.
//!
//! Time passes only in [`Session::frame`]. At the frontier (the end of what has been simulated) the story goes on with the
//! playhead; behind it the history is shown again. What the user does behind the frontier begins a new [`Branch`]: the
//! inputs up to the playhead are replayed, and the old future stays where it was. A second branch can be shown beside
//! the first, under the same playhead. Long: one value, which everything that happens to it changes.

pub mod branch;
pub mod budget;
mod open;
mod playback;
pub mod presets;
mod replay;
mod undo;
mod way_back;

use self::branch::{Branch, MOST_BRANCHES, Stop};
use self::budget::Budget;
use self::presets::{PRESETS, Variant};
use self::replay::{Goal, Replay, SLICE_MS};
use self::way_back::WayBack;
use crate::link::{Link, SavedBranch};
use kubesim::terminal::Completion;
use kubesim::{Change, History, Input, Key, Kind, Moment, Opened, Options, SimTime, Str, TimedInput};
use lesson::play::frees_terminal;
use messages::Messages;
use scene::history::difference::{Difference, differences};
use scene::history::{Chronicle, OutputChunk};
use scene::scene::{Playhead, ROOM, Scene, shown_set};
use std::rc::Rc;

/// What the user, or the browser's clock, does to the session.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// The browser draws a picture; its clock in milliseconds.
    Frame(f64),
    /// Time stops, or passes again.
    Toggle,
    /// Simulated time runs this many times as fast as real time.
    Speed(f64),
    /// Hurry through stretches in which nothing moves, or don't.
    SkipIdle(bool),
    /// The playhead goes to this time.
    Seek(Playhead),
    /// The playhead is held by the pointer, or let go.
    Hold(bool),
    /// To the next event or decision, or back to the one before.
    Step {
        /// Which of the two.
        forward: bool,
        /// What to stop at.
        stop: Stop,
    },
    /// The playhead goes to the first moment that can be shown.
    Start,
    /// The playhead goes to the end of what has been simulated.
    Present,
    /// The user does something in the cluster.
    Input(Input),
    /// A new cluster, with nothing applied; the story before is kept as a branch.
    Reset,
    /// A new cluster that is set up like this, with what was applied last; the story before is kept as a branch.
    SetWorld(Rc<Options>),
    /// A real cluster's state begins a story: in place of the one on the stage, which is kept as a branch, or beside it.
    OpenCluster {
        /// The state.
        opened: Rc<Opened>,
        /// Where it was read.
        name: Str,
        /// Whether it stands beside.
        beside: bool,
    },
    /// These inputs make a story up to a moment, which then stands beside the one on the stage.
    Beside {
        /// How its branch is called.
        name: Str,
        /// What is given.
        inputs: Rc<[TimedInput]>,
        /// The moment.
        until: SimTime,
    },
    /// A new cluster as every page has it, in which these inputs have been given, up to a moment; the story before is kept as a
    /// branch.
    Anew {
        /// How the branch is called.
        name: Str,
        /// What is given.
        inputs: Rc<[TimedInput]>,
        /// The moment.
        until: SimTime,
    },
    /// As [`Action::Input`], but always in a branch of its own.
    Apart(Input),
    /// These are given one after the other at the end of what has been simulated, on the laptop: whatever else has its terminal
    /// is ended.
    Give(Rc<[Input]>),
    /// Time passes, or stands until something is done.
    Play(bool),
    /// Another set is to be shown.
    ShowSet(Key),
    /// The branch of this number is to be shown, at the same moment.
    Switch(usize),
    /// The branch of this number gets this name.
    Rename(usize, Str),
    /// The branch of this number is thrown away, unless it is the only one.
    Discard(usize),
    /// The branch of this number is compared with the one that is shown; or none is.
    Compare(Option<usize>),
    /// No time passes after this moment until another is given: more of the program may be needed then. None: all of it is there.
    Limit(Option<SimTime>),
    /// The story of this link, at its moment, in place of this one, once it is played so far.
    Open(Rc<Link>),
    /// The link that is being opened is shown as far as it has been played; or not at all, and this story stays.
    Settle {
        /// Whether it is shown.
        show: bool,
    },
    /// The user has read that the link was cut.
    Heard,
    /// Two new clusters side by side: one with what was applied last, and one with what is in the editor. From then on
    /// commands go to both.
    CompareEdited {
        /// How the one is called.
        applied: Str,
        /// What is in the editor.
        edited: Variant,
    },
    /// The built-in comparison at this place.
    Preset(usize),
    /// Back to what was on the stage before something was thrown away.
    Undo,
}

impl Action {
    /// Whether after it the page shows something else than a link that was made before it.
    pub fn leads_on(&self) -> bool {
        !matches!(
            self,
            Action::Frame(_)
                | Action::Hold(_)
                | Action::Speed(_)
                | Action::SkipIdle(_)
                | Action::Open(_)
                | Action::Settle { .. }
                | Action::Heard
                | Action::Limit(_)
        )
    }
}

/// How far the first example is played with the part of the program that shows its first pod: the cluster begins to make a volume then.
pub const FIRST_POD_END: SimTime = SimTime(1_500);

/// How far the first example is played before all of the program is there: what comes later may need any of it.
pub const OPENING_END: SimTime = SimTime(14_000);

/// How often what shows much, and nothing that moves, is drawn again (milliseconds of real time).
const SAMPLE_MS: f64 = 150.0;
/// How many programs and shells deep the terminal is freed from.
const MOST_NESTED: usize = 8;
/// Below this part of the speed that was chosen, time lags behind.
const LAGS: f64 = 0.8;

/// A story with its branches, and the playhead in it.
pub struct Session {
    /// In the order in which they began.
    branches: Vec<Branch>,
    /// The place of the branch that is shown.
    shown: usize,
    /// The number of the branch that it is compared with.
    beside: Option<usize>,
    /// Whether commands go to both.
    mirrored: bool,
    /// The place of the built-in comparison that they are.
    preset: Option<usize>,
    next_id: usize,
    playhead: Playhead,
    playing: bool,
    /// Whether time stands still because the user wanted it to, not because nothing has happened yet.
    paused: bool,
    held: bool,
    speed: f64,
    /// How fast simulated time has passed lately.
    pace: f64,
    skip_idle: bool,
    clock: Option<f64>,
    /// The link that is being opened.
    replay: Option<Box<Replay>>,
    /// How far the link was played that could not be played whole.
    cut: Option<SimTime>,
    /// No moment after this one is shown.
    limit: Option<Playhead>,
    /// The set that was chosen to be shown.
    wanted: Option<Key>,
    forked_at: Option<Playhead>,
    /// How much was written when time stopped to pass by itself.
    rested: Option<usize>,
    /// The position when it was sampled last, and when that was on the browser's clock.
    sample: (usize, f64),
    /// The time between two pictures, in milliseconds, when nothing makes them late.
    usual: f64,
    /// The part of the work that the next picture has time for: the later pictures come, the less.
    share: f64,
    /// The room that is left for lanes in this picture.
    room: usize,
    /// The way back from what threw something away last.
    undo: Option<Box<WayBack>>,
}

impl Session {
    /// A session that stands at the start of a cluster with nothing applied.
    pub fn new() -> Session {
        let mut session = Session {
            branches: vec![Branch::replay(0, &[], SimTime(0))],
            shown: 0,
            beside: None,
            mirrored: false,
            preset: None,
            next_id: 1,
            playhead: 0.0,
            playing: false,
            paused: false,
            held: false,
            speed: 1.0,
            pace: 1.0,
            skip_idle: false,
            clock: None,
            replay: None,
            cut: None,
            limit: None,
            wanted: None,
            forked_at: None,
            rested: None,
            sample: (0, 0.0),
            usual: f64::INFINITY,
            share: 1.0,
            room: ROOM,
            undo: None,
        };
        session.seek(0.0);
        session
    }

    /// A session that has just applied this manifest and plays.
    pub fn playing(manifest: &str) -> Session {
        let mut session = Session::new();
        session.handle(Action::Input(Input::Apply(manifest.into())));
        session
    }

    /// The session of a link, at its moment: all of it at once.
    pub fn opened(link: &Link) -> Session {
        let mut replay = Replay::new(Rc::new(link.clone()));
        while !replay.go_on(&Budget::milliseconds(f64::INFINITY)) {}
        Session::replayed(replay)
    }

    /// The session of a link, as far as it has been played.
    fn replayed(replay: Replay) -> Session {
        let (link, branches, is_cut) = replay.finish();
        let count = branches.len();
        let shown = link.shown.min(count - 1);
        let end = branches[shown].end();
        let mut session = Session {
            shown,
            beside: link.beside.filter(|place| *place < count && *place != shown),
            mirrored: link.mirrored && count == link.branches.len(),
            preset: link.preset,
            next_id: count,
            cut: is_cut.then_some(end),
            branches,
            wanted: link.set.clone(),
            speed: f64::from(link.speed) / 2.0,
            pace: f64::from(link.speed) / 2.0,
            playing: link.playing,
            paused: !link.playing && link.playhead > SimTime(0),
            ..Session::new()
        };
        session.seek(link.playhead.min(end).0 as f64);
        session
    }

    /// All branches, at the moment that is shown, as a link. What only the page knows is as in `rest`.
    pub fn link(&self, rest: Link) -> Link {
        let told = |branch: &Branch| SavedBranch {
            name: branch.name.clone(),
            from: branch.from.and_then(|(parent, at)| Some((self.place_of(parent)?, at))),
            inputs: branch.inputs().to_vec(),
            until: branch.end(),
        };
        if self.branches.iter().any(Branch::is_opened) {
            return self.link_without_opened(rest);
        }
        let mut link = Link {
            branches: self.branches.iter().map(told).collect(),
            shown: self.shown,
            beside: self.beside.and_then(|id| self.place_of(id)),
            mirrored: self.mirrored,
            preset: self.preset,
            playhead: self.now(),
            set: self.wanted.clone(),
            speed: (self.speed * 2.0) as u8,
            playing: self.playing,
            ..rest
        };
        link.story_mut().until = SimTime(self.frontier() as i64);
        link
    }

    /// Plays the next slice of the link that is being opened; after the last one, it is shown.
    fn go_on_opening(&mut self) {
        let is_played = |replay: &mut Box<Replay>| replay.go_on(&Budget::milliseconds(SLICE_MS));
        if self.replay.as_mut().is_some_and(is_played) {
            self.act(Action::Settle { show: true });
        }
    }

    /// Goes on to find out what each component would do at the moments that are shown, where they were only seen.
    fn go_on_explaining(&mut self) {
        let beside = self.beside.and_then(|id| self.place_of(id));
        for place in [Some(self.shown), beside].into_iter().flatten() {
            let branch = &mut self.branches[place];
            if branch.is_explaining() {
                branch.go_on_explaining(&Budget::milliseconds(SLICE_MS / 2.0));
            }
        }
    }

    /// How much of the link that is being opened has been played, up to 1.
    pub fn opening(&self) -> Option<f64> {
        self.replay.as_ref().map(|replay| replay.part())
    }

    /// How far the link was played that could not be played whole.
    pub fn cut(&self) -> Option<SimTime> {
        self.cut
    }

    /// Whether time would pass, but stands at the limit.
    pub fn waits_at_limit(&self) -> bool {
        self.playing && self.limit.is_some_and(|limit| self.playhead >= limit)
    }

    /// Does what was asked.
    pub fn handle(&mut self, action: Action) {
        let is_frame = matches!(action, Action::Frame(_));
        self.act(action);
        let clock = self.clock.unwrap_or_default();
        if !is_frame || !self.playing || (clock - self.sample.1).abs() >= SAMPLE_MS {
            self.sample = (self.moment().position, clock);
        }
    }

    fn act(&mut self, action: Action) {
        match action {
            Action::Frame(_) if self.replay.is_some() => self.go_on_opening(),
            Action::Frame(clock) => {
                self.go_on_explaining();
                self.frame(clock);
            }
            Action::Toggle => {
                self.paused = self.playing;
                self.playing = !self.playing;
                (self.clock, self.pace) = (None, self.speed);
            }
            Action::Speed(speed) => (self.speed, self.pace) = (speed, speed),
            Action::SkipIdle(skip) => self.skip_idle = skip,
            Action::Seek(to) => self.seek(to.clamp(self.start(), self.frontier())),
            Action::Hold(held) => self.held = held,
            Action::Step { forward, stop } => self.step(forward, stop),
            Action::Start => self.seek(self.start()),
            Action::Present => self.seek(self.frontier()),
            // A question about the past is answered, but nobody learns from it.
            Action::Input(Input::Ask(_)) if self.playhead < self.frontier() => {}
            Action::Input(input) => self.input(input),
            Action::Reset => self.reset(),
            Action::SetWorld(world) => self.set_world(&world),
            Action::OpenCluster { opened, name, beside } => self.open_cluster(&opened, name, beside),
            Action::Beside { name, inputs, until } => {
                let replay = Replay::of_story(inputs.to_vec(), until, name, Goal::Beside);
                self.replay = Some(Box::new(replay));
                self.go_on_opening();
            }
            Action::Anew { name, inputs, until } => self.anew(name, &inputs, until),
            Action::Apart(input) => {
                if !self.answers_in_past(&input) {
                    self.fork_apart(&input);
                }
                self.input(input);
            }
            Action::Give(inputs) => self.give(&inputs),
            Action::Play(plays) => {
                (self.playing, self.paused) = (plays, false);
                (self.clock, self.pace) = (None, self.speed);
            }
            Action::Undo => self.undo(),
            Action::ShowSet(set) => self.wanted = Some(set),
            Action::Switch(id) => self.switch(id),
            Action::Rename(id, name) => {
                if let Some(branch) = self.branches.iter_mut().find(|b| b.id == id) {
                    branch.name = name;
                }
            }
            Action::Discard(id) => self.discard(id),
            Action::CompareEdited { applied: name, edited } => {
                let manifest = self.applied().unwrap_or_else(|| edited.manifest.clone());
                self.compare_variants([Variant { name, manifest }, edited]);
            }
            Action::Preset(number) => {
                if let Some(preset) = PRESETS.get(number) {
                    self.compare_variants(preset.variants());
                    self.preset = Some(number);
                }
            }
            Action::Compare(other) => {
                self.beside = other.filter(|id| *id != self.branch().id && self.place_of(*id).is_some());
                self.seek(self.playhead);
            }
            Action::Limit(end) => self.limit = end.map(|end| end.0 as f64),
            Action::Open(link) => {
                self.replay = Some(Box::new(Replay::new(link)));
                self.go_on_opening();
            }
            Action::Settle { show } => {
                let replay = self.replay.take();
                if let (Some(replay), true) = (replay, show) {
                    if replay.goal != Goal::Link {
                        return self.show_played(*replay);
                    }
                    *self = Session { limit: self.limit, ..Session::replayed(*replay) };
                }
            }
            Action::Heard => self.cut = None,
        }
    }

    /// Whether time has stopped to pass because nothing is to come.
    pub fn rests(&self) -> bool {
        !self.playing
            && self.rested == Some(self.history().len())
            && self.moment().position == self.history().len()
    }

    /// Goes to this time, and lets the story go on if it is past the frontier.
    fn seek(&mut self, to: Playhead) {
        self.playhead = to;
        if let Some(other) = self.beside.and_then(|id| self.place_of(id)) {
            self.branches[other].seek(to);
        }
        // The last, because times are printed from its zero.
        self.branches[self.shown].seek(to);
    }

    /// Goes to the next stop or to the one before, and stays there.
    fn step(&mut self, forward: bool, stop: Stop) {
        (self.playing, self.paused) = (false, true);
        let now = self.now();
        let branch = &mut self.branches[self.shown];
        let to = if forward { branch.next_stop(now, stop) } else { branch.last_stop(now, stop) };
        self.seek(to.0 as f64);
    }

    /// Gives both branches an input at the playhead. What was to come after it is gone, in both.
    fn input_to_both(&mut self, input: &Input) {
        let now = self.now();
        let pair = [Some(self.branch().id), self.beside];
        for branch in self.branches.iter_mut().filter(|branch| pair.contains(&Some(branch.id))) {
            if branch.end() > now {
                let Branch { id, name, .. } = branch;
                let (id, name) = (*id, name.clone());
                *branch = Branch::replay(id, branch.inputs(), now);
                branch.name = name;
            }
            branch.story.input(input.clone());
        }
        self.playing = true;
        self.seek(self.playhead);
    }

    /// Gives the story an input at the playhead. Time goes on if the input is a command that takes time; or one that changes
    /// something, where the user has not stopped time.
    fn input(&mut self, input: Input) {
        // What a command is answered with takes its part of the next pictures.
        self.spare();
        if self.answers_in_past(&input) {
            (self.playing, self.paused) = (false, true);
            return self.seek(self.playhead);
        }
        if self.is_mirrored() {
            return self.input_to_both(&input);
        }
        if self.playhead < self.frontier() {
            if self.branch().is_opened() {
                return self.fork_in_slices(input);
            }
            self.fork(&input);
        }
        let goes_on = self.rests() || matches!(input, Input::Apply(_) | Input::Watch(Some(_)));
        let story = &mut self.branches[self.shown].story;
        let before = story.cluster.api.history().len();
        story.input(input);
        let written = story.cluster.api.history().since(before);
        // That something was refused changes nothing in the cluster.
        let is_change =
            |change: &Change| matches!(change, Change::Object { key, .. } if key.kind != Kind::Refusal);
        let changes = written.iter().any(|entry| is_change(&entry.change));
        if goes_on || story.terminal.prompt().is_none() || changes && !self.paused {
            (self.playing, self.paused) = (true, false);
        }
        self.seek(self.playhead);
    }

    /// Answers a command that only reads where there is a future already: looking changes nothing, so nothing branches.
    fn answers_in_past(&mut self, input: &Input) -> bool {
        let (Input::Line(line) | Input::Command(line)) = input else { return false };
        let now = self.now();
        let branch = &mut self.branches[self.shown];
        branch.has_future() && branch.answer_in_past(now, line)
    }

    /// Begins a branch at the playhead, with this input. If nothing has happened since, the old future is only time:
    /// the branch takes the place of the old one.
    fn fork(&mut self, input: &Input) {
        let old = self.branch();
        self.fork_into(Branch::replay(old.id, old.inputs(), self.now()), input);
    }

    /// The same, with the branch as it is there.
    fn fork_into(&mut self, mut new: Branch, input: &Input) {
        let old = self.branch();
        if !old.has_future() {
            (new.id, new.name, new.from) = (old.id, old.name.clone(), old.from);
            self.branches[self.shown] = new;
            return;
        }
        self.add_fork(new, input);
    }

    /// Begins a branch at the playhead, with this input, even where nothing has happened since.
    fn fork_apart(&mut self, input: &Input) {
        let old = self.branch();
        self.add_fork(Branch::replay(self.next_id, old.inputs(), self.now()), input);
    }

    fn add_fork(&mut self, mut new: Branch, input: &Input) {
        let old = self.branch();
        (new.id, new.name, new.from) = (self.next_id, branch::name_of(input), Some((old.id, self.now())));
        self.next_id += 1;
        if self.branches.len() >= MOST_BRANCHES {
            let shown = self.branch().id;
            let oldest =
                self.branches.iter().map(|b| b.id).find(|id| *id != shown && Some(*id) != self.beside);
            self.discard(oldest.expect("there are more than two branches"));
        }
        self.branches.push(new);
        // Two clusters that get the same commands are two, not three.
        self.mirrored = false;
        self.shown = self.branches.len() - 1;
        self.forked_at = Some(self.playhead);
    }

    /// Gives inputs at the end of what has been simulated.
    fn give(&mut self, inputs: &[Input]) {
        self.spare();
        self.seek(self.frontier());
        let story = &mut self.branches[self.shown].story;
        for _ in 0..MOST_NESTED {
            let Some(input) = frees_terminal(story) else { break };
            story.input(input);
        }
        inputs.iter().for_each(|input| story.input(input.clone()));
        self.seek(self.playhead);
    }

    fn place_of(&self, id: usize) -> Option<usize> {
        self.branches.iter().position(|b| b.id == id)
    }

    fn switch(&mut self, id: usize) {
        let Some(place) = self.place_of(id) else { return };
        let left = self.branch().id;
        self.shown = place;
        self.forked_at = None;
        if self.beside == Some(id) {
            self.beside = Some(left);
        } else if self.mirrored {
            // Of a pair, commands go to both; a story that is none of the two stands alone.
            (self.beside, self.mirrored, self.preset) = (None, false, None);
        }
        self.seek(self.playhead);
    }

    /// The branches, in the order in which they began.
    pub fn branches(&self) -> &[Branch] {
        &self.branches
    }

    /// The branch that is shown.
    pub fn branch(&self) -> &Branch {
        &self.branches[self.shown]
    }

    /// The branch that the shown one is compared with, at the same moment.
    pub fn beside(&self) -> Option<&Branch> {
        self.beside.and_then(|id| self.place_of(id)).map(|place| &self.branches[place])
    }

    /// Whether commands go to both branches that are shown.
    pub fn is_mirrored(&self) -> bool {
        self.mirrored && self.beside.is_some()
    }

    /// The commands that show how the two differ, if they are a built-in comparison.
    pub fn then(&self) -> &'static [&'static str] {
        self.preset.filter(|_| self.beside.is_some()).map_or(&[], |number| PRESETS[number].then)
    }

    /// The place of the built-in comparison that is on the stage.
    pub fn preset(&self) -> Option<usize> {
        self.preset.filter(|_| self.beside.is_some())
    }

    /// The scene of the branch that the shown one is compared with, as [`Session::scene`].
    pub fn scene_beside(&mut self, words: &'static Messages, selected: Option<i32>) -> Option<Rc<Scene>> {
        let place = self.beside.and_then(|id| self.place_of(id))?;
        Some(self.branches[place].scene(words, self.playhead, self.wanted.as_ref(), selected, &mut self.room))
    }

    /// How the cluster is set up that is on the stage.
    pub fn world(&self) -> &Rc<Options> {
        self.branch().story.world()
    }

    /// The manifest that was applied last.
    pub fn applied(&self) -> Option<Str> {
        let applied = |input: &Input| if let Input::Apply(text) = input { Some(text.clone()) } else { None };
        self.branch().inputs().iter().rev().find_map(|timed| applied(&timed.input))
    }

    /// Where the two branches differ at the playhead.
    pub fn differences(&self, messages: &'static Messages) -> Vec<Difference> {
        let Some(other) = self.beside() else { return Vec::new() };
        differences(messages, &self.moment().store, &other.moment().store)
    }

    /// The moment that is shown, in whole milliseconds.
    pub fn now(&self) -> SimTime {
        SimTime(self.playhead as i64)
    }

    /// The playhead, in milliseconds.
    pub fn playhead(&self) -> Playhead {
        self.playhead
    }

    /// The first moment that can be shown, in milliseconds.
    pub fn start(&self) -> Playhead {
        self.branch().start().0 as f64
    }

    /// The end of what has been simulated, in milliseconds.
    pub fn frontier(&self) -> Playhead {
        self.playhead.max(self.branch().end().0 as f64)
    }

    /// Whether simulated time passes with the browser's.
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// How many times as fast as real time simulated time is to pass.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// How fast it really passes, if it lags behind because very much happens at once.
    pub fn lagging_pace(&self) -> Option<f64> {
        (self.playing && self.pace < self.speed * LAGS).then_some(self.pace)
    }

    /// How much was written up to the playhead, not always up to date while time passes: for what need not be drawn again for
    /// every picture.
    pub fn sampled(&self) -> usize {
        self.sample.0
    }

    /// Whether idle stretches are hurried through.
    pub fn skips_idle(&self) -> bool {
        self.skip_idle
    }

    /// Whether what the user did last began a branch a short while ago.
    pub fn has_just_forked(&self) -> bool {
        self.forked_at.is_some_and(|at| (at..at + 4000.0).contains(&self.playhead))
    }

    /// Every write so far.
    pub fn history(&self) -> &History {
        self.branch().history()
    }

    /// What is remembered of the history.
    pub fn chronicle(&self) -> &Chronicle {
        self.branch().chronicle()
    }

    /// The world at the playhead.
    pub fn moment(&self) -> &Moment {
        self.branch().moment()
    }

    /// The terminal's text at the playhead; the same allocation as long as it is the same text.
    pub fn screen(&self) -> Rc<Vec<OutputChunk>> {
        self.branch().screen()
    }

    /// Whether the terminal waits for a line (at the frontier).
    pub fn waits_for_line(&self) -> bool {
        self.branch().story.terminal.prompt().is_some()
    }

    /// Whether that line goes to the laptop's shell.
    pub fn is_on_laptop(&self) -> bool {
        self.branch().story.terminal.is_on_laptop()
    }

    /// The text that a line such as `kubectl edit sts web` opens in the page's editor.
    pub fn text_to_edit(&self, line: &str) -> Option<String> {
        self.branch().story.terminal.text_to_edit(&self.moment().store, line)
    }

    /// What the last word of a line can become.
    pub fn complete(&self, line: &str) -> Completion {
        self.branch().story.terminal.complete(&self.moment().store, line)
    }

    /// The scene at the playhead. Of a crowd, the place `selected` is seen whole.
    pub fn scene(&mut self, words: &'static Messages, selected: Option<i32>) -> Rc<Scene> {
        // Of two stories each has its part of the picture.
        let others = if self.beside.is_some() { self.room / 2 } else { 0 };
        let mut room = self.room - others;
        let branch = &mut self.branches[self.shown];
        let scene = branch.scene(words, self.playhead, self.wanted.as_ref(), selected, &mut room);
        self.room = room + others;
        scene
    }

    /// Whether the scenes that were made last leave something to the next picture.
    pub fn is_half_drawn(&self) -> bool {
        self.branch().is_half_drawn() || self.beside().is_some_and(Branch::is_half_drawn)
    }

    /// Whether it is still being worked out what each component would do at the moment that is shown.
    pub fn is_explaining(&self) -> bool {
        self.branch().is_explaining()
    }

    /// The set that is on the stage.
    pub fn set(&self) -> Option<Key> {
        shown_set(&self.moment().store, self.wanted.as_ref())
    }

    /// The lines typed so far, oldest first.
    pub fn lines(&self) -> Vec<Str> {
        let line = |input: &Input| match input {
            Input::Line(line) | Input::Command(line) | Input::Edit { line, .. } => Some(line.clone()),
            Input::Interrupt
            | Input::EndOfInput
            | Input::Apply(_)
            | Input::Ask(_)
            | Input::Watch(_)
            | Input::Dns(_)
            | Input::World(_)
            | Input::Open(_) => None,
        };
        self.branch().inputs().iter().filter_map(|i| line(&i.input)).collect()
    }
}

impl Default for Session {
    fn default() -> Session {
        Session::new()
    }
}
