//! Ingresses and their classes.

use super::description::Description;
use crate::api::Kind;
use crate::api::read::{get, list};
use crate::api::service::ServicePort;
use crate::kubectl::printers::{load_balancer, or, text};
use serde_json::Value;

impl Description<'_> {
    pub(super) fn ingress(&mut self) {
        self.lines("Name");
        let tree = self.tree();
        self.labels("Labels", get(get(&tree, "metadata"), "labels"));
        self.lines("Namespace");
        let address = load_balancer(&self.row);
        self.field(0, "Address", &address);
        self.lines("Ingress Class={spec.ingressClassName:<none>}");
        self.rules(get(&tree, "spec"));
        self.annotations("Annotations", get(get(&tree, "metadata"), "annotations"));
    }

    pub(super) fn ingress_class(&mut self) {
        let tree = self.tree();
        self.lines("Name");
        self.metadata();
        self.lines("Controller={spec.controller}");
        let parameters = get(get(&tree, "spec"), "parameters");
        if parameters.is_object() {
            self.line(0, "Parameters:");
            for (label, field) in [("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")] {
                if !get(parameters, field).is_null() {
                    self.field(1, label, &text(get(parameters, field)));
                }
            }
        }
    }

    fn rules(&mut self, spec: &Value) {
        let default = get(spec, "defaultBackend");
        let default = if default.is_null() { "<default>".to_string() } else { self.backend(default) };
        self.field(0, "Default backend", &default);
        let tls = list(spec, "tls");
        if !tls.is_empty() {
            self.line(0, "TLS:");
        }
        for tls in tls {
            let (secret, hosts) = (text(get(tls, "secretName")), text(get(tls, "hosts")));
            self.line(
                1,
                &if secret.is_empty() {
                    format!("SNI routes {hosts}")
                } else {
                    format!("{secret} terminates {hosts}")
                },
            );
        }
        self.line(0, "Rules:\n  Host\tPath\tBackends\n  ----\t----\t--------");
        let mut any = false;
        for rule in list(spec, "rules").iter().filter(|rule| get(rule, "http").is_object()) {
            any = true;
            self.line(1, &format!("{}\t", or(text(get(rule, "host")), "*")));
            for path in list(get(rule, "http"), "paths") {
                let backend = self.backend(get(path, "backend"));
                self.line(2, &format!("\t{} \t{backend}", text(get(path, "path"))));
            }
        }
        if !any {
            self.line(1, &format!("*\t*\t{default}"));
        }
    }

    /// Models describeBackendV1.
    fn backend(&self, backend: &Value) -> String {
        let service = get(backend, "service");
        if service.is_null() {
            let of = get(backend, "resource");
            let group = or(text(get(of, "apiGroup")), "<none>");
            return format!(
                "APIGroup: {group}, Kind: {}, Name: {}",
                text(get(of, "kind")),
                text(get(of, "name"))
            );
        }
        let (name, port) = (text(get(service, "name")), get(service, "port"));
        let shown = format!("{name}:{}", or(text(get(port, "number")), &text(get(port, "name"))));
        let namespace = &self.row.object.meta.namespace;
        let Some(object) = self.store.find(Kind::Service, namespace, &name) else {
            return format!("{shown} (<error: services \"{name}\" not found>)");
        };
        let is_meant = |p: &&ServicePort| {
            get(port, "number").as_i64() == Some(i64::from(p.port))
                || p.name.as_deref().is_some_and(|name| get(port, "name") == name)
        };
        let found = object.service().ports.iter().find(is_meant);
        let port_name = found.and_then(|p| p.name.as_deref()).unwrap_or_default();
        format!("{shown} ({})", self.endpoints_of(object, port_name))
    }
}
