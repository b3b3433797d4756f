//! Pods.

use super::description::{Description, conditions, time};
use super::template::tolerations;
use crate::api::Object;
use crate::api::read::{get, list};
use crate::kubectl::printers::{age, text};
use serde_json::Value;

impl Description<'_> {
    pub(super) fn pod(&mut self) {
        let tree = self.tree();
        let (spec, status) = (get(&tree, "spec"), get(&tree, "status"));
        self.lines(
            "Name;Namespace;?Priority={spec.priority};?Priority Class Name={spec.priorityClassName};\
             ?Runtime Class Name={spec.runtimeClassName};?Service Account={spec.serviceAccountName}",
        );
        let node = match get(spec, "nodeName").as_str() {
            Some(node) => [node, "/", &text(get(status, "hostIP"))].concat(),
            None => "<none>".into(),
        };
        self.field(0, "Node", &node);
        self.optional("Start Time", &time(get(status, "startTime")));
        self.metadata();
        self.pod_status();
        self.lines("?Reason={status.reason};?Message={status.message}");
        self.seccomp_profile(0, 0, get(spec, "securityContext"));
        self.lines("IP={status.podIP}");
        self.pod_ips(list(status, "podIPs"));
        self.controlled_by();
        self.lines("?NominatedNodeName={status.nominatedNodeName}");
        if let resources @ Value::Object(_) = get(spec, "resources") {
            self.line(0, "Resources:");
            self.resources(1, resources);
        }
        self.pod_containers(spec, Some(&tree), "");
        self.readiness_gates(list(spec, "readinessGates"));
        let rows = conditions(&tree, &["type", "status"], " \t").into_iter().map(|row| row + " ").collect();
        self.table("Conditions:\n  Type\tStatus", rows);
        self.volumes(list(spec, "volumes"), "");
        self.lines("QoS Class={status.qosClass}");
        self.labels("Node-Selectors", get(spec, "nodeSelector"));
        self.values("Tolerations", tolerations(spec));
        self.topology_spread(spec, "");
        self.scheduling_group(spec, "");
    }

    fn pod_status(&mut self) {
        let Object { meta, .. } = self.row.object;
        let pod = self.row.object.pod();
        match meta.deletion_timestamp {
            Some(at) if !pod.is_terminal() => {
                let lasts = age(at, self.row.now);
                self.field(0, "Status", &format!("Terminating (lasts {lasts})"));
                let grace = meta.deletion_grace_period_seconds.unwrap_or(0);
                self.field(0, "Termination Grace Period", &format!("{grace}s"));
            }
            _ => self.field(0, "Status", pod.status.phase.name()),
        }
    }

    fn pod_ips(&mut self, ips: &[Value]) {
        if ips.is_empty() {
            return self.field(0, "IPs", "<none>");
        }
        self.line(0, "IPs:");
        ips.iter().for_each(|ip| self.field(1, "IP", &text(get(ip, "ip"))));
    }

    fn readiness_gates(&mut self, gates: &[Value]) {
        let pod = self.row.object.pod();
        let state = |gate: &Value| {
            let kind = text(get(gate, "conditionType"));
            let status = pod.condition(&kind).map_or("<none>", |c| c.status_name());
            [&kind, " \t", status, " "].concat()
        };
        self.table("Readiness Gates:\n  Type\tStatus", gates.iter().map(state).collect());
    }
}
