//! Volumes, claims and what provides them.

use super::cell::{or, slashed, text, texts};
use super::row::{AGE, Column, NAME, Row, at_path, count, default_name, field, of, phase, wide};
use crate::api::read::{get, list};
use serde_json::Value;

pub(super) static PERSISTENT_VOLUME: &[Column] = &[
    NAME,
    field("CAPACITY", "{spec.capacity.storage:0}"),
    at_path("ACCESS MODES", access_modes, "spec.accessModes"),
    field("RECLAIM POLICY", "{spec.persistentVolumeReclaimPolicy}"),
    of("STATUS", phase),
    of("CLAIM", claim),
    field("STORAGECLASS", "{spec.storageClassName}"),
    field("VOLUMEATTRIBUTESCLASS", "{spec.volumeAttributesClassName:<unset>}"),
    field("REASON", "{status.reason}"),
    AGE,
    wide(field("VOLUMEMODE", "{spec.volumeMode:<unset>}")),
];
pub(super) static PERSISTENT_VOLUME_CLAIM: &[Column] = &[
    NAME,
    of("STATUS", phase),
    field("VOLUME", "{spec.volumeName}"),
    of("CAPACITY", capacity),
    at_path("ACCESS MODES", access_modes, "status.accessModes"),
    field("STORAGECLASS", "{spec.storageClassName}"),
    field("VOLUMEATTRIBUTESCLASS", "{spec.volumeAttributesClassName:<unset>}"),
    AGE,
    wide(field("VOLUMEMODE", "{spec.volumeMode:<unset>}")),
];
pub(super) static STORAGE_CLASS: &[Column] = &[
    of("NAME", default_name),
    field("PROVISIONER", "{provisioner}"),
    field("RECLAIMPOLICY", "{reclaimPolicy:Delete}"),
    field("VOLUMEBINDINGMODE", "{volumeBindingMode:Immediate}"),
    field("ALLOWVOLUMEEXPANSION", "{allowVolumeExpansion:false}"),
    AGE,
];
pub(super) static CSI_DRIVER: &[Column] = &[
    NAME,
    field("ATTACHREQUIRED", "{spec.attachRequired:true}"),
    field("PODINFOONMOUNT", "{spec.podInfoOnMount:false}"),
    field("STORAGECAPACITY", "{spec.storageCapacity:false}"),
    of("TOKENREQUESTS", audiences),
    field("REQUIRESREPUBLISH", "{spec.requiresRepublish:false}"),
    of("MODES", lifecycle_modes),
    AGE,
];
pub(super) static CSI_NODE: &[Column] = &[NAME, at_path("DRIVERS", count, "spec.drivers"), AGE];
pub(super) static CSI_STORAGE_CAPACITY: &[Column] =
    &[NAME, field("STORAGECLASSNAME", "{storageClassName}"), field("CAPACITY", "{capacity:<unset>}")];
pub(super) static VOLUME_ATTACHMENT: &[Column] = &[
    NAME,
    field("ATTACHER", "{spec.attacher}"),
    field("PV", "{spec.source.persistentVolumeName}"),
    field("NODE", "{spec.nodeName}"),
    field("ATTACHED", "{status.attached:false}"),
    AGE,
];
pub(super) static VOLUME_ATTRIBUTES_CLASS: &[Column] = &[NAME, field("DRIVERNAME", "{driverName}"), AGE];

/// `RWO,ROX`, once each and in this order. Models `pkg/apis/core/v1/helper: GetAccessModesAsString`.
pub fn access_modes(modes: &Value) -> String {
    let has = |mode: &str| modes.as_array().is_some_and(|m| m.iter().any(|m| m == mode));
    [
        ("ReadWriteOnce", "RWO"),
        ("ReadOnlyMany", "ROX"),
        ("ReadWriteMany", "RWX"),
        ("ReadWriteOncePod", "RWOP"),
    ]
    .iter()
    .filter(|(mode, _)| has(mode))
    .map(|(_, short)| *short)
    .collect::<Vec<_>>()
    .join(",")
}

/// The claim that a volume is bound to.
pub fn claim(row: &Row) -> String {
    match get(row.spec(), "claimRef") {
        Value::Null => String::new(),
        claim => slashed(claim, "namespace", "name"),
    }
}

/// What a bound claim has got.
pub fn capacity(row: &Row) -> String {
    if get(row.spec(), "volumeName").is_null() {
        return String::new();
    }
    or(text(row.at("status.capacity.storage")), "0")
}

fn lifecycle_modes(row: &Row) -> String {
    or(texts(list(row.spec(), "volumeLifecycleModes")), "<none>")
}

fn audiences(row: &Row) -> String {
    match row.spec().get("tokenRequests") {
        Some(requests) => {
            let audiences = requests.as_array().into_iter().flatten();
            audiences.map(|r| text(get(r, "audience"))).collect::<Vec<_>>().join(",")
        }
        None => "<unset>".into(),
    }
}
