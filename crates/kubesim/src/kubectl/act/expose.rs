//! `kubectl expose`. Models `k8s.io/kubectl/pkg/cmd/expose/expose.go` and `pkg/polymorphichelpers`: canbeexposed.go,
//! mapbasedselectorforobject.go, portsforobject.go, multiprotocolsforobject.go.

use super::arguments::labels_of;
use super::create::{make, override_tree};
use super::documents;
use super::local;
use super::record::record;
use crate::api::{Kind, Object};
use crate::kubectl::resource::{Found, Query};
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use serde_json::{Map, Value, json};
use std::rc::Rc;

/// How long a Service's name may be.
const MOST_NAME: usize = 63;

/// `kubectl expose pod flask-0 --port=80`
pub fn expose(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let Found { objects, mut failures, .. } = found(inv, io)?;
    for object in objects {
        let service = match service(inv, &object) {
            Ok(service) => service,
            Err(failure) => {
                failures.push(failure);
                continue;
            }
        };
        failures.extend(make(inv, io, Kind::Service, service, "exposed").err());
    }
    Failure::all(failures)?;
    Next::OK
}

/// The objects that are to be exposed. What stands in a file need not be there.
fn found(inv: &Invocation, io: &Io) -> Result<Found, Failure> {
    if !inv.has("filename") {
        // Its `--selector` is the new Service's.
        return Query { labels: None, ..Query::of(inv, &inv.args) }.find(io.api.store());
    }
    inv.only_paths(&inv.args)?;
    let (documents, failures) = documents::read_all(inv)?;
    let objects = documents.iter().map(|d| Rc::new(local::object(d.kind, &d.tree))).collect();
    Ok(Found { objects, failures, single: false })
}

/// The Service of an object. Errors: the object can't have one, or the flags don't fit it.
fn service(inv: &Invocation, object: &Object) -> Result<Value, Failure> {
    let kind = object.kind;
    let exposable =
        [Kind::ReplicationController, Kind::Service, Kind::Pod, Kind::Deployment, Kind::ReplicaSet];
    if !exposable.contains(&kind) {
        let info = kind.info();
        let dot = if info.group.is_empty() { "" } else { "." };
        return Err(Failure::client(format!("cannot expose a {}{dot}{}", info.name, info.group)));
    }
    let tree = object.to_value();
    let selector = match inv.get("selector").filter(|text| !text.is_empty()) {
        Some(text) => labels_of(text)?,
        None => selector_of(kind, &tree).map_err(|why| {
            Failure::client(format!(
                "couldn't retrieve selectors via --selector flag or introspection: {why}"
            ))
        })?,
    };
    let ports = ports(inv, kind, &tree)?;
    if selector.as_object().is_none_or(Map::is_empty) {
        return Err(Failure::client("selector must be specified"));
    }
    let name: String = object.meta.name.chars().take(MOST_NAME).collect();
    let name = inv.get("name").filter(|name| !name.is_empty()).unwrap_or(&name);
    let mut metadata = json!({"name": name});
    match inv.get("labels").filter(|text| !text.is_empty()) {
        Some(text) => metadata["labels"] = labels_of(text)?,
        None if tree["metadata"]["labels"].is_object() => {
            metadata["labels"] = tree["metadata"]["labels"].clone()
        }
        None => {}
    }
    let mut spec = json!({"selector": selector});
    if !ports.is_empty() {
        spec["ports"] = ports.into();
    }
    for (flag, field) in [("type", "type"), ("cluster-ip", "clusterIP")] {
        if let Some(value) = inv.get(flag).filter(|value| !value.is_empty()) {
            spec[field] = value.into();
        }
    }
    if let Some(address) = inv.get("external-ip").filter(|address| !address.is_empty()) {
        spec["externalIPs"] = json!([address]);
    }
    if spec["type"] == "LoadBalancer" && inv.has("load-balancer-ip") {
        spec["loadBalancerIP"] = inv.text("load-balancer-ip").into();
    }
    match inv.text("session-affinity") {
        "" => {}
        affinity @ ("None" | "ClientIP") => spec["sessionAffinity"] = affinity.into(),
        other => return Err(Failure::client(format!("unknown session affinity: {other}"))),
    }
    let mut service = json!({"metadata": metadata, "spec": spec});
    override_tree(inv, Kind::Service, &mut service)?;
    record(inv, &mut service);
    Ok(service)
}

/// Which pods an object has. Errors: it has none that a Service could select.
fn selector_of(kind: Kind, tree: &Value) -> Result<Value, String> {
    let is_empty = |labels: &Value| labels.as_object().is_none_or(Map::is_empty);
    match kind {
        Kind::Pod => match &tree["metadata"]["labels"] {
            labels if is_empty(labels) => Err("the pod has no labels and cannot be exposed".into()),
            labels => Ok(labels.clone()),
        },
        Kind::Service => match &tree["spec"]["selector"] {
            Value::Null => Err("the service has no pod selector set".into()),
            labels => Ok(labels.clone()),
        },
        Kind::ReplicationController => Ok(tree["spec"]["selector"].clone()),
        _ => {
            let what = if kind == Kind::Deployment { "deployment" } else { "replicaset" };
            let selector = &tree["spec"]["selector"];
            if is_empty(&selector["matchLabels"]) {
                return Err(format!("invalid {what}: no selectors, therefore cannot be exposed"));
            }
            let expressions = selector["matchExpressions"].as_array().filter(|list| !list.is_empty());
            if let Some(list) = expressions {
                let text = |e: &Value| {
                    let word = |field: &str| e[field].as_str().unwrap_or_default().to_string();
                    let values = e["values"].as_array().into_iter().flatten().filter_map(Value::as_str);
                    let values = values.collect::<Vec<_>>().join(" ");
                    format!("{{Key:{} Operator:{} Values:[{values}]}}", word("key"), word("operator"))
                };
                let list: Vec<String> = list.iter().map(text).collect();
                let list = list.join(" ");
                return Err(format!(
                    "couldn't convert expressions - \"[{list}]\" to map-based selector format"
                ));
            }
            Ok(selector["matchLabels"].clone())
        }
    }
}

/// The ports that an object serves, each with its protocol.
fn served(kind: Kind, tree: &Value) -> Vec<(i64, String)> {
    let protocol = |port: &Value| port["protocol"].as_str().unwrap_or("TCP").to_string();
    let all = |list: &Value, field: &str| -> Vec<(i64, String)> {
        let ports = list.as_array().into_iter().flatten();
        ports.filter_map(|port| Some((port[field].as_i64()?, protocol(port)))).collect()
    };
    if kind == Kind::Service {
        return all(&tree["spec"]["ports"], "port");
    }
    let spec = if kind == Kind::Pod { &tree["spec"] } else { &tree["spec"]["template"]["spec"] };
    let containers = spec["containers"].as_array().into_iter().flatten();
    containers.flat_map(|container| all(&container["ports"], "containerPort")).collect()
}

/// The Service's ports. Models `createService`.
fn ports(inv: &Invocation, kind: Kind, tree: &Value) -> Result<Vec<Value>, Failure> {
    let served = served(kind, tree);
    let numbers: Vec<String> = match inv.get("port").filter(|text| !text.is_empty()) {
        Some(text) => text.split(',').map(String::from).collect(),
        None => served.iter().map(|(number, _)| number.to_string()).collect(),
    };
    if numbers.is_empty() && inv.text("cluster-ip") != "None" {
        return Err(Failure::client("couldn't find port via --port flag or introspection"));
    }
    let mut ports = Vec::new();
    for (n, text) in numbers.iter().enumerate() {
        let number: i64 = text
            .parse()
            .map_err(|_| Failure::client(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
        let name = if numbers.len() > 1 { format!("port-{}", n + 1) } else { String::new() };
        let mut protocols: Vec<&str> = served
            .iter()
            .filter(|(port, _)| *port == number)
            .map(|(_, protocol)| protocol.as_str())
            .collect();
        protocols.dedup();
        if let Some(protocol) = inv.get("protocol").filter(|protocol| !protocol.is_empty()) {
            protocols = vec![protocol];
        }
        if protocols.is_empty() {
            protocols.push("TCP");
        }
        for (m, protocol) in protocols.iter().enumerate() {
            let target = match inv.get("target-port").filter(|target| !target.is_empty()) {
                Some(target) => target.parse::<i64>().map_or(Value::from(target), Value::from),
                None => number.into(),
            };
            let mut port = json!({"port": number, "protocol": protocol, "targetPort": target});
            let name = match (protocols.len() > 1, name.as_str()) {
                (false, name) => name.to_string(),
                (true, "") => format!("port-{}", m + 1),
                (true, name) => format!("{name}-{}", m + 1),
            };
            if !name.is_empty() {
                port["name"] = name.into();
            }
            ports.push(port);
        }
    }
    Ok(ports)
}
