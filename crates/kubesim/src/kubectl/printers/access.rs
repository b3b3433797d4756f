//! Access and admission: role bindings, certificates, webhooks, admission policies.

use super::cell::{slashed, text};
use super::row::{AGE, Column, NAME, Row, at_path, count, field, of, seconds, wide};
use crate::api::read::{get, list};
use serde_json::Value;

pub(super) static ROLE_BINDING: &[Column] = &[
    NAME,
    field("ROLE", "{roleRef.kind}/{roleRef.name}"),
    AGE,
    wide(of("USERS", users)),
    wide(of("GROUPS", groups)),
    wide(of("SERVICEACCOUNTS", service_accounts)),
];
pub(super) static CERTIFICATE_SIGNING_REQUEST: &[Column] = &[
    NAME,
    AGE,
    field("SIGNERNAME", "{spec.signerName:<none>}"),
    field("REQUESTOR", "{spec.username}"),
    at_path("REQUESTEDDURATION", seconds, "spec.expirationSeconds"),
    of("CONDITION", csr_status),
];
pub(super) static WEBHOOK_CONFIGURATION: &[Column] = &[NAME, at_path("WEBHOOKS", count, "webhooks"), AGE];
pub(super) static VALIDATING_ADMISSION_POLICY: &[Column] =
    &[NAME, at_path("VALIDATIONS", count, "spec.validations"), of("PARAMKIND", param_kind), AGE];
pub(super) static MUTATING_ADMISSION_POLICY: &[Column] =
    &[NAME, at_path("MUTATIONS", count, "spec.mutations"), of("PARAMKIND", param_kind), AGE];
pub(super) static ADMISSION_POLICY_BINDING: &[Column] =
    &[NAME, field("POLICYNAME", "{spec.policyName}"), of("PARAMREF", param_ref), AGE];

fn users(row: &Row) -> String {
    subjects(row, "User")
}

fn groups(row: &Row) -> String {
    subjects(row, "Group")
}

fn service_accounts(row: &Row) -> String {
    subjects(row, "ServiceAccount")
}

fn subjects(row: &Row, kind: &str) -> String {
    let subjects = list(row.tree(), "subjects").iter().filter(|s| get(s, "kind") == kind);
    let name = |s: &Value| {
        let named = kind == "ServiceAccount" && get(s, "namespace").is_string();
        if named { slashed(s, "namespace", "name") } else { text(get(s, "name")) }
    };
    subjects.map(name).collect::<Vec<_>>().join(", ")
}

/// What was decided about a request. Models printers.go: extractCSRStatus.
pub fn csr_status(row: &Row) -> String {
    let status = get(row.tree(), "status");
    let has = |kind: &str| list(status, "conditions").iter().any(|c| get(c, "type") == kind);
    let decided = if has("Denied") {
        "Denied"
    } else if has("Approved") {
        "Approved"
    } else {
        "Pending"
    };
    let failed = if has("Failed") { ",Failed" } else { "" };
    let issued = if get(status, "certificate").is_null() { "" } else { ",Issued" };
    [decided, failed, issued].concat()
}

fn param_kind(row: &Row) -> String {
    match get(row.spec(), "paramKind") {
        Value::Null => "<unset>".to_string(),
        kind => slashed(kind, "apiVersion", "kind"),
    }
}

fn param_ref(row: &Row) -> String {
    let reference = get(row.spec(), "paramRef");
    let (namespace, name) = (text(get(reference, "namespace")), text(get(reference, "name")));
    if name.is_empty() {
        return "<unset>".to_string();
    }
    // Whether it lives in a namespace can't be told from here.
    [if namespace.is_empty() { "*" } else { &namespace }, "/", &name].concat()
}
