//! Descriptions of kinds that are kept and not simulated: roles and their bindings, ingresses, network policies,
//! autoscalers, cron jobs. Models the describers of these names in `k8s.io/kubectl/pkg/describe/describe.go`.

use super::Description;
use crate::api::read::{get, int, list};
use crate::api::{Kind, LabelSelector};
use crate::kubectl::printers::{at, or, text};
use serde_json::Value;
use std::collections::BTreeMap;

/// The lines of a kind, in the notation of [`super::lines`]; none for a kind without a describer of its own.
pub(super) fn lines(kind: Kind) -> Option<&'static str> {
    Some(match kind {
        Kind::Role | Kind::ClusterRole => {
            "Name;@labels;@annotations;PolicyRule:;>Resources\tNon-Resource URLs\tResource Names\tVerbs;\
             >---------\t-----------------\t--------------\t-----;@policy-rules"
        }
        Kind::RoleBinding | Kind::ClusterRoleBinding => {
            "Name;@labels;@annotations;Role:;>Kind={roleRef.kind};>Name={roleRef.name};Subjects:;\
             >Kind\tName\tNamespace;>----\t----\t---------;@role-subjects"
        }
        Kind::Ingress => {
            "Name;@labels;Namespace;Address={@load-balancer};Ingress Class={spec.ingressClassName:<none>};\
             @ingress;@annotations"
        }
        Kind::IngressClass => "Name;@labels;@annotations;Controller={spec.controller};@class-parameters",
        Kind::NetworkPolicy => "Name;Namespace;@created-on;@labels;@annotations;Spec:;@network-policy",
        Kind::HorizontalPodAutoscaler => {
            "Name;Namespace;@labels;@annotations;CreationTimestamp={@created};\
             Reference={spec.scaleTargetRef.kind}/{spec.scaleTargetRef.name};Metrics=( current / target );@target-metrics;\
             Min replicas={spec.minReplicas:<unset>};Max replicas={spec.maxReplicas:0};@scaling-behavior;\
             {spec.scaleTargetRef.kind} pods:\t{status.currentReplicas:0} current / {status.desiredReplicas:0} desired"
        }
        Kind::CronJob => {
            "Name;Namespace;@labels;@annotations;Schedule={spec.schedule};Concurrency Policy={spec.concurrencyPolicy};\
             Suspend={@bool spec.suspend};Time Zone={spec.timeZone:<unset>};\
             Successful Job History Limit={spec.successfulJobsHistoryLimit:<unset>};\
             Failed Job History Limit={spec.failedJobsHistoryLimit:<unset>};@starting-deadline;\
             Selector={spec.jobTemplate.spec.selector:<unset>};Parallelism={spec.jobTemplate.spec.parallelism:<unset>};\
             Completions={spec.jobTemplate.spec.completions:<unset>};@job-template;@last-schedule;Active Jobs=<none>"
        }
        _ => return None,
    })
}

/// Whether events are told of.
pub(super) fn shows_events(kind: Kind) -> bool {
    !matches!(
        kind,
        Kind::Role | Kind::ClusterRole | Kind::RoleBinding | Kind::ClusterRoleBinding | Kind::NetworkPolicy
    )
}

impl Description<'_> {
    /// What needs more than one line. Returns false if there is no block of this name here.
    pub(super) fn kept_block(&mut self, name: &str, tree: &Value) -> bool {
        let spec = get(tree, "spec");
        match name {
            "policy-rules" => policy_rules(tree).iter().for_each(|rule| self.line(1, rule)),
            "role-subjects" => {
                for subject in list(tree, "subjects") {
                    let [kind, name, namespace] =
                        ["kind", "name", "namespace"].map(|f| text(get(subject, f)));
                    self.line(1, &format!("{kind}\t{name}\t{namespace}"));
                }
            }
            "ingress" => self.ingress(spec),
            "class-parameters" => {
                let parameters = get(spec, "parameters");
                if parameters.is_object() {
                    self.line(0, "Parameters:");
                    for (label, field) in [("APIGroup", "apiGroup"), ("Kind", "kind"), ("Name", "name")] {
                        if !get(parameters, field).is_null() {
                            self.field(1, label, &text(get(parameters, field)));
                        }
                    }
                }
            }
            "created-on" => {
                let at = self.row.object.meta.creation_timestamp.rfc3339();
                let at = at.trim_end_matches('Z').replace('T', " ");
                self.field(0, "Created on", &format!("{at} +0000 UTC"));
            }
            "network-policy" => self.network_policy(spec),
            "target-metrics" => {
                list(spec, "metrics").iter().for_each(|metric| self.line(1, &target_metric(metric)));
            }
            "scaling-behavior" => self.scaling_behavior(get(spec, "behavior")),
            "starting-deadline" => {
                let deadline = get(spec, "startingDeadlineSeconds").as_i64();
                let deadline = deadline.map_or("<unset>".into(), |seconds| format!("{seconds}s"));
                self.field(0, "Starting Deadline Seconds", &deadline);
            }
            "job-template" => {
                let job = at(spec, "jobTemplate.spec");
                if let Some(seconds) = get(job, "activeDeadlineSeconds").as_i64() {
                    self.field(0, "Active Deadline Seconds", &format!("{seconds}s"));
                }
                self.template(get(job, "template"));
            }
            "last-schedule" => {
                let last = self.row.expand("{@time status.lastScheduleTime}");
                self.field(0, "Last Schedule Time", &or(last, "<unset>"));
            }
            _ => return false,
        }
        true
    }

    fn ingress(&mut self, spec: &Value) {
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
                &match secret.is_empty() {
                    true => format!("SNI routes {hosts}"),
                    false => format!("{secret} terminates {hosts}"),
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
        let is_meant = |p: &&crate::api::service::ServicePort| {
            get(port, "number").as_i64() == Some(i64::from(p.port))
                || p.name.as_deref().is_some_and(|name| get(port, "name") == name)
        };
        let found = object.service().ports.iter().find(is_meant);
        let port_name = found.and_then(|p| p.name.as_deref()).unwrap_or_default();
        format!("{shown} ({})", self.endpoints_of(object, port_name))
    }

    fn network_policy(&mut self, spec: &Value) {
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
            match get(target, "type") == "AverageValue" {
                true => format!("{which}(target average value):\t<unknown> / {average}"),
                false => format!("{which}(target value):\t<unknown> / {value}"),
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
    rules.sort_by_cached_key(|rule| rule.each_ref().map(|part| go(part)));
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
