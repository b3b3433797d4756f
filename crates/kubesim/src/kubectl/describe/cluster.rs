//! What belongs to the cluster's network.

use super::description::Description;
use crate::api::read::{get, list};
use crate::kubectl::printers::text;

impl Description<'_> {
    pub(super) fn service_cidr(&mut self) {
        let tree = self.tree();
        self.lines("Name");
        self.metadata();
        let ranges: Vec<String> = list(get(&tree, "spec"), "cidrs").iter().map(text).collect();
        self.field(0, "CIDRs", &ranges.join(", "));
        if !list(get(&tree, "status"), "conditions").is_empty() {
            self.line(0, "Status:");
        }
        self.condition_table();
    }

    pub(super) fn ip_address(&mut self) {
        let tree = self.tree();
        self.lines("Name");
        self.metadata();
        if get(get(&tree, "spec"), "parentRef").is_object() {
            self.lines(
                "Parent Reference:;>Group={spec.parentRef.group};>Resource={spec.parentRef.resource};\
                 >Namespace={spec.parentRef.namespace};>Name={spec.parentRef.name}",
            );
        }
    }
}
