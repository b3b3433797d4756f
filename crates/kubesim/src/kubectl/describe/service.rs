//! Services and their endpoints.

use super::description::Description;
use crate::api::Object;
use crate::api::read::{get, int, list};
use crate::api::service::TargetPort;
use crate::kubectl::printers::{at, or, some_and_more, text};
use crate::kubectl::resource;
use serde_json::Value;

impl Description<'_> {
    pub(super) fn service(&mut self) {
        self.lines("Name;Namespace");
        self.metadata();
        self.labels_line("Selector", "spec.selector");
        self.lines(
            "Type={spec.type};?IP Family Policy={spec.ipFamilyPolicy};IP Families={spec.ipFamilies:<none>};\
             IP={spec.clusterIP};IPs={spec.clusterIPs:<none>};?External IPs={spec.externalIPs};\
             ?Desired LoadBalancer IP={spec.loadBalancerIP};?External Name={spec.externalName}",
        );
        let ingress = list(self.row.at("status.loadBalancer"), "ingress").iter().map(|i| {
            let [ip, mode, host] = ["ip", "ipMode", "hostname"].map(|f| text(get(i, f)));
            match (ip.is_empty(), mode.is_empty()) {
                (true, _) => host,
                (false, true) => ip,
                (false, false) => [&ip, " (", &mode, ")"].concat(),
            }
        });
        let ingress = ingress.collect::<Vec<_>>().join(", ");
        self.optional("LoadBalancer Ingress", &ingress);
        self.service_ports();
        self.lines(
            "Session Affinity={spec.sessionAffinity};?External Traffic Policy={spec.externalTrafficPolicy};\
             ?Internal Traffic Policy={spec.internalTrafficPolicy};?HealthCheck NodePort={spec.healthCheckNodePort};\
             ?LoadBalancer Source Ranges={spec.loadBalancerSourceRanges};\
             ?Traffic Distribution={spec.trafficDistribution}",
        );
    }

    pub(super) fn endpoints(&mut self) {
        self.lines("Name;Namespace");
        self.metadata();
        self.subsets(&self.tree());
    }

    pub(super) fn endpoint_slice(&mut self) {
        self.lines("Name;Namespace");
        self.metadata();
        self.lines("AddressType={addressType}");
        self.slice(&self.tree());
    }

    fn service_ports(&mut self) {
        let object = self.row.object;
        let tree = self.tree();
        let protocols = list(get(&tree, "spec"), "ports").iter().map(|p| text(get(p, "appProtocol")));
        for (port, app_protocol) in object.service().ports.iter().zip(protocols) {
            let name = port.name.as_deref().unwrap_or("<unset>");
            let target = match &port.target_port {
                TargetPort::Number(number) => number.to_string(),
                TargetPort::Name(name) => name.to_string(),
            };
            self.field(0, "Port", &format!("{name}\t{}/{}", port.port, port.protocol));
            self.field(0, "TargetPort", &format!("{target}/{}", port.protocol));
            self.optional("AppProtocol", &app_protocol);
            if port.node_port != 0 {
                self.field(0, "NodePort", &format!("{name}\t{}/{}", port.node_port, port.protocol));
            }
            let endpoints = self.endpoints_of(object, port.name.as_deref().unwrap_or_default());
            self.field(0, "Endpoints", &endpoints);
        }
    }

    /// The ready addresses behind a Service's port. Models formatEndpointSlices.
    pub(super) fn endpoints_of(&self, service: &Object, port_name: &str) -> String {
        let mut addresses = Vec::new();
        let slices = resource::slices_of(self.store, service);
        for slice in slices.iter().map(|s| s.endpoint_slice()) {
            // A headless Service may have no ports.
            if slice.ports.is_empty() {
                let ready = slice.endpoints.iter().filter(|e| e.ready);
                addresses.extend(ready.map(|e| e.address.to_string()));
            }
            for number in slice.ports.iter().filter(|p| &*p.name == port_name).filter_map(|p| p.port) {
                let ready = slice.endpoints.iter().filter(|e| e.ready);
                addresses.extend(ready.map(|e| format!("{}:{number}", e.address)));
            }
        }
        let none = if slices.is_empty() { "<none>" } else { "" };
        or(some_and_more(addresses, 3), none)
    }

    fn subsets(&mut self, tree: &Value) {
        self.line(0, "Subsets:");
        for subset in list(tree, "subsets") {
            for (label, field) in [("Addresses", "addresses"), ("NotReadyAddresses", "notReadyAddresses")] {
                let ips: Vec<String> = list(subset, field).iter().map(|a| text(get(a, "ip"))).collect();
                self.field(1, label, &or(ips.join(","), "<none>"));
            }
            let ports = list(subset, "ports");
            if !ports.is_empty() {
                self.line(1, "Ports:\n    Name\tPort\tProtocol\n    ----\t----\t--------");
            }
            for port in ports {
                let name = or(text(get(port, "name")), "<unset>");
                self.line(2, &format!("{name}\t{}\t{}", int(port, "port"), text(get(port, "protocol"))));
            }
            self.line(0, "");
        }
    }

    fn slice(&mut self, tree: &Value) {
        let ports = list(tree, "ports").iter().map(|port| {
            let field = |name| or(text(get(port, name)), "<unset>");
            format!("{}\t{}\t{}", field("name"), field("port"), field("protocol"))
        });
        let ports: Vec<String> = ports.collect();
        if ports.is_empty() {
            self.line(0, "Ports: <unset>");
        }
        self.table("Ports:\n  Name\tPort\tProtocol\n  ----\t----\t--------", ports);
        let endpoints = list(tree, "endpoints");
        self.line(0, if endpoints.is_empty() { "Endpoints: <none>" } else { "Endpoints:" });
        for endpoint in endpoints {
            let field = |path| or(text(at(endpoint, path)), "<unset>");
            let addresses: Vec<String> = list(endpoint, "addresses").iter().map(text).collect();
            self.field(1, "- Addresses", &or(addresses.join(", "), "<none>"));
            self.line(2, "Conditions:");
            self.field(3, "Ready", &field("conditions.ready"));
            self.field(2, "Hostname", &field("hostname"));
            if get(endpoint, "targetRef").is_object() {
                self.field(
                    2,
                    "TargetRef",
                    &format!("{}/{}", field("targetRef.kind"), field("targetRef.name")),
                );
            }
            self.field(2, "NodeName", &field("nodeName"));
            self.field(2, "Zone", &field("zone"));
        }
    }
}
