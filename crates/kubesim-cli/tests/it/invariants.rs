//! What must hold whatever is done: over all recorded scenarios, and over random sequences of commands and troubles.
//!
//! `KUBESIM_SEQUENCES=N` says how many random sequences are tried, `KUBESIM_ACTIONS=N` how long they may be. What is found is
//! shrunk to the least that shows it.

mod actions;
mod checker;

use actions::{Action, MANIFEST, act, action, give};
use checker::{Broken, Checker, at_rest, is_whole};
use kubesim::{Cluster, FeatureGates, Options, SimTime, Span, Timings, kubelet};
use kubesim_cli::conformance::script;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use std::cell::Cell;
use std::path::Path;

/// How long a cluster may take to come to rest.
const PATIENCE: Span = Span::seconds(2_000);

fn number(variable: &str, usual: u32) -> u32 {
    std::env::var(variable).map_or(usual, |n| n.parse().expect("a number"))
}

#[test]
fn they_hold_throughout_the_recorded_scenarios() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../kubesim/tests/golden/scripts/scenarios");
    let mut checked = 0;
    for file in std::fs::read_dir(folder).expect("the recordings are there") {
        let path = file.expect("a readable folder").path();
        let text = std::fs::read_to_string(&path).expect("a readable file");
        let tree = serde_json::from_str(&text).expect("JSON");
        let cluster = script::cluster_after(&tree);
        let mut checker = Checker::from_the_start(&cluster);
        if let Err(broken) = checker.follow(&cluster) {
            panic!("{}: {broken}", path.display());
        }
        checked += checker.checked;
    }
    assert!(checked > 10_000, "only {checked} writes were checked");
}

/// What a random sequence begins with.
#[derive(Clone, Debug)]
struct Setting {
    seed: u64,
    gate: bool,
    recording: bool,
}

fn setting() -> impl Strategy<Value = Setting> {
    (0..1000_u64, any::<bool>(), any::<bool>()).prop_map(|(seed, gate, recording)| Setting {
        seed,
        gate,
        recording,
    })
}

struct Run {
    cluster: Cluster,
    checker: Checker,
    steps: usize,
}

impl Run {
    fn new(setting: &Setting) -> Run {
        let options = Options {
            seed: setting.seed,
            gates: FeatureGates { max_unavailable_stateful_set: setting.gate },
            timings: if setting.recording { Timings::recording() } else { Timings::realistic() },
            ..Options::default()
        };
        let cluster = Cluster::new(options);
        let checker = Checker::new(&cluster);
        Run { cluster, checker, steps: 0 }
    }

    /// Lets time pass step by step and checks each.
    fn pass(&mut self, until: SimTime) -> Result<(), Broken> {
        while self.cluster.next_at().is_some_and(|at| at <= until) {
            self.cluster.step();
            self.steps += 1;
            self.checker.follow(&self.cluster)?;
        }
        self.cluster.run_until(until);
        self.checker.follow(&self.cluster)
    }

    fn act(&mut self, action: &Action) -> Result<(), Broken> {
        if let Action::Wait(span) = action {
            return self.pass(self.cluster.now() + *span);
        }
        act(&mut self.cluster, action);
        self.steps += 1;
        self.checker.follow(&self.cluster)?;
        self.pass(self.cluster.now() + Span(20))
    }

    /// Lets time pass until nothing more is to come. Returns whether it came to that.
    fn rest(&mut self) -> Result<bool, Broken> {
        let until = self.cluster.now() + PATIENCE;
        while let Some(at) = self.cluster.next_at().filter(|at| *at <= until) {
            self.pass(at)?;
        }
        Ok(self.cluster.next_at().is_none())
    }

    fn check_rest(&mut self) -> Result<(), Broken> {
        if self.rest()? {
            at_rest(&mut self.cluster)?;
            self.checker.follow(&self.cluster)?;
        }
        Ok(())
    }

    /// Takes every trouble away. A pod that an OrderedReady set waits for in vain has to be deleted by hand.
    fn heal(&mut self) -> Result<(), Broken> {
        for n in 1..=4 {
            kubelet::set_down(&mut self.cluster.api, &format!("chhan-k8s-{n}"), false);
            self.cluster.dispatch();
        }
        self.pass(self.cluster.now() + Span::seconds(60))?;
        for line in [
            "kubectl uncordon chhan-k8s-2 chhan-k8s-3 chhan-k8s-4",
            "kubectl delete quota --all",
            "kubectl delete pdb --all",
        ] {
            give(&mut self.cluster, line, None);
        }
        // Sets that are going have to be gone first.
        self.pass(self.cluster.now() + Span::seconds(60))?;
        give(&mut self.cluster, "kubectl apply -f -", Some(MANIFEST));
        let strategy = r#""updateStrategy":{"type":"RollingUpdate","rollingUpdate":{"partition":0}}"#;
        for set in ["db", "web"] {
            let patch = format!(r#"kubectl patch sts {set} -p '{{"spec":{{"replicas":3,{strategy}}}}}'"#);
            give(&mut self.cluster, &patch, None);
            give(&mut self.cluster, &format!("kubectl set image sts/{set} app=app:3"), None);
        }
        self.pass(self.cluster.now() + Span::seconds(30))?;
        give(&mut self.cluster, "kubectl delete pods --all --force --grace-period=0", None);
        Ok(())
    }
}

fn run(
    setting: &Setting,
    actions: &[Action],
    steps: &Cell<usize>,
    writes: &Cell<usize>,
) -> Result<(), Broken> {
    let mut run = Run::new(setting);
    let outcome = run.all(actions);
    steps.set(steps.get() + run.steps);
    writes.set(writes.get() + run.checker.checked);
    outcome
}

impl Run {
    fn all(&mut self, actions: &[Action]) -> Result<(), Broken> {
        give(&mut self.cluster, "kubectl apply -f -", Some(MANIFEST));
        self.pass(self.cluster.now() + Span::seconds(20))?;
        for action in actions {
            self.act(action)?;
        }
        self.check_rest()?;
        self.heal()?;
        self.check_rest()?;
        is_whole(self.cluster.api.store(), self.cluster.now())
    }
}

#[test]
fn they_hold_whatever_is_done() {
    let config = Config {
        cases: number("KUBESIM_SEQUENCES", 12),
        max_shrink_iters: 400,
        failure_persistence: None,
        ..Config::default()
    };
    let longest = number("KUBESIM_ACTIONS", 30) as usize;
    let (steps, writes) = (Cell::new(0), Cell::new(0));
    let mut runner = TestRunner::new_with_rng(
        config,
        proptest::test_runner::TestRng::deterministic_rng(proptest::test_runner::RngAlgorithm::ChaCha),
    );
    let sequences = (setting(), prop::collection::vec(action(), 1..=longest));
    let result = runner.run(&sequences, |(setting, actions)| {
        run(&setting, &actions, &steps, &writes).map_err(TestCaseError::fail)
    });
    println!("{} steps, {} writes checked", steps.get(), writes.get());
    result.unwrap_or_else(|broken| panic!("{broken}"));
}
