//! The Job controller: pods that run to their end, until enough of them have succeeded or too many have failed.
//!
//! Models `pkg/controller/job/{job_controller,backoff_utils,indexed_job_utils}.go`. How many pods failed since the last that
//! succeeded, and when, follows from the pods that are there; upstream keeps a record of it.

mod indexes;
mod pods;
mod policy;
mod status;
pub mod ttl;

use crate::api::pod::{ContainerState, Pod, PodPhase, Terminated};
use crate::api::read::{get, int, list, opt_int, str, time};
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, LabelSelector, Object, SimTime, Span};
use crate::apiserver::{ApiServer, Source, Store};
use crate::component::ref_manager::claim;
use crate::component::{Context, Found, Outcome, WatchEvent, add_controller_of};
use indexes::Indexes;
use serde_json::Value;
use std::cmp::Reverse;
use std::rc::Rc;

const ME: Component = Component::JobController;
const SOURCE: Source<'static> = Source::controller("job-controller");
/// The finalizer of pods that no job has counted yet.
const TRACKING: &str = "batch.kubernetes.io/job-tracking";
/// The wait after the first failure (`DefaultJobPodFailureBackOff`), doubled with each, in seconds.
const FIRST_BACK_OFF: i64 = 10;
/// The longest wait (`MaxJobPodFailureBackOff`), in seconds.
const LONGEST_BACK_OFF: i64 = 600;
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

/// Whether a Job has still to count it.
fn is_tracked(pod: &Object) -> bool {
    pod.kind == Kind::Pod && pod.meta.has_finalizer(TRACKING)
}

/// A Job as the controller reads it.
struct Job {
    object: Rc<Object>,
    spec: Value,
    status: Value,
}

impl Job {
    fn new(object: Rc<Object>) -> Job {
        let mut tree = object.to_value();
        let (spec, status) = (tree["spec"].take(), tree["status"].take());
        Job { object, spec, status }
    }

    /// How many pods have to succeed; `None`: one, and the others are left alone then.
    fn completions(&self) -> Option<i64> {
        opt_int(&self.spec, "completions")
    }

    fn is_indexed(&self) -> bool {
        get(&self.spec, "completionMode") == "Indexed"
    }

    fn is_suspended(&self) -> bool {
        get(&self.spec, "suspend") == true
    }

    fn backoff_limit(&self) -> i64 {
        opt_int(&self.spec, "backoffLimit").unwrap_or(6)
    }

    /// How often one index may fail, if each has a limit of its own.
    fn backoff_limit_per_index(&self) -> Option<i64> {
        opt_int(&self.spec, "backoffLimitPerIndex")
    }

    /// Whether pods are replaced only once they are over.
    fn replaces_only_failed(&self) -> bool {
        get(&self.spec, "podReplacementPolicy") == "Failed"
    }

    /// A condition that is True.
    fn condition(&self, kind: &str) -> Option<&Value> {
        list(&self.status, "conditions").iter().find(|c| get(c, "type") == kind && get(c, "status") == "True")
    }

    /// Whether it has ended, well or badly (`util.IsJobFinished`).
    fn is_finished(&self) -> bool {
        self.condition("Complete").or(self.condition("Failed")).is_some()
    }

    /// Models job_controller.go: isPodFailed. A pod that is told to go counts, so that one whose node is lost does too.
    fn has_failed(&self, pod: &Object) -> bool {
        let phase = pod.pod().status.phase;
        phase == PodPhase::Failed
            || !self.replaces_only_failed() && pod.meta.is_terminating() && phase != PodPhase::Succeeded
    }
}

/// Why a Job ends.
#[derive(Clone)]
struct Finish {
    /// `SuccessCriteriaMet` or `FailureTarget`.
    interim: &'static str,
    reason: String,
    message: String,
}

impl Finish {
    fn failure(reason: &str, message: &str) -> Finish {
        Finish { interim: "FailureTarget", reason: reason.into(), message: message.into() }
    }

    fn success(reason: &str, message: String) -> Finish {
        Finish { interim: "SuccessCriteriaMet", reason: reason.into(), message }
    }

    fn is_success(&self) -> bool {
        self.interim == "SuccessCriteriaMet"
    }
}

/// What one look at a Job works with. Models `syncJobCtx`.
struct Sync {
    job: Job,
    pods: Vec<Rc<Object>>,
    /// Those that have not ended and that nobody told to go.
    active_pods: Vec<Rc<Object>>,
    active: i64,
    ready: i64,
    terminating: i64,
    succeeded: i64,
    failed: i64,
    finish: Option<Finish>,
    /// Of a Job that counts by index.
    indexes: Option<Indexes>,
    /// When to look again.
    requeue_at: Vec<SimTime>,
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

fn succeeded(pod: &Object) -> bool {
    pod.pod().status.phase == PodPhase::Succeeded
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
                indexes.failure(&self.job).or_else(|| policy::success(&self.job, &indexes.succeeded));
        }
        self.indexes = Some(indexes);
    }

    /// Tells the pods of a Job that has ended to go. Models deleteActivePods.
    fn delete_active(&mut self, api: &mut ApiServer) -> Result<Option<Reason>, crate::api::status::ApiError> {
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
    fn manage(
        &mut self,
        api: &mut ApiServer,
    ) -> Result<(Option<Reason>, bool), crate::api::status::ApiError> {
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

    /// Until when no pod is made after those that failed. Models `backoffRecord.getRemainingTime`.
    fn backs_off_until(&self) -> Option<SimTime> {
        let ended = |pod: &&Rc<Object>| succeeded(pod) || self.job.has_failed(pod);
        let mut ended: Vec<&Rc<Object>> = self.pods.iter().filter(ended).collect();
        collections::sort_by_key(&mut ended, |pod| Reverse(finished_at(pod)));
        let since_success: Vec<&Rc<Object>> = ended.into_iter().take_while(|pod| !succeeded(pod)).collect();
        let last = finished_at(since_success.first()?);
        Some(last + back_off(since_success.len()))
    }
}

/// The wait after so many failures. Models `getRemainingTimeForFailuresCount`.
fn back_off(failures: usize) -> Span {
    let seconds = FIRST_BACK_OFF.checked_shl(failures.saturating_sub(1).min(30) as u32);
    Span::seconds(seconds.unwrap_or(LONGEST_BACK_OFF).min(LONGEST_BACK_OFF))
}

/// When a pod was over. Models backoff_utils.go: getFinishedTime.
fn finished_at(pod: &Object) -> SimTime {
    let status = &pod.pod().status;
    let ends = status.container_statuses.iter().map(|container| match &container.state {
        ContainerState::Terminated(Terminated { finished_at, .. }) => *finished_at,
        _ => None,
    });
    let of_containers = ends.collect::<Option<Vec<SimTime>>>().and_then(|ends| ends.into_iter().max());
    let not_ready = |pod: &Pod| {
        let condition = pod.condition(crate::api::pod::condition::READY)?;
        (condition.status == Some(false)).then_some(condition.last_transition_time)
    };
    let grace = Span::seconds(pod.meta.deletion_grace_period_seconds.unwrap_or(0));
    let deleted = || pod.meta.deletion_timestamp.map(|at| at - grace);
    let found = of_containers.or_else(|| not_ready(pod.pod())).or_else(deleted);
    found.unwrap_or(pod.meta.creation_timestamp)
}
