//! How far a pod, its volumes and its containers are.

use super::builder::{LaneBuilder, part};
use crate::history::pod_state::has_sandbox;
use kubesim::api::pod::ContainerState;
use kubesim::api::volume::ClaimPhase;
use kubesim::{Component, Kind, Object, Reason, Str, Verdict};

impl LaneBuilder<'_> {
    /// How far a pod is; see [`PodView::progress`].
    pub(super) fn progress(&self, object: &Object) -> Vec<f32> {
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
    pub(super) fn claims_progress(&self, object: &Object) -> f32 {
        let progress = |claim: &Str| {
            let key = object.key().beside(Kind::PersistentVolumeClaim, claim);
            if self.store.get(&key).is_some_and(|c| c.claim().phase == ClaimPhase::Bound) {
                return 1.0;
            }
            self.store.verdict(Component::Provisioner, &key).map_or(0.0, |verdict| self.elapsed(verdict))
        };
        object.pod().spec.claims().map(progress).fold(1.0, f32::min)
    }

    /// The part of its grace period that a pod still has.
    pub(super) fn grace_left(&self, object: &Object) -> Option<f32> {
        let end = object.meta.deletion_timestamp?;
        let grace = object.meta.deletion_grace_period_seconds.unwrap_or(0).max(1) as f64;
        Some(part((end.0 as f64 - self.now) / 1000.0, grace))
    }

    /// How far a container is in being pulled, started and (if it is an init container) run.
    pub(super) fn step(&self, verdict: &Verdict) -> f32 {
        match &verdict.reason {
            Reason::Pulling { .. } => 0.6 * self.elapsed(verdict),
            Reason::Starting { .. } => 0.6 + 0.2 * self.elapsed(verdict),
            Reason::RunningInit { .. } => 0.8 + 0.2 * self.elapsed(verdict),
            _ => 0.0,
        }
    }
}
