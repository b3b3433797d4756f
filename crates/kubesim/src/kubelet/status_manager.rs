//! A pod's status as its kubelet reports it. Models `pkg/kubelet/kubelet_pods.go: getPhase` and
//! `pkg/kubelet/status/generate.go`.

use super::run::{Run, State};
use super::worker::Worker;
use crate::api::meta::Condition;
use crate::api::pod::{ContainerState, ContainerStatus, PodPhase, PodStatus, RestartPolicy, condition};
use crate::api::{Pod, SimTime};
use crate::base::text::common;

/// The status of a container.
fn container_status(run: &Run) -> ContainerStatus {
    ContainerStatus {
        name: run.name.clone(),
        state: run.shown.clone(),
        last_state: run.last_state.clone(),
        ready: run.ready,
        restart_count: run.restarts,
        image: run.image.clone(),
        image_id: run.image_id.clone(),
        container_id: run.id.clone(),
        started: Some(run.started),
    }
}

/// The status to report: what the API server has, with what the kubelet knows.
pub(super) fn report(
    worker: &Worker,
    pod: &Pod,
    generation: i64,
    now: SimTime,
    keeps_reasons: bool,
) -> PodStatus {
    let (inits, mains) = (&worker.runs[..worker.inits], worker.main_runs());
    let ephemeral = &worker.runs[worker.inits + worker.mains..];
    let phase = phase(worker, pod.spec.restart_policy);
    let wanted = conditions(worker, pod, phase);
    let old = &pod.status.conditions;
    let mut conditions = Vec::with_capacity(old.len().max(wanted.len()));
    for (kind, holds, reason, message) in &wanted {
        let (kind, holds) = (*kind, *holds);
        let before = old.iter().find(|c| &*c.kind == kind);
        let unchanged = before.filter(|c| c.status == Some(holds));
        // The recordings' stand-in leaves the old reason beside a condition that now holds.
        let kept = if keeps_reasons && holds && reason.is_none() { before } else { None };
        conditions.push(Condition {
            kind: before.map_or_else(|| common(kind), |c| c.kind.clone()),
            status: Some(holds),
            reason: kept.map_or_else(|| reason.map(common), |c| c.reason.clone()),
            message: kept.map_or_else(|| message.as_deref().map(common), |c| c.message.clone()),
            last_transition_time: unchanged.map_or(now.whole_seconds(), |c| c.last_transition_time),
        });
    }
    let reported = wanted.len();
    for other in old {
        if conditions[..reported].iter().all(|c| c.kind != other.kind) {
            conditions.push(other.clone());
        }
    }
    let ended_for = worker.evicted.filter(|_| worker.over);
    let mut status = PodStatus {
        phase,
        conditions,
        reason: ended_for.map_or_else(|| pod.status.reason.clone(), |(reason, _)| Some(common(reason))),
        message: ended_for.map_or_else(|| pod.status.message.clone(), |(_, message)| Some(common(message))),
        nominated_node_name: pod.status.nominated_node_name.clone(),
        host_ip: Some(worker.host_ip.clone()),
        pod_ip: if worker.announced { worker.address.clone() } else { None },
        start_time: Some(worker.start),
        init_container_statuses: inits.iter().map(container_status).collect(),
        container_statuses: mains.iter().map(container_status).collect(),
        ephemeral_container_statuses: ephemeral.iter().map(container_status).collect(),
        qos_class: pod.status.qos_class.clone(),
        observed_generation: pod.status.observed_generation,
    };
    // That a new generation was seen is said with the next change, not in a write of its own.
    if status != pod.status {
        status.observed_generation = generation;
    }
    status
}

type Wanted = (&'static str, bool, Option<&'static str>, Option<String>);

fn conditions(worker: &Worker, pod: &Pod, phase: PodPhase) -> [Wanted; 4] {
    let (inits, mains) = (&worker.runs[..worker.inits], worker.main_runs());
    let names = |runs: &[&Run]| runs.iter().map(|r| &*r.name).collect::<Vec<_>>().join(" ");
    let incomplete: Vec<&Run> = inits.iter().filter(|r| !r.done).collect();
    let any_started = mains.iter().any(|r| !r.id.is_empty());
    let initialized = match phase {
        PodPhase::Succeeded => (true, Some("PodCompleted"), None),
        _ if incomplete.is_empty() || any_started => (true, None, None),
        _ => {
            let message = format!("containers with incomplete status: [{}]", names(&incomplete));
            (false, Some("ContainersNotInitialized"), Some(message))
        }
    };
    let sidecars = inits.iter().filter(|r| r.sidecar);
    let unready: Vec<&Run> = sidecars.chain(mains).filter(|r| !r.ready).collect();
    let containers_ready = match phase {
        PodPhase::Succeeded => (false, Some("PodCompleted"), None),
        PodPhase::Failed => (false, Some("PodFailed"), None),
        _ if unready.is_empty() => (true, None, None),
        _ => {
            let message = ["containers with unready status: [", &names(&unready), "]"].concat();
            (false, Some("ContainersNotReady"), Some(message))
        }
    };
    let gates = unmet_gates(pod);
    let ready = if containers_ready.0 && !gates.is_empty() {
        (false, Some("ReadinessGatesNotReady"), Some(gates.join(", ")))
    } else {
        containers_ready.clone()
    };
    let sandbox = worker.announced && !worker.over;
    [
        (condition::READY_TO_START_CONTAINERS, sandbox, None, None),
        (condition::INITIALIZED, initialized.0, initialized.1, initialized.2),
        (condition::READY, ready.0, ready.1, ready.2),
        (condition::CONTAINERS_READY, containers_ready.0, containers_ready.1, containers_ready.2),
    ]
}

/// What the pod's readiness gates lack.
fn unmet_gates(pod: &Pod) -> Vec<String> {
    let gates = crate::api::read::list(&pod.spec.raw, "readinessGates");
    let unmet = |gate: &serde_json::Value| {
        let kind = crate::api::read::str(gate, "conditionType");
        match pod.condition(&kind) {
            None => Some(format!("corresponding condition of pod readiness gate \"{kind}\" does not exist.")),
            Some(c) if c.status == Some(true) => None,
            Some(c) => {
                let is = c.status_name();
                Some(format!("the status of pod readiness gate \"{kind}\" is not \"True\", but {is}"))
            }
        }
    };
    gates.iter().filter_map(unmet).collect()
}

/// Models `getPhase`.
fn phase(worker: &Worker, policy: RestartPolicy) -> PodPhase {
    let (inits, mains) = (&worker.runs[..worker.inits], worker.main_runs());
    let never_ran = |r: &Run| matches!(r.shown, ContainerState::Waiting { .. }) && r.last_state.is_none();
    let running = |r: &Run| matches!(r.shown, ContainerState::Running { .. });
    let ended = |r: &Run| match &r.shown {
        ContainerState::Terminated(t) => Some(t.exit_code),
        ContainerState::Waiting { .. } => r.last_state.as_ref().map(|t| t.exit_code),
        ContainerState::Running { .. } => None,
    };
    let failed = |r: &Run| ended(r).is_some_and(|code| code != 0);
    if worker.over && worker.evicted.is_some() {
        return PodPhase::Failed;
    }
    if worker.over && worker.stop.is_some() {
        // Nothing of it starts again: only the exit codes count.
        let all_well = mains.iter().all(|r| ended(r) == Some(0));
        return if all_well { PodPhase::Succeeded } else { PodPhase::Failed };
    }
    if policy == RestartPolicy::Never && inits.iter().any(|r| !r.sidecar && failed(r)) {
        return PodPhase::Failed;
    }
    let initializing = inits.iter().any(|r| !r.done && (!r.sidecar || !running(r) || !r.started));
    let any_started = mains.iter().any(|r| !r.id.is_empty());
    if (initializing && !any_started) || mains.iter().any(never_ran) {
        return PodPhase::Pending;
    }
    if mains.iter().chain(inits.iter().filter(|r| r.sidecar)).any(running) {
        return PodPhase::Running;
    }
    // What is about to be started again has not ended for good.
    let goes_on = |r: &Run| !matches!(r.state, State::Exited { next: None });
    match policy {
        RestartPolicy::Always => PodPhase::Running,
        _ if mains.iter().any(goes_on) => PodPhase::Running,
        _ if mains.iter().all(|r| ended(r) == Some(0)) => PodPhase::Succeeded,
        RestartPolicy::Never => PodPhase::Failed,
        RestartPolicy::OnFailure => PodPhase::Running,
    }
}
