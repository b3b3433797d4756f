//! Every write, in order: what time travel, the timeline and the watches read.

use super::store::Store;
use crate::api::verdict::{Component, Verdict, VerdictKey};
use crate::api::{Body, Key, Object, SimTime, Str};
use crate::base::hash::{FNV64_OFFSET, fnv64a};
use std::hash::{Hash, Hasher};
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
    /// Who wrote it.
    pub cause: Cause,
    /// What was written.
    pub change: Change,
}

/// What one write changed.
#[derive(Clone, Debug)]
pub enum Change {
    /// An object: before (absent: it was created) and after (absent: it is gone).
    Object {
        /// The object that was written.
        key: Key,
        /// As it was.
        before: Option<Rc<Object>>,
        /// As it is from then on; absent if it is gone.
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
        /// Which of the story's inputs it is.
        number: u32,
        /// What was typed or done, in one line.
        text: Str,
    },
    /// Something was printed in the terminal.
    Output {
        /// Where a pipe would find it.
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

/// So many writes are kept. At up to a kilobyte each that is what a browser's page can hold.
pub const MOST_KEPT: usize = 600_000;
/// When there are more, this many are dropped at once: each time is dear.
const DROPPED_AT_ONCE: usize = MOST_KEPT / 4;

/// The writes since the start, in order; of a very long history the last ones.
///
/// A position in it is how many writes had been made, dropped ones included: it stays the same when older writes go.
#[derive(Clone, Default, Debug)]
pub struct History {
    entries: Vec<Entry>,
    dropped: usize,
    /// The world as the dropped writes left it.
    base: Store,
    /// Worlds on the way, by their positions: from the nearest it is not far to any moment.
    checkpoints: Vec<(usize, Store)>,
}

/// The world is kept every so many writes: so few that going on from there takes a millisecond, so many that writes seldom
/// have to copy a block that they share with a kept world.
const CHECKPOINT_EVERY: usize = 2048;

impl History {
    /// The writes in order, as far as they are kept.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The writes from this position on, as far as they are kept.
    pub fn since(&self, position: usize) -> &[Entry] {
        &self.entries[position.saturating_sub(self.dropped).min(self.entries.len())..]
    }

    /// Whether all writes from this position on are kept.
    pub fn knows_since(&self, position: usize) -> bool {
        position >= self.dropped
    }

    /// The writes before this position, as far as they are kept.
    pub fn before(&self, position: usize) -> &[Entry] {
        &self.entries[..position.saturating_sub(self.dropped).min(self.entries.len())]
    }

    /// How many writes there were.
    pub fn len(&self) -> usize {
        self.dropped + self.entries.len()
    }

    /// Whether nothing was written yet.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many writes were dropped because there are too many, and the first moment that is still known; nothing if
    /// all are kept.
    pub fn dropped(&self) -> Option<(usize, SimTime)> {
        if self.dropped == 0 {
            return None;
        }
        Some((self.dropped, self.entries.first()?.at))
    }

    /// How many of the writes had been made at this moment (writes at the moment itself included).
    pub fn position_at(&self, at: SimTime) -> usize {
        self.dropped + self.entries.partition_point(|e| e.at <= at)
    }

    /// Adds a write, and the world that it has made.
    pub(super) fn push(&mut self, entry: Entry, world: &Store) {
        debug_assert!(
            self.entries.last().is_none_or(|last| last.at <= entry.at),
            "the history runs backwards"
        );
        self.entries.push(entry);
        if self.len().is_multiple_of(CHECKPOINT_EVERY) {
            self.checkpoints.push((self.len(), world.clone()));
        }
    }

    /// The kept world that is nearest to this position, and its own.
    fn nearest_checkpoint(&self, position: usize) -> Option<&(usize, Store)> {
        let after = self.checkpoints.partition_point(|(at, _)| *at < position);
        let near = self.checkpoints[after.saturating_sub(1)..].iter().take(2);
        near.min_by_key(|(at, _)| at.abs_diff(position))
    }

    /// Drops the oldest writes if there are more than are kept. Whoever reads the history on and on must have read it.
    pub(super) fn trim(&mut self, most: usize, at_once: usize) {
        if self.entries.len() <= most {
            return;
        }
        for entry in self.entries.drain(..at_once.min(most)) {
            self.base.apply(&entry.change);
            self.dropped += 1;
        }
        self.checkpoints.retain(|(at, _)| *at > self.dropped);
    }

    /// [`History::trim`] to what a page can hold.
    pub(super) fn trim_to_bound(&mut self) {
        self.trim(MOST_KEPT, DROPPED_AT_ONCE);
    }

    /// A number that stands for all that is kept, the same on every machine: two stories with the same one are the same.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = Fingerprint::default();
        self.dropped.hash(&mut hasher);
        for entry in &self.entries {
            entry.at.hash(&mut hasher);
            match entry.cause {
                Cause::Bootstrap => 0_u32.hash(&mut hasher),
                Cause::User(number) => (1_u32, number).hash(&mut hasher),
                Cause::Component(component) => (2_u32, component).hash(&mut hasher),
            }
            match &entry.change {
                Change::Object { key, after, .. } => {
                    key.hash(&mut hasher);
                    if let Some(object) = after {
                        hash_object(object, &mut hasher);
                    }
                }
                Change::Verdict { key, after, .. } => {
                    key.hash(&mut hasher);
                    after.as_deref().hash(&mut hasher);
                }
                Change::Input { number, text } => (number, text).hash(&mut hasher),
                Change::Output { stream, text } => (*stream as u32, text).hash(&mut hasher),
            }
        }
        hasher.0
    }
}

fn hash_object(object: &Object, hasher: &mut Fingerprint) {
    object.to_value().hash(hasher);
    match &object.body {
        Body::VolumeFiles(kept) => kept.hash(hasher),
        Body::ContainerFiles(kept) => kept.hash(hasher),
        Body::Refusal(kept) => kept.hash(hasher),
        Body::Resolver(kept) => (kept.caching as u32, kept.cache.len()).hash(hasher),
        _ => {}
    }
}

/// FNV-1a, fed with the same bytes on a machine of 32 bits as on one of 64.
struct Fingerprint(u64);

impl Default for Fingerprint {
    fn default() -> Fingerprint {
        Fingerprint(FNV64_OFFSET)
    }
}

impl Hasher for Fingerprint {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = fnv64a(self.0, bytes);
    }

    fn write_usize(&mut self, n: usize) {
        self.write(&(n as u64).to_le_bytes());
    }

    fn write_isize(&mut self, n: isize) {
        self.write(&(n as i64).to_le_bytes());
    }
}

impl Store {
    /// Makes this change.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Object { key, after, .. } => self.put(key, after.clone()),
            Change::Verdict { key: (who, key), after, .. } => self.put_verdict(*who, key, after.clone()),
            Change::Input { .. } | Change::Output { .. } => {}
        }
    }

    /// Takes this change back.
    pub fn undo(&mut self, change: &Change) {
        match change {
            Change::Object { key, before, .. } => self.put(key, before.clone()),
            Change::Verdict { key: (who, key), before, .. } => self.put_verdict(*who, key, before.clone()),
            Change::Input { .. } | Change::Output { .. } => {}
        }
    }
}

/// The world at a chosen moment of a history. It moves to another moment by making or taking back the writes between, or
/// those between that and the nearest world that the history has kept.
#[derive(Clone, Default, Debug)]
pub struct Moment {
    /// The world at this moment.
    pub store: Store,
    /// How many writes have been made.
    pub position: usize,
}

impl Moment {
    /// Goes to where `position` writes have been made, or to the first moment that the history still knows.
    pub fn seek(&mut self, history: &History, position: usize) {
        let position = position.clamp(history.dropped, history.len());
        if self.position < history.dropped {
            self.jump(history.dropped, history.base.clone());
        }
        if let Some((at, store)) = history.nearest_checkpoint(position)
            && at.abs_diff(position) < self.position.abs_diff(position)
        {
            self.jump(*at, store.clone());
        }
        while self.position < position {
            self.store.apply(&history.entries[self.position - history.dropped].change);
            self.position += 1;
        }
        while self.position > position {
            self.position -= 1;
            self.store.undo(&history.entries[self.position - history.dropped].change);
        }
    }

    fn jump(&mut self, position: usize, store: Store) {
        self.position = position;
        self.store = store;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;
    use crate::config::Options;
    use crate::story::{Input, Story};
    use crate::testing::SEED;

    /// The seed with a delete, after two minutes.
    fn story() -> Story {
        let mut story = Story::new(Options::default());
        story.input(Input::Apply(SEED.into()));
        story.run_until(SimTime(60_000));
        story.input(Input::Line("kubectl delete pod flask-1".into()));
        story.run_until(SimTime(120_000));
        story
    }

    #[test]
    fn the_same_log_gives_the_same_fingerprint_and_another_log_another() {
        let story = story();
        let again = Story::replay(Options::default(), story.inputs(), story.now());
        assert_eq!(again.cluster.api.history().fingerprint(), story.cluster.api.history().fingerprint());
        let shorter = Story::replay(Options::default(), &story.inputs()[..1], story.now());
        assert_ne!(shorter.cluster.api.history().fingerprint(), story.cluster.api.history().fingerprint());
    }

    #[test]
    fn a_history_past_its_bound_drops_the_oldest_writes_and_says_so() {
        let story = story();
        let whole = story.cluster.api.history();
        let mut trimmed = whole.clone();
        trimmed.trim(100, 60);
        let (count, first) = trimmed.dropped().expect("some were dropped");
        assert_eq!((count, trimmed.len()), (60, whole.len()));
        assert_eq!(first, whole.entries()[60].at);
        assert_eq!(trimmed.position_at(SimTime(5_000)), whole.position_at(SimTime(5_000)));
        let (mut a, mut b) = (Moment::default(), Moment::default());
        for position in [60, whole.len(), 61, whole.len() / 2, 60] {
            a.seek(whole, position);
            b.seek(&trimmed, position);
            assert_eq!((&a.store, a.position), (&b.store, b.position));
        }
        b.seek(&trimmed, 0);
        assert_eq!(b.position, 60, "what came before is not known");
        assert_eq!(whole.dropped(), None);
    }

    #[test]
    fn checkpoints_lead_to_the_same_worlds() {
        let mut story = Story::new(Options::default());
        let many = SEED.replace("replicas: 3", "replicas: 400\n  podManagementPolicy: Parallel");
        story.input(Input::Apply(many.into()));
        story.run_until(SimTime(100_000));
        let history = story.cluster.api.history();
        assert!(history.len() > 2 * CHECKPOINT_EVERY, "{}", history.len());
        let mut moment = Moment::default();
        moment.seek(history, history.len());
        assert_eq!(&moment.store, story.cluster.api.store());
        assert!(!history.checkpoints.is_empty());
        for part in [1, 9, 2, 7, 5, 0, 10] {
            let position = history.len() * part / 10;
            moment.seek(history, position);
            let mut walked = Store::default();
            for entry in history.before(position) {
                walked.apply(&entry.change);
            }
            assert_eq!(moment.store, walked, "at {position}");
        }
        moment.seek(history, 0);
        assert!(moment.store.list(Kind::Pod).next().is_none());
    }
}
