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
use std::collections::BTreeSet;
use std::rc::Rc;

/// Slices on the way.
struct Slices {
    /// The objects that matter to slices, and the slices so far.
    store: Store,
    made_up: BTreeSet<Key>,
}

/// Adds the slices of the first moment to the objects, and what becomes of them to what was seen later.
pub fn complete(objects: &mut Vec<Object>, seen: Vec<Seen>, made_up: &mut Vec<(Key, MadeUp)>) -> Vec<Seen> {
    let mut slices = Slices { store: Store::default(), made_up: BTreeSet::new() };
    let of_use = |kind: Kind| matches!(kind, Kind::Service | Kind::Pod | Kind::Node);
    for object in objects.iter().filter(|object| of_use(object.kind)) {
        slices.store.put(&object.key(), Some(Rc::new(object.clone())));
    }
    let services: Vec<Key> = slices.store.list(Kind::Service).map(|service| service.key()).collect();
    for service in &services {
        objects.extend(slices.update(service).into_iter().filter_map(|(_, slice)| Some((*slice?).clone())));
    }
    let mut all = Vec::new();
    for seen in seen {
        let Seen { at, ref key, ref after } = seen;
        let before = slices.store.get(key).cloned();
        let mut concerned = Vec::new();
        if of_use(key.kind) {
            slices.store.put(key, after.clone());
            let (before, after) = (before.as_deref(), after.as_deref());
            let change = WatchEvent { key, before, after, cause: Cause::Bootstrap };
            if before.is_some() || after.is_some() {
                endpoint_slice::event_handlers(&slices.store, &change, &mut |_, service| {
                    concerned.push(service)
                });
            }
        }
        all.push(seen);
        for service in concerned {
            all.extend(slices.update(&service).into_iter().map(|(key, after)| Seen { at, key, after }));
        }
    }
    made_up.extend(slices.made_up.into_iter().map(|key| (key, MadeUp::SliceOfService)));
    all
}

impl Slices {
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
