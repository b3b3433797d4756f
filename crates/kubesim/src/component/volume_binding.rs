//! Which volume suits which claim: asked by the volume controller and by the scheduler. Models
//! `pkg/controller/volume/persistentvolume/index.go` and `staging/src/k8s.io/component-helpers/storage/volume/pv_helpers.go`.

use crate::api::read::get;
use crate::api::volume::{BIND_COMPLETED, PersistentVolumeClaim};
use crate::api::{Key, Kind, Object};
use crate::apiserver::Store;
use crate::base::quantity::parse_milli_value;
use std::rc::Rc;

/// Whether binding is complete (`isPVCFullyBound`).
pub fn is_bound(claim: &Object) -> bool {
    claim.claim().spec.volume_name.is_some() && claim.meta.annotation(BIND_COMPLETED).is_some()
}

/// Whether the claim's class waits for a pod (`volumeBindingMode: WaitForFirstConsumer`).
pub fn waits_for_consumer(store: &Store, claim: &PersistentVolumeClaim) -> bool {
    class_of(store, claim).is_some_and(|c| c.storage_class().wait_for_first_consumer)
}

/// Whether this volume, if nobody has it, is what the claim asks for (`volume.FindMatchingVolume`).
pub fn fits(volume: &Object, claim: &PersistentVolumeClaim) -> bool {
    mismatch(volume, claim, true).is_none()
        && claim.spec.selector.as_ref().is_none_or(|s| s.matches(&volume.meta.labels))
}

/// The claim's class.
pub fn class_of<'a>(store: &'a Store, claim: &PersistentVolumeClaim) -> Option<&'a Rc<Object>> {
    store.get(&Key::cluster(Kind::StorageClass, claim.spec.storage_class_name.as_deref()?))
}

/// How much more than the claim needs a volume that fits is: the one with the least is taken, first by the number of
/// its access modes (`persistentVolumeOrderedIndex.findByClaim`).
pub fn excess(volume: &Object) -> (usize, Option<i64>) {
    let v = volume.volume();
    (v.access_modes.len(), parse_milli_value(&v.capacity))
}

/// `Filesystem` or `Block` (`volumeMode`).
pub fn mode(volume: &Object) -> &str {
    get(&volume.volume().raw, "volumeMode").as_str().unwrap_or("Filesystem")
}

/// Why the claim can't have the volume, even if it asks for it by name. Models `checkVolumeSatisfyClaim`.
pub fn mismatch(volume: &Object, claim: &PersistentVolumeClaim, class_matters: bool) -> Option<String> {
    let (v, spec) = (volume.volume(), &claim.spec);
    let size = |q: &str| parse_milli_value(q).unwrap_or(0);
    let why = if volume.meta.is_terminating() {
        return Some(format!("the volume is marked for deletion \"{}\"", volume.meta.name));
    } else if size(&v.capacity) < size(&spec.request) {
        "requested PV is too small"
    } else if class_matters
        && *v.storage_class_name != *spec.storage_class_name.as_deref().unwrap_or_default()
    {
        "storageClassName does not match"
    } else if mode(volume) != &*spec.volume_mode {
        "incompatible volumeMode"
    } else if !spec.access_modes.iter().all(|m| v.access_modes.contains(m)) {
        "incompatible accessMode"
    } else {
        return None;
    };
    Some(why.to_string())
}
