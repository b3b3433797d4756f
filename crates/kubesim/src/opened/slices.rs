//! EndpointSlices of which nobody has seen any: as their controller would have made them of the Services and pods there are,
//! at the beginning and, in a recording, with each change. Without them no pod would be in DNS, which nobody has seen either.

use super::made_up::mark;
use super::recording::Seen;
use super::state::MadeUp;
use crate::api::service::SERVICE_NAME_LABEL;
use crate::api::{Key, Kind, Object};
use crate::apiserver::{Cause, Store};
use crate::component::WatchEvent;
use crate::controllers::endpoint_slice;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

/// So many changes are looked at in one step.
const AT_ONCE: usize = 16;

/// Slices on the way.
#[derive(Debug)]
pub struct Slices {
    /// The objects that matter to slices, and the slices so far.
    store: Store,
    made_up: BTreeSet<Key>,
    /// Services that have none yet.
    services: VecDeque<Key>,
    /// What was seen, and nobody has looked at yet.
    seen: VecDeque<Seen>,
    all: Vec<Seen>,
}

fn matters(kind: Kind) -> bool {
    matches!(kind, Kind::Service | Kind::Pod | Kind::Node)
}

impl Slices {
    /// Slices of what is there at the first moment and what was seen later.
    pub fn new(objects: &[Object], seen: Vec<Seen>) -> Slices {
        let mut store = Store::default();
        for object in objects.iter().filter(|object| matters(object.kind)) {
            store.put(&object.key(), Some(Rc::new(object.clone())));
        }
        let services = store.list(Kind::Service).map(|service| service.key()).collect();
        Slices { store, made_up: BTreeSet::new(), services, seen: seen.into(), all: Vec::new() }
    }

    /// Adds some slices of the first moment to the objects, or what becomes of them to what was seen later; false if all is done.
    pub fn step(&mut self, objects: &mut Vec<Object>) -> bool {
        if let Some(service) = self.services.pop_front() {
            let slices = self.update(&service).into_iter();
            objects.extend(slices.filter_map(|(_, slice)| Some((*slice?).clone())));
            return true;
        }
        let count = self.seen.len().min(AT_ONCE);
        for seen in self.seen.drain(..count).collect::<Vec<Seen>>() {
            self.see(seen);
        }
        !self.seen.is_empty()
    }

    /// What was seen, with the slices that follow from it.
    pub fn take(&mut self, made_up: &mut Vec<(Key, MadeUp)>) -> Vec<Seen> {
        let slices = std::mem::take(&mut self.made_up);
        made_up.extend(slices.into_iter().map(|key| (key, MadeUp::SliceOfService)));
        std::mem::take(&mut self.all)
    }

    fn see(&mut self, seen: Seen) {
        let Seen { at, ref key, ref after } = seen;
        let before = self.store.get(key).cloned();
        let mut concerned = Vec::new();
        if matters(key.kind) {
            self.store.put(key, after.clone());
            let (before, after) = (before.as_deref(), after.as_deref());
            let change = WatchEvent { key, before, after, cause: Cause::Bootstrap };
            if before.is_some() || after.is_some() {
                endpoint_slice::event_handlers(&self.store, &change, &mut |_, service| {
                    concerned.push(service)
                });
            }
        }
        self.all.push(seen);
        for service in concerned {
            let changed = self.update(&service).into_iter();
            self.all.extend(changed.map(|(key, after)| Seen { at, key, after }));
        }
    }

    /// Brings the slices of a Service up to date; returns what has changed.
    fn update(&mut self, service: &Key) -> Vec<(Key, Option<Rc<Object>>)> {
        let object = self.store.get(service).cloned();
        let wanted = object.as_ref().map(|object| endpoint_slice::wanted_slices(&self.store, object));
        let mut changed = Vec::new();
        let mut kept = BTreeSet::new();
        for (number, mut slice) in wanted.into_iter().flatten().enumerate() {
            let number = if number > 0 { format!("-{number}") } else { String::new() };
            slice.meta.name = [&service.name, "-made-up", &number].concat().into();
            slice.meta.generate_name = None;
            slice.meta.creation_timestamp =
                object.as_ref().map_or(slice.meta.creation_timestamp, |o| o.meta.creation_timestamp);
            mark(&mut slice);
            let key = slice.key();
            if self.store.get(&key).is_none_or(|before| **before != slice) {
                changed.push((key.clone(), Some(Rc::new(slice))));
            }
            self.made_up.insert(key.clone());
            kept.insert(key);
        }
        let is_of = |slice: &&Rc<Object>| slice.meta.label(SERVICE_NAME_LABEL) == Some(&service.name);
        let old = self
            .store
            .list_in(Kind::EndpointSlice, &service.namespace)
            .filter(is_of)
            .map(|slice| slice.key());
        changed.extend(old.filter(|key| !kept.contains(key)).map(|key| (key, None)));
        for (key, after) in &changed {
            self.store.put(key, after.clone());
        }
        changed
    }
}
