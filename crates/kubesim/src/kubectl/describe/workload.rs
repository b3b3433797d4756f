//! What makes pods: sets, deployments, jobs.

use super::description::{Description, time};
use crate::api::read::{get, list, time as moment};
use crate::api::{Kind, PodPhase};
use crate::kubectl::printers::{boolean, or, text};
use serde_json::Value;

impl Description<'_> {
    pub(super) fn stateful_set(&mut self) {
        let tree = self.tree();
        let spec = get(&tree, "spec");
        self.lines("Name;Namespace");
        self.created();
        self.selector("spec.selector");
        self.metadata();
        self.lines(
            "Replicas={spec.replicas:0} desired | {status.replicas:0} total;\
             Update Strategy={spec.updateStrategy.type};?>Partition={spec.updateStrategy.rollingUpdate.partition};\
             ?>MaxUnavailable={spec.updateStrategy.rollingUpdate.maxUnavailable}",
        );
        self.pods_status();
        self.template(get(spec, "template"));
        self.claim_templates(list(spec, "volumeClaimTemplates"));
    }

    pub(super) fn deployment(&mut self) {
        let tree = self.tree();
        let spec = get(&tree, "spec");
        self.lines("Name;Namespace");
        self.created();
        self.metadata();
        self.selector("spec.selector");
        self.lines(
            "Replicas={spec.replicas:0} desired | {status.updatedReplicas:0} updated | {status.replicas:0} total | \
             {status.availableReplicas:0} available | {status.unavailableReplicas:0} unavailable;\
             StrategyType={spec.strategy.type};MinReadySeconds={spec.minReadySeconds:0}",
        );
        let rolling = get(get(spec, "strategy"), "rollingUpdate");
        if !rolling.is_null() {
            let (down, up) = (text(get(rolling, "maxUnavailable")), text(get(rolling, "maxSurge")));
            let bounds = [&down, " max unavailable, ", &up, " max surge"].concat();
            self.field(0, "RollingUpdateStrategy", &bounds);
        }
        self.template(get(spec, "template"));
        self.controller_conditions(&tree);
        self.replica_sets();
    }

    pub(super) fn replica_set(&mut self) {
        let tree = self.tree();
        self.lines("Name;Namespace");
        self.selector("spec.selector");
        self.metadata();
        self.controlled_by();
        self.replicas_and_template(&tree);
    }

    pub(super) fn replication_controller(&mut self) {
        let tree = self.tree();
        self.lines("Name;Namespace");
        self.labels_line("Selector", "spec.selector");
        self.metadata();
        self.replicas_and_template(&tree);
    }

    fn replicas_and_template(&mut self, tree: &Value) {
        self.lines("Replicas={status.replicas:0} current / {spec.replicas:0} desired");
        self.pods_status();
        self.template(get(get(tree, "spec"), "template"));
        self.controller_conditions(tree);
    }

    fn controller_conditions(&mut self, tree: &Value) {
        let row = |c: &Value| {
            let [kind, status, reason] = ["type", "status", "reason"].map(|f| text(get(c, f)));
            [&kind, " \t", &status, "\t", &reason].concat()
        };
        let rows = list(get(tree, "status"), "conditions").iter().map(row).collect();
        self.table("Conditions:\n  Type\tStatus\tReason\n  ----\t------\t------", rows);
    }

    pub(super) fn daemon_set(&mut self) {
        let tree = self.tree();
        self.lines("Name;Namespace");
        self.selector("spec.selector");
        self.labels_line("Node-Selector", "spec.template.spec.nodeSelector");
        self.metadata();
        self.lines(
            "Desired Number of Nodes Scheduled: {status.desiredNumberScheduled:0};\
             Current Number of Nodes Scheduled: {status.currentNumberScheduled:0};\
             Number of Nodes Scheduled with Up-to-date Pods: {status.updatedNumberScheduled:0};\
             Number of Nodes Scheduled with Available Pods: {status.numberAvailable:0};\
             Number of Nodes Misscheduled: {status.numberMisscheduled:0}",
        );
        self.pods_status();
        self.template(get(get(&tree, "spec"), "template"));
    }

    pub(super) fn job(&mut self) {
        let tree = self.tree();
        let status = get(&tree, "status");
        self.lines("Name;Namespace");
        self.selector("spec.selector");
        self.metadata();
        self.controlled_by();
        self.lines(
            "?Parallelism={spec.parallelism};Completions={spec.completions:<unset>};\
             ?Completion Mode={spec.completionMode};?Suspend={spec.suspend};?Backoff Limit={spec.backoffLimit};\
             ?TTL Seconds After Finished={spec.ttlSecondsAfterFinished}",
        );
        self.optional("Start Time", &time(get(status, "startTime")));
        self.optional("Completed At", &time(get(status, "completionTime")));
        if let (Some(start), Some(end)) = (moment(status, "startTime"), moment(status, "completionTime")) {
            self.field(0, "Duration", &(end - start).to_string());
        }
        if let Some(seconds) = get(get(&tree, "spec"), "activeDeadlineSeconds").as_i64() {
            self.field(0, "Active Deadline Seconds", &format!("{seconds}s"));
        }
        let ready = if get(status, "ready").is_null() { "" } else { " ({status.ready} Ready)" };
        self.lines(
            &[
                "Pods Statuses={status.active:0} Active",
                ready,
                " / {status.succeeded:0} Succeeded / {status.failed:0} Failed",
            ]
            .concat(),
        );
        if get(get(&tree, "spec"), "completionMode") == "Indexed" {
            self.field(0, "Completed Indexes", &first_indexes(text(get(status, "completedIndexes"))));
        }
        self.template(get(get(&tree, "spec"), "template"));
    }

    pub(super) fn cron_job(&mut self) {
        let tree = self.tree();
        let (spec, status) = (get(&tree, "spec"), get(&tree, "status"));
        self.lines("Name;Namespace");
        self.metadata();
        self.lines("Schedule={spec.schedule};Concurrency Policy={spec.concurrencyPolicy}");
        self.field(0, "Suspend", &boolean(get(spec, "suspend")));
        self.lines(
            "Time Zone={spec.timeZone:<unset>};Successful Job History Limit={spec.successfulJobsHistoryLimit:<unset>};\
             Failed Job History Limit={spec.failedJobsHistoryLimit:<unset>}",
        );
        let deadline = get(spec, "startingDeadlineSeconds").as_i64();
        let deadline = deadline.map_or("<unset>".into(), |seconds| format!("{seconds}s"));
        self.field(0, "Starting Deadline Seconds", &deadline);
        self.selector_if_set("spec.jobTemplate.spec.selector");
        self.lines(
            "Parallelism={spec.jobTemplate.spec.parallelism:<unset>};\
             Completions={spec.jobTemplate.spec.completions:<unset>}",
        );
        let job = get(get(spec, "jobTemplate"), "spec");
        if let Some(seconds) = get(job, "activeDeadlineSeconds").as_i64() {
            self.field(0, "Active Deadline Seconds", &format!("{seconds}s"));
        }
        self.template(get(job, "template"));
        self.field(0, "Last Schedule Time", &or(time(get(status, "lastScheduleTime")), "<unset>"));
        let active = list(status, "active").iter().map(|job| text(get(job, "name")));
        self.field(0, "Active Jobs", &or(active.collect::<Vec<_>>().join(", "), "<none>"));
    }

    fn pods_status(&mut self) {
        let meta = &self.row.object.meta;
        let mut counts = [0; 4];
        for pod in
            self.store.list_in(Kind::Pod, &meta.namespace).filter(|p| p.meta.is_controlled_by(meta.uid))
        {
            match pod.pod().status.phase {
                PodPhase::Running => counts[0] += 1,
                PodPhase::Pending => counts[1] += 1,
                PodPhase::Succeeded => counts[2] += 1,
                PodPhase::Failed => counts[3] += 1,
                PodPhase::Unknown => {}
            }
        }
        let [running, waiting, succeeded, failed] = counts;
        let counts =
            format!("{running} Running / {waiting} Waiting / {succeeded} Succeeded / {failed} Failed");
        self.field(0, "Pods Status", &counts);
    }

    fn replica_sets(&mut self) {
        let deployment = self.row.object;
        let template = &deployment.deployment().spec.template;
        let (mut old, mut new) = (Vec::new(), Vec::new());
        let sets = self.store.list_in(Kind::ReplicaSet, &deployment.meta.namespace);
        for set in sets.filter(|s| s.meta.is_controlled_by(deployment.meta.uid)) {
            let replica_set = set.replica_set();
            let (spec, status) = (&replica_set.spec, &replica_set.status);
            let created =
                format!("{} ({}/{} replicas created)", set.meta.name, status.replicas, spec.replicas);
            let is_new =
                spec.template.spec == template.spec && spec.template.annotations == template.annotations;
            if is_new && new.is_empty() {
                new.push(created)
            } else {
                old.push(created)
            };
        }
        if !old.is_empty() || !new.is_empty() {
            self.field(0, "OldReplicaSets", &or(old.join(", "), "<none>"));
            self.field(0, "NewReplicaSet", &or(new.join(", "), "<none>"));
        }
    }
}

/// So many characters of a list of indexes are shown, up to the next comma.
const MOST_INDEXES: usize = 50;

/// Models describe.go: capIndexesListOrNone.
fn first_indexes(indexes: String) -> String {
    let end = indexes.get(MOST_INDEXES..).and_then(|rest| rest.find(','));
    match end {
        _ if indexes.is_empty() => "<none>".into(),
        Some(end) => format!("{},...", &indexes[..MOST_INDEXES + end]),
        None => indexes,
    }
}
