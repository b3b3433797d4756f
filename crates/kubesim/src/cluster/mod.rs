//! Time, the event queue, and the cluster as a whole.
//!
//! [`Cluster::spawn`] starts what the user wants done, [`Cluster::run_until`] lets time pass. After each task the loop reads what
//! it wrote to the history and puts every component that watches such objects into the queue: nobody calls anybody.

mod bootstrap;
pub(crate) mod judging;
pub mod queue;
pub(crate) mod roles;
pub mod system;

use crate::api::verdict::Component;
use crate::api::{Key, Resolver, SimTime, Span};
use crate::apiserver::{ApiServer, Cause, Change};
use crate::component::{Context, WatchEvent};
use crate::config::{DnsSetting, Options};
use crate::control_plane::{self, Memory, Work};
use crate::kubelet::{self, Nodes};
use crate::process::{ProcessId, Processes, Program};
use queue::{Queue, Task};
use std::collections::BTreeMap;
use std::rc::Rc;

/// The whole cluster.
pub struct Cluster {
    /// The API server, with the store and the history.
    pub api: ApiServer,
    /// How it was set up.
    pub options: Options,
    /// What the nodes keep to themselves: running programs, pulled images, used addresses.
    pub nodes: Nodes,
    /// The commands that were started.
    pub processes: Processes,
    /// What the components remember between two looks.
    pub(crate) memory: Memory,
    queue: Queue,
    failures: BTreeMap<Task, u32>,
    dispatched: usize,
    next_command: u32,
}

/// The first retry of a failed reconcile, doubled each time (`workqueue.DefaultTypedControllerRateLimiter`: 5 ms … 1000 s).
const FIRST_RETRY: Span = Span(5);
/// The longest wait between retries.
const LAST_RETRY: Span = Span::seconds(1000);

impl Cluster {
    /// A cluster that has just been set up and has come to rest, at time zero.
    pub fn new(options: Options) -> Cluster {
        let mut cluster = Cluster::just_born(options);
        cluster.run_until(SimTime(0));
        cluster
    }

    /// A cluster that has just been set up, at [`bootstrap::BORN`].
    fn just_born(options: Options) -> Cluster {
        let mut cluster = Cluster {
            api: ApiServer::new(options.seed, options.gates, bootstrap::BORN),
            nodes: Nodes::new(&options),
            processes: Processes::default(),
            memory: Memory::default(),
            queue: Queue::default(),
            failures: BTreeMap::new(),
            dispatched: 0,
            next_command: 0,
            options,
        };
        cluster.api.unknown_fails = cluster.options.unknown_fails;
        if cluster.options.timings.imitates_recorder {
            cluster.api.most_replicas = i32::MAX;
        }
        bootstrap::populate(&mut cluster.api, &cluster.options);
        cluster.note_delays();
        cluster.dispatch();
        cluster
    }

    /// The present: everything due before it has been done.
    pub fn now(&self) -> SimTime {
        self.api.now
    }

    /// When something happens next by itself.
    pub fn next_at(&self) -> Option<SimTime> {
        [self.queue.next_at(), self.processes.next_at()].into_iter().flatten().min()
    }

    /// Lets time pass until this moment. Time does not run backwards: an earlier moment does nothing.
    pub fn run_until(&mut self, until: SimTime) {
        while self.next_at().is_some_and(|at| at <= until) {
            self.step();
        }
        self.api.now = self.api.now.max(until);
    }

    /// Goes to the next thing that is due and does it. Returns false if nothing is.
    pub fn step(&mut self) -> bool {
        let Some(at) = self.next_at() else { return false };
        self.api.now = self.api.now.max(at);
        if self.queue.next_at() == Some(at)
            && let Some((_, task)) = self.queue.pop()
        {
            self.reconcile(task);
        }
        self.run_processes();
        true
    }

    fn reconcile(&mut self, task: Task) {
        let (component, key) = &task;
        self.api.cause = Cause::Component(*component);
        let context = Context { api: &mut self.api, timings: &self.options.timings };
        let mut work = Work { context, memory: &mut self.memory, nodes: &mut self.nodes };
        let outcome = control_plane::sync(*component, &mut work, key);
        if outcome.failed {
            let failures = self.failures.entry(task.clone()).or_insert(0);
            let wait = FIRST_RETRY.0.checked_shl((*failures).min(40)).unwrap_or(i64::MAX).min(LAST_RETRY.0);
            *failures += 1;
            self.queue.add(self.api.now + Span(wait), task.clone());
        } else {
            self.failures.remove(&task);
        }
        if let Some(again) = outcome.requeue_at {
            self.queue.add(again, task);
        }
        self.dispatch();
    }

    /// Starts a command on the user's behalf and lets it go as far as it can without time passing. `text` is how the
    /// timeline shows it.
    pub fn spawn(&mut self, text: &str, program: Box<dyn Program>) -> ProcessId {
        let id = self.start(program);
        self.wake(id, text);
        id
    }

    /// Starts a command that nobody typed: the terminal's shell.
    pub fn start(&mut self, program: Box<dyn Program>) -> ProcessId {
        self.processes.spawn(program)
    }

    /// Lets a command go on because the user typed something for it. `text` is how the timeline shows it; empty for
    /// what is no command.
    pub fn wake(&mut self, id: ProcessId, text: &str) {
        if !text.is_empty() {
            self.api.cause = Cause::User(self.next_command);
            self.api.note_input(self.next_command, text);
            self.processes.set_number(id, self.next_command);
            self.next_command += 1;
        }
        self.processes.wake(id, self.now());
        self.run_processes();
    }

    /// Changes how the cluster's DNS works.
    pub fn set_dns(&mut self, setting: DnsSetting) {
        match setting {
            DnsSetting::Caching(caching) => {
                Resolver::update(&mut self.api, |r| (r.caching, r.cache) = (caching, Rc::default()));
            }
            DnsSetting::SliceDelay(delay) => self.options.timings.endpoint_slices = delay,
            DnsSetting::ResolverDelay(delay) => self.options.timings.dns = delay,
        }
        self.note_delays();
        self.dispatch();
    }

    /// Puts the delays on the way to DNS into the store, so that they are seen at each moment of the history.
    fn note_delays(&mut self) {
        let delays = [self.options.timings.endpoint_slices, self.options.timings.dns];
        Resolver::update(&mut self.api, |resolver| resolver.delays = delays);
    }

    /// Ctrl-C for a command.
    pub fn interrupt(&mut self, id: ProcessId) {
        self.processes.interrupt(id, &mut self.api, &mut self.nodes, &self.options.timings);
        self.run_processes();
    }

    fn run_processes(&mut self) {
        self.processes.run(&mut self.api, &mut self.nodes, &self.options.timings);
        for pod in kubelet::take_woken(&mut self.nodes) {
            self.queue.add(self.api.now, (Component::Kubelet, pod));
        }
        self.dispatch();
    }

    /// Puts in the queue whoever watches what was written since the last time.
    pub fn dispatch(&mut self) {
        while self.dispatch_some(usize::MAX) {}
    }

    /// The same of so many writes at most; false if there are no more.
    pub(crate) fn dispatch_some(&mut self, most: usize) -> bool {
        let Cluster { api, queue, options, dispatched, .. } = self;
        let now = api.now;
        let written = api.history().since(*dispatched);
        let count = written.len().min(most);
        let is_more = written.len() > count;
        for entry in &written[..count] {
            let Change::Object { key, before, after } = &entry.change else { continue };
            let (before, after) = (before.as_deref(), after.as_deref());
            let change = WatchEvent { key, before, after, cause: entry.cause };
            control_plane::event_handlers(api.store(), &change, &mut |component, key: Key| {
                queue.add(now + control_plane::latency(component, &options.timings), (component, key));
            });
        }
        *dispatched += count;
        if !is_more {
            *dispatched = api.history().len();
            api.trim_history();
        }
        is_more
    }

    /// Forgets what the components remember: all of it is found in the store again.
    pub fn forget_memory(&mut self) {
        self.memory = Memory::default();
    }

    /// Puts a task in the queue at this time.
    pub fn schedule(&mut self, at: SimTime, component: Component, key: Key) {
        self.queue.add(at, (component, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Kind;

    #[test]
    fn a_new_cluster_is_at_rest_and_has_what_the_seed_has() {
        let cluster = Cluster::new(Options::default());
        assert_eq!(cluster.now(), SimTime(0));
        let nodes: Vec<_> = cluster.api.store().list(Kind::Node).map(|n| n.meta.name.to_string()).collect();
        assert_eq!(nodes, ["chhan-k8s-1", "chhan-k8s-2", "chhan-k8s-3", "chhan-k8s-4"]);
        assert!(
            cluster.api.store().list(Kind::StorageClass).all(|c| c.storage_class().wait_for_first_consumer)
        );
    }

    #[test]
    fn going_back_and_forth_in_a_history_gives_the_same_world() {
        let cluster = Cluster::new(Options::default());
        let history = cluster.api.history();
        let mut moment = crate::apiserver::Moment::default();
        moment.seek(history, history.len());
        assert_eq!(&moment.store, cluster.api.store());
        moment.seek(history, 0);
        assert_eq!(moment.store, crate::apiserver::Store::default());
    }
}
