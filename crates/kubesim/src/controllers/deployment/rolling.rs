//! The strategy RollingUpdate. Models `pkg/controller/deployment/rolling.go`.

use super::sync::{End, Rollout, Stop};
use super::util::*;
use crate::api::Object;
use std::rc::Rc;

impl Rollout<'_> {
    /// Models `rolling.go: rolloutRolling`.
    pub(super) fn roll(&mut self, sets: &[Rc<Object>]) -> Result<End, Stop> {
        let (new, old) = self.sync_revision(sets, true)?;
        let new = new.expect("it was there or made");
        let sets = all(&old, &Some(new.clone()));
        let has = new.replica_set().spec.replicas;
        let may = if has > self.wanted() { self.wanted() } else { self.new_set_replicas(&sets, has) };
        if self.scale_set(&new, may, false)? || self.scale_down_old(&sets, &new)? {
            return self.sync_rollout_status(&sets, Some(&new));
        }
        if self.is_complete(&self.body().status) {
            self.clean_up(&old)?;
        }
        self.sync_rollout_status(&sets, Some(&new))
    }

    /// Takes pods from the old ReplicaSets, those that are not well first. Models `rolling.go: reconcileOldReplicaSets`.
    fn scale_down_old(&mut self, sets: &[Rc<Object>], new: &Rc<Object>) -> Result<bool, Stop> {
        let is_old = |set: &&Rc<Object>| set.meta.uid != new.meta.uid && is_active(set);
        let mut old: Sets = sets.iter().filter(is_old).cloned().collect();
        let body = new.replica_set();
        let min_available = self.wanted() - self.max_unavailable();
        let new_unavailable = body.spec.replicas - body.status.available_replicas;
        let max_cleaned_up = replicas_of(sets) - min_available - new_unavailable;
        if replicas_of(&old) == 0 || max_cleaned_up <= 0 {
            return Ok(false);
        }
        let mut scaled = false;
        let mut left = max_cleaned_up;
        for set in &mut old {
            let body = set.replica_set();
            let unhealthy = body.spec.replicas - body.status.available_replicas;
            let count = unhealthy.min(left);
            if count > 0 {
                scaled |= self.scale_set(set, set.replica_set().spec.replicas - count, false)?;
                left -= count;
                *set = self.api.get(&set.key())?;
            }
        }
        let available: i32 = sets.iter().map(|set| set.replica_set().status.available_replicas).sum();
        let mut left = available - min_available;
        for set in &old {
            let replicas = set.replica_set().spec.replicas;
            let count = replicas.min(left);
            if count > 0 {
                scaled |= self.scale_set(set, replicas - count, false)?;
                left -= count;
            }
        }
        Ok(scaled)
    }
}
