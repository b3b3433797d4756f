//! The objects, as Kubernetes names them, and their JSON form.
//!
//! Typed fields are what the simulation acts on; each spec also keeps the whole decoded and defaulted tree (`raw`), so
//! that what is not simulated is given out as it came. Parts that many versions share are behind an `Rc`: a pod's status
//! change costs a status, not a pod.

#![allow(
    missing_docs,
    reason = "a field that Kubernetes names and documents is told about only where this simulator has more to say"
)]

pub mod event;
mod fault;
pub mod image;
mod kind;
mod map;
pub mod meta;
pub mod node;
mod object;
pub mod pod;
pub mod probe;
pub mod read;
mod reference;
pub mod refusal;
pub mod resolver;
pub mod service;
pub mod stateful_set;
pub mod status;
mod status_reason;
pub mod verdict;
pub mod volume;
pub mod workload;

pub use crate::base::text::Str;
pub use crate::base::time::{SimTime, Span};
pub use fault::Fault;
pub use kind::{KINDS, Kind, KindInfo};
pub use map::Map;
pub use meta::{Key, LabelSelector, ObjectMeta, OwnerReference, Uid};
pub use object::{Body, Object, ObjectCache, Resolver};
pub use pod::{Pod, PodPhase};
pub use refusal::Refusal;
