//! Containers of a pod or of a template. Models `describeContainers`.

use super::description::{Description, time};
use crate::api::read::{get, int, list};
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
        for (title, field) in [("Limits:", "limits"), ("Requests:", "requests")] {
            self.pairs(2, title, get(get(container, "resources"), field));
        }
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
                let (list, what) = resource.split_once('.').unwrap_or((&resource, ""));
                let value = or(text(get(get(get(container, "resources"), list), what)), "0");
                let unlimited = value == "0" && list == "limits";
                format!("{} ({resource})", if unlimited { "node allocatable" } else { &value })
            } else if let Some(secret) = source("valueFrom.secretKeyRef") {
                key_of(secret, "in secret")
            } else if let Some(map) = source("valueFrom.configMapKeyRef") {
                key_of(map, "of config map")
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
            let path = get(mount, "subPath").as_str().map(|p| format!(",path={p:?}")).unwrap_or_default();
            let (mount_path, name) = (text(get(mount, "mountPath")), text(get(mount, "name")));
            self.line(3, &format!("{mount_path} from {name} ({mode}{path})"));
        }
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
        format!("http-get {scheme}://{host}:{port}{path} {timing}")
    } else if get(probe, "tcpSocket").is_object() {
        format!("tcp-socket {}:{} {timing}", field("tcpSocket.host"), field("tcpSocket.port"))
    } else if get(probe, "grpc").is_object() {
        format!("grpc <pod>:{} {} {timing}", field("grpc.port"), field("grpc.service"))
    } else {
        format!("unknown {timing}")
    }
}

/// A field of a pod for its environment: `status.podIP`, `metadata.labels['app']`.
fn pod_field(pod: &Value, path: &str) -> String {
    match path.split_once("['") {
        Some((map, key)) => text(get(at(pod, map), key.trim_end_matches("']"))),
        None => text(at(pod, path)),
    }
}
