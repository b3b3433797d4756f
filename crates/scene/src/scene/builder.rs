//! What the lanes are made from.

use super::view::Playhead;
use crate::history::Chronicle;
use kubesim::{Object, SimTime, Store, Str, Verdict};
use messages::Messages;
use std::rc::Rc;

/// What the lanes are made from.
pub(super) struct LaneBuilder<'a> {
    pub(super) messages: &'static Messages,
    pub(super) store: &'a Store,
    pub(super) chronicle: &'a Chronicle,
    pub(super) set: &'a Rc<Object>,
    pub(super) now: Playhead,
    pub(super) nodes: Vec<Str>,
    pub(super) in_dns: Vec<(Str, Option<Str>)>,
    pub(super) next: Option<Str>,
}

impl LaneBuilder<'_> {
    pub(super) fn at(&self) -> SimTime {
        SimTime(self.now as i64)
    }

    pub(super) fn numbered(&self, node: Str) -> (Str, usize) {
        let number = self.nodes.iter().position(|n| *n == node).unwrap_or_default();
        (node, number)
    }

    /// The part of a verdict's time that has gone by; without an end it nears 1 and never gets there.
    pub(super) fn elapsed(&self, verdict: &Verdict) -> f32 {
        let gone = self.now - verdict.since.0 as f64;
        match verdict.until {
            Some(until) => part(gone, (until - verdict.since).0 as f64),
            None => part(gone, gone + 3000.0),
        }
    }
}

/// `done` of `all`, between 0 and 1, in steps that are too small to see.
pub(super) fn part(done: f64, all: f64) -> f32 {
    if all <= 0.0 {
        return 1.0;
    }
    ((done / all).clamp(0.0, 1.0) * 256.0).round() as f32 / 256.0
}
