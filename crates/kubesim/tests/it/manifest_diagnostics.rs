//! What the editor marks: each mistake at its place, in kubectl's words.

use expect_test::expect_file;
use kubesim::FeatureGates;
use kubesim::manifest::{Diagnosis, Severity, diagnose};

/// Where a file begins in a text of several: `-- its name`.
const FILE: &str = "-- ";
/// The lines' severities.
const SEVERITIES: [(Severity, &str); 4] = [
    (Severity::Error, "error"),
    (Severity::Warning, "warning"),
    (Severity::Dropped, "dropped"),
    (Severity::NotSimulated, "note"),
];

/// A marked stretch of a line with what is said of it: carets below the stretch, or `|` at a place without length.
fn mark(from: u32, to: u32, what: &str) -> String {
    let carets = if from == to { "|".to_owned() } else { "^".repeat((to - from) as usize) };
    format!("{}{carets} {what}\n", " ".repeat(from as usize - 1))
}

fn is_mark(line: &str) -> bool {
    let said = line.trim_start().trim_start_matches(['^', '|']);
    SEVERITIES
        .iter()
        .any(|(_, name)| said.strip_prefix(' ').is_some_and(|said| said.starts_with(&format!("{name}: "))))
}

/// A manifest with a mark below each line that something is said of, and the objects that were found at its end.
fn marked(manifest: &str, diagnosis: &Diagnosis) -> String {
    let mut text = String::new();
    for (line, number) in manifest.lines().zip(1..) {
        text.push_str(&format!("{line}\n"));
        for diagnostic in diagnosis.diagnostics.iter().filter(|d| d.span.line == number) {
            let name = SEVERITIES
                .iter()
                .find(|(severity, _)| *severity == diagnostic.severity)
                .expect("it has one")
                .1;
            let span = diagnostic.span;
            assert_eq!(span.line, span.end_line, "a mark has one line");
            let message = diagnostic.message.replace('\n', "\\n");
            text.push_str(&mark(span.column, span.end_column, &format!("{name}: {message}")));
        }
    }
    text
}

/// Each file is diagnosed without its marks, and has to get the same marks again. `UPDATE_EXPECT=1` writes them.
#[test]
fn mistakes_are_marked_at_their_places() {
    let fixture = include_str!("manifest_diagnostics.txt");
    let mut files: Vec<(&str, String)> = Vec::new();
    for line in fixture.lines().filter(|line| !is_mark(line)) {
        match (line.strip_prefix(FILE), files.last_mut()) {
            (Some(name), _) => files.push((name, String::new())),
            (None, Some((_, text))) => text.push_str(&format!("{line}\n")),
            (None, None) => panic!("{line}: it stands in no file"),
        }
    }
    assert!(files.len() > 10, "only {} files", files.len());
    let mut again = String::new();
    for (name, manifest) in &files {
        let diagnosis = diagnose(manifest, FeatureGates::default());
        let text = marked(manifest, &diagnosis);
        let marks = text.lines().filter(|line| is_mark(line)).count();
        assert_eq!(marks, diagnosis.diagnostics.len(), "{name}: each diagnostic is a mark");
        again.push_str(&format!("{FILE}{name}\n{text}"));
    }
    expect_file!["manifest_diagnostics.txt"].assert_eq(&again);
}

#[test]
fn what_a_feature_gate_lets_through_is_not_marked() {
    let strategy = "  replicas: 3\n  updateStrategy:\n    rollingUpdate:\n      maxUnavailable: 2\n";
    let text = include_str!("../seed.yaml").replacen("  replicas: 3\n", strategy, 1);
    let gates = FeatureGates { max_unavailable_stateful_set: true };
    assert_eq!(diagnose(&text, gates).diagnostics, []);
    assert_eq!(diagnose(&text, FeatureGates::default()).diagnostics.len(), 1);
}

#[test]
fn objects_are_found_where_they_begin() {
    let diagnosis = diagnose(include_str!("../seed.yaml"), FeatureGates::default());
    let found: Vec<_> = diagnosis.objects.iter().map(|o| (o.kind, o.name.as_str(), o.line)).collect();
    assert_eq!(found, [("Service", "flask", 2), ("StatefulSet", "flask", 16)]);
    assert_eq!(diagnosis.diagnostics, []);
}

#[test]
fn hostile_texts_are_refused() {
    let first = |text: &str| {
        let diagnosis = diagnose(text, FeatureGates::default());
        diagnosis.diagnostics.first().map(|d| d.message.clone()).unwrap_or_default()
    };
    let deep = |open: &str| {
        format!("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: a}}\ndata:\n  a: {}", open.repeat(10_001))
    };
    assert!(first(&deep("[")).ends_with("exceeded max depth of 10000"), "{}", first(&deep("[")));
    assert!(first(&deep("{a: ")).ends_with("exceeded max depth of 10000"), "{}", first(&deep("{a: ")));
    let nested: String = (0..3_000).map(|depth| format!("{}a:\n", " ".repeat(depth % 1_000))).collect();
    assert!(!first(&nested).is_empty());
    assert_eq!(
        first(&"a: b\n".repeat(2_000_000)),
        "error parsing STDIN: Request entity too large: limit is 3145728"
    );
    let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
    for (name, last) in ('b'..='i').zip('a'..) {
        let list = vec![format!("*{last}"); 10].join(", ");
        bomb.push_str(&format!("{name}: &{name} [{list}]\n"));
    }
    assert!(first(&bomb).ends_with("document contains excessive aliasing"), "{}", first(&bomb));
    let list = vec!["*a"; 100_000].join(", ");
    let long = format!("a: &a {}\nb: [{list}]\n", "x".repeat(100_000));
    assert!(first(&long).ends_with("document contains excessive aliasing"), "{}", first(&long));
}
