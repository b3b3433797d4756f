//! What a lesson is.

use crate::front_matter::FrontMatter;
use crate::problem::Position;
use crate::text::{Block, Inline, Part};

/// A lesson in one language.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Lesson {
    /// What it says about itself.
    pub front: FrontMatter,
    /// Its steps; at least one.
    pub steps: Vec<Step>,
}

/// A step: from one `##` to the next.
#[derive(Clone, PartialEq, Debug)]
pub struct Step {
    /// Its heading.
    pub title: Vec<Inline>,
    /// Where it begins.
    pub at: Position,
    /// What is in it, in the file's order.
    pub items: Vec<(Position, Item)>,
}

/// A piece of a step.
#[derive(Clone, PartialEq, Debug)]
pub enum Item {
    /// What is read.
    Prose(Block),
    /// What is in the editor.
    Manifest {
        /// The YAML between the fences.
        text: String,
        /// Whether it is applied when the step opens.
        is_applied: bool,
    },
    /// Commands that are given when the step opens.
    Run(Vec<Line>),
    /// Time plays until all of these succeed.
    Until(Vec<Line>),
    /// A bet.
    Predict(Bet),
    /// What the learner does.
    Task(Task),
    /// What is shown when asked for.
    Hint(Hint),
    /// There is no way on when all of these succeed.
    Failed(Vec<Line>),
    /// What fulfils the task; never shown.
    Solution(Vec<Line>),
    /// What the step points at.
    Look(Vec<(Position, Part)>),
}

/// A line of shell.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The line; one that goes on after a backslash holds the next, too.
    pub text: String,
    /// Where.
    pub at: Position,
}

/// A question, answered before it happens.
#[derive(Clone, PartialEq, Debug)]
pub struct Bet {
    /// What is asked, as Markdown blocks.
    pub question: Vec<Block>,
    /// What can be chosen.
    pub choices: Vec<Vec<Block>>,
    /// Which of them is right.
    pub right: usize,
    /// What is said with the outcome.
    pub why: Vec<Block>,
}

/// What the learner does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// It is done when all of these succeed.
    pub checks: Vec<Line>,
    /// Commands that are offered as buttons.
    pub offers: Vec<Line>,
}

/// What is shown when asked for.
#[derive(Clone, PartialEq, Debug)]
pub struct Hint {
    /// It is shown only where all of these succeed.
    pub conditions: Vec<Line>,
    /// What it says.
    pub text: Vec<Block>,
}

impl Lesson {
    /// Whether it is a puzzle: there is something to do, and nothing is asked or offered on the way.
    pub fn is_puzzle(&self) -> bool {
        let is_alone =
            |step: &Step| step.bet().is_none() && step.task().is_none_or(|task| task.offers.is_empty());
        self.steps.iter().all(is_alone) && self.steps.iter().any(|step| step.task().is_some())
    }

    /// How many commands its solutions have.
    pub fn solution_len(&self) -> usize {
        self.steps.iter().map(|step| step.solution().count()).sum()
    }
}

impl Step {
    /// The step's first bet, if it has one.
    pub fn bet(&self) -> Option<&Bet> {
        self.items.iter().find_map(|(_, item)| match item {
            Item::Predict(bet) => Some(bet),
            _ => None,
        })
    }

    /// The step's first task, if it has one.
    pub fn task(&self) -> Option<&Task> {
        self.items.iter().find_map(|(_, item)| match item {
            Item::Task(task) => Some(task),
            _ => None,
        })
    }

    /// The manifest, and whether it is applied.
    pub fn manifest(&self) -> Option<(&str, bool)> {
        self.items.iter().find_map(|(_, item)| match item {
            Item::Manifest { text, is_applied } => Some((&**text, *is_applied)),
            _ => None,
        })
    }

    /// The commands that are given when the step opens.
    pub fn run(&self) -> impl Iterator<Item = &Line> {
        self.items.iter().flat_map(|(_, item)| match item {
            Item::Run(lines) => &lines[..],
            _ => &[],
        })
    }

    /// What time plays for.
    pub fn until(&self) -> impl Iterator<Item = &Line> {
        self.items.iter().flat_map(|(_, item)| match item {
            Item::Until(lines) => &lines[..],
            _ => &[],
        })
    }

    /// What fulfils the task.
    pub fn solution(&self) -> impl Iterator<Item = &Line> {
        self.items.iter().flat_map(|(_, item)| match item {
            Item::Solution(lines) => &lines[..],
            _ => &[],
        })
    }

    /// The hints of the step, in the order in which they are given.
    pub fn hints(&self) -> impl Iterator<Item = &Hint> {
        self.items.iter().filter_map(|(_, item)| match item {
            Item::Hint(hint) => Some(hint),
            _ => None,
        })
    }

    /// The states from which there is no way on.
    pub fn failures(&self) -> impl Iterator<Item = &[Line]> {
        self.items.iter().filter_map(|(_, item)| match item {
            Item::Failed(lines) => Some(&lines[..]),
            _ => None,
        })
    }

    /// What the step points at.
    pub fn looks(&self) -> impl Iterator<Item = &(Position, Part)> {
        self.items.iter().flat_map(|(_, item)| match item {
            Item::Look(parts) => &parts[..],
            _ => &[],
        })
    }
}
