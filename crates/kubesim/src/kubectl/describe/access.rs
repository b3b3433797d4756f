//! Roles and their bindings.

use super::description::Description;
use crate::api::read::{get, list};
use crate::kubectl::printers::text;
use serde_json::Value;
use std::collections::BTreeMap;

impl Description<'_> {
    /// Roles and cluster roles.
    pub(super) fn role(&mut self) {
        let tree = self.tree();
        self.lines("Name");
        self.metadata();
        self.lines(
            "PolicyRule:;>Resources\tNon-Resource URLs\tResource Names\tVerbs;\
             >---------\t-----------------\t--------------\t-----",
        );
        policy_rules(&tree).iter().for_each(|rule| self.line(1, rule));
    }

    /// Role bindings and cluster role bindings.
    pub(super) fn role_binding(&mut self) {
        let tree = self.tree();
        self.lines("Name");
        self.metadata();
        self.lines(
            "Role:;>Kind={roleRef.kind};>Name={roleRef.name};Subjects:;>Kind\tName\tNamespace;>----\t----\t---------",
        );
        for subject in list(&tree, "subjects") {
            let row = ["kind", "name", "namespace"].map(|f| text(get(subject, f)));
            self.line(1, &row.join("\t"));
        }
    }
}

/// The rows of a role's rules. Models `pkg/util/rbac/rbac.go`: BreakdownRule, CompactRules, SortableRuleSlice.
fn policy_rules(role: &Value) -> Vec<String> {
    let texts = |rule: &Value, field: &str| -> Vec<String> { list(rule, field).iter().map(text).collect() };
    // By group, resource and resource name: the verbs; and what has no resource, one by one.
    let mut simple: BTreeMap<(String, String, Option<String>), Vec<String>> = BTreeMap::new();
    let mut rules: Vec<[Vec<String>; 5]> = Vec::new();
    for rule in list(role, "rules") {
        let verbs = texts(rule, "verbs");
        let mut names: Vec<Option<String>> = texts(rule, "resourceNames").into_iter().map(Some).collect();
        if names.is_empty() {
            names.push(None);
        }
        for group in texts(rule, "apiGroups") {
            for resource in texts(rule, "resources") {
                for name in &names {
                    let known = simple.entry((group.clone(), resource.clone(), name.clone())).or_default();
                    for verb in &verbs {
                        if !known.contains(verb) {
                            known.push(verb.clone());
                        }
                    }
                }
            }
        }
        for url in texts(rule, "nonResourceURLs") {
            for verb in &verbs {
                rules.push([vec![verb.clone()], Vec::new(), Vec::new(), Vec::new(), vec![url.clone()]]);
            }
        }
    }
    for ((group, resource, name), verbs) in simple.into_iter().filter(|(_, verbs)| !verbs.is_empty()) {
        rules.push([verbs, vec![group], vec![resource], name.into_iter().collect(), Vec::new()]);
    }
    let go = |items: &[String]| format!("[{}]", items.join(" "));
    collections::sort_by_cached_key(&mut rules, |rule| rule.each_ref().map(|part| go(part)));
    let row = |[verbs, groups, resources, names, urls]: &[Vec<String>; 5]| {
        let resource = resources.first().map_or("", String::as_str);
        let (resource, sub) = resource.split_once('/').map_or((resource, None), |(r, s)| (r, Some(s)));
        let group = groups.first().filter(|group| !group.is_empty()).map(|group| format!(".{group}"));
        let sub = sub.map(|sub| format!("/{sub}")).unwrap_or_default();
        let group = group.unwrap_or_default();
        format!("{resource}{group}{sub}\t{}\t{}\t{}", go(urls), go(names), go(verbs))
    };
    rules.iter().map(row).collect()
}
