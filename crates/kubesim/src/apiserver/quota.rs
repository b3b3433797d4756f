//! ResourceQuota: nothing is made that would use more than a quota of its namespace allows.
//!
//! Models `k8s.io/apiserver/pkg/admission/plugin/resourcequota`. What is used stands in the quota's status; taking
//! something away is the quota controller's to notice.

use super::resources::{ResourceList, add, amounts, amounts_value, asked, compute_usage, shown, usage};
use super::server::ApiServer;
use super::store::Store;
use crate::api::read::{get, list};
use crate::api::status::ApiError;
use crate::api::{Body, KINDS, Kind, Object, SimTime};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// Amounts that every container has to name once a quota is about them.
const MUST_BE_NAMED: [&str; 6] =
    ["cpu", "memory", "requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];

impl ApiServer {
    /// Counts a new object in the quotas of its namespace. Errors: Forbidden if one of them would be exceeded.
    pub(super) fn charge_quotas(&mut self, object: &Object) -> Result<(), ApiError> {
        let quotas: Vec<Rc<Object>> =
            self.store.list_in(Kind::ResourceQuota, &object.meta.namespace).cloned().collect();
        let mut charged = Vec::new();
        for quota in quotas {
            let tree = tree(&quota);
            let status = get(&tree, "status");
            let (hard, mut used) = (amounts(get(status, "hard")), amounts(get(status, "used")));
            let mut requested = usage(object, self.now);
            requested.retain(|name, _| hard.contains_key(name));
            if !is_in_scope(&tree, object) {
                continue;
            }
            let name = &quota.meta.name;
            if let Some(missing) = unnamed(object, &hard) {
                return Err(ApiError::forbidden(
                    object,
                    &format!("failed quota: {name}: must specify {missing}"),
                ));
            }
            let unknown: Vec<&str> =
                requested.keys().filter(|n| !used.contains_key(*n)).map(String::as_str).collect();
            if !unknown.is_empty() {
                let names = unknown.join(",");
                let message = format!("status unknown for quota: {name}, resources: {names}");
                return Err(ApiError::forbidden(object, &message));
            }
            if requested.is_empty() {
                continue;
            }
            let before = used.clone();
            add(&mut used, &requested);
            let exceeded: BTreeSet<&String> =
                collections::collect(requested.keys().filter(|n| used[*n].nanos() > hard[*n].nanos()));
            if !exceeded.is_empty() {
                let only = |list: &ResourceList| -> String {
                    shown(&collections::collect(
                        list.clone().into_iter().filter(|(name, _)| exceeded.contains(name)),
                    ))
                };
                let message = format!(
                    "exceeded quota: {name}, requested: {}, used: {}, limited: {}",
                    only(&requested),
                    only(&before),
                    only(&hard)
                );
                return Err(ApiError::forbidden(object, &message));
            }
            charged.push((quota.key(), used));
        }
        for (key, used) in charged {
            self.update_status(&key, |o| set_status(o, "used", amounts_value(&used)))?;
        }
        Ok(())
    }
}

fn tree(quota: &Object) -> Rc<Value> {
    match &quota.body {
        Body::Other(tree) => tree.clone(),
        _ => panic!("{} is no ResourceQuota", quota.key()),
    }
}

fn set_status(quota: &mut Object, field: &str, value: Value) {
    if let Body::Other(tree) = &mut quota.body {
        Rc::make_mut(tree)["status"][field] = value;
    }
}

/// Whether a quota's scopes take this object in. Models `podMatchesScopeFunc`; scopes are about pods.
fn is_in_scope(quota: &Value, object: &Object) -> bool {
    let spec = get(quota, "spec");
    let selected = list(get(spec, "scopeSelector"), "matchExpressions");
    let mut scopes = list(spec, "scopes").iter().chain(selected.iter().map(|e| get(e, "scopeName")));
    scopes.all(|scope| {
        let Body::Pod(pod) = &object.body else { return false };
        let is_best_effort = pod.spec.qos_class() == "BestEffort";
        let has_deadline = !get(&pod.spec.raw, "activeDeadlineSeconds").is_null();
        let class = get(&pod.spec.raw, "priorityClassName").as_str().unwrap_or_default();
        match scope.as_str() {
            Some("BestEffort") => is_best_effort,
            Some("NotBestEffort") => !is_best_effort,
            Some("Terminating") => has_deadline,
            Some("NotTerminating") => !has_deadline,
            Some("PriorityClass") => !class.is_empty(),
            _ => false,
        }
    })
}

/// What containers of a pod had to name and do not: `requests.cpu for: a,b; …`. Models `podEvaluator.Constraints`.
fn unnamed(object: &Object, hard: &ResourceList) -> Option<String> {
    let Body::Pod(pod) = &object.body else { return None };
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for container in pod.spec.containers.iter().chain(pod.spec.init_containers.iter()) {
        let named = compute_usage(&asked(container, "requests"), &asked(container, "limits"));
        for name in MUST_BE_NAMED {
            if hard.contains_key(name) && !named.contains_key(name) {
                missing.entry(name).or_default().insert(&container.name);
            }
        }
    }
    let part = |(name, containers): (&&str, &BTreeSet<&str>)| {
        let containers: Vec<&str> = containers.iter().copied().collect();
        format!("{name} for: {}", containers.join(","))
    };
    let parts: Vec<String> = missing.iter().map(part).collect();
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// A quota's status as it should be: what is allowed, and what the namespace's objects use of it. Models
/// `pkg/controller/resourcequota/resource_quota_controller.go: syncResourceQuota`.
pub fn status(store: &Store, quota: &Object, now: SimTime) -> Value {
    let tree = tree(quota);
    let hard = get(get(&tree, "spec"), "hard").clone();
    let limited = amounts(&hard);
    let zero = limited.keys().map(|name| (name.clone(), crate::base::quantity::Quantity::ZERO));
    let mut used: ResourceList = collections::collect(zero);
    for kind in KINDS.iter().filter(|k| k.namespaced && k.kind != Kind::Event).map(|k| k.kind) {
        for object in store.list_in(kind, &quota.meta.namespace).filter(|o| is_in_scope(&tree, o)) {
            let mut more = usage(object, now);
            more.retain(|name, _| limited.contains_key(name));
            add(&mut used, &more);
        }
    }
    let mut status = Value::Object(Default::default());
    status["hard"] = hard;
    status["used"] = amounts_value(&used);
    status
}
