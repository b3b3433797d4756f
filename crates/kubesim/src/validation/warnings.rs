//! What the API server accepts but warns of.
//!
//! Models pkg/api/pod/warnings.go, pkg/api/persistentvolumeclaim/util.go, pkg/api/service/warnings.go and the strategies'
//! WarningsOnCreate and -OnUpdate.

use std::collections::BTreeMap;

use serde_json::Value;
use yaml::text::quoted;

use super::field::{At, Path, Paths};
use super::names;
use super::security::all_containers;
use crate::api::Kind;
use crate::api::meta::STORAGE_CLASS;
use crate::base::quantity::Quantity;

/// The warnings about a new object or (`old`) a new version of a stored one, as kubectl prints them behind `Warning: `.
pub fn warnings(kind: Kind, object: &Value, old: Option<&Value>) -> Vec<String> {
    let mut found = Vec::new();
    let paths = Paths::default();
    let at = At::root(object, &paths);
    let spec = at.get("spec");
    let is_new_spec = old.is_none_or(|old| old.get("spec") != object.get("spec"));
    let name = at.get("metadata").get("name").text();
    if old.is_none() {
        let what = match kind {
            Kind::Pod => "the Pod's hostname",
            Kind::Deployment | Kind::ReplicaSet | Kind::ReplicationController | Kind::Job | Kind::CronJob => {
                "Pod names and hostnames"
            }
            _ => "",
        };
        let messages = names::dns_label(name);
        if !what.is_empty() && !messages.is_empty() {
            found.push(format!(
                "metadata.name: this is used in {what}, which can result in surprising behavior; a DNS label is recommended: [{}]",
                messages.join(" ")
            ));
        }
    }
    match kind {
        Kind::Pod if old.is_none() => pod_warnings(&at, false, &mut found),
        Kind::StatefulSet
        | Kind::Deployment
        | Kind::ReplicaSet
        | Kind::ReplicationController
        | Kind::DaemonSet
        | Kind::Job
            if is_new_spec =>
        {
            pod_warnings(&spec.get("template"), true, &mut found);
        }
        Kind::CronJob if is_new_spec => {
            pod_warnings(&spec.get("jobTemplate").get("spec").get("template"), true, &mut found);
        }
        Kind::Service => service_warnings(&at, &mut found),
        Kind::PersistentVolumeClaim => {
            let annotations = at.get("metadata").get("annotations");
            if annotations.get(STORAGE_CLASS).is_set() {
                let text = "deprecated since v1.8; use \"storageClassName\" attribute instead";
                found.push(format!("{}[{STORAGE_CLASS}]: {text}", annotations.path));
            }
            fractional(&spec.get("resources"), "storage", &["requests", "limits"], &mut found)
        }
        _ => {}
    }
    if kind == Kind::CronJob && spec.get("schedule").text().contains("TZ") {
        found.push(
            "cannot use TZ or CRON_TZ in spec.spec.schedule, use timeZone instead, see \
             https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details"
                .to_owned(),
        );
    }
    if kind == Kind::StatefulSet {
        for template in spec.get("volumeClaimTemplates").items() {
            // Upstream leaves the template's `spec` out of the path on creation and capitalises it on update.
            let path = if old.is_some() {
                template.path_of("Spec").field("resources")
            } else {
                template.path_of("resources")
            };
            let resources = template.get("spec").get("resources").told_as(path);
            fractional(&resources, "storage", &["requests", "limits"], &mut found);
        }
        if spec.get("revisionHistoryLimit").int() < 0 {
            let text = "spec.revisionHistoryLimit: a negative value retains all historical revisions; a value >= 0 is recommended";
            found.push(text.to_owned());
        }
    }
    found
}

fn fractional(resources: &At, resource: &'static str, lists: &[&'static str], found: &mut Vec<String>) {
    for list in lists {
        let list = resources.get(list);
        let amount = list.get(resource);
        if Quantity::parse(amount.text()).is_ok_and(|amount| amount.milli_value() % 1000 != 0) {
            let value = quoted(amount.text());
            found.push(format!(
                "{}[{resource}]: fractional byte value {value} is invalid, must be an integer",
                list.path
            ));
        }
    }
}

/// Models pkg/api/node/util.go: what to say of a node's label that is no more.
fn deprecated_label(key: &str) -> Option<&'static str> {
    Some(match key {
        "beta.kubernetes.io/arch" => "deprecated since v1.14; use \"kubernetes.io/arch\" instead",
        "beta.kubernetes.io/os" => "deprecated since v1.14; use \"kubernetes.io/os\" instead",
        "failure-domain.beta.kubernetes.io/region" => {
            "deprecated since v1.17; use \"topology.kubernetes.io/region\" instead"
        }
        "failure-domain.beta.kubernetes.io/zone" => {
            "deprecated since v1.17; use \"topology.kubernetes.io/zone\" instead"
        }
        "beta.kubernetes.io/instance-type" => {
            "deprecated since v1.17; use \"node.kubernetes.io/instance-type\" instead"
        }
        "app.kubernetes.io/created-by" => "deprecated since v1.9",
        "scheduler.alpha.kubernetes.io/preferAvoidPods" => {
            "deprecated since v1.22; use Taints and Tolerations instead"
        }
        "node-role.kubernetes.io/master" => "use \"node-role.kubernetes.io/control-plane\" instead",
        _ => return None,
    })
}

/// Models GetWarningsForNodeSelectorTerm.
fn term_warnings(term: &At, check_values: bool, found: &mut Vec<String>) {
    for requirement in term.get("matchExpressions").items() {
        let key = requirement.get("key");
        if let Some(text) = deprecated_label(key.text()) {
            found.push(format!("{}: {} is {text}", key.path, key.text()));
        }
        if !check_values {
            continue;
        }
        for value in requirement.get("values").items() {
            for message in names::label_value(value.text()) {
                found.push(format!("{}: {} is invalid, {message}", value.path, value.text()));
            }
        }
    }
}

/// What is warned of about labels of nodes, and selectors of nothing.
fn scheduling_warnings(spec: &At, found: &mut Vec<String>) {
    for (key, at) in spec.get("nodeSelector").entries() {
        if let Some(text) = deprecated_label(key) {
            found.push(format!("{}: {text}", at.path));
        }
    }
    let node = spec.get("affinity").get("nodeAffinity");
    let required = node.get("requiredDuringSchedulingIgnoredDuringExecution").get("nodeSelectorTerms");
    required.items().for_each(|term| term_warnings(&term, false, found));
    for term in node.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
        term_warnings(&term.get("preference"), true, found);
    }
    for constraint in spec.get("topologySpreadConstraints").items() {
        let key = constraint.get("topologyKey");
        if let Some(text) = deprecated_label(key.text()) {
            found.push(format!("{}: {} is {text}", key.path, key.text()));
        }
        null_selector(&constraint, found);
    }
}

fn null_selector(term: &At, found: &mut Vec<String>) {
    let selector = term.get("labelSelector");
    if !selector.is_set() {
        found.push(format!("{}: a null labelSelector results in matching no pod", selector.path));
    }
}

const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR_CONTAINER: &str = "container.apparmor.security.beta.kubernetes.io/";

/// Annotations that no longer do anything.
const DEAD_ANNOTATIONS: [(&str, &str); 3] = [
    (
        "scheduler.alpha.kubernetes.io/critical-pod",
        "non-functional in v1.16+; use the \"priorityClassName\" field instead",
    ),
    ("security.alpha.kubernetes.io/sysctls", "non-functional in v1.11+; use the \"sysctls\" field instead"),
    (
        "security.alpha.kubernetes.io/unsafe-sysctls",
        "non-functional in v1.11+; use the \"sysctls\" field instead",
    ),
];

/// Sources of volumes that are deprecated, in upstream's order: the field, as upstream tells of it, what it says. An ephemeral
/// claim is told of between the two halves.
const DEPRECATED_SOURCES: [(&str, &str, &str); 10] = [
    ("photonPersistentDisk", "photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
    ("gitRepo", "gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
    ("scaleIO", "scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
    ("flocker", "flocker", "deprecated in v1.22, non-functional in v1.25+"),
    ("storageos", "storageOS", "deprecated in v1.22, non-functional in v1.25+"),
    ("quobyte", "quobyte", "deprecated in v1.22, non-functional in v1.25+"),
    ("glusterfs", "glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
    ("ephemeral", "", ""),
    ("cephfs", "cephfs", "deprecated in v1.28, non-functional in v1.31+"),
    ("rbd", "rbd", "deprecated in v1.28, non-functional in v1.31+"),
];

/// Models warningsForPodSpecAndMeta.
fn pod_warnings(pod: &At, is_template: bool, found: &mut Vec<String>) {
    let (annotations, spec) = (pod.get("metadata").get("annotations"), pod.get("spec"));
    scheduling_warnings(&spec, found);
    for (key, text) in DEAD_ANNOTATIONS {
        if annotations.get(key).is_set() {
            found.push(format!("{}[{key}]: {text}", annotations.path));
        }
    }
    spec.get("volumes").items().for_each(|volume| source_warnings(&volume, found));
    spec.get("volumes").items().for_each(|volume| overlap_warnings(&volume, found));
    for (list, field) in [("hostAliases", "ip"), ("imagePullSecrets", "name")] {
        let mut known = std::collections::BTreeSet::new();
        for at in spec.get(list).items().map(|item| item.get(field)) {
            if !known.insert(at.text()) {
                found.push(format!("{}: duplicate {field} {}", at.path, quoted(at.text())));
            }
        }
    }
    for name in spec.get("imagePullSecrets").items().map(|item| item.get("name")) {
        if name.text().is_empty() {
            found.push(format!("{}: invalid empty name \"\"", name.path));
        }
    }
    for resource in ["memory", "ephemeral-storage"] {
        fractional(&spec, resource, &["overhead"], found);
    }
    let context = spec.get("securityContext");
    if !context.get("seccompProfile").is_set() {
        annotation_warning(&annotations, SECCOMP_POD, SECCOMP, found);
    }
    for container in all_containers(&spec) {
        security_warnings(&annotations, &context, &container, is_template, found);
        let resources = container.get("resources");
        for resource in ["memory", "ephemeral-storage"] {
            fractional(&resources, resource, &["limits", "requests"], found);
        }
        hidden_variables(&container, found);
    }
    port_warnings(all_containers(&spec), found);
    if spec.get("terminationGracePeriodSeconds").int() < 0 {
        let path = spec.path_of("terminationGracePeriodSeconds");
        found.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let affinity = spec.get("affinity").get(kind);
        for term in affinity.get("requiredDuringSchedulingIgnoredDuringExecution").items() {
            null_selector(&term, found);
        }
        for term in affinity.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
            null_selector(&term.get("podAffinityTerm"), found);
        }
    }
    let servers = spec.get("dnsConfig").get("nameservers");
    let aliases = spec.get("hostAliases").items().map(|alias| alias.get("ip"));
    servers.items().chain(aliases).for_each(|ip| ip_warnings(&ip, found));
}

/// What is warned of about a volume's source.
fn source_warnings(volume: &At, found: &mut Vec<String>) {
    for (source, told, text) in DEPRECATED_SOURCES {
        let at = volume.get(source);
        if source == "ephemeral" {
            let resources = at.get("volumeClaimTemplate").get("spec").get("resources");
            fractional(&resources, "storage", &["requests", "limits"], found);
        } else if at.is_set() {
            found.push(format!("{}: {text}", volume.path_of(told)));
        }
    }
}

const SECCOMP: &str = "non-functional in v1.27+; use the \"seccompProfile\"";

/// An annotation whose field is not set.
fn annotation_warning(annotations: &At, key: &str, text: &str, found: &mut Vec<String>) {
    if annotations.entry(key).is_set() {
        found.push(format!("{}[{key}]: {text} field instead", annotations.path));
    }
}

/// What is warned of about the annotations for a container's security. `context` is the pod's.
fn security_warnings(
    annotations: &At,
    context: &At,
    container: &At,
    is_template: bool,
    found: &mut Vec<String>,
) {
    let (name, own) = (container.get("name").text(), container.get("securityContext"));
    if !own.get("seccompProfile").is_set() {
        annotation_warning(annotations, &format!("{SECCOMP_CONTAINER}{name}"), SECCOMP, found);
    }
    let key = format!("{APP_ARMOR_CONTAINER}{name}");
    let annotation = annotations.entry(&key);
    let profile = context.get("appArmorProfile");
    let is_same = match profile.get("type").text() {
        "Localhost" => {
            annotation.text().strip_prefix("localhost/") == profile.get("localhostProfile").value.as_str()
        }
        "RuntimeDefault" => annotation.text() == "runtime/default",
        "Unconfined" => annotation.text() == "unconfined",
        _ => false,
    };
    if is_template && !own.get("appArmorProfile").is_set() && !is_same {
        annotation_warning(annotations, &key, "deprecated since v1.30; use the \"appArmorProfile\"", found);
    }
}

/// Models GetWarningsForIP: an address that is written in an uncommon way.
fn ip_warnings(ip: &At, found: &mut Vec<String>) {
    let Ok(address) = ip.text().parse::<std::net::Ipv6Addr>() else { return };
    if address.to_string() != ip.text() {
        found.push(format!(
            "{}: IPv6 address {} should be in RFC 5952 canonical format (\"{address}\")",
            ip.path,
            quoted(ip.text())
        ));
    }
}

/// Models warningsForOverlappingVirtualPaths.
fn overlap_warnings(volume: &At, found: &mut Vec<String>) {
    let name = quoted(volume.get("name").text());
    let sources = [
        ("configMap", "name", "ConfigMap"),
        ("secret", "secretName", "Secret"),
        ("downwardAPI", "", "DownwardAPI"),
    ];
    let described = |at: &At, name_field: &'static str, what: &str| match name_field {
        "" => what.to_owned(),
        field => format!("{what} {}", quoted(at.get(field).text())),
    };
    for (source, name_field, what) in sources {
        let at = volume.get(source);
        let mut paths = Vec::new();
        for item in at.get("items").items() {
            let what = described(&at, name_field, what);
            overlaps(&mut paths, (item.get("path").text(), ""), |overlap| {
                found.push(format!("volume {name} ({what}): overlapping paths: {overlap}"));
            });
        }
    }
    let mut paths = Vec::new();
    let mut texts: Vec<String> = Vec::new();
    let projections = volume.get("projected").get("sources");
    for source in projections.items() {
        let set = |name: &'static str| source.get(name).is_set();
        if !["secret", "configMap", "downwardAPI", "serviceAccountToken"].iter().any(|name| set(name)) {
            texts.push(format!("volume {name} (Projected) has no sources provided"));
            continue;
        }
        let chosen = [
            ("configMap", "name", "ConfigMap"),
            ("secret", "name", "Secret"),
            ("downwardAPI", "", "DownwardAPI"),
        ];
        let found = chosen.iter().find(|(source_name, ..)| source.get(source_name).get("items").is_set());
        let items: Vec<(&str, String)> = match found {
            Some((source_name, name_field, what)) => {
                let at = source.get(source_name);
                let what = described(&at, name_field, what);
                at.get("items").items().map(|item| (item.get("path").text(), what.clone())).collect()
            }
            None if set("serviceAccountToken") => {
                vec![(source.get("serviceAccountToken").get("path").text(), "ServiceAccountToken".to_owned())]
            }
            None => Vec::new(),
        };
        for (path, what) in items {
            overlaps(&mut paths, (path, &what), |overlap| {
                texts.push(format!("volume {name} (Projected): overlapping paths: {overlap}"));
            });
        }
    }
    found.append(&mut texts);
}

/// Models checkForOverlap: tells each of the paths so far that this one hides or lies in, and takes it in.
fn overlaps<'a>(
    known: &mut Vec<(&'a str, String)>,
    (path, what): (&'a str, &str),
    mut tell: impl FnMut(String),
) {
    let path = path.trim_end_matches('/');
    let lies_in = |inner: &str, outer: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    let told = |(path, what): (&str, &str)| match what {
        "" => quoted(path),
        what => format!("{} ({what})", quoted(path)),
    };
    for (other, of) in known.iter().filter(|(other, _)| !other.is_empty() && !path.is_empty()) {
        if lies_in(other, path) || lies_in(path, other) {
            tell(format!("{} with {}", told((path, what)), told((other, of))));
        }
    }
    known.push((path, what.to_owned()));
}

fn hidden_variables(container: &At, found: &mut Vec<String>) {
    let mut known = std::collections::BTreeSet::new();
    for variable in container.get("env").items() {
        let (name, value) = (variable.get("name").text(), variable.get("value").text());
        if known.insert(name) {
            continue;
        }
        let reference = format!("$({name})");
        if variable.get("valueFrom").is_set() || value == reference || !value.contains(&reference) {
            let name = quoted(name);
            let path = variable.path;
            found.push(format!(
                "{path}: hides previous definition of {name}, which may be dropped when using apply"
            ));
        }
    }
}

fn port_warnings<'a>(containers: impl Iterator<Item = At<'a>>, found: &mut Vec<String>) {
    let mut by_number: BTreeMap<(i64, &str), Vec<At>> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, Path> = BTreeMap::new();
    let mut name_warnings = Vec::new();
    for port in containers.flat_map(|container| container.get("ports").items().collect::<Vec<_>>()) {
        if !port.get("hostIP").text().is_empty() && port.get("hostPort").int() == 0 {
            // Go's `%+v` of the internal type.
            let shown = format!(
                "{{Name:{} HostPort:0 ContainerPort:{} Protocol:{} HostIP:{}}}",
                port.get("name").text(),
                port.get("containerPort").int(),
                port.get("protocol").text(),
                port.get("hostIP").text()
            );
            found.push(format!("{}: hostIP set without hostPort: {shown}", port.path));
        }
        let key = (port.get("containerPort").int(), port.get("protocol").text());
        let others = by_number.entry(key).or_default();
        for other in others.iter() {
            let (host, other_host) = (port.get("hostPort").int(), other.get("hostPort").int());
            let (ip, other_ip) = (port.get("hostIP").text(), other.get("hostIP").text());
            let what = if ip == other_ip && host == other_host {
                "duplicate"
            } else if host == 0 || other_host == 0 {
                "overlapping"
            } else if host == other_host && ip.is_empty() != other_ip.is_empty() {
                "dangerously ambiguous"
            } else {
                continue;
            };
            found.push(format!("{}: {what} port definition with {}", port.path, other.path));
        }
        let name = port.get("name").text();
        if !name.is_empty() {
            match by_name.get(name) {
                Some(first) => name_warnings.push(format!(
                    "{}: duplicate port name {} with {first}, services and probes that select ports by name will use {first}",
                    port.path,
                    quoted(name)
                )),
                None => {
                    by_name.insert(name, port.path);
                }
            }
        }
        others.push(port);
    }
    found.append(&mut name_warnings);
}

/// Models GetWarningsForService.
fn service_warnings(service: &At, found: &mut Vec<String>) {
    let spec = &service.get("spec");
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    if service.get("metadata").get("annotations").get(HINTS).is_set() {
        let instead = "service.kubernetes.io/topology-mode";
        found.push(format!("annotation {HINTS} is deprecated, please use {instead} instead"));
    }
    if spec.get("clusterIP").text() != "None" {
        spec.get("clusterIPs").items().for_each(|ip| ip_warnings(&ip, found));
    }
    let is_headless = spec.get("clusterIP").text() == "None";
    let is_external_name = spec.get("type").text() == "ExternalName";
    let has_external_ips = !spec.get("externalIPs").is_empty_list();
    let mut warn = |when: bool, text: &str| {
        if when {
            found.push(text.to_owned());
        }
    };
    let has_balancer_ip = !spec.get("loadBalancerIP").text().is_empty();
    warn(is_headless && has_balancer_ip, "spec.loadBalancerIP is ignored for headless services");
    warn(is_headless && has_external_ips, "spec.externalIPs is ignored for headless services");
    let has_affinity = spec.get("sessionAffinity").text() != "None";
    warn(is_headless && has_affinity, "spec.SessionAffinity is ignored for headless services");
    let mut texts = Vec::new();
    spec.get("externalIPs").items().for_each(|ip| ip_warnings(&ip, &mut texts));
    texts.iter().for_each(|text| warn(true, text));
    warn(
        has_external_ips && !is_headless && !is_external_name,
        "spec.externalIPs is deprecated and may no longer be implemented in some clusters",
    );
    warn(
        is_external_name && has_external_ips,
        "spec.externalIPs is ignored when spec.type is \"ExternalName\"",
    );
    warn(
        !is_external_name && !spec.get("externalName").text().is_empty(),
        "spec.externalName is ignored when spec.type is not \"ExternalName\"",
    );
    warn(
        spec.get("trafficDistribution").text() == "PreferClose",
        "spec.trafficDistribution: \"PreferClose\" is deprecated; use \"PreferSameZone\"",
    );
}
