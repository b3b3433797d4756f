//! Plays a `format: validation` file: one command on one manifest, and what the API server kept.

use super::fold::Folder;
use super::recording::{files_of, text};
use super::report::Difference;
use kubesim::{Cluster, FeatureGates, Kind, Object, Options, Stream, terminal};
use serde_json::Value;

/// Plays the file; what differs from the recording.
pub fn run(tree: &Value) -> Vec<Difference> {
    let gates = FeatureGates {
        max_unavailable_stateful_set: tree["feature_gates"]["MaxUnavailableStatefulSet"] == true,
    };
    let mut cluster = Cluster::new(Options { gates, ..Options::default() });
    let files = terminal::Files::default();
    for (name, text) in files_of(tree) {
        files.write(&name, &text).expect("a recording's files have room");
    }
    if let Some(existing) = text(tree, "existing_before") {
        // "made with kubectl create": a note of the one recording that is about it.
        let created = text(tree, "note").is_some_and(|note| note.contains("made with kubectl create"));
        let command = if created { "kubectl create -f -" } else { "kubectl apply -f -" };
        give(&mut cluster, command, Some(existing), &files);
    }
    let command = text(tree, "command").unwrap_or("kubectl apply -f -");
    let manifest = text(tree, "manifest").map(with_filler);
    let (code, stdout, stderr) = give(&mut cluster, command, manifest.as_deref(), &files);
    let mut differences = Vec::new();
    let mut compare = |at: &str, expected: String, got: String| {
        if expected != got {
            differences.push(Difference { at: at.to_string(), expected, got });
        }
    };
    compare("exit code", tree["exit_code"].to_string(), code.to_string());
    let (mut recorded, mut simulated) = (Folder::default(), Folder::default());
    for (field, got) in [("stdout", &stdout), ("stderr", &stderr)] {
        compare(field, recorded.fold(text(tree, field).unwrap_or_default()), simulated.fold(got));
    }
    for stored in stored_after(tree) {
        let kind =
            Kind::of_manifest(text(stored, "apiVersion").unwrap_or(""), text(stored, "kind").unwrap_or(""));
        let meta = &stored["metadata"];
        let object = kind.and_then(|k| {
            let namespace = text(meta, "namespace").unwrap_or_default();
            let name = text(meta, "name").unwrap_or_default();
            // A generated name is another each time.
            let is_generated = |o: &&std::rc::Rc<Object>| o.meta.generate_name.is_some();
            let store = cluster.api.store();
            let found = store.find(k, namespace, name).or_else(|| store.list(k).find(is_generated));
            found.map(|o| o.to_value())
        });
        let lines = |tree: &Value, folder: &mut Folder| {
            let mut tree = tree.clone();
            without_moments(&mut tree);
            folder.fold(&serde_json::to_string_pretty(&tree).expect("a tree prints"))
        };
        let expected = lines(stored, &mut recorded);
        let got = object.map(|o| lines(&o, &mut simulated)).unwrap_or_else(|| "no such object".into());
        compare(&format!("stored_after {}/{}", stored["kind"], meta["name"]), expected, got);
    }
    differences
}

/// The manifest as it was given: recordings shorten a long filler to `x…(300000 times)…x`.
fn with_filler(manifest: &str) -> String {
    let long = manifest.split_once("…(").and_then(|(before, rest)| {
        let (count, rest) = rest.split_once(" times)…")?;
        let filler = before.chars().next_back()?;
        let count = count.parse::<usize>().ok()?.saturating_sub(2);
        Some(format!("{before}{}{rest}", filler.to_string().repeat(count)))
    });
    long.unwrap_or_else(|| manifest.to_owned())
}

/// What the API server kept: one object, a list of them, or none.
fn stored_after(tree: &Value) -> Vec<&Value> {
    match &tree["stored_after"] {
        Value::Null => Vec::new(),
        Value::Array(list) => list.iter().collect(),
        object if object.get("kind").is_some() => vec![object],
        Value::Object(by_name) => by_name.values().collect(),
        _ => Vec::new(),
    }
}

/// Takes away what the recordings leave out: what depends on the moment alone, what controllers write (none ran), and the
/// manifest that apply keeps in an annotation.
fn without_moments(tree: &mut Value) {
    if let Some(object) = tree.as_object_mut() {
        object.remove("status");
    }
    let Some(meta) = tree.get_mut("metadata").and_then(Value::as_object_mut) else { return };
    for field in ["uid", "resourceVersion", "creationTimestamp", "generateName", "managedFields"] {
        meta.remove(field);
    }
    if let Some(annotations) = meta.get_mut("annotations").and_then(Value::as_object_mut) {
        annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
    }
}

fn give(
    cluster: &mut Cluster,
    command: &str,
    stdin: Option<&str>,
    files: &terminal::Files,
) -> (i32, String, String) {
    let program = terminal::command(command, stdin.map(Into::into), files);
    let id = cluster.spawn(command, program);
    let patience = cluster.now() + kubesim::Span::seconds(60);
    while cluster.processes.get(id).is_some_and(|p| p.exit_code.is_none()) {
        if cluster.next_at().is_none_or(|at| at > patience) {
            cluster.interrupt(id);
            break;
        }
        cluster.step();
    }
    let Some(process) = cluster.processes.reap(id) else { return (-1, String::new(), String::new()) };
    let of = |stream| process.output.iter().filter(|(s, _)| *s == stream).map(|(_, t)| t.as_str()).collect();
    (process.exit_code.unwrap_or(-1), of(Stream::Stdout), of(Stream::Stderr))
}
