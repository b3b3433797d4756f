//! Who a pod's containers run as, and what they may do.
//!
//! Models pkg/apis/core/validation/validation.go: validatePodSpecSecurityContext, ValidateSecurityContext, validateOS,
//! validateHostUsers, validateWindowsHostProcessPod and the annotations that came before these fields.

use std::collections::BTreeSet;

use super::field::{At, Errors, shown};
use super::names;
use super::paths::validate_descending;
use crate::schema::go_json;
use yaml::text::quoted;

const NOT_FOR_WINDOWS: &str = "cannot be set for a windows pod";

/// A pod's containers, in the order of VisitContainersWithPath.
pub(super) fn all_containers<'a>(spec: &At<'a>) -> impl Iterator<Item = At<'a>> + use<'a> {
    let lists = ["initContainers", "containers", "ephemeralContainers"].map(|list| spec.get(list));
    lists.into_iter().flat_map(|list| list.items())
}

fn validate_id(id: &At, errors: &mut Errors) {
    if id.is_set() {
        errors.in_range(id, 0, i64::from(i32::MAX));
    }
}

fn one_of_if_set(at: &At, supported: &[&str], errors: &mut Errors) {
    if at.is_set() && !supported.contains(&at.text()) {
        errors.not_supported(at, supported);
    }
}

/// Models validatePodSpecSecurityContext.
pub(super) fn validate_pod_context(spec: &At, errors: &mut Errors) {
    let context = spec.get("securityContext");
    for field in ["fsGroup", "runAsUser", "runAsGroup"] {
        validate_id(&context.get(field), errors);
    }
    context.get("supplementalGroups").items().for_each(|id| validate_id(&id, errors));
    if spec.get("shareProcessNamespace").flag() && spec.get("hostPID").flag() {
        let path = context.path_of("shareProcessNamespace");
        errors.invalid_shown(&path, "true", "ShareProcessNamespace and HostPID cannot both be enabled");
    }
    validate_sysctls(spec, &context.get("sysctls"), errors);
    one_of_if_set(&context.get("fsGroupChangePolicy"), &["Always", "OnRootMismatch"], errors);
    validate_seccomp(&context.get("seccompProfile"), errors);
    validate_windows_options(&context.get("windowsOptions"), errors);
    validate_app_armor(&context.get("appArmorProfile"), errors);
    one_of_if_set(&context.get("supplementalGroupsPolicy"), &["Merge", "Strict"], errors);
    // Gate SELinuxMount is off in 1.36: only one of two is allowed.
    one_of_if_set(&context.get("seLinuxChangePolicy"), &["Recursive"], errors);
}

/// Models validateSysctls.
fn validate_sysctls(spec: &At, sysctls: &At, errors: &mut Errors) {
    let mut known = BTreeSet::new();
    for sysctl in sysctls.items() {
        let name = sysctl.get("name");
        let text = name.text();
        let is_segment = |segment: &str| {
            let is_plain = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit();
            segment.bytes().all(|c| is_plain(c) || matches!(c, b'-' | b'_'))
                && segment.bytes().next().is_some_and(is_plain)
                && segment.bytes().last().is_some_and(is_plain)
        };
        if text.is_empty() {
            errors.required(&name.path, "");
        } else if text.len() > 253 || !text.split(['.', '/']).all(is_segment) {
            let segment = "[a-z0-9]([-_a-z0-9]*[a-z0-9])?";
            let detail =
                format!("must have at most 253 characters and match regex ^({segment}[\\./])*{segment}$");
            errors.invalid(&name, &detail);
        } else if known.contains(text) {
            errors.duplicate(&name.path, &quoted(text));
        }
        // Models ValidateHostSysctl.
        let dotted = text.replace('/', ".");
        let is_ipc =
            ["kernel.sem", "kernel.shm", "kernel.msg", "fs.mqueue."].iter().any(|p| dotted.starts_with(p));
        if spec.get("hostNetwork").flag() && dotted.starts_with("net.") {
            errors.invalid(&name, "may not be specified when 'hostNetwork' is true");
        } else if spec.get("hostIPC").flag() && is_ipc {
            errors.invalid(&name, "may not be specified when 'hostIPC' is true");
        }
        known.insert(text);
    }
}

/// Models ValidateSecurityContext, of a container.
pub(super) fn validate_context(context: &At, host_users: bool, errors: &mut Errors) {
    for field in ["runAsUser", "runAsGroup"] {
        validate_id(&context.get(field), errors);
    }
    let proc_mount = context.get("procMount");
    one_of_if_set(&proc_mount, &["Default", "Unmasked"], errors);
    if host_users && proc_mount.text() == "Unmasked" {
        errors.invalid(&proc_mount, "`hostUsers` must be false to use `Unmasked`");
    }
    validate_seccomp(&context.get("seccompProfile"), errors);
    let escalation = context.get("allowPrivilegeEscalation");
    if escalation.is_set() && !escalation.flag() {
        let mut refuse = |detail: &str| {
            let context_shown = go_json::shown("SecurityContext", context.value);
            errors.invalid_shown(&context.path, &context_shown, detail);
        };
        if context.get("privileged").flag() {
            refuse("cannot set `allowPrivilegeEscalation` to false and `privileged` to true");
        }
        for _ in context.get("capabilities").get("add").items().filter(|c| c.text() == "CAP_SYS_ADMIN") {
            refuse("cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN");
        }
    }
    validate_windows_options(&context.get("windowsOptions"), errors);
    validate_app_armor(&context.get("appArmorProfile"), errors);
}

/// Models validateSeccompProfileField.
fn validate_seccomp(profile: &At, errors: &mut Errors) {
    if !profile.is_set() {
        return;
    }
    let (kind, local) = (profile.get("type"), profile.get("localhostProfile"));
    match kind.text() {
        "" => errors.required(&kind.path, "type is required when seccompProfile is set"),
        _ => one_of_if_set(&kind, &["Localhost", "RuntimeDefault", "Unconfined"], errors),
    }
    match (kind.text() == "Localhost", local.is_set()) {
        (true, true) => validate_descending(&local, errors),
        (true, false) => errors.required(&local.path, "must be set when seccomp type is Localhost"),
        (false, true) => {
            let profile_shown = go_json::shown("SeccompProfile", profile.value);
            errors.invalid_shown(
                &local.path,
                &profile_shown,
                "can only be set when seccomp type is Localhost",
            );
        }
        (false, false) => {}
    }
}

/// Models ValidateAppArmorProfileField.
fn validate_app_armor(profile: &At, errors: &mut Errors) {
    if !profile.is_set() {
        return;
    }
    let (kind, local) = (profile.get("type"), profile.get("localhostProfile"));
    match kind.text() {
        "Localhost" if !local.is_set() || local.text().is_empty() => {
            errors.required(&local.path, "must be set when AppArmor type is Localhost");
        }
        "Localhost" => {
            if local.text().trim() != local.text() {
                errors.invalid(&local, "must not be padded with whitespace");
            }
            if local.text().len() > 4095 {
                errors.too_long(&local.path, 4095);
            }
        }
        "RuntimeDefault" | "Unconfined" => {
            if local.is_set() {
                errors.invalid(&local, "can only be set when AppArmor type is Localhost");
            }
        }
        "" => errors.required(&kind.path, "type is required when appArmorProfile is set"),
        _ => errors.not_supported(&kind, &["Localhost", "RuntimeDefault", "Unconfined"]),
    }
}

/// Models validateWindowsSecurityContextOptions, but for the form of a user's domain.
fn validate_windows_options(options: &At, errors: &mut Errors) {
    let spec_name = options.get("gmsaCredentialSpecName");
    if spec_name.is_set() {
        errors.all_invalid(&spec_name, names::dns_subdomain(spec_name.text()));
    }
    let spec = options.get("gmsaCredentialSpec");
    if spec.is_set() && spec.text().is_empty() {
        errors.invalid(&spec, "gmsaCredentialSpec cannot be an empty string");
    } else if spec.text().len() > 64 * 1024 {
        errors.invalid(&spec, "gmsaCredentialSpec size must be under 64 KiB");
    }
    let name = options.get("runAsUserName");
    if !name.is_set() {
        return;
    }
    let parts: Vec<&str> = name.text().split('\\').collect();
    let user = *parts.last().unwrap_or(&"");
    if name.text().is_empty() {
        return errors.invalid(&name, "runAsUserName cannot be an empty string");
    } else if name.text().contains(char::is_control) {
        return errors.invalid(&name, "runAsUserName cannot contain control characters");
    } else if parts.len() > 2 {
        return errors.invalid(&name, "runAsUserName cannot contain more than one backslash");
    }
    if parts.len() == 2 && parts[0].len() >= 256 {
        errors.invalid(&name, "runAsUserName's Domain length must be under 256 characters");
    }
    if user.is_empty() {
        errors.invalid(&name, "runAsUserName's User cannot be empty");
    } else if user.len() > 104 {
        errors.invalid(&name, "runAsUserName's User length must not be longer than 104 characters");
    }
    if !user.is_empty() && user.bytes().all(|c| matches!(c, b'.' | b' ')) {
        errors.invalid(&name, "runAsUserName's User cannot contain only periods or spaces");
    }
    const NOT_IN_USERS: &str = r#""/\:;|=,+*?<>@[]"#;
    if user.contains(|c| NOT_IN_USERS.contains(c)) {
        errors.invalid(
            &name,
            &format!("runAsUserName's User cannot contain the following characters: {NOT_IN_USERS}"),
        );
    }
}

/// Models validateWindowsHostProcessPod.
pub(super) fn validate_host_process(spec: &At, errors: &mut Errors) {
    fn flag<'a>(at: &At<'a>) -> At<'a> {
        at.get("securityContext").get("windowsOptions").get("hostProcess")
    }
    let pod = flag(spec);
    let (mut count, mut on_host) = (0, 0);
    for container in all_containers(spec) {
        count += 1;
        let own = flag(&container);
        if pod.is_set() && own.is_set() && pod.flag() != own.flag() {
            let detail =
                format!("pod hostProcess value must be identical if both are specified, was {}", pod.flag());
            errors.invalid(&own, &detail);
        }
        on_host += usize::from(if own.is_set() { own.flag() } else { pod.flag() });
    }
    if on_host == 0 {
        return;
    }
    if on_host != count {
        let detail =
            "If pod contains any hostProcess containers then all containers must be HostProcess containers";
        errors.invalid_text(&spec.path, "", detail);
    }
    if !spec.get("hostNetwork").flag() {
        let detail = "hostNetwork must be true if pod contains any hostProcess containers";
        errors.invalid_shown(&spec.path_of("hostNetwork"), "false", detail);
    }
}

/// Whether containers' users are the node's.
pub(super) fn uses_host_users(spec: &At) -> bool {
    let users = spec.get("hostUsers");
    !users.is_set() || users.flag()
}

/// Models validateHostUsers.
pub(super) fn validate_host_users(spec: &At, errors: &mut Errors) {
    if uses_host_users(spec) {
        return;
    }
    for (field, told) in [("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")] {
        if spec.get(field).flag() {
            errors.forbidden(&spec.path_of(told), "when `hostUsers` is false");
        }
    }
    for container in all_containers(spec) {
        if !container.get("volumeDevices").is_empty_list() {
            errors.forbidden(&container.path_of("volumeDevices"), "when `hostUsers` is false");
        }
    }
}

/// Models validateOS, validateLinux and validateWindows.
pub(super) fn validate_os(spec: &At, errors: &mut Errors) {
    let os = spec.get("os");
    if !os.is_set() {
        return;
    }
    let context = spec.get("securityContext");
    let name = os.get("name").text();
    let forbid_set = |at: &At, field: &'static str, detail: &str, errors: &mut Errors| {
        let at = at.get(field);
        let is_off = at.value == &serde_json::Value::Bool(false) && matches!(field, "hostPID" | "hostIPC");
        if at.is_set() && !is_off {
            errors.forbidden(&at.path, detail);
        }
    };
    match name {
        "" => errors.required(&os.path_of("name"), ""),
        "linux" => {
            const DETAIL: &str = "windows options cannot be set for a linux pod";
            forbid_set(&context, "windowsOptions", DETAIL, errors);
            for container in all_containers(spec) {
                forbid_set(&container.get("securityContext"), "windowsOptions", DETAIL, errors);
            }
        }
        "windows" => {
            const OF_PODS: &str = "appArmorProfile seLinuxOptions .hostUsers .hostPID .hostIPC seccompProfile fsGroup \
                fsGroupChangePolicy sysctls .shareProcessNamespace runAsUser runAsGroup supplementalGroups \
                supplementalGroupsPolicy seLinuxChangePolicy";
            const OF_CONTAINERS: &str = "appArmorProfile seLinuxOptions seccompProfile capabilities readOnlyRootFilesystem \
                privileged allowPrivilegeEscalation procMount runAsUser runAsGroup";
            for field in OF_PODS.split_ascii_whitespace() {
                match field.strip_prefix('.') {
                    Some(field) => forbid_set(spec, field, NOT_FOR_WINDOWS, errors),
                    None => forbid_set(&context, field, NOT_FOR_WINDOWS, errors),
                }
            }
            for container in all_containers(spec) {
                for field in OF_CONTAINERS.split_ascii_whitespace() {
                    forbid_set(&container.get("securityContext"), field, NOT_FOR_WINDOWS, errors);
                }
            }
        }
        // Upstream tells it at the struct.
        _ => errors.not_supported_shown(&os.path, &quoted(name), &["linux", "windows"]),
    }
}

const SECCOMP_POD: &str = "seccomp.security.alpha.kubernetes.io/pod";
const SECCOMP_CONTAINER: &str = "container.seccomp.security.alpha.kubernetes.io/";
const APP_ARMOR_CONTAINER: &str = "container.apparmor.security.beta.kubernetes.io/";
const DELETION_COST: &str = "controller.kubernetes.io/pod-deletion-cost";
const MIRROR: &str = "kubernetes.io/config.mirror";

/// Models ValidatePodSpecificAnnotations, but for tolerations in an annotation.
pub(super) fn validate_pod_annotations(annotations: &At, spec: &At, errors: &mut Errors) {
    let mirror = annotations.get(MIRROR);
    let key_path = |key: &str| annotations.path.key(key);
    if mirror.is_set() && spec.get("nodeName").text().is_empty() {
        let detail = "must set spec.nodeName if mirror pod annotation is set";
        errors.invalid_text(&key_path(MIRROR), mirror.text(), detail);
    }
    let cost = annotations.get(DELETION_COST);
    let starts_well = |text: &str| text == "0" || text.starts_with(|c: char| matches!(c, '-' | '1'..='9'));
    if cost.is_set() && !(starts_well(cost.text()) && cost.text().parse::<i32>().is_ok()) {
        errors.invalid_text(&key_path(DELETION_COST), cost.text(), "must be a 32bit integer");
    }
    // Models ValidateSeccompPodAnnotations.
    let is_seccomp = |key: &str| key.starts_with(SECCOMP_CONTAINER);
    let of_pod = annotations.entries().filter(|(key, _)| *key == SECCOMP_POD);
    for (key, value) in of_pod.chain(annotations.entries().filter(|(key, _)| is_seccomp(key))) {
        let at = value.told_as(annotations.path.name(key));
        match value.text() {
            "runtime/default" | "docker/default" | "unconfined" => {}
            text => match text.strip_prefix("localhost/") {
                Some(path) => validate_descending(&At { value: &path.into(), path: at.path }, errors),
                None => errors.invalid(&at, "must be a valid seccomp profile"),
            },
        }
    }
    // Models ValidateAppArmorPodAnnotations.
    for (key, value) in annotations.entries() {
        let Some(container) = key.strip_prefix(APP_ARMOR_CONTAINER) else { continue };
        if !all_containers(spec).any(|c| c.get("name").text() == container) {
            errors.invalid_text(&value.path, container, "container not found");
        }
        let text = value.text();
        if !matches!(text, "" | "runtime/default" | "unconfined") && !text.starts_with("localhost/") {
            let detail = format!("invalid AppArmor profile name: {}", shown(value.value));
            errors.invalid(&value, &detail);
        }
    }
}

/// Models validateSeccompAnnotationsAndFields and validateAppArmorAnnotationsAndFieldsMatchOnCreate.
pub(super) fn validate_profiles_match(annotations: &At, spec: &At, errors: &mut Errors) {
    let matches = |annotation: &At, profile: &At, what: &str, errors: &mut Errors| {
        if !annotation.is_set() || !profile.is_set() {
            return;
        }
        let text = annotation.text();
        let same_type = match profile.get("type").text() {
            "Unconfined" => text == "unconfined",
            "RuntimeDefault" => text == "runtime/default" || (what == "seccomp" && text == "docker/default"),
            "Localhost" => text.starts_with("localhost/"),
            _ => true,
        };
        if !same_type {
            let detail = format!("{what} type in annotation and field must match");
            return errors.forbidden(&profile.path_of("type"), &detail);
        }
        let local = profile.get("localhostProfile");
        if profile.get("type").text() == "Localhost"
            && text.strip_prefix("localhost/") != local.value.as_str()
        {
            errors.forbidden(&local.path, &format!("{what} profile in annotation and field must match"));
        }
    };
    let context = spec.get("securityContext");
    matches(&annotations.get(SECCOMP_POD), &context.get("seccompProfile"), "seccomp", errors);
    for container in all_containers(spec) {
        let annotation = annotations.entry(&format!("{SECCOMP_CONTAINER}{}", container.get("name").text()));
        matches(&annotation, &container.get("securityContext").get("seccompProfile"), "seccomp", errors);
    }
    if spec.get("os").get("name").text() == "windows" {
        return;
    }
    for container in all_containers(spec) {
        let annotation = annotations.entry(&format!("{APP_ARMOR_CONTAINER}{}", container.get("name").text()));
        let own = container.get("securityContext").get("appArmorProfile");
        let of_pod = context.get("appArmorProfile").told_as(own.path);
        matches(&annotation, if own.is_set() { &own } else { &of_pod }, "apparmor", errors);
    }
}
