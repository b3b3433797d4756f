//! A deterministic, in-process simulation of the parts of Kubernetes 1.36 around StatefulSet.
//!
//! The map, in the direction in which things flow:
//!
//! | module | what it is | what it must not know |
//! | --- | --- | --- |
//! | [`base`] | time, numbers, texts, maps | Kubernetes |
//! | [`api`] | the objects, as Kubernetes names them, their JSON form, verdicts and errors | anything that happens |
//! | [`config`] | what can be switched | what it switches |
//! | [`schema`], [`validation`], [`patch`] | trees → decoded, defaulted, checked, changed trees | the store |
//! | [`apiserver`] | requests, from the front door to the store; the history of every write | who asks, and when |
//! | [`manifest`] | a pasted text → its objects, and what an editor says beside it | the page |
//! | [`component`] | what every component is made with | any component |
//! | [`fault`] | what the user broke, as records in the store | what a fault does |
//! | [`controllers`], [`scheduler`], [`provisioner`], [`kubelet`] | what acts on objects; each yields a [verdict](api::verdict) | each other, and the user |
//! | [`dns`] | names → records, and the tools that print them | how endpoints come to be |
//! | [`control_plane`] | the table of components | what any of them does |
//! | [`process`], [`cluster`] | programs in simulated time; time, the event queue, the cluster as a whole | kubectl, the terminal |
//! | [`kubectl`] | command line → requests → what is printed | the page |
//! | [`terminal`] | the laptop's shell, and the ones in pods | the page |
//! | [`story`] | cluster, terminal, and what the user did | the page |
//!
//! Nothing here reads a clock or the machine's randomness: time is an argument, and randomness comes from one seeded
//! generator in [`apiserver::ApiServer`]. The same inputs give the same history, bit for bit, native and in Wasm.
//!
//! What others build on stands at the top: a [`Story`] takes [`Input`]s, its [`Store`] holds [`Object`]s and why they are as
//! they are ([`Verdict`]), its [`History`] every write and every line that was printed.
//!
//! ```
//! use kubesim::{Change, Component, Input, Key, Kind, Options, Reason, SimTime, Story, Stream};
//!
//! let mut story = Story::new(Options::default());
//! story.input(Input::Apply(seed_walk::manifest().into()));
//! story.run_until(SimTime(120_000));
//!
//! let pod = Key::new(Kind::Pod, "default", "flask-0");
//! let verdict = story.cluster.api.store().verdict(Component::Kubelet, &pod);
//! assert_eq!(verdict.map(|verdict| &verdict.reason), Some(&Reason::Running));
//!
//! let before = story.cluster.api.history().len();
//! story.input(Input::Line("kubectl get pod flask-0 -o name".into()));
//! story.run_until(SimTime(130_000));
//! let written = story.cluster.api.history().since(before).iter();
//! let printed: String = written
//!     .filter_map(|entry| match &entry.change {
//!         Change::Output { stream: Stream::Stdout, text } => Some(&**text),
//!         _ => None,
//!     })
//!     .collect();
//! assert_eq!(printed, "pod/flask-0\n");
//! ```

pub mod api;
pub mod apiserver;
pub mod base;
pub mod cluster;
pub mod component;
pub mod config;
pub mod control_plane;
pub mod controllers;
pub mod dns;
pub mod fault;
pub mod kubectl;
pub mod kubelet;
pub mod manifest;
pub mod patch;
pub mod process;
pub mod provisioner;
pub mod scheduler;
pub mod schema;
pub mod story;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod validation;

pub use api::verdict::{Component, Reason, Verdict};
pub use api::{Key, Kind, Object, SimTime, Span};
pub use apiserver::{Change, Entry, History, Moment, Store, Stream};
pub use config::{NodeOptions, Options};
pub use process::{ProcessId, Program};
pub use story::{Input, Story, TimedInput};
