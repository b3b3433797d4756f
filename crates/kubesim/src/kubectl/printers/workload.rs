//! What makes pods: sets, deployments, jobs.

use super::cell::{age, some_and_more, text};
use super::row::{
    AGE, Column, NAME, Row, at_path, boolean, containers, count, field, images, labels_or_none, of, selector,
    wide,
};
use crate::api::SimTime;
use crate::api::read::{get, list};

pub(super) static STATEFUL_SET: &[Column] = &[
    NAME,
    field("READY", "{status.readyReplicas:0}/{spec.replicas:0}"),
    AGE,
    wide(at_path("CONTAINERS", containers, "spec.template")),
    wide(at_path("IMAGES", images, "spec.template")),
];
pub(super) static DEPLOYMENT: &[Column] = &[
    NAME,
    field("READY", "{status.readyReplicas:0}/{spec.replicas:0}"),
    field("UP-TO-DATE", "{status.updatedReplicas:0}"),
    field("AVAILABLE", "{status.availableReplicas:0}"),
    AGE,
    wide(at_path("CONTAINERS", containers, "spec.template")),
    wide(at_path("IMAGES", images, "spec.template")),
    wide(at_path("SELECTOR", selector, "spec.selector")),
];
pub(super) static REPLICA_SET: &[Column] = &[
    NAME,
    field("DESIRED", "{spec.replicas:0}"),
    field("CURRENT", "{status.replicas:0}"),
    field("READY", "{status.readyReplicas:0}"),
    AGE,
    wide(at_path("CONTAINERS", containers, "spec.template")),
    wide(at_path("IMAGES", images, "spec.template")),
    wide(at_path("SELECTOR", selector, "spec.selector")),
];
pub(super) static REPLICATION_CONTROLLER: &[Column] = &[
    NAME,
    field("DESIRED", "{spec.replicas:0}"),
    field("CURRENT", "{status.replicas:0}"),
    field("READY", "{status.readyReplicas:0}"),
    AGE,
    wide(at_path("CONTAINERS", containers, "spec.template")),
    wide(at_path("IMAGES", images, "spec.template")),
    wide(at_path("SELECTOR", labels_or_none, "spec.selector")),
];
pub(super) static DAEMON_SET: &[Column] = &[
    NAME,
    field("DESIRED", "{status.desiredNumberScheduled:0}"),
    field("CURRENT", "{status.currentNumberScheduled:0}"),
    field("READY", "{status.numberReady:0}"),
    field("UP-TO-DATE", "{status.updatedNumberScheduled:0}"),
    field("AVAILABLE", "{status.numberAvailable:0}"),
    at_path("NODE SELECTOR", labels_or_none, "spec.template.spec.nodeSelector"),
    AGE,
    wide(at_path("CONTAINERS", containers, "spec.template")),
    wide(at_path("IMAGES", images, "spec.template")),
    wide(at_path("SELECTOR", selector, "spec.selector")),
];
pub(super) static POD_TEMPLATE: &[Column] = &[
    NAME,
    at_path("CONTAINERS", containers, "template"),
    at_path("IMAGES", images, "template"),
    at_path("POD LABELS", labels_or_none, "template.metadata.labels"),
];
pub(super) static CONTROLLER_REVISION: &[Column] =
    &[NAME, of("CONTROLLER", controller), field("REVISION", "{revision}"), AGE];
pub(super) static JOB: &[Column] = &[
    NAME,
    of("STATUS", job_status),
    field("COMPLETIONS", "{status.succeeded:0}/{spec.completions:1}"),
    of("DURATION", duration),
    AGE,
    wide(at_path("CONTAINERS", containers, "spec.template")),
    wide(at_path("IMAGES", images, "spec.template")),
    wide(at_path("SELECTOR", selector, "spec.selector")),
];
pub(super) static CRON_JOB: &[Column] = &[
    NAME,
    field("SCHEDULE", "{spec.schedule}"),
    field("TIMEZONE", "{spec.timeZone:<none>}"),
    at_path("SUSPEND", boolean, "spec.suspend"),
    at_path("ACTIVE", count, "status.active"),
    of("LAST SCHEDULE", last_schedule),
    AGE,
    wide(at_path("CONTAINERS", containers, "spec.jobTemplate.spec.template")),
    wide(at_path("IMAGES", images, "spec.jobTemplate.spec.template")),
    wide(at_path("SELECTOR", selector, "spec.jobTemplate.spec.selector")),
];
pub(super) static HORIZONTAL_POD_AUTOSCALER: &[Column] = &[
    NAME,
    field("REFERENCE", "{spec.scaleTargetRef.kind}/{spec.scaleTargetRef.name}"),
    of("TARGETS", metrics),
    field("MINPODS", "{spec.minReplicas:<unset>}"),
    field("MAXPODS", "{spec.maxReplicas:0}"),
    field("REPLICAS", "{status.currentReplicas:0}"),
    AGE,
];
pub(super) static POD_DISRUPTION_BUDGET: &[Column] = &[
    NAME,
    field("MIN AVAILABLE", "{spec.minAvailable:N/A}"),
    field("MAX UNAVAILABLE", "{spec.maxUnavailable:N/A}"),
    field("ALLOWED DISRUPTIONS", "{status.disruptionsAllowed:0}"),
    AGE,
];

fn controller(row: &Row) -> String {
    let Some(owner) = row.object.meta.controller() else { return "<none>".into() };
    let group = owner.api_version.split_once('/').map_or("", |(group, _)| group);
    let dot = if group.is_empty() { "" } else { "." };
    [&owner.kind.to_ascii_lowercase(), dot, group, "/", &owner.name].concat()
}

/// Models printers.go: printJob.
fn job_status(row: &Row) -> String {
    let conditions = list(get(row.tree(), "status"), "conditions");
    let has = |kind| conditions.iter().any(|c| get(c, "type") == kind && get(c, "status") == "True");
    let first = ["Complete", "Failed"].into_iter().find(|k| has(*k));
    let terminating = row.object.meta.is_terminating().then_some("Terminating");
    let later = || ["Suspended", "FailureTarget", "SuccessCriteriaMet"].into_iter().find(|k| has(*k));
    first.or(terminating).or_else(later).unwrap_or("Running").into()
}

fn duration(row: &Row) -> String {
    let time = |path| row.at(path).as_str().and_then(SimTime::parse_rfc3339);
    let Some(start) = time("status.startTime") else { return String::new() };
    age(start, time("status.completionTime").unwrap_or(row.now))
}

fn last_schedule(row: &Row) -> String {
    match row.at("status.lastScheduleTime").as_str().and_then(SimTime::parse_rfc3339) {
        Some(at) => age(at, row.now),
        None => "<none>".into(),
    }
}

/// Nothing measures, so what a metric is now is unknown.
fn metrics(row: &Row) -> String {
    let mut shown = Vec::new();
    for metric in list(row.spec(), "metrics") {
        let resource = get(metric, "resource");
        let (target, name) = (get(resource, "target"), text(get(resource, "name")));
        match get(target, "averageUtilization").as_i64() {
            Some(percent) => shown.push(format!("{name}: <unknown>/{percent}%")),
            None if resource.is_null() => {}
            None => shown.push(format!("{name}: <unknown>/{}", text(get(target, "averageValue")))),
        }
    }
    super::cell::or(some_and_more(shown, 2), "<none>")
}
