//! Containers that are added to a pod that runs.
//!
//! Models pkg/apis/core/validation/validation.go: validateEphemeralContainers, ValidatePodEphemeralContainersUpdate.

use super::field::{At, Errors, FieldError, Paths};
use super::names;
use serde_json::Value;
use std::collections::BTreeSet;
use yaml::text::quoted;

/// The fields that such a container may have: `allowedEphemeralContainerFields`.
const ALLOWED: &str = "name image command args workingDir envFrom env volumeMounts volumeDevices terminationMessagePath \
    terminationMessagePolicy imagePullPolicy securityContext stdin stdinOnce tty targetContainerName";

/// The mistakes in what is to become of a pod's ephemeral containers.
pub fn validate_ephemeral_containers(new: &Value, old: &Value) -> Vec<FieldError> {
    let (mut errors, paths) = (Errors::default(), Paths::default());
    let spec = At::root(new, &paths).get("spec");
    let names = |list: &'static str| spec.get(list).items().map(|container| container.get("name").text());
    let others: BTreeSet<&str> = collections::collect(names("containers").chain(names("initContainers")));
    let mains: BTreeSet<&str> = collections::collect(names("containers"));
    let mut known = others;
    let list = spec.get("ephemeralContainers");
    for container in list.items() {
        let (name, image) = (container.get("name"), container.get("image"));
        if name.text().is_empty() {
            errors.required(&name.path, "");
        } else {
            errors.all_invalid(&name, names::dns_label(name.text()));
        }
        if image.text().is_empty() {
            errors.required(&image.path, "");
        }
        if !known.insert(name.text()) {
            errors.duplicate(&name.path, &quoted(name.text()));
        }
        let target = container.get("targetContainerName");
        if !target.text().is_empty() && !mains.contains(target.text()) {
            errors.not_found(&target);
        }
        let given = container.value.as_object().into_iter().flat_map(|fields| fields.keys());
        let is_given = |field: &&String| {
            let value = &container.value[field.as_str()];
            !value.is_null() && value.as_object().is_none_or(|tree| !tree.is_empty())
        };
        for field in
            given.filter(is_given).filter(|field| !ALLOWED.split_whitespace().any(|known| known == *field))
        {
            errors.forbidden(&container.path.name(field), "cannot be set for an Ephemeral Container");
        }
    }
    let old = old["spec"]["ephemeralContainers"].as_array();
    for before in old.into_iter().flatten() {
        let name = before["name"].as_str().unwrap_or_default();
        match list.items().find(|container| container.get("name").text() == name) {
            None => errors.forbidden(
                &list.path,
                &format!("existing ephemeral containers {} may not be removed\n", quoted(name)),
            ),
            Some(now) if now.value != before => errors.forbidden(
                &list.path,
                &format!("existing ephemeral containers {} may not be changed\n", quoted(name)),
            ),
            Some(_) => {}
        }
    }
    errors.0
}
