//! The strategy Recreate. Models `pkg/controller/deployment/recreate.go`.

use super::sync::{End, Rollout, Stop};
use super::util::*;
use crate::api::{Kind, Object};
use std::rc::Rc;

impl Rollout<'_> {
    /// Models `recreate.go: rolloutRecreate`.
    pub(super) fn recreate(&mut self, sets: &[Rc<Object>]) -> Result<End, Stop> {
        let (new, old) = self.sync_revision(sets, false)?;
        let mut scaled = false;
        for set in old.iter().filter(|set| is_active(set)) {
            scaled |= self.scale_set(set, 0, false)?;
        }
        if scaled || self.old_pods_run(new.as_ref(), sets) {
            return self.sync_rollout_status(&all(&old, &new), new.as_ref());
        }
        let (new, old) = self.sync_revision(sets, true)?;
        let new = new.expect("it was there or made");
        self.scale_set(&new, self.wanted(), false)?;
        if self.is_complete(&self.body().status) {
            self.clean_up(&old)?;
        }
        self.sync_rollout_status(&all(&old, &Some(new.clone())), Some(&new))
    }

    /// Models `recreate.go: oldPodsRunning`.
    fn old_pods_run(&self, new: Option<&Rc<Object>>, sets: &[Rc<Object>]) -> bool {
        let old = || sets.iter().filter(|set| new.is_none_or(|new| new.meta.uid != set.meta.uid));
        let mut pods = self.api.store().list_in(Kind::Pod, &self.deployment.meta.namespace);
        old().any(|set| set.replica_set().status.replicas > 0)
            || pods.any(|pod| {
                !pod.pod().is_terminal() && old().any(|set| pod.meta.is_controlled_by(set.meta.uid))
            })
    }
}
