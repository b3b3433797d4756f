//! One reconcile of a Deployment: its revision, its ReplicaSets, their sizes, its status. Models
//! `pkg/controller/deployment/sync.go`.

use super::util::*;
use crate::api::event::Involved;
use crate::api::read::get;
use crate::api::status::ApiError;
use crate::api::verdict::Reason;
use crate::api::workload::{Deployment, DeploymentSpec, DeploymentStatus, ReplicaSet, scaled_value};
use crate::api::{Body, Kind, Object, ObjectMeta, OwnerReference, SimTime, Str};
use crate::apiserver::{ApiServer, DeleteOptions, EventType, Source};
use crate::controllers::template_hash;
use serde_json::json;
use std::rc::Rc;

const SOURCE: Source<'static> = Source::controller("deployment-controller");

/// Why a reconcile ends early.
pub(super) enum Stop {
    /// The Deployment was written, so there will be another reconcile.
    Again,
    /// The API server refused something.
    Failed(ApiError),
}

impl From<ApiError> for Stop {
    fn from(error: ApiError) -> Stop {
        Stop::Failed(error)
    }
}

pub(super) type End = (Reason, Option<SimTime>);

/// One reconcile of a Deployment.
pub(super) struct Rollout<'a> {
    pub(super) api: &'a mut ApiServer,
    /// As it is to be written.
    pub(super) deployment: Object,
    /// What this reconcile did.
    pub(super) did: Option<Reason>,
}

impl Rollout<'_> {
    pub(super) fn body(&self) -> &Deployment {
        self.deployment.deployment()
    }

    pub(super) fn spec(&self) -> &DeploymentSpec {
        &self.body().spec
    }

    pub(super) fn wanted(&self) -> i32 {
        self.spec().replicas
    }

    pub(super) fn event(&mut self, event_type: EventType, reason: &str, message: &str) {
        self.api.event(SOURCE, Involved::of(&self.deployment), event_type, reason, message);
    }

    /// Writes the Deployment's status and annotations as they are in this reconcile's copy.
    pub(super) fn write(&mut self) -> Result<(), Stop> {
        let (status, annotations) = (self.body().status.clone(), self.deployment.meta.annotations.clone());
        self.api.update_status(&self.deployment.key(), |o| {
            o.deployment_mut().status = status;
            o.meta.annotations = annotations;
        })?;
        Ok(())
    }

    /// Writes the status, if it is another. Returns whether it is.
    pub(super) fn write_status(&mut self, status: DeploymentStatus) -> Result<bool, Stop> {
        if status == self.body().status {
            return Ok(false);
        }
        self.deployment.deployment_mut().status = status;
        self.write()?;
        Ok(true)
    }

    /// Models `sync.go: checkPausedConditions`.
    pub(super) fn check_paused_conditions(&mut self) -> Result<(), Stop> {
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

    pub(super) fn has_progress_deadline(&self) -> bool {
        self.spec().progress_deadline_seconds != i64::from(i32::MAX)
    }

    pub(super) fn set_condition(&mut self, kind: &str, status: Option<bool>, reason: &str, message: &str) {
        let condition = condition(kind, status, reason, message, self.api.now);
        set_condition(&mut self.deployment.deployment_mut().status, condition);
    }

    /// The ReplicaSet of the Deployment's template, if there is one or is to be one, and the others. Models `sync.go:
    /// getAllReplicaSetsAndSyncRevision`.
    pub(super) fn sync_revision(
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
    pub(super) fn new_set_replicas(&self, sets: &[Rc<Object>], has: i32) -> i32 {
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

    pub(super) fn max_unavailable(&self) -> i32 {
        self.fenceposts().1.min(self.wanted())
    }

    /// Asks a ReplicaSet for so many pods. Returns whether that is another number than before. Models `sync.go: scaleReplicaSet`.
    pub(super) fn scale_set(&mut self, set: &Rc<Object>, replicas: i32, force: bool) -> Result<bool, Stop> {
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
    pub(super) fn is_scaling_event(&mut self, sets: &[Rc<Object>]) -> Result<bool, Stop> {
        let (new, old) = self.sync_revision(sets, false)?;
        let differs = |set: &Rc<Object>| {
            is_active(set) && number(set, DESIRED_REPLICAS).is_some_and(|desired| desired != self.wanted())
        };
        Ok(all(&old, &new).iter().any(differs))
    }

    /// What to do when the wanted number has changed, or while the rollout is paused. Models `sync.go: sync`.
    pub(super) fn scale(&mut self, sets: &[Rc<Object>]) -> Result<End, Stop> {
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

    /// Deletes the oldest ReplicaSets beyond `revisionHistoryLimit`. Models `sync.go: cleanupDeployment`.
    pub(super) fn clean_up(&mut self, old: &[Rc<Object>]) -> Result<(), Stop> {
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
    pub(super) fn status(&self, sets: &[Rc<Object>], new: Option<&Rc<Object>>) -> DeploymentStatus {
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
        let (reason, message) = if enough {
            ("MinimumReplicasAvailable", "Deployment has minimum availability.")
        } else {
            ("MinimumReplicasUnavailable", "Deployment does not have minimum availability.")
        };
        set_condition(&mut status, condition(AVAILABLE, Some(enough), reason, message, self.api.now));
        status
    }

    pub(super) fn waiting(&self) -> Reason {
        let status = &self.body().status;
        Reason::WaitingForReplicas {
            ready: status.ready_replicas,
            available: status.available_replicas,
            wanted: self.wanted(),
        }
    }
}
