//! The provisioner of the class `local-path`: makes a directory on the chosen node into a volume, and deletes it when
//! its claim is gone. Models `rancher/local-path-provisioner` and `sigs.k8s.io/sig-storage-lib-external-provisioner`;
//! the helper pods that do the work on the node are not imitated.

use crate::api::event::Involved;
use crate::api::verdict::{Component, Reason};
use crate::api::volume::{PROVISIONED_BY, ReclaimPolicy, SELECTED_NODE, STORAGE_PROVISIONER, VolumePhase};
use crate::api::{Key, Kind, Object, Str};
use crate::apiserver::{DeleteOptions, EventType, Source, Store};
use crate::base::time::Span;
use crate::component::{Context, Outcome, WatchEvent};
use serde_json::json;

/// How classes name it.
pub const NAME: &str = "rancher.io/local-path";
/// Who its events come from: the name, its pod, and the number it drew at its start.
const SOURCE: Source = Source::controller(
    "rancher.io/local-path_local-path-provisioner-84f4c8b5d6-x2xkq_3f1c2d6e-6d0f-4f0e-9d0e-1f6f1c2b3a4d",
);
const SELF: Component = Component::Provisioner;

/// Says which claims and volumes have to be looked at because of this change.
pub(crate) fn event_handlers(_store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    let Some(after) = change.after else { return };
    let mine = match after.kind {
        Kind::PersistentVolumeClaim => wants_volume(after),
        Kind::PersistentVolume => is_to_go(after),
        _ => false,
    };
    if mine {
        add(SELF, change.key.clone());
    }
}

fn wants_volume(claim: &Object) -> bool {
    claim.claim().spec.volume_name.is_none() && claim.meta.annotation(STORAGE_PROVISIONER) == Some(NAME)
}

fn is_to_go(volume: &Object) -> bool {
    let v = volume.volume();
    v.phase == VolumePhase::Released
        && v.reclaim_policy == ReclaimPolicy::Delete
        && volume.meta.annotation(PROVISIONED_BY) == Some(NAME)
        && !volume.meta.is_terminating()
}

/// Looks at a claim or a volume; making one takes this long.
pub(crate) fn sync(context: &mut Context, takes: Span, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    match key.kind {
        Kind::PersistentVolumeClaim if wants_volume(&object) => provision(context, takes, &object),
        Kind::PersistentVolume if is_to_go(&object) => reclaim(context, &object),
        _ => Outcome::DONE,
    }
}

/// Starts making the claim's volume, or finishes it when its time has come.
fn provision(context: &mut Context, takes: Span, claim: &Object) -> Outcome {
    let key = claim.key();
    let volume: Str = format!("pvc-{}", claim.meta.uid).into();
    if context.store().get(&Key::cluster(Kind::PersistentVolume, &volume)).is_some() {
        return Outcome::DONE;
    }
    let class = claim.claim().spec.storage_class_name.clone().unwrap_or_default();
    let Some(class) = context.store().get(&Key::cluster(Kind::StorageClass, &class)).cloned() else {
        return Outcome::DONE;
    };
    let said = |context: &mut Context, kind, reason: &str, message: &str| {
        context.api.event(SOURCE, Involved::of(claim), kind, reason, message);
    };
    let started = context.store().verdict(SELF, &key).cloned();
    let until = match started.as_deref().map(|v| (&v.reason, v.until)) {
        Some((Reason::Provisioning { .. }, Some(until))) => until,
        Some((Reason::ProvisioningFailed { .. }, _)) => return Outcome::DONE,
        _ => {
            let message = format!(
                "External provisioner is provisioning volume for claim \"{}/{}\"",
                key.namespace, key.name
            );
            said(context, EventType::Normal, "Provisioning", &message);
            let until = context.now() + takes;
            let reason = Reason::Provisioning { provisioner: NAME.into() };
            context.api.set_verdict(SELF, &key, Some(reason), Some(until));
            until
        }
    };
    if context.now() < until {
        return Outcome::at(until);
    }
    let node = claim.meta.annotation(SELECTED_NODE);
    let modes = &claim.claim().spec.access_modes;
    let refused = if modes.iter().any(|m| &**m != "ReadWriteOnce" && &**m != "ReadWriteOncePod") {
        Some("NodePath only supports ReadWriteOnce and ReadWriteOncePod (1.22+) access modes")
    } else if node.is_none() {
        Some("configuration error, no node was specified")
    } else {
        None
    };
    if let Some(why) = refused {
        let class = &class.meta.name;
        let message = format!("failed to provision volume with StorageClass \"{class}\": {why}");
        said(context, EventType::Warning, "ProvisioningFailed", &message);
        let reason = Reason::ProvisioningFailed { message: message.into() };
        context.api.set_verdict(SELF, &key, Some(reason), None);
        return Outcome::DONE;
    }
    let made = volume_for(claim, &class, &volume, node.unwrap_or_default());
    context.api.create(made).expect("a volume of this uid was not there");
    context.api.set_verdict(SELF, &key, None, None);
    let message = format!("Successfully provisioned volume {volume}");
    said(context, EventType::Normal, "ProvisioningSucceeded", &message);
    Outcome::DONE
}

/// A directory on the node.
fn volume_for(claim: &Object, class: &Object, name: &str, node: &str) -> Object {
    let (meta, c) = (&claim.meta, claim.claim());
    let reclaim_policy = class.storage_class().reclaim_policy.name();
    let modes: Vec<&str> = c.spec.access_modes.iter().map(|m| &**m).collect();
    let path = format!("/opt/local-path-provisioner/{name}_{}_{}", meta.namespace, meta.name);
    let on_node = json!({"key": "kubernetes.io/hostname", "operator": "In", "values": [node]});
    let mut tree = json!({
        "metadata": {"name": name, "annotations": {PROVISIONED_BY: NAME}},
        "spec": {
            "accessModes": modes,
            "capacity": {"storage": &*c.spec.request},
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": &*meta.name,
                "namespace": &*meta.namespace, "resourceVersion": meta.resource_version.to_string(),
                "uid": meta.uid.to_string(),
            },
            "hostPath": {"path": path, "type": "DirectoryOrCreate"},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_node]}]}},
            "persistentVolumeReclaimPolicy": reclaim_policy,
            "storageClassName": &*class.meta.name,
            "volumeMode": &*c.spec.volume_mode,
        },
    });
    if let Some(options) = class.storage_class().raw.get("mountOptions") {
        tree["spec"]["mountOptions"] = options.clone();
    }
    Object::from_value(Kind::PersistentVolume, &tree)
}

/// Starts deleting a released volume with what is on it, or finishes that when its time has come.
fn reclaim(context: &mut Context, volume: &Object) -> Outcome {
    let key = volume.key();
    let started = context.store().verdict(SELF, &key).and_then(|v| v.until);
    let until = started.unwrap_or(context.now() + context.timings.reclaim);
    if context.now() < until {
        context.api.set_verdict(SELF, &key, Some(Reason::Reclaiming), Some(until));
        return Outcome::at(until);
    }
    context.api.put_internal(Key::cluster(Kind::VolumeFiles, &key.name), None);
    context.api.delete(&key, DeleteOptions::default()).expect("the volume was there");
    Outcome::DONE
}
