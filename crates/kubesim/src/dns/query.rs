//! A question of the user: what is asked, from where, and what is to be said about the answer.

use super::reason;
use super::resolv_conf::search_path;
use super::resolver::lookup;
use super::server::Network;
use crate::api::resolver::Answer;
use crate::api::resolver::Asked;
use crate::api::resolver::Question;
use crate::api::{Kind, SimTime};
use crate::apiserver::Store;
use std::rc::Rc;

impl Question {
    /// Asks, without that anything is kept: what an answer would be.
    pub fn peek(&self, store: &Store, now: SimTime) -> Asked {
        self.ask(&mut Network::new(store, now, &self.namespace, node(store)))
    }

    pub(crate) fn ask(&self, network: &mut Network) -> Asked {
        let search = search_path(&self.namespace);
        let tries: Rc<[Answer]> = lookup(network, &self.name, &self.record_type, &search).into();
        let reason = reason::explain(network, self, &tries);
        Asked { question: self.clone(), at: network.now, tries, reason }
    }
}

/// The node on which the one who asks is: the first that takes pods.
pub(crate) fn node(store: &Store) -> &str {
    let takes_pods = |n: &&Rc<crate::api::Object>| n.node().taints.is_empty();
    store.list(Kind::Node).find(takes_pods).map_or("", |node| &node.meta.name)
}
