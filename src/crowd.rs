//! A set of very many pods: a cell for each place instead of a lane, in blocks that are drawn again only when one of their
//! cells has changed.

use crate::chronicle::PodState;
use kubesim::api::volume::ClaimPhase;
use kubesim::api::{Key, Kind, Object, Str};
use kubesim::apiserver::Store;
use std::collections::BTreeMap;
use std::rc::Rc;

/// From this many places on, each is a cell.
pub const CROWD: usize = 41;
/// So many cells are drawn together.
const BLOCK: usize = 100;

/// A place.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Its number.
    pub ordinal: i32,
    /// The pod that is there.
    pub pod: Option<Rc<Object>>,
    /// Whether one of its claims is bound.
    pub bound: bool,
}

impl PartialEq for Cell {
    /// Versions of objects are never changed in place: the same pod is the same allocation.
    fn eq(&self, other: &Cell) -> bool {
        let address = |cell: &Cell| cell.pod.as_ref().map(Rc::as_ptr);
        (self.ordinal, self.bound, address(self)) == (other.ordinal, other.bound, address(other))
    }
}

/// All places of a set.
#[derive(Clone, PartialEq, Debug)]
pub struct Crowd {
    /// The places, in order.
    pub blocks: Vec<Rc<Vec<Cell>>>,
    /// How many pods are in each state, in the order of [`PodState::ALL`].
    pub counts: [usize; 6],
    /// How many places have no pod.
    pub missing: usize,
    /// The revision that all pods are to have.
    pub revision: Option<Str>,
}

impl Crowd {
    /// How many places.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum()
    }

    /// Whether there are no places.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.blocks.iter().flat_map(|block| block.iter())
    }

    /// The set's places: those that are wanted, that have a pod, or whose claim is still there. `None` if they are few
    /// enough for lanes. What is as it was `before` is the same allocation.
    pub fn of(store: &Store, set: &Object, before: Option<&Crowd>) -> Option<Crowd> {
        let cells = cells(store, set);
        if cells.len() < CROWD {
            return None;
        }
        let status = &set.stateful_set().status;
        let mut crowd = Crowd {
            blocks: Vec::new(),
            counts: [0; 6],
            missing: 0,
            revision: status.update_revision.clone(),
        };
        for cell in &cells {
            match &cell.pod {
                Some(pod) => crowd.counts[PodState::of(pod) as usize] += 1,
                None => crowd.missing += 1,
            }
        }
        let old = |n: usize| before.filter(|b| b.revision == crowd.revision)?.blocks.get(n);
        let share = |(n, block): (usize, &[Cell])| match old(n).filter(|old| ***old == *block) {
            Some(old) => old.clone(),
            None => Rc::new(block.to_vec()),
        };
        crowd.blocks = cells.chunks(BLOCK).enumerate().map(share).collect();
        Some(crowd)
    }
}

fn cells(store: &Store, set: &Object) -> Vec<Cell> {
    let (namespace, name, spec) = (&*set.meta.namespace, &*set.meta.name, &set.stateful_set().spec);
    let wanted = spec.ordinals_start..spec.ordinals_start.saturating_add(spec.replicas);
    let empty = |ordinal| Cell { ordinal, pod: None, bound: false };
    let mut cells: Vec<Cell> = wanted.clone().map(empty).collect();
    // Beyond the wanted ones.
    let mut more: BTreeMap<i32, Cell> = BTreeMap::new();
    let mut place =
        |ordinal: i32, fill: &dyn Fn(&mut Cell)| match cells.get_mut((ordinal - wanted.start) as usize) {
            Some(cell) if ordinal >= wanted.start => fill(cell),
            _ => fill(more.entry(ordinal).or_insert_with(|| empty(ordinal))),
        };
    for pod in store.list_in(Kind::Pod, namespace).filter(|p| p.meta.is_controlled_by(set.meta.uid)) {
        if let Some(ordinal) = ordinal_after(&pod.meta.name, name) {
            place(ordinal, &|cell| cell.pod = Some(pod.clone()));
        }
    }
    for template in spec.volume_claim_templates.iter() {
        let stem = format!("{}-{name}", template.name);
        for claim in store.list_in(Kind::PersistentVolumeClaim, namespace) {
            if let Some(ordinal) = ordinal_after(&claim.meta.name, &stem) {
                let bound = claim.claim().phase == ClaimPhase::Bound;
                place(ordinal, &|cell| cell.bound |= bound);
            }
        }
    }
    if !more.is_empty() {
        cells.extend(more.into_values());
        cells.sort_by_key(|cell| cell.ordinal);
    }
    cells
}

/// The number in `stem-number`.
fn ordinal_after(name: &str, stem: &str) -> Option<i32> {
    let digits = name.strip_prefix(stem)?.strip_prefix('-')?;
    let all_digits = !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit());
    all_digits.then(|| digits.parse().ok()).flatten()
}

/// The key of the pod in a place.
pub fn pod_key(set: &Key, ordinal: i32) -> Key {
    set.beside(Kind::Pod, &format!("{}-{ordinal}", set.name))
}

/// How many of the pods that are known were in each state, from a time on.
pub type Band = (kubesim::api::SimTime, [u32; 6]);

/// Takes note that a pod went from one state to another, or came or went.
pub fn count_band(
    bands: &mut Vec<Band>,
    at: kubesim::api::SimTime,
    from: Option<PodState>,
    to: Option<PodState>,
) {
    if from == to {
        return;
    }
    let mut counts = bands.last().map_or([0; 6], |(_, counts)| *counts);
    if let Some(from) = from {
        counts[from as usize] -= 1;
    }
    if let Some(to) = to {
        counts[to as usize] += 1;
    }
    match bands.last_mut() {
        Some((last, now)) if *last == at => *now = counts,
        _ => bands.push((at, counts)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubesim::api::SimTime;

    #[test]
    fn names_of_other_sets_have_no_place() {
        assert_eq!(ordinal_after("web-12", "web"), Some(12));
        assert_eq!(ordinal_after("web-x-12", "web"), None);
        assert_eq!(ordinal_after("web-", "web"), None);
        assert_eq!(ordinal_after("web2-1", "web"), None);
    }

    #[test]
    fn bands_count_what_is_when() {
        let mut bands = Vec::new();
        count_band(&mut bands, SimTime(5), None, Some(PodState::Pending));
        count_band(&mut bands, SimTime(5), None, Some(PodState::Pending));
        count_band(&mut bands, SimTime(9), Some(PodState::Pending), Some(PodState::Ready));
        count_band(&mut bands, SimTime(9), Some(PodState::Pending), Some(PodState::Pending));
        count_band(&mut bands, SimTime(12), Some(PodState::Ready), None);
        let told: Vec<_> = bands.iter().map(|(at, counts)| (at.0, counts[0], counts[3])).collect();
        assert_eq!(told, [(5, 2, 0), (9, 1, 1), (12, 1, 0)]);
    }
}
