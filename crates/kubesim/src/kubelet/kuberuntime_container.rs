//! Stopping a container: its preStop hook, SIGTERM, SIGKILL. Models
//! `pkg/kubelet/kuberuntime/kuberuntime_container.go: killContainer`.

use super::nodes::NodeContext;
use super::program;
use super::run::{State, Stopping};
use super::worker::Worker;
use crate::api::read::get;
use crate::api::{Fault, Object, SimTime, Span};
use std::rc::Rc;

impl Worker {
    /// Stops one container, to start it again.
    pub(super) fn kill(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, message: &str) {
        let grace = pod.pod().spec.termination_grace_period_seconds;
        self.runs[i].probers.clear();
        self.tell_to_stop(cx, pod, i, cx.now() + Span::seconds(grace), message);
    }

    pub(super) fn stop_run(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, kill_at: SimTime) {
        if self.runs[i].is_running() {
            let message = format!("Stopping container {}", self.runs[i].name);
            self.tell_to_stop(cx, pod, i, kill_at, &message);
        }
    }

    /// Runs the preStop hook, then sends SIGTERM, then waits until the container may be killed. Models `killContainer`.
    pub(super) fn tell_to_stop(
        &mut self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        kill_at: SimTime,
        message: &str,
    ) {
        self.normal(cx.api, pod, i, "Killing", message);
        let hook = get(get(&self.container(pod, i).raw, "lifecycle"), "preStop").clone();
        let takes = program::hook_takes(cx.api, &self.place(pod, i), &hook, kill_at - cx.now());
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
    pub(super) fn signal(&mut self, cx: &mut NodeContext, pod: &Rc<Object>, i: usize, kill_at: SimTime) {
        let now = cx.now();
        let deaf = self.switches(cx, pod, i).deaf || self.suffers(self.container(pod, i), Fault::ProgramDeaf);
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
}
