//! What `kubectl get` asks for instead of whole objects: paths of the API server (`--raw`) and subresources.

use super::component_status;
use super::discovery;
use super::output::{Output, go_json, list};
use super::resource::{SCALABLE, Selection, Targets};
use super::selector::{parse_fields, parse_labels};
use super::table::TabWriter;
use super::{Failure, Invocation, Next, printers};
use crate::api::read::get;
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Key, Kind, LabelSelector, Object};
use crate::apiserver::ApiServer;
use crate::process::Io;
use crate::schema::wire;
use serde_json::{Value, json};

/// What is not there at all.
pub fn not_served() -> Failure {
    ApiError::new(StatusReason::NotFound, "the server could not find the requested resource").into()
}

/// `kubectl get --raw /api/v1/nodes`
pub fn raw(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let path = inv.text("raw");
    let refusal = if !inv.args.is_empty() {
        "arguments may not be passed when --raw is specified".to_string()
    } else if inv.is("watch") || inv.is("watch-only") || inv.has("selector") {
        "--raw may not be specified with other flags that filter the server request or alter the output"
            .to_string()
    } else if inv.has("output") {
        "--raw and --output are mutually exclusive".to_string()
    } else if !path.starts_with('/') {
        format!("--raw must be a valid URL path: parse {path:?}: invalid URI for request")
    } else {
        let text = answer(io.api, path)?;
        io.out(text);
        return Next::OK;
    };
    Err(Failure::client(refusal))
}

/// What a path of the API server names: a kind, in one namespace or not, and an object of it or all. `None`: nothing.
pub fn place(path: &str) -> Option<(Kind, Option<String>, Option<String>)> {
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    let parts: Vec<&str> = path.split('/').skip(1).collect();
    let (version, rest) = match &parts[..] {
        ["api", version, rest @ ..] => ((*version).to_string(), rest),
        ["apis", group, version, rest @ ..] => (format!("{group}/{version}"), rest),
        _ => return None,
    };
    let (namespace, rest) = match rest {
        ["namespaces", namespace, rest @ ..] if !matches!(rest, [] | ["status"]) => (Some(*namespace), rest),
        _ => (None, rest),
    };
    let [plural, name @ ..] = rest else { return None };
    let served = |kind: &Kind| kind.info().plural == *plural && kind.info().api_version_is(&version);
    let kind = Kind::of_resource(plural).filter(served)?;
    match name {
        [] => Some((kind, namespace.map(String::from), None)),
        [name] | [name, "status"] if namespace.is_some() == kind.info().namespaced => {
            Some((kind, namespace.map(String::from), Some((*name).to_string())))
        }
        _ => None,
    }
}

/// What the API server answers at a path. Errors: there is nothing.
pub(super) fn answer(api: &ApiServer, path: &str) -> Result<String, Failure> {
    let parameters = path.split_once('?').map_or("", |(_, parameters)| parameters);
    let path = path.split('?').next().unwrap_or_default().trim_end_matches('/');
    if ["/healthz", "/livez", "/readyz"].contains(&path) {
        return Ok("ok".into());
    }
    if let Some(text) = discovery::answer(path) {
        return Ok(text + "\n");
    }
    if let Some(answer) = component_status::answer(path) {
        return answer;
    }
    let (kind, namespace, name) = place(path).ok_or_else(not_served)?;
    if let Some(name) = name {
        let key = Key::new(kind, namespace.as_deref().unwrap_or_default(), &name);
        let object = api.store().get(&key).ok_or_else(|| ApiError::not_found(&key))?;
        return Ok(wire::object(kind, &object.to_value()) + "\n");
    }
    let refused = |why: String| ApiError::new(StatusReason::BadRequest, why);
    let selection = Selection {
        labels: parse_labels(&parameter(parameters, "labelSelector")).map_err(refused)?,
        fields: parse_fields(&parameter(parameters, "fieldSelector"), kind).map_err(refused)?,
        ..Selection::all(kind, namespace.as_deref())
    };
    Ok(wire::list(
        kind,
        &selection.find(api.store()),
        &json!({"resourceVersion": api.resource_version().to_string()}),
    ))
}

/// A parameter of a request's address.
fn parameter(parameters: &str, name: &str) -> String {
    let is_it = |pair: &str| {
        pair.split_once('=').filter(|(known, _)| *known == name).map(|(_, value)| value.to_string())
    };
    unescaped(&parameters.split('&').find_map(is_it).unwrap_or_default())
}

/// A text without the escapes of an address: `app%3Dweb`.
fn unescaped(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let [first, more @ ..] = rest {
        rest = more;
        let escaped = (*first == b'%').then(|| std::str::from_utf8(more.get(..2)?).ok()).flatten();
        match (first, escaped.and_then(|digits| u8::from_str_radix(digits, 16).ok())) {
            (_, Some(byte)) => {
                bytes.push(byte);
                rest = &more[2..];
            }
            (b'+', None) => bytes.push(b' '),
            (byte, None) => bytes.push(*byte),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// That something is not there, as the API server writes it.
pub(super) fn status(error: &ApiError) -> String {
    let tree = json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure", "message": error.message,
        "reason": error.reason.name(), "code": 404});
    go_json(tree.to_string())
}

/// `kubectl get sts flask --subresource=scale`
pub fn scale(inv: &Invocation, targets: &Targets, io: &mut Io) -> Result<Next, Failure> {
    let found = targets.find(io.api.store());
    let mut failures = found.failures;
    let mut scales = Vec::new();
    for object in &found.objects {
        match SCALABLE.contains(&object.kind) {
            true => scales.push((object.clone(), scale_of(object))),
            false => failures.push(not_served()),
        }
    }
    let text = match Output::of(inv)? {
        Output::Table { .. } if scales.is_empty() => String::new(),
        Output::Table { .. } => {
            let mut text =
                if inv.is("no-headers") { String::new() } else { "NAME\tDESIRED\tAVAILABLE\tAGE\n".into() };
            for (object, scale) in &scales {
                let count = |part| get(get(scale, part), "replicas").as_i64().unwrap_or(0);
                let (desired, available) = (count("spec"), count("status"));
                let age = printers::age(object.meta.creation_timestamp, io.api.now);
                text.push_str(&format!("{}\t{desired}\t{available}\t{age}\n", object.meta.name));
            }
            TabWriter::table().align(&text)
        }
        Output::Name => scales.iter().map(|(o, _)| format!("scale.autoscaling/{}\n", o.meta.name)).collect(),
        output => match &scales[..] {
            [] if found.single => String::new(),
            [(_, scale)] if found.single => output.print_tree(scale)?,
            _ => output.print_tree(&list(scales.iter().map(|(_, scale)| scale.clone()).collect()))?,
        },
    };
    io.out(text);
    Failure::all(failures)?;
    Next::OK
}

/// Models `scaleFromStatefulSet` and its like.
fn scale_of(object: &Object) -> Value {
    let tree = object.to_value();
    let (spec, status) = (get(&tree, "spec"), get(&tree, "status"));
    let selector = match get(spec, "selector") {
        labels if object.kind == Kind::ReplicationController => json!({"matchLabels": labels}),
        selector => selector.clone(),
    };
    let mut scale = json!({
        "apiVersion": "autoscaling/v1",
        "kind": "Scale",
        "metadata": {
            "creationTimestamp": get(get(&tree, "metadata"), "creationTimestamp"),
            "name": &*object.meta.name,
            "namespace": &*object.meta.namespace,
            "resourceVersion": object.meta.resource_version.to_string(),
            "uid": object.meta.uid.to_string(),
        },
        "spec": {},
        "status": {
            "replicas": get(status, "replicas").as_i64().unwrap_or(0),
            "selector": LabelSelector::from_value(&selector).to_string(),
        },
    });
    if let Some(replicas) = get(spec, "replicas").as_i64().filter(|n| *n != 0) {
        scale["spec"]["replicas"] = replicas.into();
    }
    scale
}

/// What is served below an object of this kind, other than its scale.
pub fn is_served(kind: Kind, subresource: &str) -> bool {
    match subresource {
        "status" => true,
        "resize" | "ephemeralcontainers" => kind == Kind::Pod,
        _ => false,
    }
}
