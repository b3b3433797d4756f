//! The garbage collector: what becomes of an object when its owners go.
//!
//! Models `pkg/controller/garbagecollector`. The real one keeps a graph of all objects; here the store is that graph. It
//! looks at one object at a time, as owner (is it waiting for its dependents, or leaving them behind?) and as dependent
//! (is any of its owners still there?).

use crate::api::meta::{FOREGROUND_FINALIZER, ORPHAN_FINALIZER, OwnerReference};
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, Object, Uid};
use crate::apiserver::{DeleteOptions, Propagation, Store};
use crate::component::{Context, Outcome, WatchEvent};
use std::rc::Rc;

const ME: Component = Component::GarbageCollector;

/// Says which objects have to be looked at because of this change. Models `graph_builder.go: processGraphChanges`.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    if !can_own_or_be_owned(change.key.kind) {
        return;
    }
    let object = change.object();
    let was = |waits: fn(&Object) -> bool| change.before.is_some_and(waits);
    let is = |waits: fn(&Object) -> bool| change.after.is_some_and(waits);
    let gone = change.after.is_none();
    let starts_waiting = is(deletes_dependents) && !was(deletes_dependents);
    let starts_orphaning = is(orphans_dependents) && !was(orphans_dependents);
    let owners_before = change.before.map_or(&[][..], |o| &o.meta.owner_references);
    let owners_after = change.after.map_or(&[][..], |o| &o.meta.owner_references);
    // An owner that is there is believed, even one that waits until its dependents are gone.
    let absent = |o: &&OwnerReference| {
        Kind::of_manifest(&o.api_version, &o.kind).is_some() && live_owner(store, object, o).is_none()
    };
    let news = !std::ptr::eq(owners_before, owners_after);
    let absent_owners =
        news && owners_after.iter().filter(|o| !owners_before.contains(o)).any(|o| absent(&o));
    if starts_waiting || starts_orphaning || absent_owners {
        add(ME, change.key.clone());
    }
    if gone || starts_waiting {
        dependents(store, object).for_each(|d| add(ME, d.key()));
    }
    for owner in owners_before.iter().filter(|o| news && !owners_after.contains(o)) {
        if let Some(owner) = live_owner(store, object, owner).filter(|o| deletes_dependents(o)) {
            add(ME, owner.key());
        }
    }
}

/// Events are in nobody's hands and would only slow the search for dependents.
fn can_own_or_be_owned(kind: Kind) -> bool {
    kind.is_served() && kind != Kind::Event
}

/// Whether it waits until its dependents are gone.
fn deletes_dependents(object: &Object) -> bool {
    object.meta.is_terminating() && object.meta.has_finalizer(FOREGROUND_FINALIZER)
}

/// Whether it waits until its dependents no longer name it.
fn orphans_dependents(object: &Object) -> bool {
    object.meta.is_terminating() && object.meta.has_finalizer(ORPHAN_FINALIZER)
}

/// What has this object among its owners: in its namespace, or anywhere if it has none.
fn dependents<'a>(store: &'a Store, owner: &'a Object) -> impl Iterator<Item = &'a Rc<Object>> {
    let namespace = &*owner.meta.namespace;
    let here = move |o: &&Rc<Object>| namespace.is_empty() || *o.meta.namespace == *namespace;
    store.dependents(owner.meta.uid).filter(|o| can_own_or_be_owned(o.kind)).filter(here)
}

/// The owner that this reference means, if it is still there.
fn live_owner<'a>(store: &'a Store, dependent: &Object, owner: &OwnerReference) -> Option<&'a Rc<Object>> {
    let kind = Kind::of_manifest(&owner.api_version, &owner.kind)?;
    let namespace = if kind.info().namespaced { &*dependent.meta.namespace } else { "" };
    store.find(kind, namespace, &owner.name).filter(|o| o.meta.uid == owner.uid)
}

/// How it stands with one of an object's owners.
#[derive(PartialEq)]
enum Hold {
    /// It is there.
    Solid,
    /// It is gone.
    Dangling,
    /// It goes as soon as this object is gone.
    Waiting,
}

/// Models `garbagecollector.go: classifyReferences`. An owner of a kind that nobody knows holds on.
fn hold(store: &Store, dependent: &Object, owner: &OwnerReference) -> Hold {
    if Kind::of_manifest(&owner.api_version, &owner.kind).is_none() {
        return Hold::Solid;
    }
    match live_owner(store, dependent, owner) {
        None => Hold::Dangling,
        Some(owner) if deletes_dependents(owner) => Hold::Waiting,
        Some(_) => Hold::Solid,
    }
}

/// Looks at an object. Models `garbagecollector.go: attemptToDeleteItem` and `attemptToOrphanWorker`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    if orphans_dependents(&object) {
        return orphan_dependents(context, &object);
    }
    if deletes_dependents(&object) {
        return wait_for_dependents(context, &object);
    }
    if object.meta.is_terminating() || object.meta.owner_references.is_empty() {
        return Outcome::DONE;
    }
    let store = context.store();
    let owners = &object.meta.owner_references;
    let holds: Vec<Hold> = owners.iter().map(|owner| hold(store, &object, owner)).collect();
    if holds.contains(&Hold::Solid) {
        let solid = owners.iter().zip(&holds).filter(|(_, hold)| **hold == Hold::Solid);
        let solid: Rc<[OwnerReference]> = solid.map(|(owner, _)| owner.clone()).collect();
        context.api.update(key, |o| o.meta.owner_references = solid).expect("the object is there");
        return Outcome::DONE;
    }
    let dependents: Vec<Rc<Object>> = dependents(store, &object).cloned().collect();
    let in_foreground = holds.contains(&Hold::Waiting) && !dependents.is_empty();
    if in_foreground && dependents.iter().any(|d| deletes_dependents(d)) {
        unblock_owners(context, key);
    }
    let propagation = match () {
        () if in_foreground || object.meta.has_finalizer(FOREGROUND_FINALIZER) => Propagation::Foreground,
        () if object.meta.has_finalizer(ORPHAN_FINALIZER) => Propagation::Orphan,
        () => Propagation::Background,
    };
    let first = &owners[0];
    let owner = format!("{}/{}", first.kind.to_ascii_lowercase(), first.name).into();
    context.api.set_verdict(ME, key, Some(Reason::OwnerGone { owner }), None);
    let options = DeleteOptions { propagation, uid: Some(object.meta.uid), ..DeleteOptions::default() };
    context.api.delete(key, options).expect("the object is there");
    Outcome::DONE
}

/// So that two objects that own each other do not wait for each other.
fn unblock_owners(context: &mut Context, key: &Key) {
    let unblocked = context.api.update(key, |o| {
        let owners = o.meta.owner_references.iter().cloned();
        o.meta.owner_references =
            owners.map(|owner| OwnerReference { block_owner_deletion: false, ..owner }).collect();
    });
    unblocked.expect("the object is there");
}

/// Models `garbagecollector.go: processDeletingDependentsItem`: what holds the owner back, one that was made meanwhile
/// among them, is looked at.
fn wait_for_dependents(context: &mut Context, owner: &Object) -> Outcome {
    let uid = owner.meta.uid;
    let blocks = |o: &OwnerReference| o.uid == uid && o.block_owner_deletion;
    let blocking: Vec<Rc<Object>> = dependents(context.store(), owner)
        .filter(|d| d.meta.owner_references.iter().any(blocks))
        .cloned()
        .collect();
    for dependent in blocking.iter().filter(|d| !deletes_dependents(d)) {
        sync(context, &dependent.key());
    }
    let count = blocking.len();
    let key = owner.key();
    match blocking.first().map(|d| d.key()) {
        None => remove_finalizer(context, &key, FOREGROUND_FINALIZER),
        Some(first) => {
            let reason = Reason::WaitingForDependents { first: first.to_string().into(), count };
            context.api.set_verdict(ME, &key, Some(reason), None);
        }
    }
    Outcome::DONE
}

/// Models `garbagecollector.go: orphanDependents`.
fn orphan_dependents(context: &mut Context, owner: &Object) -> Outcome {
    let orphans: Vec<Key> = dependents(context.store(), owner).map(|d| d.key()).collect();
    for key in orphans {
        context.api.update(&key, |o| release(o, owner.meta.uid)).expect("the object is there");
    }
    remove_finalizer(context, &owner.key(), ORPHAN_FINALIZER);
    Outcome::DONE
}

fn release(object: &mut Object, owner: Uid) {
    let others = object.meta.owner_references.iter().filter(|o| o.uid != owner);
    object.meta.owner_references = others.cloned().collect();
}

fn remove_finalizer(context: &mut Context, key: &Key, finalizer: &str) {
    context.api.update(key, |o| o.meta.remove_finalizer(finalizer)).expect("the object is there");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Bench;
    use serde_json::json;

    /// A set with two pods and a revision, made as its controller makes them.
    fn owned() -> Bench {
        let mut bench = Bench::new(&[ME]);
        bench.create(Kind::StatefulSet, "flask", json!({"spec": {}}));
        for (kind, name) in
            [(Kind::Pod, "flask-0"), (Kind::Pod, "flask-1"), (Kind::ControllerRevision, "flask-7d558464d5")]
        {
            own(&mut bench, kind, name, &["flask"]);
        }
        bench.place("flask-0", "chhan-k8s-2", "172.16.110.1");
        bench.place("flask-1", "chhan-k8s-3", "172.16.234.1");
        bench.settle();
        bench
    }

    fn own(bench: &mut Bench, kind: Kind, name: &str, owners: &[&str]) {
        let owners = owners.iter().enumerate().map(|(at, owner)| {
            let uid = bench.get(Kind::StatefulSet, owner).meta.uid.to_string();
            json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": owner, "uid": uid,
                "controller": at == 0, "blockOwnerDeletion": true})
        });
        let owners: Vec<_> = owners.collect();
        bench.create(kind, name, json!({"metadata": {"ownerReferences": owners}}));
    }

    fn delete(bench: &mut Bench, propagation: Propagation) {
        bench.delete_with(
            Kind::StatefulSet,
            "flask",
            DeleteOptions { propagation, ..DeleteOptions::default() },
        );
        bench.settle();
    }

    fn terminating(bench: &Bench, kind: Kind, name: &str) -> bool {
        bench.get(kind, name).meta.is_terminating()
    }

    /// Recorded as traces/gate-off/delete-sts-cascade-background.json.
    #[test]
    fn in_the_background_the_owner_goes_first() {
        let mut bench = owned();
        delete(&mut bench, Propagation::Background);
        assert!(bench.find(Kind::StatefulSet, "flask").is_none());
        assert!(bench.find(Kind::ControllerRevision, "flask-7d558464d5").is_none());
        assert!(terminating(&bench, Kind::Pod, "flask-0") && terminating(&bench, Kind::Pod, "flask-1"));
        let owner = "statefulset/flask".into();
        assert_eq!(bench.reason(ME, Kind::Pod, "flask-0"), Some(Reason::OwnerGone { owner }));
        bench.stop("flask-0");
        bench.settle();
        assert_eq!(bench.reason(ME, Kind::Pod, "flask-0"), None);
    }

    /// Recorded as traces/gate-off/delete-sts-foreground.json.
    #[test]
    fn in_the_foreground_the_owner_waits() {
        let mut bench = owned();
        delete(&mut bench, Propagation::Foreground);
        assert!(terminating(&bench, Kind::StatefulSet, "flask"));
        assert!(terminating(&bench, Kind::Pod, "flask-0") && terminating(&bench, Kind::Pod, "flask-1"));
        bench.stop("flask-0");
        bench.settle();
        let waiting = Reason::WaitingForDependents { first: "pod/flask-1".into(), count: 1 };
        assert_eq!(bench.reason(ME, Kind::StatefulSet, "flask"), Some(waiting));
        bench.stop("flask-1");
        bench.settle();
        assert!(bench.find(Kind::StatefulSet, "flask").is_none());
        assert_eq!(bench.reason(ME, Kind::StatefulSet, "flask"), None);
    }

    /// Recorded as traces/gate-off/delete-sts-cascade-orphan-then-readopt.json.
    #[test]
    fn orphans_stay_without_an_owner() {
        let mut bench = owned();
        delete(&mut bench, Propagation::Orphan);
        assert!(bench.find(Kind::StatefulSet, "flask").is_none());
        for (kind, name) in [(Kind::Pod, "flask-0"), (Kind::ControllerRevision, "flask-7d558464d5")] {
            assert!(
                bench.get(kind, name).meta.owner_references.is_empty() && !terminating(&bench, kind, name)
            );
        }
    }

    #[test]
    fn an_object_with_another_owner_only_loses_the_one_that_went() {
        let mut bench = owned();
        bench.create(Kind::StatefulSet, "other", json!({"spec": {}}));
        own(&mut bench, Kind::Pod, "shared", &["flask", "other"]);
        delete(&mut bench, Propagation::Background);
        let owners = &bench.get(Kind::Pod, "shared").meta.owner_references;
        assert_eq!(owners.iter().map(|o| &*o.name).collect::<Vec<_>>(), ["other"]);
        assert!(!terminating(&bench, Kind::Pod, "shared"));
    }

    #[test]
    fn in_the_foreground_an_object_with_another_owner_does_not_block() {
        let mut bench = Bench::new(&[ME]);
        bench.create(Kind::StatefulSet, "flask", json!({"spec": {}}));
        bench.create(Kind::StatefulSet, "other", json!({"spec": {}}));
        own(&mut bench, Kind::ConfigMap, "shared", &["flask", "other"]);
        delete(&mut bench, Propagation::Foreground);
        assert!(bench.find(Kind::StatefulSet, "flask").is_none());
        assert_eq!(bench.get(Kind::ConfigMap, "shared").meta.owner_references.len(), 1);
    }

    #[test]
    fn an_object_made_for_an_owner_that_is_gone_goes_at_once() {
        let mut bench = Bench::new(&[ME]);
        bench.create(Kind::StatefulSet, "flask", json!({"spec": {}}));
        let uid = bench.get(Kind::StatefulSet, "flask").meta.uid.to_string();
        bench.delete(Kind::StatefulSet, "flask");
        bench.create(Kind::StatefulSet, "flask", json!({"spec": {}}));
        let owner = json!({"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "flask", "uid": uid});
        bench.create(Kind::ConfigMap, "late", json!({"metadata": {"ownerReferences": [owner]}}));
        let unknown = json!({"apiVersion": "example.com/v1", "kind": "Widget", "name": "w", "uid": uid});
        bench.create(Kind::ConfigMap, "kept", json!({"metadata": {"ownerReferences": [unknown]}}));
        bench.settle();
        let left = bench.names(Kind::ConfigMap);
        assert!(left.contains(&"kept".to_string()) && !left.contains(&"late".to_string()));
    }

    #[test]
    fn a_chain_of_owners_goes_from_the_bottom_up_in_the_foreground() {
        let mut bench = owned();
        let owner = |o: &Object| {
            json!({"apiVersion": "v1", "kind": "Pod", "name": &*o.meta.name,
            "uid": o.meta.uid.to_string(), "blockOwnerDeletion": true})
        };
        let owner = owner(bench.get(Kind::Pod, "flask-0"));
        bench.create(
            Kind::PersistentVolumeClaim,
            "www-flask-0",
            json!({"metadata": {"ownerReferences": [owner]}}),
        );
        delete(&mut bench, Propagation::Foreground);
        let pod = bench.get(Kind::Pod, "flask-0");
        assert!(pod.meta.is_terminating() && pod.meta.has_finalizer(FOREGROUND_FINALIZER));
        assert!(terminating(&bench, Kind::PersistentVolumeClaim, "www-flask-0"));
    }
}
