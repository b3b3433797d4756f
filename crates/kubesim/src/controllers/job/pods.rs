//! Making and deleting a Job's pods. Models job_controller.go: manageJob.

use super::context::Sync;
use super::indexes::{COMPLETION_INDEX, FAILURE_COUNT, failures_before, index_of};
use super::view::{Job, SOURCE, TRACKING, back_off, finished_at};
use crate::api::event::Involved;
use crate::api::pod::{Pod, PodPhase, PodSpec};
use crate::api::read::{get, int};
use crate::api::status::ApiError;
use crate::api::verdict::Reason;
use crate::api::{Body, Kind, Object, ObjectMeta, OwnerReference};
use crate::apiserver::{ApiServer, DeleteOptions, EventType};
use serde_json::{Value, json};
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::rc::Rc;

/// How many pods are made or deleted in one go (`MaxPodCreateDeletePerSync`).
const MOST_AT_ONCE: i64 = 500;
/// How much of `generateName` a name keeps (`k8s.io/apiserver/pkg/storage/names/generate.go`).
const MAX_GENERATED_PREFIX: usize = 58;

/// Makes the pods that are missing and deletes those that are too many. Returns what it did. Errors: what the API server
/// refuses.
pub fn manage(api: &mut ApiServer, sync: &mut Sync) -> Result<Option<Reason>, ApiError> {
    let parallelism = int(&sync.job.spec, "parallelism");
    let wanted = match sync.job.completions() {
        _ if sync.job.is_suspended() => 0,
        Some(completions) => (completions - sync.succeeded).clamp(0, parallelism),
        None if sync.succeeded > 0 => sync.active,
        None => parallelism,
    };
    let surplus = to_remove(sync, (sync.active - wanted).max(0) as usize);
    if !surplus.is_empty() {
        for pod in &surplus {
            untrack(api, pod)?;
            delete(api, &sync.job, pod)?;
        }
        let count = surplus.len();
        sync.active -= count as i64;
        sync.terminating += count as i64;
        sync.ready -= surplus.iter().filter(|pod| pod.pod().is_ready()).count() as i64;
        return Ok(Some(Reason::DeletedPods { count }));
    }
    let stopping = if sync.job.replaces_only_failed() { sync.terminating } else { 0 };
    let missing = (wanted - stopping - sync.active).min(MOST_AT_ONCE);
    if missing <= 0 {
        return Ok(None);
    }
    if sync.job.backoff_limit_per_index().is_none()
        && let Some(until) = sync.backs_off_until().filter(|until| *until > api.now)
    {
        sync.requeue_at.push(until);
        return Ok(None);
    }
    let count = create_missing(api, sync, missing as usize)?;
    sync.active += count as i64;
    Ok((count > 0).then_some(Reason::CreatedPods { count }))
}

/// Makes so many pods, or as many as their indexes allow by now.
fn create_missing(api: &mut ApiServer, sync: &mut Sync, missing: usize) -> Result<usize, ApiError> {
    let Some(indexes) = &sync.indexes else {
        for _ in 0..missing {
            create(api, &sync.job, None, None)?;
        }
        return Ok(missing);
    };
    let pending = indexes.pending(&sync.active_pods, sync.job.completions().unwrap_or(0), missing);
    let mut count = 0;
    for index in pending {
        let last = indexes.delayed.get(&index);
        let wait = |last: &Rc<Object>| finished_at(last) + back_off(failures_before(last) as usize + 1);
        if let Some(until) = last.map(wait).filter(|until| *until > api.now) {
            sync.requeue_at.push(until);
            continue;
        }
        create(api, &sync.job, Some(index), last.map(|last| failures_before(last) + 1))?;
        count += 1;
    }
    Ok(count)
}

/// At least so many pods that have to go: those of indexes that are twice there or too high, and those that lose least.
/// Models activePodsForRemoval.
fn to_remove(sync: &Sync, at_least: usize) -> Vec<Rc<Object>> {
    let mut left = sync.active_pods.clone();
    collections::sort_by_key(&mut left, |object| {
        let pod = object.pod();
        let phase = match pod.status.phase {
            PodPhase::Running => 2,
            PodPhase::Unknown => 1,
            _ => 0,
        };
        let restarts = pod.status.container_statuses.iter().map(|c| c.restart_count).max();
        let age = (Reverse(pod.ready_since()), Reverse(restarts), Reverse(object.meta.creation_timestamp));
        (pod.spec.node_name.is_some(), phase, pod.is_ready(), age)
    });
    let mut gone = Vec::new();
    if sync.job.is_indexed() {
        let mut seen = BTreeSet::new();
        // Of several pods of an index the one stays that would go last.
        let completions = sync.job.completions().unwrap_or(0);
        let stays =
            |pod: &Rc<Object>| index_of(pod).is_some_and(|index| index < completions && seen.insert(index));
        let (kept, surplus): (Vec<_>, Vec<_>) = left.into_iter().rev().partition(stays);
        (left, gone) = (kept.into_iter().rev().collect(), surplus);
    }
    let more = at_least.saturating_sub(gone.len());
    gone.extend(left.into_iter().take(more));
    gone.truncate(MOST_AT_ONCE as usize);
    gone
}

/// Takes the finalizer off a pod that was counted.
pub fn untrack(api: &mut ApiServer, pod: &Object) -> Result<(), ApiError> {
    match api.update(&pod.key(), |pod| pod.meta.remove_finalizer(TRACKING)) {
        Err(error) if !error.is_not_found() => Err(error),
        _ => Ok(()),
    }
}

/// Tells a pod to go.
pub fn delete(api: &mut ApiServer, job: &Job, pod: &Object) -> Result<(), ApiError> {
    let involved = Involved::of(&job.object);
    match api.delete(&pod.key(), DeleteOptions::default()) {
        Ok(_) => {
            let message = format!("Deleted pod: {}", pod.meta.name);
            api.event(SOURCE, involved, EventType::Normal, "SuccessfulDelete", &message);
            Ok(())
        }
        Err(error) if error.is_not_found() => Ok(()),
        Err(error) => {
            let message = format!("Error deleting: {error}");
            api.event(SOURCE, involved, EventType::Warning, "FailedDelete", &message);
            Err(error)
        }
    }
}

fn create(api: &mut ApiServer, job: &Job, index: Option<i64>, failures: Option<i64>) -> Result<(), ApiError> {
    let name = &job.object.meta.name;
    let template = get(&job.spec, "template");
    let mut meta = ObjectMeta::from_value(get(template, "metadata"));
    let mut spec = get(template, "spec").clone();
    meta.add_finalizer(TRACKING);
    meta.owner_references = [OwnerReference::controller(&job.object)].into();
    meta.namespace = job.object.meta.namespace.clone();
    meta.generate_name = Some(format!("{name}-").into());
    if let Some(index) = index {
        // Models podGenerateNameWithIndex.
        let end = format!("-{index}-");
        let start: String = name.chars().take(MAX_GENERATED_PREFIX - end.len()).collect();
        meta.generate_name = Some([start, end].concat().into());
        meta.set_annotation(COMPLETION_INDEX, &index.to_string());
        meta.set_label(COMPLETION_INDEX, &index.to_string());
        spec["hostname"] = format!("{name}-{index}").into();
        add_index_variable(&mut spec);
        if job.backoff_limit_per_index().is_some() {
            meta.set_annotation(FAILURE_COUNT, &failures.unwrap_or(0).to_string());
        }
    }
    let involved = Involved::of(&job.object);
    match api.create(Object::new(Kind::Pod, meta, Body::Pod(Pod::new(PodSpec::from_value(&spec))))) {
        Ok(pod) => {
            let message = format!("Created pod: {}", pod.meta.name);
            api.event(SOURCE, involved, EventType::Normal, "SuccessfulCreate", &message);
            Ok(())
        }
        Err(error) if error.is_namespace_terminating() => Ok(()),
        Err(error) => {
            let message = format!("Error creating: {error}");
            api.event(SOURCE, involved, EventType::Warning, "FailedCreate", &message);
            Err(error)
        }
    }
}

/// Models addCompletionIndexEnvVariables.
fn add_index_variable(spec: &mut Value) {
    let path = format!("metadata.labels['{COMPLETION_INDEX}']");
    let field = json!({"fieldRef": {"apiVersion": "v1", "fieldPath": path}});
    for containers in ["initContainers", "containers"] {
        for container in spec.get_mut(containers).and_then(Value::as_array_mut).into_iter().flatten() {
            let is_there = |env: &Value| get(env, "name") == "JOB_COMPLETION_INDEX";
            if container["env"].as_array().is_some_and(|all| all.iter().any(is_there)) {
                continue;
            }
            let variable = json!({"name": "JOB_COMPLETION_INDEX", "valueFrom": field});
            match container["env"].as_array_mut() {
                Some(all) => all.push(variable),
                None => container["env"] = vec![variable].into(),
            }
        }
    }
}
