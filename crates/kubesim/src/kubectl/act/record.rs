//! `--record`: the command that changed an object, in an annotation. Models
//! `k8s.io/cli-runtime/pkg/genericclioptions/record_flags.go`.

use crate::apiserver::handlers::{self, Done, Mode, Patch};
use crate::kubectl::Invocation;
use crate::process::Io;
use serde_json::{Value, json};

/// The annotation. ReplicaSets and ControllerRevisions take it over, `rollout history` shows it.
pub(super) const CHANGE_CAUSE: &str = "kubernetes.io/change-cause";

/// The command line: its words, then its flags in the order in which they were given.
fn change_cause(inv: &Invocation) -> String {
    let mut text = ["kubectl ", inv.verb.name].concat();
    for word in &inv.args {
        text.extend([" ", word]);
    }
    for (flag, value) in &inv.given {
        let is_secret = matches!(*flag, "password" | "token");
        text.extend([" --", flag, "=", if is_secret { "CLASSIFIED" } else { value }]);
    }
    text
}

/// Writes it into an object's tree, if the command asks for it.
pub(super) fn record(inv: &Invocation, tree: &mut Value) {
    if inv.is("record") {
        let annotations = &mut tree["metadata"]["annotations"];
        if !annotations.is_object() {
            *annotations = json!({});
        }
        annotations[CHANGE_CAUSE] = change_cause(inv).into();
    }
}

/// Records what a request has done in a request of its own, if the command asks for it.
pub(super) fn record_done(inv: &Invocation, io: &mut Io, done: Done, mode: Mode) -> Done {
    if !inv.is("record") {
        return done;
    }
    let cause = json!({"metadata": {"annotations": {CHANGE_CAUSE: change_cause(inv)}}});
    // What can't be recorded stays unsaid.
    match handlers::patch(io.api, &done.object.key(), &Patch::Merge(cause), mode) {
        Ok(recorded) => Done { object: recorded.object, ..done },
        Err(_) => done,
    }
}
