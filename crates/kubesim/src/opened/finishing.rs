//! A state on the way from what was read of it to what a story begins from, in small steps.

use super::assemble::{Assembly, Recorded, Reduced};
use super::made_up::MakingUp;
use super::measure;
use super::recording::{Seen, WatchChange};
use super::relations::{Joining, Relating, Revisions};
use super::slices::Slices;
use super::state::{MadeUp, Opened, Unreadable};
use crate::api::{Key, Kind, Object, SimTime, Uid};
use crate::config::Timings;
use std::collections::BTreeMap;
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
    Relations(Box<Relating>),
    /// Sets and their revisions are made to fit.
    Revisions(Revisions),
    /// What is missing is made up.
    MakingUp(Box<MakingUp>),
    /// What was there at the beginning is joined with what was seen later.
    Joining(Box<Joining>),
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
                (self.after.len() == self.later.len()).then(|| {
                    // What holds for all that was seen is found from all of it, whenever it was seen.
                    self.objects.append(&mut self.after);
                    Stage::Relations(Box::default())
                })
            }
            Stage::Relations(relating) => {
                if relating.step(&mut self.objects, &mut self.assembly) {
                    return true;
                }
                Some(Stage::Revisions(relating.revisions()))
            }
            Stage::Revisions(revisions) => {
                if revisions.step(&mut self.objects) {
                    return true;
                }
                Some(self.begin_making_up())
            }
            Stage::MakingUp(making_up) => {
                if making_up.step() {
                    return true;
                }
                (self.objects, self.made_up) = making_up.take();
                Some(match self.after.is_empty() {
                    true => Stage::Measure,
                    false => Stage::Joining(Box::default()),
                })
            }
            Stage::Joining(joining) => {
                if joining.step(&self.objects, &self.after) {
                    return true;
                }
                let all = std::mem::take(&mut joining.all);
                let known = all.len();
                Some(Stage::MakingUpLater(Box::new(MakingUp::new(all, &self.missing)), known))
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

    /// Parts what was there at the beginning, revisions that were made included, from what was seen later.
    fn begin_making_up(&mut self) -> Stage {
        self.missing = missing_kinds(&self.objects);
        let (first, count) = (self.assembly.trees.len(), self.assembly.trees.len() + self.later.len());
        let revisions = self.objects.split_off(count);
        self.after = self.objects.split_off(first);
        self.objects.extend(revisions);
        let objects = std::mem::take(&mut self.objects);
        Stage::MakingUp(Box::new(MakingUp::new(objects, &self.missing)))
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
