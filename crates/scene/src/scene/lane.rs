//! The lanes: each ordinal of a set with its pod, its claims and their volumes.

use super::builder::{LaneBuilder, part};
use super::pod_grid::PodGrid;
use super::view::{
    COMPACT, ClaimFacts, ClaimView, FileView, Lane, LineView, PodSlot, PodView, Replaced, Sameness,
    ServiceView, VolumeView,
};
use crate::explain::not_simulated;
use crate::history::Life;
use crate::history::pod_state::{PodState, claims_are_older, has_sandbox, is_older};
use kubesim::api::service::SERVICE_NAME_LABEL;
use kubesim::api::stateful_set::{
    PodManagementPolicy, REVISION_LABEL, ordinal_of, parent_and_ordinal, pod_name,
};
use kubesim::kubectl::printers::pod_summary;
use kubesim::{Component, Key, Kind, Object, Reason, SimTime, Store, Str};
use messages::fill;
use std::rc::Rc;

/// The most lines of a file that are shown.
const LINES_SHOWN: usize = 6;

/// The steps of each part of a pod's progress, and of its ring, on a card without details: a lane is drawn anew only
/// when something else is to be seen.
const STEPS_OF_EACH: f32 = 8.0;
const STEPS: f32 = 24.0;

impl LaneBuilder<'_> {
    pub(super) fn service(&self) -> Option<ServiceView> {
        let name = &self.set.stateful_set().spec.service_name;
        if name.is_empty() {
            return None;
        }
        let service = self.store.find(Kind::Service, &self.set.meta.namespace, name);
        let answer = match service.map(|s| s.service()) {
            Some(service) if !service.is_headless() => service.cluster_ip.to_string(),
            Some(_) if !self.in_dns.is_empty() => format!("{} A", self.in_dns.len()),
            _ => "NXDOMAIN".into(),
        };
        let cluster_ip = service.map(|s| s.service().cluster_ip.clone());
        let is_made_up = service.is_some_and(|service| service.meta.is_made_up());
        Some(ServiceView { name: name.clone(), cluster_ip, answer, is_made_up })
    }

    /// A lane for each ordinal that is wanted, that has a pod, or whose claim is still there.
    pub(super) fn lanes(&self) -> Vec<Rc<Lane>> {
        let spec = &self.set.stateful_set().spec;
        let (namespace, set) = (&*self.set.meta.namespace, &self.set.meta.name);
        let wanted = spec.ordinals();
        let mut ordinals: Vec<i32> = wanted.clone().collect();
        let mut add = |stem: &str, name: &Str| {
            if let Some(ordinal) = ordinal_of(stem, name)
                && let Err(place) = ordinals.binary_search(&ordinal)
            {
                ordinals.insert(place, ordinal);
            }
        };
        for pod in self.store.list_in(Kind::Pod, namespace) {
            if pod.meta.is_controlled_by(self.set.meta.uid) {
                add(set, &pod.meta.name);
            }
        }
        for template in &*spec.volume_claim_templates {
            let stem = [&*template.name, "-", set].concat();
            for claim in self.store.list_in(Kind::PersistentVolumeClaim, namespace) {
                add(&stem, &claim.meta.name);
            }
        }
        let small = ordinals.len() >= COMPACT;
        let lane = |ordinal| Rc::new(self.lane(ordinal, wanted.contains(&ordinal), small));
        ordinals.into_iter().map(lane).collect()
    }

    /// The lane beside a grid: the ordinal that was chosen, else that of the pod that all waits for, else the first.
    pub(super) fn whole(&self, grid: &PodGrid, focus: Option<i32>, pod: Option<&str>) -> Option<Rc<Lane>> {
        let spec = &self.set.stateful_set().spec;
        let ordinal = |name: &str| parent_and_ordinal(name).map(|(_, ordinal)| ordinal);
        let is_there = |n: &i32| grid.cell(*n).is_some();
        let chosen = focus.or(pod.and_then(ordinal)).filter(is_there);
        let ordinal = chosen.or(grid.cells().next().map(|cell| cell.ordinal))?;
        let wanted = spec.ordinals();
        Some(Rc::new(self.lane(ordinal, wanted.contains(&ordinal), false)))
    }

    /// `small`: the card has no details. What changes every second would only be drawn again in vain.
    pub(super) fn lane(&self, ordinal: i32, wanted: bool, small: bool) -> Lane {
        let spec = &self.set.stateful_set().spec;
        let name: Str = pod_name(&self.set.meta.name, ordinal).into();
        let pod = self.store.find(Kind::Pod, &self.set.meta.namespace, &name);
        let before = pod.and_then(|pod| self.chronicle.life_before(pod));
        let place = match pod {
            Some(pod) => PodSlot::Pod(Box::new(self.pod(pod, before, small))),
            None => self.ghost(ordinal, &name, wanted),
        };
        let claim_of = |template: &Str| self.claim(&[&**template, "-", &*name].concat(), pod, before, wanted);
        let shows_claims = !matches!(place, PodSlot::Ghost { next: false, .. });
        let claims = spec.volume_claim_templates.iter().map(|t| claim_of(&t.name));
        Lane {
            ordinal,
            dns_name: self.dns_name(&name),
            claims: claims.filter(|c| shows_claims || c.claim.is_some()).collect(),
            pod: place,
            name,
        }
    }

    /// `flask-0.flask`; the Service's name if the pod has none of its own in it.
    pub(super) fn dns_name(&self, pod: &str) -> Option<Str> {
        let service = &self.set.stateful_set().spec.service_name;
        let (_, hostname) = self.in_dns.iter().find(|(listed, _)| &**listed == pod)?;
        let called = |hostname: &Str| [hostname, ".", service].concat().into();
        Some(hostname.as_ref().map_or_else(|| service.clone(), called))
    }

    pub(super) fn ghost(&self, ordinal: i32, name: &Str, wanted: bool) -> PodSlot {
        let spec = &self.set.stateful_set().spec;
        let next = self.next.as_ref() == Some(name);
        let waits =
            spec.pod_management_policy == PodManagementPolicy::OrderedReady && ordinal > spec.ordinals_start;
        let note = if !wanted {
            self.messages.scaled_away().to_string()
        } else if waits {
            let before = pod_name(&self.set.meta.name, ordinal - 1);
            fill(self.messages.waits_for(), &[("pod", &before)])
        } else {
            self.messages.soon().to_string()
        };
        PodSlot::Ghost { note, next }
    }

    pub(super) fn pod(&self, object: &Object, before: Option<&Life>, small: bool) -> PodView {
        let (pod, min_ready) = (object.pod(), self.set.stateful_set().spec.min_ready_seconds);
        let mark = |old: fn(&Life) -> &Option<Str>, new: &Option<Str>| match (before.map(old), new) {
            (Some(Some(old)), Some(new)) if old == new => Sameness::Same,
            (Some(Some(_)), Some(_)) => Sameness::New,
            _ => Sameness::None,
        };
        let mut progress = self.progress(object);
        if small {
            progress.iter_mut().for_each(|part| *part = (*part * STEPS_OF_EACH).floor() / STEPS_OF_EACH);
        }
        let mut ring = progress.iter().sum::<f32>() / progress.len() as f32;
        let summary = pod_summary(pod, &object.meta);
        let mut ready = summary.ready_column();
        if let Some(since) = pod.ready_since() {
            let seconds = (self.now - since.0 as f64) / 1000.0;
            ring = if min_ready > 0 { part(seconds, min_ready as f64) } else { 1.0 };
            if ring < 1.0 && !object.meta.is_terminating() {
                ready = format!("{ready} · {}/{min_ready}s", seconds.max(0.0) as i64);
            }
        }
        if let Some(left) = self.grace_left(object) {
            ring = left;
        }
        if small {
            ring = (ring * STEPS).round() / STEPS;
        }
        PodView {
            uid: object.meta.uid.to_string()[..8].to_string(),
            uid_mark: match before {
                _ if object.meta.is_made_up() => Sameness::MadeUp,
                Some(_) => Sameness::New,
                None => Sameness::None,
            },
            state: PodState::of(object),
            status: summary.status,
            ready,
            ip: pod.status.pod_ip.clone(),
            ip_mark: mark(|life| &life.ip, &pod.status.pod_ip),
            age: if small { String::new() } else { (self.at() - object.meta.creation_timestamp).to_string() },
            node: pod.spec.node_name.clone().map(|node| self.numbered(node)),
            node_mark: match &pod.spec.node_name {
                Some(node) if self.chronicle.is_made_up(&Key::cluster(Kind::Node, node)) => Sameness::MadeUp,
                node => mark(|life| &life.node, node),
            },
            replaced: before.map(|before| self.replaced(object, before)),
            restarts: summary.restarts,
            not_simulated: if small { None } else { not_simulated(self.messages, self.store, object) },
            progress,
            ring,
        }
    }

    pub(super) fn replaced(&self, object: &Object, before: &Life) -> Replaced {
        let pod = object.pod();
        let same = |old: &Option<Str>, new: &Option<Str>| new.as_ref().map(|_| old == new);
        Replaced {
            claims: claims_are_older(self.store, object),
            ip: same(&before.ip, &pod.status.pod_ip),
            node: same(&before.node, &pod.spec.node_name),
            revision: before.revision.as_deref() == object.meta.label(REVISION_LABEL),
        }
    }

    pub(super) fn claim(
        &self,
        name: &str,
        pod: Option<&Rc<Object>>,
        before: Option<&Life>,
        wanted: bool,
    ) -> ClaimView {
        let claim = self.store.find(Kind::PersistentVolumeClaim, &self.set.meta.namespace, name);
        let born = pod.map(|p| p.meta.creation_timestamp);
        let facts = claim.map(|object| {
            let claim = object.claim();
            let modes: Vec<&str> = claim.spec.access_modes.iter().map(|m| short_mode(m)).collect();
            let size = claim.capacity.as_ref().unwrap_or(&claim.spec.request);
            let class = claim.spec.storage_class_name.as_deref().unwrap_or_default();
            let made_up = object.meta.is_made_up().then(|| self.messages.cluster().is_made_up());
            let modes = modes.join(",");
            let facts = [size, &*modes, class].map(Some).into_iter().chain([made_up]).flatten();
            ClaimFacts {
                status: if object.meta.is_terminating() { "Terminating" } else { claim.phase.name() },
                same: before.is_some() && pod.is_some_and(|pod| is_older(object, pod)),
                kept: pod.is_none() && !wanted,
                about: facts.collect::<Vec<&str>>().join(" · "),
            }
        });
        let volume = claim.and_then(|c| c.claim().spec.volume_name.clone());
        let volume = volume.and_then(|volume| self.store.get(&Key::cluster(Kind::PersistentVolume, &volume)));
        let cable = match pod {
            Some(pod) if claim.is_some() => self.plugged(pod),
            _ => 0.0,
        };
        ClaimView {
            name: name.into(),
            claim: facts,
            volume: volume.map(|volume| self.volume(volume, before.and(born))),
            cable,
        }
    }

    /// How far a pod's node is in mounting its volumes: it does so before it makes the sandbox.
    pub(super) fn plugged(&self, pod: &Object) -> f32 {
        if pod.pod().spec.node_name.is_none() {
            return 0.0;
        }
        match self.store.verdict(Component::Kubelet, &pod.key()) {
            Some(verdict) if verdict.reason == Reason::CreatingSandbox => self.elapsed(verdict),
            _ if has_sandbox(pod) => 1.0,
            _ => 0.0,
        }
    }

    /// `replaced`: the creation of the pod, if it had a predecessor.
    pub(super) fn volume(&self, object: &Object, replaced: Option<SimTime>) -> VolumeView {
        let name = &object.meta.name;
        let files_at = |at| self.chronicle.files_at(name, at).map(|(_, files)| files);
        let old = replaced.and_then(files_at);
        let files = files_at(self.at()).into_iter().flat_map(|files| files.iter());
        let files = files.filter(|(path, _)| !path.ends_with('/')).map(|(path, text)| {
            let old_lines = old.and_then(|old| old.get(path)).map_or(0, |old| old.lines().count());
            let count = text.lines().count();
            let before = count.saturating_sub(LINES_SHOWN);
            let line = |(n, text): (usize, &str)| LineView {
                text: text.to_string(),
                fresh: old_lines > 0 && n >= old_lines,
            };
            FileView {
                path: path.trim_start_matches('/').into(),
                before,
                lines: text.lines().enumerate().skip(before).map(line).collect(),
            }
        });
        VolumeView {
            name: name.chars().take(12).collect(),
            node: object.volume().node.clone().map(|node| self.numbered(node)),
            files: files.collect(),
            is_unknown: self.chronicle.is_from_before(object),
            is_made_up: object.meta.is_made_up(),
        }
    }
}

/// The pods that the Service's name leads to, each with its own host name in it, if it has one.
pub(super) fn pods_in_dns(store: &Store, set: &Object) -> Vec<(Str, Option<Str>)> {
    let service = &*set.stateful_set().spec.service_name;
    let slices = store.list_in(Kind::EndpointSlice, &set.meta.namespace);
    let slices = slices.filter(|s| s.meta.label(SERVICE_NAME_LABEL) == Some(service));
    let endpoints = slices.flat_map(|s| s.endpoint_slice().endpoints.iter());
    let ready = endpoints.filter(|e| e.ready && !e.address.is_empty());
    ready.filter_map(|e| e.target.as_ref().map(|(_, pod, _)| (pod.clone(), e.hostname.clone()))).collect()
}

/// The pod that the controller's verdict names as the next one.
pub(super) fn next_pod(store: &Store, set: &Object) -> Option<Str> {
    let verdict = store.verdict(Component::StatefulSetController, &set.key())?;
    match &verdict.reason {
        Reason::WaitingForReady { next, .. }
        | Reason::WaitingForAvailable { next, .. }
        | Reason::WaitingForTermination { next, .. } => next.clone(),
        Reason::MaxUnavailableDropped { next, .. } => Some(next.clone()),
        _ => None,
    }
}

/// `ReadWriteOnce` → `RWO`, as kubectl does.
fn short_mode(mode: &str) -> &'static str {
    match mode {
        "ReadWriteOnce" => "RWO",
        "ReadOnlyMany" => "ROX",
        "ReadWriteMany" => "RWX",
        _ => "RWOP",
    }
}
