//! A cluster becomes the one whose state was opened: its objects in place of the simulated ones, its containers as they are,
//! what is broken about it as faults that can be mended, and what each component finds there, found without doing it.

use super::reported;
use super::state::Opened;
use crate::api::image::with_tag;
use crate::api::node::LEASE_NAMESPACE;
use crate::api::pod::{ContainerState, condition};
use crate::api::{Body, Fault, Key, Kind, Object, ObjectMeta, SimTime};
use crate::apiserver::{Cause, Store};
use crate::cluster::Cluster;
use crate::cluster::judging::Judging;
use crate::config::{LOCAL_PATH, Timings};
use crate::fault;
use crate::kubelet::Adopting;
use serde_json::json;
use std::collections::BTreeSet;
use std::rc::Rc;

/// So many objects are put in place in one step.
const AT_ONCE: usize = 128;

/// A cluster on the way to become the one whose state was opened. From a single state its components go on; a recording is seen
/// first. Nothing else may happen to the cluster until it is done.
pub(crate) struct Beginning {
    opened: Rc<Opened>,
    stage: Stage,
}

/// What is done next.
enum Stage {
    /// What the cluster has goes.
    Clear,
    /// Objects are put in place from this one on.
    Put(usize),
    /// What is broken becomes faults.
    Faults,
    /// The kubelets take on their pods.
    Adopt(Adopting),
    /// Who watches what was put there hears of it.
    Dispatch,
    /// Each component looks.
    Judge(Box<Judging>),
}

impl Beginning {
    /// Puts the opened state in place of what the cluster has.
    pub fn new(opened: Rc<Opened>) -> Beginning {
        Beginning { opened, stage: Stage::Clear }
    }

    /// Lets the cluster's own components go on from what is there now: containers as they are, what is broken as faults, and
    /// what each component finds.
    pub fn go_on(opened: Rc<Opened>) -> Beginning {
        Beginning { opened, stage: Stage::Faults }
    }

    /// Does a little more. Returns, once all is done, how many requests the components would have made at that moment.
    pub fn step(&mut self, cluster: &mut Cluster) -> Option<usize> {
        let opened = &self.opened;
        SimTime::set_zero(opened.taken_unix_seconds);
        cluster.options.timings = opened.timings;
        cluster.api.cause = Cause::Bootstrap;
        self.stage = match &mut self.stage {
            Stage::Clear => {
                clear(cluster);
                Stage::Put(0)
            }
            Stage::Put(from) => {
                let objects = opened.objects.iter().skip(*from).take(AT_ONCE);
                objects.for_each(|object| cluster.api.put_seen(object.key(), Some(Rc::clone(object))));
                let next = *from + AT_ONCE;
                match (next < opened.objects.len(), opened.seen.is_empty()) {
                    (true, _) => Stage::Put(next),
                    (false, true) => Stage::Faults,
                    (false, false) => return Some(0),
                }
            }
            Stage::Faults => {
                break_what_is_broken(cluster, opened);
                Stage::Adopt(Adopting::new(&mut cluster.nodes, &cluster.api, &opened.images))
            }
            Stage::Adopt(adopting) => {
                if adopting.step(&mut cluster.nodes, &cluster.api, &cluster.options.timings) {
                    return None;
                }
                cluster.forget_memory();
                Stage::Dispatch
            }
            Stage::Dispatch => {
                if cluster.dispatch_some(AT_ONCE) {
                    return None;
                }
                Stage::Judge(Box::new(Judging::new(cluster)))
            }
            Stage::Judge(judging) => {
                let requests = judging.step(cluster)?;
                reported::heed(cluster);
                return Some(requests);
            }
        };
        None
    }
}

/// Takes away what a cluster that has just begun has of the kinds that come with a state.
fn clear(cluster: &mut Cluster) {
    let replaced = [Kind::Node, Kind::StorageClass, Kind::Service, Kind::EndpointSlice, Kind::Endpoints];
    let old: Vec<Key> =
        replaced.iter().flat_map(|kind| cluster.api.store().list(*kind)).map(|o| o.key()).collect();
    for key in old {
        cluster.api.put_seen(key, None);
    }
}

/// Makes faults of what is broken in what is there now.
fn break_what_is_broken(cluster: &mut Cluster, opened: &Opened) {
    let look = Look { store: &cluster.api.store().clone(), timings: &opened.timings, now: cluster.now() };
    for fault in look.faults() {
        fault::set(&mut cluster.api, fault, true);
    }
    for node in look.store.list(Kind::Node) {
        if let Some(since) = silent_since(node) {
            fault::set(&mut cluster.api, Fault::NodeDown(node.meta.name.clone()), true);
            let spec = json!({"holderIdentity": &*node.meta.name, "leaseDurationSeconds": 40, "renewTime": since.rfc3339()});
            let meta = ObjectMeta::named(LEASE_NAMESPACE, &node.meta.name);
            let lease = Object::new(Kind::Lease, meta, Body::Other(Rc::new(json!({"spec": spec}))));
            cluster.api.put_seen(lease.key(), Some(Rc::new(lease)));
        }
    }
}

/// What is looked at when the simulation goes on from it.
struct Look<'a> {
    store: &'a Store,
    timings: &'a Timings,
    now: SimTime,
}

impl Look<'_> {
    /// What is broken in a state, as far as a fault can say it.
    fn faults(&self) -> Vec<Fault> {
        let mut all = Vec::new();
        for class in self.store.list(Kind::StorageClass) {
            let provisioner = class.storage_class().provisioner.clone();
            if &*provisioner != LOCAL_PATH && &*provisioner != "kubernetes.io/no-provisioner" {
                all.push(Fault::ProvisionerRuns(provisioner));
            }
        }
        let mut running: BTreeSet<String> = BTreeSet::new();
        let mut crashing: BTreeSet<String> = BTreeSet::new();
        for pod in self.store.list(Kind::Pod) {
            let spec = &pod.pod().spec;
            for container in spec.all_containers() {
                let image = with_tag(&container.image);
                match pod.pod().container_status(&container.name).map(|status| &status.state) {
                    Some(ContainerState::Waiting { reason, .. }) => match &**reason {
                        "ImagePullBackOff" | "ErrImagePull" => all.push(Fault::image_gone(&container.image)),
                        "CrashLoopBackOff" => drop(crashing.insert(image)),
                        _ => {}
                    },
                    Some(ContainerState::Running { .. }) => drop(running.insert(image)),
                    _ => {}
                }
            }
            if self.fails_readiness(pod) {
                all.push(fault::pod_unready(&pod.key(), pod.meta.uid));
            }
        }
        all.extend(crashing.difference(&running).map(|image| Fault::ProgramEnds(image.as_str().into())));
        all
    }

    /// Whether a pod's readiness fails, rather than that it has not had the time to succeed: it was Ready before, or has taken
    /// far longer than others and than its probe allows.
    fn fails_readiness(&self, pod: &Object) -> bool {
        let (body, spec) = (pod.pod(), &pod.pod().spec);
        if body.is_ready() || pod.meta.is_terminating() {
            return false;
        }
        if is_marked_by_node_controller(pod) {
            // Its node says that it is not well, and goes on to say so.
            return self.is_on_unwell_node(pod);
        }
        let unready = spec.containers.iter().filter_map(|container| {
            let status = body.container_status(&container.name).filter(|status| !status.ready)?;
            let ContainerState::Running { started_at } = status.state else { return None };
            Some((container, started_at))
        });
        let changed = body.condition(condition::CONTAINERS_READY).map(|ready| ready.last_transition_time);
        unready.into_iter().any(|(container, started_at)| {
            let Some(probe) = &container.readiness_probe else {
                // Nobody asks, and yet it is not Ready: it was told so.
                return container.startup_probe.is_none();
            };
            let patience = probe.initial_delay_seconds + probe.period_seconds * (probe.failure_threshold + 1);
            let usual = self.timings.app_start.0 * 3;
            let was_ready = changed.is_some_and(|changed| changed.0 > started_at.0 + 1000);
            was_ready || (self.now - started_at).0 > (patience * 1000).max(usual) + 10_000
        })
    }

    /// Whether a pod's node is heard of, and says that it is not Ready.
    fn is_on_unwell_node(&self, pod: &Object) -> bool {
        let name = pod.pod().spec.node_name.as_deref().unwrap_or_default();
        let node = self.store.find_cluster(Kind::Node, name);
        let says = |node: &Rc<Object>| {
            let mut conditions = node.node().conditions.iter();
            conditions.any(|c| &*c.kind == condition::READY && c.status == Some(false))
        };
        node.is_some_and(says)
    }
}

/// Whether the control plane has marked the pod as not Ready because nothing is heard of its node: its kubelet would have
/// said the same of its containers (`controller_utils.go: MarkPodsNotReady`).
fn is_marked_by_node_controller(pod: &Object) -> bool {
    let body = pod.pod();
    let has_gates = !crate::api::read::list(&body.spec.raw, "readinessGates").is_empty();
    let says = |kind: &str, holds: bool| {
        body.condition(kind).is_some_and(|condition| condition.status == Some(holds))
    };
    !has_gates && says(condition::READY, false) && says(condition::CONTAINERS_READY, true)
}

/// Since when a pod shows that nobody looks after it, if it does.
pub(super) fn overdue_since(pod: &Object) -> Option<SimTime> {
    let marked = is_marked_by_node_controller(pod);
    let ready = pod.pod().condition(condition::READY).filter(|_| marked);
    ready.map(|condition| condition.last_transition_time)
}

/// When a node was last heard of, if nothing is heard of it.
fn silent_since(node: &Object) -> Option<SimTime> {
    let conditions = &node.node().conditions;
    let ready = conditions.iter().find(|condition| &*condition.kind == condition::READY)?;
    ready.status.is_none().then_some(ready.last_transition_time)
}
