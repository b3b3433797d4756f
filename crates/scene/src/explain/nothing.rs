//! Why nothing is on the stage.

use super::detail::pod_detail;
use super::explanation::{Explanation, Tone};
use super::remedy::in_namespace;
use kubesim::api::KINDS;
use kubesim::api::meta::{LAST_APPLIED, OWNER_ABSENT};
use kubesim::api::stateful_set::{POD_NAME_LABEL, parent_and_ordinal};
use kubesim::{Kind, Object, Store};
use messages::{Message, Messages};

/// Why nothing is on the stage.
pub fn of_nothing(messages: &'static Messages, store: &Store) -> Explanation {
    if let Some(why) = owner_not_in_state(messages, store) {
        return why;
    }
    if let Some((pod, owner)) = store.list(Kind::Pod).find_map(|pod| Some((pod, operator_of(pod)?))) {
        let values = [("pod", &*pod.meta.name), ("owner", &*owner)];
        return Explanation::new(Tone::Waiting, messages.cluster().of_operator(), &values);
    }
    let orphan = store
        .list(Kind::Pod)
        .find(|pod| pod.meta.label(POD_NAME_LABEL).is_some() && pod.meta.controller().is_none());
    if let Some(orphan) = orphan {
        return Explanation::new(Tone::Waiting, messages.orphaned(), &[("pod", &orphan.meta.name)]);
    }
    if let Some((pod, set)) = store.list(Kind::Pod).find_map(|pod| Some((pod, gone_set(store, pod)?))) {
        return Explanation::new(
            Tone::Busy,
            messages.pods_of_gone_set(),
            &[("pod", &pod.meta.name), ("set", set)],
        )
        .with(pod_detail(messages, store, &pod.key()));
    }
    if let Some(why) = kept_claims(messages, store) {
        return why;
    }
    let is_applied = |object: &Object| {
        !matches!(&*object.meta.name, "kubernetes") && &*object.meta.namespace != "kube-system"
    };
    let applied = [Kind::Pod, Kind::Service, Kind::PersistentVolumeClaim];
    let by_kubectl = |object: &Object| {
        !object.meta.namespace.is_empty()
            && object.meta.annotation(LAST_APPLIED).is_some()
            && is_applied(object)
    };
    let is_other = applied.into_iter().any(|kind| store.list(kind).any(|object| is_applied(object)))
        || KINDS.iter().any(|info| store.list(info.kind).any(|object| by_kubectl(object)));
    Explanation::new(Tone::Calm, if is_other { messages.other_set() } else { messages.nothing() }, &[])
}

/// That pods of an opened state have a controller which is not in it.
fn owner_not_in_state(messages: &'static Messages, store: &Store) -> Option<Explanation> {
    let owner_of = |pod: &'_ Object| pod.meta.annotation(OWNER_ABSENT).map(str::to_owned);
    let (pod, owner) = store.list(Kind::Pod).find_map(|pod| Some((pod, owner_of(pod)?)))?;
    let values = [("pod", &*pod.meta.name), ("owner", &*owner)];
    Some(Explanation::new(Tone::Waiting, messages.set_not_in_state(), &values))
}

/// The controller of a pod, if it is of no kind of Kubernetes' own.
fn operator_of(pod: &Object) -> Option<String> {
    let owner = pod.meta.controller()?;
    let is_known = Kind::of_manifest(&owner.api_version, &owner.kind).is_some();
    (!is_known && &*owner.kind != "Node").then(|| [&*owner.kind, "/", &*owner.name].concat())
}

/// That the first story has not begun: what it needs is being loaded.
pub fn of_loading(messages: &'static Messages) -> Explanation {
    Explanation::new(Tone::Busy, messages.loading(), &[])
}

/// That it is still being worked out why: what was only seen has no verdicts of its own.
pub fn of_working(messages: &'static Messages) -> Explanation {
    let nothing = Message { title: "", text: "", rule: None };
    Explanation {
        title: messages.cluster().plan_working().into(),
        ..Explanation::new(Tone::Busy, nothing, &[])
    }
}

/// The name of the StatefulSet that this pod belonged to, if it is gone.
fn gone_set<'a>(store: &Store, pod: &'a Object) -> Option<&'a str> {
    let owner = pod.meta.controller().filter(|owner| &*owner.kind == "StatefulSet")?;
    let set = store.find(Kind::StatefulSet, &pod.meta.namespace, &owner.name);
    set.is_none_or(|set| set.meta.uid != owner.uid).then_some(&*owner.name)
}

/// That the claims of a set that was deleted have stayed. They are told from others by what a set gives to each: a name
/// with its template, its set and an ordinal, and the labels of the set's selector. Those that have an owner go with
/// it.
fn kept_claims(messages: &'static Messages, store: &Store) -> Option<Explanation> {
    let is_mounted = |claim: &Object| {
        let mut pods = store.list_in(Kind::Pod, &claim.meta.namespace);
        pods.any(|pod| pod.pod().spec.claims().any(|name| *name == claim.meta.name))
    };
    let is_of_set = |claim: &&Object| {
        parent_and_ordinal(&claim.meta.name).is_some_and(|(stem, _)| stem.contains('-'))
            && !claim.meta.labels.is_empty()
            && claim.meta.owner_references.is_empty()
            && !is_mounted(claim)
            && !claim.meta.is_terminating()
    };
    let all = || store.list(Kind::PersistentVolumeClaim).map(|claim| &**claim).filter(is_of_set);
    let namespace = &all().next()?.meta.namespace;
    let names: Vec<&str> =
        all().filter(|c| c.meta.namespace == *namespace).map(|claim| &*claim.meta.name).collect();
    let delete = ["kubectl delete pvc", &*names.join(" ")].join(" ");
    let why = Explanation::new(Tone::Calm, messages.claims_of_gone_set(), &[("claims", &names.join(", "))]);
    Some(why.with_remedy(in_namespace(delete, namespace)))
}
