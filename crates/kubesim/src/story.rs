//! A story: a cluster, the terminal beside it, and the log of what the user did.
//!
//! The page, the headless runner and the tests drive this. The log with the options is the whole of a story: replaying
//! it gives the same history, bit for bit, and so a command given in the past is a replay of the log up to there. A log may
//! begin with the options itself ([`Input::World`]): then it is the whole of a story alone.

use crate::api::Resolver;
use crate::api::resolver::Question;
use crate::api::{SimTime, Span, Str};
use crate::apiserver::Store;
use crate::cluster::Cluster;
use crate::config::{DnsSetting, Options};
use crate::opened::{Beginning, Opened};
use crate::process::ProcessId;
use crate::process::dns_watch::Watch;
use crate::terminal::{Probed, Terminal};
use std::rc::Rc;

/// What the user does.
#[derive(Clone, PartialEq, Debug)]
pub enum Input {
    /// A line typed at the terminal. Typed while a command runs, it is kept for whoever reads the terminal next.
    Line(Str),
    /// A command that a button of the page stands for: as a line typed on the laptop, but run beside whatever the
    /// terminal is busy with.
    Command(Str),
    /// Ctrl-C at the terminal.
    Interrupt,
    /// Ctrl-D at the terminal: the end of what is typed into a command, or of a shell in a pod.
    EndOfInput,
    /// The editor's Apply: `kubectl apply -f -` with this text.
    Apply(Str),
    /// A `kubectl edit` and the text that its editor saved.
    Edit {
        /// The command's line.
        line: Str,
        /// The object's text as the editor saved it.
        text: Str,
    },
    /// The panel's question to DNS: asked once, so that the caches learn from the answer.
    Ask(Question),
    /// The question that is asked once a second from now on; `None` ends that.
    Watch(Option<Question>),
    /// Another way of the cluster's DNS to work.
    Dns(DnsSetting),
    /// The cluster is set up like this. Only the first input of a story can be that, at its start: later it changes nothing.
    World(Rc<Options>),
    /// A real cluster's state takes the place of what is there: the first input of a story that begins from one.
    Open(Rc<Opened>),
}

/// An input and its time.
#[derive(Clone, PartialEq, Debug)]
pub struct TimedInput {
    /// When.
    pub at: SimTime,
    /// What the user did.
    pub input: Input,
}

impl TimedInput {
    /// Whether it says how the cluster is set up.
    pub fn is_world(&self) -> bool {
        matches!(self.input, Input::World(_))
    }
}

/// A recording of which so much was seen.
struct Recording {
    opened: Rc<Opened>,
    next: usize,
}

impl Recording {
    /// When the next thing was seen. After the last one the simulation goes on.
    fn next_at(&self) -> SimTime {
        let next = self.opened.seen.get(self.next).map(|seen| seen.at);
        next.unwrap_or_else(|| self.opened.seen_until() + Span(1))
    }
}

/// A cluster with its terminal and its user.
pub struct Story {
    /// The cluster, as the inputs so far and time have made it.
    pub cluster: Cluster,
    /// The laptop that the user sits at.
    pub terminal: Terminal,
    world: Rc<Options>,
    inputs: Vec<TimedInput>,
    /// The program that asks DNS once a second.
    watch: Option<ProcessId>,
    requests_seen: usize,
    /// A real cluster's state that is being put in place, or gone on from, in small steps ([`Story::step`]), before anything else
    /// happens.
    beginning: Option<Box<Beginning>>,
    /// The recording that is being seen: until its end, or until somebody does something.
    recording: Option<Recording>,
    /// From where on all is simulated, in a story that begins from a real cluster's state.
    simulated_from: Option<(usize, SimTime)>,
    /// Where its zero lies, in seconds of Unix time: it sees to that whenever it goes on, as another story may have been played.
    zero: i64,
}

impl Story {
    /// A cluster at rest, at time zero, and a terminal that waits for its first command.
    pub fn new(options: Options) -> Story {
        let world = Rc::new(options.clone());
        SimTime::set_zero(SimTime::EPOCH_UNIX_SECONDS);
        let mut cluster = Cluster::new(options);
        let terminal = Terminal::open(&mut cluster);
        Story {
            cluster,
            terminal,
            world,
            inputs: Vec::new(),
            watch: None,
            requests_seen: 0,
            beginning: None,
            recording: None,
            simulated_from: None,
            zero: SimTime::EPOCH_UNIX_SECONDS,
        }
    }

    /// A story that begins from a real cluster's state, at time zero: when that was taken.
    pub fn opened(opened: Rc<Opened>) -> Story {
        let mut story = Story::new(Opened::world());
        story.input(Input::Open(opened));
        story.run_until(SimTime(0));
        story
    }

    /// The state from which the story begins, if it was opened from one.
    pub fn opened_state(&self) -> Option<&Rc<Opened>> {
        match self.inputs.first().map(|timed| &timed.input) {
            Some(Input::Open(opened)) => Some(opened),
            _ => None,
        }
    }

    /// How many requests the components would have made when the state was opened, had they been let.
    pub fn requests_at_opening(&self) -> usize {
        self.requests_seen
    }

    /// How the cluster was set up at the start.
    pub fn world(&self) -> &Rc<Options> {
        &self.world
    }

    /// The story that these inputs make, up to this moment.
    pub fn replay(options: Options, inputs: &[TimedInput], until: SimTime) -> Story {
        let mut story = Story::new(options);
        for timed in inputs.iter().take_while(|i| i.at <= until) {
            story.run_until(timed.at);
            story.input(timed.input.clone());
        }
        story.run_until(until);
        story
    }

    /// What the user did so far.
    pub fn inputs(&self) -> &[TimedInput] {
        &self.inputs
    }

    /// The present: everything due before it has been done.
    pub fn now(&self) -> SimTime {
        self.cluster.now()
    }

    /// The user does something, now.
    pub fn input(&mut self, input: Input) {
        if let Input::World(world) = &input
            && self.inputs.is_empty()
            && self.now() == SimTime(0)
        {
            *self = Story::new((**world).clone());
        }
        if let Input::Open(opened) = &input {
            if self.inputs.is_empty() && self.now() == SimTime(0) {
                *self = Story::new(Opened::world());
            }
            self.zero = opened.taken_unix_seconds;
        }
        SimTime::set_zero(self.zero);
        while self.begins() {}
        self.stop_seeing();
        while self.begins() {}
        self.inputs.push(TimedInput { at: self.now(), input: input.clone() });
        match input {
            Input::World(_) => {}
            Input::Line(line) => self.terminal.line(&mut self.cluster, &line),
            Input::Command(line) => self.terminal.command(&mut self.cluster, &line),
            Input::Interrupt => self.terminal.interrupt(&mut self.cluster),
            Input::EndOfInput => self.terminal.end_of_input(&mut self.cluster),
            Input::Apply(text) => self.terminal.apply(&mut self.cluster, &text),
            Input::Edit { line, text } => self.terminal.edit(&mut self.cluster, &line, &text),
            Input::Ask(question) => self.ask(question, false),
            Input::Watch(question) => {
                if let Some(id) = self.watch.take() {
                    self.cluster.interrupt(id);
                }
                Resolver::update(&mut self.cluster.api, |resolver| resolver.watched = None);
                if let Some(question) = question {
                    self.ask(question, true);
                }
            }
            Input::Dns(setting) => self.cluster.set_dns(setting),
            Input::Open(opened) => self.beginning = Some(Box::new(Beginning::new(opened))),
        }
    }

    /// Goes on to put a real cluster's state in place; false if none is on the way.
    fn begins(&mut self) -> bool {
        let Some(beginning) = &mut self.beginning else { return false };
        let Some(requests) = beginning.step(&mut self.cluster) else { return true };
        self.beginning = None;
        self.requests_seen = requests;
        if self.simulated_from.is_some() {
            return true;
        }
        match self.opened_state().filter(|opened| !opened.seen.is_empty()).cloned() {
            Some(opened) => self.recording = Some(Recording { opened, next: 0 }),
            None => self.simulated_from = Some((self.cluster.api.history().len(), self.now())),
        }
        true
    }

    /// No more of a recording is seen: from what it has shown so far the simulation begins to go on, in small steps ([`Story::step`]).
    /// So it does by itself where somebody does something. Returns false if nothing is being seen.
    pub fn stop_seeing(&mut self) -> bool {
        let Some(recording) = self.recording.take() else { return false };
        self.simulated_from = Some((self.cluster.api.history().len(), self.now()));
        self.beginning = Some(Box::new(Beginning::go_on(recording.opened)));
        true
    }

    /// From where on all is simulated, in a story that begins from a real cluster's state: the position in the history, and when.
    /// What is before it was seen.
    pub fn simulated_from(&self) -> Option<(usize, SimTime)> {
        let so_far = self.recording.as_ref().map(|_| (self.cluster.api.history().len(), self.now()));
        self.simulated_from.or(so_far)
    }

    /// The world at a moment of a recording, with what each component would find there: nobody has seen that. Nothing if the
    /// moment is none that was seen.
    pub fn explained(&self, world: &Store, position: usize, now: SimTime) -> Option<Store> {
        let mut explaining = self.explaining(world, position, now)?;
        while explaining.step() {}
        Some(explaining.finish())
    }

    /// The same, in small steps.
    pub fn explaining(&self, world: &Store, position: usize, now: SimTime) -> Option<Explaining> {
        let opened = self.opened_state().filter(|opened| !opened.seen.is_empty())?;
        if self.simulated_from().is_none_or(|(from, _)| position > from) {
            return None;
        }
        let mut cluster = Cluster::new(Opened::world());
        cluster.api.stand_at(world, now);
        Some(Explaining { cluster, beginning: Some(Beginning::go_on(Rc::clone(opened))) })
    }

    fn ask(&mut self, question: Question, repeats: bool) {
        let id = self.cluster.start(Box::new(Watch { question, repeats }));
        self.cluster.wake(id, "");
        if repeats {
            self.watch = Some(id);
        } else {
            self.cluster.processes.reap(id);
        }
    }

    /// Runs a command line on the laptop now, beside the story: it sees this world, and nothing of it enters the history.
    /// `typed` is what its shell's `history` shows.
    pub fn probe(&self, typed: &[&str], line: &str) -> Probed {
        self.terminal.probe(&self.cluster, typed, line)
    }

    /// As [`Story::probe`], of a line that opens an editor (`kubectl edit`), and the text that this saved.
    pub fn probe_edit(&self, line: &str, edited: &str) -> Probed {
        self.terminal.probe_edit(&self.cluster, line, edited)
    }

    /// When something happens next by itself.
    pub fn next_at(&self) -> Option<SimTime> {
        match (&self.beginning, &self.recording) {
            (Some(_), _) => Some(self.now()),
            (None, Some(recording)) => Some(recording.next_at()),
            (None, None) => self.cluster.next_at(),
        }
    }

    /// Goes to the next thing that is due and does it. Returns false if nothing is.
    pub fn step(&mut self) -> bool {
        SimTime::set_zero(self.zero);
        if self.begins() {
            return true;
        }
        if self.recording.is_some() {
            self.see();
            return true;
        }
        let stepped = self.cluster.step();
        self.terminal.show(&mut self.cluster);
        stepped
    }

    /// Sees what was recorded next, with all that was seen at the same time; or goes on after it.
    fn see(&mut self) {
        let Some(recording) = &mut self.recording else { return };
        let at = recording.next_at();
        let api = &mut self.cluster.api;
        api.now = api.now.max(at);
        let Some(rest) = recording.opened.seen.get(recording.next..).filter(|rest| !rest.is_empty()) else {
            self.stop_seeing();
            return;
        };
        for seen in rest.iter().take_while(|seen| seen.at == at) {
            api.put_seen(seen.key.clone(), seen.after.clone());
            recording.next += 1;
        }
    }

    /// Lets time pass until this moment. Time does not run backwards: an earlier moment does nothing.
    pub fn run_until(&mut self, until: SimTime) {
        SimTime::set_zero(self.zero);
        while self.next_at().is_some_and(|at| at <= until) {
            self.step();
        }
        if self.recording.is_some() {
            self.cluster.api.now = self.cluster.api.now.max(until);
        } else {
            self.cluster.run_until(until);
        }
    }
}

/// The world at a moment of a recording, on the way to hold what each component would find there ([`Story::explaining`]).
pub struct Explaining {
    cluster: Cluster,
    beginning: Option<Beginning>,
}

impl Explaining {
    /// Finds out a little more; false if all is done.
    pub fn step(&mut self) -> bool {
        if let Some(beginning) = &mut self.beginning
            && beginning.step(&mut self.cluster).is_some()
        {
            self.beginning = None;
        }
        self.beginning.is_some()
    }

    /// The world, once all is done; before that, as far as it is.
    pub fn finish(self) -> Store {
        self.cluster.api.store().clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Span;
    use crate::apiserver::Change;

    /// What the terminal shows.
    fn screen(story: &Story) -> String {
        let printed = story.cluster.api.history().entries().iter().filter_map(|e| match &e.change {
            Change::Output { text, .. } => Some(&**text),
            _ => None,
        });
        printed.collect()
    }

    #[test]
    fn a_story_that_begins_with_its_world_is_the_same_when_replayed() {
        let world = crate::world::parse(r#"{"nodes": 2, "delays": {"imagePull": 9000}}"#).expect("a world");
        let mut story = Story::new(Options::default());
        story.input(Input::World(world.clone().into()));
        story.input(Input::Line("kubectl run one --image=nginx".into()));
        // Now it is too late for another one.
        story.input(Input::World(Options::default().into()));
        story.run_until(SimTime(60_000));
        assert_eq!(**story.world(), world);
        let again = Story::replay(Options::default(), story.inputs(), SimTime(60_000));
        let told = |story: &Story| story.cluster.api.history().fingerprint();
        assert_eq!(told(&again), told(&story));
        let mut given = Story::new(world);
        given.input(Input::Line("kubectl run one --image=nginx".into()));
        given.run_until(SimTime(60_000));
        assert_eq!(told(&given), told(&story));
    }

    #[test]
    fn the_terminal_shows_prompt_line_and_output() {
        let mut story = Story::new(Options::default());
        assert_eq!(screen(&story), "$ ");
        story.input(Input::Line("frobnicate".into()));
        story.input(Input::Interrupt);
        let hint = "(the laptop has kubectl, k for short, and cat, curl, grep, head, ls, sort, tail, watch, wc and \
                    the shell's own)";
        let said = format!("bash: frobnicate: command not found\n{hint}\n");
        assert_eq!(screen(&story), format!("$ frobnicate\n{said}$ ^C\n$ "));
    }

    #[test]
    fn what_an_editor_saved_is_an_input_like_a_typed_line() {
        let mut story = Story::new(Options::default());
        story.input(Input::Command("kubectl create deploy web --image=nginx".into()));
        story.run_until(SimTime(1_000));
        let line: Str = "kubectl edit deploy web".into();
        let opens = |story: &Story| {
            story.terminal.text_to_edit(story.cluster.api.store(), &line).expect("it is there")
        };
        let opened = opens(&story);
        // Its status changes while the editor is open.
        story.run_until(SimTime(15_000));
        assert_ne!(opens(&story), opened);
        let mut seen = screen(&story).len();
        story.input(Input::Edit { line: line.clone(), text: opened.as_str().into() });
        let nothing = "kubectl edit deploy web\nEdit cancelled, no changes made.\n$ ";
        assert_eq!(news(&story, &mut seen), nothing);
        let text: Str = opened.replacen("replicas: 1\n", "replicas: 2\n", 1).into();
        story.input(Input::Edit { line: line.clone(), text });
        let edited = "kubectl edit deploy web\ndeployment.apps/web edited\n$ ";
        assert_eq!(news(&story, &mut seen), edited);
        story.run_until(SimTime(30_000));
        assert!(opens(&story).contains("readyReplicas: 2"));
        let again = Story::replay(Options::default(), story.inputs(), story.now());
        assert_eq!(again.cluster.api.history().fingerprint(), story.cluster.api.history().fingerprint());
    }

    #[test]
    fn an_exported_editor_of_the_laptop_takes_the_place_of_the_pages() {
        let mut story = Story::new(Options::default());
        line(&mut story, "kubectl create cm c --from-literal=k=one", 1);
        let edit = "kubectl edit cm c";
        let opens = |story: &Story, line: &str| {
            story.terminal.text_to_edit(story.cluster.api.store(), line).is_some()
        };
        assert!(opens(&story, edit));
        // What is not exported is the shell's own.
        line(&mut story, "KUBE_EDITOR='sed -i s/one/two/'", 1);
        assert!(opens(&story, edit));
        line(&mut story, "export KUBE_EDITOR", 1);
        assert!(!opens(&story, edit));
        assert!(opens(&story, "KUBE_EDITOR=nano kubectl edit cm c"));
        let mut seen = screen(&story).len();
        line(&mut story, edit, 5);
        assert_eq!(news(&story, &mut seen), "kubectl edit cm c\nconfigmap/c edited\n$ ");
        line(&mut story, "kubectl get cm c -o jsonpath='{.data.k}'", 1);
        assert!(news(&story, &mut seen).contains("two"));
        line(&mut story, "unset KUBE_EDITOR; export EDITOR=vi", 1);
        assert!(opens(&story, edit), "vi is not there");
        line(&mut story, "EDITOR=cat", 1);
        assert!(!opens(&story, edit));
    }

    fn line(story: &mut Story, line: &str, seconds: i64) {
        story.input(Input::Line(line.into()));
        story.run_until(story.now() + Span::seconds(seconds));
    }

    /// What the terminal has shown since the last time.
    fn news(story: &Story, seen: &mut usize) -> String {
        let screen = screen(story);
        let news = screen[*seen..].to_string();
        *seen = screen.len();
        news
    }

    #[test]
    fn a_probe_sees_the_world_and_leaves_no_trace() {
        let mut story = Story::new(Options::default());
        line(&mut story, "kubectl run web --image=busybox --restart=Never -- sleep 1000", 20);
        let before = story.cluster.api.history().fingerprint();
        let code = |line: &str| story.probe(&["kubectl get pods"], line).exit_code;
        assert_eq!(code("kubectl wait --for=condition=Ready pod/web"), Some(0));
        assert_eq!(code("kubectl wait --for=condition=Ready pod/web --timeout=5s"), Some(0));
        assert_eq!(code("kubectl wait --for=delete pod/web"), Some(1), "30 seconds of its own time later");
        assert_eq!(code("kubectl delete pod web"), None, "it waits for what no kubelet does here");
        assert_eq!(code("kubectl exec web -- sh -c 'echo one > /tmp/x; cat /tmp/x' | grep -q one"), Some(0));
        assert_eq!(code("kubectl exec web -- cat /tmp/x"), Some(1), "each has its own copy");
        assert_eq!(code("history | grep -q 'get pods'"), Some(0));
        assert_eq!(code("! history | grep -q 'delete'"), Some(0));
        assert_eq!(code("echo x > kept; test -f kept"), Some(0));
        assert_eq!(code("test -f kept"), Some(1));
        assert_eq!(code("while :; do :; done"), None);
        assert_eq!(code("while :; do sleep 1; done"), None);
        assert_eq!(code("if"), Some(2));
        assert_eq!(story.cluster.api.history().fingerprint(), before);
    }

    #[test]
    fn a_shell_in_a_pod_takes_the_terminal_until_it_is_left() {
        let mut story = Story::new(Options::default());
        let mut seen = 0;
        line(&mut story, "kubectl run web --image=busybox --restart=Never -- sleep 1000", 20);
        line(&mut story, "kubectl exec -it web -- sh", 1);
        news(&story, &mut seen);
        assert_eq!(story.terminal.prompt().as_deref(), Some("/ # "));
        line(&mut story, "echo one > /tmp/x && cat /tmp/x; hostname", 1);
        assert_eq!(news(&story, &mut seen), "echo one > /tmp/x && cat /tmp/x; hostname\none\nweb\n/ # ");
        line(&mut story, "sleep 100", 1);
        story.input(Input::Line("echo typed ahead".into()));
        assert_eq!(story.terminal.prompt(), None);
        story.input(Input::Interrupt);
        assert_eq!(news(&story, &mut seen), "sleep 100\n^C\n/ # ", "what was typed ahead is gone");
        story.input(Input::Command("kubectl get pods -o name".into()));
        assert_eq!(news(&story, &mut seen), "\n$ kubectl get pods -o name\npod/web\n/ # ");
        story.input(Input::EndOfInput);
        assert!(story.terminal.is_on_laptop());
        line(&mut story, "kubectl exec web -- cat /tmp/x | wc -l", 1);
        assert!(news(&story, &mut seen).ends_with("wc -l\n1\n$ "));
    }

    #[test]
    fn a_watch_goes_on_until_ctrl_c() {
        let mut story = Story::new(Options::default());
        line(&mut story, "kubectl get pods -w", 1);
        story.input(Input::Command("kubectl run web --image=busybox --restart=Never -- sleep 1".into()));
        story.run_until(story.now() + Span::seconds(20));
        assert_eq!(story.terminal.prompt(), None);
        story.input(Input::Interrupt);
        let screen = screen(&story);
        assert!(
            screen.contains("pod/web created\n")
                && screen.contains("Completed")
                && screen.ends_with("^C\n$ ")
        );
    }

    #[test]
    fn a_replay_gives_the_same_history() {
        let mut story = Story::new(Options::default());
        story.run_until(SimTime(1_000));
        story.input(Input::Line("one".into()));
        story.run_until(SimTime(2_500));
        story.input(Input::Command("two".into()));
        story.run_until(SimTime(3_000));
        let again = Story::replay(Options::default(), story.inputs(), SimTime(3_000));
        assert_eq!(screen(&again), screen(&story));
        assert_eq!(again.cluster.api.history().len(), story.cluster.api.history().len());
        let before = Story::replay(Options::default(), story.inputs(), SimTime(2_000));
        assert_eq!(before.inputs().len(), 1);
    }
}
