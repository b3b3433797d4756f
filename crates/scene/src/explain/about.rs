//! What the answers about one set look at, and the questions that several of them ask.

use super::detail::pod_detail;
use super::explanation::Explanation;
use super::remedy::in_namespace;
use kubesim::api::stateful_set::{ClaimRetention, REVISION_LABEL, parent_and_ordinal};
use kubesim::{Component, Kind, Object, Reason, Store, Str};
use messages::Messages;

pub(super) struct About<'a> {
    pub(super) messages: &'static Messages,
    pub(super) store: &'a Store,
    pub(super) set: &'a Object,
}

impl About<'_> {
    /// A command about something in the set's namespace.
    pub(super) fn command(&self, command: String) -> String {
        in_namespace(command, &self.set.meta.namespace)
    }

    pub(super) fn delete(&self, pod: &str) -> String {
        self.command(format!("kubectl delete pod {pod}"))
    }

    /// Whether the pod's ordinal is not among the wanted ones.
    pub(super) fn is_beyond(&self, pod: &str) -> bool {
        ordinal(pod).is_some_and(|n| !self.set.stateful_set().spec.ordinals().contains(&n))
    }

    pub(super) fn find_pod(&self, name: &str) -> Option<&Object> {
        self.store.find(Kind::Pod, &self.set.meta.namespace, name).map(|pod| &**pod)
    }

    pub(super) fn pods(&self) -> impl Iterator<Item = &Object> {
        let all = self.store.list_in(Kind::Pod, &self.set.meta.namespace).map(|pod| &**pod);
        all.filter(|pod| pod.meta.is_controlled_by(self.set.meta.uid))
    }

    pub(super) fn revision_of(&self, pod: &Object) -> Option<Str> {
        pod.meta.label(REVISION_LABEL).map(Str::from)
    }

    pub(super) fn set_reason(&self) -> Option<&Reason> {
        self.store.verdict(Component::StatefulSetController, &self.set.key()).map(|verdict| &verdict.reason)
    }

    /// Adds what becomes of the claims of pods that are scaled away.
    pub(super) fn with_claims(&self, mut why: Explanation) -> Explanation {
        let spec = &self.set.stateful_set().spec;
        if spec.volume_claim_templates.is_empty() {
            return why;
        }
        let claims = match spec.when_scaled {
            ClaimRetention::Retain => self.messages.claims_stay(),
            ClaimRetention::Delete => self.messages.claims_go(),
        };
        why.text = [&*why.text, claims].join(" ");
        why
    }

    /// Adds what the pod itself is busy with.
    pub(super) fn with_pod(&self, mut why: Explanation, pod: &Str) -> Explanation {
        why.pod = Some(pod.clone());
        let key = self.set.key().beside(Kind::Pod, pod);
        let why = why.with(pod_detail(self.messages, self.store, &key));
        match self.store.get(&key) {
            Some(pod) => self.with_not_simulated(why, pod),
            None => why,
        }
    }

    pub(super) fn detail_text(&self, pod: &Str) -> String {
        let key = self.set.key().beside(Kind::Pod, pod);
        pod_detail(self.messages, self.store, &key).map(|detail| detail.text).unwrap_or_default()
    }
}

/// The ordinal at the end of a pod's name.
pub(super) fn ordinal(name: &str) -> Option<i32> {
    parent_and_ordinal(name).map(|(_, ordinal)| ordinal)
}
