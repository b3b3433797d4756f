//! Why the set does what it does, or waits: the verdicts of the moment as a question, an answer and a rule.

use crate::words::{Detail, Rule, Say, Words, fill};
use kubesim::api::{Body, Key, Kind, Object, SimTime, Span, Str};
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

impl Why {
    fn new(mood: Mood, say: &Say, values: &[(&str, &str)]) -> Why {
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
}

/// Why nothing is on the stage.
pub fn of_nothing(words: &'static Words, store: &Store) -> Why {
    let something = store.list(Kind::Pod).next().is_some();
    Why::new(Mood::Calm, if something { &words.other_set } else { &words.nothing }, &[])
}

/// Why this set does what it does.
pub fn of_set(words: &'static Words, store: &Store, set: &Object) -> Why {
    let verdict = store.verdict(Component::StatefulSetController, &set.key());
    let about = About { words, store, set };
    match verdict {
        Some(verdict) => about.verdict(verdict),
        None => about.rest(),
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
            Reason::Created { pod } => self.made(pod),
            Reason::Deleted { pod, why } => {
                let say = match why {
                    DeleteReason::ScaledDown => &words.deleted,
                    DeleteReason::Outdated => &words.deleted_outdated,
                    DeleteReason::Finished => &words.deleted_finished,
                };
                self.with_pod(Why::new(Mood::Busy, say, &[("pod", pod)]), pod)
            }
            Reason::WaitingForReady { pod, next } => {
                self.waiting(&words.waiting_for_ready, &words.last_ready, pod, next, "")
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
            Reason::HeldByPartition { partition, held } => {
                let values = [("partition", &*partition.to_string()), ("held", &*held.to_string())];
                Why::new(Mood::Calm, &words.held_by_partition, &values)
            }
            Reason::OnDelete { outdated } => {
                Why::new(Mood::Calm, &words.on_delete, &[("held", &outdated.to_string())])
            }
            Reason::StuckUpdate { pod } => {
                let mut why = Why::new(Mood::Stuck, &words.stuck, &[("pod", pod)]);
                why.pod = Some(pod.clone());
                why.remedy = Some(format!("kubectl delete pod {pod}"));
                why
            }
            Reason::Failed { message } => {
                Why::new(Mood::Stuck, &words.failed, &[("message", &sentence(message))])
            }
            Reason::BeingDeleted => Why::new(Mood::Busy, &words.being_deleted, &[]),
            _ => self.rest(),
        }
    }

    /// A pod was just made: nobody can have waited for it yet.
    fn made(&self, pod: &Str) -> Why {
        self.with_pod(Why::new(Mood::Busy, &self.words.created, &[("pod", pod)]), pod)
    }

    /// The set has nothing to do; perhaps its pods still have.
    fn rest(&self) -> Why {
        let (words, set) = (self.words, self.set.stateful_set());
        let mut pods = self
            .store
            .list_in(Kind::Pod, &self.set.meta.namespace)
            .filter(|p| p.meta.is_controlled_by(self.set.meta.uid));
        if let Some(pod) = pods.find(|pod| pod.meta.is_terminating() || !pod.pod().is_ready()) {
            let name = &pod.meta.name;
            let mut why = Why::new(Mood::Waiting, &words.starting, &[]);
            why.title =
                fill(if pod.meta.is_terminating() { words.going } else { words.unready }, &[("pod", name)]);
            return self.with_pod(why, name);
        }
        let say = if set.spec.replicas == 0 { &words.settled_empty } else { &words.settled };
        let (ready, replicas) = (set.status.ready_replicas.to_string(), set.spec.replicas.to_string());
        Why::new(Mood::Calm, say, &[("ready", &ready), ("replicas", &replicas)])
    }

    /// `say` is for a pod that waits for another, `last` for when none does.
    fn waiting(&self, say: &Say, last: &Say, pod: &Str, next: &Option<Str>, seconds: &str) -> Why {
        let words = self.words;
        let values = [("pod", &**pod), ("next", next.as_deref().unwrap_or_default()), ("seconds", seconds)];
        let mut why = Why::new(Mood::Waiting, if next.is_some() { say } else { last }, &values);
        if let Some(next) = next {
            let exists = self.store.find(Kind::Pod, &self.set.meta.namespace, next).is_some();
            why.title = fill(if exists { words.present } else { words.missing }, &values);
        }
        self.with_pod(why, pod)
    }

    /// Adds what the pod itself is busy with.
    fn with_pod(&self, mut why: Why, pod: &Str) -> Why {
        why.pod = Some(pod.clone());
        let key = self.set.key().beside(Kind::Pod, pod);
        if let Some(more) = pod_detail(self.words, self.store, &key) {
            why.text = format!("{} {}", why.text, more.text);
            why.wait = why.wait.or(more.wait);
            why.rule = why.rule.or(more.detail.rule);
            if more.stuck {
                why.mood = Mood::Stuck;
                why.rule = more.detail.rule;
            }
        }
        why
    }
}

/// What one pod is busy with.
pub struct PodDetail {
    /// In a sentence.
    pub text: String,
    detail: &'static Detail,
    /// The stretch of time that it takes.
    pub wait: Option<(SimTime, SimTime)>,
    /// Whether it won't go on by itself.
    pub stuck: bool,
}

/// What this pod is busy with, or waits for: by the kubelet's verdict once it has a node, else by the scheduler's and
/// that of its claims.
pub fn pod_detail(words: &'static Words, store: &Store, key: &Key) -> Option<PodDetail> {
    let pod = store.get(key)?;
    let scheduled = pod.pod().spec.node_name.is_some();
    let component = if scheduled { Component::Kubelet } else { Component::Scheduler };
    let verdict = store.verdict(component, key)?;
    let say = |detail: &'static Detail, values: &[(&str, &str)]| PodDetail {
        text: fill(detail.text, values),
        detail,
        wait: verdict.until.map(|until| (verdict.since, until)),
        stuck: false,
    };
    let stuck = |detail: PodDetail| PodDetail { stuck: true, ..detail };
    Some(match &verdict.reason {
        Reason::Unschedulable { message } => match missing_class(words, store, pod) {
            Some(detail) => detail,
            None => stuck(say(&words.unschedulable, &[("message", &sentence(message))])),
        },
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
            say(&words.probe_fails, &[("container", container), ("failures", &failures.to_string())])
        }
        Reason::ImageBackOff { image, .. } => stuck(say(&words.image_back_off, &[("image", image)])),
        Reason::CrashBackOff { container, restarts } => stuck(say(
            &words.crash_back_off,
            &[("container", container), ("restarts", &restarts.to_string())],
        )),
        Reason::Stopping { grace_seconds } => {
            say(&words.stopping, &[("seconds", &grace_seconds.to_string())])
        }
        Reason::NodeLost { node } => stuck(say(&words.node_lost, &[("node", node)])),
        _ => return None,
    })
}

/// What a claim waits for.
fn claim_detail(words: &'static Words, store: &Store, key: &Key) -> Option<PodDetail> {
    let components = [Component::Provisioner, Component::PersistentVolumeController];
    components.into_iter().filter_map(|c| store.verdict(c, key)).find_map(|verdict| {
        let (detail, values) = match &verdict.reason {
            Reason::Provisioning { provisioner } => (&words.provisioning, ("provisioner", provisioner)),
            Reason::ClassMissing { class } => (&words.class_missing, ("class", class)),
            _ => return None,
        };
        Some(PodDetail {
            text: fill(detail.text, &[values, ("claim", &key.name)].map(|(n, v)| (n, &**v))),
            detail,
            wait: verdict.until.map(|until| (verdict.since, until)),
            stuck: matches!(verdict.reason, Reason::ClassMissing { .. }),
        })
    })
}

/// Whether one of the pod's claims waits for a class that does not exist.
fn missing_class(words: &'static Words, store: &Store, pod: &Object) -> Option<PodDetail> {
    let Body::Pod(body) = &pod.body else { return None };
    let mut claims = body.spec.claims();
    claims.find_map(|claim| {
        claim_detail(words, store, &pod.key().beside(Kind::PersistentVolumeClaim, claim)).filter(|d| d.stuck)
    })
}

/// A message as a sentence: with a full stop.
fn sentence(message: &str) -> String {
    let message = message.trim_end();
    if message.ends_with('.') { message.into() } else { format!("{message}.") }
}
