//! Fuzzing: manifests, command lines, DNS lines and real clusters' states as nobody would write them, made by mutating those of
//! the recordings.
//!
//! Deterministic: the case number `n` of a target with a seed is always the same text, so that a number is enough to try
//! a finding again. A case must end without a panic, within a bounded number of simulated steps; `kubesim fuzz` and the
//! test beside it watch the time and the memory as well.

use kubesim::{FeatureGates, Input, Kind, Options, Rng, SimTime, Span, Story, dns, manifest};
use messages::EN;
use scene::explain::of_state;
use serde_json::Value;
use std::path::Path;

/// What is fuzzed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// A manifest in the editor and through `kubectl apply`, its objects printed and deleted.
    Manifest,
    /// A line at the terminal, beside a running set.
    Command,
    /// A line of nslookup, dig or host in a pod.
    Dns,
    /// A real cluster's state or recording, opened, explained, given away without names and gone on from.
    State,
}

/// All of them.
pub const TARGETS: [Target; 4] = [Target::Manifest, Target::Command, Target::Dns, Target::State];

impl Target {
    /// Its name on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Target::Manifest => "manifest",
            Target::Command => "command",
            Target::Dns => "dns",
            Target::State => "state",
        }
    }
}

/// How many steps of the simulation one input may take.
const STEPS: usize = 20_000;
/// How long a manifest's objects may live.
const LIFE: Span = Span::seconds(30);
/// How long a command may take before it is interrupted.
const PATIENCE: Span = Span::seconds(20);
/// No input is longer.
const LONGEST: usize = 20_000;
/// But for a cluster's state.
const LONGEST_STATE: usize = 150_000;
/// Of a recording so many lines are one text.
const LINES: usize = 15;

/// What is interesting in many places.
const WORDS: &[&str] = &[
    "0",
    "-1",
    "1",
    "9",
    "99",
    "2147483647",
    "2147483648",
    "9223372036854775807",
    "9223372036854775808",
    "1e999",
    "-0",
    "0x1f",
    "0o17",
    "0755",
    "1_000",
    ".5",
    "5.",
    "1Gi",
    "1.5Ei",
    "100m",
    "-1Ki",
    "1e3",
    "50%",
    "101%",
    "true",
    "no",
    "null",
    "~",
    "''",
    "\"\"",
    "{}",
    "[]",
    "[[[[[[[[",
    "{{{{{{{{",
    "- - - - -",
    "&a *a",
    "*a",
    "&a [*a, *a]",
    "<<: *a",
    "? x",
    "!!binary aGk=",
    "!!str",
    "!x",
    "|",
    "|2-",
    ">+",
    "---",
    "...",
    "%YAML 1.1",
    "#",
    ": ",
    ":",
    ",",
    "\t",
    "\r\n",
    "\u{0}",
    "\u{feff}",
    "é",
    "\u{1F600}",
    "\u{202e}",
    "a\u{301}",
    "2001-01-01",
    "metadata:",
    "spec:",
    "name: x",
    "replicas: 3",
    "apiVersion: v1",
    "kind: List\nitems:\n",
    "namespace: x",
    "status:",
    "kind: Pod",
    "kind: Service",
    "kind: Job",
    "ordinals: {start: 5}",
    "generateName: y-",
    "$patch: delete",
    "-o",
    "-o=yaml",
    "-o jsonpath={.items[*].metadata.name}",
    "-o custom-columns=A:.a",
    "-l",
    "-l app in (a,b)",
    "--all",
    "-A",
    "-n",
    "-f -",
    "-f",
    "-w",
    "--",
    "-",
    "--help",
    "--dry-run=server",
    "--dry-run=client",
    "--type=json",
    "-p",
    "'[{\"op\":\"add\"}]'",
    "'{\"spec\":null}'",
    "--sort-by=.x",
    "--field-selector a=b",
    "--grace-period=0",
    "--force",
    "--cascade=foreground",
    "--replicas=-1",
    "--timeout=1s",
    "pods",
    "sts",
    "sts/flask",
    "pod/flask-0",
    "all",
    "svc,pvc",
    "nodes",
    "events",
    "|",
    "| head",
    "&&",
    ";",
    "$(",
    "`",
    "\"",
    "'",
    "\\",
    "$X",
    "> /tmp/x",
    "< /dev/null",
    "*",
    "..",
    "a.b.c.d.e",
    "flask",
    "-type=SRV",
    "-type=ANY",
    "-x",
    "AAAA",
    "SRV",
    "PTR",
    "+short",
    "+search",
    "@10.200.1.10",
    "10.200.0.1",
    "1.2.3",
    "::1",
    "_web._tcp.flask",
    ".",
    "kubernetes.default",
];

/// The texts from which cases are made, by target.
#[derive(Default)]
pub struct Corpus {
    manifests: Vec<String>,
    commands: Vec<String>,
    dns: Vec<String>,
    states: Vec<String>,
}

impl Corpus {
    /// Every manifest and command of the recordings below a folder. Errors: a file that can't be read.
    pub fn of_recordings(dir: &Path) -> std::io::Result<Corpus> {
        let mut corpus = Corpus::default();
        corpus.add_folder(dir)?;
        Ok(corpus)
    }

    /// Adds what is below a folder: recordings, and manifests as `*.yaml`. Errors: a file that can't be read.
    pub fn add_folder(&mut self, dir: &Path) -> std::io::Result<()> {
        self.read(dir)?;
        for texts in [&mut self.manifests, &mut self.commands, &mut self.dns] {
            texts.sort();
            texts.dedup();
            texts.retain(|text| !text.is_empty() && text.len() < LONGEST);
        }
        self.states.sort();
        self.states.dedup();
        self.states.retain(|text| !text.is_empty() && text.len() < LONGEST_STATE);
        Ok(())
    }

    fn read(&mut self, dir: &Path) -> std::io::Result<()> {
        for entry in std::fs::read_dir(dir)? {
            let path = entry?.path();
            if path.is_dir() {
                self.read(&path)?;
                continue;
            }
            let text = std::fs::read_to_string(&path)?;
            if dir.ends_with("states") && !path.to_string_lossy().ends_with(".expect.json") {
                self.states.push(text.clone());
            }
            if path.extension().is_some_and(|e| e == "tsv") {
                let lines: Vec<&str> = text.lines().collect();
                self.states.extend(lines.chunks(LINES).map(|lines| lines.join("\n")));
            }
            if path.extension().is_some_and(|e| e == "yaml") {
                self.manifests.push(text);
            } else if path.extension().is_some_and(|e| e == "json")
                && let Ok(tree) = serde_json::from_str(&text)
            {
                self.take(&tree);
            }
        }
        Ok(())
    }

    fn take(&mut self, recording: &Value) {
        let steps = recording["script"].as_array().map(Vec::as_slice).unwrap_or_default();
        for step in steps.iter().chain(std::iter::once(recording)) {
            for (into, fields) in [
                (&mut self.manifests, &["manifest", "existing_before", "stdin"][..]),
                (&mut self.commands, &["do", "command"]),
                (&mut self.dns, &["in_pod"]),
            ] {
                into.extend(fields.iter().filter_map(|field| step[*field].as_str().map(str::to_owned)));
            }
        }
        for file in recording["files"].as_object().into_iter().flatten() {
            self.manifests.extend(file.1.as_str().map(str::to_owned));
        }
    }

    fn of(&self, target: Target) -> &[String] {
        match target {
            Target::Manifest => &self.manifests,
            Target::Command => &self.commands,
            Target::Dns => &self.dns,
            Target::State => &self.states,
        }
    }

    /// How many texts there are for a target.
    pub fn len(&self, target: Target) -> usize {
        self.of(target).len()
    }

    /// A target's case of this number: a text of the corpus, mutated a few times.
    pub fn case(&self, target: Target, seed: u64, n: u64) -> String {
        let mut rng = Rng::new(seed ^ n.wrapping_mul(0x2545_F491_4F6C_DD1D) ^ (target as u64) << 56);
        let texts = self.of(target);
        let pick = |rng: &mut Rng| texts.get(rng.below(texts.len())).cloned().unwrap_or_default();
        let mut text = pick(&mut rng);
        for _ in 0..=rng.below(6) {
            let other = pick(&mut rng);
            text = mutate(&text, &other, &mut rng);
        }
        let longest = if target == Target::State { LONGEST_STATE } else { LONGEST };
        text.truncate(boundary(&text, longest));
        text
    }
}

/// The first place from here on that is between two characters.
fn boundary(text: &str, at: usize) -> usize {
    (at..text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len())
}

/// Changes a text in one place.
fn mutate(text: &str, other: &str, rng: &mut Rng) -> String {
    let place = |text: &str, rng: &mut Rng| boundary(text, rng.below(text.len() + 1));
    let (a, b) = (place(text, rng), place(text, rng));
    let (from, to) = (a.min(b), a.max(b));
    let word = WORDS[rng.below(WORDS.len())];
    let mut lines: Vec<&str> = text.split('\n').collect();
    let (line, another) = (rng.below(lines.len()), rng.below(lines.len()));
    match rng.below(11) {
        0 => [&text[..a], word, &text[a..]].concat(),
        1 => [&text[..from], word, &text[boundary(text, to.min(from + 12))..]].concat(),
        2 => [&text[..from], &text[boundary(text, from + rng.below(40))..]].concat(),
        3 => [&text[..to], &text[from..]].concat(),
        4 => [&text[..a], &other[place(other, rng)..]].concat(),
        5 => {
            lines.swap(line, another);
            lines.join("\n")
        }
        6 => {
            lines.insert(line, lines[another]);
            lines.join("\n")
        }
        7 => {
            lines.remove(line);
            lines.join("\n")
        }
        8 => {
            // Another depth.
            let spaces = " ".repeat(rng.below(9));
            let changed = format!("{spaces}{}", lines[line].trim_start());
            lines[line] = &changed;
            lines.join("\n")
        }
        9 => {
            // Another value behind a colon or an equals sign.
            let signs: Vec<usize> = text.match_indices([':', '=']).map(|(at, _)| at + 1).collect();
            let Some(at) = signs.get(rng.below(signs.len())).copied() else { return text.to_owned() };
            let end = text[at..].find('\n').map_or(text.len(), |end| at + end);
            [&text[..at], " ", word, &text[end..]].concat()
        }
        _ => {
            // Another word.
            let mut words: Vec<&str> = text.split(' ').collect();
            let at = rng.below(words.len());
            words[at] = word;
            words.join(" ")
        }
    }
}

/// A cluster with the recordings' set in it, for many cases of commands and DNS lines.
pub struct World {
    story: Story,
    cases: usize,
}

/// After so many cases a new world is made: what they left behind would make each slower.
const CASES_PER_WORLD: usize = 40;

const SET: &str = "apiVersion: v1
kind: Service
metadata: {name: flask, labels: {app: flask}}
spec: {clusterIP: None, ports: [{port: 80, name: web}], selector: {app: flask}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: flask}
spec:
  replicas: 2
  serviceName: flask
  selector: {matchLabels: {app: flask}}
  template:
    metadata: {labels: {app: flask}}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
      - {name: flask-app, image: flask, volumeMounts: [{name: www, mountPath: /data}]}
  volumeClaimTemplates:
  - metadata: {name: www}
    spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}
";

impl Default for World {
    fn default() -> World {
        let mut story = Story::new(Options::default());
        story.input(Input::Apply(SET.into()));
        story.run_until(SimTime(40_000));
        World { story, cases: 0 }
    }
}

impl World {
    /// Tries one case. Panics where the simulation does.
    pub fn try_case(&mut self, target: Target, text: &str) {
        if self.cases >= CASES_PER_WORLD {
            *self = World::default();
        }
        match target {
            Target::Manifest => try_manifest(text),
            Target::Command => {
                self.cases += 1;
                give(&mut self.story, text);
            }
            Target::Dns => self.ask(text),
            Target::State => try_state(text),
        }
    }

    fn ask(&mut self, line: &str) {
        let argv: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        let api = &self.story.cluster.api;
        let mut network = dns::Network::new(api.store(), api.now, "default", "");
        dns::run(&argv, &mut network);
    }
}

/// Opens a text, if it can be, as the page does; what is given away of it opens, too.
fn try_state(text: &str) {
    let open = |text: &str| kubesim::open(&[("state".to_owned(), text.to_owned())]);
    let Ok(opened) = open(text) else { return };
    let given = kubesim::without_names(&opened);
    if let Err(why) = open(&given) {
        panic!("what is given away without names does not open: {why:?}");
    }
    let until = opened.seen_until();
    let mut story = Story::opened(opened.into());
    explain(&story);
    story.run_until(until);
    explain(&story);
    settle(&mut story, LIFE);
    explain(&story);
    give(&mut story, "kubectl get all,pvc,pv,nodes,endpointslices -A -o wide");
    give(&mut story, "kubectl describe sts,pods,pvc -A");
}

/// Says why each set is as it is.
fn explain(story: &Story) {
    let (world, position) = (story.cluster.api.store(), story.cluster.api.history().len());
    let explained = story.explained(world, position, story.now());
    let store = explained.as_ref().unwrap_or(world);
    store.list(Kind::StatefulSet).for_each(|set| drop(of_state(&EN, store, set)));
}

fn try_manifest(text: &str) {
    manifest::diagnose(text, FeatureGates::default());
    let mut story = Story::new(Options::default());
    story.input(Input::Apply(text.into()));
    settle(&mut story, LIFE);
    for command in [
        "kubectl get all,pvc,pv,cm,secret,sa,pdb,netpol,ing,quota,limits,role,rolebinding -A -o wide",
        "kubectl describe all,pvc,cm,secret,sa,pdb,netpol,ing,quota,limits,role,rolebinding",
        "kubectl get all -A -o yaml",
        "kubectl delete all,pvc --all --wait=false",
    ] {
        give(&mut story, command);
    }
}

/// Types a line and lets what it starts end, or ends it.
fn give(story: &mut Story, line: &str) {
    for line in line.split('\n').take(8) {
        story.input(Input::Line(line.into()));
    }
    settle(story, PATIENCE);
    for end in [Input::Interrupt, Input::EndOfInput, Input::Interrupt] {
        if story.terminal.prompt().is_none() {
            story.input(end);
            settle(story, Span::seconds(1));
        }
    }
}

/// Lets time pass, but for no more than so many steps.
fn settle(story: &mut Story, time: Span) {
    let until = story.now() + time;
    for _ in 0..STEPS {
        if story.next_at().is_none_or(|at| at > until) {
            return;
        }
        story.step();
    }
}
