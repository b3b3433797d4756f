//! The session: a story, the playhead in it, and how time passes.
//!
//! Time passes only in [`Session::frame`]. At the frontier (the end of what has been simulated) the story goes on with the
//! playhead; behind it the history is shown again. What the user does behind the frontier begins a new future: the inputs
//! up to the playhead are replayed, and the rest is gone.

use crate::chronicle::{Chronicle, Printed};
use crate::scene::{self, Lane, Playhead, Scene};
use crate::words::Words;
use kubesim::api::{Key, SimTime, Span, Str};
use kubesim::apiserver::{Change, History, Moment};
use kubesim::sim::Options;
use kubesim::story::{Input, Story};
use std::cell::RefCell;
use std::rc::Rc;
use yew::Reducible;

/// What the user, or the browser's clock, does to the session.
#[derive(Clone, PartialEq, Debug)]
pub enum Action {
    /// The browser draws a picture; its clock in milliseconds.
    Frame(f64),
    /// Play, or pause.
    Toggle,
    /// Simulated time runs this many times as fast as real time.
    Speed(f64),
    /// The playhead goes to this time.
    Seek(Playhead),
    /// The playhead is held by the pointer, or let go.
    Hold(bool),
    /// To the next event, or back to the one before.
    Step {
        /// Which of the two.
        forward: bool,
    },
    /// To the start.
    Start,
    /// To the frontier.
    Present,
    /// The user does something in the cluster.
    Input(Input),
    /// A new cluster, with nothing applied.
    Reset,
    /// Another set is to be shown.
    Look(Key),
}

/// The longest stretch of real time that one picture makes up for, in milliseconds: after a pause of the browser
/// (a hidden tab, a busy machine) simulated time goes on where it was.
const LONGEST_FRAME: f64 = 100.0;
/// Pictures come at least this often while time passes and nothing moves, in milliseconds of real time.
pub const CALM_FRAME: u32 = 100;
/// Time stops to pass when nothing was written for this long, and nothing is to come: else ages would go on growing, and
/// the story on the timeline shrinking, for as long as the page is open.
const REST: Span = Span::seconds(8);
/// A step forward gives up after this long without an event.
const LONGEST_STEP: Span = Span::seconds(600);
/// How much of the terminal is shown: this many pieces of text.
const SCREEN_PIECES: usize = 600;

/// A story and the playhead in it.
pub struct Session {
    story: Story,
    moment: Moment,
    chronicle: Chronicle,
    playhead: Playhead,
    playing: bool,
    held: bool,
    speed: f64,
    clock: Option<f64>,
    look: Option<Key>,
    forked_at: Option<Playhead>,
    /// How much was written when time stopped to pass by itself.
    rested: Option<usize>,
    screen: Rc<Vec<Printed>>,
    lanes: Vec<Rc<Lane>>,
}

impl Session {
    /// A session that stands at the start of a cluster with nothing applied.
    pub fn new() -> Session {
        let mut session = Session {
            story: Story::new(Options::default()),
            moment: Moment::default(),
            chronicle: Chronicle::default(),
            playhead: 0.0,
            playing: false,
            held: false,
            speed: 1.0,
            clock: None,
            look: None,
            forked_at: None,
            rested: None,
            screen: Rc::default(),
            lanes: Vec::new(),
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

    /// Does what was asked.
    pub fn handle(&mut self, action: Action) {
        match action {
            Action::Frame(clock) => self.frame(clock),
            Action::Toggle => {
                self.playing = !self.playing;
                self.clock = None;
            }
            Action::Speed(speed) => self.speed = speed,
            Action::Seek(to) => self.seek(to.clamp(0.0, self.frontier())),
            Action::Hold(held) => self.held = held,
            Action::Step { forward } => self.step(forward),
            Action::Start => self.seek(0.0),
            Action::Present => self.seek(self.frontier()),
            Action::Input(input) => self.input(input),
            Action::Reset => {
                let speed = self.speed;
                *self = Session { speed, ..Session::new() };
            }
            Action::Look(set) => self.look = Some(set),
        }
    }

    /// Lets simulated time pass by what has gone by on the clock since the last picture.
    fn frame(&mut self, clock: f64) {
        let gone = self.clock.map_or(0.0, |before| (clock - before).clamp(0.0, LONGEST_FRAME));
        self.clock = Some(clock);
        if self.playing && !self.held {
            self.seek(self.playhead + gone * self.speed);
            if self.rested != Some(self.history().len()) && self.is_at_rest() {
                self.playing = false;
                self.rested = Some(self.history().len());
            }
        }
    }

    /// Whether nothing was written for a while, and nobody waits for anything.
    fn is_at_rest(&self) -> bool {
        let (now, moment) = (self.now(), &self.moment);
        let last = self.history().entries().last().map_or(now, |e| e.at);
        moment.position == self.history().len()
            && now - last >= REST
            && self.waits_for_line()
            && moment.store.verdicts().all(|(_, verdict)| verdict.until.is_none_or(|until| until <= now))
    }

    /// Whether time has stopped to pass because nothing is to come.
    pub fn rests(&self) -> bool {
        !self.playing
            && self.rested == Some(self.history().len())
            && self.moment.position == self.history().len()
    }

    /// Goes to this time, and lets the story go on if it is past the frontier.
    fn seek(&mut self, to: Playhead) {
        self.playhead = to;
        let at = self.now();
        self.story.run_until(at);
        self.chronicle.read(self.story.cluster.api.history());
        let position = self.history().position_at(at);
        self.moment.seek(self.story.cluster.api.history(), position);
        let printed = self.chronicle.printed_at(position);
        if printed.last() != self.screen.last() {
            self.screen = Rc::new(printed[printed.len().saturating_sub(SCREEN_PIECES)..].to_vec());
        }
    }

    /// Goes to the next event or to the one before, and stays there.
    fn step(&mut self, forward: bool) {
        self.playing = false;
        let at = self.now();
        let is_event = |change: &Change| match change {
            Change::Object { key, .. } => key.kind.is_served(),
            Change::Input { .. } => true,
            Change::Verdict { .. } | Change::Output { .. } => false,
        };
        if !forward {
            let before = self.history().entries().iter().rev().find(|e| e.at < at && is_event(&e.change));
            return self.seek(before.map_or(0.0, |e| e.at.0.max(0) as f64));
        }
        let mut position = self.history().position_at(at);
        let limit = at + LONGEST_STEP;
        loop {
            let next = self.history().entries().get(position).map(|e| (e.at, is_event(&e.change)));
            match next {
                Some((at, true)) => return self.seek(at.0 as f64),
                Some((_, false)) => position += 1,
                None if self.story.now() < limit && self.story.step() => {}
                None => return self.seek(self.frontier()),
            }
        }
    }

    /// Gives the story an input at the playhead. Time goes on if the input is a command that takes time.
    fn input(&mut self, input: Input) {
        if self.playhead < self.frontier() {
            self.fork();
        }
        let goes_on = self.rests() || matches!(input, Input::Apply(_));
        self.story.input(input);
        if goes_on || self.story.terminal.prompt().is_none() {
            self.playing = true;
        }
        self.seek(self.playhead);
    }

    /// Begins a new future at the playhead.
    fn fork(&mut self) {
        self.story = Story::replay(Options::default(), self.story.inputs(), self.now());
        self.moment = Moment::default();
        self.chronicle = Chronicle::default();
        self.screen = Rc::default();
        self.forked_at = Some(self.playhead);
    }

    /// The playhead's moment.
    pub fn now(&self) -> SimTime {
        SimTime(self.playhead as i64)
    }

    /// The playhead, in milliseconds.
    pub fn playhead(&self) -> Playhead {
        self.playhead
    }

    /// The end of what has been simulated, in milliseconds.
    pub fn frontier(&self) -> Playhead {
        self.playhead.max(self.story.now().0 as f64)
    }

    /// Whether time passes.
    pub fn is_playing(&self) -> bool {
        self.playing
    }

    /// How fast.
    pub fn speed(&self) -> f64 {
        self.speed
    }

    /// Whether what the user did last began a new future a short while ago.
    pub fn has_just_forked(&self) -> bool {
        self.forked_at.is_some_and(|at| (at..at + 4000.0).contains(&self.playhead))
    }

    /// Every write so far.
    pub fn history(&self) -> &History {
        self.story.cluster.api.history()
    }

    /// What is remembered of the history.
    pub fn chronicle(&self) -> &Chronicle {
        &self.chronicle
    }

    /// The world at the playhead.
    pub fn moment(&self) -> &Moment {
        &self.moment
    }

    /// The terminal's text at the playhead; the same allocation as long as it is the same text.
    pub fn screen(&self) -> Rc<Vec<Printed>> {
        self.screen.clone()
    }

    /// Whether the terminal waits for a line (at the frontier).
    pub fn waits_for_line(&self) -> bool {
        self.story.terminal.prompt().is_some()
    }

    /// Whether that line goes to the laptop's shell.
    pub fn is_on_laptop(&self) -> bool {
        self.story.terminal.is_on_laptop()
    }

    /// The scene at the playhead.
    pub fn scene(&mut self, words: &'static Words) -> Rc<Scene> {
        let Session { moment, chronicle, playhead, look, .. } = self;
        let scene = scene::scene(words, &moment.store, chronicle, *playhead, look.as_ref());
        let scene = scene.sharing(&self.lanes);
        self.lanes = scene.lanes.clone();
        Rc::new(scene)
    }

    /// The lines typed so far, oldest first.
    pub fn lines(&self) -> Vec<Str> {
        let line = |input: &Input| match input {
            Input::Line(line) | Input::Command(line) => Some(line.clone()),
            Input::Interrupt | Input::EndOfInput | Input::Apply(_) => None,
        };
        self.story.inputs().iter().filter_map(|i| line(&i.input)).collect()
    }
}

impl Default for Session {
    fn default() -> Session {
        Session::new()
    }
}

/// The session as the page holds it: each action makes a new version, so that the page is drawn again.
pub struct Page {
    /// The session.
    pub session: Rc<RefCell<Session>>,
    /// Counts the actions.
    pub version: u64,
}

impl Page {
    /// The page of this session.
    pub fn new(session: Session) -> Page {
        Page { session: Rc::new(RefCell::new(session)), version: 0 }
    }
}

impl Reducible for Page {
    type Action = Action;

    fn reduce(self: Rc<Page>, action: Action) -> Rc<Page> {
        self.session.borrow_mut().handle(action);
        Rc::new(Page { session: self.session.clone(), version: self.version + 1 })
    }
}
