//! Where a pod may run: affinity, topology spread, tolerations, scheduling gates.
//!
//! Models pkg/apis/core/validation/validation.go: validateAffinity, validateTopologySpreadConstraints, ValidateTolerations
//! and validateSchedulingGates.

use std::collections::BTreeSet;

use super::field::{At, Errors};
use super::meta::{validate_requirement, validate_selector};
use super::names;
use yaml::text::quoted;

/// Models validateSchedulingGates.
pub(super) fn validate_scheduling_gates(gates: &At, errors: &mut Errors) {
    let mut seen = BTreeSet::new();
    for gate in gates.items() {
        let name = gate.get("name").text();
        for message in names::label_key(name) {
            errors.invalid_text(&gate.path, name, &message);
        }
        if !seen.insert(name) {
            errors.duplicate(&gate.path, &quoted(name));
        }
    }
}

pub(super) fn validate_affinity(affinity: &At, errors: &mut Errors) {
    let node = affinity.get("nodeAffinity");
    let required = node.get("requiredDuringSchedulingIgnoredDuringExecution");
    if required.is_set() {
        let terms = required.get("nodeSelectorTerms");
        if terms.is_empty_list() {
            errors.required(&terms.path, "must have at least one node selector term");
        }
        terms.items().for_each(|term| validate_node_term(&term, true, errors));
    }
    for term in node.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
        validate_weight(&term.get("weight"), errors);
        validate_node_term(&term.get("preference"), false, errors);
    }
    for kind in ["podAffinity", "podAntiAffinity"] {
        let affinity = affinity.get(kind);
        for term in affinity.get("requiredDuringSchedulingIgnoredDuringExecution").items() {
            validate_pod_term(&term, errors);
        }
        for term in affinity.get("preferredDuringSchedulingIgnoredDuringExecution").items() {
            validate_weight(&term.get("weight"), errors);
            validate_pod_term(&term.get("podAffinityTerm"), errors);
        }
    }
}

fn validate_weight(weight: &At, errors: &mut Errors) {
    if !(1..=100).contains(&weight.int()) {
        errors.invalid(weight, "must be in the range 1-100");
    }
}

/// Models ValidateNodeSelectorTerm. Where a node is only preferred, values that no label can have are warned of.
pub(super) fn validate_node_term(term: &At, check_values: bool, errors: &mut Errors) {
    for requirement in term.get("matchExpressions").items() {
        validate_requirement(&requirement, true, check_values, errors);
    }
    for requirement in term.get("matchFields").items() {
        let (key, values) = (requirement.get("key"), requirement.get("values"));
        let operator = requirement.get("operator").text();
        if !matches!(operator, "In" | "NotIn") {
            errors.invalid_text(&requirement.path_of("operator"), operator, "not a valid selector operator");
        } else if values.items().len() != 1 {
            let detail = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector";
            errors.required(&values.path, detail);
        }
        if key.text() != "metadata.name" {
            errors.invalid_text(&key.path, key.text(), "not a valid field selector key");
            continue;
        }
        values.items().for_each(|value| errors.all_invalid(&value, names::dns_subdomain(value.text())));
    }
}

fn validate_pod_term(term: &At, errors: &mut Errors) {
    validate_term_selectors(term, errors);
    for namespace in term.get("namespaces").items() {
        // Upstream's path has no place in the list.
        let at = namespace.told_as(term.path_of("namespace"));
        errors.all_invalid(&at, names::dns_label(namespace.text()));
    }
    validate_match_label_keys(term, errors);
    let key = term.get("topologyKey");
    if key.text().is_empty() {
        errors.required(&key.path, "can not be empty");
    }
    for message in names::label_key(key.text()) {
        errors.invalid_text(&key.path, key.text(), &message);
    }
}

/// Models validateTopologySpreadConstraints.
pub(super) fn validate_spread(constraints: &At, errors: &mut Errors) {
    for (n, constraint) in constraints.items().enumerate() {
        let skew = constraint.get("maxSkew");
        if skew.int() <= 0 {
            errors.invalid(&skew, "must be greater than zero");
        }
        let key = constraint.get("topologyKey");
        if key.text().is_empty() {
            errors.required(&key.path, "can not be empty");
        }
        let action = constraint.get("whenUnsatisfiable");
        if !["DoNotSchedule", "ScheduleAnyway"].contains(&action.text()) {
            errors.not_supported_shown(
                &action.path,
                &quoted(action.text()),
                &["DoNotSchedule", "ScheduleAnyway"],
            );
        }
        let is_repeated = constraints.items().skip(n + 1).any(|later| {
            later.get("topologyKey").text() == key.text()
                && later.get("whenUnsatisfiable").text() == action.text()
        });
        if is_repeated {
            let path = constraint.path_of("{topologyKey, whenUnsatisfiable}");
            errors.duplicate(&path, &quoted(&format!("{{{}, {}}}", key.text(), action.text())));
        }
        let domains = constraint.get("minDomains");
        if domains.is_set() && domains.int() <= 0 {
            errors.invalid(&domains, "must be greater than zero");
        }
        if domains.is_set() && action.text() != "DoNotSchedule" {
            let detail =
                format!("can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {}", action.text());
            errors.invalid(&domains, &detail);
        }
        for policy in ["nodeAffinityPolicy", "nodeTaintsPolicy"].map(|field| constraint.get(field)) {
            if policy.is_set() && !["Honor", "Ignore"].contains(&policy.text()) {
                errors.not_supported(&policy, &["Honor", "Ignore"]);
            }
        }
        validate_match_label_keys(&constraint, errors);
        validate_selector(&constraint.get("labelSelector"), errors);
    }
}

pub(super) fn validate_tolerations(tolerations: &At, errors: &mut Errors) {
    for toleration in tolerations.items() {
        let (key, value, effect) = (toleration.get("key"), toleration.get("value"), toleration.get("effect"));
        let operator = toleration.get("operator");
        if !key.text().is_empty() {
            errors.all_invalid(&key, names::label_key(key.text()));
        } else if operator.text() != "Exists" {
            let detail =
                "operator must be Exists when `key` is empty, which means \"match all values and all keys\"";
            errors.invalid_text(&operator.path, operator.text(), detail);
        }
        if toleration.get("tolerationSeconds").is_set() && effect.text() != "NoExecute" {
            let detail = "effect must be 'NoExecute' when `tolerationSeconds` is set";
            errors.invalid_text(&effect.path, effect.text(), detail);
        }
        match operator.text() {
            "" | "Equal" => {
                let messages = names::label_value(value.text());
                if !messages.is_empty() {
                    errors.invalid_text(&operator.path, value.text(), &messages.join(";"));
                }
            }
            "Exists" => {
                if !value.text().is_empty() {
                    let detail = "value must be empty when `operator` is 'Exists'";
                    errors.invalid_text(&operator.path, value.text(), detail);
                }
            }
            "Lt" | "Gt" => errors.not_supported(&operator, &["Equal", "Exists", "Lt", "Gt"]),
            _ => errors.not_supported(&operator, &["Equal", "Exists"]),
        }
        if !["", "NoSchedule", "PreferNoSchedule", "NoExecute"].contains(&effect.text()) {
            errors.not_supported(&effect, &["NoSchedule", "PreferNoSchedule", "NoExecute"]);
        }
    }
}

/// A selector of pods with keys whose values are the pod's own. Models ValidateMatchLabelKeysAndMismatchLabelKeys.
pub(super) fn validate_match_label_keys(term: &At, errors: &mut Errors) {
    let selector = term.get("labelSelector");
    let (matching, other) = (term.get("matchLabelKeys"), term.get("mismatchLabelKeys"));
    for keys in [&matching, &other] {
        if keys.is_empty_list() {
            continue;
        }
        if !selector.is_set() {
            errors.forbidden(&keys.path, "must not be specified when labelSelector is not set");
            continue;
        }
        keys.items().for_each(|key| errors.all_invalid(&key, names::label_key(key.text())));
    }
    let mut selected: BTreeSet<&str> =
        collections::collect(selector.get("matchLabels").entries().map(|(key, _)| key));
    for requirement in selector.get("matchExpressions").items() {
        let key = requirement.get("key").text();
        let place = matching.items().rposition(|matching| matching.text() == key);
        if let Some(place) = place
            && selected.contains(key)
        {
            let path = term.path.item(place);
            errors.invalid_text(&path, key, "exists in both matchLabelKeys and labelSelector");
        }
        selected.insert(key);
    }
    for key in matching.items() {
        if other.items().any(|other| other.text() == key.text()) {
            errors.invalid(&key, "exists in both matchLabelKeys and mismatchLabelKeys");
        }
    }
}

/// Models ValidatePodAffinityTermSelector.
pub(super) fn validate_term_selectors(term: &At, errors: &mut Errors) {
    validate_selector(&term.get("labelSelector"), errors);
    validate_selector(&term.get("namespaceSelector"), errors);
}
