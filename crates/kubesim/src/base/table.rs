//! A map for what is only looked up.
//!
//! Its hash is the mixing that events and shared texts are found by (`base::hash`): a library's would be a second one.

use super::hash::{mix_bytes, mix64};
use std::borrow::Borrow;
use std::hash::{BuildHasherDefault, Hash, Hasher};

/// A map that can't be walked through: nothing can depend on the order in which it keeps things, and so it may be the
/// quickest there is.
#[derive(Clone, Debug)]
#[allow(clippy::disallowed_types, reason = "its order is not to be seen")]
pub(crate) struct Table<K, V>(std::collections::HashMap<K, V, BuildHasherDefault<Numbering>>);

impl<K, V> Default for Table<K, V> {
    fn default() -> Table<K, V> {
        Table(Default::default())
    }
}

impl<K: Eq + Hash, V> Table<K, V> {
    /// The value of a key.
    pub fn get<Q: Eq + Hash + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        self.0.get(key)
    }

    /// The value of a key, to change.
    pub fn get_mut<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        self.0.get_mut(key)
    }

    /// Puts a value in. Returns what was there.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        self.0.insert(key, value)
    }

    /// Takes a value out.
    pub fn remove<Q: Eq + Hash + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        self.0.remove(key)
    }
}

/// Makes the numbers by which a [`Table`] finds its keys.
#[derive(Default)]
pub(crate) struct Numbering(u64);

impl Hasher for Numbering {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = mix_bytes(self.0, bytes);
    }

    fn write_u8(&mut self, n: u8) {
        self.write_u64(n.into());
    }

    fn write_u64(&mut self, n: u64) {
        self.0 = mix64(self.0, n);
    }

    fn write_isize(&mut self, n: isize) {
        self.write_u64(n as u64);
    }
}
