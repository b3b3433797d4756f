//! The walk that Ordinal starts from: its commands in their order, and what each prints. Shared by the test of the
//! simulation (`crates/kubesim/tests/it/seed_walk.rs`) and the one of the page (`crates/page-driver/tests/browser/story.rs`).

pub mod crowd;

const WALK: &str = include_str!("walk.txt");
/// A recording that has the walk's manifest.
const RECORDING: &str = include_str!("../../kubesim/tests/golden/scripts/kubectl/apply.json");

/// The walk has so many commands.
pub const COMMANDS: usize = 18;

/// A step of the walk.
#[derive(Debug)]
pub enum Step {
    /// The manifest is applied.
    Apply,
    /// Until the set has so many pods, all available.
    Steady(usize),
    /// Until the pod is so.
    Until {
        /// The pod's name.
        pod: &'static str,
        /// STATUS as kubectl prints it.
        status: &'static str,
    },
    /// A line is typed.
    Line {
        /// What stands before it: one of [`PROMPTS`].
        prompt: &'static str,
        /// The line.
        line: &'static str,
        /// What it prints.
        expected: String,
    },
}

/// What the laptop and the debug pod print where they wait for a line.
pub const PROMPTS: [&str; 2] = ["$ ", "testpod1  ~  "];

/// The walk's two documents.
pub fn manifest() -> String {
    let recording: serde_json::Value = serde_json::from_str(RECORDING).expect("a recording is JSON");
    recording["files"]["flask.yaml"].as_str().expect("the manifest is there").to_string()
}

/// The steps, in order.
pub fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    for text in WALK.lines().filter(|text| !text.starts_with('#')) {
        if let Some(step) = text.strip_prefix("@ ") {
            steps.push(match step.split(' ').collect::<Vec<_>>()[..] {
                ["apply"] => Step::Apply,
                ["steady", count] => Step::Steady(count.parse().expect("a number")),
                ["until", pod, status] => Step::Until { pod, status },
                _ => panic!("unknown step {step:?}"),
            });
        } else if let Some((prompt, line)) = PROMPTS.iter().find_map(|p| Some((*p, text.strip_prefix(p)?))) {
            steps.push(Step::Line { prompt, line, expected: String::new() });
        } else if let Some(Step::Line { expected, .. }) = steps.last_mut() {
            expected.extend([text, "\n"]);
        }
    }
    steps
}

/// What was printed is what was expected, but for ages, addresses, hashes and times.
#[track_caller]
pub fn assert_printed(line: &str, got: &str, expected: &str) {
    let got = levelled(got);
    match expected.trim().strip_prefix("...\n").and_then(|text| text.strip_suffix("\n...")) {
        Some(part) => {
            let part = levelled(part);
            let is_there = got.windows(part.len()).any(|lines| lines == part);
            assert!(is_there, "{line}: {part:#?} is not in {got:#?}");
        }
        None => assert_eq!(got, levelled(expected), "{line}"),
    }
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
