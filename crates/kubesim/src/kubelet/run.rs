//! A container on its node: what it is doing, and what the status shows of it. Models `pkg/kubelet/container/runtime.go:
//! Status`.

use super::prober::Prober;
use super::program::Program;
use crate::api::pod::{Container, ContainerState, Terminated};
use crate::api::probe::ProbeKind;
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
    /// The hook at its start that is under way, while the status does not show that it runs.
    pub post_start: Option<PostStart>,
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

/// A container runs, and its kubelet waits for the hook at its start.
#[derive(Clone, Debug)]
pub(super) struct PostStart {
    /// When the hook ends; nothing, once it has failed and the container is being stopped for it.
    pub until: Option<SimTime>,
    /// What its failure is called.
    pub failure: Option<Str>,
    /// What the status will show.
    shown: ContainerState,
    probers: Vec<Prober>,
    ready: bool,
    started: bool,
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
            post_start: None,
            is_replaced: false,
            back_off: None,
            pull_back_off: None,
            probers: Vec::new(),
            program: Program::Server,
            unready: false,
            repeats: None,
        }
    }

    /// Its kubelet waits for the hook: the status goes on to show what it showed, and nobody probes it.
    pub fn hold_back(&mut self, before: ContainerState, until: SimTime, failure: Option<Str>) {
        self.post_start = Some(PostStart {
            until: Some(until),
            failure,
            shown: std::mem::replace(&mut self.shown, before),
            probers: std::mem::take(&mut self.probers),
            ready: std::mem::take(&mut self.ready),
            started: std::mem::take(&mut self.started),
        });
    }

    /// The hook has ended well: what was held back shows.
    pub fn let_go(&mut self, now: SimTime) {
        let Some(held) = self.post_start.take() else { return };
        self.shown = held.shown;
        self.probers = held.probers;
        self.ready = held.ready;
        self.started = held.started;
        self.done |= self.sidecar && self.started;
        let waits = !self.started;
        let due = |prober: &&mut Prober| prober.kind == ProbeKind::Startup || !waits;
        self.probers.iter_mut().filter(due).for_each(|prober| prober.begin(now, now));
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
                let held = self.post_start.as_ref().and_then(|held| held.until);
                probes.chain(hook).chain(ends).chain(held).chain(self.program.next_at()).min()
            }
        }
    }

    pub fn wait(&mut self, reason: &str, message: Option<&str>) {
        self.shown = ContainerState::Waiting { reason: common(reason), message: message.map(Str::from) };
    }
}
