//! `kubectl certificate approve` and `deny`. Models `k8s.io/kubectl/pkg/cmd/certificates/certificates.go`.
//!
//! The request gets a condition; nobody signs here what was approved.

use super::documents::{self, Document};
use super::options::DryRun;
use super::printing::say;
use crate::api::{Key, Kind, Object};
use crate::apiserver::handlers::{self, APPROVAL, Mode};
use crate::kubectl::resource::{Found, Targets};
use crate::kubectl::{Failure, Invocation, Next, Verb};
use crate::process::Io;
use serde_json::{Value, json};
use std::rc::Rc;

/// The verbs.
pub const VERBS: &[Verb] = &[
    Verb {
        name: "certificate approve",
        flags: FLAGS,
        help: "Approve a certificate signing request.\n\n The request gets the condition Approved, after which a signer may \
               issue the certificate. Whoever gets it is to the cluster who the request says: look at it before.\n\n\
               Usage:\n  kubectl certificate approve (-f FILENAME | NAME) [options]",
        run: approve,
    },
    Verb {
        name: "certificate deny",
        flags: FLAGS,
        help: "Deny a certificate signing request.\n\n The request gets the condition Denied: no signer issues a certificate \
               then.\n\nUsage:\n  kubectl certificate deny (-f FILENAME | NAME) [options]",
        run: deny,
    },
];

const FLAGS: &str = "f:filename, k:kustomize R:recursive? o:output force? template allow-missing-template-keys? \
    show-managed-fields?";

/// A decision about a request.
struct Decision {
    /// The condition that the request gets, and the one that it must not have.
    condition: &'static str,
    opposite: &'static str,
    reason: &'static str,
    message: &'static str,
    done: &'static str,
}

fn approve(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    decide(
        inv,
        io,
        &Decision {
            condition: "Approved",
            opposite: "Denied",
            reason: "KubectlApprove",
            message: "This CSR was approved by kubectl certificate approve.",
            done: "approved",
        },
    )
}

fn deny(inv: &Invocation, io: &mut Io) -> Result<Next, Failure> {
    decide(
        inv,
        io,
        &Decision {
            condition: "Denied",
            opposite: "Approved",
            reason: "KubectlDeny",
            message: "This CSR was denied by kubectl certificate deny.",
            done: "denied",
        },
    )
}

fn decide(inv: &Invocation, io: &mut Io, decision: &Decision) -> Result<Next, Failure> {
    if inv.args.is_empty() && !inv.has("filename") {
        return Err(Failure::client("one or more CSRs must be specified as <name> or -f <filename>"));
    }
    let Found { objects, mut failures, .. } = found(inv, io)?;
    let nothing = objects.is_empty() && failures.is_empty();
    for object in objects {
        failures.extend(decide_one(inv, io, &object, decision).err());
    }
    if nothing {
        io.out("No resources found\n");
    }
    Failure::all(failures)?;
    Next::OK
}

/// The objects that the words or the files name.
fn found(inv: &Invocation, io: &Io) -> Result<Found, Failure> {
    let (keys, unread) = if inv.has("filename") {
        inv.only_paths(&inv.args)?;
        let (documents, unread) = documents::read_all(inv)?;
        (documents.iter().map(Document::key).collect(), unread)
    } else {
        let key = |name: &String| Key::cluster(Kind::CertificateSigningRequest, name);
        (inv.args.iter().map(key).collect(), Vec::new())
    };
    let mut found = Targets::Named(keys).find(io.api.store());
    found.failures.splice(0..0, unread);
    Ok(found)
}

fn decide_one(
    inv: &Invocation,
    io: &mut Io,
    object: &Rc<Object>,
    decision: &Decision,
) -> Result<(), Failure> {
    if object.kind != Kind::CertificateSigningRequest {
        let (name, group) = (object.kind.name(), object.kind.info().group);
        let dot = if group.is_empty() { "" } else { "." };
        return Err(Failure::client(format!(
            "can only handle CertificateSigningRequest.certificates.k8s.io objects, got {name}{dot}{group}"
        )));
    }
    let tree = object.to_value();
    let mut conditions: Vec<Value> = tree["status"]["conditions"].as_array().cloned().unwrap_or_default();
    let has = |name: &str| conditions.iter().any(|condition| condition["type"] == name);
    if has(decision.opposite) {
        let (name, opposite) = (&object.meta.name, decision.opposite);
        return Err(Failure::client(format!("certificate signing request {name:?} is already {opposite}")));
    }
    let is_decided = has(decision.condition);
    if !is_decided || inv.is("force") {
        let now = io.api.now.rfc3339();
        if !is_decided {
            conditions.push(json!({"type": decision.condition, "status": "True", "reason": decision.reason,
                "message": decision.message, "lastUpdateTime": now, "lastTransitionTime": now}));
        }
        let mut decided = tree;
        decided["status"]["conditions"] = conditions.into();
        let mode = Mode { subresource: APPROVAL, ..Mode::PLAIN };
        handlers::replace(io.api, &object.key(), &decided, mode)?;
    }
    // As it was found, before the decision.
    say(inv, io, object, decision.done, DryRun::No)
}
