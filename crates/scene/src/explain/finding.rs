//! What is found about a set in a state that is all there is to see: whether it goes on by itself, what it waits for, and the
//! one object that holds it up.

use super::about::{About, ordinal};
use super::detail::on_unwell_node;
use super::explanation::{Explanation, Tone};
use super::remedy::in_namespace;
use super::scheduling::wants_room;
use kubesim::api::pod::{ContainerState, ContainerStatus, condition};
use kubesim::api::stateful_set::PodManagementPolicy;
use kubesim::{Component, Key, Kind, Object, Reason, SimTime, Span, Store, Str};
use messages::{Messages, fill};

/// Whether a set goes on by itself.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Outlook {
    /// Nothing is to be done.
    Settled,
    /// It waits for something that may come by itself.
    Waiting,
    /// By the rules it never goes on unless somebody does something.
    Stuck,
}

/// The object that holds a set up, and what about it does.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Blocking {
    /// The object.
    pub key: Key,
    /// The container in the pod.
    pub container: Option<Str>,
    /// Why, in Kubernetes' one word: `ImagePullBackOff`, `Unschedulable`.
    pub reason: Option<Str>,
    /// The field that decides.
    pub field: Option<&'static str>,
    /// The finalizer that nobody takes off.
    pub finalizer: Option<Str>,
    /// The condition that does not hold, such as `Ready=False`.
    pub condition: Option<Str>,
    /// The class that a claim names.
    pub class: Option<Str>,
}

impl Blocking {
    fn new(key: Key) -> Blocking {
        Blocking {
            key,
            container: None,
            reason: None,
            field: None,
            finalizer: None,
            condition: None,
            class: None,
        }
    }
}

/// What is found about a set.
#[derive(Clone, PartialEq, Debug)]
pub struct Finding {
    /// The StatefulSet that does not move.
    pub set: Key,
    /// Whether it goes on by itself.
    pub outlook: Outlook,
    /// What the controller waits for.
    pub waits_for: String,
    /// Since when, if an object says so.
    pub since: Option<SimTime>,
    /// Why, with the rule.
    pub why: Explanation,
    /// What holds it up.
    pub blocking: Option<Blocking>,
    /// A command for a real cluster that helps.
    pub remedy: Option<String>,
    /// The pod that comes next.
    pub next: Option<Str>,
}

/// What is found about this set.
pub fn of_state(messages: &'static Messages, store: &Store, set: &Object) -> Finding {
    let about = About { messages, store, set };
    let why = about.whole();
    let reason = about.set_reason();
    let texts = messages.cluster();
    let say = |text: &str, values: &[(&str, &str)]| fill(text, values);
    let blocking = about.blocking(reason);
    let (waits_for, next) = match reason {
        Some(Reason::WaitingForReady { pod, next }) => match about.unscheduled_claim(pod) {
            Some(claim) => (say(texts.waits_for_claim(), &[("claim", &claim)]), next.clone()),
            None if about.is_unscheduled(pod) => (say(texts.waits_for_node(), &[("pod", pod)]), next.clone()),
            None if next.is_none() && about.is_complete() => {
                (say(texts.waits_for_no_next(), &[("pod", pod)]), None)
            }
            None => (say(texts.waits_for_ready(), &[("pod", pod)]), next.clone()),
        },
        Some(Reason::WaitingForAvailable { pod, min_ready_seconds, next }) => {
            let seconds = min_ready_seconds.to_string();
            (say(texts.waits_for_available(), &[("pod", pod), ("seconds", &seconds)]), next.clone())
        }
        Some(Reason::WaitingForTermination { pod, next }) => {
            (say(texts.waits_for_gone(), &[("pod", pod)]), next.clone())
        }
        Some(Reason::StuckUpdate { pod }) => (say(texts.waits_for_old_ready(), &[("pod", pod)]), None),
        Some(
            Reason::HeldByMaxUnavailable { pod, next, .. } | Reason::MaxUnavailableDropped { pod, next, .. },
        ) => (say(texts.waits_for_available_again(), &[("pod", pod)]), Some(next.clone())),
        Some(Reason::HeldByPartition { .. }) => (texts.waits_for_partition().into(), about.outdated_pod()),
        Some(Reason::OnDelete { .. }) => (texts.waits_for_delete().into(), about.outdated_pod()),
        Some(Reason::Failed { .. }) => (texts.waits_for_api_server().into(), None),
        Some(Reason::BeingDeleted) => (texts.waits_for_dependents().into(), None),
        Some(Reason::Created { pod }) => (texts.waits_for_nothing().into(), Some(pod.clone())),
        Some(Reason::Deleted { pod, .. }) => (texts.waits_for_nothing().into(), Some(pod.clone())),
        _ => (texts.waits_for_nothing().into(), None),
    };
    let is_held = matches!(reason, Some(Reason::HeldByPartition { .. } | Reason::OnDelete { .. }));
    let is_at_rest = matches!(reason, None | Some(Reason::Settled))
        && set.stateful_set().status.observed_generation >= set.meta.generation;
    let outlook = match why.tone {
        Tone::Calm if is_held => Outlook::Stuck,
        Tone::Calm if blocking.is_none() => Outlook::Settled,
        // The controller waits for nothing; something of the set is not as it should be all the same.
        _ if is_at_rest && about.is_harmless(blocking.as_ref()) => Outlook::Waiting,
        Tone::Stuck | Tone::Refused => Outlook::Stuck,
        Tone::Calm | Tone::Busy | Tone::Waiting => Outlook::Waiting,
    };
    let remedy = about.real_remedy(&why, blocking.as_ref(), reason);
    let since = blocking.as_ref().and_then(|blocking| about.since(blocking));
    Finding { set: set.key(), outlook, waits_for, since, why, blocking, remedy, next }
}

impl About<'_> {
    /// The object that holds the set up.
    fn blocking(&self, reason: Option<&Reason>) -> Option<Blocking> {
        let set = || Blocking::new(self.set.key());
        match reason {
            Some(
                Reason::WaitingForReady { pod, .. }
                | Reason::WaitingForAvailable { pod, .. }
                | Reason::WaitingForTermination { pod, .. }
                | Reason::StuckUpdate { pod }
                | Reason::HeldByMaxUnavailable { pod, .. }
                | Reason::MaxUnavailableDropped { pod, .. }
                | Reason::Created { pod }
                | Reason::Deleted { pod, .. },
            ) => Some(self.blocking_pod(pod)),
            Some(Reason::HeldByPartition { .. }) => Some(self.blocking_unready().unwrap_or_else(|| {
                Blocking { field: Some("spec.updateStrategy.rollingUpdate.partition"), ..set() }
            })),
            Some(Reason::OnDelete { .. }) => Some(
                self.blocking_unready()
                    .unwrap_or_else(|| Blocking { field: Some("spec.updateStrategy.type"), ..set() }),
            ),
            Some(Reason::Failed { message }) => Some(self.refused_by(message)),
            Some(Reason::BeingDeleted) => Some(match self.own_finalizer() {
                Some(finalizer) => Blocking { finalizer: Some(finalizer.clone()), ..set() },
                None => self.blocking_unready().unwrap_or_else(set),
            }),
            _ => self
                .blocking_unready()
                .or_else(|| self.blocking_node())
                .or_else(|| self.blocking_claim())
                .or_else(|| {
                    let wants = self.set.stateful_set().spec.replicas > 0;
                    let trouble = self.service_trouble().filter(|_| wants);
                    trouble.map(|_| Blocking { field: Some("spec.serviceName"), ..set() })
                }),
        }
    }

    /// A quota that the API server names, or the set itself.
    fn refused_by(&self, message: &str) -> Blocking {
        let quota = message.split("exceeded quota: ").nth(1).and_then(|rest| rest.split([',', ' ']).next());
        let taken = message.strip_prefix("pods \"").and_then(|rest| rest.strip_suffix("\" already exists"));
        if let Some(pod) = taken {
            return Blocking {
                reason: Some("FailedCreate".into()),
                ..Blocking::new(self.set.key().beside(Kind::Pod, pod))
            };
        }
        match quota {
            Some(quota) => Blocking {
                reason: Some("FailedCreate".into()),
                ..Blocking::new(self.set.key().beside(Kind::ResourceQuota, quota))
            },
            None => Blocking { reason: Some("FailedCreate".into()), ..Blocking::new(self.set.key()) },
        }
    }

    /// A pod of the set that is not Ready or is going, though the controller does not wait for it.
    fn blocking_unready(&self) -> Option<Blocking> {
        let pod = self.pods().find(|pod| pod.meta.is_terminating() || !pod.pod().is_ready())?;
        Some(self.blocking_pod(&pod.meta.name))
    }

    /// The node of one of the set's pods that is not heard of, or that is not there any more.
    fn blocking_node(&self) -> Option<Blocking> {
        let trouble = self.pods().find(|pod| self.silent_node(pod).is_some())?;
        Some(Blocking::new(Key::cluster(Kind::Node, trouble.pod().spec.node_name.as_deref()?)))
    }

    /// A claim of the set that is going, or lost its volume.
    fn blocking_claim(&self) -> Option<Blocking> {
        let mut claims = self.store.list_in(Kind::PersistentVolumeClaim, &self.set.meta.namespace);
        let of_set = |claim: &Object| {
            self.pods().any(|pod| pod.pod().spec.claims().any(|name| *name == claim.meta.name))
        };
        let claim = claims.find(|claim| {
            (claim.meta.is_terminating() || claim.claim().phase == kubesim::api::volume::ClaimPhase::Lost)
                && of_set(claim)
        })?;
        Some(Blocking::new(claim.key()))
    }

    /// What holds up a pod that is waited for: its node, its claim, one of its containers, or the pod itself.
    fn blocking_pod(&self, name: &Str) -> Blocking {
        let key = self.set.key().beside(Kind::Pod, name);
        let found = Blocking::new(key.clone());
        let Some(pod) = self.find_pod(name) else { return found };
        if let Some(Reason::NodeLost { node }) = self.kubelet_reason(&key) {
            return Blocking::new(Key::cluster(Kind::Node, node));
        }
        if on_unwell_node(self.messages, self.store, pod).is_some() {
            return Blocking::new(Key::cluster(
                Kind::Node,
                pod.pod().spec.node_name.as_deref().unwrap_or_default(),
            ));
        }
        if pod.meta.is_terminating() {
            let is_over = pod.pod().is_terminal() || pod.pod().spec.node_name.is_none();
            let finalizer = pod.meta.finalizers.iter().find(|_| is_over).cloned();
            return Blocking { finalizer, ..found };
        }
        if pod.pod().spec.node_name.is_none() {
            if let Some(claim) = self.unscheduled_claim(name) {
                let key = key.beside(Kind::PersistentVolumeClaim, &claim);
                let class =
                    self.store.get(&key).and_then(|claim| claim.claim().spec.storage_class_name.clone());
                return Blocking { class, ..Blocking::new(key) };
            }
            let refused = pod.pod().condition(condition::SCHEDULED).filter(|c| c.status == Some(false));
            let reason = refused.map(|c| c.reason.clone().unwrap_or_else(|| "Unschedulable".into()));
            return Blocking { reason, ..found };
        }
        if let Some(Reason::CantStart { container, message }) = self.kubelet_reason(&key)
            && container.is_empty()
            && let Some(reason) = self.event_reason(pod, message)
        {
            return Blocking { reason: Some(reason), ..found };
        }
        let status = &pod.pod().status;
        let inits = status.init_container_statuses.iter().filter(|status| is_unfinished_init(status));
        let mains = status.container_statuses.iter().filter(|status| !status.ready);
        if let Some(holding) = inits.chain(mains).next() {
            let reason = match &holding.state {
                ContainerState::Waiting { reason, .. } => Some(reason.clone()),
                ContainerState::Terminated(ended) => Some(ended.reason.clone()),
                ContainerState::Running { .. } => None,
            };
            let is_main = status.container_statuses.iter().any(|status| status.name == holding.name);
            let runs = matches!(holding.state, ContainerState::Running { .. });
            let condition = (is_main && runs).then(|| "Ready=False".into());
            return Blocking { container: Some(holding.name.clone()), reason, condition, ..found };
        }
        let condition = (!pod.pod().is_ready()).then(|| "Ready=False".into());
        Blocking { condition, ..found }
    }

    /// The reason of the event that says this of a pod.
    fn event_reason(&self, pod: &Object, message: &str) -> Option<Str> {
        let mut events = self.store.list_in(Kind::Event, &pod.meta.namespace).map(|event| event.event());
        let said = events.find(|event| event.involved.uid == pod.meta.uid && *event.message == *message)?;
        Some(said.reason.clone())
    }

    /// Whether all pods are there, and of one revision.
    fn is_complete(&self) -> bool {
        let set = self.set.stateful_set();
        set.status.current_revision == set.status.update_revision && set.status.replicas == set.spec.replicas
    }

    fn kubelet_reason(&self, pod: &Key) -> Option<&Reason> {
        self.store.verdict(Component::Kubelet, pod).map(|verdict| &verdict.reason)
    }

    fn is_unscheduled(&self, pod: &str) -> bool {
        self.find_pod(pod).is_some_and(|pod| pod.pod().spec.node_name.is_none() && !pod.meta.is_terminating())
    }

    /// The claim for whose volume a pod waits that has no node.
    fn unscheduled_claim(&self, pod: &str) -> Option<Str> {
        let pod = self.find_pod(pod).filter(|pod| pod.pod().spec.node_name.is_none())?;
        let is_held_up = |claim: &&Str| {
            let key = pod.key().beside(Kind::PersistentVolumeClaim, claim);
            let Some(object) = self.store.get(&key) else { return true };
            if object.claim().phase == kubesim::api::volume::ClaimPhase::Bound
                && !object.meta.is_terminating()
            {
                return false;
            }
            let says = |component| self.store.verdict(component, &key).map(|verdict| &verdict.reason);
            let reasons = [says(Component::PersistentVolumeController), says(Component::Provisioner)];
            object.meta.is_terminating()
                || reasons
                    .into_iter()
                    .flatten()
                    .any(|reason| !matches!(reason, Reason::WaitingForFirstConsumer | Reason::Settled))
        };
        pod.pod().spec.claims().find(is_held_up).cloned()
    }

    /// Whether what is not as it should be keeps the controller from nothing, as it has nothing to do.
    fn is_harmless(&self, blocking: Option<&Blocking>) -> bool {
        let Some(blocking) = blocking else { return false };
        match blocking.key.kind {
            Kind::StatefulSet => true,
            Kind::Pod => self.find_pod(&blocking.key.name).is_some_and(|pod| {
                !pod.meta.is_terminating()
                    && pod.pod().spec.node_name.is_some()
                    && blocking.condition.is_some()
            }),
            _ => false,
        }
    }

    /// A command that helps in a real cluster, in which nothing is mended by saying so.
    fn real_remedy(
        &self,
        why: &Explanation,
        blocking: Option<&Blocking>,
        reason: Option<&Reason>,
    ) -> Option<String> {
        let is_real = |command: &&String| !command.contains("trouble ");
        let name = &self.set.meta.name;
        let is_ordered =
            self.set.stateful_set().spec.pod_management_policy == PodManagementPolicy::OrderedReady;
        if let Some(command) = why.remedy.iter().chain(&why.also).find(is_real) {
            return Some(match &why.pod {
                // Nobody replaces the broken pod, even when the template is mended.
                Some(pod) if is_ordered && command.starts_with("kubectl rollout undo") => {
                    [&**command, &*self.delete(pod)].join(" && ")
                }
                _ => command.clone(),
            });
        }
        match (reason, blocking) {
            (Some(Reason::HeldByPartition { .. }), Some(blocking)) if blocking.field.is_some() => {
                let patch = r#"{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}"#;
                Some(self.command(format!("kubectl patch statefulset {name} -p '{patch}'")))
            }
            (_, Some(blocking)) if self.lacks_room(blocking) => {
                let start = self.set.stateful_set().spec.ordinals_start;
                let fewer = ordinal(&blocking.key.name).map_or(0, |ordinal| ordinal - start);
                Some(self.command(format!("kubectl scale statefulset {name} --replicas={fewer}")))
            }
            (_, Some(Blocking { key, .. })) if key.kind == Kind::Node && self.store.get(key).is_none() => {
                Some("kubectl get nodes".into())
            }
            (_, Some(blocking)) => {
                let Key { kind, namespace, name } = &blocking.key;
                let what = kind.info().singular();
                let is_at_fault = blocking.condition.is_some() || blocking.reason.is_some();
                let command = match (&blocking.finalizer, &blocking.container, is_at_fault) {
                    (None, None, false) if *kind == Kind::Pod => return None,
                    _ => format!("kubectl describe {what} {name}"),
                };
                Some(in_namespace(command, namespace))
            }
            _ => None,
        }
    }

    /// Whether a pod has no node for want of room, so that fewer pods would help.
    fn lacks_room(&self, blocking: &Blocking) -> bool {
        let pod = self.store.get(&blocking.key).filter(|pod| pod.kind == Kind::Pod);
        let scheduled = pod.and_then(|pod| pod.pod().condition(condition::SCHEDULED));
        let said = scheduled.filter(|c| c.status == Some(false)).and_then(|c| c.message.as_deref());
        said.is_some_and(wants_room)
    }

    /// Since when it has been so.
    fn since(&self, blocking: &Blocking) -> Option<SimTime> {
        let object = self.store.get(&blocking.key)?;
        match object.kind {
            Kind::Pod => {
                let pod = object.pod();
                if let (Some(until), Some(grace)) =
                    (object.meta.deletion_timestamp, object.meta.deletion_grace_period_seconds)
                {
                    return Some(until - Span::seconds(grace));
                }
                let kind = if pod.spec.node_name.is_none() { condition::SCHEDULED } else { condition::READY };
                let known = pod.condition(kind).map(|condition| condition.last_transition_time);
                Some(known.unwrap_or(object.meta.creation_timestamp))
            }
            Kind::Node => {
                let ready = object.node().conditions.iter().find(|c| &*c.kind == condition::READY);
                ready.map(|condition| condition.last_transition_time)
            }
            Kind::PersistentVolumeClaim | Kind::StatefulSet if object.meta.is_terminating() => {
                object.meta.deletion_timestamp
            }
            Kind::PersistentVolumeClaim => Some(object.meta.creation_timestamp),
            _ => None,
        }
    }
}

fn is_unfinished_init(status: &ContainerStatus) -> bool {
    match &status.state {
        ContainerState::Terminated(ended) => ended.exit_code != 0,
        ContainerState::Running { .. } => !status.started.unwrap_or(false) || !status.ready,
        ContainerState::Waiting { .. } => true,
    }
}
