//! The Deployment controller: one ReplicaSet for each template, and the way from one to the next.
//!
//! Models `pkg/controller/deployment/{deployment_controller,sync,rolling,recreate,progress}.go` and
//! `util/deployment_util.go`. A write of the Deployment itself ends a look: the real controller then holds an outdated
//! copy, its next write is refused, and it looks again.

use super::replica_set::REPLICA_FAILURE;
use super::template_hash;
use crate::api::event::Involved;
use crate::api::meta::Condition;
use crate::api::read::get;
use crate::api::status::ApiError;
use crate::api::verdict::{Component, Reason};
use crate::api::workload::{Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet, scaled_value};
use crate::api::{Body, Key, Kind, Object, ObjectMeta, OwnerReference, SimTime, Span, Str};
use crate::apiserver::{ApiServer, DeleteOptions, EventType, Source, Store};
use crate::component::ref_manager::{claim, is_new_orphan};
use crate::component::{Context, Outcome, WatchEvent, add_controller_of};
use serde_json::json;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The annotation that numbers a Deployment's templates.
pub const REVISION: &str = "deployment.kubernetes.io/revision";
/// The numbers that a ReplicaSet had before somebody went back to it.
pub const REVISION_HISTORY: &str = "deployment.kubernetes.io/revision-history";
/// The label that tells the pods of one template from those of another.
pub const TEMPLATE_HASH: &str = "pod-template-hash";

const DESIRED_REPLICAS: &str = "deployment.kubernetes.io/desired-replicas";
const MAX_REPLICAS: &str = "deployment.kubernetes.io/max-replicas";
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";
const ROLLBACK_TO: &str = "deprecated.deployment.rollback.to";
/// Annotations that a ReplicaSet does not take from its Deployment.
const NOT_COPIED: [&str; 6] =
    [LAST_APPLIED, REVISION, REVISION_HISTORY, DESIRED_REPLICAS, MAX_REPLICAS, ROLLBACK_TO];
const REVISION_HISTORY_LIMIT_IN_CHARS: usize = 2000;

const PROGRESSING: &str = "Progressing";
const AVAILABLE: &str = "Available";
const NEW_RS_AVAILABLE: &str = "NewReplicaSetAvailable";
const TIMED_OUT: &str = "ProgressDeadlineExceeded";
const PAUSED: &str = "DeploymentPaused";

const ME: Component = Component::DeploymentController;
const SOURCE: Source<'static> = Source::controller("deployment-controller");

/// Says which Deployments have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::Deployment => add(ME, change.key.clone()),
        Kind::ReplicaSet => {
            add_controller_of(change, Kind::Deployment, ME, add);
            let Some(orphan) = change.after.filter(|set| is_new_orphan(change.before, set)) else { return };
            for deployment in store.list_in(Kind::Deployment, &orphan.meta.namespace) {
                if deployment.deployment().spec.selector.matches(&orphan.meta.labels) {
                    add(ME, deployment.key());
                }
            }
        }
        // Where all old pods have to be gone before new ones come.
        Kind::Pod if change.after.is_none() => {
            let Some(owner) = change.object().meta.controller().filter(|o| &*o.kind == "ReplicaSet") else {
                return;
            };
            let set = store.get(&change.key.beside(Kind::ReplicaSet, &owner.name));
            if let Some(owner) = set.and_then(|set| set.meta.controller()) {
                add(ME, change.key.beside(Kind::Deployment, &owner.name));
            }
        }
        _ => {}
    }
}

/// Looks at a Deployment. Models `deployment_controller.go: syncDeployment`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(deployment) = context.store().get(key) else { return Outcome::DONE };
    let deployment = (**deployment).clone();
    let mut rollout = Rollout { api: context.api, deployment, did: None };
    let result = rollout.run();
    let did = rollout.did.take();
    let (reason, outcome) = match result {
        Ok((reason, requeue_at)) => (did.unwrap_or(reason), Outcome { requeue_at, failed: false }),
        Err(Stop::Again) => {
            let Some(reason) = did else { return Outcome::DONE };
            (reason, Outcome::DONE)
        }
        Err(Stop::Failed(error)) => (Reason::Failed { message: error.message.into() }, Outcome::FAILED),
    };
    context.api.set_verdict(ME, key, Some(reason), outcome.requeue_at);
    outcome
}

/// Why a look ends early.
enum Stop {
    /// The Deployment was written, so there will be another look.
    Again,
    /// The API server refused something.
    Failed(ApiError),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Stop {
        Stop::Failed(error)
    }
}

type Sets = Vec<Rc<Object>>;
type End = (Reason, Option<SimTime>);

/// One look at a Deployment.
struct Rollout<'a> {
    api: &'a mut ApiServer,
    /// As it is to be written.
    deployment: Object,
    /// What this look did.
    did: Option<Reason>,
}

impl Rollout<'_> {
    fn run(&mut self) -> Result<End, Stop> {
        if self.spec().selector.is_empty() {
            let message = "This deployment is selecting all pods. A non-empty selector is required.";
            self.event(EventType::Warning, "SelectingAll", message);
            let status = DeploymentStatus {
                observed_generation: self.deployment.meta.generation,
                ..self.body().status.clone()
            };
            self.write_status(status)?;
            return Ok((Reason::Failed { message: message.into() }, None));
        }
        let candidates =
            self.api.store().list_in(Kind::ReplicaSet, &self.deployment.meta.namespace).cloned().collect();
        let selector = self.spec().selector.clone();
        let mut sets =
            claim(self.api, &self.deployment, candidates, &|set| selector.matches(&set.meta.labels))?;
        collections::sort_by_key(&mut sets, by_creation);
        if self.deployment.meta.is_terminating() {
            let (new, old) = self.sync_revision(&sets, false)?;
            self.write_status(self.status(&all(&old, &new), new.as_ref()))?;
            return Ok((Reason::BeingDeleted, None));
        }
        self.check_paused_conditions()?;
        if self.spec().paused || self.is_scaling_event(&sets)? {
            return self.scale(&sets);
        }
        if self.spec().recreate { self.recreate(&sets) } else { self.roll(&sets) }
    }

    fn body(&self) -> &Deployment {
        self.deployment.deployment()
    }

    fn spec(&self) -> &crate::api::workload::DeploymentSpec {
        &self.body().spec
    }

    fn wanted(&self) -> i32 {
        self.spec().replicas
    }

    fn event(&mut self, event_type: EventType, reason: &str, message: &str) {
        self.api.event(SOURCE, Involved::of(&self.deployment), event_type, reason, message);
    }

    /// Writes the Deployment's status and annotations as they are in this look's copy.
    fn write(&mut self) -> Result<(), Stop> {
        let (status, annotations) = (self.body().status.clone(), self.deployment.meta.annotations.clone());
        self.api.update_status(&self.deployment.key(), |o| {
            o.deployment_mut().status = status;
            o.meta.annotations = annotations;
        })?;
        Ok(())
    }

    /// Writes the status, if it is another. Returns whether it is.
    fn write_status(&mut self, status: DeploymentStatus) -> Result<bool, Stop> {
        if status == self.body().status {
            return Ok(false);
        }
        self.deployment.deployment_mut().status = status;
        self.write()?;
        Ok(true)
    }

    /// Models `sync.go: checkPausedConditions`.
    fn check_paused_conditions(&mut self) -> Result<(), Stop> {
        let reason = progressing_reason(&self.body().status);
        if !self.has_progress_deadline() || reason == Some(TIMED_OUT) {
            return Ok(());
        }
        let (reason, message) = match (self.spec().paused, reason == Some(PAUSED)) {
            (true, false) => (PAUSED, "Deployment is paused"),
            (false, true) => ("DeploymentResumed", "Deployment is resumed"),
            _ => return Ok(()),
        };
        self.set_condition(PROGRESSING, None, reason, message);
        self.write()?;
        Err(Stop::Again)
    }

    fn has_progress_deadline(&self) -> bool {
        self.spec().progress_deadline_seconds != i64::from(i32::MAX)
    }

    fn set_condition(&mut self, kind: &str, status: Option<bool>, reason: &str, message: &str) {
        let condition = condition(kind, status, reason, message, self.api.now);
        set_condition(&mut self.deployment.deployment_mut().status, condition);
    }

    /// The ReplicaSet of the Deployment's template, if there is one or is to be one, and the others. Models `sync.go:
    /// getAllReplicaSetsAndSyncRevision`.
    fn sync_revision(
        &mut self,
        sets: &[Rc<Object>],
        create: bool,
    ) -> Result<(Option<Rc<Object>>, Sets), Stop> {
        let new = sets.iter().find(|set| has_template_of(set, &self.deployment)).cloned();
        let is_old = |set: &&Rc<Object>| new.as_ref().is_none_or(|new| new.meta.uid != set.meta.uid);
        let old: Sets = sets.iter().filter(is_old).cloned().collect();
        let revision = old.iter().map(|set| revision(set)).max().unwrap_or(0) + 1;
        let new = match new {
            Some(new) => Some(self.sync_new_set(new, revision)?),
            None if create => Some(self.create_set(&old, revision)?),
            None => None,
        };
        Ok((new, old))
    }

    /// Models the first half of `sync.go: getNewReplicaSet`.
    fn sync_new_set(&mut self, set: Rc<Object>, revision: i64) -> Result<Rc<Object>, Stop> {
        let annotations = annotations_for(&self.deployment, &set.meta, revision);
        let min_ready = self.spec().min_ready_seconds;
        if annotations != *set.meta.annotations || set.replica_set().spec.min_ready_seconds != min_ready {
            return Ok(self.api.update(&set.key(), |o| {
                o.meta.annotations = Rc::new(annotations);
                set_min_ready_seconds(o.replica_set_mut(), min_ready);
            })?);
        }
        let mut changed = self.set_revision(set.meta.annotation(REVISION).unwrap_or_default());
        if self.has_progress_deadline() && progressing(&self.body().status).is_none() {
            let message = format!("Found new replica set \"{}\"", set.meta.name);
            self.set_condition(PROGRESSING, Some(true), "FoundNewReplicaSet", &message);
            changed = true;
        }
        if changed {
            self.write()?;
            return Err(Stop::Again);
        }
        Ok(set)
    }

    fn set_revision(&mut self, revision: &str) -> bool {
        let changed = self.deployment.meta.annotation(REVISION) != Some(revision);
        if changed {
            self.deployment.meta.set_annotation(REVISION, revision);
        }
        changed
    }

    /// Models the second half of `sync.go: getNewReplicaSet`.
    fn create_set(&mut self, old: &[Rc<Object>], revision: i64) -> Result<Rc<Object>, Stop> {
        let set = self.new_set(old, revision);
        let (key, replicas) = (set.key(), set.replica_set().spec.replicas);
        let created = self.api.create(set);
        let is_new = created.is_ok();
        match created {
            Ok(_) => {}
            Err(error) if error.is_already_exists() => {
                let taken = self.api.get(&key)?;
                let uid = self.deployment.meta.uid;
                if !taken.meta.is_controlled_by(uid) || !has_template_of(&taken, &self.deployment) {
                    let status = &mut self.deployment.deployment_mut().status;
                    status.collision_count = Some(status.collision_count.unwrap_or(0) + 1);
                    self.write()?;
                    return Err(Stop::Failed(error));
                }
            }
            Err(error) if error.is_namespace_terminating() => return Err(Stop::Failed(error)),
            Err(error) => {
                let message = format!("Failed to create new replica set \"{}\": {error}", key.name);
                if self.has_progress_deadline() {
                    self.set_condition(PROGRESSING, Some(false), "ReplicaSetCreateError", &message);
                    self.write()?;
                }
                self.event(EventType::Warning, "ReplicaSetCreateError", &message);
                return Err(Stop::Failed(error));
            }
        }
        if is_new && replicas > 0 {
            self.say_scaled(&key.name, 0, replicas);
        }
        let mut changed = self.set_revision(&revision.to_string());
        if is_new && self.has_progress_deadline() {
            let message = format!("Created new replica set \"{}\"", key.name);
            self.set_condition(PROGRESSING, Some(true), "NewReplicaSetCreated", &message);
            changed = true;
        }
        if changed {
            self.write()?;
            return Err(Stop::Again);
        }
        Ok(self.api.get(&key)?)
    }

    /// A ReplicaSet of the Deployment's template, as it is to be made.
    fn new_set(&self, old: &[Rc<Object>], revision: i64) -> Object {
        let ObjectMeta { name, namespace, .. } = &self.deployment.meta;
        let raw = &self.spec().raw;
        let mut template = get(raw, "template").clone();
        let hash = template_hash::of(&template, self.body().status.collision_count);
        template["metadata"]["labels"][TEMPLATE_HASH] = json!(hash);
        let mut selector = get(raw, "selector").clone();
        selector["matchLabels"][TEMPLATE_HASH] = json!(hash);
        let mut spec = json!({"replicas": 0, "selector": selector, "template": template});
        if let Some(seconds) = raw.get("minReadySeconds") {
            spec["minReadySeconds"] = seconds.clone();
        }
        let mut body = ReplicaSet::from_value(&json!({"spec": spec}));
        body.set_replicas(self.new_set_replicas(old, 0));
        let longest = 253 - 1 - hash.len();
        let mut meta = ObjectMeta::named(namespace, &format!("{}-{hash}", &name[..name.len().min(longest)]));
        meta.labels = body.spec.template.labels.clone();
        meta.owner_references = [OwnerReference::controller(&self.deployment)].into();
        let mut annotations = annotations_for(&self.deployment, &meta, revision);
        annotations.extend(self.replicas_annotations());
        meta.annotations = Rc::new(annotations);
        Object::new(Kind::ReplicaSet, meta, Body::ReplicaSet(body))
    }

    fn replicas_annotations(&self) -> [(Str, Str); 2] {
        let max = self.wanted() + self.max_surge();
        [
            (DESIRED_REPLICAS.into(), self.wanted().to_string().into()),
            (MAX_REPLICAS.into(), max.to_string().into()),
        ]
    }

    /// How many pods the new ReplicaSet, which asks for `has`, may ask for. Models `deployment_util.go:
    /// NewRSNewReplicas`.
    fn new_set_replicas(&self, sets: &[Rc<Object>], has: i32) -> i32 {
        if self.spec().recreate {
            return self.wanted();
        }
        let surge = scaled_value(&self.spec().max_surge, self.wanted(), true);
        let room = (self.wanted() + surge - replicas_of(sets)).max(0);
        has + room.min(self.wanted() - has)
    }

    /// (surge, unavailable). Models `deployment_util.go: ResolveFenceposts`.
    fn fenceposts(&self) -> (i32, i32) {
        if self.spec().recreate {
            return (0, 0);
        }
        let surge = scaled_value(&self.spec().max_surge, self.wanted(), true);
        let unavailable = scaled_value(&self.spec().max_unavailable, self.wanted(), false);
        (surge, if surge == 0 && unavailable == 0 { 1 } else { unavailable })
    }

    fn max_surge(&self) -> i32 {
        self.fenceposts().0
    }

    fn max_unavailable(&self) -> i32 {
        self.fenceposts().1.min(self.wanted())
    }

    /// Asks a ReplicaSet for so many pods. Returns whether that is another number than before. Models `sync.go: scaleReplicaSet`.
    fn scale_set(&mut self, set: &Rc<Object>, replicas: i32, force: bool) -> Result<bool, Stop> {
        let had = set.replica_set().spec.replicas;
        if had == replicas && !force {
            return Ok(false);
        }
        let annotations = self.replicas_annotations();
        self.api.update(&set.key(), |o| {
            let mut all = (*o.meta.annotations).clone();
            all.extend(annotations);
            o.meta.annotations = Rc::new(all);
            if had != replicas {
                o.replica_set_mut().set_replicas(replicas);
            }
        })?;
        if had != replicas {
            self.say_scaled(&set.meta.name, had, replicas);
        }
        Ok(had != replicas)
    }

    fn say_scaled(&mut self, set: &str, from: i32, to: i32) {
        let direction = if from < to { "up" } else { "down" };
        let message = format!("Scaled {direction} replica set {set} from {from} to {to}");
        self.event(EventType::Normal, "ScalingReplicaSet", &message);
        self.did = Some(Reason::ScaledReplicaSet { replica_set: set.into(), from, to });
    }

    /// Models `sync.go: isScalingEvent`.
    fn is_scaling_event(&mut self, sets: &[Rc<Object>]) -> Result<bool, Stop> {
        let (new, old) = self.sync_revision(sets, false)?;
        let differs = |set: &Rc<Object>| {
            is_active(set) && number(set, DESIRED_REPLICAS).is_some_and(|desired| desired != self.wanted())
        };
        Ok(all(&old, &new).iter().any(differs))
    }

    /// What to do when the wanted number has changed, or while the rollout is paused. Models `sync.go: sync`.
    fn scale(&mut self, sets: &[Rc<Object>]) -> Result<End, Stop> {
        let (new, old) = self.sync_revision(sets, false)?;
        self.scale_sets(&new, &old)?;
        let paused = self.spec().paused;
        if paused {
            self.clean_up(&old)?;
        }
        let status = self.status(&all(&old, &new), new.as_ref());
        self.write_status(status)?;
        Ok((if paused { Reason::Paused } else { self.waiting() }, None))
    }

    /// Models `sync.go: scale`.
    fn scale_sets(&mut self, new: &Option<Rc<Object>>, old: &[Rc<Object>]) -> Result<(), Stop> {
        let mut active: Sets = all(old, new).into_iter().filter(is_active).collect();
        if active.len() <= 1 {
            let latest = active.pop().or_else(|| new.clone()).or_else(|| old.last().cloned());
            if let Some(set) = latest {
                self.scale_set(&set, self.wanted(), false)?;
            }
            return Ok(());
        }
        if new.as_ref().is_some_and(|new| self.is_saturated(new)) {
            for set in old.iter().filter(|set| is_active(set)) {
                self.scale_set(set, 0, false)?;
            }
            return Ok(());
        }
        if self.spec().recreate {
            return Ok(());
        }
        let allowed = if self.wanted() > 0 { self.wanted() + self.max_surge() } else { 0 };
        let to_add = allowed - replicas_of(&active);
        let size = |set: &Rc<Object>| std::cmp::Reverse(set.replica_set().spec.replicas);
        collections::sort_by_key(&mut active, |set| (size(set), by_creation(set)));
        if to_add > 0 {
            active.reverse();
            collections::sort_by_key(&mut active, size);
        }
        let mut added = 0;
        let mut sizes = Vec::new();
        for set in &active {
            let share = match self.proportion(set) {
                _ if to_add == added => 0,
                share if to_add > 0 => share.min(to_add - added),
                share => share.max(to_add - added),
            };
            added += share;
            sizes.push(set.replica_set().spec.replicas + share);
        }
        sizes[0] = (sizes[0] + to_add - added).max(0);
        for (set, size) in active.iter().zip(sizes) {
            self.scale_set(set, size, true)?;
        }
        Ok(())
    }

    /// Models `deployment_util.go: IsSaturated`.
    fn is_saturated(&self, set: &Object) -> bool {
        let body = set.replica_set();
        let counts =
            [Some(body.spec.replicas), number(set, DESIRED_REPLICAS), Some(body.status.available_replicas)];
        counts.iter().all(|count| *count == Some(self.wanted()))
    }

    /// Models `deployment_util.go: getReplicaSetFraction`.
    fn proportion(&self, set: &Object) -> i32 {
        let size = set.replica_set().spec.replicas;
        if self.wanted() == 0 {
            return -size;
        }
        let before = number(set, MAX_REPLICAS).filter(|n| *n != 0).unwrap_or(self.body().status.replicas);
        if before == 0 {
            return 0;
        }
        let max = self.wanted() + self.max_surge();
        (f64::from(size * max) / f64::from(before)).round() as i32 - size
    }

    /// Models `rolling.go: rolloutRolling`.
    fn roll(&mut self, sets: &[Rc<Object>]) -> Result<End, Stop> {
        let (new, old) = self.sync_revision(sets, true)?;
        let new = new.expect("it was there or made");
        let sets = all(&old, &Some(new.clone()));
        let has = new.replica_set().spec.replicas;
        let may = if has > self.wanted() { self.wanted() } else { self.new_set_replicas(&sets, has) };
        if self.scale_set(&new, may, false)? || self.scale_down_old(&sets, &new)? {
            return self.sync_rollout_status(&sets, Some(&new));
        }
        if self.is_complete(&self.body().status) {
            self.clean_up(&old)?;
        }
        self.sync_rollout_status(&sets, Some(&new))
    }

    /// Takes pods from the old ReplicaSets, those that are not well first. Models `rolling.go: reconcileOldReplicaSets`.
    fn scale_down_old(&mut self, sets: &[Rc<Object>], new: &Rc<Object>) -> Result<bool, Stop> {
        let is_old = |set: &&Rc<Object>| set.meta.uid != new.meta.uid && is_active(set);
        let mut old: Sets = sets.iter().filter(is_old).cloned().collect();
        let body = new.replica_set();
        let min_available = self.wanted() - self.max_unavailable();
        let new_unavailable = body.spec.replicas - body.status.available_replicas;
        let max_cleaned_up = replicas_of(sets) - min_available - new_unavailable;
        if replicas_of(&old) == 0 || max_cleaned_up <= 0 {
            return Ok(false);
        }
        let mut scaled = false;
        let mut left = max_cleaned_up;
        for set in &mut old {
            let body = set.replica_set();
            let unhealthy = body.spec.replicas - body.status.available_replicas;
            let count = unhealthy.min(left);
            if count > 0 {
                scaled |= self.scale_set(set, set.replica_set().spec.replicas - count, false)?;
                left -= count;
                *set = self.api.get(&set.key())?;
            }
        }
        let available: i32 = sets.iter().map(|set| set.replica_set().status.available_replicas).sum();
        let mut left = available - min_available;
        for set in &old {
            let replicas = set.replica_set().spec.replicas;
            let count = replicas.min(left);
            if count > 0 {
                scaled |= self.scale_set(set, replicas - count, false)?;
                left -= count;
            }
        }
        Ok(scaled)
    }

    /// Models `recreate.go: rolloutRecreate`.
    fn recreate(&mut self, sets: &[Rc<Object>]) -> Result<End, Stop> {
        let (new, old) = self.sync_revision(sets, false)?;
        let mut scaled = false;
        for set in old.iter().filter(|set| is_active(set)) {
            scaled |= self.scale_set(set, 0, false)?;
        }
        if scaled || self.old_pods_run(new.as_ref(), sets) {
            return self.sync_rollout_status(&all(&old, &new), new.as_ref());
        }
        let (new, old) = self.sync_revision(sets, true)?;
        let new = new.expect("it was there or made");
        self.scale_set(&new, self.wanted(), false)?;
        if self.is_complete(&self.body().status) {
            self.clean_up(&old)?;
        }
        self.sync_rollout_status(&all(&old, &Some(new.clone())), Some(&new))
    }

    /// Models `recreate.go: oldPodsRunning`.
    fn old_pods_run(&self, new: Option<&Rc<Object>>, sets: &[Rc<Object>]) -> bool {
        let old = || sets.iter().filter(|set| new.is_none_or(|new| new.meta.uid != set.meta.uid));
        let mut pods = self.api.store().list_in(Kind::Pod, &self.deployment.meta.namespace);
        old().any(|set| set.replica_set().status.replicas > 0)
            || pods.any(|pod| {
                !pod.pod().is_terminal() && old().any(|set| pod.meta.is_controlled_by(set.meta.uid))
            })
    }

    /// Deletes the oldest ReplicaSets beyond `revisionHistoryLimit`. Models `sync.go: cleanupDeployment`.
    fn clean_up(&mut self, old: &[Rc<Object>]) -> Result<(), Stop> {
        let mut alive: Sets = old.iter().filter(|set| !set.meta.is_terminating()).cloned().collect();
        let surplus = alive.len() as i64 - self.spec().revision_history_limit;
        collections::sort_by_key(&mut alive, |set| (revision(set), by_creation(set)));
        for set in alive.iter().take(surplus.max(0) as usize) {
            let ReplicaSet { spec, status } = set.replica_set();
            let is_empty = spec.replicas == 0 && status.replicas == 0;
            if is_empty && status.observed_generation >= set.meta.generation {
                self.api.delete(&set.key(), DeleteOptions::default())?;
            }
        }
        Ok(())
    }

    /// Models `sync.go: calculateStatus`.
    fn status(&self, sets: &[Rc<Object>], new: Option<&Rc<Object>>) -> DeploymentStatus {
        let sum =
            |count: fn(&ReplicaSet) -> i32| sets.iter().map(|set| count(set.replica_set())).sum::<i32>();
        let available = sum(|set| set.status.available_replicas);
        let mut status = DeploymentStatus {
            observed_generation: self.deployment.meta.generation,
            replicas: sum(|set| set.status.replicas),
            updated_replicas: new.map_or(0, |new| new.replica_set().status.replicas),
            ready_replicas: sum(|set| set.status.ready_replicas),
            available_replicas: available,
            unavailable_replicas: (replicas_of(sets) - available).max(0),
            terminating_replicas: Some(sum(|set| set.status.terminating_replicas.unwrap_or(0))),
            collision_count: self.body().status.collision_count,
            conditions: self.body().status.conditions.clone(),
        };
        let enough = available >= self.wanted() - self.max_unavailable();
        let (reason, message) = match enough {
            true => ("MinimumReplicasAvailable", "Deployment has minimum availability."),
            false => ("MinimumReplicasUnavailable", "Deployment does not have minimum availability."),
        };
        set_condition(&mut status, condition(AVAILABLE, Some(enough), reason, message, self.api.now));
        status
    }

    /// Models `deployment_util.go: DeploymentComplete`.
    fn is_complete(&self, status: &DeploymentStatus) -> bool {
        [status.updated_replicas, status.replicas, status.available_replicas] == [self.wanted(); 3]
            && status.observed_generation >= self.deployment.meta.generation
    }

    /// Models `deployment_util.go: DeploymentProgressing`.
    fn is_progressing(&self, new: &DeploymentStatus) -> bool {
        let old = &self.body().status;
        new.updated_replicas > old.updated_replicas
            || new.replicas - new.updated_replicas < old.replicas - old.updated_replicas
            || new.ready_replicas > old.ready_replicas
            || new.available_replicas > old.available_replicas
    }

    /// Models `deployment_util.go: DeploymentTimedOut`.
    fn has_timed_out(&self, status: &DeploymentStatus) -> bool {
        let Some(condition) = progressing(status) else { return false };
        match condition.condition.reason.as_deref() {
            Some(NEW_RS_AVAILABLE) => false,
            Some(TIMED_OUT) => true,
            _ => self.deadline(condition) < self.api.now,
        }
    }

    fn deadline(&self, condition: &DeploymentCondition) -> SimTime {
        condition.last_update_time + Span::seconds(self.spec().progress_deadline_seconds)
    }

    /// Models `progress.go: syncRolloutStatus`.
    fn sync_rollout_status(&mut self, sets: &[Rc<Object>], new: Option<&Rc<Object>>) -> Result<End, Stop> {
        let mut status = self.status(sets, new);
        let is_progressing = |c: &DeploymentCondition| &*c.condition.kind == PROGRESSING;
        if !self.has_progress_deadline() {
            status.conditions.retain(|c| !is_progressing(c));
        }
        let was_complete = status.replicas == status.updated_replicas
            && progressing_reason(&self.body().status) == Some(NEW_RS_AVAILABLE);
        if self.has_progress_deadline() && !was_complete {
            let subject = match new {
                Some(new) => format!("ReplicaSet \"{}\"", new.meta.name),
                None => format!("Deployment \"{}\"", self.deployment.meta.name),
            };
            let now = self.api.now;
            let say = |status, reason, what| {
                condition(PROGRESSING, status, reason, &format!("{subject} {what}"), now)
            };
            if self.is_complete(&status) {
                set_condition(&mut status, say(Some(true), NEW_RS_AVAILABLE, "has successfully progressed."));
            } else if self.is_progressing(&status) {
                let mut condition = say(Some(true), "ReplicaSetUpdated", "is progressing.");
                if let Some(old) = progressing(&status).filter(|c| c.condition.status == Some(true)) {
                    condition.condition.last_transition_time = old.condition.last_transition_time;
                }
                status.conditions.retain(|c| !is_progressing(c));
                status.conditions.push(condition);
            } else if self.has_timed_out(&status) {
                set_condition(&mut status, say(Some(false), TIMED_OUT, "has timed out progressing."));
            }
        }
        let failure = new.into_iter().chain(sets).find_map(|set| {
            set.replica_set().status.conditions.iter().find(|c| &*c.kind == REPLICA_FAILURE).cloned()
        });
        match failure {
            Some(condition) => {
                let last_update_time = condition.last_transition_time;
                set_condition(&mut status, DeploymentCondition { condition, last_update_time });
            }
            None => status.conditions.retain(|c| &*c.condition.kind != REPLICA_FAILURE),
        }
        let complete = self.is_complete(&status);
        self.write_status(status)?;
        let now = self.api.now;
        let requeue_at = progressing(&self.body().status)
            .filter(|c| {
                self.has_progress_deadline() && !complete && c.condition.reason.as_deref() != Some(TIMED_OUT)
            })
            .map(|c| self.deadline(c) + Span::seconds(1))
            .filter(|at| *at > now);
        Ok((if complete { Reason::Settled } else { self.waiting() }, requeue_at))
    }

    fn waiting(&self) -> Reason {
        let status = &self.body().status;
        Reason::WaitingForReplicas {
            ready: status.ready_replicas,
            available: status.available_replicas,
            wanted: self.wanted(),
        }
    }
}

fn by_creation(set: &Rc<Object>) -> (SimTime, Str) {
    (set.meta.creation_timestamp, set.meta.name.clone())
}

fn all(old: &[Rc<Object>], new: &Option<Rc<Object>>) -> Sets {
    old.iter().chain(new).cloned().collect()
}

fn is_active(set: &Rc<Object>) -> bool {
    set.replica_set().spec.replicas > 0
}

fn replicas_of(sets: &[Rc<Object>]) -> i32 {
    sets.iter().map(|set| set.replica_set().spec.replicas).sum()
}

/// The number of a ReplicaSet's template; 0 if it has none.
pub fn revision(set: &Object) -> i64 {
    set.meta.annotation(REVISION).and_then(|r| r.parse().ok()).unwrap_or(0)
}

fn number(set: &Object, annotation: &str) -> Option<i32> {
    set.meta.annotation(annotation)?.parse().ok().filter(|n| *n >= 0)
}

fn set_min_ready_seconds(set: &mut ReplicaSet, seconds: i64) {
    let spec = Rc::make_mut(&mut set.spec);
    spec.min_ready_seconds = seconds;
    let mut raw = (*spec.raw).clone();
    raw["minReadySeconds"] = seconds.into();
    spec.raw = Rc::new(raw);
}

/// Whether a ReplicaSet has the Deployment's template, the label that tells templates apart aside. Models
/// `deployment_util.go: EqualIgnoreHash`.
fn has_template_of(set: &Object, deployment: &Object) -> bool {
    let (a, b) = (&set.replica_set().spec.template, &deployment.deployment().spec.template);
    let labels = |labels: &BTreeMap<Str, Str>| {
        let mut labels = labels.clone();
        labels.remove(TEMPLATE_HASH);
        labels
    };
    a.annotations == b.annotations
        && a.finalizers == b.finalizers
        && labels(&a.labels) == labels(&b.labels)
        && a.spec.raw == b.spec.raw
}

/// The annotations of the ReplicaSet of the Deployment's template. Models `deployment_util.go:
/// SetNewReplicaSetAnnotations`.
fn annotations_for(deployment: &Object, set: &ObjectMeta, revision: i64) -> BTreeMap<Str, Str> {
    let mut annotations = (*set.annotations).clone();
    let copied = deployment.meta.annotations.iter().filter(|(k, _)| !NOT_COPIED.contains(&&***k));
    annotations.extend(copied.map(|(k, v)| (k.clone(), v.clone())));
    let old = annotations.get(REVISION).cloned();
    let old_number = old.as_ref().map_or(Some(0), |r| r.parse::<i64>().ok());
    if old_number.is_none_or(|old| old >= revision) {
        return annotations;
    }
    annotations.insert(REVISION.into(), revision.to_string().into());
    if let Some(old) = old {
        let history = annotations.get(REVISION_HISTORY).cloned().unwrap_or_default();
        let mut numbers: Vec<&str> = history.split(',').filter(|n| !n.is_empty()).collect();
        numbers.push(&old);
        while numbers.join(",").len() > REVISION_HISTORY_LIMIT_IN_CHARS && numbers.len() > 1 {
            numbers.remove(0);
        }
        annotations.insert(REVISION_HISTORY.into(), numbers.join(",").into());
    }
    annotations
}

fn condition(
    kind: &str,
    status: Option<bool>,
    reason: &str,
    message: &str,
    now: SimTime,
) -> DeploymentCondition {
    let now = now.whole_seconds();
    let condition = Condition {
        kind: kind.into(),
        status,
        reason: Some(reason.into()),
        message: Some(message.into()),
        last_transition_time: now,
    };
    DeploymentCondition { condition, last_update_time: now }
}

/// Models `deployment_util.go: SetDeploymentCondition`: the same status and reason again change nothing; a condition that
/// changes goes to the end.
fn set_condition(status: &mut DeploymentStatus, mut new: DeploymentCondition) {
    let at = status.conditions.iter().position(|c| c.condition.kind == new.condition.kind);
    if let Some(at) = at {
        let old = &status.conditions[at].condition;
        if old.status == new.condition.status && old.reason == new.condition.reason {
            return;
        }
        if old.status == new.condition.status {
            new.condition.last_transition_time = old.last_transition_time;
        }
        status.conditions.remove(at);
    }
    status.conditions.push(new);
}

fn progressing(status: &DeploymentStatus) -> Option<&DeploymentCondition> {
    status.conditions.iter().find(|c| &*c.condition.kind == PROGRESSING)
}

fn progressing_reason(status: &DeploymentStatus) -> Option<&str> {
    progressing(status).and_then(|c| c.condition.reason.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Bench;
    use serde_json::Value;

    /// The Deployment of traces/gate-off/deployment-contrast.json, with more to its spec and another number of replicas.
    fn flask(replicas: i32, more: &str) -> Bench {
        let mut bench = Bench::new(&[ME, Component::ReplicaSetController, Component::GarbageCollector]);
        let manifest = format!(
            r#"
apiVersion: apps/v1
kind: Deployment
metadata:
  name: flask
spec:
  selector:
    matchLabels:
      app: flask
  replicas: {replicas}
  minReadySeconds: 1
{more}
  template:
    metadata:
      labels:
        app: flask
    spec:
      terminationGracePeriodSeconds: 10
      containers:
      - name: flask-app
        image: han0495/flask-example-app
        ports:
        - containerPort: 80
          name: web
      initContainers:
      - name: init-dump-log
        image: busybox:1.28
        command: ['sh', '-c', "echo $(hostname)-$(date +%s)"]
"#
        );
        crate::testing::create(&mut bench.cluster, &manifest);
        bench.settle();
        bench
    }

    fn set_spec(bench: &mut Bench, change: impl FnOnce(&mut Value)) {
        bench.update(Kind::Deployment, "flask", |o| {
            let mut tree = o.to_value();
            change(&mut tree["spec"]);
            let status = o.deployment().status.clone();
            *o.deployment_mut() = Deployment { status, ..Deployment::from_value(&tree) };
        });
        bench.settle();
    }

    fn set_image(bench: &mut Bench, image: &str) {
        set_spec(bench, |spec| spec["template"]["spec"]["containers"][0]["image"] = image.into());
    }

    /// Makes every pod that is not there for long Ready, and stops every pod that was told to go.
    fn play_kubelet(bench: &mut Bench) {
        for name in bench.names(Kind::Pod) {
            let pod = bench.get(Kind::Pod, &name).clone();
            if pod.pod().spec.node_name.is_none() {
                let address = format!("172.16.110.{}", bench.cluster.api.rng.below(250));
                bench.place(&name, "chhan-k8s-2", &address);
            }
            if pod.meta.is_terminating() {
                bench.stop(&name);
            } else if !pod.pod().is_ready() {
                bench.set_ready(&name, true);
            }
        }
        bench.run(Span::seconds(2));
    }

    /// `NAME SPEC/STATUS/AVAILABLE` of each ReplicaSet, by its revision.
    fn sets(bench: &Bench) -> Vec<String> {
        let mut all: Vec<_> = bench.cluster.api.store().list_in(Kind::ReplicaSet, "default").collect();
        all.sort_by_key(|set| revision(set));
        let shown = all.into_iter().map(|set| {
            let ReplicaSet { spec, status } = set.replica_set();
            format!("{} {}/{}/{}", set.meta.name, spec.replicas, status.replicas, status.available_replicas)
        });
        shown.collect()
    }

    fn status(bench: &Bench) -> DeploymentStatus {
        bench.get(Kind::Deployment, "flask").deployment().status.clone()
    }

    fn conditions(bench: &Bench) -> Vec<String> {
        let all = status(bench).conditions;
        all.iter()
            .map(|c| {
                format!(
                    "{}={} {}",
                    c.condition.kind,
                    c.condition.status_name(),
                    c.condition.reason.clone().unwrap_or_default()
                )
            })
            .collect()
    }

    /// Recorded as traces/gate-off/deployment-contrast.json.
    #[test]
    fn a_rollout_goes_one_up_and_one_down() {
        let mut bench = flask(3, "");
        assert_eq!(sets(&bench), ["flask-589dc77fc5 3/3/0"]);
        assert!(bench.names(Kind::Pod).iter().all(|name| name.starts_with("flask-589dc77fc5-")));
        assert_eq!(
            conditions(&bench),
            ["Available=False MinimumReplicasUnavailable", "Progressing=True ReplicaSetUpdated"]
        );
        assert_eq!((status(&bench).replicas, status(&bench).unavailable_replicas), (3, 3));
        play_kubelet(&mut bench);
        assert_eq!(
            conditions(&bench),
            ["Available=True MinimumReplicasAvailable", "Progressing=True NewReplicaSetAvailable"]
        );
        assert_eq!(bench.reason(ME, Kind::Deployment, "flask"), Some(Reason::Settled));
        set_image(&mut bench, "han0495/flask-example-app:v2");
        assert_eq!(sets(&bench), ["flask-589dc77fc5 3/3/3", "flask-59cf8555b5 1/1/0"]);
        let mut steps = vec![sets(&bench)];
        while steps.last().is_none_or(|last| last[0] != "flask-589dc77fc5 0/0/0") {
            play_kubelet(&mut bench);
            steps.push(sets(&bench));
            assert!(steps.len() < 9, "{steps:?}");
        }
        play_kubelet(&mut bench);
        assert_eq!(sets(&bench), ["flask-589dc77fc5 0/0/0", "flask-59cf8555b5 3/3/3"]);
        assert_eq!(bench.get(Kind::Deployment, "flask").meta.annotation(REVISION), Some("2"));
        let scaled = |events: Vec<String>| -> Vec<String> {
            events
                .into_iter()
                .filter_map(|e| Some(e.strip_prefix("ScalingReplicaSet Scaled ")?.to_string()))
                .collect()
        };
        assert_eq!(
            scaled(bench.events(Kind::Deployment, "flask")),
            [
                "up replica set flask-589dc77fc5 from 0 to 3 x1",
                "up replica set flask-59cf8555b5 from 0 to 1 x1",
                "down replica set flask-589dc77fc5 from 3 to 2 x1",
                "up replica set flask-59cf8555b5 from 1 to 2 x1",
                "down replica set flask-589dc77fc5 from 2 to 1 x1",
                "up replica set flask-59cf8555b5 from 2 to 3 x1",
                "down replica set flask-589dc77fc5 from 1 to 0 x1",
            ]
        );
        set_spec(&mut bench, |spec| spec["replicas"] = 1.into());
        play_kubelet(&mut bench);
        assert_eq!(sets(&bench), ["flask-589dc77fc5 0/0/0", "flask-59cf8555b5 1/1/1"]);
        assert_eq!((status(&bench).replicas, status(&bench).terminating_replicas), (1, Some(0)));
    }

    #[test]
    fn a_deleted_pod_is_replaced_at_once_under_another_name() {
        let mut bench = flask(2, "");
        play_kubelet(&mut bench);
        let gone = bench.names(Kind::Pod)[0].clone();
        bench.delete(Kind::Pod, &gone);
        bench.settle();
        assert_eq!(bench.names(Kind::Pod).len(), 3, "the old one is still stopping");
        assert_eq!(status(&bench).terminating_replicas, Some(1));
        bench.stop(&gone);
        bench.settle();
        assert!(bench.names(Kind::Pod).len() == 2 && !bench.names(Kind::Pod).contains(&gone));
    }

    #[test]
    fn going_back_to_a_template_takes_its_replica_set_again() {
        let mut bench = flask(1, "");
        play_kubelet(&mut bench);
        for image in ["han0495/flask-example-app:v2", "han0495/flask-example-app"] {
            set_image(&mut bench, image);
            for _ in 0..3 {
                play_kubelet(&mut bench);
            }
        }
        assert_eq!(sets(&bench), ["flask-59cf8555b5 0/0/0", "flask-589dc77fc5 1/1/1"]);
        let set = bench.get(Kind::ReplicaSet, "flask-589dc77fc5");
        assert_eq!((revision(set), set.meta.annotation(REVISION_HISTORY)), (3, Some("1")));
    }

    #[test]
    fn old_replica_sets_beyond_the_limit_go() {
        let mut bench = flask(1, "  revisionHistoryLimit: 1");
        for tag in ["v1", "v2", "v3"] {
            play_kubelet(&mut bench);
            set_image(&mut bench, &format!("nginx:{tag}"));
            for _ in 0..3 {
                play_kubelet(&mut bench);
            }
        }
        assert_eq!(sets(&bench).len(), 2);
    }

    #[test]
    fn a_recreated_deployment_waits_until_the_old_pods_are_gone() {
        let mut bench = flask(2, "  strategy: {type: Recreate}");
        play_kubelet(&mut bench);
        set_image(&mut bench, "nginx:v2");
        assert_eq!(sets(&bench), ["flask-589dc77fc5 0/0/0"]);
        play_kubelet(&mut bench);
        assert_eq!(sets(&bench).len(), 2);
        assert!(bench.names(Kind::Pod).iter().all(|name| !name.starts_with("flask-589dc77fc5-")));
    }

    #[test]
    fn a_rollout_without_progress_is_said_to_have_failed() {
        let mut bench = flask(1, "  progressDeadlineSeconds: 60");
        assert_eq!(conditions(&bench)[1], "Progressing=True ReplicaSetUpdated");
        bench.run(Span::seconds(65));
        assert_eq!(conditions(&bench)[1], "Progressing=False ProgressDeadlineExceeded");
    }

    #[test]
    fn a_paused_rollout_still_scales() {
        let mut bench = flask(2, "");
        play_kubelet(&mut bench);
        set_spec(&mut bench, |spec| spec["paused"] = true.into());
        set_image(&mut bench, "nginx:v2");
        set_spec(&mut bench, |spec| spec["replicas"] = 3.into());
        assert_eq!(sets(&bench), ["flask-589dc77fc5 3/3/2"]);
        assert!(conditions(&bench).contains(&"Progressing=Unknown DeploymentPaused".to_string()));
        set_spec(&mut bench, |spec| spec["paused"] = false.into());
        assert_eq!(sets(&bench).len(), 2);
    }

    #[test]
    fn scaling_in_mid_rollout_is_shared_out() {
        let mut bench = flask(10, "  strategy: {rollingUpdate: {maxSurge: 3, maxUnavailable: 2}}");
        play_kubelet(&mut bench);
        set_image(&mut bench, "nginx:v2");
        let sizes = |bench: &Bench| {
            sets(bench).iter().map(|s| s.split([' ', '/']).nth(1).unwrap().to_string()).collect::<Vec<_>>()
        };
        assert_eq!(sizes(&bench), ["8", "5"]);
        set_spec(&mut bench, |spec| spec["replicas"] = 15.into());
        assert_eq!(sizes(&bench), ["11", "7"]);
    }
}
