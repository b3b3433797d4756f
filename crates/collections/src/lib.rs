//! Sorting and collecting that is compiled once, not for every type anew.
//!
//! The standard library's sort is 6 kB of code for each type and comparison that it is used with, and collecting into a
//! `BTreeMap`, `BTreeSet` or `serde_json::Map` sorts, too. The sixty of them were a tenth of the page. Here all that is made for a
//! type is its comparison and the exchange of two of its elements.

use std::cmp::Ordering;

/// Sorts in ascending order; equal elements keep theirs.
pub fn sort<T: Ord>(items: &mut [T]) {
    sort_by(items, T::cmp);
}

/// Sorts by a comparison; equal elements keep their order.
pub fn sort_by<T>(items: &mut [T], mut compare: impl FnMut(&T, &T) -> Ordering) {
    let order = sorted(items.len(), &mut |a, b| compare(&items[a], &items[b]));
    arrange(order, &mut |a, b| items.swap(a, b));
}

/// Sorts by a key that is quickly made; equal elements keep their order.
pub fn sort_by_key<T, K: Ord>(items: &mut [T], mut key: impl FnMut(&T) -> K) {
    sort_by(items, |a, b| key(a).cmp(&key(b)));
}

/// As [`sort_by_key`], with each key made once.
pub fn sort_by_cached_key<T, K: Ord>(items: &mut [T], key: impl FnMut(&T) -> K) {
    let keys: Vec<K> = items.iter().map(key).collect();
    let order = sorted(keys.len(), &mut |a, b| keys[a].cmp(&keys[b]));
    arrange(order, &mut |a, b| items.swap(a, b));
}

/// Puts elements into a new collection one after the other.
pub fn collect<C: Default + Extend<T>, T>(items: impl IntoIterator<Item = T>) -> C {
    let mut collection = C::default();
    collection.extend(items);
    collection
}

/// The numbers below `count` in the order of a comparison of what they stand for; equal ones keep their order.
fn sorted(count: usize, compare: &mut dyn FnMut(usize, usize) -> Ordering) -> Vec<usize> {
    let mut order: Vec<usize> = (0..count).collect();
    merge_sort(&mut order, &mut Vec::new(), compare);
    order
}

/// Sorts each half, and merges them unless they stand in order already, as what is nearly sorted mostly does.
fn merge_sort(order: &mut [usize], left: &mut Vec<usize>, compare: &mut dyn FnMut(usize, usize) -> Ordering) {
    let middle = order.len() / 2;
    if middle == 0 {
        return;
    }
    merge_sort(&mut order[..middle], left, compare);
    merge_sort(&mut order[middle..], left, compare);
    if compare(order[middle - 1], order[middle]) != Ordering::Greater {
        return;
    }
    left.clear();
    left.extend_from_slice(&order[..middle]);
    // `to` stays behind `right` as long as something of the left half is left.
    let (mut to, mut right) = (0, middle);
    for &number in &*left {
        while right < order.len() && compare(number, order[right]) == Ordering::Greater {
            order[to] = order[right];
            to += 1;
            right += 1;
        }
        order[to] = number;
        to += 1;
    }
}

/// Brings the elements with these numbers, which are all, into this order by exchanging two at a time.
fn arrange(mut order: Vec<usize>, exchange: &mut dyn FnMut(usize, usize)) {
    for start in 0..order.len() {
        // Elements change places in circles: one after the other gets to where it belongs.
        let mut at = start;
        loop {
            let from = std::mem::replace(&mut order[at], at);
            if from == start {
                break;
            }
            exchange(at, from);
            at = from;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// Numbers without an order, the same ones every time.
    fn scattered(count: usize, upto: u64) -> Vec<u64> {
        let mut state = 0x9e37_79b9_7f4a_7c15_u64;
        let numbers = std::iter::repeat_with(|| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            state % upto
        });
        numbers.take(count).collect()
    }

    #[test]
    fn sorts_as_the_standard_library_does() {
        for count in (0..70).chain([1000, 4097]) {
            for upto in [1, 2, 10, u64::MAX] {
                // With the place beside it, it shows whether equal ones keep their order.
                let numbered: Vec<(u64, usize)> = scattered(count, upto).into_iter().zip(0..).collect();
                let mut expected = numbered.clone();
                expected.sort_by_key(|(number, _)| *number);
                let mut by_key = numbered.clone();
                sort_by_key(&mut by_key, |(number, _)| *number);
                assert_eq!(by_key, expected, "{count} below {upto}");
                let mut cached = numbered.clone();
                sort_by_cached_key(&mut cached, |(number, _)| number.to_string());
                let mut expected = numbered.clone();
                expected.sort_by_cached_key(|(number, _)| number.to_string());
                assert_eq!(cached, expected, "{count} below {upto}");
                let mut whole = numbered.clone();
                sort(&mut whole);
                let mut expected = numbered.clone();
                expected.sort();
                assert_eq!(whole, expected);
                let mut backwards = numbered;
                sort_by(&mut backwards, |a, b| b.0.cmp(&a.0));
                expected.sort_by_key(|pair| std::cmp::Reverse(pair.0));
                assert_eq!(backwards, expected, "{count} below {upto}, backwards");
            }
        }
    }

    #[test]
    fn what_is_sorted_is_compared_once_for_each() {
        let mut numbers: Vec<u32> = (0..1000).collect();
        let mut compared = 0;
        sort_by(&mut numbers, |a, b| {
            compared += 1;
            a.cmp(b)
        });
        assert_eq!(compared, 999);
    }

    #[test]
    fn collects_what_the_standard_library_collects() {
        let pairs = || scattered(200, 50).into_iter().zip(0..);
        let map: BTreeMap<u64, i32> = collect(pairs());
        assert_eq!(map, pairs().collect(), "of a key's values the last one is kept");
        let set: BTreeSet<u64> = collect(scattered(200, 50));
        assert_eq!(set, scattered(200, 50).into_iter().collect());
    }
}
