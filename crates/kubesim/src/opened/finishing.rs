//! A state on the way from what was read of it to what a story begins from, in small steps.

use super::assemble::{Assembly, Recorded, Reduced};
use super::made_up::MakingUp;
use super::measure;
use super::recording::{Seen, WatchChange};
use super::slices::Slices;
use super::state::{MadeUp, Opened, Unreadable};
use crate::api::stateful_set::REVISION_LABEL;
use crate::api::{Key, Kind, Object, SimTime, Str, Uid};
use crate::config::Timings;
use crate::controllers::stateful_set::revision;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// So many objects are looked at in one step.
const AT_ONCE: usize = 64;
/// So many that are not needed any more are forgotten in one step.
const FORGOTTEN_AT_ONCE: usize = 256;

/// What is still to be done.
#[derive(Debug)]
enum Stage {
    /// Trees become objects, with times that count from zero.
    Objects,
    /// Zero is known, or lies later than it seemed.
    Zero,
    /// What watches saw later becomes objects.
    Later,
    /// Who is whose; events get their order.
    Relations,
    /// Sets and their revisions are made to fit.
    Revisions(Revisions),
    /// What is missing is made up.
    MakingUp(Box<MakingUp>),
    /// What is missing of what was seen later is made up; so many objects were known.
    MakingUpLater(Box<MakingUp>, usize),
    /// It is measured how long things took.
    Measure,
    /// EndpointSlices are made up; what was seen so far is as it is.
    Slices(Box<Slices>),
    /// What was read is forgotten.
    Forget,
}

/// A state that is being finished.
#[derive(Debug)]
pub struct Finishing {
    pub(super) assembly: Assembly,
    stage: Stage,
    /// Zero, in seconds of Unix time.
    zero: i64,
    /// Whether it is a recording.
    is_recording: bool,
    /// Whether zero was found to lie later than the newest time that is in it.
    has_waited: bool,
    later: Vec<Recorded>,
    objects: Vec<Object>,
    /// The objects of `later`, in the same order.
    after: Vec<Object>,
    missing: Vec<Kind>,
    made_up: Vec<(Key, MadeUp)>,
    timings: (Timings, usize),
    seen: Vec<Seen>,
}

impl Finishing {
    /// Begins with what was read. Errors: it is no state.
    pub fn new(mut assembly: Assembly) -> Result<Finishing, Unreadable> {
        let began_ms = assembly.began_ms();
        let later = assembly.begin_recording();
        assembly.check(&later)?;
        Ok(Finishing {
            zero: began_ms.or(assembly.newest_ms()).unwrap_or(0).div_euclid(1000),
            stage: Stage::Objects,
            is_recording: began_ms.is_some(),
            has_waited: false,
            later,
            objects: Vec::new(),
            after: Vec::new(),
            missing: Vec::new(),
            made_up: Vec::new(),
            timings: (Timings::realistic(), 0),
            seen: Vec::new(),
            assembly,
        })
    }

    /// How many objects are made, and how many there are to make.
    pub fn progress(&self) -> (usize, usize) {
        let all = self.assembly.trees.len() + self.later.len();
        match self.stage {
            // What is made again was made before.
            Stage::Objects | Stage::Zero | Stage::Later if !self.has_waited => {
                (self.objects.len() + self.after.len(), all)
            }
            _ => (all, all),
        }
    }

    /// Does a little more; false if all is done.
    pub fn step(&mut self) -> bool {
        // Another story may have been played in between.
        SimTime::set_zero(self.zero);
        let next = match &mut self.stage {
            Stage::Objects => {
                let trees = self.assembly.trees.iter().skip(self.objects.len()).take(AT_ONCE);
                self.objects.extend(trees.map(Reduced::object));
                (self.objects.len() == self.assembly.trees.len()).then_some(Stage::Zero)
            }
            Stage::Zero => Some(self.find_zero()),
            Stage::Later => {
                let later = self.later.iter().skip(self.after.len()).take(AT_ONCE);
                self.after.extend(later.map(|seen| seen.object.object()));
                (self.after.len() == self.later.len()).then_some(Stage::Relations)
            }
            Stage::Relations => {
                // What holds for all that was seen is found from all of it, whenever it was seen.
                self.objects.append(&mut self.after);
                number_events(&mut self.objects);
                self.assembly.release_from_absent_owners(&mut self.objects);
                Some(Stage::Revisions(Revisions::new(&self.objects)))
            }
            Stage::Revisions(revisions) => {
                if revisions.step(&mut self.objects) {
                    return true;
                }
                self.missing = missing_kinds(&self.objects);
                let (first, count) =
                    (self.assembly.trees.len(), self.assembly.trees.len() + self.later.len());
                let revisions = self.objects.split_off(count);
                self.after = self.objects.split_off(first);
                self.objects.extend(revisions);
                let objects = std::mem::take(&mut self.objects);
                Some(Stage::MakingUp(Box::new(MakingUp::new(objects, &self.missing))))
            }
            Stage::MakingUp(making_up) => {
                if making_up.step() {
                    return true;
                }
                (self.objects, self.made_up) = making_up.take();
                Some(match self.after.is_empty() {
                    true => Stage::Measure,
                    false => {
                        let (all, known) = with_later(&self.objects, &self.after);
                        Stage::MakingUpLater(Box::new(MakingUp::new(all, &self.missing)), known)
                    }
                })
            }
            Stage::MakingUpLater(making_up, known) => {
                if making_up.step() {
                    return true;
                }
                // It is there from the beginning, as nobody has seen it come.
                let (mut all, made_up) = making_up.take();
                self.objects.extend(all.split_off(*known));
                self.made_up.extend(made_up);
                Some(Stage::Measure)
            }
            Stage::Measure => Some(self.measure()),
            Stage::Slices(slices) => {
                if slices.step(&mut self.objects) {
                    return true;
                }
                self.seen = slices.take(&mut self.made_up);
                Some(Stage::Forget)
            }
            Stage::Forget => {
                let left = |count: usize| count.saturating_sub(FORGOTTEN_AT_ONCE);
                self.assembly.trees.truncate(left(self.assembly.trees.len()));
                self.later.truncate(left(self.later.len()));
                return !(self.assembly.trees.is_empty() && self.later.is_empty());
            }
        };
        if let Some(next) = next {
            self.stage = next;
        }
        true
    }

    /// Whether zero is right; if not, the objects are made again.
    fn find_zero(&mut self) -> Stage {
        let wait = seconds_until_available(&self.objects);
        if self.is_recording || wait <= 0 || self.has_waited {
            return Stage::Later;
        }
        (self.zero, self.has_waited) = (self.zero + wait, true);
        self.objects.clear();
        Stage::Objects
    }

    fn measure(&mut self) -> Stage {
        self.timings = measure::timings(self.objects.iter().chain(&self.after), &self.made_up);
        let zero_ms = self.zero * 1000;
        let seen = self.later.iter().zip(self.after.drain(..)).map(|(seen, object)| Seen {
            at: SimTime((seen.at_ms - zero_ms).max(0)),
            key: object.key(),
            after: (seen.change != WatchChange::Deleted).then(|| Rc::new(object)),
        });
        let seen: Vec<Seen> = seen.collect();
        if self.missing.contains(&Kind::EndpointSlice) {
            return Stage::Slices(Box::new(Slices::new(&self.objects, seen)));
        }
        self.seen = seen;
        Stage::Forget
    }

    /// The state, once all is done.
    pub fn finish(mut self) -> Opened {
        while self.step() {}
        let (timings, measured) = self.timings;
        Opened {
            taken_unix_seconds: self.zero,
            seen: self.seen,
            has_no_times: self.assembly.has_no_times,
            made_up: self.made_up,
            left_out: self.assembly.allow.left_out(),
            missing: self.missing,
            objects: self.objects.into_iter().map(Rc::new).collect(),
            timings,
            measured,
            images: std::mem::take(&mut self.assembly.allow.nodes_images),
        }
    }
}

/// The objects of the beginning with the newest of those that were seen later and not before; and how many that is.
fn with_later(objects: &[Object], after: &[Object]) -> (Vec<Object>, usize) {
    let mut newest: BTreeMap<Key, &Object> = BTreeMap::new();
    for object in after {
        newest.insert(object.key(), object);
    }
    let mut all = objects.to_vec();
    let there: BTreeSet<Key> = objects.iter().map(Object::key).collect();
    all.extend(newest.into_iter().filter(|(key, _)| !there.contains(key)).map(|(_, object)| object.clone()));
    let known = all.len();
    (all, known)
}

/// How many seconds after zero the state must have been taken: sets count pods as available that had been Ready for too
/// short a time before. No object says when nothing happened any more.
fn seconds_until_available(objects: &[Object]) -> i64 {
    let mut pods: BTreeMap<Uid, Vec<&Object>> = BTreeMap::new();
    for pod in objects.iter().filter(|object| object.kind == Kind::Pod && !object.meta.is_terminating()) {
        if let Some(owner) = pod.meta.controller() {
            pods.entry(owner.uid).or_default().push(pod);
        }
    }
    let mut latest = 0;
    for set in objects.iter().filter(|object| object.kind == Kind::StatefulSet) {
        let sts = set.stateful_set();
        let own = pods.get(&set.meta.uid).into_iter().flatten();
        let available = own.filter_map(|pod| pod.pod().available_at(sts.spec.min_ready_seconds));
        let mut available: Vec<SimTime> = available.collect();
        collections::sort(&mut available);
        let counted = usize::try_from(sts.status.available_replicas).unwrap_or(0);
        if let Some(last) = counted.checked_sub(1).and_then(|last| available.get(last)) {
            latest = latest.max(last.0.div_euclid(1000));
        }
    }
    latest
}

/// Events in the order in which they were first said.
fn number_events(objects: &mut [Object]) {
    let mut order: Vec<(SimTime, u64, usize)> = Vec::new();
    for (at, object) in objects.iter().enumerate().filter(|(_, object)| object.kind == Kind::Event) {
        order.push((object.event().first_timestamp, object.meta.resource_version, at));
    }
    collections::sort(&mut order);
    for (number, (_, _, at)) in order.into_iter().enumerate() {
        objects[at].event_mut().sequence = number as u64;
    }
}

/// Lets the newest revision of each set be that of its template, as it is in the cluster: without the values that were left
/// out its hash would be another. Where no revision is there, those that the status names are made.
#[derive(Debug)]
struct Revisions {
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
    fn new(objects: &[Object]) -> Revisions {
        let mut all = Revisions {
            sets: Vec::new(),
            named: BTreeMap::new(),
            newest: BTreeMap::new(),
            pods: BTreeMap::new(),
        };
        for (at, object) in objects.iter().enumerate() {
            match object.kind {
                Kind::StatefulSet => all.sets.push(at),
                Kind::ControllerRevision => all.note(at, object),
                Kind::Pod => {
                    let revision = object.meta.label(REVISION_LABEL).unwrap_or_default();
                    if let Some(owner) = object.meta.controller() {
                        all.pods.entry((owner.uid, revision.into())).or_insert(at);
                    }
                }
                _ => {}
            }
        }
        all.sets.reverse();
        all
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
    fn step(&mut self, objects: &mut Vec<Object>) -> bool {
        for at in self.sets.split_off(self.sets.len().saturating_sub(AT_ONCE)).into_iter().rev() {
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

/// The kinds of which nothing is there.
fn missing_kinds(objects: &[Object]) -> Vec<Kind> {
    let wanted = [
        Kind::Pod,
        Kind::PersistentVolumeClaim,
        Kind::PersistentVolume,
        Kind::Service,
        Kind::EndpointSlice,
        Kind::ControllerRevision,
        Kind::StorageClass,
        Kind::Node,
        Kind::Event,
    ];
    let is_missing = |kind: &Kind| objects.iter().all(|object| object.kind != *kind);
    wanted.into_iter().filter(is_missing).collect()
}
