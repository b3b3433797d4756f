//! A pod on its node: what its kubelet knows of it.

use super::host::ContainerPlace;
use super::run::{Run, State};
use crate::api::event::Involved;
use crate::api::image::with_tag;
use crate::api::pod::Container;
use crate::api::{Fault, Object, SimTime, Span, Str, Uid};
use crate::apiserver::{ApiServer, EventType, Source};
use std::rc::Rc;

/// A pod on its node.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub uid: Uid,
    pub node: Str,
    pub host_ip: Str,
    /// When the kubelet took it on.
    pub start: SimTime,
    /// Its address, once it has a sandbox.
    pub address: Option<Str>,
    /// Whether the status shows the sandbox yet.
    pub announced: bool,
    /// Its init containers, then its containers, then its ephemeral containers.
    pub runs: Vec<Run>,
    /// How many of them are init containers.
    pub inits: usize,
    /// How many of them are containers that the pod has from the beginning, init containers apart.
    pub mains: usize,
    /// Set once it was told to stop.
    pub stop: Option<Stop>,
    /// When it will have run as long as it may (`activeDeadlineSeconds`).
    pub deadline: Option<SimTime>,
    /// Why its kubelet stopped it, if it did by itself: the status' reason and message.
    pub evicted: Option<(&'static str, &'static str)>,
    /// Nothing of it runs any more, and nothing will.
    pub over: bool,
    /// Whether its readiness fails on purpose (`Fault::PodUnready`), as far as its kubelet has seen.
    pub held_unready: bool,
    /// What is broken about its programs, as far as its kubelet has seen.
    pub faults: Vec<Fault>,
    pub setup: Setup,
    /// The pod's version after the last look, if nothing has happened to the worker from outside since.
    pub seen: Option<u64>,
}

/// How far the pod is before its containers.
#[derive(Clone, Debug)]
pub(super) enum Setup {
    /// Its volumes are to be mounted at this time; the last wait between two tries.
    Mount { at: SimTime, wait: Span, message: Option<Str> },
    /// Its sandbox is there at this time.
    Sandbox { at: SimTime },
    /// Done.
    Ready,
}

/// A pod was told to stop.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stop {
    /// Until then it may take.
    pub kill_at: SimTime,
    /// What it was given, in seconds.
    pub grace_seconds: i64,
    /// When the object may go, once nothing runs any more.
    pub remove_at: Option<SimTime>,
}

impl Worker {
    pub fn new(now: SimTime, pod: &Object, node: &Object) -> Worker {
        let spec = &pod.pod().spec;
        // Models `convertStatusToAPIStatus`.
        let waiting = if spec.init_containers.is_empty() { "ContainerCreating" } else { "PodInitializing" };
        let all = spec.init_containers.iter().chain(spec.containers.iter());
        let all = all.chain(spec.ephemeral_containers.iter());
        Worker {
            uid: pod.meta.uid,
            node: node.meta.name.clone(),
            host_ip: node.node().internal_ip.clone(),
            start: now.whole_seconds(),
            address: None,
            announced: false,
            runs: all.map(|c| Run::new(c, waiting)).collect(),
            inits: spec.init_containers.len(),
            mains: spec.containers.len(),
            stop: None,
            deadline: None,
            evicted: None,
            over: false,
            held_unready: false,
            faults: Vec::new(),
            setup: Setup::Mount { at: now, wait: Span(0), message: None },
            seen: None,
        }
    }

    /// The containers that the pod has from the beginning, init containers apart.
    pub fn main_runs(&self) -> &[Run] {
        &self.runs[self.inits..self.inits + self.mains]
    }

    /// Whether this container was added to the running pod.
    pub fn is_ephemeral(&self, i: usize) -> bool {
        i >= self.inits + self.mains
    }

    /// Takes up the containers that were added to the pod since the last look.
    pub fn take_up_ephemeral(&mut self, pod: &Object) {
        let known = self.runs.len() - self.inits - self.mains;
        let added = pod.pod().spec.ephemeral_containers.iter().skip(known);
        self.runs.extend(added.map(|container| Run::new(container, "ContainerCreating")));
    }

    /// Something happens to the pod from outside: the next look is a thorough one.
    pub fn disturb(&mut self) {
        self.seen = None;
    }

    /// Its readiness fails on purpose from now on, or no longer.
    pub fn hold_unready(&mut self, unready: bool) {
        if self.held_unready != unready {
            self.held_unready = unready;
            self.disturb();
        }
    }

    /// This is broken about its programs from now on, and nothing else: probes are asked again.
    pub fn heed(&mut self, faults: Vec<Fault>, now: SimTime) {
        if self.faults != faults {
            self.faults = faults;
            self.runs.iter_mut().flat_map(|run| &mut run.probers).for_each(|prober| prober.ask_again(now));
            self.disturb();
        }
    }

    /// Whether this is broken about the program of a container.
    pub fn suffers(&self, container: &Container, fault: impl Fn(Str) -> Fault) -> bool {
        !self.faults.is_empty() && self.faults.contains(&fault(with_tag(&container.image).into()))
    }

    /// Whether all it would see is its own last report, and nothing is due.
    pub fn has_seen(&self, pod: &Object, now: SimTime) -> bool {
        self.seen == Some(pod.meta.resource_version) && self.next_at().is_none_or(|at| at > now)
    }

    /// When it does something by itself.
    pub fn next_at(&self) -> Option<SimTime> {
        if self.over {
            return self.stop.and_then(|s| s.remove_at);
        }
        let deadline = if self.stop.is_none() { self.deadline } else { None };
        if let (None, Setup::Mount { at, .. } | Setup::Sandbox { at }) = (self.stop, &self.setup) {
            return Some(deadline.map_or(*at, |deadline| deadline.min(*at)));
        }
        self.runs.iter().filter_map(Run::next_at).chain(deadline).min()
    }

    /// A container's spec: init containers first, as in `runs`.
    pub fn container<'a>(&self, pod: &'a Object, i: usize) -> &'a Container {
        let spec = &pod.pod().spec;
        match i {
            i if i < self.inits => &spec.init_containers[i],
            i if self.is_ephemeral(i) => &spec.ephemeral_containers[i - self.inits - self.mains],
            i => &spec.containers[i - self.inits],
        }
    }

    /// A container, for commands in it.
    pub fn place<'a>(&'a self, pod: &'a Rc<Object>, i: usize) -> ContainerPlace<'a> {
        let address = self.address.as_deref().unwrap_or_default();
        ContainerPlace { pod, container: self.container(pod, i), address }
    }

    /// A reference to a container, for events.
    pub fn involved(&self, pod: &Rc<Object>, i: usize) -> Involved {
        let list = match i {
            i if i < self.inits => "initContainers",
            i if self.is_ephemeral(i) => "ephemeralContainers",
            _ => "containers",
        };
        Involved::container(pod, list, &self.runs[i].name)
    }

    /// An event about a container. Models `recordContainerEvent`.
    pub fn says(
        &self,
        api: &mut ApiServer,
        pod: &Rc<Object>,
        i: usize,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        api.event(Source::kubelet(&self.node), self.involved(pod, i), kind, reason, message);
    }

    pub fn normal(&self, api: &mut ApiServer, pod: &Rc<Object>, i: usize, reason: &str, message: &str) {
        self.says(api, pod, i, EventType::Normal, reason, message);
    }

    pub fn warns(&self, api: &mut ApiServer, pod: &Rc<Object>, i: usize, reason: &str, message: &str) {
        self.says(api, pod, i, EventType::Warning, reason, message);
    }

    /// A container that runs will have ended at this time, with this exit code.
    pub fn end_at(&mut self, i: usize, at: SimTime, code: i32) {
        if let State::Running { exit, .. } = &mut self.runs[i].state {
            *exit = Some((at, code));
        }
    }
}
