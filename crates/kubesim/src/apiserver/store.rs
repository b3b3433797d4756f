//! All objects as they are at one moment, and every component's newest verdict.

use super::index::{Index, IndexKey, NodeLoad};
use crate::api::verdict::{Component, Verdict};
use crate::api::{Key, Kind, Object, Str, Uid};
use crate::base::shared_map::SharedMap;
use std::rc::Rc;

/// What the store has under a key.
#[derive(Clone, Default, Debug)]
struct Entry {
    object: Option<Rc<Object>>,
    /// What components say about it, in the order of the components.
    verdicts: Option<Rc<Verdicts>>,
}

type Verdicts = Vec<(Component, Rc<Verdict>)>;

impl Entry {
    fn verdicts(&self) -> impl Iterator<Item = &(Component, Rc<Verdict>)> {
        self.verdicts.iter().flat_map(|verdicts| verdicts.iter())
    }

    fn is_empty(&self) -> bool {
        self.object.is_none() && self.verdicts.is_none()
    }
}

/// By namespace, then by name.
type Places = SharedMap<Str, SharedMap<Str, Entry>>;

/// The world at one moment. What reads it (kubectl's printers, DNS, the page) works on any moment of the history.
///
/// Copies share what they have in common, so that one costs next to nothing.
#[derive(Clone, Default, Debug)]
pub struct Store {
    /// By kind, in their order, as far as there ever was an object.
    kinds: Vec<Places>,
    /// How many objects and verdicts.
    count: usize,
    index: Index,
}

impl PartialEq for Store {
    fn eq(&self, other: &Store) -> bool {
        let mut both = self.kinds.iter().zip(&other.kinds);
        let alike = self.kinds.len() == other.kinds.len() && both.all(|(a, b)| a.is_copy_of(b));
        alike || self.all().eq(other.all()) && self.verdicts().eq(other.verdicts())
    }
}

impl Store {
    fn places(&self, kind: Kind) -> Option<&Places> {
        self.kinds.get(kind as usize)
    }

    fn place(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Entry> {
        self.places(kind)?.get(namespace)?.get(name)
    }

    /// The object of this key.
    pub fn get(&self, key: &Key) -> Option<&Rc<Object>> {
        self.find(key.kind, &key.namespace, &key.name)
    }

    /// A namespaced object.
    pub fn find(&self, kind: Kind, namespace: &str, name: &str) -> Option<&Rc<Object>> {
        self.place(kind, namespace, name)?.object.as_ref()
    }

    /// A cluster-scoped object.
    pub fn find_cluster(&self, kind: Kind, name: &str) -> Option<&Rc<Object>> {
        self.find(kind, "", name)
    }

    /// All objects of a kind, by namespace and name.
    pub fn list(&self, kind: Kind) -> impl DoubleEndedIterator<Item = &Rc<Object>> {
        let namespaces = self.places(kind).into_iter().flat_map(SharedMap::values);
        namespaces.flat_map(SharedMap::values).filter_map(|place| place.object.as_ref())
    }

    /// All objects of a kind in a namespace, by name.
    pub fn list_in(&self, kind: Kind, namespace: &str) -> impl DoubleEndedIterator<Item = &Rc<Object>> {
        let places = self.places(kind).and_then(|places| places.get(namespace));
        places.into_iter().flat_map(SharedMap::values).filter_map(|place| place.object.as_ref())
    }

    /// How many objects and verdicts there are.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All objects.
    pub fn all(&self) -> impl Iterator<Item = &Rc<Object>> {
        let namespaces = self.kinds.iter().flat_map(SharedMap::values);
        namespaces.flat_map(SharedMap::values).filter_map(|place| place.object.as_ref())
    }

    /// What a component last said about an object.
    pub fn verdict(&self, component: Component, key: &Key) -> Option<&Rc<Verdict>> {
        let place = self.place(key.kind, &key.namespace, &key.name)?;
        place.verdicts().find(|(who, _)| *who == component).map(|(_, verdict)| verdict)
    }

    /// Every component's newest verdict.
    pub fn verdicts(&self) -> impl Iterator<Item = (Component, &Rc<Verdict>)> {
        let namespaces = self.kinds.iter().flat_map(SharedMap::values);
        let places = namespaces.flat_map(SharedMap::values);
        places.flat_map(|place| place.verdicts().map(|(who, verdict)| (*who, verdict)))
    }

    /// What has this object among its owners, in the order of the keys.
    pub fn dependents(&self, owner: Uid) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&IndexKey::Owner(owner))
    }

    /// The pods that mount this claim.
    pub fn pods_with_claim(&self, claim: &Key) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&IndexKey::Claim(claim.namespace.clone(), claim.name.clone()))
    }

    /// The volumes that say they are this claim's.
    pub fn volumes_of_claim(&self, claim: &Key) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&IndexKey::VolumeOf(claim.namespace.clone(), claim.name.clone()))
    }

    /// The claims that name this volume as theirs, bound to it or not.
    pub fn claims_naming(&self, volume: &Str) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&IndexKey::Names(volume.clone()))
    }

    /// The volumes that are nobody's.
    pub fn free_volumes(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&IndexKey::VolumeOf(Str::default(), Str::default()))
    }

    /// The pods that were given to a node or are about to be.
    pub fn pods_on(&self, node: &Str) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&IndexKey::Node(node.clone()))
    }

    /// The pods that keep certain others away from where they are, wherever that is.
    pub fn pods_that_repel(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&IndexKey::Repels)
    }

    /// The pods for which the scheduler has found no node.
    pub fn unschedulable_pods(&self) -> impl Iterator<Item = &Rc<Object>> {
        self.indexed(&IndexKey::Unschedulable)
    }

    /// The nodes, each with what the pods on it use of it, those included that are about to come.
    pub fn nodes_with_loads(&self) -> impl Iterator<Item = (&Rc<Object>, Option<&NodeLoad>)> {
        let mut loads = self.index.loads().peekable();
        self.list(Kind::Node).map(move |node| {
            let is_of_node = |name: &Str| Rc::ptr_eq(name, &node.meta.name) || *name == node.meta.name;
            while loads.next_if(|(name, _)| !is_of_node(name) && **name < node.meta.name).is_some() {}
            (node, loads.next_if(|(name, _)| is_of_node(name)).map(|(_, load)| load))
        })
    }

    fn indexed<'a>(&'a self, key: &IndexKey) -> impl Iterator<Item = &'a Rc<Object>> + use<'a> {
        self.index.keys(key).filter_map(|key| self.get(key))
    }

    fn entry(&mut self, key: &Key) -> &mut Entry {
        let at = key.kind as usize;
        if at >= self.kinds.len() {
            self.kinds.resize(at + 1, SharedMap::default());
        }
        let names = self.kinds[at].entry(&*key.namespace, || (key.namespace.clone(), SharedMap::default()));
        names.entry(&*key.name, || (key.name.clone(), Entry::default()))
    }

    fn forget_if_empty(&mut self, key: &Key) {
        if !self.place(key.kind, &key.namespace, &key.name).is_some_and(Entry::is_empty) {
            return;
        }
        let places = self.kinds.get_mut(key.kind as usize);
        if let Some(names) = places.and_then(|places| places.get_mut(&*key.namespace)) {
            names.remove(&*key.name);
        }
    }

    /// Puts an object in, or takes it out.
    pub(crate) fn put(&mut self, key: &Key, object: Option<Rc<Object>>) {
        let gone = object.is_none();
        let after = object.clone();
        let before = std::mem::replace(&mut self.entry(key).object, object);
        self.count = self.count + usize::from(!gone) - usize::from(before.is_some());
        self.index.object_changed(key, before.as_deref(), after.as_deref());
        if gone {
            self.forget_if_empty(key);
        }
    }

    pub(super) fn put_verdict(&mut self, component: Component, key: &Key, verdict: Option<Rc<Verdict>>) {
        self.index.verdict_changed(component, key, verdict.as_deref());
        let gone = verdict.is_none();
        let place = self.entry(key);
        let verdicts = Rc::make_mut(place.verdicts.get_or_insert_default());
        let at = verdicts.binary_search_by_key(&component, |(who, _)| *who);
        match (at, verdict) {
            (Ok(at), Some(verdict)) => verdicts[at].1 = verdict,
            (Err(at), Some(verdict)) => {
                verdicts.reserve_exact(1);
                verdicts.insert(at, (component, verdict));
                self.count += 1;
            }
            (Ok(at), None) => {
                verdicts.remove(at);
                if verdicts.is_empty() {
                    place.verdicts = None;
                }
                self.count -= 1;
            }
            (Err(_), None) if verdicts.is_empty() => place.verdicts = None,
            (Err(_), None) => {}
        }
        if gone {
            self.forget_if_empty(key);
        }
    }

    /// The components that have a verdict about an object.
    pub(super) fn who_speaks_of(&self, key: &Key) -> Vec<Component> {
        let place = self.place(key.kind, &key.namespace, &key.name);
        place.into_iter().flat_map(Entry::verdicts).map(|(who, _)| *who).collect()
    }
}
