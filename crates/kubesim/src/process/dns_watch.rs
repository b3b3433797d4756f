//! Questions of the user beside the terminal: asked once, or once a second to see the answers change.

use super::{Io, Program, Step};
use crate::api::resolver::{Asked, Question};
use crate::api::{Resolver, Span};
use crate::dns::{query, server, server::Network};
use std::rc::Rc;

/// How often a question is asked that is watched.
pub const EVERY: Span = Span::seconds(1);

/// Asks once; the caches learn from it.
pub fn ask(io: &mut Io, question: &Question) -> Asked {
    let store = io.api.store();
    let mut network = Network::new(store, io.api.now, &question.namespace, query::node(store));
    let asked = question.ask(&mut network);
    let learned = network.into_learned();
    server::keep(io.api, learned);
    asked
}

/// The program that asks: once, or once a second until another question takes its place.
pub struct Watch {
    /// What is asked again and again: name and type.
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
