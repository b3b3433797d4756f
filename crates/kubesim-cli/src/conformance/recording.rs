//! What the steps of all recordings have in common.

use kubesim::{Io, Program, Step, dns};
use serde_json::Value;
use std::collections::BTreeMap;

/// Where all recordings were made.
pub(super) const NAMESPACE: &str = "default";

/// A DNS tool run in a pod of a namespace, as the recorder's debug pods ran it.
pub(super) struct PodCommand {
    argv: Vec<String>,
    namespace: String,
}

impl PodCommand {
    pub(super) fn new(line: &str, namespace: &str) -> PodCommand {
        let quoted = |word: &str| word.trim_matches(['\'', '"']).to_string();
        PodCommand { argv: line.split_whitespace().map(quoted).collect(), namespace: namespace.to_string() }
    }
}

impl Program for PodCommand {
    fn run(&mut self, io: &mut Io) -> Step {
        if self.argv == ["cat", "/etc/resolv.conf"] {
            io.out(dns::resolv_conf(&self.namespace));
            return Step::Exit(0);
        }
        let Some(printed) = dns::run_in_pod(io.api, &self.namespace, "", &self.argv) else {
            io.err(format!("sh: {}: not found\n", self.argv.first().map_or("", String::as_str)));
            return Step::Exit(127);
        };
        io.out(printed.stdout);
        io.err(printed.stderr);
        Step::Exit(printed.code)
    }
}

/// A text field of a step.
pub(super) fn text<'a>(tree: &'a Value, field: &str) -> Option<&'a str> {
    tree.get(field).and_then(Value::as_str)
}

/// The files that commands read by name.
pub(super) fn files_of(tree: &Value) -> BTreeMap<String, String> {
    let files = tree.get("files").and_then(Value::as_object);
    files
        .into_iter()
        .flatten()
        .map(|(k, v)| (k.clone(), v.as_str().unwrap_or_default().to_string()))
        .collect()
}
