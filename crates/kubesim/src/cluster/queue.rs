//! What is to be done, in order of time.

use crate::api::verdict::Component;
use crate::api::{Key, SimTime};
use crate::base::table::Table;
use std::collections::{BTreeMap, VecDeque};

/// One thing to do: a component looks at an object.
pub type Task = (Component, Key);

/// The event queue. Each task is in it at most once, at the earliest time that was asked for; what is due at the same
/// time is done in the order in which it was put in.
#[derive(Clone, Default, Debug)]
pub struct Queue {
    /// By the time at which they are due. None is empty.
    by_time: BTreeMap<SimTime, Slot>,
    /// When each task is due, and its number.
    due: Table<Task, (SimTime, u64)>,
    /// How many there are.
    len: usize,
    next_number: u64,
}

/// What is due at one time.
#[derive(Clone, Default, Debug)]
struct Slot {
    /// In the order in which they were put in, with their numbers. A task that was put forward to another time is still
    /// here, with a number that is no longer its own; never as the first.
    tasks: VecDeque<(u64, Task)>,
    /// How many of them were put forward.
    moved: usize,
}

impl Queue {
    /// Puts a task in for this time, unless it is in already for an earlier one.
    pub fn add(&mut self, at: SimTime, task: Task) {
        let number = self.next_number;
        match self.due.get_mut(&task) {
            Some((old, _)) if *old <= at => return,
            Some(place) => {
                let (old, _) = std::mem::replace(place, (at, number));
                self.by_time.get_mut(&old).expect("what is due has its time").moved += 1;
                self.drop_moved(old);
            }
            None => {
                self.due.insert(task.clone(), (at, number));
                self.len += 1;
            }
        }
        self.by_time.entry(at).or_default().tasks.push_back((number, task));
        self.next_number += 1;
    }

    /// When the next task is due.
    pub fn next_at(&self) -> Option<SimTime> {
        self.by_time.first_key_value().map(|(at, _)| *at)
    }

    /// Takes out the next task.
    pub fn pop(&mut self) -> Option<(SimTime, Task)> {
        let mut first = self.by_time.first_entry()?;
        let at = *first.key();
        let (_, task) = first.get_mut().tasks.pop_front().expect("no slot is empty");
        self.due.remove(&task);
        self.len -= 1;
        self.drop_moved(at);
        Some((at, task))
    }

    /// Drops what a slot begins with and was put forward, and a slot that is empty.
    fn drop_moved(&mut self, at: SimTime) {
        let Some(slot) = self.by_time.get_mut(&at) else { return };
        let is_moved = |(number, task): &(u64, Task)| self.due.get(task) != Some(&(at, *number));
        while slot.moved > 0 && slot.tasks.front().is_some_and(is_moved) {
            slot.tasks.pop_front();
            slot.moved -= 1;
        }
        if slot.tasks.is_empty() {
            self.by_time.remove(&at);
        }
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

    /// The same, said plainly: a list that is searched.
    #[derive(Default)]
    struct Plain(Vec<(SimTime, Task)>);

    impl Plain {
        fn add(&mut self, at: SimTime, task: Task) {
            match self.0.iter().position(|(_, known)| *known == task) {
                Some(n) if self.0[n].0 <= at => return,
                Some(n) => drop(self.0.remove(n)),
                None => {}
            }
            self.0.push((at, task));
        }

        fn pop(&mut self) -> Option<(SimTime, Task)> {
            let first = self.0.iter().map(|(at, _)| *at).min()?;
            let n = self.0.iter().position(|(at, _)| *at == first).expect("it is there");
            Some(self.0.remove(n))
        }
    }

    #[test]
    fn it_does_what_a_list_does_that_is_searched() {
        let mut rng = crate::base::rng::Rng::new(11);
        let (mut queue, mut plain) = (Queue::default(), Plain::default());
        for step in 0..20_000 {
            if rng.below(5) < 3 {
                let key = Key::new(Kind::Pod, "default", &format!("web-{}", rng.below(30)));
                let component = [Component::Kubelet, Component::Scheduler][rng.below(2)];
                let at = SimTime(step / 10 + rng.below(8) as i64);
                queue.add(at, (component, key.clone()));
                plain.add(at, (component, key));
            } else {
                assert_eq!(queue.pop(), plain.pop());
            }
            assert_eq!(queue.next_at(), plain.0.iter().map(|(at, _)| *at).min());
            assert_eq!(queue.len, plain.0.len());
        }
    }
}
