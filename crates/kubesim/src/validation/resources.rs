//! What containers and pods ask for and may use.
//!
//! Models pkg/apis/core/validation/validation.go: validateResourceRequirements, validatePodResources and
//! pkg/apis/core/helper's questions about resource names.

use std::collections::BTreeSet;

use super::field::{At, Errors, Path};
use super::names;
use super::volume::validate_quantity;
use crate::base::quantity::Quantity;
use yaml::text::quoted;

/// Models validateResourceRequirements. `claims` are the pod's, `check_name` says which resources there are.
pub(super) fn validate_resources(
    resources: &At,
    claims: &BTreeSet<&str>,
    check_name: fn(&str, &Path, &mut Errors),
    errors: &mut Errors,
) {
    let (limits, requests) = (resources.get("limits"), resources.get("requests"));
    let validate_amount = |name: &str, amount: &At, errors: &mut Errors| {
        check_name(name, &amount.path, errors);
        validate_quantity(amount, errors);
        let quantity = Quantity::parse(amount.text()).unwrap_or(Quantity::ZERO);
        if is_integer(name) && quantity.milli_value() % 1000 != 0 {
            errors.invalid(amount, "must be an integer");
        }
    };
    let validate_pages = |name: &str, amount: &At, errors: &mut Errors| {
        let Some(size) = name.strip_prefix("hugepages-") else { return };
        let quantity = Quantity::parse(amount.text()).unwrap_or(Quantity::ZERO);
        let size = Quantity::parse(size).ok().filter(|size| size.sign() > 0);
        if size.is_none_or(|size| quantity.nanos() % size.nanos() != 0) {
            let detail = format!("{quantity} is not positive integer multiple of {name}");
            errors.invalid_text(&amount.path, amount.text(), &detail);
        }
    };
    for (name, amount) in limits.entries() {
        validate_amount(name, &amount, errors);
        validate_pages(name, &amount, errors);
    }
    for (name, amount) in requests.entries() {
        validate_amount(name, &amount, errors);
        let limit = limits.entry(name);
        let overcommits = is_native(name) && !name.starts_with("hugepages-");
        if limit.is_set() {
            if let (Ok(asked), Ok(most)) = (Quantity::parse(amount.text()), Quantity::parse(limit.text())) {
                if !overcommits && asked.nanos() != most.nanos() {
                    let detail = format!("must be equal to {name} limit of {}", limit.text());
                    errors.invalid_text(&requests.path, amount.text(), &detail);
                } else if asked.nanos() > most.nanos() {
                    let detail = format!("must be less than or equal to {name} limit of {}", limit.text());
                    errors.invalid_text(&requests.path, amount.text(), &detail);
                }
            }
        } else if !overcommits {
            errors.required(&limits.path, "Limit must be set for non overcommitable resources");
        }
        validate_pages(name, &amount, errors);
    }
    let has =
        |wanted: fn(&str) -> bool| limits.entries().chain(requests.entries()).any(|(name, _)| wanted(name));
    if has(|name| name.starts_with("hugepages-")) && !has(|name| matches!(name, "cpu" | "memory")) {
        errors.forbidden(&resources.path, "HugePages require cpu or memory");
    }
    validate_claim_names(&resources.get("claims"), claims, errors);
}

/// Models validateResourceClaimNames.
fn validate_claim_names(claims: &At, known: &BTreeSet<&str>, errors: &mut Errors) {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    for claim in claims.items() {
        let (name, request) = (claim.get("name").text(), claim.get("request"));
        if name.is_empty() {
            errors.required(&claim.path, "");
            continue;
        }
        if seen.contains(name) {
            errors.duplicate(&claim.path, &quoted(name));
        } else {
            let mut key = name.to_owned();
            if !request.text().is_empty() {
                errors.all_invalid(&request, names::dns_label(request.text()));
                key.extend(["/", request.text()]);
            }
            let has_request_of_it = |seen: &String| seen.split_once('/').is_some_and(|(of, _)| of == name);
            if seen.contains(&key) {
                errors.duplicate(&claim.path, &quoted(&key));
            } else if request.text().is_empty() {
                for _ in seen.iter().filter(|seen| has_request_of_it(seen)) {
                    errors.duplicate(&claim.path, &quoted(name));
                }
            }
            seen.insert(key);
        }
        if !known.contains(name) {
            let names: Vec<&str> = known.iter().copied().collect();
            let which = if names.is_empty() {
                " which is empty".to_owned()
            } else {
                format!(": {}", names.join(", "))
            };
            let detail = format!("must be one of the names in pod.spec.resourceClaims{which}");
            errors.add(&claim.path, format!("Not found: {}: {detail}", quoted(name)));
        }
    }
}

/// Models validatePodResources: what all containers together may have.
pub(super) fn validate_pod_resources(spec: &At, errors: &mut Errors) {
    let resources = spec.get("resources");
    if !resources.is_set() {
        return;
    }
    if spec.get("os").get("name").text() == "windows" {
        return errors.forbidden(&resources.path, "may not be set for a windows pod");
    }
    if resources.get("claims").is_set() {
        errors.forbidden(&resources.path_of("claims"), "claims may not be set for Resources at pod-level");
    }
    validate_resources(&resources, &BTreeSet::new(), validate_pod_resource_name, errors);
    // Models validatePodResourceConsistency.
    for (name, amount) in resources.get("requests").entries() {
        let asked = |container: &At| {
            Quantity::parse(container.get("resources").get("requests").entry(name).text())
                .unwrap_or(Quantity::ZERO)
        };
        let (mut all, mut sidecars, mut initial) = (Quantity::ZERO, Quantity::ZERO, Quantity::ZERO);
        spec.get("containers").items().for_each(|container| all += &asked(&container));
        for container in spec.get("initContainers").items() {
            let mut here = asked(&container);
            if container.get("restartPolicy").text() == "Always" {
                all += &here;
                sidecars += &here;
                here = sidecars.clone();
            } else {
                here += &sidecars;
            }
            if here.nanos() > initial.nanos() {
                initial = here;
            }
        }
        let all = if initial.nanos() > all.nanos() { initial } else { all };
        if Quantity::parse(amount.text()).is_ok_and(|of_pod| all.nanos() > of_pod.nanos()) {
            let detail = format!("must be greater than or equal to aggregate container requests of {all}");
            errors.invalid_text(&amount.path, amount.text(), &detail);
        }
    }
    for (n, container) in spec.get("containers").items().enumerate() {
        for (name, limit) in container.get("resources").get("limits").entries() {
            let of_pod = resources.get("limits").entry(name);
            let (Ok(own), Ok(most)) = (Quantity::parse(limit.text()), Quantity::parse(of_pod.text())) else {
                continue;
            };
            if own.nanos() > most.nanos() {
                let path = resources.path_of("containers").item(n).key(name).field("limits");
                let detail = format!("must be less than or equal to pod limits of {}", of_pod.text());
                errors.invalid_text(&path, limit.text(), &detail);
            }
        }
    }
}

/// Models validatePodResourceName.
fn validate_pod_resource_name(name: &str, path: &Path, errors: &mut Errors) {
    let before = errors.0.len();
    validate_standard_name(name, path, errors);
    if errors.0.len() == before && !matches!(name, "cpu" | "memory") && !name.starts_with("hugepages-") {
        errors.not_supported_shown(path, &quoted(name), &["cpu", "hugepages-", "memory"]);
    }
}

/// Models helper.IsNativeResource.
fn is_native(name: &str) -> bool {
    !name.contains('/') || name.contains("kubernetes.io/")
}

/// Models helper.IsExtendedResourceName.
fn is_extended(name: &str) -> bool {
    !is_native(name)
        && !name.starts_with("requests.")
        && names::label_key(&format!("requests.{name}")).is_empty()
}

/// Models helper.IsIntegerResourceName.
fn is_integer(name: &str) -> bool {
    const INTEGERS: &str = " pods resourcequotas services replicationcontrollers secrets configmaps persistentvolumeclaims \
        services.nodeports services.loadbalancers ";
    INTEGERS.contains(&format!(" {name} ")) || is_extended(name)
}

/// Models validateResourceName.
fn validate_standard_name(name: &str, path: &Path, errors: &mut Errors) {
    const STANDARD: &str = " cpu memory ephemeral-storage requests.cpu requests.memory requests.ephemeral-storage limits.cpu \
        limits.memory limits.ephemeral-storage pods resourcequotas services replicationcontrollers secrets configmaps \
        persistentvolumeclaims storage requests.storage services.nodeports services.loadbalancers ";
    let messages = names::label_key(name);
    let is_standard = name.starts_with("hugepages-")
        || name.starts_with("requests.hugepages-")
        || STANDARD.contains(&format!(" {name} "));
    if messages.is_empty() && !name.contains('/') && !is_standard {
        errors.invalid_text(path, name, "must be a standard resource type or fully qualified");
    }
    for message in messages {
        errors.invalid_text(path, name, &message);
    }
}

/// Models validateContainerResourceName.
pub(super) fn validate_resource_name(name: &str, path: &Path, errors: &mut Errors) {
    validate_standard_name(name, path, errors);
    let is_for_containers =
        name.starts_with("hugepages-") || matches!(name, "cpu" | "memory" | "ephemeral-storage");
    if !name.contains('/') && !is_for_containers {
        errors.invalid_text(path, name, "must be a standard resource for containers");
    } else if !is_native(name) && !is_extended(name) {
        errors.invalid_text(path, name, "doesn't follow extended resource name standard");
    }
}
