//! What an intent makes of the page.

use super::effect::Effect;
use super::intent::Intent;
use super::lesson::intent::LessonIntent;
use super::lesson::state::Lessons;
use super::lesson::update as lesson;
use super::panel::{Dialog, LeftTab, View};
use super::state::{Gone, Notice, PageState};
use crate::link::address::{Address, saved};
use crate::link::{Link, Problem};
use crate::session::presets::{PRESETS, Variant};
use crate::session::{Action, Session};
use kubesim::api::Refusal;
use kubesim::manifest::{Diagnosis, Diagnostic, MAX_TEXT, Severity, Span, diagnose};
use kubesim::{Input, Key, Kind, Str};
use messages::fill;
use std::rc::Rc;

/// More lines than this do not come into the editor: the browser alone would take seconds, and hundreds of megabytes, to lay them out.
pub const MOST_LINES: usize = 30_000;

/// Whether a text has more lines than the editor holds.
pub fn has_too_many_lines(text: &str) -> bool {
    text.len() > MOST_LINES && text.bytes().filter(|byte| *byte == b'\n').count() >= MOST_LINES
}

/// A manifest up to this long is diagnosed at each keystroke (bytes).
const QUICK: usize = 20_000;

/// The page's state after an intent, and what is to be done, in order. A state with the same version is the same state.
pub fn update(state: &PageState, intent: Intent, session: &Session) -> (PageState, Vec<Effect>) {
    let is_of_lesson = matches!(intent, Intent::Lesson(_));
    let (mut next, mut effects) = changed(state, intent, session);
    if !is_of_lesson && next.lessons.as_ref().is_some_and(|lessons| lessons.open.is_some()) {
        effects = lesson::guard(&next, effects, session);
    }
    let leads_on = |effect: &Effect| matches!(effect, Effect::Session(action) if action.leads_on());
    if !next.fragment.is_empty() && effects.iter().any(leads_on) {
        // The link in the address leads to a moment that is no more the one that is shown.
        (next.fragment, next.version) = (Str::default(), state.version + 1);
        effects.push(Effect::SetFragment(Str::default()));
    }
    (next, effects)
}

/// What an intent makes of the page, and what is to be done. Long: an arm for each.
fn changed(state: &PageState, intent: Intent, session: &Session) -> (PageState, Vec<Effect>) {
    // What is wrong is to be read, whatever happens meanwhile.
    let notice = state.notice.filter(|notice| matches!(notice, Notice::Unopened(_)));
    let gates = session.world().gates;
    if let Intent::Lesson(intent) = &intent {
        return lesson::update(state, intent, session);
    }
    if let Intent::Beside(intent) = intent {
        return changed_beside(state, *intent, session);
    }
    let mut next = PageState { version: state.version + 1, notice, gates, ..state.clone() };
    let is_file = matches!(intent, Intent::OpenManifest(_));
    let effects = match intent {
        Intent::Session(action) => match action {
            Action::Preset(place) => {
                next.show_preset(place);
                next.offer_undo(state, Gone::Story);
                vec![Effect::Session(action)]
            }
            Action::OpenCluster { beside, .. } => {
                next.applies_to_opened = false;
                next.view = View::Stage;
                if !beside {
                    next.forget_objects();
                    next.offer_undo(state, Gone::Cluster);
                }
                vec![Effect::Session(action)]
            }
            Action::Beside { .. } => {
                next.view = View::Stage;
                vec![Effect::Session(action)]
            }
            Action::Reset | Action::SetWorld(_) => {
                if let Action::SetWorld(world) = &action {
                    (next.gates, next.view) = (world.gates, View::Stage);
                    next.diagnose();
                }
                next.forget_objects();
                next.offer_undo(state, Gone::Cluster);
                vec![Effect::Session(action)]
            }
            Action::Discard(_) if session.branches().len() > 1 => {
                next.offer_undo(state, Gone::Branch);
                vec![Effect::Session(action)]
            }
            action => return (state.clone(), vec![Effect::Session(action)]),
        },
        Intent::Copy(text) => return (state.clone(), vec![Effect::Copy(text)]),
        Intent::Share | Intent::OpenDialog(Dialog::Embed) if session.branch().is_opened() => {
            next.notice = Some(Notice::NotInLinks);
            Vec::new()
        }
        Intent::OpenDialog(dialog) => {
            let wanted = Box::new(Intent::ShowDialog(Some(dialog)));
            return (state.clone(), vec![Effect::Want(wanted)]);
        }
        Intent::WantLesson(intent) => {
            return (state.clone(), vec![Effect::Want(Box::new(Intent::Lesson(intent)))]);
        }
        Intent::ShowLeft(LeftTab::Lesson) if state.lacks_lessons() => {
            next.choose(intent);
            vec![Effect::Want(Box::new(Intent::Lesson(Rc::new(LessonIntent::List))))]
        }
        Intent::OpenAssist => return (state.clone(), vec![Effect::Want(Box::new(Intent::ShowAssist))]),
        Intent::Speak(tag) => return (state.clone(), vec![Effect::Speak(tag)]),
        Intent::ToggleTheme => return (state.clone(), vec![Effect::ToggleTheme]),
        Intent::Leave(asked) => return (state.clone(), state.leave(&asked, session)),
        Intent::ScrollManifest(top) if top == state.top => return (state.clone(), Vec::new()),
        Intent::Navigate(address) if !state.leads_elsewhere(&address) => return (state.clone(), Vec::new()),
        Intent::Navigate(address) => next.navigate(&address),
        Intent::Begin(link, problem) => next.begin(link, problem, session),
        Intent::Apply => match next.question_before_apply(session) {
            Some(question) => {
                next.notice = Some(question);
                Vec::new()
            }
            None => next.apply(session),
        },
        Intent::ApplyAsked { anew: false } => {
            (next.notice, next.applies_to_opened) = (None, session.branch().is_opened());
            next.apply(session)
        }
        Intent::ApplyAsked { anew: true } => {
            next.forget_objects();
            next.offer_undo(state, Gone::Cluster);
            let reset = Effect::Session(Action::Reset);
            [reset].into_iter().chain(next.apply(session)).collect()
        }
        Intent::CompareEdited => {
            let effects = next.compare_edited();
            next.offer_undo(state, Gone::Story);
            effects
        }
        Intent::Undo => return state.undone(),
        Intent::ScrollManifest(_) | Intent::Diagnose | Intent::ShowDialog(_) | Intent::ShowAssist => {
            // They come by themselves, or after what is said: that is still to be read.
            next.notice = state.notice;
            next.choose(intent);
            Vec::new()
        }
        Intent::SaveManifest => return (state.clone(), vec![Effect::Save(state.text.clone())]),
        Intent::OpenManifest(text) | Intent::ReplaceManifest(text) => {
            if is_file {
                next.own = text.clone();
                (next.view, next.left) = (View::Manifest, LeftTab::Manifest);
            }
            next.put(text);
            if next.text != state.text {
                next.offer_undo(state, Gone::Text);
            }
            Vec::new()
        }
        Intent::ShowLeft(LeftTab::Cluster) => {
            next.choose(intent);
            vec![Effect::Want(Box::new(Intent::EnterDoor))]
        }
        Intent::OfferState(text) => {
            next.offered = Some(text);
            (next.view, next.left) = (View::Manifest, LeftTab::Cluster);
            vec![Effect::Want(Box::new(Intent::EnterDoor))]
        }
        Intent::Share => next.share(session),
        Intent::Command(command) => {
            next.panel = View::Terminal;
            vec![Effect::Session(Action::Input(Input::Command(command)))]
        }
        Intent::Query(query) => {
            let question = query.question(None);
            next.query = query;
            vec![Effect::Session(Action::Input(Input::Ask(question)))]
        }
        Intent::Explain(subject) => {
            if subject.is_none() {
                next.read_refusal = Refusal::of(&session.moment().store).map(|refusal| refusal.at);
            }
            (next.view, next.subject, next.subject_of_beside) = (View::Stage, subject, false);
            Vec::new()
        }
        Intent::Arrange(change) => {
            next.layout.arrange(change);
            vec![Effect::Arrange(next.layout)]
        }
        intent => {
            next.choose(intent);
            Vec::new()
        }
    };
    (next, effects)
}

/// What an intent makes of the page that is about the cluster beside the one on the stage. Where commands go to one of two, that
/// one comes on the stage for them.
fn changed_beside(state: &PageState, intent: Intent, session: &Session) -> (PageState, Vec<Effect>) {
    let intent = match intent {
        Intent::Inspect(key) => Intent::InspectBeside(key),
        intent => intent,
    };
    let is_command = matches!(intent, Intent::Command(_) | Intent::Session(Action::Input(_)));
    let (asks, offers) =
        (matches!(intent, Intent::Explain(Some(_))), matches!(intent, Intent::OfferFaults(_)));
    let (mut next, mut effects) = changed(state, intent, session);
    (next.subject_of_beside, next.faults_of_beside) =
        (next.subject_of_beside || asks, next.faults_of_beside || offers);
    if let Some(beside) = session.beside().filter(|_| is_command && !session.is_mirrored()) {
        effects.insert(0, Effect::Session(Action::Switch(beside.id)));
        // What was beside is on the stage then, and what was there is beside.
        (next.version, next.of_beside) = (state.version + 1, !next.of_beside);
        next.subject_of_beside = !next.subject_of_beside;
    }
    (next, effects)
}

impl PageState {
    /// Does what concerns nothing but what is shown.
    fn choose(&mut self, intent: Intent) {
        match intent {
            Intent::EditManifest(text) => {
                self.own = text.clone();
                self.put(text);
            }
            Intent::RefuseText => {
                let too_long = " ".repeat(MAX_TEXT + 1);
                self.diagnosis = Rc::new(diagnose(&too_long, self.gates));
            }
            Intent::RefuseLines => {
                let message = fill(self.words.too_many_lines(), &[("count", &MOST_LINES.to_string())]);
                let span = Span { line: 1, column: 1, end_line: 1, end_column: 1 };
                let said = Diagnostic { span, severity: Severity::Error, message };
                self.diagnosis = Rc::new(Diagnosis { diagnostics: vec![said], ..Diagnosis::default() });
            }
            Intent::Diagnose => self.diagnose(),
            Intent::ScrollManifest(top) => self.top = top,
            Intent::Inspect(key) => {
                (self.object, self.since, self.of_beside) = (Some(key), None, false);
                self.show(View::Inspect);
            }
            Intent::InspectBeside(key) => {
                (self.object, self.since, self.of_beside) = (Some(key), None, true);
                self.show(View::Inspect);
            }
            Intent::ShowTab(tab) => self.tab = tab,
            Intent::ShowDialog(dialog) => self.dialog = dialog,
            Intent::ShowAssist => self.assist = true,
            Intent::CompareVersion(since) => self.since = since,
            Intent::OfferFaults(key) => (self.faults, self.faults_of_beside) = (Some(key), false),
            Intent::ShowTool(tool) => self.query.tool = tool,
            Intent::Show(view) => self.show(view),
            Intent::ShowLeft(left) => (self.view, self.left) = (View::Manifest, left),
            Intent::EnterDoor => self.has_door = true,
            Intent::ShowRule(rule) => self.rule = rule,
            Intent::ShowNodes(by_node) => self.by_node = by_node,
            Intent::SelectOrdinal(ordinal) => self.selected = Some(ordinal),
            Intent::Dismiss => self.notice = None,
            Intent::Copied => self.notice = Some(Notice::LinkCopied),
            Intent::MissClipboard => self.notice = Some(Notice::NoClipboard),
            // What `update` does itself never comes here.
            _ => {}
        }
    }

    /// The editor's text is this one now.
    pub(super) fn put(&mut self, text: Str) {
        self.text = text;
        self.stale = true;
        if self.text.len() <= QUICK {
            self.diagnose();
        }
    }

    /// What there was before something was thrown away. A text that was changed since stays.
    fn undone(&self) -> (PageState, Vec<Effect>) {
        let Some(undo) = self.undo.clone() else { return (self.clone(), Vec::new()) };
        let mut next = PageState { version: self.version + 1, notice: None, undo: None, ..self.clone() };
        if self.can_undo_text() {
            next.put(undo.text[0].clone());
        }
        if undo.gone == Gone::Text {
            return (next, Vec::new());
        }
        (next.view, next.object, next.subject) = (undo.view, undo.object.clone(), undo.subject.clone());
        (next, vec![Effect::Session(Action::Undo)])
    }

    /// The story of the page's first link begins, unless somebody was quicker and did something already.
    fn begin(&mut self, link: Rc<Link>, problem: Option<Problem>, session: &Session) -> Vec<Effect> {
        let untouched = session.branch().inputs().is_empty();
        if untouched {
            let (version, layout, fragment) = (self.version, self.layout, self.fragment.clone());
            *self = PageState { version, layout, fragment, ..PageState::of(&link, problem, self.words) };
        }
        self.opened = true;
        self.diagnose();
        untouched.then_some(Effect::Session(Action::Open(link))).into_iter().collect()
    }

    /// Whether an address leads to something that the page does not show.
    fn leads_elsewhere(&self, address: &Address) -> bool {
        !address.fragment.is_empty() && *address.fragment != *self.fragment
    }

    /// Shows what an address leads to.
    fn navigate(&mut self, address: &Address) -> Vec<Effect> {
        let (link, problem) = address.start(None);
        if problem.is_some() {
            self.fragment = address.fragment.as_str().into();
            self.notice = problem.map(Notice::Unopened);
            return Vec::new();
        }
        let (opened, version, layout) = (self.opened, self.version, self.layout);
        let fragment = address.fragment.as_str().into();
        let lessons = self.lessons.take();
        let fresh = PageState::of(&link, problem, self.words);
        // What the lessons' list knows stays; the story of the one that is open is gone.
        let lessons = lessons.map(|lessons| Rc::new(Lessons { open: None, ..(*lessons).clone() }));
        *self = PageState { opened, version, layout, fragment, lessons, ..fresh };
        vec![Effect::Session(Action::Open(Rc::new(link)))]
    }

    /// What the tab remembers when the page is left.
    fn leave(&self, asked: &Str, session: &Session) -> Vec<Effect> {
        // A story that is still being opened is remembered already.
        if !self.opened || session.opening().is_some() {
            return Vec::new();
        }
        let has_lesson = self.lessons.as_ref().is_some_and(|lessons| lessons.open.is_some());
        vec![if has_lesson {
            Effect::Send(Box::new(Intent::lesson(LessonIntent::Leave(asked.clone()))))
        } else {
            Effect::Remember(saved(&self.link(session), None, asked))
        }]
    }

    /// What is to be asked before the manifest is applied.
    fn question_before_apply(&mut self, session: &Session) -> Option<Notice> {
        if self.stale {
            self.diagnose();
        }
        if self.diagnosis.from_cluster > 0 {
            return Some(Notice::AppliesState);
        }
        let is_opened = session.branch().is_opened();
        (is_opened && !self.applies_to_opened).then_some(Notice::AppliesToOpened)
    }

    /// Applies the manifest. A set in it is shown, unless one of them is shown already.
    fn apply(&mut self, session: &Session) -> Vec<Effect> {
        if self.stale {
            self.diagnose();
        }
        (self.panel, self.subject) = (View::Terminal, None);
        if self.diagnosis.diagnostics.iter().all(|d| d.severity != Severity::Error) {
            self.view = View::Stage;
        }
        let unseen = unseen_set(&self.diagnosis, session).map(Action::ShowSet);
        let apply = Action::Input(Input::Apply(self.text.clone()));
        unseen.into_iter().chain([apply]).map(Effect::Session).collect()
    }

    /// What was applied, and what is in the editor, each in a cluster of its own.
    fn compare_edited(&mut self) -> Vec<Effect> {
        self.view = View::Stage;
        let edited = Variant { name: self.words.as_edited().into(), manifest: self.text.clone() };
        vec![Effect::Session(Action::CompareEdited { applied: self.words.as_applied().into(), edited })]
    }

    /// The first manifest of a built-in comparison is in the editor.
    fn show_preset(&mut self, place: usize) {
        if let Some(preset) = PRESETS.get(place) {
            let [first, _] = preset.variants();
            self.text = first.manifest;
            self.stale = true;
        }
        self.view = View::Stage;
        self.forget_objects();
    }

    /// A link to this moment goes into the address and on the clipboard.
    fn share(&mut self, session: &Session) -> Vec<Effect> {
        let link = Link { playing: false, ..self.link(session) };
        self.fragment = link.to_fragment().into();
        vec![Effect::SetFragment(self.fragment.clone()), Effect::CopyLink(self.fragment.clone())]
    }
}

/// The first set of a manifest, unless one of its sets is shown already.
fn unseen_set(diagnosis: &Diagnosis, session: &Session) -> Option<Key> {
    let found = || diagnosis.objects.iter().filter(|found| found.kind == Kind::StatefulSet.name());
    let sets = || found().map(|set| Key::new(Kind::StatefulSet, &set.namespace, &set.name));
    let seen = session.set()?;
    if sets().any(|set| set == seen) { None } else { sets().next() }
}
