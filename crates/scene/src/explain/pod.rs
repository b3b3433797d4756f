//! Why a pod is as it is, or why there is none.

use super::about::{About, ordinal};
use super::explanation::{Explanation, Tone};
use kubesim::api::stateful_set::{PodManagementPolicy, UpdateStrategy};
use kubesim::{Component, Key, Kind, Object, Reason, Str};
use messages::fill;

impl About<'_> {
    /// Why a pod is as it is, or why there is none.
    pub(super) fn pod(&self, key: &Key) -> Explanation {
        let (messages, name) = (self.messages, &key.name);
        let Some(pod) = self.store.get(key) else { return self.ghost(name) };
        let say = if pod.meta.is_terminating() {
            messages.pod_going()
        } else if !pod.pod().is_ready() {
            messages.pod_unready()
        } else if pod.meta.is_controlled_by(self.set.meta.uid) && self.is_beyond(name) {
            return self.to_be_scaled_down(name);
        } else if let Some(why) = self.not_available(pod).or_else(|| self.silent_node(pod)) {
            return why;
        } else if self.revision_of(pod) != self.set.stateful_set().status.update_revision
            && pod.meta.is_controlled_by(self.set.meta.uid)
        {
            return self.outdated(name);
        } else {
            let node = pod.pod().spec.node_name.as_deref().unwrap_or_default();
            let why = Explanation::new(Tone::Calm, messages.pod_ready(), &[("pod", name), ("node", node)]);
            return self.with_assumptions(why, pod);
        };
        let mut why = self.with_pod(Explanation::new(Tone::Waiting, say, &[("pod", name)]), name);
        why.title = fill(say.title, &[("pod", name)]);
        if let Some(Reason::StuckUpdate { pod }) = self.set_reason()
            && pod == name
        {
            why.remedy = Some(self.delete(name));
        }
        why
    }

    /// Why a pod that is not wanted any more has not been told to go.
    pub(super) fn to_be_scaled_down(&self, name: &Str) -> Explanation {
        let messages = self.messages;
        let whole = self.whole();
        let title = fill(messages.present(), &[("next", name)]);
        if self.set.stateful_set().spec.pod_management_policy != PodManagementPolicy::OrderedReady {
            return Explanation { title, ..whole };
        }
        let is_higher =
            |pod: &&Object| self.is_beyond(&pod.meta.name) && ordinal(&pod.meta.name) > ordinal(name);
        let before = self.pods().filter(is_higher).min_by_key(|pod| ordinal(&pod.meta.name));
        let Some(before) = before else { return Explanation { title, ..whole } };
        let values = [("pod", &**name), ("before", &*before.meta.name)];
        let why = Explanation::new(Tone::Waiting, messages.pod_to_go(), &values);
        Explanation { title, wait: whole.wait, pod: whole.pod, remedy: whole.remedy, ..why }
    }

    /// That this pod's node has not been heard of, though the pod still counts as Ready.
    pub(super) fn silent_node(&self, pod: &Object) -> Option<Explanation> {
        let node = Key::cluster(Kind::Node, pod.pod().spec.node_name.as_deref()?);
        let garbage = self.store.verdict(Component::PodGarbageCollector, &pod.key());
        if let Some(abandoned) = garbage
            && self.store.get(&node).is_none()
        {
            let values = [("pod", &*pod.meta.name), ("node", &*node.name)];
            let why = Explanation::new(Tone::Waiting, self.messages.cluster().on_gone_node(), &values);
            return Some(Explanation { wait: abandoned.until.map(|until| (abandoned.since, until)), ..why });
        }
        let verdict = self.store.verdict(Component::NodeLifecycleController, &node)?;
        if verdict.reason != Reason::HeartbeatsMissing {
            return None;
        }
        let why = self.node(&node);
        let there = fill(self.messages.node_silent_pod(), &[("pod", &pod.meta.name)]);
        Some(Explanation { text: [&*why.text, &*there].join(" "), ..why })
    }

    pub(super) fn not_available(&self, pod: &Object) -> Option<Explanation> {
        let messages = self.messages;
        let verdict = self.store.verdict(Component::StatefulSetController, &self.set.key())?;
        match &verdict.reason {
            Reason::WaitingForAvailable { pod: waited, .. } if *waited == pod.meta.name => {}
            _ => return None,
        }
        let (since, until) = (pod.pod().ready_since()?, verdict.until?);
        let seconds = self.set.stateful_set().spec.min_ready_seconds.to_string();
        let values = [("pod", &*pod.meta.name), ("seconds", &*seconds)];
        let why = Explanation::new(Tone::Waiting, messages.last_available(), &values);
        Some(Explanation { wait: Some((since, until)), ..why })
    }

    /// Why a pod that is Ready keeps the old revision.
    pub(super) fn outdated(&self, name: &Str) -> Explanation {
        let messages = self.messages;
        let ordinal = ordinal(name).unwrap_or(0);
        let spec = &self.set.stateful_set().spec;
        match &spec.update_strategy {
            UpdateStrategy::OnDelete => {
                Explanation::new(Tone::Calm, messages.pod_on_delete(), &[("pod", name)])
                    .with_remedy(self.delete(name))
            }
            UpdateStrategy::RollingUpdate { partition, .. } if ordinal - spec.ordinals_start < *partition => {
                let values = [("pod", &**name), ("partition", &*partition.to_string())];
                Explanation::new(Tone::Calm, messages.pod_held(), &values)
            }
            UpdateStrategy::RollingUpdate { .. } => {
                Explanation::new(Tone::Waiting, messages.pod_outdated(), &[("pod", name)])
            }
        }
    }

    /// Why a pod is not there.
    pub(super) fn ghost(&self, name: &Str) -> Explanation {
        let (messages, spec) = (self.messages, &self.set.stateful_set().spec);
        if self.is_beyond(name) {
            let replicas = spec.replicas.to_string();
            let values = [("pod", &**name), ("replicas", &*replicas)];
            return self.with_claims(Explanation::new(Tone::Calm, messages.ghost_scaled_away(), &values));
        }
        let whole = self.whole();
        if whole.pod.as_ref().is_none_or(|pod| pod == name) {
            return Explanation { title: fill(messages.missing(), &[("next", name)]), ..whole };
        }
        let before = whole.pod.clone().unwrap_or_default();
        let mut why = Explanation::new(whole.tone, messages.ghost(), &[("next", name), ("pod", &before)]);
        why.wait = whole.wait;
        why.remedy = whole.remedy.clone();
        self.with_pod(why, &before)
    }
}
