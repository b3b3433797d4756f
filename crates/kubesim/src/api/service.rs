//! Service and EndpointSlice. Models `k8s.io/api/core/v1` and `k8s.io/api/discovery/v1`.

use super::read::{self, Writer, get, int, list, opt_str, strings};
use super::{SimTime, Str, Uid};
use serde_json::Value;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The label that says which Service an EndpointSlice belongs to.
pub const SERVICE_NAME_LABEL: &str = "kubernetes.io/service-name";
/// The label that says who manages an EndpointSlice.
pub const MANAGED_BY_LABEL: &str = "endpointslice.kubernetes.io/managed-by";
/// The label that marks a headless Service's Endpoints and EndpointSlices.
pub const HEADLESS_LABEL: &str = "service.kubernetes.io/headless";

#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Service {
    /// Which pods stand behind it; none means that nobody fills its endpoints.
    pub selector: BTreeMap<Str, Str>,
    /// `ClusterIP`, `NodePort`, `LoadBalancer` or `ExternalName`.
    pub service_type: Str,
    /// The virtual IP; `None` (the text) for a headless Service.
    pub cluster_ip: Str,
    pub ports: Rc<[ServicePort]>,
    /// Whether DNS and endpoints name pods that are not Ready.
    pub publish_not_ready_addresses: bool,
    /// The name that an ExternalName Service stands for.
    pub external_name: Option<Str>,
    /// The whole spec as decoded and defaulted.
    pub raw: Rc<Value>,
}

/// A port of a Service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ServicePort {
    /// Its name, if it has one.
    pub name: Option<Str>,
    /// The number.
    pub port: i32,
    /// The pods' port: a number or a name.
    pub target_port: TargetPort,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Str,
    /// The port on each node, for NodePort and LoadBalancer.
    pub node_port: i32,
    /// What is spoken there, such as `http`.
    pub app_protocol: Option<Str>,
}

/// The pods' port behind a Service's port.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum TargetPort {
    Number(i32),
    /// The name of a container port.
    Name(Str),
}

impl Service {
    /// Reads a Service.
    pub fn from_value(v: &Value) -> Service {
        let spec = get(v, "spec");
        Service {
            selector: read::pairs(get(spec, "selector")),
            service_type: opt_str(spec, "type").unwrap_or_else(|| "ClusterIP".into()),
            cluster_ip: read::str(spec, "clusterIP"),
            ports: list(spec, "ports").iter().map(ServicePort::from_value).collect(),
            publish_not_ready_addresses: read::bool(spec, "publishNotReadyAddresses"),
            external_name: opt_str(spec, "externalName"),
            raw: Rc::new(spec.clone()),
        }
    }

    /// Whether it has no virtual IP: DNS answers with the pods.
    pub fn is_headless(&self) -> bool {
        &*self.cluster_ip == "None"
    }

    /// Writes the spec: `raw` with the address that the API server gave it.
    pub fn spec_value(&self) -> Value {
        let mut v = (*self.raw).clone();
        if let Some(o) = v.as_object_mut()
            && !self.cluster_ip.is_empty()
        {
            let ip = Value::String(self.cluster_ip.to_string());
            o.insert("clusterIPs".into(), Value::Array(vec![ip.clone()]));
            o.insert("clusterIP".into(), ip);
        }
        v
    }
}

impl ServicePort {
    fn from_value(v: &Value) -> ServicePort {
        let port = int(v, "port") as i32;
        ServicePort {
            name: opt_str(v, "name"),
            port,
            target_port: match get(v, "targetPort") {
                Value::String(name) => TargetPort::Name(name.as_str().into()),
                number => TargetPort::Number(number.as_i64().filter(|n| *n != 0).map_or(port, |n| n as i32)),
            },
            protocol: opt_str(v, "protocol").unwrap_or_else(|| "TCP".into()),
            node_port: int(v, "nodePort") as i32,
            app_protocol: opt_str(v, "appProtocol"),
        }
    }
}

/// An EndpointSlice: at most 100 endpoints of a Service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointSlice {
    /// `IPv4`
    pub address_type: Str,
    pub endpoints: Rc<[Rc<Endpoint>]>,
    /// The ports that all of them have.
    pub ports: Rc<[EndpointPort]>,
}

/// One pod behind a Service.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Endpoint {
    pub address: Str,
    /// Whether it is to be used (ready and not terminating, or published in any case).
    pub ready: bool,
    /// Whether it could serve (ready, terminating or not); `None` if whoever made the endpoint does not say.
    pub serving: Option<bool>,
    /// Whether the pod was told to stop; `None` if whoever made the endpoint does not say.
    pub terminating: Option<bool>,
    /// The name it has in the Service's domain, when the pod's subdomain is the Service.
    pub hostname: Option<Str>,
    /// The pod's node.
    pub node_name: Option<Str>,
    /// The pod: namespace, name, uid.
    pub target: Option<(Str, Str, Uid)>,
    /// When the pod last became Ready or not Ready, as the controller saw it. Not part of the API: what
    /// `k8s.io/endpointslice/util/trigger_time_tracker.go` remembers between syncs.
    pub trigger_time: Option<SimTime>,
}

/// A port of an EndpointSlice.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EndpointPort {
    /// The Service port's name; empty if it has none.
    pub name: Str,
    /// The pods' port.
    pub port: Option<i32>,
    /// `TCP`, `UDP` or `SCTP`.
    pub protocol: Str,
    /// What is spoken there, such as `http`.
    pub app_protocol: Option<Str>,
}

impl EndpointSlice {
    /// Reads a slice.
    pub fn from_value(v: &Value) -> EndpointSlice {
        EndpointSlice {
            address_type: read::str(v, "addressType"),
            endpoints: list(v, "endpoints").iter().map(|e| Rc::new(Endpoint::from_value(e))).collect(),
            ports: list(v, "ports")
                .iter()
                .map(|p| EndpointPort {
                    name: read::str(p, "name"),
                    port: read::opt_int(p, "port").map(|n| n as i32),
                    protocol: read::str(p, "protocol"),
                    app_protocol: opt_str(p, "appProtocol"),
                })
                .collect(),
        }
    }

    /// Adds its fields to the object's tree.
    pub fn write(&self, w: Writer) -> Writer {
        let ports: Vec<Value> = self.ports.iter().map(EndpointPort::to_value).collect();
        let ports = if ports.is_empty() { Value::Null } else { Value::Array(ports) };
        let endpoints: Vec<Value> = self.endpoints.iter().map(|e| e.to_value()).collect();
        let endpoints = if endpoints.is_empty() { Value::Null } else { Value::Array(endpoints) };
        w.put("addressType", &*self.address_type).put("endpoints", endpoints).put("ports", ports)
    }
}

impl EndpointPort {
    /// Writes the port.
    pub fn to_value(&self) -> Value {
        let w = Writer::new().text("appProtocol", self.app_protocol.as_deref());
        let w = w.put("name", &*self.name).put("protocol", &*self.protocol);
        match self.port {
            Some(port) => w.put("port", port),
            None => w,
        }
        .done()
    }
}

impl Endpoint {
    fn from_value(v: &Value) -> Endpoint {
        let conditions = get(v, "conditions");
        let target = get(v, "targetRef");
        let ready = get(conditions, "ready").as_bool().unwrap_or(true);
        Endpoint {
            address: strings(v, "addresses").into_iter().next().unwrap_or_default(),
            ready,
            serving: get(conditions, "serving").as_bool(),
            terminating: get(conditions, "terminating").as_bool(),
            hostname: opt_str(v, "hostname"),
            node_name: opt_str(v, "nodeName"),
            target: target.is_object().then(|| {
                let uid = opt_str(target, "uid").and_then(|u| Uid::parse(&u)).unwrap_or_default();
                (read::str(target, "namespace"), read::str(target, "name"), uid)
            }),
            trigger_time: None,
        }
    }

    fn to_value(&self) -> Value {
        let mut conditions = Writer::new().put("ready", self.ready);
        for (condition, holds) in [("serving", self.serving), ("terminating", self.terminating)] {
            if let Some(holds) = holds {
                conditions = conditions.put(condition, holds);
            }
        }
        Writer::new()
            .put("addresses", vec![Value::String(self.address.to_string())])
            .put("conditions", conditions.done())
            .text("hostname", self.hostname.as_deref())
            .text("nodeName", self.node_name.as_deref())
            .some("targetRef", self.target_value())
            .done()
    }

    /// Writes the reference to the pod.
    pub fn target_value(&self) -> Option<Value> {
        let (namespace, name, uid) = self.target.as_ref()?;
        let w = Writer::new().put("kind", "Pod").put("namespace", &**namespace);
        Some(w.put("name", &**name).put("uid", uid.to_string()).done())
    }
}
