//! A deterministic, in-process simulation of the parts of Kubernetes 1.36 around StatefulSet.
//!
//! The map, in the direction in which things flow:
//!
//! | module | what it is | what it must not know |
//! | --- | --- | --- |
//! | `base` | time, numbers, texts, maps | Kubernetes |
//! | [`api`] | the objects, as Kubernetes names them, their JSON form, verdicts and errors | anything that happens |
//! | `config` | what can be switched | what it switches |
//! | `schema`, `validation`, `patch` | trees → decoded, defaulted, checked, changed trees | the store |
//! | `apiserver` | requests, from the front door to the store; the history of every write | who asks, and when |
//! | [`manifest`] | a pasted text → its objects, and what an editor says beside it | the page |
//! | `component` | what every component is made with | any component |
//! | [`fault`] | what the user broke, as records in the store | what a fault does |
//! | `controllers`, [`scheduler`], [`provisioner`], [`kubelet`] | what acts on objects; each yields a [`Verdict`] | each other, and the user |
//! | [`dns`] | names → records, and the tools that print them | how endpoints come to be |
//! | `control_plane` | the table of components | what any of them does |
//! | `process`, `cluster` | programs in simulated time; time, the event queue, the cluster as a whole | kubectl, the terminal |
//! | [`kubectl`] | command line → requests → what is printed | the page |
//! | [`terminal`] | the laptop's shell, and the ones in pods | the page |
//! | `opened` | a real cluster's state → the beginning of a story | the page |
//! | `story` | cluster, terminal, and what the user did | the page |
//!
//! Nothing here reads a clock or the machine's randomness: time is an argument, and randomness comes from one seeded
//! generator in the [`ApiServer`]. The same inputs give the same history, bit for bit, native and in Wasm.
//!
//! What others build on stands at the top, and is all that they can reach of most modules: a [`Story`] takes [`Input`]s,
//! its [`Store`] holds [`Object`]s and why they are as they are ([`Verdict`]), its [`History`] every write and every line
//! that was printed. A [`Cluster`] is the same without a terminal: it runs [`Program`]s. Of the modules, those are public
//! that somebody outside asks by name; the reason stands at each.
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

// Objects' fields, labels and states, for whoever reads objects.
pub mod api;
mod apiserver;
mod base;
mod cluster;
mod component;
mod config;
mod control_plane;
mod controllers;
// A pod's resolver and the tools that ask it, for the panel of the page and the recordings of DNS.
pub mod dns;
// What the user broke, for the menu that breaks and mends.
pub mod fault;
// The printers' words for a pod, the editor's session, and single commands, for the picture and Kubernetes' own tests.
pub mod kubectl;
// What a node can't do, for the menu of faults and for tests.
pub mod kubelet;
// The diagnosis of a pasted text, for editors.
pub mod manifest;
// A real cluster's state as the beginning of a story, for the program that explains and the page.
mod opened;
mod patch;
mod process;
// The name of the provisioner that there is, for the whys.
pub mod provisioner;
// What stands against a pod on each node, for the whys.
pub mod scheduler;
mod schema;
mod story;
// Completion, suggestions and a look at a past moment, for prompts.
pub mod terminal;
#[cfg(test)]
mod testing;
mod validation;
// A world as a value and its bounds, for links, flags and the form of a page.
pub mod world;

// What happens, and what it left.
pub use story::{Explaining, Input, Story, TimedInput};

pub use apiserver::{ApiServer, Cause, Change, Entry, History, Moment, Store, Stream};

pub use api::verdict::{Component, Reason, Verdict};
pub use api::{Key, Kind, Object, SimTime, Span, Str, Uid};

// What can be switched.
pub use config::{ClassOptions, DnsSetting, FeatureGates, KUBERNETES_VERSION, NodeOptions, Options, Timings};

/// A real cluster's state, opened.
pub use opened::{
    Comparable, LeftOut, MOST_BYTES as MOST_OPENED_BYTES, MadeUp, Nameless, Opened, Opening, Seen, TextLine,
    Unreadable, What, open, text_of, without_names,
};

// A cluster without a story, and what runs in it.
pub use cluster::Cluster;
/// Where the cluster's own objects live.
pub use cluster::system::NAMESPACE as SYSTEM_NAMESPACE;
pub use process::{Io, ProcessId, Program, Step};

/// The changes between two texts, for what shows an object before and after.
pub use base::diff;
/// The simulation's own generator, for cases that are told by a number.
pub use base::rng::Rng;
/// What the StatefulSet controller asks of sets and pods, for tests that hold histories against it.
pub use controllers::stateful_set::utils as stateful_set_utils;
