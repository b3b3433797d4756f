//! What the user has chosen to see.

use super::panel::{Asking, Face, View};
use crate::link::{Link, Problem};
use crate::session::Session;
use kubesim::api::Key;
use kubesim::apiserver::FeatureGates;
use kubesim::manifest::{Diagnosis, diagnose};
use scene::explain::Subject;
use scene::messages::Words;
use std::rc::Rc;
use yew::AttrValue;

/// What the user has chosen to see.
#[derive(Clone)]
pub struct Chosen {
    /// The manifest's text.
    pub text: AttrValue,
    /// What is to be said about it.
    pub diagnosis: Rc<Diagnosis>,
    /// Whether that was said about an earlier text.
    pub stale: bool,
    /// Whether the story has been opened: what it needs is loaded after the first picture.
    pub opened: bool,
    /// The first line of it that is drawn.
    pub top: usize,
    /// What a small screen shows.
    pub view: View,
    /// What is beside the stage.
    pub panel: View,
    /// The object that is inspected.
    pub object: Option<Key>,
    /// How it is shown.
    pub face: Face,
    /// The version that it is compared with.
    pub since: Option<usize>,
    /// The part that the question is about, if not about the whole set.
    pub subject: Option<Subject>,
    /// The object that the menu of troubles is for.
    pub trouble: Option<Key>,
    /// What DNS is asked.
    pub asking: Asking,
    /// Whether the rule is shown.
    pub rule: bool,
    /// Of many lanes, the one that is shown whole.
    pub lens: Option<i32>,
    /// Something to say, and whether it is bad news.
    pub message: Option<(&'static str, bool)>,
    /// The fragment that the page itself has put into its address.
    pub fragment: AttrValue,
    /// Counts the choices.
    pub version: usize,
}

impl Chosen {
    /// What was chosen when a link was made.
    pub fn of(link: &Link, problem: Option<Problem>, words: &'static Words) -> Chosen {
        let (name, kind) = link.question.clone();
        Chosen {
            text: link.text.clone().into(),
            diagnosis: Rc::default(),
            stale: true,
            opened: false,
            top: 0,
            view: link.view,
            panel: link.panel,
            object: link.object.clone(),
            face: link.face,
            since: None,
            subject: link.subject.clone(),
            trouble: None,
            asking: Asking { name: name.into(), kind: kind.into(), ..Asking::default() },
            rule: link.rule,
            lens: link.lens,
            message: problem.map(|problem| match problem {
                Problem::Damaged => (words.link_damaged, true),
                Problem::Newer => (words.link_newer, true),
            }),
            fragment: "".into(),
            version: 0,
        }
    }

    /// A link to what is seen now.
    pub fn link(&self, session: &Session) -> Link {
        session.link(Link {
            text: (&*self.text).into(),
            view: self.view,
            panel: self.panel,
            object: self.object.clone(),
            face: self.face,
            question: ((&*self.asking.name).into(), (&*self.asking.kind).into()),
            lens: self.lens,
            subject: self.subject.clone(),
            rule: self.rule,
            ..Link::default()
        })
    }

    /// Says what is to be said about the manifest.
    pub fn diagnose(&mut self) {
        self.diagnosis = Rc::new(diagnose(&self.text, FeatureGates::default()));
        self.stale = false;
    }

    /// What was chosen in a cluster means nothing in a new one.
    pub fn forget_objects(&mut self) {
        (self.object, self.since, self.subject, self.trouble) = (None, None, None, None);
    }

    /// Shows a part of the page, beside the stage if it has its place there.
    pub fn show(&mut self, view: View) {
        self.view = view;
        if !matches!(view, View::Manifest | View::Stage) {
            self.panel = view;
        }
    }
}
