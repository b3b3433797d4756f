//! Pod templates and claim templates.

use super::description::Description;
use super::storage::class;
use crate::api::read::{get, list};
use crate::kubectl::printers::{at, or, selector, text};
use serde_json::Value;

impl Description<'_> {
    pub(super) fn template(&mut self, template: &Value) {
        let spec = get(template, "spec");
        self.line(0, "Pod Template:");
        self.labels("  Labels", at(template, "metadata.labels"));
        let annotations = at(template, "metadata.annotations");
        if annotations.as_object().is_some_and(|a| !a.is_empty()) {
            self.annotations("  Annotations", annotations);
        }
        if let Some(account) = get(spec, "serviceAccountName").as_str() {
            self.field(1, "Service Account", account);
        }
        self.pod_containers(spec, None, "  ");
        self.volumes(list(spec, "volumes"), "  ");
        self.topology_spread(spec, "  ");
        if let Some(class) = get(spec, "priorityClassName").as_str() {
            self.field(1, "Priority Class Name", class);
        }
        self.labels("  Node-Selectors", get(spec, "nodeSelector"));
        self.values("  Tolerations", tolerations(spec));
        self.scheduling_group(spec, "  ");
    }

    /// Models `describeTopologySpreadConstraints`.
    pub(super) fn topology_spread(&mut self, spec: &Value, space: &str) {
        let mut constraints: Vec<&Value> = list(spec, "topologySpreadConstraints").iter().collect();
        collections::sort_by_key(&mut constraints, |c| text(get(c, "topologyKey")));
        let one = |c: &&Value| {
            let [key, when, skew] = ["topologyKey", "whenUnsatisfiable", "maxSkew"].map(|f| text(get(c, f)));
            let pods = match get(c, "labelSelector") {
                Value::Null => String::new(),
                pods => [" for selector ", &selector(pods)].concat(),
            };
            [&key, ":", &when, " when max skew ", &skew, " is exceeded", &pods].concat()
        };
        for (n, line) in constraints.iter().map(one).enumerate() {
            let title = if n == 0 { "Topology Spread Constraints:" } else { "" };
            self.line(0, &[space, title, "\t", &line].concat());
        }
    }

    pub(super) fn scheduling_group(&mut self, spec: &Value, space: &str) {
        if let group @ Value::Object(_) = get(spec, "schedulingGroup") {
            self.line(0, &[space, "SchedulingGroup:"].concat());
            self.field(1, "PodGroupName", &text(get(group, "podGroupName")));
        }
    }

    pub(super) fn claim_templates(&mut self, claims: &[Value]) {
        if claims.is_empty() {
            return self.field(0, "Volume Claims", "<none>");
        }
        self.line(0, "Volume Claims:");
        for claim in claims {
            self.field(1, "Name", &text(at(claim, "metadata.name")));
            self.field(1, "StorageClass", &class(claim));
            self.labels("  Labels", at(claim, "metadata.labels"));
            self.labels("  Annotations", at(claim, "metadata.annotations"));
            self.field(1, "Capacity", &or(text(at(claim, "spec.resources.requests.storage")), "<default>"));
            let modes: Vec<String> = list(get(claim, "spec"), "accessModes").iter().map(text).collect();
            self.field(1, "Access Modes", &format!("[{}]", modes.join(" ")));
        }
    }
}

/// `key=value:Effect op=Exists for 300s`, by key.
pub(super) fn tolerations(spec: &Value) -> Vec<String> {
    let mut tolerations: Vec<&Value> = list(spec, "tolerations").iter().collect();
    collections::sort_by_key(&mut tolerations, |t| text(get(t, "key")));
    let with = |sign: &str, value: String| if value.is_empty() { value } else { format!("{sign}{value}") };
    let one = |t: &&Value| {
        let field = |name| text(get(t, name));
        let mut line = format!("{}{}{}", field("key"), with("=", field("value")), with(":", field("effect")));
        if field("operator") == "Exists" && field("value").is_empty() {
            line.push_str(if line.is_empty() { "op=Exists" } else { " op=Exists" });
        }
        if let Some(seconds) = get(t, "tolerationSeconds").as_i64() {
            line.push_str(&format!(" for {seconds}s"));
        }
        line
    };
    tolerations.iter().map(one).collect()
}
