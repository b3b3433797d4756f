//! What an intent has the session or the browser do.

use super::intent::Intent;
use super::layout::Layout;
use super::lesson::intent::LessonEffect;
use crate::session::Action;
use kubesim::Str;
use std::rc::Rc;

/// What the session or the browser is to do.
#[derive(Clone, PartialEq, Debug)]
pub enum Effect {
    /// The session does this.
    Session(Action),
    /// The tab remembers this text for when it is loaded again.
    Remember(String),
    /// This text is put on the clipboard.
    Copy(Str),
    /// This text is saved as a file.
    Save(Str),
    /// A link with this fragment, or the code that embeds the page with it, is put on the clipboard.
    CopyLink(Str),
    /// This stands behind `#` in the address.
    SetFragment(Str),
    /// The page is arranged like this, and stays so for later visits.
    Arrange(Layout),
    /// Light becomes dark, or dark light.
    ToggleTheme,
    /// The page is loaded again in the language of this tag.
    Speak(&'static str),
    /// This is wanted once the part of the program is there that is loaded only for who wants it.
    Want(Box<Intent>),
    /// This is wanted once what stands before it is done.
    Send(Box<Intent>),
    /// The browser does this for lessons.
    Lesson(Rc<LessonEffect>),
}
