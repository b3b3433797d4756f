//! The CronJob controller: a Job at each time of a schedule. Models `pkg/controller/cronjob/{cronjob_controllerv2,utils}.go`.
//!
//! Schedules are in UTC, as a stock kube-controller-manager's; `timeZone` knows UTC alone and zones of a fixed offset.

use crate::api::event::Involved;
use crate::api::read::{get, list, opt_int, str, time};
use crate::api::status::ApiError;
use crate::api::verdict::{Component, Reason};
use crate::api::{Body, Key, Kind, Object, OwnerReference, SimTime, Span, Str};
use crate::apiserver::{ApiServer, DeleteOptions, EventType, Propagation, Source, Store, strategy};
use crate::base::cron::Schedule;
use crate::component::{Context, Found, Outcome, WatchEvent, add_controller_of};
use crate::schema::defaults;
use crate::validation::invalid;
use serde_json::{Value, json};
use std::rc::Rc;

const ME: Component = Component::CronJobController;
const SOURCE: Source<'static> = Source::controller("cronjob-controller");
/// The annotation of a Job that says for which time it was made.
const SCHEDULED: &str = "batch.kubernetes.io/cronjob-scheduled-timestamp";
/// The controller looks so long after the time (`nextScheduleDelta`).
const DELTA: Span = Span(100);
/// Zones without summer time, and their offsets from UTC in minutes.
const ZONES: &[(&str, i64)] = &[
    ("", 0),
    ("UTC", 0),
    ("Etc/UTC", 0),
    ("GMT", 0),
    ("Asia/Seoul", 9 * 60),
    ("Asia/Tokyo", 9 * 60),
    ("Asia/Shanghai", 8 * 60),
    ("Asia/Singapore", 8 * 60),
    ("Asia/Kolkata", 5 * 60 + 30),
];

/// Says which CronJobs have to be looked at because of this change.
pub fn event_handlers(_store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::CronJob => add(ME, change.key.clone()),
        Kind::Job => add_controller_of(change, Kind::CronJob, ME, add),
        _ => {}
    }
}

/// A CronJob as the controller reads and changes it.
struct CronJob {
    object: Rc<Object>,
    spec: Value,
    status: Value,
    events: Vec<(EventType, &'static str, String)>,
}

/// Looks at a CronJob. Models cronjob_controllerv2.go: sync.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(object) = context.store().get(key).cloned() else { return Outcome::DONE };
    let mut tree = object.to_value();
    let (spec, status) = (tree["spec"].take(), tree["status"].take());
    let mut cron_job = CronJob { object, spec, status, events: Vec::new() };
    let before = cron_job.status.clone();
    let found = cron_job.reconcile(context.api);
    let involved = || Involved::of(&cron_job.object);
    for (event_type, reason, message) in &cron_job.events {
        context.api.event(SOURCE, involved(), *event_type, reason, message);
    }
    let status = cron_job.status;
    if status != before {
        let written = context.api.update_status(key, |object| {
            if let Body::Other(tree) = &mut object.body {
                Rc::make_mut(tree)["status"] = status;
            }
        });
        if written.is_err_and(|error| !error.is_not_found()) {
            return Outcome::FAILED;
        }
    }
    context.report(ME, key, found)
}

/// A Job's end: `Complete` or `Failed`.
fn ended(job: &Value) -> Option<&Value> {
    let is_end = |c: &&Value| {
        matches!(get(c, "type").as_str(), Some("Complete" | "Failed")) && get(c, "status") == "True"
    };
    list(get(job, "status"), "conditions").iter().find(is_end)
}

impl CronJob {
    fn note(&mut self, reason: &'static str, message: String) {
        self.events.push((EventType::Normal, reason, message));
    }

    fn warn(&mut self, reason: &'static str, message: String) {
        self.events.push((EventType::Warning, reason, message));
    }

    fn reconcile(&mut self, api: &mut ApiServer) -> Found {
        let uid = self.object.meta.uid;
        let jobs = api.store().list_in(Kind::Job, &self.object.meta.namespace);
        let jobs: Vec<Rc<Object>> = jobs.filter(|job| job.meta.is_controlled_by(uid)).cloned().collect();
        self.clean_up(api, &jobs)?;
        self.follow(api.store(), &jobs);
        if self.object.meta.is_terminating() {
            return Ok((Reason::BeingDeleted, None));
        }
        if get(&self.spec, "suspend") == true {
            return Ok((Reason::Settled, None));
        }
        let zone = str(&self.spec, "timeZone");
        let Some((_, offset)) = ZONES.iter().find(|(name, _)| **name == *zone) else {
            self.warn(
                "UnknownTimeZone",
                format!("invalid timeZone: {zone:?}: this simulation does not know it"),
            );
            return Ok((Reason::Settled, None));
        };
        let text = str(&self.spec, "schedule");
        match Schedule::parse(&text) {
            Ok(schedule) => self.schedule(api, &Clock { schedule, offset: offset * 60 }),
            Err(why) => {
                self.warn("UnparseableSchedule", format!("unparseable schedule: {text:?} : {why}"));
                Ok((Reason::Settled, None))
            }
        }
    }

    /// Takes note of what has become of its Jobs. Models the first half of syncCronJob.
    fn follow(&mut self, store: &Store, jobs: &[Rc<Object>]) {
        for job in jobs {
            let tree = job.to_value();
            let found = self.is_active(&job.meta.uid.text());
            let Some(end) = ended(&tree) else {
                if !found {
                    let message =
                        format!("Saw a job that the controller did not create or forgot: {}", job.meta.name);
                    self.warn("UnexpectedJob", message);
                }
                continue;
            };
            let kind = str(end, "type");
            if found {
                self.forget(&job.meta.uid.text());
                self.note(
                    "SawCompletedJob",
                    format!("Saw completed job: {}, condition: {kind}", job.meta.name),
                );
            }
            let completed = time(get(&tree, "status"), "completionTime");
            if completed > time(&self.status, "lastSuccessfulTime") && &*kind == "Complete" {
                self.status["lastSuccessfulTime"] = completed.map(SimTime::rfc3339).into();
            }
        }
        for active in list(&self.status, "active").to_vec() {
            let name = str(&active, "name");
            if store.find(Kind::Job, &self.object.meta.namespace, &name).is_none() {
                self.note("MissingJob", format!("Active job went missing: {name}"));
                self.forget(&str(&active, "uid"));
            }
        }
    }

    fn is_active(&self, uid: &str) -> bool {
        list(&self.status, "active").iter().any(|job| get(job, "uid") == uid)
    }

    fn forget(&mut self, uid: &str) {
        if let Some(active) = self.status.get_mut("active").and_then(Value::as_array_mut) {
            active.retain(|job| get(job, "uid") != uid);
        }
        if let Some(status) = self.status.as_object_mut()
            && status.get("active").and_then(Value::as_array).is_some_and(Vec::is_empty)
        {
            status.remove("active");
        }
    }

    /// Deletes the oldest Jobs that have ended, down to the limits. Models cleanupFinishedJobs.
    fn clean_up(&mut self, api: &mut ApiServer, jobs: &[Rc<Object>]) -> Result<(), ApiError> {
        for (kind, field) in
            [("Complete", "successfulJobsHistoryLimit"), ("Failed", "failedJobsHistoryLimit")]
        {
            let Some(limit) = opt_int(&self.spec, field).and_then(|limit| usize::try_from(limit).ok()) else {
                continue;
            };
            let mut finished: Vec<(Option<SimTime>, Str, Rc<Object>)> = Vec::new();
            for job in jobs.iter().filter(|job| !job.meta.is_terminating()) {
                let tree = job.to_value();
                if ended(&tree).is_some_and(|end| get(end, "type") == kind) {
                    let start = time(get(&tree, "status"), "startTime");
                    finished.push((start, job.meta.name.clone(), job.clone()));
                }
            }
            collections::sort_by_key(&mut finished, |(start, name, _)| {
                (start.is_none(), *start, name.clone())
            });
            let surplus = finished.len().saturating_sub(limit);
            for (_, _, job) in finished.into_iter().take(surplus) {
                self.delete(api, &job)?;
            }
        }
        Ok(())
    }

    fn delete(&mut self, api: &mut ApiServer, job: &Object) -> Result<(), ApiError> {
        let options = DeleteOptions { propagation: Propagation::Background, ..DeleteOptions::default() };
        match api.delete(&job.key(), options) {
            Ok(_) => {
                self.forget(&job.meta.uid.text());
                self.note("SuccessfulDelete", format!("Deleted job {}", job.meta.name));
                Ok(())
            }
            Err(error) if error.is_not_found() => Ok(()),
            Err(error) => {
                self.warn("FailedDelete", format!("Deleted job: {error}"));
                Err(error)
            }
        }
    }

    /// Makes the Job whose time has come. Models the second half of syncCronJob.
    fn schedule(&mut self, api: &mut ApiServer, clock: &Clock) -> Found {
        let now = api.now;
        let last = time(&self.status, "lastScheduleTime");
        let since = last.unwrap_or(self.object.meta.creation_timestamp);
        // A day that no month has. Models mostRecentScheduleTime, to which such a schedule is one without time between two.
        if clock.next(since).is_none() {
            let why = "time difference between two schedules is less than 1 second";
            let schedule = str(&self.spec, "schedule");
            self.warn("InvalidSchedule", format!("invalid schedule: {schedule} : {why}"));
            return Ok((Reason::Settled, None));
        }
        let next = clock.next(now).map(|next| next + DELTA);
        let deadline = opt_int(&self.spec, "startingDeadlineSeconds").map(Span::seconds);
        let earliest = deadline.map_or(since, |deadline| since.max(now - deadline));
        let Some((due, missed)) = clock.latest(earliest, now) else { return Ok((Reason::Settled, next)) };
        if missed > 100 {
            let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
            self.warn("TooManyMissedTimes", message.into());
        }
        let name = format!("{}-{}", self.object.meta.name, due.unix_seconds() / 60);
        let active: Vec<Value> = list(&self.status, "active").to_vec();
        if last == Some(due) || active.iter().any(|job| *get(job, "name") == *name) {
            return Ok((Reason::Settled, next));
        }
        if deadline.is_some_and(|deadline| due + deadline < now) {
            self.warn("MissSchedule", format!("Missed scheduled time to start a job: {}", due.rfc1123z()));
            return Ok((Reason::Settled, next));
        }
        match get(&self.spec, "concurrencyPolicy").as_str() {
            Some("Forbid") if !active.is_empty() => {
                let message =
                    "Not starting job because prior execution is running and concurrency policy is Forbid";
                self.note("JobAlreadyActive", message.into());
                return Ok((Reason::Settled, next));
            }
            Some("Replace") => {
                for job in active {
                    let key = Key::new(Kind::Job, &self.object.meta.namespace, &str(&job, "name"));
                    if let Some(job) = api.store().get(&key).cloned() {
                        self.delete(api, &job)?;
                    }
                }
            }
            _ => {}
        }
        self.start(api, &name, due, clock)?;
        Ok((Reason::Created { pod: name.into() }, next))
    }

    /// Models utils.go: getJobFromTemplate2, and what is done with it.
    fn start(
        &mut self,
        api: &mut ApiServer,
        name: &str,
        due: SimTime,
        clock: &Clock,
    ) -> Result<(), ApiError> {
        let template = get(&self.spec, "jobTemplate");
        let mut job = json!({"metadata": {"name": name, "namespace": &*self.object.meta.namespace},
            "spec": get(template, "spec")});
        for field in ["labels", "annotations"] {
            if let Some(map) = get(template, "metadata").get(field) {
                job["metadata"][field] = map.clone();
            }
        }
        job["metadata"]["annotations"][SCHEDULED] = clock.shown(due).into();
        defaults::default(Kind::Job, &mut job, api.gates);
        let errors = strategy::before_create(Kind::Job, &mut job, api.gates);
        let made = match errors.is_empty() {
            true => {
                let mut object = Object::from_value(Kind::Job, &job);
                object.meta.owner_references = [OwnerReference::controller(&self.object)].into();
                api.create(object)
            }
            false => Err(invalid(Kind::Job, name, &errors)),
        };
        let job = match made {
            Ok(job) => job,
            Err(error) if error.is_namespace_terminating() => return Err(error),
            Err(error) if error.is_already_exists() => {
                let there = api.get(&Key::new(Kind::Job, &self.object.meta.namespace, name))?;
                if !there.meta.is_controlled_by(self.object.meta.uid) {
                    return Ok(());
                }
                there
            }
            Err(error) => {
                self.warn("FailedCreate", format!("Error creating job: {error}"));
                return Err(error);
            }
        };
        self.note("SuccessfulCreate", format!("Created job {name}"));
        let reference = json!({"apiVersion": "batch/v1", "kind": "Job", "name": name,
            "namespace": &*self.object.meta.namespace, "uid": job.meta.uid.text(),
            "resourceVersion": job.meta.resource_version.to_string()});
        match self.status.get_mut("active").and_then(Value::as_array_mut) {
            Some(active) => active.push(reference),
            None => self.status["active"] = vec![reference].into(),
        }
        self.status["lastScheduleTime"] = due.rfc3339().into();
        Ok(())
    }
}

/// A schedule in its zone.
struct Clock {
    schedule: Schedule,
    /// Seconds that the zone is before UTC.
    offset: i64,
}

impl Clock {
    /// The first time after a moment.
    fn next(&self, after: SimTime) -> Option<SimTime> {
        let next = self.schedule.next(after.unix_seconds() + self.offset)? - self.offset;
        Some(SimTime((next - SimTime::zero_unix_seconds()) * 1000))
    }

    /// The last time that has passed since a moment, and how many have. Models mostRecentScheduleTime.
    fn latest(&self, since: SimTime, now: SimTime) -> Option<(SimTime, usize)> {
        let passed = |from: SimTime| self.next(from).filter(|at| *at <= now);
        let mut latest = (passed(since)?, 1);
        while let Some(next) = passed(latest.0) {
            latest = (next, latest.1 + 1);
        }
        Some(latest)
    }

    /// A moment as that zone writes it.
    fn shown(&self, at: SimTime) -> String {
        let local = (at + Span::seconds(self.offset)).rfc3339();
        let minutes = self.offset / 60;
        match self.offset {
            0 => local,
            _ => format!("{}+{:02}:{:02}", local.trim_end_matches('Z'), minutes / 60, minutes % 60),
        }
    }
}
