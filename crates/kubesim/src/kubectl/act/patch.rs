//! `kubectl patch`. Models `k8s.io/kubectl/pkg/cmd/patch/patch.go`.

use super::modify::{each, send, targets};
use super::options::DryRun;
use super::printing::say;
use crate::api::status::{ApiError, StatusReason};
use crate::apiserver::handlers::Patch;
use crate::kubectl::resource::{MISSING, SCALABLE};
use crate::kubectl::{Failure, Invocation, Next, subresource};
use crate::process::Io;
use serde_json::Value;

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
    if inv.is("local") {
        if DryRun::of(inv)? == DryRun::Server {
            let why = "cannot specify --local and --dry-run=server - did you mean --dry-run=client?";
            return Err(Failure::client(why));
        }
        if !inv.args.is_empty() {
            return Err(Failure::client("cannot specify --local and server resources"));
        }
        if !inv.has("filename") {
            return Err(Failure::client(MISSING));
        }
    }
    let found = targets(inv, io, &inv.args)?;
    let subresource = inv.text("subresource");
    each(inv, io, found, &|io, object, dry_run| {
        let is_served = match subresource {
            "" => true,
            "scale" => SCALABLE.contains(&object.kind),
            other => subresource::is_served(object.kind, other),
        };
        if !is_served {
            return Err(subresource::not_served());
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
        let is_local = inv.is("local") || dry_run == DryRun::Client;
        let failed = |why: ApiError| if is_local { Failure::client(why.message) } else { why.into() };
        let done = send(inv, io, object, &patch, dry_run).map_err(failed)?;
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
pub(super) fn go_json_error(text: &str, error: &serde_json::Error) -> String {
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
