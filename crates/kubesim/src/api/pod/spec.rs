//! A pod's `spec`: what is wanted of it, and what admission adds.

use super::container::Container;
use crate::api::node::Taint;
use crate::api::read::{self, Writer, get, list, opt_int, opt_str};
use crate::api::{Map, Str};
use serde_json::Value;
use std::rc::Rc;

/// A pod's `spec`. The typed fields are the truth for what they name; `raw` holds the whole tree as decoded and
/// defaulted, shared between all pods of a template.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PodSpec {
    /// The node it runs on; set by the scheduler's binding.
    pub node_name: Option<Str>,
    /// The host name inside the pod; a StatefulSet sets it to the pod's name.
    pub hostname: Option<Str>,
    /// The Service that gives it a domain; a StatefulSet sets it to `serviceName`.
    pub subdomain: Option<Str>,
    /// Run one after the other before the containers.
    pub init_containers: Rc<[Container]>,
    /// Run side by side.
    pub containers: Rc<[Container]>,
    /// Added to the running pod by `kubectl debug`, beside the others.
    pub ephemeral_containers: Rc<[Container]>,
    /// What containers can mount.
    pub volumes: Rc<[Volume]>,
    /// How long it may take to stop after it was told to, in seconds.
    pub termination_grace_period_seconds: i64,
    /// When containers that ended are started again.
    pub restart_policy: RestartPolicy,
    /// Labels that a node must have.
    pub node_selector: Map,
    /// The ServiceAccount; `default` if none was named.
    pub service_account_name: Str,
    /// Whether it uses the node's network and address.
    pub host_network: bool,
    /// Taints it tolerates.
    pub tolerations: Rc<[Toleration]>,
    /// The projected volume with the ServiceAccount's token that admission gave the pod; empty if the pod wants no
    /// token, none in a template.
    pub token_volume: Option<Str>,
    /// The whole spec as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// When containers that ended are started again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RestartPolicy {
    /// Always (the only one a StatefulSet may have).
    Always,
    /// Only when they failed.
    OnFailure,
    Never,
}

/// A volume of a pod.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Volume {
    /// Its name in the pod.
    pub name: Str,
    pub source: VolumeSource,
    /// The whole volume as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// What a pod's volume is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum VolumeSource {
    /// A claim's volume: outlasts the pod.
    Claim(Str),
    /// Empty at the pod's start and gone with it.
    EmptyDir,
    /// A ConfigMap's keys as files.
    ConfigMap(Str),
    /// A Secret's keys as files.
    Secret(Str),
    /// Fields of the pod, or several sources in one (`downwardAPI`, `projected`).
    Projected,
    /// Anything else: kept, not simulated (an empty directory).
    Other,
}

/// A taint that a pod tolerates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Toleration {
    /// The taint's key; every key if absent.
    pub key: Option<Str>,
    /// The taint's value; any value if absent (`operator: Exists`).
    pub value: Option<Str>,
    /// The taint's effect; every effect if absent.
    pub effect: Option<Str>,
    /// How long a `NoExecute` taint is tolerated, in seconds; for ever if absent.
    pub seconds: Option<i64>,
}

/// How the names of token volumes begin.
pub const TOKEN_VOLUME_PREFIX: &str = "kube-api-access-";

/// Where a pod finds its service account's token.
pub const TOKEN_PATH: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

impl PodSpec {
    /// A container, init container or ephemeral container.
    pub fn container(&self, name: &str) -> Option<&Container> {
        let all = self.init_containers.iter().chain(self.containers.iter());
        all.chain(self.ephemeral_containers.iter()).find(|c| &*c.name == name)
    }

    /// The claims it mounts, in the order of its volumes.
    pub fn claims(&self) -> impl Iterator<Item = &Str> {
        self.volumes.iter().filter_map(|v| match &v.source {
            VolumeSource::Claim(name) => Some(name),
            _ => None,
        })
    }

    /// CPU it requests, in thousandths: the sum over containers, or the largest init container if that is more.
    pub fn cpu_request_millis(&self) -> i64 {
        let sum: i64 = self.containers.iter().map(|c| c.cpu_request_millis).sum();
        self.init_containers.iter().map(|c| c.cpu_request_millis).max().unwrap_or(0).max(sum)
    }

    /// Memory it requests, in bytes; as for CPU.
    pub fn memory_request_bytes(&self) -> i64 {
        let sum: i64 = self.containers.iter().map(|c| c.memory_request_bytes).sum();
        self.init_containers.iter().map(|c| c.memory_request_bytes).max().unwrap_or(0).max(sum)
    }

    /// Whether somebody holds it back from the scheduler (`schedulingGates`).
    pub fn is_gated(&self) -> bool {
        !list(&self.raw, "schedulingGates").is_empty()
    }

    /// The quality of service class. Models `pkg/apis/core/v1/helper/qos/qos.go: ComputePodQOS`.
    pub fn qos_class(&self) -> &'static str {
        let all = || self.init_containers.iter().chain(self.containers.iter());
        fn of<'a>(c: &'a Container, field: &str, what: &str) -> Option<&'a str> {
            get(get(get(&c.raw, "resources"), field), what).as_str()
        }
        fn pairs(c: &Container) -> [(Option<&str>, Option<&str>); 2] {
            ["cpu", "memory"].map(|what| (of(c, "requests", what), of(c, "limits", what)))
        }
        if all().all(|c| pairs(c).iter().all(|(r, l)| r.is_none() && l.is_none())) {
            return "BestEffort";
        }
        let guaranteed = all().all(|c| pairs(c).iter().all(|(r, l)| l.is_some() && (r.is_none() || r == l)));
        if guaranteed { "Guaranteed" } else { "Burstable" }
    }

    /// Reads a pod's spec, or a template's.
    pub fn from_value(v: &Value) -> PodSpec {
        let containers = |field| list(v, field).iter().map(Container::from_value).collect();
        PodSpec {
            node_name: opt_str(v, "nodeName"),
            hostname: opt_str(v, "hostname"),
            subdomain: opt_str(v, "subdomain"),
            init_containers: containers("initContainers"),
            containers: containers("containers"),
            ephemeral_containers: containers("ephemeralContainers"),
            volumes: list(v, "volumes").iter().map(Volume::from_value).collect(),
            termination_grace_period_seconds: opt_int(v, "terminationGracePeriodSeconds").unwrap_or(30),
            restart_policy: match get(v, "restartPolicy").as_str() {
                Some("OnFailure") => RestartPolicy::OnFailure,
                Some("Never") => RestartPolicy::Never,
                _ => RestartPolicy::Always,
            },
            node_selector: read::map(v, "nodeSelector"),
            service_account_name: opt_str(v, "serviceAccountName").unwrap_or_else(|| "default".into()),
            host_network: read::bool(v, "hostNetwork"),
            tolerations: list(v, "tolerations").iter().map(Toleration::from_value).collect(),
            token_volume: None,
            raw: Rc::new(v.clone()),
        }
    }

    /// Writes the spec: `raw` with the typed fields that change after creation.
    pub fn to_value(&self) -> Value {
        let mut v = (*self.raw).clone();
        let Some(o) = v.as_object_mut() else { return v };
        for (field, value) in
            [("nodeName", &self.node_name), ("hostname", &self.hostname), ("subdomain", &self.subdomain)]
        {
            match value {
                Some(value) => o.insert(field.into(), Value::String(value.to_string())),
                None => o.remove(field),
            };
        }
        if !self.volumes.is_empty() {
            let volumes = self.volumes.iter().map(|v| (*v.raw).clone()).collect();
            o.insert("volumes".into(), Value::Array(volumes));
        }
        if let Some(token) = &self.token_volume {
            admitted(o, token, &self.service_account_name, &self.tolerations);
        }
        v
    }

    /// The token volume of another pod, from whose tree this spec was made.
    pub fn given_token_volume(&self) -> Option<Str> {
        let name =
            |volume: &Volume| Some(volume.name.clone()).filter(|name| name.starts_with(TOKEN_VOLUME_PREFIX));
        self.volumes.iter().find_map(name)
    }

    /// This spec, which was read from a tree that shows what admission had added to `old`, with that kept apart again.
    pub fn readmitted(&self, old: &PodSpec) -> PodSpec {
        match &old.token_volume {
            Some(token) => self.without_volume(token),
            None => self.clone(),
        }
    }

    /// This spec with a token volume of this name, which its tree shows already.
    pub fn without_volume(&self, token: &Str) -> PodSpec {
        let mut v = (*self.raw).clone();
        let remove = |holder: &mut Value, field: &str| {
            if let Some(list) = holder.get_mut(field).and_then(Value::as_array_mut) {
                list.retain(|item| get(item, "name") != &**token);
            }
        };
        remove(&mut v, "volumes");
        for field in ["initContainers", "containers"] {
            let containers = v.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten();
            containers.for_each(|container| remove(container, "volumeMounts"));
        }
        PodSpec { token_volume: Some(token.clone()), ..PodSpec::from_value(&v) }
    }
}

/// Adds what the admission plugins ServiceAccount, DefaultTolerationSeconds and Priority add to every pod.
fn admitted(
    spec: &mut serde_json::Map<String, Value>,
    token: &str,
    account: &str,
    tolerations: &[Toleration],
) {
    if !token.is_empty() {
        mount_token(spec, token);
    }
    for (field, value) in [
        ("serviceAccountName", Value::from(account)),
        ("serviceAccount", Value::from(account)),
        ("tolerations", tolerations.iter().map(Toleration::to_value).collect()),
    ] {
        spec.insert(field.into(), value);
    }
    // `enableServiceLinks`: `pkg/apis/core/v1/defaults.go: SetDefaults_Pod`: a template has it not by default.
    for (field, value) in [
        ("priority", Value::from(0)),
        ("preemptionPolicy", "PreemptLowerPriority".into()),
        ("enableServiceLinks", true.into()),
    ] {
        spec.entry(field).or_insert(value);
    }
}

fn mount_token(spec: &mut serde_json::Map<String, Value>, token: &str) {
    let mount = Writer::new().put("name", token).put("readOnly", true).put("mountPath", TOKEN_PATH).done();
    for field in ["initContainers", "containers"] {
        for container in spec.get_mut(field).and_then(Value::as_array_mut).into_iter().flatten() {
            let Some(container) = container.as_object_mut() else { continue };
            // Who mounts something there himself is left alone.
            let mounts = container.get("volumeMounts").and_then(Value::as_array).into_iter().flatten();
            if mounts.into_iter().any(|mount| get(mount, "mountPath") == TOKEN_PATH) {
                continue;
            }
            let mounts = container.entry("volumeMounts").or_insert_with(|| Value::Array(Vec::new()));
            mounts.as_array_mut().into_iter().for_each(|m| m.push(mount.clone()));
        }
    }
    let item = |path: &str, more: (&str, Value)| Writer::new().put(more.0, more.1).put("path", path).done();
    let field = Writer::new().put("apiVersion", "v1").put("fieldPath", "metadata.namespace").done();
    let root_ca = Writer::new()
        .put("name", "kube-root-ca.crt")
        .put("items", vec![item("ca.crt", ("key", "ca.crt".into()))])
        .done();
    let source = |kind: &str, of: Value| Writer::new().put(kind, of).done();
    let sources = vec![
        source("serviceAccountToken", item("token", ("expirationSeconds", 3607.into()))),
        source("configMap", root_ca),
        source(
            "downwardAPI",
            Writer::new().put("items", vec![item("namespace", ("fieldRef", field))]).done(),
        ),
    ];
    let projected = Writer::new().put("defaultMode", 420).put("sources", sources).done();
    let volumes = spec.entry("volumes").or_insert_with(|| Value::Array(Vec::new()));
    let volume = Writer::new().put("name", token).put("projected", projected).done();
    volumes.as_array_mut().into_iter().for_each(|v| v.push(volume.clone()));
}

impl Volume {
    /// A volume that is a claim (what a StatefulSet adds for each claim template).
    pub fn of_claim(name: &str, claim_name: &str) -> Volume {
        let claim = Writer::new().put("claimName", claim_name).done();
        let raw = Writer::new().put("name", name).put("persistentVolumeClaim", claim).done();
        Volume { name: name.into(), source: VolumeSource::Claim(claim_name.into()), raw: Rc::new(raw) }
    }

    /// Reads a volume.
    pub fn from_value(v: &Value) -> Volume {
        let source = if let Some(claim) = v.get("persistentVolumeClaim") {
            VolumeSource::Claim(read::str(claim, "claimName"))
        } else if v.get("emptyDir").is_some() {
            VolumeSource::EmptyDir
        } else if let Some(map) = v.get("configMap") {
            VolumeSource::ConfigMap(read::str(map, "name"))
        } else if let Some(secret) = v.get("secret") {
            VolumeSource::Secret(read::str(secret, "secretName"))
        } else if v.get("projected").or(v.get("downwardAPI")).is_some() {
            VolumeSource::Projected
        } else {
            VolumeSource::Other
        };
        Volume { name: read::str(v, "name"), source, raw: Rc::new(v.clone()) }
    }
}

impl Toleration {
    fn from_value(v: &Value) -> Toleration {
        let exists = get(v, "operator") == "Exists";
        Toleration {
            key: opt_str(v, "key"),
            value: (!exists).then(|| read::str(v, "value")),
            effect: opt_str(v, "effect"),
            seconds: opt_int(v, "tolerationSeconds"),
        }
    }

    pub(crate) fn to_value(&self) -> Value {
        let mut w = Writer::new()
            .text("key", self.key.as_deref())
            .put("operator", if self.value.is_some() { "Equal" } else { "Exists" })
            .text("value", self.value.as_deref())
            .text("effect", self.effect.as_deref());
        if let Some(seconds) = self.seconds {
            w = w.put("tolerationSeconds", seconds);
        }
        w.done()
    }

    /// Whether it tolerates this taint (`v1helper.ToleratesTaint`).
    pub fn tolerates(&self, taint: &Taint) -> bool {
        self.effect.as_ref().is_none_or(|e| *e == taint.effect)
            && self.key.as_ref().is_none_or(|k| *k == taint.key)
            && self.value.as_ref().is_none_or(|v| *v == taint.value)
    }
}
