//! What the page holds as long as it lives: its state and its session. Intents go in, and their effects are done here.

use super::announcer::Announcer;
use super::focus::LaneFocus;
use super::loading::when_wanted;
use super::{browser, language, lessons, panic, share};
use crate::components::files;
use crate::components::highlight::{FieldLine, place_of_field};
use crate::link::Link;
use crate::page::effect::Effect;
use crate::page::intent::Intent;
use crate::page::lesson::intent::LessonIntent;
use crate::page::state::PageState;
use crate::page::update::update;
use crate::session::{Action, Session};
use gloo::events::EventListener;
use gloo::timers::callback::Timeout;
use kubesim::Str;
use scene::explain::{Explanation, Tone};
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use yew::Callback;
use yew::functional::UseForceUpdateHandle;

/// The state, the session, and the way to draw them anew.
pub struct Model {
    session: Rc<RefCell<Session>>,
    state: RefCell<Rc<PageState>>,
    actions: Cell<usize>,
    /// What was done, and wanted of lessons, while a link was being opened: it is done to its story.
    waiting: RefCell<Vec<Effect>>,
    /// Where a rule's field was found last, and in which text.
    place: RefCell<(Str, &'static str, Option<FieldLine>)>,
    focus: LaneFocus,
    announcer: Announcer,
    /// Whether the why bar has room for a command that would help.
    has_room: Cell<bool>,
    redraw: UseForceUpdateHandle,
    /// Whether a lesson is being looked at.
    looks: Cell<bool>,
    /// What waits for the part of the program that is loaded only for who wants it: the last that was wanted.
    wanting: RefCell<Option<EventListener>>,
}

impl Model {
    /// Before anything has happened. `redraw` draws the page anew.
    pub fn new(state: PageState, redraw: UseForceUpdateHandle) -> Model {
        Model {
            session: Rc::new(RefCell::new(Session::new())),
            state: RefCell::new(Rc::new(state)),
            actions: Cell::new(0),
            waiting: RefCell::default(),
            place: RefCell::new((Str::default(), "", None)),
            focus: LaneFocus::default(),
            announcer: Announcer::default(),
            has_room: Cell::default(),
            redraw,
            looks: Cell::new(false),
            wanting: RefCell::default(),
        }
    }

    /// The story with its branches, and the playhead in it.
    pub fn session(&self) -> &Rc<RefCell<Session>> {
        &self.session
    }

    /// What the user has chosen to see by now.
    pub fn state(&self) -> Rc<PageState> {
        self.state.borrow().clone()
    }

    /// Counts what was done to the session, so that each action asks for another picture.
    pub fn actions(&self) -> usize {
        self.actions.get()
    }

    /// What keeps the focus in its lane.
    pub fn focus(&self) -> &LaneFocus {
        &self.focus
    }

    /// What says the why bar's questions to those who listen.
    pub fn announcer(&self) -> &Announcer {
        &self.announcer
    }

    /// Whether the why bar is to have room for a command that would help. It has from the first one on until nothing is to be waited
    /// for: what is below does not move each time the text changes.
    pub fn has_room(&self, why: &Explanation) -> bool {
        let has_room = why.tone != Tone::Calm && (why.remedy.is_some() || self.has_room.get());
        self.has_room.set(has_room);
        has_room
    }

    /// A link to what is seen now, in which time stands still.
    pub fn link(&self) -> Link {
        Link { playing: false, ..self.state().link(&self.session.borrow()) }
    }

    /// Does what is wanted.
    pub fn send(self: &Rc<Model>, intent: Intent) {
        if matches!(intent, Intent::Lesson(_)) && self.is_opening() {
            return self.waiting.borrow_mut().push(Effect::Send(Box::new(intent)));
        }
        let before = self.state();
        let (state, effects) = update(&before, intent, &self.session.borrow());
        if state.version != before.version {
            self.state.replace(Rc::new(state));
            self.redraw.force_update();
        } else if let (Some(lessons), Some(known)) = (&state.lessons, &before.lessons)
            && !Rc::ptr_eq(lessons, known)
        {
            // What was looked at, and is not shown.
            self.state.replace(Rc::new(state));
        }
        for effect in effects {
            self.run(effect);
        }
    }

    /// The session does this.
    pub fn act(self: &Rc<Model>, action: Action) {
        let goes_on =
            matches!(action, Action::Frame(_) | Action::Settle { .. } | Action::Open(_) | Action::Limit(_));
        if !goes_on && self.is_opening() {
            return self.waiting.borrow_mut().push(Effect::Session(action));
        }
        match &action {
            Action::Input(input) => panic::note_story(self.link(), Some(input.clone())),
            Action::Open(link) => panic::note_story((**link).clone(), None),
            Action::Reset
            | Action::SetWorld(_)
            | Action::OpenCluster { .. }
            | Action::Preset(_)
            | Action::CompareEdited { .. } => {
                panic::note_story(self.link(), None);
            }
            _ => {}
        }
        let was_opening = self.is_opening();
        self.session.borrow_mut().handle(action);
        self.actions.set(self.actions.get() + 1);
        if was_opening && !self.is_opening() {
            self.redraw_alone();
        } else {
            self.redraw.force_update();
        }
        if goes_on && !self.is_opening() {
            self.waiting.take().into_iter().for_each(|effect| self.run(effect));
        }
        let has_lesson = self.state.borrow().lessons.as_ref().is_some_and(|lessons| lessons.open.is_some());
        if has_lesson && !self.is_opening() {
            self.look_at_lesson();
        }
    }

    /// Draws the page anew in a task of its own: after the last slice of what was opened, the first picture of a thousand pods
    /// would keep the browser from answering for longer than each alone.
    fn redraw_alone(&self) {
        let redraw = self.redraw.clone();
        Timeout::new(0, move || redraw.force_update()).forget();
    }

    /// Whether a link is being opened.
    fn is_opening(&self) -> bool {
        self.session.borrow().opening().is_some()
    }

    /// Has a lesson look how far it is; not while it does something that follows from that.
    fn look_at_lesson(self: &Rc<Model>) {
        if !self.looks.replace(true) {
            self.send(Intent::lesson(LessonIntent::Look));
            self.looks.set(false);
        }
    }

    fn run(self: &Rc<Model>, effect: Effect) {
        match effect {
            Effect::Session(action) => self.act(action),
            Effect::Remember(text) => browser::remember(&text),
            Effect::Copy(text) => browser::copy(&text, Rc::new(|_| ())),
            Effect::CopyLink(fragment) => {
                let model = self.clone();
                share::copy(&share::link(&fragment), Callback::from(move |intent| model.send(intent)));
            }
            Effect::Save(text) => {
                files::save("manifest.yaml", &text);
            }
            Effect::SetFragment(fragment) => browser::set_fragment(&fragment),
            Effect::Arrange(layout) => browser::arrange(layout),
            Effect::Speak(tag) => language::choose(tag),
            Effect::ToggleTheme => browser::toggle_theme(),
            Effect::Send(intent) => self.send(*intent),
            Effect::Lesson(effect) => {
                let model = self.clone();
                let send = Callback::from(move |intent| model.send(intent));
                lessons::carry_out(self.state().words, &send, &effect);
            }
            Effect::Want(intent) => {
                let model = self.clone();
                let listener = when_wanted(Box::new(move || model.send(*intent)));
                self.wanting.replace(listener);
            }
        }
    }

    /// Where the manifest has a rule's field. Looked for again only in another text: it may be long, and pictures are many.
    pub fn place_of(&self, text: &Str, field: &'static str) -> Option<FieldLine> {
        let mut known = self.place.borrow_mut();
        if !Rc::ptr_eq(&known.0, text) || known.1 != field {
            *known = (text.clone(), field, place_of_field(text, field));
        }
        known.2
    }
}
