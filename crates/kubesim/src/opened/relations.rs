//! What holds between the objects of a state, found a little at a time: who is whose, which event came first, which of a set's
//! revisions is its template's.

use super::assemble::{Assembly, Releasing};
use crate::api::stateful_set::REVISION_LABEL;
use crate::api::{Key, Kind, Object, SimTime, Str, Uid};
use crate::controllers::stateful_set::revision;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// So many objects are looked at in one step.
const AT_ONCE: usize = 512;
/// So many sets.
const SETS_AT_ONCE: usize = 64;

/// Events on the way to their order, and objects on the way to be free of owners that nobody knows.
#[derive(Default, Debug)]
pub struct Relating {
    /// How many objects were looked at.
    looked: usize,
    /// Events that have no number yet, in the order in which they were first said.
    events: BTreeSet<(SimTime, u64, usize)>,
    numbered: u64,
    releasing: Releasing,
    /// How many objects are free of owners that nobody knows.
    released: usize,
    revisions: Revisions,
}

impl Relating {
    /// Does a little more; false if all is done.
    pub fn step(&mut self, objects: &mut [Object], assembly: &mut Assembly) -> bool {
        let some = |from: usize| from..(from + AT_ONCE).min(objects.len());
        if self.looked < objects.len() {
            let range = some(self.looked);
            self.looked = range.end;
            for (at, object) in range.clone().zip(&objects[range]) {
                self.releasing.know(object);
                if object.kind == Kind::Event {
                    let first = object.event().first_timestamp;
                    self.events.insert((first, object.meta.resource_version, at));
                }
            }
        } else if !self.events.is_empty() {
            for _ in 0..AT_ONCE {
                let Some((_, _, at)) = self.events.pop_first() else { break };
                objects[at].event_mut().sequence = self.numbered;
                self.numbered += 1;
            }
        } else {
            let range = some(self.released);
            self.released = range.end;
            for at in range {
                self.releasing.release(&mut objects[at], assembly);
                self.revisions.look(at, &objects[at]);
            }
            return self.released < objects.len();
        }
        true
    }

    /// The revisions, once all is done.
    pub fn revisions(&mut self) -> Revisions {
        let mut revisions = std::mem::take(&mut self.revisions);
        revisions.sets.reverse();
        revisions
    }
}

/// The objects of the beginning, on the way to be joined with the newest of those that were seen later and not before.
#[derive(Default, Debug)]
pub struct Joining {
    /// All of them, once all is done.
    pub all: Vec<Object>,
    there: BTreeSet<Key>,
    looked: usize,
    /// Where the newest is of each that was not there at the beginning.
    newest: BTreeMap<Key, usize>,
}

impl Joining {
    /// Does a little more; false if all is done.
    pub fn step(&mut self, objects: &[Object], after: &[Object]) -> bool {
        let known = self.all.len();
        if known < objects.len() {
            let some = &objects[known..(known + AT_ONCE).min(objects.len())];
            self.there.extend(some.iter().map(Object::key));
            self.all.extend_from_slice(some);
            return true;
        }
        if self.looked < after.len() {
            let range = self.looked..(self.looked + AT_ONCE).min(after.len());
            self.looked = range.end;
            for (at, object) in range.clone().zip(&after[range]) {
                let key = object.key();
                if !self.there.contains(&key) {
                    self.newest.insert(key, at);
                }
            }
            return true;
        }
        for _ in 0..AT_ONCE {
            let Some((_, at)) = self.newest.pop_first() else { return false };
            self.all.push(after[at].clone());
        }
        true
    }
}

/// Lets the newest revision of each set be that of its template, as it is in the cluster: without the values that were left
/// out its hash would be another. Where no revision is there, those that the status names are made.
#[derive(Default, Debug)]
pub struct Revisions {
    /// Where the sets are that are still to be looked at, the next one last.
    sets: Vec<usize>,
    /// Where the revisions are, by namespace and name.
    named: BTreeMap<(Str, Str), Vec<usize>>,
    /// The newest number of each owner's.
    newest: BTreeMap<Uid, i64>,
    /// Where the first pod of each owner and revision is.
    pods: BTreeMap<(Uid, Str), usize>,
}

impl Revisions {
    /// Takes note of an object, of which there are so many before.
    fn look(&mut self, at: usize, object: &Object) {
        match object.kind {
            Kind::StatefulSet => self.sets.push(at),
            Kind::ControllerRevision => self.note(at, object),
            Kind::Pod => {
                let revision = object.meta.label(REVISION_LABEL).unwrap_or_default();
                if let Some(owner) = object.meta.controller() {
                    self.pods.entry((owner.uid, revision.into())).or_insert(at);
                }
            }
            _ => {}
        }
    }

    fn note(&mut self, at: usize, revision: &Object) {
        let name = (revision.meta.namespace.clone(), revision.meta.name.clone());
        self.named.entry(name).or_default().push(at);
        if let Some(owner) = revision.meta.controller() {
            let newest = self.newest.entry(owner.uid).or_default();
            *newest = (*newest).max(revision.controller_revision().revision);
        }
    }

    /// Looks at some sets; false if there are no more.
    pub fn step(&mut self, objects: &mut Vec<Object>) -> bool {
        for at in self.sets.split_off(self.sets.len().saturating_sub(SETS_AT_ONCE)).into_iter().rev() {
            self.keep_equal(objects, at);
        }
        !self.sets.is_empty()
    }

    fn keep_equal(&mut self, objects: &mut Vec<Object>, at: usize) {
        let set = objects[at].clone();
        let status = &set.stateful_set().status;
        if status.observed_generation < set.meta.generation {
            return;
        }
        let Some(update) = status.update_revision.clone() else { return };
        let data = Rc::new(revision::patch_of(&set));
        let next = self.newest.get(&set.meta.uid).map_or(1, |newest| newest + 1);
        let name = (set.meta.namespace.clone(), update.clone());
        if !self.named.contains_key(&name) {
            self.add(objects, revision::made_up(&set, &update, data.clone(), next.max(2)));
        }
        for at in self.named.get(&name).into_iter().flatten() {
            objects[*at].controller_revision_mut().data = data.clone();
        }
        // What pods have that were not updated yet: of their template nothing is known but that it is another.
        if let Some(current) = status.current_revision.clone().filter(|current| *current != update)
            && !self.named.contains_key(&(set.meta.namespace.clone(), current.clone()))
        {
            let old = self.pods.get(&(set.meta.uid, current.clone())).map(|at| &objects[*at]);
            let data = revision::patch_of_pod(&set, old);
            self.add(objects, revision::made_up(&set, &current, Rc::new(data), 1));
        }
    }

    fn add(&mut self, objects: &mut Vec<Object>, revision: Object) {
        self.note(objects.len(), &revision);
        objects.push(revision);
    }
}
