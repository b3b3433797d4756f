//! `--raw` of create, replace and delete: a text that goes to a path of the API server, and what comes back. Models
//! `k8s.io/kubectl/pkg/rawhttp/raw.go`.

use super::patch::go_json_error;
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Key, Kind};
use crate::apiserver::DeleteOptions;
use crate::apiserver::handlers::{self, FieldValidation, Mode};
use crate::kubectl::output::go_json;
use crate::kubectl::subresource::{not_served, place};
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use crate::schema::wire;
use serde_json::{Value, json};

/// Sends the text of `-f` to the path of `--raw` and prints the answer.
pub(super) fn write(inv: &Invocation, io: &mut Io, method: &str) -> Result<Next, Failure> {
    let (path, files) = (inv.text("raw"), inv.list("filename"));
    let refused = if inv.is("edit") {
        "--raw and --edit are mutually exclusive"
    } else if inv.is("interactive") {
        "--interactive can not be used with --raw"
    } else if files.len() > 1 || (files.is_empty() && method != "DELETE") {
        "--raw can only use a single local file or stdin"
    } else if inv.is("recursive") {
        "--raw and --recursive are mutually exclusive"
    } else if inv.has("selector") && method == "POST" {
        "--raw and --selector (-l) are mutually exclusive"
    } else if inv.has("output") {
        "--raw and --output are mutually exclusive"
    } else {
        ""
    };
    if !refused.is_empty() {
        return Err(Failure::client(refused));
    }
    if !path.starts_with('/') {
        let why = format!("--raw must be a valid URL path: parse {path:?}: invalid URI for request");
        return Err(Failure::client(why));
    }
    let text = inv.manifests()?.into_iter().next().map(|(_, text)| text).unwrap_or_default();
    let (kind, namespace, name) = place(path).ok_or_else(not_served)?;
    let key = |name: &str| Key::new(kind, namespace.as_deref().unwrap_or_default(), name);
    let mode = Mode { unknown: FieldValidation::Ignore, ..Mode::PLAIN };
    let answer = match (method, name) {
        ("POST", None) => {
            handlers::create(io.api, kind, &body(kind, &text, &namespace)?, mode)?.object.to_value()
        }
        ("PUT", Some(name)) => {
            handlers::replace(io.api, &key(&name), &body(kind, &text, &namespace)?, mode)?.object.to_value()
        }
        ("DELETE", Some(name)) => {
            let deleted = handlers::delete(io.api, &key(&name), DeleteOptions::default(), mode)?;
            match io.api.get(&key(&name)) {
                Ok(left) => left.to_value(),
                Err(_) => json!({"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success",
                    "details": {"name": name, "group": kind.info().group, "kind": kind.info().plural,
                        "uid": deleted.meta.uid.to_string()}}),
            }
        }
        _ => {
            let why = "the server does not allow this method on the requested resource";
            return Err(ApiError::new(StatusReason::MethodNotAllowed, why).into());
        }
    };
    io.out(
        match answer["kind"].as_str() {
            Some("Status") => go_json(answer.to_string()),
            _ => wire::object(kind, &answer),
        } + "\n",
    );
    Next::OK
}

/// The object in a request's body. Models apiserver handlers/rest.go: transformDecodeError. Errors: it is none of this kind.
fn body(kind: Kind, text: &str, namespace: &Option<String>) -> Result<Value, Failure> {
    let refused = |why: String| Failure::from(ApiError::new(StatusReason::BadRequest, why));
    let name = kind.name();
    let unrecognized = |why: String| {
        let shown = match text.is_empty() {
            true => "<empty>".to_string(),
            false if text.starts_with('{') => shortened(text, text),
            false => {
                let hex: String = text.bytes().take(30).map(|byte| format!("{byte:02x}")).collect();
                shortened(text, &hex)
            }
        };
        refused(format!("the object provided is unrecognized (must be of type {name}): {why} ({shown})"))
    };
    let mut tree: Value = serde_json::from_str(text).map_err(|error| {
        unrecognized(format!("couldn't get version/kind; json parse error: {}", go_json_error(text, &error)))
    })?;
    match tree["kind"].as_str() {
        None | Some("") => Err(unrecognized("Object 'Kind' is missing".into())),
        Some(given) if given == name => {
            // The path says where the object is.
            if let Some(namespace) = namespace {
                tree["metadata"]["namespace"] = namespace.as_str().into();
            }
            Ok(tree)
        }
        Some(given) => {
            let version = tree["apiVersion"].as_str().unwrap_or_default();
            Err(refused(format!(
                "{given} in version {version:?} cannot be handled as a {name}: converting ({version}.{given}) to \
                 ({version}.{name}): unknown conversion"
            )))
        }
    }
}

/// What is shown of a body: no more than 30 bytes of it.
fn shortened(text: &str, shown: &str) -> String {
    match text.len() > 30 {
        true if shown == text => format!("{} ...", text.chars().take(30).collect::<String>()),
        true => format!("{shown} ..."),
        false => shown.to_string(),
    }
}
