//! What is to be done, in order of time.

use crate::api::{Key, SimTime};
use crate::verdict::Component;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

/// One thing to do: a component looks at an object.
pub type Task = (Component, Key);

/// The event queue. Each task is in it at most once, at the earliest time that was asked for; what is due at the same
/// time is done in the order in which it was put in.
#[derive(Clone, Default, Debug)]
pub struct Queue {
    by_time: BTreeMap<(SimTime, u64), Numbered>,
    due: BTreeMap<Numbered, (SimTime, u64)>,
    next_seq: u64,
}

/// A task behind a number for it, as comparing tasks is dear ([`Key::number`]).
type Numbered = (u64, Task);

fn number_of((component, key): &Task) -> u64 {
    key.number().wrapping_add(*component as u64)
}

impl Queue {
    /// Puts a task in for this time, unless it is in already for an earlier one.
    pub fn add(&mut self, at: SimTime, task: Task) {
        let slot = (at, self.next_seq);
        match self.due.entry((number_of(&task), task)) {
            Entry::Occupied(old) if old.get().0 <= at => return,
            Entry::Occupied(mut old) => {
                let task = self.by_time.remove(&old.insert(slot)).expect("what is due has its time");
                self.by_time.insert(slot, task);
            }
            Entry::Vacant(place) => {
                self.by_time.insert(slot, place.key().clone());
                place.insert(slot);
            }
        }
        self.next_seq += 1;
    }

    /// When the next task is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.by_time.first_key_value().map(|((at, _), _)| *at)
    }

    /// Takes out the next task.
    pub fn pop(&mut self) -> Option<(SimTime, Task)> {
        let ((at, _), task) = self.by_time.pop_first()?;
        self.due.remove(&task);
        Some((at, task.1))
    }

    /// How many tasks are in it.
    pub fn len(&self) -> usize {
        self.by_time.len()
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.by_time.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;

    #[test]
    fn tasks_come_once_in_order_of_time_then_of_arrival() {
        let task = |name: &str| (Component::Kubelet, Key::new(Kind::Pod, "default", name));
        let mut queue = Queue::default();
        queue.add(SimTime(20), task("a"));
        queue.add(SimTime(10), task("b"));
        queue.add(SimTime(10), task("c"));
        queue.add(SimTime(30), task("b"));
        queue.add(SimTime(5), task("a"));
        let order: Vec<_> =
            std::iter::from_fn(|| queue.pop()).map(|(at, (_, key))| (at.0, key.name.to_string())).collect();
        assert_eq!(order, [(5, "a".into()), (10, "b".into()), (10, "c".into())]);
    }
}
