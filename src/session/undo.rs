//! What would throw a story away keeps it as a branch, and can be undone.

use super::Session;
use super::branch::{Branch, MOST_BRANCHES, name_of};
use super::presets::Variant;
use super::way_back::WayBack;
use kubesim::{Input, Options, SimTime, Str, TimedInput};
use std::rc::Rc;

/// A story in which nothing has happened yet, in a world.
fn new_branch(id: usize, world: &Rc<Options>) -> Branch {
    let told = (**world != Options::default())
        .then(|| TimedInput { at: SimTime(0), input: Input::World(world.clone()) });
    Branch::replay(id, told.as_slice(), SimTime(0))
}

impl Session {
    /// A new cluster with nothing applied, in the same world; what there was is kept as a branch.
    pub(super) fn reset(&mut self) {
        // The world of an opened state has nothing of its own: its nodes and classes are objects of the state.
        let own = Rc::default();
        let world = if self.branch().is_opened() { &own } else { self.world() };
        let branch = new_branch(self.next_id, world);
        let begins_with = branch.inputs().len();
        self.begin_anew(vec![branch], begins_with);
        (self.playing, self.paused) = (false, false);
        self.seek(0.0);
    }

    /// A new cluster in which these inputs have been given, up to a moment; what there was is kept as a branch.
    pub(super) fn anew(&mut self, name: Str, inputs: &[TimedInput], until: SimTime) {
        let mut branch = Branch::replay(self.next_id, inputs, until);
        branch.name = name;
        self.begin_anew(vec![branch], inputs.len());
        (self.playing, self.paused) = (false, false);
        self.seek(until.0 as f64);
    }

    /// A new cluster in another world, with what was applied last; what there was is kept as a branch.
    pub(super) fn set_world(&mut self, world: &Rc<Options>) {
        let mut branch = new_branch(self.next_id, world);
        branch.name = name_of(&Input::World(world.clone()));
        let applied = self.applied();
        if let Some(manifest) = applied.clone() {
            branch.story.input(Input::Apply(manifest));
        }
        let begins_with = branch.inputs().len();
        self.begin_anew(vec![branch], begins_with);
        (self.playing, self.paused) = (applied.is_some(), false);
        self.seek(0.0);
    }

    /// Two new clusters, each with its manifest, from the start; what there was is kept as a branch.
    pub(super) fn compare_variants(&mut self, variants: [Variant; 2]) {
        let begin = |(n, variant): (usize, Variant)| {
            let mut branch = new_branch(self.next_id + n, self.world());
            branch.name = variant.name;
            branch.story.input(Input::Apply(variant.manifest));
            branch
        };
        let pair: Vec<Branch> = variants.into_iter().enumerate().map(begin).collect();
        let beside = pair[1].id;
        let begins_with = pair[0].inputs().len();
        self.begin_anew(pair, begins_with);
        (self.beside, self.mirrored, self.playing, self.paused) = (Some(beside), true, true, false);
        self.seek(0.0);
    }

    /// Throws a branch away, unless it is the only one.
    pub(super) fn discard(&mut self, id: usize) {
        let Some(place) = self.place_of(id).filter(|_| self.branches.len() > 1) else { return };
        let undo = self.way_back(0);
        let branch = self.branches.remove(place);
        self.undo = Some(Box::new(WayBack { stayed: self.ids(), gone: vec![(place, branch)], ..undo }));
        if self.beside == Some(id) {
            self.beside = None;
        }
        if place < self.shown || self.shown == self.branches.len() {
            self.shown -= 1;
        }
        if self.beside == Some(self.branch().id) {
            self.beside = None;
        }
        self.seek(self.playhead);
    }

    /// Goes back to what was on the stage before something was thrown away last. New branches in which nothing was done since go.
    pub(super) fn undo(&mut self) {
        let Some(undo) = self.undo.take() else { return };
        let WayBack { gone, stayed, begins_with, .. } = *undo;
        let is_kept = |branch: &Branch| stayed.contains(&branch.id) || branch.inputs().len() > begins_with;
        self.branches.retain(is_kept);
        for (place, branch) in gone {
            self.branches.insert(place.min(self.branches.len()), branch);
        }
        self.shown = self.place_of(undo.shown).unwrap_or_default();
        (self.beside, self.mirrored, self.preset) = (undo.beside, undo.mirrored, undo.preset);
        (self.playing, self.paused, self.wanted) = (undo.is_playing, undo.is_paused, undo.wanted);
        (self.forked_at, self.rested, self.clock) = (None, None, None);
        self.seek(undo.playhead);
    }

    /// Whether something was thrown away that can be had back.
    pub fn can_undo(&self) -> bool {
        self.undo.is_some()
    }

    /// Puts new branches after those that there are, and shows the first of them.
    pub(super) fn begin_anew(&mut self, new: Vec<Branch>, begins_with: usize) {
        let undo = self.way_back(begins_with);
        self.next_id += new.len();
        let shown_set = self.set().map(|set| set.name.clone());
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for (place, mut branch) in std::mem::take(&mut self.branches).into_iter().enumerate() {
            let Some(first) = branch.inputs().iter().find(|timed| !timed.is_world()) else {
                gone.push((place, branch));
                continue;
            };
            if branch.name.is_empty() {
                branch.name = shown_set.clone().unwrap_or_else(|| name_of(&first.input));
            }
            kept.push(branch);
        }
        // The oldest go, as when branches begin otherwise.
        kept.drain(..(kept.len() + new.len()).saturating_sub(MOST_BRANCHES));
        (self.shown, self.beside) = (kept.len(), None);
        kept.extend(new);
        self.branches = kept;
        (self.mirrored, self.preset, self.wanted) = (false, None, None);
        (self.held, self.forked_at, self.rested, self.clock) = (false, None, None, None);
        (self.pace, self.replay, self.cut) = (self.speed, None, None);
        let stayed = self.ids().into_iter().filter(|id| undo.stayed.contains(id)).collect();
        self.undo = Some(Box::new(WayBack { gone, stayed, ..undo }));
    }

    fn way_back(&self, begins_with: usize) -> WayBack {
        WayBack {
            gone: Vec::new(),
            stayed: self.ids(),
            begins_with,
            shown: self.branch().id,
            beside: self.beside,
            mirrored: self.mirrored,
            preset: self.preset,
            playhead: self.playhead,
            is_playing: self.playing,
            is_paused: self.paused,
            wanted: self.wanted.clone(),
        }
    }

    fn ids(&self) -> Vec<usize> {
        self.branches.iter().map(|branch| branch.id).collect()
    }
}
