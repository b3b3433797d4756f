//! The trees of `kubectl create KIND NAME`, for the kinds beside the workloads: jobs, roles and bindings, priority classes,
//! ingresses, secrets. Models `k8s.io/kubectl/pkg/cmd/create/create_*.go`.

use super::arguments::{one_name, pairs, required};
use crate::api::{Kind, Object, OwnerReference};
use crate::kubectl::resource::{Query, kind as kind_of};
use crate::kubectl::{Failure, Invocation};
use crate::process::Io;
use serde_json::{Map, Value, json};
use yaml::base64;

/// What is made, and its tree. Errors: what the flags say does not fit.
pub fn tree(inv: &Invocation, io: &mut Io) -> Result<(Kind, Value), Failure> {
    match inv.verb.name.trim_start_matches("create ") {
        "job" => job(inv, io).map(|tree| (Kind::Job, tree)),
        "cronjob" => cron_job(inv).map(|tree| (Kind::CronJob, tree)),
        "role" => role(inv, io, false).map(|tree| (Kind::Role, tree)),
        "clusterrole" => role(inv, io, true).map(|tree| (Kind::ClusterRole, tree)),
        "rolebinding" => binding(inv, false).map(|tree| (Kind::RoleBinding, tree)),
        "clusterrolebinding" => binding(inv, true).map(|tree| (Kind::ClusterRoleBinding, tree)),
        "priorityclass" => priority_class(inv).map(|tree| (Kind::PriorityClass, tree)),
        _ => ingress(inv).map(|tree| (Kind::Ingress, tree)),
    }
}

/// A pod's one container and its restart policy.
fn pod_spec(inv: &Invocation, name: &str, restart_policy: &str) -> Value {
    let mut container = json!({"name": name, "image": inv.text("image"), "resources": {}});
    if inv.args.len() > 1 {
        container["command"] = inv.args[1..].into();
    }
    json!({"spec": {"containers": [container], "restartPolicy": restart_policy}})
}

fn job(inv: &Invocation, io: &Io) -> Result<Value, Failure> {
    let name = one_name(inv, &inv.args)?;
    let (image, from) = (inv.text("image"), inv.text("from"));
    if image.is_empty() == from.is_empty() {
        return Err(Failure::client("either --image or --from must be specified"));
    }
    if inv.args.len() > 1 && !from.is_empty() {
        return Err(Failure::client("cannot specify --from and command"));
    }
    if from.is_empty() {
        return Ok(json!({"metadata": {"name": name}, "spec": {"template": pod_spec(inv, name, "Never")}}));
    }
    let found = Query::of(inv, &[from.to_string()]).find(io.api.store())?;
    Failure::all(found.failures)?;
    let [cron_job] = &found.objects[..] else {
        return Err(Failure::client("from must be an existing cronjob"));
    };
    if cron_job.kind != Kind::CronJob {
        return Err(Failure::client(format!("unknown object type *v1.{}", cron_job.kind.name())));
    }
    Ok(job_of(cron_job, name))
}

/// Models create_job.go: createJobFromCronJob.
fn job_of(cron_job: &Object, name: &str) -> Value {
    let tree = cron_job.to_value();
    let template = &tree["spec"]["jobTemplate"];
    let mut annotations = template["metadata"]["annotations"].as_object().cloned().unwrap_or_default();
    annotations.entry("cronjob.kubernetes.io/instantiate").or_insert_with(|| "manual".into());
    let owner = OwnerReference::plain(cron_job);
    let mut metadata = json!({"name": name, "annotations": annotations, "ownerReferences": [{
        "apiVersion": &*owner.api_version, "kind": &*owner.kind, "name": &*owner.name,
        "uid": owner.uid.to_string(), "controller": true}]});
    if let Some(labels) = template["metadata"].get("labels") {
        metadata["labels"] = labels.clone();
    }
    json!({"metadata": metadata, "spec": template["spec"]})
}

fn cron_job(inv: &Invocation) -> Result<Value, Failure> {
    required(inv, &["image", "schedule"])?;
    let name = one_name(inv, &inv.args)?;
    let restart = if inv.text("restart").is_empty() { "OnFailure" } else { inv.text("restart") };
    let template = json!({"metadata": {"name": name}, "spec": {"template": pod_spec(inv, name, restart)}});
    let spec = json!({"schedule": inv.text("schedule"), "jobTemplate": template});
    Ok(json!({"metadata": {"name": name}, "spec": spec}))
}

const VERBS: &str =
    "* get delete list create update patch watch proxy deletecollection use bind escalate impersonate";
const URL_VERBS: &str = "* get post put delete patch head options";
/// Verbs that only these resources know: verb, group, resource.
const SPECIAL_VERBS: &[(&str, &str, &str)] = &[
    ("use", "policy", "podsecuritypolicies"),
    ("use", "extensions", "podsecuritypolicies"),
    ("bind", "rbac.authorization.k8s.io", "roles"),
    ("bind", "rbac.authorization.k8s.io", "clusterroles"),
    ("escalate", "rbac.authorization.k8s.io", "roles"),
    ("escalate", "rbac.authorization.k8s.io", "clusterroles"),
    ("impersonate", "", "users"),
    ("impersonate", "", "serviceaccounts"),
    ("impersonate", "", "groups"),
    ("impersonate", "authentication.k8s.io", "userextras"),
];

fn once(texts: &[String]) -> Vec<String> {
    let mut list: Vec<String> = Vec::new();
    for text in texts {
        if !list.contains(text) {
            list.push(text.clone());
        }
    }
    list
}

fn is_one_of(words: &str, word: &str) -> bool {
    words.split(' ').any(|known| known == word)
}

fn role(inv: &Invocation, io: &mut Io, of_cluster: bool) -> Result<Value, Failure> {
    let name = one_name(inv, &inv.args)?;
    let metadata = json!({"name": name});
    let names = once(inv.list("resource-name"));
    let urls = if of_cluster { once(inv.list("non-resource-url")) } else { Vec::new() };
    let (asked_verbs, asked) = (inv.list("verb"), inv.list("resource"));
    if of_cluster && inv.has("aggregation-rule") {
        if !(urls.is_empty() && asked_verbs.is_empty() && asked.is_empty() && names.is_empty()) {
            return Err(Failure::client(
                "aggregation rule must be specified without nonResourceURLs, verbs, resources or resourceNames",
            ));
        }
        let wrong = |text: &str| format!("malformed pair, expect string=string: {text}");
        let labels = pairs(inv.text("aggregation-rule").split(','), wrong)?;
        let rule = json!({"clusterRoleSelectors": [{"matchLabels": labels}]});
        return Ok(json!({"metadata": metadata, "aggregationRule": rule, "rules": null}));
    }
    let verbs =
        if asked_verbs.iter().any(|verb| verb == "*") { vec!["*".to_string()] } else { once(asked_verbs) };
    if verbs.is_empty() {
        return Err(Failure::client("at least one verb must be specified"));
    }
    if asked.is_empty() && urls.is_empty() {
        return Err(Failure::client(if of_cluster {
            "one of resource or nonResourceURL must be specified"
        } else {
            "at least one resource must be specified"
        }));
    }
    if !asked.is_empty() {
        for verb in verbs.iter().filter(|verb| !is_one_of(VERBS, verb)) {
            io.err(format!("Warning: '{verb}' is not a standard resource verb\n"));
        }
    }
    let groups = resources_by_group(asked, &verbs)?;
    if let Some(verb) = verbs.iter().find(|verb| !urls.is_empty() && !is_one_of(URL_VERBS, verb)) {
        return Err(Failure::client(format!("invalid verb: '{verb}' for nonResourceURL")));
    }
    for url in urls.iter().filter(|url| *url != "*") {
        if !url.starts_with('/') {
            return Err(Failure::client("nonResourceURL should start with /"));
        }
        if url[..url.len() - 1].contains('*') {
            let why = "nonResourceURL only supports wildcard matches when '*' is at the end";
            return Err(Failure::client(why));
        }
    }
    let mut rules = Vec::new();
    for (group, resources) in groups {
        let mut rule = json!({"apiGroups": [group], "resources": resources, "verbs": verbs});
        if !names.is_empty() {
            rule["resourceNames"] = names.clone().into();
        }
        rules.push(rule);
    }
    if !urls.is_empty() {
        rules.push(json!({"nonResourceURLs": urls, "verbs": verbs}));
    }
    Ok(json!({"metadata": metadata, "rules": rules}))
}

/// The resources of each group, as the API server names them. Models create_role.go: validateResource and
/// generateResourcePolicyRules.
fn resources_by_group(
    asked: &[String],
    verbs: &[String],
) -> Result<std::collections::BTreeMap<String, Vec<String>>, Failure> {
    let mut groups = std::collections::BTreeMap::<String, Vec<String>>::new();
    let mut checks = true;
    for text in asked {
        let (whole, sub) =
            text.split_once('/').map_or((text.as_str(), None), |(whole, sub)| (whole, Some(sub)));
        let (resource, group) = whole.split_once('.').unwrap_or((whole, ""));
        if resource.is_empty() && checks {
            return Err(Failure::client("resource must be specified if apiGroup/subresource specified"));
        }
        let found = kind_of(whole);
        let (mut plural, mut group) = (resource.to_string(), group.to_string());
        if resource == "*" {
            checks = false;
        } else if let Ok(kind) = &found {
            (plural, group) = (kind.info().plural.to_string(), kind.info().group.to_string());
        }
        let mut known = found.is_ok();
        for verb in verbs.iter().filter(|verb| checks && SPECIAL_VERBS.iter().any(|(v, ..)| v == verb)) {
            if !SPECIAL_VERBS.iter().any(|(v, g, r)| v == verb && *g == group && *r == plural) {
                let why = format!("can not perform '{verb}' on '{plural}' in group '{group}'");
                return Err(Failure::client(why));
            }
            known = true;
        }
        if checks && !known {
            found.map_err(|failure| match group.is_empty() {
                true => failure,
                false => Failure::client(format!(
                    "the server doesn't have a resource type {resource:?} in group {group:?}"
                )),
            })?;
        }
        let shown = sub.map_or(plural.clone(), |sub| format!("{plural}/{sub}"));
        let list = groups.entry(group).or_default();
        if !list.contains(&shown) {
            list.push(shown);
        }
        if text == "*" {
            break;
        }
    }
    Ok(groups)
}

fn binding(inv: &Invocation, of_cluster: bool) -> Result<Value, Failure> {
    const GROUP: &str = "rbac.authorization.k8s.io";
    if of_cluster {
        required(inv, &["clusterrole"])?;
    }
    let name = one_name(inv, &inv.args)?;
    let (cluster_role, role) = (inv.text("clusterrole"), inv.text("role"));
    if cluster_role.is_empty() == role.is_empty() {
        return Err(Failure::client("exactly one of clusterrole or role must be specified"));
    }
    let (kind, bound) = if role.is_empty() { ("ClusterRole", cluster_role) } else { ("Role", role) };
    let mut subjects = Vec::new();
    for (flag, kind) in [("user", "User"), ("group", "Group")] {
        let subject = |name: &String| json!({"apiGroup": GROUP, "kind": kind, "name": name});
        subjects.extend(inv.list(flag).iter().map(subject));
    }
    for account in inv.list("serviceaccount") {
        let (namespace, name) = account
            .split_once(':')
            .filter(|(namespace, name)| !namespace.is_empty() && !name.is_empty() && !name.contains(':'))
            .ok_or_else(|| Failure::client("serviceaccount must be <namespace>:<name>"))?;
        subjects.push(json!({"kind": "ServiceAccount", "name": name, "namespace": namespace}));
    }
    let mut tree = json!({"metadata": {"name": name},
        "roleRef": {"apiGroup": GROUP, "kind": kind, "name": bound}});
    if !subjects.is_empty() {
        tree["subjects"] = subjects.into();
    }
    Ok(tree)
}

fn priority_class(inv: &Invocation) -> Result<Value, Failure> {
    let name = one_name(inv, &inv.args)?;
    let policy = inv.text("preemption-policy");
    let policy = if policy.is_empty() { "PreemptLowerPriority" } else { policy };
    let mut tree = json!({"metadata": {"name": name}, "value": inv.int("value").unwrap_or(0),
        "preemptionPolicy": policy});
    if inv.is("global-default") {
        tree["globalDefault"] = true.into();
    }
    if inv.has("description") {
        tree["description"] = inv.text("description").into();
    }
    Ok(tree)
}

fn backend(service: &str) -> Value {
    let (name, port) = service.split_once(':').unwrap_or((service, ""));
    let port = port.parse::<i32>().map_or_else(|_| json!({"name": port}), |number| json!({"number": number}));
    json!({"service": {"name": name, "port": port}})
}

/// Whether it is `host/path=svcname:svcport[,tls[=secret]]`. Models create_ingress.go: ruleRegex.
fn is_rule(rule: &str) -> bool {
    let of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let Some((host, rest)) = rule.split_once('/') else { return false };
    let is_host = host.chars().all(|c| of_name(c) || matches!(c, '*' | '.'));
    let is_service = |text: &str| {
        let port = text.trim_start_matches(of_name).strip_prefix(':');
        text.starts_with(of_name) && port.is_some_and(|port| port.starts_with(of_name))
    };
    is_host && rest.match_indices('=').any(|(at, _)| is_service(&rest[at + 1..]))
}

fn ingress(inv: &Invocation) -> Result<Value, Failure> {
    let name = one_name(inv, &inv.args)?;
    let (rules, default) = (inv.list("rule"), inv.text("default-backend"));
    if default.is_empty() && rules.is_empty() {
        return Err(Failure::client(
            "not enough information provided: every ingress has to either specify a default-backend (which catches all \
             traffic) or a list of rules (which catch specific paths)",
        ));
    }
    if let Some(rule) = rules.iter().find(|rule| !is_rule(rule)) {
        return Err(Failure::client(format!(
            "rule {rule} is invalid and should be in format host/path=svcname:svcport[,tls[=secret]]"
        )));
    }
    let wrong = |text: &str| format!("annotation {text} is invalid and should be in format key=[value]");
    let annotations = pairs(inv.list("annotation").iter().map(String::as_str), wrong)?;
    if !default.is_empty() && default.split(':').count() != 2 {
        return Err(Failure::client("default-backend should be in format servicename:serviceport"));
    }
    let mut spec = Map::new();
    if inv.has("class") {
        spec.insert("ingressClassName".into(), inv.text("class").into());
    }
    if !default.is_empty() {
        spec.insert("defaultBackend".into(), backend(default));
    }
    let mut by_host: Vec<(&str, Vec<Value>)> = Vec::new();
    let mut secrets: Vec<(&str, Vec<&str>)> = Vec::new();
    for rule in rules {
        let (rule, tls) = rule.split_once(',').map_or((rule.as_str(), None), |(rule, tls)| (rule, Some(tls)));
        let (host, path) = rule.split_once('/').unwrap_or((rule, ""));
        let (path, service) = path.split_once('=').unwrap_or((path, ""));
        let (path, path_type) = match path.strip_suffix('*') {
            Some(path) => (path, "Prefix"),
            None => (path, "Exact"),
        };
        let path = json!({"path": format!("/{path}"), "pathType": path_type, "backend": backend(service)});
        match by_host.iter_mut().find(|(known, _)| *known == host) {
            Some((_, paths)) => paths.push(path),
            None => by_host.push((host, vec![path])),
        }
        if let Some(tls) = tls
            && !secrets.iter().any(|(_, hosts)| hosts.contains(&host))
        {
            let secret = tls.split_once('=').map_or("", |(_, secret)| secret);
            match secrets.iter_mut().find(|(known, _)| *known == secret) {
                Some((_, hosts)) => hosts.push(host),
                None => secrets.push((secret, vec![host])),
            }
        }
    }
    let tls = tls_entries(&secrets);
    if !tls.is_empty() {
        spec.insert("tls".into(), tls.into());
    }
    let rules = by_host.into_iter().map(|(host, paths)| {
        let mut rule = json!({"http": {"paths": paths}});
        if !host.is_empty() {
            rule["host"] = host.into();
        }
        rule
    });
    let rules: Vec<Value> = rules.collect();
    if !rules.is_empty() {
        spec.insert("rules".into(), rules.into());
    }
    let mut metadata = json!({"name": name});
    if !annotations.is_empty() {
        metadata["annotations"] = Value::Object(annotations);
    }
    Ok(json!({"metadata": metadata, "spec": spec}))
}

/// An Ingress' `spec.tls`, by secret; neither a secret nor a host is no entry.
fn tls_entries(secrets: &[(&str, Vec<&str>)]) -> Vec<Value> {
    let mut entries = Vec::new();
    for (secret, hosts) in secrets {
        let mut entry = Map::new();
        let hosts: Vec<&str> = hosts.iter().copied().filter(|host| !host.is_empty()).collect();
        if !hosts.is_empty() {
            entry.insert("hosts".into(), hosts.into());
        }
        if !secret.is_empty() {
            entry.insert("secretName".into(), (*secret).into());
        }
        if !entry.is_empty() {
            entries.push(Value::Object(entry));
        }
    }
    entries
}

/// `kubectl create secret tls` and `docker-registry`. Models create_secret_tls.go and create_secret_docker.go.
pub fn secret(inv: &Invocation) -> Result<Value, Failure> {
    let name = one_name(inv, &inv.args)?;
    let (data, secret_type) = if inv.verb.name.ends_with(" tls") {
        let (certificate, key) = (inv.text("cert"), inv.text("key"));
        if certificate.is_empty() || key.is_empty() {
            return Err(Failure::client("key and cert must be specified"));
        }
        let text = |path: &str| {
            inv.files.get(path).ok_or_else(|| {
                Failure::client(format!("Cannot read file {path}, open {path}: no such file or directory"))
            })
        };
        let (certificate, key) = (text(certificate)?, text(key)?);
        for (text, kind) in [(certificate, "certificate"), (key, "key")] {
            if !text.contains("-----BEGIN ") {
                return Err(Failure::client(format!("tls: failed to find any PEM data in {kind} input")));
            }
        }
        let encoded = |text: &str| base64::encode(text.as_bytes());
        (json!({"tls.crt": encoded(certificate), "tls.key": encoded(key)}), "kubernetes.io/tls")
    } else if !inv.list("from-file").is_empty() {
        let mut data = Map::new();
        for file in inv.list("from-file") {
            let (key, path) = file.split_once('=').unwrap_or((".dockerconfigjson", file));
            let text = inv
                .files
                .get(path)
                .ok_or_else(|| Failure::client(format!("error reading {path}: no such file or directory")))?;
            if data.insert(key.into(), base64::encode(text.as_bytes()).into()).is_some() {
                let why = format!("cannot add key {key}, another key by that name already exists");
                return Err(Failure::client(why));
            }
        }
        (data.into(), "kubernetes.io/dockerconfigjson")
    } else {
        let server =
            if inv.has("docker-server") { inv.text("docker-server") } else { "https://index.docker.io/v1/" };
        let (user, password) = (inv.text("docker-username"), inv.text("docker-password"));
        if user.is_empty() || password.is_empty() || server.is_empty() {
            return Err(Failure::client(
                "either --from-file or the combination of --docker-username, --docker-password and --docker-server is \
                 required",
            ));
        }
        let auth = base64::encode(format!("{user}:{password}").as_bytes());
        // In the order of Go's struct.
        let text = |value: &str| Value::from(value).to_string();
        let mut entry = format!("\"username\":{},\"password\":{}", text(user), text(password));
        if inv.has("docker-email") {
            entry += &format!(",\"email\":{}", text(inv.text("docker-email")));
        }
        entry += &format!(",\"auth\":{}", text(&auth));
        let config = format!("{{\"auths\":{{{}:{{{entry}}}}}}}", text(server));
        (json!({".dockerconfigjson": base64::encode(config.as_bytes())}), "kubernetes.io/dockerconfigjson")
    };
    Ok(json!({"metadata": {"name": name}, "data": data, "type": secret_type}))
}
