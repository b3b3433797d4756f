//! Jobs that count by index. Models `pkg/controller/job/indexed_job_utils.go`.

use super::policy;
use super::view::{Finish, Job, finished_at, is_tracked, succeeded};
use crate::api::Object;
use crate::api::read::{get, list, opt_int, str};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// The annotation and the label of a pod that say its index.
pub const COMPLETION_INDEX: &str = "batch.kubernetes.io/job-completion-index";
/// How often the pods of its index had failed before a pod.
pub const FAILURE_COUNT: &str = "batch.kubernetes.io/job-index-failure-count";

/// What has become of a Job's indexes.
pub struct Indexes {
    /// Those that were counted as succeeded before.
    pub counted: BTreeSet<i64>,
    /// Those that have succeeded.
    pub succeeded: BTreeSet<i64>,
    /// Those that won't be tried again, if indexes have a limit.
    pub failed: Option<BTreeSet<i64>>,
    /// The failed pod of each index that waits for its successor, if indexes have a limit.
    pub delayed: BTreeMap<i64, Rc<Object>>,
}

/// The index of a pod. Models getCompletionIndex.
pub fn index_of(pod: &Object) -> Option<i64> {
    pod.meta.annotation(COMPLETION_INDEX)?.parse().ok().filter(|index| *index >= 0)
}

/// Whether a pod counts for its Job: it has an index, if it has to.
pub fn is_valid(job: &Job, pod: &Object) -> bool {
    let within = |index| job.completions().is_none_or(|completions| index < completions);
    !job.is_indexed() || index_of(pod).is_some_and(within)
}

/// How often the index of a pod had failed before it.
pub fn failures_before(pod: &Object) -> i64 {
    pod.meta.annotation(FAILURE_COUNT).and_then(|count| count.parse().ok()).unwrap_or(0)
}

impl Indexes {
    /// Counts them.
    pub fn new(job: &Job, pods: &[Rc<Object>], active: &[Rc<Object>]) -> Indexes {
        let counted = parse(&str(&job.status, "completedIndexes"));
        let mut indexes =
            Indexes { succeeded: counted.clone(), counted, failed: None, delayed: BTreeMap::new() };
        let new: Vec<&Rc<Object>> = pods.iter().filter(|p| is_tracked(p) && is_valid(job, p)).collect();
        indexes.succeeded.extend(new.iter().filter(|pod| succeeded(pod)).filter_map(|pod| index_of(pod)));
        let Some(limit) = job.backoff_limit_per_index() else { return indexes };
        let mut failed = parse(&str(&job.status, "failedIndexes"));
        let is_over = |pod: &&&Rc<Object>| {
            job.has_failed(pod) && (failures_before(pod) >= limit || policy::fails_index(job, pod))
        };
        failed.extend(new.iter().filter(is_over).filter_map(|pod| index_of(pod)));
        let running: BTreeSet<i64> = active.iter().filter_map(|pod| index_of(pod)).collect();
        for pod in new.into_iter().filter(|pod| job.has_failed(pod)) {
            let Some(index) = index_of(pod) else { continue };
            let is_settled = [&running, &indexes.succeeded, &failed].iter().any(|set| set.contains(&index));
            let rank = |pod: &Object| (failures_before(pod), finished_at(pod));
            let later = indexes.delayed.get(&index).is_none_or(|last| rank(last) <= rank(pod));
            if !is_settled && later {
                indexes.delayed.insert(index, pod.clone());
            }
        }
        indexes.failed = Some(failed);
        indexes
    }

    /// Whether too many indexes have failed, or all others have succeeded.
    pub fn failure(&self, job: &Job) -> Option<Finish> {
        let failed = self.failed.as_ref()?.len() as i64;
        if opt_int(&job.spec, "maxFailedIndexes").is_some_and(|most| failed > most) {
            let message = "Job has exceeded the specified maximal number of failed indexes";
            return Some(Finish::failure("MaxFailedIndexesExceeded", message));
        }
        let all = failed + self.succeeded.len() as i64 >= job.completions().unwrap_or(0);
        (failed > 0 && all).then(|| Finish::failure("FailedIndexes", "Job has failed indexes"))
    }

    /// The first indexes that no pod works on and that have not ended. Models firstPendingIndexes.
    pub fn pending(&self, active: &[Rc<Object>], completions: i64, count: usize) -> Vec<i64> {
        let running: BTreeSet<i64> = active.iter().filter_map(|pod| index_of(pod)).collect();
        let failed = |index: &i64| self.failed.as_ref().is_some_and(|failed| failed.contains(index));
        let is_pending =
            |index: &i64| !running.contains(index) && !self.succeeded.contains(index) && !failed(index);
        (0..completions).filter(is_pending).take(count).collect()
    }
}

/// The indexes of a text such as `0-2,5`.
pub fn parse(text: &str) -> BTreeSet<i64> {
    let mut indexes = BTreeSet::new();
    for part in text.split(',').filter(|part| !part.is_empty()) {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        if let (Ok(first), Ok(last)) = (first.parse::<i64>(), last.parse::<i64>()) {
            indexes.extend(first..=last);
        }
    }
    indexes
}

/// Indexes as a status shows them: runs of three and more as `0-2`, of two as `0,1`.
pub fn shown(indexes: &BTreeSet<i64>) -> String {
    let mut runs: Vec<(i64, i64)> = Vec::new();
    for index in indexes {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => runs.push((*index, *index)),
        }
    }
    let run = |(first, last): &(i64, i64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first},{last}"),
        _ => format!("{first}-{last}"),
    };
    runs.iter().map(run).collect::<Vec<_>>().join(",")
}

/// A success policy's rule: as text, with an index that is told to be enough, or a number of them.
fn rule_is_met(rule: &serde_json::Value, succeeded: &BTreeSet<i64>) -> bool {
    let wanted = get(rule, "succeededIndexes").as_str().map(parse);
    let count = match &wanted {
        Some(wanted) => wanted.intersection(succeeded).count(),
        None => succeeded.len(),
    };
    let needed = opt_int(rule, "succeededCount").and_then(|count| usize::try_from(count).ok());
    match (needed, &wanted) {
        (Some(needed), _) => count >= needed,
        (None, Some(wanted)) => count >= wanted.len(),
        (None, None) => false,
    }
}

/// Whether enough indexes have succeeded by the Job's own policy. Models matchSuccessPolicy.
pub fn success(job: &Job, succeeded: &BTreeSet<i64>) -> Option<Finish> {
    let rules = list(get(&job.spec, "successPolicy"), "rules");
    let at = rules.iter().position(|rule| rule_is_met(rule, succeeded))?;
    Some(Finish::success("SuccessPolicy", format!("Matched rules at index {at}")))
}
