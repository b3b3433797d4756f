//! Every way in which a manifest is refused: what is said, and that the offered command really helps.

use crate::FLASK;
use kubesim::api::Refusal;
use kubesim::manifest::diagnose;
use kubesim::{FeatureGates, Input, Key, Kind, Moment, Options, Span, Story};
use messages::EN;
use scene::explain::{Explanation, Tone, of_refusal};

fn story() -> Story {
    Story::new(Options::default())
}

fn apply(story: &mut Story, text: &str) {
    story.input(Input::Apply(text.into()));
    story.run_until(story.now() + Span::seconds(1));
}

fn run(story: &mut Story, command: &str) {
    story.input(Input::Command(command.into()));
    story.run_until(story.now() + Span::seconds(1));
}

fn refusal(story: &Story) -> Option<Explanation> {
    let store = story.cluster.api.store();
    Some(of_refusal(&EN, store, Refusal::of(store)?, &[]))
}

#[test]
fn the_line_is_the_one_that_the_editor_marks() {
    let text = FLASK.replace("replicas: 3", "replicas: 10001");
    let mut story = story();
    story.input(Input::Apply(text.as_str().into()));
    story.run_until(story.now() + Span::seconds(1));
    let store = story.cluster.api.store();
    let refusal = Refusal::of(store).expect("it is refused");
    let marked = diagnose(&text, FeatureGates::default()).diagnostics;
    let line = 1 + text.lines().position(|line| line.contains("10001")).expect("it is there");
    let why = of_refusal(&EN, store, refusal, &marked);
    assert!(why.text.starts_with(&format!("Line {line}: ")), "{why:?}");
    let why = of_refusal(&EN, store, refusal, &[]);
    assert!(why.text.starts_with(&format!("Line {}: ", refusal.requests[0].line)), "{why:?}");
}

/// Checks the title and parts of the text.
#[track_caller]
fn check(story: &Story, title: &str, texts: &[&str]) -> Explanation {
    let why = refusal(story).expect("something was refused");
    assert_eq!((why.tone, &*why.title), (Tone::Refused, title), "{why:?}");
    for text in texts {
        assert!(why.text.contains(text), "no {text:?} in {:?}", why.text);
    }
    why
}

#[track_caller]
fn help(story: &mut Story, why: &Explanation) {
    let command = why.remedy.clone().expect("a command is offered");
    run(story, &command);
}

#[test]
fn a_namespace_that_is_missing() {
    let text = FLASK.replace("  name: flask\n", "  name: flask\n  namespace: prod\n");
    let mut story = story();
    apply(&mut story, &text);
    let why = check(
        &story,
        "2 of 2 objects were refused",
        &["Line 1: namespaces \"prod\" not found.", "Nothing was changed."],
    );
    assert_eq!(why.remedy.as_deref(), Some("kubectl create namespace prod"));
    help(&mut story, &why);
    let there = check(&story, "2 of 2 objects were refused", &["is there now: apply the manifest again"]);
    assert_eq!(there.remedy, None);
    apply(&mut story, &text);
    assert_eq!(refusal(&story), None);
    assert!(story.cluster.api.store().get(&Key::new(Kind::StatefulSet, "prod", "flask")).is_some());
}

#[test]
fn a_field_that_may_not_change() {
    let mut story = story();
    apply(&mut story, FLASK);
    story.run_until(story.now() + Span::seconds(40));
    let changed = FLASK.replace("  serviceName: \"flask\"\n", "  serviceName: other\n");
    assert_ne!(changed, FLASK);
    apply(&mut story, &changed);
    let why = check(
        &story,
        "1 of 2 objects were refused",
        &[
            "Line 15: The StatefulSet \"flask\" is invalid: spec: Forbidden: updates to statefulset spec",
            "The others were applied: 1.",
        ],
    );
    assert_eq!(why.remedy.as_deref(), Some("kubectl delete statefulset flask --cascade=orphan"));
    help(&mut story, &why);
    check(&story, "1 of 2 objects were refused", &["flask is gone now: apply the manifest again"]);
    apply(&mut story, &changed);
    assert_eq!(refusal(&story), None);
}

#[test]
fn texts_that_are_no_manifests() {
    let mut story = story();
    let helm = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\n    {{- include \"a\" . | nindent 4 }}\n";
    apply(&mut story, helm);
    let why = check(&story, "`kubectl apply` was refused", &["`helm template`", "Nothing was changed."]);
    assert!(!why.text.contains("yaml: line"), "one number of a line: {}", why.text);
    apply(&mut story, "apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n");
    check(&story, "`kubectl apply` was refused", &["Line 4: ", "here is a tab"]);
    apply(&mut story, &FLASK.replace("replicas: 3", "replicas: 10001"));
    check(&story, "1 of 2 objects were refused", &["this simulation runs at most 10000 pods", "applied: 1"]);
    apply(&mut story, "apiVersion: example.com/v1\nkind: Database\nmetadata:\n  name: a\n");
    check(&story, "`kubectl apply` was refused", &["Line 2: ", "ensure CRDs are installed first."]);
}

#[test]
fn a_dry_run_changes_nothing_of_the_record_and_the_past_knows_its_own() {
    let mut story = story();
    apply(&mut story, "a: [\n");
    let refused = story.cluster.api.history().len();
    run(
        &mut story,
        "kubectl create configmap a --dry-run=client -o yaml | kubectl apply --dry-run=server -f -",
    );
    check(&story, "`kubectl apply` was refused", &["Nothing was changed."]);
    run(&mut story, "kubectl create configmap a --dry-run=client -o yaml | kubectl apply -f -");
    assert_eq!(refusal(&story), None);
    let history = story.cluster.api.history();
    let mut moment = Moment { store: story.cluster.api.store().clone(), position: history.len() };
    moment.seek(story.cluster.api.history(), refused);
    assert!(Refusal::of(&moment.store).is_some());
}
