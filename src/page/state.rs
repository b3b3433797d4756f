//! What the user has chosen to see.

use super::layout::Layout;
use super::lesson::state::{Lessons, Play};
use super::panel::{Dialog, DnsQuery, InspectorTab, LeftTab, View};
use crate::link::{Link, Problem};
use crate::session::Session;
use kubesim::manifest::{Diagnosis, diagnose};
use kubesim::{FeatureGates, Key, SimTime, Str};
use messages::Messages;
use scene::examples::EXAMPLES;
use scene::explain::Subject;
use std::rc::Rc;

/// What the user has chosen to see.
#[derive(Clone)]
pub struct PageState {
    /// Every text that the page shows, in its language.
    pub words: &'static Messages,
    /// The manifest, as it stands in the editor.
    pub text: Str,
    /// The user's own manifest: what was typed, pasted or opened last. Empty if there is none.
    pub own: Str,
    /// The way back from what threw something away last.
    pub undo: Option<Rc<Undo>>,
    /// What is to be said about it.
    pub diagnosis: Rc<Diagnosis>,
    /// Whether that was said about an earlier text.
    pub stale: bool,
    /// Whether the story has been opened: what it needs is loaded after the first picture.
    pub opened: bool,
    /// The first line of the manifest that is drawn, from 0.
    pub top: usize,
    /// What a small screen shows.
    pub view: View,
    /// What is left of the stage.
    pub left: LeftTab,
    /// Whether the part of the program is there that is loaded only for who wants it.
    pub has_door: bool,
    /// A text that is a real cluster's state, to be opened.
    pub offered: Option<Str>,
    /// Lessons, once they were wanted.
    pub lessons: Option<Rc<Lessons>>,
    /// What is beside the stage.
    pub panel: View,
    /// The object that is inspected.
    pub object: Option<Key>,
    /// Whether it is of the cluster that stands beside the one on the stage.
    pub of_beside: bool,
    /// How it is shown.
    pub tab: InspectorTab,
    /// The version that it is compared with, by its position in the history; absent: the last one.
    pub since: Option<usize>,
    /// The part that is explained, if not the whole set.
    pub subject: Option<Subject>,
    /// Whether it is of the cluster that stands beside the one on the stage.
    pub subject_of_beside: bool,
    /// When the manifest was sent whose refusal has been read.
    pub read_refusal: Option<SimTime>,
    /// The object whose faults are offered.
    pub faults: Option<Key>,
    /// Whether it is of the cluster that stands beside the one on the stage.
    pub faults_of_beside: bool,
    /// The feature gates of the cluster on the stage: what the manifest's fields mean depends on them.
    pub gates: FeatureGates,
    /// What stands over the page.
    pub dialog: Option<Dialog>,
    /// Whether the editor says what fields mean, and which there are.
    pub assist: bool,
    /// What DNS is asked.
    pub query: DnsQuery,
    /// Whether the rule behind the answer is shown.
    pub rule: bool,
    /// Whether pods stand by their nodes, not by their ordinals.
    pub by_node: bool,
    /// Of very many pods, the ordinal of the one that is shown whole.
    pub selected: Option<i32>,
    /// Where the parts of the page stand.
    pub layout: Layout,
    /// Something to say about what the user did.
    pub notice: Option<Notice>,
    /// Whether the user has said that manifests are to be applied in the real cluster's state on the stage.
    pub applies_to_opened: bool,
    /// The fragment that the page itself has put into its address.
    pub fragment: Str,
    /// Counts the changes, so that what depends on the state is drawn again.
    pub version: usize,
}

/// Something to say about what the user did.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Notice {
    /// The link can't be opened.
    Unopened(Problem),
    /// What is shown is in no link.
    NotInLinks,
    /// A link is on the clipboard.
    LinkCopied,
    /// There is no clipboard.
    NoClipboard,
    /// Something was thrown away, and can be had back.
    Gone(Gone),
    /// The text in the editor is a real cluster's state: is it to be applied, or opened?
    AppliesState,
    /// The cluster on the stage is a real one's state: is the manifest to be applied there?
    AppliesToOpened,
}

/// What was thrown away.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Gone {
    /// The text in the editor.
    Text,
    /// The cluster, for a new one.
    Cluster,
    /// The story, for two new clusters.
    Story,
    /// A branch.
    Branch,
}

/// What the page showed before something was thrown away.
#[derive(Debug)]
pub struct Undo {
    /// What was thrown away.
    pub(super) gone: Gone,
    /// The text in the editor, before and after.
    pub(super) text: [Str; 2],
    pub(super) view: View,
    pub(super) object: Option<Key>,
    pub(super) subject: Option<Subject>,
}

impl Notice {
    /// Whether it stays however long it is not answered or closed. What is wrong with a link stays whatever else is done, too.
    pub fn stays(self) -> bool {
        matches!(self, Notice::Unopened(_) | Notice::AppliesState | Notice::AppliesToOpened)
    }
}

impl PageState {
    /// The lesson that is open.
    pub fn play(&self) -> Option<&Play> {
        self.lessons.as_ref()?.open.as_ref()
    }

    /// Whether neither a lesson nor the list of them is there.
    pub fn lacks_lessons(&self) -> bool {
        self.lessons.as_ref().is_none_or(|lessons| lessons.list.is_none() && lessons.open.is_none())
    }

    /// Whether the shown branch is not the open lesson's.
    pub fn is_off_path(&self, session: &Session) -> bool {
        self.play().is_some_and(|play| session.branch().id != play.path)
    }

    /// What was chosen when a link was made; `problem` is what is wrong with the link.
    pub fn of(link: &Link, problem: Option<Problem>, words: &'static Messages) -> PageState {
        let (name, kind) = link.question.clone();
        PageState {
            words,
            text: link.text.clone(),
            own: if is_example(&link.text) { Str::default() } else { link.text.clone() },
            undo: None,
            diagnosis: Rc::default(),
            stale: true,
            opened: false,
            top: 0,
            view: link.view,
            left: LeftTab::Manifest,
            has_door: false,
            offered: None,
            lessons: None,
            panel: link.panel,
            object: link.object.clone(),
            of_beside: false,
            tab: link.tab,
            since: None,
            subject: link.subject.clone(),
            subject_of_beside: false,
            read_refusal: None,
            faults: None,
            faults_of_beside: false,
            gates: FeatureGates::default(),
            dialog: None,
            assist: false,
            query: DnsQuery { name, kind, ..DnsQuery::default() },
            rule: link.rule,
            by_node: link.by_node,
            selected: link.selected,
            layout: Layout::default(),
            notice: problem.map(Notice::Unopened),
            applies_to_opened: false,
            fragment: Str::default(),
            version: 0,
        }
    }

    /// A link to what is seen now.
    pub fn link(&self, session: &Session) -> Link {
        session.link(Link {
            // A cluster's state stays in the page.
            text: if self.diagnosis.from_cluster > 0 { Str::default() } else { self.text.clone() },
            view: self.view,
            panel: self.panel,
            object: self.object.clone(),
            tab: self.tab,
            question: (self.query.name.clone(), self.query.kind.clone()),
            selected: self.selected,
            subject: self.subject.clone(),
            rule: self.rule,
            by_node: self.by_node,
            ..Link::default()
        })
    }

    /// Says what is wrong with the manifest, and what is in it.
    pub(super) fn diagnose(&mut self) {
        self.diagnosis = Rc::new(diagnose(&self.text, self.gates));
        self.stale = false;
    }

    /// Notes the way back from what has just been thrown away, and offers it. `before`: the state before that.
    pub(super) fn offer_undo(&mut self, before: &PageState, gone: Gone) {
        self.notice = Some(Notice::Gone(gone));
        let (object, subject) = (before.object.clone(), before.subject.clone());
        let text = [before.text.clone(), self.text.clone()];
        self.undo = Some(Rc::new(Undo { gone, text, view: before.view, object, subject }));
    }

    /// Whether the editor holds what was put into it as a whole, so that the text before can be had back.
    pub fn can_undo_text(&self) -> bool {
        self.undo.as_ref().is_some_and(|undo| undo.text[0] != undo.text[1] && self.text == undo.text[1])
    }

    /// What was chosen in a cluster means nothing in a new one.
    pub(super) fn forget_objects(&mut self) {
        (self.object, self.since, self.subject, self.faults) = (None, None, None, None);
    }

    /// Shows a part of the page; beside the stage, if its place is there.
    pub(super) fn show(&mut self, view: View) {
        self.view = view;
        if !matches!(view, View::Manifest | View::Stage) {
            self.panel = view;
        }
    }
}

/// Whether a text is one of the built-in manifests.
fn is_example(text: &str) -> bool {
    EXAMPLES.iter().any(|example| example.text == text)
}
