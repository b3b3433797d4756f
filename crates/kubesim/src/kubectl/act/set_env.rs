//! `kubectl set env`. Models `k8s.io/kubectl/pkg/cmd/set/set_env.go` and `set/env`.

use super::modify::{resources_and_pairs, targets};
use super::pod_template::has_pod_spec;
use super::printing::warn;
use super::reference;
use super::set::{chosen, set};
use crate::api::{Kind, Object};
use crate::kubectl::resource::Query;
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use crate::validation::names;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// `kubectl set env sts/flask A=1 B-`
pub fn set_env(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    if inv.is("all") && inv.has("selector") {
        return Err(Failure::client("cannot set --all and --selector at the same time"));
    }
    let (resources, pairs) = resources_and_pairs(inv, "environment")?;
    if resources.is_empty() && !inv.has("filename") {
        return Err(Failure::client(
            "one or more resources must be specified as <resource> <name> or <resource>/<name>",
        ));
    }
    if inv.is("list") && inv.has("output") {
        return Err(Failure::client("--list and --output may not be specified together"));
    }
    if inv.has("keys") && !inv.has("from") {
        return Err(Failure::client(
            "when specifying --keys, a configmap or secret must be provided with --from",
        ));
    }
    let pairs = from_stdin(inv, pairs)?;
    let pairs: Vec<String> = inv.list("env").iter().chain(&pairs).cloned().collect();
    refuse_bad_env(&pairs)?;
    let referenced = env_from(inv, io)?;
    if inv.is("list") {
        let found = targets(inv, io, &resources)?;
        Failure::all(found.failures)?;
        let changes = Changes { referenced: &referenced, pairs: &pairs };
        found.objects.iter().try_for_each(|object| list_env(inv, io, object, &changes))?;
        return Next::OK;
    }
    for object in &targets(inv, io, &resources)?.objects {
        if has_pod_spec(object.kind) && chosen(inv, &mut object.to_value()).is_empty() {
            warn_of_no_containers(inv, io, object);
        }
    }
    set(inv, io, &resources, ["env update to pod template: ", "env updated"], &|tree| {
        let text = |tree: &Value| tree.as_str().unwrap_or_default().to_string();
        let (kind, name) = (
            Kind::of_manifest(&text(&tree["apiVersion"]), &text(&tree["kind"])),
            text(&tree["metadata"]["name"]),
        );
        for container in chosen(inv, tree) {
            let env = container.entry("env").or_insert_with(|| json!([]));
            let Some(env) = env.as_array_mut() else { continue };
            if inv.has("overwrite") && !inv.is("overwrite") {
                refuse_overwrites(env, &pairs).map_err(|why| of_object(inv, kind, &name, &why))?;
            }
            Changes { referenced: &referenced, pairs: &pairs }.make(env);
            if env.is_empty() {
                container.remove("env");
            }
        }
        Ok(())
    })
}

/// What becomes of a container's variables.
struct Changes<'a> {
    /// Those that `--from` brings.
    referenced: &'a [Value],
    /// `A=1`, `B-`
    pairs: &'a [String],
}

impl Changes<'_> {
    fn make(&self, env: &mut Vec<Value>) {
        let pairs = self.pairs.iter().filter_map(|pair| pair.split_once('='));
        let given = pairs.map(|(name, value)| json!({"name": name, "value": value}));
        for variable in self.referenced.iter().cloned().chain(given) {
            match env.iter_mut().find(|e| e["name"] == variable["name"]) {
                Some(known) => *known = variable,
                None => env.push(variable),
            }
        }
        let removed = |name: &Value| {
            self.pairs.iter().any(|pair| !pair.contains('=') && *name == pair.trim_end_matches('-'))
        };
        env.retain(|variable| !removed(&variable["name"]));
    }
}

/// The variables, with those of the standard input where `-` stands. Models set/env/env_parse.go: parseIntoEnvVar.
fn from_stdin(inv: &Invocation, pairs: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut all = Vec::new();
    let mut is_taken = inv.list("filename").iter().any(|name| name == "-");
    for pair in pairs {
        if pair != "-" {
            all.push(pair);
            continue;
        }
        if std::mem::replace(&mut is_taken, true) {
            return Err(Failure::client("standard input cannot be used for multiple arguments"));
        }
        for line in inv.stdin.as_deref().unwrap_or_default().lines() {
            let line = line.trim();
            if line.contains('=') && !line.starts_with('#') {
                all.push(line.to_string());
            }
        }
    }
    Ok(all)
}

/// The variables that `--from` takes out of a ConfigMap or a Secret. Errors: there is none such.
fn env_from(inv: &Invocation, io: &mut Io) -> Result<Vec<Value>, Failure> {
    if !inv.has("from") {
        return Ok(Vec::new());
    }
    let found = Query::of(inv, &[inv.text("from").to_string()]).find(io.api.store())?;
    Failure::all(found.failures)?;
    let mut env = Vec::new();
    for object in &found.objects {
        let source = match object.kind {
            Kind::Secret => "secretKeyRef",
            Kind::ConfigMap => "configMapKeyRef",
            _ => return Err(Failure::client("unsupported resource specified in --from")),
        };
        let tree = object.to_value();
        let wanted = inv.list("keys");
        let keys = tree["data"].as_object().into_iter().flatten().map(|(key, _)| key);
        for key in keys.filter(|key| wanted.is_empty() || wanted.contains(*key)) {
            let fits = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' };
            let name: String = key.chars().map(fits).collect::<String>().to_ascii_uppercase();
            if name != *key {
                warn(io, &[format!("key {key} transferred to {name}")]);
            }
            let name = format!("{}{name}", inv.text("prefix"));
            env.push(json!({"name": name, "valueFrom": {source: {"key": key, "name": &*object.meta.name}}}));
        }
    }
    Ok(env)
}

/// What keeps an object from being changed, as `set env` tells it of each: with an empty line. Objects of `--local` are
/// named by their kind. Models cli-runtime's `Info.ObjectName`.
fn of_object(inv: &Invocation, kind: Option<Kind>, name: &str, why: &str) -> Failure {
    let named = match kind {
        Some(kind) if !inv.is("local") => format!("{}/{name}", kind.info().plural),
        Some(kind) if kind.info().group.is_empty() => format!("{}/{name}", kind.info().qualified_singular()),
        Some(kind) => format!("{}/{name}\n", kind.info().qualified_singular()),
        None => name.to_string(),
    };
    Failure::Plain(format!("error: {named} {why}\n"))
}

/// Models set/env.go: validateNoOverwrites.
fn refuse_overwrites(env: &[Value], pairs: &[String]) -> Result<(), String> {
    for (name, _) in pairs.iter().filter_map(|pair| pair.split_once('=')) {
        if let Some(known) = env.iter().find(|e| e["name"] == name) {
            let now = known["value"].as_str().unwrap_or_default();
            return Err(format!("'{name}' already has a value ({now}), and --overwrite is false"));
        }
    }
    Ok(())
}

fn warn_of_no_containers(inv: &Invocation, io: &mut Io, object: &Object) {
    let wanted = inv.get("containers").unwrap_or("*");
    let what = format!("{}/{}", object.kind.name(), object.meta.name);
    warn(io, &[format!("{what} does not have any containers matching {wanted:?}")]);
}

/// Models set/env/env_parse.go: parseIntoEnvVar.
fn refuse_bad_env(pairs: &[String]) -> Result<(), Failure> {
    let mut added = Vec::new();
    for (name, _) in pairs.iter().filter_map(|pair| pair.split_once('=')) {
        let wrong = names::strict_env_var_name(name);
        if !wrong.is_empty() {
            return Err(Failure::client(format!("{name:?} is not a valid key name: {}", wrong.join(";"))));
        }
        added.push(name);
    }
    let mut removed =
        pairs.iter().filter(|pair| !pair.contains('=')).filter_map(|pair| pair.strip_suffix('-'));
    if removed.any(|name| added.contains(&name)) {
        let why = "can not both modify and remove the same environment variable in the same command";
        return Err(Failure::client(why));
    }
    Ok(())
}

/// `kubectl set env --list`: the variables as they would be.
fn list_env(inv: &Invocation, io: &mut Io, object: &Object, changes: &Changes) -> Result<(), Failure> {
    let mut tree = object.to_value();
    let containers: Vec<Value> =
        chosen(inv, &mut tree).into_iter().map(|c| Value::Object(c.clone())).collect();
    if containers.is_empty() {
        warn_of_no_containers(inv, io, object);
    }
    for container in containers {
        let name = container["name"].as_str().unwrap_or_default();
        io.out(format!("# {} {}, container {name}\n", object.kind.name(), object.meta.name));
        let mut env = container["env"].as_array().cloned().unwrap_or_default();
        if inv.has("overwrite") && !inv.is("overwrite") {
            refuse_overwrites(&env, changes.pairs).map_err(Failure::client)?;
        }
        changes.make(&mut env);
        let mut unresolved: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for variable in &env {
            let name = variable["name"].as_str().unwrap_or_default();
            let from = &variable["valueFrom"];
            if from.is_null() {
                io.out(format!("{name}={}\n", variable["value"].as_str().unwrap_or_default()));
                continue;
            }
            let resolved =
                inv.is("resolve").then(|| reference::value(io.api.store(), object, &container, from));
            match resolved {
                Some(Ok(value)) => io.out(format!("{name}={value}\n")),
                Some(Err(why)) => {
                    unresolved.entry(why).or_default().push(name.to_string());
                    io.out(format!("# {name} from {}\n", reference::shown(from)));
                }
                None => io.out(format!("# {name} from {}\n", reference::shown(from))),
            }
        }
        let mut lines: Vec<String> = Vec::new();
        for (why, mut names) in unresolved {
            collections::sort(&mut names);
            lines.push(format!("error retrieving reference for {}: {why}\n", names.join(", ")));
        }
        collections::sort(&mut lines);
        io.err(lines.concat());
    }
    Ok(())
}
