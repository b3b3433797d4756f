//! Reproducible randomness.

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators"): the same numbers for the same seed.
#[derive(Clone, Debug)]
pub struct Rng(u64);

impl Rng {
    /// A generator that starts from this seed.
    pub fn new(seed: u64) -> Rng {
        Rng(seed)
    }

    /// The next number of 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `n`; 0 if `n` is 0.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { (self.next_u64() % n as u64) as usize }
    }

    /// Letters and digits as `k8s.io/apimachinery/pkg/util/rand: String` makes them (no vowels, nothing look-alike).
    pub fn suffix(&mut self, length: usize) -> String {
        (0..length).map(|_| ALPHANUMS[self.below(ALPHANUMS.len())] as char).collect()
    }
}

/// Letters and digits that form no words (`k8s.io/apimachinery/pkg/util/rand: alphanums`).
pub(super) const ALPHANUMS: &[u8; 27] = b"bcdfghjklmnpqrstvwxz2456789";

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers of the reference implementation (Vigna's splitmix64.c).
    #[test]
    fn the_numbers_are_those_of_the_reference() {
        let mut rng = Rng::new(1_234_567);
        let drawn: [u64; 5] = std::array::from_fn(|_| rng.next_u64());
        let reference = [
            6_457_827_717_110_365_317,
            3_203_168_211_198_807_973,
            9_817_491_932_198_370_423,
            4_593_380_528_125_082_431,
            16_408_922_859_458_223_821,
        ];
        assert_eq!(drawn, reference);
    }

    #[test]
    fn a_suffix_has_its_length_and_forms_no_words() {
        let suffix = Rng::new(1).suffix(1000);
        assert_eq!(suffix.len(), 1000);
        assert!(suffix.bytes().all(|c| ALPHANUMS.contains(&c)), "{suffix}");
        assert_eq!(Rng::new(1).below(0), 0);
    }
}
