//! Whether a command looks at the cluster's own objects: they are made then ([`crate::cluster::system`],
//! [`crate::cluster::roles`]).

use super::Invocation;
use crate::cluster::system::NAMESPACE;

/// Whether a command names kube-system, or every namespace, or is about a node's pods.
pub(super) fn is_meant(inv: &Invocation) -> bool {
    let names_it = |text: &String| text.contains(NAMESPACE);
    let describes_node = inv.verb.name == "describe" && inv.args.first().is_some_and(|word| is_node(word));
    inv.namespace() == NAMESPACE
        || matches!(inv.verb.name, "cluster-info dump" | "drain")
        || inv.is("all-namespaces")
        || describes_node
        || inv.args.iter().any(names_it)
        || inv.stdin.as_ref().is_some_and(names_it)
        || inv.list("filename").iter().filter_map(|name| inv.files.get(name)).any(names_it)
}

/// Whether a command is about the roles that every cluster has, or about what they let somebody do.
pub(super) fn asks_for_roles(inv: &Invocation) -> bool {
    let is_role = |text: &String| {
        let text = text.to_ascii_lowercase();
        text.contains("clusterrole") || text.contains("rbac.authorization.k8s.io")
    };
    inv.verb.name.starts_with("auth ")
        || inv.verb.name.starts_with("create clusterrole")
        || inv.args.iter().any(is_role)
        || is_role(&inv.text("raw").to_string())
}

fn is_node(word: &str) -> bool {
    matches!(word.split('/').next(), Some("node" | "nodes" | "no"))
}
