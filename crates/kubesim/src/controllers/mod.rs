//! What acts on objects: the controllers of kube-controller-manager, one file each. `control_plane` lists them.
//!
//! A reconcile is a function of (store, key, now): it reads the store, makes requests of the API server, leaves a verdict,
//! and says when it wants to look again. What it remembers of the history is its own ([`crate::control_plane::Memory`]) and no
//! state; it calls no other component.

pub mod cron_job;
pub mod daemon_set;
pub mod deployment;
pub mod disruption;
pub mod endpoint_slice;
pub mod garbage_collector;
pub mod job;
pub mod namespace;
pub mod node_lifecycle;
pub mod persistent_volume;
pub mod pod_gc;
pub mod protection;
pub mod replica_set;
pub mod resource_quota;
pub mod stateful_set;
pub mod taint_eviction;
mod template_hash;
#[cfg(test)]
mod testing;
