//! Startup, liveness and readiness probes. Models `pkg/kubelet/prober`.
//!
//! A probe that asks over the network succeeds once the program serves; nothing is really asked. An `exec` probe runs its
//! command. A probe that can't change its mind by itself is not asked again.

use super::host::ContainerPlace;
use super::program;
use crate::api::pod::{Container, Probe};
use crate::api::read::{get, opt_str};
use crate::api::{Object, SimTime, Span};
use crate::apiserver::ApiServer;
use std::rc::Rc;

/// What a web server that is held unready answers.
pub(super) const UNAVAILABLE: &str = "HTTP probe failed with statuscode: 503";
/// The first probe comes at the earliest so long after the container's start. Real: up to a period later, as the
/// prober's own clock ticks.
const FIRST_PROBE: Span = Span::seconds(1);

/// What a probe decides.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Kind {
    Startup,
    Liveness,
    Readiness,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Startup => "Startup",
            Kind::Liveness => "Liveness",
            Kind::Readiness => "Readiness",
        }
    }
}

/// A probe under way.
#[derive(Clone, Debug)]
pub(super) struct Prober {
    pub kind: Kind,
    pub probe: Probe,
    /// When it is asked next; never, if nothing can change its answer but something that wakes the kubelet anyway.
    next: Option<SimTime>,
    pub failures: i64,
    successes: i64,
    /// It fails on purpose.
    unready: bool,
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

    /// Asks the probe. `serves`: something in the container listens. Errors: what the probe says of its failure.
    pub fn ask(&self, api: &mut ApiServer, place: &ContainerPlace, serves: bool) -> Result<(), String> {
        if self.unready {
            return Err(UNAVAILABLE.into());
        }
        if let Some(command) = &self.probe.exec {
            return program::ask(api, place, command, self.probe.timeout_seconds);
        }
        if serves { Ok(()) } else { Err(refused(&self.probe, place.pod, place.address)) }
    }

    /// Counts an answer. Returns whether the probe now passes or fails, if it has come to a conclusion.
    pub fn count(&mut self, answer: &Result<(), String>, now: SimTime) -> Option<bool> {
        let repeats = self.probe.exec.is_some() || answer.is_err();
        self.next = Some(now + Span::seconds(self.probe.period_seconds.max(1)));
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
        (Kind::Startup, startup),
        (Kind::Liveness, container.liveness_probe.clone()),
        (Kind::Readiness, readiness),
    ];
    let prober = |(kind, probe): (Kind, Option<Probe>)| {
        let unready = unready && kind == Kind::Readiness;
        let mut prober = Prober { kind, probe: probe?, next: None, failures: 0, successes: 0, unready };
        if kind == Kind::Startup || !waits {
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

/// What the probe says when nobody listens.
fn refused(probe: &Probe, pod: &Object, address: &str) -> String {
    let port = |source: &serde_json::Value| {
        let port = get(source, "port");
        let named = port.as_str().and_then(|name| {
            let spec = &pod.pod().spec;
            let ports = spec.containers.iter().flat_map(|c| c.ports.iter());
            ports.into_iter().find(|p| p.name.as_deref() == Some(name)).map(|p| i64::from(p.container_port))
        });
        port.as_i64().or(named).unwrap_or(0)
    };
    let http = get(&probe.raw, "httpGet");
    if http.is_object() {
        let scheme = opt_str(http, "scheme").map_or("http".into(), |s| s.to_ascii_lowercase());
        let path = opt_str(http, "path").unwrap_or_else(|| "/".into());
        let to = format!("{address}:{}", port(http));
        return format!("Get \"{scheme}://{to}{path}\": dial tcp {to}: connect: connection refused");
    }
    let tcp = get(&probe.raw, "tcpSocket");
    if tcp.is_object() {
        return format!("dial tcp {address}:{}: connect: connection refused", port(tcp));
    }
    let service = format!("{address}:{}", port(get(&probe.raw, "grpc")));
    format!("timeout: failed to connect service \"{service}\" within 1s: context deadline exceeded")
}
