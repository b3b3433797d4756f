//! The eviction of a pod: a deletion that asks the pod's disruption budget first. Models
//! `pkg/registry/core/pod/storage/eviction.go`.

use super::server::{ApiServer, DeleteOptions};
use crate::api::read::{get, int};
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Body, Key, Kind, LabelSelector, Object, PodPhase};
use serde_json::Value;
use std::rc::Rc;

impl ApiServer {
    /// Evicts a pod. Errors: NotFound; TooManyRequests when its disruption budget does not allow it now.
    pub fn evict(&mut self, key: &Key, options: DeleteOptions) -> Result<(), ApiError> {
        let object = self.get(key)?;
        let pod = object.pod();
        let budget_does_not_matter =
            object.meta.is_terminating() || pod.is_terminal() || pod.status.phase == PodPhase::Pending;
        if !budget_does_not_matter {
            self.ask_budget(&object)?;
        }
        let now = self.now;
        self.update_status(key, |object| {
            let (reason, message) = (Some("EvictionByEvictionAPI"), Some("Eviction API: evicting"));
            object.pod_mut().set_condition("DisruptionTarget", Some(true), reason, message, now);
        })?;
        self.delete(key, options).map(drop)
    }

    /// Takes the eviction off the budget of the pod's, if it has one.
    fn ask_budget(&mut self, pod: &Object) -> Result<(), ApiError> {
        let is_of_pod = |budget: &&Rc<Object>| {
            let Body::Other(tree) = &budget.body else { return false };
            let selector = get(get(tree, "spec"), "selector");
            selector.is_object() && LabelSelector::from_value(selector).matches(&pod.meta.labels)
        };
        let budgets: Vec<Rc<Object>> = self
            .store()
            .list_in(Kind::PodDisruptionBudget, &pod.meta.namespace)
            .filter(is_of_pod)
            .cloned()
            .collect();
        let budget = match &budgets[..] {
            [] => return Ok(()),
            [budget] => budget,
            _ => {
                return Err(ApiError::new(
                    StatusReason::InternalError,
                    "This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.",
                ));
            }
        };
        let tree = budget.to_value();
        let (spec, status) = (get(&tree, "spec"), get(&tree, "status"));
        let (healthy, desired) = (int(status, "currentHealthy"), int(status, "desiredHealthy"));
        if !pod.pod().is_ready() {
            let always = get(spec, "unhealthyPodEvictionPolicy") == "AlwaysAllow";
            if always || (healthy >= desired && desired > 0) {
                return Ok(());
            }
        }
        let allowed = int(status, "disruptionsAllowed");
        if int(status, "observedGeneration") < budget.meta.generation || allowed == 0 {
            return Err(ApiError::new(
                StatusReason::TooManyRequests,
                "Cannot evict pod as it would violate the pod's disruption budget.",
            ));
        }
        let evicted = (pod.meta.name.to_string(), Value::from(self.now.rfc3339()));
        self.update_status(&budget.key(), |budget| {
            let Body::Other(tree) = &mut budget.body else { return };
            let status = &mut Rc::make_mut(tree)["status"];
            status["disruptionsAllowed"] = (allowed - 1).into();
            let pods = &mut status["disruptedPods"];
            if !pods.is_object() {
                *pods = Value::Object(Default::default());
            }
            pods.as_object_mut().into_iter().for_each(|pods| pods.extend([evicted.clone()]));
        })?;
        Ok(())
    }
}
