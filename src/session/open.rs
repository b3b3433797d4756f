//! A real cluster's state on the stage. It is in no link: what others see of the session are the stories beside it.

use super::Session;
use super::branch::{Branch, MOST_BRANCHES};
use super::replay::{Goal, Replay};
use crate::link::{Link, SavedBranch};
use kubesim::{Input, Opened, SimTime, Str, TimedInput};
use messages::EN;
use scene::cluster::set_in_trouble;
use std::rc::Rc;

impl Session {
    /// Begins to put a real cluster's state in place, for a story at the moment when that was taken, or at a recording's end.
    pub(super) fn open_cluster(&mut self, opened: &Rc<Opened>, name: Str, beside: bool) {
        let goal = if beside { Goal::Beside } else { Goal::Anew };
        let input = TimedInput { at: SimTime(0), input: Input::Open(opened.clone()) };
        self.replay = Some(Box::new(Replay::of_story(vec![input], opened.seen_until(), name, goal)));
        self.go_on_opening();
    }

    /// Begins to play the story on the stage up to the playhead, where somebody does something: a branch begins there. An opened state
    /// can be large, so this is done a slice at a time.
    pub(super) fn fork_in_slices(&mut self, input: Input) {
        let now = self.now();
        let so_far = self.branch().inputs().iter().filter(|timed| timed.at <= now).cloned().collect();
        let mut replay = Replay::of_story(so_far, now, Str::default(), Goal::Act);
        replay.act = Some(input);
        self.replay = Some(Box::new(replay));
        self.go_on_opening();
    }

    /// Shows a story of its own that was played: in place of the one on the stage, or beside it.
    pub(super) fn show_played(&mut self, replay: Replay) {
        let (goal, act) = (replay.goal, replay.act.clone());
        let Some(mut branch) = replay.into_branch() else { return };
        if let Some(act) = act.filter(|_| goal == Goal::Act) {
            self.fork_into(branch, &act);
            return self.input(act);
        }
        branch.id = self.next_id;
        if goal == Goal::Beside {
            return self.put_beside(branch);
        }
        let set = set_in_trouble(&EN, &branch.moment().store);
        let end = branch.end();
        self.begin_anew(vec![branch], 1);
        // Time stands, and goes on with what somebody does.
        (self.playing, self.paused) = (false, false);
        self.wanted = set;
        self.seek(end.0 as f64);
    }

    /// Whether what is being opened is a real cluster's state: it is shown whole or not at all.
    pub fn opens_cluster(&self) -> bool {
        self.replay.as_ref().is_some_and(|replay| replay.goal != Goal::Link)
    }

    /// Shows a branch beside the one on the stage.
    fn put_beside(&mut self, branch: Branch) {
        let shown = self.branch().id;
        if self.branches.len() >= MOST_BRANCHES {
            let oldest = self.branches.iter().map(|branch| branch.id).find(|id| *id != shown);
            self.discard(oldest.expect("there are more than two branches"));
        }
        self.next_id += 1;
        (self.beside, self.mirrored, self.preset) = (Some(branch.id), false, None);
        self.branches.push(branch);
        // The user has not stopped time: it goes on with what somebody does.
        self.playing = false;
        self.seek(self.playhead);
    }

    /// The link of the branches that were not opened from a real cluster's state, with nothing that is called as in it; of an
    /// empty cluster, if there are none.
    pub(super) fn link_without_opened(&self, rest: Link) -> Link {
        let kept: Vec<&Branch> = self.branches.iter().filter(|branch| !branch.is_opened()).collect();
        let place_of = |id: usize| kept.iter().position(|branch| branch.id == id);
        let told = |branch: &&Branch| SavedBranch {
            name: branch.name.clone(),
            from: branch.from.and_then(|(parent, at)| Some((place_of(parent)?, at))),
            inputs: branch.inputs().to_vec(),
            until: branch.end(),
        };
        let shown = place_of(self.branch().id);
        let mut branches: Vec<SavedBranch> = kept.iter().map(told).collect();
        if branches.is_empty() {
            branches.push(SavedBranch::default());
        }
        let last = branches.len() - 1;
        let playhead = if shown.is_some() { self.now() } else { branches[last].until };
        let link = Link {
            shown: shown.unwrap_or(last),
            branches,
            beside: None,
            mirrored: false,
            preset: None,
            playhead,
            set: self.wanted.clone().filter(|_| shown.is_some()),
            speed: (self.speed * 2.0) as u8,
            playing: false,
            ..rest
        };
        match shown {
            Some(_) => link,
            None => Link { object: None, subject: None, selected: None, ..link },
        }
    }
}
