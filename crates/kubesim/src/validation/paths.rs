//! Names of volumes, and paths below them.
//!
//! Models pkg/apis/core/validation/validation.go: ValidateDNS1123Label where a name is required, validatePathNoBacksteps and
//! what goes with it.

use super::field::{At, Errors};
use super::names;

pub(super) fn validate_volume_name(name: &At, errors: &mut Errors) {
    if name.text().is_empty() {
        errors.required(&name.path, "");
    } else {
        errors.all_invalid(name, names::dns_label(name.text()));
    }
}

/// Models ValidateLocalNonReservedPath.
pub(super) fn validate_not_reserved(path: &At, errors: &mut Errors) {
    validate_descending(path, errors);
    if path.text().starts_with("..") && !path.text().starts_with("../") {
        errors.invalid(path, "must not start with '..'");
    }
}

/// Models validateLocalDescendingPath.
pub(super) fn validate_descending(path: &At, errors: &mut Errors) {
    if path.text().starts_with('/') {
        errors.invalid(path, "must be a relative path");
    }
    validate_no_backsteps(path, errors);
}

/// Models validatePathNoBacksteps.
pub(super) fn validate_no_backsteps(path: &At, errors: &mut Errors) {
    if path.text().split('/').any(|part| part == "..") {
        errors.invalid(path, "must not contain '..'");
    }
}
