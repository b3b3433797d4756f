//! Why a claim is as it is, or why there is none.

use super::about::About;
use super::detail::claim_detail;
use super::explanation::{Explanation, Tone};
use kubesim::api::stateful_set::{ClaimRetention, ordinal_of};
use kubesim::api::volume::ClaimPhase;
use kubesim::{Component, Key, Object, Reason, Str};

impl About<'_> {
    /// Why a claim is as it is, or why there is none.
    pub(super) fn claim(&self, key: &Key) -> Explanation {
        let (messages, name) = (self.messages, &key.name);
        let Some(claim) = self.store.get(key) else {
            return Explanation::new(Tone::Waiting, messages.claim_missing(), &[("claim", name)]);
        };
        if claim.meta.is_terminating() {
            let verdict = self.store.verdict(Component::PvcProtectionController, key);
            return match verdict.map(|v| &v.reason) {
                Some(Reason::InUse { pod }) => {
                    Explanation::new(Tone::Stuck, messages.claim_in_use(), &[("claim", name), ("pod", pod)])
                        .with_remedy(self.delete(pod))
                }
                _ => Explanation::new(Tone::Busy, messages.claim_going(), &[("claim", name)]),
            };
        }
        match claim.claim().phase {
            ClaimPhase::Bound => self.bound_claim(claim),
            ClaimPhase::Lost => Explanation::new(Tone::Stuck, messages.claim_lost(), &[("claim", name)]),
            ClaimPhase::Pending => {
                Explanation::new(Tone::Waiting, messages.claim_pending(), &[("claim", name)])
                    .with(claim_detail(messages, self.store, key))
            }
        }
    }

    pub(super) fn bound_claim(&self, claim: &Object) -> Explanation {
        let (messages, name) = (self.messages, &claim.meta.name);
        let set = &self.set.meta.name;
        let stems = self.set.stateful_set().spec.volume_claim_templates.iter();
        let mut pods = stems.filter_map(|t| name.strip_prefix(&*format!("{}-", t.name)).map(Str::from));
        let is_of_set = |pod: &Str| ordinal_of(set, pod).is_some();
        let pod = pods.find(is_of_set).unwrap_or_default();
        let values = [("claim", &**name), ("pod", &*pod), ("set", set)];
        let kept = self.is_beyond(&pod) && self.find_pod(&pod).is_none();
        let retains = self.set.stateful_set().spec.when_scaled == ClaimRetention::Retain;
        match kept {
            true if retains => Explanation::new(Tone::Calm, messages.claim_kept_why(), &values)
                .with_remedy(self.command(format!("kubectl delete pvc {name}"))),
            _ => Explanation::new(Tone::Calm, messages.claim_bound(), &values),
        }
    }
}
