//! What each component finds in a world that it has not made, found without doing anything about it.

use super::Cluster;
use super::queue::Task;
use crate::api::verdict::{Component, Verdict, VerdictKey};
use crate::api::{Key, Kind, Object};
use crate::apiserver::{ApiServer, Cause, Change};
use crate::component::{Context, WatchEvent};
use crate::control_plane::{self, Memory, Work};
use crate::kubelet::Nodes;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

/// So many objects are looked at in one step to find out whom they concern.
const OBJECTS_AT_ONCE: usize = 256;
/// So many tasks are tried in one step.
const TASKS_AT_ONCE: usize = 16;

/// Each component looks at what it would look at if all objects were new: what it finds is its verdict, and its requests are
/// counted, not made. Nothing else may happen to the cluster until all have looked.
pub(crate) struct Judging {
    /// Objects of which nobody knows yet whom they concern, the next one last.
    objects: Vec<Rc<Object>>,
    tasks: BTreeSet<Task>,
    /// The components that are still to look, the next one last.
    components: Vec<Component>,
    /// The one that looks now.
    trial: Option<Trial>,
    requests: usize,
    found: VecDeque<(VerdictKey, Option<Rc<Verdict>>)>,
}

/// A component's look at the world, and what it does with it.
struct Trial {
    component: Component,
    /// What it still looks at, the next one last.
    keys: Vec<Key>,
    api: ApiServer,
    nodes: Nodes,
    memory: Memory,
}

impl Judging {
    /// Before the first look.
    pub fn new(cluster: &Cluster) -> Judging {
        let mut objects: Vec<Rc<Object>> = cluster.api.store().all().cloned().collect();
        objects.reverse();
        Judging {
            objects,
            tasks: BTreeSet::new(),
            components: Component::ALL.iter().rev().copied().collect(),
            trial: None,
            requests: 0,
            found: VecDeque::new(),
        }
    }

    /// Looks at a little more. Returns how many requests there would have been once all have looked.
    pub fn step(&mut self, cluster: &mut Cluster) -> Option<usize> {
        if !self.objects.is_empty() {
            self.find_tasks(cluster);
            return None;
        }
        if let Some(mut trial) = self.trial.take() {
            if trial.go_on(cluster) {
                self.trial = Some(trial);
            } else {
                self.note(&trial, cluster);
            }
            return None;
        }
        let Some(component) = self.components.pop() else {
            return if self.give_verdicts(cluster) { None } else { Some(self.requests) };
        };
        let own = self.tasks.iter().rev().filter(|(who, _)| *who == component);
        let keys: Vec<Key> = own.map(|(_, key)| key.clone()).collect();
        self.trial = (!keys.is_empty()).then(|| Trial::new(component, keys, cluster));
        None
    }

    fn find_tasks(&mut self, cluster: &Cluster) {
        let (store, cause) = (cluster.api.store(), cluster.api.cause);
        let rest = self.objects.len().saturating_sub(OBJECTS_AT_ONCE);
        for object in self.objects.drain(rest..).rev() {
            let key = object.key();
            let change = WatchEvent { key: &key, before: None, after: Some(&object), cause };
            control_plane::event_handlers(store, &change, &mut |component, key: Key| {
                self.tasks.insert((component, key));
            });
        }
    }

    /// Keeps what a component has found.
    fn note(&mut self, trial: &Trial, cluster: &mut Cluster) {
        for entry in trial.api.history().since(0) {
            match &entry.change {
                Change::Object { key, .. } if key.kind.is_served() && key.kind != Kind::Event => {
                    self.requests += 1;
                }
                Change::Object { key, after, .. } if trial.component == Component::Dns => {
                    cluster.api.put_internal(key.clone(), after.as_deref().cloned());
                }
                Change::Verdict { key, after, .. } => self.found.push_back((key.clone(), after.clone())),
                _ => {}
            }
        }
    }

    /// Gives some of the verdicts that were found; false if there are no more.
    fn give_verdicts(&mut self, cluster: &mut Cluster) -> bool {
        let count = self.found.len().min(OBJECTS_AT_ONCE);
        for ((component, key), verdict) in self.found.drain(..count) {
            if cluster.api.store().get(&key).is_some() {
                let until = verdict.as_ref().and_then(|verdict| verdict.until);
                let reason = verdict.map(|verdict| verdict.reason.clone());
                cluster.api.set_verdict(component, &key, reason, until);
            }
        }
        !self.found.is_empty()
    }
}

impl Trial {
    fn new(component: Component, keys: Vec<Key>, cluster: &Cluster) -> Trial {
        let (mut api, mut nodes) = (cluster.api.trial(), cluster.nodes.clone());
        api.cause = Cause::Component(component);
        nodes.disturb_all(api.store());
        Trial { component, keys, api, nodes, memory: Memory::default() }
    }

    /// Looks at some more of its tasks; false if it has looked at all.
    fn go_on(&mut self, cluster: &Cluster) -> bool {
        let rest = self.keys.len().saturating_sub(TASKS_AT_ONCE);
        for key in self.keys.drain(rest..).rev() {
            let context = Context { api: &mut self.api, timings: &cluster.options.timings };
            let mut work = Work { context, memory: &mut self.memory, nodes: &mut self.nodes };
            control_plane::sync(self.component, &mut work, &key);
        }
        !self.keys.is_empty()
    }
}
