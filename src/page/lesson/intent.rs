//! What is wanted of lessons, and what the browser is to do for them.

use kubesim::Str;
use lesson::Lesson;
use lesson::text::Part;
use std::rc::Rc;

/// What is wanted of lessons.
#[derive(Clone, PartialEq, Debug)]
pub enum LessonIntent {
    /// The list is wanted; with it, what the browser has kept of earlier visits.
    List,
    /// What the browser has kept.
    Kept(Option<Str>),
    /// The browser keeps nothing.
    Unkept,
    /// The list's file has come, or not.
    Listed(Option<Str>),
    /// This lesson of the list.
    Open(Str),
    /// A lesson's file has come, or not.
    Came(Option<Str>),
    /// A lesson's text, of a file or a link; none: the link is damaged.
    Read(Option<Str>),
    /// A lesson that a link carries, packed.
    Carried(Str),
    /// The lesson that the tab remembers, packed, with how far it was.
    Resume(Str),
    /// The page is left: the tab is to remember the lesson, under what was asked for.
    Leave(Str),
    /// The cluster is new: its first step begins.
    Enter(usize),
    /// A step's own inputs have been given.
    Opened,
    /// The shown branch is the lesson's from now on; and then the step of this number begins again.
    Rebuilt(Option<usize>),
    /// Looks how far the step is.
    Look,
    /// This choice of the bet.
    Choose(usize),
    /// The bet is placed.
    PlaceBet,
    /// The bet, or the task, is skipped.
    Skip,
    /// The answers are shown to a class.
    Reveal,
    /// A hint is wanted.
    Hint,
    /// To the step before.
    Back,
    /// To the next step.
    Next,
    /// On, as a presenter's remote goes on.
    On,
    /// This step from its start.
    Again,
    /// Back to the lesson from what was done elsewhere.
    Return,
    /// This part of the page is lit, or none.
    Light(Option<Part>),
    /// This part of the page is shown.
    Point(Part),
    /// The lesson is shown to a class, or no more.
    Present(bool),
    /// Back to the list.
    Close,
    /// What was done is saved as a file.
    SaveProgress,
    /// A file of what was done is read.
    ReadProgress(Str),
    /// What was done is forgotten.
    ClearProgress,
    /// A link that carries the lesson is put on the clipboard.
    CopyLink,
    /// The handout is made.
    Print,
    /// What is wrong has been read.
    Dismiss,
}

/// What the browser is to do for lessons.
#[derive(Clone, PartialEq, Debug)]
pub enum LessonEffect {
    /// Loads the list.
    FetchList,
    /// Loads a lesson's file.
    Fetch(Str),
    /// Tells what the browser has kept.
    ReadKept,
    /// Keeps what was done.
    Keep(String),
    /// Saves what was done as a file.
    Save(String),
    /// Puts a link that carries this lesson's text on the clipboard.
    CopyLink(Str),
    /// Makes a handout of a lesson and shows it.
    Print(Rc<Lesson>, Str),
}
