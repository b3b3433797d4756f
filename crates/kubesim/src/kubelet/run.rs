//! A container on its node: what it is doing, and what the status shows of it. Models `pkg/kubelet/container/runtime.go:
//! Status`.

use super::prober::Prober;
use super::program::Program;
use crate::api::pod::{Container, ContainerState, Terminated};
use crate::api::{SimTime, Span, Str};
use crate::base::text::common;

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
    pub previous: Option<Terminated>,
    pub ready: bool,
    pub started: bool,
    /// An init container has done its work; a sidecar has started.
    pub done: bool,
    pub restarts: i64,
    pub image: Str,
    pub image_id: Str,
    pub id: Str,
    /// The image it was started from, as the spec names it.
    pub from: Str,
    /// It is started again whatever the pod's policy: its spec has changed.
    pub is_replaced: bool,
    pub back_off: Option<Span>,
    pub pull_back_off: Option<Span>,
    pub probers: Vec<Prober>,
    pub program: Program,
    /// Whether its readiness is held false on purpose.
    pub unready: bool,
    /// How long it runs when it is started again, and its exit code, if it has ended so again and again.
    pub repeats: Option<(Span, i32)>,
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
    pub fn new(container: &Container, waiting: &str) -> Run {
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
            is_replaced: false,
            back_off: None,
            pull_back_off: None,
            probers: Vec::new(),
            program: Program::Server,
            unready: false,
            repeats: None,
        }
    }

    pub fn is_running(&self) -> bool {
        matches!(self.state, State::Running { .. })
    }

    /// When something happens to it by itself.
    pub fn next_at(&self) -> Option<SimTime> {
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
                // A container that is about to end is not probed any more: see `step_running`.
                let is_probed = *stop == Stopping::No && exit.is_none();
                let probers = if is_probed { &self.probers[..] } else { &[] };
                let probes = probers.iter().filter_map(Prober::next_at);
                let ends = exit.map(|(at, _)| at);
                probes.chain(hook).chain(ends).chain(self.program.next_at()).min()
            }
        }
    }

    pub fn wait(&mut self, reason: &str, message: Option<&str>) {
        self.shown = ContainerState::Waiting { reason: common(reason), message: message.map(Str::from) };
    }
}
