//! Bad input: the cluster is as it was, the words are kubectl's, and nothing panics or grows without end.

use kubesim::manifest::{Severity, diagnose};
use kubesim::{Change, FeatureGates, Input, Kind, Options, Span, Story, Stream};

/// How much was written that users see: objects, not what was printed.
fn writes(story: &Story) -> usize {
    let objects = |change: &Change| matches!(change, Change::Object { key, .. } if key.kind.is_served());
    story.cluster.api.history().entries().iter().filter(|e| objects(&e.change)).count()
}

/// What was printed since this position of the history, but for prompts.
fn printed(story: &Story, from: usize) -> String {
    let entries = &story.cluster.api.history().entries()[from..];
    let texts = entries.iter().filter_map(|entry| match &entry.change {
        Change::Output { stream: Stream::Stdout | Stream::Stderr, text } => Some(&**text),
        _ => None,
    });
    texts.collect()
}

/// The walk's manifest with a part replaced.
fn with(part: &str, other: &str) -> String {
    let manifest = seed_walk::manifest();
    assert!(manifest.contains(part), "{part}");
    manifest.replacen(part, other, 1)
}

/// The manifest is refused, whole or in part, with these words; what it says about a StatefulSet has not been done; the
/// editor shows the mistake at this line and column.
#[track_caller]
fn refused(manifest: &str, (line, column): (u32, u32), words: &str) {
    let mut story = Story::new(Options::default());
    let position = story.cluster.api.history().len();
    story.input(Input::Apply(manifest.into()));
    story.run_until(story.now() + Span::seconds(5));
    let got = printed(&story, position);
    assert!(got.contains(words), "{words} is not in {got}");
    assert_eq!(story.cluster.api.store().list(Kind::StatefulSet).count(), 0, "{got}");
    assert_eq!(story.cluster.api.store().list(Kind::Pod).count(), 0, "{got}");
    let diagnosis = diagnose(manifest, FeatureGates::default());
    let errors = diagnosis.diagnostics.iter().filter(|d| d.severity == Severity::Error);
    let places: Vec<(u32, u32)> = errors.map(|d| (d.span.line, d.span.column)).collect();
    assert!(places.contains(&(line, column)), "{places:?}: {:?}", diagnosis.diagnostics);
}

#[test]
fn a_text_that_does_not_parse_changes_nothing() {
    let broken = "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n bad: [\n";
    let mut story = Story::new(Options::default());
    let (before, position) = (writes(&story), story.cluster.api.history().len());
    story.input(Input::Apply(broken.into()));
    assert!(
        printed(&story, position)
            .starts_with("error: error parsing STDIN: error converting YAML to JSON: yaml: line ")
    );
    assert_eq!(writes(&story), before, "the cluster is as it was");
}

#[test]
fn the_usual_mistakes_are_told_in_kubectls_words() {
    refused(
        &with("kind: StatefulSet", "kind: StatefulSett"),
        (16, 7),
        "no matches for kind \"StatefulSett\" in version \"apps/v1\"",
    );
    refused(
        &with("  selector:\n    matchLabels:\n      app: flask\n  serviceName", "  serviceName"),
        (19, 1),
        "The StatefulSet \"flask\" is invalid: ",
    );
    refused(
        &with("      app: flask\n  serviceName", "      app: other\n  serviceName"),
        (29, 9),
        "`selector` does not match template `labels`",
    );
    refused(&with("serviceName: \"flask\"", "serviceName: \"Not_A_Name\""), (23, 16), "spec.serviceName");
}

#[test]
fn too_many_pods_are_refused() {
    let words = "statefulsets.apps \"flask\" is forbidden: spec.replicas: 2147483647: this simulation runs at most 10000 pods of one controller";
    refused(&with("replicas: 3", "replicas: 2147483647"), (24, 13), words);
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(seed_walk::manifest().as_str().into()));
    story.run_until(story.now() + Span::seconds(60));
    for line in [
        "kubectl scale sts flask --replicas=2147483647",
        "kubectl patch sts flask -p '{\"spec\":{\"replicas\":2147483647}}'",
        "kubectl create deployment web --image=nginx --replicas=2147483647",
    ] {
        let position = story.cluster.api.history().len();
        story.input(Input::Line(line.into()));
        story.run_until(story.now() + Span::seconds(5));
        let got = printed(&story, position);
        assert!(got.contains("this simulation runs at most 10000 pods"), "{line}: {got}");
    }
    assert_eq!(story.cluster.api.store().list(Kind::Pod).count(), 3);
}

#[test]
fn too_many_claims_are_refused() {
    let template = "  - metadata:\n      name: more0\n    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Mi}}}\n";
    let more: String = (0..19).map(|n| template.replace("more0", &format!("more{n}"))).collect();
    let text = with("replicas: 3", "replicas: 10000").trim_end().to_owned() + "\n" + &more;
    let line = 1 + text.lines().position(|line| line.contains("volumeClaimTemplates")).expect("it is there");
    let words = "statefulsets.apps \"flask\" is forbidden: spec.volumeClaimTemplates: 10000 pods with 20 each: this simulation makes at most 50000 claims of one set";
    refused(&text, (line as u32, 3), words);
}

/// Every number of the manifest as large and as small as its type allows.
#[test]
fn extreme_numbers_end_no_story() {
    let (large, small) = ("9223372036854775807", "-9223372036854775808");
    let numbers = [
        ("replicas: 3", "replicas: "),
        ("minReadySeconds: 10", "minReadySeconds: "),
        ("terminationGracePeriodSeconds: 10", "terminationGracePeriodSeconds: "),
        ("replicas: 3", "revisionHistoryLimit: "),
        ("replicas: 3", "ordinals:\n    start: "),
        ("replicas: 3", "updateStrategy:\n    rollingUpdate:\n      partition: "),
        ("replicas: 3", "updateStrategy:\n    rollingUpdate:\n      maxUnavailable: "),
        ("      terminationGracePeriodSeconds: 10\n", "      activeDeadlineSeconds: "),
        ("containerPort: 80", "containerPort: "),
        (
            "          name: web\n        volumeMounts",
            "        readinessProbe:\n          tcpSocket: {port: 80}\n          initialDelaySeconds: ",
        ),
        (
            "          name: web\n        volumeMounts",
            "        readinessProbe:\n          tcpSocket: {port: 80}\n          periodSeconds: ",
        ),
        (
            "          name: web\n        volumeMounts",
            "        readinessProbe:\n          tcpSocket: {port: 80}\n          failureThreshold: ",
        ),
        ("storage: 1Gi", "storage: "),
        ("port: 80", "port: "),
    ];
    for (part, field) in numbers {
        for number in [large, small, "2147483647", "-2147483648", "-1", "0"] {
            let rest = match part {
                _ if part.ends_with("volumeMounts") => "\n        volumeMounts",
                _ if part.ends_with('\n') => "\n",
                _ => "",
            };
            let manifest = with(part, &format!("{field}{number}{rest}"));
            let _ = diagnose(&manifest, FeatureGates::default());
            let mut story = Story::new(Options::default());
            story.input(Input::Apply(manifest.as_str().into()));
            story.run_until(story.now() + Span::seconds(40));
            story.input(Input::Line("kubectl describe pods".into()));
            story.input(Input::Line("kubectl delete pod flask-0".into()));
            story.run_until(story.now() + Span::seconds(40));
            let written = story.cluster.api.history().len();
            assert!(written < 5_000, "{field}{number} wrote {written} times");
        }
    }
}

#[test]
fn commands_that_there_are_not_are_told_so() {
    let mut story = Story::new(Options::default());
    for (line, words) in [
        ("kubectl frobnicate", "error: unknown command \"frobnicate\" for \"kubectl\""),
        ("kubectl get", "You must specify the type of resource to get."),
        ("kubectl get pod --frobnicate", "error: unknown flag: --frobnicate"),
        ("kubectl delete pod", "error: resource(s) were provided, but no name was specified"),
        ("kubectl scale sts flask", "required flag(s) \"replicas\" not set"),
        ("kubectl logs", "error: expected 'logs [-f] [-p] (POD | TYPE/NAME) [-c CONTAINER]'."),
        ("kubectl get frobs", "error: the server doesn't have a resource type \"frobs\""),
        ("frobnicate", "command not found"),
        ("kubectl get pod 'unclosed", ""),
    ] {
        let (before, position) = (writes(&story), story.cluster.api.history().len());
        story.input(Input::Line(line.into()));
        story.run_until(story.now() + Span::seconds(1));
        story.input(Input::Interrupt);
        let got = printed(&story, position);
        assert!(got.contains(words), "{line}: {words} is not in {got}");
        assert_eq!(writes(&story), before, "{line}: the cluster is as it was");
    }
}
