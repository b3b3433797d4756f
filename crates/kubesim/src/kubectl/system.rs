//! Whether a command looks at the cluster's own objects: they are made then ([`crate::cluster::system`]).

use super::Invocation;
use crate::cluster::system::NAMESPACE;

/// Whether a command names kube-system, or every namespace, or a node's pods.
pub(super) fn is_meant(inv: &Invocation) -> bool {
    let names_it = |text: &String| text.contains(NAMESPACE);
    let describes_node = inv.verb.name == "describe" && inv.args.first().is_some_and(|word| is_node(word));
    inv.namespace() == NAMESPACE
        || inv.is("all-namespaces")
        || describes_node
        || inv.args.iter().any(names_it)
        || inv.stdin.as_ref().is_some_and(names_it)
        || inv.list("filename").iter().filter_map(|name| inv.files.get(name)).any(names_it)
}

fn is_node(word: &str) -> bool {
    matches!(word.split('/').next(), Some("node" | "nodes" | "no"))
}
