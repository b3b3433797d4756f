//! What the page begins with, and how much of the program that needs.

use super::loading::Part;
use crate::link::Link;
use crate::link::address::Address;
use crate::page::layout::Layout;
use crate::session::{FIRST_POD_END, OPENING_END};
use yew::Properties;

/// What the page begins with.
#[derive(Properties, PartialEq, Clone, Default)]
pub struct Start {
    /// What its address asks for.
    pub address: Address,
    /// What the tab remembers from before it was loaded again.
    pub saved: Option<String>,
    /// Where the parts of the page stood at the last visit.
    pub layout: Layout,
}

impl Start {
    /// How much of the program the first story needs. A link, what the tab remembers and a later moment may need anything.
    pub fn needs(&self) -> Part {
        let is_elsewhere = !self.address.fragment.is_empty() || self.saved.is_some();
        let is_after = |end| self.address.at.is_some_and(|at| at > end);
        let has_state = self.address.cluster.is_some();
        if is_elsewhere || is_after(OPENING_END) || has_state || self.address.hosted || self.has_lesson() {
            Part::Whole
        } else if is_after(FIRST_POD_END) {
            Part::Rollout
        } else {
            Part::Opening
        }
    }

    /// Whether a lesson is what the page begins with.
    pub fn has_lesson(&self) -> bool {
        self.address.lesson.is_some() || self.address.carried.is_some()
    }

    /// What is seen before the first story begins: the first example's manifest, if it is that one's story.
    pub fn before(&self) -> Link {
        match self.needs() {
            Part::Opening | Part::Rollout => Link::default(),
            Part::Whole => Link { text: "".into(), ..Link::default() },
        }
    }
}
