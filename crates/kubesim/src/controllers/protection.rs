//! Claims and volumes in use are not deleted under their users: the finalizers `kubernetes.io/pvc-protection` and
//! `kubernetes.io/pv-protection`. Models `pkg/controller/volume/pvcprotection` and `pkg/controller/volume/pvprotection`.

use crate::api::meta::{PV_PROTECTION_FINALIZER, PVC_PROTECTION_FINALIZER};
use crate::api::verdict::{Component, Reason};
use crate::api::volume::VolumePhase;
use crate::api::{Key, Kind, Object};
use crate::apiserver::Store;
use crate::component::{Context, Outcome, WatchEvent};

/// Says which claims and volumes have to be looked at because of this change.
pub fn claim_event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::PersistentVolumeClaim if goes(change.after) => {
            add(Component::PvcProtectionController, change.key.clone());
        }
        Kind::Pod if change.after.is_none() => {
            for name in change.object().pod().spec.claims() {
                let key = change.key.beside(Kind::PersistentVolumeClaim, name);
                if goes(store.get(&key).map(|c| &**c)) {
                    add(Component::PvcProtectionController, key);
                }
            }
        }
        _ => {}
    }
}

/// Puts volumes that are to go into the queue of [`sync`].
pub fn volume_event_handlers(_store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    if change.key.kind == Kind::PersistentVolume && goes(change.after) {
        add(Component::PvProtectionController, change.key.clone());
    }
}

fn goes(object: Option<&Object>) -> bool {
    object.is_some_and(|o| o.meta.is_terminating())
}

/// Looks at a claim or a volume that is to go.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    let (component, finalizer) = match key.kind {
        Kind::PersistentVolumeClaim => (Component::PvcProtectionController, PVC_PROTECTION_FINALIZER),
        _ => (Component::PvProtectionController, PV_PROTECTION_FINALIZER),
    };
    if !object.meta.is_terminating() || !object.meta.has_finalizer(finalizer) {
        return Outcome::DONE;
    }
    if let Some(reason) = user_of(context.store(), &object) {
        context.api.set_verdict(component, key, Some(reason), None);
        return Outcome::DONE;
    }
    let freed = context.api.update(key, |o| o.meta.remove_finalizer(finalizer));
    freed.expect("the object was there");
    Outcome::DONE
}

/// Who uses it: a pod that is on a node, whatever its phase; the claim that is bound to a volume.
fn user_of(store: &Store, object: &Object) -> Option<Reason> {
    if object.kind == Kind::PersistentVolume {
        let volume = object.volume();
        return match &volume.claim_ref {
            Some(claim) if volume.phase == VolumePhase::Bound => {
                Some(Reason::InUse { pod: claim.name.clone() })
            }
            _ => None,
        };
    }
    let pod = store.pods_with_claim(&object.key()).find(|p| p.pod().spec.node_name.is_some())?;
    Some(Reason::InUse { pod: pod.meta.name.clone() })
}
