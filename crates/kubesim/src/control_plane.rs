//! The table of components: who watches what, who does what about it, and how long after. A new controller is one file and
//! one row here (as in `cmd/kube-controller-manager/app/controller_descriptor.go`), with its name in
//! [`Component`](crate::api::verdict::Component).

use crate::api::verdict::Component;
use crate::api::{Fault, Key, Kind, Span};
use crate::apiserver::Store;
use crate::component::{Context, Outcome, WatchEvent};
use crate::config::Timings;
use crate::controllers::{
    cron_job, daemon_set, deployment, disruption, endpoint_slice, garbage_collector, job, namespace,
    node_lifecycle, persistent_volume, pod_gc, protection, replica_set, resource_quota, stateful_set,
    taint_eviction,
};
use crate::dns::server::{self as dns, Untold};
use crate::fault;
use crate::kubelet::{self, NodeContext, Nodes};
use crate::{provisioner, scheduler};

/// What components remember of what they have read, one field for each that does, so that they need not read all of it each
/// time: derived from the history, as informers' caches are, and no state of its own.
#[derive(Clone, Default, Debug)]
pub struct Memory {
    stateful_set: stateful_set::Memory,
    endpoint_slice: endpoint_slice::Memory,
    dns: Untold,
}

/// What the components share while one of them is at work.
pub struct Work<'a> {
    /// What every component has.
    pub context: Context<'a>,
    /// What components remember.
    pub memory: &'a mut Memory,
    /// What the nodes keep to themselves.
    pub nodes: &'a mut Nodes,
}

/// Adds a task: this component has to look at this object.
pub type Add<'a> = &'a mut dyn FnMut(Component, Key);

/// One component.
struct Row {
    component: Component,
    /// Says which objects it has to look at because of this change.
    event_handlers: fn(&Store, &WatchEvent, Add),
    /// Lets it look at an object.
    sync: fn(&mut Work, &Key) -> Outcome,
    /// How long after a change it looks.
    latency: fn(&Timings) -> Span,
}

const WATCH: fn(&Timings) -> Span = |timings| timings.watch;

/// The components, in the order in which they hear of a change.
const COMPONENTS: [Row; 22] = [
    Row {
        component: Component::StatefulSetController,
        event_handlers: stateful_set::event_handlers,
        sync: |work, key| stateful_set::sync(&mut work.context, &mut work.memory.stateful_set, key),
        latency: WATCH,
    },
    // A ReplicaSet is at work on what it was told before its Deployment has seen that it was told.
    Row {
        component: Component::ReplicaSetController,
        event_handlers: replica_set::event_handlers,
        sync: |work, key| replica_set::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::DeploymentController,
        event_handlers: deployment::event_handlers,
        sync: |work, key| deployment::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::DaemonSetController,
        event_handlers: daemon_set::event_handlers,
        sync: |work, key| daemon_set::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::JobController,
        event_handlers: job::event_handlers,
        sync: |work, key| job::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::CronJobController,
        event_handlers: cron_job::event_handlers,
        sync: |work, key| cron_job::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::TtlAfterFinishedController,
        event_handlers: job::ttl::event_handlers,
        sync: |work, key| job::ttl::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::EndpointSliceController,
        event_handlers: endpoint_slice::event_handlers,
        sync: |work, key| endpoint_slice::sync(&mut work.context, &mut work.memory.endpoint_slice, key),
        latency: |timings| timings.endpoint_slices,
    },
    Row {
        component: Component::GarbageCollector,
        event_handlers: garbage_collector::event_handlers,
        sync: |work, key| garbage_collector::sync(&mut work.context, key),
        // It puts what it sees into its graph first, and acts on the graph.
        latency: |timings| Span(timings.watch.0 * 3),
    },
    Row {
        component: Component::NodeLifecycleController,
        event_handlers: node_lifecycle::event_handlers,
        sync: |work, key| node_lifecycle::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::TaintEvictionController,
        event_handlers: taint_eviction::event_handlers,
        sync: |work, key| taint_eviction::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::PodGarbageCollector,
        event_handlers: pod_gc::event_handlers,
        sync: |work, key| pod_gc::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::DisruptionController,
        event_handlers: disruption::event_handlers,
        sync: |work, key| disruption::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::NamespaceController,
        event_handlers: namespace::event_handlers,
        sync: |work, key| namespace::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::ResourceQuotaController,
        event_handlers: resource_quota::event_handlers,
        sync: |work, key| resource_quota::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::PersistentVolumeController,
        event_handlers: persistent_volume::event_handlers,
        sync: |work, key| persistent_volume::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::PvcProtectionController,
        event_handlers: protection::claim_event_handlers,
        sync: |work, key| protection::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::PvProtectionController,
        event_handlers: protection::volume_event_handlers,
        sync: |work, key| protection::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::Scheduler,
        event_handlers: scheduler::event_handlers,
        sync: |work, key| scheduler::sync(&mut work.context, key),
        latency: WATCH,
    },
    Row {
        component: Component::Provisioner,
        event_handlers: provisioner::event_handlers,
        sync: |work, key| {
            let takes =
                fault::takes(work.context.store(), &Fault::SlowVolumes, work.context.timings.provision);
            provisioner::sync(&mut work.context, takes, key)
        },
        latency: WATCH,
    },
    Row {
        component: Component::Kubelet,
        event_handlers: kubelet::event_handlers,
        sync: |work, key| {
            let Work { context, nodes, .. } = work;
            kubelet::sync(&mut NodeContext { api: context.api, timings: context.timings, nodes }, key)
        },
        latency: WATCH,
    },
    Row {
        component: Component::Dns,
        event_handlers: dns::event_handlers,
        sync: |work, key| dns::sync(&mut work.context, &mut work.memory.dns, key),
        latency: |timings| timings.dns,
    },
];

fn row(component: Component) -> &'static Row {
    let found = COMPONENTS.iter().find(|row| row.component == component);
    found.expect("what is put in the queue has a row")
}

/// Lets the component look at the object.
pub fn sync(component: Component, work: &mut Work, key: &Key) -> Outcome {
    (row(component).sync)(work, key)
}

/// Says which component has to look at which object because of this change.
pub fn event_handlers(store: &Store, change: &WatchEvent, add: Add) {
    // No component handles Events, and they are frequent; only their end concerns a namespace that is going.
    if change.key.kind == Kind::Event && change.after.is_some() {
        return;
    }
    for row in &COMPONENTS {
        (row.event_handlers)(store, change, add);
    }
}

/// How long after a change the component looks.
pub fn latency(component: Component, timings: &Timings) -> Span {
    (row(component).latency)(timings)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The terminal is no component of the cluster: its commands are processes.
    #[test]
    fn each_component_has_its_row() {
        for component in Component::ALL.iter().filter(|component| **component != Component::Terminal) {
            let rows = COMPONENTS.iter().filter(|row| row.component == *component).count();
            assert_eq!(rows, 1, "{component:?}");
        }
        assert_eq!(COMPONENTS.len(), Component::ALL.len() - 1);
    }

    /// Handlers add tasks for the component in whose row they stand, and for no other.
    #[test]
    fn handlers_speak_for_their_own_component() {
        use crate::apiserver::Change;
        use crate::cluster::Cluster;
        use crate::config::Options;
        let cluster = Cluster::new(Options::default());
        let mut added = 0;
        for entry in cluster.api.history().since(0) {
            let Change::Object { key, before, after } = &entry.change else { continue };
            let (before, after) = (before.as_deref(), after.as_deref());
            let change = WatchEvent { key, before, after, cause: entry.cause };
            for row in &COMPONENTS {
                (row.event_handlers)(cluster.api.store(), &change, &mut |component, _| {
                    assert_eq!(component, row.component);
                    added += 1;
                });
            }
        }
        assert!(added > 0, "a new cluster gives the components something to do");
    }
}
