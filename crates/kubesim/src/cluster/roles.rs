//! The ClusterRoles and ClusterRoleBindings that every cluster has: made when somebody looks at such objects first, as if they
//! had been there since the cluster was born. Models `plugin/pkg/auth/authorizer/rbac/bootstrappolicy`; nothing here asks for
//! permission, so no story needs them before.

use super::bootstrap::BORN;
use crate::api::{Key, Kind, Object, Uid};
use crate::apiserver::{ApiServer, Cause};
use crate::base::hash::mix64;
use crate::base::rng::Rng;
use serde_json::{Value, json};
use std::rc::Rc;

const TABLE: &str = include_str!("roles.txt");
/// What kubeadm's own are named by.
const KUBEADM: [&str; 2] = ["kubeadm:", "system:coredns"];
/// How the names of controllers' roles begin.
const CONTROLLER: &str = "system:controller:";

/// Makes them, unless they were made before. On its own, so that the table is loaded with the commands that ask for it.
#[inline(never)]
pub fn ensure(api: &mut ApiServer) {
    if api.store().find_cluster(Kind::ClusterRole, "cluster-admin").is_some() {
        return;
    }
    let trees = trees();
    let cause = std::mem::replace(&mut api.cause, Cause::Bootstrap);
    let version = api.resource_version().min(1);
    let mut rng = Rng::new(mix64(api.seed, 0x726f_6c65));
    for (kind, tree) in trees {
        let mut object = Object::from_value(kind, &tree);
        let key: Key = object.key();
        if api.store().get(&key).is_some() {
            continue;
        }
        object.meta.uid = Uid::random(&mut rng);
        object.meta.creation_timestamp = BORN;
        object.meta.resource_version = version;
        api.put_seen(key, Some(Rc::new(object)));
    }
    api.cause = cause;
}

/// A role of the table.
struct Role<'a> {
    name: &'a str,
    /// The labels of the roles whose rules it has, and its own.
    from: Option<&'a str>,
    to: Vec<&'a str>,
    rules: Vec<Value>,
}

/// A binding: its name, the role that it binds, and to whom.
type Binding<'a> = (&'a str, &'a str, Vec<Value>);

/// All of the table, roles first.
fn trees() -> Vec<(Kind, Value)> {
    let (mut roles, mut bindings): (Vec<Role>, Vec<Binding>) = (Vec::new(), Vec::new());
    for line in TABLE.lines().filter(|line| !line.starts_with('#')) {
        let mut words = line.split_whitespace();
        match (line.starts_with(' '), words.clone().next()) {
            (true, _) => roles.last_mut().into_iter().for_each(|role| role.rules.push(rule(line))),
            (false, Some("role")) => {
                let mut role =
                    Role { name: words.nth(1).unwrap_or_default(), from: None, to: vec![], rules: vec![] };
                for word in words {
                    match word.split_once('=') {
                        Some(("from", label)) => role.from = Some(label),
                        Some((_, label)) => role.to.push(label),
                        None => {}
                    }
                }
                roles.push(role);
            }
            _ => {
                let name = words.nth(1).unwrap_or_default();
                let pairs = words.filter_map(|word| word.split_once('='));
                let of = pairs.clone().find(|(what, _)| *what == "of").map_or(name, |(_, role)| role);
                bindings.push((name, of, pairs.filter_map(|(what, who)| subject(what, who)).collect()));
            }
        }
    }
    let of_controllers: Vec<&str> =
        roles.iter().map(|r| r.name).filter(|n| n.starts_with(CONTROLLER)).collect();
    for name in of_controllers {
        let account = ["kube-system:", &name[CONTROLLER.len()..]].concat();
        bindings.push((name, name, subject("account", &account).into_iter().collect()));
    }
    let roles = roles.iter().map(|role| (Kind::ClusterRole, role_tree(role, &roles)));
    let bindings = bindings.iter().map(|(name, of, subjects)| {
        let role = json!({"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": of});
        let mut tree = json!({"metadata": metadata(name), "roleRef": role});
        if !subjects.is_empty() {
            tree["subjects"] = subjects.clone().into();
        }
        (Kind::ClusterRoleBinding, tree)
    });
    roles.chain(bindings).collect()
}

fn metadata(name: &str) -> Value {
    if KUBEADM.iter().any(|own| name.starts_with(own)) {
        return json!({"name": name});
    }
    json!({"name": name, "annotations": {"rbac.authorization.kubernetes.io/autoupdate": "true"},
        "labels": {"kubernetes.io/bootstrapping": "rbac-defaults"}})
}

fn role_tree(role: &Role, all: &[Role]) -> Value {
    let label = |to: &str| ["rbac.authorization.k8s.io/aggregate-to-", to].concat();
    let mut tree = json!({"metadata": metadata(role.name), "rules": role.rules});
    for to in &role.to {
        tree["metadata"]["labels"][label(to)] = "true".into();
    }
    if let Some(from) = role.from {
        let mut labels = json!({});
        labels[label(from)] = "true".into();
        tree["aggregationRule"] = json!({"clusterRoleSelectors": [{"matchLabels": labels}]});
        tree["rules"] = aggregated(from, all).into();
    }
    tree
}

/// The rules of the roles with a label, each once. Models `clusterroleaggregation_controller.go`.
fn aggregated(label: &str, all: &[Role]) -> Vec<Value> {
    let mut rules: Vec<Value> = Vec::new();
    for role in all.iter().filter(|role| role.to.contains(&label)) {
        let own = role.from.map_or_else(|| role.rules.clone(), |from| aggregated(from, all));
        for rule in own {
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }
    rules
}

/// `READ core pods,services name=web`
fn rule(line: &str) -> Value {
    let list = |text: &str| -> Vec<String> { text.split(',').map(String::from).collect() };
    let mut words = line.split_whitespace();
    let verbs = match words.next().unwrap_or_default() {
        "READ" => "get,list,watch",
        "WRITE" => "create,delete,deletecollection,patch,update",
        "ALL" => "create,delete,deletecollection,get,list,patch,update,watch",
        verbs => verbs,
    };
    let second = words.next().unwrap_or_default();
    if let Some(paths) = second.strip_prefix("url=") {
        return json!({"nonResourceURLs": list(paths), "verbs": list(verbs)});
    }
    let groups: Vec<&str> = second.split(',').map(|group| if group == "core" { "" } else { group }).collect();
    let resources = words.next().unwrap_or_default();
    let mut rule = json!({"apiGroups": groups, "resources": list(resources), "verbs": list(verbs)});
    if let Some(names) = words.next().and_then(|word| word.strip_prefix("name=")) {
        rule["resourceNames"] = list(names).into();
    }
    rule
}

/// `group=system:nodes`, `account=kube-system:coredns`
fn subject(what: &str, who: &str) -> Option<Value> {
    let group = "rbac.authorization.k8s.io";
    match (what, who.split_once(':')) {
        ("account", Some((namespace, name))) => {
            Some(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}))
        }
        ("user", _) => Some(json!({"apiGroup": group, "kind": "User", "name": who})),
        ("group", _) => Some(json!({"apiGroup": group, "kind": "Group", "name": who})),
        _ => None,
    }
}
