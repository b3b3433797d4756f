//! Why a set as a whole does what it does.

use super::about::{About, ordinal};
use super::explanation::{Explanation, Tone};
use super::part::{Detail, sentence};
use super::told::is_claim_of;
use crate::history::pod_state::PodState;
use kubesim::api::stateful_set::PodManagementPolicy;
use kubesim::api::verdict::DeleteReason;
use kubesim::api::volume::ClaimPhase;
use kubesim::{Component, Kind, Object, Reason, Span, Str, Verdict};
use messages::{Message, fill};

impl About<'_> {
    /// Why the set does what it does.
    pub(super) fn whole(&self) -> Explanation {
        match self.store.verdict(Component::StatefulSetController, &self.set.key()) {
            Some(verdict) => self.unless_node_is_silent(self.verdict(verdict)),
            None => Explanation::new(Tone::Busy, self.messages.unseen(), &[("set", &self.set.meta.name)]),
        }
    }

    pub(super) fn verdict(&self, verdict: &Verdict) -> Explanation {
        let messages = self.messages;
        match &verdict.reason {
            Reason::Created { pod } => {
                self.with_pod(Explanation::new(Tone::Busy, messages.created(), &[("pod", pod)]), pod)
            }
            Reason::Deleted { pod, why } => {
                let say = match why {
                    DeleteReason::ScaledDown => messages.deleted(),
                    DeleteReason::Outdated => messages.deleted_outdated(),
                    DeleteReason::Finished => messages.deleted_finished(),
                };
                self.with_pod(Explanation::new(Tone::Busy, say, &[("pod", pod)]), pod)
            }
            Reason::WaitingForReady { pod, next } => self.waiting_for_ready(pod, next),
            Reason::WaitingForAvailable { pod, min_ready_seconds, next } => {
                let seconds = min_ready_seconds.to_string();
                let mut why = self.waiting(
                    messages.waiting_for_available(),
                    messages.last_available(),
                    pod,
                    next,
                    &seconds,
                );
                why.rule = messages.waiting_for_available().rule;
                why.wait = verdict.until.map(|until| (until - Span::seconds(*min_ready_seconds), until));
                why
            }
            Reason::WaitingForTermination { pod, next } => self.waiting(
                messages.waiting_for_termination(),
                messages.waiting_for_termination(),
                pod,
                next,
                "",
            ),
            Reason::HeldByMaxUnavailable { pod, max_unavailable, next } => {
                let max = max_unavailable.to_string();
                let values = [("pod", &**pod), ("max", &*max), ("next", &**next)];
                self.with_pod(
                    Explanation::new(Tone::Waiting, messages.held_by_max_unavailable(), &values),
                    pod,
                )
            }
            Reason::MaxUnavailableDropped { pod, max_unavailable, next } => {
                let max = max_unavailable.to_string();
                let values = [("pod", &**pod), ("max", &*max), ("next", &**next)];
                self.with_pod(
                    Explanation::new(Tone::Waiting, messages.max_unavailable_dropped(), &values),
                    pod,
                )
            }
            Reason::HeldByPartition { partition, held } => {
                let values = [("partition", &*partition.to_string()), ("held", &*held.to_string())];
                self.unless_pods_wait(
                    self.held(*held, Explanation::new(Tone::Calm, messages.held_by_partition(), &values)),
                )
            }
            Reason::OnDelete { outdated } => {
                let why =
                    Explanation::new(Tone::Calm, messages.on_delete(), &[("held", &outdated.to_string())]);
                let why = self.held(*outdated, why);
                let why = match self.outdated_pod() {
                    Some(pod) => why.with_remedy(self.delete(&pod)),
                    None => why,
                };
                self.unless_pods_wait(why)
            }
            Reason::StuckUpdate { pod } => {
                let mut why = Explanation::new(Tone::Stuck, messages.stuck(), &[("pod", pod)]);
                why.pod = Some(pod.clone());
                why.with_remedy(self.delete(pod))
            }
            Reason::Failed { message } => {
                Explanation::new(Tone::Stuck, messages.failed(), &[("message", &sentence(message))])
            }
            Reason::BeingDeleted => self.being_deleted(),
            _ => self.rest(),
        }
    }

    /// The set goes, unless somebody's finalizer holds it.
    fn being_deleted(&self) -> Explanation {
        let why = Explanation::new(Tone::Busy, self.messages.being_deleted(), &[]);
        let Some(finalizer) = self.own_finalizer() else { return why };
        let said = self.messages.cluster().set_held_by_finalizer();
        let patch = r#"[{"op":"remove","path":"/metadata/finalizers"}]"#;
        let off = format!("kubectl patch statefulset {} --type=json -p '{patch}'", self.set.meta.name);
        let held = Detail::endless(said, &[("finalizer", finalizer)]).with_remedy(self.command(off));
        Explanation { text: String::new(), ..why }.with(Some(held))
    }

    /// A finalizer of the set that is none of Kubernetes' own, which its garbage collector takes off.
    pub(super) fn own_finalizer(&self) -> Option<&Str> {
        let is_own = |name: &&Str| !matches!(&***name, "foregroundDeletion" | "orphan");
        self.set.meta.finalizers.iter().find(is_own)
    }

    /// The controller waits for a pod to become Ready; a rollout is stuck if the pod is new and has failed before.
    fn waiting_for_ready(&self, pod: &Str, next: &Option<Str>) -> Explanation {
        let messages = self.messages;
        let say = match next {
            Some(next) if self.is_beyond(next) => messages.waiting_to_scale_down(),
            _ => messages.waiting_for_ready(),
        };
        let mut why = self.waiting(say, messages.last_ready(), pod, next, "");
        if self.is_of_new_revision(pod) && self.has_failed(pod) {
            why.tone = Tone::Stuck;
            let say = match self.set.stateful_set().spec.pod_management_policy {
                PodManagementPolicy::OrderedReady => messages.stuck_new(),
                PodManagementPolicy::Parallel => messages.stuck_new_parallel(),
            };
            why.title = say.title.into();
            why.text = [&fill(say.text, &[("pod", pod)]), &*self.detail_text(pod)].join(" ");
            why.rule = say.rule;
            let undo = format!("kubectl rollout undo statefulset/{}", self.set.meta.name);
            why.remedy = Some(self.command(undo));
        }
        why
    }

    /// One pod is asked about as one.
    pub(super) fn held(&self, count: i32, why: Explanation) -> Explanation {
        if count == 1 { Explanation { title: self.messages.one_held().into(), ..why } } else { why }
    }

    /// Whether a rollout is under way, and the pod was made by it.
    pub(super) fn is_of_new_revision(&self, pod: &str) -> bool {
        let status = &self.set.stateful_set().status;
        let revision = self.find_pod(pod).and_then(|pod| self.revision_of(pod));
        revision == status.update_revision && status.current_revision != status.update_revision
    }

    /// Whether the pod has failed before, even if it is just being tried again.
    pub(super) fn has_failed(&self, pod: &str) -> bool {
        self.find_pod(pod).is_some_and(|pod| {
            let mut containers = pod.pod().status.container_statuses.iter();
            PodState::of(pod) == PodState::Failing || containers.any(|c| c.restart_count > 0)
        })
    }

    /// The highest pod of an old revision.
    pub(super) fn outdated_pod(&self) -> Option<Str> {
        let update = &self.set.stateful_set().status.update_revision;
        let old = |pod: &&Object| self.revision_of(pod) != *update && !pod.meta.is_terminating();
        let highest = self.pods().filter(old).max_by_key(|pod| ordinal(&pod.meta.name));
        highest.map(|pod| pod.meta.name.clone())
    }

    /// All is calm only while the nodes of the set's pods are heard of.
    pub(super) fn unless_node_is_silent(&self, why: Explanation) -> Explanation {
        let silent = |why: &Explanation| match why.tone {
            Tone::Calm => self.pods().find_map(|pod| self.silent_node(pod)),
            _ => None,
        };
        silent(&why).unwrap_or(why)
    }

    /// What a pod is busy with matters more than that others are held back.
    pub(super) fn unless_pods_wait(&self, why: Explanation) -> Explanation {
        self.unready().unwrap_or(why)
    }

    pub(super) fn unready(&self) -> Option<Explanation> {
        let pod = self.pods().find(|pod| pod.meta.is_terminating() || !pod.pod().is_ready())?;
        let mut why = self.pod(&pod.key());
        if pod.meta.is_terminating() {
            return Some(why);
        }
        why.text = [self.messages.starting().text, &why.text].join(" ");
        Some(why)
    }

    /// The set has nothing to do; perhaps its pods, its claims or its Service still have.
    pub(super) fn rest(&self) -> Explanation {
        let (messages, set) = (self.messages, self.set.stateful_set());
        if set.status.observed_generation < self.set.meta.generation {
            return Explanation::new(Tone::Busy, messages.changed(), &[("set", &self.set.meta.name)]);
        }
        if let Some(why) = self.unready() {
            return why;
        }
        let claims = self.store.list_in(Kind::PersistentVolumeClaim, &self.set.meta.namespace);
        let is_wrong =
            |claim: &Object| claim.meta.is_terminating() || claim.claim().phase == ClaimPhase::Lost;
        if let Some(claim) = claims.into_iter().find(|claim| is_wrong(claim) && self.has_claim(claim)) {
            return self.claim(&claim.key());
        }
        if set.spec.replicas > 0
            && let Some(why) = self.service_trouble()
        {
            return why;
        }
        let say = if set.spec.replicas == 0 { messages.settled_empty() } else { messages.settled() };
        let (ready, replicas) = (set.status.ready_replicas.to_string(), set.spec.replicas.to_string());
        let why = Explanation::new(Tone::Calm, say, &[("ready", &ready), ("replicas", &replicas)]);
        if set.spec.replicas == 0 {
            return self.with_claims(why);
        }
        match self.pods().next() {
            Some(pod) => self.with_assumptions(why, pod),
            None => why,
        }
    }

    /// Whether a claim is of the set: one of its pods mounts it, or it is called as its templates say.
    fn has_claim(&self, claim: &Object) -> bool {
        let mounts = |pod: &Object| pod.pod().spec.claims().any(|name| *name == claim.meta.name);
        is_claim_of(self.set, &claim.key()) || self.pods().any(mounts)
    }

    /// `say` is for a pod that waits for another, `last` for when none does.
    pub(super) fn waiting(
        &self,
        say: Message,
        last: Message,
        pod: &Str,
        next: &Option<Str>,
        seconds: &str,
    ) -> Explanation {
        let messages = self.messages;
        let values = [("pod", &**pod), ("next", next.as_deref().unwrap_or_default()), ("seconds", seconds)];
        let mut why = Explanation::new(Tone::Waiting, if next.is_some() { say } else { last }, &values);
        if let Some(next) = next {
            let title = match self.find_pod(next) {
                None => messages.missing(),
                Some(_) if self.is_beyond(next) => messages.present(),
                Some(_) => messages.not_replaced(),
            };
            why.title = fill(title, &values);
        }
        self.with_pod(why, pod)
    }
}
