//! `kubectl get --raw` of what is no object: `/version`, `/api`, `/apis` and what is served below them.

use super::api_resource::{Resource, resources};
use super::info::API_VERSIONS;
use crate::config::KUBERNETES_VERSION;
use serde_json::{Value, json};

/// The answer of the API server at this path, if it is one of these.
pub(super) fn answer(path: &str) -> Option<String> {
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    match parts[..] {
        ["version"] => {
            let (major, minor) = ("1", "36");
            let version = json!({"major": major, "minor": minor, "gitVersion": KUBERNETES_VERSION, "compiler": "gc",
                "platform": "linux/amd64"});
            serde_json::to_string_pretty(&version).ok()
        }
        ["api"] => Some(json!({"kind": "APIVersions", "versions": ["v1"]}).to_string()),
        ["api", "v1"] => resource_list("v1"),
        ["apis"] => {
            let groups: Vec<Value> = groups().into_iter().map(group).collect();
            Some(json!({"kind": "APIGroupList", "apiVersion": "v1", "groups": groups}).to_string())
        }
        ["apis", name] => {
            let mut tree = group(groups().into_iter().find(|group| *group == name)?);
            tree["kind"] = "APIGroup".into();
            tree["apiVersion"] = "v1".into();
            Some(tree.to_string())
        }
        ["apis", group, version] => resource_list(&format!("{group}/{version}")),
        _ => None,
    }
}

/// The versions that are served, the core group's among them.
pub(super) fn versions() -> impl Iterator<Item = &'static str> {
    API_VERSIONS.split(' ')
}

/// All that is served, in one answer: of the core group, or of all others. Models `k8s.io/api/apidiscovery/v2`.
pub(super) fn aggregated(core: bool) -> String {
    let names: Vec<&str> = if core { vec![""] } else { groups() };
    let groups = names.into_iter().map(|name| {
        let own = versions().filter(|version| version.split_once('/').map_or("", |(group, _)| group) == name);
        let versions = own.map(|text| {
            let version = text.split('/').next_back().unwrap_or_default();
            let found = resources().filter(|resource| resource.group == name && resource.version == version);
            let texts: Vec<String> = found.map(|resource| resource.aggregated()).collect();
            format!(
                "{{\"version\":\"{version}\",\"resources\":[{}],\"freshness\":\"Current\"}}",
                texts.join(",")
            )
        });
        let metadata = match name {
            "" => json!({"creationTimestamp": null}),
            name => json!({"name": name, "creationTimestamp": null}),
        };
        // The newest first.
        let mut versions: Vec<String> = versions.collect();
        versions.reverse();
        format!("{{\"metadata\":{metadata},\"versions\":[{}]}}", versions.join(","))
    });
    format!(
        "{{\"kind\":\"APIGroupDiscoveryList\",\"apiVersion\":\"apidiscovery.k8s.io/v2\",\"metadata\":{{}},\"items\":[{}]}}",
        groups.collect::<Vec<_>>().join(",")
    )
}

/// The groups' names.
fn groups() -> Vec<&'static str> {
    let mut groups: Vec<&str> = API_VERSIONS.split(' ').filter_map(|v| Some(v.split_once('/')?.0)).collect();
    groups.dedup();
    groups
}

fn group(name: &str) -> Value {
    let of_group = |text: &&str| text.split_once('/').is_some_and(|(group, _)| group == name);
    let mut versions: Vec<Value> = API_VERSIONS
        .split(' ')
        .filter(of_group)
        .map(|text| json!({"groupVersion": text, "version": text.split('/').next_back()}))
        .collect();
    // The newest first.
    versions.reverse();
    json!({"name": name, "versions": versions, "preferredVersion": versions.first()})
}

/// What a version of a group serves; nothing if there is no such version.
fn resource_list(version: &str) -> Option<String> {
    API_VERSIONS.split(' ').find(|known| *known == version)?;
    let is_of_it = |resource: &Resource| match resource.group {
        "" => resource.version == version,
        group => {
            version.strip_prefix(group).and_then(|rest| rest.strip_prefix('/')) == Some(resource.version)
        }
    };
    let mut found: Vec<Resource> = resources().filter(is_of_it).collect();
    collections::sort_by_key(&mut found, |resource| resource.plural);
    let texts: Vec<String> = found.iter().map(Resource::in_list).collect();
    let head =
        format!("{{\"kind\":\"APIResourceList\",\"apiVersion\":\"v1\",\"groupVersion\":{}", json!(version));
    Some(format!("{head},\"resources\":[{}]}}", texts.join(",")))
}
