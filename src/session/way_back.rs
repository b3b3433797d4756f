//! The way back from what threw a story away.

use super::branch::Branch;
use kubesim::Key;
use scene::scene::Playhead;

/// What is needed to go back to what was on the stage.
pub(super) struct WayBack {
    /// The branches that are no more, each with its place: one that was thrown away, or in which nothing had been done.
    pub(super) gone: Vec<(usize, Branch)>,
    /// The branches that stayed, by their numbers.
    pub(super) stayed: Vec<usize>,
    /// How many inputs a new branch begins with: one that has more is the user's, and stays.
    pub(super) begins_with: usize,
    pub(super) shown: usize,
    pub(super) beside: Option<usize>,
    pub(super) mirrored: bool,
    pub(super) preset: Option<usize>,
    pub(super) playhead: Playhead,
    pub(super) is_playing: bool,
    pub(super) is_paused: bool,
    pub(super) wanted: Option<Key>,
}
