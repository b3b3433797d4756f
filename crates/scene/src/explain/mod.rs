//! Why things are as they are: the verdicts of a moment as a question, an answer and a rule. For the set as a whole
//! ([`of_set`]), and for each of its parts ([`of`]).

use crate::history::pod_state::PodState;
use crate::messages::{Detail, Rule, Say, Words, fill};
use kubesim::api::stateful_set::{
    ClaimRetention, POD_NAME_LABEL, PodManagementPolicy, REVISION_LABEL, UpdateStrategy, ordinal_of,
    parent_and_ordinal,
};
use kubesim::api::volume::ClaimPhase;
use kubesim::api::{Key, Kind, Object, SimTime, Span, Str};
use kubesim::apiserver::Store;
use kubesim::verdict::{Component, DeleteReason, Reason, Verdict};

/// How the answer is meant.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mood {
    /// Nothing is to be done.
    Calm,
    /// Something is being done.
    Busy,
    /// Something is waited for.
    Waiting,
    /// It won't go on by itself.
    Stuck,
}

impl Mood {
    /// Its class in the style sheet.
    pub fn class(self) -> &'static str {
        ["calm", "busy", "waiting", "stuck"][self as usize]
    }
}

/// What the question is about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Subject {
    /// A pod, or the place of one that is not there.
    Pod(Key),
    /// A claim, or the place of one that is not there.
    Claim(Key),
    /// Whether and why a pod's name is in DNS.
    Endpoint(Key),
    /// A node.
    Node(Key),
}

/// A question, its answer, and the rule behind it.
#[derive(Clone, PartialEq, Debug)]
pub struct Why {
    /// How it is meant.
    pub mood: Mood,
    /// The question, or what goes on.
    pub title: String,
    /// The answer, with code in backticks.
    pub text: String,
    /// The rule.
    pub rule: Option<&'static Rule>,
    /// The stretch of time that is waited for, if time alone ends it.
    pub wait: Option<(SimTime, SimTime)>,
    /// The pod that all waits for.
    pub pod: Option<Str>,
    /// A command that would help.
    pub remedy: Option<String>,
}

type Values<'v> = &'v [(&'v str, &'v str)];

impl Why {
    fn new(mood: Mood, say: &Say, values: Values) -> Why {
        Why {
            mood,
            title: fill(say.title, values),
            text: fill(say.text, values),
            rule: say.rule,
            wait: None,
            pod: None,
            remedy: None,
        }
    }

    fn with_remedy(self, remedy: String) -> Why {
        Why { remedy: Some(remedy), ..self }
    }

    /// Adds what a part is busy with.
    fn with(mut self, more: Option<PodDetail>) -> Why {
        let Some(more) = more else { return self };
        self.text = [self.text.as_str(), &more.text].join(" ").trim_start().to_string();
        self.wait = self.wait.or(more.wait);
        self.rule = self.rule.or(more.detail.rule);
        self.remedy = self.remedy.or(more.remedy);
        if more.stuck {
            self.mood = Mood::Stuck;
            self.rule = more.detail.rule;
        }
        self
    }
}

/// Why nothing is on the stage.
pub fn of_nothing(words: &'static Words, store: &Store) -> Why {
    let orphan = store
        .list(Kind::Pod)
        .find(|pod| pod.meta.label(POD_NAME_LABEL).is_some() && pod.meta.controller().is_none());
    if let Some(orphan) = orphan {
        return Why::new(Mood::Waiting, &words.orphaned, &[("pod", &orphan.meta.name)]);
    }
    if let Some((pod, set)) = store.list(Kind::Pod).find_map(|pod| Some((pod, gone_set(store, pod)?))) {
        return Why::new(Mood::Busy, &words.pods_of_gone_set, &[("pod", &pod.meta.name), ("set", set)])
            .with(pod_detail(words, store, &pod.key()));
    }
    if let Some(why) = kept_claims(words, store) {
        return why;
    }
    let is_applied = |object: &Object| {
        !matches!(&*object.meta.name, "kubernetes") && &*object.meta.namespace != "kube-system"
    };
    let applied = [Kind::Pod, Kind::Service, Kind::PersistentVolumeClaim];
    let is_other = applied.into_iter().any(|kind| store.list(kind).any(|object| is_applied(object)));
    Why::new(Mood::Calm, if is_other { &words.other_set } else { &words.nothing }, &[])
}

/// The name of the StatefulSet that this pod belonged to, if it is gone.
fn gone_set<'a>(store: &Store, pod: &'a Object) -> Option<&'a str> {
    let owner = pod.meta.controller().filter(|owner| &*owner.kind == "StatefulSet")?;
    let set = store.find(Kind::StatefulSet, &pod.meta.namespace, &owner.name);
    set.is_none_or(|set| set.meta.uid != owner.uid).then_some(&*owner.name)
}

/// That the claims of a set that was deleted have stayed. They are told from others by what a set gives to each: a name
/// with its template, its set and an ordinal, and the labels of the set's selector. Those that have an owner go with it.
fn kept_claims(words: &'static Words, store: &Store) -> Option<Why> {
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
    let why = Why::new(Mood::Calm, &words.claims_of_gone_set, &[("claims", &names.join(", "))]);
    Some(why.with_remedy(in_namespace(delete, namespace)))
}

/// Why this set does what it does.
pub fn of_set(words: &'static Words, store: &Store, set: &Object) -> Why {
    let verdict = store.verdict(Component::StatefulSetController, &set.key());
    let about = About { words, store, set };
    match verdict {
        Some(verdict) => about.unless_node_is_silent(about.verdict(verdict)),
        None => Why::new(Mood::Busy, &words.unseen, &[("set", &set.meta.name)]),
    }
}

/// Why a part of this set is as it is.
pub fn of(words: &'static Words, store: &Store, set: &Object, subject: &Subject) -> Why {
    let about = About { words, store, set };
    match subject {
        Subject::Pod(key) => about.pod(key),
        Subject::Claim(key) => about.claim(key),
        Subject::Endpoint(key) => about.endpoint(key),
        Subject::Node(key) => about.node(key),
    }
}

struct About<'a> {
    words: &'static Words,
    store: &'a Store,
    set: &'a Object,
}

impl About<'_> {
    fn verdict(&self, verdict: &Verdict) -> Why {
        let words = self.words;
        match &verdict.reason {
            Reason::Created { pod } => {
                self.with_pod(Why::new(Mood::Busy, &words.created, &[("pod", pod)]), pod)
            }
            Reason::Deleted { pod, why } => {
                let say = match why {
                    DeleteReason::ScaledDown => &words.deleted,
                    DeleteReason::Outdated => &words.deleted_outdated,
                    DeleteReason::Finished => &words.deleted_finished,
                };
                self.with_pod(Why::new(Mood::Busy, say, &[("pod", pod)]), pod)
            }
            Reason::WaitingForReady { pod, next } => {
                let say = match next {
                    Some(next) if self.is_beyond(next) => &words.waiting_to_scale_down,
                    _ => &words.waiting_for_ready,
                };
                let mut why = self.waiting(say, &words.last_ready, pod, next, "");
                if self.is_of_new_revision(pod) && self.has_failed(pod) {
                    why.mood = Mood::Stuck;
                    let say = match self.set.stateful_set().spec.pod_management_policy {
                        PodManagementPolicy::OrderedReady => &words.stuck_new,
                        PodManagementPolicy::Parallel => &words.stuck_new_parallel,
                    };
                    why.title = say.title.into();
                    why.text = [&fill(say.text, &[("pod", pod)]), &*self.detail_text(pod)].join(" ");
                    why.rule = say.rule;
                    let undo = format!("kubectl rollout undo statefulset/{}", self.set.meta.name);
                    why.remedy = Some(self.command(undo));
                }
                why
            }
            Reason::WaitingForAvailable { pod, min_ready_seconds, next } => {
                let seconds = min_ready_seconds.to_string();
                let mut why =
                    self.waiting(&words.waiting_for_available, &words.last_available, pod, next, &seconds);
                why.rule = words.waiting_for_available.rule;
                why.wait = verdict.until.map(|until| (until - Span::seconds(*min_ready_seconds), until));
                why
            }
            Reason::WaitingForTermination { pod, next } => {
                self.waiting(&words.waiting_for_termination, &words.waiting_for_termination, pod, next, "")
            }
            Reason::HeldByMaxUnavailable { pod, max_unavailable, next } => {
                let max = max_unavailable.to_string();
                let values = [("pod", &**pod), ("max", &*max), ("next", &**next)];
                self.with_pod(Why::new(Mood::Waiting, &words.held_by_max_unavailable, &values), pod)
            }
            Reason::MaxUnavailableDropped { pod, max_unavailable, next } => {
                let max = max_unavailable.to_string();
                let values = [("pod", &**pod), ("max", &*max), ("next", &**next)];
                self.with_pod(Why::new(Mood::Waiting, &words.max_unavailable_dropped, &values), pod)
            }
            Reason::HeldByPartition { partition, held } => {
                let values = [("partition", &*partition.to_string()), ("held", &*held.to_string())];
                self.unless_pods_wait(
                    self.held(*held, Why::new(Mood::Calm, &words.held_by_partition, &values)),
                )
            }
            Reason::OnDelete { outdated } => {
                let why = Why::new(Mood::Calm, &words.on_delete, &[("held", &outdated.to_string())]);
                let why = self.held(*outdated, why);
                let why = match self.outdated_pod() {
                    Some(pod) => why.with_remedy(self.delete(&pod)),
                    None => why,
                };
                self.unless_pods_wait(why)
            }
            Reason::StuckUpdate { pod } => {
                let mut why = Why::new(Mood::Stuck, &words.stuck, &[("pod", pod)]);
                why.pod = Some(pod.clone());
                why.with_remedy(self.delete(pod))
            }
            Reason::Failed { message } => {
                Why::new(Mood::Stuck, &words.failed, &[("message", &sentence(message))])
            }
            Reason::BeingDeleted => Why::new(Mood::Busy, &words.being_deleted, &[]),
            _ => self.rest(),
        }
    }

    /// One pod is asked about as one.
    fn held(&self, count: i32, why: Why) -> Why {
        if count == 1 { Why { title: self.words.one_held.into(), ..why } } else { why }
    }

    /// A command about something in the set's namespace.
    fn command(&self, command: String) -> String {
        in_namespace(command, &self.set.meta.namespace)
    }

    fn delete(&self, pod: &str) -> String {
        self.command(format!("kubectl delete pod {pod}"))
    }

    /// Whether the pod's ordinal is not among the wanted ones.
    fn is_beyond(&self, pod: &str) -> bool {
        ordinal(pod).is_some_and(|n| !self.set.stateful_set().spec.ordinals().contains(&n))
    }

    fn find_pod(&self, name: &str) -> Option<&Object> {
        self.store.find(Kind::Pod, &self.set.meta.namespace, name).map(|pod| &**pod)
    }

    fn revision_of(&self, pod: &Object) -> Option<Str> {
        pod.meta.label(REVISION_LABEL).map(Str::from)
    }

    /// Whether a rollout is under way, and the pod was made by it.
    fn is_of_new_revision(&self, pod: &str) -> bool {
        let status = &self.set.stateful_set().status;
        let revision = self.find_pod(pod).and_then(|pod| self.revision_of(pod));
        revision == status.update_revision && status.current_revision != status.update_revision
    }

    /// Whether the pod has failed before, even if it is just being tried again.
    fn has_failed(&self, pod: &str) -> bool {
        self.find_pod(pod).is_some_and(|pod| {
            let mut containers = pod.pod().status.container_statuses.iter();
            PodState::of(pod) == PodState::Failing || containers.any(|c| c.restart_count > 0)
        })
    }

    /// The highest pod of an old revision.
    fn outdated_pod(&self) -> Option<Str> {
        let update = &self.set.stateful_set().status.update_revision;
        let old = |pod: &&Object| self.revision_of(pod) != *update && !pod.meta.is_terminating();
        let highest = self.pods().filter(old).max_by_key(|pod| ordinal(&pod.meta.name));
        highest.map(|pod| pod.meta.name.clone())
    }

    fn pods(&self) -> impl Iterator<Item = &Object> {
        let all = self.store.list_in(Kind::Pod, &self.set.meta.namespace).map(|pod| &**pod);
        all.filter(|pod| pod.meta.is_controlled_by(self.set.meta.uid))
    }

    /// All is calm only while the nodes of the set's pods are heard of.
    fn unless_node_is_silent(&self, why: Why) -> Why {
        let silent = |why: &Why| match why.mood {
            Mood::Calm => self.pods().find_map(|pod| self.silent_node(pod)),
            _ => None,
        };
        silent(&why).unwrap_or(why)
    }

    /// What a pod is busy with matters more than that others are held back.
    fn unless_pods_wait(&self, why: Why) -> Why {
        self.unready().unwrap_or(why)
    }

    fn unready(&self) -> Option<Why> {
        let pod = self.pods().find(|pod| pod.meta.is_terminating() || !pod.pod().is_ready())?;
        let mut why = self.pod(&pod.key());
        if pod.meta.is_terminating() {
            return Some(why);
        }
        why.text = [self.words.starting.text, &why.text].join(" ");
        Some(why)
    }

    /// The set has nothing to do; perhaps its pods, its claims or its Service still have.
    fn rest(&self) -> Why {
        let (words, set) = (self.words, self.set.stateful_set());
        if set.status.observed_generation < self.set.meta.generation {
            return Why::new(Mood::Busy, &words.changed, &[("set", &self.set.meta.name)]);
        }
        if let Some(why) = self.unready() {
            return why;
        }
        let claims = self.store.list_in(Kind::PersistentVolumeClaim, &self.set.meta.namespace);
        if let Some(claim) = claims.into_iter().find(|claim| claim.meta.is_terminating()) {
            return self.claim(&claim.key());
        }
        if set.spec.replicas > 0
            && let Some(why) = self.service_trouble()
        {
            return why;
        }
        let say = if set.spec.replicas == 0 { &words.settled_empty } else { &words.settled };
        let (ready, replicas) = (set.status.ready_replicas.to_string(), set.spec.replicas.to_string());
        let why = Why::new(Mood::Calm, say, &[("ready", &ready), ("replicas", &replicas)]);
        if set.spec.replicas == 0 { self.with_claims(why) } else { why }
    }

    /// Adds what becomes of the claims of pods that are scaled away.
    fn with_claims(&self, mut why: Why) -> Why {
        let spec = &self.set.stateful_set().spec;
        if spec.volume_claim_templates.is_empty() {
            return why;
        }
        let claims = match spec.when_scaled {
            ClaimRetention::Retain => self.words.claims_stay,
            ClaimRetention::Delete => self.words.claims_go,
        };
        why.text = [&*why.text, claims].join(" ");
        why
    }

    /// `say` is for a pod that waits for another, `last` for when none does.
    fn waiting(&self, say: &Say, last: &Say, pod: &Str, next: &Option<Str>, seconds: &str) -> Why {
        let words = self.words;
        let values = [("pod", &**pod), ("next", next.as_deref().unwrap_or_default()), ("seconds", seconds)];
        let mut why = Why::new(Mood::Waiting, if next.is_some() { say } else { last }, &values);
        if let Some(next) = next {
            let title = match self.find_pod(next) {
                None => words.missing,
                Some(_) if self.is_beyond(next) => words.present,
                Some(_) => words.not_replaced,
            };
            why.title = fill(title, &values);
        }
        self.with_pod(why, pod)
    }

    /// Adds what the pod itself is busy with.
    fn with_pod(&self, mut why: Why, pod: &Str) -> Why {
        why.pod = Some(pod.clone());
        why.with(pod_detail(self.words, self.store, &self.set.key().beside(Kind::Pod, pod)))
    }

    fn detail_text(&self, pod: &Str) -> String {
        let key = self.set.key().beside(Kind::Pod, pod);
        pod_detail(self.words, self.store, &key).map(|detail| detail.text).unwrap_or_default()
    }

    /// Why a pod is as it is, or why there is none.
    fn pod(&self, key: &Key) -> Why {
        let (words, name) = (self.words, &key.name);
        let Some(pod) = self.store.get(key) else { return self.ghost(name) };
        let say = if pod.meta.is_terminating() {
            &words.pod_going
        } else if !pod.pod().is_ready() {
            &words.pod_unready
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
            return Why::new(Mood::Calm, &words.pod_ready, &[("pod", name), ("node", node)]);
        };
        let mut why = self.with_pod(Why::new(Mood::Waiting, say, &[("pod", name)]), name);
        why.title = fill(say.title, &[("pod", name)]);
        if let Some(Reason::StuckUpdate { pod }) = self.set_reason()
            && pod == name
        {
            why.remedy = Some(self.delete(name));
        }
        why
    }

    /// Why a pod that is not wanted any more has not been told to go.
    fn to_be_scaled_down(&self, name: &Str) -> Why {
        let words = self.words;
        let whole = of_set(words, self.store, self.set);
        let title = fill(words.present, &[("next", name)]);
        let in_order =
            self.set.stateful_set().spec.pod_management_policy == PodManagementPolicy::OrderedReady;
        let is_higher =
            |pod: &&Object| self.is_beyond(&pod.meta.name) && ordinal(&pod.meta.name) > ordinal(name);
        let before = self.pods().filter(is_higher).min_by_key(|pod| ordinal(&pod.meta.name));
        let Some(before) = before.filter(|_| in_order) else { return Why { title, ..whole } };
        let values = [("pod", &**name), ("before", &*before.meta.name)];
        let why = Why::new(Mood::Waiting, &words.pod_to_go, &values);
        Why { title, wait: whole.wait, pod: whole.pod, remedy: whole.remedy, ..why }
    }

    /// That this pod's node has not been heard of, though the pod still counts as Ready.
    fn silent_node(&self, pod: &Object) -> Option<Why> {
        let node = Key::cluster(Kind::Node, pod.pod().spec.node_name.as_deref()?);
        let verdict = self.store.verdict(Component::NodeLifecycleController, &node)?;
        if verdict.reason != Reason::HeartbeatsMissing {
            return None;
        }
        let why = self.node(&node);
        let there = fill(self.words.node_silent_pod, &[("pod", &pod.meta.name)]);
        Some(Why { text: [&*why.text, &*there].join(" "), ..why })
    }

    fn set_reason(&self) -> Option<&Reason> {
        self.store.verdict(Component::StatefulSetController, &self.set.key()).map(|verdict| &verdict.reason)
    }

    fn not_available(&self, pod: &Object) -> Option<Why> {
        let words = self.words;
        let verdict = self.store.verdict(Component::StatefulSetController, &self.set.key())?;
        match &verdict.reason {
            Reason::WaitingForAvailable { pod: waited, .. } if *waited == pod.meta.name => {}
            _ => return None,
        }
        let (since, until) = (pod.pod().ready_since()?, verdict.until?);
        let seconds = self.set.stateful_set().spec.min_ready_seconds.to_string();
        let values = [("pod", &*pod.meta.name), ("seconds", &*seconds)];
        let why = Why::new(Mood::Waiting, &words.last_available, &values);
        Some(Why { wait: Some((since, until)), ..why })
    }

    /// Why a pod that is Ready keeps the old revision.
    fn outdated(&self, name: &Str) -> Why {
        let words = self.words;
        let ordinal = ordinal(name).unwrap_or(0);
        let spec = &self.set.stateful_set().spec;
        match &spec.update_strategy {
            UpdateStrategy::OnDelete => {
                Why::new(Mood::Calm, &words.pod_on_delete, &[("pod", name)]).with_remedy(self.delete(name))
            }
            UpdateStrategy::RollingUpdate { partition, .. } if ordinal - spec.ordinals_start < *partition => {
                let values = [("pod", &**name), ("partition", &*partition.to_string())];
                Why::new(Mood::Calm, &words.pod_held, &values)
            }
            UpdateStrategy::RollingUpdate { .. } => {
                Why::new(Mood::Waiting, &words.pod_outdated, &[("pod", name)])
            }
        }
    }

    /// Why a pod is not there.
    fn ghost(&self, name: &Str) -> Why {
        let (words, spec) = (self.words, &self.set.stateful_set().spec);
        if self.is_beyond(name) {
            let replicas = spec.replicas.to_string();
            let values = [("pod", &**name), ("replicas", &*replicas)];
            return self.with_claims(Why::new(Mood::Calm, &words.ghost_scaled_away, &values));
        }
        let whole = of_set(self.words, self.store, self.set);
        if whole.pod.as_ref().is_none_or(|pod| pod == name) {
            return Why { title: fill(words.missing, &[("next", name)]), ..whole };
        }
        let before = whole.pod.clone().unwrap_or_default();
        let mut why = Why::new(whole.mood, &words.ghost, &[("next", name), ("pod", &before)]);
        why.wait = whole.wait;
        why.remedy = whole.remedy.clone();
        self.with_pod(why, &before)
    }

    /// Why a claim is as it is, or why there is none.
    fn claim(&self, key: &Key) -> Why {
        let (words, name) = (self.words, &key.name);
        let Some(claim) = self.store.get(key) else {
            return Why::new(Mood::Waiting, &words.claim_missing, &[("claim", name)]);
        };
        if claim.meta.is_terminating() {
            let verdict = self.store.verdict(Component::PvcProtectionController, key);
            return match verdict.map(|v| &v.reason) {
                Some(Reason::InUse { pod }) => {
                    Why::new(Mood::Stuck, &words.claim_in_use, &[("claim", name), ("pod", pod)])
                        .with_remedy(self.delete(pod))
                }
                _ => Why::new(Mood::Busy, &words.claim_going, &[("claim", name)]),
            };
        }
        match claim.claim().phase {
            ClaimPhase::Bound => self.bound_claim(claim),
            ClaimPhase::Lost => Why::new(Mood::Stuck, &words.claim_lost, &[("claim", name)]),
            ClaimPhase::Pending => Why::new(Mood::Waiting, &words.claim_pending, &[("claim", name)])
                .with(claim_detail(words, self.store, key)),
        }
    }

    fn bound_claim(&self, claim: &Object) -> Why {
        let (words, name) = (self.words, &claim.meta.name);
        let set = &self.set.meta.name;
        let stems = self.set.stateful_set().spec.volume_claim_templates.iter();
        let mut pods = stems.filter_map(|t| name.strip_prefix(&*format!("{}-", t.name)).map(Str::from));
        let is_of_set = |pod: &Str| ordinal_of(set, pod).is_some();
        let pod = pods.find(is_of_set).unwrap_or_default();
        let values = [("claim", &**name), ("pod", &*pod), ("set", set)];
        let kept = self.is_beyond(&pod) && self.find_pod(&pod).is_none();
        let retains = self.set.stateful_set().spec.when_scaled == ClaimRetention::Retain;
        match kept {
            true if retains => Why::new(Mood::Calm, &words.claim_kept_why, &values)
                .with_remedy(self.command(format!("kubectl delete pvc {name}"))),
            _ => Why::new(Mood::Calm, &words.claim_bound, &values),
        }
    }

    /// Why a pod's name is in DNS, or isn't.
    fn endpoint(&self, key: &Key) -> Why {
        let (words, name) = (self.words, &key.name);
        if let Some(why) = self.service_trouble() {
            return why;
        }
        let service = &self.set.stateful_set().spec.service_name;
        let values = [("pod", &**name), ("service", &**service), ("set", &*self.set.meta.name)];
        if service.is_empty() {
            return Why::new(Mood::Stuck, &words.dns_no_service, &values);
        }
        let Some(pod) = self.store.get(key) else {
            return Why::new(Mood::Waiting, &words.dns_missing, &values).with(None);
        };
        let published = self.service().is_some_and(|s| s.service().publish_not_ready_addresses);
        if pod.meta.is_terminating() && !published {
            return Why::new(Mood::Waiting, &words.dns_going, &values)
                .with(pod_detail(words, self.store, key));
        }
        if pod.pod().status.pod_ip.is_none() {
            return Why::new(Mood::Waiting, &words.dns_no_address, &values)
                .with(pod_detail(words, self.store, key));
        }
        if pod.pod().is_ready() || published {
            return Why::new(Mood::Calm, &words.dns_there, &values);
        }
        Why::new(Mood::Waiting, &words.dns_unready, &values).with(pod_detail(words, self.store, key))
    }

    /// The Service that the set names.
    fn service(&self) -> Option<&Object> {
        let spec = &self.set.stateful_set().spec;
        self.store.find(Kind::Service, &self.set.meta.namespace, &spec.service_name).map(|s| &**s)
    }

    /// Why the set's pods can have no names in DNS, if they can't.
    fn service_trouble(&self) -> Option<Why> {
        let (words, spec) = (self.words, &self.set.stateful_set().spec);
        if spec.service_name.is_empty() {
            return None;
        }
        let values = [("service", &*spec.service_name), ("set", &*self.set.meta.name)];
        let labels = &spec.selector.match_labels;
        let Some(service) = self.service() else {
            let why = Why::new(Mood::Stuck, &words.service_missing, &values);
            return Some(why.with_remedy(self.command(apply(&headless(&spec.service_name, labels.iter())))));
        };
        let service = service.service();
        let pod = self.pods().next()?;
        if !service.selector.iter().all(|(name, value)| pod.meta.label(name) == Some(value)) {
            let why = Why::new(Mood::Stuck, &words.service_selects_others, &values);
            let selector = pairs(labels.iter());
            let patch = format!(r#"{{"spec":{{"selector":{{{selector}}}}}}}"#);
            let name = &spec.service_name;
            let patch = format!("kubectl patch service {name} --type=merge -p '{patch}'");
            return Some(why.with_remedy(self.command(patch)));
        }
        (!service.is_headless()).then(|| Why::new(Mood::Waiting, &words.service_not_headless, &values))
    }

    /// How a node is.
    fn node(&self, key: &Key) -> Why {
        let (words, name) = (self.words, &key.name);
        let values = [("node", &**name)];
        let Some(node) = self.store.get(key) else {
            return Why::new(Mood::Stuck, &words.node_gone, &values);
        };
        let verdict = self.store.verdict(Component::NodeLifecycleController, key);
        let lost = match verdict.map(|v| &v.reason) {
            Some(Reason::HeartbeatsMissing) => Some(&words.node_silent),
            Some(Reason::NodeUnreachable) => Some(&words.node_unreachable),
            Some(Reason::NodeRecovering) => Some(&words.node_recovering),
            _ => None,
        };
        if let Some(say) = lost {
            let why = Why::new(Mood::Waiting, say, &values);
            let wait = verdict.and_then(|v| v.until.map(|until| (v.since, until)));
            return Why { wait, ..why }.with_remedy(format!("trouble node {name} up"));
        }
        if node.node().unschedulable {
            return Why::new(Mood::Waiting, &words.node_cordoned, &values)
                .with_remedy(format!("kubectl uncordon {name}"));
        }
        Why::new(Mood::Calm, &words.node_well, &values)
    }
}

/// A pod's number.
fn ordinal(name: &str) -> Option<i32> {
    parent_and_ordinal(name).map(|(_, ordinal)| ordinal)
}

/// A kubectl command about something in this namespace.
pub fn in_namespace(command: String, namespace: &str) -> String {
    match namespace {
        "" | "default" => command,
        other => command + " -n " + other,
    }
}

/// A command that applies an object in JSON.
fn apply(json: &str) -> String {
    format!("echo '{json}' | kubectl apply -f -")
}

/// Labels as the inside of a JSON object.
fn pairs<'a>(labels: impl Iterator<Item = (&'a Str, &'a Str)>) -> String {
    labels.map(|(name, value)| format!(r#""{name}":"{value}""#)).collect::<Vec<_>>().join(",")
}

/// A headless Service of this name for pods with these labels, in JSON.
fn headless<'a>(name: &str, labels: impl Iterator<Item = (&'a Str, &'a Str)>) -> String {
    let labels = pairs(labels);
    format!(
        r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"{name}"}},"spec":{{"clusterIP":"None","selector":{{{labels}}}}}}}"#
    )
}

/// A storage class of this name, made as the cluster's own, in JSON.
fn class(name: &str) -> String {
    format!(
        r#"{{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{{"name":"{name}"}},"provisioner":"rancher.io/local-path","volumeBindingMode":"WaitForFirstConsumer"}}"#
    )
}

/// What one pod, or one claim, is busy with.
pub struct PodDetail {
    /// In a sentence.
    pub text: String,
    detail: &'static Detail,
    /// The stretch of time that it takes.
    pub wait: Option<(SimTime, SimTime)>,
    /// Whether it won't go on by itself.
    pub stuck: bool,
    /// A command that would help.
    pub remedy: Option<String>,
}

impl PodDetail {
    fn new(detail: &'static Detail, verdict: Option<&Verdict>, values: Values) -> PodDetail {
        PodDetail {
            text: fill(detail.text, values),
            detail,
            wait: verdict.and_then(|v| v.until.map(|until| (v.since, until))),
            stuck: false,
            remedy: None,
        }
    }

    fn stuck(self) -> PodDetail {
        PodDetail { stuck: true, ..self }
    }

    fn with_remedy(self, remedy: String) -> PodDetail {
        PodDetail { remedy: Some(remedy), ..self }
    }
}

/// What this pod is busy with, or waits for: by the kubelet's verdict once it has a node, else by the scheduler's and
/// that of its claims.
pub fn pod_detail(words: &'static Words, store: &Store, key: &Key) -> Option<PodDetail> {
    let pod = store.get(key)?;
    let scheduled = pod.pod().spec.node_name.is_some();
    let component = if scheduled { Component::Kubelet } else { Component::Scheduler };
    let verdict = &**store.verdict(component, key)?;
    let say = |detail: &'static Detail, values: Values| PodDetail::new(detail, Some(verdict), values);
    Some(match &verdict.reason {
        Reason::Unschedulable { message } => {
            let claims = pod.pod().spec.claims();
            let mut claims = claims.map(|claim| key.beside(Kind::PersistentVolumeClaim, claim));
            claims
                .find_map(|claim| stranded(words, store, &key.name, &claim))
                .unwrap_or_else(|| say(&words.unschedulable, &[("message", &sentence(message))]).stuck())
        }
        Reason::WaitingForBinding { claims, .. } => {
            let detail = claims.iter().find_map(|claim| {
                claim_detail(words, store, &key.beside(Kind::PersistentVolumeClaim, claim))
            });
            let claim = claims.first().map_or("", |c| c);
            detail.unwrap_or_else(|| say(&words.waiting_for_binding, &[("claim", claim)]))
        }
        Reason::CreatingSandbox => say(&words.sandbox, &[]),
        Reason::Pulling { image, .. } => say(&words.pulling, &[("image", image)]),
        Reason::Starting { container } => say(&words.container_starts, &[("container", container)]),
        Reason::RunningInit { container } => say(&words.running_init, &[("container", container)]),
        Reason::Probing { container, failures: 0 } => say(&words.probing, &[("container", container)]),
        Reason::Probing { container, failures } => {
            let values = [("container", &**container), ("failures", &*failures.to_string())];
            PodDetail { wait: None, ..say(&words.probe_fails, &values) }
        }
        Reason::CantStart { message, .. } => {
            say(&words.cant_start, &[("message", &sentence(message))]).stuck()
        }
        Reason::ImageBackOff { image, .. } => say(&words.image_back_off, &[("image", image)]).stuck(),
        Reason::CrashBackOff { container, restarts: 0 } => {
            say(&words.crash_once, &[("container", container)])
        }
        Reason::CrashBackOff { container, restarts: 1 } => {
            say(&words.crash_again, &[("container", container)])
        }
        Reason::CrashBackOff { container, restarts } => {
            let values = [("container", &**container), ("restarts", &*restarts.to_string())];
            say(&words.crash_back_off, &values).stuck()
        }
        Reason::Stopping { grace_seconds } => {
            say(&words.stopping, &[("seconds", &grace_seconds.to_string())])
        }
        Reason::NodeLost { node } => return Some(node_lost(words, store, pod, node)),
        _ => return None,
    })
}

/// A pod whose node does not answer: before it is told to go, it is given time; after that, nobody can say that it has
/// stopped.
fn node_lost(words: &'static Words, store: &Store, pod: &Object, node: &str) -> PodDetail {
    let (key, values) = (pod.key(), [("node", node), ("pod", &*pod.meta.name)]);
    if pod.meta.is_terminating() {
        let force = format!("kubectl delete pod {} --force --grace-period=0", pod.meta.name);
        let force = in_namespace(force, &key.namespace);
        return PodDetail::new(&words.node_lost_for_good, None, &values).stuck().with_remedy(force);
    }
    let tolerating = store.verdict(Component::TaintEvictionController, &key).map(|v| &**v);
    let tolerating = tolerating.filter(|v| matches!(v.reason, Reason::Tolerating { .. }));
    match tolerating {
        Some(verdict) => PodDetail::new(&words.node_lost_tolerated, Some(verdict), &values),
        None => PodDetail::new(&words.node_lost, None, &values),
    }
}

/// Why no node takes a pod, if it is because of this claim: its volume lies where no pod can go, or can't be made.
fn stranded(words: &'static Words, store: &Store, pod: &str, claim: &Key) -> Option<PodDetail> {
    let object = store.get(claim);
    let Some(volume) = object.and_then(|claim| claim.claim().spec.volume_name.clone()) else {
        return claim_detail(words, store, claim).filter(|detail| detail.stuck);
    };
    let node = store.get(&Key::cluster(Kind::PersistentVolume, &volume))?.volume().node.clone()?;
    let values = [("claim", &*claim.name), ("node", &*node)];
    let Some(object) = store.get(&Key::cluster(Kind::Node, &node)) else {
        let again = in_namespace(format!("kubectl delete pvc/{} pod/{pod}", claim.name), &claim.namespace);
        return Some(PodDetail::new(&words.volume_node_gone, None, &values).stuck().with_remedy(again));
    };
    if object.node().unschedulable {
        let uncordon = format!("kubectl uncordon {node}");
        return Some(
            PodDetail::new(&words.volume_node_cordoned, None, &values).stuck().with_remedy(uncordon),
        );
    }
    let is_lost = object.node().taints.iter().any(|taint| taint.key.starts_with("node.kubernetes.io/un"));
    is_lost.then(|| {
        PodDetail::new(&words.volume_node_lost, None, &values)
            .stuck()
            .with_remedy(format!("trouble node {node} up"))
    })
}

/// What a claim waits for.
fn claim_detail(words: &'static Words, store: &Store, key: &Key) -> Option<PodDetail> {
    let components = [Component::Provisioner, Component::PersistentVolumeController];
    components.into_iter().filter_map(|c| store.verdict(c, key)).find_map(|verdict| {
        let verdict = Some(&**verdict);
        let say = |detail: &'static Detail, name: &str, value: &str| {
            PodDetail::new(detail, verdict, &[(name, value), ("claim", &key.name)])
        };
        Some(match &verdict?.reason {
            Reason::Provisioning { provisioner } => say(&words.provisioning, "provisioner", provisioner),
            Reason::ClassMissing { class: name } => {
                say(&words.class_missing, "class", name).stuck().with_remedy(apply(&class(name)))
            }
            Reason::WaitingForFirstConsumer => say(&words.waiting_for_consumer, "", ""),
            Reason::NoVolume => say(&words.no_volume, "", "").stuck(),
            Reason::ProvisioningFailed { message } => {
                say(&words.provisioning_failed, "message", &sentence(message)).stuck()
            }
            _ => return None,
        })
    })
}

/// A message as a sentence: with a full stop.
fn sentence(message: &str) -> String {
    let message = message.trim_end();
    if message.ends_with('.') { message.into() } else { format!("{message}.") }
}
