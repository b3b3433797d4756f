//! A cluster in which only the components under test are at work, so that a test plays everybody else.

use crate::api::pod::{ContainerState, ContainerStatus, Terminated, condition};
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, Object, PodPhase, SimTime, Span, Str};
use crate::apiserver::{Cause, Change, DeleteOptions, Response};
use crate::cluster::Cluster;
use crate::cluster::queue::Queue;
use crate::component::{Context, WatchEvent};
use crate::config::{Options, Timings};
use crate::control_plane::{Work, event_handlers, latency, sync};
use serde_json::{Value, json};
use std::rc::Rc;

/// The cluster, and who is at work in it.
pub struct Bench {
    pub cluster: Cluster,
    at_work: Vec<Component>,
    queue: Queue,
    seen: usize,
    failures: u32,
}

impl Bench {
    /// A cluster of the seed's nodes in which these components are at work.
    pub fn new(at_work: &[Component]) -> Bench {
        let cluster = Cluster::new(Options { timings: Timings::recording(), ..Options::default() });
        let seen = cluster.api.history().len();
        Bench { cluster, at_work: at_work.to_vec(), queue: Queue::default(), seen, failures: 0 }
    }

    /// Lets the components do what there is to do within this time.
    pub fn run(&mut self, span: Span) {
        let until = self.cluster.now() + span;
        loop {
            self.dispatch();
            let Some(at) = self.queue.next_at().filter(|at| *at <= until) else { break };
            let (_, (component, key)) = self.queue.pop().expect("a task is due");
            let Cluster { api, options, nodes, memory, .. } = &mut self.cluster;
            api.now = api.now.max(at);
            api.cause = Cause::Component(component);
            let context = Context { api, timings: &options.timings };
            let outcome = sync(component, &mut Work { context, memory, nodes }, &key);
            if outcome.failed {
                self.failures += 1;
                self.queue.add(self.cluster.api.now + Span(5 << self.failures.min(16)), (component, key));
            } else if let Some(again) = outcome.requeue_at {
                self.queue.add(again, (component, key));
            }
        }
        self.cluster.api.now = until;
        self.cluster.api.cause = Cause::User(0);
    }

    /// Lets the components do what there is to do now.
    pub fn settle(&mut self) {
        self.run(Span(200));
    }

    fn dispatch(&mut self) {
        let Bench { cluster, queue, at_work, seen, .. } = self;
        for entry in cluster.api.history().since(*seen) {
            let Change::Object { key, before, after } = &entry.change else { continue };
            let (before, after) = (before.as_deref(), after.as_deref());
            let change = WatchEvent { key, before, after, cause: entry.cause };
            event_handlers(cluster.api.store(), &change, &mut |component, key| {
                if at_work.contains(&component) {
                    let wait = latency(component, &cluster.options.timings);
                    queue.add(cluster.api.now + wait, (component, key));
                }
            });
        }
        *seen = cluster.api.history().len();
    }

    /// Creates an object of the namespace `default`.
    pub fn create(&mut self, kind: Kind, name: &str, body: Value) -> Rc<Object> {
        self.try_create(kind, name, body).expect("the object is accepted")
    }

    /// Creates an object of the namespace `default`, or tries to.
    pub fn try_create(&mut self, kind: Kind, name: &str, mut body: Value) -> Response {
        body["metadata"]["name"] = name.into();
        if kind.info().namespaced {
            body["metadata"]["namespace"] = "default".into();
        }
        self.cluster.api.cause = Cause::User(0);
        self.cluster.api.create(Object::from_value(kind, &body))
    }

    /// Creates a pod with the label `app`, on a node and with an address, not yet Ready.
    pub fn pod(&mut self, name: &str, app: &str, ip: &str) {
        let container =
            json!({"name": "main", "image": "nginx", "ports": [{"name": "web", "containerPort": 80}]});
        let body = json!({"metadata": {"labels": {"app": app}},
            "spec": {"hostname": name, "subdomain": app, "containers": [container]}});
        self.create(Kind::Pod, name, body);
        self.place(name, "chhan-k8s-2", ip);
    }

    /// Gives a pod a node and an address.
    pub fn place(&mut self, name: &str, node: &str, ip: &str) {
        self.pod_status(name, |o, now| {
            let pod = o.pod_mut();
            Rc::make_mut(&mut pod.spec).node_name = Some(node.into());
            pod.status.pod_ip = Some(ip.into());
            pod.set_condition(condition::READY, Some(false), Some("ContainersNotReady"), None, now);
        });
    }

    /// Makes a pod Running and Ready, or not Ready.
    pub fn set_ready(&mut self, name: &str, ready: bool) {
        self.pod_status(name, |o, now| {
            let pod = o.pod_mut();
            pod.status.phase = PodPhase::Running;
            pod.set_condition(condition::READY, Some(ready), None, None, now);
        });
    }

    /// What the kubelet does when a pod that was told to go has stopped.
    pub fn stop(&mut self, name: &str) {
        self.pod_status(name, |o, now| {
            let pod = o.pod_mut();
            pod.status.phase = PodPhase::Succeeded;
            pod.set_condition(condition::READY, Some(false), Some("PodCompleted"), None, now);
            pod.status.container_statuses = vec![ContainerStatus {
                name: "main".into(),
                state: ContainerState::Terminated(Terminated {
                    exit_code: 0,
                    reason: "Completed".into(),
                    message: None,
                    started_at: None,
                    finished_at: Some(now),
                    container_id: Str::default(),
                }),
                last_state: None,
                ready: false,
                restart_count: 0,
                image: "nginx".into(),
                image_id: Str::default(),
                container_id: Str::default(),
                started: Some(false),
            }];
        });
        self.settle();
        let options = DeleteOptions { grace_period_seconds: Some(0), ..DeleteOptions::default() };
        self.delete_with(Kind::Pod, name, options);
    }

    fn pod_status(&mut self, name: &str, change: impl FnOnce(&mut Object, SimTime)) {
        let now = self.cluster.now();
        self.cluster.api.cause = Cause::Component(Component::Kubelet);
        let key = Key::new(Kind::Pod, "default", name);
        self.cluster.api.update_status(&key, |o| change(o, now)).expect("the pod is there");
    }

    /// Deletes an object of the namespace `default`.
    pub fn delete(&mut self, kind: Kind, name: &str) {
        self.delete_with(kind, name, DeleteOptions::default());
    }

    /// Deletes an object of the namespace `default` in a certain way.
    pub fn delete_with(&mut self, kind: Kind, name: &str, options: DeleteOptions) {
        self.cluster.api.delete(&key(kind, name), options).expect("the object is there");
    }

    /// Changes an object as a user does.
    pub fn update(&mut self, kind: Kind, name: &str, change: impl FnOnce(&mut Object)) {
        self.cluster.api.update(&key(kind, name), change).expect("the object is there");
    }

    /// An object of the namespace `default`, if there is one.
    pub fn find(&self, kind: Kind, name: &str) -> Option<&Rc<Object>> {
        self.cluster.api.store().get(&key(kind, name))
    }

    /// An object of the namespace `default`.
    pub fn get(&self, kind: Kind, name: &str) -> &Rc<Object> {
        self.find(kind, name).expect("the object is there")
    }

    /// The names of a kind's objects in the namespace `default`.
    pub fn names(&self, kind: Kind) -> Vec<String> {
        self.cluster.api.store().list_in(kind, "default").map(|o| o.meta.name.to_string()).collect()
    }

    /// What a component says about an object.
    pub fn reason(&self, component: Component, kind: Kind, name: &str) -> Option<Reason> {
        self.cluster.api.store().verdict(component, &key(kind, name)).map(|v| v.reason.clone())
    }

    /// Events about an object, as `REASON MESSAGE` with how often, in the order in which they first came.
    pub fn events(&self, kind: Kind, name: &str) -> Vec<String> {
        let all = self.cluster.api.history().entries().iter().filter_map(|e| match &e.change {
            Change::Object { key, before: None, after: Some(_) } if key.kind == Kind::Event => Some(key),
            _ => None,
        });
        let about = all.filter_map(|key| self.cluster.api.store().get(key)).map(|o| o.event());
        let about = about.filter(|e| *e.involved.kind == *kind.name() && *e.involved.name == *name);
        about.map(|e| format!("{} {} x{}", e.reason, e.message, e.count.unwrap_or(1))).collect()
    }
}

fn key(kind: Kind, name: &str) -> Key {
    Key::new(kind, if kind.info().namespaced { "default" } else { "" }, name)
}
