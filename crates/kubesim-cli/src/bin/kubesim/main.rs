//! `kubesim`: a simulated Kubernetes cluster in a terminal. One file per subcommand.

mod completions;
mod conformance;
mod fuzz;
mod memory;
mod output;
mod progress;
mod run;
mod world;

use clap::{Parser, Subcommand};
use kubesim::KUBERNETES_VERSION;
use output::Problem;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;
use std::sync::LazyLock;

/// What `--version` prints behind the program's name.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} (Kubernetes {})", env!("CARGO_PKG_VERSION"), KUBERNETES_VERSION));

/// A simulated Kubernetes cluster: tells what becomes of a manifest, without a cluster.
#[derive(Parser)]
#[command(name = "kubesim", version = VERSION.as_str(), after_help = EXIT_CODES)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

const EXIT_CODES: &str = "Exit codes:
  0  all well
  1  a command failed, or the manifest was refused
  2  the command line is wrong";

#[derive(Subcommand)]
enum Command {
    Run(run::Args),
    Conformance(conformance::Args),
    Fuzz(fuzz::Args),
    Completions(completions::Args),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let result = match cli.command {
        Command::Run(args) => run::run(&args),
        Command::Conformance(args) => conformance::run(&args),
        Command::Fuzz(args) => fuzz::run(&args),
        Command::Completions(args) => completions::run(&args),
    };
    match result.and_then(|well| std::io::stdout().flush().map(|()| well).map_err(Problem::from)) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        // Who reads has seen enough.
        Err(Problem::Output(error)) if error.kind() == ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(Problem::Output(error)) => {
            output::remark(&format!("error: standard output: {error}"));
            ExitCode::FAILURE
        }
        Err(Problem::Refused(message)) => {
            output::remark(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}
