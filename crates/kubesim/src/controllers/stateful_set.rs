//! The StatefulSet controller.

use super::{Context, Outcome, Watched};
use crate::api::{Key, Kind};
use crate::apiserver::Store;
use crate::verdict::Component;

/// Says which sets have to be looked at because of this change.
pub fn interested(_store: &Store, change: &Watched, add: &mut dyn FnMut(Component, Key)) {
    if change.key.kind == Kind::StatefulSet {
        add(Component::StatefulSetController, change.key.clone());
    }
}

/// Looks at a set.
pub fn sync(_context: &mut Context, _key: &Key) -> Outcome {
    Outcome::DONE
}
