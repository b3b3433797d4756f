//! Why things are as they are: the verdicts of a moment as a question, an answer and a rule. For the set as a whole
//! ([`of_set`]), and for each of its parts ([`of`]).

mod about;
mod assumed;
mod claim;
mod container;
mod detail;
mod endpoint;
mod explanation;
mod finding;
mod node;
mod nothing;
mod part;
mod pod;
mod program;
mod refusal;
mod remedy;
pub(crate) mod scheduling;
mod set;
mod told;

pub(crate) use assumed::not_simulated;
pub use explanation::{Explanation, Subject, Tone};
pub use finding::{Blocking, Finding, Outlook, of_state};
pub use nothing::{of_loading, of_nothing, of_working};
pub use part::Assumptions;
pub use program::{doubts, mended};
pub use refusal::of_refusal;
pub use remedy::in_namespace;
pub use told::told;

use about::About;
use kubesim::{Kind, Object, Store};
use messages::Messages;
use serde_json::Value;

/// Why this set does what it does.
pub fn of_set(messages: &'static Messages, store: &Store, set: &Object) -> Explanation {
    About { messages, store, set }.whole()
}

/// Why a part of this set is as it is.
pub fn of(messages: &'static Messages, store: &Store, set: &Object, subject: &Subject) -> Explanation {
    let about = About { messages, store, set };
    match subject {
        Subject::Pod(key) => about.pod(key),
        Subject::Claim(key) => about.claim(key),
        Subject::Endpoint(key) => about.endpoint(key),
        Subject::Node(key) => about.node(key),
    }
}

/// Why a part is as it is where there is no set: a pod of a Deployment, a claim, a node. Nothing if it is not there.
pub fn of_setless(messages: &'static Messages, store: &Store, subject: &Subject) -> Option<Explanation> {
    let (Subject::Pod(key) | Subject::Claim(key) | Subject::Endpoint(key) | Subject::Node(key)) = subject;
    store.get(key)?;
    // A set that has neither pods nor claims.
    let mut set = Object::from_value(Kind::StatefulSet, &Value::Null);
    set.meta.namespace = key.namespace.clone();
    Some(of(messages, store, &set, subject))
}
