//! What a container's probes have for consequences. Models `pkg/kubelet/prober/{prober_manager,worker}.go`.

use super::image;
use super::nodes::NodeContext;
use super::prober::{self, Failure};
use super::run::State;
use super::web;
use super::worker::Worker;
use crate::api::pod::RestartPolicy;
use crate::api::probe::{ProbeKind, ProbeTarget};
use crate::api::read::get;
use crate::api::{Fault, Object, SimTime};
use std::rc::Rc;

impl Worker {
    /// Asks the first of a container's probes that is due.
    pub(super) fn probe_due(
        &mut self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        since: SimTime,
    ) -> bool {
        let now = cx.now();
        let due = self.runs[i].probers.iter().position(|p| p.next_at().is_some_and(|at| at <= now));
        if let Some(p) = due {
            self.probe(cx, pod, i, p, since);
        }
        due.is_some()
    }

    /// Asks a probe and acts on the answer. Models `pkg/kubelet/prober/worker.go: doProbe`.
    pub(super) fn probe(
        &mut self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        p: usize,
        since: SimTime,
    ) {
        let now = cx.now();
        let (answer, depends) = self.answer(cx, pod, i, p);
        let prober = &mut self.runs[i].probers[p];
        let kind = prober.kind;
        let said = match &answer {
            Err(Failure::Failed(why)) => Some(["failed: ", why].concat()),
            Err(Failure::Errored(why)) => Some(["errored and resulted in unknown state: ", why].concat()),
            Ok(()) => None,
        };
        let verdict = prober.count(&answer, depends, now);
        if let Some(said) = said {
            self.warns(cx.api, pod, i, "Unhealthy", &[kind.name(), " probe ", &said].concat());
        }
        let run = &mut self.runs[i];
        match (kind, verdict) {
            (_, None) => {}
            (ProbeKind::Readiness, Some(passed)) => run.ready = passed,
            (ProbeKind::Startup, Some(true)) => {
                run.started = true;
                run.done |= run.sidecar;
                run.ready = !run.probers.iter().any(|p| p.kind == ProbeKind::Readiness);
                run.probers.retain(|p| p.kind != ProbeKind::Startup);
                run.probers.iter_mut().for_each(|p| p.begin(since, now));
            }
            (ProbeKind::Liveness, Some(true)) => {}
            (ProbeKind::Liveness | ProbeKind::Startup, Some(false)) => {
                let kind = kind.word();
                let again = !run.sidecar && pod.pod().spec.restart_policy != RestartPolicy::Never;
                let what = if run.sidecar { "Init container" } else { "Container" };
                let so = if again { ", will be restarted" } else { "" };
                let message = format!("{what} {} failed {kind} probe{so}", run.name);
                self.kill(cx, pod, i, &message);
            }
        }
    }

    /// What a probe is answered, and whether that depends on another container: on a port of the pod, whoever declares it
    /// is assumed to listen as long as it runs.
    fn answer(
        &self,
        cx: &mut NodeContext,
        pod: &Rc<Object>,
        i: usize,
        p: usize,
    ) -> (Result<(), Failure>, bool) {
        let (prober, container) = (&self.runs[i].probers[p], self.container(pod, i));
        let place = self.place(pod, i);
        if prober.unready {
            return (Err(Failure::Failed(prober::UNAVAILABLE.into())), false);
        }
        if self.suffers(container, |image| Fault::ProbeFails(image, prober.kind)) {
            return (Err(Failure::Failed(prober.refusal(&place))), false);
        }
        let listens = |n: usize| match self.runs[n].state {
            State::Running { since, .. } => {
                cx.timings.app_start <= cx.api.now - since && self.runs[n].program.serves()
            }
            _ => false,
        };
        let (is_answered, depends) = match prober.probe.target(container) {
            ProbeTarget::Command => return (prober.run_command(cx.api, &place), false),
            ProbeTarget::NoSuchPort(name) if !cx.timings.imitates_recorder => {
                // As Go's strconv.Atoi says it, with which a name is tried last.
                let why = format!("strconv.Atoi: parsing {name:?}: invalid syntax");
                return (Err(Failure::Errored(why)), false);
            }
            ProbeTarget::Port(port) if !cx.timings.imitates_recorder => {
                let is_open = |n: usize| {
                    let container = self.container(pod, n);
                    let closed = |image| Fault::PortClosed(image, port as i32);
                    let is_own = match image::web_server(container) {
                        Some(server) => server.port == port,
                        None => container.declares_port(port),
                    };
                    is_own && listens(n) && !self.suffers(container, closed)
                };
                (is_open(i) || (0..self.runs.len()).any(is_open), !container.declares_port(port))
            }
            _ => (listens(i), false),
        };
        if !is_answered {
            return (Err(Failure::Failed(prober.refused(&place))), depends);
        }
        let path = get(get(&prober.probe.raw, "httpGet"), "path").as_str();
        let code = path.and_then(|path| web::status(cx.store(), pod, container, path));
        match code.filter(|code| *code >= 400 && !cx.timings.imitates_recorder) {
            Some(code) => {
                (Err(Failure::Failed(format!("HTTP probe failed with statuscode: {code}"))), depends)
            }
            None => (Ok(()), depends),
        }
    }
}
