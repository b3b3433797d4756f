//! Questions of the user beside the terminal: asked once, or once a second to see the answers change.

use super::reason;
use super::resolver::{lookup, search_path};
use super::server::{self, Network};
use crate::api::Resolver;
use crate::api::resolver::Answer;
use crate::api::resolver::Asked;
use crate::api::resolver::Question;
use crate::api::{Kind, SimTime, Span};
use crate::apiserver::Store;
use crate::sim::Program;
use crate::sim::process::{Io, Step};
use std::rc::Rc;

/// How often a question is asked that is watched.
pub const EVERY: Span = Span::seconds(1);

impl Question {
    /// Asks, without that anything is kept: what an answer would be.
    pub fn peek(&self, store: &Store, now: SimTime) -> Asked {
        self.ask(&mut Network::new(store, now, &self.namespace, node(store)))
    }

    fn ask(&self, network: &mut Network) -> Asked {
        let search = search_path(&self.namespace);
        let tries: Rc<[Answer]> = lookup(network, &self.name, &self.record_type, &search).into();
        let reason = reason::explain(network, self, &tries);
        Asked { question: self.clone(), at: network.now, tries, reason }
    }
}

/// The node on which the one who asks is: the first that takes pods.
fn node(store: &Store) -> &str {
    let takes_pods = |n: &&Rc<crate::api::Object>| n.node().taints.is_empty();
    store.list(Kind::Node).find(takes_pods).map_or("", |node| &node.meta.name)
}

/// Asks once; the caches learn from it.
pub fn ask(io: &mut Io, question: &Question) -> Asked {
    let store = io.api.store();
    let mut network = Network::new(store, io.api.now, &question.namespace, node(store));
    let asked = question.ask(&mut network);
    let learned = network.into_learned();
    server::keep(io.api, learned);
    asked
}

/// The program that asks: once, or once a second until another question takes its place.
pub struct Watch {
    /// The question.
    pub question: Question,
    /// Whether it goes on.
    pub repeats: bool,
}

impl Program for Watch {
    fn run(&mut self, io: &mut Io) -> Step {
        let asked = ask(io, &self.question);
        if !self.repeats {
            Resolver::update(io.api, |resolver| resolver.asked = Some(Rc::new(asked)));
            return Step::Exit(0);
        }
        let before = Resolver::of(io.api.store()).and_then(|r| r.watched.clone());
        if !before.is_some_and(|before| before.says_the_same(&asked)) {
            Resolver::update(io.api, |resolver| resolver.watched = Some(Rc::new(asked)));
        }
        Step::At(io.api.now + EVERY)
    }
}
