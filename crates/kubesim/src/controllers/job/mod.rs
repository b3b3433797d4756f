//! The Job controller: pods that run to their end, until enough of them have succeeded or too many have failed.
//!
//! Models `pkg/controller/job/{job_controller,backoff_utils,indexed_job_utils}.go`. How many pods failed since the last that
//! succeeded, and when, follows from the pods that are there; upstream keeps a record of it.

mod context;
mod indexes;
mod pods;
mod policy;
mod status;
pub mod ttl;
mod view;

use crate::api::pod::PodPhase;
use crate::api::read::{get, int, opt_int, str, time};
use crate::api::status::ApiError;
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, LabelSelector, Object, SimTime, Span};
use crate::apiserver::{ApiServer, Store};
use crate::component::ref_manager::claim;
use crate::component::{Context, Found, Outcome, WatchEvent, add_controller_of};
use context::Sync;
use indexes::Indexes;
use std::rc::Rc;
use view::{Finish, Job, is_tracked, succeeded};

const ME: Component = Component::JobController;
/// Changes of pods are looked at together (`SyncJobBatchPeriod`): here at whole seconds, so that a crowd's changes do not put
/// it off for ever.
const BATCH: Span = Span(1000);

/// Says which Jobs have to be looked at because of this change, and which pods have lost theirs.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::Job => {
            add(ME, change.key.clone());
            if change.after.is_none() {
                let pods = store.dependents(change.object().meta.uid).filter(|pod| is_tracked(pod));
                pods.for_each(|pod| add(ME, pod.key()));
            }
        }
        Kind::Pod => {
            add_controller_of(change, Kind::Job, ME, add);
            if let Some(pod) = change.after.filter(|pod| is_tracked(pod))
                && job_of(store, pod).is_none()
            {
                add(ME, pod.key());
            }
        }
        _ => {}
    }
}

/// The Job that manages this pod, if it is there.
fn job_of<'a>(store: &'a Store, pod: &Object) -> Option<&'a Rc<Object>> {
    let owner = pod.meta.controller().filter(|owner| *owner.kind == *Kind::Job.name())?;
    let job = store.find(Kind::Job, &pod.meta.namespace, &owner.name)?;
    (job.meta.uid == owner.uid).then_some(job)
}

/// Looks at a Job, or at a pod whose Job is gone. Models job_controller.go: syncJob and syncOrphanPod.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    if object.kind == Kind::Pod {
        let is_orphan = is_tracked(&object) && job_of(context.store(), &object).is_none();
        if is_orphan && pods::untrack(context.api, &object).is_err() {
            return Outcome::FAILED;
        }
        return Outcome::DONE;
    }
    let job = Job::new(object);
    let is_ours = matches!(get(&job.spec, "managedBy").as_str(), None | Some("kubernetes.io/job-controller"));
    if job.is_finished() || !is_ours {
        return Outcome::DONE;
    }
    let now = context.now();
    let lately =
        |pod: &&Rc<Object>| pod.meta.is_controlled_by(job.object.meta.uid) && now - pod.meta.written < BATCH;
    let is_early = context.store().list_in(Kind::Pod, &key.namespace).any(|pod| lately(&pod));
    if now != now.whole_seconds() && is_early {
        return Outcome::at(now.whole_seconds() + BATCH);
    }
    let found = reconcile(context.api, job);
    context.report(ME, key, found)
}

fn reconcile(api: &mut ApiServer, mut job: Job) -> Found {
    let selector = LabelSelector::from_value(get(&job.spec, "selector"));
    let all = api.store().list_in(Kind::Pod, &job.object.meta.namespace).cloned().collect();
    let pods = claim(api, &job.object, all, &|pod| selector.matches(&pod.meta.labels))?;
    let is_active = |pod: &&Rc<Object>| !pod.pod().is_terminal() && !pod.meta.is_terminating();
    let active_pods: Vec<Rc<Object>> = pods.iter().filter(is_active).cloned().collect();
    let stops = |pod: &&Rc<Object>| pod.meta.is_terminating() && !pod.pod().is_terminal();
    let is_new = |pod: &&Rc<Object>| is_tracked(pod) && indexes::is_valid(&job, pod);
    let new_succeeded = pods.iter().filter(is_new).filter(|pod| succeeded(pod)).count() as i64;
    let mut failed: Vec<&Rc<Object>> = pods.iter().filter(is_new).collect();
    failed.retain(|pod| job.has_failed(pod) && policy::counts(&job, pod));
    let (failed, terminating) = (failed.len() as i64, pods.iter().filter(stops).count() as i64);
    if get(&job.status, "startTime").is_null() && !job.is_suspended() {
        job.status["startTime"] = api.now.whole_seconds().rfc3339().into();
    }
    let mut sync = Sync {
        active: active_pods.len() as i64,
        ready: active_pods.iter().filter(|pod| pod.pod().is_ready()).count() as i64,
        terminating,
        succeeded: int(&job.status, "succeeded") + new_succeeded,
        failed: int(&job.status, "failed") + failed,
        finish: None,
        indexes: None,
        requeue_at: Vec::new(),
        job,
        pods,
        active_pods,
    };
    sync.finish = sync.failure(api.now);
    sync.look_at_indexes();
    let (did, suspension) =
        if sync.finish.is_some() { (sync.delete_active(api)?, false) } else { sync.manage(api)? };
    status::track(api, &mut sync, suspension)?;
    let next = sync.requeue_at.iter().filter(|at| **at > api.now).min().copied();
    Ok((did.unwrap_or(Reason::Settled), next))
}

impl Sync {
    /// Whether the Job has failed, was found to have, or has succeeded. Models the first half of syncJob.
    fn failure(&mut self, now: SimTime) -> Option<Finish> {
        let job = &self.job;
        for interim in ["SuccessCriteriaMet", "FailureTarget"] {
            if let Some(condition) = job.condition(interim) {
                let (reason, message) =
                    (str(condition, "reason").to_string(), str(condition, "message").to_string());
                return Some(Finish { interim, reason, message });
            }
        }
        let failed = self.pods.iter().filter(|pod| job.has_failed(pod));
        if let Some(message) = failed.filter_map(|pod| policy::fails_job(job, pod)).next() {
            return Some(Finish::failure("PodFailurePolicy", &message));
        }
        if self.failed > job.backoff_limit() || self.restarted_too_often() {
            return Some(Finish::failure(
                "BackoffLimitExceeded",
                "Job has reached the specified backoff limit",
            ));
        }
        let deadline = opt_int(&job.spec, "activeDeadlineSeconds").filter(|_| !job.is_suspended())?;
        let until = time(&job.status, "startTime")? + Span::seconds(deadline);
        if now >= until {
            return Some(Finish::failure(
                "DeadlineExceeded",
                "Job was active longer than specified deadline",
            ));
        }
        self.requeue_at.push(until);
        None
    }

    /// Models pastBackoffLimitOnFailure: where containers are started again in their pod, their restarts count.
    fn restarted_too_often(&self) -> bool {
        let policy = get(get(get(&self.job.spec, "template"), "spec"), "restartPolicy");
        if policy != "OnFailure" {
            return false;
        }
        let alive = self.pods.iter().map(|pod| &pod.pod().status);
        let alive = alive.filter(|status| matches!(status.phase, PodPhase::Running | PodPhase::Pending));
        let statuses = alive.flat_map(|s| s.init_container_statuses.iter().chain(&s.container_statuses));
        let restarts: i64 = statuses.map(|status| status.restart_count).sum();
        restarts > 0 && restarts >= self.job.backoff_limit()
    }

    fn look_at_indexes(&mut self) {
        if !self.job.is_indexed() {
            return;
        }
        let indexes = Indexes::new(&self.job, &self.pods, &self.active_pods);
        self.succeeded = indexes.succeeded.len() as i64;
        if self.finish.is_none() {
            self.finish =
                indexes.failure(&self.job).or_else(|| indexes::success(&self.job, &indexes.succeeded));
        }
        self.indexes = Some(indexes);
    }

    /// Tells the pods of a Job that has ended to go. Models deleteActivePods.
    fn delete_active(&mut self, api: &mut ApiServer) -> Result<Option<Reason>, ApiError> {
        let active = std::mem::take(&mut self.active_pods);
        for pod in &active {
            pods::delete(api, &self.job, pod)?;
        }
        self.terminating += self.active;
        (self.active, self.ready) = (0, 0);
        let count = active.len();
        Ok((count > 0).then_some(Reason::DeletedPods { count }))
    }

    /// Makes and deletes pods, and finds whether enough have succeeded. Returns what it did, and whether it said something new
    /// of the suspension.
    fn manage(&mut self, api: &mut ApiServer) -> Result<(Option<Reason>, bool), ApiError> {
        let did = match self.job.object.meta.is_terminating() {
            true => Some(Reason::BeingDeleted),
            false => pods::manage(api, self)?,
        };
        let enough = self.job.completions().map_or(self.succeeded > 0, |wanted| self.succeeded >= wanted);
        if enough && self.active == 0 {
            let message = "Reached expected number of succeeded pods".to_string();
            self.finish = Some(Finish::success("CompletionsReached", message));
            return Ok((did, false));
        }
        Ok((did, status::note_suspension(api, &mut self.job)))
    }
}
