//! Network policies.

use super::description::Description;
use crate::api::LabelSelector;
use crate::api::read::{get, list};
use crate::kubectl::printers::{or, text};
use serde_json::Value;

impl Description<'_> {
    pub(super) fn network_policy(&mut self) {
        let tree = self.tree();
        self.lines("Name;Namespace");
        let at = self.row.object.meta.creation_timestamp.rfc3339();
        let at = at.trim_end_matches('Z').replace('T', " ");
        self.field(0, "Created on", &[&at, " +0000 UTC"].concat());
        self.metadata();
        self.line(0, "Spec:");
        self.policy_spec(get(&tree, "spec"));
    }

    fn policy_spec(&mut self, spec: &Value) {
        let selector = LabelSelector::from_value(get(spec, "podSelector")).to_string();
        self.line(
            1,
            &format!(
                "PodSelector:     {}",
                or(selector, "<none> (Allowing the specific traffic to all pods in this namespace)")
            ),
        );
        let types: Vec<String> = list(spec, "policyTypes").iter().map(text).collect();
        for (kind, field, peers, [way, peer, ends]) in [
            ("Ingress", "ingress", "from", ["ingress", "From", "source"]),
            ("Egress", "egress", "to", ["egress", "To", "destination"]),
        ] {
            if !types.iter().any(|t| t == kind) {
                self.line(1, &format!("Not affecting {way} traffic"));
                continue;
            }
            self.line(1, &format!("Allowing {way} traffic:"));
            let rules = list(spec, field);
            if rules.is_empty() {
                self.line(2, &format!("<none> (Selected pods are isolated for {way} connectivity)"));
            }
            for (n, rule) in rules.iter().enumerate() {
                if n > 0 {
                    self.line(2, "----------");
                }
                self.policy_ports(list(rule, "ports"));
                let peers = list(rule, peers);
                if peers.is_empty() {
                    self.line(2, &format!("{peer}: <any> (traffic not restricted by {ends})"));
                }
                for of in peers {
                    self.line(2, &format!("{peer}:"));
                    self.policy_peer(of);
                }
            }
        }
        self.line(1, &format!("Policy Types: {}", or(types.join(", "), "<none>")));
    }

    fn policy_ports(&mut self, ports: &[Value]) {
        if ports.is_empty() {
            self.line(2, "To Port: <any> (traffic allowed to all ports)");
        }
        for port in ports {
            let protocol = or(text(get(port, "protocol")), "TCP");
            let number = or(text(get(port, "port")), "<nil>");
            self.line(
                2,
                &match get(port, "endPort").as_i64() {
                    Some(end) => format!("To Port Range: {number}-{end}/{protocol}"),
                    None => format!("To Port: {number}/{protocol}"),
                },
            );
        }
    }

    fn policy_peer(&mut self, peer: &Value) {
        let selectors = [("NamespaceSelector", "namespaceSelector"), ("PodSelector", "podSelector")].map(
            |(label, field)| {
                let selector = get(peer, field);
                let shown = || or(LabelSelector::from_value(selector).to_string(), "<none>");
                selector.is_object().then(|| format!("{label}: {}", shown()))
            },
        );
        let block = get(peer, "ipBlock");
        if selectors.iter().all(Option::is_none) && block.is_object() {
            self.line(3, "IPBlock:");
            self.line(4, &format!("CIDR: {}", text(get(block, "cidr"))));
            let except: Vec<String> = list(block, "except").iter().map(text).collect();
            self.line(4, &format!("Except: {}", except.join(", ")));
        }
        selectors.into_iter().flatten().for_each(|line| self.line(3, &line));
    }
}
