//! What every component is made with: what a reconcile gets and how it ends, the changes that a watch shows, and rules that
//! several components share.

pub mod ref_manager;
pub mod volume_binding;

use crate::api::status::ApiError;
use crate::api::verdict::{Component, Reason};
use crate::api::{Key, Kind, Object, SimTime};
use crate::apiserver::{ApiServer, Cause, Store};
use crate::config::Timings;
use std::rc::Rc;

/// What a reconcile has to work with.
pub struct Context<'a> {
    /// The API server.
    pub api: &'a mut ApiServer,
    /// How long things take.
    pub timings: &'a Timings,
}

impl Context<'_> {
    /// The present.
    pub fn now(&self) -> SimTime {
        self.api.now
    }

    /// The world as it is now.
    pub fn store(&self) -> &Store {
        self.api.store()
    }

    /// Has the verdict of `me` about an object be what a reconcile of it found; a request that failed is tried again.
    pub fn report(&mut self, me: Component, key: &Key, found: Found) -> Outcome {
        match found {
            Ok((reason, requeue_at)) => {
                self.api.set_verdict(me, key, Some(reason), requeue_at);
                Outcome { requeue_at, failed: false }
            }
            Err(error) => {
                self.api.set_verdict(me, key, Some(Reason::Failed { message: error.message.into() }), None);
                Outcome::FAILED
            }
        }
    }
}

/// What a reconcile says of its object, and when it wants to look again, if it does; or which request failed.
pub type Found = Result<(Reason, Option<SimTime>), ApiError>;

/// How a reconcile ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Outcome {
    /// When it wants to look again, whatever happens.
    pub requeue_at: Option<SimTime>,
    /// Whether a request failed, so that it has to be tried again with a growing delay.
    pub failed: bool,
}

impl Outcome {
    /// Nothing more to do until something changes.
    pub const DONE: Outcome = Outcome { requeue_at: None, failed: false };
    /// To be tried again.
    pub const FAILED: Outcome = Outcome { requeue_at: None, failed: true };

    /// To be looked at again at this time.
    pub const fn at(at: SimTime) -> Outcome {
        Outcome { requeue_at: Some(at), failed: false }
    }
}

/// A change of an object, as a watch shows it.
pub struct WatchEvent<'a> {
    /// The object.
    pub key: &'a Key,
    /// As it was; absent if it is new.
    pub before: Option<&'a Object>,
    /// As it is; absent if it is gone.
    pub after: Option<&'a Object>,
    /// Who made it.
    pub cause: Cause,
}

impl<'a> WatchEvent<'a> {
    /// The object as it is, or as it was last.
    pub fn object(&self) -> &'a Object {
        self.after.or(self.before).expect("a change has a before or an after")
    }

    /// The object's state before and after, whichever there are.
    pub fn both(&self) -> impl Iterator<Item = &'a Object> {
        self.before.into_iter().chain(self.after)
    }
}

/// Adds the owner of a kind, if the object is managed by one.
pub fn add_controller_of(
    change: &WatchEvent,
    kind: Kind,
    component: Component,
    add: &mut dyn FnMut(Component, Key),
) {
    // Mostly it is the same before and after.
    let same = |old: &&Object| {
        let is_same = |new: &Object| Rc::ptr_eq(&old.meta.owner_references, &new.meta.owner_references);
        change.after.is_some_and(is_same)
    };
    let before = change.before.filter(|old| !same(old));
    for object in before.into_iter().chain(change.after) {
        if let Some(owner) = object.meta.controller().filter(|o| *o.kind == *kind.name()) {
            let namespace = object.meta.namespace.clone();
            add(component, Key { kind, namespace, name: owner.name.clone() });
        }
    }
}
