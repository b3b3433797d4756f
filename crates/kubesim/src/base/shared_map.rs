//! An ordered map whose copies share what they have in common: a copy costs next to nothing, and a write after it copies
//! the block that it changes. So a world can be kept for every few hundred writes of a history.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

/// A block holds at most so many entries: few enough to be copied often, enough to make the list of blocks short.
const MOST_IN_BLOCK: usize = 32;

/// What can be looked for in a [`SharedMap`].
pub trait Sought: Ord {
    /// A number that is in the order of the keys, as far as it goes: it spares most comparisons.
    fn rank(&self) -> u64 {
        0
    }

    /// Compares with a key of the same rank.
    fn compare_within_rank(&self, other: &Self) -> Ordering {
        self.cmp(other)
    }
}

impl Sought for str {
    /// The first eight bytes.
    fn rank(&self) -> u64 {
        let bytes = self.as_bytes();
        if let Some(first) = bytes.first_chunk::<8>() {
            return u64::from_be_bytes(*first);
        }
        let free = 8 * (8 - bytes.len());
        match (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
            // The second four with those of the first that are among them pushed out.
            (Some(first), Some(last)) => {
                let last = u64::from(u32::from_be_bytes(*last)) << free & 0xFFFF_FFFF;
                u64::from(u32::from_be_bytes(*first)) << 32 | last
            }
            _ => bytes
                .iter()
                .fold(0, |rank, byte| rank << 8 | u64::from(*byte))
                .checked_shl(free as u32)
                .unwrap_or(0),
        }
    }

    fn compare_within_rank(&self, other: &str) -> Ordering {
        // The rank says all of a text that is no longer, but for how many NULs it ends in.
        if self.len() <= 8 && other.len() <= 8 {
            return self.len().cmp(&other.len());
        }
        self.cmp(other)
    }
}

#[derive(Clone)]
struct Slot<K, V> {
    rank: u64,
    key: K,
    value: V,
}

impl<K, V> Slot<K, V> {
    #[inline(always)]
    fn compare<Q: Sought + ?Sized>(&self, rank: u64, key: &Q) -> Ordering
    where
        K: Borrow<Q>,
    {
        if self.rank == rank { self.key.borrow().compare_within_rank(key) } else { self.rank.cmp(&rank) }
    }
}

/// Some entries that follow each other, at least one.
#[derive(Clone)]
struct Block<K, V> {
    /// The first entry's: most searches need no more of a block.
    rank: u64,
    slots: Rc<Vec<Slot<K, V>>>,
}

/// A map in the order of its keys, cheap to copy.
#[derive(Clone)]
pub struct SharedMap<K, V> {
    /// In order.
    blocks: Rc<Vec<Block<K, V>>>,
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        SharedMap { blocks: Rc::default() }
    }
}

impl<K: fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K, V> SharedMap<K, V> {
    /// The entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&K, &V)> {
        self.blocks.iter().flat_map(|block| block.slots.iter()).map(|slot| (&slot.key, &slot.value))
    }

    /// The values in the order of their keys.
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &V> {
        self.blocks.iter().flat_map(|block| block.slots.iter()).map(|slot| &slot.value)
    }

    /// Whether there is nothing.
    pub fn is_empty(&self) -> bool {
        self.blocks.is_empty()
    }

    /// Whether two maps are copies of each other to which nothing has been done since; others can be equal too.
    pub fn is_copy_of(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.blocks, &other.blocks)
    }

    /// The block in which the key is or would be, and the place in it.
    fn find<Q: Sought + ?Sized>(&self, rank: u64, key: &Q) -> (usize, Result<usize, usize>)
    where
        K: Borrow<Q>,
    {
        // Searched by hand, as nothing is done more often.
        let (mut at, mut beyond) = (0, self.blocks.len());
        while at + 1 < beyond {
            let middle = (at + beyond) / 2;
            let block = &self.blocks[middle];
            let is_after = if block.rank == rank {
                block.slots[0].key.borrow().compare_within_rank(key).is_gt()
            } else {
                block.rank > rank
            };
            if is_after { beyond = middle } else { at = middle }
        }
        let Some(block) = self.blocks.get(at) else { return (0, Err(0)) };
        let (mut low, mut high) = (0, block.slots.len());
        while low < high {
            let middle = (low + high) / 2;
            match block.slots[middle].compare(rank, key) {
                Ordering::Less => low = middle + 1,
                Ordering::Equal => return (at, Ok(middle)),
                Ordering::Greater => high = middle,
            }
        }
        (at, Err(low))
    }

    /// The value of a key.
    pub fn get<Q: Sought + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let (at, place) = self.find(key.rank(), key);
        let place = place.ok()?;
        Some(&self.blocks[at].slots[place].value)
    }
}

impl<K: Clone, V: Clone> SharedMap<K, V> {
    /// The value of a key, to change.
    pub fn get_mut<Q: Sought + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        let (at, place) = self.find(key.rank(), key);
        let place = place.ok()?;
        let block = &mut Rc::make_mut(&mut self.blocks)[at];
        Some(&mut Rc::make_mut(&mut block.slots)[place].value)
    }

    /// The value of a key, to change; a new one if there is none.
    pub fn entry<Q: Sought + ?Sized>(&mut self, key: &Q, new: impl FnOnce() -> (K, V)) -> &mut V
    where
        K: Borrow<Q>,
    {
        let rank = key.rank();
        let (mut at, place) = self.find(rank, key);
        let blocks = Rc::make_mut(&mut self.blocks);
        let place = match place {
            Ok(place) => place,
            Err(place) => {
                let (key, value) = new();
                let slot = Slot { rank, key, value };
                let mut place = place;
                if blocks.is_empty() {
                    blocks.push(Block { rank, slots: Rc::default() });
                } else if blocks[at].slots.len() == MOST_IN_BLOCK {
                    // What grows at its end is filled up; else both halves have room.
                    let is_end = at + 1 == blocks.len() && place == MOST_IN_BLOCK;
                    let cut = if is_end { MOST_IN_BLOCK } else { MOST_IN_BLOCK / 2 };
                    let mut upper = Vec::with_capacity(MOST_IN_BLOCK);
                    upper.append(&mut Rc::make_mut(&mut blocks[at].slots).split_off(cut));
                    let first = upper.first().map_or(rank, |slot| slot.rank);
                    blocks.insert(at + 1, Block { rank: first, slots: Rc::new(upper) });
                    if place > cut || is_end {
                        (at, place) = (at + 1, place - cut);
                    }
                }
                let block = &mut blocks[at];
                if place == 0 {
                    block.rank = rank;
                }
                Rc::make_mut(&mut block.slots).insert(place, slot);
                place
            }
        };
        &mut Rc::make_mut(&mut blocks[at].slots)[place].value
    }

    /// Takes a key out.
    pub fn remove<Q: Sought + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
    {
        let (at, place) = self.find(key.rank(), key);
        let place = place.ok()?;
        let blocks = Rc::make_mut(&mut self.blocks);
        let block = &mut blocks[at];
        let slot = Rc::make_mut(&mut block.slots).remove(place);
        let Some(first) = block.slots.first() else {
            blocks.remove(at);
            return Some(slot.value);
        };
        block.rank = first.rank;
        if block.slots.len() < MOST_IN_BLOCK / 4 {
            // With a neighbour, if both together leave room.
            let lower = at.saturating_sub(1);
            let both = blocks.get(lower + 1).map(|upper| blocks[lower].slots.len() + upper.slots.len());
            if both.is_some_and(|both| both <= MOST_IN_BLOCK / 2) {
                let upper = blocks.remove(lower + 1);
                Rc::make_mut(&mut blocks[lower].slots).extend(upper.slots.iter().cloned());
            }
        }
        Some(slot.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::Str;
    use crate::base::rng::Rng;
    use std::collections::BTreeMap;

    /// Random names, of which many begin alike.
    fn name(rng: &mut Rng) -> Str {
        let ends = ["", "-0", "-10", "-long-name-1", "-long-name-12", "\0"];
        format!("{}{}{}", ["web", "w", "flask"][rng.below(3)], rng.below(60), ends[rng.below(ends.len())])
            .into()
    }

    #[test]
    fn it_holds_what_an_ordered_map_holds_and_copies_stay_as_they_were() {
        let mut rng = Rng::new(7);
        let mut shared: SharedMap<Str, usize> = SharedMap::default();
        let mut plain: BTreeMap<Str, usize> = BTreeMap::new();
        let mut copies = Vec::new();
        for step in 0..20_000 {
            let key = name(&mut rng);
            match rng.below(if step % 4_000 < 2_000 { 4 } else { 2 }) {
                0 => assert_eq!(shared.remove(&*key), plain.remove(&key)),
                1 => assert_eq!(shared.get_mut(&*key).map(|v| *v += 1), plain.get_mut(&key).map(|v| *v += 1)),
                _ => {
                    *shared.entry(&*key, || (key.clone(), 0)) += step;
                    *plain.entry(key.clone()).or_default() += step;
                }
            }
            let key = name(&mut rng);
            assert_eq!(shared.get(&*key), plain.get(&key));
            if step % 500 == 0 {
                copies.push((shared.clone(), plain.clone()));
            }
        }
        copies.push((shared, plain));
        for (shared, plain) in &copies {
            assert!(shared.iter().eq(plain.iter()));
            assert!(shared.values().rev().eq(plain.values().rev()));
            assert_eq!(shared.is_empty(), plain.is_empty());
        }
    }

    #[test]
    fn what_is_put_in_in_order_fills_its_blocks_and_what_is_left_of_them_is_joined() {
        let mut map: SharedMap<Str, ()> = SharedMap::default();
        let keys: Vec<Str> = (0..640).map(|n| format!("{n:04}").into()).collect();
        for key in &keys {
            map.entry(&**key, || (key.clone(), ()));
        }
        assert_eq!(map.blocks.len(), 640 / MOST_IN_BLOCK);
        let mut left: Vec<&Str> = Vec::new();
        for (n, key) in keys.iter().enumerate() {
            match n % MOST_IN_BLOCK {
                0 => left.push(key),
                _ => assert!(map.remove(&**key).is_some()),
            }
        }
        assert!(map.iter().map(|(key, _)| key).eq(left));
        assert!(map.blocks.len() <= 640 / MOST_IN_BLOCK / 4, "{} blocks", map.blocks.len());
    }
}
