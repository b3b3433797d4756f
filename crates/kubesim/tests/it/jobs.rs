//! Jobs and CronJobs. The right values are those of `pkg/controller/{job,cronjob}` and its tests, in kubectl's layout.

use crate::user::User;
use kubesim::Span;

const PI: &str = "
apiVersion: batch/v1
kind: Job
metadata: {name: pi}
spec:
  completions: 3
  parallelism: 2
  template:
    spec:
      restartPolicy: Never
      containers: [{name: pi, image: 'busybox:1.36', command: [sh, -c, 'echo 3.14; sleep 3']}]
";

/// A Job whose container ends like this, with these more fields of its spec.
fn job(name: &str, script: &str, spec: &str) -> String {
    format!(
        "apiVersion: batch/v1\nkind: Job\nmetadata: {{name: {name}}}\nspec:\n{spec}  template:\n    spec:\n      \
         restartPolicy: Never\n      containers: [{{name: main, image: 'busybox:1.36', command: [sh, -c, '{script}']}}]\n"
    )
}

fn after(user: &mut User, seconds: i64) {
    let until = user.cluster.now() + Span::seconds(seconds);
    user.cluster.run_until(until);
}

/// What a jsonpath shows.
#[track_caller]
fn shown(user: &mut User, object: &str, path: &str) -> String {
    user.run(&format!("kubectl get {object} -o jsonpath='{path}'"), "")
}

#[test]
fn a_job_runs_its_pods_to_the_end() {
    let mut user = User::new();
    assert_eq!(user.run("kubectl apply -f -", PI), "job.batch/pi created\n");
    assert_eq!(user.run("kubectl wait --for=condition=complete job/pi", ""), "job.batch/pi condition met\n");
    let status =
        shown(&mut user, "job pi", "{.status.succeeded} {.status.ready} {.status.uncountedTerminatedPods}");
    assert_eq!(status, "3 0 {}");
    let conditions = "{range .status.conditions[*]}{.type}={.status} {.reason}: {.message};{end}";
    assert_eq!(
        shown(&mut user, "job pi", conditions),
        "SuccessCriteriaMet=True CompletionsReached: Reached expected number of succeeded pods;\
         Complete=True CompletionsReached: Reached expected number of succeeded pods;"
    );
    let listed = user.run("kubectl get jobs", "");
    assert!(listed.contains("pi     Complete   3/3 "), "{listed}");
    assert_eq!(user.run("kubectl logs job/pi", "").lines().last(), Some("3.14"));
    let uid = shown(&mut user, "job pi", "{.metadata.uid}");
    let by = format!("batch.kubernetes.io/controller-uid={uid},batch.kubernetes.io/job-name=pi");
    let pods = user.run(&format!("kubectl get pods -l {by} -o name"), "");
    assert_eq!(pods.lines().count(), 3);
    assert_eq!(shown(&mut user, "pods", "{.items[*].metadata.finalizers}"), "", "all are counted");
    let described = user.run("kubectl describe job pi", "");
    assert!(
        described.contains("Pods Statuses:    0 Active (0 Ready) / 3 Succeeded / 0 Failed"),
        "{described}"
    );
    assert!(described.contains("Completed         "), "{described}");
    user.run("kubectl delete job pi", "");
    after(&mut user, 60);
    assert_eq!(user.run("kubectl get pods", ""), "!No resources found in default namespace.\n");
}

/// `job_controller_test.go: TestSyncJobUpdateRequeue`, and `backoff_utils.go`: 10 s, 20 s, 40 s.
#[test]
fn failed_pods_are_tried_again_with_growing_waits_up_to_the_limit() {
    let mut user = User::new();
    user.run("kubectl apply -f -", &job("bad", "exit 1", "  backoffLimit: 2\n"));
    after(&mut user, 12);
    assert_eq!(shown(&mut user, "job bad", "{.status.failed}"), "1");
    after(&mut user, 14);
    assert_eq!(shown(&mut user, "job bad", "{.status.failed}"), "2");
    after(&mut user, 30);
    let conditions = "{range .status.conditions[*]}{.type} {.reason}: {.message};{end}";
    assert_eq!(
        shown(&mut user, "job bad", conditions),
        "FailureTarget BackoffLimitExceeded: Job has reached the specified backoff limit;\
         Failed BackoffLimitExceeded: Job has reached the specified backoff limit;"
    );
    assert_eq!(shown(&mut user, "job bad", "{.status.failed}"), "3");
    let events = user.run("kubectl events --for job/bad", "");
    assert!(
        events.contains(
            "Warning   BackoffLimitExceeded   Job/bad   Job has reached the specified backoff limit"
        ),
        "{events}"
    );
    let waited = user.run("kubectl wait --for=condition=failed job/bad --timeout=1s", "");
    assert_eq!(waited, "job.batch/bad condition met\n");
}

#[test]
fn a_deadline_ends_a_job_and_its_time_to_live_removes_it() {
    let mut user = User::new();
    let spec = "  activeDeadlineSeconds: 10\n  ttlSecondsAfterFinished: 20\n";
    user.run("kubectl apply -f -", &job("slow", "sleep 1000", spec));
    after(&mut user, 45);
    let reason = "{.status.conditions[?(@.type==\"Failed\")].reason} {.status.active}";
    assert_eq!(shown(&mut user, "job slow", reason), "DeadlineExceeded ");
    after(&mut user, 60);
    let gone = user.run("kubectl get job slow", "");
    assert_eq!(gone, "!Error from server (NotFound): jobs.batch \"slow\" not found\n");
}

#[test]
fn a_suspended_job_has_no_pods_until_it_is_resumed() {
    let mut user = User::new();
    user.run("kubectl apply -f -", &job("later", "sleep 2", "  suspend: true\n"));
    after(&mut user, 5);
    assert_eq!(user.run("kubectl get pods", ""), "!No resources found in default namespace.\n");
    assert!(user.run("kubectl get job later", "").contains("later   Suspended   0/1 "));
    user.run("kubectl patch job later -p '{\"spec\":{\"suspend\":false}}'", "");
    user.run("kubectl wait --for=condition=complete job/later", "");
    let suspended = "{.status.conditions[?(@.type==\"Suspended\")].reason} {.status.succeeded}";
    assert_eq!(shown(&mut user, "job later", suspended), "JobResumed 1");
}

/// `indexed_job_utils.go`: names, annotation, label, variable; `completedIndexes` in its short form.
#[test]
fn indexed_jobs_give_each_pod_its_number() {
    let mut user = User::new();
    let spec = "  completions: 5\n  parallelism: 3\n  completionMode: Indexed\n  backoffLimitPerIndex: 0\n  \
        maxFailedIndexes: 5\n";
    let script = "echo index $JOB_COMPLETION_INDEX of $(hostname); test $JOB_COMPLETION_INDEX != 3";
    user.run("kubectl apply -f -", &job("work", script, spec));
    after(&mut user, 60);
    let status = "{.status.completedIndexes} {.status.failedIndexes} {.status.succeeded} {.status.failed}";
    assert_eq!(shown(&mut user, "job work", status), "0-2,4 3 4 1");
    assert_eq!(shown(&mut user, "job work", "{.status.conditions[-1:].reason}"), "FailedIndexes");
    let one = "pods -l batch.kubernetes.io/job-completion-index=2";
    assert!(shown(&mut user, one, "{.items[0].metadata.name}").starts_with("work-2-"));
    assert_eq!(shown(&mut user, one, "{.items[0].spec.hostname}"), "work-2");
    let log = user.run("kubectl logs -l batch.kubernetes.io/job-completion-index=2", "");
    assert_eq!(log, "index 2 of work-2\n");
}

#[test]
fn a_policy_decides_what_an_exit_code_means() {
    let mut user = User::new();
    let spec = "  backoffLimit: 6\n  podFailurePolicy:\n    rules:\n    - action: FailJob\n      onExitCodes: {containerName: \
        main, operator: In, values: [42]}\n";
    user.run("kubectl apply -f -", &job("hard", "exit 42", spec));
    after(&mut user, 20);
    let pod = shown(&mut user, "pods", "{.items[0].metadata.name}");
    assert_eq!(
        shown(&mut user, "job hard", "{.status.conditions[-1:].reason}: {.status.conditions[-1:].message}"),
        format!(
            "PodFailurePolicy: Container main for pod default/{pod} failed with exit code 42 matching FailJob rule at index 0"
        )
    );
}

/// `cronjob_controllerv2.go`. The cluster's zero is 06:00 UTC.
#[test]
fn a_cron_job_makes_a_job_at_each_of_its_times() {
    let mut user = User::new();
    let made = user.run(
        "kubectl create cronjob tick --image=busybox:1.36 --schedule='*/2 * * * *' -- sh -c 'echo tick'",
        "",
    );
    assert_eq!(made, "cronjob.batch/tick created\n");
    after(&mut user, 130);
    // 27557642 minutes after the epoch it is 06:02.
    assert_eq!(user.run("kubectl get jobs -o name", ""), "job.batch/tick-27557642\n");
    let job = shown(
        &mut user,
        "job tick-27557642",
        "{.metadata.annotations.batch\\.kubernetes\\.io/cronjob-scheduled-timestamp} {.metadata.ownerReferences[0].kind} \
         {.status.succeeded}",
    );
    assert_eq!(job, "2022-05-25T06:02:00Z CronJob 1");
    after(&mut user, 8 * 60);
    let jobs = user.run("kubectl get jobs -o name", "");
    let kept = "job.batch/tick-27557646\njob.batch/tick-27557648\njob.batch/tick-27557650\n";
    assert_eq!(jobs, kept, "the last three that succeeded are kept");
    let status = shown(&mut user, "cronjob tick", "{.status.lastScheduleTime} {.status.active}");
    assert_eq!(status, "2022-05-25T06:10:00Z ");
    let events = user.run("kubectl events --for cronjob/tick", "");
    assert!(events.contains("Saw completed job: tick-27557642, condition: Complete"), "{events}");
    user.run("kubectl patch cronjob tick -p '{\"spec\":{\"suspend\":true}}'", "");
    after(&mut user, 300);
    assert_eq!(user.run("kubectl get jobs -o name", ""), jobs, "a suspended one makes none");
    let by_hand = user.run("kubectl create job now --from=cronjob/tick", "");
    assert_eq!(by_hand, "job.batch/now created\n");
}

/// `utils.go: mostRecentScheduleTime`, `cronjob_controllerv2.go: syncCronJob`; `test/cmd/events.sh`.
#[test]
fn a_day_that_no_month_has_is_told() {
    let mut user = User::new();
    user.run("kubectl create cronjob pi --image=perl --schedule='59 23 31 2 *' -- perl -e 1", "");
    after(&mut user, 5);
    let events = user.run("kubectl events --for Cronjob/pi --no-headers", "");
    let said = "Warning   InvalidSchedule   CronJob/pi   invalid schedule: 59 23 31 2 * : time difference between two schedules is less than 1 second";
    assert_eq!(events.matches(said).count(), 1, "{events}");
}

#[test]
fn a_cron_job_that_forbids_waits_and_one_that_replaces_does_not() {
    let mut user = User::new();
    for policy in ["Forbid", "Replace"] {
        let name = policy.to_lowercase();
        user.run(
            "kubectl apply -f -",
            &format!(
                "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{name: {name}}}\nspec:\n  schedule: '* * * * *'\n  \
                 concurrencyPolicy: {policy}\n  jobTemplate:\n    spec:\n      template:\n        spec:\n          \
                 restartPolicy: Never\n          containers: [{{name: main, image: 'busybox:1.36', command: [sleep, '600']}}]\n"
            ),
        );
    }
    after(&mut user, 190);
    let jobs = user.run("kubectl get jobs -o name", "");
    assert_eq!(jobs, "job.batch/forbid-27557641\njob.batch/replace-27557643\n");
    let events = user.run("kubectl events --for cronjob/forbid", "");
    let why = "Not starting job because prior execution is running and concurrency policy is Forbid";
    assert!(events.contains(why), "{events}");
}

#[test]
fn a_schedule_that_is_none_is_refused() {
    let mut user = User::new();
    let refused = user.run("kubectl create cronjob x --image=busybox --schedule='61 * * * *'", "");
    assert_eq!(
        refused,
        "!error: failed to create cronjob: CronJob.batch \"x\" is invalid: spec.schedule: Invalid value: \"61 * * * *\": end of \
         range (61) above maximum (59): 61\n"
    );
}
