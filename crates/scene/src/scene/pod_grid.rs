//! A set of very many pods: a cell for each ordinal instead of a lane, in blocks that are drawn again only when one of
//! their cells has changed. The history tells which have: a picture of ten thousand cells costs what was written since
//! the last one.

use crate::history::pod_state::PodState;
use kubesim::api::stateful_set::{ordinal_of, pod_name};
use kubesim::api::volume::ClaimPhase;
use kubesim::{Change, History, Key, Kind, Object, Store, Str};
use std::collections::BTreeMap;
use std::ops::Range;
use std::rc::Rc;

/// The number of ordinals from which on each is a cell.
pub const GRID_FROM: usize = 41;
/// The most cells that show their ordinals.
pub const NUMBERED: usize = 250;
/// The cells of a block.
pub const BLOCK: usize = 100;
/// The most writes that are followed one by one; after more of them the grid is made anew.
const MOST_NEWS: usize = 5_000;

/// What there is of one ordinal.
#[derive(Clone, Debug)]
pub struct Cell {
    /// The ordinal of the set that the cell stands for.
    pub ordinal: i32,
    /// The pod that is there.
    pub pod: Option<Rc<Object>>,
    /// The pod's state.
    pub state: Option<PodState>,
    /// Whether one of its claims is bound.
    pub bound: bool,
}

impl PartialEq for Cell {
    /// Versions of objects are never changed in place: an equal pod is the same allocation.
    fn eq(&self, other: &Cell) -> bool {
        let is_same_pod = match (&self.pod, &other.pod) {
            (Some(pod), Some(of_other)) => Rc::ptr_eq(pod, of_other),
            (None, None) => true,
            _ => false,
        };
        is_same_pod && (self.ordinal, self.bound) == (other.ordinal, other.bound)
    }
}

/// All cells of a set.
#[derive(Clone, PartialEq, Debug)]
pub struct PodGrid {
    /// The cells by their ordinals, [`BLOCK`] in each block.
    pub blocks: Vec<Rc<Vec<Cell>>>,
    /// The pods in each state, in the order of [`PodState::ALL`].
    pub counts: [usize; 6],
    /// The cells without a pod.
    pub missing: usize,
    /// The set's update revision.
    pub revision: Option<Str>,
    /// Whether a rollout is under way, so that pods may have another revision.
    pub rolls: bool,
    /// The wanted ordinals.
    pub wanted: Range<i32>,
}

impl PodGrid {
    /// The number of cells.
    pub fn len(&self) -> usize {
        self.blocks.iter().map(|block| block.len()).sum()
    }

    /// Whether there are no cells.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// The cells, in order.
    pub fn cells(&self) -> impl Iterator<Item = &Cell> {
        self.blocks.iter().flat_map(|block| block.iter())
    }

    /// The cell of this ordinal.
    pub fn cell(&self, ordinal: i32) -> Option<&Cell> {
        let (block, place) = self.place(ordinal)?;
        Some(&self.blocks[block][place])
    }

    /// The cell at this index, counted from 0.
    pub fn nth(&self, n: usize) -> Option<&Cell> {
        self.blocks.get(n / BLOCK)?.get(n % BLOCK)
    }

    /// The index of this ordinal's cell.
    pub fn index_of(&self, ordinal: i32) -> Option<usize> {
        self.place(ordinal).map(|(block, place)| block * BLOCK + place)
    }

    fn place(&self, ordinal: i32) -> Option<(usize, usize)> {
        let ends_before = |block: &Rc<Vec<Cell>>| block.last().is_some_and(|last| last.ordinal < ordinal);
        let block = self.blocks.partition_point(ends_before);
        let place = self.blocks.get(block)?.binary_search_by_key(&ordinal, |cell| cell.ordinal).ok()?;
        Some((block, place))
    }

    /// The grid of a set: the ordinals that are wanted, that have a pod, or whose claim is still there. `None` if they
    /// are few enough for lanes. A block that is as it was `before` is the same allocation.
    pub fn of(store: &Store, set: &Object, before: Option<&PodGrid>) -> Option<PodGrid> {
        let cells = cells(store, set);
        if cells.len() < GRID_FROM {
            return None;
        }
        let mut grid = PodGrid {
            blocks: Vec::new(),
            counts: [0; 6],
            missing: 0,
            revision: set.stateful_set().status.update_revision.clone(),
            rolls: rolls(set),
            wanted: set.stateful_set().spec.ordinals(),
        };
        for cell in &cells {
            *grid.count(cell.state) += 1;
        }
        let old = |n: usize| before?.blocks.get(n);
        let share = |(n, block): (usize, &[Cell])| match old(n).filter(|old| ***old == *block) {
            Some(old) => old.clone(),
            None => Rc::new(block.to_vec()),
        };
        grid.blocks = cells.chunks(BLOCK).enumerate().map(share).collect();
        Some(grid)
    }

    /// The grid after these ordinals have changed. `None` if there are other ordinals now than there were.
    fn after(&self, store: &Store, set: &Object, changed: &[i32]) -> Option<PodGrid> {
        if self.wanted != set.stateful_set().spec.ordinals() {
            return None;
        }
        let revision = set.stateful_set().status.update_revision.clone();
        let mut grid = PodGrid { revision, rolls: rolls(set), ..self.clone() };
        for ordinal in changed {
            let (block, place) = grid.place(*ordinal)?;
            let cell = cell_of(store, set, *ordinal);
            if cell.is_empty() && !self.wanted.contains(ordinal) {
                return None;
            }
            let old = &grid.blocks[block][place];
            if *old != cell {
                let before = old.state;
                *grid.count(before) -= 1;
                *grid.count(cell.state) += 1;
                Rc::make_mut(&mut grid.blocks[block])[place] = cell;
            }
        }
        Some(grid)
    }

    /// The grid as it is drawn after the picture of `before`. Ordinals are texts, and hundreds of them take longer than
    /// a picture may: in a grid that shows them one block is new, the first one from `turn` on. Returns the block with
    /// which the next picture goes on, if there are others.
    pub fn following(
        self: &Rc<PodGrid>,
        before: Option<&Rc<PodGrid>>,
        turn: usize,
    ) -> (Rc<PodGrid>, Option<usize>) {
        let is_alike = |before: &&Rc<PodGrid>| before.wanted == self.wanted && before.len() == self.len();
        let Some(before) = before.filter(is_alike) else { return (self.clone(), None) };
        if self.len() > NUMBERED {
            return (self.clone(), None);
        }
        let count = self.blocks.len();
        let is_new = |n: &usize| !Rc::ptr_eq(&self.blocks[*n], &before.blocks[*n]);
        let mut new = (0..count).map(|n| (turn + n) % count).filter(is_new);
        let (Some(drawn), Some(next)) = (new.next(), new.next()) else { return (self.clone(), None) };
        let mut grid = (**self).clone();
        grid.blocks = before.blocks.clone();
        grid.blocks[drawn] = self.blocks[drawn].clone();
        (Rc::new(grid), Some(next))
    }

    fn count(&mut self, state: Option<PodState>) -> &mut usize {
        match state {
            Some(state) => &mut self.counts[state as usize],
            None => &mut self.missing,
        }
    }
}

impl Cell {
    fn empty(ordinal: i32) -> Cell {
        Cell { ordinal, pod: None, state: None, bound: false }
    }

    /// Whether the ordinal has neither a pod nor a bound claim.
    fn is_empty(&self) -> bool {
        self.pod.is_none() && !self.bound
    }

    fn hold(&mut self, pod: &Rc<Object>) {
        (self.state, self.pod) = (Some(PodState::of(pod)), Some(pod.clone()));
    }
}

/// The grid of the last scene, which the next one follows on.
pub struct GridCache {
    /// The set.
    of: Key,
    /// The position in the history.
    position: usize,
    /// The grid; `None` if the set has lanes.
    grid: Option<Rc<PodGrid>>,
}

impl GridCache {
    /// The grid at this position, whose world is `store`. The writes between are followed if the set is the same and
    /// they are not too many.
    pub fn follow(
        before: Option<GridCache>,
        history: &History,
        position: usize,
        store: &Store,
        set: &Object,
    ) -> (Option<Rc<PodGrid>>, Option<GridCache>) {
        let of = set.key();
        let before = before.filter(|seen| seen.of == of);
        let grid = match before {
            Some(seen) if seen.position == position => seen.grid,
            Some(GridCache { grid: Some(old), position: was, .. }) => {
                let changed = changed(history, was, position, set);
                let followed = changed.and_then(|changed| old.after(store, set, &changed));
                followed.or_else(|| PodGrid::of(store, set, Some(&old))).map(Rc::new)
            }
            _ => PodGrid::of(store, set, None).map(Rc::new),
        };
        (grid.clone(), Some(GridCache { of, position, grid }))
    }
}

/// The ordinals of the set's pods and claims that the writes between two positions changed. `None` if the writes are
/// too many, or dropped.
fn changed(history: &History, from: usize, to: usize, set: &Object) -> Option<Vec<i32>> {
    let (from, to) = (from.min(to), from.max(to));
    if to - from > MOST_NEWS || !history.knows_since(from) {
        return None;
    }
    let stems = claim_stems(set);
    let mut changed = Vec::new();
    for entry in &history.since(from)[..to - from] {
        let Change::Object { key, .. } = &entry.change else { continue };
        if key.namespace != set.meta.namespace {
            continue;
        }
        match key.kind {
            Kind::Pod => changed.extend(ordinal_of(&set.meta.name, &key.name)),
            Kind::PersistentVolumeClaim => {
                changed.extend(stems.iter().find_map(|stem| ordinal_of(stem, &key.name)));
            }
            _ => {}
        }
    }
    collections::sort(&mut changed);
    changed.dedup();
    Some(changed)
}

/// Whether a rollout is under way.
fn rolls(set: &Object) -> bool {
    let status = &set.stateful_set().status;
    status.current_revision != status.update_revision
}

/// The names of the set's claims without their ordinals, `template-set`.
fn claim_stems(set: &Object) -> Vec<String> {
    let templates = &set.stateful_set().spec.volume_claim_templates;
    templates.iter().map(|template| format!("{}-{}", template.name, set.meta.name)).collect()
}

fn is_bound(claim: &Object) -> bool {
    claim.claim().phase == ClaimPhase::Bound
}

/// The cell of one ordinal.
fn cell_of(store: &Store, set: &Object, ordinal: i32) -> Cell {
    let (namespace, mut cell) = (&*set.meta.namespace, Cell::empty(ordinal));
    let pod = store.find(Kind::Pod, namespace, &pod_name(&set.meta.name, ordinal));
    if let Some(pod) = pod.filter(|pod| pod.meta.is_controlled_by(set.meta.uid)) {
        cell.hold(pod);
    }
    let claim = |stem: String| store.find(Kind::PersistentVolumeClaim, namespace, &pod_name(&stem, ordinal));
    cell.bound = claim_stems(set).into_iter().filter_map(claim).any(|claim| is_bound(claim));
    cell
}

fn cells(store: &Store, set: &Object) -> Vec<Cell> {
    let (namespace, name, wanted) =
        (&*set.meta.namespace, &*set.meta.name, set.stateful_set().spec.ordinals());
    let mut cells: Vec<Cell> = wanted.clone().map(Cell::empty).collect();
    // Beyond the wanted ones.
    let mut more: BTreeMap<i32, Cell> = BTreeMap::new();
    let mut place =
        |ordinal: i32, fill: &dyn Fn(&mut Cell)| match cells.get_mut((ordinal - wanted.start) as usize) {
            Some(cell) if ordinal >= wanted.start => fill(cell),
            _ => fill(more.entry(ordinal).or_insert_with(|| Cell::empty(ordinal))),
        };
    for pod in store.list_in(Kind::Pod, namespace).filter(|p| p.meta.is_controlled_by(set.meta.uid)) {
        if let Some(ordinal) = ordinal_of(name, &pod.meta.name) {
            place(ordinal, &|cell| cell.hold(pod));
        }
    }
    for stem in claim_stems(set) {
        for claim in store.list_in(Kind::PersistentVolumeClaim, namespace) {
            if let Some(ordinal) = ordinal_of(&stem, &claim.meta.name) {
                place(ordinal, &|cell| cell.bound |= is_bound(claim));
            }
        }
    }
    if !more.is_empty() {
        cells.extend(more.into_values());
        collections::sort_by_key(&mut cells, |cell| cell.ordinal);
    }
    cells
}

/// The key of an ordinal's pod.
pub fn pod_key(set: &Key, ordinal: i32) -> Key {
    set.beside(Kind::Pod, &pod_name(&set.name, ordinal))
}
