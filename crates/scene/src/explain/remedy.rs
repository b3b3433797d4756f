//! Commands that help.

use kubesim::Str;
use kubesim::api::service::{Service, TargetPort};

/// A kubectl command about something in this namespace.
pub fn in_namespace(command: String, namespace: &str) -> String {
    match namespace {
        "" | "default" => command,
        other => command + " -n " + other,
    }
}

/// A command that applies an object in JSON.
pub(super) fn apply(json: &str) -> String {
    format!("echo '{json}' | kubectl apply -f -")
}

/// Labels as the inside of a JSON object.
pub(super) fn pairs<'a>(labels: impl Iterator<Item = (&'a Str, &'a Str)>) -> String {
    labels.map(|(name, value)| format!(r#""{name}":"{value}""#)).collect::<Vec<_>>().join(",")
}

/// A headless Service of this name for pods with these labels, in JSON.
pub(super) fn headless<'a>(name: &str, labels: impl Iterator<Item = (&'a Str, &'a Str)>) -> String {
    let labels = pairs(labels);
    format!(
        r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"{name}"}},"spec":{{"clusterIP":"None","selector":{{{labels}}}}}}}"#
    )
}

/// This Service without a virtual IP, in JSON. A virtual IP can't be taken from a Service that has one
/// (`pkg/registry/core/service/strategy.go`), so it has to be made anew.
pub(super) fn made_headless(name: &str, service: &Service) -> String {
    let ports = service.ports.iter().map(|port| {
        let target = match &port.target_port {
            TargetPort::Number(number) => number.to_string(),
            TargetPort::Name(name) => format!("\"{name}\""),
        };
        let name = port.name.as_ref().map(|name| format!(r#""name":"{name}","#)).unwrap_or_default();
        format!(r#"{{{name}"port":{},"protocol":"{}","targetPort":{target}}}"#, port.port, port.protocol)
    });
    let ports = ports.collect::<Vec<_>>().join(",");
    let selector = pairs(service.selector.iter());
    format!(
        r#"{{"apiVersion":"v1","kind":"Service","metadata":{{"name":"{name}"}},"spec":{{"clusterIP":"None","ports":[{ports}],"selector":{{{selector}}}}}}}"#
    )
}

/// A storage class of this name, made as the cluster's own, in JSON.
pub(super) fn class(name: &str) -> String {
    format!(
        r#"{{"apiVersion":"storage.k8s.io/v1","kind":"StorageClass","metadata":{{"name":"{name}"}},"provisioner":"rancher.io/local-path","volumeBindingMode":"WaitForFirstConsumer"}}"#
    )
}

/// A command that makes a class the default.
pub(super) fn as_default(class: &str) -> String {
    let patch = r#"{"metadata":{"annotations":{"storageclass.kubernetes.io/is-default-class":"true"}}}"#;
    format!("kubectl patch storageclass {class} -p '{patch}'")
}
