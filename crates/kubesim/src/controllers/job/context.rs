//! What one look at a Job works with.

use super::indexes::Indexes;
use super::view::{Finish, Job, back_off, finished_at, succeeded};
use crate::api::{Object, SimTime};
use std::cmp::Reverse;
use std::rc::Rc;

/// What one look at a Job works with. Models `syncJobCtx`.
pub(super) struct Sync {
    pub(super) job: Job,
    pub(super) pods: Vec<Rc<Object>>,
    /// Those that have not ended and that nobody told to go.
    pub(super) active_pods: Vec<Rc<Object>>,
    pub(super) active: i64,
    pub(super) ready: i64,
    pub(super) terminating: i64,
    pub(super) succeeded: i64,
    pub(super) failed: i64,
    pub(super) finish: Option<Finish>,
    /// Of a Job that counts by index.
    pub(super) indexes: Option<Indexes>,
    /// When to look again.
    pub(super) requeue_at: Vec<SimTime>,
}

impl Sync {
    /// Until when no pod is made after those that failed. Models `backoffRecord.getRemainingTime`.
    pub(super) fn backs_off_until(&self) -> Option<SimTime> {
        let ended = |pod: &&Rc<Object>| succeeded(pod) || self.job.has_failed(pod);
        let mut ended: Vec<&Rc<Object>> = self.pods.iter().filter(ended).collect();
        collections::sort_by_key(&mut ended, |pod| Reverse(finished_at(pod)));
        let since_success: Vec<&Rc<Object>> = ended.into_iter().take_while(|pod| !succeeded(pod)).collect();
        let last = finished_at(since_success.first()?);
        Some(last + back_off(since_success.len()))
    }
}
