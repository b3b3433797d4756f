//! What objects use of a namespace's resources: the arithmetic behind ResourceQuota and LimitRange.
//!
//! Models `pkg/quota/v1/evaluator/core` and `k8s.io/component-helpers/resource`.

use crate::api::pod::{Container, PodSpec};
use crate::api::read::get;
use crate::api::{Body, Object, SimTime, Span};
use crate::base::quantity::Quantity;
use serde_json::Value;
use std::collections::BTreeMap;

/// Amounts by resource, such as `requests.cpu`.
pub type ResourceList = BTreeMap<String, Quantity>;

/// What quotas call what containers ask for.
const COMPUTE: [&str; 3] = ["cpu", "memory", "ephemeral-storage"];
/// Kinds that quotas also know by their plain name, without `count/`.
const COUNTED_BY_NAME: [&str; 4] = ["configmaps", "secrets", "replicationcontrollers", "resourcequotas"];

/// Reads amounts; what is no amount is left out.
pub fn amounts(v: &Value) -> ResourceList {
    let fields = v.as_object().into_iter().flatten();
    let amount = |v: &Value| {
        let text = v.as_str().map_or_else(|| v.to_string(), str::to_owned);
        Quantity::parse(&text).ok()
    };
    collections::collect(fields.filter_map(|(name, v)| Some((name.clone(), amount(v)?))))
}

/// Writes amounts.
pub fn amounts_value(amounts: &ResourceList) -> Value {
    let amounts = amounts.iter().map(|(name, amount)| (name.clone(), Value::from(amount.to_string())));
    Value::Object(collections::collect(amounts))
}

/// `cpu=1,memory=2Gi`, as refusals write amounts.
pub fn shown(amounts: &ResourceList) -> String {
    let parts: Vec<String> = amounts.iter().map(|(name, amount)| format!("{name}={amount}")).collect();
    parts.join(",")
}

/// Adds amounts.
pub fn add(to: &mut ResourceList, more: &ResourceList) {
    for (name, amount) in more {
        *to.entry(name.clone()).or_insert(Quantity::ZERO) += amount;
    }
}

fn whole(number: usize) -> Quantity {
    Quantity::parse(&number.to_string()).expect("a whole number is an amount")
}

/// What a container asks for: its `requests` or its `limits`.
pub fn asked(container: &Container, field: &str) -> ResourceList {
    amounts(get(get(&container.raw, "resources"), field))
}

/// What a pod asks for: its containers and sidecars together, or an init container if that asks for more beside the
/// sidecars before it. Models `resourcehelper.PodRequests` and `PodLimits`.
pub fn asked_by_pod(spec: &PodSpec, field: &str) -> ResourceList {
    let mut sum = ResourceList::new();
    let mut init = ResourceList::new();
    let mut sidecars = ResourceList::new();
    for container in spec.init_containers.iter() {
        let mut list = asked(container, field);
        if container.restart_always {
            add(&mut sum, &list);
            add(&mut sidecars, &list);
            list = sidecars.clone();
        } else {
            add(&mut list, &sidecars);
        }
        raise(&mut init, &list);
    }
    spec.containers.iter().for_each(|container| add(&mut sum, &asked(container, field)));
    raise(&mut sum, &init);
    sum
}

fn raise(to: &mut ResourceList, at_least: &ResourceList) {
    for (name, amount) in at_least {
        let old = to.entry(name.clone()).or_insert(Quantity::ZERO);
        if old.nanos() < amount.nanos() {
            *old = amount.clone();
        }
    }
}

/// What quotas call a container's or pod's requests and limits. Models `podComputeUsageHelper`.
pub fn compute_usage(requests: &ResourceList, limits: &ResourceList) -> ResourceList {
    let mut usage = ResourceList::from([("pods".to_string(), whole(1))]);
    for name in COMPUTE {
        if let Some(request) = requests.get(name) {
            usage.insert(name.to_string(), request.clone());
            usage.insert(format!("requests.{name}"), request.clone());
        }
        if let Some(limit) = limits.get(name) {
            usage.insert(format!("limits.{name}"), limit.clone());
        }
    }
    usage
}

/// What an object counts for in quotas. Models the evaluators of `pkg/quota/v1/evaluator/core`.
pub fn usage(object: &Object, now: SimTime) -> ResourceList {
    let info = object.kind.info();
    let mut usage = ResourceList::from([(format!("count/{}", info.qualified_plural()), whole(1))]);
    if COUNTED_BY_NAME.contains(&info.plural) {
        usage.insert(info.plural.to_string(), whole(1));
    }
    match &object.body {
        Body::Pod(pod) if uses_resources(object, now) => {
            let (requests, limits) = (asked_by_pod(&pod.spec, "requests"), asked_by_pod(&pod.spec, "limits"));
            add(&mut usage, &compute_usage(&requests, &limits));
        }
        Body::PersistentVolumeClaim(claim) => {
            let mut storage = ResourceList::from([("persistentvolumeclaims".to_string(), whole(1))]);
            if let Ok(request) = Quantity::parse(&claim.spec.request) {
                storage.insert("requests.storage".to_string(), request);
            }
            if let Some(class) = &claim.spec.storage_class_name {
                let of_class = storage.iter();
                let named = |(name, amount): (&String, &Quantity)| {
                    (format!("{class}.storageclass.storage.k8s.io/{name}"), amount.clone())
                };
                let of_class: ResourceList = collections::collect(of_class.map(named));
                storage.extend(of_class);
            }
            add(&mut usage, &storage);
        }
        Body::Service(service) => {
            usage.insert("services".to_string(), whole(1));
            if matches!(&*service.service_type, "NodePort" | "LoadBalancer") {
                usage.insert("services.nodeports".to_string(), whole(service.ports.len()));
            }
            if &*service.service_type == "LoadBalancer" {
                usage.insert("services.loadbalancers".to_string(), whole(1));
            }
        }
        _ => {}
    }
    usage
}

/// Whether a pod counts: it has not ended, and if it was told to go it is not overdue. Models `QuotaV1Pod`.
fn uses_resources(object: &Object, now: SimTime) -> bool {
    let grace = Span::seconds(object.meta.deletion_grace_period_seconds.unwrap_or(0));
    let overdue = object.meta.deletion_timestamp.is_some_and(|at| at + grace < now);
    !object.pod().is_terminal() && !overdue
}
