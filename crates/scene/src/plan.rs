//! A change, tried in the simulation before it is done to a real cluster: what is said to it, what happens in which order, where
//! that stops, and about how long it takes.

use crate::explain::{Finding, Outlook, of_state};
use crate::history::pod_state::PodName;
use crate::history::{Chronicle, Life};
use kubesim::{
    Change, Entry, Key, Kind, Opened, ProcessId, Program, SimTime, Span, Store, Story, Stream, kubectl,
};
use messages::{Messages, fill};
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

/// A change is followed for this long.
const PATIENCE: Span = Span::seconds(3600);
/// When nothing has happened for this long, nothing more will: back-offs are longer, but lead to nothing else.
const QUIET: Span = Span::seconds(700);

/// What happened to an object.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// When.
    pub at: SimTime,
    /// `kind/name`
    pub object: String,
    /// What becomes of the object: a word of kubectl.
    pub what: &'static str,
}

/// What a command printed, and its exit code.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Done {
    /// Its output.
    pub stdout: String,
    /// What it complained about.
    pub stderr: String,
    /// Its exit code.
    pub code: i32,
}

/// A change that is being tried.
pub struct Planning {
    messages: &'static Messages,
    story: Story,
    began: SimTime,
    /// How each set was before.
    before: Vec<(Key, Outlook)>,
    /// How many writes there were before the change.
    since: usize,
    /// How many writes have been looked at, and when something happened last.
    seen: usize,
    last: SimTime,
    /// What the manifest changes.
    diff: String,
    done: Done,
    running: Option<ProcessId>,
    measured: usize,
}

/// What a change does.
pub struct Plan {
    /// When it was done.
    pub began: SimTime,
    /// What `kubectl diff` prints of a manifest.
    pub diff: String,
    /// What the command that makes the change prints.
    pub done: Done,
    /// What happens, in order.
    pub steps: Vec<Step>,
    /// What becomes of each pod that does not stay as it was, and of those before it under the same name.
    pub lives: Vec<(PodName, Vec<Life>)>,
    /// The world at the end, with what its components find.
    pub store: Store,
    /// How each set is then.
    pub found: Vec<Finding>,
    /// Of how many pods it was measured how long things take.
    pub measured: usize,
    before: Vec<(Key, Outlook)>,
}

impl Planning {
    /// The opened state, at the last moment that was seen.
    fn new(messages: &'static Messages, opened: &Rc<Opened>) -> Planning {
        let mut story = Story::opened(opened.clone());
        story.run_until(opened.seen_until());
        let found = findings(messages, &explained(&story));
        let written = story.cluster.api.history().len();
        Planning {
            messages,
            began: story.now(),
            before: found.into_iter().map(|finding| (finding.set, finding.outlook)).collect(),
            since: written,
            seen: written,
            last: story.now(),
            diff: String::new(),
            done: Done::default(),
            running: None,
            measured: opened.measured,
            story,
        }
    }

    /// Applies a manifest that compares with the opened state ([`kubesim::Comparable`]).
    pub fn of_manifest(messages: &'static Messages, opened: &Rc<Opened>, manifest: &str) -> Planning {
        let mut planning = Planning::new(messages, opened);
        planning.diff = give(&mut planning.story, "diff", manifest).stdout;
        planning.since = planning.story.cluster.api.history().len();
        planning.done = give(&mut planning.story, "apply", manifest);
        planning
    }

    /// Runs a command, such as `kubectl drain`, given in words ([`words_of`]); nothing if it is none of kubectl's.
    pub fn of_command(
        messages: &'static Messages,
        opened: &Rc<Opened>,
        words: &[String],
    ) -> Option<Planning> {
        let (program, argv) = words.split_first()?;
        if !matches!(program.as_str(), "kubectl" | "k") {
            return None;
        }
        let mut planning = Planning::new(messages, opened);
        let program: Box<dyn Program> = kubectl::command(argv, None, &BTreeMap::new());
        planning.running = Some(planning.story.cluster.spawn(&words.join(" "), program));
        Some(planning)
    }

    /// Lets time pass to when something happens next; false if nothing more will, or an hour is over.
    pub fn go_on(&mut self) -> bool {
        if let Some(id) = self.running
            && listen(&mut self.story, id, &mut self.done)
        {
            self.running = None;
        }
        let end = (self.began + PATIENCE).min(self.last + QUIET);
        let Some(at) = self.story.next_at().filter(|at| *at <= end) else { return false };
        self.story.run_until(at);
        if !steps(self.story.cluster.api.history().since(self.seen)).is_empty() {
            self.last = at;
        }
        self.seen = self.story.cluster.api.history().len();
        true
    }

    /// What came of it.
    pub fn finish(mut self) -> Plan {
        if let Some(id) = self.running {
            self.story.cluster.interrupt(id);
            listen(&mut self.story, id, &mut self.done);
        }
        let store = explained(&self.story);
        let mut chronicle = Chronicle::default();
        chronicle.read(self.story.cluster.api.history());
        let moves = |life: &Life| life.gone.or(life.states.last().map(|last| last.since)) > Some(self.began);
        chronicle.pods.retain(|(_, lives)| lives.iter().any(moves));
        Plan {
            lives: chronicle.pods,
            began: self.began,
            diff: self.diff,
            done: self.done,
            steps: steps(self.story.cluster.api.history().since(self.since)),
            found: findings(self.messages, &store),
            store,
            measured: self.measured,
            before: self.before,
        }
    }
}

impl Plan {
    /// Whether the change was refused.
    pub fn is_refused(&self) -> bool {
        self.done.code != 0
    }

    /// How long it takes until the last step.
    pub fn takes(&self) -> Span {
        self.steps.last().map_or(Span(0), |step| step.at - self.began)
    }

    /// How the sets are at the end with which the change has to do; a set with which it has nothing to do is what it was.
    pub fn outlook(&self) -> Outlook {
        let concerns = |finding: &&Finding| {
            self.before.iter().all(|(set, outlook)| *set != finding.set || *outlook != finding.outlook)
                || self.steps.iter().any(|step| step.object.contains(&*finding.set.name))
                || self.before.len() < 2
        };
        let outlooks = self.found.iter().filter(concerns).map(|finding| finding.outlook);
        outlooks.max().unwrap_or(Outlook::Settled)
    }

    /// How long it takes, in a sentence, and by what that is known.
    pub fn said_of_duration(&self, messages: &Messages) -> String {
        let texts = messages.cluster();
        if self.steps.is_empty() {
            return texts.plan_nothing().to_owned();
        }
        let is_pod = |step: &&Step| step.what == "created" && step.object.starts_with("pod/");
        let pods: BTreeSet<&str> = self.steps.iter().filter(is_pod).map(|step| &*step.object).collect();
        let seconds = self.takes().0 / 1000;
        let time = duration(seconds);
        let measured = match self.measured {
            0 => texts.plan_usual().to_owned(),
            count => fill(texts.plan_measured(), &[("count", &count.to_string())]),
        };
        match pods.len() {
            0 => fill(texts.plan_takes(), &[("time", &time)]),
            1 => fill(texts.plan_takes_one(), &[("time", &time), ("measured", &measured)]),
            count => {
                let (each, count_text) = (duration(seconds / count as i64), count.to_string());
                let values =
                    [("count", &*count_text), ("each", &*each), ("time", &*time), ("measured", &*measured)];
                fill(texts.plan_takes_each(), &values)
            }
        }
    }
}

fn duration(seconds: i64) -> String {
    match seconds {
        ..60 => format!("{seconds}s"),
        _ => format!("{}m{:02}s", seconds / 60, seconds % 60),
    }
}

/// The words of a command's line, as a shell takes them apart: quotes and backslashes keep what they hold together.
pub fn words_of(line: &str) -> Vec<String> {
    let (mut words, mut word): (Vec<String>, Option<String>) = (Vec::new(), None);
    let (mut quote, mut rest) = (None, line.chars());
    while let Some(c) = rest.next() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None | Some('"'), '\\') => word.get_or_insert_default().extend(rest.next()),
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

/// The world of a story's present, with what its components find there.
pub fn explained(story: &Story) -> Store {
    let (world, position) = (story.cluster.api.store(), story.cluster.api.history().len());
    story.explained(world, position, story.now()).unwrap_or_else(|| world.clone())
}

/// What is found about each set.
fn findings(messages: &'static Messages, store: &Store) -> Vec<Finding> {
    store.list(Kind::StatefulSet).map(|set| of_state(messages, store, set)).collect()
}

/// Takes what a command has printed; whether it is over.
fn listen(story: &mut Story, id: ProcessId, done: &mut Done) -> bool {
    for (stream, text) in story.cluster.processes.take_output(id) {
        match stream {
            Stream::Stdout => done.stdout.push_str(&text),
            Stream::Stderr => done.stderr.push_str(&text),
            Stream::Prompt => {}
        }
    }
    let ended = story.cluster.processes.reap(id);
    if let Some(process) = &ended {
        done.code = process.exit_code.unwrap_or_default();
    }
    ended.is_some()
}

/// Gives kubectl a manifest, without time passing for longer than that takes.
fn give(story: &mut Story, verb: &str, manifest: &str) -> Done {
    let argv = [verb, "-f", "-"].map(str::to_owned);
    let program: Box<dyn Program> = kubectl::command(&argv, Some(manifest), &BTreeMap::new());
    let id = story.cluster.spawn(&format!("kubectl {verb} -f -"), program);
    let mut done = Done::default();
    let until = story.now() + Span::seconds(60);
    while !listen(story, id, &mut done) {
        if story.next_at().is_none_or(|at| at > until) {
            story.cluster.interrupt(id);
        } else {
            story.step();
        }
    }
    done
}

/// What a watch would have seen of pods, claims, sets and Services.
pub(crate) fn steps(entries: &[Entry]) -> Vec<Step> {
    let mut all = Vec::new();
    for entry in entries {
        let Change::Object { key, before, after } = &entry.change else { continue };
        if !matches!(key.kind, Kind::Pod | Kind::PersistentVolumeClaim | Kind::StatefulSet | Kind::Service) {
            continue;
        }
        let mut say = |what| all.push(Step { at: entry.at, object: key.to_string(), what });
        match (before, after) {
            (None, Some(_)) => say("created"),
            (Some(_), None) => say("deleted"),
            (Some(before), Some(after)) => {
                if after.meta.is_terminating() && !before.meta.is_terminating() {
                    say("deleting");
                } else if key.kind == Kind::Pod && !after.meta.is_terminating() {
                    match (before.pod().is_ready(), after.pod().is_ready()) {
                        (false, true) => say("ready"),
                        (true, false) => say("unready"),
                        _ => {}
                    }
                } else if key.kind == Kind::StatefulSet && before.meta.generation != after.meta.generation {
                    say("changed");
                }
            }
            (None, None) => {}
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::words_of;

    #[test]
    fn words_are_those_of_a_shell() {
        let words = words_of(r#"kubectl patch sts  flask -p '{"spec": {"replicas": 1}}' -l "a b"\ c ''"#);
        let wanted =
            ["kubectl", "patch", "sts", "flask", "-p", r#"{"spec": {"replicas": 1}}"#, "-l", "a b c", ""];
        assert_eq!(words, wanted);
        assert!(words_of("  ").is_empty());
    }
}
