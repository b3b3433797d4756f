//! Which functions need which constants: what a linker's relocations tell.

use std::collections::{BTreeMap, BTreeSet};

/// A constant's place in memory: the addresses of its first byte and of the first after it.
pub type ByteRange = (u32, u32);

/// The length that no constant reaches, in bytes: what is longer is taken for part of the program's memory.
pub const LONGEST: u32 = 1 << 20;

/// What the functions of a linked module need of its constants.
#[derive(Default)]
pub struct Constants {
    /// By function name, the addresses that stand in it, and the constants that they are in.
    of_function: BTreeMap<String, BTreeMap<u32, ByteRange>>,
    /// By constant, those that it points to.
    of_constant: BTreeMap<ByteRange, BTreeSet<ByteRange>>,
    /// By function name, the functions whose places in the table stand in its text.
    tabled_by_function: BTreeMap<String, BTreeSet<String>>,
    /// By constant, the functions whose places in the table stand in it: a list of methods is such a constant.
    tabled_by_constant: BTreeMap<ByteRange, BTreeSet<String>>,
    /// All constants that never change, in order.
    all: BTreeSet<ByteRange>,
}

impl Constants {
    /// A constant that never changes.
    pub fn add(&mut self, constant: ByteRange) {
        self.all.insert(constant);
    }

    /// A function of the linked module, by a name of it.
    pub fn add_function(&mut self, name: &str) {
        self.of_function.entry(name.to_owned()).or_default();
    }

    /// An address in a function's text that the linker has made of a symbol: of that constant.
    pub fn add_address(&mut self, function: &str, address: u32, constant: ByteRange) {
        self.of_function.entry(function.to_owned()).or_default().insert(address, constant);
    }

    /// A pointer in one constant to another.
    pub fn add_pointer(&mut self, from: ByteRange, to: ByteRange) {
        self.of_constant.entry(from).or_default().insert(to);
    }

    /// A function's place in the table, in another's text.
    pub fn add_tabled_by_function(&mut self, function: &str, tabled: &str) {
        self.tabled_by_function.entry(function.to_owned()).or_default().insert(tabled.to_owned());
    }

    /// A function's place in the table, in a constant.
    pub fn add_tabled_by_constant(&mut self, constant: ByteRange, tabled: &str) {
        self.tabled_by_constant.entry(constant).or_default().insert(tabled.to_owned());
    }

    /// The functions that this one may call through the table, by what its text names: their places, and constants, and what those
    /// point to, in which such places are.
    pub fn tabled(&self, function: &str) -> BTreeSet<&str> {
        let mut tabled: BTreeSet<&str> = BTreeSet::new();
        tabled.extend(self.tabled_by_function.get(function).into_iter().flatten().map(String::as_str));
        let mut met: BTreeSet<ByteRange> = BTreeSet::new();
        let mut open: Vec<ByteRange> =
            self.of_function.get(function).into_iter().flat_map(|named| named.values().copied()).collect();
        while let Some(constant) = open.pop() {
            if met.insert(constant) {
                tabled
                    .extend(self.tabled_by_constant.get(&constant).into_iter().flatten().map(String::as_str));
                open.extend(self.of_constant.get(&constant).into_iter().flatten());
            }
        }
        tabled
    }

    /// Whether the linked module has a function of this name.
    pub fn knows(&self, function: &str) -> bool {
        self.of_function.contains_key(function)
    }

    /// The constant that an address in a function's text is in. Of a function that the linker knows by another name, such as
    /// one that wasm-bindgen exports, every number is taken for an address: that can only keep too much.
    pub fn at(&self, function: &str, address: u32) -> Option<ByteRange> {
        let Some(of_function) = self.of_function.get(function) else {
            let nearest = self.all.range(..=(address, u32::MAX)).rev();
            let mut holders = nearest.take_while(|place| place.0 + LONGEST > address);
            return holders.find(|place| place.1 > address).copied();
        };
        of_function.get(&address).copied()
    }

    /// The places of the constants that are not among `roots` and that these do not point to: in order, apart from each other.
    pub fn not_reached_from(&self, roots: impl Iterator<Item = ByteRange>) -> Vec<ByteRange> {
        let mut kept: BTreeSet<ByteRange> = BTreeSet::new();
        let mut found: Vec<ByteRange> = roots.collect();
        while let Some(place) = found.pop() {
            if kept.insert(place) {
                found.extend(self.of_constant.get(&place).into_iter().flatten());
            }
        }
        // Two symbols may share bytes: what is kept of one is kept of the other.
        let overlaps = |&(start, end): &ByteRange| {
            kept.range(..(end, 0))
                .rev()
                .take_while(|kept| kept.0 + LONGEST > start)
                .any(|kept| kept.1 > start)
        };
        let mut rest: Vec<ByteRange> = Vec::new();
        for &(start, end) in self.all.iter().filter(|place| !overlaps(place)) {
            match rest.last_mut() {
                Some(last) if start <= last.1 => last.1 = last.1.max(end),
                _ => rest.push((start, end)),
            }
        }
        rest
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Functions with one constant each.
    fn constants(functions: &[(&str, ByteRange)]) -> Constants {
        let mut constants = Constants::default();
        for &(name, place) in functions {
            constants.add(place);
            constants.add_address(name, place.0, place);
        }
        constants
    }

    #[test]
    fn an_unknown_function_keeps_what_its_numbers_may_stand_for() {
        let constants = constants(&[("known", (10, 20)), ("other", (40, 50))]);
        assert_eq!(constants.at("known", 10), Some((10, 20)));
        assert_eq!(constants.at("known", 45), None, "the linker knows of no such pointer");
        assert_eq!(constants.at("exported", 45), Some((40, 50)));
        assert_eq!(constants.at("exported", 20), None);
    }

    #[test]
    fn what_is_pointed_to_and_what_is_shared_stays() {
        let mut constants = constants(&[
            ("first", (10, 20)),
            ("late", (40, 50)),
            ("late too", (50, 60)),
            ("tail", (25, 30)),
            ("c", (80, 90)),
        ]);
        constants.add_pointer((10, 20), (22, 30));
        constants.add_pointer((80, 90), (40, 50));
        constants.add((22, 30));
        assert_eq!(constants.not_reached_from([(10, 20)].into_iter()), [(40, 60), (80, 90)]);
        assert_eq!(constants.not_reached_from([(10, 20), (80, 90)].into_iter()), [(50, 60)]);
    }

    #[test]
    fn what_may_be_called_through_the_table_is_found_through_constants() {
        let mut constants = constants(&[("early", (10, 20)), ("late", (40, 50))]);
        constants.add_tabled_by_function("early", "closure");
        constants.add_pointer((10, 20), (22, 30));
        constants.add_pointer((22, 30), (10, 20));
        constants.add_tabled_by_constant((22, 30), "method");
        constants.add_tabled_by_constant((40, 50), "other");
        assert_eq!(constants.tabled("early"), BTreeSet::from(["closure", "method"]));
        assert_eq!(constants.tabled("late"), BTreeSet::from(["other"]));
        assert_eq!(constants.tabled("none"), BTreeSet::new());
    }
}
