//! Probes and lifecycle hooks.
//!
//! Models pkg/apis/core/validation/validation.go: validateLifecycle, validateProbe and validateHandler.

use super::address::validate_port;
use super::field::{At, Errors, required_texts};
use super::names;

const MORE_THAN_ONE_HANDLER: &str = "may not specify more than 1 handler type";

pub(super) fn validate_lifecycle_and_probes(container: &At, spec: &At, errors: &mut Errors) {
    let lifecycle = container.get("lifecycle");
    for hook in ["postStart", "preStop"] {
        let hook = lifecycle.get(hook);
        if hook.is_set() {
            validate_handler(&hook, spec, errors);
        }
    }
    for (kind, is_readiness) in [("livenessProbe", false), ("readinessProbe", true), ("startupProbe", false)]
    {
        let probe = container.get(kind);
        if !probe.is_set() {
            continue;
        }
        validate_handler(&probe, spec, errors);
        for field in
            ["initialDelaySeconds", "timeoutSeconds", "periodSeconds", "successThreshold", "failureThreshold"]
        {
            errors.nonnegative(&probe.get(field));
        }
        let grace = probe.get("terminationGracePeriodSeconds");
        if grace.is_set() && grace.int() <= 0 {
            errors.invalid(&grace, "must be greater than 0");
        }
        if is_readiness && grace.is_set() {
            errors.invalid(&grace, "must not be set for readinessProbes");
        }
        let successes = probe.get("successThreshold");
        if !is_readiness && successes.int() != 1 {
            errors.invalid(&successes, "must be 1");
        }
    }
}

fn validate_handler(handler: &At, spec: &At, errors: &mut Errors) {
    let mut found = false;
    for name in ["exec", "httpGet", "tcpSocket", "grpc", "sleep"] {
        let action = handler.get(name);
        if !action.is_set() {
            continue;
        }
        if found {
            errors.forbidden(&action.path, MORE_THAN_ONE_HANDLER);
            continue;
        }
        found = true;
        match name {
            "exec" => {
                if action.get("command").is_empty_list() {
                    errors.required(&action.path_of("command"), "");
                }
            }
            "httpGet" => {
                required_texts(&action, &["path"], errors);
                validate_port(&action.get("port"), errors);
                if !["HTTP", "HTTPS"].contains(&action.get("scheme").text()) {
                    errors.not_supported(&action.get("scheme"), &["HTTP", "HTTPS"]);
                }
                for header in action.get("httpHeaders").items() {
                    let name = header.get("name").text();
                    for message in names::http_header(name) {
                        errors.invalid_text(&action.path_of("httpHeaders"), name, &message);
                    }
                }
            }
            "sleep" => {
                let (seconds, grace) =
                    (action.get("seconds").int(), spec.get("terminationGracePeriodSeconds").int());
                if !(0..=grace).contains(&seconds) {
                    let detail =
                        format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})");
                    errors.invalid_shown(&action.path, &seconds.to_string(), &detail);
                }
            }
            _ => validate_port(&action.get("port"), errors),
        }
    }
    if !found {
        errors.required(&handler.path, "must specify a handler type");
    }
}
