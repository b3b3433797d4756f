//! Objects out of flags: `kubectl create namespace`, `kubectl expose`, and what `kubectl run` makes. Models
//! `k8s.io/kubectl/pkg/cmd/create/create_*.go`, `expose/expose.go` and `pkg/generate/versioned/run.go`.

use super::annotated::save_config;
use super::arguments::{labels_of, one_name, pairs, required};
use super::generate;
use super::local;
use super::options::{DryRun, validation};
use super::printing::{say, warn};
use super::record::record;
use crate::api::{Kind, LabelSelector, Object};
use crate::apiserver::handlers;
use crate::kubectl::kustomize::append_hash;
use crate::kubectl::selector::parse_labels;
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use crate::validation::names;
use serde_json::{Map, Value, json};
use std::rc::Rc;
use yaml::base64;

/// `--tcp=80:8080` → a port of a Service. Models create_service.go: parsePorts.
fn service_port(text: &str, protocol: &str) -> Result<Value, Failure> {
    let mut parts = text.split(':');
    let port = parts.next().unwrap_or_default();
    let Ok(number) = port.parse::<u16>() else {
        let is_number = !port.is_empty() && port.bytes().all(|c| c.is_ascii_digit());
        let why = if is_number { "value out of range" } else { "invalid syntax" };
        return Err(Failure::client(format!("strconv.ParseUint: parsing {port:?}: {why}")));
    };
    let target = match parts.next() {
        None => Value::from(number),
        Some(target) => {
            let (target, wrong) = match target.parse::<i64>() {
                Ok(number) if (1..=65535).contains(&number) => (number.into(), Vec::new()),
                Ok(_) => (Value::Null, vec!["must be between 1 and 65535, inclusive".to_string()]),
                Err(_) => (target.into(), names::port_name(target)),
            };
            if !wrong.is_empty() {
                return Err(Failure::client(wrong.join(",")));
            }
            target
        }
    };
    let name = text.replace(':', "-");
    Ok(json!({"name": name, "port": number, "protocol": protocol, "targetPort": target}))
}

/// `kubectl create KIND NAME`
pub fn create_kind(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let (kind, tree) = tree(inv, io)?;
    make(inv, io, kind, tree, "created")?;
    Next::OK
}

/// `kubectl create job NAME`, and the like.
pub fn create_generated(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let (kind, tree) = generate::tree(inv, io)?;
    make(inv, io, kind, tree, "created")?;
    Next::OK
}

/// The object that a verb makes of its flags.
fn tree(inv: &Invocation, io: &mut Io) -> Result<(Kind, Value), Failure> {
    match inv.verb.name.trim_start_matches("create ") {
        "namespace" => Ok((Kind::Namespace, named(inv)?)),
        "serviceaccount" => Ok((Kind::ServiceAccount, named(inv)?)),
        "configmap" => config_map(inv),
        "secret generic" => secret(inv),
        "secret tls" | "secret docker-registry" => secret_of_files(inv),
        "deployment" => deployment(inv, io),
        "quota" => quota(inv),
        name if let Some(sort) = name.strip_prefix("service ") => service(inv, sort),
        _ => pod_disruption_budget(inv),
    }
}

fn named(inv: &Invocation) -> Result<Value, Failure> {
    Ok(json!({"metadata": {"name": one_name(inv, &inv.args)?}}))
}

fn config_map(inv: &Invocation) -> Result<(Kind, Value), Failure> {
    let name = one_name(inv, &inv.args)?;
    let data = given_data(inv, &|key, wrong| {
        if wrong.is_empty() {
            format!(
                "cannot add key {key:?}, another key by that name already exists in Data for ConfigMap {name:?}"
            )
        } else {
            format!("{key:?} is not a valid key name for a ConfigMap: {}", wrong.join(","))
        }
    })?;
    let mut tree = json!({"metadata": {"name": name}, "data": data});
    if inv.is("append-hash") {
        append_hash(&mut tree, "ConfigMap");
    }
    Ok((Kind::ConfigMap, tree))
}

fn secret_of_files(inv: &Invocation) -> Result<(Kind, Value), Failure> {
    let mut tree = generate::secret(inv)?;
    if inv.is("append-hash") {
        append_hash(&mut tree, "Secret");
    }
    Ok((Kind::Secret, tree))
}

fn secret(inv: &Invocation) -> Result<(Kind, Value), Failure> {
    let metadata = json!({"name": one_name(inv, &inv.args)?});
    let data = given_data(inv, &|key, wrong| {
        if wrong.is_empty() {
            format!("cannot add key {key}, another key by that name already exists")
        } else {
            format!("{key:?} is not valid key name for a Secret {}", wrong.join(";"))
        }
    })?;
    let encoded = |text: Value| base64::encode(text.as_str().unwrap_or_default().as_bytes()).into();
    let data: Map<String, Value> =
        collections::collect(data.into_iter().map(|(key, text)| (key, encoded(text))));
    // Without a type it is for the API server to say that it is `Opaque`.
    let mut tree = json!({"metadata": metadata});
    if !inv.text("type").is_empty() {
        tree["type"] = inv.text("type").into();
    }
    if !data.is_empty() {
        tree["data"] = Value::Object(data);
    }
    if inv.is("append-hash") {
        append_hash(&mut tree, "Secret");
    }
    Ok((Kind::Secret, tree))
}

fn service(inv: &Invocation, sort: &str) -> Result<(Kind, Value), Failure> {
    let service_type = match sort {
        "clusterip" => "ClusterIP",
        "nodeport" => "NodePort",
        "loadbalancer" => "LoadBalancer",
        _ => "ExternalName",
    };
    if service_type == "ExternalName" {
        required(inv, &["external-name"])?;
    }
    let name = one_name(inv, &inv.args)?;
    let labels = json!({"app": name});
    let given = inv.list("tcp");
    if given.is_empty() && inv.text("clusterip") != "None" && service_type != "ExternalName" {
        return Err(Failure::client("at least one tcp port specifier must be provided"));
    }
    if service_type == "ExternalName" && !names::dns_subdomain(inv.text("external-name")).is_empty() {
        let name = inv.text("external-name");
        return Err(Failure::client(format!("invalid service external name {name}")));
    }
    let mut ports: Vec<Value> =
        given.iter().map(|port| service_port(port, "TCP")).collect::<Result<_, _>>()?;
    if let Some(number) = inv.int("node-port").filter(|number| *number != 0) {
        ports.iter_mut().for_each(|port| port["nodePort"] = number.into());
    }
    let mut spec = json!({"type": service_type, "selector": labels});
    if !ports.is_empty() {
        spec["ports"] = ports.into();
    }
    for (flag, field) in [("clusterip", "clusterIP"), ("external-name", "externalName")] {
        if let Some(value) = inv.get(flag) {
            spec[field] = value.into();
        }
    }
    Ok((Kind::Service, json!({"metadata": {"name": name, "labels": labels}, "spec": spec})))
}

fn deployment(inv: &Invocation, io: &mut Io) -> Result<(Kind, Value), Failure> {
    required(inv, &["image"])?;
    let name = one_name(inv, &inv.args)?;
    if inv.list("image").len() > 1 && inv.before_dash.is_some() {
        return Err(Failure::client("cannot specify multiple --image options and command"));
    }
    let labels = json!({"app": name});
    let mut containers = Vec::new();
    for image in inv.list("image") {
        let base = image.rsplit('/').next().unwrap_or_default();
        let base = base.split([':', '@']).next().unwrap_or_default();
        // Models create_deployment.go: sanitizeAndUniquify.
        let name = match base.contains(['_', '.']) {
            true => [&base.replace(['_', '.'], "-"), "-", &io.api.rng.suffix(5)].concat(),
            false => base.to_string(),
        };
        containers.push(json!({"name": name, "image": image, "resources": {}}));
    }
    if let (Some(port), Some(first)) = (inv.int("port"), containers.first_mut()) {
        first["ports"] = json!([{"containerPort": port}]);
    }
    if let (Some(dash), Some(first)) = (inv.before_dash, containers.first_mut()) {
        first["command"] = inv.args[dash..].into();
    }
    let template = json!({"metadata": {"labels": labels}, "spec": {"containers": containers}});
    let spec = json!({"replicas": inv.int("replicas").unwrap_or(1), "selector": {"matchLabels": labels},
        "template": template});
    Ok((Kind::Deployment, json!({"metadata": {"name": name, "labels": labels}, "spec": spec})))
}

fn quota(inv: &Invocation) -> Result<(Kind, Value), Failure> {
    let name = one_name(inv, &inv.args)?;
    let hard = pairs(inv.text("hard").split(',').filter(|t| !t.is_empty()), |text| {
        format!("Invalid argument syntax {text}, expected <resource>=<value>")
    })?;
    let scopes: Vec<&str> = inv.text("scopes").split(',').filter(|scope| !scope.is_empty()).collect();
    let mut spec = json!({"hard": hard});
    if !scopes.is_empty() {
        spec["scopes"] = scopes.into();
    }
    Ok((Kind::ResourceQuota, json!({"metadata": {"name": name}, "spec": spec})))
}

fn pod_disruption_budget(inv: &Invocation) -> Result<(Kind, Value), Failure> {
    let name = one_name(inv, &inv.args)?;
    if !inv.has("selector") {
        return Err(Failure::client("a selector must be specified"));
    }
    let selector = parse_labels(inv.text("selector")).map_err(Failure::Client)?;
    let mut spec = json!({"selector": selector_tree(&selector, inv.text("selector"))});
    for (flag, field) in [("min-available", "minAvailable"), ("max-unavailable", "maxUnavailable")] {
        if let Some(text) = inv.get(flag) {
            spec[field] = text.parse::<i64>().map_or(Value::from(text), Value::from);
        }
    }
    match (inv.get("min-available"), inv.get("max-unavailable")) {
        (None, None) => {
            return Err(Failure::client("one of min-available or max-unavailable must be specified"));
        }
        (Some(_), Some(_)) => {
            return Err(Failure::client("min-available and max-unavailable cannot be both specified"));
        }
        _ => {}
    }
    for flag in ["min-available", "max-unavailable"] {
        let is_amount = |text: &str| {
            let digits = text.strip_suffix('%').unwrap_or(text);
            !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
        };
        if inv.get(flag).is_some_and(|text| !is_amount(text)) {
            return Err(Failure::client(format!("invalid format specified for {flag}")));
        }
    }
    Ok((Kind::PodDisruptionBudget, json!({"metadata": {"name": name}, "spec": spec})))
}

/// A label selector as objects hold it: what has to equal one value as a label, all else as an expression. Models
/// `metav1.ParseToLabelSelector`.
fn selector_tree(selector: &LabelSelector, text: &str) -> Value {
    let mut labels: Map<String, Value> = collections::collect(
        selector.match_labels.iter().map(|(key, value)| (key.to_string(), (&**value).into())),
    );
    let mut expressions = Vec::new();
    for requirement in &selector.match_expressions {
        let values: Vec<Value> = requirement.values.iter().map(|value| (&**value).into()).collect();
        let is_label = requirement.values.len() == 1 && text.contains(&format!("{}=", requirement.key));
        if is_label {
            labels.insert(requirement.key.to_string(), values.into_iter().next().unwrap_or_default());
            continue;
        }
        let mut expression =
            json!({"key": &*requirement.key, "operator": format!("{:?}", requirement.operator)});
        if !values.is_empty() {
            expression["values"] = values.into();
        }
        expressions.push(expression);
    }
    let mut tree = json!({});
    if !labels.is_empty() {
        tree["matchLabels"] = labels.into();
    }
    if !expressions.is_empty() {
        tree["matchExpressions"] = expressions.into();
    }
    tree
}

/// How `kubectl create KIND` begins the API server's words; `None` if it leaves them alone.
fn failed_to(inv: &Invocation, kind: Kind, tree: &Value) -> Option<String> {
    let what = inv.verb.name.strip_prefix("create ")?;
    Some(match kind {
        Kind::Namespace | Kind::Role | Kind::ClusterRole => return None,
        Kind::Secret => "failed to create secret".to_string(),
        Kind::Service => {
            format!("failed to create {} service:", tree["spec"]["type"].as_str().unwrap_or_default())
        }
        Kind::PodDisruptionBudget => "failed to create poddisruptionbudgets:".to_string(),
        _ => format!("failed to create {what}:"),
    })
}

/// What `--from-literal`, `--from-file` and `--from-env-file` give. `refusal` says why a key can't be, or (no reasons)
/// that it is there already. Errors: those, a literal that is none, a file that isn't there.
fn given_data(
    inv: &Invocation,
    refusal: &dyn Fn(&str, &[String]) -> String,
) -> Result<Map<String, Value>, Failure> {
    let has_files = !inv.list("from-file").is_empty();
    if !inv.list("from-env-file").is_empty() && (has_files || !inv.list("from-literal").is_empty()) {
        return Err(Failure::client("from-env-file cannot be combined with from-file or from-literal"));
    }
    let mut data = Map::new();
    let mut add = |key: &str, value: Value| {
        let wrong = names::config_key(key);
        if !wrong.is_empty() || data.contains_key(key) {
            return Err(Failure::client(refusal(key, &wrong)));
        }
        data.insert(key.to_string(), value);
        Ok(())
    };
    for text in inv.list("from-literal") {
        match text.split_once('=').filter(|(key, _)| !key.is_empty()) {
            Some((key, value)) => add(key, value.into())?,
            None => {
                let why = format!("invalid literal source {text}, expected key=value");
                return Err(Failure::client(why));
            }
        }
    }
    let read = |path: &str| {
        let none = || Failure::client(format!("error reading {path}: no such file or directory"));
        inv.files.get(path).ok_or_else(none)
    };
    for file in inv.list("from-file") {
        let (key, path) = match file.split_once('=') {
            Some((key, path)) => (key, path),
            None => (file.rsplit('/').next().unwrap_or(file), file.as_str()),
        };
        match in_directory(inv, path) {
            Some(_) if file.contains('=') => {
                return Err(Failure::client("cannot give a key name for a directory path"));
            }
            Some(texts) => {
                for (name, text) in texts {
                    add(&name, text.into())?;
                }
            }
            None => add(key, read(path)?.as_str().into())?,
        }
    }
    for path in inv.list("from-env-file") {
        let lines = read(path)?.lines().map(str::trim);
        for line in lines.filter(|line| !line.is_empty() && !line.starts_with('#')) {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            add(key, value.into())?;
        }
    }
    Ok(data)
}

/// The files in a directory of the laptop, by their names; nothing if it is none.
fn in_directory(inv: &Invocation, path: &str) -> Option<Vec<(String, String)>> {
    let disk = inv.disk.as_ref()?;
    let (files, directory) = (disk.files.borrow(), disk.absolute(path));
    files.stat(&directory).filter(|stat| stat.dir)?;
    let mut names = files.list(&directory).unwrap_or_default();
    collections::sort(&mut names);
    let text = |name: String| {
        let text = files.read(&[&directory, "/", &name].concat()).ok()?.to_string();
        Some((name, text))
    };
    Some(names.into_iter().filter_map(text).collect())
}

/// Creates an object of a tree, or only shows it; says so if `done` is not empty.
pub fn make(
    inv: &Invocation,
    io: &mut Io,
    kind: Kind,
    mut tree: Value,
    done: &str,
) -> Result<Rc<Object>, Failure> {
    tree["apiVersion"] = kind.info().api_version().into();
    tree["kind"] = kind.name().into();
    let dry_run = DryRun::of(inv)?;
    if kind.info().namespaced && (dry_run != DryRun::Client || inv.has("namespace")) {
        tree["metadata"]["namespace"] = inv.namespace().into();
    }
    let object = if dry_run == DryRun::Client {
        local::with_zeros(kind, &mut tree);
        save_config(inv, &mut tree);
        Rc::new(local::object(kind, &tree))
    } else {
        if inv.is("save-config") {
            local::with_zeros(kind, &mut tree);
            save_config(inv, &mut tree);
        }
        let made =
            handlers::create(io.api, kind, &tree, dry_run.mode(inv, validation(inv)?)).map_err(|e| {
                match failed_to(inv, kind, &tree) {
                    Some(failed) => Failure::client(format!("{failed} {}", e.message)),
                    None => e.into(),
                }
            })?;
        warn(io, &made.warnings);
        made.object
    };
    if !done.is_empty() {
        say(inv, io, &object, done, dry_run)?;
    }
    Ok(object)
}

/// The pod of `kubectl run`.
pub fn run_pod(inv: &Invocation, name: &str, restart_policy: &str) -> Result<Value, Failure> {
    let wrong = |text: &str| format!("unexpected label: {text}");
    let labels = match inv.get("labels") {
        Some(text) => labels_of(text)?,
        None => json!({"run": name}),
    };
    let mut container = json!({"name": name, "image": inv.text("image"), "resources": {}});
    if inv.args.len() > 1 {
        let field = if inv.is("command") { "command" } else { "args" };
        container[field] = inv.args[1..].into();
    }
    for (flag, value) in [("stdin", true), ("tty", true)] {
        if inv.is(flag) {
            container[flag] = value.into();
        }
    }
    if inv.is("stdin") && !inv.is("leave-stdin-open") {
        container["stdinOnce"] = true.into();
    }
    let mut env = Vec::new();
    for text in inv.list("env") {
        let pair = text.split_once('=').filter(|(name, _)| names::strict_env_var_name(name).is_empty());
        let (name, value) = pair.ok_or_else(|| Failure::client(format!("invalid env: {text}")))?;
        env.push(json!({"name": name, "value": value}));
    }
    if !env.is_empty() {
        container["env"] = env.into();
    }
    if let Some(policy) = inv.get("image-pull-policy") {
        container["imagePullPolicy"] = policy.into();
    }
    if let Some(text) = inv.get("port").filter(|text| !text.is_empty()) {
        let port: i64 = text
            .parse()
            .map_err(|_| Failure::client(format!("strconv.Atoi: parsing {text:?}: invalid syntax")))?;
        container["ports"] = json!([{"containerPort": port}]);
    }
    let spec =
        json!({"containers": [container], "restartPolicy": restart_policy, "dnsPolicy": "ClusterFirst"});
    let mut pod = json!({"metadata": {"name": name, "labels": labels}, "spec": spec});
    if inv.has("annotations") {
        let all = inv.list("annotations").iter().map(String::as_str);
        pod["metadata"]["annotations"] = Value::Object(pairs(all, wrong)?);
    }
    if inv.is("privileged") {
        pod["spec"]["containers"][0]["securityContext"] = json!({"privileged": true});
    }
    override_tree(inv, Kind::Pod, &mut pod)?;
    record(inv, &mut pod);
    Ok(pod)
}

/// What `--overrides` changes of an object that was made of flags. Models cmdutil `OverrideOptions`.
pub(super) fn override_tree(inv: &Invocation, kind: Kind, tree: &mut Value) -> Result<(), Failure> {
    let Some(text) = inv.get("overrides").filter(|text| !text.is_empty()) else { return Ok(()) };
    let wrong = || Failure::client("Invalid JSON Path or value in --overrides");
    let overrides: Value = serde_json::from_str(text).map_err(|_| wrong())?;
    match (inv.text("override-type"), overrides) {
        ("" | "merge", overrides @ Value::Object(_)) => crate::patch::merge_json(tree, &overrides),
        ("" | "merge", _) => return Err(wrong()),
        ("strategic", overrides) => {
            crate::patch::strategic(kind, tree, &overrides).map_err(Failure::Client)?;
        }
        ("json", Value::Array(operations)) => {
            if crate::patch::json(tree, &operations).is_err() {
                return Err(wrong());
            }
        }
        ("json", _) => return Err(wrong()),
        (other, _) => return Err(Failure::client(format!("invalid override type: {other:?}"))),
    }
    Ok(())
}
