//! StatefulSets and the other controllers of pods.
//!
//! Models pkg/apis/apps/validation/validation.go and pkg/apis/batch/validation, in their order.

use super::field::{At, Errors, shown};
use super::meta::{
    selector_matches, selector_shown, validate_annotations, validate_labels, validate_selector,
};
use super::names;
use super::pod::{Given, validate_template};
use super::security::validate_pod_annotations;
use super::volume::validate_claim_spec;
use crate::base::cron::Schedule;
use yaml::text::quoted;

const NO_MATCH: &str = "`selector` does not match template `labels`";

/// What an update need not satisfy, because what was stored did not either or can't be changed anyway.
#[derive(Clone, Copy, Default)]
struct Leniency {
    service_name: bool,
    template: bool,
    claim_templates: bool,
}

/// Models ValidateStatefulSet, but for the metadata.
pub(super) fn validate_stateful_set(set: &At, errors: &mut Errors) {
    validate_stateful_set_spec(&set.get("spec"), Leniency::default(), errors);
}

/// Models ValidateStatefulSetUpdate, but for the metadata.
pub(super) fn validate_stateful_set_update(new: &At, old: &At, errors: &mut Errors) {
    let mut leniency = Leniency { service_name: true, template: false, claim_templates: true };
    let (new, old) = (new.get("spec"), old.get("spec"));
    let mut old_errors = Errors::default();
    validate_stateful_set_spec(&old, leniency, &mut old_errors);
    leniency.template = !old_errors.0.is_empty();
    validate_stateful_set_spec(&new, leniency, errors);
    const MUTABLE: [&str; 7] = [
        "replicas",
        "ordinals",
        "template",
        "updateStrategy",
        "revisionHistoryLimit",
        "persistentVolumeClaimRetentionPolicy",
        "minReadySeconds",
    ];
    let is_kept = |field: &str| MUTABLE.contains(&field) || new.entry(field).value == old.entry(field).value;
    let fields = new.entries().chain(old.entries());
    if !fields.into_iter().all(|(field, _)| is_kept(field)) {
        let detail = "updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', \
                      'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden";
        errors.forbidden(&new.path, detail);
    }
}

/// Models ValidateStatefulSetSpec.
fn validate_stateful_set_spec(spec: &At, leniency: Leniency, errors: &mut Errors) {
    let policy = spec.get("podManagementPolicy");
    match policy.text() {
        "" => errors.required(&policy.path, ""),
        "OrderedReady" | "Parallel" => {}
        _ => errors.invalid(&policy, "must be 'OrderedReady' or 'Parallel'"),
    }
    validate_stateful_set_strategy(&spec.get("updateStrategy"), errors);
    let retention = spec.get("persistentVolumeClaimRetentionPolicy");
    for field in ["whenDeleted", "whenScaled"] {
        let policy = retention.get(field);
        if retention.is_set() && !["Retain", "Delete"].contains(&policy.text()) {
            errors.not_supported(&policy, &["Retain", "Delete"]);
        }
    }
    let claim_templates: Vec<At> = spec.get("volumeClaimTemplates").items().collect();
    if !leniency.claim_templates {
        claim_templates.iter().for_each(|template| validate_claim_spec(&template.get("spec"), errors));
    }
    errors.nonnegative(&spec.get("replicas"));
    errors.nonnegative(&spec.get("minReadySeconds"));
    errors.nonnegative(&spec.get("ordinals").get("start"));
    let service_name = spec.get("serviceName");
    if !leniency.service_name && !service_name.text().is_empty() {
        errors.all_invalid(&service_name, names::dns_label(service_name.text()));
    }
    let selector = spec.get("selector");
    validate_workload_selector(&selector, "statefulset", errors);
    let template = spec.get("template");
    let labels = template.get("metadata").get("labels");
    match selector_matches(&selector, &labels) {
        None => errors.invalid_shown(&selector.path, &selector_shown(&selector), ""),
        Some(matches) => {
            if !matches {
                errors.invalid(&labels, NO_MATCH);
            }
            if !leniency.template {
                validate_template(&template, Some(Given(&claim_templates)), errors);
            }
            validate_labels(&labels.told_as(template.path_of("labels")), errors);
            let annotations = template.get("metadata").get("annotations");
            let annotations = annotations.told_as(template.path_of("annotations"));
            validate_annotations(&annotations, errors);
            validate_pod_annotations(&annotations, &template.get("spec"), errors);
        }
    }
    validate_long_running(&template.get("spec"), "StatefulSet", errors);
}

fn validate_stateful_set_strategy(strategy: &At, errors: &mut Errors) {
    let rolling_update = strategy.get("rollingUpdate");
    let (partition, max_unavailable) =
        (rolling_update.get("partition"), rolling_update.get("maxUnavailable"));
    match strategy.get("type").text() {
        "" => errors.required(&strategy.path, ""),
        "OnDelete" => {
            if rolling_update.is_set() {
                let shown = rolling_update_shown(&rolling_update);
                errors.invalid_shown(
                    &rolling_update.path,
                    &shown,
                    "only allowed for updateStrategy 'RollingUpdate'",
                );
            }
        }
        "RollingUpdate" => {
            errors.nonnegative(&partition);
            if max_unavailable.is_set() {
                validate_int_or_percent(&max_unavailable, errors);
                if int_or_percent(&max_unavailable) == 0 {
                    errors.invalid(&max_unavailable, "cannot be 0");
                }
                validate_at_most_100_percent(&max_unavailable, errors);
            }
        }
        other => {
            let rolling_update = if rolling_update.is_set() {
                rolling_update_shown(&rolling_update)
            } else {
                "null".to_owned()
            };
            let shown = format!("{{\"Type\":{},\"RollingUpdate\":{rolling_update}}}", quoted(other));
            errors.invalid_shown(&strategy.path, &shown, "must be 'RollingUpdate' or 'OnDelete'");
        }
    }
}

/// The internal type as Go's JSON prints it.
fn rolling_update_shown(at: &At) -> String {
    let (partition, max_unavailable) = (at.get("partition"), at.get("maxUnavailable"));
    format!("{{\"Partition\":{},\"MaxUnavailable\":{}}}", partition.int(), shown(max_unavailable.value))
}

fn validate_workload_selector(selector: &At, workload: &str, errors: &mut Errors) {
    if !selector.is_set() {
        errors.required(&selector.path, "");
        return;
    }
    validate_selector(selector, errors);
    validate_selector_is_not_empty(selector, workload, errors);
}

fn validate_selector_is_not_empty(selector: &At, workload: &str, errors: &mut Errors) {
    let is_empty =
        selector.get("matchLabels").count() == 0 && selector.get("matchExpressions").is_empty_list();
    if selector.is_set() && is_empty {
        let detail = format!("empty selector is invalid for {workload}");
        errors.invalid_shown(&selector.path, &selector_shown(selector), &detail);
    }
}

/// What the template of pods that are to run for ever may not say.
fn validate_long_running(spec: &At, workload: &str, errors: &mut Errors) {
    let policy = spec.get("restartPolicy");
    if policy.text() != "Always" {
        errors.not_supported_shown(&policy.path, &quoted(policy.text()), &["Always"]);
    }
    let deadline = spec.get("activeDeadlineSeconds");
    if deadline.is_set() {
        errors.forbidden(&deadline.path, &format!("activeDeadlineSeconds in {workload} is not Supported"));
    }
}

/// Models ValidatePositiveIntOrPercent.
fn validate_int_or_percent(at: &At, errors: &mut Errors) {
    match at.value.as_str() {
        Some(text) => errors.all_invalid(at, names::percent(text)),
        None => errors.nonnegative(at),
    }
}

/// Models getIntOrPercentValue.
fn int_or_percent(at: &At) -> i64 {
    match at.value.as_str() {
        Some(text) => text.strip_suffix('%').and_then(|digits| digits.parse().ok()).unwrap_or(0),
        None => at.int(),
    }
}

/// Models IsNotMoreThan100Percent.
fn validate_at_most_100_percent(at: &At, errors: &mut Errors) {
    if at.value.is_string() && int_or_percent(at) > 100 {
        errors.invalid(at, "must not be greater than 100%");
    }
}

/// Models ValidatePodTemplateSpecForReplicaSet.
fn validate_replica_template(spec: &At, errors: &mut Errors) {
    let (selector, template) = (spec.get("selector"), spec.get("template"));
    let labels = template.get("metadata").get("labels");
    match selector_matches(&selector, &labels) {
        None => errors.invalid_shown(&selector.path, &selector_shown(&selector), "invalid label selector"),
        Some(matches) => {
            if !matches {
                errors.invalid(&labels, NO_MATCH);
            }
            validate_template(&template, None, errors);
            validate_long_running(&template.get("spec"), "ReplicaSet", errors);
        }
    }
}

/// Models ValidateDeploymentSpec.
pub(super) fn validate_deployment(deployment: &At, errors: &mut Errors) {
    let spec = deployment.get("spec");
    errors.nonnegative(&spec.get("replicas"));
    validate_workload_selector(&spec.get("selector"), "deployment", errors);
    validate_replica_template(&spec, errors);
    let strategy = spec.get("strategy");
    let rolling_update = strategy.get("rollingUpdate");
    match strategy.get("type").text() {
        "Recreate" => {
            if rolling_update.is_set() {
                let detail = "may not be specified when strategy `type` is 'Recreate'";
                errors.forbidden(&rolling_update.path, detail);
            }
        }
        "RollingUpdate" => {
            let (unavailable, surge) = (rolling_update.get("maxUnavailable"), rolling_update.get("maxSurge"));
            validate_int_or_percent(&unavailable, errors);
            validate_int_or_percent(&surge, errors);
            if int_or_percent(&unavailable) == 0 && int_or_percent(&surge) == 0 {
                errors.invalid(&unavailable, "may not be 0 when `maxSurge` is 0");
            }
            validate_at_most_100_percent(&unavailable, errors);
        }
        _ => {
            let shown = strategy_shown(&strategy);
            errors.not_supported_shown(&strategy.path, &shown, &["Recreate", "RollingUpdate"]);
        }
    }
    errors.nonnegative(&spec.get("minReadySeconds"));
    errors.nonnegative(&spec.get("revisionHistoryLimit"));
    let deadline = spec.get("progressDeadlineSeconds");
    if deadline.is_set() {
        errors.nonnegative(&deadline);
        if deadline.int() <= spec.get("minReadySeconds").int() {
            errors.invalid(&deadline, "must be greater than minReadySeconds");
        }
    }
}

/// The internal type of a strategy as Go's JSON prints it.
fn strategy_shown(strategy: &At) -> String {
    let update = strategy.get("rollingUpdate");
    let update = if update.is_set() {
        let part = |name| shown(update.get(name).value);
        format!("{{\"MaxUnavailable\":{},\"MaxSurge\":{}}}", part("maxUnavailable"), part("maxSurge"))
    } else {
        "null".to_owned()
    };
    format!("{{\"Type\":{},\"RollingUpdate\":{update}}}", quoted(strategy.get("type").text()))
}

/// Models ValidateReplicaSetSpec; a ReplicationController is checked alike.
pub(super) fn validate_replica_set(set: &At, errors: &mut Errors) {
    let spec = set.get("spec");
    errors.nonnegative(&spec.get("replicas"));
    errors.nonnegative(&spec.get("minReadySeconds"));
    validate_workload_selector(&spec.get("selector"), "deployment", errors);
    validate_replica_template(&spec, errors);
}

/// Models ValidateDaemonSetSpec.
pub(super) fn validate_daemon_set(set: &At, errors: &mut Errors) {
    let spec = set.get("spec");
    let (selector, template) = (spec.get("selector"), spec.get("template"));
    validate_selector(&selector, errors);
    let labels = template.get("metadata").get("labels");
    if selector_matches(&selector, &labels) == Some(false) {
        errors.invalid(&labels, NO_MATCH);
    }
    validate_selector_is_not_empty(&selector, "daemonset", errors);
    validate_template(&template, None, errors);
    validate_long_running(&template.get("spec"), "DaemonSet", errors);
    errors.nonnegative(&spec.get("minReadySeconds"));
    let strategy = spec.get("updateStrategy");
    let update = strategy.get("rollingUpdate");
    match strategy.get("type").text() {
        "OnDelete" => {}
        "RollingUpdate" => {
            let (unavailable, surge) = (update.get("maxUnavailable"), update.get("maxSurge"));
            for at in [&unavailable, &surge] {
                validate_int_or_percent(at, errors);
            }
            for at in [&unavailable, &surge] {
                validate_at_most_100_percent(at, errors);
            }
            match (int_or_percent(&unavailable) != 0, int_or_percent(&surge) != 0) {
                (true, true) => errors.invalid(&surge, "may not be set when maxUnavailable is non-zero"),
                (false, false) => errors.required(&unavailable.path, "cannot be 0 when maxSurge is 0"),
                _ => {}
            }
        }
        _ => errors.not_supported_shown(
            &strategy.path,
            &strategy_shown(&strategy),
            &["RollingUpdate", "OnDelete"],
        ),
    }
    errors.nonnegative(&spec.get("revisionHistoryLimit"));
}

/// Models ValidateJobSpec, for what is common to all jobs. (The API server itself makes a job's selector.)
pub(super) fn validate_job_spec(spec: &At, errors: &mut Errors) {
    for field in
        ["parallelism", "completions", "activeDeadlineSeconds", "backoffLimit", "ttlSecondsAfterFinished"]
    {
        errors.nonnegative(&spec.get(field));
    }
    let template = spec.get("template");
    validate_template(&template, None, errors);
    let policy = template.get("spec").get("restartPolicy");
    match policy.text() {
        "OnFailure" | "Never" => {}
        "Always" => errors.required(&policy.path, "valid values: \"OnFailure\", \"Never\""),
        _ => errors.not_supported(&policy, &["OnFailure", "Never"]),
    }
}

/// A CronJob's name may be this long, as its Jobs' names are longer (ValidateCronJobCreate).
const LONGEST_CRON_JOB_NAME: usize = 52;

/// Models ValidateCronJobCreate and validateCronJobSpec.
pub(super) fn validate_cron_job(cron_job: &At, old: Option<&At>, errors: &mut Errors) {
    let spec = cron_job.get("spec");
    let schedule = spec.get("schedule");
    if schedule.text().is_empty() {
        errors.required(&schedule.path, "");
    } else {
        if let Err(why) = Schedule::parse(schedule.text()) {
            errors.invalid(&schedule, &why);
        }
        let had_zone = old.is_some_and(|old| old.get("spec").get("schedule").text().contains("TZ"));
        if schedule.text().contains("TZ") && !had_zone {
            errors.invalid(&schedule, "cannot use TZ or CRON_TZ in schedule, use timeZone field instead");
        }
    }
    errors.nonnegative(&spec.get("startingDeadlineSeconds"));
    errors.one_of(&spec.get("concurrencyPolicy"), &["Allow", "Forbid", "Replace"]);
    let template = spec.get("jobTemplate").get("spec");
    if template.get("manualSelector").flag() {
        errors.not_supported(&template.get("manualSelector"), &["nil", "false"]);
    }
    validate_job_spec(&template, errors);
    errors.nonnegative(&spec.get("successfulJobsHistoryLimit"));
    errors.nonnegative(&spec.get("failedJobsHistoryLimit"));
    let name = cron_job.get("metadata").get("name");
    if old.is_none() && name.text().len() > LONGEST_CRON_JOB_NAME {
        errors.invalid(&name, "must be no more than 52 characters");
    }
}

/// The selectors that can't be changed once they are stored.
pub(super) fn validate_selector_is_kept(new: &At, old: &At, errors: &mut Errors) {
    let (new, old) = (new.get("spec").get("selector"), old.get("spec").get("selector"));
    errors.immutable(&new, &old, &selector_shown(&new));
}

/// Models ValidateControllerRevisionCreate and -Update.
pub(super) fn validate_revision(revision: &At, old: Option<&At>, errors: &mut Errors) {
    errors.nonnegative(&revision.get("revision"));
    let data = revision.get("data");
    match old {
        Some(old) => errors.immutable(&data, &old.get("data"), &shown(data.value)),
        None if !data.is_set() => errors.required(&data.path, "data is mandatory"),
        None if !data.value.is_object() => errors.required(&data.path, "data must be a valid JSON object"),
        None => {}
    }
}
