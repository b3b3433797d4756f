//! What a Job's policies say of its pods' ends. Models `pkg/controller/job/{pod_failure_policy,success_policy}.go`.

use super::view::Job;
use crate::api::Object;
use crate::api::pod::{ContainerState, Terminated};
use crate::api::read::{get, list, str};
use serde_json::Value;

/// The rule that a failed pod meets: its action, and the message of a Job that fails for it.
fn matching(job: &Job, pod: &Object) -> Option<(String, String)> {
    let rules = list(get(&job.spec, "podFailurePolicy"), "rules");
    let met = |(at, rule): (usize, &Value)| {
        let action = str(rule, "action").to_string();
        let by_code = exit_code_met(get(rule, "onExitCodes"), pod);
        let found = by_code.or_else(|| condition_met(list(rule, "onPodConditions"), pod))?;
        Some((action.clone(), format!("{found} matching {action} rule at index {at}")))
    };
    rules.iter().enumerate().filter_map(met).next()
}

fn exit_code_met(rule: &Value, pod: &Object) -> Option<String> {
    let status = &pod.pod().status;
    let only = get(rule, "containerName").as_str();
    let all = status.container_statuses.iter().chain(&status.init_container_statuses);
    for container in all.filter(|container| only.is_none_or(|name| *container.name == *name)) {
        let ContainerState::Terminated(Terminated { exit_code, .. }) = container.state else { continue };
        let named = list(rule, "values").iter().any(|value| value.as_i64() == Some(i64::from(exit_code)));
        let is_met = match get(rule, "operator").as_str() {
            Some("In") => named,
            Some("NotIn") => !named,
            _ => false,
        };
        if exit_code != 0 && is_met {
            let (namespace, name) = (&pod.meta.namespace, &pod.meta.name);
            let container = &container.name;
            return Some(format!(
                "Container {container} for pod {namespace}/{name} failed with exit code {exit_code}"
            ));
        }
    }
    None
}

fn condition_met(rules: &[Value], pod: &Object) -> Option<String> {
    let met = |rule: &&Value| {
        let status = get(rule, "status").as_str().unwrap_or("True");
        let condition = pod.pod().condition(&str(rule, "type"));
        condition.is_some_and(|condition| condition.status_name() == status)
    };
    let rule = rules.iter().find(met)?;
    Some(format!("Pod {}/{} has condition {}", pod.meta.namespace, pod.meta.name, str(rule, "type")))
}

/// Whether a failed pod counts towards the limit.
pub fn counts(job: &Job, pod: &Object) -> bool {
    matching(job, pod).is_none_or(|(action, _)| action != "Ignore")
}

/// Whether a failed pod ends its index.
pub fn fails_index(job: &Job, pod: &Object) -> bool {
    matching(job, pod).is_some_and(|(action, _)| action == "FailIndex")
}

/// Why a failed pod ends the whole Job, if it does.
pub fn fails_job(job: &Job, pod: &Object) -> Option<String> {
    matching(job, pod).filter(|(action, _)| action == "FailJob").map(|(_, message)| message)
}
