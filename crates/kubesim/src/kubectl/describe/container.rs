//! Containers of a pod or of a template. Models `describeContainers`.

use super::description::{Description, time};
use crate::api::read::{get, int, list};
use crate::base::quantity::Quantity;
use crate::kubectl::printers::{at, or, text};
use serde_json::Value;

impl Description<'_> {
    /// Init containers, containers and ephemeral containers; of a template (without a pod) with one more space.
    pub(super) fn pod_containers(&mut self, spec: &Value, pod: Option<&Value>, space: &str) {
        for (title, containers, statuses) in [
            ("Init Containers", "initContainers", "initContainerStatuses"),
            ("Containers", "containers", "containerStatuses"),
            ("Ephemeral Containers", "ephemeralContainers", "ephemeralContainerStatuses"),
        ] {
            let containers = list(spec, containers);
            if containers.is_empty() && title != "Containers" {
                continue;
            }
            let none = if containers.is_empty() { " <none>" } else { "" };
            self.line(0, &format!("{space}{title}:{none}"));
            for container in containers {
                let statuses = pod.map_or(&[][..], |pod| list(get(pod, "status"), statuses));
                let status = statuses.iter().find(|s| get(s, "name") == get(container, "name"));
                self.container(container, status, pod, space);
            }
        }
    }

    fn container(&mut self, container: &Value, status: Option<&Value>, pod: Option<&Value>, space: &str) {
        let field = |name| text(get(container, name));
        let indent = if space.is_empty() { "" } else { " " };
        self.line(1, &format!("{indent}{}:", field("name")));
        if let Some(status) = status {
            self.field(2, "Container ID", &text(get(status, "containerID")));
        }
        self.field(2, "Image", &field("image"));
        if let Some(status) = status {
            self.field(2, "Image ID", &text(get(status, "imageID")));
        }
        for (label, number) in [("Port", "containerPort"), ("Host Port", "hostPort")] {
            let port = |p: &Value| {
                let port = format!("{}/{}", int(p, number), text(get(p, "protocol")));
                match get(p, "name").as_str() {
                    Some(name) => format!("{port} ({name})"),
                    None => port,
                }
            };
            let ports: Vec<String> = list(container, "ports").iter().map(port).collect();
            let s = if ports.len() > 1 { "s" } else { "" };
            self.field(2, &format!("{label}{s}"), &or(ports.join(", "), "<none>"));
        }
        self.seccomp_profile(2, 3, get(container, "securityContext"));
        for (title, words) in [("Command:", "command"), ("Args:", "args")] {
            let words = list(container, words);
            if !words.is_empty() {
                self.line(2, title);
            }
            words.iter().for_each(|w| text(w).split('\n').for_each(|line| self.line(3, line)));
        }
        if let Some(status) = status {
            self.container_state("State", get(status, "state"));
            if at(status, "lastState.terminated").is_object() {
                self.container_state("Last State", get(status, "lastState"));
            }
            let ready = if get(status, "ready") == true { "True" } else { "False" };
            self.field(2, "Ready", ready);
            self.field(2, "Restart Count", &int(status, "restartCount").to_string());
        }
        self.resources(2, get(container, "resources"));
        for (label, field) in
            [("Liveness", "livenessProbe"), ("Readiness", "readinessProbe"), ("Startup", "startupProbe")]
        {
            if let probe @ Value::Object(_) = get(container, field) {
                self.field(2, label, &describe_probe(probe));
            }
        }
        self.environment(container, pod);
        self.mounts(container);
    }

    /// Limits and requests.
    pub(super) fn resources(&mut self, level: usize, resources: &Value) {
        for (title, field) in [("Limits:", "limits"), ("Requests:", "requests")] {
            self.pairs(level, title, get(resources, field));
        }
    }

    /// The seccomp profile of a security context, and the file if it is one of the node's.
    pub(super) fn seccomp_profile(&mut self, level: usize, file_level: usize, context: &Value) {
        let profile = get(context, "seccompProfile");
        if profile.is_object() {
            self.field(level, "SeccompProfile", &text(get(profile, "type")));
            if get(profile, "type") == "Localhost" {
                self.field(file_level, "LocalhostProfile", &text(get(profile, "localhostProfile")));
            }
        }
    }

    fn container_state(&mut self, label: &str, state: &Value) {
        if let running @ Value::Object(_) = get(state, "running") {
            self.field(2, label, "Running");
            self.field(3, "Started", &time(get(running, "startedAt")));
        } else if let ended @ Value::Object(_) = get(state, "terminated") {
            self.field(2, label, "Terminated");
            for (label, field) in [("Reason", "reason"), ("Message", "message")] {
                if let Some(text) = get(ended, field).as_str() {
                    self.field(3, label, text);
                }
            }
            self.field(3, "Exit Code", &int(ended, "exitCode").to_string());
            if int(ended, "signal") > 0 {
                self.field(3, "Signal", &int(ended, "signal").to_string());
            }
            self.field(3, "Started", &time(get(ended, "startedAt")));
            self.field(3, "Finished", &time(get(ended, "finishedAt")));
        } else {
            self.field(2, label, "Waiting");
            if let Some(reason) = at(state, "waiting.reason").as_str() {
                self.field(3, "Reason", reason);
            }
        }
    }

    fn environment(&mut self, container: &Value, pod: Option<&Value>) {
        let from = list(container, "envFrom");
        if !from.is_empty() {
            self.line(2, "Environment Variables from:");
        }
        for source in from {
            for (kind, field) in [("ConfigMap", "configMapRef"), ("Secret", "secretRef")] {
                if let source_ref @ Value::Object(_) = get(source, field) {
                    let prefix = match get(source, "prefix").as_str() {
                        Some(prefix) => format!(" with prefix '{prefix}'"),
                        None => String::new(),
                    };
                    let (name, optional) =
                        (text(get(source_ref, "name")), get(source_ref, "optional") == true);
                    self.line(3, &format!("{name}\t{kind}{prefix}\tOptional: {optional}"));
                }
            }
        }
        let env = list(container, "env");
        self.line(2, if env.is_empty() { "Environment:\t<none>" } else { "Environment:" });
        for variable in env {
            let name = text(get(variable, "name"));
            let source = |field| Some(at(variable, field)).filter(|v| v.is_object());
            let key_of = |r: &Value, what: &str| {
                let (key, name, optional) =
                    (text(get(r, "key")), text(get(r, "name")), get(r, "optional") == true);
                format!("<set to the key '{key}' {what} '{name}'>\tOptional: {optional}")
            };
            let value = if let Some(field) = source("valueFrom.fieldRef") {
                let path = text(get(field, "fieldPath"));
                let found = pod.map(|pod| pod_field(pod, &path)).unwrap_or_default();
                format!("{found} ({}:{path})", or(text(get(field, "apiVersion")), "v1"))
            } else if let Some(field) = source("valueFrom.resourceFieldRef") {
                let resource = text(get(field, "resource"));
                let value = resource_value(container, &resource, &text(get(field, "divisor")));
                let unlimited = value == "0" && ["limits.cpu", "limits.memory"].contains(&&*resource);
                format!("{} ({resource})", if unlimited { "node allocatable" } else { &value })
            } else if let Some(secret) = source("valueFrom.secretKeyRef") {
                key_of(secret, "in secret")
            } else if let Some(map) = source("valueFrom.configMapKeyRef") {
                key_of(map, "of config map")
            } else if source("valueFrom").is_some() {
                // Of other sources kubectl says nothing.
                continue;
            } else {
                text(get(variable, "value")).replace('\n', "\n      \t")
            };
            self.field(3, &name, &value);
        }
    }

    fn mounts(&mut self, container: &Value) {
        let mut mounts: Vec<&Value> = list(container, "volumeMounts").iter().collect();
        collections::sort_by_key(&mut mounts, |m| text(get(m, "mountPath")));
        self.line(2, if mounts.is_empty() { "Mounts:\t<none>" } else { "Mounts:" });
        for mount in mounts {
            let mode = if get(mount, "readOnly") == true { "ro" } else { "rw" };
            let path = get(mount, "subPath").as_str().filter(|p| !p.is_empty());
            let path = path.map(|p| format!(",path={p:?}")).unwrap_or_default();
            let (mount_path, name) = (text(get(mount, "mountPath")), text(get(mount, "name")));
            self.line(3, &format!("{mount_path} from {name} ({mode}{path})"));
        }
        let mut devices: Vec<[String; 2]> = list(container, "volumeDevices")
            .iter()
            .map(|device| ["devicePath", "name"].map(|f| text(get(device, f))))
            .collect();
        collections::sort(&mut devices);
        if !devices.is_empty() {
            let none = if list(container, "volumeMounts").is_empty() { "\t<none>" } else { "" };
            self.line(2, &["Devices:", none].concat());
        }
        devices.iter().for_each(|device| self.line(3, &device.join(" from ")));
    }
}

fn describe_probe(probe: &Value) -> String {
    let number = |field| int(probe, field);
    let timing = format!(
        "delay={}s timeout={}s period={}s #success={} #failure={}",
        number("initialDelaySeconds"),
        number("timeoutSeconds"),
        number("periodSeconds"),
        number("successThreshold"),
        number("failureThreshold")
    );
    let field = |path| text(at(probe, path));
    if get(probe, "exec").is_object() {
        let words: Vec<String> = list(get(probe, "exec"), "command").iter().map(text).collect();
        format!("exec [{}] {timing}", words.join(" "))
    } else if get(probe, "httpGet").is_object() {
        let scheme = or(field("httpGet.scheme").to_lowercase(), "http");
        let (host, port, path) = (field("httpGet.host"), field("httpGet.port"), field("httpGet.path"));
        let slash = if path.is_empty() || path.starts_with('/') { "" } else { "/" };
        format!("http-get {scheme}://{host}:{port}{slash}{path} {timing}")
    } else if get(probe, "tcpSocket").is_object() {
        format!("tcp-socket {}:{} {timing}", field("tcpSocket.host"), field("tcpSocket.port"))
    } else if get(probe, "grpc").is_object() {
        format!("grpc <pod>:{} {} {timing}", field("grpc.port"), field("grpc.service"))
    } else {
        format!("unknown {timing}")
    }
}

/// A field of a pod's metadata for its environment; kubectl reads no other. Models `k8s.io/kubectl/pkg/util/fieldpath`.
fn pod_field(pod: &Value, path: &str) -> String {
    match path.split_once("['") {
        Some((map, key)) => text(get(at(pod, map), key.trim_end_matches("']"))),
        None if ["metadata.labels", "metadata.annotations"].contains(&path) => {
            let pairs = at(pod, path).as_object().into_iter().flatten();
            pairs.map(|(k, v)| format!("{k}={:?}", text(v))).collect::<Vec<_>>().join("\n")
        }
        None if path.starts_with("metadata.") => text(at(pod, path)),
        None => String::new(),
    }
}

/// What a container may use, in units of the divisor, rounded up. Models `k8s.io/kubectl/pkg/util/resource:
/// ExtractContainerResourceValue`.
fn resource_value(container: &Value, resource: &str, divisor: &str) -> String {
    let (list, what) = resource.split_once('.').unwrap_or((resource, ""));
    let amount = text(get(get(get(container, "resources"), list), what));
    Quantity::in_units(Quantity::parse(&amount).map_or(0, |quantity| quantity.nanos()), divisor)
}
