//! Counting a Job's pods into its status. Models job_controller.go: trackJobStatusAndRemoveFinalizers.

use super::context::Sync;
use super::indexes::{self, index_of};
use super::view::{Job, SOURCE, is_tracked, succeeded};
use super::{pods, policy};
use crate::api::event::Involved;
use crate::api::read::{get, int, list};
use crate::api::status::ApiError;
use crate::api::{Body, Object, SimTime};
use crate::apiserver::{ApiServer, EventType};
use serde_json::{Value, json};
use std::rc::Rc;

/// Counts the pods that have ended, lets go of them, and ends the Job if that is due. Errors: what the API server refuses.
pub fn track(api: &mut ApiServer, sync: &mut Sync, mut needs_flush: bool) -> Result<(), ApiError> {
    let now = api.now;
    for (field, count) in [("ready", sync.ready), ("terminating", sync.terminating)] {
        needs_flush |= get(&sync.job.status, field).as_i64() != Some(count);
        sync.job.status[field] = count.into();
    }
    needs_flush |= int(&sync.job.status, "active") != sync.active;
    set_count(&mut sync.job.status, "active", sync.active);
    let counted = count(sync);
    needs_flush |= !counted.succeeded.is_empty() || !counted.failed.is_empty();
    needs_flush |= write_indexes(sync);
    if let Some(finish) = &sync.finish
        && sync.job.condition(finish.interim).is_none()
    {
        let condition = condition(finish.interim, &finish.reason, &finish.message, now);
        push(&mut sync.job.status, condition);
        needs_flush = true;
    }
    if needs_flush {
        let uncounted: Vec<(&str, &Vec<Rc<Object>>)> =
            vec![("succeeded", &counted.succeeded), ("failed", &counted.failed)];
        let mut tree = json!({});
        for (field, pods) in uncounted.into_iter().filter(|(_, pods)| !pods.is_empty()) {
            tree[field] = pods.iter().map(|pod| Value::from(pod.meta.uid.text())).collect();
        }
        sync.job.status["uncountedTerminatedPods"] = tree;
        write(api, &sync.job)?;
    }
    for pod in &counted.let_go {
        pods::untrack(api, pod)?;
    }
    let is_last = sync.finish.is_some() && sync.terminating == 0;
    if counted.succeeded.is_empty() && counted.failed.is_empty() && !is_last {
        return Ok(());
    }
    let (succeeded, failed) = (counted.succeeded.len() as i64, counted.failed.len() as i64);
    let status = &mut sync.job.status;
    let counts = [("succeeded", succeeded), ("failed", failed)].map(|(f, more)| (f, int(status, f) + more));
    counts.iter().for_each(|(field, count)| set_count(status, field, *count));
    status["uncountedTerminatedPods"] = json!({});
    match is_last {
        true => finish(api, sync),
        false => write(api, &sync.job),
    }
}

/// Says that the Job has ended. Models enactJobFinished and recordJobFinished.
fn finish(api: &mut ApiServer, sync: &mut Sync) -> Result<(), ApiError> {
    let now = api.now;
    let Some(finish) = sync.finish.clone() else { return Ok(()) };
    let kind = if finish.is_success() { "Complete" } else { "Failed" };
    push(&mut sync.job.status, condition(kind, &finish.reason, &finish.message, now));
    if finish.is_success() {
        sync.job.status["completionTime"] = now.whole_seconds().rfc3339().into();
    }
    write(api, &sync.job)?;
    let involved = Involved::of(&sync.job.object);
    match finish.is_success() {
        true => api.event(SOURCE, involved, EventType::Normal, "Completed", "Job completed"),
        false => api.event(SOURCE, involved, EventType::Warning, &finish.reason, &finish.message),
    }
    Ok(())
}

/// What was counted in one look.
struct Counted {
    succeeded: Vec<Rc<Object>>,
    failed: Vec<Rc<Object>>,
    /// Pods that lose their finalizer.
    let_go: Vec<Rc<Object>>,
}

fn count(sync: &Sync) -> Counted {
    let mut counted = Counted { succeeded: Vec::new(), failed: Vec::new(), let_go: Vec::new() };
    let job = &sync.job;
    let ends_badly = sync.finish.as_ref().is_some_and(|finish| !finish.is_success());
    for pod in sync.pods.iter().filter(|pod| is_tracked(pod)) {
        let has_failed = job.has_failed(pod);
        if !can_let_go(sync, pod, has_failed) {
            continue;
        }
        counted.let_go.push(pod.clone());
        if succeeded(pod) {
            // Where pods have an index, the indexes are counted.
            counted.succeeded.extend((!job.is_indexed()).then(|| pod.clone()));
        } else if (has_failed || ends_badly) && indexes::is_valid(job, pod) && policy::counts(job, pod) {
            counted.failed.push(pod.clone());
        }
    }
    counted
}

/// Models canRemoveFinalizer.
fn can_let_go(sync: &Sync, pod: &Object, has_failed: bool) -> bool {
    if sync.job.object.meta.is_terminating() || sync.finish.is_some() || succeeded(pod) {
        return true;
    }
    let delayed = sync.indexes.as_ref().map(|indexes| &indexes.delayed);
    let waits = delayed.is_some_and(|delayed| {
        index_of(pod).and_then(|index| delayed.get(&index)).is_some_and(|last| last.meta.uid == pod.meta.uid)
    });
    has_failed && !waits
}

/// Writes which indexes have ended. Returns whether that is news.
fn write_indexes(sync: &mut Sync) -> bool {
    let Some(indexes) = &sync.indexes else { return false };
    let status = &mut sync.job.status;
    let mut news = indexes.counted != indexes.succeeded;
    set_count(status, "succeeded", indexes.succeeded.len() as i64);
    if !indexes.succeeded.is_empty() {
        status["completedIndexes"] = indexes::shown(&indexes.succeeded).into();
    }
    if let Some(failed) = &indexes.failed {
        let shown = Value::from(indexes::shown(failed));
        news |= *get(status, "failedIndexes") != shown;
        status["failedIndexes"] = shown;
    }
    news
}

/// Says whether the Job is suspended, if that is news. Returns whether it is.
pub fn note_suspension(api: &mut ApiServer, job: &mut Job) -> bool {
    let now = api.now;
    let suspended = job.is_suspended();
    let said = list(&job.status, "conditions").iter().find(|c| get(c, "type") == "Suspended");
    let was = said.is_some_and(|condition| get(condition, "status") == "True");
    if was == suspended {
        return false;
    }
    let (reason, message, event) = match suspended {
        true => ("JobSuspended", "Job suspended", "Suspended"),
        false => ("JobResumed", "Job resumed", "Resumed"),
    };
    let mut new = condition("Suspended", reason, message, now);
    new["status"] = if suspended { "True" } else { "False" }.into();
    let conditions = job.status.get_mut("conditions").and_then(Value::as_array_mut);
    let old = conditions.into_iter().flatten().find(|c| get(c, "type") == "Suspended");
    match old {
        Some(old) => *old = new,
        None => push(&mut job.status, new),
    }
    match (suspended, job.status.as_object_mut()) {
        (true, Some(status)) => drop(status.remove("startTime")),
        _ => job.status["startTime"] = now.whole_seconds().rfc3339().into(),
    }
    api.event(SOURCE, Involved::of(&job.object), EventType::Normal, event, message);
    true
}

fn condition(kind: &str, reason: &str, message: &str, now: SimTime) -> Value {
    let now = now.whole_seconds().rfc3339();
    json!({"type": kind, "status": "True", "lastProbeTime": now, "lastTransitionTime": now,
        "reason": reason, "message": message})
}

fn push(status: &mut Value, condition: Value) {
    match status.get_mut("conditions").and_then(Value::as_array_mut) {
        Some(conditions) => conditions.push(condition),
        None => status["conditions"] = vec![condition].into(),
    }
}

/// Sets a number that is left out where it is 0.
fn set_count(status: &mut Value, field: &str, count: i64) {
    if count > 0 {
        status[field] = count.into();
    } else if let Some(status) = status.as_object_mut() {
        status.remove(field);
    }
}

fn write(api: &mut ApiServer, job: &Job) -> Result<(), ApiError> {
    let written = api.update_status(&job.object.key(), |object| {
        if let Body::Other(tree) = &mut object.body {
            Rc::make_mut(tree)["status"] = job.status.clone();
        }
    });
    match written {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}
