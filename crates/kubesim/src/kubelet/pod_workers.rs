//! What a kubelet does with a pod: a machine of small steps, each due at a time. [`Worker::sync`] takes those that are due,
//! reports the status that results, and says when the next one is. Models `pkg/kubelet/pod_workers.go` and
//! `pkg/kubelet/kubelet.go: SyncPod, SyncTerminatingPod, SyncTerminatedPod`.

use super::environment::name_is_too_long;
use super::nodes::NodeContext;
use super::run::{Run, State, Stopping};
use super::status_manager;
use super::worker::{Setup, Stop, Worker};
use crate::api::event::Involved;
use crate::api::pod::{ContainerState, Terminated};
use crate::api::probe::ProbeKind;
use crate::api::read::opt_int;
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Object, SimTime, Span, Str};
use crate::apiserver::{DeleteOptions, EventType, Source};
use std::rc::Rc;

/// How long the kubelet needs to tidy up between a pod's last status and the end of the object. Real: 50–100 ms, more
/// if volumes are slow to unmount.
const TEARDOWN: Span = Span(60);
/// After so long a sandbox that could not be made is tried again.
const SANDBOX_RETRY: Span = Span::seconds(12);
/// The status of a pod that ran longer than `activeDeadlineSeconds`: its reason and its message.
const DEADLINE_EXCEEDED: (&str, &str) =
    ("DeadlineExceeded", "Pod was active on the node longer than the specified deadline");

impl Worker {
    /// Takes the steps that are due, reports the status, and says when the next step is due.
    pub(super) fn sync(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) -> Option<SimTime> {
        let key = pod.key();
        let seconds = opt_int(&pod.pod().spec.raw, "activeDeadlineSeconds");
        self.deadline = seconds.map(|seconds| self.start + Span::seconds(seconds));
        self.take_up_ephemeral(pod);
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

    /// Takes one step that is due, if there is one.
    pub(super) fn step(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) -> bool {
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
        if self.deadline.is_some_and(|at| at <= now) {
            self.miss_deadline(cx, pod);
            return true;
        }
        match self.setup {
            Setup::Mount { at, wait, .. } if at <= now => {
                self.mount(cx, pod, wait);
                return true;
            }
            Setup::Sandbox { at } if at <= now => {
                if let Some(message) = name_is_too_long(pod) {
                    let involved = Involved::of(pod);
                    let source = Source::kubelet(&self.node);
                    cx.api.event(source, involved, EventType::Warning, "FailedCreatePodSandBox", &message);
                    self.setup = Setup::Sandbox { at: now + SANDBOX_RETRY };
                    return true;
                }
                self.setup = Setup::Ready;
                self.address = Some(cx.nodes.address(pod, &self.host_ip, cx.api.store()));
                self.announced = !cx.timings.imitates_recorder;
                return true;
            }
            Setup::Ready => {}
            _ => return false,
        }
        for i in 0..self.runs.len() {
            let turn = self.is_ephemeral(i) || self.runs[..i.min(self.inits)].iter().all(|r| r.done);
            if turn && !self.waits_for_earlier(cx, i) && self.step_run(cx, pod, i) {
                return true;
            }
        }
        self.finish_by_itself(cx, pod)
    }

    /// Whether a container that was never started has to wait: the kubelet pulls, makes and starts one after another, and waits
    /// for the hook at each one's start. Models `kuberuntime_manager.go: SyncPod`.
    fn waits_for_earlier(&self, cx: &NodeContext, i: usize) -> bool {
        let is_under_way = |run: &Run| {
            matches!(run.state, State::Waiting | State::Pulling { .. } | State::Creating { .. })
                || run.post_start.as_ref().is_some_and(|held| held.until.is_some())
        };
        !cx.timings.imitates_recorder
            && i >= self.inits
            && !self.is_ephemeral(i)
            && matches!(self.runs[i].state, State::Waiting)
            && self.runs[self.inits..i].iter().any(is_under_way)
    }

    /// It has run longer than it may. Models `pkg/kubelet/active_deadline.go`.
    fn miss_deadline(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) {
        let source = Source::kubelet(&self.node);
        cx.api.event(source, Involved::of(pod), EventType::Normal, DEADLINE_EXCEEDED.0, DEADLINE_EXCEEDED.1);
        self.evicted = Some(DEADLINE_EXCEEDED);
        self.begin_stop(cx, pod, pod.pod().spec.termination_grace_period_seconds);
    }

    /// Nothing runs any more and nothing will: a pod that ends by itself.
    pub(super) fn finish_by_itself(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) -> bool {
        let (inits, mains) = (&self.runs[..self.inits], self.main_runs());
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
    pub(super) fn begin_stop(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, grace: i64) {
        let kill_at = cx.now() + Span::seconds(grace);
        self.stop = Some(Stop { kill_at, grace_seconds: grace, remove_at: None });
        for run in &mut self.runs {
            if run.is_running() {
                // Models `StopLivenessAndStartup`.
                run.probers.retain(|p| p.kind == ProbeKind::Readiness);
                run.post_start.iter_mut().for_each(|held| held.until = None);
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

    pub(super) fn step_stop(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, stop: Stop) -> bool {
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
    pub(super) fn account_for_the_lost(&mut self, cx: &NodeContext) {
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
    pub(super) fn remove(&mut self, cx: &mut NodeContext, pod: &Rc<Object>) -> bool {
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
    pub(super) fn publish(&self, cx: &mut NodeContext, pod: &Rc<Object>, key: &Key) -> Rc<Object> {
        let now = cx.now();
        let (reason, until) = self.verdict(pod);
        cx.api.set_verdict(Component::Kubelet, key, Some(reason), until);
        let keeps = cx.timings.imitates_recorder;
        let is_silent = pod.pod().is_terminal() || keeps && self.stop.is_some() && !self.over;
        let left = if is_silent {
            cx.api.get(key)
        } else {
            cx.api.report_pod_status(key, |o| {
                status_manager::report(self, o.pod(), o.meta.generation, now, keeps)
            })
        };
        left.expect("the pod was there")
    }

    /// What the pod is doing, or what it waits for.
    pub(super) fn verdict(&self, pod: &Rc<Object>) -> (Reason, Option<SimTime>) {
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
        // What somebody looks into the pod with is not what the pod is there for.
        for (i, run) in self.runs.iter().enumerate().filter(|(i, _)| !self.is_ephemeral(*i)) {
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
