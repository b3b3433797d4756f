//! What a container's probes have for consequences. Models `pkg/kubelet/prober/{prober_manager,worker}.go`.

use super::nodes::NodeContext;
use super::prober::Kind;
use super::worker::Worker;
use crate::api::{Object, SimTime};
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
        let serves = now >= since + cx.timings.app_start && self.runs[i].program.serves();
        let answer = self.runs[i].probers[p].ask(cx.api, &self.place(pod, i), serves);
        let prober = &mut self.runs[i].probers[p];
        let kind = prober.kind;
        let verdict = prober.count(&answer, now);
        if let Err(why) = &answer {
            self.warns(cx.api, pod, i, "Unhealthy", &format!("{} probe failed: {why}", kind.name()));
        }
        let run = &mut self.runs[i];
        match (kind, verdict) {
            (_, None) => {}
            (Kind::Readiness, Some(passed)) => run.ready = passed,
            (Kind::Startup, Some(true)) => {
                run.started = true;
                run.done |= run.sidecar;
                run.ready = !run.probers.iter().any(|p| p.kind == Kind::Readiness);
                run.probers.retain(|p| p.kind != Kind::Startup);
                run.probers.iter_mut().for_each(|p| p.begin(since, now));
            }
            (Kind::Liveness, Some(true)) => {}
            (Kind::Liveness | Kind::Startup, Some(false)) => {
                let kind = kind.name().to_ascii_lowercase();
                let message = format!("Container {} failed {kind} probe, will be restarted", run.name);
                self.kill(cx, pod, i, &message);
            }
        }
    }
}
