//! `kubectl create token`: a token of a service account, of the form that a cluster's tokens have, with a signature that is none.
//! Models `k8s.io/kubectl/pkg/cmd/create/create_token.go` and `pkg/registry/core/serviceaccount/storage/token.go`.

use super::arguments::one_name;
use crate::api::status::{ApiError, StatusReason};
use crate::api::{Key, Kind, Object};
use crate::base::hash::name_hash;
use crate::kubectl::output::Output;
use crate::kubectl::{Failure, Invocation, Next};
use crate::process::Io;
use serde_json::{Value, json};
use std::rc::Rc;
use yaml::base64;

/// Who gives tokens out, and for whom they are if nobody is named.
const ISSUER: &str = "https://kubernetes.default.svc.cluster.local";
/// How long a token holds, in seconds, if nothing is asked for; the least, and the most, that may be asked for.
const SECONDS: [i64; 3] = [3600, 600, 1 << 32];

/// `kubectl create token SERVICEACCOUNT`
pub fn token(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    let name = one_name(inv, &inv.args)?;
    let output = Output::of(inv)?;
    validate(inv)?;
    let request = requested(inv, io, name)
        .map_err(|error| Failure::client(format!("failed to create token: {}", error.message)))?;
    io.out(match output {
        Output::Table { .. } => format!("{}\n", request["status"]["token"].as_str().unwrap_or_default()),
        Output::Name => format!("tokenrequest.authentication.k8s.io/{name}\n"),
        output => output.print_tree(&request)?,
    });
    Next::OK
}

/// Models `TokenOptions.Validate`.
fn validate(inv: &Invocation) -> Result<(), Failure> {
    let millis = inv.duration("duration").map_or(0, |asked| asked.0);
    let (kind, bound) = (inv.text("bound-object-kind"), inv.text("bound-object-name"));
    let refusal = match (kind, bound) {
        _ if millis < 0 => "--duration must be greater than or equal to 0",
        _ if millis % 1000 != 0 => "--duration cannot be expressed in units less than seconds",
        _ if inv.list("audience").iter().any(String::is_empty) => "--audience must not be an empty string",
        ("", "") if inv.has("bound-object-uid") => {
            "--bound-object-uid can only be set if --bound-object-kind is provided"
        }
        ("", "") => "",
        ("", _) => "--bound-object-name can only be set if --bound-object-kind is provided",
        ("Pod" | "Secret" | "Node", "") => {
            "--bound-object-name is required if --bound-object-kind is provided"
        }
        ("Pod" | "Secret" | "Node", _) => "",
        _ => "supported --bound-object-kind values are Node, Pod, Secret",
    };
    if refusal.is_empty() { Ok(()) } else { Err(Failure::client(refusal)) }
}

/// What the API server answers. Errors: an account or an object that isn't there, a time that is too short.
fn requested(inv: &Invocation, io: &mut Io, name: &str) -> Result<Value, ApiError> {
    let namespace = inv.namespace();
    let account = io.api.get(&Key::new(Kind::ServiceAccount, namespace, name))?;
    let [usual, least, most] = SECONDS;
    let seconds = inv.duration("duration").map(|asked| asked.0 / 1000).filter(|asked| *asked > 0);
    let seconds = seconds.unwrap_or(usual);
    let limit = match seconds {
        _ if seconds < least => "may not specify a duration less than 10 minutes",
        _ if seconds > most => "may not specify a duration larger than 2^32 seconds",
        _ => "",
    };
    if !limit.is_empty() {
        let message = format!(
            "TokenRequest.authentication.k8s.io \"\" is invalid: spec.expirationSeconds: Invalid value: {seconds}: {limit}"
        );
        return Err(ApiError::new(StatusReason::Invalid, message));
    }
    let bound = bound(inv, io, name)?;
    let audiences = match inv.list("audience") {
        [] => json!([ISSUER]),
        audiences => json!(audiences),
    };
    let now = io.api.now.unix_seconds();
    let own = claims_of(io, &account, bound.as_deref());
    let part = |text: &str| {
        base64::encode(text.as_bytes()).trim_end_matches('=').replace('+', "-").replace('/', "_")
    };
    let numbers = ["a", "b"].map(|half| name_hash(io.api.seed, &[half, name, &io.api.now.to_string()]));
    let id = format!("{:016x}{:016x}", numbers[0], numbers[1]);
    let id = [&id[..8], &id[8..12], &id[12..16], &id[16..20], &id[20..]].join("-");
    let claims = json!({"aud": audiences, "exp": now + seconds, "iat": now, "iss": ISSUER, "jti": id,
        "kubernetes.io": own, "nbf": now, "sub": format!("system:serviceaccount:{namespace}:{name}")});
    let header = part(&json!({"alg": "RS256", "kid": "ordinal"}).to_string());
    let token = format!("{header}.{}.{}", part(&claims.to_string()), part("not signed by anybody"));
    let mut reference = Value::Null;
    if bound.is_some() {
        let (kind, name) = (inv.text("bound-object-kind"), inv.text("bound-object-name"));
        reference = json!({"apiVersion": "v1", "kind": kind, "name": name});
        if inv.has("bound-object-uid") {
            reference["uid"] = inv.text("bound-object-uid").into();
        }
    }
    let end = io.api.now + crate::api::Span::seconds(seconds);
    Ok(json!({
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "metadata": {"creationTimestamp": io.api.now.rfc3339(), "name": name, "namespace": namespace,
            "uid": account.meta.uid.to_string()},
        "spec": {"audiences": audiences, "boundObjectRef": reference, "expirationSeconds": seconds},
        "status": {"expirationTimestamp": end.rfc3339(), "token": token},
    }))
}

/// The object with which the token is to end. Errors: it isn't there, is another account's pod, or another than was meant.
fn bound(inv: &Invocation, io: &Io, account: &str) -> Result<Option<Rc<Object>>, ApiError> {
    let (kind, name) = (inv.text("bound-object-kind"), inv.text("bound-object-name"));
    let key = match kind {
        "Pod" => Key::new(Kind::Pod, inv.namespace(), name),
        "Secret" => Key::new(Kind::Secret, inv.namespace(), name),
        "Node" => Key::cluster(Kind::Node, name),
        _ => return Ok(None),
    };
    let object = io.api.get(&key)?;
    if key.kind == Kind::Pod && object.to_value()["spec"]["serviceAccountName"] != account {
        let message = format!(
            "cannot bind token for serviceaccount {account:?} to pod running with different serviceaccount name."
        );
        return Err(ApiError::new(StatusReason::BadRequest, message));
    }
    let asked = inv.text("bound-object-uid");
    if !asked.is_empty() && asked != object.meta.uid.to_string() {
        let message = format!(
            "Operation cannot be fulfilled on {kind} {name:?}: the UID in the bound object reference ({asked}) does not match \
             the UID in record. The object might have been deleted and then recreated"
        );
        return Err(ApiError::new(StatusReason::Conflict, message));
    }
    Ok(Some(object))
}

/// The part of a token's claims that is Kubernetes' own. Models `pkg/serviceaccount/claims.go`.
fn claims_of(io: &Io, account: &Object, bound: Option<&Object>) -> Value {
    let reference = |object: &Object| json!({"name": &*object.meta.name, "uid": object.meta.uid.to_string()});
    let mut claims = json!({"namespace": &*account.meta.namespace, "serviceaccount": reference(account)});
    let Some(object) = bound else { return claims };
    let field = match object.kind {
        Kind::Pod => "pod",
        Kind::Secret => "secret",
        _ => "node",
    };
    claims[field] = reference(object);
    if object.kind == Kind::Pod
        && let Some(node) = object.pod().spec.node_name.as_deref()
    {
        let found = io.api.store().get(&Key::cluster(Kind::Node, node));
        claims["node"] = found.map_or_else(|| json!({"name": node}), |node| reference(node));
    }
    claims
}
