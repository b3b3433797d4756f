//! Autoscalers.

use super::description::{Description, conditions};
use crate::api::read::{get, int, list};
use crate::kubectl::printers::{at, or, text};
use serde_json::Value;

impl Description<'_> {
    pub(super) fn horizontal_pod_autoscaler(&mut self) {
        let tree = self.tree();
        let spec = get(&tree, "spec");
        self.lines("Name;Namespace");
        self.metadata();
        self.created();
        self.lines(
            "Reference={spec.scaleTargetRef.kind}/{spec.scaleTargetRef.name};Metrics=( current / target )",
        );
        list(spec, "metrics").iter().for_each(|metric| self.line(1, &target_metric(metric)));
        self.lines("Min replicas={spec.minReplicas:<unset>};Max replicas={spec.maxReplicas:0}");
        self.scaling_behavior(get(spec, "behavior"));
        self.lines(
            "{spec.scaleTargetRef.kind} pods:\t{status.currentReplicas:0} current / {status.desiredReplicas:0} desired",
        );
        self.table(
            "Conditions:\n  Type\tStatus\tReason\tMessage\n  ----\t------\t------\t-------",
            conditions(&tree, &["type", "status", "reason", "message"], "\t"),
        );
    }

    fn scaling_behavior(&mut self, behavior: &Value) {
        if behavior.is_null() {
            return;
        }
        self.line(0, "Behavior:");
        for (label, field) in [("Scale Up", "scaleUp"), ("Scale Down", "scaleDown")] {
            let rules = get(behavior, field);
            if rules.is_null() {
                continue;
            }
            self.line(1, &format!("{label}:"));
            if let Some(seconds) = get(rules, "stabilizationWindowSeconds").as_i64() {
                self.line(2, &format!("Stabilization Window: {seconds} seconds"));
            }
            let policies = list(rules, "policies");
            if policies.is_empty() {
                continue;
            }
            self.line(2, &format!("Select Policy: {}", or(text(get(rules, "selectPolicy")), "Max")));
            self.line(2, "Policies:");
            for policy in policies {
                let (kind, value) = (text(get(policy, "type")), int(policy, "value"));
                let seconds = int(policy, "periodSeconds");
                self.line(3, &format!("- Type: {kind}\tValue: {value}\tPeriod: {seconds} seconds"));
            }
        }
    }
}

/// A metric that is aimed at; nothing measures, so what it is now is unknown.
fn target_metric(metric: &Value) -> String {
    let kind = text(get(metric, "type"));
    let field = format!(
        "{}{}",
        kind.get(..1).unwrap_or_default().to_ascii_lowercase(),
        kind.get(1..).unwrap_or_default()
    );
    let of = get(metric, &field);
    let target = get(of, "target");
    let name = text(at(of, "metric.name"));
    let (average, value) = (text(get(target, "averageValue")), text(get(target, "value")));
    match kind.as_str() {
        "External" if !average.is_empty() => {
            format!("{name:?} (target average value):\t<unknown> / {average}")
        }
        "External" => format!("{name:?} (target value):\t<unknown> / {value}"),
        "Pods" => format!("{name:?} on pods:\t<unknown> / {average}"),
        "Object" => {
            let object = get(of, "describedObject");
            let which = format!("\"{name}\" on {}/{} ", text(get(object, "kind")), text(get(object, "name")));
            if get(target, "type") == "AverageValue" {
                format!("{which}(target average value):\t<unknown> / {average}")
            } else {
                format!("{which}(target value):\t<unknown> / {value}")
            }
        }
        "Resource" | "ContainerResource" => {
            let mut which = format!("resource {}", text(get(of, "name")));
            if kind == "ContainerResource" {
                which.push_str(&format!(" of container \"{}\"", text(get(of, "container"))));
            }
            if !average.is_empty() {
                return format!("{which} on pods:\t<unknown> / {average}");
            }
            let percent = get(target, "averageUtilization").as_i64();
            let percent = percent.map_or("<auto>".into(), |percent| format!("{percent}%"));
            format!("{which} on pods  (as a percentage of request):\t<unknown> / {percent}")
        }
        _ => format!("<unknown metric type {kind:?}>"),
    }
}
