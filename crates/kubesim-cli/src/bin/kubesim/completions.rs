//! `kubesim completions`: what a shell needs to complete kubesim's command lines.

use crate::output::Result;
use clap::CommandFactory;
use clap_complete::Shell;
use std::io::Write;

/// Print a shell's completion script
///
/// For bash: `source <(kubesim completions bash)`.
#[derive(clap::Args)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints the script.
pub fn run(args: &Args) -> Result<bool> {
    // `generate` panics where its output ends early: memory does not.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut crate::Cli::command(), "kubesim", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(true)
}
