//! The verbs that change objects which are there: scale, patch, label, annotate, set, cordon, taint. Models
//! `k8s.io/kubectl/pkg/cmd`: scale, patch, label, annotate, set, drain, taint.

use super::{DryRun, documents, say, warn};
use crate::api::{Kind, Object};
use crate::apiserver::handlers::{self, Done, Mode, Patch};
use crate::apiserver::{ApiError, StatusReason};
use crate::kubectl::resource::{Found, Query};
use crate::kubectl::{Failure, Invocation, Next, part};
use crate::manifest::quantity::Quantity;
use crate::sim::process::Io;
use crate::validation::names;
use serde_json::{Map, Value, json};
use std::rc::Rc;

/// The objects that a verb is to change: those in files, or those that the arguments name.
pub fn targets(inv: &Invocation, io: &Io, args: &[String]) -> Result<Found, Failure> {
    if !inv.has("filename") {
        return Query::of(inv, args).find(io.api.store());
    }
    inv.only_paths(args)?;
    // `scale` looks at the labels in the file, the others at those of the object that is there; the selector of `expose` is
    // its Service's.
    let ((documents, failures), selects_objects) = match inv.verb.name {
        "scale" => (documents::read(inv)?, false),
        "expose" => (documents::read_all(inv)?, false),
        _ => (documents::read_all(inv)?, true),
    };
    let mut found = Found { failures, ..Found::default() };
    for document in documents {
        match io.api.get(&document.key()) {
            Ok(object) if selects_objects && !inv.selects(&object)? => {}
            Ok(object) => found.objects.push(object),
            Err(error) => found.failures.push(error.into()),
        }
    }
    Ok(found)
}

/// Changes every object and says so; what fails does not keep the others from being changed.
pub(super) fn each(
    inv: &Invocation,
    io: &mut Io,
    found: Found,
    change: impl Fn(&mut Io, &Rc<Object>, DryRun) -> Result<(), Failure>,
) -> Result<Next, Failure> {
    let dry_run = DryRun::of(inv)?;
    let mut failures = found.failures;
    if found.objects.is_empty() && failures.is_empty() {
        return Err(Failure::client(format!("no objects passed to {}", inv.verb.name)));
    }
    for object in &found.objects {
        failures.extend(change(io, object, dry_run).err());
    }
    Failure::all(failures)?;
    Next::OK
}

/// Makes a request for an object, unless only kubectl is asked; says what the API server warns of.
pub(super) fn send(
    inv: &Invocation,
    io: &mut Io,
    object: &Rc<Object>,
    patch: &Patch,
    dry_run: DryRun,
) -> Result<Done, ApiError> {
    let subresource = if inv.verb.name == "scale" { "scale" } else { "" };
    let manager = super::field_manager(inv);
    let mode = Mode { dry_run: dry_run != DryRun::No, manager, subresource, ..Mode::PLAIN };
    let done = handlers::patch(io.api, &object.key(), patch, mode)?;
    if dry_run != DryRun::Client {
        warn(io, &done.warnings);
    }
    Ok(done)
}

/// What has a scale.
pub const SCALABLE: [Kind; 4] =
    [Kind::StatefulSet, Kind::Deployment, Kind::ReplicaSet, Kind::ReplicationController];

/// `kubectl scale sts flask --replicas=5`
pub fn scale(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let Some(replicas) = inv.int("replicas") else {
        return Err(Failure::client("required flag(s) \"replicas\" not set"));
    };
    if replicas < 0 {
        return Err(Failure::client(
            "The --replicas=COUNT flag is required, and COUNT must be greater than or equal to 0",
        ));
    }
    if inv.int("current-replicas").is_some_and(|replicas| replicas < -1) {
        return Err(Failure::client("The --current-replicas must specify an integer of -1 or greater"));
    }
    let dry_run = DryRun::of(inv)?;
    let found = targets(inv, io, &inv.args)?;
    let wanted_version = inv.text("resource-version");
    if !wanted_version.is_empty() && found.objects.len() > 1 {
        return Err(Failure::client("cannot use --resource-version with multiple resources"));
    }
    if found.objects.is_empty() && found.failures.is_empty() {
        return Err(Failure::client("no objects passed to scale"));
    }
    // The first that fails is the last that is tried.
    for object in &found.objects {
        if !SCALABLE.contains(&object.kind) {
            return Err(part::not_served());
        }
        let now = object.to_value()["spec"]["replicas"].as_i64().unwrap_or(1);
        if let Some(expected) = inv.int("current-replicas").filter(|n| *n != -1 && *n != now) {
            return Err(Failure::client(format!("Expected replicas to be {expected}, was {now}")));
        }
        let version = object.meta.resource_version.to_string();
        if !wanted_version.is_empty() && wanted_version != version {
            let what = format!("Expected resource version to be {wanted_version}, was {version}");
            return Err(Failure::client(what));
        }
        send(inv, io, object, &Patch::Merge(json!({"spec": {"replicas": replicas}})), dry_run)?;
        say(inv, io, object, "scaled", dry_run)?;
    }
    Failure::all(found.failures)?;
    Next::OK
}

/// `kubectl patch sts flask -p '{…}'`
pub fn patch(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let text = match (inv.get("patch").filter(|p| !p.is_empty()), inv.get("patch-file")) {
        (Some(_), Some(_)) => {
            return Err(Failure::client("cannot specify --patch and --patch-file together"));
        }
        (Some(text), None) => text.to_string(),
        (None, Some(name)) => inv.files.get(name).cloned().ok_or_else(|| {
            Failure::client(format!("unable to read patch file: open {name}: no such file or directory"))
        })?,
        (None, None) => {
            return Err(Failure::client(
                "must specify --patch or --patch-file containing the contents of the patch",
            ));
        }
    };
    let kind = inv.text("type").to_ascii_lowercase();
    if !matches!(kind.as_str(), "" | "strategic" | "merge" | "json") {
        return Err(Failure::client(format!("--type must be one of [json merge strategic], not {kind:?}")));
    }
    let found = targets(inv, io, &inv.args)?;
    let subresource = inv.text("subresource");
    each(inv, io, found, |io, object, dry_run| {
        let is_served = match subresource {
            "" => true,
            "scale" => SCALABLE.contains(&object.kind),
            other => part::is_served(object.kind, other),
        };
        if !is_served {
            return Err(part::not_served());
        }
        let tree = patch_tree(&text)?;
        let patch = match (kind.as_str(), tree) {
            ("json", Value::Array(operations)) => Patch::Json(operations),
            ("json", other) => {
                let what = if other.is_object() { "object" } else { "string" };
                let message = format!(
                    "error decoding patch: json: cannot unmarshal {what} into Go value of type []handlers.jsonPatchOp"
                );
                return Err(ApiError::new(StatusReason::BadRequest, message).into());
            }
            ("merge", tree) => Patch::Merge(tree),
            (_, tree) => Patch::Strategic(tree),
        };
        let done = send(inv, io, object, &patch, dry_run)?;
        say(inv, io, &done.object, if done.changed { "patched" } else { "patched (no change)" }, dry_run)
    })
}

/// A patch as JSON; if it does not begin like that, as YAML. Errors: in the words of Go's encoding/json.
fn patch_tree(text: &str) -> Result<Value, Failure> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text)
            .map_err(|e| ApiError::new(StatusReason::BadRequest, go_json_error(text, &e)).into());
    }
    let mut stream = yaml::read(text);
    if let Some(error) = stream.error {
        return Err(Failure::client(format!("unable to parse {text:?}: {}", error.message)));
    }
    Ok(stream.documents.pop().map_or(Value::Null, yaml::Document::into_value))
}

/// Why a text is no JSON, as Go's `encoding/json` says it.
fn go_json_error(text: &str, error: &serde_json::Error) -> String {
    if error.is_eof() {
        return "unexpected end of JSON input".to_string();
    }
    let line = text.split('\n').nth(error.line().saturating_sub(1)).unwrap_or_default();
    let found = line.get(error.column().saturating_sub(1)..).and_then(|rest| rest.chars().next());
    let reason = error.to_string();
    let known = [
        ("key must be a string", "looking for beginning of object key string"),
        ("trailing comma", "looking for beginning of object key string"),
        ("expected `:`", "after object key"),
        ("expected `,` or `}`", "after object key:value pair"),
        ("expected `,` or `]`", "after array element"),
        ("trailing characters", "after top-level value"),
    ];
    let place = known.iter().find(|(serde, _)| reason.starts_with(serde)).map(|(_, go)| *go);
    format!(
        "invalid character '{}' {}",
        found.unwrap_or(' '),
        place.unwrap_or("looking for beginning of value")
    )
}

/// Arguments before the first `NAME=VALUE` or `NAME-`, and from there on. Models `cmdutil.GetResourcesAndPairs`.
fn resources_and_pairs(inv: &Invocation, what: &str) -> Result<(Vec<String>, Vec<String>), Failure> {
    let is_pair =
        |arg: &String| arg.find('=').is_some_and(|at| at > 0) || (arg.ends_with('-') && arg.len() > 1);
    let first = inv.args.iter().position(is_pair).unwrap_or(inv.args.len());
    let (resources, pairs) = inv.args.split_at(first);
    if let Some(arg) = pairs.iter().find(|arg| !is_pair(arg)) {
        return Err(Failure::client(format!("all resources must be specified before {what} changes: {arg}")));
    }
    Ok((resources.to_vec(), pairs.to_vec()))
}

/// `kubectl label pod flask-0 tier=web old-`, and `kubectl annotate` likewise.
pub fn label(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let labels = inv.verb.name == "label";
    let what = inv.verb.name;
    let what = if labels { what } else { "annotation" };
    let (resources, pairs) = resources_and_pairs(inv, what)?;
    let (mut set, mut removed) = (Map::new(), Vec::new());
    for pair in &pairs {
        match pair.split_once('=') {
            Some((_, value)) if labels && value.contains('=') => {
                return Err(Failure::client(format!("invalid label spec: {pair}")));
            }
            Some((name, value)) => {
                let wrong = if labels { names::label_value(value) } else { Vec::new() };
                if !wrong.is_empty() {
                    let why = wrong.join(";");
                    return Err(Failure::client(format!("invalid label value: {pair:?}: {why}")));
                }
                set.insert(name.to_string(), value.into());
            }
            None => removed.push(pair.strip_suffix('-').unwrap_or(pair).to_string()),
        }
    }
    let refuse_both = || match removed.iter().find(|name| set.contains_key(*name)) {
        None => Ok(()),
        Some(both) => Err(Failure::client(match labels {
            true => "can not both modify and remove a label in the same command".to_string(),
            false => format!(
                "can not both modify and remove the following annotation(s) in the same command: {both}"
            ),
        })),
    };
    if labels {
        refuse_both()?;
    }
    refuse_flags(inv, labels, !resources.is_empty())?;
    if pairs.is_empty() && !inv.is("list") {
        return Err(Failure::client(format!("at least one {what} update is required")));
    }
    refuse_both()?;
    let found = targets(inv, io, &resources)?;
    let wanted_version = inv.text("resource-version");
    let single = found.single || (inv.has("filename") && found.objects.len() == 1);
    if !single && !wanted_version.is_empty() {
        return Err(Failure::client("--resource-version may only be used with a single resource"));
    }
    each(inv, io, found, |io, object, dry_run| {
        let map = if labels { &object.meta.labels } else { &object.meta.annotations };
        let lists = inv.is("list");
        for name in removed.iter().filter(|name| labels && !lists && !map.contains_key(name.as_str())) {
            io.out(format!("label {name:?} not found.\n"));
        }
        let differs = |(name, value): &(&String, &Value)| {
            map.get(name.as_str()).is_some_and(|v| value.as_str() != Some(v))
        };
        // The cause of a change can always be another (validateNoAnnotationOverwrites).
        let is_free = |name: &str| !labels && name == "kubernetes.io/change-cause";
        let clash: Vec<_> = set.iter().filter(|pair| differs(pair) && !is_free(pair.0)).collect();
        if !inv.is("overwrite") && !clash.is_empty() {
            let old = |name: &String| map[name.as_str()].to_string();
            return Failure::all(match labels {
                true => clash
                    .iter()
                    .map(|(name, _)| {
                        let old = old(name);
                        Failure::client(format!(
                            "'{name}' already has a value ({old}), and --overwrite is false"
                        ))
                    })
                    .collect(),
                false => {
                    let each =
                        clash.iter().map(|(name, _)| format!("'{name}' already has a value ({})", old(name)));
                    let each = each.collect::<Vec<_>>().join("; ");
                    let message = "--overwrite is false but found the following declared annotation(s): ";
                    vec![Failure::client(format!("{message}{each}"))]
                }
            });
        }
        let adds =
            set.iter().any(|(name, value)| map.get(name.as_str()).is_none_or(|v| value.as_str() != Some(v)));
        let removes = removed.iter().any(|name| map.contains_key(name.as_str()));
        if lists {
            // As they would be.
            let mut listed: Map<String, Value> =
                map.iter().map(|(key, value)| (key.to_string(), Value::from(&**value))).collect();
            listed.extend(set.clone());
            removed.iter().for_each(|name| drop(listed.remove(name)));
            let indent = if single { "" } else { " " };
            if !single {
                let (kind, group) = (object.kind.name(), object.kind.info().group);
                io.out(format!("Listing {what}s for {kind}.{group}/{}:\n", object.meta.name));
            }
            for (key, value) in listed {
                io.out(format!("{indent}{key}={}\n", value.as_str().unwrap_or_default()));
            }
            return Ok(());
        }
        let is_stale =
            !wanted_version.is_empty() && wanted_version != object.meta.resource_version.to_string();
        if is_stale && (adds || removes || !labels) && dry_run != DryRun::Client {
            return Err(ApiError::conflict(&object.key()).into());
        }
        if adds || removes {
            let mut change = set.clone();
            change.extend(removed.iter().map(|name| (name.clone(), Value::Null)));
            let field = if labels { "labels" } else { "annotations" };
            send(inv, io, object, &Patch::Merge(json!({"metadata": {field: change}})), dry_run)?;
        }
        let done = match (adds, removes) {
            _ if !labels => "annotated",
            (true, true) => "modified",
            (true, false) => "labeled",
            (false, true) => "unlabeled",
            (false, false) => "not labeled",
        };
        say(inv, io, object, done, dry_run)
    })
}

/// What `label` and `annotate` refuse of their flags and of what they are to change.
fn refuse_flags(inv: &Invocation, labels: bool, names_resources: bool) -> Result<(), Failure> {
    if inv.is("list") && inv.has("output") {
        return Err(Failure::client("--list and --output may not be specified together"));
    }
    for flag in ["selector", "field-selector"] {
        if inv.is("all") && inv.has(flag) {
            return Err(Failure::client(format!("cannot set --all and --{flag} at the same time")));
        }
    }
    if !inv.is("local") {
        return match names_resources || inv.has("filename") {
            true => Ok(()),
            false => Err(Failure::client(
                "one or more resources must be specified as <resource> <name> or <resource>/<name>",
            )),
        };
    }
    let example = if labels { "pod" } else { "rsrc" };
    if DryRun::of(inv)? == DryRun::Server {
        let why = "cannot specify --local and --dry-run=server - did you mean --dry-run=client?";
        return Err(Failure::client(why));
    }
    if names_resources {
        return Err(Failure::client(format!(
            "can only use local files by -f {example}.yaml or --filename={example}.json when --local=true is set"
        )));
    }
    match inv.has("filename") {
        true => Ok(()),
        false => Err(Failure::client(format!(
            "one or more files must be specified as -f {example}.yaml or --filename={example}.json"
        ))),
    }
}

/// The containers in a tree: of a pod, or of a template.
fn pod_spec(tree: &mut Value) -> &mut Value {
    let spec = &mut tree["spec"];
    let spec = if spec["jobTemplate"].is_object() { &mut spec["jobTemplate"]["spec"] } else { spec };
    if spec["template"].is_object() { &mut spec["template"]["spec"] } else { spec }
}

/// Models `polymorphichelpers.UpdatePodSpecForObject`.
fn has_pod_spec(kind: Kind) -> bool {
    use Kind::*;
    let of_template = [Deployment, DaemonSet, ReplicaSet, StatefulSet, ReplicationController, Job, CronJob];
    kind == Pod || of_template.contains(&kind)
}

/// Containers, then init containers.
fn containers(tree: &mut Value) -> Vec<&mut Map<String, Value>> {
    let Value::Object(spec) = pod_spec(tree) else { return Vec::new() };
    let (mut main, mut init) = (Vec::new(), Vec::new());
    for (field, list) in spec.iter_mut() {
        let list = list.as_array_mut().into_iter().flatten().filter_map(Value::as_object_mut);
        match field.as_str() {
            "containers" => main = list.collect(),
            "initContainers" => init = list.collect(),
            _ => {}
        }
    }
    main.extend(init);
    main
}

/// What `kubectl set` says of itself.
pub const SET_HELP: &str = "Configure application resources.

 These commands help you make changes to existing application resources.

Available Commands:
  env              Update environment variables on a pod template
  image            Update the image of a pod template
  resources        Update resource requests/limits on objects with pod templates
  selector         Set the selector on a resource
  serviceaccount   Update the service account of a resource
  subject          Update the user, group, or service account in a role binding or cluster role binding

Usage:
  kubectl set SUBCOMMAND [options]

Use \"kubectl set <command> --help\" for more information about a given command.
Use \"kubectl options\" for a list of global command-line options (applies to all commands).
";

/// Refuses arguments that can't name anything.
fn refuse_bad_words(inv: &Invocation, resources: &[String]) -> Result<(), Failure> {
    if inv.has("filename") {
        return inv.only_paths(resources);
    }
    Query::of(inv, resources).targets().map(|_| ())
}

/// Changes the trees of objects with a pod template and says so; `what` is how errors name the update.
fn set(
    inv: &Invocation,
    io: &mut Io,
    resources: &[String],
    [what, done]: [&str; 2],
    change: impl Fn(&mut Value) -> Result<(), Failure>,
) -> Result<Next, Failure> {
    let found = targets(inv, io, resources)?;
    Failure::all(found.failures)?;
    let found = Found { failures: Vec::new(), ..found };
    each(inv, io, found, |io, object, dry_run| {
        if !has_pod_spec(object.kind) {
            let (plural, name) = (object.kind.info().plural, &object.meta.name);
            let why = "the object is not a pod or does not have a pod template";
            let message = format!("error: {plural}/{name} {why}: *v1.{}\n", object.kind.name());
            return Err(Failure::Plain(message));
        }
        let before = object.to_value();
        let mut tree = before.clone();
        change(&mut tree)?;
        if tree == before {
            return Ok(());
        }
        let made = send(inv, io, object, &Patch::Merge(tree), dry_run)
            .map_err(|e| Failure::client(format!("failed to patch {what}{}", e.message)))?;
        say(inv, io, &made.object, done, dry_run)
    })
}

/// `kubectl set image sts/flask flask-app=han0495/flask-example-app:v2`
pub fn set_image(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let (resources, pairs) = resources_and_pairs(inv, "image")?;
    let words = ["image update to pod template: ", "image updated"];
    refuse_bad_words(inv, &resources)?;
    if pairs.is_empty() {
        return Err(Failure::client("at least one image update is required"));
    }
    set(inv, io, &resources, words, |tree| {
        let mut failures = Vec::new();
        for pair in &pairs {
            let (name, image) = pair.split_once('=').unwrap_or((pair, ""));
            let mut there = false;
            for container in containers(tree).into_iter().filter(|c| name == "*" || c["name"] == name) {
                container.insert("image".into(), image.into());
                there = true;
            }
            if !there {
                failures.push(Failure::client(format!("unable to find container named {name:?}")));
            }
        }
        Failure::all(failures)
    })
}

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
    refuse_bad_env(inv.list("env").iter().chain(&pairs))?;
    let referenced = env_from(inv, io)?;
    if inv.is("list") {
        let found = targets(inv, io, &resources)?;
        Failure::all(found.failures)?;
        for object in &found.objects {
            list_env(inv, io, object);
        }
        return Next::OK;
    }
    for object in &targets(inv, io, &resources)?.objects {
        if has_pod_spec(object.kind) && chosen(inv, &mut object.to_value()).is_empty() {
            warn_of_no_containers(inv, io, object);
        }
    }
    set(inv, io, &resources, ["env update to pod template: ", "env updated"], |tree| {
        for container in chosen(inv, tree) {
            let env = container.entry("env").or_insert_with(|| json!([]));
            let Some(env) = env.as_array_mut() else { continue };
            if inv.has("overwrite") && !inv.is("overwrite") {
                refuse_overwrites(env, inv.list("env").iter().chain(&pairs))?;
            }
            for reference in &referenced {
                match env.iter_mut().find(|e| e["name"] == reference["name"]) {
                    Some(known) => *known = reference.clone(),
                    None => env.push(reference.clone()),
                }
            }
            for pair in inv.list("env").iter().chain(&pairs) {
                match pair.split_once('=') {
                    Some((name, value)) => match env.iter_mut().find(|e| e["name"] == name) {
                        Some(known) => *known = json!({"name": name, "value": value}),
                        None => env.push(json!({"name": name, "value": value})),
                    },
                    None => env.retain(|e| e["name"] != pair.trim_end_matches('-')),
                }
            }
            if env.is_empty() {
                container.remove("env");
            }
        }
        Ok(())
    })
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

/// Models set/env.go: validateNoOverwrites.
fn refuse_overwrites<'a>(env: &[Value], pairs: impl Iterator<Item = &'a String>) -> Result<(), Failure> {
    for (name, _) in pairs.filter_map(|pair| pair.split_once('=')) {
        if let Some(known) = env.iter().find(|e| e["name"] == name) {
            let now = known["value"].as_str().unwrap_or_default();
            let message = format!("'{name}' already has a value ({now}), and --overwrite is false");
            return Err(Failure::client(message));
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
fn refuse_bad_env<'a>(pairs: impl Iterator<Item = &'a String> + Clone) -> Result<(), Failure> {
    let mut added = Vec::new();
    for (name, _) in pairs.clone().filter_map(|pair| pair.split_once('=')) {
        let wrong = names::strict_env_var_name(name);
        if !wrong.is_empty() {
            return Err(Failure::client(format!("{name:?} is not a valid key name: {}", wrong.join(";"))));
        }
        added.push(name);
    }
    let mut removed = pairs.filter(|pair| !pair.contains('=')).filter_map(|pair| pair.strip_suffix('-'));
    if removed.any(|name| added.contains(&name)) {
        let why = "can not both modify and remove the same environment variable in the same command";
        return Err(Failure::client(why));
    }
    Ok(())
}

/// `kubectl set env --list`
fn list_env(inv: &Invocation, io: &mut Io, object: &Object) {
    let mut tree = object.to_value();
    let containers: Vec<Value> =
        chosen(inv, &mut tree).into_iter().map(|c| Value::Object(c.clone())).collect();
    if containers.is_empty() {
        warn_of_no_containers(inv, io, object);
    }
    for container in containers {
        let name = container["name"].as_str().unwrap_or_default();
        io.out(format!("# {} {}, container {name}\n", object.kind.name(), object.meta.name));
        for variable in container["env"].as_array().into_iter().flatten() {
            let text = |value: &Value| value.as_str().unwrap_or_default().to_string();
            let name = text(&variable["name"]);
            let from = &variable["valueFrom"];
            if from.is_null() {
                io.out(format!("{name}={}\n", text(&variable["value"])));
                continue;
            }
            let part = |field: &str, key: &str| text(&from[field][key]);
            let shown = if from.get("configMapKeyRef").is_some() {
                format!(
                    "configmap {}, key {}",
                    part("configMapKeyRef", "name"),
                    part("configMapKeyRef", "key")
                )
            } else if from.get("secretKeyRef").is_some() {
                format!("secret {}, key {}", part("secretKeyRef", "name"), part("secretKeyRef", "key"))
            } else if from.get("fieldRef").is_some() {
                format!("field path {}", part("fieldRef", "fieldPath"))
            } else {
                let container = part("resourceFieldRef", "containerName");
                let slash = if container.is_empty() { "" } else { "/" };
                format!("resource field {container}{slash}{}", part("resourceFieldRef", "resource"))
            };
            io.out(format!("# {name} from {shown}\n"));
        }
    }
}

/// `kubectl set serviceaccount deploy/web builder`. Models set/set_serviceaccount.go.
pub fn set_service_account(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let [resources @ .., account] = &inv.args[..] else {
        return Err(Failure::client("serviceaccount is required"));
    };
    if resources.is_empty() && !inv.has("filename") {
        return Err(Failure::client("resource(s) are required"));
    }
    let words = ["ServiceAccount update: ", "serviceaccount updated"];
    set(inv, io, resources, words, |tree| {
        if let Value::Object(spec) = pod_spec(tree) {
            spec.insert("serviceAccountName".into(), account.as_str().into());
            spec.remove("serviceAccount");
        }
        Ok(())
    })
}

/// The containers that `-c` chooses; all by default.
fn chosen<'a>(inv: &Invocation, tree: &'a mut Value) -> Vec<&'a mut Map<String, Value>> {
    let wanted = inv.get("containers").unwrap_or("*");
    containers(tree).into_iter().filter(|c| wanted == "*" || c["name"] == wanted).collect()
}

/// `kubectl set resources sts/flask --requests=cpu=10m`
pub fn set_resources(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    refuse_bad_words(inv, &inv.args)?;
    if !inv.has("limits") && !inv.has("requests") {
        return Err(Failure::client(
            "you must specify an update to requests or limits (in the form of --requests/--limits)",
        ));
    }
    let mut amounts = Map::new();
    for field in ["limits", "requests"].into_iter().filter(|f| inv.has(f)) {
        let mut list = Map::new();
        for pair in inv.text(field).split(',') {
            let Some((name, amount)) = pair.split_once('=') else {
                return Err(Failure::client(format!(
                    "invalid argument syntax {pair}, expected <resource>=<value>"
                )));
            };
            let quantity = Quantity::parse(amount).map_err(Failure::client)?;
            list.insert(name.to_string(), quantity.to_string().into());
        }
        amounts.insert(field.to_string(), list.into());
    }
    let amounts = Value::Object(amounts);
    set(inv, io, &inv.args, ["resources update to pod template ", "resource requirements updated"], |tree| {
        let chosen = chosen(inv, tree);
        if chosen.is_empty() {
            let name = inv.text("containers");
            return Err(Failure::client(format!("unable to find container named {name}")));
        }
        for container in chosen {
            let resources = container.entry("resources").or_insert_with(|| json!({}));
            crate::patch::merge_json(resources, &amounts);
        }
        Ok(())
    })
}
