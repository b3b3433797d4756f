//! Configuration: ConfigMaps, Secrets, ServiceAccounts, and what sets priorities and bounds.

use super::description::Description;
use crate::api::read::{get, list};
use crate::kubectl::printers::text;
use serde_json::Value;

impl Description<'_> {
    pub(super) fn config_map(&mut self) {
        let tree = self.tree();
        self.lines("Name;Namespace");
        self.metadata();
        self.out.push_str("\nData\n====\n");
        for (key, value) in get(&tree, "data").as_object().into_iter().flatten() {
            self.out.extend([key, ":\n----\n", &text(value), "\n\n"]);
        }
        self.out.push_str("\nBinaryData\n====\n");
        for (key, value) in get(&tree, "binaryData").as_object().into_iter().flatten() {
            self.line(0, &[key, ": ", &bytes(value)].concat());
        }
        self.line(0, "");
    }

    pub(super) fn secret(&mut self) {
        let tree = self.tree();
        self.lines("Name;Namespace");
        self.metadata();
        self.lines(";Type={type};;Data;====");
        let is_token = get(&tree, "type") == "kubernetes.io/service-account-token";
        for (key, value) in get(&tree, "data").as_object().into_iter().flatten() {
            let token = (is_token && key == "token").then(|| decode(value));
            self.field(0, key, &token.unwrap_or_else(|| bytes(value)));
        }
    }

    pub(super) fn service_account(&mut self) {
        let tree = self.tree();
        self.lines("Name;Namespace");
        self.metadata();
        let secrets = list(&tree, "imagePullSecrets").iter().map(|s| text(get(s, "name")));
        self.values("Image pull secrets", secrets.collect());
    }

    pub(super) fn pod_disruption_budget(&mut self) {
        let spec = get(self.row.tree(), "spec");
        let least = !get(spec, "minAvailable").is_null();
        self.lines(if least {
            "Name;Namespace;Min available={spec.minAvailable}"
        } else {
            "Name;Namespace;?Max unavailable={spec.maxUnavailable}"
        });
        self.selector_if_set("spec.selector");
        self.lines(
            "Status:;>>Allowed disruptions={status.disruptionsAllowed:0};>>Current={status.currentHealthy:0};\
             >>Desired={status.desiredHealthy:0};>>Total={status.expectedPods:0}",
        );
    }

    pub(super) fn priority_class(&mut self) {
        self.lines(
            "Name;Value={value:0};GlobalDefault={globalDefault:false};PreemptionPolicy={preemptionPolicy};\
             Description={description}",
        );
        self.labels_line("Annotations", "metadata.annotations");
    }
}

/// The text that a text in base64 stands for.
pub(super) fn decode(base64: &Value) -> String {
    let bytes = yaml::base64::decode(&text(base64)).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// How many bytes a text in base64 stands for.
fn bytes(base64: &Value) -> String {
    let length = text(base64).trim_end_matches('=').len() * 3 / 4;
    [&length.to_string(), " bytes"].concat()
}
