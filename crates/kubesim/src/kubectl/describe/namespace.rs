//! Namespaces, and what bounds what is in them.

use super::description::Description;
use crate::api::Kind;
use crate::api::read::{get, list};
use crate::kubectl::printers::{at, or, text};
use serde_json::Value;

const LIMIT_HEADERS: &str = "Type\tResource\tMin\tMax\tDefault Request\tDefault Limit\tMax Limit/Request Ratio\n \
    ----\t--------\t---\t---\t---------------\t-------------\t-----------------------";

const SCOPES: [(&str, &str); 4] = [
    (
        "Terminating",
        "Matches all pods that have an active deadline. These pods have a limited lifespan on a node before being actively \
         terminated by the system.",
    ),
    (
        "NotTerminating",
        "Matches all pods that do not have an active deadline. These pods usually include long running pods whose container \
         command is not expected to terminate.",
    ),
    (
        "BestEffort",
        "Matches all pods that do not have resource requirements set. These pods have a best effort quality of service.",
    ),
    (
        "NotBestEffort",
        "Matches all pods that have at least one resource requirement set. These pods have a burstable or guaranteed quality \
         of service.",
    ),
];

impl Description<'_> {
    pub(super) fn namespace(&mut self) {
        self.lines("Name");
        self.metadata();
        self.lines("Status={status.phase}");
        self.condition_table();
        self.namespace_limits();
    }

    pub(super) fn resource_quota(&mut self) {
        self.lines("Name;Namespace");
        let tree = self.tree();
        self.scopes(0, " * ", &tree);
        self.quota(0, "----", &tree);
    }

    pub(super) fn limit_range(&mut self) {
        self.lines("Name;Namespace");
        self.line(0, &LIMIT_HEADERS.replace("\n ", "\n"));
        self.limits(&self.tree(), "");
    }

    /// What a quota counts, with a sentence about each scope that has one. Models `helpTextForResourceQuotaScope`.
    fn scopes(&mut self, level: usize, mark: &str, quota: &Value) {
        let mut scopes: Vec<String> = list(get(quota, "spec"), "scopes").iter().map(text).collect();
        if scopes.is_empty() {
            return;
        }
        collections::sort(&mut scopes);
        self.field(level, "Scopes", &scopes.join(", "));
        for scope in &scopes {
            if let Some((_, sentence)) = SCOPES.iter().find(|(name, _)| name == scope) {
                self.line(level, &[mark, sentence].concat());
            }
        }
    }

    fn quota(&mut self, level: usize, rule: &str, quota: &Value) {
        self.line(level, "Resource\tUsed\tHard");
        self.line(level, &format!("--------\t{rule}\t{rule}"));
        let status = get(quota, "status");
        for (what, hard) in get(status, "hard").as_object().into_iter().flatten() {
            let used = or(text(get(get(status, "used"), what)), "0");
            self.line(level, &format!("{what}\t{used}\t{}", text(hard)));
        }
    }

    fn namespace_limits(&mut self) {
        let namespace = self.row.object.meta.name.clone();
        let all = |kind| self.store.list_in(kind, &namespace).map(|o| o.to_value()).collect::<Vec<_>>();
        let (quotas, ranges) = (all(Kind::ResourceQuota), all(Kind::LimitRange));
        self.line(0, if quotas.is_empty() { "\nNo resource quota." } else { "\nResource Quotas" });
        for quota in &quotas {
            self.field(1, "Name", &text(at(quota, "metadata.name")));
            self.scopes(1, "* ", quota);
            self.quota(1, "---", quota);
        }
        if ranges.is_empty() {
            return self.line(0, "\nNo LimitRange resource.");
        }
        self.line(0, &format!("\nResource Limits\n {LIMIT_HEADERS}"));
        ranges.iter().for_each(|range| self.limits(range, " "));
    }

    fn limits(&mut self, range: &Value, indent: &str) {
        const COLUMNS: [&str; 5] = ["min", "max", "defaultRequest", "default", "maxLimitRequestRatio"];
        for limit in list(get(range, "spec"), "limits") {
            let mut names: Vec<&String> = COLUMNS
                .iter()
                .flat_map(|c| get(limit, c).as_object().into_iter().flatten().map(|(k, _)| k))
                .collect();
            collections::sort(&mut names);
            names.dedup();
            for name in names {
                let cells = COLUMNS.map(|c| or(text(get(get(limit, c), name)), "-"));
                self.line(0, &format!("{indent}{}\t{name}\t{}", text(get(limit, "type")), cells.join("\t")));
            }
        }
    }
}
