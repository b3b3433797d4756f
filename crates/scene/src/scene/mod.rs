//! What is shown, and where: a pure function of the world at a moment, of what the page remembers, and of the moment.

pub mod pod_grid;

use crate::explain::{self as why, Why};
use crate::history::pod_state::{PodState, has_sandbox};
use crate::history::{Chronicle, Life};
use crate::messages::{Words, fill};
use kubesim::api::pod::ContainerState;
use kubesim::api::service::SERVICE_NAME_LABEL;
use kubesim::api::stateful_set::{
    PodManagementPolicy, REVISION_LABEL, UpdateStrategy, ordinal_of, parent_and_ordinal, pod_name,
};
use kubesim::api::volume::ClaimPhase;
use kubesim::api::{Key, Kind, Object, SimTime, Span, Str, Uid};
use kubesim::apiserver::{History, Store};
use kubesim::kubectl::printers::{pod_status, pod_summary};
use kubesim::verdict::{Component, Reason, Verdict};
use pod_grid::{Crowd, Seen};
use std::rc::Rc;

/// A moment, exact enough for smooth movement: milliseconds since the cluster's zero.
pub type Playhead = f64;

/// Everything on the stage.
#[derive(Clone, PartialEq, Debug)]
pub struct Scene {
    /// The set that is looked at.
    pub set: Option<SetView>,
    /// All sets there are, to choose another.
    pub sets: Vec<Key>,
    /// Why it is as it is.
    pub why: Why,
    /// The Service that names the pods.
    pub service: Option<ServiceView>,
    /// One for each number; of a crowd, only the one that is looked at closely.
    pub lanes: Vec<Rc<Lane>>,
    /// Whether there are too many lanes to show details, be they drawn already or not.
    pub many: bool,
    /// All places, if they are too many for lanes.
    pub crowd: Option<Rc<Crowd>>,
    /// Pods of nobody or of somebody else.
    pub others: Rc<Vec<OtherPod>>,
}

/// The set.
#[derive(Clone, PartialEq, Debug)]
pub struct SetView {
    /// The set.
    pub key: Key,
    /// Facts about it, in few words.
    pub chips: Vec<String>,
}

/// The Service that names the pods.
#[derive(Clone, PartialEq, Debug)]
pub struct ServiceView {
    /// Its name.
    pub name: Str,
    /// Its address; absent if the Service does not exist.
    pub cluster_ip: Option<Str>,
    /// What DNS answers to its name.
    pub answer: String,
}

/// A pod's place: its number stays when the pod goes.
#[derive(Clone, PartialEq, Debug)]
pub struct Lane {
    /// The number.
    pub ordinal: i32,
    /// The name of its pod.
    pub name: Str,
    /// The pod, or what is there in its place.
    pub pod: PodPlace,
    /// The name that DNS has for the pod's address, as short as it can be asked for in the set's namespace.
    pub dns_name: Option<Str>,
    /// Its claims.
    pub claims: Vec<ClaimView>,
}

/// The pod, or what is there in its place.
#[derive(Clone, PartialEq, Debug)]
pub enum PodPlace {
    /// No pod.
    Ghost {
        /// What it waits for.
        note: String,
        /// Whether it is the next one to be made.
        next: bool,
    },
    /// A pod.
    Pod(Box<PodView>),
}

/// A pod.
#[derive(Clone, PartialEq, Debug)]
pub struct PodView {
    /// The start of the object's uid: tells a replacement from its predecessor.
    pub uid: String,
    /// Whether there was a predecessor.
    pub uid_mark: Mark,
    /// Its state.
    pub state: PodState,
    /// STATUS as kubectl prints it.
    pub status: String,
    /// READY as kubectl prints it, and the progress to available.
    pub ready: String,
    /// Its address.
    pub ip: Option<Str>,
    /// Whether the address is the predecessor's.
    pub ip_mark: Mark,
    /// AGE as kubectl prints it; empty where there is no room for it.
    pub age: String,
    /// Its node, and the node's number for its colour.
    pub node: Option<(Str, usize)>,
    /// Whether the node is the predecessor's.
    pub node_mark: Mark,
    /// What it has of its predecessor and what not, if it had one.
    pub replaced: Option<Replaced>,
    /// How often its containers were started again.
    pub restarts: i64,
    /// How far it is: placed and with its volumes; init containers done (if it has any); containers started; Ready.
    pub progress: Vec<f32>,
    /// How far it is as a whole; once it is Ready: how far it is to being available.
    pub ring: f32,
}

/// What a replacement has of its predecessor, and what is new, beside the name and the ordinal, which always stay, and the
/// uid, which never does.
#[derive(Clone, PartialEq, Debug)]
pub struct Replaced {
    /// Whether its claims, and with them its volumes, were there before; absent if it has none.
    pub claims: Option<bool>,
    /// Whether its address is the same; absent while it has none.
    pub ip: Option<bool>,
    /// Whether its node is the same; absent while it has none.
    pub node: Option<bool>,
    /// Whether its template is the same.
    pub revision: bool,
}

/// What a replacement has of its predecessor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mark {
    /// There was no predecessor.
    None,
    /// The same.
    Same,
    /// Another.
    New,
}

/// A claim and its volume.
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimView {
    /// Its name.
    pub name: Str,
    /// What it is; absent if it is not there yet.
    pub claim: Option<ClaimFacts>,
    /// The volume.
    pub volume: Option<VolumeView>,
    /// How far the cable between pod and claim is plugged in: 0 to 1.
    pub cable: f32,
}

/// What a claim is.
#[derive(Clone, PartialEq, Debug)]
pub struct ClaimFacts {
    /// STATUS as kubectl prints it.
    pub status: &'static str,
    /// Whether a predecessor of the pod had it already.
    pub same: bool,
    /// Whether it outlasted its pod's number.
    pub kept: bool,
    /// Size, access modes and class.
    pub about: String,
}

/// A volume.
#[derive(Clone, PartialEq, Debug)]
pub struct VolumeView {
    /// The start of its name.
    pub name: String,
    /// The number of its node, for its colour, and the node.
    pub node: Option<(Str, usize)>,
    /// Its files.
    pub files: Vec<FileView>,
}

/// A file on a volume.
#[derive(Clone, PartialEq, Debug)]
pub struct FileView {
    /// Its path inside the volume, without the first slash.
    pub path: Str,
    /// How many lines are before the ones that are shown.
    pub before: usize,
    /// Its last lines.
    pub lines: Vec<LineView>,
}

/// A line of a file.
#[derive(Clone, PartialEq, Debug)]
pub struct LineView {
    /// The line.
    pub text: String,
    /// Whether the pod that is there now wrote it under a predecessor's lines.
    pub fresh: bool,
}

/// A pod that is no pod of the set.
#[derive(Clone, PartialEq, Debug)]
pub struct OtherPod {
    /// Its namespace.
    pub namespace: Str,
    /// Its name.
    pub name: Str,
    /// Its state.
    pub state: PodState,
    /// STATUS as kubectl prints it.
    pub status: String,
}

/// So many of a file's lines are shown.
const LINES_SHOWN: usize = 6;

/// How a crowd is looked at.
#[derive(Default)]
pub struct Glass {
    /// The place that the user wants to see whole.
    pub lens: Option<i32>,
    /// The crowd as it was seen last.
    seen: Option<Seen>,
    /// The pods of others as they were seen last, after how many writes, and of which set they are not.
    others: Option<(usize, Uid, Rc<Vec<OtherPod>>)>,
}

impl Glass {
    fn others(&mut self, store: &Store, set: &Object, position: usize) -> Rc<Vec<OtherPod>> {
        match &self.others {
            Some((at, of, others)) if *at == position && *of == set.meta.uid => others.clone(),
            _ => {
                let others = Rc::new(others(store, Some(set)));
                self.others = Some((position, set.meta.uid, others.clone()));
                others
            }
        }
    }
}

/// So many lanes are shown without details.
pub const COMPACT: usize = 9;
/// In so many steps each part of a pod's progress is shown where nobody sees details, and in so many its ring: a lane is drawn
/// anew only when there is something else to be seen.
const STEPS_OF_EACH: f32 = 8.0;
const STEPS: f32 = 24.0;
/// What there is room for in one picture, where lanes are many: more would take longer than a picture may.
pub const ROOM: usize = 8;
/// What a lane takes of it that changes.
const CHANGED: usize = 1;
/// What a lane takes of it that is made, or of which the pod comes or goes.
pub const MADE: usize = 2;

/// The set that is on the stage: the one that the user chose, if it is there, or else the first one.
pub fn shown_set(store: &Store, wanted: Option<&Key>) -> Option<Key> {
    let is_set = |key: &&Key| key.kind == Kind::StatefulSet && store.get(key).is_some();
    let chosen = wanted.filter(is_set).cloned();
    chosen.or_else(|| store.list(Kind::StatefulSet).next().map(|set| set.key()))
}

/// The scene at this moment. `wanted` is the set that the user chose, if it is there.
pub fn scene(
    words: &'static Words,
    store: &Store,
    chronicle: &Chronicle,
    now: Playhead,
    wanted: Option<&Key>,
    (glass, history, position): (&mut Glass, &History, usize),
) -> Scene {
    let sets: Vec<Key> = store.list(Kind::StatefulSet).map(|s| s.key()).collect();
    let set = shown_set(store, wanted).and_then(|key| store.get(&key));
    let Some(set) = set else {
        let why = why::of_nothing(words, store);
        return Scene {
            set: None,
            sets,
            why,
            service: None,
            lanes: Vec::new(),
            many: false,
            crowd: None,
            others: Rc::new(others(store, None)),
        };
    };
    let nodes =
        store.list(Kind::Node).filter(|n| !n.node().taints.iter().any(|t| t.key.ends_with("control-plane")));
    let look = Look {
        words,
        store,
        chronicle,
        set,
        now,
        nodes: nodes.map(|node| node.meta.name.clone()).collect(),
        in_dns: pods_in_dns(store, set),
        next: next_pod(store, set),
    };
    let why = why::of_set(words, store, set);
    let (crowd, seen) = Seen::look(glass.seen.take(), history, position, store, set);
    glass.seen = seen;
    let lanes = match &crowd {
        Some(crowd) => look.whole(crowd, glass.lens, why.pod.as_deref()).into_iter().collect(),
        None => look.lanes(),
    };
    Scene {
        set: Some(SetView { key: set.key(), chips: chips(set) }),
        why,
        service: look.service(),
        many: lanes.len() >= COMPACT,
        lanes,
        crowd,
        others: glass.others(store, set, position),
        sets,
    }
}

fn chips(set: &Object) -> Vec<String> {
    let (spec, status) = (&set.stateful_set().spec, &set.stateful_set().status);
    let mut chips = vec![format!("{}/{} ready", status.ready_replicas, spec.replicas)];
    chips.push(match spec.pod_management_policy {
        PodManagementPolicy::OrderedReady => "OrderedReady".into(),
        PodManagementPolicy::Parallel => "Parallel".into(),
    });
    chips.push(match &spec.update_strategy {
        UpdateStrategy::OnDelete => "OnDelete".into(),
        UpdateStrategy::RollingUpdate { partition: 0, .. } => "RollingUpdate".into(),
        UpdateStrategy::RollingUpdate { partition, .. } => format!("partition {partition}"),
    });
    if let Some(revision) = &status.update_revision {
        chips.push(match &status.current_revision {
            Some(current) if current != revision => {
                format!("{}/{} at {revision}", status.updated_replicas, spec.replicas)
            }
            _ => format!("rev {revision}"),
        });
    }
    chips
}

fn others(store: &Store, set: Option<&Object>) -> Vec<OtherPod> {
    let not_of_set = |pod: &&Rc<Object>| !set.is_some_and(|set| pod.meta.is_controlled_by(set.meta.uid));
    let view = |pod: &Rc<Object>| OtherPod {
        namespace: pod.meta.namespace.clone(),
        name: pod.meta.name.clone(),
        state: PodState::of(pod),
        status: pod_status(pod.pod(), &pod.meta),
    };
    store.list(Kind::Pod).filter(not_of_set).map(view).collect()
}

/// The pods that the Service's name leads to, each with its own host name in it, if it has one.
fn pods_in_dns(store: &Store, set: &Object) -> Vec<(Str, Option<Str>)> {
    let service = &*set.stateful_set().spec.service_name;
    let slices = store.list_in(Kind::EndpointSlice, &set.meta.namespace);
    let slices = slices.filter(|s| s.meta.label(SERVICE_NAME_LABEL) == Some(service));
    let endpoints = slices.flat_map(|s| s.endpoint_slice().endpoints.iter());
    let ready = endpoints.filter(|e| e.ready && !e.address.is_empty());
    ready.filter_map(|e| e.target.as_ref().map(|(_, pod, _)| (pod.clone(), e.hostname.clone()))).collect()
}

/// The pod that is to be made next.
fn next_pod(store: &Store, set: &Object) -> Option<Str> {
    let verdict = store.verdict(Component::StatefulSetController, &set.key())?;
    match &verdict.reason {
        Reason::WaitingForReady { next, .. }
        | Reason::WaitingForAvailable { next, .. }
        | Reason::WaitingForTermination { next, .. } => next.clone(),
        Reason::MaxUnavailableDropped { next, .. } => Some(next.clone()),
        _ => None,
    }
}

/// What the lanes are made from.
struct Look<'a> {
    words: &'static Words,
    store: &'a Store,
    chronicle: &'a Chronicle,
    set: &'a Rc<Object>,
    now: Playhead,
    nodes: Vec<Str>,
    in_dns: Vec<(Str, Option<Str>)>,
    next: Option<Str>,
}

impl Scene {
    /// The scene as it is drawn after a picture with these lanes: what has not changed is in the same allocations, and of many
    /// lanes that have changed only as many are new as there is `room` for, from the place `turn` on; the others come in the
    /// next pictures. Returns the place at which those begin, if there are any. What is drawn anew takes its part of `room`.
    pub fn following(mut self, before: &[Rc<Lane>], turn: usize, room: &mut usize) -> (Scene, Option<usize>) {
        let mut left = if self.many { *room } else { usize::MAX };
        let is_same = |old: &Rc<Lane>, new: &Rc<Lane>| old.name == new.name;
        let kept = before.iter().zip(&self.lanes).take_while(|(old, new)| is_same(old, new)).count();
        let added = (self.lanes.len() - kept).min(left / MADE);
        let mut rest = (kept + added < self.lanes.len()).then_some(kept + added);
        self.lanes.truncate(kept + added);
        left -= added * MADE;
        for place in (0..kept).map(|n| (turn + n) % kept) {
            if self.lanes[place] != before[place] {
                let takes = self.lanes[place].takes_after(&before[place]);
                if takes <= left {
                    left -= takes;
                    continue;
                }
                rest = rest.or(Some(place));
            }
            self.lanes[place] = before[place].clone();
        }
        if self.many {
            *room = left;
        }
        (self, rest)
    }
}

impl Lane {
    /// How much of a picture's room it takes to draw this lane where that one was.
    fn takes_after(&self, before: &Lane) -> usize {
        let is_pod = |lane: &Lane| matches!(lane.pod, PodPlace::Pod(_));
        if is_pod(self) == is_pod(before) { CHANGED } else { MADE }
    }
}

impl Look<'_> {
    fn at(&self) -> SimTime {
        SimTime(self.now as i64)
    }

    fn service(&self) -> Option<ServiceView> {
        let name = &self.set.stateful_set().spec.service_name;
        if name.is_empty() {
            return None;
        }
        let service = self.store.find(Kind::Service, &self.set.meta.namespace, name);
        let answer = match service.map(|s| s.service()) {
            Some(service) if !service.is_headless() => service.cluster_ip.to_string(),
            Some(_) if !self.in_dns.is_empty() => format!("{} A", self.in_dns.len()),
            _ => "NXDOMAIN".into(),
        };
        let cluster_ip = service.map(|s| s.service().cluster_ip.clone());
        Some(ServiceView { name: name.clone(), cluster_ip, answer })
    }

    /// A lane for each number that is wanted, that has a pod, or whose claim is still there.
    fn lanes(&self) -> Vec<Rc<Lane>> {
        let spec = &self.set.stateful_set().spec;
        let (namespace, set) = (&*self.set.meta.namespace, &self.set.meta.name);
        let wanted = spec.ordinals();
        let mut ordinals: Vec<i32> = wanted.clone().collect();
        let mut add = |stem: &str, name: &Str| {
            if let Some(ordinal) = ordinal_of(stem, name)
                && let Err(place) = ordinals.binary_search(&ordinal)
            {
                ordinals.insert(place, ordinal);
            }
        };
        for pod in self.store.list_in(Kind::Pod, namespace) {
            if pod.meta.is_controlled_by(self.set.meta.uid) {
                add(set, &pod.meta.name);
            }
        }
        for template in &*spec.volume_claim_templates {
            let stem = [&*template.name, "-", set].concat();
            for claim in self.store.list_in(Kind::PersistentVolumeClaim, namespace) {
                add(&stem, &claim.meta.name);
            }
        }
        let small = ordinals.len() >= COMPACT;
        let lane = |ordinal| Rc::new(self.lane(ordinal, wanted.contains(&ordinal), small));
        ordinals.into_iter().map(lane).collect()
    }

    /// Of a crowd, the place that is to be seen whole: the one that was chosen, else that of the pod that matters now.
    fn whole(&self, crowd: &Crowd, lens: Option<i32>, pod: Option<&str>) -> Option<Rc<Lane>> {
        let spec = &self.set.stateful_set().spec;
        let ordinal = |name: &str| parent_and_ordinal(name).map(|(_, ordinal)| ordinal);
        let is_there = |n: &i32| crowd.cell(*n).is_some();
        let chosen = lens.or(pod.and_then(ordinal)).filter(is_there);
        let ordinal = chosen.or(crowd.cells().next().map(|cell| cell.ordinal))?;
        let wanted = spec.ordinals();
        Some(Rc::new(self.lane(ordinal, wanted.contains(&ordinal), false)))
    }

    /// `small`: nobody will see details. What changes every second would only be drawn again in vain.
    fn lane(&self, ordinal: i32, wanted: bool, small: bool) -> Lane {
        let spec = &self.set.stateful_set().spec;
        let name: Str = pod_name(&self.set.meta.name, ordinal).into();
        let pod = self.store.find(Kind::Pod, &self.set.meta.namespace, &name);
        let before = pod.and_then(|pod| self.chronicle.life_before(pod));
        let place = match pod {
            Some(pod) => PodPlace::Pod(Box::new(self.pod(pod, before, small))),
            None => self.ghost(ordinal, &name, wanted),
        };
        let claim_of = |template: &Str| self.claim(&[&**template, "-", &*name].concat(), pod, before, wanted);
        let shows_claims = !matches!(place, PodPlace::Ghost { next: false, .. });
        let claims = spec.volume_claim_templates.iter().map(|t| claim_of(&t.name));
        Lane {
            ordinal,
            dns_name: self.dns_name(&name),
            claims: claims.filter(|c| shows_claims || c.claim.is_some()).collect(),
            pod: place,
            name,
        }
    }

    /// `flask-0.flask`; the Service's name if the pod has none of its own in it.
    fn dns_name(&self, pod: &str) -> Option<Str> {
        let service = &self.set.stateful_set().spec.service_name;
        let (_, hostname) = self.in_dns.iter().find(|(listed, _)| &**listed == pod)?;
        let called = |hostname: &Str| [hostname, ".", service].concat().into();
        Some(hostname.as_ref().map_or_else(|| service.clone(), called))
    }

    fn ghost(&self, ordinal: i32, name: &Str, wanted: bool) -> PodPlace {
        let spec = &self.set.stateful_set().spec;
        let next = self.next.as_ref() == Some(name);
        let waits =
            spec.pod_management_policy == PodManagementPolicy::OrderedReady && ordinal > spec.ordinals_start;
        let note = if !wanted {
            self.words.scaled_away.to_string()
        } else if waits {
            let before = pod_name(&self.set.meta.name, ordinal - 1);
            fill(self.words.waits_for, &[("pod", &before)])
        } else {
            self.words.soon.to_string()
        };
        PodPlace::Ghost { note, next }
    }

    fn pod(&self, object: &Object, before: Option<&Life>, small: bool) -> PodView {
        let (pod, min_ready) = (object.pod(), self.set.stateful_set().spec.min_ready_seconds);
        let mark = |old: fn(&Life) -> &Option<Str>, new: &Option<Str>| match (before.map(old), new) {
            (Some(Some(old)), Some(new)) if old == new => Mark::Same,
            (Some(Some(_)), Some(_)) => Mark::New,
            _ => Mark::None,
        };
        let mut progress = self.progress(object);
        if small {
            progress.iter_mut().for_each(|part| *part = (*part * STEPS_OF_EACH).floor() / STEPS_OF_EACH);
        }
        let mut ring = progress.iter().sum::<f32>() / progress.len() as f32;
        let summary = pod_summary(pod, &object.meta);
        let mut ready = summary.ready_column();
        if let Some(since) = pod.ready_since() {
            let seconds = (self.now - since.0 as f64) / 1000.0;
            ring = if min_ready > 0 { part(seconds, min_ready as f64) } else { 1.0 };
            if ring < 1.0 && !object.meta.is_terminating() {
                ready = format!("{ready} · {}/{min_ready}s", seconds.max(0.0) as i64);
            }
        }
        if let Some(left) = self.grace_left(object) {
            ring = left;
        }
        if small {
            ring = (ring * STEPS).round() / STEPS;
        }
        PodView {
            uid: object.meta.uid.to_string()[..8].to_string(),
            uid_mark: if before.is_some() { Mark::New } else { Mark::None },
            state: PodState::of(object),
            status: summary.status,
            ready,
            ip: pod.status.pod_ip.clone(),
            ip_mark: mark(|life| &life.ip, &pod.status.pod_ip),
            age: if small { String::new() } else { (self.at() - object.meta.creation_timestamp).to_string() },
            node: pod.spec.node_name.clone().map(|node| self.numbered(node)),
            node_mark: mark(|life| &life.node, &pod.spec.node_name),
            replaced: before.map(|before| self.replaced(object, before)),
            restarts: summary.restarts,
            progress,
            ring,
        }
    }

    fn replaced(&self, object: &Object, before: &Life) -> Replaced {
        let pod = object.pod();
        let is_older = |claim: &Str| {
            let claim = self.store.get(&object.key().beside(Kind::PersistentVolumeClaim, claim));
            claim.is_some_and(|claim| claim.meta.creation_timestamp < object.meta.creation_timestamp)
        };
        let same = |old: &Option<Str>, new: &Option<Str>| new.as_ref().map(|_| old == new);
        Replaced {
            claims: pod.spec.claims().map(is_older).reduce(|all, is| all && is),
            ip: same(&before.ip, &pod.status.pod_ip),
            node: same(&before.node, &pod.spec.node_name),
            revision: before.revision.as_deref() == object.meta.label(REVISION_LABEL),
        }
    }

    fn numbered(&self, node: Str) -> (Str, usize) {
        let number = self.nodes.iter().position(|n| *n == node).unwrap_or_default();
        (node, number)
    }

    /// The part of its grace period that a pod still has.
    fn grace_left(&self, object: &Object) -> Option<f32> {
        let end = object.meta.deletion_timestamp?;
        let grace = object.meta.deletion_grace_period_seconds.unwrap_or(0).max(1) as f64;
        Some(part((end.0 as f64 - self.now) / 1000.0, grace))
    }

    /// How far a pod is; see [`PodView::progress`].
    fn progress(&self, object: &Object) -> Vec<f32> {
        let pod = object.pod();
        let verdict = |component| self.store.verdict(component, &object.key());
        let kubelet = verdict(Component::Kubelet).map(|v| &**v);
        let scheduled = pod.spec.node_name.is_some();
        let placed = if !scheduled {
            0.1 + 0.5 * self.claims_progress(object)
        } else if !has_sandbox(object) {
            0.6 + 0.4 * kubelet.map_or(0.0, |v| self.elapsed(v))
        } else {
            1.0
        };
        let done =
            |state: &ContainerState| matches!(state, ContainerState::Terminated(t) if t.exit_code == 0);
        let (init, main) = (&pod.status.init_container_statuses, &pod.status.container_statuses);
        let init_done = init.iter().filter(|c| done(&c.state) || c.ready).count();
        let started = main.iter().filter(|c| !matches!(c.state, ContainerState::Waiting { .. })).count();
        let of = |finished: usize, all: usize, working: bool| {
            let step = if working { kubelet.map_or(0.0, |v| self.step(v)) } else { 0.0 };
            ((finished as f32 + step) / all as f32).min(1.0)
        };
        let (inits, containers) = (pod.spec.init_containers.len(), pod.spec.containers.len());
        let in_init = init_done < inits;
        let ready = if pod.is_ready() {
            1.0
        } else if started == containers && matches!(kubelet.map(|v| &v.reason), Some(Reason::Probing { .. }))
        {
            kubelet.map_or(0.0, |v| self.elapsed(v))
        } else {
            0.0
        };
        let mut progress = vec![placed];
        if inits > 0 {
            progress.push(of(init_done, inits, in_init && has_sandbox(object)));
        }
        progress.push(of(started, containers, !in_init && started < containers && has_sandbox(object)));
        progress.push(ready);
        progress
    }

    /// How far the volumes of a pod's claims are, on the whole.
    fn claims_progress(&self, object: &Object) -> f32 {
        let progress = |claim: &Str| {
            let key = object.key().beside(Kind::PersistentVolumeClaim, claim);
            if self.store.get(&key).is_some_and(|c| c.claim().phase == ClaimPhase::Bound) {
                return 1.0;
            }
            self.store.verdict(Component::Provisioner, &key).map_or(0.0, |verdict| self.elapsed(verdict))
        };
        object.pod().spec.claims().map(progress).fold(1.0, f32::min)
    }

    /// How far a container is in being pulled, started and (if it is an init container) run.
    fn step(&self, verdict: &Verdict) -> f32 {
        match &verdict.reason {
            Reason::Pulling { .. } => 0.6 * self.elapsed(verdict),
            Reason::Starting { .. } => 0.6 + 0.2 * self.elapsed(verdict),
            Reason::RunningInit { .. } => 0.8 + 0.2 * self.elapsed(verdict),
            _ => 0.0,
        }
    }

    /// The part of a verdict's time that has gone by; without an end it nears 1 and never gets there.
    fn elapsed(&self, verdict: &Verdict) -> f32 {
        let gone = self.now - verdict.since.0 as f64;
        match verdict.until {
            Some(until) => part(gone, (until - verdict.since).0 as f64),
            None => part(gone, gone + 3000.0),
        }
    }

    fn claim(&self, name: &str, pod: Option<&Rc<Object>>, before: Option<&Life>, wanted: bool) -> ClaimView {
        let claim = self.store.find(Kind::PersistentVolumeClaim, &self.set.meta.namespace, name);
        let born = pod.map(|p| p.meta.creation_timestamp);
        let facts = claim.map(|object| {
            let claim = object.claim();
            let modes: Vec<&str> = claim.spec.access_modes.iter().map(|m| short_mode(m)).collect();
            let size = claim.capacity.as_ref().unwrap_or(&claim.spec.request);
            let class = claim.spec.storage_class_name.as_deref().unwrap_or_default();
            ClaimFacts {
                status: if object.meta.is_terminating() { "Terminating" } else { claim.phase.name() },
                same: before.is_some() && born.is_some_and(|born| object.meta.creation_timestamp < born),
                kept: pod.is_none() && !wanted,
                about: [size, &*modes.join(","), class].join(" · "),
            }
        });
        let volume = claim.and_then(|c| c.claim().spec.volume_name.clone());
        let volume = volume.and_then(|volume| self.store.get(&Key::cluster(Kind::PersistentVolume, &volume)));
        let cable = match pod {
            Some(pod) if claim.is_some() => self.plugged(pod),
            _ => 0.0,
        };
        ClaimView {
            name: name.into(),
            claim: facts,
            volume: volume.map(|volume| self.volume(volume, before.and(born))),
            cable,
        }
    }

    /// How far a pod's node is in mounting its volumes: it does so before it makes the sandbox.
    fn plugged(&self, pod: &Object) -> f32 {
        if pod.pod().spec.node_name.is_none() {
            return 0.0;
        }
        match self.store.verdict(Component::Kubelet, &pod.key()) {
            Some(verdict) if verdict.reason == Reason::CreatingSandbox => self.elapsed(verdict),
            _ if has_sandbox(pod) => 1.0,
            _ => 0.0,
        }
    }

    /// `replaced` is when the pod that is there now took over from a predecessor.
    fn volume(&self, object: &Object, replaced: Option<SimTime>) -> VolumeView {
        let name = &object.meta.name;
        let files_at = |at| self.chronicle.files_at(name, at).map(|(_, files)| files);
        let old = replaced.and_then(files_at);
        let files = files_at(self.at()).into_iter().flat_map(|files| files.iter());
        let files = files.filter(|(path, _)| !path.ends_with('/')).map(|(path, text)| {
            let old_lines = old.and_then(|old| old.get(path)).map_or(0, |old| old.lines().count());
            let count = text.lines().count();
            let before = count.saturating_sub(LINES_SHOWN);
            let line = |(n, text): (usize, &str)| LineView {
                text: text.to_string(),
                fresh: old_lines > 0 && n >= old_lines,
            };
            FileView {
                path: path.trim_start_matches('/').into(),
                before,
                lines: text.lines().enumerate().skip(before).map(line).collect(),
            }
        });
        VolumeView {
            name: name.chars().take(12).collect(),
            node: object.volume().node.clone().map(|node| self.numbered(node)),
            files: files.collect(),
        }
    }
}

/// `ReadWriteOnce` → `RWO`, as kubectl does.
fn short_mode(mode: &str) -> &'static str {
    match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        _ => "RWOP",
    }
}

/// `done` of `all`, between 0 and 1, in steps that are too small to see.
fn part(done: f64, all: f64) -> f32 {
    if all <= 0.0 {
        return 1.0;
    }
    ((done / all).clamp(0.0, 1.0) * 256.0).round() as f32 / 256.0
}

/// How long ago, as kubectl prints ages.
pub fn ago(now: SimTime, then: SimTime) -> String {
    Span((now - then).0.max(0)).to_string()
}
