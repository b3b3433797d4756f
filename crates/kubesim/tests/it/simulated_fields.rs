//! What the editor calls "not simulated" does not act: no code that decides anything reads such a field.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

const SIMULATED: &str = include_str!("../../src/schema/simulated.txt");
const TYPES: [&str; 2] =
    [include_str!("../../src/schema/schema.txt"), include_str!("../../src/schema/schema-more.txt")];

/// Names that are read of another type, or for nothing that a story would show. With the reason.
const OTHERS: [(&str, &str, &str); 10] = [
    ("PodSpec", "resources", "a container's, a claim's"),
    ("PodAffinityTerm", "matchLabelKeys", "a spread constraint's"),
    ("ContainerPort", "hostIP", "a pod's status"),
    ("LifecycleHandler", "httpGet", "a probe's"),
    ("LifecycleHandler", "tcpSocket", "a probe's"),
    ("Probe", "terminationGracePeriodSeconds", "a pod's"),
    ("ServiceSpec", "externalIPs", "a Service's status and admission"),
    ("Lifecycle", "stopSignal", "dropped: its feature gate is off"),
    ("VolumeProjection", "clusterTrustBundle", "dropped: its feature gate is off"),
    ("VolumeProjection", "podCertificate", "dropped: its feature gate is off"),
];

/// The files of the source below a folder that decide something.
fn sources(folder: &Path, all: &mut String) {
    let mut entries: Vec<_> = std::fs::read_dir(folder)
        .expect("it can be read")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(&path).expect("it can be read");
            all.push_str(text.split("#[cfg(test)]").next().unwrap_or_default());
        }
    }
}

/// The names in quotes that end a call or an index: `get(spec, "name")`, `value["name"]`.
fn read_names(source: &str) -> BTreeSet<&str> {
    let pieces: Vec<&str> = source.split('"').collect();
    let is_name = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
    let reads = |three: &[&str]| {
        let before = three[0].trim_end();
        let (call, index) = (before.ends_with(','), before.ends_with('['));
        is_name(three[1]) && (call && three[2].starts_with(')') || index && three[2].starts_with(']'))
    };
    pieces.windows(3).filter(|three| reads(three)).map(|three| three[1]).collect()
}

#[test]
fn what_is_marked_as_not_simulated_does_not_act() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut source = String::new();
    for folder in ["api", "apiserver", "component", "controllers", "dns", "kubelet", "scheduler"] {
        if root.join(folder).is_dir() {
            sources(&root.join(folder), &mut source);
        }
    }
    for file in ["provisioner.rs", "scheduler.rs"] {
        source.push_str(&std::fs::read_to_string(root.join(file)).unwrap_or_default());
    }
    let read = read_names(&source);
    for name in
        ["podAntiAffinity", "topologySpreadConstraints", "terminationGracePeriodSeconds", "readinessGates"]
    {
        assert!(read.contains(name), "the search finds that {name} is read");
    }
    let types: BTreeMap<&str, &str> =
        TYPES.iter().flat_map(|text| text.lines()).filter_map(|line| line.split_once(' ')).collect();
    let mut wrong = Vec::new();
    let lines = SIMULATED.lines().filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in lines {
        let (name, heeded) = line.split_once(' ').unwrap_or((line, ""));
        let fields = types.get(name).unwrap_or_else(|| panic!("there is no type {name}"));
        for field in fields.split(' ') {
            let end = field.find(['=', ':', '*', '?', '~']).unwrap_or(field.len());
            let field = &field[..end];
            let is_other = OTHERS.iter().any(|(of, other, _)| (*of, *other) == (name, field));
            if !heeded.split(' ').any(|known| known == field) && read.contains(field) && !is_other {
                wrong.push([name, ".", field].concat());
            }
        }
    }
    assert_eq!(wrong, Vec::<String>::new(), "marked as not simulated, but read");
}
