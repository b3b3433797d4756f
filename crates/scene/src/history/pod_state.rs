//! A pod's state as the stage and the timeline colour it, and its name in the order of its set.

use kubesim::api::PodPhase;
use kubesim::api::pod::{ContainerState, condition};
use kubesim::api::stateful_set::parent_and_ordinal;
use kubesim::{Kind, Object, Store, Str};

/// A pod's state as the stage and the timeline colour it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum PodState {
    /// It has no node, or no sandbox there yet.
    Pending,
    /// Its init containers are at work.
    Init,
    /// Its containers are started or run, but it is not Ready.
    Running,
    /// It is Ready.
    Ready,
    /// It was told to stop.
    Terminating,
    /// Something is wrong with it: it needs another try, or has ended.
    Failing,
}

impl PodState {
    /// The states, in the order of the legend.
    pub const ALL: [PodState; 6] = [
        PodState::Pending,
        PodState::Init,
        PodState::Running,
        PodState::Ready,
        PodState::Terminating,
        PodState::Failing,
    ];

    /// The state's class in the style sheet.
    pub fn class(self) -> &'static str {
        match self {
            PodState::Pending => "pending",
            PodState::Init => "init",
            PodState::Running => "run",
            PodState::Ready => "ready",
            PodState::Terminating => "term",
            PodState::Failing => "fail",
        }
    }

    /// The state of this pod.
    pub fn of(object: &Object) -> PodState {
        let pod = object.pod();
        let status = &pod.status;
        let broken = |state: &ContainerState| match state {
            ContainerState::Waiting { reason, .. } => {
                !matches!(&**reason, "ContainerCreating" | "PodInitializing" | "")
            }
            ContainerState::Running { .. } => false,
            ContainerState::Terminated(end) => end.exit_code != 0,
        };
        let mut containers = status.init_container_statuses.iter().chain(&status.container_statuses);
        if object.meta.is_terminating() {
            PodState::Terminating
        } else if pod.is_terminal() || containers.any(|c| broken(&c.state)) {
            PodState::Failing
        } else if pod.is_ready() {
            PodState::Ready
        } else if status.phase == PodPhase::Running
            || (pod.condition_is_true(condition::INITIALIZED) && has_sandbox(object))
        {
            PodState::Running
        } else if has_sandbox(object) {
            PodState::Init
        } else {
            PodState::Pending
        }
    }
}

/// Whether the pod's node has made its sandbox.
pub fn has_sandbox(pod: &Object) -> bool {
    pod.pod().condition_is_true(condition::READY_TO_START_CONTAINERS)
}

/// Whether the claim was there before the pod: it was a predecessor's, and so is what is on its volume.
pub fn is_older(claim: &Object, pod: &Object) -> bool {
    claim.meta.creation_timestamp < pod.meta.creation_timestamp
}

/// Whether all of the pod's claims were there before it; `None` if it has none.
pub fn claims_are_older(store: &Store, pod: &Object) -> Option<bool> {
    let key = |claim: &Str| pod.key().beside(Kind::PersistentVolumeClaim, claim);
    let mut claims = pod.pod().spec.claims().filter_map(|claim| store.get(&key(claim))).peekable();
    claims.peek()?;
    Some(claims.all(|claim| is_older(claim, pod)))
}

/// A pod's name, ordered by its set and its ordinal: flask-2 comes before flask-10.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct PodName {
    /// Its namespace.
    pub namespace: Str,
    /// The name without the ordinal, or all of it.
    pub stem: Str,
    /// The ordinal, if the name ends in one.
    pub ordinal: Option<i32>,
    /// The whole name.
    pub name: Str,
}

impl PodName {
    /// The name of this pod.
    pub fn new(namespace: &Str, name: &Str) -> PodName {
        let (stem, ordinal) = match parent_and_ordinal(name) {
            Some((stem, ordinal)) => (stem.into(), Some(ordinal)),
            None => (name.clone(), None),
        };
        PodName { namespace: namespace.clone(), stem, ordinal, name: name.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pods_are_ordered_by_their_numbers() {
        let name = |name: &str| PodName::new(&"default".into(), &name.into());
        let mut names = ["web-10", "web-2", "testpod1", "api-7f9c", "web-0"].map(name);
        names.sort();
        assert_eq!(names.map(|n| n.name.to_string()), ["api-7f9c", "testpod1", "web-0", "web-2", "web-10"]);
    }
}
