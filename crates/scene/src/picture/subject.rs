//! What is drawn.

use crate::history::Chronicle;
use crate::scene::{Playhead, Scene, SceneCache, scene};
use kubesim::{History, Key, Moment, SimTime};
use messages::Messages;

/// What is drawn.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    /// The language.
    pub messages: &'static Messages,
    /// Every write.
    pub history: &'a History,
    /// What is remembered of it.
    pub chronicle: &'a Chronicle,
    /// The set that is looked at, if it is not the first one.
    pub set: Option<&'a Key>,
}

impl Subject<'_> {
    /// The scene at this moment.
    pub(super) fn scene(&self, moment: &mut Moment, cache: &mut SceneCache, at: Playhead) -> Scene {
        let position = self.history.position_at(SimTime(at as i64));
        moment.seek(self.history, position);
        let cache = (cache, self.history, moment.position);
        scene(self.messages, &moment.store, self.chronicle, at, self.set, cache)
    }
}
