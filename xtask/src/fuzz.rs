//! `cargo xtask fuzz`: mutated manifests, command lines and DNS lines against the simulation, for a while.
//!
//! The fuzzer itself is `kubesim fuzz` (`crates/kubesim-cli/src/fuzz.rs`): it knows what the simulation takes. It runs in the
//! profile of the tests, so that overflows and broken invariants panic.

use crate::run::{self, Result};

/// Fuzzes with these arguments, which are the fuzzer's own. Errors: it found something, or could not be built.
pub fn fuzz(arguments: &[String]) -> Result<()> {
    let mut command = run::cargo();
    command.args(["run", "--package", "kubesim-cli", "--bin", "kubesim", "--", "fuzz"]).args(arguments);
    run::run(&mut command)
}
