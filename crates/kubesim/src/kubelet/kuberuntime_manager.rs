//! What a kubelet does with a container whose turn has come: it is made, runs, ends, and is started again. Models
//! `pkg/kubelet/kuberuntime/kuberuntime_manager.go: computePodActions, SyncPod`.

use super::back_off::{CONFIG_RETRY, FIRST_BACK_OFF, LAST_BACK_OFF};
use super::environment::missing_config;
use super::files::runs_as_root;
use super::nodes::NodeContext;
use super::program::{self, Program};
use super::run::{State, Stopping};
use super::worker::Worker;
use super::{files, host, image, prober};
use crate::api::image::{has_tag, with_tag};
use crate::api::pod::{ContainerState, RestartPolicy, Terminated};
use crate::api::probe::ProbeKind;
use crate::api::read::get;
use crate::api::{Fault, Object, SimTime, Span, Str};
use crate::base::text::common;
use std::rc::Rc;

/// How long after its start a program ends that crashes on purpose.
const CRASH_AFTER: Span = Span(500);
/// The exit code of a container that the runtime could not start.
const START_ERROR_CODE: i32 = 128;
/// A container that ran this long starts with the first wait again (twice the longest).
const BACK_OFF_RESET: Span = Span::seconds(600);

/// How much of a container's termination message is kept, in bytes (`MaxContainerTerminationMessageLength`).
const LONGEST_MESSAGE: usize = 4096;
/// How much of its log takes the message's place: lines and bytes (`MaxContainerTerminationMessageLog…`).
const MESSAGE_LOG_LINES: usize = 80;
const MESSAGE_LOG_BYTES: usize = 2048;

/// What a container does on purpose: the recordings' stand-in has it so, or a fault.
#[derive(Clone, Copy, Default)]
pub(super) struct Switches {
    pub crashes: bool,
    pub deaf: bool,
    pub unready: bool,
}

impl Worker {
    pub(super) fn switches(&self, cx: &NodeContext, pod: &Rc<Object>, i: usize) -> Switches {
        if !cx.timings.imitates_recorder {
            let crashes = self.suffers(self.container(pod, i), Fault::ProgramEnds);
            return Switches { unready: self.held_unready, crashes, deaf: false };
        }
        let image = &self.container(pod, i).image;
        let once = pod.meta.annotation("golden.test/crash") == Some("once");
        Switches {
            crashes: has_tag(image, "crash") || (once && i >= self.inits && self.runs[i].restarts == 0),
            deaf: has_tag(image, "ignores-sigterm"),
            unready: has_tag(image, "unready") || pod.meta.annotation("golden.test/unready") == Some("true"),
        }
    }

    /// Takes a step with a container whose turn has come.
    pub(super) fn step_run(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) -> bool {
        let now = cx.now();
        match self.runs[i].state.clone() {
            State::Waiting => self.begin(cx, pod, i),
            State::Pulling { since, until } if until <= now => self.pulled(cx, pod, i, now - since),
            State::PullFailed { until, retry_at } if until <= now => {
                let image = self.container(pod, i).image.clone();
                let message = format!("Back-off pulling image \"{image}\"");
                self.normal(cx.api, pod, i, "BackOff", &message);
                self.warns(cx.api, pod, i, "Failed", "Error: ImagePullBackOff");
                let why = format!("{message}: ErrImagePull: {}", image::not_found(&image));
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

    /// Makes the container, if everything that it needs is there.
    pub(super) fn create(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let now = cx.now();
        let container = self.container(pod, i);
        if self.runs[i].from.is_empty() {
            // It was the image that was wrong.
            self.runs[i].from = container.image.clone();
            return self.begin(cx, pod, i);
        }
        let refused = missing_config(cx.store(), pod, container).or_else(|| runs_as_root(pod, container));
        if let Some(message) = refused {
            self.warns(cx.api, pod, i, "Failed", &format!("Error: {message}"));
            self.runs[i].wait("CreateContainerConfigError", Some(&message));
            self.runs[i].state = State::Blocked { until: now + CONFIG_RETRY, message: message.into() };
            return;
        }
        self.normal(cx.api, pod, i, "Created", "Container created");
        if i < self.inits && !self.runs[i].sidecar {
            return self.run(cx, pod, i);
        }
        // The stand-in has taken this time for a restart already, before it looked for the image.
        let restarts = cx.timings.imitates_recorder && self.runs[i].previous.is_some();
        let takes = if restarts { Span(0) } else { cx.timings.container_start };
        self.runs[i].state = State::Creating { until: now + takes };
    }

    pub(super) fn run(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let now = cx.now();
        self.announced = true;
        let failure =
            if cx.timings.imitates_recorder { None } else { Program::fails(cx.store(), &self.place(pod, i)) };
        if let Some(message) = failure {
            return self.cannot_start(cx, pod, i, message.into());
        }
        self.normal(cx.api, pod, i, "Started", "Container started");
        let container = self.container(pod, i);
        let switches = self.switches(cx, pod, i);
        let probers = prober::of(container, now, switches.unready);
        let is_ephemeral = self.is_ephemeral(i);
        self.make(cx, pod, i);
        let run = &mut self.runs[i];
        let before =
            std::mem::replace(&mut run.shown, ContainerState::Running { started_at: now.whole_seconds() });
        run.unready = switches.unready;
        run.probers = probers;
        run.started = !run.probers.iter().any(|p| p.kind == ProbeKind::Startup);
        let judged = run.probers.iter().any(|p| p.kind == ProbeKind::Readiness);
        let init = i < self.inits && !run.sidecar;
        run.ready = run.started && !judged && !init && !is_ephemeral;
        run.done |= run.sidecar && run.started;
        let exit = if switches.crashes {
            Some((now + if init { cx.timings.init_run } else { CRASH_AFTER }, 1))
        } else {
            None
        };
        let exit = run.repeats.map(|(after, code)| (now + after, code)).or(exit);
        run.state = State::Running { since: now, exit, stop: Stopping::No };
        if exit.is_none() {
            self.start_program(cx, pod, i, before);
        } else {
            run.program = Program::Server;
        }
    }

    /// Starts what the container's command says.
    pub(super) fn start_program(
        &mut self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        before: ContainerState,
    ) {
        let program = Program::of(cx.store(), &self.place(pod, i));
        self.runs[i].program = program;
        if i < self.inits && !self.runs[i].sidecar && matches!(self.runs[i].program, Program::Server) {
            // What can't be run counts as done.
            let at = cx.now() + cx.timings.init_run;
            self.end_at(i, at, 0);
        }
        let hook = get(get(&self.container(pod, i).raw, "lifecycle"), "postStart").clone();
        if hook.is_object() {
            let (takes, failure) = program::post_start(cx.api, &self.place(pod, i), &hook);
            if takes > Span(0) || failure.is_some() {
                let until = cx.now() + takes.max(Span(1));
                self.runs[i].hold_back(before, until, failure.map(Str::from));
            }
        }
        self.go_on(cx, pod, i);
    }

    /// The container that is made: its names in the runtime, and what was before it.
    fn make(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let image = self.container(pod, i).image.clone();
        let worker_uid = self.uid.text();
        let run = &mut self.runs[i];
        if let Some(previous) = run.previous.take() {
            run.last_state = Some(previous);
            run.restarts += 1;
            files::start_again(cx.api, self.uid, &run.name);
        }
        run.image = common(&with_tag(&image));
        run.from = image;
        run.image_id = image::id(&run.image);
        let incarnation = run.restarts.to_string();
        let id = image::hex64(&[&worker_uid, &run.name, &incarnation]);
        run.id = ["containerd://", &id].concat().into();
    }

    /// The runtime can't start the container. Models `kuberuntime_container.go: startContainer` and containerd's status of
    /// a container that never ran.
    fn cannot_start(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, message: Str) {
        let now = cx.now();
        self.warns(cx.api, pod, i, "Failed", &["Error: ", &message].concat());
        self.make(cx, pod, i);
        let again = self.starts_again(pod, i, START_ERROR_CODE, false);
        let run = &mut self.runs[i];
        let ended = Terminated {
            exit_code: START_ERROR_CODE,
            reason: "StartError".into(),
            message: Some(message.clone()),
            // It has no time.
            started_at: Some(SimTime(-(SimTime(0).unix_ms() as i64))),
            finished_at: Some(now.whole_seconds()),
            container_id: run.id.clone(),
        };
        run.shown = ContainerState::Terminated(ended.clone());
        if again {
            run.last_state = Some(ended.clone());
            run.wait("RunContainerError", Some(&message));
        }
        run.previous = Some(ended);
        run.program = Program::Server;
        run.state = State::Exited { next: again.then(|| now + cx.timings.container_start) };
    }

    /// Whether a container that has ended is started again. `is_replaced`: its spec has changed.
    fn starts_again(&self, pod: &Rc<Object>, i: usize, code: i32, is_replaced: bool) -> bool {
        let init = i < self.inits && !self.runs[i].sidecar;
        match pod.pod().spec.restart_policy {
            _ if self.stop.is_some() || self.is_ephemeral(i) => false,
            _ if self.runs[i].sidecar || is_replaced => true,
            RestartPolicy::Always => !init || code != 0,
            RestartPolicy::OnFailure => code != 0,
            RestartPolicy::Never => false,
        }
    }

    /// The hook at a container's start has ended: what it held back shows, or the container is stopped.
    fn hook_ended(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let Some(held) = &mut self.runs[i].post_start else { return };
        held.until = None;
        if held.failure.is_none() {
            self.runs[i].let_go(cx.now());
            return;
        }
        self.warns(cx.api, pod, i, "FailedPostStartHook", "PostStartHook failed");
        self.kill(cx, pod, i, "FailedPostStartHook");
    }

    /// Lets the container's program go on until it waits.
    pub(super) fn go_on(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let program = std::mem::replace(&mut self.runs[i].program, Program::Server);
        let serves = i >= self.inits || self.runs[i].sidecar;
        let (program, exit) = program.go_on(cx.api, &self.place(pod, i), serves);
        self.runs[i].program = program;
        let (Some(code), State::Running { since, .. }) = (exit, &self.runs[i].state) else { return };
        let at = cx.now().max(*since + cx.timings.init_run);
        self.end_at(i, at, code);
    }

    /// Takes a step with a container that runs.
    pub(super) fn step_running(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) -> bool {
        let now = cx.now();
        let State::Running { since, exit, stop } = self.runs[i].state else { return false };
        if self.stop.is_none()
            && self.runs[i].post_start.as_ref().is_some_and(|h| h.until.is_some_and(|at| at <= now))
        {
            self.hook_ended(cx, pod, i);
            return true;
        }
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
        let Switches { unready, crashes, .. } = self.switches(cx, pod, i);
        if crashes && !cx.timings.imitates_recorder {
            self.end_at(i, now, 1);
            return true;
        }
        if unready != self.runs[i].unready && i >= self.inits {
            self.runs[i].unready = unready;
            let probed = self.container(pod, i).readiness_probe.is_some();
            self.runs[i].ready = !unready && (cx.timings.imitates_recorder || !probed);
            self.runs[i].probers = prober::of(self.container(pod, i), now, unready);
            if unready {
                let message = format!("Readiness probe failed: {}", prober::UNAVAILABLE);
                self.warns(cx.api, pod, i, "Unhealthy", &message);
            }
            return true;
        }
        if self.container(pod, i).image != self.runs[i].from {
            let message = format!("Container {} definition changed, will be restarted", self.runs[i].name);
            self.runs[i].is_replaced = true;
            self.kill(cx, pod, i, &message);
            return true;
        }
        self.probe_due(cx, pod, i, since)
    }

    /// A container has ended.
    pub(super) fn exited(
        &mut self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        since: SimTime,
        code: i32,
    ) {
        let now = cx.now();
        let init = i < self.inits && !self.runs[i].sidecar;
        let delay = cx.timings.container_start;
        let message = self.termination_message(cx, pod, i, code);
        let replaced = std::mem::take(&mut self.runs[i].is_replaced);
        let again = self.starts_again(pod, i, code, replaced);
        let run = &mut self.runs[i];
        let ended = Terminated {
            exit_code: code,
            reason: if code == 0 { "Completed".into() } else { "Error".into() },
            message,
            started_at: Some(since.whole_seconds()),
            finished_at: Some(now.whole_seconds()),
            container_id: run.id.clone(),
        };
        run.shown = ContainerState::Terminated(ended.clone());
        let failure = run.post_start.take().and_then(|held| held.failure);
        if let Some(failure) = failure.filter(|_| again) {
            run.last_state = Some(ended.clone());
            run.wait("PostStartHookError", Some(&failure));
        }
        run.previous = Some(ended);
        run.probers.clear();
        run.program = Program::Server;
        run.started = false;
        run.ready = init && code == 0;
        run.done |= init && code == 0;
        // The back-off is of the image, too.
        if now - since >= BACK_OFF_RESET || replaced {
            run.back_off = None;
        }
        run.state = State::Exited { next: again.then(|| now + delay) };
    }

    /// What a container says of its end. Models `kuberuntime_container.go: getTerminationMessage` and
    /// `readLastStringFromContainerLogs`.
    fn termination_message(&self, cx: &NodeContext, pod: &Rc<Object>, i: usize, code: i32) -> Option<Str> {
        let raw = &self.container(pod, i).raw;
        let path = get(raw, "terminationMessagePath").as_str().unwrap_or_default();
        let written = host::read_file(cx.store(), &self.place(pod, i), path).unwrap_or_default();
        if !written.is_empty() {
            return Some(ending(&written, LONGEST_MESSAGE).into());
        }
        if code == 0 || get(raw, "terminationMessagePolicy") != "FallbackToLogsOnError" {
            return None;
        }
        let lines = files::last_lines(cx.store(), self.uid, &self.runs[i].name, MESSAGE_LOG_LINES);
        let text = ending(&lines, MESSAGE_LOG_BYTES);
        (!text.is_empty()).then(|| text.into())
    }

    /// Starts a container that has ended again, now or after a while. Models `doBackOff`.
    pub(super) fn again(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize) {
        let now = cx.now();
        let Some(wait) = self.runs[i].back_off else {
            self.runs[i].back_off = Some(FIRST_BACK_OFF);
            return self.begin(cx, pod, i);
        };
        let (name, uid) = (&self.runs[i].name, self.uid);
        let of_pod = format!("{}_{}({uid})", pod.meta.name, pod.meta.namespace);
        let event = format!("Back-off restarting failed container {name} in pod {of_pod}");
        let message = format!("back-off {} restarting failed container={name} pod={of_pod}", minutes(wait));
        self.warns(cx.api, pod, i, "BackOff", &event);
        let run = &mut self.runs[i];
        run.last_state = run.previous.clone();
        run.wait("CrashLoopBackOff", Some(&message));
        run.state = State::BackOff { until: now + wait };
        run.back_off = Some(Span((wait.0 * 2).min(LAST_BACK_OFF.0)));
    }
}

/// The last bytes of a text, so many at most.
fn ending(text: &str, most: usize) -> &str {
    let mut from = text.len().saturating_sub(most);
    while !text.is_char_boundary(from) {
        from += 1;
    }
    &text[from..]
}

/// `10s`, `1m20s`
fn minutes(wait: Span) -> String {
    let seconds = wait.0 / 1000;
    if seconds < 60 { format!("{seconds}s") } else { format!("{}m{}s", seconds / 60, seconds % 60) }
}
