//! The PersistentVolume controller: binds claims and volumes to each other and keeps their phases. Models
//! `pkg/controller/volume/persistentvolume/pv_controller.go`.
//!
//! Of its resync every 15 s only that is simulated that gives a class made later to claims that name none; not that it repeats its
//! events. What resizing a claim takes is in `provisioner.rs`.

use crate::api::event::Involved;
use crate::api::read::get;
use crate::api::verdict::{Component, Reason};
use crate::api::volume::{
    BETA_STORAGE_PROVISIONER, BIND_COMPLETED, BOUND_BY_CONTROLLER, ClaimPhase, ClaimRef, PROVISIONED_BY,
    ReclaimPolicy, SELECTED_NODE, STORAGE_PROVISIONER, VolumePhase,
};
use crate::api::{Key, Kind, Object, SimTime, Span, Str};
use crate::apiserver::{DeleteOptions, EventType, Source, Store, default_class};
use crate::component::volume_binding::{excess, fits, is_bound, mismatch, mode, waits_for_consumer};
use crate::component::{Context, Outcome, WatchEvent};
use std::rc::Rc;

const SELF: Component = Component::PersistentVolumeController;
/// How often it looks at all claims again (`PVClaimBinderSyncPeriod`).
const RESYNC: Span = Span::seconds(15);
const SOURCE: Source = Source::controller("persistentvolume-controller");

/// Says which claims and volumes have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    let of_class = |class: &Str, add: &mut dyn FnMut(Component, Key)| {
        let waiting = |c: &&Rc<Object>| {
            c.claim().spec.volume_name.is_none() && c.claim().spec.storage_class_name.as_ref() == Some(class)
        };
        for claim in store.list(Kind::PersistentVolumeClaim).filter(waiting) {
            add(SELF, claim.key());
        }
    };
    match change.key.kind {
        Kind::PersistentVolumeClaim => {
            add(SELF, change.key.clone());
            if let Some(volume) = &change.object().claim().spec.volume_name {
                add(SELF, Key::cluster(Kind::PersistentVolume, volume));
            }
        }
        Kind::PersistentVolume => {
            add(SELF, change.key.clone());
            for claim in store.claims_naming(&change.key.name).filter(|claim| !is_bound(claim)) {
                add(SELF, claim.key());
            }
            let volume = change.object().volume();
            match &volume.claim_ref {
                Some(c) => add(SELF, Key::new(Kind::PersistentVolumeClaim, &c.namespace, &c.name)),
                None => of_class(&volume.storage_class_name, add),
            }
        }
        Kind::StorageClass => {
            if change.before.is_none() {
                of_class(&change.key.name, add);
            }
            let waits = |claim: &&Rc<Object>| {
                let spec = &claim.claim().spec;
                spec.volume_name.is_none() && spec.storage_class_name.is_none()
            };
            if default_class(store).is_some() {
                store
                    .list(Kind::PersistentVolumeClaim)
                    .filter(waits)
                    .for_each(|claim| add(SELF, claim.key()));
            }
        }
        _ => {}
    }
}

/// Looks at a claim or a volume.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    match key.kind {
        Kind::PersistentVolumeClaim if is_bound(&object) => sync_bound_claim(context, &object),
        Kind::PersistentVolumeClaim => return sync_unbound_claim(context, &object),
        _ => sync_volume(context, &object),
    }
    Outcome::DONE
}

fn says(context: &mut Context, claim: &Object, kind: EventType, reason: &str, message: &str) {
    context.api.event(SOURCE, Involved::of(claim), kind, reason, message);
}

fn verdict(context: &mut Context, object: &Object, reason: Reason) {
    context.api.set_verdict(SELF, &object.key(), Some(reason), None);
}

/// Models `syncUnboundClaim` and `assignDefaultStorageClass`.
fn sync_unbound_claim(context: &mut Context, claim: &Object) -> Outcome {
    let until = context.store().verdict(SELF, &claim.key()).and_then(|verdict| verdict.until);
    let (c, store) = (claim.claim(), context.store());
    let is_left = c.spec.storage_class_name.is_none()
        && c.spec.volume_name.is_none()
        && store.volumes_of_claim(&claim.key()).next().is_none()
        && !store.free_volumes().any(|volume| fits(volume, c));
    let class = if is_left { default_class(store).map(|class| class.meta.name.clone()) } else { None };
    match (class, until) {
        (Some(class), Some(until)) if until <= context.now() => {
            let given = context.api.update(&claim.key(), |o| {
                Rc::make_mut(&mut o.claim_mut().spec).storage_class_name = Some(class)
            });
            given.expect("the claim was there");
            Outcome::DONE
        }
        (Some(_), Some(until)) => Outcome::at(until),
        (Some(_), None) if context.store().verdict(SELF, &claim.key()).is_some() => {
            let next = SimTime((context.now().0.div_euclid(RESYNC.0) + 1) * RESYNC.0);
            context.api.set_verdict(SELF, &claim.key(), Some(Reason::NoVolume), Some(next));
            Outcome::at(next)
        }
        _ => {
            find_volume(context, claim);
            Outcome::DONE
        }
    }
}

/// Gives a claim that is not bound the volume that it asks for, or has one made.
fn find_volume(context: &mut Context, claim: &Object) {
    let c = claim.claim();
    let store = context.store();
    if let Some(name) = c.spec.volume_name.clone() {
        // The user asked for this volume.
        let Some(volume) = store.get(&Key::cluster(Kind::PersistentVolume, &name)).cloned() else {
            return verdict(context, claim, Reason::NoVolume);
        };
        let v = volume.volume();
        let taken =
            v.claim_ref.is_some() && !v.is_bound_to(&claim.meta.namespace, &claim.meta.name, claim.meta.uid);
        if taken {
            verdict(context, claim, Reason::NoVolume);
            let message = format!("volume \"{name}\" already bound to a different claim.");
            return says(context, claim, EventType::Warning, "FailedBinding", &message);
        }
        if v.claim_ref.is_none()
            && let Some(why) = mismatch(&volume, c, true)
        {
            verdict(context, claim, Reason::NoVolume);
            let message = format!("Cannot bind to requested volume \"{name}\": {why}");
            return says(context, claim, EventType::Warning, "VolumeMismatch", &message);
        }
        return bind(context, &volume, claim);
    }
    let waits = waits_for_consumer(store, c);
    // A volume that is kept for the claim may have another class and other labels.
    let mine = |v: &&Rc<Object>| {
        v.volume().is_bound_to(&claim.meta.namespace, &claim.meta.name, claim.meta.uid)
            && mismatch(v, c, false).is_none()
    };
    let free = |v: &&Rc<Object>| !waits && fits(v, c);
    let smallest = || store.free_volumes().filter(free).min_by_key(|v| excess(v));
    let found = store.volumes_of_claim(&claim.key()).find(mine).or_else(smallest).cloned();
    if let Some(volume) = found {
        return bind(context, &volume, claim);
    }
    if waits && claim.meta.annotation(SELECTED_NODE).is_none() {
        let news = context.store().verdict(SELF, &claim.key()).is_none();
        let (reason, message) = awaited(context.store(), claim);
        verdict(context, claim, Reason::WaitingForFirstConsumer);
        if news {
            says(context, claim, EventType::Normal, reason, &message);
        }
        return;
    }
    match &c.spec.storage_class_name {
        Some(class) if !class.is_empty() => provision(context, claim, class),
        _ => {
            verdict(context, claim, Reason::NoVolume);
            let message = "no persistent volumes available for this claim and no storage class is set";
            says(context, claim, EventType::Normal, "FailedBinding", message);
        }
    }
}

/// The event of a claim that waits. Models `emitEventForUnboundDelayBindingClaim`. The real controller looks at a claim
/// before who made it goes on to make its pod, so pods made along with it are not there yet.
fn awaited(store: &Store, claim: &Object) -> (&'static str, String) {
    let made = claim.meta.creation_timestamp;
    let unplaced = |p: &&Rc<Object>| {
        p.meta.creation_timestamp < made && p.pod().spec.node_name.is_none() && !p.pod().is_terminal()
    };
    let pods: Vec<&str> =
        store.pods_with_claim(&claim.key()).filter(unplaced).map(|p| &*p.meta.name).collect();
    match pods[..] {
        [] => ("WaitForFirstConsumer", "waiting for first consumer to be created before binding".to_string()),
        [pod] => ("WaitForPodScheduled", format!("waiting for pod {pod} to be scheduled")),
        _ => ("WaitForPodScheduled", format!("waiting for pods {} to be scheduled", pods.join(","))),
    }
}

/// Models `provisionClaim` and `provisionClaimOperationExternal`: asks the class's provisioner for a volume.
fn provision(context: &mut Context, claim: &Object, class: &Str) {
    let key = claim.key();
    let Some(found) = context.store().get(&Key::cluster(Kind::StorageClass, class)).cloned() else {
        verdict(context, claim, Reason::ClassMissing { class: class.clone() });
        let message = format!("storageclass.storage.k8s.io \"{class}\" not found");
        return says(context, claim, EventType::Warning, "ProvisioningFailed", &message);
    };
    let provisioner = &found.storage_class().provisioner;
    if &**provisioner == "kubernetes.io/no-provisioner" {
        verdict(context, claim, Reason::NoVolume);
        let message = format!("storageclass \"{class}\" does not support dynamic provisioning");
        return says(context, claim, EventType::Warning, "ProvisioningFailed", &message);
    }
    verdict(context, claim, Reason::Provisioning { provisioner: provisioner.clone() });
    if claim.meta.annotation(STORAGE_PROVISIONER) == Some(provisioner) {
        return;
    }
    let annotated = context.api.update(&key, |o| {
        o.meta.set_annotation(STORAGE_PROVISIONER, provisioner);
        o.meta.set_annotation(BETA_STORAGE_PROVISIONER, provisioner);
    });
    let claim = annotated.expect("the claim was there");
    let message = format!(
        "Waiting for a volume to be created either by the external provisioner '{provisioner}' or manually by the \
         system administrator. If volume creation is delayed, please verify that the provisioner is running and \
         correctly registered."
    );
    says(context, &claim, EventType::Normal, "ExternalProvisioning", &message);
}

/// Binds them to each other: the volume first, so that nobody else takes it. Models `bind`.
fn bind(context: &mut Context, volume: &Object, claim: &Object) {
    let (volume_key, claim_key) = (volume.key(), claim.key());
    let reference = ClaimRef {
        namespace: claim.meta.namespace.clone(),
        name: claim.meta.name.clone(),
        uid: Some(claim.meta.uid),
    };
    let pre_bound = volume.volume().claim_ref.is_some();
    let referred = context.api.update(&volume_key, |o| {
        o.volume_mut().claim_ref = Some(reference);
        if !pre_bound {
            o.meta.set_annotation(BOUND_BY_CONTROLLER, "yes");
        }
    });
    referred.expect("the volume was there");
    set_volume_phase(context, &volume_key, VolumePhase::Bound);
    let chosen_by_user = claim.claim().spec.volume_name.is_some();
    let named = context.api.update(&claim_key, |o| {
        Rc::make_mut(&mut o.claim_mut().spec).volume_name = Some(volume_key.name.clone());
        if !chosen_by_user {
            o.meta.set_annotation(BOUND_BY_CONTROLLER, "yes");
        }
        o.meta.set_annotation(BIND_COMPLETED, "yes");
    });
    named.expect("the claim was there");
    set_claim_bound(context, &claim_key, volume);
}

fn set_claim_bound(context: &mut Context, key: &Key, volume: &Object) {
    let written = context.api.update_status(key, |o| {
        let (claim, volume) = (o.claim_mut(), volume.volume());
        // What is bound already learns its size from who resizes it.
        if claim.phase != ClaimPhase::Bound || claim.capacity.is_none() {
            claim.capacity = Some(volume.capacity.clone());
        }
        claim.phase = ClaimPhase::Bound;
        claim.access_modes = volume.access_modes.clone();
    });
    let claim = written.expect("the claim was there");
    verdict(context, &claim, Reason::Bound { volume: volume.meta.name.clone() });
}

fn set_volume_phase(context: &mut Context, key: &Key, phase: VolumePhase) {
    let now = context.now().whole_seconds();
    let written = context.api.update_status(key, |o| {
        let volume = o.volume_mut();
        if volume.phase != phase {
            volume.message = None;
            volume.phase = phase;
            volume.last_phase_transition_time = Some(now);
        }
    });
    written.expect("the volume was there");
}

/// Models `syncBoundClaim`.
fn sync_bound_claim(context: &mut Context, claim: &Object) {
    let name = claim.claim().spec.volume_name.clone().expect("a bound claim names its volume");
    let volume = context.store().get(&Key::cluster(Kind::PersistentVolume, &name)).cloned();
    let (reason, message) = match &volume {
        Some(v) if v.volume().claim_ref.is_none() => return bind(context, v, claim),
        Some(v) if v.volume().is_bound_to(&claim.meta.namespace, &claim.meta.name, claim.meta.uid) => {
            if v.volume().phase != VolumePhase::Bound {
                set_volume_phase(context, &v.key(), VolumePhase::Bound);
            }
            return set_claim_bound(context, &claim.key(), v);
        }
        Some(_) => {
            ("ClaimMisbound", "Two claims are bound to the same volume, this one is bound incorrectly")
        }
        None => ("ClaimLost", "Bound claim has lost its PersistentVolume. Data on the volume is lost!"),
    };
    verdict(context, claim, Reason::Lost { volume: name });
    if claim.claim().phase != ClaimPhase::Lost {
        let lost = context.api.update_status(&claim.key(), |o| {
            let claim = o.claim_mut();
            claim.phase = ClaimPhase::Lost;
            claim.access_modes = Rc::default();
            claim.capacity = None;
        });
        lost.expect("the claim was there");
        says(context, claim, EventType::Warning, reason, message);
    }
}

/// Models `syncVolume` and `reclaimVolume`.
fn sync_volume(context: &mut Context, volume: &Object) {
    let v = volume.volume();
    let key = volume.key();
    let Some((reference, uid)) = v.claim_ref.as_ref().and_then(|c| Some((c, c.uid?))) else {
        // Free, or kept for a claim that the user will make.
        return set_volume_phase(context, &key, VolumePhase::Available);
    };
    let claim = context.store().find(Kind::PersistentVolumeClaim, &reference.namespace, &reference.name);
    let Some(claim) = claim.filter(|c| c.meta.uid == uid).cloned() else {
        return reclaim(context, volume);
    };
    match &claim.claim().spec.volume_name {
        None if mode(volume) != &*claim.claim().spec.volume_mode => {
            let (its, name) = (&claim.meta.name, &key.name);
            let message = format!(
                "Cannot bind PersistentVolume to requested PersistentVolumeClaim \"{its}\" due to incompatible \
                 volumeMode."
            );
            says(context, volume, EventType::Warning, "VolumeMismatch", &message);
            let message = format!(
                "Cannot bind PersistentVolume \"{name}\" to requested PersistentVolumeClaim due to incompatible \
                 volumeMode."
            );
            says(context, &claim, EventType::Warning, "VolumeMismatch", &message);
        }
        None => {} // The claim is being bound to it.
        Some(name) if *name == key.name => set_volume_phase(context, &key, VolumePhase::Bound),
        Some(_) if v.reclaim_policy == ReclaimPolicy::Delete && is_provisioned(volume) => {
            reclaim(context, volume);
        }
        Some(_) => unbind(context, &key),
    }
}

/// Models `unbindVolume`: the claim has another volume.
fn unbind(context: &mut Context, key: &Key) {
    let written = context.api.update(key, |o| {
        if Rc::make_mut(&mut o.meta.annotations).remove(BOUND_BY_CONTROLLER).is_some() {
            o.volume_mut().claim_ref = None;
        } else if let Some(claim) = &mut o.volume_mut().claim_ref {
            claim.uid = None;
        }
    });
    written.expect("the volume was there");
    set_volume_phase(context, key, VolumePhase::Available);
}

fn is_provisioned(volume: &Object) -> bool {
    volume.meta.annotation(PROVISIONED_BY).is_some()
}

/// Models `reclaimVolume`: the claim is gone.
fn reclaim(context: &mut Context, volume: &Object) {
    let (v, key) = (volume.volume(), volume.key());
    if matches!(v.phase, VolumePhase::Released | VolumePhase::Failed) {
        return;
    }
    set_volume_phase(context, &key, VolumePhase::Released);
    if is_provisioned(volume) || v.reclaim_policy != ReclaimPolicy::Delete {
        return;
    }
    let Some(why) = cannot_delete(volume) else {
        if get(&v.raw, "csi").is_null() {
            let _ = context.api.delete(&key, DeleteOptions::default());
        }
        return;
    };
    set_volume_phase(context, &key, VolumePhase::Failed);
    let failed = context.api.update_status(&key, |o| o.volume_mut().message = Some(why.as_str().into()));
    failed.expect("the volume was there");
    says(context, volume, EventType::Warning, "VolumeFailedDelete", &why);
}

/// Why the controller itself can't delete a released volume that is to be deleted and that no provisioner made: it only
/// knows the volumes of hosts (`pkg/volume/hostpath`: its deleter only takes what is under /tmp) and of NFS
/// (`ProbeProvisionableRecyclableVolumePlugins`), and leaves CSI's to their drivers.
fn cannot_delete(volume: &Object) -> Option<String> {
    let (raw, name) = (&volume.volume().raw, &volume.meta.name);
    if !get(raw, "csi").is_null() {
        return None;
    }
    let why = match get(get(raw, "hostPath"), "path").as_str() {
        Some(path) if path.split_once("/tmp/").is_some_and(|(_, rest)| !rest.is_empty()) => return None,
        Some(path) => {
            return Some(format!("host_path deleter only supports /tmp/.+ but received provided {path}"));
        }
        None if get(raw, "nfs").is_null() => "no volume plugin matched",
        None => "no deletable volume plugin matched",
    };
    Some(format!("error getting deleter volume plugin for volume \"{name}\": {why}"))
}

#[cfg(test)]
mod tests {
    use crate::api::volume::{ClaimPhase, VolumePhase};
    use crate::api::{Key, Kind, SimTime};
    use crate::cluster::Cluster;
    use crate::testing;

    fn claim_phases(cluster: &Cluster) -> Vec<(String, ClaimPhase)> {
        let claims = cluster.api.store().list(Kind::PersistentVolumeClaim);
        claims.map(|c| (c.meta.name.to_string(), c.claim().phase)).collect()
    }

    #[test]
    fn a_claim_waits_for_its_pod_then_gets_a_volume_on_the_pods_node() {
        let mut cluster = testing::recorded();
        testing::create(&mut cluster, testing::SEED);
        cluster.run_until(SimTime(150));
        assert_eq!(claim_phases(&cluster), [("www-flask-0".into(), ClaimPhase::Pending)]);
        cluster.run_until(SimTime(900));
        assert_eq!(claim_phases(&cluster), [("www-flask-0".into(), ClaimPhase::Bound)]);
        let store = cluster.api.store();
        let pod = store.find(Kind::Pod, "default", "flask-0").unwrap().pod();
        assert_eq!(pod.spec.node_name, None, "it is polled once a second");
        let volume = store.list(Kind::PersistentVolume).next().unwrap().volume();
        assert_eq!(volume.phase, VolumePhase::Bound);
        assert_eq!(volume.node, pod.status.nominated_node_name);
        cluster.run_until(SimTime(1100));
        let pod = cluster.api.store().find(Kind::Pod, "default", "flask-0").unwrap().pod();
        assert_eq!(pod.spec.node_name.as_deref(), Some("chhan-k8s-3"));
        let reasons: Vec<String> = cluster
            .api
            .store()
            .list(Kind::Event)
            .filter(|e| e.event().involved.kind.starts_with("Pers"))
            .map(|e| e.event().reason.to_string())
            .collect();
        for reason in
            ["WaitForFirstConsumer", "ExternalProvisioning", "Provisioning", "ProvisioningSucceeded"]
        {
            assert!(reasons.iter().any(|r| r == reason), "{reason} is missing in {reasons:?}");
        }
    }

    #[test]
    fn a_default_class_that_is_made_later_is_given_to_claims_that_wait_without_one() {
        let claim = |name: &str, class: &str| {
            format!(
                "apiVersion: v1\nkind: PersistentVolumeClaim\nmetadata: {{name: {name}}}\nspec:\n  {class}accessModes: \
                 [ReadWriteOnce]\n  resources: {{requests: {{storage: 1Gi}}}}\n---\n"
            )
        };
        let class = |name: &str| {
            format!(
                "apiVersion: storage.k8s.io/v1\nkind: StorageClass\nmetadata:\n  name: {name}\n  annotations: \
                 {{storageclass.kubernetes.io/is-default-class: \"true\"}}\nprovisioner: rancher.io/local-path\n---\n"
            )
        };
        let mut cluster = testing::recorded();
        let usual = Key::cluster(Kind::StorageClass, "local-path");
        cluster.api.delete(&usual, crate::apiserver::DeleteOptions::default()).expect("it is there");
        testing::create(
            &mut cluster,
            &[claim("waits", ""), claim("wants-none", "storageClassName: \"\"\n  ")].concat(),
        );
        cluster.run_until(SimTime(20_000));
        testing::create(&mut cluster, &class("older"));
        cluster.run_until(SimTime(22_000));
        testing::create(&mut cluster, &class("newer"));
        let classes = |cluster: &Cluster| {
            let claims = cluster.api.store().list(Kind::PersistentVolumeClaim);
            claims
                .map(|c| c.claim().spec.storage_class_name.as_deref().map(str::to_owned))
                .collect::<Vec<_>>()
        };
        assert_eq!(classes(&cluster), [None, Some(String::new())]);
        cluster.run_until(SimTime(40_000));
        assert_eq!(classes(&cluster), [Some("newer".into()), Some(String::new())]);
    }
}
