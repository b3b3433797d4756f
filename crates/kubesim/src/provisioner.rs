//! Who makes volumes. The provisioner of the class `local-path` makes a directory on the chosen node into one, and deletes it
//! when its claim is gone. Models `rancher/local-path-provisioner` and `sigs.k8s.io/sig-storage-lib-external-provisioner`;
//! the helper pods that do the work on the node are not imitated. Any other that somebody has set up makes disks in the network
//! (`csi`), which every node of the chosen node's zone reaches at once: attaching takes no time. Such a one also resizes them, as
//! `kubernetes-csi/external-resizer` and the kubelet (`pkg/volume/util/operationexecutor`) do together; who asks for more of
//! a volume is told by `pkg/controller/volume/expand` that another has to do it.

use crate::api::event::Involved;
use crate::api::meta::Condition;
use crate::api::node::{HOSTNAME_LABEL, ZONE_LABEL};
use crate::api::pod::PodPhase;
use crate::api::verdict::{Component, Reason};
use crate::api::volume::{
    ClaimPhase, PROVISIONED_BY, ReclaimPolicy, SELECTED_NODE, STORAGE_PROVISIONER, VolumePhase,
};
use crate::api::{Fault, Key, Kind, Object, SimTime, Str};
use crate::apiserver::{DeleteOptions, EventType, Source, Store};
use crate::base::quantity::parse_milli_value;
use crate::base::time::Span;
use crate::component::{Context, Outcome, WatchEvent};
use crate::config::LOCAL_PATH;
use crate::fault;
use serde_json::json;
use std::rc::Rc;

/// Who local-path's events come from: the name, its pod, and the number it drew at its start.
const SOURCE: Source = Source::controller(
    "rancher.io/local-path_local-path-provisioner-84f4c8b5d6-x2xkq_3f1c2d6e-6d0f-4f0e-9d0e-1f6f1c2b3a4d",
);
const SELF: Component = Component::Provisioner;

/// Says which claims and volumes have to be looked at because of this change.
pub(crate) fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    let Some(after) = change.after else { return };
    let mine = match after.kind {
        Kind::PersistentVolumeClaim => wants_volume(store, after) || wants_size(after),
        // A file system grows where a pod has it.
        Kind::Pod if runs_now(after) && !change.before.is_some_and(runs_now) => {
            let namespace = &after.meta.namespace;
            for claim in after.pod().spec.claims() {
                let claim = store.find(Kind::PersistentVolumeClaim, namespace, claim);
                if let Some(claim) = claim.filter(|claim| wants_size(claim)) {
                    add(SELF, claim.key());
                }
            }
            false
        }
        Kind::PersistentVolume => is_to_go(store, after),
        Kind::Fault => {
            if let Fault::ProvisionerRuns(_) = after.fault() {
                for claim in store.list(Kind::PersistentVolumeClaim) {
                    if wants_volume(store, claim) {
                        add(SELF, claim.key());
                    }
                }
            }
            false
        }
        _ => false,
    };
    if mine {
        add(SELF, change.key.clone());
    }
}

/// Whether a provisioner of this name runs.
pub fn runs(store: &Store, name: &str) -> bool {
    name == LOCAL_PATH || fault::is_present(store, &Fault::ProvisionerRuns(name.into()))
}

fn wants_volume(store: &Store, claim: &Object) -> bool {
    claim.claim().spec.volume_name.is_none()
        && claim.meta.annotation(STORAGE_PROVISIONER).is_some_and(|name| runs(store, name))
}

/// Whether a bound claim asks for more than it has, or is on the way there.
fn wants_size(claim: &Object) -> bool {
    let c = claim.claim();
    let size = |text: &str| parse_milli_value(text);
    c.phase == ClaimPhase::Bound
        && (!c.conditions.is_empty() || size(&c.spec.request) > c.capacity.as_deref().and_then(size))
}

fn runs_now(pod: &Object) -> bool {
    pod.pod().status.phase == PodPhase::Running
}

fn is_to_go(store: &Store, volume: &Object) -> bool {
    let v = volume.volume();
    v.phase == VolumePhase::Released
        && v.reclaim_policy == ReclaimPolicy::Delete
        && volume.meta.annotation(PROVISIONED_BY).is_some_and(|name| runs(store, name))
        && !volume.meta.is_terminating()
}

/// Looks at a claim or a volume; making one takes this long.
pub(crate) fn sync(context: &mut Context, takes: Span, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    match key.kind {
        Kind::PersistentVolumeClaim if wants_volume(context.store(), &object) => {
            provision(context, takes, &object)
        }
        Kind::PersistentVolumeClaim if wants_size(&object) => resize(context, takes, &object),
        Kind::PersistentVolume if is_to_go(context.store(), &object) => reclaim(context, &object),
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
    let provisioner: Str = claim.meta.annotation(STORAGE_PROVISIONER).unwrap_or_default().into();
    let is_local = &*provisioner == LOCAL_PATH;
    let said = |context: &mut Context, kind, reason: &str, message: &str| {
        let source = if is_local { SOURCE } else { Source::controller(&provisioner) };
        context.api.event(source, Involved::of(claim), kind, reason, message);
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
            let reason = Reason::Provisioning { provisioner: provisioner.clone() };
            context.api.set_verdict(SELF, &key, Some(reason), Some(until));
            until
        }
    };
    if context.now() < until {
        return Outcome::at(until);
    }
    let node = claim.meta.annotation(SELECTED_NODE);
    let modes = &claim.claim().spec.access_modes;
    let refused = if !is_local {
        None
    } else if modes.iter().any(|m| &**m != "ReadWriteOnce" && &**m != "ReadWriteOncePod") {
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
    let node = node.and_then(|node| context.store().find_cluster(Kind::Node, node)).cloned();
    let made = volume_for(claim, &class, &volume, &provisioner, node.as_deref());
    context.api.create(made).expect("a volume of this uid was not there");
    context.api.set_verdict(SELF, &key, None, None);
    let message = format!("Successfully provisioned volume {volume}");
    said(context, EventType::Normal, "ProvisioningSucceeded", &message);
    Outcome::DONE
}

/// A directory on the node, or a disk in the node's zone.
fn volume_for(
    claim: &Object,
    class: &Object,
    name: &str,
    provisioner: &str,
    node: Option<&Object>,
) -> Object {
    let (meta, c) = (&claim.meta, claim.claim());
    let reclaim_policy = class.storage_class().reclaim_policy.name();
    let modes: Vec<&str> = c.spec.access_modes.iter().map(|m| &**m).collect();
    let path = format!("/opt/local-path-provisioner/{name}_{}_{}", meta.namespace, meta.name);
    let mut tree = json!({
        "metadata": {"name": name, "annotations": {PROVISIONED_BY: provisioner}},
        "spec": {
            "accessModes": modes,
            "capacity": {"storage": &*c.spec.request},
            "claimRef": {
                "apiVersion": "v1", "kind": "PersistentVolumeClaim", "name": &*meta.name,
                "namespace": &*meta.namespace, "resourceVersion": meta.resource_version.to_string(),
                "uid": meta.uid.to_string(),
            },
            "persistentVolumeReclaimPolicy": reclaim_policy,
            "storageClassName": &*class.meta.name,
            "volumeMode": &*c.spec.volume_mode,
        },
    });
    let label = if provisioner == LOCAL_PATH {
        tree["spec"]["hostPath"] = json!({"path": path, "type": "DirectoryOrCreate"});
        HOSTNAME_LABEL
    } else {
        tree["spec"]["csi"] = json!({"driver": provisioner, "fsType": "ext4", "volumeHandle": name});
        ZONE_LABEL
    };
    if let Some(value) = node.and_then(|node| node.meta.label(label)) {
        let there = json!({"key": label, "operator": "In", "values": [value]});
        tree["spec"]["nodeAffinity"] =
            json!({"required": {"nodeSelectorTerms": [{"matchExpressions": [there]}]}});
    }
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

/// How long the kubelet takes to see that a file system is to grow, once a pod has it.
const NODE_EXPANDS: Span = Span::seconds(5);
/// The condition of a claim whose volume is being made bigger (`v1.PersistentVolumeClaimResizing`).
const RESIZING: &str = "Resizing";
/// The condition of a claim whose volume is bigger than its file system.
const FILE_SYSTEM_RESIZE_PENDING: &str = "FileSystemResizePending";

/// Takes a claim that asks for more a step further.
fn resize(context: &mut Context, takes: Span, claim: &Object) -> Outcome {
    let c = claim.claim();
    let name = c.spec.volume_name.clone().unwrap_or_default();
    let Some(volume) = context.store().get(&Key::cluster(Kind::PersistentVolume, &name)).cloned() else {
        return Outcome::DONE;
    };
    let since = |kind: &str| c.conditions.iter().find(|c| &*c.kind == kind).map(|c| c.last_transition_time);
    if let Some(since) = since(FILE_SYSTEM_RESIZE_PENDING) {
        return grow_file_system(context, claim, &volume, since + NODE_EXPANDS);
    }
    let driver: Str = volume.meta.annotation(PROVISIONED_BY).unwrap_or_default().into();
    let resizer = ["external-resizer ", &driver].concat();
    let Some(since) = since(RESIZING) else {
        let message = "waiting for an external controller to expand this PVC";
        let source = Source::controller("volume_expand");
        context.api.event(source, Involved::of(claim), EventType::Normal, "ExternalExpanding", message);
        // The provisioner of directories comes without a resizer.
        if &*driver == LOCAL_PATH || !runs(context.store(), &driver) {
            return Outcome::DONE;
        }
        let message = ["External resizer is resizing volume ", &name].concat();
        let source = Source::controller(&resizer);
        context.api.event(source, Involved::of(claim), EventType::Normal, "Resizing", &message);
        set_condition(context, claim, RESIZING, None);
        return Outcome::at(context.now() + takes);
    };
    let until = since + takes;
    if context.now() < until {
        return Outcome::at(until);
    }
    let size = c.spec.request.clone();
    let grown = context.api.update(&volume.key(), |o| {
        let volume = o.volume_mut();
        if let Some(spec) = Rc::make_mut(&mut volume.raw).as_object_mut() {
            spec.insert("capacity".into(), json!({"storage": &*size}));
        }
        volume.capacity = size;
    });
    grown.expect("the volume was there");
    let message = "Require file system resize of volume on node";
    let source = Source::controller(&resizer);
    context.api.event(source, Involved::of(claim), EventType::Normal, "FileSystemResizeRequired", message);
    let message = "Waiting for user to (re-)start a pod to finish file system resize of volume on node.";
    set_condition(context, claim, FILE_SYSTEM_RESIZE_PENDING, Some(message));
    Outcome::at(context.now() + NODE_EXPANDS)
}

/// Gives a claim this condition and no other.
fn set_condition(context: &mut Context, claim: &Object, kind: &str, message: Option<&str>) {
    let condition = Condition {
        kind: kind.into(),
        status: Some(true),
        reason: None,
        message: message.map(Str::from),
        last_transition_time: context.now().whole_seconds(),
    };
    let written = context.api.update_status(&claim.key(), |o| o.claim_mut().conditions = [condition].into());
    written.expect("the claim was there");
}

/// The kubelet's part: where a pod has the volume, its file system grows.
fn grow_file_system(context: &mut Context, claim: &Object, volume: &Object, until: SimTime) -> Outcome {
    let key = claim.key();
    let Some(pod) = context.store().pods_with_claim(&key).find(|pod| runs_now(pod)).cloned() else {
        return Outcome::DONE;
    };
    if context.now() < until {
        return Outcome::at(until);
    }
    let size = volume.volume().capacity.clone();
    let written = context.api.update_status(&key, |o| {
        let claim = o.claim_mut();
        (claim.capacity, claim.conditions) = (Some(size), Rc::default());
    });
    written.expect("the claim was there");
    let node = pod.pod().spec.node_name.clone().unwrap_or_default();
    let message =
        format!("MountVolume.NodeExpandVolume succeeded for volume \"{}\" {node}", volume.meta.name);
    for about in [&*pod, claim] {
        let source = Source::kubelet(&node);
        let reason = "FileSystemResizeSuccessful";
        context.api.event(source, Involved::of(about), EventType::Normal, reason, &message);
    }
    Outcome::DONE
}
