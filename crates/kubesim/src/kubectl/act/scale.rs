//! `kubectl scale`. Models `k8s.io/kubectl/pkg/cmd/scale/scale.go`.

use super::modify::{send, targets};
use super::options::DryRun;
use super::printing::say;
use crate::apiserver::handlers::Patch;
use crate::kubectl::resource::SCALABLE;
use crate::kubectl::{Failure, Invocation, Next, subresource};
use crate::process::Io;
use serde_json::json;

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
            return Err(subresource::not_served());
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
