//! Replays the commands of the walk that Ordinal starts from, in their order, and compares every output, but for ages,
//! addresses, hashes and times.

use kubesim::kubectl::printers::pod_status;
use kubesim::{Change, Input, Kind, Options, SimTime, Span, Story, Stream};
use seed_walk::{COMMANDS, Step, assert_printed, manifest, steps};

/// How long anything may take.
const PATIENCE: Span = Span::seconds(300);

/// Lets time pass until this holds.
fn run_until(story: &mut Story, what: &str, holds: impl Fn(&Story) -> bool) {
    let end = story.now() + PATIENCE;
    while !holds(story) {
        assert!(story.now() < end && story.step(), "{what} never comes, it is {}", story.now());
    }
}

/// What was printed since this position of the history, but for prompts.
fn printed(story: &Story, from: usize) -> String {
    let entries = story.cluster.api.history().since(from);
    let texts = entries.iter().filter_map(|entry| match &entry.change {
        Change::Output { stream: Stream::Stdout | Stream::Stderr, text } => Some(&**text),
        _ => None,
    });
    texts.collect()
}

#[test]
fn seed_walk() {
    let manifest = manifest();
    let mut story = Story::new(Options::default());
    let mut compared = 0;
    for step in steps() {
        match step {
            Step::Apply => story.input(Input::Apply(manifest.as_str().into())),
            Step::Steady(count) => run_until(&mut story, "a steady set", |story| {
                let set = story.cluster.api.store().find(Kind::StatefulSet, "default", "flask");
                set.is_some_and(|set| set.stateful_set().status.available_replicas == count as i32)
            }),
            Step::Until { pod, status } => run_until(&mut story, status, |story| {
                let pod = story.cluster.api.store().find(Kind::Pod, "default", pod);
                pod.is_some_and(|pod| pod_status(pod.pod(), &pod.meta) == status)
            }),
            Step::Line { prompt, line, expected } => {
                assert_eq!(story.terminal.prompt().as_deref(), Some(prompt));
                let position = story.cluster.api.history().len();
                story.input(Input::Line(line.into()));
                run_until(&mut story, line, |story| story.terminal.prompt().is_some());
                assert_printed(line, &printed(&story, position), &expected);
                compared += 1;
            }
        }
    }
    assert_eq!(compared, COMMANDS, "every command of the walk");
    let again = Story::replay(Options::default(), story.inputs(), story.now());
    assert_eq!(again.cluster.api.history().len(), story.cluster.api.history().len());
    assert!(story.now() > SimTime(60_000));
}
