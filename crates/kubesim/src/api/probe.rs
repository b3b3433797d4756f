//! What a probe decides, and whom it asks. Models `k8s.io/api/core/v1/types.go: ProbeHandler` and `pkg/probe/util.go:
//! ResolveContainerPort`.

use super::Str;
use super::pod::{Container, PodSpec, Probe};
use super::read::{get, opt_str};

/// What a probe decides.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ProbeKind {
    /// Until it has succeeded, the others wait; failing it has the container started again.
    Startup,
    /// Failing it has the container started again.
    Liveness,
    /// Decides Ready.
    Readiness,
}

impl ProbeKind {
    /// In the order in which a kubelet starts them.
    pub const ALL: [ProbeKind; 3] = [ProbeKind::Startup, ProbeKind::Liveness, ProbeKind::Readiness];

    /// As events begin with it (`pkg/kubelet/prober/prober_manager.go: probeType.String`).
    pub fn name(self) -> &'static str {
        match self {
            ProbeKind::Startup => "Startup",
            ProbeKind::Liveness => "Liveness",
            ProbeKind::Readiness => "Readiness",
        }
    }

    /// As it stands in the middle of a sentence.
    pub fn word(self) -> &'static str {
        match self {
            ProbeKind::Startup => "startup",
            ProbeKind::Liveness => "liveness",
            ProbeKind::Readiness => "readiness",
        }
    }
}

/// Whom a probe asks.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ProbeTarget {
    /// A command in the container.
    Command,
    /// A port of the pod.
    Port(i64),
    /// A port that the container has under no such name.
    NoSuchPort(Str),
    /// A host of which nothing is known.
    Elsewhere,
}

impl Probe {
    /// Whom the probe of this container asks.
    pub fn target(&self, container: &Container) -> ProbeTarget {
        if self.exec.is_some() {
            return ProbeTarget::Command;
        }
        let source = ["httpGet", "tcpSocket", "grpc"].map(|how| get(&self.raw, how));
        let Some(source) = source.into_iter().find(|source| source.is_object()) else {
            return ProbeTarget::Elsewhere;
        };
        if opt_str(source, "host").is_some_and(|host| !host.is_empty()) {
            return ProbeTarget::Elsewhere;
        }
        let port = get(source, "port");
        let Some(name) = port.as_str() else { return ProbeTarget::Port(port.as_i64().unwrap_or(0)) };
        let named = container.ports.iter().find(|port| port.name.as_deref() == Some(name));
        let number = named.map(|port| i64::from(port.container_port)).or_else(|| name.parse().ok());
        number.map_or_else(|| ProbeTarget::NoSuchPort(name.into()), ProbeTarget::Port)
    }
}

impl Container {
    /// The probe that decides this, if the container has it.
    pub fn probe(&self, kind: ProbeKind) -> Option<&Probe> {
        match kind {
            ProbeKind::Startup => self.startup_probe.as_ref(),
            ProbeKind::Liveness => self.liveness_probe.as_ref(),
            ProbeKind::Readiness => self.readiness_probe.as_ref(),
        }
    }

    /// Whether it declares this port for TCP.
    pub fn declares_port(&self, number: i64) -> bool {
        self.ports.iter().any(|port| i64::from(port.container_port) == number && &*port.protocol == "TCP")
    }
}

impl PodSpec {
    /// Its containers with those that run before and beside them.
    pub fn all_containers(&self) -> impl Iterator<Item = &Container> {
        self.init_containers.iter().chain(self.containers.iter())
    }

    /// Whether one of its containers declares this port for TCP.
    pub fn declares_port(&self, number: i64) -> bool {
        self.all_containers().any(|container| container.declares_port(number))
    }

    /// Whether it says anything of ports: it declares one, or a probe asks one.
    pub fn names_ports(&self) -> bool {
        self.all_containers().any(|container| {
            let mut probes = ProbeKind::ALL.into_iter().filter_map(|kind| container.probe(kind));
            !container.ports.is_empty()
                || probes.any(|probe| matches!(probe.target(container), ProbeTarget::Port(_)))
        })
    }
}
