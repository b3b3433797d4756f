//! Plays a `format: script` file: the user's commands, what is seen to happen, and what was printed.

use super::beginning::{Beginning, REACTION};
use super::final_state::final_state;
use super::fold::{self, Folder};
use super::milestones::Milestones;
use super::recording::{NAMESPACE, PodCommand, files_of, text};
use super::report::Difference;
use kubesim::api::pod::ContainerState;
use kubesim::api::{Body, PodPhase};
use kubesim::{
    Cause, Cluster, FeatureGates, Io, Key, Kind, Options, ProcessId, Program, SimTime, Span, Step, Stream,
    Timings, terminal,
};
use serde_json::Value;
use std::collections::VecDeque;

/// How much simulated time a step may take before it counts as never happening.
const PATIENCE: Span = Span::seconds(900);
/// How long the recorder let a state of the whole (`when: steady`, `scaled to 2`) hold before the next command. It noted
/// only longer waits (`quiet_before_s`).
const SETTLED: Span = Span(1_200);
/// How long the recorder went on watching after the last step.
const EPILOGUE: Span = Span(2_500);
/// What a kubectl needs from its start to its request and its end: the median of commands given one behind another.
const COMMAND: Span = Span(60);
/// What a kubectl that runs beside the rest needs to start and to make its first request, on the recorder's machine.
const STARTUP: Span = Span(600);

/// What the cluster of a recording had been through that its script does not tell but its output shows: steps to play
/// behind the script's first `until`.
const EARLIER: &[(&str, &[&str])] = &[(
    // It had four replicas once: the fourth claim is still there.
    "kubectl-delete-sts",
    &["kubectl scale sts flask --replicas=4", "steady=4", "kubectl scale sts flask --replicas=3", "steady=3"],
)];

/// Steps that are not compared: the script's name, the step, and why.
const DEVIATIONS: &[(&str, usize, &str)] = &[(
    "kubectl-errors-patch",
    5,
    "recorded is `patched`, of a patch to the value that the script's set has already; what had changed the set before \
     is not recorded, and of other patches that change nothing the recordings say `patched (no change)`",
)];

/// Why an answer is not compared that the API server gave because it reached no kubelet.
const NO_KUBELET: &str =
    "the recorder's nodes had no kubelet that serves logs, exec and attach; here these work";

struct Player<'a> {
    cluster: Cluster,
    files: terminal::Files,
    steps: &'a [Value],
    total_order: bool,
    milestones: Milestones,
    seen: VecDeque<(i64, String)>,
    /// When the last milestone was, or the last command was given.
    last: SimTime,
    background: Vec<Background<'a>>,
    recorded: Folder,
    simulated: Folder,
    outcome: Outcome,
    name: &'a str,
    beginning: Beginning,
}

/// A command that runs on beside the rest.
struct Background<'a> {
    n: usize,
    step: &'a Value,
    id: ProcessId,
    /// What it had printed when each later command was given: the recorder stopped it then, or at the end.
    printed: Vec<Vec<(Stream, String)>>,
}

/// What came of a file.
#[derive(Default)]
pub struct Outcome {
    /// What differs from the recording.
    pub differences: Vec<Difference>,
    /// How many steps were played.
    pub steps: usize,
    /// Where it is known to differ and not compared, and why.
    pub deviations: Vec<(String, &'static str)>,
}

/// Plays the file from each [`Beginning`] until it comes out as recorded; else what came of the one that got furthest.
pub fn run(tree: &Value) -> Outcome {
    let mut best: Option<Outcome> = None;
    for beginning in Beginning::all() {
        let (outcome, _) = play(tree, beginning);
        if outcome.differences.is_empty() {
            return outcome;
        }
        if best.as_ref().is_none_or(|best| outcome.steps > best.steps) {
            best = Some(outcome);
        }
    }
    best.unwrap_or_default()
}

/// The cluster as the file's steps leave it, with its whole history; what differs from the recording does not matter.
pub fn cluster_after(tree: &Value) -> Cluster {
    let usual = Beginning::all().next().expect("there is a usual beginning");
    play(tree, usual).1
}

fn play(tree: &Value, beginning: Beginning) -> (Outcome, Cluster) {
    let gates = FeatureGates {
        max_unavailable_stateful_set: tree["feature_gates"]["MaxUnavailableStatefulSet"] == true,
    };
    let mut timings = Timings { watch: beginning.watch, ..Timings::recording() };
    for step in [
        &mut timings.sandbox,
        &mut timings.image_pull,
        &mut timings.image_check,
        &mut timings.container_start,
        &mut timings.init_run,
        &mut timings.shutdown,
    ] {
        *step = Span(step.0 + beginning.lag.0);
    }
    let manager = &tree["controller_manager"];
    if let (Some(grace), Some(period)) =
        (manager["nodeMonitorGracePeriod"].as_i64(), manager["nodeMonitorPeriod"].as_i64())
    {
        timings.node_monitor_grace = Span::seconds(grace);
        timings.node_monitor_period = Span::seconds(period);
    }
    let files = terminal::Files::default();
    for (name, text) in files_of(tree) {
        files.write(&name, &text).expect("a recording's files have room");
    }
    let steps = tree["script"].as_array().map(|s| s.as_slice()).unwrap_or_default();
    let mut player = Player {
        cluster: Cluster::new(Options {
            gates,
            timings,
            dns_service: false,
            seed: beginning.seed,
            ..Options::default()
        }),
        files,
        steps,
        total_order: text(tree, "order") == Some("total"),
        milestones: Milestones::default(),
        seen: VecDeque::new(),
        last: SimTime(0),
        background: Vec::new(),
        recorded: Folder::default(),
        simulated: Folder::default(),
        outcome: Outcome::default(),
        name: text(tree, "name").unwrap_or_default(),
        beginning,
    };
    let earlier = EARLIER.iter().find(|(name, _)| *name == player.name);
    player.run_until(SimTime(0) + beginning.phase);
    for (n, step) in steps.iter().enumerate() {
        if !player.step(n, step) {
            break;
        }
        player.outcome.steps += 1;
        let is_first = |step: &&Value| text(step, "until").is_some();
        if let Some((_, earlier)) = earlier
            && steps.iter().position(|step| is_first(&step)) == Some(n)
        {
            player.live_through(earlier);
        }
    }
    player.end(tree);
    (player.outcome, player.cluster)
}

impl<'a> Player<'a> {
    /// Plays a step. Returns false if there is no point in going on.
    fn step(&mut self, n: usize, step: &'a Value) -> bool {
        if let Some(quiet) = step["quiet_before_s"].as_f64() {
            self.run_until(self.last + Span((quiet * 1000.0) as i64));
        }
        let at = |what: &str| format!("step {n}: {what}");
        let mut began = None;
        if let Some(milestone) = text(step, "see") {
            return self.see(&at(&format!("see {milestone}")), milestone);
        }
        if let Some(seconds) = step["wait_s"].as_f64() {
            self.run_until(self.cluster.now() + Span((seconds * 1000.0) as i64));
        } else if let Some(condition) = text(step, "until") {
            if !self.run_while(|player| !player.holds(condition)) {
                self.differ(at(&format!("until {condition}")), condition.into(), "it never did".into());
                return false;
            }
        } else if let Some(note) = text(step, "note") {
            self.note(note);
        } else if let Some(command) = text(step, "do") {
            // Behind a command that runs on comes what it is there to see: that one has started by then.
            let is_behind_another =
                step["background"] != true && self.background.last().is_some_and(|b| b.n + 1 == n);
            if is_behind_another {
                self.run_until(self.cluster.now() + STARTUP);
            } else if step.get("quiet_before_s").is_none() {
                self.react(n, step);
            }
            self.mark_what_is_printed();
            let command = self.with_real_names(command);
            began = Some(self.cluster.now());
            if step["background"] == true {
                let id = self.start(&command, step, STARTUP);
                self.background.push(Background { n, step, id, printed: Vec::new() });
            } else {
                let ids: Vec<ProcessId> = fold::about_any_worker(&command)
                    .iter()
                    .map(|command| self.start(command, step, self.command_time()))
                    .collect();
                self.finish(n, step, &ids);
            }
        } else if let Some(command) = text(step, "in_pod") {
            self.run_until(self.cluster.now() + REACTION);
            let namespace = text(step, "namespace").unwrap_or(NAMESPACE);
            let command = self.recorded.translate_cluster_ips(&self.with_addresses(command), &self.simulated);
            let program = Box::new(PodCommand::new(&command, namespace));
            began = Some(self.cluster.now());
            let id = self.cluster.spawn(&command, program);
            self.finish(n, step, &[id]);
        } else {
            self.differ(at("of an unknown form"), step.to_string(), String::new());
        }
        self.last = began.unwrap_or(self.cluster.now());
        true
    }

    /// Waits as long as the recorder did between the step before and this command.
    fn react(&mut self, n: usize, step: &Value) {
        let before = n.checked_sub(1).map(|before| &self.steps[before]);
        let after_milestone = before.is_some_and(|step| step.get("see").is_some());
        let settles = after_milestone && text(step, "when").is_some_and(is_of_the_whole);
        let wait = match before {
            _ if settles => Span(SETTLED.0 + REACTION.0),
            // Behind a command the next is given at once.
            Some(before) if before.get("do").is_some() => Span(0),
            _ if after_milestone => self.beginning.reaction,
            _ => REACTION,
        };
        let from = if settles { self.last } else { self.cluster.now() };
        self.run_until(from + wait);
    }

    fn command_time(&self) -> Span {
        Span(COMMAND.0 + self.beginning.lag.0)
    }

    fn see(&mut self, at: &str, milestone: &str) -> bool {
        let object = milestone.split(' ').next().unwrap_or_default();
        let total = self.total_order;
        let next = |seen: &VecDeque<(i64, String)>| {
            seen.iter().position(|(_, what)| total || what.split(' ').next() == Some(object))
        };
        self.collect();
        self.run_while(|player| next(&player.seen).is_none());
        let Some((when, what)) = next(&self.seen).and_then(|i| self.seen.remove(i)) else {
            self.differ(at.into(), milestone.into(), "nothing more happened".into());
            return false;
        };
        self.last = SimTime(when);
        if what != milestone {
            self.differ(at.into(), milestone.into(), format!("{what} (at {})", SimTime(when)));
            return false;
        }
        true
    }

    /// Starts a command that does nothing for this long.
    fn start(&mut self, command: &str, step: &Value, startup: Span) -> ProcessId {
        let stdin = text(step, "stdin").map(Into::into);
        let program = terminal::command(command, stdin, &self.files);
        let at = self.cluster.now() + startup;
        self.cluster.spawn(command, Box::new(Starting { at, program }))
    }

    /// Plays what went before.
    fn live_through(&mut self, steps: &[&str]) {
        for step in steps {
            if step.starts_with("kubectl ") {
                let id = self.start(step, &Value::Null, Span(0));
                self.finish(0, &Value::Null, &[id]);
            } else {
                let condition = format!("statefulset/flask {step}");
                self.run_while(|player| !player.holds(&condition));
            }
        }
    }

    /// Lets a command come to its end and compares what it printed. Of several, one has to print it.
    fn finish(&mut self, n: usize, step: &Value, ids: &[ProcessId]) {
        let runs = |player: &Self, id: &ProcessId| {
            player.cluster.processes.get(*id).is_some_and(|p| p.exit_code.is_none())
        };
        if !self.run_while(|player| ids.iter().any(|id| runs(player, id))) {
            ids.iter().for_each(|id| self.cluster.interrupt(*id));
            self.differ(format!("step {n}"), "the command ends".into(), "it went on for 900 s".into());
        }
        let (recorded, simulated) = (self.recorded.clone(), self.simulated.clone());
        let mut differences = Vec::new();
        for id in ids {
            (self.recorded, self.simulated) = (recorded.clone(), simulated.clone());
            differences = self.compare_output(n, step, *id);
            if differences.is_empty() {
                break;
            }
        }
        self.outcome.differences.extend(differences);
    }

    fn mark_what_is_printed(&mut self) {
        for background in &mut self.background {
            let process = self.cluster.processes.get(background.id);
            background.printed.extend(process.map(|process| process.output.clone()));
        }
    }

    /// Compares what a command printed.
    fn compare_output(&mut self, n: usize, step: &Value, id: ProcessId) -> Vec<Difference> {
        let Some(process) = self.cluster.processes.reap(id) else { return Vec::new() };
        self.compare_printed(n, step, &process.output, process.exit_code, "")
    }

    /// Compares what a command beside the rest printed: a stopped one until the moment at which it was.
    fn compare_background(&mut self, background: Background<'a>) -> Vec<Difference> {
        let Background { n, step, id, mut printed } = background;
        let is_stopped = self.cluster.processes.get(id).is_some_and(|p| p.exit_code.is_none());
        if is_stopped {
            self.cluster.interrupt(id);
        }
        let Some(process) = self.cluster.processes.reap(id) else { return Vec::new() };
        if !is_stopped {
            printed.clear();
        }
        printed.push(process.output);
        let (recorded, simulated) = (self.recorded.clone(), self.simulated.clone());
        let mut differences = Vec::new();
        for printed in printed.into_iter().rev() {
            (self.recorded, self.simulated) = (recorded.clone(), simulated.clone());
            let typed = if is_stopped { "^C\n" } else { "" };
            let found = self.compare_printed(n, step, &printed, process.exit_code, typed);
            if found.is_empty() {
                return found;
            }
            if differences.is_empty() {
                differences = found;
            }
        }
        differences
    }

    /// Compares what was printed. `typed` is what a terminal shows of how the command was stopped.
    fn compare_printed(
        &mut self,
        n: usize,
        step: &Value,
        printed: &[(Stream, String)],
        exit_code: Option<i32>,
        typed: &str,
    ) -> Vec<Difference> {
        let mut differences = Vec::new();
        let mut differ = |at: String, expected: String, got: String| {
            differences.push(Difference { at, expected, got });
        };
        let command = text(step, "do").or(text(step, "in_pod")).unwrap_or_default().to_string();
        if let Some((.., why)) = DEVIATIONS.iter().find(|(name, at, _)| *name == self.name && *at == n) {
            self.outcome.deviations.push((format!("step {n}: {command}"), why));
            return differences;
        }
        let of = |stream: Option<Stream>| -> String {
            printed
                .iter()
                .filter(|(s, _)| stream.is_none_or(|want| want == *s))
                .map(|(_, t)| t.as_str())
                .chain(stream.is_none().then_some(typed))
                .collect()
        };
        let streams = [("stdout", Some(Stream::Stdout)), ("stderr", Some(Stream::Stderr)), ("output", None)];
        let asks_kubelet =
            streams.iter().any(|(field, _)| text(step, field).is_some_and(asks_missing_kubelet));
        if asks_kubelet {
            self.outcome.deviations.push((format!("step {n}: {command}"), NO_KUBELET));
        } else if let Some(expected) = step["exit_code"].as_i64()
            && step["background"] != true
        {
            let got = exit_code.unwrap_or(-1);
            if i64::from(got) != expected {
                differ(format!("step {n}: exit code of {command}"), expected.to_string(), got.to_string());
            }
        }
        for (field, stream) in streams {
            let Some(expected) = text(step, field) else { continue };
            // Where the recording does not name the pods of addresses, the addresses themselves are folded.
            let got = self.with_recorded_names(&of(stream), expected.contains("{ip"));
            let (mut expected, mut got) = (expected.to_string(), got);
            if asks_kubelet {
                // What was said before the kubelet was asked.
                let before = expected.lines().take_while(|line| !asks_missing_kubelet(line)).count();
                let first = |text: &str| text.lines().take(before).collect::<Vec<_>>().join("\n");
                (expected, got) = (first(&expected), first(&got));
            }
            if step.get("in_pod").is_some() {
                (expected, got) = (fold::dns(&expected), fold::dns(&got));
                (expected, got) = (self.recorded.fold(&expected), self.simulated.fold(&got));
                (expected, got) = (fold::sort_lines(&expected), fold::sort_lines(&got));
            } else {
                (expected, got) = (fold::arrange(&command, &expected), fold::arrange(&command, &got));
                (expected, got) = (self.recorded.fold(&expected), self.simulated.fold(&got));
                let arrange = |text: &str| fold::arrange_folded(&command, text);
                (expected, got) = (arrange(&expected), arrange(&got));
            }
            if expected != got {
                differ(format!("step {n}: {field} of {command}"), expected, got);
            }
        }
        differences
    }

    fn end(&mut self, tree: &'a Value) {
        if !self.background.is_empty() {
            self.run_until(self.cluster.now() + EPILOGUE);
        }
        for background in std::mem::take(&mut self.background) {
            let differences = self.compare_background(background);
            self.outcome.differences.extend(differences);
        }
        self.run_until(self.cluster.now() + EPILOGUE);
        if tree.get("order").is_some() && self.outcome.differences.is_empty() && !self.seen.is_empty() {
            let more: Vec<&str> = self.seen.iter().map(|(_, what)| what.as_str()).collect();
            let more = more.join("\n");
            self.differ("the end".into(), "nothing more".into(), more);
        }
        if let Some(expected) = tree.get("final") {
            let got = final_state(self.cluster.api.store(), &self.milestones, expected);
            for part in ["pods", "pvcs", "statefulsets", "endpoints"] {
                if expected[part] != got[part] {
                    self.differ(format!("final {part}"), expected[part].to_string(), got[part].to_string());
                }
            }
        }
    }

    fn differ(&mut self, at: String, expected: String, got: String) {
        self.outcome.differences.push(Difference { at, expected, got });
    }

    fn collect(&mut self) {
        self.seen.extend(self.milestones.take(self.cluster.api.history()));
    }

    fn run_until(&mut self, until: SimTime) {
        self.cluster.run_until(until);
        self.collect();
    }

    /// Goes on as long as this holds; returns whether it came to an end within [`PATIENCE`].
    fn run_while(&mut self, holds: impl Fn(&Self) -> bool) -> bool {
        let until = self.cluster.now() + PATIENCE;
        self.collect();
        while holds(self) {
            if self.cluster.next_at().is_none_or(|at| at > until) {
                return false;
            }
            self.cluster.step();
            self.collect();
        }
        true
    }

    /// Whether an `until` condition holds now.
    fn holds(&self, condition: &str) -> bool {
        let (object, what) = condition.split_once(' ').unwrap_or((condition, ""));
        let (kind, name) = object.split_once('/').unwrap_or((object, ""));
        let Some(kind) = Kind::of_resource(kind) else { return false };
        let Some(found) = self.cluster.api.store().find(kind, NAMESPACE, name) else { return false };
        match &found.body {
            Body::StatefulSet(set) => {
                let Some(n) = what.strip_prefix("steady=").and_then(|n| n.parse::<i32>().ok()) else {
                    return false;
                };
                let s = &set.status;
                let counts = [s.replicas, s.available_replicas, s.ready_replicas, s.updated_replicas];
                s.observed_generation == found.meta.generation
                    && counts.iter().all(|count| *count == n)
                    && s.current_revision == s.update_revision
            }
            Body::Pod(pod) => match what {
                "ready" => pod.is_ready() && !found.meta.is_terminating(),
                "not-ready" => !pod.is_ready(),
                "has-ip" => pod.status.pod_ip.is_some(),
                "init-running" => {
                    let running = |s: &kubesim::api::pod::ContainerStatus| {
                        matches!(s.state, ContainerState::Running { .. })
                    };
                    pod.status.init_container_statuses.iter().any(running)
                }
                _ => what.strip_prefix("phase=") == Some(pod.status.phase.name()),
            },
            _ => false,
        }
    }

    /// Does what the recorder did that is no user's command.
    fn note(&mut self, note: &str) {
        let words: Vec<&str> = note.split(|c: char| c.is_whitespace() || c == ',').collect();
        let name_after =
            |word: &str| words.iter().position(|w| *w == word).and_then(|i| words.get(i + 1)).copied();
        let pod = words.iter().find(|w| w.starts_with("flask-")).copied().unwrap_or_default();
        let key = Key::new(Kind::Pod, NAMESPACE, pod);
        self.cluster.api.cause = Cause::User(0);
        if note.starts_with("node ") {
            // Which worker a pod runs on differs between runs: the note says which pod's node is meant.
            let down = note.contains("stops");
            let of_pod = self.cluster.api.store().get(&key).and_then(|p| p.pod().spec.node_name.clone());
            let name = if down {
                of_pod.unwrap_or_else(|| name_after("node").unwrap_or_default().into())
            } else {
                name_after("node").unwrap_or_default().into()
            };
            let stopped = |n: &&std::rc::Rc<kubesim::Object>| {
                kubesim::fault::is_node_down(self.cluster.api.store(), &n.meta.name)
            };
            let back = self.cluster.api.store().list(Kind::Node).find(stopped).map(|n| n.meta.name.clone());
            let name = if down { name } else { back.unwrap_or(name) };
            kubesim::kubelet::set_down(&mut self.cluster.api, &name, down);
        } else if note.contains("phase Failed") {
            let evicted = self.cluster.api.update_status(&key, |pod| {
                let status = &mut pod.pod_mut().status;
                status.phase = PodPhase::Failed;
                status.reason = Some("Evicted".into());
                status.message = Some("The node was low on resource: memory.".into());
            });
            if let Err(error) = evicted {
                self.differ(note.into(), String::new(), error.to_string());
            }
        } else if note.starts_with("eviction API call") {
            if let Err(error) = self.cluster.api.delete(&key, Default::default()) {
                self.differ(note.into(), String::new(), error.to_string());
            }
        } else {
            self.differ("a note that the runner does not know".into(), note.into(), String::new());
        }
        self.cluster.dispatch();
    }

    /// A command with the real names of generated pods.
    fn with_real_names(&self, command: &str) -> String {
        let names = self.milestones.generated.iter();
        names.fold(command.to_string(), |text, (real, recorded)| text.replace(recorded.as_str(), real))
    }

    /// An output with generated names as the recordings write them and, for DNS, addresses as `{ip:POD}`.
    fn with_recorded_names(&self, output: &str, addresses: bool) -> String {
        let names = self.milestones.generated.iter();
        let mut text =
            names.fold(output.to_string(), |text, (real, recorded)| text.replace(real.as_str(), recorded));
        if addresses {
            for (pod, ip) in self.addresses() {
                for (written, token) in forms(&ip, &pod) {
                    text = text.replace(&written, &token);
                }
            }
        }
        text
    }

    /// A command with `{ip:POD}` and its forms filled in.
    fn with_addresses(&self, command: &str) -> String {
        let mut text = command.to_string();
        for (pod, ip) in self.addresses() {
            for (written, token) in forms(&ip, &pod) {
                text = text.replace(&token, &written);
            }
        }
        text
    }

    fn addresses(&self) -> Vec<(String, String)> {
        let pods = self.cluster.api.store().list(Kind::Pod);
        let mut all: Vec<(String, String)> = pods
            .filter_map(|p| Some((p.meta.name.to_string(), p.pod().status.pod_ip.as_deref()?.to_string())))
            .collect();
        // The longest first: 172.16.0.64 must not be found in 172.16.0.6.
        all.sort_by_key(|(_, ip)| std::cmp::Reverse(ip.len()));
        all
    }
}

/// A command that is being started.
struct Starting {
    at: SimTime,
    program: Box<dyn Program>,
}

impl Program for Starting {
    fn run(&mut self, io: &mut Io) -> Step {
        if io.api.now < self.at { Step::At(self.at) } else { self.program.run(io) }
    }

    fn interrupt(&mut self, io: &mut Io) -> Option<i32> {
        self.program.interrupt(io)
    }
}

/// Whether this is the API server's answer when it can't reach a kubelet.
fn asks_missing_kubelet(output: &str) -> bool {
    output.contains(":10250/") && output.contains("connect: connection refused")
}

/// Whether a step's `when` names a state of the whole, which the recorder let settle, and not a moment of one object's
/// (`flask-0 exists`, `the node is NotReady`), at which it acted at once.
fn is_of_the_whole(when: &str) -> bool {
    let first = when.split(' ').next().unwrap_or_default();
    first != "the" && !first.ends_with(|c: char| c.is_ascii_digit())
}

/// The forms in which an address is written, each with its token in the recordings.
fn forms(ip: &str, pod: &str) -> [(String, String); 3] {
    let reversed: Vec<&str> = ip.rsplit('.').collect();
    [
        (ip.to_string(), format!("{{ip:{pod}}}")),
        (ip.replace('.', "-"), format!("{{ip-:{pod}}}")),
        (reversed.join("."), format!("{{ip~:{pod}}}")),
    ]
}
