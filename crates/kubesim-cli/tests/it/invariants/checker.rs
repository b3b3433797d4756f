//! What must hold after every write, and what must hold when a cluster has come to rest.

use kubesim::api::PodPhase;
use kubesim::api::resolver::{Data, RecordType};
use kubesim::api::service::Endpoint;
use kubesim::api::stateful_set::UpdateStrategy;
use kubesim::dns::Network;
use kubesim::stateful_set_utils::{
    POD_NAME_LABEL, claim_name, is_available, is_running_and_ready, is_unavailable, max_unavailable, ordinal,
    pod_name, pod_revision, wanted_ordinals,
};
use kubesim::{
    Cause, Change, Cluster, Component, Entry, FeatureGates, Key, Kind, Moment, Object, SimTime, Span, Store,
    Str,
};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

const CONTROLLER: Cause = Cause::Component(Component::StatefulSetController);

/// Follows a history and checks each write against the world as it was before and is after.
pub struct Checker {
    moment: Moment,
    gates: FeatureGates,
    /// How many writes were checked.
    pub checked: usize,
}

/// What does not hold.
pub type Broken = String;

macro_rules! must {
    ($holds:expr, $($why:tt)+) => {
        if !$holds {
            return Err(format!($($why)+));
        }
    };
}

impl Checker {
    /// Begins where the cluster is now.
    pub fn new(cluster: &Cluster) -> Checker {
        let mut moment = Moment::default();
        moment.seek(cluster.api.history(), cluster.api.history().len());
        Checker { moment, gates: cluster.api.gates, checked: 0 }
    }

    /// Begins at the very start.
    pub fn from_the_start(cluster: &Cluster) -> Checker {
        Checker { moment: Moment::default(), gates: cluster.api.gates, checked: 0 }
    }

    /// Checks every write that was made since the last time.
    pub fn follow(&mut self, cluster: &Cluster) -> Result<(), Broken> {
        let history = cluster.api.history();
        for entry in history.since(self.moment.position) {
            let before = self.moment.store.clone_of(&entry.change);
            self.moment.seek(history, self.moment.position + 1);
            self.checked += 1;
            if let Change::Object { key, after, .. } = &entry.change {
                self.check(entry, key, before.as_deref(), after.as_deref())
                    .map_err(|broken| format!("at {}, {key}, by {:?}: {broken}", entry.at, entry.cause))?;
            }
        }
        Ok(())
    }

    fn check(
        &self,
        entry: &Entry,
        key: &Key,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), Broken> {
        let store = &self.moment.store;
        match key.kind {
            Kind::Pod => {
                self.one_pod_per_place(store, after)?;
                self.addresses_are_its_own(store, after)?;
                if entry.cause != CONTROLLER {
                    return Ok(());
                }
                let told_to_go = before.is_some_and(|b| {
                    !b.meta.is_terminating() && after.is_none_or(|a| a.meta.is_terminating())
                });
                match (before, after) {
                    (None, Some(pod)) => self.made_in_order(store, pod, entry.at),
                    (Some(pod), _) if told_to_go => self.deleted_for_a_reason(store, pod, entry.at),
                    _ => Ok(()),
                }
            }
            Kind::PersistentVolumeClaim => self.no_claim_lost_or_shared(store, entry.cause, before, after),
            Kind::PersistentVolume => self.no_volume_changes_hands(before, after),
            _ => Ok(()),
        }
    }

    /// At most one pod per set and ordinal.
    fn one_pod_per_place(&self, store: &Store, pod: Option<&Object>) -> Result<(), Broken> {
        let Some((pod, owner)) = pod.and_then(|p| Some((p, p.meta.controller()?.uid))) else { return Ok(()) };
        let same = |p: &&Rc<Object>| p.meta.is_controlled_by(owner) && ordinal(p) == ordinal(pod);
        let count = store.list_in(Kind::Pod, &pod.meta.namespace).filter(same).count();
        must!(ordinal(pod).is_none() || count == 1, "{count} pods at one place of a set");
        Ok(())
    }

    /// No two pods that may run have the same address.
    fn addresses_are_its_own(&self, store: &Store, pod: Option<&Object>) -> Result<(), Broken> {
        let Some((pod, ip)) = pod.and_then(|p| Some((p, p.pod().status.pod_ip.as_ref()?))) else {
            return Ok(());
        };
        let same = |p: &&Rc<Object>| {
            p.meta.uid != pod.meta.uid && !p.pod().is_terminal() && p.pod().status.pod_ip.as_ref() == Some(ip)
        };
        let other = store.list(Kind::Pod).find(same);
        must!(
            pod.pod().is_terminal() || other.is_none(),
            "{} has the same address {ip}",
            other.unwrap().key()
        );
        Ok(())
    }

    /// What the set of a pod wants, if a set manages it.
    fn set_of<'a>(&self, store: &'a Store, pod: &Object) -> Result<&'a Rc<Object>, Broken> {
        let owner = pod.meta.controller().ok_or("the controller acted on a pod that is not its own")?;
        let set = store.find(Kind::StatefulSet, &pod.meta.namespace, &owner.name);
        set.filter(|s| s.meta.uid == owner.uid).ok_or_else(|| "the pod's set is not there".into())
    }

    /// The names of a set's newest revision, and of the current one.
    fn revisions(&self, store: &Store, set: &Object) -> Result<(Str, Str), Broken> {
        let own = || {
            let all = store.list_in(Kind::ControllerRevision, &set.meta.namespace);
            all.filter(|r| r.meta.is_controlled_by(set.meta.uid))
        };
        let newest =
            own().max_by_key(|r| r.controller_revision().revision).ok_or("a set without revisions")?;
        let status = &set.stateful_set().status;
        let current = own().find(|r| Some(&r.meta.name) == status.current_revision.as_ref());
        Ok((newest.meta.name.clone(), current.unwrap_or(newest).meta.name.clone()))
    }

    fn at(&self, store: &Store, set: &Object, ordinal: i32) -> Option<Rc<Object>> {
        let pod = store.find(Kind::Pod, &set.meta.namespace, &pod_name(&set.meta.name, ordinal))?;
        pod.meta.is_controlled_by(set.meta.uid).then(|| pod.clone())
    }

    /// Whether the pod is there, goes nowhere, and has been Ready long enough; one that was told to go at this very moment
    /// still counts.
    fn is_well(&self, pod: Option<&Rc<Object>>, set: &Object, at: SimTime) -> bool {
        let min_ready = set.stateful_set().spec.min_ready_seconds;
        pod.is_some_and(|pod| {
            !pod.meta.is_terminating() && is_running_and_ready(pod) && is_available(pod, min_ready, at)
        })
    }

    fn is_ordered(set: &Object) -> bool {
        use kubesim::api::stateful_set::PodManagementPolicy;
        set.stateful_set().spec.pod_management_policy == PodManagementPolicy::OrderedReady
    }

    /// A pod is made when all before it are well, from the right revision, with the claims of its ordinal.
    fn made_in_order(&self, store: &Store, pod: &Object, at: SimTime) -> Result<(), Broken> {
        let set = self.set_of(store, pod)?;
        let sts = set.stateful_set();
        let n = ordinal(pod).ok_or("a pod without an ordinal was made")?;
        must!(wanted_ordinals(sts).contains(&n), "nobody wants ordinal {n}");
        must!(!set.meta.is_terminating(), "a set that is going made a pod");
        if Self::is_ordered(set) {
            for lower in wanted_ordinals(sts).start..n {
                let well = self.is_well(self.at(store, set, lower).as_ref(), set, at);
                must!(well, "it was made although ordinal {lower} is not well");
            }
        }
        let (newest, current) = self.revisions(store, set)?;
        let held = match sts.spec.update_strategy {
            UpdateStrategy::RollingUpdate { partition, .. } => n - sts.spec.ordinals_start < partition,
            UpdateStrategy::OnDelete => false,
        };
        let revision = if held { current } else { newest };
        must!(*pod_revision(pod) == *revision, "made from {} and not from {revision}", pod_revision(pod));
        must!(pod.meta.label(POD_NAME_LABEL) == Some(&*pod.meta.name), "no label with its name");
        let claims: Vec<&Str> = pod.pod().spec.claims().collect();
        for template in sts.spec.volume_claim_templates.iter() {
            let claim = claim_name(&set.meta.name, template, n);
            must!(
                claims.iter().any(|c| ***c == *claim),
                "its volume does not follow its ordinal: {claims:?}"
            );
            let found = store.find(Kind::PersistentVolumeClaim, &pod.meta.namespace, &claim);
            must!(found.is_some_and(|c| !c.meta.is_terminating()), "it was made before its claim {claim}");
        }
        Ok(())
    }

    /// A pod is deleted because it ended, because nobody wants it, or because it is outdated and its turn has come.
    fn deleted_for_a_reason(&self, store: &Store, pod: &Object, at: SimTime) -> Result<(), Broken> {
        let set = self.set_of(store, pod)?;
        let sts = set.stateful_set();
        let n = ordinal(pod).ok_or("a pod without an ordinal was deleted")?;
        must!(!set.meta.is_terminating(), "a set that is going deleted a pod");
        let wanted = wanted_ordinals(sts);
        let ordered = Self::is_ordered(set);
        let just_told = |p: &Rc<Object>| {
            // Its deletion began now: the API server adds the grace period to the moment.
            let since = p.meta.deletion_timestamp.zip(p.meta.deletion_grace_period_seconds);
            since.is_some_and(|(end, grace)| end == (at + Span::seconds(grace)).whole_seconds())
        };
        let others = || wanted.clone().filter(|m| *m != n).map(|m| (m, self.at(store, set, m)));
        let is_well = |p: &Option<Rc<Object>>| self.is_well(p.as_ref(), set, at);
        if pod.pod().is_terminal() && wanted.contains(&n) {
            for (m, other) in others().filter(|(m, _)| ordered && *m < n) {
                must!(is_well(&other), "ended, and replaced although ordinal {m} is not well");
            }
            return Ok(());
        }
        if !wanted.contains(&n) {
            if !ordered {
                return Ok(());
            }
            for (m, other) in others() {
                must!(is_well(&other), "scaled away although ordinal {m} is not well");
            }
            let pods = store.list_in(Kind::Pod, &set.meta.namespace);
            let higher = pods.filter(|p| p.meta.is_controlled_by(set.meta.uid) && ordinal(p) > Some(n));
            let higher: Vec<&Str> =
                higher.filter(|p| !wanted.contains(&ordinal(p).unwrap())).map(|p| &p.meta.name).collect();
            must!(higher.is_empty(), "scaled away before {higher:?}");
            return Ok(());
        }
        let UpdateStrategy::RollingUpdate { partition, .. } = sts.spec.update_strategy else {
            return Err("OnDelete, and the controller deleted a pod".into());
        };
        must!(n - wanted.start >= partition, "it is held by the partition {partition}");
        let (newest, _) = self.revisions(store, set)?;
        must!(*pod_revision(pod) != *newest, "it is not outdated");
        let min_ready = sts.spec.min_ready_seconds;
        if self.gates.max_unavailable_stateful_set {
            let away =
                others().filter(|(_, p)| p.as_ref().is_none_or(|p| is_unavailable(p, min_ready, at))).count();
            let away = away + usize::from(is_unavailable(pod, min_ready, at));
            must!(away < max_unavailable(sts), "{away} are away already");
            for (m, other) in others().filter(|_| ordered) {
                let well = is_well(&other) || other.as_ref().is_some_and(just_told);
                must!(well, "updated although ordinal {m} is not well");
            }
            return Ok(());
        }
        for (m, other) in others() {
            if m > n {
                must!(
                    other.as_ref().is_some_and(|p| *pod_revision(p) == *newest),
                    "updated before ordinal {m}"
                );
                let available = other.as_ref().is_some_and(|p| !is_unavailable(p, min_ready, at));
                must!(available, "updated although ordinal {m} is not available");
            } else if ordered {
                must!(is_well(&other), "updated although ordinal {m} is not well");
            }
        }
        Ok(())
    }

    /// Claims have a volume each, keep it, and go only because the user or an owner's end wants it, when no pod uses them.
    fn no_claim_lost_or_shared(
        &self,
        store: &Store,
        cause: Cause,
        before: Option<&Object>,
        after: Option<&Object>,
    ) -> Result<(), Broken> {
        if let Some(claim) = after
            && let Some(volume) = &claim.claim().spec.volume_name
        {
            let shares = |c: &&Rc<Object>| {
                c.meta.uid != claim.meta.uid && c.claim().spec.volume_name.as_ref() == Some(volume)
            };
            let other = store.list(Kind::PersistentVolumeClaim).find(shares);
            must!(other.is_none(), "shares {volume} with {}", other.unwrap().key());
            let kept =
                before.and_then(|b| b.claim().spec.volume_name.as_ref()).is_none_or(|old| old == volume);
            must!(kept, "got another volume");
        }
        let Some(old) = before else { return Ok(()) };
        let is_going = |o: Option<&Object>| o.is_none_or(|o| o.meta.is_terminating());
        if !old.meta.is_terminating() && is_going(after) {
            let may = match cause {
                Cause::User(_) => true,
                Cause::Component(Component::GarbageCollector) => !old.meta.owner_references.is_empty(),
                Cause::Component(Component::NamespaceController) => true,
                _ => false,
            };
            must!(may, "deleted by somebody who may not");
        }
        if after.is_none() {
            let uses = |p: &&Rc<Object>| {
                let spec = &p.pod().spec;
                spec.node_name.is_some() && spec.claims().any(|c| *c == old.meta.name)
            };
            let user = store.list_in(Kind::Pod, &old.meta.namespace).find(uses);
            must!(user.is_none(), "gone although {} uses it", user.unwrap().key());
        }
        Ok(())
    }

    fn no_volume_changes_hands(&self, before: Option<&Object>, after: Option<&Object>) -> Result<(), Broken> {
        let of = |o: Option<&Object>| o.and_then(|o| o.volume().claim_ref.as_ref()?.uid);
        if let (Some(old), Some(new)) = (of(before), of(after)) {
            must!(old == new, "it was another claim's");
        }
        Ok(())
    }
}

/// What is needed of the world before a write.
trait CloneOf {
    fn clone_of(&self, change: &Change) -> Option<Rc<Object>>;
}

impl CloneOf for Store {
    fn clone_of(&self, change: &Change) -> Option<Rc<Object>> {
        match change {
            Change::Object { key, .. } => self.get(key).cloned(),
            _ => None,
        }
    }
}

/// What must hold when nothing more is to come: counters equal what is there, endpoints equal pods, DNS equals
/// endpoints, and looking at everything again moves nothing.
pub fn at_rest(cluster: &mut Cluster) -> Result<(), Broken> {
    let store = cluster.api.store();
    let now = cluster.now();
    for set in store.list(Kind::StatefulSet) {
        counters_are_right(store, set, now).map_err(|broken| format!("{}: {broken}", set.key()))?;
    }
    for service in store.list(Kind::Service) {
        endpoints_are_right(store, service).map_err(|broken| format!("{}: {broken}", service.key()))?;
        dns_is_right(store, service, now).map_err(|broken| format!("{}: {broken}", service.key()))?;
    }
    nothing_moves(cluster)
}

fn counters_are_right(store: &Store, set: &Object, now: SimTime) -> Result<(), Broken> {
    let sts = set.stateful_set();
    let status = &sts.status;
    must!(
        status.observed_generation == set.meta.generation,
        "generation {} was not seen, only {}",
        set.meta.generation,
        status.observed_generation
    );
    // A set that is going neither releases nor counts a pod that no longer matches.
    let own = |p: &&Rc<Object>| {
        let matches = sts.spec.selector.matches(&p.meta.labels);
        p.meta.is_controlled_by(set.meta.uid) && ordinal(p).is_some() && matches
    };
    let pods: Vec<_> = store.list_in(Kind::Pod, &set.meta.namespace).filter(own).collect();
    let count = |is: &dyn Fn(&Object) -> bool| pods.iter().filter(|p| is(p)).count() as i32;
    let min_ready = sts.spec.min_ready_seconds;
    let at = |revision: &Option<Str>| {
        count(&|p| !p.meta.is_terminating() && Some(pod_revision(p)) == revision.as_deref())
    };
    let there = [
        pods.len() as i32,
        count(&is_running_and_ready),
        count(&|p| is_running_and_ready(p) && is_available(p, min_ready, now)),
        at(&status.current_revision),
        at(&status.update_revision),
    ];
    let said = [
        status.replicas,
        status.ready_replicas,
        status.available_replicas,
        status.current_replicas,
        status.updated_replicas,
    ];
    must!(said == there, "replicas, ready, available, current, updated: said {said:?}, there are {there:?}");
    Ok(())
}

/// The addresses of the pods that a Service selects, each with whether it takes traffic.
fn expected_endpoints(store: &Store, service: &Object) -> BTreeMap<Str, bool> {
    let body = service.service();
    let pods = store.list_in(Kind::Pod, &service.meta.namespace);
    let selected = pods.filter(|p| {
        !p.pod().is_terminal() && body.selector.iter().all(|(k, v)| p.meta.labels.get(k) == Some(v))
    });
    let endpoint = |p: &Rc<Object>| {
        let ready = p.pod().is_ready() && !p.meta.is_terminating();
        Some((p.pod().status.pod_ip.clone()?, ready || body.publish_not_ready_addresses))
    };
    selected.filter_map(endpoint).collect()
}

fn endpoints_are_right(store: &Store, service: &Object) -> Result<(), Broken> {
    if service.service().selector.is_empty() {
        return Ok(());
    }
    let slices = store.list_in(Kind::EndpointSlice, &service.meta.namespace);
    let own = slices.filter(|s| s.meta.label("kubernetes.io/service-name") == Some(&*service.meta.name));
    // The controller does not look again when a pod ends that was not ready (`podEndpointsChanged` reads no phase).
    let is_left_over = |e: &Endpoint| {
        let pod = e
            .target
            .as_ref()
            .and_then(|(namespace, name, _)| store.get(&Key::new(Kind::Pod, namespace, name)));
        e.serving == Some(false) && pod.is_some_and(|p| p.pod().is_terminal())
    };
    let listed = own.flat_map(|s| s.endpoint_slice().endpoints.iter()).filter(|e| !is_left_over(e));
    let listed: Vec<(Str, bool)> = listed.map(|e| (e.address.clone(), e.ready)).collect();
    let unique: BTreeMap<Str, bool> = listed.iter().cloned().collect();
    must!(unique.len() == listed.len(), "an address is listed twice: {listed:?}");
    let expected = expected_endpoints(store, service);
    must!(unique == expected, "slices say {unique:?}, pods {expected:?}");
    Ok(())
}

fn dns_is_right(store: &Store, service: &Object, now: SimTime) -> Result<(), Broken> {
    if !service.service().is_headless() || service.service().selector.is_empty() {
        return Ok(());
    }
    let namespace = service.meta.namespace.to_string();
    let ask = |name: &str| -> BTreeSet<Str> {
        let answer = Network::new(store, now, &namespace, "").ask(name, &RecordType::A);
        let address = |data: &Data| if let Data::A(ip) = data { Some(Str::from(ip.as_str())) } else { None };
        answer.answers.iter().filter_map(|r| address(&r.data)).collect()
    };
    let domain = format!("{}.{}.svc.cluster.local.", service.meta.name, service.meta.namespace);
    let expected = expected_endpoints(store, service);
    let ready: BTreeSet<Str> =
        expected.iter().filter(|(_, ready)| **ready).map(|(ip, _)| ip.clone()).collect();
    let answered = ask(&domain);
    must!(answered == ready, "DNS says {answered:?}, pods {ready:?}");
    for pod in store.list_in(Kind::Pod, &service.meta.namespace) {
        let spec = &pod.pod().spec;
        let (Some(hostname), Some(subdomain)) = (&spec.hostname, &spec.subdomain) else { continue };
        if *subdomain != service.meta.name {
            continue;
        }
        let ip = pod.pod().status.pod_ip.clone().filter(|ip| ready.contains(ip));
        let answered = ask(&format!("{hostname}.{domain}"));
        must!(
            answered == ip.iter().cloned().collect(),
            "DNS says {answered:?} of {hostname}, the pod {ip:?}"
        );
    }
    Ok(())
}

/// Every component looks at everything once more: that writes nothing but events. A set that waits for its dependents to
/// go makes its revision anew whenever it is looked at, and the garbage collector deletes it again, as recorded in
/// traces/gate-off/delete-sts-foreground.json: that is left out.
fn nothing_moves(cluster: &mut Cluster) -> Result<(), Broken> {
    let before = cluster.api.store().clone();
    let from = cluster.api.history().len();
    let now = cluster.now();
    let keys: Vec<Key> = cluster.api.store().all().map(|o| o.key()).filter(|k| k.kind.is_served()).collect();
    for key in keys {
        for component in looks_at(key.kind) {
            cluster.schedule(now, *component, key.clone());
        }
    }
    cluster.run_until(now + Span::seconds(60));
    for entry in cluster.api.history().since(from) {
        if let Change::Object { key, before: old, after } = &entry.change
            && key.kind != Kind::Event
            && !is_revision_of_one_that_goes(&before, old.as_ref().or(after.as_ref()))
        {
            let tree =
                |o: &Option<Rc<Object>>| o.as_ref().map(|o| o.to_value().to_string()).unwrap_or_default();
            return Err(format!(
                "at rest, {key} was written by {:?}:\n{}\n{}",
                entry.cause,
                tree(old),
                tree(after)
            ));
        }
    }
    Ok(())
}

fn is_revision_of_one_that_goes(store: &Store, object: Option<&Rc<Object>>) -> bool {
    let revision = object.filter(|o| o.kind == Kind::ControllerRevision);
    let owner = revision.and_then(|r| Some((r, r.meta.controller()?)));
    let set = owner.and_then(|(r, o)| store.find(Kind::StatefulSet, &r.meta.namespace, &o.name));
    set.is_some_and(|set| set.meta.is_terminating())
}

fn looks_at(kind: Kind) -> &'static [Component] {
    use Component::*;
    match kind {
        Kind::StatefulSet => &[StatefulSetController, GarbageCollector],
        Kind::Deployment => &[DeploymentController, GarbageCollector],
        Kind::ReplicaSet => &[ReplicaSetController, GarbageCollector],
        Kind::Job => &[JobController, TtlAfterFinishedController, GarbageCollector],
        Kind::CronJob => &[CronJobController, GarbageCollector],
        Kind::Service => &[EndpointSliceController],
        Kind::Node => &[NodeLifecycleController],
        Kind::Pod => &[GarbageCollector, TaintEvictionController, PodGarbageCollector, Scheduler, Kubelet],
        Kind::PersistentVolumeClaim => {
            &[PersistentVolumeController, PvcProtectionController, Provisioner, GarbageCollector]
        }
        Kind::PersistentVolume => &[PersistentVolumeController, PvProtectionController, Provisioner],
        Kind::PodDisruptionBudget => &[DisruptionController],
        Kind::ResourceQuota => &[ResourceQuotaController],
        Kind::Namespace => &[NamespaceController],
        Kind::Event => &[],
        _ => &[GarbageCollector],
    }
}

/// Whether every set has what it wants: all pods, of the newest template, available.
pub fn is_whole(store: &Store, now: SimTime) -> Result<(), Broken> {
    for set in store.list(Kind::StatefulSet) {
        let sts = set.stateful_set();
        for n in wanted_ordinals(sts) {
            let name = pod_name(&set.meta.name, n);
            let pod =
                store.find(Kind::Pod, &set.meta.namespace, &name).ok_or(format!("{name} is missing"))?;
            let well = pod.meta.is_controlled_by(set.meta.uid)
                && !is_unavailable(pod, sts.spec.min_ready_seconds, now)
                && pod.pod().status.phase == PodPhase::Running;
            must!(well, "{name} is not well: {}", pod.to_value());
            let revision = sts.status.update_revision.as_deref();
            must!(Some(pod_revision(pod)) == revision, "{name} is outdated");
        }
        must!(sts.status.available_replicas == sts.spec.replicas, "{}: {:?}", set.key(), sts.status);
    }
    Ok(())
}
