//! What the API server adds to, or refuses of, a request after decoding. Models the admission plugins that are on by
//! default (`NamespaceLifecycle`, `ServiceAccount`, `LimitRanger`, `DefaultTolerationSeconds`, `DefaultStorageClass`,
//! `StorageObjectInUseProtection`, `ResourceQuota`) and what the registry gives at creation (a Service's cluster IP).

use super::history::Cause;
use super::limit_range;
use super::server::ApiServer;
use super::store::Store;
use crate::api::meta::{PV_PROTECTION_FINALIZER, PVC_PROTECTION_FINALIZER};
use crate::api::pod::{PodSpec, TOKEN_VOLUME_PREFIX, Toleration, condition};
use crate::api::read::{get, int};
use crate::api::status::{ApiError, StatusReason};
use crate::api::verdict::Component;
use crate::api::volume::{ClaimPhase, DEFAULT_CLASS, PersistentVolumeClaim};
use crate::api::{Body, Key, Kind, Object, Uid};
use crate::base::quantity::parse_milli_value;
use crate::base::text::common;
use crate::validation;
use serde_json::Value;
use std::cmp::Reverse;
use std::rc::Rc;

/// Seconds for which a pod tolerates a node that is not ready or not reachable, unless it says otherwise.
pub const DEFAULT_TOLERATION_SECONDS: i64 = 300;

/// The account of pods that name none.
const DEFAULT_ACCOUNT: &str = "default";

/// The condition of a pod that somebody holds back: its reason and its message. Models
/// `pkg/registry/core/pod/strategy.go: applySchedulingGatedCondition`.
const SCHEDULING_GATED: (&str, &str) =
    ("SchedulingGated", "Scheduling is blocked due to non-empty scheduling gates");

/// How many ports nodes have for Services, from 30000 on.
const NODE_PORTS: usize = 2768;

impl ApiServer {
    /// Changes the object as admission does. Errors: what admission refuses.
    pub(super) fn admit(&mut self, object: &mut Object) -> Result<(), ApiError> {
        self.admit_to_namespace(object)?;
        if let Body::Pod(pod) = &object.body {
            let mounts_token = self.admit_service_account(object, &pod.spec)?;
            let priority = self.admit_priority(object, &pod.spec)?;
            limit_range::default_resources(&self.store, object);
            let token_name = Uid::random(&mut self.rng).name_suffix(5);
            let mut token =
                if mounts_token { format!("{TOKEN_VOLUME_PREFIX}{token_name}") } else { String::new() };
            let spec = Rc::make_mut(&mut object.pod_mut().spec);
            // A tree that shows another pod's volume keeps that one's name.
            if let Some(given) = spec.given_token_volume().filter(|_| mounts_token) {
                token = given.to_string();
                *spec = spec.without_volume(&given);
            }
            spec.token_volume = Some(if mounts_token { token.into() } else { common("") });
            // All pods of a template share their tree, but for those that a class gives something.
            if let Some(class) = priority
                && let Some(fields) = Rc::make_mut(&mut spec.raw).as_object_mut()
            {
                fields.insert("priorityClassName".into(), Value::from(&*class.meta.name));
                for (field, of) in [("priority", "value"), ("preemptionPolicy", "preemptionPolicy")] {
                    fields.insert(field.into(), get(tree(&class), of).clone());
                }
            }
        }
        match &mut object.body {
            Body::Pod(pod) => {
                if pod.spec.is_gated() {
                    let now = self.now;
                    let (reason, message) = SCHEDULING_GATED;
                    pod.set_condition(condition::SCHEDULED, Some(false), Some(reason), Some(message), now);
                }
                let spec = Rc::make_mut(&mut pod.spec);
                let tolerates = |key: &str, list: &[Toleration]| {
                    list.iter().any(|t| {
                        t.key.as_ref().is_none_or(|k| **k == *key)
                            && t.effect.as_ref().is_none_or(|e| **e == *"NoExecute")
                    })
                };
                let missing = ["node.kubernetes.io/not-ready", "node.kubernetes.io/unreachable"]
                    .into_iter()
                    .filter(|key| !tolerates(key, &spec.tolerations))
                    .map(|key| Toleration {
                        key: Some(common(key)),
                        value: None,
                        effect: Some(common("NoExecute")),
                        seconds: Some(DEFAULT_TOLERATION_SECONDS),
                    })
                    .collect::<Vec<_>>();
                spec.tolerations = spec.tolerations.iter().cloned().chain(missing).collect();
            }
            Body::PersistentVolumeClaim(claim) => {
                if claim.spec.storage_class_name.is_none() {
                    let default = default_class(&self.store).map(|class| class.meta.name.clone());
                    Rc::make_mut(&mut claim.spec).storage_class_name = default;
                }
                object.meta.add_finalizer(PVC_PROTECTION_FINALIZER);
            }
            Body::PersistentVolume(volume) => {
                volume.last_phase_transition_time = Some(self.now.whole_seconds());
                object.meta.add_finalizer(PV_PROTECTION_FINALIZER);
            }
            Body::Service(_) => self.allocate(object)?,
            _ => {}
        }
        Ok(())
    }

    /// Gives a Service its virtual IP and its ports on the nodes.
    /// Models `pkg/registry/core/service/storage/alloc.go`. Errors: what it asks for is somebody else's.
    pub(crate) fn allocate(&mut self, object: &mut Object) -> Result<(), ApiError> {
        let Body::Service(service) = &object.body else { return Ok(()) };
        if &*service.service_type == "ExternalName" {
            return Ok(());
        }
        let is_other = |other: &Object| other.key() != object.key();
        let others = || self.store.list(Kind::Service).filter(|other| is_other(other)).map(|o| o.service());
        let (ip, used) = (service.cluster_ip.clone(), others().any(|s| s.cluster_ip == service.cluster_ip));
        if !ip.is_empty() && &*ip != "None" && used {
            let why = format!("[{:?}]: failed to allocate IP {ip}: provided IP is already allocated", &*ip);
            return Err(invalid_value(object, "spec.clusterIPs", &why));
        }
        let wants_ports = match &*service.service_type {
            "NodePort" => true,
            "LoadBalancer" => service.raw.get("allocateLoadBalancerNodePorts") != Some(&Value::Bool(false)),
            _ => false,
        };
        let mut taken: Vec<i32> = others().flat_map(|s| s.ports.iter().map(|p| p.node_port)).collect();
        let mut tree = object.to_value();
        let mut given =
            self.allocate_node_ports(object, &mut tree["spec"]["ports"], wants_ports, &mut taken)?;
        let spec = &mut tree["spec"];
        let needs_check = spec["type"] == "LoadBalancer" && spec["externalTrafficPolicy"] == "Local";
        if needs_check && spec["healthCheckNodePort"].as_i64().unwrap_or(0) == 0 {
            spec["healthCheckNodePort"] = self.free_node_port(&taken, "HealthCheck NodePort 0")?.into();
            given = true;
        }
        if given {
            object.body = Object::from_value(Kind::Service, &tree).body;
        }
        if ip.is_empty() {
            let ip = self.free_cluster_ip();
            if let Body::Service(service) = &mut object.body {
                service.cluster_ip = ip;
            }
        }
        Ok(())
    }

    /// Gives a Service's ports theirs on the nodes, which join those that are taken. Returns whether it gave any. Models
    /// `alloc.go: allocNodePort`. Errors: a port is somebody else's, or none is free.
    fn allocate_node_ports(
        &mut self,
        object: &Object,
        ports: &mut Value,
        wants_ports: bool,
        taken: &mut Vec<i32>,
    ) -> Result<bool, ApiError> {
        // Two protocols on one port share a node's port.
        let mut shared: Vec<(i64, i32)> = Vec::new();
        for port in ports.as_array().into_iter().flatten() {
            if let (Some(number), Some(on_node)) = (port["port"].as_i64(), port["nodePort"].as_i64()) {
                shared.push((number, on_node as i32));
            }
        }
        let of_port = |shared: &[(i64, i32)], number: i64| {
            let mut on_nodes = shared.iter().filter(|(port, on_node)| *port == number && *on_node != 0);
            on_nodes.next().map(|(_, on_node)| *on_node)
        };
        let mut own: Vec<i32> = Vec::new();
        let mut given = false;
        for (n, port) in ports.as_array_mut().into_iter().flatten().enumerate() {
            let number_of_port = port["port"].as_i64().unwrap_or(0);
            match port["nodePort"].as_i64().unwrap_or(0) as i32 {
                0 if wants_ports && let Some(number) = of_port(&shared, number_of_port) => {
                    port["nodePort"] = number.into();
                    given = true;
                }
                0 if wants_ports => {
                    let number = self.free_node_port(taken, "nodePort")?;
                    taken.push(number);
                    shared.push((number_of_port, number));
                    port["nodePort"] = number.into();
                    given = true;
                }
                number if number != 0 && taken.contains(&number) && !own.contains(&number) => {
                    let why = format!("{number}: provided port is already allocated");
                    return Err(invalid_value(object, &format!("spec.ports[{n}].nodePort"), &why));
                }
                number => {
                    taken.push(number);
                    own.push(number);
                }
            }
        }
        Ok(given)
    }

    /// A port of `--service-node-port-range` that is not taken, by chance. Errors: none is left for `what`.
    fn free_node_port(&mut self, taken: &[i32], what: &str) -> Result<i32, ApiError> {
        if taken.iter().filter(|port| **port != 0).count() >= NODE_PORTS {
            let message = format!("Internal error occurred: failed to allocate a {what}: range is full");
            return Err(ApiError::new(StatusReason::InternalError, message));
        }
        loop {
            let number = 30_000 + self.rng.below(NODE_PORTS) as i32;
            if !taken.contains(&number) {
                return Ok(number);
            }
        }
    }

    /// Models `plugin/namespace/lifecycle/admission.go`.
    fn admit_to_namespace(&self, object: &Object) -> Result<(), ApiError> {
        if !object.kind.info().namespaced {
            return Ok(());
        }
        let namespace = self.store.find_cluster(Kind::Namespace, &object.meta.namespace);
        let Some(namespace) = namespace else {
            return Err(ApiError::not_found(&Key::cluster(Kind::Namespace, &object.meta.namespace)));
        };
        if namespace.meta.is_terminating() { Err(ApiError::namespace_terminating(object)) } else { Ok(()) }
    }

    /// Whether the pod gets its service account's token.
    /// Models `plugin/pkg/admission/serviceaccount/admission.go`. Errors: there is no such account.
    fn admit_service_account(&mut self, pod: &Object, spec: &PodSpec) -> Result<bool, ApiError> {
        let (namespace, name) = (&pod.meta.namespace, &spec.service_account_name);
        if &**name == DEFAULT_ACCOUNT {
            self.make_default_account(namespace);
        }
        let Some(account) = self.store.find(Kind::ServiceAccount, namespace, name) else {
            let message = format!(
                "error looking up service account {namespace}/{name}: serviceaccount \"{name}\" not found"
            );
            return Err(ApiError::forbidden(pod, &message));
        };
        let asks = |of: &Value| of.get("automountServiceAccountToken").and_then(Value::as_bool);
        Ok(asks(&spec.raw).or_else(|| asks(tree(account))).unwrap_or(true))
    }

    /// Makes a namespace's default account where it is missing: admission waits a second or two for its controller, which has
    /// made it by then (`plugin/pkg/admission/serviceaccount/admission.go: getServiceAccount`).
    fn make_default_account(&mut self, namespace: &str) {
        if self.store.find(Kind::ServiceAccount, namespace, DEFAULT_ACCOUNT).is_some() {
            return;
        }
        let cause = std::mem::replace(&mut self.cause, Cause::Component(Component::NamespaceController));
        let tree = serde_json::json!({"metadata": {"name": DEFAULT_ACCOUNT, "namespace": namespace}});
        // Something may forbid it, such as a quota; then the namespace does without.
        let _ = self.create(Object::from_value(Kind::ServiceAccount, &tree));
        self.cause = cause;
    }

    /// The class that gives the pod its priority, if any does.
    /// Models `plugin/pkg/admission/priority/admission.go`. Errors: there is no such class, or the pod wants another priority.
    fn admit_priority(&self, pod: &Object, spec: &PodSpec) -> Result<Option<Rc<Object>>, ApiError> {
        let name = spec.raw.get("priorityClassName").and_then(Value::as_str).unwrap_or_default();
        let class = match name {
            "" => {
                self.store.list(Kind::PriorityClass).find(|class| get(tree(class), "globalDefault") == true)
            }
            name => match self.store.get(&Key::cluster(Kind::PriorityClass, name)) {
                None => {
                    let message = format!("no PriorityClass with name {name} was found");
                    return Err(ApiError::forbidden(pod, &message));
                }
                found => found,
            },
        };
        let computed = class.map_or(0, |class| int(tree(class), "value"));
        match spec.raw.get("priority").and_then(Value::as_i64) {
            Some(given) if given != computed => {
                let message = format!(
                    "the integer value of priority ({given}) must not be provided in pod spec; priority admission \
                     controller computed {computed} from the given PriorityClass name"
                );
                Err(ApiError::forbidden(pod, &message))
            }
            _ => Ok(class.cloned()),
        }
    }

    /// Refuses a complete object that is not valid, or that asks for more than its namespace allows.
    ///
    /// What users send was validated on its way here (see `strategy`). Controllers build pods and claims out of
    /// parts that were valid by themselves, which the whole need not be: a name that is too long for a label.
    pub(super) fn check(&mut self, object: &Object) -> Result<(), ApiError> {
        let by_component = matches!(self.cause, Cause::Component(_));
        let is_made = by_component && matches!(object.kind, Kind::Pod | Kind::PersistentVolumeClaim);
        let is_like = |valid: &Rc<Object>| validation::is_as_valid_as(object, valid);
        if is_made && !self.valid.get(&object.kind).is_some_and(is_like) {
            let mut errors: Vec<String> = validation::validate(object.kind, &object.to_value())
                .iter()
                .map(ToString::to_string)
                .collect();
            errors.dedup();
            let causes = match &errors[..] {
                [] => String::new(),
                [error] => error.clone(),
                _ => format!("[{}]", errors.join(", ")),
            };
            if !causes.is_empty() {
                let (kind, name) = (object.kind.name(), &object.meta.name);
                let message = format!("{kind} \"{name}\" is invalid: {causes}");
                return Err(ApiError::new(StatusReason::Invalid, message));
            }
            self.valid.insert(object.kind, Rc::new(object.clone()));
        }
        limit_range::check(&self.store, object)?;
        self.charge_quotas(object)
    }

    /// Refuses a valid new version of an object. Models `plugin/pkg/admission/storage/persistentvolume/resize/admission.go`.
    pub(crate) fn admit_update(&self, new: &Object, old: &Object) -> Result<(), ApiError> {
        let (Body::PersistentVolumeClaim(new_claim), Body::PersistentVolumeClaim(claim)) =
            (&new.body, &old.body)
        else {
            return Ok(());
        };
        let size = |claim: &PersistentVolumeClaim| parse_milli_value(&claim.spec.request).unwrap_or(0);
        if size(new_claim) <= size(claim) {
            return Ok(());
        }
        if claim.phase != ClaimPhase::Bound {
            return Err(ApiError::forbidden(old, "Only bound persistent volume claims can be expanded"));
        }
        let class = match &claim.spec.storage_class_name {
            Some(name) if new_claim.spec.storage_class_name.as_ref() == Some(name) => {
                self.store.get(&Key::cluster(Kind::StorageClass, name))
            }
            _ => None,
        };
        if class.is_some_and(|class| class.to_value()["allowVolumeExpansion"] == true) {
            return Ok(());
        }
        Err(ApiError::forbidden(
            old,
            "only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize",
        ))
    }

    /// A virtual IP that no Service has, out of 10.200.0.0/16.
    fn free_cluster_ip(&mut self) -> crate::api::Str {
        loop {
            let n = 256 + self.rng.below(0xFF00 - 256);
            let ip = format!("10.200.{}.{}", n >> 8, n & 0xFF);
            let taken = self.store.list(Kind::Service).any(|s| *s.service().cluster_ip == *ip);
            if !taken && n & 0xFF != 0 {
                return ip.into();
            }
        }
    }
}

/// The class of claims that name none: the newest of those that are marked so.
/// Models `pkg/volume/util/storageclass.go: GetDefaultClass`.
pub(crate) fn default_class(store: &Store) -> Option<&Rc<Object>> {
    let is_default = |class: &&Rc<Object>| class.meta.annotation(DEFAULT_CLASS) == Some("true");
    let newest_first =
        |class: &&Rc<Object>| (Reverse(class.meta.creation_timestamp), class.meta.name.clone());
    store.list(Kind::StorageClass).filter(is_default).min_by_key(newest_first)
}

/// What an object says whose kind is only stored.
fn tree(object: &Object) -> &Value {
    match &object.body {
        Body::Other(tree) => tree,
        _ => &Value::Null,
    }
}

/// `errors.NewInvalid` with one cause.
fn invalid_value(object: &Object, field: &str, why: &str) -> ApiError {
    let error = validation::FieldError { field: field.to_owned(), message: format!("Invalid value: {why}") };
    validation::invalid(object.kind, &object.meta.name, &[error])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Span;

    /// What the set's last failure said.
    fn last_failure(manifest: &str) -> String {
        let mut cluster = crate::testing::recorded();
        crate::testing::create(&mut cluster, manifest);
        cluster.run_until(cluster.now() + Span::seconds(8));
        assert_eq!(cluster.api.store().list(Kind::Pod).count(), 0);
        let events = cluster.api.store().list(Kind::Event).map(|o| o.event());
        let failure = events.filter(|e| &*e.reason == "FailedCreate").max_by_key(|e| e.last_timestamp);
        failure.expect("pods could not be made").message.to_string()
    }

    /// Recorded as traces/gate-off/long-name.json.
    #[test]
    fn a_sets_name_can_be_too_long_for_its_pods_labels() {
        let name = "a".repeat(55);
        let manifest = crate::testing::SEED
            .replace("name: flask\nspec:\n  selector", &format!("name: {name}\nspec:\n  selector"));
        assert_eq!(
            last_failure(&manifest),
            format!(
                "Create Pod {name}-0 in StatefulSet {name} failed error: Pod \"{name}-0\" is invalid: metadata.labels: \
                 Invalid value: \"{name}-7d558464d5\": must be no more than 63 bytes"
            )
        );
    }

    /// Recorded as traces/gate-off/missing-service-account.json.
    #[test]
    fn a_pod_needs_its_service_account() {
        let manifest = crate::testing::SEED
            .replace("      containers:\n", "      serviceAccountName: nobody\n      containers:\n");
        assert_eq!(
            last_failure(&manifest),
            "Create Pod flask-0 in StatefulSet flask failed error: pods \"flask-0\" is forbidden: error looking up \
             service account default/nobody: serviceaccount \"nobody\" not found"
        );
    }
}
