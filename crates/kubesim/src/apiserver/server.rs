//! The API server itself: creating, changing and deleting objects, and writing down what has become of them.
//!
//! Models `k8s.io/apiserver/pkg/registry/generic/registry/store.go`.

use super::correlator::Correlator;
use super::history::{Cause, Change, Entry, History, Stream};
use super::store::Store;
use super::strategy;
use crate::api::meta::{FOREGROUND_FINALIZER, ORPHAN_FINALIZER};
use crate::api::pod::{Pod, PodStatus};
use crate::api::status::{ApiError, StatusReason};
use crate::api::verdict::{Component, Reason, Verdict};
use crate::api::{Body, Key, Kind, Object, SimTime, Span, Uid, read};
use crate::base::rng::Rng;
use crate::config::{FeatureGates, MOST_REPLICAS};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::rc::Rc;

/// What a deletion takes along.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Propagation {
    /// The object goes at once; the garbage collector deletes what it owned.
    #[default]
    Background,
    /// What it owns goes first.
    Foreground,
    /// What it owns stays, without an owner.
    Orphan,
}

/// How to delete.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct DeleteOptions {
    /// Seconds that a pod may take to stop; its own if absent, 0: at once.
    pub grace_period_seconds: Option<i64>,
    /// What goes along.
    pub propagation: Propagation,
    /// Only if the object is still this one.
    pub uid: Option<Uid>,
}

impl DeleteOptions {
    /// As a client sends them.
    #[cold]
    pub fn to_value(self) -> Value {
        let mut tree = json!({"propagationPolicy": format!("{:?}", self.propagation)});
        if let Some(seconds) = self.grace_period_seconds {
            tree["gracePeriodSeconds"] = seconds.into();
        }
        if let Some(uid) = self.uid {
            tree["preconditions"] = json!({"uid": uid.to_string()});
        }
        tree
    }
}

/// Takes requests, decides whether they hold, and keeps what was written.
#[derive(Clone, Debug)]
pub struct ApiServer {
    pub(super) store: Store,
    history: History,
    pub(super) resource_version: u64,
    /// What those who record events remember of them.
    pub(super) correlator: Correlator,
    /// The last pod and the last claim that a controller made: the next is mostly like it.
    pub(super) valid: BTreeMap<Kind, Rc<Object>>,
    /// The moment at which requests are handled; set by the loop that runs the cluster.
    pub now: SimTime,
    /// On whose behalf requests are handled; set by the loop that runs the cluster.
    pub cause: Cause,
    /// The cluster's one source of randomness.
    pub rng: Rng,
    /// Feature gates.
    pub gates: FeatureGates,
    /// Whether what containers' scripts and probes ask for fails where it is not simulated.
    pub unknown_fails: bool,
    /// What the cluster's randomness grew from: for choices that are to stay the same whatever else happens.
    pub seed: u64,
    /// How many pods a user may ask one controller for: a limit of the simulation, not of Kubernetes.
    pub most_replicas: i32,
    /// The requests of whoever wants to see them (`kubectl -v=6`); nobody does mostly.
    pub trace: Option<Vec<Traced>>,
    /// How often a command has connected to a port on which another one listens: that one goes on then.
    pub knocks: usize,
}

/// A request that changes something, as a client's log shows it.
#[derive(Clone, Debug)]
pub struct Traced {
    /// `POST`
    pub method: &'static str,
    /// The object; its name is that of the request, also where the API server makes one.
    pub key: Key,
    /// `scale`, or nothing.
    pub subresource: &'static str,
    /// Who asks (`--field-manager`).
    pub manager: String,
    /// Whether it is only tried.
    pub dry_run: bool,
    /// Of which type what was sent is, and what that was.
    pub sent: (&'static str, Value),
    /// What the API server answered: the object, or why not.
    pub answer: Result<Rc<Object>, ApiError>,
    /// Whether the object is there afterwards.
    pub is_there: bool,
}

/// How much of `generateName` a name keeps (`k8s.io/apiserver/pkg/storage/names/generate.go`).
const MAX_GENERATED_PREFIX: usize = 58;

/// The answer to a request.
pub type Response<T = Rc<Object>> = Result<T, ApiError>;

impl ApiServer {
    /// An API server without objects.
    pub fn new(seed: u64, gates: FeatureGates, now: SimTime) -> ApiServer {
        ApiServer {
            store: Store::default(),
            history: History::default(),
            resource_version: 0,
            correlator: Correlator::default(),
            valid: BTreeMap::new(),
            now,
            cause: Cause::Bootstrap,
            rng: Rng::new(seed),
            gates,
            unknown_fails: false,
            seed,
            most_replicas: MOST_REPLICAS,
            trace: None,
            knocks: 0,
        }
    }

    /// An API server that holds this world: for commands that only read, at any moment of a history.
    pub fn holding(store: Store, now: SimTime) -> ApiServer {
        ApiServer { store, ..ApiServer::new(0, FeatureGates::default(), now) }
    }

    /// The world as it is now.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Every write so far.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// The object of this key. Errors: NotFound.
    pub fn get(&self, key: &Key) -> Response {
        self.store.get(key).cloned().ok_or_else(|| ApiError::not_found(key))
    }

    /// Creates an object that was decoded, checked and defaulted. Gives it a uid, a name if it only has
    /// `generateName`, its first generation and its creation time. Errors: AlreadyExists, and what admission refuses.
    pub fn create(&mut self, mut object: Object) -> Response {
        self.admit(&mut object)?;
        if let (true, Some(prefix)) = (object.meta.name.is_empty(), object.meta.generate_name.clone()) {
            let end = prefix.len().min(MAX_GENERATED_PREFIX);
            object.meta.name = format!("{}{}", &prefix[..end], self.rng.suffix(5)).into();
        }
        let key = object.key();
        if self.store.get(&key).is_some() {
            return Err(ApiError::already_exists(&key));
        }
        self.check(&object)?;
        object.meta.uid = Uid::random(&mut self.rng);
        if object.kind == Kind::Job {
            strategy::generate_selector(&mut object);
        }
        object.meta.generation = i64::from(has_generation(&object));
        object.meta.creation_timestamp = self.now.whole_seconds();
        object.meta.deletion_timestamp = None;
        object.meta.deletion_grace_period_seconds = None;
        Ok(self.commit(key, None, Some(object)).expect("a created object is there"))
    }

    /// Changes the desired state or the metadata of an object: `generation` goes up if the desired state changed.
    /// A change that changes nothing is no write. An object that is being deleted goes when its last finalizer goes.
    /// Errors: NotFound.
    pub fn update(&mut self, key: &Key, change: impl FnOnce(&mut Object)) -> Response {
        self.write(key, true, change)
    }

    /// Changes the status of an object: `generation` stays. Errors: NotFound.
    pub fn update_status(&mut self, key: &Key, change: impl FnOnce(&mut Object)) -> Response {
        self.write(key, false, change)
    }

    fn write(&mut self, key: &Key, bumps_generation: bool, change: impl FnOnce(&mut Object)) -> Response {
        let old = self.get(key)?;
        let mut new = (*old).clone();
        change(&mut new);
        debug_assert_eq!(new.key(), *key, "an object keeps its name");
        if new == *old {
            return Ok(old);
        }
        Ok(self.replace(key, old, new, bumps_generation))
    }

    /// Reports a pod's status. The same status again is no write. Errors: NotFound.
    pub fn report_pod_status(&mut self, key: &Key, report: impl FnOnce(&Object) -> PodStatus) -> Response {
        let old = self.get(key)?;
        let (status, pod) = (report(&old), old.pod());
        if status == pod.status {
            return Ok(old);
        }
        let body = Body::Pod(Pod { spec: pod.spec.clone(), status });
        let new = Object::new(Kind::Pod, old.meta.clone(), body);
        Ok(self.replace(key, old, new, false))
    }

    /// Writes a new version of an object, which differs from the old one.
    fn replace(&mut self, key: &Key, old: Rc<Object>, mut new: Object, bumps_generation: bool) -> Rc<Object> {
        if bumps_generation && has_generation(&new) && desired_state_differs(&old, &new) {
            new.meta.generation += 1;
        }
        let gone = new.meta.is_terminating()
            && new.meta.finalizers.is_empty()
            && !waits_for_kubelet(&new)
            && !has_content(&new);
        if gone {
            self.commit(key.clone(), Some(old), None);
            return Rc::new(new);
        }
        self.commit(key.clone(), Some(old), Some(new)).expect("an updated object is there")
    }

    /// The version of the last write.
    pub fn resource_version(&self) -> u64 {
        self.resource_version
    }

    /// Deletes an object, or asks for it: a pod on a node is given its grace period, an object with finalizers waits
    /// for them. Returns the object as it was left. Errors: NotFound; Conflict when the uid is another.
    ///
    /// Models `k8s.io/apiserver/pkg/registry/generic/registry/store.go: Delete` and
    /// `pkg/registry/core/pod/strategy.go: CheckGracefulDelete`.
    pub fn delete(&mut self, key: &Key, options: DeleteOptions) -> Response {
        let old = self.get(key)?;
        if let Some(uid) = options.uid.filter(|uid| *uid != old.meta.uid) {
            return Err(ApiError::new(
                StatusReason::Conflict,
                format!(
                    "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
                    old.meta.uid
                ),
            ));
        }
        if is_immortal(key) {
            return Err(ApiError::forbidden(&old, "this namespace may not be deleted"));
        }
        let mut new = (*old).clone();
        if let (Kind::Namespace, Body::Other(tree)) = (new.kind, &mut new.body) {
            Rc::make_mut(tree)["status"]["phase"] = "Terminating".into();
        }
        match options.propagation {
            Propagation::Foreground => new.meta.add_finalizer(FOREGROUND_FINALIZER),
            Propagation::Orphan => new.meta.add_finalizer(ORPHAN_FINALIZER),
            Propagation::Background => {}
        }
        let grace = pod_grace_period(&old, options.grace_period_seconds);
        let shorter = old.meta.deletion_grace_period_seconds.is_none_or(|old| grace < old);
        if !old.meta.is_terminating() || shorter {
            new.meta.deletion_timestamp = Some((self.now + Span::seconds(grace)).whole_seconds());
            new.meta.deletion_grace_period_seconds = Some(grace);
            if has_generation(&new) && !old.meta.is_terminating() {
                new.meta.generation += 1;
            }
        }
        if grace > 0 || !new.meta.finalizers.is_empty() || has_content(&new) {
            if new == *old {
                return Ok(old);
            }
            let left = self.commit(key.clone(), Some(old), Some(new));
            return Ok(left.expect("a terminating object is there"));
        }
        let mut last = Some(old.clone());
        if new.kind == Kind::Pod && new != *old {
            // A pod that goes at once is seen to terminate first.
            last = self.commit(key.clone(), last, Some(new.clone()));
        }
        self.commit(key.clone(), last, None);
        Ok(Rc::new(new))
    }

    /// Writes one of this simulator's own records (files), which are no API objects. `None` removes it.
    pub fn put_internal(&mut self, key: Key, object: Option<Object>) {
        assert!(!key.kind.is_served(), "{key} is an API object");
        let before = self.store.get(&key).cloned();
        self.commit(key, before, object);
    }

    /// Puts an object in as it was seen in another cluster, with its own uid, version and times. `None` removes it.
    pub(crate) fn put_seen(&mut self, key: Key, object: Option<Rc<Object>>) {
        let before = self.store.get(&key).cloned();
        if before.is_none() && object.is_none() {
            return;
        }
        let is_gone = object.is_none();
        if let Some(object) = &object {
            self.resource_version = self.resource_version.max(object.meta.resource_version);
        }
        self.record(Change::Object { key: key.clone(), before, after: object });
        if is_gone {
            self.forget_verdicts(&key);
        }
    }

    /// Becomes one with this world, at this moment. Its history tells nothing of how it came to be.
    pub(crate) fn stand_at(&mut self, world: &Store, now: SimTime) {
        self.store = world.clone();
        let newest = world.all().map(|object| object.meta.resource_version).max();
        self.resource_version = self.resource_version.max(newest.unwrap_or(0));
        self.now = now;
    }

    /// An API server with the same world, on which requests can be tried. It has no history.
    pub(crate) fn trial(&self) -> ApiServer {
        ApiServer {
            store: self.store.clone(),
            history: History::default(),
            resource_version: self.resource_version,
            correlator: self.correlator.clone(),
            valid: self.valid.clone(),
            now: self.now,
            cause: self.cause,
            rng: self.rng.clone(),
            gates: self.gates,
            unknown_fails: self.unknown_fails,
            seed: self.seed,
            most_replicas: self.most_replicas,
            trace: None,
            knocks: 0,
        }
    }

    /// Leaves a component's verdict about an object. The same verdict again is no write; `None` takes it back.
    pub fn set_verdict(
        &mut self,
        component: Component,
        key: &Key,
        reason: Option<Reason>,
        until: Option<SimTime>,
    ) {
        let old = self.store.verdict(component, key).cloned();
        let same = match (&old, &reason) {
            (Some(old), Some(reason)) => old.reason == *reason && old.until == until,
            (None, None) => true,
            _ => false,
        };
        if same {
            return;
        }
        let since = match &old {
            Some(old) if Some(&old.reason) == reason.as_ref() => old.since,
            _ => self.now,
        };
        let after = reason.map(|reason| Rc::new(Verdict { since, until, reason }));
        self.record(Change::Verdict { key: (component, key.clone()), before: old, after });
    }

    /// Marks the user's input in the history.
    pub fn note_input(&mut self, number: u32, text: &str) {
        self.record(Change::Input { number, text: text.into() });
    }

    /// Records what was printed in the terminal.
    pub fn print(&mut self, stream: Stream, text: &str) {
        if !text.is_empty() {
            self.record(Change::Output { stream, text: text.into() });
        }
    }

    /// Writes down what has become of an object of which `before` is in the store.
    fn commit(&mut self, key: Key, before: Option<Rc<Object>>, after: Option<Object>) -> Option<Rc<Object>> {
        let after = after.map(|mut object| {
            if key.kind.is_served() {
                self.resource_version += 1;
                object.meta.resource_version = self.resource_version;
                object.meta.written = self.now;
            }
            Rc::new(object)
        });
        let gone = after.is_none().then(|| key.clone());
        self.record(Change::Object { key, before, after: after.clone() });
        if let Some(key) = gone {
            self.forget_verdicts(&key);
        }
        after
    }

    /// What was said about an object goes with it, so that the next of that name starts without a past.
    fn forget_verdicts(&mut self, key: &Key) {
        for component in self.store.who_speaks_of(key) {
            self.set_verdict(component, key, None, None);
        }
    }

    /// Drops the oldest writes of a history that is longer than a page can hold.
    pub fn trim_history(&mut self) {
        self.history.trim_to_bound();
    }

    fn record(&mut self, change: Change) {
        self.store.apply(&change);
        self.history.push(Entry { at: self.now, cause: self.cause, change }, &self.store);
    }
}

/// Whether the API server counts generations for the object's kind.
fn has_generation(object: &Object) -> bool {
    use Kind::*;
    matches!(
        object.kind,
        Pod | StatefulSet
            | Deployment
            | ReplicaSet
            | DaemonSet
            | Job
            | CronJob
            | EndpointSlice
            | NetworkPolicy
            | Ingress
            | PodDisruptionBudget
            | CustomResourceDefinition
            | ValidatingWebhookConfiguration
            | MutatingWebhookConfiguration
    )
}

/// Whether the part of the object that somebody wants (not its status, not its metadata) differs.
fn desired_state_differs(old: &Object, new: &Object) -> bool {
    use Body::*;
    match (&old.body, &new.body) {
        (Pod(a), Pod(b)) => a.spec != b.spec,
        (StatefulSet(a), StatefulSet(b)) => a.spec != b.spec,
        (Deployment(a), Deployment(b)) => a.spec != b.spec,
        (ReplicaSet(a), ReplicaSet(b)) => a.spec != b.spec,
        (Other(a), Other(b)) => read::get(a, "spec") != read::get(b, "spec"),
        (a, b) => a != b || old.meta.labels != new.meta.labels,
    }
}

/// Whether the object's node has to stop it first.
fn waits_for_kubelet(object: &Object) -> bool {
    object.kind == Kind::Pod && object.meta.deletion_grace_period_seconds != Some(0)
}

/// Whether it is a namespace whose objects have to go first (`spec.finalizers`).
fn has_content(object: &Object) -> bool {
    let Body::Other(tree) = &object.body else { return false };
    object.kind == Kind::Namespace && !read::list(read::get(tree, "spec"), "finalizers").is_empty()
}

/// Whether it is one of the namespaces that a cluster can't be without.
fn is_immortal(key: &Key) -> bool {
    key.kind == Kind::Namespace && matches!(&*key.name, "default" | "kube-system" | "kube-public")
}

/// The grace period that a deletion gives, in seconds: 0 for anything but a pod that a kubelet has to stop.
fn pod_grace_period(object: &Object, asked: Option<i64>) -> i64 {
    let Body::Pod(pod) = &object.body else { return 0 };
    if pod.spec.node_name.is_none() || pod.is_terminal() {
        return 0;
    }
    asked.unwrap_or(pod.spec.termination_grace_period_seconds).max(0)
}
