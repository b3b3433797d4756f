//! `cargo xtask fuzz`: mutated manifests, command lines and DNS lines against the simulation, for a while.
//!
//! The fuzzer itself is `kubesim fuzz` (`crates/kubesim-cli/src/fuzz.rs`): it knows what the simulation takes. It runs in the
//! profile of the tests, so that overflows and broken invariants panic.

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::run::{self, Result};
use crate::tools::Tools;

/// The command line, for a person.
pub const USAGE: &str = "\
  fuzz [--seconds N] [--cases N] [--seed N] [--target manifest|command|dns]
             mutated manifests, command lines and DNS lines against the simulation, for a minute; what panics, hangs or
             takes too much memory becomes a file in crates/kubesim-cli/tests/found, and thereby a test";

/// Fuzzes; the arguments are the fuzzer's own. Errors: it found something, or could not be built.
pub fn command(_: &mut Tools, arguments: Arguments) -> Result<ExitCode> {
    let mut command = run::cargo();
    command
        .args(["run", "--package", "kubesim-cli", "--bin", "kubesim", "--", "fuzz"])
        .args(arguments.rest());
    run::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}
