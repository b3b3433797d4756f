//! Where two worlds differ: objects that only one of them has, and objects that are at another point.

use crate::chronicle::REVISION_LABEL;
use kubesim::api::{Body, Key, Kind, Object, Str};
use kubesim::apiserver::Store;
use kubesim::kubectl::printers::{pod_status, pod_summary};
use std::rc::Rc;

/// An object that is not the same in two worlds.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// The object.
    pub key: Key,
    /// In few words, what it is in the one world; absent if it is not there.
    pub here: Option<String>,
    /// In the other.
    pub there: Option<String>,
}

/// The kinds that are compared, in this order.
const COMPARED: [Kind; 7] = [
    Kind::StatefulSet,
    Kind::Deployment,
    Kind::Pod,
    Kind::PersistentVolumeClaim,
    Kind::Service,
    Kind::StorageClass,
    Kind::Node,
];

/// The differences between two worlds, as far as one sees them: uids and times are not compared.
pub fn differences(here: &Store, there: &Store) -> Vec<Difference> {
    let mut all = Vec::new();
    for kind in COMPARED {
        let mut keys: Vec<Key> = here.list(kind).map(|o| o.key()).collect();
        keys.extend(there.list(kind).map(|o| o.key()).filter(|key| here.get(key).is_none()));
        keys.sort();
        for key in keys {
            let (one, other) = (here.get(&key), there.get(&key));
            if let (Some(one), Some(other)) = (one, other)
                && Rc::ptr_eq(one, other)
            {
                continue;
            }
            let (here, there) = (one.map(|o| gist(here, o)), other.map(|o| gist(there, o)));
            if here != there {
                all.push(Difference { key, here, there });
            }
        }
    }
    all
}

/// What an object is, in few words.
fn gist(store: &Store, object: &Object) -> String {
    match object.kind {
        Kind::Pod => {
            let pod = object.pod();
            let ready = pod_summary(pod, &object.meta).ready_column();
            let node = pod.spec.node_name.as_deref().unwrap_or("–");
            let status = pod_status(pod, &object.meta);
            // A Deployment's pods have their revision in their names.
            let revision = object.meta.label(REVISION_LABEL);
            let parts = [Some(&*format!("{status} {ready}")), Some(node), revision, claims(store, object)];
            parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
        }
        Kind::StatefulSet => {
            let set = object.stateful_set();
            format!("{}/{} ready", set.status.ready_replicas, set.spec.replicas)
        }
        Kind::Deployment => match &object.body {
            Body::Deployment(it) => format!("{}/{} ready", it.status.ready_replicas, it.spec.replicas),
            _ => String::new(),
        },
        Kind::PersistentVolumeClaim if object.meta.is_terminating() => "Terminating".into(),
        Kind::PersistentVolumeClaim => object.claim().phase.name().into(),
        Kind::Node => {
            let node = object.node();
            let taints: Vec<&str> = node.taints.iter().map(|t| &*t.key).collect();
            format!("{}{}", if node.unschedulable { "cordoned " } else { "" }, taints.join(" "))
        }
        _ => String::new(),
    }
}

/// Whether a pod has the claims of a predecessor, and with them what is on their volumes.
fn claims(store: &Store, pod: &Object) -> Option<&'static str> {
    let key = |claim: &Str| pod.key().beside(Kind::PersistentVolumeClaim, claim);
    let mut claims = pod.pod().spec.claims().filter_map(|claim| store.get(&key(claim))).peekable();
    claims.peek()?;
    let is_older = claims.all(|claim| claim.meta.creation_timestamp < pod.meta.creation_timestamp);
    Some(if is_older { "old claim" } else { "new claim" })
}

#[cfg(test)]
mod tests {
    use super::*;
    use kubesim::api::SimTime;
    use kubesim::sim::Options;
    use kubesim::story::{Input, Story};

    #[test]
    fn what_is_missing_and_what_is_at_another_point_is_found() {
        let mut one = Story::new(Options::default());
        one.input(Input::Apply(crate::examples::EXAMPLES[0].text.into()));
        one.run_until(SimTime(60_000));
        let mut other = Story::replay(Options::default(), one.inputs(), one.now());
        assert_eq!(differences(one.cluster.api.store(), other.cluster.api.store()), []);
        other.input(Input::Command("kubectl scale sts flask --replicas=2".into()));
        other.run_until(SimTime(80_000));
        one.run_until(SimTime(80_000));
        let found = differences(one.cluster.api.store(), other.cluster.api.store());
        let keys: Vec<String> = found.iter().map(|d| d.key.to_string()).collect();
        assert_eq!(keys, ["statefulset/flask", "pod/flask-2"]);
        assert_eq!(
            (found[0].here.as_deref(), found[0].there.as_deref()),
            (Some("3/3 ready"), Some("2/2 ready"))
        );
        assert!(
            found[1].here.as_ref().is_some_and(|pod| pod.starts_with("Running 1/1 · chhan-k8s-4 · flask-"))
        );
        assert_eq!(found[1].there, None);
    }

    #[test]
    fn that_a_claim_was_kept_and_another_was_not_is_a_difference() {
        let retention = |pair: &&crate::session::presets::Pair| pair.names[0].starts_with("whenScaled");
        let pair = crate::session::presets::PAIRS.iter().find(retention).expect("there is such a pair");
        let stories = pair.twins().map(|twin| {
            let mut story = Story::new(Options::default());
            story.input(Input::Apply(twin.manifest));
            for (until, replicas) in [(60_000, 1), (120_000, 3)] {
                story.run_until(SimTime(until));
                story.input(Input::Command(format!("kubectl scale sts web --replicas={replicas}").into()));
            }
            story.run_until(SimTime(180_000));
            story
        });
        let found = differences(stories[0].cluster.api.store(), stories[1].cluster.api.store());
        let told: Vec<[Option<&str>; 3]> = found
            .iter()
            .map(|d| [Some(&*d.key.name), d.here.as_deref(), d.there.as_deref()])
            .map(|told| told.map(|text| text.and_then(|text| text.split(" · ").last())))
            .collect();
        let one = |pod| [Some(pod), Some("old claim"), Some("new claim")];
        assert_eq!(told, [one("web-1"), one("web-2")]);
    }
}
