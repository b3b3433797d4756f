//! `kubectl set image`, `resources` and `serviceaccount`. Models `k8s.io/kubectl/pkg/cmd/set`: set_image.go,
//! set_resources.go, set_serviceaccount.go.

use super::local;
use super::modify::{each, resources_and_pairs, send, targets};
use super::pod_template::{has_pod_spec, pod_spec};
use super::printing::say;
use crate::apiserver::handlers::Patch;
use crate::base::quantity::Quantity;
use crate::kubectl::resource::{Found, Query};
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use serde_json::{Map, Value, json};

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
  kubectl set SUBCOMMAND [options]";

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

/// The containers that `-c` chooses; all by default.
pub(super) fn chosen<'a>(inv: &Invocation, tree: &'a mut Value) -> Vec<&'a mut Map<String, Value>> {
    let wanted = inv.get("containers").unwrap_or("*");
    containers(tree).into_iter().filter(|c| wanted == "*" || c["name"] == wanted).collect()
}

/// Refuses arguments that can't name anything.
fn refuse_bad_words(inv: &Invocation, resources: &[String]) -> Result<(), Failure> {
    local::refuse_names(inv, resources)?;
    if inv.has("filename") {
        return inv.only_paths(resources);
    }
    Query::of(inv, resources).targets().map(|_| ())
}

/// Changes the trees of objects with a pod template and says so; `what` is how errors name the update.
pub(super) fn set(
    inv: &Invocation,
    io: &mut Io,
    resources: &[String],
    [what, done]: [&str; 2],
    change: &dyn Fn(&mut Value) -> Result<(), Failure>,
) -> Result<Next, Failure> {
    let found = targets(inv, io, resources)?;
    Failure::all(found.failures)?;
    let found = Found { failures: Vec::new(), ..found };
    each(inv, io, found, &|io, object, dry_run| {
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
    set(inv, io, &resources, words, &|tree| {
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

/// `kubectl set serviceaccount deploy/web builder`. Models set/set_serviceaccount.go.
pub fn set_service_account(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let [resources @ .., account] = &inv.args[..] else {
        return Err(Failure::client("serviceaccount is required"));
    };
    if resources.is_empty() && !inv.has("filename") {
        return Err(Failure::client("resource(s) are required"));
    }
    let words = ["ServiceAccount update: ", "serviceaccount updated"];
    set(inv, io, resources, words, &|tree| {
        if let Value::Object(spec) = pod_spec(tree) {
            spec.insert("serviceAccountName".into(), account.as_str().into());
            spec.remove("serviceAccount");
        }
        Ok(())
    })
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
                    "Invalid argument syntax {pair}, expected <resource>=<value>"
                )));
            };
            let quantity = Quantity::parse(amount).map_err(Failure::client)?;
            list.insert(name.to_string(), quantity.to_string().into());
        }
        amounts.insert(field.to_string(), list.into());
    }
    let amounts = Value::Object(amounts);
    set(inv, io, &inv.args, ["resources update to pod template ", "resource requirements updated"], &|tree| {
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
