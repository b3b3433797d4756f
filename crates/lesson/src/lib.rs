//! Lessons: Markdown files that a teacher writes, read, played on a [`kubesim::Story`], and checked without a browser.
//!
//! `docs/lessons.md` says how one is written. A file is [`parse`]d to a [`Lesson`] and what is wrong with it; [`play`] opens a
//! step and says how far it is; [`check`] plays all of it alone; [`handout`] is it on paper.

pub mod check;
mod front_matter;
pub mod handout;
mod lesson;
mod markdown;
mod parse;
pub mod play;
mod problem;
pub mod text;

pub use front_matter::FrontMatter;
pub use lesson::{Bet, Hint, Item, Lesson, Line, Step, Task};
pub use parse::{MOST_BYTES, parse};
pub use problem::{Position, Problem, Severity};
