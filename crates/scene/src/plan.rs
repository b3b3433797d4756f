//! A change, tried in the simulation before it is done to a real cluster: what is said to it, what happens in which order, where
//! that stops, and about how long it takes.

use crate::explain::{Finding, Outlook, of_state};
use crate::history::pod_state::PodName;
use crate::history::{Chronicle, Life};
use kubesim::{
    Change, Entry, Explaining, Input, Key, Kind, Opened, ProcessId, Program, SimTime, Span, Store, Story,
    Stream, kubectl,
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

/// A change that is being tried, in small steps: none of them takes long.
pub struct Planning {
    messages: &'static Messages,
    opened: Rc<Opened>,
    story: Story,
    change: Asked,
    stage: Stage,
    began: SimTime,
    /// How each set was before, and is after.
    before: Vec<Finding>,
    after: Vec<Finding>,
    /// The world at the end, with what its components find.
    store: Store,
    /// How many writes there were before the change.
    since: usize,
    /// How many writes have been looked at, and when something happened last.
    seen: usize,
    last: SimTime,
    chronicle: Chronicle,
    /// What the manifest changes.
    diff: Done,
    done: Done,
}

/// What is tried.
enum Asked {
    /// A manifest that compares with the opened state.
    Manifest(String),
    /// The words of a command.
    Command(Vec<String>),
}

/// What is done next.
enum Stage {
    /// The state is put in place, and what was seen after that.
    Opening,
    /// What components find in what was seen is worked out.
    Explaining(Box<Explaining>, When),
    /// How sets are is found, from this one on.
    Finding(Store, Vec<Key>, When),
    /// `kubectl diff` or, then, `apply` runs, until then at the latest.
    Giving(Verb, ProcessId, SimTime),
    /// Time passes; a command may still run.
    Following(Option<ProcessId>),
    /// Nothing is left to do.
    Over,
}

/// Before the change or after it.
#[derive(Clone, Copy, PartialEq)]
enum When {
    Before,
    After,
}

#[derive(Clone, Copy, PartialEq)]
enum Verb {
    Diff,
    Apply,
}

/// How far a change has been tried.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Progress {
    /// So much of the state is in place, of so much.
    Opening(usize, usize),
    /// So much time has passed since the change.
    Followed(Span),
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
    fn new(messages: &'static Messages, opened: &Rc<Opened>, change: Asked) -> Planning {
        let mut story = Story::new(Opened::world());
        story.input(Input::Open(opened.clone()));
        Planning {
            messages,
            opened: opened.clone(),
            story,
            change,
            stage: Stage::Opening,
            began: SimTime(0),
            before: Vec::new(),
            after: Vec::new(),
            store: Store::default(),
            since: 0,
            seen: 0,
            last: SimTime(0),
            chronicle: Chronicle::default(),
            diff: Done::default(),
            done: Done::default(),
        }
    }

    /// Applies a manifest that compares with the opened state ([`kubesim::Comparable`]).
    pub fn of_manifest(messages: &'static Messages, opened: &Rc<Opened>, manifest: &str) -> Planning {
        Planning::new(messages, opened, Asked::Manifest(manifest.to_owned()))
    }

    /// Runs a command, such as `kubectl drain`, given in words ([`words_of`]); nothing if it is none of kubectl's.
    pub fn of_command(
        messages: &'static Messages,
        opened: &Rc<Opened>,
        words: &[String],
    ) -> Option<Planning> {
        let is_kubectl = matches!(words.first()?.as_str(), "kubectl" | "k");
        is_kubectl.then(|| Planning::new(messages, opened, Asked::Command(words.to_vec())))
    }

    /// Does a little more: at last time passes to when something happens next. False if nothing more will, or an hour is over.
    pub fn go_on(&mut self) -> bool {
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Opening => {
                let until = self.opened.seen_until();
                if self.story.next_at().is_some_and(|at| at <= until) {
                    self.story.step();
                    Stage::Opening
                } else {
                    self.story.run_until(until);
                    self.explain(When::Before)
                }
            }
            Stage::Explaining(mut explaining, when) => match explaining.step() {
                true => Stage::Explaining(explaining, when),
                false => find(explaining.finish(), when),
            },
            Stage::Finding(store, mut sets, when) => {
                let next = sets.pop();
                let next = next.as_ref().and_then(|key| store.get(key));
                match (next, when) {
                    (Some(set), When::Before) => self.before.push(of_state(self.messages, &store, set)),
                    (Some(set), When::After) => self.after.push(of_state(self.messages, &store, set)),
                    (None, _) => {}
                }
                match (sets.is_empty(), when) {
                    (false, _) => Stage::Finding(store, sets, when),
                    (true, When::Before) => self.begin(),
                    (true, When::After) => {
                        self.store = store;
                        Stage::Over
                    }
                }
            }
            Stage::Giving(verb, id, until) => self.give(verb, id, until),
            Stage::Following(running) => self.follow(running),
            Stage::Over => return false,
        };
        self.chronicle.read(self.story.cluster.api.history());
        !matches!(self.stage, Stage::Over)
    }

    /// How far it is.
    pub fn progress(&self) -> Progress {
        match self.stage {
            Stage::Opening | Stage::Explaining(_, When::Before) | Stage::Finding(_, _, When::Before) => {
                // To look at what was put in place takes about as long.
                let all = self.opened.objects.len() + self.opened.seen.len();
                let done = self.story.cluster.api.history().len().min(all);
                Progress::Opening(done, all * 2)
            }
            _ => Progress::Followed(self.story.now() - self.began),
        }
    }

    /// What components find is known in a simulation; in what was seen it is worked out.
    fn explain(&self, when: When) -> Stage {
        let (world, position) = (self.story.cluster.api.store(), self.story.cluster.api.history().len());
        match self.story.explaining(world, position, self.story.now()) {
            Some(explaining) => Stage::Explaining(Box::new(explaining), when),
            None => find(world.clone(), when),
        }
    }

    /// The change is made.
    fn begin(&mut self) -> Stage {
        (self.began, self.last) = (self.story.now(), self.story.now());
        self.seen = self.story.cluster.api.history().len();
        self.since = self.seen;
        match &self.change {
            Asked::Manifest(manifest) => {
                let manifest = manifest.clone();
                self.run(Verb::Diff, &manifest)
            }
            Asked::Command(words) => {
                let program: Box<dyn Program> = kubectl::command(&words[1..], None, &BTreeMap::new());
                let line = words.join(" ");
                Stage::Following(Some(self.story.cluster.spawn(&line, program)))
            }
        }
    }

    /// Gives kubectl the manifest.
    fn run(&mut self, verb: Verb, manifest: &str) -> Stage {
        let name = match verb {
            Verb::Diff => "diff",
            Verb::Apply => "apply",
        };
        let argv = [name, "-f", "-"].map(str::to_owned);
        let program: Box<dyn Program> = kubectl::command(&argv, Some(manifest), &BTreeMap::new());
        let id = self.story.cluster.spawn(&["kubectl ", name, " -f -"].concat(), program);
        Stage::Giving(verb, id, self.story.now() + Span::seconds(60))
    }

    /// Lets kubectl go on with the manifest, without time passing for longer than that takes.
    fn give(&mut self, verb: Verb, id: ProcessId, until: SimTime) -> Stage {
        let done = match verb {
            Verb::Diff => &mut self.diff,
            Verb::Apply => &mut self.done,
        };
        if !listen(&mut self.story, id, done) {
            if self.story.next_at().is_none_or(|at| at > until) {
                self.story.cluster.interrupt(id);
            } else {
                self.story.step();
            }
            return Stage::Giving(verb, id, until);
        }
        match (verb, &self.change) {
            (Verb::Diff, Asked::Manifest(manifest)) => {
                let manifest = manifest.clone();
                self.since = self.story.cluster.api.history().len();
                self.run(Verb::Apply, &manifest)
            }
            _ => Stage::Following(None),
        }
    }

    /// Lets time pass to when something happens next.
    fn follow(&mut self, running: Option<ProcessId>) -> Stage {
        let running = running.filter(|id| !listen(&mut self.story, *id, &mut self.done));
        let end = (self.began + PATIENCE).min(self.last + QUIET);
        let Some(at) = self.story.next_at().filter(|at| *at <= end) else {
            if let Some(id) = running {
                self.story.cluster.interrupt(id);
                listen(&mut self.story, id, &mut self.done);
            }
            return self.explain(When::After);
        };
        self.story.step();
        if !steps(self.story.cluster.api.history().since(self.seen)).is_empty() {
            self.last = at;
        }
        self.seen = self.story.cluster.api.history().len();
        Stage::Following(running)
    }

    /// What came of it.
    pub fn finish(mut self) -> Plan {
        while self.go_on() {}
        let began = self.began;
        let moves = |life: &Life| life.gone.or(life.states.last().map(|last| last.since)) > Some(began);
        self.chronicle.pods.retain(|(_, lives)| lives.iter().any(moves));
        Plan {
            lives: self.chronicle.pods,
            began,
            diff: self.diff.stdout,
            done: Done {
                stdout: without_repeats(&self.done.stdout),
                stderr: without_repeats(&self.done.stderr),
                ..self.done
            },
            steps: steps(self.story.cluster.api.history().since(self.since)),
            found: self.after,
            store: self.store,
            measured: self.opened.measured,
            before: self.before.into_iter().map(|finding| (finding.set, finding.outlook)).collect(),
        }
    }
}

/// How the sets of a world are is to be found.
fn find(store: Store, when: When) -> Stage {
    let mut sets: Vec<Key> = store.list(Kind::StatefulSet).map(|set| set.key()).collect();
    sets.reverse();
    Stage::Finding(store, sets, when)
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

/// So many seconds, for people: `2m40s`.
pub fn duration(seconds: i64) -> String {
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

/// Lines that a command says again and again while it waits, once, with how often: `kubectl drain` asks every five seconds.
fn without_repeats(text: &str) -> String {
    let mut kept = String::new();
    let mut lines = text.lines().peekable();
    while let Some(line) = lines.next() {
        let mut count = 1;
        while lines.next_if_eq(&line).is_some() {
            count += 1;
        }
        kept.push_str(line);
        if count > 1 {
            kept.push_str(&[" (×", &count.to_string(), ")"].concat());
        }
        kept.push('\n');
    }
    kept
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
