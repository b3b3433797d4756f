//! Replays the commands of the walk that Ordinal starts from, in their order, and compares every output, but for ages,
//! addresses, hashes and times.

use kubesim::api::{Kind, SimTime, Span, Str};
use kubesim::apiserver::{Change, Stream};
use kubesim::kubectl::printers::pod_status;
use kubesim::sim::Options;
use kubesim::story::{Input, Story};

const WALK: &str = include_str!("seed_walk.txt");
/// A recording that has the walk's manifest.
const RECORDING: &str = include_str!("golden/scripts/kubectl/apply.json");

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

/// A text whose ages, addresses, hashes and times are all the same, and whose columns are a space apart.
fn levelled(text: &str) -> Vec<String> {
    let word = |word: &str| -> String {
        let is = |set: &str| word.chars().all(|c| c.is_ascii_digit() || set.contains(c));
        let starts_with_digit = word.starts_with(|c: char| c.is_ascii_digit());
        if word.starts_with("pvc-") {
            "VOLUME".into()
        } else if word.starts_with("172.16.") && is(".:,") {
            "ADDRESS".into()
        } else if starts_with_digit && word.ends_with(['s', 'm', 'h', 'd']) && is("smhd") {
            "AGE".into()
        } else if let Some((start, _)) = word.split_once("-16534") {
            format!("{start}-TIME")
        } else {
            word.to_string()
        }
    };
    let line = |line: &str| line.split_whitespace().map(word).collect::<Vec<_>>().join(" ");
    let mut lines: Vec<String> = text.lines().map(line).filter(|line| !line.is_empty()).collect();
    // The volumes' names are random, and DNS gives its answers in any order.
    let by_order = |line: &String| line.starts_with("VOLUME") || line.contains(" service = ");
    let first = lines.iter().position(by_order).unwrap_or(0);
    let sorted = lines.iter().skip(first).take_while(|line| by_order(line)).count();
    lines[first..first + sorted].sort();
    lines
}

#[test]
fn seed_walk() {
    let recording: serde_json::Value = serde_json::from_str(RECORDING).expect("a recording is JSON");
    let manifest = recording["files"]["flask.yaml"].as_str().expect("the manifest is there");
    let mut story = Story::new(Options::default());
    let mut compared = 0;
    let mut blocks: Vec<(Str, String)> = Vec::new();
    for line in WALK.lines().filter(|line| !line.starts_with('#')) {
        let is_command = ["$ ", "testpod1  ~  ", "@ "].iter().any(|prompt| line.starts_with(prompt));
        match blocks.last_mut() {
            _ if is_command => blocks.push((line.into(), String::new())),
            Some((_, expected)) => expected.extend([line, "\n"]),
            None => {}
        }
    }
    for (line, expected) in &blocks {
        if let Some(rest) = line.strip_prefix("@ ") {
            match rest.split(' ').collect::<Vec<_>>()[..] {
                ["apply"] => story.input(Input::Apply(manifest.into())),
                ["steady", count] => run_until(&mut story, rest, |story| {
                    let set = story.cluster.api.store().find(Kind::StatefulSet, "default", "flask");
                    set.is_some_and(|set| set.stateful_set().status.available_replicas.to_string() == count)
                }),
                ["until", name, status] => run_until(&mut story, rest, |story| {
                    let pod = story.cluster.api.store().find(Kind::Pod, "default", name);
                    pod.is_some_and(|pod| pod_status(pod.pod(), &pod.meta) == status)
                }),
                _ => panic!("unknown step {rest:?}"),
            }
            continue;
        }
        let prompt = story.terminal.prompt().expect("a prompt");
        let command =
            line.strip_prefix(&*prompt).unwrap_or_else(|| panic!("{line:?} at the prompt {prompt:?}"));
        let position = story.cluster.api.history().len();
        story.input(Input::Line(command.into()));
        run_until(&mut story, command, |story| story.terminal.prompt().is_some());
        let got = levelled(&printed(&story, position));
        match expected.trim().strip_prefix("...\n").and_then(|text| text.strip_suffix("\n...")) {
            Some(part) => {
                let part = levelled(part);
                let is_there = got.windows(part.len()).any(|lines| lines == part);
                assert!(is_there, "{command}: {part:#?} is not in {got:#?}");
            }
            None => assert_eq!(got, levelled(expected), "{command}"),
        }
        compared += 1;
    }
    assert_eq!(compared, 18, "every command of the walk");
    let again = Story::replay(Options::default(), story.inputs(), story.now());
    assert_eq!(again.cluster.api.history().len(), story.cluster.api.history().len());
    assert!(story.now() > SimTime(60_000));
}
