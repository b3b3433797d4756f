//! What the API serves, as discovery and `kubectl api-resources` list it.

use crate::api::{KINDS, Kind};
use serde_json::json;

/// What the API serves beside the kinds of objects here: requests that are answered and not kept, and events by their other
/// name. Plural, kind, group and version, scope, verbs, short name.
const OTHER_RESOURCES: &str = "\
    bindings Binding v1 n create;componentstatuses ComponentStatus v1 c get,list cs;\
    selfsubjectreviews SelfSubjectReview authentication.k8s.io/v1 c create;\
    tokenreviews TokenReview authentication.k8s.io/v1 c create;\
    localsubjectaccessreviews LocalSubjectAccessReview authorization.k8s.io/v1 n create;\
    selfsubjectaccessreviews SelfSubjectAccessReview authorization.k8s.io/v1 c create;\
    selfsubjectrulesreviews SelfSubjectRulesReview authorization.k8s.io/v1 c create;\
    subjectaccessreviews SubjectAccessReview authorization.k8s.io/v1 c create;\
    events Event events.k8s.io/v1 n create,delete,deletecollection,get,list,patch,update,watch ev";

/// A line of `kubectl api-resources`.
pub(super) struct Resource {
    pub(super) plural: &'static str,
    pub(super) short: String,
    pub(super) group: &'static str,
    pub(super) version: &'static str,
    pub(super) namespaced: bool,
    pub(super) kind: &'static str,
    pub(super) verbs: &'static str,
    pub(super) category: &'static str,
}

impl Resource {
    /// As discovery shows it, in the order of Go's fields.
    pub(super) fn in_list(&self) -> String {
        let list = |text: &str| json!(text.split(',').collect::<Vec<_>>());
        let mut text = format!(
            "{{\"name\":{},\"singularName\":{},\"namespaced\":{},\"kind\":{},\"verbs\":{}",
            json!(self.plural),
            json!(self.kind.to_ascii_lowercase()),
            self.namespaced,
            json!(self.kind),
            list(self.verbs)
        );
        for (field, names) in [("shortNames", self.short.as_str()), ("categories", self.category)] {
            if !names.is_empty() {
                text.push_str(&format!(",\"{field}\":{}", list(names)));
            }
        }
        text + "}"
    }

    /// As discovery shows it among all resources, in the order of Go's fields.
    pub(super) fn aggregated(&self) -> String {
        let list = |text: &str| json!(text.split(',').collect::<Vec<_>>());
        let mut text = format!(
            "{{\"resource\":{},\"responseKind\":{{\"group\":{},\"version\":{},\"kind\":{}}},\"scope\":\"{}\",\
             \"singularResource\":{},\"verbs\":{}",
            json!(self.plural),
            json!(self.group),
            json!(self.version),
            json!(self.kind),
            if self.namespaced { "Namespaced" } else { "Cluster" },
            json!(self.kind.to_ascii_lowercase()),
            list(self.verbs)
        );
        for (field, names) in [("shortNames", self.short.as_str()), ("categories", self.category)] {
            if !names.is_empty() {
                text.push_str(&format!(",\"{field}\":{}", list(names)));
            }
        }
        text + "}"
    }
}

pub(super) fn resources() -> impl Iterator<Item = Resource> {
    const ALL_VERBS: &str = "create,delete,deletecollection,get,list,patch,update,watch";
    let kinds = KINDS.iter().filter(|k| k.kind.is_served()).map(|k| Resource {
        plural: k.plural,
        short: k.short.join(","),
        group: k.group,
        version: k.version,
        namespaced: k.namespaced,
        kind: k.name,
        verbs: match k.kind {
            Kind::Namespace => "create,delete,get,list,patch,update,watch",
            _ => ALL_VERBS,
        },
        category: match k.group {
            _ if k.in_all => "all",
            "admissionregistration.k8s.io" | "apiextensions.k8s.io" | "apiregistration.k8s.io" => {
                "api-extensions"
            }
            _ => "",
        },
    });
    let others = OTHER_RESOURCES.split(';').map(|line| {
        let mut words = line.split_ascii_whitespace();
        let mut next = || words.next().unwrap_or_default();
        let (plural, kind, api_version) = (next(), next(), next());
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let (namespaced, verbs, short) = (next() == "n", next(), next().to_string());
        Resource { plural, short, group, version, namespaced, kind, verbs, category: "" }
    });
    kinds.chain(others)
}
