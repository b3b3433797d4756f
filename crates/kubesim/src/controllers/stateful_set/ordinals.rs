//! Sets of ordinals: of a set's ordinals many are alike, and they lie close together.

use std::collections::BTreeMap;
use std::ops::{Range, RangeInclusive};

/// Some ordinals, a bit for each.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ordinals {
    /// Sixty-four by sixty-four, by the number of the block; none is empty.
    blocks: BTreeMap<i32, u64>,
}

/// The block in which an ordinal is, and its bit.
fn place(n: i32) -> (i32, u64) {
    (n >> 6, 1 << (n & 63))
}

/// The blocks in which these places are.
fn blocks_of(places: &RangeInclusive<i32>) -> RangeInclusive<i32> {
    place(*places.start()).0..=place(*places.end()).0
}

/// The bits of a block that are in these places.
fn within(block: i32, places: &RangeInclusive<i32>) -> u64 {
    let first = i64::from(block) << 6;
    let bits_below = |n: i64| match n - first {
        ..=0 => 0,
        64.. => u64::MAX,
        n => (1 << n) - 1,
    };
    bits_below(i64::from(*places.end()) + 1) & !bits_below((*places.start()).into())
}

impl Ordinals {
    /// Puts an ordinal in.
    pub fn insert(&mut self, n: i32) {
        let (block, bit) = place(n);
        *self.blocks.entry(block).or_default() |= bit;
    }

    /// Takes an ordinal out.
    pub fn remove(&mut self, n: i32) {
        let (block, bit) = place(n);
        let Some(bits) = self.blocks.get_mut(&block) else { return };
        *bits &= !bit;
        if *bits == 0 {
            self.blocks.remove(&block);
        }
    }

    /// All in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = i32> {
        self.range(i32::MIN..=i32::MAX)
    }

    /// Those in these places, in order.
    pub fn range(&self, places: RangeInclusive<i32>) -> impl DoubleEndedIterator<Item = i32> {
        let blocks = (!places.is_empty()).then(|| self.blocks.range(blocks_of(&places)));
        let bits = move |(block, bits): (&i32, &u64)| (block << 6, bits & within(*block, &places));
        blocks.into_iter().flatten().map(bits).flat_map(|(first, left)| Bits { first, left })
    }

    /// How many are in these places.
    pub fn count(&self, places: RangeInclusive<i32>) -> usize {
        if places.is_empty() {
            return 0;
        }
        let blocks = self.blocks.range(blocks_of(&places));
        blocks.map(|(block, bits)| (bits & within(*block, &places)).count_ones() as usize).sum()
    }
}

impl From<Range<i32>> for Ordinals {
    fn from(places: Range<i32>) -> Ordinals {
        if places.is_empty() {
            return Ordinals::default();
        }
        let places = places.start..=places.end - 1;
        let blocks = blocks_of(&places).map(|block| (block, within(block, &places)));
        Ordinals { blocks: collections::collect(blocks) }
    }
}

impl FromIterator<i32> for Ordinals {
    fn from_iter<T: IntoIterator<Item = i32>>(ordinals: T) -> Ordinals {
        let mut set = Ordinals::default();
        ordinals.into_iter().for_each(|n| set.insert(n));
        set
    }
}

/// The ordinals of a block.
struct Bits {
    first: i32,
    left: u64,
}

impl Iterator for Bits {
    type Item = i32;

    fn next(&mut self) -> Option<i32> {
        let n = self.left.trailing_zeros() as i32;
        self.left &= self.left.checked_sub(1)?;
        Some(self.first + n)
    }
}

impl DoubleEndedIterator for Bits {
    fn next_back(&mut self) -> Option<i32> {
        let n = 63_i32.checked_sub_unsigned(self.left.leading_zeros()).filter(|n| *n >= 0)?;
        self.left &= !(1 << n);
        Some(self.first + n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::rng::Rng;
    use std::collections::BTreeSet;

    #[test]
    fn it_holds_what_an_ordered_set_holds() {
        let mut rng = Rng::new(3);
        let (mut ours, mut plain) = (Ordinals::default(), BTreeSet::new());
        for _ in 0..5_000 {
            let n = match rng.below(8) {
                0 => i32::MAX - rng.below(3) as i32,
                1 => -(rng.below(70) as i32),
                _ => rng.below(300) as i32,
            };
            if rng.below(3) == 0 {
                ours.remove(n);
                plain.remove(&n);
            } else {
                ours.insert(n);
                plain.insert(n);
            }
            let start = rng.below(330) as i32 - 20;
            let places = match rng.below(9) {
                0 => start..=i32::MAX,
                _ => start..=start + rng.below(150) as i32 - 5,
            };
            let theirs: Vec<i32> = plain.iter().copied().filter(|n| places.contains(n)).collect();
            assert!(ours.range(places.clone()).eq(theirs.iter().copied()), "{places:?}");
            assert!(ours.range(places.clone()).rev().eq(theirs.iter().copied().rev()), "{places:?}");
            assert_eq!(ours.count(places), theirs.len());
        }
        assert!(ours.iter().eq(plain.iter().copied()));
        assert_eq!(plain.into_iter().collect::<Ordinals>(), ours);
    }

    #[test]
    fn a_range_is_all_that_is_in_it() {
        for places in [0..0, 7..7, 0..64, 3..200, -5..5, i32::MAX - 3..i32::MAX] {
            assert!(Ordinals::from(places.clone()).iter().eq(places.clone()), "{places:?}");
        }
    }
}
