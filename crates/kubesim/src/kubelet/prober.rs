//! Startup, liveness and readiness probes. Models `pkg/kubelet/prober`.
//!
//! A probe that asks over the network succeeds once the program serves that declares the port; nothing is really asked. An
//! `exec` probe runs its command. A probe that can't change its mind by itself is not asked again.

use super::host::ContainerPlace;
use super::program;
use crate::api::pod::{Container, Probe};
use crate::api::probe::{ProbeKind, ProbeTarget};
use crate::api::read::{get, opt_str};
use crate::api::{SimTime, Span};
use crate::apiserver::ApiServer;
use std::rc::Rc;

/// What a web server that is held unready answers.
pub(super) const UNAVAILABLE: &str = "HTTP probe failed with statuscode: 503";
/// The first probe comes at the earliest so long after the container's start. Real: up to a period later, as the
/// prober's own clock ticks.
const FIRST_PROBE: Span = Span::seconds(1);

/// Why a probe has not succeeded.
#[derive(Debug)]
pub(super) enum Failure {
    /// The program said no, or nothing. What the probe says of it.
    Failed(String),
    /// The probe itself can't be made, and does not count. Why.
    Errored(String),
}

/// A probe under way.
#[derive(Clone, Debug)]
pub(super) struct Prober {
    pub kind: ProbeKind,
    pub probe: Probe,
    /// When it is asked next; never, if nothing can change its answer but something that wakes the kubelet anyway.
    next: Option<SimTime>,
    pub failures: i64,
    successes: i64,
    /// It fails on purpose.
    pub unready: bool,
}

impl Prober {
    pub fn next_at(&self) -> Option<SimTime> {
        self.next
    }

    /// Its container runs, or has started up.
    pub fn begin(&mut self, since: SimTime, now: SimTime) {
        let first = Span::seconds(self.probe.initial_delay_seconds).max(FIRST_PROBE);
        self.next = Some((since + first).max(now));
    }

    /// Its container ran before the simulation began. One that passes, or is held unready, is not asked before something
    /// changes; one that has failed so often is asked next in its turn.
    pub fn adopt(&mut self, passes: bool, is_held: bool, failures: i64) {
        if passes {
            self.successes = self.probe.success_threshold.max(1);
            self.next = None;
        } else {
            self.failures = failures;
            if is_held {
                self.failures = failures.max(self.probe.failure_threshold);
                self.next = None;
            }
        }
    }

    /// What could change its answer has changed.
    pub fn ask_again(&mut self, now: SimTime) {
        if self.successes > 0 {
            self.next = self.next.or(Some(now));
        }
    }

    /// Runs the command of an `exec` probe.
    pub fn run_command(&self, api: &mut ApiServer, place: &ContainerPlace) -> Result<(), Failure> {
        let command = self.probe.exec.as_deref().unwrap_or_default();
        if let Some(why) = command.first().and_then(|word| program::lacks(api, place, word)) {
            return Err(Failure::Errored(why));
        }
        program::ask(api, place, command, self.probe.timeout_seconds).map_err(Failure::Failed)
    }

    /// What the probe says of a program that listens, but isn't well.
    pub fn refusal(&self, place: &ContainerPlace) -> String {
        let asks = |how: &str| get(&self.probe.raw, how).is_object();
        if asks("httpGet") {
            UNAVAILABLE.into()
        } else if asks("grpc") {
            "service unhealthy (responded with \"NOT_SERVING\")".into()
        } else if self.probe.exec.is_some() {
            String::new()
        } else {
            self.refused(place)
        }
    }

    /// What the probe says when nobody listens.
    pub fn refused(&self, place: &ContainerPlace) -> String {
        let port = match self.probe.target(place.container) {
            ProbeTarget::Port(port) => port,
            _ => 0,
        };
        let address = place.address;
        let http = get(&self.probe.raw, "httpGet");
        if http.is_object() {
            let scheme = opt_str(http, "scheme").map_or("http".into(), |s| s.to_ascii_lowercase());
            let path = opt_str(http, "path").unwrap_or_else(|| "/".into());
            let to = format!("{address}:{port}");
            let slash = if path.starts_with('/') { "" } else { "/" };
            return format!(
                "Get \"{scheme}://{to}{slash}{path}\": dial tcp {to}: connect: connection refused"
            );
        }
        if get(&self.probe.raw, "tcpSocket").is_object() {
            return format!("dial tcp {address}:{port}: connect: connection refused");
        }
        format!(
            "timeout: failed to connect service \"{address}:{port}\" within 1s: context deadline exceeded"
        )
    }

    /// Counts an answer, which may depend on another container than its own. Returns whether the probe now passes or fails, if
    /// it has come to a conclusion.
    pub fn count(&mut self, answer: &Result<(), Failure>, depends: bool, now: SimTime) -> Option<bool> {
        let repeats = depends || self.probe.exec.is_some() || answer.is_err();
        self.next = Some(now + Span::seconds(self.probe.period_seconds.max(1)));
        if matches!(answer, Err(Failure::Errored(_))) {
            return None;
        }
        if answer.is_ok() {
            self.failures = 0;
            self.successes += 1;
            let passes = self.successes >= self.probe.success_threshold;
            if passes && !repeats {
                self.next = None;
            }
            return passes.then_some(true);
        }
        self.successes = 0;
        self.failures += 1;
        (self.failures >= self.probe.failure_threshold).then_some(false)
    }
}

/// The probes of a container that has just started.
pub(super) fn of(container: &Container, now: SimTime, unready: bool) -> Vec<Prober> {
    let held = unready.then(|| container.readiness_probe.clone().unwrap_or_else(always_there));
    let readiness = held.or_else(|| container.readiness_probe.clone());
    let startup = container.startup_probe.clone();
    let waits = startup.is_some();
    let all = [
        (ProbeKind::Startup, startup),
        (ProbeKind::Liveness, container.liveness_probe.clone()),
        (ProbeKind::Readiness, readiness),
    ];
    let prober = |(kind, probe): (ProbeKind, Option<Probe>)| {
        let unready = unready && kind == ProbeKind::Readiness;
        let mut prober = Prober { kind, probe: probe?, next: None, failures: 0, successes: 0, unready };
        if kind == ProbeKind::Startup || !waits {
            prober.begin(now, now);
        }
        Some(prober)
    };
    all.into_iter().filter_map(prober).collect()
}

/// The readiness probe that the recordings' stand-in gives a container that it holds unready.
fn always_there() -> Probe {
    Probe {
        initial_delay_seconds: 0,
        period_seconds: 10,
        timeout_seconds: 1,
        success_threshold: 1,
        failure_threshold: 1,
        exec: None,
        raw: Rc::default(),
    }
}
