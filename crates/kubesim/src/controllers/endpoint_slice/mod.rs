//! The EndpointSlice controller: which pods stand behind a Service, and in what state.
//!
//! Endpoints keep their place in a slice as long as they stay; new ones, pods that come back with another address among them,
//! go to its end. The older `Endpoints` objects say nothing that slices do not, so nobody keeps them: [`endpoints()`] derives
//! them when they are asked for.
//!
//! | here | upstream |
//! | --- | --- |
//! | this file: which Services to look at | `pkg/controller/endpointslice/endpointslice_controller.go` |
//! | [`reconciler`]: the endpoints of a Service, and the writes that bring its slices there | `k8s.io/endpointslice/reconciler.go` |
//! | [`endpoint_index`]: a Service's endpoints, kept between two reconciles | its informers |
//! | [`utils`]: one-line questions | `k8s.io/endpointslice/utils.go` |
//! | [`endpoints`](mod@endpoints): Endpoints derived from slices | `pkg/controller/endpoint/endpoints_controller.go` |

mod endpoint_index;
mod endpoints;
mod reconciler;
mod utils;

use crate::api::event::Involved;
use crate::api::service::SERVICE_NAME_LABEL;
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, Object, ObjectMeta, SimTime, Str};
use crate::apiserver::{ApiServer, Cause, Change, EventType, Source, Store};
use crate::component::{Context, Outcome, WatchEvent};
use endpoint_index::EndpointIndex;
use reconciler::{Plan, desired_endpoints, last_change_trigger_time};
use std::collections::BTreeMap;
use std::rc::Rc;
use utils::{has_selector, is_ours, labels_for, selects, slices_of};

pub use endpoints::endpoints;

const ME: Component = Component::EndpointSliceController;
const SOURCE: Source<'static> = Source::controller("endpoint-slice-controller");

/// Says which Services have to be looked at because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: &mut dyn FnMut(Component, Key)) {
    match change.key.kind {
        Kind::Service => add(ME, change.key.clone()),
        Kind::Pod if pod_endpoints_changed(change) => {
            for service in store.list_in(Kind::Service, &change.key.namespace) {
                let body = service.service();
                if has_selector(body) && change.both().any(|pod| selects(body, pod)) {
                    add(ME, service.key());
                }
            }
        }
        Kind::EndpointSlice if change.cause != Cause::Component(ME) => {
            let slices = change.both().filter(|s| is_ours(s));
            for service in slices.filter_map(|s| s.meta.label(SERVICE_NAME_LABEL)) {
                add(ME, change.key.beside(Kind::Service, service));
            }
        }
        _ => {}
    }
}

/// Models `k8s.io/endpointslice/util/controller_utils.go: podEndpointsChanged`.
fn pod_endpoints_changed(change: &WatchEvent) -> bool {
    let (Some(old), Some(new)) = (change.before, change.after) else { return true };
    let (old_pod, new_pod) = (old.pod(), new.pod());
    new.meta.is_terminating()
        || old_pod.is_ready() != new_pod.is_ready()
        || old_pod.status.pod_ip != new_pod.status.pod_ip
        || old.meta.labels != new.meta.labels
        || old_pod.spec.hostname != new_pod.spec.hostname
        || old_pod.spec.subdomain != new_pod.spec.subdomain
}

/// The slices that the controller would have made of a Service by now, each still without a name: where nobody has seen which
/// there are.
pub fn wanted_slices(store: &Store, service: &Object) -> Vec<Object> {
    let body = service.service();
    if !has_selector(body) || &*body.service_type == "ExternalName" {
        return Vec::new();
    }
    Plan::by_address_type(service, Vec::new(), desired_endpoints(store, service).groups)
        .created(service)
        .collect()
}

/// The endpoints of each Service.
pub type Memory = BTreeMap<Key, EndpointIndex>;

/// Reconciles a Service. Models `endpointslice_controller.go: syncService` and `reconciler.go: reconcileByAddressType`.
pub fn sync(context: &mut Context, memory: &mut Memory, key: &Key) -> Outcome {
    let Some(service) = context.store().get(key).cloned() else {
        memory.remove(key);
        return Outcome::DONE;
    };
    let body = service.service();
    if !has_selector(body) || &*body.service_type == "ExternalName" {
        memory.remove(key);
        context.api.set_verdict(ME, key, Some(Reason::NoSelector), None);
        return Outcome::DONE;
    }
    // The index is of the world as it is, not as a controller that lags behind knows it.
    let lags = context.timings.endpoint_slices > context.timings.watch;
    if let Some(index) = memory.get_mut(key)
        && !lags
        && index.read(context.api, &service)
        && let Some((plan, trigger_time)) = index.plan(context.api.store())
    {
        let deleted: Vec<Str> = plan.delete.iter().map(|s| s.meta.name.clone()).collect();
        match plan.finalize(context.api, &service, index.labels(), trigger_time) {
            Ok(written) => index.put_written(written, &deleted),
            Err(message) => {
                memory.remove(key);
                return failed(context.api, &service, &message);
            }
        }
        let (ready, not_ready) = index.count();
        context.api.set_verdict(ME, key, Some(Reason::Endpoints { ready, not_ready }), None);
        return Outcome::DONE;
    }
    memory.remove(key);
    let existing: Vec<Rc<Object>> = slices_of(context.store(), &service)
        .filter(|s| is_ours(s) && !s.meta.is_terminating())
        .cloned()
        .collect();
    let told = told(context);
    let desired = desired_endpoints(told.as_ref().map_or(context.store(), |(store, _)| store), &service);
    let trigger_time = last_change_trigger_time(&service, &existing, &desired.groups);
    let (ready, not_ready) = desired.count();
    let plan = Plan::by_address_type(&service, existing, desired.groups);
    if let Err(message) = plan.finalize(context.api, &service, &labels_for(&service), trigger_time) {
        return failed(context.api, &service, &message);
    }
    context.api.set_verdict(ME, key, Some(Reason::Endpoints { ready, not_ready }), None);
    if let Some(message) = desired.error {
        return failed(context.api, &service, &message);
    }
    if !lags && let Some(index) = EndpointIndex::new(context.store(), &service, context.api.history().len()) {
        memory.insert(key.clone(), index);
    }
    Outcome { requeue_at: told.map(|(_, requeue_at)| requeue_at), failed: false }
}

/// The world with the pods as the controller knows them where it lags behind
/// ([`crate::config::Timings::endpoint_slices`] is more than a watch takes), and when it will know more.
fn told(context: &Context) -> Option<(Store, SimTime)> {
    let delay = context.timings.endpoint_slices;
    if delay <= context.timings.watch {
        return None;
    }
    let since = context.now() - delay;
    let mut told: Option<(Store, SimTime)> = None;
    for entry in context.api.history().entries().iter().rev().take_while(|entry| entry.at > since) {
        let Change::Object { key, before, .. } = &entry.change else { continue };
        if key.kind == Kind::Pod {
            let (store, requeue_at) = told.get_or_insert_with(|| (context.store().clone(), entry.at + delay));
            store.put(key, before.clone());
            *requeue_at = entry.at + delay;
        }
    }
    told
}

fn failed(api: &mut ApiServer, service: &Object, message: &str) -> Outcome {
    let ObjectMeta { namespace, name, .. } = &service.meta;
    let text = format!("Error updating Endpoint Slices for Service {namespace}/{name}: {message}");
    api.event(SOURCE, Involved::of(service), EventType::Warning, "FailedToUpdateEndpointSlices", &text);
    api.set_verdict(ME, &service.key(), Some(Reason::Failed { message: message.into() }), None);
    Outcome::FAILED
}

#[cfg(test)]
mod tests {
    use super::reconciler::TRIGGER_TIME;
    use super::*;
    use crate::api::Span;
    use crate::controllers::testing::Bench;
    use serde_json::{Value, json};

    fn flask(spec: Value) -> Bench {
        let mut bench = Bench::new(&[ME]);
        let mut body = json!({"metadata": {"labels": {"app": "flask"}},
            "spec": {"clusterIP": "None", "selector": {"app": "flask"},
                "ports": [{"name": "web", "port": 80, "protocol": "TCP", "targetPort": 80}]}});
        body["spec"].as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        bench.create(Kind::Service, "flask", body);
        bench.settle();
        bench
    }

    fn slices(bench: &Bench) -> Vec<Rc<Object>> {
        slices_of(bench.cluster.api.store(), bench.get(Kind::Service, "flask")).cloned().collect()
    }

    /// The endpoints of all slices as `POD:CONDITIONS`: `r`eady, `s`erving, `t`erminating.
    fn shown(bench: &Bench) -> String {
        let mut out = Vec::new();
        for slice in slices(bench) {
            for e in slice.endpoint_slice().endpoints.iter() {
                let conditions =
                    [(e.ready, 'r'), (e.serving == Some(true), 's'), (e.terminating == Some(true), 't')];
                let conditions: String =
                    conditions.iter().filter(|(holds, _)| *holds).map(|(_, c)| *c).collect();
                out.push(format!("{}:{conditions}", e.target.as_ref().unwrap().1));
            }
        }
        out.join(" ")
    }

    #[test]
    fn a_service_has_an_empty_slice_from_the_start() {
        let bench = flask(json!({}));
        let [slice] = &slices(&bench)[..] else { panic!("one slice") };
        assert!(slice.meta.name.starts_with("flask-") && slice.meta.name.len() == "flask-xxxxx".len());
        let labels: Vec<_> = slice.meta.labels.iter().map(|(k, v)| format!("{k}={v}")).collect();
        assert_eq!(
            labels,
            [
                "app=flask",
                "endpointslice.kubernetes.io/managed-by=endpointslice-controller.k8s.io",
                "kubernetes.io/service-name=flask",
                "service.kubernetes.io/headless="
            ]
        );
        assert!(slice.meta.is_controlled_by(bench.get(Kind::Service, "flask").meta.uid));
        let tree = slice.to_value();
        assert_eq!((&tree["endpoints"], &tree["ports"]), (&Value::Null, &Value::Null));
        assert_eq!(
            bench.reason(ME, Kind::Service, "flask"),
            Some(Reason::Endpoints { ready: 0, not_ready: 0 })
        );
    }

    /// Recorded as traces/gate-off/delete-pod-1.json.
    #[test]
    fn a_pod_that_comes_back_goes_to_the_end() {
        let mut bench = flask(json!({}));
        for (at, name) in ["flask-0", "flask-1", "flask-2"].iter().enumerate() {
            bench.pod(name, "flask", &format!("172.16.110.{at}"));
            bench.settle();
            bench.set_ready(name, true);
            bench.settle();
        }
        assert_eq!(shown(&bench), "flask-0:rs flask-1:rs flask-2:rs");
        let slice = slices(&bench)[0].clone();
        assert_eq!(slice.meta.generation, 7);
        assert_eq!(slice.endpoint_slice().endpoints[1].hostname.as_deref(), Some("flask-1"));
        bench.delete(Kind::Pod, "flask-1");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rs flask-1:st flask-2:rs");
        bench.stop("flask-1");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rs flask-2:rs");
        bench.pod("flask-1", "flask", "172.16.110.9");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rs flask-2:rs flask-1:");
        assert_eq!(
            bench.reason(ME, Kind::Service, "flask"),
            Some(Reason::Endpoints { ready: 2, not_ready: 1 })
        );
        assert_eq!(slices(&bench)[0].meta.uid, slice.meta.uid);
    }

    /// Recorded as traces/gate-off/publish-not-ready-addresses.json.
    #[test]
    fn published_in_any_case_is_ready_even_before_and_after() {
        let mut bench = flask(json!({"publishNotReadyAddresses": true}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:r");
        bench.run(Span::seconds(1));
        bench.set_ready("flask-0", true);
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rs");
        bench.delete(Kind::Pod, "flask-0");
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:rst");
    }

    /// Recorded as traces/gate-off/service-selector-change.json.
    #[test]
    fn a_selector_that_matches_nothing_leaves_the_slice_empty_and_without_ports() {
        let mut bench = flask(json!({}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        let uid = slices(&bench)[0].meta.uid;
        bench.update(Kind::Service, "flask", |o| {
            o.service_mut().selector = [("app".into(), "nothing".into())].into();
        });
        bench.settle();
        let slice = &slices(&bench)[0];
        assert_eq!(slice.meta.uid, uid);
        assert_eq!(slice.endpoint_slice().endpoints.len() + slice.endpoint_slice().ports.len(), 0);
        let none = endpoints(bench.cluster.api.store(), "default");
        assert_eq!(none.iter().find(|e| &*e.meta.name == "flask").unwrap().to_value().get("subsets"), None);
    }

    #[test]
    fn labels_of_the_service_are_copied_when_they_change() {
        let mut bench = flask(json!({}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        bench.update(Kind::Service, "flask", |o| o.meta.set_label("tier", "web"));
        bench.settle();
        assert_eq!(slices(&bench)[0].meta.label("tier"), Some("web"));
    }

    #[test]
    fn a_service_without_a_selector_is_left_alone() {
        let mut bench = flask(json!({"selector": {}}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        assert!(slices(&bench).is_empty());
        assert_eq!(bench.reason(ME, Kind::Service, "flask"), Some(Reason::NoSelector));
    }

    /// Recorded as kubectl/endpointslice-split-120-pods.txt.
    #[test]
    fn a_slice_takes_a_hundred() {
        let mut bench = flask(json!({}));
        for n in 0..5 {
            bench.pod(&format!("flask-{n}"), "flask", &format!("172.16.110.{n}"));
        }
        bench.settle();
        let first = slices(&bench)[0].meta.uid;
        for n in 5..120 {
            bench.pod(&format!("flask-{n}"), "flask", &format!("172.16.111.{n}"));
            bench.settle();
        }
        let mut sizes: Vec<_> = slices(&bench)
            .iter()
            .map(|s| (s.meta.uid != first, s.endpoint_slice().endpoints.len()))
            .collect();
        sizes.sort();
        assert_eq!(sizes, [(false, 100), (true, 20)]);
        for n in 5..120 {
            bench.delete(Kind::Pod, &format!("flask-{n}"));
            bench.stop(&format!("flask-{n}"));
        }
        bench.settle();
        let left: Vec<_> =
            slices(&bench).iter().map(|s| (s.meta.uid, s.endpoint_slice().endpoints.len())).collect();
        assert_eq!(left, [(first, 5)]);
    }

    #[test]
    fn pods_that_name_a_port_differently_have_a_slice_of_their_own() {
        let mut bench = flask(json!({"ports": [{"name": "web", "port": 80, "targetPort": "web"}]}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        let other = json!({"metadata": {"labels": {"app": "flask"}}, "spec": {"containers":
            [{"name": "main", "image": "nginx", "ports": [{"name": "web", "containerPort": 8080}]}]}});
        bench.create(Kind::Pod, "flask-1", other);
        bench.place("flask-1", "chhan-k8s-3", "172.16.234.1");
        bench.settle();
        let mut ports: Vec<_> = slices(&bench).iter().map(|s| s.endpoint_slice().ports[0].port).collect();
        ports.sort();
        assert_eq!(ports, [Some(80), Some(8080)]);
        let all = endpoints(bench.cluster.api.store(), "default");
        let subsets = all.iter().find(|e| &*e.meta.name == "flask").unwrap().to_value()["subsets"].clone();
        assert_eq!(subsets.as_array().unwrap().len(), 2);
    }

    /// The shape is that of kubectl/get-endpoints-yaml.txt.
    #[test]
    fn endpoints_are_derived_in_the_order_of_addresses() {
        let mut bench = flask(json!({}));
        for (name, ip) in
            [("flask-0", "172.16.110.115"), ("flask-1", "172.16.234.108"), ("flask-2", "172.16.107.112")]
        {
            bench.pod(name, "flask", ip);
        }
        bench.set_ready("flask-0", true);
        bench.set_ready("flask-2", true);
        bench.settle();
        let all = endpoints(bench.cluster.api.store(), "default");
        let flask = all.iter().find(|e| &*e.meta.name == "flask").unwrap().to_value();
        let subset = &flask["subsets"][0];
        assert_eq!(subset["addresses"][0]["hostname"], "flask-2");
        assert_eq!(subset["addresses"][0]["nodeName"], "chhan-k8s-2");
        assert_eq!(subset["addresses"][1]["targetRef"]["name"], "flask-0");
        assert_eq!(subset["notReadyAddresses"][0]["ip"], "172.16.234.108");
        assert_eq!(subset["ports"], json!([{"name": "web", "port": 80, "protocol": "TCP"}]));
        assert_eq!(flask["metadata"]["labels"]["endpoints.kubernetes.io/managed-by"], "endpoint-controller");
        assert!(all.iter().any(|e| &*e.meta.name == "kubernetes"));
    }

    #[test]
    fn the_trigger_time_tells_of_readiness_that_moved_since_the_last_write() {
        let mut bench = flask(json!({}));
        let trigger = |bench: &Bench| slices(bench)[0].meta.annotation(TRIGGER_TIME).map(str::to_owned);
        let created = bench.get(Kind::Service, "flask").meta.creation_timestamp;
        assert_eq!(trigger(&bench), Some(created.rfc3339()));
        bench.run(Span::seconds(3));
        bench.pod("flask-0", "flask", "172.16.110.1");
        let placed = bench.cluster.now().rfc3339();
        bench.settle();
        assert_eq!(trigger(&bench), Some(placed));
        bench.set_ready("flask-0", true);
        bench.settle();
        assert_eq!(trigger(&bench), None, "within the same second");
        bench.run(Span::seconds(3));
        bench.set_ready("flask-0", false);
        let unready = bench.cluster.now().rfc3339();
        bench.settle();
        assert_eq!(trigger(&bench), Some(unready));
    }

    #[test]
    fn a_slice_that_somebody_deletes_comes_back() {
        let mut bench = flask(json!({}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.settle();
        let name = slices(&bench)[0].meta.name.clone();
        bench.delete(Kind::EndpointSlice, &name);
        bench.settle();
        assert_eq!(shown(&bench), "flask-0:");
        assert_ne!(slices(&bench)[0].meta.name, name);
    }

    #[test]
    fn a_pod_on_a_node_that_is_gone_is_skipped_until_the_node_is_there() {
        let mut bench = flask(json!({}));
        bench.pod("flask-0", "flask", "172.16.110.1");
        bench.place("flask-0", "chhan-k8s-9", "172.16.99.1");
        bench.settle();
        assert_eq!(shown(&bench), "");
        let said = "FailedToUpdateEndpointSlices Error updating Endpoint Slices for Service default/flask: \
            skipping Pod flask-0 for Service default/flask: Node chhan-k8s-9 Not Found x";
        assert!(bench.events(Kind::Service, "flask")[0].starts_with(said));
        bench.create(Kind::Node, "chhan-k8s-9", json!({}));
        bench.run(Span::seconds(1));
        assert_eq!(shown(&bench), "flask-0:");
    }
}
