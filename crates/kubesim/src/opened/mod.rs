//! A real cluster's state, opened: what `kubectl get … -o yaml` printed → objects as they were when it was taken, what was left
//! out of them, what had to be made up, and a story that begins there.
//!
//! | module | |
//! |---|---|
//! | `text`, `pieces` | texts → trees; what people take for a state and is none |
//! | `opening`, `state` | files → a state, a little at a time; what it is then |
//! | `recording` | a recording of watches: its lines, and what was seen when |
//! | `allow`, `layout` | what is kept of an object, and what is never kept; the schema's types as they are read by that |
//! | `assemble` | the objects of one state: one of each |
//! | `finishing` | what follows once all is read: times, revisions, and the modules below |
//! | `relations` | who is whose; which event came first, which revision is the template's |
//! | `made_up` | what is missing but needed: nodes, volumes, classes, … |
//! | `slices` | EndpointSlices of which nobody has seen any |
//! | `measure` | how long things took, by the pods' own timestamps |
//! | `pseudonyms` | a state to give away, without the names that are in it |
//! | `reported` | what components said in events, where a dry look can't come to it |
//! | `begin` | a cluster becomes that one; what every component finds, without doing it |
//!
//! Nothing here reads a clock: time 0 is when the state was taken, the newest time in it; or when a recording began.

mod allow;
mod assemble;
mod begin;
mod finishing;
mod layout;
mod made_up;
mod measure;
mod opening;
mod pieces;
mod pseudonyms;
mod recording;
mod relations;
mod reported;
mod slices;
mod state;
mod text;

pub(crate) use begin::Beginning;
pub use opening::{Comparable, Opening, open};
pub use pseudonyms::{Nameless, without_names};
pub use recording::Seen;
pub use state::{LeftOut, MadeUp, Opened, TextLine, Unreadable, What};
pub use text::{MOST_BYTES, text_of};
