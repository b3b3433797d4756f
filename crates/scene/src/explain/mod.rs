//! Why things are as they are: the verdicts of a moment as a question, an answer and a rule. For the set as a whole
//! ([`of_set`]), and for each of its parts ([`of`]).

mod about;
mod claim;
mod detail;
mod endpoint;
mod explanation;
mod node;
mod nothing;
mod pod;
mod remedy;
mod set;

pub use explanation::{Mood, Subject, Why};
pub use nothing::of_nothing;
pub use remedy::in_namespace;

use crate::messages::Words;
use about::About;
use kubesim::api::Object;
use kubesim::apiserver::Store;

/// Why this set does what it does.
pub fn of_set(words: &'static Words, store: &Store, set: &Object) -> Why {
    About { words, store, set }.whole()
}

/// Why a part of this set is as it is.
pub fn of(words: &'static Words, store: &Store, set: &Object, subject: &Subject) -> Why {
    let about = About { words, store, set };
    match subject {
        Subject::Pod(key) => about.pod(key),
        Subject::Claim(key) => about.claim(key),
        Subject::Endpoint(key) => about.endpoint(key),
        Subject::Node(key) => about.node(key),
    }
}
