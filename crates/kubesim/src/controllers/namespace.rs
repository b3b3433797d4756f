//! The namespace controller, and the two that furnish a new namespace: what becomes of the objects in a namespace that is
//! deleted; the ServiceAccount and the ConfigMap that every namespace has.
//!
//! Models `pkg/controller/namespace`, `pkg/controller/serviceaccount/serviceaccounts_controller.go` and
//! `pkg/controller/certificates/rootcacertpublisher`.

use crate::api::verdict::{Component, Reason};
use crate::api::{Body, KINDS, Key, Kind, Object, SimTime, Span};
use crate::apiserver::{ApiServer, DeleteOptions, Store};
use crate::component::{Context, Outcome, WatchEvent};
use serde_json::json;
use std::rc::Rc;

const ME: Component = Component::NamespaceController;
/// How long the deletion of a namespace waits, so that every API server has heard of it
/// (`namespaceDeletionGracePeriod`).
const DELETION_DELAY: Span = Span::seconds(5);
/// How long objects with finalizers are given (`finalizerEstimateSeconds`).
const FINALIZER_ESTIMATE: i64 = 15;
const ROOT_CA: &str = "kube-root-ca.crt";

/// Says which namespaces have to be looked at because of this change.
pub fn event_handlers(_store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    let furniture = match change.key.kind {
        Kind::Namespace => return add(ME, change.key.clone()),
        Kind::ServiceAccount => "default",
        Kind::ConfigMap => ROOT_CA,
        _ => return,
    };
    if *change.key.name == *furniture {
        add(ME, Key::cluster(Kind::Namespace, &change.key.namespace));
    }
}

/// Looks at a namespace.
pub fn sync(context: &mut Context, key: &Key) -> Outcome {
    let Some(namespace) = context.store().get(key).cloned() else { return Outcome::DONE };
    match namespace.meta.deletion_timestamp {
        None => furnish(context.api, &key.name),
        Some(since) => return empty(context, key, since),
    }
    Outcome::DONE
}

/// Gives a namespace what every one has.
fn furnish(api: &mut ApiServer, namespace: &str) {
    for (kind, name, data) in [
        (Kind::ServiceAccount, "default", json!({})),
        (Kind::ConfigMap, ROOT_CA, json!({"data": {"ca.crt": ""}})),
    ] {
        if api.store().find(kind, namespace, name).is_none() {
            let mut tree = data;
            tree["metadata"] = json!({"name": name, "namespace": namespace});
            // Something may forbid it, such as a quota; then the namespace does without.
            let _ = api.create(Object::from_value(kind, &tree));
        }
    }
}

/// Deletes everything in a namespace, and the namespace once it is empty. Models
/// `deletion/namespaced_resources_deleter.go`.
fn empty(context: &mut Context, key: &Key, since: SimTime) -> Outcome {
    let starts = since + DELETION_DELAY;
    if context.now() < starts {
        return Outcome::at(starts);
    }
    for object in content(context.store(), &key.name) {
        if !object.meta.is_terminating() {
            // Deleting one may take another along.
            let _ = context.api.delete(&object.key(), DeleteOptions::default());
        }
    }
    let left = content(context.store(), &key.name);
    let Some(first) = left.first() else {
        context.api.set_verdict(ME, key, None, None);
        let finalized = context.api.update(key, |o| {
            if let Body::Other(tree) = &mut o.body {
                Rc::make_mut(tree)["spec"]["finalizers"] = json!([]);
            }
        });
        finalized.expect("the namespace is there");
        return Outcome::DONE;
    };
    let first = first.key().to_string().into();
    let reason = Reason::WaitingForDependents { first, count: left.len() };
    let estimate = left.iter().map(|o| match o.kind {
        Kind::Pod => o.meta.deletion_grace_period_seconds.unwrap_or(0),
        _ => FINALIZER_ESTIMATE,
    });
    let again = context.now() + Span::seconds(estimate.max().unwrap_or(0) / 2 + 1);
    context.api.set_verdict(ME, key, Some(reason), Some(again));
    Outcome::at(again)
}

fn content(store: &Store, namespace: &str) -> Vec<Rc<Object>> {
    let kinds = KINDS.iter().filter(|k| k.namespaced && k.kind.is_served());
    kinds.flat_map(|k| store.list_in(k.kind, namespace)).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::controllers::testing::Bench;

    fn create_in(bench: &mut Bench, kind: Kind, name: &str, namespace: &str) -> Result<(), String> {
        let tree = json!({"metadata": {"name": name, "namespace": namespace},
            "spec": {"containers": [{"name": "main", "image": "nginx"}]}});
        bench.cluster.api.create(Object::from_value(kind, &tree)).map(drop).map_err(|error| error.message)
    }

    fn shop() -> Bench {
        let mut bench = Bench::new(&[ME]);
        let tree = json!({"spec": {"finalizers": ["kubernetes"]}, "status": {"phase": "Active"}});
        bench.create(Kind::Namespace, "shop", tree);
        bench
    }

    #[test]
    fn a_namespace_is_furnished_and_pods_wait_for_the_account_that_they_get() {
        let mut bench = shop();
        let other = json!({"metadata": {"name": "other", "namespace": "shop"},
            "spec": {"serviceAccountName": "robot", "containers": [{"name": "main", "image": "nginx"}]}});
        let refused = bench.cluster.api.create(Object::from_value(Kind::Pod, &other)).unwrap_err().message;
        let expect = "pods \"other\" is forbidden: error looking up service account shop/robot: \
            serviceaccount \"robot\" not found";
        assert_eq!(refused, expect);
        assert!(bench.cluster.api.store().find(Kind::ServiceAccount, "shop", "default").is_none());
        assert_eq!(create_in(&mut bench, Kind::Pod, "first", "shop"), Ok(()));
        assert!(bench.cluster.api.store().find(Kind::ServiceAccount, "shop", "default").is_some());
        bench.settle();
        bench
            .cluster
            .api
            .delete(&Key::new(Kind::Pod, "shop", "first"), DeleteOptions::default())
            .expect("it is there");
        assert_eq!(create_in(&mut bench, Kind::Pod, "web", "shop"), Ok(()));
        let names: Vec<_> =
            content(bench.cluster.api.store(), "shop").iter().map(|o| o.key().to_string()).collect();
        assert_eq!(names, ["configmap/kube-root-ca.crt", "serviceaccount/default", "pod/web"]);
        let missing = create_in(&mut bench, Kind::Pod, "web", "nowhere");
        assert_eq!(missing, Err("namespaces \"nowhere\" not found".to_string()));
    }

    #[test]
    fn a_deleted_namespace_goes_once_it_is_empty() {
        let mut bench = shop();
        bench.settle();
        create_in(&mut bench, Kind::Pod, "web", "shop").unwrap();
        let pod = Key::new(Kind::Pod, "shop", "web");
        bench
            .cluster
            .api
            .update(&pod, |o| Rc::make_mut(&mut o.pod_mut().spec).node_name = Some("chhan-k8s-2".into()))
            .unwrap();
        bench.delete(Kind::Namespace, "shop");
        bench.settle();
        assert_eq!(bench.get(Kind::Namespace, "shop").to_value()["status"]["phase"], "Terminating");
        assert_eq!(
            create_in(&mut bench, Kind::ConfigMap, "late", "shop").unwrap_err(),
            "configmaps \"late\" is forbidden: unable to create new content in namespace shop because it is being \
             terminated"
        );
        assert!(
            !bench.cluster.api.get(&pod).unwrap().meta.is_terminating(),
            "the deletion starts a little later"
        );
        bench.run(Span::seconds(6));
        assert!(bench.cluster.api.get(&pod).unwrap().meta.is_terminating());
        let waiting = Reason::WaitingForDependents { first: "pod/web".into(), count: 1 };
        assert_eq!(bench.reason(ME, Kind::Namespace, "shop"), Some(waiting));
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        bench.cluster.api.delete(&pod, options).unwrap();
        bench.run(Span::seconds(20));
        assert!(bench.find(Kind::Namespace, "shop").is_none());
    }

    #[test]
    fn some_namespaces_may_not_be_deleted() {
        let mut bench = Bench::new(&[]);
        let key = Key::cluster(Kind::Namespace, "default");
        let refused = bench.cluster.api.delete(&key, DeleteOptions::default()).unwrap_err();
        assert_eq!(refused.message, "namespaces \"default\" is forbidden: this namespace may not be deleted");
    }

    #[test]
    fn the_default_service_account_comes_back() {
        let mut bench = Bench::new(&[ME]);
        bench.delete(Kind::ServiceAccount, "default");
        bench.settle();
        assert!(bench.find(Kind::ServiceAccount, "default").is_some());
    }
}
