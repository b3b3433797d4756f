//! What a part of the page asks of the whole.

use super::panel::{Asking, Face, View};
use crate::session::Action;
use kubesim::api::Key;
use kubesim::manifest::Diagnosis;
use kubesim::story::Input;
use scene::explain::Subject;
use std::rc::Rc;
use yew::AttrValue;

/// What a part of the page asks of the whole.
#[derive(Clone, PartialEq, Debug)]
pub enum Ask {
    /// Something of the session.
    Do(Action),
    /// The manifest is this text now.
    Edit(AttrValue),
    /// So much text can't be pasted; what is to be said about it.
    Refused(Rc<Diagnosis>),
    /// Look at the manifest again: it has been left alone for a moment.
    Diagnose,
    /// The manifest is drawn from this line on.
    Scroll(usize),
    /// Apply the manifest.
    Apply,
    /// Show what was applied and what is in the editor side by side, each in a cluster of its own.
    CompareEdited,
    /// Run this command on the laptop, and show it in the terminal.
    Command(AttrValue),
    /// Show this object.
    Inspect(Key),
    /// Show objects described, as YAML, or by what changed.
    Face(Face),
    /// Show what changed since the version that was written at this position of the history, or since the last one.
    Since(Option<usize>),
    /// Answer the question about this part, or about the whole set.
    Why(Option<Subject>),
    /// Offer what can be done to this object; for the set, to the whole cluster.
    Trouble(Key),
    /// Ask DNS this.
    Resolve(Asking),
    /// Show what this tool of DNS prints.
    Raw(Option<&'static str>),
    /// Put this text on the clipboard.
    Copy(AttrValue),
    /// Show this part of the page.
    Show(View),
    /// Show the rule behind the answer, or hide it.
    Rule(bool),
    /// Of very many places, show this one whole.
    Lens(i32),
    /// Change between light and dark.
    Theme,
    /// Put a link to this moment, or the code to embed it, into the clipboard.
    Share(Share),
    /// What was said has been read.
    Heard,
}

impl Ask {
    /// Something of the cluster.
    pub fn input(input: Input) -> Ask {
        Ask::Do(Action::Input(input))
    }
}

/// What is shared.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Share {
    /// A link to this moment.
    Link,
    /// The code that shows it inside another page.
    Embed,
}
