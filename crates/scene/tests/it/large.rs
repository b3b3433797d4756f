//! What is as large as a page opens: its work is in many small steps, so that none of them holds the page up. The steps are counted,
//! not timed: `cargo xtask bench` has the times.

use crate::opened::without;
use kubesim::{Input, Kind, Nameless, Opened, Opening, SimTime, Store, Story};
use messages::EN;
use scene::explain::{Outlook, of_state};
use scene::plan::{Planning, Progress, words_of};
use std::rc::Rc;

const PODS: usize = 1000;
/// So many bytes are read in one step at most, or their share of what follows: the largest object of a cluster has more.
const MOST_AT_ONCE: usize = 200_000;

/// Opens a text step by step; with how many steps that were.
fn in_steps(name: &str, text: String) -> (Rc<Opened>, usize) {
    let mut opening = Opening::new([(name.to_owned(), text)]).expect("it can be read");
    let (mut steps, mut last) = (0, 0);
    while opening.step().expect("it can be read") {
        steps += 1;
        let (done, all) = opening.progress();
        assert!(done >= last && done <= all, "{done} of {all} after {last}");
        assert!(done - last <= MOST_AT_ONCE, "{done} of {all} after {last}");
        last = done;
    }
    (Rc::new(opening.finish().expect("a state")), steps)
}

/// Begins a story from a state step by step; with how many steps that were.
fn begun(opened: &Rc<Opened>) -> (Story, usize) {
    let mut story = Story::new(Opened::world());
    story.input(Input::Open(opened.clone()));
    let mut steps = 0;
    while story.simulated_from().is_none() {
        assert_eq!(story.next_at(), Some(SimTime(0)));
        assert!(story.step());
        steps += 1;
    }
    (story, steps)
}

fn outlooks(store: &Store) -> Vec<(Outlook, i32)> {
    let sets = store.list(Kind::StatefulSet);
    sets.map(|set| (of_state(&EN, store, set).outlook, set.stateful_set().status.ready_replicas)).collect()
}

#[test]
fn a_thousand_pods_open_in_small_steps() {
    let text = seed_walk::crowd::state(PODS);
    assert!((9_000_000..14_000_000).contains(&text.len()), "{} bytes", text.len());
    let (opened, steps) = in_steps("state.yaml", text.clone());
    let objects = opened.objects.len();
    // Each object is read in a step of its own, and at most 64 are finished in one.
    assert!(objects > 6 * PODS && steps > objects + objects / 64, "{steps} steps for {objects} objects");
    assert!(opened.missing.is_empty(), "{:?}", opened.missing);
    let (story, steps) = begun(&opened);
    // Of those that are looked at most, each pod, claim and volume, at most 16 in one.
    assert!(steps > 3 * PODS / 16 + 2 * objects / 256, "{steps} steps");
    assert_eq!(outlooks(story.cluster.api.store()), [(Outlook::Settled, PODS as i32)]);
    // In steps or at once, it is the same.
    let at_once = Story::opened(Rc::new(kubesim::open(&[("state.yaml".into(), text)]).expect("a state")));
    let fingerprint = |story: &Story| story.cluster.api.history().fingerprint();
    assert_eq!(fingerprint(&story), fingerprint(&at_once));
}

/// The same in JSON.
#[test]
fn a_thousand_pods_in_json_open_in_small_steps() {
    let text = seed_walk::crowd::state_in_json(PODS);
    assert!(text.len() > 9_000_000, "{} bytes", text.len());
    let (opened, steps) = in_steps("state.json", text);
    let objects = opened.objects.len();
    assert!(objects > 6 * PODS && steps > objects + objects / 64, "{steps} steps for {objects} objects");
    let (story, _) = begun(&opened);
    assert_eq!(outlooks(story.cluster.api.store()), [(Outlook::Settled, PODS as i32)]);
}

/// A change of a thousand pods is tried in small steps, too: the state is put in place as when it is opened, then each is one that a
/// component takes; and what is said of how far it is only grows.
#[test]
fn a_change_of_a_thousand_pods_is_planned_in_small_steps() {
    let (opened, _) = in_steps("state.yaml", seed_walk::crowd::state(PODS));
    let (_, to_begin) = begun(&opened);
    let words = words_of("kubectl scale sts flask --replicas=998");
    let mut planning = Planning::of_command(&EN, &opened, &words).expect("a command of kubectl");
    let (mut steps, mut to_open, mut last) = (0, 0, Progress::Opening(0, 0));
    while planning.go_on() {
        steps += 1;
        let now = planning.progress();
        match (last, now) {
            (Progress::Opening(before, _), Progress::Opening(done, all)) => {
                assert!(done >= before && done <= all, "{done} of {all} after {before}");
                to_open = steps;
            }
            (Progress::Followed(before), Progress::Followed(time)) => assert!(time >= before),
            (before, now) => assert!(matches!(now, Progress::Followed(_)), "{now:?} after {before:?}"),
        }
        last = now;
    }
    assert!(to_open >= to_begin && steps > to_open + 20, "{steps} steps, {to_open} of them to open");
    let plan = planning.finish();
    let gone: Vec<&str> =
        plan.steps.iter().filter(|step| step.what == "deleted").map(|step| &*step.object).collect();
    assert_eq!(gone, ["pod/flask-999", "pod/flask-998"], "{:?}", plan.steps);
}

/// What is given away is written a few objects at a time.
#[test]
fn names_of_a_thousand_pods_are_replaced_in_small_steps() {
    let (opened, _) = in_steps("state.yaml", seed_walk::crowd::state(PODS));
    let mut nameless = Nameless::new(&opened);
    let (mut steps, mut last) = (0, 0);
    while nameless.step() {
        steps += 1;
        let (done, all) = nameless.progress();
        assert!(done >= last && done <= all && done - last <= 64, "{done} of {all} after {last}");
        last = done;
    }
    assert!(steps >= 2 * opened.objects.len() / 64, "{steps}");
    assert!(!nameless.finish().contains("flask"));
}

#[test]
fn what_is_made_up_for_a_thousand_pods_is_made_up_in_small_steps() {
    let text = without(
        &seed_walk::crowd::state(PODS),
        &["Node", "PersistentVolume", "PersistentVolumeClaim", "StorageClass", "EndpointSlice", "Service"],
    );
    let (opened, steps) = in_steps("state.yaml", text);
    // Claims and volumes of at most 64 pods in one step.
    assert!(opened.made_up.len() > 2 * PODS && steps > 4 * PODS + 2 * PODS / 64, "{steps} steps");
    let (story, _) = begun(&opened);
    assert_eq!(outlooks(story.cluster.api.store()), [(Outlook::Settled, PODS as i32)]);
}

#[test]
fn ten_thousand_events_open_in_small_steps() {
    let (opened, steps) = in_steps("recording.tsv", seed_walk::crowd::recording(10_000));
    assert!(opened.seen.len() > 9_000 && steps > 10_000 / 20 + 10_000 / 64, "{steps}");
    let mut story = Story::opened(opened.clone());
    story.run_until(opened.seen_until());
    let history = story.cluster.api.history();
    let at = SimTime(opened.seen_until().0 / 2);
    let mut moment = kubesim::Moment::default();
    moment.seek(history, history.position_at(at));
    let explained = story.explained(&moment.store, moment.position, at).expect("it was seen");
    assert_eq!(outlooks(&explained).len(), 1);
}

#[test]
fn what_is_no_state_and_very_large_is_answered() {
    let lines = |line: &str, count: usize| vec![line; count].join("\n");
    let cases = [
        (lines("a: b", 1_000_000), "one document"),
        (lines("just words", 1_000_000), "one document"),
        (lines("- [{", 1_000_000), "one document"),
        ("[".repeat(5 << 20), "one document"),
        (["{\"a\": \"", &"x".repeat(9 << 20)].concat(), "cut off"),
        (["apiVersion: v1\nkind: List\nitems:\n", &lines("- a: b", 1_000_000), "\n"].concat(), "objects"),
        ("x".repeat(100_000_000), "100 MB"),
    ];
    for (text, said) in cases {
        let begin: String = text.chars().take(20).collect();
        let why = kubesim::open(&[("file".into(), text)]).expect_err("it is no state");
        let told = scene::cluster::unreadable(&EN, &why);
        assert!(told.contains(said), "{begin}: {told}");
    }
}
