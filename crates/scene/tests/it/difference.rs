//! Where two worlds differ.

use crate::{FLASK, WEB};
use kubesim::{Input, Options, SimTime, Story};
use messages::EN;
use scene::history::difference::differences;

#[test]
fn what_is_missing_and_what_is_at_another_point_is_found() {
    let mut one = Story::new(Options::default());
    one.input(Input::Apply(FLASK.into()));
    one.run_until(SimTime(60_000));
    let mut other = Story::replay(Options::default(), one.inputs(), one.now());
    assert_eq!(differences(&EN, one.cluster.api.store(), other.cluster.api.store()), []);
    other.input(Input::Command("kubectl scale sts flask --replicas=2".into()));
    other.run_until(SimTime(80_000));
    one.run_until(SimTime(80_000));
    let found = differences(&EN, one.cluster.api.store(), other.cluster.api.store());
    let keys: Vec<String> = found.iter().map(|d| d.key.to_string()).collect();
    assert_eq!(keys, ["statefulset/flask", "pod/flask-2"]);
    assert_eq!((found[0].here.as_deref(), found[0].there.as_deref()), (Some("3/3 ready"), Some("2/2 ready")));
    assert!(found[1].here.as_ref().is_some_and(|pod| pod.starts_with("Running 1/1 · chhan-k8s-4 · flask-")));
    assert_eq!(found[1].there, None);
}

#[test]
fn that_a_claim_was_kept_and_another_was_not_is_a_difference() {
    let policies = ["whenScaled: Retain", "whenScaled: Delete"];
    let stories = policies.map(|policy| {
        let mut story = Story::new(Options::default());
        story.input(Input::Apply(WEB.replace(policies[0], policy).into()));
        for (until, replicas) in [(60_000, 1), (120_000, 3)] {
            story.run_until(SimTime(until));
            story.input(Input::Command(format!("kubectl scale sts web --replicas={replicas}").into()));
        }
        story.run_until(SimTime(180_000));
        story
    });
    let found = differences(&EN, stories[0].cluster.api.store(), stories[1].cluster.api.store());
    let told: Vec<[Option<&str>; 3]> = found
        .iter()
        .map(|d| [Some(&*d.key.name), d.here.as_deref(), d.there.as_deref()])
        .map(|told| told.map(|text| text.and_then(|text| text.split(" · ").last())))
        .collect();
    let one = |pod| [Some(pod), Some("old claim"), Some("new claim")];
    assert_eq!(told, [one("web-1"), one("web-2")]);
}
