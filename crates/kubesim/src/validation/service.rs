//! Services.
//!
//! Models pkg/apis/core/validation/validation.go: validateService and ValidateServiceUpdate, in its order.

use std::collections::BTreeSet;

use super::address::{has_leading_zeros, is_ip, is_mapped, validate_ip, validate_port};
use super::field::{At, Errors, Path, shown};
use super::meta::validate_labels;
use super::names;
use yaml::text::quoted;

fn is_headless(spec: &At) -> bool {
    spec.get("clusterIPs").items().len() == 1
        && spec.get("clusterIPs").items().next().is_some_and(|ip| ip.text() == "None")
}

fn is_externally_accessible(spec: &At) -> bool {
    let has_external_ips = !spec.get("externalIPs").is_empty_list();
    matches!(spec.get("type").text(), "LoadBalancer" | "NodePort")
        || (spec.get("type").text() == "ClusterIP" && has_external_ips)
}

/// Models validateService.
pub(super) fn validate_service(service: &At, errors: &mut Errors) {
    let annotations = service.get("metadata").get("annotations");
    const HINTS: &str = "service.kubernetes.io/topology-aware-hints";
    let (mode, hints) = (annotations.get("service.kubernetes.io/topology-mode"), annotations.get(HINTS));
    if mode.is_set() && hints.is_set() && mode.text() != hints.text() {
        let path = annotations.path.key("service.kubernetes.io/topology-mode");
        let detail = format!("must match annotations[{HINTS}] when both are specified");
        errors.invalid_text(&path, mode.text(), &detail);
    }
    let spec = service.get("spec");
    let ports = spec.get("ports");
    let service_type = spec.get("type");
    if ports.is_empty_list() && !is_headless(&spec) && service_type.text() != "ExternalName" {
        errors.required(&ports.path, "");
    }
    validate_type(&spec, errors);
    validate_ports(&ports, errors);
    validate_labels(&spec.get("selector"), errors);
    let affinity = spec.get("sessionAffinity");
    errors.one_of(&affinity, &["ClientIP", "None"]);
    if affinity.text() == "ClientIP" {
        let timeout = spec.get("sessionAffinityConfig").get("clientIP").get("timeoutSeconds");
        if timeout.is_set() && !(1..=86400).contains(&timeout.int()) {
            errors.invalid(&timeout, "must be greater than 0 and less than 86400");
        }
    }
    validate_cluster_ips(&spec, errors);
    for ip in spec.get("externalIPs").items() {
        let before = errors.0.len();
        validate_ip(&ip, errors);
        if errors.0.len() == before {
            validate_endpoint_ip(&ip, errors);
        }
    }
    errors.one_of(&service_type, &["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"]);
    validate_port_conflicts(&ports, service_type.text(), errors);
    let is_balancer = service_type.text() == "LoadBalancer";
    validate_source_ranges(&spec, &annotations, is_balancer, errors);
    let (allocate, class) = (spec.get("allocateLoadBalancerNodePorts"), spec.get("loadBalancerClass"));
    if allocate.is_set() && !is_balancer {
        errors.forbidden(&allocate.path, ONLY_FOR_BALANCERS);
    }
    validate_balancer_class(&class, is_balancer, errors);
    validate_traffic_policies(&spec, errors);
}

/// What the Service's type forbids or asks for.
fn validate_type(spec: &At, errors: &mut Errors) {
    match spec.get("type").text() {
        kind @ ("LoadBalancer" | "NodePort") if is_headless(spec) => {
            let detail = format!("may not be set to 'None' for {kind} services");
            errors.invalid_text(&spec.path_of("clusterIPs").item(0), "None", &detail);
        }
        "ExternalName" => {
            for field in ["clusterIPs", "ipFamilies"] {
                if !spec.get(field).is_empty_list() {
                    errors.forbidden(&spec.path_of(field), "may not be set for ExternalName services");
                }
            }
            if spec.get("ipFamilyPolicy").is_set() {
                errors.forbidden(&spec.path_of("ipFamilyPolicy"), "may not be set for ExternalName services");
            }
            let name = spec.get("externalName");
            let host = name.text().strip_suffix('.').unwrap_or(name.text());
            if host.is_empty() {
                errors.required(&name.path, "");
            } else {
                for message in names::dns_subdomain(host) {
                    errors.invalid_text(&name.path, host, &message);
                }
            }
        }
        _ => {}
    }
}

const ONLY_FOR_BALANCERS: &str = "may only be used when `type` is 'LoadBalancer'";

/// The addresses that a load balancer lets in, from the field or the older annotation.
fn validate_source_ranges(spec: &At, annotations: &At, is_balancer: bool, errors: &mut Errors) {
    let ranges = spec.get("loadBalancerSourceRanges");
    if !ranges.is_empty_list() {
        // Upstream spells the path so.
        let ranges = ranges.told_as(spec.path_of("LoadBalancerSourceRanges"));
        if !is_balancer {
            errors.forbidden(&ranges.path, ONLY_FOR_BALANCERS);
        }
        ranges.items().for_each(|range| validate_cidr(&range.path, range.text().trim(), errors));
        return;
    }
    const RANGES: &str = "service.beta.kubernetes.io/load-balancer-source-ranges";
    let ranges = annotations.get(RANGES);
    let path = annotations.path.key(RANGES);
    if ranges.is_set() && !is_balancer {
        errors.forbidden(&path, ONLY_FOR_BALANCERS);
    }
    if !ranges.text().trim().is_empty() {
        ranges.text().trim().split(',').for_each(|range| validate_cidr(&path, range.trim(), errors));
    }
}

/// Models the end of validateLoadBalancerClassField.
fn validate_balancer_class(class: &At, is_balancer: bool, errors: &mut Errors) {
    if class.is_set() && is_balancer {
        errors.all_invalid(class, names::label_key(class.text()));
    } else if class.is_set() {
        errors.forbidden(&class.path, ONLY_FOR_BALANCERS);
    }
}

/// Models ValidateEndpointIP.
fn validate_endpoint_ip(ip: &At, errors: &mut Errors) {
    use std::net::IpAddr;
    let Ok(address) = ip.text().parse::<IpAddr>() else { return };
    let is_link_local = match address {
        IpAddr::V4(v4) => v4.is_link_local(),
        IpAddr::V6(v6) => v6.is_unicast_link_local(),
    };
    let is_link_local_multicast = match address {
        IpAddr::V4(v4) => matches!(v4.octets(), [224, 0, 0, _]),
        IpAddr::V6(v6) => v6.segments()[0] & 0xff0f == 0xff02,
    };
    if address.is_unspecified() {
        errors.invalid(ip, &format!("may not be unspecified ({})", ip.text()));
    }
    for (is_so, detail) in [
        (address.is_loopback(), "may not be in the loopback range (127.0.0.0/8, ::1/128)"),
        (is_link_local, "may not be in the link-local range (169.254.0.0/16, fe80::/10)"),
        (is_link_local_multicast, "may not be in the link-local multicast range (224.0.0.0/24, ff02::/10)"),
    ] {
        if is_so {
            errors.invalid(ip, detail);
        }
    }
}

/// Models IsValidCIDRForLegacyField (StrictIPCIDRValidation is on in 1.36).
fn validate_cidr(path: &Path, text: &str, errors: &mut Errors) {
    let parts = text.split_once('/').filter(|(address, _)| is_ip(address));
    let width = if text.contains(':') { 128 } else { 32 };
    let is_number = |length: &str| !length.is_empty() && length.bytes().all(|c| c.is_ascii_digit());
    let digits = parts.map(|(_, length)| length).filter(|length| is_number(length));
    let length = digits.and_then(|length| length.parse::<u32>().ok());
    let Some(((address, digits), length)) = parts.zip(length.filter(|length| *length <= width)) else {
        let detail = "must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)";
        return errors.invalid_text(path, text, detail);
    };
    let bits = match address.parse() {
        Ok(std::net::IpAddr::V4(v4)) => u128::from(u32::from(v4)),
        Ok(std::net::IpAddr::V6(v6)) => u128::from(v6),
        Err(_) => 0,
    };
    if has_leading_zeros(address) || (digits.len() > 1 && digits.starts_with('0')) {
        errors.invalid_text(path, text, "must not have leading 0s in IP or prefix length");
    } else if is_mapped(address) {
        errors.invalid_text(path, text, "must not have an IPv4-mapped IPv6 address");
    } else if length < width && bits << (128 - width) << length != 0 {
        errors.invalid_text(path, text, "must not have bits set beyond the prefix length");
    }
}

fn validate_ports(ports: &At, errors: &mut Errors) {
    let name_is_required = ports.items().len() > 1;
    let mut known = BTreeSet::new();
    for port in ports.items() {
        let name = port.get("name");
        if !name.text().is_empty() {
            errors.all_invalid(&name, names::dns_label(name.text()));
            if !known.insert(name.text()) {
                errors.duplicate(&name.path, &quoted(name.text()));
            }
        } else if name_is_required {
            errors.required(&name.path, "");
        }
        errors.in_range(&port.get("port"), 1, 65535);
        errors.one_of(&port.get("protocol"), &["SCTP", "TCP", "UDP"]);
        validate_port(&port.get("targetPort"), errors);
        let protocol = port.get("appProtocol");
        if protocol.is_set() {
            errors.all_invalid(&protocol, names::label_key(protocol.text()));
        }
    }
}

fn validate_port_conflicts(ports: &At, service_type: &str, errors: &mut Errors) {
    for port in ports.items() {
        if service_type == "ClusterIP" && port.get("nodePort").int() != 0 {
            errors.forbidden(&port.path_of("nodePort"), "may not be used when `type` is 'ClusterIP'");
        }
    }
    let mut node_ports = BTreeSet::new();
    for port in ports.items() {
        let node_port = port.get("nodePort");
        if node_port.int() != 0 && !node_ports.insert((port.get("protocol").text(), node_port.int())) {
            errors.duplicate(&node_port.path, &shown(node_port.value));
        }
    }
    let mut numbers = BTreeSet::new();
    for port in ports.items() {
        let (protocol, number) = (port.get("protocol").text(), port.get("port").int());
        if !numbers.insert((protocol, number)) {
            // The internal type as Go's JSON prints it.
            let key = format!(
                r#"{{"Name":"","Protocol":{},"AppProtocol":null,"Port":{number},"TargetPort":0,"NodePort":0}}"#,
                quoted(protocol)
            );
            errors.duplicate(&port.path, &key);
        }
    }
}

/// Models ValidateServiceClusterIPsRelatedFields.
pub(super) fn validate_cluster_ips(spec: &At, errors: &mut Errors) {
    if spec.get("type").text() == "ExternalName" {
        return;
    }
    let (ip, ips) = (spec.get("clusterIP"), spec.get("clusterIPs"));
    let first = ips.items().next().map_or("", |ip| ip.text());
    if ip.text().is_empty() {
        if !ips.is_empty_list() {
            errors.invalid(&ips, "must be empty when `clusterIP` is not specified");
        }
    } else if ips.is_empty_list() {
        errors.required(&ips.path, "");
    } else if first != ip.text() {
        errors.invalid(&ips, "first value must match `clusterIP`");
    }
    let mut seen = BTreeSet::new();
    for family in spec.get("ipFamilies").items() {
        if !["IPv4", "IPv6"].contains(&family.text()) {
            errors.not_supported(&family, &["IPv4", "IPv6"]);
        }
        if !seen.insert(family.text()) {
            errors.duplicate(&family.path, &quoted(family.text()));
        }
    }
    let policy = spec.get("ipFamilyPolicy");
    if policy.is_set() && !["PreferDualStack", "RequireDualStack", "SingleStack"].contains(&policy.text()) {
        errors.not_supported(&policy, &["PreferDualStack", "RequireDualStack", "SingleStack"]);
    }
    let count = ips.items().len();
    let mut is_wrong = false;
    for (place, ip) in ips.items().enumerate() {
        if place == 0 && ip.text() == "None" {
            if count > 1 {
                is_wrong = true;
                errors.invalid(&ips, "'None' must be the first and only value");
            }
        } else {
            is_wrong |= !is_ip(ip.text());
            validate_ip(&ip, errors);
        }
    }
    if count > 2 {
        errors.invalid(&ips, "may only hold up to 2 values");
    }
    if is_wrong {
        return;
    }
    let is_v6 = |ip: &At| ip.text().contains(':');
    if count > 1 && ips.items().filter(is_v6).count() != 1 {
        errors.invalid(&ips, "may specify no more than one IP for each IP family");
    }
    if is_headless(spec) {
        return;
    }
    for (place, (ip, family)) in ips.items().zip(spec.get("ipFamilies").items()).enumerate() {
        if matches!(family.text(), "IPv4" | "IPv6") && (family.text() == "IPv6") != is_v6(&ip) {
            let detail = format!("expected an {} value as indicated by `ipFamilies[{place}]`", family.text());
            errors.invalid(&ip, &detail);
        }
    }
}

fn validate_traffic_policies(spec: &At, errors: &mut Errors) {
    let external = spec.get("externalTrafficPolicy");
    if is_externally_accessible(spec) {
        errors.one_of(&external, &["Cluster", "Local"]);
    } else if !external.text().is_empty() {
        errors.invalid(&external, "may only be set for externally-accessible services");
    }
    let health = spec.get("healthCheckNodePort");
    let needs_health_check = spec.get("type").text() == "LoadBalancer" && external.text() == "Local";
    if health.int() != 0 && !needs_health_check {
        let detail = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'";
        errors.invalid(&health, detail);
    } else if health.int() != 0 {
        errors.in_range(&health, 1, 65535);
    }
    let internal = spec.get("internalTrafficPolicy");
    if internal.is_set() && !["Cluster", "Local"].contains(&internal.text()) {
        errors.not_supported(&internal, &["Cluster", "Local"]);
    }
    let distribution = spec.get("trafficDistribution");
    const DISTRIBUTIONS: [&str; 3] = ["PreferClose", "PreferSameZone", "PreferSameNode"];
    if distribution.is_set() && !DISTRIBUTIONS.contains(&distribution.text()) {
        errors.not_supported(&distribution, &DISTRIBUTIONS);
    }
}

/// Models ValidateServiceUpdate, but for what is checked of every service.
pub(super) fn validate_service_update(new: &At, old: &At, errors: &mut Errors) {
    let (new, old) = (new.get("spec"), old.get("spec"));
    let is_external_name = |spec: &At| spec.get("type").text() == "ExternalName";
    if !is_external_name(&new) && !is_external_name(&old) {
        if !is_headless(&new) || !is_headless(&old) {
            validate_addresses_are_kept(&new, &old, "clusterIPs", "secondary clusterIP", errors);
        }
        if !is_headless(&new) && !is_headless(&old) {
            validate_addresses_are_kept(&new, &old, "ipFamilies", "secondary ipFamily", errors);
        }
    }
    let is_balancer = |spec: &At| spec.get("type").text() == "LoadBalancer";
    let class = new.get("loadBalancerClass");
    if is_balancer(&new) && is_balancer(&old) && class.value != old.get("loadBalancerClass").value {
        errors.invalid(&class, "may not change once set");
    }
    validate_balancer_class(&class, is_balancer(&new), errors);
}

/// Models validateUpgradeDowngradeClusterIPs and -IPFamilies: the second may come and go, the first stays.
fn validate_addresses_are_kept(new: &At, old: &At, field: &'static str, second: &str, errors: &mut Errors) {
    let (new_ips, old_ips) = (new.get(field), old.get(field));
    let (new_count, old_count) = (new_ips.items().len(), old_ips.items().len());
    let first = new_ips.path.item(0);
    if new_count == 0 && old_count > 0 {
        let what = second.replace("secondary", "primary");
        errors.invalid_shown(&first, &shown(new_ips.value), &format!("{what} can not be unset"));
    }
    let compared = if new_count == old_count { old_count } else { 1 };
    for (old_ip, new_ip) in old_ips.items().zip(new_ips.items()).take(compared) {
        if old_ip.text() != new_ip.text() {
            let path = if field == "ipFamilies" { &first } else { &new_ip.path };
            errors.invalid_shown(path, &shown(new_ips.value), "may not change once set");
        }
    }
    let policy = new.get("ipFamilyPolicy");
    if new_count == 1 && old_count > 1 && policy.text() != "SingleStack" {
        errors.invalid(&policy, &format!("must be set to 'SingleStack' when releasing the {second}"));
    }
}
