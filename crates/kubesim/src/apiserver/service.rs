//! What a Service is given, but for the addresses themselves.
//!
//! Models pkg/registry/core/service/strategy.go and pkg/registry/core/service/storage/alloc.go.

use serde_json::Value;

use crate::validation::{FieldError, cluster_ip_errors};

/// The virtual addresses of Services lie in 10.200.0.0/16.
const SERVICE_NETWORK: &str = "10.200.";
const NODE_PORTS: std::ops::RangeInclusive<i64> = 30000..=32767;

fn service_type(service: &Value) -> &str {
    service["spec"]["type"].as_str().unwrap_or_default()
}

fn is_unset(value: &Value) -> bool {
    match value {
        Value::String(text) => text.is_empty(),
        Value::Array(list) => list.is_empty(),
        other => other.is_null(),
    }
}

fn remove(spec: &mut Value, field: &str) {
    if let Some(spec) = spec.as_object_mut() {
        spec.remove(field);
    }
}

/// Models pkg/registry/core/service/storage: patchAllocatedValues: a replacement need not know what was allocated.
pub(super) fn keep_allocated(value: &mut Value, stored: &Value) {
    let needs_ip =
        |service: &Value| matches!(service_type(service), "ClusterIP" | "NodePort" | "LoadBalancer");
    let needs_port = |service: &Value| matches!(service_type(service), "NodePort" | "LoadBalancer");
    if needs_ip(value) && needs_ip(stored) {
        for field in ["clusterIP", "clusterIPs"] {
            if is_unset(&value["spec"][field]) && !is_unset(&stored["spec"][field]) {
                value["spec"][field] = stored["spec"][field].clone();
            }
        }
        for field in ["ipFamilyPolicy", "ipFamilies"] {
            if is_unset(&value["spec"][field]) && !is_unset(&stored["spec"][field]) {
                value["spec"][field] = stored["spec"][field].clone();
            }
        }
    }
    if needs_port(value) && needs_port(stored) {
        let known = stored["spec"]["ports"].as_array().cloned().unwrap_or_default();
        for port in value["spec"]["ports"].as_array_mut().into_iter().flatten() {
            let same =
                |other: &&Value| other["port"] == port["port"] && other["protocol"] == port["protocol"];
            if port["nodePort"].is_null()
                && let Some(known) = known.iter().find(same)
            {
                port["nodePort"] = known["nodePort"].clone();
            }
        }
    }
}

/// Models pkg/registry/core/service/strategy.go: NormalizeClusterIPs: who sets one of the two fields means both.
pub(super) fn normalize_cluster_ips(value: &mut Value, stored: Option<&Value>) {
    let spec = &mut value["spec"];
    let as_list = |ip: &Value| Value::Array(if is_unset(ip) { Vec::new() } else { vec![ip.clone()] });
    let Some(stored) = stored.map(|stored| &stored["spec"]) else {
        if !is_unset(&spec["clusterIP"]) && is_unset(&spec["clusterIPs"]) {
            spec["clusterIPs"] = as_list(&spec["clusterIP"]);
        }
        return remove_unset(spec);
    };
    if spec["clusterIP"] != stored["clusterIP"] {
        if is_unset(&spec["clusterIP"]) && spec["clusterIPs"] == stored["clusterIPs"] {
            remove(spec, "clusterIPs");
        } else if !is_unset(&spec["clusterIP"]) && is_unset(&stored["clusterIP"]) {
            if is_unset(&spec["clusterIPs"]) {
                spec["clusterIPs"] = as_list(&spec["clusterIP"]);
            }
        } else if spec["clusterIPs"] == stored["clusterIPs"] && !is_unset(&spec["clusterIP"]) {
            spec["clusterIPs"] = as_list(&spec["clusterIP"]);
        }
    } else if !is_unset(&stored["clusterIPs"]) && is_unset(&spec["clusterIPs"]) {
        remove(spec, "clusterIP");
    }
    remove_unset(spec);
}

/// Indexing leaves nulls behind.
fn remove_unset(spec: &mut Value) {
    for field in ["clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"] {
        if spec.get(field).is_some_and(is_unset) {
            remove(spec, field);
        }
    }
}

/// Models pkg/registry/core/service/strategy.go: dropTypeDependentFields: what another type does not need goes.
pub(super) fn drop_type_dependent(value: &mut Value, stored: &Value) {
    let (old_type, new_type) = (service_type(stored).to_owned(), service_type(value).to_owned());
    if old_type == new_type {
        return;
    }
    let old = &stored["spec"];
    let spec = &mut value["spec"];
    if new_type == "ExternalName" {
        if spec["clusterIPs"] == old["clusterIPs"] {
            remove(spec, "clusterIP");
            remove(spec, "clusterIPs");
        }
        for field in ["ipFamilies", "ipFamilyPolicy"] {
            if spec[field] == old[field] {
                remove(spec, field);
            }
        }
    }
    if matches!(new_type.as_str(), "ClusterIP" | "ExternalName") {
        for port in spec["ports"].as_array_mut().into_iter().flatten() {
            if let Some(port) = port.as_object_mut() {
                port.remove("nodePort");
            }
        }
        if spec["externalTrafficPolicy"] == old["externalTrafficPolicy"] && is_unset(&spec["externalIPs"]) {
            remove(spec, "externalTrafficPolicy");
        }
    }
    if new_type != "LoadBalancer" {
        for field in ["allocateLoadBalancerNodePorts", "loadBalancerClass", "healthCheckNodePort"] {
            if spec[field] == old[field] {
                remove(spec, field);
            }
        }
    }
    remove_unset(spec);
}

/// Models pkg/registry/core/service/storage/alloc.go: initIPFamilyFields on a cluster with IPv4 only, and the refusal of
/// addresses and ports that can't be given. Each step is taken only if the one before it found nothing.
pub(super) fn init_service(value: &mut Value, stored: Option<&Value>) -> Vec<FieldError> {
    let errors = init_families(value, stored);
    if !errors.is_empty() || service_type(value) == "ExternalName" {
        return errors;
    }
    let spec = &value["spec"];
    let was = |field: &str| stored.is_some_and(|stored| stored["spec"][field] == spec[field]);
    let address = spec["clusterIP"].as_str().unwrap_or_default();
    if !matches!(address, "" | "None") && !address.starts_with(SERVICE_NETWORK) && !was("clusterIP") {
        let detail =
            format!("failed to allocate IP {address}: the provided network does not match the current range");
        return vec![refused("spec.clusterIPs", &spec["clusterIPs"].to_string(), &detail)];
    }
    if service_type(value) == "ClusterIP" {
        return errors;
    }
    let given = spec["ports"].as_array().map(Vec::as_slice).unwrap_or_default();
    for (place, port) in given.iter().enumerate() {
        let Some(number) = port.get("nodePort").and_then(Value::as_i64).filter(|number| *number != 0) else {
            continue;
        };
        let field = format!("spec.ports[{place}].nodePort");
        if !NODE_PORTS.contains(&number) {
            let detail = "provided port is not in the valid range. The range of valid ports is 30000-32767";
            return vec![refused(&field, &number.to_string(), detail)];
        }
        // Two protocols may share one; stored ones are looked at no more.
        let is_taken = |other: &Value| other["nodePort"] == number && other["port"] != port["port"];
        if stored.is_none() && given[..place].iter().any(is_taken) {
            return vec![refused(&field, &number.to_string(), "provided port is already allocated")];
        }
    }
    errors
}

fn refused(field: &str, shown: &str, detail: &str) -> FieldError {
    FieldError { field: field.to_owned(), message: format!("Invalid value: {shown}: {detail}") }
}

fn init_families(value: &mut Value, stored: Option<&Value>) -> Vec<FieldError> {
    let mut errors = Vec::new();
    if service_type(value) == "ExternalName" {
        return errors;
    }
    let spec = &mut value["spec"];
    let is_headless = spec["clusterIP"] == "None";
    let has_selector = spec["selector"].as_object().is_some_and(|selector| !selector.is_empty());
    if is_unset(&spec["ipFamilyPolicy"]) {
        let kept = stored.map(|stored| &stored["spec"]["ipFamilyPolicy"]).filter(|kept| !is_unset(kept));
        let policy = if is_headless && !has_selector { "RequireDualStack" } else { "SingleStack" };
        spec["ipFamilyPolicy"] = kept.cloned().unwrap_or_else(|| policy.into());
    }
    let errors_before = cluster_ip_errors(value);
    if !errors_before.is_empty() {
        return errors_before;
    }
    let spec = &mut value["spec"];
    let count = |list: &Value| list.as_array().map_or(0, Vec::len);
    if spec["ipFamilyPolicy"] == "SingleStack" {
        for (field, what) in [("clusterIPs", "cluster IPs"), ("ipFamilies", "IP families")] {
            if count(&spec[field]) == 2 {
                let detail = format!(
                    "must be 'RequireDualStack' or 'PreferDualStack' when multiple {what} are specified"
                );
                errors.push(refused("spec.ipFamilyPolicy", "\"SingleStack\"", &detail));
            }
        }
    }
    let ips = spec["clusterIPs"].as_array().cloned().unwrap_or_default();
    for (place, ip) in ips.iter().enumerate().skip(count(&spec["ipFamilies"])) {
        if ip.as_str().is_some_and(|ip| ip.contains(':')) {
            let field = format!("spec.clusterIPs[{place}]");
            errors.push(refused(
                &field,
                &spec["clusterIPs"].to_string(),
                "IPv6 is not configured on this cluster",
            ));
        }
    }
    if !errors.is_empty() {
        return errors;
    }
    if is_unset(&spec["ipFamilies"]) {
        spec["ipFamilies"] = vec!["IPv4"].into();
    }
    let wants_two = spec["ipFamilyPolicy"] != "SingleStack";
    if is_headless && !has_selector {
        if wants_two && let Some(families) = spec["ipFamilies"].as_array_mut().filter(|list| list.len() == 1)
        {
            let other = if families[0] == "IPv4" { "IPv6" } else { "IPv4" };
            families.push(other.into());
        }
        return errors;
    }
    if spec["ipFamilyPolicy"] == "RequireDualStack" {
        let detail = "this cluster is not configured for dual-stack services";
        errors.push(refused("spec.ipFamilyPolicy", "\"RequireDualStack\"", detail));
    }
    for (place, family) in spec["ipFamilies"].as_array().into_iter().flatten().enumerate() {
        if family != "IPv4" {
            let field = format!("spec.ipFamilies[{place}]");
            errors.push(refused(&field, &family.to_string(), "not configured on this cluster"));
        }
    }
    errors
}
