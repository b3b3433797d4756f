//! The kubelets.

use crate::api::Key;
use crate::controllers::{Context, Outcome};

/// What the nodes keep to themselves: running programs, pulled images, used addresses.
#[derive(Clone, Default, Debug)]
pub struct Nodes {}

/// Says which pods have to be looked at because of this change.
pub fn interested(
    _s: &crate::apiserver::Store,
    change: &crate::controllers::Watched,
    add: &mut dyn FnMut(crate::verdict::Component, Key),
) {
    if change.key.kind == crate::api::Kind::Pod {
        add(crate::verdict::Component::Kubelet, change.key.clone());
    }
}

/// Lets the pod's kubelet look at it.
pub fn sync(_context: &mut Context, _key: &Key) -> Outcome {
    Outcome::DONE
}
