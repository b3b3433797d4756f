//! LimitRange: what containers ask for if they do not say, and how much they may ask for.
//!
//! Models `plugin/pkg/admission/limitranger/admission.go`.

use super::resources::{ResourceList, amounts, asked, asked_by_pod};
use super::store::Store;
use crate::api::pod::PodSpec;
use crate::api::read::{get, list};
use crate::api::status::ApiError;
use crate::api::{Body, Kind, Object};
use crate::base::quantity::Quantity;
use serde_json::Value;
use std::rc::Rc;

const ANNOTATION: &str = "kubernetes.io/limit-ranger";

/// Gives a pod's containers what the namespace's limit ranges give by default, and requests as high as their limits where
/// they only name these (`pkg/apis/core/v1/defaults.go: SetDefaults_Pod`).
pub(super) fn default_resources(store: &Store, object: &mut Object) {
    let Body::Pod(pod) = &object.body else { return };
    let limits_of = |c: &crate::api::pod::Container| !asked(c, "limits").is_empty();
    let mut containers = pod.spec.containers.iter().chain(pod.spec.init_containers.iter());
    let ranges: Vec<Rc<Object>> = store.list_in(Kind::LimitRange, &object.meta.namespace).cloned().collect();
    if ranges.is_empty() && !containers.any(limits_of) {
        return;
    }
    let old = pod.spec.to_value();
    let mut spec = old.clone();
    for_each_container(&mut spec, |_, container| {
        let limits = container["resources"]["limits"].clone();
        set_missing(container, "requests", &limits);
    });
    for range in &ranges {
        let (requests, limits) = defaults(&range.to_value());
        let mut said = Vec::new();
        for_each_container(&mut spec, |what, container| {
            for (field, amounts) in [("requests", &requests), ("limits", &limits)] {
                let set = set_missing(container, field, amounts);
                if !set.is_empty() {
                    let name = container["name"].as_str().unwrap_or_default();
                    said.push(format!("{} {} for {what} {name}", set.join(", "), &field[..field.len() - 1]));
                }
            }
        });
        if !said.is_empty() {
            object.meta.set_annotation(ANNOTATION, &format!("LimitRanger plugin set: {}", said.join("; ")));
        }
    }
    if spec != old {
        let spec = PodSpec::from_value(&spec);
        let pod = object.pod_mut();
        pod.status.qos_class = spec.qos_class().into();
        pod.spec = Rc::new(spec);
    }
}

fn for_each_container(spec: &mut Value, mut each: impl FnMut(&str, &mut Value)) {
    for (field, what) in [("containers", "container"), ("initContainers", "init container")] {
        for container in spec.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            each(what, container);
        }
    }
}

/// Sets those amounts that a container does not name. Returns their names.
fn set_missing(container: &mut Value, field: &str, amounts: &Value) -> Vec<String> {
    let mut set = Vec::new();
    for (name, amount) in amounts.as_object().into_iter().flatten() {
        let resources = &mut container["resources"];
        if resources[field].get(name).is_none() {
            resources[field][name.as_str()] = amount.clone();
            set.push(name.clone());
        }
    }
    collections::sort(&mut set);
    set
}

/// What containers request and are limited to by default; later items win.
fn defaults(range: &Value) -> (Value, Value) {
    let mut both = [Value::Object(Default::default()), Value::Object(Default::default())];
    for limit in list(get(range, "spec"), "limits").iter().filter(|l| get(l, "type") == "Container") {
        for (all, field) in both.iter_mut().zip(["defaultRequest", "default"]) {
            for (name, amount) in get(limit, field).as_object().into_iter().flatten() {
                all[name.as_str()] = amount.clone();
            }
        }
    }
    let [requests, limits] = both;
    (requests, limits)
}

/// Refuses a pod or claim that asks for more or less than a limit range of its namespace allows. Errors: Forbidden.
pub(super) fn check(store: &Store, object: &Object) -> Result<(), ApiError> {
    let nothing = ResourceList::new();
    for range in store.list_in(Kind::LimitRange, &object.meta.namespace) {
        let mut errors = Vec::new();
        for limit in list(get(&range.to_value(), "spec"), "limits") {
            let kind = get(limit, "type").as_str().unwrap_or_default();
            match (&object.body, kind) {
                (Body::Pod(pod), "Container") => {
                    for c in pod.spec.containers.iter().chain(pod.spec.init_containers.iter()) {
                        Limit { kind, limit }.check(&asked(c, "requests"), &asked(c, "limits"), &mut errors);
                    }
                }
                (Body::Pod(pod), "Pod") => {
                    let (requests, limits) =
                        (asked_by_pod(&pod.spec, "requests"), asked_by_pod(&pod.spec, "limits"));
                    Limit { kind, limit }.check(&requests, &limits, &mut errors);
                }
                (Body::PersistentVolumeClaim(claim), "PersistentVolumeClaim") => {
                    let requests = amounts(get(get(&claim.spec.raw, "resources"), "requests"));
                    Limit { kind, limit }.check(&requests, &nothing, &mut errors);
                }
                _ => {}
            }
        }
        let message = match &errors[..] {
            [] => continue,
            [error] => error.clone(),
            _ => format!("[{}]", errors.join(", ")),
        };
        return Err(ApiError::forbidden(object, &message));
    }
    Ok(())
}

/// One item of a limit range.
struct Limit<'a> {
    kind: &'a str,
    limit: &'a Value,
}

impl Limit<'_> {
    /// Models `minConstraint`, `maxConstraint`, `maxRequestConstraint` and `limitRequestRatioConstraint`.
    fn check(&self, requests: &ResourceList, limits: &ResourceList, errors: &mut Vec<String>) {
        let Limit { kind, limit } = self;
        let is_claim = *kind == "PersistentVolumeClaim";
        let all = |field| amounts(get(limit, field)).into_iter();
        for (name, min) in all("min") {
            let rule = format!("minimum {name} usage per {kind} is {min}");
            match (requests.get(&name), limits.get(&name)) {
                (None, _) => errors.push(format!("{rule}.  No request is specified")),
                (Some(r), _) if less(r, &min) => errors.push(format!("{rule}, but request is {r}")),
                (_, Some(l)) if less(l, &min) => errors.push(format!("{rule}, but limit is {l}")),
                _ => {}
            }
        }
        for (name, max) in all("max") {
            let rule = format!("maximum {name} usage per {kind} is {max}");
            match (requests.get(&name), limits.get(&name)) {
                (None, _) if is_claim => errors.push(format!("{rule}.  No request is specified")),
                (_, None) if !is_claim => errors.push(format!("{rule}.  No limit is specified")),
                (_, Some(l)) if less(&max, l) => errors.push(format!("{rule}, but limit is {l}")),
                (Some(r), _) if less(&max, r) => errors.push(format!("{rule}, but request is {r}")),
                _ => {}
            }
        }
        for (name, ratio) in all("maxLimitRequestRatio") {
            let rule = format!("{name} max limit to request ratio per {kind} is {ratio}");
            let (request, limit) = (requests.get(&name), limits.get(&name));
            match (request.filter(|r| r.sign() != 0), limit.filter(|l| l.sign() != 0)) {
                (None, _) => errors.push(format!("{rule}, but no request is specified or request is 0")),
                (_, None) => errors.push(format!("{rule}, but no limit is specified or limit is 0")),
                (Some(r), Some(l)) => {
                    let provided = l.milli_value() as f64 / r.milli_value() as f64;
                    if provided * 1000.0 > ratio.milli_value() as f64 {
                        errors.push(format!("{rule}, but provided ratio is {provided:.6}"));
                    }
                }
            }
        }
    }
}

fn less(a: &Quantity, b: &Quantity) -> bool {
    a.nanos() < b.nanos()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::Cluster;
    use crate::config::Options;
    use serde_json::json;

    fn cluster(limits: Value) -> Cluster {
        let mut cluster = Cluster::new(Options::default());
        create(&mut cluster, Kind::LimitRange, json!({"limits": [limits]})).unwrap();
        cluster
    }

    fn create(cluster: &mut Cluster, kind: Kind, spec: Value) -> Result<Rc<Object>, String> {
        let tree = json!({"metadata": {"name": "a", "namespace": "default"}, "spec": spec});
        cluster.api.cause = crate::apiserver::Cause::User(0);
        cluster.api.create(Object::from_value(kind, &tree)).map_err(|error| error.message)
    }

    fn pod(resources: Value) -> Value {
        json!({"containers": [{"name": "main", "image": "nginx", "resources": resources}],
            "initContainers": [{"name": "init", "image": "busybox", "resources": {"requests": {"cpu": "1"},
                "limits": {"cpu": "1", "memory": "64Mi"}}}]})
    }

    #[test]
    fn containers_are_given_what_they_do_not_name() {
        let mut cluster = cluster(json!({"type": "Container", "default": {"cpu": "500m", "memory": "128Mi"},
            "defaultRequest": {"cpu": "250m"}}));
        let made = create(&mut cluster, Kind::Pod, pod(json!({}))).unwrap();
        let tree = made.to_value();
        let resources = &tree["spec"]["containers"][0]["resources"];
        assert_eq!(
            *resources,
            json!({"limits": {"cpu": "500m", "memory": "128Mi"}, "requests": {"cpu": "250m"}})
        );
        assert_eq!(
            tree["spec"]["initContainers"][0]["resources"]["requests"],
            json!({"cpu": "1", "memory": "64Mi"})
        );
        let said =
            "LimitRanger plugin set: cpu request for container main; cpu, memory limit for container main";
        assert_eq!(made.meta.annotation(ANNOTATION), Some(said));
        assert_eq!(&*made.pod().status.qos_class, "Burstable");
        assert_eq!(made.pod().spec.containers[0].cpu_request_millis, 250);
    }

    #[test]
    fn what_asks_for_too_much_or_too_little_is_refused() {
        for (limit, resources, expect) in [
            (
                json!({"max": {"cpu": "1"}}),
                json!({"limits": {"cpu": "2"}}),
                "maximum cpu usage per Container is 1, but limit is 2",
            ),
            (
                json!({"max": {"cpu": "2"}}),
                json!({}),
                "maximum cpu usage per Container is 2.  No limit is specified",
            ),
            (
                json!({"min": {"memory": "100Mi"}}),
                json!({"requests": {"memory": "200Mi"}}),
                "minimum memory usage per Container is 100Mi, but request is 64Mi",
            ),
            (
                json!({"maxLimitRequestRatio": {"cpu": "1"}}),
                json!({"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}),
                "cpu max limit to request ratio per Container is 1, but provided ratio is 2.000000",
            ),
        ] {
            let mut limit = limit;
            limit["type"] = "Container".into();
            let mut cluster = cluster(limit);
            let refused = create(&mut cluster, Kind::Pod, pod(resources)).unwrap_err();
            assert_eq!(refused, format!("pods \"a\" is forbidden: {expect}"));
        }
    }

    #[test]
    fn claims_have_limits_too() {
        let mut cluster = cluster(json!({"type": "PersistentVolumeClaim", "max": {"storage": "1Gi"}}));
        let claim = json!({"resources": {"requests": {"storage": "2Gi"}}});
        let refused = create(&mut cluster, Kind::PersistentVolumeClaim, claim).unwrap_err();
        let rule = "maximum storage usage per PersistentVolumeClaim is 1Gi, but request is 2Gi";
        assert_eq!(refused, format!("persistentvolumeclaims \"a\" is forbidden: {rule}"));
    }

    #[test]
    fn without_a_range_a_pod_is_as_it_was() {
        let mut cluster = Cluster::new(Options::default());
        let made = create(&mut cluster, Kind::Pod, pod(json!({"limits": {"cpu": "1"}}))).unwrap();
        let tree = made.to_value();
        assert_eq!(tree["spec"]["containers"][0]["resources"]["requests"], json!({"cpu": "1"}));
        assert_eq!(made.meta.annotation(ANNOTATION), None);
    }
}
