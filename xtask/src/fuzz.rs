//! `cargo xtask fuzz`: mutated manifests, command lines, DNS lines and states against the simulation, for a while.
//!
//! The fuzzer itself is `kubesim fuzz` (`crates/kubesim-cli/src/fuzz.rs`): it knows what the simulation takes. It runs in the
//! profile of the tests, so that overflows and broken invariants panic.

use std::process::ExitCode;

use crate::arguments::Arguments;
use crate::run::{self, Result};
use crate::tools::Tools;

/// The command line, for a person.
pub const USAGE: &str = "\
  fuzz [--seconds N] [--cases N] [--seed N] [--target manifest|command|dns|state|link]
             mutated manifests, command lines and DNS lines against the simulation, for a minute; what panics, hangs or
             takes too much memory becomes a file in crates/kubesim-cli/tests/found, and thereby a test; links are opened as the
             page opens them, --cases N from the one of --seed N on (10000 from 0)";

/// Fuzzes; the arguments are the fuzzer's own. Errors: it found something, or could not be built.
pub fn command(_: &mut Tools, mut arguments: Arguments) -> Result<ExitCode> {
    if arguments.rest().windows(2).any(|words| words == ["--target", "link"]) {
        arguments.value("--target")?;
        return links(arguments);
    }
    let mut command = run::cargo();
    command
        .args(["run", "--package", "kubesim-cli", "--bin", "kubesim", "--", "fuzz"])
        .args(arguments.rest());
    run::run(&mut command)?;
    Ok(ExitCode::SUCCESS)
}

/// Opens links with the right checksum and anything in them (`tests/it/links.rs`): the page's crate alone can read them.
fn links(mut arguments: Arguments) -> Result<ExitCode> {
    let cases = arguments.value("--cases")?.unwrap_or_else(|| "10000".to_owned());
    let first = arguments.value("--seed")?.unwrap_or_else(|| "0".to_owned());
    arguments.finish()?;
    let mut command = run::cargo();
    command.args([
        "test",
        "--release",
        "--package",
        "ordinal",
        "--test",
        "it",
        "no_link_makes",
        "--",
        "--nocapture",
    ]);
    run::run(command.env("ORDINAL_LINKS", cases).env("ORDINAL_LINKS_FROM", first))?;
    Ok(ExitCode::SUCCESS)
}
