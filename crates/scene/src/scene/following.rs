//! What is drawn of a scene in one picture: of many lanes a few, so that no picture takes too long.

use super::view::{Lane, PodSlot, Scene};
use std::rc::Rc;

/// The room of one picture, where lanes are many: more would take longer than a picture may.
pub const ROOM: usize = 8;
/// The room that a changed lane takes.
const CHANGED: usize = 1;
/// The room that a new lane takes, or one whose pod comes or goes.
pub const MADE: usize = 2;

impl Scene {
    /// The scene as it is drawn after a picture with these lanes: what has not changed is in the same allocations, and
    /// of many lanes that have changed only as many are new as there is `room` for, from the place `turn` on; the
    /// others come in the next pictures. Returns the place at which those begin, if there are any. What is drawn anew
    /// takes its part of `room`.
    pub fn following(mut self, before: &[Rc<Lane>], turn: usize, room: &mut usize) -> (Scene, Option<usize>) {
        let mut left = if self.many { *room } else { usize::MAX };
        let is_same = |old: &Rc<Lane>, new: &Rc<Lane>| old.name == new.name;
        let kept = before.iter().zip(&self.lanes).take_while(|(old, new)| is_same(old, new)).count();
        let added = (self.lanes.len() - kept).min(left / MADE);
        let mut rest = (kept + added < self.lanes.len()).then_some(kept + added);
        self.lanes.truncate(kept + added);
        left -= added * MADE;
        for place in (0..kept).map(|n| (turn + n) % kept) {
            if self.lanes[place] != before[place] {
                let takes = self.lanes[place].takes_after(&before[place]);
                if takes <= left {
                    left -= takes;
                    continue;
                }
                rest = rest.or(Some(place));
            }
            self.lanes[place] = before[place].clone();
        }
        if self.many {
            *room = left;
        }
        (self, rest)
    }
}

impl Lane {
    /// The room that it takes to draw this lane where that one was.
    fn takes_after(&self, before: &Lane) -> usize {
        let is_pod = |lane: &Lane| matches!(lane.pod, PodSlot::Pod(_));
        if is_pod(self) == is_pod(before) { CHANGED } else { MADE }
    }
}
