//! What the real cluster's components said in events, where a dry look can't come to it: what an API server refused that asks
//! others (webhooks, quotas and accounts that are not in the state), and why a node can't begin a pod.

use crate::api::pod::ContainerState;
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, Object, SimTime, Str, Uid};
use crate::apiserver::Store;
use crate::cluster::Cluster;
use std::collections::BTreeMap;

/// Events that say why a node can't begin a pod: `pkg/kubelet/events/event.go`, and the attach-detach controller's.
const NOT_BEGUN: [&str; 5] =
    ["FailedMount", "FailedAttachVolume", "FailedMapVolume", "FailedCreatePodSandBox", "NetworkNotReady"];

/// What was said last about an object for one of these reasons, and when.
type Said<'a> = BTreeMap<(Uid, &'static str), (SimTime, &'a Str)>;

/// Takes over what was said, where nothing in the state says otherwise.
pub fn heed(cluster: &mut Cluster) {
    let store = cluster.api.store().clone();
    let said = said(&store);
    let mut verdicts: Vec<(Component, Key, Reason)> = Vec::new();
    for set in store.list(Kind::StatefulSet) {
        if let Some(message) = refused(&store, set, &said) {
            verdicts.push((Component::StatefulSetController, set.key(), Reason::Failed { message }));
        }
    }
    for pod in store.list(Kind::Pod).filter(|pod| is_not_begun(pod)) {
        let newest = NOT_BEGUN.iter().filter_map(|reason| said.get(&(pod.meta.uid, *reason)));
        if let Some((_, message)) = newest.max_by_key(|(at, _)| *at) {
            let reason = Reason::CantStart { container: Str::default(), message: (*message).clone() };
            verdicts.push((Component::Kubelet, pod.key(), reason));
        }
    }
    for claim in store.list(Kind::PersistentVolumeClaim) {
        let found = store.verdict(Component::PersistentVolumeController, &claim.key());
        let is_known = found.is_some_and(|verdict| {
            matches!(
                verdict.reason,
                Reason::ClassMissing { .. } | Reason::NoVolume | Reason::WaitingForFirstConsumer
            )
        });
        let failed = said.get(&(claim.meta.uid, "ProvisioningFailed"));
        if let (Some((_, message)), None, false) = (failed, &claim.claim().spec.volume_name, is_known) {
            let reason = Reason::ProvisioningFailed { message: (*message).clone() };
            verdicts.push((Component::Provisioner, claim.key(), reason));
        }
    }
    for (component, key, reason) in verdicts {
        cluster.api.set_verdict(component, &key, Some(reason), None);
    }
}

/// The newest of each object's events of the reasons that are asked for.
fn said(store: &Store) -> Said<'_> {
    let reasons = NOT_BEGUN.into_iter().chain(["FailedCreate", "SuccessfulCreate", "ProvisioningFailed"]);
    let reasons: Vec<&str> = reasons.collect();
    let mut all = Said::new();
    for event in store.list(Kind::Event) {
        let event = event.event();
        let Some(reason) = reasons.iter().find(|reason| ***reason == *event.reason) else { continue };
        let newest =
            all.entry((event.involved.uid, *reason)).or_insert((event.last_timestamp, &event.message));
        if event.last_timestamp >= newest.0 {
            *newest = (event.last_timestamp, &event.message);
        }
    }
    all
}

/// What the API server said of the pod that a set is about to make, if it refused that the last time: "create Pod flask-2 in
/// StatefulSet flask failed error: …" (`stateful_pod_control.go: recordPodEvent`).
fn refused(store: &Store, set: &Object, said: &Said) -> Option<Str> {
    let verdict = store.verdict(Component::StatefulSetController, &set.key())?;
    let Reason::Created { pod } = &verdict.reason else { return None };
    let is_new = set.stateful_set().status.observed_generation < set.meta.generation;
    if is_new || store.get(&set.key().beside(Kind::Pod, pod)).is_some() {
        return None;
    }
    let about = [" Pod ", pod, " in StatefulSet "].concat();
    let newest = |reason: &'static str| said.get(&(set.meta.uid, reason)).copied();
    let (at, message) = newest("FailedCreate").filter(|(_, message)| message.contains(&about))?;
    let is_over =
        newest("SuccessfulCreate").is_some_and(|(then, message)| then > at && message.contains(&about));
    let (_, error) = message.split_once(" failed error: ")?;
    // A quota that is in the state was asked.
    let quota = error.split("exceeded quota: ").nth(1).and_then(|rest| rest.split(',').next());
    let is_asked =
        quota.is_some_and(|quota| store.get(&set.key().beside(Kind::ResourceQuota, quota)).is_some());
    (!is_over && !is_asked).then(|| error.into())
}

/// Whether a pod has a node on which none of its containers has begun.
fn is_not_begun(pod: &Object) -> bool {
    let status = &pod.pod().status;
    let mut all = status.init_container_statuses.iter().chain(&status.container_statuses);
    let waits = |state: &ContainerState| matches!(state, ContainerState::Waiting { reason, .. } if matches!(&**reason, "ContainerCreating" | "PodInitializing"));
    pod.pod().spec.node_name.is_some()
        && !pod.meta.is_terminating()
        && !pod.pod().is_terminal()
        && all.all(|status| waits(&status.state) && status.restart_count == 0)
}
