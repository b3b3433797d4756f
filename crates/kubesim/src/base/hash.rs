//! Numbers of texts: FNV, as Kubernetes uses it, a quicker mix for tables, and how such numbers are written.

use super::rng::{ALPHANUMS, Rng};

const FNV32_OFFSET: u32 = 0x811C_9DC5;
const FNV32_PRIME: u32 = 0x0100_0193;
const FNV64_PRIME: u64 = 0x0100_0000_01B3;

/// The number of no bytes, from which [`fnv64a`] goes on.
pub const FNV64_OFFSET: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1 of 32 bits (Go's `hash/fnv: New32`), as ControllerRevisions are hashed.
pub fn fnv32(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(FNV32_OFFSET, |hash, byte| hash.wrapping_mul(FNV32_PRIME) ^ u32::from(byte))
}

/// FNV-1a of 32 bits (Go's `hash/fnv: New32a`), as pod templates are hashed.
pub fn fnv32a(bytes: impl Iterator<Item = u8>) -> u32 {
    bytes.fold(FNV32_OFFSET, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(FNV32_PRIME))
}

/// FNV-1a of 64 bits (Go's `hash/fnv: New64a`), going on from the number of the bytes before.
pub fn fnv64a(before: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(before, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(FNV64_PRIME))
}

/// Takes another 64 bits into a number: a multiplication and a shift, as FxHash and wyhash do it.
pub fn mix64(hash: u64, part: u64) -> u64 {
    const GOLDEN_RATIO: u64 = 0x9E37_79B9_7F4A_7C15;
    let hash = (hash ^ part).wrapping_mul(GOLDEN_RATIO);
    hash ^ hash >> 32
}

/// A number that is the same for the same bytes after the same number, and mostly another for others: for what is only
/// looked up. No order and no choice may depend on it. [`mix64`] of eight bytes at a time.
pub fn mix_bytes(before: u64, bytes: &[u8]) -> u64 {
    let (parts, rest) = bytes.as_chunks::<8>();
    let hash = parts.iter().fold(before, |hash, part| mix64(hash, u64::from_le_bytes(*part)));
    // What is left is read together with some of what was read before, or in two halves that overlap.
    let last = if let Some(last) = bytes.last_chunk::<8>() {
        u64::from_le_bytes(*last)
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        u64::from(u32::from_le_bytes(*first)) << 32 | u64::from(u32::from_le_bytes(*last))
    } else {
        rest.iter().fold(0, |last, byte| last << 8 | u64::from(*byte))
    };
    mix64(hash, last.rotate_left(8) ^ bytes.len() as u64)
}

/// A number that only depends on the seed and the names: for choices that are to stay the same whatever else happens.
pub fn name_hash(seed: u64, names: &[&str]) -> u64 {
    NameHash::of(names).number(seed)
}

/// What [`name_hash`] makes of some names, to go on with others: FNV-1a, each name ended by a zero byte.
#[derive(Clone, Copy)]
pub struct NameHash(u64);

impl NameHash {
    /// The hash of these names in this order.
    pub fn of(names: &[&str]) -> NameHash {
        names.iter().fold(NameHash(FNV64_OFFSET), |hash, name| hash.and(name))
    }

    /// Goes on with another name.
    pub fn and(self, name: &str) -> NameHash {
        NameHash(fnv64a(fnv64a(self.0, name.as_bytes()), &[0]))
    }

    /// The number for this seed, its bits well mixed.
    pub fn number(self, seed: u64) -> u64 {
        Rng::new(self.0 ^ seed.rotate_left(32)).next_u64()
    }
}

/// A number's digits in letters and digits that form no words. Models `k8s.io/apimachinery/pkg/util/rand: SafeEncodeString`.
pub fn safe_encode_string(number: &str) -> String {
    number.bytes().map(|digit| ALPHANUMS[usize::from(digit) % ALPHANUMS.len()] as char).collect()
}

/// Writes a number with 16 hexadecimal digits, without the machinery of formatting: every uid and every event's name.
pub fn push_hex(text: &mut String, number: u64) {
    let [high, low] = [number >> 32, number & 0xFFFF_FFFF].map(eight_digits);
    text.push_str(std::str::from_utf8(high.as_slice()).expect("digits are text"));
    text.push_str(std::str::from_utf8(low.as_slice()).expect("digits are text"));
}

/// The digits of a number of 32 bits, all at once: each in a byte of one of 64.
fn eight_digits(number: u64) -> [u8; 8] {
    let spread = (number << 16 | number) & 0x0000_FFFF_0000_FFFF;
    let spread = (spread << 8 | spread) & 0x00FF_00FF_00FF_00FF;
    let digits = (spread << 4 | spread) & 0x0F0F_0F0F_0F0F_0F0F;
    // What is above nine is a letter.
    let letters = (digits + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101;
    let from_digit_to_letter = u64::from(b'a' - b'0' - 10);
    (digits + 0x3030_3030_3030_3030 + letters * from_digit_to_letter).to_be_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The known answers are those of the FNV reference (draft-eastlake-fnv).
    #[test]
    fn fnv_gives_the_references_numbers() {
        for (text, of_32, of_32a, of_64a) in [
            ("", 0x811C_9DC5, 0x811C_9DC5, 0xCBF2_9CE4_8422_2325),
            ("a", 0x050C_5D7E, 0xE40C_292C, 0xAF63_DC4C_8601_EC8C),
            ("foobar", 0x31F0_B262, 0xBF9C_F968, 0x8594_4171_F739_67E8),
        ] {
            assert_eq!(fnv32(text.bytes()), of_32, "{text}");
            assert_eq!(fnv32a(text.bytes()), of_32a, "{text}");
            assert_eq!(fnv64a(FNV64_OFFSET, text.as_bytes()), of_64a, "{text}");
        }
        let (first, second) = b"foobar".split_at(2);
        assert_eq!(fnv64a(fnv64a(FNV64_OFFSET, first), second), fnv64a(FNV64_OFFSET, b"foobar"));
    }

    #[test]
    fn digits_are_encoded_as_apimachinery_encodes_them() {
        assert_eq!(safe_encode_string("0123456789"), "456789bcdf");
    }

    #[test]
    fn names_are_told_apart_where_they_end() {
        assert_eq!(name_hash(3, &["web", "0"]), NameHash::of(&["web"]).and("0").number(3));
        assert_ne!(name_hash(3, &["web", "0"]), name_hash(3, &["we", "b0"]));
        assert_ne!(name_hash(3, &["web", "0"]), name_hash(4, &["web", "0"]));
    }

    #[test]
    fn texts_of_any_length_have_numbers_of_their_own() {
        let text = "abcdefghijklmnopqrstuvwxyz".repeat(3);
        let lengths = (0..text.len()).map(|length| mix_bytes(0, &text.as_bytes()[..length]));
        let changed = (0..text.len()).map(|at| {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = b'#';
            mix_bytes(0, &bytes)
        });
        let mut numbers: Vec<u64> = lengths.chain(changed).collect();
        numbers.sort_unstable();
        assert!(numbers.windows(2).all(|pair| pair[0] != pair[1]));
        assert_ne!(mix_bytes(0, b"web"), mix_bytes(1, b"web"));
    }

    #[test]
    fn hexadecimal_digits_are_those_of_formatting() {
        let mut rng = Rng::new(5);
        for number in [0, 9, 10, 15, u64::MAX].into_iter().chain((0..1000).map(|_| rng.next_u64())) {
            let mut text = String::new();
            push_hex(&mut text, number);
            assert_eq!(text, format!("{number:016x}"));
        }
    }
}
