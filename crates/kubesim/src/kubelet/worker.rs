//! What a kubelet does with one pod, step by step. Models `pkg/kubelet/pod_workers.go` and
//! `pkg/kubelet/kuberuntime/kuberuntime_manager.go: computePodActions, SyncPod`.
//!
//! A worker is a machine of small steps, each due at a time: [`Worker::sync`] takes those that are due, reports the
//! status that results, and says when the next one is.

use super::NodeContext;
use super::image_manager;
use super::probe::{self, Prober};
use super::program::Program;
use super::status;
use crate::api::event::Involved;
use crate::api::image;
use crate::api::pod::{Container, ContainerState, RestartPolicy, Terminated};
use crate::api::read::get;
use crate::api::verdict::{Component, Reason};
use crate::api::{Fault, Key, Object, SimTime, Span, Str, Uid};
use crate::apiserver::{DeleteOptions, EventType, Source};
use crate::base::text::common;
use crate::fault;
use std::rc::Rc;

/// The first wait before a container that ended is started again, doubled each time (`containerBackOff`,
/// `pkg/kubelet/kubelet.go: backOffPeriod`); the first restart comes at once.
const FIRST_BACK_OFF: Span = Span::seconds(10);
/// The longest such wait (`MaxCrashLoopBackOff`).
const LAST_BACK_OFF: Span = Span::seconds(300);
/// A container that ran this long starts with the first wait again (twice the longest).
const BACK_OFF_RESET: Span = Span::seconds(600);
/// How long a failed pull shows as ErrImagePull before it shows as ImagePullBackOff.
const PULL_ERROR_SHOWN: Span = Span(1500);
/// How long the kubelet needs to tidy up between a pod's last status and the end of the object. Real: 50–100 ms, more
/// if volumes are slow to unmount.
const TEARDOWN: Span = Span(60);
/// How often what is missing for a container (a ConfigMap, a Secret) is looked for again
/// (`pkg/kubelet/pod_workers.go: backOffPeriod`).
const CONFIG_RETRY: Span = Span::seconds(10);
/// How long after its start a program ends that the recordings' stand-in has crash.
const CRASH_AFTER: Span = Span(500);
/// The first wait before mounting is tried again, doubled each time
/// (`pkg/util/goroutinemap/exponentialbackoff`).
const FIRST_MOUNT_RETRY: Span = Span(500);
/// The longest such wait.
const LAST_MOUNT_RETRY: Span = Span(122_000);

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
    /// Its init containers, then its containers.
    pub runs: Vec<Run>,
    /// How many of them are init containers.
    pub inits: usize,
    /// Set once it was told to stop.
    pub stop: Option<Stop>,
    /// Nothing of it runs any more, and nothing will.
    pub over: bool,
    /// Whether its readiness fails on purpose (`Fault::PodUnready`), as far as its kubelet has seen.
    held_unready: bool,
    setup: Setup,
    /// The pod's version after the last look, if nothing has happened to the worker from outside since.
    seen: Option<u64>,
}

/// How far the pod is before its containers.
#[derive(Clone, Debug)]
enum Setup {
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
    remove_at: Option<SimTime>,
}

/// A container on its node: all its incarnations.
#[derive(Clone, Debug)]
pub(super) struct Run {
    pub name: Str,
    pub sidecar: bool,
    pub state: State,
    /// The state as the status shows it.
    pub shown: ContainerState,
    /// How the incarnation before the shown one ended.
    pub last_state: Option<Terminated>,
    /// How the last incarnation ended, until the next one runs.
    previous: Option<Terminated>,
    pub ready: bool,
    pub started: bool,
    /// An init container has done its work; a sidecar has started.
    pub done: bool,
    pub restarts: i64,
    pub image: Str,
    pub image_id: Str,
    pub id: Str,
    /// The image it was started from, as the spec names it.
    from: Str,
    back_off: Option<Span>,
    pull_back_off: Option<Span>,
    pub probers: Vec<Prober>,
    pub program: Program,
    /// Whether its readiness is held false on purpose.
    unready: bool,
}

/// What a container is doing.
#[derive(Clone, Debug)]
pub(super) enum State {
    /// Its turn has not come.
    Waiting,
    /// Its image is being pulled.
    Pulling { since: SimTime, until: SimTime },
    /// The pull failed; from `until` on it shows that it waits.
    PullFailed { until: SimTime, retry_at: SimTime },
    /// It waits to pull again.
    PullBackOff { until: SimTime },
    /// Something that it needs is missing.
    Blocked { until: SimTime, message: Str },
    /// It is being started.
    Creating { until: SimTime },
    /// It runs; `exit` is when and how it will end, if that is known.
    Running { since: SimTime, exit: Option<(SimTime, i32)>, stop: Stopping },
    /// It has ended; at `next` the kubelet starts it again, if ever.
    Exited { next: Option<SimTime> },
    /// It waits to be started again.
    BackOff { until: SimTime },
}

/// How far the stopping of a container is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Stopping {
    /// Nobody told it to stop.
    No,
    /// Its preStop hook runs until then.
    Hook(SimTime),
    /// It has had its SIGTERM.
    Signalled,
}

impl Run {
    fn new(container: &Container, waiting: &str) -> Run {
        Run {
            name: container.name.clone(),
            sidecar: container.restart_always,
            state: State::Waiting,
            shown: ContainerState::Waiting { reason: common(waiting), message: None },
            last_state: None,
            previous: None,
            ready: false,
            started: false,
            done: false,
            restarts: 0,
            image: container.image.clone(),
            image_id: Str::default(),
            id: Str::default(),
            from: container.image.clone(),
            back_off: None,
            pull_back_off: None,
            probers: Vec::new(),
            program: Program::Server,
            unready: false,
        }
    }

    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// When something happens to it by itself.
    fn next_at(&self) -> Option<SimTime> {
        match &self.state {
            State::Waiting => None,
            State::Pulling { until, .. }
            | State::PullFailed { until, .. }
            | State::PullBackOff { until }
            | State::Blocked { until, .. }
            | State::Creating { until }
            | State::BackOff { until } => Some(*until),
            State::Exited { next } => *next,
            State::Running { exit, stop, .. } => {
                let hook = if let Stopping::Hook(until) = stop { Some(*until) } else { None };
                // A container that is about to end is not probed any more: see `Worker::step_running`.
                let is_probed = *stop == Stopping::No && exit.is_none();
                let probers = if is_probed { &self.probers[..] } else { &[] };
                let probes = probers.iter().filter_map(Prober::next_at);
                let ends = exit.map(|(at, _)| at);
                probes.chain(hook).chain(ends).chain(self.program.next_at()).min()
            }
        }
    }

    fn wait(&mut self, reason: &str, message: Option<&str>) {
        self.shown = ContainerState::Waiting { reason: common(reason), message: message.map(Str::from) };
    }
}

/// What the recordings' stand-in does with a container on purpose.
#[derive(Clone, Copy, Default)]
struct Switches {
    crashes: bool,
    deaf: bool,
    unready: bool,
}

impl Worker {
    pub fn new(cx: &NodeContext, pod: &Object, node: &Object) -> Worker {
        let spec = &pod.pod().spec;
        // Models `convertStatusToAPIStatus`.
        let waiting = if spec.init_containers.is_empty() { "ContainerCreating" } else { "PodInitializing" };
        let all = spec.init_containers.iter().chain(spec.containers.iter());
        Worker {
            uid: pod.meta.uid,
            node: node.meta.name.clone(),
            host_ip: node.node().internal_ip.clone(),
            start: cx.now().whole_seconds(),
            address: None,
            announced: false,
            runs: all.map(|c| Run::new(c, waiting)).collect(),
            inits: spec.init_containers.len(),
            stop: None,
            over: false,
            held_unready: false,
            setup: Setup::Mount { at: cx.now(), wait: Span(0), message: None },
            seen: None,
        }
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

    /// Takes the steps that are due, reports the status, and says when the next step is due.
    pub fn sync(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) -> Option<SimTime> {
        let key = pod.key();
        while self.step(cx, pod) {}
        if cx.store().get(&key).is_none_or(|p| p.meta.uid != self.uid) {
            return None;
        }
        let left = self.publish(cx, pod, &key);
        // A pod that is over is looked at once more: the steps depend on what the status says.
        self.seen = if left.pod().is_terminal() { None } else { Some(left.meta.resource_version) };
        let next = self.next_at()?;
        // A step that is due and that nothing takes would be due for ever.
        debug_assert!(next > cx.now(), "a step of {key} at {} was not taken", next.0);
        Some(next.max(cx.now() + Span(1)))
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
        if let (None, Setup::Mount { at, .. } | Setup::Sandbox { at }) = (self.stop, &self.setup) {
            return Some(*at);
        }
        self.runs.iter().filter_map(Run::next_at).min()
    }

    pub fn container<'a>(&self, pod: &'a Object, i: usize) -> &'a Container {
        let spec = &pod.pod().spec;
        if i < self.inits { &spec.init_containers[i] } else { &spec.containers[i - self.inits] }
    }

    /// A reference to a container, for events.
    fn involved(&self, pod: &Rc<Object>, i: usize) -> Involved {
        let list = if i < self.inits { "initContainers" } else { "containers" };
        Involved::container(pod, list, &self.runs[i].name)
    }

    fn says(
        &self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        kind: EventType,
        reason: &str,
        message: &str,
    ) {
        cx.api.event(Source::kubelet(&self.node), self.involved(pod, i), kind, reason, message);
    }

    fn normal(&self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, reason: &str, message: &str) {
        self.says(cx, pod, i, EventType::Normal, reason, message);
    }

    fn warns(&self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, reason: &str, message: &str) {
        self.says(cx, pod, i, EventType::Warning, reason, message);
    }

    fn switches(&self, cx: &NodeContext, pod: &Rc<Object>, i: usize) -> Switches {
        if !cx.timings.imitates_recorder {
            return Switches { unready: self.held_unready, ..Switches::default() };
        }
        let image = &self.container(pod, i).image;
        let once = pod.meta.annotation("golden.test/crash") == Some("once");
        Switches {
            crashes: image::has_tag(image, "crash")
                || (once && i >= self.inits && self.runs[i].restarts == 0),
            deaf: image::has_tag(image, "ignores-sigterm"),
            unready: image::has_tag(image, "unready")
                || pod.meta.annotation("golden.test/unready") == Some("true"),
        }
    }

    /// Takes one step that is due, if there is one.
    fn step(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) -> bool {
        let now = cx.now();
        if self.over {
            return self.remove(cx, pod);
        }
        if pod.pod().is_terminal() && !pod.meta.is_terminating() {
            // Somebody else ended it, as an eviction does. If it was going already, it still has to stop.
            self.over = true;
            return false;
        }
        if let Some(grace) = pod.meta.deletion_grace_period_seconds {
            match self.stop {
                None => {
                    self.begin_stop(cx, pod, grace);
                    return true;
                }
                Some(stop) if grace < stop.grace_seconds => {
                    let kill_at = stop.kill_at.min(now + Span::seconds(grace));
                    self.stop = Some(Stop { kill_at, grace_seconds: grace, ..stop });
                    return true;
                }
                Some(_) => {}
            }
        }
        if let Some(stop) = self.stop {
            return self.step_stop(cx, pod, stop);
        }
        match self.setup {
            Setup::Mount { at, wait, .. } if at <= now => {
                self.mount(cx, pod, wait);
                return true;
            }
            Setup::Sandbox { at } if at <= now => {
                self.setup = Setup::Ready;
                self.address = Some(cx.nodes.address(pod, &self.host_ip, cx.api.store()));
                self.announced = !cx.timings.imitates_recorder;
                return true;
            }
            Setup::Ready => {}
            _ => return false,
        }
        for i in 0..self.runs.len() {
            let turn = self.runs[..i.min(self.inits)].iter().all(|r| r.done);
            if turn && self.step_run(cx, pod, i) {
                return true;
            }
            if !turn {
                break;
            }
        }
        self.finish_by_itself(cx, pod)
    }

    /// Waits for the pod's volumes. Models `WaitForAttachAndMount`.
    fn mount(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, wait: Span) {
        let now = cx.now();
        let Some(message) = super::host::missing_volume(cx.store(), pod) else {
            self.setup = Setup::Sandbox { at: now + cx.timings.sandbox };
            return;
        };
        cx.api.event(
            Source::kubelet(&self.node),
            Involved::of(pod),
            EventType::Warning,
            "FailedMount",
            &message,
        );
        let wait = Span((wait.0 * 2).clamp(FIRST_MOUNT_RETRY.0, LAST_MOUNT_RETRY.0));
        self.setup = Setup::Mount { at: now + wait, wait, message: Some(message.into()) };
    }

    /// Takes a step with a container whose turn has come.
    fn step_run(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) -> bool {
        let now = cx.now();
        match self.runs[i].state.clone() {
            State::Waiting => self.begin(cx, pod, i),
            State::Pulling { since, until } if until <= now => self.pulled(cx, pod, i, now - since),
            State::PullFailed { until, retry_at } if until <= now => {
                let image = self.container(pod, i).image.clone();
                let message = format!("Back-off pulling image \"{image}\"");
                self.normal(cx, pod, i, "BackOff", &message);
                self.warns(cx, pod, i, "Failed", "Error: ImagePullBackOff");
                let why = format!("{message}: ErrImagePull: {}", image_manager::not_found(&image));
                self.runs[i].wait("ImagePullBackOff", Some(&why));
                self.runs[i].state = State::PullBackOff { until: retry_at };
            }
            State::PullBackOff { until } | State::BackOff { until } if until <= now => self.begin(cx, pod, i),
            State::Blocked { until, .. } if until <= now => self.create(cx, pod, i),
            State::Creating { until } if until <= now => self.run(cx, pod, i),
            State::Exited { next: Some(next) } if next <= now => self.again(cx, pod, i),
            State::Running { .. } => return self.step_running(cx, pod, i),
            _ => return false,
        }
        true
    }

    /// Gets the image, as far as that needs no time. Models `pkg/kubelet/images/image_manager.go: EnsureImageExists`.
    fn begin(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let now = cx.now();
        let container = self.container(pod, i);
        let image = &container.image;
        if let Some(message) = image_manager::invalid(image) {
            self.warns(cx, pod, i, "InspectFailed", &message);
            return self.fail_image(cx, pod, i, "InvalidImageName", &message);
        }
        let present = cx.nodes.has_image(&self.node, image);
        let policy = get(&container.raw, "imagePullPolicy").as_str().unwrap_or_default();
        if policy == "Never" && !present {
            let message = format!("Container image \"{image}\" is not present with pull policy of Never");
            self.warns(cx, pod, i, "ErrImageNeverPull", &message);
            return self.fail_image(cx, pod, i, "ErrImageNeverPull", &message);
        }
        // The stand-in does not ask the registry again for a restart.
        let asks =
            container.always_pull && !(cx.timings.imitates_recorder && self.runs[i].previous.is_some());
        if present && !asks {
            let message =
                ["Container image \"", image, "\" already present on machine and can be accessed by the pod"]
                    .concat();
            self.normal(cx, pod, i, "Pulled", &message);
            return self.create(cx, pod, i);
        }
        self.normal(cx, pod, i, "Pulling", &format!("Pulling image \"{image}\""));
        let quick = present || super::cannot_be_pulled(cx.store(), image);
        let takes = if quick { cx.timings.image_check } else { cx.timings.image_pull };
        let takes = fault::takes(cx.store(), &Fault::SlowImages, takes);
        self.runs[i].state = State::Pulling { since: now, until: now + takes };
    }

    /// An image that no pull can mend.
    fn fail_image(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, reason: &str, message: &str) {
        self.warns(cx, pod, i, "Failed", &format!("Error: {reason}"));
        self.runs[i].wait(reason, Some(message));
        self.runs[i].state = State::Blocked { until: cx.now() + CONFIG_RETRY, message: message.into() };
        self.runs[i].from = Str::default();
    }

    fn pulled(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, took: Span) {
        let image = self.container(pod, i).image.clone();
        let now = cx.now();
        if !super::cannot_be_pulled(cx.store(), &image) {
            cx.nodes.add_image(&self.node, &image);
            self.runs[i].pull_back_off = None;
            self.normal(cx, pod, i, "Pulled", &image_manager::pulled(&image, took.0));
            return self.create(cx, pod, i);
        }
        let why = image_manager::not_found(&image);
        self.warns(cx, pod, i, "Failed", &format!("Failed to pull image \"{image}\": {why}"));
        self.warns(cx, pod, i, "Failed", "Error: ErrImagePull");
        let run = &mut self.runs[i];
        let wait = run.pull_back_off.map_or(FIRST_BACK_OFF, |w| Span((w.0 * 2).min(LAST_BACK_OFF.0)));
        run.pull_back_off = Some(wait);
        run.wait("ErrImagePull", Some(&why));
        let until = now + PULL_ERROR_SHOWN;
        // The stand-in waits from when it shows that it waits.
        let from = if cx.timings.imitates_recorder { until } else { now };
        run.state = State::PullFailed { until, retry_at: from + wait };
    }

    /// Makes the container, if everything that it needs is there.
    fn create(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let now = cx.now();
        let container = self.container(pod, i);
        if self.runs[i].from.is_empty() {
            // It was the image that was wrong.
            self.runs[i].from = container.image.clone();
            return self.begin(cx, pod, i);
        }
        if let Some(message) = super::host::missing_config(cx.store(), pod, container) {
            self.warns(cx, pod, i, "Failed", &format!("Error: {message}"));
            self.runs[i].wait("CreateContainerConfigError", Some(&message));
            self.runs[i].state = State::Blocked { until: now + CONFIG_RETRY, message: message.into() };
            return;
        }
        self.normal(cx, pod, i, "Created", "Container created");
        if i < self.inits && !self.runs[i].sidecar {
            return self.run(cx, pod, i);
        }
        // The stand-in has taken this time for a restart already, before it looked for the image.
        let restarts = cx.timings.imitates_recorder && self.runs[i].previous.is_some();
        let takes = if restarts { Span(0) } else { cx.timings.container_start };
        self.runs[i].state = State::Creating { until: now + takes };
    }

    fn run(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let now = cx.now();
        self.normal(cx, pod, i, "Started", "Container started");
        self.announced = true;
        let container = self.container(pod, i);
        let switches = self.switches(cx, pod, i);
        let probers = probe::of(container, now, switches.unready);
        let worker_uid = self.uid.text();
        let run = &mut self.runs[i];
        if let Some(previous) = run.previous.take() {
            run.last_state = Some(previous);
            run.restarts += 1;
            super::files::start_again(cx.api, self.uid, &run.name);
        }
        run.from = container.image.clone();
        run.image = common(&image::with_tag(&container.image));
        run.image_id = image_manager::id(&run.image);
        let incarnation = run.restarts.to_string();
        let id = image_manager::hex64(&[&worker_uid, &run.name, &incarnation]);
        run.id = ["containerd://", &id].concat().into();
        run.shown = ContainerState::Running { started_at: now.whole_seconds() };
        run.unready = switches.unready;
        run.probers = probers;
        run.started = !run.probers.iter().any(|p| p.kind == probe::Kind::Startup);
        let judged = run.probers.iter().any(|p| p.kind == probe::Kind::Readiness);
        let init = i < self.inits && !run.sidecar;
        run.ready = run.started && !judged && !init;
        run.done |= run.sidecar && run.started;
        let exit = if switches.crashes {
            Some((now + if init { cx.timings.init_run } else { CRASH_AFTER }, 1))
        } else {
            None
        };
        run.state = State::Running { since: now, exit, stop: Stopping::No };
        if exit.is_none() {
            self.start_program(cx, pod, i);
        } else {
            run.program = Program::Server;
        }
    }

    /// Starts what the container's command says.
    fn start_program(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let program = Program::of(cx, pod, self, i);
        self.runs[i].program = program;
        if i < self.inits && !self.runs[i].sidecar && matches!(self.runs[i].program, Program::Server) {
            // What can't be run counts as done.
            let at = cx.now() + cx.timings.init_run;
            self.end_at(i, at, 0);
        }
        let hook = get(get(&self.container(pod, i).raw, "lifecycle"), "postStart").clone();
        super::program::hook_takes(cx, pod, self, i, &hook, Span::seconds(1));
        self.go_on(cx, pod, i);
    }

    /// A container that runs will have ended at this time, with this exit code.
    pub(super) fn end_at(&mut self, i: usize, at: SimTime, code: i32) {
        if let State::Running { exit, .. } = &mut self.runs[i].state {
            *exit = Some((at, code));
        }
    }

    /// Lets the container's program go on until it waits.
    fn go_on(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let program = std::mem::replace(&mut self.runs[i].program, Program::Server);
        let (program, exit) = program.go_on(cx, pod, self, i);
        self.runs[i].program = program;
        let (Some(code), State::Running { since, .. }) = (exit, &self.runs[i].state) else { return };
        let at = cx.now().max(*since + cx.timings.init_run);
        self.end_at(i, at, code);
    }

    /// Takes a step with a container that runs.
    fn step_running(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) -> bool {
        let now = cx.now();
        let State::Running { since, exit, stop } = self.runs[i].state else { return false };
        if let Some((_, code)) = exit.filter(|(at, _)| *at <= now) {
            self.exited(cx, pod, i, since, code);
            return true;
        }
        if let (Stopping::Hook(until), Some((kill_at, _))) = (stop, exit)
            && until <= now
        {
            self.signal(cx, pod, i, kill_at);
            return true;
        }
        if self.runs[i].program.next_at().is_some_and(|at| at <= now) {
            self.go_on(cx, pod, i);
            return true;
        }
        if stop != Stopping::No || exit.is_some() {
            return false;
        }
        if self.stop.is_some() {
            // A sidecar whose turn to stop has not come.
            return self.probe_due(cx, pod, i, since);
        }
        let unready = self.switches(cx, pod, i).unready;
        if unready != self.runs[i].unready && i >= self.inits {
            self.runs[i].unready = unready;
            let probed = self.container(pod, i).readiness_probe.is_some();
            self.runs[i].ready = !unready && (cx.timings.imitates_recorder || !probed);
            self.runs[i].probers = probe::of(self.container(pod, i), now, unready);
            if unready {
                let message = format!("Readiness probe failed: {}", probe::UNAVAILABLE);
                self.warns(cx, pod, i, "Unhealthy", &message);
            }
            return true;
        }
        if self.container(pod, i).image != self.runs[i].from {
            let message = format!("Container {} definition changed, will be restarted", self.runs[i].name);
            self.kill(cx, pod, i, &message);
            return true;
        }
        self.probe_due(cx, pod, i, since)
    }

    /// Asks the first of a container's probes that is due.
    fn probe_due(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, since: SimTime) -> bool {
        let now = cx.now();
        let due = self.runs[i].probers.iter().position(|p| p.next_at().is_some_and(|at| at <= now));
        if let Some(p) = due {
            self.probe(cx, pod, i, p, since);
        }
        due.is_some()
    }

    /// Asks a probe and acts on the answer. Models `pkg/kubelet/prober/worker.go: doProbe`.
    fn probe(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, p: usize, since: SimTime) {
        let now = cx.now();
        let answer = probe::ask(cx, pod, self, i, p, since);
        let prober = &mut self.runs[i].probers[p];
        let kind = prober.kind;
        let verdict = prober.count(&answer, now);
        if let Err(why) = &answer {
            self.warns(cx, pod, i, "Unhealthy", &format!("{} probe failed: {why}", kind.name()));
        }
        let run = &mut self.runs[i];
        match (kind, verdict) {
            (_, None) => {}
            (probe::Kind::Readiness, Some(passed)) => run.ready = passed,
            (probe::Kind::Startup, Some(true)) => {
                run.started = true;
                run.done |= run.sidecar;
                run.ready = !run.probers.iter().any(|p| p.kind == probe::Kind::Readiness);
                run.probers.retain(|p| p.kind != probe::Kind::Startup);
                run.probers.iter_mut().for_each(|p| p.begin(since, now));
            }
            (probe::Kind::Liveness, Some(true)) => {}
            (probe::Kind::Liveness | probe::Kind::Startup, Some(false)) => {
                let kind = kind.name().to_ascii_lowercase();
                let message = format!("Container {} failed {kind} probe, will be restarted", run.name);
                self.kill(cx, pod, i, &message);
            }
        }
    }

    /// Stops one container, to start it again.
    fn kill(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, message: &str) {
        let grace = pod.pod().spec.termination_grace_period_seconds;
        self.runs[i].probers.clear();
        self.tell_to_stop(cx, pod, i, cx.now() + Span::seconds(grace), message);
    }

    /// A container has ended.
    fn exited(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, since: SimTime, code: i32) {
        let now = cx.now();
        let policy = pod.pod().spec.restart_policy;
        let init = i < self.inits && !self.runs[i].sidecar;
        let stopping = self.stop.is_some();
        let delay = cx.timings.container_start;
        let run = &mut self.runs[i];
        let ended = Terminated {
            exit_code: code,
            reason: if code == 0 { "Completed".into() } else { "Error".into() },
            message: None,
            started_at: Some(since.whole_seconds()),
            finished_at: Some(now.whole_seconds()),
            container_id: run.id.clone(),
        };
        run.shown = ContainerState::Terminated(ended.clone());
        run.previous = Some(ended);
        run.probers.clear();
        run.program = Program::Server;
        run.started = false;
        run.ready = init && code == 0;
        run.done |= init && code == 0;
        if now - since >= BACK_OFF_RESET {
            run.back_off = None;
        }
        let again = match policy {
            _ if stopping => false,
            _ if run.sidecar => true,
            RestartPolicy::Always => !init || code != 0,
            RestartPolicy::OnFailure => code != 0,
            RestartPolicy::Never => false,
        };
        run.state = State::Exited { next: again.then(|| now + delay) };
    }

    /// Starts a container that has ended again, now or after a while. Models `doBackOff`.
    fn again(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let now = cx.now();
        let Some(wait) = self.runs[i].back_off else {
            self.runs[i].back_off = Some(FIRST_BACK_OFF);
            return self.begin(cx, pod, i);
        };
        let (name, uid) = (&self.runs[i].name, self.uid);
        let of_pod = format!("{}_{}({uid})", pod.meta.name, pod.meta.namespace);
        let event = format!("Back-off restarting failed container {name} in pod {of_pod}");
        let message = format!("back-off {} restarting failed container={name} pod={of_pod}", minutes(wait));
        self.warns(cx, pod, i, "BackOff", &event);
        let run = &mut self.runs[i];
        run.last_state = run.previous.clone();
        run.wait("CrashLoopBackOff", Some(&message));
        run.state = State::BackOff { until: now + wait };
        run.back_off = Some(Span((wait.0 * 2).min(LAST_BACK_OFF.0)));
    }

    /// Nothing runs any more and nothing will: a pod that ends by itself.
    fn finish_by_itself(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) -> bool {
        let (inits, mains) = self.runs.split_at(self.inits);
        let at_rest = |r: &Run| matches!(r.state, State::Exited { next: None });
        let init_failed = inits.iter().any(|r| at_rest(r) && !r.done);
        if !(init_failed || !mains.is_empty() && mains.iter().all(at_rest)) {
            return false;
        }
        if self.runs.iter().any(Run::is_running) {
            // Sidecars stop when the others have.
            let grace = pod.pod().spec.termination_grace_period_seconds;
            self.begin_stop(cx, pod, grace);
            return true;
        }
        self.over = true;
        true
    }

    /// Tells the pod's containers to stop. Those that don't run won't again: pulls, waits and restarts are given up.
    /// Models `pkg/kubelet/kubelet.go: SyncTerminatingPod`.
    fn begin_stop(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, grace: i64) {
        let kill_at = cx.now() + Span::seconds(grace);
        self.stop = Some(Stop { kill_at, grace_seconds: grace, remove_at: None });
        for run in &mut self.runs {
            if run.is_running() {
                // Models `StopLivenessAndStartup`.
                run.probers.retain(|p| p.kind == probe::Kind::Readiness);
            } else {
                run.state = State::Exited { next: None };
            }
        }
        for i in self.inits..self.runs.len() {
            self.stop_run(cx, pod, i, kill_at);
        }
        for i in 0..self.inits {
            if !self.runs[i].sidecar {
                self.stop_run(cx, pod, i, kill_at);
            }
        }
    }

    fn stop_run(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, kill_at: SimTime) {
        if self.runs[i].is_running() {
            let message = format!("Stopping container {}", self.runs[i].name);
            self.tell_to_stop(cx, pod, i, kill_at, &message);
        }
    }

    /// Runs the preStop hook, then sends SIGTERM, then waits until the container may be killed. Models `killContainer`.
    fn tell_to_stop(
        &mut self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        kill_at: SimTime,
        message: &str,
    ) {
        self.normal(cx, pod, i, "Killing", message);
        let hook = get(get(&self.container(pod, i).raw, "lifecycle"), "preStop").clone();
        let takes = super::program::hook_takes(cx, pod, self, i, &hook, kill_at - cx.now());
        let until = cx.now() + takes;
        if let State::Running { exit, stop, .. } = &mut self.runs[i].state {
            *stop = Stopping::Hook(until);
            *exit = Some(exit.map_or((kill_at, 137), |e| e.min((kill_at, 137))));
        }
        if takes == Span(0) {
            self.signal(cx, pod, i, kill_at);
        }
    }

    /// SIGTERM.
    fn signal(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, kill_at: SimTime) {
        let now = cx.now();
        let deaf = self.switches(cx, pod, i).deaf;
        let ends = now + cx.timings.shutdown;
        let heard = self.runs[i].program.terminate();
        if let State::Running { exit, stop, .. } = &mut self.runs[i].state {
            *stop = Stopping::Signalled;
            if heard == Some(true) && !deaf && ends < kill_at {
                *exit = Some((ends, 0));
            }
        }
        if heard.is_none() {
            self.go_on(cx, pod, i);
        }
    }

    fn step_stop(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, stop: Stop) -> bool {
        let now = cx.now();
        for i in 0..self.runs.len() {
            let State::Running { exit, stop: stage, .. } = self.runs[i].state else { continue };
            if stage != Stopping::No && exit.is_some_and(|(at, _)| at > stop.kill_at) {
                self.end_at(i, stop.kill_at, 137);
                return true;
            }
            if self.step_running(cx, pod, i) {
                return true;
            }
        }
        let running: Vec<usize> = (0..self.runs.len()).filter(|i| self.runs[*i].is_running()).collect();
        // Sidecars stop after all others, the last one first.
        if let Some(last) = running.last().filter(|i| **i < self.inits && self.runs[**i].sidecar) {
            let untold = matches!(self.runs[*last].state, State::Running { stop: Stopping::No, .. });
            if untold {
                self.stop_run(cx, pod, *last, stop.kill_at);
            }
            return untold;
        }
        if !running.is_empty() {
            return false;
        }
        self.over = true;
        self.account_for_the_lost(cx);
        let remove_at = pod.meta.is_terminating().then(|| now + TEARDOWN);
        self.stop = Some(Stop { remove_at, ..stop });
        true
    }

    /// Containers of a stopped pod that never ran count as failed. Models `pkg/kubelet/status/status_manager.go:
    /// TerminatePod`.
    fn account_for_the_lost(&mut self, cx: &NodeContext) {
        let waits = |r: &Run| matches!(r.shown, ContainerState::Waiting { .. });
        let tried = |r: &&Run| !waits(r) || r.last_state.is_some();
        let inits = &self.runs[..self.inits];
        let with_evidence = self.inits - inits.iter().rev().take_while(|r| !tried(r)).count();
        let first = usize::from(self.inits > 0);
        let counted = if cx.timings.imitates_recorder { 0 } else { with_evidence.max(first) };
        for (i, run) in self.runs.iter_mut().enumerate() {
            if waits(run) && (i >= self.inits || i < counted) {
                run.shown = ContainerState::Terminated(Terminated {
                    exit_code: 137,
                    reason: "ContainerStatusUnknown".into(),
                    message: Some("The container could not be located when the pod was terminated".into()),
                    started_at: None,
                    finished_at: None,
                    container_id: Str::default(),
                });
            }
        }
    }

    /// Lets the object go when everything has been tidied up.
    fn remove(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) -> bool {
        let due = self.stop.and_then(|s| s.remove_at).is_some_and(|at| at <= cx.now());
        if due {
            let options = DeleteOptions {
                grace_period_seconds: Some(0),
                uid: Some(self.uid),
                ..DeleteOptions::default()
            };
            // It may be gone already.
            let _ = cx.api.delete(&pod.key(), options);
            self.stop = self.stop.map(|s| Stop { remove_at: None, ..s });
        }
        false
    }

    /// Says what it does and reports the status. Returns the pod as it is then.
    fn publish(&self, cx: &mut NodeContext, pod: &Rc<Object>, key: &Key) -> Rc<Object> {
        let now = cx.now();
        let (reason, until) = self.verdict(pod);
        cx.api.set_verdict(Component::Kubelet, key, Some(reason), until);
        let keeps = cx.timings.imitates_recorder;
        let is_silent = pod.pod().is_terminal() || keeps && self.stop.is_some() && !self.over;
        let left = match is_silent {
            true => cx.api.get(key),
            false => cx
                .api
                .report_pod_status(key, |o| status::report(self, o.pod(), o.meta.generation, now, keeps)),
        };
        left.expect("the pod was there")
    }

    /// What the pod is doing, or what it waits for.
    fn verdict(&self, pod: &Rc<Object>) -> (Reason, Option<SimTime>) {
        if self.over {
            return (Reason::Ended, None);
        }
        if let Some(stop) = self.stop {
            let ends = |r: &Run| match r.state {
                State::Running { exit, .. } => exit.map(|(at, _)| at),
                _ => None,
            };
            let last = self.runs.iter().filter_map(ends).max();
            return (
                Reason::Stopping { grace_seconds: stop.grace_seconds },
                Some(last.unwrap_or(stop.kill_at)),
            );
        }
        match &self.setup {
            Setup::Mount { at, message: Some(message), .. } => {
                return (
                    Reason::CantStart { container: Str::default(), message: message.clone() },
                    Some(*at),
                );
            }
            Setup::Mount { at, .. } | Setup::Sandbox { at } => return (Reason::CreatingSandbox, Some(*at)),
            Setup::Ready => {}
        }
        for (i, run) in self.runs.iter().enumerate() {
            let container = run.name.clone();
            let image = self.container(pod, i).image.clone();
            let until = run.next_at();
            let reason = match &run.state {
                State::Pulling { .. } => Reason::Pulling { image, container },
                State::PullFailed { retry_at, .. } => {
                    return (Reason::ImageBackOff { image, container }, Some(*retry_at));
                }
                State::PullBackOff { .. } => Reason::ImageBackOff { image, container },
                State::Blocked { message, .. } => Reason::CantStart { container, message: message.clone() },
                State::Creating { .. } => Reason::Starting { container },
                State::Exited { next: Some(_) } | State::BackOff { .. } => {
                    Reason::CrashBackOff { container, restarts: run.restarts }
                }
                State::Running { .. } if i < self.inits && !run.sidecar => Reason::RunningInit { container },
                State::Running { .. } if !run.ready => {
                    let failures = run.probers.iter().map(|p| p.failures).max().unwrap_or(0);
                    Reason::Probing { container, failures }
                }
                _ => continue,
            };
            return (reason, until);
        }
        (Reason::Running, None)
    }
}

/// `10s`, `1m20s`
fn minutes(wait: Span) -> String {
    let seconds = wait.0 / 1000;
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}
