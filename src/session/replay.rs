//! Opening a link: its branches are played again, a slice of real time after the other, so that the page goes on answering.
//!
//! A link is anybody's text. What it holds beyond a page's means is not played, and the page says how far it has come: inputs
//! beyond [`crate::link::MOST_INPUTS`] are not read, a story beyond [`MOST_MEMORY`] ends where it is, and the user can end it
//! at any time.

use super::branch::Branch;
use super::budget::Budget;
use crate::link::{Link, SavedBranch};
use kubesim::{Input, SimTime, Str, TimedInput};
use std::rc::Rc;

/// How long a slice is (milliseconds of real time), or else a single step.
pub const SLICE_MS: f64 = 20.0;
/// How much memory the page may take for a link (bytes).
const MOST_MEMORY: usize = 1 << 30;

/// What is done with what was played.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goal {
    /// It takes the place of the session.
    Link,
    /// It takes the place of the story on the stage, which is kept as a branch.
    Anew,
    /// It stands beside the story on the stage.
    Beside,
    /// It is the story on the stage up to the playhead, where somebody does something else.
    Act,
}

/// A link, or the story of an opened state, that is being played.
pub struct Replay {
    /// What is done with it.
    pub goal: Goal,
    /// What is done at its end.
    pub act: Option<Input>,
    link: Rc<Link>,
    played: Vec<Branch>,
    /// The branch that is being played, and how many of its inputs it has been given.
    current: Option<(Branch, usize)>,
    /// Whether something of the link is left out.
    is_cut: bool,
}

impl Replay {
    /// Before the first slice.
    pub fn new(link: Rc<Link>) -> Replay {
        Replay { goal: Goal::Link, act: None, is_cut: link.is_cut, played: Vec::new(), current: None, link }
    }

    /// A story of its own: what these inputs make up to this moment.
    pub fn of_story(inputs: Vec<TimedInput>, until: SimTime, name: Str, goal: Goal) -> Replay {
        let told = SavedBranch { name, from: None, inputs, until };
        Replay { goal, ..Replay::new(Rc::new(Link { branches: vec![told], ..Link::default() })) }
    }

    /// The story, once it is played.
    pub fn into_branch(mut self) -> Option<Branch> {
        self.played.pop()
    }

    /// Goes on as long as there is time for it, at least by a step. Returns whether all is played.
    pub fn go_on(&mut self, budget: &Budget) -> bool {
        while let Some(told) = self.link.branches.get(self.played.len()) {
            let (branch, given) = self.current.get_or_insert_with(|| {
                // A world is there before anything is seen of it.
                let world = told
                    .inputs
                    .split_at(usize::from(told.inputs.first().is_some_and(TimedInput::is_world)))
                    .0;
                let mut branch = Branch::replay(self.played.len(), world, SimTime(0));
                (branch.name, branch.from) = (told.name.clone(), told.from);
                (branch, world.len())
            });
            let next = told.inputs.get(*given).filter(|timed| timed.at <= told.until);
            let goal = next.map_or(told.until, |timed| timed.at);
            let story = &mut branch.story;
            if story.next_at().is_some_and(|at| at <= goal) {
                story.step();
            } else {
                story.run_until(goal);
                match next {
                    Some(timed) => {
                        story.input(timed.input.clone());
                        *given += 1;
                    }
                    // What was seen ends there: the simulation goes on from it.
                    None if self.goal == Goal::Act && story.stop_seeing() => {}
                    None if matches!(self.goal, Goal::Anew | Goal::Beside)
                        && !branch.arrive(goal, budget) =>
                    {
                        return false;
                    }
                    None => self.played.extend(self.current.take().map(|(branch, _)| branch)),
                }
            }
            if memory() > MOST_MEMORY {
                self.is_cut = true;
                return true;
            }
            if budget.is_spent() {
                if let Some((branch, _)) = &mut self.current {
                    branch.read_history();
                }
                return self.played.len() == self.link.branches.len();
            }
        }
        true
    }

    /// The part of simulated time that has been played, up to 1.
    pub fn part(&self) -> f64 {
        let all: i64 = self.link.branches.iter().map(|told| told.until.0).sum();
        let played = self.played.iter().chain(self.current.as_ref().map(|(branch, _)| branch));
        let played: i64 = played.map(|branch| branch.end().0).sum();
        played as f64 / all.max(1) as f64
    }

    /// The link, and its branches as far as they have been played, at least one; with whether that is not all.
    pub fn finish(mut self) -> (Rc<Link>, Vec<Branch>, bool) {
        let is_whole = self.current.is_none() && self.played.len() == self.link.branches.len();
        self.played.extend(self.current.take().map(|(branch, _)| branch));
        if self.played.is_empty() {
            self.played.push(Branch::replay(0, &[], SimTime(0)));
        }
        (self.link, self.played, self.is_cut || !is_whole)
    }
}

/// How much memory the program has taken (bytes): it is never given back. Natively that is not known.
fn memory() -> usize {
    #[cfg(target_arch = "wasm32")]
    return core::arch::wasm32::memory_size(0) << 16;
    #[cfg(not(target_arch = "wasm32"))]
    0
}
