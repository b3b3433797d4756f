//! What a part of the page, a key or the browser wants of the page.

use super::layout::Arrangement;
use super::lesson::intent::LessonIntent;
use super::panel::{Dialog, DnsQuery, InspectorTab, LeftTab, View};
use crate::link::address::Address;
use crate::link::{Link, Problem};
use crate::session::Action;
use kubesim::{Input, Key, Str};
use scene::explain::Subject;
use std::rc::Rc;

/// What is wanted of the page.
#[derive(Clone, PartialEq, Debug)]
pub enum Intent {
    /// Something of the session.
    Session(Action),
    /// What the first story needs has been loaded: it begins, unless the user has done something already. With it comes what is
    /// wrong with the link that should have been it.
    Begin(Rc<Link>, Option<Problem>),
    /// The page's address has another fragment.
    Navigate(Address),
    /// The page is left, or loaded again; what its address asks for ([`Address::asked`]).
    Leave(Str),
    /// The manifest is this text now.
    EditManifest(Str),
    /// An example's manifest, or the user's own again, takes the place of what is in the editor.
    ReplaceManifest(Str),
    /// A file takes its place.
    OpenManifest(Str),
    /// Save the manifest as a file.
    SaveManifest,
    /// Back to what was there before something was thrown away.
    Undo,
    /// More text was pasted than a manifest may have.
    RefuseText,
    /// It has more lines than the editor holds.
    RefuseLines,
    /// Diagnose the manifest: nothing was typed for a moment.
    Diagnose,
    /// The manifest is drawn from this line on, counted from 0.
    ScrollManifest(usize),
    /// Apply the manifest; if a real cluster's state is in the editor or on the stage, ask first.
    Apply,
    /// Apply it all the same: in the cluster on the stage, or in a new one.
    ApplyAsked {
        /// Whether it is a new one.
        anew: bool,
    },
    /// Show what was applied and what is in the editor side by side, each in a cluster of its own.
    CompareEdited,
    /// Run this command on the laptop, and show it in the terminal.
    Command(Str),
    /// Show this object.
    Inspect(Key),
    /// Show this object of the cluster that stands beside the one on the stage.
    InspectBeside(Key),
    /// Do this in the cluster that stands beside the one on the stage.
    Beside(Box<Intent>),
    /// Show objects described, as YAML, or by what changed.
    ShowTab(InspectorTab),
    /// Show what changed since the version that was written at this position of the history, or since the last one.
    CompareVersion(Option<usize>),
    /// Explain this part, or the whole set.
    Explain(Option<Subject>),
    /// Offer the faults that can be made or mended at this object; for the set, in the whole cluster.
    OfferFaults(Key),
    /// Ask DNS this.
    Query(DnsQuery),
    /// Show what this tool of DNS prints.
    ShowTool(Option<&'static str>),
    /// Put this text on the clipboard.
    Copy(Str),
    /// Show this part of the page.
    Show(View),
    /// The part of the program is there that is loaded only for who wants it.
    EnterDoor,
    /// Open this text, which is a real cluster's state, instead of applying it.
    OfferState(Str),
    /// Show this left of the stage.
    ShowLeft(LeftTab),
    /// Show the rule behind the answer, or hide it.
    ShowRule(bool),
    /// Show pods by their nodes, or by their ordinals.
    ShowNodes(bool),
    /// Of very many pods, show the one of this ordinal whole.
    SelectOrdinal(i32),
    /// Arrange the parts of the page otherwise.
    Arrange(Arrangement),
    /// Change between light and dark.
    ToggleTheme,
    /// Speak the language of this tag.
    Speak(&'static str),
    /// Put a link to this moment on the clipboard.
    Share,
    /// It is on the clipboard.
    Copied,
    /// The browser has no clipboard, or refuses it: the link stands in the address bar only.
    MissClipboard,
    /// Show this dialog, once the part of the program is there that is loaded only for who wants it.
    OpenDialog(Dialog),
    /// Show this dialog, or none.
    ShowDialog(Option<Dialog>),
    /// Something of lessons: only once the part of the program is there that is loaded for who wants it.
    Lesson(Rc<LessonIntent>),
    /// Something of lessons, which that part is loaded for if need be.
    WantLesson(Rc<LessonIntent>),
    /// Say what fields mean, and which there are, once that part of the program is there.
    OpenAssist,
    /// Say it: the part is there.
    ShowAssist,
    /// The notice has been read.
    Dismiss,
}

impl Intent {
    /// Something of the cluster.
    pub fn input(input: Input) -> Intent {
        Intent::Session(Action::Input(input))
    }

    /// Something of lessons.
    pub fn lesson(intent: LessonIntent) -> Intent {
        Intent::Lesson(Rc::new(intent))
    }
}
