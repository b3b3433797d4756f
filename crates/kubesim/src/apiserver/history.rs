//! Every write, in order: what time travel, the timeline and the watches read.

use super::store::Store;
use crate::api::{Key, Object, SimTime, Str};
use crate::verdict::{Component, Verdict, VerdictKey};
use std::rc::Rc;

/// Who made a write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cause {
    /// It was there from the start.
    Bootstrap,
    /// The user: the number of the input (see `sim::Input`).
    User(u32),
    /// A component of the cluster.
    Component(Component),
}

/// One write.
#[derive(Clone, Debug)]
pub struct Entry {
    /// When.
    pub at: SimTime,
    /// Who.
    pub cause: Cause,
    /// What.
    pub change: Change,
}

/// What one write changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// An object: before (absent: it was created) and after (absent: it is gone).
    Object {
        /// Which.
        key: Key,
        /// As it was.
        before: Option<Rc<Object>>,
        /// As it is.
        after: Option<Rc<Object>>,
    },
    /// What a component says about an object.
    Verdict {
        /// Who, about what.
        key: VerdictKey,
        /// What it said before.
        before: Option<Rc<Verdict>>,
        /// What it says now.
        after: Option<Rc<Verdict>>,
    },
    /// The user gave an input: a mark for the timeline.
    Input {
        /// Its number.
        number: u32,
        /// What was typed or done, in one line.
        text: Str,
    },
    /// Something was printed in the terminal.
    Output {
        /// Which stream.
        stream: Stream,
        /// The text, with its line ends.
        text: Str,
    },
}

/// Where text in the terminal comes from.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stream {
    /// The prompt and what the user typed after it.
    Prompt,
    /// A command's output.
    Stdout,
    /// A command's complaints.
    Stderr,
}

/// Every write since the start, in order.
#[derive(Clone, Default, Debug)]
pub struct History {
    entries: Vec<Entry>,
}

impl History {
    /// The writes in order.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// How many writes.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// How many of the writes had been made at this moment (writes at the moment itself included).
    pub fn position_at(&self, at: SimTime) -> usize {
        self.entries.partition_point(|e| e.at <= at)
    }

    pub(super) fn push(&mut self, entry: Entry) {
        debug_assert!(
            self.entries.last().is_none_or(|last| last.at <= entry.at),
            "the history runs backwards"
        );
        self.entries.push(entry);
    }
}

impl Store {
    /// Makes this change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Object { key, after, .. } => self.put(key.clone(), after.clone()),
            Change::Verdict { key, after, .. } => self.put_verdict(key.clone(), after.clone()),
            Change::Input { .. } | Change::Output { .. } => {}
        }
    }

    /// Takes this change back.
    pub fn undo(&mut self, change: &Change) {
        match change {
            Change::Object { key, before, .. } => self.put(key.clone(), before.clone()),
            Change::Verdict { key, before, .. } => self.put_verdict(key.clone(), before.clone()),
            Change::Input { .. } | Change::Output { .. } => {}
        }
    }
}

/// The world at a chosen moment of a history; moves to another moment by making or taking back the writes between.
#[derive(Clone, Default, Debug)]
pub struct Moment {
    /// The world at this moment.
    pub store: Store,
    /// How many writes have been made.
    pub position: usize,
}

impl Moment {
    /// Goes to where `position` writes have been made.
    pub fn seek(&mut self, history: &History, position: usize) {
        let position = position.min(history.len());
        while self.position < position {
            self.store.apply(&history.entries[self.position].change);
            self.position += 1;
        }
        while self.position > position {
            self.position -= 1;
            self.store.undo(&history.entries[self.position].change);
        }
    }
}
