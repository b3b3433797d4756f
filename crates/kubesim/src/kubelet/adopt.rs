//! Pods that were on their nodes before the simulation began: their kubelets take them on as their status shows them.
//! Containers go on as they are; what they run is not known, and neither are their logs and files.

use super::back_off::{CONFIG_RETRY, FIRST_BACK_OFF, LAST_BACK_OFF};
use super::nodes::Nodes;
use super::prober;
use super::run::{Run, State, Stopping};
use super::worker::{Setup, Stop, Worker};
use crate::api::event::Event;
use crate::api::pod::{Container, ContainerState, ContainerStatus, RestartPolicy, condition};
use crate::api::probe::ProbeKind;
use crate::api::{Kind, Object, SimTime, Span, Uid};
use crate::apiserver::{ApiServer, Store};
use crate::config::Timings;
use crate::fault;
use std::collections::BTreeMap;
use std::rc::Rc;

/// What never happens by itself.
const NEVER: SimTime = SimTime(i64::MAX / 4);
/// An init container that has run for this long waits for something that nobody knows.
const INIT_WAITS: Span = Span::seconds(600);

/// So many pods are taken on in one step.
const AT_ONCE: usize = 32;

/// The kubelets on the way to take on the pods in the store that have a node.
pub(crate) struct Adopting {
    /// The pods that are still to be taken on, the next one last.
    pods: Vec<Rc<Object>>,
    /// The events about each object.
    events: BTreeMap<Uid, Vec<Rc<Object>>>,
}

impl Adopting {
    /// Before the first pod. `images`: those that are on each node.
    pub fn new(nodes: &mut Nodes, api: &ApiServer, images: &[(String, String)]) -> Adopting {
        for (node, image) in images {
            nodes.add_image(node, image);
        }
        let store = api.store();
        let mut events: BTreeMap<Uid, Vec<Rc<Object>>> = BTreeMap::new();
        for event in store.list(Kind::Event) {
            events.entry(event.event().involved.uid).or_default().push(Rc::clone(event));
        }
        let mut pods: Vec<Rc<Object>> = store.list(Kind::Pod).cloned().collect();
        pods.reverse();
        Adopting { pods, events }
    }

    /// Takes on some more; false if all are.
    pub fn step(&mut self, nodes: &mut Nodes, api: &ApiServer, timings: &Timings) -> bool {
        let rest = self.pods.len().saturating_sub(AT_ONCE);
        for pod in self.pods.split_off(rest).iter().rev() {
            self.take_on(nodes, api, timings, pod);
        }
        !self.pods.is_empty()
    }

    fn take_on(&self, nodes: &mut Nodes, api: &ApiServer, timings: &Timings, pod: &Rc<Object>) {
        let store = api.store();
        let node = pod.pod().spec.node_name.as_ref().and_then(|node| store.find_cluster(Kind::Node, node));
        let Some(node) = node else { return };
        let said: Vec<&Event> =
            self.events.get(&pod.meta.uid).into_iter().flatten().map(|event| event.event()).collect();
        let adoption = Adoption { store, pod, said: &said, timings, now: api.now };
        let worker = adoption.worker(node);
        for run in worker.runs.iter().filter(|run| !run.image_id.is_empty()) {
            nodes.add_image(&worker.node, &run.from);
        }
        if let Some(address) = worker.address.clone().filter(|_| !pod.pod().spec.host_network) {
            nodes.keep_address(&worker.node, &address);
        }
        nodes.pods.insert(pod.key(), Box::new(worker));
    }
}

/// A pod that is taken on.
struct Adoption<'a> {
    store: &'a Store,
    pod: &'a Rc<Object>,
    /// The events about it.
    said: &'a [&'a Event],
    timings: &'a Timings,
    now: SimTime,
}

impl Adoption<'_> {
    fn worker(&self, node: &Object) -> Worker {
        let (pod, status) = (self.pod, &self.pod.pod().status);
        let mut worker = Worker::new(self.now, pod, node);
        worker.start = status.start_time.unwrap_or(self.now).whole_seconds();
        worker.address = status.pod_ip.clone();
        if let Some(host) = &status.host_ip {
            worker.host_ip = host.clone();
        }
        worker.announced = status.pod_ip.is_some();
        worker.held_unready = fault::is_pod_unready(self.store, pod.meta.uid);
        worker.faults = fault::of_programs(self.store, &pod.pod().spec);
        let is_set_up = status.pod_ip.is_some()
            || pod.pod().condition_is_true(condition::READY_TO_START_CONTAINERS)
            || status.container_statuses.iter().any(|status| !status.container_id.is_empty());
        if is_set_up {
            worker.setup = Setup::Ready;
        } else {
            worker.setup = self.setup();
        }
        worker.over = pod.pod().is_terminal();
        // Where one of its containers runs, all that comes before them has been done.
        let runs = |container: &Container| {
            let status = pod.pod().container_status(&container.name);
            status.is_some_and(|status| matches!(status.state, ContainerState::Running { .. }))
        };
        let has_started = pod.pod().spec.containers.iter().any(runs);
        let (mut turn, mut waits_again) = (is_set_up, false);
        for i in 0..worker.runs.len() {
            if i == worker.inits {
                turn &= worker.runs[..worker.inits].iter().all(|run| run.done);
            }
            waits_again |= self.run(&mut worker, i, turn);
            if i < worker.inits {
                worker.runs[i].done |= has_started;
                turn &= worker.runs[i].done;
            }
        }
        if pod.meta.is_terminating() {
            self.stop(&mut worker);
        }
        // What is to run again begins at once.
        worker.seen = (!waits_again).then_some(pod.meta.resource_version);
        worker
    }

    /// How far a pod without a network is: its volumes are waited for if the kubelet says so, else its sandbox is made.
    fn setup(&self) -> Setup {
        let last = self.said.iter().max_by_key(|event| (event.last_timestamp, event.sequence));
        match last.filter(|event| {
            matches!(&*event.reason, "FailedMount" | "FailedAttachVolume" | "FailedCreatePodSandBox")
        }) {
            Some(event) => Setup::Mount { at: NEVER, wait: Span(0), message: Some(event.message.clone()) },
            None => Setup::Mount { at: self.now, wait: Span(0), message: None },
        }
    }

    /// A container as its status shows it. `turn`: those that have to be done before it are. Returns whether it waits for these
    /// once more, though it was further.
    fn run(&self, worker: &mut Worker, i: usize, turn: bool) -> bool {
        let (init, container) = (i < worker.inits, worker.container(self.pod, i).clone());
        let unready = worker.held_unready && !init;
        let run = &mut worker.runs[i];
        let Some(status) = self.pod.pod().container_status(&container.name) else { return false };
        run.shown = status.state.clone();
        run.last_state = status.last_state.clone();
        run.ready = status.ready;
        run.started = status.started.unwrap_or(false);
        run.restarts = status.restart_count;
        run.image = status.image.clone();
        run.image_id = status.image_id.clone();
        run.id = status.container_id.clone();
        let is_once = init && !run.sidecar;
        run.done = match &status.state {
            ContainerState::Terminated(ended) => is_once && ended.exit_code == 0,
            ContainerState::Running { .. } => run.sidecar && run.started,
            ContainerState::Waiting { .. } => false,
        };
        match &status.state {
            ContainerState::Running { started_at } => {
                let exit = if is_once { self.init_ends(*started_at).map(|at| (at, 0)) } else { None };
                run.state = State::Running { since: *started_at, exit, stop: Stopping::No };
                run.unready = unready;
                run.probers = prober::of(&container, self.now, unready);
                for prober in &mut run.probers {
                    let passes = match prober.kind {
                        ProbeKind::Readiness => run.ready,
                        ProbeKind::Liveness => true,
                        ProbeKind::Startup => run.started,
                    };
                    prober.adopt(passes, unready, failures(self.said, prober.kind));
                }
                if run.started {
                    run.probers.retain(|prober| prober.kind != ProbeKind::Startup);
                }
            }
            ContainerState::Terminated(ended) => {
                run.previous = Some(ended.clone());
                let again = match self.pod.pod().spec.restart_policy {
                    _ if run.done => false,
                    RestartPolicy::Always => true,
                    RestartPolicy::OnFailure => ended.exit_code != 0,
                    RestartPolicy::Never => run.sidecar,
                };
                run.back_off = (run.restarts > 0).then(|| back_off_after(run.restarts));
                let next = self.now + self.timings.container_start;
                run.state = State::Exited { next: again.then_some(next) };
            }
            ContainerState::Waiting { reason, message } => {
                run.previous = run.last_state.clone();
                let message = message.as_deref().unwrap_or_default();
                self.wait(run, status, reason, message, turn);
            }
        }
        let is_due = matches!(
            run.state,
            State::Exited { next: Some(_) }
                | State::BackOff { .. }
                | State::PullFailed { .. }
                | State::PullBackOff { .. }
                | State::Blocked { .. }
                | State::Pulling { .. }
        );
        let waits_again = !turn && is_due;
        if waits_again {
            // Its init containers run again, as in a new sandbox: it starts once they are done.
            run.state = State::Waiting;
        }
        waits_again
    }

    /// A container that waits goes on to wait for the reason that its status gives.
    fn wait(&self, run: &mut Run, status: &ContainerStatus, reason: &str, message: &str, turn: bool) {
        let now = self.now;
        run.state = match reason {
            "CrashLoopBackOff" => {
                let told = message
                    .strip_prefix("back-off ")
                    .and_then(|rest| rest.split(' ').next())
                    .and_then(go_duration);
                let wait = told.unwrap_or_else(|| back_off_after(status.restart_count));
                run.back_off = Some(Span((wait.0 * 2).min(LAST_BACK_OFF.0)));
                let ended = status.last_state.as_ref().and_then(|ended| ended.finished_at).unwrap_or(now);
                run.repeats = status.last_state.as_ref().map(|ended| {
                    let ran = ended.started_at.zip(ended.finished_at).map_or(Span(0), |(from, to)| to - from);
                    (ran.max(Span(500)), ended.exit_code)
                });
                State::BackOff { until: (ended + wait).max(now + Span(1)) }
            }
            "ImagePullBackOff" | "ErrImagePull" => {
                let (retry_at, wait) = self.next_pull();
                run.pull_back_off = Some(wait);
                match reason {
                    "ErrImagePull" => State::PullFailed { until: now + Span(1_500), retry_at },
                    _ => State::PullBackOff { until: retry_at },
                }
            }
            "InvalidImageName" | "ErrImageNeverPull" => {
                run.from = Default::default();
                State::Blocked { until: now + CONFIG_RETRY, message: message.into() }
            }
            "CreateContainerConfigError" => {
                State::Blocked { until: now + CONFIG_RETRY, message: message.into() }
            }
            "CreateContainerError" | "RunContainerError" | "ImageInspectError" | "RegistryUnavailable" => {
                State::Blocked { until: NEVER, message: message.into() }
            }
            _ if !turn => State::Waiting,
            _ => {
                let last = self.said.iter().max_by_key(|event| (event.last_timestamp, event.sequence));
                match last {
                    Some(event) if &*event.reason == "Pulling" => {
                        State::Pulling { since: event.last_timestamp, until: now + self.timings.image_pull }
                    }
                    _ => State::Waiting,
                }
            }
        };
    }

    /// When an image is tried again that could not be pulled, and the wait before that: by the events, or else by the times
    /// at which a kubelet tries that has tried since the pod was given to it.
    fn next_pull(&self) -> (SimTime, Span) {
        let last = self
            .said
            .iter()
            .filter(|event| &*event.reason == "Pulling")
            .max_by_key(|event| event.last_timestamp);
        let mut wait = FIRST_BACK_OFF;
        let mut at = match last {
            Some(event) => {
                for _ in 1..event.count.unwrap_or(1).min(6) {
                    wait = Span((wait.0 * 2).min(LAST_BACK_OFF.0));
                }
                event.last_timestamp + wait
            }
            None => self.pod.pod().status.start_time.unwrap_or(self.now) + wait,
        };
        while at <= self.now {
            wait = Span((wait.0 * 2).min(LAST_BACK_OFF.0));
            at = at + wait;
        }
        (at, wait)
    }

    /// When an init container ends that runs: after as long as others ran, or once more as long as it has run already.
    fn init_ends(&self, started_at: SimTime) -> Option<SimTime> {
        let ran = self.now - started_at;
        if ran > INIT_WAITS.max(Span(self.timings.init_run.0 * 4)) {
            return None;
        }
        let usual = started_at + self.timings.init_run;
        Some(if usual > self.now { usual } else { self.now + self.timings.init_run.max(ran) })
    }

    /// A pod that was told to stop: its containers have had their SIGTERM.
    fn stop(&self, worker: &mut Worker) {
        let Some(until) = self.pod.meta.deletion_timestamp else { return };
        let grace_seconds = self.pod.meta.deletion_grace_period_seconds.unwrap_or(0);
        let kill_at = until.max(self.now + Span(1));
        let told = until - Span::seconds(grace_seconds);
        let ends = (told + self.timings.shutdown).max(self.now + self.timings.shutdown).min(kill_at);
        let mut runs = false;
        for run in &mut worker.runs {
            if let State::Running { exit, stop, .. } = &mut run.state {
                *stop = Stopping::Signalled;
                *exit = Some((ends, if ends < kill_at { 0 } else { 137 }));
                run.probers.retain(|prober| prober.kind == ProbeKind::Readiness);
                runs = true;
            } else {
                run.state = State::Exited { next: None };
            }
        }
        worker.over |= !runs;
        let remove_at = worker.over.then_some(self.now + Span(60));
        worker.stop = Some(Stop { kill_at, grace_seconds, remove_at });
    }
}

/// How often a probe has failed, by the events.
fn failures(said: &[&Event], kind: ProbeKind) -> i64 {
    let begin = [kind.name(), " probe failed"].concat();
    let counts =
        said.iter().filter(|event| &*event.reason == "Unhealthy" && event.message.starts_with(&*begin));
    counts.map(|event| event.count.unwrap_or(1)).sum()
}

/// The wait after so many restarts.
fn back_off_after(restarts: i64) -> Span {
    let mut wait = FIRST_BACK_OFF;
    for _ in 1..restarts.clamp(1, 6) {
        wait = Span((wait.0 * 2).min(LAST_BACK_OFF.0));
    }
    wait
}

/// `10s`, `2m40s`, `5m0s`, as Go prints them.
fn go_duration(text: &str) -> Option<Span> {
    let (minutes, seconds) = text.split_once('m').unwrap_or(("0", text));
    let minutes: i64 = minutes.parse().ok()?;
    let seconds: i64 = seconds.strip_suffix('s')?.parse().ok()?;
    let all = minutes.checked_mul(60)?.checked_add(seconds)?;
    (0..=3600).contains(&all).then(|| Span::seconds(all))
}
