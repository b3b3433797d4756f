//! The quota controller: keeps a quota's status at what its namespace really uses.
//!
//! Models `pkg/controller/resourcequota/resource_quota_controller.go`. What is made is counted by admission
//! (`apiserver::quota`); this notices what goes.

use crate::api::read::get;
use crate::api::verdict::{Component, Reason};
use crate::api::{Body, Key, Kind, Object, SimTime, Span, Str};
use crate::apiserver::{Store, quota_status};
use crate::component::{Context, Outcome, WatchEvent};
use std::rc::Rc;

const ME: Component = Component::ResourceQuotaController;
/// How often the controller looks at all quotas, whatever happens (`--resource-quota-sync-period`).
const FULL_RESYNC: Span = Span::seconds(300);

/// Says which quotas have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    let frees = match (change.before, change.after) {
        (Some(_), None) => true,
        (Some(old), Some(new)) if change.key.kind == Kind::Pod => {
            let told_to_go = !old.meta.is_terminating() && new.meta.is_terminating();
            told_to_go || !old.pod().is_terminal() && new.pod().is_terminal()
        }
        (Some(_), Some(_)) => change.key.kind == Kind::Service,
        _ => false,
    };
    if change.key.kind == Kind::ResourceQuota {
        add(ME, change.key.clone());
    } else if frees {
        store.list_in(Kind::ResourceQuota, &change.key.namespace).for_each(|quota| add(ME, quota.key()));
    }
}

/// Looks at a quota. Models `syncResourceQuota`.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(quota) = context.store().get(key).cloned() else { return Outcome::DONE };
    let status = quota_status(context.store(), &quota, context.now());
    let hard = get(&status, "hard").as_object().into_iter().flatten();
    let used_up = hard.filter(|(name, hard)| get(get(&status, "used"), name) == *hard);
    let used_up = used_up.map(|(name, _)| Str::from(name.as_str())).collect();
    context.api.set_verdict(ME, key, Some(Reason::QuotaUsed { used_up }), None);
    let written = context.api.update_status(key, |o| {
        if let Body::Other(tree) = &mut o.body {
            Rc::make_mut(tree)["status"] = status;
        }
    });
    written.expect("the quota is there");
    let stuck = stops_counting_at(context.store(), &key.namespace, context.now());
    Outcome { requeue_at: stuck.map(next_full_look), failed: false }
}

/// When the first of the pods that were told to go no longer counts, because by then it should have been gone.
fn stops_counting_at(store: &Store, namespace: &str, now: SimTime) -> Option<SimTime> {
    let overdue = |pod: &Rc<Object>| {
        if pod.pod().is_terminal() {
            return None;
        }
        Some(pod.meta.deletion_timestamp? + Span::seconds(pod.meta.deletion_grace_period_seconds?))
    };
    store.list_in(Kind::Pod, namespace).filter_map(overdue).filter(|at| *at >= now).min()
}

/// The controller's next look at all quotas after this moment.
fn next_full_look(after: SimTime) -> SimTime {
    SimTime((after.0.div_euclid(FULL_RESYNC.0) + 1) * FULL_RESYNC.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Bench;
    use serde_json::{Value, json};

    fn quota(hard: Value) -> Bench {
        let mut bench = Bench::new(&[ME]);
        bench.create(Kind::ResourceQuota, "few", json!({"spec": {"hard": hard}}));
        bench.settle();
        bench
    }

    fn used(bench: &Bench) -> Value {
        bench.get(Kind::ResourceQuota, "few").to_value()["status"]["used"].clone()
    }

    fn pod(resources: Value) -> Value {
        json!({"spec": {"containers": [{"name": "main", "image": "nginx", "resources": resources}]}})
    }

    fn refusal(bench: &mut Bench, kind: Kind, name: &str, body: Value) -> String {
        bench.try_create(kind, name, body).expect_err("the quota forbids it").message
    }

    /// Recorded as traces/gate-off/quota-exceeded.json.
    #[test]
    fn pods_beyond_the_quota_are_refused_until_one_goes() {
        let mut bench = quota(json!({"pods": "2"}));
        assert_eq!(used(&bench), json!({"pods": "0"}));
        bench.pod("flask-0", "flask", "172.16.1.1");
        bench.pod("flask-1", "flask", "172.16.1.2");
        assert_eq!(used(&bench), json!({"pods": "2"}));
        assert_eq!(
            refusal(&mut bench, Kind::Pod, "flask-2", pod(json!({}))),
            "pods \"flask-2\" is forbidden: exceeded quota: two-pods, requested: pods=1, used: pods=2, limited: pods=2"
                .replace("two-pods", "few")
        );
        bench.settle();
        let used_up = Reason::QuotaUsed { used_up: vec!["pods".into()] };
        assert_eq!(bench.reason(ME, Kind::ResourceQuota, "few"), Some(used_up));
        bench.delete(Kind::Pod, "flask-0");
        bench.settle();
        assert_eq!(used(&bench), json!({"pods": "2"}), "it is still stopping");
        bench.stop("flask-0");
        bench.settle();
        assert_eq!(used(&bench), json!({"pods": "1"}));
        bench.create(Kind::Pod, "flask-2", pod(json!({})));
    }

    #[test]
    fn claims_services_and_plain_counts_are_counted() {
        let mut bench = quota(json!({"requests.storage": "3Gi", "count/configmaps": "1", "services": "0",
            "local-path.storageclass.storage.k8s.io/persistentvolumeclaims": "5"}));
        let claim = || json!({"spec": {"resources": {"requests": {"storage": "2Gi"}}, "storageClassName": "local-path"}});
        bench.create(Kind::PersistentVolumeClaim, "a", claim());
        assert_eq!(
            refusal(&mut bench, Kind::PersistentVolumeClaim, "b", claim()),
            "persistentvolumeclaims \"b\" is forbidden: exceeded quota: few, requested: requests.storage=2Gi, \
             used: requests.storage=2Gi, limited: requests.storage=3Gi"
        );
        let refused = refusal(&mut bench, Kind::ConfigMap, "c", json!({}));
        assert!(refused.contains("requested: count/configmaps=1, used: count/configmaps=1"), "{refused}");
        assert!(refusal(&mut bench, Kind::Service, "s", json!({"spec": {}})).contains("limited: services=0"));
        let class = "local-path.storageclass.storage.k8s.io/persistentvolumeclaims";
        assert_eq!(used(&bench)[class], "1");
    }

    #[test]
    fn what_a_quota_is_about_every_container_has_to_name() {
        let mut bench = quota(json!({"requests.cpu": "1", "limits.memory": "1Gi"}));
        assert_eq!(
            refusal(&mut bench, Kind::Pod, "a", pod(json!({}))),
            "pods \"a\" is forbidden: failed quota: few: must specify limits.memory for: main; requests.cpu for: main"
        );
        let resources = || json!({"requests": {"cpu": "600m"}, "limits": {"memory": "512Mi"}});
        bench.create(Kind::Pod, "a", pod(resources()));
        assert_eq!(used(&bench), json!({"requests.cpu": "600m", "limits.memory": "512Mi"}));
        let refused = refusal(&mut bench, Kind::Pod, "b", pod(resources()));
        assert!(
            refused
                .ends_with("requested: requests.cpu=600m, used: requests.cpu=600m, limited: requests.cpu=1")
        );
    }

    #[test]
    fn a_quota_with_a_scope_only_counts_what_is_in_it() {
        let mut bench = Bench::new(&[ME]);
        let spec = json!({"hard": {"pods": "1"}, "scopes": ["BestEffort"]});
        bench.create(Kind::ResourceQuota, "few", json!({"spec": spec}));
        bench.settle();
        bench.create(Kind::Pod, "burstable", pod(json!({"requests": {"cpu": "1"}})));
        assert_eq!(used(&bench), json!({"pods": "0"}));
        bench.create(Kind::Pod, "best-effort", pod(json!({})));
        assert_eq!(used(&bench), json!({"pods": "1"}));
    }
}
