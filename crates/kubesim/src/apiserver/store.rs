//! All objects as they are at one moment, and every component's newest verdict.

use crate::api::{KINDS, Key, Kind, Object, Str};
use crate::verdict::{Component, Verdict, VerdictKey};
use std::collections::BTreeMap;
use std::ops::Bound;
use std::rc::Rc;

/// The world at one moment. What reads it (kubectl's printers, DNS, the page) works on any moment of the history.
#[derive(Clone, Default, PartialEq, Debug)]
pub struct Store {
    objects: BTreeMap<Key, Rc<Object>>,
    verdicts: BTreeMap<VerdictKey, Rc<Verdict>>,
}

impl Store {
    /// The object of this key.
    pub fn get(&self, key: &Key) -> Option<&Rc<Object>> {
        self.objects.get(key)
    }

    /// A namespaced object.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Rc<Object>> {
        self.get(&Key::new(kind, namespace, name))
    }

    /// All objects of a kind, by namespace and name.
    pub fn list(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Rc<Object>> {
        let nothing = || (Str::default(), Str::default());
        let at = |kind, (namespace, name)| Key { kind, namespace, name };
        let to = match KINDS.get(kind as usize + 1) {
            Some(next) => Bound::Excluded(at(next.kind, nothing())),
            None => Bound::Unbounded,
        };
        self.objects.range((Bound::Included(at(kind, nothing())), to)).map(|(_, o)| o)
    }

    /// All objects of a kind in a namespace, by name.
    pub fn list_in(&self, kind: Kind, namespace: &str) -> impl DoubleEndedIterator<Item = &Rc<Object>> {
        let end = Str::from(format!("{namespace}\0"));
        let from = Key { kind, namespace: namespace.into(), name: Str::default() };
        let to = Key { kind, namespace: end, name: Str::default() };
        self.objects.range(from..to).map(|(_, o)| o)
    }

    /// How many objects and verdicts there are.
    pub fn len(&self) -> usize {
        self.objects.len() + self.verdicts.len()
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All objects.
    pub fn all(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.objects.values()
    }

    /// What a component last said about an object.
    pub fn verdict(&self, component: Component, key: &Key) -> Option<&Rc<Verdict>> {
        self.verdicts.get(&(component, key.clone()))
    }

    /// Every component's newest verdict.
    pub fn verdicts(&self) -> impl Iterator<Item = (&VerdictKey, &Rc<Verdict>)> {
        self.verdicts.iter()
    }

    /// Puts an object in, or takes it out.
    pub(crate) fn put(&mut self, key: Key, object: Option<Rc<Object>>) {
        match object {
            Some(object) => self.objects.insert(key, object),
            None => self.objects.remove(&key),
        };
    }

    pub(super) fn put_verdict(&mut self, key: VerdictKey, verdict: Option<Rc<Verdict>>) {
        match verdict {
            Some(verdict) => self.verdicts.insert(key, verdict),
            None => self.verdicts.remove(&key),
        };
    }
}
