//! The recordings of `kubectl apply` that end in reading the YAML: our reader must end the same way.

use kubesim::manifest::yaml;
use serde_json::Value;

fn recordings() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/validation");
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "json"))
        .map(|path| serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
        .collect()
}

#[test]
fn texts_that_kubectl_cannot_read() {
    let mut checked = 0;
    for recording in recordings() {
        let stderr = recording["stderr"].as_str().unwrap();
        let expected = stderr.strip_prefix("error: error parsing STDIN: ").map(str::trim_end);
        let stream = yaml::read(recording["manifest"].as_str().unwrap());
        let found = stream.error.as_ref().map(|error| error.message.as_str());
        assert_eq!(found, expected, "{}", recording["name"]);
        checked += usize::from(expected.is_some());
    }
    assert!(checked >= 20, "only {checked} recordings with unreadable YAML");
}
