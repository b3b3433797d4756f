//! What the API server accepts but warns of.
//!
//! Models pkg/api/pod/warnings.go, pkg/api/persistentvolumeclaim/util.go, pkg/api/service/warnings.go and the strategies'
//! WarningsOnCreate and -OnUpdate.

use std::collections::BTreeMap;

use serde_json::Value;

use super::field::{At, quoted};
use crate::api::Kind;
use crate::manifest::quantity::Quantity;

/// The warnings about a new object or (`old`) a new version of a stored one, as kubectl prints them behind `Warning: `.
pub fn warnings(kind: Kind, object: &Value, old: Option<&Value>) -> Vec<String> {
    let mut found = Vec::new();
    let at = At::root(object);
    let spec = at.get("spec");
    let is_new_spec = old.is_none_or(|old| old.get("spec") != object.get("spec"));
    match kind {
        Kind::Pod if old.is_none() => pod_warnings(&spec, &mut found),
        Kind::StatefulSet | Kind::Deployment | Kind::ReplicaSet | Kind::DaemonSet | Kind::Job
            if is_new_spec =>
        {
            pod_warnings(&spec.get("template").get("spec"), &mut found);
        }
        Kind::Service => service_warnings(&spec, &mut found),
        Kind::PersistentVolumeClaim => {
            fractional(&spec.get("resources"), "storage", &["requests", "limits"], &mut found)
        }
        _ => {}
    }
    if kind == Kind::StatefulSet {
        for template in spec.get("volumeClaimTemplates").items() {
            // Upstream leaves the template's `spec` out of the path on creation and capitalises it on update.
            let path = if old.is_some() {
                format!("{}.Spec.resources", template.path)
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

fn fractional(resources: &At, resource: &str, lists: &[&str], found: &mut Vec<String>) {
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

/// Models warningsForPodSpecAndMeta, for the fields that the simulation heeds.
fn pod_warnings(spec: &At, found: &mut Vec<String>) {
    for volume in spec.get("volumes").items() {
        for (source, text) in [
            ("photonPersistentDisk", "deprecated in v1.11, non-functional in v1.16+"),
            ("gitRepo", "deprecated in v1.11, and disabled by default in v1.33+"),
            ("scaleIO", "deprecated in v1.16, non-functional in v1.22+"),
            ("flocker", "deprecated in v1.22, non-functional in v1.25+"),
            ("storageos", "deprecated in v1.22, non-functional in v1.25+"),
            ("quobyte", "deprecated in v1.22, non-functional in v1.25+"),
            ("glusterfs", "deprecated in v1.25, non-functional in v1.26+"),
            ("cephfs", "deprecated in v1.28, non-functional in v1.31+"),
            ("rbd", "deprecated in v1.28, non-functional in v1.31+"),
        ] {
            if volume.get(source).is_set() {
                let name = if source == "storageos" { "storageOS" } else { source };
                found.push(format!("{}: {text}", volume.path_of(name)));
            }
        }
    }
    // Init containers are visited first.
    let containers = || spec.get("initContainers").items().chain(spec.get("containers").items());
    for container in containers() {
        let resources = container.get("resources");
        for resource in ["memory", "ephemeral-storage"] {
            fractional(&resources, resource, &["limits", "requests"], found);
        }
        hidden_variables(&container, found);
    }
    port_warnings(containers(), found);
    if spec.get("terminationGracePeriodSeconds").int() < 0 {
        let path = spec.path_of("terminationGracePeriodSeconds");
        found.push(format!("{path}: must be >= 0; negative values are invalid and will be treated as 1"));
    }
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
            let path = &variable.path;
            found.push(format!(
                "{path}: hides previous definition of {name}, which may be dropped when using apply"
            ));
        }
    }
}

fn port_warnings<'a>(containers: impl Iterator<Item = At<'a>>, found: &mut Vec<String>) {
    let mut by_number: BTreeMap<(i64, &str), Vec<At>> = BTreeMap::new();
    let mut by_name: BTreeMap<&str, String> = BTreeMap::new();
    let mut name_warnings = Vec::new();
    for port in containers.flat_map(|container| container.get("ports").items().collect::<Vec<_>>()) {
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
                    by_name.insert(name, port.path.clone());
                }
            }
        }
        others.push(port);
    }
    found.append(&mut name_warnings);
}

/// Models GetWarningsForService.
fn service_warnings(spec: &At, found: &mut Vec<String>) {
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
