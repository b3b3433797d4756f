//! The names by which the modules of a split know each other, and by which their loader knows them (see the README).

/// The module name that each later module imports from: the exports of the one before.
pub const PREVIOUS: &str = "first";

/// The export, a global, that says how many later modules are there; the loader sets it, in the first module.
pub const LOADED: &str = "deferred_loaded";

/// The export of the module to be split that has the next one loaded before it returns.
pub const LOAD: &str = "load_deferred";

/// The import, by module and name, by which the second module has the third one loaded before it returns.
pub const LOAD_NEXT: (&str, &str) = ("page", "load");

/// The export that is the table through which the next module is called.
pub const CALLS: &str = "$rest";

/// The export that is the table of what the next module uses of this one, in the order of its imports, once the two are bound
/// by [`crate::bind_by_order`]. Those imports have the empty name.
pub const USED: &str = "$used";

/// The export of an instrumented module that is its memory of marks.
pub const MARKS: &str = "marks";

/// The name by which the function of this number is exported to the next module.
pub fn function(number: usize) -> String {
    const DIGITS: &[u8; 62] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let (mut name, mut left) = (String::from("$"), number);
    loop {
        name.push(char::from(DIGITS[left % 62]));
        left /= 62;
        if left == 0 {
            return name;
        }
    }
}

/// Whether a name is one that [`function`] gives.
pub fn is_function(name: &str) -> bool {
    name.starts_with('$') && name != CALLS && name != USED
}

/// The name by which the memory, table or global of this number is exported to the next module.
pub fn shared(number: usize) -> String {
    format!("%{number}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_differ() {
        let names: BTreeSet<String> = (0..10_000).map(function).collect();
        assert_eq!(names.len(), 10_000);
        assert!(!names.contains(CALLS), "it is longer than any");
    }
}
