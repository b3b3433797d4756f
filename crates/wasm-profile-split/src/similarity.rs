//! An order of functions in which similar ones stand near each other: a compressor that looks back a little way finds more to
//! repeat.

use std::collections::{BTreeSet, VecDeque};

/// How many bytes in a row are compared.
const LENGTH: usize = 6;

/// How many bytes back something is found again: a little less than gzip's window.
const WINDOW: usize = 30_000;

/// What occurs more often than this does not tell which functions are alike.
const COMMON: usize = 30;

/// What a short function is taken to be longer by, in bytes: little in common is no reason to come next.
const SHORT: u64 = 8;

/// The order in which these bodies lie best, as their numbers: the next is always the one that has most, for its length, in
/// common with those that came shortly before it.
pub fn order(bodies: &[&[u8]]) -> Vec<usize> {
    let sequences: Vec<Vec<u64>> = bodies.iter().map(|body| sequences(body)).collect();
    // Who has a sequence, and how often: in order of sequence.
    let mut holders: Vec<(u64, u32)> = (0..)
        .zip(&sequences)
        .flat_map(|(body, sequences)| sequences.iter().map(move |sequence| (*sequence, body)))
        .collect();
    holders.sort_unstable();
    let groups: Vec<&[(u64, u32)]> = holders.chunk_by(|one, other| one.0 == other.0).collect();
    let group = |sequence: u64| {
        let at = groups.partition_point(|group| group[0].0 < sequence);
        let telling = groups[at][0].1 != groups[at][groups[at].len() - 1].1 && groups[at].len() <= COMMON;
        telling.then_some(at)
    };

    let mut window: VecDeque<Option<usize>> = VecDeque::new();
    // By group, how often it lies in the window; by body, how many of its sequences do.
    let mut seen = vec![0_u32; groups.len()];
    let mut common = vec![0_u64; bodies.len()];
    let mut left: BTreeSet<usize> = (0..bodies.len()).collect();
    let mut order = Vec::new();
    while let Some(next) = most_in_common(&left, &common, bodies) {
        left.remove(&next);
        order.push(next);
        for &sequence in &sequences[next] {
            let found = group(sequence);
            window.push_back(found);
            if let Some(at) = found {
                seen[at] += 1;
                if seen[at] == 1 {
                    groups[at].iter().for_each(|(_, body)| common[*body as usize] += 1);
                }
            }
            let gone = if window.len() > WINDOW { window.pop_front().flatten() } else { None };
            if let Some(at) = gone {
                seen[at] -= 1;
                if seen[at] == 0 {
                    groups[at].iter().for_each(|(_, body)| common[*body as usize] -= 1);
                }
            }
        }
    }
    order
}

/// All sequences of bytes of a body, in its order.
fn sequences(body: &[u8]) -> Vec<u64> {
    let number = |bytes: &[u8]| bytes.iter().fold(0, |number, byte| number << 8 | u64::from(*byte));
    body.windows(LENGTH).map(number).collect()
}

/// Of those that are left, the one that has most in common for its length; the first of several.
fn most_in_common(left: &BTreeSet<usize>, common: &[u64], bodies: &[&[u8]]) -> Option<usize> {
    left.iter().copied().reduce(|best, other| {
        let length = |body: usize| bodies[body].len() as u64 + SHORT;
        if common[other] * length(best) > common[best] * length(other) { other } else { best }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_alike_stands_together() {
        let bodies: [&[u8]; 5] =
            [b"one text about pods", b"0123456789", b"all else", b"one text about claims", b"+0123456789+"];
        assert_eq!(order(&bodies), [0, 3, 1, 4, 2]);
    }

    #[test]
    fn what_all_have_in_common_tells_nothing() {
        let mut bodies: Vec<Vec<u8>> = (0..40).map(|number| format!("prologue {number:07}").into()).collect();
        bodies[33] = b"prologue 0000007 and".into();
        let bodies: Vec<&[u8]> = bodies.iter().map(Vec::as_slice).collect();
        let order = order(&bodies);
        let place = |body: usize| order.iter().position(|other| *other == body).expect("all are there");
        assert_eq!(place(33).abs_diff(place(7)), 1, "{order:?}");
    }
}
