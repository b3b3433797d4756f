//! The recordings of `kubectl apply` that end in reading the YAML: our reader must end the same way.

use serde_json::Value;

fn recordings() -> Vec<Value> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../kubesim/tests/golden/validation");
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

/// The recordings that the two readers take differently, each for a rule of YAML 1.1 or of go-yaml that serde_yaml does not
/// keep: `yes` and `y`, octal and exponents, `_` in numbers, whole floats, what a merge key may override.
const OF_GO_YAML: [&str; 12] = [
    "env-duplicate-warning",
    "env-value-exponent",
    "env-value-octal-like",
    "env-value-y-boolean",
    "replicas-octal-010",
    "type-replicas-float-whole",
    "yaml-boolean-field-yes",
    "yaml-merge-key-override",
    "yaml-norway-label",
    "yaml-numeric-label",
    "yaml-octal-0644-defaultmode",
    "yaml-underscore-replicas",
];

#[test]
fn other_texts_read_as_serde_yaml_reads_them() {
    let (mut same, mut different) = (0, Vec::new());
    for recording in recordings() {
        let name = recording["name"].as_str().unwrap();
        let text = recording["manifest"].as_str().unwrap();
        let ours = yaml::read(text);
        if ours.error.is_some() {
            continue;
        }
        let theirs: Result<Vec<Value>, _> =
            serde_yaml::Deserializer::from_str(text).map(serde::Deserialize::deserialize).collect();
        // What serde_yaml refuses, such as a key given twice, is compared with kubectl's own words elsewhere.
        let Ok(theirs) = theirs else { continue };
        let theirs = theirs.iter().filter(|value| !value.is_null());
        let ours: Vec<&Value> =
            ours.documents.iter().map(|d| d.value()).filter(|value| !value.is_null()).collect();
        if ours.iter().copied().eq(theirs) {
            same += 1;
        } else {
            different.push(name.to_owned());
        }
    }
    assert_eq!(different, OF_GO_YAML);
    assert!(same >= 200, "only {same} recordings were compared");
}
