//! The kubelets.

use crate::api::Key;
use crate::controllers::{Context, Outcome};

/// What the nodes keep to themselves: running programs, pulled images, used addresses.
#[derive(Clone, Default, Debug)]
pub struct Nodes {}

/// Lets the pod's kubelet look at it.
pub fn sync(_context: &mut Context, _key: &Key) -> Outcome {
    Outcome::DONE
}
